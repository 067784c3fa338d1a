//! The parts of an ARN that place an answer: account and Region, and the resource it names.
//!
//! Enters: ARN text. Leaves: borrowed parts. Deliberately absent: validation beyond shape.

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::Operation;

/// The account of an ARN, when it is a real one (`aws` owns the managed policies).
pub(crate) fn account_of(arn: Arn<'_>) -> Option<String> {
    is_account(arn.account).then(|| arn.account.to_owned())
}

/// The Region of an ARN, when it has one.
pub(crate) fn region_of(arn: Arn<'_>) -> Option<String> {
    is_region(arn.region).then(|| arn.region.to_owned())
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A Region name such as `eu-west-1` or `us-gov-east-1`.
pub(crate) fn is_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let area = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let Some((number, words)) = rest.split_last() else {
        return false;
    };
    (2..=4).contains(&area.len())
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && !words.is_empty()
        && words
            .iter()
            .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !number.is_empty()
        && number.len() <= 2
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The request parameters of `operation` that the ARN of its resource tells.
pub(crate) fn parameters_of(operation: Operation, text: &str) -> Vec<(&'static str, String)> {
    use Operation as O;
    let Some(arn) = Arn::parse(text) else {
        return Vec::new();
    };
    let after = |kind: &str| {
        arn.resource
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix('/'))
            .filter(|name| !name.is_empty() && !name.contains('*'))
    };
    let named = |name: &'static str, kind: &str| {
        after(kind)
            .map(|value| vec![(name, value.to_owned())])
            .unwrap_or_default()
    };
    match (operation, arn.service) {
        (O::DescribeNotebookInstance, "sagemaker") => {
            named("NotebookInstanceName", "notebook-instance")
        }
        (O::DescribeNotebookInstanceLifecycleConfig, "sagemaker") => named(
            "NotebookInstanceLifecycleConfigName",
            "notebook-instance-lifecycle-config",
        ),
        (O::DescribeDomain, "sagemaker") => named("DomainId", "domain"),
        (O::DescribeUserProfile, "sagemaker") => after("user-profile")
            .and_then(|rest| rest.split_once('/'))
            .map(|(domain, profile)| {
                vec![
                    ("DomainId", domain.to_owned()),
                    ("UserProfileName", profile.to_owned()),
                ]
            })
            .unwrap_or_default(),
        (O::DescribeModel, "sagemaker") => named("ModelName", "model"),
        (O::DescribeModelPackage, "sagemaker") => {
            vec![("ModelPackageName", text.to_owned())]
        }
        (O::DescribeEndpoint, "sagemaker") => named("EndpointName", "endpoint"),
        (O::DescribeEndpointConfig, "sagemaker") => named("EndpointConfigName", "endpoint-config"),
        (O::DescribeInferenceComponent, "sagemaker") => {
            named("InferenceComponentName", "inference-component")
        }
        (O::DescribeMonitoringSchedule, "sagemaker") => {
            named("MonitoringScheduleName", "monitoring-schedule")
        }
        (O::DescribeDataQualityJobDefinition, "sagemaker") => {
            named("JobDefinitionName", "data-quality-job-definition")
        }
        (O::DescribeModelQualityJobDefinition, "sagemaker") => {
            named("JobDefinitionName", "model-quality-job-definition")
        }
        (O::DescribeModelBiasJobDefinition, "sagemaker") => {
            named("JobDefinitionName", "model-bias-job-definition")
        }
        (O::DescribeModelExplainabilityJobDefinition, "sagemaker") => {
            named("JobDefinitionName", "model-explainability-job-definition")
        }
        (O::DescribeTrainingJob, "sagemaker") => named("TrainingJobName", "training-job"),
        (O::ListTags, "sagemaker") => vec![("ResourceArn", text.to_owned())],
        (
            O::GetRole | O::ListRolePolicies | O::GetRolePolicy | O::ListAttachedRolePolicies,
            "iam",
        ) => after("role")
            .and_then(|path| path.rsplit('/').next())
            .map(|name| vec![("RoleName", name.to_owned())])
            .unwrap_or_default(),
        (O::GetPolicy | O::GetPolicyVersion, "iam") if after("policy").is_some() => {
            vec![("PolicyArn", text.to_owned())]
        }
        (O::DescribeKey | O::GetKeyPolicy, "kms") if after("key").is_some() => {
            vec![("KeyId", text.to_owned())]
        }
        (O::DescribeFileSystemPolicy, "elasticfilesystem") => named("FileSystemId", "file-system"),
        (O::HeadObject, "s3") => arn
            .resource
            .split_once('/')
            .filter(|(_, key)| !key.contains('*'))
            .map(|(bucket, key)| vec![("Bucket", bucket.to_owned()), ("Key", key.to_owned())])
            .unwrap_or_default(),
        (_, "s3") if operation.row().key.contains(&"Bucket") => {
            match arn.resource.split('/').next() {
                Some(bucket) if !bucket.is_empty() && !bucket.contains('*') => {
                    vec![("Bucket", bucket.to_owned())]
                }
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The ARNs that occur in prose, such as an error message.
pub(crate) fn arns_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("arn:").filter_map(move |(start, _)| {
        let rest = text.get(start..)?;
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')' | ',' | '`' | '<'))
            .unwrap_or(rest.len());
        let arn = rest.get(..end)?.trim_end_matches(['.', ';', ':']);
        Arn::parse(arn).map(|_| arn)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_other_words() {
        for region in [
            "eu-west-1",
            "us-gov-east-1",
            "ap-southeast-7",
            "cn-north-1",
            "eusc-de-east-1",
        ] {
            assert!(is_region(region), "{region}");
        }
        for other in ["aws-global", "models", "page-1", "eu-west", "EU-WEST-1", ""] {
            assert!(!is_region(other), "{other}");
        }
    }

    #[test]
    fn the_resource_of_a_refusal_names_the_parameters() {
        let parameters = parameters_of(
            Operation::DescribeUserProfile,
            "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/ana",
        );
        assert_eq!(
            parameters,
            [
                ("DomainId", "d-1".to_owned()),
                ("UserProfileName", "ana".to_owned())
            ]
        );
        assert!(
            parameters_of(
                Operation::DescribeModel,
                "arn:aws:sagemaker:eu-west-1:111122223333:model/*"
            )
            .is_empty()
        );
    }
}
