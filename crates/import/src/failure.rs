//! Errors of AWS calls, as the CLI and the SDKs print them.
//!
//! Enters: text such as `An error occurred (AccessDenied) when calling the GetBucketPolicy
//! operation: …`, or an error in JSON. Leaves: the call and its outcome. Deliberately absent:
//! what a code means, which is the snapshot's to say ([`Outcome::of_error`]).

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Outcome, denied_action};

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
    Outcome::of_error(operation, &failure.code, &failure.message)
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
