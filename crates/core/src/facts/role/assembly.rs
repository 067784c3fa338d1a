//! Roles as IAM describes them, before any reasoning.
//!
//! Enters: the pages of `GetAccountAuthorizationDetails`, or the calls about one role. Leaves:
//! owned records whose every part is there or says which call is missing. Deliberately absent:
//! reading the policies; documents stay text here.
//!
//! The details of an account are preferred, because they alone show that a role does not exist;
//! what they lack (a policy outside their `Policies`) is taken from the single calls.
//! Sources: IAM API Reference, `GetAccountAuthorizationDetails`, `GetRole`, `GetPolicyVersion`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use sagewarden_iam::{Document, PrincipalKind, RoleArn, trusted_services};

use crate::estate::{Estate, Listing, Reply, not_collected};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::{Fact, State, Text};
use crate::json::Node;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::time::Time;

/// A datum, or what is missing to know it.
pub(super) type Read<T> = Result<T, MissingSet>;

/// The roles of one account.
#[derive(Debug)]
pub(super) struct AccountRoles {
    /// By ARN.
    pub(super) roles: BTreeMap<String, Arc<Described>>,
    /// Managed policies of the details, by ARN.
    policies: HashMap<String, Read<ManagedPolicy>>,
    /// What keeps the list of roles from being complete.
    pub(super) gap: Option<MissingSet>,
    /// The trust policies of `roles`, parsed on first use.
    trusts: OnceLock<Vec<Trusting>>,
}

/// A role and whom it trusts.
#[derive(Debug)]
pub(super) struct Trusting {
    pub(super) arn: RoleArn,
    /// Its trust policy, where it can be read.
    pub(super) trust: Option<Document>,
}

impl Trusting {
    /// Whether the trust policy may let a role in, not only services and identity providers.
    fn may_admit_roles(&self) -> bool {
        let Some(trust) = &self.trust else {
            return true;
        };
        trust.statements().iter().any(|statement| {
            statement.principal.as_ref().is_some_and(|element| {
                element.negated
                    || element.entries.iter().any(|entry| {
                        matches!(entry.kind, PrincipalKind::Anyone | PrincipalKind::Aws)
                    })
            })
        })
    }

    /// Whether the trust policy may let a role of `account` in.
    pub(super) fn may_admit_account(&self, account: &str) -> bool {
        self.trust.as_ref().is_none_or(|trust| {
            let elements = trust
                .statements()
                .iter()
                .filter_map(|statement| statement.principal.as_ref());
            elements.into_iter().any(|element| {
                element.negated
                    || element.entries.iter().any(|entry| {
                        entry.kind == PrincipalKind::Anyone
                            || entry.value == "*"
                            || entry.value.contains(account)
                    })
            })
        })
    }

    fn may_admit_services(&self) -> bool {
        self.trust
            .as_ref()
            .is_none_or(|trust| !trusted_services(trust).is_empty())
    }
}

/// One role as described.
#[derive(Clone, Debug)]
pub(super) struct Described {
    /// The call that described it.
    pub(super) operation: Operation,
    /// The trust policy, as text.
    pub(super) trust: Read<String>,
    /// Inline policies: name and document text.
    pub(super) inline: Read<Vec<(String, Read<String>)>>,
    /// ARNs of the attached managed policies.
    pub(super) attached: Read<Vec<String>>,
    /// ARN of the permissions boundary.
    pub(super) boundary: Read<Option<String>>,
    /// Tags.
    pub(super) tags: Read<BTreeMap<String, String>>,
    /// When the role last made a request, if it did in the tracking period.
    pub(super) last_used: Read<Option<Time>>,
}

/// The default version of a managed policy.
#[derive(Clone, Debug)]
pub(super) struct ManagedPolicy {
    /// `v3`
    pub(super) version: String,
    /// The document, as text.
    pub(super) document: String,
}

/// What IAM says of one role.
#[derive(Debug)]
pub(super) enum Presence {
    /// It exists.
    Present(Arc<Described>),
    /// It does not exist, by this call.
    Deleted(Operation),
    /// Nobody could tell.
    Unknown(MissingSet),
}

