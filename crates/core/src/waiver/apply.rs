//! Waivers on judged outcomes.
//!
//! Two steps, because training jobs are folded as they stream by: [`Exceptions::marks`] tells which
//! waivers fit an asset, so that jobs which a waiver tells apart are not folded together, and
//! [`Exceptions::apply`] decides afterwards, when counts and compensating controls are known.

use std::collections::BTreeMap;

use super::scope::{TagIndex, searched};
use super::{Waiver, Waivers, day_of};
use crate::asset::{Asset, AssetKind};
use crate::evaluate::{Outcome, Truth};
use crate::facts::Context;
use crate::json::Node;
use crate::judge::Selection;
use crate::verdict::{Disposition, Verdict};

/// A waiver that fits an asset, by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The position.
    pub waiver: u16,
    /// False when it would depend on tags that were not read.
    pub sure: bool,
}

/// The waivers of a run with what they are matched against.
#[derive(Debug)]
pub struct Exceptions<'r> {
    waivers: &'r Waivers,
    tags: TagIndex,
    /// The waivers that hold on the day and name a selected control of the kind.
    of_kind: BTreeMap<AssetKind, Vec<u16>>,
}

/// What became of one waiver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Findings that it covers.
    pub covers: u64,
    /// Findings that it fits but that an earlier waiver covers.
    pub shadowed: u64,
    /// Findings that it fits, whatever came of that.
    pub fits: u64,
    /// Assets that it fits, whether anything is found on them or not.
    pub assets: u64,
    /// Findings for which its tags would decide and were not read.
    pub tags_unread: u64,
    /// Findings for which a compensating control does not pass.
    pub uncompensated: u64,
    /// Findings of a severity for which it holds too long.
    pub too_long: u64,
}

/// What became of all waivers, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// One a waiver.
    pub uses: Vec<Use>,
}

/// The outcomes of one asset or family.
pub(crate) struct Subject<'s> {
    pub(crate) marks: Vec<Mark>,
    pub(crate) count: u64,
    pub(crate) outcomes: &'s mut [Outcome],
}

impl<'r> Exceptions<'r> {
    /// The waivers of `selection` on the day of `context`.
    #[must_use]
    pub fn new(context: &Context<'_>, selection: &'r Selection<'_>) -> Self {
        let waivers = selection.waivers();
        let day = day_of(context.as_of);
        let mut of_kind: BTreeMap<AssetKind, Vec<u16>> = BTreeMap::new();
        for (index, waiver) in (0u16..).zip(&waivers.all) {
            if !waiver.holds_on(day) {
                continue;
            }
            for kind in selection.kinds() {
                let names = selection
                    .controls()
                    .iter()
                    .any(|control| control.rule(kind).is_some() && waiver.names(&control.id));
                if names {
                    of_kind.entry(kind).or_default().push(index);
                }
            }
        }
        let by_tags = waivers.all.iter().any(|waiver| {
            let excepted = waiver.except.as_ref();
            !waiver.scope.tags.is_empty() || excepted.is_some_and(|scope| !scope.tags.is_empty())
        });
        Exceptions {
            waivers,
            tags: if by_tags {
                TagIndex::of(context.estate)
            } else {
                TagIndex::default()
            },
            of_kind,
        }
    }

    /// Whether any waiver may cover an asset of the kind.
    #[must_use]
    pub fn concern(&self, kind: AssetKind) -> bool {
        self.of_kind.contains_key(&kind)
    }

    /// The waivers that fit an asset. `line` is the snapshot line that shows it, which may carry tags.
    #[must_use]
    pub fn marks(&self, asset: &Asset, line: Option<&str>) -> Vec<Mark> {
        let Some(candidates) = self.of_kind.get(&asset.kind) else {
            return Vec::new();
        };
        let mut from_line = None;
        let mut marks = Vec::new();
        for index in candidates {
            let Some(waiver) = self.waivers.all.get(usize::from(*index)) else {
                continue;
            };
            let claimed = || {
                let mut claims = self.waivers.claims.iter();
                claims.any(|claim| claim.waiver == waiver.id && claim.asset == asset.arn)
            };
            if waiver.scope.named_in_code && !claimed() {
                continue;
            }
            let fits = fits(waiver, asset, || {
                self.tags.tags(&asset.arn).cloned().or_else(|| {
                    from_line
                        .get_or_insert_with(|| line.and_then(|line| tags_of_line(line, asset)))
                        .clone()
                })
            });
            if fits != Truth::False {
                marks.push(Mark {
                    waiver: *index,
                    sure: fits == Truth::True,
                });
            }
        }
        marks
    }

