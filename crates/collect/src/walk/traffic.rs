//! Whether endpoints served anyone: as many series a call as CloudWatch takes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::facts::traffic::{ASYNCHRONOUS, BACKLOG, INVOCATIONS, query};
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::time::{DAY_MS, Time};
use serde_json::Value;

use super::endpoints::Served;
use super::{Site, at_once, members};

/// The most queries that `GetMetricData` takes.
const BATCH: usize = 500;

/// Metric, and dimensions by name.
type Series<'a> = (&'a str, Vec<(&'a str, &'a str)>);

pub(super) async fn traffic(site: &Site<'_, '_>, served: &BTreeMap<String, Served>) {
    if !site.wants(O::GetMetricData) || served.is_empty() {
        return;
    }
    let listed = variants_seen(site).await;
    let mut series: Vec<Series<'_>> = Vec::new();
    for (endpoint, served) in served {
        let seen = listed.get(endpoint);
        for variant in served.variants.iter().chain(seen.into_iter().flatten()) {
            let of = [
                ("EndpointName", endpoint.as_str()),
                ("VariantName", variant),
            ];
            series.push((INVOCATIONS, of.to_vec()));
            if served.asynchronous {
                series.extend(ASYNCHRONOUS.map(|metric| (metric, of.to_vec())));
            }
        }
        if served.asynchronous {
            let of = vec![("EndpointName", endpoint.as_str())];
            series.push((BACKLOG, of));
        }
        for component in &served.components {
            let of = vec![("InferenceComponentName", component.as_str())];
            series.push((INVOCATIONS, of));
        }
    }
    series.sort();
    series.dedup();
    // Days are whole, so that a point is a day's sum; today counts as well.
    let midnight = Time(site.run.as_of.0 - site.run.as_of.0.rem_euclid(DAY_MS));
    let start = midnight.minus_days(site.run.plan.traffic_days).to_string();
    let end = midnight.minus_days(-1).to_string();
    let batches: Vec<Value> = series
        .chunks(BATCH)
        .map(|batch| {
            let queries = batch.iter().enumerate();
            queries
                .map(|(index, (metric, of))| query(&format!("m{}", index + 1), metric, of))
                .collect()
        })
        .collect();
    let (start, end) = (&start, &end);
    at_once(batches, |queries| async move {
        let mut asked = members([("StartTime", start), ("EndTime", end)]);
        asked.insert("MetricDataQueries".to_owned(), queries);
        site.pages(O::GetMetricData, asked, async |_: &Node<'_>| {})
            .await;
    })
    .await;
}

/// Variants that had traffic of late, by endpoint: one that has been replaced is no longer described.
async fn variants_seen(site: &Site<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let seen: RefCell<BTreeMap<String, BTreeSet<String>>> = RefCell::default();
    if site.wants(O::ListMetrics) {
        site.pages(O::ListMetrics, members([]), async |page: &Node<'_>| {
            for metric in page.member("Metrics").map_or(&[][..], Node::items) {
                let dimension = |wanted: &str| {
                    let dimensions = metric.member("Dimensions").map_or(&[][..], Node::items);
                    dimensions.iter().find_map(|dimension| {
                        let text = |name: &str| dimension.member(name).and_then(Node::text);
                        (text("Name") == Some(wanted))
                            .then(|| text("Value"))
                            .flatten()
                    })
                };
                if let (Some(endpoint), Some(variant)) =
                    (dimension("EndpointName"), dimension("VariantName"))
                {
                    seen.borrow_mut()
                        .entry(endpoint.to_owned())
                        .or_default()
                        .insert(variant.to_owned());
                }
            }
        })
        .await;
    }
    seen.into_inner()
}
