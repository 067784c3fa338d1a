//! How few instances a variant may come to run on.
//!
//! Enters: the variants of a configuration, the endpoints that run it, and the targets of
//! Application Auto Scaling. Leaves: the *floor* of each variant, and the rule that gave it.
//! Deliberately absent: how many instances run just now, which says nothing of tomorrow.
//!
//! A target that was not read may lower or raise the floor, so the floor of a variant that runs on
//! an endpoint is unknown until the targets are read.

use std::collections::HashMap;

use crate::estate::{Estate, Place};
use crate::facts::answer::Part;
use crate::facts::endpoint_graph::{Users, join_gaps, listed};
use crate::facts::fact::{Fact, Origins, State};
use crate::missing::{Missing, MissingSet};
use crate::operations::Operation;

/// The least capacity that Application Auto Scaling keeps, by variant name.
#[derive(Debug, Default)]
pub struct Targets<'e> {
    by_variant: HashMap<String, Vec<Target<'e>>>,
    gap: Option<MissingSet>,
    listed: Origins<'e>,
}

#[derive(Debug)]
struct Target<'e> {
    endpoint: String,
    min_capacity: Fact<'e, i64>,
}

impl<'e> Targets<'e> {
    /// Reads the targets of a place.
    #[must_use]
    pub fn new(estate: &'e Estate, place: &Place) -> Self {
        let listing = estate.listing(
            Operation::DescribeScalableTargets,
            &place.account,
            &place.region,
            "",
        );
        let mut targets = Targets {
            by_variant: HashMap::new(),
            gap: listing.gap,
            listed: listed(estate, Operation::DescribeScalableTargets, place),
        };
        for page in &listing.pages {
            match page.root().required_parts("/ScalableTargets").state {
                State::Known(items) => items.iter().for_each(|item| targets.note(item)),
                State::Unknown(missing) => {
                    targets.gap = Some(join_gaps(targets.gap.take(), &missing));
                }
            }
        }
        targets
    }

    /// `ResourceId` of a variant is `endpoint/<endpoint>/variant/<variant>`; targets of other
    /// dimensions scale copies of a component, not instances.
    fn note(&mut self, item: &Part<'_, 'e>) {
        let read = item
            .text("/ScalableDimension")
            .zip(item.text("/ResourceId"));
        match read.state {
            State::Known((dimension, resource)) => {
                if dimension != "sagemaker:variant:DesiredInstanceCount" {
                    return;
                }
                let Some((endpoint, variant)) = resource
                    .strip_prefix("endpoint/")
                    .and_then(|rest| rest.split_once("/variant/"))
                else {
                    return;
                };
                self.by_variant
                    .entry(variant.to_owned())
                    .or_default()
                    .push(Target {
                        endpoint: endpoint.to_owned(),
                        min_capacity: required_integer(item, "/MinCapacity"),
                    });
            }
            State::Unknown(missing) => self.gap = Some(join_gaps(self.gap.take(), &missing)),
        }
    }

    /// Whether every target of the place was read.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.gap.is_none()
    }

    fn of(&self, variant: &str) -> &[Target<'e>] {
        self.by_variant.get(variant).map_or(&[], Vec::as_slice)
    }
}

/// An integer that the service always sends.
pub(super) fn required_integer<'e>(part: &Part<'_, 'e>, pointer: &'static str) -> Fact<'e, i64> {
    part.optional_integer(pointer).then(|value| match value {
        Some(value) => Fact::given(value),
        None => Fact::unknown(part.malformed(pointer)),
    })
}

/// What gave a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The configuration's own count.
    Initial,
    /// The least count of managed instance scaling.
    Managed,
    /// The least capacity of an autoscaling target.
    Target,
    /// The count that a live endpoint asks for, where instance pools leave the configuration without one.
    Desired,
}

impl Rule {
    /// The member that the floor was read from.
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Rule::Initial => "InitialInstanceCount",
            Rule::Managed => "ManagedInstanceScaling.MinInstanceCount",
            Rule::Target => "MinCapacity",
            Rule::Desired => "DesiredInstanceCount",
        }
    }
}

/// The count a variant starts with: the configuration's, or with instance pools the least that its
/// live endpoints ask for.
#[must_use]
pub fn initial<'e>(variant: &Part<'_, 'e>, users: &Users<'_, 'e>) -> Fact<'e, (i64, Rule)> {
    variant
        .optional_integer("/InitialInstanceCount")
        .then(|count| match count {
            Some(count) => Fact::given((count, Rule::Initial)),
            None => variant.parts("/InstancePools").then(|pools| {
                if pools.is_empty() {
                    Fact::unknown(variant.malformed("/InitialInstanceCount"))
                } else {
                    desired(variant, users)
                }
            }),
        })
}

