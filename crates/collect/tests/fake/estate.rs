//! The small estate: some assets of every kind, and everything that is asked about them.

use serde_json::{Value, json};

use super::{Asked, Day, Reply};

const CREATED: &str = "2026-06-01T00:00:00Z";

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:sagemaker:eu-west-1:111122223333:{kind}/{name}")
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

/// Roots and units, each with its accounts and units.
const TREE: [(&str, &[&str], &[&str]); 4] = [
    ("r-1", &["111122223333"], &["ou-prod", "ou-lab"]),
    ("ou-prod", &["222222222222"], &["ou-prod-eu"]),
    ("ou-prod-eu", &["333333333333"], &[]),
    ("ou-lab", &["444455556666", SUSPENDED], &[]),
];
const SUSPENDED: &str = "555555555555";

fn below(asked: &Asked) -> (&'static [&'static str], &'static [&'static str]) {
    let parent = asked.text("ParentId");
    let found = TREE.iter().find(|(id, ..)| *id == parent);
    found.map_or((&[], &[]), |(_, accounts, units)| (accounts, units))
}

fn account(id: &str) -> Value {
    let status = if id == SUSPENDED {
        "SUSPENDED"
    } else {
        "ACTIVE"
    };
    json!({"Id": id, "Status": status, "State": status, "JoinedMethod": "CREATED"})
}

/// A page of a listing in JSON.
fn page(asked: &Asked, member: &str, items: Vec<Value>, size: usize) -> Reply {
    let start: usize = asked.text("NextToken").parse().unwrap_or(0);
    let end = (start + size).min(items.len());
    let mut body = json!({ member: items[start.min(end)..end] });
    if end < items.len() {
        body["NextToken"] = json!(end.to_string());
    }
    Reply::Json(body)
}

fn gone(message: String) -> Reply {
    Reply::Error(400, "ValidationException", message)
}

/// The estate of one day.
pub(crate) struct Estate {
    day: Day,
    jobs: Vec<usize>,
    models: Vec<&'static str>,
}

/// The job that still runs on the first day, and the one that is gone on the second.
const RUNS: usize = 20;
const GONE: usize = 5;

impl Estate {
    pub(crate) fn on(day: Day, jobs: usize) -> Estate {
        let is_second = day == Day::Second;
        Estate {
            day,
            jobs: match day {
                Day::Second => (0..jobs + 2).filter(|index| *index != GONE).collect(),
                _ => (0..jobs).collect(),
            },
            models: MODELS
                .into_iter()
                .filter(|name| *name != "m-3" || !is_second)
                .collect(),
        }
    }

    fn job(&self, index: usize) -> Value {
        let mut job = job(index);
        if index == RUNS && self.day == Day::First {
            job["TrainingJobStatus"] = json!("InProgress");
            job.as_object_mut().unwrap().remove("TrainingEndTime");
        }
        job
    }

    fn model(&self, name: &str) -> Value {
        let mut model = model(name);
        if name == "m-4" && self.day == Day::Second {
            model["CreationTime"] = json!("2026-11-23T00:00:00Z");
            model["EnableNetworkIsolation"] = json!(false);
        }
        model
    }

    fn notebook(&self, name: &str) -> Value {
        let mut notebook = notebook(name);
        if name == "nb-2" && self.day == Day::Second {
            notebook["RootAccess"] = json!("Enabled");
        }
        notebook
    }

