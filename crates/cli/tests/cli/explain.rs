//! `explain`: a control, an asset, or one on the other.

use crate::world::{World, acme};

const LEGACY: &str =
    "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/legacy-exploration";

#[test]
fn a_control_needs_no_input() {
    let world = World::new();
    let ran = world.run(&["explain", "NOTEBOOK.ROOT.001"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.out,
        world
            .run(&["controls", "show", "CTL.SAGEMAKER.NOTEBOOK.ROOT.001"])
            .out
    );
}

#[test]
fn an_asset_is_explained_under_every_control_or_under_one() {
    let world = World::new();
    let all = world.run(&["explain", LEGACY, acme()]);
    assert_eq!(all.code, 0, "{ran}", ran = all.err);
    for id in [
        "NOTEBOOK.ROOT.001",
        "NOTEBOOK.INTERNET.001",
        "NOTEBOOK.OVERPERM.S3.001",
    ] {
        assert!(all.out.contains(id), "{id}");
    }
    let one = world.run(&["explain", &format!("NOTEBOOK.ROOT.001@{LEGACY}"), acme()]);
    assert_eq!(one.code, 0);
    assert!(one.out.contains("NOTEBOOK.ROOT.001"));
    assert!(!one.out.contains("NOTEBOOK.INTERNET.001"));
    assert!(one.out.contains("/RootAccess"), "{}", one.out);
}

#[test]
fn the_next_command_of_a_report_works() {
    let world = World::new();
    let report = world.run(&["check", acme()]).out;
    let next = report.lines().last().unwrap();
    let words: Vec<&str> = next
        .strip_prefix("next: sagewarden ")
        .unwrap()
        .split(' ')
        .collect();
    let ran = world.run(&words);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn what_is_not_there_is_refused() {
    let world = World::new();
    let error = world.refused(&["explain", "NOTEBOOK.RUT.001"]);
    assert!(
        error.contains("did you mean `NOTEBOOK.ROOT.001`?"),
        "{error}"
    );
    let error = world.refused(&["explain", &format!("NOTEBOOK.RUT.001@{LEGACY}"), acme()]);
    assert!(
        error.contains("did you mean `NOTEBOOK.ROOT.001`?"),
        "{error}"
    );
    let error = world.refused(&["explain", LEGACY]);
    assert!(error.contains("name the input after it"), "{error}");
    let gone = LEGACY.replace("legacy", "legasy");
    let error = world.refused(&["explain", &gone, acme()]);
    assert!(error.contains(&gone), "{error}");
    assert!(
        error.contains(&format!("did you mean `{LEGACY}`?")),
        "{error}"
    );
    let error = world.refused(&["explain", &format!("MODEL.VPC.001@{LEGACY}"), acme()]);
    assert!(
        error.contains("MODEL.VPC.001") || error.contains("chosen controls"),
        "{error}"
    );
}

#[test]
fn a_fix_by_a_new_resource_comes_with_its_request() {
    let world = World::new();
    let ran = world.run(&["explain", &format!("NOTEBOOK.VPC.001@{LEGACY}"), acme()]);
    let (_, request) = ran.out.split_once("request").unwrap();
    let request: serde_json::Value = serde_json::from_str(request).unwrap();
    assert_eq!(request["NotebookInstanceName"], "legacy-exploration-fixed");
    assert_eq!(request["SubnetId"], "SUBNET_ID");
    assert_eq!(request["DirectInternetAccess"], "Disabled");
    assert!(request.get("NotebookInstanceArn").is_none());
}
