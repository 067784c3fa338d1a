//! Frameworks, and the evidence bundle.

use std::io::Read as _;

use serde_json::Value;
use sha2::Digest as _;

use crate::world::{World, acme};

#[test]
fn what_no_control_speaks_of_is_not_covered() {
    let world = World::with_notebook();
    world.write(
        "own.yaml",
        "id: house\ntitle: House rules\nsource: the wiki\nrequirements:\n  H1: { title: No root, controls: [NOTEBOOK.ROOT.001] }\n  H2: { title: Backups }\n  H3: { title: Models, controls: [\"MODEL.*\"] }\n",
    );
    let ran = world.run(&[
        "report",
        "raw",
        "--framework",
        "house",
        "--frameworks",
        "own.yaml",
        "-f",
        "json",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let states: Vec<&str> = report["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["failing", "not_covered", "not_judged"]);
    let line = world.refused(&["report", "raw", "--framework", "hippa"]);
    assert!(line.contains("hipaa"), "{line}");
    world.write(
        "own.yaml",
        "id: house\ntitle: t\nsource: s\nrequirements:\n  H1: { title: t, controls: [NO.SUCH] }\n",
    );
    let line = world.refused(&[
        "report",
        "raw",
        "--framework",
        "house",
        "--frameworks",
        "own.yaml",
    ]);
    assert!(
        line.starts_with("own.yaml:1:1: ") && line.contains("NO.SUCH"),
        "{line}"
    );
}

#[test]
fn remarks_on_a_mapping_are_shown() {
    let world = World::new();
    for format in ["text", "markdown"] {
        let ran = world.run(&["report", acme(), "--framework", "hipaa", "-f", format]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains("automatic logoff"), "{}", ran.out);
        assert!(ran.out.contains("not the whole of it"), "{}", ran.out);
    }
}

#[test]
fn a_bundle_is_the_same_bytes_again_and_its_digests_hold() {
    let world = World::with_notebook();
    world.notebook("=cmd()", "Enabled");
    let make = |name: &str| {
        let ran = world.run(&[
            "check",
            "raw",
            "--as-of",
            "2026-11-24",
            "--exit-zero",
            "-f",
            &format!("bundle={name}"),
        ]);
        assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{ran:?}");
        std::fs::read(world.path(name)).unwrap()
    };
    let bytes = make("a.zip");
    assert_eq!(bytes, make("b.zip"));
    let mut archive = eazip::Archive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        let mut file = archive.get_by_name(name).unwrap();
        file.read().unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    let hex = |bytes: &[u8]| -> String {
        sha2::Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let files = manifest["files"].as_array().unwrap();
    assert!(files.len() > 8, "{files:?}");
    for file in files {
        let bytes = read(file["name"].as_str().unwrap());
        assert_eq!(hex(&bytes), file["sha256"].as_str().unwrap(), "{file}");
    }
    for input in manifest["inputs"].as_array().unwrap() {
        let bytes = std::fs::read(world.path(input["path"].as_str().unwrap())).unwrap();
        assert_eq!(hex(&bytes), input["sha256"].as_str().unwrap());
    }
    let population = String::from_utf8(read("population.csv")).unwrap();
    assert!(population.contains(",'=cmd(),"), "{population}");
    // Passes are evidence too.
    assert!(
        String::from_utf8(read("results.jsonl"))
            .unwrap()
            .contains("\"verdict\":\"pass\"")
    );
    assert!(
        world
            .refused(&["check", "raw", "-f", "bundle"])
            .contains("bundle=evidence.zip")
    );
}
