//! Notebook instances.
//!
//! Enters: `DescribeNotebookInstance`, or where that is not there the item of
//! `ListNotebookInstances`; the lifecycle configuration, the key, the role; log streams and trail
//! events that show use. Leaves: [`NotebookInstance`]. Deliberately absent: the text of lifecycle
//! scripts, of which only features are kept.
//!
//! `LastModifiedTime` moves when a notebook is created, started, stopped or updated, not when it
//! is used. How long a running notebook has gone without a restart is therefore an upper bound on
//! how long it has been idle, which log streams and trail events can correct.

mod activity;
mod declared;
mod lifecycle;

use std::collections::HashMap;
use std::sync::Arc;

use crate::arn::{Arn, partition_of};
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place, Reply};
use crate::facts::answer::{Answer, Part};
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Text};
use crate::facts::named::{Named, objects, place_of};
use crate::facts::role::Role;
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::time::Time;

use activity::Activity;

crate::facts! {
    /// A notebook instance.
    pub struct NotebookInstance<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its name.
        pub name: String,
        /// Its account.
        pub account: String,
        /// Its Region.
        pub region: String,
        /// Its partition: `aws`, `aws-cn`, `aws-us-gov`, …
        pub partition: String,
        /// `NotebookInstanceStatus`: `Pending` | `InService` | `Stopping` | `Stopped` | `Failed` | `Deleting` | `Updating`.
        pub status: Fact<'e, Text<'e>>,
        /// `CreationTime`.
        pub creation_time: Fact<'e, Time>,
        /// `LastModifiedTime`: the last creation, start, stop or update.
        pub last_modified_time: Fact<'e, Time>,
        /// Days since `last_modified_time`, rounded down.
        pub days_unmodified: Fact<'e, i64>,
        /// `InstanceType`.
        pub instance_type: Fact<'e, Option<Text<'e>>>,
        /// `RootAccess`: `Enabled` (also when absent) | `Disabled`.
        pub root_access: Fact<'e, Text<'e>>,
        /// `DirectInternetAccess`: `Enabled` (also when absent) | `Disabled`.
        pub direct_internet_access: Fact<'e, Text<'e>>,
        /// Whether `SubnetId` is set: `none` | `set` | `known_after_apply`.
        pub subnet: Fact<'e, &'static str>,
        /// `SubnetId`.
        pub subnet_id: Fact<'e, Option<Text<'e>>>,
        /// `SecurityGroups`.
        pub security_groups: Fact<'e, Vec<Text<'e>>>,
        /// Whether `KmsKeyId` is set: `none` | `set` | `known_after_apply`.
        pub kms_key: Fact<'e, &'static str>,
        /// `KmsKeyId`.
        pub kms_key_id: Fact<'e, Option<Text<'e>>>,
        /// `KeyState` of the key, when it was asked for: `Enabled` | `Disabled` | `PendingDeletion` | `Unavailable` | …
        pub key_state: Fact<'e, Option<Text<'e>>>,
        /// `KeyManager` of the key, when it was asked for: `CUSTOMER` | `AWS`.
        pub key_manager: Fact<'e, Option<Text<'e>>>,
        /// `MinimumInstanceMetadataServiceVersion`: `1` (also when absent) | `2`.
        pub minimum_imds_version: Fact<'e, Text<'e>>,
        /// `NotebookInstanceLifecycleConfigName`.
        pub lifecycle_config_name: Fact<'e, Option<Text<'e>>>,
        /// `none` (no configuration is named) | `dangling` (the named one does not exist) | `empty` (it runs nothing) | `present` | `known_after_apply`.
        pub lifecycle: Fact<'e, &'static str>,
        /// Whether the scripts of the configuration were read.
        pub lifecycle_read: Fact<'e, bool>,
        /// Whether a script runs at every start.
        pub runs_on_start: Fact<'e, bool>,
        /// Whether a script stops the notebook when it is idle.
        pub stops_when_idle: Fact<'e, bool>,
        /// The last time that log streams or trail events show the notebook in use; absent when nothing shows it.
        pub last_activity: Fact<'e, Option<Time>>,
        /// Whether a log stream or trail events of the notebook were read at all.
        pub activity_read: Fact<'e, bool>,
        /// `RoleArn`.
        pub role_arn: Fact<'e, Text<'e>>,
        /// The role.
        pub role: Fact<'e, Arc<Role<'static>>>,
        /// Whether `declared_assumable` lists what this notebook, its role or its account may assume.
        pub assumable_declared: Fact<'e, bool>,
        /// Roles that the role may assume and that the declared list does not hold; its own ARN is left out.
        pub outside_declared: Fact<'e, Vec<String>>,
    }
}

