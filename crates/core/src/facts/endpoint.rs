//! What the controls of an endpoint see.
//!
//! Enters: the endpoint's place in the graph, its traffic, its tags, and S3; facts that were
//! supplied. Leaves: [`Endpoint`].
//! Deliberately absent: what a configuration decides, which is judged there.

use crate::arn::{Arn, partition_of};
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place, Reply};
use crate::facts::artifact::{self, Existence, Reference, References};
use crate::facts::bucket::Owner;
use crate::facts::context::Context;
use crate::facts::endpoint_graph::{self as graph, Region, Shadows, hosts_components, variants};
use crate::facts::fact::{Fact, Origin, Origins, State, Text};
use crate::facts::precomputed::{Claims, Settled, settle};
use crate::facts::review::review;
use crate::facts::traffic::{Question, Served};
use crate::missing::MissingSet;
use crate::operations::{GLOBAL_REGION, Operation};
use crate::time::Time;
use crate::tunables::Tunables;

crate::facts! {
    /// An artifact in S3 that is gone.
    pub struct GoneObject<'e> {
        /// Its bucket.
        pub bucket: String,
        /// Its key, or prefix.
        pub key: String,
        /// The version of the delete marker that hides it; absent where none was seen.
        pub marker: Option<Text<'e>>,
        /// Whether its bucket is gone with it.
        pub bucket_missing: bool,
    }
}

crate::facts! {
    /// An endpoint.
    pub struct Endpoint<'e> {
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
        /// `EndpointStatus`.
        pub status: Fact<'e, Text<'e>>,
        /// `CreationTime`.
        pub creation_time: Fact<'e, Time>,
        /// The name of the active configuration.
        pub configuration: Fact<'e, Text<'e>>,
        /// Whether the active configuration was deleted under the endpoint.
        pub configuration_deleted: Fact<'e, bool>,
        /// `CreationTime` of the active configuration.
        pub configuration_creation_time: Fact<'e, Time>,
        /// Whether a deployment is under way.
        pub deploying: Fact<'e, bool>,
        /// Whether requests are answered through S3.
        pub asynchronous: Fact<'e, bool>,
        /// Whether any request came inside the window: `seen` or `none`.
        pub traffic: Fact<'e, &'static str>,
        /// The last day with traffic that any series shows.
        pub last_traffic: Fact<'e, Option<Time>>,
        /// The tag `reviewed_at`: `none`, `valid`, `expired`, `future` or `malformed`.
        pub review: Fact<'e, &'static str>,
        /// The value of the tag.
        pub reviewed_on: Fact<'e, Option<Text<'e>>>,
        /// The last day on which the review is valid.
        pub reviewed_until: Fact<'e, Option<Text<'e>>>,
        /// Whether the tags were read.
        pub tags_read: bool,
        /// Where the artifacts are: `s3`, `image`, `marketplace`, `aws_hub`, or `none` where nothing is deployed.
        pub artifact_source: Fact<'e, &'static str>,
        /// The worst state of any artifact: `present`, `bucket_missing`, `model_deleted`, `model_package_missing`, `object_missing`, `prefix_empty` or `delete_marker`; `reported_missing` where only a supplied fact says so.
        pub artifact: Fact<'e, &'static str>,
        /// What is known to be gone, each with the model or component that needs it.
        pub gone: Vec<String>,
        /// Those of them that were objects in S3.
        pub gone_objects: Vec<GoneObject<'e>>,
        /// The first artifact that is gone, or the model or package; empty where none is known to be.
        pub ghost: String,
        /// By what `artifact` is known, for texts: `what was read` or `what another tool says`.
        pub artifact_known_by: &'static str,
        /// By what `traffic` is known, in the same words.
        pub traffic_known_by: &'static str,
        /// The supplied facts that stand in for what could not be derived: `has_ghost_model_artifact`, `endpoint_stale`.
        pub claimed: Vec<String>,
        /// The supplied facts that say something else than what was derived.
        pub disputed: Vec<String>,
        /// Whether an artifact was written after its model was created.
        pub artifact_newer_than_model: Fact<'e, bool>,
        /// Whether an artifact's entity tag differs from the one recorded.
        pub etag_drift: Fact<'e, bool>,
        /// Whether a bucket was created after the model that needs it.
        pub bucket_recreated: Fact<'e, bool>,
        /// Whether an artifact is in another account's bucket.
        pub foreign_bucket: Fact<'e, bool>,
        /// Whether every bucket keeps versions.
        pub versioned: Fact<'e, bool>,
        /// Whether every bucket has object lock.
        pub object_locked: Fact<'e, bool>,
    }
}

