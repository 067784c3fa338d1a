//! Trust policies and the edges between roles.

use std::collections::BTreeMap;

use sagewarden_iam::{
    AttachedPolicy, Boundary, Context, Document, Grant, Role, RoleArn, Trust, TrustPrincipal,
    TrustedRole, trust_allows, trusted_services,
};
use serde_json::{Value, json};

const OWN: &str = "arn:aws:iam::123456789012:role/nb-exec";

fn doc(statements: &Value) -> Document {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn role(statements: Value) -> Role {
    let mut role = Role::new(arn(OWN));
    role.identity = vec![AttachedPolicy::inline("inline", doc(&statements))];
    role
}

fn arn(text: &str) -> RoleArn {
    RoleArn::parse(text).unwrap()
}

fn lets_in(principal: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

fn lets_in_if(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
}

fn trust(statements: Value) -> Trust {
    trust_allows(&doc(&statements), &TrustPrincipal::from(&role(json!([]))))
}

#[test]
fn how_a_role_is_let_in() {
    for (principal, direct, delegated) in [
        (json!({"AWS": OWN}), Grant::Allow, Grant::Deny),
        (
            json!({"AWS": [OWN, "123456789012"]}),
            Grant::Allow,
            Grant::Deny,
        ),
        (
            json!({"AWS": "arn:aws:iam::123456789012:root"}),
            Grant::Deny,
            Grant::Allow,
        ),
        (json!({"AWS": "123456789012"}), Grant::Deny, Grant::Allow),
        (json!("*"), Grant::Deny, Grant::Allow),
        (json!({"AWS": "*"}), Grant::Deny, Grant::Allow),
        (
            json!({"AWS": "arn:aws:sts::123456789012:assumed-role/nb-exec/me"}),
            Grant::Conditional,
            Grant::Deny,
        ),
        (
            json!({"AWS": "arn:aws:iam::123456789012:role/other"}),
            Grant::Deny,
            Grant::Deny,
        ),
        (
            json!({"AWS": "arn:aws:iam::999999999999:root"}),
            Grant::Deny,
            Grant::Deny,
        ),
        (json!({"AWS": "AROAEXAMPLE"}), Grant::Deny, Grant::Deny),
        (
            json!({"Service": "sagemaker.amazonaws.com"}),
            Grant::Deny,
            Grant::Deny,
        ),
    ] {
        let answer = trust(json!([lets_in(principal.clone())]));
        assert_eq!(
            (answer.names_directly, answer.delegates),
            (direct, delegated),
            "{principal}"
        );
    }
}

#[test]
fn conditions_are_recorded_and_judged_by_what_is_known() {
    let answer = trust(lets_in_if(
        json!({"AWS": "*"}),
        json!({"StringEquals": {"sts:ExternalId": "secret", "aws:PrincipalOrgID": "o-1"}}),
    ));
    assert_eq!(answer.delegates, Grant::Conditional);
    assert_eq!(
        answer.open_conditions,
        ["sts:ExternalId", "aws:PrincipalOrgID"]
    );
    assert_eq!(answer.conditions[0].values, ["secret"]);
    let ours = trust(lets_in_if(
        json!("*"),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/nb-*"}}),
    ));
    assert_eq!(ours.delegates, Grant::Allow);
    let others = trust(lets_in_if(
        json!("*"),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/prod-*"}}),
    ));
    assert_eq!(others.answer(), Grant::Deny);
}

#[test]
fn a_deny_and_an_exception_keep_out() {
    let denied = trust(
        json!([lets_in(json!({"AWS": OWN})), {"Effect": "Deny", "Principal": {"AWS": OWN}, "Action": "sts:*"}]),
    );
    assert_eq!(denied.answer(), Grant::Deny);
    let sometimes = trust(
        json!([lets_in(json!({"AWS": OWN})), {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}]),
    );
    assert_eq!(sometimes.names_directly, Grant::Conditional);
    let excepted =
        trust(json!({"Effect": "Allow", "NotPrincipal": {"AWS": OWN}, "Action": "sts:AssumeRole"}));
    assert_eq!(excepted.answer(), Grant::Deny);
    let other_action =
        trust(json!({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:TagSession"}));
    assert_eq!(other_action.answer(), Grant::Deny);
}

#[test]
fn services_are_let_in_by_name() {
    let document = doc(&json!([lets_in_if(
        json!({"Service": ["sagemaker.amazonaws.com", "glue.amazonaws.com"]}),
        json!({"StringEquals": {"aws:SourceAccount": "123456789012"}})
    )]));
    assert_eq!(
        trusted_services(&document),
        ["glue.amazonaws.com", "sagemaker.amazonaws.com"]
    );
    let ask = |name, context: &Context| {
        trust_allows(&document, &TrustPrincipal::Service { name, context })
    };
    let open = ask("sagemaker.amazonaws.com", &Context::unknown());
    assert_eq!(open.names_directly, Grant::Conditional);
    assert_eq!(open.conditions[0].key, "aws:SourceAccount");
    let known = Context::unknown().with("aws:SourceAccount", ["123456789012"]);
    assert_eq!(
        ask("sagemaker.amazonaws.com", &known).names_directly,
        Grant::Allow
    );
    assert_eq!(ask("lambda.amazonaws.com", &known).answer(), Grant::Deny);
}

/// An account of roles with their trust policies, by name.
fn account(trusts: &[(&str, Option<Value>)]) -> Vec<(RoleArn, Option<Document>)> {
    trusts
        .iter()
        .map(|(name, trust)| {
            (
                arn(&format!("arn:aws:iam::123456789012:role/{name}")),
                trust.as_ref().map(doc),
            )
        })
        .collect()
}

fn graph(roles: &[(RoleArn, Option<Document>)]) -> Vec<TrustedRole<'_>> {
    roles
        .iter()
        .map(|(arn, trust)| TrustedRole {
            arn,
            trust: trust.as_ref(),
        })
        .collect()
}

#[test]
fn assuming_needs_both_sides_or_the_name() {
    let root = lets_in(json!({"AWS": "123456789012"}));
    let by_name = lets_in(json!({"AWS": OWN}));
    let roles = account(&[
        ("ml-a", Some(root.clone())),
        (
            "ml-b",
            Some(lets_in(json!({"Service": "ec2.amazonaws.com"}))),
        ),
        ("ml-unread", None),
        ("prod", Some(by_name.clone())),
        ("prod-root", Some(root)),
        ("nb-exec", Some(by_name)),
    ]);
    let caller = role(json!({"Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": ["arn:aws:iam::123456789012:role/ml-*", "arn:aws:iam::999999999999:role/far"]}));
    let found = caller.assumable(&graph(&roles));
    let names = |edges: &[sagewarden_iam::AssumeEdge]| -> Vec<String> {
        edges
            .iter()
            .map(|edge| edge.target.name().to_owned())
            .collect()
    };
    assert_eq!(names(&found.targets), ["ml-a"]);
    assert_eq!(found.targets[0].grant, Grant::Allow);
    assert_eq!(names(&found.trust_only), ["prod"]);
    assert_eq!(
        found.trust_unknown,
        [arn("arn:aws:iam::123456789012:role/ml-unread")]
    );
    assert_eq!(found.elsewhere.len(), 1);
    assert_eq!(
        found.elsewhere[0].pattern,
        "arn:aws:iam::999999999999:role/far"
    );
}

#[test]
fn a_name_in_a_trust_policy_does_not_pass_a_deny_or_a_boundary() {
    let roles = account(&[("prod", Some(lets_in(json!({"AWS": OWN}))))]);
    let denied = role(json!({"Effect": "Deny", "Action": "sts:*", "Resource": "*"}));
    assert!(denied.assumable(&graph(&roles)).trust_only.is_empty());
    let mut bounded = role(json!([]));
    assert_eq!(bounded.assumable(&graph(&roles)).trust_only.len(), 1);
    let boundary = doc(&json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}));
    bounded.boundary = Boundary::Attached(AttachedPolicy::inline("boundary", boundary));
    assert!(bounded.assumable(&graph(&roles)).trust_only.is_empty());
}

#[test]
fn passing_needs_a_service_both_sides_admit() {
    let services = |names: Value| Some(lets_in(json!({"Service": names})));
    let roles = account(&[
        ("a", services(json!("sagemaker.amazonaws.com"))),
        (
            "b",
            services(json!(["lambda.amazonaws.com", "sagemaker.amazonaws.com"])),
        ),
        ("c", services(json!("lambda.amazonaws.com"))),
        ("d", None),
        ("e", Some(lets_in(json!({"AWS": "*"})))),
    ]);
    let limited = role(
        json!({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}}),
    );
    let edges = limited.passable(&graph(&roles));
    let found: BTreeMap<&str, Vec<&str>> = edges
        .iter()
        .map(|edge| {
            (
                edge.target.name(),
                edge.services
                    .iter()
                    .map(|one| one.service.as_str())
                    .collect(),
            )
        })
        .collect();
    assert_eq!(
        found,
        BTreeMap::from([
            ("a", vec!["sagemaker.amazonaws.com"]),
            ("b", vec!["sagemaker.amazonaws.com"]),
            ("d", vec![]),
        ])
    );
    assert!(
        edges
            .iter()
            .all(|edge| edge.trust_unknown == (edge.target.name() == "d"))
    );
    assert_eq!(edges[0].services[0].grant, Grant::Allow);

    let any =
        role(json!({"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::*:role/b"}));
    let edges = any.passable(&graph(&roles));
    assert_eq!((edges.len(), edges[0].services.len()), (1, 2));
}
