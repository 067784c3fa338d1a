//! What a plan knows of a value, and what it does not.
//!
//! Enters: the three trees of a change: the values, and the marks of what is unknown and of what is
//! sensitive. Leaves: one tree in which what is unknown is open, and tells the expression behind it.

use serde_json::Value as Json;

use super::references::surely_give;
use crate::value::{Node, Open, Value};

/// Puts together what is known of a value, and what is not.
pub(super) struct Merge<'p> {
    pub(super) expressions: Option<&'p Json>,
}

impl Merge<'_> {
    pub(super) fn node(
        &self,
        after: Option<&Json>,
        unknown: Option<&Json>,
        sensitive: Option<&Json>,
        path: &mut Vec<String>,
    ) -> Node {
        if unknown == Some(&Json::Bool(true)) {
            return Node::new(Value::Open(self.open(path)), None);
        }
        // What is there only in part after apply may be null until then.
        let after = match unknown {
            Some(unknown) if tells(unknown) => after.filter(|after| !after.is_null()),
            _ => after,
        };
        let child = |of: Option<&'_ Json>, name: &str| match of {
            // What stands in something sensitive is sensitive.
            Some(Json::Bool(true)) => Some(Json::Bool(true)),
            of => of.and_then(|of| of.get(name)).cloned(),
        };
        let value = match (after, unknown) {
            (Some(Json::Object(members)), _) => {
                let mut names: Vec<&String> = members.keys().collect();
                if let Some(Json::Object(unknown)) = unknown {
                    names.extend(unknown.keys().filter(|name| !members.contains_key(*name)));
                }
                let mut nodes = Vec::with_capacity(names.len());
                for name in names {
                    path.push(name.clone());
                    let node = self.node(
                        members.get(name),
                        child(unknown, name).as_ref(),
                        child(sensitive, name).as_ref(),
                        path,
                    );
                    path.pop();
                    nodes.push((name.clone(), node));
                }
                Value::Map(nodes)
            }
            (Some(Json::Array(items)), _) => {
                let of = |of: Option<&Json>, index: usize| match of {
                    Some(Json::Bool(true)) => Some(Json::Bool(true)),
                    of => of.and_then(|of| of.get(index)).cloned(),
                };
                let more = unknown.and_then(Json::as_array).map_or(0, Vec::len);
                let mut nodes = Vec::with_capacity(items.len());
                for index in 0..items.len().max(more) {
                    path.push(index.to_string());
                    let node = self.node(
                        items.get(index),
                        of(unknown, index).as_ref(),
                        of(sensitive, index).as_ref(),
                        path,
                    );
                    path.pop();
                    nodes.push(node);
                }
                Value::List(nodes)
            }
            (Some(Json::String(text)), _) if sensitive == Some(&Json::Bool(true)) => {
                Value::Open(Open {
                    expression: "a sensitive value".to_owned(),
                    assigned: !text.is_empty(),
                })
            }
            (Some(other), _) => return Node::from_json(other, None),
            (None, Some(Json::Object(_) | Json::Array(_))) => {
                return self.node(Some(&empty_like(unknown)), unknown, sensitive, path);
            }
            (None, _) => Value::Null,
        };
        Node::new(value, None)
    }

    fn open(&self, path: &[String]) -> Open {
        let references = self
            .expressions
            .and_then(|expressions| expression_at(expressions, path))
            .and_then(|expression| expression.get("references"))
            .and_then(Json::as_array);
        let references: Vec<&str> = references
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let first = references.first().copied();
        Open {
            expression: first
                .unwrap_or("its provider, when it is applied")
                .to_owned(),
            assigned: surely_give(&references),
        }
    }
}

/// Whether marks of what is unknown mark anything.
fn tells(unknown: &Json) -> bool {
    match unknown {
        Json::Bool(marked) => *marked,
        Json::Array(items) => items.iter().any(tells),
        Json::Object(members) => members.values().any(tells),
        _ => false,
    }
}

fn empty_like(unknown: Option<&Json>) -> Json {
    match unknown {
        Some(Json::Array(_)) => Json::Array(Vec::new()),
        _ => Json::Object(serde_json::Map::new()),
    }
}

/// The expression behind a path of attributes and block indices. A block that stands once is an
/// object in some versions and a list in others.
pub(super) fn expression_at<'p>(expressions: &'p Json, path: &[String]) -> Option<&'p Json> {
    let mut at = expressions;
    for step in path {
        if at.get("references").is_some() || at.get("constant_value").is_some() {
            // The expression gives the whole value.
            return Some(at);
        }
        at = match (at, step.parse::<usize>()) {
            (Json::Array(items), Ok(index)) => items.get(index)?,
            (Json::Object(_), Ok(_)) => at,
            _ => at.get(step)?,
        };
    }
    Some(at)
}
