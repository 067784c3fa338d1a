"""What the corrections share: a place for what moto has no place for, pages, and the service's model.

Enters: a response object of moto, which holds one request. Leaves: members, records, pages.
"""

import json

import botocore.session
from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException

MODEL = botocore.session.get_session().get_service_model("sagemaker")


def members(response):
    """The request's members, as they came."""
    return json.loads(response.body or "{}")


def kept(backend, kind):
    """Records of one kind, by name, in one account and Region. They go when moto's own state is reset."""
    return backend.__dict__.setdefault("kept", {}).setdefault(kind, {})


def arn(backend, kind, name):
    return f"arn:aws:sagemaker:{backend.region_name}:{backend.account_id}:{kind}/{name}"


def invalid(message):
    """How SageMaker says that a name is unknown, among others."""
    return AWSValidationException(message)


def page(response, items, member, summary, most=100):
    """One page of a listing. A token is the place in the list, which only this emulator knows."""
    asked = members(response)
    size = min(int(asked.get("MaxResults") or 10), most)
    start = int(asked.get("NextToken") or 0)
    out = {member: [summary(item) for item in items[start : start + size]]}
    if start + size < len(items):
        out["NextToken"] = str(start + size)
    return ActionResult(out)


def shown(operation):
    """The members that an operation answers with."""
    return set(MODEL.operation_model(operation).output_shape.members)
