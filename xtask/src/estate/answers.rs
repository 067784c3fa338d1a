//! The answers of a synthetic estate, with AWS's member names.
//!
//! Enters: an account, a number, random choices. Leaves: the body of one call. The number decides
//! what must be found again from elsewhere (names, ARNs, keys); chance decides the rest.

use fastrand::Rng;
use sagewarden_core::time::Time;
use serde_json::{Map, Value, json};

/// One account and its Region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    environment: &'static str,
}

/// The accounts.
pub(super) const SITES: [Site; 2] = [
    Site {
        account: "111122223333",
        region: "eu-west-1",
        environment: "production",
    },
    Site {
        account: "444455556666",
        region: "us-east-1",
        environment: "research",
    },
];

/// Configurations of training jobs that launchers repeat.
pub(super) const FAMILIES: usize = 600;

/// Buckets of an account.
pub(super) const BUCKETS: usize = 24;

/// Keys of an account.
pub(super) const KEYS: usize = 6;

/// The domain of an account.
pub(super) const DOMAIN: &str = "d-a1b2c3d4e5f6";

fn arn(site: &Site, kind: &str, name: &str) -> String {
    format!(
        "arn:aws:sagemaker:{}:{}:{kind}/{name}",
        site.region, site.account
    )
}

fn role_arn(site: &Site, number: usize) -> String {
    format!("arn:aws:iam::{}:role/{}", site.account, role_name(number))
}

fn role_name(number: usize) -> String {
    let team = TEAMS[number % TEAMS.len()];
    format!("{team}-{number:05}")
}

const TEAMS: [&str; 9] = [
    "fraud", "churn", "pricing", "ranking", "vision", "speech", "demand", "risk", "search",
];

pub(super) fn bucket(site: &Site, number: usize) -> String {
    let team = TEAMS[number % TEAMS.len()];
    format!("acme-{}-{team}-{number:02}", site.environment)
}

pub(super) fn key(site: &Site, number: usize) -> String {
    format!(
        "arn:aws:kms:{}:{}:key/0a1b2c3d-0000-4000-8000-{number:012x}",
        site.region, site.account
    )
}

fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// A role. Most are scoped to some buckets; some read everything, pass any role, may assume
/// others, carry a boundary, or are administrators.
pub(super) fn role(site: &Site, number: usize) -> Value {
    let name = role_name(number);
    let own = bucket(site, number % BUCKETS);
    let mut statements = vec![
        json!({ "Sid": "ReadData", "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": [format!("arn:aws:s3:::{own}/data/*"), format!("arn:aws:s3:::{own}/features/*")] }),
        json!({ "Sid": "WriteModels", "Effect": "Allow", "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
            "Resource": format!("arn:aws:s3:::{own}/models/*") }),
        json!({ "Sid": "Logs", "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "cloudwatch:PutMetricData"], "Resource": "*" }),
        json!({ "Sid": "Keys", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": key(site, number % KEYS) }),
    ];
    let mut attached = Vec::new();
    match number % 23 {
        3 => statements.push(json!({ "Sid": "ReadAll", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" })),
        7 => statements.push(json!({ "Sid": "Launch", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
            "Condition": { "StringEquals": { "iam:PassedToService": "sagemaker.amazonaws.com" } } })),
        11 => statements.push(json!({ "Sid": "Hop", "Effect": "Allow", "Action": "sts:AssumeRole",
            "Resource": [role_arn(site, number / 2), format!("arn:aws:iam::{}:role/{}-*", site.account, TEAMS[number % TEAMS.len()])] })),
        13 => attached.push(full_access()),
        17 => statements.push(json!({ "Sid": "NotGenomes", "Effect": "Deny", "Action": "s3:*",
            "Resource": "arn:aws:s3:::*/restricted/*" })),
        19 => attached.push(team_policy(site)),
        _ => {}
    }
    if number % 97 == 50 {
        attached.push(json!({ "PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess" }));
    }
    let mut trusted = vec![
        json!({ "Effect": "Allow", "Principal": { "Service": "sagemaker.amazonaws.com" }, "Action": "sts:AssumeRole" }),
    ];
    if number % 31 == 9 {
        trusted.push(json!({ "Effect": "Allow", "Principal": { "AWS": role_arn(site, number.saturating_sub(1)) }, "Action": "sts:AssumeRole" }));
    }
    if number % 41 == 5 {
        trusted.push(json!({ "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{}:root", site.account) }, "Action": "sts:AssumeRole" }));
    }
    let mut detail = json!({
        "Path": "/", "RoleName": name, "RoleId": format!("AROA{number:017}"), "Arn": role_arn(site, number),
        "CreateDate": "2025-03-11T09:00:00+00:00", "AssumeRolePolicyDocument": document(&trusted), "InstanceProfileList": [],
        "RolePolicyList": [{ "PolicyName": "work", "PolicyDocument": document(&statements) }],
        "AttachedManagedPolicies": attached,
        "Tags": [{ "Key": "environment", "Value": site.environment }, { "Key": "team", "Value": TEAMS[number % TEAMS.len()] }],
        "RoleLastUsed": { "LastUsedDate": "2026-11-23T18:00:00+00:00", "Region": site.region },
    });
    if number % 43 == 8 {
        detail["PermissionsBoundary"] = json!({ "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": team_policy(site)["PolicyArn"] });
    }
    detail
}

fn full_access() -> Value {
    json!({ "PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess" })
}

fn team_policy(site: &Site) -> Value {
    json!({ "PolicyName": "team-baseline", "PolicyArn": format!("arn:aws:iam::{}:policy/team-baseline", site.account) })
}

/// The managed policies of an account's roles.
pub(super) fn policies(site: &Site) -> Value {
    let policy = |named: &Value, statements: &[Value]| {
        json!({
            "PolicyName": named["PolicyName"], "PolicyId": "ANPA0000000000000001", "Arn": named["PolicyArn"], "Path": "/",
            "DefaultVersionId": "v1", "AttachmentCount": 12, "PermissionsBoundaryUsageCount": 4, "IsAttachable": true,
            "CreateDate": "2025-02-01T09:00:00+00:00", "UpdateDate": "2025-02-01T09:00:00+00:00",
            "PolicyVersionList": [{ "Document": document(statements), "VersionId": "v1", "IsDefaultVersion": true,
                "CreateDate": "2025-02-01T09:00:00+00:00" }],
        })
    };
    json!([
        policy(
            &team_policy(site),
            &[
                json!({ "Sid": "Work", "Effect": "Allow", "Action": ["sagemaker:*", "logs:*", "cloudwatch:*", "ecr:*"], "Resource": "*" }),
                json!({ "Sid": "Data", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
                    "Resource": [format!("arn:aws:s3:::acme-{}-*", site.environment), format!("arn:aws:s3:::acme-{}-*/*", site.environment)] }),
            ],
        ),
        policy(
            &full_access(),
            &[
                json!({ "Effect": "Allow", "Action": ["sagemaker:*", "ecr:BatchGetImage", "ec2:Describe*", "logs:*", "cloudwatch:*"], "Resource": "*" }),
                json!({ "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
                    "Resource": ["arn:aws:s3:::*SageMaker*", "arn:aws:s3:::*Sagemaker*", "arn:aws:s3:::*sagemaker*"] }),
                json!({ "Effect": "Allow", "Action": ["iam:PassRole"], "Resource": "arn:aws:iam::*:role/*AmazonSageMaker*",
                    "Condition": { "StringEquals": { "iam:PassedToService": ["glue.amazonaws.com", "robomaker.amazonaws.com", "states.amazonaws.com"] } } }),
            ],
        ),
    ])
}

pub(super) fn buckets(site: &Site) -> Value {
    let buckets: Vec<Value> = (0..BUCKETS)
        .map(|number| json!({ "Name": bucket(site, number), "CreationDate": "2024-06-01T10:00:00+00:00" }))
        .collect();
    json!({ "Buckets": buckets, "Owner": { "ID": "9f".repeat(32) } })
}

pub(super) fn bucket_encryption(site: &Site, number: usize) -> Value {
    let default = if number.is_multiple_of(3) {
        json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key(site, number % KEYS) })
    } else {
        json!({ "SSEAlgorithm": "AES256" })
    };
    json!({ "ServerSideEncryptionConfiguration": { "Rules": [
        { "ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": number.is_multiple_of(3) }] } })
}

pub(super) fn bucket_policy(site: &Site, number: usize) -> Option<Value> {
    let name = bucket(site, number);
    (number % 4 != 1).then(|| {
        document(&[
            json!({ "Sid": "DenyPlainHttp", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{name}"), format!("arn:aws:s3:::{name}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } } }),
        ])
    })
}

pub(super) fn described_key(site: &Site, number: usize) -> Value {
    let arn = key(site, number);
    json!({ "KeyMetadata": { "AWSAccountId": site.account, "KeyId": arn.rsplit('/').next(), "Arn": arn,
        "CreationDate": "2025-01-10T08:00:00+00:00", "Enabled": true, "Description": "team data", "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled", "Origin": "AWS_KMS", "KeyManager": "CUSTOMER", "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"], "MultiRegion": false } })
}

