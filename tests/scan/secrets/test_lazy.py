"""Patterns mean the same on each version of Python."""

import re

import pytest

from clearance.scan.secrets.lazy import atomic, lazily

WRITTEN = [
    (r"(?:ab)?+c", r"(?>(?:ab)?)c"),
    (r"(a|(b)*+c){1,3}+", r"(?>(a|(?>(b)*)c){1,3})"),
    (r"[()]++\)(x)++", r"[()]++\)(?>(x)+)"),
    (r"(a)+b?+", r"(a)+b?+"),
    (r"\((a)\)?+", r"\((a)\)?+"),
    (r"[^])]*(x){2}+", r"[^])]*(?>(x){2})"),
]


@pytest.mark.parametrize(("pattern", "made"), WRITTEN)
def test_a_possessive_group_is_written_as_an_atomic_one(pattern: str, made: str) -> None:
    assert atomic(pattern) == made
    assert atomic(pattern.encode()) == made.encode()
    re.compile(made)


def test_a_possessive_group_does_not_step_back() -> None:
    assert lazily(r"(?:ab{1,3})?+bc").search("abbbc") is not None
    assert lazily(r"^(?:ab{1,3})?+bc").match("abbbc") is None
