//! Training jobs.
//!
//! Enters: one record of a job, whichever call gave it: `DescribeTrainingJob`, a record of
//! `Search`, or a summary of `ListTrainingJobs`, which leaves all but the status unknown. Leaves:
//! the job's facts, joined with its role, its buckets and its file systems. Deliberately absent:
//! what tells one run of a job from the next (output keys, times, metrics): runs of one
//! [cohort](crate::facts::cohort) have the same facts, so that they can be judged together.
//!
//! Sources: SageMaker API, `DescribeTrainingJob`, `TrainingJob` (the record of `Search`),
//! `TrainingJobSummary`.

mod channel;
mod location;
mod storage;

use std::borrow::Cow;
use std::sync::Arc;

use crate::arn::{Arn, partition_of};
use crate::asset::{Asset, AssetKind};
use crate::estate::{Reply, reply_of};
use crate::facts::answer::{Answer, Part};
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Text};
use crate::facts::role::Role;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;
use crate::time::Time;

pub use channel::Channel;
pub use location::Location;

crate::facts! {
    /// A training job.
    pub struct TrainingJob<'e> {
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
        /// `TrainingJobStatus`: `InProgress` | `Completed` | `Failed` | `Stopping` | `Stopped` | `Deleting`.
        pub status: Fact<'e, Text<'e>>,
        /// When it was created.
        pub creation_time: Fact<'e, Time>,
        /// Whether it has a `TrainingStartTime`; a job without one has read no data.
        pub started: Fact<'e, bool>,
        /// `WarmPoolStatus.Status`: its instances outlive it while this is `Available` or `InUse`.
        pub warm_pool: Fact<'e, Option<Text<'e>>>,
        /// `EnableNetworkIsolation`.
        pub network_isolation: Fact<'e, bool>,
        /// `EnableInterContainerTrafficEncryption`.
        pub inter_container_encryption: Fact<'e, bool>,
        /// `VpcConfig.Subnets`.
        pub subnets: Fact<'e, Vec<Text<'e>>>,
        /// `VpcConfig.SecurityGroupIds`.
        pub security_groups: Fact<'e, Vec<Text<'e>>>,
        /// Whether it runs without instances of its own (`ServerlessJobConfig`).
        pub serverless: Fact<'e, bool>,
        /// How many instances it runs on: `ResourceConfig.InstanceCount`, or the sum over `InstanceGroups`.
        pub nodes: Fact<'e, i64>,
        /// The instance types, of every group.
        pub instance_types: Fact<'e, Vec<Text<'e>>>,
        /// What holds its data: `nvme` when every type has local NVMe storage, which the service refuses a key for, else `ebs`.
        pub storage: Fact<'e, &'static str>,
        /// The instance types whose storage is not known to Sagewarden; they count as `ebs`.
        pub unclassified_types: Fact<'e, Vec<String>>,
        /// `ResourceConfig.VolumeKmsKeyId`; empty counts as absent.
        pub volume_kms_key: Fact<'e, Option<Text<'e>>>,
        /// The role that it runs as.
        pub role: Fact<'e, Arc<Role<'static>>>,
        /// `AlgorithmSpecification.TrainingImage`.
        pub training_image: Fact<'e, Option<Text<'e>>>,
        /// `AlgorithmSpecification.AlgorithmName`: the name or ARN of an algorithm resource.
        pub algorithm: Fact<'e, Option<Text<'e>>>,
        /// Whether the algorithm is another account's, as those of AWS Marketplace are.
        pub foreign_algorithm: Fact<'e, bool>,
        /// `RemoteDebugConfig.EnableRemoteDebug`: whether a shell can be opened in the running container.
        pub remote_debug: Fact<'e, bool>,
        /// What suggests that its code wants the network: `sagemaker_submit_directory`, and the names of environment variables that configure online services.
        pub outbound_hints: Fact<'e, Vec<String>>,
        /// The tuning job, AutoML job or labeling job that launched it, in that order.
        pub launched_by: Fact<'e, Option<Text<'e>>>,
        /// `InputDataConfig`.
        pub channels: Fact<'e, Vec<Channel<'e>>>,
        /// Where it writes, and where its code lies.
        pub locations: Fact<'e, Vec<Location<'e>>>,
        /// The buckets of its channels and locations, sorted.
        pub buckets: Fact<'e, Vec<String>>,
        /// The buckets, or patterns of them, from which its role may read although the job names them nowhere.
        pub excess_buckets: Fact<'e, Vec<String>>,
    }
}

