"""What the tests of this family share: the family with all its rules, and a comparison of two sets of files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from clearance.collect.memory import change_of
from clearance.facts.change import FileChange
from clearance.rules.model import Rule
from clearance.rules.page import read_page
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.look import read_sides
from clearance.scan.tampering import family as module
from clearance.scan.tampering.family import TamperingFamily

PAGES = Path(module.__file__).parents[2] / "rules" / "tampering"
Seen = list[tuple[str, str, str, int]]
"""Rule, path, side, line (0 for the whole file)."""


def read_rules() -> tuple[Rule, ...]:
    return tuple(
        read_page(page.read_text(encoding="utf-8"), path=f"rules/tampering/{page.name}", family="tampering")
        for page in sorted(PAGES.glob("*.md"))
    )


def matches(before: Mapping[str, str], after: Mapping[str, str]) -> list[tuple[FileChange, Match, int]]:
    """Compare two sets of files: the file, what was seen, and its line."""
    collected = change_of(
        {path: text.encode("utf-8", "surrogatepass") for path, text in before.items()},
        {path: text.encode("utf-8", "surrogatepass") for path, text in after.items()},
    )
    family = TamperingFamily(read_rules())
    family.start(collected.contents)
    found = []
    for file in collected.change.files:
        sides = read_sides(file, collected.contents, family.max_bytes)
        for match in family.compare(Pair(file, sides.before, sides.after), Budget(20.0)):
            assert isinstance(match, Match)
            view = sides.before if match.side == "before" else sides.after
            assert view is not None or match.whole_file  # a file that is no text can only be meant as a whole
            found.append((file, match, 0 if view is None or match.whole_file else view.position(match.start)[0]))
    return found


def compare_files(before: Mapping[str, str], after: Mapping[str, str]) -> Seen:
    return [(match.rule, file.path, match.side, line) for file, match, line in matches(before, after)]


@pytest.fixture(scope="session")
def compare() -> Callable[[Mapping[str, str], Mapping[str, str]], Seen]:
    return compare_files


def sides_of(diff: str) -> tuple[dict[str, str], dict[str, str]]:
    """Read a diff that shows whole files."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    old = new = ""
    for line in diff.splitlines(keepends=True):
        if line.startswith("--- "):
            old = line[4:].strip().removeprefix("a/")
        elif line.startswith("+++ "):
            new = line[4:].strip().removeprefix("b/")
        elif not line.startswith("@@"):
            if line[:1] in " -" and old != "/dev/null":
                before[old] = before.get(old, "") + line[1:]
            if line[:1] in " +" and new != "/dev/null":
                after[new] = after.get(new, "") + line[1:]
    return before, after


@pytest.fixture(scope="session")
def read() -> Callable[[], tuple[Rule, ...]]:
    return read_rules


@pytest.fixture(scope="session")
def apply() -> Callable[[str], tuple[dict[str, str], dict[str, str]]]:
    return sides_of


@pytest.fixture(scope="session")
def see() -> Callable[[Mapping[str, str], Mapping[str, str]], list[tuple[FileChange, Match, int]]]:
    return matches
