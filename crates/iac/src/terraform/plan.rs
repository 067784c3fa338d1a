//! Plans and states as JSON.
//!
//! Enters: the output of `terraform show -json`, of a plan file or of the current state. Leaves: a
//! stack, and the account and Region that it tells. What will be known only after apply is open;
//! where the configuration says what gives it, the reference is followed. A resource that is to be
//! deleted is not there. Deliberately absent: drift, checks, outputs.
//!
//! Source: Terraform, "JSON Output Format".

use std::collections::HashMap;

use serde_json::Value as Json;

use super::adds_others;
use super::attributes::name_attributes;
use super::behind::{Expressions, Known};
use super::convert;
use super::hcl;
use super::merge::Merge;
use super::providers::{Providers, frame};
use super::references::{Configuration, Module, segments};
use crate::declared::{Declared, Identity, Removed, Unread};
use crate::error::CodeError;
use crate::frame::Frame;
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::Node;
use crate::{Neighbours, Settings};

/// The major version of the format that is read.
const MAJOR: &str = "1";

/// Whether a JSON document is a plan or a state of `terraform show -json`.
pub(crate) fn is_plan(json: &Json) -> bool {
    json.get("format_version").is_some()
        && [
            "planned_values",
            "resource_changes",
            "values",
            "terraform_version",
        ]
        .iter()
        .any(|member| json.get(member).is_some())
}

/// One instance of a resource.
pub(super) struct Instance {
    pub(super) address: String,
    pub(super) module: Module,
    /// `aws_iam_role.nb`
    pub(super) resource: String,
    pub(super) key: Option<String>,
    pub(super) kind: Option<Kind>,
    pub(super) given: Node,
    /// The key of its provider configuration.
    pub(super) provider: Option<String>,
    /// What decides whether it will be there at all, where nobody knows that yet.
    pub(super) conditional: Option<String>,
}

/// Reads a plan or a state.
pub(crate) fn read(
    file: &str,
    json: &Json,
    settings: &Settings,
    source: Option<&str>,
    neighbours: &dyn Neighbours,
) -> Result<(Stack, Frame), CodeError> {
    let version = json
        .get("format_version")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let major = version.split('.').next().unwrap_or_default();
    // Plans of early versions are numbered 0.x and have the same shape.
    if major != MAJOR && major != "0" {
        return Err(CodeError::new(
            file,
            None,
            format!(
                "format version `{version}` is not read; print the plan with a Terraform that writes version {MAJOR}.x"
            ),
        ));
    }
    if json.get("errored") == Some(&Json::Bool(true)) {
        let what = "the plan failed half way and lacks the rest; plan again and print that";
        return Err(CodeError::new(file, None, what));
    }
    let configuration = Configuration::new(json);
    let mut stack = Stack::default();
    // With `-target`, or where changes are deferred.
    if json.get("complete") == Some(&Json::Bool(false)) {
        stack.unread.push(Unread {
            what: "the rest of the code, which the plan leaves out".to_owned(),
            given: None,
        });
    }
    let mut instances = Vec::new();
    match json.get("resource_changes").and_then(Json::as_array) {
        Some(changes) => {
            for change in changes {
                let removed = &mut stack.removed;
                instances.extend(changed(change, &configuration, removed));
            }
        }
        None => {
            let values = json.get("planned_values").or_else(|| json.get("values"));
            if let Some(root) = values.and_then(|values| values.get("root_module")) {
                stated(root, &configuration, &mut instances, 0);
            }
        }
    }
    // What the plan puts off, since nobody knows yet how many there will be.
    let deferred = json.get("deferred_changes").and_then(Json::as_array);
    for deferred in deferred.into_iter().flatten() {
        let change = deferred.get("resource_change");
        // What may be taken away is still there.
        let instance = change.and_then(|it| changed(it, &configuration, &mut Vec::new()));
        instances.extend(instance.map(|instance| Instance {
            conditional: Some("a change that the plan defers".to_owned()),
            ..instance
        }));
    }
    let prefix = settings.prefix(file);
    for instance in &mut instances {
        instance.address.insert_str(0, &prefix);
    }
    let frame = frame(json, &instances, settings);
    let providers = Providers {
        json,
        frame: &frame,
    };
    let identities: Vec<Identity> = instances
        .iter()
        .map(|instance| identity(instance, &providers))
        .collect();
    let mut by_resource: HashMap<(&Module, &str), Vec<usize>> = HashMap::new();
    for (index, instance) in instances.iter().enumerate() {
        by_resource
            .entry((&instance.module, &instance.resource))
            .or_default()
            .push(index);
    }
    let known = Known {
        configuration: &configuration,
        instances: &instances,
        identities: &identities,
        by_resource: &by_resource,
        frame: &frame,
    };
    let written = match source {
        Some(path) => hcl::behind_plan(path, &frame, variables(json), &prefix, neighbours)?,
        None => HashMap::new(),
    };
    for (instance, identity) in instances.iter().zip(&identities) {
        let Some(kind) = instance.kind else {
            let of_type = instance.resource.split('.').next().unwrap_or_default();
            if adds_others(of_type) {
                stack.unread.push(known.unread(instance));
            }
            continue;
        };
        let behind = Expressions {
            known: &known,
            instance,
            expressions: configuration.expressions(&instance.module, &instance.resource),
            written: written.get(&instance.address).or_else(|| {
                // Where the code does not tell how many there are, one stands for all.
                let (one, _) = instance.address.rsplit_once('[')?;
                written.get(one)
            }),
        };
        stack.declared.push(Declared {
            identity: identity.clone(),
            body: convert::body(kind, &instance.given, &behind),
            made_by: None,
            conditional: instance.conditional.clone(),
            waivers: Vec::new(),
        });
    }
    Ok((stack, frame))
}

