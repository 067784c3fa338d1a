//! What all projections of an assessment share.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use sagewarden_core::assess::{Assessment, AssetFindings, Show};
use sagewarden_core::asset::AssetKind;
use sagewarden_core::control::Control;
use sagewarden_core::finding::Finding;
use sagewarden_core::verdict::{Disposition, Severity};

use crate::run::RenderError;
use crate::text::printable;

/// The tool's name, as formats give it.
pub(crate) const TOOL: &str = "sagewarden";

/// Where the tool is told of.
pub(crate) const HOME: &str = "https://github.com/sagewarden/sagewarden";

/// Hands every finding that `show` includes to `with`, beside its control.
pub(crate) fn each<'r>(
    assessment: &Assessment<'r>,
    show: &Show,
    with: &mut dyn FnMut(&Finding<'r>, &'r Control) -> Result<(), RenderError>,
) -> Result<(), RenderError> {
    let controls: HashMap<&str, &Control> = assessment
        .selection
        .controls()
        .iter()
        .map(|control| (control.id.as_str(), *control))
        .collect();
    assessment.findings(show, &mut |group: AssetFindings<'r>| {
        for finding in &group.findings {
            if let Some(control) = controls.get(finding.control) {
                with(finding, control)?;
            }
        }
        Ok(())
    })
}

/// What `row` makes of every finding that `show` includes, the worst first: by `rank`, then by
/// severity; and how many findings there are. Of one rank and severity at most `most` are kept.
pub(crate) fn worst_first<T>(
    assessment: &Assessment<'_>,
    show: &Show,
    most: usize,
    rank: fn(&Finding<'_>) -> u8,
    row: impl Fn(&Finding<'_>) -> T,
) -> Result<(impl Iterator<Item = T>, u64), RenderError> {
    let mut rows: BTreeMap<(u8, Reverse<Severity>), Vec<T>> = BTreeMap::new();
    let mut total = 0u64;
    each(assessment, show, &mut |finding, _| {
        total += 1;
        let alike = rows
            .entry((rank(finding), Reverse(finding.severity)))
            .or_default();
        if alike.len() < most {
            alike.push(row(finding));
        }
        Ok(())
    })?;
    Ok((rows.into_values().flatten(), total))
}

/// Text of at most `most` characters, with a mark where it was cut. Control characters are replaced:
/// no sink wants them, and XML has no way to write them.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= most {
        return text;
    }
    let mut cut: String = text.chars().take(most.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

/// A text of several lines in one.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The type of an asset as CloudFormation writes it; training jobs, which it does not know, alike.
pub(crate) fn cloudformation_type(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Domain => "AWS::SageMaker::Domain",
        AssetKind::EndpointConfiguration => "AWS::SageMaker::EndpointConfig",
        AssetKind::Endpoint => "AWS::SageMaker::Endpoint",
        AssetKind::Model => "AWS::SageMaker::Model",
        AssetKind::NotebookInstance => "AWS::SageMaker::NotebookInstance",
        AssetKind::TrainingJob => "AWS::SageMaker::TrainingJob",
    }
}

/// The partition of an ARN, `aws` where it has none.
pub(crate) fn partition(arn: &str) -> &str {
    arn.split(':')
        .nth(1)
        .filter(|partition| partition.starts_with("aws"))
        .unwrap_or("aws")
}

/// The verdict in one word, `waived` before all.
pub(crate) fn word(finding: &Finding<'_>) -> &'static str {
    match finding.disposition {
        Disposition::Waived => "waived",
        Disposition::Open => finding.verdict.word(),
    }
}

/// Name, and how many jobs a family has.
pub(crate) fn name(finding: &Finding<'_>) -> String {
    match finding.count {
        1 => finding.asset.name.clone(),
        more => format!("{} and {} like it", finding.asset.name, more - 1),
    }
}

/// The *why* of a finding with what its waiver says.
pub(crate) fn story(finding: &Finding<'_>) -> String {
    match &finding.waiver {
        Some(waiver) => format!("{} [waived: {}]", finding.why, waiver.text),
        None => finding.why.clone(),
    }
}

/// The requirements that a control names, `hipaa 164.312(b)`.
pub(crate) fn requirements(control: &Control) -> impl Iterator<Item = (&str, &str)> {
    control.compliance.iter().flat_map(|(framework, ids)| {
        ids.iter()
            .map(move |requirement| (framework.as_str(), requirement.as_str()))
    })
}

/// What was left out for a sink's limits, in words, if anything was.
pub(crate) fn left_out(what: &str, count: u64, limit: &str) -> Option<String> {
    (count > 0).then(|| {
        format!(
            "{count} finding{} left out of the {what}: {limit}",
            if count == 1 { " was" } else { "s were" }
        )
    })
}
