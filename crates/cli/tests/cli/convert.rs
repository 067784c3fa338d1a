//! `convert`: saved answers into a snapshot, whole or not at all.

use std::fs;

use crate::world::{World, acme};

#[test]
fn a_snapshot_gives_the_findings_of_the_folder_it_came_from() {
    let world = World::new();
    let ran = world.run(&["convert", acme(), "-o", "snap"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out.contains("as of 2026-11-24T06:00:00Z, in snap"),
        "{}",
        ran.out
    );
    let findings = |input: &str| {
        let out = world
            .run(&["check", input, "-f", "json", "--show", "all"])
            .out;
        let (_, findings) = out.split_once("\"findings\":").unwrap();
        findings.to_owned()
    };
    assert_eq!(findings(acme()), findings("snap"));
    // And again: a snapshot is a function of its input.
    world.run(&["convert", acme(), "-o", "second"]);
    assert_eq!(
        world.read("snap/manifest.json"),
        world.read("second/manifest.json")
    );
}

#[test]
fn an_occupied_folder_is_refused_and_left_alone() {
    let world = World::with_notebook();
    assert_eq!(world.run(&["convert", "raw", "-o", "snap", "-q"]).out, "");
    let before = world.read("snap/manifest.json");
    let error = world.refused(&["convert", "raw", "-o", "snap"]);
    assert!(error.contains("`snap` is not empty"), "{error}");
    assert_eq!(world.read("snap/manifest.json"), before);
    world.write("notes/mine.txt", "keep");
    let error = world.refused(&["convert", "raw", "-o", "notes"]);
    assert!(error.contains("`notes` is not empty"), "{error}");
    assert_eq!(world.read("notes/mine.txt"), "keep");
}

#[test]
fn a_failed_conversion_leaves_nothing() {
    let world = World::with_notebook();
    world.write("raw/broken.json", "{\"a\":");
    let error = world.refused(&["convert", "raw", "-o", "snap"]);
    assert!(error.contains("broken.json:1"), "{error}");
    assert!(!world.path("snap").exists());
    fs::create_dir(world.path("there")).unwrap();
    world.refused(&["convert", "raw", "-o", "there"]);
    assert!(world.list("there").is_empty());
    let ran = world.run(&["convert", "raw", "-o", "snap", "--keep-going"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("broken.json:1"), "{}", ran.err);
}

#[test]
fn an_interrupted_conversion_goes_on() {
    let world = World::new();
    world.run(&["convert", acme(), "-o", "snap"]);
    let whole = world.read("snap/manifest.json");
    // As if it had ended before the manifest.
    fs::remove_file(world.path("snap/manifest.json")).unwrap();
    let error = world.refused(&["check", "snap"]);
    assert!(error.contains("not finished"), "{error}");
    world.refused(&["convert", acme(), "-o", "snap"]);
    let ran = world.run(&["convert", acme(), "-o", "snap", "--resume"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let counts = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap()["counts"]["observations"].clone()
    };
    assert_eq!(counts(&world.read("snap/manifest.json")), counts(&whole));
    assert_eq!(
        world.assess(&["snap"])["findings"],
        world.assess(&[acme()])["findings"]
    );
}

#[test]
fn snapshots_merge_into_one() {
    let world = World::new();
    for account in ["111122223333", "444455556666"] {
        let ran = world.run(&["convert", &format!("{}/{account}", acme()), "-o", account]);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let ran = world.run(&["convert", "111122223333", "444455556666", "-o", "both"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        world.assess(&["both"])["summary"],
        world.assess(&[acme()])["summary"]
    );
    let error = world.refused(&["convert", "111122223333", acme(), "-o", "mixed"]);
    assert!(error.contains("not mixed"), "{error}");
    assert!(!world.path("mixed").exists());
}

#[test]
fn secrets_do_not_reach_the_snapshot() {
    let world = World::new();
    world.write(
        "raw/model.json",
        r#"{"ModelName":"m","ModelArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","PrimaryContainer":{"Image":"i","Environment":{"TOKEN":"hunter2-hunter2"}},"CreationTime":"2026-11-01T00:00:00Z","EnableNetworkIsolation":true}"#,
    );
    world.run(&["convert", "raw", "-o", "snap"]);
    let part =
        world.path("snap/account=111122223333/region=eu-west-1/sagemaker.DescribeModel.ndjson.zst");
    let text = zstd::decode_all(fs::File::open(part).unwrap()).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("$redacted") && !text.contains("hunter2"),
        "{text}"
    );
}