/// Which call gave the record of a job; they differ in what an absent member means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// `DescribeTrainingJob`: everything.
    Describe,
    /// `Search`: everything but the serverless, remote-debugging and infrastructure-check settings.
    Search,
    /// `ListTrainingJobs`: identity, status and times.
    Summary,
}

/// The record of one job in an answer.
struct Record<'r, 'e> {
    part: Part<'r, 'e>,
    source: Source,
}

/// The records in an answer: one, or those of a page.
fn records<'r, 'e>(answer: &'r Answer<'e>) -> Vec<Record<'r, 'e>> {
    let root = answer.root();
    let (source, parts) = match answer.observation.operation {
        Operation::DescribeTrainingJob => (Source::Describe, vec![root]),
        Operation::ListTrainingJobs if answer.body.member("TrainingJobSummaries").is_some() => {
            (Source::Summary, listed(&root, "/TrainingJobSummaries"))
        }
        Operation::ListTrainingJobs => (Source::Summary, vec![root]),
        Operation::Search if answer.body.member("Results").is_some() => {
            let results = listed(&root, "/Results");
            (Source::Search, results.iter().filter_map(inner).collect())
        }
        Operation::Search => (Source::Search, vec![inner(&root).unwrap_or(root)]),
        _ => return Vec::new(),
    };
    parts
        .into_iter()
        .filter(|part| part.node().member("TrainingJobName").is_some())
        .map(|part| Record { part, source })
        .collect()
}

fn listed<'r, 'e>(root: &Part<'r, 'e>, pointer: &'static str) -> Vec<Part<'r, 'e>> {
    match root.parts(pointer).state {
        crate::facts::State::Known(parts) => parts,
        crate::facts::State::Unknown(_) => Vec::new(),
    }
}

/// The `TrainingJob` of a search result.
fn inner<'r, 'e>(result: &Part<'r, 'e>) -> Option<Part<'r, 'e>> {
    result.object("/TrainingJob").value().cloned().flatten()
}

/// The asset of a call that names its job but gave no record of it.
pub(crate) fn named(observation: &Observation) -> Option<Asset> {
    let name = observation.parameters.get("TrainingJobName")?.as_str()?;
    Some(identity(observation, name, None))
}

/// The asset that a record shows.
fn asset_of(record: &Part<'_, '_>) -> Asset {
    let text = |name| record.node().member(name).and_then(|node| node.text());
    let name = text("TrainingJobName").unwrap_or_default();
    identity(record.observation(), name, text("TrainingJobArn"))
}

/// The ARN of the training job of that name.
#[must_use]
pub fn arn_of(account: &str, region: &str, name: &str) -> String {
    let partition = partition_of(region);
    format!("arn:{partition}:sagemaker:{region}:{account}:training-job/{name}")
}

fn identity(observation: &Observation, name: &str, arn: Option<&str>) -> Asset {
    let parsed = arn.and_then(Arn::parse);
    let account = parsed.map_or(observation.account.as_str(), |arn| arn.account);
    let region = parsed.map_or(observation.region.as_str(), |arn| arn.region);
    let arn = arn.map_or_else(|| arn_of(account, region, name), str::to_owned);
    Asset {
        account: account.to_owned(),
        region: region.to_owned(),
        kind: AssetKind::TrainingJob,
        name: name.to_owned(),
        arn,
    }
}

/// The facts of the jobs in a streamed observation: of the one job of a describe call or of a
/// search record, or of each job of a page. A call that gave no record yields its job with
/// everything unknown, when it names one.
///
/// `refused` says why the describe call gave nothing for a job, when it was made.
#[must_use]
pub fn derive_streamed<'e>(
    context: &Context<'e>,
    observation: &'e Observation,
    refused: &dyn Fn(&Asset) -> Option<MissingSet>,
) -> Vec<TrainingJob<'e>> {
    match reply_of(observation) {
        Reply::Answer(answer) => records(&answer)
            .iter()
            .map(|record| {
                let asset = asset_of(&record.part);
                let gap = refused(&asset).unwrap_or_else(|| not_described(&asset));
                of_record(context, &asset, record, &gap)
            })
            .collect(),
        Reply::Missing(gap) => named(observation)
            .map(|asset| nothing(&asset, &gap))
            .into_iter()
            .collect(),
        Reply::NotFound(_) | Reply::Absent(_) => Vec::new(),
    }
}

