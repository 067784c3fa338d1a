//! Templates.
//!
//! Enters: the text of a template, and what its caller gives. Leaves: declared resources, those of
//! nested stacks included. Deliberately absent: outputs but where a stack around reads them.
//!
//! Source: AWS CloudFormation User Guide, "Template anatomy".

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::document;
use super::intrinsic::{Evaluator, Resources, Scope};
use crate::declared::{Declared, Identity};
use crate::error::CodeError;
use crate::frame::{Frame, asset_arn, pending_name, pending_part};
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Open, Place, Value};
use crate::{Neighbours, Settings};

/// Stacks nested deeper than this are not read.
const DEEPEST: usize = 8;

/// Elements that a `Fn::ForEach` may make in all.
const MOST_REPEATED: usize = 10_000;

/// Reads a template with what it nests.
pub(crate) fn read(
    file: &str,
    bytes: &[u8],
    settings: &Settings,
    neighbours: &dyn Neighbours,
) -> Result<(Stack, Frame, Vec<String>), CodeError> {
    let frame = Frame::new(settings.account.as_deref(), settings.region.as_deref());
    let parameters = settings
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Node::text(value)))
        .collect();
    let mut reading = Reading {
        frame: &frame,
        neighbours,
        stack: Stack::default(),
        warnings: Vec::new(),
    };
    let about = About {
        file: file.to_owned(),
        prefix: settings.prefix(file),
        stack: pending_part(&format!("{}stack", settings.prefix(file))),
        depth: 0,
        conditional: None,
    };
    let root = parse(file, bytes)?;
    if root.member("Resources").is_none() {
        let what = "the template has no section `Resources`; name a CloudFormation template";
        return Err(CodeError::new(file, Some(1), what));
    }
    reading.template(&root, &about, parameters);
    let Reading {
        stack, warnings, ..
    } = reading;
    Ok((stack, frame, warnings))
}

/// Reads the definition of a pipeline or state machine that stands alone.
pub(crate) fn launcher(
    file: &str,
    bytes: &[u8],
    kind: Kind,
    settings: &Settings,
) -> Result<(Stack, Frame), CodeError> {
    let frame = Frame::new(settings.account.as_deref(), settings.region.as_deref());
    let definition = parse(file, bytes)?;
    let place = definition.place.clone();
    let member = match kind {
        Kind::Pipeline => "PipelineDefinition",
        _ => "Definition",
    };
    let declared = Declared {
        identity: Identity::new(kind, file, None, &frame.region),
        body: Node::map(vec![(member, definition)]).at(place),
        made_by: None,
        conditional: None,
    };
    let stack = Stack {
        declared: vec![declared],
        ..Stack::default()
    };
    Ok((stack, frame))
}

fn parse(file: &str, bytes: &[u8]) -> Result<Node, CodeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| CodeError::new(file, None, "the file is not text in UTF-8"))?;
    document::parse(file, text)
}

/// Which template is read.
struct About {
    file: String,
    /// What stands before logical ids: the nested stacks that lead here.
    prefix: String,
    stack: String,
    depth: usize,
    /// What decides whether the stack is made, where nobody knows that yet.
    conditional: Option<String>,
}

struct Reading<'r> {
    frame: &'r Frame,
    neighbours: &'r dyn Neighbours,
    stack: Stack,
    warnings: Vec<String>,
}

