//! The product of a universe's automaton with every pattern that is left, as one bit vector.
//!
//! A plan enters; a member of every class that occurs leaves. The walk is breadth first, so each
//! member found is a shortest of its class. *Absorption* keeps it small: a pattern that has
//! reached its last star matches every continuation, so what it makes irrelevant is cleared, and
//! equal futures become equal states. Deliberately absent: the classification of patterns, and any
//! guess beyond the cap.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::fit::Residue;
use crate::glob::{Loop, Token};
use crate::solve::{Class, Goal, LeanRule, Outcome, Plan};
use crate::universe::{CLASSES, Universe};

/// A pattern's place in the bit vector.
#[derive(Debug)]
struct Field {
    sure: bool,
    from: usize,
    /// One past the last bit; the last bit is the accepting position.
    to: usize,
    /// The accepting position loops on every character: once there, always there.
    saturates: bool,
}

#[derive(Debug)]
struct FieldRule {
    certain: bool,
    negated: bool,
    always_possible: bool,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct FieldLayer {
    always_possible: bool,
    rules: Vec<FieldRule>,
}

struct Symbol {
    character: char,
    /// Bit `i`: slot `i` takes the character.
    takes: Vec<u64>,
    named: bool,
}

/// The product automaton. A state is `[header, bits…]`.
pub(crate) struct Machine<'u> {
    universe: &'u Universe,
    stride: usize,
    layers: Vec<FieldLayer>,
    denies: Vec<FieldRule>,
    outside: Vec<Field>,
    symbols: Vec<Symbol>,
    /// Positions with a star that takes everything, and everything but a colon.
    stays: Vec<u64>,
    stays_unless_colon: Vec<u64>,
    start: Vec<u64>,
    /// Some member may be granted in every context.
    can_allow: bool,
    /// Something is open: a condition, a variable.
    can_be_conditional: bool,
}

/// Words that all states together may take: hostile patterns are wide before they are many.
const MOST_WORDS: usize = 1 << 23;

/// Header bits above the universe's state.
const UNIVERSE_MASK: u64 = 0xff;
const DENIED: u64 = 1 << 8;
/// No continuation is granted in every context.
const MUST_DEAD: u64 = 1 << 9;
/// Layers with an absorption flag each; further layers are walked without.
const FLAGGED_LAYERS: usize = 20;
const LAYER_SURE: u32 = 10;
const LAYER_POSSIBLE: u32 = LAYER_SURE + FLAGGED_LAYERS as u32;

fn layer_flag(base: u32, layer: usize) -> u64 {
    if layer < FLAGGED_LAYERS {
        1 << (base + layer as u32)
    } else {
        0
    }
}

