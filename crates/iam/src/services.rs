//! Service prefixes known to exist.
//!
//! Used in one direction only: an exception for a service that is *not* here counts as an
//! exception for nothing, so an aged list can make a role look more powerful, never less. Source:
//! Service Authorization Reference.

/// Whether `prefix` (lower-case) is the prefix of a service.
pub(crate) fn is_known(prefix: &str) -> bool {
    KNOWN.binary_search(&prefix).is_ok()
}

/// Sorted.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "access-analyzer", "account", "acm", "acm-pca", "airflow", "amplify", "apigateway",
    "appconfig", "appflow", "application-autoscaling", "appmesh", "apprunner", "appstream",
    "appsync", "athena", "auditmanager", "autoscaling", "aws-marketplace", "aws-portal", "backup",
    "batch", "bedrock", "billing", "braket", "budgets", "ce", "chime", "cloud9", "cloudformation",
    "cloudfront", "cloudhsm", "cloudsearch", "cloudshell", "cloudtrail", "cloudwatch",
    "codeartifact", "codebuild", "codecommit", "codedeploy", "codepipeline", "codestar",
    "cognito-identity", "cognito-idp", "cognito-sync", "comprehend", "compute-optimizer", "config",
    "connect", "controltower", "cur", "databrew", "dataexchange", "datapipeline", "datasync",
    "datazone", "dax", "detective", "devicefarm", "directconnect", "discovery", "dlm", "dms", "ds",
    "dynamodb", "ebs", "ec2", "ec2-instance-connect", "ec2messages", "ecr", "ecr-public", "ecs",
    "eks", "elasticache", "elasticbeanstalk", "elasticfilesystem", "elasticloadbalancing",
    "elasticmapreduce", "emr-containers", "emr-serverless", "es", "events", "execute-api",
    "firehose", "fis", "fms", "forecast", "fsx", "gamelift", "geo", "glacier", "globalaccelerator",
    "glue", "grafana", "greengrass", "groundstation", "guardduty", "health", "iam",
    "identitystore", "imagebuilder", "inspector", "inspector2", "iot", "iotanalytics", "iotevents",
    "iotsitewise", "ivs", "kafka", "kafka-cluster", "kendra", "kinesis", "kinesisanalytics",
    "kinesisvideo", "kms", "lakeformation", "lambda", "lex", "license-manager", "lightsail",
    "logs", "machinelearning", "macie2", "mediaconvert", "medialive", "mediastore", "memorydb",
    "mobiletargeting", "mq", "neptune-db", "network-firewall", "networkmanager", "oam", "opsworks",
    "organizations", "outposts", "personalize", "pi", "pipes", "polly", "pricing", "qbusiness",
    "qldb", "quicksight", "ram", "rds", "rds-data", "rds-db", "redshift", "redshift-data",
    "redshift-serverless", "rekognition", "resource-groups", "robomaker", "rolesanywhere",
    "route53", "route53domains", "route53resolver", "s3", "s3-object-lambda", "s3-outposts",
    "s3express", "s3tables", "sagemaker", "savingsplans", "scheduler", "schemas", "sdb",
    "secretsmanager", "securityhub", "securitylake", "serverlessrepo", "servicecatalog",
    "servicediscovery", "servicequotas", "ses", "shield", "signer", "snowball", "sns", "sqs",
    "ssm", "ssm-incidents", "ssmmessages", "sso", "sso-directory", "states", "storagegateway",
    "sts", "support", "swf", "synthetics", "tag", "textract", "timestream", "transcribe",
    "transfer", "translate", "trustedadvisor", "vpc-lattice", "waf", "waf-regional", "wafv2",
    "wellarchitected", "workdocs", "workmail", "workspaces", "xray",
];

#[cfg(test)]
mod tests {
    #[test]
    fn sorted_for_the_binary_search() {
        assert!(super::KNOWN.is_sorted());
        assert!(super::is_known("iam") && !super::is_known("nosuchservice"));
    }
}
