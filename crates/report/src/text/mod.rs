//! Text for people.
//!
//! By account and Region, then by asset, unless other groups are asked for; one entry a finding:
//! verdict, severity, control, and the *why* with the actual value. Then a table of counts, what could
//! not be read and what that costs, and the next command. Names and values come from strangers, so
//! nothing that could steer a terminal is passed through.

mod footer;
mod groups;
mod link;

use std::fmt::Write as _;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use sagewarden_core::assess::{Assessment, AssetFindings, Show};
use sagewarden_core::asset::Asset;
use sagewarden_core::baseline::{History, State};
use sagewarden_core::finding::{Family, Finding};
use sagewarden_core::remedy::Remedy;
use sagewarden_core::template::shell_word;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};

use crate::detail::detail;
use crate::lines::{Lines, room, wrap};
use crate::role::place;
use crate::run::{RenderError, Run};

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns of the terminal; `None` when the output is not one, and then nothing is wrapped.
    pub width: Option<usize>,
    /// Whether evidence, commands and frameworks are shown.
    pub full: bool,
    /// Whether findings are left out and only the counts shown.
    pub quiet: bool,
    /// What findings are gathered by.
    pub by: GroupBy,
    /// Whether a group is one line of counts.
    pub summary: bool,
    /// Whether the terminal takes hyperlinks (OSC 8).
    pub links: bool,
}

/// What findings are gathered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The asset.
    Asset,
    /// The control.
    Control,
    /// The role that the asset runs as.
    Role,
    /// The account.
    Account,
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
        again: run.again(),
        example: None,
    };
    let mut shown = false;
    if !layout.quiet {
        shown = match (layout.by, layout.summary) {
            (_, true) => groups::summary(assessment, show, layout, out)?,
            (GroupBy::Asset | GroupBy::Account, false) => {
                assessment.findings(show, &mut |group| page.group(&group, assessment, out))?;
                !page.place.is_empty()
            }
            (GroupBy::Role, false) => groups::by_role(assessment, show, &mut page, out)?,
            (GroupBy::Control, false) => groups::by_control(assessment, show, &mut page, out)?,
        };
        let omitted = assessment.families_omitted(show);
        if omitted > 0 {
            writeln!(
                out,
                "\n{DIM}… and {omitted} more famil{} of training jobs; `-f json` holds them all{DIM:#}",
                if omitted == 1 { "y" } else { "ies" }
            )?;
        }
    }
    footer::footer(run, layout, shown, page.example.as_ref(), out)
}

/// The worst open fail that was shown.
struct Example {
    severity: Severity,
    control: String,
    arn: String,
}

struct Page {
    layout: Layout,
    ids: usize,
    place: String,
    /// Inputs and options as a command takes them; `None` when they cannot be read a second time.
    again: Option<String>,
    example: Option<Example>,
}

/// Account and Region; the account alone of code whose Region nobody tells.
fn place_of(asset: &Asset) -> String {
    if asset.region.is_empty() {
        return asset.account.clone();
    }
    format!("{} · {}", asset.account, asset.region)
}

impl Page {
    fn group(
        &mut self,
        group: &AssetFindings<'_>,
        assessment: &Assessment<'_>,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        let place = match self.layout.by {
            GroupBy::Account => group.asset.account.clone(),
            _ => place_of(&group.asset),
        };
        self.heading(&place, "", out)?;
        self.asset(group, out)?;
        for finding in &group.findings {
            self.finding(finding, finding.control, assessment, out)?;
        }
        Ok(())
    }

    /// A heading, once for all that follows under it.
    fn heading(
        &mut self,
        place: &str,
        beside: &str,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        if place == self.place {
            return Ok(());
        }
        writeln!(
            out,
            "{}{BOLD}{}{BOLD:#}{DIM}{beside}{DIM:#}",
            if self.place.is_empty() { "" } else { "\n" },
            printable(place)
        )?;
        place.clone_into(&mut self.place);
        Ok(())
    }

    fn asset(&self, group: &AssetFindings<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
        let place = match self.layout.by {
            GroupBy::Account => group.asset.region.clone(),
            GroupBy::Role => place_of(&group.asset),
            GroupBy::Asset | GroupBy::Control => String::new(),
        };
        let place = match place.as_str() {
            "" => String::new(),
            place => format!(" · {}", printable(place)),
        };
        writeln!(
            out,
            "  {BOLD}{}{BOLD:#} {DIM}{}{place}{}{}{DIM:#}",
            printable(&group.asset.name),
            group.asset.kind.word().replace('_', " "),
            crowd(group.count, group.family.as_ref()),
            address(&group.asset)
        )?;
        Ok(())
    }

    /// A finding behind a label: its control, or its asset where the control is what it stands under.
    fn finding(
        &mut self,
        finding: &Finding<'_>,
        label: &str,
        assessment: &Assessment<'_>,
        out: &mut dyn Write,
    ) -> Result<(), RenderError> {
        let (glyph, word, style) = mark(finding);
        let severity = severity_style(finding.severity);
        let label = self.id(label);
        let beside = 4 + 2 + 8 + 9 + self.ids + 2;
        // A column too narrow to read goes below the control instead.
        let below = self.layout.width.map_or(label.len() > self.ids, |width| {
            width < beside + NARROW || label.chars().count() > self.ids
        });
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
        let gap = " ".repeat(self.ids.saturating_sub(label.chars().count()));
        let label = match assessment
            .selection
            .controls()
            .iter()
            .find(|control| self.layout.links && self.id(&control.id) == label)
        {
            Some(control) => link::link(&link::of(control), label),
            None => printable(label),
        };
        if below {
            writeln!(out, "{head} {label}")?;
        }
        for (index, line) in lines.iter().enumerate() {
            if index == 0 && !below {
                writeln!(out, "{head} {label}{gap}  {line}")?;
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
            .is_none_or(|example| finding.severity > example.severity);
        if finding.verdict == Verdict::Fail && finding.disposition == Disposition::Open && worse {
            self.example = Some(Example {
                severity: finding.severity,
                control: finding.control.to_owned(),
                arn: finding.asset.arn.clone(),
            });
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
            self.again.as_deref().unwrap_or_default()
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

fn crowd(count: u64, family: Option<&Family>) -> String {
    let Some(family) = family else {
        return String::new();
    };
    let day = |time: Option<sagewarden_core::time::Time>| {
        time.map_or_else(
            || "?".to_owned(),
            |time| time.to_string().chars().take(10).collect(),
        )
    };
    if count == 1 {
        String::new()
    } else {
        format!(" × {count}, {} to {}", day(family.first), day(family.last))
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
