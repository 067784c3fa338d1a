//! What else training reads from, and the networks that endpoints stand in.

use std::collections::BTreeSet;

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;

use super::{Site, at_once, members};

/// Access points, directory buckets and file systems, where a job or a model names one.
pub(super) async fn storage(site: &Site<'_, '_>) {
    let found = site.found.borrow().clone();
    if !found.access_points.is_empty() && site.wants(O::ListAccessPoints) {
        site.pages(O::ListAccessPoints, members([]), async |page: &Node<'_>| {
            for point in page.member("AccessPointList").map_or(&[][..], Node::items) {
                let text = |name: &str| point.member(name).and_then(Node::text);
                let is_named = [text("Alias"), text("Name")]
                    .into_iter()
                    .flatten()
                    .any(|name| found.access_points.contains(name));
                if is_named && let Some(bucket) = text("Bucket") {
                    site.note(|found| {
                        found.channels.insert(bucket.to_owned());
                    });
                }
            }
        })
        .await;
    }
    let names_directory = found
        .channels
        .union(&found.others)
        .any(|bucket| bucket.ends_with("--x-s3"));
    if names_directory {
        site.list(O::ListDirectoryBuckets, members([]), "Name")
            .await;
    }
    if found.file_systems.is_empty() {
        return;
    }
    site.list(O::DescribeElasticFileSystems, members([]), "FileSystemId")
        .await;
    site.list(O::DescribeFsxFileSystems, members([]), "FileSystemId")
        .await;
    if site.wants(O::DescribeFileSystemPolicy) {
        let elastic: BTreeSet<&String> = found
            .file_systems
            .iter()
            .filter(|id| id.len() <= "fs-0123456789abcdef0".len() && id.starts_with("fs-"))
            .collect();
        at_once(elastic, |id| async move {
            site.ask(O::DescribeFileSystemPolicy, members([("FileSystemId", id)]))
                .await;
        })
        .await;
    }
}

/// Subnets, which tell whether two instances can stand in two zones.
pub(super) async fn networks(site: &Site<'_, '_>) {
    if site.wants(O::ListModels) || site.wants(O::ListEndpointConfigs) {
        site.list(O::DescribeSubnets, members([]), "SubnetId").await;
    }
}
