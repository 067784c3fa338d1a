//! A least-privilege policy for a role, from what the assets that run as it declare.
//!
//! Enters: notebooks, training jobs, models, endpoint configurations; the role as it is. Leaves: a
//! [`Proposal`] (statements, documents that fit IAM's limits, notes on what was not declared), and a
//! [`Trial`] of it. The same estate gives the same bytes. It is a draft: what code does beyond what
//! its asset declares shows only in use, so the trial lists what would be lost.

mod assets;
mod jobs;
mod needs;
mod policy;
mod trial;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use sagewarden_iam::{
    AttachedPolicy, Document, Effect, Grant as Granted, PolicyDocument, Role, StatementRef,
    glob_matches,
};

use crate::arn::Arn;
use crate::asset::AssetKind;
use crate::facts::bucket::reads::{self, Encryption};
use crate::facts::role::{Reached, Role as RoleFacts};
use crate::facts::{Context, State};
use crate::missing::{Missing, MissingSet};

pub use needs::Needs;
pub use policy::{ATTACHED_LIMIT, INLINE_LIMIT, MANAGED_LIMIT, Statement, characters, document};
pub use trial::{Change, Compared, Loss, Trial, trial};

use needs::{BucketAt, Grant};

/// The name under which the proposed policy is judged and shown.
pub const POLICY_NAME: &str = "sagewarden-scope";

/// What is gathered of roles on the way through an estate.
#[derive(Debug, Default)]
pub struct Gathering {
    roles: BTreeMap<String, Needs>,
    /// Whether roles that nobody named are gathered for as well.
    every: bool,
    /// Account → the roles that its training jobs run as, and how many jobs each.
    launched: BTreeMap<String, BTreeMap<String, u64>>,
    /// Account → why some of its jobs, which may run as any role, are not among those.
    unread_jobs: BTreeMap<String, BTreeSet<Missing>>,
}

/// A proposed policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Proposal {
    /// The role.
    #[serde(rename = "role")]
    pub arn: String,
    /// How many assets run as it, by kind.
    pub assets: BTreeMap<AssetKind, u64>,
    /// The statements that are proposed.
    pub statements: Vec<Statement>,
    /// The Denies that the role holds today; they stay.
    pub denies: Vec<Value>,
    /// The policy as documents: one, or several where one would be too long for IAM.
    pub documents: Vec<Value>,
    /// Characters of the whole, as IAM counts them.
    pub characters: usize,
    /// What to know before adopting it.
    pub notes: Vec<String>,
    /// What was not read and may be missing in it, in one line each.
    pub missing: Vec<String>,
    /// The role as it would be.
    #[serde(skip)]
    pub role: Role,
    /// The role as it is.
    #[serde(skip)]
    pub today: Role,
    #[serde(skip)]
    needs: Needs,
}

impl Gathering {
    /// A gathering of what these roles need.
    #[must_use]
    pub fn new<A: Into<String>>(roles: impl IntoIterator<Item = A>) -> Self {
        Gathering {
            roles: roles
                .into_iter()
                .map(|arn| (arn.into(), Needs::default()))
                .collect(),
            ..Gathering::default()
        }
    }

    /// A gathering of what every role needs that an asset names.
    #[must_use]
    pub fn of_every_role() -> Self {
        Gathering {
            every: true,
            ..Gathering::default()
        }
    }

    /// The needs of a role, if it is asked about.
    fn needs(&mut self, role: &str) -> Option<&mut Needs> {
        if self.every && !self.roles.contains_key(role) {
            self.roles.insert(role.to_owned(), Needs::default());
        }
        self.roles.get_mut(role)
    }

    /// Takes in one line of training jobs.
    pub fn job_line(&mut self, context: &Context<'_>, line: &str) {
        if let Ok(shape) = crate::facts::cohort::JobShape::parse(line) {
            self.job(context, &shape, line);
        }
    }

