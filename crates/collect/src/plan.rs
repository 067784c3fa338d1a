//! From controls to calls.
//!
//! Enters: the chosen controls, tunables and options. Leaves: which calls may be made. A check of notebooks never lists a job,
//! because no fact of a notebook has the call behind it. Deliberately absent: the network; what a run will find decides how
//! many calls it makes, so that a plan only tells the least and what each further asset costs.

use std::collections::BTreeSet;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::control::Control;
use sagewarden_core::needs;
use sagewarden_core::operations::{Operation, Scope};
use sagewarden_core::tunables::Tunables;

/// Which calls may be made.
#[derive(Clone, Debug)]
pub struct Plan {
    wanted: BTreeSet<Operation>,
    kinds: BTreeSet<AssetKind>,
    /// Whether jobs and models are found by search.
    pub searches: bool,
    /// Days of training history to read.
    pub training_days: i64,
    /// Days in which an endpoint must have served somebody.
    pub traffic_days: i64,
}

/// One call of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The call.
    pub operation: Operation,
    /// How often it is made.
    pub times: Times,
}

/// How often a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Once an account, and once more for each further page.
    Account,
    /// Once an account and Region, and once more for each further page.
    Region,
    /// Once for each thing that is found.
    Each,
}

impl Plan {
    /// The calls behind the facts that the controls read.
    #[must_use]
    pub fn new(controls: &[&Control], tunables: &Tunables, searches: bool) -> Plan {
        let wanted: BTreeSet<Operation> = needs::operations(controls)
            .into_iter()
            .filter(|operation| !operation.row().import_only)
            .collect();
        Plan {
            searches: searches && wanted.contains(&Operation::Search),
            wanted,
            kinds: controls
                .iter()
                .flat_map(|control| &control.rules)
                .map(|rule| rule.asset)
                .collect(),
            training_days: tunables.training_window_days,
            traffic_days: tunables.stale_days,
        }
    }

    /// Whether a control needs the call.
    #[must_use]
    pub fn wants(&self, operation: Operation) -> bool {
        self.wanted.contains(&operation)
    }

    /// Whether a control judges assets of the kind.
    #[must_use]
    pub fn judges(&self, kind: AssetKind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The calls, in table order.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation> {
        self.wanted.iter().copied().collect()
    }

    /// The calls and how often each is made, in table order.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let once = |operation: &Operation| {
            let row = operation.row();
            row.paging.is_some() && row.key.is_empty() || *operation == Operation::GetMetricData
        };
        self.wanted
            .iter()
            .filter(|operation| self.searches || **operation != Operation::Search)
            .map(|operation| Step {
                operation: *operation,
                times: match operation.row().scope {
                    _ if !once(operation) && *operation != Operation::Search => Times::Each,
                    Scope::Global => Times::Account,
                    Scope::Region => Times::Region,
                },
            })
            .collect()
    }

    /// The first listing of a Region, which shows whether the Region answers at all.
    pub(crate) fn probe(&self) -> Option<Operation> {
        [
            Operation::ListNotebookInstances,
            Operation::ListDomains,
            Operation::ListEndpoints,
            Operation::ListEndpointConfigs,
            Operation::ListModels,
        ]
        .into_iter()
        .find(|operation| self.wants(*operation))
    }
}
