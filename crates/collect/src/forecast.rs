//! How many calls a collection will make, by what an older snapshot took.
//!
//! Enters: a plan, and an older snapshot. Leaves: calls by account, Region and operation, and how long they take at given
//! rates. What is new since then comes on top. Deliberately absent: the network.

use std::collections::BTreeMap;
use std::time::Duration;

use sagewarden_core::needs::DISCOVERY;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Coverage, Error, Snapshot, Status};

use crate::pace::Limits;
use crate::plan::Plan;
use crate::since::{CONFIGURATIONS, JOBS, Kind, MODELS, Since};

/// What is to be expected.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    /// Calls, by account, Region and operation.
    pub calls: BTreeMap<(String, String, O), u64>,
    /// Answers that will be taken over if nothing has changed.
    pub taken_over: u64,
}

impl Forecast {
    /// What a plan takes where the snapshot was read, of the accounts and Regions that `covers` says.
    ///
    /// # Errors
    /// When the snapshot cannot be read.
    pub fn new(
        plan: &Plan,
        older: &Snapshot<'_>,
        covers: impl Fn(&str, &str) -> bool,
    ) -> Result<Forecast, Error> {
        let mut forecast = Forecast::default();
        let rows = || {
            let rows = older.manifest().coverage.iter();
            rows.filter(|row| row.status != Status::Skipped && covers(&row.account, &row.region))
        };
        for row in rows() {
            let calls = row.answered + row.denied + row.failed;
            // A search is kept one record a line, and a record that stays is not searched for.
            let wanted = plan.wants(row.operation) || DISCOVERY.contains(&row.operation);
            let needed = row.operation != O::Search && wanted;
            if needed && calls > 0 {
                forecast.calls.insert(place(row), calls);
            }
        }
        let since = Since::new(older, plan.searches);
        for (listing, kind) in [
            (O::ListTrainingJobs, &JOBS),
            (O::ListModels, &MODELS),
            (O::ListEndpointConfigs, &CONFIGURATIONS),
        ] {
            for row in rows().filter(|row| row.operation == listing) {
                forecast.leave_out(&since, kind, row)?;
                // The newest jobs are always searched for.
                if listing == O::ListTrainingJobs && plan.searches {
                    let (account, region, _) = place(row);
                    forecast.calls.insert((account, region, O::Search), 1);
                }
            }
        }
        Ok(forecast)
    }

    /// Leaves out what is taken over.
    fn leave_out(&mut self, since: &Since<'_>, kind: &Kind, row: &Coverage) -> Result<(), Error> {
        let (account, region, _) = place(row);
        let older = since.older(kind, &account, &region)?;
        self.taken_over += older.len();
        let key = (account, region, kind.describe);
        if let Some(calls) = self.calls.get_mut(&key) {
            *calls = calls.saturating_sub(older.described);
            if *calls == 0 {
                self.calls.remove(&key);
            }
        }
        Ok(())
    }

    /// All calls.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.calls.values().sum()
    }

    /// How long the calls take when each service of an account and Region answers `rate` requests a second or, without a
    /// rate, as many as it is asked at first: the longest of them decides.
    #[must_use]
    pub fn takes(&self, rate: Option<u32>) -> Duration {
        let mut lanes: BTreeMap<(&str, &str, &'static str), u64> = BTreeMap::new();
        for ((account, region, operation), calls) in &self.calls {
            let lane = (account.as_str(), region.as_str(), operation.row().service);
            *lanes.entry(lane).or_default() += calls;
        }
        let seconds = lanes.into_iter().map(|((_, _, service), calls)| {
            let first = rate.map_or(Limits::of(service), Limits::from).first;
            #[allow(clippy::cast_precision_loss, reason = "an estimate")]
            let calls = calls as f64;
            calls / first
        });
        Duration::from_secs_f64(seconds.fold(0.0, f64::max))
    }
}

fn place(row: &Coverage) -> (String, String, O) {
    (row.account.clone(), row.region.clone(), row.operation)
}
