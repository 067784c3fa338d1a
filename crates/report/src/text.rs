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
use sagewarden_core::assess::{Assessment, AssetFindings, Show, Summary};
use sagewarden_core::asset::Asset;
use sagewarden_core::baseline::{History, State};
use sagewarden_core::finding::Finding;
use sagewarden_core::remedy::Remedy;
use sagewarden_core::template::shell_word;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};

use crate::detail::detail;
use crate::lines::{Lines, room, wrap};
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
        inputs: inputs(run),
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
    /// The inputs as a command takes them; `None` when they cannot be read a second time.
    inputs: Option<String>,
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
        let lines = wrap(&why, room(self.layout.width, indent));
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
            let control = assessment
                .selection
                .controls()
                .iter()
                .find(|control| control.id == finding.control);
            let width = self.layout.width;
            detail(finding, control.copied(), &mut Lines { out, width })?;
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
        let scope = format!(
            "`sagewarden iam scope {}{}`",
            shell_word(remedy.name()),
            self.inputs.as_deref().unwrap_or_default()
        );
        texts.push(match remedy.after {
            "undecided" => format!("{scope} tells what would remain"),
            _ if remedy.mends => format!("mended by {scope}; what remains: {}", remedy.remains()),
            after => format!("{scope} does not mend it: {after} remains"),
        });
        let room = room(self.layout.width, indent);
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

pub(crate) fn mark(finding: &Finding<'_>) -> (char, &'static str, Style) {
    let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
    match (finding.disposition, finding.verdict) {
        (Disposition::Waived, _) => ('~', "waived", colour(AnsiColor::Cyan)),
        (_, Verdict::Fail) => ('✗', "fail", colour(AnsiColor::Red).bold()),
        (_, Verdict::Unknown) => ('?', "unknown", colour(AnsiColor::Yellow)),
        (_, Verdict::Pass) => ('✓', "pass", colour(AnsiColor::Green)),
        (_, Verdict::NotApplicable) => ('-', "n/a", DIM),
    }
}

pub(crate) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => Style::new()
            .fg_color(Some(AnsiColor::Magenta.into()))
            .bold(),
        Severity::High => Style::new().fg_color(Some(AnsiColor::Red.into())),
        Severity::Medium => Style::new().fg_color(Some(AnsiColor::Yellow.into())),
        Severity::Low => Style::new().fg_color(Some(AnsiColor::Blue.into())),
    }
}

fn footer(run: &Run, page: &Page, out: &mut dyn Write) -> Result<(), RenderError> {
    let summary = &run.summary;
    let count = |word: &str| summary.verdicts.get(word).copied().unwrap_or_default();
    if !page.place.is_empty() {
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
            let lines = wrap(&printable(&cost.what), room(page.layout.width, 9));
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
    if let (Some((_, control, arn)), Some(inputs)) = (&page.example, &page.inputs) {
        let subject = shell_word(&format!("{}@{arn}", short(control)));
        writeln!(
            out,
            "\n{DIM}next:{DIM:#} sagewarden explain {}{inputs}",
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

/// The inputs behind a command, each as a word of the shell; none where nothing can be read again,
/// as standard input cannot.
fn inputs(run: &Run) -> Option<String> {
    if run.inputs.is_empty() {
        return None;
    }
    let words = run.inputs.iter().map(|input| match input.as_str() {
        "-" => None,
        input => Some(format!(" {}", shell_word(input))),
    });
    words
        .collect::<Option<String>>()
        .map(|inputs| printable(&inputs))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_passes() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{202e}c\nd"),
            "a\u{fffd}[31mb\u{fffd}c d"
        );
    }
}
