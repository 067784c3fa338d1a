"""Secrets in every member that people write freely reach no file and no line of any output."""

import base64
import gzip
import time

import zstandard

from harness import ROOT

# None of these looks like a secret, so that nothing but the place of it can give it away.
WORD = "tourmaline-{}"


def plant(account):
    """Writes a word of its own into each free text; gives the words."""
    words = []

    def word():
        words.append(WORD.format(len(words)))
        return words[-1]

    role = f"arn:aws:iam::{account.id}:role/worker"
    call = account.call
    call(
        "sagemaker", "create_notebook_instance_lifecycle_config", NotebookInstanceLifecycleConfigName="scripted",
        OnCreate=[{"Content": base64.b64encode(f"export TOKEN={word()}".encode()).decode()}],
        OnStart=[{"Content": base64.b64encode(f"curl -u admin:{word()} https://example.com".encode()).decode()}],
    )  # fmt: skip
    call(
        "sagemaker", "create_notebook_instance", NotebookInstanceName="scripted", InstanceType="ml.t3.medium", RoleArn=role,
        LifecycleConfigName="scripted",
    )  # fmt: skip
    container = {"Image": "serve:1", "Environment": {"DATABASE": f"postgres://app:{word()}@db/app"}}
    call("sagemaker", "create_model", ModelName="single", ExecutionRoleArn=role, PrimaryContainer=container)
    containers = [{"Image": "serve:1", "Environment": {"KEY": word()}}, {"Image": "serve:2", "Environment": {"KEY": word()}}]
    call("sagemaker", "create_model", ModelName="pipeline", ExecutionRoleArn=role, Containers=containers)
    call("sagemaker", "create_model_package_group", ModelPackageGroupName="packaged")
    package = call(
        "sagemaker", "create_model_package", ModelPackageGroupName="packaged",
        InferenceSpecification={
            "Containers": [{"Image": "serve:1", "Environment": {"KEY": word()}}],
            "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]  # fmt: skip
    call("sagemaker", "create_model", ModelName="packaged", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": package})
    variants = [
        {"VariantName": model, "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
        for model in ("single", "packaged")
    ]
    call("sagemaker", "create_endpoint_config", EndpointConfigName="serving", ProductionVariants=variants)
    call("sagemaker", "create_endpoint", EndpointName="serving", EndpointConfigName="serving")
    call(
        "sagemaker", "create_inference_component", InferenceComponentName="component", EndpointName="serving", VariantName="single",
        Specification={
            "Container": {"Image": "serve:1", "Environment": {"KEY": word()}},
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 1024},
        },
    )  # fmt: skip
    for name in ("found", "too"):
        call(
            "sagemaker", "create_training_job", TrainingJobName=name, RoleArn=role,
            AlgorithmSpecification={
                "TrainingImage": "train:1", "TrainingInputMode": "File",
                "ContainerEntrypoint": ["python", word()], "ContainerArguments": ["--password", word()],
            },
            HyperParameters={"api-key": word()}, Environment={"TOKEN": word()},
            OutputDataConfig={"S3OutputPath": "s3://out"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        )  # fmt: skip
    specification = {"ImageUri": "monitor:1", "ContainerEntrypoint": [word()], "ContainerArguments": [word()]}
    source = {"EndpointInput": {"EndpointName": "serving", "LocalPath": "/opt/ml/processing/input"}}
    outputs = {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://out", "LocalPath": "/opt/ml/processing/output"}}]}
    resources = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}
    job = {
        "MonitoringInputs": [source], "MonitoringOutputConfig": outputs, "MonitoringResources": resources,
        "MonitoringAppSpecification": specification, "RoleArn": role, "Environment": {"TOKEN": word()},
    }  # fmt: skip
    call(
        "sagemaker", "create_monitoring_schedule", MonitoringScheduleName="inline",
        MonitoringScheduleConfig={"MonitoringJobDefinition": job, "MonitoringType": "DataQuality"},
    )  # fmt: skip
    call(
        "sagemaker", "create_data_quality_job_definition", JobDefinitionName="quality", RoleArn=role,
        DataQualityAppSpecification={**specification, "Environment": {"TOKEN": word()}, "ContainerArguments": [word()]},
        DataQualityJobInput=source, DataQualityJobOutputConfig=outputs, JobResources=resources,
    )  # fmt: skip
    call(
        "sagemaker", "create_monitoring_schedule", MonitoringScheduleName="by-definition",
        MonitoringScheduleConfig={"MonitoringJobDefinitionName": "quality", "MonitoringType": "DataQuality"},
    )  # fmt: skip
    event = {"EventName": "CreatePresignedNotebookInstanceUrl", "EventTime": time.time(), "CloudTrailEvent": f'{{"token":"{word()}"}}'}
    account.wish("trail", events=[event])
    return words


def texts(folder):
    """Every file as text, and what is packed in it."""
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if path.suffix == ".zst":
                data = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True).read()
            elif data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            yield path, data


def test_secrets_reach_no_file_and_no_output(account, tmp_path):
    words = plant(account)
    (tmp_path / "out").mkdir()
    formats = ("json", "ndjson", "csv", "junit", "markdown", "sarif", "ocsf", "asff", "oscal", "html", "text")
    asked = [argument for name in formats for argument in ("-f", f"{name}={tmp_path / 'out' / name}")]
    said = b""
    # Found by search, and described: both ways write.
    for way in ([], ["--no-search"]):
        command = ["-v", "-v", "scan", "--regions", "eu-west-1", "--show", "all", "--full", "--exit-zero", "--each-job", *asked]
        done = account.run(*command, *way, "--snapshot", tmp_path / f"snapshot{len(way)}", text=False)
        assert done.returncode == 0, done.stderr
        said += done.stdout + done.stderr
    files = {path: data for path, data in texts(tmp_path)}
    assert len(files) > len(formats) + 20
    assert any(b"lifecycle-config" in data or b"Lifecycle" in data for data in files.values())
    encoded = {word: [word.encode(), base64.b64encode(word.encode()).rstrip(b"=")[:-1]] for word in words}
    leaked = {
        f"{word} in {path.relative_to(tmp_path)}"
        for path, data in [*files.items(), (tmp_path / "standard output and error", said)]
        for word, forms in encoded.items()
        if any(form in data for form in forms)
    }
    assert not leaked, sorted(leaked)
    for name, key in account.keys.items():
        assert not [path for path, data in files.items() if key.encode() in data and name != "AWS_ACCESS_KEY_ID"]
        assert key.encode() not in said or name == "AWS_ACCESS_KEY_ID"


def test_what_is_planted_is_all_that_is_secret():
    """Each member that the operations' page calls secret, and that the emulator can hold, is planted above."""
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.split("## Members that never reach the disk in the clear")[1].split("\n## ")[0]
    operations = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    # A notebook's URL and a domain's id at the identity provider are the emulator's own to make up.
    planted = {
        "sagemaker:DescribeNotebookInstance", "sagemaker:DescribeNotebookInstanceLifecycleConfig", "sagemaker:DescribeDomain",
        "sagemaker:DescribeModel", "sagemaker:DescribeModelPackage", "sagemaker:DescribeInferenceComponent",
        "sagemaker:DescribeMonitoringSchedule", "sagemaker:DescribeDataQualityJobDefinition", "sagemaker:DescribeTrainingJob",
        "sagemaker:Search", "cloudtrail:LookupEvents",
    }  # fmt: skip
    # The other three kinds of job definition hold the same members under their own names; a test of the table covers them.
    alike = {f"sagemaker:Describe{kind}JobDefinition" for kind in ("ModelQuality", "ModelBias", "ModelExplainability")}
    assert operations == planted | alike
