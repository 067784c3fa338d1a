//! The items of listings by name, and what keeps them from being all known.
//!
//! Enters: the estate. Leaves: names with what was read of each, and gaps as one. Deliberately
//! absent: what the items mean.

use crate::estate::{Estate, Place};
use crate::facts::answer::Part;
use crate::facts::fact::{Origin, Origins, State};
use crate::missing::{self, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;

/// All gaps as one.
pub(in crate::facts) fn union_of(gaps: Vec<MissingSet>) -> Option<MissingSet> {
    let mut all: Vec<Missing> = gaps.iter().flat_map(|gap| gap.iter().cloned()).collect();
    all.sort();
    all.dedup();
    (!all.is_empty()).then(|| all.into())
}

/// Two gaps as one.
#[must_use]
pub fn join_gaps(gap: Option<MissingSet>, further: &MissingSet) -> MissingSet {
    gap.map_or_else(|| further.clone(), |gap| missing::union(&gap, further))
}

/// The items of a listing by name, and what keeps them from being all known.
pub(in crate::facts) fn named<'e, T>(
    estate: &'e Estate,
    operation: Operation,
    place: &Place,
    items: &'static str,
    name: &'static str,
    read: impl Fn(&Part<'_, 'e>) -> T,
) -> (Vec<(String, T)>, Option<MissingSet>) {
    let listing = estate.listing(operation, &place.account, &place.region, "");
    let mut gap = listing.gap;
    let mut all = Vec::new();
    for page in &listing.pages {
        match page.root().required_parts(items).state {
            State::Known(items) => {
                for item in items {
                    match item.text(name).state {
                        State::Known(name) => all.push((name.into_owned(), read(&item))),
                        State::Unknown(missing) => gap = Some(join_gaps(gap.take(), &missing)),
                    }
                }
            }
            State::Unknown(missing) => gap = Some(join_gaps(gap.take(), &missing)),
        }
    }
    (all, gap)
}

/// A listing as evidence of what is not in it.
pub(in crate::facts) fn listed<'e>(
    estate: &'e Estate,
    operation: Operation,
    place: &Place,
) -> Origins<'e> {
    estate
        .observation(operation, &place.account, &place.region, "")
        .map_or(Origins::None, |observation| {
            Origin::Outcome { observation }.into()
        })
}

/// The names that a Describe call was made for.
pub(in crate::facts) fn described_names<'s>(
    estate: &'s Estate,
    operation: Operation,
    place: &'s Place,
) -> impl Iterator<Item = String> + 's {
    estate
        .every(operation)
        .filter(move |observation| {
            observation.account == place.account && observation.region == place.region
        })
        .map(Observation::key)
        .filter(|name| !name.is_empty())
}
