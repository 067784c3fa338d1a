//! What a compiled tree may read.
//!
//! Enters: a [`Node`]. Leaves: the facts and tunables it names, as [`Reads`]. Deliberately absent:
//! what it reads of one asset; that is its trace.

use std::collections::BTreeSet;

use super::program::Reads;
use super::tree::{Base, Node, Path};

/// What a compiled tree may read.
pub(super) fn reads(node: &Node) -> Reads {
    let mut facts = BTreeSet::new();
    let mut lists = BTreeSet::new();
    let mut reads = Reads::default();
    visit(node, &mut |node| {
        let path = match node {
            Node::Path(path) | Node::Has(path) => path,
            Node::Is(is) => &is.path,
            Node::AsOf => {
                reads.as_of = true;
                return;
            }
            _ => return,
        };
        let last = path.leaf || matches!(node, Node::Has(_));
        let seen = if last { &mut facts } else { &mut lists };
        if !path.fact.is_empty() {
            seen.insert(path.fact.clone());
        }
    });
    // A list of records is read for the sake of its members' facts when there are any.
    for list in lists {
        let members = format!("{list}.");
        if !facts.iter().any(|fact| fact.starts_with(&members)) {
            facts.insert(list);
        }
    }
    for fact in facts {
        match fact.strip_prefix("tunables.") {
            Some(tunable) => reads.tunables.push(tunable.to_owned()),
            None => reads.facts.push(fact),
        }
    }
    reads
}

fn visit(node: &Node, seen: &mut impl FnMut(&Node)) {
    seen(node);
    let children: Vec<&Node> = match node {
        Node::Constant(_) | Node::AsOf => Vec::new(),
        Node::Path(path) | Node::Has(path) => base(path),
        Node::Is(is) => base(&is.path),
        Node::Require(operand, _)
        | Node::Not(operand)
        | Node::Negate(operand, _)
        | Node::ToDouble(operand)
        | Node::Days(operand, _)
        | Node::Size(operand)
        | Node::Matches(operand, _) => vec![operand],
        Node::And(operands) | Node::Or(operands) | Node::List(operands) => {
            operands.iter().collect()
        }
        Node::Choose(operands) => operands.iter().collect(),
        Node::Equal(operands, _, _)
        | Node::Order(_, operands, _)
        | Node::Arithmetic(_, operands, _)
        | Node::In(operands, _)
        | Node::Index(operands, _)
        | Node::Text(_, operands) => operands.iter().collect(),
        Node::Each(each) => vec![&each.range, &each.body],
    };
    for child in children {
        visit(child, seen);
    }
}

fn base(path: &Path) -> Vec<&Node> {
    match &path.base {
        Base::Node(base) => vec![base],
        _ => Vec::new(),
    }
}
