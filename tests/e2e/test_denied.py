"""Each call refused in turn: what depends on it becomes unknown and names it, and nothing else moves.

What depends on a call is written down here, from the controls' own documentation, and not taken from the product.
microburst refuses, in each service's wire format. It does not tell S3 Control from S3, so that the emulator's gate refuses
`ListAccessPoints`.
"""

import functools

import pytest

from harness import differences, fault

NOTEBOOKS = {f"NOTEBOOK.{name}" for name in (
    "ASSUMEROLE", "ENCRYPT", "IDLE", "INTERNET", "LIFECYCLE", "OVERPERM.ADMIN", "OVERPERM.PASSROLE", "OVERPERM.S3", "ROOT", "VPC",
)}  # fmt: skip
TRAINING = {f"TRAINING.{name}" for name in (
    "DATA.CROSSACCOUNT", "DATA.UNENCRYPTED", "ENCRYPT.INTERCONTAINER", "ENCRYPT.VOLUME", "ISOLATION", "OVERPERM.PASSROLE",
    "OVERPERM.S3", "VPC",
)}  # fmt: skip
ROLES = {"NOTEBOOK.ASSUMEROLE", "NOTEBOOK.OVERPERM.ADMIN", "NOTEBOOK.OVERPERM.PASSROLE", "NOTEBOOK.OVERPERM.S3"} | {
    "TRAINING.OVERPERM.PASSROLE", "TRAINING.OVERPERM.S3", "TRAINING.DATA.UNENCRYPTED",
}  # fmt: skip
SERVED = {"ENDPOINT.MONITOR", "ENDPOINT.REDUNDANCY", "ENDPOINT.STALE", "GHOST.MODEL"}

# Call → the controls of which some verdict becomes unknown without it. An empty set: another answer shows the same, or it
# only adds to what a verdict says.
NEEDED_BY = {
    "sagemaker:ListNotebookInstances": set(),
    "sagemaker:DescribeNotebookInstance": NOTEBOOKS - {"NOTEBOOK.IDLE", "NOTEBOOK.LIFECYCLE"},
    "sagemaker:DescribeNotebookInstanceLifecycleConfig": set(),
    "sagemaker:ListDomains": set(),
    "sagemaker:DescribeDomain": {"DOMAIN.SHAREDROLE"},
    "sagemaker:ListUserProfiles": {"DOMAIN.SHAREDROLE"},
    "sagemaker:DescribeUserProfile": {"DOMAIN.SHAREDROLE"},
    "sagemaker:ListSpaces": set(),
    "sagemaker:ListEndpoints": {"ENDPOINT.MONITOR", "ENDPOINT.REDUNDANCY"},
    "sagemaker:DescribeEndpoint": SERVED,
    "sagemaker:ListEndpointConfigs": set(),
    "sagemaker:DescribeEndpointConfig": SERVED | {"MODEL.ISOLATION", "MODEL.VPC"},
    "sagemaker:ListInferenceComponents": {"ENDPOINT.STALE", "GHOST.MODEL"},
    "sagemaker:DescribeInferenceComponent": {"GHOST.MODEL"},
    "sagemaker:ListModels": set(),
    "sagemaker:DescribeModelPackage": {"GHOST.MODEL"},
    "sagemaker:ListMonitoringSchedules": {"ENDPOINT.MONITOR"},
    "sagemaker:DescribeMonitoringSchedule": {"ENDPOINT.MONITOR"},
    "sagemaker:DescribeDataQualityJobDefinition": {"ENDPOINT.MONITOR"},
    "sagemaker:DescribeModelQualityJobDefinition": {"ENDPOINT.MONITOR"},
    "sagemaker:DescribeModelBiasJobDefinition": {"ENDPOINT.MONITOR"},
    "sagemaker:DescribeModelExplainabilityJobDefinition": {"ENDPOINT.MONITOR"},
    "sagemaker:ListTrainingJobs": set(),
    "sagemaker:DescribeTrainingJob": TRAINING,
    "sagemaker:Search": set(),
    "sagemaker:ListTags": set(),
    "iam:GetAccountAuthorizationDetails": set(),
    "s3:ListBuckets": {"TRAINING.DATA.CROSSACCOUNT"},
    "s3:HeadBucket": set(),
    "s3:GetBucketPolicy": {"TRAINING.DATA.UNENCRYPTED"},
    "s3:GetBucketEncryption": {"TRAINING.DATA.UNENCRYPTED"},
    "s3:GetBucketVersioning": set(),
    "s3:GetObjectLockConfiguration": set(),
    "s3:ListObjectsV2": {"GHOST.MODEL"},
    "s3:ListObjectVersions": set(),
    "s3control:ListAccessPoints": {"TRAINING.DATA.CROSSACCOUNT", "TRAINING.DATA.UNENCRYPTED"},
    "cloudwatch:GetMetricData": {"ENDPOINT.STALE"},
    "cloudwatch:ListMetrics": set(),
    "application-autoscaling:DescribeScalableTargets": {"ENDPOINT.REDUNDANCY"},
    "kms:DescribeKey": set(),
    "ec2:DescribeSubnets": set(),
    "elasticfilesystem:DescribeFileSystems": {"TRAINING.DATA.CROSSACCOUNT"},
    "elasticfilesystem:DescribeFileSystemPolicy": set(),
    "fsx:DescribeFileSystems": set(),
    "logs:DescribeLogStreams": set(),
    "cloudtrail:LookupEvents": set(),
}
# Without the call that shows them, some assets of these kinds are not known to exist: no verdict, and no pass. A training
# job that is older than the window is one of them: it counts because a live endpoint serves its output.
ONLY_SHOWN_BY = {
    "sagemaker:ListNotebookInstances": NOTEBOOKS,
    "sagemaker:ListDomains": {"DOMAIN.SHAREDROLE"},
    "sagemaker:ListEndpoints": {"ENDPOINT.STALE", "GHOST.MODEL"} | TRAINING,
    "sagemaker:DescribeEndpoint": TRAINING,
    "sagemaker:DescribeEndpointConfig": TRAINING,
    "sagemaker:DescribeModel": TRAINING,
}
# A fail stays one, and says less: why the artifact is gone, or that somebody has accepted it by a tag.
LESS_PRECISE = {"s3:ListObjectVersions": {"GHOST.MODEL"}, "sagemaker:ListTags": {"ENDPOINT.STALE"}}
# A trace of use corrects an age. Without it the age alone decides, so that a pass becomes a fail.
CORRECTED_BY = {"logs:DescribeLogStreams": {"NOTEBOOK.IDLE"}}
# Calls that are made where another is refused, and that other one.
INSTEAD = {
    "iam:GetRole": ("iam:GetAccountAuthorizationDetails", ROLES),
    "iam:ListRolePolicies": ("iam:GetAccountAuthorizationDetails", ROLES),
    "iam:GetRolePolicy": ("iam:GetAccountAuthorizationDetails", ROLES),
    "iam:ListAttachedRolePolicies": ("iam:GetAccountAuthorizationDetails", ROLES),
    "iam:GetPolicy": ("iam:GetAccountAuthorizationDetails", ROLES),
    "iam:GetPolicyVersion": ("iam:GetAccountAuthorizationDetails", ROLES),
    "sagemaker:DescribeModel": ("sagemaker:Search", {"MODEL.ISOLATION", "MODEL.VPC", "GHOST.MODEL"}),
    "sagemaker:DescribeTrainingJob": ("sagemaker:Search", TRAINING),
}
CODES = {
    "iam": ("AccessDenied", 403), "s3": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
    "elasticfilesystem": ("AccessDeniedException", 403),
}  # fmt: skip


