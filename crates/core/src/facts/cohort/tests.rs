use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::cel::{Record, Value};
use crate::estate::Estate;
use crate::facts::Context;
use crate::facts::training_job::derive_streamed;
use crate::snapshot::Observation;

const ACCOUNT: &str = "111122223333";
const AS_OF: &str = "2026-11-24T06:00:00Z";

fn body() -> Json {
    json!({
        "TrainingJobName": "churn-1",
        "TrainingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-1",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "CreationTime": "2026-11-03T03:00:00Z",
        "TrainingStartTime": "2026-11-03T03:02:00Z",
        "RoleArn": "arn:aws:iam::111122223333:role/training",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://mine/churn-1/model.tar.gz"},
        "AlgorithmSpecification": {"TrainingImage": "image:1", "AlgorithmName": "algorithm"},
        "InputDataConfig": [
            {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://mine/train/"}}},
            {"ChannelName": "shared", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "EFS"}}},
            {"ChannelName": "hub", "DataSource": {"DatasetSource": {"DatasetArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/x"}}},
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://mine/churn-1/"},
        "CheckpointConfig": {"S3Uri": "s3://theirs/churn-1/"},
        "TensorBoardOutputConfig": {"S3OutputPath": "s3://mine/churn-1/tb"},
        "DebugHookConfig": {"S3OutputPath": "s3://mine/churn-1/debug"},
        "DebugRuleConfigurations": [{"S3OutputPath": "s3://mine/churn-1/rule"}],
        "ProfilerConfig": {"S3OutputPath": "s3://mine/churn-1/profiler"},
        "HyperParameters": {"sagemaker_submit_directory": "\"s3://mine/churn-1/code.tar.gz\"", "depth": "3"},
        "Environment": {"WANDB_MODE": "x", "PATH": "y"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 2, "VolumeKmsKeyId": "key",
            "InstanceGroups": [{"InstanceType": "ml.m5.xlarge", "InstanceCount": 2}]},
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        "EnableNetworkIsolation": true,
        "EnableInterContainerTrafficEncryption": true,
        "EnableManagedSpotTraining": true,
        "RemoteDebugConfig": {"EnableRemoteDebug": true},
        "WarmPoolStatus": {"Status": "Available"},
        "TuningJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t",
        "AutoMLJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:automl-job/a",
        "LabelingJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:labeling-job/l",
        "ServerlessJobConfig": {"JobType": "x"},
        "SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": 1.5}],
    })
}

fn line_of(operation: &str, body: &Json) -> String {
    json!({"operation": operation, "parameters": {"TrainingJobName": body["TrainingJobName"]},
        "account": ACCOUNT, "region": "eu-west-1", "outcome": "ok", "body": body})
    .to_string()
}

fn estate() -> Estate {
    let lines = [
        json!({"operation": "s3:ListBuckets", "account": ACCOUNT, "region": "aws-global", "outcome": "ok",
            "body": {"Buckets": [{"Name": "mine", "CreationDate": "2020-01-01T00:00:00Z"}]}}),
        json!({"operation": "s3:HeadBucket", "parameters": {"Bucket": "theirs"}, "account": ACCOUNT,
            "region": "aws-global", "outcome": "denied", "code": "403"}),
    ];
    Estate::new(
        lines
            .iter()
            .map(|line| serde_json::from_str(&line.to_string()).unwrap())
            .collect(),
    )
}

/// Every fact but the identity, as text. What is missing is shown without whose it is.
fn facts_of(line: &str) -> String {
    let estate = estate();
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time::parse(AS_OF).unwrap());
    let observation: Observation = serde_json::from_str(line).unwrap();
    let mut out = String::new();
    for job in derive_streamed(&context, &observation, &|_| None) {
        for (index, field) in job.schema().fields.iter().enumerate() {
            if !IDENTITY.contains(&field.name) {
                let _ = write!(out, "{}=", field.name);
                show(&job.field(index), &mut out);
                out.push('\n');
            }
        }
    }
    out
}

fn show(value: &Value<'_>, out: &mut String) {
    match value {
        Value::Unknown(_) => out.push_str("unknown"),
        Value::Absent => out.push_str("absent"),
        Value::Bool(value) => _ = write!(out, "{value}"),
        Value::Int(value) => _ = write!(out, "{value}"),
        Value::Double(value) => _ = write!(out, "{value}"),
        Value::String(value) => _ = write!(out, "{value:?}"),
        Value::Timestamp(value) => _ = write!(out, "{value:?}"),
        Value::List(list) => {
            for index in 0..list.len() {
                out.push('[');
                show(&list.item(index), out);
                out.push(']');
            }
        }
        Value::Record(record) => {
            for (index, field) in record.schema().fields.iter().enumerate() {
                let _ = write!(out, "{}:", field.name);
                show(&record.field(index), out);
                out.push(' ');
            }
        }
        _ => out.push('?'),
    }
}

