//! From a role and an action to the statements that can matter, layer by layer.
//!
//! Conditions are reduced here to certain, open or never, and policy variables to their known
//! value, to nothing, or to an unknown text. What leaves is only about resources, which is what
//! `solve` and `point` decide. Both read [`Clause::rule`], so they cannot drift apart in how a
//! statement is read.

use std::borrow::Cow;

use crate::context::{Context, Lookup};
use crate::document::Document;
use crate::evaluate::{Holds, condition_holds, open_keys};
use crate::glob::{Reading, Token};
use crate::role::{
    AttachedPolicy, Boundary, Layer, MissingPolicy, PolicyDocument, Role, StatementRef,
};
use crate::solve::{Atom, Rule, hits};
use crate::statement::{Effect, ResourceElement, ResourcePattern, Statement};

/// The statements about one action, and what is missing.
#[derive(Debug, Clone)]
pub(crate) struct Gathered<'r> {
    pub(crate) layers: Vec<GatheredLayer<'r>>,
    pub(crate) denies: Vec<Clause<'r>>,
    pub(crate) missing: Vec<MissingPolicy>,
}

/// The Allows of one layer.
#[derive(Debug, Clone)]
pub(crate) struct GatheredLayer<'r> {
    pub(crate) layer: Layer,
    pub(crate) allows: Vec<Clause<'r>>,
    /// Every policy of the layer was read.
    pub(crate) complete: bool,
}

/// A statement whose action side applies and whose condition may hold.
#[derive(Debug, Clone)]
pub(crate) struct Clause<'r> {
    pub(crate) layer: Layer,
    pub(crate) policy: &'r AttachedPolicy,
    pub(crate) document: &'r Document,
    pub(crate) statement: &'r Statement,
    /// The condition surely holds.
    pub(crate) certain: bool,
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<BoundPattern<'r>>,
    /// Some pattern holds a variable without a default that the request may not carry.
    unresolved: bool,
}

/// A resource pattern with its variables resolved.
#[derive(Debug, Clone)]
pub(crate) struct BoundPattern<'r> {
    pub(crate) tokens: Cow<'r, [Token]>,
    pub(crate) reading: Reading,
    pub(crate) sure: bool,
    pub(crate) entry: usize,
    pub(crate) source: &'r ResourcePattern,
}

/// The keys of policy variables that nobody knows, as they stand in the pattern.
fn unknown_variables<'p>(pattern: &'p ResourcePattern, context: &Context) -> Vec<&'p str> {
    pattern
        .variables
        .iter()
        .map(|variable| variable.key.as_str())
        .filter(|key| matches!(context.lookup(key), Lookup::NotKnown))
        .collect()
}

/// The keys of policy variables without a default that a request may not carry, or not once.
fn valueless_keys<'p>(
    element: &'p ResourceElement,
    context: &Context,
) -> impl Iterator<Item = &'p str> {
    let variables = element.entries.iter().flat_map(|entry| &entry.variables);
    variables
        .filter(|variable| variable.default.is_none())
        .map(|variable| variable.key.as_str())
        .filter(|key| !matches!(context.lookup(key), Lookup::Values([_])))
}

/// Collects what `role` has about `action`.
pub(crate) fn gather<'r>(role: &'r Role, action: &str, context: &Context) -> Gathered<'r> {
    let action = &action.to_ascii_lowercase();
    let mut gathered = Gathered {
        layers: Vec::with_capacity(2 + role.scps.len() + role.rcps.len()),
        denies: Vec::new(),
        missing: Vec::new(),
    };
    gathered.add_layer(Layer::Identity, &role.identity, action, context);
    match &role.boundary {
        Boundary::None => {}
        Boundary::Attached(policy) => {
            let policies = std::slice::from_ref(policy);
            gathered.add_layer(Layer::Boundary, policies, action, context);
        }
        Boundary::NotRead { why } => gathered.missing.push(MissingPolicy {
            layer: Layer::Boundary,
            policy: "permissions boundary".into(),
            arn: None,
            why: why.clone(),
        }),
    }
    for (level, policies) in role.scps.iter().enumerate() {
        gathered.add_layer(Layer::Scp(level), policies, action, context);
    }
    for (level, policies) in role.rcps.iter().enumerate() {
        gathered.add_layer(Layer::Rcp(level), policies, action, context);
    }
    gathered
}

