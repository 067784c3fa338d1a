"""The Acme estate: two accounts, two regions, and at least one planted pass and fail of every control.

Enters: nothing. Leaves: `Acme`, which answers the operations that the collect script calls, and the constants that
the expectations name. Absent: wire formats (`aws_server.py`), and what is expected of each asset (`acme-expected.jsonl`).

The definitions below are responses of AWS in AWS's own member names, shortened by defaults where many are alike.
"""

import base64
import copy
import json
import pathlib
import sys
import urllib.parse

from aws_server import Fault, instant

sys.path.append(str(pathlib.Path(__file__).parents[1] / "iam"))
import managed_policies  # noqa: E402

PRODUCTION, RESEARCH = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"
REGIONS = (EU, US)
AS_OF = "2026-11-24T06:00:00Z"
MANAGED = json.loads(managed_policies.text())


def sagemaker_arn(account, region, kind, name):
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}"


def role_arn(account, name):
    return f"arn:aws:iam::{account}:role/{name}"


def key_arn(account, region, number):
    return f"arn:aws:kms:{region}:{account}:key/{number * 8}-{number * 4}-4{number * 3}-8{number * 3}-{number * 12}"


def allow(action, resource, sid=None, **rest):
    return {**({"Sid": sid} if sid else {}), "Effect": "Allow", "Action": action, "Resource": resource, **rest}


