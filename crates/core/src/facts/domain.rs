//! Studio domains and the roles of their users.
//!
//! Enters: `DescribeDomain`, the listing of a domain's user profiles and each profile's
//! description, the listing of its spaces. Leaves: [`Domain`], above all whether its users share
//! one role. Deliberately absent: what the role may do; that is [`Role`]'s.
//!
//! A profile's effective role is its own `ExecutionRole`, else the domain's default. The console
//! writes the role on every profile, so values are compared, not presence.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::arn::{Arn, partition_of};
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Reply};
use crate::facts::answer::Part;
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Origins, State, Text};
use crate::facts::named::{Named, objects};
use crate::facts::role::Role;
use crate::missing::{self, MissingSet};
use crate::operations::Operation;

crate::facts! {
    /// A user profile of a domain.
    pub struct UserProfile<'e> {
        /// Its name.
        pub name: Fact<'e, Text<'e>>,
        /// Whether it is in a state in which somebody can use it: neither `Deleting` nor `Failed`.
        pub usable: Fact<'e, bool>,
        /// Its effective role: its own, else the domain's default; absent when there is neither.
        pub role: Fact<'e, Option<Text<'e>>>,
        /// Whether it takes the domain's default role.
        pub inherits: Fact<'e, bool>,
    }
}

crate::facts! {
    /// A Studio domain.
    pub struct Domain<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its id, by which AWS's commands name it.
        pub name: String,
        /// Its account.
        pub account: String,
        /// Its Region.
        pub region: String,
        /// Its partition: `aws`, `aws-cn`, `aws-us-gov`, …
        pub partition: String,
        /// `DomainName`.
        pub domain_name: Fact<'e, Text<'e>>,
        /// `Status`: `InService` | `Pending` | `Updating` | `Update_Failed` | `Delete_Failed` | `Deleting` | `Failed`.
        pub status: Fact<'e, Text<'e>>,
        /// `AuthMode`: `IAM` | `SSO`.
        pub auth_mode: Fact<'e, Option<Text<'e>>>,
        /// `DefaultUserSettings.ExecutionRole`.
        pub default_role: Fact<'e, Option<Text<'e>>>,
        /// `DefaultSpaceSettings.ExecutionRole`, which every shared space runs with.
        pub space_role: Fact<'e, Option<Text<'e>>>,
        /// Whether the domain has shared spaces.
        pub shared_spaces: Fact<'e, bool>,
        /// Whether the role's sessions carry the profile's name: `ExecutionRoleIdentityConfig` is `USER_PROFILE_NAME`.
        pub source_identity: Fact<'e, bool>,
        /// Whether trusted identity propagation is on.
        pub trusted_identity_propagation: Fact<'e, bool>,
        /// Whether it belongs to a Unified Studio project, whose members share one role by design.
        pub unified_studio_project: Fact<'e, bool>,
        /// Its user profiles.
        pub profiles: Fact<'e, Vec<UserProfile<'e>>>,
        /// How many of them are usable.
        pub usable_profiles: Fact<'e, i64>,
        /// Whether the users share one role: `no_profiles` | `single_user` | `shared` | `separate` | `no_role` (no profile has any).
        pub sharing: Fact<'e, &'static str>,
        /// Whether every usable profile takes the domain's default role.
        pub all_inherit: Fact<'e, bool>,
        /// The role of most usable profiles, where there is any.
        pub dominant_role: Fact<'e, Option<String>>,
        /// The share of usable profiles that have `dominant_role`, from 0 to 1.
        pub dominant_share: Fact<'e, f64>,
        /// The role that all users share, where `sharing` is `shared`.
        pub shared_role: Fact<'e, Option<Arc<Role<'static>>>>,
    }
}

/// Every domain that an answer shows or a refused question names, but those that were deleted
/// between listing and description.
#[must_use]
pub fn assets(estate: &Estate) -> Vec<Asset> {
    Named {
        kind: AssetKind::Domain,
        list: Operation::ListDomains,
        describe: Operation::DescribeDomain,
        items: "/Domains",
        asked: "DomainId",
        name: "/DomainId",
        arn: "/DomainArn",
        resource: "domain",
    }
    .assets(estate)
}

