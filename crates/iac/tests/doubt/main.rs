//! What may stand in the code, and what may be there: it decides nothing until it is known.

#[path = "../judged/mod.rs"]
mod judged;
mod modules;
mod plans;
mod templates;
mod unread;

use judged::{Answers, judge};
use sagewarden_core::verdict::Verdict;
use sagewarden_iac::{Language, Neighbours, Reader, Settings};
use serde_json::{Value, json};

/// Files by path.
struct Files<'t>(&'t [(&'t str, &'t str)]);

impl Neighbours for Files<'_> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let found = self.0.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.as_bytes().to_vec())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let inside = |name: &str| match folder {
            "" => (!name.contains('/')).then(|| name.to_owned()),
            _ => {
                let rest = name.strip_prefix(folder)?.strip_prefix('/')?;
                (!rest.contains('/')).then(|| rest.to_owned())
            }
        };
        self.0.iter().filter_map(|(name, _)| inside(name)).collect()
    }
}

/// The code is all there is: nothing is unknown only because other code may add to it.
fn settings() -> Settings {
    Settings {
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        whole_stack: true,
        ..Settings::default()
    }
}

fn module(main: &str) -> Answers {
    files(&[("main.tf", main)])
}

/// A root module of several files.
fn files(files: &[(&str, &str)]) -> Answers {
    let settings = settings();
    let mut reader = Reader::new(&settings);
    reader.folders(&[String::new()], &Files(files)).unwrap();
    judge(reader.finish().observations)
}

fn plan(plan: &Value, code: Option<&str>) -> Answers {
    let settings = settings();
    let mut reader = Reader::new(&settings);
    let text = plan.to_string();
    let code_files = [("main.tf", code.unwrap_or_default())];
    let neighbours = Files(&code_files);
    let language = Language::TerraformPlan;
    let source = code.map(|_| "");
    reader
        .file("plan.json", text.as_bytes(), language, source, &neighbours)
        .unwrap();
    judge(reader.finish().observations)
}

fn template(text: &str) -> Answers {
    let settings = settings();
    let mut reader = Reader::new(&settings);
    let language = Language::CloudFormation;
    reader
        .file("template.yaml", text.as_bytes(), language, None, &())
        .unwrap();
    judge(reader.finish().observations)
}

#[track_caller]
fn says(answers: &Answers, key: &str, verdict: Verdict) {
    let said = &answers[key];
    assert_eq!(said.verdict, verdict, "{key}: {}", said.why);
}

const ROLE: &str = "NOTEBOOK.OVERPERM.ADMIN.001 notebook_instance/n";
const FLOOR: &str = "ENDPOINT.REDUNDANCY.001 endpoint_configuration/c";
const WATCH: &str = "ENDPOINT.MONITOR.001 endpoint_configuration/c";

fn change(of_type: &str, after: Value, unknown: Value) -> Value {
    json!({
        "address": format!("{of_type}.x"), "mode": "managed", "type": of_type, "name": "x",
        "change": {"actions": ["create"], "before": null, "after": after, "after_unknown": unknown},
    })
}

fn role_plan(after: Value, unknown: Value, more: Vec<Value>) -> Value {
    let notebook = json!({"name": "n", "role_arn": "arn:aws:iam::111122223333:role/r"});
    let mut changes = vec![
        change("aws_iam_role", after, unknown),
        change("aws_sagemaker_notebook_instance", notebook, json!({})),
    ];
    changes.extend(more);
    json!({
        "format_version": "1.2", "terraform_version": "1.9.8", "resource_changes": changes,
        "configuration": {"root_module": {"resources": [{
            "address": "aws_iam_role.x", "mode": "managed", "type": "aws_iam_role", "name": "x",
            "expressions": {"name": {"constant_value": "r"}},
        }]}},
    })
}

#[test]
fn a_plan_alone_does_not_tell_an_unknown_list_from_an_absent_one() {
    let known = role_plan(json!({"name": "r"}), json!({}), vec![]);
    says(&plan(&known, None), ROLE, Verdict::Pass);
    for member in ["inline_policy", "managed_policy_arns"] {
        for unknown in [json!(true), json!([true]), json!([{"policy": true}])] {
            let open = role_plan(json!({"name": "r"}), json!({member: unknown}), vec![]);
            says(&plan(&open, None), ROLE, Verdict::Unknown);
            let null = role_plan(
                json!({"name": "r", member: null}),
                json!({member: unknown}),
                vec![],
            );
            says(&plan(&null, None), ROLE, Verdict::Unknown);
        }
    }
    let whole = role_plan(json!({"name": "r"}), json!(true), vec![]);
    let answers = plan(&whole, None);
    assert!(
        answers
            .get(ROLE)
            .is_none_or(|said| said.verdict != Verdict::Pass)
    );
}

