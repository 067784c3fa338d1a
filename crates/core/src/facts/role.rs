//! What a role may do, reasoned about once however many assets use it.
//!
//! Enters: what IAM says of the roles and policies of each account, the buckets of the account,
//! the tunables. Leaves: one [`Role`] record per role ARN, fully owned, shared by every asset that
//! names the role. Deliberately absent: resource policies of other services, service control
//! policies and session policies, which are not among the observations; a role that passes here
//! may be limited further, and a bucket's policy may grant what the role's own policies do not.

mod assembly;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::arn::Arn;
use crate::estate::Estate;
use crate::facts::fact::{Fact, Origin};
use crate::missing::{self, Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::time::Time;
use crate::tunables::Tunables;

use assembly::{AccountRoles, Described, Presence};

crate::facts! {
    /// What the policies of a role grant for one action, over every resource of its kind.
    pub struct Grant<'e> {
        /// How far the action reaches: `none` | `scoped` | `cancelled` (a Deny takes away everything) | `pattern_covers_account` (patterns match nearly every bucket) | `unscoped` | `unscoped_conditional` (only when conditions hold that do not limit the resource) | `unscoped_except` (but for what a Deny takes away).
        pub scope: Fact<'e, &'static str>,
        /// Whether the scope is `pattern_covers_account` or one of the `unscoped` words.
        pub open: Fact<'e, bool>,
        /// The statements that decide, in one line: policy, version, Sid or index, action and resource entries; "no statement" when none allows the action.
        pub decided_by: Fact<'e, String>,
        /// The Resource entries that are granted, as written.
        pub resources: Fact<'e, Vec<String>>,
        /// Those of `resources` that hold a wildcard.
        pub patterns: Fact<'e, Vec<String>>,
        /// The account's buckets (or roles) that `resources` match, when the grant is scoped.
        pub matched: Fact<'e, Vec<String>>,
        /// Condition keys that are left open.
        pub conditions: Fact<'e, Vec<String>>,
        /// Denies that take part of the grant away without scoping it, in one line each.
        pub mitigations: Fact<'e, Vec<String>>,
        /// Whether a NotResource grants the action.
        pub not_resource: Fact<'e, bool>,
        /// Whether a granted entry holds a policy variable.
        pub policy_variable: Fact<'e, bool>,
    }
}

crate::facts! {
    /// A role that another role can reach.
    pub struct Reached<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its `environment`, `env` or `stage` tag, in lower case; `prod` and `prd` read as `production`.
        pub environment: Fact<'e, Option<String>>,
        /// The most that it can do: `admin` | `escalatable` | `all_objects` | `passes_any_role` | `assumes_any_role` | `limited`.
        pub power: Fact<'e, &'static str>,
        /// Why it lets the other in: `names_role` | `trusts_account` | `trusts_service` | `trust_unknown`.
        pub trust: Fact<'e, &'static str>,
        /// Condition keys of the trust that are left open (`sts:ExternalId`, `aws:PrincipalOrgID`, …).
        pub conditions: Fact<'e, Vec<String>>,
        /// The services that it trusts, for a role that can be passed.
        pub services: Fact<'e, Vec<String>>,
    }
}

crate::facts! {
    /// An IAM role.
    pub struct Role<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its name, without the path.
        pub name: String,
        /// Its account.
        pub account: String,
        /// `present` | `deleted` | `foreign_account` (another account's role, whose IAM was not read).
        pub presence: Fact<'e, &'static str>,
        /// Its `environment`, `env` or `stage` tag, in lower case; `prod` and `prd` read as `production`.
        pub environment: Fact<'e, Option<String>>,
        /// When it last made a request; absent when it did not within IAM's tracking period.
        pub last_used: Fact<'e, Option<Time>>,
        /// `s3:GetObject` over every object.
        pub object_read: Fact<'e, Grant<'e>>,
        /// `iam:PassRole` over every role of the account.
        pub pass_role: Fact<'e, Grant<'e>>,
        /// Who an open PassRole may pass roles to: `any_service` | `service_limited` | `none` when it is not open.
        pub pass_role_services: Fact<'e, &'static str>,
        /// The values to which `iam:PassedToService` is limited, when `pass_role_services` is `service_limited`.
        pub passed_to: Fact<'e, Vec<String>>,
        /// `sts:AssumeRole` over every role of every account.
        pub assume_role: Fact<'e, Grant<'e>>,
        /// Whether the role is an administrator: `full` | `escalatable` (can make itself one) | `conditional` | `no`.
        pub admin: Fact<'e, &'static str>,
        /// What makes it one, in one line; empty when nothing does.
        pub admin_decided_by: Fact<'e, String>,
        /// Whether the AWS managed policy `AdministratorAccess` is attached.
        pub administrator_access_attached: Fact<'e, bool>,
        /// Whether a permissions boundary keeps an administrator's policies from making one.
        pub bounded_admin: Fact<'e, bool>,
        /// Whether it is an administrator but for a few services.
        pub near_admin: Fact<'e, bool>,
        /// The ARNs that `sts:AssumeRole` is granted on: literal ARNs, and the account's roles that a granted pattern matches.
        pub granted_targets: Fact<'e, Vec<String>>,
        /// The roles that it can assume: the policies allow it and the other role's trust policy lets it in.
        pub assumable_targets: Fact<'e, Vec<Reached<'e>>>,
        /// The roles whose trust policy names it, which suffices within an account.
        pub trust_only: Fact<'e, Vec<Reached<'e>>>,
        /// The roles that it can pass to a service that they trust.
        pub passable_roles: Fact<'e, Vec<Reached<'e>>>,
    }
}

