//! The laws that every control keeps, built-in or a user's.
//!
//! Enters: a control and its cases. Leaves: what is broken, in words. The laws:
//!
//! 1. the cases show a pass, a fail and an unknown, and a not-applicable where the control has one;
//! 2. each case gives its verdict, reason, notes, missing calls and exception;
//! 3. some pass and some fail are a minimal pair: one member of one body apart, or one observation;
//! 4. without observations nothing passes;
//! 5. erasing any observation, or any member of any body, moves a verdict to unknown or not at all,
//!    unless the member's absence has a meaning of its own, or a supplied fact stands in for what
//!    was erased and the finding says so;
//! 6. unrelated assets and unrelated members change nothing;
//! 7. every piece of evidence stands where it says, or its absence has a meaning.

use std::num::NonZeroUsize;

use sagewarden_core::assess::{Assessment, AssetFindings, Pick, Show};
use sagewarden_core::codes::Note;
use sagewarden_core::control::Control;
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::finding::{Evidence, NO_MEANING};
use sagewarden_core::jobs::{Grouping, JobError, MemoryJobs};
use sagewarden_core::judge::{Reach, Selection};
use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Observation, Outcome};
use sagewarden_core::time::Time;
use sagewarden_core::tunables::Tunables;
use sagewarden_core::verdict::Verdict;
use serde_json::Value;

use crate::cases::{Case, Cases};

/// What a run of one control said of one asset.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    verdict: Verdict,
    reason: Option<String>,
    notes: Vec<String>,
    missing: Vec<Option<Operation>>,
    waived: Option<String>,
    evidence: Vec<Evidence>,
}

impl Answer {
    /// Whether it says that it rests on a supplied fact, and shows that fact.
    fn rests_on_a_claim(&self) -> bool {
        let shown = self.evidence.iter().any(|item| {
            matches!(item, Evidence::Member { call, .. }
                if call.operation == Operation::PrecomputedFacts.to_string())
        });
        shown
            && self
                .notes
                .iter()
                .any(|note| note == Note::Precomputed.code())
    }
}

/// Holds a control against its cases and the laws; each broken one is a line of the answer.
#[must_use]
pub fn broken(control: &Control, cases: &Cases) -> Vec<String> {
    let mut broken = Vec::new();
    shows_every_verdict(control, cases, &mut broken);
    let mut runs = Vec::new();
    for case in &cases.cases {
        match cases.observations(case) {
            Ok(observations) => runs.push(Run {
                control,
                cases,
                case,
                observations,
            }),
            Err(error) => broken.push(format!("case `{}`: {error}", case.name)),
        }
    }
    minimal_pair(&runs, &mut broken);
    for run in &runs {
        run.gives_what_it_says(&mut broken);
        run.passes_nothing_without_observations(&mut broken);
        run.survives_erasure(&mut broken);
        run.ignores_the_unrelated(&mut broken);
        run.evidence_stands(&mut broken);
    }
    broken
}

fn shows_every_verdict(control: &Control, cases: &Cases, broken: &mut Vec<String>) {
    let has_not_applicable = control
        .rules
        .iter()
        .any(|rule| !rule.not_applicable.is_empty());
    for verdict in Verdict::ALL {
        let needed = verdict != Verdict::NotApplicable || has_not_applicable;
        if needed && !cases.cases.iter().any(|case| case.verdict == Some(verdict)) {
            broken.push(format!("no case gives {verdict}"));
        }
    }
}

