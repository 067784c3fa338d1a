//! Whose series a metric answer holds.
//!
//! Enters: the results of `GetMetricData` and the queries that were asked, if known. Leaves: the
//! ids whose dimensions are not known. The dimensions of a result come from its label, when the
//! query's label was `EndpointName=E,VariantName=V,MetricName=Invocations`, or from the query.
//! Deliberately absent: the values.

use std::collections::HashSet;

use sagewarden_core::snapshot::Parameters;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Series {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(rename = "Label", default)]
    label: Option<String>,
}

/// How many results there are, and the ids of those without known dimensions.
pub(crate) fn nameless(results: &RawValue, parameters: &Parameters) -> (usize, Vec<String>) {
    let Ok(series) = serde_json::from_str::<Vec<Series>>(results.get()) else {
        return (0, Vec::new());
    };
    let asked: HashSet<&str> = parameters
        .get("MetricDataQueries")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter(|query| {
            query
                .pointer("/MetricStat/Metric/Dimensions")
                .and_then(serde_json::Value::as_array)
                .is_some_and(|dimensions| !dimensions.is_empty())
        })
        .filter_map(|query| query.get("Id")?.as_str())
        .collect();
    let count = series.len();
    let nameless = series
        .into_iter()
        .filter(|series| {
            !asked.contains(series.id.as_str())
                && !series.label.as_deref().is_some_and(tells_dimensions)
        })
        .map(|series| series.id)
        .collect();
    (count, nameless)
}

fn tells_dimensions(label: &str) -> bool {
    let has = |name: &str| {
        label.split(',').any(|part| {
            part.trim()
                .split_once('=')
                .is_some_and(|(key, value)| key == name && !value.is_empty())
        })
    };
    has("MetricName") && (has("EndpointName") || has("InferenceComponentName"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_or_queries_name_a_series() {
        let results: Box<RawValue> = serde_json::from_str(
            r#"[{"Id":"a","Label":"EndpointName=e,VariantName=v,MetricName=Invocations,Stat=Sum"},
                {"Id":"b","Label":"Invocations"},{"Id":"c","Label":"Invocations"}]"#,
        )
        .unwrap();
        let mut parameters = Parameters::new();
        parameters.insert(
            "MetricDataQueries".to_owned(),
            serde_json::json!([{"Id":"c","MetricStat":{"Metric":{"Dimensions":[{"Name":"EndpointName","Value":"e"}]}}}]),
        );
        assert_eq!(nameless(&results, &parameters), (3, vec!["b".to_owned()]));
    }
}