/// Every endpoint that any answer shows, sorted by ARN.
#[must_use]
pub fn assets(context: &Context<'_>) -> Vec<Asset> {
    context.graph.assets(AssetKind::Endpoint)
}

/// Derives the facts of one endpoint.
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> Endpoint<'e> {
    let region = context.graph.region(&asset.account, &asset.region);
    let place = Place {
        account: asset.account.clone(),
        region: asset.region.clone(),
    };
    let unread;
    let endpoint = match region.endpoints.get(&asset.name) {
        Some(endpoint) => endpoint,
        None => {
            unread = graph::Endpoint::unread(&asset.name, &asset.arn);
            &unread
        }
    };
    let configuration = region.configuration_of(endpoint);
    let described = |missing: Fact<'e, &graph::Resource<'e>>, pointer: &'static str| {
        missing.then(|configuration| configuration.described.read(|part| part.time(pointer)))
    };
    let asynchronous = configuration.clone().then(|configuration| {
        configuration
            .described
            .read(|part| part.present("/AsyncInferenceConfig"))
    });
    let claims = Claims::of(context.estate, asset, context.as_of);
    let served = served(context, region, endpoint, asset, &asynchronous);
    let traffic = settle(
        served.traffic,
        stale_claim(&claims, context.tunables.stale_days),
        |derived, claim| derived == claim,
    );
    let review = review(
        context.estate,
        &place,
        endpoint,
        context.as_of,
        context.tunables.reviewed_at_max_age_days,
    );
    let artifacts = Artifacts::new(context, region, &place, &asset.name, endpoint);
    let artifact = settle(artifacts.worst(), ghost_claim(&claims), |derived, claim| {
        (*derived == PRESENT) == (*claim == PRESENT)
    });
    // Where artifacts are is part of the claim that some, or none, is gone.
    let source = match artifact.claimed {
        true => {
            settle(
                artifacts.source(),
                Some(artifact.fact.clone().map(|_| "s3")),
                |_, _| true,
            )
            .fact
        }
        false => artifacts.source(),
    };
    let gone = match (artifact.claimed, artifact.fact.value()) {
        (true, Some(&REPORTED)) => ghosts_claimed(&claims),
        _ => artifacts.gone(),
    };
    Endpoint {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: partition(asset),
        status: endpoint.status.clone(),
        creation_time: endpoint.described.read(|part| part.time("/CreationTime")),
        configuration: endpoint.configuration.clone(),
        configuration_deleted: configuration
            .clone()
            .map(|configuration| configuration.described.is_gone()),
        configuration_creation_time: described(configuration, "/CreationTime"),
        deploying: endpoint
            .described
            .read_beyond_search(Operation::DescribeEndpoint, |part| {
                part.present("/PendingDeploymentSummary")
            }),
        asynchronous,
        artifact_known_by: known_by(&artifact),
        traffic_known_by: known_by(&traffic),
        claimed: named([&traffic, &artifact], |settled| settled.claimed),
        disputed: named([&traffic, &artifact], |settled| settled.disputed),
        last_traffic: Fact::given(served.last).also_from(traffic.fact.origins.clone()),
        traffic: traffic.fact,
        tags_read: review.state.value().is_some(),
        review: review.state,
        reviewed_on: review.on,
        reviewed_until: review.until,
        artifact_source: source,
        artifact: artifact.fact,
        gone_objects: artifacts.gone_objects(),
        ghost: gone.first().cloned().unwrap_or_default(),
        gone,
        artifact_newer_than_model: artifacts.any(|artifact| artifact.newer()),
        etag_drift: artifacts.any(|artifact| artifact.drifted()),
        bucket_recreated: artifacts.any(|artifact| {
            let created = artifact
                .existence
                .bucket
                .as_deref()
                .and_then(|bucket| context.buckets.created(&asset.account, bucket));
            later(created, artifact.reference.created)
        }),
        foreign_bucket: artifacts.of_buckets(|bucket| {
            context
                .buckets
                .ownership(&asset.account, &asset.region, bucket)
                .map(|ownership| ownership.owner == Owner::Foreign)
        }),
        versioned: artifacts
            .of_buckets(|bucket| unversioned(context.estate, &asset.account, bucket))
            .map(|any| !any),
        object_locked: artifacts
            .of_buckets(|bucket| unlocked(context.estate, &asset.account, bucket))
            .map(|any| !any),
    }
}

