//! Training jobs, streamed.
//!
//! Enters: the lines of a snapshot's training-job parts. Leaves: cohorts, the jobs of one
//! configuration with one set of outcomes, and how many jobs are history. A job costs one fast pass
//! over its line; facts are derived and controls evaluated once a cohort. Memory grows with the
//! number of distinct configurations, not of jobs. The answer does not depend on the number of
//! threads. Deliberately absent: files, and anything but training jobs.
//!
//! A job may be described, found by search, and listed. The fullest record counts: parts are read
//! in that order, and a job that was seen is passed over afterwards.

mod cohort;
mod source;

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

pub(crate) use self::cohort::name_families;
pub use self::cohort::{JudgedCohort, fetch_lines, with_job_facts};
use self::cohort::{KEPT_LINES, Place};
use self::source::STREAM;
pub use self::source::{
    JobError, JobSource, MemoryJobs, SnapshotJobs, is_always_streamed, is_streamed,
};
use crate::arn::Arn;
use crate::asset::{Asset, AssetKind};
use crate::cost::{Costs, gaps_of};
use crate::facts::Context;
use crate::facts::cohort::{
    Cohorts, InWindow, JobShape, LiveArtifacts, ShapeError, Window, window,
};
use crate::facts::training_job::{TrainingJob, derive_streamed, named, summaries};
use crate::judge::{Reach, Selection};
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::snapshot::{Observation, Outcome as Reply};
use crate::waiver::Exceptions;

/// What was judged of the training jobs.
#[derive(Debug, Default)]
pub struct JudgedJobs {
    /// Jobs alike, by the place of their latest job.
    pub cohorts: Vec<JudgedCohort>,
    /// Jobs that are history: counted, not judged.
    pub outside_window: u64,
    /// Jobs older than the window of which it is not known whether a live endpoint serves their
    /// model: counted, not judged.
    pub window_unknown: u64,
    /// What was not read, and the unknown verdicts it costs.
    pub costs: Costs,
    /// Lines that could not be used.
    pub warnings: Vec<String>,
    /// Whether jobs were judged, and wherever they are.
    everywhere: bool,
}

impl JudgedJobs {
    /// The lines that are kept in memory, one a cohort.
    pub fn kept_lines(&self) -> impl Iterator<Item = &str> {
        self.cohorts
            .iter()
            .filter_map(|cohort| cohort.line.as_deref())
    }

    /// Whether a line is kept of every cohort of every account and Region.
    #[must_use]
    pub fn keeps_every_cohort(&self) -> bool {
        let is_kept = |cohort: &JudgedCohort| cohort.family.is_none() || cohort.line.is_some();
        self.everywhere && self.cohorts.iter().all(is_kept)
    }
}

/// How training jobs are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// Jobs of one configuration and outcome are one cohort.
    #[default]
    Families,
    /// Each job is a cohort of its own, and is judged for itself. Memory grows with the number of
    /// jobs.
    EachJob,
}

/// Judges every training job in reach.
///
/// # Errors
/// When a part cannot be read.
pub fn judge_jobs(
    context: &Context<'_>,
    selection: &Selection<'_>,
    reach: &Reach,
    exceptions: &Exceptions<'_>,
    grouping: Grouping,
    source: &dyn JobSource,
    threads: NonZeroUsize,
) -> Result<JudgedJobs, JobError> {
    if selection.rules(AssetKind::TrainingJob).next().is_none() {
        return Ok(JudgedJobs::default());
    }
    let parts = source.parts();
    let remember = parts.iter().any(|part| Some(part) != parts.first());
    let sweep = Sweep {
        context,
        selection,
        reach,
        exceptions,
        grouping,
        source,
        remember,
    };
    let mut known = Known::default();
    let mut all = Found::default();
    for call in STREAM {
        let of_call: Vec<usize> = parts
            .iter()
            .enumerate()
            .filter(|(_, operation)| **operation == call)
            .map(|(part, _)| part)
            .collect();
        let found = sweep.parts(&of_call, &known, threads)?;
        known.take(&found);
        all.merge(found);
    }
    sweep.refused(known, &mut all);
    let mut judged = all.finish();
    judged.everywhere = reach.is_everything();
    Ok(judged)
}

