//! S3 locations as SageMaker's members write them.
//!
//! Enters: a URI: `s3://bucket/key`, or one of the `https://` forms. Leaves: what kind of thing
//! holds the data, and the key or prefix in it. Deliberately absent: whose it is, and whether it
//! exists (see [`bucket`](crate::facts::bucket)).
//!
//! Sources: Amazon S3 User Guide, "Virtual hosting of general purpose buckets", "Using a
//! bucket-style alias for your S3 bucket access point", "Directory bucket naming rules";
//! SageMaker API, `S3Uri`.

use std::borrow::Cow;

use crate::arn::Arn;

/// What stands where a URI names a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder<'a> {
    /// A general purpose bucket. Its name is unique in its partition.
    Bucket(&'a str),
    /// A directory bucket (`…--x-s3`). Its name is unique in its zone.
    Directory(&'a str),
    /// The alias of an access point (`…-s3alias`), which hides bucket and account.
    Alias(&'a str),
    /// An access point named outright.
    AccessPoint {
        /// The account that owns the access point; the bucket's may be another.
        account: &'a str,
        /// Its Region.
        region: &'a str,
        /// Its name.
        name: &'a str,
    },
    /// A name that stands for something else: an Object Lambda or Outposts access point, a
    /// multi-Region access point, a table bucket.
    Special(&'a str),
}

/// A location in S3.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct S3Uri<'a> {
    /// What holds the data.
    pub holder: Holder<'a>,
    /// The key, or the raw string prefix of keys; empty for the whole bucket.
    pub key: Cow<'a, str>,
}

impl<'a> S3Uri<'a> {
    /// Reads a URI. `None` when it is not an S3 location.
    #[must_use]
    pub fn parse(uri: &'a str) -> Option<S3Uri<'a>> {
        if let Some(rest) = strip_scheme(uri, "s3://") {
            if rest.starts_with("arn:") {
                return access_point_arn(rest);
            }
            let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(S3Uri {
                holder: holder(bucket)?,
                key: Cow::Borrowed(key),
            });
        }
        https(strip_scheme(uri, "https://")?)
    }

    /// The name as written where a bucket stands, for messages.
    #[must_use]
    pub fn name(&self) -> &'a str {
        match self.holder {
            Holder::Bucket(name)
            | Holder::Directory(name)
            | Holder::Alias(name)
            | Holder::Special(name)
            | Holder::AccessPoint { name, .. } => name,
        }
    }
}

fn strip_scheme<'a>(uri: &'a str, scheme: &str) -> Option<&'a str> {
    let head = uri.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme)
        .then(|| uri.get(scheme.len()..))
        .flatten()
}

/// The kind of a name, told by the suffixes that S3 reserves.
fn holder(name: &str) -> Option<Holder<'_>> {
    if name.is_empty() {
        None
    } else if name.ends_with("--x-s3") {
        Some(Holder::Directory(name))
    } else if name.ends_with("-s3alias") {
        Some(Holder::Alias(name))
    } else if ["--ol-s3", "--op-s3", "--table-s3", ".mrap"]
        .iter()
        .any(|suffix| name.ends_with(suffix))
    {
        Some(Holder::Special(name))
    } else {
        Some(Holder::Bucket(name))
    }
}

/// `arn:aws:s3:eu-west-1:111122223333:accesspoint/name/key`
fn access_point_arn(text: &str) -> Option<S3Uri<'_>> {
    let arn = Arn::parse(text)?;
    let point = arn.resource.strip_prefix("accesspoint");
    let rest = point.and_then(|rest| rest.strip_prefix(['/', ':']));
    let (name, key) = match rest {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => (text, ""),
    };
    let holder = if arn.service == "s3" && rest.is_some() && !arn.region.is_empty() {
        Holder::AccessPoint {
            account: arn.account,
            region: arn.region,
            name,
        }
    } else {
        Holder::Special(text)
    };
    Some(S3Uri {
        holder,
        key: Cow::Borrowed(key),
    })
}

/// The domains under which S3 answers, by partition.
const DOMAINS: [&str; 5] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
];

/// `bucket.s3.region.amazonaws.com/key` or `s3.region.amazonaws.com/bucket/key`, with the older
/// spellings (`s3-region`, no Region) and the dual-stack, FIPS and accelerated ones.
fn https(rest: &str) -> Option<S3Uri<'_>> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority
        .split_once(':')
        .map_or(authority, |(host, _)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let stem = DOMAINS.iter().find_map(|domain| {
        let at = host.len().checked_sub(domain.len())?;
        let tail = host.get(at..)?;
        tail.eq_ignore_ascii_case(domain)
            .then(|| host.get(..at))
            .flatten()
    })?;
    let (before, label, region) = service_label(stem)?;
    if before.is_empty() {
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        return Some(S3Uri {
            holder: holder(bucket)?,
            key: decoded(key),
        });
    }
    let named = if label == "s3-accesspoint" {
        let (name, account) = before.rsplit_once('-')?;
        Holder::AccessPoint {
            account,
            region: region?,
            name,
        }
    } else {
        holder(before)?
    };
    Some(S3Uri {
        holder: named,
        key: decoded(path),
    })
}

