"""Scans the Acme estate live, and holds the verdicts against those of the answers that the AWS CLI saved of it.

usage: scan_acme.py SAGEWARDEN

Enters: the path of the binary, the estate of `acme_estate.py`, `examples/acme`. Leaves: a non-zero status with the
verdicts that differ. Both accounts are read in one run: one by its own key, the other by an assumed role.
Absent: the network beyond this machine.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import acme_estate
import aws_server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEYS = {"production": acme_estate.PRODUCTION, "research": acme_estate.RESEARCH}


class Live(acme_estate.Acme):
    """The estate with what only a live run asks."""

    def AssumeRole(self, _, members):
        account = members["RoleArn"].split(":")[4]
        key = next(key for key, owner in KEYS.items() if owner == account)
        return {
            "Credentials": {"AccessKeyId": key, "SecretAccessKey": "unused", "SessionToken": "unused", "Expiration": "2099-01-01T00:00:00Z"},
            "AssumedRoleUser": {"AssumedRoleId": "AROAX:sagewarden", "Arn": f"arn:aws:sts::{account}:assumed-role/reader/sagewarden"},
        }

    def GetMetricData(self, scope, members):
        # CloudWatch refuses a call as a whole. The estate's refusals name an endpoint, of which the series say so.
        answer = super().GetMetricData(scope, members)
        for query, result in zip(members["MetricDataQueries"], answer["MetricDataResults"]):
            names = {d["Value"] for d in query["MetricStat"]["Metric"]["Dimensions"]}
            if any((scope[0], "GetMetricData", name) in acme_estate.DENIED for name in names):
                result.update(StatusCode="Forbidden", Timestamps=[], Values=[])
        return answer

    def answer(self, account, region, service, operation, members):
        if operation == "GetMetricData":
            return self.GetMetricData((account, region), members)
        return super().answer(account, region, service, operation, members)


def verdicts(path):
    found = {}
    for finding in json.loads(path.read_text())["findings"]:
        key = (finding["control"], finding["asset"]["arn"])
        found.setdefault(key, set()).add((finding["verdict"], finding["reason"], finding["disposition"]))
    return found


def main():
    binary = sys.argv[1]
    server = aws_server.serve(Live(), KEYS)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        (scratch / "accounts").write_text("".join(f"{account}\n" for account in KEYS.values()))
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
            "AWS_CONFIG_FILE": str(scratch / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "none"),
            "AWS_ACCESS_KEY_ID": "production",
            "AWS_SECRET_ACCESS_KEY": "unused",
            "AWS_REGION": acme_estate.REGIONS[0],
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
        }
        common = ["--as-of", acme_estate.AS_OF, "--show", "all", "--each-job", "--exit-zero", "-q", "-f", "json", "-o"]
        scan = [binary, "scan", "--regions", ",".join(acme_estate.REGIONS), "--accounts-file", scratch / "accounts", *common, scratch / "scan.json"]
        subprocess.run(scan, env=environment, check=True)
        subprocess.run([binary, "check", ROOT / "examples" / "acme", *common, scratch / "check.json"], check=True)
        live, saved = verdicts(scratch / "scan.json"), verdicts(scratch / "check.json")
    server.shutdown()
    problems = list(server.mistakes)
    problems += [f"{key}: saved {saved.get(key)}, live {live.get(key)}" for key in sorted(live.keys() | saved.keys()) if live.get(key) != saved.get(key)]
    print(f"{len(live)} verdicts of a scan held against those of saved answers, {len(problems)} problems", file=sys.stderr)
    sys.exit("\n".join(problems) if problems or not live else 0)


if __name__ == "__main__":
    main()
