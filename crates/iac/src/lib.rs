//! Infrastructure code in, observations out.
//!
//! Enters: the bytes of Terraform plans, states and modules, of CloudFormation templates, and of the
//! definitions of pipelines and state machines. Leaves: the
//! observations that AWS would answer once the code is applied, with a marker where nobody knows a
//! value yet and the place where each member is written. Deliberately absent: files (neighbours are
//! read through [`Neighbours`]), judgement, and any rule of a control: code is judged by the same
//! facts as what runs.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(missing_docs)]

mod claim;
mod cloudformation;
mod declared;
mod error;
pub mod fix;
mod frame;
mod join;
mod kind;
mod launcher;
mod observe;
mod recognise;
mod terraform;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::snapshot::Observation;
use sagewarden_core::waiver::Claim;

use frame::Frame;
use kind::Kind;
use observe::Stack;

pub use claim::{asset, claims};
pub use error::CodeError;
pub use frame::UNKNOWN_ACCOUNT;
pub use join::join;
pub use recognise::{Language, is_terraform, recognise};

/// How code is read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The account that the code will be applied in, where the caller knows it.
    pub account: Option<String>,
    /// The Region, likewise.
    pub region: Option<String>,
    /// Whether what the code does not mention does not exist.
    pub whole_stack: bool,
    /// Values of a template's parameters, or of the variables of Terraform's root modules.
    pub parameters: BTreeMap<String, String>,
    /// Whether addresses begin with the file or folder that declares them: several of them may
    /// declare the same ones.
    pub qualified: bool,
}

/// Reads the files beside the one that is read.
pub trait Neighbours {
    /// The bytes of the file at `path`, relative to the file that names it; none where there is none.
    fn read(&self, path: &str) -> Option<Vec<u8>>;

    /// The names of the files in the folder at `path`.
    fn list(&self, path: &str) -> Vec<String>;
}

/// No file has neighbours.
impl Neighbours for () {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }

    fn list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The path of `path`, as a file in `folder` writes it.
