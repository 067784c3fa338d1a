//! One assessment in many formats at once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{World, acme};

#[test]
fn one_run_writes_every_format_of_the_same_findings() {
    let world = World::new();
    let ran = world.run(&[
        "check",
        acme(),
        "--exit-zero",
        "-q",
        "-f",
        "text",
        "-f",
        "json=a.json",
        "-f",
        "ndjson=a.ndjson",
        "-f",
        "csv=a.csv",
        "-f",
        "sarif=a.sarif",
        "-f",
        "ocsf=a.ocsf",
        "-f",
        "asff=a.asff",
        "-f",
        "junit=a.xml",
        "-f",
        "markdown=a.md",
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&world.read("a.json")).unwrap();
    let ids = |values: Vec<&Value>| -> BTreeSet<String> {
        values
            .into_iter()
            .map(|value| value.as_str().unwrap().to_owned())
            .collect()
    };
    let findings = json["findings"].as_array().unwrap();
    let wanted = ids(findings.iter().map(|finding| &finding["id"]).collect());
    // An id tells a finding from all others, families included.
    assert_eq!(wanted.len(), findings.len());
    let ocsf: Vec<Value> = serde_json::from_str(&world.read("a.ocsf")).unwrap();
    assert_eq!(
        ids(ocsf
            .iter()
            .map(|event| &event["finding_info"]["uid"])
            .collect()),
        wanted
    );
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&world.read("a.sarif")).unwrap();
    assert_eq!(sarif.runs[0].results.as_ref().unwrap().len(), wanted.len());
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_path(world.path("a.csv"))
        .unwrap();
    let rows: BTreeSet<String> = csv
        .records()
        .map(|record| record.unwrap()[8].to_owned())
        .collect();
    assert_eq!(rows, wanted);
    let lines: Vec<Value> = world
        .read("a.ndjson")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["record"], "run");
    assert_eq!(lines.len(), wanted.len() + 1);
    let asff: Vec<Value> = world
        .read("a.asff")
        .lines()
        .flat_map(|line| {
            let call: Value = serde_json::from_str(line).unwrap();
            call["Findings"].as_array().unwrap().clone()
        })
        .collect();
    assert_eq!(asff.len(), wanted.len());
}

#[test]
fn two_formats_do_not_share_an_output() {
    let world = World::with_notebook();
    let line = world.refused(&["check", "raw", "-f", "json", "-f", "csv"]);
    assert!(line.contains("-f ocsf=out.json"), "{line}");
    let line = world.refused(&["check", "raw", "-f", "json=a", "-f", "csv=a"]);
    assert!(line.contains("`a`"), "{line}");
    assert_eq!(world.run(&["check", "raw", "-f", "pdf"]).code, 2);
    assert_eq!(world.run(&["check", "raw", "-f", "json="]).code, 2);
    assert!(!world.path("a").exists());
}

#[test]
fn what_closed_is_told_under_the_id_that_opened() {
    let world = World::with_notebook();
    let root = [
        "raw",
        "--control",
        "NOTEBOOK.ROOT.001",
        "--as-of",
        "2026-10-01",
    ];
    let run = |first: &[&str], more: &[&str]| {
        let arguments: Vec<&str> = first.iter().chain(&root).chain(more).copied().collect();
        world.run(&arguments)
    };
    assert_eq!(run(&["baseline", "create", "b.jsonl"], &[]).code, 0);
    let event = |name: &str| -> Value {
        let format = format!("ocsf={name}");
        assert_eq!(
            run(&["check"], &["--baseline", "b.jsonl", "-f", &format]).code,
            0
        );
        let events: Vec<Value> = serde_json::from_str(&world.read(name)).unwrap();
        assert_eq!(events.len(), 1, "{events:?}");
        events[0].clone()
    };
    let open = event("open.json");
    assert_eq!(
        (&open["activity_id"], &open["status_id"]),
        (&2.into(), &2.into())
    );
    world.notebook("nb", "Disabled");
    let closed = event("closed.json");
    assert_eq!(
        (&closed["activity_id"], &closed["status_id"]),
        (&3.into(), &4.into())
    );
    assert_eq!(closed["finding_info"]["uid"], open["finding_info"]["uid"]);
    assert_eq!(closed["compliance"]["status_id"], 1);
    let format = "asff=closed.jsonl";
    assert_eq!(
        run(&["check"], &["--baseline", "b.jsonl", "-f", format]).code,
        0
    );
    let call: Value = serde_json::from_str(&world.read("closed.jsonl")).unwrap();
    assert_eq!(call["Findings"][0]["RecordState"], "ARCHIVED");
}

#[test]
fn what_a_sink_has_no_room_for_is_counted_and_the_worst_is_kept() {
    let world = World::new();
    for number in 0..1_100 {
        world.notebook(&format!("nb-{number}"), "Enabled");
    }
    let ran = world.run(&[
        "check",
        "raw",
        "--exit-zero",
        "-q",
        "-f",
        "ndjson=all.ndjson",
        "-f",
        "sarif=a.sarif",
        "-f",
        "markdown=a.md",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let all = world.read("all.ndjson");
    let findings: Vec<Value> = all
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fails = |severity: &str| {
        findings
            .iter()
            .filter(|finding| finding["verdict"] == "fail" && finding["severity"] == severity)
            .count()
    };
    let sarif: Value = serde_json::from_str(&world.read("a.sarif")).unwrap();
    let kept = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(kept.len(), 5_000);
    let omitted = findings.len() - 5_000;
    let notice = format!("{omitted} findings were left out of the SARIF");
    assert!(ran.err.contains(&notice), "{notice}: {}", ran.err);
    let errors = kept.iter().filter(|result| result["level"] == "error");
    assert_eq!(errors.count(), fails("high").min(5_000));
    let markdown = world.read("a.md");
    assert!(markdown.len() <= 60_000, "{}", markdown.len());
    let rows = markdown.matches("\n| ").count() - 2;
    let notice = format!(
        "{} findings were left out of the Markdown",
        findings.len() - rows
    );
    assert!(ran.err.contains(&notice), "{notice}: {}", ran.err);
    assert!(markdown.contains(&notice), "the comment does not tell it");
    assert!(!markdown.contains("| medium |"), "a worse one was left out");
}
