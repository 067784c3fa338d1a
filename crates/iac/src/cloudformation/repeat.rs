//! Loops: `Fn::ForEach` over resources and over properties.
//!
//! Enters: a map that holds loops, and what works their collections out. Leaves: the map with the
//! elements written out, where it is known for what; where it is not, one stands for all resources,
//! and what properties a map may get is open. Deliberately absent: loops over conditions and outputs.
//!
//! Source: AWS CloudFormation Template Reference, "Fn::ForEach".

use super::intrinsic::{Evaluator, Resources, Scope};
use crate::value::{Node, Open, Value};

/// Elements that the loops of a template may make in all.
pub(super) const MOST: usize = 10_000;

/// Whether a member is a loop.
pub(super) fn is_loop(name: &str) -> bool {
    name.starts_with("Fn::ForEach::")
}

/// The elements of a loop; none where nobody knows for what it is made.
pub(super) fn elements(node: &Node, evaluator: &Evaluator<'_>) -> Option<Vec<(String, Node)>> {
    let [identifier, collection, template] = node.items() else {
        return None;
    };
    let values = evaluator.node(collection);
    let identifier = identifier.as_text()?;
    if !matches!(values.value, Value::List(_)) || values.first_open().is_some() {
        return None;
    }
    let left = &evaluator.scope.repeats;
    let mut all = Vec::new();
    for value in values.items() {
        left.set(left.get().checked_sub(1)?);
        let element = replaced(template, identifier, Some(&value.coerced()?));
        all.extend(element.members().iter().cloned());
    }
    Some(all)
}

/// Resources with their loops written out. What comes back beside them are the loops that are not.
pub(super) fn resources(resources: &Node, scope: &Scope<'_>) -> (Node, Vec<String>) {
    let mut all = Vec::new();
    let mut lost = Vec::new();
    let nothing = Nothing;
    let evaluator = Evaluator {
        scope,
        resources: &nothing,
    };
    for (name, node) in resources.members() {
        if !is_loop(name) {
            all.push((name.clone(), node.clone()));
            continue;
        }
        let (members, known) = match (elements(node, &evaluator), node.items()) {
            (Some(members), _) => (members, true),
            (None, [identifier, _, template]) if scope.repeats.get() > 0 => {
                scope.repeats.set(scope.repeats.get() - 1);
                let identifier = identifier.as_text().unwrap_or_default();
                (
                    replaced(template, identifier, None).members().to_vec(),
                    false,
                )
            }
            _ => {
                lost.push(name.clone());
                continue;
            }
        };
        let inside = Node::new(Value::Map(members), node.place.clone());
        let (inside, more) = self::resources(&inside, scope);
        lost.extend(more);
        let members = inside.members().iter();
        if known {
            all.extend(members.cloned());
        } else {
            // Where nobody knows for how many, one stands for all.
            all.extend(members.map(perhaps));
        }
    }
    (Node::new(Value::Map(all), resources.place.clone()), lost)
}

/// No resources yet.
struct Nothing;

impl Resources for Nothing {
    fn reference(&self, _: &str) -> Option<Node> {
        None
    }

    fn attribute(&self, _: &str, _: &str) -> Option<Node> {
        None
    }
}

/// A resource of which nobody knows whether it is made: no template can declare its condition.
fn perhaps((name, resource): &(String, Node)) -> (String, Node) {
    let mut resource = resource.clone();
    resource.set("Condition", Node::text("Fn::ForEach"));
    (name.clone(), resource)
}

/// The body of a `Fn::ForEach` for one value; what a value that nobody knows goes into is open.
fn replaced(node: &Node, identifier: &str, value: Option<&str>) -> Node {
    let marks = [format!("${{{identifier}}}"), format!("&{{{identifier}}}")];
    let open = || {
        Value::Open(Open {
            expression: format!("Fn::ForEach::{identifier}"),
            assigned: true,
        })
    };
    let written = |text: &str| {
        let value = value.unwrap_or("*");
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{identifier}}}"), value)
            .replace(&format!("&{{{identifier}}}"), &plain)
    };
    let replaced_value = match &node.value {
        Value::Text(text) if value.is_none() && marks.iter().any(|mark| text.contains(mark)) => {
            open()
        }
        Value::Text(text) => Value::Text(written(text)),
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| replaced(item, identifier, value))
                .collect(),
        ),
        Value::Map(members) => match members.as_slice() {
            [(name, argument)] if name == "Ref" && argument.as_text() == Some(identifier) => {
                value.map_or_else(open, |value| Value::Text(value.to_owned()))
            }
            _ => Value::Map(
                members
                    .iter()
                    .map(|(name, item)| (written(name), replaced(item, identifier, value)))
                    .collect(),
            ),
        },
        other => other.clone(),
    };
    Node::new(replaced_value, node.place.clone())
}
