//! What a run tells while it goes on.
//!
//! Enters: events. Leaves: nothing; the binary shows them. Events carry names, codes and times, and nothing of requests,
//! answers or credentials.

use std::time::Duration;

use sagewarden_core::operations::Operation;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// So many accounts will be read.
    Accounts(usize),
    /// One account is begun.
    Account {
        /// Its id.
        account: &'a str,
        /// How many Regions are read in it.
        regions: usize,
    },
    /// One Region of an account is done.
    Region {
        /// The account.
        account: &'a str,
        /// The Region.
        region: &'a str,
    },
    /// One account is done, read or not.
    AccountDone {
        /// Its id.
        account: &'a str,
    },
    /// So many further calls are known to be needed.
    Expected(usize),
    /// A call ended, answered or given up.
    Done,
    /// An attempt of a call ended.
    Answered {
        /// The account.
        account: &'a str,
        /// The Region that it was signed for.
        region: &'a str,
        /// The call.
        operation: Operation,
        /// How long it took.
        took: Duration,
        /// AWS's id of the request; empty when none came.
        request_id: &'a str,
        /// The error's code, when it was not answered well.
        code: Option<&'a str>,
    },
    /// Something that the operator should know.
    Warning(&'a str),
}

/// Sees events. Called from one thread.
pub trait Watch {
    /// Takes an event.
    fn event(&self, event: &Event<'_>);
}

/// Sees nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn event(&self, _: &Event<'_>) {}
}
