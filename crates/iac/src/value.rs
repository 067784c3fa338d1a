//! Values of infrastructure code: known, absent, or open.
//!
//! Enters: what a template or a plan says. Leaves: a tree in which every node knows whether its
//! value is known, and where it stands in its file. Deliberately absent: what any of it means to AWS.

use std::sync::Arc;

use serde_json::{Number, Value as Json};

use crate::frame::pending_name;
use sagewarden_core::snapshot::{Located, SourcePlace, Unresolved};

/// The member of a map that stands for what else it may hold, where nobody knows that.
const REST: &str = "\0rest";

/// A value at its place.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) place: Option<Place>,
}

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    /// From 1.
    pub(crate) line: u32,
    /// From 1.
    pub(crate) column: u32,
}

/// A value that may be known.
#[derive(Clone, Debug, Default)]
pub(crate) enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    /// Members in source order; names are unique.
    Map(Vec<(String, Node)>),
    /// Nobody knows it before the code is applied.
    Open(Open),
}

/// Why a value is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    /// The expression that will give it.
    pub(crate) expression: String,
    /// Whether it gives some value in every case.
    pub(crate) assigned: bool,
}

impl Node {
    pub(crate) fn new(value: Value, place: Option<Place>) -> Self {
        Node { value, place }
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Node::new(Value::Text(text.into()), None)
    }

    pub(crate) fn list(items: Vec<Node>) -> Self {
        Node::new(Value::List(items), None)
    }

    pub(crate) fn map(members: Vec<(&str, Node)>) -> Self {
        let members = members
            .into_iter()
            .map(|(name, node)| (name.to_owned(), node))
            .collect();
        Node::new(Value::Map(members), None)
    }

    pub(crate) fn open(expression: impl Into<String>, assigned: bool) -> Self {
        let expression = expression.into();
        Node::new(
            Value::Open(Open {
                expression,
                assigned,
            }),
            None,
        )
    }

    /// A map of which nothing is known.
    pub(crate) fn unread(expression: &str) -> Self {
        let mut node = Node::map(Vec::new());
        node.open_rest(expression);
        node
    }

    /// Leaves open what a map may hold beside what it says.
    pub(crate) fn open_rest(&mut self, expression: &str) {
        self.set(REST, Node::open(expression, false));
    }

    /// Why a map may hold more than it says, if it may.
    pub(crate) fn rest(&self) -> Option<&Open> {
        self.member(REST).and_then(Node::as_open)
    }

    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The member of that name, if this is a map that has it and it is not null.
    pub(crate) fn member(&self, name: &str) -> Option<&Node> {
        let found = self.members().iter().find(|(key, _)| key == name);
        found.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// The node at a path of member names.
    pub(crate) fn at_path(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.member(name))
    }

    /// Takes the member of that name out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Node> {
        let Value::Map(members) = &mut self.value else {
            return None;
        };
        let at = members.iter().position(|(key, _)| key == name)?;
        Some(members.remove(at).1)
    }

    /// Sets a member, in place of one of that name.
    pub(crate) fn set(&mut self, name: &str, node: Node) {
        if let Value::Map(members) = &mut self.value {
            match members.iter_mut().find(|(key, _)| key == name) {
                Some((_, old)) => *old = node,
                None => members.push((name.to_owned(), node)),
            }
        }
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) {
        if let Some(node) = self.take(from) {
            self.set(to, node);
        }
    }

    pub(crate) fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_open(&self) -> Option<&Open> {
        match &self.value {
            Value::Open(open) => Some(open),
            _ => None,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// A scalar as text, as code coerces it.
    pub(crate) fn coerced(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// How many nodes and characters it is made of, if no more than `most`.
    pub(crate) fn weight(&self, most: usize) -> Option<usize> {
        let mut left = most.checked_sub(1)?;
        let mut inner = |node: &Node, more: usize| {
            let weight = node.weight(left.checked_sub(more)?)?;
            left = left.checked_sub(weight + more)?;
            Some(())
        };
        match &self.value {
            Value::Text(text) => left = left.checked_sub(text.len())?,
            Value::List(items) => items.iter().try_for_each(|node| inner(node, 0))?,
            Value::Map(members) => members
                .iter()
                .try_for_each(|(name, node)| inner(node, name.len()))?,
            _ => {}
        }
        Some(most - left)
    }

    /// The first thing inside that is open.
    pub(crate) fn first_open(&self) -> Option<&Open> {
        match &self.value {
            Value::Open(open) => Some(open),
            Value::List(items) => items.iter().find_map(Node::first_open),
            Value::Map(members) => members.iter().find_map(|(_, node)| node.first_open()),
            _ => None,
        }
    }

    /// The texts inside, and the expressions of what is open.
    pub(crate) fn texts(&self, out: &mut Vec<String>) {
        match &self.value {
            Value::Text(text) => out.push(text.clone()),
            Value::Open(open) => out.push(open.expression.clone()),
            Value::List(items) => items.iter().for_each(|node| node.texts(out)),
            Value::Map(members) => members.iter().for_each(|(_, node)| node.texts(out)),
            _ => {}
        }
    }

    /// Known JSON, of which all places are `place`.
    pub(crate) fn from_json(json: &Json, place: Option<&Place>) -> Node {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => Value::Number(number.clone()),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(
                items
                    .iter()
                    .map(|item| Node::from_json(item, place))
                    .collect(),
            ),
            Json::Object(members) => Value::Map(
                members
                    .iter()
                    .map(|(name, item)| (name.clone(), Node::from_json(item, place)))
                    .collect(),
            ),
        };
        Node::new(value, place.cloned())
    }
}

/// What holds in both of two cases.
pub(crate) fn common(a: &Node, b: &Node, expression: &str) -> Node {
    let differ = || Node::open(expression, surely_set(a) && surely_set(b));
    match (&a.value, &b.value) {
        (Value::Map(members), Value::Map(others)) => {
            let mut names: Vec<&String> = members.iter().map(|(name, _)| name).collect();
            names.extend(others.iter().map(|(name, _)| name));
            names.sort_unstable();
            names.dedup();
            let none = Node::default();
            let members = names
                .into_iter()
                .map(|name| {
                    let (a, b) = (a.member(name), b.member(name));
                    let node = common(a.unwrap_or(&none), b.unwrap_or(&none), expression);
                    (name.clone(), node)
                })
                .collect();
            Node::new(Value::Map(members), None)
        }
        (Value::List(items), Value::List(others)) if items.len() == others.len() => Node::list(
            items
                .iter()
                .zip(others)
                .map(|(a, b)| common(a, b, expression))
                .collect(),
        ),
        (Value::Open(_), _) | (_, Value::Open(_)) => differ(),
        (Value::Null, Value::Null) => Node::default(),
        _ if a.coerced().is_some() && a.coerced() == b.coerced() => a.clone(),
        _ => differ(),
    }
}

fn surely_set(node: &Node) -> bool {
    match &node.value {
        Value::Null => false,
        Value::Text(text) => !text.is_empty(),
        Value::Open(open) => open.assigned,
        Value::List(items) => !items.is_empty(),
        _ => true,
    }
}

/// A body as an observation holds it.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) json: Json,
    pub(crate) unresolved: Vec<Unresolved>,
    pub(crate) located: Vec<Located>,
}

