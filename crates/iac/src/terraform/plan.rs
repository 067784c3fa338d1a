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
use super::attributes::{Shape, Wants, name_attributes};
use super::convert::{self, Behind, Step};
use super::hcl;
use super::references::{Configuration, Module, Target, segments, surely_give};
use crate::declared::{Declared, Identity, Removed, Unread};
use crate::error::CodeError;
use crate::frame::{Frame, other_account, pending_name};
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Open, Place, Value};
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
struct Instance {
    address: String,
    module: Module,
    /// `aws_iam_role.nb`
    resource: String,
    key: Option<String>,
    kind: Option<Kind>,
    given: Node,
    /// The key of its provider configuration.
    provider: Option<String>,
    /// What decides whether it will be there at all, where nobody knows that yet.
    conditional: Option<String>,
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

/// Puts together what is known of a value, and what is not.
struct Merge<'p> {
    expressions: Option<&'p Json>,
}

impl Merge<'_> {
    fn node(
        &self,
        after: Option<&Json>,
        unknown: Option<&Json>,
        sensitive: Option<&Json>,
        path: &mut Vec<String>,
    ) -> Node {
        if unknown == Some(&Json::Bool(true)) {
            return Node::new(Value::Open(self.open(path)), None);
        }
        // What is there only in part after apply may be null until then.
        let after = match unknown {
            Some(unknown) if tells(unknown) => after.filter(|after| !after.is_null()),
            _ => after,
        };
        let child = |of: Option<&'_ Json>, name: &str| match of {
            // What stands in something sensitive is sensitive.
            Some(Json::Bool(true)) => Some(Json::Bool(true)),
            of => of.and_then(|of| of.get(name)).cloned(),
        };
        let value = match (after, unknown) {
            (Some(Json::Object(members)), _) => {
                let mut names: Vec<&String> = members.keys().collect();
                if let Some(Json::Object(unknown)) = unknown {
                    names.extend(unknown.keys().filter(|name| !members.contains_key(*name)));
                }
                let mut nodes = Vec::with_capacity(names.len());
                for name in names {
                    path.push(name.clone());
                    let node = self.node(
                        members.get(name),
                        child(unknown, name).as_ref(),
                        child(sensitive, name).as_ref(),
                        path,
                    );
                    path.pop();
                    nodes.push((name.clone(), node));
                }
                Value::Map(nodes)
            }
            (Some(Json::Array(items)), _) => {
                let of = |of: Option<&Json>, index: usize| match of {
                    Some(Json::Bool(true)) => Some(Json::Bool(true)),
                    of => of.and_then(|of| of.get(index)).cloned(),
                };
                let more = unknown.and_then(Json::as_array).map_or(0, Vec::len);
                let mut nodes = Vec::with_capacity(items.len());
                for index in 0..items.len().max(more) {
                    path.push(index.to_string());
                    let node = self.node(
                        items.get(index),
                        of(unknown, index).as_ref(),
                        of(sensitive, index).as_ref(),
                        path,
                    );
                    path.pop();
                    nodes.push(node);
                }
                Value::List(nodes)
            }
            (Some(Json::String(text)), _) if sensitive == Some(&Json::Bool(true)) => {
                Value::Open(Open {
                    expression: "a sensitive value".to_owned(),
                    assigned: !text.is_empty(),
                })
            }
            (Some(other), _) => return Node::from_json(other, None),
            (None, Some(Json::Object(_) | Json::Array(_))) => {
                return self.node(Some(&empty_like(unknown)), unknown, sensitive, path);
            }
            (None, _) => Value::Null,
        };
        Node::new(value, None)
    }

    fn open(&self, path: &[String]) -> Open {
        let references = self
            .expressions
            .and_then(|expressions| expression_at(expressions, path))
            .and_then(|expression| expression.get("references"))
            .and_then(Json::as_array);
        let references: Vec<&str> = references
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let first = references.first().copied();
        Open {
            expression: first
                .unwrap_or("its provider, when it is applied")
                .to_owned(),
            assigned: surely_give(&references),
        }
    }
}

