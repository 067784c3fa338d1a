//! What a role may do, reasoned about once however many assets use it.
//!
//! Enters: what IAM says of the roles and policies of each account, the buckets of the account,
//! the tunables. Leaves: one [`Role`] record per role ARN, fully owned, shared by every asset that
//! names the role. Deliberately absent: resource policies of other services, service control
//! policies and session policies, which are not among the observations; a role that passes here
//! may be limited further, and a bucket's policy may grant what the role's own policies do not.

mod assembly;
mod grant;
mod policies;
mod reach;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sagewarden_iam::{
    Admin, AttachedPolicy, Document, Ladder, PassedTo, PolicyDocument, Question, RoleArn, Scope,
    Universe,
};

use crate::arn::Arn;
use crate::estate::Estate;
use crate::facts::fact::{Fact, Origin, Origins};
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::time::Time;
use crate::tunables::Tunables;

use assembly::{AccountRoles, Described, Presence, Read, read};
use grant::{Granting, Subject};
use policies::{Place, Shared, is_administrator_access};

pub(crate) use grant::quote;
pub use policies::Policies;

crate::facts! {
    /// What the policies of a role grant for one action, over every resource of its kind.
    pub struct Grant<'e> {
        /// How far the action reaches: `none` | `scoped` | `cancelled` (a Deny takes away everything) | `pattern_covers_account` (patterns match nearly every bucket) | `unscoped` | `unscoped_conditional` (only when conditions hold that do not limit the resource) | `unscoped_except` (but for what a Deny takes away).
        pub scope: Fact<'e, &'static str>,
        /// Whether the scope is `pattern_covers_account` or one of the `unscoped` words.
        pub open: Fact<'e, bool>,
        /// The statements that decide, in one line: policy, version, Sid or index, action and resource entries; "no statement" when none allows the action.
        pub decided_by: Fact<'e, String>,
        /// The ARNs of the managed policies of those statements.
        pub managed_policies: Fact<'e, Vec<String>>,
        /// The names of the inline policies of those statements.
        pub inline_policies: Fact<'e, Vec<String>>,
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
        pub object_read: Fact<'e, Arc<Grant<'e>>>,
        /// Whether an open `object_read` meets objects that it cannot read, since `kms:Decrypt` is not granted with every key; false where `object_read` is not open.
        pub keys_limit_reading: Fact<'e, bool>,
        /// `iam:PassRole` over every role of the account.
        pub pass_role: Fact<'e, Arc<Grant<'e>>>,
        /// Who an open PassRole may pass roles to: `any_service` | `service_limited` | `none` when it is not open.
        pub pass_role_services: Fact<'e, &'static str>,
        /// The values to which `iam:PassedToService` is limited, when `pass_role_services` is `service_limited`.
        pub passed_to: Fact<'e, Vec<String>>,
        /// `sts:AssumeRole` over every role of every account.
        pub assume_role: Fact<'e, Arc<Grant<'e>>>,
        /// Whether the role is an administrator: `full` | `escalatable` (can make itself one) | `conditional` | `no`.
        pub admin: Fact<'e, &'static str>,
        /// What makes it one, in one line; empty when nothing does.
        pub admin_decided_by: Fact<'e, String>,
        /// The ARNs of the managed policies that make it one.
        pub admin_managed_policies: Fact<'e, Vec<String>>,
        /// The names of the inline policies that make it one.
        pub admin_inline_policies: Fact<'e, Vec<String>>,
        /// Whether the AWS managed policy `AdministratorAccess` is attached.
        pub administrator_access_attached: Fact<'e, bool>,
        /// Whether a permissions boundary keeps an administrator's policies from making one.
        pub bounded_admin: Fact<'e, bool>,
        /// Whether it is an administrator but for a few services.
        pub near_admin: Fact<'e, bool>,
        /// The ARNs without wildcard that `sts:AssumeRole` is granted on.
        pub granted_arns: Fact<'e, Vec<String>>,
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

/// What a role may do by itself, before where it can go.
#[derive(Debug)]
struct Powers {
    arn: String,
    account: String,
    presence: Fact<'static, &'static str>,
    environment: Fact<'static, Option<String>>,
    last_used: Fact<'static, Option<Time>>,
    judged: Result<Judged, MissingSet>,
    power: Fact<'static, &'static str>,
}

#[derive(Debug)]
struct Judged {
    policies: Arc<Policies>,
    call: Origin<'static>,
    object_read: Arc<Grant<'static>>,
    keys_limit_reading: Fact<'static, bool>,
    pass_role: Arc<Grant<'static>>,
    pass_role_services: Fact<'static, &'static str>,
    passed_to: Fact<'static, Vec<String>>,
    assume_role: Arc<Grant<'static>>,
    admin: AdminFacts,
}

#[derive(Clone, Debug)]
struct AdminFacts {
    rung: Fact<'static, &'static str>,
    decided_by: Fact<'static, String>,
    managed_policies: Fact<'static, Vec<String>>,
    inline_policies: Fact<'static, Vec<String>>,
    administrator_access_attached: Fact<'static, bool>,
    bounded: Fact<'static, bool>,
    near: Fact<'static, bool>,
}

/// What is read once of an account.
#[derive(Debug, Default)]
struct Account {
    roles: OnceLock<AccountRoles>,
    buckets: OnceLock<Read<Vec<String>>>,
}

/// Every role that assets name, each reasoned about on first use and then shared.
#[derive(Debug)]
pub struct Roles<'e> {
    estate: &'e Estate,
    tunables: &'e Tunables,
    accounts: HashMap<String, Account>,
    shared: Shared,
    powers: Memo<Powers>,
    roles: Memo<Role<'static>>,
    supposed: Option<Supposed>,
}

