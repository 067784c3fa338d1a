//! How far one action of a role reaches, as facts.
//!
//! Enters: the answer of the IAM reasoning for one action over one universe, and the account's
//! buckets or roles. Leaves: a [`Grant`]. The word `pattern_covers_account` is added here: a grant
//! that is scoped in form, by patterns that match nearly every bucket there is, is not scoped in
//! effect. Without the list of buckets that question stays open, so a grant by bucket pattern does.

use std::sync::Arc;

use sagewarden_iam::{
    Boundary, Effect, Question, Reach, Scope, StatementRef, Universe, glob_matches,
};

use crate::facts::fact::{Fact, Origin, Origins, StatementOrigin};
use crate::json::Node;
use crate::missing::{Missing, MissingSet};
use crate::tunables::Tunables;

use super::Grant;
use super::assembly::Read;
use super::policies::Policies;

/// Fewer buckets than this are too few for a share of them to say anything.
const FEW_BUCKETS: usize = 5;

/// In summaries: whatever the statement names.
pub(super) const ANY_ACTION: &str = "*";

/// What a grant is about, and what there is in the account of it.
pub(super) enum Subject<'a> {
    /// Objects, by the buckets of the account.
    Objects(Read<&'a [String]>),
    /// Roles, by those of the account.
    Roles(Read<Vec<&'a str>>),
}

/// The grant of one action.
pub(super) struct Granting<'a> {
    pub(super) policies: &'a Policies,
    pub(super) tunables: &'a Tunables,
    pub(super) call: Origin<'static>,
    pub(super) action: &'static str,
    pub(super) subject: Subject<'a>,
}