impl Body {
    /// Takes a tree apart into JSON, what is open in it, and where its members stand.
    pub(crate) fn of(node: &Node) -> Body {
        let mut body = Body::default();
        body.json = body.take(node, &mut String::new(), None);
        body
    }

    fn take(&mut self, node: &Node, pointer: &mut String, around: Option<&Place>) -> Json {
        // A place that says no more than that of the object around it is left out.
        if let Some(place) = &node.place
            && Some(place) != around
        {
            self.located.push(Located {
                pointer: pointer.clone(),
                place: SourcePlace {
                    file: place.file.to_string(),
                    line: place.line,
                    column: place.column,
                },
            });
        }
        let around = node.place.as_ref().or(around);
        let length = pointer.len();
        match &node.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(
                items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        pointer.push('/');
                        pointer.push_str(&index.to_string());
                        let json = self.take(item, pointer, around);
                        let json = match &item.value {
                            // A list of names is not empty for one that nobody knows yet.
                            Value::Open(open) if open.assigned => {
                                Json::String(pending_name(&open.expression))
                            }
                            _ => json,
                        };
                        pointer.truncate(length);
                        json
                    })
                    .collect(),
            ),
            Value::Map(members) => {
                let mut object = serde_json::Map::new();
                for (name, item) in members {
                    if name == REST {
                        self.take(item, pointer, around);
                        continue;
                    }
                    pointer.push('/');
                    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                    let json = self.take(item, pointer, around);
                    pointer.truncate(length);
                    // An absent member has no place of its own: its object lacks it.
                    if !json.is_null() {
                        object.insert(name.clone(), json);
                    }
                }
                Json::Object(object)
            }
            Value::Open(open) => {
                self.unresolved.push(Unresolved {
                    pointer: pointer.clone(),
                    expression: open.expression.clone(),
                    assigned: open.assigned,
                });
                Json::Null
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_marked_and_left_out() {
        let node = Node::map(vec![
            ("A", Node::text("x")),
            (
                "B/C",
                Node::list(vec![Node::text("y"), Node::open("var.subnet", false)]),
            ),
        ]);
        let body = Body::of(&node);
        assert_eq!(body.json.to_string(), r#"{"A":"x","B/C":["y",null]}"#);
        assert_eq!(body.unresolved.len(), 1);
        assert_eq!(body.unresolved[0].pointer, "/B~1C/1");
        assert!(!body.unresolved[0].assigned);
    }

    #[test]
    fn a_map_that_may_hold_more_is_marked_itself() {
        let mut node = Node::map(vec![("A", Node::text("x"))]);
        node.open_rest("Fn::Transform");
        let body = Body::of(&Node::map(vec![("M", node)]));
        assert_eq!(body.json.to_string(), r#"{"M":{"A":"x"}}"#);
        assert_eq!(body.unresolved[0].pointer, "/M");
    }
}
