//! From what a role holds to the words of a control: is this action granted without scope?
//!
//! A role and a question enter; not granted, scoped, cancelled, unscoped (outright, under a
//! condition, or with exceptions) or undecided leaves, with the statements to quote. The rule:
//! the Allow side of all layers, conditions that do not limit the resource taken as met, must
//! cover the whole universe to be unscoped; a Deny cancels only what it surely denies entirely;
//! a Deny of some named resources, or under a condition, mitigates and does not scope.
//! Deliberately absent: whether a pattern happens to cover most of an account; callers count
//! that with [`crate::Role::reachable`].

use serde::Serialize;

use crate::context::Context;
use crate::fit::meets;
use crate::gather::{Clause, Gathered, GatheredLayer, gather};
use crate::point::{Grant, grant, merge_keys};
use crate::role::{Layer, MissingPolicy, Role, StatementRef};
use crate::solve::{Goal, Outcome, Problem, Rule, hits, solve};
use crate::universal::{Extent, Outside, Question, extents, plainest, touches};
use crate::universe::Universe;

/// Whether an action is granted without scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Scope {
    /// No identity policy allows the action on any resource of the universe.
    NotGranted,
    /// Granted on a part of the universe only.
    Scoped {
        /// What the Allows reach, before other layers and Denies cut it.
        reach: Vec<Reach>,
        /// The Denies that cut it further.
        denies: Vec<StatementRef>,
    },
    /// Allowed, and then taken away entirely.
    Cancelled {
        /// The Denies that do it.
        denies: Vec<StatementRef>,
        /// The layers in which nothing allows it.
        layers: Vec<Layer>,
    },
    /// Granted on every resource, whatever the context.
    Unscoped(OpenGrant),
    /// Granted on every resource while a condition holds that does not limit the resource.
    UnscopedConditional(OpenGrant),
    /// Granted on every resource but for Denies of some, or under a condition.
    UnscopedExcept(OpenGrant),
    /// The policies that were read do not decide it.
    Undecided {
        /// Attached policies that were not read and could change the verdict.
        missing: Vec<MissingPolicy>,
        /// States after which the exact decision was given up.
        state_cap: Option<usize>,
        /// The verdict that the policies that were read give by themselves.
        so_far: Option<Box<Scope>>,
    },
}

/// A grant that covers the whole universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenGrant {
    /// The Allows that cover it; those that do so alone, if there are any.
    pub statements: Vec<StatementRef>,
    /// The context keys left open.
    pub open_conditions: Vec<String>,
    /// For `iam:PassRole`: the services a role may be passed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_to: Option<PassedTo>,
    /// Denies that take some resources or contexts away.
    pub mitigations: Vec<StatementRef>,
    /// Some resource that is reached.
    pub witness: Option<String>,
    /// An Allow with `NotResource` takes part.
    pub not_resource: bool,
    /// A policy variable takes part in the cover.
    pub policy_variable: bool,
    /// Identity policies that were not read; they cannot narrow what another one grants.
    pub missing: Vec<MissingPolicy>,
}

/// The services to which `iam:PassRole` is limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PassedTo {
    /// Any service: no positive condition on `iam:PassedToService` covers the grant.
    AnyService,
    /// Only services that match one of these values.
    Services(Vec<String>),
}

/// One entry of an Allow that reaches into the universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The resource pattern as written; `*` for an Allow with `NotResource`.
    pub pattern: String,
    /// The exceptions of an Allow with `NotResource`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
    /// The pattern holds a wildcard.
    pub wildcard: bool,
    /// The condition keys of variables in the pattern.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<String>,
    /// The statement's condition limits which resource is reached.
    pub resource_condition: bool,
    /// The context keys on which the statement hangs.
    pub open_conditions: Vec<String>,
    /// For `iam:PassRole`: the services a role may be passed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_to: Option<PassedTo>,
    /// The entry.
    pub statement: StatementRef,
}

impl Scope {
    /// Whether the grant is unscoped in any of the three ways.
    pub fn is_unscoped(&self) -> bool {
        self.open_grant().is_some()
    }

    /// The grant, if it is unscoped in any of the three ways.
    pub fn open_grant(&self) -> Option<&OpenGrant> {
        match self {
            Self::Unscoped(grant)
            | Self::UnscopedConditional(grant)
            | Self::UnscopedExcept(grant) => Some(grant),
            _ => None,
        }
    }
}

impl Role {
    /// Whether the role holds the action of `question` without scope.
    pub fn scope(&self, question: &Question) -> Scope {
        self.with_judge(question, |judge| judge.scope())
    }