impl AccountRoles {
    /// Reads the details of `account`.
    pub(super) fn read(estate: &Estate, account: &str) -> AccountRoles {
        let operation = Operation::GetAccountAuthorizationDetails;
        let mut all = AccountRoles {
            roles: BTreeMap::new(),
            policies: HashMap::new(),
            gap: Some(not_collected(operation, "")),
            trusts: OnceLock::new(),
        };
        // The details may have been asked for in several calls, each for some kinds of entity.
        for listing in estate.listings(operation, account, "") {
            let gap = all.take(&listing);
            if listing.pages.first().is_none_or(lists_roles) {
                all.gap = gap;
            }
        }
        all
    }

    /// Takes in the roles and policies of a listing; what comes back keeps it from being complete.
    fn take(&mut self, listing: &Listing<'_>) -> Option<MissingSet> {
        let operation = Operation::GetAccountAuthorizationDetails;
        let mut gap = listing.gap.clone();
        for page in &listing.pages {
            let root = page.root();
            match read(root.required_parts("/RoleDetailList")) {
                Ok(details) => {
                    for detail in &details {
                        match read(detail.text("/Arn")) {
                            // What a change is about to make of a role stands before what it is.
                            Ok(arn) => {
                                self.roles
                                    .entry(arn.into_owned())
                                    .or_insert_with(|| Arc::new(detailed(detail)));
                            }
                            Err(missing) => gap = Some(missing),
                        }
                    }
                }
                Err(missing) => gap = Some(missing),
            }
            for policy in read(root.parts("/Policies")).unwrap_or_default() {
                if let Ok(arn) = read(policy.text("/Arn")) {
                    self.policies
                        .entry(arn.into_owned())
                        .or_insert_with(|| default_version(&policy));
                }
            }
        }
        if gap.is_none()
            && listing
                .pages
                .last()
                .is_some_and(|page| truncated(&page.body))
        {
            gap = Some(Missing::call(operation, "", Gap::Incomplete, "").into());
        }
        gap
    }

    /// What IAM says of the role `arn` of this account.
    pub(super) fn find(&self, estate: &Estate, account: &str, arn: &str) -> Presence {
        if let Some(described) = self.roles.get(arn) {
            return Presence::Present(Arc::clone(described));
        }
        let Some(gap) = &self.gap else {
            return Presence::Deleted(Operation::GetAccountAuthorizationDetails);
        };
        let name = arn.rsplit('/').next().unwrap_or_default();
        match estate.reply(Operation::GetRole, account, "", name) {
            Reply::NotFound(_) => Presence::Deleted(Operation::GetRole),
            Reply::Answer(answer) => {
                let root = answer.root();
                match read(root.object("/Role")) {
                    Ok(Some(role)) => match read(role.text("/Arn")) {
                        // Names are unique in an account: under this name lives another role.
                        Ok(found) if found != arn => Presence::Deleted(Operation::GetRole),
                        Ok(_) => Presence::Present(Arc::new(single(estate, account, name, &role))),
                        Err(missing) => Presence::Unknown(missing),
                    },
                    Ok(None) => Presence::Unknown(root.malformed("/Role").into()),
                    Err(missing) => Presence::Unknown(missing),
                }
            }
            Reply::Absent(_) => Presence::Unknown(gap.clone()),
            Reply::Missing(missing) => {
                let asked = estate
                    .observation(Operation::GetRole, account, "", name)
                    .is_some();
                Presence::Unknown(if asked { missing } else { gap.clone() })
            }
        }
    }

    fn trusts(&self) -> &[Trusting] {
        self.trusts.get_or_init(|| {
            let mut parsed: HashMap<&str, Option<Document>> = HashMap::new();
            self.roles
                .iter()
                .filter_map(|(arn, described)| {
                    Some(Trusting {
                        arn: RoleArn::parse(arn).ok()?,
                        trust: described.trust.as_ref().ok().and_then(|text| {
                            let document = parsed.entry(text.as_str());
                            document
                                .or_insert_with(|| Document::parse(text).ok())
                                .clone()
                        }),
                    })
                })
                .collect()
        })
    }

    /// The roles that may let other roles in.
    pub(super) fn open_to_roles(&self) -> impl Iterator<Item = &Trusting> {
        self.trusts().iter().filter(|role| role.may_admit_roles())
    }

