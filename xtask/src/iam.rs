//! The IAM reasoning against the AWS managed policies.
//!
//! Enters: the policies as the pinned moto carries them. Leaves: success, or what differs: from the
//! known counts of what they grant, or from what cloudsplaining finds in them. The policies are
//! AWS's and are not committed. Deliberately absent: the judgement of single requests, which is
//! `judge`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::check::install;
use crate::process::{built, cargo, run, target};
use crate::python::python;

/// The step of the check.
///
/// # Errors
/// When something differs.
pub(crate) fn check() -> Result<()> {
    let policies = managed_policies()?;
    install("nextest")?;
    let mut counts = cargo(["nextest", "run", "--locked", "--cargo-quiet"]);
    counts.args(["-p", "sagewarden-iam", "--test", "managed"]);
    counts.args(["--run-ignored", "only"]);
    counts.env("SAGEWARDEN_MANAGED_POLICIES", &policies);
    run(counts)?;
    floor(&policies)
}

/// cloudsplaining's findings in the policies against our answers; says how long it took.
///
/// # Errors
/// When a finding is not ours too.
pub(crate) fn floor(policies: &Path) -> Result<()> {
    run(cargo(["build", "--locked", "--quiet", "-p", "sagewarden"]))?;
    let mut floor = python(["tests/iam/cloudsplaining_floor.py"])?;
    floor.arg(policies).arg(built("sagewarden"));
    run(floor)
}

/// The file of the managed policies, written anew.
///
/// # Errors
/// When the Python environment cannot be made.
pub(crate) fn managed_policies() -> Result<PathBuf> {
    let file = target().join("managed-policies.json");
    let mut write = python(["tests/iam/managed_policies.py"])?;
    write.arg(&file);
    run(write)?;
    Ok(file)
}
