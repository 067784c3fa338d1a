//! Is this role an administrator, or can it make itself one?
//!
//! A role enters; a rung of the ladder `full | escalatable | conditional | no` leaves, with the
//! shortest way up as evidence. *Full* means every action on every resource, decided over all
//! action names, so an exception for a service that does not exist excepts nothing.
//! *Escalatable* means that the role can lift itself there by IAM calls of its own. A boundary
//! holds both down unless it is as wide itself or the role can take it off. Deliberately absent:
//! escalation through other principals or services; that is what graphs over roles are for.

use serde::Serialize;

use crate::document::Document;
use crate::gather::{Clause, Gathered, gather};
use crate::glob::{Reading, Token, tokenize};
use crate::point::{Grant, grant, merge_keys};
use crate::role::{
    AttachedPolicy, Boundary, Layer, MissingPolicy, PolicyDocument, PolicyKind, Role, StatementRef,
};
use crate::services;
use crate::solve::{Atom, DEFAULT_STATE_CAP, Goal, Outcome, Problem, Rule, hits_all, solve};
use crate::statement::{Effect, Statement};
use crate::universal::{Extent, Outside, extents};
use crate::universe::Universe;

/// How near a role is to being an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ladder {
    /// Neither is nor can become one.
    No,
    /// Is or can become one in some request contexts.
    Conditional,
    /// Can make itself one.
    Escalatable,
    /// Every action on every resource.
    Full,
}

/// The answer, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Admin {
    /// The rung, counting every Deny.
    pub answer: Ladder,
    /// The rung, leaving out Denies under a condition and Denies of some resources only: such
    /// Denies mitigate an administrator, they do not make one less.
    pub apart_from_mitigations: Ladder,
    /// The shortest way up, when the role is not full already; if `answer` is `no`, the way that
    /// only mitigations bar.
    pub way_up: Option<WayUp>,
    /// The Allows that make the rung.
    pub decided_by: Vec<StatementRef>,
    /// The context keys on which it hangs.
    pub open_conditions: Vec<String>,
    /// The Denies left out of `apart_from_mitigations`, when it differs from `answer`.
    pub mitigations: Vec<StatementRef>,
    /// Without its boundary the role would be full or escalatable, and with it it is not.
    pub boundary_cancels: bool,
    /// How much of an administrator the role is short of being one.
    pub near: NearAdmin,
    /// Attached policies that were not read.
    pub missing: Vec<MissingPolicy>,
    /// Whether the policies that were read decide it: a missing ceiling leaves `full` and
    /// `escalatable` open, a missing identity policy leaves `no` and `conditional` open.
    pub settled: bool,
}

/// The calls by which a role becomes full, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayUp {
    /// The calls.
    pub steps: Vec<Step>,
    /// Whether every step is granted whatever the context.
    pub certain: bool,
}

/// One call on the way up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The action.
    pub action: &'static str,
    /// The resource it is called on.
    pub resource: String,
    /// What it gains.
    pub gains: &'static str,
}

/// Breadth of a role that is not on the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NearAdmin {
    /// Services of which every action is allowed on every resource, unconditionally, by an entry
    /// of their own such as `ec2:*`.
    pub whole_services: usize,
    /// Every action but some is allowed on every resource, unconditionally: `NotAction`.
    pub all_but_some: bool,
}

/// An action that no policy names: only `*` and `NotAction` reach it.
const FRESH_ACTION: &str = "fresh-service:freshaction";

impl Role {
    /// Where the role stands on the ladder.
    pub fn admin(&self) -> Admin {
        let strict = View::of(self, false).climb();
        let denies = View::of(self, false).mitigations();
        let open = if denies.is_empty() {
            strict.clone()
        } else {
            View::of(self, true).climb()
        };
        let unbounded = match &self.boundary {
            Boundary::None => None,
            _ => {
                let mut role = self.clone();
                role.boundary = Boundary::None;
                Some(View::of(&role, false).climb().rung)
            }
        };
        let gathered = gather(self, FRESH_ACTION, &self.context);
        let settled = if strict.rung >= Ladder::Escalatable {
            !gathered.misses_ceiling()
        } else {
            !gathered.misses_identity() || self.is_bounded_anyway()
        };
        let mitigations = if open.rung == strict.rung {
            Vec::new()
        } else {
            denies
        };
        let near = View::of(self, false).near(strict.rung);
        Admin {
            answer: strict.rung,
            apart_from_mitigations: open.rung.max(strict.rung),
            boundary_cancels: unbounded.is_some_and(|rung| {
                rung >= Ladder::Escalatable && strict.rung < Ladder::Escalatable
            }),
            way_up: strict.way_up.or(open.way_up),
            decided_by: if strict.rung == Ladder::No {
                open.decided_by
            } else {
                strict.decided_by
            },
            open_conditions: strict.open_conditions,
            mitigations,
            near,
            missing: gathered.missing,
            settled,
        }
    }

