//! Whose a bucket is, and what decided it.
//!
//! Enters: the listings of buckets and access points, and the answers of `HeadBucket`. Leaves: for
//! a name, whether it is the account's own, another's, or nobody's, with the step of the ladder
//! that was certain. Bucket names are unique within a partition, so another account's listing is
//! as good a proof as our own. Deliberately absent: whether a foreign owner is trusted; that is the
//! control's question.
//!
//! Sources: Amazon S3 API, `ListBuckets` (returns only buckets of the caller's account),
//! `HeadBucket` (answers 404, 403 and 301 without a body), "Verifying bucket ownership with bucket
//! owner condition"; S3 Control API, `ListAccessPoints`.

mod ownership;
pub(crate) mod reads;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use crate::arn::partition_of;
use crate::estate::{Estate, not_collected};
use crate::facts::fact::{Fact, Origin, Origins};
use crate::facts::s3_uri::{Holder, S3Uri};
use crate::json::Node;
use crate::missing::{self, Gap, Missing, MissingSet};
use crate::operations::{GLOBAL_REGION, Operation, Scope};
use crate::snapshot::{Observation, Outcome};
use crate::time::Time;

pub use ownership::{Owner, Ownership, Step};

/// One account's buckets as its listing names them.
#[derive(Debug, Default)]
struct BucketList<'e> {
    names: HashMap<Cow<'e, str>, Entry<'e>>,
    pages: Vec<&'e Observation>,
    gap: Option<MissingSet>,
}

#[derive(Debug)]
struct Entry<'e> {
    page: &'e Observation,
    index: usize,
    created: bool,
}

#[derive(Debug)]
struct AccessPoint<'e> {
    page: &'e Observation,
    index: usize,
    /// The account whose listing shows it: its owner.
    account: &'e str,
    region: &'e str,
    name: Cow<'e, str>,
    bucket: Option<Cow<'e, str>>,
    bucket_account: Option<Cow<'e, str>>,
}

/// What the estate says about buckets, indexed once.
#[derive(Debug, Default)]
pub struct Buckets<'e> {
    lists: HashMap<(Operation, &'e str, &'e str), BucketList<'e>>,
    heads: HashMap<&'e str, Vec<&'e Observation>>,
    points: Vec<AccessPoint<'e>>,
    aliases: HashMap<Cow<'e, str>, usize>,
    point_gaps: HashMap<(&'e str, &'e str), Option<MissingSet>>,
    partitions: HashMap<&'e str, BTreeSet<&'static str>>,
    mixed: bool,
    /// `DescribeKey` by every name that the key goes by.
    keys: HashMap<String, Vec<&'e Observation>>,
    /// By the asset's account and the role's ARN.
    readers: Mutex<HashMap<(String, String), Arc<reads::Reader>>>,
}

impl<'e> Buckets<'e> {
    /// Indexes the listings and `HeadBucket` answers of an estate.
    #[must_use]
    pub fn of(estate: &'e Estate) -> Buckets<'e> {
        let mut buckets = Buckets::default();
        for operation in [Operation::ListBuckets, Operation::ListDirectoryBuckets] {
            for place in estate.places(operation) {
                let list = bucket_list(estate, operation, &place.account, &place.region);
                let key = (operation, place.account.as_str(), place.region.as_str());
                buckets.lists.insert(key, list);
            }
        }
        for observation in estate.every(Operation::HeadBucket) {
            if let Some(bucket) = parameter(observation, "Bucket") {
                buckets.heads.entry(bucket).or_default().push(observation);
            }
        }
        for place in estate.places(Operation::ListAccessPoints) {
            buckets.add_access_points(estate, &place.account, &place.region);
        }
        for observation in estate.every(Operation::DescribeKey) {
            for name in key_names(observation) {
                buckets.keys.entry(name).or_default().push(observation);
            }
        }
        for operation in Operation::ALL {
            if operation.row().scope == Scope::Region {
                for place in estate.places(*operation) {
                    let known = buckets.partitions.entry(&place.account).or_default();
                    known.insert(partition_of(&place.region));
                }
            }
        }
        let all: BTreeSet<&str> = buckets.partitions.values().flatten().copied().collect();
        buckets.mixed = all.len() > 1;
        buckets
    }

    /// Whose the thing is that a location names, seen from an asset of `account` in `region`.
    #[must_use]
    pub fn owner_of(
        &self,
        account: &str,
        region: &str,
        location: &S3Uri<'_>,
    ) -> Fact<'e, Ownership> {
        match location.holder {
            Holder::Bucket(name) | Holder::Directory(name) => self.ownership(account, region, name),
            Holder::Alias(alias) => match self.alias(alias) {
                Some(point) => self.owner_through(account, region, point),
                None => Fact::unknown(self.unresolved(account, region, alias)),
            },
            Holder::AccessPoint {
                account: holder, ..
            } if holder != account => Fact::given(Ownership {
                owner: Owner::Foreign,
                step: Step::ForeignAccessPoint,
                account: Some(holder.to_owned()),
            }),
            Holder::AccessPoint {
                region: home, name, ..
            } => match self.point(account, home, name) {
                Some(point) => self.owner_through(account, region, point),
                None => Fact::unknown(self.unresolved(account, home, name)),
            },
            Holder::Special(name) => Fact::unknown(Missing::undecided(format!(
                "which bucket is behind `{name}`"
            ))),
        }
    }

