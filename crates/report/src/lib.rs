//! One assessment in every format.
//!
//! Enters: an assessment and what to show. Leaves: bytes, written to whatever the caller passes.
//! Each format is a module; machine formats have wire types of their own, versioned apart from the
//! engine's. Deliberately absent: files, terminals, the clock.
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

pub mod asff;
pub mod bundle;
pub mod csv;
mod detail;
pub mod drift;
pub mod explain;
pub mod framework;
pub mod html;
pub mod json;
pub mod junit;
mod lines;
pub mod markdown;
pub mod ndjson;
pub mod ocsf;
pub mod oscal;
mod projection;
pub mod role;
mod run;
pub mod sarif;
pub mod text;

pub use run::{Coverage, InputFile, RenderError, Run, TrendPoint};
