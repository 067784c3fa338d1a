//! What a service's error means.
//!
//! Enters: the call, the error's code and its message. Leaves: the outcome. Which codes mean "denied", "not there" and
//! "not configured" follows the services' own error lists. Deliberately absent: where the error stood, on the wire or in
//! a saved text, and retries.

use crate::operations::Operation;

use super::observation::Outcome;

impl Outcome {
    /// What an error of a service means for the call that failed. An unknown code is a failure, never an absence.
    #[must_use]
    pub fn of_error(operation: Operation, code: &str, message: &str) -> Outcome {
        let meaning = meaning(operation, code, message);
        let code = code.to_owned();
        match meaning {
            Meaning::Denied => Outcome::Denied {
                action: denied_action(message)
                    .unwrap_or(operation.row().action)
                    .to_owned(),
                code,
            },
            Meaning::Throttled => Outcome::Throttled { code },
            Meaning::NotFound => Outcome::NotFound { code },
            Meaning::Absent => Outcome::Absent { code },
            Meaning::Failed => Outcome::Failed { code },
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Denied,
    Throttled,
    NotFound,
    Absent,
    Failed,
}

fn meaning(operation: Operation, code: &str, message: &str) -> Meaning {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "UnauthorizedOperation"
        | "UnauthorizedAccess"
        | "NotAuthorized"
        | "AllAccessDisabled"
        | "Forbidden"
        | "403" => Meaning::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "PriorRequestNotComplete"
        | "429"
        | "503" => Meaning::Throttled,
        "NoSuchBucketPolicy"
        | "ServerSideEncryptionConfigurationNotFoundError"
        | "ObjectLockConfigurationNotFoundError"
        | "NoSuchTagSet"
        | "PolicyNotFound" => Meaning::Absent,
        "ResourceNotFound"
        | "ResourceNotFoundException"
        | "ResourceNotFoundFault"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "NoSuchBucket"
        | "NoSuchKey"
        | "NotFound"
        | "NotFoundException"
        | "FileSystemNotFound"
        | "404" => Meaning::NotFound,
        "ValidationException"
            if operation.row().service == "sagemaker" && says_not_there(message) =>
        {
            Meaning::NotFound
        }
        _ if message.contains("Rate exceeded") => Meaning::Throttled,
        _ => Meaning::Failed,
    }
}

/// SageMaker's ways of saying that a resource is not there under the code `ValidationException`.
fn says_not_there(message: &str) -> bool {
    message.starts_with("Could not find ")
        || message.starts_with("Requested resource not found")
        || message.starts_with("RecordNotFound")
        || message.trim_end_matches('.').ends_with("does not exist")
        || lifecycle_not_there(message)
}

/// `Unable to describe Notebook Instance Lifecycle Config '…'. (Details: …)`, where the details say that there is none.
fn lifecycle_not_there(message: &str) -> bool {
    message
        .strip_prefix("Unable to describe Notebook Instance Lifecycle Config ")
        .and_then(|rest| rest.split_once("(Details: "))
        .is_some_and(|(_, details)| {
            let details = details.to_ascii_lowercase();
            details.contains("does not exist")
                || details.starts_with("no ") && details.contains(" found")
        })
}

/// The action of `User: … is not authorized to perform: sagemaker:DescribeModel on resource: …`.
#[must_use]
pub fn denied_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("is not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?;
    action.contains(':').then_some(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_of_error_is_told_apart() {
        use Meaning as M;
        for (operation, code, message, meaning_) in [
            (
                Operation::GetBucketPolicy,
                "AccessDenied",
                "Access Denied",
                M::Denied,
            ),
            (
                Operation::GetBucketPolicy,
                "NoSuchBucketPolicy",
                "The bucket policy does not exist",
                M::Absent,
            ),
            (
                Operation::GetBucketEncryption,
                "ServerSideEncryptionConfigurationNotFoundError",
                "",
                M::Absent,
            ),
            (Operation::HeadBucket, "404", "Not Found", M::NotFound),
            (Operation::HeadBucket, "403", "Forbidden", M::Denied),
            (Operation::HeadBucket, "301", "Moved Permanently", M::Failed),
            (
                Operation::DescribeEndpointConfig,
                "ValidationException",
                "Could not find endpoint configuration \"arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/x\".",
                M::NotFound,
            ),
            (
                Operation::DescribeEndpointConfig,
                "ValidationException",
                "1 validation error detected",
                M::Failed,
            ),
            (
                Operation::DescribeNotebookInstanceLifecycleConfig,
                "ValidationException",
                "Unable to describe Notebook Instance Lifecycle Config 'arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance-lifecycle-config/x'. (Details: No Notebook Instance Lifecycle Config with such name is found)",
                M::NotFound,
            ),
            (
                Operation::DescribeNotebookInstanceLifecycleConfig,
                "ValidationException",
                "Unable to describe Notebook Instance Lifecycle Config 'arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance-lifecycle-config/x'. (Details: Notebook Instance Lifecycle Config does not exist.)",
                M::NotFound,
            ),
            (
                Operation::DescribeNotebookInstanceLifecycleConfig,
                "ValidationException",
                "Unable to describe Notebook Instance Lifecycle Config 'x'. (Details: try again)",
                M::Failed,
            ),
            (
                Operation::ListModels,
                "ThrottlingException",
                "Rate exceeded",
                M::Throttled,
            ),
            (
                Operation::ListModels,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                M::Failed,
            ),
            (Operation::ListModels, "OptInRequired", "", M::Failed),
            (Operation::DescribeKey, "SomethingNew", "", M::Failed),
        ] {
            assert_eq!(
                meaning(operation, code, message),
                meaning_,
                "{code} {message}"
            );
        }
    }
}