    /// The bucket behind a location: its own name, or the one that its access point opens.
    #[must_use]
    pub fn bucket_of<'n>(
        &self,
        account: &str,
        region: &str,
        location: &S3Uri<'n>,
    ) -> Fact<'e, Cow<'n, str>>
    where
        'e: 'n,
    {
        let (point, home, name) = match location.holder {
            Holder::Bucket(name) | Holder::Directory(name) => {
                return Fact::given(Cow::Borrowed(name));
            }
            Holder::Alias(alias) => (self.alias(alias), region, alias),
            Holder::AccessPoint {
                account: holder,
                region: home,
                name,
            } => (self.point(holder, home, name), home, name),
            Holder::Special(name) => (None, region, name),
        };
        match point {
            Some(point) => match &point.bucket {
                Some(bucket) => Fact::known(bucket.clone(), point.origin()),
                None => Fact::unknown(point.malformed()),
            },
            None => Fact::unknown(self.unresolved(account, home, name)),
        }
    }

    /// Whose the bucket of that name is, seen from `account`.
    #[must_use]
    pub fn ownership(&self, account: &str, region: &str, bucket: &str) -> Fact<'e, Ownership> {
        let (operation, place) = if bucket.ends_with("--x-s3") {
            (Operation::ListDirectoryBuckets, region)
        } else {
            (Operation::ListBuckets, GLOBAL_REGION)
        };
        let list = self.lists.get(&(operation, account, place));
        if let Some(entry) = list.and_then(|list| list.names.get(bucket)) {
            let (owner, step) = if entry.created {
                (Owner::Own, Step::Listed)
            } else {
                (Owner::Declared, Step::Planned)
            };
            return decided(owner, step, Some(account), entry.origin());
        }
        let heads = self.heads.get(bucket).map_or(&[][..], Vec::as_slice);
        if let Some((owner, head)) = confirmed_owner(heads) {
            let class = if owner == account {
                Owner::Own
            } else {
                Owner::Foreign
            };
            return decided(class, Step::OwnerConfirmed, Some(owner), outcome(head));
        }
        if operation == Operation::ListBuckets
            && let Some((owner, entry)) = self.listed_elsewhere(account, region, bucket)
        {
            let step = Step::ListedElsewhere;
            return decided(Owner::Foreign, step, Some(owner), entry.origin());
        }
        let open = heads.iter().copied().find(|head| {
            head.account == account && parameter(head, "ExpectedBucketOwner").is_none()
        });
        let owned = heads.iter().copied().find(|head| {
            head.account == account && parameter(head, "ExpectedBucketOwner") == Some(account)
        });
        if let Some(head) = open
            && matches!(head.outcome, Outcome::NotFound { .. })
        {
            return decided(
                Owner::Nonexistent,
                Step::MissingEverywhere,
                None,
                outcome(head),
            );
        }
        let gap = list.map_or_else(
            || Some(not_collected(operation, "")),
            |list| list.gap.clone(),
        );
        let Some(gap) = gap else {
            let pages = list.map_or(&[][..], |list| list.pages.as_slice());
            let exists = open
                .into_iter()
                .chain(owned)
                .find(|head| shows_existence(head));
            return match exists {
                Some(head) => decided(
                    Owner::Foreign,
                    Step::ExistsUnlisted,
                    None,
                    pages
                        .iter()
                        .chain([&head])
                        .map(|page| outcome(page))
                        .collect::<Origins<'e>>(),
                ),
                None => Fact::unknown(head_gap(bucket, "", open)),
            };
        };
        match (open, owned) {
            (Some(shown), Some(refused))
                if matches!(shown.outcome, Outcome::Ok { .. }) && is_forbidden(refused) =>
            {
                let origins: Origins<'e> = [outcome(shown), outcome(refused)].into_iter().collect();
                decided(Owner::Foreign, Step::OwnerRefused, None, origins)
            }
            _ => {
                let asked = [("", open), (account, owned)];
                let silent = asked.into_iter().filter(|(_, head)| {
                    !head.is_some_and(|head| matches!(head.outcome, Outcome::Ok { .. }))
                });
                Fact::unknown(silent.fold(gap, |all, (owner, head)| {
                    missing::union(&all, &head_gap(bucket, owner, head))
                }))
            }
        }
    }

    /// The page and index at which the account's own listing names the bucket.
    #[must_use]
    pub fn listed(&self, account: &str, bucket: &str) -> Option<(&'e Observation, usize)> {
        let list = self
            .lists
            .get(&(Operation::ListBuckets, account, GLOBAL_REGION))?;
        list.names
            .get(bucket)
            .map(|entry| (entry.page, entry.index))
    }

    /// When the bucket was created, if the account's own listing tells.
    #[must_use]
    pub fn created(&self, account: &str, bucket: &str) -> Option<Time> {
        let (page, index) = self.listed(account, bucket)?;
        let page = Node::parse(page.body()?).ok()?;
        Time::from_node(page.pointer(&format!("/Buckets/{index}/CreationDate"))?)
    }

    /// The names of the account's buckets, sorted, when its listing is complete.
    #[must_use]
    pub fn own_names<'s>(&'s self, account: &'s str) -> Option<Vec<&'s str>> {
        let list = self
            .lists
            .get(&(Operation::ListBuckets, account, GLOBAL_REGION))?;
        if list.gap.is_some() {
            return None;
        }
        let mut names: Vec<&str> = list.names.keys().map(Cow::as_ref).collect();
        names.sort_unstable();
        Some(names)
    }

    /// The description of a key, by id, ARN or alias. Ids are unique everywhere; an alias is one
    /// account's and Region's.
    pub(crate) fn key(&self, account: &str, region: &str, name: &str) -> Option<&'e Observation> {
        let id = name.rsplit_once(":key/").map(|(_, id)| id);
        [Some(name), id].into_iter().flatten().find_map(|name| {
            let known = self.keys.get(name)?;
            let near = |key: &&&'e Observation| key.account == account && key.region == region;
            match known.iter().find(near) {
                Some(key) => Some(*key),
                None if name.starts_with("alias/") => None,
                None => known.first().copied(),
            }
        })
    }

    /// An answer to `account` that shows the bucket to exist, whoever owns it.
    #[must_use]
    pub fn seen(&self, account: &str, bucket: &str) -> Option<&'e Observation> {
        let heads = self.heads.get(bucket)?;
        heads
            .iter()
            .copied()
            .find(|head| head.account == account && shows_existence(head))
    }

    /// Whether S3 was asked, for `account`, if `owner` owns the bucket, and answered.
    #[must_use]
    pub fn was_asked(&self, account: &str, bucket: &str, owner: &str) -> bool {
        let heads = self.heads.get(bucket).map_or(&[][..], Vec::as_slice);
        heads.iter().any(|head| {
            head.account == account
                && parameter(head, "ExpectedBucketOwner") == Some(owner)
                && (matches!(head.outcome, Outcome::Ok { .. }) || is_forbidden(head))
        })
    }

    /// Another account whose listing names the bucket, provided both are surely in one partition.
    fn listed_elsewhere(
        &self,
        account: &str,
        region: &str,
        bucket: &str,
    ) -> Option<(&'e str, &Entry<'e>)> {
        let ours = partition_of(region);
        self.lists
            .iter()
            .filter(|((operation, other, _), _)| {
                *operation == Operation::ListBuckets && *other != account
            })
            .filter(|((_, other, _), _)| {
                !self.mixed
                    || self
                        .partitions
                        .get(other)
                        .is_some_and(|known| known.iter().eq([&ours]))
            })
            .filter_map(|((_, other, _), list)| Some((*other, list.names.get(bucket)?)))
            .filter(|(_, entry)| entry.created)
            .min_by_key(|(other, _)| *other)
    }

    fn owner_through(
        &self,
        account: &str,
        region: &str,
        point: &AccessPoint<'e>,
    ) -> Fact<'e, Ownership> {
        if point.account != account {
            let step = Step::ForeignAccessPoint;
            return decided(Owner::Foreign, step, Some(point.account), point.origin());
        }
        match (&point.bucket_account, &point.bucket) {
            (Some(owner), _) => {
                let class = if owner == account {
                    Owner::Own
                } else {
                    Owner::Foreign
                };
                decided(class, Step::AccessPoint, Some(owner), point.origin())
            }
            (None, Some(bucket)) => self
                .ownership(account, region, bucket)
                .also_from(point.origin()),
            (None, None) => Fact::unknown(point.malformed()),
        }
    }

    fn alias(&self, alias: &str) -> Option<&AccessPoint<'e>> {
        self.aliases
            .get(alias)
            .and_then(|index| self.points.get(*index))
    }

    fn point(&self, account: &str, region: &str, name: &str) -> Option<&AccessPoint<'e>> {
        self.points
            .iter()
            .find(|point| point.account == account && point.region == region && point.name == name)
    }

    fn unresolved(&self, account: &str, region: &str, name: &str) -> MissingSet {
        match self.point_gaps.get(&(account, region)) {
            Some(Some(gap)) => gap.clone(),
            Some(None) => Missing::call(
                Operation::ListAccessPoints,
                "",
                Gap::Undecided,
                format!("the account has no access point `{name}` in {region}"),
            )
            .into(),
            None => not_collected(Operation::ListAccessPoints, ""),
        }
    }

    fn add_access_points(&mut self, estate: &'e Estate, account: &'e str, region: &'e str) {
        let listing = estate.listing(Operation::ListAccessPoints, account, region, "");
        let mut gap = listing.gap;
        for page in &listing.pages {
            let Some(items) = page.body.member("AccessPointList") else {
                gap = Some(page.root().malformed("/AccessPointList").into());
                continue;
            };
            for (index, item) in items.items().iter().enumerate() {
                let text = |name: &str| match item.member(name) {
                    Some(crate::json::Node::Text(text)) => Some(text.clone()),
                    _ => None,
                };
                let Some(name) = text("Name") else {
                    gap = Some(page.root().malformed("/AccessPointList").into());
                    continue;
                };
                if let Some(alias) = text("Alias") {
                    self.aliases.insert(alias, self.points.len());
                }
                self.points.push(AccessPoint {
                    page: page.observation,
                    index,
                    account,
                    region,
                    name,
                    bucket: text("Bucket"),
                    bucket_account: text("BucketAccountId"),
                });
            }
        }
        self.point_gaps.insert((account, region), gap);
    }
}

