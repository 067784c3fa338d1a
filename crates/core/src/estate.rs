//! The observations of a snapshot, indexed for joins.
//!
//! Enters: every observation but the streamed training jobs. Leaves: look-ups by call and key, and
//! whole listings that know whether they are complete. Deliberately absent: conclusions.

use std::ops::Range;

use foldhash::{HashMap, HashMapExt as _};

use crate::facts::answer::Answer;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::{GLOBAL_REGION, Operation, Scope};
use crate::snapshot::{Observation, Outcome};

/// What a call gave.
#[derive(Debug)]
pub enum Reply<'e> {
    /// The service answered.
    Answer(Answer<'e>),
    /// The resource does not exist.
    NotFound(&'e Observation),
    /// The thing asked for is not configured.
    Absent(&'e Observation),
    /// Nothing usable.
    Missing(MissingSet),
}

/// All pages of a listing.
#[derive(Debug, Default)]
pub struct Listing<'e> {
    /// The pages that were answered, in order.
    pub pages: Vec<Answer<'e>>,
    /// What keeps the listing from being complete, if anything does. An item that is not in an
    /// incomplete listing is not known to be absent.
    pub gap: Option<MissingSet>,
}

/// The observations, indexed.
#[derive(Debug, Default)]
pub struct Estate {
    /// Sorted by operation first.
    observations: Vec<Observation>,
    /// Where the observations of an operation lie: many derivations ask for all of one call, and
    /// going through the whole estate for each would cost more than judging it.
    spans: HashMap<Operation, Range<usize>>,
    calls: HashMap<Operation, HashMap<Place, HashMap<String, usize>>>,
}

/// An account and a Region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Twelve digits.
    pub account: String,
    /// The Region, or [`GLOBAL_REGION`].
    pub region: String,
}

