//! Joins between roles, policies, trust policies and buckets.

use serde_json::{Value, json};

use super::*;
use crate::snapshot::Observation;

const ACCOUNT: &str = "111122223333";

fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

fn observed(operation: &str, parameters: Value, body: Value) -> Observation {
    serde_json::from_value(json!({
        "operation": operation, "parameters": parameters, "account": ACCOUNT,
        "region": "aws-global", "outcome": "ok", "body": body,
    }))
    .unwrap()
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]})
}

fn trusting(principal: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})
}

fn detail(name: &str, policy: Value, trust: Value) -> Value {
    json!({
        "RoleName": name, "Arn": arn(name), "AssumeRolePolicyDocument": trust,
        "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": policy}],
        "AttachedManagedPolicies": [],
    })
}

fn details(roles: Vec<Value>, policies: Vec<Value>) -> Observation {
    observed(
        "iam:GetAccountAuthorizationDetails",
        json!({}),
        json!({"RoleDetailList": roles, "Policies": policies, "IsTruncated": false}),
    )
}

fn sagemaker() -> Value {
    trusting(json!({"Service": "sagemaker.amazonaws.com"}))
}

fn ask<T>(
    observations: Vec<Observation>,
    name: &str,
    question: impl FnOnce(&Role<'static>) -> T,
) -> T {
    let estate = Estate::new(observations);
    let tunables = Tunables::default();
    let roles = Roles::new(&estate, &tunables);
    question(&roles.role(&arn(name), ACCOUNT))
}

fn scope(grant: &Fact<'static, Arc<Grant<'static>>>) -> Option<&'static str> {
    grant.value()?.scope.value().copied()
}

#[test]
fn a_document_counts_in_every_form_that_tools_write() {
    let document = allow("s3:*", "*");
    let text = document.to_string();
    let encoded = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC)
        .to_string();
    for form in [document, json!(text), json!(encoded)] {
        let seen = ask(
            vec![details(vec![detail("r", form, sagemaker())], vec![])],
            "r",
            |role| scope(&role.object_read),
        );
        assert_eq!(seen, Some("unscoped"));
    }
}

#[test]
fn a_role_is_deleted_only_by_a_complete_list() {
    let presence = |body: Value| {
        let all = observed("iam:GetAccountAuthorizationDetails", json!({}), body);
        ask(vec![all], "gone", |role| role.presence.value().copied())
    };
    assert_eq!(presence(json!({"RoleDetailList": []})), Some("deleted"));
    assert_eq!(
        presence(json!({"RoleDetailList": [], "Marker": "m", "IsTruncated": true})),
        None
    );
    assert_eq!(
        presence(json!({"RoleDetailList": [], "IsTruncated": true})),
        None
    );
    assert_eq!(
        presence(json!({"RoleDetailList": [{"RoleName": "unnamed"}]})),
        None
    );
    assert_eq!(presence(json!({})), None);
}

#[test]
fn a_role_under_the_same_name_and_another_path_is_another_role() {
    let other = observed(
        "iam:GetRole",
        json!({"RoleName": "r"}),
        json!({"Role": {"Arn": "arn:aws:iam::111122223333:role/team/r", "AssumeRolePolicyDocument": sagemaker()}}),
    );
    assert_eq!(
        ask(vec![other], "r", |role| role.presence.value().copied()),
        Some("deleted")
    );
}

#[test]
fn the_default_version_of_a_managed_policy_is_the_one_that_counts() {
    let managed = |versions: Value| {
        let mut role = detail("r", allow("logs:*", "*"), sagemaker());
        role["AttachedManagedPolicies"] =
            json!([{"PolicyArn": "arn:aws:iam::111122223333:policy/p"}]);
        let policy = json!({
            "Arn": "arn:aws:iam::111122223333:policy/p", "DefaultVersionId": "v1", "PolicyVersionList": versions,
        });
        ask(vec![details(vec![role], vec![policy])], "r", |role| {
            scope(&role.object_read)
        })
    };
    let (wide, narrow) = (allow("s3:*", "*"), allow("s3:*", "arn:aws:s3:::acme-1/*"));
    assert_eq!(
        managed(json!([
            {"VersionId": "v2", "IsDefaultVersion": false, "Document": wide},
            {"VersionId": "v1", "IsDefaultVersion": true, "Document": narrow},
        ])),
        Some("scoped")
    );
    assert_eq!(
        managed(json!([{"VersionId": "v1", "Document": wide}])),
        Some("unscoped")
    );
    assert_eq!(
        managed(json!([{"VersionId": "v2", "Document": wide}])),
        None
    );
}

#[test]
fn an_unread_policy_hides_a_pass_and_not_a_fail() {
    let with = |action: &str, resource: &str| {
        let mut role = detail("r", allow(action, resource), sagemaker());
        role["AttachedManagedPolicies"] =
            json!([{"PolicyArn": "arn:aws:iam::111122223333:policy/unseen"}]);
        ask(vec![details(vec![role], vec![])], "r", |role| {
            scope(&role.object_read)
        })
    };
    assert_eq!(with("s3:GetObject", "*"), Some("unscoped"));
    assert_eq!(with("s3:GetObject", "arn:aws:s3:::acme-1/*"), None);
}

