//! Saved AWS answers in, observations out.
//!
//! Enters: named byte streams, whatever tool saved them: what the AWS CLI printed, its error text,
//! pages, arrays, JSON Lines, concatenated documents, compressed or not. Leaves: observations, and
//! a report that accounts for every document: what it was recognised as, or why it was not used.
//! Deliberately absent: walking directories, redaction (the snapshot writer's), saved snapshots
//! (they are opened as they are; see [`looks_like_snapshot`]), and any guess: an answer whose
//! bucket, account or Region is not known is reported, not assumed.
//!
//! ```
//! use sagewarden_import::{Importer, Limits, SourceFile};
//!
//! let mut importer = Importer::new(Limits::default());
//! let mut observations = Vec::new();
//! let saved = br#"{"ModelName":"m","ModelArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","ExecutionRoleArn":"arn:aws:iam::111122223333:role/r"}"#;
//! importer.file(
//!     SourceFile { name: "any-name.json", reader: &mut saved.as_slice() },
//!     &mut |observation| observations.push(observation),
//! )?;
//! let report = importer.finish(&mut |observation| observations.push(observation));
//! assert_eq!(report.observations, 1);
//! assert_eq!(observations[0].account, "111122223333");
//! # Ok::<(), sagewarden_import::ImportError>(())
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(missing_docs)]

mod arn;
mod failure;
mod importer;
mod index;
mod members;
mod metrics;
mod name;
mod pages;
mod report;
mod scan;
mod shape;
mod source;

pub use importer::{ImportError, Importer, Limits, SourceFile};
pub use name::{encode_value, file_name, looks_like_snapshot};
pub use report::{FileReport, ImportReport, Trouble, TroubleKind};
