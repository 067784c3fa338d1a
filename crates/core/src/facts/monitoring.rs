//! Which monitoring schedules watch an endpoint.
//!
//! Enters: the schedules of a Region, from their listing, their descriptions, their job
//! definitions and the `Search` record of an endpoint. Leaves: per endpoint, whether a schedule
//! watches it regularly, and why not. Deliberately absent: what the schedules find.
//!
//! A schedule attaches to an endpoint by name, never to a configuration.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::estate::{Estate, Place, Reply};
use crate::facts::answer::{Answer, Part};
use crate::facts::endpoint_graph::{Endpoint, described_names, join_gaps, listed, named, union_of};
use crate::facts::fact::{Fact, Origins, State, Text};
use crate::missing::MissingSet;
use crate::operations::Operation;

/// The schedules of one account and Region.
#[derive(Debug, Default)]
pub struct Monitoring<'e> {
    by_endpoint: HashMap<String, Vec<(String, Schedule<'e>)>>,
    gap: Option<MissingSet>,
    listed: Origins<'e>,
}

/// One schedule.
#[derive(Clone, Debug)]
pub struct Schedule<'e> {
    /// `MonitoringScheduleStatus`.
    pub status: Fact<'e, Text<'e>>,
    /// `MonitoringType`; the service sends none for a schedule with a job definition of its own.
    pub kind: Fact<'e, Option<Text<'e>>>,
    /// The endpoint it watches; none for the results of batch jobs.
    pub endpoint: Fact<'e, Option<Text<'e>>>,
    /// Whether it runs again and again.
    pub recurring: Fact<'e, bool>,
    /// `MonitoringExecutionStatus` of its last run.
    pub last_run: Fact<'e, Option<Text<'e>>>,
    /// Whether it compares with a baseline.
    pub baseline: Fact<'e, bool>,
}

impl<'e> Schedule<'e> {
    /// Whether it is scheduled or about to be.
    fn active(&self) -> Fact<'e, bool> {
        self.status
            .clone()
            .map(|status| matches!(status.as_ref(), "Scheduled" | "Pending"))
    }

    /// Whether it targets `endpoint`.
    fn targets(&self, endpoint: &str) -> Fact<'e, bool> {
        self.endpoint
            .clone()
            .map(|target| target.as_deref() == Some(endpoint))
    }

    /// Whether it counts as watching `endpoint`.
    fn counts(&self, endpoint: &str) -> Fact<'e, bool> {
        all([
            self.targets(endpoint),
            self.active(),
            self.recurring.clone(),
        ])
    }
}

/// Kleene "and".
pub(super) fn all<'e>(facts: impl IntoIterator<Item = Fact<'e, bool>>) -> Fact<'e, bool> {
    Fact::any(facts.into_iter().map(|fact| fact.map(|value| !value))).map(|value| !value)
}

/// How an endpoint is watched.
#[derive(Debug)]
pub struct Watch<'e> {
    /// `monitored`, or why not: `no_schedule`, `only_stopped_or_failed`, `one_shot_only`.
    pub state: Fact<'e, &'static str>,
    /// Whether a schedule that counts watches the quality of data.
    pub data_quality: Fact<'e, bool>,
    /// Whether the last run of a schedule that counts failed.
    pub last_run_failed: Fact<'e, bool>,
    /// Whether a schedule that counts compares with a baseline.
    pub baseline: Fact<'e, bool>,
}

