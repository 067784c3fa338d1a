//! An observation in the making, and what is remembered from one to the next in a file.
//!
//! Enters: what a document tells. Leaves: whether it is a page of a listing, what it lacks, and for
//! a page the token of the one before it. Deliberately absent: what only the whole input tells.

use std::collections::HashMap;

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Outcome, Parameters, key_of};
use sagewarden_core::time::Time;
use serde_json::Value;

use crate::{pages, shape};

/// Where a document stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) line: u64,
    pub(super) ordinal: usize,
}

/// An observation in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) place: Place,
    pub(super) operation: Operation,
    pub(super) parameters: Parameters,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
    pub(super) time: Option<Time>,
    pub(super) outcome: Outcome,
    /// The token of the next page, for a page.
    pub(super) next: Option<String>,
    pub(super) chained: bool,
}

/// What is remembered while one file is read.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) file: usize,
    pub(super) ordinal: usize,
    /// Whether a document was lost, so that those after it cannot be counted.
    pub(super) lost_count: bool,
    pub(super) pieces: u64,
    pub(super) last_page: HashMap<(Operation, String), LastPage>,
    pub(super) page: RecordPage,
}

#[derive(Clone)]
pub(super) struct LastPage {
    pub(super) token: String,
    pub(super) account: Option<String>,
    pub(super) region: Option<String>,
}

/// The search records since the last shell.
#[derive(Default)]
pub(super) struct RecordPage {
    pub(super) resource: Option<&'static str>,
    pub(super) arn: Option<String>,
}

/// Gives a page the token of the page before it in the same file.
pub(super) fn chain(reading: &mut Reading, draft: &mut Draft) {
    let Some(paging) = draft.operation.row().paging.filter(|_| is_page(draft)) else {
        return;
    };
    let mut listing = draft.parameters.clone();
    listing.remove(paging.input);
    let key = (draft.operation, key_of(draft.operation, &listing));
    let asked = pages::continues(draft.operation, &draft.parameters);
    let agree = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    if let Some(last) = reading.last_page.remove(&key)
        && !asked
        && agree(&last.account, &draft.account)
        && agree(&last.region, &draft.region)
    {
        draft
            .parameters
            .insert(paging.input.to_owned(), Value::String(last.token));
        draft.chained = true;
        draft.account = draft.account.take().or(last.account);
        draft.region = draft.region.take().or(last.region);
    }
    if let Some(token) = &draft.next {
        reading.last_page.insert(
            key,
            LastPage {
                token: token.clone(),
                account: draft.account.clone(),
                region: draft.region.clone(),
            },
        );
    }
}

/// Whether the draft is a page of a listing, whose order matters.
pub(super) fn is_page(draft: &Draft) -> bool {
    matches!(draft.outcome, Outcome::Ok { .. })
        && draft.operation.row().paging.is_some()
        && !(draft.operation == Operation::Search && draft.parameters.contains_key("Arn"))
}

/// The request parameters without which the draft is of no use.
pub(super) fn lacking(draft: &Draft) -> Vec<String> {
    let answered = matches!(draft.outcome, Outcome::Ok { .. });
    shape::required(draft.operation, answered)
        .filter(|name| !draft.parameters.contains_key(*name))
        .map(|name| format!("`{name}`"))
        .collect()
}
