//! The text outputs as they look, at the widths of small and large terminals.
//!
//! Each is compared with a file beside this one. `SAGEWARDEN_BLESS=1` writes the files anew, to be read
//! before they are committed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::world::{World, acme};

/// Where the example is copied to: a path of any other length would wrap elsewhere.
const ACME: &str = "examples/acme";

const ASSET: &str = "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/incident-response";

/// What each file shows. `ACME` stands for the example, `ASSET` for one of it.
const SHOWN: [(&str, &str); 9] = [
    (
        "check",
        "check ACME --control GHOST.* --show fail,unknown,waived",
    ),
    (
        "check-full",
        "check ACME --control NOTEBOOK.OVERPERM.PASSROLE.001 --regions us-east-1 --full",
    ),
    (
        "by-control",
        "check ACME --group-by control --control MODEL.* --control ENDPOINT.REDUNDANCY.001",
    ),
    (
        "by-role",
        "check ACME --group-by role --control NOTEBOOK.OVERPERM.*",
    ),
    (
        "by-account",
        "check ACME --group-by account --control DOMAIN.*",
    ),
    ("summary", "check ACME --group-by control --summary"),
    (
        "framework",
        "report ACME --framework hipaa --control TRAINING.*",
    ),
    ("diff", "diff before after --control NOTEBOOK.*"),
    (
        "explain",
        "explain NOTEBOOK.OVERPERM.PASSROLE.001@ASSET ACME",
    ),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/text")
}

#[test]
fn text_looks_as_it_did() {
    let world = World::with_notebook();
    copy(Path::new(acme()), &world.path(ACME));
    world.notebook("second", "Enabled");
    let raw = "111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName=nb.json";
    let now = world
        .read(&format!("raw/{raw}"))
        .replace("Enabled", "Disabled");
    world.write(&format!("changed/{raw}"), now);
    for (from, to, day) in [
        ("raw", "before", "2026-10-01"),
        ("changed", "after", "2026-11-01"),
    ] {
        let ran = world.run(&["convert", from, "-o", to, "--as-of", day, "-q"]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let mut wanted = BTreeSet::new();
    for (name, line) in SHOWN {
        for width in ["80", "140"] {
            let line = line.replace("ASSET", ASSET);
            let words: Vec<&str> = line
                .split(' ')
                .map(|word| if word == "ACME" { ACME } else { word })
                .chain(["--width", width])
                .collect();
            let ran = world.run(&words);
            assert!([0, 1].contains(&ran.code), "{ran:?}");
            let text = ran.out;
            let file = format!("{name}-{width}.txt");
            let path = folder().join(&file);
            if env::var_os("SAGEWARDEN_BLESS").is_some() {
                fs::create_dir_all(folder()).unwrap();
                fs::write(&path, &text).unwrap();
            }
            let known = fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(text, known, "{file}; `SAGEWARDEN_BLESS=1` writes it anew");
            too_wide(&text, width.parse().unwrap(), &file);
            wanted.insert(file);
        }
    }
    assert_eq!(world_of(&folder()), wanted, "a file that no command writes");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn world_of(folder: &Path) -> BTreeSet<String> {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// What is wider than the terminal ends in a word that cannot be broken, or is there to be copied.
fn too_wide(text: &str, width: usize, file: &str) {
    for line in text.lines().filter(|line| line.chars().count() > width) {
        let copied = ["again ", "run ", "next: ", "{", "\""];
        let (before, _) = line.rsplit_once(' ').unwrap_or_default();
        let fits = before.chars().count() < width * 2 / 3;
        let label = line.trim_start();
        assert!(
            fits || copied.iter().any(|start| label.starts_with(start)),
            "{file}: {line}"
        );
    }
}

#[test]
fn a_summary_counts_what_was_accepted_and_needs_no_more_than_a_line() {
    let world = World::with_notebook();
    world.write(
        "w.yaml",
        "version: 1\nwaivers:\n  - { id: W, controls: [NOTEBOOK.ROOT.001], match: { accounts: ['111122223333'] }, kind: mitigated, reason: a sealed account, owner: me, created: 2026-09-01, expires: 2026-12-31 }\n",
    );
    let ran = world.run(&[
        "check",
        "raw",
        "--waivers",
        "w.yaml",
        "--as-of",
        "2026-10-01",
        "--group-by",
        "control",
        "--summary",
        "--control",
        "NOTEBOOK.ROOT.001",
    ]);
    let line = ran.out.lines().nth(1).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(
        cells,
        ["0", "1", "CTL.SAGEMAKER.NOTEBOOK.ROOT.001"],
        "{ran:?}"
    );
    assert!(world.run(&["check", "raw", "--summary", "--full"]).code == 2);
}

#[test]
fn the_next_command_repeats_how_the_input_was_read() {
    let world = World::with_notebook();
    world.write("my own.toml", "[tunables]\nidle_days = 20\n");
    let more = [
        "check",
        "raw",
        "--config",
        "my own.toml",
        "--set",
        "idle_days=14",
        "--as-of",
        "2026-10-01",
        "--keep-going",
        "--profile",
        "default",
    ];
    let ran = world.run(&more);
    let next = ran.out.lines().last().unwrap();
    let (_, command) = next.split_once("sagewarden ").unwrap();
    assert!(
        command.ends_with("raw --as-of=2026-10-01 --keep-going '--config=my own.toml' --profile=default --set=idle_days=14"),
        "{next}"
    );
    let words: Vec<String> = command
        .replace("'--config=my own.toml'", "--config=my@own.toml")
        .split(' ')
        .map(|word| word.replace("my@own", "my own"))
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(world.run(&words).code, 0, "{next}");
}

#[test]
fn links_are_for_terminals_and_widths_are_for_readers() {
    let world = World::with_notebook();
    let mut command = world.command(&["check", "raw", "--color", "always"]);
    let out = command
        .env("TERM_PROGRAM", "WezTerm")
        .output()
        .unwrap()
        .stdout;
    assert!(!String::from_utf8(out).unwrap().contains("\u{1b}]8"));
    let ran = world.run(&["check", "raw", "--width", "12"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("40 or more"), "{ran:?}");
}

#[test]
fn a_lint_without_anything_to_say_says_so() {
    let world = World::with_notebook();
    let ran = world.run(&["waivers", "lint"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.starts_with("there are no waivers"), "{ran:?}");
    let new = [
        "waivers",
        "new",
        "NOTEBOOK.ROOT.001@arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb",
        "--owner",
        "me",
        "--reason",
        "a sealed account",
        "--as-of",
        "2026-10-01",
        "-o",
        "w.yaml",
    ];
    assert_eq!(world.run(&new).code, 0);
    let lint = [
        "waivers",
        "lint",
        "--waivers",
        "w.yaml",
        "--as-of",
        "2026-10-01",
    ];
    let ran = world.run(&lint);
    assert_eq!(
        (ran.code, ran.err.as_str()),
        (0, "1 waiver, and nothing is wrong with it\n")
    );
}
