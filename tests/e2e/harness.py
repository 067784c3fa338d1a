"""What the scenarios share: the emulator, accounts of it, proxies that inject faults, and runs of the binary.

Enters: `SAGEWARDEN`, the path of the binary (default: the one that Cargo built for debugging). Leaves: verdicts and
observations that can be compared. Absent: what is expected.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import boto3
import zstandard
from botocore.config import Config

import names

names.resolve_here()
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = os.environ.get("SAGEWARDEN", str(TARGET / "debug" / "sagewarden"))
REGION = "eu-west-1"
# An account that no scenario reads: who is nobody else is this one.
OUTSIDE = "123456789012"


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=600) as response:
        return json.loads(response.read() or b"{}")


@contextlib.contextmanager
def running(command, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


class Emulator:
    """A server, shared by scenarios: each has accounts of its own in it."""

    def __init__(self, url):
        self.url, self.last = url, 200000000000

    @classmethod
    @contextlib.contextmanager
    def started(cls, first_account=200000000000):
        with running([sys.executable, "-m", "emulator"], cwd=HERE, stdout=subprocess.PIPE, text=True) as process:
            emulator = cls(process.stdout.readline().strip())
            emulator.last = first_account
            emulator.process = process
            yield emulator

    def account(self):
        self.last += 1
        return self.known(str(self.last))

    def known(self, account):
        """Keys of an account, by a role in it: moto takes any."""
        sts = client(self.url, "sts", REGION, {"AWS_ACCESS_KEY_ID": "outside", "AWS_SECRET_ACCESS_KEY": "unused"})
        keys = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/Administrator", RoleSessionName="scenario")["Credentials"]
        return Account(
            self,
            account,
            {
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"],
            },
        )


def client(url, service, region, keys):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys.get("AWS_SESSION_TOKEN"),
        config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}),
    )


@dataclasses.dataclass
class Scanned:
    """What a scan came to."""

    account: "Account"
    verdicts: dict
    folder: pathlib.Path


class Account:
    def __init__(self, emulator, number, keys):
        self.emulator, self.id, self.keys, self.clients = emulator, number, keys, {}

    def call(self, service, operation, region=REGION, **members):
        """Calls an operation by boto3."""
        at = (service, region)
        if at not in self.clients:
            self.clients[at] = client(self.emulator.url, service, region, self.keys)
        answer = getattr(self.clients[at], operation)(**members)
        answer.pop("ResponseMetadata", None)
        return answer

    def wish(self, verb, **wanted):
        return post(f"{self.emulator.url}/e2e/{verb}", {"account": self.id, **wanted})

    def age(self, days, **named):
        """Makes resources older: `age(60, endpoint="a")`."""
        for kind, name in named.items():
            self.wish("age", region=REGION, kind=kind.replace("_", "-"), name=name, days=days)

    def calls(self, forget=False):
        """The calls that the server saw of the account: time, operation, code of a refusal."""
        return [tuple(call) for call in self.wish("calls", forget=forget)["calls"]]

    def environment(self, url=None):
        """What a client of this account needs, and nothing of the machine's own AWS configuration."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **self.keys,
            "AWS_CONFIG_FILE": str(HERE / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": url or self.emulator.url,
            "NO_PROXY": "127.0.0.1",
        }

    def run(self, *arguments, url=None, **options):
        command = [BINARY, *map(str, arguments)]
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 300, **options}
        return subprocess.run(command, env=self.environment(url), **options)

    def scan(self, scratch, *arguments, url=None, regions=REGION):
        """Scans into `scratch`, which is made anew, and gives every verdict."""
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        result = scratch / "assessment.json"
        asked = ["scan", "--snapshot", scratch / "snapshot", "--regions", regions, *JUDGED, "-o", result, *arguments]
        done = self.run(*asked, url=url)
        assert result.exists(), f"`{' '.join(map(str, done.args))}` failed ({done.returncode}): {done.stderr}"
        return Scanned(self, verdicts(result), scratch / "snapshot")


# Every verdict of every control on each asset.
JUDGED = ["--show", "all", "--each-job", "--exit-zero", "-f", "json"]


def verdicts(path):
    """(control, asset) → verdict, reason, disposition, and the calls that are missing."""
    found = {}
    for finding in json.loads(path.read_text())["findings"]:
        key = (finding["control"].removeprefix("CTL.SAGEMAKER.").removesuffix(".001"), finding["asset"]["arn"])
        missing = tuple(sorted(call["operation"] for call in finding.get("missing", [])))
        assert key not in found, f"{key} is judged twice"
        found[key] = (finding["verdict"], finding["reason"], finding["disposition"], missing)
    return found


def check(path, scratch, *arguments):
    """Judges a snapshot or saved answers."""
    scratch.mkdir(parents=True, exist_ok=True)
    result = scratch / "assessment.json"
    subprocess.run([BINARY, "check", str(path), *JUDGED, "-q", "-o", str(result), *arguments], check=True, stdin=subprocess.DEVNULL)
    return verdicts(result)


def differences(before, after):
    return {key: (before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)}


class Proxy:
    """microburst in front of the emulator."""

    def __init__(self, url):
        self.url = url

    @classmethod
    @contextlib.contextmanager
    def started(cls, emulator):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "microburst", "--upstream", emulator.url, "--host", "127.0.0.1", "--port", str(port)]
        with running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            proxy = cls(f"http://127.0.0.1:{port}")
            for _ in range(200):
                with contextlib.suppress(urllib.error.URLError, ConnectionError):
                    urllib.request.urlopen(f"{proxy.url}/_microburst/health", timeout=5).read()
                    break
                time.sleep(0.1)
            yield proxy

    def rules(self, *rules):
        """Replaces the faults."""
        post(f"{self.url}/_microburst/rules", list(rules))

    def fired(self, account):
        """The calls of an account's key that were disturbed."""
        with urllib.request.urlopen(f"{self.url}/_microburst/rules", timeout=30) as response:
            rules = json.loads(response.read())
        ours = [rule for rule in rules if rule["headers"]["Authorization"] == account.keys["AWS_ACCESS_KEY_ID"]]
        return {rule["operation"] for rule in ours if rule["fired_count"]}


# What microburst calls a service, where the table of operations calls it otherwise.
MODELS = {"elasticfilesystem": "efs"}


def fault(account, operation, **effect):
    """A rule of microburst for one call of whoever holds an account's key."""
    service, _, name = operation.partition(":")
    key = {"Authorization": account.keys["AWS_ACCESS_KEY_ID"]}
    return {"service": MODELS.get(service, service), "operation": name, "headers": key, **effect}


def observations(folder):
    """(account, region, operation, parameters) → outcome, of a snapshot; without what each look makes anew."""
    found = {}
    for path in folder.rglob("*.ndjson.zst"):
        text = zstandard.ZstdDecompressor().stream_reader(path.open("rb"), read_across_frames=True).read().decode()
        for line in text.splitlines():
            observation = json.loads(line)
            del observation["time"]
            # Keys that are fetched anew are another session, and a file system is measured anew at each look.
            observation.get("body", {}).pop("UserId", None)
            for system in observation.get("body", {}).get("FileSystems", []):
                del system["SizeInBytes"]
            key = json.dumps([observation.pop(member, {}) for member in ("account", "region", "operation", "parameters")], sort_keys=True)
            found[key] = json.dumps(observation, sort_keys=True)
    assert found, f"{folder} holds no observation"
    return found
