//! A proposed policy, with what it would change.

use std::collections::BTreeMap;
use std::io::Write;

use sagewarden_core::proposal::{
    ATTACHED_LIMIT, Change, INLINE_LIMIT, Loss, MANAGED_LIMIT, POLICY_NAME, Proposal, Statement,
    Trial,
};

use super::{place, policy_name, whole};
use crate::lines::Lines;
use crate::run::RenderError;
use crate::text::{BOLD, DIM, plural, printable, short};

/// Losses that are shown, with a witness each.
const LOSSES: usize = 16;

/// Statements of one policy that go, from which their number is told and not each.
const ALIKE: usize = 3;

/// Writes the proposal.
///
/// # Errors
/// When the output fails.
pub fn scope(
    proposal: &Proposal,
    trial: &Trial,
    width: Option<usize>,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut page = Lines { out, width };
    writeln!(page.out, "{BOLD}{}{BOLD:#}", printable(&proposal.arn))?;
    page.line(2, &runs(proposal))?;
    if trial.accepted {
        page.line(
            2,
            "accepted: with this policy no identity control holds against the role",
        )?;
    } else {
        page.line(2, "not accepted:")?;
        for still in &trial.still {
            page.row(2, "still", 7, still)?;
        }
    }

    page.heading(&format!(
        "policy ({} of {MANAGED_LIMIT} characters)",
        proposal.characters
    ))?;
    for document in &proposal.documents {
        // Not wrapped, so that it can be copied.
        writeln!(page.out, "{}", printable_lines(&format!("{document:#}")))?;
    }

    page.heading("against today")?;
    let mut changes = trial.changes.as_slice();
    while let Some((first, _)) = changes.split_first() {
        let alike = changes
            .iter()
            .take_while(|change| {
                change.becomes == first.becomes && change.statement.policy == first.statement.policy
            })
            .count();
        let (run, rest) = changes.split_at(alike.max(1));
        if run.len() > ALIKE && first.becomes == "dropped" {
            let policy = policy_name(&first.statement.policy);
            page.row(2, "-", 2, &format!("{policy}: {} statements go", run.len()))?;
        } else {
            for change in run {
                changed(&mut page, change)?;
            }
        }
        changes = rest;
    }
    for statement in &proposal.statements {
        page.row(2, "+", 2, &added(statement))?;
    }
    for deny in &proposal.denies {
        let sid = deny.get("Sid").and_then(|sid| sid.as_str()).unwrap_or("");
        page.row(2, "=", 2, &format!("{sid}: a Deny of today, kept as it is"))?;
    }

    if !trial.verdicts.is_empty() {
        page.heading("verdicts")?;
        for one in &trial.verdicts {
            let change = format!("{} → {}", one.today, one.after);
            page.row(
                2,
                &change,
                20,
                &format!("{} on {}", short(&one.control), one.asset.name),
            )?;
        }
    }
    lost(&mut page, &trial.losses)?;
    list(&mut page, "notes", &proposal.notes)?;
    list(&mut page, "not read", &proposal.missing)?;
    if trial.accepted && !proposal.documents.is_empty() {
        next(&mut page, proposal)?;
    }
    Ok(())
}

fn runs(proposal: &Proposal) -> String {
    if proposal.assets.is_empty() {
        return "no asset of the input runs as it".to_owned();
    }
    let kinds: Vec<String> = proposal
        .assets
        .iter()
        .map(|(kind, count)| {
            format!(
                "{count} {}{}",
                kind.word().replace('_', " "),
                plural(*count)
            )
        })
        .collect();
    format!("as declared by {}", kinds.join(", "))
}

fn changed(page: &mut Lines<'_>, change: &Change) -> Result<(), RenderError> {
    let statement = whole(&change.statement);
    match change.becomes {
        "kept" => page.row(2, "=", 2, &format!("{statement} stays")),
        "narrowed" => page.row(
            2,
            "~",
            2,
            &format!("{statement} narrows to {}", change.by.join(", ")),
        ),
        _ => page.row(2, "-", 2, &format!("{statement} goes")),
    }
}

