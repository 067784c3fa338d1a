//! The worked cases: each line of `data/cases.jsonl` holds a question and its expected answer.
//! `accept` lists further answers where a sharper reading would also be right.

use sagewarden_iam::answer_case;
use serde_json::Value;

const CASES: &str = include_str!("data/cases.jsonl");

fn accepted(case: &Value, answer: &str) -> bool {
    case["expected"] == answer
        || case["accept"]
            .as_array()
            .is_some_and(|accept| accept.iter().any(|other| other == answer))
}

#[test]
fn every_worked_case_is_answered_as_expected() {
    let mut wrong = Vec::new();
    for (index, line) in CASES.lines().enumerate() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = answer_case(index + 1, line.as_bytes()).unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["id"], case["id"]);
        let right = match case["question"]["kind"].as_str().unwrap() {
            "universal" => {
                accepted(&case, answer["must"].as_str().unwrap())
                    && answer["may"] == case["expected_may"]
            }
            _ => accepted(&case, answer["answer"].as_str().unwrap()),
        };
        if !right {
            wrong.push(format!("{}: {text}", case["id"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The answer to a case, as JSON.
fn ask(case: &Value) -> Value {
    serde_json::from_str(&answer_case(1, case.to_string().as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_bad_line_names_its_line_and_column() {
    let error = answer_case(7, b"{\"id\": 1, \"policies\": [}").unwrap_err();
    assert_eq!((error.line, error.column), (7, 24));
    let error = answer_case(3, b"{\"id\": 1}").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("line 3, column 9: missing field `question`"),
        "{error}"
    );
    for line in [
        r#"{"policies":[{"name":"p","document":{"Statement":{"Effect":"Allow","Action":"*","Action":"s3:*"}}}],"question":{"kind":"admin"}}"#,
        r#"{"policies":[],"question":{"kind":"universal","action":"s3:GetObject","universe":"s3:objects"}}"#,
        r#"{"role":"me","policies":[],"question":{"kind":"admin"}}"#,
        r#"{"policies":[],"question":{"kind":"guess"}}"#,
        "",
        "[]",
    ] {
        assert!(answer_case(1, line.as_bytes()).is_err(), "{line}");
    }
    assert!(answer_case(1, b"\xff\xfe").is_err());
}

#[test]
fn context_role_and_encodings_of_a_case_are_used() {
    let document = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Action": "s3:GetObject", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": "ml"}}}});
    let encoded: String = document
        .to_string()
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect();
    for form in [
        document.clone(),
        document.to_string().into(),
        encoded.into(),
    ] {
        let mut case = serde_json::json!({"id": 7, "policies": [{"name": "p", "document": form}],
            "question": {"kind": "point", "action": "s3:GetObject", "resource": "arn:aws:s3:::b1x/k"}});
        let open = ask(&case);
        assert_eq!(
            (&open["answer"], &open["id"]),
            (&"conditional".into(), &7.into())
        );
        assert_eq!(open["open_conditions"][0], "aws:PrincipalTag/team");
        assert_eq!(open["decided_by"][0]["policy"], "p");
        case["context"] = serde_json::json!({"aws:PrincipalTag/team": ["ml"]});
        assert_eq!(ask(&case)["answer"], "allow");
        case["context"] = serde_json::json!({"aws:PrincipalTag/team": null});
        assert_eq!(ask(&case)["answer"], "deny", "known to be absent");
    }
    let own = serde_json::json!({"role": "arn:aws-cn:iam::999999999999:role/x", "policies": [{"name": "p",
        "document": {"Statement": {"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws-cn:iam::999999999999:role/*"}}}],
        "question": {"kind": "universal", "action": "iam:PassRole", "universe": "iam:role@own"}});
    assert_eq!(ask(&own)["must"], "all");
}
