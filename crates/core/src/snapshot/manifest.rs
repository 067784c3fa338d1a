//! The table of contents of a snapshot folder.
//!
//! Enters: what was written and what was asked. Leaves: `manifest.json`. Written last, so that a
//! folder with a manifest is whole. Deliberately absent: any time but `as_of`.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::operations::Operation;
use crate::time::Time;

use super::coverage::Coverage;

/// The schema of manifest and parts.
pub const SCHEMA: &str = "sagewarden.snapshot/v1";
/// Path of the manifest.
pub const MANIFEST: &str = "manifest.json";

const SUFFIX: &str = ".ndjson.zst";
/// Hive's own name of an empty partition value, which every engine reads as null.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.');

/// The table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Manifest {
    /// Name and version of this format.
    pub schema: String,
    /// What wrote the snapshot.
    pub tool: Tool,
    /// The instant against which the snapshot is evaluated.
    pub as_of: Time,
    /// The accounts and Regions that were looked at.
    pub scope: Scope,
    /// Totals.
    pub counts: Counts,
    /// How far each call got, per account and Region, sorted.
    pub coverage: Vec<Coverage>,
    /// The files, by account, Region, call and number.
    pub parts: Vec<Part>,
    /// Answers that disagreed, and files that were given up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// What wrote a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The accounts and Regions that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// Twelve-digit account ids, sorted.
    pub accounts: Vec<String>,
    /// Region names, sorted.
    pub regions: Vec<String>,
    /// Of accounts that were chosen by organisational unit: the units that lead to each, from the one that was named.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, Vec<String>>,
}

/// Totals over all parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Observations that count: lines without the superseded ones.
    pub observations: u64,
    /// Lines that a later answer replaced.
    pub superseded: u64,
    /// Files.
    pub parts: u64,
    /// Uncompressed bytes.
    pub bytes: u64,
    /// Compressed bytes.
    pub compressed_bytes: u64,
}

/// One file: answers of one call, in one account and Region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// Path in the folder.
    pub path: String,
    /// The account; empty when an imported answer does not tell.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The call.
    pub operation: Operation,
    /// Lines, superseded ones included.
    pub observations: u64,
    /// Uncompressed bytes.
    pub bytes: u64,
    /// Compressed bytes: the size of the file.
    pub compressed_bytes: u64,
    /// SHA-256 of the file, hexadecimal; `sha256sum` gives the same.
    pub sha256: String,
    /// Lines (from 1, ascending) that a later answer replaced. Readers skip them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<u64>,
}

/// Something a reader of the snapshot should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The call.
    pub operation: Operation,
    /// What it asked about, as `Name=value`.
    pub subject: String,
    /// What happened, as one line.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.operation)?;
        if !self.subject.is_empty() {
            write!(f, "({})", self.subject)?;
        }
        if !self.account.is_empty() {
            write!(f, " in {}", self.account)?;
        }
        if !self.region.is_empty() {
            write!(f, " {}", self.region)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The path of the part numbered `number`, from 0.
pub(super) fn part_path(account: &str, region: &str, operation: Operation, number: u32) -> String {
    let row = operation.row();
    let tail = if number == 0 {
        String::new()
    } else {
        format!("-{number:04}")
    };
    format!(
        "account={}/region={}/{}.{}{tail}{SUFFIX}",
        partition_value(account),
        partition_value(region),
        row.service,
        row.name
    )
}

fn partition_value(value: &str) -> String {
    if value.is_empty() {
        NO_VALUE.to_owned()
    } else {
        utf8_percent_encode(value, ENCODED).to_string()
    }
}

impl Part {
    /// Its place among the parts; none when its path is not where it belongs. By the call's id, not
    /// by its row in the table, which may move from version to version.
    pub(super) fn order(&self) -> Option<(&str, &str, String, u32)> {
        let (account, region, operation, number) = parse_part_path(&self.path)?;
        (account == self.account && region == self.region && operation == self.operation)
            .then(|| (&*self.account, &*self.region, operation.to_string(), number))
    }
}

/// Account, Region, call and number of a part's path.
pub(super) fn parse_part_path(path: &str) -> Option<(String, String, Operation, u32)> {
    let rest = path.strip_prefix("account=")?;
    let (account, rest) = rest.split_once('/')?;
    let rest = rest.strip_prefix("region=")?;
    let (region, name) = rest.split_once('/')?;
    let (service, call) = name.strip_suffix(SUFFIX)?.split_once('.')?;
    let (call, number) = match call.split_once('-') {
        Some((call, number)) => (call, number.parse().ok()?),
        None => (call, 0),
    };
    let operation = Operation::parse(&format!("{service}:{call}"))?;
    let (account, region) = (parse_value(account)?, parse_value(region)?);
    // Only the canonical spelling: one part, one path.
    (part_path(&account, &region, operation, number) == path)
        .then_some((account, region, operation, number))
}

fn parse_value(value: &str) -> Option<String> {
    if value == NO_VALUE {
        return Some(String::new());
    }
    let text = percent_decode_str(value).decode_utf8().ok()?;
    (!text.is_empty()).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_part_path_reads_back(account in ".{0,12}", region in ".{0,12}", number in 0..20_000u32) {
            let path = part_path(&account, &region, Operation::DescribeModel, number);
            prop_assert!(path.split('/').count() == 3);
            prop_assert_eq!(
                parse_part_path(&path),
                Some((account, region, Operation::DescribeModel, number))
            );
        }
    }

    #[test]
    fn a_path_that_climbs_is_not_a_part() {
        for path in [
            "../x.ndjson.zst",
            "account=1/../sagemaker.DescribeModel.ndjson.zst",
            "/etc/passwd",
            "account=1/region=r/sagemaker.DescribeModel-1.ndjson.zst",
        ] {
            assert_eq!(parse_part_path(path), None, "{path}");
        }
    }

    #[test]
    fn paths_are_hive_style() {
        assert_eq!(
            part_path("111122223333", "eu-west-1", Operation::DescribeModel, 2),
            "account=111122223333/region=eu-west-1/sagemaker.DescribeModel-0002.ndjson.zst"
        );
    }
}
