//! The requests that are judged, as case lines of `sagewarden iam solve`.
//!
//! Enters: a seed. Leaves: point questions, the same for the same seed.
//! Resources are made from the patterns of the very policies that are asked, so that many are hit
//! and many just missed. The policies are random ones and AWS's.

use std::collections::BTreeMap;

use anyhow::Result;
use fastrand::Rng;
use sagewarden_managed_policies::policies;
use serde_json::{Map, Value, json};

/// Actions that the judge knows, each with the beginning of the resources it is for.
const ACTIONS: [(&str, &str); 6] = [
    ("s3:GetObject", "arn:aws:s3:::"),
    ("s3:PutObject", "arn:aws:s3:::"),
    ("s3:ListBucket", "arn:aws:s3:::"),
    ("iam:PassRole", "arn:aws:iam::123456789012:role/"),
    ("iam:GetRole", "arn:aws:iam::123456789012:role/"),
    ("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:"),
];

const PATTERNS_OF_ACTIONS: [&str; 12] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "s3:PutObject",
    "S3:getobject",
    "s3:?etObject",
    "iam:*",
    "iam:PassRole",
    "sqs:Send*",
    "s3:ListBucket",
    "iam:GetRole",
];

/// Keys of every request, with values that a request may have.
const KEYS: [(&str, [&str; 3]); 3] = [
    ("aws:PrincipalTag/team", ["ml", "ml-ops", "web"]),
    (
        "aws:RequestedRegion",
        ["us-east-1", "eu-west-1", "us-west-2"],
    ),
    ("aws:SourceVpc", ["vpc-1", "vpc-2", "vpc-12"]),
];

const OPERATORS: [&str; 7] = [
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIfExists",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIfExists",
];

/// Random roles, one question each.
pub(super) fn random(seed: u64, count: usize) -> Vec<Value> {
    let mut random = Rng::with_seed(seed);
    (0..count).map(|number| role(&mut random, number)).collect()
}

fn role(random: &mut Rng, number: usize) -> Value {
    let (action, head) = pick(random, &ACTIONS);
    let policies: Vec<Value> = (0..random.usize(1..4))
        .map(|index| json!({"name": format!("p{index}"), "document": document(random, action, head)}))
        .collect();
    let mut case = json!({
        "id": format!("random-{number}"),
        "policies": policies,
        "context": context(random),
    });
    if random.u8(0..4) == 0 {
        case["boundary"] = json!({"name": "boundary", "document": document(random, action, head)});
    }
    if random.u8(0..4) == 0 {
        let levels: Vec<[Value; 1]> = (0..random.usize(1..3))
            .map(|_| [document(random, action, head)])
            .collect();
        case["scps"] = json!(levels);
    }
    let patterns = resources_of(&case);
    let resource = resource(random, head, action, &patterns);
    case["question"] = json!({"kind": "point", "action": action, "resource": resource});
    case
}

