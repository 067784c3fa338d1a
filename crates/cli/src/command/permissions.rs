//! `permissions`: the least-privilege policy that reads what the chosen controls need, and which of its rights are missing.

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
    #[cfg(feature = "live")]
    if arguments.check {
        let tunables = sagewarden_core::tunables::Tunables::default();
        let plan = sagewarden_collect::Plan::new(&controls, &tunables, true);
        return super::live::rights(&plan, &arguments.sign_in, global);
    }
    let mut needs = sagewarden_core::needs::operations(&controls);
    needs.extend(sagewarden_core::needs::DISCOVERY);
    let policy = permissions(&needs, arguments.deny_data);
    output::to(None, global, |out, _| {
        serde_json::to_writer_pretty(&mut *out, &policy)?;
        writeln!(out)?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}
