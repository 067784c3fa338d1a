//! Damaged snapshots: the error names file and line; with `--keep-going` the rest is judged, the damage is told, and
//! what the damaged part held is unknown or absent, never a pass.

use std::fs;
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::world::{World, acme, findings};

const PART: &str =
    "account=111122223333/region=eu-west-1/sagemaker.DescribeNotebookInstance.ndjson.zst";

struct Snap {
    world: World,
}

impl Snap {
    fn new() -> Self {
        let world = World::new();
        let ran = world.run(&["convert", acme(), "-o", "snap", "-q"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        Snap { world }
    }

    fn part(&self) -> PathBuf {
        self.world.path("snap").join(PART)
    }

    fn lines(&self) -> Vec<u8> {
        zstd::decode_all(fs::File::open(self.part()).unwrap()).unwrap()
    }

    /// Puts other lines into the part, and makes the manifest agree.
    fn replace(&self, lines: &[u8]) {
        let file = zstd::bulk::compress(lines, 3).unwrap();
        fs::write(self.part(), &file).unwrap();
        self.manifest(|manifest| {
            let part = manifest["parts"]
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .find(|part| part["path"] == PART)
                .unwrap();
            part["observations"] = lines.iter().filter(|byte| **byte == b'\n').count().into();
            part["bytes"] = lines.len().into();
            part["compressed_bytes"] = file.len().into();
            part["sha256"] = Sha256::digest(&file)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
                .into();
        });
    }

    fn manifest(&self, change: impl FnOnce(&mut serde_json::Value)) {
        let mut manifest = serde_json::from_str(&self.world.read("snap/manifest.json")).unwrap();
        change(&mut manifest);
        self.world.write("snap/manifest.json", manifest.to_string());
    }

    /// Refused with `wanted`; kept going past with fewer notebook verdicts and no new pass.
    fn damaged(&self, wanted: &[&str]) {
        let error = self.world.refused(&["check", "snap", "-o", "report"]);
        for part in wanted {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(!self.world.path("report").exists());
        let kept = self.world.assess(&["snap", "--keep-going"]);
        let warnings = kept["warnings"].to_string();
        assert!(warnings.contains(PART), "{warnings}");
        let whole = self.world.assess(&[acme()]);
        let passes = |assessment: &serde_json::Value| -> Vec<String> {
            findings(assessment)
                .iter()
                .filter(|finding| finding["verdict"] == "pass")
                .map(|finding| format!("{} {}", finding["control"], finding["asset"]["arn"]))
                .collect()
        };
        let before = passes(&whole);
        let after = passes(&kept);
        assert!(after.iter().all(|pass| before.contains(pass)));
        assert!(after.len() < before.len(), "something was lost");
        let strict = [
            "check",
            "snap",
            "--keep-going",
            "--strict",
            "--fail-on",
            "never",
        ];
        assert_eq!(self.world.run(&strict).code, 3);
    }
}

#[test]
fn a_part_that_is_cut_short() {
    let snap = Snap::new();
    let bytes = fs::read(snap.part()).unwrap();
    fs::write(snap.part(), &bytes[..bytes.len() / 2]).unwrap();
    snap.damaged(&[&format!("{PART}:"), "cut short"]);
}

#[test]
fn a_part_that_was_changed() {
    let snap = Snap::new();
    let text = String::from_utf8(snap.lines()).unwrap();
    // A forger would turn a fail into a pass.
    let forged = text.replace("\"RootAccess\":\"Enabled\"", "\"RootAccess\":\"Disabled\"");
    assert_ne!(text, forged);
    fs::write(
        snap.part(),
        zstd::bulk::compress(forged.as_bytes(), 3).unwrap(),
    )
    .unwrap();
    snap.damaged(&[&format!("{PART}:")]);
    let bytes = b"this is not zstd at all".repeat(20);
    fs::write(snap.part(), bytes).unwrap();
    snap.damaged(&[&format!("{PART}:0: cannot be decompressed")]);
}

#[test]
fn a_part_that_is_missing() {
    let snap = Snap::new();
    fs::remove_file(snap.part()).unwrap();
    snap.damaged(&[PART, "missing from the folder"]);
}

#[test]
fn a_line_that_is_no_observation() {
    let snap = Snap::new();
    let lines = snap.lines();
    let mut changed = b"{\"operation\": \"sagemaker:Descr\n".to_vec();
    let rest = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    changed.extend(&lines[rest..]);
    snap.replace(&changed);
    snap.damaged(&[&format!("{PART}:1: not an observation")]);
    let mut changed = b"\xff\xfe\n".to_vec();
    changed.extend(&lines[rest..]);
    snap.replace(&changed);
    snap.damaged(&[&format!("{PART}:1: the line is not UTF-8")]);
}

#[test]
fn a_line_that_is_too_long() {
    let snap = Snap::new();
    let mut changed = vec![b' '; (64 << 20) + 1];
    changed.push(b'\n');
    let lines = snap.lines();
    let rest = lines.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    changed.extend(&lines[rest..]);
    snap.replace(&changed);
    snap.damaged(&[&format!(
        "{PART}:1: the line is longer than the limit of 67108864 bytes"
    )]);
}

#[test]
fn a_manifest_that_is_not_one() {
    let snap = Snap::new();
    let world = &snap.world;
    snap.manifest(|manifest| manifest["schema"] = "sagewarden.snapshot/v9".into());
    for keep in [&["check", "snap"][..], &["check", "snap", "--keep-going"]] {
        let error = world.refused(keep);
        assert!(
            error.contains("manifest.json: schema is `sagewarden.snapshot/v9`"),
            "{error}"
        );
    }
    world.write("snap/manifest.json", "{\n  \"schema\": ");
    let error = world.refused(&["check", "snap"]);
    assert!(error.contains("manifest.json:2: "), "{error}");
    fs::remove_file(world.path("snap/manifest.json")).unwrap();
    let error = world.refused(&["check", "snap"]);
    assert!(error.contains("not finished"), "{error}");
}

#[test]
fn a_part_outside_the_folder_is_refused() {
    let snap = Snap::new();
    snap.manifest(|manifest| manifest["parts"][0]["path"] = "../elsewhere.ndjson.zst".into());
    let error = snap.world.refused(&["check", "snap"]);
    assert!(error.contains("`../elsewhere.ndjson.zst`"), "{error}");
}

#[test]
fn damaged_snapshots_are_not_merged() {
    let snap = Snap::new();
    snap.world.run(&["convert", acme(), "-o", "other", "-q"]);
    let bytes = fs::read(snap.part()).unwrap();
    fs::write(snap.part(), &bytes[..bytes.len() / 2]).unwrap();
    let error = snap
        .world
        .refused(&["convert", "snap", "other", "-o", "both"]);
    assert!(error.contains(PART), "{error}");
    assert!(!snap.world.path("both").exists());
}
