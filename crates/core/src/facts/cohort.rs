//! Training jobs that are alike, told apart by one fast pass over a snapshot line.
//!
//! Enters: the text of one line that describes one job. Leaves: a [`JobShape`]: what can
//! influence any verdict, note or shown reason of the job, and the job's identity beside it. Jobs
//! with equal keys have equal facts but for [`IDENTITY`], so one of them stands for all: histories
//! of hundreds of thousands of jobs are some thousand shapes. A line that does not have the
//! expected types has no shape, and is judged on its own.
//! Deliberately absent: facts. They come from the whole body, of one job a cohort.
//!
//! A key is compared in full, not by its hash: whoever may launch jobs could otherwise make one
//! that hides behind another's verdict.

mod cohorts;
mod key;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use sha2::{Digest as _, Sha256};

pub use self::cohorts::Cohorts;
use self::key::Encoder;
use crate::arn::Arn;
use crate::facts::training_job::arn_of;
use crate::json::skim::{self, Raw, SkimError};
use crate::time::Time;
use crate::tunables::Tunables;

/// The facts in which jobs of one cohort may differ. A control that reads one of them must be
/// evaluated for each job.
pub const IDENTITY: [&str; 3] = ["arn", "name", "creation_time"];

/// A string of the line, borrowed unless it holds escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Str<'a>(pub Cow<'a, str>);

impl Str<'_> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A time as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Written<'a> {
    /// ISO 8601.
    Text(Str<'a>),
    /// Seconds since the epoch.
    Seconds(f64),
}

impl Written<'_> {
    /// The instant, if it is one.
    #[must_use]
    pub fn time(&self) -> Option<Time> {
        match self {
            Written::Text(text) => Time::parse(text.as_str()),
            Written::Seconds(seconds) => Time::from_node(&crate::json::Node::Float(*seconds)),
        }
    }
}

/// What is read of one line.
#[derive(Clone, Debug)]
pub struct JobShape<'a> {
    operation: Str<'a>,
    account: Str<'a>,
    region: Str<'a>,
    job: Box<Job<'a>>,
}

/// Why a line has no shape.
#[derive(Debug, thiserror::Error)]
pub enum ShapeError {
    /// It is not JSON, or a member has another type than AWS gives it.
    #[error("no job shape: {0}")]
    Json(#[from] SkimError),
    /// It is JSON, but not the plain record of one training job.
    #[error("no job shape: {0}")]
    Other(&'static str),
}

impl<'a> JobShape<'a> {
    /// Reads one line.
    ///
    /// # Errors
    /// When the line must be judged on its own: a page, an answer other than `ok`, values that are
    /// known only after apply, or a member of an unexpected type.
    pub fn parse(line: &'a str) -> Result<Self, ShapeError> {
        let line: Line<'a> = skim::from_str(line)?;
        if line.outcome.as_str() != "ok" {
            return Err(ShapeError::Other("the call was not answered"));
        }
        if line.unresolved.is_some_and(|markers| !markers.is_empty()) {
            return Err(ShapeError::Other("some values are known only after apply"));
        }
        if line.located.is_some_and(|places| !places.is_empty()) {
            return Err(ShapeError::Other("it stands at a place of its own in code"));
        }
        let operation = line.operation;
        let name = operation.as_str().strip_prefix("sagemaker:");
        let known = ["DescribeTrainingJob", "Search", "ListTrainingJobs"];
        if !name.is_some_and(|name| known.contains(&name)) {
            return Err(ShapeError::Other("it is another call"));
        }
        let Some(mut body) = line.body else {
            return Err(ShapeError::Other("it has no body"));
        };
        let is_page = body.page.is_some() || body.results.is_some();
        let job = match body.record.take() {
            Some(record) if name == Some("Search") => record,
            Some(_) => return Err(ShapeError::Other("it is not the record of one job")),
            None => body,
        };
        if is_page || job.name.is_none() || job.record.is_some() {
            return Err(ShapeError::Other("it is not the record of one job"));
        }
        Ok(JobShape {
            operation,
            account: line.account,
            region: line.region,
            job,
        })
    }

    /// The job's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.job.name.as_ref().map_or("", Str::as_str)
    }

    /// The job's ARN, as received or as AWS would write it.
    #[must_use]
    pub fn arn(&self) -> Cow<'_, str> {
        match &self.job.arn {
            Some(arn) => Cow::Borrowed(arn.as_str()),
            None => {
                let (account, region) = (self.account.as_str(), self.region.as_str());
                Cow::Owned(arn_of(account, region, self.name()))
            }
        }
    }