fn desired<'e>(variant: &Part<'_, 'e>, users: &Users<'_, 'e>) -> Fact<'e, (i64, Rule)> {
    if users.known.is_empty() || !users.possible.is_empty() {
        return Fact::unknown(variant.malformed("/InitialInstanceCount"));
    }
    let name = variant.text("/VariantName");
    let counts = users.known.iter().map(|(_, endpoint)| {
        name.clone().then(|name| {
            endpoint
                .described
                .read(|part| {
                    part.required_parts("/ProductionVariants").then(|live| {
                        live.iter()
                            .find(|live| live.text("/VariantName").value() == Some(&name))
                            .map_or_else(
                                || Fact::unknown(part.malformed("/ProductionVariants")),
                                |live| required_integer(live, "/DesiredInstanceCount"),
                            )
                    })
                })
                .map(|count| (count, Rule::Desired))
        })
    });
    least(counts).unwrap_or_else(|| Fact::unknown(variant.malformed("/InitialInstanceCount")))
}

/// The least of counts that must all be known.
fn least<'e>(
    counts: impl IntoIterator<Item = Fact<'e, (i64, Rule)>>,
) -> Option<Fact<'e, (i64, Rule)>> {
    counts
        .into_iter()
        .reduce(|a, b| a.zip(b).map(|(a, b)| if b.0 < a.0 { b } else { a }))
}

/// The least count of instances that a variant may come to run on.
///
/// Managed instance scaling decides where it is enabled; else the autoscaling target of each
/// endpoint that runs the variant; else the initial count.
#[must_use]
pub fn floor<'e>(
    variant: &Part<'_, 'e>,
    users: &Users<'_, 'e>,
    targets: &Targets<'e>,
    template: bool,
) -> Fact<'e, (i64, Rule)> {
    let start = initial(variant, users);
    managed(variant).then(|managed| match managed {
        Some(Some(floor)) => Fact::given((floor, Rule::Managed)),
        Some(None) => start,
        None => variant
            .text("/VariantName")
            .then(|name| scaled(&name, start, users, targets, template)),
    })
}

/// The floor of enabled managed instance scaling: `None` when it is not enabled, `Some(None)` when
/// it leaves the floor at the initial count.
fn managed<'e>(variant: &Part<'_, 'e>) -> Fact<'e, Option<Option<i64>>> {
    variant
        .object("/ManagedInstanceScaling")
        .then(|scaling| match scaling {
            None => Fact::given(None),
            Some(scaling) => scaling.text("/Status").then(|status| {
                if status == "ENABLED" {
                    scaling.optional_integer("/MinInstanceCount").map(Some)
                } else {
                    Fact::given(None)
                }
            }),
        })
}

fn scaled<'e>(
    variant: &str,
    start: Fact<'e, (i64, Rule)>,
    users: &Users<'_, 'e>,
    targets: &Targets<'e>,
    template: bool,
) -> Fact<'e, (i64, Rule)> {
    let named = targets.of(variant);
    let by = |endpoint: &str| named.iter().find(|target| target.endpoint == endpoint);
    let of = |endpoint: &str| {
        by(endpoint).map_or_else(
            || start.clone(),
            |target| {
                target
                    .min_capacity
                    .clone()
                    .map(|floor| (floor, Rule::Target))
            },
        )
    };
    let runs = !users.known.is_empty() || !users.possible.is_empty();
    let certain: Vec<Fact<'e, (i64, Rule)>> =
        users.known.iter().map(|(name, _)| of(name)).collect();
    // An endpoint whose configuration is not known, or that only a target names, may run it.
    let mut possible: Vec<Fact<'e, (i64, Rule)>> = Vec::new();
    if users.possible.iter().any(|name| by(name).is_none()) {
        possible.push(start.clone());
    }
    if users.gap.is_some() {
        possible.extend(
            named
                .iter()
                .filter(|target| {
                    let known = users.known.iter().any(|(name, _)| *name == target.endpoint);
                    !known && !users.elsewhere(&target.endpoint)
                })
                .map(|target| {
                    target
                        .min_capacity
                        .clone()
                        .map(|floor| (floor, Rule::Target))
                }),
        );
    }
    let mut doubt: Option<MissingSet> = None;
    if let Some(gap) = &targets.gap
        && runs
        && !template
    {
        doubt = Some(join_gaps(doubt.take(), gap));
    }
    let known_least = certain
        .iter()
        .filter_map(|floor| {
            floor
                .value()
                .copied()
                .map(|value| (value, floor.origins.clone()))
        })
        .min_by_key(|((count, _), _)| *count);
    if doubt.is_none()
        && let Some((least, origins)) = &known_least
        && least.0 < 2
    {
        return Fact::known(*least, origins.clone());
    }
    let all = if certain.is_empty() && possible.is_empty() {
        start
    } else {
        let base = least(certain.iter().cloned()).unwrap_or_else(|| start.clone());
        possible
            .into_iter()
            .fold(base, |sure, maybe| agree(sure, maybe, users.gap.as_ref()))
    };
    match doubt {
        None => all.also_from(targets.listed.clone()),
        Some(doubt) => Fact {
            state: State::Unknown(match all.state {
                State::Known(_) => doubt,
                State::Unknown(missing) => join_gaps(Some(doubt), &missing),
            }),
            origins: Origins::None,
        },
    }
}