/// The policies of a role, as text.
#[derive(Clone, Debug, Default)]
pub struct RolePolicies {
    /// Inline and attached managed policies.
    pub identity: Vec<RolePolicy>,
    /// The permissions boundary, when one is set and was read.
    pub boundary: Option<RolePolicy>,
    /// What keeps `identity` from being complete.
    pub missing: Option<MissingSet>,
    /// What keeps the boundary from being known.
    pub boundary_missing: Option<MissingSet>,
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePolicy {
    /// Name of an inline policy, ARN of a managed one.
    pub name: String,
    /// Version of a managed policy.
    pub version: Option<String>,
    /// The document: JSON, or percent-encoded JSON, as received.
    pub document: Arc<str>,
}

/// Every role that assets name, each reasoned about on first use and then shared.
#[derive(Debug)]
pub struct Roles<'e> {
    estate: &'e Estate,
    tunables: &'e Tunables,
    accounts: HashMap<String, OnceLock<AccountRoles>>,
    /// By the asking asset's account, then the role's ARN.
    roles: Mutex<HashMap<String, HashMap<String, Shared<Role<'static>>>>>,
}

type Shared<T> = Arc<OnceLock<Arc<T>>>;

impl<'e> Roles<'e> {
    /// The roles of an estate.
    #[must_use]
    pub fn new(estate: &'e Estate, tunables: &'e Tunables) -> Self {
        let accounts = estate.accounts();
        Roles {
            estate,
            tunables,
            accounts: accounts
                .into_iter()
                .map(|account| (account.to_owned(), OnceLock::new()))
                .collect(),
            roles: Mutex::default(),
        }
    }

    /// The role `arn`, as an asset of `asset_account` names it.
    #[must_use]
    pub fn role(&self, arn: &str, asset_account: &str) -> Arc<Role<'static>> {
        let cell = {
            let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
            match roles.get(asset_account).and_then(|known| known.get(arn)) {
                Some(cell) => Arc::clone(cell),
                None => Arc::clone(
                    roles
                        .entry(asset_account.to_owned())
                        .or_default()
                        .entry(arn.to_owned())
                        .or_default(),
                ),
            }
        };
        Arc::clone(cell.get_or_init(|| Arc::new(self.derive(arn, asset_account))))
    }

    /// The policies of the role `arn`, for questions that [`Role`] does not answer.
    ///
    /// # Errors
    /// What is missing, when the role was not read or does not exist.
    pub fn policies(&self, arn: &str, asset_account: &str) -> Result<RolePolicies, MissingSet> {
        let account = account_of(arn, asset_account);
        match self.presence(arn, account) {
            Presence::Present(described) => Ok(self.assemble(account, &described)),
            Presence::Deleted(operation) => {
                Err(Missing::call(operation, arn, Gap::Undecided, "the role does not exist").into())
            }
            Presence::Unknown(missing) => Err(missing),
        }
    }
}

