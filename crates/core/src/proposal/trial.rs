//! What the proposed policy would change: verdicts, grants, statements.
//!
//! Enters: a proposal and the role as it is. Leaves: the verdicts of the controls on the assets that
//! run as the role, before and after; the questions that still hold; what is granted today and would
//! not be, exactly; and what becomes of each statement. Deliberately absent: whether a grant is used.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::{
    Decision, Document, Effect, Extent, Layer, PolicyDocument, Question, Role,
    Statement as IamStatement, StatementRef, Universal, Universe, glob_matches,
};

use super::Proposal;
use super::needs::without_escapes;
use super::policy::Statement;
use crate::asset::{Asset, AssetKind};
use crate::facts::training_job::derive_streamed;
use crate::facts::{Context, Facts, StatementOrigin, derive};
use crate::judge::Selection;
use crate::prove::{Judged, prove};
use crate::snapshot::Observation;
use crate::verdict::Verdict;

/// What adopting the policy would change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trial {
    /// Whether every question below is settled and none still holds.
    pub accepted: bool,
    /// What still holds with the proposed policy, or could not be decided, in one line each.
    pub still: Vec<String>,
    /// The verdicts on the assets that run as the role, before and after.
    pub verdicts: Vec<Compared>,
    /// What becomes of each statement that allows something today.
    pub changes: Vec<Change>,
    /// What is granted today and would not be.
    pub losses: Vec<Loss>,
}

/// A control on one asset, before and after.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Compared {
    /// The control's id.
    pub control: String,
    /// The asset.
    pub asset: Asset,
    /// With what the role holds today.
    pub today: Verdict,
    /// With the proposed policy.
    pub after: Verdict,
    /// Why, after.
    pub why: String,
}

/// A statement of today.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// `kept` (all that it grants stays), `narrowed`, or `dropped`.
    pub becomes: &'static str,
    /// The proposed statements that grant some of it.
    pub by: Vec<String>,
    /// The statement.
    pub statement: StatementOrigin,
}

/// Something that is granted today and would not be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Loss {
    /// The action, or the pattern that grants actions which the policy does not name.
    pub action: String,
    /// Whether the policy still grants the action on something.
    pub partly: bool,
    /// A resource on which it is granted today and would not be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// The condition keys under which the policy still grants it there, where today's grant has no
    /// condition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unless: Vec<String>,
    /// Whether it was not decided exactly, and may be no loss.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub undecided: bool,
    /// The statement that grants it today.
    pub statement: StatementOrigin,
}

/// Tries a proposal against the controls of `selection`.
#[must_use]
pub fn trial(
    today: &Context<'_>,
    after: &Context<'_>,
    selection: &Selection<'_>,
    proposal: &Proposal,
) -> Trial {
    let role = &proposal.today;
    let verdicts = compared(today, after, selection, proposal);
    let mut still: Vec<String> = verdicts
        .iter()
        .filter(|one| matches!(one.after, Verdict::Fail | Verdict::Unknown))
        .map(|one| {
            format!(
                "{} on `{}` would be {}: {}",
                one.control, one.asset.name, one.after, one.why
            )
        })
        .collect();
    still.extend(beyond(proposal));
    if proposal.statements.is_empty() {
        still.push(
            "nothing that runs as this role declares what it needs, so nothing is proposed"
                .to_owned(),
        );
    }
    let losses = losses(role, proposal);
    Trial {
        accepted: still.is_empty(),
        still,
        changes: changes(role, proposal, &losses),
        verdicts,
        losses,
    }
}

/// The verdicts on notebooks, and on the latest job of each Region, which stands for all that run as
/// the role: the controls of a role ask about the role.
fn compared(
    today: &Context<'_>,
    after: &Context<'_>,
    selection: &Selection<'_>,
    proposal: &Proposal,
) -> Vec<Compared> {
    let mut all = Vec::new();
    let mut compare = |asset: &Asset, before: &dyn Facts, then: &dyn Facts| {
        let outcomes = selection
            .judge(asset.kind, before, today)
            .into_iter()
            .zip(selection.judge(asset.kind, then, after));
        for (was, is) in outcomes {
            let Some(control) = selection.control(&is) else {
                continue;
            };
            let Some(rule) = control.rule(asset.kind) else {
                continue;
            };
            let judged = Judged {
                control,
                rule,
                outcome: &is,
            };
            all.push(Compared {
                control: control.id.clone(),
                asset: asset.clone(),
                today: was.verdict,
                after: is.verdict,
                why: prove(judged, asset, then, after, false).why,
            });
        }
    };
    for asset in &proposal.needs.notebooks {
        if let (Some(before), Some(then)) = (derive(today, asset), derive(after, asset)) {
            compare(asset, before.as_facts(), then.as_facts());
        }
    }
    for (_, line) in proposal.needs.samples.values() {
        let Ok(observation) = serde_json::from_str::<Observation>(line) else {
            continue;
        };
        let before = derive_streamed(today, &observation, &|_| None);
        let then = derive_streamed(after, &observation, &|_| None);
        for (before, then) in before.iter().zip(&then) {
            compare(&then.asset(), before, then);
        }
    }
    all.retain(|one| one.asset.kind != AssetKind::Domain);
    all
}

