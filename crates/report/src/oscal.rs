//! OSCAL assessment results, for those who hand in machine-readable packages.
//!
//! Assets are inventory items, findings are observations of automated tests, open fails of one
//! control a risk, and each requirement of NIST SP 800-53 that was judged a finding. OSCAL knows
//! satisfied and not satisfied: an unknown is not satisfied, and its remarks say that it is unknown;
//! what was not judged or not covered has no finding. Identifiers are made from what they name, so
//! that the same assessment gives the same bytes. <https://pages.nist.gov/OSCAL/>

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use sagewarden_core::assess::{Assessment, Pick, Show};
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Verdict};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::detail::evidence_line;
use crate::framework::{self, State};
use crate::projection::{clipped, cloudformation_type, each, name, one_line, story, word};
use crate::run::{RenderError, Run};

/// The version of the models.
const VERSION: &str = "1.2.1";

/// The framework whose requirements OSCAL's own catalogue holds.
const CATALOG: &str = "nist_800_53_r5";

/// The name space of our properties.
const NAMES: &str = "https://github.com/sagewarden/sagewarden/ns/oscal";

/// Writes the document.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let show = Show {
        verdicts: vec![Verdict::Fail, Verdict::Unknown],
        waived: true,
        details: true,
        families: None,
        pick: Pick::All,
    };
    let run_id = format!(
        "{} {} {}",
        run.as_of,
        run.catalog_digest,
        run.accounts.join(" ")
    );
    let mut items: BTreeMap<String, Value> = BTreeMap::new();
    let mut observations = Vec::new();
    let mut of_control: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut risks: BTreeMap<&str, Value> = BTreeMap::new();
    each(assessment, &show, &mut |finding, control| {
        let item = uuid("item", &finding.asset.arn);
        items
            .entry(item.clone())
            .or_insert_with(|| inventory(finding, &item));
        let id = uuid("observation", &format!("{} {}", finding.id, run.as_of));
        observations.push(observation(finding, run, &id, &item));
        of_control.entry(&control.id).or_default().push(id);
        if finding.verdict == Verdict::Fail && finding.disposition == Disposition::Open {
            risks.entry(&control.id).or_insert_with(|| risk(control));
        }
        Ok(())
    })?;
    let findings = findings(assessment, run, &of_control, &risks);
    let plan = uuid("plan", &run_id);
    let mut result = json!({
        "uuid": uuid("result", &run_id),
        "title": "SageMaker posture",
        "description": "Automated tests of the settings of SageMaker assets, decided from saved AWS answers.",
        "start": run.as_of.to_string(),
        "reviewed-controls": { "control-selections": [reviewed(assessment)] },
    });
    if let Some(members) = result.as_object_mut() {
        // An empty list is none in OSCAL.
        if !items.is_empty() {
            let items: Vec<Value> = items.into_values().collect();
            members.insert(
                "local-definitions".to_owned(),
                json!({ "inventory-items": items }),
            );
        }
        for (name, list) in [
            ("observations", observations),
            ("risks", risks.into_values().collect()),
            ("findings", findings),
        ] {
            if !list.is_empty() {
                members.insert(name.to_owned(), Value::Array(list));
            }
        }
    }
    let document = json!({ "assessment-results": {
        "uuid": uuid("document", &run_id),
        "metadata": {
            "title": "SageMaker posture: assessment results",
            "last-modified": run.as_of.to_string(),
            "version": run.version,
            "oscal-version": VERSION,
        },
        "import-ap": { "href": format!("#{plan}") },
        "results": [result],
        "back-matter": { "resources": [{
            "uuid": plan,
            "title": "Assessment plan",
            "description": "Every control of the catalogue on every asset that the saved answers show.",
            "remarks": format!("Catalogue {}.", run.catalog_digest),
        }] },
    } });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// A UUID of version 5 and variant 1 (RFC 9562), from SHA-256 over what it names.