#[test]
fn the_code_beside_a_plan_tells_it() {
    let computed = json!({"inline_policy": true, "managed_policy_arns": true});
    let open = role_plan(json!({"name": "r"}), computed, vec![]);
    let without = r#"resource "aws_iam_role" "x" { name = "r" }"#;
    says(&plan(&open, Some(without)), ROLE, Verdict::Pass);
    let with = r#"
variable "policies" {}
resource "aws_iam_role" "x" {
  name = "r"
  dynamic "inline_policy" {
    for_each = var.policies
    content {
      name   = "p"
      policy = inline_policy.value
    }
  }
}"#;
    says(&plan(&open, Some(with)), ROLE, Verdict::Unknown);
}

#[test]
fn what_a_plan_defers_may_be_there() {
    let nothing = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let attached = json!({"name": "p", "role": "r", "policy": nothing});
    let mut open = role_plan(json!({"name": "r"}), json!({}), vec![]);
    let deferred = change("aws_iam_role_policy", attached, json!({}));
    open["deferred_changes"] =
        json!([{"reason": "instance_count_unknown", "resource_change": deferred}]);
    says(&plan(&open, None), ROLE, Verdict::Unknown);
}

#[test]
fn a_policy_for_a_role_that_nobody_knows_may_be_for_any() {
    let admin = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let policy = json!({"name": "p", "policy": admin.to_string()});
    for of_type in ["aws_iam_role_policy", "aws_iam_role_policy_attachment"] {
        let more = change(of_type, policy.clone(), json!({"role": true}));
        let open = role_plan(json!({"name": "r"}), json!({}), vec![more]);
        says(&plan(&open, None), ROLE, Verdict::Unknown);
    }
}

/// A notebook whose role has what `more` gives it, in Terraform's language.
fn notebook(inside: &str, more: &str) -> Answers {
    module(&format!(
        r#"
variable "open" {{}}
resource "aws_iam_role" "r" {{
  name = "r"
  {inside}
}}
resource "aws_sagemaker_notebook_instance" "n" {{
  name     = "n"
  role_arn = aws_iam_role.r.arn
}}
{more}"#
    ))
}

#[test]
fn blocks_made_for_a_list_that_nobody_knows_are_open() {
    says(&notebook("", ""), ROLE, Verdict::Pass);
    let dynamic = r#"dynamic "inline_policy" {
    for_each = var.open
    content {
      name   = "p"
      policy = inline_policy.value
    }
  }"#;
    says(&notebook(dynamic, ""), ROLE, Verdict::Unknown);
}

#[test]
fn a_policy_that_may_not_be_made_decides_nothing() {
    let policy = |count: &str, effect: &str| {
        format!(
            r#"
resource "aws_iam_role_policy" "p" {{
  {count}
  name   = "p"
  role   = aws_iam_role.r.name
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ Effect = "{effect}", Action = "*", Resource = "*" }}] }})
}}"#
        )
    };
    let admin = r#"managed_policy_arns = []
  inline_policy {
    name   = "all"
    policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
  }"#;
    says(&notebook("", &policy("", "Allow")), ROLE, Verdict::Fail);
    let perhaps = "count = var.open ? 1 : 0";
    says(
        &notebook("", &policy(perhaps, "Allow")),
        ROLE,
        Verdict::Unknown,
    );
    // A denial that may not be there protects from nothing.
    says(&notebook(admin, &policy("", "Deny")), ROLE, Verdict::Pass);
    let denied = notebook(admin, &policy("for_each = var.open", "Deny"));
    assert_ne!(denied[ROLE].verdict, Verdict::Pass, "{}", denied[ROLE].why);
}

