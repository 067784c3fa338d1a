//! Modules: what their names stand for, and what they declare.
//!
//! Enters: the blocks of a folder, and the values of its variables. Leaves: declared resources,
//! those of local modules that it calls included. Values are worked out when they are asked for and
//! once; one that leads back to itself is open.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use hcl_edit::structure::{Attribute, Block, Body, Structure};

use super::expression::{Scope, Step, walk};
use super::policy;
use super::source::{File, Folder, Found, attribute, label, local_source};
use super::{Values, World, Written, beside};
use crate::declared::Identity;
use crate::frame::{Frame, pending_name};
use crate::kind::Kind;
use crate::terraform::attributes::name_attributes;
use crate::value::{Node, Value};

/// Calls nested deeper than this are not followed.
pub(super) const DEEPEST: usize = 16;

/// Nodes and characters that a value may be made of.
const HEAVIEST: usize = 1_000_000;

/// Instances of one resource or module that are read.
const MOST_INSTANCES: usize = 1_000;

/// One module, as it is called.
pub(super) struct Module<'w> {
    world: &'w World<'w>,
    folder: &'w Folder,
    frame: Frame,
    /// What stands before addresses: `module.a.module.b.`
    prefix: String,
    inputs: Values,
    calls: usize,
    /// What decides whether it is called at all, where nobody knows that yet.
    conditional: Option<String>,
    variables: HashMap<&'w str, Found<'w>>,
    locals: HashMap<&'w str, (&'w Attribute, &'w File)>,
    resources: BTreeMap<(&'w str, &'w str), Found<'w>>,
    data: HashMap<(&'w str, &'w str), Found<'w>>,
    modules: BTreeMap<&'w str, Found<'w>>,
    outputs: HashMap<&'w str, Found<'w>>,
    /// Values that were asked for; none while they are worked out.
    known: RefCell<HashMap<String, Option<Node>>>,
    children: RefCell<HashMap<String, Rc<Vec<Child<'w>>>>>,
    /// The instances of each block, by where the block lies in memory.
    counted: RefCell<HashMap<*const Block, Rc<Vec<Instance>>>>,
    pub(super) depth: Cell<usize>,
}

/// An instance of a module that is called.
type Child<'w> = (Option<String>, Module<'w>);

/// An instance of a resource: its key as addresses write it, and what its names stand for.
type Instance = (Option<String>, Scope);

impl<'w> Module<'w> {
    pub(super) fn root(
        world: &'w World<'w>,
        folder: &'w Folder,
        frame: Frame,
        prefix: String,
        inputs: Values,
    ) -> Self {
        Module::new(world, folder, frame, prefix, inputs, 0)
    }

