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