/// The member of a listing's page that holds its notebooks.
const ITEMS: &str = "/NotebookInstances";

/// What notebooks share: the listings, and the traces of use.
#[derive(Debug)]
pub struct Notebooks<'e> {
    pages: Vec<Answer<'e>>,
    /// Page and item, by place and name.
    items: HashMap<(Place, String), (usize, usize)>,
    activity: Activity,
}

impl<'e> Notebooks<'e> {
    /// Reads the listings of every place.
    #[must_use]
    pub fn new(estate: &'e Estate) -> Self {
        let mut pages = Vec::new();
        let mut items = HashMap::new();
        for observation in estate.every(Operation::ListNotebookInstances) {
            let Ok(page) = Answer::of(observation) else {
                continue;
            };
            for (index, item) in objects(&page.root(), ITEMS).iter().enumerate() {
                if let Some(name) = item.text("/NotebookInstanceName").value() {
                    let place = place_of(observation);
                    items.insert((place, name.clone().into_owned()), (pages.len(), index));
                }
            }
            pages.push(page);
        }
        Notebooks {
            pages,
            items,
            activity: Activity::new(estate),
        }
    }

    fn item(&self, asset: &Asset) -> Option<Part<'_, 'e>> {
        let key = (
            Place {
                account: asset.account.clone(),
                region: asset.region.clone(),
            },
            asset.name.clone(),
        );
        let (page, index) = self.items.get(&key)?;
        self.pages.get(*page)?.root().item(ITEMS, *index)
    }
}

/// Every notebook that an answer shows or a refused question names, but those that were deleted
/// between listing and description.
#[must_use]
pub fn assets(estate: &Estate) -> Vec<Asset> {
    Named {
        kind: AssetKind::NotebookInstance,
        list: Operation::ListNotebookInstances,
        describe: Operation::DescribeNotebookInstance,
        items: ITEMS,
        asked: "NotebookInstanceName",
        name: "/NotebookInstanceName",
        arn: "/NotebookInstanceArn",
        resource: "notebook-instance",
    }
    .assets(estate)
}

