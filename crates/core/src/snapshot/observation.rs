//! One API call and its outcome.
//!
//! Serialised, an observation is one line of a snapshot part:
//! `{"operation":…,"parameters":{…},"account":…,"region":…,"time":…,"outcome":"ok","body":{…}}`.
//! The body is the service's own JSON with member names untouched.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::missing::{Gap, Missing};
use crate::operations::Operation;
use crate::redact::{top_member, unquote};
use crate::time::Time;

/// The request members that tell this answer from others, by AWS's member names.
pub type Parameters = BTreeMap<String, serde_json::Value>;

/// One API call and its outcome.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Line")]
pub struct Observation {
    /// The call.
    pub operation: Operation,
    /// What it asked about. A page of a listing carries its page token.
    pub parameters: Parameters,
    /// The twelve-digit account that was asked; empty when an imported answer does not tell.
    pub account: String,
    /// The Region that was asked, or [`GLOBAL_REGION`](crate::operations::GLOBAL_REGION).
    pub region: String,
    /// When it was answered, if known.
    pub time: Option<Time>,
    /// Where the answer came from when it was imported: file, and line where there is one.
    pub source: Option<String>,
    /// Members whose value is known only after infrastructure code is applied.
    pub unresolved: Vec<Unresolved>,
    /// Where members stand in infrastructure code; empty for what AWS answered.
    pub located: Vec<Located>,
    /// What came back.
    pub outcome: Outcome,
}

/// A member whose value is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unresolved {
    /// JSON pointer into the body.
    pub pointer: String,
    /// The expression of the source that will give the value.
    pub expression: String,
    /// Whether the expression gives the member some value in every case, so that it is known to be
    /// set although not to what.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assigned: bool,
}

/// Where a member stands in infrastructure code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Located {
    /// JSON pointer into the body; empty for the resource as a whole.
    pub pointer: String,
    /// The place.
    #[serde(flatten)]
    pub place: SourcePlace,
}

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SourcePlace {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl std::fmt::Display for SourcePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The service answered.
    Ok {
        /// The service's own JSON.
        body: Box<RawValue>,
    },
    /// The service says that the thing asked for is not configured (`NoSuchBucketPolicy`): a fact.
    Absent {
        /// The service's error code.
        code: String,
    },
    /// The service says that the resource does not exist: a fact.
    NotFound {
        /// The service's error code.
        code: String,
    },
    /// The call was refused.
    Denied {
        /// The IAM action that was missing.
        action: String,
        /// The service's error code.
        code: String,
    },
    /// The call was throttled until the collector gave up.
    Throttled {
        /// The service's error code.
        code: String,
    },
    /// The call failed in another way.
    Failed {
        /// The service's error code, or what happened.
        code: String,
    },
}

impl Observation {
    /// The canonical key within (operation, account, Region): the operation's key parameters, then the page token.
    #[must_use]
    pub fn key(&self) -> String {
        key_of(self.operation, &self.parameters)
    }

    /// Of a page: the key of its listing, which is the same for all its pages, and the page's own token.
    #[must_use]
    pub fn page(&self) -> (String, Option<String>) {
        let row = self.operation.row();
        let token = row
            .paging
            .and_then(|paging| self.parameters.get(paging.input))
            .map(|token| {
                let mut text = String::new();
                push_value(&mut text, Some(token));
                text
            });
        (listing_of(self.operation, &self.parameters), token)
    }

    /// Of a page: the token of the next page; none on the last one, and none when the call does not page.
    #[must_use]
    pub fn next_token(&self) -> Option<String> {
        let paging = self.operation.row().paging?;
        let token = top_member(self.body()?, paging.output)?;
        match unquote(token) {
            Some(text) => (!text.is_empty()).then(|| text.into_owned()),
            None => (token != "null").then(|| token.to_owned()),
        }
    }

    /// Where a member stands in infrastructure code: its own place, or that of the nearest object
    /// around it whose place is known.
    #[must_use]
    pub fn place_of(&self, pointer: &str) -> Option<&SourcePlace> {
        self.located
            .iter()
            .filter(|located| is_at_or_below(pointer, &located.pointer))
            .max_by_key(|located| located.pointer.len())
            .map(|located| &located.place)
    }

