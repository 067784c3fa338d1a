"""The emulator shows what was written: every member that a control reads is written by the API and read back over HTTP.

A scenario is worth as much as the emulator is true. What fails here would make others pass or fail for the wrong reason; the
version of moto is pinned for the same reason. Members that AWS leaves out must be left out here too (`ABSENT`).
"""

import datetime
import json

import botocore.exceptions
import pytest

ANY, ABSENT = object(), object()
ROLE = "arn:aws:iam::{account}:role/reader"
DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
NET = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"]}
TAGS = [{"Key": "team", "Value": "risk"}]
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-1111-4111-8111-111111111111"
CHANNELS = [
    {"ChannelName": "s3", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/a/", "S3DataDistributionType": "FullyReplicated"}}},
    {"ChannelName": "fs", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-12345678901", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/d"}}},
]  # fmt: skip
VARIANTS = [
    {"VariantName": "a", "ModelName": "full", "InitialInstanceCount": 2, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0,
     "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 2, "MaxInstanceCount": 4}},
    {"VariantName": "b", "ModelName": "pipeline", "InitialVariantWeight": 0.0, "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}},
]  # fmt: skip
CONTAINERS = [
    {"Image": "i1", "ModelDataUrl": "s3://gone/x.tar.gz", "Mode": "MultiModel"},
    {"Image": "i2", "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://data/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}}},
]
CAPTURE = {"EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://data/capture", "CaptureOptions": [{"CaptureMode": "Input"}]}
SOURCE = {"EndpointInput": {"EndpointName": "serving", "LocalPath": "/opt/ml/processing/input"}}
OUTPUTS = {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://data/out", "LocalPath": "/opt/ml/processing/output"}}]}
RESOURCES = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}


def notebook(**more):
    return {"InstanceType": "ml.t3.medium", "RoleArn": ROLE, **more}


def job(**more):
    return {
        "AlgorithmSpecification": {"TrainingImage": "train:1", "TrainingInputMode": "File"}, "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://data/out", "KmsKeyId": KEY}, "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 9, "VolumeKmsKeyId": KEY}, **more,
    }  # fmt: skip


FULL = {
    "notebook": notebook(
        SubnetId="subnet-1", KmsKeyId=KEY, DirectInternetAccess="Disabled", RootAccess="Disabled", VolumeSizeInGB=50,
        PlatformIdentifier="notebook-al2-v3", InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
    ),
    "model": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i", "ModelDataUrl": "s3://data/m.tar.gz", "Environment": {"A": "b"}}, "VpcConfig": NET, "EnableNetworkIsolation": True},
    "configuration": {"ProductionVariants": VARIANTS, "KmsKeyId": KEY, "DataCaptureConfig": CAPTURE, "EnableNetworkIsolation": True, "VpcConfig": NET},
    "domain": {
        "DomainName": "studio", "AuthMode": "IAM", "AppNetworkAccessType": "VpcOnly", "KmsKeyId": KEY, "SubnetIds": ["subnet-1"], "VpcId": "vpc-1",
        "DefaultUserSettings": {"ExecutionRole": ROLE, "SecurityGroups": ["sg-1"]}, "DefaultSpaceSettings": {"ExecutionRole": ROLE},
        "DomainSettings": {"ExecutionRoleIdentityConfig": "USER_PROFILE_NAME"},
    },
    "job": job(
        InputDataConfig=CHANNELS, VpcConfig=NET, EnableNetworkIsolation=True, EnableInterContainerTrafficEncryption=True,
        EnableManagedSpotTraining=False, HyperParameters={"a": "1"}, CheckpointConfig={"S3Uri": "s3://data/cp"}, Environment={"X": "y"},
    ),
    "schedule": {"MonitoringJobDefinition": {"MonitoringInputs": [SOURCE], "MonitoringOutputConfig": OUTPUTS, "MonitoringResources": RESOURCES, "MonitoringAppSpecification": {"ImageUri": "m"}, "RoleArn": ROLE}, "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}, "MonitoringType": "DataQuality"},
    "component": {"EndpointName": "serving", "VariantName": "a", "Specification": {"ModelName": "full", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}}},
}  # fmt: skip


def placed(value, account):
    """The value with the account's number in its ARNs."""
    return json.loads(json.dumps(value, default=str).replace("{account}", account))


@pytest.fixture(scope="module")
def made(emulator):
    account = emulator.account()

    def call(service, operation, **members):
        return account.call(service, operation, **placed(members, account.id))

    call("iam", "create_policy", PolicyName="fence", PolicyDocument=json.dumps(DOCUMENT))
    fence = f"arn:aws:iam::{account.id}:policy/fence"
    call("iam", "create_policy_version", PolicyArn=fence, PolicyDocument=json.dumps(DOCUMENT), SetAsDefault=True)
    call("iam", "create_role", RoleName="reader", Path="/team/", AssumeRolePolicyDocument=json.dumps(DOCUMENT), PermissionsBoundary=fence, Tags=TAGS)
    for name in ("one", "two"):
        call("iam", "put_role_policy", RoleName="reader", PolicyName=name, PolicyDocument=json.dumps(DOCUMENT))
    for policy in (fence, "arn:aws:iam::aws:policy/AdministratorAccess"):
        call("iam", "attach_role_policy", RoleName="reader", PolicyArn=policy)
    for name in ("first", "second"):
        call("s3", "create_bucket", Bucket=f"{account.id}-{name}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    closed = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    call("s3", "put_bucket_policy", Bucket=f"{account.id}-first", Policy=json.dumps({"Version": "2012-10-17", "Statement": [closed]}))
    call("s3", "put_bucket_versioning", Bucket=f"{account.id}-first", VersioningConfiguration={"Status": "Enabled"})
    for key in ("m/model.tar.gz", "m/gone.tar.gz"):
        call("s3", "put_object", Bucket=f"{account.id}-first", Key=key)
    call("s3", "delete_object", Bucket=f"{account.id}-first", Key="m/gone.tar.gz")

    call("sagemaker", "create_notebook_instance_lifecycle_config", NotebookInstanceLifecycleConfigName="script", OnStart=[{"Content": "ZWNobw=="}])
    call("sagemaker", "create_notebook_instance", NotebookInstanceName="full", LifecycleConfigName="script", SecurityGroupIds=["sg-1"], Tags=TAGS, **FULL["notebook"])
    call("sagemaker", "create_notebook_instance", NotebookInstanceName="bare", **notebook())
    call("sagemaker", "create_model", ModelName="full", Tags=TAGS, **FULL["model"])
    call("sagemaker", "create_model", ModelName="pipeline", ExecutionRoleArn=ROLE, Containers=CONTAINERS)
    call("sagemaker", "create_endpoint_config", EndpointConfigName="full", **FULL["configuration"])
    shadow = {**VARIANTS[0], "VariantName": "shadow"}
    call(
        "sagemaker", "create_endpoint_config", EndpointConfigName="async", ProductionVariants=VARIANTS[:1], ShadowProductionVariants=[shadow],
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://data/out"}},
    )  # fmt: skip
    call("sagemaker", "create_endpoint", EndpointName="serving", EndpointConfigName="full", Tags=TAGS)
    call("sagemaker", "create_endpoint", EndpointName="async", EndpointConfigName="async")
    call("sagemaker", "create_inference_component", InferenceComponentName="part", RuntimeConfig={"CopyCount": 3}, **FULL["component"])
    call("sagemaker", "create_training_job", TrainingJobName="full", Tags=TAGS, **FULL["job"])
    call("sagemaker", "create_training_job", TrainingJobName="bare", **job())
    domain = call("sagemaker", "create_domain", Tags=TAGS, **FULL["domain"])["DomainArn"].rpartition("/")[2]
    other = call("sagemaker", "create_domain", **{**FULL["domain"], "DomainName": "other"})["DomainArn"].rpartition("/")[2]
    call("sagemaker", "create_user_profile", DomainId=domain, UserProfileName="ana", UserSettings={"ExecutionRole": ROLE})
    for where in (domain, other):
        call("sagemaker", "create_user_profile", DomainId=where, UserProfileName="ben")
    call("sagemaker", "create_space", DomainId=domain, SpaceName="board", SpaceSharingSettings={"SharingType": "Shared"}, OwnershipSettings={"OwnerUserProfileName": "ana"})
    call("sagemaker", "create_monitoring_schedule", MonitoringScheduleName="inline", MonitoringScheduleConfig=FULL["schedule"])
    call(
        "sagemaker", "create_data_quality_job_definition", JobDefinitionName="quality", RoleArn=ROLE, DataQualityAppSpecification={"ImageUri": "m"},
        DataQualityJobInput=SOURCE, DataQualityJobOutputConfig=OUTPUTS, JobResources=RESOURCES,
    )  # fmt: skip
    call("sagemaker", "create_monitoring_schedule", MonitoringScheduleName="named", MonitoringScheduleConfig={"MonitoringJobDefinitionName": "quality", "MonitoringType": "DataQuality"})
    yesterday = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)
    for name, when in (("serving", yesterday), ("old", yesterday - datetime.timedelta(days=45))):
        series = {"MetricName": "Invocations", "Dimensions": [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "a"}]}
        call("cloudwatch", "put_metric_data", Namespace="AWS/SageMaker", MetricData=[{**series, "Value": 7, "Timestamp": when.isoformat()}])
    account.domain = domain
    return account


def missing(expected, shown, at=""):
    """Where an answer does not show what is expected."""
    if expected is ANY:
        return []
    if isinstance(expected, dict):
        if not isinstance(shown, dict):
            return [f"{at}: {shown!r}"]
        return [line for name, value in expected.items() for line in of_member(value, shown, name, f"{at}/{name}")]
    if isinstance(expected, list):
        if not isinstance(shown, list) or len(shown) != len(expected):
            return [f"{at}: {shown!r}"]
        return [line for i, (e, s) in enumerate(zip(expected, shown)) for line in missing(e, s, f"{at}/{i}")]
    return [] if expected == shown else [f"{at}: {shown!r} instead of {expected!r}"]


def of_member(expected, shown, name, at):
    if expected is ABSENT:
        return [f"{at} is shown: {shown[name]!r}"] if name in shown else []
    return missing(expected, shown[name], at) if name in shown else [f"{at} is not shown"]


TIMES = {"CreationTime": ANY, "LastModifiedTime": ANY}
# Operation, request members, and what the answer shows at least.
READ_BACK = [
    ("sts.get_caller_identity", {}, {"Account": "{account}", "Arn": ANY}),
    ("iam.get_role", {"RoleName": "reader"}, {"Role": {"Arn": "arn:aws:iam::{account}:role/team/reader", "Path": "/team/", "AssumeRolePolicyDocument": DOCUMENT, "PermissionsBoundary": {"PermissionsBoundaryArn": "arn:aws:iam::{account}:policy/fence"}, "Tags": TAGS, "RoleLastUsed": ANY}}),
    ("iam.list_role_policies", {"RoleName": "reader"}, {"PolicyNames": ["one", "two"], "IsTruncated": False}),
    ("iam.get_role_policy", {"RoleName": "reader", "PolicyName": "one"}, {"PolicyDocument": DOCUMENT}),
    ("iam.list_attached_role_policies", {"RoleName": "reader"}, {"AttachedPolicies": [ANY, ANY]}),
    ("iam.get_policy", {"PolicyArn": "arn:aws:iam::{account}:policy/fence"}, {"Policy": {"DefaultVersionId": "v2"}}),
    ("iam.get_policy_version", {"PolicyArn": "arn:aws:iam::{account}:policy/fence", "VersionId": "v2"}, {"PolicyVersion": {"IsDefaultVersion": True, "Document": DOCUMENT}}),
    ("iam.get_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, {"Policy": {"DefaultVersionId": ANY}}),
    ("s3.list_buckets", {"MaxBuckets": 10}, {"Buckets": [{"Name": "{account}-first", "BucketRegion": "eu-west-1", "CreationDate": ANY}, ANY]}),
    ("s3.list_buckets", {"MaxBuckets": 1}, {"Buckets": [ANY], "ContinuationToken": ANY}),
    ("s3.head_bucket", {"Bucket": "{account}-first"}, {"BucketRegion": "eu-west-1"}),
    ("s3.head_bucket", {"Bucket": "{account}-first", "ExpectedBucketOwner": "{account}"}, {}),
    ("s3.get_bucket_policy", {"Bucket": "{account}-first"}, {"Policy": ANY}),
    ("s3.get_bucket_versioning", {"Bucket": "{account}-first"}, {"Status": "Enabled"}),
    ("s3.list_objects_v2", {"Bucket": "{account}-first", "Prefix": "m/model.tar.gz", "MaxKeys": 1}, {"Contents": [{"Key": "m/model.tar.gz", "LastModified": ANY, "ETag": ANY, "Size": 0}], "KeyCount": 1}),
    ("s3.list_objects_v2", {"Bucket": "{account}-first", "Prefix": "m/gone.tar.gz"}, {"Contents": ABSENT}),
    ("s3.list_object_versions", {"Bucket": "{account}-first", "Prefix": "m/gone.tar.gz"}, {"DeleteMarkers": [{"IsLatest": True, "VersionId": ANY}]}),
    ("sagemaker.describe_notebook_instance_lifecycle_config", {"NotebookInstanceLifecycleConfigName": "script"}, {"OnStart": [{"Content": "ZWNobw=="}], "OnCreate": ABSENT}),
    ("sagemaker.describe_notebook_instance", {"NotebookInstanceName": "full"}, {**FULL["notebook"], **TIMES, "SecurityGroups": ["sg-1"], "NotebookInstanceLifecycleConfigName": "script", "NotebookInstanceStatus": "InService", "Url": ANY}),
    ("sagemaker.describe_notebook_instance", {"NotebookInstanceName": "bare"}, {"DirectInternetAccess": "Enabled", "RootAccess": "Enabled", "VolumeSizeInGB": 5, "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"}, "KmsKeyId": ABSENT, "SubnetId": ABSENT, "SecurityGroups": ABSENT, "NotebookInstanceLifecycleConfigName": ABSENT}),
    ("sagemaker.list_notebook_instances", {}, {"NotebookInstances": [{"NotebookInstanceName": "bare", "NotebookInstanceStatus": "InService", **TIMES}, {"NotebookInstanceName": "full", "NotebookInstanceLifecycleConfigName": "script"}]}),
    ("sagemaker.list_notebook_instances", {"MaxResults": 1}, {"NotebookInstances": [ANY], "NextToken": ANY}),
    ("sagemaker.describe_model", {"ModelName": "full"}, {**FULL["model"], "ModelArn": ANY, "CreationTime": ANY}),
    ("sagemaker.describe_model", {"ModelName": "pipeline"}, {"Containers": CONTAINERS, "EnableNetworkIsolation": False, "VpcConfig": ABSENT, "PrimaryContainer": ABSENT}),
    ("sagemaker.list_models", {}, {"Models": [{"ModelName": "pipeline", "ModelArn": ANY, "CreationTime": ANY}, {"ModelName": "full"}]}),
    ("sagemaker.list_models", {"MaxResults": 1}, {"Models": [ANY], "NextToken": ANY}),
    ("sagemaker.describe_endpoint_config", {"EndpointConfigName": "full"}, {**FULL["configuration"], "CreationTime": ANY}),
    ("sagemaker.describe_endpoint_config", {"EndpointConfigName": "async"}, {"AsyncInferenceConfig": ANY, "ShadowProductionVariants": [{"VariantName": "shadow", "ModelName": "full"}], "EnableNetworkIsolation": False}),
    ("sagemaker.list_endpoint_configs", {"MaxResults": 1}, {"EndpointConfigs": [{"EndpointConfigName": ANY, "CreationTime": ANY}], "NextToken": ANY}),
    ("sagemaker.describe_endpoint", {"EndpointName": "serving"}, {"EndpointConfigName": "full", "EndpointStatus": "InService", **TIMES, "ProductionVariants": [{"VariantName": "a", "CurrentInstanceCount": 2, "DesiredInstanceCount": 2, "ManagedInstanceScaling": {"MinInstanceCount": 2}}, {"VariantName": "b", "CurrentServerlessConfig": {"MemorySizeInMB": 2048}}], "AsyncInferenceConfig": ABSENT, "ShadowProductionVariants": ABSENT}),
    ("sagemaker.describe_endpoint", {"EndpointName": "async"}, {"AsyncInferenceConfig": ANY, "ShadowProductionVariants": [{"VariantName": "shadow"}]}),
    ("sagemaker.list_endpoints", {"MaxResults": 1}, {"Endpoints": [{"EndpointName": ANY, "EndpointArn": ANY, "EndpointStatus": "InService", **TIMES}], "NextToken": ANY}),
    ("sagemaker.list_tags", {"ResourceArn": "arn:aws:sagemaker:eu-west-1:{account}:endpoint/serving"}, {"Tags": TAGS}),
    ("sagemaker.list_tags", {"ResourceArn": "arn:aws:sagemaker:eu-west-1:{account}:training-job/full"}, {"Tags": TAGS}),
    ("sagemaker.describe_inference_component", {"InferenceComponentName": "part"}, {**FULL["component"], "RuntimeConfig": {"DesiredCopyCount": 3, "CurrentCopyCount": 3}, "InferenceComponentStatus": "InService", **TIMES}),
    ("sagemaker.list_inference_components", {"EndpointNameEquals": "serving"}, {"InferenceComponents": [{"InferenceComponentName": "part", "EndpointName": "serving"}]}),
    ("sagemaker.list_inference_components", {"EndpointNameEquals": "async"}, {"InferenceComponents": []}),
    ("sagemaker.describe_training_job", {"TrainingJobName": "full"}, {**FULL["job"], **TIMES, "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed", "TrainingStartTime": ANY, "TrainingEndTime": ANY, "ModelArtifacts": {"S3ModelArtifacts": "s3://data/out/full/output/model.tar.gz"}}),
    ("sagemaker.describe_training_job", {"TrainingJobName": "bare"}, {"VpcConfig": ABSENT, "InputDataConfig": ABSENT, "Environment": ABSENT, "EnableNetworkIsolation": False, "EnableInterContainerTrafficEncryption": False}),
    ("sagemaker.list_training_jobs", {"SortBy": "CreationTime", "SortOrder": "Descending"}, {"TrainingJobSummaries": [{"TrainingJobName": "bare", "TrainingJobStatus": "Completed", **TIMES}, {"TrainingJobName": "full"}]}),
    ("sagemaker.list_training_jobs", {}, {"TrainingJobSummaries": [{"TrainingJobName": "full"}, ANY]}),
    ("sagemaker.list_training_jobs", {"MaxResults": 1}, {"TrainingJobSummaries": [ANY], "NextToken": ANY}),
    ("sagemaker.list_training_jobs", {"StatusEquals": "InProgress"}, {"TrainingJobSummaries": []}),
    ("sagemaker.list_training_jobs", {"WarmPoolStatusEquals": "Available"}, {"TrainingJobSummaries": []}),
    ("sagemaker.list_training_jobs", {"CreationTimeAfter": "2100-01-01T00:00:00Z"}, {"TrainingJobSummaries": []}),
    ("sagemaker.search", {"Resource": "TrainingJob", "SortBy": "CreationTime", "SortOrder": "Ascending", "MaxResults": 1}, {"Results": [{"TrainingJob": {**FULL["job"], "TrainingJobName": "full", "Tags": TAGS, "TrainingJobArn": ANY}}], "NextToken": ANY, "TotalHits": {"Value": 2}}),
    ("sagemaker.search", {"Resource": "Model", "SortBy": "CreationTime", "SortOrder": "Ascending", "MaxResults": 1}, {"Results": [{"Model": {"Model": {**FULL["model"], "ModelName": "full", "Tags": TAGS}}}], "NextToken": ANY}),
    ("sagemaker.search", {"Resource": "Endpoint"}, {"Results": [{"Endpoint": {"EndpointName": ANY, "EndpointConfigName": ANY}}, ANY]}),
    ("sagemaker.search", {"Resource": "TrainingJob", "SearchExpression": {"Filters": [{"Name": "CreationTime", "Operator": "GreaterThanOrEqualTo", "Value": "2100-01-01T00:00:00"}]}}, {"Results": []}),
    ("sagemaker.describe_domain", {"DomainId": "{domain}"}, {**FULL["domain"], **TIMES, "Status": "InService"}),
    ("sagemaker.list_domains", {"MaxResults": 1}, {"Domains": [{"DomainId": ANY, "DomainArn": ANY, "DomainName": ANY, "Status": "InService", **TIMES}], "NextToken": ANY}),
    ("sagemaker.describe_user_profile", {"DomainId": "{domain}", "UserProfileName": "ana"}, {"UserSettings": {"ExecutionRole": ROLE}, "Status": "InService", **TIMES}),
    ("sagemaker.describe_user_profile", {"DomainId": "{domain}", "UserProfileName": "ben"}, {"UserSettings": ABSENT, "DomainId": "{domain}"}),
    ("sagemaker.list_user_profiles", {"DomainIdEquals": "{domain}"}, {"UserProfiles": [{"UserProfileName": "ana", "DomainId": "{domain}", "Status": "InService", **TIMES}, {"UserProfileName": "ben"}]}),
    ("sagemaker.list_user_profiles", {}, {"UserProfiles": [ANY, ANY, ANY]}),
    ("sagemaker.list_user_profiles", {"MaxResults": 1}, {"UserProfiles": [ANY], "NextToken": ANY}),
    ("sagemaker.list_spaces", {"DomainIdEquals": "{domain}"}, {"Spaces": [{"SpaceName": "board", "SpaceSharingSettingsSummary": {"SharingType": "Shared"}}]}),
    ("sagemaker.describe_monitoring_schedule", {"MonitoringScheduleName": "inline"}, {"MonitoringScheduleConfig": FULL["schedule"], "EndpointName": "serving", "MonitoringScheduleStatus": "Scheduled", "MonitoringType": "DataQuality", **TIMES}),
    ("sagemaker.describe_monitoring_schedule", {"MonitoringScheduleName": "named"}, {"MonitoringScheduleConfig": {"MonitoringJobDefinitionName": "quality"}, "EndpointName": ABSENT}),
    ("sagemaker.list_monitoring_schedules", {}, {"MonitoringScheduleSummaries": [{"MonitoringScheduleName": "inline", "EndpointName": "serving", "MonitoringScheduleStatus": "Scheduled", **TIMES}, {"MonitoringScheduleName": "named", "MonitoringJobDefinitionName": "quality"}]}),
    ("sagemaker.list_monitoring_schedules", {"EndpointName": "serving"}, {"MonitoringScheduleSummaries": [ANY]}),
    ("sagemaker.list_monitoring_schedules", {"MaxResults": 1}, {"MonitoringScheduleSummaries": [ANY], "NextToken": ANY}),
    ("sagemaker.describe_data_quality_job_definition", {"JobDefinitionName": "quality"}, {"DataQualityJobInput": SOURCE}),
    ("cloudwatch.list_metrics", {"Namespace": "AWS/SageMaker", "MetricName": "Invocations"}, {"Metrics": [ANY, ANY]}),
    ("cloudtrail.lookup_events", {}, {"Events": []}),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "asked", "expected"), READ_BACK, ids=[f"{o} {json.dumps(a)[:60]}" for o, a, _ in READ_BACK])
