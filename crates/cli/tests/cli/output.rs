//! Where the report goes, in which colours, how wide, and whole or not at all.

use std::fs;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::world::{Ran, World, acme};

const ESCAPE: char = '\u{1b}';

#[test]
fn a_file_gets_the_same_bytes_as_standard_output() {
    let world = World::new();
    for format in ["text", "json"] {
        let printed = world.run(&["check", acme(), "-f", format]);
        let written = world.run(&["check", acme(), "-f", format, "-o", "report"]);
        assert_eq!((written.code, &*written.out), (1, ""));
        assert_eq!(world.read("report"), printed.out);
    }
    assert_eq!(world.list("."), ["report"], "no file beside it");
}

#[test]
fn a_failed_run_leaves_the_old_file_alone() {
    let world = World::new();
    world.write("report", "old");
    world.write("raw/broken.json", "{\"a\":");
    world.refused(&["check", "raw", "-o", "report"]);
    assert_eq!(world.read("report"), "old");
    world.refused(&["check", acme(), "-o", "raw"]);
    world.refused(&["check", acme(), "-o", "nowhere/report"]);
    assert_eq!(world.list("."), ["raw", "report"]);
}

#[test]
fn colour_is_obeyed() {
    let world = World::with_notebook();
    let run = |more: &[&str], environment: &[(&str, &str)]| {
        let mut arguments = vec!["check", "raw"];
        arguments.extend(more);
        let mut command = world.command(&arguments);
        command.envs(environment.iter().copied());
        Ran::from(command.output().unwrap()).out.contains(ESCAPE)
    };
    assert!(!run(&[], &[]), "a pipe is not coloured");
    assert!(run(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!run(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(run(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!run(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_pipe_is_not_wrapped() {
    let out = World::new().run(&["check", acme()]).out;
    assert!(out.lines().any(|line| line.chars().count() > 150));
    for line in out.lines().filter(|line| line.contains('✗')) {
        assert!(
            line.contains("CTL.SAGEMAKER."),
            "whole ids in a pipe: {line}"
        );
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let world = World::new();
    for arguments in [
        &["check", acme()][..],
        &["check", acme(), "-f", "json", "--show", "all"],
        &["check", acme(), "--full"],
    ] {
        assert_eq!(world.run(arguments).out, world.run(arguments).out);
    }
}

#[test]
fn findings_go_to_standard_output_and_talk_to_standard_error() {
    let world = World::with_notebook();
    world.write("raw/stray.json", "{\"neither\": \"this\"}");
    let ran = world.run(&["check", "raw", "-f", "json"]);
    serde_json::from_str::<serde_json::Value>(&ran.out).unwrap();
    assert!(ran.err.contains("warning: "), "{}", ran.err);
    let ran = world.run(&["check", "raw", "-v"]);
    assert!(!ran.out.contains("raw/stray.json: nothing"));
    assert!(
        ran.err.contains("stray.json: nothing recognised"),
        "{}",
        ran.err
    );
}

#[test]
fn names_cannot_steer_the_terminal() {
    let world = World::new();
    let name = "a\u{1b}[2Jb\u{202e}c";
    let mut body = crate::world::notebook("aws", "eu-west-1", "x", "Enabled");
    body["NotebookInstanceName"] = name.into();
    body["RootAccess"] = name.into();
    world.write("raw/describe.json", body.to_string());
    let ran = world.run(&["check", "raw", "--full", "--show", "all"]);
    assert!(
        !ran.out.contains(ESCAPE) && !ran.out.contains('\u{202e}'),
        "{}",
        ran.out
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    for arguments in [
        &["check", acme(), "-f", "json", "--show", "all"][..],
        &["check", acme(), "--full", "--show", "all"],
        &["completions", "bash"],
    ] {
        let mut child = Command::new(assert_cmd::cargo::cargo_bin("sagewarden"))
            .args(arguments)
            .current_dir(world.path("."))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(
            child.wait().unwrap().code(),
            Some(0),
            "{arguments:?} {said}"
        );
        assert_eq!(said, "", "{arguments:?}");
    }
}

#[test]
#[cfg(unix)]
fn a_report_in_a_file_replaces_it_in_one_step() {
    let world = World::with_notebook();
    world.write("report", "old");
    let before = fs::File::open(world.path("report")).unwrap();
    world.run(&["check", "raw", "-o", "report"]);
    let mut old = String::new();
    (&before).read_to_string(&mut old).unwrap();
    assert_eq!(old, "old", "who has it open goes on with the old one");
    assert_ne!(world.read("report"), "old");
}