fn minimal_pair(runs: &[Run<'_>], broken: &mut Vec<String>) {
    let of = |verdict| {
        runs.iter()
            .filter(move |run| run.case.verdict == Some(verdict))
    };
    let near = of(Verdict::Pass).any(|pass| {
        of(Verdict::Fail).any(|fail| {
            pass.case.tunables == fail.case.tunables
                && distance(&pass.observations, &fail.observations) == 1
        })
    });
    if !near {
        broken.push("no pass and fail are a minimal pair".to_owned());
    }
}

/// How many members, or observations, two lists differ in; more than one is not counted further.
fn distance(a: &[Observation], b: &[Observation]) -> usize {
    let key = |observation: &Observation| {
        (
            observation.operation,
            observation.account.clone(),
            observation.region.clone(),
            observation.key(),
        )
    };
    let mut differences = 0;
    for observation in a {
        match b.iter().find(|other| key(other) == key(observation)) {
            None => differences += 1,
            Some(other) => differences += body_distance(observation, other),
        }
    }
    differences
        + b.iter()
            .filter(|other| !a.iter().any(|observation| key(observation) == key(other)))
            .count()
}

fn body_distance(a: &Observation, b: &Observation) -> usize {
    match (body(a), body(b)) {
        (Some(a), Some(b)) => value_distance(&a, &b),
        (None, None) => 0,
        _ => 1,
    }
}

fn value_distance(a: &Value, b: &Value) -> usize {
    match (a, b) {
        _ if a == b => 0,
        (Value::Object(x), Value::Object(y)) => {
            let changed: usize = x
                .iter()
                .map(|(name, value)| y.get(name).map_or(1, |other| value_distance(value, other)))
                .sum();
            changed + y.keys().filter(|name| !x.contains_key(*name)).count()
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).map(|(x, y)| value_distance(x, y)).sum()
        }
        _ => 1,
    }
}

fn body(observation: &Observation) -> Option<Value> {
    serde_json::from_str(observation.body()?).ok()
}

struct Run<'c> {
    control: &'c Control,
    cases: &'c Cases,
    case: &'c Case,
    observations: Vec<Observation>,
}

