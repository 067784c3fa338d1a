//! Code joined with what runs.
//!
//! Enters: the observations of code, and those of a live account. Leaves: one set, in which what the
//! code is about to change stands in the place of what is, and listings that the code leaves open go
//! on with the live ones. A policy of AWS, which no code changes, is what the account answered. Deliberately absent: training jobs that ran, which no code changes.

use std::collections::{HashMap, HashSet};

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::Observation;
use serde_json::Value as Json;

use crate::observe::BEYOND;

/// Where and what a call asks.
type Call = (Operation, String, String, String);

/// Joins code with what runs.
#[must_use]
pub fn join(mut code: Vec<Observation>, live: Vec<Observation>) -> Vec<Observation> {
    let read: HashSet<Call> = live
        .iter()
        .filter(|observation| is_published(observation) && observation.body().is_some())
        .map(|observation| call(observation, observation.key()))
        .collect();
    code.retain(|observation| {
        !is_published(observation) || !read.contains(&call(observation, observation.key()))
    });
    let mut calls: HashSet<Call> = HashSet::new();
    // Whether a listing of the code goes on beyond it.
    let mut listings: HashMap<Call, bool> = HashMap::new();
    for observation in &code {
        calls.insert(call(observation, observation.key()));
        if observation.operation.row().paging.is_some() {
            let (listing, _) = observation.page();
            let goes_on = observation.next_token().as_deref() == Some(BEYOND);
            *listings.entry(call(observation, listing)).or_default() |= goes_on;
        }
    }
    let mut all = code;
    for mut observation in live {
        if let Some(paging) = observation.operation.row().paging {
            let (listing, token) = observation.page();
            match (listings.get(&call(&observation, listing)), token) {
                (Some(false), _) => continue,
                (Some(true), None) => {
                    let parameters = &mut observation.parameters;
                    parameters.insert(paging.input.to_owned(), Json::from(BEYOND));
                }
                _ => {}
            }
        } else if calls.contains(&call(&observation, observation.key())) {
            continue;
        }
        all.push(observation);
    }
    all
}

/// Whether it is about a managed policy by itself, which code asks of AWS's own alone.
fn is_published(observation: &Observation) -> bool {
    matches!(
        observation.operation,
        Operation::GetPolicy | Operation::GetPolicyVersion
    )
}

fn call(observation: &Observation, key: String) -> Call {
    (
        observation.operation,
        observation.account.clone(),
        observation.region.clone(),
        key,
    )
}
