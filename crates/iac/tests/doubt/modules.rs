//! Terraform's language: every way in which a value may be another one than the code seems to say.

use sagewarden_core::verdict::Verdict;

use crate::judged::Answers;
use crate::{ROLE, files, module, notebook, says};

const ROOT: &str = "NOTEBOOK.ROOT.001 notebook_instance/n";
const KEY: &str = "NOTEBOOK.ENCRYPT.001 notebook_instance/n";
const ADMIN: &str = r#"jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })"#;

/// A notebook with those attributes.
fn with(attributes: &str, more: &str) -> Answers {
    module(&format!(
        "variable \"open\" {{}}\nresource \"aws_sagemaker_notebook_instance\" \"n\" {{\n  name = \"n\"\n  {attributes}\n}}\n{more}"
    ))
}

fn key(value: &str, more: &str) -> Answers {
    with(&format!("kms_key_id = {value}"), more)
}

#[test]
fn an_instance_that_may_not_be_there_is_no_key_to_rely_on() {
    let keys = |count: &str| format!("resource \"aws_kms_key\" \"k\" {{\n  {count}\n}}");
    let undecided = keys("count = var.open ? 1 : 0");
    says(&key("aws_kms_key.k.arn", &keys("")), KEY, Verdict::Pass);
    says(
        &key("try(aws_kms_key.k[0].arn, null)", &keys("count = 1")),
        KEY,
        Verdict::Pass,
    );
    says(
        &key("try(aws_kms_key.k[0].arn, null)", &keys("count = 0")),
        KEY,
        Verdict::Fail,
    );
    for value in [
        "try(aws_kms_key.k[0].arn, null)",
        "one(aws_kms_key.k[*].arn)",
        "join(\"\", aws_kms_key.k.*.arn)",
        "length(aws_kms_key.k) > 0 ? aws_kms_key.k[0].arn : null",
        "element(concat(aws_kms_key.k[*].arn, [\"\"]), 0)",
    ] {
        says(&key(value, &undecided), KEY, Verdict::Unknown);
    }
    let module = "module \"m\" {\n  source = \"./m\"\n  count = var.open\n}\n";
    let code = format!(
        "variable \"open\" {{}}\n{module}resource \"aws_sagemaker_notebook_instance\" \"n\" {{\n  name = \"n\"\n  kms_key_id = try(module.m[0].arn, null)\n}}\n"
    );
    let inner = "resource \"aws_kms_key\" \"k\" {}\noutput \"arn\" { value = aws_kms_key.k.arn }\n";
    let answers = files(&[("main.tf", &code), ("m/main.tf", inner)]);
    says(&answers, KEY, Verdict::Unknown);
}

#[test]
fn what_an_object_holds_may_be_null() {
    let each = "for_each = var.open\n  kms_key_id = each.value.key";
    let answers = with(each, "");
    assert_eq!(
        answers[KEY].verdict,
        Verdict::Unknown,
        "{}",
        answers[KEY].why
    );
    let secret = "data \"aws_secretsmanager_secret_version\" \"s\" {\n  secret_id = \"s\"\n}\n";
    let decoded = "jsondecode(data.aws_secretsmanager_secret_version.s.secret_string)[\"key\"]";
    says(&key(decoded, secret), KEY, Verdict::Unknown);
    let database = "data \"aws_db_instance\" \"d\" {}\n";
    says(
        &key("data.aws_db_instance.d.kms_key_id", database),
        KEY,
        Verdict::Unknown,
    );
    let alias = "data \"aws_kms_alias\" \"k\" {\n  name = \"alias/k\"\n}\n";
    says(
        &key("data.aws_kms_alias.k.target_key_arn", alias),
        KEY,
        Verdict::Pass,
    );
    says(
        &key("\"%{ if var.open }k%{ endif }\"", ""),
        KEY,
        Verdict::Unknown,
    );
    says(
        &key(
            "terraform_data.t.output",
            "resource \"terraform_data\" \"t\" {}",
        ),
        KEY,
        Verdict::Unknown,
    );
}

#[test]
fn an_optional_member_that_is_not_given_is_null_and_no_mistake() {
    let variable = r#"
variable "nb" {
  type    = object({ root = optional(string), key = optional(string, "arn:aws:kms:eu-west-1:111122223333:key/k") })
  default = {}
}"#;
    let root = "root_access = try(var.nb.root, \"Disabled\")\n  kms_key_id = var.nb.key";
    let answers = with(root, variable);
    says(&answers, ROOT, Verdict::Fail);
    says(&answers, KEY, Verdict::Pass);
    let looked_up = "root_access = lookup(var.nb, \"root\", \"Disabled\")";
    says(&with(looked_up, variable), ROOT, Verdict::Fail);
}