/// The facts of one notebook.
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> NotebookInstance<'e> {
    let reply = context.estate.reply(
        Operation::DescribeNotebookInstance,
        &asset.account,
        &asset.region,
        &asset.name,
    );
    let described = match &reply {
        Reply::Answer(answer) => Ok(answer.root()),
        Reply::Missing(missing) => Err(Arc::clone(missing)),
        Reply::NotFound(observation) | Reply::Absent(observation) => Err(observation.gone().into()),
    };
    let source = Source {
        described,
        listed: context.notebooks.item(asset),
    };
    let status = source.either(|part| part.text("/NotebookInstanceStatus"));
    let creation_time = source.either(|part| part.time("/CreationTime"));
    let last_modified_time = source.either(|part| part.time("/LastModifiedTime"));
    let as_of = context.as_of;
    let days_unmodified = last_modified_time
        .clone()
        .map(|time| as_of.days_since(time));
    let lifecycle = lifecycle::derive(context, asset, &source);
    let kms_key_id = source.described(|part| part.optional_text("/KmsKeyId"));
    let key = key_of(context, asset, &kms_key_id);
    let role_arn = source.described(|part| part.text("/RoleArn"));
    let role = role_arn
        .clone()
        .map(|arn| context.roles.role(&arn, &asset.account));
    let (assumable_declared, outside_declared) =
        declared::compare(context, asset, &role_arn, &role);
    let trace = context.notebooks.activity.of(asset);
    NotebookInstance {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: Arn::parse(&asset.arn)
            .map_or_else(|| partition_of(&asset.region), |arn| arn.partition)
            .to_owned(),
        status,
        creation_time,
        last_modified_time,
        days_unmodified,
        instance_type: source.either(|part| part.optional_text("/InstanceType")),
        root_access: source.described(|part| part.text_or("/RootAccess", "Enabled")),
        direct_internet_access: source
            .described(|part| part.text_or("/DirectInternetAccess", "Enabled")),
        subnet: source.described(|part| part.assignment("/SubnetId")),
        subnet_id: source.described(|part| part.optional_text("/SubnetId")),
        security_groups: source.described(|part| part.texts("/SecurityGroups")),
        kms_key: source.described(|part| part.assignment("/KmsKeyId")),
        kms_key_id,
        key_state: key.state,
        key_manager: key.manager,
        minimum_imds_version: source.described(|part| {
            part.text_or(
                "/InstanceMetadataServiceConfiguration/MinimumInstanceMetadataServiceVersion",
                "1",
            )
        }),
        lifecycle_config_name: lifecycle.name,
        lifecycle: lifecycle.state,
        lifecycle_read: lifecycle.read,
        runs_on_start: lifecycle.on_start,
        stops_when_idle: lifecycle.autostop,
        last_activity: trace.last,
        activity_read: trace.read,
        role_arn,
        role,
        assumable_declared,
        outside_declared,
    }
}

/// Where members of a notebook come from: its description, or the item of a listing, which holds
/// the status, the times and the lifecycle configuration's name as well.
struct Source<'r, 'e> {
    described: Result<Part<'r, 'e>, MissingSet>,
    listed: Option<Part<'r, 'e>>,
}

impl<'r, 'e> Source<'r, 'e> {
    /// A member that only the description has.
    fn described<T>(&self, read: impl FnOnce(&Part<'r, 'e>) -> Fact<'e, T>) -> Fact<'e, T> {
        match &self.described {
            Ok(part) => read(part),
            Err(missing) => Fact::unknown(Arc::clone(missing)),
        }
    }

    /// A member that the listing has too. A description that was answered counts alone: what it
    /// lacks, an older listing must not supply.
    fn either<T>(&self, read: impl FnOnce(&Part<'r, 'e>) -> Fact<'e, T>) -> Fact<'e, T> {
        match (&self.described, &self.listed) {
            (Err(_), Some(item)) => read(item),
            _ => self.described(read),
        }
    }
}

/// What KMS says of the notebook's key.
struct Key<'e> {
    state: Fact<'e, Option<Text<'e>>>,
    manager: Fact<'e, Option<Text<'e>>>,
}

/// Looks the key up by the id the notebook names. It is context only: whether the notebook has a
/// key does not depend on it.
fn key_of<'e>(context: &Context<'e>, asset: &Asset, id: &Fact<'e, Option<Text<'e>>>) -> Key<'e> {
    let none = || Key {
        state: Fact::given(None),
        manager: Fact::given(None),
    };
    let Some(Some(id)) = id.value() else {
        return none();
    };
    let arn = Arn::parse(id);
    let account = arn.map_or(asset.account.as_str(), |arn| arn.account);
    let candidates = [id.as_ref(), arn.map_or("", |arn| arn.name())];
    for key in candidates.into_iter().filter(|key| !key.is_empty()) {
        let reply = context
            .estate
            .reply(Operation::DescribeKey, account, &asset.region, key);
        if let Reply::Answer(answer) = reply {
            let root = answer.root();
            return Key {
                state: root.optional_text("/KeyMetadata/KeyState"),
                manager: root.optional_text("/KeyMetadata/KeyManager"),
            };
        }
    }
    none()
}

#[cfg(test)]
mod tests;