/// Whether marks of what is unknown mark anything.
fn tells(unknown: &Json) -> bool {
    match unknown {
        Json::Bool(marked) => *marked,
        Json::Array(items) => items.iter().any(tells),
        Json::Object(members) => members.values().any(tells),
        _ => false,
    }
}

fn empty_like(unknown: Option<&Json>) -> Json {
    match unknown {
        Some(Json::Array(_)) => Json::Array(Vec::new()),
        _ => Json::Object(serde_json::Map::new()),
    }
}

/// The expression behind a path of attributes and block indices. A block that stands once is an
/// object in some versions and a list in others.
fn expression_at<'p>(expressions: &'p Json, path: &[String]) -> Option<&'p Json> {
    let mut at = expressions;
    for step in path {
        if at.get("references").is_some() || at.get("constant_value").is_some() {
            // The expression gives the whole value.
            return Some(at);
        }
        at = match (at, step.parse::<usize>()) {
            (Json::Array(items), Ok(index)) => items.get(index)?,
            (Json::Object(_), Ok(_)) => at,
            _ => at.get(step)?,
        };
    }
    Some(at)
}

/// The account and Region that a plan tells.
fn frame(json: &Json, instances: &[Instance], settings: &Settings) -> Frame {
    let mut account = settings.account.clone();
    let mut region = settings.region.clone();
    let data = |of_type: &str, name: &str| data_value(json, of_type, name);
    account = account.or_else(|| data("aws_caller_identity", "account_id"));
    account = account.or_else(|| told_account(json, "aws"));
    region = region
        .or_else(|| provider_region(json, "aws"))
        .or_else(|| data("aws_region", "region"))
        .or_else(|| data("aws_region", "name"));
    // The ARN of something that exists tells both.
    for instance in instances {
        if account.is_some() && region.is_some() {
            break;
        }
        let arn = instance.given.member("arn").and_then(Node::as_text);
        if let Some(arn) = arn.and_then(sagewarden_core::arn::Arn::parse) {
            let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            account = account.or_else(|| told(arn.account).filter(|_| is_account(arn.account)));
            region = region.or_else(|| told(arn.region));
        }
    }
    account = account.or_else(|| role_account(instances));
    Frame::new(account.as_deref(), region.as_deref())
}

/// The account of the roles that assets name by ARN, if it is one only: SageMaker takes no role of
/// another account.
fn role_account(instances: &[Instance]) -> Option<String> {
    let mut accounts: Vec<String> = instances
        .iter()
        .filter_map(|instance| {
            let role = instance
                .given
                .member("role_arn")
                .or_else(|| instance.given.member("execution_role_arn"))?;
            let arn = sagewarden_core::arn::Arn::parse(role.as_text()?)?;
            is_account(arn.account).then(|| arn.account.to_owned())
        })
        .collect();
    accounts.sort();
    accounts.dedup();
    match accounts.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value of a data source that was read already.
fn data_value(json: &Json, of_type: &str, name: &str) -> Option<String> {
    let root = json
        .pointer("/prior_state/values/root_module")
        .or_else(|| json.pointer("/values/root_module"))?;
    fn find(module: &Json, of_type: &str, name: &str, left: usize) -> Option<String> {
        let resources = module.get("resources").and_then(Json::as_array);
        let here = resources.into_iter().flatten().find_map(|resource| {
            let is = resource.get("type").and_then(Json::as_str) == Some(of_type)
                && resource.get("mode").and_then(Json::as_str) == Some("data");
            let value = resource.get("values")?.get(name)?.as_str()?;
            is.then(|| value.to_owned())
        });
        let left = left.checked_sub(1)?;
        here.or_else(|| {
            let children = module.get("child_modules").and_then(Json::as_array);
            children
                .into_iter()
                .flatten()
                .find_map(|child| find(child, of_type, name, left))
        })
    }
    find(root, of_type, name, 64)
}

/// The expressions of a provider configuration.
fn provider_expressions<'p>(json: &'p Json, key: &str) -> Option<&'p Json> {
    let all = json.get("configuration")?.get("provider_config")?;
    all.get(key)?.get("expressions")
}

