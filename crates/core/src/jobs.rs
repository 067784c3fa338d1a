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

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::arn::Arn;
use crate::asset::{Asset, AssetKind};
use crate::cost::{Costs, gaps_of};
use crate::evaluate::Outcome;
use crate::facts::cohort::{InWindow, JobShape, LiveArtifacts, Window, window};
use crate::facts::training_job::{TrainingJob, derive_streamed, named, summaries};
use crate::facts::{Context, Facts};
use crate::finding::Family;
use crate::judge::{Reach, Selection};
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::snapshot::{Damage, Extent, Observation, Outcome as Reply, Part, Snapshot};
use crate::time::Time;
use crate::waiver::{Exceptions, Mark};

/// The calls that show training jobs, the fullest record first.
const STREAM: [Operation; 3] = [
    Operation::DescribeTrainingJob,
    Operation::Search,
    Operation::ListTrainingJobs,
];

/// Where the lines of training jobs come from.
pub trait JobSource: Sync {
    /// The call whose answers each part holds, in the order in which parts are numbered.
    fn parts(&self) -> Vec<Operation>;

    /// Hands the lines of a part, with their numbers from 1, to `each` until it breaks.
    ///
    /// # Errors
    /// When the part cannot be read to the end, or to where `each` broke.
    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError>;
}

/// A line or part of training jobs that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobError(pub String);

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
}

/// Jobs of one configuration with one set of outcomes.
#[derive(Clone, Debug)]
pub struct JudgedCohort {
    /// The latest job.
    pub asset: Asset,
    /// How many jobs there are.
    pub count: u64,
    /// The job family, for jobs that were told alike.
    family: Option<String>,
    /// Creation of the first job.
    first: Option<Time>,
    /// Creation of the latest job.
    last: Option<Time>,
    /// What the controls say of each.
    pub outcomes: Vec<Outcome>,
    /// What tells the family from others, once it has its name.
    identity: Option<String>,
    /// Where the latest job stands.
    place: Place,
    /// Its line, while there are few cohorts.
    line: Option<String>,
    /// The waivers that fit its jobs.
    pub(crate) marks: Vec<Mark>,
    /// What keeps a verdict unknown, once an unknown outcome.
    gaps: Vec<crate::cost::Gap>,
    /// Why the describe call gave nothing for the latest job, when it was made.
    refused: Option<MissingSet>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    part: usize,
    line: u64,
}

