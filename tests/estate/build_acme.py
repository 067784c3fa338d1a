"""Writes `examples/acme` by running the collect script of the documentation with the real AWS CLI.

usage: build_acme.py [--check]

Enters: the estate of `acme_estate.py`, `docs/collect.sh`, the `aws` command.
Leaves: `examples/acme/<account>/…`, the same bytes each time; with `--check` nothing is written, and a difference from
what is committed ends with a non-zero status.
Absent: any edit of what the CLI printed. The clock is the one thing replaced, by a `date` that stands at the
estate's instant.
"""

import filecmp
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import acme_estate
import aws_server

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXAMPLE = ROOT / "examples" / "acme"

# The script asks for the seconds since 1970 and for the time of each call; other uses format a given instant.
DATE = """#!/bin/sh
case "$*" in
'-u +%s') echo {seconds} ;;
'-u +%Y-%m-%dT%H:%M:%SZ') echo {text} ;;
*) exec {real} "$@" ;;
esac
"""


def collect(into):
    # The access key only tells the server whose account it is; it opens nothing.
    server = aws_server.serve(acme_estate.Acme(), {"production": acme_estate.PRODUCTION, "research": acme_estate.RESEARCH})
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        clock = scratch / "date"
        seconds = int(aws_server.instant(acme_estate.AS_OF).timestamp())
        clock.write_text(DATE.format(seconds=seconds, text=acme_estate.AS_OF, real=shutil.which("date")))
        clock.chmod(0o755)
        # Version 1 of the CLI prints the wire's numbers unless it is told to print ISO 8601, as version 2 does.
        (scratch / "config").write_text("[default]\ncli_timestamp_format = iso8601\n")
        runs = []
        for name in ("production", "research"):
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
                "PATH": f"{scratch}{os.pathsep}{os.environ['PATH']}",
                "NO_PROXY": "127.0.0.1",
                "AWS_CONFIG_FILE": str(scratch / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "none"),
                "AWS_ACCESS_KEY_ID": name,
                "AWS_SECRET_ACCESS_KEY": "unused",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_RETRY_MODE": "standard",
            }
            command = [str(ROOT / "docs" / "collect.sh"), str(into), *acme_estate.REGIONS]
            runs.append(subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL))
        failed = [run.args for run in runs if run.wait() != 0]
    server.shutdown()
    if failed or server.mistakes:
        sys.exit("\n".join([f"the collect script failed: {failed}" if failed else "the estate has mistakes:", *server.mistakes]))


def differences(left, right):
    names = {p.relative_to(base) for base in (left, right) for p in base.rglob("*") if p.is_file()}
    for name in sorted(names):
        if not ((left / name).exists() and (right / name).exists() and filecmp.cmp(left / name, right / name, False)):
            yield name


def main():
    with tempfile.TemporaryDirectory() as scratch:
        fresh = pathlib.Path(scratch) / "acme"
        fresh.mkdir()
        collect(fresh)
        accounts = (acme_estate.PRODUCTION, acme_estate.RESEARCH)
        if "--check" in sys.argv[1:]:
            stale = [f"{a}/{name}" for a in accounts for name in differences(fresh / a, EXAMPLE / a)]
            sys.exit("\n".join(["examples/acme is not what build_acme.py writes:", *stale]) if stale else 0)
        for account in accounts:
            shutil.rmtree(EXAMPLE / account, ignore_errors=True)
            shutil.copytree(fresh / account, EXAMPLE / account)


if __name__ == "__main__":
    main()