def refusals(operations, known, account):
    """The rules that refuse calls of an account's key."""
    rules = []
    for operation in operations:
        if operation == "s3control:ListAccessPoints":
            account.wish("refuse", key=account.keys["AWS_ACCESS_KEY_ID"], operation=operation)
            continue
        code, status = CODES.get(operation.partition(":")[0], ("AccessDeniedException", 400))
        message = f"User is not authorized to perform: {operation}"
        rules.append(fault(account, operation, error={"code": code, "status": status, "message": message}))
    return rules


DISTURBANCES = {operation: functools.partial(refusals, [operation]) for operation in NEEDED_BY} | {
    f"without {first}, {operation}": functools.partial(refusals, [first, operation]) for operation, (first, _) in INSTEAD.items()
}


def each(names, of):
    """A test for each name, marked with the scan that it looks at."""
    return pytest.mark.parametrize("operation", [pytest.param(name, marks=pytest.mark.disturbed(of(name))) for name in names])


def moved(known, scan):
    """What changed, and nothing that became a pass."""
    changed = differences(known.undisturbed.verdicts, scan.verdicts)
    passed = [key for key, (before, after) in changed.items() if after and after[0] == "pass" and before[0] != "pass"]
    assert not passed, f"passes only without the answer: {passed}"
    return changed


def hold_to(known, scan, operations, needed_by):
    *_, operation = operations
    unknown, unlisted, less_precise = set(), ONLY_SHOWN_BY.get(operation, set()), LESS_PRECISE.get(operation, set())
    for (control, asset), (before, after) in moved(known, scan).items():
        if after is None:
            assert control in unlisted, f"{control} of {asset} is not judged any more"
        elif after[0] == "unknown":
            unknown.add(control)
            assert control in needed_by, f"{control} of {asset} became unknown: {after}"
            assert set(operations) & set(after[3]), f"{control} of {asset} names {after[3]} as missing, and not {operations}"
        elif (before[0], after[0]) == ("pass", "fail"):
            assert control in CORRECTED_BY.get(operation, set()), f"{control} of {asset} failed: {after}"
        else:
            assert control in less_precise and after[0] == before[0], f"{control} of {asset} moved from {before} to {after}"
    assert unknown == needed_by, f"{sorted(needed_by - unknown)} decided without {operations}"


@each(NEEDED_BY, of=lambda operation: operation)
def test_a_call_refused(known, proxy, disturbed, operation):
    scan = disturbed[operation].result()
    if operation != "s3control:ListAccessPoints":
        assert proxy.fired(scan.account), f"{operation} was never asked"
    hold_to(known, scan, [operation], NEEDED_BY[operation])


@each(INSTEAD, of=lambda operation: f"without {INSTEAD[operation][0]}, {operation}")
def test_a_call_refused_that_stands_in_for_another(known, proxy, disturbed, operation):
    first, needed_by = INSTEAD[operation]
    scan = disturbed[f"without {first}, {operation}"].result()
    assert len(proxy.fired(scan.account)) == 2, f"{operation} was never asked"
    hold_to(known, scan, [first, operation], needed_by)


def test_every_call_is_asked(known):
    """The estate asks each call that is refused above, in a scan that nothing disturbs or instead of another."""
    assert known.calls - {"sts:GetCallerIdentity"} == set(NEEDED_BY)