    /// Whether the ceilings that were read keep even a role that is allowed everything off the
    /// ladder.
    fn is_bounded_anyway(&self) -> bool {
        const EVERYTHING: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        let Ok(document) = Document::parse(EVERYTHING) else {
            return false;
        };
        let mut role = self.clone();
        role.identity
            .retain(|policy| matches!(policy.document, PolicyDocument::Parsed(_)));
        role.identity
            .push(AttachedPolicy::inline("everything", document));
        View::of(&role, false).climb().rung == Ladder::No
    }
}

#[derive(Clone)]
struct Climb {
    rung: Ladder,
    way_up: Option<WayUp>,
    decided_by: Vec<StatementRef>,
    open_conditions: Vec<String>,
}

/// A role with or without the Denies that only mitigate.
struct View<'r> {
    role: &'r Role,
    apart_from_mitigations: bool,
}

impl<'r> View<'r> {
    fn of(role: &'r Role, apart_from_mitigations: bool) -> Self {
        Self {
            role,
            apart_from_mitigations,
        }
    }

    fn gather(&self, action: &str) -> Gathered<'r> {
        let mut gathered = gather(self.role, action, &self.role.context);
        if self.apart_from_mitigations {
            gathered.denies.retain(|clause| clause.certain);
        }
        gathered
    }

    fn climb(&self) -> Climb {
        let fresh = self.gather(FRESH_ACTION);
        let (must, may) = self.every_action(&fresh);
        let everything: Vec<&Clause<'_>> = fresh
            .identity()
            .iter()
            .filter(|clause| self.covers_everything(clause))
            .collect();
        let references = || everything.iter().map(|clause| clause.reference()).collect();
        if must == Extent::All {
            return Climb {
                rung: Ladder::Full,
                way_up: None,
                decided_by: references(),
                open_conditions: Vec::new(),
            };
        }
        let ways = self.ways_up();
        if let Some(way) = ways.iter().find(|way| way.certain) {
            return Climb {
                rung: Ladder::Escalatable,
                decided_by: self.allows_of(way),
                open_conditions: Vec::new(),
                way_up: Some(way.clone()),
            };
        }
        if may == Extent::All {
            let keys = fresh.denies.iter().chain(everything.iter().copied());
            return Climb {
                rung: Ladder::Conditional,
                way_up: None,
                decided_by: references(),
                open_conditions: merge_keys(keys, &self.role.context),
            };
        }
        match ways.into_iter().next() {
            Some(way) => Climb {
                rung: Ladder::Conditional,
                decided_by: self.allows_of(&way),
                open_conditions: self.keys_of(&way),
                way_up: Some(way),
            },
            None => Climb {
                rung: Ladder::No,
                way_up: None,
                decided_by: Vec::new(),
                open_conditions: Vec::new(),
            },
        }
    }

    /// Whether every action is granted on every resource: the universal question asked of action
    /// names, about the statements that cover every resource.
    fn every_action(&self, fresh: &Gathered<'_>) -> (Extent, Extent) {
        let reaches_fresh = fresh.layers.iter().all(|layer| {
            layer
                .allows
                .iter()
                .any(|clause| self.covers_everything(clause))
        });
        if !reaches_fresh {
            return (Extent::None, Extent::None);
        }
        let everything = Universe::everything(&self.role.arn);
        let statements = self.statements(|_, _| true);
        let actions: Vec<ActionSide> = statements
            .iter()
            .map(|(_, clause)| ActionSide::of(clause.statement))
            .collect();
        let mut layers: Vec<(Layer, Vec<Rule<'_>>)> = fresh
            .layers
            .iter()
            .map(|layer| (layer.layer, Vec::new()))
            .collect();
        let mut denies = Vec::new();
        for ((layer, clause), side) in statements.iter().zip(&actions) {
            let whole = self.covers_everything(clause);
            match clause.statement.effect {
                Effect::Allow if whole => {
                    let rule = side.rule(clause.certain && hits_all(&everything, clause.rule()));
                    if let Some((_, rules)) = layers.iter_mut().find(|(known, _)| known == layer) {
                        rules.push(rule);
                    }
                }
                Effect::Deny if whole => {
                    denies.push(side.rule(clause.certain && hits_all(&everything, clause.rule())));
                }
                // A Deny of some resources keeps an action from being granted on every one.
                Effect::Deny if !self.apart_from_mitigations => {
                    denies.push(side.rule(clause.certain))
                }
                _ => {}
            }
        }
        let unreal = self.exceptions_for_nothing(&statements);
        let outside = Outside::parse(&unreal);
        let problem = Problem {
            universe: &Universe::actions(),
            layers: layers.into_iter().map(|(_, rules)| rules).collect(),
            denies,
            outside: outside.atoms(),
        };
        let outcome = solve(&problem, DEFAULT_STATE_CAP, Goal::Classes);
        if outcome.complete {
            extents(&outcome)
        } else {
            (Extent::None, Extent::None)
        }
    }

    /// The wanted statements with a resource side whose condition may hold, whatever their action.
    fn statements(&self, wanted: impl Fn(Layer, &Statement) -> bool) -> Vec<(Layer, Clause<'r>)> {
        let mut found = Vec::new();
        for (layer, policy) in self.role.policies() {
            let PolicyDocument::Parsed(document) = &policy.document else {
                continue;
            };
            for statement in document.statements() {
                if !wanted(layer, statement) {
                    continue;
                }
                let clause = Clause::bind(layer, policy, document, statement, &self.role.context);
                found.extend(
                    clause
                        .filter(|clause| self.counts(clause))
                        .map(|clause| (layer, clause)),
                );
            }
        }
        found
    }

    fn counts(&self, clause: &Clause<'_>) -> bool {
        !self.apart_from_mitigations || clause.certain || clause.statement.effect == Effect::Allow
    }

    /// `service:*` patterns of exceptions for services that do not exist.
    fn exceptions_for_nothing(&self, statements: &[(Layer, Clause<'r>)]) -> Vec<String> {
        let mut unreal: Vec<String> = statements
            .iter()
            .filter_map(|(_, clause)| {
                let element = clause.statement.action.as_ref()?;
                let excepts = element.negated == (clause.statement.effect == Effect::Allow);
                excepts.then_some(&element.entries)
            })
            .flatten()
            .filter_map(|entry| entry.plain_service())
            .filter(|service| !services::is_known(service))
            .map(|service| format!("{service}:*"))
            .collect();
        unreal.sort_unstable();
        unreal.dedup();
        unreal
    }

    fn covers_everything(&self, clause: &Clause<'_>) -> bool {
        hits_all(&Universe::everything(&self.role.arn), clause.rule_as_met())
    }

    /// The ways up, shortest first, certain before possible at equal length.
    fn ways_up(&self) -> Vec<WayUp> {
        let mut removals: Vec<(Option<Step>, bool)> = Vec::new();
        match &self.role.boundary {
            Boundary::None | Boundary::NotRead { .. } => removals.push((None, true)),
            Boundary::Attached(policy) if self.is_wide(policy) => removals.push((None, true)),
            Boundary::Attached(policy) => {
                removals.extend(
                    self.boundary_removals(policy)
                        .into_iter()
                        .map(|(step, certain)| (Some(step), certain)),
                );
            }
        }
        if removals.is_empty() {
            return Vec::new();
        }
        let mut ways = Vec::new();
        for (removal, removal_certain) in removals {
            for (steps, certain) in self.lifts(removal.is_some()) {
                let mut all: Vec<Step> = removal.clone().into_iter().collect();
                all.extend(steps);
                ways.push(WayUp {
                    steps: all,
                    certain: certain && removal_certain,
                });
            }
        }
        ways.sort_by_key(|way| (way.steps.len(), !way.certain));
        ways
    }

    /// Whether a boundary allows every action on every resource, so that it bounds nothing.
    fn is_wide(&self, boundary: &AttachedPolicy) -> bool {
        let mut alone = Role::new(self.role.arn.clone());
        alone.context = self.role.context.clone();
        alone.identity = vec![boundary.clone()];
        let view = View::of(&alone, self.apart_from_mitigations);
        if !matches!(boundary.document, PolicyDocument::Parsed(_)) {
            // Not read: `settled` tells; by itself the role is judged as if it bounded nothing.
            return true;
        }
        view.every_action(&view.gather(FRESH_ACTION)).1 == Extent::All
    }

    fn boundary_removals(&self, boundary: &AttachedPolicy) -> Vec<(Step, bool)> {
        let own = self.role.arn.as_str();
        let mut steps = vec![
            (
                "iam:DeleteRolePermissionsBoundary",
                own,
                "takes the boundary off",
            ),
            (
                "iam:PutRolePermissionsBoundary",
                own,
                "puts a wide boundary in its place",
            ),
        ];
        if boundary.kind == PolicyKind::CustomerManaged
            && let Some(arn) = boundary.arn.as_deref()
        {
            steps.push(("iam:CreatePolicyVersion", arn, "rewrites the boundary"));
        }
        steps
            .into_iter()
            .filter_map(|step| self.step(step))
            .collect()
    }

    /// The ways to give oneself every permission, once no boundary is in the way.
    fn lifts(&self, unbounded: bool) -> Vec<(Vec<Step>, bool)> {
        let without;
        let view = if unbounded {
            let mut role = self.role.clone();
            role.boundary = Boundary::None;
            without = role;
            &View::of(&without, self.apart_from_mitigations)
        } else {
            self
        };
        let mut ways = Vec::new();
        if unbounded && view.every_action(&view.gather(FRESH_ACTION)).0 == Extent::All {
            ways.push((Vec::new(), true));
        }
        let own = view.role.arn.as_str();
        let mut single = vec![
            (
                "iam:PutRolePolicy",
                own,
                "writes an inline policy on itself",
            ),
            (
                "iam:AttachRolePolicy",
                own,
                "attaches any managed policy to itself",
            ),
        ];
        let rewritable = view.role.identity.iter().filter_map(|policy| {
            let arn = policy.arn.as_deref()?;
            (policy.kind == PolicyKind::CustomerManaged).then_some(arn)
        });
        for arn in rewritable {
            single.push((
                "iam:CreatePolicyVersion",
                arn,
                "rewrites a policy attached to it",
            ));
            single.push((
                "iam:SetDefaultPolicyVersion",
                arn,
                "restores another version of a policy attached to it",
            ));
        }
        for step in single {
            if let Some((step, certain)) = view.step(step) {
                ways.push((vec![step], certain));
            }
        }
        ways.extend(view.account_wide());
        ways.extend(view.new_role());
        ways
    }

    fn step(
        &self,
        (action, resource, gains): (&'static str, &str, &'static str),
    ) -> Option<(Step, bool)> {
        let answer = grant(&self.gather(action), resource);
        (answer != Grant::Deny).then(|| {
            (
                Step {
                    action,
                    resource: resource.to_owned(),
                    gains,
                },
                answer == Grant::Allow,
            )
        })
    }

    /// Calls that lift the role when granted on everything of their kind in the account.
    fn account_wide(&self) -> Vec<(Vec<Step>, bool)> {
        let roles = Universe::own_roles(&self.role.arn);
        let policies = Universe::own_policies(&self.role.arn);
        [
            (
                "iam:UpdateAssumeRolePolicy",
                &roles,
                "lets itself into any role of the account",
            ),
            (
                "iam:CreatePolicyVersion",
                &policies,
                "rewrites any customer policy of the account",
            ),
            (
                "iam:SetDefaultPolicyVersion",
                &policies,
                "restores another version of any customer policy",
            ),
        ]
        .into_iter()
        .filter_map(|(action, universe, gains)| {
            let outcome = self.joint(&[action], universe);
            let (must, may) = extents(&outcome);
            let some = outcome.allow.or(outcome.conditional)?;
            (may == Extent::All && outcome.complete).then(|| {
                let step = Step {
                    action,
                    resource: some,
                    gains,
                };
                (vec![step], must == Extent::All)
            })
        })
        .collect()
    }

    /// Creating a role that trusts this one and giving it everything.
    fn new_role(&self) -> Vec<(Vec<Step>, bool)> {
        let universe = Universe::own_roles(&self.role.arn);
        ["iam:AttachRolePolicy", "iam:PutRolePolicy"]
            .into_iter()
            .filter_map(|arm| {
                let outcome = self.joint(&["iam:CreateRole", arm], &universe);
                let certain = outcome.allow.is_some();
                let role = outcome.allow.or(outcome.conditional)?;
                let steps = vec![
                    Step {
                        action: "iam:CreateRole",
                        resource: role.clone(),
                        gains: "creates a role that trusts it",
                    },
                    Step {
                        action: arm,
                        resource: role,
                        gains: "gives that role everything",
                    },
                ];
                Some((steps, certain))
            })
            .collect()
    }

    /// Where all of `actions` are granted on the same resource.
    fn joint(&self, actions: &[&str], universe: &Universe) -> Outcome {
        let gathered: Vec<Gathered<'_>> =
            actions.iter().map(|action| self.gather(action)).collect();
        let problem = Problem {
            universe,
            layers: gathered
                .iter()
                .flat_map(|one| &one.layers)
                .map(|layer| layer.allows.iter().map(Clause::rule).collect())
                .collect(),
            denies: gathered
                .iter()
                .flat_map(|one| &one.denies)
                .map(Clause::rule)
                .collect(),
            outside: Vec::new(),
        };
        solve(&problem, DEFAULT_STATE_CAP, Goal::Classes)
    }

    fn allows_of(&self, way: &WayUp) -> Vec<StatementRef> {
        let mut references: Vec<StatementRef> = Vec::new();
        for step in &way.steps {
            for clause in self.gather(step.action).identity() {
                let reference = clause.reference();
                if clause.hits(&step.resource).1 && !references.contains(&reference) {
                    references.push(reference);
                }
            }
        }
        references
    }

    fn keys_of(&self, way: &WayUp) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for step in &way.steps {
            let gathered = self.gather(step.action);
            let hitting = gathered
                .clauses()
                .filter(|clause| clause.hits(&step.resource).1);
            for key in merge_keys(hitting, &self.role.context) {
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// The Denies that `apart_from_mitigations` leaves out.
    fn mitigations(&self) -> Vec<StatementRef> {
        self.statements(|_, statement| statement.effect == Effect::Deny)
            .iter()
            .filter(|(_, clause)| !clause.certain || !self.covers_everything(clause))
            .map(|(_, clause)| clause.reference())
            .collect()
    }

    fn near(&self, rung: Ladder) -> NearAdmin {
        let statements = self.statements(|layer, statement| {
            layer == Layer::Identity
                && statement.effect == Effect::Allow
                && whole_services(statement).next().is_some()
        });
        let mut whole: Vec<&str> = statements
            .iter()
            .filter(|(_, clause)| clause.certain && self.covers_everything(clause))
            .flat_map(|(_, clause)| whole_services(clause.statement))
            .collect();
        whole.sort_unstable();
        whole.dedup();
        let fresh = self.gather(FRESH_ACTION);
        let reaches_fresh = fresh.layers.iter().all(|layer| {
            layer
                .allows
                .iter()
                .any(|clause| clause.certain && self.covers_everything(clause))
        });
        NearAdmin {
            whole_services: whole.len(),
            all_but_some: reaches_fresh && rung < Ladder::Full,
        }
    }
}

/// The services that a statement names with every action of theirs, as in `ec2:*`.
fn whole_services(statement: &Statement) -> impl Iterator<Item = &str> {
    statement
        .action
        .iter()
        .filter(|element| !element.negated)
        .flat_map(|element| &element.entries)
        .filter_map(|entry| entry.lower().strip_suffix(":*"))
        .filter(|service| !service.contains(['*', '?']))
}

/// The action side of a statement, compiled like a resource side.
struct ActionSide {
    negated: bool,
    entries: Vec<Vec<Token>>,
}

impl ActionSide {
    fn of(statement: &Statement) -> Self {
        match &statement.action {
            Some(element) => Self {
                negated: element.negated,
                entries: element
                    .entries
                    .iter()
                    .map(|entry| tokenize(entry.lower(), false).0)
                    .collect(),
            },
            None => Self {
                negated: false,
                entries: Vec::new(),
            },
        }
    }

    fn rule(&self, certain: bool) -> Rule<'_> {
        Rule {
            certain,
            negated: self.negated,
            atoms: self
                .entries
                .iter()
                .map(|tokens| Atom {
                    tokens,
                    reading: Reading::Wide,
                    sure: true,
                })
                .collect(),
        }
    }
}
