//! The least-privilege policy of a set of calls.
//!
//! Enters: operations. Leaves: an IAM policy document that allows them and nothing else.
//! Deliberately absent: resources. Read actions on lists and accounts mostly know none.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Operation, Row};

/// Data-plane actions that Sagewarden never needs, for the explicit Deny.
const DATA_PLANE: &[&str] = &[
    "kms:Decrypt",
    "s3:GetObject*",
    "sagemaker:CreatePresigned*",
    "sagemaker:InvokeEndpoint*",
    "secretsmanager:GetSecretValue",
];

/// The policy that allows `operations`, one statement per service; with `deny_data`, also an
/// explicit Deny of reading data, which holds even where another policy allows it.
///
/// Calls that need no permission, and those whose answers are only imported, add nothing.
#[must_use]
pub fn permissions(operations: &[Operation], deny_data: bool) -> Value {
    let mut services: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in operations.iter().map(|operation| operation.row()) {
        if row.import_only || needs_no_permission(row) {
            continue;
        }
        if let Some((service, _)) = row.action.split_once(':') {
            services.entry(service).or_default().insert(row.action);
        }
    }
    let mut statements: Vec<Value> = services
        .into_iter()
        .map(|(service, actions)| {
            json!({
                "Sid": sid(service),
                "Effect": "Allow",
                "Action": actions,
                "Resource": "*",
            })
        })
        .collect();
    if deny_data {
        statements.push(json!({
            "Sid": "NeverData",
            "Effect": "Deny",
            "Action": DATA_PLANE,
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>: no permission
/// is needed, and an explicit Deny does not stop it.
fn needs_no_permission(row: &Row) -> bool {
    row.action == "sts:GetCallerIdentity"
}

/// A statement id holds letters and digits only.
fn sid(service: &str) -> String {
    let mut sid: String = service
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect();
    sid.push_str("Read");
    sid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_grouped_and_sorted() {
        let policy = permissions(
            &[
                Operation::ListModels,
                Operation::DescribeScalableTargets,
                Operation::DescribeModel,
                Operation::GetCallerIdentity,
            ],
            true,
        );
        assert_eq!(
            policy,
            json!({"Version": "2012-10-17", "Statement": [
                {"Sid": "ApplicationAutoscalingRead", "Effect": "Allow",
                 "Action": ["application-autoscaling:DescribeScalableTargets"], "Resource": "*"},
                {"Sid": "SagemakerRead", "Effect": "Allow",
                 "Action": ["sagemaker:DescribeModel", "sagemaker:ListModels"], "Resource": "*"},
                {"Sid": "NeverData", "Effect": "Deny", "Action": DATA_PLANE, "Resource": "*"},
            ]})
        );
    }

    #[test]
    fn no_allowed_action_reads_data() {
        let text = permissions(Operation::ALL, false).to_string();
        for action in DATA_PLANE {
            let stem = action.trim_end_matches('*');
            assert!(!text.contains(stem), "{action}");
        }
    }
}
