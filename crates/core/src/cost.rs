//! What was not read, and how many unknown verdicts it costs.
//!
//! Enters: unknown outcomes. Leaves: the missing data behind them, without the parameters of each
//! call, so that one refused permission is one line however many assets it hides.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::asset::AssetKind;
use crate::evaluate::Outcome;
use crate::facts::{Context, Facts};
use crate::judge::Selection;
use crate::missing::Missing;
use crate::prove::missing_of;
use crate::verdict::Verdict;

/// One missing datum in words, and the IAM action that would allow it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// The call and why it is missing.
    pub what: Arc<str>,
    /// The IAM action.
    pub action: Option<&'static str>,
}

/// Missing data with the number of unknown verdicts each costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs(BTreeMap<Gap, u64>);

impl Costs {
    /// Counts `gaps`, one entry an unknown verdict, `times` over.
    pub fn add(&mut self, gaps: &[Gap], times: u64) {
        for gap in gaps {
            *self.0.entry(gap.clone()).or_default() += times;
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Costs) {
        for (gap, count) in &other.0 {
            *self.0.entry(gap.clone()).or_default() += count;
        }
    }

    /// The gaps, the dearest first.
    #[must_use]
    pub fn dearest_first(&self) -> Vec<(&Gap, u64)> {
        let mut all: Vec<(&Gap, u64)> = self.0.iter().map(|(gap, count)| (gap, *count)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }
}

/// The gaps behind the unknown outcomes of one asset.
#[must_use]
pub fn gaps_of(
    selection: &Selection<'_>,
    kind: AssetKind,
    outcomes: &[Outcome],
    facts: &dyn Facts,
    context: &Context<'_>,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for outcome in outcomes
        .iter()
        .filter(|outcome| outcome.verdict == Verdict::Unknown)
    {
        let Some(rule) = selection
            .control(outcome)
            .and_then(|control| control.rule(kind))
        else {
            continue;
        };
        let mut of_one: Vec<Gap> = missing_of(rule, outcome, facts, context)
            .iter()
            .map(|missing| Gap {
                what: without_subject(missing).into(),
                action: missing.action(),
            })
            .collect();
        of_one.sort();
        of_one.dedup();
        gaps.append(&mut of_one);
    }
    gaps
}

/// The datum in words, without the parameters of the call.
fn without_subject(missing: &Missing) -> String {
    Missing {
        subject: String::new(),
        ..missing.clone()
    }
    .to_string()
}
