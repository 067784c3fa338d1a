//! CSV in the columns of Prowler, for auditors, spreadsheets and the dashboards that read those.
//!
//! The header and the delimiter are those of Prowler 5. An unknown is `MANUAL`, which is what
//! Prowler says of what it could not check; a waived finding is `FAIL` and muted. Cells that a
//! spreadsheet would take for a formula are defused: names and tags come from strangers.

use std::io::Write;

use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Verdict};

use crate::detail::evidence_line;
use crate::projection::{cloudformation_type, each, one_line, partition, story};
use crate::run::{RenderError, Run};
use crate::text::printable;

const COLUMNS: [&str; 42] = [
    "AUTH_METHOD",
    "TIMESTAMP",
    "ACCOUNT_UID",
    "ACCOUNT_NAME",
    "ACCOUNT_EMAIL",
    "ACCOUNT_ORGANIZATION_UID",
    "ACCOUNT_ORGANIZATION_NAME",
    "ACCOUNT_TAGS",
    "FINDING_UID",
    "PROVIDER",
    "CHECK_ID",
    "CHECK_TITLE",
    "CHECK_TYPE",
    "STATUS",
    "STATUS_EXTENDED",
    "MUTED",
    "SERVICE_NAME",
    "SUBSERVICE_NAME",
    "SEVERITY",
    "RESOURCE_TYPE",
    "RESOURCE_UID",
    "RESOURCE_NAME",
    "RESOURCE_DETAILS",
    "RESOURCE_TAGS",
    "PARTITION",
    "REGION",
    "DESCRIPTION",
    "RISK",
    "RELATED_URL",
    "REMEDIATION_RECOMMENDATION_TEXT",
    "REMEDIATION_RECOMMENDATION_URL",
    "REMEDIATION_CODE_NATIVEIAC",
    "REMEDIATION_CODE_TERRAFORM",
    "REMEDIATION_CODE_CLI",
    "REMEDIATION_CODE_OTHER",
    "COMPLIANCE",
    "CATEGORIES",
    "DEPENDS_ON",
    "RELATED_TO",
    "NOTES",
    "PROWLER_VERSION",
    "ADDITIONAL_URLS",
];

/// Writes a row a finding.
///
/// # Errors
/// When the output fails, or a training job cannot be read again.
pub fn write(
    assessment: &Assessment<'_>,
    run: &Run,
    show: &Show,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut writer = ::csv::WriterBuilder::new().delimiter(b';').from_writer(out);
    writer.write_record(COLUMNS.iter().chain(&["ACCOUNT_OU_UID", "ACCOUNT_OU_NAME"]))?;
    each(assessment, show, &mut |finding, control| {
        writer.write_record(row(finding, control, run).iter().map(|cell| defused(cell)))?;
        Ok(())
    })?;
    writer.flush()?;
    Ok(())
}

impl From<::csv::Error> for RenderError {
    fn from(error: ::csv::Error) -> Self {
        RenderError::Output(error.into())
    }
}

fn row(finding: &Finding<'_>, control: &Control, run: &Run) -> [String; 44] {
    let status = match finding.verdict {
        Verdict::Fail => "FAIL",
        Verdict::Pass => "PASS",
        Verdict::Unknown => "MANUAL",
        Verdict::NotApplicable => "INFO",
    };
    let muted = match finding.disposition {
        Disposition::Waived => "True",
        Disposition::Open => "False",
    };
    let evidence: Vec<String> = finding
        .evidence
        .iter()
        .take(12)
        .map(evidence_line)
        .collect();
    let compliance: Vec<String> = control
        .compliance
        .iter()
        .map(|(framework, ids)| format!("{framework}: {}", ids.join(", ")))
        .collect();
    let mut notes: Vec<String> = finding
        .notes
        .iter()
        .map(|note| note.text.clone().unwrap_or_else(|| note.code.to_owned()))
        .collect();
    if finding.count > 1 {
        notes.push(format!("stands for {} training jobs alike", finding.count));
    }
    let none = String::new;
    let first = |urls: &[String]| urls.first().cloned().unwrap_or_default();
    [
        "saved answers".to_owned(),
        run.as_of.to_string(),
        finding.asset.account.clone(),
        none(),
        none(),
        none(),
        none(),
        none(),
        finding.id.clone(),
        "aws".to_owned(),
        finding.control.to_owned(),
        finding.title.to_owned(),
        control.kind.clone(),
        status.to_owned(),
        story(finding),
        muted.to_owned(),
        "sagemaker".to_owned(),
        none(),
        finding.severity.word().to_owned(),
        cloudformation_type(finding.asset.kind).to_owned(),
        finding.asset.arn.clone(),
        finding.asset.name.clone(),
        evidence.join("\n"),
        none(),
        partition(&finding.asset.arn).to_owned(),
        finding.asset.region.clone(),
        finding.title.to_owned(),
        one_line(&control.rationale),
        first(&control.references),
        one_line(&control.remediation.summary),
        first(&control.references),
        control
            .remediation
            .cloudformation
            .clone()
            .unwrap_or_default(),
        control.remediation.terraform.clone().unwrap_or_default(),
        finding.commands.join("\n"),
        none(),
        compliance.join(" | "),
        control.domain.clone(),
        none(),
        none(),
        notes.join("; "),
        format!("sagewarden {}", run.version),
        control.references.join(" | "),
        none(),
        none(),
    ]
}

/// A cell that no spreadsheet computes. OWASP, "CSV Injection".
pub(crate) fn defused(cell: &str) -> String {
    let cell: String = cell
        .split('\n')
        .map(printable)
        .collect::<Vec<_>>()
        .join("\n");
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn what_a_spreadsheet_would_compute_is_text() {
        for cell in ["=HYPERLINK(\"x\")", "+1", "-1", "@SUM(A1)"] {
            assert_eq!(defused(cell), format!("'{cell}"));
        }
        assert_eq!(defused("a=b\nc\u{7}"), "a=b\nc\u{fffd}");
    }
}
