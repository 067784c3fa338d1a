//! The command line as a contract: names, flags, exit codes, and what is said on which stream.

mod bad_input;
mod bad_snapshot;
mod code;
mod config;
mod controls;
mod convert;
mod exit_codes;
mod explain;
mod iam;
mod input;
mod output;
mod permissions;
mod selection;
mod world;