/// An endpoint on that many instances, with a target and more, in Terraform's language.
fn endpoint(instances: u8, more: &str) -> Answers {
    module(&format!(
        r#"
variable "open" {{}}
resource "aws_sagemaker_endpoint_configuration" "c" {{
  name = "c"
  production_variants {{
    variant_name           = "main"
    model_name             = "m"
    initial_instance_count = {instances}
    instance_type          = "ml.m5.large"
  }}
}}
resource "aws_sagemaker_endpoint" "e" {{
  name                 = "e"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.c.name
}}
{more}"#
    ))
}

fn target(count: &str, resource: &str, dimension: &str, least: u8) -> String {
    format!(
        r#"
resource "aws_appautoscaling_target" "t" {{
  {count}
  service_namespace  = "sagemaker"
  resource_id        = {resource}
  scalable_dimension = {dimension}
  min_capacity       = {least}
  max_capacity       = 4
}}"#
    )
}

#[test]
fn a_target_that_may_be_about_a_variant_leaves_its_floor_in_doubt() {
    let instances = r#""sagemaker:variant:DesiredInstanceCount""#;
    let main = r#""endpoint/e/variant/main""#;
    says(&endpoint(2, ""), FLOOR, Verdict::Pass);
    let lowered = endpoint(2, &target("", main, instances, 1));
    says(&lowered, FLOOR, Verdict::Fail);
    let raised = endpoint(1, &target("", main, instances, 2));
    says(&raised, FLOOR, Verdict::Pass);
    for resource in ["var.open", r#""endpoint/${var.open}/variant/main""#] {
        for (start, least) in [(2, 1), (1, 2)] {
            let open = endpoint(start, &target("", resource, instances, least));
            says(&open, FLOOR, Verdict::Unknown);
        }
    }
    let dimension = endpoint(2, &target("", main, "var.open", 1));
    says(&dimension, FLOOR, Verdict::Unknown);
    let perhaps = endpoint(1, &target("count = var.open", main, instances, 2));
    says(&perhaps, FLOOR, Verdict::Unknown);
    // What scales something else is no doubt, and neither is one beside the variant's own.
    let copies = r#""sagemaker:inference-component:DesiredCopyCount""#;
    let other = endpoint(2, &target("", "var.open", copies, 1));
    says(&other, FLOOR, Verdict::Pass);
    let own = target("", main, instances, 2);
    let beside = target("", "var.open", instances, 1).replace("\"t\"", "\"u\"");
    says(
        &endpoint(2, &format!("{own}{beside}")),
        FLOOR,
        Verdict::Pass,
    );
}

fn floor_template(resource: &str, condition: &str) -> Answers {
    template(&format!(
        r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {{ Open: {{ Type: String }} }}
Conditions: {{ Perhaps: !Equals [!Ref Open, "yes"] }}
Resources:
  C:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      EndpointConfigName: c
      ProductionVariants: [{{ VariantName: main, ModelName: m, InitialInstanceCount: 2, InstanceType: ml.m5.large }}]
  E:
    Type: AWS::SageMaker::Endpoint
    Properties: {{ EndpointName: e, EndpointConfigName: !GetAtt C.EndpointConfigName }}
  T:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    {condition}
    Properties:
      ServiceNamespace: sagemaker
      ResourceId: {resource}
      ScalableDimension: sagemaker:variant:DesiredInstanceCount
      MinCapacity: 1
      MaxCapacity: 4
"#
    ))
}

#[test]
fn a_target_of_a_template_likewise() {
    let main = "endpoint/e/variant/main";
    says(&floor_template(main, ""), FLOOR, Verdict::Fail);
    let other = floor_template("endpoint/other/variant/main", "");
    says(&other, FLOOR, Verdict::Pass);
    let open = floor_template("!Ref Open", "");
    says(&open, FLOOR, Verdict::Unknown);
    let part = floor_template("!Sub endpoint/${Open}/variant/main", "");
    says(&part, FLOOR, Verdict::Unknown);
    let perhaps = floor_template(main, "Condition: Perhaps");
    says(&perhaps, FLOOR, Verdict::Unknown);
}

