//! The AWS Security Finding Format, for Security Hub: a batch a line.
//!
//! Each line is the input of one `BatchImportFindings` call, `{"Findings": […]}`, of at most 100
//! findings of one account and Region, since the call takes only the caller's own:
//!
//! ```sh
//! while read -r batch; do aws securityhub batch-import-findings --cli-input-json "$batch"; done < findings.jsonl
//! ```
//!
//! An importer cannot say that a finding is suppressed, so that a waived one is `WARNING` with its
//! reason. With a baseline, findings that closed are archived under the id that opened them. Limits:
//! <https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html>

use std::collections::BTreeMap;
use std::io::Write;

use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::asset::AssetKind;
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Verdict};
use serde_json::{Value, json};

use crate::detail::evidence_line;
use crate::projection::{clipped, each, left_out, name, one_line, partition, requirements, story};
use crate::run::{RenderError, Run};

/// Findings that one call takes.
const BATCH: usize = 100;

/// Bytes of one finding.
const MOST_BYTES: usize = 240_000;

/// Bytes of one call, with room for the frame.
const MOST_BATCH_BYTES: usize = 5_500_000;

/// Findings of one account and Region that wait for their call.
type Waiting = BTreeMap<(String, String), Vec<String>>;

/// Writes the batches; what was left out is returned.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<Vec<String>, RenderError> {
    let mut waiting = Waiting::new();
    let mut too_large = 0u64;
    let mut nowhere = 0u64;
    let mut push = |finding: &Finding<'_>, control: &Control, closed: bool| {
        let asset = &finding.asset;
        // Security Hub takes nothing without its account.
        if asset.account.is_empty() || asset.region.is_empty() {
            nowhere += 1;
            return Ok(());
        }
        let text = serde_json::to_string(&wire(finding, control, run, closed))?;
        if text.len() > MOST_BYTES {
            too_large += 1;
            return Ok(());
        }
        let place = (asset.account.clone(), asset.region.clone());
        let batch = waiting.entry(place).or_default();
        let bytes: usize = batch.iter().map(String::len).sum();
        if batch.len() == BATCH || bytes + text.len() > MOST_BATCH_BYTES {
            flush(batch, out)?;
        }
        batch.push(text);
        Ok::<(), RenderError>(())
    };
    each(assessment, show, &mut |finding, control| {
        push(finding, control, false)
    })?;
    if assessment.past.is_some() {
        each(assessment, &Show::closed(), &mut |finding, control| {
            push(finding, control, true)
        })?;
    }
    for batch in waiting.values_mut() {
        flush(batch, out)?;
    }
    Ok(
        left_out("ASFF", too_large, "Security Hub takes 240 KB a finding")
            .into_iter()
            .chain(left_out(
                "ASFF",
                nowhere,
                "their account or Region is not known",
            ))
            .collect(),
    )
}

fn flush(batch: &mut Vec<String>, out: &mut dyn Write) -> Result<(), RenderError> {
    if !batch.is_empty() {
        writeln!(out, "{{\"Findings\":[{}]}}", batch.join(","))?;
        batch.clear();
    }
    Ok(())
}

fn wire(finding: &Finding<'_>, control: &Control, run: &Run, closed: bool) -> Value {
    let asset = &finding.asset;
    let partition = partition(&asset.arn);
    let label = finding.severity.word().to_uppercase();
    let kinds = ["Software and Configuration Checks/AWS Security Best Practices"];
    let first_seen = finding.history.as_ref().map_or_else(
        || {
            let family = finding.family.as_ref();
            family.and_then(|family| family.first).unwrap_or(run.as_of)
        },
        |history| history.first_seen,
    );
    let urls = control
        .references
        .first()
        .filter(|url| url.starts_with("https://"));
    let mut recommendation =
        json!({ "Text": clipped(&one_line(&control.remediation.summary), 512) });
    if let (Some(members), Some(url)) = (recommendation.as_object_mut(), urls) {
        members.insert("Url".to_owned(), json!(url));
    }
    json!({
        "SchemaVersion": "2018-10-08",
        "Id": format!("sagewarden/{}", finding.id),
        "ProductArn": format!(
            "arn:{partition}:securityhub:{}:{account}:product/{account}/default",
            asset.region,
            account = asset.account
        ),
        "ProductName": "Sagewarden",
        "GeneratorId": clipped(finding.control, 512),
        "AwsAccountId": asset.account,
        "Types": kinds,
        "FirstObservedAt": first_seen.to_string(),
        "LastObservedAt": run.as_of.to_string(),
        "CreatedAt": first_seen.to_string(),
        "UpdatedAt": run.as_of.to_string(),
        "Severity": { "Label": label },
        "Title": clipped(finding.title, 256),
        "Description": clipped(&format!("{}: {}", name(finding), story(finding)), 1_024),
        "Remediation": { "Recommendation": recommendation },
        "ProductFields": fields(finding),
        "Resources": [resource(finding, partition)],
        "Compliance": compliance(finding, control),
        "RecordState": if closed { "ARCHIVED" } else { "ACTIVE" },
        "FindingProviderFields": { "Severity": { "Label": label }, "Types": kinds },
    })
}

