//! What changed between two assessments.
//!
//! Enters: two assessments, the earlier first, and whether the later looked at a place. Leaves:
//! assets that came, went or changed a setting, and findings that opened or closed, each with what
//! was read differently. Deliberately absent: a guess. A finding whose asset was not looked at again
//! is neither resolved nor removed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::assess::{Assessment, AssetFindings, Pick, Show, Subject};
use crate::asset::{Asset, AssetKind};
use crate::evaluate::Outcome;
use crate::facts::Context;
use crate::finding::{Evidence, Finding, finding_id};
use crate::jobs::JobError;
use crate::operations::Operation;
use crate::verdict::{Disposition, Verdict};

/// Settings of one asset that are told; one that changes in more is another asset.
const MOST_SETTINGS: usize = 50;

/// Members that move by themselves.
const RESTLESS: [&str; 4] = [
    "CreationTime",
    "LastModifiedTime",
    "ResponseMetadata",
    "Url",
];

/// Everything that changed.
#[derive(Debug, Default)]
pub struct Drift<'a> {
    /// Assets, by account, Region, kind and name.
    pub assets: Vec<AssetDrift>,
    /// Findings, in the same order.
    pub findings: Vec<FindingDrift<'a>>,
}

/// A change of an asset.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AssetDrift {
    /// The asset; of a job family, its latest job.
    pub asset: Asset,
    /// What happened.
    pub what: AssetChange,
    /// The settings that changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Change>,
}

/// What happened to an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetChange {
    /// It was not there before.
    Appeared,
    /// It is gone, as a whole listing shows.
    Removed,
    /// It was not seen again, and nothing shows that it is gone.
    Unobserved,
    /// Settings changed.
    Changed,
}

/// One thing that was read differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Change {
    /// The call and the member, or the policy and the statement.
    pub what: String,
    /// What was read before, as JSON or in words.
    pub before: Option<String>,
    /// What is read now.
    pub after: Option<String>,
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindingChange {
    /// It fails, and did not.
    New,
    /// It is open again, since its waiver does not cover it any more.
    Reopened,
    /// It fails for another reason.
    Changed,
    /// It does not fail any more.
    Resolved,
    /// Its asset is gone.
    Removed,
    /// It failed, and was not looked at again.
    Unobserved,
    /// It passed, and is not known to any more.
    Unknown,
}

impl FindingChange {
    /// Every change, in the order they are told.
    pub const ALL: [FindingChange; 7] = [
        FindingChange::New,
        FindingChange::Reopened,
        FindingChange::Changed,
        FindingChange::Unknown,
        FindingChange::Unobserved,
        FindingChange::Resolved,
        FindingChange::Removed,
    ];

    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            FindingChange::New => "new",
            FindingChange::Reopened => "reopened",
            FindingChange::Changed => "changed",
            FindingChange::Resolved => "resolved",
            FindingChange::Removed => "removed",
            FindingChange::Unobserved => "unobserved",
            FindingChange::Unknown => "unknown",
        }
    }
}

/// A change of a finding.
#[derive(Debug)]
pub struct FindingDrift<'a> {
    /// What happened.
    pub what: FindingChange,
    /// The finding before, of any verdict.
    pub before: Option<Finding<'a>>,
    /// The finding now.
    pub after: Option<Finding<'a>>,
    /// What was read differently.
    pub causes: Vec<Change>,
}

