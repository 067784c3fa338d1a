//! The assessment: outcomes with the means to prove them.
//!
//! Enters: judged assets and judged job cohorts. Leaves: a summary, and findings one at a time, made
//! only for what is shown. An organisation's outcomes fit in memory; its findings would not.
//! Deliberately absent: any output format.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::asset::{Asset, AssetKind};
use crate::baseline::{Baseline, Deadlines, History, Standing};
use crate::evaluate::Outcome;
use crate::facts::{Context, derive};
use crate::finding::{Change, Family, Finding, SourceEdit, finding_id};
use crate::jobs::{
    Grouping, JobError, JobSource, JudgedCohort, JudgedJobs, fetch_lines, judge_jobs,
    name_families, with_job_facts,
};
use crate::judge::{JudgedAsset, JudgedAssets, Reach, Selection, judge_assets};
use crate::prove::{Judged, prove};
use crate::remedy::Remedies;
use crate::time::Time;
use crate::verdict::{Disposition, Severity, Verdict};
use crate::waiver::{self, Applied, Exceptions};

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
    /// The edits of infrastructure code that mend findings, by the finding's id.
    pub edits: BTreeMap<String, SourceEdit>,
    /// What became of the waivers.
    pub waivers: Applied,
    /// What was open before, and the deadlines.
    pub past: Option<(&'r Baseline, &'r Deadlines)>,
}

/// An asset or job family with what every control says of it.
pub struct Subject<'a> {
    /// The asset; of a family, its latest job.
    pub asset: &'a Asset,
    /// What findings are told apart by beside their control: the ARN, or the family.
    pub identity: Cow<'a, str>,
    /// How many assets it stands for.
    pub count: u64,
    /// Creation of its first job, of training jobs.
    pub created: Option<Time>,
    /// What the controls say.
    pub outcomes: &'a [Outcome],
}

/// Verdicts by control, and by the kind and name of the asset: code knows no ARN yet.
pub type Before = BTreeMap<(String, AssetKind, String), Verdict>;

/// The verdicts on assets and on training jobs, for the comparison with what comes after.
#[must_use]
pub fn verdicts(selection: &Selection<'_>, assets: &JudgedAssets, jobs: &JudgedJobs) -> Before {
    judged(selection, assets, jobs)
        .map(|(control, asset, outcome)| {
            let key = (control.to_owned(), asset.kind, asset.name.clone());
            (key, outcome.verdict)
        })
        .collect()
}

fn judged<'a>(
    selection: &'a Selection<'_>,
    assets: &'a JudgedAssets,
    jobs: &'a JudgedJobs,
) -> impl Iterator<Item = (&'a str, &'a Asset, &'a Outcome)> {
    let assets = assets
        .assets
        .iter()
        .map(|judged| (&judged.asset, &judged.outcomes));
    let jobs = jobs
        .cohorts
        .iter()
        .map(|cohort| (&cohort.asset, &cohort.outcomes));
    assets.chain(jobs).flat_map(move |(asset, outcomes)| {
        outcomes.iter().filter_map(move |outcome| {
            let control = selection.control(outcome)?;
            Some((control.id.as_str(), asset, outcome))
        })
    })
}

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
    /// Which of them, by the baseline.
    pub pick: Pick,
}

