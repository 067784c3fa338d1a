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
const REQUIREMENTS: [&str; 7] = [
    "tests/deploy/requirements.txt",
    "tests/formats/requirements.txt",
    "tests/report/requirements.txt",
    "tests/operations/requirements.txt",
    "tests/estate/requirements.txt",
    "tests/iam/requirements.txt",
    "tests/iac/requirements.txt",
];

/// Packages of which only the data is read, installed without what they need to run.
const DATA: &str = "tests/iam/corpus.txt";

/// A Python command in an environment that holds [`REQUIREMENTS`] and [`DATA`].
pub(crate) fn python<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(arguments: I) -> Result<Command> {
    let environment = target().join("venv");
    let stamp = environment.join("requirements");
    let interpreter = interpreter(&environment);
    let mut wanted = String::new();
    for file in REQUIREMENTS.iter().chain([&DATA]) {
        wanted += &fs::read_to_string(root().join(file)).context(*file)?;
    }
    if fs::read_to_string(&stamp).ok().as_deref() != Some(wanted.as_str()) {
        println!("    the Python checks' packages are missing or old and get installed");
        let mut make = program("python3", ["-m", "venv", "--clear"]);
        make.arg(&environment);
        run(make)?;
        let mut fill = install(&interpreter);
        for file in REQUIREMENTS {
            fill.args(["-r", file]);
        }
        run(fill)?;
        let mut data = install(&interpreter);
        data.args(["--no-deps", "-r", DATA]);
        run(data)?;
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

fn install(interpreter: &Path) -> Command {
    let pip = ["-m", "pip", "install", "--quiet"];
    let mut command = program(interpreter, pip);
    command.arg("--disable-pip-version-check");
    command
}

fn interpreter(environment: &Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts/python.exe")
    } else {
        environment.join("bin/python")
    }
}
