//! The claims of speed, each beside its limit in the same run.
//!
//! Enters: the work tree. Leaves: a table on standard output: ours, the limit, the ratio, the peak
//! of resident memory, medians of alternating runs; and on what machine, and how far the runs lay
//! apart. Builds what it measures, and makes the synthetic estates under `target/` once.
//! Deliberately absent: a verdict. Machines differ, so no test holds an absolute time.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

/// Measure each claim beside its limit.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How many training jobs the large estate has.
    #[arg(long, default_value_t = 462_178)]
    jobs: u64,
    /// How many assets the estate of small assets has.
    #[arg(long, default_value_t = 100_000)]
    small_assets: u64,
    /// Runs of each command.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Threads, of both sides; every core by default.
    #[arg(long)]
    threads: Option<usize>,
}

/// The parsers that the limit may use; the fastest counts.
const PARSERS: [&str; 3] = ["sonic-rs", "simd-json", "serde_json"];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the work tree has no root")?;
    build(root)?;
    let target = root.join("target");
    let release = target.join("release");
    let ours = release.join("sagewarden");
    let jobs = estate(&target, "jobs", arguments.jobs)?;
    let assets = estate(&target, "small-assets", arguments.small_assets)?;
    let example = root.join("examples/acme");
    let threads = arguments
        .threads
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let workers = threads.to_string();
    let runs = arguments.runs.max(1);

    let of_jobs = command(&ours, &["check", "--threads", &workers], Some(&jobs));
    let parser = release.join("examples/decompress_and_parse");
    let limits = PARSERS.map(|name| {
        let mut limit = command(&parser, &[], Some(&jobs));
        limit.arguments.extend([name.to_owned(), workers.clone()]);
        limit
    });
    let mut commands = vec![of_jobs];
    commands.extend(limits);
    let measured = alternate(&commands, runs)?;
    let (own, limits) = measured.split_first().context("nothing was measured")?;
    let (name, limit) = PARSERS
        .into_iter()
        .zip(limits)
        .min_by(|a, b| a.1.seconds().total_cmp(&b.1.seconds()))
        .context("no limit was measured")?;

    let reports = alternate(
        &[
            command(&ours, &["check"], Some(&assets)),
            command(&ours, &["--quiet", "check"], Some(&assets)),
            command(&ours, &["check"], Some(&example)),
            command(&ours, &["--version"], None),
        ],
        runs,
    )?;

    println!("machine: {}", machine());
    println!("runs: {runs} of each, alternating; medians; spread is (slowest - fastest) / median");
    println!();
    println!(
        "{:<46} {:>10} {:>10} {:>7} {:>9} {:>7}",
        "claim", "ours", "limit", "ratio", "peak MiB", "spread"
    );
    row(
        &format!("{} jobs, {threads} threads, elapsed", arguments.jobs),
        own.seconds(),
        1.5 * limit.seconds(),
        own,
    );
    let title = format!("{} small assets, CPU", arguments.small_assets);
    let titles = [
        (title.clone(), 1.0),
        (format!("{title}, --quiet"), 1.0),
        ("examples/acme, CPU".to_owned(), 0.050),
        ("--version, CPU".to_owned(), 0.010),
    ];
    for ((title, limit), runs) in titles.iter().zip(&reports) {
        row(title, runs.cpu(), *limit, runs);
    }
    println!();
    println!(
        "The limit of jobs is one and a half times decompressing and parsing alone, with {name}, the fastest of these:"
    );
    for (name, runs) in PARSERS.iter().zip(limits) {
        println!(
            "{name:<46} {:>9.3}s {:>10} {:>7} {:>9.1} {:>6.0}%",
            runs.seconds(),
            "",
            "",
            runs.peak(),
            100.0 * runs.spread()
        );
    }
    println!(
        "ours over that: {:.2}; peak of ours {:.1} MiB, limit 256 MiB",
        own.seconds() / limit.seconds(),
        own.peak()
    );
    Ok(())
}

fn row(title: &str, ours: f64, limit: f64, runs: &Runs) {
    println!(
        "{title:<46} {ours:>9.3}s {limit:>9.3}s {:>7.2} {:>9.1} {:>6.0}%",
        ours / limit,
        runs.peak(),
        100.0 * runs.spread()
    );
}

