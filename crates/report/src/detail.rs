//! What stands below a finding: what was read, what is remarked, and how it is mended.
//!
//! Enters: a finding with its details. Leaves: labelled lines. Evidence is grouped by the call that
//! answered, so that each call is named once.

use sagewarden_core::control::Control;
use sagewarden_core::finding::{Call, Evidence, Finding};
use sagewarden_core::verdict::Verdict;

use crate::lines::Lines;
use crate::run::RenderError;
use crate::text::printable;

/// Pieces of evidence shown with one finding; a reader of more reads the JSON.
const EVIDENCE: usize = 12;

/// Columns before the details of a finding.
const INDENT: usize = 8;

/// Columns of their labels.
const LABEL: usize = 10;

/// Writes what `--full` adds to a finding.
pub(crate) fn detail(
    finding: &Finding<'_>,
    control: Option<&Control>,
    lines: &mut Lines<'_>,
) -> Result<(), RenderError> {
    let shown = finding.evidence.iter().take(EVIDENCE);
    for reading in readings(shown) {
        match (reading.call, reading.says.as_slice()) {
            (Some(call), [only]) => {
                lines.row(INDENT, "read", LABEL, &format!("{} {only}", named(call)))?;
            }
            (Some(call), all) => {
                lines.row(INDENT, "read", LABEL, &named(call))?;
                for text in all {
                    lines.row(INDENT + LABEL + 2, "", 0, text)?;
                }
            }
            (None, all) => {
                for text in all {
                    lines.row(INDENT, "statement", LABEL, text)?;
                }
            }
        }
    }
    if let Some(more @ 1..) = finding.evidence.len().checked_sub(EVIDENCE) {
        let text = format!("… and {more} more; `-f json` holds them all");
        lines.row(INDENT, "", LABEL, &text)?;
    }
    for note in &finding.notes {
        let text = note
            .text
            .clone()
            .unwrap_or_else(|| note.code.replace('_', " "));
        lines.row(INDENT, "note", LABEL, &format!("{}: {text}", note.code))?;
    }
    for missing in &finding.missing {
        lines.row(INDENT, "missing", LABEL, &missing.to_string())?;
    }
    match control {
        Some(control) if finding.verdict == Verdict::Fail => fix(finding, control, lines),
        _ => Ok(()),
    }
}

fn fix(finding: &Finding<'_>, control: &Control, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let remediation = &control.remediation;
    let summary: Vec<&str> = remediation.summary.split_whitespace().collect();
    lines.row(INDENT, "fix", LABEL, &summary.join(" "))?;
    for command in &finding.commands {
        lines.verbatim(INDENT, "run", LABEL, command)?;
    }
    if let Some(request) = &finding.request {
        lines.verbatim(INDENT, "request", LABEL, &request.to_string())?;
    }
    if let Some(guardrail) = &remediation.guardrail {
        lines.verbatim(INDENT, "guardrail", LABEL, &guardrail.to_string())?;
    }
    for (framework, requirements) in &control.compliance {
        let text = format!("{framework} {}", requirements.join(", "));
        lines.row(INDENT, "asked by", LABEL, &text)?;
    }
    Ok(())
}

/// What one call said.
pub(crate) struct Reading<'e> {
    /// The call; `None` for a statement, which names its policy itself.
    pub(crate) call: Option<&'e Call>,
    /// Each thing that was read.
    pub(crate) says: Vec<String>,
}

/// Evidence by call, in the order in which the calls come up.
pub(crate) fn readings<'e>(evidence: impl IntoIterator<Item = &'e Evidence>) -> Vec<Reading<'e>> {
    let mut readings: Vec<Reading<'e>> = Vec::new();
    for item in evidence {
        let call = match item {
            Evidence::Member { call, .. } | Evidence::Outcome { call, .. } => Some(call),
            Evidence::Statement(_) | Evidence::Tunable { .. } => None,
        };
        let known = readings
            .iter_mut()
            .find(|reading| call.is_some() && reading.call == call);
        match known {
            Some(reading) => reading.says.push(said(item)),
            None => readings.push(Reading {
                call,
                says: vec![said(item)],
            }),
        }
    }
    readings
}

/// `sagemaker:DescribeModel(ModelName=m)`
pub(crate) fn named(call: &Call) -> String {
    if call.subject.is_empty() {
        call.operation.clone()
    } else {
        format!("{}({})", call.operation, printable(&call.subject))
    }
}

/// One piece of evidence in one line.
#[must_use]
pub(crate) fn evidence_line(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Member { call, .. } | Evidence::Outcome { call, .. } => {
            format!("{} {}", named(call), said(evidence))
        }
        Evidence::Statement(_) | Evidence::Tunable { .. } => said(evidence),
    }
}

/// A piece of evidence without its call.
fn said(evidence: &Evidence) -> String {
    match evidence {
        Evidence::Member {
            pointer,
            value,
            absent_means,
            ..
        } => match absent_means {
            Some(means) => format!("{pointer} is absent, which means {means}"),
            None => format!("{pointer} = {}", printable(&clip(&value.to_string()))),
        },
        Evidence::Outcome { outcome, code, .. } => {
            let code = code
                .as_deref()
                .map_or_else(String::new, |code| format!(" ({code})"));
            format!("{}{code}", outcome.replace('_', " "))
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