fn uuid(kind: &str, named: &str) -> String {
    let digest = Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(named)
        .finalize();
    let mut id = String::with_capacity(36);
    for (index, byte) in digest.iter().take(16).enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        let byte = match index {
            6 => 0x50 | (byte & 0x0f),
            8 => 0x80 | (byte & 0x3f),
            _ => *byte,
        };
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// `AC-6(5)` → `ac-6.5`, as OSCAL's catalogue spells it.
fn control_id(requirement: &str) -> String {
    requirement
        .to_lowercase()
        .replace('(', ".")
        .replace(')', "")
}

/// A property; OSCAL takes no empty value and no white space around one.
fn property(name: &str, value: &str) -> Value {
    let value = clipped(value, 1_024);
    let value = value.trim();
    json!({ "name": name, "ns": NAMES, "value": if value.is_empty() { "none" } else { value } })
}

fn inventory(finding: &Finding<'_>, id: &str) -> Value {
    json!({
        "uuid": id,
        "description": clipped(&finding.asset.arn, 2_048),
        "props": [
            property("type", cloudformation_type(finding.asset.kind)),
            property("account", &finding.asset.account),
            property("region", &finding.asset.region),
        ],
    })
}

fn observation(finding: &Finding<'_>, run: &Run, id: &str, item: &str) -> Value {
    let mut evidence: Vec<Value> = finding
        .evidence
        .iter()
        .take(24)
        .map(|item| json!({ "description": evidence_line(item) }))
        .collect();
    evidence.extend(
        finding
            .missing
            .iter()
            .take(24)
            .map(|missing| json!({ "description": clipped(&missing.to_string(), 2_048) })),
    );
    let mut observation = json!({
        "uuid": id,
        "title": format!("{}: {}", finding.control, word(finding)),
        "description": clipped(&format!("{}: {}", name(finding), story(finding)), 4_096),
        "props": [
            property("control", finding.control),
            property("verdict", finding.verdict.word()),
            property("disposition", word(finding)),
            property("severity", finding.severity.word()),
            property("assets", &finding.count.to_string()),
            property("finding", &finding.id),
        ],
        "methods": ["TEST-AUTOMATED"],
        "types": ["finding"],
        "subjects": [{ "subject-uuid": item, "type": "inventory-item" }],
        "collected": run.as_of.to_string(),
    });
    if let (Some(members), false) = (observation.as_object_mut(), evidence.is_empty()) {
        members.insert("relevant-evidence".to_owned(), Value::Array(evidence));
    }
    observation
}

fn risk(control: &Control) -> Value {
    json!({
        "uuid": uuid("risk", &control.id),
        "title": control.title,
        "description": one_line(&control.rationale),
        "statement": one_line(&control.rationale),
        "props": [property("control", &control.id), property("severity", control.severity.word())],
        "status": "open",
        "remediations": [{
            "uuid": uuid("remediation", &control.id),
            "lifecycle": "recommendation",
            "title": "Fix",
            "description": one_line(&control.remediation.summary),
        }],
    })
}

/// The requirements that any control speaks of; all, where none does.
fn reviewed(assessment: &Assessment<'_>) -> Value {
    let mut ids: Vec<String> = assessment
        .selection
        .controls()
        .iter()
        .filter_map(|control| control.compliance.get(CATALOG))
        .flatten()
        .map(|id| control_id(id))
        .collect();
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return json!({ "include-all": {} });
    }
    let ids: Vec<Value> = ids
        .into_iter()
        .map(|id| json!({ "control-id": id }))
        .collect();
    json!({ "include-controls": ids })
}

fn findings(
    assessment: &Assessment<'_>,
    run: &Run,
    of_control: &BTreeMap<&str, Vec<String>>,
    risks: &BTreeMap<&str, Value>,
) -> Vec<Value> {
    let Some(catalog) = run.frameworks.iter().find(|known| known.id == CATALOG) else {
        return Vec::new();
    };
    let counts = framework::counts(assessment);
    framework::rows(catalog, assessment.selection.controls(), &counts)
        .into_iter()
        .filter_map(|row| {
            let (state, reason) = match row.state {
                State::Passing => ("satisfied", "pass"),
                State::Failing => ("not-satisfied", "fail"),
                State::Unknown | State::Waived => ("not-satisfied", "other"),
                State::NotJudged | State::NotCovered => return None,
            };
            let of_row =
                |uuids: &mut dyn FnMut(&str)| row.controls.iter().for_each(|c| uuids(c.id));
            let mut related = Vec::new();
            of_row(&mut |control| {
                for id in of_control.get(control).into_iter().flatten() {
                    related.push(json!({ "observation-uuid": id }));
                }
            });
            let mut at_risk = Vec::new();
            of_row(&mut |control| {
                if let Some(id) = risks.get(control).and_then(|risk| risk.get("uuid")) {
                    at_risk.push(json!({ "risk-uuid": id }));
                }
            });
            let mut finding = json!({
                "uuid": uuid("finding", &format!("{} {}", row.id, run.as_of)),
                "title": format!("{} {}", row.id, row.title),
                "description": format!("The controls that speak of it are {}.", row.state.words()),
                "target": {
                    "type": "objective-id",
                    "target-id": format!("{}_obj", control_id(row.id)),
                    "status": { "state": state, "reason": reason, "remarks": row.state.words() },
                },
            });
            if let Some(members) = finding.as_object_mut() {
                for (name, list) in [
                    ("related-observations", related),
                    ("related-risks", at_risk),
                ] {
                    if !list.is_empty() {
                        members.insert(name.to_owned(), Value::Array(list));
                    }
                }
            }
            Some(finding)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_spelt_as_oscal_spells_them() {
        assert_eq!(control_id("AC-6(5)"), "ac-6.5");
        assert_eq!(control_id("SC-28"), "sc-28");
    }

    #[test]
    fn identifiers_have_version_and_variant_and_depend_on_what_they_name() {
        let id = uuid("a", "b");
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'5');
        assert!(b"89ab".contains(&id.as_bytes()[19]));
        assert_eq!(id, uuid("a", "b"));
        assert_ne!(id, uuid("a", "c"));
    }
}
