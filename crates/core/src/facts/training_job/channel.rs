//! The input channels of a training job: where the data comes from, and whose that is.
//!
//! Enters: `InputDataConfig`, the ownership of buckets, the listings of file systems and accounts,
//! the operator's trusted buckets and accounts. Leaves: one record per channel.
//! Deliberately absent: what a manifest lists; reading it would need the right to read data.

use std::borrow::Cow;

use sagewarden_iam as iam;

use crate::arn::Arn;
use crate::asset::Asset;
use crate::facts::answer::Part;
use crate::facts::bucket::reads::{self, Encryption, Read};
use crate::facts::bucket::{Owner, Ownership};
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Origin, Origins, State, Text};
use crate::facts::s3_uri::{Holder, S3Uri};
use crate::json::Node;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::{GLOBAL_REGION, Operation};
use crate::time::Time;
use crate::tunables::Trusted;

crate::facts! {
    /// An input channel of a training job.
    pub struct Channel<'e> {
        /// `ChannelName`.
        pub name: Fact<'e, Text<'e>>,
        /// What it reads: `s3` | `file_system` | `dataset`.
        pub kind: Fact<'e, &'static str>,
        /// `S3Uri`, file system id, or dataset ARN.
        pub from: Fact<'e, Text<'e>>,
        /// `S3DataType`: `S3Prefix` | `ManifestFile` | `AugmentedManifestFile` | `Converse`; absent when it does not read S3.
        pub data_type: Fact<'e, Option<Text<'e>>>,
        /// The bucket, that behind an access point included; absent when it does not read S3.
        pub bucket: Fact<'e, Option<String>>,
        /// Whose the data is: `own` | `declared` (about to be created by the same template) | `trusted` (foreign, but on the operator's list) | `aws_published` (a bucket that AWS publishes for the job's Region) | `foreign_bucket` | `nonexistent_bucket` | `foreign_filesystem` | `foreign_dataset`.
        pub source: Fact<'e, &'static str>,
        /// The owner's account, where it is known.
        pub owner: Fact<'e, Option<String>>,
        /// How the owner was decided, in words that fit after "because".
        pub decided_by: Fact<'e, String>,
        /// Whether a foreign owner is an account of the same organisation.
        pub same_organization: Fact<'e, bool>,
        /// Whether the job's role is refused to read the channel over plain HTTP. True when it does not read S3.
        pub tls_enforced: Fact<'e, bool>,
        /// What decides `tls_enforced`, in words that fit after "because".
        pub tls_because: Fact<'e, String>,
        /// Whether the bucket encrypts with a customer's key and what the role may decrypt is confined to the job's data. True when it does not read S3.
        pub key_bound: Fact<'e, bool>,
        /// What keeps `key_bound` from being true: `sse_s3` | `aws_managed_key` | `decrypt_unbound` | `none`.
        pub key_gap: Fact<'e, &'static str>,
        /// What decides `key_bound`, in words that fit after "because".
        pub key_because: Fact<'e, String>,
    }
}

/// The channels of a job.
pub(super) fn of_job<'e>(
    context: &Context<'e>,
    asset: &Asset,
    job: &Part<'_, 'e>,
    role: &Fact<'e, Text<'e>>,
) -> Fact<'e, Vec<Channel<'e>>> {
    job.parts("/InputDataConfig").map(|parts| {
        let mut channels: Vec<Channel<'e>> = parts
            .iter()
            .map(|part| of_part(context, asset, part))
            .collect();
        protect(context, asset, role, &mut channels);
        channels
    })
}

