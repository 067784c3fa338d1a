"""An estate that asks every call of the collector, with some pass and some fail of nearly every control.

Enters: an account, and a way to call operations (boto3, or the AWS CLI). Leaves: the resources. Dates of the present are
moved into the past where a control looks at ages. Absent: expectations.
"""

import datetime
import json

from harness import REGION

SAGEMAKER = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def identities(call, account):
    """One narrow role, three that are too wide in different ways, and one that only its boundary narrows."""

    def role(name, *statements, attached=(), boundary=None):
        more = {"PermissionsBoundary": boundary} if boundary else {}
        call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=document(SAGEMAKER), **more)
        if statements:
            call("iam", "put_role_policy", RoleName=name, PolicyName="inline", PolicyDocument=document(*statements))
        for policy in attached:
            call("iam", "attach_role_policy", RoleName=name, PolicyArn=policy)

    def policy(name, *statements):
        return call("iam", "create_policy", PolicyName=name, PolicyDocument=document(*statements))["Policy"]["Arn"]

    wide = policy("everything-in-s3", allow("s3:*", "*"))
    fence = policy("fence", allow("sagemaker:*", "*"))
    read = allow("s3:GetObject", f"arn:aws:s3:::{account}-training/*")
    role("narrow", read)
    role("training", read, allow("kms:Decrypt", "*"))
    role("reads-everything", attached=[wide])
    role("administrator", attached=["arn:aws:iam::aws:policy/AdministratorAccess"])
    role("fenced", attached=["arn:aws:iam::aws:policy/AdministratorAccess"], boundary=fence)
    role("passes-any", allow("iam:PassRole", "*"), allow("sts:AssumeRole", "*"))


def buckets(call, account, stranger):
    """A bucket that training reads, one without protection, one of models, and one of somebody else."""
    place = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    key = call("kms", "create_key", Description="training data")["KeyMetadata"]["Arn"]
    for name in ("training", "open", "models"):
        call("s3", "create_bucket", Bucket=f"{account}-{name}", **place)
    stranger("s3", "create_bucket", Bucket=f"{account}-vendor", **place)
    plain = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{account}-training", f"arn:aws:s3:::{account}-training/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    call("s3", "put_bucket_policy", Bucket=f"{account}-training", Policy=document(plain))
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    call("s3", "put_bucket_encryption", Bucket=f"{account}-training", ServerSideEncryptionConfiguration=rules)
    call("s3", "put_bucket_versioning", Bucket=f"{account}-models", VersioningConfiguration={"Status": "Enabled"})
    for name in ("fraud/model.tar.gz", "churn/churn-1/output/model.tar.gz", "ocr/model.tar.gz"):
        call("s3", "put_object", Bucket=f"{account}-models", Key=name)
    call("s3", "delete_object", Bucket=f"{account}-models", Key="ocr/model.tar.gz")
    return key


def network(call):
    subnets = call("ec2", "describe_subnets")["Subnets"]
    return {"SecurityGroupIds": ["sg-0a0b0c0d0e0f00001"], "Subnets": [subnet["SubnetId"] for subnet in subnets[:2]]}


def notebooks(call, role, key, net):
    call(
        "sagemaker", "create_notebook_instance_lifecycle_config", NotebookInstanceLifecycleConfigName="autostop",
        OnStart=[{"Content": "IyEvYmluL2Jhc2gKcHl0aG9uIGF1dG9zdG9wLnB5IC0tdGltZSAzNjAwCg=="}],
    )  # fmt: skip
    call(
        "sagemaker", "create_notebook_instance", NotebookInstanceName="closed", InstanceType="ml.t3.medium",
        RoleArn=role("narrow"), SubnetId=net["Subnets"][0], SecurityGroupIds=net["SecurityGroupIds"], KmsKeyId=key,
        LifecycleConfigName="autostop", DirectInternetAccess="Disabled", RootAccess="Disabled",
        PlatformIdentifier="notebook-al2-v3",
        InstanceMetadataServiceConfiguration={"MinimumInstanceMetadataServiceVersion": "2"},
    )  # fmt: skip
    for name, of in (("open", "administrator"), ("fenced", "fenced"), ("wide", "reads-everything"), ("passing", "passes-any")):
        call("sagemaker", "create_notebook_instance", NotebookInstanceName=name, InstanceType="ml.t3.medium", RoleArn=role(of))
    group = "/aws/sagemaker/NotebookInstances"
    call("logs", "create_log_group", logGroupName=group)
    call("logs", "create_log_stream", logGroupName=group, logStreamName="wide/jupyter.log")
    said = {"timestamp": int(datetime.datetime.now().timestamp() * 1000), "message": "a kernel was started"}
    call("logs", "put_log_events", logGroupName=group, logStreamName="wide/jupyter.log", logEvents=[said])


