//! Any text as a policy: it is refused with a place in it, or every question about it ends with an answer that agrees
//! with itself; an explicit Deny of everything beside it leaves nothing granted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sagewarden_iam::{
    AttachedPolicy, Document, Extent, PolicyDocument, Question, Role, RoleArn, TrustPrincipal,
    Universe, enforces_tls, trust_allows,
};

const ROLE: &str = "arn:aws:iam::111122223333:role/a";
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// Enough for what people write; the fuzzer must not spend its time in one product.
const STATES: usize = 2_000;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let document = match Document::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            assert!(error.line > 0 && error.column > 0);
            assert!(!error.to_string().contains('\n'), "{error}");
            return;
        }
    };
    for statement in document.statements() {
        assert!(!document.statement_json(statement).is_empty());
    }
    let mut role = Role::new(RoleArn::parse(ROLE).expect("an ARN"));
    let _ = trust_allows(&document, &TrustPrincipal::from(&role)).answer();
    let policy = PolicyDocument::from(document.clone());
    let _ = enforces_tls(&policy, "bucket", "prefix/", &role);
    role.identity
        .push(AttachedPolicy::inline("fuzzed", document));
    let questions = [
        ("s3:GetObject", Universe::buckets(&role.arn)),
        ("s3:ListBucket", Universe::buckets(&role.arn)),
        ("iam:PassRole", Universe::own_roles(&role.arn)),
        ("sts:AssumeRole", Universe::any_roles(&role.arn)),
        ("kms:Decrypt", Universe::keys(&role.arn)),
    ]
    .map(|(action, universe)| {
        let mut question = Question::new(action, universe);
        question.state_cap = STATES;
        question
    });
    for question in &questions {
        let answer = role.universal(question);
        assert!(answer.must <= answer.may, "{text}: {answer:?}");
        let _ = role.scope(question).is_unscoped();
    }
    let _ = role.admin();
    role.identity.push(AttachedPolicy::inline(
        "deny",
        Document::parse(DENY).expect("a policy"),
    ));
    for question in &questions {
        assert_eq!(role.universal(question).may, Extent::None, "{text}");
    }
});
