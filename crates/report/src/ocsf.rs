//! OCSF 1.8.0, for SIEMs and Security Lake: an array of Compliance Findings (2003), or of Detection
//! Findings (2004) for those who already take in what Prowler writes.
//!
//! An unknown is `Warning`, which the schema says means that there was no result because
//! information was missing. Times are milliseconds. With a baseline, findings that closed are told
//! as closed, with the id that opened them. <https://schema.ocsf.io/1.8.0/classes/compliance_finding>

use std::io::Write;

use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::baseline::State;
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Severity, Verdict};
use serde_json::{Map, Value, json};

use crate::detail::evidence_line;
use crate::projection::{
    TOOL, clipped, cloudformation_type, each, name, one_line, partition, requirements, story, word,
};
use crate::run::{RenderError, Run};

/// The version of the schema.
const VERSION: &str = "1.8.0";

/// The class of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Compliance Finding, 2003.
    Compliance,
    /// Detection Finding, 2004.
    Detection,
}

/// Writes the array.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    class: Class,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    out.write_all(b"[")?;
    let mut first = true;
    let mut write = |finding: &Finding<'_>, control: &Control, closed: bool| {
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        serde_json::to_writer(&mut *out, &event(finding, control, run, class, closed))?;
        Ok::<(), RenderError>(())
    };
    each(assessment, show, &mut |finding, control| {
        write(finding, control, false)
    })?;
    if assessment.past.is_some() {
        each(assessment, &Show::closed(), &mut |finding, control| {
            write(finding, control, true)
        })?;
    }
    out.write_all(b"\n]\n")?;
    Ok(())
}

fn event(finding: &Finding<'_>, control: &Control, run: &Run, class: Class, closed: bool) -> Value {
    let (activity, activity_name) = match &finding.history {
        _ if closed => (3, "Close"),
        Some(history) if !history.state.is_new() => (2, "Update"),
        _ => (1, "Create"),
    };
    let (status, status_name) = match finding.history.as_ref().map(|history| history.state) {
        _ if closed => (4, "Resolved"),
        _ if finding.disposition == Disposition::Waived => (3, "Suppressed"),
        Some(State::Unchanged | State::Changed) => (2, "In Progress"),
        _ => (1, "New"),
    };
    let (class_uid, class_name) = match class {
        Class::Compliance => (2003, "Compliance Finding"),
        Class::Detection => (2004, "Detection Finding"),
    };
    let (severity, severity_name) = severity(finding.severity);
    let mut event = json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": class_uid,
        "class_name": class_name,
        "type_uid": class_uid * 100 + activity,
        "type_name": format!("{class_name}: {activity_name}"),
        "time": run.as_of.0,
        "count": finding.count,
        "severity_id": severity,
        "severity": severity_name,
        "status_id": status,
        "status": status_name,
        "status_code": word(finding),
        "message": clipped(&format!("{}: {}", name(finding), story(finding)), 2_048),
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "event_code": finding.control,
            "uid": format!("{}-{}", finding.id, run.as_of.0),
            "product": { "name": "Sagewarden", "uid": TOOL, "vendor_name": "Sagewarden", "version": run.version },
        },
        "cloud": {
            "provider": "AWS",
            "account": { "uid": finding.asset.account, "type_id": 10, "type": "AWS Account" },
            "region": finding.asset.region,
            "cloud_partition": partition(&finding.asset.arn),
        },
        "finding_info": info(finding, control, run),
        "resources": [resource(finding)],
        "remediation": remediation(finding, control),
    });
    if let Some(members) = event.as_object_mut() {
        if let Some(waiver) = &finding.waiver {
            members.insert("comment".to_owned(), json!(clipped(&waiver.text, 1_024)));
        }
        match class {
            Class::Compliance => {
                members.insert("compliance".to_owned(), compliance(finding, control));
            }
            Class::Detection => {
                members.insert(
                    "is_alert".to_owned(),
                    json!(finding.verdict == Verdict::Fail),
                );
                members.insert(
                    "status_detail".to_owned(),
                    json!(clipped(&finding.why, 2_048)),
                );
                let frameworks = json!(control.compliance);
                members.insert("unmapped".to_owned(), json!({ "compliance": frameworks }));
            }
        }
    }
    event
}

fn severity(severity: Severity) -> (u8, &'static str) {
    match severity {
        Severity::Low => (2, "Low"),
        Severity::Medium => (3, "Medium"),
        Severity::High => (4, "High"),
        Severity::Critical => (5, "Critical"),
    }
}

fn info(finding: &Finding<'_>, control: &Control, run: &Run) -> Value {
    let first_seen = finding.history.as_ref().map_or_else(
        || finding.family.as_ref().and_then(|family| family.first),
        |history| Some(history.first_seen),
    );
    let mut info = json!({
        "uid": finding.id,
        "title": finding.title,
        "desc": clipped(&one_line(&control.rationale), 2_048),
        "types": [control.domain],
        "last_seen_time": run.as_of.0,
        "analytic": { "uid": finding.control, "name": finding.title, "type_id": 1, "type": "Rule" },
    });
    if let (Some(members), Some(first_seen)) = (info.as_object_mut(), first_seen) {
        members.insert("first_seen_time".to_owned(), json!(first_seen.0));
        members.insert("created_time".to_owned(), json!(first_seen.0));
    }
    info
}

fn compliance(finding: &Finding<'_>, control: &Control) -> Value {
    let (status, name) = match finding.verdict {
        Verdict::Pass => (1, "Pass"),
        Verdict::Unknown => (2, "Warning"),
        Verdict::Fail => (3, "Fail"),
        Verdict::NotApplicable => (99, "Not Applicable"),
    };
    let mut details = vec![clipped(&finding.why, 2_048)];
    details.extend(finding.evidence.iter().take(24).map(evidence_line));
    details.extend(
        finding
            .missing
            .iter()
            .map(|missing| clipped(&missing.to_string(), 2_048)),
    );
    let standards: Vec<&str> = control.compliance.keys().map(String::as_str).collect();
    let requirements: Vec<String> = requirements(control)
        .map(|(framework, id)| format!("{framework} {id}"))
        .collect();
    json!({
        "control": finding.control,
        "desc": finding.title,
        "status_id": status,
        "status": name,
        "status_code": finding.reason.unwrap_or_else(|| word(finding)),
        "status_details": details,
        "standards": standards,
        "requirements": requirements,
    })
}

fn resource(finding: &Finding<'_>) -> Value {
    let mut data = Map::new();
    for (name, value) in [
        ("kind", json!(finding.asset.kind)),
        ("family", json!(finding.family)),
        (
            "notes",
            json!(
                finding
                    .notes
                    .iter()
                    .map(|note| note.code)
                    .collect::<Vec<_>>()
            ),
        ),
    ] {
        if !value.is_null() {
            data.insert(name.to_owned(), value);
        }
    }
    json!({
        "uid": finding.asset.arn,
        "name": finding.asset.name,
        "type": cloudformation_type(finding.asset.kind),
        "region": finding.asset.region,
        "cloud_partition": partition(&finding.asset.arn),
        "data": data,
    })
}

fn remediation(finding: &Finding<'_>, control: &Control) -> Value {
    let mut desc = one_line(&control.remediation.summary);
    for command in &finding.commands {
        desc.push('\n');
        desc.push_str(&clipped(command, 1_024));
    }
    json!({ "desc": desc, "references": control.references })
}
