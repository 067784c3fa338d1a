//! Text for people.
//!
//! Grouped by account and Region, then by asset; one entry a finding: verdict, severity, control,
//! and the *why* with the actual value. Then a table of counts, what could not be read and what
//! that costs, and the next command. Names and values come from strangers, so nothing that could
//! steer a terminal is passed through.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use sagewarden_core::assess::{Assessment, AssetFindings, Show};
use sagewarden_core::asset::Asset;
use sagewarden_core::baseline::{History, State};
use sagewarden_core::finding::{Evidence, Finding};
use sagewarden_core::remedy::Remedy;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};

use crate::role::place;
use crate::run::{Coverage, RenderError, Run};

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns of the terminal; `None` when the output is not one, and then nothing is wrapped.
    pub width: Option<usize>,
    /// Whether evidence, commands and frameworks are shown.
    pub full: bool,
    /// Whether findings are left out and only the counts shown.
    pub quiet: bool,
}

/// The width from which whole control ids are shown on a terminal.
const WIDE: usize = 120;

/// Columns that the *why* needs beside the control's id.
const NARROW: usize = 40;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Writes the report. Styles are always written; the caller's stream drops them where they do not belong.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    layout: Layout,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut page = Page {
        layout,
        ids: id_width(assessment, layout),
        place: String::new(),
        example: None,
    };
    if !layout.quiet {
        assessment.findings(show, &mut |group| page.group(&group, assessment, out))?;
        let omitted = assessment.families_omitted(show);
        if omitted > 0 {
            writeln!(
                out,
                "\n{DIM}… and {omitted} more famil{} of training jobs; `-f json` holds them all{DIM:#}",
                if omitted == 1 { "y" } else { "ies" }
            )?;
        }
    }
    footer(run, &page, out)
}

struct Page {
    layout: Layout,
    ids: usize,
    place: String,
    example: Option<(Severity, String, String)>,
}

impl Page {
    fn group(
        &mut self,
        group: &AssetFindings<'_>,
        assessment: &Assessment<'_>,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        let place = format!("{} · {}", group.asset.account, group.asset.region);
        if place != self.place {
            writeln!(
                out,
                "{}{BOLD}{}{BOLD:#}",
                if self.place.is_empty() { "" } else { "\n" },
                printable(&place)
            )?;
            self.place = place;
        }
        writeln!(
            out,
            "  {BOLD}{}{BOLD:#} {DIM}{}{}{}{DIM:#}",
            printable(&group.asset.name),
            group.asset.kind.word().replace('_', " "),
            crowd(group),
            address(&group.asset)
        )?;
        for finding in &group.findings {
            self.finding(finding, assessment, out)?;
        }
        Ok(())
    }

    fn finding(
        &mut self,
        finding: &Finding<'_>,
        assessment: &Assessment<'_>,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        let (glyph, word, style) = mark(finding);
        let severity = severity_style(finding.severity);
        let id = self.id(finding.control);
        let beside = 4 + 2 + 8 + 9 + self.ids + 2;
        // A column too narrow to read goes below the control instead.
        let below = self
            .layout
            .width
            .is_some_and(|width| width < beside + NARROW);
        let indent = if below { 6 } else { beside };
        let mut why = printable(&finding.why);
        if let Some(change) = finding.change {
            why = format!("[{}] {why}", change.word());
        }
        if let Some(place) = &finding.source {
            why = format!("{}: {why}", printable(&place.to_string()));
        }
        if let Some(waiver) = &finding.waiver {
            let _ = write!(why, " [{}]", printable(&waiver.text));
        }
        if let Some(history) = &finding.history {
            let _ = write!(why, "{}", age(history));
        }
        let lines = wrap(
            &why,
            self.layout
                .width
                .map(|width| width.saturating_sub(indent).max(24)),
        );
        let head = format!(
            "    {style}{glyph} {word:<7}{style:#} {severity}{:<8}{severity:#}",
            finding.severity
        );
        if below {
            writeln!(out, "{head} {id}")?;
        }
        for (index, line) in lines.iter().enumerate() {
            if index == 0 && !below {
                writeln!(out, "{head} {id:<ids$}  {line}", ids = self.ids)?;
            } else {
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        if let Some(remedy) = &finding.remedy {
            self.remedy(remedy, indent, out)?;
        }
        if self.layout.full {
            detail(finding, assessment, self.layout.width, out)?;
        }
        let worse = self
            .example
            .as_ref()
            .is_none_or(|(severity, ..)| finding.severity > *severity);
        if finding.verdict == Verdict::Fail && finding.disposition == Disposition::Open && worse {
            self.example = Some((
                finding.severity,
                finding.control.to_owned(),
                finding.asset.arn.clone(),
            ));
        }
        Ok(())
    }

    /// The witness with what grants it, and what would remain.
    fn remedy(
        &self,
        remedy: &Remedy,
        indent: usize,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        let mut texts = Vec::new();
        if let (Some(witness), Some(statement)) = (&remedy.witness, remedy.granted_by.first()) {
            texts.push(format!("for one {witness}, by {}", place(statement)));
        }
        let remains = remedy.remains();
        texts.push(if remedy.mends {
            format!(
                "remains after `sagewarden iam scope {}`: {remains}",
                remedy.name()
            )
        } else {
            format!(
                "`sagewarden iam scope {}` does not mend it: {} remains",
                remedy.name(),
                remedy.after
            )
        });
        let room = self
            .layout
            .width
            .map(|width| width.saturating_sub(indent).max(24));
        for line in texts.iter().flat_map(|text| wrap(&printable(text), room)) {
            writeln!(out, "{:indent$}{DIM}{line}{DIM:#}", "")?;
        }
        Ok(())
    }

    fn id<'f>(&self, id: &'f str) -> &'f str {
        if whole_ids(self.layout) {
            id
        } else {
            short(id)
        }
    }
}