    /// The role it runs as; none in a summary.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.job.role.as_ref().map(Str::as_str)
    }

    /// When the job was created, as written.
    #[must_use]
    pub fn created(&self) -> Option<&Written<'a>> {
        self.job.created.as_ref()
    }

    /// The tuning, AutoML or labeling job that launched it, in that order.
    #[must_use]
    pub fn launched_by(&self) -> Option<&str> {
        let job = &self.job;
        let parents = [&job.tuning_job, &job.auto_ml_job, &job.labeling_job];
        parents
            .into_iter()
            .flatten()
            .map(Str::as_str)
            .find(|arn| !arn.is_empty())
    }

    /// Writes the key into `out`, which is cleared first. Two jobs with equal keys have equal facts
    /// but for their [`IDENTITY`].
    ///
    /// # Errors
    /// When a member has another type than AWS gives it, so that the line must be judged on its own.
    pub fn key_into(&self, out: &mut Vec<u8>) -> Result<(), ShapeError> {
        let detail = self.detail()?;
        out.clear();
        let mut key = Encoder(out);
        self.run(&mut key);
        detail.settings(&mut key);
        key.list(&detail.channels, |key, channel| channel.encode(key));
        Ok(())
    }

    /// Writes a key into `out`, which is cleared first, that is told without reading the members
    /// that launchers repeat: it has their text. Two jobs with equal keys of this kind have equal
    /// keys; most runs of one job do.
    pub fn text_key_into(&self, out: &mut Vec<u8>) {
        out.clear();
        let mut key = Encoder(out);
        self.run(&mut key);
        let job = &self.job;
        for member in [job.algorithm, job.channels, job.vpc, job.resources] {
            key.flag(member.is_some());
            if let Some(Raw(text)) = member {
                key.text(text);
            }
        }
    }

    /// The job family, as hexadecimal text that does not change from run to run: jobs launched by
    /// one parent, or else with the same role, code, data, network, keys and kinds of instance.
    ///
    /// # Errors
    /// As [`JobShape::key_into`].
    pub fn family(&self) -> Result<String, ShapeError> {
        let detail = self.detail()?;
        let mut bytes = Vec::with_capacity(512);
        let mut key = Encoder(&mut bytes);
        self.place(&mut key);
        self.settings(&mut key);
        detail.settings(&mut key);
        let mut sources: Vec<Vec<u8>> = Vec::new();
        for channel in &detail.channels {
            let mut source = Vec::new();
            channel.source(&mut Encoder(&mut source));
            sources.push(source);
        }
        // Families do not depend on the order in which channels are listed.
        sources.sort_unstable();
        key.list(&sources, |key, source| key.raw(source));
        let digest = Sha256::digest(&bytes);
        let hex = digest.iter().take(8).fold(String::new(), |mut hex, byte| {
            use std::fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Ok(hex)
    }

    fn detail(&self) -> Result<Detail<'a>, ShapeError> {
        fn read<'a, T: Deserialize<'a>>(member: Option<Raw<'a>>) -> Result<Option<T>, SkimError> {
            member.map(|Raw(text)| skim::from_str(text)).transpose()
        }
        let job = &self.job;
        Ok(Detail {
            algorithm: read(job.algorithm)?,
            channels: read(job.channels)?.unwrap_or_default(),
            vpc: read(job.vpc)?,
            resources: read(job.resources)?,
        })
    }

    /// What is told of the run without its details.
    fn run(&self, key: &mut Encoder<'_>) {
        key.text(self.operation.as_str());
        self.place(key);
        let job = &self.job;
        key.optional(job.status.as_ref());
        key.optional(job.warm_pool.as_ref().and_then(|pool| pool.status.as_ref()));
        key.flag(job.started.is_some());
        key.flag(job.serverless.is_some());
        let debug = job.remote_debug.as_ref();
        key.optional_flag(debug.and_then(|debug| debug.enabled));
        self.settings(key);
        // Keys of outputs hold the job's name; what counts is what holds them.
        let outputs = [
            job.output.as_ref().and_then(|output| output.path.as_ref()),
            job.checkpoint
                .as_ref()
                .and_then(|output| output.uri.as_ref()),
            job.tensor_board
                .as_ref()
                .and_then(|output| output.path.as_ref()),
            job.debug_hook
                .as_ref()
                .and_then(|output| output.path.as_ref()),
            job.profiler
                .as_ref()
                .and_then(|output| output.path.as_ref()),
            job.hyper_parameters
                .as_ref()
                .and_then(|known| known.submit_directory.as_ref()),
        ];
        key.list(&outputs, |key, uri| key.holder(*uri));
        let rules = job.debug_rules.as_deref().unwrap_or_default();
        key.list(rules, |key, rule| key.holder(rule.path.as_ref()));
        let hints = job.environment.as_ref().map_or(&[][..], |names| &names.0);
        key.list(hints, |key, name| key.text(name.as_str()));
    }

    /// Partition, Region and account.
    fn place(&self, key: &mut Encoder<'_>) {
        let arn = self
            .job
            .arn
            .as_ref()
            .and_then(|arn| Arn::parse(arn.as_str()));
        key.flag(arn.is_some());
        match arn {
            Some(arn) => [arn.partition, arn.region, arn.account]
                .iter()
                .for_each(|part| key.text(part)),
            None => {
                // An ARN that cannot be read is evidence of itself.
                key.optional(self.job.arn.as_ref());
                key.text(self.region.as_str());
                key.text(self.account.as_str());
            }
        }
        // Where the call was answered decides whose listings are consulted.
        key.text(self.region.as_str());
        key.text(self.account.as_str());
    }

    /// What launchers repeat from run to run, without its details.
    fn settings(&self, key: &mut Encoder<'_>) {
        let job = &self.job;
        key.optional(job.role.as_ref());
        key.optional_flag(job.isolation);
        key.optional_flag(job.traffic_encryption);
        key.optional_flag(job.managed_spot);
        key.optional(job.tuning_job.as_ref());
        key.optional(job.auto_ml_job.as_ref());
        key.optional(job.labeling_job.as_ref());
    }
}

