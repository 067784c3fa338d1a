"""Large accounts: memory does not grow with the number of jobs, and a limit of a service is used and seldom hit.

Enters: `E2E_JOBS` (default: a size that seeds and reads in seconds), the number of jobs in the large account.
"""

import os
import subprocess

import pytest

from harness import BINARY, REGION, Emulator

JOBS = int(os.environ.get("E2E_JOBS", "4000"))


@pytest.fixture(scope="module")
def busy():
    """An emulator of its own: what is measured is not disturbed by other scenarios."""
    with Emulator.started(300000000000) as emulator:
        yield emulator


def peak(account, scratch):
    """The most memory that a scan held, in MiB."""
    scratch.mkdir()
    asked = [BINARY, "scan", "--snapshot", str(scratch / "snapshot"), "--regions", REGION, "--exit-zero", "-q", "-o", str(scratch / "out")]
    done = subprocess.Popen(asked, env=account.environment(), stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(done.pid, 0)
    assert status == 0
    return usage.ru_maxrss / 1024


def test_memory_does_not_grow_with_jobs(busy, tmp_path):
    held = {}
    for jobs in (1000, JOBS):
        account = busy.account()
        account.wish("seed", region=REGION, jobs=jobs)
        held[jobs] = peak(account, tmp_path / str(jobs))
        searched = [operation for _, operation, _ in account.calls() if operation == "sagemaker:Search"]
        assert len(searched) >= jobs // 100
    print(f"\npeak memory in MiB by jobs: {held}")
    assert held[JOBS] < held[1000] + 20, held


def test_a_limit_of_five_a_second_is_used_and_seldom_hit(busy, tmp_path):
    """Two hundred models, described one by one, against a service that gives five requests a second."""
    account = busy.account()
    account.wish("seed", region=REGION, models=200)
    account.wish("limit", service="sagemaker", rate=5)
    account.scan(tmp_path / "scan", "--no-search", "--control", "MODEL.*")
    calls = [(time, code) for time, operation, code in account.calls() if operation.startswith("sagemaker:")]
    begun = calls[0][0] + 1
    counted = [(time, code) for time, code in calls if time >= begun]
    answered = sum(code is None for _, code in counted)
    refused = len(counted) - answered
    used = answered / (5 * (counted[-1][0] - begun))
    print(f"\n{used:.1%} of the limit used, {refused / answered:.1%} refused, of {answered}")
    assert used >= 0.95
    assert refused <= 0.02 * answered
