"""Checks the operations table against AWS's own service models.

Reads the table as JSON (what `sagewarden_core::operations::as_json` gives) from the file named on
the command line, or from standard input. Prints one line per disagreement and exits with 1 if
there is any.

Checked: the operation exists and is of the kind that reads; key and paging members exist where
the row says, and every required member is one of them; secret, document and absent pointers lead to members of the answer; an absent pointer leads to
a member that the model does not require; no member that holds environment values,
hyperparameters or scripts is left out of the secret ones; and each service is spoken to as its model says: protocol,
target, version, signing name, id, paths and page size.
"""

import json
import sys
import urllib.parse

import botocore.session
from botocore.exceptions import UnknownServiceError

# Where botocore's name of a service is not the endpoint prefix that the table uses.
BOTOCORE = {"elasticfilesystem": "efs"}

# Key members that are ours: a search is stored one record a line, by the ARN of what was found.
OURS = {("Search", "Arn")}
READING = ("Describe", "Get", "Head", "List", "Lookup", "Search")

# Members that hold secrets wherever they occur, and what below them does.
SECRET_MEMBERS = {
    "Environment": "/*",
    "EnvironmentVariables": "/*",
    "HyperParameters": "/*",
    "StaticHyperParameters": "/*",
    "ContainerArguments": "/*",
    "ContainerEntrypoint": "/*",
    "CloudTrailEvent": "",
    "PresignedUrl": "",
    "AuthorizedUrl": "",
}

# Search answers with one member per kind of resource; these are the kinds that are asked for.
SEARCHED = {"TrainingJob", "Endpoint", "Model"}

# Members that the models require and infrastructure code may leave out: an empty one means the same.
REQUIRED_BUT_ABSENT = {
    "Subnets",
    "SecurityGroupIds",
    "ScheduleExpression",
    "MinimumInstanceMetadataServiceVersion",
    # The same for members of a block that says nothing without them.
    "S3Uri",
    "S3OutputPath",
    "Status",
    "CaptureStatus",
}


def member(shape, segment):
    if shape.type_name == "structure":
        return shape.members.get(segment)
    if shape.type_name == "list" and segment == "*":
        return shape.member
    if shape.type_name == "map":
        return shape.value
    return None


def walk(shape, pointer):
    """Gives the parent of the member that the pointer leads to, and its name, or an error."""
    segments = pointer.split("/")[1:]
    parent = None
    for segment in segments:
        found = member(shape, segment)
        if found is None:
            return None, segment, f"`{segment}` is not a member of {shape.name}"
        parent, shape = shape, found
    return parent, segments[-1], None


def secrets_of(shape, path=(), above=()):
    """All pointers in an answer that lead to secrets."""
    if shape.name in above or len(path) > 12:
        return
    above = above + (shape.name,)
    if shape.type_name == "structure":
        for name, inner in shape.members.items():
            if path == ("Results", "*") and name not in SEARCHED:
                continue
            below = SECRET_MEMBERS.get(name)
            if below is not None and inner.type_name in ("map", "list", "string"):
                yield "/" + "/".join(path + (name,)) + below
            else:
                yield from secrets_of(inner, path + (name,), above)
    elif shape.type_name == "list":
        yield from secrets_of(shape.member, path + ("*",), above)
    elif shape.type_name == "map":
        yield from secrets_of(shape.value, path + ("*",), above)


def shapes_of(row, answer):
    """The shapes that a line's body may have: the answer, or one record of a search."""
    yield answer
    if row["name"] == "Search":
        records = answer.members["Results"].member.members
        for kind in sorted(SEARCHED):
            yield records[kind]
            # A dashboard model wraps the model itself.
            if "Model" in records[kind].members:
                yield records[kind].members["Model"]


# Names that the operations give as the first labels of their endpoints, where the model's prefix is another.
HOSTS = {"s3express-control": "s3"}


