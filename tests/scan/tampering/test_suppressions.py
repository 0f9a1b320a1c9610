"""Suppressions count where they work: in comments, beyond those that the change takes away."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

Compare = Callable[[dict[str, str], dict[str, str]], list[tuple[str, str, str, int]]]

SECURITY = "security-check-suppressed"
ROWS = tomllib.loads(Path(__file__).with_name("suppressions.toml").read_text(encoding="utf-8"))["row"]


@pytest.mark.parametrize(("path", "line", "rule"), ROWS, ids=[f"{row[0]} {row[1][:40]!r}" for row in ROWS])
def test_an_added_line(compare: Compare, path: str, line: str, rule: str) -> None:
    before = "first\n\nlast\n"
    after = f"first\n{line}\n\nlast\n"
    assert [seen[0] for seen in compare({path: before}, {path: after})] == ([rule] if rule else [])
    assert [seen[0] for seen in compare({}, {path: after})] == ([rule] if rule else [])
    assert compare({path: after}, {path: before}) == []
    assert compare({path: after}, {path: f"zero\n{after}one\n"}) == []


def test_more_of_the_same_counts_and_broader_counts(compare: Compare) -> None:
    one, two = "call(1)  # nosec B602\n", "call(2)  # nosec B602\n"
    assert compare({"a.py": one}, {"a.py": one + two}) == [(SECURITY, "a.py", "after", 2)]
    assert compare({"a.py": one}, {"a.py": "call(1)  # nosec\n"}) == [(SECURITY, "a.py", "after", 1)]
    assert compare({"a.py": "call(1)  # nosec\n"}, {"a.py": one}) == []


def test_one_that_is_gone_makes_up_for_one_that_is_new_and_not_for_two(compare: Compare) -> None:
    assert compare({"a.py": "call(1)  # nosec B602\n"}, {"a.py": "call(2)  # nosec B602\ncall(3)  # nosec B602\n"}) == [
        (SECURITY, "a.py", "after", 2)
    ]


def test_a_line_that_moves_is_no_new_line_and_its_copy_is_one(compare: Compare) -> None:
    path = ".github/workflows/a.yml"
    before = "jobs:\n  a:\n    steps:\n    - uses: example/setup@v1\n"
    moved = "jobs:\n  a:\n    steps:\n      - uses: example/setup@v1\n"
    assert compare({path: before}, {path: moved}) == []
    assert compare({path: before}, {path: moved + "      - uses: example/setup@v1\n"}) == [
        ("ci-action-unpinned", path, "after", 5)
    ]