    fn configuration(&self, name: &str) -> Value {
        let is_anew = name == "c-2" && self.day == Day::Second;
        json!({
            "EndpointConfigName": name,
            "EndpointConfigArn": arn("endpoint-config", name),
            "CreationTime": if is_anew { "2026-11-23T00:00:00Z" } else { CREATED },
            "ProductionVariants": [{
                "VariantName": "v", "ModelName": "m-1", "InitialInstanceCount": if is_anew { 1 } else { 2 },
                "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0}],
        })
    }
}

fn job(index: usize) -> Value {
    let name = format!("job-{index:05}");
    json!({
        "TrainingJobName": name,
        "TrainingJobArn": arn("training-job", &name),
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "CreationTime": format!("2026-11-01T{:02}:{:02}:00Z", index / 60 % 24, index % 60),
        "TrainingStartTime": "2026-11-01T00:01:00Z",
        "TrainingEndTime": "2026-11-01T01:00:00Z",
        "RoleArn": role("training"),
        "AlgorithmSpecification": {
            "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1", "TrainingInputMode": "File",
            "ContainerArguments": ["planted-argument"],
        },
        "HyperParameters": {"password": "planted-hyperparameter"},
        "Environment": {"TOKEN": "planted-environment"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {
            "S3DataType": "S3Prefix", "S3Uri": "s3://own-bucket/data/"}}}],
        "OutputDataConfig": {"S3OutputPath": "s3://own-bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 10, "VolumeKmsKeyId": "key-1"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "EnableNetworkIsolation": index.is_multiple_of(2),
        "EnableInterContainerTrafficEncryption": true,
        "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
    })
}

fn notebook(name: &str) -> Value {
    json!({
        "NotebookInstanceName": name,
        "NotebookInstanceArn": arn("notebook-instance", name),
        "NotebookInstanceStatus": "InService",
        "InstanceType": "ml.t3.medium",
        "RoleArn": role("notebook"),
        "KmsKeyId": "key-1",
        "Url": "planted-url.notebook.eu-west-1.sagemaker.aws",
        "RootAccess": if name == "nb-2" { "Disabled" } else { "Enabled" },
        "DirectInternetAccess": "Disabled",
        "SubnetId": "subnet-1",
        "SecurityGroups": ["sg-1"],
        "NotebookInstanceLifecycleConfigName": "lc",
        "CreationTime": CREATED,
        "LastModifiedTime": CREATED,
    })
}

fn model(name: &str) -> Value {
    json!({
        "ModelName": name,
        "ModelArn": arn("model", name),
        "CreationTime": CREATED,
        "ExecutionRoleArn": role("training"),
        "EnableNetworkIsolation": name != "m-2",
        "PrimaryContainer": {
            "Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1",
            "ModelDataUrl": format!("s3://own-bucket/models/{name}/output/model.tar.gz"),
            "Environment": {"TOKEN": "planted-environment"},
        },
    })
}

fn named(items: &[&str], describe: impl Fn(&str) -> Value, keep: &[&str]) -> Vec<Value> {
    items
        .iter()
        .map(|name| {
            let whole = describe(name);
            keep.iter()
                .map(|member| ((*member).to_owned(), whole[*member].clone()))
                .collect()
        })
        .collect()
}

const NOTEBOOKS: [&str; 3] = ["nb-1", "nb-2", "nb-3"];
const MODELS: [&str; 4] = ["m-1", "m-2", "m-3", "m-4"];

impl Estate {
    pub(crate) fn answer(&self, asked: &Asked, size: usize) -> Reply {
        let operation = asked.operation.as_str();
        match operation {
        "sts:GetCallerIdentity" => {
            let account = if asked.key == "other" {
                "444455556666"
            } else {
                "111122223333"
            };
            Reply::Xml(format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::{account}:assumed-role/r/s</Arn><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
            ))
        }
        "ec2:DescribeRegions" => Reply::Xml("<DescribeRegionsResponse><regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo></DescribeRegionsResponse>".to_owned()),
        "ec2:DescribeSubnets" => Reply::Xml("<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><availabilityZoneId>euw1-az1</availabilityZoneId></item></subnetSet></DescribeSubnetsResponse>".to_owned()),
        "iam:GetAccountAuthorizationDetails" => Reply::Xml(details()),
        _ if operation.starts_with("s3:") => s3(asked),
        _ => self.in_json(asked, size),
    }
    }

