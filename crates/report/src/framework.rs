//! A framework's requirements against the assessment.
//!
//! Enters: a framework, an assessment. Leaves: requirement by requirement the controls that speak of
//! it and what they say, as text, Markdown or JSON. A requirement that no control speaks of is *not
//! covered*, one whose controls found nothing to judge is *not judged*, and neither is met: an
//! automated check of some settings is evidence for a requirement, never the whole of it.

use std::io::Write;

use sagewarden_core::assess::{Assessment, AssetFindings, Show};
use sagewarden_core::control::{Control, Framework, Requirement};
use sagewarden_core::evaluate::Outcome;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};
use serde::Serialize;

use crate::detail::evidence_line;
use crate::lines::{Lines, room, wrap};
use crate::projection::{story, word};
use crate::run::{RenderError, Run};
use crate::text::{mark, printable, severity_style};

/// What the assessment says of a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something open fails.
    Failing,
    /// Nothing open fails, and something is unknown.
    Unknown,
    /// All that fails or is unknown is waived.
    Waived,
    /// Everything that was judged passes.
    Passing,
    /// The controls found nothing to judge.
    NotJudged,
    /// No control speaks of it.
    NotCovered,
}

impl State {
    /// The words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            State::Failing => "failing",
            State::Unknown => "unknown",
            State::Waived => "waived",
            State::Passing => "passing",
            State::NotJudged => "not judged",
            State::NotCovered => "not covered",
        }
    }
}

/// Verdicts of one control or requirement, by number of assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Open fails.
    pub fail: u64,
    /// Open unknowns.
    pub unknown: u64,
    /// Waived ones.
    pub waived: u64,
    /// Passes.
    pub pass: u64,
    /// Not applicable.
    pub not_applicable: u64,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome, count: u64) {
        let column = match (outcome.disposition(), outcome.verdict) {
            (Disposition::Waived, _) => &mut self.waived,
            (_, Verdict::Fail) => &mut self.fail,
            (_, Verdict::Unknown) => &mut self.unknown,
            (_, Verdict::Pass) => &mut self.pass,
            (_, Verdict::NotApplicable) => &mut self.not_applicable,
        };
        *column += count;
    }

    fn merge(&mut self, other: Counts) {
        self.fail += other.fail;
        self.unknown += other.unknown;
        self.waived += other.waived;
        self.pass += other.pass;
        self.not_applicable += other.not_applicable;
    }

    fn state(self) -> State {
        match self {
            Counts { fail: 1.., .. } => State::Failing,
            Counts { unknown: 1.., .. } => State::Unknown,
            Counts { waived: 1.., .. } => State::Waived,
            Counts { pass: 1.., .. } => State::Passing,
            _ => State::NotJudged,
        }
    }

    fn words(self) -> String {
        format!(
            "{} fail, {} unknown, {} waived, {} pass, {} not applicable",
            self.fail, self.unknown, self.waived, self.pass, self.not_applicable
        )
    }
}

/// A control in a row.
#[derive(Clone, Debug, Serialize)]
pub struct ControlRow<'a> {
    /// Its id.
    pub id: &'a str,
    /// What must hold.
    pub title: &'a str,
    /// Its severity.
    pub severity: Severity,
    /// What it says.
    pub counts: Counts,
}

/// A requirement with its controls.
#[derive(Clone, Debug, Serialize)]
pub struct Row<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its title.
    pub title: &'a str,
    /// What is to be said of the mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<&'a str>,
    /// What the assessment says.
    pub state: State,
    /// All controls together.
    pub counts: Counts,
    /// The controls.
    pub controls: Vec<ControlRow<'a>>,
}

/// What each control of a run says, in selection order.
#[must_use]
pub fn counts(assessment: &Assessment<'_>) -> Vec<Counts> {
    let mut counts = vec![Counts::default(); assessment.selection.controls().len()];
    for subject in assessment.subjects() {
        for outcome in subject.outcomes {
            if let Some(of_control) = counts.get_mut(usize::from(outcome.control)) {
                of_control.add(outcome, subject.count);
            }
        }
    }
    counts
}

/// The rows of a framework.
#[must_use]
pub fn rows<'a>(
    framework: &'a Framework,
    controls: &[&'a Control],
    counts: &[Counts],
) -> Vec<Row<'a>> {
    framework
        .requirements
        .iter()
        .map(|(id, requirement)| row(framework, id, requirement, controls, counts))
        .collect()
}

fn row<'a>(
    framework: &Framework,
    id: &'a str,
    requirement: &'a Requirement,
    controls: &[&'a Control],
    counts: &[Counts],
) -> Row<'a> {
    let of_requirement: Vec<ControlRow<'a>> = controls
        .iter()
        .zip(counts)
        .filter(|(control, _)| {
            let named = control.compliance.get(&framework.id);
            named.is_some_and(|ids| ids.iter().any(|named| named == id))
        })
        .map(|(control, counts)| ControlRow {
            id: &control.id,
            title: &control.title,
            severity: control.severity,
            counts: *counts,
        })
        .collect();
    let mut all = Counts::default();
    for control in &of_requirement {
        all.merge(control.counts);
    }
    Row {
        id,
        title: &requirement.title,
        remark: requirement.remark.as_deref(),
        state: if of_requirement.is_empty() {
            State::NotCovered
        } else {
            all.state()
        },
        counts: all,
        controls: of_requirement,
    }
}

