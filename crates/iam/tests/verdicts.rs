//! What the answers become in the words of a control: scope, administrators, transport,
//! decryption.

use std::sync::Arc;

use sagewarden_iam::{
    AttachedPolicy, Boundary, Declared, Document, Extent, KmsBinding, Ladder, PassedTo,
    PolicyDocument, Question, Role, RoleArn, Scope, TlsEnforcement, TlsGap, Universe, enforces_tls,
};
use serde_json::{Value, json};

const OWN: &str = "arn:aws:iam::123456789012:role/nb-exec";

fn doc(statements: Value) -> Document {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn role(statements: Value) -> Role {
    let mut role = Role::new(RoleArn::parse(OWN).unwrap());
    role.identity = vec![AttachedPolicy::inline("inline", doc(statements))];
    role
}

fn bounded(statements: Value, boundary: Value) -> Role {
    let mut role = role(statements);
    role.boundary = Boundary::Attached(AttachedPolicy::inline("boundary", doc(boundary)));
    role
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn allow_if(action: &str, resource: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn unread() -> PolicyDocument {
    PolicyDocument::NotRead {
        why: "AccessDenied on iam:GetPolicyVersion".to_owned(),
    }
}

fn s3(role: &Role) -> Scope {
    role.scope(&Question::new("s3:GetObject", Universe::objects(&role.arn)))
}

fn pass(role: &Role) -> Scope {
    role.scope(&Question::new(
        "iam:PassRole",
        Universe::own_roles(&role.arn),
    ))
}

fn assume(role: &Role) -> Scope {
    role.scope(&Question::new(
        "sts:AssumeRole",
        Universe::any_roles(&role.arn),
    ))
}

#[test]
fn one_open_entry_among_scoped_ones_is_unscoped() {
    let role = role(
        json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::b1x/*", "*"]}),
    );
    assert!(matches!(s3(&role), Scope::Unscoped(_)));
}

#[test]
fn not_action_iam_grants_s3_and_sts_and_not_pass_role() {
    let role = role(json!({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}));
    assert!(s3(&role).is_unscoped());
    assert!(assume(&role).is_unscoped());
    assert_eq!(pass(&role), Scope::NotGranted);
}

#[test]
fn an_outright_deny_cancels_and_says_which() {
    let role = role(json!([allow("s3:*", "*"), deny("s3:Get*", "*")]));
    let Scope::Cancelled { denies, layers } = s3(&role) else {
        panic!("{:?}", s3(&role));
    };
    assert_eq!((denies.len(), denies[0].index, layers.len()), (1, 1, 0));
}

#[test]
fn a_boundary_without_the_action_cancels() {
    let role = bounded(allow("s3:*", "*"), allow("ec2:*", "*"));
    let Scope::Cancelled { denies, layers } = s3(&role) else {
        panic!("{:?}", s3(&role));
    };
    assert!(denies.is_empty());
    assert_eq!(layers[0].to_string(), "boundary");
}

#[test]
fn a_deny_of_some_or_under_a_condition_mitigates_only() {
    let some = role(json!([
        allow("s3:*", "*"),
        deny("s3:*", "arn:aws:s3:::phi/*")
    ]));
    let conditional = role(
        json!([allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]),
    );
    for role in [some, conditional] {
        let Scope::UnscopedExcept(grant) = s3(&role) else {
            panic!("{:?}", s3(&role));
        };
        assert_eq!(grant.mitigations.len(), 1);
        assert_eq!(grant.mitigations[0].index, 1);
    }
}

#[test]
fn a_deny_by_exception_is_an_allow_list() {
    let role = role(
        json!([allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::mine/*"}]),
    );
    assert!(matches!(s3(&role), Scope::Scoped { .. }));
}

#[test]
fn only_conditions_on_the_resource_scope() {
    for (condition, scoped) in [
        (
            json!({"StringEquals": {"aws:ResourceTag/env": "dev"}}),
            true,
        ),
        (
            json!({"StringLike": {"s3:ExistingObjectTag/team": "ml-*"}}),
            true,
        ),
        (
            json!({"StringEquals": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:123456789012:accesspoint/x"}}),
            true,
        ),
        (
            json!({"StringEquals": {"s3:ExistingObjectTag/team": "ml"}, "Bool": {"aws:SecureTransport": "true"}}),
            true,
        ),
        (json!({"Bool": {"aws:SecureTransport": "true"}}), false),
        (json!({"StringLike": {"aws:ResourceTag/env": "*"}}), false),
        (
            json!({"StringNotEquals": {"aws:ResourceTag/env": "prod"}}),
            false,
        ),
        (
            json!({"StringEqualsIfExists": {"aws:ResourceTag/env": "dev"}}),
            false,
        ),
        (
            json!({"ForAllValues:StringEquals": {"aws:ResourceTag/env": "dev"}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:ResourceAccount": "123456789012"}}),
            false,
        ),
        (
            json!({"StringEquals": {"aws:PrincipalTag/team": "ml"}}),
            false,
        ),
        (json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), false),
        (json!({"StringLike": {"s3:prefix": "x/*"}}), false),
    ] {
        let verdict = s3(&role(allow_if("s3:GetObject", "*", condition.clone())));
        match (&verdict, scoped) {
            (Scope::Scoped { reach, .. }, true) => assert!(reach[0].resource_condition),
            (Scope::UnscopedConditional(grant), false) => {
                assert!(!grant.open_conditions.is_empty())
            }
            _ => panic!("{condition}: {verdict:?}"),
        }
    }
}

#[test]
fn a_condition_that_cannot_hold_grants_nothing() {
    let role = role(allow_if(
        "s3:*",
        "*",
        json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}),
    ));
    assert_eq!(s3(&role), Scope::NotGranted);
}

#[test]
fn pass_role_names_its_services() {
    let limited = role(allow_if(
        "iam:PassRole",
        "arn:aws:iam::*:role/*",
        json!({"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com", "glue.amazonaws.com"]}}),
    ));
    let Scope::UnscopedConditional(grant) = pass(&limited) else {
        panic!("{:?}", pass(&limited));
    };
    assert_eq!(
        grant.passed_to,
        Some(PassedTo::Services(vec![
            "glue.amazonaws.com".to_owned(),
            "sagemaker.amazonaws.com".to_owned()
        ]))
    );
    let both = role(json!([
        allow_if(
            "iam:PassRole",
            "*",
            json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}})
        ),
        allow("iam:*", "arn:aws:iam::123456789012:role/*"),
    ]));
    let Scope::Unscoped(grant) = pass(&both) else {
        panic!("{:?}", pass(&both));
    };
    assert_eq!(grant.passed_to, Some(PassedTo::AnyService));
    let wild = role(allow_if(
        "iam:PassRole",
        "*",
        json!({"StringLike": {"iam:PassedToService": "*"}}),
    ));
    let Scope::UnscopedConditional(grant) = pass(&wild) else {
        panic!("{:?}", pass(&wild));
    };
    assert_eq!(grant.passed_to, Some(PassedTo::AnyService));
}

#[test]
fn own_account_roles_are_all_for_pass_role_and_some_for_assume_role() {
    let pattern = "arn:aws:iam::123456789012:role/*";
    assert!(matches!(
        pass(&role(allow("iam:*", pattern))),
        Scope::Unscoped(_)
    ));
    assert!(matches!(
        assume(&role(allow("sts:*", pattern))),
        Scope::Scoped { .. }
    ));
    assert!(matches!(
        pass(&role(allow(
            "iam:PassRole",
            "arn:aws:iam::123456789012:role/ds-*"
        ))),
        Scope::Scoped { .. }
    ));
    assert_eq!(
        pass(&role(allow(
            "iam:PassRole",
            "arn:aws:iam::999999999999:role/*"
        ))),
        Scope::NotGranted
    );
}

#[test]
fn a_variable_alone_covers_and_beside_text_scopes() {
    let alone = role(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"));
    let Scope::UnscopedConditional(grant) = s3(&alone) else {
        panic!("{:?}", s3(&alone));
    };
    assert!(grant.policy_variable);
    let beside = role(allow(
        "s3:*",
        "arn:aws:s3:::team-${aws:PrincipalTag/team}/*",
    ));
    let Scope::Scoped { reach, .. } = s3(&beside) else {
        panic!("{:?}", s3(&beside));
    };
    assert_eq!(reach[0].variables, ["aws:principaltag/team"]);
}

#[test]
fn buckets_in_reach_leave_out_what_a_tag_limits() {
    let role = role(json!([
        allow("s3:GetObject", "arn:aws:s3:::*sagemaker*"),
        allow_if(
            "s3:GetObject",
            "*",
            json!({"StringEquals": {"s3:ExistingObjectTag/team": "ml"}})
        ),
        deny("s3:*", "arn:aws:s3:::sagemaker-phi/*"),
        allow_if(
            "s3:GetObject",
            "arn:aws:s3:::logs/a/*",
            json!({"Bool": {"aws:SecureTransport": "true"}})
        ),
    ]));
    assert_eq!(
        role.reached_buckets(
            "s3:GetObject",
            ["my-sagemaker", "other", "sagemaker-phi", "logs"]
        ),
        [Extent::All, Extent::Some, Extent::None, Extent::Some],
        "a key of any bucket may hold the word"
    );
    let narrow = bounded(
        allow("s3:GetObject", "*"),
        allow("s3:*", "arn:aws:s3:::prod-*"),
    );
    assert_eq!(
        narrow.reached_buckets("s3:GetObject", ["prod-a", "dev-a"]),
        [Extent::All, Extent::None]
    );
}

#[test]
fn what_was_not_read_is_undecided_unless_the_rest_decides() {
    let missing = AttachedPolicy::managed("arn:aws:iam::123456789012:policy/x", None, unread());
    let mut scoped = role(allow("s3:GetObject", "arn:aws:s3:::b1x/*"));
    scoped.identity.push(missing.clone());
    let Scope::Undecided {
        missing: names,
        so_far,
        ..
    } = s3(&scoped)
    else {
        panic!("{:?}", s3(&scoped));
    };
    assert_eq!(names[0].policy.as_ref(), "x");
    assert!(matches!(so_far.as_deref(), Some(Scope::Scoped { .. })));

    let mut open = role(allow("s3:GetObject", "*"));
    open.identity.push(missing.clone());
    assert!(s3(&open).is_unscoped(), "a known failure stands");
    open.boundary = Boundary::Attached(AttachedPolicy::inline("b", unread()));
    assert!(
        matches!(s3(&open), Scope::Undecided { .. }),
        "a boundary may take it away"
    );
    open.boundary = Boundary::NotRead {
        why: "denied".to_owned(),
    };
    assert!(matches!(s3(&open), Scope::Undecided { .. }));

    let mut capped = bounded(
        allow("s3:GetObject", "arn:aws:s3:::b1x/*"),
        allow("s3:*", "arn:aws:s3:::b1*"),
    );
    capped.identity.push(missing);
    assert!(
        matches!(s3(&capped), Scope::Scoped { .. }),
        "the boundary scopes whatever is missing"
    );

    let mut malformed = role(json!([]));
    malformed.identity = vec![AttachedPolicy::inline("bad", Document::parse("{"))];
    assert!(matches!(s3(&malformed), Scope::Undecided { .. }));
}

#[test]
fn the_ladder() {
    let own_policy: Arc<str> = "arn:aws:iam::123456789012:policy/mine".into();
    let mut rewrites_itself = role(allow("iam:CreatePolicyVersion", &own_policy));
    assert_eq!(
        rewrites_itself.admin().answer,
        Ladder::No,
        "not attached to it"
    );
    rewrites_itself.identity.push(AttachedPolicy::managed(
        &own_policy,
        Some("v1"),
        doc(json!([])),
    ));
    assert_eq!(rewrites_itself.admin().answer, Ladder::Escalatable);

    for (statements, expected) in [
        (json!(allow("*", "*")), Ladder::Full),
        (json!(allow("*:*", "*")), Ladder::Full),
        (json!(allow("*", "arn:aws:*")), Ladder::Full),
        (
            json!({"Effect": "Allow", "NotAction": "nosuchservice:*", "Resource": "*"}),
            Ladder::Full,
        ),
        (
            json!([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, allow("iam:*", "*")]),
            Ladder::Full,
        ),
        (
            json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
            Ladder::No,
        ),
        (
            json!({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
            Ladder::Escalatable,
        ),
        (json!([allow("*", "*"), deny("iam:*", "*")]), Ladder::No),
        (json!([allow("*", "*"), deny("*", "*")]), Ladder::No),
        (
            json!([allow("*", "*"), deny("s3:*", "arn:aws:s3:::audit/*")]),
            Ladder::Escalatable,
        ),
        (json!(allow("iam:*", "*")), Ladder::Escalatable),
        (
            json!(allow("iam:AttachRolePolicy", "*")),
            Ladder::Escalatable,
        ),
        (
            json!(allow(
                "iam:PutRolePolicy",
                "arn:aws:iam::123456789012:role/nb-*"
            )),
            Ladder::Escalatable,
        ),
        (
            json!(allow(
                "iam:PutRolePolicy",
                "arn:aws:iam::123456789012:role/other"
            )),
            Ladder::No,
        ),
        (
            json!(allow("iam:UpdateAssumeRolePolicy", "*")),
            Ladder::Escalatable,
        ),
        (
            json!([
                allow("iam:CreateRole", "*"),
                allow("iam:PutRolePolicy", "arn:aws:iam::*:role/app/*")
            ]),
            Ladder::Escalatable,
        ),
        (
            json!([
                allow("iam:CreateRole", "arn:aws:iam::*:role/a"),
                allow("iam:PutRolePolicy", "arn:aws:iam::*:role/b")
            ]),
            Ladder::No,
        ),
        (
            json!(allow_if(
                "iam:PutRolePolicy",
                "*",
                json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
            )),
            Ladder::Conditional,
        ),
        (
            json!(allow_if(
                "*",
                "*",
                json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})
            )),
            Ladder::Conditional,
        ),
        (json!(allow("s3:*", "*")), Ladder::No),
        (json!([]), Ladder::No),
    ] {
        let admin = role(statements.clone()).admin();
        assert_eq!(admin.answer, expected, "{statements}");
        assert!(admin.settled);
        if expected != Ladder::No {
            assert!(!admin.decided_by.is_empty(), "{statements}");
        }
    }
}

#[test]
fn a_region_guard_mitigates_an_administrator_and_makes_none_less() {
    let role = role(
        json!([allow("*", "*"), {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:ViaAWSService": "false"}}}]),
    );
    let admin = role.admin();
    assert_eq!(admin.answer, Ladder::Conditional);
    assert_eq!(admin.apart_from_mitigations, Ladder::Full);
    assert_eq!(admin.mitigations.len(), 2);
}

#[test]
fn a_boundary_holds_an_administrator_down_unless_it_can_take_it_off() {
    let held = bounded(allow("*", "*"), allow("s3:*", "*")).admin();
    assert_eq!((held.answer, held.boundary_cancels), (Ladder::No, true));
    let wide = bounded(allow("*", "*"), allow("*", "*")).admin();
    assert_eq!((wide.answer, wide.boundary_cancels), (Ladder::Full, false));
    let loose = bounded(
        allow("*", "*"),
        json!([allow("s3:*", "*"), allow("iam:*", "*")]),
    )
    .admin();
    assert_eq!(loose.answer, Ladder::Escalatable);
    let first = &loose.way_up.unwrap().steps[0];
    assert_eq!(first.action, "iam:DeleteRolePermissionsBoundary");
    let inline_only = bounded(
        allow("iam:PutRolePolicy", "*"),
        allow("iam:PutRolePolicy", "*"),
    )
    .admin();
    assert_eq!(
        inline_only.answer,
        Ladder::No,
        "what it writes stays under the boundary"
    );

    let mut unknown = role(allow("*", "*"));
    unknown.boundary = Boundary::NotRead {
        why: "denied".to_owned(),
    };
    assert!(!unknown.admin().settled);
    let mut partly = role(json!([]));
    partly.identity.push(AttachedPolicy::inline("x", unread()));
    assert!(!partly.admin().settled);
    partly.boundary =
        Boundary::Attached(AttachedPolicy::inline("b", doc(json!(allow("s3:*", "*")))));
    let admin = partly.admin();
    assert_eq!(
        (admin.answer, admin.settled),
        (Ladder::No, true),
        "bounded whatever is missing"
    );
}

#[test]
fn near_administrators_are_counted() {
    let services = json!({"Effect": "Allow", "Action": ["ec2:*", "S3:*", "s3:*", "sqs:Get*"], "Resource": "*"});
    assert_eq!(role(services).admin().near.whole_services, 2);
    let power_user = role(
        json!({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}),
    );
    assert!(power_user.admin().near.all_but_some);
}

fn bucket_policy(statement: Value) -> PolicyDocument {
    doc(statement).into()
}

fn tls_deny(resource: Value, condition: Value) -> Value {
    json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition})
}

fn gap(policy: Value, prefix: &str) -> Option<TlsGap> {
    let reader = role(json!([]));
    match enforces_tls(&bucket_policy(policy), "train", prefix, &reader) {
        TlsEnforcement::Enforced { .. } => None,
        TlsEnforcement::NotEnforced { why, .. } => Some(why),
        TlsEnforcement::Undecidable { .. } => panic!("the policy was read"),
    }
}

#[test]
fn every_spelling_of_the_insecure_transport_test_enforces() {
    let objects = json!(["arn:aws:s3:::train", "arn:aws:s3:::train/*"]);
    for condition in [
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"Bool": {"aws:securetransport": false}}),
        json!({"BoolIfExists": {"aws:SecureTransport": "false"}}),
        json!({"StringEquals": {"aws:SecureTransport": "false"}}),
        json!({"StringNotEquals": {"aws:SecureTransport": "true"}}),
        json!({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalAccount": "123456789012"}}),
    ] {
        assert_eq!(
            gap(tls_deny(objects.clone(), condition.clone()), ""),
            None,
            "{condition}"
        );
    }
}

#[test]
fn what_does_not_enforce_says_why() {
    let insecure = || json!({"Bool": {"aws:SecureTransport": "false"}});
    let objects = || json!("arn:aws:s3:::train/*");
    let with = |member: &str, value: Value| {
        let mut statement = tls_deny(objects(), insecure());
        statement[member] = value;
        statement
    };
    assert_eq!(gap(json!([]), ""), Some(TlsGap::NoStatement));
    assert_eq!(
        gap(
            json!({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            ""
        ),
        Some(TlsGap::AllowOnly)
    );
    assert_eq!(
        gap(with("Action", json!("s3:PutObject")), ""),
        Some(TlsGap::OtherAction)
    );
    assert_eq!(
        gap(
            with(
                "Principal",
                json!({"AWS": "arn:aws:iam::123456789012:role/other"})
            ),
            ""
        ),
        Some(TlsGap::OtherPrincipal)
    );
    assert_eq!(
        gap(with("Resource", json!("arn:aws:s3:::train")), ""),
        Some(TlsGap::NotObjects)
    );
    assert!(matches!(
        gap(with("Resource", json!("arn:aws:s3:::train/a/*")), ""),
        Some(TlsGap::SomeObjects { .. })
    ));
    assert_eq!(
        gap(with("Resource", json!("arn:aws:s3:::train/a/*")), "a/b"),
        None,
        "the prefix is covered"
    );
    assert!(matches!(
        gap(with("Resource", json!("arn:aws:s3:::train/a/*")), "a"),
        Some(TlsGap::SomeObjects { .. })
    ));
    assert_eq!(
        gap(
            tls_deny(
                objects(),
                json!({"NumericLessThan": {"s3:TlsVersion": "1.2"}})
            ),
            ""
        ),
        Some(TlsGap::TlsVersionOnly)
    );
    assert_eq!(
        gap(
            tls_deny(
                objects(),
                json!({"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
            ),
            ""
        ),
        Some(TlsGap::Narrowed {
            keys: vec!["aws:SourceIp".to_owned()]
        })
    );
    assert_eq!(
        gap(
            tls_deny(objects(), json!({"Bool": {"aws:SecureTransport": "true"}})),
            ""
        ),
        Some(TlsGap::OtherCondition)
    );
}

#[test]
fn principals_of_a_transport_deny() {
    let with = |member: &str, value: Value| {
        json!({"Effect": "Deny", member: value, "Action": "s3:*", "Resource": "arn:aws:s3:::train/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    };
    for principal in [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": OWN}),
        json!({"AWS": ["123456789012"]}),
        json!({"AWS": "arn:aws:iam::123456789012:root"}),
    ] {
        assert_eq!(
            gap(with("Principal", principal.clone()), ""),
            None,
            "{principal}"
        );
    }
    assert_eq!(
        gap(with("NotPrincipal", json!({"AWS": OWN})), ""),
        Some(TlsGap::OtherPrincipal)
    );
    assert_eq!(
        gap(
            with(
                "NotPrincipal",
                json!({"AWS": "arn:aws:iam::123456789012:role/other"})
            ),
            ""
        ),
        None
    );
}

#[test]
fn a_bucket_policy_that_was_not_read_is_undecidable() {
    let reader = role(json!([]));
    assert!(matches!(
        enforces_tls(&unread(), "train", "", &reader),
        TlsEnforcement::Undecidable { .. }
    ));
}

#[test]
fn the_role_may_refuse_itself() {
    let statement = json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}});
    assert!(matches!(
        role(statement.clone()).enforces_tls("train", ""),
        TlsEnforcement::Enforced { .. }
    ));
    assert!(matches!(
        bounded(json!([]), statement).enforces_tls("train", ""),
        TlsEnforcement::Enforced { .. }
    ));
    assert!(matches!(
        role(allow("s3:*", "*")).enforces_tls("train", ""),
        TlsEnforcement::NotEnforced { .. }
    ));
    let mut partly = role(json!([]));
    partly.identity.push(AttachedPolicy::inline("x", unread()));
    assert!(matches!(
        partly.enforces_tls("train", ""),
        TlsEnforcement::Undecidable { .. }
    ));
}

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234";

fn declared() -> Declared {
    Declared {
        keys: vec![KEY.to_owned()],
        aliases: vec!["alias/ml".to_owned()],
        buckets: vec!["train".to_owned()],
    }
}

#[test]
fn decryption_is_bound_by_what_is_named_or_by_the_encryption_context() {
    for statement in [
        allow("kms:Decrypt", KEY),
        allow_if(
            "kms:*",
            "*",
            json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::train/*"}}),
        ),
        allow_if(
            "kms:*",
            "*",
            json!({"StringEquals": {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::train"]}}),
        ),
        allow_if(
            "kms:*",
            "*",
            json!({"StringEquals": {"kms:RequestAlias": "alias/ml"}}),
        ),
        allow_if(
            "kms:*",
            "*",
            json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/ml"}}),
        ),
    ] {
        let answer = role(statement.clone()).kms_binding(&declared());
        assert!(
            matches!(answer, KmsBinding::Bound { .. }),
            "{statement}: {answer:?}"
        );
    }
}

#[test]
fn decryption_is_unbound_when_another_key_is_in_reach() {
    for statement in [
        allow("kms:Decrypt", "*"),
        allow("kms:*", "arn:aws:kms:*:*:key/*"),
        allow_if(
            "kms:Decrypt",
            "*",
            json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        ),
        allow_if(
            "kms:Decrypt",
            "*",
            json!({"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::train*"}}),
        ),
        allow_if(
            "kms:Decrypt",
            "*",
            json!({"StringLikeIfExists": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::train/*"}}),
        ),
        allow("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:key/5678"),
    ] {
        let answer = role(statement.clone()).kms_binding(&declared());
        let KmsBinding::Unbound {
            statements,
            witness,
        } = answer
        else {
            panic!("{statement}: {answer:?}");
        };
        assert_eq!(statements.len(), 1);
        assert_ne!(witness.unwrap(), KEY);
    }
}

#[test]
fn decryption_may_be_granted_elsewhere_or_unknown() {
    assert_eq!(
        role(allow("s3:*", "*")).kms_binding(&declared()),
        KmsBinding::NotGranted
    );
    let by_alias = allow("kms:Decrypt", "arn:aws:kms:eu-west-1:123456789012:alias/ml");
    assert_eq!(
        role(by_alias).kms_binding(&declared()),
        KmsBinding::NotGranted,
        "an alias is no key"
    );
    let cut = bounded(allow("kms:*", "*"), allow("kms:Decrypt", KEY));
    assert!(matches!(
        cut.kms_binding(&declared()),
        KmsBinding::Bound { .. }
    ));
    let mut partly = role(allow("kms:Decrypt", KEY));
    partly.identity.push(AttachedPolicy::inline("x", unread()));
    assert!(matches!(
        partly.kms_binding(&declared()),
        KmsBinding::Undecided { .. }
    ));
}