/// A role that is judged by other policies than it holds.
#[derive(Debug)]
struct Supposed {
    arn: String,
    identity: Vec<AttachedPolicy>,
}

/// Values by the asking asset's account and the role's ARN, each computed once.
#[derive(Debug)]
struct Memo<T>(Mutex<HashMap<String, HashMap<String, Cell<T>>>>);

type Cell<T> = Arc<OnceLock<Arc<T>>>;

impl<T> Memo<T> {
    fn once(&self, account: &str, arn: &str, make: impl FnOnce() -> T) -> Arc<T> {
        let cell = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match known.get(account).and_then(|roles| roles.get(arn)) {
                Some(cell) => Arc::clone(cell),
                None => {
                    let roles = known.entry(account.to_owned()).or_default();
                    Arc::clone(roles.entry(arn.to_owned()).or_default())
                }
            }
        };
        Arc::clone(cell.get_or_init(|| Arc::new(make())))
    }
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo(Mutex::default())
    }
}

impl<'e> Roles<'e> {
    /// The roles of an estate.
    #[must_use]
    pub fn new(estate: &'e Estate, tunables: &'e Tunables) -> Self {
        let accounts = estate.accounts().into_iter();
        Roles {
            estate,
            tunables,
            accounts: accounts
                .map(|account| (account.to_owned(), Account::default()))
                .collect(),
            shared: Shared::default(),
            powers: Memo::default(),
            roles: Memo::default(),
            supposed: None,
        }
    }

    /// The same roles, as if `arn` held `identity` in place of its inline and attached policies. Its
    /// boundary stays.
    #[must_use]
    pub fn supposing(self, arn: &str, identity: Vec<AttachedPolicy>) -> Self {
        Roles {
            powers: Memo::default(),
            roles: Memo::default(),
            supposed: Some(Supposed {
                arn: arn.to_owned(),
                identity,
            }),
            ..self
        }
    }