    /// The roles that may let services in.
    pub(super) fn open_to_services(&self) -> impl Iterator<Item = &Trusting> {
        self.trusts()
            .iter()
            .filter(|role| role.may_admit_services())
    }

    /// The default version of a managed policy, from the details or from the single calls.
    pub(super) fn policy(&self, estate: &Estate, account: &str, arn: &str) -> Read<ManagedPolicy> {
        match self.policies.get(arn) {
            Some(Ok(policy)) => Ok(policy.clone()),
            Some(Err(missing)) => single_policy(estate, account, arn).map_err(|_| missing.clone()),
            None => single_policy(estate, account, arn),
        }
    }
}

/// The value of a fact, or what it misses.
pub(super) fn read<T>(fact: Fact<'_, T>) -> Read<T> {
    match fact.state {
        State::Known(value) => Ok(value),
        State::Unknown(missing) => Err(missing),
    }
}

/// Whether an answer was asked to list roles: without a filter, or with one that names them.
fn lists_roles(page: &Answer<'_>) -> bool {
    page.observation
        .parameters
        .get("Filter")
        .is_none_or(|filter| filter.to_string().contains("\"Role\""))
}

/// A truncated answer whose marker is gone is still truncated.
fn truncated(body: &Node<'_>) -> bool {
    body.member("IsTruncated").and_then(Node::boolean) == Some(true)
}

/// A role of `RoleDetailList`. IAM always sends the lists of its policies, empty ones too.
fn detailed(detail: &Part<'_, '_>) -> Described {
    Described {
        operation: Operation::GetAccountAuthorizationDetails,
        trust: document(detail, "/AssumeRolePolicyDocument"),
        inline: read(detail.required_parts("/RolePolicyList")).and_then(|policies| {
            policies
                .iter()
                .map(|policy| {
                    let name = read(policy.text("/PolicyName"))?.into_owned();
                    Ok((name, document(policy, "/PolicyDocument")))
                })
                .collect()
        }),
        attached: attached_arns(detail, "/AttachedManagedPolicies"),
        boundary: boundary(detail),
        tags: tags(detail),
        last_used: last_used(detail),
    }
}

/// A role of `GetRole`, with the calls that list and read its policies.
fn single(estate: &Estate, account: &str, name: &str, role: &Part<'_, '_>) -> Described {
    Described {
        operation: Operation::GetRole,
        trust: document(role, "/AssumeRolePolicyDocument"),
        inline: single_inline(estate, account, name),
        attached: listed(
            estate,
            Operation::ListAttachedRolePolicies,
            account,
            name,
            |page| attached_arns(page, "/AttachedPolicies"),
        ),
        boundary: boundary(role),
        tags: tags(role),
        last_used: last_used(role),
    }
}

fn single_inline(estate: &Estate, account: &str, role: &str) -> Read<Vec<(String, Read<String>)>> {
    let names = listed(estate, Operation::ListRolePolicies, account, role, |page| {
        if page.node().pointer("/PolicyNames").is_none() {
            return Err(page.malformed("/PolicyNames").into());
        }
        let names = read(page.texts("/PolicyNames"))?;
        Ok(names.into_iter().map(Text::into_owned).collect())
    })?;
    Ok(names
        .into_iter()
        .map(|name: String| {
            let key = format!("{role}\n{name}");
            let text = answered(estate, Operation::GetRolePolicy, account, &key, |root| {
                document(root, "/PolicyDocument")
            });
            (name, text)
        })
        .collect())
}

/// All pages of a listing, or what keeps it from being complete.
fn listed<T>(
    estate: &Estate,
    operation: Operation,
    account: &str,
    key: &str,
    mut items: impl FnMut(&Part<'_, '_>) -> Read<Vec<T>>,
) -> Read<Vec<T>> {
    let listing = estate.listing(operation, account, "", key);
    if let Some(gap) = listing.gap {
        return Err(gap);
    }
    let mut all = Vec::new();
    for page in &listing.pages {
        all.extend(items(&page.root())?);
    }
    if listing
        .pages
        .last()
        .is_some_and(|page| truncated(&page.body))
    {
        return Err(
            Missing::call(operation, format!("RoleName={key}"), Gap::Incomplete, "").into(),
        );
    }
    Ok(all)
}