fn added(statement: &Statement) -> String {
    const SHOWN: usize = 3;
    let mut text = format!(
        "{}: {} on {}",
        statement.sid,
        statement.actions.join(", "),
        statement
            .resources
            .iter()
            .take(SHOWN)
            .cloned()
            .collect::<Vec<_>>()
            .join(", ")
    );
    if let Some(more @ 1..) = statement.resources.len().checked_sub(SHOWN) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// What would be lost: first what the policy grants in part, then the rest by service.
fn lost(page: &mut Lines<'_>, losses: &[Loss]) -> Result<(), RenderError> {
    page.heading("what would be lost")?;
    if losses.is_empty() {
        return page.line(2, "nothing that today's policies grant");
    }
    let (partly, wholly): (Vec<&Loss>, Vec<&Loss>) = losses.iter().partition(|loss| loss.partly);
    for loss in partly.into_iter().chain(wholly).take(LOSSES) {
        let share = match (loss.unless.as_slice(), loss.partly) {
            ([], true) => "elsewhere".to_owned(),
            ([], false) => "at all".to_owned(),
            (keys, _) => format!("unless a condition on {} holds", keys.join(", ")),
        };
        let witness = loss
            .witness
            .as_deref()
            .map_or_else(String::new, |arn| on(&loss.action, arn));
        let doubt = if loss.undecided {
            ", as far as it was decided"
        } else {
            ""
        };
        page.row(
            2,
            "-",
            2,
            &format!(
                "{} {share}{witness} ({}){doubt}",
                loss.action,
                place(&loss.statement)
            ),
        )?;
    }
    if losses.len() > LOSSES {
        let mut services: BTreeMap<&str, usize> = BTreeMap::new();
        for loss in losses.iter().skip(LOSSES) {
            let service = loss.action.split(':').next().unwrap_or_default();
            *services.entry(service).or_default() += 1;
        }
        let services: Vec<String> = services
            .into_iter()
            .map(|(service, count)| format!("{count} of {service}"))
            .collect();
        page.line(
            2,
            &format!(
                "… and {} more ({}); `-f json` holds them all",
                losses.len() - LOSSES,
                services.join(", ")
            ),
        )?;
    }
    Ok(())
}

/// The witness, where it is a resource of the action's service: any other only shows that the grant
/// is on whatever there is.
fn on(action: &str, arn: &str) -> String {
    let service = action.split(':').next().unwrap_or_default();
    if arn.split(':').nth(2) == Some(service) || matches!(service, "sts" | "iam") {
        format!(", for one on {arn}")
    } else {
        ", on any resource".to_owned()
    }
}

fn list(page: &mut Lines<'_>, heading: &str, lines: &[String]) -> Result<(), RenderError> {
    if lines.is_empty() {
        return Ok(());
    }
    page.heading(heading)?;
    for line in lines {
        page.row(2, "·", 2, line)?;
    }
    Ok(())
}

fn next(page: &mut Lines<'_>, proposal: &Proposal) -> Result<(), RenderError> {
    let name = proposal.arn.rsplit('/').next().unwrap_or_default();
    writeln!(page.out)?;
    let command = match proposal.documents.len() {
        1 => format!(
            "aws iam put-role-policy --role-name {name} --policy-name {POLICY_NAME} --policy-document file://policy.json"
        ),
        count => format!(
            "aws iam create-policy, one for each of {count} documents (a role takes {ATTACHED_LIMIT} managed policies, or {INLINE_LIMIT} characters inline)"
        ),
    };
    writeln!(
        page.out,
        "{DIM}next:{DIM:#} {}; test the work; then detach what goes",
        printable(&command)
    )?;
    Ok(())
}

/// As [`printable`], line by line.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}