def test_what_was_written_is_shown(made, operation, asked, expected):
    def here(value):
        if isinstance(value, dict):
            return {name: here(v) for name, v in value.items()}
        if isinstance(value, list):
            return [here(v) for v in value]
        return value.replace("{account}", made.id).replace("{domain}", made.domain) if isinstance(value, str) else value

    service, _, name = operation.partition(".")
    answer = made.call(service, name, **here(asked))
    assert missing(here(expected), answer) == []


REFUSED = [
    ("iam.get_role", {"RoleName": "nobody"}, "NoSuchEntity"),
    ("sagemaker.describe_notebook_instance", {"NotebookInstanceName": "none"}, "ValidationException"),
    ("sagemaker.describe_model", {"ModelName": "none"}, "ValidationException"),
    ("sagemaker.describe_endpoint", {"EndpointName": "none"}, "ValidationException"),
    ("sagemaker.describe_endpoint_config", {"EndpointConfigName": "none"}, "ValidationException"),
    ("sagemaker.describe_training_job", {"TrainingJobName": "none"}, "ValidationException"),
    ("sagemaker.describe_monitoring_schedule", {"MonitoringScheduleName": "none"}, "ValidationException"),
    ("s3.get_bucket_policy", {"Bucket": "{account}-second"}, "NoSuchBucketPolicy"),
    ("s3.head_bucket", {"Bucket": "{account}-none"}, "404"),
    ("s3.head_bucket", {"Bucket": "{account}-first", "ExpectedBucketOwner": "999999999999"}, "403"),
    ("s3.get_object_lock_configuration", {"Bucket": "{account}-first"}, "ObjectLockConfigurationNotFoundError"),
]


