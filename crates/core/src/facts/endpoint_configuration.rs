//! What the controls of an endpoint configuration see.
//!
//! Enters: the configuration, the endpoints that run it, their schedules and scaling targets.
//! Leaves: [`EndpointConfiguration`]. Deliberately absent: traffic and artifacts, which belong to
//! one endpoint.

use crate::asset::{Asset, AssetKind};
use crate::estate::Place;
use crate::facts::answer::Part;
use crate::facts::capacity::{self, Rule};
use crate::facts::context::Context;
use crate::facts::endpoint::partition;
use crate::facts::endpoint_graph::{
    self as graph, Region, Shadows, Users, hosts_components, join_gaps, variants,
};
use crate::facts::fact::{Fact, Origins, State, Text};
use crate::facts::monitoring::{self, all};
use crate::facts::network::Placement;
use crate::facts::review::review;
use crate::missing::{Missing, MissingSet};
use crate::operations::Operation;
use crate::time::Time;

crate::facts! {
    /// A production variant that runs on instances.
    pub struct Variant<'e> {
        /// `VariantName`.
        pub name: Fact<'e, Text<'e>>,
        /// The count it starts with.
        pub initial: Fact<'e, i64>,
        /// The least count it may come to.
        pub floor: Fact<'e, i64>,
        /// The member that gave the least count.
        pub floor_from: Fact<'e, &'static str>,
        /// `InitialVariantWeight`; absent means 1.
        pub weight: Fact<'e, f64>,
    }
}

crate::facts! {
    /// An endpoint configuration.
    pub struct EndpointConfiguration<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its name.
        pub name: String,
        /// Its account.
        pub account: String,
        /// Its Region.
        pub region: String,
        /// Its partition.
        pub partition: String,
        /// `CreationTime`.
        pub creation_time: Fact<'e, Time>,
        /// Whether every production variant is serverless.
        pub all_serverless: Fact<'e, bool>,
        /// Whether requests are answered through S3.
        pub asynchronous: Fact<'e, bool>,
        /// Whether a variant names no model, and so hosts inference components.
        pub hosts_components: Fact<'e, bool>,
        /// `EnableNetworkIsolation`, which holds for inference components.
        pub network_isolation: Fact<'e, bool>,
        /// `VpcConfig.Subnets`.
        pub subnets: Fact<'e, Vec<Text<'e>>>,
        /// `VpcConfig.SecurityGroupIds`.
        pub security_groups: Fact<'e, Vec<Text<'e>>>,
        /// Whether all subnets lie in one availability zone.
        pub single_zone: Fact<'e, bool>,
        /// Whether the route table of a subnet leads to an internet gateway.
        pub public_subnet: Fact<'e, bool>,
        /// Whether a security group lets traffic out to every address.
        pub open_egress: Fact<'e, bool>,
        /// The production variants that run on instances.
        pub variants: Fact<'e, Vec<Variant<'e>>>,
        /// The least count that any of them may come to.
        pub floor: Fact<'e, i64>,
        /// The variant with the least count.
        pub floor_variant: Fact<'e, Text<'e>>,
        /// The member that gave the least count.
        pub floor_from: Fact<'e, &'static str>,
        /// The count that variant starts with.
        pub floor_initial: Fact<'e, i64>,
        /// Whether the scaling targets of the Region were read, or no live endpoint has any.
        pub autoscaling_read: bool,
        /// Whether a live endpoint runs it.
        pub attached: Fact<'e, bool>,
        /// The live endpoints that are known to run it.
        pub endpoints: Vec<String>,
        /// One of them, for commands; `ENDPOINT` where none is known.
        pub endpoint: String,
        /// How the endpoints that run it are watched, the worst counting: `monitored`, `no_schedule`, `only_stopped_or_failed` or `one_shot_only`.
        pub monitoring: Fact<'e, &'static str>,
        /// The endpoints known not to be watched.
        pub unmonitored: Vec<String>,
        /// Whether every endpoint's data is watched for quality.
        pub data_quality_monitored: Fact<'e, bool>,
        /// Whether every endpoint captures its requests.
        pub capturing: Fact<'e, bool>,
        /// Whether the last run of a counting schedule failed.
        pub last_run_failed: Fact<'e, bool>,
        /// Whether every endpoint is compared with a baseline.
        pub baselined: Fact<'e, bool>,
        /// Whether an inference component runs as one copy.
        pub single_copy: Fact<'e, bool>,
        /// The tag `reviewed_at` of the endpoints that run it: `valid` if all carry a valid one, else `none`.
        pub review: Fact<'e, &'static str>,
        /// The last day on which the review of an endpoint is valid.
        pub reviewed_until: Fact<'e, Option<Text<'e>>>,
    }
}

/// Every endpoint configuration that any answer shows, sorted by ARN.
#[must_use]
pub fn assets(context: &Context<'_>) -> Vec<Asset> {
    context.graph.assets(AssetKind::EndpointConfiguration)
}