impl<'u> Machine<'u> {
    pub(crate) fn new(universe: &'u Universe, plan: Plan) -> Self {
        let can_allow = !plan.must_dead;
        let can_be_conditional = plan.has_open_rules();
        let mut residues: Vec<Residue> = Vec::new();
        let mut width = 0;
        let mut place = |residue: Residue, sure: bool| {
            let from = width;
            width += residue.active.len();
            let saturates = residue.shape.loops.last() == Some(&Loop::Any);
            residues.push(residue);
            Field {
                sure,
                from,
                to: width,
                saturates,
            }
        };
        let mut rule_fields = |rule: LeanRule| FieldRule {
            certain: rule.certain,
            negated: rule.negated,
            always_possible: rule.always_possible,
            fields: rule
                .atoms
                .into_iter()
                .map(|(residue, sure)| place(residue, sure))
                .collect(),
        };
        let denies = plan.denies.into_iter().map(&mut rule_fields).collect();
        let layers = plan
            .layers
            .into_iter()
            .map(|layer| FieldLayer {
                always_possible: layer.always_possible,
                rules: layer.rules.into_iter().map(&mut rule_fields).collect(),
            })
            .collect();
        let outside = plan
            .outside
            .into_iter()
            .map(|residue| place(residue, true))
            .collect();

        let words = width.div_ceil(64);
        let mut stays = vec![0; words];
        let mut stays_unless_colon = vec![0; words];
        let mut start = vec![0; words + 1];
        let mut bounded = false;
        let mut at = 0;
        let mut literals: Vec<char> = Vec::new();
        for residue in &residues {
            for (offset, (star, on)) in residue.shape.loops.iter().zip(&residue.active).enumerate()
            {
                match star {
                    Loop::Any => set(&mut stays, at + offset),
                    Loop::NoColon => {
                        bounded = true;
                        set(&mut stays_unless_colon, at + offset);
                    }
                    Loop::None => {}
                }
                if *on {
                    set(&mut start, 64 + at + offset);
                }
            }
            for slot in &residue.shape.slots {
                match slot {
                    Token::Literal(character) => literals.push(*character),
                    Token::One { crosses: false } => bounded = true,
                    _ => {}
                }
            }
            at += residue.active.len();
        }
        if bounded {
            literals.push(':');
        }
        literals.sort_unstable();
        literals.dedup();
        if let Some(header) = start.first_mut() {
            *header = u64::from(Universe::START) | if plan.must_dead { MUST_DEAD } else { 0 };
        }
        let symbols = alphabet(universe, &literals)
            .into_iter()
            .map(|(character, named)| Symbol {
                character,
                takes: takes(&residues, character, words),
                named,
            })
            .collect();
        Self {
            universe,
            stride: words + 1,
            layers,
            denies,
            outside,
            symbols,
            stays,
            stays_unless_colon,
            start,
            can_allow,
            can_be_conditional,
        }
    }

    /// Breadth-first over the reachable states, until every class that can occur has a member or
    /// the goal is met.
    pub(crate) fn walk(&self, cap: usize, goal: Goal) -> Outcome {
        let cap = cap.min(MOST_WORDS / self.stride);
        let mut outcome = Outcome::default();
        let mut seen: HashSet<Box<[u64]>, BuildHasherDefault<StateHasher>> = HashSet::default();
        let mut arena: Vec<u64> = Vec::new();
        let mut origin: Vec<(usize, char)> = Vec::new();
        let mut moves: Vec<Option<Vec<(usize, u8)>>> = vec![None; 256];

        let mut first = self.start.clone();
        if !self.absorb(&mut first) {
            outcome.complete = true;
            return outcome;
        }
        self.record(&first, &origin, None, &mut outcome);
        arena.extend_from_slice(&first);
        seen.insert(first.into_boxed_slice());
        origin.push((usize::MAX, '\0'));

        let mut next = vec![0; self.stride];
        let mut current = vec![0; self.stride];
        let mut at = 0;
        while let Some(state) = arena.get(at * self.stride..(at + 1) * self.stride) {
            current.copy_from_slice(state);
            let position = header(&current) & UNIVERSE_MASK;
            let Some(exits) = moves.get_mut(position as usize) else {
                break;
            };
            let exits = exits.get_or_insert_with(|| self.exits(position as u8));
            for (symbol, target) in exits.iter() {
                let Some(symbol) = self.symbols.get(*symbol) else {
                    continue;
                };
                self.advance(&current, symbol, *target, &mut next);
                if !self.absorb(&mut next) || seen.contains(next.as_slice()) {
                    continue;
                }
                let step = (at, symbol.character);
                self.record(&next, &origin, Some(step), &mut outcome);
                if self.is_enough(&outcome, goal) {
                    outcome.states = origin.len();
                    outcome.complete = true;
                    return outcome;
                }
                if origin.len() >= cap {
                    outcome.states = origin.len();
                    return outcome;
                }
                arena.extend_from_slice(&next);
                seen.insert(next.as_slice().into());
                origin.push(step);
            }
            at += 1;
        }
        outcome.states = origin.len();
        outcome.complete = true;
        outcome
    }

