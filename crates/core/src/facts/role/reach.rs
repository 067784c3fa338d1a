//! The roles that a role can become, and those that it can pass.
//!
//! Enters: a role's policies, and the trust policies of the roles of its account and of those
//! other accounts' roles that its policies name. Leaves: lists of [`Reached`], each with what the
//! other role may do. Deliberately absent: paths of more than one step.

use std::sync::Arc;

use sagewarden_iam::{
    Assumable, AssumeEdge, Grant as Granted, PassEdge, Question, Reach, RoleArn, Scope,
    TrustedRole, Universe, glob_matches,
};

use crate::arn::Arn;
use crate::facts::fact::{Fact, Origin};
use crate::missing::MissingSet;

use super::assembly::{AccountRoles, Trusting};
use super::grant::origin;
use super::policies::Policies;
use super::{Reached, Roles, not_read};

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// Where a role can go.
pub(super) struct Reaches {
    pub(super) granted_arns: Fact<'static, Vec<String>>,
    pub(super) granted_targets: Fact<'static, Vec<String>>,
    pub(super) assumable_targets: Fact<'static, Vec<Reached<'static>>>,
    pub(super) trust_only: Fact<'static, Vec<Reached<'static>>>,
    pub(super) passable_roles: Fact<'static, Vec<Reached<'static>>>,
}

impl Roles<'_> {
    pub(super) fn reaches(
        &self,
        known: &AccountRoles,
        policies: &Policies,
        call: &Origin<'static>,
    ) -> Reaches {
        let role = &policies.role;
        let gap = policies.gaps().or_else(|| known.gap.clone());
        let scope = role.scope(&Question::new(ASSUME_ROLE, Universe::any_roles(&role.arn)));
        let granted = Targets::of(policies, &scope, known);
        let list = |gap: &Option<MissingSet>, values: Vec<Reached<'static>>| match gap {
            Some(missing) => Fact::unknown(Arc::clone(missing)),
            None => Fact::known(values, call.clone()),
        };
        let assumable = self.assumable(known, policies, &scope, &granted.elsewhere);
        let passable = role.passable(&trusted(known.open_to_services()));
        Reaches {
            granted_arns: match &policies.boundary_missing {
                Some(missing) => Fact::unknown(Arc::clone(missing)),
                None => Fact::known(granted.literal.clone(), call.clone()),
            },
            granted_targets: match (policies.gaps(), &known.gap) {
                (Some(missing), _) => Fact::unknown(missing),
                (None, Some(missing)) if granted.by_pattern => Fact::unknown(Arc::clone(missing)),
                _ => Fact::known(granted.all(), call.clone()),
            },
            assumable_targets: list(&gap, self.targets(&assumable)),
            trust_only: list(&gap, self.edges(&assumable.trust_only)),
            passable_roles: list(
                &gap,
                passable.iter().map(|edge| self.passed(edge)).collect(),
            ),
        }
    }

    /// Among the roles of this account, and those of other accounts that may let this one in or that
    /// an entry names.
    fn assumable(
        &self,
        known: &AccountRoles,
        policies: &Policies,
        scope: &Scope,
        elsewhere: &[String],
    ) -> Assumable {
        let own = policies.role.arn.account();
        let mut candidates = trusted(known.open_to_roles());
        // Into another account both sides must agree.
        let leaves = !matches!(scope, Scope::NotGranted | Scope::Cancelled { .. });
        for account in self.accounts().into_iter().filter(|_| leaves) {
            if account != own
                && let Some(other) = self.account(account)
            {
                let reached = other.open_to_roles().filter(|role| match &role.trust {
                    Some(_) => role.may_admit_account(own),
                    None => elsewhere
                        .iter()
                        .any(|pattern| glob_matches(pattern, role.arn.as_str())),
                });
                candidates.extend(trusted(reached));
            }
        }
        policies.role.assumable(&candidates)
    }

    /// Targets by both sides, then those whose trust nobody knows.
    fn targets(&self, assumable: &Assumable) -> Vec<Reached<'static>> {
        let mut targets = self.edges(&assumable.targets);
        targets.extend(
            assumable
                .trust_unknown
                .iter()
                .map(|arn| self.unseen(arn.as_str())),
        );
        for entry in &assumable.elsewhere {
            let is_known = targets
                .iter()
                .any(|target| glob_matches(&entry.pattern, &target.arn));
            if is_literal(entry) && !is_known && self.account_of_text(&entry.pattern).is_none() {
                targets.push(self.unseen(&entry.pattern));
            }
        }
        targets
    }

    fn account_of_text(&self, arn: &str) -> Option<&AccountRoles> {
        self.account(Arn::parse(arn)?.account)
    }

    fn edges(&self, edges: &[AssumeEdge]) -> Vec<Reached<'static>> {
        edges
            .iter()
            .map(|edge| {
                let word = match edge.trust.names_directly {
                    Granted::Deny => "trusts_account",
                    Granted::Conditional | Granted::Allow => "names_role",
                };
                let origins = edge.trust.decided_by.iter().map(origin);
                let trust = Fact::known(word, origins.collect::<crate::facts::Origins<'static>>());
                let mut keys: Vec<String> = edge
                    .trust
                    .conditions
                    .iter()
                    .map(|condition| condition.key.clone())
                    .collect();
                keys.dedup();
                self.reached(edge.target.as_str(), trust, keys, Vec::new())
            })
            .collect()
    }

    fn passed(&self, edge: &PassEdge) -> Reached<'static> {
        let services = edge
            .services
            .iter()
            .map(|passed| passed.service.clone())
            .collect();
        let word = if edge.trust_unknown {
            "trust_unknown"
        } else {
            "trusts_service"
        };
        self.reached(
            edge.target.as_str(),
            Fact::given(word),
            Vec::new(),
            services,
        )
    }

    fn unseen(&self, arn: &str) -> Reached<'static> {
        self.reached(arn, Fact::given("trust_unknown"), Vec::new(), Vec::new())
    }

    fn reached(
        &self,
        arn: &str,
        trust: Fact<'static, &'static str>,
        conditions: Vec<String>,
        services: Vec<String>,
    ) -> Reached<'static> {
        let account = Arn::parse(arn).map_or("", |arn| arn.account);
        let (environment, power) = match self.account(account) {
            Some(_) => {
                let own = self.powers(arn, account);
                (own.environment.clone(), own.power.clone())
            }
            None => {
                let missing = not_read(account);
                (Fact::unknown(Arc::clone(&missing)), Fact::unknown(missing))
            }
        };
        Reached {
            arn: arn.to_owned(),
            environment,
            power,
            trust,
            conditions: Fact::given(conditions),
            services: Fact::given(services),
        }
    }
}

