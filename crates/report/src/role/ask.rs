//! The answer to one question.

use std::io::Write;

use sagewarden_core::dossier::Asked;

use super::place;
use crate::detail::clip;
use crate::lines::Lines;
use crate::run::RenderError;
use crate::text::BOLD;

/// Writes the answer.
///
/// # Errors
/// When the output fails.
pub fn ask(asked: &Asked, width: Option<usize>, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut page = Lines { out, width };
    writeln!(page.out, "{BOLD}{}{BOLD:#}", asked.answer)?;
    let question = format!("{} on {} as {}", asked.action, asked.resource, asked.role);
    page.line(2, &question)?;
    for statement in &asked.decided_by {
        page.row(2, statement.effect.as_str(), 8, &place(statement))?;
        let flat: Vec<&str> = statement.statement.split_whitespace().collect();
        page.line(10, &clip(&flat.join(" ")))?;
    }
    if asked.answer == "deny" && asked.decided_by.is_empty() {
        let layers = asked.not_allowed_by.join(", ");
        page.line(2, &format!("nothing allows it in: {layers}"))?;
    }
    if asked.answer == "conditional" {
        let keys = asked.open_conditions.join(", ");
        page.line(
            2,
            &format!("it hangs on {keys}; give them with --context KEY=VALUE"),
        )?;
    }
    for missing in &asked.missing {
        page.row(2, "missing", 9, missing)?;
    }
    Ok(())
}