impl<'r> Gathered<'r> {
    /// `action` must be lower-case.
    fn add_layer(
        &mut self,
        layer: Layer,
        policies: &'r [AttachedPolicy],
        action: &str,
        context: &Context,
    ) {
        let mut allows = Vec::new();
        let mut complete = true;
        for policy in policies {
            let document = match &policy.document {
                PolicyDocument::Parsed(document) => document,
                PolicyDocument::NotRead { why } => {
                    complete = false;
                    self.miss(layer, policy, why.clone());
                    continue;
                }
                PolicyDocument::Malformed { error } => {
                    complete = false;
                    self.miss(layer, policy, error.to_string());
                    continue;
                }
            };
            for statement in document.statements_for_lower(action) {
                let Some(clause) = Clause::bind(layer, policy, document, statement, context) else {
                    continue;
                };
                match statement.effect {
                    Effect::Allow => allows.push(clause),
                    Effect::Deny => self.denies.push(clause),
                }
            }
        }
        // A ceiling of which a part is unknown cannot be said to lack anything: it is left out,
        // and `missing` says so. The identity layer stays: what it grants, it grants.
        if complete || layer == Layer::Identity {
            self.layers.push(GatheredLayer {
                layer,
                allows,
                complete,
            });
        }
    }

    fn miss(&mut self, layer: Layer, policy: &AttachedPolicy, why: String) {
        self.missing.push(MissingPolicy {
            layer,
            policy: policy.name.clone(),
            arn: policy.arn.clone(),
            why,
        });
    }

    /// The Allows of the identity layer.
    pub(crate) fn identity(&self) -> &[Clause<'r>] {
        self.layers
            .iter()
            .find(|layer| layer.layer == Layer::Identity)
            .map_or(&[], |layer| layer.allows.as_slice())
    }

    /// Whether a policy of the identity layer is missing.
    pub(crate) fn misses_identity(&self) -> bool {
        self.missing
            .iter()
            .any(|missing| missing.layer == Layer::Identity)
    }

    /// Whether a policy of a ceiling is missing.
    pub(crate) fn misses_ceiling(&self) -> bool {
        self.missing
            .iter()
            .any(|missing| missing.layer != Layer::Identity)
    }

    /// Every clause, allows first, in the order of the role.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &Clause<'r>> {
        self.layers
            .iter()
            .flat_map(|layer| &layer.allows)
            .chain(&self.denies)
    }
}

impl<'r> Clause<'r> {
    /// `None` if the condition never holds or there is no resource side.
    pub(crate) fn bind(
        layer: Layer,
        policy: &'r AttachedPolicy,
        document: &'r Document,
        statement: &'r Statement,
        context: &Context,
    ) -> Option<Self> {
        let certain = match condition_holds(&statement.condition, context) {
            Holds::Always => true,
            Holds::Open => false,
            Holds::Never => return None,
        };
        let element = statement.resource.as_ref()?;
        // What may be granted is read wide, what is surely denied narrow; a list of exceptions
        // turns the direction round.
        let reading = match (statement.effect, element.negated) {
            (Effect::Allow, false) | (Effect::Deny, true) => Reading::Wide,
            (Effect::Allow, true) | (Effect::Deny, false) => Reading::Narrow,
        };
        let patterns: Vec<BoundPattern<'r>> = element
            .entries
            .iter()
            .enumerate()
            .filter_map(|(entry, source)| BoundPattern::bind(source, entry, reading, context))
            .collect();
        let unresolved = valueless_keys(element, context).next().is_some();
        Some(Self {
            layer,
            policy,
            document,
            statement,
            certain,
            negated: element.negated,
            patterns,
            unresolved,
        })
    }

    /// Whether the clause applies to what its resource side hits, whatever the request. A list of
    /// exceptions with a variable that has no value may make IAM pass over the whole statement, so
    /// such a list is never certain, not even where no value could match.
    fn applies_surely(&self) -> bool {
        self.certain && !(self.negated && self.unresolved)
    }

    /// Whether this clause works as a list of what is allowed: a Deny of everything else. A list of
    /// which an entry has no value is none.
    pub(crate) fn is_allow_list(&self) -> bool {
        let entries = self
            .statement
            .resource
            .as_ref()
            .map(|side| side.entries.len());
        self.certain && self.negated && entries == Some(self.patterns.len())
    }

