//! The exact answer over a whole universe: granted always, sometimes or never, for which members.
//!
//! Rules (the resource side of statements, conditions already reduced to certain or open) enter;
//! one member of every class that occurs leaves. Method: classify each pattern against the
//! universe; if that does not settle it, walk the product of the universe's automaton with all
//! remaining patterns as one bit vector, breadth first, so the first member found is a shortest.
//! What can no longer change an answer is cleared from the vector (*absorption*), which is what
//! keeps unions of many patterns small. Deliberately absent: guesses. Past the cap of states the
//! outcome says that it is incomplete, and what was found is still sound.

use crate::fit::{Fit, Residue, fit};
use crate::glob::{Reading, Token, tokens_match};
use crate::product::Machine;
use crate::universe::Universe;

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

impl Atom<'_> {
    /// The same pattern, its unknown parts taken as matching.
    pub(crate) fn as_sure(self) -> Self {
        Self { sure: true, ..self }
    }
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
pub(crate) enum Class {
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

    pub(crate) fn slot(&mut self, class: Class) -> &mut Option<String> {
        match class {
            Class::Allow => &mut self.allow,
            Class::Conditional => &mut self.conditional,
            Class::Deny => &mut self.deny,
        }
    }

    pub(crate) fn has(&self, class: Class) -> bool {
        match class {
            Class::Allow => self.allow.is_some(),
            Class::Conditional => self.conditional.is_some(),
            Class::Deny => self.deny.is_some(),
        }
    }
}

/// What the asker wants to know; the walk ends as soon as that is clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// Every class that occurs.
    Classes,
    /// Whether any member is granted in some context.
    Granted,
    /// Whether any member is denied in every context.
    Denied,
}

/// Answers `problem`, walking at most `cap` states.
pub(crate) fn solve(problem: &Problem<'_>, cap: usize, goal: Goal) -> Outcome {
    if let Some(outcome) = problem.sampled(goal) {
        return outcome;
    }
    match reduce(problem) {
        Reduced::Settled(outcome) => outcome,
        Reduced::Open(plan) => Machine::new(problem.universe, plan).walk(cap, goal),
    }
}

impl Problem<'_> {
    /// The answer, if one member picked blindly already gives it.
    fn sampled(&self, goal: Goal) -> Option<Outcome> {
        if goal == Goal::Classes {
            return None;
        }
        let sample = self.universe.sample();
        if hits(self.outside.iter().copied(), false, &sample).1 {
            return None;
        }
        let allowed = self
            .layers
            .iter()
            .all(|rules| rules.iter().any(|rule| rule.hits(&sample).1));
        let denied = self.denies.iter().any(|rule| rule.hits(&sample).0);
        let class = match (allowed && !denied, goal) {
            (true, Goal::Granted) => Class::Conditional,
            (false, Goal::Denied) => Class::Deny,
            _ => return None,
        };
        Some(Outcome::everything_is(class, self.universe))
    }
}

impl Rule<'_> {
    fn hits(&self, resource: &str) -> (bool, bool) {
        let (surely, possibly) = hits(self.atoms.iter().copied(), self.negated, resource);
        (self.certain && surely, possibly)
    }
}

/// Whether a list of patterns hits one resource: surely and possibly.
pub(crate) fn hits<'p>(
    atoms: impl Iterator<Item = Atom<'p>>,
    negated: bool,
    resource: &str,
) -> (bool, bool) {
    let mut any = false;
    let mut sure = false;
    for atom in atoms {
        if tokens_match(atom.tokens, resource, atom.reading) {
            any = true;
            if atom.sure {
                sure = true;
                break;
            }
        }
    }
    if negated { (!any, !sure) } else { (sure, any) }
}

/// Whether `rule` hits some member, if its condition holds. A walk that is cut off says yes.
pub(crate) fn hits_some(universe: &Universe, rule: Rule<'_>) -> bool {
    let outcome = one_rule(universe, rule, Goal::Granted);
    outcome.allow.is_some() || outcome.conditional.is_some() || !outcome.complete
}

/// Whether `rule` surely hits every member, if its condition holds.
pub(crate) fn hits_all(universe: &Universe, mut rule: Rule<'_>) -> bool {
    rule.certain = true;
    let outcome = one_rule(universe, rule, Goal::Denied);
    outcome.complete && outcome.deny.is_none() && outcome.conditional.is_none()
}

fn one_rule(universe: &Universe, rule: Rule<'_>, goal: Goal) -> Outcome {
    let problem = Problem {
        universe,
        layers: vec![vec![rule]],
        denies: Vec::new(),
        outside: Vec::new(),
    };
    solve(&problem, DEFAULT_STATE_CAP, goal)
}

/// A rule after classification: only undecided patterns are left.
#[derive(Debug)]
pub(crate) struct LeanRule {
    pub(crate) certain: bool,
    pub(crate) negated: bool,
    /// Hits every member, if its condition holds.
    pub(crate) always_certain: bool,
    /// May hit every member.
    pub(crate) always_possible: bool,
    pub(crate) atoms: Vec<(Residue, bool)>,
}

#[derive(Debug, Default)]
pub(crate) struct LeanLayer {
    pub(crate) always_possible: bool,
    pub(crate) rules: Vec<LeanRule>,
}

impl LeanRule {
    /// Whether it may hit without surely hitting.
    fn is_open(&self) -> bool {
        !self.certain
            || self.always_possible != self.always_certain
            || self.atoms.iter().any(|(_, sure)| !sure)
    }
}

impl Plan {
    /// Whether some member can be granted in some contexts only.
    pub(crate) fn has_open_rules(&self) -> bool {
        self.must_dead
            || self.denies.iter().any(LeanRule::is_open)
            || self
                .layers
                .iter()
                .any(|layer| layer.always_possible || layer.rules.iter().any(LeanRule::is_open))
    }
}

/// What is left to walk.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) layers: Vec<LeanLayer>,
    pub(crate) denies: Vec<LeanRule>,
    pub(crate) outside: Vec<Residue>,
    pub(crate) must_dead: bool,
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
