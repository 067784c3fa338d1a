"""Holds the program's formats against validators that other people wrote.

Enters: the program, the SARIF schema (crate `serde-sarif`), the example estate, and an estate whose
every name and tag is hostile. Leaves: nothing, or every complaint of every validator.

OCSF: the class schemas that `ocsf-json-schema` ships, compiled from the official ones. ASFF: the
service model of Security Hub in botocore, and a walk over the enumerations and maxima that botocore
does not check. SARIF: the OASIS schema. JUnit: read by `junitparser`. CSV: the columns of Prowler.
"""

import argparse
import csv
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import botocore.loaders
import botocore.model
import botocore.validate
import jsonschema
import junitparser
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ["json", "ndjson", "csv", "junit", "markdown", "sarif", "ocsf", "asff", "bundle"]

# Maxima of the documentation that the service model does not hold: member to characters or items.
ASFF_TEXT = {
    "Title": 256,
    "Description": 1024,
    "Id": 512,
    "GeneratorId": 512,
    "Text": 512,
}
ASFF_ITEMS = {"Resources": 32, "Types": 50, "ProductFields": 50, "AssociatedStandards": 20}

HOSTILE = "<img src=x onerror=alert(1)>\"'&`|\u202e=cmd()]]>\n{{7*7}}"

complaints = []


def complain(form, text):
    complaints.append(f"{form}: {text}")


def hostile_estate(folder):
    """Notebooks whose every free text is hostile, as a stranger's answers may be."""
    for index, text in enumerate([HOSTILE, "=HYPERLINK(1)", "a" * 4000, "\x00\x1b[31m"]):
        body = {
            "NotebookInstanceArn": f"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{text}",
            "NotebookInstanceName": text,
            "NotebookInstanceStatus": "InService",
            "InstanceType": text,
            "RoleArn": f"arn:aws:iam::111122223333:role/{text}",
            "KmsKeyId": text,
            "DirectInternetAccess": text,
            "RootAccess": text,
            "CreationTime": "2026-03-02T09:30:00Z",
            "LastModifiedTime": "2026-11-20T08:00:00Z",
        }
        place = folder / "111122223333" / "eu-west-1"
        place.mkdir(parents=True, exist_ok=True)
        name = f"describe-notebook-instance--NotebookInstanceName={index}.json"
        (place / name).write_text(json.dumps(body))