/// What the baseline adds: whether a finding is new, and whether its deadline is over.
fn age(history: &History) -> String {
    let state = match history.state {
        State::New => " [new]".to_owned(),
        State::Reopened => " [open again]".to_owned(),
        State::Unchanged | State::Changed => String::new(),
    };
    if history.overdue {
        let day: String = history.due.to_string().chars().take(10).collect();
        format!("{state} [overdue since {day}]")
    } else {
        state
    }
}

/// The id without the part that all controls share; every command accepts it so.
pub(crate) fn short(id: &str) -> &str {
    id.strip_prefix("CTL.SAGEMAKER.").unwrap_or(id)
}

fn whole_ids(layout: Layout) -> bool {
    layout.width.is_none_or(|width| width >= WIDE)
}

fn id_width(assessment: &Assessment<'_>, layout: Layout) -> usize {
    assessment
        .selection
        .controls()
        .iter()
        .map(|control| {
            if whole_ids(layout) {
                control.id.len()
            } else {
                short(&control.id).len()
            }
        })
        .max()
        .unwrap_or_default()
}

/// Where code declares an asset that has no ARN yet, when its name does not tell.
fn address(asset: &Asset) -> String {
    match asset.arn.strip_prefix("iac:") {
        Some(address) if asset.name != asset.arn => format!(" · {}", printable(address)),
        _ => String::new(),
    }
}

fn crowd(group: &AssetFindings<'_>) -> String {
    let Some(family) = &group.family else {
        return String::new();
    };
    let day = |time: Option<sagewarden_core::time::Time>| {
        time.map_or_else(
            || "?".to_owned(),
            |time| time.to_string().chars().take(10).collect(),
        )
    };
    if group.count == 1 {
        String::new()
    } else {
        format!(
            " × {}, {} to {}",
            group.count,
            day(family.first),
            day(family.last)
        )
    }
}

fn mark(finding: &Finding<'_>) -> (char, &'static str, Style) {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match (finding.disposition, finding.verdict) {
        (Disposition::Waived, _) => ('~', "waived", colour(AnsiColor::Cyan)),
        (_, Verdict::Fail) => ('✗', "fail", colour(AnsiColor::Red).bold()),
        (_, Verdict::Unknown) => ('?', "unknown", colour(AnsiColor::Yellow)),
        (_, Verdict::Pass) => ('✓', "pass", colour(AnsiColor::Green)),
        (_, Verdict::NotApplicable) => ('-', "n/a", DIM),
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::new()
            .fg_color(Some(AnsiColor::Magenta.into()))
            .bold(),
        Severity::High => Style::new().fg_color(Some(AnsiColor::Red.into())),
        Severity::Medium => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Severity::Low => Style::new().fg_color(Some(AnsiColor::Blue.into())),
    }
}

/// Pieces of evidence shown with one finding; a reader of more reads the JSON.
const EVIDENCE: usize = 12;

fn detail(
    finding: &Finding<'_>,
    assessment: &Assessment<'_>,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut labelled = |label: &str, text: &str| labelled(label, text, width, out);
    for item in finding.evidence.iter().take(EVIDENCE) {
        labelled("read", &evidence_line(item))?;
    }
    if let Some(more @ 1..) = finding.evidence.len().checked_sub(EVIDENCE) {
        labelled("", &format!("… and {more} more; `-f json` holds them all"))?;
    }
    for note in &finding.notes {
        let text = note
            .text
            .as_deref()
            .map_or_else(|| note.code.replace('_', " "), printable);
        labelled("note", &format!("{}: {text}", note.code))?;
    }
    for missing in &finding.missing {
        labelled("missing", &printable(&missing.to_string()))?;
    }
    if finding.verdict == Verdict::Fail {
        let control = assessment
            .selection
            .controls()
            .iter()
            .find(|control| control.id == finding.control);
        if let Some(control) = control {
            let summary: Vec<&str> = control.remediation.summary.split_whitespace().collect();
            labelled("fix", &summary.join(" "))?;
            for (framework, requirements) in &control.compliance {
                labelled(
                    "asked by",
                    &format!("{framework} {}", requirements.join(", ")),
                )?;
            }
        }
        for command in &finding.commands {
            // Not wrapped, so that it can be copied.
            writeln!(
                out,
                "{:DETAIL$}{DIM}{:<9}{DIM:#}{}",
                "",
                "run",
                printable(command)
            )?;
        }
    }
    Ok(())
}