/// The facts of one domain.
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> Domain<'e> {
    let reply = context.estate.reply(
        Operation::DescribeDomain,
        &asset.account,
        &asset.region,
        &asset.name,
    );
    let described = match &reply {
        Reply::Answer(answer) => Ok(answer.root()),
        Reply::Missing(missing) => Err(Arc::clone(missing)),
        Reply::NotFound(observation) | Reply::Absent(observation) => Err(observation.gone().into()),
    };
    let status = match &described {
        Ok(root) => root.text("/Status"),
        Err(missing) => {
            listed_status(context, asset).unwrap_or_else(|| Fact::unknown(Arc::clone(missing)))
        }
    };
    let default_role = of(&described, |root| {
        root.optional_text("/DefaultUserSettings/ExecutionRole")
    });
    let is = |pointer: &'static str, word: &'static str| {
        of(&described, |root| root.optional_text(pointer))
            .map(|value| value.as_deref() == Some(word))
    };
    let profiles = Profiles::read(context, asset, &default_role);
    let sharing = profiles.sharing();
    let roles = profiles.roles();
    let shared_role = sharing.clone().then(|word| match word {
        "shared" => roles.clone().map(|roles| {
            let arn = roles.keys().next();
            arn.map(|arn| context.roles.role(arn, &asset.account))
        }),
        _ => Fact::given(None),
    });
    let usable = profiles.usable();
    let dominant = roles.map(|roles| {
        roles
            .into_iter()
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0)))
    });
    let dominant_share = dominant
        .clone()
        .zip(usable.clone())
        .map(|(dominant, usable)| dominant.map_or(0.0, |(_, count)| ratio(count, usable)));
    Domain {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: Arn::parse(&asset.arn)
            .map_or_else(|| partition_of(&asset.region), |arn| arn.partition)
            .to_owned(),
        domain_name: of(&described, |root| root.text("/DomainName")),
        status,
        auth_mode: of(&described, |root| root.optional_text("/AuthMode")),
        space_role: of(&described, |root| {
            root.optional_text("/DefaultSpaceSettings/ExecutionRole")
        }),
        shared_spaces: shared_spaces(context, asset),
        source_identity: is(
            "/DomainSettings/ExecutionRoleIdentityConfig",
            "USER_PROFILE_NAME",
        ),
        trusted_identity_propagation: is(
            "/DomainSettings/TrustedIdentityPropagationSettings/Status",
            "ENABLED",
        ),
        unified_studio_project: of(&described, |root| {
            root.optional_text("/DomainSettings/UnifiedStudioSettings/ProjectId")
        })
        .map(|project| project.is_some()),
        default_role,
        usable_profiles: usable,
        sharing,
        all_inherit: profiles.all_inherit(),
        dominant_role: dominant.map(|dominant| dominant.map(|(role, _)| role)),
        dominant_share,
        shared_role,
        profiles: profiles.into_fact(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a domain has far fewer profiles than 2^52"
)]
fn ratio(part: i64, whole: i64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The profiles that are known, and what keeps their list from being complete.
struct Profiles<'e> {
    known: Vec<UserProfile<'e>>,
    gap: Option<MissingSet>,
    origins: Origins<'e>,
}

impl<'e> Profiles<'e> {
    fn read(
        context: &Context<'e>,
        asset: &Asset,
        default_role: &Fact<'e, Option<Text<'e>>>,
    ) -> Self {
        let operation = Operation::ListUserProfiles;
        let listing = context
            .estate
            .listing(operation, &asset.account, &asset.region, &asset.name);
        let mut all = Profiles {
            known: Vec::new(),
            gap: listing.gap,
            origins: Origins::None,
        };
        for page in &listing.pages {
            let items = page.root().required_parts("/UserProfiles");
            all.origins = std::mem::take(&mut all.origins).and(items.origins);
            match items.state {
                State::Known(items) => {
                    let profiles = items
                        .iter()
                        .filter_map(|item| profile(context, asset, item, default_role));
                    all.known.extend(profiles);
                }
                State::Unknown(missing) => all.gap = Some(missing),
            }
        }
        all
    }

    /// Whether the users share one role. Two known roles that differ suffice for `separate`,
    /// whatever else is unknown.
    fn sharing(&self) -> Fact<'e, &'static str> {
        let mut roles: BTreeMap<&str, Origins<'e>> = BTreeMap::new();
        for profile in &self.known {
            if let (Some(true), Some(Some(role))) = (profile.usable.value(), profile.role.value()) {
                roles
                    .entry(role.as_ref())
                    .or_insert_with(|| profile.role.origins.clone());
            }
        }
        if roles.len() > 1 {
            let origins = roles
                .into_values()
                .take(2)
                .fold(Origins::None, Origins::and);
            return Fact::known("separate", origins);
        }
        let roles = self.roles();
        self.usable()
            .zip(roles)
            .map(|(usable, roles)| match (usable, roles.len()) {
                (0, _) => "no_profiles",
                (1, _) => "single_user",
                (_, 0) => "no_role",
                (_, 1) => "shared",
                _ => "separate",
            })
    }

