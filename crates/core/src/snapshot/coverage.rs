//! How far each call got.
//!
//! Enters: observations. Leaves: per account, Region and call, whether the answers are complete.
//! A listing is complete only when its pages chain from the first to one without a further token.
//! Deliberately absent: whether every listed asset was described; the facts know that per asset.

use std::collections::{BTreeMap, HashMap, HashSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operations::Operation;

use super::observation::{Observation, Outcome};
use super::writer::{Digest, digest};

/// How far one call got in one account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// The account; empty when an imported answer does not tell.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The call.
    pub operation: Operation,
    /// How far it got.
    pub status: Status,
    /// Why it is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Answers, "does not exist" and "not configured" included.
    pub answered: u64,
    /// Refusals.
    pub denied: u64,
    /// Calls that were throttled to the end or failed.
    pub failed: u64,
}

/// How far a call got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every call that was made was answered, and every listing reached its last page.
    Complete,
    /// Some calls were not answered, or a listing lacks pages.
    Partial,
    /// Every call was refused.
    Denied,
    /// It was not called, for the reason given.
    Skipped,
}

impl Status {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Status::Complete => "complete",
            Status::Partial => "partial",
            Status::Denied => "denied",
            Status::Skipped => "skipped",
        }
    }
}

/// How far each call got, sorted by account, Region and call.
///
/// Of observations with one key the last one counts.
pub fn coverage<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> Vec<Coverage> {
    let mut groups: BTreeMap<(&str, &str, Operation), Progress> = BTreeMap::new();
    for observation in observations {
        groups
            .entry((
                &observation.account,
                &observation.region,
                observation.operation,
            ))
            .or_default()
            .add(digest(observation.key().as_bytes()), observation);
    }
    groups
        .into_iter()
        .map(|((account, region, operation), progress)| {
            progress.coverage(account, region, operation)
        })
        .collect()
}

/// What came back, without its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Answered,
    Denied,
    Failed,
}

impl Kind {
    pub(super) fn of(outcome: &Outcome) -> Kind {
        match outcome {
            Outcome::Ok { .. } | Outcome::Absent { .. } | Outcome::NotFound { .. } => {
                Kind::Answered
            }
            Outcome::Denied { .. } => Kind::Denied,
            Outcome::Throttled { .. } | Outcome::Failed { .. } => Kind::Failed,
        }
    }
}

/// The progress of one call in one account and Region. Holds hashes, so that its size does not
/// depend on that of the answers.
#[derive(Default)]
pub(super) struct Progress {
    outcomes: HashMap<Digest, Kind>,
    /// By listing (key without token), then by token: the token of the next page, if there is one.
    listings: HashMap<Digest, HashMap<Option<Digest>, Option<Digest>>>,
}

impl Progress {
    /// Adds an observation under the digest of its key, in place of an earlier one with the same key.
    pub(super) fn add(&mut self, key: Digest, observation: &Observation) {
        self.outcomes.insert(key, Kind::of(&observation.outcome));
        let (listing, token) = observation.page();
        if observation.operation.row().paging.is_none() {
            return;
        }
        let pages = self.listings.entry(digest(listing.as_bytes())).or_default();
        let token = token.map(|token| digest(token.as_bytes()));
        match &observation.outcome {
            Outcome::Ok { .. } => {
                let next = observation.next_token();
                pages.insert(token, next.map(|next| digest(next.as_bytes())));
            }
            // Nothing to list is a whole, empty listing.
            Outcome::Absent { .. } | Outcome::NotFound { .. } => {
                pages.insert(token, None);
            }
            _ => {
                pages.remove(&token);
            }
        }
    }

    pub(super) fn coverage(&self, account: &str, region: &str, operation: Operation) -> Coverage {
        let count = |kind| {
            self.outcomes
                .values()
                .filter(|found| **found == kind)
                .count() as u64
        };
        let (answered, denied, failed) = (
            count(Kind::Answered),
            count(Kind::Denied),
            count(Kind::Failed),
        );
        let cut = self.listings.values().any(|pages| !is_whole(pages));
        let (status, reason) = if answered == 0 && denied > 0 && failed == 0 {
            let action = operation.row().action;
            (Status::Denied, Some(format!("{action} is missing")))
        } else if denied > 0 || failed > 0 {
            (
                Status::Partial,
                Some("some calls were refused, throttled or failed".to_owned()),
            )
        } else if cut {
            (
                Status::Partial,
                Some("a listing stopped before its last page".to_owned()),
            )
        } else {
            (Status::Complete, None)
        };
        Coverage {
            account: account.to_owned(),
            region: region.to_owned(),
            operation,
            status,
            reason,
            answered,
            denied,
            failed,
        }
    }
}

/// Whether the pages chain from the first, which has no token, to one without a further token.
fn is_whole(pages: &HashMap<Option<Digest>, Option<Digest>>) -> bool {
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        // A page that leads back to an earlier one never ends.
        if !seen.insert(token) {
            return false;
        }
        match pages.get(&token) {
            None => return false,
            Some(None) => return true,
            Some(next) => token = *next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{denied, page};
    use super::*;

    fn status(observations: &[Observation]) -> Status {
        coverage(observations)[0].status
    }

    #[test]
    fn a_listing_is_complete_only_with_its_whole_chain() {
        let first = page(None, Some("b"));
        let middle = page(Some("b"), Some("c"));
        let last = page(Some("c"), None);
        assert_eq!(
            status(&[last.clone(), first.clone(), middle.clone()]),
            Status::Complete
        );
        for part in [
            vec![first.clone(), middle.clone()],
            vec![first.clone(), last.clone()],
            vec![middle, last],
            vec![first],
        ] {
            assert_eq!(status(&part), Status::Partial);
        }
    }

    #[test]
    fn a_chain_that_loops_is_not_whole() {
        assert_eq!(
            status(&[page(None, Some("a")), page(Some("a"), Some("a"))]),
            Status::Partial
        );
    }

    #[test]
    fn refusals_deny_or_make_partial() {
        assert_eq!(status(&[denied("m")]), Status::Denied);
        assert_eq!(
            status(&[denied("m"), super::super::testing::model("n", "{}")]),
            Status::Partial
        );
    }
}