// ------------------------------------------------------------------------------------ small assets

fn notebook_name(number: usize) -> String {
    format!("{}-notebook-{number:06}", TEAMS[number % TEAMS.len()])
}

pub(super) fn notebook(site: &Site, number: usize, roles: usize, random: &mut Rng) -> Value {
    let name = notebook_name(number);
    let mut body = json!({
        "NotebookInstanceArn": arn(site, "notebook-instance", &name), "NotebookInstanceName": name,
        "NotebookInstanceStatus": if random.u8(0..8) == 0 { "Stopped" } else { "InService" },
        "InstanceType": "ml.t3.medium", "RoleArn": role_arn(site, number % roles),
        "LastModifiedTime": time(days_ago(random, 90)), "CreationTime": "2026-03-02T08:00:00Z",
        "DirectInternetAccess": if random.bool() { "Enabled" } else { "Disabled" }, "VolumeSizeInGB": 20,
        "RootAccess": if random.bool() { "Enabled" } else { "Disabled" },
    });
    if random.u8(0..3) > 0 {
        body["SubnetId"] = json!("subnet-0a0b0c0d0e0f00001");
        body["SecurityGroups"] = json!(["sg-0a0b0c0d0e0f00001"]);
    }
    if random.bool() {
        body["KmsKeyId"] = json!(key(site, number % KEYS));
    }
    body
}

pub(super) fn notebook_summary(site: &Site, number: usize) -> Value {
    let name = notebook_name(number);
    json!({ "NotebookInstanceName": name, "NotebookInstanceArn": arn(site, "notebook-instance", &name),
        "NotebookInstanceStatus": "InService", "InstanceType": "ml.t3.medium" })
}

fn model_name(number: usize) -> String {
    format!("{}-model-{number:06}", TEAMS[number % TEAMS.len()])
}

pub(super) fn model(site: &Site, number: usize, roles: usize, random: &mut Rng) -> Value {
    let name = model_name(number);
    let mut body = json!({
        "ModelName": name,
        "PrimaryContainer": { "Image": image(site, number), "Mode": "SingleModel",
            "ModelDataUrl": format!("s3://{}/models/{name}/output/model.tar.gz", bucket(site, number % BUCKETS)) },
        "ExecutionRoleArn": role_arn(site, number % roles), "CreationTime": "2026-07-09T10:00:00Z",
        "ModelArn": arn(site, "model", &name), "EnableNetworkIsolation": random.bool(),
    });
    if random.bool() {
        body["VpcConfig"] = vpc(1);
    }
    body
}

