//! What a role can do, what it can become, and who can become it.

use std::io::Write;

use sagewarden_core::dossier::{Admitted, Answer, Dossier, Held, Neighbour, Share, TrustEntry};
use sagewarden_core::facts::StatementOrigin;

use super::{places, policy_name};
use crate::lines::Lines;
use crate::run::RenderError;
use crate::text::{BOLD, printable};

/// Statements that are named beside an answer.
const NAMED: usize = 3;

/// Roles that are listed at each end.
const LISTED: usize = 20;

/// Columns of the share.
const SHARE: usize = 9;

/// Columns of the labels below an answer.
const LABEL: usize = 9;

/// Writes the dossier.
///
/// # Errors
/// When the output fails.
pub fn dossier(
    dossier: &Dossier,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut page = Lines { out, width };
    writeln!(page.out, "{BOLD}{}{BOLD:#}", printable(&dossier.arn))?;
    page.line(2, &about(dossier))?;
    for held in &dossier.policies {
        page.row(2, &held.kind.replace('_', " "), 18, &policy(held))?;
    }
    let mut quoted: Vec<&StatementOrigin> = Vec::new();

    page.heading("what it can do")?;
    climb(&mut page, dossier)?;
    quoted.extend(&dossier.admin.decided_by);
    for answer in &dossier.questions {
        question(&mut page, answer)?;
        quoted.extend(answer.decided_by.iter().take(NAMED));
    }

    page.heading("what it can become")?;
    if dossier.becomes.is_empty() {
        page.line(2, "no role of the input lets it in or can be passed by it")?;
    }
    for neighbour in dossier.becomes.iter().take(LISTED) {
        page.row(2, neighbour.by, SHARE, &becomes(neighbour))?;
    }
    more(&mut page, dossier.becomes.len())?;
    if let Some(ascent) = &dossier.ascent {
        let hops: Vec<String> = ascent
            .hops
            .iter()
            .map(|hop| match hop.services.first() {
                Some(service) => format!("{} {} to {service}", hop.by, hop.to),
                None => format!("{} {}", hop.by, hop.to),
            })
            .collect();
        let end = match ascent.power {
            "admin" => "which is administrator",
            _ => "which can make itself administrator",
        };
        page.row(
            2,
            "way up",
            SHARE,
            &format!("{}, {end}", hops.join(", which ")),
        )?;
    }

    page.heading("who can become it")?;
    for entry in &dossier.trusts {
        page.row(2, entry.kind, 11, &trust(entry))?;
        quoted.push(&entry.statement);
    }
    for admitted in dossier.admits.iter().take(LISTED) {
        page.row(2, admitted.by, 11, &admits(admitted))?;
        quoted.extend(admitted.statements.iter().take(NAMED));
    }
    more(&mut page, dossier.admits.len())?;

    page.statements(&quoted)?;
    if !dossier.missing.is_empty() {
        page.heading("not read")?;
        for missing in &dossier.missing {
            page.line(2, missing)?;
        }
    }
    Ok(())
}

fn more(page: &mut Lines<'_>, count: usize) -> Result<(), RenderError> {
    match count.checked_sub(LISTED) {
        Some(more @ 1..) => page.line(2, &format!("… and {more} more; `-f json` holds them all")),
        _ => Ok(()),
    }
}

fn about(dossier: &Dossier) -> String {
    let mut parts = Vec::new();
    if let Some(presence) = dossier
        .presence
        .as_deref()
        .filter(|word| *word != "present")
    {
        parts.push(presence.replace('_', " "));
    }
    parts.push(
        dossier
            .environment
            .clone()
            .unwrap_or_else(|| "no environment tag".to_owned()),
    );
    parts.push(match dossier.last_used {
        Some(time) => format!("last used {time}"),
        None => "no last use known".to_owned(),
    });
    parts.join(" · ")
}

fn policy(held: &Held) -> String {
    let version = held
        .version
        .as_deref()
        .map_or_else(String::new, |version| format!(" {version}"));
    let size = match held.statements {
        Some(1) => "1 statement".to_owned(),
        Some(count) => format!("{count} statements"),
        None => "not read".to_owned(),
    };
    format!("{}{version}, {size}", policy_name(&held.policy))
}

