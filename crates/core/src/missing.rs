//! What was not read, and so keeps a fact unknown.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::Operation;

/// Why a datum is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// The call was never made, or its answer is not in the snapshot.
    NotCollected,
    /// The call was refused.
    Denied,
    /// The call was throttled until the collector gave up.
    Throttled,
    /// The service says that what was asked for does not exist.
    NotFound,
    /// The call failed in another way.
    Failed,
    /// A listing stopped before its last page.
    Incomplete,
    /// The answer was received, but the member is not in it although the service always sends it, or it cannot be parsed.
    Malformed,
    /// The value is known only after the infrastructure code is applied.
    Unresolved,
    /// The answer was reached, but the question could not be decided from it.
    Undecided,
}

/// One missing datum: the call that would supply it, and why it did not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Missing {
    /// The call, if one call would supply the datum.
    pub operation: Option<Operation>,
    /// The request members that matter, as `Name=value`, comma-separated; empty when there are none.
    pub subject: String,
    /// Why.
    pub gap: Gap,
    /// The service's error code, the member's pointer, the unresolved expression, or the undecided question.
    pub detail: String,
}

/// A shared, usually one-element, set of missing data.
pub type MissingSet = Arc<[Missing]>;

impl Missing {
    /// The answer of `operation` for `subject` is not there.
    #[must_use]
    pub fn call(
        operation: Operation,
        subject: impl Into<String>,
        gap: Gap,
        detail: impl Into<String>,
    ) -> Self {
        Missing {
            operation: Some(operation),
            subject: subject.into(),
            gap,
            detail: detail.into(),
        }
    }

    /// A question that the known data does not decide.
    #[must_use]
    pub fn undecided(question: impl Into<String>) -> Self {
        Missing {
            operation: None,
            subject: String::new(),
            gap: Gap::Undecided,
            detail: question.into(),
        }
    }

    /// The IAM action that would have allowed the call.
    #[must_use]
    pub fn action(&self) -> Option<&'static str> {
        self.operation.map(|operation| operation.row().action)
    }
}

impl From<Missing> for MissingSet {
    fn from(missing: Missing) -> Self {
        Arc::from([missing])
    }
}

/// The union of two sets, sorted, without repeats.
#[must_use]
pub fn union(a: &MissingSet, b: &MissingSet) -> MissingSet {
    if Arc::ptr_eq(a, b) || a == b {
        return a.clone();
    }
    let mut all: Vec<Missing> = a.iter().chain(b.iter()).cloned().collect();
    all.sort();
    all.dedup();
    all.into()
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(operation) = self.operation else {
            return write!(f, "not decided: {}", self.detail);
        };
        write!(f, "{operation}")?;
        if !self.subject.is_empty() {
            write!(f, "({})", self.subject)?;
        }
        match self.gap {
            Gap::NotCollected => f.write_str(" was not collected"),
            Gap::Denied => write!(f, " was denied ({})", self.detail),
            Gap::Throttled => write!(f, " was throttled ({})", self.detail),
            Gap::NotFound => write!(
                f,
                ": the service says that it does not exist ({})",
                self.detail
            ),
            Gap::Failed => write!(f, " failed ({})", self.detail),
            Gap::Incomplete => f.write_str(" stopped before its last page"),
            Gap::Malformed => write!(f, " has no usable `{}`", self.detail),
            Gap::Unresolved => write!(f, " has `{}`, known only after apply", self.detail),
            Gap::Undecided => write!(f, ": not decided: {}", self.detail),
        }?;
        // Most calls are allowed by the action of their own name.
        let action = operation.row().action;
        let differs = action != operation.to_string();
        if differs && matches!(self.gap, Gap::NotCollected | Gap::Denied) {
            write!(f, "; it needs {action}")?;
        }
        Ok(())
    }
}
