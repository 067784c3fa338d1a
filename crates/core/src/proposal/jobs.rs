//! What training jobs declare.
//!
//! Enters: the lines of a snapshot's training-job parts. Leaves: the needs of the roles that are
//! asked about, from every job inside the window, and the roles that each account's jobs run as.
//! Deliberately absent: facts and verdicts; this reads keys and prefixes that those leave out.

use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

use super::Gathering;
use super::needs::{At, Grant, Needs, Tail, text};
use crate::arn::Arn;
use crate::asset::{Asset, AssetKind};
use crate::estate::{Reply, reply_of};
use crate::facts::cohort::{JobShape, LiveArtifacts, Window, window};
use crate::facts::training_job::{named, summaries, unquoted};
use crate::facts::{Context, Part};
use crate::jobs::{JobError, JobSource};
use crate::missing::{Gap, Missing};
use crate::operations::Operation;
use crate::snapshot::Observation;

impl Gathering {
    /// Takes in every training job of `source` that lies inside the window.
    ///
    /// # Errors
    /// When a part cannot be read.
    pub fn jobs(&mut self, context: &Context<'_>, source: &dyn JobSource) -> Result<(), JobError> {
        let parts = source.parts();
        let lists = |operation: &Operation| *operation == Operation::ListTrainingJobs;
        let mut described = HashSet::new();
        let mut listed = HashSet::new();
        let remember = parts.iter().any(lists);
        for (part, operation) in parts.iter().enumerate() {
            source.read(part, &mut |_, line| {
                if lists(operation) {
                    for arn in summaries(line).into_iter().flatten() {
                        listed.insert(arn.into_owned());
                    }
                } else if let Ok(shape) = JobShape::parse(line) {
                    if remember {
                        described.insert(shape.arn().into_owned());
                    }
                    self.job(context, &shape, line);
                } else if let Ok(observation) = serde_json::from_str::<Observation>(line)
                    && let Some(asset) = named(&observation)
                {
                    described.insert(asset.arn);
                    self.unread(&asset.account, observation.gap());
                }
                ControlFlow::Continue(())
            })?;
        }
        let mut unread: BTreeMap<&str, u64> = BTreeMap::new();
        for arn in listed.difference(&described) {
            let account = Arn::parse(arn).map_or("", |parsed| parsed.account);
            *unread.entry(account).or_default() += 1;
        }
        for (account, count) in unread {
            let subject = format!("{count} of the listed jobs");
            let gap = Missing::call(
                Operation::DescribeTrainingJob,
                subject,
                Gap::NotCollected,
                "",
            );
            self.unread(account, Some(gap));
        }
        Ok(())
    }

    /// A job whose description was not read may run as any role of its account.
    fn unread(&mut self, account: &str, gap: Option<Missing>) {
        self.unread_jobs
            .entry(account.to_owned())
            .or_default()
            .extend(gap);
    }

    /// Takes in one job, if it lies inside the window.
    pub(super) fn job(&mut self, context: &Context<'_>, shape: &JobShape<'_>, line: &str) {
        let Some(role) = shape.role() else { return };
        let arn = shape.arn();
        let (account, region) =
            Arn::parse(&arn).map_or(("", ""), |parsed| (parsed.account, parsed.region));
        let created = shape.created().and_then(|written| written.time());
        let inside = window(shape, created, context.as_of, context.tunables, || {
            LiveArtifacts {
                uris: context.graph.live_artifacts(),
                whole: context.graph.knows_live_artifacts(account, region),
            }
        });
        if inside == Window::Out {
            return;
        }
        let launched = self.launched.entry(account.to_owned()).or_default();
        *launched.entry(role.to_owned()).or_default() += 1;
        let Some(needs) = self.needs(role) else {
            return;
        };
        let asset = Asset {
            account: account.to_owned(),
            region: region.to_owned(),
            kind: AssetKind::TrainingJob,
            name: shape.name().to_owned(),
            arn: arn.clone().into_owned(),
        };
        let Ok(observation) = serde_json::from_str::<Observation>(line) else {
            return;
        };
        let Reply::Answer(answer) = reply_of(&observation) else {
            return;
        };
        let root = answer.root();
        let inner = root.object("/TrainingJob").value().cloned().flatten();
        let job = inner.as_ref().unwrap_or(&root);
        needs.training_job(
            At {
                context,
                asset: &asset,
            },
            job,
        );
        let known = needs.samples.get(region);
        if known.is_none_or(|(latest, _)| *latest <= created) {
            needs
                .samples
                .insert(region.to_owned(), (created, line.to_owned()));
        }
    }
}

