//! One module a command.

mod baseline;
mod check;
#[cfg(feature = "live")]
mod collect;
mod controls;
mod convert;
mod diff;
mod explain;
mod fix;
mod iam;
pub(crate) mod judging;
#[cfg(feature = "live")]
mod live;
mod permissions;
#[cfg(feature = "live")]
mod progress;
mod report;
mod role;
#[cfg(feature = "live")]
mod scan;
mod select;
#[cfg(feature = "serve")]
mod serve;
mod unlisted;
mod waivers;

use std::io::Write as _;

use anyhow::Result;
use clap::CommandFactory as _;
use sagewarden_report::json;

pub(crate) use judging::WaiverErrors;

use crate::Exit;
use crate::args::{Arguments, Colour, Command, Controls, Iam, SchemaName};
use crate::output;

/// What every command is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Global {
    pub(crate) color: Colour,
    pub(crate) width: Option<usize>,
    pub(crate) verbose: u8,
    pub(crate) quiet: bool,
}

/// Runs a command.
pub(crate) fn run(arguments: Arguments) -> Result<Exit> {
    let global = Global {
        color: arguments.color,
        width: arguments.width,
        verbose: arguments.verbose,
        quiet: arguments.quiet,
    };
    match arguments.command {
        Command::Check(check) => check::run(&check, global),
        Command::Report(report) => report::run(&report, global),
        Command::Diff(diff) => diff::run(&diff, global),
        Command::Waivers(waivers) => waivers::run(&waivers, global),
        Command::Baseline(baseline) => baseline::run(&baseline, global),
        #[cfg(feature = "live")]
        Command::Collect(arguments) => collect::run(&arguments, global),
        #[cfg(feature = "live")]
        Command::Scan(arguments) => scan::run(&arguments, global),
        #[cfg(feature = "serve")]
        Command::Serve(serve) => serve::run(*serve, global),
        Command::Convert(convert) => convert::run(&convert, global),
        Command::Controls(Controls::List { selection, format }) => {
            controls::list(&selection, format, global)
        }
        Command::Controls(Controls::Show { id, controls }) => {
            controls::show(&id, &controls, global)
        }
        Command::Controls(Controls::Test { folder }) => controls::test(&folder, global),
        Command::Explain(explain) => explain::run(&explain, global),
        Command::Permissions(permissions) => permissions::run(&permissions, global),
        Command::Schema { format } => schema(format, global),
        Command::Completions { shell } => completions(shell),
        Command::Version => version(global),
        Command::Iam(Iam::Solve { cases }) => iam::solve(&cases, global),
        Command::Iam(Iam::Role(asked)) => role::role(&asked, global),
        Command::Iam(Iam::Ask(asked)) => role::ask(&asked, global),
        Command::Iam(Iam::Scope(asked)) => role::scope(&asked, global),
    }
}

fn schema(format: SchemaName, global: Global) -> Result<Exit> {
    let schema = match format {
        SchemaName::Snapshot => sagewarden_core::snapshot::schema(),
        SchemaName::Assessment => json::v1::schema(),
        SchemaName::Role => json::role::role_schema(),
        SchemaName::Ask => json::role::ask_schema(),
        SchemaName::Scope => json::role::scope_schema(),
    };
    output::to(None, global, |out, _| {
        serde_json::to_writer_pretty(&mut *out, &schema)?;
        writeln!(out)?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}

fn completions(shell: clap_complete::Shell) -> Result<Exit> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "sagewarden", &mut bytes);
    std::io::stdout().write_all(&bytes)?;
    Ok(Exit::Clean)
}

fn version(global: Global) -> Result<Exit> {
    output::to(None, global, |out, _| {
        writeln!(out, "sagewarden {}", env!("CARGO_PKG_VERSION"))?;
        writeln!(out, "assessment format {}", json::v1::SCHEMA)?;
        writeln!(out, "snapshot format {}", sagewarden_core::snapshot::SCHEMA)?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}
