"""Holds what goes into other people's repositories against their own tools.

The templates of the tests and examples, and that of the role that collections assume, are linted by
cfn-lint. The action, and the pieces of configuration in docs/iac.md, are held against the schemas of
GitHub Actions and GitLab; the hook is run by pre-commit in a repository of its own, over a template
that fails, one that passes, and files that are no code.

    python tests/iac/ci.py BINARY
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ["crates/iac/tests/data/estate/template.yaml", "examples/infra/cloudformation/fraud.yaml"]

# In every partition, and without so much as a remark.
ROLE = ["--template", "docs/deploy/role.template.json", "--non-zero-exit-code", "informational"]
ROLE += ["--regions", "us-east-1", "cn-north-1", "us-gov-west-1"]

NOTEBOOK = """\
Resources:
  Notebook:
    Type: AWS::SageMaker::NotebookInstance
    Properties:
      InstanceType: ml.t3.medium
      RoleArn: arn:aws:iam::111122223333:role/nb
      RootAccess: {root}
"""


def run(*command, **options):
    """Runs a command and gives its result; the output is kept."""
    return subprocess.run(
        [str(part) for part in command], text=True, capture_output=True, check=False, **options
    )


def succeeds(what, *command, **options):
    """A command that must succeed."""
    result = run(*command, **options)
    if result.returncode != 0:
        sys.exit(f"{what}: {' '.join(map(str, command))}\n{result.stdout}{result.stderr}")


def blocks():
    """The pieces of YAML in docs/iac.md, by the comment that they begin with."""
    text = (ROOT / "docs/iac.md").read_text()
    found = re.findall(r"```yaml\n# ([^\n;]+)[^\n]*\n(.*?)```", text, re.S)
    return dict(found)


def schemas(folder):
    """The action and the snippets against the schemas that check-jsonschema carries."""
    schema = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    succeeds("the action", *schema, "vendor.github-actions", ROOT / "action.yml")
    pieces = blocks()
    steps = pieces["GitHub Actions"].replace("COMMIT", "0" * 40)
    indented = "".join(f"      {line}\n" for line in steps.splitlines())
    workflow = folder / "workflow.yml"
    workflow.write_text(
        f"on: push\njobs:\n  posture:\n    runs-on: ubuntu-latest\n    steps:\n{indented}"
    )
    succeeds("the steps in docs/iac.md", *schema, "vendor.github-workflows", workflow)
    pipeline = folder / ".gitlab-ci.yml"
    pipeline.write_text(pieces[".gitlab-ci.yml"])
    succeeds("the job in docs/iac.md", *schema, "vendor.gitlab-ci", pipeline)
    hooks = folder / ".pre-commit-config.yaml"
    hooks.write_text(pieces[".pre-commit-config.yaml"])
    pre_commit = [sys.executable, "-m", "pre_commit"]
    succeeds("the hook in docs/iac.md", *pre_commit, "validate-config", hooks)
    succeeds("the hook", *pre_commit, "validate-manifest", ROOT / ".pre-commit-hooks.yaml")


def inputs():
    """Each input of the action is used, and each that is used exists."""
    text = (ROOT / "action.yml").read_text()
    head, steps = text.split("\nruns:", 1)
    declared = set(re.findall(r"^  ([a-z-]+):$", head.split("\noutputs:", 1)[0], re.M))
    used = set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", text))
    if declared != used:
        sys.exit(f"action.yml declares {sorted(declared)} and uses {sorted(used)}")
    if "${{" in re.sub(r"^\s+[A-Z_]+: .*$", "", steps, flags=re.M):
        sys.exit("action.yml puts an expression into a script; hand it over in `env`")


def hook(folder, binary):
    """The hook in a repository of its own, as pre-commit runs it."""
    source, home = folder / "source", folder / "home"
    repository = folder / "repository"
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=m"]
    for path in (source, repository):
        path.mkdir()
        succeeds("git", *git, "init", "-q", cwd=path)
    manifest = (ROOT / ".pre-commit-hooks.yaml").read_text()
    (source / ".pre-commit-hooks.yaml").write_text(manifest)
    succeeds("git", *git, "add", "-A", cwd=source)
    succeeds("git", *git, "commit", "-qm", "x", cwd=source)
    commit = run("git", "rev-parse", "HEAD", cwd=source).stdout.strip()
    config = {"repos": [{"repo": str(source), "rev": commit, "hooks": [{"id": "sagewarden"}]}]}
    (repository / ".pre-commit-config.yaml").write_text(json.dumps(config))
    (repository / "fails.yaml").write_text(NOTEBOOK.format(root="Enabled"))
    (repository / "passes.yaml").write_text("Resources: {A: {Type: AWS::S3::Bucket}}\n")
    (repository / "package.json").write_text('{"name": "x"}\n')
    (repository / "compose.yaml").write_text("services: {web: {image: x}}\n")
    succeeds("git", *git, "add", "-A", cwd=repository)
    environment = dict(
        os.environ, PATH=f"{binary.parent}{os.pathsep}{os.environ['PATH']}", PRE_COMMIT_HOME=str(home)
    )
    for file, code, says in [
        ("fails.yaml", 1, "fails.yaml:7"),
        ("passes.yaml", 0, ""),
        ("package.json", 0, ""),
        ("compose.yaml", 0, ""),
    ]:
        command = [sys.executable, "-m", "pre_commit", "run", "--files", file]
        result = run(*command, cwd=repository, env=environment)
        if result.returncode != code or says not in result.stdout:
            sys.exit(f"the hook over {file}: {result.returncode}\n{result.stdout}{result.stderr}")


def main():
    """Everything, in turn."""
    binary = Path(sys.argv[1]).resolve()
    lint = Path(sys.executable).with_name("cfn-lint")
    succeeds("the templates", lint, *TEMPLATES, cwd=ROOT)
    succeeds("the role's template", lint, *ROLE, cwd=ROOT)
    inputs()
    with tempfile.TemporaryDirectory() as folder:
        schemas(Path(folder))
        hook(Path(folder), binary)


main()
