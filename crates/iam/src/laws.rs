//! Laws that hold of every role, tried on random small ones.
//!
//! The universal solver is compared with the point evaluator over every member of a universe up
//! to a length, and answers before and after a change of the role are compared with what the
//! change can do.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::{
    AttachedPolicy, Boundary, Document, Extent, Grant, Question, Role, RoleArn, Scope, Universal,
    Universe,
};

const OWN: &str = "123456789012";

/// A role as the texts of its statements, so that laws can rearrange it.
#[derive(Debug, Clone)]
struct Draft {
    identity: Vec<Vec<Value>>,
    boundary: Option<Vec<Value>>,
    scps: Vec<Vec<Vec<Value>>>,
}

fn policy(name: &str, statements: &[Value]) -> AttachedPolicy {
    let value = json!({"Version": "2012-10-17", "Statement": statements});
    AttachedPolicy::inline(name, Document::from_value(&value).unwrap())
}

impl Draft {
    fn role(&self) -> Role {
        let arn = RoleArn::parse(&format!("arn:aws:iam::{OWN}:role/ab")).unwrap();
        let mut role = Role::new(arn);
        role.identity = self
            .identity
            .iter()
            .enumerate()
            .map(|(index, statements)| policy(&format!("p{index}"), statements))
            .collect();
        if let Some(statements) = &self.boundary {
            role.boundary = Boundary::Attached(policy("boundary", statements));
        }
        role.scps = self
            .scps
            .iter()
            .map(|level| level.iter().map(|one| policy("scp", one)).collect())
            .collect();
        role
    }
}

/// Which universe a draft is about.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Bucket,
    Object,
    OwnRole,
    AnyRole,
    Key,
}

impl Kind {
    fn question(self, role: &Role) -> Question {
        match self {
            Self::Bucket => Question::new("s3:GetObject", Universe::buckets(&role.arn)),
            Self::Object => Question::new("s3:GetObject", Universe::objects(&role.arn)),
            Self::OwnRole => Question::new("iam:PassRole", Universe::own_roles(&role.arn)),
            Self::AnyRole => Question::new("iam:PassRole", Universe::any_roles(&role.arn)),
            Self::Key => Question::new("kms:Decrypt", Universe::keys(&role.arn)),
        }
    }

    /// Every member whose tail is short and over a small alphabet.
    fn members(self, universe: &Universe) -> Vec<String> {
        let (heads, alphabet, length) = match self {
            Self::Bucket => (vec![""], "ab.", 5),
            Self::Object => (vec![""], "ab./", 6),
            Self::OwnRole => (vec![""], "ab/!", 5),
            Self::AnyRole => (
                vec![
                    "123456789012:role/",
                    "999999999999:role/",
                    "000000000000:role/",
                ],
                "ab/",
                4,
            ),
            Self::Key => (
                vec![
                    "a:123456789012:key/",
                    "us-b:999999999999:key/",
                    "b:000000000000:key/",
                ],
                "ab1",
                3,
            ),
        };
        let mut tails: Vec<String> = heads.into_iter().map(str::to_owned).collect();
        let mut members = Vec::new();
        for _ in 0..length {
            tails = tails
                .iter()
                .flat_map(|tail| alphabet.chars().map(move |next| format!("{tail}{next}")))
                .collect();
            let arns = tails
                .iter()
                .map(|tail| format!("{}{tail}", universe.prefix()));
            members.extend(arns.filter(|arn| universe.contains(arn)));
        }
        members
    }
}

fn resource(kind: Kind) -> BoxedStrategy<String> {
    let (heads, tail, common) = match kind {
        Kind::Bucket | Kind::Object => (
            vec![
                "arn:aws:s3:::",
                "arn:*:s3:::",
                "arn:aws:s3*",
                "arn:aws:s?:::",
            ],
            "[ab.*?/]{0,5}",
            vec![
                "*",
                "arn:aws:s3:::*",
                "arn:aws:s3:::*/*",
                "arn:aws:sqs:*:*:*",
                "arn:aws:*b/*",
            ],
        ),
        Kind::OwnRole | Kind::AnyRole => (
            vec![
                "arn:aws:iam::123456789012:role/",
                "arn:aws:iam::*:role/",
                "arn:aws:iam::????????????:role/",
                "arn:aws:iam::9*9:role/",
                "arn:aws:*role/",
            ],
            "[ab*?/]{0,4}",
            vec![
                "*",
                "arn:aws:iam::123456789012:role/*",
                "arn:aws:iam::999999999999:role/*",
                "arn:aws:iam::*",
            ],
        ),
        Kind::Key => (
            vec![
                "arn:aws:kms:a:123456789012:key/",
                "arn:aws:kms:*:*:key/",
                "arn:aws:kms:us-?:*:",
                "arn:aws:kms:",
                "arn:*:",
            ],
            "[ab1*?/:]{0,4}",
            vec![
                "*",
                "arn:aws:kms:*",
                "arn:aws:kms:*:123456789012:key/*",
                "arn:aws:kms:*:*:alias/*",
            ],
        ),
    };
    prop_oneof![
        4 => (select(heads.clone()), tail).prop_map(|(head, tail)| format!("{head}{tail}")),
        2 => select(common).prop_map(str::to_owned),
        1 => (select(heads), "[ab*]{0,2}", "[ab*]{0,2}")
            .prop_map(|(head, before, after)| format!("{head}{before}${{s3:x}}{after}")),
    ]
    .boxed()
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        5 => Just(None),
        1 => Just(Some(json!({}))),
        2 => Just(Some(json!({"StringEquals": {"aws:PrincipalTag/team": "ml"}}))),
        1 => Just(Some(json!({"StringEquals": {"aws:ResourceTag/env": "dev"}}))),
        1 => Just(Some(json!({"StringEquals": {"aws:PrincipalAccount": OWN}}))),
        1 => Just(Some(json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}))),
    ]
}

