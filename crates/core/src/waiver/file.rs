//! The waiver file.
//!
//! Enters: name and text of a YAML file. Leaves: waivers, or every place that cannot be used. A
//! file with one wrong waiver is refused whole: half a file of exceptions would change verdicts'
//! dispositions without anybody having written that.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Date;
use serde::Deserialize;
use serde_saphyr::Spanned;

use super::{Kind, Scope, Waiver};

/// The fewest characters of a reason.
pub const LEAST_REASON: usize = 10;

/// A place in a waiver file, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct WaiverError {
    /// `file:line`
    pub place: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u64>,
    #[serde(default)]
    waivers: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    controls: Vec<String>,
    #[serde(default, rename = "match")]
    scope: Scope,
    except: Option<Scope>,
    kind: Kind,
    #[serde(default)]
    requires_passing: Vec<String>,
    reason: Spanned<String>,
    owner: Spanned<String>,
    approved_by: Option<String>,
    ticket: Option<String>,
    created: Spanned<String>,
    expires: Spanned<String>,
    max_matches: Option<u64>,
}

/// Reads one file.
///
/// # Errors
/// Every place that cannot be used.
pub fn parse(name: &str, text: &str) -> Result<Vec<Waiver>, Vec<WaiverError>> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.without_snippet().to_string();
        let message: Vec<&str> = message.split_whitespace().collect();
        vec![WaiverError {
            place: format!("{name}:{line}"),
            message: message.join(" "),
        }]
    })?;
    let mut reader = Reader {
        name,
        errors: Vec::new(),
    };
    if file.version.value != 1 {
        reader.refuse(
            &file.version,
            format!(
                "waiver files of version {} are not known; this reads version 1",
                file.version.value
            ),
        );
    }
    let mut ids = BTreeSet::new();
    let mut waivers = Vec::new();
    for entry in file.waivers {
        if !ids.insert(entry.id.value.clone()) {
            reader.refuse(
                &entry.id,
                format!("waiver `{}` stands here twice", entry.id.value),
            );
        }
        waivers.extend(reader.waiver(entry));
    }
    if reader.errors.is_empty() {
        Ok(waivers)
    } else {
        Err(reader.errors)
    }
}

struct Reader<'n> {
    name: &'n str,
    errors: Vec<WaiverError>,
}

