//! Errors of AWS calls, as the CLI and the SDKs print them.
//!
//! Enters: text such as `An error occurred (AccessDenied) when calling the GetBucketPolicy
//! operation: …`, or an error in JSON. Leaves: the call and its outcome. Which codes mean "denied",
//! "not there" and "not configured" follows the services' own error lists; an unknown code is a
//! failure, never an absence. Deliberately absent: retries.

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::Outcome;

use crate::members::Members;
use crate::name::{Hint, kebab};

const START: &str = "An error occurred (";
const CALLING: &str = " when calling the ";

/// One error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: String,
    /// The operation that the text names, `GetBucketPolicy`.
    pub(crate) called: Option<String>,
    pub(crate) message: String,
}

/// Every error in a text.
pub(crate) fn in_text(text: &str) -> Vec<(usize, Failure)> {
    let starts: Vec<usize> = text.match_indices(START).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| Some((*start, one(text.get(*start..end)?)?)))
        .collect()
}

fn one(text: &str) -> Option<Failure> {
    let (code, rest) = text.strip_prefix(START)?.split_once(')')?;
    let (called, message) = match rest.strip_prefix(CALLING) {
        Some(rest) => {
            let (name, rest) = rest.split_once(" operation")?;
            let message = rest.split_once(':').map_or("", |(_, message)| message);
            (Some(name.trim().to_owned()), message)
        }
        None => (None, rest.trim_start_matches(':')),
    };
    Some(Failure {
        code: code.trim().to_owned(),
        called,
        message: one_line(message),
    })
}

/// An error in JSON: `{"__type":…}` of the wire protocols, or `{"Error":{"Code":…}}` of an SDK.
pub(crate) fn in_json(members: &Members<'_>) -> Option<Failure> {
    if let Some(kind) = members.text("__type") {
        let code = kind.rsplit('#').next().unwrap_or_default().to_owned();
        let message = members.text("message").or_else(|| members.text("Message"));
        return Some(Failure {
            code,
            called: members.text("operation_name"),
            message: one_line(&message.unwrap_or_default()),
        });
    }
    let error = Members::parse(members.raw("Error")?.get()).ok()?;
    Some(Failure {
        code: error.text("Code")?,
        called: members.text("operation_name"),
        message: one_line(&error.text("Message").unwrap_or_default()),
    })
}

/// What the CLI prints when it could not ask at all, as a short code.
pub(crate) fn unasked(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    [
        ("unable to locate credentials", "NoCredentials"),
        ("error when retrieving token", "NoCredentials"),
        (
            "could not connect to the endpoint url",
            "EndpointConnectionError",
        ),
        ("connect timeout on endpoint url", "ConnectTimeoutError"),
        ("read timeout on endpoint url", "ReadTimeoutError"),
        ("connection was closed before", "ConnectionClosedError"),
        ("you must specify a region", "NoRegion"),
        ("could not be found", "ProfileNotFound"),
        ("ssl validation failed", "SSLError"),
        ("parameter validation failed", "ParamValidation"),
        ("usage: aws", "Usage"),
    ]
    .into_iter()
    .find(|(start, _)| lower.contains(start))
    .map(|(_, code)| code)
}

/// The call of an error: the one it names, or else the hint's.
pub(crate) fn operation(failure: &Failure, hint: Hint) -> Result<Operation, String> {
    let action = denied_action(&failure.message);
    let Some(called) = &failure.called else {
        if let Hint::Is(operation) = hint {
            return Ok(operation);
        }
        return action
            .and_then(by_action)
            .ok_or_else(|| "an AWS error, but not of which call; name the file after the call, or list it in calls.jsonl".to_owned());
    };
    let named: Vec<Operation> = Operation::ALL
        .iter()
        .copied()
        .filter(|operation| operation.row().name == called)
        .collect();
    if let Hint::Is(operation) = hint
        && named.contains(&operation)
    {
        return Ok(operation);
    }
    match named.as_slice() {
        [] => Err(format!("the error of `{called}`, which is not read")),
        [only] => Ok(*only),
        several => several
            .iter()
            .copied()
            .find(|operation| action == Some(operation.row().action))
            .ok_or_else(|| {
                format!(
                    "the error of `{called}`, which several services have; list the file in calls.jsonl with its operation"
                )
            }),
    }
}

