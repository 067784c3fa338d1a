//! Functions.
//!
//! Enters: a name and worked-out arguments. Leaves: the result, open where an argument that matters
//! is. Deliberately absent: functions of time, randomness, hashes and networks.

use base64::Engine as _;

use super::expression::{as_f64, from_f64, opened, text_of};
use crate::value::{Body, Node, Value};

/// The result of a function.
pub(super) fn call(name: &str, arguments: Vec<Node>) -> Node {
    let first = arguments.first();
    let text = || first.and_then(text_of);
    let result = match name {
        // The tree is kept, so that a document keeps its places.
        "jsonencode" | "yamlencode" | "tolist" | "toset" | "tomap" | "tostring" | "tonumber"
        | "tobool" | "nonsensitive" | "sensitive" => first.cloned(),
        "jsondecode" => first.map(|node| match node.as_text() {
            Some(text) => match serde_json::from_str(text) {
                Ok(json) => Node::from_json(&json, node.place.as_ref()),
                Err(_) => Node::open("jsondecode(…)", false),
            },
            // A tree that was encoded before is one already; what is open may hold anything.
            None => match node.as_open() {
                Some(open) => Node::open(&open.expression, false),
                None => node.clone(),
            },
        }),
        "lower" => text().map(|text| Node::text(text.to_lowercase())),
        "upper" => text().map(|text| Node::text(text.to_uppercase())),
        "trimspace" => text().map(|text| Node::text(text.trim())),
        "base64encode" => {
            text().map(|text| Node::text(base64::engine::general_purpose::STANDARD.encode(text)))
        }
        "format" => format(&arguments),
        "join" => join(&arguments),
        "split" => split(&arguments),
        "replace" => replace(&arguments),
        "concat" => concat(&arguments),
        "flatten" => first.and_then(flatten),
        "compact" => first.and_then(compact),
        "distinct" => first
            .filter(|node| node.first_open().is_none())
            .map(distinct),
        "merge" => merge(&arguments),
        "lookup" => lookup(&arguments),
        "element" => element(&arguments),
        "one" => first.and_then(|node| match node.items() {
            [one] => Some(one.clone()),
            [] if matches!(node.value, Value::List(_)) => Some(Node::default()),
            _ => None,
        }),
        "length" => first.and_then(length),
        "keys" => first.and_then(|node| match &node.value {
            Value::Map(members) => Some(Node::list(
                members.iter().map(|(name, _)| Node::text(name)).collect(),
            )),
            _ => None,
        }),
        "values" => first.and_then(|node| match &node.value {
            Value::Map(members) => Some(Node::list(
                members.iter().map(|(_, node)| node.clone()).collect(),
            )),
            _ => None,
        }),
        "contains" => contains(&arguments),
        "coalesce" => coalesce(&arguments),
        "max" => numbers(&arguments, f64::max),
        "min" => numbers(&arguments, f64::min),
        _ => None,
    };
    result.unwrap_or_else(|| {
        let open = arguments.iter().find_map(Node::first_open);
        match open {
            Some(open) => Node::open(&open.expression, open.assigned && keeps(name)),
            None => Node::open(format!("{name}(…)"), false),
        }
    })
}

/// Whether what comes out of a function is set where what goes in is.
fn keeps(name: &str) -> bool {
    ["lower", "upper", "format", "base64encode", "concat"].contains(&name)
}

/// Whether `try` would pass over a value: it names something that is not there.
pub(super) fn is_mistaken(node: &Node) -> bool {
    node.as_open().is_some_and(|open| {
        open.expression.starts_with("an element") || open.expression.starts_with("a member")
    })
}

fn format(arguments: &[Node]) -> Option<Node> {
    let (pattern, values) = arguments.split_first()?;
    let mut values = values.iter();
    let mut out = String::new();
    let mut chars = pattern.as_text()?.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            '%' => out.push('%'),
            's' | 'd' | 'v' => out.push_str(&text_of(values.next()?)?),
            _ => return None,
        }
    }
    Some(Node::text(out))
}

fn join(arguments: &[Node]) -> Option<Node> {
    let [separator, lists @ ..] = arguments else {
        return None;
    };
    let mut parts = Vec::new();
    for list in lists {
        let Value::List(items) = &list.value else {
            return None;
        };
        for item in items {
            parts.push(text_of(item)?);
        }
    }
    Some(Node::text(parts.join(separator.as_text()?)))
}