/// One reading of the training jobs.
struct Sweep<'s> {
    context: &'s Context<'s>,
    selection: &'s Selection<'s>,
    reach: &'s Reach,
    exceptions: &'s Exceptions<'s>,
    grouping: Grouping,
    source: &'s dyn JobSource,
    /// Whether a job may be shown by more than one call.
    remember: bool,
}

/// What earlier calls told of jobs.
#[derive(Default)]
struct Known {
    /// ARNs of jobs that were judged, or that do not exist any more.
    settled: HashSet<Box<str>, foldhash::fast::RandomState>,
    /// Jobs of which the describe call gave nothing, by ARN.
    refused: BTreeMap<String, (Asset, MissingSet)>,
}

impl Known {
    /// Why the describe call gave nothing for a job, when it was made.
    fn refusal(&self, arn: &str) -> Option<&MissingSet> {
        self.refused.get(arn).map(|(_, gap)| gap)
    }

    fn take(&mut self, found: &Found) {
        self.settled.extend(found.seen.iter().cloned());
        for (asset, gap) in &found.refused {
            self.refused
                .entry(asset.arn.clone())
                .or_insert_with(|| (asset.clone(), gap.clone()));
        }
    }
}

/// What one thread found.
#[derive(Default)]
struct Found {
    cohorts: Vec<JudgedCohort>,
    told: Cohorts,
    singles: Vec<JudgedCohort>,
    seen: Vec<Box<str>>,
    refused: Vec<(Asset, MissingSet)>,
    /// Listed jobs that are older than the window, and whether it is not known that they are history.
    aged: Vec<(Box<str>, bool)>,
    outside_window: u64,
    window_unknown: u64,
    warnings: Vec<(Place, String)>,
}

impl Found {
    fn merge(&mut self, other: Found) {
        let mut theirs: Vec<_> = other.cohorts.into_iter().map(Some).collect();
        for (key, number) in other.told.into_keys() {
            let Some(cohort) = theirs.get_mut(number).and_then(Option::take) else {
                continue;
            };
            let number = self.told.adopt(key, self.cohorts.len());
            match self.cohorts.get_mut(number) {
                Some(known) => known.merge(cohort),
                None => self.cohorts.push(cohort),
            }
        }
        self.singles.extend(other.singles);
        self.seen.extend(other.seen);
        self.refused.extend(other.refused);
        self.aged.extend(other.aged);
        self.outside_window += other.outside_window;
        self.window_unknown += other.window_unknown;
        self.warnings.extend(other.warnings);
    }

    fn finish(mut self) -> JudgedJobs {
        // Two listings may show one job; the first place counts.
        self.singles
            .sort_by(|a, b| (&a.asset, a.place).cmp(&(&b.asset, b.place)));
        self.singles.dedup_by(|b, a| a.asset == b.asset);
        self.aged.sort();
        self.aged.dedup();
        let unknown = self.aged.iter().filter(|(_, unknown)| *unknown).count() as u64;
        self.window_unknown += unknown;
        self.outside_window += self.aged.len() as u64 - unknown;
        let mut cohorts = self.cohorts;
        cohorts.extend(self.singles);
        cohorts.sort_by(|a, b| (a.place, &a.asset).cmp(&(b.place, &b.asset)));
        let mut costs = Costs::default();
        for cohort in &cohorts {
            costs.add(&cohort.gaps, cohort.count);
        }
        let mut warnings = self.warnings;
        warnings.sort();
        JudgedJobs {
            cohorts,
            outside_window: self.outside_window,
            window_unknown: self.window_unknown,
            costs,
            warnings: warnings.into_iter().map(|(_, text)| text).collect(),
            everywhere: false,
        }
    }
}