    /// Whether the role holds the action of `question` without scope: [`Role::scope`] without what it
    /// reaches. `None` if the policies that were read do not decide it.
    pub fn is_unscoped(&self, question: &Question) -> Option<bool> {
        self.with_judge(question, |judge| {
            let ceiling = judge.solve(judge.ceiling(|_| true), Vec::new(), Goal::Denied);
            if ceiling.deny.is_some() && judge.gathered.missing.is_empty() {
                return Some(false);
            }
            match judge.scope() {
                Scope::Undecided { .. } => None,
                scope => Some(scope.is_unscoped()),
            }
        })
    }

    fn with_judge<R>(&self, question: &Question, with: impl FnOnce(&Judge<'_, '_>) -> R) -> R {
        let context = self.context_for(&question.universe);
        let gathered = gather(self, &question.action, &context);
        with(&Judge {
            gathered: &gathered,
            question,
            context: &context,
            outside: Outside::parse(&question.outside),
        })
    }
}

impl Role {
    /// How much of each of `buckets` (names) `action` reaches, in order: all of its objects, some
    /// (a prefix, or keys that happen to hold a word), or none.
    ///
    /// As in a verdict, a condition that limits the resource does not count as reaching, any
    /// other is taken as met, and sure Denies are subtracted.
    pub fn reached_buckets<'a>(
        &self,
        action: &str,
        buckets: impl IntoIterator<Item = &'a str>,
    ) -> Vec<Extent> {
        let gathered = gather(self, action, &self.context);
        buckets
            .into_iter()
            .map(|bucket| {
                let universe = Universe::objects_under(&self.arn, bucket, "");
                let judge = Judge {
                    gathered: &gathered,
                    question: &Question::new(action, universe),
                    context: &self.context,
                    outside: Outside::parse(&[]),
                };
                extents(&judge.left(Goal::Classes)).0
            })
            .collect()
    }
}

struct Judge<'j, 'r> {
    gathered: &'j Gathered<'r>,
    question: &'j Question,
    context: &'j Context,
    outside: Outside,
}

