"""Detectors: what a workflow does with variables, and what a sandbox lacks."""

from pathlib import Path

import pytest

from clearance.rules.page import read_page
from clearance.scan.family import Budget, Match
from scan.infra.rules_of_tests import family, view

PAGES = Path(__file__).parents[3] / "src/clearance/rules/infra"


def said(page: str, path: str, text: str) -> list[str]:
    """Give what a page's detector and blocks find in a file."""
    rule = read_page((PAGES / f"{page}.md").read_text(encoding="utf-8"), path=f"rules/infra/{page}.md", family="infra")
    return [text[one.start : one.end] for one in family(rule).look(view(path, text), Budget(60)) if isinstance(one, Match)]


def workflow(env: str, line: str, above: str = "") -> str:
    start = f"on: [issues]\n{above}jobs:\n  a:\n    runs-on: x\n    steps:\n"
    return f"{start}      - env: {{{env}}}\n        run: |\n          make\n          {line}\n"


TITLE = "TITLE: '${{ github.event.issue.title }}'"
TOKEN = "TOKEN: '${{ secrets.TOKEN }}'"
LINES = [
    ("github-event-text-run", TITLE, 'eval "$TITLE"', True),
    ("github-event-text-run", TITLE, 'bash -c "say ${TITLE}"', True),
    ("github-event-text-run", TITLE, 'echo "T=$TITLE" >> $GITHUB_ENV', True),
    ("github-event-text-run", TITLE, 'echo "T=$TITLE" >> $GITHUB_OUTPUT', False),
    ("github-event-text-run", TITLE, 'eval "$TITLES"', False),
    ("github-event-text-run", "TITLE: hello", 'eval "$TITLE"', False),
    ("github-event-text-run", "N: '${{ github.event.issue.number }}'", 'eval "$N"', False),
    ("github-secret-in-log", TOKEN, 'echo "$TOKEN"', True),
    ("github-secret-in-log", TOKEN, 'echo "$TOKEN" | base64', True),
    ("github-secret-in-log", TOKEN, 'echo "$TOKEN" > key', False),
    ("github-secret-in-log", TOKEN, 'echo "$TOKEN" | docker login --password-stdin', False),
]


@pytest.mark.parametrize(("page", "env", "line", "caught"), LINES)
def test_a_variable_is_followed_into_the_line_that_uses_it(page: str, env: str, line: str, *, caught: bool) -> None:
    assert said(page, ".github/workflows/a.yml", workflow(env, line)) == ([line] if caught else [])


def test_variables_of_the_workflow_count_and_are_covered_by_those_of_a_step() -> None:
    above = f"env: {{{TITLE}}}\n"
    assert said("github-event-text-run", ".github/workflows/a.yml", workflow("A: b", 'eval "$TITLE"', above))
    assert not said("github-event-text-run", ".github/workflows/a.yml", workflow("TITLE: b", 'eval "$TITLE"', above))


SANDBOX = [
    "NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "PrivateDevices=yes",
    "ProtectKernelTunables=yes", "ProtectKernelModules=yes", "ProtectControlGroups=yes", "RestrictAddressFamilies=AF_UNIX",
    "RestrictNamespaces=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "SystemCallFilter=@system-service",
    "CapabilityBoundingSet=",
]  # fmt: skip


@pytest.mark.parametrize(("without", "findings"), [(0, 0), (1, 1), (2, 2), (3, 0), (14, 0)])
def test_a_sandbox_that_is_nearly_whole_lacks_what_is_missing(without: int, findings: int) -> None:
    text = "[Service]\nExecStart=/usr/bin/shop\n" + "\n".join(SANDBOX[without:]) + "\n"
    assert len(said("systemd-sandbox-gap", "shop.service", text)) == findings
