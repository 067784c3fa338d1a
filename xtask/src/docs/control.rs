//! A page for each control, their index, and the frameworks.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::cel::Program;
use sagewarden_core::codes::{NotApplicable, Note, Reason};
use sagewarden_core::control::{Case, Catalog, Change, Control, Framework, Rule};
use sagewarden_core::needs;
use sagewarden_report::explain;

use super::markdown::{GENERATED, block, capital, code_cell, plain, table};

/// The page of one control.
pub(super) fn page(control: &Control, catalog: &Catalog) -> String {
    let mut out = String::from(GENERATED);
    let _ = writeln!(out, "# {}\n", plain(&control.title));
    table(
        &mut out,
        &["Id", "Severity", "Domain", "Type", "Asset"],
        [vec![
            format!("`{}`", control.id),
            control.severity.word().to_owned(),
            plain(&control.domain),
            plain(&control.kind),
            control
                .rules
                .iter()
                .map(|rule| words(rule.asset))
                .collect::<Vec<_>>()
                .join(", "),
        ]],
    );
    let _ = writeln!(out, "{}\n", control.rationale.trim());
    for rule in &control.rules {
        if control.rules.len() > 1 {
            let _ = writeln!(out, "## On the {}\n", words(rule.asset));
        }
        decision(&mut out, rule);
    }
    remediation(&mut out, control);
    asked_by(&mut out, control, catalog);
    calls(&mut out, control);
    if !control.references.is_empty() {
        out.push_str("## References\n\n");
        for reference in &control.references {
            let _ = writeln!(out, "- <{reference}>");
        }
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "Source: [control](../../{file}.yaml), [cases](../../{file}.cases.yaml).",
        file = file(control)
    );
    out
}

/// Every control, by kind of asset.
pub(super) fn index(catalog: &Catalog) -> String {
    let mut out = String::from(GENERATED);
    out.push_str("# Controls\n\n");
    for kind in AssetKind::ALL {
        let controls = catalog
            .controls
            .iter()
            .filter(|control| control.home() == Some(kind));
        let rows: Vec<_> = controls
            .map(|control| {
                vec![
                    format!("[`{id}`]({id}.md)", id = control.id),
                    plain(&control.title),
                    control.severity.word().to_owned(),
                    plain(&control.domain),
                ]
            })
            .collect();
        if !rows.is_empty() {
            let _ = writeln!(out, "## {}\n", capital(&words(kind)));
            table(
                &mut out,
                &["Control", "What must hold", "Severity", "Domain"],
                rows,
            );
        }
    }
    out
}

/// Every framework, its requirements and the controls behind each.
pub(super) fn frameworks(catalog: &Catalog) -> String {
    let mut out = String::from(GENERATED);
    out.push_str("# Frameworks\n\n");
    for framework in &catalog.frameworks {
        let _ = writeln!(out, "## {} (`{}`)\n", plain(&framework.title), framework.id);
        let _ = writeln!(out, "Published at <{}>.\n", framework.source);
        let rows = framework.requirements.iter().map(|(id, requirement)| {
            let controls = catalog.controls.iter().filter(|control| {
                control
                    .compliance
                    .get(&framework.id)
                    .is_some_and(|ids| ids.contains(id))
            });
            vec![
                plain(id),
                plain(&requirement.title),
                controls
                    .map(|control| format!("[`{id}`](controls/{id}.md)", id = control.id))
                    .collect::<Vec<_>>()
                    .join("<br>"),
                plain(requirement.remark.as_deref().unwrap_or_default()),
            ]
        });
        table(
            &mut out,
            &["Requirement", "Title", "Controls", "Remark"],
            rows,
        );
    }
    out
}

fn decision(out: &mut String, rule: &Rule) {
    if let Some(subject) = &rule.subject_when {
        out.push_str("## Subject\n\nOnly assets for which this holds are judged:\n\n");
        block(out, "cel", subject.source());
    }
    out.push_str("## It fails when\n\n");
    block(out, "cel", rule.unsafe_when.source());
    let reason = |code: &str| Reason::parse(code).map(Reason::doc);
    cases(out, "Reason", &rule.reasons, reason);
    if let Some(passes) = &rule.passes {
        let _ = writeln!(out, "It passes saying: {}.\n", plain(&passes.to_string()));
    }
    if !rule.not_applicable.is_empty() {
        out.push_str("## It does not apply when\n\n");
        let meaning = |code: &str| NotApplicable::parse(code).map(NotApplicable::doc);
        cases(out, "Code", &rule.not_applicable, meaning);
    }
    let note = |code: &str| Note::parse(code).map(Note::doc);
    if !rule.waived.is_empty() {
        out.push_str("## A declared exception waives it when\n\n");
        cases(out, "Code", &rule.waived, note);
    }
    if !rule.notes.is_empty() {
        out.push_str(
            "## Notes\n\nWhat is worth knowing beside the verdict, and never changes it.\n\n",
        );
        cases(out, "Note", &rule.notes, note);
    }
    facts(out, rule);
}