/// What the policies grant `sts:AssumeRole` on.
#[derive(Default)]
struct Targets {
    /// Entries without wildcard.
    literal: Vec<String>,
    /// Roles of the account that an entry with a wildcard matches.
    matched: Vec<String>,
    /// Entries that reach into other accounts, as written.
    elsewhere: Vec<String>,
    /// Whether an entry holds a wildcard, so that the account's list of roles matters.
    by_pattern: bool,
}

impl Targets {
    fn of(policies: &Policies, scope: &Scope, known: &AccountRoles) -> Targets {
        let mut targets = Targets::default();
        let reach = match scope {
            Scope::Scoped { reach, .. } => reach,
            Scope::Undecided {
                so_far: Some(so_far),
                ..
            } => match so_far.as_ref() {
                Scope::Scoped { reach, .. } => reach,
                _ => return targets,
            },
            _ => return targets,
        };
        let own = policies.role.arn.account();
        let (literal, patterns): (Vec<&Reach>, Vec<&Reach>) =
            reach.iter().partition(|entry| is_literal(entry));
        targets.literal = granted(policies, literal.iter().map(|entry| entry.pattern.as_str()));
        targets.by_pattern = !patterns.is_empty();
        let candidates = known.roles.keys().map(String::as_str).filter(|arn| {
            patterns.iter().any(|entry| {
                glob_matches(&entry.pattern, arn)
                    && !entry.except.iter().any(|except| glob_matches(except, arn))
            })
        });
        targets.matched = granted(policies, candidates);
        targets.elsewhere = reach
            .iter()
            .map(|entry| entry.pattern.clone())
            .filter(|pattern| Arn::parse(pattern).is_some_and(|arn| arn.account != own))
            .collect();
        targets
    }

    fn all(&self) -> Vec<String> {
        let mut all: Vec<String> = self
            .literal
            .iter()
            .chain(&self.matched)
            .chain(&self.elsewhere)
            .cloned()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Those of `roles` that Denies and the boundary leave.
fn granted<'a>(policies: &Policies, roles: impl Iterator<Item = &'a str>) -> Vec<String> {
    let roles: Vec<&str> = roles.collect();
    let answers = policies.role.reachable(ASSUME_ROLE, roles.iter().copied());
    roles
        .into_iter()
        .zip(answers)
        .filter(|(_, answer)| *answer != Granted::Deny)
        .map(|(role, _)| role.to_owned())
        .collect()
}

fn is_literal(entry: &Reach) -> bool {
    !entry.wildcard && entry.variables.is_empty() && RoleArn::parse(&entry.pattern).is_ok()
}

fn trusted<'g>(roles: impl Iterator<Item = &'g Trusting>) -> Vec<TrustedRole<'g>> {
    roles
        .map(|role| TrustedRole {
            arn: &role.arn,
            trust: role.trust.as_ref(),
        })
        .collect()
}