/// Members that name a place a job writes to, and how.
const OUTPUTS: [(&str, Grant); 5] = [
    ("/OutputDataConfig/S3OutputPath", Grant::Write),
    ("/CheckpointConfig/S3Uri", Grant::Checkpoint),
    ("/TensorBoardOutputConfig/S3OutputPath", Grant::Write),
    ("/DebugHookConfig/S3OutputPath", Grant::Write),
    ("/ProfilerConfig/S3OutputPath", Grant::Write),
];

impl Needs {
    fn training_job(&mut self, at: At<'_, '_>, job: &Part<'_, '_>) {
        *self.assets.entry(AssetKind::TrainingJob).or_default() += 1;
        for channel in job.parts("/InputDataConfig").value().into_iter().flatten() {
            self.channel(at, channel);
        }
        for (pointer, grant) in OUTPUTS {
            if let Some(uri) = text(job, pointer) {
                self.write(at, grant, &uri);
            }
        }
        for rule in job
            .parts("/DebugRuleConfigurations")
            .value()
            .into_iter()
            .flatten()
        {
            if let Some(uri) = text(rule, "/S3OutputPath") {
                self.write(at, Grant::Write, &uri);
            }
        }
        if let Some(code) = text(job, "/HyperParameters/sagemaker_submit_directory") {
            let code = unquoted(code.into());
            // A path inside the image needs nothing.
            if crate::facts::s3_uri::S3Uri::parse(&code).is_some() {
                self.read(at, &code, Tail::Object);
            }
        }
        if let Some(key) = text(job, "/OutputDataConfig/KmsKeyId") {
            self.key(at, Grant::OutputKey, &key);
        }
        if let Some(key) = text(job, "/ResourceConfig/VolumeKmsKeyId") {
            self.key(at, Grant::VolumeKey, &key);
        }
        if let Some(image) = text(job, "/AlgorithmSpecification/TrainingImage") {
            self.image(at, &image);
        }
        self.network(job);
        self.logs(at, "TrainingJobs");
        self.add(Grant::Metrics("/aws/sagemaker/TrainingJobs"), "*");
    }

    fn channel(&mut self, at: At<'_, '_>, channel: &Part<'_, '_>) {
        let uri = channel.optional_text("/DataSource/S3DataSource/S3Uri");
        let Some(Some(uri)) = uri.value() else {
            let name = channel.text("/ChannelName");
            self.note(format!(
                "channel `{}` of `{}` reads no S3 location; a file system is mounted through the VPC and needs no statement",
                name.value().map_or("?", |name| name.as_ref()),
                at.asset.name
            ));
            return;
        };
        let kind = channel.optional_text("/DataSource/S3DataSource/S3DataType");
        match kind.value().and_then(|kind| kind.as_deref()) {
            Some("ManifestFile" | "AugmentedManifestFile") => {
                self.read(at, uri, Tail::Object);
                let bucket = uri
                    .split_once("://")
                    .map_or(uri.as_ref(), |(_, rest)| rest)
                    .split('/')
                    .next()
                    .unwrap_or_default();
                self.note(format!(
                    "what manifest `{uri}` lists was not read; the policy opens all of bucket `{bucket}` for it"
                ));
                self.read(at, &format!("s3://{bucket}"), Tail::Prefix);
            }
            _ => self.read(at, uri, Tail::Prefix),
        }
    }

    /// A network of the customer's own needs interfaces in it.
    pub(super) fn network(&mut self, part: &Part<'_, '_>) {
        let subnets = part.texts("/VpcConfig/Subnets");
        if subnets.value().is_some_and(|subnets| !subnets.is_empty()) {
            self.add(Grant::Network, "*");
        }
    }
}
