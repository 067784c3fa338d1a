//! How each service is spoken to.
//!
//! Enters: an operation. Leaves: the wire protocol of its service, the name that requests are signed for, and what its
//! endpoints are called. Sources: the service models of the AWS SDKs; a test compares them with botocore's.
//! Deliberately absent: hosts, which depend on the Region and on the operator.

use serde::Serialize;

use super::Operation;

/// How requests and answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// A JSON object each way; the operation stands in `X-Amz-Target`.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// What stands before the operation's name in the target.
        target: &'static str,
    },
    /// A form that names the operation, and an answer in XML.
    Query {
        /// The version of the API.
        version: &'static str,
    },
    /// A path of its own for each operation, and an answer in XML.
    RestXml,
    /// A path of its own for each operation, and an answer in JSON.
    RestJson,
}

/// A service of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Service {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// The name that requests are signed for.
    pub signs_as: &'static str,
    /// The first labels of its endpoints' names.
    pub host: &'static str,
    /// Its id in the SDKs, as in `AWS_ENDPOINT_URL_SAGEMAKER`.
    pub id: &'static str,
    /// The request member that sets the size of a page, and the most that all its listings take.
    pub page_size: Option<(&'static str, u32)>,
}

const fn json(
    target: &'static str,
    signs_as: &'static str,
    host: &'static str,
    id: &'static str,
) -> Service {
    Service {
        protocol: Protocol::Json {
            version: "1.1",
            target,
        },
        signs_as,
        host,
        id,
        page_size: None,
    }
}

const fn query(version: &'static str, name: &'static str, id: &'static str) -> Service {
    Service {
        protocol: Protocol::Query { version },
        signs_as: name,
        host: name,
        id,
        page_size: None,
    }
}

const SAGEMAKER: Service = Service {
    page_size: Some(("MaxResults", 100)),
    ..json("SageMaker", "sagemaker", "api.sagemaker", "SAGEMAKER")
};
const IAM: Service = Service {
    page_size: Some(("MaxItems", 1000)),
    ..query("2010-05-08", "iam", "IAM")
};
const STS: Service = query("2011-06-15", "sts", "STS");
const EC2: Service = query("2016-11-15", "ec2", "EC2");
const S3: Service = Service {
    protocol: Protocol::RestXml,
    signs_as: "s3",
    host: "s3",
    id: "S3",
    page_size: None,
};
/// Directory buckets are listed by an endpoint of their own.
const S3_EXPRESS: Service = Service {
    signs_as: "s3express",
    host: "s3express-control",
    ..S3
};
const S3_CONTROL: Service = Service {
    host: "s3-control",
    id: "S3_CONTROL",
    ..S3
};
const CLOUDWATCH: Service = Service {
    protocol: Protocol::Json {
        version: "1.0",
        target: "GraniteServiceVersion20100801",
    },
    signs_as: "monitoring",
    host: "monitoring",
    id: "CLOUDWATCH",
    page_size: None,
};
const SCALING: Service = Service {
    page_size: Some(("MaxResults", 50)),
    ..json(
        "AnyScaleFrontendService",
        "application-autoscaling",
        "application-autoscaling",
        "APPLICATION_AUTO_SCALING",
    )
};
const KMS: Service = json("TrentService", "kms", "kms", "KMS");
const FSX: Service = json("AWSSimbaAPIService_v20180301", "fsx", "fsx", "FSX");
const LOGS: Service = json("Logs_20140328", "logs", "logs", "CLOUDWATCH_LOGS");
const CLOUDTRAIL: Service = json(
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
    "cloudtrail",
    "cloudtrail",
    "CLOUDTRAIL",
);
const ORGANIZATIONS: Service = json(
    "AWSOrganizationsV20161128",
    "organizations",
    "organizations",
    "ORGANIZATIONS",
);
const EFS: Service = Service {
    protocol: Protocol::RestJson,
    signs_as: "elasticfilesystem",
    host: "elasticfilesystem",
    id: "EFS",
    page_size: None,
};

impl Operation {
    /// The service that answers the call.
    #[must_use]
    pub fn service(self) -> &'static Service {
        match self.row().service {
            "iam" => &IAM,
            "sts" => &STS,
            "ec2" => &EC2,
            "s3" if self == Operation::ListDirectoryBuckets => &S3_EXPRESS,
            "s3" => &S3,
            "s3control" => &S3_CONTROL,
            "cloudwatch" => &CLOUDWATCH,
            "application-autoscaling" => &SCALING,
            "kms" => &KMS,
            "fsx" => &FSX,
            "logs" => &LOGS,
            "cloudtrail" => &CLOUDTRAIL,
            "organizations" => &ORGANIZATIONS,
            "elasticfilesystem" => &EFS,
            _ => &SAGEMAKER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sagemaker_is_taken_for_sagemaker() {
        for operation in Operation::ALL {
            let is_sagemaker = operation.row().service == "sagemaker";
            assert_eq!(
                operation.service().id == "SAGEMAKER",
                is_sagemaker,
                "{operation}"
            );
        }
    }

    #[test]
    fn calls_of_services_with_paths_have_one() {
        for operation in Operation::ALL {
            let row = operation.row();
            let wanted = matches!(
                operation.service().protocol,
                Protocol::RestXml | Protocol::RestJson
            ) && !row.import_only;
            assert_eq!(row.path.is_some(), wanted, "{operation}");
        }
    }
}
