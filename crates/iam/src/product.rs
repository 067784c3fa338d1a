//! The product of a universe's automaton with every pattern that is left, as one bit vector.
//!
//! A plan enters; a member of every class that occurs leaves. The walk is breadth first, so each
//! member found is a shortest of its class. *Absorption* keeps it small: a pattern that has
//! reached its last star matches every continuation, so what it makes irrelevant is cleared, and
//! equal futures become equal states. Deliberately absent: the classification of patterns, and any
//! guess beyond the cap.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use crate::fit::Residue;
use crate::glob::{Loop, Token};
use crate::solve::{Class, Goal, LeanRule, Outcome, Plan};
use crate::universe::{CLASSES, Universe};

/// A run of bits in the vector: the places of a rule's patterns, one after the other.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

#[derive(Debug)]
struct SpanRule {
    certain: bool,
    negated: bool,
    always_possible: bool,
    span: Span,
}

#[derive(Debug)]
struct SpanLayer {
    always_possible: bool,
    rules: Vec<SpanRule>,
}

struct Symbol {
    character: char,
    named: bool,
}

/// The product automaton. A state is `[header, bits…]`.
pub(crate) struct Machine<'u> {
    universe: &'u Universe,
    stride: usize,
    layers: Vec<SpanLayer>,
    denies: Vec<SpanRule>,
    outside: Span,
    symbols: Vec<Symbol>,
    /// For each symbol the words that say which slots take its character.
    takes: Vec<u64>,
    /// Positions with a star that takes everything, and everything but a colon.
    stays: Vec<u64>,
    stays_unless_colon: Vec<u64>,
    /// The accepting position of each pattern.
    ends: Vec<u64>,
    /// Those that loop on every character: once there, always there.
    full: Vec<u64>,
    /// Every position of a pattern that hits surely.
    sure: Vec<u64>,
    start: Vec<u64>,
    /// Some member may be granted in every context.
    can_allow: bool,
    /// Something is open: a condition, a variable.
    can_be_conditional: bool,
}

/// Words that may be written to find states: hostile patterns are wide before they are many, and a
/// cap of states alone would let them take seconds. What people write takes a few thousand.
const MOST_WORDS: usize = 1 << 22;

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

/// The bit vector while patterns are laid out in it.
#[derive(Default)]
struct Layout {
    residues: Vec<(Residue, bool)>,
    width: usize,
}

impl Layout {
    fn place(&mut self, residue: Residue, sure: bool) {
        self.width += residue.active.len();
        self.residues.push((residue, sure));
    }

    fn rule(&mut self, rule: LeanRule) -> SpanRule {
        let from = self.width;
        for (residue, sure) in rule.atoms {
            self.place(residue, sure);
        }
        SpanRule {
            certain: rule.certain,
            negated: rule.negated,
            always_possible: rule.always_possible,
            span: Span {
                from,
                to: self.width,
            },
        }
    }
}

impl<'u> Machine<'u> {
    pub(crate) fn new(universe: &'u Universe, plan: Plan) -> Self {
        let can_allow = !plan.must_dead;
        let can_be_conditional = plan.has_open_rules();
        let mut layout = Layout::default();
        let denies = plan
            .denies
            .into_iter()
            .map(|rule| layout.rule(rule))
            .collect();
        let layers = plan
            .layers
            .into_iter()
            .map(|layer| SpanLayer {
                always_possible: layer.always_possible,
                rules: layer
                    .rules
                    .into_iter()
                    .map(|rule| layout.rule(rule))
                    .collect(),
            })
            .collect();
        let outside_from = layout.width;
        for residue in plan.outside {
            layout.place(residue, true);
        }
        let Layout { residues, width } = layout;

        let words = width.div_ceil(64);
        let mut machine = Self {
            universe,
            stride: words + 1,
            layers,
            denies,
            outside: Span {
                from: outside_from,
                to: width,
            },
            symbols: Vec::new(),
            takes: Vec::new(),
            stays: vec![0; words],
            stays_unless_colon: vec![0; words],
            ends: vec![0; words],
            full: vec![0; words],
            sure: vec![0; words],
            start: vec![0; words + 1],
            can_allow,
            can_be_conditional,
        };
        if let Some(header) = machine.start.first_mut() {
            *header = u64::from(Universe::START) | if plan.must_dead { MUST_DEAD } else { 0 };
        }
        machine.mark_positions(&residues);
        machine.name_symbols(&residues, words);
        machine
    }

