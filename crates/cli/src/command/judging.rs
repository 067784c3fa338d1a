//! From arguments to an assessment, for every command that judges.
//!
//! Enters: what to judge, by what, with which waivers and since when. Leaves: the assessment and
//! what the run says of itself, lent to a closure: it borrows from the snapshot, the catalogue and
//! the configuration, which live here.

use std::collections::BTreeSet;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context as _, Result, bail};
use sagewarden_core::assess::{Assessment, Before, Summary, verdicts};
use sagewarden_core::asset::AssetKind;
use sagewarden_core::baseline::Baseline;
use sagewarden_core::control::Control;
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::{Context, training_job};
use sagewarden_core::jobs::{Grouping, JudgedJobs, SnapshotJobs, is_always_streamed, is_streamed};
use sagewarden_core::judge::{Reach, Selection, judge_assets};
use sagewarden_core::operations::GLOBAL_REGION;
use sagewarden_core::snapshot::{Damage, Error, Extent, Manifest, Snapshot};
use sagewarden_core::time::Time;
use sagewarden_core::waiver::{self, Level, Waivers, day_of};
use sagewarden_report::{Coverage, Run};

use crate::args::{self, Basis, Input, Judging, Settings};
use crate::command::unlisted::{listings, unlisted};
use crate::command::{Global, select};
use crate::config::{self, Config};
use crate::digest;
use crate::input::{self, Opened};
use crate::output;

/// A judged input.
pub(crate) struct Judged<'r> {
    pub(crate) assessment: Assessment<'r>,
    pub(crate) run: Run,
    pub(crate) config: &'r Config,
    /// Whether parts of the input were damaged and left out.
    pub(crate) damaged: bool,
    /// Whether some of the input is infrastructure code.
    pub(crate) holds_code: bool,
}

impl Judged<'_> {
    /// Whether the assets of a kind were listed whole at a place, so that what is not there is gone.
    pub(crate) fn looked_at(&self, account: &str, region: &str, kind: AssetKind) -> bool {
        let complete = |row: &Coverage| {
            row.account == account && row.region == region && row.state == "complete"
        };
        listings(kind).iter().any(|listing| {
            let name = listing.to_string();
            self.run
                .coverage
                .iter()
                .any(|row| row.operation == name && complete(row))
        })
    }

    /// Tells what is wrong with the waivers on standard error.
    pub(crate) fn warn_of_waivers(&self) {
        for diagnostic in &self.run.waivers {
            match diagnostic.level {
                Level::Error => output::error(&diagnostic.to_string()),
                Level::Warning => output::warn(&diagnostic.to_string()),
            }
        }
    }
}

