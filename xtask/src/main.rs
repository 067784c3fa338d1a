//! The project's chores.

mod bench;
mod estate;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measure each claim of speed beside its limit.
    Bench(bench::Arguments),
    /// Writes a synthetic snapshot, the same bytes for the same arguments.
    Estate(estate::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Estate(arguments) => estate::run(&arguments),
    }
}