pub(super) fn model_summary(site: &Site, number: usize) -> Value {
    let name = model_name(number);
    json!({ "ModelName": name, "ModelArn": arn(site, "model", &name), "CreationTime": "2026-07-09T10:00:00Z" })
}

fn configuration_name(number: usize) -> String {
    format!("{}-serving-{number:06}", TEAMS[number % TEAMS.len()])
}

pub(super) fn configuration(site: &Site, number: usize, random: &mut Rng) -> Value {
    let name = configuration_name(number);
    let capture = random.bool();
    json!({
        "EndpointConfigName": name, "EndpointConfigArn": arn(site, "endpoint-config", &name),
        "ProductionVariants": [{ "VariantName": "main", "ModelName": model_name(number), "InitialInstanceCount": random.u8(1..4),
            "InstanceType": "ml.m5.xlarge", "InitialVariantWeight": 1.0 }],
        "DataCaptureConfig": { "EnableCapture": capture, "InitialSamplingPercentage": 20,
            "DestinationS3Uri": format!("s3://{}/capture/", bucket(site, number % BUCKETS)) },
        "CreationTime": "2026-07-10T10:00:00Z", "EnableNetworkIsolation": false,
    })
}

pub(super) fn configuration_summary(site: &Site, number: usize) -> Value {
    let name = configuration_name(number);
    json!({ "EndpointConfigName": name, "EndpointConfigArn": arn(site, "endpoint-config", &name),
        "CreationTime": "2026-07-10T10:00:00Z" })
}

fn endpoint_name(number: usize) -> String {
    format!("{}-endpoint-{number:06}", TEAMS[number % TEAMS.len()])
}

pub(super) fn endpoint(site: &Site, number: usize) -> Value {
    let name = endpoint_name(number);
    json!({
        "EndpointName": name, "EndpointArn": arn(site, "endpoint", &name), "EndpointConfigName": configuration_name(number),
        "ProductionVariants": [{ "VariantName": "main", "CurrentWeight": 1.0, "DesiredWeight": 1.0,
            "CurrentInstanceCount": 2, "DesiredInstanceCount": 2 }],
        "EndpointStatus": "InService", "CreationTime": "2026-07-11T10:00:00Z", "LastModifiedTime": "2026-07-11T10:05:00Z",
    })
}

pub(super) fn endpoint_summary(site: &Site, number: usize) -> Value {
    let name = endpoint_name(number);
    json!({ "EndpointName": name, "EndpointArn": arn(site, "endpoint", &name), "EndpointStatus": "InService",
        "CreationTime": "2026-07-11T10:00:00Z", "LastModifiedTime": "2026-07-11T10:05:00Z" })
}

pub(super) fn domain(site: &Site, roles: usize) -> Value {
    json!({
        "DomainArn": arn(site, "domain", DOMAIN), "DomainId": DOMAIN, "DomainName": "studio", "Status": "InService",
        "CreationTime": "2025-09-01T08:00:00+00:00", "LastModifiedTime": "2026-05-01T08:00:00Z", "AuthMode": "IAM",
        "DefaultUserSettings": { "ExecutionRole": role_arn(site, roles / 2), "SecurityGroups": ["sg-0a0b0c0d0e0f00001"] },
        "AppNetworkAccessType": "VpcOnly", "SubnetIds": ["subnet-0a0b0c0d0e0f00001"], "VpcId": "vpc-0a0b0c0d0e0f00001",
    })
}

fn profile_name(number: usize) -> String {
    format!("{}-member-{number:06}", TEAMS[number % TEAMS.len()])
}

