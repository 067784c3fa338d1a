//! `sagewarden.assessment/v1`.
//!
//! One object: about the run first, then `findings`, written one at a time so that memory does not
//! grow with them, then nothing. Members are only ever added within v1; a member that changes its
//! meaning makes v2.

use std::collections::BTreeMap;
use std::io::Write;

use sagewarden_core::assess::{Assessment, Show, Summary};
use sagewarden_core::asset::Asset;
use sagewarden_core::baseline::History;
use sagewarden_core::control::{Change, Control};
use sagewarden_core::finding::{self, Evidence, Family, Finding, Waiver};
use sagewarden_core::judge::Selection;
use sagewarden_core::missing::Gap;
use sagewarden_core::remedy::Remedy;
use sagewarden_core::snapshot::SourcePlace;
use sagewarden_core::time::Time;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};
use sagewarden_core::waiver::Diagnostic;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::projection::each;
use crate::run::{Coverage, RenderError, Run};

/// The name and version of the format.
pub const SCHEMA: &str = "sagewarden.assessment/v1";

/// The whole document. Only its schema is made from it; writing streams the findings.
#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    #[serde(flatten)]
    head: Head<'a>,
    /// The findings that were asked for, by account, Region, asset kind and name.
    findings: Vec<WireFinding<'a>>,
}

/// About the run.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Head<'a> {
    /// `sagewarden.assessment/v1`
    schema: &'static str,
    tool: Tool<'a>,
    /// The instant of evaluation.
    as_of: Time,
    scope: Scope<'a>,
    config: Config<'a>,
    catalog: Catalog<'a>,
    summary: &'a Summary,
    /// What is wrong with the waivers.
    waivers: &'a [Diagnostic],
    /// Warnings about the input.
    warnings: &'a [String],
}

#[derive(Serialize, JsonSchema)]
struct Tool<'a> {
    name: &'static str,
    version: &'a str,
}

/// What was looked at.
#[derive(Serialize, JsonSchema)]
struct Scope<'a> {
    inputs: &'a [String],
    accounts: &'a [String],
    regions: &'a [String],
    /// What was collected where.
    coverage: &'a [Coverage],
}

/// How it was looked at.
#[derive(Serialize, JsonSchema)]
struct Config<'a> {
    profile: &'a str,
    /// Tunables that differ from their default.
    tunables: &'a BTreeMap<String, serde_json::Value>,
}

/// What it was held against.
#[derive(Serialize, JsonSchema)]
struct Catalog<'a> {
    /// SHA-256 over the catalogue's files.
    digest: &'a str,
    /// The selected controls.
    controls: Vec<ControlRow<'a>>,
}

/// A control, as in `controls list -f json`.
#[derive(Serialize, JsonSchema)]
pub struct ControlRow<'a> {
    /// The id.
    pub id: &'a str,
    /// What must hold.
    pub title: &'a str,
    /// How bad it is when it does not.
    pub severity: Severity,
    /// The source's own classification.
    #[serde(rename = "type")]
    pub kind: &'a str,
    /// The domain.
    pub domain: &'a str,
    /// Framework → requirement ids.
    pub compliance: &'a BTreeMap<String, Vec<String>>,
}

impl<'a> From<&'a Control> for ControlRow<'a> {
    fn from(control: &'a Control) -> Self {
        ControlRow {
            id: &control.id,
            title: &control.title,
            severity: control.severity,
            kind: &control.kind,
            domain: &control.domain,
            compliance: &control.compliance,
        }
    }
}

/// One finding.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WireFinding<'a> {
    /// Stable identity: a hash of control id and asset ARN, or job family.
    id: &'a str,
    /// The control's id.
    control: &'a str,
    title: &'a str,
    severity: Severity,
    verdict: Verdict,
    disposition: Disposition,
    /// The code of a fail or a not-applicable.
    reason: Option<&'a str>,
    /// Why, in one line with the actual values.
    why: &'a str,
    asset: &'a Asset,
    /// How many assets it stands for: more than one for a family of training jobs with one answer.
    count: u64,
    /// The family; `asset` is its latest job.
    #[serde(skip_serializing_if = "Option::is_none")]
    family: Option<&'a Family>,
    /// How an open fail stands to the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'a History>,
    /// Codes of annotations; they never change the verdict.
    notes: Vec<&'a str>,
    /// What the annotations say, by code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    note_texts: BTreeMap<&'a str, &'a str>,
    /// The exception that covers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<&'a Waiver<'a>>,
    /// What infrastructure code makes of it, compared with what runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<finding::Change>,
    /// Where infrastructure code says what decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a SourcePlace>,
    /// What was read to reach the verdict.
    evidence: &'a [Evidence],
    /// What was not read and keeps the verdict unknown.
    missing: Vec<WireMissing>,
    /// The tunables that shaped the verdict.
    tunables: &'a [String],
    remediation: WireRemediation<'a>,
}

