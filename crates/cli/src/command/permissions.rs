//! `permissions`: the least-privilege policy that reads what the chosen controls need.

use anyhow::Result;
use sagewarden_core::operations::permissions;

use crate::args::Permissions;
use crate::command::{Global, select};
use crate::{Exit, output};

pub(crate) fn run(arguments: &Permissions, global: Global) -> Result<Exit> {
    let loaded = select::catalog(
        &arguments.selection.controls,
        &arguments.selection.frameworks,
    )?;
    let controls = select::select(&loaded.catalog, &arguments.selection)?;
    let needs = sagewarden_core::needs::operations(&controls);
    let policy = permissions(&needs, arguments.deny_data);
    output::to(None, global.color, |out, _| {
        serde_json::to_writer_pretty(&mut *out, &policy)?;
        writeln!(out)?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}