/// The value of an expression that is written out, or that a variable gives.
fn written_value<'p>(json: &'p Json, expression: &'p Json) -> Option<&'p Json> {
    if let Some(constant) = expression.get("constant_value") {
        return Some(constant);
    }
    let reference = expression.get("references")?.get(0)?.as_str()?;
    let variable = reference.strip_prefix("var.")?;
    json.get("variables")?.get(variable)?.get("value")
}

/// The Region of a provider configuration, where it is written or a variable gives it.
fn provider_region(json: &Json, key: &str) -> Option<String> {
    let region = provider_expressions(json, key)?.get("region")?;
    written_value(json, region)?.as_str().map(str::to_owned)
}

/// The account that a provider configuration names: the only one that it allows, or that of the
/// role that it assumes.
fn told_account(json: &Json, key: &str) -> Option<String> {
    let expressions = provider_expressions(json, key)?;
    let allowed = expressions.get("allowed_account_ids");
    let allowed = allowed.and_then(|ids| written_value(json, ids)?.as_array());
    let only = match allowed.map(Vec::as_slice) {
        Some([one]) => one.as_str().map(str::to_owned),
        _ => None,
    };
    let of_role = || {
        let role = expressions.get("assume_role")?;
        let role = role.get(0).unwrap_or(role).get("role_arn")?;
        let arn = sagewarden_core::arn::Arn::parse(written_value(json, role)?.as_str()?)?;
        Some(arn.account.to_owned())
    };
    only.or_else(of_role).filter(|account| is_account(account))
}

/// The account of the resources of a provider configuration, where it is not that of the plan.
fn provider_account(json: &Json, key: &str, frame: &Frame) -> Option<String> {
    const CREDENTIALS: [&str; 3] = ["assume_role", "profile", "access_key"];
    let (_, alias) = key.rsplit_once("aws.")?;
    let expressions = provider_expressions(json, key)?;
    let own = CREDENTIALS
        .iter()
        .any(|name| expressions.get(name).is_some());
    let account = told_account(json, key).or_else(|| own.then(|| other_account(alias)))?;
    (account != frame.account).then_some(account)
}

/// The accounts and Regions of provider configurations.
struct Providers<'p> {
    json: &'p Json,
    frame: &'p Frame,
}

impl Providers<'_> {
    fn account(&self, instance: &Instance) -> Option<String> {
        let key = instance.provider.as_deref()?;
        provider_account(self.json, key, self.frame)
    }

    fn region(&self, instance: &Instance) -> String {
        // The provider's sixth version lets each resource name its Region.
        let own = instance.given.member("region").and_then(Node::as_text);
        let arn = instance.given.member("arn").and_then(Node::as_text);
        own.map(str::to_owned)
            .or_else(|| {
                let arn = sagewarden_core::arn::Arn::parse(arn?)?;
                (!arn.region.is_empty()).then(|| arn.region.to_owned())
            })
            .or_else(|| provider_region(self.json, instance.provider.as_deref()?))
            .unwrap_or_else(|| self.frame.region.clone())
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

/// What references are looked up in.
struct Known<'p, 'i> {
    configuration: &'i Configuration<'p>,
    instances: &'i [Instance],
    identities: &'i [Identity],
    by_resource: &'i HashMap<(&'i Module, &'i str), Vec<usize>>,
    frame: &'i Frame,
}

impl Known<'_, '_> {
    /// A resource that stands for others: what it was given is known, or what its expressions refer to.
    fn unread(&self, instance: &Instance) -> Unread {
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
struct Expressions<'p, 'i> {
    known: &'i Known<'p, 'i>,
    instance: &'i Instance,
    expressions: Option<&'p Json>,
    /// The attributes as the code beside the plan writes them.
    written: Option<&'i Node>,
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