def spoken(row, service, model, operation):
    """Disagreements about how the service is spoken to."""
    name = f"{row['service']}:{row['name']}"
    metadata = model.metadata
    expected = {
        "id": metadata["serviceId"].upper().replace(" ", "_"),
        "host": metadata["endpointPrefix"],
        "signs_as": metadata.get("signingName", metadata["endpointPrefix"]),
    }
    for member_, value in expected.items():
        if service[member_] != value and HOSTS.get(service["host"]) != row["service"]:
            yield f"{name}: {member_} is `{service[member_]}`, and the model says `{value}`"
    spoken_protocols = metadata.get("protocols") or [metadata["protocol"]]
    protocol = service["protocol"]
    if isinstance(protocol, str):
        kind, detail = protocol.replace("_", "-"), {}
    else:
        [(kind, detail)] = protocol.items()
    if kind not in spoken_protocols and not (kind == "query" and "ec2" in spoken_protocols):
        yield f"{name}: speaks {kind}, and the model {spoken_protocols}"
    if kind == "json" and (detail["version"], detail["target"]) != (metadata["jsonVersion"], metadata["targetPrefix"]):
        yield f"{name}: the JSON version or target is another in the model"
    if kind == "query" and detail["version"] != metadata["apiVersion"]:
        yield f"{name}: version {detail['version']}, and the model says {metadata['apiVersion']}"
    asked = operation.input_shape.members if operation.input_shape else {}
    if service["page_size"] and row["paging"] and service["page_size"][0] not in asked:
        yield f"{name}: `{service['page_size'][0]}` is not a request member"
    if row["path"]:
        ours, theirs = urllib.parse.urlsplit(row["path"]), urllib.parse.urlsplit(operation.http["requestUri"])
        if ours.path != theirs.path:
            yield f"{name}: path {ours.path}, and the model says {theirs.path}"
        fixed = set(theirs.query.split("&")) - {""}
        for part in ours.query.split("&"):
            query_name, _, value = part.partition("=")
            if part in fixed or not part:
                fixed.discard(part)
                continue
            known = {s.serialization.get("name", m): m for m, s in asked.items() if s.serialization.get("location") == "querystring"}
            if query_name not in known or value.startswith("{") and value[1:-1] != known[query_name]:
                yield f"{name}: `{part}` is not in the model's query"
        if fixed:
            yield f"{name}: the path lacks {fixed}"


def check(row, service_row, session):
    name = f"{row['service']}:{row['name']}"
    try:
        service = session.get_service_model(BOTOCORE.get(row["service"], row["service"]))
    except UnknownServiceError:
        yield f"{name}: unknown service"
        return
    if row["name"] not in service.operation_names:
        yield f"{name}: unknown operation"
        return
    if not row["name"].startswith(READING):
        yield f"{name}: does not read"
    operation = service.operation_model(row["name"])
    yield from spoken(row, service_row, service, operation)
    asked = operation.input_shape.members if operation.input_shape else {}
    answer = operation.output_shape
    for key in row["key"] + row["filters"]:
        if key not in asked and (row["name"], key) not in OURS:
            yield f"{name}: key `{key}` is not a request member"
    required = set(operation.input_shape.required_members) if operation.input_shape else set()
    fixed = {entry["member"] for entry in row["fixed"]}
    for entry in sorted(fixed - set(asked)):
        yield f"{name}: fixed `{entry}` is not a request member"
    for missing in sorted(required - set(row["key"]) - set(row["filters"]) - fixed):
        yield f"{name}: request member `{missing}` is required, and neither in the key nor fixed"
    paging = row["paging"]
    if paging:
        if paging["input"] not in asked:
            yield f"{name}: page token `{paging['input']}` is not a request member"
        for side in ("output", "items"):
            if answer is None or paging[side] not in answer.members:
                yield f"{name}: paging {side} `{paging[side]}` is not a member of the answer"
    elif row["name"].startswith("List") and any("Token" in m or m == "Marker" for m in asked):
        if row["name"] not in ("ListObjectsV2", "ListObjectVersions"):
            yield f"{name}: pages, but the row does not say so"
    for kind in ("secret", "documents"):
        for pointer in row[kind]:
            errors = [walk(shape, pointer)[2] for shape in shapes_of(row, answer)]
            if all(errors):
                yield f"{name}: {kind} {pointer}: {errors[0]}"
    for absence in row["absent"]:
        parent, last, error = walk(answer, absence["pointer"])
        if error:
            yield f"{name}: absent {absence['pointer']}: {error}"
        elif parent is not None and parent.type_name == "structure" and last in parent.required_members and last not in REQUIRED_BUT_ABSENT:
            yield f"{name}: absent {absence['pointer']}: the model requires it"
    pointers = [absence["pointer"] for absence in row["absent"]]
    for pointer in sorted({p for p in pointers if pointers.count(p) > 1}):
        yield f"{name}: absent {pointer} stands there twice"
    if answer is not None:
        for pointer in secrets_of(answer):
            if pointer not in row["secret"]:
                yield f"{name}: {pointer} holds secrets and is not in the row"


def main():
    text = open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin
    rows = [(entry["row"], entry["service"]) for entry in json.load(text)]
    # Records of facts that another tool derived: no service answers them.
    rows = [(row, service) for row, service in rows if row["service"] != "precomputed"]
    session = botocore.session.get_session()
    problems = [problem for row, service in rows for problem in check(row, service, session)]
    for problem in problems:
        print(problem)
    if not rows:
        problems.append("no rows")
    print(f"{len(rows)} rows checked against botocore, {len(problems)} problems", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
