//! `sagewarden`: the command line.
//!
//! Enters: arguments, files, the clock (for a default `--as-of`). Leaves: text or JSON on standard
//! output, progress and warnings on standard error, and an exit code that is part of the contract:
//! 0 nothing open at the threshold, 1 open findings, 2 could not assess, 3 too much unknown (`--strict`).
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic
    )
)]

mod args;
mod code;
mod command;
mod config;
mod digest;
mod input;
mod output;
#[cfg(feature = "serve")]
mod serve;

use std::process::ExitCode;

use clap::Parser;

/// An estate is millions of small strings and nodes; with the system's allocator a third of the
/// time goes into taking and giving back their memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit codes, documented as part of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing open at the threshold.
    Clean = 0,
    /// Open findings at or above `--fail-on`.
    Findings = 1,
    /// Usage, configuration or input error: nothing was assessed.
    Error = 2,
    /// `--strict`, and something stayed unknown or nothing was judged.
    Incomplete = 3,
}

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() {
                Exit::Error
            } else {
                Exit::Clean
            };
            let _ = error.print();
            return ExitCode::from(code as u8);
        }
    };
    match command::run(arguments) {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(error) if output::is_broken_pipe(&error) => ExitCode::from(Exit::Clean as u8),
        Err(error) => {
            let text = one_line(&error);
            match error.downcast_ref::<sagewarden_catalog::LoadErrors>() {
                // One line a place.
                Some(_) => text.lines().for_each(output::error),
                None if error.downcast_ref::<command::WaiverErrors>().is_some() => {
                    text.lines().for_each(output::error);
                }
                None => output::error(&text),
            }
            ExitCode::from(Exit::Error as u8)
        }
    }
}

/// The error and its causes on one line.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}