const STALE: &str = "endpoint_stale";
const GHOST: &str = "has_ghost_model_artifact";
const PRESENT: &str = "present";
const REPORTED: &str = "reported_missing";

fn known_by<T>(settled: &Settled<'_, T>) -> &'static str {
    if settled.claimed {
        "what another tool says"
    } else {
        "what was read"
    }
}

/// The names of the claims for which `is` holds.
fn named<'e>(
    [traffic, artifact]: [&Settled<'e, &'static str>; 2],
    is: impl Fn(&Settled<'e, &'static str>) -> bool,
) -> Vec<String> {
    [(STALE, traffic), (GHOST, artifact)]
        .into_iter()
        .filter(|(_, settled)| is(settled))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// What is claimed of the traffic in a window of `days`.
fn stale_claim<'e>(claims: &Claims<'e>, days: i64) -> Option<Fact<'e, &'static str>> {
    let window = claims
        .claim("/stale_days", |part| part.optional_integer("/stale_days"))
        .map_or(Tunables::default().stale_days, |window| {
            window.value().copied().flatten().unwrap_or_default()
        });
    let claim = claims.claim("/endpoint_stale", |part| {
        part.flag_or("/endpoint_stale", false)
    })?;
    (window == days).then(|| claim.map(|stale| if stale { "none" } else { "seen" }))
}

/// What is claimed of the artifacts.
fn ghost_claim<'e>(claims: &Claims<'e>) -> Option<Fact<'e, &'static str>> {
    let claim = claims.claim("/has_ghost_model_artifact", |part| {
        part.flag_or("/has_ghost_model_artifact", false)
    })?;
    Some(claim.map(|gone| if gone { REPORTED } else { PRESENT }))
}

/// What is claimed to be gone.
fn ghosts_claimed(claims: &Claims<'_>) -> Vec<String> {
    let named = claims.claim("/ghost_refs", |part| part.texts("/ghost_refs"));
    let mut names: Vec<String> = named
        .as_ref()
        .and_then(Fact::value)
        .into_iter()
        .flatten()
        .map(|name| format!("`{name}`"))
        .collect();
    if names.is_empty() {
        names.push("an artifact".to_owned());
    }
    names
}

/// The partition of an asset: its ARN's, or its Region's.
pub(super) fn partition(asset: &Asset) -> String {
    Arn::parse(&asset.arn)
        .map_or_else(|| partition_of(&asset.region), |arn| arn.partition)
        .to_owned()
}

fn later(a: Option<Time>, b: Option<Time>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a > b)
}

