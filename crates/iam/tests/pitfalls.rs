//! The traps of IAM evaluation, one test each. The name says the trap.

use sagewarden_iam::{
    AttachedPolicy, Boundary, Context, Document, DocumentErrorKind, Extent, Grant, LanguageVersion,
    PolicyDocument, Question, Role, RoleArn, Universe,
};
use serde_json::{Value, json};

const OWN: &str = "arn:aws:iam::123456789012:role/nb-exec";

fn role(policies: &[Value]) -> Role {
    let mut role = Role::new(RoleArn::parse(OWN).unwrap());
    role.identity = policies
        .iter()
        .enumerate()
        .map(|(index, statements)| AttachedPolicy::inline(&format!("p{index}"), doc(statements)))
        .collect();
    role
}

fn doc(statements: &Value) -> Document {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap()
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn deny(action: &str, resource: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": resource})
}

fn objects(role: &Role) -> (Extent, Extent) {
    extents(role, "s3:GetObject", Universe::objects(&role.arn))
}

fn extents(role: &Role, action: &str, universe: Universe) -> (Extent, Extent) {
    let answer = role.universal(&Question::new(action, universe));
    (answer.must, answer.may)
}

const ALL: (Extent, Extent) = (Extent::All, Extent::All);
const NONE: (Extent, Extent) = (Extent::None, Extent::None);
const SOME: (Extent, Extent) = (Extent::Some, Extent::Some);

#[test]
fn pitfall_1_all_is_not_the_string_star() {
    for resource in [
        "arn:*",
        "arn:aws:s3*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::*/*",
        "arn:*:s3:::*",
        "arn:aws:s3:::???*/*",
        "arn:aws:s3:::*/?*",
        "arn:aws:s3:*:*:*",
    ] {
        assert_eq!(
            objects(&role(&[allow("s3:*", resource)])),
            ALL,
            "{resource}"
        );
    }
    let everything_else =
        json!({"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:sqs:*:*:*"});
    assert_eq!(objects(&role(&[everything_else])), ALL);
}

#[test]
fn pitfall_2_two_halves_in_two_policies_make_a_whole() {
    let letters: Vec<String> = ('a'..='z')
        .map(|first| format!("arn:aws:s3:::{first}*"))
        .collect();
    let digits: Vec<String> = ('0'..='9')
        .map(|first| format!("arn:aws:s3:::{first}*"))
        .collect();
    let half = |resources: &[String]| json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources});
    assert_eq!(objects(&role(&[half(&letters), half(&digits)])), ALL);
    assert_eq!(objects(&role(&[half(&letters), half(&digits[1..])])), SOME);
}

#[test]
fn pitfall_3_a_boundary_is_a_ceiling_never_a_grant() {
    let with = |identity: &[Value], boundary: Boundary| {
        let mut role = role(identity);
        role.boundary = boundary;
        role
    };
    let attached = |statements: Value| {
        Boundary::Attached(AttachedPolicy::inline("boundary", doc(&statements)))
    };
    let everything = [allow("*", "*")];
    assert_eq!(objects(&with(&[], attached(everything[0].clone()))), NONE);
    assert_eq!(objects(&with(&everything, attached(json!([])))), NONE);
    assert_eq!(
        objects(&with(
            &everything,
            attached(json!({"Effect": "Allow", "Resource": "*"}))
        )),
        NONE
    );
    assert_eq!(
        objects(&with(&everything, attached(allow("ec2:*", "*")))),
        NONE
    );

    let unread = Boundary::Attached(AttachedPolicy::inline(
        "boundary",
        PolicyDocument::NotRead {
            why: "denied".to_owned(),
        },
    ));
    let role = with(&everything, unread.clone());
    let point = role.point("s3:GetObject", "arn:aws:s3:::b1x/k");
    assert_eq!((point.answer, point.settled), (Grant::Allow, false));
    assert_eq!(point.missing.len(), 1);
    let nothing = with(&[], unread);
    let point = nothing.point("s3:GetObject", "arn:aws:s3:::b1x/k");
    assert_eq!((point.answer, point.settled), (Grant::Deny, true));
}