#[test]
fn patterns_need_the_list_of_buckets_and_names_do_not() {
    let grants = |resource: &str, buckets: Option<usize>| {
        let mut all = vec![details(
            vec![detail("r", allow("s3:GetObject", resource), sagemaker())],
            vec![],
        )];
        if let Some(count) = buckets {
            let names: Vec<Value> = (0..count)
                .map(|index| json!({"Name": format!("acme-{index}")}))
                .collect();
            all.push(observed(
                "s3:ListBuckets",
                json!({}),
                json!({"Buckets": names}),
            ));
        }
        ask(all, "r", |role| scope(&role.object_read))
    };
    assert_eq!(grants("arn:aws:s3:::acme-1/*", None), Some("scoped"));
    assert_eq!(grants("arn:aws:s3:::acme-*", None), None);
    assert_eq!(
        grants("arn:aws:s3:::acme-*", Some(5)),
        Some("pattern_covers_account")
    );
    assert_eq!(grants("arn:aws:s3:::acme-*", Some(4)), Some("scoped"));
    assert_eq!(grants("arn:aws:s3:::other-*", Some(5)), Some("scoped"));
}

#[test]
fn a_pattern_that_a_boundary_narrows_does_not_cover_the_account() {
    let mut role = detail(
        "r",
        allow("s3:GetObject", "arn:aws:s3:::acme-*"),
        sagemaker(),
    );
    role["PermissionsBoundary"] =
        json!({"PermissionsBoundaryArn": "arn:aws:iam::111122223333:policy/edge"});
    let edge = json!({
        "Arn": "arn:aws:iam::111122223333:policy/edge",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": allow("s3:*", "arn:aws:s3:::acme-1/*")}],
    });
    let names: Vec<Value> = (0..5)
        .map(|index| json!({"Name": format!("acme-{index}")}))
        .collect();
    let buckets = observed("s3:ListBuckets", json!({}), json!({"Buckets": names}));
    ask(
        vec![details(vec![role], vec![edge]), buckets],
        "r",
        |role| {
            let grant = role.object_read.value().unwrap();
            assert_eq!(grant.scope.value(), Some(&"scoped"));
            assert_eq!(grant.matched.value(), Some(&vec!["acme-1".to_owned()]));
        },
    );
}

#[test]
fn reached_roles_say_what_they_can_do() {
    let mut admin = detail("admin", allow("*", "*"), trusting(json!({"AWS": arn("r")})));
    admin["Tags"] = json!([{"Key": "Env", "Value": "PRD"}]);
    let all = details(
        vec![
            detail("r", allow("iam:PassRole", "*"), sagemaker()),
            admin,
            detail("job", allow("logs:*", "*"), sagemaker()),
        ],
        vec![],
    );
    ask(vec![all], "r", |role| {
        let by_trust = role.trust_only.value().unwrap();
        let [admin] = by_trust.as_slice() else {
            panic!("{by_trust:?}")
        };
        assert_eq!(admin.arn, arn("admin"));
        assert_eq!(admin.power.value(), Some(&"admin"));
        assert_eq!(admin.trust.value(), Some(&"names_role"));
        assert_eq!(
            admin.environment.value(),
            Some(&Some("production".to_owned()))
        );
        let passable: Vec<&str> = role
            .passable_roles
            .value()
            .unwrap()
            .iter()
            .map(|role| role.arn.as_str())
            .collect();
        assert_eq!(passable, [arn("job"), arn("r")]);
        assert_eq!(role.pass_role_services.value(), Some(&"any_service"));
    });
}

#[test]
fn where_a_role_can_go_is_open_while_roles_or_policies_are_unread() {
    let mut role = detail("r", allow("sts:AssumeRole", &arn("other")), sagemaker());
    role["AttachedManagedPolicies"] =
        json!([{"PolicyArn": "arn:aws:iam::111122223333:policy/unseen"}]);
    ask(vec![details(vec![role], vec![])], "r", |role| {
        assert!(role.assumable_targets.missing().is_some());
        assert!(role.granted_targets.missing().is_some());
        assert_eq!(role.granted_arns.value(), Some(&vec![arn("other")]));
    });
}

#[test]
fn a_managed_policy_that_was_not_collected_is_named_with_its_call() {
    let policy = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess";
    let mut role = detail("r", allow("logs:*", "*"), sagemaker());
    role["AttachedManagedPolicies"] = json!([{"PolicyArn": policy}]);
    ask(vec![details(vec![role], vec![])], "r", |role| {
        let grant = role.object_read.value().unwrap();
        let [missing] = &grant.open.missing().unwrap()[..] else {
            panic!("{:?}", grant.open)
        };
        assert_eq!(missing.operation, Some(Operation::GetPolicy));
        assert_eq!(missing.subject, format!("PolicyArn={policy}"));
    });
}

#[test]
fn the_same_role_is_reasoned_about_once() {
    let estate = Estate::new(vec![details(
        vec![detail("r", allow("s3:*", "*"), sagemaker())],
        vec![],
    )]);
    let tunables = Tunables::default();
    let roles = Roles::new(&estate, &tunables);
    let all: Vec<Arc<Role<'static>>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| roles.role(&arn("r"), ACCOUNT)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    assert!(all.iter().all(|role| Arc::ptr_eq(role, &all[0])));
}
