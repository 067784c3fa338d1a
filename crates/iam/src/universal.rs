//! One action over a whole universe: granted on all members, on some, on none.
//!
//! A role and a [`Question`] enter; *must* (whatever the request context) and *may* (in some
//! context) leave, each all, some or none, with a witness for every class that occurs. Exact in
//! the resource dimension. In the context dimension must is a lower and may an upper bound:
//! complementary conditions are not joined, and unrelated contradictions count as satisfiable.

use serde::Serialize;

use crate::context::Context;
use crate::fit::meets;
use crate::gather::{Clause, Gathered, gather};
use crate::glob::{Reading, Token, tokenize};
use crate::point::merge_keys;
use crate::role::{Layer, MissingPolicy, Role, StatementRef};
use crate::solve::{Atom, DEFAULT_STATE_CAP, Goal, Outcome, Problem, hits_some, solve};
use crate::universe::Universe;

/// How much of a universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// No member.
    None,
    /// At least one member, and not all.
    Some,
    /// Every member.
    All,
}

/// An action over a universe.
#[derive(Debug, Clone)]
pub struct Question {
    /// The action, such as `s3:GetObject`. Letter case is ignored.
    pub action: String,
    /// The resources asked about.
    pub universe: Universe,
    /// ARN patterns whose members are taken out of the universe first.
    pub outside: Vec<String>,
    /// States after which the exact decision is given up. Default [`DEFAULT_STATE_CAP`].
    pub state_cap: usize,
}

impl Question {
    /// `action` over the whole of `universe`.
    pub fn new(action: &str, universe: Universe) -> Self {
        Self {
            action: action.to_owned(),
            universe,
            outside: Vec::new(),
            state_cap: DEFAULT_STATE_CAP,
        }
    }

    /// The same question about what lies outside `patterns`.
    #[must_use]
    pub fn outside<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.outside = patterns.into_iter().map(Into::into).collect();
        self
    }
}

/// A member of each class that occurs in the universe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Witnesses {
    /// Granted whatever the context.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<String>,
    /// Granted in some contexts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conditional: Option<String>,
    /// Not granted in any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny: Option<String>,
}

/// How an answer was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The answer is exact.
    Exact,
    /// Not decided within this many states. `must` is then what is surely granted at least, `may`
    /// what may be granted at most.
    StateCap(usize),
}

/// The answer over a universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Universal {
    /// Granted whatever the context.
    pub must: Extent,
    /// Granted in some context.
    pub may: Extent,
    /// A member of each class that was found.
    pub witness: Witnesses,
    /// Whether the answer is exact.
    pub decision: Decision,
    /// States walked; 0 when classification settled it.
    pub states: usize,
    /// The statements that touch the universe, Allows first.
    pub decided_by: Vec<StatementRef>,
    /// The context keys on which those hang.
    pub open_conditions: Vec<String>,
    /// Attached policies that were not read.
    pub missing: Vec<MissingPolicy>,
    /// Whether no content of the missing policies could change the answer.
    pub settled: bool,
}

impl Role {
    /// Answers a universal question. An empty rest of the universe is granted to nobody: none.
    pub fn universal(&self, question: &Question) -> Universal {
        let context = self.context_for(&question.universe);
        let gathered = gather(self, &question.action, &context);
        let outside = Outside::parse(&question.outside);
        let problem = problem(&gathered, question, &outside);
        let outcome = solve(&problem, question.state_cap, Goal::Classes);
        let (must, may) = extents(&outcome);
        let settled = gathered.missing.is_empty()
            || (may == Extent::None
                && outcome.complete
                && (!gathered.misses_identity()
                    || ceiling_alone_is_none(&gathered, question, &outside)));
        let touching: Vec<&Clause<'_>> = gathered
            .clauses()
            .filter(|clause| touches(clause, &question.universe))
            .collect();
        Universal {
            must,
            may,
            decision: if outcome.complete {
                Decision::Exact
            } else {
                Decision::StateCap(outcome.states)
            },
            states: outcome.states,
            decided_by: touching.iter().map(|clause| clause.reference()).collect(),
            open_conditions: merge_keys(touching.iter().copied(), &context),
            witness: Witnesses {
                allow: outcome.allow,
                conditional: outcome.conditional,
                deny: outcome.deny,
            },
            missing: gathered.missing,
            settled,
        }
    }

