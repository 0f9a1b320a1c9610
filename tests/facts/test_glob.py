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


def plainly(pattern: list[str], path: list[str]) -> bool:
    """Whether a pattern of folders fits a path of folders, by trying everything."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        if len(pattern) == 1:
            return bool(path)
        return any(plainly(pattern[1:], path[at:]) for at in range(len(path)))
    return bool(path) and named(pattern[0], path[0]) and plainly(pattern[1:], path[1:])


def named(pattern: str, name: str) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(named(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in ("?", name[0]) and named(pattern[1:], name[1:])


names = st.text("ab", min_size=1, max_size=4)


@given(
    pattern=st.lists(
        st.just("**") | st.text("ab*?", min_size=1, max_size=5).filter(lambda one: "**" not in one), min_size=1
    ),
    path=st.lists(names, min_size=1, max_size=5),
)
def test_taking_the_leftmost_place_misses_nothing(pattern: list[str], path: list[str]) -> None:
    assert matcher(["/" + "/".join([*pattern, ""][: len(pattern)])])("/".join(path)) is plainly(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*a*a*a*a*a*a*a*az", "a" * 250),
        ("*-*-*-*-*-*x", "-" * 250),
        ("**/a/**/a/**/a/**/a/**/a/**/a/**/zz", "a/" * 120 + "a"),
        ("**/*a*a/**/*a*a/**/*a*az", ("a" * 60 + "/") * 30 + "a"),
        ("**/**/**/**/**/**/**/**/zz", "b/" * 120 + "a"),
    ],
)
def test_no_pattern_tries_the_same_place_again(pattern: str, path: str) -> None:
    """Two hundred times: with a place that is tried again, one of them would take minutes."""
    fits = matcher([pattern])
    assert not any(fits(path) for _ in range(200))


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
