"""What the readers of syntax give: the value of a name."""

import re
from typing import NamedTuple


class Value(NamedTuple):
    """A value's span and text. `literal`: nothing but a value can stand there. `weak`: the syntax says little, so the
    value must speak for itself."""

    start: int
    end: int
    text: str
    literal: bool = False
    weak: bool = False


def value_of(found: "re.Match[bytes]", group: str, *, literal: bool = False, weak: bool = False) -> Value | None:
    """Make a value of a group of a match, as `cut` does."""
    return cut(found.start(group), found[group], literal=literal, weak=weak)


def cut(start: int, raw: bytes, *, literal: bool = False, weak: bool = False) -> Value | None:
    """Make a value of bytes; None where they are not whole characters, are too few, or begin or end with white space."""
    if len(raw) < 4:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return Value(start, start + len(raw), text, literal, weak) if text == text.strip() else None