def studio(call, role):
    def domain(name):
        settings = {"ExecutionRole": role("narrow"), "SecurityGroups": ["sg-0a0b0c0d0e0f00001"]}
        answer = call(
            "sagemaker", "create_domain", DomainName=name, AuthMode="IAM", DefaultUserSettings=settings,
            SubnetIds=["subnet-1"], VpcId="vpc-1", AppNetworkAccessType="VpcOnly",
        )  # fmt: skip
        return answer["DomainArn"].rpartition("/")[2]

    shared, apart = domain("shared"), domain("apart")
    for name in ("ana", "ben"):
        call("sagemaker", "create_user_profile", DomainId=shared, UserProfileName=name)
    for name, of in (("ana", "narrow"), ("ben", "training")):
        call("sagemaker", "create_user_profile", DomainId=apart, UserProfileName=name, UserSettings={"ExecutionRole": role(of)})
    call(
        "sagemaker", "create_space", DomainId=shared, SpaceName="whiteboard",
        SpaceSharingSettings={"SharingType": "Shared"}, OwnershipSettings={"OwnerUserProfileName": "ana"},
    )  # fmt: skip


def models(call, account, role, net):
    image = f"{account}.dkr.ecr.{REGION}.amazonaws.com/serve:1"

    def model(name, key=None, **more):
        container = {"Image": image, **({"ModelDataUrl": f"s3://{account}-models/{key}"} if key else {})}
        call("sagemaker", "create_model", ModelName=name, ExecutionRoleArn=role("narrow"), **{"PrimaryContainer": container, **more})

    call("sagemaker", "create_model_package_group", ModelPackageGroupName="fraud")
    package = call(
        "sagemaker", "create_model_package", ModelPackageGroupName="fraud", ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": f"s3://{account}-models/fraud/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]  # fmt: skip
    model("fraud", "fraud/model.tar.gz", VpcConfig=net, EnableNetworkIsolation=True)
    model("churn", "churn/churn-1/output/model.tar.gz")
    model("ocr", "ocr/model.tar.gz", EnableNetworkIsolation=True)
    model("gone", "gone/model.tar.gz")
    model("packaged", PrimaryContainer={"ModelPackageName": package})


def endpoints(call, account, role):
    def variant(model, count, **more):
        return {
            "VariantName": "main", "ModelName": model, "InitialInstanceCount": count, "InstanceType": "ml.m5.large",
            "InitialVariantWeight": 1.0, **more,
        }  # fmt: skip

    def serve(name, *variants, **more):
        call("sagemaker", "create_endpoint_config", EndpointConfigName=f"{name}-1", ProductionVariants=list(variants), **more)
        # Somebody looked at this one, and knows that it is idle.
        reviewed = datetime.date.today().isoformat()
        tags = {"Tags": [{"Key": "reviewed_at", "Value": reviewed}]} if name == "packaged" else {}
        call("sagemaker", "create_endpoint", EndpointName=name, EndpointConfigName=f"{name}-1", **tags)

    serve("fraud", variant("fraud", 2))
    serve("churn", variant("churn", 1))
    serve("gone", variant("gone", 1))
    serve("packaged", variant("packaged", 3))
    serve(
        "ocr", variant("ocr", 1),
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{account}-models/results/"}},
    )  # fmt: skip
    scaling = {"Status": "ENABLED", "MinInstanceCount": 2, "MaxInstanceCount": 4}
    host = {k: v for k, v in variant("", 2, ManagedInstanceScaling=scaling).items() if k != "ModelName"}
    serve("host", host, ExecutionRoleArn=role("narrow"), EnableNetworkIsolation=True)
    call(
        "sagemaker", "create_inference_component", InferenceComponentName="assistant", EndpointName="host", VariantName="main",
        Specification={"ModelName": "churn", "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024}},
        RuntimeConfig={"CopyCount": 1},
    )  # fmt: skip
    call(
        "application-autoscaling", "register_scalable_target", ServiceNamespace="sagemaker", ResourceId="endpoint/churn/variant/main",
        ScalableDimension="sagemaker:variant:DesiredInstanceCount", MinCapacity=2, MaxCapacity=4,
    )  # fmt: skip
    yesterday = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).isoformat(timespec="seconds")
    dimensions = [{"Name": "EndpointName", "Value": "fraud"}, {"Name": "VariantName", "Value": "main"}]
    served = {"MetricName": "Invocations", "Dimensions": dimensions, "Value": 7, "Timestamp": yesterday}
    call("cloudwatch", "put_metric_data", Namespace="AWS/SageMaker", MetricData=[served])


# How each kind of monitoring calls what it needs.
MONITORS = ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")


def monitoring(call, role):
    def source(endpoint):
        return {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input"}

    resources = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}
    outputs = {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://monitoring/out", "LocalPath": "/opt/ml/processing/output"}}]}
    job = {
        "MonitoringInputs": [{"EndpointInput": source("fraud")}], "MonitoringOutputConfig": outputs,
        "MonitoringResources": resources, "MonitoringAppSpecification": {"ImageUri": "monitor:1"}, "RoleArn": role("narrow"),
    }  # fmt: skip
    daily = {"ScheduleExpression": "cron(0 0 ? * * *)"}
    call(
        "sagemaker", "create_monitoring_schedule", MonitoringScheduleName="fraud-daily",
        MonitoringScheduleConfig={"ScheduleConfig": daily, "MonitoringJobDefinition": job, "MonitoringType": "DataQuality"},
    )  # fmt: skip
    # Each of these names its endpoint in a job definition of its kind alone.
    for kind, endpoint in zip(MONITORS, ("churn", "gone", "packaged", "host")):
        name, snake = f"{endpoint}-monitor", "".join("_" + c.lower() if c.isupper() else c for c in kind).lstrip("_")
        specification = {"ConfigUri": "s3://monitoring/config"} if kind in ("ModelBias", "ModelExplainability") else {}
        if kind == "ModelQuality":
            specification = {"ProblemType": "Regression"}
        job_input = {"EndpointInput": source(endpoint)}
        if kind in ("ModelQuality", "ModelBias"):
            job_input["GroundTruthS3Input"] = {"S3Uri": "s3://monitoring/truth"}
        call(
            "sagemaker", f"create_{snake}_job_definition",
            **{
                "JobDefinitionName": name, f"{kind}AppSpecification": {"ImageUri": "monitor:1", **specification},
                f"{kind}JobInput": job_input, f"{kind}JobOutputConfig": outputs, "JobResources": resources, "RoleArn": role("narrow"),
            },
        )  # fmt: skip
        call(
            "sagemaker", "create_monitoring_schedule", MonitoringScheduleName=f"{endpoint}-daily",
            MonitoringScheduleConfig={"ScheduleConfig": daily, "MonitoringJobDefinitionName": name, "MonitoringType": kind},
        )  # fmt: skip


def training(call, account, role, key, net):
    def channel(uri, name="train"):
        source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    def job(name, uri, of="training", count=1, channels=None, volume=None, **more):
        resources = {"InstanceType": "ml.m5.xlarge", "InstanceCount": count, "VolumeSizeInGB": 30}
        call(
            "sagemaker", "create_training_job", TrainingJobName=name, RoleArn=role(of),
            AlgorithmSpecification={"TrainingImage": f"{account}.dkr.ecr.{REGION}.amazonaws.com/train:1", "TrainingInputMode": "File"},
            InputDataConfig=channels or [channel(uri)], OutputDataConfig={"S3OutputPath": f"s3://{account}-models/{name.split('-')[0]}"},
            ResourceConfig={**resources, **({"VolumeKmsKeyId": volume} if volume else {})},
            StoppingCondition={"MaxRuntimeInSeconds": 3600}, **more,
        )  # fmt: skip

    job(
        "fraud-1", f"s3://{account}-training/fraud/", count=2, volume=key, VpcConfig=net, EnableNetworkIsolation=True,
        EnableInterContainerTrafficEncryption=True,
    )  # fmt: skip
    job("open-1", f"s3://{account}-open/raw/", of="reads-everything", count=2)
    job("vendor-1", f"s3://{account}-vendor/feed/", of="passes-any")
    # Older than the window, and read only because a live endpoint serves its output.
    job("churn-1", f"s3://{account}-training/churn/")
    system = call("efs", "create_file_system", CreationToken=account)["FileSystemId"]
    files = {"FileSystemId": system, "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/data"}
    job("files-1", "", channels=[{"ChannelName": "train", "DataSource": {"FileSystemDataSource": files}}])
    alias = call("s3control", "create_access_point", AccountId=account, Name="features", Bucket=f"{account}-training")["Alias"]
    job("features-1", f"s3://{alias}/features/")


def build(account, call=None, stranger=None):
    """Makes the estate in an account."""
    call = call or account.call
    stranger = stranger or account.emulator.known("999999999999").call

    def role(name):
        return f"arn:aws:iam::{account.id}:role/{name}"

    identities(call, account.id)
    key = buckets(call, account.id, stranger)
    net = network(call)
    notebooks(call, role, key, net)
    studio(call, role)
    models(call, account.id, role, net)
    endpoints(call, account.id, role)
    monitoring(call, role)
    training(call, account.id, role, key, net)
    for name in ("fraud", "churn", "gone", "packaged", "ocr", "host"):
        account.age(60, endpoint=name, endpoint_config=f"{name}-1")
    for name in ("open", "closed", "wide"):
        account.age(45, notebook_instance=name)
    account.age(200, training_job="churn-1")
