//! AWS's own managed policies, as they were on a day.
//!
//! Enters: an ARN. Leaves: the default version of the policy, and its document as text. Deliberately
//! absent: any claim about today. AWS changes its policies, so an account that can be asked is asked;
//! this answers for code that names a policy and runs nowhere yet.
//!
//! `cargo xtask managed-policies` writes the data from the package that `tests/e2e/requirements.txt` pins,
//! and the check compares them. Source: the policies that IAM's `GetPolicyVersion` answers for ARNs of
//! the account `aws`.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![deny(missing_docs)]

use std::sync::OnceLock;

/// The policies, one a line, sorted by ARN: the ARN, the version, the document as JSON, with a tab
/// between them. The first line is the day of the newest change among them.
const COMPRESSED: &[u8] = include_bytes!("../data/aws.tsv.zst");

/// A managed policy of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// `arn:aws:iam::aws:policy/AmazonSageMakerFullAccess`
    pub arn: &'static str,
    /// Its default version: `v26`.
    pub version: &'static str,
    /// The document of that version, as JSON.
    pub document: &'static str,
}

impl ManagedPolicy {
    /// What the ARN ends in: `AmazonSageMakerFullAccess`. No two have the same.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }
}

/// The policy of that ARN; none where AWS had none, or in another partition than `aws`: policies of
/// the same name differ there.
#[must_use]
pub fn find(arn: &str) -> Option<ManagedPolicy> {
    let policies = policies();
    let index = policies.binary_search_by_key(&arn, |policy| policy.arn);
    policies.get(index.ok()?).copied()
}

/// Every policy, by ARN.
#[must_use]
pub fn policies() -> &'static [ManagedPolicy] {
    static POLICIES: OnceLock<Vec<ManagedPolicy>> = OnceLock::new();
    POLICIES.get_or_init(|| text().lines().skip(1).filter_map(policy).collect())
}

/// The day of the newest change among them, as `2026-09-30`.
#[must_use]
pub fn as_of() -> &'static str {
    text().lines().next().unwrap_or_default()
}

/// The data as it was before it was compressed.
#[must_use]
pub fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    // Data that does not unpack is no policy at all, and a test notices.
    TEXT.get_or_init(|| {
        let bytes = zstd::decode_all(COMPRESSED).unwrap_or_default();
        String::from_utf8(bytes).unwrap_or_default()
    })
}

fn policy(line: &'static str) -> Option<ManagedPolicy> {
    let (arn, rest) = line.split_once('\t')?;
    let (version, document) = rest.split_once('\t')?;
    Some(ManagedPolicy {
        arn,
        version,
        document,
    })
}
