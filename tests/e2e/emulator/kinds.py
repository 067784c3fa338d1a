"""Resources that moto does not know: user profiles, spaces, inference components, monitoring schedules.

A row says what such a resource is called; creation, description, listing and deletion follow from it. Sources: the
operations' pages in the SageMaker API reference. Also `ListModels`, which moto does not page.
"""

import dataclasses
from collections.abc import Callable

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.sagemaker.responses import SageMakerResponse

from .shared import MODEL, arn, invalid, kept, members, page, shown


@dataclasses.dataclass
class Kind:
    name: str
    plural: str
    # The members that name it, in order.
    key: tuple
    # What its ARN calls it.
    path: str
    # The member of a listing, and the filters that listings take: request member → member of the record.
    listed: str
    filters: dict
    status: tuple = ("Status", "InService")
    # Adds what AWS derives from what was asked.
    derive: Callable = lambda backend, record: None

    def __post_init__(self):
        self.arn_member = f"{self.name}Arn"
        self.described = shown(f"Describe{self.name}")
        listing = MODEL.operation_model(f"List{self.plural}").output_shape
        self.summary = set(listing.members[self.listed].member.members)

    def of(self, response):
        asked = members(response)
        name = tuple(asked[member] for member in self.key)
        found = kept(response.sagemaker_backend, self.name).get(name)
        if found is None:
            raise invalid(f"Could not find {self.name} {'/'.join(name)}")
        return name, found

    def create(self, response):
        asked = members(response)
        name = tuple(asked[member] for member in self.key)
        backend = response.sagemaker_backend
        records, now = kept(backend, self.name), utcnow()
        if name in records:
            raise invalid(f"{self.name} {'/'.join(name)} already exists")
        if "DomainId" in asked:
            backend.describe_domain(asked["DomainId"])
        state, value = self.status
        record = {
            **asked,
            self.arn_member: arn(backend, self.path, "/".join(name)),
            state: value,
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        self.derive(backend, record)
        records[name] = record
        kept(backend, "tags")[record[self.arn_member]] = asked.get("Tags", [])
        return ActionResult({self.arn_member: record[self.arn_member]})

    def describe(self, response):
        _, record = self.of(response)
        return ActionResult({member: value for member, value in record.items() if member in self.described})

    def list(self, response):
        asked = members(response)
        wanted = {theirs: asked[ours] for ours, theirs in self.filters.items() if ours in asked}
        records = kept(response.sagemaker_backend, self.name).values()
        found = [r for r in records if all(r.get(member) == value for member, value in wanted.items())]
        return page(response, found, self.listed, lambda r: {m: v for m, v in r.items() if m in self.summary})

    def delete(self, response):
        name, _ = self.of(response)
        del kept(response.sagemaker_backend, self.name)[name]
        return EmptyResult()


def derive_space(_, space):
    """A listing shows how a space is shared in a summary; one that says nothing is private."""
    sharing = space.get("SpaceSharingSettings", {}).get("SharingType", "Private")
    space["SpaceSharingSettingsSummary"] = {"SharingType": sharing}


def derive_component(backend, component):
    copies = component.get("RuntimeConfig", {}).get("CopyCount", 1)
    component["RuntimeConfig"] = {"DesiredCopyCount": copies, "CurrentCopyCount": copies}
    component["EndpointArn"] = arn(backend, "endpoint", component["EndpointName"])


def derive_schedule(_, schedule):
    """`EndpointName` is shown where the schedule itself names the endpoint, and not where its job definition does."""
    configuration = schedule["MonitoringScheduleConfig"]
    schedule["MonitoringType"] = configuration.get("MonitoringType", "DataQuality")
    if "MonitoringJobDefinitionName" in configuration:
        schedule["MonitoringJobDefinitionName"] = configuration["MonitoringJobDefinitionName"]
    inputs = configuration.get("MonitoringJobDefinition", {}).get("MonitoringInputs", [])
    named = [i["EndpointInput"]["EndpointName"] for i in inputs if "EndpointInput" in i]
    if named:
        schedule["EndpointName"] = named[0]


KINDS = [
    Kind(
        "UserProfile", "UserProfiles", ("DomainId", "UserProfileName"), "user-profile", "UserProfiles",
        {"DomainIdEquals": "DomainId"},
    ),
    Kind(
        "Space", "Spaces", ("DomainId", "SpaceName"), "space", "Spaces",
        {"DomainIdEquals": "DomainId"}, derive=derive_space,
    ),
    Kind(
        "InferenceComponent", "InferenceComponents", ("InferenceComponentName",), "inference-component",
        "InferenceComponents", {"EndpointNameEquals": "EndpointName"},
        ("InferenceComponentStatus", "InService"), derive_component,
    ),
    Kind(
        "MonitoringSchedule", "MonitoringSchedules", ("MonitoringScheduleName",), "monitoring-schedule",
        "MonitoringScheduleSummaries", {"EndpointName": "EndpointName"},
        ("MonitoringScheduleStatus", "Scheduled"), derive_schedule,
    ),
]


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def stop_monitoring_schedule(self):
    _, schedule = KINDS[-1].of(self)
    schedule["MonitoringScheduleStatus"] = "Stopped"
    return EmptyResult()


def list_models(self):
    """Moto answers all models at once. AWS pages them, the newest first."""
    found = sorted(self.sagemaker_backend.list_models(), key=lambda m: m.creation_time, reverse=True)
    return page(
        self, found, "Models", lambda m: {"ModelName": m.model_name, "ModelArn": m.arn, "CreationTime": m.creation_time}
    )


def tags_of_ours(list_tags):
    def whole(self):
        ours = kept(self.sagemaker_backend, "tags").get(members(self)["ResourceArn"])
        return list_tags(self) if ours is None else ActionResult({"Tags": ours})

    return whole


def install():
    for kind in KINDS:
        for verb in ("create", "describe", "delete"):
            setattr(SageMakerResponse, f"{verb}_{snake(kind.name)}", lambda self, act=getattr(kind, verb): act(self))
        setattr(SageMakerResponse, f"list_{snake(kind.plural)}", lambda self, act=kind.list: act(self))
    SageMakerResponse.stop_monitoring_schedule = stop_monitoring_schedule
    SageMakerResponse.list_models = list_models
    SageMakerResponse.list_tags = tags_of_ours(SageMakerResponse.list_tags)
