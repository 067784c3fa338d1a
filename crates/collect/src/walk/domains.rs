//! Studio domains, their user profiles and spaces.

use sagewarden_core::operations::Operation as O;

use super::{Site, at_once, members};
use crate::found::values;

pub(super) async fn domains(site: &Site<'_, '_>) {
    let domains = site.list(O::ListDomains, members([]), "DomainId").await;
    site.each(
        O::DescribeDomain,
        "DomainId",
        domains.iter().cloned(),
        |_, domain| site.note(|found| found.roles.extend(values(domain, "ExecutionRole"))),
    )
    .await;
    at_once(domains, |domain| async move {
        let here = members([("DomainIdEquals", &domain)]);
        let profiles = site
            .list(O::ListUserProfiles, here.clone(), "UserProfileName")
            .await;
        if site.wants(O::DescribeUserProfile) {
            let domain = &domain;
            at_once(profiles, |profile| async move {
                let asked = members([("DomainId", domain), ("UserProfileName", &profile)]);
                site.ask(O::DescribeUserProfile, asked).await;
            })
            .await;
        }
        site.list(O::ListSpaces, here, "SpaceName").await;
    })
    .await;
}
