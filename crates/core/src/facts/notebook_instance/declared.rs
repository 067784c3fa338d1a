//! The roles a notebook may assume against the list that the operator declared.
//!
//! Enters: the tunable `declared_assumable`, the role's granted targets. Leaves: the targets that
//! the list does not hold. An entry for the notebook comes first, then one for its role, its
//! account, and `*`; only the first that exists counts, so that a narrower list can be stricter.

use std::collections::BTreeMap;
use std::sync::Arc;

use sagewarden_iam::glob_matches;

use crate::asset::Asset;
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Origin, Text};
use crate::facts::role::Role;

/// Whether a list is declared, and the targets outside it.
pub(super) fn compare<'e>(
    context: &Context<'e>,
    asset: &Asset,
    role_arn: &Fact<'e, Text<'e>>,
    role: &Fact<'e, Arc<Role<'static>>>,
) -> (Fact<'e, bool>, Fact<'e, Vec<String>>) {
    let tunable = || Origin::Tunable("declared_assumable");
    let declared = &context.tunables.declared_assumable.0;
    if declared.is_empty() {
        return (Fact::given(false), Fact::given(Vec::new()));
    }
    let list = role_arn.clone().map(|arn| list_for(declared, asset, &arn));
    let is_declared = list.clone().map(|list| list.is_some()).also_from(tunable());
    let outside = list.then(|list| match list {
        None => Fact::known(Vec::new(), tunable()),
        Some(list) => role
            .clone()
            .then(|role| outside(&role, list))
            .also_from(tunable()),
    });
    (is_declared, outside)
}

fn list_for<'t>(
    declared: &'t BTreeMap<String, Vec<String>>,
    asset: &Asset,
    role: &str,
) -> Option<&'t [String]> {
    [asset.arn.as_str(), role, asset.account.as_str(), "*"]
        .into_iter()
        .find_map(|key| declared.get(key))
        .map(Vec::as_slice)
}

/// A target that is certain to be granted and is not in the list counts even while others are
/// still unknown.
fn outside<'e>(role: &Role<'static>, list: &[String]) -> Fact<'e, Vec<String>> {
    let outside = |targets: &[String]| -> Vec<String> {
        targets
            .iter()
            .filter(|target| {
                **target != role.arn && !list.iter().any(|pattern| glob_matches(pattern, target))
            })
            .cloned()
            .collect()
    };
    let certain = outside(role.granted_arns.value().map_or(&[], Vec::as_slice));
    if !certain.is_empty() && role.granted_targets.missing().is_some() {
        return Fact::known(certain, role.granted_arns.origins.clone());
    }
    role.granted_targets
        .clone()
        .map(|targets| outside(&targets))
}