    /// The accounts in which roles can be looked up, sorted.
    #[must_use]
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts: Vec<&str> = self.accounts.keys().map(String::as_str).collect();
        accounts.sort_unstable();
        accounts
    }

    /// The ARNs of the roles of `account` that were listed, sorted, and what keeps the list from
    /// being complete.
    #[must_use]
    pub fn listed(&self, account: &str) -> (Vec<&str>, Option<MissingSet>) {
        match self.account(account) {
            Some(known) => (
                known.roles.keys().map(String::as_str).collect(),
                known.gap.clone(),
            ),
            None => (Vec::new(), Some(not_read(account))),
        }
    }

    /// The trust policy of the role `arn`.
    ///
    /// # Errors
    /// What is missing, when it was not read or is no policy.
    pub fn trust(&self, arn: &str) -> Result<Document, MissingSet> {
        let account = account_of(arn, "");
        let known = self.account(account).ok_or_else(|| not_read(account))?;
        let described = match known.find(self.estate, account, arn) {
            Presence::Present(described) => described,
            Presence::Unknown(missing) => return Err(missing),
            Presence::Deleted(operation) => return Err(gone(operation, arn).into()),
        };
        let text = described.trust.clone()?;
        Document::parse(&text).map_err(|error| {
            let subject = format!("RoleName={}", name_of(arn));
            Missing::call(
                described.operation,
                subject,
                Gap::Malformed,
                error.to_string(),
            )
            .into()
        })
    }

    /// The role `arn`, as an asset of `asset_account` names it.
    #[must_use]
    pub fn role(&self, arn: &str, asset_account: &str) -> Arc<Role<'static>> {
        self.roles.once(asset_account, arn, || {
            self.record(&self.powers(arn, asset_account))
        })
    }

    /// The policies of the role `arn`, for questions that [`Role`] does not answer.
    ///
    /// # Errors
    /// What is missing, when the role was not read or does not exist.
    pub fn policies(&self, arn: &str, asset_account: &str) -> Result<Arc<Policies>, MissingSet> {
        match &self.powers(arn, asset_account).judged {
            Ok(judged) => Ok(Arc::clone(&judged.policies)),
            Err(missing) => Err(Arc::clone(missing)),
        }
    }

    fn powers(&self, arn: &str, asset_account: &str) -> Arc<Powers> {
        self.powers
            .once(asset_account, arn, || self.judge(arn, asset_account))
    }

    /// The roles of `account`, read on first use; `None` when nothing was asked there.
    fn account(&self, account: &str) -> Option<&AccountRoles> {
        let known = self.accounts.get(account)?;
        Some(
            known
                .roles
                .get_or_init(|| AccountRoles::read(self.estate, account)),
        )
    }

    /// The names of the buckets of `account`.
    fn buckets(&self, account: &str) -> Read<&[String]> {
        let known = self
            .accounts
            .get(account)
            .ok_or_else(|| not_read(account))?;
        known
            .buckets
            .get_or_init(|| bucket_names(self.estate, account))
            .as_ref()
            .map(Vec::as_slice)
            .map_err(Arc::clone)
    }

    fn judge(&self, arn: &str, asset_account: &str) -> Powers {
        let account = account_of(arn, asset_account);
        let presence = match self.account(account) {
            Some(known) => known.find(self.estate, account, arn),
            None => Presence::Unknown(not_read(account)),
        };
        let nothing = |presence, missing: MissingSet| Powers {
            arn: arn.to_owned(),
            account: account.to_owned(),
            presence,
            environment: Fact::unknown(Arc::clone(&missing)),
            last_used: Fact::unknown(Arc::clone(&missing)),
            power: Fact::unknown(Arc::clone(&missing)),
            judged: Err(missing),
        };
        match presence {
            Presence::Present(described) => self.present(arn, account, described),
            Presence::Deleted(operation) => nothing(
                Fact::known("deleted", call(operation, account, arn)),
                gone(operation, arn).into(),
            ),
            Presence::Unknown(missing) if account != asset_account => {
                nothing(Fact::given("foreign_account"), missing)
            }
            Presence::Unknown(missing) => nothing(Fact::unknown(Arc::clone(&missing)), missing),
        }
    }

    fn present(&self, arn: &str, account: &str, described: Arc<Described>) -> Powers {
        let call = call(described.operation, account, arn);
        let judged = match (RoleArn::parse(arn), self.account(account)) {
            (Ok(parsed), Some(known)) => {
                let place = Place {
                    estate: self.estate,
                    account,
                    known,
                };
                let mut policies = policies::assemble(&place, &self.shared, &parsed, &described);
                if let Some(supposed) = self.supposed.as_ref().filter(|known| known.arn == arn) {
                    policies.suppose(&supposed.identity);
                }
                Ok(self.judged(known, account, Arc::new(policies), call.clone()))
            }
            (Err(error), _) => Err(MissingSet::from(Missing::undecided(error.to_string()))),
            (_, None) => Err(not_read(account)),
        };
        Powers {
            arn: arn.to_owned(),
            account: account.to_owned(),
            presence: Fact::known("present", call.clone()),
            environment: known(described.tags.as_ref().map(environment), &call),
            last_used: known(described.last_used.as_ref().copied(), &call),
            power: match &judged {
                Ok(judged) => power(judged),
                Err(missing) => Fact::unknown(Arc::clone(missing)),
            },
            judged,
        }
    }

    fn judged(
        &self,
        known: &AccountRoles,
        account: &str,
        policies: Arc<Policies>,
        call: Origin<'static>,
    ) -> Judged {
        let arn = &policies.role.arn;
        let granting = |action, subject| Granting {
            policies: &policies,
            tunables: self.tunables,
            call: call.clone(),
            action,
            subject,
        };
        let roles = || match &known.gap {
            Some(missing) => Subject::Roles(Err(Arc::clone(missing))),
            None => Subject::Roles(Ok(known.roles.keys().map(String::as_str).collect())),
        };
        let scope = |action, universe| policies.role.scope(&Question::new(action, universe));
        let pass = scope("iam:PassRole", Universe::own_roles(arn));
        let pass_role = granting("iam:PassRole", roles()).facts(&pass);
        let services = pass_role.open.clone().map(|_| passed_to(&pass));
        let assume = scope("sts:AssumeRole", Universe::any_roles(arn));
        let (action, read) = object_read(&policies);
        let object_read = granting(action, Subject::Objects(self.buckets(account))).facts(&read);
        Judged {
            keys_limit_reading: object_read
                .open
                .clone()
                .then(|open| keys_limit(open, &policies)),
            object_read: Arc::new(object_read),
            pass_role_services: services.clone().map(|(word, _)| word),
            passed_to: services.map(|(_, values)| values),
            pass_role: Arc::new(pass_role),
            assume_role: Arc::new(granting("sts:AssumeRole", roles()).facts(&assume)),
            admin: admin(&policies, &call),
            policies: Arc::clone(&policies),
            call,
        }
    }

    /// The whole record: what the role may do, and where it can go.
    fn record(&self, powers: &Powers) -> Role<'static> {
        let identity = (powers.arn.as_str(), powers.account.as_str());
        let judged = match &powers.judged {
            Ok(judged) => judged,
            Err(missing) => return blank(identity, powers, missing),
        };
        let Some(known) = self.account(&powers.account) else {
            return blank(identity, powers, &not_read(&powers.account));
        };
        let reaches = self.reaches(known, &judged.policies, &judged.call);
        let granted =
            |grant: &Arc<Grant<'static>>| Fact::known(Arc::clone(grant), judged.call.clone());
        Role {
            arn: powers.arn.clone(),
            name: name_of(&powers.arn).to_owned(),
            account: powers.account.clone(),
            presence: powers.presence.clone(),
            environment: powers.environment.clone(),
            last_used: powers.last_used.clone(),
            object_read: granted(&judged.object_read),
            keys_limit_reading: judged.keys_limit_reading.clone(),
            pass_role: granted(&judged.pass_role),
            pass_role_services: judged.pass_role_services.clone(),
            passed_to: judged.passed_to.clone(),
            assume_role: granted(&judged.assume_role),
            admin: judged.admin.rung.clone(),
            admin_decided_by: judged.admin.decided_by.clone(),
            admin_managed_policies: judged.admin.managed_policies.clone(),
            admin_inline_policies: judged.admin.inline_policies.clone(),
            administrator_access_attached: judged.admin.administrator_access_attached.clone(),
            bounded_admin: judged.admin.bounded.clone(),
            near_admin: judged.admin.near.clone(),
            granted_arns: reaches.granted_arns,
            granted_targets: reaches.granted_targets,
            assumable_targets: reaches.assumable_targets,
            trust_only: reaches.trust_only,
            passable_roles: reaches.passable_roles,
        }
    }
}

