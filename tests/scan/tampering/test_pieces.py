"""A patch from elsewhere shows pieces of files: what can be told from them is told."""

from collections.abc import Callable

import pytest

from clearance.collect.patch import patch
from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair
from clearance.scan.look import read_sides
from clearance.scan.tampering.family import TamperingFamily

Compare = Callable[[dict[str, str], dict[str, str]], list[tuple[str, str, str, int]]]

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


@pytest.mark.parametrize(
    ("path", "before", "after", "told"),
    [
        (".ci/run", "make test\n", "make test\n\0", True),
        (".ci/run", None, "make test\n\0", True),
        (".github/workflows/a.yml", "run: make test\n", "run: make test\n\0", True),
        (".ci/logo.png", None, "\0", False),
        ("src/logo.yml", "a: b\n", "\0", False),
    ],
)
def test_a_pipeline_that_a_nul_byte_makes_binary_is_told(
    compare: Compare, path: str, before: str | None, after: str, *, told: bool
) -> None:
    seen = compare({} if before is None else {path: before}, {path: after})
    assert [one[:3] for one in seen] == ([("ci-check-weakened", path, "after")] if told else [])
