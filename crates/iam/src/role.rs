//! A role as it was collected: its policies, its ceilings, and what could not be read.
//!
//! Callers build it; questions read it. A layer that is attached but was not collected is part of
//! the value, so that no answer can forget it. Deliberately absent: fetching, and defaults that
//! would turn "not collected" into "not there".

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::arn::RoleArn;
use crate::context::Context;
use crate::document::Document;
use crate::error::DocumentError;
use crate::statement::{Effect, Statement};

/// A role and everything that decides what its sessions may do.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its ARN; partition and account of every question come from it.
    pub arn: RoleArn,
    /// Inline and attached policies: a union.
    pub identity: Vec<AttachedPolicy>,
    /// The permissions boundary: a ceiling, never a grant.
    pub boundary: Boundary,
    /// Service control policies, one list per level, root first. Empty: not evaluated.
    pub scps: Vec<Vec<AttachedPolicy>>,
    /// Resource control policies, one list per level. Empty: not evaluated.
    pub rcps: Vec<Vec<AttachedPolicy>>,
    /// What is known of the role's requests.
    pub context: Context,
}

impl Role {
    /// A role without policies, boundary or organisation, whose context is what its ARN says.
    pub fn new(arn: RoleArn) -> Self {
        let context = Context::of_role(&arn, None);
        Self {
            arn,
            identity: Vec::new(),
            boundary: Boundary::None,
            scps: Vec::new(),
            rcps: Vec::new(),
            context,
        }
    }

    /// Every attached policy with the layer in which it stands.
    pub(crate) fn policies(&self) -> impl Iterator<Item = (Layer, &AttachedPolicy)> {
        let identity = self.identity.iter().map(|policy| (Layer::Identity, policy));
        let boundary = match &self.boundary {
            Boundary::Attached(policy) => Some((Layer::Boundary, policy)),
            Boundary::None | Boundary::NotRead { .. } => None,
        };
        identity
            .chain(boundary)
            .chain(levels(&self.scps, Layer::Scp))
            .chain(levels(&self.rcps, Layer::Rcp))
    }
}

fn levels(
    levels: &[Vec<AttachedPolicy>],
    layer: fn(usize) -> Layer,
) -> impl Iterator<Item = (Layer, &AttachedPolicy)> {
    levels
        .iter()
        .enumerate()
        .flat_map(move |(level, policies)| {
            policies.iter().map(move |policy| (layer(level), policy))
        })
}

/// The permissions boundary of a role.
#[derive(Debug, Clone)]
pub enum Boundary {
    /// The role has none.
    None,
    /// The role has this one; its document may still be unread.
    Attached(AttachedPolicy),
    /// Whether the role has one is not known.
    NotRead {
        /// Why, for example the call that was denied.
        why: String,
    },
}

/// A policy attached to a role.
#[derive(Debug, Clone)]
pub struct AttachedPolicy {
    /// The policy's name.
    pub name: Arc<str>,
    /// The ARN of a managed policy.
    pub arn: Option<Arc<str>>,
    /// The version that was read, such as `v3`.
    pub version: Option<Arc<str>>,
    /// Where the policy lives.
    pub kind: PolicyKind,
    /// Its document, or why there is none.
    pub document: PolicyDocument,
}

impl AttachedPolicy {
    /// An inline policy.
    pub fn inline(name: &str, document: impl Into<PolicyDocument>) -> Self {
        Self {
            name: name.into(),
            arn: None,
            version: None,
            kind: PolicyKind::Inline,
            document: document.into(),
        }
    }

    /// A managed policy. AWS owns those whose ARN has the account `aws`.
    pub fn managed(arn: &str, version: Option<&str>, document: impl Into<PolicyDocument>) -> Self {
        let kind = if arn.contains(":iam::aws:policy/") {
            PolicyKind::AwsManaged
        } else {
            PolicyKind::CustomerManaged
        };
        Self {
            name: arn.rsplit('/').next().unwrap_or(arn).into(),
            arn: Some(arn.into()),
            version: version.map(Into::into),
            kind,
            document: document.into(),
        }
    }
}