/// Adds to each channel how its reads are protected. What the role may decrypt is held against the
/// keys and buckets of all channels together, since one role reads them all.
fn protect<'e>(
    context: &Context<'e>,
    asset: &Asset,
    role: &Fact<'e, Text<'e>>,
    channels: &mut [Channel<'e>],
) {
    let reader = match &role.state {
        State::Known(arn) => context.buckets.reader(context, &asset.account, arn),
        State::Unknown(gap) => {
            for channel in channels
                .iter_mut()
                .filter(|channel| !channel.reads_elsewhere())
            {
                channel.protected(Fact::unknown(gap.clone()), Fact::unknown(gap.clone()));
            }
            return;
        }
    };
    let encryptions: Vec<Fact<'e, Encryption>> = channels
        .iter()
        .map(|channel| channel.with_read(asset, |read| reads::encryption(context, read)))
        .collect();
    let (declared, undeclared) = declared(channels, &encryptions);
    for (channel, encryption) in channels.iter_mut().zip(encryptions) {
        if channel.reads_elsewhere() {
            continue;
        }
        let transport = channel.with_read(asset, |read| reads::transport(context, read, &reader));
        let key = encryption.then(|encryption| match encryption {
            Encryption::S3Managed => Fact::given((
                "sse_s3",
                "the bucket encrypts with keys that S3 manages".to_owned(),
            )),
            Encryption::AwsManagedKey => Fact::given((
                "aws_managed_key",
                "the bucket encrypts with the key that AWS manages".to_owned(),
            )),
            Encryption::CustomerKey { .. } => {
                reads::binding(&reader, &declared).then(|(bound, says)| {
                    match (&undeclared, bound) {
                        (_, true) => Fact::given(("none", says)),
                        (None, false) => Fact::given(("decrypt_unbound", says)),
                        // The other key may be that of a channel whose key is not known.
                        (Some(gap), false) => Fact::unknown(gap.clone()),
                    }
                })
            }
        });
        channel.protected(transport, key);
    }
}

/// The keys and buckets of the job's data, and what keeps them from being all.
fn declared(
    channels: &[Channel<'_>],
    encryptions: &[Fact<'_, Encryption>],
) -> (iam::Declared, Option<MissingSet>) {
    let mut declared = iam::Declared::default();
    let mut gap: Option<MissingSet> = None;
    let mut add = |missing: &MissingSet| {
        gap = Some(match gap.take() {
            None => missing.clone(),
            Some(all) => crate::missing::union(&all, missing),
        });
    };
    for (channel, encryption) in channels.iter().zip(encryptions) {
        match &channel.bucket.state {
            State::Known(bucket) => declared.buckets.extend(bucket.clone()),
            State::Unknown(missing) => add(missing),
        }
        match &encryption.state {
            State::Known(Encryption::CustomerKey { configured, arn }) => {
                declared.keys.push(arn.clone());
                if let Some(at) = configured.find("alias/") {
                    declared
                        .aliases
                        .extend(configured.get(at..).map(str::to_owned));
                }
            }
            State::Known(_) => {}
            State::Unknown(_) if channel.reads_elsewhere() => {}
            State::Unknown(missing) => add(missing),
        }
    }
    (declared, gap)
}

impl<'e> Channel<'e> {
    /// Whether it surely does not read S3.
    fn reads_elsewhere(&self) -> bool {
        self.kind.value().is_some_and(|kind| *kind != "s3")
    }

    /// Asks about the read of this channel, when its bucket is known.
    fn with_read<T>(
        &self,
        asset: &Asset,
        ask: impl FnOnce(Read<'_>) -> Fact<'e, T>,
    ) -> Fact<'e, T> {
        self.bucket
            .clone()
            .zip(self.from.clone())
            .zip(self.data_type.clone())
            .then(|((bucket, uri), data_type)| {
                let bucket = bucket.unwrap_or_default();
                // A manifest names objects anywhere in its bucket.
                let prefix = match data_type.as_deref() {
                    Some("S3Prefix") => S3Uri::parse(&uri).map(|uri| uri.key).unwrap_or_default(),
                    _ => Cow::Borrowed(""),
                };
                let owner = self.owner.value().cloned().flatten();
                ask(Read {
                    account: &asset.account,
                    region: &asset.region,
                    bucket: &bucket,
                    owner: owner.as_deref(),
                    prefix: &prefix,
                })
            })
    }

    fn protected(
        &mut self,
        transport: Fact<'e, (bool, String)>,
        key: Fact<'e, (&'static str, String)>,
    ) {
        self.tls_enforced = transport.clone().map(|(enforced, _)| enforced);
        self.tls_because = transport.map(|(_, says)| says);
        self.key_bound = key.clone().map(|(gap, _)| gap == "none");
        self.key_gap = key.clone().map(|(gap, _)| gap);
        self.key_because = key.map(|(_, says)| says);
    }
}

const S3_URI: &str = "/DataSource/S3DataSource/S3Uri";
const FILE_SYSTEM: &str = "/DataSource/FileSystemDataSource/FileSystemId";
const FILE_SYSTEM_TYPE: &str = "/DataSource/FileSystemDataSource/FileSystemType";
const DATASET: &str = "/DataSource/DatasetSource/DatasetArn";

fn of_part<'e>(context: &Context<'e>, asset: &Asset, part: &Part<'_, 'e>) -> Channel<'e> {
    let name = part.text("/ChannelName");
    let has = |member: &str| {
        let source = part.node().member("DataSource");
        source.and_then(|node| node.member(member)).is_some()
    };
    if has("S3DataSource") {
        s3(context, asset, part, name)
    } else if has("FileSystemDataSource") {
        let holder = file_system(context, asset, part);
        other(part, name, "file_system", FILE_SYSTEM, holder)
    } else if has("DatasetSource") {
        let holder = dataset(asset, part);
        other(part, name, "dataset", DATASET, holder)
    } else {
        let gap: MissingSet = match part.object("/DataSource").state {
            State::Unknown(gap) => gap,
            State::Known(_) => part.malformed("/DataSource").into(),
        };
        Channel {
            name,
            kind: Fact::unknown(gap.clone()),
            from: Fact::unknown(gap.clone()),
            data_type: Fact::unknown(gap.clone()),
            bucket: Fact::unknown(gap.clone()),
            source: Fact::unknown(gap.clone()),
            owner: Fact::unknown(gap.clone()),
            decided_by: Fact::unknown(gap.clone()),
            same_organization: Fact::unknown(gap.clone()),
            tls_enforced: Fact::unknown(gap.clone()),
            tls_because: Fact::unknown(gap.clone()),
            key_bound: Fact::unknown(gap.clone()),
            key_gap: Fact::unknown(gap.clone()),
            key_because: Fact::unknown(gap),
        }
    }
}

