"""The AWS managed policies, as the installed moto carries them.

Enters: nothing. Leaves: moto's own JSON text, an object from policy name to an object with `Document`; run as a
program, the lines of `crates/managed-policies/data` on standard output. The module is read, not imported: importing it
would need all of moto's dependencies.
"""

import ast
import importlib.util
import json
import pathlib
import sys

NAME = "aws_managed_policies_data"


def text():
    package = importlib.util.find_spec("moto")
    folder = pathlib.Path(package.submodule_search_locations[0])
    source = folder / "iam" / "aws_managed_policies.py"
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == NAME:
            return ast.literal_eval(statement.value)
    sys.exit(f"{source}: no `{NAME}`")


def lines():
    """The day of the newest change, then ARN, version and document of each policy, by ARN."""
    policies = json.loads(text())
    yield max(policy["UpdateDate"] for policy in policies.values())[:10]
    by_arn = {f"arn:aws:iam::aws:policy{policy['Path']}{name}": policy for name, policy in policies.items()}
    for arn, policy in sorted(by_arn.items()):
        document = json.dumps(policy["Document"], separators=(",", ":"), ensure_ascii=False)
        yield "\t".join([arn, policy["DefaultVersionId"], document])


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in lines())