impl Granting<'_> {
    /// The facts of the grant, from its scope.
    pub(super) fn facts(&self, scope: &Scope) -> Grant<'static> {
        let known = decided(scope);
        let origins = self.origins(known);
        let missing = match scope {
            Scope::Undecided { state_cap, .. } => Some(self.undecided(*state_cap)),
            _ => None,
        };
        let matched = self.matched(known);
        let word = match missing {
            Some(missing) => Fact::unknown(missing),
            None => self.word(known, &matched),
        };
        let word = Fact {
            state: word.state,
            origins: word.origins.and(origins.clone()),
        };
        let (resources, patterns) = (resources(known), self.patterns(known));
        let with = |values: Vec<String>| Fact::known(values, origins.clone());
        let (managed, inline) = policies_of(&deciding(known));
        Grant {
            open: word
                .clone()
                .map(|word| !matches!(word, "none" | "scoped" | "cancelled")),
            scope: word,
            decided_by: Fact::known(self.summary(known), origins.clone()),
            managed_policies: with(managed),
            inline_policies: with(inline),
            conditions: with(conditions(known)),
            mitigations: with(
                mitigations(known)
                    .iter()
                    .map(|statement| summary(statement, self.action))
                    .collect(),
            ),
            not_resource: Fact::known(not_resource(known), origins.clone()),
            policy_variable: Fact::known(policy_variable(known), origins.clone()),
            resources: with(resources),
            patterns: with(patterns),
            matched,
        }
    }

    fn word(
        &self,
        known: &Scope,
        matched: &Fact<'static, Vec<String>>,
    ) -> Fact<'static, &'static str> {
        Fact::given(match known {
            Scope::NotGranted => "none",
            Scope::Cancelled { .. } => "cancelled",
            Scope::Unscoped(_) => "unscoped",
            Scope::UnscopedConditional(_) => "unscoped_conditional",
            Scope::UnscopedExcept(_) => "unscoped_except",
            Scope::Scoped { .. } => return self.scoped(known, matched),
            // `facts` has said that this is unknown.
            Scope::Undecided { .. } => "none",
        })
    }

    /// Patterns over buckets count as open when they match nearly all of them.
    fn scoped(
        &self,
        known: &Scope,
        matched: &Fact<'static, Vec<String>>,
    ) -> Fact<'static, &'static str> {
        let Subject::Objects(buckets) = &self.subject else {
            return Fact::given("scoped");
        };
        if self.patterns(known).is_empty() {
            return Fact::given("scoped");
        }
        match buckets {
            Err(missing) => Fact::unknown(Arc::clone(missing)),
            Ok(buckets) => matched
                .clone()
                .map(|matched| {
                    #[allow(
                        clippy::cast_precision_loss,
                        reason = "an account has far fewer buckets than 2^52"
                    )]
                    let share = matched.len() as f64 / buckets.len().max(1) as f64;
                    if buckets.len() >= FEW_BUCKETS && share >= self.tunables.pattern_coverage {
                        "pattern_covers_account"
                    } else {
                        "scoped"
                    }
                })
                .also_from(Origin::Tunable("pattern_coverage")),
        }
    }

    /// The granted entries that hold a wildcard in the name of the bucket or the role.
    fn patterns(&self, known: &Scope) -> Vec<String> {
        let mut patterns: Vec<String> = reaches(known)
            .iter()
            .filter(|reach| self.is_pattern(reach))
            .map(|reach| reach.pattern.clone())
            .collect();
        patterns.sort_unstable();
        patterns.dedup();
        patterns
    }

    fn is_pattern(&self, reach: &Reach) -> bool {
        if reach.resource_condition {
            return false;
        }
        let name = match self.subject {
            Subject::Objects(_) => bucket_of(&reach.pattern),
            Subject::Roles(_) => role_of(&reach.pattern),
        };
        name.contains(['*', '?']) || name.contains("${")
    }

    /// What the patterns match in the account; nothing when the grant is not scoped.
    fn matched(&self, known: &Scope) -> Fact<'static, Vec<String>> {
        let by_pattern: Vec<&Reach> = reaches(known)
            .iter()
            .filter(|reach| self.is_pattern(reach))
            .collect();
        if by_pattern.is_empty() {
            return Fact::given(Vec::new());
        }
        match &self.subject {
            Subject::Objects(Err(missing)) | Subject::Roles(Err(missing)) => {
                Fact::unknown(Arc::clone(missing))
            }
            Subject::Objects(Ok(buckets)) => {
                let matched = buckets.iter().filter(|bucket| {
                    by_pattern
                        .iter()
                        .any(|reach| reach_of_bucket(reach, bucket))
                });
                let matched = match is_cut(self.policies, known) {
                    false => matched.cloned().collect(),
                    true => matched
                        .filter(|bucket| self.reaches_bucket(bucket))
                        .cloned()
                        .collect(),
                };
                Fact::given(matched)
            }
            Subject::Roles(Ok(roles)) => {
                let candidates: Vec<&str> = roles
                    .iter()
                    .copied()
                    .filter(|role| by_pattern.iter().any(|reach| reach_of_role(reach, role)))
                    .collect();
                let answers = self
                    .policies
                    .role
                    .reachable(self.action, candidates.iter().copied());
                Fact::given(
                    candidates
                        .into_iter()
                        .zip(answers)
                        .filter(|(_, answer)| *answer != sagewarden_iam::Grant::Deny)
                        .map(|(role, _)| role.to_owned())
                        .collect(),
                )
            }
        }
    }

    /// Whether any object of a bucket is left when Denies and the boundary have cut the grant.
    fn reaches_bucket(&self, bucket: &str) -> bool {
        let role = &self.policies.role;
        let universe = Universe::objects_under(&role.arn, bucket, "");
        role.universal(&Question::new(self.action, universe)).may != sagewarden_iam::Extent::None
    }

    fn undecided(&self, state_cap: Option<usize>) -> MissingSet {
        match (self.policies.gaps(), state_cap) {
            (Some(missing), None) => missing,
            _ => Missing::undecided(format!(
                "whether the policies of `{}` scope {} is not decided exactly",
                self.policies.role.arn, self.action
            ))
            .into(),
        }
    }

    fn origins(&self, known: &Scope) -> Origins<'static> {
        let statements = deciding(known)
            .into_iter()
            .chain(mitigations(known))
            .map(origin);
        std::iter::once(self.call.clone())
            .chain(statements)
            .collect()
    }

    fn summary(&self, known: &Scope) -> String {
        let statements = deciding(known);
        if statements.is_empty() {
            return match known {
                Scope::Cancelled { .. } => {
                    format!("the permissions boundary allows no {}", self.action)
                }
                _ => format!("no statement allows {}", self.action),
            };
        }
        summaries(&statements, self.action)
    }
}

