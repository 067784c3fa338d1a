//! The pure middle of Sagewarden: snapshot, operations, facts, controls, verdicts, assessment.
//!
//! Enters: observations (raw AWS answers and their outcomes), controls, tunables and the instant
//! `as_of`. Leaves: an assessment. Deliberately absent: I/O other than through the traits a caller
//! passes in, the clock, async, and panic paths.
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

pub mod arn;
pub mod assess;
pub mod asset;
pub mod baseline;
pub mod cel;
pub mod codes;
pub mod control;
pub mod cost;
pub mod dossier;
pub mod drift;
pub mod estate;
pub mod evaluate;
pub mod facts;
pub mod finding;
pub mod jobs;
pub mod json;
pub mod judge;
pub mod missing;
pub mod needs;
pub mod operations;
pub mod proposal;
pub mod prove;
pub mod redact;
pub mod remedy;
pub mod request;
pub mod snapshot;
pub mod template;
pub mod time;
pub mod tunables;
pub mod verdict;
pub mod waiver;
