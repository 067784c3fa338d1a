//! Where a role can go: the roles it can assume, and the roles it can pass to a service.
//!
//! A role and the trust policies of an account's roles enter; the edges leave, each with both
//! sides of the reason. Rules: STS API Reference, `AssumeRole` (in one account a trust policy
//! that names the caller suffices; otherwise both sides must allow); IAM User Guide, "Grant a
//! user permissions to pass a role to an AWS service". Deliberately absent: paths of more than
//! one step; callers walk the edges.

use serde::Serialize;

use crate::arn::RoleArn;
use crate::context::Context;
use crate::document::Document;
use crate::gather::gather;
use crate::glob::glob_matches;
use crate::point::{Grant, Point, grant};
use crate::role::{Layer, Role};
use crate::scope::{PassedTo, Reach, Scope};
use crate::trust::{ASSUME_ROLE, Trust, TrustPrincipal, trust_allows, trusted_services};
use crate::universal::Question;
use crate::universe::Universe;

/// A role that may be assumed or passed, with its trust policy.
#[derive(Debug, Clone)]
pub struct TrustedRole<'g> {
    /// The role's ARN.
    pub arn: &'g RoleArn,
    /// Its trust policy; `None` if it was not read.
    pub trust: Option<&'g Document>,
}

/// Where a role can go by `sts:AssumeRole`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assumable {
    /// Roles that the role's policies and their own trust let it become.
    pub targets: Vec<AssumeEdge>,
    /// Roles whose trust names this role directly although its own policies do not allow it; in
    /// one account that suffices.
    pub trust_only: Vec<AssumeEdge>,
    /// Roles that the role's policies reach and whose trust was not read.
    pub trust_unknown: Vec<RoleArn>,
    /// Entries of the role's policies that reach into other accounts, whose trust nobody here
    /// knows.
    pub elsewhere: Vec<Reach>,
}

/// One role that can be assumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssumeEdge {
    /// The role that is assumed.
    pub target: RoleArn,
    /// Whether both sides surely agree.
    pub grant: Grant,
    /// The side of the role's own policies.
    pub identity: Point,
    /// The side of the target's trust policy.
    pub trust: Trust,
}

/// One role that can be passed to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassEdge {
    /// The role that is passed.
    pub target: RoleArn,
    /// The services that both the passing role and the target's trust admit.
    pub services: Vec<PassedService>,
    /// The target's trust policy was not read, so every service it may trust is open.
    pub trust_unknown: bool,
}

/// A service to which a role can be passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PassedService {
    /// The service principal.
    pub service: String,
    /// Whether both sides surely agree.
    pub grant: Grant,
}

impl Role {
    /// The roles among `roles` that this role can become.
    pub fn assumable(&self, roles: &[TrustedRole<'_>]) -> Assumable {
        let question = Question::new(ASSUME_ROLE, Universe::any_roles(&self.arn));
        let gathered = gather(self, ASSUME_ROLE, &self.context);
        let mut found = Assumable {
            targets: Vec::new(),
            trust_only: Vec::new(),
            trust_unknown: Vec::new(),
            elsewhere: self.elsewhere(&question),
        };
        for other in roles.iter().filter(|other| *other.arn != self.arn) {
            let own_side = grant(&gathered, other.arn.as_str());
            let Some(document) = other.trust else {
                if own_side != Grant::Deny {
                    found.trust_unknown.push(other.arn.clone());
                }
                continue;
            };
            let trust = trust_allows(document, &TrustPrincipal::from(self));
            let both = own_side.min(trust.answer());
            let same_account = other.arn.account() == self.arn.account();
            let by_name = if same_account {
                trust.names_directly.min(self.not_forbidden(other.arn))
            } else {
                Grant::Deny
            };
            if both == Grant::Deny && by_name == Grant::Deny {
                continue;
            }
            let edge = AssumeEdge {
                target: other.arn.clone(),
                grant: both.max(by_name),
                identity: self.point(ASSUME_ROLE, other.arn.as_str()),
                trust,
            };
            if both == Grant::Deny {
                found.trust_only.push(edge);
            } else {
                found.targets.push(edge);
            }
        }
        found
    }

    /// What the role's ceilings and Denies leave of a grant that a trust policy makes by itself.
    fn not_forbidden(&self, target: &RoleArn) -> Grant {
        let mut gathered = gather(self, ASSUME_ROLE, &self.context);
        gathered
            .layers
            .retain(|layer| layer.layer != Layer::Identity);
        grant(&gathered, target.as_str())
    }

    fn elsewhere(&self, question: &Question) -> Vec<Reach> {
        let Scope::Scoped { reach, .. } = self.scope(question) else {
            return Vec::new();
        };
        let own = format!(
            "arn:{}:iam::{}:role/",
            self.arn.partition(),
            self.arn.account()
        );
        reach
            .into_iter()
            .filter(|entry| !entry.pattern.starts_with(&own))
            .collect()
    }

    /// The roles among `roles` that this role can pass, each with the services that may take it.
    pub fn passable(&self, roles: &[TrustedRole<'_>]) -> Vec<PassEdge> {
        let universe = Universe::own_roles(&self.arn);
        let context = self.context_for(&universe);
        let open = gather(self, PASS_ROLE, &context);
        let mut by_service: Vec<(String, crate::gather::Gathered<'_>)> = Vec::new();
        let mut edges = Vec::new();
        for other in roles {
            if other.arn.account() != self.arn.account()
                || grant(&open, other.arn.as_str()) == Grant::Deny
            {
                continue;
            }
            let Some(document) = other.trust else {
                edges.push(PassEdge {
                    target: other.arn.clone(),
                    services: Vec::new(),
                    trust_unknown: true,
                });
                continue;
            };
            let mut services = Vec::new();
            for service in trusted_services(document) {
                let known = by_service.iter().position(|(name, _)| *name == service);
                let index = known.unwrap_or_else(|| {
                    let context = context
                        .clone()
                        .with("iam:PassedToService", [service.as_str()]);
                    by_service.push((service.clone(), gather(self, PASS_ROLE, &context)));
                    by_service.len() - 1
                });
                let Some((_, gathered)) = by_service.get(index) else {
                    continue;
                };
                let nothing = Context::unknown();
                let principal = TrustPrincipal::Service {
                    name: &service,
                    context: &nothing,
                };
                let both = grant(gathered, other.arn.as_str())
                    .min(trust_allows(document, &principal).names_directly);
                if both != Grant::Deny {
                    services.push(PassedService {
                        service,
                        grant: both,
                    });
                }
            }
            if !services.is_empty() {
                edges.push(PassEdge {
                    target: other.arn.clone(),
                    services,
                    trust_unknown: false,
                });
            }
        }
        edges
    }
}

/// The action by which a role is passed to a service.
const PASS_ROLE: &str = "iam:PassRole";

impl PassedTo {
    /// Whether `service` (a service principal) is among them.
    pub fn admits(&self, service: &str) -> bool {
        match self {
            Self::AnyService => true,
            Self::Services(values) => values.iter().any(|value| glob_matches(value, service)),
        }
    }
}
