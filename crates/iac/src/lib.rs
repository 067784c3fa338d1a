//! Infrastructure code in, observations out.
//!
//! Enters: the bytes of Terraform plans and states and of CloudFormation templates. Leaves: the
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

mod cloudformation;
mod declared;
mod error;
mod frame;
mod kind;
mod observe;
mod recognise;
mod terraform;
mod value;

use std::collections::BTreeMap;

use sagewarden_core::snapshot::Observation;

pub use error::CodeError;
pub use frame::UNKNOWN_ACCOUNT;
pub use recognise::{Language, recognise};

/// How code is read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The account that the code will be applied in, where the caller knows it.
    pub account: Option<String>,
    /// The Region, likewise.
    pub region: Option<String>,
    /// Whether what the code does not mention does not exist.
    pub whole_stack: bool,
    /// Values of a template's parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Reads the files beside the one that is read.
pub trait Neighbours {
    /// The bytes of the file at `path`, relative to the file that names it; none where there is none.
    fn read(&self, path: &str) -> Option<Vec<u8>>;
}

/// No file has neighbours.
impl Neighbours for () {
    fn read(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
}

/// What code declares.
#[derive(Debug, Default)]
pub struct Code {
    /// What AWS would answer.
    pub observations: Vec<Observation>,
    /// How many resources were read.
    pub resources: usize,
    /// What was not read, a line each.
    pub warnings: Vec<String>,
}

/// Reads one file of infrastructure code. `file` is how it is named in messages and places.
///
/// # Errors
/// When it cannot be read at all.
pub fn read(
    file: &str,
    bytes: &[u8],
    language: Language,
    settings: &Settings,
    neighbours: &dyn Neighbours,
) -> Result<Code, CodeError> {
    let (stack, frame, warnings) = match language {
        Language::TerraformPlan => {
            let json = json(file, bytes)?;
            if !terraform::is_plan(&json) {
                let what = "this is not a plan or state; print one with `terraform show -json`";
                return Err(CodeError::new(file, None, what));
            }
            let (stack, frame) = terraform::read(file, &json, settings)?;
            (stack, frame, Vec::new())
        }
        Language::CloudFormation => cloudformation::read(file, bytes, settings, neighbours)?,
    };
    Ok(Code {
        observations: observe::observe(&stack, &frame, settings.whole_stack),
        resources: stack.declared.len(),
        warnings,
    })
}

fn json(file: &str, bytes: &[u8]) -> Result<serde_json::Value, CodeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let line = u32::try_from(error.line()).ok().filter(|line| *line > 0);
        CodeError::new(file, line, format!("this is not JSON: {error}"))
    })
}
