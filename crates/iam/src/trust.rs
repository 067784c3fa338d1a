//! Whom a trust policy lets in.
//!
//! A trust policy and a principal (a role, or a service) enter; whether it is named directly,
//! let in through its account or `*`, or not, leaves, with the conditions to meet. Rules: IAM
//! User Guide, "AWS JSON policy elements: Principal" and "Role trust policies". Deliberately
//! absent: what the principal's own policies add; see `graph`.

use serde::Serialize;

use crate::arn::RoleArn;
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Document;
use crate::evaluate::{Holds, condition_holds, open_keys};
use crate::point::Grant;
use crate::role::{Role, StatementRef};
use crate::statement::{Effect, PrincipalElement, PrincipalKind, Statement};

/// Who wants to assume a role.
#[derive(Debug, Clone)]
pub enum TrustPrincipal<'p> {
    /// A role, with what is known of its requests.
    Role {
        /// The role's ARN.
        arn: &'p RoleArn,
        /// Known context keys of its requests.
        context: &'p Context,
    },
    /// A service principal such as `sagemaker.amazonaws.com`.
    Service {
        /// Its name.
        name: &'p str,
        /// Known context keys of its requests.
        context: &'p Context,
    },
}

impl<'p> From<&'p Role> for TrustPrincipal<'p> {
    fn from(role: &'p Role) -> Self {
        Self::Role {
            arn: &role.arn,
            context: &role.context,
        }
    }
}

/// What a trust policy says of a principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trust {
    /// The policy names the principal itself: its ARN, or the service. In one account that alone
    /// suffices.
    pub names_directly: Grant,
    /// The policy trusts the principal's account, or everybody: the principal's own policies must
    /// allow the call too.
    pub delegates: Grant,
    /// The conditions on the statements that let the principal in, met or open, such as
    /// `sts:ExternalId`, `aws:SourceAccount` or `aws:PrincipalOrgID`.
    pub conditions: Vec<TrustCondition>,
    /// The keys that keep a conditional answer open.
    pub open_conditions: Vec<String>,
    /// The statements that let the principal in, and the Denies that keep it out.
    pub decided_by: Vec<StatementRef>,
}

/// A condition of a trust policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrustCondition {
    /// The operator as written.
    pub operator: String,
    /// The context key as written.
    pub key: String,
    /// The values.
    pub values: Vec<String>,
}

impl Trust {
    /// The better of the two ways in.
    pub fn answer(&self) -> Grant {
        self.names_directly.max(self.delegates)
    }
}

/// The action by which a role is assumed.
pub(crate) const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Whether `trust`, the trust policy of some role, lets `principal` assume that role.
pub fn trust_allows(trust: &Document, principal: &TrustPrincipal<'_>) -> Trust {
    let context = match principal {
        TrustPrincipal::Role { context, .. } | TrustPrincipal::Service { context, .. } => context,
    };
    let mut answer = Trust {
        names_directly: Grant::Deny,
        delegates: Grant::Deny,
        conditions: Vec::new(),
        open_conditions: Vec::new(),
        decided_by: Vec::new(),
    };
    let mut denied = Grant::Deny;
    let mut ceiling = Grant::Allow;
    for statement in trust.statements_for(ASSUME_ROLE) {
        let Some(way) = covers_principal(statement, principal) else {
            continue;
        };
        let grant = match condition_holds(&statement.condition, context) {
            Holds::Always if way == Way::Session => Grant::Conditional,
            Holds::Always => Grant::Allow,
            Holds::Open => Grant::Conditional,
            Holds::Never => continue,
        };
        let reference = StatementRef::in_document("trust policy", trust, statement);
        answer.decided_by.push(reference);
        answer.note_open_keys(&statement.condition, context);
        match statement.effect {
            Effect::Deny => {
                denied = denied.max(grant);
                ceiling = ceiling.min(match grant {
                    Grant::Allow => Grant::Deny,
                    _ => Grant::Conditional,
                });
            }
            Effect::Allow => {
                answer.note_conditions(&statement.condition);
                let slot = match way {
                    Way::Direct | Way::Session => &mut answer.names_directly,
                    Way::Account | Way::Anyone => &mut answer.delegates,
                };
                *slot = grant.max(*slot);
            }
        }
    }
    answer.names_directly = answer.names_directly.min(ceiling);
    answer.delegates = answer.delegates.min(ceiling);
    answer
}

impl Trust {
    fn note_conditions(&mut self, condition: &Condition) {
        for entry in &condition.entries {
            let noted = TrustCondition {
                operator: entry.operator.name.clone(),
                key: entry.key.clone(),
                values: entry.values.clone(),
            };
            if !self.conditions.contains(&noted) {
                self.conditions.push(noted);
            }
        }
    }

    fn note_open_keys(&mut self, condition: &Condition, context: &Context) {
        for key in open_keys(condition, context) {
            if !self.open_conditions.iter().any(|known| known == key) {
                self.open_conditions.push(key.to_owned());
            }
        }
    }
}

/// How a principal element covers a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Anyone,
    Account,
    /// One session of the role.
    Session,
    Direct,
}

fn covers_principal(statement: &Statement, principal: &TrustPrincipal<'_>) -> Option<Way> {
    let element = statement.principal.as_ref()?;
    match principal {
        TrustPrincipal::Role { arn, .. } => covers_role(element, arn),
        TrustPrincipal::Service { name, .. } => covers_service(element, name),
    }
}

/// How `element` covers a role; for `NotPrincipal`, everybody who is not listed in any way.
pub(crate) fn covers_role(element: &PrincipalElement, arn: &RoleArn) -> Option<Way> {
    let way = element
        .entries
        .iter()
        .filter_map(|entry| match entry.kind {
            PrincipalKind::Anyone => Some(Way::Anyone),
            PrincipalKind::Aws => names_role(&entry.value, arn),
            _ => None,
        })
        .max();
    if element.negated {
        return way.is_none().then_some(Way::Anyone);
    }
    way
}

fn names_role(value: &str, arn: &RoleArn) -> Option<Way> {
    if value == "*" {
        return Some(Way::Anyone);
    }
    if value == arn.as_str() {
        return Some(Way::Direct);
    }
    let root = format!("arn:{}:iam::{}:root", arn.partition(), arn.account());
    if value == arn.account() || value == root {
        return Some(Way::Account);
    }
    let session = format!(
        "arn:{}:sts::{}:assumed-role/{}/",
        arn.partition(),
        arn.account(),
        arn.name()
    );
    value.starts_with(&session).then_some(Way::Session)
}

fn covers_service(element: &PrincipalElement, name: &str) -> Option<Way> {
    let listed = element.entries.iter().any(|entry| match entry.kind {
        PrincipalKind::Service => entry.value.eq_ignore_ascii_case(name),
        _ => false,
    });
    if element.negated {
        return (!listed).then_some(Way::Anyone);
    }
    listed.then_some(Way::Direct)
}

/// The service principals that a trust policy names in its Allows, sorted.
pub fn trusted_services(trust: &Document) -> Vec<String> {
    let mut services: Vec<String> = trust
        .statements_for(ASSUME_ROLE)
        .into_iter()
        .filter(|statement| statement.effect == Effect::Allow)
        .filter_map(|statement| statement.principal.as_ref())
        .filter(|element| !element.negated)
        .flat_map(|element| &element.entries)
        .filter(|entry| entry.kind == PrincipalKind::Service)
        .map(|entry| entry.value.to_ascii_lowercase())
        .collect();
    services.sort_unstable();
    services.dedup();
    services
}
