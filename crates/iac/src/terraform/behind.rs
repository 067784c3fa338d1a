//! What stands behind the attributes of a plan.
//!
//! Enters: the expressions of a resource, the instances of the plan, and the code beside it. Leaves: the
//! identities that references lead to, whether something is set at all, and where it is written.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::attributes::{Shape, Wants};
use super::convert::{Behind, Step};
use super::merge::expression_at;
use super::plan::Instance;
use super::references::{Configuration, Module, Target};
use crate::declared::{Identity, Unread};
use crate::frame::{Frame, pending_name};
use crate::value::{Node, Place};

/// What references are looked up in.
pub(super) struct Known<'p, 'i> {
    pub(super) configuration: &'i Configuration<'p>,
    pub(super) instances: &'i [Instance],
    pub(super) identities: &'i [Identity],
    pub(super) by_resource: &'i HashMap<(&'i Module, &'i str), Vec<usize>>,
    pub(super) frame: &'i Frame,
}

impl Known<'_, '_> {
    /// A resource that stands for others: what it was given is known, or what its expressions refer to.
    pub(super) fn unread(&self, instance: &Instance) -> Unread {
        let mut given = Vec::new();
        instance.given.texts(&mut given);
        let expressions = self
            .configuration
            .expressions(&instance.module, &instance.resource);
        let mut references = Vec::new();
        if let Some(expressions) = expressions {
            all_references(expressions, &mut references);
        }
        for reference in references {
            let is = |at: &&Instance| at.module == instance.module && at.resource == reference;
            let of = self.instances.iter().filter(is);
            given.extend(of.map(|at| at.address.clone()));
        }
        Unread {
            what: format!("{}, which was not read", instance.address),
            given: Some(given),
        }
    }
}

/// Every reference inside expressions and blocks.
fn all_references<'p>(expressions: &'p Json, out: &mut Vec<&'p str>) {
    match expressions {
        Json::Object(members) => {
            for (name, inner) in members {
                match inner {
                    Json::Array(items) if name == "references" => {
                        out.extend(items.iter().filter_map(Json::as_str));
                    }
                    inner => all_references(inner, out),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|inner| all_references(inner, out)),
        _ => {}
    }
}

/// The expressions of one instance.
pub(super) struct Expressions<'p, 'i> {
    pub(super) known: &'i Known<'p, 'i>,
    pub(super) instance: &'i Instance,
    pub(super) expressions: Option<&'p Json>,
    /// The attributes as the code beside the plan writes them.
    pub(super) written: Option<&'i Node>,
}

fn text_path(path: &[Step]) -> Vec<String> {
    path.iter()
        .map(|step| match step {
            Step::Name(name) => (*name).to_owned(),
            Step::Index(index) => index.to_string(),
        })
        .collect()
}

impl Behind for Expressions<'_, '_> {
    fn references(&self, path: &[Step], wants: Wants) -> Option<Vec<String>> {
        let expression = expression_at(self.expressions?, &text_path(path))?;
        let references = expression.get("references")?;
        let configuration = self.known.configuration;
        let targets = configuration.targets(&self.instance.module, references)?;
        let mut all = Vec::new();
        for target in &targets {
            all.extend(self.identify(target, wants)?);
        }
        all.sort();
        all.dedup();
        Some(all)
    }

    fn is_set(&self, path: &[Step], shape: Shape) -> bool {
        let path_in_plan = text_path(path);
        let told = self
            .expressions
            .is_none_or(|expressions| expression_at(expressions, &path_in_plan).is_some());
        // A plan does not carry the expressions of `dynamic` blocks, nor of blocks that the provider
        // takes as attributes: that it has none for them says nothing. The code does.
        told || match (self.written, shape) {
            (Some(_), _) => self.at(path).is_some(),
            (None, Shape::Value | Shape::Generated | Shape::Reference(_)) => false,
            (
                None,
                Shape::References(_)
                | Shape::All(_)
                | Shape::Block(_)
                | Shape::Blocks(_)
                | Shape::Tags,
            ) => true,
        }
    }

    fn place(&self, path: &[Step]) -> Option<Place> {
        self.at(path)?.place.clone()
    }

    fn written(&self, path: &[Step]) -> Option<Node> {
        self.at(path).cloned()
    }
}

impl Expressions<'_, '_> {
    /// The attribute as the code writes it.
    fn at(&self, path: &[Step]) -> Option<&Node> {
        path.iter()
            .try_fold(self.written?, |node, step| match step {
                Step::Name(name) => node.member(name),
                Step::Index(index) => node.items().get(*index),
            })
    }

    /// What identifies the instances of a target: the one that is named, the one with the same key
    /// as this instance, or all of them.
    fn identify(&self, target: &Target, wants: Wants) -> Option<Vec<String>> {
        let known = self.known;
        let all = known
            .by_resource
            .get(&(&target.module, target.resource.as_str()))?;
        let with_key = |key: Option<&String>| {
            all.iter()
                .copied()
                .find(|index| known.instances.get(*index).and_then(|i| i.key.as_ref()) == key)
        };
        let chosen = match &target.key {
            Some(key) => vec![with_key(Some(key))?],
            None => match with_key(self.instance.key.as_ref()) {
                Some(index) => vec![index],
                None => all.clone(),
            },
        };
        let identify = |index: usize| {
            let instance = known.instances.get(index)?;
            let identity = known.identities.get(index)?;
            Some(match (instance.kind, wants) {
                (None, _) => pending_name(&instance.address),
                (Some(_), Wants::Name) => identity.name.clone(),
                (Some(_), Wants::Arn) => identity.arn(known.frame),
            })
        };
        chosen.into_iter().map(identify).collect()
    }
}