/// What the documents grant beyond what was declared: nothing, or their construction is wrong. A union
/// lies within a set exactly when each of its entries does, so entries are asked about one by one.
fn beyond(proposal: &Proposal) -> Vec<String> {
    let arn = &proposal.role.arn;
    let questions = [
        ("s3:GetObject", Universe::objects(arn)),
        ("s3:PutObject", Universe::objects(arn)),
        ("s3:DeleteObject", Universe::objects(arn)),
        ("s3:ListBucket", Universe::buckets(arn)),
        ("kms:Decrypt", Universe::keys(arn)),
        ("iam:PassRole", Universe::own_roles(arn)),
        ("sts:AssumeRole", Universe::any_roles(arn)),
    ];
    let mut found = Vec::new();
    for (action, universe) in questions {
        let declared: BTreeSet<&str> = proposal
            .statements
            .iter()
            .filter(|statement| statement.allows(action))
            .flat_map(|statement| statement.resources.iter().map(String::as_str))
            .collect();
        for (_, statement) in allows(&proposal.role) {
            let entries = statement
                .resource
                .iter()
                .flat_map(|element| &element.entries);
            let strange = entries
                .filter(|_| statement.covers_action(action))
                .find(|entry| !declared.contains(entry.text.as_str()));
            if let Some(entry) = strange {
                found.push(format!(
                    "{action} would be granted on `{}`, which is not among the proposed entries",
                    entry.text
                ));
            }
        }
        found.extend(unscoped(proposal, action, universe));
    }
    found
}

/// Whether the proposal leaves an action without scope.
fn unscoped(proposal: &Proposal, action: &str, universe: Universe) -> Option<String> {
    match proposal.role.is_unscoped(&Question::new(action, universe)) {
        None => Some(format!("whether {action} would be scoped is not decided")),
        Some(true) => Some(format!("{action} would be granted without scope")),
        Some(false) => None,
    }
}

/// Some resource that is reached, in every context or in some.
fn reached(answer: &Universal) -> Option<String> {
    answer
        .witness
        .allow
        .clone()
        .or_else(|| answer.witness.conditional.clone())
}

/// An action that no policy names in full; it stands for all those that only a wildcard grants.
const UNNAMED: &str = "unnamedaction";

/// What is granted today and would not be, by action, in the order of today's statements.
fn losses(role: &Role, proposal: &Proposal) -> Vec<Loss> {
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let mut losses = Vec::new();
    for (reference, statement) in allows(role) {
        for action in actions_of(statement, proposal) {
            if asked.insert(action.asked.to_ascii_lowercase()) {
                losses.extend(loss(role, proposal, &action, &reference));
            }
        }
    }
    losses
}

/// The Allows of the role's own policies.
fn allows(role: &Role) -> impl Iterator<Item = (StatementOrigin, &IamStatement)> {
    role.identity.iter().flat_map(|policy| {
        let document: Option<&Document> = match &policy.document {
            PolicyDocument::Parsed(document) => Some(document),
            PolicyDocument::NotRead { .. } | PolicyDocument::Malformed { .. } => None,
        };
        document.into_iter().flat_map(move |document| {
            document
                .statements()
                .iter()
                .filter(|statement| statement.effect == Effect::Allow)
                .map(move |statement| {
                    let reference = StatementRef::in_policy(policy, document, statement);
                    (crate::facts::role::quote(&reference), statement)
                })
        })
    })
}

/// An action to ask about.
struct Action {
    /// As the loss shows it.
    shown: String,
    /// The name that is asked.
    asked: String,
}

/// The actions that a statement grants: those that it or the proposal names, and one that stands for
/// the rest of each wildcard.
fn actions_of(statement: &IamStatement, proposal: &Proposal) -> Vec<Action> {
    let Some(element) = &statement.action else {
        return Vec::new();
    };
    let named = |name: &str| Action {
        shown: name.to_owned(),
        asked: name.to_owned(),
    };
    let proposed = proposal
        .statements
        .iter()
        .flat_map(|statement| &statement.actions)
        .filter(|action| statement.covers_action(action))
        .map(|action| named(action));
    let mut actions: Vec<Action> = proposed.collect();
    if element.negated {
        let but: Vec<&str> = element
            .entries
            .iter()
            .map(|entry| entry.text.as_str())
            .collect();
        actions.push(Action {
            shown: format!("every action but {}", but.join(", ")),
            asked: format!("unnamed:{UNNAMED}"),
        });
        return actions;
    }
    for entry in &element.entries {
        let text = entry.text.as_str();
        if text.contains(['*', '?']) {
            let whole = if text == "*" { "*:*" } else { text };
            let (service, name) = whole.split_once(':').unwrap_or((whole, "*"));
            let name = name.replace('*', UNNAMED).replace('?', "z");
            let service = service.replace('*', "unnamed").replace('?', "z");
            actions.push(Action {
                shown: text.to_owned(),
                asked: format!("{service}:{name}"),
            });
        } else {
            actions.push(named(text));
        }
    }
    actions
}

