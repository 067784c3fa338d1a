//! Drift in words, and as JSON.
//!
//! Enters: what changed between two assessments. Leaves: text, or `sagewarden.drift/v1`.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use sagewarden_core::asset::Asset;
use sagewarden_core::drift::{AssetChange, AssetDrift, Change, Drift, FindingChange, FindingDrift};
use sagewarden_core::finding::Finding;
use sagewarden_core::time::Time;
use sagewarden_core::verdict::{Severity, Verdict};
use serde::Serialize;

use crate::lines::Lines;
use crate::projection::clipped;
use crate::run::RenderError;
use crate::text::{BOLD, DIM, printable, severity_style};

/// The name and version of the format.
pub const SCHEMA: &str = "sagewarden.drift/v1";

/// Characters of a value that are shown.
const SHOWN: usize = 160;

/// Columns of the labels below a finding.
const LABEL: usize = 9;

/// Causes of one finding that are shown.
const CAUSES: usize = 6;

/// Tells the drift between two instants.
///
/// # Errors
/// When the output fails.
pub fn text(
    drift: &Drift<'_>,
    before: Time,
    after: Time,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let lines = &mut Lines { out, width };
    lines.strong(0, &format!("from {before} to {after}"))?;
    for asset in &drift.assets {
        asset_text(asset, lines)?;
    }
    for what in FindingChange::ALL {
        let mut of_kind = drift.findings.iter().filter(|finding| finding.what == what);
        let Some(first) = of_kind.next() else {
            continue;
        };
        writeln!(
            lines.out,
            "\n{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}",
            what.word(),
            meaning(what)
        )?;
        for finding in std::iter::once(first).chain(of_kind) {
            finding_text(finding, lines)?;
        }
    }
    let count = |what| {
        drift
            .findings
            .iter()
            .filter(|finding| finding.what == what)
            .count()
    };
    let parts: Vec<String> = FindingChange::ALL
        .into_iter()
        .map(|what| format!("{} {}", count(what), what.word()))
        .collect();
    writeln!(lines.out)?;
    lines.line(0, &parts.join(", "))
}

fn meaning(what: FindingChange) -> &'static str {
    match what {
        FindingChange::New => "fails, and did not",
        FindingChange::Reopened => "its waiver does not cover it any more",
        FindingChange::Changed => "fails for another reason",
        FindingChange::Unknown => "passed, and is not known to any more",
        FindingChange::Unobserved => "failed, and was not looked at again",
        FindingChange::Resolved => "does not fail any more",
        FindingChange::Removed => "the asset is gone",
    }
}

fn asset_text(drift: &AssetDrift, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let (sign, words, colour) = match drift.what {
        AssetChange::Appeared => ('+', "appeared", AnsiColor::Green),
        AssetChange::Removed => ('-', "was removed", AnsiColor::Red),
        AssetChange::Unobserved => ('?', "was not looked at again", AnsiColor::Yellow),
        AssetChange::Changed => ('~', "changed", AnsiColor::Cyan),
    };
    let style = Style::new().fg_color(Some(colour.into()));
    let asset = of(&drift.asset);
    writeln!(lines.out, "{style}{sign}{style:#} {asset} {words}")?;
    for change in &drift.settings {
        lines.line(4, &change_text(change))?;
    }
    Ok(())
}

fn of(asset: &Asset) -> String {
    printable(&format!(
        "{} {} ({} {})",
        asset.kind.word().replace('_', " "),
        asset.name,
        asset.account,
        asset.region
    ))
}

fn change_text(change: &Change) -> String {
    let what = printable(&change.what);
    let value = |value: &Option<String>| value.as_deref().map(|value| clipped(value, SHOWN));
    match (value(&change.before), value(&change.after)) {
        (Some(before), Some(after)) => format!("{what}: {before} → {after}"),
        (Some(before), None) => format!("{what}: {before}, not any more"),
        (None, Some(after)) => format!("{what}: now {after}"),
        (None, None) => what,
    }
}

fn finding_text(drift: &FindingDrift<'_>, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let Some(finding) = drift.after.as_ref().or(drift.before.as_ref()) else {
        return Ok(());
    };
    let severity = severity_style(finding.severity);
    let asset = of(&finding.asset);
    let head = format!(
        "  {severity}{:<8}{severity:#} {}",
        finding.severity, finding.control
    );
    let taken = 13 + finding.control.len() + asset.chars().count();
    if lines.width.is_some_and(|width| taken > width) {
        writeln!(lines.out, "{head}")?;
        lines.line(4, &asset)?;
    } else {
        writeln!(lines.out, "{head}  {asset}")?;
    }
    for (label, side) in [("was", &drift.before), ("is", &drift.after)] {
        if let Some(side) = side {
            lines.row(4, label, LABEL, &format!("{}: {}", side.verdict, side.why))?;
        }
    }
    for change in drift.causes.iter().take(CAUSES) {
        lines.row(4, "because", LABEL, &change_text(change))?;
    }
    if let Some(more @ 1..) = drift.causes.len().checked_sub(CAUSES) {
        lines.row(4, "", LABEL, &format!("and {more} more"))?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    before: Time,
    after: Time,
    assets: &'a [AssetDrift],
    findings: Vec<WireDrift<'a>>,
}

#[derive(Serialize)]
struct WireDrift<'a> {
    id: &'a str,
    what: FindingChange,
    control: &'a str,
    severity: Severity,
    asset: &'a Asset,
    count: u64,
    before: Option<Side<'a>>,
    after: Option<Side<'a>>,
    causes: &'a [Change],
}

#[derive(Serialize)]
struct Side<'a> {
    verdict: Verdict,
    reason: Option<&'a str>,
    why: &'a str,
}

/// Writes the drift as JSON.
///
/// # Errors
/// When the output fails.
pub fn json(
    drift: &Drift<'_>,
    before: Time,
    after: Time,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let findings = drift.findings.iter().filter_map(|drift| {
        let finding = drift.after.as_ref().or(drift.before.as_ref())?;
        Some(WireDrift {
            id: &finding.id,
            what: drift.what,
            control: finding.control,
            severity: finding.severity,
            asset: &finding.asset,
            count: finding.count,
            before: drift.before.as_ref().map(side),
            after: drift.after.as_ref().map(side),
            causes: &drift.causes,
        })
    });
    let document = Document {
        schema: SCHEMA,
        before,
        after,
        assets: &drift.assets,
        findings: findings.collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    Ok(())
}

fn side<'a>(finding: &'a Finding<'_>) -> Side<'a> {
    Side {
        verdict: finding.verdict,
        reason: finding.reason,
        why: &finding.why,
    }
}