#[test]
fn pitfall_4_a_deny_by_exception_can_be_total() {
    let except = |resource: &str| json!([allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": resource}]);
    assert_eq!(objects(&role(&[except("arn:aws:s3:::mine/*")])), SOME);
    assert_eq!(
        objects(&role(&[except("arn:aws:s3:::mine")])),
        NONE,
        "matches no object"
    );
    let other_actions =
        json!([allow("s3:*", "*"), {"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}]);
    assert_eq!(objects(&role(&[other_actions])), ALL);
}

#[test]
fn pitfall_5_the_arn_of_a_bucket_is_not_the_arn_of_its_objects() {
    assert_eq!(
        objects(&role(&[allow("s3:*", "arn:aws:s3:::bucket")])),
        NONE
    );
    let every_object = role(&[allow("s3:*", "arn:aws:s3:::*/*")]);
    let buckets = Universe::buckets(&every_object.arn);
    assert_eq!(extents(&every_object, "s3:ListBucket", buckets), NONE);
    let leak = role(&[allow("s3:GetObject", "arn:aws:s3:::data*")]);
    assert_eq!(
        leak.point("s3:GetObject", "arn:aws:s3:::data-of-others/k")
            .answer,
        Grant::Allow
    );
}

#[test]
fn pitfall_6_wildcards_cross_slashes() {
    let any_path = role(&[allow("iam:PassRole", "arn:aws:iam::123456789012:role/*-x")]);
    assert_eq!(
        any_path
            .point("iam:PassRole", "arn:aws:iam::123456789012:role/a/b/c-x")
            .answer,
        Grant::Allow
    );
    let one = role(&[allow("s3:GetObject", "arn:aws:s3:::abc?k")]);
    assert_eq!(
        one.point("s3:GetObject", "arn:aws:s3:::abc/k").answer,
        Grant::Allow
    );
}

#[test]
fn pitfall_7_actions_ignore_case_resources_do_not() {
    let mixed = role(&[allow("S3:getobject", "arn:aws:s3:::Data/*")]);
    assert_eq!(
        mixed.point("s3:GetObject", "arn:aws:s3:::Data/k").answer,
        Grant::Allow
    );
    assert_eq!(
        mixed.point("s3:GetObject", "arn:aws:s3:::data/k").answer,
        Grant::Deny
    );
}

#[test]
fn pitfall_8_without_a_version_a_variable_is_text() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}/*"}}"#;
    let document = Document::parse(text).unwrap();
    assert_eq!(document.version(), LanguageVersion::V2008);
    let mut role = role(&[]);
    role.identity = vec![AttachedPolicy::inline("old", document)];
    assert_eq!(
        role.point("s3:GetObject", "arn:aws:s3:::${aws:username}/k")
            .answer,
        Grant::Allow
    );
    assert_eq!(
        role.point("s3:GetObject", "arn:aws:s3:::bob/k").answer,
        Grant::Deny
    );
}

#[test]
fn pitfall_8_a_role_has_no_user_name_but_a_default_may_stand_in() {
    let named = role(&[allow("s3:*", "arn:aws:s3:::${aws:username}/*")]);
    assert_eq!(objects(&named), NONE);
    let defaulted = role(&[allow("s3:*", "arn:aws:s3:::${aws:username, 'shared'}/*")]);
    assert_eq!(
        defaulted
            .point("s3:GetObject", "arn:aws:s3:::shared/k")
            .answer,
        Grant::Allow
    );
    let escaped = role(&[allow("s3:*", "arn:aws:s3:::abc/${*}")]);
    assert_eq!(
        escaped.point("s3:GetObject", "arn:aws:s3:::abc/*").answer,
        Grant::Allow
    );
    assert_eq!(
        escaped.point("s3:GetObject", "arn:aws:s3:::abc/x").answer,
        Grant::Deny
    );
}

#[test]
fn pitfall_9_a_variable_is_never_must_in_an_allow_and_never_certain_in_a_deny() {
    let tagged = role(&[allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")]);
    assert_eq!(objects(&tagged), (Extent::None, Extent::All));
    let point = tagged.point("s3:GetObject", "arn:aws:s3:::ml-team/k");
    assert_eq!(point.answer, Grant::Conditional);
    assert_eq!(point.open_conditions, ["aws:principaltag/team"]);
    let kept_out = role(&[json!([
        allow("s3:*", "*"),
        deny("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*")
    ])]);
    assert_eq!(objects(&kept_out), (Extent::None, Extent::All));
    let mut known = tagged;
    known.context = Context::of_role(
        &known.arn,
        Some(&[("team".to_owned(), "ml-team".to_owned())].into()),
    );
    assert_eq!(objects(&known), SOME);
    assert_eq!(
        known.point("s3:GetObject", "arn:aws:s3:::ml-team/k").answer,
        Grant::Allow
    );
}

/// Without a value IAM may pass over the entry, or over the whole statement: neither a grant nor a
/// cancellation may rest on which.
#[test]
fn pitfall_9_a_list_of_exceptions_with_a_variable_that_has_no_value_is_never_certain() {
    let except = |effect: &str, resource: &str| json!({"Effect": effect, "Action": "s3:*", "NotResource": resource});
    const HOME: &str = "arn:aws:s3:::home/${aws:PrincipalTag/team}/*";
    for (unknown, key) in [
        (HOME, "aws:principaltag/team"),
        ("arn:aws:s3:::home/${aws:username}/*", "aws:username"),
    ] {
        let granted = role(&[except("Allow", unknown)]);
        assert_eq!(objects(&granted), (Extent::None, Extent::All), "{key}");
        let denied = role(&[json!([allow("s3:*", "*"), except("Deny", unknown)])]);
        assert_eq!(objects(&denied), (Extent::None, Extent::All), "{key}");
        let point = denied.point("s3:GetObject", "arn:aws:s3:::other/k");
        assert_eq!(point.answer, Grant::Conditional);
        assert_eq!(point.open_conditions, [key]);
    }
    let of_nobody = role(&[json!([
        allow("s3:*", "*"),
        except("Deny", "arn:aws:s3:::home/${aws:username}/*")
    ])]);
    let question = Question::new("s3:GetObject", Universe::objects(&of_nobody.arn));
    assert!(of_nobody.scope(&question).is_unscoped());
    let fallback = "arn:aws:s3:::home/${aws:PrincipalTag/team, 'none'}/*";
    let with_default = role(&[except("Allow", fallback)]);
    assert_eq!(objects(&with_default), (Extent::Some, Extent::All));
    let mut known = role(&[json!([allow("s3:*", "*"), except("Deny", HOME)])]);
    known.context = Context::of_role(
        &known.arn,
        Some(&[("team".to_owned(), "ml".to_owned())].into()),
    );
    assert_eq!(objects(&known), SOME);
}

#[test]
fn pitfall_10_every_shape_of_the_same_document() {
    let plain = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b+c/%25*","Condition":{}}}"#;
    let quoted = serde_json::to_string(plain).unwrap();
    let encoded: String = plain.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let marked = format!("\u{feff}{plain}");
    let listed = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b+c/%25*"]}]}"#.to_owned();
    let encoded_mark = format!("%EF%BB%BF{encoded}");
    for text in [
        plain.to_owned(),
        quoted,
        encoded,
        marked,
        listed,
        encoded_mark,
    ] {
        let document = Document::parse(&text).unwrap();
        let mut role = role(&[]);
        role.identity = vec![AttachedPolicy::inline("p", document)];
        let point = role.point("s3:GetObject", "arn:aws:s3:::b+c/%25/x");
        assert_eq!(point.answer, Grant::Allow, "{text}");
    }
    assert_eq!(
        objects(&role(&[json!([])])),
        NONE,
        "an empty list of statements"
    );
}

#[test]
fn pitfall_10_repeated_keys_and_misspelt_effects_are_refused_with_their_place() {
    let twice =
        "{\"Statement\": [{\"Effect\": \"Allow\",\n  \"Action\": \"*\", \"Action\": \"s3:*\"}]}";
    let error = Document::parse(twice).unwrap_err();
    assert_eq!(
        error.kind,
        DocumentErrorKind::DuplicateKey("Action".to_owned())
    );
    assert_eq!((error.line, error.column), (2, 18));
    let lower = r#"{"Statement":[{"Effect":"Allow"},{"Effect":"allow"}]}"#;
    let error = Document::parse(lower).unwrap_err();
    assert_eq!(error.path, "Statement[1].Effect");
    assert_eq!(&lower[error.offset..error.offset + 7], "\"allow\"");
    assert_eq!(
        error.to_string(),
        "effect must be `Allow` or `Deny`, found `allow` in Statement[1].Effect (line 1, column 44)"
    );
    for text in [
        r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*"}}"#,
        r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Conditions":{}}}"#,
        r#"{"Version":"2012-10-18","Statement":[]}"#,
        r#"{"Version":"2012-10-17"}"#,
        r#"{"Statement":{"Effect":"Allow","Action":{"a":1}}}"#,
        r#"{"Statement":{"Effect":"Allow","Condition":{"Bool":{"k":null}}}}"#,
        "[]",
        "",
        "%ff",
    ] {
        assert!(Document::parse(text).is_err(), "{text}");
    }
}

#[test]
fn pitfall_11_where_readings_differ_an_allow_is_wide_and_a_deny_narrow() {
    let wide = role(&[allow("s3:GetObject", "arn:aws:s3*bucket/k")]);
    assert_eq!(
        wide.point("s3:GetObject", "arn:aws:s3:::bucket/k").answer,
        Grant::Allow
    );
    let narrow = role(&[json!([
        allow("s3:GetObject", "*"),
        deny("s3:GetObject", "arn:aws:s3*bucket/k")
    ])]);
    assert_eq!(
        narrow.point("s3:GetObject", "arn:aws:s3:::bucket/k").answer,
        Grant::Allow
    );
}

#[test]
fn pitfall_12_actions_without_resource_types_match_only_a_star() {
    let star = role(&[allow("s3:ListAllMyBuckets", "*")]);
    assert_eq!(star.point("s3:ListAllMyBuckets", "*").answer, Grant::Allow);
    let arn = role(&[allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")]);
    assert_eq!(arn.point("s3:ListAllMyBuckets", "*").answer, Grant::Deny);
}

#[test]
fn pitfall_17_a_condition_is_not_safety() {
    let by_tag = role(
        &[json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:PrincipalTag/team": "ml"}}})],
    );
    let answer = by_tag.universal(&Question::new(
        "s3:GetObject",
        Universe::objects(&by_tag.arn),
    ));
    assert_eq!((answer.must, answer.may), (Extent::None, Extent::All));
    assert_eq!(answer.open_conditions, ["aws:PrincipalTag/team"]);
}

#[test]
fn pitfall_18_text_is_compared_by_code_point() {
    let composed = role(&[allow("s3:GetObject", "arn:aws:s3:::abc/\u{e9}?")]);
    assert_eq!(
        composed
            .point("s3:GetObject", "arn:aws:s3:::abc/\u{e9}😀")
            .answer,
        Grant::Allow
    );
    assert_eq!(
        composed
            .point("s3:GetObject", "arn:aws:s3:::abc/e\u{301}x")
            .answer,
        Grant::Deny
    );
}

#[test]
fn pitfall_19_a_state_cap_is_said_and_leaves_bounds() {
    let resources: Vec<String> = "abcdefghijkl"
        .chars()
        .map(|one| format!("arn:aws:s3:::*{one}*{one}*{one}"))
        .collect();
    let role = role(&[json!({"Effect": "Allow", "Action": "s3:*", "Resource": resources})]);
    let mut question = Question::new("s3:GetObject", Universe::objects(&role.arn));
    question.state_cap = 3;
    let answer = role.universal(&question);
    assert_eq!(answer.decision, sagewarden_iam::Decision::StateCap(3));
    assert_eq!(
        (answer.must, answer.may),
        (Extent::None, Extent::All),
        "bounds"
    );
    question.state_cap = 50_000;
    assert_eq!(
        role.universal(&question).decision,
        sagewarden_iam::Decision::Exact
    );
}

#[test]
fn an_error_is_one_line_whatever_it_quotes() {
    for text in [
        r#"{"Statement":{"Effect":"D\ny"}}"#,
        r#"{"Version":"\u0085","Statement":[]}"#,
        r#"{"Statement":{"\n":1}}"#,
        r#"{"Statement":{"Effect":"Allow","Condition":{"a\r\n":1}}}"#,
        r#"{"\u001b[2J":1,"\u001b[2J":1}"#,
    ] {
        let error = Document::parse(text).unwrap_err().to_string();
        assert!(!error.contains(char::is_control), "{error:?}");
    }
    let error = RoleArn::parse("arn:\n").unwrap_err().to_string();
    assert!(!error.contains('\n'));
    let case = br#"{"policies":[{"name":"a\nb","document":{}}],"question":{"kind":"a\nb"}}"#;
    let error = sagewarden_iam::answer_case(1, case)
        .unwrap_err()
        .to_string();
    assert!(!error.contains('\n'), "{error:?}");
}

/// Patterns that remember where each letter stood. A wide policy is given up after fewer states
/// than the cap allows, because each of its states costs more.
#[test]
fn a_policy_built_to_explode_ends_undecided_under_the_cap_with_bounds() {
    let cap = sagewarden_iam::DEFAULT_STATE_CAP;
    for (patterns, most) in [(26, cap), (2_500, cap / 5)] {
        let resources: Vec<String> = ('a'..='z')
            .cycle()
            .take(patterns)
            .enumerate()
            .map(|(number, one)| {
                let gap = "?".repeat(7 + number % 11);
                format!("arn:aws:s3:::*{one}{gap}/*{one}")
            })
            .collect();
        let role = role(&[json!({"Effect": "Allow", "Action": "s3:*", "Resource": resources})]);
        let question = Question::new("s3:GetObject", Universe::objects(&role.arn));
        let answer = role.universal(&question);
        let sagewarden_iam::Decision::StateCap(states) = answer.decision else {
            panic!(
                "{patterns} patterns were decided in {} states",
                answer.states
            );
        };
        assert!(states <= most, "{patterns} patterns: {states} states");
        assert!(answer.must < Extent::All && answer.may > Extent::None);
    }
}

#[test]
fn many_patterns_stay_few_states() {
    let resources: Vec<String> = ('a'..='z')
        .chain('0'..='9')
        .map(|one| format!("arn:aws:s3:::*{one}/*"))
        .collect();
    let role = role(&[json!({"Effect": "Allow", "Action": "s3:*", "Resource": resources})]);
    let answer = role.universal(&Question::new("s3:GetObject", Universe::objects(&role.arn)));
    assert_eq!((answer.must, answer.may), ALL);
    assert!(answer.states < 400, "{}", answer.states);
}

#[test]
fn the_letters_of_an_arn_need_not_stand_in_a_pattern() {
    let role = role(&[allow("sts:*", "arn:aws:iam::*x")]);
    let universe = Universe::any_roles(&role.arn);
    assert_eq!(extents(&role, "sts:AssumeRole", universe), SOME);
}

#[test]
fn what_lies_outside_a_list() {
    let pass = role(&[allow("iam:PassRole", "arn:aws:iam::123456789012:role/ml-*")]);
    let own = || Question::new("iam:PassRole", Universe::own_roles(&pass.arn));
    let inside = pass.universal(&own().outside(["arn:aws:iam::123456789012:role/ml-*"]));
    assert_eq!(inside.may, Extent::None);
    let beyond = pass.universal(&own().outside(["arn:aws:iam::123456789012:role/ml-train"]));
    assert_eq!(beyond.may, Extent::Some);
    let witness = beyond.witness.allow.unwrap();
    assert!(
        witness.starts_with("arn:aws:iam::123456789012:role/ml-"),
        "{witness}"
    );
    assert_eq!(
        pass.universal(&own().outside(["*"])).may,
        Extent::None,
        "nothing is left"
    );
}

#[test]
fn an_answer_quotes_policy_statement_entry_and_place() {
    let text = r#"{"Version":"2012-10-17","Statement":[
  {"Sid":"Other","Effect":"Allow","Action":"ec2:*","Resource":"*"},
  {"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b1x","arn:aws:s3:::b1x/*"]}]}"#;
    let mut role = role(&[]);
    role.identity = vec![AttachedPolicy::managed(
        "arn:aws:iam::123456789012:policy/team/read",
        Some("v4"),
        Document::parse(text).unwrap(),
    )];
    let scope = role.scope(&Question::new("s3:GetObject", Universe::objects(&role.arn)));
    let sagewarden_iam::Scope::Scoped { reach, .. } = scope else {
        panic!("{scope:?}");
    };
    let [entry] = reach.as_slice() else {
        panic!("the bucket itself holds no object: {reach:?}");
    };
    assert_eq!(entry.pattern, "arn:aws:s3:::b1x/*");
    assert_eq!(entry.statement.path, "Statement[1].Resource[1]");
    assert_eq!(
        &text[entry.statement.offset..entry.statement.offset + 10],
        "\"arn:aws:s"
    );
    assert!(text.contains(&entry.statement.json));
    assert_eq!(entry.statement.policy.as_ref(), "read");
    assert_eq!(entry.statement.version.as_deref(), Some("v4"));
}