@pytest.mark.parametrize(("operation", "asked", "code"), REFUSED, ids=[f"{o} {c}" for o, _, c in REFUSED])
def test_what_is_not_there_is_told_by_the_services_own_code(made, operation, asked, code):
    service, _, name = operation.partition(".")
    with pytest.raises(botocore.exceptions.ClientError) as error:
        made.call(service, name, **placed(asked, made.id))
    assert error.value.response["Error"]["Code"] == code


def test_the_sweep_of_roles_shows_names_and_only_attached_policies(made):
    roles, policies, pages, marker = [], [], 0, {}
    while True:
        page = made.call("iam", "get_account_authorization_details", Filter=["Role", "LocalManagedPolicy", "AWSManagedPolicy"], MaxItems=1, **marker)
        roles, policies, pages = roles + page["RoleDetailList"], policies + page["Policies"], pages + 1
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert pages == 3
    assert [p["PolicyName"] for p in policies] == ["AdministratorAccess", "fence"]
    assert all(p["PolicyVersionList"] for p in policies)
    (role,) = roles
    assert [p["PolicyDocument"] for p in role["RolePolicyList"]] == [DOCUMENT, DOCUMENT]
    assert len(role["AttachedManagedPolicies"]) == 2
    assert {"PermissionsBoundary", "AssumeRolePolicyDocument", "RoleLastUsed", "Tags"} <= set(role)