/// Splits a host without its domain into what precedes the service's label, the label, and the Region.
fn service_label(stem: &str) -> Option<(&str, &str, Option<&str>)> {
    let is_service =
        |label: &str| label == "s3" || label.starts_with("s3-") || label.starts_with("s3express-");
    let last = |text: &'_ str| text.rfind('.').map_or(0, |dot| dot + 1);
    let label = stem.get(last(stem)..)?;
    if is_service(label) {
        return Some((before(stem, label)?, label, None));
    }
    let region = label;
    let mut stem = before(stem, region)?;
    if stem.ends_with("dualstack") {
        stem = before(stem, "dualstack")?;
    }
    let label = stem.get(last(stem)..)?;
    is_service(label).then_some(())?;
    Some((before(stem, label)?, label, Some(region)))
}

/// `text` without its last label and the dot before it.
fn before<'t>(text: &'t str, label: &str) -> Option<&'t str> {
    let rest = text.strip_suffix(label)?;
    Some(rest.strip_suffix('.').unwrap_or(rest))
}

fn decoded(path: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(path).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(uri: &str) -> (Holder<'_>, String) {
        let location = S3Uri::parse(uri).unwrap_or_else(|| panic!("{uri}"));
        (location.holder, location.key.into_owned())
    }

    #[test]
    fn every_form_of_one_location_reads_the_same() {
        for uri in [
            "s3://my.data/train/x",
            "S3://my.data/train/x",
            "https://my.data.s3.eu-west-1.amazonaws.com/train/x",
            "https://my.data.s3-eu-west-1.amazonaws.com/train/x",
            "https://my.data.s3.amazonaws.com/train/x",
            "https://my.data.s3.dualstack.eu-west-1.amazonaws.com/train/x",
            "https://my.data.s3-fips.us-gov-west-1.amazonaws.com/train/x",
            "https://s3.eu-west-1.amazonaws.com/my.data/train/x",
            "https://s3-eu-west-1.amazonaws.com/my.data/train/x",
            "https://s3.cn-north-1.amazonaws.com.cn/my.data/train/x",
            "https://my.data.s3.cn-north-1.amazonaws.com.cn:443/train/x?versionId=3",
        ] {
            let expected = (Holder::Bucket("my.data"), "train/x".to_owned());
            assert_eq!(parsed(uri), expected, "{uri}");
        }
    }

    #[test]
    fn reserved_suffixes_tell_the_kind() {
        assert_eq!(
            parsed("s3://b--euw1-az1--x-s3/k").0,
            Holder::Directory("b--euw1-az1--x-s3")
        );
        assert_eq!(
            parsed("s3://ap-abc-s3alias/k").0,
            Holder::Alias("ap-abc-s3alias")
        );
        assert_eq!(
            parsed("s3://ol-abc--ol-s3").0,
            Holder::Special("ol-abc--ol-s3")
        );
        assert_eq!(parsed("s3://s3alias").0, Holder::Bucket("s3alias"));
    }

    #[test]
    fn access_points_carry_their_account() {
        let point = Holder::AccessPoint {
            account: "999988887777",
            region: "eu-west-1",
            name: "lake",
        };
        for uri in [
            "s3://arn:aws:s3:eu-west-1:999988887777:accesspoint/lake/train/",
            "https://lake-999988887777.s3-accesspoint.eu-west-1.amazonaws.com/train/",
        ] {
            assert_eq!(parsed(uri), (point.clone(), "train/".to_owned()), "{uri}");
        }
    }

    #[test]
    fn a_whole_bucket_has_an_empty_key_and_odd_keys_stay_raw() {
        assert_eq!(parsed("s3://b").1, "");
        assert_eq!(parsed("s3://b/a?b#c%20d").1, "a?b#c%20d");
        assert_eq!(parsed("https://b.s3.amazonaws.com/a%20b").1, "a b");
        for none in [
            "",
            "s3://",
            "s3:///k",
            "file:///x",
            "https://example.com/b/k",
            "b/k",
        ] {
            assert_eq!(S3Uri::parse(none), None, "{none}");
        }
    }
}