fn by_action(action: &str) -> Option<Operation> {
    let mut with = Operation::ALL
        .iter()
        .copied()
        .filter(|operation| operation.row().action == action);
    match (with.next(), with.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// What an error means for the call that failed.
pub(crate) fn outcome(operation: Operation, failure: &Failure) -> Outcome {
    let code = failure.code.clone();
    match meaning(operation, &failure.code, &failure.message) {
        Meaning::Denied => Outcome::Denied {
            action: denied_action(&failure.message)
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
fn denied_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("is not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?;
    action.contains(':').then_some(action)
}

/// The resource that a message names after `on resource:`.
pub(crate) fn refused_resource(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(" on resource: ")?;
    crate::arn::arns_in(rest).next()
}

/// The principal that a message names: whoever asked.
pub(crate) fn principal(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User: ")?;
    crate::arn::arns_in(rest).next()
}

/// How a failed call is named in messages.
pub(crate) fn call_name(operation: Operation) -> String {
    kebab(operation.row().name)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Operation, Outcome) {
        let found = in_text(text);
        let (_, failure) = found.first().unwrap();
        let operation = operation(failure, Hint::None).unwrap();
        (operation, outcome(operation, failure))
    }

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

    #[test]
    fn the_printed_text_is_read_with_its_retries() {
        let (operation, outcome) = read(
            "\naws: [ERROR]: An error occurred (ThrottlingException) when calling the ListModels operation (reached max retries: 4): Rate exceeded\n",
        );
        assert_eq!(operation, Operation::ListModels);
        assert!(matches!(outcome, Outcome::Throttled { code } if code == "ThrottlingException"));
    }

    #[test]
    fn a_refusal_names_the_missing_action_and_the_resource() {
        let text = "An error occurred (AccessDeniedException) when calling the DescribeUserProfile operation: User: arn:aws:sts::111122223333:assumed-role/audit/x is not authorized to perform: sagemaker:DescribeUserProfile on resource: arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/ana because no identity-based policy allows the sagemaker:DescribeUserProfile action";
        let (_, outcome) = read(text);
        assert!(
            matches!(outcome, Outcome::Denied { action, .. } if action == "sagemaker:DescribeUserProfile")
        );
        assert_eq!(
            refused_resource(text),
            Some("arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/ana")
        );
        assert_eq!(
            principal(text),
            Some("arn:aws:sts::111122223333:assumed-role/audit/x")
        );
    }

    #[test]
    fn errors_in_json_are_read() {
        let wire = r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}"#;
        let members = Members::parse(wire).unwrap();
        assert_eq!(in_json(&members).unwrap().code, "AccessDeniedException");
        let sdk = r#"{"Error":{"Code":"NoSuchBucket","Message":"gone"},"ResponseMetadata":{}}"#;
        let members = Members::parse(sdk).unwrap();
        assert_eq!(in_json(&members).unwrap().code, "NoSuchBucket");
    }

    #[test]
    fn an_error_of_a_name_that_two_services_have_needs_more() {
        let failure = Failure {
            code: "AccessDeniedException".to_owned(),
            called: Some("DescribeFileSystems".to_owned()),
            message: "User: x is not authorized to perform: fsx:DescribeFileSystems on resource: y"
                .to_owned(),
        };
        assert_eq!(
            operation(&failure, Hint::None),
            Ok(Operation::DescribeFsxFileSystems)
        );
        let silent = Failure {
            message: String::new(),
            ..failure
        };
        assert!(operation(&silent, Hint::FileSystems).is_err());
    }
}
