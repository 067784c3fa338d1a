"""Checks saved AWS answers against botocore's own models.

usage: validate_shapes.py [DIRECTORY]   (default: examples/acme)

Enters: a folder of saved answers with `calls.jsonl` indexes, and botocore.
Leaves: one line a mismatch (file, member, what is wrong) and exit status 1, or a count of what was checked and 0.
Checked: each file is indexed and each index line has its file; members are known to the operation's output; required
members are there; types, enumerations, lengths and patterns hold; instants are ISO 8601 text; an error message names
the indexed operation. Policy documents of IAM may be objects, since the CLI decodes them.
"""

import datetime
import json
import pathlib
import re
import sys

import botocore.session

SESSION = botocore.session.get_session()
PLAIN = {"string": str, "boolean": bool, "integer": int, "long": int, "map": dict, "list": list, "structure": dict}
ERROR = re.compile(r"\s*An error occurred \(([A-Za-z0-9.]+)\) when calling the (\w+) operation(?: \([^)]*\))?: \S")
# Services whose model name differs from the prefix in an operation's id.
MODELS = {"elasticfilesystem": "efs"}


def pattern_of(shape):
    """The pattern of a string, where Python's dialect can read it."""
    text = shape.metadata.get("pattern")
    try:
        return text and re.compile(rf"(?:{text})\Z")
    except re.error:
        return None


def problems(shape, value, where):
    kind = shape.type_name
    if kind == "timestamp":
        yield from instant_problems(value, where)
        return
    if kind in ("float", "double"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield where, f"is {type(value).__name__}, expected a number"
        return
    if kind == "string" and shape.name == "policyDocumentType" and isinstance(value, dict):
        return
    wanted = PLAIN.get(kind)
    if wanted is None:
        yield where, f"has a type that this check does not know: {kind}"
        return
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        yield where, f"is {type(value).__name__}, expected {kind}"
        return
    if kind == "structure":
        for name in value.keys() - shape.members.keys():
            yield f"{where}.{name}", f"is no member of {shape.name}"
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"{where}.{name}", f"is required by {shape.name} and absent"
        for name in value.keys() & shape.members.keys():
            yield from problems(shape.members[name], value[name], f"{where}.{name}")
    elif kind == "list":
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{where}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from problems(shape.value, item, f"{where}[{key}]")
    elif kind == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield where, f"is `{value}`, which {shape.name} does not list"
        if len(value) < shape.metadata.get("min", 0) or len(value) > shape.metadata.get("max", len(value)):
            yield where, f"has length {len(value)}, outside the limits of {shape.name}"
        pattern = pattern_of(shape)
        if pattern and not pattern.match(value):
            yield where, f"is `{value}`, which does not match {shape.name}"


def instant_problems(value, where):
    try:
        if datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is None:
            yield where, "has no time zone"
    except (AttributeError, ValueError):
        yield where, f"is `{value}`, expected an ISO 8601 instant"


def body_problems(operation_id, path):
    service, operation = operation_id.split(":")
    shape = SESSION.get_service_model(MODELS.get(service, service)).operation_model(operation).output_shape
    body = json.loads(path.read_text())
    # The CLI prints null for what the last page of a merged answer did not hold.
    body = {name: value for name, value in body.items() if value is not None}
    return problems(shape, body, operation)


def error_problems(operation_id, path):
    found = ERROR.match(path.read_text())
    if not found:
        yield "message", "is not an error message of the AWS CLI"
    elif found.group(2) != operation_id.split(":")[1]:
        yield "message", f"speaks of {found.group(2)}, indexed as {operation_id}"


def main():
    default = pathlib.Path(__file__).resolve().parents[2] / "examples" / "acme"
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    found, checked = [], 0
    seen = set()
    for index in sorted(root.rglob("calls.jsonl")):
        for number, line in enumerate(index.read_text().splitlines(), 1):
            call = json.loads(line)
            path = index.parent / call["file"]
            seen.add(path)
            found += [(f"{index}:{number}", *p) for p in instant_problems(call["time"], "time")]
            if not path.is_file():
                found.append((f"{index}:{number}", "file", f"`{call['file']}` does not exist"))
                continue
            check = error_problems if path.suffix == ".err" else body_problems
            found += [(str(path), *p) for p in check(call["operation"], path)]
            checked += 1
    for path in sorted(p for suffix in ("*.json", "*.err") for p in root.rglob(suffix)):
        if path not in seen:
            found.append((str(path), "file", "stands in no calls.jsonl"))
    if not checked:
        found.append((str(root), "calls.jsonl", "no saved call was found"))
    for file, member, what in found:
        print(f"{file}: {member} {what}")
    if found:
        sys.exit(1)
    print(f"{checked} answers match the models of botocore {botocore.__version__}")


if __name__ == "__main__":
    main()