/// What is missing when `DescribeTrainingJob` was not asked for a job.
fn not_described(asset: &Asset) -> MissingSet {
    let subject = format!("TrainingJobName={}", asset.name);
    Missing::call(
        Operation::DescribeTrainingJob,
        subject,
        Gap::NotCollected,
        "",
    )
    .into()
}

impl TrainingJob<'_> {
    /// The facts of a job of which nothing but the name is known, for want of `gap`.
    #[must_use]
    pub fn unread(asset: &Asset, gap: &MissingSet) -> Self {
        nothing(asset, gap)
    }

    /// The job's identity.
    #[must_use]
    pub fn asset(&self) -> Asset {
        Asset {
            account: self.account.clone(),
            region: self.region.clone(),
            kind: AssetKind::TrainingJob,
            name: self.name.clone(),
            arn: self.arn.clone(),
        }
    }
}

/// The ARNs in a line that is a page of a listing; `None` for any other line.
pub(crate) fn summaries(line: &str) -> Option<Vec<std::borrow::Cow<'_, str>>> {
    #[derive(serde::Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        body: Page<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(rename = "TrainingJobSummaries", borrow)]
        summaries: Vec<Summary<'a>>,
    }
    #[derive(serde::Deserialize)]
    struct Summary<'a> {
        #[serde(rename = "TrainingJobArn", borrow)]
        arn: std::borrow::Cow<'a, str>,
    }
    let line: Line<'_> = serde_json::from_str(line).ok()?;
    Some(
        line.body
            .summaries
            .into_iter()
            .map(|summary| summary.arn)
            .collect(),
    )
}

/// A job of which nothing but the name is known.
fn nothing<'e>(asset: &Asset, gap: &MissingSet) -> TrainingJob<'e> {
    fn unknown<'e, T>(gap: &MissingSet) -> Fact<'e, T> {
        Fact::unknown(Arc::clone(gap))
    }
    TrainingJob {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: partition(asset),
        status: unknown(gap),
        creation_time: unknown(gap),
        started: unknown(gap),
        warm_pool: unknown(gap),
        network_isolation: unknown(gap),
        inter_container_encryption: unknown(gap),
        subnets: unknown(gap),
        security_groups: unknown(gap),
        serverless: unknown(gap),
        nodes: unknown(gap),
        instance_types: unknown(gap),
        storage: unknown(gap),
        unclassified_types: unknown(gap),
        volume_kms_key: unknown(gap),
        role: unknown(gap),
        training_image: unknown(gap),
        algorithm: unknown(gap),
        foreign_algorithm: unknown(gap),
        remote_debug: unknown(gap),
        outbound_hints: unknown(gap),
        launched_by: unknown(gap),
        channels: unknown(gap),
        locations: unknown(gap),
        buckets: unknown(gap),
        excess_buckets: unknown(gap),
    }
}

fn partition(asset: &Asset) -> String {
    Arn::parse(&asset.arn)
        .map_or_else(|| partition_of(&asset.region), |arn| arn.partition)
        .to_owned()
}

/// The facts that a record supports; `gap` is what a summary lacks.
fn of_record<'e>(
    context: &Context<'e>,
    asset: &Asset,
    record: &Record<'_, 'e>,
    gap: &MissingSet,
) -> TrainingJob<'e> {
    let job = &record.part;
    let from_list = TrainingJob {
        status: job.text("/TrainingJobStatus"),
        creation_time: job.time("/CreationTime"),
        warm_pool: job.optional_text("/WarmPoolStatus/Status"),
        ..nothing(asset, gap)
    };
    if record.source == Source::Summary {
        return from_list;
    }
    let role_arn = job.text("/RoleArn");
    let role = role_arn
        .clone()
        .map(|arn| context.roles.role(&arn, &asset.account));
    let algorithm = job.optional_text("/AlgorithmSpecification/AlgorithmName");
    let channels = channel::of_job(context, asset, job, &role_arn);
    let locations = location::of_job(context, asset, job);
    let buckets = location::buckets(&channels, &locations);
    let instance_types = storage::instance_types(job);
    TrainingJob {
        started: job.present("/TrainingStartTime"),
        network_isolation: job.flag_or("/EnableNetworkIsolation", false),
        inter_container_encryption: job.flag_or("/EnableInterContainerTrafficEncryption", false),
        subnets: job.texts("/VpcConfig/Subnets"),
        security_groups: job.texts("/VpcConfig/SecurityGroupIds"),
        serverless: serverless(record, gap),
        nodes: storage::nodes(job),
        storage: instance_types.clone().map(|types| storage::kind(&types)),
        unclassified_types: instance_types
            .clone()
            .map(|types| storage::unclassified(&types)),
        instance_types,
        volume_kms_key: volume_kms_key(job),
        training_image: job.optional_text("/AlgorithmSpecification/TrainingImage"),
        foreign_algorithm: algorithm
            .clone()
            .map(|name| is_foreign(name.as_deref(), asset)),
        algorithm,
        remote_debug: match record.source {
            Source::Describe => job.flag_or("/RemoteDebugConfig/EnableRemoteDebug", false),
            _ => Fact::unknown(Arc::clone(gap)),
        },
        outbound_hints: outbound_hints(job),
        launched_by: launched_by(job),
        excess_buckets: location::excess(&role, &buckets),
        role,
        channels,
        locations,
        buckets,
        ..from_list
    }
}