pub(super) fn profile(site: &Site, number: usize, roles: usize, random: &mut Rng) -> Value {
    let name = profile_name(number);
    let mut settings = json!({ "SecurityGroups": ["sg-0a0b0c0d0e0f00001"],
        "JupyterLabAppSettings": { "DefaultResourceSpec": { "InstanceType": "ml.t3.medium" } } });
    if random.bool() {
        settings["ExecutionRole"] = json!(role_arn(site, number % roles));
    }
    json!({
        "DomainId": DOMAIN, "UserProfileArn": arn(site, "user-profile", &format!("{DOMAIN}/{name}")), "UserProfileName": name,
        "HomeEfsFileSystemUid": format!("{}", 200_000 + number), "Status": "InService", "CreationTime": "2025-09-03T08:00:00+00:00",
        "LastModifiedTime": "2026-02-01T08:00:00Z", "UserSettings": settings,
    })
}

pub(super) fn profile_summary(number: usize) -> Value {
    json!({ "DomainId": DOMAIN, "UserProfileName": profile_name(number), "Status": "InService",
        "CreationTime": "2025-09-03T08:00:00+00:00", "LastModifiedTime": "2026-02-01T08:00:00Z" })
}

// ----------------------------------------------------------------------------------- training jobs

/// One configuration of training jobs.
pub(super) struct Family {
    pub(super) site: &'static Site,
    name: String,
    role: String,
    image: String,
    bucket: String,
    channels: Vec<Value>,
    instance: &'static str,
    instances: u8,
    volume_key: Option<String>,
    output_key: Option<String>,
    vpc: Option<Value>,
    isolation: bool,
    traffic_encryption: bool,
    spot: bool,
    debugs: bool,
    hyper_parameters: usize,
    metrics: usize,
    environment: Vec<&'static str>,
}

const INSTANCES: [&str; 8] = [
    "ml.m5.xlarge",
    "ml.m5.4xlarge",
    "ml.c5.9xlarge",
    "ml.g5.12xlarge",
    "ml.g4dn.xlarge",
    "ml.p4d.24xlarge",
    "ml.p3.8xlarge",
    "ml.r5.2xlarge",
];

const VARIABLES: [&str; 8] = [
    "PYTHONUNBUFFERED",
    "SAGEMAKER_PROGRAM",
    "NCCL_DEBUG",
    "MLFLOW_TRACKING_URI",
    "OMP_NUM_THREADS",
    "TEAM",
    "WANDB_MODE",
    "LOG_LEVEL",
];

impl Family {
    pub(super) fn new(
        site: &'static Site,
        number: usize,
        roles: usize,
        random: &mut Rng,
    ) -> Family {
        let bucket = bucket(site, random.usize(0..BUCKETS));
        let team = TEAMS[number % TEAMS.len()];
        let name = format!(
            "{team}-{}-{number:03}",
            ["train", "retrain", "tune", "backfill"][number % 4]
        );
        let channels = ["train", "validation", "test", "vocabulary"];
        let channels = channels
            .iter()
            .take(random.usize(1..5))
            .map(|channel| channel_of(channel, &format!("s3://{bucket}/data/{team}/{channel}/")))
            .collect();
        Family {
            site,
            name,
            role: role_arn(site, random.usize(0..roles)),
            image: image(site, number),
            channels,
            instance: INSTANCES[random.usize(0..INSTANCES.len())],
            instances: [1, 1, 1, 2, 4][random.usize(0..5)],
            volume_key: random.bool().then(|| key(site, number % KEYS)),
            output_key: random.bool().then(|| key(site, number % KEYS)),
            vpc: (random.u8(0..3) > 0).then(|| vpc(random.usize(1..4))),
            isolation: random.bool(),
            traffic_encryption: random.bool(),
            spot: random.bool(),
            debugs: random.u8(0..4) > 0,
            hyper_parameters: random.usize(1..7),
            metrics: random.usize(1..6),
            environment: VARIABLES[..random.usize(1..5)].to_vec(),
            bucket,
        }
    }

