//! The derivation of a verdict, and the meaning of a control, told in full.
//!
//! Enters: a control, or the findings of one asset. Leaves: text. For a finding: the expression, each
//! fact it read with its value and meaning, where each was read and the AWS CLI call that reads it
//! again, the statement that decided, what is missing, and the fix.

use std::collections::BTreeSet;
use std::io::Write;

use sagewarden_core::assess::AssetFindings;
use sagewarden_core::asset::AssetKind;
use sagewarden_core::cel::{Field, Record as _, Schema, Type, Value};
use sagewarden_core::codes::{NotApplicable, Note, Reason};
use sagewarden_core::control::{Case, Catalog, Control, Rule};
use sagewarden_core::facts;
use sagewarden_core::finding::Finding;
use sagewarden_core::tunables::Tunables;
use sagewarden_core::verdict::Verdict;

use crate::detail::{clip, named, readings};
use crate::lines::Lines;
use crate::run::RenderError;
use crate::text::{BOLD, DIM, mark, printable, severity_style};

/// What a control means: why, when it fails and with which words, what it reads, how to fix it.
///
/// # Errors
/// When the output fails.
pub fn control(
    control: &Control,
    catalog: &Catalog,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let severity = severity_style(control.severity);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {severity}{}{severity:#}",
        control.id, control.severity
    )?;
    let lines = &mut Lines { out, width };
    lines.line(0, &control.title)?;
    writeln!(lines.out)?;
    lines.line(0, &one_line(&control.rationale))?;
    writeln!(lines.out)?;
    for rule in &control.rules {
        rule_text(rule, lines)?;
    }
    writeln!(lines.out, "{BOLD}fix{BOLD:#} ({})", change_words(control))?;
    lines.line(2, &one_line(&control.remediation.summary))?;
    for (label, text) in [
        ("Terraform", &control.remediation.terraform),
        ("CloudFormation", &control.remediation.cloudformation),
    ] {
        if let Some(text) = text {
            lines.row(2, label, 16, &one_line(text))?;
        }
    }
    if let Some(statement) = &control.remediation.guardrail {
        lines.heading("service control policy")?;
        lines.verbatim(0, "", 0, &policy(statement))?;
    }
    lines.heading("asked by")?;
    for (framework, requirements) in &control.compliance {
        let known = catalog
            .frameworks
            .iter()
            .find(|known| &known.id == framework);
        for requirement in requirements {
            let row = known.and_then(|known| known.requirements.get(requirement));
            let title = row.map_or("", |row| row.title.as_str());
            lines.line(2, &format!("{framework} {requirement}  {title}"))?;
            if let Some(remark) = row.and_then(|row| row.remark.as_deref()) {
                lines.line(4, remark)?;
            }
        }
    }
    lines.heading("read more")?;
    for reference in &control.references {
        lines.line(2, reference)?;
    }
    Ok(())
}

/// A policy of one statement.
fn policy(statement: &serde_json::Value) -> String {
    format!(
        "{:#}",
        serde_json::json!({ "Version": "2012-10-17", "Statement": [statement] })
    )
}

fn change_words(control: &Control) -> &'static str {
    use sagewarden_core::control::Change;
    match control.remediation.change {
        Change::InPlace => "in place, at once",
        Change::Restart => "in place, after a stop and a start",
        Change::Recreate => "only by making the resource anew",
        Change::Replace => "only by a new resource beside it, then switching over",
        Change::Rerun => "the finished job is history; change what launches the next one",
    }
}

/// Columns of the labels of a rule.
const PART: usize = 16;

fn rule_text(rule: &Rule, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let kind = rule.asset.word().replace('_', " ");
    writeln!(lines.out, "{BOLD}on {kind}{BOLD:#}")?;
    if let Some(subject) = &rule.subject_when {
        lines.row(INDENT, "subject when", PART, &one_line(subject.source()))?;
    }
    for case in &rule.not_applicable {
        let doc = NotApplicable::parse(&case.code).map(NotApplicable::doc);
        lines.row(INDENT, "not applicable", PART, &case_text(case, doc))?;
    }
    let source = one_line(rule.unsafe_when.source());
    lines.row(INDENT, "unsafe when", PART, &source)?;
    for case in &rule.reasons {
        let doc = Reason::parse(&case.code).map(Reason::doc);
        lines.row(INDENT, "reason", PART, &case_text(case, doc))?;
    }
    for case in &rule.waived {
        lines.row(INDENT, "waived", PART, &case_text(case, None))?;
    }
    for case in &rule.notes {
        let doc = Note::parse(&case.code).map(Note::doc);
        lines.row(INDENT, "note", PART, &case_text(case, doc))?;
    }
    let mut reads = BTreeSet::new();
    for program in programs(rule) {
        reads.extend(program.reads().facts.iter().cloned());
    }
    for path in reads {
        let doc = field(rule.asset, &path).map_or("", |field| field.doc);
        let text = format!("{path}: {}", one_line(doc));
        lines.row(INDENT, "reads", PART, &text)?;
    }
    writeln!(lines.out)?;
    Ok(())
}

fn programs(rule: &Rule) -> impl Iterator<Item = &sagewarden_core::cel::Program> {
    let cases = rule
        .not_applicable
        .iter()
        .chain(&rule.reasons)
        .chain(&rule.waived);
    rule.subject_when
        .iter()
        .chain(std::iter::once(&rule.unsafe_when))
        .chain(cases.filter_map(|case| case.when.as_ref()))
}

