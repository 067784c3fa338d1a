//! Modules that a module calls.
//!
//! Enters: `module` blocks. Leaves: the modules behind them, where they lie beside the code or where
//! `terraform init` put them; what they give; and of those that are nowhere what they were given.

use std::rc::Rc;

use hcl_edit::structure::Structure;

use super::Values;
use super::expression::{Scope, Step, walk};
use super::module::{Called, Module};
use super::provider::Providers;
use super::resource::{Left, is_key};
use super::source::Found;
use crate::beside;
use crate::declared::Unread;
use crate::value::Node;

/// Calls nested deeper than this are not followed.
pub(super) const DEEPEST: usize = 16;

/// An instance of a module that is called.
pub(super) type Child<'w> = (Option<String>, Module<'w>);

/// Arguments of a call that are not handed to the module.
const META: [&str; 6] = [
    "source",
    "version",
    "count",
    "for_each",
    "providers",
    "depends_on",
];

impl<'w> Module<'w> {
    /// The instances of a module that is called.
    pub(super) fn called(&self, name: &str) -> Option<Rc<Vec<Child<'w>>>> {
        let found = self.modules.get(name)?;
        if let Some(known) = self.children.borrow().get(name) {
            return Some(known.clone());
        }
        let path = match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        let installed = || self.world.installed(self.root, &path);
        let source = match found.local_source() {
            Some(source) => beside(&self.folder.path, &source),
            None => installed()?,
        };
        let folder = self.world.folders.get(&source)?;
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
                let shown = key
                    .as_ref()
                    .map_or_else(String::new, |key| format!("[{key}]"));
                let called = Called {
                    prefix: format!("{}module.{name}{shown}.", self.prefix),
                    root: self.root,
                    path: path.clone(),
                    inputs: self.handed(found, scope),
                    calls: self.calls + 1,
                    conditional: self.undecided(found, key.as_deref()),
                    providers: self.providers.handed(found),
                };
                let mut child = Module::new(self.world, folder, self.frame.clone(), called);
                let own = Providers::of_root(&child);
                child.providers.extend(own);
                (key.clone(), child)
            })
            .collect();
        let children = Rc::new(children);
        self.children
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&children));
        Some(children)
    }

    /// What a call gives to the module's variables.
    fn handed(&self, found: &Found<'w>, scope: &Scope) -> Values {
        let mut inputs = Values::new();
        for (block, file) in found.layers() {
            for structure in &block.body {
                if let Structure::Attribute(attribute) = structure
                    && !META.contains(&attribute.key.as_str())
                {
                    let node = self.value(&attribute.value, scope, file);
                    inputs.insert(attribute.key.as_str().to_owned(), node);
                }
            }
        }
        inputs
    }

    /// Notes a module that is nowhere to be read.
    pub(super) fn leave(&self, name: &str, found: &Found<'w>, left: &mut Left) {
        let place = found.file.place_of_block(found.block);
        let line = place.map_or(1, |place| place.line);
        left.warnings.push(format!(
            "{}:{line}: the module `{name}` was not read: it is not a local folder; `terraform init` brings it here, and a plan would show it",
            found.file.name
        ));
        let mut given = Vec::new();
        for (key, scope) in self.instances(found).iter() {
            for node in self.handed(found, scope).values() {
                node.texts(&mut given);
            }
            if key.is_none() {
                break;
            }
        }
        left.unread.push(Unread {
            what: format!("{}module.{name}, which was not read", self.prefix),
            given: Some(given),
        });
    }

    pub(super) fn output(&self, name: &str, steps: &[Step]) -> Node {
        let expression = || format!("module.{name}");
        let (Some(children), Some(call)) = (self.called(name), self.modules.get(name)) else {
            return Node::open(expression(), false);
        };
        let of = |child: &Module<'w>, steps: &[Step]| {
            let Some(output) = steps.first().and_then(Step::text) else {
                return Node::open(expression(), false);
            };
            let Some(found) = child.outputs.get(output) else {
                return Node::open(format!("{}.{output}", expression()), false);
            };
            let node = match found.attribute("value") {
                Some((value, file)) => child.once(&format!("output.{output}"), || {
                    child.value(&value.value, &Scope::default(), file)
                }),
                None => Node::default(),
            };
            walk(node, steps.get(1..).unwrap_or_default())
        };
        let rest = steps.get(1..).unwrap_or_default();
        let whether = |key: &Option<String>| self.uncounted(call, key.as_deref());
        match (steps.first(), children.as_slice()) {
            (Some(Step::Key(key)), all) => match all.iter().find(|(known, _)| is_key(known, key)) {
                Some((known, child)) => {
                    if whether(known).is_some() {
                        self.doubted.set(true);
                    }
                    of(child, rest)
                }
                None => Node::open(format!("an element [{key}] of {}", expression()), false),
            },
            (Some(Step::Splat), all) => match all.iter().find_map(|(key, _)| whether(key)) {
                Some(expression) => Node::open(expression, false),
                None => Node::list(all.iter().map(|(_, child)| of(child, rest)).collect()),
            },
            (_, [(_, only)]) => of(only, steps),
            _ => Node::open(expression(), false),
        }
    }
}
