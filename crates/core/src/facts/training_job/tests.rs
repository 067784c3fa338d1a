use serde_json::{Value as Json, json};

use super::*;
use crate::tunables::Tunables;

fn line(operation: &str, parameters: Json, rest: Json) -> Observation {
    let mut line = json!({"operation": operation, "parameters": parameters,
        "account": "111122223333", "region": "eu-west-1"});
    let members = rest.as_object().unwrap().clone();
    line.as_object_mut().unwrap().extend(members);
    serde_json::from_str(&line.to_string()).unwrap()
}

fn listed(names: &[&str]) -> Observation {
    let summaries: Vec<Json> = names
        .iter()
        .map(|name| {
            json!({"TrainingJobName": name, "TrainingJobStatus": "Completed",
                "TrainingJobArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}")})
        })
        .collect();
    let body = json!({"TrainingJobSummaries": summaries});
    line(
        "sagemaker:ListTrainingJobs",
        json!({}),
        json!({"outcome": "ok", "body": body}),
    )
}

fn describe(name: &str, rest: Json) -> Observation {
    line(
        "sagemaker:DescribeTrainingJob",
        json!({"TrainingJobName": name}),
        rest,
    )
}

#[test]
fn a_job_is_known_by_any_call_that_names_it_and_gone_when_it_was_not_found() {
    let body = json!({"TrainingJobName": "c"});
    let estate = Estate::new(vec![
        listed(&["a", "b"]),
        describe(
            "b",
            json!({"outcome": "not_found", "code": "ResourceNotFound"}),
        ),
        describe("c", json!({"outcome": "ok", "body": body})),
        describe(
            "d",
            json!({"outcome": "denied", "code": "AccessDeniedException"}),
        ),
    ]);
    let names: Vec<String> = assets(&estate)
        .into_iter()
        .map(|asset| asset.name)
        .collect();
    assert_eq!(names, ["a", "c", "d"]);
}

#[test]
fn a_summary_tells_the_status_and_names_the_description_that_is_missing() {
    let estate = Estate::new(vec![
        listed(&["a"]),
        describe(
            "a",
            json!({"outcome": "denied", "code": "AccessDeniedException"}),
        ),
    ]);
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time(0));
    let job = derive(&context, &assets(&estate)[0]);
    assert_eq!(
        job.status.value().map(|status| &**status),
        Some("Completed")
    );
    let missing = job.network_isolation.missing().unwrap();
    assert_eq!(missing[0].gap, Gap::Denied);
    assert_eq!(missing[0].operation, Some(Operation::DescribeTrainingJob));
}

#[test]
fn a_search_record_leaves_open_what_it_never_carries() {
    let body = json!({"TrainingJobName": "a", "TrainingJobStatus": "Completed"});
    let parameters = json!({"Resource": "TrainingJob"});
    let search = line(
        "sagemaker:Search",
        parameters,
        json!({"outcome": "ok", "body": body}),
    );
    let estate = Estate::default();
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time(0));
    let jobs = derive_streamed(&context, &search);
    assert_eq!(jobs[0].network_isolation.value(), Some(&false));
    assert!(jobs[0].remote_debug.value().is_none());
    assert!(jobs[0].serverless.value().is_none());
}

#[test]
fn code_inside_the_image_is_no_location() {
    let body = json!({"TrainingJobName": "a",
        "HyperParameters": {"sagemaker_submit_directory": "\"/opt/ml/code\""}});
    let estate = Estate::new(vec![describe("a", json!({"outcome": "ok", "body": body}))]);
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time(0));
    let job = derive(&context, &assets(&estate)[0]);
    assert_eq!(job.locations.value().map(Vec::len), Some(0));
    assert_eq!(job.buckets.value(), Some(&Vec::new()));
}