def deny(action, resource, sid=None, **rest):
    return {**allow(action, resource, sid, **rest), "Effect": "Deny"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def encoded(policy):
    """IAM sends policy documents percent-encoded; the CLI decodes them."""
    return urllib.parse.quote(json.dumps(policy, separators=(",", ":")), safe="")


# --------------------------------------------------------------------------------------------------------- identities

TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
SAGEMAKER_TRUST = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def trusts(arn):
    return {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}


TRAINING_KEY = key_arn(PRODUCTION, EU, "1")
NOTEBOOK_KEY = key_arn(PRODUCTION, EU, "2")
RETIRED_KEY = key_arn(PRODUCTION, EU, "3")
US_TRAINING_KEY = key_arn(PRODUCTION, US, "4")
RESEARCH_KEY = key_arn(RESEARCH, EU, "5")
S3_MANAGED_KEY = key_arn(RESEARCH, US, "6")
BOUNDARY = f"arn:aws:iam::{RESEARCH}:policy/research-boundary"
LAB_EXTRAS = f"arn:aws:iam::{RESEARCH}:policy/research-lab-extras"
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def objects(bucket, prefix="*"):
    return f"arn:aws:s3:::{bucket}/{prefix}"


READ = ["s3:GetObject"]
DECRYPT = allow("kms:Decrypt", TRAINING_KEY, "DecryptTrainingData")

# name → inline policies, attached policies, boundary, trust, environment
ROLES = {
    PRODUCTION: {
        "prod-notebook-scoped": {
            "inline": {
                "fraud-review": document(
                    allow(READ, objects("acme-prod-training", "fraud/*"), "ReadFraudFeatures"),
                    allow("s3:ListBucket", "arn:aws:s3:::acme-prod-training", "ListFraudFeatures"),
                    allow("iam:PassRole", role_arn(PRODUCTION, "prod-training"), "PassTrainingRole", Condition=TO_SAGEMAKER),
                    allow("sts:AssumeRole", role_arn(PRODUCTION, "prod-feature-reader"), "ReadFeatures"),
                )
            },
        },
        "prod-feature-reader": {
            "trust": [trusts(role_arn(PRODUCTION, "prod-notebook-scoped"))],
            "inline": {"features": document(allow(READ, objects("acme-prod-features"), "ReadFeatures"))},
        },
        "prod-notebook-legacy": {
            "attached": [FULL_ACCESS],
            "inline": {"old-data-access": document(allow(["s3:Get*", "s3:List*"], "*", "EverythingReadable"))},
        },
        "prod-breakglass": {"attached": [ADMINISTRATOR]},
        "prod-training": {
            "inline": {
                "training-data": document(
                    allow(READ, [objects("acme-prod-" + b) for b in ("training", "features", "curated", "landing", "raw", "us-training")], "ReadChannels"),
                    allow(["s3:PutObject", "s3:AbortMultipartUpload"], objects("acme-prod-models"), "WriteModels"),
                    DECRYPT,
                )
            },
        },
        "prod-training-broad": {
            "inline": {
                "convenience": document(
                    allow(READ, "arn:aws:s3:::*/*", "AnyBucket"),
                    allow("iam:PassRole", "*", "AnyRole"),
                    allow("kms:Decrypt", "*", "AnyKey"),
                )
            },
        },
        "prod-serving": {
            "inline": {"model-artifacts": document(allow(READ, objects("acme-prod-models"), "ReadModels"))},
        },
        "prod-studio-risk": {
            "inline": {"risk": document(allow(READ, objects("acme-prod-curated", "risk/*"), "ReadRisk"))},
        },
        "prod-studio-marketing": {
            "inline": {"marketing": document(allow(READ, objects("acme-prod-curated", "marketing/*"), "ReadMarketing"))},
        },
        # The bridge: production trusts a research notebook's role by name.
        "prod-model-release": {
            "trust": [trusts(role_arn(RESEARCH, "research-hopper"))],
            "attached": [FULL_ACCESS],
            "inline": {"release": document(allow("s3:*", ["arn:aws:s3:::acme-prod-models", objects("acme-prod-models")], "ReplaceModels"))},
        },
    },
    RESEARCH: {
        "research-studio-shared": {"attached": [FULL_ACCESS]},
        "research-partner": {
            "inline": {"partner": document(allow(READ, objects("acme-research-scratch", "partners/*"), "ReadPartnerArea"))},
        },
        "research-workshop": {
            "inline": {"workshop": document(allow(READ, objects("acme-research-scratch", "workshop/*"), "ReadWorkshop"))},
        },
        "research-hopper": {
            "inline": {
                "lab": document(
                    allow(READ, objects("acme-research-data", "vision/*"), "ReadVisionData"),
                    allow("sts:AssumeRole", "*", "GoAnywhere"),
                )
            },
        },
        "research-notaction": {
            "inline": {
                "everything-but-identity": document(
                    {"Sid": "AllButIam", "Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
                )
            },
        },
        "research-bounded-admin": {"attached": [ADMINISTRATOR], "boundary": BOUNDARY},
        "research-mitigated": {
            "inline": {
                "speech": document(
                    allow(READ, "*", "ReadAll"),
                    deny(READ, objects("acme-research-genomes"), "ButNotGenomes"),
                )
            },
        },
        "research-cancelled": {
            "inline": {
                "storage-admin": document(allow("s3:*", "*", "ManageStorage")),
                "no-reading": document(deny("s3:GetObject*", "*", "NeverRead")),
            },
        },
        "research-service-limited": {
            "inline": {
                "launch": document(
                    allow("iam:PassRole", "arn:aws:iam::*:role/*", "PassToSageMaker", Condition=TO_SAGEMAKER),
                    allow(READ, objects("acme-research-*"), "ReadResearchBuckets"),
                )
            },
        },
        "research-lab-extras": {"attached": [LAB_EXTRAS]},
        "research-platform": {
            "inline": {
                "platform": document(
                    allow("iam:PassRole", "*", "PassAny"),
                    allow(["iam:PutRolePolicy", "iam:GetRole"], "*", "TuneRoles"),
                    allow(READ, objects("acme-research-scratch"), "ReadScratch"),
                )
            },
        },
        "research-training": {
            "inline": {
                "training-data": document(
                    allow(READ, [objects("acme-research-data"), objects("sagemaker-sample-data-*")], "ReadChannels"),
                    allow("s3:PutObject", objects("acme-research-models"), "WriteModels"),
                )
            },
        },
        "research-serving": {
            "inline": {"models": document(allow(READ, objects("acme-research-models"), "ReadModels"))},
        },
    },
}
ENVIRONMENT = {PRODUCTION: "production", RESEARCH: "research"}
CUSTOMER_POLICIES = {
    BOUNDARY: document(
        allow(["sagemaker:*", "logs:*", "cloudwatch:*"], "*", "WorkInSageMaker"),
        allow(READ, objects("acme-research-data"), "ReadResearchData"),
    ),
    # research-lab-extras is attached, and its document is missing from what IAM returned.
}


def identifier(prefix, name):
    return (prefix + name.upper().replace("-", "").replace("/", "") + "X" * 21)[:21]


def role_detail(account, name, spec):
    detail = {
        "Path": "/",
        "RoleName": name,
        "RoleId": identifier("AROA", name),
        "Arn": role_arn(account, name),
        "CreateDate": "2025-01-15T09:00:00Z",
        "AssumeRolePolicyDocument": encoded(document(*spec.get("trust", [SAGEMAKER_TRUST]))),
        "InstanceProfileList": [],
        "RolePolicyList": [{"PolicyName": n, "PolicyDocument": encoded(d)} for n, d in spec.get("inline", {}).items()],
        "AttachedManagedPolicies": [{"PolicyName": a.rsplit("/", 1)[1], "PolicyArn": a} for a in spec.get("attached", [])],
        "Tags": [{"Key": "environment", "Value": ENVIRONMENT[account]}],
        "RoleLastUsed": {"LastUsedDate": "2026-11-23T18:00:00Z", "Region": EU},
    }
    if "boundary" in spec:
        detail["PermissionsBoundary"] = {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": spec["boundary"]}
    return detail


def policy_detail(arn, attachments, boundaries):
    name = arn.rsplit("/", 1)[1]
    if arn in CUSTOMER_POLICIES:
        version, text, created, updated = "v1", CUSTOMER_POLICIES[arn], "2025-02-01T09:00:00Z", "2025-02-01T09:00:00Z"
    else:
        aws = MANAGED[name]
        version, text, created, updated = aws["DefaultVersionId"], aws["Document"], aws["CreateDate"], aws["UpdateDate"]
    return {
        "PolicyName": name,
        "PolicyId": identifier("ANPA", name),
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": version,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": created,
        "UpdateDate": updated,
        "PolicyVersionList": [{"Document": encoded(text), "VersionId": version, "IsDefaultVersion": True, "CreateDate": updated}],
    }


def authorization_details(account):
    roles = ROLES[account]
    attached = [a for r in roles.values() for a in r.get("attached", [])]
    boundaries = [r["boundary"] for r in roles.values() if "boundary" in r]
    known = [a for a in dict.fromkeys(attached + boundaries) if a in CUSTOMER_POLICIES or a.startswith("arn:aws:iam::aws:")]
    return {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [role_detail(account, n, s) for n, s in roles.items()],
        "Policies": [policy_detail(a, attached.count(a), boundaries.count(a)) for a in known],
        "IsTruncated": False,
    }


# ------------------------------------------------------------------------------------------------------------ storage

def tls_only(bucket):
    return document(
        {
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", objects(bucket)],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


# name → owner, region, policy, KMS key of the default encryption ("" = AWS-managed key), versioned
BUCKETS = {
    "acme-prod-training": {"owner": PRODUCTION, "policy": tls_only("acme-prod-training"), "key": TRAINING_KEY},
    "acme-prod-features": {"owner": PRODUCTION, "key": TRAINING_KEY},
    "acme-prod-curated": {"owner": PRODUCTION, "policy": tls_only("acme-prod-curated")},
    "acme-prod-landing": {"owner": PRODUCTION},
    "acme-prod-raw": {"owner": PRODUCTION},
    "acme-prod-models": {"owner": PRODUCTION, "versioned": True},
    "acme-prod-archive": {"owner": PRODUCTION, "versioned": True},
    "acme-prod-us-training": {"owner": PRODUCTION, "region": US, "policy": tls_only("acme-prod-us-training"), "key": US_TRAINING_KEY},
    "acme-prod-us-models": {"owner": PRODUCTION, "region": US, "versioned": True},
    "acme-research-data": {"owner": RESEARCH, "key": ""},
    "acme-research-genomes": {"owner": RESEARCH, "policy": tls_only("acme-research-genomes")},
    "acme-research-models": {"owner": RESEARCH},
    "acme-research-notebooks": {"owner": RESEARCH},
    "acme-research-scratch": {"owner": RESEARCH},
    "datavendor-feeds": {"owner": "777788889999"},
    "sagemaker-sample-data-eu-west-1": {"owner": "aws"},
    "sagemaker-sample-data-us-west-2": {"owner": "aws", "region": "us-west-2"},
}
# What exists, and its size. acme-legacy-models and acme-old-feeds do not exist, any more.
OBJECTS = {
    "acme-prod-models": {
        "assistant/adapters/legal-v2.tar.gz": 52_428_800,
        "assistant/base/config.json": 1_842,
        "assistant/base/model-00001-of-00002.safetensors": 4_294_967_296,
        "fraud/fraud-xgb-20260503/output/model.tar.gz": 1_204_224,
        "recommender/recommender-train-20260914/output/model.tar.gz": 734_003_200,
        "recommender/next/": 0,
        "recommender/next/tenant-a.tar.gz": 18_350_080,
    },
    "acme-prod-us-models": {"fraud/us-fraud-xgb/model.tar.gz": 1_310_720, "offers/": 0},
    "acme-research-models": {"demo/model.tar.gz": 262_144, "classifier/model.tar.gz": 393_216},
}
DELETE_MARKERS = {"acme-prod-models": {"ocr/v3/model.tar.gz": "2026-11-02T14:21:07Z"}}
WRITTEN = {
    "fraud/fraud-xgb-20260503/output/model.tar.gz": "2026-05-03T03:39:00Z",
    "recommender/recommender-train-20260914/output/model.tar.gz": "2026-09-14T03:39:00Z",
}
WRITTEN_FIRST = "2025-10-01T11:40:00Z"


def etag(bucket, key):
    return f'"{sum((i + 1) * ord(c) for i, c in enumerate(bucket + key)):032x}"'


def version_id(key):
    return f"v{sum(map(ord, key)):08d}"


KEYS = {
    TRAINING_KEY: ("Enabled", "CUSTOMER", "training data and training volumes"),
    NOTEBOOK_KEY: ("Enabled", "CUSTOMER", "notebook volumes"),
    RETIRED_KEY: ("PendingDeletion", "CUSTOMER", "retired notebook volumes"),
    US_TRAINING_KEY: ("Enabled", "CUSTOMER", "training data, us-east-1"),
    RESEARCH_KEY: ("Enabled", "CUSTOMER", "lab volumes"),
}


def key_metadata(arn):
    state, owner, text = KEYS[arn]
    metadata = {
        "AWSAccountId": arn.split(":")[4],
        "KeyId": arn.rsplit("/", 1)[1],
        "Arn": arn,
        "CreationDate": "2025-01-10T08:00:00Z",
        "Enabled": state == "Enabled",
        "Description": text,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": state,
        "Origin": "AWS_KMS",
        "KeyManager": owner,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }
    if state == "PendingDeletion":
        metadata["DeletionDate"] = "2026-12-10T08:00:00Z"
    return metadata


def key_policy(arn):
    account = arn.split(":")[4]
    return json.dumps(
        document(
            {
                "Sid": "AccountDecides",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ),
        indent=2,
    )


# ---------------------------------------------------------------------------------------------------------- notebooks

PROD_NET = {"SecurityGroupIds": ["sg-0a0b0c0d0e0f00001"], "Subnets": ["subnet-0a0b0c0d0e0f00001", "subnet-0a0b0c0d0e0f00002"]}


def notebook(account, region, name, role, **rest):
    instance = {
        "NotebookInstanceArn": sagemaker_arn(account, region, "notebook-instance", name),
        "NotebookInstanceName": name,
        "NotebookInstanceStatus": "InService",
        "Url": f"{name}.notebook.{region}.sagemaker.aws",
        "InstanceType": "ml.t3.medium",
        "RoleArn": role_arn(account, role),
        "LastModifiedTime": "2026-11-14T08:12:00Z",
        "CreationTime": "2026-03-02T08:00:00Z",
        "DirectInternetAccess": "Enabled",
        "VolumeSizeInGB": 20,
        "RootAccess": "Enabled",
        "PlatformIdentifier": "notebook-al2-v3",
        "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "1"},
    }
    instance.update(rest)
    return instance


IN_SUBNET = {
    "SubnetId": PROD_NET["Subnets"][0],
    "SecurityGroups": PROD_NET["SecurityGroupIds"],
    "NetworkInterfaceId": "eni-0a0b0c0d0e0f00001",
}
CLOSED = {**IN_SUBNET, "DirectInternetAccess": "Disabled", "RootAccess": "Disabled"}
IMDS2 = {"InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"}}

NOTEBOOKS = {
    (PRODUCTION, EU): [
        notebook(PRODUCTION, EU, "fraud-review", "prod-notebook-scoped", KmsKeyId=NOTEBOOK_KEY, NotebookInstanceLifecycleConfigName="autostop-idle", **CLOSED, **IMDS2),
        notebook(PRODUCTION, EU, "legacy-exploration", "prod-notebook-legacy", LastModifiedTime="2026-06-11T16:40:00Z", CreationTime="2024-02-19T10:00:00Z", PlatformIdentifier="notebook-al2-v2"),
        notebook(PRODUCTION, EU, "incident-response", "prod-breakglass", NotebookInstanceStatus="Stopped", LastModifiedTime="2026-07-30T21:05:00Z", KmsKeyId=RETIRED_KEY, NotebookInstanceLifecycleConfigName="removed-in-spring", **{**IN_SUBNET, "RootAccess": "Disabled"}),
        notebook(PRODUCTION, EU, "quant-sandbox", "prod-notebook-scoped", NotebookInstanceLifecycleConfigName="autostop-idle"),
        notebook(PRODUCTION, EU, "retired-forecast", "prod-notebook-scoped", NotebookInstanceStatus="Deleting", LastModifiedTime="2026-11-24T05:50:00Z"),
    ],
    (PRODUCTION, US): [],
    (RESEARCH, EU): [
        notebook(RESEARCH, EU, "vision-lab", "research-hopper", LastModifiedTime="2026-10-12T09:00:00Z", NotebookInstanceLifecycleConfigName="install-tools"),
        notebook(RESEARCH, EU, "nlp-lab", "research-notaction"),
        notebook(RESEARCH, EU, "bounded-lab", "research-bounded-admin", KmsKeyId=RESEARCH_KEY),
        notebook(RESEARCH, EU, "speech-lab", "research-mitigated"),
        notebook(RESEARCH, EU, "tabular-lab", "research-service-limited"),
        notebook(RESEARCH, EU, "genomics-lab", "research-lab-extras"),
    ],
    (RESEARCH, US): [
        notebook(RESEARCH, US, "archive-lab", "research-cancelled", NotebookInstanceStatus="Failed", LastModifiedTime="2026-08-01T09:00:00Z", FailureReason="The notebook instance did not pass its health checks."),
        notebook(RESEARCH, US, "intern-box", "research-intern", NotebookInstanceLifecycleConfigName="comments-only"),
        notebook(RESEARCH, US, "platform-lab", "research-platform"),
    ],
}
AUTOSTOP = """#!/bin/bash
set -e
# Stops the instance after an hour without a running kernel.
cp /opt/acme/autostop.py /usr/local/bin/autostop.py
echo "*/5 * * * * root /usr/bin/python3 /usr/local/bin/autostop.py --time 3600 --ignore-connections" > /etc/cron.d/autostop
"""
LIFECYCLE = {
    (PRODUCTION, EU): {"autostop-idle": (None, AUTOSTOP)},
    (RESEARCH, EU): {"install-tools": ("#!/bin/bash\nsudo -u ec2-user pip install --quiet timm\n", None)},
    (RESEARCH, US): {"comments-only": (None, "#!/bin/bash\n# nothing yet\n\n# ask the platform team\n")},
}
LOG_EVENTS = {(RESEARCH, EU, "vision-lab"): "2026-11-20T15:30:00Z", (PRODUCTION, EU, "fraud-review"): "2026-11-23T17:02:00Z"}

# ------------------------------------------------------------------------------------------------------------ domains


def domain(account, region, identity, name, role, space_role=None, **settings):
    return {
        "DomainArn": sagemaker_arn(account, region, "domain", identity),
        "DomainId": identity,
        "DomainName": name,
        "HomeEfsFileSystemId": "fs-0a0b0c0d0e0f00001",
        "Status": "InService",
        "CreationTime": "2025-06-01T08:00:00Z",
        "LastModifiedTime": "2026-02-01T08:00:00Z",
        "AuthMode": "IAM",
        "DefaultUserSettings": {"ExecutionRole": role_arn(account, role)},
        "DomainSettings": {"ExecutionRoleIdentityConfig": "DISABLED", **settings},
        "AppNetworkAccessType": "VpcOnly",
        "SubnetIds": PROD_NET["Subnets"],
        "Url": f"https://{identity}.studio.{region}.sagemaker.aws",
        "VpcId": "vpc-0a0b0c0d0e0f00001",
        "DefaultSpaceSettings": {"ExecutionRole": role_arn(account, space_role or role)},
    }


# domain → profile → its own role, or None where it inherits the domain's
DOMAINS = {
    (PRODUCTION, EU): [
        (domain(PRODUCTION, EU, "d-prodstudio01", "prod-studio", "prod-studio-risk"), {"ana-risk": "prod-studio-risk", "ben-marketing": "prod-studio-marketing"}, []),
    ],
    (PRODUCTION, US): [],
    (RESEARCH, EU): [
        (domain(RESEARCH, EU, "d-researchlab1", "research-studio", "research-studio-shared"), {"chen": None, "dora": None, "emil": None}, [("whiteboard", "Shared")]),
        (domain(RESEARCH, EU, "d-solostudio01", "solo-studio", "research-studio-shared"), {"farah": None}, []),
    ],
    (RESEARCH, US): [
        (domain(RESEARCH, US, "d-partners0001", "partner-studio", "research-partner"), {"guest-1": None, "guest-2": None}, []),
        (domain(RESEARCH, US, "d-workshop0001", "workshop-studio", "research-partner"), {"seat-1": "research-workshop", "seat-2": "research-workshop"}, []),
    ],
}

# ---------------------------------------------------------------------------------------------- models and endpoints

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme-serving:1.9"


def model(account, region, name, role, container, isolated=False, vpc=False, **rest):
    described = {
        "ModelName": name,
        "PrimaryContainer": {"Image": IMAGE.replace(EU, region).replace("123456789012", account), "Mode": "SingleModel", **container},
        "ExecutionRoleArn": role_arn(account, role),
        "CreationTime": "2026-06-15T10:00:00Z",
        "ModelArn": sagemaker_arn(account, region, "model", name),
        "EnableNetworkIsolation": isolated,
    }
    if vpc:
        described["VpcConfig"] = PROD_NET
    return {**described, **rest}


def at(bucket, key):
    return {"ModelDataUrl": f"s3://{bucket}/{key}"}


PACKAGE = f"arn:aws:sagemaker:{US}:{PRODUCTION}:model-package/us-fraud/7"
MODELS = {
    (PRODUCTION, EU): [
        model(PRODUCTION, EU, "fraud-xgb-42", "prod-serving", at("acme-prod-models", "fraud/fraud-xgb-20260503/output/model.tar.gz"), True, True, CreationTime="2026-05-04T10:00:00Z"),
        model(PRODUCTION, EU, "churn-xgb-7", "prod-serving", at("acme-prod-models", "churn/v7/model.tar.gz"), False, True),
        model(PRODUCTION, EU, "credit-limit-1", "prod-serving", at("acme-legacy-models", "credit/limit-v1.tar.gz"), CreationTime="2025-11-19T10:00:00Z"),
        model(PRODUCTION, EU, "document-ocr-3", "prod-serving", at("acme-prod-models", "ocr/v3/model.tar.gz"), True, True, CreationTime="2026-04-09T10:00:00Z"),
        model(PRODUCTION, EU, "assistant-base", "prod-serving", {"ModelDataSource": {"S3DataSource": {"S3Uri": "s3://acme-prod-models/assistant/base/", "S3DataType": "S3Prefix", "CompressionType": "None"}}}, CreationTime="2026-08-04T10:00:00Z"),
        model(PRODUCTION, EU, "pricing-glm", "prod-serving", {}, CreationTime="2026-11-09T10:00:00Z"),
        model(PRODUCTION, EU, "recommender-blend", "prod-serving", at("acme-prod-models", "recommender/recommender-train-20260914/output/model.tar.gz"), CreationTime="2026-09-16T10:00:00Z"),
        model(PRODUCTION, EU, "recommender-next", "prod-serving", {**at("acme-prod-models", "recommender/next/"), "Mode": "MultiModel"}, True, True, CreationTime="2026-09-18T10:00:00Z"),
        model(PRODUCTION, EU, "demand-prophet", "prod-serving", at("acme-prod-archive", "demand/prophet.tar.gz"), True, True, CreationTime="2026-11-02T10:00:00Z"),
        model(PRODUCTION, EU, "experimental-uplift", "prod-serving", at("acme-prod-models", "uplift/model.tar.gz")),
    ],
    (PRODUCTION, US): [
        model(PRODUCTION, US, "us-fraud-xgb", "prod-serving", {"ModelPackageName": PACKAGE}, True, True),
        model(PRODUCTION, US, "us-offers", "prod-serving", {**at("acme-prod-us-models", "offers/"), "Mode": "MultiModel"}, True, False),
    ],
    (RESEARCH, EU): [model(RESEARCH, EU, "lab-demo", "research-serving", at("acme-research-models", "demo/model.tar.gz"), CreationTime="2026-02-01T10:00:00Z")],
    (RESEARCH, US): [model(RESEARCH, US, "lab-classifier", "research-serving", at("acme-research-models", "classifier/model.tar.gz"), CreationTime="2026-01-19T10:00:00Z")],
}
# The image of pricing-glm holds its weights: no S3 reference at all.
MODEL_PACKAGES = {
    PACKAGE: {
        "ModelPackageName": "us-fraud",
        "ModelPackageGroupName": "us-fraud",
        "ModelPackageVersion": 7,
        "ModelPackageArn": PACKAGE,
        "CreationTime": "2026-06-14T10:00:00Z",
        "InferenceSpecification": {
            "Containers": [
                {
                    "Image": f"{PRODUCTION}.dkr.ecr.{US}.amazonaws.com/acme-serving:1.9",
                    "ModelDataUrl": "s3://acme-prod-us-models/fraud/us-fraud-xgb/model.tar.gz",
                }
            ],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "Approved",
    }
}


def variant(name, model_name, count=2, kind="ml.m5.large", **rest):
    return {"VariantName": name, "ModelName": model_name, "InitialInstanceCount": count, "InstanceType": kind, "InitialVariantWeight": 1.0, **rest}


def capture(bucket):
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 20,
        "DestinationS3Uri": f"s3://{bucket}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    }


def config(account, region, name, variants, created="2026-06-20T10:00:00Z", isolation=False, **rest):
    return {
        "EndpointConfigName": name,
        "EndpointConfigArn": sagemaker_arn(account, region, "endpoint-config", name),
        "ProductionVariants": variants,
        "CreationTime": created,
        "EnableNetworkIsolation": isolation,
        **rest,
    }


SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 5}
HOST = {
    "VariantName": "host",
    "InitialInstanceCount": 2,
    "InstanceType": "ml.g5.12xlarge",
    "InitialVariantWeight": 1.0,
    "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": 2, "MaxInstanceCount": 4},
    "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
}
POOLS = {
    "VariantName": "blend",
    "ModelName": "recommender-blend",
    "InitialInstanceCount": 3,
    "InstancePools": [
        {"InstanceType": "ml.g5.xlarge", "Priority": 1},
        {"InstanceType": "ml.g6.xlarge", "Priority": 2, "ModelNameOverride": "recommender-blend-g6"},
    ],
    "InitialVariantWeight": 1.0,
}
CONFIGS = {
    (PRODUCTION, EU): [
        config(PRODUCTION, EU, "fraud-scoring-2026-10", [variant("main", "fraud-xgb-42")], DataCaptureConfig=capture("acme-prod-models")),
        config(PRODUCTION, EU, "churn-scoring-2026-06", [variant("main", "churn-xgb-7", 1)]),
        config(PRODUCTION, EU, "churn-scoring-candidate", [variant("main", "churn-xgb-7", 2)]),
        config(PRODUCTION, EU, "credit-limit-2025-11", [variant("main", "credit-limit-1", 2)], "2025-11-20T10:30:00Z"),
        config(PRODUCTION, EU, "dr-standby-2026-05", [variant("main", "fraud-xgb-42", 1, "ml.t2.medium")], "2026-05-05T10:00:00Z"),
        config(PRODUCTION, EU, "document-ocr-2026-04", [variant("worker", "document-ocr-3", 1, "ml.g5.xlarge")], "2026-04-10T10:00:00Z", AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://acme-prod-models/ocr-results/"}}),
        config(PRODUCTION, EU, "genai-assistant-2026-08", [HOST], "2026-08-05T10:00:00Z", True, VpcConfig=PROD_NET, ExecutionRoleArn=role_arn(PRODUCTION, "prod-serving")),
        config(PRODUCTION, EU, "pricing-serverless-1", [{"VariantName": "main", "ModelName": "pricing-glm", "InitialVariantWeight": 1.0, "ServerlessConfig": SERVERLESS}], "2026-11-10T09:00:00Z"),
        config(PRODUCTION, EU, "recommender-blend-2026-09", [POOLS], "2026-09-20T10:00:00Z", ShadowProductionVariants=[variant("candidate", "recommender-next", 1, "ml.m5.large")]),
        config(PRODUCTION, EU, "demand-forecast-2026-11", [variant("nov", "demand-prophet", 2)], "2026-11-03T10:00:00Z"),
    ],
    (PRODUCTION, US): [
        config(PRODUCTION, US, "us-fraud-scoring-1", [variant("main", "us-fraud-xgb")], DataCaptureConfig=capture("acme-prod-us-models")),
        config(PRODUCTION, US, "us-offers-1", [variant("main", "us-offers", 2)]),
    ],
    (RESEARCH, EU): [],
    (RESEARCH, US): [config(RESEARCH, US, "lab-classifier-1", [variant("main", "lab-classifier", 1)], "2026-01-20T10:00:00Z")],
}


def endpoint(account, region, name, config_name, created="2026-06-20T10:05:00Z", modified=None, status="InService", **rest):
    return {
        "EndpointName": name,
        "EndpointArn": sagemaker_arn(account, region, "endpoint", name),
        "EndpointConfigName": config_name,
        "EndpointStatus": status,
        "CreationTime": created,
        "LastModifiedTime": modified or created,
        **rest,
    }


def live(of):
    """What DescribeEndpoint shows of a configured variant."""
    summary = {
        "VariantName": of["VariantName"],
        "CurrentWeight": of["InitialVariantWeight"],
        "DesiredWeight": of["InitialVariantWeight"],
    }
    if "ServerlessConfig" in of:
        return {**summary, "CurrentInstanceCount": 0, "CurrentServerlessConfig": of["ServerlessConfig"]}
    summary.update(CurrentInstanceCount=of["InitialInstanceCount"], DesiredInstanceCount=of["InitialInstanceCount"])
    if "ManagedInstanceScaling" in of:
        summary["ManagedInstanceScaling"] = of["ManagedInstanceScaling"]
    return summary


ENDPOINTS = {
    (PRODUCTION, EU): [
        endpoint(PRODUCTION, EU, "fraud-scoring", "fraud-scoring-2026-10"),
        endpoint(PRODUCTION, EU, "churn-scoring", "churn-scoring-2026-06"),
        endpoint(PRODUCTION, EU, "credit-limit", "credit-limit-2025-11", "2025-11-20T11:00:00Z", "2026-11-12T03:00:00Z"),
        endpoint(PRODUCTION, EU, "dr-standby", "dr-standby-2026-05", "2026-05-05T10:10:00Z"),
        endpoint(PRODUCTION, EU, "document-ocr", "document-ocr-2026-04", "2026-04-10T10:10:00Z"),
        endpoint(PRODUCTION, EU, "genai-assistant", "genai-assistant-2026-08", "2026-08-05T10:10:00Z"),
        endpoint(PRODUCTION, EU, "pricing", "pricing-serverless-1", "2026-11-10T09:05:00Z"),
        endpoint(PRODUCTION, EU, "recommender", "recommender-blend-2026-09", "2026-09-20T10:10:00Z"),
        endpoint(PRODUCTION, EU, "demand-forecast", "demand-forecast-2026-11", "2025-05-05T10:10:00Z", "2026-11-03T10:20:00Z"),
    ],
    (PRODUCTION, US): [
        endpoint(PRODUCTION, US, "us-fraud-scoring", "us-fraud-scoring-1"),
        endpoint(PRODUCTION, US, "us-offers", "us-offers-1"),
        endpoint(PRODUCTION, US, "us-offers-next", "us-offers-1", "2026-11-24T05:55:00Z", status="Creating"),
    ],
    (RESEARCH, EU): [
        endpoint(RESEARCH, EU, "lab-demo", "lab-demo-config-deleted", "2026-02-02T10:00:00Z", ProductionVariants=[live(variant("main", "lab-demo", 1))]),
    ],
    (RESEARCH, US): [endpoint(RESEARCH, US, "lab-classifier", "lab-classifier-1", "2026-01-20T10:10:00Z")],
}
COMPONENTS = {
    (PRODUCTION, EU): [
        ("assistant-base", {"ModelName": "assistant-base", "ComputeResourceRequirements": {"NumberOfAcceleratorDevicesRequired": 2.0, "MinMemoryRequiredInMb": 49152}}),
        ("assistant-legal", {"Container": {"ArtifactUrl": "s3://acme-prod-models/assistant/adapters/legal-v2.tar.gz"}, "BaseInferenceComponentName": "assistant-base"}),
    ]
}
# endpoint or inference component → metric → (day, value); a day without traffic has no point
TRAFFIC = {
    ("fraud-scoring", "Invocations"): [("2026-11-21", 40211.0), ("2026-11-22", 38870.0), ("2026-11-23", 51002.0)],
    ("churn-scoring", "Invocations"): [("2026-11-16", 1200.0), ("2026-11-23", 1187.0)],
    ("document-ocr", "InvocationsProcessed"): [("2026-11-19", 310.0), ("2026-11-20", 402.0)],
    ("document-ocr", "ModelLatency"): [("2026-11-19", 310.0), ("2026-11-20", 402.0)],
    ("assistant-base", "Invocations"): [("2026-11-22", 911.0), ("2026-11-23", 1044.0)],
    ("assistant-legal", "Invocations"): [("2026-11-23", 12.0)],
    ("us-fraud-scoring", "Invocations"): [("2026-11-22", 9911.0), ("2026-11-23", 10240.0)],
    ("us-offers", "Invocations"): [("2026-11-23", 77.0)],
    ("lab-demo", "Invocations"): [("2026-11-18", 3.0)],
}
SCALING = {
    (PRODUCTION, EU): [("fraud-scoring", "main", 2, 6), ("document-ocr", "worker", 0, 4), ("demand-forecast", "nov", 1, 4)],
}

DAILY = "cron(0 0 ? * * *)"


def monitor_job(endpoint_name, bucket):
    return {
        "MonitoringInputs": [{"EndpointInput": {"EndpointName": endpoint_name, "LocalPath": "/opt/ml/processing/input"}}],
        "MonitoringOutputConfig": {"MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{bucket}/monitoring", "LocalPath": "/opt/ml/processing/output"}}]},
        "MonitoringResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
        "MonitoringAppSpecification": {"ImageUri": f"{PRODUCTION}.dkr.ecr.{EU}.amazonaws.com/acme-monitor:2.0"},
        "RoleArn": role_arn(PRODUCTION, "prod-serving"),
    }


def schedule(region, name, endpoint_name, status, expression=DAILY, bucket="acme-prod-models"):
    return {
        "MonitoringScheduleArn": sagemaker_arn(PRODUCTION, region, "monitoring-schedule", name),
        "MonitoringScheduleName": name,
        "MonitoringScheduleStatus": status,
        "MonitoringType": "DataQuality",
        "CreationTime": "2026-06-21T10:00:00Z",
        "LastModifiedTime": "2026-11-01T10:00:00Z",
        "MonitoringScheduleConfig": {"ScheduleConfig": {"ScheduleExpression": expression}, "MonitoringJobDefinition": monitor_job(endpoint_name, bucket), "MonitoringType": "DataQuality"},
        "EndpointName": endpoint_name,
    }


SCHEDULES = {
    (PRODUCTION, EU): [
        schedule(EU, "fraud-daily", "fraud-scoring", "Scheduled"),
        schedule(EU, "credit-daily", "credit-limit", "Stopped"),
        schedule(EU, "demand-daily", "demand-forecast", "Failed"),
        schedule(EU, "recommender-once", "recommender", "Scheduled", "NOW"),
    ],
    # Neither the summary nor the schedule names its endpoint: only the job definition does.
    (PRODUCTION, US): [
        {
            "MonitoringScheduleArn": sagemaker_arn(PRODUCTION, US, "monitoring-schedule", "us-fraud-daily"),
            "MonitoringScheduleName": "us-fraud-daily",
            "MonitoringScheduleStatus": "Scheduled",
            "MonitoringType": "DataQuality",
            "CreationTime": "2026-06-21T10:00:00Z",
            "LastModifiedTime": "2026-11-01T10:00:00Z",
            "MonitoringScheduleConfig": {"ScheduleConfig": {"ScheduleExpression": DAILY}, "MonitoringJobDefinitionName": "us-fraud-data-quality", "MonitoringType": "DataQuality"},
        }
    ],
}
JOB_DEFINITION = {
    "JobDefinitionArn": sagemaker_arn(PRODUCTION, US, "data-quality-job-definition", "us-fraud-data-quality"),
    "JobDefinitionName": "us-fraud-data-quality",
    "CreationTime": "2026-06-21T09:50:00Z",
    "DataQualityAppSpecification": {"ImageUri": f"{PRODUCTION}.dkr.ecr.{US}.amazonaws.com/acme-monitor:2.0"},
    "DataQualityJobInput": {"EndpointInput": {"EndpointName": "us-fraud-scoring", "LocalPath": "/opt/ml/processing/input"}},
    "DataQualityJobOutputConfig": {"MonitoringOutputs": [{"S3Output": {"S3Uri": "s3://acme-prod-us-models/monitoring", "LocalPath": "/opt/ml/processing/output"}}]},
    "JobResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
    "RoleArn": role_arn(PRODUCTION, "prod-serving"),
}

# ------------------------------------------------------------------------------------------------------ training jobs


def channel(uri, name="train"):
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}},
        "CompressionType": "None",
        "RecordWrapperType": "None",
    }