fn beside(folder: &str, path: &str) -> String {
    let absolute = folder.starts_with('/').then_some("");
    let inside = folder.split('/').filter(|part| !matches!(*part, "" | "."));
    let mut parts: Vec<&str> = absolute.into_iter().chain(inside).collect();
    for part in path.split('/') {
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

/// What code declares.
#[derive(Debug, Default)]
pub struct Code {
    /// What AWS would answer.
    pub observations: Vec<Observation>,
    /// What was not read, a line each.
    pub warnings: Vec<String>,
    /// The waivers that the metadata of resources name.
    pub claims: Vec<Claim>,
}

/// Reads code, file after file, into what AWS would answer about all of it.
#[derive(Debug)]
pub struct Reader<'s> {
    settings: &'s Settings,
    /// What each file or root module declares; the file, where it is one.
    read: Vec<(Option<String>, Stack, Frame)>,
    /// Templates that others nest: they are read there.
    nested: BTreeSet<String>,
    warnings: Vec<String>,
}

impl<'s> Reader<'s> {
    /// A reader that has read nothing.
    #[must_use]
    pub fn new(settings: &'s Settings) -> Self {
        Reader {
            settings,
            read: Vec::new(),
            nested: BTreeSet::new(),
            warnings: Vec::new(),
        }
    }

    /// Reads one file; what comes back is how many resources it declares. `file` is how it is named
    /// in messages and places; `source` is the folder of the code that a plan was made from, for the
    /// lines of its attributes and for what a plan leaves open.
    ///
    /// # Errors
    /// When it, or the code beside it, cannot be read at all.
    pub fn file(
        &mut self,
        file: &str,
        bytes: &[u8],
        language: Language,
        source: Option<&str>,
        neighbours: &dyn Neighbours,
    ) -> Result<usize, CodeError> {
        let settings = self.settings;
        let (stack, frame) = match language {
            Language::TerraformPlan => {
                let json = json(file, bytes)?;
                if !terraform::is_plan(&json) {
                    let what = "this is not a plan or state; print one with `terraform show -json`";
                    return Err(CodeError::new(file, None, what));
                }
                terraform::read(file, &json, settings, source, neighbours)?
            }
            Language::CloudFormation => {
                let template = cloudformation::read(file, bytes, settings, neighbours)?;
                self.warnings.extend(template.warnings);
                self.nested.extend(template.nested);
                (template.stack, template.frame)
            }
            Language::Pipeline => cloudformation::launcher(file, bytes, Kind::Pipeline, settings)?,
            Language::StateMachine => {
                cloudformation::launcher(file, bytes, Kind::StateMachine, settings)?
            }
        };
        Ok(self.add(Some(file), stack, frame))
    }

    /// Reads the root modules among folders of Terraform's language; what comes back is how many
    /// resources they declare. Modules that another one of them calls are read where they are called.
    ///
    /// # Errors
    /// When a file of them cannot be read at all.
    pub fn folders(
        &mut self,
        folders: &[String],
        neighbours: &dyn Neighbours,
    ) -> Result<usize, CodeError> {
        let (stacks, warnings) = terraform::hcl::read(folders, self.settings, neighbours)?;
        self.warnings.extend(warnings);
        let counts = stacks
            .into_iter()
            .map(|(stack, frame)| self.add(None, stack, frame));
        Ok(counts.sum())
    }

    fn add(&mut self, file: Option<&str>, mut stack: Stack, frame: Frame) -> usize {
        launcher::unfold(&mut stack);
        let count = stack.declared.len();
        self.read.push((file.map(str::to_owned), stack, frame));
        count
    }

    /// What AWS would answer about everything that was read.
    #[must_use]
    pub fn finish(self) -> Code {
        let whole = self.settings.whole_stack;
        let nested = self.nested;
        let is_nested = |file: &Option<String>| file.as_ref().is_some_and(|it| nested.contains(it));
        let read = self.read.into_iter().filter(|(file, ..)| !is_nested(file));
        let stacks = by_account(read.map(|(_, stack, frame)| (stack, frame)));
        let observations = stacks
            .values()
            .flat_map(|(stack, frame)| observe::observe(stack, frame, whole));
        let claims = stacks
            .values()
            .flat_map(|(stack, frame)| stack.declared.iter().flat_map(|it| it.claimed(frame)));
        Code {
            observations: observations.collect(),
            claims: claims.collect(),
            warnings: self.warnings,
        }
    }
}

/// Code of one account is one stack, whose listings are one.
fn by_account(read: impl Iterator<Item = (Stack, Frame)>) -> BTreeMap<String, (Stack, Frame)> {
    let mut all: BTreeMap<String, (Stack, Frame)> = BTreeMap::new();
    let mut unread = Vec::new();
    for (stack, frame) in read {
        all.entry(frame.account.clone())
            .or_insert_with(|| (Stack::default(), frame.clone()))
            .0
            .removed
            .extend(stack.removed);
        for declared in stack.declared {
            let account = declared.identity.account(&frame).to_owned();
            let (stack, _) = all.entry(account.clone()).or_insert_with(|| {
                let region = frame.region.clone();
                (Stack::default(), Frame { account, region })
            });
            stack.declared.push(declared);
        }
        unread.extend(stack.unread);
    }
    for (stack, _) in all.values_mut() {
        stack.unread.clone_from(&unread);
    }
    all
}

impl Settings {
    /// What stands before the addresses of a file or folder.
    fn prefix(&self, of: &str) -> String {
        if self.qualified {
            format!("{of}/")
        } else {
            String::new()
        }
    }
}

fn json(file: &str, bytes: &[u8]) -> Result<serde_json::Value, CodeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        CodeError::new(file, line, format!("this is not JSON: {error}"))
    })
}
