//! Drift, told in words.

use serde_json::Value;

use crate::world::{World, notebook};

fn describe(world: &World, side: &str, name: &str, body: &Value) {
    world.write(
        &format!("{side}/111122223333/eu-west-1/describe-notebook-instance--NotebookInstanceName={name}.json"),
        body.to_string(),
    );
}

fn changes(world: &World) -> Vec<(String, String)> {
    let ran = world.run(&[
        "diff",
        "a",
        "b",
        "--control",
        "NOTEBOOK.ROOT.001",
        "-f",
        "json",
    ]);
    let drift: Value = serde_json::from_str(&ran.out).unwrap();
    drift["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&change["asset"]["name"]), text(&change["what"]))
        })
        .collect()
}

fn row(name: &str, what: &str) -> (String, String) {
    (name.to_owned(), what.to_owned())
}

#[test]
fn each_change_is_told_with_what_caused_it() {
    let world = World::new();
    let of = |name: &str, root: &str| notebook("aws", "eu-west-1", name, root);
    describe(&world, "a", "opens", &of("opens", "Disabled"));
    describe(&world, "b", "opens", &of("opens", "Enabled"));
    describe(&world, "a", "closes", &of("closes", "Enabled"));
    describe(&world, "b", "closes", &of("closes", "Disabled"));
    describe(&world, "a", "same", &of("same", "Enabled"));
    describe(&world, "b", "same", &of("same", "Enabled"));
    describe(&world, "b", "comes", &of("comes", "Enabled"));
    describe(&world, "a", "unseen", &of("unseen", "Enabled"));
    assert_eq!(
        changes(&world),
        [
            row("closes", "resolved"),
            row("comes", "new"),
            row("opens", "new"),
            row("unseen", "unobserved"),
        ]
    );
    // A whole listing shows that it is gone.
    let summaries: Vec<Value> = ["opens", "closes", "same", "comes"]
        .iter()
        .map(|name| serde_json::json!({"NotebookInstanceName": name, "NotebookInstanceArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{name}")}))
        .collect();
    world.write(
        "b/111122223333/eu-west-1/list-notebook-instances.json",
        serde_json::json!({ "NotebookInstances": summaries }).to_string(),
    );
    assert!(changes(&world).contains(&row("unseen", "removed")));
    let ran = world.run(&["diff", "a", "b", "--control", "NOTEBOOK.ROOT.001"]);
    assert_eq!(ran.code, 1);
    for line in [
        "~ notebook instance opens (111122223333 eu-west-1) changed",
        "    /RootAccess: \"Disabled\" → \"Enabled\"",
        "+ notebook instance comes (111122223333 eu-west-1) appeared",
        "    because  sagemaker:DescribeNotebookInstance(NotebookInstanceName=opens) /RootAccess: \"Disabled\" → \"Enabled\"",
        "2 new, 0 reopened, 0 changed, 0 unknown, 0 unobserved, 1 resolved, 1 removed",
    ] {
        assert!(
            ran.out.lines().any(|known| known == line),
            "{line}\n{}",
            ran.out
        );
    }
    assert!(!ran.out.contains(" same "), "{}", ran.out);
    assert_eq!(world.run(&["diff", "a", "a"]).code, 0);
}