impl Run<'_> {
    fn asset(&self) -> &str {
        self.case.asset.as_ref().unwrap_or(&self.cases.asset)
    }

    fn tunables(&self) -> Result<Tunables, String> {
        let mut tunables = Tunables::default();
        for (name, value) in &self.case.tunables {
            tunables
                .set(name, value)
                .map_err(|error| error.to_string())?;
        }
        Ok(tunables)
    }

    fn answer(&self, observations: Vec<Observation>) -> Result<Option<Answer>, String> {
        let as_of = self.case.as_of.unwrap_or(self.cases.as_of);
        answer(
            self.control,
            self.asset(),
            observations,
            &self.tunables()?,
            as_of,
        )
    }

    fn say(&self, broken: &mut Vec<String>, what: impl std::fmt::Display) {
        broken.push(format!("case `{}`: {what}", self.case.name));
    }

    fn gives_what_it_says(&self, broken: &mut Vec<String>) {
        let answer = match self.answer(self.observations.clone()) {
            Ok(Some(answer)) => answer,
            Ok(None) if self.case.verdict.is_none() => return,
            Ok(None) => {
                return self.say(
                    broken,
                    format_args!("gives no finding for `{}`", self.asset()),
                );
            }
            Err(error) => return self.say(broken, error),
        };
        if Some(answer.verdict) != self.case.verdict {
            let wanted = self
                .case
                .verdict
                .map_or_else(|| "nothing".to_owned(), |verdict| verdict.to_string());
            return self.say(
                broken,
                format_args!(
                    "gives {} ({:?}, missing {:?}), not {wanted}",
                    answer.verdict, answer.reason, answer.missing
                ),
            );
        }
        if self.case.reason.is_some() && answer.reason != self.case.reason {
            self.say(
                broken,
                format_args!(
                    "gives the reason {:?}, not {:?}",
                    answer.reason, self.case.reason
                ),
            );
        }
        if answer.waived != self.case.waived {
            self.say(
                broken,
                format_args!(
                    "is waived by {:?}, not {:?}",
                    answer.waived, self.case.waived
                ),
            );
        }
        for note in &self.case.notes {
            if !answer.notes.contains(note) {
                self.say(
                    broken,
                    format_args!("lacks the note `{note}`; it has {:?}", answer.notes),
                );
            }
        }
        for operation in &self.case.missing {
            if !answer.missing.contains(&Some(*operation)) {
                self.say(
                    broken,
                    format_args!(
                        "does not name `{operation}` as missing; it names {:?}",
                        answer.missing
                    ),
                );
            }
        }
        if answer.verdict == Verdict::Unknown && answer.missing.is_empty() {
            self.say(broken, "is unknown and does not say what is missing");
        }
    }

    fn passes_nothing_without_observations(&self, broken: &mut Vec<String>) {
        match self.answer(Vec::new()) {
            Ok(None) => {}
            Ok(Some(answer)) if answer.verdict == Verdict::Unknown => {}
            Ok(Some(answer)) => self.say(
                broken,
                format_args!("gives {} without any observation", answer.verdict),
            ),
            Err(error) => self.say(broken, error),
        }
    }

    fn survives_erasure(&self, broken: &mut Vec<String>) {
        for (index, observation) in self.observations.iter().enumerate() {
            let mut without = self.observations.clone();
            without.remove(index);
            self.must_not_flip(
                without,
                format_args!(
                    "without {}({})",
                    observation.operation,
                    observation.subject()
                ),
                broken,
            );
            let Some(whole) = body(observation) else {
                continue;
            };
            for pointer in members(&whole) {
                if observation.operation.absence(&pointer).is_some() {
                    continue;
                }
                let mut erased = self.observations.clone();
                let mut less = whole.clone();
                remove(&mut less, &pointer);
                let (Some(target), Ok(raw)) = (
                    erased.get_mut(index),
                    serde_json::value::to_raw_value(&less),
                ) else {
                    continue;
                };
                target.outcome = Outcome::Ok { body: raw };
                self.must_not_flip(
                    erased,
                    format_args!(
                        "without {pointer} of {}({})",
                        observation.operation,
                        observation.subject()
                    ),
                    broken,
                );
            }
        }
    }

    fn must_not_flip(
        &self,
        observations: Vec<Observation>,
        how: impl std::fmt::Display,
        broken: &mut Vec<String>,
    ) {
        // An asset that is not judged has no verdict to flip.
        let Some(verdict) = self.case.verdict else {
            return;
        };
        match self.answer(observations) {
            Ok(Some(answer))
                if answer.verdict != verdict
                    && answer.verdict != Verdict::Unknown
                    && !answer.rests_on_a_claim() =>
            {
                self.say(
                    broken,
                    format_args!(
                        "flips from {verdict} to {} ({:?}) {how}",
                        answer.verdict, answer.reason
                    ),
                );
            }
            Ok(_) => {}
            Err(error) => self.say(broken, error),
        }
    }

    fn ignores_the_unrelated(&self, broken: &mut Vec<String>) {
        let mut crowded = self.observations.clone();
        for observation in &mut crowded {
            if let Some(Value::Object(mut whole)) = body(observation) {
                whole.insert("UnrelatedMember".to_owned(), Value::String("x".to_owned()));
                if let Ok(raw) = serde_json::value::to_raw_value(&whole) {
                    observation.outcome = Outcome::Ok { body: raw };
                }
            }
        }
        crowded.extend(unrelated());
        let (before, after) = (self.answer(self.observations.clone()), self.answer(crowded));
        if before != after {
            self.say(broken, "changes with unrelated assets and members");
        }
    }

    fn evidence_stands(&self, broken: &mut Vec<String>) {
        let Ok(Some(answer)) = self.answer(self.observations.clone()) else {
            return;
        };
        if answer.evidence.is_empty() && matches!(answer.verdict, Verdict::Pass | Verdict::Fail) {
            self.say(
                broken,
                format_args!("gives {} without evidence", answer.verdict),
            );
        }
        for item in &answer.evidence {
            if let Evidence::Member {
                call,
                pointer,
                absent_means: Some(means),
                ..
            } = item
                && means == NO_MEANING
                && answer.verdict != Verdict::Unknown
            {
                self.say(
                    broken,
                    format_args!("shows {pointer} of {}, which is not there", call.operation),
                );
            }
        }
    }
}

