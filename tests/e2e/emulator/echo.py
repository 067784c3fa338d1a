"""Members that moto takes at creation and does not show again.

AWS shows of a resource what it was created with, wherever the description has a member of the same name. Moto forgets
`EnableNetworkIsolation` of models and configurations, a notebook's platform and metadata service, a job's environment,
and others. Absent: updates; the scenarios make things anew.
"""

import functools

from moto.core.responses import ActionResult
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from .shared import kept, members, shown

# What is created, and the member that holds its ARN in both answers.
ECHOED = {
    "notebook_instance": ("DescribeNotebookInstance", "NotebookInstanceArn"),
    "notebook_instance_lifecycle_config": ("DescribeNotebookInstanceLifecycleConfig", "NotebookInstanceLifecycleConfigArn"),
    "model": ("DescribeModel", "ModelArn"),
    "model_package": ("DescribeModelPackage", "ModelPackageArn"),
    "endpoint_config": ("DescribeEndpointConfig", "EndpointConfigArn"),
    "domain": ("DescribeDomain", "DomainArn"),
    "data_quality_job_definition": ("DescribeDataQualityJobDefinition", "JobDefinitionArn"),
    "model_quality_job_definition": ("DescribeModelQualityJobDefinition", "JobDefinitionArn"),
    "model_bias_job_definition": ("DescribeModelBiasJobDefinition", "JobDefinitionArn"),
    "model_explainability_job_definition": ("DescribeModelExplainabilityJobDefinition", "JobDefinitionArn"),
}
# What AWS shows where nothing was asked for, by the members' documentation.
DEFAULTS = {
    "notebook_instance": {
        "RootAccess": "Enabled",
        "DirectInternetAccess": "Enabled",
        "PlatformIdentifier": "notebook-al2-v2",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
    },
    "model": {"EnableNetworkIsolation": False},
    "endpoint_config": {"EnableNetworkIsolation": False},
}


def plain(answer):
    """An answer of moto as members. AWS leaves out what was not given; moto shows it as empty."""
    return {name: value for name, value in answer.result.items() if value not in (None, {}, [])}


def echoing(resource, describe, arn_member):
    create = getattr(SageMakerResponse, f"create_{resource}")
    described = getattr(SageMakerResponse, f"describe_{resource}")
    known = shown(describe) - {arn_member}

    @functools.wraps(create)
    def created(self):
        answer = create(self)
        asked = {name: value for name, value in members(self).items() if name in known}
        kept(self.sagemaker_backend, resource)[answer.result[arn_member]] = {**DEFAULTS.get(resource, {}), **asked}
        return answer

    @functools.wraps(described)
    def shown_again(self):
        answer = plain(described(self))
        return ActionResult({**answer, **kept(self.sagemaker_backend, resource).get(answer[arn_member], {})})

    setattr(SageMakerResponse, f"create_{resource}", created)
    setattr(SageMakerResponse, f"describe_{resource}", shown_again)


def describe_endpoint(described):
    """Moto shows only counts and weights of variants. AWS also shows their scaling, the shadow variants, and whether
    requests are asynchronous, all of the configuration that serves."""

    @functools.wraps(described)
    def whole(self):
        answer = plain(described(self))
        backend = self.sagemaker_backend
        configurations = kept(backend, "endpoint_config").values()
        name = answer["EndpointConfigName"]
        configuration = next((c for c in configurations if c["EndpointConfigName"] == name), {})
        scaling = {v["VariantName"]: v.get("ManagedInstanceScaling") for v in configuration.get("ProductionVariants", [])}
        for variant in answer["ProductionVariants"]:
            if scaling.get(variant["VariantName"]):
                variant["ManagedInstanceScaling"] = scaling[variant["VariantName"]]
        shadows = [
            {"VariantName": v["VariantName"], "CurrentInstanceCount": v.get("InitialInstanceCount", 0)}
            for v in configuration.get("ShadowProductionVariants", [])
        ]
        if shadows:
            answer["ShadowProductionVariants"] = shadows
        if "AsyncInferenceConfig" in configuration:
            answer["AsyncInferenceConfig"] = configuration["AsyncInferenceConfig"]
        return ActionResult(answer)

    return whole


def models_exist(validate):
    """A variant without a model hosts inference components; moto asks for a model everywhere."""
    return lambda self, variants: validate(self, [v for v in variants if "ModelName" in v])


def install():
    for resource, names in ECHOED.items():
        echoing(resource, *names)
    SageMakerResponse.describe_endpoint = describe_endpoint(SageMakerResponse.describe_endpoint)
    SageMakerModelBackend.validate_production_variants = models_exist(SageMakerModelBackend.validate_production_variants)
