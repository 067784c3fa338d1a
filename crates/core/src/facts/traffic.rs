//! Whether an endpoint served anyone.
//!
//! Enters: the answers of `GetMetricData` and `ListMetrics` for the namespace `AWS/SageMaker`.
//! Leaves: per endpoint, `seen`, `none` or unknown inside the window, and the last day with
//! traffic. Deliberately absent: rates and latencies.
//!
//! These metrics are emitted only on traffic, so that a series which was asked for and completed
//! without a data point is zero. A request that does not cover the window proves nothing but
//! traffic it happens to show. Source: "Amazon SageMaker AI metrics in Amazon CloudWatch".

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Value, json};

use crate::estate::{Estate, Place};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::{Fact, Origin, Origins};
use crate::json::Node;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;
use crate::time::{DAY_MS, Time};

/// The namespace of SageMaker's metrics.
pub const NAMESPACE: &str = "AWS/SageMaker";
/// What an asynchronous endpoint publishes instead of `Invocations`, per variant. AWS documents
/// one name with a spelling slip, so both spellings are asked for.
pub const ASYNCHRONOUS: [&str; 6] = [
    "InvocationsProcessed",
    "InvocationsProcesssed",
    "InvocationFailures",
    "ExpiredRequests",
    "RequestDownloadFailures",
    "ModelLatency",
];
/// What an asynchronous endpoint publishes for itself, as a maximum.
pub const BACKLOG: &str = "ApproximateBacklogSize";
/// What variants and inference components publish, as a sum.
pub const INVOCATIONS: &str = "Invocations";

/// The query of one series, a point a day. Its label says what it is, so that the answer can be read by itself.
#[must_use]
pub fn query(id: &str, metric: &str, dimensions: &[(&str, &str)]) -> Value {
    let statistic = match metric {
        BACKLOG => "Maximum",
        "ModelLatency" => "SampleCount",
        _ => "Sum",
    };
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
        "Id": id,
        "Label": label,
        "MetricStat": {
            "Metric": { "Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions },
            "Period": 86400,
            "Stat": statistic,
        },
    })
}

/// The query behind the result that `pointer` leads into: the one that was sent or, of an answer without its
/// request, the one that the label tells.
#[must_use]
pub fn query_behind(observation: &Observation, body: &Node<'_>, pointer: &str) -> Option<Value> {
    let index = pointer.strip_prefix("/MetricDataResults/")?;
    let index: usize = index.split('/').next()?.parse().ok()?;
    let result = body.member("MetricDataResults")?.items().get(index)?;
    let text = |name: &str| result.member(name).and_then(Node::text);
    let id = text("Id").unwrap_or("m1");
    if let Some((_, sent)) = queries(observation).iter().find(|(name, _)| *name == id) {
        return Some((*sent).clone());
    }
    let label = Label::parse(text("Label")?)?;
    let dimensions: Vec<(&str, &str)> = [
        ("EndpointName", label.endpoint.as_deref()),
        ("VariantName", label.variant.as_deref()),
        ("InferenceComponentName", label.component.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    let metric = label.metric.as_deref()?;
    (!label.container).then(|| query(id, metric, &dimensions))
}

/// The series of one account and Region.
#[derive(Debug, Default)]
pub struct Traffic<'e> {
    by_endpoint: HashMap<String, Vec<Series<'e>>>,
    by_component: HashMap<String, Vec<Series<'e>>>,
    listed: HashMap<String, BTreeSet<String>>,
    refused: Option<MissingSet>,
}

#[derive(Debug)]
struct Series<'e> {
    variant: Option<String>,
    container: bool,
    metric: String,
    range: Option<(Time, Time)>,
    status: &'static str,
    points: Option<Vec<(Time, f64)>>,
    origin: Origin<'e>,
}

/// What a series is about.
#[derive(Default)]
struct Label {
    endpoint: Option<String>,
    variant: Option<String>,
    component: Option<String>,
    container: bool,
    metric: Option<String>,
}

/// One series that must be zero for an endpoint to be without traffic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wanted {
    component: Option<String>,
    variant: Option<String>,
    metric: &'static str,
}