/// Lines of cohorts that are kept in memory, a thread; beyond these, a line is read again when it is shown.
const KEPT_LINES: usize = 4096;

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
    fn join(&mut self, shape: &JobShape<'_>, created: Option<Time>, place: Place, line: &str) {
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
    fn merge(&mut self, other: JudgedCohort) {
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
    Ok(all.finish())
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
    cohorts: HashMap<Box<[u8]>, JudgedCohort, foldhash::fast::RandomState>,
    singles: Vec<JudgedCohort>,
    seen: Vec<Box<str>>,
    refused: Vec<(Asset, MissingSet)>,
    /// Listed jobs that are older than the window, and whether it is not known that they are history.
    aged: Vec<(Box<str>, bool)>,
    outside_window: u64,
    window_unknown: u64,
    warnings: Vec<(Place, String)>,
    key: Vec<u8>,
}

impl Found {
    fn merge(&mut self, other: Found) {
        for (key, cohort) in other.cohorts {
            match self.cohorts.entry(key) {
                std::collections::hash_map::Entry::Occupied(mut known) => {
                    known.get_mut().merge(cohort)
                }
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(cohort);
                }
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
        let mut cohorts: Vec<JudgedCohort> =
            self.cohorts.into_values().chain(self.singles).collect();
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
        match JobShape::parse(line) {
            Ok(shape) => self.shaped(place, line, &shape, known, found),
            Err(_) => self.unshaped(place, line, known, found),
        }
    }

    fn shaped(
        &self,
        place: Place,
        line: &str,
        shape: &JobShape<'_>,
        known: &Known,
        found: &mut Found,
    ) {
        let arn = shape.arn();
        if !self.covers(&arn) || known.settled.contains(arn.as_ref()) {
            return;
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
                return;
            }
            Window::Unknown => {
                found.window_unknown += 1;
                return;
            }
        }
        let mut key = std::mem::take(&mut found.key);
        shape.key_into(&mut key);
        // What a job lacks is told with the outcome of its own describe call.
        if self.grouping == Grouping::EachJob || known.refusal(&arn).is_some() {
            key.extend_from_slice(arn.as_bytes());
        }
        // Jobs that a waiver tells apart are no family: some of them may stay open.
        if self.exceptions.concern(AssetKind::TrainingJob) {
            for mark in self.exceptions.marks(&asset_of(&arn), Some(line)) {
                key.extend_from_slice(&mark.waiver.to_be_bytes());
                key.push(u8::from(mark.sure));
            }
        }
        if let Some(cohort) = found.cohorts.get_mut(key.as_slice()) {
            cohort.join(shape, created, place, line);
        } else if let Some(mut cohort) =
            self.judge_line(place, line, known, found, |_| inside).pop()
        {
            cohort.family = Some(shape.family());
            cohort.first = created;
            cohort.last = created;
            cohort.line = (found.cohorts.len() < KEPT_LINES).then(|| line.to_owned());
            found.cohorts.insert(key.as_slice().into(), cohort);
        }
        found.key = key;
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

/// Training jobs of a snapshot.
pub struct SnapshotJobs<'s> {
    snapshot: &'s Snapshot<'s>,
    parts: Vec<&'s Part>,
    damages: Mutex<Vec<Damage>>,
}

impl<'s> SnapshotJobs<'s> {
    /// The training jobs of `snapshot`.
    #[must_use]
    pub fn new(snapshot: &'s Snapshot<'s>) -> Self {
        let parts = STREAM
            .iter()
            .flat_map(|call| snapshot.parts_of(*call))
            .collect();
        SnapshotJobs {
            snapshot,
            parts,
            damages: Mutex::default(),
        }
    }

    /// What reading went past, each once, sorted.
    #[must_use]
    pub fn damages(&self) -> Vec<Damage> {
        let mut damages = self
            .damages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        damages.sort_by(|a, b| (&a.part, a.line).cmp(&(&b.part, b.line)));
        damages.dedup();
        damages
    }
}

impl JobSource for SnapshotJobs<'_> {
    fn parts(&self) -> Vec<Operation> {
        self.parts.iter().map(|part| part.operation).collect()
    }

    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError> {
        let Some(part) = self.parts.get(part) else {
            return Ok(());
        };
        // Of a part that does not hold what was written nothing can be relied on, so that where
        // reading goes past damage, the part is proven before its first line is used.
        let refused = self
            .snapshot
            .proven(part)
            .map_err(|error| JobError(error.to_string()))?;
        let whole = refused.iter().all(|damage| damage.extent != Extent::Part);
        self.damages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(refused);
        if !whole {
            return Ok(());
        }
        let mut lines = match self.snapshot.lines(part) {
            Ok(lines) => lines,
            Err(error) => return Err(JobError(error.to_string())),
        };
        loop {
            match lines.next_line() {
                Ok(Some((number, line))) => {
                    if part.operation == Operation::Search && !is_training_record(line) {
                        continue;
                    }
                    if each(number, line).is_break() {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) if error.is_of_one_line() && self.snapshot.keeps_going() => {}
                Err(_) if self.snapshot.keeps_going() => return Ok(()),
                Err(error) => return Err(JobError(error.to_string())),
            }
        }
    }
}

/// Whether every line of a call belongs to the stream of training jobs.
#[must_use]
pub fn is_always_streamed(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::DescribeTrainingJob | Operation::ListTrainingJobs
    )
}

/// Whether a line belongs to the stream of training jobs, and not to the estate.
#[must_use]
pub fn is_streamed(operation: Operation, line: &str) -> bool {
    is_always_streamed(operation) || operation == Operation::Search && is_training_record(line)
}

/// Whether the line of a search is about training jobs.
fn is_training_record(line: &str) -> bool {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow, default)]
        parameters: Option<Parameters<'a>>,
        #[serde(default)]
        #[allow(dead_code, reason = "skipped without being kept")]
        body: IgnoredAny,
    }
    #[derive(Deserialize)]
    struct Parameters<'a> {
        #[serde(rename = "Resource", borrow, default)]
        resource: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str::<Line<'_>>(line).is_ok_and(|line| {
        line.parameters
            .is_some_and(|parameters| parameters.resource == "TrainingJob")
    })
}

/// Training jobs in memory: for cases and tests.
#[derive(Debug, Default)]
pub struct MemoryJobs {
    lines: BTreeMap<usize, Vec<String>>,
}

impl MemoryJobs {
    /// Parts observations into streamed training jobs and the rest.
    #[must_use]
    pub fn split(observations: Vec<Observation>) -> (MemoryJobs, Vec<Observation>) {
        let mut jobs = MemoryJobs::default();
        let mut rest = Vec::new();
        for observation in observations {
            let part = STREAM
                .iter()
                .position(|call| *call == observation.operation);
            let line = part.and_then(|_| serde_json::to_string(&observation).ok());
            match (part, line) {
                (Some(part), Some(line)) if is_streamed(observation.operation, &line) => {
                    jobs.lines.entry(part).or_default().push(line);
                }
                _ => rest.push(observation),
            }
        }
        (jobs, rest)
    }
}

impl JobSource for MemoryJobs {
    fn parts(&self) -> Vec<Operation> {
        STREAM.to_vec()
    }

    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError> {
        for (number, line) in (1u64..).zip(self.lines.get(&part).into_iter().flatten()) {
            if each(number, line).is_break() {
                break;
            }
        }
        Ok(())
    }
}
