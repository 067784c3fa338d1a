//! `cargo xtask check`: what a change must keep.
//!
//! Enters: the work tree. Leaves: success, or the first step that failed and how to repeat it.
//! Deliberately absent: anything that writes to the tree; `cargo xtask docs` and `cargo fmt` do.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result};
use sagewarden_core::operations;
use sagewarden_core::request::CREATIONS;

use crate::docs;
use crate::iam;
use crate::process::{built, cargo, printed, run as to_end, run_with_input, succeeds};
use crate::python::python;

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
        name: "iam",
        run: iam::check,
    },
    Step {
        name: "formats",
        run: formats,
    },
    Step {
        name: "report",
        run: report,
    },
    Step {
        name: "code",
        run: code,
    },
    Step {
        name: "live",
        run: live,
    },
    Step {
        name: "e2e",
        run: e2e,
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

/// The table of operations, the requests, the commands of evidence, and the shapes of answers in XML, against
/// AWS's own service models.
fn table() -> Result<()> {
    to_end(python(["tests/operations/xml_shapes.py", "--check"])?)?;
    let check = python(["tests/operations/check_table.py"])?;
    run_with_input(check, operations::as_json().to_string().as_bytes())?;
    let check = python(["tests/operations/check_requests.py"])?;
    run_with_input(check, &serde_json::to_vec(CREATIONS)?)?;
    to_end(of_the_binary(["tests/operations/check_commands.py"])?)
}

/// The example estate against the service models, and its README against the expectations.
fn example() -> Result<()> {
    to_end(python(["tests/estate/validate_shapes.py"])?)?;
    to_end(python(["tests/estate/expected_table.py", "--check"])?)
}

/// Every output format against validators that other people wrote.
fn formats() -> Result<()> {
    let mut check = of_the_binary(["tests/formats/validate.py"])?;
    check.arg(sarif_schema()?);
    to_end(check)
}

/// The HTML report in a browser.
fn report() -> Result<()> {
    to_end(of_the_binary(["tests/report/browser.py"])?)
}

/// Templates, the action, the hook and the snippets of the guide by the tools that will read them.
fn code() -> Result<()> {
    to_end(of_the_binary(["tests/iac/ci.py"])?)
}

/// A Python check that is given the binary, built anew where it is old.
fn of_the_binary<const N: usize>(arguments: [&str; N]) -> Result<std::process::Command> {
    build()?;
    let mut check = python(arguments)?;
    check.arg(built("sagewarden"));
    Ok(check)
}

/// Builds the binary anew where it is old.
fn build() -> Result<()> {
    to_end(cargo([
        "build",
        "--package=sagewarden",
        "--locked",
        "--quiet",
    ]))
}

/// The OASIS schema, which a test dependency carries.
fn sarif_schema() -> Result<PathBuf> {
    let metadata = printed(cargo(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == "serde-sarif")
        .find_map(|package| package["manifest_path"].as_str())
        .context("`serde-sarif` is no dependency any more")?;
    Ok(PathBuf::from(manifest).with_file_name("src/schema.json"))
}

/// A scan of the example estate against the answers that were saved of it.
fn live() -> Result<()> {
    to_end(of_the_binary(["tests/estate/scan_acme.py"])?)
}

/// Scans of an emulated AWS: whole, throttled, refused, broken off and grown large.
fn e2e() -> Result<()> {
    build()?;
    let mut check = python(["-m", "pytest", "--quiet", "tests/e2e"])?;
    check.env("SAGEWARDEN", built("sagewarden"));
    to_end(check)
}

/// Installs a Cargo subcommand that is missing.
pub(crate) fn install(subcommand: &str) -> Result<()> {
    if succeeds(cargo([subcommand, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{subcommand}");
    println!("    {package} is missing and gets installed");
    to_end(cargo(["install", "--locked", "--quiet", &package]))
}
