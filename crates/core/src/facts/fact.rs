//! A typed, three-valued value with its provenance.
//!
//! A fact is known or unknown. A known fact may still be "absent" (`None`) when the answer that
//! would show it was received whole. Every fact carries the places it was read from, so that a
//! verdict can show its evidence without a second derivation.

use std::borrow::Cow;
use std::sync::Arc;

use crate::missing::{self, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::{Observation, SourcePlace};

/// Text that points into an observation where it can.
pub type Text<'e> = Cow<'e, str>;

/// A value that was read, or what is missing to read it.
#[derive(Clone, Debug)]
pub struct Fact<'e, T> {
    /// The value, or what is missing.
    pub state: State<T>,
    /// Where it was read.
    pub origins: Origins<'e>,
}

/// Known or unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State<T> {
    /// The value.
    Known(T),
    /// What is missing.
    Unknown(MissingSet),
}

/// One place that a fact was read from.
#[derive(Clone, Debug)]
pub enum Origin<'e> {
    /// A member of an answer.
    Member {
        /// The answer.
        observation: &'e Observation,
        /// JSON pointer into its body.
        pointer: Cow<'static, str>,
    },
    /// An outcome that is itself the evidence: not found, not configured.
    Outcome {
        /// The call.
        observation: &'e Observation,
    },
    /// A call whose answer as a whole is the evidence, named without borrowing it.
    Call {
        /// The call.
        operation: Operation,
        /// The account that was asked.
        account: String,
        /// What it asked about, as in messages.
        subject: String,
    },
    /// A statement of a policy.
    Statement(Arc<StatementOrigin>),
    /// A tunable that shaped the fact.
    Tunable(&'static str),
}

/// The statement that decided something, as it stands in its policy.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct StatementOrigin {
    /// Policy name, or ARN for a managed policy; `bucket policy of b` for a resource policy.
    pub policy: String,
    /// Version of a managed policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `Statement[2]`, with the entry that matched where one did: `Statement[2].Resource[0]`.
    pub path: String,
    /// The statement's `Sid`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What it did: `allows`, `denies`, `limits`.
    pub effect: String,
    /// The statement as JSON text.
    pub statement: String,
    /// Where infrastructure code writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<SourcePlace>,
}

/// The places a fact was read from. Nearly always one, which costs no allocation.
#[derive(Clone, Debug, Default)]
pub enum Origins<'e> {
    /// Derived from nothing that was read.
    #[default]
    None,
    /// One place.
    One(Origin<'e>),
    /// Several places.
    Many(Vec<Origin<'e>>),
}

impl<'e> Origins<'e> {
    /// The places.
    #[must_use]
    pub fn as_slice(&self) -> &[Origin<'e>] {
        match self {
            Origins::None => &[],
            Origins::One(origin) => std::slice::from_ref(origin),
            Origins::Many(origins) => origins,
        }
    }

    /// Adds the places of `other`.
    #[must_use]
    pub fn and(self, other: Origins<'e>) -> Origins<'e> {
        match (self, other) {
            (Origins::None, one) | (one, Origins::None) => one,
            (a, b) => {
                let mut all = a.into_vec();
                all.extend(b.into_vec());
                Origins::Many(all)
            }
        }
    }

    fn into_vec(self) -> Vec<Origin<'e>> {
        match self {
            Origins::None => Vec::new(),
            Origins::One(origin) => vec![origin],
            Origins::Many(origins) => origins,
        }
    }
}

impl<'e> From<Origin<'e>> for Origins<'e> {
    fn from(origin: Origin<'e>) -> Self {
        Origins::One(origin)
    }
}

impl<'e> FromIterator<Origin<'e>> for Origins<'e> {
    fn from_iter<I: IntoIterator<Item = Origin<'e>>>(origins: I) -> Self {
        origins
            .into_iter()
            .fold(Origins::None, |all, origin| all.and(origin.into()))
    }
}

impl<'e, T> Fact<'e, T> {
    /// A known value.
    pub fn known(value: T, origins: impl Into<Origins<'e>>) -> Self {
        Fact {
            state: State::Known(value),
            origins: origins.into(),
        }
    }

    /// A value that follows from nothing that was read.
    pub fn given(value: T) -> Self {
        Fact {
            state: State::Known(value),
            origins: Origins::None,
        }
    }

    /// An unknown value.
    pub fn unknown(missing: impl Into<MissingSet>) -> Self {
        Fact {
            state: State::Unknown(missing.into()),
            origins: Origins::None,
        }
    }

    /// The value, if known.
    pub fn value(&self) -> Option<&T> {
        match &self.state {
            State::Known(value) => Some(value),
            State::Unknown(_) => None,
        }
    }

    /// What is missing, if the value is unknown.
    pub fn missing(&self) -> Option<&MissingSet> {
        match &self.state {
            State::Known(_) => None,
            State::Unknown(missing) => Some(missing),
        }
    }

    /// The same fact under a function of its value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<'e, U> {
        let state = match self.state {
            State::Known(value) => State::Known(f(value)),
            State::Unknown(missing) => State::Unknown(missing),
        };
        Fact {
            state,
            origins: self.origins,
        }
    }

    /// Continues with a fact that depends on this one's value; both places count as read.
    pub fn then<U>(self, f: impl FnOnce(T) -> Fact<'e, U>) -> Fact<'e, U> {
        match self.state {
            State::Known(value) => {
                let next = f(value);
                Fact {
                    state: next.state,
                    origins: self.origins.and(next.origins),
                }
            }
            State::Unknown(missing) => Fact {
                state: State::Unknown(missing),
                origins: self.origins,
            },
        }
    }

    /// Both values, or everything that is missing of either.
    pub fn zip<U>(self, other: Fact<'e, U>) -> Fact<'e, (T, U)> {
        let state = match (self.state, other.state) {
            (State::Known(a), State::Known(b)) => State::Known((a, b)),
            (State::Unknown(a), State::Unknown(b)) => State::Unknown(missing::union(&a, &b)),
            (State::Unknown(a), _) | (_, State::Unknown(a)) => State::Unknown(a),
        };
        Fact {
            state,
            origins: self.origins.and(other.origins),
        }
    }

    /// The same value, with further places that shaped it.
    #[must_use]
    pub fn also_from(mut self, origins: impl Into<Origins<'e>>) -> Self {
        self.origins = std::mem::take(&mut self.origins).and(origins.into());
        self
    }
}

impl<'e> Fact<'e, bool> {
    /// Kleene "or": true if any is true, else unknown if any is unknown, else false.
    pub fn any(facts: impl IntoIterator<Item = Fact<'e, bool>>) -> Fact<'e, bool> {
        let mut missing: Option<MissingSet> = None;
        let mut origins = Origins::None;
        for fact in facts {
            match fact.state {
                State::Known(true) => {
                    return Fact {
                        state: State::Known(true),
                        origins: fact.origins,
                    };
                }
                State::Known(false) => origins = origins.and(fact.origins),
                State::Unknown(set) => {
                    missing = Some(missing.map_or(set.clone(), |all| missing::union(&all, &set)));
                }
            }
        }
        match missing {
            Some(set) => Fact {
                state: State::Unknown(set),
                origins,
            },
            None => Fact {
                state: State::Known(false),
                origins,
            },
        }
    }
}

impl From<Missing> for State<()> {
    fn from(missing: Missing) -> Self {
        State::Unknown(missing.into())
    }
}