fn served<'e>(
    context: &Context<'e>,
    region: &Region<'e>,
    endpoint: &graph::Endpoint<'e>,
    asset: &Asset,
    asynchronous: &Fact<'e, bool>,
) -> Served<'e> {
    let mut missing: Option<MissingSet> = asynchronous.missing().cloned();
    let mut names: Vec<String> = Vec::new();
    let mut hosts = false;
    {
        let mut lacks = |gap: &MissingSet| {
            missing = Some(graph::join_gaps(missing.take(), gap));
        };
        let live = endpoint
            .described
            .read(|part| part.required_parts("/ProductionVariants"));
        match &live.state {
            State::Unknown(gap) => lacks(gap),
            State::Known(variants) => {
                for variant in variants {
                    match variant.text("/VariantName").state {
                        State::Known(name) => names.push(name.into_owned()),
                        State::Unknown(gap) => lacks(&gap),
                    }
                }
            }
        }
        let configuration = region.configuration_of(endpoint);
        match configuration.value().map(|value| &value.described) {
            None => {
                if let Some(gap) = configuration.missing() {
                    lacks(gap);
                }
            }
            Some(described) => match described.part() {
                None => {
                    if let Some(gap) = described.gap() {
                        lacks(&gap);
                    }
                }
                Some(part) => {
                    for variant in variants(&part, Shadows::Excluded) {
                        match variant {
                            Ok(variant) => {
                                if let Some(name) = variant.text("/VariantName").value() {
                                    names.push(name.to_string());
                                }
                                hosts |= hosts_components(&variant).value() != Some(&false);
                            }
                            Err(gap) => lacks(&gap),
                        }
                    }
                }
            },
        }
        if hosts && let (_, Some(gap)) = region.components_on(&asset.name) {
            lacks(&gap);
        }
    }
    names.sort();
    names.dedup();
    let (components, _) = region.components_on(&asset.name);
    let components: Vec<&str> = components.into_iter().map(|(name, _)| name).collect();
    let mut served = region.traffic.served(&Question {
        endpoint: &asset.name,
        variants: &names,
        components: &components,
        asynchronous: asynchronous.value() == Some(&true),
        as_of: context.as_of,
        days: context.tunables.stale_days,
    });
    // Traffic that was seen is certain; silence needs every series that the endpoint could have.
    if served.traffic.value() != Some(&"seen")
        && let Some(missing) = missing
    {
        served.traffic = Fact::unknown(match served.traffic.missing() {
            Some(further) => graph::join_gaps(Some(missing), further),
            None => missing,
        });
    }
    served
}

struct Artifact<'e> {
    reference: Reference<'e>,
    existence: Existence<'e>,
}

impl Artifact<'_> {
    fn newer(&self) -> bool {
        later(self.existence.modified, self.reference.created)
    }

    fn drifted(&self) -> bool {
        let bare = |tag: &str| tag.trim_matches('"').to_owned();
        matches!(
            (&self.reference.etag, &self.existence.etag),
            (Some(recorded), Some(current)) if bare(recorded) != bare(current)
        )
    }
}

struct Artifacts<'e> {
    known: Vec<Artifact<'e>>,
    gap: Option<MissingSet>,
}

/// How artifacts can be gone, most dangerous first.
const GONE: [&str; 6] = [
    "bucket_missing",
    "model_deleted",
    "model_package_missing",
    "object_missing",
    "prefix_empty",
    "delete_marker",
];

impl<'e> Artifacts<'e> {
    fn new(
        context: &Context<'e>,
        region: &Region<'e>,
        place: &Place,
        name: &str,
        endpoint: &graph::Endpoint<'e>,
    ) -> Self {
        let References { known, gap } =
            artifact::references(context.estate, region, place, name, endpoint);
        Artifacts {
            known: known
                .into_iter()
                .map(|reference| Artifact {
                    existence: artifact::existence(
                        context.estate,
                        &context.buckets,
                        place,
                        &reference,
                    ),
                    reference,
                })
                .collect(),
            gap,
        }
    }

    fn states(&self) -> impl Iterator<Item = &Fact<'e, &'static str>> {
        self.known.iter().map(|artifact| &artifact.existence.state)
    }

    /// What is missing to know all artifacts and their states.
    fn unknown(&self) -> Option<MissingSet> {
        self.states()
            .filter_map(Fact::missing)
            .fold(self.gap.clone(), |all, missing| {
                Some(graph::join_gaps(all, missing))
            })
    }

