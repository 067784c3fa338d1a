//! Resources and data sources: what references to them give, and what they declare.

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body, Structure};

use super::Written;
use super::expression::{Scope, Step, opened, walk};
use super::module::{Instance, Module};
use super::policy;
use super::source::{File, Found, attribute, label};
use crate::declared::{Identity, Unread};
use crate::frame::pending_name;
use crate::kind::Kind;
use crate::terraform::attributes::name_attributes;
use crate::terraform::{adds_others, identifies, is_found};
use crate::value::{Node, Value, common};

/// What is left out, and what was not read.
#[derive(Default)]
pub(super) struct Left {
    pub(super) warnings: Vec<String>,
    pub(super) unread: Vec<Unread>,
}

impl<'w> Module<'w> {
    pub(super) fn address(&self, of_type: &str, name: &str, key: Option<&str>) -> String {
        let key = key.map_or_else(String::new, |key| format!("[{key}]"));
        format!("{}{of_type}.{name}{key}", self.prefix)
    }

    /// An attribute of a resource, of one instance or of all.
    pub(super) fn resource_value(&self, of_type: &str, name: &str, steps: &[Step]) -> Node {
        let Some(found) = self.resources.get(&(of_type, name)) else {
            return Node::open(format!("{of_type}.{name}"), false);
        };
        let instances = self.instances(found);
        let of = |instance: &Instance, steps: &[Step]| {
            let (key, scope) = instance;
            match steps.first().and_then(Step::text) {
                Some(_) => self.attribute_of(found, of_type, name, key.as_deref(), scope, steps),
                None => Node::open(self.address(of_type, name, key.as_deref()), false),
            }
        };
        match steps.first() {
            Some(Step::Splat) => {
                let rest = steps.get(1..).unwrap_or_default();
                let whether = instances
                    .iter()
                    .find_map(|(key, _)| self.uncounted(found, key.as_deref()));
                if let Some(expression) = whether {
                    return Node::open(expression, false);
                }
                Node::list(
                    instances
                        .iter()
                        .map(|instance| of(instance, rest))
                        .collect(),
                )
            }
            Some(Step::Key(key)) => {
                let rest = steps.get(1..).unwrap_or_default();
                match instances.iter().find(|(known, _)| is_key(known, key)) {
                    Some(instance) => {
                        if self.uncounted(found, instance.0.as_deref()).is_some() {
                            self.doubted.set(true);
                        }
                        of(instance, rest)
                    }
                    None => Node::open(format!("an element [{key}] of {of_type}.{name}"), false),
                }
            }
            _ => match instances.as_slice() {
                [one] => of(one, steps),
                _ => Node::open(format!("{of_type}.{name}"), false),
            },
        }
    }

    fn attribute_of(
        &self,
        found: &Found<'w>,
        of_type: &str,
        name: &str,
        key: Option<&str>,
        scope: &Scope,
        steps: &[Step],
    ) -> Node {
        let wanted = steps.first().and_then(Step::text).unwrap_or_default();
        let rest = steps.get(1..).unwrap_or_default();
        let address = self.address(of_type, name, key);
        if let Some((given, file)) = found.attribute(wanted) {
            let node = self.once(&format!("{address}.{wanted}"), || {
                self.value(&given.value, scope, file)
            });
            return walk(node, rest);
        }
        if !found.inside(wanted).is_empty() {
            let node = self.once(&format!("{address}.{wanted}"), || {
                let body = self.block(&found.block.body, scope, found.file);
                body.member(wanted).cloned().unwrap_or_default()
            });
            return walk(node, rest);
        }
        let kind = Kind::of_terraform(of_type);
        let identity = kind.map(|kind| self.identity(kind, found, &address, scope));
        match (identity, wanted) {
            (Some(identity), "arn") => Node::text(identity.arn(&self.frame)),
            (Some(identity), "id") if identity.kind == Kind::ManagedPolicy => {
                Node::text(identity.arn(&self.frame))
            }
            (Some(identity), "id" | "name" | "key_id" | "bucket") => Node::text(identity.name),
            // What a resource is known by is one thing, and no pattern.
            (None, _) if rest.is_empty() && identifies(of_type, wanted) => {
                Node::text(pending_name(&format!("{address}.{wanted}")))
            }
            _ => Node::open(format!("{address}.{wanted}"), false),
        }
    }

