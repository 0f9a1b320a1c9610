"""Judges regular expressions that code checks text with: for which kinds of sinks is text harmless that fits the whole of
it?"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_ALL: Final = frozenset(map(chr, range(1, 127)))
_WORD: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_DIGITS: Final = frozenset("0123456789")
_SPACES: Final = frozenset(" \t\n\r\f\v")
_POSIX: Final = {"alnum": _WORD - {"_"}, "alpha": _WORD - _DIGITS - {"_"}, "digit": _DIGITS, "word": _WORD, "xdigit":
frozenset("0123456789abcdefABCDEF"),
                 "lower": frozenset("abcdefghijklmnopqrstuvwxyz"),
                 "upper": frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}  # fmt: skip
_PLAIN: Final = _WORD | {"-"}
_DANGEROUS: Final = {
    "shell": frozenset(";&|$`<>(){}[]*?!#~'\"\\\n\r\0 \t%"),
    "sql": frozenset("'\"`;\\()=*/#% \t\n\r,"),
    "nosql": frozenset("${}[]'\"\\.:"),
    "html": frozenset("<>&\"'`="),
    "script": frozenset("<>&\"'`=(){}[];\\/+\n\r$"),
    "template": frozenset("{}%$#<>"),
    "path": frozenset("/\\\0:"),
    "url": frozenset("/\\:@?#%"),
    "redirect": frozenset("/\\:@"),
    "header": frozenset("\r\n\0"),
    "log": frozenset("\r\n\0\x1b"),
    "email": frozenset("\r\n,;<>"),
    "ldap": frozenset("()*\\&|=!<>~\0"),
    "xpath": frozenset("'\"[]()/=|@*<>"),
    "xml": frozenset("<>&\"'%!"),
    "regex": frozenset("*+?()[]{}|^$\\"),
    "format": frozenset("{}%"),
    "code": _ALL - _WORD - {"-", "."},
    "csv": frozenset("=+@\t\r"),
    "number": _ALL - _DIGITS,
}
"""Characters that can do something in a kind of sink."""


@lru_cache(maxsize=1024)
def harmless_kinds(pattern: str, *, whole: bool, start: bool = False) -> frozenset[str]:
    """Give the kinds of sinks for which text that a pattern accepts is harmless (`*`: all).

    `whole`: the check compares the whole text (`fullmatch`); `start`: it compares from the start (`match` in Python). A
    pattern that is not
    understood, or not anchored, makes nothing harmless.
    """
    if len(pattern) > 500:
        return frozenset()
    body, fits = _unanchored(pattern, whole=whole, start=start)
    if not fits:
        return frozenset()
    admitted = _characters(body)
    if admitted is None:
        return frozenset()
    if admitted <= _PLAIN:
        return frozenset({"*"})
    return frozenset(kind for kind, dangerous in _DANGEROUS.items() if not admitted & dangerous)


def _unanchored(pattern: str, *, whole: bool, start: bool) -> tuple[str, bool]:
    """Take the anchors off; tell whether the pattern speaks about the whole text."""
    body = pattern
    while body.startswith("(?"):
        end = body.find(")")
        flags = body[2:end]
        if end < 0 or not flags.isalpha():
            break
        if "m" in flags or "x" in flags:
            return body, False
        body = body[end + 1 :]
    opened = closed = False
    if body.startswith("^"):
        body, opened = body[1:], True
    elif body.startswith("\\A"):
        body, opened = body[2:], True
    if body.endswith("$") and not body.endswith("\\$"):
        body, closed = body[:-1], True
    elif body.endswith(("\\Z", "\\z")):
        body, closed = body[:-2], True
    if (opened or closed) and not whole and _alternatives(body):
        return body, False
    return body, whole or ((opened or start) and closed)


def _alternatives(body: str) -> bool:
    """Tell whether a `|` stands outside of all groups and classes."""
    return any(letter == "|" and depth == 0 for _, letter, depth in _walk(body, 0, 0))


def _walk(body: str, at: int, depth: int) -> Iterator[tuple[int, str, int]]:
    """Give what stands outside of classes and is not escaped: offset, letter, and the depth of groups behind it."""
    inside = False
    while at < len(body):
        letter = body[at]
        if letter == "\\":
            at += 1
        elif inside:
            inside = letter != "]"
        elif letter == "[":
            inside = True
        else:
            depth += (letter == "(") - (letter == ")")
            yield at, letter, depth
        at += 1


def _characters(body: str) -> frozenset[str] | None:
    """Give the characters that may stand in text that fits, or None where the pattern is not understood."""
    out: set[str] = set()
    at = 0
    while at < len(body):
        letter = body[at]
        if letter == "\\":
            if at + 1 >= len(body):
                return None
            found = _escaped(body[at + 1])
            if found is None:
                return None
            out |= found
            at += 2
        elif letter == "[":
            chars, at = _klass(body, at + 1)
            if chars is None:
                return None
            out |= chars
        elif letter == "(":
            at += 1
            if body.startswith("?", at):
                if body.startswith("?:", at):
                    at += 2
                elif body.startswith(("?=", "?!"), at):
                    end = _group_end(body, at)
                    if end < 0:
                        return None
                    at = end + 1
                elif body.startswith(("?P<", "?<"), at) and not body.startswith(("?<=", "?<!"), at):
                    end = body.find(">", at)
                    if end < 0:
                        return None
                    at = end + 1
                else:
                    return None
        elif letter in ")|*+?":
            at += 1
        elif letter == "{":
            end = body.find("}", at)
            if end < 0 or not all(one in "0123456789, " for one in body[at + 1 : end]):
                return None
            at = end + 1
        elif letter == ".":
            return _ALL
        elif letter in "^$":
            at += 1
        else:
            out.add(letter if letter < "\x7f" else "a")
            at += 1
    return frozenset(out)


def _group_end(body: str, at: int) -> int:
    """Give the bracket that closes the group whose body starts at `at`, or -1."""
    return next((end for end, letter, depth in _walk(body, at, 1) if letter == ")" and depth == 0), -1)


def _escaped(letter: str) -> frozenset[str] | None:
    match letter:
        case "w":
            return _WORD
        case "d":
            return _DIGITS
        case "s":
            return _SPACES
        case "W":
            return _ALL - _WORD
        case "D":
            return _ALL - _DIGITS
        case "S":
            return _ALL - _SPACES
        case "n" | "r" | "t" | "f" | "v":
            return frozenset({"\n"})
        case "b" | "B":
            return frozenset()
        case _:
            return None if letter.isalnum() else frozenset(letter)


def _klass(body: str, at: int) -> tuple[frozenset[str] | None, int]:
    """Read a class after its `[`; give its characters and where it ends."""
    out: set[str] = set()
    negated = body.startswith("^", at)
    if negated:
        at += 1
    first = True
    while at < len(body) and (body[at] != "]" or first):
        first = False
        letter = body[at]
        if letter == "\\" and at + 1 < len(body):
            found = _escaped(body[at + 1])
            if found is None:
                return None, at
            at += 2
            if len(found) != 1:
                out |= found
                continue
            (letter,) = found
        elif body.startswith("[:", at):
            end = body.find(":]", at)
            named = _POSIX.get(body[at + 2 : end]) if end > 0 else None
            if named is None:
                return None, at
            out |= named
            at = end + 2
            continue
        elif letter == "&" and body.startswith("&&", at):
            return None, at
        else:
            at += 1
        if body.startswith("-", at) and at + 1 < len(body) and body[at + 1] not in "]\\[":
            last = body[at + 1]
            if last < letter:
                return None, at
            out |= set(map(chr, range(ord(letter), min(ord(last), 126) + 1)))
            at += 2
        else:
            out.add(letter if letter < "\x7f" else "a")
    if at >= len(body):
        return None, at
    return (_ALL - out if negated else frozenset(out)), at + 1
