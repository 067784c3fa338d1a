//! The exact answer over a whole universe: granted always, sometimes or never, for which members.
//!
//! Rules (the resource side of statements, conditions already reduced to certain or open) enter;
//! one member of every class that occurs leaves. Method: classify each pattern against the
//! universe; if that does not settle it, walk the product of the universe's automaton with all
//! remaining patterns as one bit vector, breadth first, so the first member found is a shortest.
//! What can no longer change an answer is cleared from the vector (*absorption*), which is what
//! keeps unions of many patterns small. Deliberately absent: guesses. Past the cap of states the
//! outcome says that it is incomplete, and what was found is still sound.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use crate::glob::{Loop, Reading, Shape, Token, accepts};
use crate::universe::{CLASSES, Universe};

/// States after which an exact decision is given up, unless a question says otherwise.
pub const DEFAULT_STATE_CAP: usize = 50_000;

/// One resource pattern of a rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Atom<'p> {
    pub(crate) tokens: &'p [Token],
    pub(crate) reading: Reading,
    /// False if the pattern stands for an unknown one inside it: a match is possible, never sure.
    pub(crate) sure: bool,
}

/// The resource side of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Rule<'p> {
    /// The condition surely holds; if false it may or may not.
    pub(crate) certain: bool,
    /// `NotResource`.
    pub(crate) negated: bool,
    pub(crate) atoms: Vec<Atom<'p>>,
}

/// A question over a universe: granted is allowed by some rule of every layer and denied by none.
#[derive(Debug)]
pub(crate) struct Problem<'p> {
    pub(crate) universe: &'p Universe,
    pub(crate) layers: Vec<Vec<Rule<'p>>>,
    pub(crate) denies: Vec<Rule<'p>>,
    /// Members that are taken out first.
    pub(crate) outside: Vec<Atom<'p>>,
}

/// A member of each class that occurs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Granted in every context.
    pub(crate) allow: Option<String>,
    /// Granted in some contexts.
    pub(crate) conditional: Option<String>,
    /// Granted in none.
    pub(crate) deny: Option<String>,
    /// States walked; 0 when classification settled it.
    pub(crate) states: usize,
    /// False if the cap was reached: other classes may occur too.
    pub(crate) complete: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Allow,
    Conditional,
    Deny,
}

impl Outcome {
    fn everything_is(class: Class, universe: &Universe) -> Self {
        let mut outcome = Self {
            complete: true,
            ..Self::default()
        };
        *outcome.slot(class) = Some(universe.sample());
        outcome
    }

    fn slot(&mut self, class: Class) -> &mut Option<String> {
        match class {
            Class::Allow => &mut self.allow,
            Class::Conditional => &mut self.conditional,
            Class::Deny => &mut self.deny,
        }
    }

    fn has(&self, class: Class) -> bool {
        match class {
            Class::Allow => self.allow.is_some(),
            Class::Conditional => self.conditional.is_some(),
            Class::Deny => self.deny.is_some(),
        }
    }

    fn has_all(&self) -> bool {
        self.allow.is_some() && self.conditional.is_some() && self.deny.is_some()
    }
}

/// Answers `problem`, walking at most `cap` states.
pub(crate) fn solve(problem: &Problem<'_>, cap: usize) -> Outcome {
    match reduce(problem) {
        Reduced::Settled(outcome) => outcome,
        Reduced::Open(plan) => Machine::new(problem.universe, plan).walk(cap),
    }
}

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
    shape: Shape,
    active: Vec<bool>,
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

/// A rule after classification: only undecided patterns are left.
#[derive(Debug)]
struct LeanRule {
    certain: bool,
    negated: bool,
    /// Hits every member, if its condition holds.
    always_certain: bool,
    /// May hit every member.
    always_possible: bool,
    atoms: Vec<(Residue, bool)>,
}

#[derive(Debug, Default)]
struct LeanLayer {
    always_possible: bool,
    rules: Vec<LeanRule>,
}

#[derive(Debug, Default)]
struct Plan {
    layers: Vec<LeanLayer>,
    denies: Vec<LeanRule>,
    outside: Vec<Residue>,
    must_dead: bool,
}

enum Reduced {
    Settled(Outcome),
    Open(Plan),
}

