//! The data source `aws_iam_policy_document`.
//!
//! Enters: its blocks, worked out. Leaves: the document that it renders, with the places of its
//! statements. Deliberately absent: documents that it merges by `source_policy_documents` as text;
//! trees are merged.
//!
//! Source: the provider's documentation of `aws_iam_policy_document`.

use crate::value::{Node, Value};

/// The document.
pub(super) fn document(given: &Node) -> Node {
    let mut statements = Vec::new();
    for merged in ["source_policy_documents", "override_policy_documents"] {
        match given.member(merged).map(|node| &node.value) {
            None => {}
            Some(Value::List(documents)) => {
                for document in documents {
                    match statements_of(document) {
                        Some(more) => statements.extend(more),
                        None => return Node::open("a document that is merged", true),
                    }
                }
            }
            Some(_) => return Node::open("documents that are merged", true),
        }
    }
    match given.member("statement").map(|node| &node.value) {
        None => {}
        Some(Value::List(blocks)) => statements.extend(blocks.iter().map(statement)),
        Some(_) => return Node::open("statements that are not known", true),
    }
    Node::map(vec![
        ("Version", Node::text("2012-10-17")),
        ("Statement", Node::list(statements)),
    ])
}

fn statements_of(document: &Node) -> Option<Vec<Node>> {
    let parsed;
    let document = match document.as_text() {
        Some(text) => {
            parsed = Node::from_json(&serde_json::from_str(text).ok()?, document.place.as_ref());
            &parsed
        }
        None => document,
    };
    let statements = document.member("Statement")?;
    Some(match &statements.value {
        Value::List(items) => items.clone(),
        _ => vec![statements.clone()],
    })
}

fn statement(block: &Node) -> Node {
    if block.as_open().is_some() {
        return block.clone();
    }
    let mut out = Node::map(vec![]);
    let effect = block.member("effect").cloned();
    out.set("Effect", effect.unwrap_or_else(|| Node::text("Allow")));
    for (name, member) in [
        ("sid", "Sid"),
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(node) = block.member(name) {
            out.set(member, node.clone());
        }
    }
    for (name, member) in [
        ("principals", "Principal"),
        ("not_principals", "NotPrincipal"),
    ] {
        if let Some(blocks) = block.member(name) {
            out.set(member, principals(blocks));
        }
    }
    if let Some(conditions) = block.member("condition") {
        let mut all = Node::map(vec![]);
        for condition in conditions.items() {
            let test = condition.member("test").and_then(Node::coerced);
            let variable = condition.member("variable").and_then(Node::coerced);
            let (Some(test), Some(variable)) = (test, variable) else {
                all = Node::open("a condition that is not known", true);
                break;
            };
            let mut keys = all
                .member(&test)
                .cloned()
                .unwrap_or_else(|| Node::map(vec![]));
            keys.set(
                &variable,
                condition.member("values").cloned().unwrap_or_default(),
            );
            all.set(&test, keys);
        }
        out.set("Condition", all);
    }
    out.at(block.place.clone())
}

fn principals(blocks: &Node) -> Node {
    let mut all = Node::map(vec![]);
    for block in blocks.items() {
        let of_type = block.member("type").and_then(Node::coerced);
        let Some(of_type) = of_type else {
            return Node::open("a principal that is not known", true);
        };
        let identifiers = block.member("identifiers").cloned().unwrap_or_default();
        if of_type == "*" {
            return Node::text("*");
        }
        all.set(&of_type, identifiers);
    }
    all
}