fn case_text(case: &Case, doc: Option<&str>) -> String {
    let when = case.when.as_ref().map_or_else(
        || "otherwise".to_owned(),
        |program| one_line(program.source()),
    );
    match doc {
        Some(doc) => format!("{}: {} ({when})", case.code, doc.trim_end_matches('.')),
        None => format!("{} ({when})", case.code),
    }
}

fn one_line(source: &str) -> String {
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The declared field at a path without list positions.
#[must_use]
pub fn field(kind: AssetKind, path: &str) -> Option<&'static Field> {
    let mut schema: &'static Schema = facts::schema(kind);
    let mut found = None;
    for segment in path.split('.') {
        let (_, field) = schema.find(segment)?;
        found = Some(field);
        let mut of = field.ty;
        while let Type::List(element) = of {
            of = *element;
        }
        if let Type::Record(inner) = of {
            schema = inner;
        }
    }
    found
}

/// The derivation of the findings of one asset.
///
/// # Errors
/// When the output fails.
pub fn asset(
    group: &AssetFindings<'_>,
    catalog: &Catalog,
    tunables: &Tunables,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    writeln!(out, "{BOLD}{}{BOLD:#}", printable(&group.asset.arn))?;
    if let Some(family) = &group.family {
        writeln!(out, "{DIM}a job of family {}{DIM:#}", family.id)?;
    }
    let mut lines = Lines { out, width };
    for finding in &group.findings {
        derivation(finding, group.asset.kind, catalog, tunables, &mut lines)?;
    }
    Ok(())
}

/// Columns before the labels of a derivation.
const INDENT: usize = 2;

/// Columns of the labels.
const LABEL: usize = 11;

fn derivation(
    finding: &Finding<'_>,
    kind: AssetKind,
    catalog: &Catalog,
    tunables: &Tunables,
    lines: &mut Lines<'_>,
) -> Result<(), RenderError> {
    let control = catalog.control(finding.control);
    let (glyph, word, style) = mark(finding);
    let severity = severity_style(finding.severity);
    writeln!(
        lines.out,
        "\n{style}{glyph} {word}{style:#}  {severity}{}{severity:#}  {BOLD}{}{BOLD:#}",
        finding.severity, finding.control
    )?;
    lines.line(INDENT, finding.title)?;
    let reason = finding
        .reason
        .map_or_else(String::new, |reason| format!(" [{reason}]"));
    lines.row(INDENT, "why", LABEL, &format!("{}{reason}", finding.why))?;
    if let Some(waiver) = &finding.waiver {
        let text = format!("by {}: {}", waiver.source, waiver.text);
        lines.row(INDENT, "waived", LABEL, &text)?;
    }
    if let Some(rule) = control.and_then(|control| control.rule(kind)) {
        let source = one_line(rule.unsafe_when.source());
        lines.row(INDENT, "unsafe if", LABEL, &source)?;
    }
    read(finding, kind, tunables, lines)?;
    for missing in &finding.missing {
        lines.row(INDENT, "missing", LABEL, &missing.to_string())?;
    }
    for note in &finding.notes {
        let text = note
            .text
            .as_deref()
            .or_else(|| Note::parse(note.code).map(Note::doc));
        let text = format!("{}: {}", note.code, text.unwrap_or_default());
        lines.row(INDENT, "note", LABEL, &text)?;
    }
    match control {
        Some(control) if finding.verdict == Verdict::Fail => fix(finding, control, lines),
        _ => Ok(()),
    }
}

/// The facts with their values, and the calls and statements that they come from.
fn read(
    finding: &Finding<'_>,
    kind: AssetKind,
    tunables: &Tunables,
    lines: &mut Lines<'_>,
) -> Result<(), RenderError> {
    for seen in &finding.facts {
        let doc = field(kind, &seen.path).map_or("", |field| field.doc);
        let (value, doc) = (clip(&seen.value), one_line(doc));
        let text = format!("{} = {value} ({})", seen.path, doc.trim_end_matches('.'));
        lines.row(INDENT, "fact", LABEL, &text)?;
    }
    for name in &finding.tunables {
        let value = Tunables::SCHEMA
            .find(name)
            .map_or(Value::UNREAD, |(index, _)| tunables.field(index));
        lines.row(INDENT, "tunable", LABEL, &format!("{name} = {value}"))?;
    }
    for reading in readings(&finding.evidence) {
        let Some(call) = reading.call else {
            for text in &reading.says {
                lines.row(INDENT, "statement", LABEL, text)?;
            }
            continue;
        };
        lines.row(INDENT, "read", LABEL, &named(call))?;
        for text in &reading.says {
            lines.row(INDENT + LABEL + 2, "", 0, text)?;
        }
        let time = call.time.map(|time| format!("at {time}"));
        let file = call.source.as_ref().map(|file| format!("from {file}"));
        let place: Vec<String> = time.into_iter().chain(file).collect();
        if !place.is_empty() {
            lines.row(INDENT, "", LABEL, &place.join(" "))?;
        }
        lines.verbatim(INDENT, "  again", LABEL, &call.reproduce)?;
    }
    Ok(())
}

fn fix(finding: &Finding<'_>, control: &Control, lines: &mut Lines<'_>) -> Result<(), RenderError> {
    let remediation = &control.remediation;
    lines.row(INDENT, "fix", LABEL, &one_line(&remediation.summary))?;
    for command in &finding.commands {
        lines.verbatim(INDENT, "run", LABEL, command)?;
    }
    // Each line of JSON can be copied.
    if let Some(request) = &finding.request {
        lines.verbatim(INDENT, "request", LABEL, &format!("{request:#}"))?;
    }
    if let Some(statement) = &remediation.guardrail {
        lines.verbatim(INDENT, "guardrail", LABEL, &format!("{statement:#}"))?;
    }
    Ok(())
}
