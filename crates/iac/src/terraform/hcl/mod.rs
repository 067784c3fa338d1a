//! Terraform's own language, without a plan.
//!
//! Enters: folders of `.tf` files, read through [`Neighbours`]. Leaves: a stack for each root
//! module, with variables' defaults, `*.tfvars`, locals, references, functions and local modules
//! worked out; the rest is open. Deliberately absent: providers, remote modules and state: what
//! only they know is open.
//!
//! Source: Terraform, "Configuration language".

mod expression;
mod function;
mod module;
mod policy;
mod source;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::attributes::{Shape, Wants};
use super::convert::{self, Behind};
use crate::declared::{Declared, Identity};
use crate::error::CodeError;
use crate::frame::Frame;
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Place};
use crate::{Neighbours, Settings};

use module::Module;
use source::Folder;

/// Folders that every module of a run is read from.
pub(super) struct World<'w> {
    folders: BTreeMap<String, Folder>,
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
        if settings.region.is_none() {
            let probe = Module::root(&world, folder, unplaced, prefix.clone(), inputs.clone());
            if let Some(region) = probe.provider_region(None) {
                frame.region = region;
            }
        }
        let root = Module::root(&world, folder, frame.clone(), prefix, inputs);
        let mut stack = Stack::default();
        root.each(&mut warnings, &mut |written| {
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
            });
        });
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
        root.each(&mut Vec::new(), &mut |resource| {
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
            neighbours,
        };
        let mut waiting: Vec<(String, usize)> =
            folders.iter().map(|path| (path.clone(), 0)).collect();
        let mut called = BTreeSet::new();
        while let Some((path, calls)) = waiting.pop() {
            // A folder that holds a link to itself has no end.
            if world.folders.contains_key(&path) || calls > module::DEEPEST {
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

/// The folder at `source`, as a module in `folder` writes it.
pub(super) fn beside(folder: &str, source: &str) -> String {
    let absolute = folder.starts_with('/').then_some("");
    let inside = folder.split('/').filter(|part| !matches!(*part, "" | "."));
    let mut parts: Vec<&str> = absolute.into_iter().chain(inside).collect();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." if parts
                .last()
                .is_some_and(|last| *last != ".." && !last.is_empty()) =>
            {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// Values by name.
pub(super) type Values = HashMap<String, Node>;