fn climb(page: &mut Lines<'_>, dossier: &Dossier) -> Result<(), RenderError> {
    let admin = &dossier.admin;
    let says = match admin.answer {
        "full" => "every action on every resource: it is administrator",
        "escalatable" => "not administrator, and can make itself one",
        "conditional" => "is, or can become, administrator while conditions hold",
        "unknown" => "whether it is administrator is not known",
        _ if admin.bounded => "only its permissions boundary keeps it from being administrator",
        _ => "no administrator, and cannot make itself one",
    };
    page.row(
        2,
        admin.answer,
        SHARE + 3,
        &format!("administrator: {says}"),
    )?;
    for step in &admin.way_up {
        page.row(4, "way up", LABEL, step)?;
    }
    if !admin.open_conditions.is_empty() {
        page.row(4, "hangs on", LABEL, &admin.open_conditions.join(", "))?;
    }
    if !admin.decided_by.is_empty() {
        page.row(4, "by", LABEL, &places(&admin.decided_by, NAMED))?;
    }
    Ok(())
}

fn question(page: &mut Lines<'_>, answer: &Answer) -> Result<(), RenderError> {
    let share = match (answer.settled, answer.may > answer.must, answer.may) {
        (false, _, _) => "unknown",
        (true, _, Share::None) => "none",
        (true, false, Share::Some) => "some",
        (true, false, Share::All) => "all",
        (true, true, Share::Some) => "some, if",
        (true, true, Share::All) => "all, if",
    };
    page.row(
        2,
        share,
        SHARE + 3,
        &format!("{}: {}", answer.of, answer.action),
    )?;
    if !answer.settled && answer.may > Share::None {
        page.line(
            4,
            "a policy was not read; what is below is what the others give",
        )?;
    }
    if answer.may > answer.must && !answer.open_conditions.is_empty() {
        page.row(4, "hangs on", LABEL, &answer.open_conditions.join(", "))?;
    }
    if let Some(witness) = &answer.witness {
        page.row(4, "for one", LABEL, witness)?;
    }
    if !answer.decided_by.is_empty() {
        page.row(4, "by", LABEL, &places(&answer.decided_by, NAMED))?;
    }
    Ok(())
}

fn becomes(neighbour: &Neighbour) -> String {
    let mut text = neighbour.arn.clone();
    if !neighbour.services.is_empty() {
        text.push_str(&format!(" to {}", neighbour.services.join(", ")));
    }
    let mut about = vec![
        neighbour
            .environment
            .clone()
            .unwrap_or_else(|| "no environment tag".to_owned()),
        neighbour.power.replace('_', " "),
        neighbour.trust.replace('_', " "),
    ];
    if neighbour.other_account {
        about.push("another account".to_owned());
    }
    if !neighbour.conditions.is_empty() {
        about.push(format!("needs {}", neighbour.conditions.join(", ")));
    }
    format!("{text} ({})", about.join(", "))
}

fn trust(entry: &TrustEntry) -> String {
    let mut text = entry.principal.clone();
    if !entry.conditions.is_empty() {
        text.push_str(&format!(" when {}", entry.conditions.join(", ")));
    }
    if entry.bound_to_source == Some(false) {
        text.push_str(", for any account: no condition on aws:SourceAccount");
    }
    text
}

fn admits(admitted: &Admitted) -> String {
    let mut text = admitted.arn.clone();
    if !admitted.services.is_empty() {
        text.push_str(&format!(" to {}", admitted.services.join(", ")));
    }
    let mut about = Vec::new();
    if admitted.other_account {
        about.push("another account".to_owned());
    }
    if !admitted.certain {
        about.push("under conditions".to_owned());
    }
    if !admitted.conditions.is_empty() {
        about.push(format!("needs {}", admitted.conditions.join(", ")));
    }
    if !about.is_empty() {
        text.push_str(&format!(" ({})", about.join(", ")));
    }
    text
}