fn build(root: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(root)
        .args(["build", "--release", "--quiet"])
        .args(["-p", "sagewarden", "-p", "xtask", "-p", "benches"])
        .args(["--bins", "--examples"])
        .status()?;
    if !status.success() {
        bail!("the release build failed");
    }
    Ok(())
}

/// The folder of an estate, written where it is not there yet.
fn estate(target: &Path, kind: &str, count: u64) -> Result<PathBuf> {
    let folder = target.join("bench-estates").join(format!("{kind}-{count}"));
    if folder.join("manifest.json").is_file() {
        return Ok(folder);
    }
    // What an earlier run left unfinished would be in the way.
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let status = Command::new(target.join("release/xtask"))
        .args(["estate", &format!("--{kind}"), &count.to_string(), "-o"])
        .arg(&folder)
        .status()?;
    if !status.success() {
        bail!("cannot write `{}`", folder.display());
    }
    Ok(folder)
}

/// A command to measure; what it writes goes nowhere.
struct Measured {
    program: PathBuf,
    arguments: Vec<String>,
}

fn command(program: &Path, arguments: &[&str], folder: Option<&Path>) -> Measured {
    let folder = folder.map(|folder| folder.display().to_string());
    let arguments = arguments.iter().map(|text| (*text).to_owned());
    Measured {
        program: program.to_owned(),
        arguments: arguments.chain(folder).collect(),
    }
}

/// The runs of one command.
#[derive(Default)]
struct Runs(Vec<Usage>);

#[derive(Clone, Copy)]
struct Usage {
    seconds: f64,
    cpu: f64,
    peak_mib: f64,
}

impl Runs {
    fn median(&self, of: impl Fn(&Usage) -> f64) -> f64 {
        let mut values: Vec<f64> = self.0.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or_default()
    }

    fn seconds(&self) -> f64 {
        self.median(|usage| usage.seconds)
    }

    fn cpu(&self) -> f64 {
        self.median(|usage| usage.cpu)
    }

    /// The highest of all runs.
    fn peak(&self) -> f64 {
        self.0
            .iter()
            .map(|usage| usage.peak_mib)
            .fold(0.0, f64::max)
    }

    fn spread(&self) -> f64 {
        let seconds = || self.0.iter().map(|usage| usage.seconds);
        (seconds().fold(0.0, f64::max) - seconds().fold(f64::MAX, f64::min)) / self.seconds()
    }
}

/// Runs the commands in turn, so that what else the machine does falls on all of them alike.
fn alternate(commands: &[Measured], runs: usize) -> Result<Vec<Runs>> {
    let mut all: Vec<Runs> = commands.iter().map(|_| Runs::default()).collect();
    // The first round only brings the files into memory.
    for round in 0..=runs {
        for (command, runs) in commands.iter().zip(&mut all) {
            let usage = measure(command)?;
            if round > 0 {
                runs.0.push(usage);
            }
        }
    }
    Ok(all)
}

/// One run, measured by `time` of GNU, which asks the kernel what a finished child has used.
fn measure(command: &Measured) -> Result<Usage> {
    let started = Instant::now();
    let output = Command::new("/usr/bin/time")
        .args(["--quiet", "-f", "%U %S %M"])
        .arg(&command.program)
        .args(&command.arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .context("cannot run `/usr/bin/time`; install GNU time")?;
    let seconds = started.elapsed().as_secs_f64();
    // Open findings are exit code 1, which is no failure here.
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!(
            "`{}` failed: {}",
            command.program.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let numbers: Vec<f64> = text
        .lines()
        .last()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [user, system, peak_kib] = numbers.as_slice() else {
        bail!("`/usr/bin/time` wrote `{text}`; install GNU time");
    };
    Ok(Usage {
        seconds,
        cpu: user + system,
        peak_mib: peak_kib / 1024.0,
    })
}

fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let (processors, load) = (read("/proc/cpuinfo"), read("/proc/loadavg"));
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores, load average {}", load.trim())
}