    /// The role's context, with what the universe adds: the owner of the resources, where that is
    /// one account. It is added only to a context that speaks of accounts at all.
    pub(crate) fn context_for(&self, universe: &Universe) -> Context {
        match universe.own_account() {
            Some(account)
                if self.context.states("aws:PrincipalAccount")
                    && !self.context.states("aws:ResourceAccount") =>
            {
                self.context.clone().with("aws:ResourceAccount", [account])
            }
            _ => self.context.clone(),
        }
    }
}

/// Patterns that are taken out of a universe, kept alive for the solver.
pub(crate) struct Outside(Vec<Vec<Token>>);

impl Outside {
    pub(crate) fn parse(patterns: &[String]) -> Self {
        Self(
            patterns
                .iter()
                .map(|pattern| tokenize(pattern, false).0)
                .collect(),
        )
    }

    /// Narrow: what is not surely inside the list stays in the question.
    pub(crate) fn atoms(&self) -> Vec<Atom<'_>> {
        self.0
            .iter()
            .map(|tokens| Atom {
                tokens,
                reading: Reading::Narrow,
                sure: true,
            })
            .collect()
    }
}

fn problem<'p>(
    gathered: &'p Gathered<'_>,
    question: &'p Question,
    outside: &'p Outside,
) -> Problem<'p> {
    Problem {
        universe: &question.universe,
        layers: gathered
            .layers
            .iter()
            .map(|layer| layer.allows.iter().map(Clause::rule).collect())
            .collect(),
        denies: gathered.denies.iter().map(Clause::rule).collect(),
        outside: outside.atoms(),
    }
}

/// Whether the layers that were read grant nothing even to a role whose own policies allow all.
fn ceiling_alone_is_none(gathered: &Gathered<'_>, question: &Question, outside: &Outside) -> bool {
    let mut problem = problem(gathered, question, outside);
    let ceilings = gathered
        .layers
        .iter()
        .zip(std::mem::take(&mut problem.layers));
    problem.layers = ceilings
        .filter(|(layer, _)| layer.layer != Layer::Identity)
        .map(|(_, rules)| rules)
        .collect();
    let outcome = solve(&problem, question.state_cap, Goal::Granted);
    outcome.complete && extents(&outcome).1 == Extent::None
}

/// Must and may of an outcome; sound bounds if it is incomplete.
pub(crate) fn extents(outcome: &Outcome) -> (Extent, Extent) {
    let (allow, conditional, deny) = (
        outcome.allow.is_some(),
        outcome.conditional.is_some(),
        outcome.deny.is_some(),
    );
    let must = match (allow, conditional || deny || !outcome.complete) {
        (false, _) => Extent::None,
        (true, true) => Extent::Some,
        (true, false) => Extent::All,
    };
    let may = match (allow || conditional || !outcome.complete, deny) {
        (false, _) => Extent::None,
        (true, true) => Extent::Some,
        (true, false) => Extent::All,
    };
    (must, may)
}

/// Whether a clause hits some member of the universe, if its condition holds.
pub(crate) fn touches(clause: &Clause<'_>, universe: &Universe) -> bool {
    if clause.negated {
        return hits_some(universe, clause.rule());
    }
    clause
        .patterns
        .iter()
        .any(|pattern| meets(universe, &pattern.atom()))
}

/// A text in the language of a pattern.
pub(crate) fn plainest(tokens: &[Token]) -> String {
    let characters = tokens.iter().map(|token| match token {
        Token::Literal(character) => *character,
        Token::One { .. } | Token::Many { .. } | Token::Variable(_) => 'a',
    });
    characters.collect()
}