    /// Why this observation supplies nothing, if it does not.
    #[must_use]
    pub fn gap(&self) -> Option<Missing> {
        let (gap, detail) = match &self.outcome {
            Outcome::Ok { .. } | Outcome::Absent { .. } | Outcome::NotFound { .. } => return None,
            Outcome::Denied { code, .. } => (Gap::Denied, code),
            Outcome::Throttled { code } => (Gap::Throttled, code),
            Outcome::Failed { code } => (Gap::Failed, code),
        };
        Some(Missing::call(
            self.operation,
            self.subject(),
            gap,
            detail.clone(),
        ))
    }

    /// What is missing when the service answers that what was asked for does not exist, although
    /// something else names it.
    #[must_use]
    pub fn gone(&self) -> Missing {
        let code = match &self.outcome {
            Outcome::NotFound { code } | Outcome::Absent { code } => code.as_str(),
            _ => "",
        };
        Missing::call(self.operation, self.subject(), Gap::NotFound, code)
    }

    /// The body text, when the service answered.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Ok { body } => Some(body.get()),
            _ => None,
        }
    }

    /// `Name=value, …` of the key parameters, for messages.
    #[must_use]
    pub fn subject(&self) -> String {
        subject_of(self.operation, &self.parameters)
    }
}

/// Whether `pointer` names `around` or something inside it.
#[must_use]
pub fn is_at_or_below(pointer: &str, around: &str) -> bool {
    pointer
        .strip_prefix(around)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The wire form. Flat, because serde's `flatten` and internally tagged enums buffer their input,
/// which a raw body does not survive.
#[derive(Deserialize, JsonSchema)]
#[schemars(
    rename = "Observation",
    description = "One API call and its outcome: one line of a part."
)]
pub(super) struct Line {
    /// The call, as `service:Operation`.
    operation: Operation,
    /// The request members that tell this answer from others, by AWS's member names.
    #[serde(default)]
    parameters: Parameters,
    /// The twelve-digit account that was asked; empty when an imported answer does not tell.
    account: String,
    /// The Region that was asked, or `aws-global`.
    region: String,
    /// When it was answered, if known.
    #[serde(default)]
    time: Option<Time>,
    /// Where an imported answer came from: file, and line where there is one.
    #[serde(default)]
    source: Option<String>,
    /// Members whose value is known only after infrastructure code is applied.
    #[serde(default)]
    unresolved: Vec<Unresolved>,
    /// Where members stand in infrastructure code.
    #[serde(default)]
    located: Vec<Located>,
    /// What came back.
    outcome: OutcomeName,
    /// When denied: the IAM action that was missing.
    #[serde(default)]
    action: Option<String>,
    /// Unless ok: the service's error code, or what happened.
    #[serde(default)]
    code: Option<String>,
    /// When ok: the service's own JSON. A secret member is `{"$redacted":{"length","sha256","features"}}`.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Value>")]
    body: Option<Box<RawValue>>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeName {
    Ok,
    Absent,
    NotFound,
    Denied,
    Throttled,
    Failed,
}

impl TryFrom<Line> for Observation {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, Self::Error> {
        let code = line.code.ok_or("member `code` is missing");
        let outcome = match line.outcome {
            OutcomeName::Ok => Outcome::Ok {
                body: line.body.ok_or("member `body` is missing")?,
            },
            OutcomeName::Absent => Outcome::Absent { code: code? },
            OutcomeName::NotFound => Outcome::NotFound { code: code? },
            OutcomeName::Denied => Outcome::Denied {
                action: line
                    .action
                    .unwrap_or_else(|| line.operation.row().action.to_owned()),
                code: code?,
            },
            OutcomeName::Throttled => Outcome::Throttled { code: code? },
            OutcomeName::Failed => Outcome::Failed { code: code? },
        };
        Ok(Observation {
            operation: line.operation,
            parameters: line.parameters,
            account: line.account,
            region: line.region,
            time: line.time,
            source: line.source,
            unresolved: line.unresolved,
            located: line.located,
            outcome,
        })
    }
}

impl Serialize for Observation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("operation", &self.operation)?;
        if !self.parameters.is_empty() {
            map.serialize_entry("parameters", &self.parameters)?;
        }
        map.serialize_entry("account", &self.account)?;
        map.serialize_entry("region", &self.region)?;
        if let Some(time) = &self.time {
            map.serialize_entry("time", time)?;
        }
        if let Some(source) = &self.source {
            map.serialize_entry("source", source)?;
        }
        if !self.unresolved.is_empty() {
            map.serialize_entry("unresolved", &self.unresolved)?;
        }
        if !self.located.is_empty() {
            map.serialize_entry("located", &self.located)?;
        }
        let (name, code) = match &self.outcome {
            Outcome::Ok { .. } => (OutcomeName::Ok, None),
            Outcome::Absent { code } => (OutcomeName::Absent, Some(code)),
            Outcome::NotFound { code } => (OutcomeName::NotFound, Some(code)),
            Outcome::Denied { code, .. } => (OutcomeName::Denied, Some(code)),
            Outcome::Throttled { code } => (OutcomeName::Throttled, Some(code)),
            Outcome::Failed { code } => (OutcomeName::Failed, Some(code)),
        };
        map.serialize_entry("outcome", &name)?;
        if let Outcome::Denied { action, .. } = &self.outcome {
            map.serialize_entry("action", action)?;
        }
        if let Some(code) = code {
            map.serialize_entry("code", code)?;
        }
        if let Outcome::Ok { body } = &self.outcome {
            map.serialize_entry("body", body)?;
        }
        map.end()
    }
}