impl<'e> Monitoring<'e> {
    /// Reads the schedules of a place.
    #[must_use]
    pub fn new(estate: &'e Estate, place: &Place) -> Self {
        let (summaries, gap) = named(
            estate,
            Operation::ListMonitoringSchedules,
            place,
            "/MonitoringScheduleSummaries",
            "/MonitoringScheduleName",
            Summary::of,
        );
        let mut summaries: BTreeMap<String, Summary<'e>> = summaries.into_iter().collect();
        let names: BTreeSet<String> =
            described_names(estate, Operation::DescribeMonitoringSchedule, place)
                .chain(summaries.keys().cloned())
                .collect();
        let mut monitoring = Monitoring {
            by_endpoint: HashMap::new(),
            gap: None,
            listed: listed(estate, Operation::ListMonitoringSchedules, place),
        };
        let mut gaps: Vec<MissingSet> = gap.into_iter().collect();
        for name in names {
            let reply = estate.reply(
                Operation::DescribeMonitoringSchedule,
                &place.account,
                &place.region,
                &name,
            );
            let summary = summaries.remove(&name);
            let schedule = match reply {
                Reply::NotFound(_) | Reply::Absent(_) => continue,
                Reply::Answer(answer) => described(estate, place, &answer.root(), summary),
                Reply::Missing(missing) => summarised(summary, &missing),
            };
            match &schedule.endpoint.state {
                State::Known(Some(endpoint)) => monitoring
                    .by_endpoint
                    .entry(endpoint.to_string())
                    .or_default()
                    .push((name, schedule)),
                State::Known(None) => {}
                // One that could count if it targeted an endpoint leaves every endpoint in doubt.
                State::Unknown(missing) => {
                    let runs = all([schedule.active(), schedule.recurring.clone()]);
                    if runs.value() != Some(&false) {
                        gaps.push(missing.clone());
                    }
                }
            }
        }
        monitoring.gap = union_of(gaps);
        monitoring
    }

    /// How the endpoint called `name` is watched.
    #[must_use]
    pub fn watch(
        &self,
        estate: &'e Estate,
        place: &Place,
        name: &str,
        endpoint: &Endpoint<'e>,
    ) -> Watch<'e> {
        let (recorded, whole) = recorded(estate, place, endpoint);
        let mut schedules: BTreeMap<&str, Schedule<'e>> = recorded
            .iter()
            .map(|(name, schedule)| (name.as_str(), schedule.clone()))
            .collect();
        for (name, schedule) in self.by_endpoint.get(name).into_iter().flatten() {
            let thin = schedule.recurring.value().is_none();
            if !(thin && schedules.contains_key(name.as_str())) {
                schedules.insert(name, schedule.clone());
            }
        }
        let gap = self.gap.clone().filter(|_| !whole);
        let unlisted = || gap.clone().map(Fact::unknown);
        let counting = |extra: &dyn Fn(&Schedule<'e>) -> Fact<'e, bool>| {
            Fact::any(
                schedules
                    .values()
                    .map(|schedule| all([schedule.counts(name), extra(schedule)]))
                    .chain(unlisted()),
            )
        };
        let monitored = counting(&|_| Fact::given(true));
        let state = match monitored.state {
            State::Known(true) => Fact::known("monitored", monitored.origins),
            State::Known(false) => Fact::known(
                reason(&schedules, name),
                monitored.origins.and(self.listed.clone()),
            ),
            State::Unknown(missing) => Fact::unknown(missing),
        };
        Watch {
            state,
            data_quality: counting(&|schedule| {
                schedule
                    .kind
                    .clone()
                    .map(|kind| kind.as_deref() == Some("DataQuality"))
            }),
            last_run_failed: counting(&|schedule| {
                schedule
                    .last_run
                    .clone()
                    .map(|status| status.as_deref() == Some("Failed"))
            }),
            baseline: counting(&|schedule| schedule.baseline.clone()),
        }
    }
}

/// Why no schedule counts, when none does.
fn reason(schedules: &BTreeMap<&str, Schedule<'_>>, endpoint: &str) -> &'static str {
    let targeting = || {
        schedules
            .values()
            .filter(|schedule| schedule.targets(endpoint).value() == Some(&true))
    };
    if targeting().any(|schedule| schedule.active().value() == Some(&true)) {
        "one_shot_only"
    } else if targeting().next().is_some() {
        "only_stopped_or_failed"
    } else {
        "no_schedule"
    }
}

/// What a listing tells of a schedule.
#[derive(Debug)]
struct Summary<'e> {
    status: Fact<'e, Text<'e>>,
    kind: Fact<'e, Option<Text<'e>>>,
    endpoint: Fact<'e, Option<Text<'e>>>,
}

impl<'e> Summary<'e> {
    fn of(item: &Part<'_, 'e>) -> Self {
        Summary {
            status: item.text("/MonitoringScheduleStatus"),
            kind: item.optional_text("/MonitoringType"),
            endpoint: item.optional_text("/EndpointName"),
        }
    }
}