fn cases<'c>(
    out: &mut String,
    head: &str,
    cases: &'c [Case],
    meaning: impl Fn(&'c str) -> Option<&'static str>,
) {
    let rows = cases.iter().map(|case| {
        vec![
            format!("`{}`", case.code),
            plain(meaning(&case.code).unwrap_or_default()),
            case.when
                .as_ref()
                .map_or_else(|| "otherwise".to_owned(), |when| code_cell(when.source())),
            plain(
                &case
                    .says
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            ),
        ]
    });
    table(out, &[head, "Meaning", "When", "Says"], rows);
}

/// The facts and tunables that decide, or annotate.
fn facts(out: &mut String, rule: &Rule) {
    let mut facts = BTreeSet::new();
    let mut tunables = BTreeSet::new();
    for program in programs(rule) {
        facts.extend(program.reads().facts.iter().map(String::as_str));
        tunables.extend(program.reads().tunables.iter().map(String::as_str));
    }
    out.push_str("## Facts that it reads\n\n");
    let rows = facts.into_iter().map(|path| {
        let field = explain::field(rule.asset, path);
        vec![
            format!("`{path}`"),
            field.map_or_else(String::new, |field| plain(&field.ty.to_string())),
            plain(field.map_or("", |field| field.doc)),
        ]
    });
    table(out, &["Fact", "Type", "Meaning"], rows);
    if !tunables.is_empty() {
        let names: Vec<_> = tunables
            .into_iter()
            .map(|name| format!("[`{name}`](../tunables.md#{name})"))
            .collect();
        let _ = writeln!(out, "Tunables: {}.\n", names.join(", "));
    }
}

fn programs(rule: &Rule) -> impl Iterator<Item = &Program> {
    let cases = [
        &rule.not_applicable,
        &rule.reasons,
        &rule.waived,
        &rule.notes,
    ];
    rule.subject_when.iter().chain([&rule.unsafe_when]).chain(
        cases
            .into_iter()
            .flatten()
            .filter_map(|case| case.when.as_ref()),
    )
}

fn remediation(out: &mut String, control: &Control) {
    let remediation = &control.remediation;
    out.push_str("## How to mend it\n\n");
    let _ = writeln!(
        out,
        "{}\n\n{}\n",
        change(remediation.change),
        remediation.summary.trim()
    );
    for (kind, commands) in &remediation.commands {
        if commands.is_empty() {
            continue;
        }
        if remediation.commands.len() > 1 {
            let _ = writeln!(out, "On the {}:\n", words(*kind));
        }
        let lines: Vec<_> = commands.iter().map(ToString::to_string).collect();
        block(out, "sh", &lines.join("\n"));
    }
    if remediation.request.is_some() {
        out.push_str(
            "`sagewarden explain` and the JSON report print the corrected request for `--cli-input-json`, made from the \
             description of the asset.\n\n",
        );
    }
    if let Some(statement) = &remediation.guardrail {
        out.push_str(
            "As a statement of a service control policy, so that it does not come back:\n\n",
        );
        block(out, "json", &format!("{statement:#}"));
    }
    if let Some(text) = &remediation.terraform {
        out.push_str("In Terraform:\n\n");
        block(out, "hcl", text);
    }
    if let Some(text) = &remediation.cloudformation {
        out.push_str("In CloudFormation:\n\n");
        block(out, "yaml", text);
    }
}

fn change(change: Change) -> &'static str {
    match change {
        Change::InPlace => "The setting changes in place.",
        Change::Restart => "The setting changes in place, while the resource is stopped.",
        Change::Recreate => "The setting is fixed at creation: the resource must be made anew.",
        Change::Replace => {
            "The setting is fixed at creation: a new resource takes over from this one."
        }
        Change::Rerun => "The asset is history and cannot change: the next run must differ.",
    }
}

fn asked_by(out: &mut String, control: &Control, catalog: &Catalog) {
    if control.compliance.is_empty() {
        return;
    }
    out.push_str("## Frameworks that ask for it\n\n");
    let rows = control.compliance.iter().flat_map(|(id, requirements)| {
        let framework: Option<&Framework> = catalog
            .frameworks
            .iter()
            .find(|framework| framework.id == *id);
        requirements.iter().map(move |requirement| {
            let known = framework.and_then(|framework| framework.requirements.get(requirement));
            vec![
                plain(framework.map_or(id, |framework| &framework.title)),
                plain(requirement),
                plain(known.map_or("", |known| &known.title)),
                plain(
                    known
                        .and_then(|known| known.remark.as_deref())
                        .unwrap_or_default(),
                ),
            ]
        })
    });
    table(out, &["Framework", "Requirement", "Title", "Remark"], rows);
}

fn calls(out: &mut String, control: &Control) {
    out.push_str("## Calls behind it\n\n");
    let rows = needs::operations(&[control]).into_iter().map(|operation| {
        let row = operation.row();
        vec![
            format!("`{operation}`"),
            if row.import_only {
                "imported only".to_owned()
            } else {
                format!("`{}`", row.action)
            },
        ]
    });
    table(out, &["Call", "IAM action"], rows);
}

/// The control's file below the root, without its extension.
fn file(control: &Control) -> String {
    let folder = control.home().map_or("", AssetKind::word);
    format!("catalog/controls/{folder}/{}", control.id)
}

fn words(kind: AssetKind) -> String {
    kind.word().replace('_', " ")
}
