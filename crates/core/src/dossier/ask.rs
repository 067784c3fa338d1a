//! One action on one resource.

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::Grant;

use super::{RoleError, account_of, lines, not_read};
use crate::facts::role::quote;
use crate::facts::{Context, StatementOrigin};

/// A question about one request.
#[derive(Clone, Debug)]
pub struct Asking {
    /// The role's ARN.
    pub role: String,
    /// The action, `s3:GetObject`.
    pub action: String,
    /// The resource's ARN, or `*` for actions that have none.
    pub resource: String,
    /// Context keys of the request that are known, with their values.
    pub context: Vec<(String, Vec<String>)>,
}

/// The answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Asked {
    /// The role's ARN.
    pub role: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// `allow`, `deny`, `conditional` (it hangs on context keys that were not given), or `unknown`
    /// (a policy that was not read could change it).
    pub answer: &'static str,
    /// The statements that decide, each with the entry that matched.
    pub decided_by: Vec<StatementOrigin>,
    /// The layers in which nothing allows it: the reason of a deny that no statement makes.
    pub not_allowed_by: Vec<String>,
    /// The context keys on which a conditional answer hangs.
    pub open_conditions: Vec<String>,
    /// What was not read, in one line each.
    pub missing: Vec<String>,
}

/// Whether a role may do one thing.
///
/// # Errors
/// When nothing of the role's policies was read.
pub fn ask(context: &Context<'_>, asking: &Asking) -> Result<Asked, RoleError> {
    let policies = context
        .roles
        .policies(&asking.role, account_of(&asking.role))
        .map_err(|missing| not_read(&asking.role, &missing))?;
    let role = &policies.role;
    let request = asking
        .context
        .iter()
        .fold(role.context.clone(), |request, (key, values)| {
            request.with(key, values.clone())
        });
    let point = role.point_with(&asking.action, &asking.resource, &request);
    Ok(Asked {
        role: asking.role.clone(),
        action: asking.action.clone(),
        resource: asking.resource.clone(),
        answer: match point.answer {
            _ if !point.settled => "unknown",
            Grant::Allow => "allow",
            Grant::Deny => "deny",
            Grant::Conditional => "conditional",
        },
        decided_by: point.decided_by.iter().map(quote).collect(),
        not_allowed_by: point
            .not_allowed_by
            .iter()
            .map(ToString::to_string)
            .collect(),
        open_conditions: point.open_conditions,
        missing: policies
            .gaps()
            .filter(|_| !point.settled)
            .map_or_else(Vec::new, |gaps| lines(&gaps)),
    })
}
