//! The request that makes a resource anew, corrected.
//!
//! Enters: the answer that describes a resource, and what a control wants set. Leaves: the body of
//! the Create call, for `--cli-input-json`: what only answers carry is left out, members that the
//! two calls name differently are renamed, the resource gets a new name. Deliberately absent:
//! secrets. The snapshot does not hold them, so their places are marked for the user to fill.
//!
//! Source: the members of the requests in the service models of the AWS SDKs, which
//! `tests/operations/check_requests.py` compares.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::operations::Operation;

/// A Create call and the answer that its request can be made from.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Creation {
    /// The call that describes the resource.
    pub described_by: Operation,
    /// The call that makes one.
    pub call: &'static str,
    /// The member that names the resource in both.
    pub name: &'static str,
    /// Members of the request that the answer names alike.
    pub same: &'static [&'static str],
    /// Members of the answer, and what the request calls them.
    pub renamed: &'static [(&'static str, &'static str)],
}

/// Every Create call that a remedy may need.
pub const CREATIONS: &[Creation] = &[
    Creation {
        described_by: Operation::DescribeTrainingJob,
        call: "CreateTrainingJob",
        name: "TrainingJobName",
        same: &[
            "HyperParameters",
            "AlgorithmSpecification",
            "RoleArn",
            "InputDataConfig",
            "OutputDataConfig",
            "ResourceConfig",
            "VpcConfig",
            "StoppingCondition",
            "EnableNetworkIsolation",
            "EnableInterContainerTrafficEncryption",
            "EnableManagedSpotTraining",
            "CheckpointConfig",
            "DebugHookConfig",
            "DebugRuleConfigurations",
            "TensorBoardOutputConfig",
            "ExperimentConfig",
            "ProfilerConfig",
            "ProfilerRuleConfigurations",
            "Environment",
            "RetryStrategy",
            "RemoteDebugConfig",
            "InfraCheckConfig",
            "ServerlessJobConfig",
            "MlflowConfig",
            "ModelPackageConfig",
        ],
        renamed: &[],
    },
    Creation {
        described_by: Operation::DescribeModel,
        call: "CreateModel",
        name: "ModelName",
        same: &[
            "PrimaryContainer",
            "Containers",
            "InferenceExecutionConfig",
            "ExecutionRoleArn",
            "VpcConfig",
            "EnableNetworkIsolation",
        ],
        renamed: &[],
    },
    Creation {
        described_by: Operation::DescribeEndpointConfig,
        call: "CreateEndpointConfig",
        name: "EndpointConfigName",
        same: &[
            "ProductionVariants",
            "DataCaptureConfig",
            "KmsKeyId",
            "AsyncInferenceConfig",
            "ExplainerConfig",
            "ShadowProductionVariants",
            "MetricsConfig",
            "ExecutionRoleArn",
            "VpcConfig",
            "EnableNetworkIsolation",
        ],
        renamed: &[],
    },
    Creation {
        described_by: Operation::DescribeNotebookInstance,
        call: "CreateNotebookInstance",
        name: "NotebookInstanceName",
        same: &[
            "InstanceType",
            "SubnetId",
            "IpAddressType",
            "RoleArn",
            "KmsKeyId",
            "DirectInternetAccess",
            "VolumeSizeInGB",
            "AcceleratorTypes",
            "DefaultCodeRepository",
            "AdditionalCodeRepositories",
            "RootAccess",
            "PlatformIdentifier",
            "InstanceMetadataServiceConfiguration",
        ],
        renamed: &[
            ("SecurityGroups", "SecurityGroupIds"),
            ("NotebookInstanceLifecycleConfigName", "LifecycleConfigName"),
        ],
    },
];

/// What a control wants different in the request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Correction {
    /// JSON pointers into the request, and the values they get.
    pub set: Vec<(String, Value)>,
    /// The same, where the request has no value there or an empty one. What is in capitals is the
    /// user's to fill.
    pub fill: Vec<(String, Value)>,
}

/// What stands for a value that the snapshot does not hold.
const WITHHELD: &str = "WITHHELD_VALUE";

/// What the name of the new resource ends in.
const SUFFIX: &str = "-fixed";

/// SageMaker's names have at most this many characters, all of them ASCII.
const LONGEST_NAME: usize = 63;

