"""A pattern that is compiled when it is first used behaves as a compiled one."""

import copy
import re
from typing import Any

import pytest

from clearance.scan.secrets.lazy import lazily


def test_it_is_compiled_at_the_first_use_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []
    real = re.compile

    def compiling(*given: Any) -> Any:
        compiled.append(given)
        return real(*given)

    monkeypatch.setattr(re, "compile", compiling)
    pattern = lazily(rb"(?P<word>[a-z]+)\d", re.IGNORECASE)
    assert compiled == []
    found = pattern.search(b"- Ab1")
    assert found is not None
    assert found["word"] == b"Ab"
    assert pattern.fullmatch(b"x") is None
    assert (pattern.pattern, pattern.groups) == (rb"(?P<word>[a-z]+)\d", 1)
    assert len(compiled) == 1


def test_a_wrong_pattern_is_told_at_its_first_use() -> None:
    with pytest.raises(re.error):
        lazily("(").match("x")


def test_what_a_pattern_does_not_have_it_does_not_have() -> None:
    with pytest.raises(AttributeError):
        _ = lazily("a").nothing  # type: ignore[attr-defined]
    assert copy.copy(lazily("a")).match("a")
