//! SARIF 2.1.0, for GitHub code scanning and other viewers.
//!
//! What GitHub shows decides: a result needs a file and a region, a rule a severity as text, and of
//! more than 5,000 results it keeps the worst, so that they are sorted and capped here, with the
//! number that was dropped. The fingerprint is the finding's id, which holds no line. An unknown is
//! a result of kind `review`. Findings of a live estate point at the file that they were read from;
//! for those OCSF and ASFF are the better sinks.
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>,
//! <https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning>

use std::io::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::baseline::State;
use sagewarden_core::control::Control;
use sagewarden_core::finding::{Evidence, Finding, SourceEdit};
use sagewarden_core::verdict::{Disposition, Severity, Verdict};
use serde_json::{Value, json};

use crate::projection::{HOME, TOOL, clipped, left_out, name, one_line, story, worst_first};
use crate::run::{RenderError, Run};

/// Results that GitHub keeps of a run.
const MOST_RESULTS: usize = 5_000;

/// Characters of a rule's texts that GitHub keeps.
const MOST_TEXT: usize = 1_024;

/// What may stand in the path of a relative URI (RFC 3986, section 3.3).
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'=')
    .remove(b',')
    .remove(b'@');

/// Writes the log; what was left out is returned.
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
        _ => 2,
    };
    let row = |finding: &Finding<'_>| result(finding, run);
    let (results, total) = worst_first(assessment, show, MOST_RESULTS, rank, row)?;
    let results: Vec<Value> = results.take(MOST_RESULTS).collect();
    let dropped = left_out(
        "SARIF log",
        total - results.len() as u64,
        "GitHub keeps 5,000 results of a run, and the worst are written first",
    );
    let notices: Vec<Value> = dropped
        .iter()
        .chain(&run.warnings)
        .map(|text| json!({ "level": "warning", "message": { "text": clipped(text, MOST_TEXT) } }))
        .collect();
    let rules: Vec<Value> = assessment
        .selection
        .controls()
        .iter()
        .map(|control| rule(control))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": TOOL,
                "semanticVersion": run.version,
                "informationUri": HOME,
                "rules": rules,
            } },
            "automationDetails": { "id": format!("{TOOL}/{}/", run.accounts.join("+")) },
            "invocations": [{
                "executionSuccessful": true,
                "endTimeUtc": run.as_of.to_string(),
                "toolExecutionNotifications": notices,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")?;
    Ok(dropped.into_iter().collect())
}

fn rule(control: &Control) -> Value {
    let mut help = format!(
        "{}\n\n**Fix.** {}\n",
        control.rationale.trim(),
        control.remediation.summary.trim()
    );
    for reference in &control.references {
        help.push_str(&format!("\n- <{reference}>"));
    }
    let mut tags = vec!["security".to_owned(), control.domain.clone()];
    for (framework, ids) in &control.compliance {
        tags.extend(ids.iter().map(|id| format!("{framework}/{id}")));
    }
    tags.truncate(20);
    json!({
        "id": control.id,
        "name": control.id,
        "shortDescription": { "text": clipped(&control.title, MOST_TEXT) },
        "fullDescription": { "text": clipped(&one_line(&control.rationale), MOST_TEXT) },
        "help": { "text": one_line(&help), "markdown": help },
        "helpUri": control.references.first().map_or(HOME, String::as_str),
        "defaultConfiguration": { "level": level(control.severity) },
        "properties": {
            "precision": "very-high",
            "security-severity": security_severity(control.severity),
            "tags": tags,
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The middle of the band in which GitHub shows that severity.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

fn result(finding: &Finding<'_>, run: &Run) -> Value {
    let (kind, level) = match finding.verdict {
        Verdict::Fail => ("fail", level(finding.severity)),
        Verdict::Unknown => ("review", "none"),
        Verdict::Pass => ("pass", "none"),
        Verdict::NotApplicable => ("notApplicable", "none"),
    };
    let place = place(finding, run);
    let mut region = json!({ "startLine": place.line, "startColumn": place.column });
    if let Some(region) = region.as_object_mut() {
        region.insert("endLine".to_owned(), json!(place.line));
        region.insert("endColumn".to_owned(), json!(place.column + 1));
    }
    let mut result = json!({
        "ruleId": finding.control,
        "kind": kind,
        "level": level,
        "message": { "text": clipped(&format!("{}: {}", name(finding), story(finding)), 4 * MOST_TEXT) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(place.file) },
                "region": region,
            },
            "logicalLocations": [{
                "fullyQualifiedName": finding.asset.arn,
                "name": finding.asset.name,
                "kind": "resource",
            }],
        }],
        "partialFingerprints": {
            "primaryLocationLineHash": finding.id,
            "sagewarden/v1": finding.id,
        },
        "occurrenceCount": finding.count,
    });
    let Some(members) = result.as_object_mut() else {
        return result;
    };
    if let Some(waiver) = &finding.waiver {
        let suppression =
            json!([{ "kind": "external", "status": "accepted", "justification": waiver.text }]);
        members.insert("suppressions".to_owned(), suppression);
    }
    if let Some(edit) = &finding.edit {
        members.insert("fixes".to_owned(), json!([fix(edit)]));
    }
    if let Some(history) = &finding.history {
        let state = match history.state {
            State::New | State::Reopened => "new",
            State::Unchanged => "unchanged",
            State::Changed => "updated",
        };
        members.insert("baselineState".to_owned(), json!(state));
    }
    result
}

fn fix(edit: &SourceEdit) -> Value {
    let range = &edit.range;
    json!({
        "description": { "text": format!("set `{}` to `{}`", edit.attribute, edit.value) },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(&edit.file) },
            "replacements": [{
                "deletedRegion": {
                    "startLine": range.start_line,
                    "startColumn": range.start_column,
                    "endLine": range.end_line,
                    "endColumn": range.end_column,
                },
                "insertedContent": { "text": edit.text },
            }],
        }],
    })
}

