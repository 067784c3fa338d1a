//! Keys: who manages those that encrypt notebooks, volumes and buckets, and whom their policies let decrypt.

use std::collections::BTreeSet;

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::Operation as O;

use super::{Site, at_once, members};

/// Reads the keys that assets of this Region name, and those of the buckets' default encryption that are here.
pub(crate) async fn keys(
    site: &Site<'_, '_>,
    named: &BTreeSet<String>,
    of_buckets: &BTreeSet<String>,
) {
    let here = |key: &&String| match Arn::parse(key) {
        Some(arn) => arn.region == site.region,
        None => false,
    };
    let of_buckets: BTreeSet<&String> = of_buckets.iter().filter(here).collect();
    let all: BTreeSet<&String> = named.iter().chain(of_buckets.iter().copied()).collect();
    if site.wants(O::DescribeKey) {
        at_once(all, |key| async move {
            site.ask(O::DescribeKey, members([("KeyId", key)])).await;
        })
        .await;
    }
    if site.wants(O::GetKeyPolicy) {
        at_once(of_buckets, |key| async move {
            let asked = members([("KeyId", key.as_str()), ("PolicyName", "default")]);
            site.ask(O::GetKeyPolicy, asked).await;
        })
        .await;
    }
}