    fn mark_positions(&mut self, residues: &[(Residue, bool)]) {
        let mut at = 0;
        for (residue, sure) in residues {
            for (offset, (star, on)) in residue.shape.loops.iter().zip(&residue.active).enumerate()
            {
                match star {
                    Loop::Any => set(&mut self.stays, at + offset),
                    Loop::NoColon => set(&mut self.stays_unless_colon, at + offset),
                    Loop::None => {}
                }
                if *on {
                    set(&mut self.start, 64 + at + offset);
                }
                if *sure {
                    set(&mut self.sure, at + offset);
                }
            }
            at += residue.active.len();
            if let Some(end) = at.checked_sub(1) {
                set(&mut self.ends, end);
                if residue.shape.loops.last() == Some(&Loop::Any) {
                    set(&mut self.full, end);
                }
            }
        }
    }

    /// The alphabet, and which slots take each of its characters.
    fn name_symbols(&mut self, residues: &[(Residue, bool)], words: usize) {
        let slots = || {
            let mut at = 0;
            residues.iter().flat_map(move |(residue, _)| {
                let from = at;
                at += residue.active.len();
                let slots = residue.shape.slots.iter().enumerate();
                slots.map(move |(index, slot)| (from + index, index, *slot, &residue.shape))
            })
        };
        let mut literals: Vec<char> = slots()
            .filter_map(|(_, _, slot, _)| match slot {
                Token::Literal(character) => Some(character),
                // It tells the colon from all else.
                Token::One { crosses: false } => Some(':'),
                _ => None,
            })
            .collect();
        if self.stays_unless_colon.iter().any(|word| *word != 0) {
            literals.push(':');
        }
        literals.sort_unstable();
        literals.dedup();
        self.symbols = alphabet(self.universe, &literals);
        let first_named = self.symbols.len() - literals.len();
        self.takes = vec![0; self.symbols.len() * words];
        for (bit, index, slot, shape) in slots() {
            if let Token::Literal(character) = slot {
                if let Ok(named) = literals.binary_search(&character) {
                    set(&mut self.takes, (first_named + named) * words * 64 + bit);
                }
                continue;
            }
            for (number, symbol) in self.symbols.iter().enumerate() {
                if shape.slot_accepts(index, symbol.character) {
                    set(&mut self.takes, number * words * 64 + bit);
                }
            }
        }
    }

    fn takes(&self, symbol: usize) -> &[u64] {
        let words = self.stride - 1;
        let from = symbol * words;
        self.takes.get(from..from + words).unwrap_or_default()
    }