/// What is asked of the series.
#[derive(Debug)]
pub struct Question<'q> {
    /// The endpoint.
    pub endpoint: &'q str,
    /// Its variants.
    pub variants: &'q [String],
    /// The inference components on it.
    pub components: &'q [&'q str],
    /// Whether it is asynchronous.
    pub asynchronous: bool,
    /// The instant of evaluation.
    pub as_of: Time,
    /// The window, in days.
    pub days: i64,
}

/// The answer.
#[derive(Debug)]
pub struct Served<'e> {
    /// `seen`, or `none`.
    pub traffic: Fact<'e, &'static str>,
    /// The start of the last day with traffic that any series shows, however old.
    pub last: Option<Time>,
}

impl<'e> Traffic<'e> {
    /// Reads the series of a place.
    #[must_use]
    pub fn new(estate: &'e Estate, place: &Place) -> Self {
        let mut traffic = Traffic::default();
        let here = |observation: &&'e Observation| {
            observation.account == place.account && observation.region == place.region
        };
        let pages: Vec<Answer<'e>> = estate
            .every(Operation::GetMetricData)
            .filter(here)
            .filter_map(|observation| match Answer::of(observation) {
                Ok(answer) => Some(answer),
                Err(missing) => {
                    traffic.refused = Some(missing);
                    None
                }
            })
            .collect();
        let rooted = rooted(&pages);
        for (index, page) in pages.iter().enumerate() {
            traffic.note_page(page, rooted.contains(&index));
        }
        let listing = estate.listing(Operation::ListMetrics, &place.account, &place.region, "");
        for page in &listing.pages {
            for metric in page.root().parts("/Metrics").value().into_iter().flatten() {
                traffic.note_listed(metric);
            }
        }
        traffic
    }

    fn note_page(&mut self, page: &Answer<'e>, rooted: bool) {
        let observation = page.observation;
        let time = |name: &str| observation.parameters.get(name).and_then(time_of);
        let range = time("StartTime").zip(time("EndTime"));
        let queries = queries(observation);
        for result in page
            .root()
            .required_parts("/MetricDataResults")
            .value()
            .into_iter()
            .flatten()
        {
            let Some(label) = label_of(result, &queries) else {
                continue;
            };
            let Some(metric) = label.metric else { continue };
            let status = match result.text("/StatusCode").value().map(AsRef::as_ref) {
                Some("Complete") if rooted => "Complete",
                Some("Complete") => "a page before it is missing",
                Some("PartialData") => "PartialData",
                Some("Forbidden") => "Forbidden",
                Some("InternalError") => "InternalError",
                _ => "no StatusCode",
            };
            let series = Series {
                variant: label.variant,
                container: label.container,
                metric,
                range,
                status,
                points: points(result),
                origin: result.origin("/Values"),
            };
            match (label.component, label.endpoint) {
                (Some(component), _) => self.by_component.entry(component).or_default(),
                (None, Some(endpoint)) => self.by_endpoint.entry(endpoint).or_default(),
                (None, None) => continue,
            }
            .push(series);
        }
    }

    fn note_listed(&mut self, metric: &Part<'_, 'e>) {
        let dimension = |name: &str| {
            metric
                .parts("/Dimensions")
                .value()
                .into_iter()
                .flatten()
                .find(|dimension| {
                    dimension
                        .text("/Name")
                        .value()
                        .is_some_and(|text| text == name)
                })
                .and_then(|dimension| dimension.text("/Value").value().cloned())
        };
        if let (Some(INVOCATIONS), Some(endpoint), Some(variant)) = (
            metric.text("/MetricName").value().map(AsRef::as_ref),
            dimension("EndpointName"),
            dimension("VariantName"),
        ) {
            self.listed
                .entry(endpoint.into_owned())
                .or_default()
                .insert(variant.into_owned());
        }
    }

    /// Whether any request reached the endpoint inside the window.
    #[must_use]
    pub fn served(&self, question: &Question<'_>) -> Served<'e> {
        let of_endpoint = self.by_endpoint.get(question.endpoint);
        let of_components = question
            .components
            .iter()
            .filter_map(|component| self.by_component.get(*component));
        let mut last: Option<(Time, &Series<'e>)> = None;
        for series in of_endpoint.into_iter().chain(of_components).flatten() {
            if is_traffic(&series.metric)
                && let Some(day) = series.last_positive(question.as_of)
                && last.as_ref().is_none_or(|(known, _)| *known < day)
            {
                last = Some((day, series));
            }
        }
        let start = Time(midnight(question.as_of.minus_days(question.days).0));
        let traffic = match &last {
            Some((day, series)) if *day >= start => Fact::known("seen", series.origin.clone()),
            _ => self.silent(question),
        };
        Served {
            traffic: traffic.also_from(Origin::Tunable("stale_days")),
            last: last.map(|(day, _)| day),
        }
    }

    /// `none`, if every series that a request would have left a trace in is known to be empty.
    fn silent(&self, question: &Question<'_>) -> Fact<'e, &'static str> {
        let mut missing: Vec<Missing> = Vec::new();
        let mut origins = Origins::None;
        let listed = self.listed.get(question.endpoint);
        for wanted in wanted(question, listed) {
            let series = match &wanted.component {
                Some(component) => self.by_component.get(component),
                None => self.by_endpoint.get(question.endpoint),
            };
            let mut asked = series
                .into_iter()
                .flatten()
                .filter(|series| series.answers(&wanted));
            match asked.clone().find(|series| series.is_silent(question)) {
                Some(series) => origins = origins.and(series.origin.clone().into()),
                None => match asked.next() {
                    Some(series) => missing.push(series.shortfall(question, &wanted)),
                    None => match &self.refused {
                        Some(refused) => missing.extend(refused.iter().cloned()),
                        None => missing.push(Missing::call(
                            Operation::GetMetricData,
                            wanted.subject(question.endpoint),
                            Gap::NotCollected,
                            "",
                        )),
                    },
                },
            }
        }
        if missing.is_empty() {
            Fact::known("none", origins)
        } else {
            missing.sort();
            missing.dedup();
            Fact::unknown(MissingSet::from(missing))
        }
    }
}

/// The series that would hold a trace of any request.
fn wanted(question: &Question<'_>, listed: Option<&BTreeSet<String>>) -> BTreeSet<Wanted> {
    let variants: BTreeSet<&String> = question
        .variants
        .iter()
        .chain(listed.into_iter().flatten())
        .collect();
    let metrics: &[&'static str] = if question.asynchronous {
        &ASYNCHRONOUS
    } else {
        &[INVOCATIONS]
    };
    let mut wanted: BTreeSet<Wanted> = variants
        .into_iter()
        .flat_map(|variant| {
            metrics.iter().map(|metric| Wanted {
                component: None,
                variant: Some(variant.clone()),
                metric,
            })
        })
        .collect();
    if question.asynchronous {
        wanted.insert(Wanted {
            component: None,
            variant: None,
            metric: BACKLOG,
        });
    }
    wanted.extend(question.components.iter().map(|component| Wanted {
        component: Some((*component).to_owned()),
        variant: None,
        metric: INVOCATIONS,
    }));
    wanted
}

fn is_traffic(metric: &str) -> bool {
    metric == INVOCATIONS || metric == BACKLOG || ASYNCHRONOUS.contains(&metric)
}

impl Wanted {
    fn subject(&self, endpoint: &str) -> String {
        let of = match (&self.component, &self.variant) {
            (Some(component), _) => format!("InferenceComponentName={component}"),
            (None, Some(variant)) => format!("EndpointName={endpoint}, VariantName={variant}"),
            (None, None) => format!("EndpointName={endpoint}"),
        };
        format!("{of}, MetricName={}", self.metric)
    }
}

impl Series<'_> {
    /// Whether this is the series wanted; a series of one container is part of it only.
    fn answers(&self, wanted: &Wanted) -> bool {
        self.metric == wanted.metric
            && !self.container
            && (wanted.component.is_some() || self.variant == wanted.variant)
    }

    fn last_positive(&self, as_of: Time) -> Option<Time> {
        self.points
            .iter()
            .flatten()
            .filter(|(time, value)| *value > 0.0 && *time <= as_of)
            .map(|(time, _)| *time)
            .max()
    }

    fn covers(&self, question: &Question<'_>) -> bool {
        self.range.is_some_and(|(start, end)| {
            start <= question.as_of.minus_days(question.days) && end >= question.as_of
        })
    }

    fn is_silent(&self, question: &Question<'_>) -> bool {
        self.status == "Complete" && self.points.is_some() && self.covers(question)
    }

    /// What this series lacks to prove silence.
    fn shortfall(&self, question: &Question<'_>, wanted: &Wanted) -> Missing {
        let (gap, detail) = if !self.covers(question) {
            (
                Gap::Failed,
                format!("asked for less than the last {} days", question.days),
            )
        } else if self.points.is_none() {
            (Gap::Malformed, "/MetricDataResults/*/Values".to_owned())
        } else {
            (Gap::Failed, self.status.to_owned())
        };
        Missing::call(
            Operation::GetMetricData,
            wanted.subject(question.endpoint),
            gap,
            detail,
        )
    }
}

