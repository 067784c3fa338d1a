"""Resources by the thousand, other days, and removals, made inside the server: over HTTP they would take minutes.

Enters: account, Region, what and how many. Leaves: the same records that the API's own calls leave.
"""

import copy
import datetime

from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from . import echo, jobs
from .shared import kept

# Where moto keeps what is aged or removed by name.
MOTOS = {
    "notebook-instance": "notebook_instances",
    "model": "_models",
    "endpoint": "endpoints",
    "endpoint-config": "endpoint_configs",
    "domain": "domains",
}
OURS = {"training-job": "jobs", "user-profile": "UserProfile", "monitoring-schedule": "MonitoringSchedule"}


def role(account):
    return f"arn:aws:iam::{account}:role/bulk"


def seed(account, region, wanted):
    backend = sagemaker_backends[account][region]
    for number in range(wanted.get("jobs", 0)):
        seed_job(backend, f"bulk-{number:06d}", number, wanted)
    for number in range(wanted.get("notebooks", 0)):
        backend.create_notebook_instance(
            notebook_instance_name=f"bulk-{number:04d}", instance_type="ml.t3.medium", role_arn=role(account),
            direct_internet_access="Disabled" if number % 2 else "Enabled",
        )  # fmt: skip
        arn = backend.notebook_instances[f"bulk-{number:04d}"].arn
        kept(backend, "notebook_instance")[arn] = dict(echo.DEFAULTS["notebook_instance"])
    for number in range(wanted.get("models", 0)):
        model = backend.create_model(
            model_name=f"bulk-{number:04d}", execution_role_arn=role(account), vpc_config=None, containers=None, tags=None,
            primary_container={"Image": f"{account}.dkr.ecr.{region}.amazonaws.com/serve:1", "ModelDataUrl": "s3://bulk-models/model.tar.gz"},
        )  # fmt: skip
        kept(backend, "model")[model.arn] = {"EnableNetworkIsolation": bool(number % 2)}


def seed_job(backend, name, number, wanted):
    """One job of a history: each an hour older than the last, like one in a few others in what decides verdicts."""
    account, region = backend.account_id, backend.region_name
    begun = utcnow() - datetime.timedelta(minutes=number % (60 * 24 * 80))
    job = copy.copy(TEMPLATE) | {
        "TrainingJobName": name,
        "RoleArn": role(account),
        "HyperParameters": {"seed": str(number), "epochs": "10", "learning-rate": "0.001"},
        "InputDataConfig": [channel(f"s3://bulk-training/part-{number % 16}/")],
        "OutputDataConfig": {"S3OutputPath": "s3://bulk-models/out/"},
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://bulk-models/out/{name}/output/model.tar.gz"},
        "CreationTime": begun,
        "TrainingStartTime": begun,
        "TrainingEndTime": begun + datetime.timedelta(minutes=20),
        "LastModifiedTime": begun + datetime.timedelta(minutes=21),
        "EnableNetworkIsolation": number % 8 == 0,
        "AlgorithmSpecification": {"TrainingImage": f"{account}.dkr.ecr.{region}.amazonaws.com/train:4", "TrainingInputMode": "File"},
    }
    jobs.add(backend, job)


def channel(uri):
    source = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}, "CompressionType": "None"}


TEMPLATE = {
    "TrainingJobStatus": "Completed",
    "SecondaryStatus": "Completed",
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    "EnableInterContainerTrafficEncryption": False,
    "EnableManagedSpotTraining": False,
    "TrainingTimeInSeconds": 1200,
    "BillableTimeInSeconds": 1200,
}


def found(backend, kind, name):
    """The place where something is kept, and its key there."""
    if kind in MOTOS:
        return getattr(backend, MOTOS[kind]), name
    records = kept(backend, OURS[kind])
    key = next(key for key in records if key == name or key[-1] == name)
    return records, key


def age(account, region, kind, name, days):
    """Moves a creation and last change into the past: moto stamps everything with the present."""
    records, key = found(sagemaker_backends[account][region], kind, name)
    then = utcnow() - datetime.timedelta(days=days)
    if isinstance(records[key], dict):
        records[key].update(CreationTime=then, LastModifiedTime=then)
    else:
        records[key].creation_time = then
        if hasattr(records[key], "last_modified_time"):
            records[key].last_modified_time = then


def remove(account, region, kind, name):
    records, key = found(sagemaker_backends[account][region], kind, name)
    del records[key]