impl Reader<'_> {
    fn place<T>(&self, at: &Spanned<T>) -> String {
        format!("{}:{}", self.name, at.referenced.line())
    }

    fn refuse<T>(&mut self, at: &Spanned<T>, message: String) {
        self.errors.push(WaiverError {
            place: self.place(at),
            message,
        });
    }

    fn waiver(&mut self, entry: Entry) -> Option<Waiver> {
        let before = self.errors.len();
        let id = entry.id.value.trim();
        if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.refuse(
                &entry.id,
                "a waiver's id is one word, such as `WVR-2026-014`".to_owned(),
            );
        }
        if entry.controls.is_empty() {
            self.refuse(&entry.id, format!("waiver `{id}` names no control"));
        }
        if entry.reason.value.trim().chars().count() < LEAST_REASON {
            self.refuse(
                &entry.reason,
                format!("the reason of `{id}` is too short: say why, in {LEAST_REASON} characters or more"),
            );
        }
        if entry.owner.value.trim().is_empty() {
            self.refuse(&entry.owner, format!("waiver `{id}` has no owner"));
        }
        let scopes = std::iter::once(&entry.scope).chain(&entry.except);
        for selector in scopes.flat_map(|scope| &scope.accounts) {
            if selector.starts_with("ou:") || selector.starts_with("tag:") {
                self.refuse(
                    &entry.id,
                    format!("`{selector}` selects accounts by what is not collected; name accounts by their twelve digits"),
                );
            } else if !selector
                .chars()
                .all(|c| c.is_ascii_digit() || c == '*' || c == '?')
            {
                self.refuse(
                    &entry.id,
                    format!("`{selector}` is no account; it has twelve digits, and needs quotes"),
                );
            }
        }
        let created = self.date(&entry.created, "created");
        let expires = self.date(&entry.expires, "expires");
        if let (Some(created), Some(expires)) = (created, expires)
            && expires < created
        {
            self.refuse(
                &entry.expires,
                format!("waiver `{id}` expires before it is created"),
            );
        }
        let (Some(created), Some(expires)) = (created, expires) else {
            return None;
        };
        if self.errors.len() > before {
            return None;
        }
        Some(Waiver {
            place: self.place(&entry.id),
            id: id.to_owned(),
            controls: entry.controls,
            scope: entry.scope,
            except: entry.except,
            kind: entry.kind,
            requires_passing: entry.requires_passing,
            reason: one_line(&entry.reason.value),
            owner: one_line(&entry.owner.value),
            approved_by: entry.approved_by,
            ticket: entry.ticket,
            created,
            expires,
            max_matches: entry.max_matches,
        })
    }

    fn date(&mut self, at: &Spanned<String>, what: &str) -> Option<Date> {
        let date = at.value.trim().parse().ok();
        if date.is_none() {
            self.refuse(
                at,
                format!("`{}` is no date for `{what}`; write `2027-01-31`", at.value),
            );
        }
        date
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A waiver to be written.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// Controls.
    pub controls: Vec<String>,
    /// The assets.
    pub scope: Scope,
    /// The assets that are left out again.
    pub except: Option<Scope>,
    /// `accepted-risk`, `mitigated` or `false-positive`.
    pub kind: String,
    /// Controls that must pass on the same asset.
    pub requires_passing: Vec<String>,
    /// Why.
    pub reason: String,
    /// Who.
    pub owner: String,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Where it was discussed.
    pub ticket: Option<String>,
    /// The first day.
    pub created: Date,
    /// The last day.
    pub expires: Date,
    /// The most findings.
    pub max_matches: Option<u64>,
}

/// Writes an entry for the list `waivers`, indented by two. Every text is quoted, so that nothing
/// in it can be YAML of its own.
#[must_use]
pub fn draft(draft: &Draft) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "  - id: {}", quoted(&draft.id));
    let _ = writeln!(out, "    controls: {}", list(&draft.controls));
    scope_text(&mut out, "match", &draft.scope);
    if let Some(except) = &draft.except {
        scope_text(&mut out, "except", except);
    }
    let _ = writeln!(out, "    kind: {}", draft.kind);
    if !draft.requires_passing.is_empty() {
        let _ = writeln!(
            out,
            "    requires_passing: {}",
            list(&draft.requires_passing)
        );
    }
    let _ = writeln!(out, "    reason: {}", quoted(&draft.reason));
    let _ = writeln!(out, "    owner: {}", quoted(&draft.owner));
    if let Some(approved_by) = &draft.approved_by {
        let _ = writeln!(out, "    approved_by: {}", quoted(approved_by));
    }
    if let Some(ticket) = &draft.ticket {
        let _ = writeln!(out, "    ticket: {}", quoted(ticket));
    }
    let _ = writeln!(out, "    created: {}", draft.created);
    let _ = writeln!(out, "    expires: {}", draft.expires);
    if let Some(most) = draft.max_matches {
        let _ = writeln!(out, "    max_matches: {most}");
    }
    out
}

fn scope_text(out: &mut String, name: &str, scope: &Scope) {
    if *scope == Scope::default() {
        return;
    }
    let _ = writeln!(out, "    {name}:");
    for (key, values) in [
        ("accounts", &scope.accounts),
        ("regions", &scope.regions),
        ("assets", &scope.assets),
    ] {
        if !values.is_empty() {
            let _ = writeln!(out, "      {key}: {}", list(values));
        }
    }
    if !scope.tags.is_empty() {
        let pairs: Vec<String> = scope
            .tags
            .iter()
            .map(|(key, value)| format!("{}: {}", quoted(key), quoted(value)))
            .collect();
        let _ = writeln!(out, "      tags: {{ {} }}", pairs.join(", "));
    }
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A JSON string is a YAML string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
