//! The derivation of a verdict, and the meaning of a control, told in full.
//!
//! Enters: a control, or the findings of one asset. Leaves: text. For a finding: the expression, each
//! fact it read with its value and meaning, where each was read and the AWS CLI call that reads it
//! again, the statement that decided, what is missing, and the fix.

use std::collections::BTreeSet;
use std::io::Write;

use anstyle::Style;
use sagewarden_core::assess::AssetFindings;
use sagewarden_core::asset::AssetKind;
use sagewarden_core::cel::{Field, Schema, Type};
use sagewarden_core::codes::{NotApplicable, Note, Reason};
use sagewarden_core::control::{Case, Catalog, Control, Rule};
use sagewarden_core::facts;
use sagewarden_core::finding::{Evidence, Finding};
use sagewarden_core::verdict::Verdict;

use crate::run::RenderError;
use crate::text::{evidence_line, printable};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// What a control means: why, when it fails and with which words, what it reads, how to fix it.
///
/// # Errors
/// When the output fails.
pub fn control(
    control: &Control,
    catalog: &Catalog,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    writeln!(out, "{BOLD}{}{BOLD:#}  {}", control.id, control.severity)?;
    writeln!(out, "{}\n", control.title)?;
    writeln!(out, "{}\n", control.rationale.trim())?;
    for rule in &control.rules {
        rule_text(rule, out)?;
    }
    writeln!(out, "{BOLD}fix{BOLD:#} ({})", change_words(control))?;
    writeln!(out, "{}\n", control.remediation.summary.trim())?;
    if let Some(statement) = &control.remediation.guardrail {
        writeln!(
            out,
            "{DIM}service control policy{DIM:#}\n{}\n",
            policy(statement)
        )?;
    }
    for (heading, text) in [
        ("Terraform", &control.remediation.terraform),
        ("CloudFormation", &control.remediation.cloudformation),
    ] {
        if let Some(text) = text {
            writeln!(out, "{DIM}{heading}{DIM:#}\n{}\n", text.trim())?;
        }
    }
    writeln!(out, "{BOLD}asked by{BOLD:#}")?;
    for (framework, requirements) in &control.compliance {
        let known = catalog
            .frameworks
            .iter()
            .find(|known| &known.id == framework);
        for requirement in requirements {
            let row = known.and_then(|known| known.requirements.get(requirement));
            let title = row.map_or("", |row| row.title.as_str());
            writeln!(out, "  {framework} {requirement}  {title}")?;
            if let Some(remark) = row.and_then(|row| row.remark.as_deref()) {
                writeln!(out, "    {DIM}{remark}{DIM:#}")?;
            }
        }
    }
    for reference in &control.references {
        writeln!(out, "  {reference}")?;
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

fn rule_text(rule: &Rule, out: &mut dyn Write) -> Result<(), RenderError> {
    writeln!(out, "{BOLD}on {}{BOLD:#}", rule.asset)?;
    if let Some(subject) = &rule.subject_when {
        writeln!(out, "  subject when    {}", one_line(subject.source()))?;
    }
    for case in &rule.not_applicable {
        writeln!(
            out,
            "  not applicable  {}",
            case_text(
                case,
                NotApplicable::parse(&case.code).map(NotApplicable::doc)
            )
        )?;
    }
    writeln!(
        out,
        "  unsafe when     {}",
        one_line(rule.unsafe_when.source())
    )?;
    for case in &rule.reasons {
        writeln!(
            out,
            "  reason          {}",
            case_text(case, Reason::parse(&case.code).map(Reason::doc))
        )?;
    }
    for case in &rule.waived {
        writeln!(out, "  waived          {}", case_text(case, None))?;
    }
    for case in &rule.notes {
        writeln!(
            out,
            "  note            {}",
            case_text(case, Note::parse(&case.code).map(Note::doc))
        )?;
    }
    let mut reads = BTreeSet::new();
    for program in programs(rule) {
        reads.extend(program.reads().facts.iter().cloned());
    }
    writeln!(out, "  reads")?;
    for path in reads {
        let doc = field(rule.asset, &path).map_or("", |field| field.doc);
        writeln!(out, "    {path}  {DIM}{doc}{DIM:#}")?;
    }
    writeln!(out)?;
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
        Some(doc) => format!("{}: {doc} ({when})", case.code),
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
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    writeln!(out, "{BOLD}{}{BOLD:#}", printable(&group.asset.arn))?;
    if let Some(family) = &group.family {
        writeln!(out, "{DIM}a job of family {}{DIM:#}", family.id)?;
    }
    for finding in &group.findings {
        writeln!(out)?;
        derivation(finding, group.asset.kind, catalog, out)?;
    }
    Ok(())
}

fn derivation(
    finding: &Finding<'_>,
    kind: AssetKind,
    catalog: &Catalog,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}  {} ({})",
        finding.control, finding.verdict, finding.severity
    )?;
    writeln!(out, "{}", finding.title)?;
    let reason = finding
        .reason
        .map_or_else(String::new, |reason| format!(" [{reason}]"));
    writeln!(
        out,
        "  {DIM}why{DIM:#}       {}{reason}",
        printable(&finding.why)
    )?;
    if let Some(waiver) = &finding.waiver {
        writeln!(
            out,
            "  {DIM}waived{DIM:#}    by {}: {}",
            waiver.source,
            printable(&waiver.text)
        )?;
    }
    if let Some(rule) = catalog
        .control(finding.control)
        .and_then(|control| control.rule(kind))
    {
        writeln!(
            out,
            "  {DIM}unsafe if{DIM:#} {}",
            one_line(rule.unsafe_when.source())
        )?;
    }
    for item in &finding.evidence {
        writeln!(out, "  {DIM}read{DIM:#}      {}", evidence_line(item))?;
        if let Evidence::Member { call, .. } | Evidence::Outcome { call, .. } = item {
            let time = call
                .time
                .map_or_else(String::new, |time| format!("  ({time})"));
            writeln!(
                out,
                "  {DIM}  again{DIM:#}   {}{time}",
                printable(&call.reproduce)
            )?;
            if let Some(source) = &call.source {
                writeln!(out, "  {DIM}  file{DIM:#}    {}", printable(source))?;
            }
        }
    }
    for missing in &finding.missing {
        writeln!(
            out,
            "  {DIM}missing{DIM:#}   {}",
            printable(&missing.to_string())
        )?;
    }
    for note in &finding.notes {
        let text = note
            .text
            .as_deref()
            .map(printable)
            .or_else(|| Note::parse(note.code).map(|note| note.doc().to_owned()));
        writeln!(
            out,
            "  {DIM}note{DIM:#}      {}: {}",
            note.code,
            text.unwrap_or_default()
        )?;
    }
    if !finding.tunables.is_empty() {
        writeln!(
            out,
            "  {DIM}tunables{DIM:#}  {}",
            finding.tunables.join(", ")
        )?;
    }
    if finding.verdict == Verdict::Fail {
        if let Some(control) = catalog.control(finding.control) {
            for (index, line) in control.remediation.summary.trim().lines().enumerate() {
                writeln!(
                    out,
                    "  {DIM}{:<9}{DIM:#} {line}",
                    if index == 0 { "fix" } else { "" }
                )?;
            }
        }
        for command in &finding.commands {
            writeln!(out, "  {DIM}run{DIM:#}       {}", printable(command))?;
        }
        if let Some(request) = &finding.request {
            // Control characters are escaped in JSON; each line can be copied.
            for (index, line) in format!("{request:#}").lines().enumerate() {
                let label = if index == 0 { "request" } else { "" };
                writeln!(out, "  {DIM}{label:<9}{DIM:#} {line}")?;
            }
        }
    }
    Ok(())
}
