//! The account and Region that code is read for, and the names that it will give.
//!
//! Enters: what the code, its state or the caller tells of the place. Leaves: ARNs and names for
//! resources that have none yet, so that references between resources join as they will once
//! applied. Such a name begins with `iac` and holds a `~` or a `:`, which no name of AWS's does, or
//! of a bucket `--`: it can neither meet a real one nor act as a wildcard. Deliberately absent: guesses; a place that nobody tells is
//! [`UNKNOWN_ACCOUNT`] and an empty Region.

use sagewarden_core::arn::partition_of;

/// The account of code whose account nobody tells. AWS gives no account this number.
pub const UNKNOWN_ACCOUNT: &str = "000000000000";

/// How the accounts begin that nobody tells.
const UNTOLD: &str = "00000000";

/// Whether nobody tells which account that is.
pub(crate) fn is_untold(account: &str) -> bool {
    account.starts_with(UNTOLD)
}

/// The account of a provider that signs as somebody else, where nobody tells which: one of its own.
pub(crate) fn other_account(alias: &str) -> String {
    let sum = alias.bytes().fold(0u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    format!("{UNTOLD}{:04}", sum % 9_999 + 1)
}

/// Where code is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Twelve digits.
    pub(crate) account: String,
    /// Empty when nobody tells.
    pub(crate) region: String,
}

impl Frame {
    pub(crate) fn new(account: Option<&str>, region: Option<&str>) -> Frame {
        Frame {
            account: account.unwrap_or(UNKNOWN_ACCOUNT).to_owned(),
            region: region.unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn partition(&self) -> &'static str {
        partition_of(&self.region)
    }
}

/// The identity of an asset that has no ARN yet.
pub(crate) fn asset_arn(address: &str) -> String {
    format!("iac:{address}")
}

/// The name of a resource that is named when it is created, where it stands alone.
pub(crate) fn pending_name(address: &str) -> String {
    format!("iac:{address}")
}

/// The name of a bucket that is named when it is created: one that S3's rules would allow, since
/// policies are reasoned about over the names that can exist.
pub(crate) fn pending_bucket(address: &str) -> String {
    let mut name = String::from("iac--");
    for (index, c) in address.chars().enumerate() {
        match c {
            'a'..='z' | '0'..='9' | '.' => name.push(c),
            'A'..='Z' => {
                // Logical ids differ in case; bucket names do not.
                if index > 0 {
                    name.push('.');
                }
                name.push(c.to_ascii_lowercase());
            }
            '-' => name.push_str("--"),
            '_' => name.push('-'),
            '"' | ']' => {}
            _ => name.push('.'),
        }
    }
    name
}

/// The same where it stands inside an ARN: nothing in it separates parts or matches other names.
pub(crate) fn pending_part(address: &str) -> String {
    let mut part = String::from("iac~");
    for c in address.chars() {
        match c {
            ':' | '/' => part.push('.'),
            '*' | '?' | '$' | '{' | '}' => part.push('~'),
            other => part.push(other),
        }
    }
    part
}