/// Derives the facts of one endpoint configuration.
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> EndpointConfiguration<'e> {
    let region = context.graph.region(&asset.account, &asset.region);
    let place = Place {
        account: asset.account.clone(),
        region: asset.region.clone(),
    };
    let unread;
    let described = match region.configurations.get(&asset.name) {
        Some(configuration) => &configuration.described,
        None => {
            unread = graph::Described::unread(Operation::DescribeEndpointConfig, &asset.name);
            &unread
        }
    };
    let users = region.users(&asset.name);
    let production = described.read(|part| part.required_parts("/ProductionVariants"));
    let capacity = Capacity::new(described, region, &users, &production);
    let watch = Watched::new(context, &place, region, &users);
    let review = reviewed(context, &place, &users);
    let attached = attached(&users);
    let placement = Placement::of(described, &region.networks);
    EndpointConfiguration {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: partition(asset),
        creation_time: described.read(|part| part.time("/CreationTime")),
        all_serverless: production.clone().then(|variants| {
            all(variants
                .iter()
                .map(|variant| variant.present("/ServerlessConfig")))
        }),
        asynchronous: described.read(|part| part.present("/AsyncInferenceConfig")),
        hosts_components: described.read(|part| {
            Fact::any(
                variants(&part, Shadows::Included)
                    .into_iter()
                    .map(|variant| match variant {
                        Ok(variant) => hosts_components(&variant),
                        Err(missing) => Fact::unknown(missing),
                    }),
            )
        }),
        network_isolation: described.read(|part| part.flag_or("/EnableNetworkIsolation", false)),
        subnets: placement.subnets,
        security_groups: placement.security_groups,
        single_zone: placement.single_zone,
        public_subnet: placement.public_subnet,
        open_egress: placement.open_egress,
        variants: capacity.variants,
        floor: capacity.floor,
        floor_variant: capacity.variant,
        floor_from: capacity.from,
        floor_initial: capacity.initial,
        autoscaling_read: region.targets.complete() || attached.value() == Some(&false),
        attached,
        endpoints: users
            .known
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .collect(),
        endpoint: users
            .known
            .first()
            .map_or("ENDPOINT", |(name, _)| name)
            .to_owned(),
        monitoring: watch.state,
        unmonitored: watch.unmonitored,
        data_quality_monitored: watch.data_quality,
        capturing: watch.capturing,
        last_run_failed: watch.last_run_failed,
        baselined: watch.baselined,
        single_copy: single_copy(region, &users),
        review: review.0,
        reviewed_until: review.1,
    }
}

/// Whether a live endpoint runs the configuration.
fn attached<'e>(users: &Users<'_, 'e>) -> Fact<'e, bool> {
    match (users.known.first(), &users.gap) {
        (Some((_, endpoint)), _) => Fact::known(true, endpoint.configuration.origins.clone())
            .also_from(endpoint.status.origins.clone()),
        (None, Some(missing)) => Fact::unknown(missing.clone()),
        (None, None) => Fact::known(false, users.listing()),
    }
}

struct Capacity<'e> {
    variants: Fact<'e, Vec<Variant<'e>>>,
    floor: Fact<'e, i64>,
    variant: Fact<'e, Text<'e>>,
    from: Fact<'e, &'static str>,
    initial: Fact<'e, i64>,
}

impl<'e> Capacity<'e> {
    fn new(
        described: &graph::Described<'e>,
        region: &Region<'e>,
        users: &Users<'_, 'e>,
        production: &Fact<'e, Vec<Part<'_, 'e>>>,
    ) -> Self {
        let Some(parts) = production.value() else {
            let unknown = production
                .missing()
                .cloned()
                .unwrap_or_else(|| Missing::undecided("the variants").into());
            return Capacity {
                variants: Fact::unknown(unknown.clone()),
                floor: Fact::unknown(unknown.clone()),
                variant: Fact::unknown(unknown.clone()),
                from: Fact::unknown(unknown.clone()),
                initial: Fact::unknown(unknown),
            };
        };
        // What a template declares has no targets outside it; what runs has those that were read.
        let template = described
            .part()
            .is_some_and(|part| !part.observation().unresolved.is_empty());
        let floors: Vec<(Fact<'e, (i64, Rule)>, Variant<'e>)> = parts
            .iter()
            .filter(|part| part.present("/ServerlessConfig").value() != Some(&true))
            .map(|part| {
                let floor = part
                    .present("/ServerlessConfig")
                    .then(|_| capacity::floor(part, users, &region.targets, template));
                let variant = Variant {
                    name: part.text("/VariantName"),
                    initial: capacity::initial(part, users).map(|(count, _)| count),
                    floor: floor.clone().map(|(count, _)| count),
                    floor_from: floor.clone().map(|(_, rule)| rule.member()),
                    weight: part
                        .optional_number("/InitialVariantWeight")
                        .map(|weight| weight.unwrap_or(1.0)),
                };
                (floor, variant)
            })
            .collect();
        let least = floors
            .iter()
            .filter_map(|(floor, variant)| floor.value().map(|value| (*value, floor, variant)))
            .min_by_key(|((count, _), _, _)| *count);
        let missing = floors
            .iter()
            .filter_map(|(floor, _)| floor.missing())
            .fold(None, |all, missing| Some(join_gaps(all, missing)));
        // A floor below two is certain whatever the other variants' floors are.
        let summary = match (least, missing) {
            (Some(((count, rule), floor, variant)), missing) if count < 2 || missing.is_none() => {
                Ok((count, rule, floor.origins.clone(), variant))
            }
            (_, Some(missing)) => Err(missing),
            (_, None) => Err(Missing::undecided("no variant runs on instances").into()),
        };
        let (floor, variant, from, initial) = match summary {
            Ok((count, rule, origins, variant)) => (
                Fact::known(count, origins.clone()),
                variant.name.clone(),
                Fact::known(rule.member(), origins),
                variant.initial.clone(),
            ),
            Err(missing) => (
                Fact::unknown(missing.clone()),
                Fact::unknown(missing.clone()),
                Fact::unknown(missing.clone()),
                Fact::unknown(missing),
            ),
        };
        Capacity {
            variants: Fact::known(
                floors.into_iter().map(|(_, variant)| variant).collect(),
                production.origins.clone(),
            ),
            floor,
            variant,
            from,
            initial,
        }
    }
}