    fn is_enough(&self, outcome: &Outcome, goal: Goal) -> bool {
        let granted = outcome.allow.is_some() || outcome.conditional.is_some();
        match goal {
            Goal::Classes => {
                let allow = outcome.allow.is_some() || !self.can_allow;
                let conditional = outcome.conditional.is_some() || !self.can_be_conditional;
                allow && conditional && outcome.deny.is_some()
            }
            Goal::Granted => granted,
            Goal::Denied => outcome.deny.is_some(),
        }
    }

    /// The symbols that lead on from a state of the universe. Characters that no pattern names
    /// and that lead to the same state are one.
    fn exits(&self, position: u8) -> Vec<(usize, u8)> {
        let mut exits = Vec::new();
        let mut unnamed: Vec<u8> = Vec::new();
        for (index, symbol) in self.symbols.iter().enumerate() {
            let Some(target) = self.universe.step(position, symbol.character) else {
                continue;
            };
            if !symbol.named {
                if unnamed.contains(&target) {
                    continue;
                }
                unnamed.push(target);
            }
            exits.push((index, target));
        }
        exits
    }

    fn advance(&self, state: &[u64], symbol: &Symbol, target: u8, next: &mut [u64]) {
        let colon = symbol.character == ':';
        let mut carry = 0;
        let bits = state.iter().skip(1).zip(&symbol.takes);
        let loops = self.stays.iter().zip(&self.stays_unless_colon);
        for ((out, (bits, takes)), (stays, bounded)) in next.iter_mut().skip(1).zip(bits).zip(loops)
        {
            let moved = bits & takes;
            let star = if colon { *stays } else { stays | bounded };
            *out = (moved << 1) | carry | (bits & star);
            carry = moved >> 63;
        }
        if let Some(out) = next.first_mut() {
            *out = (header(state) & !UNIVERSE_MASK) | u64::from(target);
        }
    }

    /// Clears what can no longer matter, so that equal futures are equal states. False if every
    /// continuation lies outside the question.
    fn absorb(&self, state: &mut [u64]) -> bool {
        if self.outside.iter().any(|field| field.is_saturated(state)) {
            return false;
        }
        if header(state) & DENIED != 0 {
            return true;
        }
        loop {
            let before = header(state) & MUST_DEAD;
            if self.absorb_denies(state) || self.absorb_layers(state) {
                self.close(state);
                return true;
            }
            if header(state) & MUST_DEAD == before {
                return true;
            }
        }
    }

    /// True if every continuation is denied.
    fn absorb_denies(&self, state: &mut [u64]) -> bool {
        for rule in &self.denies {
            let future = rule.future(state);
            if rule.certain && future.surely {
                return true;
            }
            if future.possibly {
                raise(state, MUST_DEAD);
            }
            rule.absorb(state, future);
        }
        if header(state) & MUST_DEAD != 0 {
            for rule in self.denies.iter().filter(|rule| !rule.certain) {
                rule.clear(state);
            }
        }
        false
    }

    /// True if some layer allows no continuation.
    fn absorb_layers(&self, state: &mut [u64]) -> bool {
        for (index, layer) in self.layers.iter().enumerate() {
            let (sure, possible) = (
                layer_flag(LAYER_SURE, index),
                layer_flag(LAYER_POSSIBLE, index),
            );
            if header(state) & sure != 0 {
                continue;
            }
            let mut can_be_sure = false;
            let mut can_be_possible = layer.always_possible;
            let mut surely = false;
            let mut possibly = layer.always_possible || header(state) & possible != 0;
            for rule in &layer.rules {
                let future = rule.future(state);
                surely |= rule.certain && future.surely;
                possibly |= future.possibly;
                can_be_sure |= rule.certain && !future.never_surely;
                can_be_possible |= !future.never;
                rule.absorb(state, future);
            }
            if surely && sure != 0 {
                raise(state, sure);
                layer.clear(state);
                continue;
            }
            if !can_be_possible && !possibly {
                return true;
            }
            if !can_be_sure {
                raise(state, MUST_DEAD);
            }
            if possibly && possible != 0 {
                raise(state, possible);
                for rule in layer.rules.iter().filter(|rule| !rule.certain) {
                    rule.clear(state);
                }
                if header(state) & MUST_DEAD != 0 {
                    layer.clear(state);
                }
            }
        }
        false
    }