/// What `control` says of `asset` when these are the observations.
fn answer(
    control: &Control,
    asset: &str,
    observations: Vec<Observation>,
    tunables: &Tunables,
    as_of: Time,
) -> Result<Option<Answer>, String> {
    let (jobs, observations) = MemoryJobs::split(observations);
    let estate = Estate::new(observations);
    let context = Context::new(&estate, tunables, as_of);
    let selection = Selection::new(vec![control]);
    let assessment = Assessment::judge(
        &context,
        &selection,
        &Reach::default(),
        Grouping::Families,
        &jobs,
        NonZeroUsize::MIN,
    )
    .map_err(|error| error.to_string())?;
    let show = Show {
        details: true,
        verdicts: Verdict::ALL.to_vec(),
        waived: true,
        families: None,
        pick: Pick::All,
    };
    let mut found = None;
    assessment
        .findings(&show, &mut |group: AssetFindings<'_>| {
            if group.asset.arn == asset {
                found = group.findings.first().map(|finding| Answer {
                    verdict: finding.verdict,
                    reason: finding.reason.map(str::to_owned),
                    notes: finding
                        .notes
                        .iter()
                        .map(|note| note.code.to_owned())
                        .collect(),
                    missing: finding
                        .missing
                        .iter()
                        .map(|missing| missing.operation)
                        .collect(),
                    waived: finding
                        .waiver
                        .as_ref()
                        .map(|waiver| waiver.source.to_owned()),
                    evidence: finding.evidence.clone(),
                });
            }
            Ok::<(), JobError>(())
        })
        .map_err(|error| error.to_string())?;
    Ok(found)
}

/// The pointers of every object member in a body, however deep.
fn members(value: &Value) -> Vec<String> {
    fn walk(value: &Value, prefix: &str, out: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                for (name, value) in object {
                    let pointer =
                        format!("{prefix}/{}", name.replace('~', "~0").replace('/', "~1"));
                    walk(value, &pointer, out);
                    out.push(pointer);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{prefix}/{index}"), out);
                }
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(value, "", &mut out);
    out
}

fn remove(body: &mut Value, pointer: &str) {
    let Some((parents, last)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(object)) = body.pointer_mut(parents) {
        object.remove(&last.replace("~1", "/").replace("~0", "~"));
    }
}

/// Assets that no case speaks of.
fn unrelated() -> Vec<Observation> {
    const LINES: &[&str] = &[
        r#"{"operation":"sagemaker:DescribeNotebookInstance","parameters":{"NotebookInstanceName":"unrelated"},"account":"999988887777","region":"ap-south-1","outcome":"ok","body":{"NotebookInstanceArn":"arn:aws:sagemaker:ap-south-1:999988887777:notebook-instance/unrelated","NotebookInstanceName":"unrelated","NotebookInstanceStatus":"InService","RoleArn":"arn:aws:iam::999988887777:role/unrelated"}}"#,
        r#"{"operation":"sagemaker:DescribeModel","parameters":{"ModelName":"unrelated"},"account":"999988887777","region":"ap-south-1","outcome":"ok","body":{"ModelName":"unrelated","ModelArn":"arn:aws:sagemaker:ap-south-1:999988887777:model/unrelated","CreationTime":"2026-01-01T00:00:00Z"}}"#,
        r#"{"operation":"sagemaker:ListMonitoringSchedules","account":"999988887777","region":"ap-south-1","outcome":"ok","body":{"MonitoringScheduleSummaries":[]}}"#,
        r#"{"operation":"s3:ListBuckets","account":"999988887777","region":"aws-global","outcome":"denied","action":"s3:ListAllMyBuckets","code":"AccessDenied"}"#,
    ];
    LINES
        .iter()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