impl Label {
    /// Reads `EndpointName=E,VariantName=V,MetricName=M`, the form in which series are asked for.
    fn parse(text: &str) -> Option<Label> {
        let mut label = Label::default();
        for pair in text.split(',') {
            let (name, value) = pair.split_once('=')?;
            label.set(name.trim(), value.trim());
        }
        label.metric.is_some().then_some(label)
    }

    /// Reads a `MetricStat` of the request.
    fn of_query(query: &Value) -> Label {
        let mut label = Label::default();
        let text = |value: &Value, pointer: &str| {
            value
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if let Some(metric) = text(query, "/MetricStat/Metric/MetricName") {
            label.set("MetricName", &metric);
        }
        for dimension in query
            .pointer("/MetricStat/Metric/Dimensions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let (Some(name), Some(value)) = (text(dimension, "/Name"), text(dimension, "/Value"))
            {
                label.set(&name, &value);
            }
        }
        label
    }

    fn set(&mut self, name: &str, value: &str) {
        let value = value.to_owned();
        match name {
            "EndpointName" => self.endpoint = Some(value),
            "VariantName" => self.variant = Some(value),
            "InferenceComponentName" => self.component = Some(value),
            "ContainerName" => self.container = true,
            "MetricName" => self.metric = Some(value),
            _ => {}
        }
    }
}

/// The queries of a request by id.
fn queries(observation: &Observation) -> Vec<(&str, &Value)> {
    observation
        .parameters
        .get("MetricDataQueries")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|query| Some((query.get("Id")?.as_str()?, query)))
        .collect()
}

