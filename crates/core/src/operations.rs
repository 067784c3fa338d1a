//! The one table of API calls.
//!
//! Enters: nothing. Leaves: for every call that Sagewarden reads, its service and name, the IAM
//! action that allows it, where it is answered (Region or global), the request members that tell
//! one answer from another, how it pages, which members are secret, and what an absent member
//! means. The collector, the least-privilege policy, the coverage report, the redaction and the
//! "unknown because …" texts derive from it.
//! Deliberately absent: anything that writes, and any data-plane call.

mod permissions;
mod service;
mod table;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use permissions::permissions;
pub use service::{Protocol, Service};
pub use table::{Operation, PRECOMPUTED};

/// Where a call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One answer per account and Region.
    Region,
    /// One answer per account; observations carry [`GLOBAL_REGION`].
    Global,
}

/// The Region name of observations of global services.
pub const GLOBAL_REGION: &str = "aws-global";

/// The asset family that a call feeds; used to plan what to collect and to report coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Notebook instances and their lifecycle configurations.
    Notebook,
    /// Studio domains, user profiles and spaces.
    Domain,
    /// Models and model packages.
    Model,
    /// Endpoints, endpoint configurations, inference components, monitoring, scaling, traffic.
    Endpoint,
    /// Training jobs.
    Training,
    /// Roles and policies.
    Role,
    /// Buckets, their policies and objects.
    Bucket,
    /// KMS keys.
    Key,
    /// Accounts, networks, file systems: context that sharpens an answer.
    Context,
}

/// How a listing continues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Paging {
    /// Request member that carries the token.
    pub input: &'static str,
    /// Response member that carries the token of the next page; absent on the last page.
    pub output: &'static str,
    /// Response member that holds the page's items.
    pub items: &'static str,
}

/// What an absent member means when the response itself was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Absence {
    /// JSON pointer of the member; `*` stands for any array index or member name.
    pub pointer: &'static str,
    /// The service's default, in words that fit "absent, which means …".
    pub means: &'static str,
}

/// A request member that every call sends alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Fixed {
    /// Its name.
    pub member: &'static str,
    /// What is sent.
    pub value: Sent,
}

/// What a fixed request member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sent {
    /// A text.
    Text(&'static str),
    /// Anything else, as JSON.
    Json(&'static str),
    /// The id of the account that is asked.
    Account,
}

impl Sent {
    /// The value, in a call to `account`.
    #[must_use]
    pub fn value(self, account: &str) -> serde_json::Value {
        match self {
            Sent::Text(text) => text.into(),
            Sent::Json(json) => serde_json::from_str(json).unwrap_or_default(),
            Sent::Account => account.into(),
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Row {
    /// Endpoint prefix of the service, `sagemaker`.
    pub service: &'static str,
    /// Operation name as in the service model, `DescribeNotebookInstance`.
    pub name: &'static str,
    /// The IAM action that allows the call.
    pub action: &'static str,
    /// Where the call is answered.
    pub scope: Scope,
    /// What it feeds.
    pub family: Family,
    /// Whether its answers are only imported: its action would also allow reading data, so it is never called.
    pub import_only: bool,
    /// Request members that tell one answer from another, in key order.
    pub key: &'static [&'static str],
    /// Request members that narrow an answer when they are given; without them the answer is whole.
    pub filters: &'static [&'static str],
    /// Request members that every call sends alike.
    pub fixed: &'static [Fixed],
    /// How it pages, if it does.
    pub paging: Option<Paging>,
    /// Of a service with a path for each operation: path and query, with request members in braces. A part of the query
    /// whose member is not given is left out.
    pub path: Option<&'static str>,
    /// JSON pointers of members that hold policy documents: as an object, as JSON text, or percent-encoded.
    pub documents: &'static [&'static str],
    /// JSON pointers of members that must never reach the disk in the clear; `*` is any index or name.
    pub secret: &'static [&'static str],
    /// What absent members mean. [`Operation::absence`] also knows page tokens and policy documents.
    pub absent: &'static [Absence],
}