    fn close(&self, state: &mut [u64]) {
        for rule in &self.denies {
            rule.clear(state);
        }
        for layer in &self.layers {
            layer.clear(state);
        }
        if let Some(head) = state.first_mut() {
            *head = (*head & UNIVERSE_MASK) | DENIED;
        }
    }

    /// If a member ends in `state`, notes it as the witness of its class.
    fn record(
        &self,
        state: &[u64],
        origin: &[(usize, char)],
        step: Option<(usize, char)>,
        outcome: &mut Outcome,
    ) {
        let position = (header(state) & UNIVERSE_MASK) as u8;
        if !self.universe.accepts(position)
            || self.outside.iter().any(|field| field.is_accepting(state))
        {
            return;
        }
        let class = self.class(state);
        if !outcome.has(class) {
            *outcome.slot(class) = Some(self.spell(origin, step));
        }
    }

    fn class(&self, state: &[u64]) -> Class {
        let head = header(state);
        if head & DENIED != 0 {
            return Class::Deny;
        }
        let allowed = self.layers.iter().enumerate().all(|(index, layer)| {
            let done = layer_flag(LAYER_SURE, index) | layer_flag(LAYER_POSSIBLE, index);
            layer.always_possible
                || head & done != 0
                || layer.rules.iter().any(|rule| rule.hits(state).possibly)
        });
        let denies: Vec<_> = self
            .denies
            .iter()
            .map(|rule| (rule.certain, rule.hits(state)))
            .collect();
        if !allowed || denies.iter().any(|(certain, hit)| *certain && hit.surely) {
            return Class::Deny;
        }
        let sure = head & MUST_DEAD == 0
            && self.layers.iter().enumerate().all(|(index, layer)| {
                head & layer_flag(LAYER_SURE, index) != 0
                    || layer
                        .rules
                        .iter()
                        .any(|rule| rule.certain && rule.hits(state).surely)
            })
            && !denies.iter().any(|(_, hit)| hit.possibly);
        if sure {
            Class::Allow
        } else {
            Class::Conditional
        }
    }

    fn spell(&self, origin: &[(usize, char)], step: Option<(usize, char)>) -> String {
        let mut reversed = Vec::new();
        let mut cursor = step;
        while let Some((from, character)) = cursor {
            if from == usize::MAX {
                break;
            }
            reversed.push(character);
            cursor = origin.get(from).copied();
        }
        let mut text = self.universe.prefix().to_owned();
        text.extend(reversed.into_iter().rev());
        text
    }
}

/// What a rule does to every continuation.
#[derive(Debug, Clone, Copy)]
struct Future {
    surely: bool,
    possibly: bool,
    never: bool,
    never_surely: bool,
    saturated: bool,
    saturated_surely: bool,
}

/// What a rule does to the member that ends here, if its condition holds.
#[derive(Debug, Clone, Copy)]
struct Hit {
    surely: bool,
    possibly: bool,
}

impl FieldRule {
    fn future(&self, state: &[u64]) -> Future {
        let mut alive = false;
        let mut alive_surely = false;
        let mut saturated = false;
        let mut saturated_surely = false;
        for field in &self.fields {
            let lives = field.is_alive(state);
            let full = field.is_saturated(state);
            alive |= lives;
            alive_surely |= lives && field.sure;
            saturated |= full;
            saturated_surely |= full && field.sure;
        }
        let (surely, possibly, never, never_surely) = if self.negated {
            (!alive, !alive_surely, saturated_surely, saturated)
        } else {
            let possibly = saturated || self.always_possible;
            (
                saturated_surely,
                possibly,
                !alive && !self.always_possible,
                !alive_surely,
            )
        };
        Future {
            surely,
            possibly,
            never,
            never_surely,
            saturated,
            saturated_surely,
        }
    }