fn loss(
    role: &Role,
    proposal: &Proposal,
    action: &Action,
    statement: &StatementOrigin,
) -> Option<Loss> {
    let stays = proposal.granted(&action.asked);
    let partly = !stays.is_empty();
    let ask = |outside: Vec<String>| {
        let universe = universe_of(&action.asked, role);
        role.universal(&Question::new(&action.asked, universe).outside(outside))
    };
    let lost = |answer: &Universal, witness: Option<String>, unless| Loss {
        action: action.shown.clone(),
        partly,
        unless,
        undecided: answer.decision != Decision::Exact,
        statement: witness
            .as_deref()
            .and_then(|arn| granting(role, &action.asked, arn))
            .unwrap_or_else(|| statement.clone()),
        witness,
    };
    // What is granted wide is reached outside in an instant.
    let whole = ask(Vec::new());
    if let Some(witness) = reached(&whole)
        && whole.decision == Decision::Exact
        && !stays.iter().any(|pattern| glob_matches(pattern, &witness))
    {
        return Some(lost(&whole, Some(witness), Vec::new()));
    }
    let answer = ask(stays);
    if answer.may != Extent::None {
        return Some(lost(&answer, reached(&answer), Vec::new()));
    }
    // Every resource stays; what is granted without condition today may still get one.
    let open = |proposed: &&Statement| proposed.condition.is_none();
    let (unless, always) = proposal.conditions(&action.asked, open);
    let answer = ask(always);
    (answer.must != Extent::None).then(|| lost(&answer, answer.witness.allow.clone(), unless))
}

/// The statement of the role's own policies that grants an action on a resource.
fn granting(role: &Role, action: &str, resource: &str) -> Option<StatementOrigin> {
    let decided = role.point(action, resource).decided_by;
    let allow = decided
        .iter()
        .find(|one| one.effect == Effect::Allow && one.layer == Layer::Identity)?;
    Some(crate::facts::role::quote(allow))
}

/// The resources of an action, where they are of one kind.
fn universe_of(action: &str, role: &Role) -> Universe {
    match action.to_ascii_lowercase().as_str() {
        "s3:getobject"
        | "s3:putobject"
        | "s3:deleteobject"
        | "s3:getobjectversion"
        | "s3:abortmultipartupload" => Universe::objects(&role.arn),
        "s3:listbucket" => Universe::buckets(&role.arn),
        "iam:passrole" => Universe::own_roles(&role.arn),
        "sts:assumerole" => Universe::any_roles(&role.arn),
        "kms:decrypt" => Universe::keys(&role.arn),
        _ => Universe::everything(&role.arn),
    }
}

/// What becomes of each statement.
fn changes(role: &Role, proposal: &Proposal, losses: &[Loss]) -> Vec<Change> {
    allows(role)
        .map(|(reference, statement)| {
            let by: Vec<String> = proposal
                .statements
                .iter()
                .filter(|proposed| {
                    proposed
                        .actions
                        .iter()
                        .any(|action| statement.covers_action(action))
                })
                .map(|proposed| proposed.sid.clone())
                .collect();
            let actions = actions_of(statement, proposal);
            let loses = losses
                .iter()
                .any(|loss| actions.iter().any(|action| action.shown == loss.action));
            Change {
                becomes: match (by.is_empty(), loses) {
                    (_, false) => "kept",
                    (true, true) => "dropped",
                    (false, true) => "narrowed",
                },
                by,
                statement: reference,
            }
        })
        .collect()
}

impl Proposal {
    /// The resources on which the policy grants `action`, as patterns for a question about what lies
    /// outside. An escaped character counts as any one character there.
    fn granted(&self, action: &str) -> Vec<String> {
        self.conditions(action, |_| true).1
    }

    /// The condition keys of the statements that allow `action` and are not `wanted`, and the
    /// resources of those that are.
    fn conditions(
        &self,
        action: &str,
        wanted: impl Fn(&&Statement) -> bool,
    ) -> (Vec<String>, Vec<String>) {
        let allowing = self
            .statements
            .iter()
            .filter(|statement| statement.allows(action));
        let (wanted, others): (Vec<&Statement>, Vec<&Statement>) = allowing.partition(wanted);
        let keys: BTreeSet<String> = others
            .iter()
            .filter_map(|statement| statement.condition.as_ref()?.as_object())
            .flat_map(|operators| operators.values())
            .filter_map(|tests| tests.as_object())
            .flat_map(|tests| tests.keys().cloned())
            .collect();
        let resources = wanted
            .iter()
            .flat_map(|statement| &statement.resources)
            .map(|resource| without_escapes(resource));
        (keys.into_iter().collect(), resources.collect())
    }
}