    /// Breadth-first over the reachable states, until every class that can occur has a member or
    /// the goal is met.
    pub(crate) fn walk(&self, cap: usize, goal: Goal) -> Outcome {
        let mut words_left = MOST_WORDS;
        let mut outcome = Outcome::default();
        let mut known = Known::of(self.stride);
        let mut origin: Vec<(usize, char)> = Vec::with_capacity(64);
        let mut moves: Vec<Option<Vec<(usize, u8)>>> = vec![None; Universe::STATES];

        let mut next = self.start.clone();
        if !self.absorb(&mut next) {
            outcome.complete = true;
            return outcome;
        }
        self.record(&next, &origin, None, &mut outcome);
        known.insert(&next);
        origin.push((usize::MAX, '\0'));

        let mut current = vec![0; self.stride];
        let mut at = 0;
        while known.copy(at, &mut current) {
            let position = header(&current) & UNIVERSE_MASK;
            let Some(exits) = moves.get_mut(position as usize) else {
                break;
            };
            let exits = exits.get_or_insert_with(|| self.exits(position as u8));
            // Characters that no live slot takes lead all to one state, for each target.
            let mut idle_targets = 0_u64;
            for (number, target) in exits.iter() {
                let Some(symbol) = self.symbols.get(*number) else {
                    continue;
                };
                let takes = self.takes(*number);
                if self.is_idle(&current, symbol, takes) {
                    let target = 1 << (target % 64);
                    if idle_targets & target != 0 {
                        continue;
                    }
                    idle_targets |= target;
                }
                let Some(rest) = words_left.checked_sub(self.stride) else {
                    outcome.states = origin.len();
                    return outcome;
                };
                words_left = rest;
                self.advance(&current, symbol, takes, *target, &mut next);
                if !self.absorb(&mut next) || !known.insert(&next) {
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
                origin.push(step);
            }
            at += 1;
        }
        outcome.states = origin.len();
        outcome.complete = true;
        outcome
    }

    /// Whether `symbol` moves no pattern of `state` on, and ends no star.
    fn is_idle(&self, state: &[u64], symbol: &Symbol, takes: &[u64]) -> bool {
        let bits = state.get(1..).unwrap_or_default();
        let taken = bits
            .iter()
            .zip(takes)
            .any(|(bits, takes)| bits & takes != 0);
        let ended = symbol.character == ':'
            && bits
                .iter()
                .zip(&self.stays_unless_colon)
                .any(|(bits, bounded)| bits & bounded != 0);
        !taken && !ended
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

    fn advance(&self, state: &[u64], symbol: &Symbol, takes: &[u64], target: u8, next: &mut [u64]) {
        let colon = symbol.character == ':';
        let mut carry = 0;
        let bits = state.iter().skip(1).zip(takes);
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
        if self.any(self.outside, state, &self.full) {
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
            let future = self.future(rule, state);
            if rule.certain && future.surely {
                return true;
            }
            if future.possibly {
                raise(state, MUST_DEAD);
            }
            self.saturate(rule, state, future);
        }
        if header(state) & MUST_DEAD != 0 {
            for rule in self.denies.iter().filter(|rule| !rule.certain) {
                rule.span.clear(state);
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
                let future = self.future(rule, state);
                surely |= rule.certain && future.surely;
                possibly |= future.possibly;
                can_be_sure |= rule.certain && !future.never_surely;
                can_be_possible |= !future.never;
                self.saturate(rule, state, future);
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
                    rule.span.clear(state);
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
            rule.span.clear(state);
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
        if !self.universe.accepts(position) || self.any(self.outside, state, &self.ends) {
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
                || layer
                    .rules
                    .iter()
                    .any(|rule| self.hits(rule, state).possibly)
        });
        let denies: Vec<_> = self
            .denies
            .iter()
            .map(|rule| (rule.certain, self.hits(rule, state)))
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
                        .any(|rule| rule.certain && self.hits(rule, state).surely)
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

impl Machine<'_> {
    /// The live bits of `span`, word by word, each with its place among the masks.
    fn live<'s>(
        &self,
        span: Span,
        state: &'s [u64],
    ) -> impl Iterator<Item = (usize, u64)> + use<'s> {
        span.words()
            .map(|(word, mask)| (word, state.get(word + 1).map_or(0, |bits| bits & mask)))
    }

    fn any(&self, span: Span, state: &[u64], mask: &[u64]) -> bool {
        self.live(span, state)
            .any(|(word, live)| live & word_of(mask, word) != 0)
    }

    fn future(&self, rule: &SpanRule, state: &[u64]) -> Future {
        let (mut alive, mut alive_surely, mut saturated, mut saturated_surely) = (0, 0, 0, 0);
        for (word, live) in self.live(rule.span, state) {
            let sure = word_of(&self.sure, word);
            let full = live & word_of(&self.full, word);
            alive |= live;
            alive_surely |= live & sure;
            saturated |= full;
            saturated_surely |= full & sure;
        }
        let (alive, alive_surely) = (alive != 0, alive_surely != 0);
        let (saturated, saturated_surely) = (saturated != 0, saturated_surely != 0);
        let (surely, possibly, never, never_surely) = if rule.negated {
            (!alive, !alive_surely, saturated_surely, saturated)
        } else {
            let possibly = saturated || rule.always_possible;
            (
                saturated_surely,
                possibly,
                !alive && !rule.always_possible,
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

    fn hits(&self, rule: &SpanRule, state: &[u64]) -> Hit {
        let (mut any, mut sure) = (0, 0);
        for (word, live) in self.live(rule.span, state) {
            let ended = live & word_of(&self.ends, word);
            any |= ended;
            sure |= ended & word_of(&self.sure, word);
        }
        let (any, sure) = (any != 0, sure != 0);
        if rule.negated {
            Hit {
                surely: !any,
                possibly: !sure,
            }
        } else {
            Hit {
                surely: sure,
                possibly: any || rule.always_possible,
            }
        }
    }

    /// Once one pattern is saturated, the others of the list that could say no more are cleared.
    fn saturate(&self, rule: &SpanRule, state: &mut [u64], future: Future) {
        if !future.saturated {
            return;
        }
        let mut kept = false;
        for (word, mask) in rule.span.words() {
            let sure = word_of(&self.sure, word);
            let cleared = if future.saturated_surely {
                mask
            } else {
                mask & !sure
            };
            let speaks = if future.saturated_surely { sure } else { !sure };
            let full = mask & speaks & word_of(&self.full, word);
            if let Some(bits) = state.get_mut(word + 1) {
                let first = if kept { 0 } else { *bits & full };
                let first = first & first.wrapping_neg();
                kept |= first != 0;
                *bits = (*bits & !cleared) | first;
            }
        }
    }
}

impl SpanLayer {
    fn clear(&self, state: &mut [u64]) {
        for rule in &self.rules {
            rule.span.clear(state);
        }
    }
}

impl Span {
    fn clear(self, state: &mut [u64]) {
        for (word, mask) in self.words() {
            if let Some(bits) = state.get_mut(word + 1) {
                *bits &= !mask;
            }
        }
    }

    /// The words that hold this span, each with its mask.
    fn words(self) -> impl Iterator<Item = (usize, u64)> {
        let Self { from, to } = self;
        (from / 64..to.div_ceil(64)).map(move |word| {
            let low = from.max(word * 64) - word * 64;
            let high = to.min((word + 1) * 64) - word * 64;
            let below_high = if high == 64 {
                u64::MAX
            } else {
                (1 << high) - 1
            };
            (word, below_high & (u64::MAX << low))
        })
    }
}

/// The states found so far, in the order in which they were.
struct Known {
    stride: usize,
    arena: Vec<u64>,
    /// The hash of each state and its place in the arena.
    places: HashTable<(u64, usize)>,
}

impl Known {
    fn of(stride: usize) -> Self {
        Self {
            stride,
            arena: Vec::with_capacity(64 * stride),
            places: HashTable::with_capacity(64),
        }
    }

    /// Copies the state found at `place`; false if there are fewer.
    fn copy(&self, place: usize, into: &mut [u64]) -> bool {
        match state_at(&self.arena, self.stride, place) {
            Some(state) => {
                into.copy_from_slice(state);
                true
            }
            None => false,
        }
    }

    /// True if the state is new.
    fn insert(&mut self, state: &[u64]) -> bool {
        let (arena, stride) = (&self.arena, self.stride);
        // The same seed always, and the order of the table is never used.
        let hash = FixedState::default().hash_one(state);
        let same = |(of, place): &(u64, usize)| {
            *of == hash && state_at(arena, stride, *place) == Some(state)
        };
        if self.places.find(hash, same).is_some() {
            return false;
        }
        let place = arena.len() / stride;
        self.places
            .insert_unique(hash, (hash, place), |(hash, _)| *hash);
        self.arena.extend_from_slice(state);
        true
    }
}

fn state_at(arena: &[u64], stride: usize, place: usize) -> Option<&[u64]> {
    arena.get(place * stride..(place + 1) * stride)
}

fn word_of(mask: &[u64], word: usize) -> u64 {
    mask.get(word).copied().unwrap_or(0)
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

/// The characters that patterns name, and unnamed ones: for each class one, and those that the
/// universe itself spells out. Unnamed ones come first: a witness that avoids every named
/// character is the plainest.
fn alphabet(universe: &Universe, literals: &[char]) -> Vec<Symbol> {
    let is_free = |character: &char| literals.binary_search(character).is_err();
    let representatives = CLASSES
        .iter()
        .filter_map(|class| class.chars().find(is_free));
    let spelt = universe.infix().chars().filter(is_free);
    let unnamed = representatives.chain(spelt).map(|character| Symbol {
        character,
        named: false,
    });
    let named = literals.iter().map(|character| Symbol {
        character: *character,
        named: true,
    });
    unnamed.chain(named).collect()
}
