//! Whether endpoints served anyone: as many series a call as CloudWatch takes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::facts::traffic::{ASYNCHRONOUS, BACKLOG, INVOCATIONS};
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::time::{DAY_MS, Time};
use serde_json::{Value, json};

use super::endpoints::Served;
use super::{Site, at_once, members};

/// The most queries that `GetMetricData` takes.
const BATCH: usize = 500;

/// Metric, statistic, and dimensions by name.
type Series<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

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
            series.push((INVOCATIONS, "Sum", of.to_vec()));
            if served.asynchronous {
                series.extend(ASYNCHRONOUS.iter().map(|metric| {
                    let statistic = match *metric {
                        "ModelLatency" => "SampleCount",
                        _ => "Sum",
                    };
                    (*metric, statistic, of.to_vec())
                }));
            }
        }
        if served.asynchronous {
            let of = vec![("EndpointName", endpoint.as_str())];
            series.push((BACKLOG, "Maximum", of));
        }
        for component in &served.components {
            let of = vec![("InferenceComponentName", component.as_str())];
            series.push((INVOCATIONS, "Sum", of));
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
        .map(|batch| batch.iter().enumerate().map(query).collect())
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

/// One series. Its label says what it is, so that the answer can be read by itself.
fn query((index, (metric, statistic, dimensions)): (usize, &Series<'_>)) -> Value {
    let mut label = String::new();
    for (name, value) in dimensions {
        label.push_str(name);
        label.push('=');
        label.push_str(value);
        label.push(',');
    }
    label.push_str("MetricName=");
    label.push_str(metric);
    label.push_str(",Stat=");
    label.push_str(statistic);
    let dimensions: Vec<Value> = dimensions
        .iter()
        .map(|(name, value)| json!({ "Name": name, "Value": value }))
        .collect();
    json!({
        "Id": format!("m{}", index + 1),
        "Label": label,
        "MetricStat": {
            "Metric": { "Namespace": "AWS/SageMaker", "MetricName": metric, "Dimensions": dimensions },
            "Period": 86400,
            "Stat": statistic,
        },
    })
}

/// Variants that had traffic of late, by endpoint: one that has been replaced is no longer described.
async fn variants_seen(site: &Site<'_, '_>) -> BTreeMap<String, BTreeSet<String>> {
    let seen: RefCell<BTreeMap<String, BTreeSet<String>>> = RefCell::default();
    if site.wants(O::ListMetrics) {
        let asked = members([("Namespace", "AWS/SageMaker"), ("MetricName", INVOCATIONS)]);
        site.pages(O::ListMetrics, asked, async |page: &Node<'_>| {
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
