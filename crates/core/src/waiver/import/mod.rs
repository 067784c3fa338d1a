//! Waivers from the files in which other tools keep theirs.
//!
//! Enters: a file, recognised by what it holds. Leaves: drafts, and what was not taken over. What is
//! imported covers at most what the file did, and holds no longer.

mod prowler;
mod stave;

use jiff::civil::Date;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Draft, WaiverError};

/// What every imported waiver is given where its file does not say it.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Who answers for it.
    pub owner: String,
    /// The first day.
    pub created: Date,
    /// The last day.
    pub expires: Date,
}

/// What a file gave.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The waivers.
    pub drafts: Vec<Draft>,
    /// What was not taken over, and why.
    pub left_out: Vec<String>,
}

/// The members by which a file is told.
#[derive(Deserialize)]
struct Members {
    #[serde(alias = "Mute List", alias = "Allowlist", rename = "Mutelist")]
    mutelist: Option<IgnoredAny>,
    acknowledgments: Option<IgnoredAny>,
    exceptions: Option<IgnoredAny>,
    exemptions: Option<IgnoredAny>,
}

/// Reads a mutelist of Prowler, or the exceptions of Stave.
///
/// # Errors
/// When it is neither.
pub fn import(name: &str, text: &str, terms: &Terms) -> Result<Imported, WaiverError> {
    let members: Members = read(name, text)?;
    if members.mutelist.is_some() {
        return prowler::import(name, text, terms);
    }
    if [
        members.acknowledgments,
        members.exceptions,
        members.exemptions,
    ]
    .iter()
    .any(Option::is_some)
    {
        return stave::import(name, text, terms);
    }
    Err(WaiverError {
        place: format!("{name}:1"),
        message: "neither a mutelist of Prowler (`Mutelist`) nor exceptions of Stave (`acknowledgments`, `exceptions`, `exemptions`)".to_owned(),
    })
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, WaiverError> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.without_snippet().to_string();
        let words: Vec<&str> = message.split_whitespace().collect();
        WaiverError {
            place: format!("{name}:{line}"),
            message: words.join(" "),
        }
    })
}
