//! Assets of a kind that one call lists and another describes by name.
//!
//! Enters: the estate and the two calls. Leaves: every asset that an answer shows or a refused
//! question names, but those that were deleted between listing and description. Deliberately
//! absent: facts.

use std::collections::BTreeMap;

use crate::arn::partition_of;
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::State;
use crate::operations::Operation;
use crate::snapshot::{Observation, Outcome};

/// How assets of a kind are listed and described.
pub(super) struct Named {
    pub(super) kind: AssetKind,
    pub(super) list: Operation,
    pub(super) describe: Operation,
    /// The member of a page that holds the items.
    pub(super) items: &'static str,
    /// The request member of the description that names the asset.
    pub(super) asked: &'static str,
    /// The same member of either answer.
    pub(super) name: &'static str,
    /// The member of either answer that holds the ARN.
    pub(super) arn: &'static str,
    /// What an ARN calls the kind.
    pub(super) resource: &'static str,
}

impl Named {
    /// The assets, sorted.
    pub(super) fn assets(&self, estate: &Estate) -> Vec<Asset> {
        let mut found: BTreeMap<(Place, String), Option<String>> = BTreeMap::new();
        for observation in estate.every(self.list) {
            let Ok(page) = Answer::of(observation) else {
                continue;
            };
            for item in objects(&page.root(), self.items) {
                if let Some(name) = owned(&item, self.name) {
                    found.insert((place_of(observation), name), owned(&item, self.arn));
                }
            }
        }
        for observation in estate.every(self.describe) {
            let answer = Answer::of(observation).ok();
            let root = answer.as_ref().map(Answer::root);
            let asked = observation.parameters.get(self.asked);
            let name = asked
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned)
                .or_else(|| owned(root.as_ref()?, self.name));
            let Some(name) = name else {
                continue;
            };
            let key = (place_of(observation), name);
            if let Outcome::NotFound { .. } = observation.outcome {
                found.remove(&key);
                continue;
            }
            let arn = found.entry(key).or_default();
            if let Some(described) = root.and_then(|root| owned(&root, self.arn)) {
                *arn = Some(described);
            }
        }
        let mut assets: Vec<Asset> = found
            .into_iter()
            .map(|((place, name), arn)| Asset {
                arn: arn.unwrap_or_else(|| {
                    let partition = partition_of(&place.region);
                    let Place { account, region } = &place;
                    let resource = self.resource;
                    format!("arn:{partition}:sagemaker:{region}:{account}:{resource}/{name}")
                }),
                account: place.account,
                region: place.region,
                kind: self.kind,
                name,
            })
            .collect();
        assets.sort();
        assets.dedup_by(|a, b| a.arn == b.arn);
        assets
    }
}

/// The objects of an array; none where it cannot be used.
pub(super) fn objects<'r, 'e>(part: &Part<'r, 'e>, pointer: &'static str) -> Vec<Part<'r, 'e>> {
    match part.parts(pointer).state {
        State::Known(parts) => parts,
        State::Unknown(_) => Vec::new(),
    }
}

/// The account and Region that were asked.
pub(super) fn place_of(observation: &Observation) -> Place {
    Place {
        account: observation.account.clone(),
        region: observation.region.clone(),
    }
}

fn owned(part: &Part<'_, '_>, pointer: &'static str) -> Option<String> {
    part.text(pointer)
        .value()
        .map(|text| text.clone().into_owned())
}
