//! Terraform's own language, without a plan.
//!
//! Enters: folders of `.tf` and `.tf.json` files, read through [`Neighbours`]. Leaves: a stack for
//! each root module, with variables' defaults, `*.tfvars`, locals, references, functions and the
//! modules that lie beside it worked out; the rest is open. Deliberately absent: what only a provider,
//! a module that is not here, or the state knows.
//!
//! Source: Terraform, "Configuration language".

mod call;
mod expression;
mod function;
mod json;
mod module;
mod policy;
mod provider;
mod resource;
mod source;
mod types;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::attributes::{Shape, Wants};
use super::convert::{self, Behind};
use crate::declared::{Declared, Identity};
use crate::error::CodeError;
use crate::frame::Frame;
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Place};
use crate::{Neighbours, Settings, beside};

use module::Module;
use resource::Left;
use source::Folder;

/// Folders that every module of a run is read from.
pub(super) struct World<'w> {
    folders: BTreeMap<String, Folder>,
    /// By root module and path of calls: the folders where `terraform init` put modules.
    installed: BTreeMap<String, BTreeMap<String, String>>,
    neighbours: &'w dyn Neighbours,
}

/// What each root module declares, and where.
pub(crate) type Roots = Vec<(Stack, Frame)>;

/// Reads the root modules among `folders`; those that another one calls are read where they are
/// called.
pub(crate) fn read(
    folders: &[String],
    settings: &Settings,
    neighbours: &dyn Neighbours,
) -> Result<(Roots, Vec<String>), CodeError> {
    let (world, called) = World::read(folders, neighbours)?;
    let roots: Vec<&String> = folders
        .iter()
        .filter(|path| !called.contains(*path))
        .collect();
    let settings = &Settings {
        qualified: settings.qualified || roots.len() > 1,
        ..settings.clone()
    };
    let mut stacks = Vec::new();
    let mut warnings = Vec::new();
    for path in roots {
        let Some(folder) = world.folders.get(path) else {
            continue;
        };
        let inputs = folder.given(settings);
        let prefix = settings.prefix(path);
        let unplaced = Frame::new(settings.account.as_deref(), settings.region.as_deref());
        let mut frame = unplaced.clone();
        let probe = Module::root(&world, folder, unplaced, prefix.clone(), inputs.clone());
        let told = probe.providers.default_one().cloned().unwrap_or_default();
        if settings.region.is_none() {
            frame.region = told.region.unwrap_or_default();
        }
        if settings.account.is_none() {
            frame.account = told.account.unwrap_or(frame.account);
        }
        let mut root = Module::root(&world, folder, frame.clone(), prefix, inputs);
        root.providers.belong_to(&frame.account);
        let mut stack = Stack::default();
        let mut left = Left::default();
        root.each(&mut left, &mut |written| {
            let Written {
                identity,
                kind,
                given,
                conditional,
            } = written;
            let body = convert::body(kind, &given, &AsWritten(&given));
            stack.declared.push(Declared {
                identity,
                body,
                made_by: None,
                conditional,
                waivers: Vec::new(),
            });
        });
        stack.unread = left.unread;
        warnings.extend(left.warnings);
        stacks.push((stack, frame));
    }
    Ok((stacks, warnings))
}

/// What the code at `path` writes for each resource of a plan, by address.
pub(super) fn behind_plan(
    path: &str,
    frame: &Frame,
    inputs: Values,
    prefix: &str,
    neighbours: &dyn Neighbours,
) -> Result<HashMap<String, Node>, CodeError> {
    let (world, _) = World::read(&[path.to_owned()], neighbours)?;
    let mut written = HashMap::new();
    if let Some(folder) = world.folders.get(path) {
        let mut all = folder.given(&Settings::default());
        all.extend(inputs);
        let root = Module::root(&world, folder, frame.clone(), prefix.to_owned(), all);
        root.each(&mut Left::default(), &mut |resource| {
            written.insert(resource.identity.address, resource.given);
        });
    }
    Ok(written)
}

impl<'w> World<'w> {
    /// Reads folders and the local modules that they call; with the folders that are called.
    fn read(
        folders: &[String],
        neighbours: &'w dyn Neighbours,
    ) -> Result<(World<'w>, BTreeSet<String>), CodeError> {
        let mut world = World {
            folders: BTreeMap::new(),
            installed: BTreeMap::new(),
            neighbours,
        };
        let mut waiting: Vec<(String, usize)> =
            folders.iter().map(|path| (path.clone(), 0)).collect();
        for path in folders {
            let installed = installed(path, neighbours);
            waiting.extend(installed.values().map(|folder| (folder.clone(), 1)));
            world.installed.insert(path.clone(), installed);
        }
        let mut called = BTreeSet::new();
        while let Some((path, calls)) = waiting.pop() {
            // A folder that holds a link to itself has no end.
            if world.folders.contains_key(&path) || calls > call::DEEPEST {
                continue;
            }
            let folder = Folder::read(&path, neighbours)?;
            for source in folder.local_calls() {
                let child = beside(&path, &source);
                if child != path {
                    called.insert(child.clone());
                    waiting.push((child, calls + 1));
                }
            }
            world.folders.insert(path, folder);
        }
        Ok((world, called))
    }

    /// The folder where `terraform init` put the module at a path of calls.
    fn installed(&self, root: &str, path: &str) -> Option<String> {
        self.installed.get(root)?.get(path).cloned()
    }
}

/// The modules that `terraform init` brought to a root module, by path of calls.
fn installed(root: &str, neighbours: &dyn Neighbours) -> BTreeMap<String, String> {
    let manifest = neighbours.read(&beside(root, ".terraform/modules/modules.json"));
    let manifest: Option<serde_json::Value> =
        manifest.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let modules = manifest
        .as_ref()
        .and_then(|json| json.get("Modules")?.as_array());
    let entry = |module: &serde_json::Value| {
        let text = |name: &str| module.get(name)?.as_str();
        let path = text("Key").filter(|path| !path.is_empty())?;
        Some((path.to_owned(), beside(root, text("Dir")?)))
    };
    modules.into_iter().flatten().filter_map(entry).collect()
}

/// A resource as the code writes it.
pub(super) struct Written {
    pub(super) identity: Identity,
    pub(super) kind: Kind,
    /// Its attributes and blocks, worked out, at their places.
    pub(super) given: Node,
    /// What decides whether it will be there at all, where nobody knows that yet.
    pub(super) conditional: Option<String>,
}

/// Attributes whose expressions were worked out already.
struct AsWritten<'n>(&'n Node);

impl Behind for AsWritten<'_> {
    fn references(&self, _: &[convert::Step], _: Wants) -> Option<Vec<String>> {
        None
    }

    fn is_set(&self, _: &[convert::Step], _: Shape) -> bool {
        true
    }

    fn place(&self, path: &[convert::Step]) -> Option<Place> {
        path.is_empty().then(|| self.0.place.clone()).flatten()
    }
}

/// Values by name.
pub(super) type Values = HashMap<String, Node>;
