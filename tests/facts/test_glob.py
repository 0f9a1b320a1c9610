"""Path patterns mean what people expect of them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.glob import matcher


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("*.md", ["a.md", "docs/b/c.md"], ["a.mdx", "md"]),
        ("docs/**", ["docs/a", "docs/a/b"], ["docs", "src/docs/a"]),
        ("**/test_*.py", ["test_a.py", "x/y/test_b.py"], ["x/my_test.py"]),
        ("src/*/a.py", ["src/x/a.py"], ["src/x/y/a.py", "src/a.py"]),
        ("build/", ["build/x", "lib/build/x/y"], ["build"]),
        ("/only.txt", ["only.txt"], ["x/only.txt", "lonely.txt"]),
        ("a?c", ["abc"], ["a/c", "ac"]),
        ("[ab].py", ["a.py", "x/b.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py"]),
        ("a.b", ["a.b"], ["aXb"]),
        ("x\ny", ["x\ny"], ["x"]),
    ],
)
def test_patterns(pattern: str, fits: list[str], does_not: list[str]) -> None:
    match = matcher([pattern])
    assert all(match(path) for path in fits)
    assert not any(match(path) for path in does_not)


def test_no_pattern_fits_nothing() -> None:
    assert not matcher([])("a")


@given(st.text("*?[]!^/ab\\-.", max_size=20), st.text("/ab.", max_size=20))
def test_any_pattern_compiles_or_is_refused_as_a_pattern(pattern: str, path: str) -> None:
    with contextlib.suppress(ValueError):
        assert matcher([pattern])(path) in {True, False}


@pytest.mark.parametrize("pattern", ["[?--]", "[a&&b]", "[a||b]", "[a~~b]", "[[]", "[]]"])
def test_sets_hold_characters_and_no_operators(pattern: str) -> None:
    with contextlib.suppress(ValueError):
        assert not matcher([pattern])("longer than one")