#[test]
fn a_variable_that_takes_no_null_falls_back() {
    let inner = |more: &str| {
        format!(
            "variable \"root\" {{\n  default = \"Enabled\"\n  {more}\n}}\nresource \"aws_sagemaker_notebook_instance\" \"n\" {{\n  name = \"n\"\n  root_access = coalesce(var.root, \"Disabled\")\n}}\n"
        )
    };
    let call = "module \"m\" {\n  source = \"./m\"\n  root = null\n}\n";
    let nullable = inner("");
    says(
        &files(&[("main.tf", call), ("m/main.tf", &nullable)]),
        ROOT,
        Verdict::Pass,
    );
    let never = inner("nullable = false");
    says(
        &files(&[("main.tf", call), ("m/main.tf", &never)]),
        ROOT,
        Verdict::Fail,
    );
}

#[test]
fn one_of_an_unknown_number_is_not_the_first() {
    let first = "count = var.open\n  root_access = count.index == 0 ? \"Disabled\" : \"Enabled\"";
    says(&with(first, ""), ROOT, Verdict::Unknown);
}

#[test]
fn what_exists_keeps_what_is_ignored() {
    let ignored = |names: &str| {
        format!("root_access = \"Disabled\"\n  lifecycle {{\n    ignore_changes = {names}\n  }}")
    };
    says(&with(&ignored("[tags]"), ""), ROOT, Verdict::Pass);
    for names in [
        "[root_access]",
        "[tags, root_access]",
        "all",
        "[\"root_access\"]",
    ] {
        says(&with(&ignored(names), ""), ROOT, Verdict::Unknown);
    }
}

#[test]
fn what_is_written_proves_a_fail_beside_what_is_open() {
    let admin = format!("inline_policy {{\n    name = \"a\"\n    policy = {ADMIN}\n  }}");
    let dynamic = "dynamic \"inline_policy\" {\n    for_each = var.open\n    content {\n      name = \"p\"\n      policy = inline_policy.value\n    }\n  }";
    says(
        &notebook(&format!("{admin}\n  {dynamic}"), ""),
        ROLE,
        Verdict::Fail,
    );
    says(
        &notebook(&format!("{dynamic}\n  {admin}"), ""),
        ROLE,
        Verdict::Fail,
    );
    says(&notebook(dynamic, ""), ROLE, Verdict::Unknown);
}

#[test]
fn override_files_stand_before_the_others() {
    let main = "resource \"aws_sagemaker_notebook_instance\" \"n\" {\n  name = \"n\"\n  root_access = \"Disabled\"\n  kms_key_id = \"k\"\n}\n";
    let over =
        "resource \"aws_sagemaker_notebook_instance\" \"n\" {\n  root_access = \"Enabled\"\n}\n";
    says(&module(main), ROOT, Verdict::Pass);
    for name in ["override.tf", "dev_override.tf"] {
        let answers = files(&[("main.tf", main), (name, over)]);
        says(&answers, ROOT, Verdict::Fail);
        says(&answers, KEY, Verdict::Pass);
        let place = answers[ROOT].source.clone().unwrap();
        assert_eq!((place.file.as_str(), place.line), (name, 2));
    }
}

#[test]
fn files_in_json_are_read_with_their_lines() {
    let text = r#"{
  "//": "made by a program",
  "locals": {"root": "Enabled"},
  "resource": {
    "aws_sagemaker_notebook_instance": {
      "n": {
        "name": "n",
        "root_access": "${local.root}",
        "kms_key_id": "${aws_kms_key.k.arn}"
      }
    },
    "aws_kms_key": {"k": {}}
  }
}"#;
    let answers = files(&[("cdk.tf.json", text)]);
    says(&answers, ROOT, Verdict::Fail);
    says(&answers, KEY, Verdict::Pass);
    let place = answers[ROOT].source.clone().unwrap();
    assert_eq!((place.file.as_str(), place.line), ("cdk.tf.json", 8));
}