impl Place {
    /// The place where `operation` is answered for an asset at this place.
    fn of(operation: Operation, account: &str, region: &str) -> Place {
        let region = match operation.row().scope {
            Scope::Region => region,
            Scope::Global => GLOBAL_REGION,
        };
        Place {
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

impl Estate {
    /// Indexes observations. They are put in a canonical order first, so that the answer does not
    /// depend on the order of arrival; of two with one key the later by time counts.
    #[must_use]
    pub fn new(mut observations: Vec<Observation>) -> Estate {
        let mut keyed: Vec<(String, Observation)> = observations
            .drain(..)
            .map(|observation| (observation.key(), observation))
            .collect();
        keyed.sort_by(|(key_a, a), (key_b, b)| {
            (a.operation, &a.account, &a.region, key_a, a.time).cmp(&(
                b.operation,
                &b.account,
                &b.region,
                key_b,
                b.time,
            ))
        });
        let mut estate = Estate {
            observations: Vec::with_capacity(keyed.len()),
            ..Estate::default()
        };
        // Sorted, the observations of one call at one place are neighbours: one index a group.
        let mut group: Option<(Operation, Place, HashMap<String, usize>)> = None;
        for (index, (key, observation)) in keyed.into_iter().enumerate() {
            let same = group.as_ref().is_some_and(|(operation, place, _)| {
                *operation == observation.operation
                    && place.account == observation.account
                    && place.region == observation.region
            });
            if !same {
                estate.note(group.take());
            }
            group
                .get_or_insert_with(|| {
                    let place = Place {
                        account: observation.account.clone(),
                        region: observation.region.clone(),
                    };
                    (observation.operation, place, HashMap::new())
                })
                .2
                .insert(key, index);
            let span = estate.spans.entry(observation.operation);
            span.or_insert(index..index).end = index + 1;
            estate.observations.push(observation);
        }
        estate.note(group);
        estate
    }

    fn note(&mut self, group: Option<(Operation, Place, HashMap<String, usize>)>) {
        if let Some((operation, place, keys)) = group {
            let places = self.calls.entry(operation).or_default();
            places.insert(place, keys);
        }
    }

    /// What `operation` gave for `key` (the key parameters' values, newline-separated) at a place.
    /// A global call is looked up in the account whatever the Region.
    #[must_use]
    pub fn reply(&self, operation: Operation, account: &str, region: &str, key: &str) -> Reply<'_> {
        match self.observation(operation, account, region, key) {
            Some(observation) => reply_of(observation),
            None => Reply::Missing(not_collected(operation, key)),
        }
    }

    /// The observation of `operation` for `key` at a place.
    #[must_use]
    pub fn observation(
        &self,
        operation: Operation,
        account: &str,
        region: &str,
        key: &str,
    ) -> Option<&Observation> {
        let place = Place::of(operation, account, region);
        let index = self.calls.get(&operation)?.get(&place)?.get(key)?;
        self.observations.get(*index)
    }

    /// All pages of `operation` for `key` at a place.
    #[must_use]
    pub fn listing(
        &self,
        operation: Operation,
        account: &str,
        region: &str,
        key: &str,
    ) -> Listing<'_> {
        let mut listing = Listing::default();
        let Some(paging) = operation.row().paging else {
            listing.gap = Some(not_collected(operation, key));
            return listing;
        };
        let mut page_key = key.to_owned();
        // Every page is visited once at most: a chain of tokens that returns to itself is incomplete.
        for _ in 0..=self.observations.len() {
            match self.reply(operation, account, region, &page_key) {
                Reply::Answer(answer) => {
                    let token = answer
                        .body
                        .member(paging.output)
                        .and_then(|token| token.text())
                        .map(str::to_owned);
                    listing.pages.push(answer);
                    match token {
                        None => return listing,
                        Some(token) => page_key = format!("{key}\n#{token}"),
                    }
                }
                Reply::Missing(missing) if listing.pages.is_empty() => {
                    listing.gap = Some(missing);
                    return listing;
                }
                _ => break,
            }
        }
        listing.gap =
            Some(Missing::call(operation, subject_of(operation, key), Gap::Incomplete, "").into());
        listing
    }

    /// Every listing of `operation` at a place, whatever its key and filters, in key order.
    #[must_use]
    pub fn listings(&self, operation: Operation, account: &str, region: &str) -> Vec<Listing<'_>> {
        let place = Place::of(operation, account, region);
        let mut keys: Vec<&str> = self
            .calls
            .get(&operation)
            .and_then(|calls| calls.get(&place))
            .into_iter()
            .flat_map(|calls| calls.keys())
            .map(|key| key.split("\n#").next().unwrap_or(key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys.into_iter()
            .map(|key| self.listing(operation, account, region, key))
            .collect()
    }

    /// Every observation of `operation`, in canonical order.
    pub fn every(&self, operation: Operation) -> impl Iterator<Item = &Observation> {
        let span = self.spans.get(&operation).cloned().unwrap_or_default();
        self.observations.get(span).unwrap_or_default().iter()
    }

    /// The places where `operation` was called, sorted.
    #[must_use]
    pub fn places(&self, operation: Operation) -> Vec<&Place> {
        let mut places: Vec<&Place> = self
            .calls
            .get(&operation)
            .into_iter()
            .flat_map(|calls| calls.keys())
            .collect();
        places.sort();
        places
    }

    /// The Regions of `account` that any observation speaks of, sorted; global calls have none.
    #[must_use]
    pub fn regions(&self, account: &str) -> Vec<&str> {
        let mut regions: Vec<&str> = self
            .calls
            .values()
            .flat_map(|calls| calls.keys())
            .filter(|place| place.account == account && place.region != GLOBAL_REGION)
            .map(|place| place.region.as_str())
            .collect();
        regions.sort_unstable();
        regions.dedup();
        regions
    }

    /// The accounts that any observation speaks of, sorted.
    #[must_use]
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts: Vec<&str> = self
            .calls
            .values()
            .flat_map(|calls| calls.keys())
            .map(|place| place.account.as_str())
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

/// The reply of one observation.
#[must_use]
pub fn reply_of(observation: &Observation) -> Reply<'_> {
    match &observation.outcome {
        Outcome::Ok { .. } => match Answer::of(observation) {
            Ok(answer) => Reply::Answer(answer),
            Err(missing) => Reply::Missing(missing),
        },
        Outcome::NotFound { .. } => Reply::NotFound(observation),
        Outcome::Absent { .. } => Reply::Absent(observation),
        Outcome::Denied { .. } | Outcome::Throttled { .. } | Outcome::Failed { .. } => {
            Reply::Missing(observation.gap().map_or_else(
                || not_collected(observation.operation, ""),
                MissingSet::from,
            ))
        }
    }
}

/// The call was never made.
#[must_use]
pub fn not_collected(operation: Operation, key: &str) -> MissingSet {
    Missing::call(operation, subject_of(operation, key), Gap::NotCollected, "").into()
}

fn subject_of(operation: Operation, key: &str) -> String {
    let mut subject = String::new();
    for (name, value) in operation.row().key.iter().zip(key.split('\n')) {
        if !value.is_empty() {
            if !subject.is_empty() {
                subject.push_str(", ");
            }
            subject.push_str(name);
            subject.push('=');
            subject.push_str(value);
        }
    }
    subject
}