impl Roles<'_> {
    /// The roles of `account`, read on first use; `None` when nothing was asked there.
    fn account(&self, account: &str) -> Option<&AccountRoles> {
        let cell = self.accounts.get(account)?;
        Some(cell.get_or_init(|| AccountRoles::read(self.estate, account)))
    }

    fn presence(&self, arn: &str, account: &str) -> Presence {
        match self.account(account) {
            Some(known) => known.find(self.estate, account, arn),
            None => Presence::Unknown(not_read(account)),
        }
    }

    fn assemble(&self, account: &str, described: &Described) -> RolePolicies {
        let mut all = RolePolicies::default();
        let mut missing = None;
        match &described.inline {
            Ok(policies) => {
                for (name, document) in policies {
                    match document {
                        Ok(document) => all.identity.push(RolePolicy {
                            name: name.clone(),
                            version: None,
                            document: document.as_str().into(),
                        }),
                        Err(gap) => add(&mut missing, gap),
                    }
                }
            }
            Err(gap) => add(&mut missing, gap),
        }
        match &described.attached {
            Ok(arns) => {
                for arn in arns {
                    match self.managed(account, arn) {
                        Ok(policy) => all.identity.push(policy),
                        Err(gap) => add(&mut missing, &gap),
                    }
                }
            }
            Err(gap) => add(&mut missing, gap),
        }
        all.missing = missing;
        match &described.boundary {
            Ok(None) => {}
            Ok(Some(arn)) => match self.managed(account, arn) {
                Ok(policy) => all.boundary = Some(policy),
                Err(gap) => all.boundary_missing = Some(gap),
            },
            Err(gap) => all.boundary_missing = Some(gap.clone()),
        }
        all
    }

    fn managed(&self, account: &str, arn: &str) -> Result<RolePolicy, MissingSet> {
        let known = self.account(account).ok_or_else(|| not_read(account))?;
        let policy = known.policy(self.estate, account, arn)?;
        Ok(RolePolicy {
            name: arn.to_owned(),
            version: Some(policy.version),
            document: policy.document.into(),
        })
    }

    fn derive(&self, arn: &str, asset_account: &str) -> Role<'static> {
        let account = account_of(arn, asset_account);
        let presence = self.presence(arn, account);
        let identity = (arn, account);
        match presence {
            Presence::Present(described) => self.present(identity, &described),
            Presence::Deleted(operation) => {
                let missing = Missing::call(
                    operation,
                    format!("RoleName={}", name_of(arn)),
                    Gap::Undecided,
                    "the role does not exist",
                );
                blank(
                    identity,
                    Fact::known("deleted", call(operation, account, arn)),
                    missing.into(),
                )
            }
            Presence::Unknown(missing) => {
                let presence = if account != asset_account {
                    Fact::given("foreign_account")
                } else {
                    Fact::unknown(missing.clone())
                };
                blank(identity, presence, missing)
            }
        }
    }

    fn present(&self, identity: (&str, &str), described: &Described) -> Role<'static> {
        let (arn, account) = identity;
        let origin = call(described.operation, account, arn);
        let mut role = blank(
            identity,
            Fact::known("present", origin.clone()),
            Missing::undecided("what the role grants").into(),
        );
        role.environment = known(described.tags.as_ref().map(environment), &origin);
        role.last_used = known(described.last_used.as_ref().copied(), &origin);
        let _ = self.tunables;
        role
    }
}

/// A role of which nothing but `presence` can be told.
fn blank(
    (arn, account): (&str, &str),
    presence: Fact<'static, &'static str>,
    missing: MissingSet,
) -> Role<'static> {
    fn gap<T>(missing: &MissingSet) -> Fact<'static, T> {
        Fact::unknown(Arc::clone(missing))
    }
    Role {
        arn: arn.to_owned(),
        name: name_of(arn).to_owned(),
        account: account.to_owned(),
        presence,
        environment: gap(&missing),
        last_used: gap(&missing),
        object_read: gap(&missing),
        pass_role: gap(&missing),
        pass_role_services: gap(&missing),
        passed_to: gap(&missing),
        assume_role: gap(&missing),
        admin: gap(&missing),
        admin_decided_by: gap(&missing),
        administrator_access_attached: gap(&missing),
        bounded_admin: gap(&missing),
        near_admin: gap(&missing),
        granted_targets: gap(&missing),
        assumable_targets: gap(&missing),
        trust_only: gap(&missing),
        passable_roles: gap(&missing),
    }
}

/// A fact that IAM's answer as a whole supports.
fn known<T>(read: Result<T, &MissingSet>, origin: &Origin<'static>) -> Fact<'static, T> {
    match read {
        Ok(value) => Fact::known(value, origin.clone()),
        Err(missing) => Fact::unknown(Arc::clone(missing)),
    }
}

fn call(operation: Operation, account: &str, arn: &str) -> Origin<'static> {
    Origin::Call {
        operation,
        account: account.to_owned(),
        subject: format!("RoleName={}", name_of(arn)),
    }
}

fn add(all: &mut Option<MissingSet>, gap: &MissingSet) {
    *all = Some(match all.take() {
        None => Arc::clone(gap),
        Some(known) => missing::union(&known, gap),
    });
}

fn not_read(account: &str) -> MissingSet {
    Missing::call(
        Operation::GetAccountAuthorizationDetails,
        format!("account {account}"),
        Gap::NotCollected,
        "",
    )
    .into()
}

/// The account of a role; that of the asset when the ARN leaves it open.
fn account_of<'a>(arn: &'a str, asset_account: &'a str) -> &'a str {
    Arn::parse(arn)
        .map(|arn| arn.account)
        .filter(|account| !account.is_empty())
        .unwrap_or(asset_account)
}

fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The environment that a role's tags name. The key is compared without letter case.
fn environment(tags: &BTreeMap<String, String>) -> Option<String> {
    ["environment", "env", "stage"].iter().find_map(|wanted| {
        let (_, value) = tags
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(wanted))?;
        let value = value.trim().to_lowercase();
        Some(match value.as_str() {
            "prod" | "prd" => "production".to_owned(),
            _ => value,
        })
    })
}