/// The verdict of the policies that were read.
fn decided(scope: &Scope) -> &Scope {
    match scope {
        Scope::Undecided {
            so_far: Some(known),
            ..
        } => decided(known),
        other => other,
    }
}

fn reaches(known: &Scope) -> &[Reach] {
    match known {
        Scope::Scoped { reach, .. } => reach,
        _ => &[],
    }
}

/// The statements that make the verdict, each once.
fn deciding(known: &Scope) -> Vec<&StatementRef> {
    let mut statements: Vec<&StatementRef> = match known {
        Scope::Scoped { reach, .. } => reach.iter().map(|reach| &reach.statement).collect(),
        Scope::Cancelled { denies, .. } => denies.iter().collect(),
        _ => known
            .open_grant()
            .map(|grant| grant.statements.iter().collect())
            .unwrap_or_default(),
    };
    statements.dedup_by_key(|statement| (&statement.policy, statement.index));
    statements
}

/// The ARNs of the managed policies that statements stand in, and the names of the inline ones.
pub(super) fn policies_of(statements: &[&StatementRef]) -> (Vec<String>, Vec<String>) {
    let (mut managed, mut inline) = (Vec::new(), Vec::new());
    for statement in statements {
        match &statement.policy_arn {
            Some(arn) => managed.push(arn.to_string()),
            None => inline.push(statement.policy.to_string()),
        }
    }
    for names in [&mut managed, &mut inline] {
        names.sort_unstable();
        names.dedup();
    }
    (managed, inline)
}

fn mitigations(known: &Scope) -> Vec<&StatementRef> {
    match known {
        Scope::Scoped { denies, .. } => denies.iter().collect(),
        _ => known
            .open_grant()
            .map(|grant| grant.mitigations.iter().collect())
            .unwrap_or_default(),
    }
}

