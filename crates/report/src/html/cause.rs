//! What one change would mend at once.
//!
//! Enters: a finding with its evidence. Leaves: the role, bucket, launcher or asset at which it is
//! mended. Findings with one cause go away together, which is what a reader wants to know first.

use sagewarden_core::finding::{Evidence, Finding};

/// Where a finding is mended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cause {
    /// `role`, `bucket`, `launcher`, or the kind of the asset.
    pub(super) kind: &'static str,
    /// The account of it.
    pub(super) account: String,
    /// What tells it from others.
    pub(super) key: String,
}

/// The cause of a finding, and its name as people know it.
pub(super) fn of(finding: &Finding<'_>) -> (Cause, String) {
    let granted = finding
        .evidence
        .iter()
        .any(|item| matches!(item, Evidence::Statement(statement) if statement.effect != "denies"));
    let role = finding.role.as_deref().filter(|_| granted);
    let (kind, key, name) = match role {
        Some(role) => {
            let name = role.rsplit_once(":role/").map_or(role, |(_, name)| name);
            ("role", name.to_owned(), name.to_owned())
        }
        None => match (bucket(finding), &finding.family) {
            (Some(bucket), _) => ("bucket", bucket.clone(), bucket),
            (None, Some(family)) if finding.count > 1 => {
                ("launcher", family.id.clone(), finding.asset.name.clone())
            }
            _ => (
                finding.asset.kind.word(),
                finding.asset.arn.clone(),
                finding.asset.name.clone(),
            ),
        },
    };
    let cause = Cause {
        kind,
        account: finding.asset.account.clone(),
        key,
    };
    (cause, crate::text::printable(&name))
}

/// The bucket whose own settings the finding rests on.
fn bucket(finding: &Finding<'_>) -> Option<String> {
    finding.evidence.iter().find_map(|item| {
        let (Evidence::Member { call, .. } | Evidence::Outcome { call, .. }) = item else {
            return None;
        };
        let of_bucket = [
            "s3:GetBucketPolicy",
            "s3:GetBucketEncryption",
            "s3:HeadBucket",
        ];
        if !of_bucket.contains(&call.operation.as_str()) {
            return None;
        }
        call.subject.strip_prefix("Bucket=").map(str::to_owned)
    })
}