    /// Somebody's own way: data from a bucket that is not the account's, a key of theirs.
    pub(super) fn make_unusual(&mut self, random: &mut Rng) {
        let bucket = format!("partner-drop-{:08x}", random.u32(..));
        self.channels = vec![channel_of("train", &format!("s3://{bucket}/in/"))];
        self.name = format!("adhoc-{:08x}", random.u32(..));
        self.vpc = None;
    }

    /// The description of one of its jobs.
    pub(super) fn job(&mut self, number: u64, created: i64, random: &mut Rng) -> Value {
        let site = self.site;
        let instant = time(Time(created));
        let name = format!("{}-{}-{number:06}", self.name, &instant[..10]);
        let lasted = random.i64(240_000..14_400_000);
        let (started, ended) = (created + 95_417, created + 95_417 + lasted);
        let status = match random.u8(0..100) {
            0..=1 if created > super::AS_OF.0 - 7_200_000 => "InProgress",
            2..=8 => "Failed",
            9..=12 => "Stopped",
            _ => "Completed",
        };
        let seconds = lasted / 1000;
        let mut body = json!({
            "TrainingJobName": name,
            "TrainingJobArn": arn(site, "training-job", &name),
            "ModelArtifacts": { "S3ModelArtifacts": format!("s3://{}/models/{name}/output/model.tar.gz", self.bucket) },
            "TrainingJobStatus": status,
            "SecondaryStatus": if status == "InProgress" { "Training" } else { status },
            "HyperParameters": self.hyper_parameters(&name, random),
            "AlgorithmSpecification": { "TrainingImage": self.image, "TrainingInputMode": "File",
                "MetricDefinitions": self.metrics(|metric, _| json!({ "Name": metric,
                    "Regex": format!(".*\\[[0-9]+\\].*#011{}:([-+]?[0-9]*\\.?[0-9]+).*", metric.replace(':', "-")) })),
                "EnableSageMakerMetricsTimeSeries": false },
            "RoleArn": self.role,
            "InputDataConfig": self.channels,
            "OutputDataConfig": { "KmsKeyId": self.output_key.as_deref().unwrap_or(""),
                "S3OutputPath": format!("s3://{}/models/", self.bucket), "CompressionType": "GZIP" },
            "ResourceConfig": { "InstanceType": self.instance, "InstanceCount": self.instances, "VolumeSizeInGB": 50 },
            "StoppingCondition": { "MaxRuntimeInSeconds": 86_400 },
            "CreationTime": instant,
            "TrainingStartTime": time(Time(started)),
            "TrainingEndTime": time(Time(ended)),
            "LastModifiedTime": time(Time(ended + 12_083)),
            "SecondaryStatusTransitions": transitions(created, ended, status),
            "FinalMetricDataList": self.metrics(|metric, random| json!({ "MetricName": metric,
                "Value": random.f64(), "Timestamp": time(Time(ended - 4_000)) })),
            "EnableNetworkIsolation": self.isolation,
            "EnableInterContainerTrafficEncryption": self.traffic_encryption,
            "EnableManagedSpotTraining": self.spot,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": if self.spot { seconds * 2 / 5 } else { seconds },
            "Environment": self.environment.iter().map(|variable| ((*variable).to_owned(), json!(format!("{}", random.u16(..)))))
                .collect::<Map<String, Value>>(),
            "ProfilingStatus": if self.debugs { "Enabled" } else { "Disabled" },
            "ProfilerConfig": { "S3OutputPath": format!("s3://{}/models/", self.bucket),
                "ProfilingIntervalInMilliseconds": 500, "DisableProfiler": !self.debugs },
        });
        if let Some(key) = &self.volume_key {
            body["ResourceConfig"]["VolumeKmsKeyId"] = json!(key);
        }
        if let Some(vpc) = &self.vpc {
            body["VpcConfig"] = vpc.clone();
        }
        if self.debugs {
            body["DebugHookConfig"] = json!({ "S3OutputPath": format!("s3://{}/models/", self.bucket), "CollectionConfigurations": [] });
        }
        if status == "Failed" {
            body["FailureReason"] = json!(format!(
                "AlgorithmError: ExecuteUserScriptError: ExitCode 1 ErrorMessage \"RuntimeError: loss is not finite at step {}\" Command \"/usr/local/bin/python3 train.py\"",
                random.u16(..)
            ));
        }
        body
    }