impl Operation {
    /// `sagemaker:DescribeNotebookInstance`: the id used in snapshots, messages and indexes.
    #[must_use]
    pub fn id(self) -> OperationId {
        OperationId(self)
    }

    /// The operation of an id such as `sagemaker:DescribeNotebookInstance`.
    #[must_use]
    pub fn parse(id: &str) -> Option<Operation> {
        // Every line of a snapshot begins with an id: a search through the table for each would show.
        static BY_ID: LazyLock<HashMap<(&str, &str), Operation>> = LazyLock::new(|| {
            let rows = Operation::ALL.iter().map(|operation| {
                let row = operation.row();
                ((row.service, row.name), *operation)
            });
            rows.collect()
        });
        BY_ID.get(&id.split_once(':')?).copied()
    }

    /// What an absent member at `pointer` (with concrete indexes) means, if absence has a meaning:
    /// by the row, as the token of a further page, or inside a policy document.
    #[must_use]
    pub fn absence(self, pointer: &str) -> Option<&'static str> {
        if self == Operation::Search
            && let Some(member) = training_record(pointer)
        {
            // The record of a search is the description of the job, less what it never carries.
            if NOT_IN_SEARCH
                .iter()
                .any(|left_out| member.starts_with(left_out))
            {
                return None;
            }
            if let Some(means) = Operation::DescribeTrainingJob.absence(member) {
                return Some(means);
            }
        }
        let row = self.row();
        let by_row = row
            .absent
            .iter()
            .find(|absence| pointer_matches(absence.pointer, pointer))
            .map(|absence| absence.means);
        by_row
            .or_else(|| {
                let token = pointer.strip_prefix('/')?;
                let is_token = row.paging.is_some_and(|paging| paging.output == token);
                is_token.then_some("this is the last page")
            })
            .or_else(|| {
                let rest = row
                    .documents
                    .iter()
                    .find_map(|document| below(document, pointer))?;
                DOCUMENT_ABSENT
                    .iter()
                    .find(|absence| pointer_matches(absence.pointer, rest))
                    .map(|absence| absence.means)
            })
    }
}

/// What absent members of a policy document mean, by
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.
const DOCUMENT_ABSENT: &[Absence] = &[
    Absence {
        pointer: "/Version",
        means: "2008-10-17, in which policy variables are plain text",
    },
    Absence {
        pointer: "/Statement/Condition",
        means: "the statement always applies",
    },
    Absence {
        pointer: "/Statement/Condition/*",
        means: "no such test",
    },
    Absence {
        pointer: "/Statement/Condition/*/*",
        means: "no such test",
    },
    Absence {
        pointer: "/Statement/*/Condition",
        means: "the statement always applies",
    },
    Absence {
        pointer: "/Statement/*/Condition/*",
        means: "no such test",
    },
    Absence {
        pointer: "/Statement/*/Condition/*/*",
        means: "no such test",
    },
];

/// The rest of `pointer` below the member that `pattern` matches.
fn below<'p>(pattern: &str, pointer: &'p str) -> Option<&'p str> {
    let segments = pattern.matches('/').count();
    let end = pointer
        .match_indices('/')
        .nth(segments)
        .map_or(pointer.len(), |(at, _)| at);
    let (head, rest) = pointer.split_at_checked(end)?;
    pointer_matches(pattern, head).then_some(rest)
}

/// The whole table as JSON, a row per call, for checks against the service models.
#[must_use]
pub fn as_json() -> serde_json::Value {
    Operation::ALL
        .iter()
        .map(|operation| serde_json::json!({ "operation": operation, "row": operation.row(), "service": operation.service() }))
        .collect()
}

/// What `DescribeTrainingJob` tells and a record of `Search` does not.
const NOT_IN_SEARCH: [&str; 2] = ["/RemoteDebugConfig", "/ServerlessJobConfig"];