impl Reading<'_> {
    /// Reads one template; what comes back are its outputs.
    fn template(
        &mut self,
        root: &Node,
        about: &About,
        given: HashMap<String, Node>,
    ) -> BTreeMap<String, Node> {
        let scope = Scope::new(
            self.frame,
            about.stack.clone(),
            parameters(root.member("Parameters"), given),
            root.member("Mappings"),
            root.member("Conditions"),
        );
        let mut left = MOST_REPEATED;
        let resources = root.member("Resources").cloned().unwrap_or_default();
        let resources = repeated(&resources, &scope, &mut left);
        let table = Table {
            scope: &scope,
            prefix: &about.prefix,
            entries: entries(&resources),
            identities: RefCell::default(),
            outputs: RefCell::default(),
        };
        let evaluator = table.evaluator();
        // Nested stacks first: others read their outputs.
        let mut nested = Vec::new();
        for (id, entry) in &table.entries {
            if entry.of_type == "AWS::CloudFormation::Stack" && table.exists(entry) {
                let conditional = about.conditional.clone();
                let conditional = conditional.or_else(|| table.undecided(entry));
                let outputs = self.nested(id, entry, about, conditional, &evaluator);
                nested.push((id.clone(), outputs));
            }
        }
        for (id, outputs) in nested {
            table.outputs.borrow_mut().insert(id, outputs);
        }
        for (id, entry) in &table.entries {
            let Some(kind) = Kind::of_cloudformation(&entry.of_type) else {
                continue;
            };
            if !table.exists(entry) {
                continue;
            }
            let Some(identity) = table.identity(id) else {
                continue;
            };
            let properties = match entry.properties {
                Some(properties) => evaluator.node(properties),
                None => Node::map(vec![]),
            };
            let body = settle(kind, &entry.of_type, properties).at(entry.place.clone());
            self.stack.declared.push(Declared {
                identity,
                body,
                made_by: entry.construct.clone(),
                conditional: about.conditional.clone().or_else(|| table.undecided(entry)),
            });
        }
        let outputs = root.member("Outputs");
        let mut known = BTreeMap::new();
        for (name, output) in outputs.map(Node::members).unwrap_or_default() {
            if let Some(value) = output.member("Value") {
                known.insert(name.clone(), evaluator.node(value));
            }
        }
        known
    }

    fn nested(
        &mut self,
        id: &str,
        entry: &Entry<'_>,
        about: &About,
        conditional: Option<String>,
        evaluator: &Evaluator<'_>,
    ) -> Option<BTreeMap<String, Node>> {
        let properties = evaluator.node(entry.properties?);
        let url = properties.member("TemplateURL").and_then(Node::as_text)?;
        let mut tell = |why: &str| {
            let file = &about.file;
            let line = entry.place.as_ref().map_or(1, |place| place.line);
            self.warnings.push(format!(
                "{file}:{line}: the nested stack `{id}` was not read: {why}"
            ));
        };
        if url.contains("://") {
            tell("its template is not a local file");
            return None;
        }
        if about.depth >= DEEPEST {
            tell("it is nested too deep");
            return None;
        }
        let path = beside(&about.file, url);
        let Some(bytes) = self.neighbours.read(&path) else {
            tell(&format!("there is no file `{path}`"));
            return None;
        };
        let root = match parse(&path, &bytes) {
            Ok(root) => root,
            Err(error) => {
                tell(&error.to_string());
                return None;
            }
        };
        let given = properties.member("Parameters");
        let given = given.map(Node::members).unwrap_or_default();
        let inner = About {
            file: path,
            prefix: format!("{}{id}/", about.prefix),
            stack: format!("{}-iac~{id}", about.stack),
            depth: about.depth + 1,
            conditional,
        };
        Some(self.template(&root, &inner, given.iter().cloned().collect()))
    }
}

/// A path beside another.
fn beside(file: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}

/// The values of parameters: given, by default, or open.
fn parameters(declared: Option<&Node>, mut given: HashMap<String, Node>) -> HashMap<String, Node> {
    let mut values = HashMap::new();
    for (name, declaration) in declared.map(Node::members).unwrap_or_default() {
        let of_type = declaration.member("Type").and_then(Node::as_text);
        let of_type = of_type.unwrap_or("String");
        let is_list = of_type.starts_with("List<") || of_type == "CommaDelimitedList";
        let value = given
            .remove(name)
            .or_else(|| declaration.member("Default").cloned());
        let value = match value {
            // What stands there is the name of a parameter of Systems Manager.
            Some(_) | None if of_type.starts_with("AWS::SSM::Parameter::Value") => {
                Node::open(format!("the Systems Manager parameter of {name}"), true)
            }
            Some(value) => match (is_list, value.coerced()) {
                (true, Some(text)) if text.is_empty() => Node::list(Vec::new()),
                (true, Some(text)) => Node::list(
                    text.split(',')
                        .map(|item| Node::text(item.trim()))
                        .collect(),
                ),
                _ => value,
            },
            None => {
                // Parameters of AWS's own types name something that exists; others may be empty.
                let nonempty =
                    of_type.contains("AWS::") || declaration.member("MinLength").is_some();
                let open = Node::open(format!("the parameter {name}"), nonempty);
                if is_list && nonempty {
                    Node::list(vec![open])
                } else {
                    open
                }
            }
        };
        values.insert(name.clone(), value);
    }
    values
}

/// A resource of a template.
struct Entry<'n> {
    of_type: String,
    properties: Option<&'n Node>,
    condition: Option<&'n str>,
    construct: Option<String>,
    place: Option<Place>,
}