impl Sweep<'_> {
    /// Reads parts on all threads.
    fn parts(
        &self,
        parts: &[usize],
        known: &Known,
        threads: NonZeroUsize,
    ) -> Result<Found, JobError> {
        let next = AtomicUsize::new(0);
        let failed: Mutex<Option<(usize, JobError)>> = Mutex::new(None);
        let work = || {
            let mut found = Found::default();
            while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.part(*part, known, &mut found) {
                    let mut first = failed.lock().unwrap_or_else(PoisonError::into_inner);
                    // The error of the earliest part is told, whichever thread was faster.
                    if first.as_ref().is_none_or(|(known, _)| part < known) {
                        *first = Some((*part, error));
                    }
                }
            }
            found
        };
        let mut all = Found::default();
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..threads.get().min(parts.len()))
                .map(|_| scope.spawn(work))
                .collect();
            for worker in workers {
                all.merge(
                    worker
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                );
            }
        });
        match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((_, error)) => Err(error),
            None => Ok(all),
        }
    }

    fn part(&self, part: usize, known: &Known, found: &mut Found) -> Result<(), JobError> {
        self.source.read(part, &mut |line_number, line| {
            self.line(
                Place {
                    part,
                    line: line_number,
                },
                line,
                known,
                found,
            );
            ControlFlow::Continue(())
        })
    }

    fn line(&self, place: Place, line: &str, known: &Known, found: &mut Found) {
        let shaped =
            JobShape::parse(line).and_then(|shape| self.shaped(place, line, &shape, known, found));
        if shaped.is_err() {
            self.unshaped(place, line, known, found);
        }
    }

    /// # Errors
    /// When the line must be judged on its own.
    fn shaped(
        &self,
        place: Place,
        line: &str,
        shape: &JobShape<'_>,
        known: &Known,
        found: &mut Found,
    ) -> Result<(), ShapeError> {
        let arn = shape.arn();
        if !self.covers(&arn) || known.settled.contains(arn.as_ref()) {
            return Ok(());
        }
        if self.remember {
            found.seen.push(arn.as_ref().into());
        }
        let created = shape.created().and_then(|written| written.time());
        let inside = window(
            shape,
            created,
            self.context.as_of,
            self.context.tunables,
            || self.live_artifacts(&arn),
        );
        match inside {
            Window::In(_) => {}
            Window::Out => {
                found.outside_window += 1;
                return Ok(());
            }
            Window::Unknown => {
                found.window_unknown += 1;
                return Ok(());
            }
        }
        // What a job lacks is told with the outcome of its own describe call.
        let alone = self.grouping == Grouping::EachJob || known.refusal(&arn).is_some();
        // Jobs that a waiver tells apart are no family: some of them may stay open.
        let marks = if self.exceptions.concern(AssetKind::TrainingJob) {
            self.exceptions.marks(&asset_of(&arn), Some(line))
        } else {
            Vec::new()
        };
        let cohort = found.told.find(shape, alone, &marks)?;
        if let Some(cohort) = cohort.and_then(|number| found.cohorts.get_mut(number)) {
            cohort.join(shape, created, place, line);
        } else if let Some(mut cohort) =
            self.judge_line(place, line, known, found, |_| inside).pop()
        {
            cohort.family = Some(shape.family()?);
            cohort.first = created;
            cohort.last = created;
            cohort.line = (found.cohorts.len() < KEPT_LINES).then(|| line.to_owned());
            found.told.add(found.cohorts.len());
            found.cohorts.push(cohort);
        }
        Ok(())
    }

    /// A line that is not the plain record of one job: a page of a listing, or a call without answer.
    fn unshaped(&self, place: Place, line: &str, known: &Known, found: &mut Found) {
        let observation: Observation = match serde_json::from_str(line) {
            Ok(observation) => observation,
            Err(error) => {
                found.warnings.push((place, unusable(place, &error)));
                return;
            }
        };
        if observation.operation == Operation::DescribeTrainingJob
            && !matches!(observation.outcome, Reply::Ok { .. })
        {
            let Some(asset) = named(&observation) else {
                return;
            };
            if !self.covers(&asset.arn) {
                return;
            }
            match observation.gap() {
                Some(gap) => found.refused.push((asset, gap.into())),
                // Deleted between list and describe.
                None => found.seen.push(asset.arn.as_str().into()),
            }
            return;
        }
        if summaries(line)
            .is_some_and(|arns| arns.iter().all(|arn| known.settled.contains(arn.as_ref())))
        {
            return;
        }
        for cohort in self.judge_line(place, line, known, found, |facts| self.window_of(facts)) {
            found.seen.push(cohort.asset.arn.as_str().into());
            found.singles.push(cohort);
        }
    }

    /// The jobs that only a refused describe call names.
    fn refused(&self, known: Known, all: &mut Found) {
        let seen: HashSet<&str> = all.seen.iter().map(AsRef::as_ref).collect();
        let mut singles = Vec::new();
        for (asset, gap) in known.refused.into_values() {
            if seen.contains(asset.arn.as_str()) {
                continue;
            }
            let facts = TrainingJob::unread(&asset, &gap);
            let nowhere = Place {
                part: usize::MAX,
                line: 0,
            };
            singles.push(self.cohort(&facts, nowhere, None, Some(gap)));
        }
        all.singles.extend(singles);
    }

    /// The jobs that a line shows and that are not settled, with their facts.
    fn judge_line(
        &self,
        place: Place,
        line: &str,
        known: &Known,
        found: &mut Found,
        judged: impl Fn(&TrainingJob<'_>) -> Window,
    ) -> Vec<JudgedCohort> {
        let observation = match serde_json::from_str::<Observation>(line) {
            Ok(observation) => observation,
            Err(error) => {
                found.warnings.push((place, unusable(place, &error)));
                return Vec::new();
            }
        };
        let gap = |asset: &Asset| known.refusal(&asset.arn).cloned();
        let mut cohorts = Vec::new();
        for facts in derive_streamed(self.context, &observation, &gap) {
            if !self.covers(&facts.arn) || known.settled.contains(facts.arn.as_str()) {
                continue;
            }
            match judged(&facts) {
                Window::In(_) => {
                    let refused = known.refusal(&facts.arn).cloned();
                    cohorts.push(self.cohort(&facts, place, Some(line), refused));
                }
                window => {
                    let arn: Box<str> = facts.arn.as_str().into();
                    found.seen.push(arn.clone());
                    found.aged.push((arn, window == Window::Unknown));
                }
            }
        }
        cohorts
    }

    fn cohort(
        &self,
        facts: &TrainingJob<'_>,
        place: Place,
        line: Option<&str>,
        refused: Option<MissingSet>,
    ) -> JudgedCohort {
        let asset = facts.asset();
        let outcomes = self
            .selection
            .judge(AssetKind::TrainingJob, facts, self.context);
        let gaps = gaps_of(
            self.selection,
            AssetKind::TrainingJob,
            &outcomes,
            facts,
            self.context,
        );
        JudgedCohort {
            marks: self.exceptions.marks(&asset, line),
            asset,
            count: 1,
            family: None,
            identity: None,
            first: None,
            last: None,
            outcomes,
            place,
            line: None,
            gaps,
            refused,
        }
    }

    fn covers(&self, arn: &str) -> bool {
        if self.reach.is_everything() {
            return true;
        }
        let (account, region) = Arn::parse(arn).map_or(("", ""), |arn| (arn.account, arn.region));
        self.reach.covers(account, region) && self.reach.covers_arn(arn)
    }

    /// The window of a job that was not told by its shape. Where its model went is not known of it.
    fn window_of(&self, facts: &TrainingJob<'_>) -> Window {
        let ended = facts
            .status
            .value()
            .is_some_and(|status| !["InProgress", "Stopping"].contains(&status.as_ref()));
        let warm = facts.warm_pool.value().is_some_and(Option::is_some);
        let oldest = self
            .context
            .as_of
            .minus_days(self.context.tunables.training_window_days);
        let aged = facts
            .creation_time
            .value()
            .is_some_and(|created| *created < oldest);
        let live = self.live_artifacts(&facts.arn);
        match (ended && aged && !warm, live.whole && live.uris.is_empty()) {
            (false, _) => Window::In(InWindow::Recent),
            (true, true) => Window::Out,
            (true, false) => Window::Unknown,
        }
    }

    fn live_artifacts(&self, arn: &str) -> LiveArtifacts<'_> {
        let (account, region) = Arn::parse(arn).map_or(("", ""), |arn| (arn.account, arn.region));
        LiveArtifacts {
            uris: self.context.graph.live_artifacts(),
            whole: self.context.graph.knows_live_artifacts(account, region),
        }
    }
}

/// The job of an ARN.
fn asset_of(arn: &str) -> Asset {
    let parsed = Arn::parse(arn);
    let (account, region) = parsed.map_or(("", ""), |arn| (arn.account, arn.region));
    Asset {
        account: account.to_owned(),
        region: region.to_owned(),
        kind: AssetKind::TrainingJob,
        name: arn.rsplit('/').next().unwrap_or_default().to_owned(),
        arn: arn.to_owned(),
    }
}

/// What is said of a line that is no observation.
fn unusable(place: Place, error: &serde_json::Error) -> String {
    format!(
        "line {} of training jobs cannot be used: {error}",
        place.line
    )
}
