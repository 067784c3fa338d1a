//! From lists to what they name, in one Region of one account.
//!
//! Enters: what the chosen controls need. Leaves: recorded calls, and the names that calls elsewhere are about. Each module
//! below reads one family; a call that no control needs is not made. Deliberately absent: the order of accounts and Regions.

mod buckets;
mod domains;
mod endpoints;
mod keys;
mod lasting;
mod monitoring;
mod notebooks;
mod roles;
mod storage;
mod traffic;
mod training;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;

use futures_util::StreamExt as _;
use futures_util::stream;
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Outcome, Parameters};
use sagewarden_core::time::Time;
use serde_json::Value;

use crate::client::{Account, Client};
use crate::found::{Found, values};
use crate::plan::Plan;
use crate::record::Record;
use crate::since::Since;

pub(crate) use buckets::{artifacts, lists, training_buckets};
pub(crate) use keys::keys;
pub(crate) use roles::roles;
pub(crate) use training::recall_job;

/// How many calls of one step are prepared at once; the lanes decide how many are made.
const AHEAD: usize = 16;

/// What every walk shares.
pub(crate) struct Run<'r> {
    pub(crate) client: &'r Client<'r>,
    pub(crate) record: &'r Record<'r>,
    pub(crate) plan: &'r Plan,
    /// An older snapshot to take from what cannot have changed.
    pub(crate) since: Option<Since<'r>>,
    /// The instant of evaluation, which windows end at.
    pub(crate) as_of: Time,
    pub(crate) clock: fn() -> Time,
}

/// One Region of one account.
pub(crate) struct Site<'s, 'r> {
    pub(crate) run: &'s Run<'r>,
    pub(crate) account: &'s Account,
    pub(crate) region: &'s str,
    pub(crate) found: RefCell<Found>,
}

/// Request members from names and texts.
pub(crate) fn members<const N: usize>(pairs: [(&str, &str); N]) -> Parameters {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect()
}

impl<'s, 'r> Site<'s, 'r> {
    pub(crate) fn new(run: &'s Run<'r>, account: &'s Account, region: &'s str) -> Site<'s, 'r> {
        Site {
            run,
            account,
            region,
            found: RefCell::default(),
        }
    }

    /// Reads everything that the chosen controls need here.
    pub(crate) async fn read(&self) {
        futures_util::join!(notebooks::notebooks(self), domains::domains(self), async {
            let served = endpoints::endpoints(self).await;
            futures_util::join!(
                monitoring::monitoring(self),
                traffic::traffic(self, &served),
                training::training(self),
                storage::networks(self),
            );
        });
        storage::storage(self).await;
    }

    pub(crate) fn wants(&self, operation: Operation) -> bool {
        self.run.plan.wants(operation)
    }

    pub(crate) fn note(&self, change: impl FnOnce(&mut Found)) {
        change(&mut self.found.borrow_mut());
    }

    /// The whole request: with the members that every such call sends alike, and the largest page that the service gives.
    pub(crate) fn whole(&self, operation: Operation, mut asked: Parameters) -> Parameters {
        let row = operation.row();
        for fixed in row.fixed {
            let value = fixed.value.value(&self.account.id);
            asked.insert(fixed.member.to_owned(), value);
        }
        if let Some((size, most)) = operation.service().page_size
            && row.paging.is_some()
        {
            asked.insert(size.to_owned(), Value::from(most));
        }
        asked
    }

    /// The outcome of a call: of the run that is resumed, or by making it now and recording it.
    pub(crate) async fn outcome(&self, operation: Operation, asked: Parameters) -> Outcome {
        let asked = self.whole(operation, asked);
        let parameters = recorded(operation, &asked);
        match self.recall(operation, &parameters) {
            Some(known) => known,
            None => self.make(operation, parameters, &asked).await,
        }
    }

    fn recall(&self, operation: Operation, parameters: &Parameters) -> Option<Outcome> {
        self.run
            .record
            .recall(&self.account.id, self.region, operation, parameters)
    }

    async fn make(
        &self,
        operation: Operation,
        parameters: Parameters,
        asked: &Parameters,
    ) -> Outcome {
        let outcome = self.call(operation, asked).await;
        self.record(operation, parameters, outcome.clone());
        outcome
    }

    /// Records what a call came to.
    pub(crate) fn record(&self, operation: Operation, parameters: Parameters, outcome: Outcome) {
        let (account, time) = (&self.account.id, (self.run.clock)());
        self.run
            .record
            .push(account, self.region, operation, parameters, outcome, time);
        if self.run.record.has_failed() {
            self.run.client.stop.now();
        }
    }

