//! The point evaluator against iam-simulate, on random requests.
//!
//! Enters: a seed. Leaves: success, or the requests on which the two differ and that
//! `tests/iam/judge-explained.jsonl` does not explain. The judge is AGPL: npm installs the pinned
//! version under `target/`, it runs as a process of its own, and nothing of it is linked or copied.
//! Deliberately absent: STS and KMS, where the resource's own policy has the last word.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process::{built, cargo, program, root, run as to_end, target};

const ROLES: usize = 4_000;
const SEED: u64 = 1;

/// Judge the IAM point evaluator by iam-simulate.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many random roles are asked about, beside the managed policies.
    #[arg(long, default_value_t = ROLES)]
    roles: usize,
    /// Where the random numbers start; the explanations belong to the default.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
}

const JUDGE: &str = "@cloud-copilot/iam-simulate@0.1.173";
const EXPLAINED: &str = "tests/iam/judge-explained.jsonl";

/// Asks both, and compares.
///
/// # Errors
/// When a difference is not explained, or an explanation explains nothing.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = folder()?;
    let (cases, file) = write_cases(arguments, &folder)?;
    to_end(cargo(["build", "--locked", "--quiet", "-p", "sagewarden"]))?;
    let mut own = program(built("sagewarden"), ["iam", "solve"]);
    own.arg(&file);
    let own = answers(own, &file)?;
    let judged = answers(judge(&folder)?, &file)?;
    compare(&cases, &own, &judged)
}

/// Lets the judge say how long a request takes it.
///
/// # Errors
/// When it cannot be installed or run.
pub(crate) fn time() -> Result<()> {
    let arguments = Arguments {
        roles: ROLES,
        seed: SEED,
    };
    let folder = folder()?;
    let (_, file) = write_cases(&arguments, &folder)?;
    answers(judge(&folder)?, &file).map(drop)
}

fn folder() -> Result<PathBuf> {
    let folder = target().join("judge-iam");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The cases, and the file of them.
fn write_cases(arguments: &Arguments, folder: &Path) -> Result<(Vec<Value>, PathBuf)> {
    let mut cases = cases::random(arguments.seed, arguments.roles);
    cases.extend(cases::managed(arguments.seed)?);
    let file = folder.join("cases.jsonl");
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    fs::write(&file, lines)?;
    Ok((cases, file))
}

/// The judge, installed in its pinned version.
fn judge(folder: &Path) -> Result<Command> {
    let mut npm = program(
        "npm",
        [
            "install",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--save-exact",
            JUDGE,
        ],
    );
    npm.current_dir(folder);
    fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    to_end(npm).context("npm is needed for the judge")?;
    let mut judge = program("node", ["tests/iam/simulate.mjs"]);
    judge.arg(folder);
    Ok(judge)
}

/// What a command answers to the cases on its standard input.
fn answers(mut command: Command, cases: &Path) -> Result<Vec<Value>> {
    let output = command
        .stdin(fs::File::open(cases)?)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        bail!("{command:?} failed ({})", output.status);
    }
    let lines = std::str::from_utf8(&output.stdout)?.lines();
    lines.map(|line| Ok(serde_json::from_str(line)?)).collect()
}

fn compare(cases: &[Value], own: &[Value], judged: &[Value]) -> Result<()> {
    if own.len() != cases.len() || judged.len() != cases.len() {
        bail!(
            "{} cases, {} answers, {} judgements",
            cases.len(),
            own.len(),
            judged.len()
        );
    }
    let text = fs::read_to_string(root().join(EXPLAINED)).context(EXPLAINED)?;
    let mut explained: BTreeSet<String> = BTreeSet::new();
    for line in text.lines() {
        let entry: Value = serde_json::from_str(line).context(EXPLAINED)?;
        for id in entry["ids"].as_array().context(EXPLAINED)? {
            explained.insert(format!("{id} {} {}", entry["ours"], entry["theirs"]));
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut open = 0;
    for ((case, own), judged) in cases.iter().zip(own).zip(judged) {
        let (ours, theirs) = (&own["answer"], &judged["answer"]);
        if ours == theirs {
            *counts.entry(ours.as_str().unwrap_or_default()).or_default() += 1;
            continue;
        }
        let differs = format!("{} {ours} {theirs}", case["id"]);
        if explained.remove(&differs) {
            *counts.entry("explained").or_default() += 1;
        } else {
            open += 1;
            println!("{differs}: {case} {judged}");
        }
    }
    println!("{} requests: {counts:?}, {open} not explained", cases.len());
    for differs in &explained {
        println!("{differs}: explained, and not so");
    }
    if open > 0 || !explained.is_empty() {
        bail!("{EXPLAINED} does not hold");
    }
    Ok(())
}
