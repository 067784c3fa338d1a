//! Templates.
//!
//! Enters: the text of a template, and what its caller gives. Leaves: declared resources, those of
//! nested stacks included. Deliberately absent: outputs but where a stack around reads them.
//!
//! Source: AWS CloudFormation User Guide, "Template anatomy".

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use super::document;
use super::intrinsic::{Evaluator, Scope};
use super::repeat;
use super::settle::settle;
use super::table::{Entry, Table, entries};
use crate::declared::{Declared, Identity, Unread};
use crate::error::CodeError;
use crate::frame::{Frame, pending_part};
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Place, Value};
use crate::{Neighbours, Settings, beside};

/// Stacks nested deeper than this are not read.
const DEEPEST: usize = 8;

/// Transforms that change nothing of what is judged: they make resources of their own, or read
/// functions that are read here too.
const KNOWN_TRANSFORMS: [&str; 5] = [
    "AWS::Serverless",
    "AWS::LanguageExtensions",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager",
    "AWS::ServiceCatalog",
];

/// What was read of a template.
pub(crate) struct Template {
    pub(crate) stack: Stack,
    pub(crate) frame: Frame,
    pub(crate) warnings: Vec<String>,
    /// The files of the templates that it nests.
    pub(crate) nested: Vec<String>,
}