fn split(arguments: &[Node]) -> Option<Node> {
    let [separator, text] = arguments else {
        return None;
    };
    let separator = separator.as_text().filter(|text| !text.is_empty())?;
    let parts = text.as_text()?.split(separator).map(Node::text);
    Some(Node::list(parts.collect()))
}

fn replace(arguments: &[Node]) -> Option<Node> {
    let [text, from, to] = arguments else {
        return None;
    };
    let from = from.as_text()?;
    // Between slashes stands a regular expression.
    let plain = !(from.len() > 1 && from.starts_with('/') && from.ends_with('/'));
    plain
        .then(|| {
            text.as_text()
                .map(|text| text.replace(from, to.as_text().unwrap_or_default()))
        })?
        .map(Node::text)
}

fn concat(arguments: &[Node]) -> Option<Node> {
    let mut all = Vec::new();
    for list in arguments {
        match &list.value {
            Value::List(items) => all.extend(items.iter().cloned()),
            _ => return None,
        }
    }
    Some(Node::list(all))
}

fn flatten(node: &Node) -> Option<Node> {
    fn into(node: &Node, out: &mut Vec<Node>) -> Option<()> {
        for item in node.items() {
            match &item.value {
                Value::List(_) => into(item, out)?,
                Value::Open(_) => return None,
                _ => out.push(item.clone()),
            }
        }
        Some(())
    }
    if !matches!(node.value, Value::List(_)) {
        return None;
    }
    let mut out = Vec::new();
    into(node, &mut out)?;
    Some(Node::list(out))
}

fn compact(node: &Node) -> Option<Node> {
    if !matches!(node.value, Value::List(_)) || node.first_open().is_some() {
        return None;
    }
    let kept = node
        .items()
        .iter()
        .filter(|item| !item.is_null() && item.as_text() != Some(""));
    Some(Node::list(kept.cloned().collect()))
}

fn distinct(node: &Node) -> Node {
    let mut seen = Vec::new();
    let mut kept = Vec::new();
    for item in node.items() {
        let json = Body::of(item).json;
        if !seen.contains(&json) {
            seen.push(json);
            kept.push(item.clone());
        }
    }
    Node::list(kept)
}

fn merge(arguments: &[Node]) -> Option<Node> {
    let mut all = Node::map(vec![]);
    for map in arguments {
        match &map.value {
            Value::Map(members) => {
                for (name, node) in members {
                    all.set(name, node.clone());
                }
            }
            Value::Null => {}
            _ => return None,
        }
    }
    Some(all)
}

fn lookup(arguments: &[Node]) -> Option<Node> {
    let [map, key, rest @ ..] = arguments else {
        return None;
    };
    let Value::Map(members) = &map.value else {
        return None;
    };
    let key = key.coerced()?;
    let found = members.iter().find(|(name, _)| *name == key);
    found
        .map(|(_, node)| node.clone())
        .or_else(|| rest.first().cloned())
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and not negative"
)]
fn element(arguments: &[Node]) -> Option<Node> {
    let [list, index] = arguments else {
        return None;
    };
    let index = as_f64(index).filter(|index| *index >= 0.0 && index.fract() == 0.0)?;
    let items = list.items();
    let at = (index as usize).checked_rem(items.len())?;
    items.get(at).cloned()
}

fn length(node: &Node) -> Option<Node> {
    let count = match &node.value {
        Value::List(items) => items.len(),
        Value::Map(members) => members.len(),
        Value::Text(text) => text.chars().count(),
        _ => return None,
    };
    Some(Node::new(Value::Number(count.into()), None))
}

fn contains(arguments: &[Node]) -> Option<Node> {
    let [list, wanted] = arguments else {
        return None;
    };
    let wanted = wanted.coerced()?;
    let items = match &list.value {
        Value::List(items) => items,
        _ => return None,
    };
    let has = items
        .iter()
        .any(|item| item.coerced().as_deref() == Some(&wanted));
    let known = items.iter().all(|item| item.as_open().is_none());
    (has || known).then(|| Node::new(Value::Bool(has), None))
}

fn coalesce(arguments: &[Node]) -> Option<Node> {
    for node in arguments {
        match &node.value {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            Value::Open(open) if !open.assigned => return Some(opened(node)),
            _ => return Some(node.clone()),
        }
    }
    None
}

fn numbers(arguments: &[Node], choose: fn(f64, f64) -> f64) -> Option<Node> {
    let all: Option<Vec<f64>> = arguments.iter().map(as_f64).collect();
    all?.into_iter().reduce(choose).map(from_f64)
}