/// The canonical key of a call: its key parameters' values, newline-separated, then `\n?Name=` and the value of each
/// filter that was given, then `\n#` and the page token if there is one. An unfiltered listing has the key of its
/// parameters alone.
#[must_use]
pub fn key_of(operation: Operation, parameters: &Parameters) -> String {
    let mut key = listing_of(operation, parameters);
    let paging = operation.row().paging;
    if let Some(token) = paging.and_then(|paging| parameters.get(paging.input)) {
        key.push_str("\n#");
        push_value(&mut key, Some(token));
    }
    key
}

fn listing_of(operation: Operation, parameters: &Parameters) -> String {
    let mut key = String::new();
    for (index, name) in operation.row().key.iter().enumerate() {
        if index > 0 {
            key.push('\n');
        }
        push_value(&mut key, parameters.get(*name));
    }
    for name in operation.row().filters {
        if let Some(value) = parameters.get(*name) {
            key.push_str("\n?");
            key.push_str(name);
            key.push('=');
            push_value(&mut key, Some(value));
        }
    }
    key
}

fn subject_of(operation: Operation, parameters: &Parameters) -> String {
    let mut subject = String::new();
    for name in operation.row().key {
        if let Some(value) = parameters.get(*name) {
            if !subject.is_empty() {
                subject.push_str(", ");
            }
            subject.push_str(name);
            subject.push('=');
            match value {
                // A query is too long for a message.
                serde_json::Value::Array(_) | serde_json::Value::Object(_) => subject.push('…'),
                _ => push_value(&mut subject, Some(value)),
            }
        }
    }
    subject
}

/// A parameter's value as people write it: strings bare, all else as JSON.
#[must_use]
pub fn plain(value: &serde_json::Value) -> String {
    let mut out = String::new();
    push_value(&mut out, Some(value));
    out
}

fn push_value(out: &mut String, value: Option<&serde_json::Value>) {
    match value {
        None => {}
        Some(serde_json::Value::String(text)) => out.push_str(text),
        Some(other) => {
            let _ = write!(out, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_with_its_body_untouched() {
        let line = r#"{"operation":"sagemaker:DescribeModel","parameters":{"ModelName":"m"},"account":"111122223333","region":"eu-west-1","time":"2026-11-24T06:00:00Z","outcome":"ok","body":{"ModelName": "m",  "X":1.50}}"#;
        let observation: Observation = serde_json::from_str(line).unwrap();
        assert_eq!(observation.key(), "m");
        assert_eq!(serde_json::to_string(&observation).unwrap(), line);
    }

    #[test]
    fn an_ok_line_without_body_is_refused() {
        let line =
            r#"{"operation":"sagemaker:DescribeModel","account":"","region":"","outcome":"ok"}"#;
        let error = serde_json::from_str::<Observation>(line)
            .unwrap_err()
            .to_string();
        assert!(error.contains("member `body` is missing"), "{error}");
    }
}
