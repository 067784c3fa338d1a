//! Which accounts and Regions are read.
//!
//! Enters: what the operator chose. Leaves: accounts with their credentials, and Regions that are switched on.
//! Deliberately absent: what is read there.

use std::collections::{BTreeMap, BTreeSet};

use sagewarden_core::arn::partition_of;
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Parameters, plain};

use crate::walk::{Site, members};

/// Which accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// The one that is signed in to.
    #[default]
    Own,
    /// These, by twelve-digit id.
    Listed(Vec<String>),
    /// Active accounts of the organisation.
    Organization {
        /// Organisational units, or roots, below which accounts are read; all accounts where none is named.
        units: Vec<String>,
        /// Units below which none is.
        except_units: Vec<String>,
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

/// Accounts by id, each with the organisational units that lead to it where they were asked.
pub(crate) type Chosen = BTreeMap<String, Vec<String>>;

/// The organisation's active accounts that are chosen, or why they could not be listed.
pub(crate) async fn organization(
    site: &Site<'_, '_>,
    units: &[String],
    except_units: &[String],
    except: &[String],
) -> Result<Chosen, String> {
    let all = list(site, O::ListAccounts, members([]), active).await?;
    let mut chosen: Chosen = all.into_iter().map(|id| (id, Vec::new())).collect();
    let mut seen = BTreeSet::new();
    for unit in except_units {
        let out = below(site, unit, &mut seen).await?;
        chosen.retain(|id, _| !out.contains_key(id));
    }
    if !units.is_empty() {
        let mut within = Chosen::new();
        // What was left out is not looked into again.
        for unit in units {
            within.extend(below(site, unit, &mut seen).await?);
        }
        chosen.retain(|id, _| within.contains_key(id));
        for (id, path) in &mut chosen {
            *path = within.remove(id).unwrap_or_default();
        }
    }
    chosen.retain(|id, _| !except.contains(id));
    Ok(chosen)
}

/// The active accounts below a unit, at any depth, but for the units that were seen before.
async fn below(
    site: &Site<'_, '_>,
    unit: &str,
    seen: &mut BTreeSet<String>,
) -> Result<Chosen, String> {
    let mut found = Chosen::new();
    let mut open = vec![vec![unit.to_owned()]];
    while let Some(path) = open.pop() {
        let Some(parent) = path.last().filter(|parent| seen.insert((*parent).clone())) else {
            continue;
        };
        let asked = members([("ParentId", parent)]);
        for id in list(site, O::ListAccountsForParent, asked.clone(), active).await? {
            found.insert(id, path.clone());
        }
        let id = |unit: &Node<'_>| Some(unit.member("Id")?.text()?.to_owned());
        for id in list(site, O::ListOrganizationalUnitsForParent, asked, id).await? {
            open.push(path.iter().cloned().chain([id]).collect());
        }
    }
    Ok(found)
}

/// The id of an account, if it is active.
fn active(account: &Node<'_>) -> Option<String> {
    let text = |name: &str| account.member(name).and_then(Node::text);
    let is_active = text("State").or(text("Status")) == Some("ACTIVE");
    text("Id").filter(|_| is_active).map(str::to_owned)
}

/// What `each` makes of the items of a listing, or that it was not read to its end.
async fn list(
    site: &Site<'_, '_>,
    operation: O,
    asked: Parameters,
    each: impl Fn(&Node<'_>) -> Option<String>,
) -> Result<BTreeSet<String>, String> {
    let mut found = BTreeSet::new();
    let items = operation.row().paging.map_or("", |paging| paging.items);
    let of = asked
        .get("ParentId")
        .map(|parent| format!(" for {}", plain(parent)));
    let whole = site
        .pages(operation, asked, async |page: &Node<'_>| {
            let items = page.member(items).map_or(&[][..], Node::items);
            found.extend(items.iter().filter_map(&each));
        })
        .await;
    if whole {
        Ok(found)
    } else {
        let of = of.unwrap_or_default();
        Err(format!(
            "`{operation}`{of} was not answered to its last page"
        ))
    }
}