fn key_of(line: &str) -> Option<Vec<u8>> {
    let mut key = Vec::new();
    JobShape::parse(line).ok()?.key_into(&mut key).ok()?;
    Some(key)
}

/// Every pointer to a member or element of `value`.
fn pointers(value: &Json) -> Vec<String> {
    fn walk(value: &Json, at: &str, out: &mut Vec<String>) {
        let mut child = |name: &str, value: &Json| {
            let pointer = format!("{at}/{name}");
            out.push(pointer.clone());
            walk(value, &pointer, out);
        };
        match value {
            Json::Object(members) => members.iter().for_each(|(name, value)| child(name, value)),
            Json::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, value)| child(&index.to_string(), value)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, "", &mut out);
    out
}

/// Values that stand where another did: of the right type, of a wrong one, and gone.
fn replacements() -> Vec<Json> {
    vec![
        Json::Null,
        json!(""),
        json!("s3://mine/other/key"),
        json!("s3://theirs/other/key"),
        json!("https://mine.s3.eu-west-1.amazonaws.com/k"),
        json!("\"s3://mine/q\""),
        json!("\"\""),
        json!("ManifestFile"),
        json!("Failed"),
        json!("ml.p4d.24xlarge"),
        json!("true"),
        json!(true),
        json!(false),
        json!(0),
        json!(3),
        json!(2.0),
        json!("3"),
        json!([]),
        json!({}),
        json!("2026-01-01T00:00:00Z"),
        json!("arn:aws:sagemaker:eu-west-1:444455556666:x/y"),
    ]
}

fn changed(mut body: Json, pointer: &str, value: Json) -> Json {
    if let Some(place) = body.pointer_mut(pointer) {
        *place = value;
    }
    body
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// The law: equal keys, equal facts.
    #[test]
    fn jobs_with_equal_keys_have_equal_facts(
        base in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
        one in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        operation in prop::sample::select(vec!["sagemaker:DescribeTrainingJob", "sagemaker:Search", "sagemaker:ListTrainingJobs"]),
    ) {
        let (all, values) = (pointers(&body()), replacements());
        let mut first = body();
        for (at, value) in base {
            first = changed(first, at.get(&all).as_str(), value.get(&values).clone());
        }
        let second = changed(first.clone(), one.0.get(&all).as_str(), one.1.get(&values).clone());
        let (first, second) = (line_of(operation, &first), line_of(operation, &second));
        if let (Some(a), Some(b)) = (key_of(&first), key_of(&second)) && a == b {
            prop_assert_eq!(facts_of(&first), facts_of(&second));
            let family = |line: &str| JobShape::parse(line).and_then(|shape| shape.family()).ok();
            prop_assert_eq!(family(&first), family(&second));
        }
    }
}

/// The same law for every member and every replacement of the whole job, one at a time.
#[test]
fn no_single_change_is_hidden_by_a_key() {
    let before = line_of("sagemaker:DescribeTrainingJob", &body());
    let (key, facts) = (key_of(&before).unwrap(), facts_of(&before));
    for pointer in pointers(&body()) {
        for value in replacements() {
            let after = line_of(
                "sagemaker:DescribeTrainingJob",
                &changed(body(), &pointer, value.clone()),
            );
            if key_of(&after).as_ref() == Some(&key) {
                assert_eq!(facts_of(&after), facts, "{pointer} = {value}");
            }
        }
    }
}

#[test]
fn runs_of_one_job_share_a_key() {
    let text = body().to_string();
    let again = text
        .replace("churn-1", "churn-2")
        .replace("2026-11-03", "2026-11-04")
        .replace("\"depth\":\"3\"", "\"depth\":\"9\"");
    let again: Json = serde_json::from_str(&again).unwrap();
    let describe = "sagemaker:DescribeTrainingJob";
    let lines = [line_of(describe, &body()), line_of(describe, &again)];
    assert_eq!(key_of(&lines[0]), key_of(&lines[1]));
    let mut cohorts = Cohorts::default();
    let mut find = |line: &str, alone| {
        cohorts
            .find(&JobShape::parse(line).unwrap(), alone, &[])
            .unwrap()
    };
    assert_eq!(find(&lines[0], false), None);
    cohorts.add(7);
    let mut find = |line: &str, alone| {
        cohorts
            .find(&JobShape::parse(line).unwrap(), alone, &[])
            .unwrap()
    };
    assert_eq!(find(&lines[1], false), Some(7));
    assert_eq!(find(&lines[1], true), None);
}