fn entries(resources: &Node) -> BTreeMap<String, Entry<'_>> {
    let mut entries = BTreeMap::new();
    for (id, resource) in resources.members() {
        let Some(of_type) = resource.member("Type").and_then(Node::as_text) else {
            continue;
        };
        let construct = resource.at_path(&["Metadata", "aws:cdk:path"]);
        entries.insert(
            id.clone(),
            Entry {
                of_type: of_type.to_owned(),
                properties: resource.member("Properties"),
                condition: resource.member("Condition").and_then(Node::as_text),
                construct: construct.and_then(Node::as_text).map(str::to_owned),
                place: resource.place.clone(),
            },
        );
    }
    entries
}

/// What the resources of a template are known by.
struct Table<'t> {
    scope: &'t Scope<'t>,
    prefix: &'t str,
    entries: BTreeMap<String, Entry<'t>>,
    identities: RefCell<HashMap<String, Option<Identity>>>,
    outputs: RefCell<HashMap<String, Option<BTreeMap<String, Node>>>>,
}

impl<'t> Table<'t> {
    fn evaluator(&self) -> Evaluator<'_> {
        Evaluator {
            scope: self.scope,
            resources: self,
        }
    }

    fn exists(&self, entry: &Entry<'_>) -> bool {
        entry
            .condition
            .is_none_or(|name| self.evaluator().condition(name) != Some(false))
    }

    /// The condition of a resource, where nobody can decide it yet.
    fn undecided(&self, entry: &Entry<'_>) -> Option<String> {
        let name = entry.condition?;
        let decided = self.evaluator().condition(name).is_some();
        (!decided).then(|| format!("the condition {name}"))
    }

    fn address(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }

    /// Who a resource of a known kind is. Names that lead back to themselves are pending.
    fn identity(&self, id: &str) -> Option<Identity> {
        if let Some(known) = self.identities.borrow().get(id) {
            return known.clone();
        }
        let entry = self.entries.get(id)?;
        let kind = Kind::of_cloudformation(&entry.of_type)?;
        let address = self.address(id);
        let region = &self.scope.frame.region;
        let pending = Identity::new(kind, &address, None, region);
        self.identities
            .borrow_mut()
            .insert(id.to_owned(), Some(pending));
        let text = |name: &str| {
            let node = self.evaluator().node(entry.properties?.member(name)?);
            node.as_text().map(str::to_owned)
        };
        let name = name_property(kind).and_then(text);
        let mut identity = Identity::new(kind, &address, name, region);
        if let Some(path) = text("Path") {
            identity.path = path;
        }
        self.identities
            .borrow_mut()
            .insert(id.to_owned(), Some(identity.clone()));
        Some(identity)
    }
}

impl Resources for Table<'_> {
    fn reference(&self, id: &str) -> Option<Node> {
        let entry = self.entries.get(id)?;
        Some(match self.identity(id) {
            Some(identity) if identity.kind == Kind::ManagedPolicy => {
                Node::text(identity.arn(self.scope.frame))
            }
            // The references of SageMaker's resources are ARNs, and are taken where a name is meant.
            Some(identity) => Node::text(identity.name),
            None if is_own(&entry.of_type) => Node::text(pending_name(&self.address(id))),
            None => Node::open(self.address(id), false),
        })
    }

    fn attribute(&self, id: &str, attribute: &str) -> Option<Node> {
        let entry = self.entries.get(id)?;
        let expression = format!("{}.{attribute}", self.address(id));
        let frame = self.scope.frame;
        Some(match self.identity(id) {
            Some(identity) => match (identity.kind, attribute) {
                (_, "Arn" | "PolicyArn") => Node::text(identity.arn(frame)),
                (Kind::Bucket | Kind::Role | Kind::ManagedPolicy, _) => {
                    Node::open(expression, true)
                }
                (_, name) if name.ends_with("Arn") => Node::text(asset_arn(&identity.address)),
                (_, name) if name.ends_with("Name") || name.ends_with("Id") => {
                    Node::text(identity.name)
                }
                _ => Node::open(expression, true),
            },
            None if entry.of_type == "AWS::CloudFormation::Stack" => {
                let outputs = self.outputs.borrow();
                let known = outputs.get(id).and_then(Option::as_ref);
                attribute
                    .strip_prefix("Outputs.")
                    .and_then(|name| known?.get(name).cloned())
                    .unwrap_or_else(|| Node::open(expression, true))
            }
            // What a resource of AWS's own is known by is one thing, and no pattern.
            None if is_own(&entry.of_type) => Node::text(pending_name(&expression)),
            None => Node::open(expression, false),
        })
    }
}

