//! `sagewarden.toml`, `--set` and `--profile`.

use std::fs;

use crate::world::{Ran, World, acme, text};

#[test]
fn the_file_is_found_in_a_folder_above() {
    let world = World::with_notebook();
    world.write("sagewarden.toml", "[tunables]\nidle_days = 14\n");
    fs::create_dir_all(world.path("deep/below")).unwrap();
    let raw = world.path("raw");
    let ran = Ran::from(
        world
            .command(&["check", text(&raw), "-f", "json"])
            .current_dir(world.path("deep/below"))
            .output()
            .unwrap(),
    );
    let assessment: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(assessment["config"]["tunables"]["idle_days"], 14);
    assert_eq!(assessment["config"]["profile"], "default");
}

#[test]
fn a_named_file_replaces_the_one_that_would_be_found_and_flags_beat_both() {
    let world = World::with_notebook();
    world.write("sagewarden.toml", "[tunables]\nidle_days = 14\n");
    world.write("other.toml", "[tunables]\nidle_days = 21\n");
    let days = |more: &[&str]| {
        let mut arguments = vec!["raw"];
        arguments.extend(more);
        world.assess(&arguments)["config"]["tunables"]["idle_days"].clone()
    };
    assert_eq!(days(&[]), 14);
    assert_eq!(days(&["--config", "other.toml"]), 21);
    assert_eq!(days(&["--config", "other.toml", "--set", "idle_days=7"]), 7);
    let error = world.refused(&["check", "raw", "--config", "nowhere.toml"]);
    assert!(error.contains("`nowhere.toml`"), "{error}");
}

#[test]
fn a_tunable_can_change_a_verdict() {
    let world = World::new();
    let idle = |more: &[&str]| {
        let mut arguments = vec![acme(), "--control", "NOTEBOOK.IDLE.001"];
        arguments.extend(more);
        world.assess(&arguments)["findings"].clone()
    };
    assert_ne!(idle(&[]), idle(&["--set", "idle_days=3000"]));
}

#[test]
fn the_literal_profile_is_named_and_unknown_ones_are_refused() {
    let world = World::with_notebook();
    let assessment = world.assess(&["raw", "--profile", "literal"]);
    assert_eq!(assessment["config"]["profile"], "literal");
    let error = world.refused(&["check", "raw", "--profile", "strict"]);
    assert!(error.contains("`default` and `literal`"), "{error}");
    world.write("sagewarden.toml", "profile = \"literal\"\n");
    assert_eq!(world.assess(&["raw"])["config"]["profile"], "literal");
    assert_eq!(
        world.assess(&["raw", "--profile", "default"])["config"]["profile"],
        "default"
    );
}

#[test]
fn a_wrong_file_is_refused_with_its_line() {
    let world = World::with_notebook();
    for (text, wanted) in [
        (
            "\nfail_onn = \"low\"\n",
            ":2: unknown key `fail_onn`; did you mean `fail_on`?",
        ),
        (
            "profile = \"default\"\n\n[tunables]\nidle_dayz = 3\n",
            ":4: unknown tunable `idle_dayz`; did you mean `idle_days`?",
        ),
        ("fail_on = \"worst\"\n", ":1: `fail_on` is one of"),
        ("\n\nprofile = 3\n", ":3: `profile` is a name in quotes"),
        ("tunables = 3\n", ":1: `tunables` is a table"),
        ("[tunables]\nidle_days = \"x\"\n", ":2: "),
        ("a = 1\nb = = 2\n", ":2: "),
    ] {
        world.write("sagewarden.toml", text);
        let error = world.refused(&["check", "raw"]);
        assert!(
            error.contains(&format!("sagewarden.toml{wanted}")),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_wrong_setting_is_refused() {
    let world = World::with_notebook();
    let error = world.refused(&["check", "raw", "--set", "idle_dayz=3"]);
    assert!(error.contains("did you mean `idle_days`?"), "{error}");
    let error = world.refused(&["check", "raw", "--set", "idle_days"]);
    assert!(error.contains("KEY=VALUE"), "{error}");
    let error = world.refused(&["check", "raw", "--set", "idle_days=many"]);
    assert!(error.contains("idle_days"), "{error}");
}
