//! AWS accounts in, snapshot out.
//!
//! Enters: the chosen controls, how to sign in, and which accounts and Regions to read. Leaves: a snapshot, in which whatever
//! could not be read is an outcome. Only calls of the table of operations are made, and none of them reads data or changes
//! anything. Deliberately absent: judgement, and files but those that signing in reads; the snapshot goes into a folder that
//! the caller brings.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(missing_docs)]

mod accounts;
mod client;
mod endpoint;
mod error;
mod forecast;
mod found;
mod identity;
mod pace;
mod plan;
mod record;
mod resume;
mod rights;
mod run;
mod sign;
mod since;
mod transport;
mod trust;
mod walk;
mod watch;
mod wire;

pub use accounts::{Accounts, Regions};
pub use client::Concurrency;
pub use endpoint::Endpoints;
pub use error::Error;
pub use forecast::Forecast;
pub use identity::{Keys, Login, RoleAccess};
pub use plan::{Plan, Step, Times};
pub use rights::Right;
pub use run::{Collected, Options, Unread, collect, try_rights};
pub use watch::{Event, Unwatched, Watch};