#[test]
fn the_last_file_of_variables_counts() {
    let main = "variable \"root\" {}\nresource \"aws_sagemaker_notebook_instance\" \"n\" {\n  name = \"n\"\n  root_access = var.root\n}\n";
    let own = ("terraform.tfvars", "root = \"Disabled\"\n");
    says(&files(&[("main.tf", main), own]), ROOT, Verdict::Pass);
    let auto = ("a.auto.tfvars.json", r#"{"root": "Enabled"}"#);
    says(&files(&[("main.tf", main), own, auto]), ROOT, Verdict::Fail);
}

#[test]
fn opentofu_reads_its_own_file_in_the_place_of_the_other() {
    let notebook = |root: &str| {
        format!(
            "resource \"aws_sagemaker_notebook_instance\" \"n\" {{\n  name = \"n\"\n  root_access = \"{root}\"\n}}\n"
        )
    };
    let (tf, tofu) = (notebook("Disabled"), notebook("Enabled"));
    let answers = files(&[("main.tf", &tf), ("main.tofu", &tofu)]);
    says(&answers, ROOT, Verdict::Fail);
}

#[test]
fn a_statement_that_is_replaced_denies_nothing() {
    let document = |over: &str| {
        format!(
            r#"
data "aws_iam_policy_document" "base" {{
  statement {{
    sid       = "guard"
    effect    = "Deny"
    actions   = ["*"]
    resources = ["*"]
  }}
  statement {{
    sid       = "all"
    actions   = ["*"]
    resources = ["*"]
  }}
}}
data "aws_iam_policy_document" "d" {{
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  {over}
}}
resource "aws_iam_role_policy" "p" {{
  name   = "p"
  role   = aws_iam_role.r.name
  policy = data.aws_iam_policy_document.d.json
}}"#
        )
    };
    says(&notebook("", &document("")), ROLE, Verdict::Pass);
    let over = "statement {\n    sid = \"guard\"\n    effect = \"Deny\"\n    actions = [\"s3:*\"]\n    resources = [\"*\"]\n  }";
    says(&notebook("", &document(over)), ROLE, Verdict::Fail);
}

#[test]
fn a_template_of_a_policy_is_read() {
    let main = r#"
resource "aws_iam_role" "r" {
  name = "r"
}
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = aws_iam_role.r.name
  policy = templatefile("${path.module}/policy.json", { action = "*" })
}
resource "aws_sagemaker_notebook_instance" "n" {
  name     = "n"
  role_arn = aws_iam_role.r.arn
}"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"${action}","Resource":"*"}]}"#;
    let answers = files(&[("main.tf", main), ("policy.json", policy)]);
    says(&answers, ROLE, Verdict::Fail);
}

#[test]
fn assets_stand_where_their_provider_makes_them() {
    let main = r#"
provider "aws" {
  region = "eu-west-1"
}
provider "aws" {
  alias  = "other"
  region = "us-east-1"
  assume_role {
    role_arn = "arn:aws:iam::444455556666:role/deploy"
  }
}
module "m" {
  source    = "./m"
  providers = { aws = aws.other }
}"#;
    let inner = r#"
resource "aws_iam_role" "r" {
  name = "r"
}
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = aws_iam_role.r.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
resource "aws_sagemaker_notebook_instance" "n" {
  name     = "n"
  role_arn = aws_iam_role.r.arn
}"#;
    let answers = files(&[("main.tf", main), ("m/main.tf", inner)]);
    says(&answers, ROLE, Verdict::Fail);
    let place = &answers[ROLE].asset;
    assert_eq!(place, "444455556666/us-east-1");
}

#[test]
fn a_path_is_that_of_the_root_module() {
    let call = "module \"m\" {\n  source = \"./m\"\n}\n";
    let inner = r#"
resource "aws_iam_role" "r" {
  name = "r"
}
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = aws_iam_role.r.name
  policy = file(PATH)
}
resource "aws_sagemaker_notebook_instance" "n" {
  name     = "n"
  role_arn = aws_iam_role.r.arn
}"#;
    let admin =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
    let nothing = r#"{"Version":"2012-10-17","Statement":[]}"#;
    for (path, verdict) in [
        ("\"p.json\"", Verdict::Fail),
        ("\"${path.root}/p.json\"", Verdict::Fail),
        ("\"${path.module}/p.json\"", Verdict::Pass),
    ] {
        let inner = inner.replace("PATH", path);
        let answers = files(&[
            ("main.tf", call),
            ("m/main.tf", &inner),
            ("p.json", admin),
            ("m/p.json", nothing),
        ]);
        says(&answers, ROLE, verdict);
    }
}