fn statement(kind: Kind, effect: &'static str) -> impl Strategy<Value = Value> {
    let action = match kind {
        Kind::Bucket | Kind::Object => vec!["s3:GetObject", "S3:get*", "*", "s3:*", "ec2:*"],
        Kind::OwnRole | Kind::AnyRole => vec!["iam:PassRole", "IAM:pass*", "*", "iam:*", "ec2:*"],
        Kind::Key => vec!["kms:Decrypt", "KMS:dec*", "*", "kms:*", "ec2:*"],
    };
    (
        select(action),
        prop_oneof![6 => Just("Action"), 1 => Just("NotAction")],
        prop::collection::vec(resource(kind), 1..4),
        prop_oneof![5 => Just("Resource"), 1 => Just("NotResource")],
        condition(),
    )
        .prop_map(
            move |(action, action_key, resources, resource_key, condition)| {
                let mut statement = json!({"Effect": effect});
                statement[action_key] = action.into();
                statement[resource_key] = resources.into();
                if let Some(condition) = condition {
                    statement["Condition"] = condition;
                }
                statement
            },
        )
}

fn statements(kind: Kind) -> impl Strategy<Value = Vec<Value>> {
    let one = prop_oneof![
        4 => statement(kind, "Allow").boxed(),
        1 => statement(kind, "Deny").boxed(),
    ];
    prop::collection::vec(one, 0..4)
}

fn draft(kind: Kind) -> impl Strategy<Value = Draft> {
    (
        prop::collection::vec(statements(kind), 1..4),
        prop::option::weighted(0.3, statements(kind)),
        prop::collection::vec(prop::collection::vec(statements(kind), 1..3), 0..2),
    )
        .prop_map(|(identity, boundary, scps)| Draft {
            identity,
            boundary,
            scps,
        })
}

fn any_draft() -> impl Strategy<Value = (Kind, Draft)> {
    select(vec![
        Kind::Bucket,
        Kind::Object,
        Kind::OwnRole,
        Kind::AnyRole,
        Kind::Key,
    ])
    .prop_flat_map(|kind| (Just(kind), draft(kind)))
}

fn answer(kind: Kind, draft: &Draft) -> Universal {
    let role = draft.role();
    role.universal(&kind.question(&role))
}

