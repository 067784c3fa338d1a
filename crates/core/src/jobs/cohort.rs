//! Jobs that were judged as one.
//!
//! Enters: the first job of a cohort, judged, and the others that join. Leaves: what is shown of
//! the cohort: its latest job, how many there are, and that job's line when it is asked for again.
//! Deliberately absent: who belongs to it.

use std::ops::ControlFlow;

use super::source::{JobError, JobSource};
use crate::asset::Asset;
use crate::cost::Gap;
use crate::evaluate::Outcome;
use crate::facts::cohort::JobShape;
use crate::facts::training_job::{TrainingJob, derive_streamed};
use crate::facts::{Context, Facts};
use crate::finding::Family;
use crate::missing::MissingSet;
use crate::snapshot::Observation;
use crate::time::Time;
use crate::waiver::Mark;

/// Jobs of one configuration with one set of outcomes.
#[derive(Clone, Debug)]
pub struct JudgedCohort {
    /// The latest job.
    pub asset: Asset,
    /// How many jobs there are.
    pub count: u64,
    /// The job family, for jobs that were told alike.
    pub(super) family: Option<String>,
    /// Creation of the first job.
    pub(super) first: Option<Time>,
    /// Creation of the latest job.
    pub(super) last: Option<Time>,
    /// What the controls say of each.
    pub outcomes: Vec<Outcome>,
    /// What tells the family from others, once it has its name.
    pub(super) identity: Option<String>,
    /// The waivers that fit its jobs.
    pub(crate) marks: Vec<Mark>,
    /// Where the latest job stands.
    pub(super) place: Place,
    /// Its line, while there are few cohorts.
    pub(super) line: Option<String>,
    /// What keeps a verdict unknown, once an unknown outcome.
    pub(super) gaps: Vec<Gap>,
    /// Why the describe call gave nothing for the latest job, when it was made.
    pub(super) refused: Option<MissingSet>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) part: usize,
    pub(super) line: u64,
}

/// Lines of cohorts that are kept in memory, a thread; beyond these, a line is read again when it is shown.
pub(super) const KEPT_LINES: usize = 4096;

impl JudgedCohort {
    /// The family, when the cohort has one.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        self.family.as_ref().map(|id| Family {
            id: id.clone(),
            first: self.first,
            last: self.last,
        })
    }

    /// What findings are told apart by: the family, which outlives its jobs, or the job's ARN.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.identity.as_deref().unwrap_or(&self.asset.arn)
    }

    /// Creation of the first job.
    #[must_use]
    pub fn created(&self) -> Option<Time> {
        self.first
    }

    /// Takes another job in.
    pub(super) fn join(
        &mut self,
        shape: &JobShape<'_>,
        created: Option<Time>,
        place: Place,
        line: &str,
    ) {
        self.count += 1;
        self.first = match (self.first, created) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let later =
            (created, shape.name(), place) > (self.last, self.asset.name.as_str(), self.place);
        if later {
            self.last = created;
            self.place = place;
            self.asset.name.clear();
            self.asset.name.push_str(shape.name());
            self.asset.arn.clear();
            self.asset.arn.push_str(&shape.arn());
            if let Some(kept) = &mut self.line {
                kept.clear();
                kept.push_str(line);
            }
        }
    }

    /// Takes in a cohort with the same key from another thread.
    pub(super) fn merge(&mut self, other: JudgedCohort) {
        let first = match (self.first, other.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let count = self.count + other.count;
        let later = (other.last, other.asset.name.as_str(), other.place)
            > (self.last, self.asset.name.as_str(), self.place);
        if later {
            *self = other;
        }
        self.first = first;
        self.count = count;
    }
}

/// Gives families their identities. Jobs of one family that differ in what is no part of it (their
/// status, say) are several cohorts, which are numbered by their first job.
pub(crate) fn name_families(cohorts: &mut [JudgedCohort]) {
    let mut order: Vec<&mut JudgedCohort> = cohorts
        .iter_mut()
        .filter(|cohort| cohort.family.is_some())
        .collect();
    order.sort_by(|a, b| (&a.family, a.first, &a.asset).cmp(&(&b.family, b.first, &b.asset)));
    let mut before: Option<(String, u64)> = None;
    for cohort in order {
        let Some(family) = cohort.family.clone() else {
            continue;
        };
        let number = match &before {
            Some((known, number)) if *known == family => number + 1,
            _ => 0,
        };
        cohort.identity = Some(match number {
            0 => format!("family:{family}"),
            more => format!("family:{family}#{more}"),
        });
        before = Some((family, number));
    }
}

/// What is done with a cohort and the line of its latest job.
type EachLine<'f, E> = &'f mut dyn FnMut(&JudgedCohort, Option<&str>) -> Result<(), E>;

/// Reads the lines of cohorts again, in their order, and hands each to `each`. What only a refused
/// call names has no line.
///
/// # Errors
/// When a part cannot be read, and the errors of `each`.
pub fn fetch_lines<E: From<JobError>>(
    source: &dyn JobSource,
    cohorts: &[&JudgedCohort],
    each: EachLine<'_, E>,
) -> Result<(), E> {
    for group in cohorts.chunk_by(|a, b| a.place.part == b.place.part) {
        let Some(part) = group.first().map(|cohort| cohort.place.part) else {
            continue;
        };
        if part == usize::MAX || group.iter().all(|cohort| cohort.line.is_some()) {
            for cohort in group {
                each(cohort, cohort.line.as_deref())?;
            }
            continue;
        }
        let mut waiting = group.iter().peekable();
        let mut outcome = Ok(());
        source.read(part, &mut |number, line| {
            while outcome.is_ok()
                && let Some(cohort) = waiting.next_if(|cohort| cohort.place.line <= number)
            {
                outcome = each(cohort, Some(line));
            }
            if outcome.is_err() || waiting.peek().is_none() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        outcome?;
    }
    Ok(())
}

/// Derives the facts of a cohort's job from its line and hands them to `prove`.
///
/// # Errors
/// When the line does not show the job any more.
pub fn with_job_facts<R>(
    context: &Context<'_>,
    cohort: &JudgedCohort,
    line: Option<&str>,
    prove: impl FnOnce(&dyn Facts) -> R,
) -> Result<R, JobError> {
    if let (None, Some(gap)) = (line, &cohort.refused) {
        return Ok(prove(&TrainingJob::unread(&cohort.asset, gap)));
    }
    let gone = || {
        JobError(format!(
            "`{}` is not where it was; did the snapshot change?",
            cohort.asset.arn
        ))
    };
    let line = line.ok_or_else(gone)?;
    let observation: Observation = serde_json::from_str(line)
        .map_err(|error| JobError(format!("a training job cannot be read again: {error}")))?;
    let jobs = derive_streamed(context, &observation, &|_| cohort.refused.clone());
    match jobs.iter().find(|facts| facts.arn == cohort.asset.arn) {
        Some(facts) => Ok(prove(facts)),
        None => Err(gone()),
    }
}