/// Whose the source of a channel is.
struct Verdict {
    source: &'static str,
    owner: Option<String>,
    because: String,
}

fn s3<'e>(
    context: &Context<'e>,
    asset: &Asset,
    part: &Part<'_, 'e>,
    name: Fact<'e, Text<'e>>,
) -> Channel<'e> {
    let uri = part.text(S3_URI);
    let bucket = uri.clone().then(|uri| match S3Uri::parse(&uri) {
        Some(location) => context
            .buckets
            .bucket_of(&asset.account, &asset.region, &location)
            .map(|bucket| Some(bucket.into_owned())),
        None => Fact::unknown(part.malformed(S3_URI)),
    });
    let judged = uri.clone().then(|uri| match S3Uri::parse(&uri) {
        Some(location) => bucket_source(context, asset, &location),
        None => Fact::unknown(part.malformed(S3_URI)),
    });
    let (source, owner, decided_by) = split(&judged);
    Channel {
        name,
        kind: Fact::known("s3", part.origin("/DataSource/S3DataSource")),
        from: uri,
        data_type: part.text("/DataSource/S3DataSource/S3DataType").map(Some),
        bucket,
        same_organization: same_organization(context, &source, &owner),
        source,
        owner,
        decided_by,
        tls_enforced: Fact::given(false),
        tls_because: Fact::given(String::new()),
        key_bound: Fact::given(false),
        key_gap: Fact::given("none"),
        key_because: Fact::given(String::new()),
    }
}

fn other<'e>(
    part: &Part<'_, 'e>,
    name: Fact<'e, Text<'e>>,
    kind: &'static str,
    member: &'static str,
    holder: Fact<'e, Verdict>,
) -> Channel<'e> {
    let (source, owner, decided_by) = split(&holder);
    Channel {
        name,
        kind: Fact::known(kind, part.origin(member)),
        from: part.text(member),
        data_type: Fact::given(None),
        bucket: Fact::given(None),
        source,
        owner,
        decided_by,
        same_organization: Fact::given(false),
        tls_enforced: Fact::given(true),
        tls_because: Fact::given("it does not read S3".to_owned()),
        key_bound: Fact::given(true),
        key_gap: Fact::given("none"),
        key_because: Fact::given("it does not read S3".to_owned()),
    }
}

type Split<'e> = (
    Fact<'e, &'static str>,
    Fact<'e, Option<String>>,
    Fact<'e, String>,
);

