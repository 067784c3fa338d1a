//! One action on one resource, and the cheap form of it over a list of resources.
//!
//! A role, an action and a resource ARN enter; allow, deny or conditional leaves, with the
//! statements that decided. It is also the judge of the universal solver: every witness that the
//! solver names must be confirmed here. Deliberately absent: what a policy on the resource adds.

use serde::Serialize;

use crate::context::Context;
use crate::gather::{Clause, Gathered, gather};
use crate::role::{Layer, MissingPolicy, Role, StatementRef};

/// Whether a request is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grant {
    /// In no context.
    Deny,
    /// In some contexts, as far as they are known.
    Conditional,
    /// Whatever the context.
    Allow,
}

/// The answer for one action on one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Point {
    /// The answer, from the policies that were read.
    pub answer: Grant,
    /// The statements that decided, each with the entry that matched: the Denies of a deny, the
    /// Allows (and open Denies) of a grant.
    pub decided_by: Vec<StatementRef>,
    /// The context keys on which a conditional answer hangs.
    pub open_conditions: Vec<String>,
    /// Layers in which nothing allows: the reason of a deny that no Deny statement makes.
    pub not_allowed_by: Vec<Layer>,
    /// Attached policies that were not read.
    pub missing: Vec<MissingPolicy>,
    /// Whether no content of the missing policies could change the answer.
    pub settled: bool,
}

impl Role {
    /// Whether the role may do `action` on `resource` (an ARN, or `*` for actions without
    /// resource types).
    pub fn point(&self, action: &str, resource: &str) -> Point {
        self.point_with(action, resource, &self.context)
    }

    /// As [`Role::point`], with another context than the role's own.
    pub fn point_with(&self, action: &str, resource: &str, context: &Context) -> Point {
        explain(&gather(self, action, context), resource, context)
    }

    /// The answer for each of `resources`, in order, without explanations. Statements are
    /// gathered once.
    pub fn reachable<'a>(
        &self,
        action: &str,
        resources: impl IntoIterator<Item = &'a str>,
    ) -> Vec<Grant> {
        let gathered = gather(self, action, &self.context);
        resources
            .into_iter()
            .map(|resource| grant(&gathered, resource))
            .collect()
    }
}

/// The answer alone.
pub(crate) fn grant(gathered: &Gathered<'_>, resource: &str) -> Grant {
    let mut must = true;
    for layer in &gathered.layers {
        let mut surely = false;
        let mut possibly = false;
        for clause in &layer.allows {
            let (sure, possible) = clause.hits(resource);
            possibly |= possible;
            if sure {
                surely = true;
                break;
            }
        }
        if !possibly && !surely {
            return Grant::Deny;
        }
        must &= surely;
    }
    for clause in &gathered.denies {
        let (surely, possibly) = clause.hits(resource);
        if surely {
            return Grant::Deny;
        }
        must &= !possibly;
    }
    if must {
        Grant::Allow
    } else {
        Grant::Conditional
    }
}

fn explain(gathered: &Gathered<'_>, resource: &str, context: &Context) -> Point {
    let answer = grant(gathered, resource);
    let lacking: Vec<&crate::gather::GatheredLayer<'_>> = gathered
        .layers
        .iter()
        .filter(|layer| !layer.allows.iter().any(|clause| clause.hits(resource).1))
        .collect();
    let denied_surely = gathered.denies.iter().any(|clause| clause.hits(resource).0);
    let settled =
        gathered.missing.is_empty() || denied_surely || lacking.iter().any(|layer| layer.complete);
    let deciding: Vec<&Clause<'_>> = match answer {
        Grant::Deny => gathered
            .denies
            .iter()
            .filter(|clause| clause.hits(resource).0)
            .collect(),
        Grant::Allow => gathered
            .clauses()
            .filter(|clause| clause.hits(resource).0)
            .collect(),
        Grant::Conditional => gathered
            .clauses()
            .filter(|clause| clause.hits(resource).1)
            .collect(),
    };
    let open_conditions = if answer == Grant::Conditional {
        merge_keys(deciding.iter().copied(), context)
    } else {
        Vec::new()
    };
    Point {
        answer,
        decided_by: deciding
            .iter()
            .map(|clause| clause.reference_for(resource))
            .collect(),
        open_conditions,
        not_allowed_by: lacking.iter().map(|layer| layer.layer).collect(),
        missing: gathered.missing.clone(),
        settled,
    }
}

/// The open keys of several clauses, each once, in order.
pub(crate) fn merge_keys<'c, 'r: 'c>(
    clauses: impl Iterator<Item = &'c Clause<'r>>,
    context: &Context,
) -> Vec<String> {
    let mut merged: Vec<String> = Vec::new();
    for key in clauses.flat_map(|clause| clause.open_keys(context)) {
        if !merged.iter().any(|known| known.eq_ignore_ascii_case(&key)) {
            merged.push(key);
        }
    }
    merged
}
