//! Waivers that code names beside a resource.
//!
//! Enters: observations with the places of their resources, and the files. Leaves: which waiver is
//! named for which asset, and where. A comment on the line of the resource or above it holds
//! `sagewarden:waive WVR-2026-014`, and several ids between commas. Deliberately absent: reasons,
//! which stand in the waiver file, where they are reviewed.

use std::collections::HashMap;

use sagewarden_core::snapshot::Observation;
use sagewarden_core::waiver::Claim;

use crate::Neighbours;

/// What ids follow.
const MARK: &str = "sagewarden:waive";

/// The members that hold the ARN of an asset.
const ARNS: [&str; 6] = [
    "NotebookInstanceArn",
    "DomainArn",
    "ModelArn",
    "EndpointConfigArn",
    "EndpointArn",
    "TrainingJobArn",
];

/// The ARN of the asset that an observation describes, if it is one's.
#[must_use]
pub fn asset(observation: &Observation) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(observation.body()?).ok()?;
    let arn = ARNS.iter().find_map(|name| body.get(name))?;
    arn.as_str().map(str::to_owned)
}

/// The waivers that comments name.
#[must_use]
pub fn claims(observations: &[Observation], neighbours: &dyn Neighbours) -> Vec<Claim> {
    let mut files: HashMap<&str, Vec<String>> = HashMap::new();
    let mut found = Vec::new();
    for observation in observations {
        let mut located = observation.located.iter();
        let Some(located) = located.find(|located| located.pointer.is_empty()) else {
            continue;
        };
        let place = &located.place;
        let lines = files.entry(&place.file).or_insert_with(|| {
            let text = neighbours
                .read(&place.file)
                .and_then(|it| String::from_utf8(it).ok());
            let marked = text.filter(|text| text.contains(MARK));
            marked.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect())
        });
        if lines.is_empty() {
            continue;
        }
        let Some(asset) = asset(observation) else {
            continue;
        };
        found.extend(beside(lines, place.line).map(|(waiver, line)| Claim {
            waiver,
            asset: asset.clone(),
            place: format!("{}:{line}", place.file),
        }));
    }
    found
}

/// The ids on a line, and in the comments right above it. In YAML a resource begins on the line after
/// its logical id.
fn beside(lines: &[String], line: u32) -> impl Iterator<Item = (String, usize)> {
    let at = usize::try_from(line).unwrap_or(usize::MAX).min(lines.len());
    let own = at.checked_sub(1).and_then(|at| lines.get(at));
    let mut found: Vec<(String, usize)> = own
        .into_iter()
        .flat_map(|text| ids(text))
        .map(|id| (id, at))
        .collect();
    let mut heads = 1;
    for (index, text) in lines.iter().enumerate().take(at.saturating_sub(1)).rev() {
        let text = text.trim();
        let is_comment = text.starts_with('#') || text.starts_with("//");
        if !is_comment {
            let code = text.split(" #").next().unwrap_or_default();
            if heads == 0 || !code.trim_end().ends_with(':') {
                break;
            }
            heads -= 1;
        }
        found.extend(ids(text).into_iter().map(|id| (id, index + 1)));
    }
    found.into_iter()
}

/// The ids that a comment names.
fn ids(text: &str) -> Vec<String> {
    let comment = ["#", "//"].iter().filter_map(|mark| text.find(mark)).min();
    let named = comment
        .and_then(|at| text.get(at..))
        .and_then(|comment| comment.split_once(MARK));
    let Some((_, named)) = named else {
        return Vec::new();
    };
    let id = |text: &str| {
        let text = text.trim();
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)));
        text.get(..end.unwrap_or(text.len()))
            .unwrap_or_default()
            .to_owned()
    };
    named
        .split(',')
        .map(id)
        .filter(|id| !id.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, line: u32) -> Vec<(String, usize)> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        beside(&lines, line).collect()
    }

    #[test]
    fn comments_on_and_above_a_resource_name_waivers() {
        let text = "# sagewarden:waive WVR-0\n\n# sagewarden:waive WVR-1, WVR-2 as agreed\n// ours\nresource \"a\" \"b\" { # sagewarden:waive WVR-3\n";
        let all = [("WVR-3", 5), ("WVR-1", 3), ("WVR-2", 3)];
        assert_eq!(named(text, 5), all.map(|(id, line)| (id.to_owned(), line)));
    }

    #[test]
    fn a_resource_of_yaml_begins_below_its_logical_id() {
        let text = "Resources:\n  # sagewarden:waive WVR-1\n  Notebook: # sagewarden:waive WVR-2\n    Type: AWS::SageMaker::NotebookInstance\n";
        let all = [("WVR-2", 3), ("WVR-1", 2)];
        assert_eq!(named(text, 4), all.map(|(id, line)| (id.to_owned(), line)));
    }

    #[test]
    fn what_is_no_comment_names_nothing() {
        assert!(named("name = \"sagewarden:waive WVR-1\"\n", 1).is_empty());
    }
}
