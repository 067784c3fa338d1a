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


def records(self, resource):
    backend = self.sagemaker_backend
    tags = kept(backend, "tags")
    if resource == "TrainingJob":
        return [
            (j["CreationTime"], lambda j=j: {"TrainingJob": {**whole(j, OF_JOBS), "Tags": tags[j["TrainingJobArn"]]}})
            for j in jobs(backend).values()
        ]
    if resource == "Model":
        echoed = kept(backend, "model")
        return [
            (m.creation_time, lambda m=m: {"Model": {"Model": whole({**m.response_object, **echoed.get(m.arn, {}), "Tags": m.tags}, OF_MODELS), "Endpoints": []}})
            for m in backend.list_models()
        ]
    if resource == "Endpoint":
        return [
            (e.creation_time, lambda e=e: {"Endpoint": whole({**e.response_object, "Tags": e.tags}, OF_ENDPOINTS)})
            for e in backend.endpoints.values()
        ]
    raise invalid(f"this emulator does not search for {resource}")


def instant(text):
    """ISO 8601 without a zone means UTC."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)


def chosen(found, expression):
    for condition in expression.get("Filters", []):
        if (condition["Name"], condition["Operator"]) != ("CreationTime", "GreaterThanOrEqualTo"):
            raise invalid(f"this emulator does not filter by {condition}")
        since = instant(condition["Value"])
        found = [(time, record) for time, record in found if time.replace(tzinfo=datetime.timezone.utc) >= since]
    if set(expression) - {"Filters"}:
        raise invalid(f"this emulator does not know {sorted(expression)}")
    return found


def search(self):
    asked = members(self)
    found = chosen(records(self, asked["Resource"]), asked.get("SearchExpression", {}))
    if asked.get("SortBy", "LastModifiedTime") == "CreationTime":
        found.sort(key=lambda pair: pair[0], reverse=asked.get("SortOrder", "Descending") == "Descending")
    size, start = int(asked.get("MaxResults") or 10), int(asked.get("NextToken") or 0)
    out = {
        "Results": [record() for _, record in found[start : start + size]],
        "TotalHits": {"Value": len(found), "Relation": "EqualTo"},
    }
    if start + size < len(found):
        out["NextToken"] = str(start + size)
    return ActionResult(out)


def install():
    SageMakerResponse.search = search
