"""Secrets whose place in a record says what they are: lines of `.pgpass` and debconf, maps of users to passwords."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.facts.finding import Confidence
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.names import kind_of
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone
from clearance.scan.secrets.values import Kind, is_wordy, judge

_QUOTES = (b'"', b"'", b"`")
_MOST_ENTRIES = 200
_PORTS = "5432|5433|5434|5435|5439|6432|6433|6543|26257|\\*"
_PGPASS = lazily(
    rb"""(?P<host>[A-Za-z0-9_.*/@\[\]-]{1,128}):(?:""" + _PORTS.encode() + rb"""):(?:[^\s:\\"']|\\.){1,64}:"""
    rb"""(?:[^\s:\\"']|\\.){1,64}:(?P<value>(?:[^\s:\\"'`]|\\.){4,128}+)(?=[\s"'`]|\Z)"""
)
_DEBCONF = lazily(
    rb"""password[ \t]{1,8}(?P<value>[^\s"'`]{4,128}+)(?=[ \t]*(?:["'`\r\n|]|\\n|\Z))""",
)
_QUESTION = lazily(
    rb"""(?:^|["'`\n]|\\n)[ \t]{0,16}[a-z][a-z0-9.+-]{0,60}[ \t]{1,8}[\w.+/-]{1,80}/[\w.+/-]{1,80}[ \t]{1,8}\Z"""
)
_FILES = frozenset({".pgpass", "pgpass", "pgpass.conf"})
_ESCAPED = lazily(rb"\\([:\\])")


class Named(NamedTuple):
    """A value in the sheet, and the name under which it is judged."""

    name: bytes
    start: int
    end: int


def assigned(data: bytes, values: Iterator[Named], how: str, *, cut: bool = False) -> Undone | None:
    """Write each value as an assignment to its name; its own characters are tied to where they stand."""
    piece = Piece(data)
    for one in values:
        text = data[one.start : one.end]
        quote = next((mark for mark in _QUOTES if mark not in text), None)
        if quote is None or b"\n" in text:
            continue
        piece.put(one.name + b" = " + quote, one.start, one.start)
        piece.keep(one.start, one.end)
        piece.put(quote + b"\n", one.end, one.end)
    undone = piece.undone(how, apart=True)
    return undone._replace(cut=True) if undone is not None and cut else undone


def record_disguise() -> Disguise:
    """Lines `host:port:database:user:password` (PostgreSQL, "The Password File"), answers to debconf (debconf-devel(7))."""
    ports = tuple(f":{one}:".replace("\\", "").encode() for one in _PORTS.split("|"))
    expressions = (
        Expression(rf":(?:{_PORTS}):[^\s:]{{1,128}}:[^\s:]", reach=140),
        Expression(r"/[\w.+/-]{1,80}[ \t]{1,8}password[ \t]{1,8}[^\s\"'`]", reach=20),
    )
    return sure_disguise("record", expressions, (*ports, b"password"), 140, _record)


def _record(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    if data[at : at + 1] == b":":
        low = max(0, at - 160)
        head = data[low:at]
        start = at - len(head) + max(head.rfind(mark) for mark in (b"\n", b" ", b"\t", b'"', b"'", b"`")) + 1
        found = _PGPASS.match(data, start)
        if found is None or found.end("host") != at:
            return None
        told = sheet.name in _FILES or b"pgpass" in data[max(0, at - 400) : at + 400].lower()
        if not told and not _speaks(found["value"]):
            return None  # times and parts of logs look like it
        return _unescaped(data, found.span("value"), "a line of a password file")
    found = _DEBCONF.match(data, at)
    question = _QUESTION.search(data[max(0, at - 260) : at]) if found is not None else None
    if found is None or question is None or b"pass" not in question[0]:
        return None
    return assigned(data, iter([Named(b"password", *found.span("value"))]), "an answer to debconf")


def _unescaped(data: bytes, span: tuple[int, int], how: str) -> Undone | None:
    """Give a password in which colons and backslashes are escaped, as an assignment."""
    start, end = span
    text = data[start:end]
    if b"\\" not in text:
        return assigned(data, iter([Named(b"password", start, end)]), how)
    if b'"' in _ESCAPED.sub(rb"\1", text):
        return None
    piece = Piece(data)
    piece.put(b'password = "', start, start)
    done = start
    for found in _ESCAPED.finditer(data, start, end):
        piece.keep(done, found.start())
        piece.put(found[1], *found.span())
        done = found.end()
    piece.keep(done, end)
    piece.put(b'"\n', end, end)
    return piece.undone(how, apart=True)


_USERS = ("users", "accounts", "logins", "credentials", "creds", "basic_auth", "basicauth", "htpasswd", "auth_users")
_ABOUT = (
    r"(?:passw(?:or)?ds|passphrases|pwds|passcodes|users|accounts|logins|credentials|creds|secrets|tokens|api_?keys"
    r"|access_?keys|basic_?auth)"
)
_WORDS = (
    b"passwords", b"passwds", b"passphrases", b"pwds", b"passcodes", b"users", b"accounts", b"logins", b"credentials",
    b"creds", b"secrets", b"tokens", b"apikeys", b"api_keys", b"accesskeys", b"access_keys", b"basic_auth", b"basicauth",
)  # fmt: skip
_TYPE = r"(?:[ \t]{0,4}:[ \t]{0,4}[A-Za-z][\w\[\], .<>]{0,48})?"
_MADE = r"(?:[A-Za-z_][\w.\[\]<>, ]{0,40})?"
_OPENED = rf"{_ABOUT}[\"'\])]{{0,3}}{_TYPE}[ \t]{{0,8}}(?:=>|:=|=|:)[ \t]{{0,8}}{_MADE}[{{(\[]"
_HEAD = (
    rf"{_OPENED}\s{{0,80}}(?:[\"'][\w.@+-]{{1,64}}[\"']|[\w.@+-]{{1,64}})"
    r"[ \t]{0,8}(?:=>|:|,|=)[ \t]{0,8}[bru]?[\"'][^\r\n\"']{4}"
)
_LIST = rf"{_ABOUT}[\"']?:[ \t]{{0,4}}\r?\n[ \t]{{1,40}}[\"']?[\w.@+-]{{1,64}}[\"']?:[ \t]{{1,8}}[\"']?[^\s\"']{{4}}"
_OPEN = lazily(_OPENED.replace(_ABOUT, f"(?P<name>{_ABOUT})").encode(), re.IGNORECASE)
_BLOCK = lazily(rf"(?P<name>{_ABOUT})[\"']?:[ \t]{{0,4}}\r?\n(?P<indent>[ \t]{{1,40}})(?=[\w\"'])".encode(), re.IGNORECASE)
_ENTRY = lazily(
    rb"""[\s,]{0,200}(?:(?:\#|//)[^\r\n]{0,200}\s{0,80})?(?P<mark>["'])?(?P<key>[\w.@+-]{1,64})(?(mark)(?P=mark))"""
    rb"""[ \t]{0,8}(?:=>|:|,|=)[ \t]{0,8}[bru]?(?P<quote>["'])(?P<value>[^\r\n"'\\]{1,256})(?P=quote)"""
)
_LINE = lazily(
    rb"""(?P<mark>["'])?(?P<key>[\w.@+-]{1,64})(?(mark)(?P=mark)):[ \t]{1,8}(?P<quote>["'])?(?P<value>[^\r\n"'\s]{1,256})"""
    rb"""(?(quote)(?P=quote))[ \t]{0,8}(?:\#[^\r\n]*)?\r?(?:\n|\Z)"""
)
_FIELDS = frozenset(
    b"""name username user login email mail host hostname url uri path file type kind role roles group groups label title
    text description message help hint min max minimum maximum length region id uid gid home shell
    schema database db port realm
    domain provider driver scope scopes method issuer audience format algorithm policy rule version status state class key
    default required invalid reset sent token throttled confirmed color colour image icon account""".split()
)


def map_disguise() -> Disguise:
    """Maps of users to their passwords, under a name that says so."""
    return sure_disguise(
        "map", (Expression(_HEAD, caseless=True, reach=400), Expression(_LIST, caseless=True, reach=400)), _WORDS, 400, _map
    )


def _map(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    opened = _OPEN.match(data, at)
    block = _BLOCK.match(data, at) if opened is None else None
    found = opened or block
    if found is None:
        return None
    entries = _flat(data, found.end()) if opened else _indented(data, found.end(), (block or found)["indent"])
    return assigned(data, _chosen(data, found["name"].lower(), entries), "a map of names")


def _flat(data: bytes, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Give the keys and the spans of the values of a map of strings."""
    for _ in range(_MOST_ENTRIES):
        found = _ENTRY.match(data, at)
        if found is None:
            return
        yield found["key"], *found.span("value")
        at = found.end()


def _indented(data: bytes, at: int, indent: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give the keys and the spans of the values of a block of YAML; `at` is behind the indent of its first line."""
    for _ in range(_MOST_ENTRIES):
        found = _LINE.match(data, at)
        if found is None:
            return
        yield found["key"], *found.span("value")
        at = found.end()
        if not data.startswith(indent, at) or data[at + len(indent) : at + len(indent) + 1] in b" \t":
            return
        at += len(indent)


def _chosen(data: bytes, name: bytes, entries: Iterator[tuple[bytes, int, int]]) -> Iterator[Named]:
    """Choose the entries that may be secrets, and give each the name that its map promises."""
    plain = name.decode("ascii")
    kind = None if plain in _USERS else kind_of(plain.removesuffix("s"))
    written = b"password" if kind in {None, Kind.PASSWORD, Kind.PASSPHRASE} else b"api_key"
    for key, start, end in entries:
        if key.lower() in _FIELDS or kind_of(key.decode("utf-8", "replace")) is not None:
            continue
        if kind is None and not _speaks(data[start:end]):
            continue
        yield Named(written, start, end)


def _speaks(value: bytes) -> bool:
    """Tell whether a value can be nothing but a secret, for the name of its map says little."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return False
    mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
    if not mixed or is_wordy(text) or set(text) & set("/:@."):
        return False
    return judge(text, Kind.PASSWORD, literal=False) is Confidence.HIGH