#[test]
fn a_schedule_that_may_not_be_made_watches_nothing_yet() {
    let schedule = |count: &str, endpoint: &str| {
        format!(
            r#"
resource "aws_sagemaker_data_quality_job_definition" "q" {{
  name = "q"
  data_quality_job_input {{
    endpoint_input {{
      endpoint_name = {endpoint}
    }}
  }}
}}
resource "aws_sagemaker_monitoring_schedule" "s" {{
  {count}
  name = "s"
  monitoring_schedule_config {{
    monitoring_job_definition_name = aws_sagemaker_data_quality_job_definition.q.name
    monitoring_type                = "DataQuality"
    schedule_config {{
      schedule_expression = "cron(0 0 ? * * *)"
    }}
  }}
}}"#
        )
    };
    says(&endpoint(2, &schedule("", "\"e\"")), WATCH, Verdict::Pass);
    let perhaps = endpoint(2, &schedule("count = var.open", "\"e\""));
    says(&perhaps, WATCH, Verdict::Unknown);
    let open = endpoint(2, &schedule("", "var.open"));
    says(&open, WATCH, Verdict::Unknown);
}

fn role_template(more: &str) -> Answers {
    template(&format!(
        r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters: {{ Open: {{ Type: CommaDelimitedList }} }}
Resources:
  N:
    Type: AWS::SageMaker::NotebookInstance
    Properties: {{ NotebookInstanceName: n, RoleArn: !GetAtt R.Arn }}
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: r
{more}"#
    ))
}

#[test]
fn what_a_transform_or_a_loop_may_add_to_a_role_is_open() {
    says(&role_template(""), ROLE, Verdict::Pass);
    let transform =
        "      Fn::Transform: { Name: AWS::Include, Parameters: { Location: s3://b/k } }\n";
    says(&role_template(transform), ROLE, Verdict::Unknown);
    let document = "PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: Allow, Action: '*', Resource: '*' }] }";
    for role in ["r", "'${Each}'", "!Ref Each"] {
        let each = format!(
            "  Fn::ForEach::Policies:\n    - Each\n    - !Ref Open\n    - P${{Each}}:\n        Type: AWS::IAM::Policy\n        Properties:\n          PolicyName: p\n          Roles: [{role}]\n          {document}\n"
        );
        says(&role_template(&each), ROLE, Verdict::Unknown);
    }
}

/// The estate's own module, with a line more in some resources.
fn estate(resources: &[&str], inside: &str) -> Answers {
    struct Both(String);
    impl Neighbours for Both {
        fn read(&self, path: &str) -> Option<Vec<u8>> {
            let serve = include_bytes!("../data/estate/serve/main.tf");
            match path {
                "main.tf" => Some(self.0.clone().into_bytes()),
                "serve/main.tf" => Some(serve.to_vec()),
                _ => None,
            }
        }

        fn list(&self, _: &str) -> Vec<String> {
            vec!["main.tf".to_owned()]
        }
    }
    let mut main = include_str!("../data/estate/main.tf").to_owned();
    for resource in resources {
        let head = format!("resource {resource} {{");
        assert!(main.contains(&head), "{head}");
        main = main.replace(&head, &format!("{head}\n  {inside}"));
    }
    let settings = settings();
    let mut reader = Reader::new(&settings);
    let folders = [String::new(), "serve".to_owned()];
    reader.folders(&folders, &Both(main)).unwrap();
    judge(reader.finish().observations)
}

const PERHAPS: [&str; 2] = ["count = var.undeclared", "for_each = var.undeclared"];

#[test]
fn what_protects_a_bucket_may_not_be_made() {
    let key = "TRAINING.DATA.UNENCRYPTED.001 training_job/safe";
    let protections = [
        r#""aws_s3_bucket_policy" "safe""#,
        r#""aws_s3_bucket_server_side_encryption_configuration" "safe""#,
    ];
    says(&estate(&protections, ""), key, Verdict::Pass);
    for perhaps in PERHAPS {
        says(&estate(&protections, perhaps), key, Verdict::Unknown);
    }
}

#[test]
fn a_user_that_may_not_be_made_sets_nobody_apart() {
    let dan = [r#""aws_sagemaker_user_profile" "dan""#];
    let passes = |answers: &Answers| {
        let shared = |key: &&String| key.starts_with("DOMAIN.SHAREDROLE");
        let pass = |key: &&String| answers[*key].verdict == Verdict::Pass;
        answers.keys().filter(shared).filter(pass).count()
    };
    assert_eq!(passes(&estate(&dan, "")), 1);
    for perhaps in PERHAPS {
        assert_eq!(passes(&estate(&dan, perhaps)), 0);
    }
}