def test_series_inside_and_outside_the_window(made):
    now = datetime.datetime.now(datetime.timezone.utc)

    def total(endpoint):
        dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "a"}]
        metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
        query = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 86400, "Stat": "Sum"}}
        answer = made.call("cloudwatch", "get_metric_data", StartTime=now - datetime.timedelta(days=30), EndTime=now, MetricDataQueries=[query])
        (result,) = answer["MetricDataResults"]
        assert result["StatusCode"] == "Complete"
        return sum(result["Values"])

    assert [total("serving"), total("old"), total("none")] == [7, 0, 0]


def test_accounts_and_regions_are_apart(emulator, made):
    other = emulator.account()
    assert other.call("sagemaker", "list_notebook_instances")["NotebookInstances"] == []
    assert other.call("s3", "list_buckets")["Buckets"] == []
    assert made.call("sagemaker", "list_notebook_instances", "us-east-1")["NotebookInstances"] == []
    for operation in ("head_bucket", "get_bucket_policy", "list_objects_v2"):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            other.call("s3", operation, Bucket=f"{made.id}-first")
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_days_pass_on_request(account):
    account.call("sagemaker", "create_notebook_instance", NotebookInstanceName="old", **placed(notebook(), account.id))
    account.age(40, notebook_instance="old")
    shown = account.call("sagemaker", "describe_notebook_instance", NotebookInstanceName="old")
    age = datetime.datetime.now(datetime.timezone.utc) - shown["LastModifiedTime"]
    assert 39 <= age.days <= 40
