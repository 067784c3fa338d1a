//! The report of each snapshot of a folder, over HTTP.
//!
//! Enters: a folder, what its snapshots are judged by, an address. Leaves: pages. Names in a request
//! are looked up among what the folder holds and never become a path, nothing is written, and one
//! snapshot is judged at a time, so that memory is that of one run. Deliberately absent: TLS, users
//! and sessions; a reverse proxy has them.

mod guard;
mod history;
mod http;

pub(crate) use guard::Token;
pub(crate) use history::History;
pub(crate) use http::listen;
