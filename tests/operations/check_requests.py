"""Checks that corrected requests hold only members of AWS's requests, and miss none.

Reads what `sagewarden_core::request::CREATIONS` is as JSON from the file named on the command line, or from
standard input. Prints one line per disagreement and exits with 1 if there is any.
"""

import json
import sys

import botocore.session

# Members that a description never carries, so that a request cannot be made with them.
NOT_DESCRIBED = {"Tags"}


def check(creation, service):
    call = creation["call"]
    request = service.operation_model(call).input_shape.members
    answer = service.operation_model(creation["described_by"].split(":")[1]).output_shape.members
    pairs = [(creation["name"], creation["name"])]
    pairs += [(same, same) for same in creation["same"]]
    pairs += [tuple(pair) for pair in creation["renamed"]]
    for described, asked in pairs:
        if described not in answer:
            yield f"{call}: `{described}` is not a member of the answer"
        if asked not in request:
            yield f"{call}: `{asked}` is not a member of the request"
    taken = {asked for _, asked in pairs}
    for name in sorted(set(request) & set(answer) - taken - NOT_DESCRIBED):
        yield f"{call}: `{name}` is a member of both and left out"


def main():
    text = open(sys.argv[1], encoding="utf-8") if len(sys.argv) > 1 else sys.stdin
    service = botocore.session.get_session().get_service_model("sagemaker")
    creations = json.load(text)
    problems = [problem for creation in creations for problem in check(creation, service)]
    for problem in problems:
        print(problem)
    print(f"{len(creations)} requests checked against botocore, {len(problems)} problems", file=sys.stderr)
    sys.exit(1 if problems or not creations else 0)


if __name__ == "__main__":
    main()