/// What launchers repeat from run to run, member by member.
struct Detail<'a> {
    algorithm: Option<Algorithm<'a>>,
    channels: Vec<Channel<'a>>,
    vpc: Option<Vpc<'a>>,
    resources: Option<Resources<'a>>,
}

impl Detail<'_> {
    /// All of it but the channels.
    fn settings(&self, key: &mut Encoder<'_>) {
        let algorithm = self.algorithm.as_ref();
        key.optional(algorithm.and_then(|known| known.image.as_ref()));
        key.optional(algorithm.and_then(|known| known.name.as_ref()));
        let vpc = self.vpc.as_ref();
        key.texts(vpc.and_then(|vpc| vpc.subnets.as_deref()));
        key.texts(vpc.and_then(|vpc| vpc.security_groups.as_deref()));
        let resources = self.resources.as_ref();
        key.flag(resources.is_some());
        key.optional(resources.and_then(|known| known.instance_type.as_ref()));
        key.optional_number(resources.and_then(|known| known.instance_count));
        key.optional(resources.and_then(|known| known.volume_key.as_ref()));
        let groups = resources.and_then(|known| known.groups.as_deref());
        key.flag(groups.is_some());
        key.list(groups.unwrap_or_default(), |key, group| {
            key.optional(group.instance_type.as_ref());
            key.optional_number(group.instance_count);
        });
    }
}

