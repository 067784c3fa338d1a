//! The environment of the Python checks.
//!
//! Enters: the requirements under `tests/`, pinned. Leaves: a command in a virtual environment under
//! `target/` that holds them, made when it is missing or old. Deliberately absent: packages of the
//! machine.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::process::{program, root, run, target};

/// What the checks need.
const REQUIREMENTS: &[&str] = &[
    "tests/formats/requirements.txt",
    "tests/report/requirements.txt",
    "tests/operations/requirements.txt",
    "tests/estate/requirements.txt",
    "tests/iam/requirements.txt",
    "tests/iac/requirements.txt",
    "tests/e2e/requirements.txt",
];

/// A Python command in an environment that holds [`REQUIREMENTS`].
pub(crate) fn python<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Result<Command> {
    let environment = target().join("venv");
    let stamp = environment.join("requirements");
    let interpreter = interpreter(&environment);
    let mut wanted = String::new();
    for file in REQUIREMENTS {
        wanted += &fs::read_to_string(root().join(file)).context(file)?;
    }
    if fs::read_to_string(&stamp).ok().as_deref() != Some(wanted.as_str()) {
        println!("    the Python checks' packages are missing or old and get installed");
        let mut make = program("python3", ["-m", "venv", "--clear"]);
        make.arg(&environment);
        run(make)?;
        let pip = ["-m", "pip", "install", "--quiet"];
        let mut fill = program(&interpreter, pip);
        fill.arg("--disable-pip-version-check");
        for file in REQUIREMENTS {
            fill.args(["-r", file]);
        }
        run(fill)?;
        fs::write(&stamp, wanted)?;
    }
    if !interpreter.exists() {
        bail!(
            "{} is missing; remove {} and try again",
            interpreter.display(),
            environment.display()
        );
    }
    Ok(program(interpreter, arguments))
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts/python.exe")
    } else {
        environment.join("bin/python")
    }
}
