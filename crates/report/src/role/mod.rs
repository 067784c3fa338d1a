//! Answers about one role, as text for people.
//!
//! Enters: a dossier, a question's answer, or a proposed policy with its trial. Leaves: text at a
//! given width. Statements are quoted by policy, version, path and `Sid`; their JSON stands once,
//! below.

mod ask;
mod dossier;
mod scope;

use sagewarden_core::facts::StatementOrigin;

use crate::detail::clip;
use crate::lines::Lines;
use crate::run::RenderError;

pub use ask::ask;
pub use dossier::dossier;
pub use scope::scope;

impl Lines<'_> {
    /// The statements that were quoted, each once.
    fn statements(&mut self, quoted: &[&StatementOrigin]) -> Result<(), RenderError> {
        let mut told: Vec<(String, &str)> = Vec::new();
        for statement in quoted {
            let place = whole(statement);
            if !told
                .iter()
                .any(|(known, text)| *known == place && *text == statement.statement)
            {
                told.push((place, &statement.statement));
            }
        }
        if told.is_empty() {
            return Ok(());
        }
        self.heading("statements")?;
        for (place, text) in told {
            self.line(2, &place)?;
            let flat: Vec<&str> = text.split_whitespace().collect();
            self.line(6, &clip(&flat.join(" ")))?;
        }
        Ok(())
    }
}

/// `policy v3:Statement[2].Resource[0] (Sid)`
pub(crate) fn place(statement: &StatementOrigin) -> String {
    let version = statement
        .version
        .as_deref()
        .map_or_else(String::new, |version| format!(" {version}"));
    let sid = statement
        .sid
        .as_deref()
        .filter(|sid| !sid.is_empty())
        .map_or_else(String::new, |sid| format!(" ({sid})"));
    format!(
        "{}{version}:{}{sid}",
        policy_name(&statement.policy),
        statement.path
    )
}

/// The same for the whole statement.
fn whole(statement: &StatementOrigin) -> String {
    let whole = StatementOrigin {
        path: statement
            .path
            .split('.')
            .next()
            .unwrap_or_default()
            .to_owned(),
        ..statement.clone()
    };
    place(&whole)
}

fn policy_name(policy: &str) -> &str {
    match policy.split_once(":policy/") {
        Some((_, name)) => name,
        None => policy,
    }
}

/// Several statements in one line; the rest as a count.
fn places(statements: &[StatementOrigin], shown: usize) -> String {
    let mut text = statements
        .iter()
        .take(shown)
        .map(place)
        .collect::<Vec<_>>()
        .join("; ");
    if let Some(more @ 1..) = statements.len().checked_sub(shown) {
        text.push_str(&format!("; and {more} more"));
    }
    text
}
