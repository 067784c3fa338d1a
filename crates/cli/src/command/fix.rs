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
use sagewarden_core::jobs::JobError;
use sagewarden_core::snapshot::SourcePlace;
use sagewarden_core::verdict::{Disposition, Verdict};
use sagewarden_iac::fix::{self, Edit, Setting};

use crate::output;

/// Shows the edits, and with `write` makes them.
pub(crate) fn run(assessment: &Assessment<'_>, write: bool, out: &mut dyn Write) -> Result<()> {
    let mut told = 0usize;
    for (file, wanted) in wanted(assessment)? {
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read `{file}`"))?;
        let mut edits: Vec<Edit> = Vec::new();
        for (place, setting, control) in wanted {
            match fix::edit(&text, &place, setting) {
                // Instances of one resource are mended by one edit.
                Ok(edit) if edits.contains(&edit) => {}
                Ok(edit) => edits.push(edit),
                Err(why) => output::warn(&format!("{place}: {control} is not mended: {why}")),
            }
        }
        if edits.is_empty() {
            continue;
        }
        told += edits.len();
        let mended = fix::edited(&text, &edits);
        show(&file, &text, &edits, out)?;
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

type Wanted = BTreeMap<String, Vec<(SourcePlace, &'static Setting, String)>>;

/// What is wanted, by file.
fn wanted(assessment: &Assessment<'_>) -> Result<Wanted> {
    let show = Show {
        verdicts: vec![Verdict::Fail],
        waived: false,
        details: false,
        families: None,
        pick: Pick::All,
    };
    let mut wanted = Wanted::new();
    assessment.findings::<JobError>(&show, &mut |group: AssetFindings<'_>| {
        for finding in &group.findings {
            let setting = fix::setting(finding.control, finding.reason.unwrap_or_default());
            if finding.disposition == Disposition::Open
                && let (Some(place), Some(setting)) = (&finding.source, setting)
            {
                let entry = (place.clone(), setting, finding.control.to_owned());
                wanted.entry(place.file.clone()).or_default().push(entry);
            }
        }
        Ok(())
    })?;
    Ok(wanted)
}

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
