//! What one role can do, what it can become, and who can become it.
//!
//! Enters: the context of a run and a role's ARN. Leaves: a [`Dossier`]: a table of questions with
//! exact answers, a witness each and the statements that decide; the roles it can assume or pass;
//! whom it lets in; the shortest way up. Where a policy was not read, an answer says so and names
//! the call. Deliberately absent: judgement, which is the controls', and what resource policies,
//! service control policies or session policies add or take away.

mod ask;
mod questions;
mod reach;
mod trust;

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::{AttachedPolicy, Boundary, PolicyDocument, PolicyKind};

use crate::facts::{Context, Fact};
use crate::missing::{Missing, MissingSet};
use crate::time::Time;
use crate::tunables::nearest;

pub use ask::{Asked, Asking, ask};
pub use questions::{Answer, Climb, Share};
pub use reach::{Ascent, Hop, Neighbour};
pub use trust::{Admitted, TrustEntry};

/// Everything about one role.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Dossier {
    /// Its ARN.
    pub arn: String,
    /// `present`, `deleted`, or `foreign_account`; absent when it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<String>,
    /// Its environment, from its tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When it last made a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Time>,
    /// The policies that it holds, and its boundary.
    pub policies: Vec<Held>,
    /// Whether it is administrator, or can make itself one.
    pub admin: Climb,
    /// What it can do.
    pub questions: Vec<Answer>,
    /// The roles that it can become or pass.
    pub becomes: Vec<Neighbour>,
    /// The shortest way over other roles to one that is, or can make itself, administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ascent: Option<Ascent>,
    /// Whom its trust policy lets in.
    pub trusts: Vec<TrustEntry>,
    /// The roles of the snapshot that can become it, or pass it to a service that it trusts.
    pub admits: Vec<Admitted>,
    /// What was not read, in one line each.
    pub missing: Vec<String>,
}

/// A policy of the role.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Held {
    /// Its name, or its ARN.
    pub policy: String,
    /// `inline`, `customer_managed`, `aws_managed` or `boundary`.
    pub kind: String,
    /// The version that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// How many statements it has; absent when it was not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<usize>,
}

/// Why a role cannot be spoken of.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// No role of the snapshot is called so.
    #[error("the input holds no role `{name}`{hint}")]
    Unknown {
        /// As given.
        name: String,
        /// What may have been meant.
        hint: String,
    },
    /// Several roles are called so.
    #[error("`{name}` is the name of several roles; give one of the ARNs {arns}")]
    Ambiguous {
        /// As given.
        name: String,
        /// The ARNs.
        arns: String,
    },
    /// It exists, or may, but what it holds was not read.
    #[error("what `{arn}` holds was not read: {missing}")]
    NotRead {
        /// The role.
        arn: String,
        /// The missing calls.
        missing: String,
    },
}

/// The ARN of the role that `name` means: an ARN, or the name of one role of the snapshot.
///
/// # Errors
/// When no role, or more than one, is called so. An ARN is taken as it is.
pub fn find(context: &Context<'_>, name: &str) -> Result<String, RoleError> {
    let accounts = context.roles.accounts();
    let all: Vec<&str> = accounts
        .iter()
        .flat_map(|account| context.roles.listed(account).0)
        .collect();
    if name.starts_with("arn:") {
        let account = crate::arn::Arn::parse(name).map_or("", |arn| arn.account);
        let could_be = context.roles.role(name, account).presence.value() != Some(&"deleted");
        if all.contains(&name) || could_be {
            return Ok(name.to_owned());
        }
    }
    let named: Vec<&str> = all
        .iter()
        .copied()
        .filter(|arn| last(arn) == name)
        .collect();
    match named.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => {
            let near = nearest(name, all.iter().flat_map(|arn| [*arn, last(arn)]));
            Err(RoleError::Unknown {
                name: name.to_owned(),
                hint: near.map_or_else(String::new, |near| format!("; did you mean `{near}`?")),
            })
        }
        several => Err(RoleError::Ambiguous {
            name: name.to_owned(),
            arns: several.join(", "),
        }),
    }
}

/// What can be told of the role `arn`.
///
/// # Errors
/// When nothing of its policies was read.
pub fn dossier(context: &Context<'_>, arn: &str) -> Result<Dossier, RoleError> {
    let account = account_of(arn);
    let record = context.roles.role(arn, account);
    let policies = context
        .roles
        .policies(arn, account)
        .map_err(|missing| not_read(arn, &missing))?;
    let mut gaps = Gaps::default();
    gaps.add(policies.gaps().as_ref());
    let environment = gaps.known(&record.environment).flatten();
    let last_used = gaps.known(&record.last_used).flatten();
    let trusts = match context.roles.trust(arn) {
        Ok(document) => trust::entries(&document),
        Err(missing) => {
            gaps.add(Some(&missing));
            Vec::new()
        }
    };
    let becomes = reach::neighbours(&record, &mut gaps);
    Ok(Dossier {
        arn: arn.to_owned(),
        presence: record.presence.value().map(|word| (*word).to_owned()),
        environment,
        last_used,
        policies: held(&policies.role.identity, &policies.role.boundary),
        admin: questions::climb(&policies),
        questions: questions::answers(context, &policies),
        ascent: reach::ascent(context, arn),
        becomes,
        trusts,
        admits: trust::admitted(context, arn, &mut gaps),
        missing: gaps.lines(),
    })
}

fn not_read(arn: &str, missing: &MissingSet) -> RoleError {
    RoleError::NotRead {
        arn: arn.to_owned(),
        missing: lines(missing).join("; "),
    }
}

fn held(identity: &[AttachedPolicy], boundary: &Boundary) -> Vec<Held> {
    let held = |policy: &AttachedPolicy, kind: &str| Held {
        policy: policy.arn.as_ref().unwrap_or(&policy.name).to_string(),
        kind: kind.to_owned(),
        version: policy.version.as_deref().map(str::to_owned),
        statements: match &policy.document {
            PolicyDocument::Parsed(document) => Some(document.statements().len()),
            PolicyDocument::NotRead { .. } | PolicyDocument::Malformed { .. } => None,
        },
    };
    let mut all: Vec<Held> = identity
        .iter()
        .map(|policy| {
            held(
                policy,
                match policy.kind {
                    PolicyKind::Inline => "inline",
                    PolicyKind::CustomerManaged => "customer_managed",
                    PolicyKind::AwsManaged => "aws_managed",
                },
            )
        })
        .collect();
    if let Boundary::Attached(policy) = boundary {
        all.push(held(policy, "boundary"));
    }
    all
}

/// What was not read, gathered on the way.
#[derive(Default)]
struct Gaps(Vec<Missing>);

impl Gaps {
    fn add(&mut self, missing: Option<&MissingSet>) {
        self.0
            .extend(missing.into_iter().flat_map(|set| set.iter().cloned()));
    }

    fn known<T: Clone>(&mut self, fact: &Fact<'_, T>) -> Option<T> {
        self.add(fact.missing());
        fact.value().cloned()
    }

    fn lines(mut self) -> Vec<String> {
        self.0.sort();
        self.0.dedup();
        self.0.iter().map(Missing::to_string).collect()
    }
}

fn lines(missing: &MissingSet) -> Vec<String> {
    missing.iter().map(Missing::to_string).collect()
}

/// The account that an ARN names.
fn account_of(arn: &str) -> &str {
    crate::arn::Arn::parse(arn).map_or("", |arn| arn.account)
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
