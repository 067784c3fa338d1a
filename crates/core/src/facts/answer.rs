//! Reading members of an answer, with provenance and absence.
//!
//! Enters: an observation whose outcome is `ok`. Leaves: facts. One rule for every member:
//! present and well-formed → known; absent → what the caller says absence means (the service's
//! default, never a guess); present but of another type → unknown, since the answer is not what
//! AWS sends; named by an *unresolved* marker → unknown.

use std::borrow::Cow;

use crate::facts::fact::{Fact, Origin, Origins, Text};
use crate::json::Node;
use crate::missing::{Gap, Missing, MissingSet};
use crate::snapshot::{Observation, Unresolved, is_at_or_below};
use crate::time::Time;

/// A parsed answer.
#[derive(Debug)]
pub struct Answer<'e> {
    /// The call.
    pub observation: &'e Observation,
    /// Its body.
    pub body: Node<'e>,
}

/// An object inside an answer: the whole body, or an element of an array in it.
#[derive(Clone, Debug)]
pub struct Part<'r, 'e> {
    observation: &'e Observation,
    node: &'r Node<'e>,
    prefix: String,
}

impl<'e> Answer<'e> {
    /// Parses the body of an `ok` observation.
    ///
    /// # Errors
    /// What is missing, when the body is not JSON or there is none.
    pub fn of(observation: &'e Observation) -> Result<Self, MissingSet> {
        let Some(text) = observation.body() else {
            return Err(observation
                .gap()
                .unwrap_or_else(|| {
                    Missing::call(
                        observation.operation,
                        observation.subject(),
                        Gap::NotCollected,
                        "",
                    )
                })
                .into());
        };
        match Node::parse(text) {
            Ok(body) => Ok(Answer { observation, body }),
            Err(error) => Err(Missing::call(
                observation.operation,
                observation.subject(),
                Gap::Malformed,
                error.to_string(),
            )
            .into()),
        }
    }

    /// The whole body.
    #[must_use]
    pub fn root(&self) -> Part<'_, 'e> {
        Part {
            observation: self.observation,
            node: &self.body,
            prefix: String::new(),
        }
    }
}

