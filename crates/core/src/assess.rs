//! The assessment: outcomes with the means to prove them.
//!
//! Enters: judged assets and judged job cohorts. Leaves: a summary, and findings one at a time, made
//! only for what is shown. An organisation's outcomes fit in memory; its findings would not.
//! Deliberately absent: any output format.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use schemars::JsonSchema;
use serde::Serialize;

use crate::asset::{Asset, AssetKind};
use crate::evaluate::Outcome;
use crate::facts::{Context, derive};
use crate::finding::{Change, Family, Finding};
use crate::jobs::{
    Grouping, JobError, JobSource, JudgedCohort, JudgedJobs, fetch_lines, judge_jobs,
    with_job_facts,
};
use crate::judge::{JudgedAssets, Reach, Selection, judge_assets};
use crate::prove::{Judged, prove};
use crate::verdict::{Disposition, Severity, Verdict};

/// Everything a renderer needs.
pub struct Assessment<'r> {
    /// What facts are derived from.
    pub context: &'r Context<'r>,
    /// The controls of the run.
    pub selection: &'r Selection<'r>,
    /// All assets but training jobs.
    pub assets: JudgedAssets,
    /// Training jobs.
    pub jobs: JudgedJobs,
    /// Where the lines of training jobs can be read again.
    pub source: &'r dyn JobSource,
    /// What was so before infrastructure code is applied, when that is known.
    pub before: Option<Before>,
}

/// Verdicts by control, and by the kind and name of the asset: code knows no ARN yet.
pub type Before = BTreeMap<(String, AssetKind, String), Verdict>;

/// Which findings are made.
#[derive(Clone, Debug)]
pub struct Show {
    /// Verdicts, of findings that are open.
    pub verdicts: Vec<Verdict>,
    /// Whether waived findings are made, whatever their verdict.
    pub waived: bool,
    /// Whether findings hold evidence, tunables and commands; the why is always made.
    pub details: bool,
    /// The most families of training jobs; the largest are taken.
    pub families: Option<usize>,
}

/// Counts over a whole assessment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// Assets judged, by kind.
    pub assets: BTreeMap<AssetKind, u64>,
    /// Verdicts, by word; waived findings are counted under `waived` alone.
    pub verdicts: BTreeMap<&'static str, u64>,
    /// Open fails, by severity.
    pub open: BTreeMap<Severity, u64>,
    /// Waived fails, by severity.
    pub waived: BTreeMap<Severity, u64>,
    /// Training jobs older than the window, counted and not judged.
    pub jobs_outside_window: u64,
    /// Training jobs older than the window of which it is not known whether a live endpoint serves
    /// their model; counted and not judged.
    pub jobs_window_unknown: u64,
    /// What was not read, and how many unknown verdicts it costs.
    pub missing: Vec<Cost>,
}

/// What one missing datum costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cost {
    /// The call and why it is missing, without its parameters.
    pub what: String,
    /// The IAM action that would allow it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<&'static str>,
    /// Unknown verdicts.
    pub verdicts: u64,
}

impl Show {
    /// Whether an outcome's finding is made.
    #[must_use]
    pub fn includes(&self, outcome: &Outcome) -> bool {
        match outcome.disposition() {
            Disposition::Waived => self.waived,
            Disposition::Open => self.verdicts.contains(&outcome.verdict),
        }
    }
}

/// The findings of one asset, or of one family of training jobs.
pub struct AssetFindings<'c> {
    /// The asset; of a family, its latest job.
    pub asset: Asset,
    /// How many assets it stands for.
    pub count: u64,
    /// The family, if it stands for one.
    pub family: Option<Family>,
    /// The findings, in selection order.
    pub findings: Vec<Finding<'c>>,
}

impl<'r> Assessment<'r> {
    /// Judges every asset in reach, and the training jobs of `source`.
    ///
    /// # Errors
    /// When training jobs cannot be read.
    pub fn judge(
        context: &'r Context<'r>,
        selection: &'r Selection<'r>,
        reach: &Reach,
        grouping: Grouping,
        source: &'r dyn JobSource,
        threads: NonZeroUsize,
    ) -> Result<Self, JobError> {
        Ok(Assessment {
            context,
            selection,
            assets: judge_assets(context, selection, reach, threads),
            jobs: judge_jobs(context, selection, reach, grouping, source, threads)?,
            source,
            before: None,
        })
    }

    /// Every outcome with the number of assets it stands for.
    pub fn outcomes(&self) -> impl Iterator<Item = (&Outcome, u64)> {
        let assets = self
            .assets
            .assets
            .iter()
            .flat_map(|judged| &judged.outcomes)
            .map(|outcome| (outcome, 1));
        let jobs = self.jobs.cohorts.iter().flat_map(|cohort| {
            cohort
                .outcomes
                .iter()
                .map(|outcome| (outcome, cohort.count))
        });
        assets.chain(jobs)
    }

