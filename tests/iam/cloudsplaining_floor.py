"""What cloudsplaining flags in the AWS managed policies, the solver must find too.

Usage: cloudsplaining_floor.py SAGEWARDEN. SAGEWARDEN is the binary, which is asked with `iam solve`. cloudsplaining
looks for actions without a resource constraint, document by document; each such action over a universe that the solver
knows must come out granted on all of it, and each escalation that the solver's ladder knows must come out as a rung.
There are no exceptions.
"""

import contextlib
import io
import json
import subprocess
import sys
import time

import managed_policies
from cloudsplaining.scan.policy_document import PolicyDocument

# Actions by the universe over which they act.
UNIVERSES = {
    "s3:object": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"],
    "s3:bucket": ["s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:DeleteBucketPolicy"],
    "iam:role@own": [
        "iam:PassRole",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "iam:UpdateAssumeRolePolicy",
        "iam:CreateRole",
    ],
    "iam:role@any": ["sts:AssumeRole"],
    "kms:key@any": ["kms:Decrypt", "kms:CreateGrant", "kms:PutKeyPolicy"],
}
UNIVERSE_OF = {action: universe for universe, actions in UNIVERSES.items() for action in actions}

# Escalations that a role can do by calls of its own. The others go through users, groups or services: those that
# pass a role are compared as the action, the rest is not a question that the solver is asked.
LADDER = {
    "CreateNewPolicyVersion",
    "SetExistingDefaultPolicyVersion",
    "AttachRolePolicy",
    "PutRolePolicy",
    "UpdateRolePolicyToAssumeIt",
    "AttachRolePolicyThenUpdateAssumeRolePolicy",
    "CreatePolicyVersionThenAssumeRole",
    "CreatePolicyVersionThenUpdateAssumeRolePolicy",
    "PutRolePolicyThenUpdateAssumeRolePolicy",
}


def flagged(document):
    """The findings of cloudsplaining, as (finding, question)."""
    policy = PolicyDocument(document)
    actions = set(policy.all_allowed_unrestricted_actions) | set(policy.permissions_management_without_constraints)
    actions |= set(policy.allows_data_exfiltration_actions)
    for action in sorted(actions & UNIVERSE_OF.keys()):
        yield action, {"kind": "universal", "action": action, "universe": UNIVERSE_OF[action]}
    kinds = {escalation["type"] for escalation in policy.allows_privilege_escalation}
    for kind in sorted(kinds & LADDER):
        yield f"escalation {kind}", {"kind": "admin"}


def agrees(question, answer):
    if question["kind"] == "admin":
        return answer["answer"] in ("full", "escalatable")
    return answer["must"] == "all"


def main():
    binary = sys.argv[1]
    documents = {name: policy["Document"] for name, policy in json.loads(managed_policies.text()).items()}
    cases = []
    start = time.monotonic()
    for name, document in sorted(documents.items()):
        # It prints notes about NotAction.
        with contextlib.redirect_stdout(io.StringIO()):
            found = list(flagged(document))
        for finding, question in found:
            policy = {"name": name, "document": document}
            cases.append({"id": [name, finding], "policies": [policy], "question": question})
    seconds = time.monotonic() - start
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    solver = subprocess.run([binary, "iam", "solve", "-"], input=lines, capture_output=True, text=True, check=True)
    problems = []
    answers = [json.loads(line) for line in solver.stdout.splitlines()]
    if len(answers) != len(cases):
        problems.append(f"{len(cases)} questions, {len(answers)} answers")
    for case, answer in zip(cases, answers):
        if not agrees(case["question"], answer):
            problems.append(f"{case['id'][0]}: cloudsplaining flags {case['id'][1]}; the solver says {answer}")
    if not cases:
        problems.append("cloudsplaining flags nothing at all")
    for problem in problems:
        print(problem)
    print(
        f"{len(documents)} policies, {len(cases)} findings of cloudsplaining "
        f"({1000 * seconds / len(documents):.1f} ms a policy), {len(problems)} problems",
        file=sys.stderr,
    )
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
