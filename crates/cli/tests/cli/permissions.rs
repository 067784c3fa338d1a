//! `permissions`, `schema`, `completions` and `version`: what is printed for other programs.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{World, acme};

fn actions(arguments: &[&str]) -> BTreeSet<String> {
    let ran = World::new().run(arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    let policy: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        })
        .map(|action| action.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn fewer_controls_need_fewer_calls() {
    let all = actions(&["permissions"]);
    let notebooks = actions(&["permissions", "--control", "NOTEBOOK.*"]);
    assert!(notebooks.is_subset(&all) && notebooks.len() < all.len());
    assert!(notebooks.contains("sagemaker:DescribeNotebookInstance"));
    assert!(all.iter().any(|action| action.contains("TrainingJob")));
    assert!(
        !notebooks
            .iter()
            .any(|action| action.contains("TrainingJob"))
    );
    for action in &all {
        let (_, call) = action.split_once(':').unwrap();
        let reads = ["Get", "List", "Describe", "Head", "Search", "Lookup"];
        assert!(reads.iter().any(|verb| call.starts_with(verb)), "{action}");
    }
}

#[test]
fn data_can_be_denied_outright() {
    let plain = World::new().run(&["permissions"]).out;
    let denying = World::new().run(&["permissions", "--deny-data"]).out;
    assert!(!plain.contains("\"Deny\""));
    assert!(denying.contains("\"Deny\"") && denying.contains("s3:GetObject"));
    assert_eq!(
        actions(&["permissions"]),
        actions(&["permissions", "--deny-data"])
    );
}

#[test]
fn an_assessment_follows_its_schema() {
    let world = World::new();
    let schema = world.run(&["schema", "assessment"]);
    assert_eq!(schema.code, 0);
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let assessment = world.assess(&[acme()]);
    let errors: Vec<String> = validator
        .iter_errors(&assessment)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = assessment;
    wrong["findings"][0]["verdict"] = "maybe".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn a_snapshot_has_a_schema() {
    let ran = World::new().run(&["schema", "snapshot"]);
    assert_eq!(ran.code, 0);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = World::new().run(&["completions", shell]);
        assert_eq!(ran.code, 0);
        assert!(
            ran.out.contains("sagewarden") && ran.out.contains("permissions"),
            "{shell}"
        );
    }
}

#[test]
fn the_version_names_the_formats() {
    let ran = World::new().run(&["version"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out
            .starts_with(&format!("sagewarden {}\n", env!("CARGO_PKG_VERSION")))
    );
    assert!(ran.out.contains("sagewarden.assessment/v1"));
    assert!(ran.out.contains("sagewarden.snapshot/v1"));
}
