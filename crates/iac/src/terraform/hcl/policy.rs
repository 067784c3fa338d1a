//! The data source `aws_iam_policy_document`.
//!
//! Enters: its blocks, worked out. Leaves: the document that it renders, with the places of its
//! statements. Deliberately absent: the merging of documents that are not known; then the whole is
//! open.
//!
//! Source: the provider's documentation of `aws_iam_policy_document`.

use crate::value::{Node, Value};

/// The document.
pub(super) fn document(given: &Node) -> Node {
    let Some(mut statements) = merged(given.member("source_policy_documents")) else {
        return Node::open("documents that are merged", true);
    };
    for block in blocks(given.member("statement")) {
        put(&mut statements, statement(block));
    }
    let Some(over) = merged(given.member("override_policy_documents")) else {
        return Node::open("documents that are merged", true);
    };
    // One whose `Sid` nobody knows may replace any.
    let is_open = |node: Option<&Node>| node.is_some_and(|node| node.as_open().is_some());
    if over
        .iter()
        .any(|statement| is_open(Some(statement)) || is_open(statement.member("Sid")))
    {
        return Node::open("a statement that replaces others", true);
    }
    for statement in over {
        put(&mut statements, statement);
    }
    Node::map(vec![
        ("Version", Node::text("2012-10-17")),
        ("Statement", Node::list(statements)),
    ])
}

/// Blocks of one name: a list, or one alone.
fn blocks(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(Node {
            value: Value::List(items),
            ..
        }) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

/// The statements of documents; none where one of them is not known.
fn merged(documents: Option<&Node>) -> Option<Vec<Node>> {
    let mut all = Vec::new();
    for document in blocks(documents) {
        for statement in statements_of(document)? {
            put(&mut all, statement);
        }
    }
    Some(all)
}

/// Adds a statement, in place of one of the same `Sid`.
fn put(statements: &mut Vec<Node>, statement: Node) {
    let sid = |node: &Node| node.member("Sid")?.coerced().filter(|sid| !sid.is_empty());
    let own = sid(&statement);
    let same = statements
        .iter_mut()
        .find(|known| own.is_some() && sid(known) == own);
    match same {
        Some(known) => *known = statement,
        None => statements.push(statement),
    }
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
        for condition in blocks(Some(conditions)) {
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
            let values = condition.member("values").cloned().unwrap_or_default();
            join(&mut keys, &variable, values);
            all.set(&test, keys);
        }
        out.set("Condition", all);
    }
    out.at(block.place.clone())
}

fn principals(blocks: &Node) -> Node {
    let mut all = Node::map(vec![]);
    for block in self::blocks(Some(blocks)) {
        let of_type = block.member("type").and_then(Node::coerced);
        let Some(of_type) = of_type else {
            return Node::open("a principal that is not known", true);
        };
        let identifiers = block.member("identifiers").cloned().unwrap_or_default();
        if of_type == "*" {
            return Node::text("*");
        }
        join(&mut all, &of_type, identifiers);
    }
    all
}

/// Sets a member, or adds to the values that it has.
fn join(map: &mut Node, name: &str, values: Node) {
    let joined = match (map.take(name).map(|node| node.value), values.value) {
        (None, value) => value,
        (Some(Value::List(mut all)), Value::List(more)) => {
            all.extend(more);
            Value::List(all)
        }
        (Some(known), _) => match Node::new(known, None).first_open() {
            Some(open) => Value::Open(open.clone()),
            None => Node::open("values that are not known", true).value,
        },
    };
    map.set(name, Node::new(joined, values.place));
}
