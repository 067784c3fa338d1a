//! `check`: judge saved AWS answers or a snapshot.

use std::collections::BTreeSet;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sagewarden_core::assess::{Assessment, Pick, Show};
use sagewarden_core::finding::Change;
use sagewarden_core::verdict::{Severity, Verdict};
use sagewarden_report::text::{GroupBy, Layout};
use sagewarden_report::{
    Run, TrendPoint, asff, bundle, csv, html, json, junit, markdown, ndjson, ocsf, oscal, sarif,
    text,
};

use crate::args::{Answer, Check, FailOn, Format, GroupName, OcsfClass, ShowName, Target};
use crate::command::judging::{self, Judged};
use crate::command::{Global, fix};
use crate::config::Config;
use crate::{Exit, output};

/// Families of training jobs that the text report shows.
const FAMILIES: usize = 40;

pub(crate) fn run(check: &Check, global: Global) -> Result<Exit> {
    let answer = &check.answer;
    answer_can_be_written(answer)?;
    judging::judge_with(&check.judging, wants_digests(answer), global, |judged| {
        if check.fix || check.diff {
            judged.warn_of_waivers();
            output::to(answer.output.as_deref(), global, |out, _| {
                fix::run(&judged.assessment, check.fix, out)
            })?;
            return Ok(Exit::Clean);
        }
        let exit = write_all(answer, judged, global)?;
        if judged.assessment.before.is_some() && !global.quiet {
            tell_changes(&judged.assessment);
        }
        Ok(exit)
    })
}

/// Whether the answer names what it rests on by digest.
pub(crate) fn wants_digests(answer: &Answer) -> bool {
    let mut targets = answer.format.iter();
    targets.any(|target| target.format == Format::Bundle)
}

/// Writes every format that is asked for, and gives the exit code.
pub(crate) fn write_all(answer: &Answer, judged: &mut Judged<'_>, global: Global) -> Result<Exit> {
    judged.run.trend = trend(&answer.trend)?;
    let shows_edits =
        |target: &Target| matches!(target.format, Format::Json | Format::Ndjson | Format::Sarif);
    if judged.holds_code && answer.format.iter().any(shows_edits) {
        judged.assessment.edits = fix::edits(&judged.assessment)?;
    }
    judged.warn_of_waivers();
    for target in &answer.format {
        let file = target.file.as_deref().or(answer.output.as_deref());
        write(answer, judged, target, file, global)?;
    }
    Ok(exit(answer, judged.config, &judged.run, judged.damaged))
}

/// Tells how many findings code makes new, and how many it mends.
fn tell_changes(assessment: &Assessment<'_>) {
    let changes = assessment.changes();
    let told: Vec<String> = [Change::New, Change::Fixed, Change::Unchanged]
        .iter()
        .map(|change| format!("{} {}", changes.get(change).unwrap_or(&0), change.word()))
        .collect();
    output::say(&format!("by this code: {}", told.join(", ")));
}

/// The counts of earlier assessments, oldest first.
fn trend(files: &[PathBuf]) -> Result<Vec<TrendPoint>> {
    let mut points = Vec::new();
    for path in files {
        let file = fs::File::open(path)
            .with_context(|| format!("cannot read the assessment `{}`", path.display()))?;
        let point = TrendPoint::read(BufReader::new(file)).with_context(|| {
            format!(
                "`{}` is no assessment as `-f json` writes it",
                path.display()
            )
        })?;
        points.push(point);
    }
    points.sort_by_key(|point| point.as_of);
    Ok(points)
}

/// Refuses two formats for one place, and a trend that cannot be read.
pub(crate) fn answer_can_be_written(answer: &Answer) -> Result<()> {
    trend(&answer.trend)?;
    let without = answer.format.iter().filter(|target| target.file.is_none());
    if without.count() > 1 {
        bail!("two formats cannot share one output; name files, as in `-f text -f ocsf=out.json`");
    }
    let mut files = BTreeSet::new();
    for target in &answer.format {
        let file = target.file.as_deref().or(answer.output.as_deref());
        if target.format.is_binary() && file.is_none() {
            bail!("a bundle is a zip; name its file, as in `-f bundle=evidence.zip`");
        }
        if let Some(file) = file
            && !files.insert(file)
        {
            bail!("two formats cannot share `{}`", file.display());
        }
    }
    Ok(())
}

