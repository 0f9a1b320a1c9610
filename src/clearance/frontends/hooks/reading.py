"""Bytes of a payload to JSON-shaped values: strict, bounded, and clean of what no later room could carry."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Never

MOST_BYTES = 16 * 1024 * 1024
"""Payloads beyond this are not read; the answer is the contract's strictest."""


class Unread(Exception):
    """A payload, or a part of it, that is not what its contract says. The text names what, for a person."""


class Torn(Unread):
    """One field under two of its names, with two values: which of them counts is not known."""


def read(payload: bytes) -> dict[str, Any]:
    """Read a payload: one JSON object in UTF-8 (RFC 8259), a byte order mark at its head allowed.

    A lone surrogate becomes U+FFFD, as it does in every file that an assistant writes.

    Raises:
        Unread: too large, not UTF-8, cut off, no object, a name twice in one object, or a number that JSON does not know.
    """
    if len(payload) > MOST_BYTES:
        raise Unread(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unread(f"it is not UTF-8 (byte {error.start})") from None
    value = read_text(text)
    if not isinstance(value, dict):
        raise Unread("it is not a JSON object")
    return value


def read_text(text: str) -> Any:
    """Read a JSON text as strictly as a payload, to any value.

    Raises:
        Unread: as `read`.
    """
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unread(f"it is not JSON, or was cut off (character {error.pos})") from None
    except RecursionError:
        raise Unread("it is nested too deeply") from None
    except ValueError:
        raise Unread("it holds a number that is too long") from None
    # Escapes are the only way for a surrogate into text that was UTF-8, and they cost a walk over everything.
    return _clean(value) if "\\u" in text else value


def find(value: Any, paths: Iterable[str]) -> Any:
    """Give the first of the paths (`tool_input.command`, `roots.0`) that leads to anything but null; `.` is all of it."""
    for path in paths:
        found = value
        if path != ".":
            for name in path.split("."):
                if isinstance(found, list) and name.isdigit():
                    found = found[int(name)] if int(name) < len(found) else None
                else:
                    found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None:
            return found
    return None


def only(value: Any, paths: Iterable[str]) -> Any:
    """Give the same as `find`, for a field that has one value.

    Raises:
        Torn: another of the paths leads to another value: what is judged might not be what is done.
    """
    found = [(path, one) for path in paths if (one := find(value, (path,))) is not None]
    if not found:
        return None
    name, first = found[0]
    for other, one in found[1:]:
        if name != "." and one != first:
            raise Torn(f"it gives one field two values, as {name} and as {other}")
    return first


def text_at(value: Any, paths: Iterable[str]) -> str:
    """Give a text where one stands, else an empty one."""
    found = find(value, paths)
    return found if isinstance(found, str) else ""


def written(value: Any) -> str:
    """Write a value as JSON text, as it would go to a tool."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        # Readers differ in which of the two counts: what is judged might not be what is done.
        raise Unread("it gives one name twice in one object")
    return value


def _no_number(name: str) -> Never:
    raise Unread(f"it holds {name}, which is no JSON")


def _clean(value: Any) -> Any:
    """Replace lone surrogates, in keys too. Bounded: the JSON reader has refused what is nested too deeply."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return value
