//! Where a service is reached.
//!
//! Enters: the operation, the Region, the bucket, and what the operator set. Leaves: the address and the Region to sign
//! for. Sources: "AWS service endpoints" (<https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html>), the
//! partitions of the SDKs' endpoint rules, and "Service-specific endpoints" of the SDKs and Tools reference guide.
//! Deliberately absent: the network.

use std::collections::BTreeMap;

use http::Uri;
use sagewarden_core::arn::partition_of;
use sagewarden_core::operations::Operation;

use crate::Error;

/// What the operator set about endpoints.
#[derive(Clone, Debug, Default)]
pub struct Endpoints {
    /// One address for every service, in place of whatever is configured.
    pub all: Option<String>,
    /// Addresses of single services, by their id in the SDKs: `SAGEMAKER`.
    pub by_service: BTreeMap<String, String>,
    /// Whether to use endpoints with FIPS 140 validated cryptography.
    pub fips: bool,
    /// Whether to use endpoints that answer over IPv4 and IPv6.
    pub dual_stack: bool,
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme, host and port, and what stands before every path: `https://b.s3.eu-west-1.amazonaws.com`.
    pub(crate) base: String,
    /// The Region that the signature names.
    pub(crate) region: String,
}

/// A group of Regions with its own domains.
struct Partition {
    name: &'static str,
    suffix: &'static str,
    dual_suffix: &'static str,
    /// Where services without Regions are signed for.
    home: &'static str,
    organizations: &'static str,
}

const PARTITIONS: [Partition; 6] = [
    Partition {
        name: "aws",
        suffix: "amazonaws.com",
        dual_suffix: "api.aws",
        home: "us-east-1",
        organizations: "us-east-1",
    },
    Partition {
        name: "aws-cn",
        suffix: "amazonaws.com.cn",
        dual_suffix: "api.amazonwebservices.com.cn",
        home: "cn-north-1",
        organizations: "cn-northwest-1",
    },
    Partition {
        name: "aws-us-gov",
        suffix: "amazonaws.com",
        dual_suffix: "api.aws",
        home: "us-gov-west-1",
        organizations: "us-gov-west-1",
    },
    Partition {
        name: "aws-eusc",
        suffix: "amazonaws.eu",
        dual_suffix: "api.amazonwebservices.eu",
        home: "eusc-de-east-1",
        organizations: "eusc-de-east-1",
    },
    Partition {
        name: "aws-iso",
        suffix: "c2s.ic.gov",
        dual_suffix: "api.aws.ic.gov",
        home: "us-iso-east-1",
        organizations: "us-iso-east-1",
    },
    Partition {
        name: "aws-iso-b",
        suffix: "sc2s.sgov.gov",
        dual_suffix: "api.aws.scloud",
        home: "us-isob-east-1",
        organizations: "us-isob-east-1",
    },
];

fn partition(region: &str) -> &'static Partition {
    let name = partition_of(region);
    PARTITIONS
        .iter()
        .find(|partition| partition.name == name)
        .unwrap_or(&PARTITIONS[0])
}

impl Endpoints {
    /// Takes the address of each service from what is configured, unless there is one for all.
    pub(crate) fn configure(&mut self, configured: impl Fn(&str) -> Option<String>) {
        if self.all.is_some() {
            return;
        }
        for operation in Operation::ALL {
            let id = operation.service().id;
            if !self.by_service.contains_key(id)
                && let Some(url) = configured(id)
            {
                self.by_service.insert(id.to_owned(), url);
            }
        }
    }