/// A schedule of which only the listing is known: whether it recurs is not.
fn summarised<'e>(summary: Option<Summary<'e>>, missing: &MissingSet) -> Schedule<'e> {
    let unknown = || missing.clone();
    let (status, kind, endpoint) = match summary {
        Some(summary) => (summary.status, summary.kind, summary.endpoint),
        None => (
            Fact::unknown(unknown()),
            Fact::unknown(unknown()),
            Fact::unknown(unknown()),
        ),
    };
    Schedule {
        status,
        kind,
        endpoint: endpoint.then(|name| match name {
            Some(name) => Fact::given(Some(name)),
            None => Fact::unknown(unknown()),
        }),
        recurring: Fact::unknown(unknown()),
        last_run: Fact::unknown(unknown()),
        baseline: Fact::unknown(unknown()),
    }
}

/// A schedule from its description: `DescribeMonitoringSchedule`, or the record inside an
/// endpoint's `Search` record, which has the same members.
fn described<'e>(
    estate: &'e Estate,
    place: &Place,
    part: &Part<'_, 'e>,
    summary: Option<Summary<'e>>,
) -> Schedule<'e> {
    let definition = definition(estate, place, part, summary.as_ref());
    let own = part.object("/MonitoringScheduleConfig/MonitoringJobDefinition");
    let named = part.optional_text("/EndpointName").then(|name| match name {
        Some(name) => Fact::given(Some(name)),
        None => match summary.and_then(|summary| summary.endpoint.value().cloned().flatten()) {
            Some(name) => Fact::given(Some(name)),
            None => own.clone().then(|own| match own {
                Some(own) => target_of_inputs(&own),
                None => target_of_definition(&definition),
            }),
        },
    });
    Schedule {
        status: part.text("/MonitoringScheduleStatus"),
        kind: part.optional_text("/MonitoringType"),
        endpoint: named,
        recurring: part
            .object("/MonitoringScheduleConfig")
            .then(|config| match config {
                None => Fact::unknown(part.malformed("/MonitoringScheduleConfig")),
                Some(config) => config
                    .optional_text("/ScheduleConfig/ScheduleExpression")
                    .map(|expression| expression.as_deref() != Some("NOW")),
            }),
        last_run: part.optional_text("/LastMonitoringExecutionSummary/MonitoringExecutionStatus"),
        baseline: own.then(|own| match own {
            Some(own) => own.present("/BaselineConfig"),
            None => baseline_of_definition(&definition),
        }),
    }
}

/// The job definition that a schedule names.
enum Definition<'e> {
    Answer(Answer<'e>, Kind),
    Missing(MissingSet),
}

/// What each type of monitor calls its members.
#[derive(Clone, Copy)]
struct Kind {
    word: &'static str,
    operation: Operation,
    endpoint_input: &'static str,
    batch_input: &'static str,
    baseline: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        word: "DataQuality",
        operation: Operation::DescribeDataQualityJobDefinition,
        endpoint_input: "/DataQualityJobInput/EndpointInput/EndpointName",
        batch_input: "/DataQualityJobInput/BatchTransformInput",
        baseline: "/DataQualityBaselineConfig",
    },
    Kind {
        word: "ModelQuality",
        operation: Operation::DescribeModelQualityJobDefinition,
        endpoint_input: "/ModelQualityJobInput/EndpointInput/EndpointName",
        batch_input: "/ModelQualityJobInput/BatchTransformInput",
        baseline: "/ModelQualityBaselineConfig",
    },
    Kind {
        word: "ModelBias",
        operation: Operation::DescribeModelBiasJobDefinition,
        endpoint_input: "/ModelBiasJobInput/EndpointInput/EndpointName",
        batch_input: "/ModelBiasJobInput/BatchTransformInput",
        baseline: "/ModelBiasBaselineConfig",
    },
    Kind {
        word: "ModelExplainability",
        operation: Operation::DescribeModelExplainabilityJobDefinition,
        endpoint_input: "/ModelExplainabilityJobInput/EndpointInput/EndpointName",
        batch_input: "/ModelExplainabilityJobInput/BatchTransformInput",
        baseline: "/ModelExplainabilityBaselineConfig",
    },
];