/// A place in a file.
struct Place<'p> {
    file: &'p str,
    line: u64,
    column: u64,
}

/// Where infrastructure code says what decided, or else where the first piece of evidence was read
/// from that names a file.
fn place<'p>(finding: &'p Finding<'_>, run: &'p Run) -> Place<'p> {
    if let Some(source) = &finding.source {
        return Place {
            file: &source.file,
            line: source.line.into(),
            column: source.column.into(),
        };
    }
    let source = finding.evidence.iter().find_map(|item| match item {
        Evidence::Member { call, .. } | Evidence::Outcome { call, .. } => call.source.as_deref(),
        Evidence::Statement(_) | Evidence::Tunable { .. } => None,
    });
    let whole = source
        .or_else(|| run.inputs.first().map(String::as_str))
        .unwrap_or("-");
    let mut place = Place {
        file: whole,
        line: 1,
        column: 1,
    };
    // `main.tf:12:3`
    if let Some((rest, last)) = whole.rsplit_once(':')
        && let Ok(number @ 1..) = last.parse()
    {
        place.file = rest;
        place.line = number;
        if let Some((file, line)) = rest.rsplit_once(':')
            && let Ok(line @ 1..) = line.parse()
        {
            place = Place {
                file,
                line,
                column: number,
            };
        }
    }
    place
}

/// A path as a relative URI: GitHub shows what lies in the repository.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let path = path.trim_start_matches("./");
    match path.strip_prefix('/') {
        Some(rest) => format!("file:///{}", utf8_percent_encode(rest, PATH)),
        None => utf8_percent_encode(path, PATH).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./a b/c#d.tf"), "a%20b/c%23d.tf");
        assert_eq!(uri("/abs/x"), "file:///abs/x");
        assert_eq!(uri("javascript:alert(1)"), "javascript%3Aalert%281%29");
    }
}
