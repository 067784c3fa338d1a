//! The role that a collection assumes, as infrastructure code.
//!
//! Enters: the calls that the controls need. Leaves: a CloudFormation template, which a StackSet puts into every account of
//! an organisation, and the same in Terraform. Deliberately absent: rights that no control needs.

use sagewarden_core::control::Catalog;
use sagewarden_core::needs;
use sagewarden_core::operations::permissions;
use serde_json::{Value, json};

/// The name that `--role-name` has by default.
const ROLE: &str = "SagewardenReadOnly";
const MEANING: &str =
    "Lets Sagewarden read how SageMaker, and what it uses, is configured; never data.";

fn policy(catalog: &Catalog) -> Value {
    let controls: Vec<_> = catalog.controls.iter().collect();
    let mut operations = needs::operations(&controls);
    operations.extend(needs::DISCOVERY);
    permissions(&operations, true)
}

/// The template, in JSON.
pub(super) fn cloud_formation(catalog: &Catalog) -> String {
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("{MEANING} Written by `cargo xtask docs`; do not edit."),
        "Parameters": {
            "RoleName": {
                "Type": "String",
                "Default": ROLE,
                "AllowedPattern": "[A-Za-z0-9_+=,.@-]{1,64}",
                "Description": "Name of the role; `--role-name` names another one.",
            },
            "TrustedPrincipal": {
                "Type": "String",
                "AllowedPattern": "arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:.+",
                "Description": "ARN of the principal that collects: a role, or the root of its account.",
            },
            "ExternalId": {
                "Type": "String",
                "MinLength": 2,
                "Description": "Shared with whoever collects, who gives it by `--external-id`.",
            },
        },
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": { "Ref": "RoleName" },
                    "Description": MEANING,
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{
                            "Effect": "Allow",
                            "Principal": { "AWS": { "Ref": "TrustedPrincipal" } },
                            "Action": "sts:AssumeRole",
                            "Condition": { "StringEquals": { "sts:ExternalId": { "Ref": "ExternalId" } } },
                        }],
                    },
                    "Policies": [{ "PolicyName": "read-configuration", "PolicyDocument": policy(catalog) }],
                },
            },
        },
        "Outputs": { "RoleArn": { "Value": { "Fn::GetAtt": ["Role", "Arn"] } } },
    });
    format!("{template:#}\n")
}

/// The same in Terraform.
pub(super) fn terraform(catalog: &Catalog) -> String {
    format!(
        r#"# {MEANING}
# Written by `cargo xtask docs`; do not edit.

variable "role_name" {{
  description = "Name of the role; `--role-name` names another one."
  type        = string
  default     = "{ROLE}"
}}

variable "trusted_principal" {{
  description = "ARN of the principal that collects: a role, or the root of its account."
  type        = string
}}

variable "external_id" {{
  description = "Shared with whoever collects, who gives it by `--external-id`."
  type        = string
}}

resource "aws_iam_role" "sagewarden" {{
  name                 = var.role_name
  description          = "{MEANING}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ AWS = var.trusted_principal }}
      Action    = "sts:AssumeRole"
      Condition = {{ StringEquals = {{ "sts:ExternalId" = var.external_id }} }}
    }}]
  }})
}}

resource "aws_iam_role_policy" "sagewarden" {{
  name   = "read-configuration"
  role   = aws_iam_role.sagewarden.id
  policy = <<-POLICY
{:#}
  POLICY
}}

output "role_arn" {{
  value = aws_iam_role.sagewarden.arn
}}
"#,
        policy(catalog)
    )
}