struct Watched<'e> {
    state: Fact<'e, &'static str>,
    unmonitored: Vec<String>,
    data_quality: Fact<'e, bool>,
    capturing: Fact<'e, bool>,
    last_run_failed: Fact<'e, bool>,
    baselined: Fact<'e, bool>,
}

impl<'e> Watched<'e> {
    fn new(
        context: &Context<'e>,
        place: &Place,
        region: &Region<'e>,
        users: &Users<'_, 'e>,
    ) -> Self {
        let mut states = Vec::new();
        let mut unmonitored = Vec::new();
        let (mut quality, mut capturing, mut failed, mut baselined) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (name, endpoint) in &users.known {
            let watch = region
                .monitoring
                .watch(context.estate, place, name, endpoint);
            if watch
                .state
                .value()
                .is_some_and(|state| *state != "monitored")
            {
                unmonitored.push((*name).to_owned());
            }
            states.push(watch.state);
            quality.push(watch.data_quality);
            capturing.push(monitoring::capture(endpoint));
            failed.push(watch.last_run_failed);
            baselined.push(watch.baseline);
        }
        let unknown = || users.gap.clone().map(Fact::unknown);
        Watched {
            state: monitoring::worst(states, users.gap.clone()),
            unmonitored,
            data_quality: all(quality.into_iter().chain(unknown())),
            capturing: all(capturing.into_iter().chain(unknown())),
            last_run_failed: Fact::any(failed.into_iter().chain(unknown())),
            baselined: all(baselined.into_iter().chain(unknown())),
        }
    }
}

/// Whether all endpoints that run the configuration carry a valid review.
fn reviewed<'e>(
    context: &Context<'e>,
    place: &Place,
    users: &Users<'_, 'e>,
) -> (Fact<'e, &'static str>, Fact<'e, Option<Text<'e>>>) {
    let reviews: Vec<_> = users
        .known
        .iter()
        .map(|(_, endpoint)| {
            review(
                context.estate,
                place,
                endpoint,
                context.as_of,
                context.tunables.reviewed_at_max_age_days,
            )
        })
        .collect();
    let mut origins = Origins::None;
    let mut missing: Option<MissingSet> = users.gap.clone();
    let mut until: Option<Text<'e>> = None;
    for review in &reviews {
        match &review.state.state {
            State::Known("valid") => {
                origins = origins.and(review.state.origins.clone());
                if let Some(Some(day)) = review.until.value()
                    && until.as_ref().is_none_or(|known| day < known)
                {
                    until = Some(day.clone());
                }
            }
            State::Known(_) => {
                let origins = review.state.origins.clone();
                return (Fact::known("none", origins), Fact::given(None));
            }
            State::Unknown(set) => missing = Some(join_gaps(missing.take(), set)),
        }
    }
    match missing {
        Some(missing) => (Fact::unknown(missing.clone()), Fact::unknown(missing)),
        None if reviews.is_empty() => (Fact::given("none"), Fact::given(None)),
        None => (
            Fact::known("valid", origins.clone()),
            Fact::known(until, origins),
        ),
    }
}

/// Whether a component on one of the endpoints runs as one copy.
fn single_copy<'e>(region: &Region<'e>, users: &Users<'_, 'e>) -> Fact<'e, bool> {
    Fact::any(users.known.iter().flat_map(|(name, _)| {
        let (components, _) = region.components_on(name);
        components.into_iter().map(|(_, component)| {
            component
                .described
                .read(|part| part.optional_integer("/RuntimeConfig/DesiredCopyCount"))
                .map(|count| count == Some(1))
        })
    }))
}
