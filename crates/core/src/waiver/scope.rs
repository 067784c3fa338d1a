//! Which assets a waiver covers.
//!
//! Enters: an asset and its tags, if they were read. Leaves: yes, no, or not known. Patterns are
//! anchored at both ends: `logs` names `logs` and not whatever holds it.

use std::collections::{BTreeMap, HashMap};

use sagewarden_iam::glob_matches;
use serde::Deserialize;

use crate::asset::Asset;
use crate::estate::Estate;
use crate::evaluate::Truth;
use crate::json::Node;
use crate::operations::Operation;

/// Conditions on an asset that all hold together; an empty list or map is no condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Accounts, twelve digits, `*` and `?` allowed.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Regions, `*` and `?` allowed.
    #[serde(default)]
    pub regions: Vec<String>,
    /// ARNs, `*` and `?` allowed.
    #[serde(default)]
    pub assets: Vec<String>,
    /// Tags by key; values may hold `*` and `?`.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Only resources beside which infrastructure code names the waiver.
    #[serde(default)]
    pub named_in_code: bool,
}

/// The tags of an asset; `None` when they were not read.
pub type Tags<'t> = Option<&'t BTreeMap<String, String>>;

impl Scope {
    /// Whether an asset is in it. `tags` is asked only where it decides.
    pub fn covers<'t>(&self, asset: &Asset, tags: impl FnOnce() -> Tags<'t>) -> Truth {
        if !self.covers_place(asset) {
            return Truth::False;
        }
        if self.tags.is_empty() {
            return Truth::True;
        }
        match tags() {
            None => Truth::Unknown,
            Some(tags) => {
                let all = self.tags.iter().all(|(key, pattern)| {
                    tags.get(key)
                        .is_some_and(|value| glob_matches(pattern, value))
                });
                if all { Truth::True } else { Truth::False }
            }
        }
    }

    /// Whether account, Region and ARN fit.
    fn covers_place(&self, asset: &Asset) -> bool {
        let any = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| glob_matches(pattern, text))
        };
        any(&self.accounts, &asset.account)
            && any(&self.regions, &asset.region)
            && any(&self.assets, &asset.arn)
    }

    /// Whether it covers every asset of every account.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        // A pattern that fits two so different things was written for all of them.
        let all = |patterns: &[String], probes: [&str; 2]| {
            patterns.is_empty()
                || patterns
                    .iter()
                    .any(|pattern| probes.iter().all(|probe| glob_matches(pattern, probe)))
        };
        !self.named_in_code
            && all(&self.accounts, ["000000000000", "987654321098"])
            && all(
                &self.assets,
                [
                    "arn:aws:sagemaker:eu-west-1:000000000000:domain/d-0q7",
                    "arn:aws:sagemaker:us-east-2:987654321098:training-job/Zz-9",
                ],
            )
            && self.tags.is_empty()
    }
}

/// The tags of all assets that any answer tells.
#[derive(Debug, Default)]
pub(super) struct TagIndex(HashMap<String, BTreeMap<String, String>>);

impl TagIndex {
    /// Reads `ListTags` and the records of `Search`. A listing that is not whole tells nothing:
    /// the tag that matters could be on its next page.
    pub(super) fn of(estate: &Estate) -> Self {
        let mut index = HashMap::new();
        for observation in estate.every(Operation::Search) {
            let body = observation.body().and_then(|body| Node::parse(body).ok());
            if let Some((arn, tags)) = body.as_ref().and_then(searched) {
                index.insert(arn, tags);
            }
        }
        for place in estate.places(Operation::ListTags) {
            for listing in estate.listings(Operation::ListTags, &place.account, &place.region) {
                if listing.gap.is_some() {
                    continue;
                }
                let Some(first) = listing.pages.first() else {
                    continue;
                };
                let arn = first.observation.parameters.get("ResourceArn");
                let Some(arn) = arn.map(crate::snapshot::plain) else {
                    continue;
                };
                let tags = listing
                    .pages
                    .iter()
                    .flat_map(|page| page.body.member("Tags").map_or(&[][..], Node::items))
                    .filter_map(pair)
                    .collect();
                index.insert(arn, tags);
            }
        }
        TagIndex(index)
    }

    pub(super) fn tags(&self, arn: &str) -> Tags<'_> {
        self.0.get(arn)
    }
}

/// ARN and tags of a record of `Search`: by itself, as a live collection keeps it, or in the one
/// member that wraps it in the answer.
pub(super) fn searched(body: &Node<'_>) -> Option<(String, BTreeMap<String, String>)> {
    let record = match body.members() {
        [(_, wrapped)] => wrapped,
        _ => body,
    };
    // A model's record lies one deeper.
    let record = record.member("Model").unwrap_or(record);
    let arn = ["TrainingJobArn", "ModelArn", "EndpointArn"]
        .iter()
        .find_map(|member| record.member(member))?
        .text()?
        .to_owned();
    // A record without the member says nothing of its tags: it may have been taken over without them.
    let tags = record.member("Tags")?.items();
    let tags = tags.iter().filter_map(pair).collect();
    Some((arn, tags))
}

fn pair(tag: &Node<'_>) -> Option<(String, String)> {
    Some((
        tag.member("Key")?.text()?.to_owned(),
        tag.member("Value")
            .and_then(Node::text)
            .unwrap_or_default()
            .to_owned(),
    ))
}