/// What tells whether a job is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// It is evaluated, for this reason.
    In(InWindow),
    /// It is history: counted, not evaluated.
    Out,
    /// It is older than the window, and whether a live endpoint serves its model is not known.
    Unknown,
}

/// Why a job is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InWindow {
    /// It runs, or is stopping.
    Running,
    /// Its instances are kept warm.
    WarmPool,
    /// It was created inside the window.
    Recent,
    /// It was created at an unknown time.
    Undated,
    /// A live endpoint serves the model that it made.
    LiveModel,
}

/// The artifacts that live endpoints serve.
#[derive(Clone, Copy, Debug)]
pub struct LiveArtifacts<'l> {
    /// Their URIs.
    pub uris: &'l HashSet<String>,
    /// Whether these are all: false while some endpoint's models are not known.
    pub whole: bool,
}

/// Whether a job that was created at `created` is evaluated. `live` is asked only where it decides.
#[must_use]
pub fn window<'l>(
    job: &JobShape<'_>,
    created: Option<Time>,
    as_of: Time,
    tunables: &Tunables,
    live: impl FnOnce() -> LiveArtifacts<'l>,
) -> Window {
    let status = job.job.status.as_ref().map(Str::as_str);
    if matches!(status, None | Some("InProgress" | "Stopping")) {
        return Window::In(InWindow::Running);
    }
    let pool = job
        .job
        .warm_pool
        .as_ref()
        .and_then(|pool| pool.status.as_ref());
    if pool.is_some_and(|status| ["Available", "InUse"].contains(&status.as_str())) {
        return Window::In(InWindow::WarmPool);
    }
    let oldest = as_of.minus_days(tunables.training_window_days);
    match created {
        None => return Window::In(InWindow::Undated),
        Some(created) if created >= oldest => return Window::In(InWindow::Recent),
        Some(_) => {}
    }
    let live = live();
    let artifact = job
        .job
        .artifacts
        .as_ref()
        .and_then(|made| made.uri.as_ref());
    match artifact {
        Some(uri) if live.uris.contains(uri.as_str()) => Window::In(InWindow::LiveModel),
        // A summary does not say where its model went.
        None if !live.uris.is_empty() => Window::Unknown,
        _ if live.whole => Window::Out,
        _ => Window::Unknown,
    }
}

impl Channel<'_> {
    fn encode(&self, key: &mut Encoder<'_>) {
        key.optional(self.name.as_ref());
        self.source(key);
    }

    /// Where the data comes from.
    fn source(&self, key: &mut Encoder<'_>) {
        key.flag(self.source.is_some());
        let Some(source) = &self.source else { return };
        key.flag(source.s3.is_some());
        if let Some(s3) = &source.s3 {
            key.optional(s3.uri.as_ref());
            key.optional(s3.data_type.as_ref());
        }
        key.flag(source.file_system.is_some());
        if let Some(file_system) = &source.file_system {
            key.optional(file_system.id.as_ref());
            key.optional(file_system.kind.as_ref());
        }
        key.flag(source.dataset.is_some());
        if let Some(dataset) = &source.dataset {
            key.optional(dataset.arn.as_ref());
        }
    }
}

