"""A patch from elsewhere shows pieces of files: what can be told from them is told."""

import pytest

from clearance.collect.patch import patch
from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.look import read_sides
from clearance.scan.tampering.family import TamperingFamily

# The name of a test file, the lines of a hunk, and what is seen in it: rule and side.
HUNKS = [
    (
        "tests/test_a.py",
        ["     got = total(order)", "-    assert got == 120", "     assert order"],
        ("test-weakened", "before"),
    ),
    (
        "tests/test_a.py",
        ["     got = total(order)", "-    assert got == 120", "+    assert got", "     print(1)"],
        ("test-weakened", "after"),
    ),
    ("tests/test_a.py", ["     print(2)", " ", "-def test_gone():", "-    assert one() == 1"], ("test-deleted", "before")),
    ("tests/test_a.py", ["     print(2)", " ", "+@pytest.mark.skip", " def test_d():"], ("test-skipped", "after")),
    ("a.test.ts", ["     const a = b();", "-    expect(a).toBe(1);", "   });"], ("test-weakened", "before")),
    ("a.py", ["     x = 1", "+    y = 2  # nosec", "     z = 3"], ("security-check-suppressed", "after")),
    (
        ".github/workflows/a.yml",
        ["     steps:", "-      - run: bandit -r .", "       - run: make"],
        ("ci-check-weakened", "before"),
    ),
    ("tests/test_a.py", ["     got = total(order)", "+    assert got == 120", "     assert order"], None),
]


@pytest.mark.parametrize(("path", "lines", "expected"), HUNKS)
def test_a_piece(path: str, lines: list[str], expected: tuple[str, str] | None) -> None:
    before = sum(line[0] in " -" for line in lines)
    after = sum(line[0] in " +" for line in lines)
    text = "\n".join([f"--- a/{path}", f"+++ b/{path}", f"@@ -40,{before} +40,{after} @@", *lines, ""])
    collected = patch(text.encode())
    family = TamperingFamily(tuple(_rule(id) for id in IDS))
    (file,) = collected.change.files
    assert file.partial
    sides = read_sides(file, collected.contents, family.max_bytes)
    seen = [one for one in family.compare(Pair(file, sides.before, sides.after), Budget(20)) if isinstance(one, Match)]
    assert [(match.rule, match.side) for match in seen] == ([expected] if expected else [])


IDS = ("test-weakened", "test-deleted", "test-skipped", "security-check-suppressed", "ci-check-weakened", "check-suppressed")


def _rule(id: str) -> Rule:
    return Rule(
        id=id, family="tampering", title="", severity=Severity.LOW, confidence=Confidence.LOW, brief="", guidance="", page=""
    )
