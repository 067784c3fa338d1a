//! A call as a request.
//!
//! Enters: the operation and its request members. Leaves: method, path, query, headers and body, by the
//! protocol of the service. Sources: AWS JSON 1.0 and 1.1, AWS query and REST XML protocols
//! (<https://smithy.io/2.0/aws/protocols/index.html>). Deliberately absent: the host.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sagewarden_core::operations::{Operation, Protocol};
use sagewarden_core::snapshot::{Parameters, plain};
use sagewarden_core::time::Time;
use serde_json::{Map, Value};

/// RFC 3986's unreserved characters stay; AWS signs all others percent-encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Request members that hold an instant, which the JSON protocols write as seconds since 1970.
const INSTANTS: [&str; 4] = [
    "CreationTimeAfter",
    "CreationTimeBefore",
    "StartTime",
    "EndTime",
];

/// What goes over the wire, but the host and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Percent-encoded; begins with `/`. The bucket is not in it.
    pub(crate) path: String,
    /// Percent-encoded, without `?`.
    pub(crate) query: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// The bucket, which stands in the host or before the path.
    pub(crate) bucket: Option<String>,
}

/// The request of a call.
pub(crate) fn request(operation: Operation, members: &Parameters) -> Request {
    let row = operation.row();
    match operation.service().protocol {
        Protocol::Json { version, target } => Request {
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![
                ("content-type", format!("application/x-amz-json-{version}")),
                ("x-amz-target", format!("{target}.{}", row.name)),
            ],
            body: json_body(members),
            bucket: None,
        },
        Protocol::Query { version } => Request {
            method: "POST",
            path: "/".to_owned(),
            query: String::new(),
            headers: vec![(
                "content-type",
                "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
            )],
            body: form(row.name, version, members).into_bytes(),
            bucket: None,
        },
        Protocol::RestXml | Protocol::RestJson => {
            by_path(operation, row.path.unwrap_or("/"), members)
        }
    }
}

fn json_body(members: &Parameters) -> Vec<u8> {
    let body: Map<String, Value> = members
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) if INSTANTS.contains(&name.as_str()) => match Time::parse(text)
                {
                    Some(time) => Value::from(time.0.div_euclid(1000)),
                    None => value.clone(),
                },
                other => other.clone(),
            };
            (name.clone(), value)
        })
        .collect();
    Value::Object(body).to_string().into_bytes()
}

/// The members of the calls that speak this protocol are texts, numbers, and lists of texts.
fn form(action: &str, version: &str, members: &Parameters) -> String {
    let mut form = format!("Action={action}&Version={version}");
    let mut add = |name: &str, value: &Value| {
        form.push('&');
        form.push_str(name);
        form.push('=');
        form.push_str(&encode(&plain(value)));
    };
    for (name, value) in members {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    add(&format!("{name}.member.{}", index + 1), item);
                }
            }
            other => add(name, other),
        }
    }
    form
}

fn by_path(operation: Operation, template: &'static str, members: &Parameters) -> Request {
    let member = |braced: &str| {
        let name = braced.strip_prefix('{')?.strip_suffix('}')?;
        Some(members.get(name).map(plain))
    };
    let (path, query) = template.split_once('?').unwrap_or((template, ""));
    let mut bucket = None;
    let mut filled = String::new();
    for segment in path.split('/').skip(1) {
        match member(segment) {
            Some(value) if segment == "{Bucket}" => bucket = value,
            Some(value) => {
                filled.push('/');
                filled.push_str(&encode(&value.unwrap_or_default()));
            }
            None if segment.is_empty() => {}
            None => {
                filled.push('/');
                filled.push_str(segment);
            }
        }
    }
    if filled.is_empty() {
        filled.push('/');
    }
    let query: Vec<String> = query
        .split('&')
        .filter(|part| !part.is_empty())
        .filter_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            match member(value) {
                Some(Some(value)) => Some(format!("{name}={}", encode(&value))),
                Some(None) => None,
                None => Some(format!("{name}={value}")),
            }
        })
        .collect();
    let mut headers = Vec::new();
    if let Some(owner) = members.get("ExpectedBucketOwner") {
        headers.push(("x-amz-expected-bucket-owner", plain(owner)));
    }
    if let Some(account) = members.get("AccountId") {
        headers.push(("x-amz-account-id", plain(account)));
    }
    Request {
        method: if operation.row().name.starts_with("Head") {
            "HEAD"
        } else {
            "GET"
        },
        path: filled,
        query: query.join("&"),
        headers,
        body: Vec::new(),
        bucket,
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn members(value: Value) -> Parameters {
        serde_json::from_value(value).unwrap()
    }

    fn of(operation: Operation, value: Value) -> Request {
        request(operation, &members(value))
    }

    #[test]
    fn instants_are_seconds_in_json() {
        let request = of(
            Operation::ListTrainingJobs,
            json!({"CreationTimeAfter": "2026-11-24T06:00:00Z", "MaxResults": 100}),
        );
        assert_eq!(
            request.body,
            br#"{"CreationTimeAfter":1795500000,"MaxResults":100}"#
        );
        assert!(
            request
                .headers
                .contains(&("x-amz-target", "SageMaker.ListTrainingJobs".to_owned()))
        );
    }

    #[test]
    fn a_form_numbers_its_lists() {
        let request = of(
            Operation::GetAccountAuthorizationDetails,
            json!({"Filter": ["Role", "LocalManagedPolicy"], "Marker": "a/b=="}),
        );
        assert_eq!(
            String::from_utf8(request.body).unwrap(),
            "Action=GetAccountAuthorizationDetails&Version=2010-05-08&Filter.member.1=Role&Filter.member.2=LocalManagedPolicy&Marker=a%2Fb%3D%3D"
        );
    }

    #[test]
    fn a_path_takes_what_is_given_and_leaves_out_the_rest() {
        let request = of(
            Operation::ListObjectsV2,
            json!({"Bucket": "b", "Prefix": "a b/ü", "MaxKeys": 1}),
        );
        assert_eq!(request.bucket.as_deref(), Some("b"));
        assert_eq!(request.path, "/");
        assert_eq!(
            request.query,
            "list-type=2&prefix=a%20b%2F%C3%BC&max-keys=1"
        );
        let request = of(Operation::ListBuckets, json!({}));
        assert_eq!(request.query, "max-buckets=1000");
        let request = of(Operation::GetBucketPolicy, json!({"Bucket": "b"}));
        assert_eq!(request.query, "policy=");
        let request = of(
            Operation::DescribeFileSystemPolicy,
            json!({"FileSystemId": "fs-1"}),
        );
        assert_eq!(request.path, "/2015-02-01/file-systems/fs-1/policy");
        let request = of(
            Operation::ListAccessPoints,
            json!({"AccountId": "111122223333"}),
        );
        let account = ("x-amz-account-id", "111122223333".to_owned());
        assert_eq!(request.headers, [account]);
    }
}
