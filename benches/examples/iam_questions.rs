//! Times of universal IAM questions, on one core: many roles with their JSON, the AWS managed policies, a puzzle of
//! letters, and policies built to explode.
//!
//! Prints one line for each: what, the median and the fastest of its runs. `cargo xtask bench-iam` shows them beside
//! peers.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::roles::{self, Managed};
use sagewarden_iam::{Document, Question, Role, Universe};
use sagewarden_managed_policies::policies;

const ROLES: usize = 10_000;
const RUNS: usize = 5;

fn main() {
    many_roles();
    managed_policies();
    for (name, role) in roles::puzzles() {
        let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
        show(
            name,
            times(20, || black_box(role.universal(&question)).states),
        );
    }
}

fn many_roles() {
    let texts = roles::texts(ROLES);
    let bytes: usize = texts.iter().map(roles::RoleText::bytes).sum();
    let ask = |some: &[roles::RoleText]| {
        let mut managed = Managed::default();
        for text in some {
            roles::questions(&managed.role(text));
        }
    };
    let before = resident_mib();
    ask(&texts[..ROLES / 10]);
    let some = resident_mib();
    let what = format!(
        "{ROLES} roles, {:.0} MB of JSON, {} questions each",
        bytes as f64 / 1e6,
        roles::QUESTIONS
    );
    show(&what, times(RUNS, || ask(&texts)));
    let all = resident_mib();
    println!(
        "resident before {before:.0} MiB, after a tenth of them {some:.0}, after all {all:.0}"
    );
}

/// Each question of the managed corpus by itself.
fn managed_policies() {
    let roles: Vec<Role> = policies()
        .iter()
        .map(|policy| {
            let document = Document::parse(policy.document).expect("a policy");
            roles::role_of(policy.name(), document)
        })
        .collect();
    let mut each = Vec::new();
    for role in &roles {
        for (action, universe) in [
            ("s3:GetObject", Universe::objects(&role.arn)),
            ("iam:PassRole", Universe::own_roles(&role.arn)),
            ("sts:AssumeRole", Universe::any_roles(&role.arn)),
        ] {
            let question = Question::new(action, universe);
            // The fastest of three: the question is measured, not the machine.
            let fastest = times(3, || black_box(role.universal(&question)).states);
            each.extend(fastest.first().copied());
        }
    }
    each.sort_unstable();
    let at = |share: usize| each[(each.len() - 1) * share / 100];
    println!(
        "{} managed policies, a question: median {:?}, 99th percentile {:?}, most {:?}",
        roles.len(),
        at(50),
        at(99),
        at(100)
    );
}

/// How long each run took, fastest first.
fn times<T>(runs: usize, mut work: impl FnMut() -> T) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            black_box(work());
            start.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn show(what: &str, times: Vec<Duration>) {
    println!(
        "{what}: median {:?}, fastest {:?}",
        times[times.len() / 2],
        times[0]
    );
}

/// What the kernel says of this process; 0 where it says nothing.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