    pub(super) fn identity(
        &self,
        kind: Kind,
        found: &Found<'w>,
        address: &str,
        scope: &Scope,
    ) -> Identity {
        let text = |name: &str| {
            let (given, file) = found.attribute(name)?;
            let node = self.once(&format!("{address}.{name}"), || {
                self.value(&given.value, scope, file)
            });
            node.as_text().map(str::to_owned)
        };
        let name = name_attributes(kind).iter().find_map(|name| text(name));
        let provider = self.providers.of(found);
        let region = text("region")
            .or_else(|| provider?.region.clone())
            .unwrap_or_else(|| self.frame.region.clone());
        let mut identity = Identity::new(kind, address, name, &region);
        identity.account = provider.and_then(|provider| provider.account.clone());
        if let Some(path) = text("path") {
            identity.path = path;
        }
        identity
    }

    pub(super) fn data_value(&self, of_type: &str, name: &str, steps: &[Step]) -> Node {
        let wanted = steps.iter().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        });
        let expression = format!("data.{of_type}.{name}");
        let Some(found) = self.data.get(&(of_type, name)) else {
            return Node::open(expression, false);
        };
        let frame = &self.frame;
        let provider = self.providers.of(found);
        let region = provider
            .and_then(|provider| provider.region.as_deref())
            .unwrap_or(&frame.region);
        let partition = frame.partition();
        match (of_type, wanted) {
            ("aws_caller_identity", Some("account_id")) => {
                let own = provider.and_then(|provider| provider.account.as_deref());
                Node::text(own.unwrap_or(&frame.account))
            }
            ("aws_region", Some("name" | "region" | "id")) if !region.is_empty() => {
                Node::text(region)
            }
            ("aws_partition", Some("partition")) => Node::text(partition),
            ("aws_partition", Some("dns_suffix")) if partition != "aws-cn" => {
                Node::text("amazonaws.com")
            }
            ("aws_iam_policy_document", Some("json" | "minified_json")) => {
                let instances = self.instances(found);
                let instance = match steps.first() {
                    Some(Step::Key(key)) => instances.iter().find(|(known, _)| is_key(known, key)),
                    _ => instances.first(),
                };
                let Some((key, scope)) = instance else {
                    let key = steps.first().and_then(Step::text).unwrap_or_default();
                    return Node::open(format!("an element [{key}] of {expression}"), false);
                };
                if self.uncounted(found, key.as_deref()).is_some() {
                    self.doubted.set(true);
                }
                let key = key.clone().unwrap_or_default();
                self.once(&format!("{expression}[{key}]"), || {
                    policy::document(&self.written(found, scope))
                })
            }
            // A data source that finds nothing is an error: what it found has an identity.
            (_, Some(wanted)) => Node::open(format!("{expression}.{wanted}"), is_found(wanted)),
            _ => Node::open(expression, false),
        }
    }

    /// The attributes and blocks of a resource, those of override files included.
    fn written(&self, found: &Found<'w>, scope: &Scope) -> Node {
        let mut layers = found.layers();
        let mut given = match layers.next() {
            Some((block, file)) => self.block(&block.body, scope, file),
            None => Node::map(Vec::new()),
        };
        for (block, file) in layers {
            let over = self.block(&block.body, scope, file);
            for (name, node) in over.members() {
                given.set(name, node.clone());
            }
        }
        given.at(found.file.place_of_block(found.block))
    }

    /// The members of a block: attributes by name, blocks of one type as a list.
    fn block(&self, body: &Body, scope: &Scope, file: &File) -> Node {
        let mut node = Node::map(vec![]);
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let value = self.value(&attribute.value, scope, file);
                    let place = file.place_of_attribute(attribute);
                    node.set(attribute.key.as_str(), value.at(place));
                }
                Structure::Block(block) if block.ident.as_str() == "dynamic" => {
                    self.dynamic(block, scope, file, &mut node);
                }
                Structure::Block(block) => {
                    let inner = self.block(&block.body, scope, file);
                    append(
                        &mut node,
                        block.ident.as_str(),
                        inner.at(file.place_of_block(block)),
                    );
                }
            }
        }
        node
    }

    fn dynamic(&self, block: &Block, scope: &Scope, file: &File, node: &mut Node) {
        let name = label(block, 0);
        let place = file.place_of_block(block);
        let content = block.body.iter().find_map(|structure| match structure {
            Structure::Block(block) if block.ident.as_str() == "content" => Some(block),
            _ => None,
        });
        let (Some(content), Some(each)) = (content, attribute(&block.body, "for_each")) else {
            return;
        };
        let iterator = attribute(&block.body, "iterator").map(|named| named.value.to_string());
        let iterator = iterator.as_deref().map_or(name, str::trim);
        let collection = self.value(&each.value, scope, file);
        let items: Vec<(Node, Node)> = match &collection.value {
            Value::List(items) => items
                .iter()
                .map(|item| (item.clone(), item.clone()))
                .collect(),
            Value::Map(members) => members
                .iter()
                .map(|(key, item)| (Node::text(key), item.clone()))
                .collect(),
            Value::Null => Vec::new(),
            _ => {
                let open = collection.first_open();
                let what = open.map_or("for_each", |open| open.expression.as_str());
                append(node, name, Node::open(what, false).at(place));
                return;
            }
        };
        for (key, value) in items {
            let each = Node::map(vec![("key", key), ("value", value)]);
            let inner = self.block(&content.body, &scope.with(iterator, each), file);
            append(node, name, inner.at(place.clone()));
        }
    }

    /// Hands out the resources of the module and of those that it calls.
    pub(super) fn each(&self, left: &mut Left, out: &mut dyn FnMut(Written)) {
        for ((of_type, name), found) in &self.resources {
            let Some(kind) = Kind::of_terraform(of_type) else {
                if adds_others(of_type) {
                    self.note(of_type, name, found, left);
                }
                continue;
            };
            let ignored = ignored(found);
            for (key, scope) in self.instances(found).iter() {
                let address = self.address(of_type, name, key.as_deref());
                let mut given = self.written(found, scope);
                self.add_default_tags(found, &mut given);
                out(Written {
                    identity: self.identity(kind, found, &address, scope),
                    kind,
                    given: kept(given, &ignored),
                    conditional: self.undecided(found, key.as_deref()),
                });
            }
        }
        for (name, found) in &self.modules {
            match self.called(name) {
                Some(children) => {
                    for (_, child) in children.iter() {
                        child.each(left, out);
                    }
                }
                None => self.leave(name, found, left),
            }
        }
    }

    /// Notes a resource that stands for others.
    fn note(&self, of_type: &str, name: &str, found: &Found<'w>, left: &mut Left) {
        for (key, scope) in self.instances(found).iter() {
            let mut given = Vec::new();
            self.written(found, scope).texts(&mut given);
            left.unread.push(Unread {
                what: format!(
                    "{}, which was not read",
                    self.address(of_type, name, key.as_deref())
                ),
                given: Some(given),
            });
        }
    }

    /// Tags that the provider gives to each resource stand beside its own.
    fn add_default_tags(&self, found: &Found<'w>, given: &mut Node) {
        let provider = self.providers.of(found);
        let Some(defaults) = provider.and_then(|provider| provider.tags.clone()) else {
            return;
        };
        let place = given.member("tags").and_then(|tags| tags.place.clone());
        let tags = match (
            &defaults.value,
            given.member("tags").map(|tags| &tags.value),
        ) {
            (Value::Map(_), None) => defaults,
            (Value::Map(_), Some(Value::Map(own))) => {
                let mut all = defaults;
                for (name, node) in own {
                    all.set(name, node.clone());
                }
                all
            }
            (_, Some(Value::Open(open))) => Node::open(&open.expression, false),
            _ => opened(&defaults),
        };
        given.set("tags", tags.at(place));
    }
}

