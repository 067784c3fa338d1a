//! AWS's own policies, which code names and does not carry.

mod judged;

use judged::{Answers, judge};
use sagewarden_core::operations::{GLOBAL_REGION, Operation};
use sagewarden_core::snapshot::{Observation, Outcome};
use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Reader, Settings, join};
use serde_json::{Value, json};

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const READER: &str = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const ACCOUNT: &str = "111122223333";

/// A notebook whose role has a policy, and perhaps a boundary.
fn code(attached: &str, boundary: Option<&str>) -> Vec<Observation> {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"},
    }]});
    let mut role = json!({"AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [attached]});
    if let Some(boundary) = boundary {
        role["PermissionsBoundary"] = json!(boundary);
    }
    let template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {
        "R": {"Type": "AWS::IAM::Role", "Properties": role},
        "N": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {
            "NotebookInstanceName": "n",
            "InstanceType": "ml.t3.medium",
            "RoleArn": {"Fn::GetAtt": ["R", "Arn"]},
        }},
    }});
    let settings = Settings {
        account: Some(ACCOUNT.to_owned()),
        region: Some("eu-west-1".to_owned()),
        whole_stack: true,
        ..Settings::default()
    };
    let mut reader = Reader::new(&settings);
    let text = template.to_string();
    let language = Language::CloudFormation;
    reader
        .file("template.json", text.as_bytes(), language, None, &())
        .unwrap();
    reader.finish().observations
}

#[track_caller]
fn says(answers: &Answers, control: &str, verdict: Verdict) {
    let said = &answers[&format!("NOTEBOOK.OVERPERM.{control}.001 notebook_instance/n")];
    assert_eq!(said.verdict, verdict, "{control}: {}", said.why);
}

#[test]
fn a_policy_of_aws_grants_what_it_says() {
    let administrator = judge(code(ADMINISTRATOR, None));
    says(&administrator, "ADMIN", Verdict::Fail);
    says(&administrator, "S3", Verdict::Fail);
    let reader = judge(code(READER, None));
    says(&reader, "ADMIN", Verdict::Pass);
    says(&reader, "S3", Verdict::Fail);
}

#[test]
fn a_policy_of_aws_as_boundary_takes_away() {
    let bounded = judge(code(ADMINISTRATOR, Some(READER)));
    says(&bounded, "ADMIN", Verdict::Pass);
    says(&bounded, "PASSROLE", Verdict::Pass);
}

#[test]
fn a_policy_that_aws_does_not_have_is_unknown() {
    let answers = judge(code("arn:aws:iam::aws:policy/NoSuchPolicy", None));
    for control in ["ADMIN", "S3", "PASSROLE"] {
        says(&answers, control, Verdict::Unknown);
    }
}

fn answered(operation: Operation, key: &[(&str, &str)], body: &Value) -> Observation {
    Observation {
        operation,
        parameters: key
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect(),
        account: ACCOUNT.to_owned(),
        region: GLOBAL_REGION.to_owned(),
        time: None,
        source: None,
        unresolved: Vec::new(),
        located: Vec::new(),
        outcome: Outcome::Ok {
            body: serde_json::value::to_raw_value(body).unwrap(),
        },
    }
}

/// What the account answers of the policy: nothing is granted any more.
fn empty(version: &str) -> Vec<Observation> {
    let nothing = json!({"Version": "2012-10-17", "Statement": []});
    vec![
        answered(
            Operation::GetPolicy,
            &[("PolicyArn", READER)],
            &json!({"Policy": {"Arn": READER, "DefaultVersionId": version}}),
        ),
        answered(
            Operation::GetPolicyVersion,
            &[("PolicyArn", READER), ("VersionId", version)],
            &json!({"PolicyVersion": {"VersionId": version, "Document": nothing}}),
        ),
    ]
}

#[test]
fn an_account_that_was_asked_knows_better() {
    for version in ["v1", "v3", "v99"] {
        let joined = join(code(READER, None), empty(version));
        says(&judge(joined), "S3", Verdict::Pass);
    }
}

#[test]
fn an_account_that_refused_knows_nothing() {
    let refused = empty("v1").into_iter().map(|mut observation| {
        observation.outcome = Outcome::Denied {
            code: "AccessDenied".to_owned(),
            action: observation.operation.row().action.to_owned(),
        };
        observation
    });
    let joined = join(code(READER, None), refused.collect());
    says(&judge(joined), "S3", Verdict::Fail);
}