/// At most 50 pairs; keys up to 128 characters, values up to 2,048.
fn fields(finding: &Finding<'_>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::from([
        (
            "sagewarden/verdict".to_owned(),
            finding.verdict.word().to_owned(),
        ),
        ("sagewarden/count".to_owned(), finding.count.to_string()),
    ]);
    for (name, value) in [
        ("reason", finding.reason.map(str::to_owned)),
        (
            "family",
            finding.family.as_ref().map(|family| family.id.clone()),
        ),
        (
            "waiver",
            finding
                .waiver
                .as_ref()
                .map(|waiver| waiver.source.to_owned()),
        ),
        (
            "due",
            finding
                .history
                .as_ref()
                .map(|history| history.due.to_string()),
        ),
    ] {
        if let Some(value) = value {
            fields.insert(format!("sagewarden/{name}"), clipped(&value, 2_048));
        }
    }
    for (index, item) in finding.evidence.iter().take(20).enumerate() {
        fields.insert(
            format!("sagewarden/evidence/{:02}", index + 1),
            clipped(&evidence_line(item), 2_048),
        );
    }
    for (index, missing) in finding.missing.iter().take(10).enumerate() {
        fields.insert(
            format!("sagewarden/missing/{:02}", index + 1),
            clipped(&missing.to_string(), 2_048),
        );
    }
    fields
}

fn resource(finding: &Finding<'_>, partition: &str) -> Value {
    // The only kind that Security Hub knows.
    let kind = match finding.asset.kind {
        AssetKind::NotebookInstance => "AwsSageMakerNotebookInstance",
        _ => "Other",
    };
    json!({
        "Type": kind,
        "Id": clipped(&finding.asset.arn, 512),
        "Partition": partition,
        "Region": finding.asset.region,
        "Details": { "Other": {
            "Name": clipped(&finding.asset.name, 1_024),
            "Kind": finding.asset.kind.word(),
        } },
    })
}

fn compliance(finding: &Finding<'_>, control: &Control) -> Value {
    let status = match (finding.disposition, finding.verdict) {
        (Disposition::Waived, _) => "WARNING",
        (_, Verdict::Fail) => "FAILED",
        (_, Verdict::Pass) => "PASSED",
        (_, Verdict::Unknown | Verdict::NotApplicable) => "NOT_AVAILABLE",
    };
    let standards: Vec<Value> = control
        .compliance
        .keys()
        .take(20)
        .map(|framework| json!({ "StandardsId": framework }))
        .collect();
    let requirements: Vec<String> = requirements(control)
        .map(|(framework, id)| clipped(&format!("{framework} {id}"), 64))
        .take(32)
        .collect();
    let mut compliance = json!({
        "Status": status,
        "RelatedRequirements": requirements,
        "AssociatedStandards": standards,
        "SecurityControlId": clipped(finding.control, 256),
    });
    let reason = match (&finding.waiver, finding.verdict) {
        (Some(waiver), _) => Some(("WAIVED", waiver.text.clone())),
        (None, Verdict::Unknown) => Some(("NOT_READ", finding.why.clone())),
        (None, Verdict::NotApplicable) => Some(("NOT_APPLICABLE", finding.why.clone())),
        (None, Verdict::Fail | Verdict::Pass) => None,
    };
    if let (Some(members), Some((code, text))) = (compliance.as_object_mut(), reason) {
        let reasons = json!([{ "ReasonCode": code, "Description": clipped(&text, 1_024) }]);
        members.insert("StatusReasons".to_owned(), reasons);
    }
    compliance
}
