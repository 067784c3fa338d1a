//! From Terraform's attributes to AWS's members.
//!
//! Enters: the attributes of one resource, and a way to follow what is open in them. Leaves: the
//! body of a declared resource.

use super::attributes::{Attribute, Shape, Wants, attributes};
use crate::frame::pending_name;
use crate::kind::Kind;
use crate::value::{Node, Open, Place, Value};

/// A step into attributes: a name, or the index of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(&'static str),
    Index(usize),
}

/// What is known about the expressions behind attributes.
pub(super) trait Behind {
    /// What identifies the resources that the expression at `path` refers to; none where they are
    /// not known.
    fn references(&self, path: &[Step], wants: Wants) -> Option<Vec<String>>;

    /// Whether the code gives the attribute of that shape at `path` an expression at all; true where
    /// nobody knows.
    fn is_set(&self, path: &[Step], shape: Shape) -> bool;

    /// Where the attribute stands.
    fn place(&self, path: &[Step]) -> Option<Place>;

    /// What the code writes there, where it was read beside the plan.
    fn written(&self, _: &[Step]) -> Option<Node> {
        None
    }
}

/// Nothing is behind what was worked out.
struct Nothing;

impl Behind for Nothing {
    fn references(&self, _: &[Step], _: Wants) -> Option<Vec<String>> {
        None
    }

    fn is_set(&self, _: &[Step], _: Shape) -> bool {
        true
    }

    fn place(&self, _: &[Step]) -> Option<Place> {
        None
    }
}

/// The body of a resource of that kind.
pub(super) fn body(kind: Kind, given: &Node, behind: &dyn Behind) -> Node {
    let mut path = Vec::new();
    let mut body = members(given, attributes(kind), behind, &mut path);
    settle(kind, &mut body);
    body.at(behind.place(&[]))
}

fn members(
    given: &Node,
    table: &'static [Attribute],
    behind: &dyn Behind,
    path: &mut Vec<Step>,
) -> Node {
    let mut body = Node::new(Value::Map(Vec::new()), None);
    for attribute in table {
        // Where a resource is open as a whole, so is whatever it may hold.
        let whole = given.as_open().map(|_| given);
        let Some(node) = whole.or_else(|| given.member(attribute.name)) else {
            continue;
        };
        path.push(Step::Name(attribute.name));
        let converted = convert(node, attribute.shape, behind, path);
        let place = behind.place(path).or_else(|| node.place.clone());
        path.pop();
        if !converted.is_null() {
            body.set(attribute.member, converted.at(place));
        }
    }
    body
}

fn convert(node: &Node, shape: Shape, behind: &dyn Behind, path: &mut Vec<Step>) -> Node {
    if let Value::Open(open) = &node.value {
        // What only the provider computes, the code does not set.
        if path.len() == 1 && !behind.is_set(path, shape) && !matches!(shape, Shape::Generated) {
            return Node::default();
        }
        let followed = followed(open, shape, behind, path);
        // The code may tell more than the plan: a policy is open as a whole there.
        if followed.first_open().is_some()
            && let Some(written) = behind.written(path)
            && written.as_open().is_none()
            && !matches!(shape, Shape::Generated)
        {
            let place = written.place.clone();
            return convert(&written, shape, &Nothing, &mut Vec::new()).at(place);
        }
        return followed.at(node.place.clone());
    }
    match shape {
        Shape::Value | Shape::Generated => node.clone(),
        Shape::Reference(_) => match node.as_text() {
            // An empty string is Terraform's way to leave an attribute out.
            Some("") => Node::default(),
            _ => node.clone(),
        },
        Shape::References(wants) | Shape::All(wants) => {
            let items = node.items().iter().enumerate().map(|(index, item)| {
                if item.as_open().is_none() {
                    return item.clone();
                }
                path.push(Step::Index(index));
                let found = behind.references(path, wants);
                path.pop();
                match found.as_deref() {
                    Some([one]) => Node::text(one),
                    _ => item.clone(),
                }
            });
            Node::list(items.collect()).at(node.place.clone())
        }
        Shape::Block(inside) => match &node.value {
            Value::List(items) => match items.first() {
                Some(block) => {
                    path.push(Step::Index(0));
                    let converted = block_of(block, inside, behind, path);
                    path.pop();
                    converted
                }
                None => Node::default(),
            },
            _ => block_of(node, inside, behind, path),
        },
        Shape::Blocks(inside) => {
            let blocks = match &node.value {
                Value::List(items) => items.as_slice(),
                _ => std::slice::from_ref(node),
            };
            if blocks.is_empty() {
                return Node::default();
            }
            let blocks = blocks.iter().enumerate().map(|(index, block)| {
                path.push(Step::Index(index));
                let converted = block_of(block, inside, behind, path);
                path.pop();
                converted
            });
            Node::list(blocks.collect()).at(node.place.clone())
        }
        Shape::Tags => {
            let tags = node.members().iter().map(|(key, value)| {
                Node::map(vec![("Key", Node::text(key)), ("Value", value.clone())])
            });
            Node::list(tags.collect()).at(node.place.clone())
        }
    }
}