impl<'r> Judge<'_, 'r> {
    /// What the policies that were read say, as far as what was not read leaves it.
    fn scope(&self) -> Scope {
        let known = self.verdict();
        let undecided = |missing: Vec<MissingPolicy>, known| Scope::Undecided {
            missing,
            state_cap: None,
            so_far: Some(Box::new(known)),
        };
        let ceilings = self
            .gathered
            .missing
            .iter()
            .filter(|missing| missing.layer != Layer::Identity);
        match &known {
            Scope::Undecided { .. } => known,
            _ if known.is_unscoped() => {
                // Another identity policy could only cancel this by an outright Deny; a known
                // failure is not excused by what was not read. A ceiling is different: most
                // roles that have one are bounded by it.
                if self.gathered.misses_ceiling() {
                    undecided(ceilings.cloned().collect(), known)
                } else {
                    known
                }
            }
            _ => {
                if self.gathered.misses_identity() && self.ceilings_are_open() {
                    undecided(self.gathered.missing.clone(), known)
                } else {
                    known
                }
            }
        }
    }

    fn verdict(&self) -> Scope {
        let universe = &self.question.universe;
        let grants: Vec<&Clause<'r>> = self
            .gathered
            .identity()
            .iter()
            .filter(|clause| touches(clause, universe))
            .collect();
        if grants.is_empty() {
            return Scope::NotGranted;
        }
        let ceiling = self.solve(self.ceiling(|_| true), Vec::new(), Goal::Denied);
        if ceiling.deny.is_some() || (ceiling.complete && ceiling.allow.is_none()) {
            return self.scoped(&grants);
        }
        if !ceiling.complete {
            return self.capped(&ceiling);
        }
        let left = self.left(Goal::Granted);
        if left.complete && extents(&left).1 == Extent::None {
            return self.cancelled();
        }
        if !left.complete && left.allow.is_none() && left.conditional.is_none() {
            return self.capped(&left);
        }
        self.unscoped(&grants, left)
    }

    /// The ceiling after the sure Denies.
    fn left(&self, goal: Goal) -> Outcome {
        let sure_denies = self
            .gathered
            .denies
            .iter()
            .filter(|clause| clause.certain && !clause.negated)
            .map(Clause::rule)
            .collect();
        self.solve(self.ceiling(|_| true), sure_denies, goal)
    }

    fn capped(&self, outcome: &Outcome) -> Scope {
        Scope::Undecided {
            missing: self.gathered.missing.clone(),
            state_cap: Some(outcome.states),
            so_far: None,
        }
    }

    /// Not the whole universe: some of it, or nothing is left.
    fn scoped(&self, grants: &[&Clause<'r>]) -> Scope {
        if !self.reaches_plainly(grants) {
            let exact = self.solve(self.layers(), self.denies(), Goal::Granted);
            if exact.complete && extents(&exact).1 == Extent::None {
                return self.cancelled();
            }
        }
        Scope::Scoped {
            reach: grants
                .iter()
                .flat_map(|clause| self.reach(clause))
                .collect(),
            denies: self.touching_denies(),
        }
    }

    /// Whether the plainest member of some allowed pattern is granted: then something is.
    fn reaches_plainly(&self, grants: &[&Clause<'r>]) -> bool {
        let mut patterns = grants.iter().flat_map(|clause| &clause.patterns);
        patterns.any(|pattern| {
            let member = plainest(&pattern.tokens);
            self.question.universe.contains(&member)
                && !hits(self.outside.atoms().into_iter(), false, &member).1
                && grant(self.gathered, &member) != Grant::Deny
        })
    }

    fn cancelled(&self) -> Scope {
        let universe = &self.question.universe;
        Scope::Cancelled {
            denies: self
                .gathered
                .denies
                .iter()
                .filter(|clause| clause.certain && touches(clause, universe))
                .map(Clause::reference)
                .collect(),
            layers: self
                .gathered
                .layers
                .iter()
                .filter(|layer| !layer.allows.iter().any(|clause| touches(clause, universe)))
                .map(|layer| layer.layer)
                .collect(),
        }
    }

    fn unscoped(&self, grants: &[&Clause<'r>], left: Outcome) -> Scope {
        let open: Vec<&Clause<'r>> = grants
            .iter()
            .copied()
            .filter(|clause| !clause.statement.condition.limits_resource())
            .collect();
        let alone: Vec<&Clause<'r>> = open
            .iter()
            .copied()
            .filter(|clause| self.covers(vec![vec![clause.rule_as_met()]]))
            .collect();
        let statements = if alone.is_empty() { open } else { alone };
        let mitigations = self.touching_denies();
        let exact = self.solve(self.layers(), self.denies(), Goal::Classes);
        let must = extents(&exact).0;
        let grant = OpenGrant {
            open_conditions: merge_keys(
                statements.iter().copied().chain(self.open_ceilings()),
                self.context,
            ),
            passed_to: self.passed_to(&statements),
            not_resource: statements.iter().any(|clause| clause.negated),
            policy_variable: statements
                .iter()
                .any(|clause| clause.patterns.iter().any(|pattern| !pattern.sure)),
            statements: statements.iter().map(|clause| clause.reference()).collect(),
            witness: left.allow.or(left.conditional),
            missing: self.gathered.missing.clone(),
            mitigations,
        };
        if !grant.mitigations.is_empty() {
            Scope::UnscopedExcept(grant)
        } else if must == Extent::All && exact.complete {
            Scope::Unscoped(grant)
        } else {
            Scope::UnscopedConditional(grant)
        }
    }

    /// The Allows of ceilings that do not surely allow everything: their keys are open too.
    fn open_ceilings(&self) -> Vec<&Clause<'r>> {
        let surely_open = |layer: &GatheredLayer<'r>| {
            let rules = layer.allows.iter().map(Clause::rule).collect();
            self.covers(vec![rules])
        };
        self.gathered
            .layers
            .iter()
            .filter(|layer| layer.layer != Layer::Identity && !surely_open(layer))
            .flat_map(|layer| &layer.allows)
            .filter(|clause| touches(clause, &self.question.universe))
            .collect()
    }

    /// Whether the known ceilings would leave an open grant open.
    fn ceilings_are_open(&self) -> bool {
        let layers = self.ceiling(|layer| layer.layer != Layer::Identity);
        let outcome = self.solve(layers, Vec::new(), Goal::Denied);
        outcome.deny.is_none() && (outcome.allow.is_some() || !outcome.complete)
    }

    fn passed_to(&self, statements: &[&Clause<'r>]) -> Option<PassedTo> {
        if !self.question.action.eq_ignore_ascii_case("iam:PassRole") {
            return None;
        }
        let free = self.ceiling_of(|_| true, |clause| passed_services(clause).is_none());
        if self.covers(free) {
            return Some(PassedTo::AnyService);
        }
        let mut services: Vec<String> = statements
            .iter()
            .copied()
            .chain(self.open_ceilings())
            .filter_map(passed_services)
            .flatten()
            .cloned()
            .collect();
        services.sort_unstable();
        services.dedup();
        Some(PassedTo::Services(services))
    }

    /// Whether these layers surely grant every member.
    fn covers(&self, layers: Vec<Vec<Rule<'_>>>) -> bool {
        let outcome = self.solve(layers, Vec::new(), Goal::Denied);
        outcome.complete && extents(&outcome).0 == Extent::All
    }

    fn touching_denies(&self) -> Vec<StatementRef> {
        self.gathered
            .denies
            .iter()
            .filter(|clause| touches(clause, &self.question.universe))
            .map(Clause::reference)
            .collect()
    }

    fn reach(&self, clause: &Clause<'r>) -> Vec<Reach> {
        let condition = &clause.statement.condition;
        let open_conditions = clause.open_keys(self.context);
        let resource_condition = condition.limits_resource();
        let passed_to = self
            .question
            .action
            .eq_ignore_ascii_case("iam:PassRole")
            .then(|| match condition.passed_to_services() {
                Some(services) => PassedTo::Services(services.to_vec()),
                None => PassedTo::AnyService,
            });
        if clause.negated {
            return vec![Reach {
                pattern: "*".to_owned(),
                except: clause
                    .patterns
                    .iter()
                    .map(|pattern| pattern.source.text.clone())
                    .collect(),
                wildcard: true,
                variables: Vec::new(),
                resource_condition,
                open_conditions,
                passed_to,
                statement: clause.reference(),
            }];
        }
        clause
            .patterns
            .iter()
            .filter(|pattern| meets(&self.question.universe, &pattern.atom()))
            .map(|pattern| Reach {
                pattern: pattern.source.text.clone(),
                except: Vec::new(),
                wildcard: pattern.source.has_wildcard(),
                variables: pattern
                    .source
                    .variables
                    .iter()
                    .map(|variable| variable.key.clone())
                    .collect(),
                resource_condition,
                open_conditions: open_conditions.clone(),
                passed_to: passed_to.clone(),
                statement: clause.entry_reference(pattern.entry),
            })
            .collect()
    }

    fn layers(&self) -> Vec<Vec<Rule<'_>>> {
        self.gathered
            .layers
            .iter()
            .map(|layer| layer.allows.iter().map(Clause::rule).collect())
            .collect()
    }

    fn denies(&self) -> Vec<Rule<'_>> {
        self.gathered.denies.iter().map(Clause::rule).collect()
    }

    fn ceiling(&self, layers: impl Fn(&GatheredLayer<'r>) -> bool) -> Vec<Vec<Rule<'_>>> {
        self.ceiling_of(layers, |_| true)
    }

    /// The Allow side with conditions met, without what limits the resource. A sure Deny with
    /// `NotResource` is an allow-list, so it counts as one more layer.
    fn ceiling_of(
        &self,
        layers: impl Fn(&GatheredLayer<'r>) -> bool,
        clauses: impl Fn(&Clause<'r>) -> bool,
    ) -> Vec<Vec<Rule<'_>>> {
        let allows = self
            .gathered
            .layers
            .iter()
            .filter(|layer| layers(layer))
            .map(|layer| {
                layer
                    .allows
                    .iter()
                    .filter(|clause| !clause.statement.condition.limits_resource())
                    .filter(|clause| clauses(clause))
                    .map(Clause::rule_as_met)
                    .collect()
            });
        let lists = self
            .gathered
            .denies
            .iter()
            .filter(|clause| clause.is_allow_list())
            .map(|clause| {
                let atoms = clause
                    .patterns
                    .iter()
                    .map(|pattern| pattern.atom().as_sure());
                vec![Rule {
                    certain: true,
                    negated: false,
                    atoms: atoms.collect(),
                }]
            });
        allows.chain(lists).collect()
    }

    fn solve(&self, layers: Vec<Vec<Rule<'_>>>, denies: Vec<Rule<'_>>, goal: Goal) -> Outcome {
        let problem = Problem {
            universe: &self.question.universe,
            layers,
            denies,
            outside: self.outside.atoms(),
        };
        solve(&problem, self.question.state_cap, goal)
    }
}

/// The services to which the clause limits a passed role.
fn passed_services<'c>(clause: &'c Clause<'_>) -> Option<&'c [String]> {
    clause.statement.condition.passed_to_services()
}
