"""Two accounts by assumed roles, in three Regions, read in one run."""

from harness import verdicts

REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")


def test_two_accounts_in_three_regions(emulator, tmp_path):
    own, other = emulator.account(), emulator.account()
    for account in (own, other):
        for region in REGIONS:
            account.call(
                "sagemaker", "create_notebook_instance", region, NotebookInstanceName=f"in-{region}",
                InstanceType="ml.t3.medium", RoleArn=f"arn:aws:iam::{account.id}:role/reader",
                RootAccess="Disabled" if account is own else "Enabled",
            )  # fmt: skip
        document = '{"Version":"2012-10-17","Statement":[]}'
        account.call("iam", "create_role", RoleName="reader", AssumeRolePolicyDocument=document)
    listed = tmp_path / "accounts"
    listed.write_text(f"{own.id}\n{other.id} # the other one\n")
    scanned = own.scan(
        tmp_path / "scan", "--accounts-file", listed, "--role-name", "security/Reader", "--external-id", "e2e", regions=",".join(REGIONS)
    )
    found = {asset: verdict[0] for (control, asset), verdict in scanned.verdicts.items() if control == "NOTEBOOK.ROOT"}
    arn = "arn:aws:sagemaker:{}:{}:notebook-instance/in-{}"
    assert found == {
        arn.format(region, account.id, region): expected
        for account, expected in ((own, "pass"), (other, "fail"))
        for region in REGIONS
    }
    # Roles belong to the account, and are read once each, wherever the notebooks are.
    for account in (own, other):
        asked = [operation for _, operation, _ in account.calls()]
        assert asked.count("iam:GetAccountAuthorizationDetails") == 1, asked
        assert asked.count("sagemaker:ListNotebookInstances") == len(REGIONS)


def test_an_organisation_without_the_account_that_is_left_out(emulator, tmp_path):
    head = emulator.account()
    head.call("organizations", "create_organization", FeatureSet="ALL")
    members = []
    for name in ("one", "two"):
        made = head.call("organizations", "create_account", AccountName=name, Email=f"{name}@example.com")
        members.append(made["CreateAccountStatus"]["AccountId"])
    done = head.run(
        "scan", "--org", "--except", members[1], "--regions", "eu-west-1", "--show", "all", "--exit-zero", "-f", "json",
        "-o", tmp_path / "assessment.json", "--snapshot", tmp_path / "snapshot", "-v",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert verdicts(tmp_path / "assessment.json") == {}
    read = {path.name.removeprefix("account=") for path in (tmp_path / "snapshot").glob("account=*")}
    assert read == {head.id, members[0]}
