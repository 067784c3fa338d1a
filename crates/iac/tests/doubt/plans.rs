//! Plans: what stands there as unknown may be anything.

use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Reader};
use serde_json::{Value, json};

use crate::{Files, ROLE, change, plan, role_plan, says, settings};

const KEY: &str = "NOTEBOOK.ENCRYPT.001 notebook_instance/n";

/// A plan of a notebook whose key comes from those references.
fn keyed(references: &[&str]) -> Value {
    json!({
        "format_version": "1.2", "terraform_version": "1.9.8",
        "resource_changes": [
            change("aws_sagemaker_notebook_instance", json!({"name": "n"}), json!({"kms_key_id": true})),
            change("aws_kms_key", json!({}), json!({"arn": true, "key_id": true})),
        ],
        "configuration": {"root_module": {"resources": [{
            "address": "aws_sagemaker_notebook_instance.x", "mode": "managed",
            "type": "aws_sagemaker_notebook_instance", "name": "x",
            "expressions": {"kms_key_id": {"references": references}},
        }]}},
    })
}

#[test]
fn only_what_identifies_a_resource_is_a_key_for_sure() {
    let arn = ["aws_kms_key.x.arn", "aws_kms_key.x"];
    says(&plan(&keyed(&arn), None), KEY, Verdict::Pass);
    for other in [
        "local.key",
        "data.aws_db_instance.d.kms_key_id",
        "aws_kms_key.x.description",
    ] {
        let references = [arn[0], arn[1], other];
        says(&plan(&keyed(&references), None), KEY, Verdict::Unknown);
        says(&plan(&keyed(&[other]), None), KEY, Verdict::Unknown);
    }
}

#[test]
fn a_list_of_policies_holds_more_than_it_refers_to() {
    let unknown = json!({"managed_policy_arns": true});
    let nothing = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let policy = change(
        "aws_iam_policy",
        json!({"name": "p", "policy": nothing}),
        json!({"arn": true}),
    );
    let mut open = role_plan(json!({"name": "r"}), unknown, vec![policy]);
    let references = json!({"references": ["aws_iam_policy.x.arn", "aws_iam_policy.x"]});
    open["configuration"]["root_module"]["resources"][0]["expressions"]["managed_policy_arns"] =
        references;
    says(&plan(&open, None), ROLE, Verdict::Unknown);
    let code = r#"
resource "aws_iam_policy" "x" {
  name   = "p"
  policy = jsonencode({ Version = "2012-10-17", Statement = [] })
}
resource "aws_iam_role" "x" {
  name                = "r"
  managed_policy_arns = [aws_iam_policy.x.arn]
}"#;
    says(&plan(&open, Some(code)), ROLE, Verdict::Pass);
}

#[test]
fn a_plan_of_a_part_leaves_the_rest_open() {
    let mut part = role_plan(json!({"name": "r"}), json!({}), vec![]);
    says(&plan(&part, None), ROLE, Verdict::Pass);
    part["complete"] = json!(false);
    says(&plan(&part, None), ROLE, Verdict::Unknown);
}

#[test]
fn a_plan_that_failed_is_refused() {
    let mut failed = role_plan(json!({"name": "r"}), json!({}), vec![]);
    failed["errored"] = json!(true);
    let settings = settings();
    let mut reader = Reader::new(&settings);
    let text = failed.to_string();
    let read = reader.file(
        "p.json",
        text.as_bytes(),
        Language::TerraformPlan,
        None,
        &Files(&[]),
    );
    assert_eq!(
        read.unwrap_err().to_string(),
        "p.json: the plan failed half way and lacks the rest; plan again and print that"
    );
}

#[test]
fn what_stands_in_something_sensitive_is_not_shown() {
    let after = json!({"name": "r", "inline_policy": [{"name": "p", "policy": "{\"Version\":\"2012-10-17\",\"Statement\":[]}"}]});
    let mut sensitive = role_plan(after, json!({}), vec![]);
    sensitive["resource_changes"][0]["change"]["after_sensitive"] = json!({"inline_policy": true});
    says(&plan(&sensitive, None), ROLE, Verdict::Unknown);
}

#[test]
fn assets_stand_in_the_account_that_their_provider_assumes() {
    let mut aliased = keyed(&["aws_kms_key.x.arn", "aws_kms_key.x"]);
    aliased["configuration"]["root_module"]["resources"][0]["provider_config_key"] =
        json!("aws.other");
    aliased["configuration"]["provider_config"] = json!({"aws.other": {
        "name": "aws", "alias": "other",
        "expressions": {
            "region": {"constant_value": "us-east-1"},
            "assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/deploy"}}],
        },
    }});
    assert_eq!(plan(&aliased, None)[KEY].asset, "444455556666/us-east-1");
}
