//! The catalogue: controls and frameworks as data.
//!
//! Enters: YAML, the built-in files or a user's. Leaves: a compiled
//! [`Catalog`](sagewarden_core::control::Catalog), and the outcome of a control's own cases and
//! laws. Deliberately absent: file access; texts come with their names.
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

pub mod cases;
pub mod laws;
mod load;
mod source;

pub use load::{LoadError, LoadErrors, add_frameworks, load};

/// Every file of the built-in catalogue: its path below `catalog/`, and its text.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The built-in catalogue.
///
/// # Errors
/// Never in a released build: a test loads it.
pub fn builtin() -> Result<sagewarden_core::control::Catalog, LoadErrors> {
    load(FILES.iter().copied())
}