/// Columns before the details of a finding.
const DETAIL: usize = 8;

/// A detail behind its label, wrapped beside it.
fn labelled(
    label: &str,
    text: &str,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let width = width.map(|width| width.saturating_sub(DETAIL + 9).max(24));
    for (index, line) in wrap(text, width).iter().enumerate() {
        let label = if index == 0 { label } else { "" };
        writeln!(out, "{:DETAIL$}{DIM}{label:<9}{DIM:#}{line}", "")?;
    }
    Ok(())
}

/// One piece of evidence in one line.
#[must_use]
pub fn evidence_line(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Member {
            call,
            pointer,
            value,
            absent_means,
            ..
        } => match absent_means {
            Some(means) => format!(
                "{}({}) {pointer} is absent, which means {means}",
                call.operation,
                printable(&call.subject)
            ),
            None => format!(
                "{}({}) {pointer} = {}",
                call.operation,
                printable(&call.subject),
                printable(&clip(&value.to_string()))
            ),
        },
        Evidence::Outcome {
            call,
            outcome,
            code,
        } => {
            let code = code
                .as_deref()
                .map_or_else(String::new, |code| format!(" ({code})"));
            format!(
                "{}({}) {}{code}",
                call.operation,
                printable(&call.subject),
                outcome.replace('_', " ")
            )
        }
        Evidence::Statement(statement) => {
            let sid = statement
                .sid
                .as_deref()
                .map_or_else(String::new, |sid| format!(" ({})", printable(sid)));
            let version = statement
                .version
                .as_deref()
                .map_or_else(String::new, |version| format!(" {version}"));
            format!(
                "{}{version} {}{sid} {}: {}",
                printable(&statement.policy),
                statement.path,
                statement.effect,
                printable(&clip(&statement.statement))
            )
        }
        Evidence::Tunable { name } => format!("tunable {name}"),
    }
}

pub(crate) fn clip(text: &str) -> String {
    const LONGEST: usize = 400;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let mut clipped: String = text.chars().take(LONGEST).collect();
    clipped.push('…');
    clipped
}

fn footer(run: &Run, page: &Page, out: &mut dyn Write) -> Result<(), RenderError> {
    let summary = &run.summary;
    let count = |word: &str| summary.verdicts.get(word).copied().unwrap_or_default();
    if !page.place.is_empty() {
        writeln!(out)?;
    }
    writeln!(out, "{BOLD}{:<10}{:>8}{:>8}{BOLD:#}", "", "fail", "waived")?;
    for severity in Severity::ALL {
        let open = summary.open.get(&severity).copied().unwrap_or_default();
        let waived = summary.waived.get(&severity).copied().unwrap_or_default();
        if open + waived > 0 {
            let style = severity_style(severity);
            writeln!(
                out,
                "{style}{:<10}{style:#}{open:>8}{waived:>8}",
                severity.word()
            )?;
        }
    }
    let assets: u64 = summary.assets.values().sum();
    writeln!(
        out,
        "\n{} fail, {} unknown, {} pass, {} not applicable, {} waived",
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
        page.layout.width,
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
        for line in wrap(&text, page.layout.width) {
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
            let lines = wrap(
                &printable(&cost.what),
                page.layout
                    .width
                    .map(|width| width.saturating_sub(9).max(24)),
            );
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
            page.layout.width,
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
    if let Some((_, control, arn)) = &page.example {
        let input = run.inputs.first().map_or("", String::as_str);
        writeln!(
            out,
            "\n{DIM}next:{DIM:#} sagewarden explain {}@{} {}",
            short(control),
            printable(arn),
            printable(input)
        )?;
    }
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

pub(crate) fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// Text without characters that could steer a terminal (C0, C1, bidirectional overrides).
#[must_use]
pub fn printable(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || ('\u{202a}'..='\u{202e}').contains(&c)
            || ('\u{2066}'..='\u{2069}').contains(&c)
    };
    if !text.contains(steers) {
        return text.to_owned();
    }
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if steers(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Breaks text at spaces into lines of at most `width` characters; a longer word stands alone.
pub(crate) fn wrap(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let Some(line) = lines.last_mut() else { break };
        if used > 0 && used + 1 + length > width {
            lines.push(word.to_owned());
            used = length;
        } else {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_the_width_and_lose_nothing() {
        let text = "the role grants s3:GetObject on every bucket of the account";
        let lines = wrap(text, Some(20));
        assert!(
            lines.iter().all(|line| line.chars().count() <= 20),
            "{lines:?}"
        );
        assert_eq!(lines.join(" "), text);
        assert_eq!(wrap(text, None), [text]);
    }

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{202e}c\nd"),
            "a\u{fffd}[31mb\u{fffd}c d"
        );
    }
}