/// The findings that a report shows under their controls: what fails, is unknown or is waived.
fn shown<'r>(assessment: &Assessment<'r>, evidence: bool) -> Result<Vec<Finding<'r>>, RenderError> {
    let show = Show {
        verdicts: vec![Verdict::Fail, Verdict::Unknown],
        waived: true,
        details: evidence,
        families: None,
        pick: sagewarden_core::assess::Pick::All,
    };
    let mut findings = Vec::new();
    assessment.findings(&show, &mut |group: AssetFindings<'r>| {
        findings.extend(group.findings);
        Ok::<(), RenderError>(())
    })?;
    Ok(findings)
}

/// Columns before a finding's texts.
const BESIDE: usize = 13;

/// Writes text; with `full`, the evidence of every finding.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn text(
    framework: &Framework,
    assessment: &Assessment<'_>,
    run: &Run,
    full: bool,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let findings = shown(assessment, full)?;
    let lines = &mut Lines { out, width };
    lines.strong(0, &framework.title)?;
    lines.faint(0, &format!("{}, as of {}", framework.source, run.as_of))?;
    for row in rows(
        framework,
        assessment.selection.controls(),
        &counts(assessment),
    ) {
        writeln!(lines.out)?;
        lines.strong(
            0,
            &format!("{}  {}: {}", row.id, row.title, row.state.words()),
        )?;
        if let Some(remark) = row.remark {
            lines.faint(2, remark.trim())?;
        }
        for control in &row.controls {
            let severity = severity_style(control.severity);
            let head = format!(
                "  {}  {severity}{}{severity:#}  ",
                control.id, control.severity
            );
            let taken = 6 + control.id.len() + control.severity.word().len();
            let counts = control.counts.words();
            if lines
                .width
                .is_some_and(|width| taken + counts.len() > width)
            {
                writeln!(lines.out, "{}", head.trim_end())?;
                lines.line(4, &counts)?;
            } else {
                writeln!(lines.out, "{head}{counts}")?;
            }
            for finding in findings
                .iter()
                .filter(|finding| finding.control == control.id)
            {
                found(finding, lines)?;
            }
        }
    }
    writeln!(lines.out)?;
    lines.faint(0, CAVEAT)
}

/// A finding: its verdict beside the asset, and below it the why.
fn found(finding: &Finding<'_>, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let (_, _, style) = mark(finding);
    let arn = printable(&finding.asset.arn);
    let word = word(finding);
    writeln!(lines.out, "    {style}{word:<8}{style:#} {arn}")?;
    for line in wrap(&printable(&story(finding)), room(lines.width, BESIDE)) {
        writeln!(lines.out, "{:BESIDE$}{line}", "")?;
    }
    for item in finding.evidence.iter().take(12) {
        lines.faint(BESIDE + 2, &evidence_line(item))?;
    }
    if let Some(more @ 1..) = finding.evidence.len().checked_sub(12) {
        lines.faint(
            BESIDE + 2,
            &format!("… and {more} more; `check -f json` holds them all"),
        )?;
    }
    Ok(())
}

/// What a matrix can and cannot say.
const CAVEAT: &str = "A control is evidence for a requirement, not the whole of it; what no control speaks of is not covered here.";

/// Writes Markdown: the matrix, without findings.
///
/// # Errors
/// When the output fails.
pub fn markdown(
    framework: &Framework,
    assessment: &Assessment<'_>,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let cell = |text: &str| printable(text).replace('|', "\\|").replace('<', "&lt;");
    writeln!(out, "# {}\n", cell(&framework.title))?;
    writeln!(out, "{}, as of {}.\n", cell(&framework.source), run.as_of)?;
    writeln!(
        out,
        "| Requirement | State | Controls | Fail | Unknown | Waived | Pass | n/a |"
    )?;
    writeln!(
        out,
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    )?;
    for row in rows(
        framework,
        assessment.selection.controls(),
        &counts(assessment),
    ) {
        let controls: Vec<String> = row
            .controls
            .iter()
            .map(|control| cell(control.id))
            .collect();
        let remark = row.remark.map_or_else(String::new, |remark| {
            format!("<br>*{}*", cell(remark.trim()))
        });
        writeln!(
            out,
            "| **{}** {}{remark} | {} | {} | {} | {} | {} | {} | {} |",
            cell(row.id),
            cell(row.title),
            row.state.words(),
            controls.join("<br>"),
            row.counts.fail,
            row.counts.unknown,
            row.counts.waived,
            row.counts.pass,
            row.counts.not_applicable
        )?;
    }
    writeln!(out, "\n{CAVEAT}")?;
    Ok(())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    framework: &'a str,
    title: &'a str,
    source: &'a str,
    as_of: sagewarden_core::time::Time,
    requirements: Vec<Row<'a>>,
}

/// Writes `sagewarden.framework/v1`.
///
/// # Errors
/// When the output fails.
pub fn json(
    framework: &Framework,
    assessment: &Assessment<'_>,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let document = Document {
        schema: "sagewarden.framework/v1",
        framework: &framework.id,
        title: &framework.title,
        source: &framework.source,
        as_of: run.as_of,
        requirements: rows(
            framework,
            assessment.selection.controls(),
            &counts(assessment),
        ),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    Ok(())
}