/// `sure`, unless `maybe` could lower it below two instances or is not known itself.
fn agree<'e>(
    sure: Fact<'e, (i64, Rule)>,
    maybe: Fact<'e, (i64, Rule)>,
    gap: Option<&MissingSet>,
) -> Fact<'e, (i64, Rule)> {
    let (safe, other) = (
        sure.value().map(|(count, _)| *count >= 2),
        maybe.value().map(|(count, _)| *count >= 2),
    );
    match (safe, other) {
        (None, _) => sure,
        (Some(a), Some(b)) if a == b => sure,
        (Some(_), Some(_)) => {
            Fact::unknown(gap.cloned().unwrap_or_else(|| {
                Missing::undecided("which endpoints run the configuration").into()
            }))
        }
        (Some(_), None) => maybe,
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::context::Context;
    use crate::facts::endpoint_configuration::{assets, derive};
    use crate::facts::endpoint_graph::tests::{CONFIGURATION, ENDPOINT, estate};
    use crate::time::Time;
    use crate::tunables::Tunables;

    const LIST: (&str, &str, &str) = (
        "sagemaker:ListEndpoints",
        "{}",
        r#"{"Endpoints":[{"EndpointName":"Shop","EndpointStatus":"InService"}]}"#,
    );

    fn targets(list: &str) -> String {
        format!(r#"{{"ScalableTargets":[{list}]}}"#)
    }

    fn target(endpoint: &str, floor: i64) -> String {
        format!(
            r#"{{"ResourceId":"endpoint/{endpoint}/variant/main","ScalableDimension":"sagemaker:variant:DesiredInstanceCount","MinCapacity":{floor}}}"#
        )
    }

    fn floor(calls: &[(&str, &str, &str)]) -> Option<i64> {
        let estate = estate(calls);
        let tunables = Tunables::default();
        let context = Context::new(&estate, &tunables, Time(0));
        let asset = assets(&context).into_iter().next().unwrap();
        derive(&context, &asset).floor.value().copied()
    }

    const SCALING: (&str, &str) = ("application-autoscaling:DescribeScalableTargets", "{}");

    #[test]
    fn the_target_of_an_endpoint_that_may_run_it_puts_a_safe_floor_in_doubt() {
        let denied = (ENDPOINT.0, ENDPOINT.1, "denied");
        let lower = targets(&target("Shop", 1));
        let other = targets(&target("Shop", 3));
        assert_eq!(
            floor(&[CONFIGURATION, LIST, denied, (SCALING.0, SCALING.1, &lower)]),
            None
        );
        assert_eq!(
            floor(&[CONFIGURATION, LIST, denied, (SCALING.0, SCALING.1, &other)]),
            Some(2)
        );
    }

    #[test]
    fn a_target_that_only_names_an_endpoint_counts_until_endpoints_are_listed() {
        let lower = targets(&target("elsewhere", 1));
        assert_eq!(
            floor(&[CONFIGURATION, ENDPOINT, (SCALING.0, SCALING.1, &lower)]),
            None
        );
        assert_eq!(
            floor(&[
                CONFIGURATION,
                ENDPOINT,
                LIST,
                (SCALING.0, SCALING.1, &lower)
            ]),
            Some(2)
        );
    }

    #[test]
    fn a_certain_floor_below_two_stands_whatever_else_may_run_it() {
        let both = targets(&format!("{},{}", target("Shop", 1), target("elsewhere", 5)));
        assert_eq!(
            floor(&[CONFIGURATION, ENDPOINT, (SCALING.0, SCALING.1, &both)]),
            Some(1)
        );
    }

    #[test]
    fn targets_that_stop_before_their_last_page_are_not_all() {
        let open = r#"{"ScalableTargets":[],"NextToken":"t"}"#;
        assert_eq!(
            floor(&[CONFIGURATION, ENDPOINT, LIST, (SCALING.0, SCALING.1, open)]),
            None
        );
    }
}