/// The most that a role can do, in one word. Its evidence stands with the grants themselves; every
/// role that reaches this one carries the word, so it is kept light.
fn power(judged: &Judged) -> Fact<'static, &'static str> {
    let light = |fact: &Fact<'static, bool>, word| {
        Fact {
            state: fact.state.clone(),
            origins: Origins::None,
        }
        .map(move |open: bool| open.then_some(word))
    };
    let admin = Fact {
        state: judged.admin.rung.state.clone(),
        origins: judged.call.clone().into(),
    }
    .map(|rung| match rung {
        "full" => Some("admin"),
        "escalatable" => Some("escalatable"),
        _ => None,
    });
    first_of([
        admin,
        light(&judged.object_read.open, "all_objects"),
        light(&judged.pass_role.open, "passes_any_role"),
        light(&judged.assume_role.open, "assumes_any_role"),
    ])
}

/// The first word that is there; unknown when one before it is unknown.
fn first_of(words: [Fact<'static, Option<&'static str>>; 4]) -> Fact<'static, &'static str> {
    words
        .into_iter()
        .rev()
        .fold(Fact::given("limited"), |rest, word| {
            word.then(|word| word.map_or(rest, Fact::given))
        })
}

/// Reading objects: `s3:GetObject`, and where that is not taken away, `s3:GetObjectVersion`, which
/// alone reads every object of a versioned bucket.
fn object_read(policies: &Policies) -> (&'static str, Scope) {
    let scope = |action| {
        let universe = Universe::objects(&policies.role.arn);
        policies.role.scope(&Question::new(action, universe))
    };
    let plain = scope("s3:GetObject");
    if let Scope::NotGranted | Scope::Scoped { .. } = plain {
        let versions = scope("s3:GetObjectVersion");
        if versions.is_unscoped() {
            return ("s3:GetObjectVersion", versions);
        }
    }
    ("s3:GetObject", plain)
}

