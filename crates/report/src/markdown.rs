//! Markdown for a comment on a pull request and for a job's summary.
//!
//! It keeps within what GitHub takes for a comment (65,536 characters). The worst findings come
//! first, and what does not fit is counted. Everything from the estate stands in code spans, so that
//! no name becomes a link, an image, a mention or HTML.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};

use crate::projection::{clipped, left_out, name, story, worst_first};
use crate::run::{RenderError, Run};

/// Bytes of a comment, less than GitHub's 65,536 by a margin for what is put around it.
const LIMIT: usize = 60_000;

/// Rows of one rank that are kept while the worse ones are still to come.
const KEPT: usize = 400;

/// Writes the comment; what was left out is returned.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<Vec<String>, RenderError> {
    let rank = |finding: &Finding<'_>| match (finding.disposition, finding.verdict) {
        (Disposition::Open, Verdict::Fail) => 0,
        (Disposition::Open, Verdict::Unknown) => 1,
        (Disposition::Waived, _) => 2,
        _ => 3,
    };
    let (rows, total) = worst_first(assessment, show, KEPT, rank, row)?;
    let mut text = head(run);
    let tail = tail(run);
    let mut shown = 0u64;
    if total > 0 {
        text.push_str(
            "\n| | Severity | Control | Asset | Why |\n| --- | --- | --- | --- | --- |\n",
        );
        for row in rows {
            if text.len() + row.len() + tail.len() + 200 > LIMIT {
                break;
            }
            text.push_str(&row);
            shown += 1;
        }
    }
    let omitted = left_out("Markdown", total - shown, "a comment holds no more");
    if let Some(omitted) = &omitted {
        let _ = writeln!(text, "\n{omitted}.");
    }
    text.push_str(&tail);
    out.write_all(text.as_bytes())?;
    Ok(omitted.into_iter().collect())
}

fn head(run: &Run) -> String {
    let summary = &run.summary;
    let count = |word: &str| summary.verdicts.get(word).copied().unwrap_or_default();
    let mut text = String::from("### SageMaker posture\n\n");
    let open: Vec<String> = Severity::ALL
        .into_iter()
        .filter_map(|severity| {
            let count = summary.open.get(&severity).copied().filter(|n| *n > 0)?;
            Some(format!("{count} {severity}"))
        })
        .collect();
    let _ = write!(text, "**{} open**", count("fail"));
    if !open.is_empty() {
        let _ = write!(text, " ({})", open.join(", "));
    }
    let _ = write!(
        text,
        ", {} unknown, {} pass, {} waived",
        count("unknown"),
        count("pass"),
        count("waived")
    );
    let sum = |counts: &BTreeMap<Severity, u64>| counts.values().sum::<u64>();
    if sum(&summary.new) + sum(&summary.overdue) > 0 {
        let _ = write!(
            text,
            "; **{} new**, {} overdue",
            sum(&summary.new),
            sum(&summary.overdue)
        );
    }
    let assets: u64 = summary.assets.values().sum();
    let _ = writeln!(text, ". {assets} assets, as of {}.", run.as_of);
    text
}

fn tail(run: &Run) -> String {
    let mut text = String::new();
    if !run.summary.missing.is_empty() {
        text.push_str(
            "\n<details><summary>Not read, and the unknown verdicts it costs</summary>\n\n",
        );
        for cost in run.summary.missing.iter().take(20) {
            let _ = writeln!(text, "- {} × {}", cost.verdicts, code(&cost.what, 300));
        }
        if let Some(more @ 1..) = run.summary.missing.len().checked_sub(20) {
            let _ = writeln!(text, "- and {more} more");
        }
        text.push_str("\n</details>\n");
    }
    for diagnostic in run.waivers.iter().take(20) {
        let _ = writeln!(text, "\n- {}", code(&diagnostic.to_string(), 300));
    }
    let _ = writeln!(text, "\n<sub>sagewarden {}</sub>", run.version);
    text
}

fn row(finding: &Finding<'_>) -> String {
    let new = finding
        .history
        .as_ref()
        .is_some_and(|history| history.state.is_new());
    let word = match (finding.disposition, finding.verdict) {
        (Disposition::Waived, _) => "waived",
        (_, Verdict::Fail) if new => "❌ new",
        (_, Verdict::Fail) => "❌",
        (_, Verdict::Unknown) => "❔",
        (_, Verdict::Pass) => "✅",
        (_, Verdict::NotApplicable) => "n/a",
    };
    format!(
        "| {word} | {} | {} | {} | {} |\n",
        finding.severity,
        code(finding.control, 100),
        code(&name(finding), 100),
        code(&story(finding), 300)
    )
}

/// A code span in a table cell. Inside one, only the fence and the cell's own bar mean anything.
fn code(text: &str, most: usize) -> String {
    let text = clipped(text, most).replace('`', "'").replace('|', "¦");
    format!("`{}`", if text.is_empty() { " " } else { &text })
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn nothing_leaves_its_code_span() {
        let span = code("a` | <img src=x> [b](c)\n@team", 100);
        assert_eq!(span, "`a' ¦ <img src=x> [b](c) @team`");
    }
}