/// Classification and what follows from it alone.
fn reduce(problem: &Problem<'_>) -> Reduced {
    let universe = problem.universe;
    let mut plan = Plan::default();
    for atom in &problem.outside {
        match fit(universe, atom) {
            Fit::Covers => {
                return Reduced::Settled(Outcome {
                    complete: true,
                    ..Outcome::default()
                });
            }
            Fit::Disjoint => {}
            Fit::Partial(residue) => plan.outside.push(residue),
        }
    }
    let mut denied = false;
    for rule in &problem.denies {
        let Some(lean) = lean_rule(universe, rule) else {
            continue;
        };
        denied |= lean.certain && lean.always_certain;
        plan.must_dead |= lean.always_possible || lean.always_certain;
        plan.denies.push(lean);
    }
    for rules in &problem.layers {
        let mut layer = LeanLayer::default();
        let mut settled = false;
        for rule in rules {
            let Some(lean) = lean_rule(universe, rule) else {
                continue;
            };
            settled |= lean.certain && lean.always_certain;
            layer.always_possible |= lean.always_possible || lean.always_certain;
            layer.rules.push(lean);
        }
        if settled {
            continue;
        }
        denied |= layer.rules.is_empty();
        if layer.always_possible {
            layer.rules.retain(|rule| rule.certain);
        }
        plan.must_dead |= !layer.rules.iter().any(|rule| rule.certain);
        plan.layers.push(layer);
    }
    if denied {
        plan = Plan {
            outside: plan.outside,
            ..Plan::default()
        };
    }
    if plan.must_dead {
        plan.denies.retain(|rule| rule.certain);
        plan.layers.retain(|layer| !layer.always_possible);
    }
    let walk = !plan.outside.is_empty() || !plan.layers.is_empty() || !plan.denies.is_empty();
    let class = if denied {
        Class::Deny
    } else if plan.must_dead {
        Class::Conditional
    } else {
        Class::Allow
    };
    if !walk {
        return Reduced::Settled(Outcome::everything_is(class, universe));
    }
    if denied {
        // An empty layer allows nothing; only `outside` is left to walk around.
        plan.layers.push(LeanLayer::default());
    }
    Reduced::Open(plan)
}

/// `None` if the rule never hits.
fn lean_rule(universe: &Universe, rule: &Rule<'_>) -> Option<LeanRule> {
    let mut certain = rule.certain;
    let mut covered_surely = false;
    let mut covered_possibly = false;
    let mut atoms = Vec::new();
    for atom in &rule.atoms {
        match fit(universe, atom) {
            Fit::Covers if atom.sure => covered_surely = true,
            Fit::Covers => covered_possibly = true,
            Fit::Disjoint => {}
            Fit::Partial(residue) => atoms.push((residue, atom.sure)),
        }
    }
    if covered_possibly {
        atoms.retain(|(_, sure)| *sure);
    }
    let (always_certain, always_possible) = if rule.negated {
        if covered_surely {
            return None;
        }
        certain &= !covered_possibly;
        let free = atoms.is_empty();
        (free, free || !atoms.iter().any(|(_, sure)| *sure))
    } else {
        if !covered_surely && !covered_possibly && atoms.is_empty() {
            return None;
        }
        (covered_surely, covered_possibly || covered_surely)
    };
    Some(LeanRule {
        certain,
        negated: rule.negated,
        always_certain,
        always_possible,
        atoms,
    })
}

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
struct Machine<'u> {
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
}

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
    fn new(universe: &'u Universe, plan: Plan) -> Self {
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
        let symbols = alphabet(&literals)
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
        }
    }

    /// Breadth-first over the reachable states.
    fn walk(&self, cap: usize) -> Outcome {
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
                if outcome.has_all() {
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

/// The characters that patterns name, and for each class one that none names. Representatives
/// come first: a witness that avoids every named character is the plainest.
fn alphabet(literals: &[char]) -> Vec<(char, bool)> {
    let mut symbols: Vec<(char, bool)> = CLASSES
        .iter()
        .filter_map(|class| {
            class
                .chars()
                .find(|character| !literals.contains(character))
        })
        .map(|character| (character, false))
        .collect();
    symbols.extend(literals.iter().map(|character| (*character, true)));
    symbols
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
