//! Where a job writes and where its code lies.
//!
//! Enters: the record. Leaves: the bucket of each place, and whose it is. Keys are left out on
//! purpose: they hold the job's name, and would make every run look different.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::asset::Asset;
use crate::facts::answer::Part;
use crate::facts::context::Context;
use crate::facts::fact::{Fact, State, Text};
use crate::facts::role::Role;
use crate::facts::s3_uri::S3Uri;
use crate::facts::training_job::channel::Channel;
use crate::facts::training_job::storage::collect;
use crate::facts::training_job::unquoted;
use crate::missing::Missing;

/// The hyperparameter by which the SageMaker SDK hands over a script.
pub(super) const SUBMIT_DIRECTORY: &str = "/HyperParameters/sagemaker_submit_directory";

crate::facts! {
    /// A place in S3 that a training job uses beside its channels.
    pub struct Location<'e> {
        /// `output` | `checkpoint` | `tensorboard` | `debug` | `profiler` | `code`.
        pub purpose: &'static str,
        /// The bucket, or what is written in its place.
        pub bucket: Fact<'e, String>,
        /// Whose the bucket is: `own` | `declared` | `foreign` | `nonexistent`.
        pub owner: Fact<'e, &'static str>,
    }
}

const PLACES: [(&str, &str); 6] = [
    ("output", "/OutputDataConfig/S3OutputPath"),
    ("checkpoint", "/CheckpointConfig/S3Uri"),
    ("tensorboard", "/TensorBoardOutputConfig/S3OutputPath"),
    ("debug", "/DebugHookConfig/S3OutputPath"),
    ("profiler", "/ProfilerConfig/S3OutputPath"),
    ("code", SUBMIT_DIRECTORY),
];

/// Every place, in a fixed order.
pub(super) fn of_job<'e>(
    context: &Context<'e>,
    asset: &Asset,
    job: &Part<'_, 'e>,
) -> Fact<'e, Vec<Location<'e>>> {
    let members = PLACES
        .iter()
        .map(|(purpose, pointer)| (*purpose, job.optional_text(pointer)));
    let rules = job.parts("/DebugRuleConfigurations").map(|rules| {
        rules
            .iter()
            .map(|rule| ("debug", rule.optional_text("/S3OutputPath")))
            .collect::<Vec<_>>()
    });
    rules.map(|rules| {
        members
            .chain(rules)
            .filter_map(|(purpose, uri)| place(context, asset, purpose, uri))
            .collect()
    })
}

fn place<'e>(
    context: &Context<'e>,
    asset: &Asset,
    purpose: &'static str,
    uri: Fact<'e, Option<Text<'e>>>,
) -> Option<Location<'e>> {
    let uri = match uri.state {
        State::Known(None) => return None,
        State::Known(Some(text)) => Fact::known(unquoted(text), uri.origins),
        State::Unknown(missing) => Fact::unknown(missing),
    };
    if let State::Known(text) = &uri.state
        && purpose == "code"
        && S3Uri::parse(text).is_none()
    {
        // A path inside the image.
        return None;
    }
    let (account, region) = (asset.account.as_str(), asset.region.as_str());
    let bucket = uri.clone().then(|uri| match S3Uri::parse(&uri) {
        Some(location) => context
            .buckets
            .bucket_of(account, region, &location)
            .map(Cow::into_owned),
        None => Fact::unknown(not_s3(purpose)),
    });
    let owner = uri.then(|uri| match S3Uri::parse(&uri) {
        Some(location) => context
            .buckets
            .owner_of(account, region, &location)
            .map(|ownership| ownership.owner.word()),
        None => Fact::unknown(not_s3(purpose)),
    });
    Some(Location {
        purpose,
        bucket,
        owner,
    })
}

fn not_s3(purpose: &str) -> Missing {
    Missing::undecided(format!(
        "whose the {purpose} location is, which is no S3 location"
    ))
}

/// The buckets of channels and locations.
pub(super) fn buckets<'e>(
    channels: &Fact<'e, Vec<Channel<'e>>>,
    locations: &Fact<'e, Vec<Location<'e>>>,
) -> Fact<'e, Vec<String>> {
    let read = each(channels, |channel| channel.bucket.clone());
    let written = each(locations, |location| location.bucket.clone().map(Some));
    read.zip(written).map(|(read, written)| {
        let all: BTreeSet<String> = read.into_iter().chain(written).flatten().collect();
        all.into_iter().collect()
    })
}

fn each<'e, T, U>(list: &Fact<'e, Vec<T>>, of: impl Fn(&T) -> Fact<'e, U>) -> Fact<'e, Vec<U>> {
    match &list.state {
        State::Known(items) => collect(items.iter().map(of)),
        State::Unknown(missing) => Fact::unknown(missing.clone()),
    }
}

/// What the role may read from beyond `buckets`.
pub(super) fn excess<'e>(
    role: &Fact<'e, Arc<Role<'static>>>,
    buckets: &Fact<'e, Vec<String>>,
) -> Fact<'e, Vec<String>> {
    role.clone()
        .then(|role| match &role.object_read.state {
            State::Known(grant) => {
                let granted: Fact<'e, Vec<String>> = grant.resources.clone();
                granted.zip(grant.matched.clone())
            }
            State::Unknown(missing) => Fact::unknown(missing.clone()),
        })
        .zip(buckets.clone())
        .map(|((resources, matched), buckets)| {
            let granted = resources.iter().filter_map(|entry| granted_bucket(entry));
            let all: BTreeSet<String> = granted
                .map(str::to_owned)
                .chain(matched)
                .filter(|bucket| !buckets.contains(bucket))
                .collect();
            all.into_iter().collect()
        })
}

/// The bucket part of a Resource entry, wildcards included.
fn granted_bucket(entry: &str) -> Option<&str> {
    let bucket = entry.split(":::").nth(1).unwrap_or(entry);
    bucket.split('/').next().filter(|bucket| !bucket.is_empty())
}