def run(program, folder, estate, *more):
    """Writes every format at once."""
    command = [program, "check", str(estate), "--exit-zero", "--show", "all", "--as-of", "2026-11-24"]
    for form in FORMATS:
        command += ["-f", f"{form}={folder / form}"]
    done = subprocess.run(command + list(more), capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        complain("program", f"{command} exits with {done.returncode}: {done.stderr}")


def against(schema, value, form, cls=jsonschema.Draft7Validator):
    for error in list(cls(schema).iter_errors(value))[:10]:
        complain(form, f"{error.json_path}: {error.message[:300]}")


def check_ocsf(folder, name):
    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    schema = schemas.get_class_schema(name, profiles=["cloud"])
    validator = jsonschema.Draft202012Validator(schema)
    events = json.loads((folder / "ocsf").read_text())
    if not events:
        complain("ocsf", "no event was written")
    for event in events:
        for error in list(validator.iter_errors(event))[:3]:
            complain("ocsf", f"{error.json_path}: {error.message[:300]}")
        if len(str(event["time"])) != 13:
            complain("ocsf", f"{event['time']} is not in milliseconds")
    if len({event["finding_info"]["uid"] for event in events}) != len(events):
        complain("ocsf", "two events share an id")


def walk(shape, value, path):
    """What botocore does not look at: enumerations, patterns of enumerations, maxima."""
    name = path.rsplit(".", 1)[-1]
    if shape.type_name == "structure":
        for key, inner in value.items():
            if key in shape.members:
                walk(shape.members[key], inner, f"{path}.{key}")
    elif shape.type_name == "list":
        most = ASFF_ITEMS.get(name, shape.metadata.get("max"))
        if most and len(value) > most:
            complain("asff", f"{path} has {len(value)} items, of {most}")
        for inner in value:
            walk(shape.member, inner, path)
    elif shape.type_name == "map":
        if len(value) > 50:
            complain("asff", f"{path} has {len(value)} pairs")
        for key, inner in value.items():
            if len(key) > 128 or len(inner) > 2048:
                complain("asff", f"{path}.{key} is too long")
    elif shape.type_name == "string":
        if shape.enum and value not in shape.enum:
            complain("asff", f"{path} is `{value}`, of {shape.enum}")
        if name in ASFF_TEXT and len(value) > ASFF_TEXT[name]:
            complain("asff", f"{path} has {len(value)} characters")
        if not value.strip():
            complain("asff", f"{path} is empty")
        if name.endswith("At") and not re.fullmatch(r"[\d-]{10}T[\d:.]+Z", value):
            complain("asff", f"{path} is `{value}`, no instant")


def check_asff(folder):
    loader = botocore.loaders.Loader()
    model = botocore.model.ServiceModel(loader.load_service_model("securityhub", "service-2"))
    shape = model.operation_model("BatchImportFindings").input_shape
    seen = 0
    for line in (folder / "asff").read_text().splitlines():
        call = json.loads(line)
        report = botocore.validate.ParamValidator().validate(call, shape)
        if report.has_errors():
            complain("asff", report.generate_report()[:500])
        findings = call["Findings"]
        seen += len(findings)
        if len(findings) > 100:
            complain("asff", f"a batch has {len(findings)} findings")
        if len({(f["AwsAccountId"], f["ProductArn"]) for f in findings}) != 1:
            complain("asff", "a batch has several accounts or Regions")
        for finding in findings:
            walk(shape.members["Findings"].member, finding, "Finding")
            if len(json.dumps(finding).encode()) > 240_000:
                complain("asff", "a finding is over 240 KB")
    if seen == 0:
        complain("asff", "no finding was written")


def check_sarif(folder, schema):
    log = json.loads((folder / "sarif").read_text())
    against(json.loads(Path(schema).read_text()), log, "sarif")
    for one in log["runs"]:
        rules = {rule["id"] for rule in one["tool"]["driver"]["rules"]}
        if len(one["results"]) > 5000 or not one["results"]:
            complain("sarif", f"{len(one['results'])} results")
        for result in one["results"]:
            if result["ruleId"] not in rules:
                complain("sarif", f"no rule `{result['ruleId']}`")
            if not result["locations"] or "primaryLocationLineHash" not in result["partialFingerprints"]:
                complain("sarif", "GitHub shows no result without location and fingerprint")


def check_junit(folder):
    xml = junitparser.JUnitXml.fromfile(str(folder / "junit"))
    kinds = set()
    for suite in xml:
        cases = list(suite)
        if suite.tests != len(cases):
            complain("junit", f"`{suite.name}` says {suite.tests} tests and has {len(cases)}")
        kinds |= {type(result).__name__ for case in cases for result in case.result}
    return kinds


def check_csv(folder):
    with open(folder / "csv", newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, delimiter=";"))
    if rows[0][:4] != ["AUTH_METHOD", "TIMESTAMP", "ACCOUNT_UID", "ACCOUNT_NAME"]:
        complain("csv", f"the header begins {rows[0][:4]}")
    for row in rows:
        if len(row) != len(rows[0]):
            complain("csv", f"a row has {len(row)} cells, of {len(rows[0])}")
        for cell in row:
            if cell[:1] in "=+-@\t\r" and cell:
                complain("csv", f"a spreadsheet computes `{cell[:40]}`")


def check_markdown(folder):
    text = (folder / "markdown").read_text()
    if len(text.encode()) > 65_536:
        complain("markdown", f"{len(text)} characters are too many for a comment")
    # Outside of code spans nothing may come from the estate.
    plain = re.sub(r"`[^`\n]*`", "", text)
    for tag in re.findall(r"<[^>]*>", plain):
        if tag not in {"<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>"}:
            complain("markdown", f"the tag {tag} is not ours")


def check_bundle(folder):
    with zipfile.ZipFile(folder / "bundle") as bundle:
        if bundle.testzip():
            complain("bundle", f"`{bundle.testzip()}` is damaged")
        manifest = json.loads(bundle.read("manifest.json"))
        names = {file["name"] for file in manifest["files"]}
        if names | {"manifest.json"} != set(bundle.namelist()):
            complain("bundle", f"{names} against {bundle.namelist()}")
        for file in manifest["files"]:
            if hashlib.sha256(bundle.read(file["name"])).hexdigest() != file["sha256"]:
                complain("bundle", f"the digest of `{file['name']}` is another")


def check(folder, schema, ocsf_class):
    json.loads((folder / "json").read_text())
    for line in (folder / "ndjson").read_text().splitlines():
        json.loads(line)
    check_ocsf(folder, ocsf_class)
    check_asff(folder)
    check_sarif(folder, schema)
    check_csv(folder)
    check_markdown(folder)
    check_bundle(folder)
    return check_junit(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("sarif_schema")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(arguments.program, folder, ROOT / "examples/acme")
        kinds = check(folder, arguments.sarif_schema, "compliance_finding")
        if kinds != {"Failure", "Error", "Skipped"}:
            complain("junit", f"the example shows only {kinds}")
        estate = folder / "hostile"
        hostile_estate(estate)
        run(arguments.program, folder, estate, "--ocsf-class", "detection")
        check(folder, arguments.sarif_schema, "detection_finding")
    for complaint in complaints[:60]:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