fn split<'e>(holder: &Fact<'e, Verdict>) -> Split<'e> {
    fn part<'e, T>(holder: &Fact<'e, Verdict>, of: impl Fn(&Verdict) -> T) -> Fact<'e, T> {
        match &holder.state {
            State::Known(verdict) => Fact::known(of(verdict), holder.origins.clone()),
            State::Unknown(gap) => Fact::unknown(gap.clone()),
        }
    }
    (
        part(holder, |verdict| verdict.source),
        part(holder, |verdict| verdict.owner.clone()),
        part(holder, |verdict| verdict.because.clone()),
    )
}

/// Whose the bucket of a channel is, with the operator's and AWS's lists applied.
fn bucket_source<'e>(
    context: &Context<'e>,
    asset: &Asset,
    location: &S3Uri<'_>,
) -> Fact<'e, Verdict> {
    let trusted_bucket = trusted(context, &context.tunables.trusted_buckets)
        .any(|entry| entry.name == location.name());
    let owner = context
        .buckets
        .owner_of(&asset.account, &asset.region, location);
    if owner.value().is_none()
        && trusted_bucket
        && let Holder::Bucket(bucket) = location.holder
        && let Some(seen) = context.buckets.seen(&asset.account, bucket)
    {
        // Ours or theirs, it exists and may be read from.
        return Fact::known(
            Verdict {
                source: "trusted",
                owner: None,
                because: "the operator trusts the bucket".to_owned(),
            },
            Origins::from(Origin::Outcome { observation: seen })
                .and(Origin::Tunable("trusted_buckets").into()),
        );
    }
    owner.then(|owner| {
        let says = |source| Verdict {
            source,
            owner: owner.account.clone(),
            because: owner.step.says().to_owned(),
        };
        match owner.owner {
            Owner::Own => Fact::given(says("own")),
            Owner::Declared => Fact::given(says("declared")),
            Owner::Nonexistent => Fact::given(says("nonexistent_bucket")),
            Owner::Foreign if trusted_bucket => {
                Fact::known(says("trusted"), Origin::Tunable("trusted_buckets"))
            }
            Owner::Foreign if is_aws_published(location, &asset.region) => {
                Fact::given(says("aws_published"))
            }
            Owner::Foreign => foreign(context, asset, location, &owner, says),
        }
    })
}

/// A foreign bucket is trusted when its owner is; while some trusted account was never asked
/// about, whether the bucket is that account's stays open.
fn foreign<'e>(
    context: &Context<'e>,
    asset: &Asset,
    location: &S3Uri<'_>,
    owner: &Ownership,
    says: impl Fn(&'static str) -> Verdict,
) -> Fact<'e, Verdict> {
    let mut accounts = trusted(context, &context.tunables.trusted_accounts);
    let Some(account) = &owner.account else {
        let open = accounts.find(|entry| {
            !context
                .buckets
                .was_asked(&asset.account, location.name(), &entry.name)
        });
        return match open {
            None => Fact::given(says("foreign_bucket")),
            Some(entry) => Fact::unknown(Missing::call(
                Operation::HeadBucket,
                format!(
                    "Bucket={}, ExpectedBucketOwner={}",
                    location.name(),
                    entry.name
                ),
                Gap::NotCollected,
                "",
            )),
        };
    };
    if accounts.any(|entry| entry.name == *account) {
        Fact::known(says("trusted"), Origin::Tunable("trusted_accounts"))
    } else {
        Fact::given(says("foreign_bucket"))
    }
}

/// The entries that have not expired. The last day counts whole.
fn trusted<'c>(
    context: &'c Context<'_>,
    entries: &'c [Trusted],
) -> impl Iterator<Item = &'c Trusted> {
    entries.iter().filter(|entry| {
        Time::parse(&entry.expires).is_some_and(|last| context.as_of.days_since(last) <= 0)
    })
}

/// The buckets that AWS publishes training data and models in. Names are first come, first served,
/// so the Region must be the job's own: a pattern open to any suffix could be squatted.
fn is_aws_published(location: &S3Uri<'_>, region: &str) -> bool {
    let Holder::Bucket(bucket) = location.holder else {
        return false;
    };
    bucket == "sagemaker-sample-files"
        || [
            "jumpstart-cache-prod-",
            "jumpstart-private-cache-prod-",
            "sagemaker-sample-data-",
            "sagemaker-example-files-prod-",
        ]
        .iter()
        .any(|prefix| bucket.strip_prefix(prefix) == Some(region))
}