    /// The resource side alone.
    pub(crate) fn rule(&self) -> Rule<'_> {
        Rule {
            certain: self.applies_surely(),
            negated: self.negated,
            atoms: self.patterns.iter().map(BoundPattern::atom).collect(),
        }
    }

    /// The resource side as if the condition held and every unknown variable had the value that
    /// makes the clause hit most.
    pub(crate) fn rule_as_met(&self) -> Rule<'_> {
        let atoms = self.patterns.iter().map(BoundPattern::atom);
        Rule {
            certain: true,
            negated: self.negated,
            atoms: if self.negated {
                atoms.filter(|atom| atom.sure).collect()
            } else {
                atoms.map(Atom::as_sure).collect()
            },
        }
    }

    /// Whether this clause hits one resource: surely (in every context) and possibly.
    pub(crate) fn hits(&self, resource: &str) -> (bool, bool) {
        let atoms = self.patterns.iter().map(BoundPattern::atom);
        let (surely, possibly) = hits(atoms, self.negated, resource);
        (self.applies_surely() && surely, possibly)
    }

    /// A pointer to the statement.
    pub(crate) fn reference(&self) -> StatementRef {
        StatementRef::new(self.layer, self.policy, self.document, self.statement, None)
    }

    /// A pointer to the entry of the resource list that hits `resource`; to the whole statement
    /// where no single entry does, as with `NotResource`.
    pub(crate) fn reference_for(&self, resource: &str) -> StatementRef {
        let hit = self
            .patterns
            .iter()
            .filter(|_| !self.negated)
            .find(|pattern| hits(std::iter::once(pattern.atom()), false, resource).1);
        match hit {
            Some(pattern) => self.entry_reference(pattern.entry),
            None => self.reference(),
        }
    }

    /// A pointer to one entry of the statement's resource list.
    pub(crate) fn entry_reference(&self, entry: usize) -> StatementRef {
        StatementRef::new(
            self.layer,
            self.policy,
            self.document,
            self.statement,
            Some(entry),
        )
    }

    /// The context keys that keep this clause from being certain: of its condition, and of
    /// variables in its resources.
    pub(crate) fn open_keys(&self, context: &Context) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        let variables = self
            .patterns
            .iter()
            .filter(|pattern| !pattern.sure)
            .flat_map(|pattern| unknown_variables(pattern.source, context));
        let list = self.statement.resource.iter().filter(|_| self.negated);
        let valueless = list.flat_map(|element| valueless_keys(element, context));
        for key in open_keys(&self.statement.condition, context)
            .into_iter()
            .chain(variables)
            .chain(valueless)
        {
            if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) {
                keys.push(key.to_owned());
            }
        }
        keys
    }
}

impl<'r> BoundPattern<'r> {
    /// `None` if a variable is surely not in the request and has no default: such an entry
    /// matches nothing.
    fn bind(
        source: &'r ResourcePattern,
        entry: usize,
        reading: Reading,
        context: &Context,
    ) -> Option<Self> {
        let mut sure = true;
        let tokens = if source.variables.is_empty() {
            Cow::Borrowed(source.tokens.as_slice())
        } else {
            let mut tokens = Vec::with_capacity(source.tokens.len());
            for token in &source.tokens {
                let Token::Variable(index) = token else {
                    tokens.push(*token);
                    continue;
                };
                let variable = source.variables.get(*index)?;
                match (context.lookup(&variable.key), &variable.default) {
                    (Lookup::Values([value]), _) => {
                        tokens.extend(value.chars().map(Token::Literal))
                    }
                    (Lookup::Absent, Some(default)) => {
                        tokens.extend(default.chars().map(Token::Literal));
                    }
                    (Lookup::Absent, None) => return None,
                    _ => {
                        sure = false;
                        tokens.push(Token::Many { crosses: true });
                    }
                }
            }
            Cow::Owned(tokens)
        };
        Some(Self {
            tokens,
            reading,
            sure,
            entry,
            source,
        })
    }

    pub(crate) fn atom(&self) -> Atom<'_> {
        Atom {
            tokens: &self.tokens,
            reading: self.reading,
            sure: self.sure,
        }
    }
}