/// The pointer within the training job of a search record: of a page's, or of one on its own.
fn training_record(pointer: &str) -> Option<&str> {
    let record = match pointer.strip_prefix("/Results/") {
        Some(rest) => rest.find('/').and_then(|at| rest.get(at..))?,
        None => pointer,
    };
    match record.strip_prefix("/TrainingJob") {
        Some(member) if member.starts_with('/') => Some(member),
        _ if record.len() < pointer.len() => None,
        _ => Some(record),
    }
}

/// Whether `pattern`, in which a `*` segment stands for any one segment, matches `pointer`.
#[must_use]
pub fn pointer_matches(pattern: &str, pointer: &str) -> bool {
    let mut pattern = pattern.split('/');
    let mut pointer = pointer.split('/');
    loop {
        match (pattern.next(), pointer.next()) {
            (None, None) => return true,
            (Some(p), Some(q)) if p == "*" || p == q => {}
            _ => return false,
        }
    }
}

/// Displays as `service:Name`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OperationId(Operation);

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.0.row();
        write!(f, "{}:{}", row.service, row.name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.id())
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;
        impl serde::de::Visitor<'_> for Id {
            type Value = Operation;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an operation id such as `sagemaker:DescribeModel`")
            }
            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Operation, E> {
                Operation::parse(id)
                    .ok_or_else(|| E::custom(format_args!("unknown operation `{id}`")))
            }
        }
        deserializer.deserialize_str(Id)
    }
}

impl schemars::JsonSchema for Operation {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Operation".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let ids: Vec<String> = Operation::ALL.iter().map(ToString::to_string).collect();
        schemars::json_schema!({ "type": "string", "enum": ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reading_calls_are_in_the_table() {
        let reads = ["Describe", "Get", "Head", "List", "Lookup", "Search"];
        for operation in Operation::ALL {
            let row = operation.row();
            assert!(
                reads.iter().any(|verb| row.name.starts_with(verb)),
                "{operation}"
            );
            let (_, action) = row.action.split_once(':').unwrap();
            assert!(
                reads.iter().any(|verb| action.starts_with(verb)),
                "{operation}"
            );
            // Reading data is refused by the policy that goes with the table.
            assert!(
                row.import_only || !row.action.starts_with("s3:GetObject"),
                "{operation}"
            );
        }
    }

    #[test]
    fn ids_are_unique_and_read_back() {
        for operation in Operation::ALL {
            assert_eq!(Operation::parse(&operation.to_string()), Some(*operation));
        }
    }

    #[test]
    fn fixed_members_hold_something() {
        for operation in Operation::ALL {
            for fixed in operation.row().fixed {
                assert!(
                    !fixed.value.value("111122223333").is_null(),
                    "{operation} {}",
                    fixed.member
                );
            }
        }
    }

    #[test]
    fn absence_is_known_for_rows_tokens_and_documents() {
        let roles = Operation::GetAccountAuthorizationDetails;
        for (pointer, has_meaning) in [
            ("/RoleDetailList/3/PermissionsBoundary", true),
            ("/RoleDetailList/3/Arn", false),
            ("/Marker", true),
            (
                "/RoleDetailList/3/RolePolicyList/0/PolicyDocument/Statement/1/Condition",
                true,
            ),
            (
                "/RoleDetailList/3/RolePolicyList/0/PolicyDocument/Statement/Condition/Bool",
                true,
            ),
            (
                "/RoleDetailList/3/RolePolicyList/0/PolicyDocument/Statement/1/Action",
                false,
            ),
            ("/RoleDetailList/3/RolePolicyList/0/PolicyDocument", false),
        ] {
            assert_eq!(roles.absence(pointer).is_some(), has_meaning, "{pointer}");
        }
    }

    #[test]
    fn the_table_is_printed_whole() {
        let rows = as_json();
        assert_eq!(rows.as_array().unwrap().len(), Operation::ALL.len());
        assert_eq!(rows[0]["row"]["service"], "sagemaker");
    }
}
