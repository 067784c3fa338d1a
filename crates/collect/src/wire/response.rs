//! A response as an answer.
//!
//! Enters: status, headers and body. Leaves: the service's own JSON, as the AWS CLI prints it, or the error's code and
//! message. An answer in JSON is kept as it came. Deliberately absent: what a code means.

use http::{HeaderMap, StatusCode};
use sagewarden_core::operations::{Operation, Protocol};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::shapes::shape_of;
use super::xml::{self, Element};

/// What a service says went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServiceError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) status: u16,
    /// Where the bucket is, when S3 says that it is elsewhere.
    pub(crate) region: Option<String>,
}

/// Reads a response.
///
/// # Errors
/// The error that the service answered with, or that its answer cannot be read.
pub(crate) fn answer(
    operation: Operation,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Box<RawValue>, ServiceError> {
    let text = std::str::from_utf8(body);
    if !status.is_success() {
        return Err(error(operation, status, headers, text.unwrap_or_default()));
    }
    let text = text.map_err(|_| unreadable(status, "it is not UTF-8"))?;
    let json = match operation {
        Operation::HeadBucket => return raw(status, &bucket_head(headers)),
        // The policy is the whole body.
        Operation::GetBucketPolicy => return raw(status, &json!({ "Policy": text })),
        _ => match shape_of(operation) {
            Some(shape) => {
                let value = xml::to_json(text, operation.row().name, shape)
                    .map_err(|error| unreadable(status, &error))?;
                return raw(status, &value);
            }
            None => text.trim(),
        },
    };
    let json = if json.is_empty() { "{}" } else { json };
    if !json.starts_with('{') {
        return Err(unreadable(status, "it is not an object"));
    }
    RawValue::from_string(json.to_owned()).map_err(|error| unreadable(status, &error.to_string()))
}

fn raw(status: StatusCode, value: &Value) -> Result<Box<RawValue>, ServiceError> {
    RawValue::from_string(value.to_string()).map_err(|error| unreadable(status, &error.to_string()))
}

/// A response that is no answer. Another attempt may bring one.
fn unreadable(status: StatusCode, why: &str) -> ServiceError {
    ServiceError {
        code: "UnreadableAnswer".to_owned(),
        message: why.to_owned(),
        status: status.as_u16(),
        region: None,
    }
}

fn bucket_head(headers: &HeaderMap) -> Value {
    let mut head = serde_json::Map::new();
    for (member, header) in [
        ("BucketArn", "x-amz-bucket-arn"),
        ("BucketRegion", "x-amz-bucket-region"),
    ] {
        if let Some(value) = text_of(headers, header) {
            head.insert(member.to_owned(), value.into());
        }
    }
    if let Some(alias) = text_of(headers, "x-amz-access-point-alias") {
        head.insert("AccessPointAlias".to_owned(), (alias == "true").into());
    }
    Value::Object(head)
}

fn error(
    operation: Operation,
    status: StatusCode,
    headers: &HeaderMap,
    text: &str,
) -> ServiceError {
    let mut error = ServiceError {
        code: String::new(),
        message: String::new(),
        status: status.as_u16(),
        region: text_of(headers, "x-amz-bucket-region"),
    };
    match operation.service().protocol {
        Protocol::Json { .. } | Protocol::RestJson => {
            let body: Value = serde_json::from_str(text).unwrap_or_default();
            let member = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
            error.code = text_of(headers, "x-amzn-query-error")
                .and_then(|pair| pair.split(';').next().map(str::to_owned))
                .or_else(|| text_of(headers, "x-amzn-errortype"))
                .or_else(|| member("__type"))
                .or_else(|| member("code"))
                .map(|code| bare(&code))
                .unwrap_or_default();
            error.message = member("message")
                .or_else(|| member("Message"))
                .unwrap_or_default();
        }
        Protocol::Query { .. } | Protocol::RestXml => {
            if let Ok(root) = Element::parse(text) {
                let said = |name| root.find(name).map(|found| found.trimmed().to_owned());
                error.code = said("Code").unwrap_or_default();
                error.message = said("Message").unwrap_or_default();
                error.region = error.region.or_else(|| said("Region"));
            }
        }
    }
    // A HEAD has no body, and a proxy's page is no error of AWS.
    if error.code.is_empty() {
        error.code = status.as_str().to_owned();
    }
    error
}

/// `aws.protocoltests.restjson#FooError:http://…` is `FooError`.
fn bare(code: &str) -> String {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code).to_owned()
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(
        operation: Operation,
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> (String, String) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        let error = answer(
            operation,
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
        )
        .unwrap_err();
        (error.code, error.message)
    }

    #[test]
    fn each_protocol_writes_its_errors_in_its_own_way() {
        let json = r#"{"__type":"com.amazon#ThrottlingException","message":"Rate exceeded"}"#;
        assert_eq!(
            failed(Operation::ListModels, 400, &[], json),
            ("ThrottlingException".to_owned(), "Rate exceeded".to_owned())
        );
        assert_eq!(
            failed(
                Operation::GetMetricData,
                400,
                &[("x-amzn-query-error", "InvalidParameterValue;Sender")],
                r#"{"__type":"InvalidParameterValueException","Message":"m"}"#
            )
            .0,
            "InvalidParameterValue"
        );
        let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
        assert_eq!(
            failed(Operation::GetRole, 403, &[], xml),
            ("AccessDenied".to_owned(), "no".to_owned())
        );
        assert_eq!(failed(Operation::HeadBucket, 404, &[], "").0, "404");
        assert_eq!(failed(Operation::ListModels, 502, &[], "<html>").0, "502");
    }

    #[test]
    fn what_is_no_answer_is_an_error() {
        for body in ["[1]", "nope", "{\"a\":"] {
            assert_eq!(
                failed(Operation::ListModels, 200, &[], body).0,
                "UnreadableAnswer",
                "{body}"
            );
        }
        assert_eq!(
            failed(Operation::GetRole, 200, &[], "<a>").0,
            "UnreadableAnswer"
        );
    }

    #[test]
    fn json_is_kept_as_it_came() {
        let body = br#"{"Models": [ {"CreationTime":1.7E9} ]}"#;
        let kept = answer(
            Operation::ListModels,
            StatusCode::OK,
            &HeaderMap::new(),
            body,
        )
        .unwrap();
        assert_eq!(kept.get().as_bytes(), body);
    }
}