    /// As the SDK's script mode writes them: JSON texts.
    fn hyper_parameters(&self, job: &str, random: &mut Rng) -> Map<String, Value> {
        let names = [
            "max_depth",
            "eta",
            "gamma",
            "min_child_weight",
            "subsample",
            "colsample_bytree",
            "num_round",
            "lambda",
            "alpha",
            "early_stopping_rounds",
            "batch_size",
            "learning_rate",
            "dropout",
            "warmup_steps",
        ];
        let mut parameters: Map<String, Value> = names
            .iter()
            .take(self.hyper_parameters)
            .map(|name| {
                (
                    (*name).to_owned(),
                    json!(format!("{:.5}", random.f64() * 10.0)),
                )
            })
            .collect();
        let source = format!("\"s3://{}/source/{job}/sourcedir.tar.gz\"", self.bucket);
        parameters.insert("sagemaker_submit_directory".to_owned(), json!(source));
        parameters.insert("sagemaker_program".to_owned(), json!("\"train.py\""));
        parameters.insert("sagemaker_job_name".to_owned(), json!(format!("\"{job}\"")));
        parameters
    }

    fn metrics(&self, of: impl Fn(&str, &mut Rng) -> Value) -> Vec<Value> {
        let names = [
            "train:auc",
            "validation:auc",
            "train:logloss",
            "validation:logloss",
            "train:rmse",
            "validation:rmse",
            "train:map",
            "validation:map",
        ];
        // Metric values are noise that no control reads: the same for each run of a family.
        let mut random = Rng::with_seed(self.metrics as u64);
        names
            .iter()
            .take(self.metrics)
            .map(|name| of(name, &mut random))
            .collect()
    }
}

fn channel_of(name: &str, uri: &str) -> Value {
    json!({ "ChannelName": name,
        "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated" } },
        "ContentType": "text/csv", "CompressionType": "None", "RecordWrapperType": "None" })
}

fn transitions(created: i64, ended: i64, status: &str) -> Vec<Value> {
    let steps = [
        ("Starting", created, "Preparing the instances for training"),
        (
            "Downloading",
            created + 61_204,
            "Downloading the training image and input data",
        ),
        (
            "Training",
            created + 95_417,
            "Training image download completed. Training in progress.",
        ),
        (
            "Uploading",
            ended - 9_000,
            "Uploading generated training model",
        ),
        (status, ended, "Training job finished"),
    ];
    let ends = steps
        .iter()
        .skip(1)
        .map(|(_, start, _)| *start)
        .chain([ended]);
    steps
        .iter()
        .zip(ends)
        .map(|((status, start, message), end)| {
            json!({ "Status": status, "StartTime": time(Time(*start)), "EndTime": time(Time(end)), "StatusMessage": message })
        })
        .collect()
}

fn image(site: &Site, number: usize) -> String {
    let (account, region) = (site.account, site.region);
    format!(
        "{account}.dkr.ecr.{region}.amazonaws.com/{}:{}.{}",
        TEAMS[number % TEAMS.len()],
        number % 7,
        number % 10
    )
}

fn vpc(number: usize) -> Value {
    json!({ "SecurityGroupIds": [format!("sg-0a0b0c0d0e0f0000{number}")],
        "Subnets": [format!("subnet-0a0b0c0d0e0f0000{number}"), "subnet-0a0b0c0d0e0f0000f"] })
}

fn days_ago(random: &mut Rng, most: i64) -> Time {
    Time(super::AS_OF.0 - random.i64(0..most * sagewarden_core::time::DAY_MS))
}

/// An instant as the AWS CLI writes it.
fn time(instant: Time) -> String {
    instant.to_string()
}
