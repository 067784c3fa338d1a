//! `check`: judge saved AWS answers or a snapshot.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::thread;

use anyhow::Result;
use sagewarden_core::assess::{Assessment, Before, Show, Summary};
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::finding::Change;
use sagewarden_core::jobs::{Grouping, JudgedJobs, SnapshotJobs, is_always_streamed, is_streamed};
use sagewarden_core::judge::{Reach, Selection, judge_assets};
use sagewarden_core::operations::GLOBAL_REGION;
use sagewarden_core::snapshot::{Damage, Error, Extent, Manifest, Snapshot};
use sagewarden_core::time::Time;
use sagewarden_core::verdict::{Severity, Verdict};
use sagewarden_report::text::Layout;
use sagewarden_report::{Coverage, Run, json, text};

use crate::args::{Check, FailOn, Format, ShowName};
use crate::command::unlisted::unlisted;
use crate::command::{Global, fix, select};
use crate::config::{self, Config};
use crate::input::{self, Opened};
use crate::{Exit, output};

/// Families of training jobs that the text report shows.
const FAMILIES: usize = 40;

pub(crate) fn run(check: &Check, global: Global) -> Result<Exit> {
    let config = config::load(&check.settings)?;
    let loaded = select::catalog(&check.selection.controls)?;
    let selection = Selection::new(select::select(&loaded.catalog, &check.selection)?);
    let opened = input::open(&check.input, global.verbose)?;
    let snapshot = opened.snapshot()?;
    let as_of = opened.as_of.unwrap_or(snapshot.manifest().as_of);
    let read = estate(&snapshot)?;
    let estate = read.estate;
    let context = Context::new(&estate, &config.tunables, as_of);
    let reach = Reach {
        accounts: check.accounts.clone(),
        regions: check.regions.clone(),
        arns: opened.assets.clone(),
    };
    let threads = check.threads.unwrap_or_else(every_core);
    let jobs = SnapshotJobs::new(&snapshot);
    let grouping = if check.each_job {
        Grouping::EachJob
    } else {
        Grouping::Families
    };
    let mut assessment = Assessment::judge(&context, &selection, &reach, grouping, &jobs, threads)?;
    if let Some(live) = &opened.before {
        assessment.before = Some(before(live, &config, &selection, as_of, threads)?);
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
    let run = Run {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        as_of,
        inputs: check
            .input
            .paths
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        coverage: coverage(snapshot.manifest()),
        unlisted: if opened.only_code {
            Vec::new()
        } else {
            unlisted(snapshot.manifest(), &selection, &reach)
        },
        catalog_digest: loaded.digest,
        warnings,
        summary: assessment.summary(),
        ..about(snapshot.manifest(), &config, as_of)
    };
    let show = show(check);
    output::to(check.output.as_deref(), global.color, |out, width| {
        if check.fix || check.diff {
            return fix::run(&assessment, check.fix, out);
        }
        match check.format {
            Format::Json => json::v1::write(&assessment, &run, &show, out)?,
            Format::Text => {
                let layout = Layout {
                    width,
                    full: check.full,
                    quiet: global.quiet,
                };
                text::write(&assessment, &run, &show, layout, out)?;
            }
        }
        Ok(())
    })?;
    if assessment.before.is_some() && !global.quiet {
        let changes = assessment.changes();
        let told: Vec<String> = [Change::New, Change::Fixed, Change::Unchanged]
            .iter()
            .map(|change| format!("{} {}", changes.get(change).unwrap_or(&0), change.word()))
            .collect();
        output::say(&format!("by this code: {}", told.join(", ")));
    }
    let exit = exit(check, &config, &run, damaged);
    // The process ends here: taking an estate apart piece by piece would only cost time.
    std::mem::forget(assessment);
    std::mem::forget(context);
    std::mem::forget(estate);
    Ok(exit)
}

/// The verdicts on what runs.
fn before(
    live: &Opened,
    config: &Config,
    selection: &Selection<'_>,
    as_of: Time,
    threads: NonZeroUsize,
) -> Result<Before> {
    let snapshot = live.snapshot()?;
    let estate = estate(&snapshot)?.estate;
    let context = Context::new(&estate, &config.tunables, as_of);
    let judged = Assessment {
        context: &context,
        selection,
        assets: judge_assets(&context, selection, &Reach::default(), threads),
        jobs: JudgedJobs::default(),
        source: &SnapshotJobs::new(&snapshot),
        before: None,
    };
    Ok(judged.verdicts())
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

fn show(check: &Check) -> Show {
    let all = check.show.contains(&ShowName::All);
    let wants = |name| all || check.show.contains(&name);
    let verdicts = [
        (ShowName::Fail, Verdict::Fail),
        (ShowName::Unknown, Verdict::Unknown),
        (ShowName::Pass, Verdict::Pass),
        (ShowName::NotApplicable, Verdict::NotApplicable),
    ];
    Show {
        verdicts: verdicts
            .into_iter()
            .filter(|(name, _)| wants(*name))
            .map(|(_, verdict)| verdict)
            .collect(),
        waived: wants(ShowName::Waived),
        details: check.full || check.format == Format::Json,
        families: (check.format == Format::Text).then_some(FAMILIES),
    }
}

fn exit(check: &Check, config: &Config, run: &Run, damaged: bool) -> Exit {
    let summary = &run.summary;
    if check.exit_zero {
        return Exit::Clean;
    }
    let threshold = match check.fail_on.or(config.fail_on).unwrap_or(FailOn::High) {
        FailOn::Low => Some(Severity::Low),
        FailOn::Medium => Some(Severity::Medium),
        FailOn::High => Some(Severity::High),
        FailOn::Critical => Some(Severity::Critical),
        FailOn::Never => None,
    };
    let open = summary
        .open
        .iter()
        .any(|(severity, count)| *count > 0 && threshold.is_some_and(|least| *severity >= least));
    let unknown = summary
        .verdicts
        .get(Verdict::Unknown.word())
        .copied()
        .unwrap_or_default();
    let judged: u64 = summary.verdicts.values().sum();
    if open {
        Exit::Findings
    } else if check.strict && (unknown > 0 || judged == 0 || damaged || !run.unlisted.is_empty()) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}

/// What other commands need of an opened input.
pub(crate) fn instant(opened: &Opened, snapshot: &Snapshot<'_>) -> Time {
    opened.as_of.unwrap_or(snapshot.manifest().as_of)
}