#[test]
fn a_record_on_its_own_reads_like_a_wrapped_one() {
    let plain = line_of("sagemaker:Search", &body());
    let wrapped = json!({"TrainingJobName": null, "TrainingJob": body()});
    let wrapped = line_of("sagemaker:Search", &wrapped);
    assert_eq!(key_of(&plain).unwrap(), key_of(&wrapped).unwrap());
    assert_eq!(facts_of(&plain), facts_of(&wrapped));
}

#[test]
fn lines_that_need_judging_on_their_own_have_no_shape() {
    let describe = "sagemaker:DescribeTrainingJob";
    let page = line_of(
        "sagemaker:ListTrainingJobs",
        &json!({"TrainingJobSummaries": []}),
    );
    let typed = line_of(
        describe,
        &changed(body(), "/EnableNetworkIsolation", json!("true")),
    );
    let denied = json!({"operation": describe, "account": ACCOUNT, "region": "eu-west-1",
        "outcome": "denied", "code": "AccessDenied"});
    let open = line_of(describe, &body()).replacen(
        "\"outcome\"",
        "\"unresolved\":[{\"pointer\":\"/RoleArn\",\"expression\":\"aws_iam_role.x\"}],\"outcome\"",
        1,
    );
    let other = line_of("sagemaker:DescribeModel", &body());
    for line in [
        page,
        typed,
        denied.to_string(),
        open,
        other,
        "{}".to_owned(),
    ] {
        assert!(JobShape::parse(&line).is_err(), "{line}");
    }
}

#[test]
fn families_do_not_depend_on_the_order_of_channels_but_on_settings() {
    let describe = "sagemaker:DescribeTrainingJob";
    let family = |body: &Json| {
        JobShape::parse(&line_of(describe, body))
            .unwrap()
            .family()
            .unwrap()
    };
    let mut reversed = body();
    reversed["InputDataConfig"]
        .as_array_mut()
        .unwrap()
        .reverse();
    assert_eq!(family(&body()), family(&reversed));
    let other = changed(body(), "/EnableNetworkIsolation", json!(false));
    assert_ne!(family(&body()), family(&other));
    assert_eq!(family(&body()).len(), 16);
}

#[test]
fn the_window_keeps_what_still_matters() {
    let as_of = Time::parse(AS_OF).unwrap();
    let tunables = Tunables::default();
    let served = HashSet::from(["s3://mine/churn-1/model.tar.gz".to_owned()]);
    let none = HashSet::new();
    let verdict = |change: &[(&str, Json)], uris: &HashSet<String>, whole| {
        let mut job = changed(body(), "/WarmPoolStatus/Status", json!("Terminated"));
        for (pointer, value) in change {
            job = changed(job, pointer, value.clone());
        }
        let line = line_of("sagemaker:DescribeTrainingJob", &job);
        let shape = JobShape::parse(&line).unwrap();
        let created = shape.created().and_then(Written::time);
        window(&shape, created, as_of, &tunables, || LiveArtifacts {
            uris,
            whole,
        })
    };
    let old = ("/CreationTime", json!("2026-01-01T00:00:00Z"));
    // Exactly as old as the window is inside it.
    let edge = ("/CreationTime", json!("2026-08-26T06:00:00Z"));
    let past = ("/CreationTime", json!("2026-08-26T05:59:59Z"));
    let running = ("/TrainingJobStatus", json!("InProgress"));
    let warm = ("/WarmPoolStatus/Status", json!("InUse"));
    let other = ("/ModelArtifacts/S3ModelArtifacts", json!("s3://mine/x"));
    assert_eq!(verdict(&[], &none, true), Window::In(InWindow::Recent));
    assert_eq!(verdict(&[edge], &none, true), Window::In(InWindow::Recent));
    assert_eq!(verdict(&[past], &none, true), Window::Out);
    assert_eq!(
        verdict(std::slice::from_ref(&old), &none, false),
        Window::Unknown
    );
    assert_eq!(
        verdict(&[old.clone(), running], &none, true),
        Window::In(InWindow::Running)
    );
    assert_eq!(
        verdict(&[old.clone(), warm], &none, true),
        Window::In(InWindow::WarmPool)
    );
    assert_eq!(
        verdict(std::slice::from_ref(&old), &served, false),
        Window::In(InWindow::LiveModel)
    );
    assert_eq!(
        verdict(&[old.clone(), other.clone()], &served, true),
        Window::Out
    );
    assert_eq!(verdict(&[old, other], &served, false), Window::Unknown);
    let undated = ("/CreationTime", Json::Null);
    assert_eq!(
        verdict(&[undated], &none, true),
        Window::In(InWindow::Undated)
    );
}