/// Reads a template with what it nests.
pub(crate) fn read(
    file: &str,
    bytes: &[u8],
    settings: &Settings,
    neighbours: &dyn Neighbours,
) -> Result<Template, CodeError> {
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
        nested: Vec::new(),
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
        stack,
        warnings,
        nested,
        ..
    } = reading;
    Ok(Template {
        stack,
        frame,
        warnings,
        nested,
    })
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
        waivers: Vec::new(),
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
    nested: Vec<String>,
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
        let resources = root.member("Resources").cloned().unwrap_or_default();
        let (resources, mut lost) = repeat::resources(&resources, &scope);
        if resources.member("Fn::Transform").is_some() {
            lost.push("Fn::Transform".to_owned());
        }
        let changed = transforms(root);
        lost.extend(changed.iter().cloned());
        for what in lost {
            self.leave(about, root.place.as_ref(), &what);
        }
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
            if !table.exists(entry) {
                continue;
            }
            if is_nested(&entry.of_type) {
                let conditional = about.conditional.clone();
                let conditional = conditional.or_else(|| table.undecided(entry));
                let outputs = self.nested(id, entry, about, conditional, &evaluator);
                nested.push((id.clone(), outputs));
            } else if entry.of_type == "AWS::CloudFormation::StackSet" {
                let file = &about.file;
                let line = entry.place.as_ref().map_or(1, |place| place.line);
                self.warnings.push(format!(
                    "{file}:{line}: the stacks of `{id}` are made in other accounts and were not read; name their template by itself"
                ));
            } else if adds_others(&entry.of_type) {
                let what = format!("{id}, which makes resources of its own");
                self.leave(about, entry.place.as_ref(), &what);
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
            let properties = match (changed.first(), entry.properties) {
                // Only CloudFormation knows what a macro makes of them.
                (Some(what), _) => Node::open(what, false),
                (None, Some(properties)) => evaluator.node(properties),
                (None, None) => Node::map(vec![]),
            };
            let mut body = settle(kind, &entry.of_type, properties).at(entry.place.clone());
            if kind == Kind::StateMachine {
                self.define(&mut body, about);
            }
            self.stack.declared.push(Declared {
                identity,
                body,
                made_by: entry.construct.clone(),
                conditional: about.conditional.clone().or_else(|| table.undecided(entry)),
                waivers: entry.waivers.clone(),
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

    /// Notes something that may change or add whatever it likes.
    fn leave(&mut self, about: &About, place: Option<&Place>, what: &str) {
        let file = &about.file;
        let line = place.map_or(1, |place| place.line);
        self.warnings.push(format!(
            "{file}:{line}: what {what} makes of the template was not read; `aws cloudformation get-template --template-stage Processed` prints it"
        ));
        self.stack.unread.push(Unread {
            what: what.to_owned(),
            given: None,
        });
    }

    fn nested(
        &mut self,
        id: &str,
        entry: &Entry<'_>,
        about: &About,
        conditional: Option<String>,
        evaluator: &Evaluator<'_>,
    ) -> Option<BTreeMap<String, Node>> {
        let properties = match entry.properties {
            Some(properties) => evaluator.node(properties),
            None => Node::default(),
        };
        let given = properties.member("Parameters").cloned().unwrap_or_default();
        let (path, root) = match self.template_of(entry, &properties, about) {
            Ok(found) => found,
            Err(why) => {
                let file = &about.file;
                let line = entry.place.as_ref().map_or(1, |place| place.line);
                self.warnings.push(format!(
                    "{file}:{line}: the nested stack `{id}` was not read: {why}"
                ));
                let mut texts = Vec::new();
                given.texts(&mut texts);
                self.stack.unread.push(Unread {
                    what: format!("the nested stack {}{id}, which was not read", about.prefix),
                    given: Some(texts),
                });
                return None;
            }
        };
        self.nested.push(path.clone());
        let inner = About {
            file: path,
            prefix: format!("{}{id}/", about.prefix),
            stack: format!("{}-iac~{id}", about.stack),
            depth: about.depth + 1,
            conditional,
        };
        Some(self.template(&root, &inner, given.members().iter().cloned().collect()))
    }

    /// The template of a nested stack, or why it was not read.
    fn template_of(
        &self,
        entry: &Entry<'_>,
        properties: &Node,
        about: &About,
    ) -> Result<(String, Node), String> {
        let named = properties
            .member("TemplateURL")
            .or_else(|| properties.member("Location"))
            .and_then(Node::as_text);
        // The CDK writes the template beside, and the place that it uploads it to into the property.
        let Some(named) = entry.asset.or(named) else {
            return Err("nobody knows yet where its template lies".to_owned());
        };
        if named.contains("://") {
            return Err("its template is not a local file".to_owned());
        }
        if about.depth >= DEEPEST {
            return Err("it is nested too deep".to_owned());
        }
        let path = beside_file(&about.file, named);
        let bytes = self.neighbours.read(&path);
        let bytes = bytes.ok_or_else(|| format!("there is no file `{path}`"))?;
        let root = parse(&path, &bytes).map_err(|error| error.to_string())?;
        Ok((path, root))
    }

    /// Reads the definition of a state machine that lies beside the template.
    fn define(&self, body: &mut Node, about: &About) {
        let Some(uri) = body.member("DefinitionUri").and_then(Node::as_text) else {
            return;
        };
        let path = beside_file(&about.file, uri);
        let definition = self
            .neighbours
            .read(&path)
            .and_then(|bytes| parse(&path, &bytes).ok());
        if let Some(definition) = definition {
            body.set("Definition", definition);
        }
    }
}

/// The path of a file, as a template writes it.
fn beside_file(file: &str, path: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    if folder.is_empty() && file.starts_with('/') {
        return beside("/", path);
    }
    beside(folder, path)
}

/// Whether a resource is a stack of its own.
pub(super) fn is_nested(of_type: &str) -> bool {
    matches!(
        of_type,
        "AWS::CloudFormation::Stack" | "AWS::Serverless::Application"
    )
}

/// Whether a resource stands for others, which may be policies of a role: modules of a registry, and
/// connectors of the serverless transform.
fn adds_others(of_type: &str) -> bool {
    of_type.ends_with("::MODULE") || of_type == "AWS::Serverless::Connector"
}

/// The transforms of a template that may change or add anything.
fn transforms(root: &Node) -> Vec<String> {
    let Some(all) = root.member("Transform") else {
        return Vec::new();
    };
    let all = match &all.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(all),
    };
    let name = |node: &Node| {
        let name = node.as_text().or_else(|| node.member("Name")?.as_text());
        name.unwrap_or("a transform").to_owned()
    };
    let unknown = |name: &String| {
        !KNOWN_TRANSFORMS.iter().any(|known| {
            let rest = name.strip_prefix(known);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
    };
    let all = all.iter().map(name).filter(unknown);
    all.map(|name| format!("the transform {name}")).collect()
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
