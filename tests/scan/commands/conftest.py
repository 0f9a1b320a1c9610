"""What the tests of this family share: the family with all its pages, and one look at a command."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.facts.finding import Confidence, Gap, Severity
from clearance.facts.text import Decoded
from clearance.rules.model import Rule
from clearance.rules.page import read_page
from clearance.scan.commands import family as module
from clearance.scan.commands.family import COMMAND, CommandsFamily
from clearance.scan.family import Budget, Match, View

PAGES = Path(module.__file__).parents[2] / "rules" / "commands"
Told = tuple[str, Severity, Confidence, str]
"""Rule, severity, confidence, message."""


@pytest.fixture(scope="session")
def rules() -> dict[str, Rule]:
    pages = sorted(PAGES.glob("*.md"))
    read = (read_page(page.read_text("utf-8"), path=f"rules/commands/{page.name}", family="commands") for page in pages)
    return {rule.id: rule for rule in read}


@pytest.fixture(scope="session")
def look(rules: dict[str, Rule]) -> Callable[[str], tuple[list[Match], list[Gap]]]:
    family = CommandsFamily(tuple(rules.values()))

    def look(command: str, path: str = COMMAND, seconds: float = 20.0) -> tuple[list[Match], list[Gap]]:
        view = View(path, "after", command.encode(), Decoded(command, "utf-8", broken=False))
        given = list(family.look(view, Budget(seconds)))
        return [one for one in given if isinstance(one, Match)], [one for one in given if isinstance(one, Gap)]

    return look


@pytest.fixture(scope="session")
def tell(rules: dict[str, Rule], look: Callable[[str], tuple[list[Match], list[Gap]]]) -> Callable[[str], list[Told]]:
    def tell(command: str) -> list[Told]:
        return [
            (one.rule, one.severity or rules[one.rule].severity, one.confidence or rules[one.rule].confidence, one.message)
            for one in look(command)[0]
        ]

    return tell