/// Compares two assessments. `looked_at` tells whether the later one listed the assets of a kind at a
/// place whole.
///
/// # Errors
/// When a training job cannot be read again.
pub fn between<'a>(
    before: &Assessment<'a>,
    after: &Assessment<'a>,
    looked_at: &dyn Fn(&Asset) -> bool,
) -> Result<Drift<'a>, JobError> {
    let earlier: HashMap<String, Subject<'_>> = before
        .subjects()
        .map(|subject| (subject.identity.clone().into_owned(), subject))
        .collect();
    let mut drift = Drift::default();
    let mut changes: HashMap<String, FindingChange> = HashMap::new();
    let mut seen: HashSet<&str> = HashSet::new();
    for subject in after.subjects() {
        let known = earlier.get_key_value(subject.identity.as_ref());
        if let Some((identity, known)) = known {
            seen.insert(identity);
            let settings = settings(before.context, known.asset, after.context, subject.asset);
            if !settings.is_empty() {
                drift.assets.push(AssetDrift {
                    asset: subject.asset.clone(),
                    what: AssetChange::Changed,
                    settings,
                });
            }
        } else {
            drift.assets.push(AssetDrift {
                asset: subject.asset.clone(),
                what: AssetChange::Appeared,
                settings: Vec::new(),
            });
        }
        for outcome in subject.outcomes {
            let Some(control) = after.selection.control(outcome) else {
                continue;
            };
            let previous = known.and_then(|(_, known)| outcome_of(before, known, &control.id));
            if let Some(change) = change(
                previous,
                outcome,
                before,
                known.map(|k| k.1),
                after,
                &subject,
            ) {
                changes.insert(finding_id(&control.id, &subject.identity), change);
            }
        }
    }
    for (identity, subject) in &earlier {
        if seen.contains(identity.as_str()) {
            continue;
        }
        let gone = looked_at(subject.asset);
        drift.assets.push(AssetDrift {
            asset: subject.asset.clone(),
            what: if gone {
                AssetChange::Removed
            } else {
                AssetChange::Unobserved
            },
            settings: Vec::new(),
        });
        for outcome in subject.outcomes {
            if let (Verdict::Fail, Some(control)) =
                (outcome.verdict, before.selection.control(outcome))
            {
                let change = if gone {
                    FindingChange::Removed
                } else {
                    FindingChange::Unobserved
                };
                changes.insert(finding_id(&control.id, identity), change);
            }
        }
    }
    drift
        .assets
        .sort_by(|a, b| (&a.asset, a.what).cmp(&(&b.asset, b.what)));
    let ids: Arc<HashSet<String>> = Arc::new(changes.keys().cloned().collect());
    let mut earlier = findings(before, &ids)?;
    let mut later = findings(after, &ids)?;
    let mut ids: Vec<(&String, &FindingChange)> = changes.iter().collect();
    let rank = |id: &String| {
        let finding = later.get(id).or_else(|| earlier.get(id));
        finding.map(|finding| (finding.asset.clone(), finding.control))
    };
    ids.sort_by_cached_key(|(id, _)| rank(id));
    for (id, what) in ids {
        let (before, after) = (earlier.remove(id), later.remove(id));
        drift.findings.push(FindingDrift {
            what: *what,
            causes: causes(before.as_ref(), after.as_ref()),
            before,
            after,
        });
    }
    Ok(drift)
}

fn outcome_of<'s>(
    assessment: &Assessment<'_>,
    subject: &'s Subject<'_>,
    control: &str,
) -> Option<&'s Outcome> {
    subject.outcomes.iter().find(|outcome| {
        let known = assessment.selection.control(outcome);
        known.is_some_and(|known| known.id == control)
    })
}

fn change(
    previous: Option<&Outcome>,
    outcome: &Outcome,
    before: &Assessment<'_>,
    known: Option<&Subject<'_>>,
    after: &Assessment<'_>,
    subject: &Subject<'_>,
) -> Option<FindingChange> {
    let was = previous.map(|outcome| outcome.verdict);
    match (was, outcome.verdict) {
        (Some(Verdict::Fail), Verdict::Fail) => {
            let waived = previous.is_some_and(|old| old.disposition() == Disposition::Waived);
            if waived && outcome.disposition() == Disposition::Open {
                return Some(FindingChange::Reopened);
            }
            let code_before = known.and_then(|known| before.reason(known, previous?));
            (code_before != after.reason(subject, outcome)).then_some(FindingChange::Changed)
        }
        (_, Verdict::Fail) => Some(FindingChange::New),
        (Some(Verdict::Fail), Verdict::Unknown) => Some(FindingChange::Unobserved),
        (Some(Verdict::Fail), _) => Some(FindingChange::Resolved),
        (Some(Verdict::Pass), Verdict::Unknown) => Some(FindingChange::Unknown),
        _ => None,
    }
}

fn findings<'a>(
    assessment: &Assessment<'a>,
    ids: &Arc<HashSet<String>>,
) -> Result<HashMap<String, Finding<'a>>, JobError> {
    let show = Show {
        verdicts: Verdict::ALL.to_vec(),
        waived: true,
        details: true,
        families: None,
        pick: Pick::These(Arc::clone(ids)),
    };
    let mut found = HashMap::new();
    assessment.findings(&show, &mut |group: AssetFindings<'a>| {
        for finding in group.findings {
            found.insert(finding.id.clone(), finding);
        }
        Ok::<(), JobError>(())
    })?;
    Ok(found)
}

