//! The speed of universal IAM questions, and of peers on their own questions, in one run.
//!
//! Enters: the work tree. Leaves: times on standard output: ours over many roles, the AWS managed
//! policies and puzzles; iam-simulate's for one request of the judge's, cloudsplaining's for one
//! managed policy. Deliberately absent: a ratio. A request is one resource, our question every one.

use anyhow::Result;

use crate::iam::floor;
use crate::judge;
use crate::process::{cargo, program, run as to_end, target};

/// Measures.
///
/// # Errors
/// When something cannot be built, installed or run.
pub(crate) fn run() -> Result<()> {
    let mut build = cargo(["build", "--release", "--locked", "--quiet"]);
    build.args(["-p", "benches", "--example", "iam_questions"]);
    to_end(build)?;
    let ours = target().join("release/examples/iam_questions");
    to_end(program(ours, [] as [&str; 0]))?;
    judge::time()?;
    floor()
}