fn block_of(
    block: &Node,
    inside: &'static [Attribute],
    behind: &dyn Behind,
    path: &mut Vec<Step>,
) -> Node {
    if block.as_open().is_some() {
        return block.clone();
    }
    let place = behind.place(path).or_else(|| block.place.clone());
    members(block, inside, behind, path).at(place)
}

/// What is open, followed to the resource that will give it.
fn followed(open: &Open, shape: Shape, behind: &dyn Behind, path: &[Step]) -> Node {
    let still_open = || Node::new(Value::Open(open.clone()), None);
    match shape {
        Shape::Reference(wants) => match behind.references(path, wants).as_deref() {
            Some([one]) => Node::text(one),
            _ => still_open(),
        },
        Shape::References(wants) => match behind.references(path, wants) {
            Some(all) if !all.is_empty() => Node::list(all.into_iter().map(Node::text).collect()),
            _ => still_open(),
        },
        // Beside what it refers to, the expression may hold others that are written out.
        Shape::All(wants) => match behind.references(path, wants) {
            Some(all) if !all.is_empty() => {
                let known = all.into_iter().map(Node::text);
                let more = Node::open(&open.expression, false);
                Node::list(known.chain([more]).collect())
            }
            _ => still_open(),
        },
        Shape::Generated => {
            let index = path.iter().rev().find_map(|step| match step {
                Step::Index(index) => Some(*index),
                Step::Name(_) => None,
            });
            Node::text(pending_name(&index.unwrap_or_default().to_string()))
        }
        Shape::Value | Shape::Block(_) | Shape::Blocks(_) | Shape::Tags => still_open(),
    }
}

/// What differs between the provider and the API in more than names.
fn settle(kind: Kind, body: &mut Node) {
    match kind {
        Kind::LifecycleConfig => {
            for hook in ["OnCreate", "OnStart"] {
                if let Some(script) = body.take(hook) {
                    let place = script.place.clone();
                    let entry = Node::map(vec![("Content", script)]);
                    body.set(hook, Node::list(vec![entry]).at(place));
                }
            }
        }
        Kind::RolePolicy | Kind::Attachment => {
            as_list(body, "Role", "Roles");
            as_list(body, "PolicyArn", "PolicyArns");
        }
        // The provider's default differs from the service's, and it names variants itself.
        Kind::EndpointConfig => {
            name_variants(body);
            if let Value::Map(members) = &mut body.value
                && let Some((_, capture)) = members
                    .iter_mut()
                    .find(|(name, _)| name == "DataCaptureConfig")
                && matches!(capture.value, Value::Map(_))
                && capture.member("EnableCapture").is_none()
            {
                capture.set("EnableCapture", Node::new(Value::Bool(false), None));
            }
        }
        _ => {}
    }
}

/// Variants that the code does not name get a name of their own.
fn name_variants(body: &mut Node) {
    for variants in ["ProductionVariants", "ShadowProductionVariants"] {
        if let Some(mut list) = body.take(variants) {
            if let Value::List(items) = &mut list.value {
                for (index, item) in items.iter_mut().enumerate() {
                    if item.member("VariantName").is_none() {
                        item.set("VariantName", Node::text(pending_name(&index.to_string())));
                    }
                }
            }
            body.set(variants, list);
        }
    }
}

fn as_list(body: &mut Node, one: &str, many: &str) {
    if let Some(node) = body.take(one) {
        let place = node.place.clone();
        body.set(many, Node::list(vec![node]).at(place));
    }
}