/// Whether what reads every object lacks the keys of some: S3 decrypts with the reader's own
/// permissions. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html>
fn keys_limit(open: bool, policies: &Policies) -> Fact<'static, bool> {
    if !open {
        return Fact::given(false);
    }
    let universe = Universe::keys(&policies.role.arn);
    let scope = policies.role.scope(&Question::new("kms:Decrypt", universe));
    match (&scope, policies.gaps()) {
        (Scope::Undecided { .. }, Some(missing)) => Fact::unknown(missing),
        (Scope::Undecided { .. }, None) => Fact::unknown(Missing::undecided(format!(
            "whether `{}` may decrypt with every key is not decided exactly",
            policies.role.arn
        ))),
        _ => Fact::given(!scope.is_unscoped()),
    }
}

/// Who an open PassRole may pass roles to.
fn passed_to(scope: &Scope) -> (&'static str, Vec<String>) {
    match scope
        .open_grant()
        .and_then(|grant| grant.passed_to.as_ref())
    {
        Some(PassedTo::Services(services)) => ("service_limited", services.clone()),
        Some(PassedTo::AnyService) => ("any_service", Vec::new()),
        None => ("none", Vec::new()),
    }
}

/// Every action on every resource: what `AdministratorAccess` has said in every version.
const ADMINISTRATOR_ACCESS: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

/// From this many services with every action on, a role is nearly an administrator.
const NEARLY_ALL_SERVICES: usize = 15;

/// Where the role stands on the ladder to administrator. Denies of some resources, or under a
/// condition, do not make an administrator less of one.
fn admin(policies: &Policies, call: &Origin<'static>) -> AdminFacts {
    let role = with_administrator_access(policies);
    let answer = role.as_ref().unwrap_or(&policies.role).admin();
    let rung = answer.apart_from_mitigations;
    let missing = if rung >= Ladder::Escalatable {
        policies.boundary_missing.clone()
    } else if answer.settled {
        None
    } else {
        policies.gaps()
    };
    let statements = answer.decided_by.iter().map(grant::origin);
    let origins: Origins<'static> = std::iter::once(call.clone()).chain(statements).collect();
    let (managed, inline) = grant::policies_of(&answer.decided_by.iter().collect::<Vec<_>>());
    AdminFacts {
        rung: match missing {
            Some(missing) => Fact::unknown(missing),
            None => Fact::known(
                match rung {
                    Ladder::Full => "full",
                    Ladder::Escalatable => "escalatable",
                    Ladder::Conditional => "conditional",
                    Ladder::No => "no",
                },
                origins.clone(),
            ),
        },
        managed_policies: Fact::known(managed, call.clone()),
        inline_policies: Fact::known(inline, call.clone()),
        decided_by: Fact::known(admin_summary(&answer), origins),
        administrator_access_attached: known(policies.administrator_access.as_ref().copied(), call),
        bounded: Fact::known(answer.boundary_cancels, call.clone()),
        near: Fact::known(
            answer.near.all_but_some || answer.near.whole_services >= NEARLY_ALL_SERVICES,
            call.clone(),
        ),
    }
}

