//! Infrastructure code: recognised by content, judged at its lines.

use crate::world::{World, findings, verdict};

const TEMPLATE: &str = "\
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      NotebookInstanceName: nb
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/nb
      RootAccess: Enabled
";

const PLAN: &str = r#"{"format_version":"1.2","terraform_version":"1.9.8","resource_changes":[
{"address":"aws_sagemaker_notebook_instance.nb","mode":"managed","type":"aws_sagemaker_notebook_instance","name":"nb",
"change":{"actions":["create"],"after":{"name":"nb","root_access":"Enabled"},"after_unknown":{"arn":true}}}]}"#;

#[test]
fn a_template_is_recognised_whatever_its_name() {
    let world = World::new();
    for name in ["t.yaml", "t.yml", "t.template", "deep/er/t.yaml"] {
        world.write(name, TEMPLATE);
        let path = world.path(name);
        let assessment = world.assess(&[path.to_str().unwrap()]);
        assert_eq!(
            verdict(&assessment, "NOTEBOOK.ROOT.001", "nb"),
            Some("fail"),
            "{name}"
        );
    }
}

#[test]
fn a_finding_names_file_line_and_column() {
    let world = World::new();
    world.write("infra/t.yaml", TEMPLATE);
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let source = &findings(&assessment)[0]["source"];
    assert!(
        source["file"].as_str().unwrap().ends_with("infra/t.yaml"),
        "{source}"
    );
    assert_eq!(
        (source["line"].as_u64(), source["column"].as_u64()),
        (Some(8), Some(19))
    );
}

#[test]
fn a_folder_of_code_may_hold_files_of_other_kinds() {
    let world = World::new();
    world.write("infra/plan.json", PLAN);
    world.write("infra/tsconfig.json", "{ // not JSON\n}");
    world.write("infra/README.md", "ours");
    let path = world.path("infra");
    let ran = world.run(&["check", path.to_str().unwrap()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(ran.err, "");
    assert!(
        ran.out.contains("aws_sagemaker_notebook_instance.nb"),
        "{}",
        ran.out
    );
}

#[test]
fn code_that_cannot_be_read_is_told_with_its_line() {
    let world = World::new();
    let cases = [
        (
            "old.json",
            r#"{"format_version":"7.0","planned_values":{}}"#,
            "format version `7.0`",
        ),
        (
            "bad.yaml",
            "Resources:\n  A:\n    Type: AWS::S3::Bucket\n  - b\n",
            "bad.yaml:4: this is not YAML",
        ),
        (
            "cut.json",
            r#"{"format_version":"1.2","planned_values":{"#,
            "cut.json:1: this is not JSON",
        ),
    ];
    for (name, text, says) in cases {
        let path = world.write(name, text);
        let error = world.refused(&["check", path.to_str().unwrap()]);
        assert!(error.contains(says), "{error}");
    }
    let path = world.write("tf.plan", b"PK\x03\x04\x14\x00\x08\x00\x08\x00tfplan");
    let error = world.refused(&["check", path.to_str().unwrap()]);
    assert!(error.contains("terraform show -json"), "{error}");
}

#[test]
fn parameters_and_the_place_may_be_given() {
    let world = World::new();
    let text = TEMPLATE.replace(
        "Resources:",
        "Parameters:\n  Root: { Type: String }\nResources:",
    );
    let path = world.write(
        "t.yaml",
        text.replace("RootAccess: Enabled", "RootAccess: !Ref Root"),
    );
    let path = path.to_str().unwrap();
    assert_eq!(
        verdict(&world.assess(&[path]), "NOTEBOOK.ROOT.001", "nb"),
        Some("unknown")
    );
    let given = world.assess(&[
        path,
        "--parameter",
        "Root=Disabled",
        "--in",
        "111122223333/eu-west-1",
    ]);
    assert_eq!(verdict(&given, "NOTEBOOK.ROOT.001", "nb"), Some("pass"));
    assert_eq!(findings(&given)[0]["asset"]["region"], "eu-west-1");
}

#[test]
fn a_folder_of_terraform_is_read_without_a_plan() {
    let world = World::new();
    let notebook = "resource \"aws_sagemaker_notebook_instance\" \"nb\" {\n  name        = var.name\n  root_access = \"Enabled\"\n}\nvariable \"name\" { default = \"nb\" }\n";
    world.write("infra/modules/nb/main.tf", notebook);
    world.write(
        "infra/main.tf",
        "module \"one\" { source = \"./modules/nb\" }\n",
    );
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let [finding] = findings(&assessment) else {
        panic!("{assessment}")
    };
    assert_eq!(finding["asset"]["name"], "nb");
    assert_eq!(
        finding["asset"]["arn"],
        "iac:module.one.aws_sagemaker_notebook_instance.nb"
    );
    assert_eq!(finding["source"]["line"], 3);
}

#[test]
fn a_plan_beside_its_code_is_judged_once_at_the_lines_of_the_code() {
    let world = World::new();
    world.write("infra/plan.json", PLAN);
    let code =
        "resource \"aws_sagemaker_notebook_instance\" \"nb\" {\n  root_access = \"Enabled\"\n}\n";
    world.write("infra/main.tf", code);
    let path = world.path("infra");
    let assessment = world.assess(&[path.to_str().unwrap(), "--control", "NOTEBOOK.ROOT.001"]);
    let [finding] = findings(&assessment) else {
        panic!("{assessment}")
    };
    assert!(
        finding["source"]["file"]
            .as_str()
            .unwrap()
            .ends_with("main.tf")
    );
    assert_eq!(finding["source"]["line"], 2);
}
