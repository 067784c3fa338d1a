//! Roles and their policies: one sweep of the account, or call by call for the roles that assets use where the sweep is refused.

use std::cell::RefCell;
use std::collections::BTreeSet;

use sagewarden_core::arn::Arn;
use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use super::{Site, at_once, members};
use crate::found::values;

/// Reads the account's roles. `used` are the roles that assets name.
pub(crate) async fn roles(site: &Site<'_, '_>, used: &BTreeSet<String>) {
    if !site.wants(O::GetAccountAuthorizationDetails) {
        return;
    }
    let swept = site
        .pages(
            O::GetAccountAuthorizationDetails,
            members([]),
            async |_: &Node<'_>| {},
        )
        .await;
    if swept || !site.wants(O::GetRole) {
        return;
    }
    let names: BTreeSet<String> = used
        .iter()
        .filter_map(|role| Arn::parse(role))
        .filter(|role| role.account == site.account.id)
        .map(|role| {
            role.name()
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    let policies: RefCell<BTreeSet<String>> = RefCell::default();
    let policies_of = &policies;
    at_once(names, |name| async move {
        let of = members([("RoleName", name.as_str())]);
        if let Some(text) = site.ask(O::GetRole, of.clone()).await
            && let Ok(role) = Node::parse(&text)
        {
            policies_of
                .borrow_mut()
                .extend(values(&role, "PermissionsBoundaryArn"));
        }
        let mut inline = BTreeSet::new();
        site.pages(O::ListRolePolicies, of.clone(), async |page: &Node<'_>| {
            let listed = page.member("PolicyNames").map_or(&[][..], Node::items);
            inline.extend(listed.iter().filter_map(Node::text).map(str::to_owned));
        })
        .await;
        for policy in inline {
            let asked = members([("RoleName", name.as_str()), ("PolicyName", &policy)]);
            site.ask(O::GetRolePolicy, asked).await;
        }
        site.pages(O::ListAttachedRolePolicies, of, async |page: &Node<'_>| {
            policies_of.borrow_mut().extend(values(page, "PolicyArn"));
        })
        .await;
    })
    .await;
    at_once(policies.into_inner(), |policy| async move {
        let of = members([("PolicyArn", policy.as_str())]);
        let Some(text) = site.ask(O::GetPolicy, of).await else {
            return;
        };
        let versions = Node::parse(&text).map(|answer| values(&answer, "DefaultVersionId"));
        for version in versions.unwrap_or_default() {
            let asked = members([("PolicyArn", policy.as_str()), ("VersionId", &version)]);
            site.ask(O::GetPolicyVersion, asked).await;
        }
    })
    .await;
}
