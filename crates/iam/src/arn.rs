//! The ARN of a role, from which partition and account of every question come.
//!
//! Text enters, its parts leave. Deliberately absent: other kinds of ARN; questions treat those
//! as text. Format: IAM User Guide, "IAM identifiers".

use serde::Serialize;

use crate::error::OneLine;

/// The ARN of an IAM role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RoleArn {
    text: String,
    #[serde(skip)]
    partition_end: usize,
    #[serde(skip)]
    account_start: usize,
}

/// The text is not the ARN of an IAM role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the arn of a role (arn:PARTITION:iam::ACCOUNT:role/NAME)", OneLine(.0))]
pub struct RoleArnError(pub String);

const ACCOUNT_DIGITS: usize = 12;

impl RoleArn {
    /// Reads `arn:PARTITION:iam::ACCOUNT:role/[PATH/]NAME`.
    ///
    /// # Errors
    /// [`RoleArnError`] if the text has another form.
    pub fn parse(text: &str) -> Result<Self, RoleArnError> {
        let refuse = || RoleArnError(text.to_owned());
        let rest = text.strip_prefix("arn:").ok_or_else(refuse)?;
        let (partition, rest) = rest.split_once(':').ok_or_else(refuse)?;
        let rest = rest.strip_prefix("iam::").ok_or_else(refuse)?;
        let (account, resource) = rest.split_once(':').ok_or_else(refuse)?;
        let name = resource.strip_prefix("role/").ok_or_else(refuse)?;
        let well_formed = !partition.is_empty()
            && account.len() == ACCOUNT_DIGITS
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && !name.is_empty()
            && !name.ends_with('/');
        if !well_formed {
            return Err(refuse());
        }
        let partition_end = "arn:".len() + partition.len();
        Ok(Self {
            text: text.to_owned(),
            partition_end,
            account_start: partition_end + ":iam::".len(),
        })
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov`, …
    pub fn partition(&self) -> &str {
        self.text
            .get("arn:".len()..self.partition_end)
            .unwrap_or("")
    }

    /// The twelve-digit account id.
    pub fn account(&self) -> &str {
        self.text
            .get(self.account_start..self.account_start + ACCOUNT_DIGITS)
            .unwrap_or("")
    }

    /// The name without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or("")
    }
}

impl std::fmt::Display for RoleArn {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_from_the_text() {
        let arn = RoleArn::parse("arn:aws-us-gov:iam::123456789012:role/team/ml").unwrap();
        assert_eq!(
            (arn.partition(), arn.account(), arn.name()),
            ("aws-us-gov", "123456789012", "ml")
        );
    }

    #[test]
    fn other_arns_are_refused() {
        for text in [
            "",
            "*",
            "arn:aws:iam::12:role/x",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:s3:::b",
        ] {
            assert!(RoleArn::parse(text).is_err(), "{text}");
        }
    }
}
