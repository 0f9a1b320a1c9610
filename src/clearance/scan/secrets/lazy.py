"""Regular expressions that are compiled at their first use: most files need few of them, and a start should be quick."""

import re
import sys
from typing import Any, AnyStr, cast

_BROKEN = sys.version_info < (3, 11, 5)
"""Before, a possessive quantifier on a group that can step back matches what it must not (CPython, gh-106052); an atomic
group, which means the same, does not."""
_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\((?!\?#)|\)((?:[?*+]|\{\d*,?\d*\})\+)?|.", re.DOTALL)


def lazily(pattern: AnyStr, flags: "int | re.RegexFlag" = 0) -> "re.Pattern[AnyStr]":
    """Give what behaves as `re.compile(pattern, flags)` does, compiled at the first use of a method."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


class _Lazy:
    """Stands in for a compiled pattern, and hands its attributes on."""

    def __init__(self, pattern: str | bytes, flags: "int | re.RegexFlag") -> None:
        self._given = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        """Compile at the first use; what was asked for is then found at once."""
        given = self.__dict__.get("_given")
        if given is None:  # a copy that was not made by `__init__`
            raise AttributeError(name)
        compiled = self.__dict__.get("_compiled")
        if compiled is None:
            pattern, flags = given
            compiled = self.__dict__["_compiled"] = re.compile(atomic(pattern) if _BROKEN else pattern, flags)
        found = self.__dict__[name] = getattr(compiled, name)
        return found


def atomic(pattern: AnyStr) -> AnyStr:
    """Write `(…)?+`, `(…)*+`, `(…)++` and `(…){1,2}+` as atomic groups: `(?>(…)?)`."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    pieces: list[str] = []
    opened: list[int] = []
    for found in _PIECE.finditer(text):
        piece = found[0]
        if piece == "(":
            opened.append(len(pieces))
        elif piece[0] == ")" and opened:
            start = opened.pop()
            if found[1]:
                pieces[start] = "(?>" + pieces[start]
                piece = f"){found[1][:-1]})"
        pieces.append(piece)
    made = "".join(pieces)
    return made.encode("latin-1") if isinstance(pattern, bytes) else made