    fn origins(&self) -> Origins<'e> {
        self.states()
            .map(|state| state.origins.clone())
            .fold(Origins::None, Origins::and)
    }

    fn source(&self) -> Fact<'e, &'static str> {
        let is = |word: &str| self.states().find(|state| state.value() == Some(&word));
        let elsewhere = ["image", "marketplace", "aws_hub"];
        if let Some(state) = self
            .states()
            .find(|state| state.value().is_some_and(|word| !elsewhere.contains(word)))
        {
            return Fact::known("s3", state.origins.clone());
        }
        if let Some(missing) = self.unknown() {
            return Fact::unknown(missing);
        }
        ["marketplace", "aws_hub", "image"]
            .into_iter()
            .find_map(|word| is(word).map(|state| Fact::known(word, state.origins.clone())))
            .unwrap_or_else(|| Fact::given("none"))
    }

    fn worst(&self) -> Fact<'e, &'static str> {
        let gone = GONE.into_iter().find_map(|word| {
            self.states()
                .find(|state| state.value() == Some(&word))
                .map(|state| Fact::known(word, state.origins.clone()))
        });
        match (gone, self.unknown()) {
            (Some(gone), _) => gone,
            (None, Some(missing)) => Fact::unknown(missing),
            (None, None) => Fact::known(PRESENT, self.origins()),
        }
    }

    fn gone_objects(&self) -> Vec<GoneObject<'e>> {
        let objects = self.known.iter().filter_map(|artifact| {
            let existence = &artifact.existence;
            let state = existence.state.value()?;
            Some(GoneObject {
                bucket: existence.bucket.clone().filter(|_| GONE.contains(state))?,
                key: existence.key.clone()?,
                marker: existence.marker.clone(),
                bucket_missing: *state == "bucket_missing",
            })
        });
        objects.collect()
    }

    /// What is gone, worst first.
    fn gone(&self) -> Vec<String> {
        GONE.into_iter()
            .flat_map(|word| {
                self.known
                    .iter()
                    .filter(move |artifact| artifact.existence.state.value() == Some(&word))
                    .map(|artifact| {
                        let (uri, by) = (&artifact.reference.uri, &artifact.reference.by);
                        if uri.is_empty() {
                            format!("`{by}`")
                        } else {
                            format!("`{uri}` of `{by}`")
                        }
                    })
            })
            .collect()
    }

    fn any(&self, is: impl Fn(&Artifact<'e>) -> bool) -> Fact<'e, bool> {
        let found = self.known.iter().find(|artifact| is(artifact));
        match (found, self.unknown()) {
            (Some(found), _) => Fact::known(true, found.existence.state.origins.clone()),
            (None, Some(missing)) => Fact::unknown(missing),
            (None, None) => Fact::known(false, self.origins()),
        }
    }

    fn of_buckets(&self, is: impl Fn(&str) -> Fact<'e, bool>) -> Fact<'e, bool> {
        let mut buckets: Vec<&str> = self
            .known
            .iter()
            .filter_map(|artifact| artifact.existence.bucket.as_deref())
            .collect();
        buckets.sort_unstable();
        buckets.dedup();
        Fact::any(
            buckets
                .into_iter()
                .map(is)
                .chain(self.gap.clone().map(Fact::unknown)),
        )
    }
}

fn unversioned<'e>(estate: &'e Estate, account: &str, bucket: &str) -> Fact<'e, bool> {
    match estate.reply(
        Operation::GetBucketVersioning,
        account,
        GLOBAL_REGION,
        bucket,
    ) {
        Reply::Answer(answer) => answer
            .root()
            .optional_text("/Status")
            .map(|status| status.as_deref() != Some("Enabled")),
        Reply::NotFound(observation) | Reply::Absent(observation) => {
            Fact::known(true, Origin::Outcome { observation })
        }
        Reply::Missing(missing) => Fact::unknown(missing),
    }
}

fn unlocked<'e>(estate: &'e Estate, account: &str, bucket: &str) -> Fact<'e, bool> {
    match estate.reply(
        Operation::GetObjectLockConfiguration,
        account,
        GLOBAL_REGION,
        bucket,
    ) {
        Reply::Answer(answer) => answer
            .root()
            .present("/ObjectLockConfiguration")
            .map(|present| !present),
        Reply::NotFound(observation) | Reply::Absent(observation) => {
            Fact::known(true, Origin::Outcome { observation })
        }
        Reply::Missing(missing) => Fact::unknown(missing),
    }
}