/// What two findings read differently.
fn causes(before: Option<&Finding<'_>>, after: Option<&Finding<'_>>) -> Vec<Change> {
    let (Some(before), Some(after)) = (before, after) else {
        return Vec::new();
    };
    let (before, after) = (read(before), read(after));
    let mut changes: Vec<Change> = before
        .iter()
        .filter(|(what, value)| after.get(*what) != Some(value))
        .map(|(what, value)| Change {
            what: what.clone(),
            before: Some(value.clone()),
            after: after.get(what).cloned(),
        })
        .collect();
    changes.extend(
        after
            .iter()
            .filter(|(what, _)| !before.contains_key(*what))
            .map(|(what, value)| Change {
                what: what.clone(),
                before: None,
                after: Some(value.clone()),
            }),
    );
    // What both sides read says more than what only one of them got to.
    changes.sort_by_key(|change| {
        (
            change.before.is_none() || change.after.is_none(),
            change.what.clone(),
        )
    });
    changes
}

/// What a finding read, by place.
fn read(finding: &Finding<'_>) -> BTreeMap<String, String> {
    let mut read: BTreeMap<String, String> = finding
        .evidence
        .iter()
        .map(|item| match item {
            Evidence::Member {
                call,
                pointer,
                value,
                ..
            } => (
                format!("{}({}) {pointer}", call.operation, call.subject),
                if value.is_null() {
                    "absent".to_owned()
                } else {
                    value.to_string()
                },
            ),
            Evidence::Outcome {
                call,
                outcome,
                code,
            } => (
                format!("{}({})", call.operation, call.subject),
                code.clone().unwrap_or_else(|| outcome.clone()),
            ),
            Evidence::Statement(statement) => (
                format!("{} {}", statement.policy, statement.path),
                format!("{} {}", statement.effect, statement.statement),
            ),
            Evidence::Tunable { name } => (format!("tunable {name}"), String::new()),
        })
        .collect();
    for missing in &finding.missing {
        let operation = missing.operation.map(|operation| operation.to_string());
        let what = format!("{}({})", operation.unwrap_or_default(), missing.subject);
        read.insert(what, missing.to_string());
    }
    read
}

/// The call that describes an asset of a kind.
fn describes(kind: AssetKind) -> Option<Operation> {
    match kind {
        AssetKind::Domain => Some(Operation::DescribeDomain),
        AssetKind::NotebookInstance => Some(Operation::DescribeNotebookInstance),
        AssetKind::Model => Some(Operation::DescribeModel),
        AssetKind::EndpointConfiguration => Some(Operation::DescribeEndpointConfig),
        AssetKind::Endpoint => Some(Operation::DescribeEndpoint),
        // They never change.
        AssetKind::TrainingJob => None,
    }
}

/// The settings of an asset that differ, where both sides were read.
fn settings(before: &Context<'_>, was: &Asset, after: &Context<'_>, is: &Asset) -> Vec<Change> {
    let Some(operation) = describes(is.kind) else {
        return Vec::new();
    };
    let body = |context: &Context<'_>, asset: &Asset| -> Option<Value> {
        let observation =
            context
                .estate
                .observation(operation, &asset.account, &asset.region, &asset.name)?;
        serde_json::from_str(observation.body()?).ok()
    };
    let mut changes = Vec::new();
    if let (Some(before), Some(after)) = (body(before, was), body(after, is)) {
        compare(&before, &after, &mut String::new(), &mut changes);
    }
    changes
}

fn compare(before: &Value, after: &Value, pointer: &mut String, changes: &mut Vec<Change>) {
    if before == after || changes.len() >= MOST_SETTINGS {
        return;
    }
    if let (Value::Object(old), Value::Object(new)) = (before, after) {
        let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in names {
            if RESTLESS.contains(&name.as_str()) {
                continue;
            }
            let length = pointer.len();
            pointer.push('/');
            pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            compare(
                old.get(name).unwrap_or(&Value::Null),
                new.get(name).unwrap_or(&Value::Null),
                pointer,
                changes,
            );
            pointer.truncate(length);
        }
        return;
    }
    let text = |value: &Value| (!value.is_null()).then(|| value.to_string());
    changes.push(Change {
        what: pointer.clone(),
        before: text(before),
        after: text(after),
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_differ_by_member_and_restless_ones_do_not_count() {
        let before = json!({"A": {"B": 1, "C": [1]}, "LastModifiedTime": 1, "G": "x"});
        let after = json!({"A": {"B": 2, "C": [1]}, "LastModifiedTime": 2, "N": true});
        let mut changes = Vec::new();
        compare(&before, &after, &mut String::new(), &mut changes);
        let rows: Vec<(&str, Option<&str>, Option<&str>)> = changes
            .iter()
            .map(|change| {
                (
                    change.what.as_str(),
                    change.before.as_deref(),
                    change.after.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                ("/A/B", Some("1"), Some("2")),
                ("/G", Some("\"x\""), None),
                ("/N", None, Some("true"))
            ]
        );
    }
}