fn definition<'e>(
    estate: &'e Estate,
    place: &Place,
    part: &Part<'_, 'e>,
    summary: Option<&Summary<'e>>,
) -> Definition<'e> {
    let name = part.optional_text("/MonitoringScheduleConfig/MonitoringJobDefinitionName");
    let kind = part
        .optional_text("/MonitoringScheduleConfig/MonitoringType")
        .value()
        .cloned()
        .flatten()
        .or_else(|| {
            part.optional_text("/MonitoringType")
                .value()
                .cloned()
                .flatten()
        })
        .or_else(|| summary.and_then(|summary| summary.kind.value().cloned().flatten()));
    let (Some(Some(name)), Some(kind)) = (
        name.value(),
        KINDS.iter().find(|row| kind.as_deref() == Some(row.word)),
    ) else {
        return Definition::Missing(
            part.malformed("/MonitoringScheduleConfig/MonitoringJobDefinitionName")
                .into(),
        );
    };
    match estate.reply(kind.operation, &place.account, &place.region, name) {
        Reply::Answer(answer) => Definition::Answer(answer, *kind),
        Reply::NotFound(observation) | Reply::Absent(observation) => {
            Definition::Missing(observation.gone().into())
        }
        Reply::Missing(missing) => Definition::Missing(missing),
    }
}

/// The endpoint of the inputs in a schedule's own job definition.
fn target_of_inputs<'e>(own: &Part<'_, 'e>) -> Fact<'e, Option<Text<'e>>> {
    own.required_parts("/MonitoringInputs").then(|inputs| {
        inputs
            .iter()
            .map(|input| {
                input
                    .optional_text("/EndpointInput/EndpointName")
                    .then(|name| match name {
                        Some(name) => Fact::given(Some(name)),
                        None => batch(input, "/BatchTransformInput", "/EndpointInput/EndpointName"),
                    })
            })
            .reduce(|a, b| a.zip(b).map(|(a, b)| a.or(b)))
            .unwrap_or_else(|| Fact::unknown(own.malformed("/MonitoringInputs")))
    })
}

fn target_of_definition<'e>(definition: &Definition<'e>) -> Fact<'e, Option<Text<'e>>> {
    match definition {
        Definition::Missing(missing) => Fact::unknown(missing.clone()),
        Definition::Answer(answer, kind) => {
            let part = answer.root();
            part.optional_text(kind.endpoint_input)
                .then(|name| match name {
                    Some(name) => Fact::given(Some(name)),
                    None => batch(&part, kind.batch_input, kind.endpoint_input),
                })
        }
    }
}

/// No target, if the input is the result of batch jobs; one of the two inputs is always there.
fn batch<'e>(
    input: &Part<'_, 'e>,
    batch: &'static str,
    endpoint: &'static str,
) -> Fact<'e, Option<Text<'e>>> {
    input.present(batch).then(|present| {
        if present {
            Fact::given(None)
        } else {
            Fact::unknown(input.malformed(endpoint))
        }
    })
}

fn baseline_of_definition<'e>(definition: &Definition<'e>) -> Fact<'e, bool> {
    match definition {
        Definition::Missing(missing) => Fact::unknown(missing.clone()),
        Definition::Answer(answer, kind) => answer.root().present(kind.baseline),
    }
}

/// The schedules in the `Search` record of an endpoint, and whether the record has their list.
fn recorded<'e>(
    estate: &'e Estate,
    place: &Place,
    endpoint: &Endpoint<'e>,
) -> (Vec<(String, Schedule<'e>)>, bool) {
    let Some(record) = &endpoint.record else {
        return (Vec::new(), false);
    };
    let list = record.root().required_parts("/MonitoringSchedules");
    let Some(parts) = list.value() else {
        return (Vec::new(), false);
    };
    let mut whole = true;
    let schedules = parts
        .iter()
        .filter_map(|part| match part.text("/MonitoringScheduleName").state {
            State::Known(name) => Some((name.into_owned(), described(estate, place, part, None))),
            State::Unknown(_) => {
                whole = false;
                None
            }
        })
        .collect();
    (schedules, whole)
}

/// Whether the requests and answers of an endpoint are captured, without which a monitor starves.
#[must_use]
pub fn capture<'e>(endpoint: &Endpoint<'e>) -> Fact<'e, bool> {
    endpoint.described.read(|part| {
        part.object("/DataCaptureConfig")
            .then(|capture| match capture {
                None => Fact::known(false, part.origin("/DataCaptureConfig")),
                Some(capture) => all([
                    capture.flag_or("/EnableCapture", true),
                    capture
                        .text_or("/CaptureStatus", "Started")
                        .map(|status| status != "Stopped"),
                ]),
            })
    })
}

