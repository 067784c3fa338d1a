//! Amazon Resource Names.
//!
//! `arn:partition:service:region:account:resource`, split without allocating.
//! Source: AWS General Reference, "Amazon Resource Names".

/// The parts of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: &'a str,
    /// `sagemaker`
    pub service: &'a str,
    /// The Region; empty for global services.
    pub region: &'a str,
    /// The twelve-digit account; empty for S3 buckets.
    pub account: &'a str,
    /// Everything after the fifth colon.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Arn<'a>> {
        let mut rest = text.strip_prefix("arn:")?;
        // The parts are a few bytes long: a plain loop finds their ends faster than a search.
        let mut part = || {
            let end = rest.bytes().position(|byte| byte == b':')?;
            let part = rest.get(..end)?;
            rest = rest.get(end + 1..)?;
            Some(part)
        };
        let (partition, service, region, account) = (part()?, part()?, part()?, part()?);
        let arn = Arn {
            partition,
            service,
            region,
            account,
            resource: rest,
        };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty())
            .then_some(arn)
    }

    /// The resource's name: what follows the first `/` or `:` of the resource part, or all of it.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.resource.find(['/', ':']).map_or(self.resource, |at| {
            self.resource.get(at + 1..).unwrap_or_default()
        })
    }
}

/// The partition of a Region, for assets whose ARN was not received.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else if region.starts_with("eusc-") {
        "aws-eusc"
    } else if region.starts_with("us-iso-") {
        "aws-iso"
    } else if region.starts_with("us-isob-") {
        "aws-iso-b"
    } else {
        "aws"
    }
}
