//! What stands below the findings: counts, what could not be read and what that costs, and the next
//! command.
//!
//! Enters: a run, the worst finding that was shown. Leaves: lines.

use std::collections::BTreeMap;
use std::io::Write;

use sagewarden_core::assess::Summary;
use sagewarden_core::template::shell_word;
use sagewarden_core::verdict::Severity;

use super::{BOLD, DIM, Example, Layout, plural, printable, severity_style, short};
use crate::lines::{room, wrap};
use crate::run::{Coverage, RenderError, Run};

pub(super) fn footer(
    run: &Run,
    layout: Layout,
    after_findings: bool,
    example: Option<&Example>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let summary = &run.summary;
    let count = |word: &str| summary.verdicts.get(word).copied().unwrap_or_default();
    if after_findings {
        writeln!(out)?;
    }
    table(summary, out)?;
    let assets: u64 = summary.assets.values().sum();
    writeln!(
        out,
        "{} fail, {} unknown, {} pass, {} not applicable, {} waived",
        count("fail"),
        count("unknown"),
        count("pass"),
        count("not_applicable"),
        count("waived")
    )?;
    let sum = |counts: &BTreeMap<Severity, u64>| counts.values().sum::<u64>();
    if sum(&summary.new) + sum(&summary.overdue) > 0 {
        writeln!(
            out,
            "{} new since the baseline, {} overdue",
            sum(&summary.new),
            sum(&summary.overdue)
        )?;
    }
    let kinds: Vec<String> = summary
        .assets
        .iter()
        .map(|(kind, count)| {
            let kind = kind.word().replace('_', " ");
            format!("{count} {kind}{}", plural(*count))
        })
        .collect();
    for line in wrap(
        &format!(
            "{assets} asset{} in {} account{}, as of {}{}{}",
            plural(assets),
            run.accounts.len(),
            plural(run.accounts.len() as u64),
            run.as_of,
            if kinds.is_empty() { "" } else { ": " },
            kinds.join(", ")
        ),
        layout.width,
    ) {
        writeln!(out, "{line}")?;
    }
    if summary.jobs_outside_window > 0 {
        writeln!(
            out,
            "{} training job{} older than the window, not judged",
            summary.jobs_outside_window,
            plural(summary.jobs_outside_window)
        )?;
    }
    if summary.jobs_window_unknown > 0 {
        let text = format!(
            "{} training job{} older than the window, not judged; whether a live endpoint serves their models was not read",
            summary.jobs_window_unknown,
            plural(summary.jobs_window_unknown)
        );
        for line in wrap(&text, layout.width) {
            writeln!(out, "{line}")?;
        }
    }
    if !run.tunables.is_empty() || run.profile != "default" {
        let changed: Vec<String> = run
            .tunables
            .iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        writeln!(
            out,
            "profile {}{}{}",
            run.profile,
            if changed.is_empty() { "" } else { ", " },
            changed.join(", ")
        )?;
    }
    if !summary.missing.is_empty() {
        writeln!(
            out,
            "\n{BOLD}not read{BOLD:#}  {DIM}(unknown verdicts it costs){DIM:#}"
        )?;
        for cost in summary.missing.iter().take(12) {
            let lines = wrap(&printable(&cost.what), room(layout.width, 9));
            for (index, line) in lines.iter().enumerate() {
                if index == 0 {
                    writeln!(out, "{:>7}  {line}", cost.verdicts)?;
                } else {
                    writeln!(out, "{:9}{line}", "")?;
                }
            }
        }
        if summary.missing.len() > 12 {
            writeln!(out, "{:9}… and {} more", "", summary.missing.len() - 12)?;
        }
    }
    for (what, places) in unlisted(&run.unlisted) {
        for (index, line) in wrap(
            &printable(&format!("not listed: {what} in {places}")),
            layout.width,
        )
        .iter()
        .enumerate()
        {
            let start = if index == 0 { "" } else { "  " };
            writeln!(out, "{start}{line}")?;
        }
    }
    for warning in &run.warnings {
        writeln!(out, "warning: {}", printable(warning))?;
    }
    if let (Some(example), Some(again)) = (example, run.again_with_controls()) {
        let subject = shell_word(&format!("{}@{}", short(&example.control), example.arn));
        writeln!(
            out,
            "\n{DIM}next:{DIM:#} sagewarden explain {}{again}",
            printable(&subject)
        )?;
    }
    Ok(())
}

/// Open and waived fails by severity; nothing where there are none.
fn table(summary: &Summary, out: &mut dyn Write) -> Result<(), RenderError> {
    let count = |counts: &BTreeMap<Severity, u64>, severity| {
        counts.get(&severity).copied().unwrap_or_default()
    };
    let rows: Vec<(Severity, u64, u64)> = Severity::ALL
        .into_iter()
        .map(|severity| {
            let open = count(&summary.open, severity);
            (severity, open, count(&summary.waived, severity))
        })
        .filter(|(_, open, waived)| open + waived > 0)
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "{BOLD}{:<10}{:>8}{:>8}{BOLD:#}", "", "fail", "waived")?;
    for (severity, open, waived) in rows {
        let style = severity_style(severity);
        writeln!(
            out,
            "{style}{:<10}{style:#}{open:>8}{waived:>8}",
            severity.word()
        )?;
    }
    writeln!(out)?;
    Ok(())
}

/// Listings by call and state, each with its places.
fn unlisted(rows: &[Coverage]) -> Vec<(String, String)> {
    const PLACES: usize = 3;
    let mut groups: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for row in rows {
        groups
            .entry((&row.operation, &row.state))
            .or_default()
            .push(format!("{} {}", row.account, row.region));
    }
    groups
        .into_iter()
        .map(|((operation, state), places)| {
            let shown = places.iter().take(PLACES).cloned().collect::<Vec<_>>();
            let more = match places.len().saturating_sub(PLACES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            (
                operation.to_owned(),
                format!("{}{more} ({state})", shown.join(", ")),
            )
        })
        .collect()
}
