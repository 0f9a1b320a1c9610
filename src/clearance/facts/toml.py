"""The one way to read TOML that somebody else wrote: bounded, and each refusal names its line."""

import re
from typing import Any

MOST_PARTS = 64
"""How many parts a dotted key may have: the parser's work grows with their square, and settings are three deep."""
_TOKEN = re.compile(r"""[ \t]++|([\w-]++|"(?:[^"\\\n]|\\.)*+"?|'[^'\n]*+'?)|(\.)|.""")
_LONG = re.compile(r"[0-9_]{4300,}")
_AT = re.compile(r" ?\((?:at line (\d+), column \d+|at end of document)\)")


class BadToml(ValueError):
    """A text is no TOML: what is wrong, without the place, and the line from 1."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def read_toml(text: str) -> dict[str, Any]:
    """Read a document; a byte order mark before it is passed over. The caller bounds its length.

    Raises:
        BadToml: no TOML, a number or a nesting that nobody writes, or a key of more than 64 parts.
    """
    import tomllib  # most runs read none

    text = text.removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= MOST_PARTS and _longest(line) > MOST_PARTS:
            raise BadToml(f"a key of more than {MOST_PARTS} parts", number)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise BadToml(f"nested too deeply: {error}", 1) from None
    except ValueError as error:  # an int of 5,000 digits and a day that does not exist are no TOMLDecodeError
        found = _AT.search(str(error))
        if not found:
            long = _LONG.search(text)
            raise BadToml(str(error), text.count("\n", 0, long.start()) + 1 if long else 1) from None
        place = int(found[1]) if found[1] else text.count("\n") + 1
        raise BadToml(_AT.sub("", str(error)), place) from None


def _longest(line: str) -> int:
    """Count the parts of the longest dotted key of a line; what stands in quotes is one part."""
    longest = parts = 0
    dotted = False
    for found in _TOKEN.finditer(line):
        part, dot = found.groups()
        if part:
            parts = parts + 1 if dotted else 1
            longest = max(longest, parts)
        elif not dot and not found[0].isspace():
            parts = 0
        dotted = dotted and not part if not dot else parts > 0
    return longest
