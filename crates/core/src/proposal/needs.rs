//! What the assets that run as a role declare, as resources under the statements that grant them.
//!
//! Enters: S3 locations, keys, images and networks, as SageMaker's members write them. Leaves:
//! [`Needs`], a union: adding the same thing twice changes nothing, and neither does the order.
//! Deliberately absent: reading assets, and the text of a policy.
//!
//! Sources: SageMaker Developer Guide, "SageMaker AI execution roles"; SageMaker API, `S3DataSource`
//! (`S3Prefix` is a prefix of keys, not a folder); IAM User Guide, "Policy variables" (`${*}`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::arn::{Arn, partition_of};
use crate::asset::{Asset, AssetKind};
use crate::estate::reply_of;
use crate::facts::bucket::Owner;
use crate::facts::s3_uri::{Holder, S3Uri};
use crate::facts::{Context, Part};
use crate::time::Time;

/// A kind of statement. The order is the order of statements in a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    /// Reading what the assets take in.
    Read,
    /// Writing what they give out.
    Write,
    /// Reading and writing checkpoints.
    Checkpoint,
    /// Sessions with directory buckets.
    Session,
    /// Decrypting what S3 encrypted, through these names of S3.
    DecryptSources(Vec<String>),
    /// Encrypting what is written, where the bucket's own key does it.
    EncryptOutputs(Vec<String>),
    /// The key that an asset names for its outputs; by alias where the key behind it is not known.
    OutputKey(Option<String>),
    /// The key that an asset names for its volume.
    VolumeKey(Option<String>),
    /// Writing logs.
    Logs,
    /// Writing metrics under a namespace.
    Metrics(&'static str),
    /// Logging in to image repositories.
    Login,
    /// Pulling images.
    Pull,
    /// Network interfaces in the customer's VPC.
    Network,
    /// Telling topics of asynchronous results.
    Notify,
    /// Handing roles to SageMaker.
    Pass,
    /// Starting the jobs that those roles run.
    Launch,
    /// Becoming other roles.
    Assume,
}

/// How a location is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// Every key that begins so: `S3Prefix`.
    Prefix,
    /// This key alone.
    Object,
    /// Everything below it as a folder.
    Below,
}

/// Which bucket, as an asset at a place names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BucketAt {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) name: String,
}

/// What is done with a bucket.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Touched {
    pub(super) reads: bool,
    pub(super) writes: bool,
}

/// What assets declare.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub(super) grants: BTreeMap<Grant, BTreeSet<String>>,
    /// Bucket ARN → what keys may be listed, as patterns; one that is `*` lifts the limit.
    pub(super) lists: BTreeMap<String, BTreeSet<String>>,
    pub(super) buckets: BTreeMap<BucketAt, Touched>,
    /// Patterns that stand for what runs name after themselves, and how many runs did.
    pub(super) runs: BTreeMap<String, u64>,
    /// How many assets run as the role.
    pub(super) assets: BTreeMap<AssetKind, u64>,
    pub(super) notes: BTreeSet<String>,
    /// The notebooks that run as the role.
    pub(super) notebooks: Vec<Asset>,
    /// The latest job of each Region that read data, as its line in the snapshot.
    pub(super) samples: BTreeMap<String, (Option<Time>, String)>,
}

/// A text that a part may hold.
pub(super) fn text(part: &Part<'_, '_>, pointer: &'static str) -> Option<String> {
    let text = part.optional_text(pointer);
    text.value()
        .cloned()
        .flatten()
        .map(|text| text.into_owned())
}

/// Whose location it is, for messages and for what must be resolved at its place.
#[derive(Clone, Copy)]
pub(super) struct At<'a, 'e> {
    pub(super) context: &'a Context<'e>,
    pub(super) asset: &'a Asset,
}

impl At<'_, '_> {
    pub(super) fn partition(&self) -> &str {
        Arn::parse(&self.asset.arn)
            .map_or_else(|| partition_of(&self.asset.region), |arn| arn.partition)
    }
}

impl Needs {
    pub(super) fn add(&mut self, grant: Grant, resource: impl Into<String>) {
        self.grants
            .entry(grant)
            .or_default()
            .insert(resource.into());
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.insert(text.into());
    }

    /// Data that is read, with the right to list it.
    pub(super) fn read(&mut self, at: At<'_, '_>, uri: &str, tail: Tail) {
        self.place(at, Grant::Read, uri, tail, tail != Tail::Object);
    }

    /// A place that is written to.
    pub(super) fn write(&mut self, at: At<'_, '_>, grant: Grant, uri: &str) {
        self.place(at, grant, uri, Tail::Below, false);
    }

