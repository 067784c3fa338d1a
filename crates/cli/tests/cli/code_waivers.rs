//! Waivers that infrastructure code names beside a resource.

use crate::world::{World, findings};

const NOW: &str = "2026-11-24T06:00:00Z";

fn waiver(id: &str, scope: &str) -> String {
    format!(
        "version: 1\nwaivers:\n  - id: {id}\n    controls: [NOTEBOOK.ROOT.001]\n    match: {scope}\n    kind: accepted-risk\n    reason: students need packages\n    owner: ml@example.com\n    created: 2026-11-01\n    expires: 2026-12-31\n"
    )
}

fn notebooks(first: &str, second: &str) -> String {
    format!(
        "{first}resource \"aws_sagemaker_notebook_instance\" \"one\" {{\n  name        = \"one\"\n  root_access = \"Enabled\"\n}}\n{second}resource \"aws_sagemaker_notebook_instance\" \"two\" {{\n  name        = \"two\"\n  root_access = \"Enabled\"\n}}\n"
    )
}

/// What became of each notebook's root access, and what was said.
fn judged(world: &World, path: &str) -> (Vec<(String, String)>, String) {
    let control = ["--control", "NOTEBOOK.ROOT.001", "--as-of", NOW];
    let mut arguments = vec![
        "check",
        "-f",
        "json",
        "--show",
        "all",
        path,
        "--waivers",
        "w.yaml",
    ];
    arguments.extend(control);
    let ran = world.run(&arguments);
    let assessment = serde_json::from_str(&ran.out).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows = findings(&assessment).iter().map(|finding| {
        (
            text(&finding["asset"]["name"]),
            text(&finding["disposition"]),
        )
    });
    (rows.collect(), ran.err)
}

fn row(name: &str, disposition: &str) -> (String, String) {
    (name.to_owned(), disposition.to_owned())
}

#[test]
fn a_comment_claims_a_waiver_that_may_be_claimed() {
    let world = World::new();
    world.write("w.yaml", waiver("WVR-1", "{ named_in_code: true }"));
    world.write("infra/main.tf", notebooks("# sagewarden:waive WVR-1\n", ""));
    let (rows, said) = judged(&world, "infra");
    assert_eq!(rows, [row("one", "waived"), row("two", "open")]);
    assert_eq!(said, "");
}

#[test]
fn metadata_claims_one_too() {
    let world = World::new();
    world.write("w.yaml", waiver("WVR-1", "{ named_in_code: true }"));
    let template = r#"{"Resources":{"N":{"Type":"AWS::SageMaker::NotebookInstance","Metadata":{"sagewarden":{"waive":"WVR-1"}},"Properties":{"NotebookInstanceName":"n"}}}}"#;
    world.write("t.json", template);
    let (rows, _) = judged(&world, "t.json");
    assert_eq!(rows, [row("n", "waived")]);
}

#[test]
fn an_id_that_no_file_holds_is_told_with_its_line() {
    let world = World::new();
    world.write("w.yaml", waiver("WVR-1", "{ named_in_code: true }"));
    let code = notebooks("# sagewarden:waive WVR-1\n", "# sagewarden:waive WVR-9\n");
    world.write("infra/main.tf", code);
    let (rows, said) = judged(&world, "infra");
    assert_eq!(rows, [row("one", "waived"), row("two", "open")]);
    assert!(
        said.contains("infra/main.tf:6: waiver `WVR-9` is named here, and no waiver file holds it"),
        "{said}"
    );
}

#[test]
fn a_comment_widens_no_waiver() {
    let world = World::new();
    world.write("w.yaml", waiver("WVR-1", "{ assets: [\"iac:*.two\"] }"));
    world.write("infra/main.tf", notebooks("# sagewarden:waive WVR-1\n", ""));
    let (rows, said) = judged(&world, "infra");
    assert_eq!(rows, [row("one", "open"), row("two", "waived")]);
    assert!(said.contains("is named here in vain"), "{said}");
}
