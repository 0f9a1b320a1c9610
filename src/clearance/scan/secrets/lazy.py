"""Regular expressions that are compiled at their first use: most files need few of them, and a start should be quick."""

import re
from typing import Any, AnyStr, cast


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
            compiled = self.__dict__["_compiled"] = re.compile(*given)
        found = self.__dict__[name] = getattr(compiled, name)
        return found
