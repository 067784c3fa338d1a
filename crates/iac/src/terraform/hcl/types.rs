//! Type constraints of variables.
//!
//! Enters: a value, and the type that the variable has. Leaves: the value with what the type adds:
//! optional members get their defaults, or null, and members that the type does not name are gone.
//! Deliberately absent: conversion between numbers, texts and booleans, which are compared as texts.
//!
//! Source: Terraform, "Type Constraints".

use hcl_edit::expr::{Expression, FuncCall, ObjectKey};

use super::expression::literal;
use crate::value::{Node, Value};

/// The value as the type makes it.
pub(super) fn converted(node: Node, of_type: &Expression) -> Node {
    let Expression::FuncCall(call) = of_type else {
        return node;
    };
    let Some(inner) = call.args.iter().next() else {
        return node;
    };
    let place = node.place.clone();
    let value = match (call.name.name.as_str(), node.value, inner) {
        ("object", Value::Map(members), Expression::Object(attributes)) => {
            let given = Node::new(Value::Map(members), None);
            let mut object = Node::map(Vec::new());
            for (key, of_attribute) in attributes {
                if let Some(name) = name_of(key) {
                    object.set(
                        &name,
                        attribute(given.member(&name), of_attribute.expr(), &name),
                    );
                }
            }
            object.value
        }
        ("map", Value::Map(members), _) => Value::Map(
            members
                .into_iter()
                .map(|(name, item)| (name, converted(item, inner)))
                .collect(),
        ),
        ("list" | "set", Value::List(items), _) => {
            let items = items.into_iter().map(|item| converted(item, inner));
            Value::List(items.collect())
        }
        (_, value, _) => value,
    };
    Node::new(value, place)
}

fn name_of(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.as_str().to_owned()),
        ObjectKey::Expression(key) => literal(key).coerced(),
    }
}

/// A member of an object: what is given, else what the type says stands for it.
fn attribute(given: Option<&Node>, of_type: &Expression, name: &str) -> Node {
    let Some((inner, default)) = optional(of_type) else {
        return match given {
            Some(given) => converted(given.clone(), of_type),
            None => Node::open(format!("a value of {name}"), false),
        };
    };
    match (given, default) {
        (Some(given), _) => converted(given.clone(), inner),
        (None, Some(default)) => converted(literal(default), inner),
        (None, None) => Node::default(),
    }
}

/// The type and the default of an optional member.
fn optional(of_type: &Expression) -> Option<(&Expression, Option<&Expression>)> {
    let Expression::FuncCall(call) = of_type else {
        return None;
    };
    let call: &FuncCall = call;
    if call.name.name.as_str() != "optional" {
        return None;
    }
    let mut arguments = call.args.iter();
    Some((arguments.next()?, arguments.next()))
}