fn write(
    answer: &Answer,
    judged: &Judged<'_>,
    target: &Target,
    file: Option<&Path>,
    global: Global,
) -> Result<()> {
    let show = show(answer, target.format);
    let (assessment, run) = (&judged.assessment, &judged.run);
    if let (Format::Bundle, Some(file)) = (target.format, file) {
        return output::raw(file, |out| Ok(bundle::write(assessment, run, out)?));
    }
    let mut left_out = Vec::new();
    output::to(file, global, |out, width| {
        match target.format {
            Format::Json => json::v1::write(assessment, run, &show, out)?,
            Format::Text => {
                let layout = Layout {
                    width,
                    full: answer.full,
                    quiet: global.quiet,
                    by: match answer.group_by {
                        GroupName::Asset => GroupBy::Asset,
                        GroupName::Control => GroupBy::Control,
                        GroupName::Role => GroupBy::Role,
                        GroupName::Account => GroupBy::Account,
                    },
                    summary: answer.summary,
                    links: file.is_none() && output::takes_links(global),
                };
                text::write(assessment, run, &show, layout, out)?;
            }
            Format::Ndjson => ndjson::write(assessment, run, &show, out)?,
            Format::Csv => csv::write(assessment, run, &show, out)?,
            Format::Junit => junit::write(assessment, run, &show, out)?,
            Format::Markdown => left_out = markdown::write(assessment, run, &show, out)?,
            Format::Sarif => left_out = sarif::write(assessment, run, &show, out)?,
            Format::Ocsf => {
                let class = match answer.ocsf_class {
                    OcsfClass::Compliance => ocsf::Class::Compliance,
                    OcsfClass::Detection => ocsf::Class::Detection,
                };
                ocsf::write(assessment, run, &show, class, out)?;
            }
            // Written as it is, above.
            Format::Bundle => {}
            Format::Oscal => oscal::write(assessment, run, out)?,
            Format::Html => left_out = html::write(assessment, run, out)?,
            Format::Asff => left_out = asff::write(assessment, run, &show, out)?,
        }
        Ok(())
    })?;
    left_out.iter().for_each(|text| output::warn(text));
    Ok(())
}

fn show(answer: &Answer, format: Format) -> Show {
    let all = answer.show.contains(&ShowName::All);
    let wants = |name| all || answer.show.contains(&name);
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
        // Counts leave nothing out that was accepted.
        waived: wants(ShowName::Waived) || (format == Format::Text && answer.summary),
        details: answer.full || format != Format::Text,
        families: (format == Format::Text && !answer.summary).then_some(FAMILIES),
        pick: if answer.new_only {
            Pick::New
        } else {
            Pick::All
        },
    }
}

fn exit(answer: &Answer, config: &Config, run: &Run, damaged: bool) -> Exit {
    let summary = &run.summary;
    if answer.exit_zero {
        return Exit::Clean;
    }
    let threshold = match answer.fail_on.or(config.fail_on).unwrap_or(FailOn::High) {
        FailOn::Low => Some(Severity::Low),
        FailOn::Medium => Some(Severity::Medium),
        FailOn::High => Some(Severity::High),
        FailOn::Critical => Some(Severity::Critical),
        FailOn::Never => None,
    };
    let counted = if answer.new_only {
        &summary.new
    } else {
        &summary.open
    };
    let open = counted
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
    } else if answer.strict && (unknown > 0 || judged == 0 || damaged || !run.unlisted.is_empty()) {
        Exit::Incomplete
    } else {
        Exit::Clean
    }
}