/// Whether AWS itself makes the resource, and not code of somebody's.
fn is_own(of_type: &str) -> bool {
    of_type.starts_with("AWS::") && of_type != "AWS::CloudFormation::CustomResource"
}

/// The property that names a resource of that kind.
fn name_property(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Notebook => "NotebookInstanceName",
        Kind::LifecycleConfig => "NotebookInstanceLifecycleConfigName",
        Kind::UserProfile => "UserProfileName",
        Kind::Space => "SpaceName",
        Kind::Model => "ModelName",
        Kind::EndpointConfig => "EndpointConfigName",
        Kind::Endpoint => "EndpointName",
        Kind::InferenceComponent => "InferenceComponentName",
        Kind::MonitoringSchedule => "MonitoringScheduleName",
        Kind::DataQualityDefinition
        | Kind::ModelQualityDefinition
        | Kind::ModelBiasDefinition
        | Kind::ModelExplainabilityDefinition => "JobDefinitionName",
        Kind::Bucket => "BucketName",
        Kind::Role => "RoleName",
        Kind::RolePolicy => "PolicyName",
        Kind::ManagedPolicy => "ManagedPolicyName",
        Kind::KeyAlias => "AliasName",
        Kind::Pipeline => "PipelineName",
        Kind::StateMachine => "StateMachineName",
        Kind::Domain
        | Kind::ScalableTarget
        | Kind::TrainingJob
        | Kind::TuningJob
        | Kind::BucketPolicy
        | Kind::BucketEncryption
        | Kind::Object
        | Kind::Key
        | Kind::Attachment => return None,
    })
}

/// What differs between properties and the API in more than places.
fn settle(kind: Kind, of_type: &str, mut body: Node) -> Node {
    let whole = body.as_open().cloned();
    if !matches!(body.value, Value::Map(_)) {
        body = Node::map(vec![]);
    }
    let transform = body
        .take("Fn::Transform")
        .map(|_| Node::open("Fn::Transform", false));
    if let Some(open) = transform.or(whole.map(|open| Node::new(Value::Open(open), None))) {
        for member in granted(kind) {
            if body.member(member).is_none() {
                body.set(member, open.clone());
            }
        }
    }
    match kind {
        Kind::Notebook => {
            body.rename("SecurityGroupIds", "SecurityGroups");
            body.rename("LifecycleConfigName", "NotebookInstanceLifecycleConfigName");
            bare_names(&mut body, &["NotebookInstanceLifecycleConfigName"]);
        }
        Kind::EndpointConfig => {
            for variants in ["ProductionVariants", "ShadowProductionVariants"] {
                if let Some(mut list) = body.take(variants) {
                    if let Value::List(items) = &mut list.value {
                        for item in items {
                            bare_names(item, &["ModelName"]);
                        }
                    }
                    body.set(variants, list);
                }
            }
        }
        Kind::Endpoint => bare_names(&mut body, &["EndpointConfigName"]),
        Kind::MonitoringSchedule => bare_names(&mut body, &["EndpointName"]),
        Kind::InferenceComponent => {
            bare_names(&mut body, &["EndpointName"]);
            if let Some(mut specification) = body.take("Specification") {
                bare_names(&mut specification, &["ModelName"]);
                body.set("Specification", specification);
            }
            if let Some(mut runtime) = body.take("RuntimeConfig") {
                runtime.rename("CopyCount", "DesiredCopyCount");
                body.set("RuntimeConfig", runtime);
            }
        }
        Kind::Bucket => bucket(&mut body),
        Kind::RolePolicy if of_type == "AWS::IAM::RolePolicy" => {
            if let Some(role) = body.take("RoleName") {
                body.set("Roles", Node::list(vec![role]));
            }
        }
        _ => {}
    }
    body
}

/// The properties whose absence says that a role may do less, or that nothing scales a variant: a
/// transform may add them.
fn granted(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Role => &["Policies", "ManagedPolicyArns"],
        Kind::RolePolicy => &["Roles", "RoleName", "PolicyDocument"],
        Kind::ManagedPolicy => &["Roles", "PolicyDocument"],
        Kind::ScalableTarget => &["ResourceId", "ScalableDimension", "ServiceNamespace"],
        Kind::UserProfile => &["DomainId", "UserSettings"],
        _ => &[],
    }
}