/// Where a policy lives, and so who can change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Embedded in the role.
    Inline,
    /// A managed policy of the account.
    CustomerManaged,
    /// A managed policy of AWS.
    AwsManaged,
}

/// A policy's document, or why there is none.
#[derive(Debug, Clone)]
pub enum PolicyDocument {
    /// Read and parsed.
    Parsed(Document),
    /// Attached, but its document was not collected.
    NotRead {
        /// Why, for example the call that was denied.
        why: String,
    },
    /// Collected, but not a policy document.
    Malformed {
        /// What is wrong with it.
        error: DocumentError,
    },
}

impl From<Document> for PolicyDocument {
    fn from(document: Document) -> Self {
        Self::Parsed(document)
    }
}

impl From<Result<Document, DocumentError>> for PolicyDocument {
    fn from(result: Result<Document, DocumentError>) -> Self {
        match result {
            Ok(document) => Self::Parsed(document),
            Err(error) => Self::Malformed { error },
        }
    }
}

/// A set of policies that must all allow for a request to be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The role's own policies.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Service control policies of a level; 0 is the root.
    Scp(usize),
    /// Resource control policies of a level; 0 is the root.
    Rcp(usize),
    /// A policy on the resource: a bucket policy, a trust policy.
    Resource,
}

impl std::fmt::Display for Layer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Identity => formatter.write_str("identity"),
            Self::Boundary => formatter.write_str("boundary"),
            Self::Scp(level) => write!(formatter, "scp[{level}]"),
            Self::Rcp(level) => write!(formatter, "rcp[{level}]"),
            Self::Resource => formatter.write_str("resource"),
        }
    }
}

impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A policy that the answer would need and that is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingPolicy {
    /// The layer it belongs to.
    pub layer: Layer,
    /// Its name.
    pub policy: Arc<str>,
    /// The ARN of a managed policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arn: Option<Arc<str>>,
    /// Why it is missing, or what is wrong with it.
    pub why: String,
}

/// A pointer to a statement that took part in an answer, with enough to quote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementRef {
    /// The layer the policy stands in.
    pub layer: Layer,
    /// The policy's name.
    pub policy: Arc<str>,
    /// The ARN of a managed policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<Arc<str>>,
    /// The version of a managed policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Arc<str>>,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// Position of the statement in the document, from 0.
    pub index: usize,
    /// `Sid`, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `Statement[2]`, or `Statement[2].Resource[0]` when one entry decided.
    pub path: String,
    /// Byte offset of the statement or entry in the document's text.
    pub offset: usize,
    /// The statement as written.
    pub json: String,
}

impl StatementRef {
    /// A pointer into a document that stands on its own, such as a bucket policy.
    pub fn in_document(policy: &str, document: &Document, statement: &Statement) -> Self {
        let policy = AttachedPolicy::inline(policy, document.clone());
        Self::new(Layer::Resource, &policy, document, statement, None)
    }

    /// A pointer into one of a role's own policies.
    pub fn in_policy(policy: &AttachedPolicy, document: &Document, statement: &Statement) -> Self {
        Self::new(Layer::Identity, policy, document, statement, None)
    }

    pub(crate) fn new(
        layer: Layer,
        policy: &AttachedPolicy,
        document: &Document,
        statement: &Statement,
        entry: Option<usize>,
    ) -> Self {
        let mut path = format!("Statement[{}]", statement.index);
        let mut offset = statement.span.start;
        if let Some(index) = entry
            && let Some(element) = &statement.resource
            && let Some(pattern) = element.entries.get(index)
        {
            let name = if element.negated {
                "NotResource"
            } else {
                "Resource"
            };
            path = format!("{path}.{name}[{index}]");
            offset = pattern.offset;
        }
        Self {
            layer,
            policy: policy.name.clone(),
            policy_arn: policy.arn.clone(),
            version: policy.version.clone(),
            effect: statement.effect,
            index: statement.index,
            sid: statement.sid.clone(),
            path,
            offset,
            json: document.statement_json(statement).to_owned(),
        }
    }
}