/// A record of `Search` does not carry `ServerlessJobConfig`: only instances show that it is not one.
fn serverless<'e>(record: &Record<'_, 'e>, gap: &MissingSet) -> Fact<'e, bool> {
    let job = &record.part;
    if record.source == Source::Describe {
        return job.present("/ServerlessJobConfig");
    }
    let has_instances = ["InstanceType", "InstanceCount", "InstanceGroups"]
        .iter()
        .any(|name| {
            let resources = job.node().member("ResourceConfig");
            resources.and_then(|node| node.member(name)).is_some()
        });
    if has_instances {
        Fact::known(false, job.origin("/ResourceConfig"))
    } else {
        Fact::unknown(Arc::clone(gap))
    }
}

/// The key of the volume. Without `ResourceConfig` there is no telling.
fn volume_kms_key<'e>(job: &Part<'_, 'e>) -> Fact<'e, Option<Text<'e>>> {
    match job.object("/ResourceConfig").value() {
        Some(None) => Fact::unknown(job.malformed("/ResourceConfig")),
        _ => job.optional_text("/ResourceConfig/VolumeKmsKeyId"),
    }
}

fn is_foreign(algorithm: Option<&str>, asset: &Asset) -> bool {
    algorithm
        .and_then(Arn::parse)
        .is_some_and(|arn| arn.account != asset.account)
}

/// Prefixes of environment variables by which libraries are pointed at online services.
const ONLINE: [&str; 6] = [
    "WANDB_",
    "HF_",
    "HUGGING_FACE_",
    "COMET_",
    "NEPTUNE_",
    "MLFLOW_",
];

/// Whether an environment variable configures an online service.
pub(super) fn is_online(name: &str) -> bool {
    ONLINE.iter().any(|prefix| name.starts_with(prefix))
}

fn outbound_hints<'e>(job: &Part<'_, 'e>) -> Fact<'e, Vec<String>> {
    let code = job.optional_text(location::SUBMIT_DIRECTORY);
    let names = job.object("/Environment").map(|environment| {
        let members = environment
            .as_ref()
            .map_or(&[][..], |part| part.node().members());
        let mut names: Vec<String> = members
            .iter()
            .filter(|(name, _)| is_online(name))
            .map(|(name, _)| name.to_string())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    code.zip(names).map(|(code, mut names)| {
        if code.is_some() {
            names.insert(0, "sagemaker_submit_directory".to_owned());
        }
        names
    })
}

fn launched_by<'e>(job: &Part<'_, 'e>) -> Fact<'e, Option<Text<'e>>> {
    let tuning = job.optional_text("/TuningJobArn");
    let auto_ml = job.optional_text("/AutoMLJobArn");
    let labeling = job.optional_text("/LabelingJobArn");
    tuning
        .zip(auto_ml)
        .zip(labeling)
        .map(|((tuning, auto_ml), labeling)| tuning.or(auto_ml).or(labeling))
}

/// A hyperparameter as the SageMaker SDK writes it: JSON text inside the string.
pub(crate) fn unquoted(text: Text<'_>) -> Text<'_> {
    let inner = match text
        .trim()
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inner) => inner.to_owned(),
        None => return text,
    };
    Cow::Owned(inner)
}
