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
fn a_call_is_named_once_with_all_that_it_said_beside_the_facts() {
    let world = World::new();
    let subject = format!("NOTEBOOK.IDLE.001@{LEGACY}");
    let ran = world.run(&["explain", &subject, acme()]);
    let count = |text: &str| ran.out.matches(text).count();
    assert_eq!(
        count("aws sagemaker describe-notebook-instance"),
        1,
        "{}",
        ran.out
    );
    assert_eq!(
        count("/NotebookInstanceStatus = \"InService\""),
        1,
        "{}",
        ran.out
    );
    assert_eq!(count("/LastModifiedTime = "), 1, "{}", ran.out);
    assert!(
        ran.out.contains("fact       status = \"InService\""),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("tunable    idle_days = 30"), "{}", ran.out);
}

#[test]
fn the_full_report_shows_the_request_and_the_guardrail() {
    let world = World::new();
    let ran = world.run(&["check", acme(), "--full", "--control", "NOTEBOOK.VPC.001"]);
    let below = |label: &str| {
        let start = format!("        {label:<10}{{");
        let line = ran.out.lines().find(|line| line.starts_with(&start));
        let json = line.unwrap().trim_start().strip_prefix(label).unwrap();
        serde_json::from_str::<serde_json::Value>(json).unwrap()
    };
    assert_eq!(below("request")["SubnetId"], "SUBNET_ID");
    assert_eq!(below("guardrail")["Effect"], "Deny");
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
    let request = request.split("guardrail").next().unwrap();
    let request: serde_json::Value = serde_json::from_str(request).unwrap();
    assert_eq!(request["NotebookInstanceName"], "legacy-exploration-fixed");
    assert_eq!(request["SubnetId"], "SUBNET_ID");
    assert_eq!(request["DirectInternetAccess"], "Disabled");
    assert!(request.get("NotebookInstanceArn").is_none());
}