/// The name in an ARN, where one stands in the place of a name.
fn bare_names(node: &mut Node, members: &[&str]) {
    let Value::Map(all) = &mut node.value else {
        return;
    };
    for (name, node) in all {
        if members.contains(&name.as_str())
            && let Value::Text(text) = &mut node.value
            && text.starts_with("arn:")
            && let Some((_, bare)) = text.rsplit_once('/')
        {
            *text = bare.to_owned();
        }
    }
}

fn bucket(body: &mut Node) {
    let encryption = body.take("BucketEncryption");
    body.set("EncryptionIsOwn", Node::new(Value::Bool(true), None));
    let Some(encryption) = encryption else {
        return;
    };
    let place = encryption.place.clone();
    let rules = match &encryption.value {
        Value::Open(_) => encryption.clone(),
        _ => match encryption.member("ServerSideEncryptionConfiguration") {
            Some(rules) => rules.clone(),
            None => return,
        },
    };
    let mut rules = rules;
    if let Value::List(items) = &mut rules.value {
        for rule in items {
            rule.rename(
                "ServerSideEncryptionByDefault",
                "ApplyServerSideEncryptionByDefault",
            );
        }
    }
    body.set("Rules", rules.at(place));
}

/// Writes the elements of `Fn::ForEach` out, where its collection is known.
fn repeated(resources: &Node, scope: &Scope<'_>, left: &mut usize) -> Node {
    let mut all = Vec::new();
    for (name, node) in resources.members() {
        if !name.starts_with("Fn::ForEach::") {
            all.push((name.clone(), node.clone()));
            continue;
        }
        let [identifier, collection, template] = node.items() else {
            continue;
        };
        let nothing = Nothing;
        let evaluator = Evaluator {
            scope,
            resources: &nothing,
        };
        let values = evaluator.node(collection);
        let Some(identifier) = identifier.as_text() else {
            continue;
        };
        if !matches!(values.value, Value::List(_)) || values.first_open().is_some() {
            // Where nobody knows for how many, one stands for all.
            if *left > 0 {
                *left -= 1;
                let element = replaced(template, identifier, None);
                all.extend(
                    repeated(&element, scope, left)
                        .members()
                        .iter()
                        .map(perhaps),
                );
            }
            continue;
        }
        for value in values.items().iter().filter_map(Node::coerced) {
            if *left == 0 {
                break;
            }
            *left -= 1;
            let element = replaced(template, identifier, Some(&value));
            all.extend(repeated(&element, scope, left).members().iter().cloned());
        }
    }
    Node::new(Value::Map(all), resources.place.clone())
}

/// No resources yet.
struct Nothing;

impl Resources for Nothing {
    fn reference(&self, _: &str) -> Option<Node> {
        None
    }

    fn attribute(&self, _: &str, _: &str) -> Option<Node> {
        None
    }
}

/// A resource of which nobody knows whether it is made: no template can declare its condition.
fn perhaps((name, resource): &(String, Node)) -> (String, Node) {
    let mut resource = resource.clone();
    resource.set("Condition", Node::text("Fn::ForEach"));
    (name.clone(), resource)
}

/// The body of a `Fn::ForEach` for one value; what a value that nobody knows goes into is open.
fn replaced(node: &Node, identifier: &str, value: Option<&str>) -> Node {
    let marks = [format!("${{{identifier}}}"), format!("&{{{identifier}}}")];
    let open = || {
        Value::Open(Open {
            expression: format!("Fn::ForEach::{identifier}"),
            assigned: true,
        })
    };
    let written = |text: &str| {
        let value = value.unwrap_or("*");
        let plain: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
        text.replace(&format!("${{{identifier}}}"), value)
            .replace(&format!("&{{{identifier}}}"), &plain)
    };
    let replaced_value = match &node.value {
        Value::Text(text) if value.is_none() && marks.iter().any(|mark| text.contains(mark)) => {
            open()
        }
        Value::Text(text) => Value::Text(written(text)),
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| replaced(item, identifier, value))
                .collect(),
        ),
        Value::Map(members) => match members.as_slice() {
            [(name, argument)] if name == "Ref" && argument.as_text() == Some(identifier) => {
                value.map_or_else(open, |value| Value::Text(value.to_owned()))
            }
            _ => Value::Map(
                members
                    .iter()
                    .map(|(name, item)| (written(name), replaced(item, identifier, value)))
                    .collect(),
            ),
        },
        other => other.clone(),
    };
    Node::new(replaced_value, node.place.clone())
}
