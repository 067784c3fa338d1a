//! Code that is not read may add to what it is given.

use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Reader};
use serde_json::json;

use crate::judged::judge;
use crate::{
    FLOOR, Files, ROLE, change, endpoint, files, notebook, plan, role_plan, role_template, says,
    settings,
};

#[test]
fn a_module_that_is_not_read_may_add_policies_to_the_role_that_it_is_given() {
    let module =
        |inside: &str| format!("module \"m\" {{\n  source = \"acme/m/aws\"\n  {inside}\n}}\n");
    says(
        &notebook("", &module("cidr = \"10.0.0.0/16\"")),
        ROLE,
        Verdict::Pass,
    );
    for given in [
        "role = aws_iam_role.r.name",
        "roles = [aws_iam_role.r.arn]",
        "role = aws_iam_role.r",
        "x = { y = \"${aws_iam_role.r.arn}/*\" }",
    ] {
        let answers = notebook("", &module(given));
        says(&answers, ROLE, Verdict::Unknown);
        assert!(
            answers[ROLE].why.contains("module.m"),
            "{}",
            answers[ROLE].why
        );
    }
}

#[test]
fn it_may_scale_the_endpoint_that_it_is_given() {
    let module = "module \"m\" {\n  source = \"acme/m/aws\"\n  endpoint = aws_sagemaker_endpoint.e.name\n}\n";
    says(&endpoint(2, module), FLOOR, Verdict::Unknown);
    says(&endpoint(1, ""), FLOOR, Verdict::Fail);
}

#[test]
fn a_module_that_was_brought_here_is_read() {
    let main = r#"
resource "aws_iam_role" "r" {
  name = "r"
}
resource "aws_sagemaker_notebook_instance" "n" {
  name     = "n"
  role_arn = aws_iam_role.r.arn
}
module "m" {
  source = "acme/m/aws"
  role   = aws_iam_role.r.name
}"#;
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"registry.terraform.io/acme/m/aws","Version":"1.0.0","Dir":".terraform/modules/m"}]}"#;
    let module = r#"
variable "role" {}
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = var.role
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}"#;
    let answers = files(&[
        ("main.tf", main),
        (".terraform/modules/modules.json", manifest),
        (".terraform/modules/m/main.tf", module),
    ]);
    says(&answers, ROLE, Verdict::Fail);
}

#[test]
fn a_nested_stack_that_is_not_read_likewise() {
    let nested = |url: &str, given: &str| {
        format!(
            "  S:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: {url}\n      Parameters: {{ X: {given} }}\n"
        )
    };
    for url in [
        "https://b.s3.amazonaws.com/t.yaml",
        "!Ref Open",
        "missing.yaml",
    ] {
        says(
            &role_template(&nested(url, "10.0.0.0/16")),
            ROLE,
            Verdict::Pass,
        );
        for given in ["!Ref R", "!GetAtt R.Arn"] {
            says(&role_template(&nested(url, given)), ROLE, Verdict::Unknown);
        }
    }
    let module = "  M:\n    Type: Acme::Iam::Policy::MODULE\n";
    says(&role_template(module), ROLE, Verdict::Unknown);
}

#[test]
fn a_nested_template_is_judged_where_it_is_nested() {
    let root = "Resources:\n  S:\n    Type: AWS::CloudFormation::Stack\n    Metadata: { 'aws:asset:path': inner.nested.template.json }\n    Properties:\n      TemplateURL: !Sub https://s3.${AWS::URLSuffix}/x\n      Parameters: { Root: Disabled }\n";
    let inner = r#"{"Parameters":{"Root":{"Type":"String"}},"Resources":{"N":{"Type":"AWS::SageMaker::NotebookInstance","Properties":{"NotebookInstanceName":"n","RootAccess":{"Ref":"Root"}}}}}"#;
    let files = [
        ("cdk.out/root.yaml", root),
        ("cdk.out/inner.nested.template.json", inner),
    ];
    let mut settings = settings();
    settings.qualified = true;
    let mut reader = Reader::new(&settings);
    for (name, text) in files {
        let language = Language::CloudFormation;
        let neighbours = Files(&files);
        reader
            .file(name, text.as_bytes(), language, None, &neighbours)
            .unwrap();
    }
    let code = reader.finish();
    assert_eq!(code.warnings, Vec::<String>::new());
    let answers = judge(code.observations);
    says(
        &answers,
        "NOTEBOOK.ROOT.001 notebook_instance/n",
        Verdict::Pass,
    );
}

#[test]
fn resources_that_stand_for_others_likewise() {
    for (of_type, given) in [
        (
            "aws_cloudformation_stack",
            "parameters = { Role = aws_iam_role.r.name }",
        ),
        ("awscc_iam_role_policy", "role_name = aws_iam_role.r.name"),
        (
            "aws_cloudcontrolapi_resource",
            "desired_state = jsonencode({ RoleName = aws_iam_role.r.name })",
        ),
    ] {
        let resource = |given: &str| format!("resource \"{of_type}\" \"s\" {{\n  {given}\n}}\n");
        says(
            &notebook("", &resource("name = \"s\"")),
            ROLE,
            Verdict::Pass,
        );
        says(&notebook("", &resource(given)), ROLE, Verdict::Unknown);
    }
}

#[test]
fn a_plan_that_hands_a_role_to_another_language_likewise() {
    let plan_of = |role: &str| {
        let after = json!({"name": "s", "parameters": {"Role": role}});
        let stack = change("aws_cloudformation_stack", after, json!({"id": true}));
        role_plan(json!({"name": "r"}), json!({}), vec![stack])
    };
    says(&plan(&plan_of("other"), None), ROLE, Verdict::Pass);
    says(&plan(&plan_of("r"), None), ROLE, Verdict::Unknown);
    let mut open = plan_of("other");
    let resources = &mut open["configuration"]["root_module"]["resources"];
    resources.as_array_mut().unwrap().push(json!({
        "address": "aws_cloudformation_stack.x", "mode": "managed", "type": "aws_cloudformation_stack",
        "name": "x", "expressions": {"parameters": {"references": ["aws_iam_role.x.id", "aws_iam_role.x"]}},
    }));
    says(&plan(&open, None), ROLE, Verdict::Unknown);
}
