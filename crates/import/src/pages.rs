//! Puts the pages of a listing in order.
//!
//! Enters: the pages of all files. Leaves: the same pages, each but the first with the token that
//! asked for it, so that a listing is complete only when its pages follow one another without a
//! gap. Pages in one file follow in the order in which they stand. Pages in several files follow
//! when the index gives their tokens, or when the names differ only in consecutive numbers; any
//! other order would be a guess, so such pages stay a listing that is not complete.
//! Deliberately absent: merging, since every page is an answer of its own.

use std::collections::BTreeMap;

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Parameters, key_of};
use serde_json::Value;

/// One page, as far as its order matters.
pub(crate) struct Page<'a> {
    pub(crate) operation: Operation,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) parameters: &'a mut Parameters,
    /// The token of the page after this one.
    pub(crate) next: Option<String>,
    /// Whether the token that asked for this page is that of the page before it in the file.
    pub(crate) chained: bool,
    pub(crate) file: usize,
    /// Number in the file's name, and what stands around it.
    pub(crate) number: Option<(String, u64)>,
    /// Where it stands, for the token that stands for an unknown one.
    pub(crate) source: String,
}

/// Pages of one file that follow one another.
struct Chain {
    head: usize,
    next: Option<String>,
    file: usize,
    number: Option<(String, u64)>,
}

/// Whether the page was asked for with a token.
pub(crate) fn continues(operation: Operation, parameters: &Parameters) -> bool {
    operation
        .row()
        .paging
        .is_some_and(|paging| parameters.contains_key(paging.input))
}

/// Gives every page the token that asked for it; answers the indexes of pages of unknown order.
pub(crate) fn link(pages: &mut [Page<'_>]) -> Vec<usize> {
    let mut groups: BTreeMap<(Operation, String, String, String), Vec<Chain>> = BTreeMap::new();
    for (index, page) in pages.iter().enumerate() {
        let mut listing = page.parameters.clone();
        if let Some(paging) = page.operation.row().paging {
            listing.remove(paging.input);
        }
        let chains = groups
            .entry((
                page.operation,
                page.account.to_owned(),
                page.region.to_owned(),
                key_of(page.operation, &listing),
            ))
            .or_default();
        if page.chained
            && let Some(chain) = chains.last_mut().filter(|chain| chain.file == page.file)
        {
            chain.next.clone_from(&page.next);
        } else if !continues(page.operation, page.parameters) {
            chains.push(Chain {
                head: index,
                next: page.next.clone(),
                file: page.file,
                number: page.number.clone(),
            });
        }
    }
    let mut unordered = Vec::new();
    for mut chains in groups.into_values() {
        let several_pages = chains.len() > 1 && chains.iter().any(|chain| chain.next.is_some());
        if !several_pages {
            continue;
        }
        let numbered = follow_by_number(&mut chains);
        if !numbered {
            chains.sort_by_key(|chain| (chain.next.is_none(), chain.head));
        }
        let mut before: Option<String> = None;
        for (index, chain) in chains.into_iter().enumerate() {
            if index > 0
                && let Some(page) = pages.get_mut(chain.head)
                && let Some(paging) = page.operation.row().paging
            {
                let token = if numbered {
                    before.take()
                } else {
                    unordered.push(chain.head);
                    None
                };
                let token = token.unwrap_or_else(|| format!("unknown, before {}", page.source));
                page.parameters
                    .insert(paging.input.to_owned(), Value::String(token));
            }
            before = chain.next;
        }
    }
    unordered.sort_unstable();
    unordered
}

/// Sorts by number; says whether the numbers are consecutive and every page but the last goes on.
fn follow_by_number(chains: &mut [Chain]) -> bool {
    chains.sort_by_key(|chain| chain.number.as_ref().map(|(_, number)| *number));
    chains.windows(2).all(|pair| match pair {
        [a, b] => match (&a.number, &b.number) {
            (Some((around_a, number_a)), Some((around_b, number_b))) => {
                around_a == around_b
                    && number_a.checked_add(1) == Some(*number_b)
                    && a.next.is_some()
            }
            _ => false,
        },
        _ => false,
    })
}