def job(account, region, name, role, channels, output, created, kind="ml.m5.xlarge", count=1, key=None, vpc=None, isolated=False, encrypted=False, **rest):
    resources = {"InstanceType": kind, "InstanceCount": count, "VolumeSizeInGB": 50}
    if key:
        resources["VolumeKmsKeyId"] = key
    day = created[:10]
    described = {
        "TrainingJobName": name,
        "TrainingJobArn": sagemaker_arn(account, region, "training-job", name),
        "ModelArtifacts": {"S3ModelArtifacts": f"{output}{name}/output/model.tar.gz"},
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "AlgorithmSpecification": {
            "TrainingImage": f"{account}.dkr.ecr.{region}.amazonaws.com/acme-train:4.1",
            "TrainingInputMode": "File",
            "EnableSageMakerMetricsTimeSeries": False,
        },
        "RoleArn": role_arn(account, role),
        "InputDataConfig": channels,
        "OutputDataConfig": {"S3OutputPath": output},
        "ResourceConfig": resources,
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "CreationTime": created,
        "TrainingStartTime": f"{day}T03:02:00Z",
        "TrainingEndTime": f"{day}T03:40:00Z",
        "LastModifiedTime": f"{day}T03:40:30Z",
        "EnableNetworkIsolation": isolated,
        "EnableInterContainerTrafficEncryption": encrypted,
        "EnableManagedSpotTraining": False,
        "TrainingTimeInSeconds": 2280,
        "BillableTimeInSeconds": 2280,
    }
    if vpc:
        described["VpcConfig"] = vpc
    if not channels:
        del described["InputDataConfig"]
    return {k: v for k, v in {**described, **rest}.items() if v is not None}