    /// Refuses addresses to which credentials must not be sent: anything but HTTPS, save on this machine.
    ///
    /// # Errors
    /// When an address is not a URL, or is plain HTTP to another machine and that was not allowed.
    pub(crate) fn are_safe(&self, allow_plain: bool) -> Result<(), Error> {
        for url in self.all.iter().chain(self.by_service.values()) {
            let parsed: Option<Uri> = url.parse().ok();
            let (scheme, host) = parsed
                .as_ref()
                .and_then(|uri| Some((uri.scheme_str()?, uri.host()?)))
                .ok_or_else(|| Error::Endpoint {
                    url: url.clone(),
                    why: "is not a URL with a scheme and a host",
                })?;
            match scheme {
                "https" => {}
                "http" if allow_plain || is_loopback(host) => {}
                "http" => {
                    return Err(Error::Endpoint {
                        url: url.clone(),
                        why: "sends requests in the clear to another machine; use https, or allow it by `--insecure-endpoint`",
                    });
                }
                _ => {
                    return Err(Error::Endpoint {
                        url: url.clone(),
                        why: "is neither https nor http",
                    });
                }
            }
        }
        Ok(())
    }

    /// Where a call goes. Services without Regions answer at one place of the partition.
    pub(crate) fn address(
        &self,
        operation: Operation,
        region: &str,
        account: &str,
        bucket: Option<&str>,
    ) -> Address {
        let service = operation.service();
        let partition = partition(region);
        let region = match service.id {
            "IAM" => partition.home,
            "ORGANIZATIONS" => partition.organizations,
            _ => region,
        };
        let signed = region.to_owned();
        if let Some(url) = self.by_service.get(service.id).or(self.all.as_ref()) {
            // A server that stands in for AWS seldom has a name for each bucket.
            let mut base = url.trim_end_matches('/').to_owned();
            if let Some(bucket) = bucket {
                base.push('/');
                base.push_str(bucket);
            }
            return Address {
                base,
                region: signed,
            };
        }
        let mut host = self.host(operation, region, partition);
        if service.id == "S3_CONTROL" {
            host = format!("{account}.{host}");
        }
        let base = match bucket {
            // TLS certificates cover one label: a name with dots goes into the path.
            Some(bucket) if bucket.contains('.') => format!("https://{host}/{bucket}"),
            Some(bucket) => format!("https://{bucket}.{host}"),
            None => format!("https://{host}"),
        };
        Address {
            base,
            region: signed,
        }
    }

    fn host(&self, operation: Operation, region: &str, partition: &Partition) -> String {
        let service = operation.service();
        let name = service.host;
        let fips = if self.fips { "-fips" } else { "" };
        if matches!(name, "s3" | "s3-control" | "s3express-control") {
            let dual = if self.dual_stack { ".dualstack" } else { "" };
            return format!("{name}{fips}{dual}.{region}.{}", partition.suffix);
        }
        if name == "iam" && !self.dual_stack {
            return match partition.name {
                "aws" => format!("iam{fips}.{}", partition.suffix),
                "aws-us-gov" => format!("iam.us-gov.{}", partition.suffix),
                _ => format!("iam.{region}.{}", partition.suffix),
            };
        }
        if name == "api.sagemaker" {
            return if self.dual_stack {
                format!("sagemaker{fips}.{region}.{}", partition.dual_suffix)
            } else {
                format!("api{fips}.sagemaker.{region}.{}", partition.suffix)
            };
        }
        let suffix = if self.dual_stack {
            partition.dual_suffix
        } else {
            partition.suffix
        };
        // GovCloud's plain endpoints of these are the validated ones.
        let fips = if partition.name == "aws-us-gov"
            && matches!(
                name,
                "sts" | "organizations" | "monitoring" | "logs" | "cloudtrail" | "ec2"
            ) {
            ""
        } else {
            fips
        };
        format!("{name}{fips}.{region}.{suffix}")
    }
}

pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare == "localhost"
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation as O;

    fn at(endpoints: &Endpoints, operation: O, region: &str, bucket: Option<&str>) -> String {
        let address = endpoints.address(operation, region, "111122223333", bucket);
        format!("{} {}", address.base, address.region)
    }

    #[test]
    fn each_partition_and_variant_has_its_hosts() {
        let plain = Endpoints::default();
        let fips = Endpoints {
            fips: true,
            ..Endpoints::default()
        };
        let dual = Endpoints {
            dual_stack: true,
            ..Endpoints::default()
        };
        for (endpoints, operation, region, bucket, expected) in [
            (
                &plain,
                O::ListModels,
                "eu-west-1",
                None,
                "https://api.sagemaker.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::ListModels,
                "cn-north-1",
                None,
                "https://api.sagemaker.cn-north-1.amazonaws.com.cn cn-north-1",
            ),
            (
                &fips,
                O::ListModels,
                "us-east-1",
                None,
                "https://api-fips.sagemaker.us-east-1.amazonaws.com us-east-1",
            ),
            (
                &dual,
                O::ListModels,
                "us-east-1",
                None,
                "https://sagemaker.us-east-1.api.aws us-east-1",
            ),
            (
                &plain,
                O::GetRole,
                "eu-west-1",
                None,
                "https://iam.amazonaws.com us-east-1",
            ),
            (
                &plain,
                O::GetRole,
                "us-gov-east-1",
                None,
                "https://iam.us-gov.amazonaws.com us-gov-west-1",
            ),
            (
                &plain,
                O::GetRole,
                "cn-northwest-1",
                None,
                "https://iam.cn-north-1.amazonaws.com.cn cn-north-1",
            ),
            (
                &plain,
                O::ListAccounts,
                "eu-west-1",
                None,
                "https://organizations.us-east-1.amazonaws.com us-east-1",
            ),
            (
                &plain,
                O::GetCallerIdentity,
                "eu-west-1",
                None,
                "https://sts.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::GetMetricData,
                "eu-west-1",
                None,
                "https://monitoring.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::HeadBucket,
                "eu-west-1",
                Some("b"),
                "https://b.s3.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::HeadBucket,
                "eu-west-1",
                Some("b.c"),
                "https://s3.eu-west-1.amazonaws.com/b.c eu-west-1",
            ),
            (
                &dual,
                O::HeadBucket,
                "eu-west-1",
                Some("b"),
                "https://b.s3.dualstack.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::ListDirectoryBuckets,
                "eu-west-1",
                None,
                "https://s3express-control.eu-west-1.amazonaws.com eu-west-1",
            ),
            (
                &plain,
                O::ListAccessPoints,
                "eu-west-1",
                None,
                "https://111122223333.s3-control.eu-west-1.amazonaws.com eu-west-1",
            ),
        ] {
            assert_eq!(at(endpoints, operation, region, bucket), expected);
        }
    }

    #[test]
    fn a_services_own_address_is_taken_unless_there_is_one_for_all() {
        let configured = |service: &str| match service {
            "S3" => Some("http://127.0.0.1:2".to_owned()),
            _ => None,
        };
        let mut endpoints = Endpoints::default();
        endpoints.configure(configured);
        assert_eq!(
            at(&endpoints, O::HeadBucket, "eu-west-1", Some("b")),
            "http://127.0.0.1:2/b eu-west-1"
        );
        assert_eq!(
            at(&endpoints, O::ListModels, "eu-west-1", None),
            "https://api.sagemaker.eu-west-1.amazonaws.com eu-west-1"
        );
        let mut endpoints = Endpoints {
            all: Some("http://127.0.0.1:1/".to_owned()),
            ..Endpoints::default()
        };
        endpoints.configure(configured);
        assert_eq!(
            at(&endpoints, O::HeadBucket, "eu-west-1", Some("b")),
            "http://127.0.0.1:1/b eu-west-1"
        );
    }

    #[test]
    fn requests_go_in_the_clear_to_this_machine_only() {
        let safe = |url: &str| {
            Endpoints {
                all: Some(url.to_owned()),
                ..Endpoints::default()
            }
            .are_safe(false)
            .is_ok()
        };
        for url in [
            "https://h",
            "http://127.0.0.1:4566",
            "http://[::1]:1",
            "http://localhost:1",
        ] {
            assert!(safe(url), "{url}");
        }
        for url in [
            "http://h",
            "http://127.0.0.1.evil.example",
            "ftp://h",
            "h",
            "",
        ] {
            assert!(!safe(url), "{url}");
        }
    }
}
