"""What the CI pages tell people to run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[2]
WORKFLOW = TOP / "examples" / "github-actions.yml"
PIPELINE = TOP / "examples" / "gitlab-ci.yml"


def test_zizmor_finds_nothing_in_the_workflow() -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    shown = subprocess.run(
        [zizmor, "--offline", "--persona", "pedantic", WORKFLOW], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stdout + shown.stderr


def test_the_workflow_pins_its_actions_and_asks_for_little() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    job = workflow["jobs"]["gate"]
    used = [step["uses"] for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", action) for action in used)
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"contents": "read", "security-events": "write"}
    assert job["steps"][0]["with"] == {"fetch-depth": 0, "persist-credentials": False}


def commands() -> dict[str, str]:
    workflow = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    pipeline = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))
    (hook,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (judge,) = [step["run"] for step in workflow["jobs"]["gate"]["steps"] if step.get("name") == "Judge"]
    return {"github": judge, "gitlab": pipeline["clearance"]["script"][0], "pre-commit": hook["entry"]}


@pytest.mark.parametrize("where", ["github", "gitlab", "pre-commit"])
def test_each_example_uses_options_that_the_command_has(where: str) -> None:
    command = commands()[where]
    assert command.startswith("clearance check ")
    asked = [sys.executable, "-m", "clearance", "check", "--help"]
    help_ = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    for option in re.findall(r"--[a-z]+", command):
        assert option in help_


def test_gitlab_is_handed_the_report_that_the_command_writes() -> None:
    job = yaml.safe_load(PIPELINE.read_text(encoding="utf-8"))["clearance"]
    assert f"--output {job['artifacts']['reports']['sast']}" in job["script"][0]
    for path in job["artifacts"]["paths"]:
        assert f"--output {path}" in job["script"][0]


@pytest.mark.parametrize("page", ["ci-github.md", "ci-gitlab.md", "pre-commit.md"])
def test_links_of_the_ci_pages_lead_somewhere(page: str) -> None:
    folder = TOP / "docs" / "how-to"
    for link in re.findall(r"\]\(([^)#:]+)\)", (folder / page).read_text(encoding="utf-8")):
        assert (folder / link).exists(), link