/// The data points of a result; none when its two lists do not fit each other.
fn points(result: &Part<'_, '_>) -> Option<Vec<(Time, f64)>> {
    let list = |name| match result.node().member(name) {
        Some(Node::Array(items)) => Some(items),
        _ => None,
    };
    let (times, values) = (list("Timestamps")?, list("Values")?);
    if times.len() != values.len() {
        return None;
    }
    times
        .iter()
        .zip(values)
        .map(|(time, value)| Some((Time::from_node(time)?, value.number()?)))
        .collect()
}

/// Whether every result of a page tells what it is about and holds its points.
fn readable(page: &Answer<'_>) -> bool {
    let queries = queries(page.observation);
    page.root()
        .required_parts("/MetricDataResults")
        .value()
        .is_some_and(|results| {
            results
                .iter()
                .all(|result| label_of(result, &queries).is_some() && points(result).is_some())
        })
}

/// What a result is about: by its label, or by the query of its id.
fn label_of(result: &Part<'_, '_>, queries: &[(&str, &Value)]) -> Option<Label> {
    let text = |pointer| result.text(pointer).value().cloned();
    text("/Label")
        .and_then(|label| Label::parse(&label))
        .or_else(|| {
            let id = text("/Id")?;
            let (_, query) = queries.iter().find(|(name, _)| *name == id)?;
            Some(Label::of_query(query)).filter(|label| label.metric.is_some())
        })
}

/// The pages that follow from a first page without a gap.
fn rooted(pages: &[Answer<'_>]) -> HashSet<usize> {
    let range = |page: &Answer<'_>| {
        let text = |name| page.observation.parameters.get(name).map(Value::to_string);
        (text("StartTime"), text("EndTime"))
    };
    let token = |page: &Answer<'_>| {
        page.observation
            .parameters
            .get("NextToken")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut next: HashMap<_, Vec<usize>> = HashMap::new();
    for (index, page) in pages.iter().enumerate() {
        if let Some(token) = token(page) {
            next.entry((range(page), token)).or_default().push(index);
        }
    }
    let mut open: Vec<usize> = pages
        .iter()
        .enumerate()
        .filter(|(_, page)| token(page).is_none())
        .map(|(index, _)| index)
        .collect();
    let mut rooted = HashSet::new();
    while let Some(index) = open.pop() {
        if rooted.insert(index)
            && let Some(page) = pages.get(index)
            && readable(page)
            && let Some(token) = page.body.member("NextToken").and_then(Node::text)
        {
            open.extend(
                next.get(&(range(page), token.to_owned()))
                    .into_iter()
                    .flatten(),
            );
        }
    }
    rooted
}

