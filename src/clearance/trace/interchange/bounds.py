"""What all formats have in common: how much is read, how JSON is read, what a range of lines is."""

import json
from collections.abc import Iterable
from typing import Any

from clearance.facts.change import Range
from clearance.facts.errors import BadFile
from clearance.facts.text import visible

MOST_BYTES = 16 << 20
MOST_FILES = 20_000
MOST_RANGES = 200_000
MOST_PROBLEMS = 50
MOST_LINE = 10_000_000
"""Numbers of lines beyond this are nonsense."""
NAME_LIMIT = 200


def read_json(text: str) -> Any:
    """Read JSON in which no object has a key twice.

    Raises:
        BadFile: it is none, or nested too deep.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_none)
    except (ValueError, RecursionError) as error:
        raise BadFile(f"no JSON: {visible(str(error))[:120]}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has a key twice")
    return found


def _none(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def is_path(path: str) -> bool:
    """Tell whether a path can be one of a file in a repository, from its top."""
    parts = path.split("/")
    return bool(path) and len(path) <= 4096 and "\0" not in path and not path.startswith("/") and ".." not in parts


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Put ranges in order, and those together that overlap or touch."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return tuple(found)


def without(ranges: Iterable[Range], taken: Iterable[Range]) -> tuple[Range, ...]:
    """Give ranges without the lines of others."""
    found = list(joined(ranges))
    for first, last in joined(taken):
        found = [
            piece
            for low, high in found
            for piece in ((low, min(high, first - 1)), (max(low, last + 1), high))
            if piece[0] <= piece[1]
        ]
    return joined(found)


def name_of(value: object) -> str:
    """Give a name out of foreign data, shortened; empty where it is none."""
    return value[:NAME_LIMIT] if isinstance(value, str) else ""
