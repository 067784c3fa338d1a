//! `controls list`, `show` and `test`, and controls of one's own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::{World, acme, text};

const ID: &str = "ORG.NOTEBOOK.SIZE.001";

const CONTROL: &str = r#"id: ORG.NOTEBOOK.SIZE.001
title: Notebooks must not have root access
asset: notebook_instance
severity: critical
type: unsafe_state
domain: exposure
rationale: An organisation can ask for more.
unsafe_when: root_access != "Disabled"
reasons:
  - code: root_enabled
    says: "RootAccess is `${root_access}`"
remediation:
  change: restart
  summary: Turn it off.
"#;

const CASES: &str = r#"asset: arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb
as_of: 2026-11-24T06:00:00Z
base:
  notebook:
    operation: sagemaker:DescribeNotebookInstance
    parameters: { NotebookInstanceName: nb }
    body:
      NotebookInstanceArn: arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb
      NotebookInstanceName: nb
      NotebookInstanceStatus: InService
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/nb
      RootAccess: Disabled
cases:
  - { name: off, verdict: pass }
  - { name: on, verdict: fail, reason: root_enabled, set: { notebook: { /RootAccess: Enabled } } }
  - { name: denied, verdict: unknown, missing: [sagemaker:DescribeNotebookInstance], replace: { notebook: { denied: AccessDeniedException } } }
"#;

fn own(world: &World) {
    world.write(&format!("own/{ID}.yaml"), CONTROL);
    world.write(&format!("own/{ID}.cases.yaml"), CASES);
}

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_list_holds_every_built_in_control_as_its_file_says() {
    let ran = World::new().run(&["controls", "list", "-f", "json"]);
    assert_eq!(ran.code, 0);
    let mut listed: Vec<String> = Vec::new();
    for row in rows(&ran.out) {
        for member in ["id", "title", "severity", "type", "domain"] {
            assert!(!row[member].as_str().unwrap().is_empty(), "{row}");
        }
        assert!(row["compliance"].is_object(), "{row}");
        listed.push(row["id"].as_str().unwrap().to_owned());
    }
    let mut files = Vec::new();
    let controls = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../catalog/controls"
    ));
    for folder in fs::read_dir(controls).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if !name.ends_with(".cases.yaml") {
                files.push(name.strip_suffix(".yaml").unwrap().to_owned());
            }
        }
    }
    files.sort();
    assert_eq!(listed, files);
}

#[test]
fn the_text_list_is_one_line_a_control() {
    let world = World::new();
    let ran = world.run(&["controls", "list", "--control", "NOTEBOOK.ROOT.001"]);
    assert_eq!(
        ran.out,
        "CTL.SAGEMAKER.NOTEBOOK.ROOT.001  medium    SageMaker Notebook Must Disable Root Access\n"
    );
}

#[test]
fn a_control_is_shown_by_its_whole_and_its_short_id() {
    let world = World::new();
    let long = world.run(&["controls", "show", "CTL.SAGEMAKER.NOTEBOOK.ROOT.001"]);
    let short = world.run(&["controls", "show", "NOTEBOOK.ROOT.001"]);
    assert_eq!((long.code, &long.out), (0, &short.out));
    assert!(
        long.out
            .contains("SageMaker Notebook Must Disable Root Access")
    );
    assert!(long.out.contains("root_access != \"Disabled\""));
    let error = world.refused(&["controls", "show", "NOTEBOOK.RUT.001"]);
    assert!(
        error.contains("did you mean `NOTEBOOK.ROOT.001`?"),
        "{error}"
    );
}

#[test]
fn controls_of_ones_own_stand_beside_the_built_in_ones() {
    let world = World::with_notebook();
    own(&world);
    let list = world.run(&["controls", "list", "-f", "json", "--controls", "own"]);
    let built_in = world.run(&["controls", "list", "-f", "json"]);
    assert_eq!(rows(&list.out).len(), rows(&built_in.out).len() + 1);
    let ran = world.run(&["check", "raw", "--controls", "own", "--control", ID]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains(ID) && ran.out.contains("critical"),
        "{}",
        ran.out
    );
    assert!(
        world
            .run(&["controls", "show", ID, "--controls", "own"])
            .out
            .contains(ID)
    );
    let explained = world.run(&["explain", ID, "--controls", "own"]);
    assert_eq!(explained.code, 0);
}

#[test]
fn a_good_folder_passes_its_test() {
    let world = World::new();
    own(&world);
    let ran = world.run(&["controls", "test", "own"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.out, format!("ok    {ID}\n1 passed, 0 failed\n"));
}

#[test]
fn a_case_that_does_not_hold_fails_the_test() {
    let world = World::new();
    own(&world);
    let wrong = CASES.replace(
        "name: off, verdict: pass",
        "name: off, verdict: fail, reason: root_enabled",
    );
    world.write(&format!("own/{ID}.cases.yaml"), wrong);
    let ran = world.run(&["controls", "test", "own"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains(&format!("fail  {ID}")), "{}", ran.out);
    assert!(ran.out.contains("off"), "{}", ran.out);
    fs::remove_file(world.path(&format!("own/{ID}.cases.yaml"))).unwrap();
    let ran = world.run(&["controls", "test", "own"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains(&format!("there is no `{ID}.cases.yaml`")),
        "{}",
        ran.out
    );
}

#[test]
fn a_broken_control_names_file_line_and_column_with_a_suggestion() {
    let world = World::with_notebook();
    let broken = CONTROL.replace("unsafe_when: root_access", "unsafe_when: root_acess");
    world.write("own/broken.yaml", broken);
    for arguments in [
        &["controls", "test", "own"][..],
        &["check", "raw", "--controls", "own"],
        &["controls", "list", "--controls", "own"],
    ] {
        let error = world.refused(arguments);
        assert!(error.starts_with("own/broken.yaml:8:14: "), "{error}");
        assert!(error.contains("`root_access`"), "{error}");
    }
    world.write("own/broken.yaml", CONTROL.replace("severity:", "severty:"));
    let error = world.refused(&["controls", "test", "own"]);
    assert!(error.starts_with("own/broken.yaml:4:"), "{error}");
    assert!(error.contains("severty"), "{error}");
}

#[test]
fn a_folder_without_controls_is_refused() {
    let world = World::new();
    fs::create_dir(world.path("empty")).unwrap();
    let error = world.refused(&["controls", "test", "empty"]);
    assert!(error.contains("`empty` holds no .yaml files"), "{error}");
    let error = world.refused(&["check", acme(), "--controls", "nowhere"]);
    assert!(error.contains("`nowhere`"), "{error}");
    own(&world);
    world.write("twice/a.yaml", CONTROL);
    let error = world.refused(&[
        "check",
        acme(),
        "--controls",
        "own",
        "--controls",
        text(&world.path("twice")),
    ]);
    assert!(error.contains("defined twice"), "{error}");
}
