//! The project's chores.

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
    /// Writes a synthetic snapshot, the same bytes for the same arguments.
    Estate(estate::Estate),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Estate(arguments) => estate::run(&arguments),
    }
}