/// The request that makes the resource of `answer` anew with `correction`; none when `answer` is
/// not its description.
#[must_use]
pub fn corrected(answer: &Value, correction: &Correction) -> Option<Value> {
    let answer = answer.as_object()?;
    let creation = CREATIONS
        .iter()
        .find(|creation| answer.contains_key(creation.name) && describes(answer, creation))?;
    let name = answer.get(creation.name)?.as_str()?;
    let mut request = Map::new();
    request.insert(creation.name.to_owned(), Value::String(renewed(name)));
    let pairs = creation.same.iter().map(|same| (same, same));
    let renamed = creation.renamed.iter().map(|(from, to)| (from, to));
    for (from, to) in pairs.chain(renamed) {
        if let Some(value) = answer.get(*from).filter(|value| !value.is_null()) {
            request.insert((*to).to_owned(), without_secrets(value));
        }
    }
    let mut request = Value::Object(request);
    for (pointer, value) in &correction.set {
        set(&mut request, pointer, value);
    }
    for (pointer, value) in &correction.fill {
        if request.pointer(pointer).is_none_or(is_empty) {
            set(&mut request, pointer, value);
        }
    }
    Some(request)
}

/// Whether an answer is whole, not the summary of a listing, which names the resource too.
fn describes(answer: &Map<String, Value>, creation: &Creation) -> bool {
    match creation.described_by {
        Operation::DescribeTrainingJob => answer.contains_key("AlgorithmSpecification"),
        Operation::DescribeModel => ["ExecutionRoleArn", "PrimaryContainer", "Containers"]
            .iter()
            .any(|member| answer.contains_key(*member)),
        Operation::DescribeEndpointConfig => answer.contains_key("ProductionVariants"),
        _ => answer.contains_key("RoleArn"),
    }
}

fn renewed(name: &str) -> String {
    let kept: String = name.chars().take(LONGEST_NAME - SUFFIX.len()).collect();
    format!("{}{SUFFIX}", kept.trim_end_matches('-'))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

fn without_secrets(value: &Value) -> Value {
    match value {
        Value::Object(members) if members.contains_key("$redacted") => {
            Value::String(WITHHELD.to_owned())
        }
        Value::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), without_secrets(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_secrets).collect()),
        other => other.clone(),
    }
}

/// Sets the value at a pointer; objects on the way are made as needed.
fn set(request: &mut Value, pointer: &str, value: &Value) {
    let mut at = request;
    for segment in pointer.split('/').skip(1) {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else { return };
        at = members.entry(segment).or_insert(Value::Null);
    }
    *at = value.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn isolated() -> Correction {
        Correction {
            set: vec![("/EnableNetworkIsolation".to_owned(), json!(true))],
            fill: vec![("/VpcConfig/Subnets".to_owned(), json!(["SUBNET_ID"]))],
        }
    }

    #[test]
    fn what_only_answers_carry_is_left_out_and_secrets_are_marked() {
        let job = json!({
            "TrainingJobName": "fraud-1", "TrainingJobArn": "arn:…", "TrainingJobStatus": "Completed",
            "AlgorithmSpecification": {"TrainingImage": "i"}, "RoleArn": "r", "CreationTime": 1,
            "ModelArtifacts": {}, "BillableTimeInSeconds": 9, "EnableNetworkIsolation": false,
            "Environment": {"TOKEN": {"$redacted": {"length": 3, "sha256": "x", "features": []}}},
        });
        assert_eq!(
            corrected(&job, &isolated()),
            Some(json!({
                "TrainingJobName": "fraud-1-fixed", "AlgorithmSpecification": {"TrainingImage": "i"},
                "RoleArn": "r", "EnableNetworkIsolation": true,
                "Environment": {"TOKEN": "WITHHELD_VALUE"}, "VpcConfig": {"Subnets": ["SUBNET_ID"]},
            }))
        );
    }

    #[test]
    fn what_is_there_is_kept_and_an_empty_list_is_filled() {
        let subnets = |subnets: Value| {
            let model = json!({"ModelName": "m", "ExecutionRoleArn": "r", "VpcConfig": {"Subnets": subnets}});
            corrected(&model, &isolated()).unwrap()["VpcConfig"]["Subnets"].clone()
        };
        assert_eq!(subnets(json!(["subnet-1"])), json!(["subnet-1"]));
        assert_eq!(subnets(json!([])), json!(["SUBNET_ID"]));
    }

    #[test]
    fn members_of_a_notebook_are_renamed() {
        let notebook = json!({
            "NotebookInstanceName": "nb", "RoleArn": "r", "SecurityGroups": ["sg"],
            "NotebookInstanceLifecycleConfigName": "lc", "Url": "u",
        });
        assert_eq!(
            corrected(&notebook, &Correction::default()),
            Some(json!({
                "NotebookInstanceName": "nb-fixed", "RoleArn": "r", "SecurityGroupIds": ["sg"],
                "LifecycleConfigName": "lc",
            }))
        );
    }

    #[test]
    fn a_summary_is_no_description_and_a_long_name_stays_a_name() {
        let summary = json!({"TrainingJobName": "j", "TrainingJobStatus": "Completed"});
        assert_eq!(corrected(&summary, &isolated()), None);
        let long = renewed(&"a".repeat(63));
        assert_eq!(long.len(), LONGEST_NAME);
    }
}
