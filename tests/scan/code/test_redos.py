"""Regular expressions that explode, and those that only look like it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.code.properties.redos import explosive
from clearance.scan.code.properties.regex import NotRead, read

EXPLODE = [
    r"(a{1,3})*b",
    r"(a+)+$",
    r"^(\w+\s?)*$",
    r"^(a|aa)+$",
    r"^(a|a)*$",
    r"(.*)*x",
    r"^([a-zA-Z0-9]+\.?)+@x$",
    r"(x+x+)+y",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^(\d+|\d+\.)+$",
    r"^([\w.-]+)+@",
    r"(?=(a+)+b)c",
    r"^(?:\s*\w+\s*)*$",
    r'([^"]+|"[^"]*")*;',
    r"^(.+,?)+$",
    r"^([a-z]+|\d+)*$",
    r"(?i)^(a|A)+$",
    r"^(?:ä|ä)+$",
    r"(?P<word>\w+)*\Z",
]
HOLD = [
    r"^(\d{1,3}\.)+$",
    r"^(?:[a-z]{1,3}-)*x$",
    r"\d+\.\d+",
    r"^\w+@\w+\.\w+$",
    r"(a|b)*c",
    r"(ab+)*c",
    r"(?:\w+\s)*x",
    r"^[a-z]+(-[a-z]+)*$",
    r'^(?:[^"\\]|\\.)*$',
    r"(\w+\s?)*",
    r"a*a*b",
    r"^(\d{1,3}\.){3}\d{1,3}$",
    r"^https?://[^\s/]+(/[^\s]*)?$",
    r"(?:a?)*b",
    r"<[^>]+>",
    r"(\s*,\s*\w+)*;",
    r"^(?:ä|ö)+$",
    r"^(a|A)+$",
]


@pytest.mark.parametrize("pattern", EXPLODE)
def test_what_explodes_is_told(pattern: str) -> None:
    assert explosive(pattern)


@pytest.mark.parametrize("pattern", HOLD)
def test_what_holds_is_not(pattern: str) -> None:
    assert explosive(pattern) is None


def test_an_engine_that_is_linear_never_explodes() -> None:
    assert explosive("(a+)+$", "go") is None


PIECES = st.recursive(
    st.sampled_from(["a", "b", "[ab]", "[^a]", "\\w", "\\d", ".", "ä"]),
    lambda inner: (
        st.builds("({}{})".format, inner, inner)
        | st.builds("(?:{}|{})".format, inner, inner)
        | st.builds("(?:{}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "*?"]))
    ),
    max_leaves=6,
)


@given(PIECES)
def test_what_python_reads_is_read(pattern: str) -> None:
    re.compile(pattern)
    read(pattern)


@given(st.text(alphabet="ab()[]{}*+?|^$\\\\.-,0123:=!<>P#", max_size=30))
def test_nothing_breaks_the_reader(pattern: str) -> None:
    try:
        read(pattern)
    except NotRead:
        assert explosive(pattern) is None
    else:
        explosive(pattern)


@given(PIECES)
def test_what_is_said_to_hold_holds(pattern: str) -> None:
    """Where we are wrong, this does not come back: 2**26 ways take Python minutes, a polynomial of them milliseconds."""
    if explosive(f"^{pattern}$"):
        return
    compiled = re.compile(f"^{pattern}$")
    for text in ("a" * 26 + "!", "ab" * 13 + "!", "b" * 26 + "!"):
        compiled.match(text)


@pytest.mark.parametrize(
    "pattern", ["(" * 5000, "(a|" * 300 + "a" + ")*" * 300, "(?:a{1,12}){1,12}" * 30, "a" * 5000, "[" * 99]
)
def test_hostile_expressions_come_back(pattern: str) -> None:
    explosive(pattern)