    /// Makes a call that a walk will make as well, and keeps its answer for it.
    pub(crate) async fn try_first(&self, operation: Operation) -> Outcome {
        let asked = self.whole(operation, members([]));
        let parameters = recorded(operation, &asked);
        if let Some(known) = self.recall(operation, &parameters) {
            self.remember(operation, &parameters, known.clone());
            return known;
        }
        let outcome = self.call(operation, &asked).await;
        self.remember(operation, &parameters, outcome.clone());
        self.record(operation, parameters, outcome.clone());
        outcome
    }

    fn remember(&self, operation: Operation, parameters: &Parameters, outcome: Outcome) {
        self.run.record.remember(
            &self.account.id,
            self.region,
            operation,
            parameters,
            outcome,
        );
    }

    /// Makes a call without recording it.
    pub(crate) async fn call(&self, operation: Operation, asked: &Parameters) -> Outcome {
        self.run
            .client
            .call(self.account, self.region, operation, asked)
            .await
    }

    /// Makes a call, records it, and gives the answer's text.
    pub(crate) async fn ask(&self, operation: Operation, asked: Parameters) -> Option<String> {
        match self.outcome(operation, asked).await {
            Outcome::Ok { body } => Some(body.get().to_owned()),
            _ => None,
        }
    }

    /// Makes a call for each name, if a control needs it, and shows each answer.
    pub(crate) async fn each(
        &self,
        operation: Operation,
        member: &str,
        names: impl IntoIterator<Item = String>,
        shown: impl Fn(&str, &Node<'_>),
    ) {
        if !self.wants(operation) {
            return;
        }
        let names: Vec<String> = names.into_iter().collect();
        self.run.client.expect(names.len());
        let shown = &shown;
        at_once(names, |name| async move {
            let asked = members([(member, name.as_str())]);
            if let Some(text) = self.ask(operation, asked).await
                && let Ok(answer) = Node::parse(&text)
            {
                shown(&name, &answer);
            }
        })
        .await;
    }

    /// Reads all pages of a listing, shows each, and tells whether the last one was reached.
    pub(crate) async fn pages(
        &self,
        operation: Operation,
        asked: Parameters,
        mut shown: impl AsyncFnMut(&Node<'_>),
    ) -> bool {
        let row = operation.row();
        let mut asked = self.whole(operation, asked);
        let mut seen = BTreeSet::new();
        loop {
            let parameters = recorded(operation, &asked);
            let known = self.recall(operation, &parameters);
            let was_known = known.is_some();
            let outcome = match known {
                Some(known) => known,
                None => self.make(operation, parameters, &asked).await,
            };
            let Outcome::Ok { body } = outcome else {
                // A token from the run that is resumed may have gone stale: the listing is read from its start.
                if let Some(paging) = row.paging
                    && asked.remove(paging.input).is_some()
                    && !was_known
                    && seen.remove(&String::new())
                {
                    continue;
                }
                return false;
            };
            let Ok(page) = Node::parse(body.get()) else {
                return false;
            };
            shown(&page).await;
            let next = row
                .paging
                .and_then(|paging| Some((paging.input, page.member(paging.output)?.text()?)))
                .filter(|(_, token)| !token.is_empty());
            let Some((input, token)) = next else {
                return true;
            };
            if was_known {
                // The empty mark says that the next page is asked with a token of the earlier run.
                seen.insert(String::new());
            } else {
                seen.remove(&String::new());
            }
            if !seen.insert(token.to_owned()) {
                return false;
            }
            asked.insert(input.to_owned(), Value::from(token));
        }
    }

    /// Reads a listing, if a control needs it: the texts of one member of its items.
    pub(crate) async fn list(
        &self,
        operation: Operation,
        asked: Parameters,
        member: &str,
    ) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        if self.wants(operation) {
            self.pages(operation, asked, async |page: &Node<'_>| {
                names.extend(values(page, member));
            })
            .await;
        }
        names
    }
}

/// Does something for each item, several at once.
pub(crate) async fn at_once<T, F: Future<Output = ()>>(
    items: impl IntoIterator<Item = T>,
    each: impl Fn(T) -> F,
) {
    stream::iter(items).for_each_concurrent(AHEAD, each).await;
}

/// The request members that an observation carries: those that tell one answer from another.
pub(crate) fn recorded(operation: Operation, asked: &Parameters) -> Parameters {
    let row = operation.row();
    let token = row.paging.map(|paging| paging.input);
    asked
        .iter()
        .filter(|(name, _)| {
            row.key.contains(&name.as_str())
                || row.filters.contains(&name.as_str())
                || token == Some(name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
