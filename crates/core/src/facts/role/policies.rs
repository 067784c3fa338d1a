//! The policies of a role, ready to be asked.
//!
//! Enters: a role as described, and the managed policies it names. Leaves: [`Policies`], in which
//! a policy that is attached but was not read keeps its place, and says which call is missing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sagewarden_iam::{AttachedPolicy, Boundary, Context, Document, PolicyDocument, Role, RoleArn};

use crate::estate::Estate;
use crate::missing::{self, Gap, Missing, MissingSet};
use crate::operations::Operation;

use super::assembly::{AccountRoles, Described, Read};

/// A role's policies as the reasoning takes them, and what is missing of them.
#[derive(Debug)]
pub struct Policies {
    /// Inline and attached policies, the boundary, and what is known of the role's requests.
    pub role: Role,
    /// What keeps the inline and attached policies from being complete.
    pub missing: Option<MissingSet>,
    /// What keeps the permissions boundary from being known.
    pub boundary_missing: Option<MissingSet>,
    /// Whether the AWS managed policy `AdministratorAccess` is attached.
    pub administrator_access: Read<bool>,
}

impl Policies {
    /// Puts other inline and attached policies in place of those that were read.
    pub(super) fn suppose(&mut self, identity: &[AttachedPolicy]) {
        self.role.identity = identity.to_vec();
        self.missing = None;
        self.administrator_access = Ok(identity
            .iter()
            .any(|policy| policy.arn.as_deref().is_some_and(is_administrator_access)));
    }

    /// Everything that is missing, if anything is.
    #[must_use]
    pub fn gaps(&self) -> Option<MissingSet> {
        match (&self.missing, &self.boundary_missing) {
            (Some(a), Some(b)) => Some(missing::union(a, b)),
            (Some(one), None) | (None, Some(one)) => Some(Arc::clone(one)),
            (None, None) => None,
        }
    }
}

/// What was parsed once: many roles attach the same managed policies, and the inline ones that a
/// tool wrote into each are alike.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Managed policies, by account and ARN.
    managed: Mutex<HashMap<(String, String), Read<AttachedPolicy>>>,
    /// Inline documents, by their text.
    inline: Mutex<HashMap<String, Document>>,
}

impl Shared {
    /// The inline policy `name` of a role.
    fn inline(
        &self,
        described: &Described,
        arn: &RoleArn,
        name: &str,
        text: &str,
    ) -> Read<Document> {
        let known = self.inline.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known.get(text) {
            return Ok(document.clone());
        }
        drop(known);
        let document = Document::parse(text).map_err(|error| {
            let subject = format!("RoleName={}, PolicyName={name}", arn.name());
            let operation = match described.operation {
                Operation::GetRole => Operation::GetRolePolicy,
                other => other,
            };
            unreadable(operation, subject, &error)
        })?;
        let mut known = self.inline.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(text.to_owned()).or_insert(document).clone())
    }

    fn policy(&self, place: &Place<'_>, arn: &str) -> Read<AttachedPolicy> {
        let key = (place.account.to_owned(), arn.to_owned());
        let mut parsed = self.managed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed
            .entry(key)
            .or_insert_with(|| {
                let policy = place.known.policy(place.estate, place.account, arn)?;
                let document = Document::parse(&policy.document).map_err(|error| {
                    unreadable(
                        Operation::GetPolicyVersion,
                        format!("PolicyArn={arn}"),
                        &error,
                    )
                })?;
                Ok(AttachedPolicy::managed(
                    arn,
                    Some(&policy.version),
                    document,
                ))
            })
            .clone()
    }
}

/// Where policies are looked up.
pub(super) struct Place<'a> {
    pub(super) estate: &'a Estate,
    pub(super) account: &'a str,
    pub(super) known: &'a AccountRoles,
}

/// Whether an ARN is that of the AWS managed policy `AdministratorAccess`, in any partition.
pub(super) fn is_administrator_access(arn: &str) -> bool {
    arn.ends_with(":iam::aws:policy/AdministratorAccess")
}

/// Puts the policies of a role together.
pub(super) fn assemble(
    place: &Place<'_>,
    shared: &Shared,
    arn: &RoleArn,
    described: &Described,
) -> Policies {
    let mut role = Role::new(arn.clone());
    if let Ok(tags) = &described.tags {
        role.context = Context::of_role(arn, Some(tags));
    }
    let mut missing = None;
    match &described.inline {
        Ok(policies) => {
            for (name, text) in policies {
                match text
                    .clone()
                    .and_then(|text| shared.inline(described, arn, name, &text))
                {
                    Ok(document) => role.identity.push(AttachedPolicy::inline(name, document)),
                    Err(gap) => {
                        role.identity
                            .push(AttachedPolicy::inline(name, unread(&gap)));
                        add(&mut missing, &gap);
                    }
                }
            }
        }
        Err(gap) => {
            role.identity
                .push(AttachedPolicy::inline("inline policies", unread(gap)));
            add(&mut missing, gap);
        }
    }
    match &described.attached {
        Ok(arns) => {
            for attached in arns {
                match shared.policy(place, attached) {
                    Ok(policy) => role.identity.push(policy),
                    Err(gap) => {
                        role.identity
                            .push(AttachedPolicy::managed(attached, None, unread(&gap)));
                        add(&mut missing, &gap);
                    }
                }
            }
        }
        Err(gap) => {
            role.identity
                .push(AttachedPolicy::inline("attached policies", unread(gap)));
            add(&mut missing, gap);
        }
    }
    let boundary = described
        .boundary
        .clone()
        .and_then(|boundary| match boundary {
            None => Ok(Boundary::None),
            Some(boundary) => shared.policy(place, &boundary).map(Boundary::Attached),
        });
    let boundary_missing = boundary.as_ref().err().cloned();
    role.boundary = boundary.unwrap_or_else(|gap| Boundary::NotRead { why: text_of(&gap) });
    Policies {
        role,
        missing,
        boundary_missing,
        administrator_access: described
            .attached
            .clone()
            .map(|arns| arns.iter().any(|arn| is_administrator_access(arn))),
    }
}

fn unreadable(operation: Operation, subject: String, error: &impl std::fmt::Display) -> MissingSet {
    Missing::call(operation, subject, Gap::Malformed, error.to_string()).into()
}

fn unread(gap: &MissingSet) -> PolicyDocument {
    PolicyDocument::NotRead { why: text_of(gap) }
}

fn text_of(gap: &MissingSet) -> String {
    gap.iter()
        .map(Missing::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

pub(super) fn add(all: &mut Option<MissingSet>, gap: &MissingSet) {
    *all = Some(match all.take() {
        None => Arc::clone(gap),
        Some(known) => missing::union(&known, gap),
    });
}
