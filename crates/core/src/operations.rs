//! The one table of API calls.
//!
//! Enters: nothing. Leaves: for every call that Sagewarden reads, its service and name, the IAM
//! action that allows it, where it is answered (Region or global), the request members that tell
//! one answer from another, how it pages, which members are secret, and what an absent member
//! means. The collector, the least-privilege policy, the coverage report, the redaction and the
//! "unknown because …" texts derive from it.
//! Deliberately absent: anything that writes, and any data-plane call.

mod permissions;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use permissions::permissions;
pub use table::Operation;

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
    /// How it pages, if it does.
    pub paging: Option<Paging>,
    /// JSON pointers of members that must never reach the disk in the clear; `*` is any index or name.
    pub secret: &'static [&'static str],
    /// What absent members mean.
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
        let (service, name) = id.split_once(':')?;
        Operation::ALL
            .iter()
            .copied()
            .find(|operation| operation.row().name == name && operation.row().service == service)
    }

    /// What an absent member at `pointer` (with concrete indexes) means, if absence has a meaning.
    #[must_use]
    pub fn absence(self, pointer: &str) -> Option<&'static str> {
        if self == Operation::Search
            && let Some(member) = training_record(pointer)
        {
            // The record of a search is the description of the job, less what it never carries.
            let carried = !NOT_IN_SEARCH
                .iter()
                .any(|left_out| member.starts_with(left_out));
            return carried
                .then(|| Operation::DescribeTrainingJob.absence(member))
                .flatten();
        }
        self.row()
            .absent
            .iter()
            .find(|absence| pointer_matches(absence.pointer, pointer))
            .map(|absence| absence.means)
    }
}

/// The whole table as JSON, a row per call, for checks against the service models.
#[must_use]
pub fn as_json() -> serde_json::Value {
    Operation::ALL
        .iter()
        .map(|operation| serde_json::json!({ "operation": operation, "row": operation.row() }))
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