fn document(random: &mut Rng, action: &str, head: &str) -> Value {
    let statements: Vec<Value> = (0..random.usize(1..4))
        .map(|_| statement(random, action, head))
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn statement(random: &mut Rng, action: &str, head: &str) -> Value {
    let mut statement = Map::new();
    let effect = if random.u8(0..4) == 0 {
        "Deny"
    } else {
        "Allow"
    };
    statement.insert("Effect".to_owned(), effect.into());
    let of_action = if random.bool() {
        action
    } else {
        pick(random, &PATTERNS_OF_ACTIONS)
    };
    let action_key = if random.u8(0..10) == 0 {
        "NotAction"
    } else {
        "Action"
    };
    statement.insert(action_key.to_owned(), json!([of_action]));
    let patterns: Vec<String> = (0..random.usize(1..4))
        .map(|_| pattern(random, head))
        .collect();
    let resource_key = if random.u8(0..8) == 0 {
        "NotResource"
    } else {
        "Resource"
    };
    statement.insert(resource_key.to_owned(), json!(patterns));
    if random.u8(0..3) == 0 {
        statement.insert("Condition".to_owned(), condition(random));
    }
    Value::Object(statement)
}

fn condition(random: &mut Rng) -> Value {
    let (key, values) = pick(random, &KEYS);
    let operator = pick(random, &OPERATORS);
    if random.u8(0..8) == 0 {
        return json!({"Null": {key: if random.bool() { "true" } else { "false" }}});
    }
    let mut value = pick(random, &values).to_owned();
    if operator.contains("Like") && random.bool() {
        value.truncate(2);
        value.push('*');
    }
    json!({operator: {key: [value]}})
}

fn context(random: &mut Rng) -> Value {
    let mut context = Map::new();
    for (key, values) in KEYS {
        if random.u8(0..3) == 0 {
            context.insert(key.to_owned(), json!([pick(random, &values)]));
        }
    }
    Value::Object(context)
}

fn pattern(random: &mut Rng, head: &str) -> String {
    let tail = text(random, "ab-*?/", 6);
    match random.u8(0..12) {
        0 => "*".to_owned(),
        1 => format!("{}*", &head[..random.usize(4..head.len())]),
        2 => format!("{head}${{aws:PrincipalTag/team, 'web'}}{tail}"),
        3 => format!("{head}${{aws:PrincipalTag/team}}{tail}"),
        4 => format!("{head}*"),
        5 => format!("{head}${{*}}{tail}"),
        _ => format!("{head}{tail}"),
    }
}

/// A resource for `action`, often one that some pattern matches.
fn resource(random: &mut Rng, head: &str, action: &str, patterns: &[String]) -> String {
    let near: Vec<&String> = patterns
        .iter()
        .filter(|one| one.starts_with(head))
        .collect();
    let tail = if near.is_empty() || random.u8(0..3) == 0 {
        text(random, "ab-.", 6)
    } else {
        let pattern = near.get(random.usize(..near.len()));
        filled(random, pattern.map_or("", |pattern| &pattern[head.len()..]))
    };
    let tail = tail.trim_matches('/');
    let (bucket, key) = tail.split_once('/').unwrap_or((tail, "k"));
    let bucket = format!("{bucket}aa");
    match action {
        "s3:GetObject" | "s3:PutObject" => format!("{head}{bucket}/{key}"),
        "s3:ListBucket" | "sqs:SendMessage" => format!("{head}{bucket}"),
        _ => format!("{head}{}a", tail.replace("//", "/")),
    }
}

/// A text that the pattern matches, or nearly; every variable has the value `ml`.
fn filled(random: &mut Rng, pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        match character {
            '*' => out += &text(random, "ab/", 3),
            '?' => out += &text(random, "ab-", 1),
            '$' => {
                out += "ml";
                rest = rest.split_once('}').map_or("", |(_, after)| after);
            }
            other => out.push(other),
        }
    }
    out
}

fn text(random: &mut Rng, alphabet: &str, most: usize) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    (0..random.usize(..=most))
        .filter_map(|_| random.choice(&letters))
        .collect()
}

fn pick<T: Copy, const N: usize>(random: &mut Rng, from: &[T; N]) -> T {
    from[random.usize(..N)]
}

/// Each managed policy, asked about some resource of it for each action it may speak of.
pub(super) fn managed(seed: u64) -> Result<Vec<Value>> {
    let mut random = Rng::with_seed(seed);
    let mut cases = Vec::new();
    let by_name: BTreeMap<&str, &str> = policies()
        .iter()
        .map(|policy| (policy.name(), policy.document))
        .collect();
    for (name, document) in by_name {
        let document: Value = serde_json::from_str(document)?;
        let policies = json!([{"name": name, "document": document}]);
        let text = policies.to_string();
        for (action, head) in ACTIONS {
            let service = action.split(':').next().unwrap_or_default();
            if !text.contains(&format!("\"{service}:")) && !text.contains("\"Action\":\"*\"") {
                continue;
            }
            let case = json!({"id": format!("{name} {action}"), "policies": policies});
            let patterns: Vec<String> = resources_of(&case)
                .iter()
                .map(|pattern| pattern.replace(":*:", ":123456789012:"))
                .collect();
            let resource = resource(&mut random, head, action, &patterns);
            let mut case = case;
            case["question"] = json!({"kind": "point", "action": action, "resource": resource});
            cases.push(case);
        }
    }
    Ok(cases)
}

/// Every resource pattern in a case.
fn resources_of(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                match (key.as_str(), inner) {
                    ("Resource" | "NotResource", Value::String(one)) => found.push(one.clone()),
                    ("Resource" | "NotResource", Value::Array(many)) => {
                        found.extend(many.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    _ => found.extend(resources_of(inner)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(resources_of)),
        _ => {}
    }
    found
}
