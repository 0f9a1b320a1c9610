"""The names in a unified diff: quoted, prefixed, dated, or missing."""

import re

NOTHING = b"/dev/null"
_PREFIXES = {(b"a", b"b"), (b"i", b"w"), (b"c", b"i"), (b"c", b"w"), (b"o", b"w"), (b"1", b"2"), (b"b", b"a"), (b"w", b"i")}
_ESCAPES = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"')


def header_names(text: bytes) -> tuple[bytes, bytes] | None:
    """Read the two names of `diff --git`, if they can be told apart: quoted, or the same behind their prefixes."""
    first = QUOTED.match(text)
    if first and text[first.end() : first.end() + 1] == b" ":
        rest = text[first.end() + 1 :]
        second = QUOTED.fullmatch(rest)
        return unescaped(first[1]), unescaped(second[1]) if second else rest
    if text.endswith(b'"') and b' "' in text:
        plain, _, rest = text.partition(b' "')
        return plain, unescaped(rest[:-1])
    middle = len(text) // 2
    old, new = text[:middle], text[middle + 1 :]
    if text[middle : middle + 1] == b" " and (old == new or (tail(old) == tail(new) and paired(old, new))):
        return old, new
    return None


def unescaped(text: bytes) -> bytes:
    """Undo C escapes."""

    def plain(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8) & 0xFF]) if code.isdigit() and len(code) == 3 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(plain, text)


def tail(name: bytes) -> bytes:
    """Give a name without its first folder; empty where there is none."""
    return name.partition(b"/")[2]


def paired(old: bytes, new: bytes) -> bool:
    """Tell whether two names start with a pair of prefixes that git puts in front."""
    return (old.partition(b"/")[0], new.partition(b"/")[0]) in _PREFIXES


def unprefixed(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Take `a/` and `b/`, or their like, off a pair of names; `/dev/null` stays."""
    if NOTHING in {old, new}:
        name = old if new == NOTHING else new
        bare = tail(name) if name.startswith((b"a/", b"b/")) else name
        return (old if old == NOTHING else bare), (new if new == NOTHING else bare)
    return (tail(old), tail(new)) if old != new and paired(old, new) else (old, new)


def agree(one: tuple[bytes, ...], other: tuple[bytes, bytes]) -> bool:
    """Tell whether two pairs name the same, where the first one names a file at all."""
    return all(name in {NOTHING, wanted} for name, wanted in zip(one, other, strict=True))


def plain_names(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """Give the name of the after side and of the before side of a diff that is not git's: `diff -r` puts the two folders
    in front, a backup copy ends in `.orig`."""
    old, new = unprefixed(old, new)
    if NOTHING in {old, new}:
        return (old, old) if new == NOTHING else (new, new)
    if old != new and tail(old) and tail(old) == tail(new):
        return tail(new), tail(old)
    return new, new