def prod(name, bucket_prefix, created, role="prod-training", **rest):
    """A production job in the form that the platform team wants: everything on, unless said otherwise."""
    settings = {"key": TRAINING_KEY, "vpc": PROD_NET, "isolated": True}
    return job(PRODUCTION, EU, name, role, [channel(f"s3://{bucket_prefix}")], "s3://acme-prod-models/" + name.split("-")[0] + "/", created, **{**settings, **rest})


TUNING = f"arn:aws:sagemaker:{EU}:{RESEARCH}:hyper-parameter-tuning-job/vision-hpo"
SAMPLE = "s3://sagemaker-sample-data-eu-west-1/spark/mnist/train/"
TRAINING = {
    (PRODUCTION, EU): [
        *[prod(f"churn-nightly-202611{d}", "acme-prod-training/churn/", f"2026-11-{d}T03:00:00Z", count=2, encrypted=True) for d in range(13, 25)],
        prod("fraud-xgb-20260503", "acme-prod-training/fraud/", "2026-05-03T03:00:00Z", key=None),
        prod("recommender-train-20260914", "datavendor-feeds/clickstream/2026-09/", "2026-09-14T03:00:00Z", role="prod-training-broad", kind="ml.p4d.24xlarge", count=4, key=None, vpc=None, isolated=False),
        prod("credit-raw-20261101", "acme-prod-raw/credit/", "2026-11-01T03:00:00Z", key=None),
        prod("forecast-feeds-20261020", "acme-old-feeds/weather/", "2026-10-20T03:00:00Z"),
        prod("demand-neverran-20261105", "acme-prod-training/demand/", "2026-11-05T03:00:00Z", TrainingJobStatus="Failed", SecondaryStatus="Failed", FailureReason="CapacityError: Unable to provision requested ML compute capacity.", TrainingStartTime=None, TrainingEndTime=None, TrainingTimeInSeconds=None, BillableTimeInSeconds=None),
        prod("landing-profile-20261108", "acme-prod-landing/profiles/", "2026-11-08T03:00:00Z"),
        prod("curated-uplift-20261109", "acme-prod-curated/uplift/", "2026-11-09T03:00:00Z"),
        prod("features-rank-20261110", "acme-prod-features/rank/", "2026-11-10T03:00:00Z"),
        prod("selfplay-20261112", "unused/", "2026-11-12T03:00:00Z", InputDataConfig=None),
        prod(
            "assistant-finetune-20261124",
            "acme-prod-training/assistant/",
            "2026-11-24T02:30:00Z",
            ResourceConfig={
                "InstanceGroups": [
                    {"InstanceType": "ml.c5.2xlarge", "InstanceCount": 1, "InstanceGroupName": "data"},
                    {"InstanceType": "ml.p3.8xlarge", "InstanceCount": 2, "InstanceGroupName": "gpu"},
                ],
                "VolumeSizeInGB": 200,
                "VolumeKmsKeyId": TRAINING_KEY,
            },
            encrypted=True,
            TrainingJobStatus="InProgress",
            SecondaryStatus="Training",
            TrainingEndTime=None,
            TrainingTimeInSeconds=None,
            BillableTimeInSeconds=None,
            LastModifiedTime="2026-11-24T05:58:00Z",
        ),
        prod("pricing-warm-20261123", "acme-prod-training/pricing/", "2026-11-23T03:00:00Z", WarmPoolStatus={"Status": "Available", "ResourceRetainedBillableTimeInSeconds": 1200}),
    ],
    (PRODUCTION, US): [
        job(PRODUCTION, US, "us-fraud-20261115", "prod-training", [channel("s3://acme-prod-us-training/fraud/")], "s3://acme-prod-us-models/fraud/", "2026-11-15T03:00:00Z", key=US_TRAINING_KEY, vpc=PROD_NET, isolated=True),
    ],
    (RESEARCH, EU): [
        job(RESEARCH, EU, f"vision-hpo-{n:03d}-{tail}", "research-training", [channel(SAMPLE)], "s3://acme-research-models/vision/", f"2026-10-2{n}T03:00:00Z", kind="ml.g5.xlarge", TuningJobArn=TUNING)
        for n, tail in enumerate(("a1", "b2", "c3", "d4", "e5", "f6"), 1)
    ],
    (RESEARCH, US): [
        job(RESEARCH, US, "tabular-borrowed-20261030", "research-training", [channel("s3://sagemaker-sample-data-us-west-2/tabular/")], "s3://acme-research-models/tabular/", "2026-10-30T03:00:00Z", kind="ml.m5.large"),
        job(RESEARCH, US, "segmentation-ddp-20261101", "research-training", [channel("s3://acme-research-data/segmentation/")], "s3://acme-research-models/segmentation/", "2026-11-01T03:00:00Z", kind="ml.p3.8xlarge", count=3),
        job(RESEARCH, US, "speech-adapt-20261118", "research-training", [channel("s3://acme-research-data/speech/")], "s3://acme-research-models/speech/", "2026-11-18T03:00:00Z"),
    ],
}
TAGS = {
    sagemaker_arn(PRODUCTION, EU, "endpoint", "dr-standby"): {"reviewed_at": "2026-10-30", "owner": "payments-sre"},
    sagemaker_arn(RESEARCH, US, "endpoint", "lab-classifier"): {"reviewed_at": "2026-05-01"},
    sagemaker_arn(PRODUCTION, EU, "endpoint", "fraud-scoring"): {"environment": "production"},
    sagemaker_arn(RESEARCH, EU, "notebook-instance", "vision-lab"): {"environment": "research"},
}

