//! The AWS managed policies that are shipped, and the IAM reasoning beside cloudsplaining's.
//!
//! Enters: the policies as the pinned moto carries them. Leaves: the data of
//! `crates/managed-policies`; or success, or what differs: from that data, or from what
//! cloudsplaining finds in them. Deliberately absent: the judgement of single requests, which is
//! `judge`.

use std::fs;

use anyhow::{Result, bail};

use crate::process::{built, cargo, printed, root, run};
use crate::python::python;

const DATA: &str = "crates/managed-policies/data/aws.tsv.zst";

/// The step of the check.
///
/// # Errors
/// When something differs.
pub(crate) fn check() -> Result<()> {
    if pinned()? != sagewarden_managed_policies::text() {
        bail!(
            "`{DATA}` is not what the pinned package carries; `cargo xtask managed-policies` mends it"
        );
    }
    floor()
}

/// Writes the policies of the pinned package into the data that is shipped.
///
/// # Errors
/// When the Python environment cannot be made, or the file not be written.
pub(crate) fn write() -> Result<()> {
    // Slow to write, for it is read often and written seldom.
    const LEVEL: i32 = 19;
    let data = zstd::encode_all(pinned()?.as_bytes(), LEVEL)?;
    Ok(fs::write(root().join(DATA), data)?)
}

fn pinned() -> Result<String> {
    printed(python(["tests/iam/managed_policies.py"])?)
}

/// cloudsplaining's findings in the policies against our answers; says how long it took.
///
/// # Errors
/// When a finding is not ours too.
pub(crate) fn floor() -> Result<()> {
    run(cargo(["build", "--locked", "--quiet", "-p", "sagewarden"]))?;
    let mut floor = python(["tests/iam/cloudsplaining_floor.py"])?;
    floor.arg(built("sagewarden"));
    run(floor)
}