    /// The policy that `arn` needs, by what was gathered.
    ///
    /// # Errors
    /// What is missing, when nothing of the role was read.
    pub fn propose(&self, context: &Context<'_>, arn: &str) -> Result<Proposal, MissingSet> {
        let account = Arn::parse(arn).map_or("", |parsed| parsed.account);
        let policies = context.roles.policies(arn, account)?;
        let record = context.roles.role(arn, account);
        let mut needs = self.roles.get(arn).cloned().unwrap_or_default();
        for (pattern, runs) in std::mem::take(&mut needs.runs) {
            needs.note(format!(
                "`{pattern}` stands for what runs name after themselves ({runs} seen); the next run needs its own"
            ));
        }
        let mut missing: Vec<Missing> = policies
            .gaps()
            .map(|gaps| gaps.to_vec())
            .unwrap_or_default();
        missing.extend(self.unread_jobs.get(account).into_iter().flatten().cloned());
        needs.encryption(context, &mut missing);
        if !needs.notebooks.is_empty() {
            self.launching(context, &policies.role, &record, &mut needs);
            assuming(context, &policies.role, &record, &mut needs);
        }
        let mut statements = policy::statements(&needs);
        let denies = denies_of(&policies.role);
        let mut documents = split(&statements, &denies);
        while documents.len() > policy::ATTACHED_LIMIT {
            let Some(note) = policy::widen(&mut statements) else {
                break;
            };
            needs.note(note);
            documents = split(&statements, &denies);
        }
        let whole = characters(&document(&values(&statements, &denies)));
        if documents.len() > 1 {
            needs.note(size_note(whole, documents.len()));
        }
        missing.sort();
        missing.dedup();
        let mut role = policies.role.clone();
        role.identity = documents
            .iter()
            .map(|document| AttachedPolicy::inline(POLICY_NAME, Document::from_value(document)))
            .collect();
        Ok(Proposal {
            arn: arn.to_owned(),
            assets: needs.assets.clone(),
            statements,
            denies,
            documents,
            characters: whole,
            notes: needs.notes.iter().cloned().collect(),
            missing: missing.iter().map(Missing::to_string).collect(),
            role,
            today: policies.role.clone(),
            needs,
        })
    }

    /// The roles that notebooks hand to training jobs, as far as they may be handed today.
    fn launching(
        &self,
        context: &Context<'_>,
        role: &Role,
        record: &RoleFacts<'static>,
        needs: &mut Needs,
    ) {
        let account = role.arn.account();
        let launched: Vec<&str> = self
            .launched
            .get(account)
            .into_iter()
            .flat_map(|roles| roles.keys())
            .map(String::as_str)
            .filter(|arn| Arn::parse(arn).is_some_and(|parsed| parsed.account == account))
            .collect();
        let answers = role.reachable("iam:PassRole", launched.iter().copied());
        let mut passes = false;
        for (arn, answer) in launched.iter().zip(answers) {
            if answer == Granted::Deny {
                continue;
            }
            let other = context.roles.role(arn, account);
            let open = [&other.object_read, &other.pass_role, &other.assume_role]
                .iter()
                .any(|grant| {
                    grant
                        .value()
                        .is_none_or(|grant| grant.open.value() != Some(&false))
                });
            let admin = !matches!(other.admin.value(), Some(&"no" | &"conditional"));
            if open || admin {
                needs.note(format!(
                    "`{arn}` runs jobs of this account and is not among the roles to pass, for it may do too much itself"
                ));
            } else if crosses_into_production(record, other.environment.value().cloned().flatten())
            {
                needs.note(format!(
                    "`{arn}` runs jobs of this account and is not among the roles to pass, for it is tagged production"
                ));
            } else {
                passes = true;
                needs.add(Grant::Pass, *arn);
            }
        }
        if passes {
            let places: BTreeSet<String> = needs
                .notebooks
                .iter()
                .map(|notebook| notebook.region.clone())
                .collect();
            for region in places {
                let partition = role.arn.partition();
                needs.add(
                    Grant::Launch,
                    format!("arn:{partition}:sagemaker:{region}:{account}:training-job/*"),
                );
            }
        }
    }
}

/// The roles that notebooks may become: the declared ones, else those that let them in today and are
/// not production.
fn assuming(context: &Context<'_>, role: &Role, record: &RoleFacts<'static>, needs: &mut Needs) {
    let declared = &context.tunables.declared_assumable.0;
    let keys: Vec<String> = needs
        .notebooks
        .iter()
        .map(|notebook| notebook.arn.clone())
        .chain([
            role.arn.to_string(),
            role.arn.account().to_owned(),
            "*".to_owned(),
        ])
        .collect();
    let list = keys.iter().find_map(|key| declared.get(key));
    let State::Known(targets) = &record.assumable_targets.state else {
        return;
    };
    for target in targets {
        let wanted = match list {
            Some(list) => list
                .iter()
                .any(|pattern| glob_matches(pattern, &target.arn)),
            None => !crosses_into_production(record, environment_of(target)),
        };
        if wanted {
            needs.add(Grant::Assume, target.arn.as_str());
        } else {
            needs.note(format!(
                "`{}` lets this role in today and is not among the roles to assume: {}",
                target.arn,
                match list {
                    Some(_) => "`declared_assumable` does not list it",
                    None => "it is tagged production",
                }
            ));
        }
    }
}

