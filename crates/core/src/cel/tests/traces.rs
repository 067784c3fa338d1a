//! What an evaluation says it read, and what it says is missing.

use super::{Asset, Fact, Variant, as_of, asset, program, tunables, unread};
use crate::cel::{Input, Scratch};

/// The reads, missing calls and errors of one evaluation, as text.
fn trace(source: &str, root: &Asset) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (program, tunables, scratch) = (program(source), tunables(), Scratch::default());
    let input = Input {
        root,
        tunables: &tunables,
        as_of: as_of(),
    };
    let trace = program.trace(&input, &scratch);
    (
        trace
            .reads
            .iter()
            .map(|it| format!("{} = {}", it.path, it.value))
            .collect(),
        trace.missing.iter().map(|it| it.detail.clone()).collect(),
        trace.errors.iter().map(ToString::to_string).collect(),
    )
}

fn reads(source: &str, root: &Asset) -> Vec<String> {
    trace(source, root).0
}

fn missing(source: &str, root: &Asset) -> Vec<String> {
    trace(source, root).1
}

fn errors(source: &str, root: &Asset) -> Vec<String> {
    trace(source, root).2
}

#[test]
fn the_facts_that_led_to_the_answer_are_listed_once() {
    let root = asset();
    assert_eq!(
        reads("kind == \"x\" || kind == \"notebook\" || flag", &root),
        ["kind = \"notebook\""]
    );
    assert_eq!(
        reads("count > tunables.idle_days || has(note)", &root),
        ["count = 3", "tunables.idle_days = 30", "note = absent"]
    );
    assert_eq!(
        reads("variants.exists(v, v.floor == 2)", &root),
        ["variants[0].floor = 1", "variants[1].floor = 2"]
    );
    assert_eq!(
        reads(
            "variants.exists(v, numbers.exists(n, v.floor == n + 1))",
            &root
        ),
        [
            "numbers = [1, 2, 3]",
            "variants[0].floor = 1",
            "variants[1].floor = 2"
        ]
    );
    assert_eq!(
        reads(
            "variants.filter(v, v.floor > 1).exists(v, v.name == \"x\")",
            &root
        ),
        [
            "variants[0].floor = 1",
            "variants[1].floor = 2",
            "variants.name = \"green\""
        ]
    );
    assert_eq!(
        reads("size(variants) == 2", &root),
        ["variants = [{name: \"blue\", floor: 1}, {name: \"green\", floor: 2}]"]
    );
    assert_eq!(
        reads("names.exists(n, n == \"c\")", &root),
        ["names = [\"a\", \"c\"]"]
    );
    let root = Asset {
        variants: vec![].into(),
        ..asset()
    };
    assert_eq!(
        reads("variants.all(v, v.floor > 1)", &root),
        ["variants = []"]
    );
}

#[test]
fn only_what_logic_did_not_absorb_is_missing() {
    let root = Asset {
        flag: unread("A"),
        other: unread("B"),
        count: unread("C"),
        names: vec![unread("N0"), unread("N1"), Fact::Known("a".to_owned())].into(),
        ..asset()
    };
    for (source, calls) in [
        ("flag && other", &["A", "B"][..]),
        ("flag || other && flag", &["A", "B"]),
        ("flag && kind == \"x\"", &[]),
        ("(flag && kind == \"x\") || other", &["B"]),
        ("(flag || true) && count > 3", &["C"]),
        ("flag ? count > 1 : count < 1", &["A", "C"]),
        ("flag ? true : false", &["A"]),
        ("count + size(kind) > 1 && flag", &["C", "A"]),
        ("names.exists(n, n == \"x\")", &["N0", "N1"]),
        ("names.exists(n, n == \"a\")", &[]),
        ("\"x\" in names", &["N0", "N1"]),
        ("names[1] == \"a\"", &["N1"]),
        ("names == [\"x\", \"y\", \"a\"]", &["N0", "N1"]),
        (
            "names.filter(n, n == \"a\").size() == 1 && flag",
            &["N0", "N1", "A"],
        ),
    ] {
        assert_eq!(missing(source, &root), calls, "{source}");
    }
}

#[test]
fn a_failure_names_the_fact_and_the_place() {
    let root = asset();
    assert_eq!(
        errors("flag &&\n limit < 3", &root),
        ["`limit` is absent where its value is needed; guard it with `has(limit)` (at 2:2)"]
    );
    assert_eq!(
        errors("vpc.direct", &root),
        ["`vpc` is absent where its value is needed; guard it with `has(vpc)` (at 1:5)"]
    );
    assert_eq!(
        errors("count / 0 == 1", &root),
        ["division by zero (at 1:7)"]
    );
    assert_eq!(
        errors("numbers.exists(n, 1 / (n - n) == 1)", &root),
        ["division by zero (at 1:21)"]
    );
    assert_eq!(reads("vpc.direct", &root), ["vpc.direct = absent"]);
}

#[test]
fn what_may_be_read_is_known_beforehand() {
    let source = "variants.exists(v, v.floor > tunables.idle_days && v.name in names) \
                  || (has(vpc) && vpc.direct) || as_of > since \
                  || variants.map(w, w.name).exists(x, x == network.subnet)";
    let program = program(source);
    let reads = program.reads();
    assert_eq!(
        reads.facts,
        [
            "names",
            "network.subnet",
            "since",
            "variants.floor",
            "variants.name",
            "vpc",
            "vpc.direct"
        ]
    );
    assert_eq!(reads.tunables, ["idle_days"]);
    assert!(reads.as_of);
}

#[test]
fn a_long_unknown_list_is_accounted_for_without_recursion() {
    let root = Asset {
        variants: (0..100_000)
            .map(|n| {
                Fact::Known(Variant {
                    name: "x".to_owned().into(),
                    floor: unread(&format!("Describe{}", n % 10)),
                })
            })
            .collect::<Vec<_>>()
            .into(),
        ..asset()
    };
    assert_eq!(missing("variants.exists(v, v.floor == 1)", &root).len(), 10);
}