# (account, operation, a value among the request's members) → denied
DENIED = {
    (PRODUCTION, "DescribeNotebookInstance", "quant-sandbox"),
    (PRODUCTION, "DescribeModel", "experimental-uplift"),
    (PRODUCTION, "GetBucketPolicy", "acme-prod-landing"),
    (PRODUCTION, "ListObjectsV2", "acme-prod-archive"),
    (PRODUCTION, "ListObjectVersions", "acme-prod-archive"),
    (PRODUCTION, "GetMetricData", "recommender"),
    (RESEARCH, "DescribeUserProfile", "guest-2"),
    (RESEARCH, "DescribeTrainingJob", "speech-adapt-20261118"),
}
IAM_ACTIONS = {"ListObjectsV2": "ListBucket", "ListObjectVersions": "ListBucketVersions"}


def chosen(record, *names):
    return {n: record[n] for n in names if n in record}


class Acme:
    """Answers one call. Each method below is an operation; what has no method is refused."""

    def answer(self, account, region, service, operation, members):
        asked = {v for v in members.values() if isinstance(v, str)}
        asked |= {d["Value"] for q in members.get("MetricDataQueries", []) for d in q["MetricStat"]["Metric"]["Dimensions"]}
        if any((account, operation, value) in DENIED for value in asked):
            raise self.denied(account, service, operation)
        handler = getattr(self, operation, None)
        if handler is None:
            raise Fault("AccessDenied", f"this estate does not answer {service}:{operation}", 403)
        return copy.deepcopy(handler((account, region), members))

    @staticmethod
    def denied(account, service, operation):
        action = f"{service}:{IAM_ACTIONS.get(operation, operation)}"
        who = f"arn:aws:sts::{account}:assumed-role/posture-reader/reader"
        if service == "s3":
            return Fault("AccessDenied", f"User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} action", 403)
        code = "AccessDenied" if service == "cloudwatch" else "AccessDeniedException"
        return Fault(code, f"User: {who} is not authorized to perform: {action} because no identity-based policy allows the {action} action", 400)

    # --- shared

    @staticmethod
    def page(key, items, members, size=5):
        """Pages of a few items, so that merging them is the CLI's daily work here."""
        start = int(members.get("NextToken", 0))
        out = {key: items[start : start + size]}
        if start + size < len(items):
            out["NextToken"] = str(start + size)
        return out

    @staticmethod
    def one(items, key, name, missing):
        for item in items:
            if item[key] == name:
                return item
        raise Fault("ValidationException", missing)

    # --- sts, iam

    def GetCallerIdentity(self, scope, _):
        account = scope[0]
        return {"UserId": identifier("AROA", "posturereader") + ":reader", "Account": account, "Arn": f"arn:aws:sts::{account}:assumed-role/posture-reader/reader"}

    def GetAccountAuthorizationDetails(self, scope, _):
        return authorization_details(scope[0])

    # --- s3

    def ListBuckets(self, scope, _):
        own = [(n, b) for n, b in sorted(BUCKETS.items()) if b["owner"] == scope[0]]
        return {
            "Buckets": [{"Name": n, "CreationDate": "2024-01-15T09:00:00Z", "BucketRegion": b.get("region", EU), "BucketArn": f"arn:aws:s3:::{n}"} for n, b in own],
            "Owner": {"ID": scope[0] * 5},
        }

    def bucket(self, scope, members, operation):
        name = members["Bucket"]
        if name not in BUCKETS:
            raise Fault("NoSuchBucket", "The specified bucket does not exist", 404)
        if BUCKETS[name]["owner"] != scope[0]:
            raise self.denied(scope[0], "s3", operation)
        return name, BUCKETS[name]

    def HeadBucket(self, scope, members):
        name = members["Bucket"]
        if name not in BUCKETS:
            raise Fault("404", "Not Found", 404)
        bucket = BUCKETS[name]
        if bucket["owner"] not in (scope[0], "aws"):
            raise Fault("403", "Forbidden", 403)
        return {"BucketArn": f"arn:aws:s3:::{name}", "BucketRegion": bucket.get("region", EU)}

    def GetBucketPolicy(self, scope, members):
        _, bucket = self.bucket(scope, members, "GetBucketPolicy")
        if "policy" not in bucket:
            raise Fault("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
        return {"Policy": json.dumps(bucket["policy"], separators=(",", ":"))}

    def GetBucketEncryption(self, scope, members):
        _, bucket = self.bucket(scope, members, "GetEncryptionConfiguration")
        default = {"SSEAlgorithm": "AES256"}
        if "key" in bucket:
            default = {"SSEAlgorithm": "aws:kms", **({"KMSMasterKeyID": bucket["key"]} if bucket["key"] else {})}
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": "key" in bucket}
        return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}

    def GetBucketVersioning(self, scope, members):
        _, bucket = self.bucket(scope, members, "GetBucketVersioning")
        return {"Status": "Enabled"} if bucket.get("versioned") else {}

    def GetObjectLockConfiguration(self, scope, members):
        self.bucket(scope, members, "GetBucketObjectLockConfiguration")
        raise Fault("ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket", 404)

    def ListObjectsV2(self, scope, members):
        name, _ = self.bucket(scope, members, "ListBucket")
        found = [(k, s) for k, s in sorted(OBJECTS.get(name, {}).items()) if k.startswith(members["Prefix"])]
        kept = found[: members["MaxKeys"]]
        contents = [{"Key": k, "LastModified": WRITTEN.get(k, WRITTEN_FIRST), "ETag": etag(name, k), "Size": s, "StorageClass": "STANDARD"} for k, s in kept]
        out = {"IsTruncated": len(found) > len(kept), "Name": name, "Prefix": members["Prefix"], "MaxKeys": members["MaxKeys"], "KeyCount": len(kept)}
        if out["IsTruncated"]:
            out["NextContinuationToken"] = f"after-{len(kept)}"
        return {**out, **({"Contents": contents} if contents else {})}

    def ListObjectVersions(self, scope, members):
        name, bucket = self.bucket(scope, members, "ListBucketVersions")
        owner = {"ID": scope[0] * 5}
        out = {"IsTruncated": False, "KeyMarker": "", "VersionIdMarker": "", "Name": name, "Prefix": members["Prefix"], "MaxKeys": members["MaxKeys"]}
        marked = {k: t for k, t in DELETE_MARKERS.get(name, {}).items() if k.startswith(members["Prefix"])}
        if marked:
            out["Versions"] = [
                {"ETag": etag(name, k), "Size": 88_080_384, "StorageClass": "STANDARD", "Key": k, "VersionId": version_id(k), "IsLatest": False, "LastModified": WRITTEN_FIRST, "Owner": owner}
                for k in marked
            ]
            out["DeleteMarkers"] = [{"Owner": owner, "Key": k, "VersionId": version_id(k + "/gone"), "IsLatest": True, "LastModified": t} for k, t in marked.items()]
        return out

    # --- kms, logs, scaling, metrics

    def DescribeKey(self, scope, members):
        return {"KeyMetadata": key_metadata(members["KeyId"])}

    def GetKeyPolicy(self, scope, members):
        return {"Policy": key_policy(members["KeyId"]), "PolicyName": "default"}

    def DescribeLogStreams(self, scope, members):
        name = members["logStreamNamePrefix"].rstrip("/")
        if scope == (RESEARCH, US):
            raise Fault("ResourceNotFoundException", "The specified log group does not exist.")
        if (*scope, name) not in LOG_EVENTS:
            return {"logStreams": []}
        last = int(instant(LOG_EVENTS[(*scope, name)]).timestamp() * 1000)
        group = f"arn:aws:logs:{scope[1]}:{scope[0]}:log-group:{members['logGroupName']}"
        stream = f"{name}/jupyter.log"
        return {
            "logStreams": [
                {
                    "logStreamName": stream,
                    "creationTime": 1_772_438_400_000,
                    "firstEventTimestamp": 1_772_438_460_000,
                    "lastEventTimestamp": last,
                    "lastIngestionTime": last + 1500,
                    "arn": f"{group}:log-stream:{stream}",
                    "storedBytes": 0,
                }
            ]
        }

    def DescribeScalableTargets(self, scope, _):
        account, region = scope
        return {
            "ScalableTargets": [
                {
                    "ServiceNamespace": "sagemaker",
                    "ResourceId": f"endpoint/{name}/variant/{branch}",
                    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
                    "MinCapacity": least,
                    "MaxCapacity": most,
                    "RoleARN": f"arn:aws:iam::{account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint",
                    "CreationTime": "2026-06-20T10:20:00Z",
                    "SuspendedState": {"DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False},
                }
                for name, branch, least, most in SCALING.get(scope, [])
            ]
        }

    def GetMetricData(self, scope, members):
        results = []
        for query in members["MetricDataQueries"]:
            metric = query["MetricStat"]["Metric"]
            dimensions = {d["Name"]: d["Value"] for d in metric["Dimensions"]}
            name = dimensions.get("InferenceComponentName") or dimensions["EndpointName"]
            points = sorted(TRAFFIC.get((name, metric["MetricName"]), []), reverse=True)
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query["Label"],
                    "Timestamps": [f"{day}T00:00:00Z" for day, _ in points],
                    "Values": [value for _, value in points],
                    "StatusCode": "Complete",
                }
            )
        return {"MetricDataResults": results, "Messages": []}

    def ListMetrics(self, scope, members):
        found = []
        for described in ENDPOINTS[scope]:
            if (described["EndpointName"], members["MetricName"]) in TRAFFIC:
                for branch in self.DescribeEndpoint(scope, {"EndpointName": described["EndpointName"]})["ProductionVariants"]:
                    dimensions = [{"Name": "EndpointName", "Value": described["EndpointName"]}, {"Name": "VariantName", "Value": branch["VariantName"]}]
                    found.append({"Namespace": members["Namespace"], "MetricName": members["MetricName"], "Dimensions": dimensions})
        return {"Metrics": found}

    # --- sagemaker: notebooks and domains

    def ListNotebookInstances(self, scope, members):
        names = ("NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus", "Url", "InstanceType", "CreationTime", "LastModifiedTime", "NotebookInstanceLifecycleConfigName")
        return self.page("NotebookInstances", [chosen(n, *names) for n in NOTEBOOKS[scope]], members)

    def DescribeNotebookInstance(self, scope, members):
        return self.one(NOTEBOOKS[scope], "NotebookInstanceName", members["NotebookInstanceName"], "RecordNotFound")

    def DescribeNotebookInstanceLifecycleConfig(self, scope, members):
        name = members["NotebookInstanceLifecycleConfigName"]
        if name not in LIFECYCLE.get(scope, {}):
            arn = sagemaker_arn(*scope, "notebook-instance-lifecycle-config", name)
            raise Fault("ValidationException", f"Unable to describe Notebook Instance Lifecycle Config '{arn}'. (Details: No Notebook Instance Lifecycle Config with such name is found)")
        hooks = dict(zip(("OnCreate", "OnStart"), LIFECYCLE[scope][name]))
        return {
            "NotebookInstanceLifecycleConfigArn": sagemaker_arn(*scope, "notebook-instance-lifecycle-config", name),
            "NotebookInstanceLifecycleConfigName": name,
            **{h: [{"Content": base64.b64encode(text.encode()).decode()}] if text else [] for h, text in hooks.items()},
            "LastModifiedTime": "2026-01-20T09:00:00Z",
            "CreationTime": "2026-01-20T09:00:00Z",
        }

    def ListTags(self, scope, members):
        return {"Tags": [{"Key": k, "Value": v} for k, v in TAGS.get(members["ResourceArn"], {}).items()]}

    def ListDomains(self, scope, members):
        names = ("DomainArn", "DomainId", "DomainName", "Status", "CreationTime", "LastModifiedTime", "Url")
        return self.page("Domains", [chosen(d, *names) for d, _, _ in DOMAINS[scope]], members)

    def studio(self, scope, identity):
        return next(entry for entry in DOMAINS[scope] if entry[0]["DomainId"] == identity)

    def DescribeDomain(self, scope, members):
        return self.studio(scope, members["DomainId"])[0]

    def ListUserProfiles(self, scope, members):
        described, profiles, _ = self.studio(scope, members["DomainIdEquals"])
        items = [{"DomainId": described["DomainId"], "UserProfileName": n, "Status": "InService", "CreationTime": "2025-06-02T08:00:00Z", "LastModifiedTime": "2025-06-02T08:00:00Z"} for n in profiles]
        return self.page("UserProfiles", items, members, 2)

    def DescribeUserProfile(self, scope, members):
        described, profiles, _ = self.studio(scope, members["DomainId"])
        name, identity = members["UserProfileName"], described["DomainId"]
        role = profiles[name]
        return {
            "DomainId": identity,
            "UserProfileArn": sagemaker_arn(*scope, "user-profile", f"{identity}/{name}"),
            "UserProfileName": name,
            "HomeEfsFileSystemUid": "200005",
            "Status": "InService",
            "LastModifiedTime": "2025-06-02T08:00:00Z",
            "CreationTime": "2025-06-02T08:00:00Z",
            **({"UserSettings": {"ExecutionRole": role_arn(scope[0], role)}} if role else {}),
        }

    def ListSpaces(self, scope, members):
        described, _, spaces = self.studio(scope, members["DomainIdEquals"])
        return {
            "Spaces": [
                {
                    "DomainId": described["DomainId"],
                    "SpaceName": name,
                    "Status": "InService",
                    "CreationTime": "2025-07-01T08:00:00Z",
                    "LastModifiedTime": "2025-07-01T08:00:00Z",
                    "SpaceSharingSettingsSummary": {"SharingType": sharing},
                }
                for name, sharing in spaces
            ]
        }

    # --- sagemaker: models and endpoints

    def ListModels(self, scope, members):
        return self.page("Models", [chosen(m, "ModelName", "ModelArn", "CreationTime") for m in MODELS[scope]], members)

    def DescribeModel(self, scope, members):
        name = members["ModelName"]
        return self.one(MODELS[scope], "ModelName", name, f'Could not find model "{sagemaker_arn(*scope, "model", name)}".')

    def DescribeModelPackage(self, scope, members):
        return MODEL_PACKAGES[members["ModelPackageName"]]

    def ListEndpointConfigs(self, scope, members):
        return self.page("EndpointConfigs", [chosen(c, "EndpointConfigName", "EndpointConfigArn", "CreationTime") for c in CONFIGS[scope]], members)

    def DescribeEndpointConfig(self, scope, members):
        name = members["EndpointConfigName"]
        arn = sagemaker_arn(*scope, "endpoint-config", name)
        return self.one(CONFIGS[scope], "EndpointConfigName", name, f'Could not find endpoint configuration "{arn}".')

    def ListEndpoints(self, scope, members):
        names = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
        return self.page("Endpoints", [chosen(e, *names) for e in ENDPOINTS[scope]], members)

    def DescribeEndpoint(self, scope, members):
        name = members["EndpointName"]
        described = dict(self.one(ENDPOINTS[scope], "EndpointName", name, f'Could not find endpoint "{sagemaker_arn(*scope, "endpoint", name)}".'))
        for configured in CONFIGS[scope]:
            if configured["EndpointConfigName"] != described["EndpointConfigName"] or described["EndpointStatus"] == "Creating":
                continue
            described["ProductionVariants"] = [live(v) for v in configured["ProductionVariants"]]
            if "ShadowProductionVariants" in configured:
                described["ShadowProductionVariants"] = [live(v) for v in configured["ShadowProductionVariants"]]
            if "AsyncInferenceConfig" in configured:
                described["AsyncInferenceConfig"] = configured["AsyncInferenceConfig"]
            if "DataCaptureConfig" in configured:
                wanted = configured["DataCaptureConfig"]
                described["DataCaptureConfig"] = {
                    "EnableCapture": True,
                    "CaptureStatus": "Started",
                    "CurrentSamplingPercentage": wanted["InitialSamplingPercentage"],
                    "DestinationS3Uri": wanted["DestinationS3Uri"],
                    "KmsKeyId": "",
                }
        return described

    def components(self, scope):
        account, region = scope
        return [
            {
                "InferenceComponentName": name,
                "InferenceComponentArn": sagemaker_arn(account, region, "inference-component", name),
                "EndpointName": "genai-assistant",
                "EndpointArn": sagemaker_arn(account, region, "endpoint", "genai-assistant"),
                "VariantName": "host",
                "Specification": specification,
                "RuntimeConfig": {"DesiredCopyCount": 2, "CurrentCopyCount": 2},
                "CreationTime": "2026-08-05T10:30:00Z",
                "LastModifiedTime": "2026-08-05T10:40:00Z",
                "InferenceComponentStatus": "InService",
            }
            for name, specification in COMPONENTS.get(scope, [])
        ]

    def ListInferenceComponents(self, scope, members):
        names = ("CreationTime", "InferenceComponentArn", "InferenceComponentName", "EndpointArn", "EndpointName", "VariantName", "InferenceComponentStatus", "LastModifiedTime")
        return self.page("InferenceComponents", [chosen(c, *names) for c in self.components(scope)], members)

    def DescribeInferenceComponent(self, scope, members):
        return self.one(self.components(scope), "InferenceComponentName", members["InferenceComponentName"], "Could not find inference component")

    def ListMonitoringSchedules(self, scope, members):
        names = ("MonitoringScheduleName", "MonitoringScheduleArn", "CreationTime", "LastModifiedTime", "MonitoringScheduleStatus", "EndpointName", "MonitoringType")
        summaries = []
        for described in SCHEDULES.get(scope, []):
            definition = described["MonitoringScheduleConfig"].get("MonitoringJobDefinitionName")
            summaries.append({**chosen(described, *names), **({"MonitoringJobDefinitionName": definition} if definition else {})})
        return self.page("MonitoringScheduleSummaries", summaries, members, 3)

    def DescribeMonitoringSchedule(self, scope, members):
        return self.one(SCHEDULES[scope], "MonitoringScheduleName", members["MonitoringScheduleName"], "Could not find monitoring schedule")

    def DescribeDataQualityJobDefinition(self, scope, members):
        return JOB_DEFINITION

    # --- sagemaker: training

    def ListTrainingJobs(self, scope, members):
        since = members.get("CreationTimeAfter")
        jobs = TRAINING[scope]
        if since is not None:
            jobs = [j for j in jobs if instant(j["CreationTime"]).timestamp() >= float(since)]
        if "StatusEquals" in members:
            jobs = [j for j in jobs if j["TrainingJobStatus"] == members["StatusEquals"]]
        if "WarmPoolStatusEquals" in members:
            jobs = [j for j in jobs if j.get("WarmPoolStatus", {}).get("Status") == members["WarmPoolStatusEquals"]]
        names = ("TrainingJobName", "TrainingJobArn", "CreationTime", "TrainingEndTime", "LastModifiedTime", "TrainingJobStatus", "WarmPoolStatus")
        return self.page("TrainingJobSummaries", [chosen(j, *names) for j in jobs], members, 10)

    def DescribeTrainingJob(self, scope, members):
        return self.one(TRAINING[scope], "TrainingJobName", members["TrainingJobName"], "Requested resource not found.")