impl<'e> Entry<'e> {
    fn origin(&self) -> Origin<'e> {
        Origin::Member {
            observation: self.page,
            pointer: Cow::Owned(format!("/Buckets/{}/Name", self.index)),
        }
    }
}

impl<'e> AccessPoint<'e> {
    fn origin(&self) -> Origin<'e> {
        let member = if self.bucket_account.is_some() {
            "BucketAccountId"
        } else {
            "Name"
        };
        Origin::Member {
            observation: self.page,
            pointer: Cow::Owned(format!("/AccessPointList/{}/{member}", self.index)),
        }
    }

    fn malformed(&self) -> Missing {
        Missing::call(
            Operation::ListAccessPoints,
            "",
            Gap::Malformed,
            format!("/AccessPointList/{}/Bucket", self.index),
        )
    }
}

fn bucket_list<'e>(
    estate: &'e Estate,
    operation: Operation,
    account: &str,
    region: &str,
) -> BucketList<'e> {
    let listing = estate.listing(operation, account, region, "");
    let mut list = BucketList {
        gap: listing.gap,
        ..BucketList::default()
    };
    for page in &listing.pages {
        list.pages.push(page.observation);
        // A listing that was asked for some buckets only cannot show that another is absent.
        let narrowed = ["Prefix", "BucketRegion"]
            .iter()
            .any(|name| parameter(page.observation, name).is_some());
        if narrowed {
            list.gap = Some(Missing::call(operation, "", Gap::Incomplete, "").into());
        }
        let Some(items) = page.body.member("Buckets") else {
            list.gap = Some(page.root().malformed("/Buckets").into());
            continue;
        };
        for (index, item) in items.items().iter().enumerate() {
            let Some(crate::json::Node::Text(name)) = item.member("Name") else {
                list.gap = Some(page.root().malformed("/Buckets").into());
                continue;
            };
            let entry = Entry {
                page: page.observation,
                index,
                created: item.member("CreationDate").is_some(),
            };
            list.names.insert(name.clone(), entry);
        }
    }
    list
}

