//! Which notebooks there are, and what a listing or infrastructure code alone tells of them.

use serde_json::{Value, json};

use super::*;
use crate::snapshot::Observation;
use crate::tunables::Tunables;

fn observed(operation: &str, parameters: Value, rest: Value) -> Observation {
    let mut line = json!({
        "operation": operation, "parameters": parameters, "account": "111122223333", "region": "cn-north-1",
    });
    line.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    serde_json::from_value(line).unwrap()
}

fn listed(items: Value) -> Observation {
    observed(
        "sagemaker:ListNotebookInstances",
        json!({}),
        json!({"outcome": "ok", "body": {"NotebookInstances": items}}),
    )
}

fn described(name: &str, rest: Value) -> Observation {
    observed(
        "sagemaker:DescribeNotebookInstance",
        json!({"NotebookInstanceName": name}),
        rest,
    )
}

fn names(observations: Vec<Observation>) -> Vec<String> {
    assets(&Estate::new(observations))
        .into_iter()
        .map(|asset| asset.arn)
        .collect()
}

/// Asks the only notebook of these observations.
fn ask<T>(observations: Vec<Observation>, question: impl FnOnce(&NotebookInstance<'_>) -> T) -> T {
    let estate = Estate::new(observations);
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time(0));
    let [asset] = assets(&estate).try_into().unwrap();
    question(&derive(&context, &asset))
}

#[test]
fn listings_descriptions_and_refusals_name_notebooks() {
    let all = vec![
        listed(json!([{"NotebookInstanceName": "a"}, {"NotebookInstanceName": "gone"}])),
        described(
            "gone",
            json!({"outcome": "not_found", "code": "ValidationException"}),
        ),
        described(
            "secret",
            json!({"outcome": "denied", "code": "AccessDeniedException"}),
        ),
        described(
            "a",
            json!({"outcome": "ok", "body": {"NotebookInstanceArn": "arn:aws-cn:sagemaker:cn-north-1:111122223333:notebook-instance/A"}}),
        ),
    ];
    assert_eq!(
        names(all),
        [
            "arn:aws-cn:sagemaker:cn-north-1:111122223333:notebook-instance/A",
            "arn:aws-cn:sagemaker:cn-north-1:111122223333:notebook-instance/secret",
        ]
    );
}

#[test]
fn a_listing_alone_tells_status_times_and_lifecycle() {
    let item = json!([{
        "NotebookInstanceName": "nb", "NotebookInstanceStatus": "InService",
        "LastModifiedTime": "1969-12-01T00:00:00Z", "CreationTime": "1969-12-01T00:00:00Z",
    }]);
    ask(vec![listed(item)], |notebook| {
        assert_eq!(
            notebook.status.value().map(AsRef::as_ref),
            Some("InService")
        );
        assert_eq!(notebook.days_unmodified.value(), Some(&31));
        assert_eq!(notebook.lifecycle.value(), Some(&"none"));
        assert!(notebook.root_access.missing().is_some());
        assert!(notebook.role.missing().is_some());
    });
}

#[test]
fn a_listing_does_not_fill_what_a_description_lacks() {
    let item = json!([{"NotebookInstanceName": "nb", "NotebookInstanceStatus": "InService"}]);
    let body = json!({"outcome": "ok", "body": {"NotebookInstanceName": "nb"}});
    ask(vec![listed(item), described("nb", body)], |notebook| {
        assert!(notebook.status.missing().is_some());
    });
}

#[test]
fn what_code_assigns_is_present_before_it_is_known() {
    let planned = |expression: &str, assigned: bool| {
        let marker =
            json!([{"pointer": "/KmsKeyId", "expression": expression, "assigned": assigned}]);
        let body =
            json!({"outcome": "ok", "unresolved": marker, "body": {"NotebookInstanceName": "nb"}});
        ask(vec![described("nb", body)], |notebook| {
            (
                notebook.kms_key.value().copied(),
                notebook.kms_key_id.missing().is_some(),
            )
        })
    };
    assert_eq!(
        planned("aws_kms_key.notebooks.arn", true),
        (Some("known_after_apply"), true)
    );
    assert_eq!(planned("Fn::If on HasKey", false), (None, true));
}

#[test]
fn use_is_seen_in_log_streams_and_in_trail_events() {
    let streams = |name: &str| {
        observed(
            "logs:DescribeLogStreams",
            json!({"logGroupName": "/aws/sagemaker/NotebookInstances"}),
            json!({"outcome": "ok", "body": {"logStreams": [{"logStreamName": name, "lastEventTimestamp": 5000}]}}),
        )
    };
    let opened = observed(
        "cloudtrail:LookupEvents",
        json!({}),
        json!({"outcome": "ok", "body": {"Events": [{
            "EventName": "CreatePresignedNotebookInstanceUrl", "EventTime": 9,
            "CloudTrailEvent": r#"{"requestParameters":{"notebookInstanceName":"nb"}}"#,
        }]}}),
    );
    let notebook = || listed(json!([{"NotebookInstanceName": "nb"}]));
    let last = |more: Vec<Observation>| {
        let all = std::iter::once(notebook()).chain(more).collect();
        ask(all, |notebook| {
            (
                notebook.last_activity.value().copied().flatten(),
                notebook.activity_read.value().copied(),
            )
        })
    };
    assert_eq!(last(vec![]), (None, Some(false)));
    assert_eq!(
        last(vec![streams("nb/jupyter.log")]),
        (Some(Time(5000)), Some(true))
    );
    assert_eq!(last(vec![streams("nb2/jupyter.log")]), (None, Some(false)));
    assert_eq!(
        last(vec![streams("nb/jupyter.log"), opened]),
        (Some(Time(9000)), Some(true))
    );
}
