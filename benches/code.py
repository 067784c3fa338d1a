"""Measures `check` over infrastructure code beside checkov on the same files, in the same run.

Makes a plan, a template and a folder of Terraform's language of that many resources: notebooks with a
role, a policy and a lifecycle configuration of their own. Prints medians of alternating runs of the
whole processes, elapsed and CPU.

    python benches/code.py SAGEWARDEN CHECKOV [RESOURCES [RUNS]]
"""

import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# What each notebook brings along: itself, a role, its policy, a lifecycle configuration.
EACH = 4


def document(index):
    """A policy of one notebook's own."""
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::data-{index}/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def trust():
    """Who may take the role."""
    principal = {"Service": "sagemaker.amazonaws.com"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def plan(count):
    """The plan as `terraform show -json` prints it."""
    changes, configured = [], []

    def add(kind, name, after, unknown, expressions):
        address = f"{kind}.{name}"
        head = {"address": address, "mode": "managed", "type": kind, "name": name}
        provider = "registry.terraform.io/hashicorp/aws"
        change = {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}
        sensitive = {"before_sensitive": False, "after_sensitive": {}}
        changes.append({**head, "provider_name": provider, "change": {**change, **sensitive}})
        configured.append({**head, "provider_config_key": "aws", "expressions": expressions})

    for index in range(count):
        role, scripts = f"aws_iam_role.r{index}", f"aws_sagemaker_notebook_instance_lifecycle_configuration.l{index}"
        add(
            "aws_iam_role", f"r{index}",
            {"name": f"r{index}", "path": "/", "assume_role_policy": json.dumps(trust())},
            {"arn": True, "id": True, "inline_policy": True, "managed_policy_arns": True},
            {"name": {"constant_value": f"r{index}"}, "assume_role_policy": {"constant_value": json.dumps(trust())}},
        )
        add(
            "aws_iam_role_policy", f"p{index}",
            {"name": "data", "policy": json.dumps(document(index))},
            {"id": True, "role": True},
            {"role": {"references": [f"{role}.id", role]}, "policy": {"constant_value": json.dumps(document(index))}},
        )
        add(
            scripts.split(".")[0], f"l{index}",
            {"name": f"l{index}", "on_start": "IyEvYmluL2Jhc2gK", "on_create": None},
            {"arn": True, "id": True},
            {"name": {"constant_value": f"l{index}"}},
        )
        add(
            "aws_sagemaker_notebook_instance", f"n{index}",
            {"name": f"n{index}", "instance_type": "ml.t3.medium", "root_access": "Disabled"},
            {"arn": True, "id": True, "role_arn": True, "url": True},
            {
                "role_arn": {"references": [f"{role}.arn", role]},
                "lifecycle_config_name": {"references": [f"{scripts}.name", scripts]},
                "root_access": {"constant_value": "Disabled"},
            },
        )
    return {
        "format_version": "1.2", "terraform_version": "1.9.8", "resource_changes": changes,
        "planned_values": {"root_module": {"resources": [
            {**{k: c[k] for k in ("address", "mode", "type", "name")}, "values": c["change"]["after"]} for c in changes
        ]}},
        "configuration": {"root_module": {"resources": configured}},
    }


def template(count):
    """The CloudFormation template, as YAML."""
    lines = ["AWSTemplateFormatVersion: '2010-09-09'", "Resources:"]
    for index in range(count):
        lines += [
            f"  R{index}:", "    Type: AWS::IAM::Role", "    Properties:",
            f"      AssumeRolePolicyDocument: {json.dumps(trust())}",
            f"  P{index}:", "    Type: AWS::IAM::Policy", "    Properties:",
            "      PolicyName: data", f"      Roles: [!Ref R{index}]",
            f"      PolicyDocument: {json.dumps(document(index))}",
            f"  L{index}:", "    Type: AWS::SageMaker::NotebookInstanceLifecycleConfig", "    Properties:",
            "      OnStart: [{ Content: !Base64 'echo' }]",
            f"  N{index}:", "    Type: AWS::SageMaker::NotebookInstance", "    Properties:",
            "      InstanceType: ml.t3.medium", f"      RoleArn: !GetAtt R{index}.Arn",
            "      RootAccess: Disabled",
            f"      LifecycleConfigName: !GetAtt L{index}.NotebookInstanceLifecycleConfigName",
        ]
    return "\n".join(lines) + "\n"


def module(count):
    """The same in Terraform's language."""
    parts = []
    for index in range(count):
        parts.append(f'''
resource "aws_iam_role" "r{index}" {{
  name               = "r{index}"
  assume_role_policy = jsonencode({json.dumps(trust())})
}}
resource "aws_iam_role_policy" "p{index}" {{
  name   = "data"
  role   = aws_iam_role.r{index}.id
  policy = jsonencode({json.dumps(document(index))})
}}
resource "aws_sagemaker_notebook_instance_lifecycle_configuration" "l{index}" {{
  name     = "l{index}"
  on_start = base64encode("echo")
}}
resource "aws_sagemaker_notebook_instance" "n{index}" {{
  name                  = "n{index}"
  instance_type         = "ml.t3.medium"
  role_arn              = aws_iam_role.r{index}.arn
  root_access           = "Disabled"
  lifecycle_config_name = aws_sagemaker_notebook_instance_lifecycle_configuration.l{index}.name
}}''')
    return "\n".join(parts) + "\n"


def timed(command):
    """Elapsed and CPU seconds of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    elapsed = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return elapsed, cpu


def main():
    """Makes the files, runs both over each, prints."""
    ours, theirs = sys.argv[1:3]
    resources, runs = (int(n) for n in (sys.argv[3:] + ["1000", "5"][len(sys.argv) - 3:])[:2])
    count = resources // EACH
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {resources} resources, {runs} runs of each, alternating; medians")
    with tempfile.TemporaryDirectory() as folder:
        inputs = []
        for name, text in [
            ("plan/plan.json", json.dumps(plan(count))),
            ("template/template.yaml", template(count)),
            ("module/main.tf", module(count)),
        ]:
            path = Path(folder, name)
            path.parent.mkdir()
            path.write_text(text)
            inputs.append(path)
        for path in inputs:
            own, other = [], []
            for _ in range(runs):
                own.append(timed([ours, "check", "-f", "sarif", path]))
                other.append(timed([theirs, "--quiet", "--compact", "-f", path, "-o", "sarif", "--output-file-path", folder]))
            ms = [1000 * statistics.median(column) for side in (own, other) for column in zip(*side)]
            print(f"{path.name:<14} sagewarden {ms[0]:7.0f} ms elapsed {ms[1]:7.0f} ms CPU   checkov {ms[2]:7.0f} ms elapsed {ms[3]:7.0f} ms CPU")


main()