/// A missing datum.
#[derive(Serialize, JsonSchema)]
struct WireMissing {
    /// The call that would supply it.
    operation: Option<String>,
    /// What the call asks about.
    subject: String,
    /// Why it is missing.
    gap: Gap,
    /// The error code, the member, the expression or the question.
    detail: String,
    /// The IAM action that allows the call.
    action: Option<&'static str>,
    /// The same in one line.
    text: String,
}

/// How to mend it.
#[derive(Serialize, JsonSchema)]
struct WireRemediation<'a> {
    change: Change,
    summary: &'a str,
    /// Commands filled from the asset; capitals are yours to fill. Only on fails.
    commands: &'a [String],
    /// The request that makes the asset anew, corrected, for `--cli-input-json`. Only on fails that are mended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a serde_json::Value>,
    /// The statement of a service control policy that keeps it from coming back.
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrail: Option<&'a serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    terraform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloudformation: Option<&'a str>,
    /// Of a fail about what a role may do: what grants it, a policy of the role's own, and what
    /// would remain.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<&'a Remedy>,
    /// The edit of infrastructure code that mends it, as `check --fix` makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<&'a finding::SourceEdit>,
}

pub(crate) fn wire<'a>(finding: &'a Finding<'a>, control: &'a Control) -> WireFinding<'a> {
    WireFinding {
        id: &finding.id,
        control: finding.control,
        title: finding.title,
        severity: finding.severity,
        verdict: finding.verdict,
        disposition: finding.disposition,
        reason: finding.reason,
        why: &finding.why,
        asset: &finding.asset,
        count: finding.count,
        family: finding.family.as_ref(),
        history: finding.history.as_ref(),
        notes: finding.notes.iter().map(|note| note.code).collect(),
        note_texts: finding
            .notes
            .iter()
            .filter_map(|note| Some((note.code, note.text.as_deref()?)))
            .collect(),
        waiver: finding.waiver.as_ref(),
        change: finding.change,
        source: finding.source.as_ref(),
        evidence: &finding.evidence,
        missing: finding
            .missing
            .iter()
            .map(|missing| WireMissing {
                operation: missing.operation.map(|operation| operation.to_string()),
                subject: missing.subject.clone(),
                gap: missing.gap,
                detail: missing.detail.clone(),
                action: missing.action(),
                text: missing.to_string(),
            })
            .collect(),
        tunables: &finding.tunables,
        remediation: WireRemediation {
            change: control.remediation.change,
            summary: control.remediation.summary.trim(),
            commands: &finding.commands,
            request: finding.request.as_ref(),
            guardrail: control.remediation.guardrail.as_ref(),
            terraform: control.remediation.terraform.as_deref().map(str::trim),
            cloudformation: control.remediation.cloudformation.as_deref().map(str::trim),
            policy: finding.remedy.as_deref(),
            edit: finding.edit.as_ref(),
        },
    }
}

/// Writes the document.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let head = serde_json::to_string(&head(run, assessment.selection))?;
    // The head is an object; the findings become its last member.
    let open = head.strip_suffix('}').unwrap_or(&head);
    write!(out, "{open},\"findings\":[")?;
    let mut first = true;
    each(assessment, show, &mut |finding, control| {
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        serde_json::to_writer(&mut *out, &wire(finding, control))?;
        Ok(())
    })?;
    out.write_all(b"\n]}\n")?;
    Ok(())
}

pub(crate) fn head<'a>(run: &'a Run, selection: &'a Selection<'_>) -> Head<'a> {
    Head {
        schema: SCHEMA,
        tool: Tool {
            name: "sagewarden",
            version: &run.version,
        },
        as_of: run.as_of,
        scope: Scope {
            inputs: &run.inputs,
            accounts: &run.accounts,
            regions: &run.regions,
            coverage: &run.coverage,
        },
        config: Config {
            profile: &run.profile,
            tunables: &run.tunables,
        },
        catalog: Catalog {
            digest: &run.catalog_digest,
            controls: selection
                .controls()
                .iter()
                .map(|control| ControlRow::from(*control))
                .collect(),
        },
        summary: &run.summary,
        waivers: &run.waivers,
        warnings: &run.warnings,
    }
}

/// The JSON Schema of the document.
#[must_use]
pub fn schema() -> serde_json::Value {
    // As it is written: what is left out when empty is not required.
    SchemaSettings::default()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Document<'_>>()
        .to_value()
}