/// One entry of `resource_changes`.
fn changed(
    change: &Json,
    configuration: &Configuration<'_>,
    removed: &mut Vec<Removed>,
) -> Option<Instance> {
    let text = |name: &str| change.get(name).and_then(Json::as_str);
    if text("mode") != Some("managed") {
        return None;
    }
    let (address, of_type, name) = (text("address")?, text("type")?, text("name")?);
    let inner = change.get("change");
    let member = |name: &str| inner.and_then(|inner| inner.get(name));
    let actions: Vec<&str> = member("actions")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(Json::as_str)
        .collect();
    let kind = Kind::of_terraform(of_type);
    match actions.as_slice() {
        ["delete"] => {
            removed.extend(taken_away(kind, member("before")));
            return None;
        }
        ["forget"] => return None,
        _ => {}
    }
    let module = text("module_address")
        .map(Module::parse)
        .unwrap_or_default();
    let resource = format!("{of_type}.{name}");
    let merge = Merge {
        expressions: configuration.expressions(&module, &resource),
    };
    let given = merge.node(
        member("after"),
        member("after_unknown"),
        member("after_sensitive"),
        &mut Vec::new(),
    );
    Some(Instance {
        key: key_of(change.get("index"), address),
        address: address.to_owned(),
        kind,
        given,
        provider: configuration.provider(&module, &resource),
        module,
        resource,
        conditional: None,
    })
}

/// The resources of a module of a state, or of planned values without changes.
fn stated(
    module: &Json,
    configuration: &Configuration<'_>,
    instances: &mut Vec<Instance>,
    depth: usize,
) {
    /// Modules deeper than this are not read; nobody nests them so.
    const DEEPEST: usize = 64;
    let path = module
        .get("address")
        .and_then(Json::as_str)
        .map(Module::parse)
        .unwrap_or_default();
    for resource in module
        .get("resources")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let text = |name: &str| resource.get(name).and_then(Json::as_str);
        if text("mode") != Some("managed") {
            continue;
        }
        let (Some(address), Some(of_type), Some(name)) =
            (text("address"), text("type"), text("name"))
        else {
            continue;
        };
        let address_in_module = format!("{of_type}.{name}");
        let merge = Merge {
            expressions: configuration.expressions(&path, &address_in_module),
        };
        instances.push(Instance {
            key: key_of(resource.get("index"), address),
            address: address.to_owned(),
            kind: Kind::of_terraform(of_type),
            given: merge.node(
                resource.get("values"),
                None,
                resource.get("sensitive_values"),
                &mut Vec::new(),
            ),
            provider: configuration.provider(&path, &address_in_module),
            module: path.clone(),
            resource: address_in_module,
            conditional: None,
        });
    }
    if depth < DEEPEST {
        let children = module.get("child_modules").and_then(Json::as_array);
        for child in children.into_iter().flatten() {
            stated(child, configuration, instances, depth + 1);
        }
    }
}

/// The key of an instance as addresses write it.
fn key_of(index: Option<&Json>, address: &str) -> Option<String> {
    match index {
        Some(index) if !index.is_null() => Some(index.to_string()),
        _ => segments(address).pop().and_then(|(_, key)| key),
    }
}

fn taken_away(kind: Option<Kind>, before: Option<&Json>) -> Option<Removed> {
    let text = |name: &str| before?.get(name)?.as_str().map(str::to_owned);
    match kind? {
        Kind::Bucket => Some(Removed {
            bucket: text("bucket")?,
            key: None,
        }),
        Kind::Object => Some(Removed {
            bucket: text("bucket")?,
            key: Some(text("key")?),
        }),
        _ => None,
    }
}

fn identity(instance: &Instance, providers: &Providers<'_>) -> Identity {
    let text = |name: &str| {
        let node = instance.given.member(name)?;
        node.as_text().map(str::to_owned)
    };
    let kind = instance.kind.unwrap_or(Kind::ScalableTarget);
    let name = name_attributes(kind).iter().find_map(|name| text(name));
    let mut identity = Identity::new(kind, &instance.address, name, &providers.region(instance));
    identity.account = providers.account(instance);
    identity.arn = text("arn");
    if let Some(path) = text("path") {
        identity.path = path;
    }
    identity
}

/// The values of the root module's variables.
fn variables(json: &Json) -> HashMap<String, Node> {
    let variables = json.get("variables").and_then(Json::as_object);
    variables
        .into_iter()
        .flatten()
        .filter_map(|(name, variable)| {
            Some((name.clone(), Node::from_json(variable.get("value")?, None)))
        })
        .collect()
}