/// The statement and policy names apart, what an answer says.
fn gist(answer: &Universal) -> (Extent, Extent, &crate::Witnesses) {
    (answer.must, answer.may, &answer.witness)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_universal_answer_is_the_sum_of_the_points((kind, draft) in any_draft(),
        object in prop::option::weighted(0.3, resource(Kind::Object)),
        role_pattern in prop::option::weighted(0.3, resource(Kind::OwnRole)))
    {
        let role = draft.role();
        let mut question = kind.question(&role);
        question = question.outside(object.into_iter().chain(role_pattern));
        let answer = role.universal(&question);
        prop_assert!(answer.must <= answer.may);

        let taken_out = crate::universal::Outside::parse(&question.outside);
        let is_out = |arn: &str| taken_out.atoms().iter().any(|atom| {
            crate::glob::tokens_match(atom.tokens, arn, atom.reading)
        });
        let members = kind.members(&question.universe);
        let inside: Vec<&str> =
            members.iter().map(String::as_str).filter(|arn| !is_out(arn)).collect();
        let gathered = crate::gather::gather(
            &role, &question.action, &role.context_for(&question.universe));
        for arn in inside {
            let witness = match crate::point::grant(&gathered, arn) {
                Grant::Allow => &answer.witness.allow,
                Grant::Conditional => &answer.witness.conditional,
                Grant::Deny => &answer.witness.deny,
            };
            prop_assert!(witness.is_some(), "{} has a class without witness", arn);
        }
        for (witness, class) in [
            (&answer.witness.allow, Grant::Allow),
            (&answer.witness.conditional, Grant::Conditional),
            (&answer.witness.deny, Grant::Deny),
        ] {
            if let Some(arn) = witness {
                prop_assert!(question.universe.contains(arn) && !is_out(arn), "{}", arn);
                prop_assert_eq!(crate::point::grant(&gathered, arn), class, "{}", arn);
            }
        }
    }

    #[test]
    fn an_allow_never_shrinks_and_a_deny_or_a_layer_never_grows((kind, draft) in any_draft(),
        more in any_draft())
    {
        let before = answer(kind, &draft);
        let (_, more) = more;
        let (allows, denies): (Vec<Value>, Vec<Value>) = more
            .identity
            .concat()
            .into_iter()
            .partition(|statement| statement["Effect"] == "Allow");

        let mut wider = draft.clone();
        wider.identity.push(allows.clone());
        let after = answer(kind, &wider);
        prop_assert!(after.must >= before.must && after.may >= before.may);

        let mut denied = draft.clone();
        denied.identity.push(denies);
        let after = answer(kind, &denied);
        prop_assert!(after.must <= before.must && after.may <= before.may);

        let mut layered = draft;
        layered.scps.push(vec![allows]);
        let after = answer(kind, &layered);
        prop_assert!(after.must <= before.must && after.may <= before.may);
    }

    #[test]
    fn arrangement_and_names_change_nothing((kind, draft) in any_draft()) {
        let before = answer(kind, &draft);

        let mut merged = draft.clone();
        merged.identity = vec![draft.identity.concat()];
        let after = answer(kind, &merged);
        prop_assert_eq!(gist(&after), gist(&before));

        let mut split = draft.clone();
        split.identity = draft.identity.concat().into_iter().map(|one| vec![one]).rev().collect();
        let after = answer(kind, &split);
        prop_assert_eq!(gist(&after), gist(&before));

        let mut renamed = draft;
        for (index, statement) in renamed.identity.iter_mut().flatten().enumerate() {
            statement["Sid"] = format!("S{index}").into();
        }
        let after = answer(kind, &renamed);
        prop_assert_eq!(gist(&after), gist(&before));
    }

    #[test]
    fn a_cap_leaves_sound_bounds((kind, draft) in any_draft(), cap in 1_usize..8) {
        let role = draft.role();
        let question = kind.question(&role);
        let exact = role.universal(&question);
        let mut capped = question;
        capped.state_cap = cap;
        let bounds = role.universal(&capped);
        prop_assert!(bounds.must <= exact.must && bounds.may >= exact.may);
        if bounds.decision == crate::Decision::Exact {
            prop_assert_eq!(gist(&bounds), gist(&exact));
        }
    }

    #[test]
    fn the_verdict_agrees_with_the_answer((kind, draft) in any_draft()) {
        let role = draft.role();
        let question = kind.question(&role);
        let exact = role.universal(&question);
        match role.scope(&question) {
            Scope::NotGranted | Scope::Cancelled { .. } => prop_assert_eq!(exact.may, Extent::None),
            Scope::Scoped { reach, .. } => {
                prop_assert!(!reach.is_empty());
                prop_assert!(exact.may != Extent::None && exact.must != Extent::All);
            }
            Scope::Unscoped(grant) => {
                prop_assert_eq!(exact.must, Extent::All);
                prop_assert!(grant.mitigations.is_empty() && !grant.statements.is_empty());
            }
            Scope::UnscopedConditional(grant) => {
                prop_assert!(exact.may == Extent::All && exact.must != Extent::All);
                prop_assert!(!grant.open_conditions.is_empty());
            }
            Scope::UnscopedExcept(grant) => {
                prop_assert!(exact.may != Extent::None && !grant.mitigations.is_empty());
            }
            Scope::Undecided { .. } => prop_assert!(false, "everything was read"),
        }
    }

    #[test]
    fn an_unread_policy_never_makes_a_verdict_better((kind, draft) in any_draft(), lost in 0_usize..4) {
        let role = draft.role();
        let question = kind.question(&role);
        let known = role.scope(&question);
        let mut partly = role.clone();
        let unread = crate::PolicyDocument::NotRead { why: "denied".to_owned() };
        match (partly.identity.get_mut(lost), &mut partly.boundary) {
            (Some(policy), _) => policy.document = unread,
            (None, Boundary::Attached(policy)) => policy.document = unread,
            _ => return Ok(()),
        }
        match partly.scope(&question) {
            Scope::Undecided { .. } => {}
            verdict if verdict.is_unscoped() => {}
            _ => prop_assert!(!known.is_unscoped(), "{:?}", known),
        }
    }
}