/// Every name that a described key goes by.
fn key_names(observation: &Observation) -> BTreeSet<String> {
    let asked = parameter(observation, "KeyId").map(str::to_owned);
    let answer = crate::facts::answer::Answer::of(observation).ok();
    let told = ["/KeyMetadata/Arn", "/KeyMetadata/KeyId"]
        .iter()
        .filter_map(|pointer| Some(answer.as_ref()?.body.pointer(pointer)?.text()?.to_owned()));
    asked.into_iter().chain(told).collect()
}

fn parameter<'o>(observation: &'o Observation, name: &str) -> Option<&'o str> {
    observation
        .parameters
        .get(name)
        .and_then(serde_json::Value::as_str)
        .filter(|text| !text.is_empty())
}

fn decided<'e>(
    owner: Owner,
    step: Step,
    account: Option<&str>,
    origins: impl Into<Origins<'e>>,
) -> Fact<'e, Ownership> {
    let ownership = Ownership {
        owner,
        step,
        account: account.map(str::to_owned),
    };
    Fact::known(ownership, origins)
}

fn outcome(observation: &Observation) -> Origin<'_> {
    Origin::Outcome { observation }
}

/// The owner that S3 confirmed, whoever asked.
fn confirmed_owner<'e>(heads: &[&'e Observation]) -> Option<(&'e str, &'e Observation)> {
    heads
        .iter()
        .filter(|head| matches!(head.outcome, Outcome::Ok { .. }))
        .find_map(|head| Some((parameter(head, "ExpectedBucketOwner")?, *head)))
}

/// S3 refused: the bucket is there. Refusals that speak of the caller's credentials show nothing.
fn is_forbidden(head: &Observation) -> bool {
    matches!(&head.outcome, Outcome::Denied { code, .. }
        if ["403", "Forbidden", "AccessDenied", "AllAccessDisabled"].contains(&code.as_str()))
}

fn shows_existence(head: &Observation) -> bool {
    match &head.outcome {
        Outcome::Ok { .. } => true,
        Outcome::Failed { code } => {
            ["301", "MovedPermanently", "PermanentRedirect"].contains(&code.as_str())
        }
        _ => is_forbidden(head),
    }
}

/// Why `HeadBucket` does not tell.
fn head_gap(bucket: &str, owner: &str, head: Option<&Observation>) -> MissingSet {
    let subject = if owner.is_empty() {
        format!("Bucket={bucket}")
    } else {
        format!("Bucket={bucket}, ExpectedBucketOwner={owner}")
    };
    let gap = match head.and_then(Observation::gap) {
        Some(gap) => Missing { subject, ..gap },
        None => Missing::call(Operation::HeadBucket, subject, Gap::NotCollected, ""),
    };
    gap.into()
}

#[cfg(test)]
mod tests;