/// A choice of findings by the baseline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pick {
    /// All.
    #[default]
    All,
    /// Open fails only when the baseline does not hold them as open.
    New,
    /// Only what the baseline holds as open and is no fail any more.
    Closed,
    /// Only these, by id.
    These(Arc<HashSet<String>>),
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
    /// Open fails that were not open in the baseline, by severity; empty without one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub new: BTreeMap<Severity, u64>,
    /// Open fails that are past their deadline, by severity; empty without a baseline.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub overdue: BTreeMap<Severity, u64>,
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
    /// What was open in the baseline and passes or does not apply any more, with its details.
    #[must_use]
    pub fn closed() -> Show {
        Show {
            verdicts: vec![Verdict::Pass, Verdict::NotApplicable],
            waived: false,
            details: true,
            families: None,
            pick: Pick::Closed,
        }
    }

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
        let exceptions = Exceptions::new(context, selection);
        let mut assessment = Assessment {
            context,
            selection,
            assets: judge_assets(context, selection, reach, threads),
            jobs: judge_jobs(
                context,
                selection,
                reach,
                &exceptions,
                grouping,
                source,
                threads,
            )?,
            source,
            waivers: Applied::default(),
            past: None,
            before: None,
            edits: BTreeMap::new(),
        };
        if grouping == Grouping::Families {
            name_families(&mut assessment.jobs.cohorts);
        }
        assessment.waive(&exceptions);
        Ok(assessment)
    }

    /// The same assessment, held against what was open before.
    #[must_use]
    pub fn since(self, baseline: &'r Baseline, deadlines: &'r Deadlines) -> Self {
        Assessment {
            past: Some((baseline, deadlines)),
            ..self
        }
    }

    /// Every asset and job family, in the order of [`Assessment::findings`].
    pub fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let assets = self.assets.assets.iter().map(of_asset);
        assets.chain(self.jobs.cohorts.iter().map(of_cohort))
    }

    /// The history of an open fail, if there is a baseline.
    #[must_use]
    pub fn history(&self, subject: &Subject<'_>, outcome: &Outcome) -> Option<History> {
        let (baseline, deadlines) = self.past?;
        if !outcome.is_open_fail() {
            return None;
        }
        let control = self.selection.control(outcome)?;
        Some(baseline.history(
            &finding_id(&control.id, &subject.identity),
            control.severity,
            self.reason(subject, outcome),
            subject.created,
            self.context.as_of,
            deadlines,
        ))
    }

    /// The code of a fail.
    #[must_use]
    pub fn reason(&self, subject: &Subject<'_>, outcome: &Outcome) -> Option<&'r str> {
        if outcome.verdict != Verdict::Fail {
            return None;
        }
        let rule = self.selection.control(outcome)?.rule(subject.asset.kind)?;
        let case = rule.reasons.get(usize::from(outcome.code?))?;
        Some(&case.code)
    }

    /// Whether the finding of an outcome is made.
    fn shows(&self, show: &Show, subject: &Subject<'_>, outcome: &Outcome) -> bool {
        show.includes(outcome)
            && match &show.pick {
                Pick::All => true,
                Pick::New => self
                    .history(subject, outcome)
                    .is_none_or(|history| history.state.is_new()),
                Pick::Closed => self.was_open(subject, outcome),
                Pick::These(ids) => self.selection.control(outcome).is_some_and(|control| {
                    ids.contains(&finding_id(&control.id, &subject.identity))
                }),
            }
    }

    /// Whether the baseline holds as open what an outcome says is no fail.
    fn was_open(&self, subject: &Subject<'_>, outcome: &Outcome) -> bool {
        let (Some((baseline, _)), Some(control)) = (self.past, self.selection.control(outcome))
        else {
            return false;
        };
        matches!(outcome.verdict, Verdict::Pass | Verdict::NotApplicable)
            && baseline
                .entry(&finding_id(&control.id, &subject.identity))
                .is_some_and(|entry| entry.standing == Standing::Open)
    }

    /// Lets the waivers cover what they do.
    fn waive(&mut self, exceptions: &Exceptions<'_>) {
        if self.selection.waivers().all.is_empty() {
            return;
        }
        let assets = self.assets.assets.iter_mut().map(|judged| waiver::Subject {
            marks: exceptions.marks(&judged.asset, None),
            count: 1,
            outcomes: &mut judged.outcomes,
        });
        let jobs = self.jobs.cohorts.iter_mut().map(|cohort| waiver::Subject {
            marks: cohort.marks.clone(),
            count: cohort.count,
            outcomes: &mut cohort.outcomes,
        });
        let mut subjects: Vec<waiver::Subject<'_>> = assets.chain(jobs).collect();
        self.waivers = exceptions.apply(self.selection, &mut subjects);
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
                let column = match outcome.disposition() {
                    Disposition::Waived => &mut summary.waived,
                    Disposition::Open => &mut summary.open,
                };
                *column.entry(severity).or_default() += count;
            }
        }
        if self.past.is_some() {
            for subject in self.subjects() {
                for outcome in subject.outcomes {
                    let Some(history) = self.history(&subject, outcome) else {
                        continue;
                    };
                    let severity = self.selection.severity(outcome);
                    if history.state.is_new() {
                        *summary.new.entry(severity).or_default() += subject.count;
                    }
                    if history.overdue {
                        *summary.overdue.entry(severity).or_default() += subject.count;
                    }
                }
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
            .filter(|cohort| {
                let subject = of_cohort(cohort);
                let mut outcomes = cohort.outcomes.iter();
                outcomes.any(|outcome| self.shows(show, &subject, outcome))
            })
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
        let remedies = Remedies::new(self.context, &self.jobs);
        for judged in &self.assets.assets {
            let subject = of_asset(judged);
            let mut outcomes = judged.outcomes.iter();
            if !outcomes.any(|outcome| self.shows(show, &subject, outcome)) {
                continue;
            }
            let Some(facts) = derive(self.context, &judged.asset) else {
                continue;
            };
            let findings = self.prove_all(&subject, show, facts.as_facts(), &remedies);
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
                let mut findings = self.prove_all(&of_cohort(cohort), show, facts, &remedies);
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

    /// How many verdicts the code changes, and how.
    #[must_use]
    pub fn changes(&self) -> BTreeMap<Change, u64> {
        let mut counts = BTreeMap::new();
        for (control, asset, outcome) in judged(self.selection, &self.assets, &self.jobs) {
            if let Some(change) = self.change(control, asset, outcome.verdict) {
                *counts.entry(change).or_default() += 1;
            }
        }
        counts
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
        subject: &Subject<'_>,
        show: &Show,
        facts: &dyn crate::facts::Facts,
        remedies: &Remedies<'_>,
    ) -> Vec<Finding<'r>> {
        subject
            .outcomes
            .iter()
            .filter(|outcome| self.shows(show, subject, outcome))
            .filter_map(|outcome| {
                let control = self.selection.control(outcome)?;
                let rule = control.rule(subject.asset.kind)?;
                let judged = Judged {
                    control,
                    rule,
                    outcome,
                };
                let mut finding = prove(judged, subject.asset, facts, self.context, show.details);
                finding.id = finding_id(&control.id, &subject.identity);
                finding.change = self.change(&control.id, subject.asset, outcome.verdict);
                finding.history = self.history(subject, outcome);
                finding.edit = self.edits.get(&finding.id).cloned();
                if outcome.verdict == Verdict::Fail {
                    finding.remedy = remedies.of(rule, facts);
                }
                let declared = outcome
                    .waiver
                    .and_then(|index| self.selection.waivers().all.get(usize::from(index)));
                if let Some(waiver) = declared {
                    finding.waiver = Some(waiver.into());
                }
                Some(finding)
            })
            .collect()
    }
}

fn of_asset(judged: &JudgedAsset) -> Subject<'_> {
    Subject {
        asset: &judged.asset,
        identity: Cow::Borrowed(judged.asset.arn.as_str()),
        count: 1,
        created: None,
        outcomes: &judged.outcomes,
    }
}

fn of_cohort(cohort: &JudgedCohort) -> Subject<'_> {
    Subject {
        asset: &cohort.asset,
        identity: Cow::Borrowed(cohort.identity()),
        count: cohort.count,
        created: cohort.created(),
        outcomes: &cohort.outcomes,
    }
}
