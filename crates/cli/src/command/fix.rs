//! `check --diff` and `check --fix`: the edits that mend findings in code.
//!
//! Enters: the open fails of an assessment with their places. Leaves: the files edited in place, or
//! what would change. A finding is mended where that is certain; the others are told with the
//! reason.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use anyhow::{Context as _, Result};
use sagewarden_core::assess::{Assessment, AssetFindings, Pick, Show};
use sagewarden_core::finding::{SourceEdit, SourceRange};
use sagewarden_core::jobs::JobError;
use sagewarden_core::snapshot::SourcePlace;
use sagewarden_core::verdict::{Disposition, Verdict};
use sagewarden_iac::fix::{self, Edit, File, Setting};

use crate::output;

/// How code that has no file is named.
const STANDARD_INPUT: &str = "-";

/// Shows the edits, and with `write` makes them.
pub(crate) fn run(assessment: &Assessment<'_>, write: bool, out: &mut dyn Write) -> Result<()> {
    let mut told = 0usize;
    for (file, mends) in mends(assessment)? {
        let mut edits: Vec<Edit> = Vec::new();
        for mend in mends.all {
            match mend.edit {
                // Instances of one resource are mended by one edit.
                Ok(edit) if edits.contains(&edit) => {}
                Ok(edit) => edits.push(edit),
                Err(why) => {
                    let Mend { place, control, .. } = mend;
                    output::warn(&format!("{place}: {control} is not mended: {why}"));
                }
            }
        }
        if edits.is_empty() {
            continue;
        }
        told += edits.len();
        let mended = fix::edited(&mends.text, &edits);
        show(&file, &mends.text, &edits, out)?;
        if write {
            // Beside it first, so that the file is never half written.
            let beside = format!("{file}.partial");
            fs::write(&beside, mended)
                .and_then(|()| fs::metadata(&file))
                .and_then(|kept| fs::set_permissions(&beside, kept.permissions()))
                .and_then(|()| fs::rename(&beside, &file))
                .with_context(|| format!("cannot write `{file}`"))?;
        }
    }
    output::say(&format!(
        "{told} edit{} {}",
        if told == 1 { "" } else { "s" },
        if write {
            "made; check again"
        } else {
            "possible; `--fix` makes them"
        }
    ));
    Ok(())
}

/// The edits that mend findings, by the finding's id.
pub(crate) fn edits(assessment: &Assessment<'_>) -> Result<BTreeMap<String, SourceEdit>> {
    let mut all = BTreeMap::new();
    for (file, mends) in mends(assessment)? {
        let source = File::new(&mends.text);
        for mend in mends.all {
            let Ok(edit) = mend.edit else {
                continue;
            };
            let (attribute, value) = mend.setting.in_file(&file);
            let (start_line, start_column) = source.position(edit.range.start);
            let (end_line, end_column) = source.position(edit.range.end);
            let edit = SourceEdit {
                file: file.clone(),
                attribute: attribute.to_owned(),
                value: value.to_owned(),
                range: SourceRange {
                    start_line,
                    start_column,
                    end_line,
                    end_column,
                },
                text: edit.text,
            };
            all.insert(mend.finding, edit);
        }
    }
    Ok(all)
}

/// What would mend the findings of one file.
struct Mends {
    text: String,
    all: Vec<Mend>,
}

/// What would mend a finding.
struct Mend {
    finding: String,
    control: String,
    place: SourcePlace,
    setting: &'static Setting,
    /// The edit, or why there is none.
    edit: Result<Edit, &'static str>,
}

/// What would mend the open fails of an assessment, by file.
fn mends(assessment: &Assessment<'_>) -> Result<BTreeMap<String, Mends>> {
    let show = Show {
        verdicts: vec![Verdict::Fail],
        waived: false,
        details: false,
        families: None,
        pick: Pick::All,
    };
    let mut wanted: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    assessment.findings::<JobError>(&show, &mut |group: AssetFindings<'_>| {
        for finding in group.findings {
            let setting = fix::setting(finding.control, finding.reason.unwrap_or_default());
            if finding.disposition == Disposition::Open
                && let (Some(place), Some(setting)) = (finding.source, setting)
                && place.file != STANDARD_INPUT
            {
                let control = finding.control.to_owned();
                let file = wanted.entry(place.file.clone()).or_default();
                file.push((finding.id, control, place, setting));
            }
        }
        Ok(())
    })?;
    let mut files = BTreeMap::new();
    for (file, wanted) in wanted {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
        let source = File::new(&text);
        let mend = |(finding, control, place, setting): Wanted| Mend {
            edit: source.edit(&place, setting),
            finding,
            control,
            place,
            setting,
        };
        let all = wanted.into_iter().map(mend).collect();
        files.insert(file, Mends { text, all });
    }
    Ok(files)
}

/// A finding and its control, where it stands, and what mends it.
type Wanted = (String, String, SourcePlace, &'static Setting);

/// Each edit with the lines that it changes.
fn show(file: &str, text: &str, edits: &[Edit], out: &mut dyn Write) -> Result<()> {
    writeln!(out, "--- {file}\n+++ {file}")?;
    for edit in edits {
        let start = text
            .get(..edit.range.start)
            .and_then(|text| text.rfind('\n'))
            .map_or(0, |at| at + 1);
        let line = text.get(..start).unwrap_or_default().matches('\n').count() + 1;
        if edit.range.is_empty() {
            writeln!(
                out,
                "@@ -{line},0 +{line} @@\n+{}",
                edit.text.trim_end_matches('\n')
            )?;
            continue;
        }
        let end = text
            .get(edit.range.end..)
            .and_then(|text| text.find('\n'))
            .map_or(text.len(), |at| edit.range.end + at);
        let old = text.get(start..end).unwrap_or_default();
        let before = text.get(start..edit.range.start).unwrap_or_default();
        let after = text.get(edit.range.end..end).unwrap_or_default();
        writeln!(
            out,
            "@@ -{line} +{line} @@\n-{old}\n+{before}{}{after}",
            edit.text
        )?;
    }
    Ok(())
}
