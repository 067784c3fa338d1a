//! What can be wrong with a snapshot folder.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::Operation;
use crate::time::Time;

use super::manifest::{MANIFEST, Part, SCHEMA};

/// Why a snapshot cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder refused; its error names the file.
    #[error("cannot {doing}: {source}")]
    File {
        /// What was attempted.
        doing: &'static str,
        /// The folder's own error.
        source: io::Error,
    },
    /// There is neither a manifest nor a part.
    #[error("`{MANIFEST}` is missing; name a folder that a collection or an import wrote")]
    NotASnapshot,
    /// There are parts, but no manifest.
    #[error(
        "`{MANIFEST}` is missing beside the parts: the snapshot was not finished; resume it, or collect again"
    )]
    Unfinished,
    /// The manifest is not what its schema says.
    #[error("{MANIFEST}:{line}: {message}; restore the file, or collect again")]
    Manifest {
        /// Line of the manifest, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The manifest follows another schema.
    #[error(
        "{MANIFEST}: schema is `{found}`, this version reads `{SCHEMA}`; use the version of the tool that wrote it"
    )]
    SchemaVersion {
        /// The schema that the manifest names.
        found: String,
    },
    /// The manifest lists a part that is not there.
    #[error(
        "`{part}` is listed in {MANIFEST} and missing from the folder; restore it, or collect again"
    )]
    MissingPart {
        /// Path of the part.
        part: String,
    },
    /// The bytes end too early.
    #[error("{part}:{line}: the part is cut short after this line; restore it, or collect again")]
    Truncated {
        /// Path of the part.
        part: String,
        /// The last whole line, from 1; 0 when there is none.
        line: u64,
    },
    /// The bytes are not what zstd wrote.
    #[error(
        "{part}:{line}: cannot be decompressed after this line ({message}); restore it, or collect again"
    )]
    Corrupt {
        /// Path of the part.
        part: String,
        /// The last whole line, from 1; 0 when there is none.
        line: u64,
        /// The decompressor's message.
        message: String,
    },
    /// The bytes are not those that the manifest describes.
    #[error(
        "{part}:{line}: SHA-256 is {found}, {MANIFEST} says {declared}: the part was changed after it was written; restore it, or collect again"
    )]
    Hash {
        /// Path of the part.
        part: String,
        /// The last line, from 1.
        line: u64,
        /// The hash in the manifest, hexadecimal.
        declared: String,
        /// The hash of the bytes.
        found: String,
    },
    /// A count is not the one that the manifest declares.
    #[error(
        "{part}:{line}: holds {found} {what}, {MANIFEST} says {declared}; restore both files, or collect again"
    )]
    Count {
        /// Path of the part.
        part: String,
        /// The last line read, from 1.
        line: u64,
        /// What is counted.
        what: &'static str,
        /// The count in the manifest.
        declared: u64,
        /// The count so far.
        found: u64,
    },
    /// A line is longer than the limit.
    #[error(
        "{part}:{line}: the line is longer than the limit of {limit} bytes; raise the limit, or leave the observation out"
    )]
    LineTooLong {
        /// Path of the part.
        part: String,
        /// The line, from 1.
        line: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// A line is not UTF-8.
    #[error("{part}:{line}: the line is not UTF-8; restore the part, or collect again")]
    Utf8 {
        /// Path of the part.
        part: String,
        /// The line, from 1.
        line: u64,
    },
    /// A line is not an observation, or not one of this part.
    #[error("{part}:{line}: {message}; restore the part, or collect again")]
    Line {
        /// Path of the part.
        part: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// The folder already holds a snapshot.
    #[error(
        "the folder already holds `{found}`; name an empty folder, or resume an unfinished snapshot"
    )]
    Occupied {
        /// A file that is in the way.
        found: String,
    },
    /// Snapshots of different instants cannot be joined without saying which instant counts.
    #[error(
        "the snapshots are of different instants (`{first}` and `{other}`); say which instant counts"
    )]
    AsOf {
        /// Instant of the first snapshot.
        first: Time,
        /// Another instant.
        other: Time,
    },
    /// A value could not be written as JSON.
    #[error("cannot write {what} as JSON: {source}")]
    Json {
        /// What was to be written.
        what: String,
        /// The serialiser's error.
        source: serde_json::Error,
    },
}

/// How much of a part a damage takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Extent {
    /// One line.
    Line,
    /// Everything after the line.
    Rest,
    /// The whole part: what was read from it is not what was written.
    Part,
}

/// Something unreadable that reading went past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Damage {
    /// Path of the part.
    pub part: String,
    /// The call whose answers the part holds.
    pub operation: Operation,
    /// Its account.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// The line, from 1; 0 when no line could be read.
    pub line: u64,
    /// How much of the part cannot be relied on.
    pub extent: Extent,
    /// The error, as one line.
    pub message: String,
}

impl Error {
    /// Whether one line is refused and reading can go on with the next.
    #[must_use]
    pub fn is_of_one_line(&self) -> bool {
        matches!(
            self,
            Error::LineTooLong { .. } | Error::Utf8 { .. } | Error::Line { .. }
        )
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl Damage {
    pub(super) fn of(part: &Part, error: &Error) -> Damage {
        let (line, extent) = match error {
            Error::LineTooLong { line, .. }
            | Error::Utf8 { line, .. }
            | Error::Line { line, .. } => (*line, Extent::Line),
            Error::Truncated { line, .. } | Error::Corrupt { line, .. } => (*line, Extent::Rest),
            Error::Hash { line, .. } | Error::Count { line, .. } => (*line, Extent::Part),
            _ => (0, Extent::Part),
        };
        Damage {
            part: part.path.clone(),
            operation: part.operation,
            account: part.account.clone(),
            region: part.region.clone(),
            line,
            extent,
            message: error.to_string(),
        }
    }
}