    fn place(&mut self, at: At<'_, '_>, grant: Grant, uri: &str, tail: Tail, lists: bool) {
        let asset = at.asset;
        let Some(location) = S3Uri::parse(uri) else {
            self.note(format!(
                "`{uri}` of `{}` is no S3 location; what it needs is not in the policy",
                asset.name
            ));
            return;
        };
        let partition = at.partition();
        let key = location.key.as_ref();
        match location.holder {
            Holder::Bucket(name) => self.in_bucket(at, name, &grant, key, tail, lists),
            Holder::Directory(name) => {
                let (account, region) = (&asset.account, &asset.region);
                self.add(
                    Grant::Session,
                    format!("arn:{partition}:s3express:{region}:{account}:bucket/{name}"),
                );
            }
            Holder::AccessPoint {
                account,
                region,
                name,
            } => {
                let point = format!("arn:{partition}:s3:{region}:{account}:accesspoint/{name}");
                self.under(
                    asset,
                    &grant,
                    &format!("{point}/object/"),
                    key,
                    tail,
                    lists.then(|| point.clone()),
                );
                self.behind(at, &location, &grant, key, tail, lists);
            }
            Holder::Alias(_) => self.behind(at, &location, &grant, key, tail, lists),
            Holder::Special(name) => self.note(format!(
                "`{name}` of `{}` stands for something else than a bucket; what it needs is not in the policy",
                asset.name
            )),
        }
    }

    /// The bucket that an access point opens.
    fn behind(
        &mut self,
        at: At<'_, '_>,
        location: &S3Uri<'_>,
        grant: &Grant,
        key: &str,
        tail: Tail,
        lists: bool,
    ) {
        let asset = at.asset;
        let bucket = at
            .context
            .buckets
            .bucket_of(&asset.account, &asset.region, location);
        match bucket.value() {
            Some(bucket) => self.in_bucket(at, bucket, grant, key, tail, lists),
            None => self.note(format!(
                "which bucket is behind `{}` is not known; the policy names the access point alone",
                location.name()
            )),
        }
    }

    fn in_bucket(
        &mut self,
        at: At<'_, '_>,
        name: &str,
        grant: &Grant,
        key: &str,
        tail: Tail,
        lists: bool,
    ) {
        let (account, region) = (&at.asset.account, &at.asset.region);
        let ownership = at.context.buckets.ownership(account, region, name);
        match ownership.value().map(|found| found.owner) {
            Some(Owner::Nonexistent) => {
                self.note(format!(
                    "bucket `{name}` does not exist; the policy leaves it out, so that nobody who creates it is read from"
                ));
                return;
            }
            Some(Owner::Foreign) => self.note(format!(
                "bucket `{name}` belongs to another account; the policy lets the role use it, for its assets name it"
            )),
            _ => {}
        }
        let bucket = format!("arn:{}:s3:::{name}", at.partition());
        let known = self
            .buckets
            .entry(BucketAt {
                account: at.asset.account.clone(),
                region: at.asset.region.clone(),
                name: name.to_owned(),
            })
            .or_default();
        known.reads |= matches!(grant, Grant::Read | Grant::Checkpoint);
        known.writes |= matches!(grant, Grant::Write | Grant::Checkpoint);
        let head = format!("{bucket}/");
        self.under(at.asset, grant, &head, key, tail, lists.then_some(bucket));
    }

    /// A key or its pattern under an ARN.
    fn under(
        &mut self,
        asset: &Asset,
        grant: &Grant,
        head: &str,
        key: &str,
        tail: Tail,
        lists: Option<String>,
    ) {
        let end = match tail {
            Tail::Prefix => "*",
            Tail::Object => "",
            Tail::Below => "/*",
        };
        let key = match tail {
            Tail::Below => key.trim_end_matches('/'),
            Tail::Prefix | Tail::Object => key,
        };
        if key.is_empty() {
            // The whole bucket, which no object alone can be.
            self.add(grant.clone(), format!("{head}*"));
            self.list(lists, "*".to_owned());
            return;
        }
        let of_runs = pattern_of_runs(asset, key);
        let is_run = of_runs.is_some();
        let pattern = format!(
            "{}{end}",
            of_runs.unwrap_or_else(|| literal(key).into_owned())
        );
        let arn = format!("{head}{pattern}");
        if is_run {
            *self.runs.entry(arn.clone()).or_default() += 1;
        }
        self.add(grant.clone(), arn);
        self.list(lists, pattern);
    }

    fn list(&mut self, bucket: Option<String>, keys: String) {
        if let Some(bucket) = bucket {
            self.lists.entry(bucket).or_default().insert(keys);
        }
    }

    /// A key that an asset names: by id, ARN or alias.
    pub(super) fn key(
        &mut self,
        at: At<'_, '_>,
        grant: fn(Option<String>) -> Grant,
        written: &str,
    ) {
        let asset = at.asset;
        let (partition, region, account) = (at.partition(), &asset.region, &asset.account);
        let parsed = Arn::parse(written);
        let name = parsed.map_or(written, |arn| arn.resource);
        if let Some(alias) = name.strip_prefix("alias/") {
            if alias.starts_with("aws/") {
                // What AWS manages needs no statement: its policy lets the service in for the account.
                return;
            }
            let described = at.context.buckets.key(account, region, name);
            let arn = described.and_then(|observation| match reply_of(observation) {
                crate::estate::Reply::Answer(answer) => answer
                    .root()
                    .text("/KeyMetadata/Arn")
                    .value()
                    .map(|arn| arn.clone().into_owned()),
                _ => None,
            });
            match arn {
                Some(arn) => self.add(grant(None), arn),
                None => {
                    let (region, account) = parsed
                        .map_or((region.as_str(), account.as_str()), |arn| {
                            (arn.region, arn.account)
                        });
                    self.add(
                        grant(Some(name.to_owned())),
                        format!("arn:{partition}:kms:{region}:{account}:key/*"),
                    );
                }
            }
            return;
        }
        match parsed {
            Some(_) => self.add(grant(None), written),
            None => {
                let id = name.strip_prefix("key/").unwrap_or(name);
                self.add(
                    grant(None),
                    format!("arn:{partition}:kms:{region}:{account}:key/{id}"),
                );
            }
        }
    }