    fn new(
        world: &'w World<'w>,
        folder: &'w Folder,
        frame: Frame,
        prefix: String,
        inputs: Values,
        calls: usize,
    ) -> Self {
        let by_name = |of_type: &'static str| {
            folder
                .blocks(of_type)
                .map(|found| (label(found.block, 0), found))
        };
        let by_type = |of_type: &'static str| {
            folder
                .blocks(of_type)
                .map(|found| ((label(found.block, 0), label(found.block, 1)), found))
        };
        let mut locals = HashMap::new();
        for found in folder.blocks("locals") {
            for structure in &found.block.body {
                if let Structure::Attribute(attribute) = structure {
                    locals.insert(attribute.key.as_str(), (attribute, found.file));
                }
            }
        }
        Module {
            world,
            folder,
            frame,
            prefix,
            inputs,
            calls,
            conditional: None,
            variables: by_name("variable").collect(),
            locals,
            resources: by_type("resource").collect(),
            data: by_type("data").collect(),
            modules: by_name("module").collect(),
            outputs: by_name("output").collect(),
            known: RefCell::default(),
            children: RefCell::default(),
            counted: RefCell::default(),
            depth: Cell::new(0),
        }
    }

    /// A value that is worked out once.
    fn once(&self, key: &str, work: impl FnOnce() -> Node) -> Node {
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone().unwrap_or_else(|| {
                Node::open(format!("{key}, which leads back to itself"), false)
            });
        }
        self.known.borrow_mut().insert(key.to_owned(), None);
        let mut node = work();
        // Values that repeat others could double with every line.
        if node.weight(HEAVIEST).is_none() {
            node = Node::open(format!("{key}, which is too large"), false);
        }
        self.known
            .borrow_mut()
            .insert(key.to_owned(), Some(node.clone()));
        node
    }

    /// What a name of the module stands for.
    pub(super) fn named(&self, root: &str, steps: &[Step]) -> Node {
        let first = steps.first().and_then(Step::text);
        let rest = |from: usize| steps.get(from..).unwrap_or_default();
        match (root, first) {
            ("var", Some(name)) => walk(self.variable(name), rest(1)),
            ("local", Some(name)) => walk(self.local(name), rest(1)),
            ("module", Some(name)) => self.output(name, rest(1)),
            ("path", Some(_)) => Node::text(if self.folder.path.is_empty() {
                "."
            } else {
                &self.folder.path
            }),
            ("terraform", Some("workspace")) => Node::open("terraform.workspace", true),
            ("data", Some(of_type)) => match rest(1).first().and_then(Step::text) {
                Some(name) => self.data_value(of_type, name, rest(2)),
                None => Node::open("data", false),
            },
            (of_type, Some(name)) => self.resource_value(of_type, name, rest(1)),
            _ => Node::open(root, false),
        }
    }

    fn variable(&self, name: &str) -> Node {
        let expression = format!("var.{name}");
        if let Some(given) = self.inputs.get(name) {
            return given.clone();
        }
        self.once(&expression, || {
            let found = self.variables.get(name);
            let default = found
                .and_then(|found| Some((attribute(&found.block.body, "default")?, found.file)));
            match default {
                Some((default, file)) => self.value(&default.value, &Scope::default(), file),
                None => Node::open(&expression, false),
            }
        })
    }

    fn local(&self, name: &str) -> Node {
        let Some((attribute, file)) = self.locals.get(name) else {
            return Node::open(format!("local.{name}"), false);
        };
        self.once(&format!("local.{name}"), || {
            self.value(&attribute.value, &Scope::default(), file)
        })
    }

    /// The instances that `count` and `for_each` make of a block, told once.
    fn instances(&self, found: &Found<'_>) -> Rc<Vec<Instance>> {
        let block = std::ptr::from_ref(found.block);
        if let Some(known) = self.counted.borrow().get(&block) {
            return Rc::clone(known);
        }
        // While they are counted, one stands for all.
        let one = Rc::new(vec![(None, Scope::default())]);
        self.counted.borrow_mut().insert(block, one);
        let counted = Rc::new(self.count(found));
        self.counted.borrow_mut().insert(block, Rc::clone(&counted));
        counted
    }

    fn count(&self, found: &Found<'_>) -> Vec<Instance> {
        let scope = Scope::default();
        if let Some(count) = attribute(&found.block.body, "count") {
            let node = self.value(&count.value, &scope, found.file);
            let count = node.coerced().and_then(|text| text.parse::<usize>().ok());
            // Where nobody knows how many, one stands for all.
            let index = |index: usize| {
                Node::map(vec![(
                    "index",
                    Node::new(Value::Number(index.into()), None),
                )])
            };
            return match count {
                Some(count) => (0..count.min(MOST_INSTANCES))
                    .map(|at| (Some(at.to_string()), scope.with("count", index(at))))
                    .collect(),
                None => vec![(None, scope.with("count", index(0)))],
            };
        }
        if let Some(each) = attribute(&found.block.body, "for_each") {
            let node = self.value(&each.value, &scope, found.file);
            let pair = |key: Node, value: Node| Node::map(vec![("key", key), ("value", value)]);
            let members: Option<Vec<(String, Node)>> = match &node.value {
                Value::Map(members) => Some(members.clone()),
                Value::List(items) => items
                    .iter()
                    .map(|item| Some((item.coerced()?, item.clone())))
                    .collect(),
                _ => None,
            };
            return match members {
                Some(members) => members
                    .into_iter()
                    .take(MOST_INSTANCES)
                    .map(|(key, value)| {
                        let each = pair(Node::text(&key), value);
                        (Some(format!("{key:?}")), scope.with("each", each))
                    })
                    .collect(),
                None => {
                    let open = || Node::open("each", true);
                    vec![(None, scope.with("each", pair(open(), open())))]
                }
            };
        }
        vec![(None, scope)]
    }

    /// What decides whether an instance is there, where nobody knows how many there are: one stands
    /// for all then, and has no key.
    fn undecided(&self, found: &Found<'_>, key: Option<&str>) -> Option<String> {
        let own = ["count", "for_each"].into_iter().find_map(|name| {
            let attribute = attribute(&found.block.body, name).filter(|_| key.is_none())?;
            let value = self.value(&attribute.value, &Scope::default(), found.file);
            let open = value.first_open().map(|open| open.expression.clone());
            Some(open.unwrap_or_else(|| name.to_owned()))
        });
        own.or_else(|| self.conditional.clone())
    }

    fn address(&self, of_type: &str, name: &str, key: Option<&str>) -> String {
        let key = key.map_or_else(String::new, |key| format!("[{key}]"));
        format!("{}{of_type}.{name}{key}", self.prefix)
    }

    /// An attribute of a resource, of one instance or of all.
    fn resource_value(&self, of_type: &str, name: &str, steps: &[Step]) -> Node {
        let Some(found) = self.resources.get(&(of_type, name)) else {
            return Node::open(format!("{of_type}.{name}"), false);
        };
        let instances = self.instances(found);
        let of = |instance: &Instance, steps: &[Step]| {
            let (key, scope) = instance;
            match steps.first().and_then(Step::text) {
                Some(wanted) => {
                    let node =
                        self.attribute_of(found, of_type, name, key.as_deref(), scope, wanted);
                    walk(node, steps.get(1..).unwrap_or_default())
                }
                None => Node::open(self.address(of_type, name, key.as_deref()), true),
            }
        };
        match steps.first() {
            Some(Step::Splat) => {
                let rest = steps.get(1..).unwrap_or_default();
                let whether = instances
                    .iter()
                    .find_map(|(key, _)| self.undecided(found, key.as_deref()));
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
                let quoted = format!("{key:?}");
                let rest = steps.get(1..).unwrap_or_default();
                let found = instances.iter().find(|(known, _)| {
                    known
                        .as_deref()
                        .is_none_or(|known| known == key || known == quoted)
                });
                match found {
                    Some(instance) => of(instance, rest),
                    None => Node::open(format!("an element [{key}] of {of_type}.{name}"), false),
                }
            }
            _ => match instances.as_slice() {
                [one] => of(one, steps),
                _ => Node::open(format!("{of_type}.{name}"), true),
            },
        }
    }

    fn attribute_of(
        &self,
        found: &Found<'_>,
        of_type: &str,
        name: &str,
        key: Option<&str>,
        scope: &Scope,
        wanted: &str,
    ) -> Node {
        let address = self.address(of_type, name, key);
        let given = attribute(&found.block.body, wanted);
        if let Some(given) = given {
            return self.once(&format!("{address}.{wanted}"), || {
                self.value(&given.value, scope, found.file)
            });
        }
        let Some(kind) = Kind::of_terraform(of_type) else {
            // What a resource is known by is one thing, and no pattern.
            return Node::text(pending_name(&format!("{address}.{wanted}")));
        };
        let identity = self.identity(kind, found, &address, scope);
        match (kind, wanted) {
            (_, "arn") => Node::text(identity.arn(&self.frame)),
            (Kind::ManagedPolicy, "id") => Node::text(identity.arn(&self.frame)),
            (_, "id" | "name" | "key_id" | "bucket") => Node::text(identity.name),
            _ => Node::open(format!("{address}.{wanted}"), true),
        }
    }

    fn identity(&self, kind: Kind, found: &Found<'_>, address: &str, scope: &Scope) -> Identity {
        let text = |name: &str| {
            let given = attribute(&found.block.body, name)?;
            let node = self.once(&format!("{address}.{name}"), || {
                self.value(&given.value, scope, found.file)
            });
            node.as_text().map(str::to_owned)
        };
        let name = name_attributes(kind).iter().find_map(|name| text(name));
        let region = text("region")
            .or_else(|| self.provider_region(Some(found)))
            .unwrap_or_else(|| self.frame.region.clone());
        let mut identity = Identity::new(kind, address, name, &region);
        if let Some(path) = text("path") {
            identity.path = path;
        }
        identity
    }

    /// The Region of the provider that a resource names, or of the default one.
    pub(super) fn provider_region(&self, of: Option<&Found<'_>>) -> Option<String> {
        let alias = match of {
            Some(found) => {
                let provider = attribute(&found.block.body, "provider")?;
                let text = provider.value.to_string();
                Some(text.trim().rsplit_once('.')?.1.to_owned())
            }
            None => None,
        };
        self.folder
            .blocks("provider")
            .filter(|found| label(found.block, 0) == "aws")
            .find(|found| {
                let known = attribute(&found.block.body, "alias");
                known.and_then(|alias| alias.value.as_str()) == alias.as_deref()
            })
            .and_then(|found| {
                let region = attribute(&found.block.body, "region")?;
                let node = self.value(&region.value, &Scope::default(), found.file);
                node.as_text().map(str::to_owned)
            })
    }

    fn data_value(&self, of_type: &str, name: &str, steps: &[Step]) -> Node {
        let wanted = steps.iter().find_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        });
        let expression = format!("data.{of_type}.{name}");
        let partition = self.frame.partition();
        match (of_type, wanted) {
            ("aws_caller_identity", Some("account_id")) => Node::text(&self.frame.account),
            ("aws_region", Some("name" | "region" | "id")) if !self.frame.region.is_empty() => {
                Node::text(&self.frame.region)
            }
            ("aws_partition", Some("partition")) => Node::text(partition),
            ("aws_partition", Some("dns_suffix")) if partition != "aws-cn" => {
                Node::text("amazonaws.com")
            }
            ("aws_iam_policy_document", Some("json" | "minified_json")) => {
                let Some(found) = self.data.get(&(of_type, name)) else {
                    return Node::open(expression, false);
                };
                let instances = self.instances(found);
                let scope = match steps.first() {
                    Some(Step::Key(key)) => {
                        let quoted = format!("{key:?}");
                        let is = |instance: &&Instance| {
                            let known = instance.0.as_deref();
                            known.is_none_or(|known| known == key || known == quoted)
                        };
                        instances.iter().find(is)
                    }
                    _ => instances.first(),
                };
                match scope {
                    Some((key, scope)) => {
                        let key = key.clone().unwrap_or_default();
                        self.once(&format!("{expression}[{key}]"), || {
                            policy::document(&self.block(&found.block.body, scope, found.file))
                        })
                    }
                    None => Node::open(expression, false),
                }
            }
            // A data source that finds nothing is an error: what it gives is set.
            _ => Node::open(expression, self.data.contains_key(&(of_type, name))),
        }
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
                node.set(name, Node::open(what, false).at(place));
                return;
            }
        };
        for (key, value) in items {
            let each = Node::map(vec![("key", key), ("value", value)]);
            let inner = self.block(&content.body, &scope.with(iterator, each), file);
            append(node, name, inner.at(place.clone()));
        }
    }

    /// The instances of a module that is called.
    fn called(&self, name: &str) -> Option<Rc<Vec<Child<'w>>>> {
        let found = self.modules.get(name)?;
        if let Some(known) = self.children.borrow().get(name) {
            return Some(known.clone());
        }
        let source = local_source(found.block)?;
        let folder = self
            .world
            .folders
            .get(&beside(&self.folder.path, &source))?;
        if self.calls >= DEEPEST {
            return None;
        }
        // While its inputs are worked out, the module gives nothing.
        self.children
            .borrow_mut()
            .insert(name.to_owned(), Rc::default());
        let children = self
            .instances(found)
            .iter()
            .map(|(key, scope)| {
                let mut inputs = Values::new();
                for structure in &found.block.body {
                    if let Structure::Attribute(attribute) = structure {
                        let node = self.value(&attribute.value, scope, found.file);
                        inputs.insert(attribute.key.as_str().to_owned(), node);
                    }
                }
                let shown = key
                    .as_ref()
                    .map_or_else(String::new, |key| format!("[{key}]"));
                let prefix = format!("{}module.{name}{shown}.", self.prefix);
                let frame = self.frame.clone();
                let calls = self.calls + 1;
                let mut child = Module::new(self.world, folder, frame, prefix, inputs, calls);
                child.conditional = self.undecided(found, key.as_deref());
                (key.clone(), child)
            })
            .collect();
        let children = Rc::new(children);
        self.children
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&children));
        Some(children)
    }

    fn output(&self, name: &str, steps: &[Step]) -> Node {
        let expression = || format!("module.{name}");
        let Some(children) = self.called(name) else {
            return Node::open(expression(), false);
        };
        let of = |child: &Module<'w>, steps: &[Step]| {
            let Some(output) = steps.first().and_then(Step::text) else {
                return Node::open(expression(), true);
            };
            let Some(found) = child.outputs.get(output) else {
                return Node::open(format!("{}.{output}", expression()), false);
            };
            let value = attribute(&found.block.body, "value");
            let node = match value {
                Some(value) => child.once(&format!("output.{output}"), || {
                    child.value(&value.value, &Scope::default(), found.file)
                }),
                None => Node::default(),
            };
            walk(node, steps.get(1..).unwrap_or_default())
        };
        let rest = steps.get(1..).unwrap_or_default();
        match (steps.first(), children.as_slice()) {
            (Some(Step::Key(key)), all) => {
                let quoted = format!("{key:?}");
                let is = |child: &&Child<'w>| {
                    let known = child.0.as_deref();
                    known.is_none_or(|known| known == key || known == quoted)
                };
                match all.iter().find(is) {
                    Some((_, child)) => of(child, rest),
                    None => Node::open(format!("an element [{key}] of {}", expression()), false),
                }
            }
            (Some(Step::Splat), all) => {
                Node::list(all.iter().map(|(_, child)| of(child, rest)).collect())
            }
            (_, [(_, only)]) => of(only, steps),
            _ => Node::open(expression(), true),
        }
    }

    /// The text of a file beside the module.
    pub(super) fn file(&self, function: &str, arguments: &[Node]) -> Node {
        let path = arguments.first().and_then(Node::as_text);
        let bytes = path.and_then(|path| {
            let inside = path.strip_prefix(&format!("{}/", self.folder.path));
            let path = match inside {
                Some(inside) => beside(&self.folder.path, inside),
                None => beside(&self.folder.path, path),
            };
            self.world.neighbours.read(&path)
        });
        match bytes.map(String::from_utf8) {
            Some(Ok(text)) if function == "file" => Node::text(text),
            Some(Ok(text)) => super::function::call("base64encode", vec![Node::text(text)]),
            _ => Node::open(format!("{function}(…)"), true),
        }
    }

    /// Hands out the resources of the module and of those that it calls.
    pub(super) fn each(&self, warnings: &mut Vec<String>, out: &mut dyn FnMut(Written)) {
        for ((of_type, name), found) in &self.resources {
            let Some(kind) = Kind::of_terraform(of_type) else {
                continue;
            };
            for (key, scope) in self.instances(found).iter() {
                let address = self.address(of_type, name, key.as_deref());
                let given = self
                    .block(&found.block.body, scope, found.file)
                    .at(found.file.place_of_block(found.block));
                out(Written {
                    identity: self.identity(kind, found, &address, scope),
                    kind,
                    given,
                    conditional: self.undecided(found, key.as_deref()),
                });
            }
        }
        for (name, found) in &self.modules {
            match self.called(name) {
                Some(children) => {
                    for (_, child) in children.iter() {
                        child.each(warnings, out);
                    }
                }
                None => {
                    let place = found.file.place_of_block(found.block);
                    let line = place.map_or(1, |place| place.line);
                    warnings.push(format!(
                        "{}:{line}: the module `{name}` was not read: it is not a local folder; a plan would show it",
                        found.file.name
                    ));
                }
            }
        }
    }
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