fn time_of(value: &Value) -> Option<Time> {
    match value {
        Value::String(text) => Time::parse(text),
        Value::Number(_) => Node::parse(&value.to_string())
            .ok()
            .and_then(|node| Time::from_node(&node)),
        _ => None,
    }
}

fn midnight(instant: i64) -> i64 {
    instant.div_euclid(DAY_MS).saturating_mul(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::endpoint_graph::tests::estate;

    const SILENT: (&str, &str, &str) = (
        "cloudwatch:GetMetricData",
        r#"{"StartTime":"2026-10-25T00:00:00Z","EndTime":"2026-11-24T06:00:00Z"}"#,
        r#"{"MetricDataResults":[{"Id":"q0","Label":"EndpointName=shop,VariantName=main,MetricName=Invocations","Timestamps":[],"Values":[],"StatusCode":"Complete"}]}"#,
    );

    fn traffic(calls: &[(&str, &str, &str)]) -> Option<&'static str> {
        let estate = estate(calls);
        let place = Place {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let served = Traffic::new(&estate, &place).served(&Question {
            endpoint: "shop",
            variants: &["main".to_owned()],
            components: &[],
            asynchronous: false,
            as_of: Time::parse("2026-11-24T06:00:00Z").unwrap(),
            days: 30,
        });
        served.traffic.value().copied()
    }

    #[test]
    fn silence_needs_a_request_that_covers_the_window_to_the_second() {
        assert_eq!(traffic(&[SILENT]), Some("none"));
        for (from, to) in [
            ("2026-10-25T00:00:00Z", "2026-10-25T06:00:01Z"),
            ("2026-11-24T06:00:00Z", "2026-11-24T05:59:59Z"),
        ] {
            let shorter = SILENT.1.replace(from, to);
            assert_eq!(traffic(&[(SILENT.0, &shorter, SILENT.2)]), None, "{to}");
        }
    }

    #[test]
    fn two_batches_of_one_window_both_count() {
        let other = SILENT.2.replace("VariantName=main", "VariantName=other");
        assert_eq!(
            traffic(&[SILENT, (SILENT.0, SILENT.1, &other)]),
            Some("none")
        );
        assert_eq!(
            traffic(&[(SILENT.0, SILENT.1, &other), SILENT]),
            Some("none")
        );
    }

    #[test]
    fn a_variant_that_was_listed_but_not_asked_for_leaves_doubt() {
        let listed = (
            "cloudwatch:ListMetrics",
            "{}",
            r#"{"Metrics":[{"Namespace":"AWS/SageMaker","MetricName":"Invocations","Dimensions":[{"Name":"EndpointName","Value":"shop"},{"Name":"VariantName","Value":"before"}]}]}"#,
        );
        assert_eq!(traffic(&[SILENT, listed]), None);
    }

    #[test]
    fn the_series_of_one_container_is_not_the_series_of_the_variant() {
        let container = SILENT
            .2
            .replace("VariantName=main", "VariantName=main,ContainerName=c");
        assert_eq!(traffic(&[(SILENT.0, SILENT.1, &container)]), None);
    }

    #[test]
    fn a_page_whose_predecessor_is_missing_completes_nothing() {
        let second = SILENT.1.replace('}', r#","NextToken":"t"}"#);
        assert_eq!(traffic(&[(SILENT.0, &second, SILENT.2)]), None);
        let first = SILENT.2.replace("Complete", "PartialData").replace(
            r#"{"MetricDataResults""#,
            r#"{"NextToken":"t","MetricDataResults""#,
        );
        assert_eq!(
            traffic(&[(SILENT.0, SILENT.1, &first), (SILENT.0, &second, SILENT.2)]),
            Some("none")
        );
    }

    #[test]
    fn lists_that_do_not_fit_each_other_prove_nothing() {
        let odd = SILENT.2.replace(r#""Values":[]"#, r#""Values":[0]"#);
        assert_eq!(traffic(&[(SILENT.0, SILENT.1, &odd)]), None);
    }
}