macro_rules! members {
    ($(
        $(#[$about:meta])*
        struct $name:ident<$a:lifetime> { $( $member:literal => $field:ident : $type:ty, )* }
    )*) => { $(
        $(#[$about])*
        #[derive(Clone, Debug, serde::Deserialize)]
        struct $name<$a> {
            $( #[serde(rename = $member, borrow, default)] $field: Option<$type>, )*
        }
    )* };
}

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    operation: Str<'a>,
    #[serde(borrow)]
    account: Str<'a>,
    #[serde(borrow)]
    region: Str<'a>,
    #[serde(borrow)]
    outcome: Str<'a>,
    #[serde(default)]
    unresolved: Option<Vec<IgnoredAny>>,
    #[serde(default)]
    located: Option<Vec<IgnoredAny>>,
    #[serde(borrow, default)]
    body: Option<Box<Job<'a>>>,
}

#[derive(Clone, Debug, serde::Deserialize)]
struct Job<'a> {
    #[serde(rename = "TrainingJobName", borrow, default)]
    name: Option<Str<'a>>,
    #[serde(rename = "TrainingJobArn", borrow, default)]
    arn: Option<Str<'a>>,
    #[serde(rename = "CreationTime", borrow, default)]
    created: Option<Written<'a>>,
    #[serde(rename = "TrainingStartTime", default)]
    started: Option<IgnoredAny>,
    #[serde(rename = "TrainingJobStatus", borrow, default)]
    status: Option<Str<'a>>,
    #[serde(rename = "WarmPoolStatus", borrow, default)]
    warm_pool: Option<WarmPool<'a>>,
    #[serde(rename = "ModelArtifacts", borrow, default)]
    artifacts: Option<Artifacts<'a>>,
    #[serde(rename = "RoleArn", borrow, default)]
    role: Option<Str<'a>>,
    #[serde(rename = "AlgorithmSpecification", borrow, default)]
    algorithm: Option<Raw<'a>>,
    #[serde(rename = "InputDataConfig", borrow, default)]
    channels: Option<Raw<'a>>,
    #[serde(rename = "VpcConfig", borrow, default)]
    vpc: Option<Raw<'a>>,
    #[serde(rename = "EnableNetworkIsolation", default)]
    isolation: Option<bool>,
    #[serde(rename = "EnableInterContainerTrafficEncryption", default)]
    traffic_encryption: Option<bool>,
    #[serde(rename = "EnableManagedSpotTraining", default)]
    managed_spot: Option<bool>,
    #[serde(rename = "ResourceConfig", borrow, default)]
    resources: Option<Raw<'a>>,
    #[serde(rename = "ServerlessJobConfig", default)]
    serverless: Option<IgnoredAny>,
    #[serde(rename = "RemoteDebugConfig", default)]
    remote_debug: Option<RemoteDebug>,
    #[serde(rename = "OutputDataConfig", borrow, default)]
    output: Option<Output<'a>>,
    #[serde(rename = "CheckpointConfig", borrow, default)]
    checkpoint: Option<Checkpoint<'a>>,
    #[serde(rename = "TensorBoardOutputConfig", borrow, default)]
    tensor_board: Option<Output<'a>>,
    #[serde(rename = "DebugHookConfig", borrow, default)]
    debug_hook: Option<Output<'a>>,
    #[serde(rename = "ProfilerConfig", borrow, default)]
    profiler: Option<Output<'a>>,
    #[serde(rename = "DebugRuleConfigurations", borrow, default)]
    debug_rules: Option<Vec<Output<'a>>>,
    #[serde(rename = "HyperParameters", borrow, default)]
    hyper_parameters: Option<HyperParameters<'a>>,
    #[serde(rename = "Environment", borrow, default)]
    environment: Option<OnlineNames<'a>>,
    #[serde(rename = "TuningJobArn", borrow, default)]
    tuning_job: Option<Str<'a>>,
    #[serde(rename = "AutoMLJobArn", borrow, default)]
    auto_ml_job: Option<Str<'a>>,
    #[serde(rename = "LabelingJobArn", borrow, default)]
    labeling_job: Option<Str<'a>>,
    /// A search record that is wrapped as in the answer.
    #[serde(rename = "TrainingJob", borrow, default)]
    record: Option<Box<Job<'a>>>,
    /// A page of summaries, which is no single job.
    #[serde(rename = "TrainingJobSummaries", default)]
    page: Option<IgnoredAny>,
    /// A page of search results.
    #[serde(rename = "Results", default)]
    results: Option<IgnoredAny>,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
struct RemoteDebug {
    #[serde(rename = "EnableRemoteDebug", default)]
    enabled: Option<bool>,
}

members! {
    struct WarmPool<'a> { "Status" => status: Str<'a>, }
    struct Artifacts<'a> { "S3ModelArtifacts" => uri: Str<'a>, }
    struct Algorithm<'a> { "TrainingImage" => image: Str<'a>, "AlgorithmName" => name: Str<'a>, }
    struct Vpc<'a> { "Subnets" => subnets: Vec<Str<'a>>, "SecurityGroupIds" => security_groups: Vec<Str<'a>>, }
    struct Channel<'a> { "ChannelName" => name: Str<'a>, "DataSource" => source: Source<'a>, }
    struct Source<'a> {
        "S3DataSource" => s3: S3Source<'a>,
        "FileSystemDataSource" => file_system: FileSystem<'a>,
        "DatasetSource" => dataset: Dataset<'a>,
    }
    struct S3Source<'a> { "S3Uri" => uri: Str<'a>, "S3DataType" => data_type: Str<'a>, }
    struct FileSystem<'a> { "FileSystemId" => id: Str<'a>, "FileSystemType" => kind: Str<'a>, }
    struct Dataset<'a> { "DatasetArn" => arn: Str<'a>, }
    struct Output<'a> { "S3OutputPath" => path: Str<'a>, }
    struct Checkpoint<'a> { "S3Uri" => uri: Str<'a>, }
    struct HyperParameters<'a> { "sagemaker_submit_directory" => submit_directory: Str<'a>, }
}

