//! Modules: what their names stand for.
//!
//! Enters: the blocks of a folder, and the values of its variables. Leaves: the value of each name
//! that an expression may hold. Values are worked out when they are asked for and once; one that
//! leads back to itself is open. Deliberately absent: what resources and calls give, which stands in
//! the modules beside this one.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Structure};

use super::call::Child;
use super::expression::{Scope, Step, walk};
use super::provider::Providers;
use super::source::{File, Folder, Found, label};
use super::types;
use super::{Values, World};
use crate::beside;
use crate::frame::Frame;
use crate::value::{Node, Value};

/// Nodes and characters that a value may be made of.
const HEAVIEST: usize = 1_000_000;

/// Instances of one resource or module that are read; of more, one stands for all.
const MOST_INSTANCES: usize = 10_000;

/// One module, as it is called.
pub(super) struct Module<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) folder: &'w Folder,
    pub(super) frame: Frame,
    /// What stands before addresses: `module.a.module.b.`
    pub(super) prefix: String,
    /// The root module's folder, and the names of the calls that lead from it: `a.b`.
    pub(super) root: &'w str,
    pub(super) path: String,
    inputs: Values,
    pub(super) calls: usize,
    /// What decides whether it is called at all, where nobody knows that yet.
    pub(super) conditional: Option<String>,
    pub(super) providers: Providers,
    variables: HashMap<&'w str, Found<'w>>,
    locals: HashMap<&'w str, (&'w Attribute, &'w File)>,
    pub(super) resources: BTreeMap<(&'w str, &'w str), Found<'w>>,
    pub(super) data: HashMap<(&'w str, &'w str), Found<'w>>,
    pub(super) modules: BTreeMap<&'w str, Found<'w>>,
    pub(super) outputs: HashMap<&'w str, Found<'w>>,
    /// Values that were asked for; none while they are worked out.
    known: RefCell<HashMap<String, Option<Node>>>,
    pub(super) children: RefCell<HashMap<String, Rc<Vec<Child<'w>>>>>,
    /// The instances of each block, by where the block lies in memory.
    counted: RefCell<HashMap<*const Block, Rc<Vec<Instance>>>>,
    pub(super) depth: Cell<usize>,
    /// Whether an instance was named that may not be there, since this was last looked at.
    pub(super) doubted: Cell<bool>,
}

/// How a module is called.
pub(super) struct Called<'w> {
    pub(super) prefix: String,
    pub(super) root: &'w str,
    pub(super) path: String,
    pub(super) inputs: Values,
    pub(super) calls: usize,
    pub(super) conditional: Option<String>,
    pub(super) providers: Providers,
}

/// An instance of a resource: its key as addresses write it, and what its names stand for.
pub(super) type Instance = (Option<String>, Scope);

impl<'w> Module<'w> {
    pub(super) fn root(
        world: &'w World<'w>,
        folder: &'w Folder,
        frame: Frame,
        prefix: String,
        inputs: Values,
    ) -> Self {
        let called = Called {
            prefix,
            root: &folder.path,
            path: String::new(),
            inputs,
            calls: 0,
            conditional: None,
            providers: Providers::default(),
        };
        let mut module = Module::new(world, folder, frame, called);
        module.providers = Providers::of_root(&module);
        module
    }

