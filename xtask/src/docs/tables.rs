//! The tables of the core as pages: tunables, codes, operations, facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::cel::{Schema, Type};
use sagewarden_core::codes::{NotApplicable, Note, Reason};
use sagewarden_core::control::{Case, Catalog, Rule};
use sagewarden_core::facts;
use sagewarden_core::operations::{Operation, Scope};
use sagewarden_core::tunables::Tunables;

use super::markdown::{GENERATED, capital, code_cell, plain, table};

/// Every tunable, what it does and its default.
pub(super) fn tunables() -> String {
    let mut out = String::from(GENERATED);
    out.push_str(
        "# Tunables\n\n\
         Set one with `--set NAME=VALUE`, or in the configuration file. Each value that differs from its default is\n\
         printed with every report.\n\n",
    );
    for tunable in Tunables::described() {
        let _ = writeln!(out, "## {}\n", tunable.name);
        let _ = writeln!(out, "{}\n", tunable.doc.trim());
        let _ = writeln!(out, "Default: `{}`\n", tunable.default);
    }
    out
}

/// Every code, what it means, and the controls that use it.
pub(super) fn codes(catalog: &Catalog) -> String {
    let mut out = String::from(GENERATED);
    out.push_str("# Codes\n\n");
    let mut section =
        |title: &str, about: &str, codes: Vec<(&str, &str)>, of: fn(&Rule) -> Vec<&Case>| {
            let users = users(catalog, of);
            let _ = writeln!(out, "## {title}\n\n{about}\n");
            let rows = codes.into_iter().map(|(code, doc)| {
                let controls = users.get(code).into_iter().flatten();
                vec![
                    format!("`{code}`"),
                    plain(doc),
                    controls
                        .map(|id| format!("[`{id}`](controls/{id}.md)"))
                        .collect::<Vec<_>>()
                        .join("<br>"),
                ]
            });
            table(&mut out, &["Code", "Meaning", "Controls"], rows);
        };
    section(
        "Reasons",
        "Why a verdict is fail.",
        Reason::ALL
            .iter()
            .map(|code| (code.code(), code.doc()))
            .collect(),
        |rule| rule.reasons.iter().collect(),
    );
    section(
        "Not applicable",
        "Why a control does not apply to an asset.",
        NotApplicable::ALL
            .iter()
            .map(|code| (code.code(), code.doc()))
            .collect(),
        |rule| rule.not_applicable.iter().collect(),
    );
    section(
        "Notes",
        "What is worth knowing beside a verdict, and declared exceptions.",
        Note::ALL
            .iter()
            .map(|code| (code.code(), code.doc()))
            .collect(),
        |rule| rule.notes.iter().chain(&rule.waived).collect(),
    );
    out
}

fn users(catalog: &Catalog, of: fn(&Rule) -> Vec<&Case>) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for control in &catalog.controls {
        for case in control.rules.iter().flat_map(of) {
            users.entry(&case.code).or_default().insert(&control.id);
        }
    }
    users
}

/// Every call, what allows it, and what its absent members mean.
pub(super) fn operations() -> String {
    let mut out = String::from(GENERATED);
    out.push_str(
        "# Operations\n\n\
         Every call whose answers are read. Nothing else is called, and none of them writes or reads data.\n\n",
    );
    let rows = Operation::ALL.iter().map(|operation| {
        let row = operation.row();
        vec![
            format!("`{operation}`"),
            if row.import_only {
                format!("`{}`; imported only, never called", row.action)
            } else {
                format!("`{}`", row.action)
            },
            match row.scope {
                Scope::Region => "Region".to_owned(),
                Scope::Global => "global".to_owned(),
            },
            format!("{:?}", row.family).to_lowercase(),
        ]
    });
    table(&mut out, &["Call", "IAM action", "Answered", "Feeds"], rows);
    out.push_str(
        "## Members that never reach the disk in the clear\n\n\
         Their values are dropped, or reduced to length, SHA-256 and detected features.\n\n",
    );
    let rows = Operation::ALL.iter().flat_map(|operation| {
        let secret = operation.row().secret.iter();
        secret.map(move |pointer| vec![format!("`{operation}`"), code_cell(pointer)])
    });
    table(&mut out, &["Call", "Member"], rows);
    out.push_str(
        "## What an absent member means\n\n\
         Only where the answer was received. An absent member that is not listed is unknown.\n\n",
    );
    let rows = Operation::ALL.iter().flat_map(|operation| {
        let absent = operation.row().absent.iter();
        absent.map(move |absence| {
            vec![
                format!("`{operation}`"),
                code_cell(absence.pointer),
                plain(absence.means),
            ]
        })
    });
    table(&mut out, &["Call", "Member", "Absent means"], rows);
    out
}

/// Every fact of every kind of asset.
pub(super) fn facts() -> String {
    let mut out = String::from(GENERATED);
    out.push_str(
        "# Facts\n\n\
         What the expression of a control may read, by kind of asset. A fact that was not read is unknown, whatever its\n\
         type; an *optional* one may also be known to be absent.\n\n",
    );
    let mut records: BTreeMap<&str, &Schema> = BTreeMap::new();
    for kind in AssetKind::ALL {
        let _ = writeln!(out, "## {}\n", capital(&kind.word().replace('_', " ")));
        fields(&mut out, facts::schema(kind), &mut records);
    }
    out.push_str("# Records\n\nWhat the fields of facts hold, where that is a record.\n\n");
    let mut written = BTreeSet::new();
    while let Some((name, schema)) = records
        .iter()
        .find(|(name, _)| !written.contains(**name))
        .map(|(name, schema)| (*name, *schema))
    {
        written.insert(name);
        let _ = writeln!(out, "## {name}\n");
        fields(&mut out, schema, &mut records);
    }
    out
}

fn fields<'s>(out: &mut String, schema: &'s Schema, records: &mut BTreeMap<&'s str, &'s Schema>) {
    let rows: Vec<_> = schema
        .fields
        .iter()
        .map(|field| {
            let mut inner = field.ty;
            while let Type::List(element) = inner {
                inner = *element;
            }
            if let Type::Record(schema) = inner {
                records.insert(schema.name, schema);
            }
            vec![
                format!("`{}`", field.name),
                format!(
                    "{}{}",
                    plain(&field.ty.to_string()),
                    if field.optional { ", optional" } else { "" }
                ),
                plain(field.doc),
            ]
        })
        .collect();
    table(out, &["Fact", "Type", "Meaning"], rows);
}