fn environment_of(reached: &Reached<'static>) -> Option<String> {
    reached.environment.value().cloned().flatten()
}

/// Whether `other` is production and the role itself is not.
fn crosses_into_production(record: &RoleFacts<'static>, other: Option<String>) -> bool {
    let own = record.environment.value().cloned().flatten();
    other.as_deref() == Some("production") && own.as_deref() != Some("production")
}

impl Needs {
    /// The keys behind the buckets that are used.
    fn encryption(&mut self, context: &Context<'_>, missing: &mut Vec<Missing>) {
        let mut unread: BTreeSet<String> = BTreeSet::new();
        for (bucket, touched) in self.buckets.clone() {
            let BucketAt {
                account,
                region,
                name,
            } = &bucket;
            let ownership = context.buckets.ownership(account, region, name);
            let owner = ownership.value().and_then(|found| found.account.clone());
            let read = reads::Read {
                account,
                region,
                bucket: name,
                owner: owner.as_deref().filter(|owner| owner != account),
                prefix: "",
            };
            match reads::encryption(context, read).state {
                State::Known(Encryption::CustomerKey { arn, .. }) => {
                    let home = Arn::parse(&arn).map_or(region.as_str(), |key| key.region);
                    let names = via_s3(&arn, home);
                    if touched.reads {
                        self.add(Grant::DecryptSources(names.clone()), arn.as_str());
                    }
                    if touched.writes {
                        self.add(Grant::EncryptOutputs(names), arn);
                    }
                }
                State::Known(Encryption::S3Managed | Encryption::AwsManagedKey) => {}
                State::Unknown(gaps) => {
                    unread.insert(format!("`{name}`"));
                    missing.extend(gaps.iter().cloned());
                }
            }
        }
        if !unread.is_empty() {
            let names: Vec<String> = unread.into_iter().collect();
            self.note(format!(
                "with which keys {} encrypt was not read; where one is a customer's, the role needs kms:Decrypt or kms:GenerateDataKey on it",
                names.join(", ")
            ));
        }
    }
}

/// The names of S3 as `kms:ViaService` carries them, in a key's partition.
fn via_s3(key: &str, region: &str) -> Vec<String> {
    let china = Arn::parse(key).is_some_and(|arn| arn.partition == "aws-cn");
    let domains: &[&str] = if china {
        &["amazonaws.com", "amazonaws.com.cn"]
    } else {
        &["amazonaws.com"]
    };
    domains
        .iter()
        .map(|domain| format!("s3.{region}.{domain}"))
        .collect()
}

/// The Denies of the role's own policies, as written but for ids that would not be unique.
fn denies_of(role: &Role) -> Vec<Value> {
    let mut denies: Vec<Value> = Vec::new();
    for policy in &role.identity {
        let PolicyDocument::Parsed(document) = &policy.document else {
            continue;
        };
        for statement in document.statements() {
            if statement.effect != Effect::Deny {
                continue;
            }
            let text = StatementRef::in_policy(policy, document, statement).json;
            let Ok(mut value) = serde_json::from_str::<Value>(&text) else {
                continue;
            };
            if let Some(object) = value.as_object_mut() {
                object.insert("Sid".to_owned(), format!("Keep{}", denies.len() + 1).into());
            }
            denies.push(value);
        }
    }
    denies
}

fn values(statements: &[Statement], denies: &[Value]) -> Vec<Value> {
    statements
        .iter()
        .map(Statement::to_value)
        .chain(denies.iter().cloned())
        .collect()
}

fn split(statements: &[Statement], denies: &[Value]) -> Vec<Value> {
    policy::documents(&values(statements, denies), policy::MANAGED_LIMIT)
}

fn size_note(characters: usize, documents: usize) -> String {
    let inline = if characters <= INLINE_LIMIT {
        format!(
            "; as one inline policy it fits, if the role keeps no other ({INLINE_LIMIT} in all)"
        )
    } else {
        String::new()
    };
    format!(
        "{characters} characters are more than a managed policy holds ({MANAGED_LIMIT}), so it comes in {documents} documents{inline}"
    )
}

#[cfg(test)]
mod tests;
