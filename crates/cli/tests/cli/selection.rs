//! Which controls, accounts and Regions are judged, and which verdicts are shown.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::world::{World, acme, findings};

fn controls(assessment: &Value) -> BTreeSet<String> {
    assessment["catalog"]["controls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|control| control["id"].as_str().unwrap().to_owned())
        .collect()
}

fn distinct<'a>(assessment: &'a Value, pointer: &str) -> BTreeSet<&'a str> {
    findings(assessment)
        .iter()
        .map(|finding| finding.pointer(pointer).unwrap().as_str().unwrap())
        .collect()
}

#[test]
fn a_glob_works_with_and_without_the_family() {
    let world = World::new();
    let short = world.assess(&[acme(), "--control", "NOTEBOOK.*"]);
    let long = world.assess(&[acme(), "--control", "CTL.SAGEMAKER.NOTEBOOK.*"]);
    assert_eq!(short, long);
    let ids = controls(&short);
    assert_eq!(ids.len(), 10);
    assert!(
        ids.iter()
            .all(|id| id.starts_with("CTL.SAGEMAKER.NOTEBOOK."))
    );
    let two = world.assess(&[
        acme(),
        "--control",
        "NOTEBOOK.ROOT.001",
        "--control",
        "MODEL.*",
    ]);
    assert_eq!(controls(&two).len(), 3);
}

#[test]
fn exclusion_severity_and_framework_narrow() {
    let world = World::new();
    let all = controls(&world.assess(&[acme()]));
    let fewer = controls(&world.assess(&[acme(), "--exclude", "TRAINING.*"]));
    assert_eq!(all.len(), fewer.len() + 8);
    let high = world.assess(&[acme(), "--severity", "high"]);
    let severities: BTreeSet<&str> = distinct(&high, "/severity");
    assert!(severities.is_subset(&BTreeSet::from(["high", "critical"])));
    let framework = world.assess(&[acme(), "--compliance", "soc2"]);
    assert!(!controls(&framework).is_empty());
    for control in framework["catalog"]["controls"].as_array().unwrap() {
        assert!(control["compliance"].get("soc2").is_some(), "{control}");
    }
}

#[test]
fn what_selects_nothing_is_an_error_with_a_suggestion() {
    let world = World::new();
    let error = world.refused(&["check", acme(), "--control", "NOTEBOOK.ROOTS.001"]);
    assert!(error.contains("`NOTEBOOK.ROOTS.001`"), "{error}");
    assert!(
        error.contains("did you mean `NOTEBOOK.ROOT.001`?"),
        "{error}"
    );
    let error = world.refused(&["check", acme(), "--exclude", "NOTHING.*"]);
    assert!(error.contains("--exclude"), "{error}");
    let error = world.refused(&["check", acme(), "--compliance", "sox"]);
    assert!(error.contains("`sox`") && error.contains("soc2"), "{error}");
    let error = world.refused(&["check", acme(), "--exclude", "*"]);
    assert!(error.contains("no control is left"), "{error}");
}

#[test]
fn accounts_and_regions_narrow_the_assets() {
    let world = World::new();
    let one = world.assess(&[acme(), "--accounts", "111122223333"]);
    assert_eq!(distinct(&one, "/asset/account"), ["111122223333"].into());
    let europe = world.assess(&[acme(), "--regions", "eu-*"]);
    assert_eq!(distinct(&europe, "/asset/region"), ["eu-west-1"].into());
    let both = world.assess(&[acme(), "--regions", "eu-west-1,us-east-1"]);
    assert_eq!(
        findings(&both).len(),
        findings(&world.assess(&[acme()])).len()
    );
}

#[test]
fn verdicts_are_shown_as_asked_and_counted_as_ever() {
    let world = World::new();
    let shown = |show: &str| {
        let ran = world.run(&["check", acme(), "-f", "json", "--show", show]);
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let all = shown("all");
    for verdict in ["pass", "fail", "unknown", "not_applicable"] {
        let some = shown(verdict);
        assert_eq!(distinct(&some, "/verdict"), [verdict].into());
        assert_eq!(
            distinct(&some, "/disposition"),
            ["open"].into(),
            "{verdict}"
        );
        assert_eq!(some["summary"], all["summary"]);
    }
    assert_eq!(
        distinct(&shown("waived"), "/disposition"),
        ["waived"].into()
    );
    let usual: Value =
        serde_json::from_str(&world.run(&["check", acme(), "-f", "json"]).out).unwrap();
    assert_eq!(distinct(&usual, "/verdict"), ["fail", "unknown"].into());
    let quiet = world.run(&["check", acme(), "-q"]).out;
    assert!(!quiet.contains('✗') && quiet.contains(" not applicable, "));
}

#[test]
fn the_instant_decides_what_is_old() {
    let world = World::new();
    let arguments =
        |as_of| world.assess(&[acme(), "--control", "NOTEBOOK.IDLE.001", "--as-of", as_of]);
    let early = arguments("2026-06-12");
    let late = arguments("2026-11-24T06:00:00Z");
    assert_eq!(early["as_of"], "2026-06-12T00:00:00Z");
    assert_ne!(early["findings"], late["findings"]);
    assert_eq!(
        late["as_of"],
        world.assess(&[acme()])["as_of"],
        "the latest time in the input"
    );
    for nonsense in ["noon", "2026-13-01", "", "24.11.2026"] {
        let error = world.refused(&["check", acme(), "--as-of", nonsense]);
        assert!(error.contains("for example 2026-11-24"), "{error}");
    }
}

#[test]
fn threads_do_not_change_the_answer() {
    let world = World::new();
    assert_eq!(
        world.assess(&[acme(), "--threads", "1"]),
        world.assess(&[acme(), "--threads", "5"])
    );
}

#[test]
fn a_place_that_the_input_lacks_is_told() {
    let world = World::new();
    let ran = world.run(&[
        "check",
        acme(),
        "--accounts",
        "123456789012",
        "--regions",
        "eu-west-9,eu-*",
        "-q",
    ]);
    assert!(
        ran.out
            .contains("the input holds nothing of account `123456789012`; it has 111122223333"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("nothing of Region `eu-west-9`; it has"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("`eu-*`"), "{}", ran.out);
}