    /// An image in ECR: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`.
    pub(super) fn image(&mut self, at: At<'_, '_>, image: &str) {
        let repository = image
            .split_once('/')
            .and_then(|(host, path)| Some((registry(host)?, path)));
        let Some(((account, region), path)) = repository else {
            self.note(format!(
                "image `{image}` of `{}` is not in ECR; pulling it needs no permission of this role",
                at.asset.name
            ));
            return;
        };
        let name = path.split(['@', ':']).next().unwrap_or(path);
        let partition = at.partition();
        self.add(Grant::Login, "*");
        self.add(
            Grant::Pull,
            format!("arn:{partition}:ecr:{region}:{account}:repository/{name}"),
        );
    }

    /// Logs of a kind of asset, at the asset's place.
    pub(super) fn logs(&mut self, at: At<'_, '_>, group: &str) {
        let (partition, region, account) = (at.partition(), &at.asset.region, &at.asset.account);
        self.add(
            Grant::Logs,
            format!("arn:{partition}:logs:{region}:{account}:log-group:/aws/sagemaker/{group}*"),
        );
    }
}

/// The pattern of a key in which a segment is the run's own name, if that name tells runs apart: the
/// next run has another name and needs the same.
fn pattern_of_runs(asset: &Asset, key: &str) -> Option<String> {
    let name = asset.name.as_str();
    let stem = without_counter(name);
    if asset.kind != AssetKind::TrainingJob || stem == name || stem.is_empty() {
        return None;
    }
    let mut at = 0;
    for segment in key.split('/') {
        if segment == name {
            let (before, after) = (key.get(..at)?, key.get(at + segment.len()..)?);
            return Some(format!("{}{stem}*{}", literal(before), literal(after)));
        }
        at += segment.len() + 1;
    }
    None
}

/// A name without the number or date that tells one run from the next.
fn without_counter(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
    let dash = name
        .get(stem.len()..)
        .is_some_and(|rest| rest.starts_with('-'));
    name.get(..stem.len() + usize::from(dash)).unwrap_or(name)
}

/// Account and Region of an ECR host.
fn registry(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once(".dkr.ecr")?;
    let rest = rest.strip_prefix("-fips").unwrap_or(rest);
    let (region, _) = rest.strip_prefix('.')?.split_once(".amazonaws.")?;
    Some((account, region))
}

/// A key as a pattern that matches it alone: `*`, `?` and `$` are escaped.
pub(super) fn literal(key: &str) -> Cow<'_, str> {
    if !key.contains(['*', '?', '$']) {
        return Cow::Borrowed(key);
    }
    let mut out = String::with_capacity(key.len() + 8);
    for c in key.chars() {
        match c {
            '*' | '?' | '$' => {
                out.push_str("${");
                out.push(c);
                out.push('}');
            }
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// A pattern with its escapes read as any one character, for questions about what lies outside.
pub(super) fn without_escapes(pattern: &str) -> String {
    ["${*}", "${?}", "${$}"]
        .iter()
        .fold(pattern.to_owned(), |text, escape| text.replace(escape, "?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_by_what_follows_its_name() {
        assert_eq!(without_counter("churn-nightly-20261113"), "churn-nightly-");
        assert_eq!(without_counter("fraud-2026-11-24-06-00-00-123"), "fraud-");
        assert_eq!(without_counter("churn"), "churn");
        assert_eq!(without_counter("20261113"), "");
    }

    #[test]
    fn odd_keys_match_themselves_alone() {
        assert_eq!(literal("a*b?$c"), "a${*}b${?}${$}c");
        assert_eq!(without_escapes(&literal("a*b?$c")), "a?b??c");
        assert_eq!(literal("plain/key"), "plain/key");
    }

    #[test]
    fn registries_of_every_partition() {
        for (host, expected) in [
            (
                "1.dkr.ecr.eu-west-1.amazonaws.com",
                Some(("1", "eu-west-1")),
            ),
            (
                "1.dkr.ecr.cn-north-1.amazonaws.com.cn",
                Some(("1", "cn-north-1")),
            ),
            (
                "1.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                Some(("1", "us-gov-west-1")),
            ),
            ("public.ecr.aws", None),
        ] {
            assert_eq!(registry(host), expected, "{host}");
        }
    }
}