    pub(super) fn new(
        world: &'w World<'w>,
        folder: &'w Folder,
        frame: Frame,
        called: Called<'w>,
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
            prefix: called.prefix,
            root: called.root,
            path: called.path,
            inputs: called.inputs,
            calls: called.calls,
            conditional: called.conditional,
            providers: called.providers,
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
            doubted: Cell::new(false),
        }
    }

    /// A value that is worked out once.
    pub(super) fn once(&self, key: &str, work: impl FnOnce() -> Node) -> Node {
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
            ("path", Some(name)) => Node::text(match (name, self.folder.path.as_str()) {
                ("module", "") => ".",
                ("module", folder) => folder,
                _ if self.root.is_empty() => ".",
                _ => self.root,
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
        self.once(&expression, || {
            let found = self.variables.get(name);
            let attribute = |name: &str| found.and_then(|found| found.attribute(name));
            let nullable = attribute("nullable")
                .is_none_or(|(attribute, _)| !matches!(&attribute.value, Expression::Bool(value) if !*value.value()));
            let given = self.inputs.get(name).cloned();
            let given = given.filter(|given| nullable || !given.is_null());
            let default = || {
                let (default, file) = attribute("default")?;
                Some(self.value(&default.value, &Scope::default(), file))
            };
            let Some(value) = given.or_else(default) else {
                return Node::open(&expression, false);
            };
            match attribute("type") {
                Some((of_type, _)) => types::converted(value, &of_type.value),
                None => value,
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
    pub(super) fn instances(&self, found: &Found<'_>) -> Rc<Vec<Instance>> {
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
        if let Some((count, file)) = found.attribute("count") {
            let node = self.value(&count.value, &scope, file);
            let count = node.coerced().and_then(|text| text.parse::<usize>().ok());
            let index = |index: Node| Node::map(vec![("index", index)]);
            let number = |at: usize| Node::new(Value::Number(at.into()), None);
            return match count.filter(|count| *count <= MOST_INSTANCES) {
                Some(count) => (0..count)
                    .map(|at| (Some(at.to_string()), scope.with("count", index(number(at)))))
                    .collect(),
                // Where nobody knows how many, one stands for all.
                None => {
                    let any = index(Node::open("count.index", true));
                    vec![(None, scope.with("count", any))]
                }
            };
        }
        if let Some((each, file)) = found.attribute("for_each") {
            let node = self.value(&each.value, &scope, file);
            let pair = |key: Node, value: Node| Node::map(vec![("key", key), ("value", value)]);
            let members: Option<Vec<(String, Node)>> = match &node.value {
                Value::Map(members) => Some(members.clone()),
                Value::List(items) => items
                    .iter()
                    .map(|item| Some((item.coerced()?, item.clone())))
                    .collect(),
                _ => None,
            };
            return match members.filter(|members| members.len() <= MOST_INSTANCES) {
                Some(members) => members
                    .into_iter()
                    .map(|(key, value)| {
                        let each = pair(Node::text(&key), value);
                        (Some(format!("{key:?}")), scope.with("each", each))
                    })
                    .collect(),
                None => {
                    let any = pair(
                        Node::open("each.key", true),
                        Node::open("each.value", false),
                    );
                    vec![(None, scope.with("each", any))]
                }
            };
        }
        vec![(None, scope)]
    }

    /// What decides whether an instance is there, where nobody knows how many there are: one stands
    /// for all then, and has no key.
    pub(super) fn undecided(&self, found: &Found<'_>, key: Option<&str>) -> Option<String> {
        self.uncounted(found, key)
            .or_else(|| self.conditional.clone())
    }

    /// The same, as far as the block itself says.
    pub(super) fn uncounted(&self, found: &Found<'_>, key: Option<&str>) -> Option<String> {
        ["count", "for_each"].into_iter().find_map(|name| {
            let (attribute, file) = found.attribute(name).filter(|_| key.is_none())?;
            let value = self.value(&attribute.value, &Scope::default(), file);
            let open = value.first_open().map(|open| open.expression.clone());
            Some(open.unwrap_or_else(|| name.to_owned()))
        })
    }

    /// The text of a file beside the module.
    pub(super) fn file(&self, function: &str, path: Option<&Node>) -> Node {
        match path
            .and_then(Node::as_text)
            .and_then(|path| self.beside(path))
        {
            Some(text) if function == "file" => Node::text(text),
            Some(text) => super::function::call("base64encode", vec![Node::text(text)]),
            _ => Node::open(format!("{function}(…)"), true),
        }
    }

    /// A file of templates with its names given.
    pub(super) fn template_file(&self, arguments: &[Node], file: &File) -> Node {
        let open = || Node::open("templatefile(…)", true);
        let [
            path,
            Node {
                value: Value::Map(names),
                ..
            },
        ] = arguments
        else {
            return open();
        };
        let template = path
            .as_text()
            .and_then(|path| self.beside(path))
            .and_then(|text| hcl_edit::parser::parse_template(&text).ok());
        let Some(template) = template else {
            return open();
        };
        let mut scope = Scope::default();
        for (name, node) in names {
            scope = scope.with(name, node.clone());
        }
        self.template(template.iter(), &scope, file)
    }

    fn beside(&self, path: &str) -> Option<String> {
        // Paths are those of the folder that Terraform runs in, but where they begin with the module's.
        let inside = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
        let folder = [self.folder.path.as_str(), self.root]
            .into_iter()
            .find(|folder| !folder.is_empty() && inside(folder).is_some());
        let path = match folder {
            Some(folder) => beside(folder, inside(folder).unwrap_or_default()),
            None => beside(self.root, path),
        };
        String::from_utf8(self.world.neighbours.read(&path)?).ok()
    }
}
