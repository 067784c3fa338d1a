//! Buckets: whose they are, what protects them, and whether the artifacts in them exist. Each is asked about once an account,
//! however many jobs and models name it, and only by calls that read no object.

use std::collections::BTreeSet;

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use serde_json::json;

use super::{Site, at_once, members};
use crate::found::Found;

/// The account's own buckets; none when they were not read to the last page.
pub(crate) async fn lists(site: &Site<'_, '_>) -> Option<BTreeSet<String>> {
    if !site.wants(O::ListBuckets) {
        return None;
    }
    let mut own = BTreeSet::new();
    let whole = site
        .pages(O::ListBuckets, members([]), async |page: &Node<'_>| {
            for bucket in page.member("Buckets").map_or(&[][..], Node::items) {
                let text = |name: &str| bucket.member(name).and_then(Node::text);
                let Some(name) = text("Name") else { continue };
                own.insert(name.to_owned());
                if let Some(region) = text("BucketRegion") {
                    site.run.client.bucket_is_in(name, region);
                }
            }
        })
        .await;
    whole.then_some(own)
}

/// Whether the models' artifacts exist. A key is the first one listed under itself, so that listing it is enough.
pub(crate) async fn artifacts(site: &Site<'_, '_>, own: Option<&BTreeSet<String>>, found: &Found) {
    if !site.wants(O::ListObjectsV2) {
        return;
    }
    let reachable = found
        .artifacts
        .iter()
        .filter(|(bucket, _)| is_general(bucket));
    at_once(reachable, |(bucket, key)| async move {
        let mut asked = members([("Bucket", bucket.as_str()), ("Prefix", key)]);
        // A prefix can begin with its own empty "folder" object, so that its second key is needed as well.
        let most = if key.is_empty() || key.ends_with('/') {
            2
        } else {
            1
        };
        asked.insert("MaxKeys".to_owned(), json!(most));
        let Some(text) = site.ask(O::ListObjectsV2, asked.clone()).await else {
            return;
        };
        let shows = Node::parse(&text).is_ok_and(|page| {
            let contents = page.member("Contents").map_or(&[][..], Node::items);
            contents
                .iter()
                .any(|item| item.member("Key").and_then(Node::text) == Some(key) || most > 1)
        });
        // A key that is gone may be hidden by a delete marker, which can be undone.
        if !shows && site.wants(O::ListObjectVersions) {
            asked.insert("MaxKeys".to_owned(), json!(10));
            site.ask(O::ListObjectVersions, asked).await;
        }
    })
    .await;
    let buckets: BTreeSet<&String> = found
        .artifacts
        .iter()
        .map(|(bucket, _)| bucket)
        .filter(|bucket| own.is_none_or(|own| own.contains(*bucket)) && is_general(bucket))
        .collect();
    at_once(buckets, |bucket| async move {
        for operation in [O::GetBucketVersioning, O::GetObjectLockConfiguration] {
            if site.wants(operation) {
                site.ask(operation, members([("Bucket", bucket)])).await;
            }
        }
    })
    .await;
}

/// What protects the buckets that training reads, and whose the named buckets are. Gives the keys of their default encryption.
pub(crate) async fn training_buckets(
    site: &Site<'_, '_>,
    own: Option<&BTreeSet<String>>,
    found: &Found,
) -> BTreeSet<String> {
    let keys = std::cell::RefCell::new(BTreeSet::new());
    let channels = found.channels.iter().filter(|bucket| is_general(bucket));
    at_once(channels, |bucket| {
        let keys = &keys;
        async move {
            if site.wants(O::GetBucketPolicy) {
                site.ask(O::GetBucketPolicy, members([("Bucket", bucket)]))
                    .await;
            }
            if site.wants(O::GetBucketEncryption)
                && let Some(text) = site
                    .ask(O::GetBucketEncryption, members([("Bucket", bucket)]))
                    .await
                && let Ok(answer) = Node::parse(&text)
            {
                keys.borrow_mut()
                    .extend(crate::found::values(&answer, "KMSMasterKeyID"));
            }
        }
    })
    .await;
    if site.wants(O::HeadBucket) {
        let strange = found
            .channels
            .union(&found.others)
            .filter(|bucket| is_general(bucket) && own.is_none_or(|own| !own.contains(*bucket)));
        at_once(strange, |bucket| async move {
            site.ask(O::HeadBucket, members([("Bucket", bucket)])).await;
            // Without our own list, asking again in our own name tells "not ours" from "not allowed".
            if own.is_none() {
                let account = site.account.id.as_str();
                let asked = members([
                    ("Bucket", bucket.as_str()),
                    ("ExpectedBucketOwner", account),
                ]);
                site.ask(O::HeadBucket, asked).await;
            }
        })
        .await;
    }
    keys.into_inner()
}

/// Directory buckets answer only to sessions of their own, which also allow reading objects.
fn is_general(bucket: &str) -> bool {
    !bucket.ends_with("--x-s3")
}
