//! The catalogue as a whole: against the table it comes from, and against the codes of the core.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_catalog::builtin;
use sagewarden_core::codes::{NotApplicable, Note, Reason};
use sagewarden_core::control::{Case, Control, Rule};
use serde_json::{Value, json};

/// `data/controls.json` is the table of the page that defines the controls: what is in it is not
/// ours to change.
#[test]
fn controls_are_those_of_their_source() {
    let table: Vec<Value> = serde_json::from_str(include_str!("data/controls.json")).unwrap();
    let by_id = |rows: Vec<Value>| -> BTreeMap<String, Value> {
        rows.into_iter()
            .map(|row| (row["id"].as_str().unwrap().to_owned(), row))
            .collect()
    };
    let ours = builtin().unwrap().controls.iter().map(row).collect();
    let (source, ours) = (by_id(table), by_id(ours));
    assert_eq!(
        source.keys().collect::<Vec<_>>(),
        ours.keys().collect::<Vec<_>>()
    );
    for (id, row) in source {
        assert_eq!(ours[&id], row, "{id}");
    }
}

fn row(control: &Control) -> Value {
    json!({
        "id": control.id,
        "title": control.title,
        "severity": control.severity.word(),
        "type": control.kind,
        "domain": control.domain,
        "compliance": control.compliance,
    })
}

#[test]
fn reasons_are_those_of_the_core() {
    let known = Reason::ALL.iter().map(|reason| reason.code()).collect();
    agree(known, |rule| vec![&rule.reasons]);
}

#[test]
fn not_applicable_codes_are_those_of_the_core() {
    let known = NotApplicable::ALL.iter().map(|code| code.code()).collect();
    agree(known, |rule| vec![&rule.not_applicable]);
}

/// An exception is shown as a note is, and shares its codes.
#[test]
fn notes_and_exceptions_are_those_of_the_core() {
    let known = Note::ALL.iter().map(|note| note.code()).collect();
    agree(known, |rule| vec![&rule.notes, &rule.waived]);
}

/// Every code of the core is used, and every code that is used is the core's.
fn agree(known: BTreeSet<&str>, lists: fn(&Rule) -> Vec<&Vec<Case>>) {
    let catalog = builtin().unwrap();
    let used: BTreeSet<&str> = catalog
        .controls
        .iter()
        .flat_map(|control| &control.rules)
        .flat_map(lists)
        .flatten()
        .map(|case| case.code.as_str())
        .collect();
    assert_eq!(known, used);
}
