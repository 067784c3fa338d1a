//! What became of every file.
//!
//! Enters: counts and troubles while files are read. Leaves: a report that a caller can print or
//! serialise. Deliberately absent: presentation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sagewarden_core::operations::Operation;
use sagewarden_core::time::Time;
use serde::Serialize;

/// Distinct troubles kept for one file; what goes beyond is counted in [`FileReport::more_troubles`].
const TROUBLES_PER_FILE: usize = 100;

/// What became of the input.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ImportReport {
    /// One entry a file, in the order in which they were read.
    pub files: Vec<FileReport>,
    /// Observations handed out.
    pub observations: u64,
    /// Observations handed out, by operation.
    pub operations: BTreeMap<Operation, u64>,
    /// Documents whose operation is known but that lack a request parameter, the account or the Region.
    pub unusable: u64,
    /// Documents and texts that are no AWS answer that Sagewarden reads.
    pub unrecognised: u64,
    /// Places that could not be read at all: damaged, too large, not text.
    pub unreadable: u64,
    /// Observations whose account or Region is the only one seen in the whole input.
    pub inferred: u64,
    /// Accounts and their Regions, as the observations have them.
    pub scopes: BTreeMap<String, BTreeSet<String>>,
    /// The latest `time` of an index line or observation: the candidate for the snapshot's `as_of`.
    pub latest: Option<Time>,
}

impl ImportReport {
    /// Every trouble, in file order.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.files.iter().flat_map(|file| &file.troubles)
    }

    /// Whether every document of every file that was not ignored became an observation.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.files.iter().all(|file| file.troubles.is_empty())
    }
}

/// What became of one file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileReport {
    /// The name under which the file was handed in.
    pub name: String,
    /// Whether the file was skipped for its name: prose, scripts, configuration.
    pub ignored: bool,
    /// Lines of an index; zero for any other file.
    pub index_lines: u64,
    /// Observations that came from this file, by operation.
    pub recognised: BTreeMap<Operation, u64>,
    /// What could not be used, first occurrence first.
    pub troubles: Vec<Trouble>,
    /// Troubles beyond those that are kept.
    pub more_troubles: u64,
}

/// One kind of trouble in one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// The line of the first occurrence, from 1; absent when the trouble is the whole file's.
    pub line: Option<u64>,
    /// How often it occurred in the file.
    pub count: u64,
    /// What kind it is.
    pub kind: TroubleKind,
    /// One line: what is wrong, and what to do.
    pub message: String,
}

/// Kinds of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The file is empty.
    Empty,
    /// Text that is neither JSON nor an AWS error.
    NotJson,
    /// JSON that no call which Sagewarden reads answers.
    NotAnAnswer,
    /// The call is known, but a request parameter, the account or the Region is not.
    Unusable,
    /// Bytes that are not UTF-8.
    InvalidText,
    /// A compressed stream that cannot be unpacked.
    Damaged,
    /// The input ends in the middle of a document.
    Truncated,
    /// Larger than the limit.
    TooLarge,
    /// Nested more deeply than JSON readers allow.
    TooDeep,
    /// A line of an index, or a file name, that cannot be used.
    Index,
    /// Something to know that costs no observation.
    Note,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        Ok(())
    }
}

impl FileReport {
    pub(crate) fn trouble(&mut self, line: Option<u64>, kind: TroubleKind, message: String) {
        if let Some(known) = self
            .troubles
            .iter_mut()
            .find(|trouble| trouble.kind == kind && trouble.message == message)
        {
            known.count += 1;
        } else if self.troubles.len() < TROUBLES_PER_FILE {
            self.troubles.push(Trouble {
                file: self.name.clone(),
                line,
                count: 1,
                kind,
                message,
            });
        } else {
            self.more_troubles += 1;
        }
    }
}
