"""A scan that is throttled, cut off, signed out, paged finely, or outrun by deletions comes to the same verdicts."""

import pytest

from harness import differences, fault, observations

# Codes by which services refuse for pace, as their SDKs know them.
THROTTLES = {
    "s3": ("SlowDown", 503), "ec2": ("RequestLimitExceeded", 503), "iam": ("Throttling", 400), "sts": ("Throttling", 400),
}  # fmt: skip


def through_microburst(known):
    """The calls that microburst tells apart; see test_denied.py."""
    return sorted(operation for operation in known.calls if not operation.startswith("s3control"))


def throttled(known, account):
    for operation in through_microburst(known):
        code, status = THROTTLES.get(operation.partition(":")[0], ("ThrottlingException", 400))
        yield fault(account, operation, times=1, error={"code": code, "status": status, "message": "Rate exceeded"})


def reset(known, account):
    return [fault(account, operation, times=1, reset=True) for operation in through_microburst(known)]


def broken_off(known, account):
    return [fault(account, operation, times=1, response={"abort_frac": 0.5}) for operation in through_microburst(known)]


DISTURBANCES = {"throttled": throttled, "reset": reset, "broken off": broken_off}


@pytest.mark.parametrize("how", [pytest.param(name, marks=pytest.mark.disturbed(name)) for name in DISTURBANCES])
def test_every_call_disturbed_once(known, proxy, disturbed, how):
    scan = disturbed[how].result()
    assert len(proxy.fired(scan.account)) == len({call.partition(":")[2] for call in through_microburst(known)})
    assert differences(known.undisturbed.verdicts, scan.verdicts) == {}
    assert observations(scan.folder) == observations(known.undisturbed.folder)


def test_credentials_that_expire_on_the_way(emulator, known, tmp_path):
    """An assumed role's keys run out after a few calls, again and again; new ones are fetched."""
    caller = emulator.account()
    listed = tmp_path / "accounts"
    listed.write_text(f"{known.account.id}\n")
    known.account.wish("key-lives", calls=10)
    try:
        scanned = caller.scan(tmp_path / "scan", *known.as_of, "--accounts-file", listed)
    finally:
        known.account.wish("key-lives", calls=None)
    expired = [code for _, _, code in known.account.calls(forget=True) if code and code.startswith("ExpiredToken")]
    assert len(expired) > 3
    assert differences(known.undisturbed.verdicts, scanned.verdicts) == {}


@pytest.mark.parametrize("size", [1, 2])
def test_small_pages(known, size):
    known.account.wish("pages", size=size)
    try:
        scanned = known.scan(f"pages-of-{size}")
    finally:
        known.account.wish("pages", size=None)
    calls = [operation for _, operation, _ in known.account.calls(forget=True)]
    assert calls.count("sagemaker:ListNotebookInstances") >= 5 // size
    assert calls.count("iam:GetAccountAuthorizationDetails") >= 6 // size
    assert differences(known.undisturbed.verdicts, scanned.verdicts) == {}


@pytest.mark.parametrize(
    ("kind", "listing", "create"),
    [
        ("notebook-instance", "ListNotebookInstances", "create_notebook_instance"),
        ("model", "ListModels", "create_model"),
        ("user-profile", "ListUserProfiles", "create_user_profile"),
        ("training-job", "ListTrainingJobs", "create_training_job"),
    ],
)
def test_what_is_deleted_between_list_and_description_is_no_asset(account, tmp_path, kind, listing, create):
    role = f"arn:aws:iam::{account.id}:role/worker"
    members = {
        "notebook-instance": {"InstanceType": "ml.t3.medium", "RoleArn": role},
        "model": {"PrimaryContainer": {"Image": "image"}, "ExecutionRoleArn": role},
        "user-profile": {"UserSettings": {"ExecutionRole": role}},
        "training-job": {
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"}, "RoleArn": role,
            "OutputDataConfig": {"S3OutputPath": "s3://out"}, "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        },
    }[kind]  # fmt: skip
    name = "".join(word.title() for word in kind.split("-")) + "Name"
    if kind == "user-profile":
        made = account.call("sagemaker", "create_domain", DomainName="d", AuthMode="IAM", DefaultUserSettings={"ExecutionRole": role}, SubnetIds=["subnet-1"], VpcId="vpc-1")
        members["DomainId"] = made["DomainArn"].rpartition("/")[2]
    for which in ("stays", "stays-too", "goes"):
        account.call("sagemaker", create, **{name: which}, **members)
    account.wish("vanish", after=listing, region="eu-west-1", kind=kind, name="goes")
    # A search shows jobs and models whole, so that nothing is left to describe.
    scanned = account.scan(tmp_path / "scan", "--no-search")
    assets = {asset.rpartition("/")[2] for _, asset in scanned.verdicts}
    assert "goes" not in assets
    assert "unknown" not in {verdict[0] for verdict in scanned.verdicts.values()} or kind != "user-profile"
    if kind != "user-profile":
        assert {"stays", "stays-too"} <= assets
