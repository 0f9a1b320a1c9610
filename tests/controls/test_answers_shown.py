"""What the answers to Appendix C promise, shown: with the real command, and with the real policies on what the real
detectors find in examples."""

from pathlib import Path

import pytest

from clearance.controls.coverage import answers
from controls.walk import rules, shown
from journeys.place import Place

STOPPED, ASKED, TOLD = "DENY", "ASK", "ALLOW"
SHOWN = {
    "AC.3.3": {"prompt-tag-characters": STOPPED},
    "AC.7.2": {"push-deploy": ASKED, "destroy-infrastructure": STOPPED},
    "AC.7.3": {
        "docker-secret-in-env": STOPPED, "compose-privileged": STOPPED, "kubernetes-privileged": STOPPED,
        "terraform-aws-s3-public-acl": STOPPED, "github-self-hosted": STOPPED, "gitlab-script-injection": STOPPED,
        "nginx-alias-traversal": STOPPED, "systemd-writable-program": STOPPED, "docker-root-user": ASKED,
        "kubernetes-image-latest": TOLD,
    },
    "AC.7.4": {"ci-permission-widened": ASKED},
    "AC.8.1": {"push-merge": ASKED, "push-package": ASKED, "push-release": ASKED, "push-deploy": ASKED},
    "AC.8.3": {
        "guard-commit-checks": STOPPED, "guard-git-hooks": STOPPED, "guard-clearance-off": STOPPED, "push-forced": ASKED,
        "ci-check-weakened": ASKED, "review-rule-weakened": ASKED, "guard-changed": ASKED,
    },
    "AC.11.1": {"github-agent-prompt": ASKED},
    "AC.11.2": {"assistant-instructions-changed": ASKED},
    "AC.12.1": {
        "github-checkout-of-strangers": STOPPED, "github-script-injection": STOPPED, "gitlab-script-injection": STOPPED,
    },
    "AC.12.2": {"github-credentials-in-artifact": ASKED, "gitlab-job-token": STOPPED, "github-checkout-token-kept": TOLD},
    "AC.12.3": {"github-identity-token": STOPPED, "github-trigger-with-secrets": ASKED},
    "AC.12.4": {"github-self-hosted": STOPPED},
    "AC.12.7": {"github-artifact-of-strangers": ASKED, "github-cache-in-release": TOLD},
    "AC.13.2": {"github-command-of-strangers": ASKED},
    "AC.13.3": {"package-does-not-exist": STOPPED, "package-name-lookalike": ASKED, "package-too-young": STOPPED},
}  # fmt: skip
"""What becomes of the caught examples of a page, as the answer says; an AI wrote them. The strictest verdict counts."""
PEOPLE = {"AC.4.1", "AC.4.4", "AC.7.2", "AC.7.4", "AC.12.5", "AC.13.6"}
"""What two people are asked about, shown below."""

WORKFLOW = """\
on: push
permissions: {}
jobs:
  test:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - run: make test
"""
TERRAFORM = 'resource "aws_sns_topic" "orders" {\n  name = "orders"\n  kms_master_key_id = "alias/orders"\n}\n'
OPAQUE = "import base64\n\n\ndef start(packed):\n    exec(base64.b64decode(packed))\n"


@pytest.fixture
def repository(tmp_path: Path) -> Place:
    """A repository with one commit on main."""
    top = tmp_path / "place"
    top.mkdir()
    place = Place(top)
    place.git("init", "-q", "-b", "main")
    place.write("README.md", "# A shop\n")
    place.commit("start")
    return place


@pytest.mark.parametrize(
    ("control", "rule", "verdict"), [(ac, rule, said) for ac in SHOWN for rule, said in SHOWN[ac].items()]
)
def test_what_the_answer_says_becomes_of_it(control: str, rule: str, verdict: str) -> None:
    assert shown(rules()[rule]).value == verdict, control


def test_each_answer_that_names_this_file_is_shown_here() -> None:
    mine = f"tests/controls/{Path(__file__).name}"
    naming = {name.rpartition("1.0-")[2] for name, one in answers().items() if mine in one.tests}
    assert naming == set(SHOWN) | PEOPLE


@pytest.mark.parametrize(
    ("path", "text", "trigger"),
    [
        pytest.param(".github/workflows/test.yml", WORKFLOW, "ci", id="a workflow"),
        pytest.param("infra/topics.tf", TERRAFORM, "infrastructure", id="infrastructure"),
        pytest.param("start.py", OPAQUE, "opaque-code", id="code that hides what it runs"),
    ],
)
def test_two_people_are_asked_one_of_them_a_security_engineer(repository: Place, path: str, text: str, trigger: str) -> None:
    repository.write(path, text)
    answer = repository.check()
    assert trigger in {one["id"] for one in answer.data["risk"]["triggers"]}
    assert "tier-3-needs-two-people" in {reason["policy"] for reason in answer.data["decision"]["reasons"]}
    asked = next(one for one in answer.data["decision"]["reasons"] if one["policy"] == "tier-3-needs-two-people")
    assert "neither wrote nor requested it" in asked["fix"]
    assert [(need["people"], need["role"]) for need in answer.data["decision"]["reviews"]] == [
        (1, "security engineer"),
        (1, "reviewer"),
    ]