fn conditions(known: &Scope) -> Vec<String> {
    let mut keys: Vec<String> = match known.open_grant() {
        Some(grant) => grant.open_conditions.clone(),
        None => reaches(known)
            .iter()
            .flat_map(|reach| reach.open_conditions.iter().cloned())
            .collect(),
    };
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn resources(known: &Scope) -> Vec<String> {
    let mut entries: Vec<String> = match known.open_grant() {
        Some(grant) => grant
            .statements
            .iter()
            .flat_map(|statement| entries(statement, &["Resource", "NotResource"]).1)
            .collect(),
        None => reaches(known)
            .iter()
            .map(|reach| reach.pattern.clone())
            .collect(),
    };
    entries.sort_unstable();
    entries.dedup();
    entries
}

fn not_resource(known: &Scope) -> bool {
    match known.open_grant() {
        Some(grant) => grant.not_resource,
        None => reaches(known)
            .iter()
            .any(|reach| reach.statement.json.contains("NotResource")),
    }
}

fn policy_variable(known: &Scope) -> bool {
    match known.open_grant() {
        Some(grant) => grant.policy_variable,
        None => reaches(known)
            .iter()
            .any(|reach| !reach.variables.is_empty()),
    }
}

/// Whether something takes part of the grant away, so that a pattern alone does not tell.
fn is_cut(policies: &Policies, known: &Scope) -> bool {
    !matches!(policies.role.boundary, Boundary::None) || !mitigations(known).is_empty()
}

/// The part of an entry that names buckets: from `:::` to the first `/`; all of it when the entry
/// is not shaped like a bucket's ARN, as `*` is not.
fn bucket_of(pattern: &str) -> &str {
    match pattern.split_once(":::") {
        Some((_, rest)) => rest.split('/').next().unwrap_or(rest),
        None => pattern,
    }
}

/// The part of an entry that names roles, path included.
fn role_of(pattern: &str) -> &str {
    pattern
        .split_once(":role/")
        .map_or(pattern, |(_, name)| name)
}

fn reach_of_bucket(reach: &Reach, bucket: &str) -> bool {
    let inside = |pattern: &str| glob_matches(&without_variables(bucket_of(pattern)), bucket);
    inside(&reach.pattern) && !reach.except.iter().any(|except| inside(except))
}

fn reach_of_role(reach: &Reach, role: &str) -> bool {
    glob_matches(&without_variables(&reach.pattern), role)
        && !reach.except.iter().any(|except| glob_matches(except, role))
}

/// A pattern with its policy variables widened to any text.
fn without_variables(pattern: &str) -> String {
    let mut wide = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        wide.push_str(before);
        wide.push('*');
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    wide.push_str(rest);
    wide
}

/// Several statements in one line.
pub(super) fn summaries(statements: &[&StatementRef], action: &str) -> String {
    const SHOWN: usize = 3;
    let mut lines: Vec<String> = statements
        .iter()
        .take(SHOWN)
        .map(|statement| summary(statement, action))
        .collect();
    if statements.len() > SHOWN {
        lines.push(format!("{} more", statements.len() - SHOWN));
    }
    lines.join("; ")
}

/// A statement in one line: policy, version, Sid or index, what it does to what.
pub(super) fn summary(statement: &StatementRef, action: &str) -> String {
    let version = statement
        .version
        .as_deref()
        .map_or_else(String::new, |version| format!(" {version}"));
    let place = statement.sid.as_deref().map_or_else(
        || format!("Statement[{}]", statement.index),
        |sid| format!("`{sid}`"),
    );
    let verb = match statement.effect {
        Effect::Allow => "allows",
        Effect::Deny => "denies",
    };
    let (_, mut actions) = entries(statement, &["Action"]);
    // Of every action there is, each entry is part.
    if action != ANY_ACTION {
        actions.retain(|entry| glob_matches(&entry.to_lowercase(), &action.to_lowercase()));
    }
    let actions = match actions.is_empty() {
        false => shown(&actions),
        true => {
            let (negated, excepted) = entries(statement, &["NotAction"]);
            if negated {
                format!("all but {}", shown(&excepted))
            } else {
                action.to_owned()
            }
        }
    };
    let (_, named) = entries(statement, &["Resource"]);
    let resources = match named.is_empty() {
        false => shown(&named),
        true => format!("all but {}", shown(&entries(statement, &["NotResource"]).1)),
    };
    let keys = condition_keys(statement);
    let condition = match keys.is_empty() {
        true => String::new(),
        false => format!(" under conditions on {}", shown(&keys)),
    };
    format!(
        "`{}`{version} {place} {verb} {actions} on {resources}{condition}",
        statement.policy
    )
}

fn shown(entries: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = entries
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    if entries.len() > SHOWN {
        text.push_str(&format!(" and {} more", entries.len() - SHOWN));
    }
    text
}

/// The strings of an element of the statement, whichever of `names` is there, and whether one is.
fn entries(statement: &StatementRef, names: &[&str]) -> (bool, Vec<String>) {
    let Ok(node) = Node::parse(&statement.json) else {
        return (false, Vec::new());
    };
    let Some(element) = names.iter().find_map(|name| node.member(name)) else {
        return (false, Vec::new());
    };
    let one = element.text().map(str::to_owned);
    let all = element
        .items()
        .iter()
        .filter_map(|item| item.text().map(str::to_owned));
    (true, one.into_iter().chain(all).collect())
}

/// The keys that the statement's condition tests, in order, each once.
fn condition_keys(statement: &StatementRef) -> Vec<String> {
    let Ok(node) = Node::parse(&statement.json) else {
        return Vec::new();
    };
    let tests = node.member("Condition").map_or(&[][..], Node::members);
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in tests.iter().flat_map(|(_, tests)| tests.members()) {
        if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            keys.push(key.clone().into_owned());
        }
    }
    keys
}

/// A statement as evidence.
pub(super) fn origin(statement: &StatementRef) -> Origin<'static> {
    Origin::Statement(Arc::new(quote(statement)))
}

/// A statement as it stands in its policy.
pub(crate) fn quote(statement: &StatementRef) -> StatementOrigin {
    let policy = statement.policy_arn.as_ref().unwrap_or(&statement.policy);
    StatementOrigin {
        policy: policy.to_string(),
        version: statement.version.as_deref().map(str::to_owned),
        path: statement.path.clone(),
        sid: statement.sid.clone(),
        effect: match statement.effect {
            Effect::Allow => "allows",
            Effect::Deny => "denies",
        }
        .to_owned(),
        statement: statement.json.clone(),
        place: None,
    }
}