    /// Waives what is covered.
    pub(crate) fn apply(&self, selection: &Selection<'_>, subjects: &mut [Subject<'_>]) -> Applied {
        let mut uses = vec![Use::default(); self.waivers.all.len()];
        let mut fitting: Vec<(usize, usize, Vec<u16>)> = Vec::new();
        for (at, subject) in subjects.iter().enumerate() {
            for mark in &subject.marks {
                if let Some(used) = uses.get_mut(usize::from(mark.waiver)) {
                    used.assets += subject.count;
                }
            }
            for (place, outcome) in subject.outcomes.iter().enumerate() {
                let covering = self.covering(selection, subject, outcome, &mut uses);
                if !covering.is_empty() {
                    fitting.push((at, place, covering));
                }
            }
        }
        // A waiver that covers more than it was written for covers nothing.
        let void: Vec<bool> = self
            .waivers
            .all
            .iter()
            .zip(&uses)
            .map(|(waiver, used)| waiver.max_matches.is_some_and(|most| used.fits > most))
            .collect();
        for (at, place, covering) in fitting {
            let Some(subject) = subjects.get_mut(at) else {
                continue;
            };
            let mut first = None;
            for index in covering {
                let position = usize::from(index);
                if void.get(position).copied().unwrap_or(true) {
                    continue;
                }
                let Some(used) = uses.get_mut(position) else {
                    continue;
                };
                if first.is_none() {
                    first = Some(index);
                    used.covers += subject.count;
                } else {
                    used.shadowed += subject.count;
                }
            }
            if let Some(outcome) = subject.outcomes.get_mut(place) {
                outcome.waiver = first;
            }
        }
        Applied { uses }
    }

    /// The waivers that cover one outcome, void ones included.
    fn covering(
        &self,
        selection: &Selection<'_>,
        subject: &Subject<'_>,
        outcome: &Outcome,
        uses: &mut [Use],
    ) -> Vec<u16> {
        let mut covering = Vec::new();
        // What a tag on the asset already accepts needs no waiver.
        if !matches!(outcome.verdict, Verdict::Fail | Verdict::Unknown)
            || outcome.disposition() == Disposition::Waived
        {
            return covering;
        }
        let Some(control) = selection.control(outcome) else {
            return covering;
        };
        for mark in &subject.marks {
            let position = usize::from(mark.waiver);
            let (Some(waiver), Some(used)) =
                (self.waivers.all.get(position), uses.get_mut(position))
            else {
                continue;
            };
            if !waiver.names(&control.id) {
                continue;
            }
            if !mark.sure {
                used.tags_unread += subject.count;
            } else if !compensated(waiver, selection, subject.outcomes) {
                used.uncompensated += subject.count;
            } else if self
                .waivers
                .caps
                .exceeded(waiver, control.severity)
                .is_some()
            {
                used.too_long += subject.count;
            } else {
                used.fits += subject.count;
                covering.push(mark.waiver);
            }
        }
        covering
    }
}

/// Whether every compensating control passes. One that was not judged does not.
fn compensated(waiver: &Waiver, selection: &Selection<'_>, outcomes: &[Outcome]) -> bool {
    waiver.requires_passing.iter().all(|required| {
        outcomes.iter().any(|outcome| {
            outcome.verdict == Verdict::Pass
                && selection
                    .control(outcome)
                    .is_some_and(|control| crate::control::is_named(&control.id, required))
        })
    })
}

/// Whether a waiver fits an asset: inside its scope, and surely outside its exception.
fn fits(
    waiver: &Waiver,
    asset: &Asset,
    mut tags: impl FnMut() -> Option<BTreeMap<String, String>>,
) -> Truth {
    let needs_tags = !waiver.scope.tags.is_empty()
        || waiver
            .except
            .as_ref()
            .is_some_and(|except| !except.tags.is_empty());
    let known = if needs_tags && waiver.scope.covers(asset, || None) != Truth::False {
        tags()
    } else {
        None
    };
    let inside = waiver.scope.covers(asset, || known.as_ref());
    let outside = match &waiver.except {
        None => Truth::True,
        Some(except) => match except.covers(asset, || known.as_ref()) {
            Truth::True => Truth::False,
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
        },
    };
    match (inside, outside) {
        (Truth::False, _) | (_, Truth::False) => Truth::False,
        (Truth::True, Truth::True) => Truth::True,
        _ => Truth::Unknown,
    }
}

/// The tags that a job's own line carries, which only a record of `Search` does.
fn tags_of_line(line: &str, asset: &Asset) -> Option<BTreeMap<String, String>> {
    let line = Node::parse(line).ok()?;
    let (arn, tags) = searched(line.member("body")?)?;
    (arn == asset.arn).then_some(tags)
}
