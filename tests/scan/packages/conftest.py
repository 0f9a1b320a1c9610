"""What the tests of this family share: the family with all its rules, and a look at some files."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.finding import Gap
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.rules.page import read_page
from clearance.scan.family import Budget, Match, View
from clearance.scan.packages import family as module
from clearance.scan.packages.family import PackagesFamily

TODAY = dt.date(2026, 12, 1)
PAGES = Path(module.__file__).parents[2] / "rules" / "packages"


def read_rules() -> tuple[Rule, ...]:
    return tuple(
        read_page(page.read_text(encoding="utf-8"), path=f"rules/packages/{page.name}", family="packages")
        for page in sorted(PAGES.glob("*.md"))
    )


Seen = list[tuple[str, str, int, str]]
"""Path, rule (or gap's kind), line, the text of the span (or the gap's detail)."""


def look_at(
    files: Mapping[str, str], *, complete: bool = True, family: PackagesFamily | None = None, seconds: float = 20.0
) -> Seen:
    """Look at all files of a tree."""
    tree = {path: text.encode("utf-8", "surrogatepass") for path, text in files.items()}
    family = family or PackagesFamily(read_rules(), TODAY)
    family.start(HeldContents({}, tree, tree, complete=complete))
    seen: Seen = []
    for path, data in tree.items():
        decoded = decode(data)
        if decoded is None:
            continue
        view = View(path, "after", data, decoded)
        for one in family.look(view, Budget(seconds)):
            match one:
                case Match():
                    seen.append((path, one.rule, view.position(one.start)[0], view.text[one.start : one.end]))
                case Gap():
                    seen.append((one.path, one.kind.value, 0, one.detail))
    return seen


@pytest.fixture(scope="session")
def look() -> Callable[..., Seen]:
    return look_at


@pytest.fixture(scope="session")
def read() -> Callable[[], tuple[Rule, ...]]:
    return read_rules
