//! `cargo xtask check`: what a change must keep.
//!
//! Enters: the work tree. Leaves: success, or the first step that failed and how to repeat it.
//! Deliberately absent: anything that writes to the tree; `cargo xtask docs` and `cargo fmt` do.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use sagewarden_core::operations;

use crate::docs;
use crate::process::{cargo, program, root, run as to_end, run_with_input, succeeds, target};

/// What may be typed after `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps, in the order of the check (default: every step).
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
}

struct Step {
    name: &'static str,
    run: fn() -> Result<()>,
}

/// Cheap steps first, so that a slip is told soon.
const STEPS: &[Step] = &[
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "tests",
        run: tests,
    },
    Step {
        name: "doctests",
        run: doctests,
    },
    Step {
        name: "rustdoc",
        run: rustdoc,
    },
    Step {
        name: "generated",
        run: docs::are_current,
    },
    Step {
        name: "dependencies",
        run: dependencies,
    },
    Step {
        name: "table",
        run: table,
    },
    Step {
        name: "example",
        run: example,
    },
    Step {
        name: "live",
        run: live,
    },
];

/// Runs the steps in order.
///
/// # Errors
/// The first step that fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let start = Instant::now();
    let chosen = |step: &&Step| {
        arguments.steps.is_empty() || arguments.steps.iter().any(|name| name == step.name)
    };
    for step in STEPS.iter().filter(chosen) {
        let name = step.name;
        println!("==> {name}");
        let start = Instant::now();
        (step.run)().with_context(|| {
            format!("step `{name}` failed; repeat it with `cargo xtask check {name}`")
        })?;
        println!("    {name} took {:.1} s", start.elapsed().as_secs_f64());
    }
    println!(
        "==> every step passed, in {:.1} s",
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

fn format() -> Result<()> {
    to_end(cargo(["fmt", "--all", "--check"])).context("`cargo fmt --all` mends it")
}

fn clippy() -> Result<()> {
    to_end(cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--quiet",
        "--",
        "--deny=warnings",
    ]))
}

fn tests() -> Result<()> {
    install("nextest")?;
    to_end(cargo([
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--cargo-quiet",
    ]))
}

/// Nextest does not run the examples in documentation.
fn doctests() -> Result<()> {
    to_end(cargo([
        "test",
        "--doc",
        "--workspace",
        "--locked",
        "--quiet",
    ]))
}

fn rustdoc() -> Result<()> {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--locked", "--quiet"]);
    command.env("RUSTDOCFLAGS", "--deny=warnings");
    to_end(command)
}

/// Licences, duplicates and sources, as `deny.toml` says.
fn dependencies() -> Result<()> {
    install("deny")?;
    to_end(cargo([
        "deny",
        "--workspace",
        "--locked",
        "--log-level=warn",
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ]))
}

/// The table of operations, and the shapes of answers in XML, against AWS's own service models.
fn table() -> Result<()> {
    to_end(python(["tests/operations/xml_shapes.py", "--check"])?)?;
    let check = python(["tests/operations/check_table.py"])?;
    run_with_input(check, operations::as_json().to_string().as_bytes())
}

/// The example estate against the service models, and its README against the expectations.
fn example() -> Result<()> {
    to_end(python(["tests/estate/validate_shapes.py"])?)?;
    to_end(python(["tests/estate/expected_table.py", "--check"])?)
}

/// A scan of the example estate against the answers that were saved of it.
fn live() -> Result<()> {
    to_end(cargo([
        "build",
        "--package",
        "sagewarden",
        "--locked",
        "--quiet",
    ]))?;
    let binary = target().join(format!("debug/sagewarden{}", std::env::consts::EXE_SUFFIX));
    let mut scan = python(["tests/estate/scan_acme.py"])?;
    scan.arg(binary);
    to_end(scan)
}

/// Installs a Cargo subcommand that is missing.
fn install(subcommand: &str) -> Result<()> {
    if succeeds(cargo([subcommand, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{subcommand}");
    println!("    {package} is missing and gets installed");
    to_end(cargo(["install", "--locked", "--quiet", &package]))
}

/// What the Python checks need, pinned.
const REQUIREMENTS: [&str; 3] = [
    "tests/operations/requirements.txt",
    "tests/estate/requirements.txt",
    "tests/estate/requirements-live.txt",
];

/// A Python command in an environment that holds [`REQUIREMENTS`], made when it is missing or old.
fn python<const N: usize>(arguments: [&str; N]) -> Result<std::process::Command> {
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
        to_end(make)?;
        let mut fill = program(
            &interpreter,
            [
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ],
        );
        for file in REQUIREMENTS {
            fill.args(["-r", file]);
        }
        to_end(fill)?;
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

fn interpreter(environment: &std::path::Path) -> PathBuf {
    if cfg!(windows) {
        environment.join("Scripts/python.exe")
    } else {
        environment.join("bin/python")
    }
}