/// The owner of a file system, as its own service lists it.
fn file_system<'e>(context: &Context<'e>, asset: &Asset, part: &Part<'_, 'e>) -> Fact<'e, Verdict> {
    let id = part.text(FILE_SYSTEM);
    let kind = part.text(FILE_SYSTEM_TYPE);
    id.zip(kind).then(|(id, kind)| {
        let operation = if kind == "EFS" {
            Operation::DescribeElasticFileSystems
        } else {
            Operation::DescribeFsxFileSystems
        };
        let listing = context
            .estate
            .listing(operation, &asset.account, &asset.region, "");
        for page in &listing.pages {
            let items = page.body.member("FileSystems").map_or(&[][..], Node::items);
            let found = items
                .iter()
                .enumerate()
                .find(|(_, item)| item.member("FileSystemId").and_then(Node::text) == Some(&*id));
            if let Some((index, item)) = found {
                let origin = Origin::Member {
                    observation: page.observation,
                    pointer: Cow::Owned(format!("/FileSystems/{index}/OwnerId")),
                };
                return match item.member("OwnerId").and_then(Node::text) {
                    Some(owner) => Fact::known(owned(owner, asset, "foreign_filesystem"), origin),
                    None => Fact::unknown(page.root().malformed("/FileSystems")),
                };
            }
        }
        Fact::unknown(listing.gap.unwrap_or_else(|| {
            Missing::call(
                operation,
                "",
                Gap::Undecided,
                format!(
                    "`{id}` is not among the account's file systems: deleted, or another account's"
                ),
            )
            .into()
        }))
    })
}

fn owned(owner: &str, asset: &Asset, foreign: &'static str) -> Verdict {
    Verdict {
        source: if owner == asset.account {
            "own"
        } else {
            foreign
        },
        owner: Some(owner.to_owned()),
        because: "its description names its owner".to_owned(),
    }
}

/// The account of a dataset, from its ARN. AWS's own hub has the account `aws`.
fn dataset<'e>(asset: &Asset, part: &Part<'_, 'e>) -> Fact<'e, Verdict> {
    part.text(DATASET).then(|text| match Arn::parse(&text) {
        Some(arn) if arn.account == "aws" => Fact::given(Verdict {
            source: "aws_published",
            owner: Some("aws".to_owned()),
            because: "its ARN names its account".to_owned(),
        }),
        Some(arn) => Fact::given(Verdict {
            because: "its ARN names its account".to_owned(),
            ..owned(arn.account, asset, "foreign_dataset")
        }),
        None => Fact::unknown(part.malformed(DATASET)),
    })
}

/// Whether a foreign owner is in the organisation, when the organisation was read.
fn same_organization<'e>(
    context: &Context<'e>,
    source: &Fact<'e, &'static str>,
    owner: &Fact<'e, Option<String>>,
) -> Fact<'e, bool> {
    source.clone().zip(owner.clone()).then(|(source, owner)| {
        let Some(owner) = owner.filter(|_| source != "own") else {
            return Fact::given(false);
        };
        let mut gap = crate::estate::not_collected(Operation::ListAccounts, "");
        for place in context.estate.places(Operation::ListAccounts) {
            let listing =
                context
                    .estate
                    .listing(Operation::ListAccounts, &place.account, GLOBAL_REGION, "");
            for page in &listing.pages {
                let accounts = page.body.member("Accounts").map_or(&[][..], Node::items);
                let found = accounts.iter().position(|account| {
                    account.member("Id").and_then(Node::text) == Some(owner.as_str())
                });
                if let Some(index) = found {
                    let origin = Origin::Member {
                        observation: page.observation,
                        pointer: Cow::Owned(format!("/Accounts/{index}/Id")),
                    };
                    return Fact::known(true, origin);
                }
            }
            match listing.gap {
                None => return Fact::given(false),
                Some(missing) => gap = missing,
            }
        }
        Fact::unknown(gap)
    })
}
