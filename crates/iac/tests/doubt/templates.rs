//! Templates: what a function, a loop or a macro gives may be anything.

use sagewarden_core::verdict::Verdict;

use crate::{ROLE, role_template, says, template};

const ROOT: &str = "NOTEBOOK.ROOT.001 notebook_instance/n";
const KEY: &str = "NOTEBOOK.ENCRYPT.001 notebook_instance/n";
const ADMIN: &str =
    "{ Version: '2012-10-17', Statement: [{ Effect: Allow, Action: '*', Resource: '*' }] }";

fn notebook(head: &str, properties: &str) -> crate::judged::Answers {
    template(&format!(
        "AWSTemplateFormatVersion: '2010-09-09'\n{head}\nResources:\n  N:\n    Type: AWS::SageMaker::NotebookInstance\n    Properties:\n      NotebookInstanceName: n\n{properties}"
    ))
}

#[test]
fn a_macro_may_change_everything() {
    let root = "      RootAccess: Disabled\n";
    says(&notebook("", root), ROOT, Verdict::Pass);
    says(
        &notebook("Transform: AWS::Serverless-2016-10-31", root),
        ROOT,
        Verdict::Pass,
    );
    for head in [
        "Transform: Ours",
        "Transform: [AWS::LanguageExtensions, Ours]",
        "Transform: { Name: Ours }",
    ] {
        says(&notebook(head, root), ROOT, Verdict::Unknown);
    }
    let include = "      RootAccess: Disabled\n      Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }\n";
    says(&notebook("", include), ROOT, Verdict::Unknown);
}

#[test]
fn what_is_included_among_resources_may_add_policies() {
    let include = "  Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }\n";
    says(&role_template(include), ROLE, Verdict::Unknown);
    let malformed = "  Fn::ForEach::P: [Each]\n";
    says(&role_template(malformed), ROLE, Verdict::Unknown);
}

#[test]
fn a_transform_inside_a_document_may_add_statements() {
    let document = |more: &str| {
        format!(
            "      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Version: '2012-10-17'\n            Statement: []\n{more}"
        )
    };
    says(&role_template(&document("")), ROLE, Verdict::Pass);
    let transform =
        "            Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }\n";
    says(&role_template(&document(transform)), ROLE, Verdict::Unknown);
}

#[test]
fn loops_over_properties_are_written_out() {
    let with = |collection: &str| {
        format!(
            "      Fn::ForEach::P:\n        - Each\n        - {collection}\n        - ${{Each}}: [{{ PolicyName: p, PolicyDocument: {ADMIN} }}]\n"
        )
    };
    says(&role_template(&with("[Policies]")), ROLE, Verdict::Fail);
    says(&role_template(&with("[Description]")), ROLE, Verdict::Pass);
    says(&role_template(&with("!Ref Open")), ROLE, Verdict::Unknown);
}

#[test]
fn an_attribute_that_identifies_nothing_is_not_known() {
    let parameter = "      RootAccess: !GetAtt P.Value\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: { Type: String, Value: Disabled }\n";
    says(&notebook("", parameter), ROOT, Verdict::Unknown);
    let custom = "      KmsKeyId: !GetAtt C.KeyId\n  C:\n    Type: Custom::Key\n    Properties: { ServiceToken: x }\n";
    says(&notebook("", custom), KEY, Verdict::Unknown);
}

#[test]
fn systems_manager_gives_some_key_and_nobody_knows_which_root() {
    let head = "Parameters: { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /a/b } }";
    says(
        &notebook(head, "      KmsKeyId: !Ref P\n"),
        KEY,
        Verdict::Pass,
    );
    says(
        &notebook(head, "      RootAccess: !Ref P\n"),
        ROOT,
        Verdict::Unknown,
    );
    let dynamic = "      RootAccess: '{{resolve:ssm:/a/b}}'\n";
    says(&notebook("", dynamic), ROOT, Verdict::Unknown);
}

#[test]
fn what_only_one_branch_sets_may_be_absent() {
    let head = "Parameters: { P: { Type: String } }\nConditions: { C: !Equals [!Ref P, x] }";
    let key = "      KmsKeyId: !If [C, k, !Ref AWS::NoValue]\n";
    says(&notebook(head, key), KEY, Verdict::Unknown);
    let both = "      KmsKeyId: !If [C, k, l]\n";
    says(&notebook(head, both), KEY, Verdict::Pass);
    let root = "      RootAccess: !If [C, Disabled, !Ref AWS::NoValue]\n";
    says(&notebook(head, root), ROOT, Verdict::Unknown);
}