/// The role with the document of `AdministratorAccess` put in where it is attached and was not
/// read: for this one question its content is known.
fn with_administrator_access(policies: &Policies) -> Option<sagewarden_iam::Role> {
    let unread = |policy: &AttachedPolicy| {
        !matches!(policy.document, PolicyDocument::Parsed(_))
            && policy.arn.as_deref().is_some_and(is_administrator_access)
    };
    if !policies.role.identity.iter().any(unread) {
        return None;
    }
    let document = Document::parse(ADMINISTRATOR_ACCESS).ok()?;
    let mut role = policies.role.clone();
    for policy in role.identity.iter_mut().filter(|policy| unread(policy)) {
        policy.document = PolicyDocument::Parsed(document.clone());
    }
    Some(role)
}

fn admin_summary(answer: &Admin) -> String {
    let steps = answer.way_up.as_ref().map(|way| {
        let steps = way
            .steps
            .iter()
            .map(|step| format!("{} on {}", step.action, step.resource));
        steps.collect::<Vec<_>>().join(", then ")
    });
    let statements: Vec<_> = answer.decided_by.iter().collect();
    let granted = grant::summaries(&statements, grant::ANY_ACTION);
    match steps {
        Some(steps) if granted.is_empty() => format!("by {steps}"),
        Some(steps) => format!("by {steps}: {granted}"),
        None => granted,
    }
}

/// A role of which nothing but its presence can be told.
fn blank(identity: (&str, &str), powers: &Powers, missing: &MissingSet) -> Role<'static> {
    fn gap<T>(missing: &MissingSet) -> Fact<'static, T> {
        Fact::unknown(Arc::clone(missing))
    }
    let (arn, account) = identity;
    Role {
        arn: arn.to_owned(),
        name: name_of(arn).to_owned(),
        account: account.to_owned(),
        presence: powers.presence.clone(),
        environment: powers.environment.clone(),
        last_used: powers.last_used.clone(),
        object_read: gap(missing),
        keys_limit_reading: gap(missing),
        pass_role: gap(missing),
        pass_role_services: gap(missing),
        passed_to: gap(missing),
        assume_role: gap(missing),
        admin: gap(missing),
        admin_decided_by: gap(missing),
        admin_managed_policies: gap(missing),
        admin_inline_policies: gap(missing),
        administrator_access_attached: gap(missing),
        bounded_admin: gap(missing),
        near_admin: gap(missing),
        granted_arns: gap(missing),
        granted_targets: gap(missing),
        assumable_targets: gap(missing),
        trust_only: gap(missing),
        passable_roles: gap(missing),
    }
}

/// `ListBuckets` answers with all the buckets of the account, whatever their Region.
fn bucket_names(estate: &Estate, account: &str) -> Read<Vec<String>> {
    let listing = estate.listing(Operation::ListBuckets, account, "", "");
    if let Some(gap) = listing.gap {
        return Err(gap);
    }
    let mut names = Vec::new();
    for page in &listing.pages {
        for bucket in read(page.root().required_parts("/Buckets"))? {
            names.push(read(bucket.text("/Name"))?.into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
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

fn gone(operation: Operation, arn: &str) -> Missing {
    let subject = format!("RoleName={}", name_of(arn));
    Missing::call(
        operation,
        subject,
        Gap::Undecided,
        "the role does not exist",
    )
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

#[cfg(test)]
mod tests;