    fn in_json(&self, asked: &Asked, size: usize) -> Reply {
        let name = |member: &str| asked.text(member).to_owned();
        match asked.operation.as_str() {
        "sagemaker:ListNotebookInstances" => page(
            asked,
            "NotebookInstances",
            named(&NOTEBOOKS, |name| self.notebook(name), &["NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus", "InstanceType", "CreationTime", "LastModifiedTime", "NotebookInstanceLifecycleConfigName"]),
            size.min(2),
        ),
        "sagemaker:DescribeNotebookInstance" => Reply::Json(self.notebook(&name("NotebookInstanceName"))),
        "sagemaker:DescribeNotebookInstanceLifecycleConfig" => Reply::Json(json!({
            "NotebookInstanceLifecycleConfigName": "lc",
            "OnStart": [{"Content": "ZWNobyBwbGFudGVkLXNjcmlwdA=="}],
        })),
        "logs:DescribeLogStreams" => Reply::Json(json!({"logStreams": []})),
        "cloudtrail:LookupEvents" => Reply::Json(json!({"Events": []})),
        "sagemaker:ListDomains" => page(asked, "Domains", vec![json!({"DomainId": "d-1", "DomainArn": arn("domain", "d-1"), "Status": "InService", "CreationTime": CREATED})], size),
        "sagemaker:DescribeDomain" => Reply::Json(json!({
            "DomainId": "d-1", "DomainArn": arn("domain", "d-1"), "DomainName": "studio", "Status": "InService", "AuthMode": "IAM",
            "CreationTime": CREATED, "DefaultUserSettings": {"ExecutionRole": role("notebook")}})),
        "sagemaker:ListUserProfiles" => page(
            asked,
            "UserProfiles",
            ["ana", "bo"].iter().map(|user| json!({"DomainId": "d-1", "UserProfileName": user, "Status": "InService"})).collect(),
            1,
        ),
        "sagemaker:DescribeUserProfile" => Reply::Json(json!({
            "DomainId": "d-1", "UserProfileName": name("UserProfileName"), "Status": "InService",
            "UserSettings": {"ExecutionRole": role(&name("UserProfileName"))}})),
        "sagemaker:ListSpaces" => page(asked, "Spaces", vec![], size),
        "sagemaker:ListModels" => page(asked, "Models", named(&self.models, |name| self.model(name), &["ModelName", "ModelArn", "CreationTime"]), size.min(3)),
        "sagemaker:DescribeModel" => {
            let wanted = name("ModelName");
            if self.models.contains(&wanted.as_str()) {
                Reply::Json(self.model(&wanted))
            } else {
                gone(format!("Could not find model \"{}\".", arn("model", &wanted)))
            }
        }
        "sagemaker:ListEndpointConfigs" => page(
            asked,
            "EndpointConfigs",
            named(&["c-1", "c-2"], |name| self.configuration(name), &["EndpointConfigName", "EndpointConfigArn", "CreationTime"]),
            size.min(1),
        ),
        "sagemaker:DescribeEndpointConfig" => Reply::Json(self.configuration(&name("EndpointConfigName"))),
        "sagemaker:ListEndpoints" => page(asked, "Endpoints", vec![json!({"EndpointName": "e-1", "EndpointArn": arn("endpoint", "e-1"), "EndpointStatus": "InService", "CreationTime": CREATED, "LastModifiedTime": CREATED})], size),
        "sagemaker:DescribeEndpoint" => Reply::Json(json!({
            "EndpointName": "e-1", "EndpointArn": arn("endpoint", "e-1"), "EndpointConfigName": "c-1", "EndpointStatus": "InService",
            "CreationTime": CREATED, "LastModifiedTime": CREATED,
            "ProductionVariants": [{"VariantName": "v", "CurrentInstanceCount": 2, "DesiredInstanceCount": 2, "CurrentWeight": 1.0}]})),
        "sagemaker:ListTags" => Reply::Json(json!({"Tags": []})),
        "sagemaker:ListInferenceComponents" => page(asked, "InferenceComponents", vec![], size),
        "sagemaker:ListMonitoringSchedules" => page(
            asked,
            "MonitoringScheduleSummaries",
            vec![json!({"MonitoringScheduleName": "s-1", "MonitoringScheduleStatus": "Scheduled", "MonitoringType": "DataQuality", "MonitoringJobDefinitionName": "dq"})],
            size,
        ),
        "sagemaker:DescribeMonitoringSchedule" => Reply::Json(json!({
            "MonitoringScheduleName": "s-1", "MonitoringScheduleStatus": "Scheduled", "MonitoringType": "DataQuality",
            "MonitoringScheduleConfig": {"MonitoringType": "DataQuality", "MonitoringJobDefinitionName": "dq", "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}}})),
        "sagemaker:DescribeDataQualityJobDefinition" => Reply::Json(json!({
            "JobDefinitionName": "dq", "DataQualityJobInput": {"EndpointInput": {"EndpointName": "e-1", "LocalPath": "/x"}}})),
        "application-autoscaling:DescribeScalableTargets" => Reply::Json(json!({"ScalableTargets": []})),
        "cloudwatch:ListMetrics" => Reply::Json(json!({"Metrics": []})),
        "cloudwatch:GetMetricData" => {
            let queries = asked.members["MetricDataQueries"].as_array().unwrap();
            let results: Vec<Value> = queries.iter().map(|query| json!({
                "Id": query["Id"], "Label": query["Label"], "Timestamps": [], "Values": [], "StatusCode": "Complete"})).collect();
            Reply::Json(json!({"MetricDataResults": results}))
        }
        "sagemaker:ListTrainingJobs" => {
            let status = asked.text("StatusEquals");
            let jobs = self.jobs.iter().map(|index| self.job(*index));
            let listed = jobs.filter(|job| !asked.members.contains_key("WarmPoolStatusEquals") && (status.is_empty() || job["TrainingJobStatus"] == status));
            page(asked, "TrainingJobSummaries", listed.map(|job| {
                json!({"TrainingJobName": job["TrainingJobName"], "TrainingJobArn": job["TrainingJobArn"], "TrainingJobStatus": job["TrainingJobStatus"], "CreationTime": job["CreationTime"]})
            }).collect(), size)
        }
        "sagemaker:DescribeTrainingJob" => match name("TrainingJobName").strip_prefix("job-").and_then(|index| index.parse().ok()) {
            Some(index) => Reply::Json(self.job(index)),
            None => gone("Requested resource not found.".to_owned()),
        },
        "sagemaker:Search" if asked.text("Resource") == "TrainingJob" => {
            let since = asked.members["SearchExpression"]["Filters"][0]["Value"].as_str().unwrap();
            let jobs = self.jobs.iter().map(|index| self.job(*index));
            let found = jobs.filter(|job| job["CreationTime"].as_str().unwrap().trim_end_matches('Z') >= since);
            page(asked, "Results", found.map(|mut job| {
                job["Tags"] = json!([{"Key": "team", "Value": "fraud"}]);
                json!({"TrainingJob": job})
            }).collect(), size)
        }
        "sagemaker:Search" => page(asked, "Results", self.models.iter().map(|name| json!({"Model": {"Model": self.model(name), "Endpoints": []}})).collect(), size),
            "organizations:ListAccounts" => page(asked, "Accounts", TREE.iter().flat_map(|(_, accounts, _)| *accounts).map(|id| account(id)).collect(), 2),
            "organizations:ListAccountsForParent" => page(asked, "Accounts", below(asked).0.iter().map(|id| account(id)).collect(), 1),
            "organizations:ListOrganizationalUnitsForParent" => page(asked, "OrganizationalUnits", below(asked).1.iter().map(|id| json!({"Id": id, "Arn": id, "Name": id})).collect(), 1),
        "kms:DescribeKey" => Reply::Json(json!({"KeyMetadata": {"KeyId": "key-1", "Arn": "arn:aws:kms:eu-west-1:111122223333:key/key-1", "KeyManager": "CUSTOMER", "KeyState": "Enabled"}})),
        "kms:GetKeyPolicy" => Reply::Json(json!({"Policy": "{\"Statement\":[]}", "PolicyName": "default"})),
        other => Reply::Error(400, "AccessDeniedException", format!("the estate does not answer {other}")),
    }
    }
}

fn s3(asked: &Asked) -> Reply {
    let bucket = asked.text("Bucket");
    if bucket != "own-bucket" && asked.operation != "s3:ListBuckets" {
        return Reply::Error(
            404,
            "NoSuchBucket",
            "The specified bucket does not exist".to_owned(),
        );
    }
    match asked.operation.as_str() {
        "s3:ListBuckets" => Reply::Xml("<ListAllMyBucketsResult><Buckets><Bucket><Name>own-bucket</Name><CreationDate>2024-01-01T00:00:00Z</CreationDate><BucketRegion>eu-west-1</BucketRegion></Bucket></Buckets></ListAllMyBucketsResult>".to_owned()),
        "s3:GetBucketPolicy" => Reply::Plain(json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::own-bucket", "arn:aws:s3:::own-bucket/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}).to_string()),
        "s3:GetBucketEncryption" => Reply::Xml("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:eu-west-1:111122223333:key/key-1</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>".to_owned()),
        "s3:GetBucketVersioning" => Reply::Xml("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".to_owned()),
        "s3:GetObjectLockConfiguration" => Reply::Error(404, "ObjectLockConfigurationNotFoundError", String::new()),
        "s3:ListObjectsV2" => {
            let key = asked.text("prefix");
            Reply::Xml(format!("<ListBucketResult><Name>own-bucket</Name><Prefix>{key}</Prefix><KeyCount>1</KeyCount><MaxKeys>1</MaxKeys><IsTruncated>false</IsTruncated><Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:00Z</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size></Contents></ListBucketResult>"))
        }
        "s3:ListObjectVersions" => Reply::Xml("<ListVersionsResult><Name>own-bucket</Name><IsTruncated>false</IsTruncated></ListVersionsResult>".to_owned()),
        _ => Reply::Plain(String::new()),
    }
}

fn details() -> String {
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22sagemaker.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let policy = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22arn%3Aaws%3As3%3A%3A%3Aown-bucket%2F%2A%22%7D%5D%7D";
    let roles: String = ["notebook", "training", "ana", "bo"]
        .iter()
        .map(|name| format!("<member><Path>/</Path><RoleName>{name}</RoleName><RoleId>AROA{name}</RoleId><Arn>{}</Arn><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><RolePolicyList><member><PolicyName>p</PolicyName><PolicyDocument>{policy}</PolicyDocument></member></RolePolicyList><AttachedManagedPolicies/></member>", role(name)))
        .collect();
    format!(
        "<GetAccountAuthorizationDetailsResponse><GetAccountAuthorizationDetailsResult><IsTruncated>false</IsTruncated><UserDetailList/><GroupDetailList/><RoleDetailList>{roles}</RoleDetailList><Policies/></GetAccountAuthorizationDetailsResult></GetAccountAuthorizationDetailsResponse>"
    )
}