    /// The counts.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            jobs_outside_window: self.jobs.outside_window,
            jobs_window_unknown: self.jobs.window_unknown,
            ..Summary::default()
        };
        for judged in &self.assets.assets {
            *summary.assets.entry(judged.asset.kind).or_default() += 1;
        }
        let jobs: u64 = self.jobs.cohorts.iter().map(|cohort| cohort.count).sum();
        if jobs > 0 {
            *summary.assets.entry(AssetKind::TrainingJob).or_default() += jobs;
        }
        for (outcome, count) in self.outcomes() {
            let word = match outcome.disposition() {
                Disposition::Waived => "waived",
                Disposition::Open => outcome.verdict.word(),
            };
            *summary.verdicts.entry(word).or_default() += count;
            if outcome.verdict == Verdict::Fail {
                let severity = self.selection.severity(outcome);
                let column = if outcome.waived.is_some() {
                    &mut summary.waived
                } else {
                    &mut summary.open
                };
                *column.entry(severity).or_default() += count;
            }
        }
        let mut costs = self.assets.costs.clone();
        costs.merge(&self.jobs.costs);
        summary.missing = costs
            .dearest_first()
            .into_iter()
            .map(|(gap, verdicts)| Cost {
                what: gap.what.to_string(),
                action: gap.action,
                verdicts,
            })
            .collect();
        summary
    }

    /// The cohorts of training jobs whose findings `show` includes, by the place of their latest job.
    fn shown_cohorts(&self, show: &Show) -> Vec<&JudgedCohort> {
        let mut shown: Vec<_> = self
            .jobs
            .cohorts
            .iter()
            .filter(|cohort| cohort.outcomes.iter().any(|outcome| show.includes(outcome)))
            .collect();
        if let Some(most) = show.families
            && shown.len() > most
        {
            // The largest families first; the order in which they are shown stays that of their place.
            let mut by_count: Vec<usize> = (0..shown.len()).collect();
            by_count.sort_by_key(|index| {
                (
                    std::cmp::Reverse(shown.get(*index).map(|cohort| cohort.count)),
                    *index,
                )
            });
            by_count.truncate(most);
            by_count.sort_unstable();
            shown = by_count
                .into_iter()
                .filter_map(|index| shown.get(index).copied())
                .collect();
        }
        shown
    }

    /// How many families of training jobs `show` leaves out for their number.
    #[must_use]
    pub fn families_omitted(&self, show: &Show) -> usize {
        let all = self
            .shown_cohorts(&Show {
                families: None,
                ..show.clone()
            })
            .len();
        all - self.shown_cohorts(show).len()
    }

    /// Makes the findings that `show` includes, asset by asset, in a fixed order: assets by account,
    /// Region, kind and name, then job families.
    ///
    /// # Errors
    /// What `each` returns, or that a line of a training job cannot be read again.
    pub fn findings<E: From<JobError>>(
        &self,
        show: &Show,
        each: &mut dyn FnMut(AssetFindings<'r>) -> Result<(), E>,
    ) -> Result<(), E> {
        for judged in &self.assets.assets {
            if !judged.outcomes.iter().any(|outcome| show.includes(outcome)) {
                continue;
            }
            let Some(facts) = derive(self.context, &judged.asset) else {
                continue;
            };
            let findings = self.prove_all(&judged.asset, &judged.outcomes, show, facts.as_facts());
            each(AssetFindings {
                asset: judged.asset.clone(),
                count: 1,
                family: None,
                findings,
            })?;
        }
        let shown = self.shown_cohorts(show);
        fetch_lines(self.source, &shown, &mut |cohort, line| {
            let findings = with_job_facts(self.context, cohort, line, |facts| {
                let mut findings = self.prove_all(&cohort.asset, &cohort.outcomes, show, facts);
                for finding in &mut findings {
                    finding.count = cohort.count;
                    finding.family = cohort.family();
                }
                findings
            })?;
            each(AssetFindings {
                asset: cohort.asset.clone(),
                count: cohort.count,
                family: cohort.family(),
                findings,
            })
        })
    }

    /// The verdicts of all assets but training jobs, for the comparison with what comes after.
    #[must_use]
    pub fn verdicts(&self) -> Before {
        self.judged()
            .map(|(control, asset, outcome)| {
                let key = (control.to_owned(), asset.kind, asset.name.clone());
                (key, outcome.verdict)
            })
            .collect()
    }

    /// How many verdicts the code changes, and how.
    #[must_use]
    pub fn changes(&self) -> BTreeMap<Change, u64> {
        let mut counts = BTreeMap::new();
        for (control, asset, outcome) in self.judged() {
            if let Some(change) = self.change(control, asset, outcome.verdict) {
                *counts.entry(change).or_default() += 1;
            }
        }
        counts
    }

    fn judged(&self) -> impl Iterator<Item = (&str, &Asset, &Outcome)> {
        self.assets.assets.iter().flat_map(|judged| {
            judged.outcomes.iter().filter_map(|outcome| {
                let control = self.selection.control(outcome)?;
                Some((control.id.as_str(), &judged.asset, outcome))
            })
        })
    }

    fn change(&self, control: &str, asset: &Asset, verdict: Verdict) -> Option<Change> {
        let key = (control.to_owned(), asset.kind, asset.name.clone());
        let was = self.before.as_ref()?.get(&key).copied();
        match (was, verdict) {
            (Some(Verdict::Fail), Verdict::Fail) => Some(Change::Unchanged),
            (_, Verdict::Fail) => Some(Change::New),
            (Some(Verdict::Fail), Verdict::Pass) => Some(Change::Fixed),
            _ => None,
        }
    }

    fn prove_all(
        &self,
        asset: &Asset,
        outcomes: &[Outcome],
        show: &Show,
        facts: &dyn crate::facts::Facts,
    ) -> Vec<Finding<'r>> {
        outcomes
            .iter()
            .filter(|outcome| show.includes(outcome))
            .filter_map(|outcome| {
                let control = self.selection.control(outcome)?;
                let rule = control.rule(asset.kind)?;
                let judged = Judged {
                    control,
                    rule,
                    outcome,
                };
                let mut finding = prove(judged, asset, facts, self.context, show.details);
                finding.change = self.change(&control.id, asset, outcome.verdict);
                Some(finding)
            })
            .collect()
    }
}