/// Judges, and lends the result to `with`.
pub(crate) fn judge<R>(
    judging: &Judging,
    global: Global,
    with: impl FnOnce(&Judged<'_>) -> Result<R>,
) -> Result<R> {
    judge_with(judging, false, global, |judged| with(judged))
}

/// Judges, with the digests of the input's files if they are asked for.
pub(crate) fn judge_with<R>(
    judging: &Judging,
    digests: bool,
    global: Global,
    with: impl FnOnce(&mut Judged<'_>) -> Result<R>,
) -> Result<R> {
    let subject = || subject(judging, digests, global);
    let basis = &judging.basis;
    let purpose = Purpose::load(&basis.settings, &basis.selection)?;
    judge_by(&purpose, basis, digests, subject, with)
}

/// What is judged by.
pub(crate) struct Purpose {
    pub(crate) config: Config,
    pub(crate) loaded: select::Loaded,
}

impl Purpose {
    /// Reads configuration and catalogue.
    pub(crate) fn load(settings: &Settings, selection: &args::Selection) -> Result<Purpose> {
        Ok(Purpose {
            config: config::load(settings)?,
            loaded: select::catalog(&selection.controls, &selection.frameworks)?,
        })
    }

    /// The chosen controls.
    pub(crate) fn controls(&self, selection: &args::Selection) -> Result<Vec<&Control>> {
        select::select(&self.loaded.catalog, selection)
    }
}

/// Judges in a process that goes on to judge more.
#[cfg(feature = "serve")]
pub(crate) fn judge_one_of_many<R>(
    judging: &Judging,
    global: Global,
    with: impl FnOnce(&mut Judged<'_>) -> Result<R>,
) -> Result<R> {
    let subject = || subject(judging, false, global);
    let basis = &judging.basis;
    let purpose = Purpose::load(&basis.settings, &basis.selection)?;
    let afterwards = Afterwards::FreeMemory;
    judge_and(afterwards, &purpose, basis, false, subject, with)
}

fn subject(judging: &Judging, digests: bool, global: Global) -> Result<Subject> {
    let opened = input::open(&judging.input, global.verbose)?;
    let paths = judging.input.paths.iter();
    Ok(Subject {
        inputs: paths.map(|path| path.display().to_string()).collect(),
        options: opened_by(&judging.input),
        files: if digests {
            judging.input.paths.clone()
        } else {
            Vec::new()
        },
        reach: Reach {
            accounts: judging.accounts.clone(),
            regions: judging.regions.clone(),
            arns: opened.assets.clone(),
        },
        opened,
    })
}

/// What is judged.
pub(crate) struct Subject {
    /// The snapshot.
    pub(crate) opened: Opened,
    /// How the report names it.
    pub(crate) inputs: Vec<String>,
    /// How else it was opened, for a later command to do it again.
    pub(crate) options: Vec<String>,
    /// Its files, for their digests.
    pub(crate) files: Vec<PathBuf>,
    /// Which part of it.
    pub(crate) reach: Reach,
}

/// The options of an input that every command takes that reads one.
fn opened_by(input: &Input) -> Vec<String> {
    let as_of = input.as_of.iter().map(|time| format!("--as-of={time}"));
    let keep_going = input.keep_going.then(|| "--keep-going".to_owned());
    as_of.chain(keep_going).collect()
}

/// The settings, as they would be typed.
fn typed(settings: &Settings) -> Vec<String> {
    let path = |path: &PathBuf| format!("--config={}", path.display());
    let config = settings.config.iter().map(path);
    let profile = settings
        .profile
        .iter()
        .map(|name| format!("--profile={name}"));
    let set = settings.set.iter().map(|pair| format!("--set={pair}"));
    config.chain(profile).chain(set).collect()
}

/// Judges what `subject` opens, once it is known that there is something to judge it by.
pub(crate) fn judge_by<R>(
    purpose: &Purpose,
    basis: &Basis,
    digests: bool,
    subject: impl FnOnce() -> Result<Subject>,
    with: impl FnOnce(&mut Judged<'_>) -> Result<R>,
) -> Result<R> {
    judge_and(Afterwards::End, purpose, basis, digests, subject, with)
}

/// What the process does when it has judged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Afterwards {
    /// It ends soon: taking an estate apart piece by piece would only cost time.
    End,
    #[cfg(feature = "serve")]
    FreeMemory,
}

fn judge_and<R>(
    afterwards: Afterwards,
    purpose: &Purpose,
    basis: &Basis,
    digests: bool,
    subject: impl FnOnce() -> Result<Subject>,
    with: impl FnOnce(&mut Judged<'_>) -> Result<R>,
) -> Result<R> {
    let Purpose { config, loaded } = purpose;
    let mut waivers = waivers(&basis.waivers, config)?;
    let baseline = match &basis.baseline {
        None => None,
        Some(path) => Some(read_baseline(path)?),
    };
    let controls = purpose.controls(&basis.selection)?;
    let subject = subject()?;
    waivers.claims.clone_from(&subject.opened.claims);
    let selection = Selection::new(controls).with_waivers(&waivers);
    let (opened, reach) = (&subject.opened, &subject.reach);
    let snapshot = opened.snapshot()?;
    let as_of = opened.as_of.unwrap_or(snapshot.manifest().as_of);
    let read = estate(&snapshot)?;
    let estate = read.estate;
    let context = Context::new(&estate, &config.tunables, as_of);
    let threads = basis.threads.unwrap_or_else(every_core);
    let jobs = SnapshotJobs::new(&snapshot);
    let grouping = if basis.each_job {
        Grouping::EachJob
    } else {
        Grouping::Families
    };
    let mut assessment = Assessment::judge(&context, &selection, reach, grouping, &jobs, threads)?;
    if let Some(baseline) = &baseline {
        assessment = assessment.since(baseline, &config.deadlines);
    }
    if let Some(live) = &opened.before {
        let jobs = named_jobs(&assessment);
        assessment.before = Some(before(live, config, &selection, as_of, threads, jobs)?);
    }
    let mut damages = read.damages;
    damages.extend(jobs.damages());
    damages.sort_by(|a, b| (&a.part, a.line, &a.message).cmp(&(&b.part, b.line, &b.message)));
    damages.dedup();
    let damaged = !damages.is_empty() || !opened.lost.is_empty();
    let mut warnings = opened.lost.clone();
    warnings.extend(snapshot.manifest().warnings.iter().map(ToString::to_string));
    warnings.extend(input::damages(&damages));
    warnings.extend(assessment.jobs.warnings.iter().cloned());
    let ids = loaded
        .catalog
        .controls
        .iter()
        .map(|control| control.id.as_str());
    let diagnostics = waiver::lint(&waivers, day_of(as_of), ids, Some(&assessment.waivers));
    let about = about(snapshot.manifest(), config, as_of);
    warnings.extend(out_of_reach(reach, &about));
    let run = Run {
        inputs: subject.inputs.clone(),
        options: [subject.options.clone(), typed(&basis.settings)].concat(),
        controls: basis
            .selection
            .controls
            .iter()
            .map(|folder| folder.display().to_string())
            .collect(),
        coverage: coverage(snapshot.manifest()),
        unlisted: if opened.only_code {
            Vec::new()
        } else {
            unlisted(snapshot.manifest(), &selection, reach)
        },
        catalog_digest: loaded.digest.clone(),
        frameworks: loaded.catalog.frameworks.clone(),
        warnings,
        summary: assessment.summary(),
        waivers: diagnostics,
        input_files: if digests {
            let files = subject.files.iter().chain(&basis.waivers);
            digest::of(files.chain(&config.waivers))?
        } else {
            Vec::new()
        },
        ..about
    };
    let mut judged = Judged {
        assessment,
        run,
        config,
        damaged,
        holds_code: opened.holds_code,
    };
    let result = with(&mut judged);
    if afterwards == Afterwards::End {
        std::mem::forget(judged);
        std::mem::forget(context);
        std::mem::forget(estate);
    }
    result
}

/// The training jobs of code that have a name already, by the ARN that they have where they run.
fn named_jobs(assessment: &Assessment<'_>) -> BTreeSet<String> {
    let assets = assessment.jobs.cohorts.iter().map(|cohort| &cohort.asset);
    assets
        .map(|asset| training_job::arn_of(&asset.account, &asset.region, &asset.name))
        .collect()
}

/// The verdicts on what runs. Of training jobs, of which there may be any number, only these.
fn before(
    live: &input::Opened,
    config: &Config,
    selection: &Selection<'_>,
    as_of: Time,
    threads: NonZeroUsize,
    jobs: BTreeSet<String>,
) -> Result<Before> {
    let snapshot = live.snapshot()?;
    let estate = estate(&snapshot)?.estate;
    let context = Context::new(&estate, &config.tunables, as_of);
    let assets = judge_assets(&context, selection, &Reach::default(), threads);
    if jobs.is_empty() {
        return Ok(verdicts(selection, &assets, &JudgedJobs::default()));
    }
    let reach = Reach {
        arns: Some(jobs),
        ..Reach::default()
    };
    let source = SnapshotJobs::new(&snapshot);
    let grouping = Grouping::EachJob;
    let judged = Assessment::judge(&context, selection, &reach, grouping, &source, threads)?;
    Ok(verdicts(selection, &assets, &judged.jobs))
}

/// Accounts and Regions that were asked for and that the input holds nothing of: nothing open there
/// would else read like nothing wrong.
fn out_of_reach(reach: &Reach, about: &Run) -> Vec<String> {
    let accounts = reach
        .accounts
        .iter()
        .filter(|account| !about.accounts.contains(account))
        .map(|account| {
            let there = about.accounts.join(", ");
            format!("the input holds nothing of account `{account}`; it has {there}")
        });
    let regions = reach.regions.iter().filter_map(|region| {
        let asked = Reach {
            regions: vec![region.clone()],
            ..Reach::default()
        };
        let there = about.regions.join(", ");
        let held = about.regions.iter().any(|region| asked.covers("", region));
        (!held).then(|| format!("the input holds nothing of Region `{region}`; it has {there}"))
    });
    accounts.chain(regions).collect()
}

/// The waivers of files and of the configuration.
pub(crate) fn waivers(files: &[PathBuf], config: &Config) -> Result<Waivers> {
    let mut all: Vec<waiver::Waiver> = Vec::new();
    for path in config.waivers.iter().chain(files) {
        let name = path.display().to_string();
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read the waivers `{name}`"))?;
        let found = waiver::parse(&name, &text).map_err(WaiverErrors)?;
        for new in found {
            if let Some(known) = all.iter().find(|known| known.id == new.id) {
                bail!(
                    "{}: waiver `{}` already stands at {}; ids are unique over all files",
                    new.place,
                    new.id,
                    known.place
                );
            }
            all.push(new);
        }
    }
    if all.len() > usize::from(u16::MAX) {
        bail!("{} waivers are more than a run can hold", all.len());
    }
    Ok(Waivers {
        all,
        caps: config.caps.clone(),
        claims: Vec::new(),
    })
}

/// Every error of a waiver file, one a line.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub(crate) struct WaiverErrors(pub(crate) Vec<waiver::WaiverError>);

/// Reads a baseline.
pub(crate) fn read_baseline(path: &PathBuf) -> Result<Baseline> {
    let name = path.display();
    let text = fs::read_to_string(path).with_context(|| {
        format!("cannot read the baseline `{name}`; `sagewarden baseline create` makes one")
    })?;
    Baseline::parse(&text).with_context(|| format!("the baseline `{name}` cannot be used"))
}

/// What was read of a snapshot.
pub(crate) struct Read {
    /// Everything but the training jobs.
    pub(crate) estate: Estate,
    /// What keep-going left out.
    pub(crate) damages: Vec<Damage>,
}

/// Reads everything but the training jobs.
pub(crate) fn estate(snapshot: &Snapshot<'_>) -> Result<Read> {
    let mut observations = Vec::new();
    let mut damages = Vec::new();
    for part in snapshot.parts() {
        // These are read once, when they are judged: there are a hundred times as many as all others.
        if is_always_streamed(part.operation) {
            continue;
        }
        let mut found = Vec::new();
        let mut refused = Vec::new();
        let mut lost = snapshot.for_each_line::<Error>(part, |number, line| {
            if !is_streamed(part.operation, line) {
                match part.observation(number, line) {
                    Ok(observation) => found.push(observation),
                    Err(Error::Line { message, .. }) if snapshot.keeps_going() => {
                        refused.push(part.damage_at(number, message));
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })?;
        // Of a part that does not hold what was written nothing can be relied on.
        if lost.iter().all(|damage| damage.extent != Extent::Part) {
            observations.append(&mut found);
        }
        lost.append(&mut refused);
        damages.append(&mut lost);
    }
    Ok(Read {
        estate: Estate::new(observations),
        damages,
    })
}

/// What a run says of itself before it has judged anything.
pub(crate) fn about(manifest: &Manifest, config: &Config, as_of: Time) -> Run {
    let mut accounts: BTreeSet<&String> = manifest.scope.accounts.iter().collect();
    let mut regions: BTreeSet<&String> = manifest.scope.regions.iter().collect();
    for part in &manifest.parts {
        accounts.insert(&part.account);
        regions.insert(&part.region);
    }
    Run {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of,
        inputs: Vec::new(),
        options: Vec::new(),
        controls: Vec::new(),
        accounts: accounts
            .into_iter()
            .filter(|account| !account.is_empty())
            .cloned()
            .collect(),
        regions: regions
            .into_iter()
            .filter(|region| !region.is_empty() && *region != GLOBAL_REGION)
            .cloned()
            .collect(),
        coverage: Vec::new(),
        unlisted: Vec::new(),
        profile: config.profile.clone(),
        tunables: config
            .tunables
            .changed()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        catalog_digest: String::new(),
        frameworks: Vec::new(),
        waivers: Vec::new(),
        input_files: Vec::new(),
        trend: Vec::new(),
        warnings: Vec::new(),
        summary: Summary::default(),
    }
}

fn coverage(manifest: &Manifest) -> Vec<Coverage> {
    manifest
        .coverage
        .iter()
        .map(|coverage| Coverage {
            account: coverage.account.clone(),
            region: coverage.region.clone(),
            operation: coverage.operation.to_string(),
            state: coverage.status.word().to_owned(),
            reason: coverage.reason.clone(),
        })
        .collect()
}

pub(crate) fn every_core() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// The instant of evaluation.
pub(crate) fn instant(opened: &input::Opened, snapshot: &Snapshot<'_>) -> Time {
    opened.as_of.unwrap_or(snapshot.manifest().as_of)
}
