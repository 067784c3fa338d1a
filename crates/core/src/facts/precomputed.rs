//! Facts that somebody else derived, and supplied beside the answers or in their stead.
//!
//! Enters: the record `precomputed:GetFacts` of an asset. Leaves: [`Claims`], and the rule by which
//! a claim and what is derived here become one fact: what is derived wins, a claim stands in where
//! nothing can be derived. Deliberately absent: belief. A claim is evidence of what was said, by
//! its own record, so that a finding that rests on one shows it; and it counts only for the day it
//! was made, since what it was derived from cannot be read again.

use crate::asset::Asset;
use crate::estate::{Estate, Reply};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::{Fact, State};
use crate::operations::Operation;
use crate::time::{DAY_MS, Time};

/// What was supplied of one asset.
#[derive(Debug)]
pub struct Claims<'e>(Option<Answer<'e>>);

/// A fact with what a claim had to do with it.
#[derive(Debug)]
pub struct Settled<'e, T> {
    /// What was derived, or else what was claimed.
    pub fact: Fact<'e, T>,
    /// Whether the claim stands in for what could not be derived.
    pub claimed: bool,
    /// Whether the claim says something else than what was derived.
    pub disputed: bool,
}

impl<'e> Claims<'e> {
    /// What was supplied of `asset` on the day of `as_of`.
    #[must_use]
    pub fn of(estate: &'e Estate, asset: &Asset, as_of: Time) -> Self {
        let reply = estate.reply(
            Operation::PrecomputedFacts,
            &asset.account,
            &asset.region,
            &asset.arn,
        );
        Claims(match reply {
            Reply::Answer(answer) if is_of_the_day(&answer, as_of) => Some(answer),
            _ => None,
        })
    }

    /// One claim, read from its record; none where the record does not make it.
    #[must_use]
    pub fn claim<T>(
        &self,
        pointer: &'static str,
        read: impl FnOnce(&Part<'_, 'e>) -> Fact<'e, T>,
    ) -> Option<Fact<'e, T>> {
        let root = self.0.as_ref()?.root();
        root.node().pointer(pointer)?;
        Some(read(&root)).filter(|claim| claim.value().is_some())
    }
}

fn is_of_the_day(answer: &Answer<'_>, as_of: Time) -> bool {
    let made = answer.root().time("/AsOf");
    made.value()
        .is_some_and(|made| made.0.abs_diff(as_of.0) < DAY_MS.unsigned_abs())
}

/// What is derived wins; a claim stands in for what is unknown. `agree` says whether a claim and
/// what was derived say the same.
pub fn settle<'e, T>(
    derived: Fact<'e, T>,
    claim: Option<Fact<'e, T>>,
    agree: impl FnOnce(&T, &T) -> bool,
) -> Settled<'e, T> {
    let (claimed, disputed) = match (&derived.state, claim.as_ref().and_then(Fact::value)) {
        (State::Known(derived), Some(claim)) => (false, !agree(derived, claim)),
        (State::Unknown(_), Some(_)) => (true, false),
        (_, None) => (false, false),
    };
    Settled {
        fact: match claim {
            Some(claim) if claimed => claim,
            _ => derived,
        },
        claimed,
        disputed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::missing::Missing;
    use proptest::prelude::*;

    fn fact(value: Option<bool>) -> Fact<'static, bool> {
        value.map_or_else(|| Fact::unknown(Missing::undecided("it")), Fact::given)
    }

    proptest! {
        #[test]
        fn what_is_derived_wins_and_only_what_is_unknown_is_claimed(
            derived in proptest::option::of(any::<bool>()),
            claim in proptest::option::of(any::<bool>()),
        ) {
            let settled = settle(fact(derived), claim.map(Fact::given), |a, b| a == b);
            prop_assert_eq!(settled.fact.value().copied(), derived.or(claim));
            prop_assert_eq!(settled.claimed, derived.is_none() && claim.is_some());
            prop_assert_eq!(settled.disputed, derived.zip(claim).is_some_and(|(a, b)| a != b));
        }
    }
}
