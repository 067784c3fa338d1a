//! Whether users share a role, over partly known profiles.

use serde_json::{Value, json};

use super::*;
use crate::snapshot::Observation;
use crate::time::Time;
use crate::tunables::Tunables;

fn observed(operation: &str, parameters: Value, outcome: Value) -> Observation {
    let mut line = json!({
        "operation": operation, "parameters": parameters, "account": "111122223333", "region": "eu-west-1",
    });
    line.as_object_mut()
        .unwrap()
        .extend(outcome.as_object().unwrap().clone());
    serde_json::from_value(line).unwrap()
}

fn ok(body: Value) -> Value {
    json!({"outcome": "ok", "body": body})
}

fn denied() -> Value {
    json!({"outcome": "denied", "code": "AccessDeniedException"})
}

/// The word for a domain whose profiles have these roles; `None` for one that was denied.
fn sharing(roles: &[Option<&str>], complete: bool) -> Option<&'static str> {
    let items: Vec<Value> = (0..roles.len())
        .map(|index| json!({"UserProfileName": format!("u{index}"), "Status": "InService"}))
        .collect();
    let mut page = json!({"UserProfiles": items});
    if !complete {
        page["NextToken"] = json!("t");
    }
    let mut all = vec![
        observed(
            "sagemaker:DescribeDomain",
            json!({"DomainId": "d-1"}),
            ok(json!({"DomainId": "d-1", "Status": "InService"})),
        ),
        observed(
            "sagemaker:ListUserProfiles",
            json!({"DomainIdEquals": "d-1"}),
            ok(page),
        ),
    ];
    for (index, role) in roles.iter().enumerate() {
        let parameters = json!({"DomainId": "d-1", "UserProfileName": format!("u{index}")});
        let outcome = match role {
            Some(role) => {
                ok(json!({"Status": "InService", "UserSettings": {"ExecutionRole": role}}))
            }
            None => denied(),
        };
        all.push(observed(
            "sagemaker:DescribeUserProfile",
            parameters,
            outcome,
        ));
    }
    let estate = Estate::new(all);
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, Time(0));
    let [asset] = assets(&estate).try_into().unwrap();
    derive(&context, &asset).sharing.value().copied()
}

#[test]
fn known_roles_that_differ_outweigh_what_is_unknown() {
    assert_eq!(
        sharing(&[Some("a"), Some("b"), None], true),
        Some("separate")
    );
    assert_eq!(sharing(&[Some("a"), Some("b")], false), Some("separate"));
    assert_eq!(sharing(&[Some("a"), Some("a"), None], true), None);
    assert_eq!(sharing(&[Some("a"), Some("a")], false), None);
    assert_eq!(sharing(&[Some("a"), Some("a")], true), Some("shared"));
    assert_eq!(sharing(&[Some("a")], true), Some("single_user"));
    assert_eq!(sharing(&[], true), Some("no_profiles"));
    assert_eq!(sharing(&[], false), None);
}

#[test]
fn a_domain_that_was_deleted_between_two_calls_is_no_asset() {
    let listed = observed(
        "sagemaker:ListDomains",
        json!({}),
        ok(json!({"Domains": [{"DomainId": "d-1"}, {"DomainId": "d-2"}]})),
    );
    let gone = observed(
        "sagemaker:DescribeDomain",
        json!({"DomainId": "d-1"}),
        json!({"outcome": "not_found", "code": "ResourceNotFound"}),
    );
    let arns: Vec<String> = assets(&Estate::new(vec![listed, gone]))
        .into_iter()
        .map(|asset| asset.arn)
        .collect();
    assert_eq!(
        arns,
        ["arn:aws:sagemaker:eu-west-1:111122223333:domain/d-2"]
    );
}