impl<'r, 'e> Part<'r, 'e> {
    /// The call this part came from.
    #[must_use]
    pub fn observation(&self) -> &'e Observation {
        self.observation
    }

    /// The JSON value of this part.
    #[must_use]
    pub fn node(&self) -> &'r Node<'e> {
        self.node
    }

    /// The full pointer of a member of this part.
    #[must_use]
    pub fn pointer(&self, pointer: &'static str) -> Cow<'static, str> {
        if self.prefix.is_empty() {
            Cow::Borrowed(pointer)
        } else {
            Cow::Owned(format!("{}{pointer}", self.prefix))
        }
    }

    /// The place of a member of this part.
    #[must_use]
    pub fn origin(&self, pointer: &'static str) -> Origin<'e> {
        Origin::Member {
            observation: self.observation,
            pointer: self.pointer(pointer),
        }
    }

    /// Whether infrastructure code leaves the member, or an object around it, open until apply.
    fn unresolved(&self, pointer: &'static str) -> Option<Missing> {
        if self.observation.unresolved.is_empty() {
            return None;
        }
        let full = self.pointer(pointer);
        let marker = self
            .observation
            .unresolved
            .iter()
            .find(|marker| is_at_or_below(&full, &marker.pointer))?;
        Some(open(self.observation, marker))
    }

    /// What infrastructure code leaves open inside a member, for members that are read whole.
    #[must_use]
    pub fn open_inside(&self, pointer: &'static str) -> Option<Missing> {
        open_inside(self.observation, &self.pointer(pointer))
    }

    /// A member under a conversion; `absent` says what absence means, or `None` when the service always sends the member.
    fn member<T>(
        &self,
        pointer: &'static str,
        convert: impl FnOnce(&'r Node<'e>) -> Option<T>,
        absent: impl FnOnce() -> Option<T>,
    ) -> Fact<'e, T> {
        let node = self
            .node
            .pointer(pointer)
            .filter(|node| !matches!(node, Node::Null));
        if node.is_none()
            && let Some(missing) = self.unresolved(pointer)
        {
            return Fact::unknown(missing);
        }
        let value = match node {
            Some(node) => convert(node),
            None => absent(),
        };
        match value {
            Some(value) => Fact::known(value, self.origin(pointer)),
            None => Fact::unknown(
                self.open_inside(pointer)
                    .unwrap_or_else(|| self.malformed(pointer)),
            ),
        }
    }

    /// The answer was received but its member cannot be used.
    #[must_use]
    pub fn malformed(&self, pointer: &'static str) -> Missing {
        Missing::call(
            self.observation.operation,
            self.observation.subject(),
            Gap::Malformed,
            self.pointer(pointer).into_owned(),
        )
    }

    /// A string that the service always sends.
    #[must_use]
    pub fn text(&self, pointer: &'static str) -> Fact<'e, Text<'e>> {
        self.member(pointer, text_of, || None)
    }

    /// A string with a service default.
    #[must_use]
    pub fn text_or(&self, pointer: &'static str, default: &'static str) -> Fact<'e, Text<'e>> {
        self.member(pointer, text_of, || Some(Cow::Borrowed(default)))
    }

    /// A string that may be absent; an empty string counts as absent.
    #[must_use]
    pub fn optional_text(&self, pointer: &'static str) -> Fact<'e, Option<Text<'e>>> {
        self.member(
            pointer,
            |node| text_of(node).map(|text| Some(text).filter(|text| !text.is_empty())),
            || Some(None),
        )
    }

    /// A boolean with a service default.
    #[must_use]
    pub fn flag_or(&self, pointer: &'static str, default: bool) -> Fact<'e, bool> {
        self.member(pointer, Node::boolean, || Some(default))
    }

    /// An integer that may be absent.
    #[must_use]
    pub fn optional_integer(&self, pointer: &'static str) -> Fact<'e, Option<i64>> {
        self.member(pointer, |node| node.integer().map(Some), || Some(None))
    }

    /// A number that may be absent.
    #[must_use]
    pub fn optional_number(&self, pointer: &'static str) -> Fact<'e, Option<f64>> {
        self.member(pointer, |node| node.number().map(Some), || Some(None))
    }

    /// A time that the service always sends.
    #[must_use]
    pub fn time(&self, pointer: &'static str) -> Fact<'e, Time> {
        self.member(pointer, Time::from_node, || None)
    }

    /// A time that may be absent.
    #[must_use]
    pub fn optional_time(&self, pointer: &'static str) -> Fact<'e, Option<Time>> {
        self.member(
            pointer,
            |node| Time::from_node(node).map(Some),
            || Some(None),
        )
    }

    /// Whether an object or array is there at all.
    #[must_use]
    pub fn present(&self, pointer: &'static str) -> Fact<'e, bool> {
        self.member(pointer, |_| Some(true), || Some(false))
    }

    /// A list of strings; absent means empty.
    #[must_use]
    pub fn texts(&self, pointer: &'static str) -> Fact<'e, Vec<Text<'e>>> {
        self.member(
            pointer,
            |node| match node {
                Node::Array(items) => items.iter().map(text_of).collect(),
                _ => None,
            },
            || Some(Vec::new()),
        )
    }

    /// How a member is set: `none` (absent or empty), `set`, or `known_after_apply` when
    /// infrastructure code assigns it a value that only applying will show. For questions of
    /// presence, which a value that is still open does not keep open.
    #[must_use]
    pub fn assignment(&self, pointer: &'static str) -> Fact<'e, &'static str> {
        let full = self.pointer(pointer);
        let open = self
            .observation
            .unresolved
            .iter()
            .any(|marker| marker.pointer == full && marker.assigned);
        let node = self
            .node
            .pointer(pointer)
            .filter(|node| !matches!(node, Node::Null));
        if node.is_none() && open {
            return Fact::known("known_after_apply", self.origin(pointer));
        }
        self.member(
            pointer,
            |node| match node {
                Node::Text(text) if text.trim().is_empty() => Some("none"),
                Node::Text(_) => Some("set"),
                _ => None,
            },
            || Some("none"),
        )
    }

    /// An object of an array, if it has that many.
    #[must_use]
    pub fn item(&self, pointer: &'static str, index: usize) -> Option<Part<'r, 'e>> {
        let node = self.node.pointer(pointer)?.items().get(index)?;
        Some(Part {
            observation: self.observation,
            node,
            prefix: format!("{}/{index}", self.pointer(pointer)),
        })
    }

    /// An object that may be absent.
    #[must_use]
    pub fn object(&self, pointer: &'static str) -> Fact<'e, Option<Part<'r, 'e>>> {
        let part = |node| Part {
            observation: self.observation,
            node,
            prefix: self.pointer(pointer).into_owned(),
        };
        self.member(
            pointer,
            |node| matches!(node, Node::Object(_)).then(|| Some(part(node))),
            || Some(None),
        )
    }

    /// The objects of an array; absent means empty.
    #[must_use]
    pub fn parts(&self, pointer: &'static str) -> Fact<'e, Vec<Part<'r, 'e>>> {
        let full = self.pointer(pointer);
        self.member(
            pointer,
            |node| match node {
                Node::Array(items) => Some(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, node)| Part {
                            observation: self.observation,
                            node,
                            prefix: format!("{full}/{index}"),
                        })
                        .collect(),
                ),
                _ => None,
            },
            || Some(Vec::new()),
        )
    }

    /// The objects of an array that the service always sends.
    #[must_use]
    pub fn required_parts(&self, pointer: &'static str) -> Fact<'e, Vec<Part<'r, 'e>>> {
        if self.node.pointer(pointer).is_none() && self.unresolved(pointer).is_none() {
            return Fact::unknown(self.malformed(pointer));
        }
        self.parts(pointer)
    }
}

/// What infrastructure code leaves open at `pointer` of an answer, or inside it.
#[must_use]
pub fn open_inside(observation: &Observation, pointer: &str) -> Option<Missing> {
    let marker = observation.unresolved.iter().find(|marker| {
        is_at_or_below(&marker.pointer, pointer) || is_at_or_below(pointer, &marker.pointer)
    })?;
    Some(open(observation, marker))
}

fn open(observation: &Observation, marker: &Unresolved) -> Missing {
    Missing::call(
        observation.operation,
        observation.subject(),
        Gap::Unresolved,
        marker.expression.clone(),
    )
}

fn text_of<'e>(node: &Node<'e>) -> Option<Text<'e>> {
    match node {
        Node::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// The places of several facts together.
#[must_use]
pub fn origins_of<'e>(all: impl IntoIterator<Item = Origins<'e>>) -> Origins<'e> {
    all.into_iter().fold(Origins::None, Origins::and)
}
