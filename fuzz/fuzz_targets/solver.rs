//! Any role out of a few pieces, under a small cap of states: every witness is confirmed by the point evaluator, a
//! cap leaves bounds around the exact answer, and no number of patterns makes more states than the cap.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_iam::{
    AttachedPolicy, Boundary, Decision, Document, Extent, Grant, Question, Role, RoleArn, Universe,
};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/a";

/// What resource patterns are made of.
const PIECES: [&str; 32] = [
    "*", "?", "a", "b", "/", ":", "-", "1", "Z", "é", "\n", "${aws:username}", "${aws:PrincipalTag/t}", "${*}",
    "arn:aws:s3:::", "arn:*:s3:::", "arn:aws:s3*", "arn:aws:s?:::", "arn:aws:iam::111122223333:role/",
    "arn:aws:iam::*:role/", "arn:aws:iam::", "role/", "arn:aws:kms:", ":key/", "arn:aws:*", "*a", "*/*", "???",
    "???*/*", "a????????", "111122223333", "::",
];

const ACTIONS: [&str; 8] = [
    "*", "s3:*", "s3:Get*", "iam:PassRole", "kms:*", "ec2:*", "*:PassRole", "iam:*",
];

const CONDITIONS: [&str; 6] = [
    "{}",
    r#"{"StringEquals":{"aws:PrincipalTag/t":"x"}}"#,
    r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
    r#"{"StringLike":{"iam:PassedToService":"sagemaker*"}}"#,
    r#"{"Null":{"aws:TokenIssueTime":"true"},"StringEquals":{"aws:TokenIssueTime":"1"}}"#,
    r#"{"StringEquals":{"s3:ResourceTag/t":"x"}}"#,
];

/// Enough for what people write; the fuzzer must not spend its time in one product.
const CAP: usize = 3_000;

/// The bytes as a series of small choices; past their end every choice is the first.
struct Choices<'d>(&'d [u8]);

impl Choices<'_> {
    fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.number(from.len())]
    }

    fn number(&mut self, below: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % below
    }

    fn pattern(&mut self) -> String {
        (0..self.number(7)).map(|_| self.of(&PIECES)).collect()
    }

    fn statement(&mut self) -> Value {
        let action = self.of(&["Action", "Action", "Action", "NotAction"]);
        let resource = self.of(&["Resource", "Resource", "Resource", "NotResource"]);
        let condition: Value = serde_json::from_str(self.of(&CONDITIONS)).expect("a condition");
        let patterns: Vec<String> = (0..self.number(6)).map(|_| self.pattern()).collect();
        json!({"Effect": self.of(&["Allow", "Allow", "Deny"]), action: self.of(&ACTIONS), resource: patterns,
            "Condition": condition})
    }

    fn policy(&mut self) -> AttachedPolicy {
        let statements: Vec<Value> = (0..self.number(5)).map(|_| self.statement()).collect();
        let version = self.of(&["2012-10-17", "2012-10-17", "2008-10-17"]);
        let value = json!({"Version": version, "Statement": statements});
        AttachedPolicy::inline("p", Document::from_value(&value).expect("a policy"))
    }
}

fuzz_target!(|data: &[u8]| {
    let mut choices = Choices(data);
    let mut role = Role::new(RoleArn::parse(ROLE).expect("an ARN"));
    role.identity = (0..=choices.number(3)).map(|_| choices.policy()).collect();
    if choices.number(3) == 1 {
        role.boundary = Boundary::Attached(choices.policy());
    }
    role.scps = (0..choices.number(3)).map(|_| vec![choices.policy()]).collect();
    let outside: Vec<String> = (0..choices.number(3)).map(|_| choices.pattern()).collect();
    let small = 1 + choices.number(40);
    for (action, universe) in [
        ("s3:GetObject", Universe::objects(&role.arn)),
        ("s3:ListBucket", Universe::buckets(&role.arn)),
        ("iam:PassRole", Universe::own_roles(&role.arn)),
        ("sts:AssumeRole", Universe::any_roles(&role.arn)),
        ("kms:Decrypt", Universe::keys(&role.arn)),
    ] {
        let mut question = Question::new(action, universe).outside(outside.clone());
        question.state_cap = CAP;
        let answer = role.universal(&question);
        assert!(answer.states <= CAP);
        assert!(answer.must <= answer.may, "{answer:?}");
        for (witness, grant) in [
            (&answer.witness.allow, Grant::Allow),
            (&answer.witness.conditional, Grant::Conditional),
            (&answer.witness.deny, Grant::Deny),
        ] {
            if let Some(witness) = witness {
                assert_eq!(role.reachable(action, [witness.as_str()]), [grant], "{witness}");
            }
        }
        let scope = role.scope(&question);
        if answer.decision == Decision::Exact && answer.must == Extent::All {
            assert!(scope.is_unscoped() || matches!(scope, sagewarden_iam::Scope::Undecided { .. }), "{scope:?}");
        }
        question.state_cap = small;
        let bounds = role.universal(&question);
        if answer.decision == Decision::Exact {
            assert!(bounds.must <= answer.must && bounds.may >= answer.may, "{bounds:?} {answer:?}");
        }
    }
    let _ = role.admin();
});
