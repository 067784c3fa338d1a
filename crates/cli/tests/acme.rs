//! The planted estate `examples/acme`, judged and held to what was written of it by hand.
//!
//! Enters: the example's files and `tests/estate/acme-expected.jsonl`, a verdict a line. Leaves:
//! every line that the engine answers otherwise, all at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

/// The file or folder at `path` in the repository.
fn in_repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// The findings of `check examples/acme` with these further arguments.
fn findings(arguments: &[&str]) -> Vec<Value> {
    let output = assert_cmd::Command::cargo_bin("sagewarden")
        .unwrap()
        .arg("check")
        .arg(in_repository("examples/acme"))
        .args(["-f", "json", "--show", "all", "--exit-zero"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut assessment: Value = serde_json::from_slice(&output.stdout).unwrap();
    match assessment["findings"].take() {
        Value::Array(findings) => findings,
        other => panic!("findings are {other}"),
    }
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// Findings by control and ARN.
fn by_subject(findings: &[Value]) -> BTreeMap<(&str, &str), &Value> {
    findings
        .iter()
        .map(|finding| {
            (
                (text(finding, "/control"), text(finding, "/asset/arn")),
                finding,
            )
        })
        .collect()
}

/// The reason and the notes of a finding.
fn codes(finding: &Value) -> BTreeSet<&str> {
    finding["notes"]
        .as_array()
        .into_iter()
        .flatten()
        .chain([&finding["reason"]])
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn the_planted_estate_is_judged_as_was_written_of_it() {
    let findings = findings(&["--each-job"]);
    let found = by_subject(&findings);
    let expected =
        std::fs::read_to_string(in_repository("tests/estate/acme-expected.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in expected.lines() {
        let wanted: Value = serde_json::from_str(line).unwrap();
        let (control, asset) = (text(&wanted, "/control"), text(&wanted, "/asset"));
        let Some(finding) = found.get(&(control, asset)) else {
            wrong.push(format!("{control} {asset}: no finding"));
            continue;
        };
        let reason = text(&wanted, "/reason");
        let disposition = match text(&wanted, "/disposition") {
            "" => "open",
            disposition => disposition,
        };
        if finding["verdict"] != wanted["verdict"]
            || finding["disposition"] != disposition
            || !(reason.is_empty() || codes(finding).contains(reason))
        {
            wrong.push(format!(
                "{control} {asset}: wanted {} {reason} ({disposition}), got {} {:?} ({}): {}",
                text(&wanted, "/verdict"),
                text(finding, "/verdict"),
                codes(finding),
                text(finding, "/disposition"),
                text(finding, "/why"),
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_family_says_of_its_jobs_what_is_said_of_each() {
    let each = findings(&["--each-job"]);
    let folded = findings(&[]);
    let answer = |finding: &Value| {
        let codes: Vec<String> = codes(finding).into_iter().map(str::to_owned).collect();
        (
            text(finding, "/control").to_owned(),
            text(finding, "/family/id").to_owned(),
            text(finding, "/verdict").to_owned(),
            codes,
        )
    };
    let mut of_each = BTreeMap::new();
    for finding in each.iter().filter(|finding| !finding["family"].is_null()) {
        assert_eq!(finding["count"], 1);
        *of_each.entry(answer(finding)).or_insert(0) += 1;
    }
    let mut of_families = BTreeMap::new();
    for finding in folded.iter().filter(|finding| !finding["family"].is_null()) {
        *of_families.entry(answer(finding)).or_insert(0) += finding["count"].as_u64().unwrap();
    }
    assert!(of_families.values().any(|count| *count > 1));
    assert_eq!(of_each, of_families);
}
