"""Reads the arguments of a call, and the values of an SQL `INSERT`, as far as they are strings and simple expressions."""

import re
from typing import NamedTuple

from clearance.scan.secrets.lazy import lazily

_SPACE = lazily(rb"(?:[ \t]|\\?\r?\n){0,60}+")
_PASSES_ON = (
    rb"(?:(?:System\.Text\.)?Encoding\.\w{1,12}\.GetBytes|Buffer\.from|bytes(?:\.fromhex)?|bytearray|base64\.\w{1,24}"
    rb"|b64decode|unhexlify|"
    rb"Convert\.FromBase64String|String|str|SecretStr|\[\]byte|new[ ]String)\([ ]?"
)
_STRING = lazily(
    rb"(?P<wrap>"
    + _PASSES_ON
    + rb""")?+[brfuL@N]{0,2}+(?P<quote>["'])(?P<value>(?:[^"'\\\r\n]|\\.){0,300}+)(?P=quote)(?:\.\w{1,24}\("""
    rb"""[\w."-]{0,24}\))?+(?(wrap)[ ]?\))"""
)
_OBJECT = rb"\{[^{}\r\n]{0,240}\}"
_OTHER = lazily(
    rb"(?:" + _OBJECT + rb"""|(?:\w{1,20}+[ ]?=(?!=)[ ]?)?+[\w.$&*:>\[\]\-@"'/]{1,80}+(?:\([\w.$"'/:, -]{0,120}+\))?+)"""
)


class Argument(NamedTuple):
    """An argument of a call, or a value of a row: its span (for a string, between the quotes), and its text where it is a
    string."""

    start: int
    end: int
    text: str | None


def read_arguments(data: bytes, at: int, most: int = 5) -> list[Argument]:
    """Read at most `most` arguments from where the first begins; those after one that cannot be read are left out."""
    arguments: list[Argument] = []
    while len(arguments) < most:
        at = _end(_SPACE.match(data, at), at)
        string = _STRING.match(data, at)
        found = string or _OTHER.match(data, at)
        if found is None:
            break
        if string:
            arguments.append(Argument(*string.span("value"), string["value"].decode("utf-8", "replace")))
        else:
            arguments.append(Argument(*found.span(), None))
        at = _end(_SPACE.match(data, found.end()), found.end())
        if data[at : at + 1] != b",":
            closed = data[at : at + 1] in {b")", b"]", b"}"}
            return arguments if closed else arguments[:-1]
        at += 1
    return arguments


def _end(found: "re.Match[bytes] | None", at: int) -> int:
    return found.end() if found else at