    fn hits(&self, state: &[u64]) -> Hit {
        let mut any = false;
        let mut sure = false;
        for field in self.fields.iter().filter(|field| field.is_accepting(state)) {
            any = true;
            sure |= field.sure;
        }
        if self.negated {
            Hit {
                surely: !any,
                possibly: !sure,
            }
        } else {
            Hit {
                surely: sure,
                possibly: any || self.always_possible,
            }
        }
    }

    /// Once one pattern is saturated, the others of the list that could say no more are cleared.
    fn absorb(&self, state: &mut [u64], future: Future) {
        if !future.saturated {
            return;
        }
        let mut kept = false;
        for field in &self.fields {
            if !future.saturated_surely && field.sure {
                continue;
            }
            let keep =
                !kept && field.is_saturated(state) && (field.sure || !future.saturated_surely);
            field.clear(state);
            if keep {
                kept = true;
                set_in_state(state, field.to - 1);
            }
        }
    }

    fn clear(&self, state: &mut [u64]) {
        for field in &self.fields {
            field.clear(state);
        }
    }
}

impl FieldLayer {
    fn clear(&self, state: &mut [u64]) {
        for rule in &self.rules {
            rule.clear(state);
        }
    }
}

impl Field {
    fn is_accepting(&self, state: &[u64]) -> bool {
        let bit = self.to - 1;
        state
            .get(1 + bit / 64)
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    fn is_saturated(&self, state: &[u64]) -> bool {
        self.saturates && self.is_accepting(state)
    }

    fn is_alive(&self, state: &[u64]) -> bool {
        self.words()
            .any(|(index, mask)| state.get(index).is_some_and(|word| word & mask != 0))
    }

    fn clear(&self, state: &mut [u64]) {
        for (index, mask) in self.words() {
            if let Some(word) = state.get_mut(index) {
                *word &= !mask;
            }
        }
    }

    /// The words of the state that hold this field, each with its mask.
    fn words(&self) -> impl Iterator<Item = (usize, u64)> + use<> {
        let (from, to) = (self.from, self.to);
        (from / 64..to.div_ceil(64)).map(move |word| {
            let low = from.max(word * 64) - word * 64;
            let high = to.min((word + 1) * 64) - word * 64;
            let below_high = if high == 64 {
                u64::MAX
            } else {
                (1 << high) - 1
            };
            (1 + word, below_high & (u64::MAX << low))
        })
    }
}

fn header(state: &[u64]) -> u64 {
    state.first().copied().unwrap_or(DENIED)
}

fn raise(state: &mut [u64], flag: u64) {
    if let Some(head) = state.first_mut() {
        *head |= flag;
    }
}

fn set(words: &mut [u64], bit: usize) {
    if let Some(word) = words.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn set_in_state(state: &mut [u64], bit: usize) {
    set(state, 64 + bit);
}

/// The characters that patterns name, and unnamed ones: for each class one, and those that the
/// universe itself spells out. Unnamed ones come first: a witness that avoids every named
/// character is the plainest.
fn alphabet(universe: &Universe, literals: &[char]) -> Vec<(char, bool)> {
    let representatives = CLASSES.iter().filter_map(|class| {
        class
            .chars()
            .find(|character| !literals.contains(character))
    });
    let spelt = universe
        .infix()
        .chars()
        .filter(|character| !literals.contains(character));
    let unnamed = representatives
        .chain(spelt)
        .map(|character| (character, false));
    unnamed
        .chain(literals.iter().map(|character| (*character, true)))
        .collect()
}

fn takes(residues: &[Residue], character: char, words: usize) -> Vec<u64> {
    let mut mask = vec![0; words];
    let mut at = 0;
    for residue in residues {
        for index in 0..residue.shape.slots.len() {
            if residue.shape.slot_accepts(index, character) {
                set(&mut mask, at + index);
            }
        }
        at += residue.active.len();
    }
    mask
}

/// Multiply-and-rotate over words: states are not chosen by an adversary who could gain by
/// collisions beyond the cap, and iteration order is never used.
#[derive(Default)]
struct StateHasher(u64);

impl Hasher for StateHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
