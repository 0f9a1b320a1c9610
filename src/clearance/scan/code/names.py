"""Names as blocks write them, and the question which blocks care about a word."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[A-Za-z_$*][\w$*-]*(?:\(\)|\[\])*")
_MOST_KNOWN = 4096
"""Answers that are kept for one set of names."""


class NamePattern(NamedTuple):
    """A dotted name; `parts` are its components, `anywhere` drops the first ones (`*.execute`), `beyond` asks for
    so many more components (one for `Crypto.Cipher.DES.*`), `glob` tells that a component holds a `*`."""

    text: str
    parts: tuple[str, ...]
    anywhere: bool
    beyond: int
    glob: bool

    @property
    def anchor(self) -> str:
        """The component by which places that may fit are found: the last one."""
        return last_word(self.parts[-1])

    def fits(self, name: str) -> bool:
        """Tell whether a resolved dotted name is meant. Calls within a name are written `()`, elements `[]`."""
        name = spelled(name)
        if self.glob or self.beyond:
            return _expression(self).fullmatch(name) is not None
        tail = ".".join(self.parts)
        if not self.anywhere:
            return name == tail
        return name.endswith(tail) and name[-len(tail) - 1 : -len(tail)] == "." and len(name) > len(tail) + 1


def last_word(name: str) -> str:
    """Give the last part of a dotted name without calls and elements: `get` of `requests.Session().get()`."""
    return name[name.rfind(".") + 1 :].partition("(")[0].partition("[")[0]


def spelled(name: str) -> str:
    """Write elements in one way: `a[]`."""
    return name.replace(".[]", "[]") if ".[" in name else name


@lru_cache(maxsize=4096)
def _expression(pattern: NamePattern) -> re.Pattern[str]:
    """Compile a pattern with stars; components are matched by `[^.]*`, which cannot backtrack across dots."""
    return re.compile(_written(pattern))


def any_of(patterns: Sequence[NamePattern]) -> re.Pattern[str]:
    """Compile patterns of which one has to fit a whole name."""
    return re.compile("|".join(dict.fromkeys(map(_written, patterns))))


def _written(pattern: NamePattern) -> str:
    parts = [re.escape(part).replace(r"\*", "[^.]*") for part in pattern.parts]
    text = r"\.".join(parts)
    if pattern.anywhere:
        text = r"(?s:.+)\." + text
    return text + r"\.[^.]+" * pattern.beyond


@lru_cache(maxsize=8192)
def read_name(text: str) -> NamePattern:
    """Read a name as a block writes it.

    Raises:
        ValueError: it is no name.
    """
    parts = spelled(text).lstrip(".").split(".")
    dots = len(text) - len(text.lstrip("."))
    anywhere = len(parts) > 1 and parts[0] == "*"
    if anywhere:
        parts = parts[1:]
    beyond = 0
    while len(parts) > 1 and parts[-1] == "*":
        parts = parts[:-1]
        beyond += 1
    if not all(_WORD.fullmatch(part) for part in parts) or parts[-1].strip("*") == "":
        raise ValueError(f"{text!r} is no name")
    if dots:
        parts[0] = "." * dots + parts[0]
    return NamePattern(text, tuple(parts), anywhere, beyond, any("*" in part for part in parts))


class Names:
    """Names of which one must fit, arranged so that the usual question costs one look-up."""

    __slots__ = ("_depth", "_exact", "_known", "_others", "_tails", "beyond", "patterns")

    def __init__(self, patterns: tuple[NamePattern, ...] = ()) -> None:
        plain = [one for one in patterns if not one.glob and not one.beyond]
        self.patterns = patterns
        self.beyond = max((one.beyond for one in patterns), default=0)
        self._exact = frozenset(spelled(one.text) for one in plain if not one.anywhere)
        self._tails = frozenset(spelled(one.text[2:]) for one in plain if one.anywhere)
        self._depth = max((len(one.parts) for one in plain if one.anywhere), default=0)
        others = tuple(one for one in patterns if one.glob or one.beyond)
        self._others = any_of(others) if others else None
        self._known: dict[str, bool] = {}

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def fits(self, name: str) -> bool:
        """Tell whether a resolved dotted name is meant; asked very often about the same ones."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[name] = self._fits(spelled(name))
        return known

    def _fits(self, name: str) -> bool:
        if name in self._exact:
            return True
        at = len(name)
        for _ in range(self._depth):
            at = name.rfind(".", 0, at)
            if at <= 0:
                break
            if name[at + 1 :] in self._tails:
                return True
        return self._others is not None and self._others.fullmatch(name) is not None
