//! Which accounts and Regions are read.
//!
//! Enters: what the operator chose. Leaves: accounts with their credentials, and Regions that are switched on.
//! Deliberately absent: what is read there.

use std::collections::BTreeSet;

use sagewarden_core::arn::partition_of;
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use crate::walk::{Site, members};

/// Which accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// The one that is signed in to.
    #[default]
    Own,
    /// These, by twelve-digit id.
    Listed(Vec<String>),
    /// Every active account of the organisation.
    Organization {
        /// Accounts to leave out.
        except: Vec<String>,
    },
}

/// Which Regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Regions {
    /// Every Region that is switched on in the account.
    #[default]
    Enabled,
    /// These.
    Listed(Vec<String>),
}

/// The Regions of the partition `aws` that no account can switch off.
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html>
const ALWAYS_ON: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// The Regions to read in an account, and whether they are known to be all.
pub(crate) async fn regions(site: &Site<'_, '_>, wanted: &Regions) -> (BTreeSet<String>, bool) {
    if let Regions::Listed(regions) = wanted {
        return (regions.iter().cloned().collect(), true);
    }
    if let Some(text) = site.ask(O::DescribeRegions, members([])).await
        && let Ok(answer) = Node::parse(&text)
    {
        // Without `AllRegions` the service lists those that are switched on.
        let names = crate::found::values(&answer, "RegionName");
        if !names.is_empty() {
            return (names, true);
        }
    }
    let mut regions = BTreeSet::from([site.region.to_owned()]);
    if partition_of(site.region) == "aws" {
        regions.extend(ALWAYS_ON.map(str::to_owned));
    }
    (regions, false)
}

/// The organisation's active accounts, or why they could not be listed.
pub(crate) async fn organization(site: &Site<'_, '_>) -> Result<BTreeSet<String>, String> {
    let mut accounts = BTreeSet::new();
    let mut code = None;
    let whole = site
        .pages(O::ListAccounts, members([]), async |page: &Node<'_>| {
            for account in page.member("Accounts").map_or(&[][..], Node::items) {
                let text = |name: &str| account.member(name).and_then(Node::text);
                let is_active = text("State").or(text("Status")) == Some("ACTIVE");
                if let (true, Some(id)) = (is_active, text("Id")) {
                    accounts.insert(id.to_owned());
                }
            }
        })
        .await;
    if !whole {
        code = Some("`organizations:ListAccounts` was not answered to its last page");
    }
    match code {
        Some(why) => Err(why.to_owned()),
        None => Ok(accounts),
    }
}
