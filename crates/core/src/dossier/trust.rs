//! Whom a role lets in.
//!
//! Enters: a trust policy, and the policies of every other role of the snapshot. Leaves: the
//! principals that the trust policy names, with their conditions; and the roles that both sides
//! let through. Sources: IAM User Guide, "The confused deputy problem"; STS API Reference,
//! `AssumeRole`.

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::{
    AssumeEdge, ConditionEntry, Document, Effect, Grant, PrincipalEntry, PrincipalKind, RoleArn,
    StatementRef, TrustedRole,
};

use super::Gaps;
use crate::facts::role::quote;
use crate::facts::{Context, StatementOrigin};

/// One principal of a trust policy.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TrustEntry {
    /// `service`, `account`, `role`, `user`, `session`, `federated`, `anyone`, `anyone_but` or `other`.
    pub kind: &'static str,
    /// The principal as written.
    pub principal: String,
    /// The conditions that the caller must meet, as written: `StringEquals sts:ExternalId = x`.
    pub conditions: Vec<String>,
    /// Of a service: whether `aws:SourceAccount`, `aws:SourceArn` or the like says for whom it may
    /// act. Without, the service can be asked by another account to act as this role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound_to_source: Option<bool>,
    /// The statement.
    pub statement: StatementOrigin,
}

/// A role that can become this one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Admitted {
    /// Its ARN.
    pub arn: String,
    /// How: `assumes`, or `passes` it to a service.
    pub by: &'static str,
    /// Whether both sides agree whatever the context.
    pub certain: bool,
    /// The services it can be passed to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// The conditions of the trust policy that it must meet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// Whether it belongs to another account.
    pub other_account: bool,
    /// The statements of both sides.
    pub statements: Vec<StatementOrigin>,
}

/// Keys that say for which account or resource a service acts.
const SOURCES: [&str; 4] = [
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// The principals that the Allows of a trust policy name.
pub(super) fn entries(trust: &Document) -> Vec<TrustEntry> {
    let mut entries = Vec::new();
    for statement in trust.statements() {
        let Some(element) = statement
            .principal
            .as_ref()
            .filter(|_| statement.effect == Effect::Allow)
        else {
            continue;
        };
        let reference = StatementRef::in_document("trust policy", trust, statement);
        let conditions: Vec<String> = statement.condition.entries.iter().map(written).collect();
        let bound = statement
            .condition
            .entries
            .iter()
            .any(|entry| SOURCES.contains(&entry.key.to_ascii_lowercase().as_str()));
        for principal in &element.entries {
            let kind = if element.negated {
                "anyone_but"
            } else {
                kind(principal)
            };
            entries.push(TrustEntry {
                kind,
                principal: principal.value.clone(),
                conditions: conditions.clone(),
                bound_to_source: (kind == "service").then_some(bound),
                statement: quote(&reference),
            });
        }
    }
    entries
}

fn kind(principal: &PrincipalEntry) -> &'static str {
    let value = principal.value.as_str();
    match principal.kind {
        PrincipalKind::Anyone => "anyone",
        PrincipalKind::Service => "service",
        PrincipalKind::Federated => "federated",
        PrincipalKind::Aws if value == "*" => "anyone",
        PrincipalKind::Aws if value.contains(":assumed-role/") => "session",
        PrincipalKind::Aws if value.contains(":role/") => "role",
        PrincipalKind::Aws if value.contains(":user/") => "user",
        PrincipalKind::Aws => "account",
        PrincipalKind::CanonicalUser | PrincipalKind::Other(_) => "other",
    }
}

fn written(entry: &ConditionEntry) -> String {
    format!(
        "{} {} = {}",
        entry.operator.name,
        entry.key,
        entry.values.join(" | ")
    )
}

/// The roles of the snapshot that can assume `arn`, and those that can pass it.
pub(super) fn admitted(context: &Context<'_>, arn: &str, gaps: &mut Gaps) -> Vec<Admitted> {
    let (Ok(target), Ok(trust)) = (RoleArn::parse(arn), context.roles.trust(arn)) else {
        return Vec::new();
    };
    let alone = [TrustedRole {
        arn: &target,
        trust: Some(&trust),
    }];
    let mut found = Vec::new();
    for account in context.roles.accounts() {
        let (roles, gap) = context.roles.listed(account);
        // An account of which no role was read at all holds none that could be named.
        if account == target.account() {
            gaps.add(gap.as_ref());
        }
        for other in roles.into_iter().filter(|other| *other != arn) {
            let Ok(policies) = context.roles.policies(other, account) else {
                continue;
            };
            let role = &policies.role;
            let assumable = role.assumable(&alone);
            let edges = assumable.targets.iter().chain(&assumable.trust_only);
            found.extend(edges.map(|edge| assumes(other, account, &target, edge)));
            for edge in role.passable(&alone) {
                let point = role.point("iam:PassRole", arn);
                found.push(Admitted {
                    arn: other.to_owned(),
                    by: "passes",
                    certain: edge
                        .services
                        .iter()
                        .any(|service| service.grant == Grant::Allow),
                    services: edge
                        .services
                        .into_iter()
                        .map(|passed| passed.service)
                        .collect(),
                    conditions: Vec::new(),
                    other_account: account != target.account(),
                    statements: point.decided_by.iter().map(quote).collect(),
                });
            }
        }
    }
    found.sort_by(|a, b| (a.by, &a.arn).cmp(&(b.by, &b.arn)));
    found
}

fn assumes(other: &str, account: &str, target: &RoleArn, edge: &AssumeEdge) -> Admitted {
    let both = edge
        .identity
        .decided_by
        .iter()
        .chain(&edge.trust.decided_by);
    Admitted {
        arn: other.to_owned(),
        by: "assumes",
        certain: edge.grant == Grant::Allow,
        services: Vec::new(),
        conditions: edge
            .trust
            .conditions
            .iter()
            .map(|one| format!("{} {} = {}", one.operator, one.key, one.values.join(" | ")))
            .collect(),
        other_account: account != target.account(),
        statements: both.map(quote).collect(),
    }
}
