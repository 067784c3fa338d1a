//! What every format says about the run itself.

use std::collections::BTreeMap;
use std::io::{self, Read};

use sagewarden_core::assess::Summary;
use sagewarden_core::control::Framework;
use sagewarden_core::jobs::JobError;
use sagewarden_core::template::shell_word;
use sagewarden_core::time::Time;
use sagewarden_core::verdict::{Severity, Verdict};
use sagewarden_core::waiver::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::printable;

/// The run: what was judged, by what, and as of when.
#[derive(Clone, Debug)]
pub struct Run {
    /// The tool's version.
    pub version: String,
    /// The instant of evaluation.
    pub as_of: Time,
    /// The inputs as the user named them.
    pub inputs: Vec<String>,
    /// What a later command is to be told again, with `controls` beside it.
    pub options: Vec<String>,
    /// Folders of controls, which only some commands take.
    pub controls: Vec<String>,
    /// Accounts that were seen.
    pub accounts: Vec<String>,
    /// Regions that were seen.
    pub regions: Vec<String>,
    /// What was collected where.
    pub coverage: Vec<Coverage>,
    /// Listings that the chosen controls need and that the input lacks or holds in part: assets
    /// may have escaped.
    pub unlisted: Vec<Coverage>,
    /// The configuration profile, `default` or `literal`.
    pub profile: String,
    /// Tunables that differ from their default.
    pub tunables: BTreeMap<String, serde_json::Value>,
    /// The files that were read, where their digests were asked for.
    pub input_files: Vec<InputFile>,
    /// A digest of the catalogue.
    pub catalog_digest: String,
    /// The frameworks whose requirements the controls name.
    pub frameworks: Vec<Framework>,
    /// Earlier assessments, oldest first.
    pub trend: Vec<TrendPoint>,
    /// What is wrong with the waivers.
    pub waivers: Vec<Diagnostic>,
    /// Warnings about the input: disagreeing duplicates, damaged parts.
    pub warnings: Vec<String>,
    /// The counts.
    pub summary: Summary,
}

impl Run {
    /// The inputs and options behind a command, as words of the shell; none where nothing can be read
    /// again, as standard input cannot.
    #[must_use]
    pub fn again(&self) -> Option<String> {
        if self.inputs.is_empty() || self.inputs.iter().any(|input| input == "-") {
            return None;
        }
        let words = self.inputs.iter().chain(&self.options);
        let words: String = words.map(|word| format!(" {}", shell_word(word))).collect();
        Some(printable(&words))
    }

    /// The same with the folders of controls, for a command that takes them.
    #[must_use]
    pub fn again_with_controls(&self) -> Option<String> {
        let mut words = self.again()?;
        for folder in &self.controls {
            words += &printable(&format!(" --controls {}", shell_word(folder)));
        }
        Some(words)
    }
}

/// The counts of an assessment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrendPoint {
    /// Its instant.
    pub as_of: Time,
    /// Open fails, by severity.
    pub open: BTreeMap<Severity, u64>,
    /// Unknown verdicts.
    pub unknown: u64,
    /// The address of its page, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl TrendPoint {
    /// Of a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let unknown = run.summary.verdicts.get(Verdict::Unknown.word());
        TrendPoint {
            as_of: run.as_of,
            open: run.summary.open.clone(),
            unknown: unknown.copied().unwrap_or_default(),
            page: None,
        }
    }

    /// Reads the counts of a `sagewarden.assessment/v1` document, whose findings are passed over.
    ///
    /// # Errors
    /// When it is none, or cannot be read.
    pub fn read(from: impl Read) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Document {
            as_of: Time,
            summary: Counts,
        }
        #[derive(Deserialize)]
        struct Counts {
            open: BTreeMap<Severity, u64>,
            verdicts: BTreeMap<String, u64>,
        }
        let document: Document = serde_json::from_reader(from)?;
        let unknown = document.summary.verdicts.get(Verdict::Unknown.word());
        Ok(TrendPoint {
            as_of: document.as_of,
            unknown: unknown.copied().unwrap_or_default(),
            open: document.summary.open,
            page: None,
        })
    }
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct InputFile {
    /// Its path, as the user named it or the folder above it.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// How much of a call was collected in one account and Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Coverage {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The call.
    pub operation: String,
    /// `complete`, `partial`, `denied`, `skipped`.
    pub state: String,
    /// Why it is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The output failed.
    #[error("cannot write the report: {0}")]
    Output(#[from] io::Error),
    /// A training job could not be read again.
    #[error(transparent)]
    Jobs(#[from] JobError),
}

impl From<serde_json::Error> for RenderError {
    fn from(error: serde_json::Error) -> Self {
        RenderError::Output(error.into())
    }
}
