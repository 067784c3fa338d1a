"""An estate that the AWS CLI made: a scan of it, and a check of the answers that the CLI saved of it, agree.

The CLI is the real one, and the answers are saved by the script of the documentation.
"""

import json
import subprocess
import sys
import time

import pytest

import estate
from harness import HERE, REGION, ROOT, check, differences, running


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """A folder for the PATH, with an `aws` that does not start anew each time."""
    folder = tmp_path_factory.mktemp("cli")
    address = folder / "socket"
    with running([sys.executable, str(HERE / "cli.py"), "--serve", str(address)]):
        command = folder / "aws"
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {HERE / "cli.py"} {address} "$@"\n')
        command.chmod(0o755)
        while not address.exists():
            time.sleep(0.05)
        yield folder


def kebab(name):
    return name.replace("_", "-")


def by_cli(account, aws):
    """Calls operations as somebody would type them."""

    def call(service, operation, **members):
        command = [str(aws / "aws"), "s3api" if service == "s3" else service, kebab(operation), "--output", "json"]
        done = subprocess.run(
            [*command, "--cli-input-json", json.dumps(members)], env=account.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{operation} {members}: {done.stderr}"
        return json.loads(done.stdout or "{}")

    return call


def test_a_scan_and_the_saved_answers_agree(emulator, aws, tmp_path):
    account = emulator.account()
    estate.build(account, by_cli(account, aws))
    environment = account.environment()
    environment["PATH"] = f"{aws}:{environment['PATH']}"
    saved = tmp_path / "saved"
    script = subprocess.run(
        [str(ROOT / "docs" / "collect.sh"), str(saved), REGION], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert script.returncode == 0, script.stderr
    assert "Could not connect" not in script.stderr
    as_of = ["--as-of", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())]
    live = account.scan(tmp_path / "scan", *as_of)
    assert len(live.verdicts) > 100
    assert differences(live.verdicts, check(saved, tmp_path / "check", *as_of)) == {}
