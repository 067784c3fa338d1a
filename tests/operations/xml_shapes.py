"""Writes the shapes of the XML answers that the collector reads, from AWS's own service models.

usage: xml_shapes.py [--check]

Enters: the list below. Leaves: `crates/collect/src/wire/shapes.rs`; with `--check` nothing is written, and a difference
from what is committed ends with a non-zero status.
Absent: answers in JSON, which need no shape: they are kept as they come.
"""

import pathlib
import shutil
import subprocess
import sys

import botocore.session

TARGET = pathlib.Path(__file__).resolve().parents[2] / "crates" / "collect" / "src" / "wire" / "shapes.rs"

OPERATIONS = {
    "sts": ["GetCallerIdentity"],
    "iam": [
        "GetAccountAuthorizationDetails",
        "GetRole",
        "ListRolePolicies",
        "GetRolePolicy",
        "ListAttachedRolePolicies",
        "GetPolicy",
        "GetPolicyVersion",
    ],
    "s3": [
        "ListBuckets",
        "ListDirectoryBuckets",
        "GetBucketLocation",
        "GetBucketEncryption",
        "GetBucketVersioning",
        "GetObjectLockConfiguration",
        "ListObjectsV2",
        "ListObjectVersions",
    ],
    "s3control": ["ListAccessPoints"],
    "ec2": ["DescribeRegions", "DescribeSubnets", "DescribeRouteTables"],
}

HEAD = """//! The shapes of answers in XML.
//!
//! Written by `tests/operations/xml_shapes.py` from AWS's service models; do not edit.

use sagewarden_core::operations::Operation;

use super::xml::{Member, Shape};

const fn member(element: &'static str, name: &'static str, shape: &'static Shape) -> Member {
    Member { element, name, shape }
}

"""

written = {}


def constant(service, shape):
    """The name of the constant that holds a shape; the constant is written on first use. Services share shape names."""
    kind = shape.type_name
    if kind in ("integer", "long", "float", "double"):
        return "NUMBER"
    if kind == "boolean":
        return "FLAG"
    if kind == "list":
        item = constant(service, shape.member)
        if shape.serialization.get("flattened"):
            return item
        name = f"{item}_LIST_OF_{shape.member.serialization.get('name', 'member').upper()}"
        written.setdefault(name, f'Shape::List {{ element: "{shape.member.serialization.get("name", "member")}", of: &{item} }}')
        return name
    if kind == "structure":
        name = f"{service.upper()}_" + "".join("_" + c if c.isupper() and i and not shape.name[i - 1].isupper() else c for i, c in enumerate(shape.name)).upper()
        if name not in written:
            written[name] = None
            members = ", ".join(one(service, m, s) for m, s in shape.members.items() if s.serialization.get("location") is None)
            written[name] = f"Shape::Structure(&[{members}])"
        return name
    return "TEXT"


def one(service, name, shape):
    element = shape.serialization.get("name", name)
    inner = constant(service, shape)
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        flat = f"{inner}_FLAT"
        written.setdefault(flat, f"Shape::Flat(&{inner})")
        inner = flat
    return f'member("{element}", "{name}", &{inner})'


def text():
    session = botocore.session.get_session()
    written.update(TEXT="Shape::Text", NUMBER="Shape::Number", FLAG="Shape::Flag")
    arms = []
    for service, operations in OPERATIONS.items():
        model = session.get_service_model(service)
        for operation in operations:
            output = model.operation_model(operation).output_shape
            payload = output.serialization.get("payload")
            if operation == "GetBucketLocation":
                # The root element is the value itself.
                shape = 'Shape::Payload { name: "LocationConstraint", of: &TEXT }'
            elif payload:
                shape = f'Shape::Payload {{ name: "{payload}", of: &{constant(service, output.members[payload])} }}'
            else:
                shape = constant(service, output)
            arms.append((operation, shape))
    out = HEAD
    for name, definition in sorted(written.items()):
        out += f"const {name}: Shape = {definition};\n"
    out += "\n/// The shape of an answer in XML; `None` where the answer is not XML.\n"
    out += "pub(super) fn shape_of(operation: Operation) -> Option<&'static Shape> {\n    Some(match operation {\n"
    for operation, shape in arms:
        out += f"        Operation::{operation} => &{shape},\n"
    out += "        _ => return None,\n    })\n}\n"
    rustfmt = shutil.which("rustfmt")
    done = subprocess.run([rustfmt, "--edition", "2024", "--emit", "stdout"], input=out, capture_output=True, text=True, check=True)
    return done.stdout


def main():
    fresh = text()
    if "--check" in sys.argv[1:]:
        sys.exit(f"{TARGET} is not what xml_shapes.py writes" if TARGET.read_text() != fresh else 0)
    TARGET.write_text(fresh)


if __name__ == "__main__":
    main()
