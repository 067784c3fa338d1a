"""Checks that the commands which ask again for evidence can be run.

Judges the example estate with the binary that the command line names, and holds each `reproduce` against AWS's own service
models, by which the AWS CLI spells its options. Prints one line per disagreement and exits with 1 if there is any.

Checked: the command and its options exist, each is given once, and none that the model requires is missing.
"""

import json
import pathlib
import shlex
import subprocess
import sys

import botocore.session
from botocore import xform_name

ESTATE = pathlib.Path(__file__).parents[2] / "examples" / "acme"
# Where the AWS CLI's name of a service is not botocore's.
BOTOCORE = {"s3api": "s3"}
# Options of every command.
GLOBAL = {"region"}


def commands(binary):
    accounts = sorted(str(path) for path in ESTATE.iterdir() if path.is_dir())
    judged = subprocess.run([binary, "check", *accounts, "--format=ndjson", "--show=all"], capture_output=True, text=True, check=False)
    for line in judged.stdout.splitlines():
        yield from of(json.loads(line))


def of(value):
    """Every `reproduce`, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reproduce":
                yield inner
            else:
                yield from of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from of(inner)


def check(command, session):
    program, service, name, *words = shlex.split(command)
    if program != "aws":
        yield f"{command}: does not call the AWS CLI"
        return
    model = session.get_service_model(BOTOCORE.get(service, service))
    operations = {xform_name(operation, "-"): operation for operation in model.operation_names}
    if name not in operations:
        yield f"{command}: `{service}` has no `{name}`"
        return
    shape = model.operation_model(operations[name]).input_shape
    members = {xform_name(member, "-"): inner for member, inner in shape.members.items()} if shape else {}
    required = {xform_name(member, "-") for member in shape.required_members} if shape else set()
    given = {}
    for word in words:
        if word.startswith("--"):
            option = word[2:]
            if option in given:
                yield f"{command}: `--{option}` is given twice"
            given[option] = []
        else:
            given[option].append(word)
    for option, values in given.items():
        if option in GLOBAL:
            continue
        if option not in members:
            yield f"{command}: there is no option `--{option}`"
        elif members[option].type_name != "list" and len(values) != 1 or not values:
            yield f"{command}: `--{option}` has {len(values)} values"
    for option in sorted(required - set(given)):
        yield f"{command}: `--{option}` is required"


def main():
    session = botocore.session.get_session()
    seen = sorted(set(commands(sys.argv[1])))
    # What another tool supplied cannot be asked for again, which a remark says in place of a command.
    asked = [command for command in seen if not command.startswith("#")]
    problems = [problem for command in asked for problem in check(command, session)]
    for problem in problems:
        print(problem)
    print(f"{len(asked)} commands checked against botocore, {len(problems)} problems", file=sys.stderr)
    sys.exit(1 if problems or not asked else 0)


if __name__ == "__main__":
    main()
