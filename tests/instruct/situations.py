"""Situations of repositories, and a rule of a team."""

from clearance.facts.finding import Confidence, Severity
from clearance.instruct.model import Situation, Stamp
from clearance.rules.model import Rule

STAMP = Stamp(version="1.2.3", catalogue="0123456789ab")
PYTHON_WEB = Situation(scopes={"python": 40, "docker": 1, "github-actions": 2}, libraries=frozenset({"flask", "sqlalchemy"}))
SITUATIONS = {
    "empty": Situation(),
    "python": PYTHON_WEB,
    "everything": Situation(
        scopes={
            "python": 300, "javascript": 200, "go": 100, "java": 50, "docker": 9, "terraform": 40, "kubernetes": 30,
            "github-actions": 5, "gitlab-ci": 1, "nginx": 2, "systemd": 1, "compose": 2,
        }
    ),
    "with findings": Situation(
        scopes={"javascript": 12}, told={"javascript-ssrf": 9, "stripe-secret-key": 2, "test-skipped": 1}
    ),
    "with files of the team": Situation(
        scopes={"go": 3}, standing=frozenset({"AGENTS.md", "CLAUDE.md", ".agent/rules", ".aider.conf.yml"})
    ),
}  # fmt: skip


def team_rule(**changes: object) -> Rule:
    """A rule of a team, as a catalogue gives it."""
    fields: dict[str, object] = {
        "id": "own-rule", "family": "code", "title": "Own", "severity": Severity.LOW, "confidence": Confidence.LOW,
        "brief": "Use the client of `acme.http` for calls outside.", "guidance": "Because.",
        "page": ".clearance/rules/code/own-rule.md", "languages": ("python",),
    }  # fmt: skip
    return Rule(**(fields | changes))  # type: ignore[arg-type]