#[derive(Clone, Debug, serde::Deserialize)]
struct Resources<'a> {
    #[serde(rename = "InstanceType", borrow, default)]
    instance_type: Option<Str<'a>>,
    #[serde(rename = "InstanceCount", default)]
    instance_count: Option<i64>,
    #[serde(rename = "VolumeKmsKeyId", borrow, default)]
    volume_key: Option<Str<'a>>,
    #[serde(rename = "InstanceGroups", borrow, default)]
    groups: Option<Vec<Group<'a>>>,
}

#[derive(Clone, Debug, serde::Deserialize)]
struct Group<'a> {
    #[serde(rename = "InstanceType", borrow, default)]
    instance_type: Option<Str<'a>>,
    #[serde(rename = "InstanceCount", default)]
    instance_count: Option<i64>,
}

/// The names of environment variables that configure online services, sorted; no values.
#[derive(Clone, Debug)]
struct OnlineNames<'a>(Vec<Str<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for OnlineNames<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = OnlineNames<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("environment variables")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = map.next_key::<Str<'de>>()? {
                    map.next_value::<IgnoredAny>()?;
                    if super::training_job::is_online(name.as_str()) {
                        names.push(name);
                    }
                }
                names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
                names.dedup();
                Ok(OnlineNames(names))
            }
        }
        deserializer.deserialize_map(Names)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Written<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Instant;
        impl<'de> Visitor<'de> for Instant {
            type Value = Written<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Written::Text(Str(Cow::Borrowed(text))))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Written::Text(Str(Cow::Owned(text.to_owned()))))
            }
            fn visit_f64<E>(self, seconds: f64) -> Result<Self::Value, E> {
                Ok(Written::Seconds(seconds))
            }
            #[allow(
                clippy::cast_precision_loss,
                reason = "seconds since the epoch are small"
            )]
            fn visit_u64<E>(self, seconds: u64) -> Result<Self::Value, E> {
                Ok(Written::Seconds(seconds as f64))
            }
            #[allow(
                clippy::cast_precision_loss,
                reason = "seconds since the epoch are small"
            )]
            fn visit_i64<E>(self, seconds: i64) -> Result<Self::Value, E> {
                Ok(Written::Seconds(seconds as f64))
            }
        }
        deserializer.deserialize_any(Instant)
    }
}

#[cfg(test)]
mod tests;
