"""The AWS managed policies, as the installed moto carries them.

Enters: nothing. Leaves: moto's own JSON text, an object from policy name to an object with `Document`; run as a
program, in the file named on the command line. The module is read, not imported: importing it would need all of
moto's dependencies.
"""

import ast
import importlib.util
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


if __name__ == "__main__":
    pathlib.Path(sys.argv[1]).write_text(text(), encoding="utf-8")