/// One answer, or what is missing. A policy that is gone between two calls was not read either.
fn answered<T>(
    estate: &Estate,
    operation: Operation,
    account: &str,
    key: &str,
    take: impl FnOnce(&Part<'_, '_>) -> Read<T>,
) -> Read<T> {
    match estate.reply(operation, account, "", key) {
        Reply::Answer(answer) => take(&answer.root()),
        Reply::Missing(missing) => Err(missing),
        Reply::NotFound(observation) | Reply::Absent(observation) => Err(observation.gone().into()),
    }
}

fn single_policy(estate: &Estate, account: &str, arn: &str) -> Read<ManagedPolicy> {
    let version = answered(estate, Operation::GetPolicy, account, arn, |root| {
        Ok(read(root.text("/Policy/DefaultVersionId"))?.into_owned())
    })?;
    let key = format!("{arn}\n{version}");
    let document = answered(estate, Operation::GetPolicyVersion, account, &key, |root| {
        document(root, "/PolicyVersion/Document")
    })?;
    Ok(ManagedPolicy { version, document })
}

/// The default version of an entry of `Policies`.
fn default_version(policy: &Part<'_, '_>) -> Read<ManagedPolicy> {
    let versions = read(policy.required_parts("/PolicyVersionList"))?;
    let named = policy
        .node()
        .pointer("/DefaultVersionId")
        .and_then(Node::text);
    let is_default = |version: &&Part<'_, '_>| {
        version
            .node()
            .pointer("/IsDefaultVersion")
            .and_then(Node::boolean)
            == Some(true)
    };
    let is_named = |version: &&Part<'_, '_>| {
        named.is_some() && version.node().pointer("/VersionId").and_then(Node::text) == named
    };
    let default = versions
        .iter()
        .find(is_default)
        .or_else(|| versions.iter().find(is_named));
    let Some(version) = default else {
        return Err(policy.malformed("/PolicyVersionList").into());
    };
    let id = version
        .node()
        .pointer("/VersionId")
        .and_then(Node::text)
        .or(named);
    Ok(ManagedPolicy {
        version: id.unwrap_or_default().to_owned(),
        document: document(version, "/Document")?,
    })
}

/// A policy document as text: IAM's percent-encoded string, or the object the AWS CLI prints.
fn document(part: &Part<'_, '_>, pointer: &'static str) -> Read<String> {
    let malformed = || part.malformed(pointer).into();
    // A document with a part that nobody knows yet may say anything.
    if let Some(open) = part.open_inside(pointer) {
        return Err(open.into());
    }
    match part.node().pointer(pointer) {
        Some(Node::Text(text)) => Ok(text.clone().into_owned()),
        Some(node @ Node::Object(_)) => serde_json::to_string(node).map_err(|_| malformed()),
        _ => match read(part.text(pointer)) {
            Err(missing) => Err(missing),
            Ok(_) => Err(malformed()),
        },
    }
}

fn attached_arns(part: &Part<'_, '_>, pointer: &'static str) -> Read<Vec<String>> {
    read(part.required_parts(pointer))?
        .iter()
        .map(|policy| Ok(read(policy.text("/PolicyArn"))?.into_owned()))
        .collect()
}

fn boundary(part: &Part<'_, '_>) -> Read<Option<String>> {
    match read(part.object("/PermissionsBoundary"))? {
        None => Ok(None),
        Some(boundary) => Ok(Some(
            read(boundary.text("/PermissionsBoundaryArn"))?.into_owned(),
        )),
    }
}

fn tags(part: &Part<'_, '_>) -> Read<BTreeMap<String, String>> {
    read(part.parts("/Tags"))?
        .iter()
        .map(|tag| {
            Ok((
                read(tag.text("/Key"))?.into_owned(),
                read(tag.text("/Value"))?.into_owned(),
            ))
        })
        .collect()
}

fn last_used(part: &Part<'_, '_>) -> Read<Option<Time>> {
    read(part.optional_time("/RoleLastUsed/LastUsedDate"))
}
