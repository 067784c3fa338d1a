//! How one pattern lies to a universe: covers it, misses it, or is left to be walked.
//!
//! A pattern and a universe enter; the class leaves, and for a pattern that is not settled what
//! remains of it after the universe's fixed prefix. Most patterns of real roles are settled here.
//! Whether one pattern meets a universe at all is settled here for good. Deliberately absent:
//! several patterns at once.

use crate::glob::{Loop, Reading, Shape, Token, accepts};
use crate::solve::Atom;
use crate::universe::{Universe, states};

/// How one pattern lies to a universe.
#[derive(Debug, Clone)]
pub(crate) enum Fit {
    /// Matches every member.
    Covers,
    /// Matches none.
    Disjoint,
    /// Not settled by the prefix; what is left to match after it.
    Partial(Residue),
}

/// A pattern after the universe's prefix.
#[derive(Debug, Clone)]
pub(crate) struct Residue {
    pub(crate) shape: Shape,
    pub(crate) active: Vec<bool>,
}

/// Classifies a pattern by walking it over the universe's fixed prefix.
pub(crate) fn fit(universe: &Universe, atom: &Atom<'_>) -> Fit {
    let mut tokens = atom.tokens.iter();
    let mut prefix = universe.prefix().chars();
    loop {
        let left = tokens.as_slice();
        if let Some(Token::Many { crosses }) = left.first() {
            if left.len() == 1 && (*crosses || atom.reading == Reading::Wide) {
                return Fit::Covers;
            }
            return fit_after_star(universe, left, atom.reading, prefix);
        }
        let Some(character) = prefix.next() else {
            return fit_after_star(universe, left, atom.reading, "".chars());
        };
        match tokens.next() {
            Some(token) if accepts(*token, character, atom.reading) => {}
            _ => return Fit::Disjoint,
        }
    }
}

fn fit_after_star(
    universe: &Universe,
    tokens: &[Token],
    reading: Reading,
    prefix: std::str::Chars<'_>,
) -> Fit {
    if prefix.as_str().is_empty() && covers_tail(universe, tokens, reading) {
        return Fit::Covers;
    }
    let shape = Shape::of(tokens, reading);
    let mut active = shape.start();
    if prefix.as_str().is_empty() && active.len() > 1 {
        return Fit::Partial(Residue { shape, active });
    }
    for character in prefix {
        active = shape.step(&active, character);
    }
    let Some(first) = active.iter().position(|on| *on) else {
        return Fit::Disjoint;
    };
    let ended = active.last().copied().unwrap_or(false);
    if ended && shape.loops.last() == Some(&Loop::Any) {
        return Fit::Covers;
    }
    let only_ended = first + 1 == active.len() && shape.loops.last() == Some(&Loop::None);
    if only_ended && universe.shortest_tail() > 0 {
        return Fit::Disjoint;
    }
    let (slots, loops) = (
        shape.slots.get(first..).unwrap_or_default().to_vec(),
        shape.loops.get(first..).unwrap_or_default().to_vec(),
    );
    Fit::Partial(Residue {
        shape: shape.with(slots, loops),
        active: active.split_off(first),
    })
}

/// Whether a pattern has a member of the universe in it. For one pattern this needs no sets of
/// positions: a state of the universe and a position that can be reached together are enough.
pub(crate) fn meets(universe: &Universe, atom: &Atom<'_>) -> bool {
    match fit(universe, atom) {
        Fit::Covers => true,
        Fit::Disjoint => false,
        Fit::Partial(residue) => residue.meets(universe),
    }
}

impl Residue {
    fn meets(&self, universe: &Universe) -> bool {
        let steps = universe.steps();
        let shape = &self.shape;
        let mut arrived = 0;
        for (index, (star, on)) in shape.loops.iter().zip(&self.active).enumerate() {
            let begun = if *on { 1 << Universe::START } else { 0 };
            let here = match star {
                Loop::None => arrived | begun,
                Loop::Any => steps.many(arrived | begun, true),
                Loop::NoColon => steps.many(arrived | begun, false),
            };
            arrived = match shape.slots.get(index) {
                None => return states(here).any(|state| universe.accepts(state)),
                Some(Token::Literal(character)) => states(here)
                    .filter_map(|state| universe.step(state, *character))
                    .fold(0, |set, target| set | 1 << (target % 64)),
                Some(Token::One { .. }) => steps.one(here, shape.slot_accepts(index, ':')),
                Some(Token::Many { .. } | Token::Variable(_)) => 0,
            };
        }
        false
    }
}

/// The forms that everybody writes, recognised without a walk: `??*` and `*/*`.
fn covers_tail(universe: &Universe, tokens: &[Token], reading: Reading) -> bool {
    let wide = |crosses: bool| crosses || reading == Reading::Wide;
    if let [
        Token::Many { crosses: first },
        Token::Literal('/'),
        Token::Many { crosses: last },
    ] = tokens
    {
        return wide(*first) && wide(*last) && universe.always_has_slash();
    }
    let Some((Token::Many { crosses }, ones)) = tokens.split_last() else {
        return false;
    };
    wide(*crosses)
        && ones.len() <= universe.shortest_tail()
        && ones
            .iter()
            .all(|token| matches!(token, Token::One { crosses } if wide(*crosses)))
}