/// The worst of what is known of several endpoints: a certain gap in watching decides, else what
/// is unknown does.
#[must_use]
pub fn worst<'e>(
    states: impl IntoIterator<Item = Fact<'e, &'static str>>,
    gap: Option<MissingSet>,
) -> Fact<'e, &'static str> {
    let mut missing = gap;
    let mut origins = Origins::None;
    for state in states {
        match state.state {
            State::Known("monitored") => origins = origins.and(state.origins),
            State::Known(_) => return state,
            State::Unknown(set) => missing = Some(join_gaps(missing.take(), &set)),
        }
    }
    match missing {
        Some(missing) => Fact::unknown(missing),
        None => Fact::known("monitored", origins),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::endpoint_graph::Graph;
    use crate::facts::endpoint_graph::tests::{ENDPOINT, estate};

    fn state(calls: &[(&str, &str, &str)]) -> Option<&'static str> {
        let estate = estate(calls);
        let place = Place {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let graph = Graph::new(&estate);
        let region = graph.region(&place.account, &place.region);
        let watch = region
            .monitoring
            .watch(&estate, &place, "Shop", &region.endpoints["Shop"]);
        watch.state.value().copied()
    }

    #[test]
    fn the_record_of_an_endpoint_holds_its_schedules_whole() {
        let search = |schedules: &str| {
            ENDPOINT.2.replace(
                r#"{"EndpointName""#,
                &format!(r#"{{"MonitoringSchedules":{schedules},"EndpointName""#),
            )
        };
        let key = r#"{"Resource":"Endpoint","Arn":"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/shop"}"#;
        let scheduled = search(
            r#"[{"MonitoringScheduleName":"s","MonitoringScheduleStatus":"Scheduled","EndpointName":"Shop","MonitoringScheduleConfig":{}}]"#,
        );
        let stopped = scheduled.replace("Scheduled", "Stopped");
        let none = search("[]");
        for (record, expected) in [
            (&scheduled, Some("monitored")),
            (&stopped, Some("only_stopped_or_failed")),
            (&none, Some("no_schedule")),
        ] {
            assert_eq!(state(&[("sagemaker:Search", key, record)]), expected);
        }
        assert_eq!(state(&[("sagemaker:Search", key, ENDPOINT.2)]), None);
    }

    #[test]
    fn a_schedule_whose_target_is_not_known_leaves_doubt_only_if_it_could_count() {
        let list = |status: &str| {
            format!(
                r#"{{"MonitoringScheduleSummaries":[{{"MonitoringScheduleName":"s","MonitoringScheduleStatus":"{status}"}}]}}"#
            )
        };
        let listing = "sagemaker:ListMonitoringSchedules";
        assert_eq!(
            state(&[ENDPOINT, (listing, "{}", &list("Scheduled"))]),
            None
        );
        assert_eq!(
            state(&[ENDPOINT, (listing, "{}", &list("Stopped"))]),
            Some("no_schedule")
        );
    }

    #[test]
    fn the_schedules_of_other_endpoints_are_not_looked_at() {
        let one = |index: usize| {
            format!(
                r#"{{"MonitoringScheduleName":"s{index}","MonitoringScheduleStatus":"Scheduled","EndpointName":"other{index}"}}"#
            )
        };
        let all: Vec<String> = (0..3).map(one).collect();
        let list = format!(r#"{{"MonitoringScheduleSummaries":[{}]}}"#, all.join(","));
        let calls = [
            ENDPOINT,
            ("sagemaker:ListMonitoringSchedules", "{}", list.as_str()),
        ];
        let estate = estate(&calls);
        let place = Place {
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let graph = Graph::new(&estate);
        let region = graph.region(&place.account, &place.region);
        let watch = region
            .monitoring
            .watch(&estate, &place, "Shop", &region.endpoints["Shop"]);
        assert_eq!(watch.state.value(), Some(&"no_schedule"));
        // The listing alone is the evidence, however many schedules it holds.
        assert_eq!(watch.state.origins.as_slice().len(), 1);
    }
}
