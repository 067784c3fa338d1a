//! The command line as a contract: names, flags, exit codes, and what is said on which stream.

mod bad_input;
mod bad_snapshot;
mod baseline;
mod code;
mod code_places;
mod code_waivers;
mod config;
mod controls;
mod convert;
mod diff;
mod exit_codes;
mod explain;
mod formats;
mod iam;
mod iam_role;
mod input;
#[cfg(feature = "live")]
mod live;
mod output;
mod permissions;
mod report;
mod selection;
#[cfg(feature = "serve")]
mod serve;
mod text;
mod waivers;
mod world;
