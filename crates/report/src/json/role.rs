//! `sagewarden.role/v1`, `sagewarden.ask/v1` and `sagewarden.scope/v1`: answers about one role.
//!
//! Each is one object: about the run, then the answer. Members are only ever added within v1.

use std::io::Write;

use sagewarden_core::dossier::{Asked, Dossier};
use sagewarden_core::proposal::{Proposal, Trial};
use sagewarden_core::time::Time;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::run::{RenderError, Run};

/// What `iam role` writes.
pub const ROLE: &str = "sagewarden.role/v1";
/// What `iam ask` writes.
pub const ASK: &str = "sagewarden.ask/v1";
/// What `iam scope` writes.
pub const SCOPE: &str = "sagewarden.scope/v1";

/// An answer with what it was made from.
#[derive(Serialize, JsonSchema)]
struct Document<'a, A> {
    /// The name and version of the format.
    schema: &'static str,
    /// The version of the tool.
    version: &'a str,
    /// The instant of evaluation.
    as_of: Time,
    /// The inputs as they were named.
    inputs: &'a [String],
    /// Warnings about the input.
    warnings: &'a [String],
    #[serde(flatten)]
    answer: A,
}

/// A role.
#[derive(Serialize, JsonSchema)]
struct Role<'a> {
    /// What it can do, become, and who can become it.
    role: &'a Dossier,
}

/// A proposal and what it would change.
#[derive(Serialize, JsonSchema)]
struct Scope<'a> {
    /// The proposed policy.
    proposal: &'a Proposal,
    /// What adopting it would change.
    trial: &'a Trial,
}

/// Writes what a role can do.
///
/// # Errors
/// When the output fails.
pub fn role(dossier: &Dossier, run: &Run, out: &mut dyn Write) -> Result<(), RenderError> {
    write(ROLE, Role { role: dossier }, run, out)
}

/// Writes the answer to one question.
///
/// # Errors
/// When the output fails.
pub fn ask(asked: &Asked, run: &Run, out: &mut dyn Write) -> Result<(), RenderError> {
    write(ASK, asked, run, out)
}

/// Writes a proposed policy.
///
/// # Errors
/// When the output fails.
pub fn scope(
    proposal: &Proposal,
    trial: &Trial,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    write(SCOPE, Scope { proposal, trial }, run, out)
}

fn write<A: Serialize>(
    schema: &'static str,
    answer: A,
    run: &Run,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let document = Document {
        schema,
        version: &run.version,
        as_of: run.as_of,
        inputs: &run.inputs,
        warnings: &run.warnings,
        answer,
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(())
}

/// The JSON Schema of what `iam role` writes.
#[must_use]
pub fn role_schema() -> serde_json::Value {
    schema_of::<Document<'_, Role<'_>>>()
}

/// The JSON Schema of what `iam ask` writes.
#[must_use]
pub fn ask_schema() -> serde_json::Value {
    schema_of::<Document<'_, &Asked>>()
}

/// The JSON Schema of what `iam scope` writes.
#[must_use]
pub fn scope_schema() -> serde_json::Value {
    schema_of::<Document<'_, Scope<'_>>>()
}

fn schema_of<T: JsonSchema>() -> serde_json::Value {
    SchemaSettings::default()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