/// Whether an instance has a key; one that stands for all may have any.
pub(super) fn is_key(known: &Option<String>, key: &str) -> bool {
    known
        .as_deref()
        .is_none_or(|known| known == key || known == format!("{key:?}"))
}

/// The attributes that are left as they are once a resource exists; none of them where all are.
fn ignored(found: &Found<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for (lifecycle, _) in found.inside("lifecycle") {
        let Some(ignored) = attribute(&lifecycle.body, "ignore_changes") else {
            continue;
        };
        let Expression::Array(items) = &ignored.value else {
            return None;
        };
        for item in items.iter() {
            names.push(match item {
                Expression::Traversal(inner) => inner.expr.to_string(),
                Expression::String(text) => first_word(text.value().as_str()),
                other => other.to_string(),
            });
        }
    }
    Some(names.iter().map(|name| name.trim().to_owned()).collect())
}

fn first_word(text: &str) -> String {
    let end = text.find(['.', '[']).unwrap_or(text.len());
    text.get(..end).unwrap_or_default().to_owned()
}

/// A resource that exists already keeps what is ignored: it is what the code says, or something else.
fn kept(mut given: Node, ignored: &Option<Vec<String>>) -> Node {
    const WHY: &str = "ignore_changes";
    let Some(names) = ignored else {
        let place = given.place.take();
        return Node::open(WHY, false).at(place);
    };
    for name in names {
        let written = given.member(name).cloned().unwrap_or_default();
        let open = match common(&written, &Node::default(), WHY) {
            node if node.is_null() => Node::open(WHY, false),
            node => node,
        };
        given.set(name, open.at(written.place));
    }
    given
}

fn append(node: &mut Node, name: &str, inner: Node) {
    match node.take(name) {
        Some(mut list) => {
            if let Value::List(items) = &mut list.value {
                items.push(inner);
            }
            node.set(name, list);
        }
        None => {
            let place = inner.place.clone();
            node.set(name, Node::list(vec![inner]).at(place));
        }
    }
}
