//! Infrastructure code: where findings stand in it, and the edits that mend them.

use serde_json::{Value, json};

use crate::world::{World, findings};

/// A role whose second statement reads every object, in Terraform's language.
const MODULE: &str = r#"resource "aws_iam_role" "r" {
  name = "r"
}
resource "aws_iam_role_policy" "p" {
  name = "p"
  role = aws_iam_role.r.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "logs:PutLogEvents", Resource = "*" },
      { Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    ]
  })
}
resource "aws_sagemaker_notebook_instance" "n" {
  name        = "n"
  role_arn    = aws_iam_role.r.arn
  root_access = "Enabled" # for now
}
"#;

const TEMPLATE: &str = "\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
      ManagedPolicyArns: [!Ref Policy]
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: '2012-10-17'
        Statement:
          - { Effect: Allow, Action: logs:PutLogEvents, Resource: '*' }
          - Effect: Allow
            Action: s3:GetObject
            Resource: '*'
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      NotebookInstanceName: n
      RoleArn: !GetAtt Role.Arn
      RootAccess: Enabled
";

fn finding(assessment: &Value, control: &str) -> Value {
    let id = format!("CTL.SAGEMAKER.{control}");
    let mut all = findings(assessment).iter();
    all.find(|finding| finding["control"] == id)
        .unwrap()
        .clone()
}

fn line_of(text: &str, part: &str) -> u64 {
    let line = text.lines().position(|line| line.contains(part)).unwrap();
    line as u64 + 1
}

#[test]
fn what_a_role_may_do_stands_at_the_statement_that_grants_it() {
    let world = World::new();
    let cases = [
        ("main.tf", MODULE, line_of(MODULE, "s3:GetObject")),
        ("t.yaml", TEMPLATE, line_of(TEMPLATE, "- Effect: Allow")),
    ];
    for (name, text, line) in cases {
        let path = world.write(&format!("{name}.d/{name}"), text);
        let assessment = world.assess(&[path.to_str().unwrap()]);
        let finding = finding(&assessment, "NOTEBOOK.OVERPERM.S3.001");
        assert_eq!(finding["source"]["line"], line, "{name}: {finding}");
        let statement = finding["evidence"].as_array().unwrap().iter();
        let mut statements = statement.filter(|item| item["kind"] == "statement");
        assert_eq!(statements.next().unwrap()["place"]["line"], line, "{name}");
    }
}

#[test]
fn a_finding_carries_the_edit_that_fix_makes() {
    let world = World::new();
    world.write("infra/main.tf", MODULE);
    let control = ["--control", "NOTEBOOK.ROOT.001"];
    let assessment = world.assess(&["infra", control[0], control[1]]);
    let edit = &findings(&assessment)[0]["remediation"]["edit"];
    let line = line_of(MODULE, "root_access");
    assert_eq!(
        *edit,
        json!({
            "file": "infra/main.tf", "attribute": "root_access", "value": "\"Disabled\"",
            "range": {"start_line": line, "start_column": 17, "end_line": line, "end_column": 26},
            "text": "\"Disabled\"",
        })
    );
    world.run(&["check", "infra", "--fix", control[0], control[1]]);
    assert_eq!(
        world.read("infra/main.tf"),
        MODULE.replace("\"Enabled\"", "\"Disabled\"")
    );
}

#[test]
fn sarif_carries_the_same_edit() {
    let world = World::new();
    world.write("infra/t.yaml", TEMPLATE);
    let ran = world.run(&[
        "check",
        "infra",
        "-f",
        "sarif",
        "--control",
        "NOTEBOOK.ROOT.001",
    ]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    let change = &log["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "infra/t.yaml");
    let line = line_of(TEMPLATE, "RootAccess");
    assert_eq!(
        change["replacements"][0],
        json!({
            "deletedRegion": {"startLine": line, "startColumn": 19, "endLine": line, "endColumn": 26},
            "insertedContent": {"text": "Disabled"},
        })
    );
}

#[test]
fn what_is_not_certain_has_no_edit() {
    let world = World::new();
    let text = MODULE.replace("\"Enabled\"", "var.root");
    world.write(
        "infra/main.tf",
        format!("variable \"root\" {{ default = \"Enabled\" }}\n{text}"),
    );
    let assessment = world.assess(&["infra", "--control", "NOTEBOOK.ROOT.001"]);
    let finding = &findings(&assessment)[0];
    assert_eq!(finding["verdict"], "fail");
    assert_eq!(finding["remediation"].get("edit"), None);
}
