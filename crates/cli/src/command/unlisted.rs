//! Listings that the input lacks.
//!
//! Enters: how far each call got, the selection and the reach. Leaves: the listings without which an
//! asset may have escaped. A refused listing costs no verdict, since nothing is there to have one;
//! it must be told all the same, because "no notebooks" is not "not looked".

use std::collections::BTreeSet;

use sagewarden_core::asset::AssetKind;
use sagewarden_core::judge::{Reach, Selection};
use sagewarden_core::needs;
use sagewarden_core::operations::{GLOBAL_REGION, Operation};
use sagewarden_core::snapshot::{Coverage, Manifest, Status};
use sagewarden_report::Coverage as Row;

/// The state of a listing that was never called.
const NOT_COLLECTED: &str = "not collected";

/// The listings of whole places that the chosen controls need and that are not complete.
pub(crate) fn unlisted(manifest: &Manifest, selection: &Selection<'_>, reach: &Reach) -> Vec<Row> {
    let needed = needs::operations(selection.controls());
    let mut rows: BTreeSet<Row> = manifest
        .coverage
        .iter()
        .filter(|coverage| coverage.status != Status::Complete)
        .filter(|coverage| {
            lists_a_place(coverage.operation) && needed.contains(&coverage.operation)
        })
        // A search finds jobs sooner than a listing, not more of them.
        .filter(|coverage| {
            coverage.operation != Operation::Search || !jobs_are_listed(manifest, coverage)
        })
        .filter(|coverage| {
            coverage.region == GLOBAL_REGION || reach.covers(&coverage.account, &coverage.region)
        })
        .map(|coverage| {
            row(
                &coverage.account,
                &coverage.region,
                coverage.operation,
                coverage.status.word(),
            )
        })
        .collect();
    // Only where something of SageMaker was read: an account's roles alone say nothing of Regions.
    let places: BTreeSet<(&str, &str)> = manifest
        .coverage
        .iter()
        .filter(|coverage| {
            coverage.operation.row().service == "sagemaker"
                && reach.covers(&coverage.account, &coverage.region)
        })
        .map(|coverage| (&*coverage.account, &*coverage.region))
        .collect();
    for kind in selection.kinds() {
        let ways = listings(kind);
        for (account, region) in &places {
            let called = |coverage: &Coverage| {
                coverage.account == *account
                    && coverage.region == *region
                    && ways.contains(&coverage.operation)
            };
            if let Some(first) = ways.first()
                && !manifest.coverage.iter().any(called)
            {
                rows.insert(row(account, region, *first, NOT_COLLECTED));
            }
        }
    }
    rows.into_iter().collect()
}

/// The calls each of which lists the assets of a kind.
pub(crate) fn listings(kind: AssetKind) -> &'static [Operation] {
    match kind {
        AssetKind::Domain => &[Operation::ListDomains],
        AssetKind::NotebookInstance => &[Operation::ListNotebookInstances],
        AssetKind::TrainingJob => &[Operation::ListTrainingJobs, Operation::Search],
        AssetKind::Model => &[Operation::ListModels],
        AssetKind::EndpointConfiguration => &[Operation::ListEndpointConfigs],
        AssetKind::Endpoint => &[Operation::ListEndpoints],
    }
}

/// Whether the training jobs of a place were listed to the last page.
fn jobs_are_listed(manifest: &Manifest, place: &Coverage) -> bool {
    manifest.coverage.iter().any(|coverage| {
        coverage.operation == Operation::ListTrainingJobs
            && coverage.status == Status::Complete
            && (&coverage.account, &coverage.region) == (&place.account, &place.region)
    })
}

/// Whether a call lists everything of its kind in an account and Region.
fn lists_a_place(operation: Operation) -> bool {
    let row = operation.row();
    operation == Operation::Search || (row.name.starts_with("List") && row.key.is_empty())
}

fn row(account: &str, region: &str, operation: Operation, state: &str) -> Row {
    Row {
        account: account.to_owned(),
        region: region.to_owned(),
        operation: operation.to_string(),
        state: state.to_owned(),
        reason: None,
    }
}
