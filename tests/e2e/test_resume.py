"""A collection that is killed is resumed to the snapshot that it would have become."""

import os
import signal
import subprocess
import time

import pytest

from harness import BINARY, REGION, check, differences, observations


def collect(account, folder, *arguments):
    return [BINARY, "collect", "-o", str(folder), "--regions", REGION, *map(str, arguments)]


@pytest.mark.parametrize("calls", [5, 40, 75])
def test_killed_and_resumed(known, tmp_path, calls):
    """The server stands still after some calls, so that the kill falls into the midst of others."""
    account, folder = known.account, tmp_path / "snapshot"
    command, environment = collect(account, folder), account.environment()
    account.calls(forget=True)
    account.wish("hold", calls=calls)
    begun = subprocess.Popen([*command, *known.as_of], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen = -1
    while seen < (seen := len(account.calls())) or seen < calls:
        time.sleep(0.5)
        assert begun.poll() is None, "it ended before it was killed"
    os.kill(begun.pid, signal.SIGKILL)
    begun.wait()
    account.wish("release")
    account.calls(forget=True)
    resumed = subprocess.run([*command, "--resume"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert differences(known.undisturbed.verdicts, check(folder, tmp_path, *known.as_of)) == {}
    assert observations(folder) == observations(known.undisturbed.folder)


def test_a_finished_collection_has_nothing_to_resume(known, tmp_path):
    command, environment = collect(known.account, tmp_path / "snapshot", "--control", "DOMAIN.*"), known.account.environment()
    subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    again = subprocess.run([*command, "--resume"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert again.returncode == 2
    assert "no interrupted collection" in again.stderr
