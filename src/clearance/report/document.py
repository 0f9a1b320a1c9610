"""JSON documents: UTF-8, two spaces, and nothing in them that a terminal or an editor would obey."""

import re
from typing import Any

import msgspec

from clearance.facts.fact import plain

# What `facts.text.visible` escapes and JSON itself does not: DEL and C1 controls, line separators, bidi and zero-width
# characters, tags. Outside of strings JSON holds none of them, so a plain replacement keeps the meaning.
_UNSEEN = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def document(value: object) -> str:
    """Give a fact, or JSON-shaped built-ins, as one JSON document with a newline at its end. Keys keep their order."""
    shaped = plain(value)
    try:
        data = msgspec.json.encode(shaped)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_mended(shaped))
    return _UNSEEN.sub(_escape, msgspec.json.format(data, indent=2).decode()) + "\n"


def _escape(found: re.Match[str]) -> str:
    """Write one character as JSON does: UTF-16 code units in hexadecimal."""
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _mended(value: Any) -> Any:
    """Replace lone surrogates, which UTF-8 has no place for. Facts are a few levels deep, so recursion ends."""
    match value:
        case str():
            return _SURROGATE.sub("\ufffd", value)
        case dict():
            return {_mended(key): _mended(item) for key, item in value.items()}
        case list() | tuple():
            return [_mended(item) for item in value]
        case _:
            return value