    /// How many profiles are usable.
    fn usable(&self) -> Fact<'e, i64> {
        self.over(|profile| profile.usable.clone()).map(|usable| {
            i64::try_from(usable.into_iter().filter(|usable| *usable).count()).unwrap_or(i64::MAX)
        })
    }

    /// The effective roles of usable profiles, with how many have each.
    fn roles(&self) -> Fact<'e, BTreeMap<String, i64>> {
        let of_each = self.over(|profile| {
            profile.usable.clone().then(|usable| match usable {
                true => profile.role.clone(),
                false => Fact::given(None),
            })
        });
        of_each.map(|roles| {
            let mut counts = BTreeMap::new();
            for role in roles.into_iter().flatten() {
                *counts.entry(role.into_owned()).or_default() += 1;
            }
            counts
        })
    }

    fn all_inherit(&self) -> Fact<'e, bool> {
        let differs = self.over(|profile| {
            profile.usable.clone().then(|usable| match usable {
                true => profile.inherits.clone(),
                false => Fact::given(true),
            })
        });
        differs.map(|inherits| inherits.into_iter().all(|inherits| inherits))
    }

    /// One fact of every profile, or everything that is missing of any.
    fn over<T>(&self, one: impl Fn(&UserProfile<'e>) -> Fact<'e, T>) -> Fact<'e, Vec<T>> {
        let mut values = Vec::with_capacity(self.known.len());
        let mut missing = self.gap.clone();
        let mut origins = self.origins.clone();
        for profile in &self.known {
            let fact = one(profile);
            origins = origins.and(fact.origins);
            match fact.state {
                State::Known(value) => values.push(value),
                State::Unknown(gap) => {
                    missing = Some(
                        missing.map_or_else(|| Arc::clone(&gap), |all| missing::union(&all, &gap)),
                    );
                }
            }
        }
        Fact {
            state: missing.map_or(State::Known(values), State::Unknown),
            origins,
        }
    }

    fn into_fact(self) -> Fact<'e, Vec<UserProfile<'e>>> {
        match self.gap {
            Some(missing) => Fact::unknown(missing),
            None => Fact::known(self.known, self.origins),
        }
    }
}

/// One profile of the listing; none when its description says that it was deleted meanwhile.
fn profile<'e>(
    context: &Context<'e>,
    asset: &Asset,
    item: &Part<'_, 'e>,
    default_role: &Fact<'e, Option<Text<'e>>>,
) -> Option<UserProfile<'e>> {
    let name = item.text("/UserProfileName");
    let reply = match &name.state {
        State::Known(name) => context.estate.reply(
            Operation::DescribeUserProfile,
            &asset.account,
            &asset.region,
            &format!("{}\n{name}", asset.name),
        ),
        State::Unknown(missing) => Reply::Missing(Arc::clone(missing)),
    };
    let (status, own) = match &reply {
        Reply::Answer(answer) => {
            let root = answer.root();
            (
                root.text("/Status"),
                root.optional_text("/UserSettings/ExecutionRole"),
            )
        }
        Reply::Missing(missing) => (item.text("/Status"), Fact::unknown(Arc::clone(missing))),
        Reply::NotFound(_) | Reply::Absent(_) => return None,
    };
    Some(UserProfile {
        name,
        usable: status.map(|status| !matches!(status.as_ref(), "Deleting" | "Failed")),
        inherits: own.clone().map(|own| own.is_none()),
        role: own.then(|own| match own {
            Some(own) => Fact::given(Some(own)),
            None => default_role.clone(),
        }),
    })
}

/// Whether any space of the domain is shared.
fn shared_spaces<'e>(context: &Context<'e>, asset: &Asset) -> Fact<'e, bool> {
    let operation = Operation::ListSpaces;
    let listing = context
        .estate
        .listing(operation, &asset.account, &asset.region, &asset.name);
    let spaces = listing
        .pages
        .iter()
        .flat_map(|page| objects(&page.root(), "/Spaces"));
    let shared = spaces.map(|space| {
        space
            .optional_text("/SpaceSharingSettingsSummary/SharingType")
            .map(|sharing| sharing.as_deref() == Some("Shared"))
    });
    Fact::any(shared.chain(listing.gap.map(Fact::unknown)))
}

fn listed_status<'e>(context: &Context<'e>, asset: &Asset) -> Option<Fact<'e, Text<'e>>> {
    let listing = context
        .estate
        .listing(Operation::ListDomains, &asset.account, &asset.region, "");
    listing.pages.iter().find_map(|page| {
        let items = objects(&page.root(), "/Domains");
        let item = items.into_iter().find(|item| {
            item.text("/DomainId")
                .value()
                .is_some_and(|id| *id == asset.name)
        })?;
        Some(item.text("/Status"))
    })
}

fn of<'r, 'e, T>(
    described: &Result<Part<'r, 'e>, MissingSet>,
    read: impl FnOnce(&Part<'r, 'e>) -> Fact<'e, T>,
) -> Fact<'e, T> {
    match described {
        Ok(part) => read(part),
        Err(missing) => Fact::unknown(Arc::clone(missing)),
    }
}

#[cfg(test)]
mod tests;
