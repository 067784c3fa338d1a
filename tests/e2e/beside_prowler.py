"""Prowler's SageMaker checks and a scan, on one emulator, in turn: CPU, memory and calls of each.

usage: beside_prowler.py SAGEWARDEN [HOW MANY [ROUNDS]]

Enters: the binary, built for release; how many notebooks, models and training jobs each (default: 1002). Leaves: a table, with
the machine, the load and each round. Prowler is installed under target/ when it is missing. Each tool runs as one would run it,
with its own choice of checks and outputs, in one Region of one account. Absent: what the tools find, which differs by design:
Prowler has fewer checks and asks for tags of everything, and does not read roles, buckets or metrics for these.
"""

import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

from harness import HERE, REGION, TARGET, Emulator


def prowler():
    """The program, installed as prowler.txt pins it."""
    environment, wanted = TARGET / "venv-prowler", (HERE / "prowler.txt").read_text()
    stamp, python = environment / "requirements", environment / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(HERE / "prowler.txt")], check=True)
        stamp.write_text(wanted)
    return str(environment / "bin" / "prowler")


def measured(account, command, folder):
    """Seconds, CPU seconds, peak memory in MiB, and calls of one run."""
    account.calls(forget=True)
    with (folder / "said").open("ab") as said:
        begun = time.monotonic()
        process = subprocess.Popen(command, env=account.environment(), stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=folder)
        _, status, usage = os.wait4(process.pid, 0)
        took = time.monotonic() - begun
    # 3: Prowler found something that fails.
    assert os.waitstatus_to_exitcode(status) in (0, 3), (folder / "said").read_text()[-2000:]
    calls = account.calls()
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, len(calls)


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    count, rounds = map(int, (*sys.argv[2:4], *(1002, 3)[len(sys.argv) - 2 :]))
    peer = prowler()
    with Emulator.started() as emulator, tempfile.TemporaryDirectory() as scratch:
        account, scratch = emulator.account(), pathlib.Path(scratch)
        account.wish("seed", region=REGION, notebooks=count, models=count, jobs=count)
        runs = {"prowler": [], "sagewarden": []}
        print(f"{count} notebooks, {count} models, {count} training jobs; {rounds} rounds in turn")
        print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()}")
        for number in range(rounds):
            folder = scratch / str(number)
            folder.mkdir()
            commands = {
                "prowler": [peer, "aws", "--service", "sagemaker", "--region", REGION, "--output-formats", "csv", "--output-directory", str(folder), "--no-banner"],
                "sagewarden": [binary, "scan", "--regions", REGION, "--exit-zero", "-f", f"csv={folder / 'findings.csv'}"],
            }  # fmt: skip
            for name, command in commands.items():
                runs[name].append(measured(account, command, folder))
                took, cpu, memory, calls = runs[name][-1]
                print(f"  round {number + 1} {name:<11} {took:7.1f} s {cpu:7.2f} CPU s {memory:7.0f} MiB {calls:6} calls, load {os.getloadavg()[0]:.1f}", flush=True)
    middle = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
    print(f"{'median':<13} {'seconds':>9} {'CPU s':>9} {'MiB':>9} {'calls':>9}")
    for name, (took, cpu, memory, calls) in middle.items():
        print(f"{name:<13} {took:9.1f} {cpu:9.2f} {memory:9.0f} {calls:9.0f}")
    print("ratio        " + "".join(f"{theirs / ours:10.1f}" for theirs, ours in zip(middle["prowler"], middle["sagewarden"])))


if __name__ == "__main__":
    main()
