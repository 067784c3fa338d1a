"""`Search` for training jobs, models and endpoints, as whole records.

Moto's `Search` answers one page of ARNs. AWS answers up to a hundred records, as the descriptions are, each under the
name of what was searched for. Absent: nested filters and sub-expressions; a filter that is not known is refused, so that
no scenario passes for want of one.
"""

import datetime

from moto.core.responses import ActionResult
from moto.sagemaker.responses import SageMakerResponse

from .jobs import jobs
from .shared import MODEL, invalid, kept, members

RECORDS = MODEL.shape_for("SearchRecord").members
OF_JOBS = set(RECORDS["TrainingJob"].members)
OF_MODELS = set(RECORDS["Model"].members["Model"].members)
OF_ENDPOINTS = set(RECORDS["Endpoint"].members)


def whole(value, known):
    return {member: v for member, v in value.items() if member in known and v is not None}


def searched(backend, resource):
    """What is searched, the time of each, and its record."""
    tags, models = kept(backend, "tags"), kept(backend, "model")

    def model(m):
        described = {**m.response_object, **models.get(m.arn, {}), "Tags": m.tags}
        return {"Model": {"Model": whole(described, OF_MODELS), "Endpoints": []}}

    match resource:
        case "TrainingJob":
            return (
                list(jobs(backend).values()),
                lambda j: j["CreationTime"],
                lambda j: {"TrainingJob": {**whole(j, OF_JOBS), "Tags": tags[j["TrainingJobArn"]]}},
            )
        case "Model":
            return list(backend.list_models()), lambda m: m.creation_time, model
        case "Endpoint":
            return (
                list(backend.endpoints.values()),
                lambda e: e.creation_time,
                lambda e: {"Endpoint": whole({**e.response_object, "Tags": e.tags}, OF_ENDPOINTS)},
            )
    raise invalid(f"this emulator does not search for {resource}")


def earliest(expression):
    """The instant that the filters begin at; ISO 8601 without a zone, which means UTC, as moto's own times do."""
    if set(expression) - {"Filters"}:
        raise invalid(f"this emulator does not know {sorted(expression)}")
    since = datetime.datetime.min
    for condition in expression.get("Filters", []):
        if (condition["Name"], condition["Operator"]) != ("CreationTime", "GreaterThanOrEqualTo"):
            raise invalid(f"this emulator does not filter by {condition}")
        since = max(since, datetime.datetime.fromisoformat(condition["Value"]))
    return since


def search(self):
    asked = members(self)
    found, time_of, record = searched(self.sagemaker_backend, asked["Resource"])
    since = earliest(asked.get("SearchExpression", {}))
    found = [item for item in found if time_of(item) >= since]
    if asked.get("SortBy", "LastModifiedTime") == "CreationTime":
        found.sort(key=time_of, reverse=asked.get("SortOrder", "Descending") == "Descending")
    size, start = int(asked.get("MaxResults") or 10), int(asked.get("NextToken") or 0)
    out = {
        "Results": [record(item) for item in found[start : start + size]],
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
    }
    if start + size < len(found):
        out["NextToken"] = str(start + size)
    return ActionResult(out)


def install():
    SageMakerResponse.search = search
