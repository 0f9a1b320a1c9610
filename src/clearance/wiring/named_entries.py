"""Finds the entries of a log that a person names: by an index, or by how a digest begins.

A digest is searched in payloads as they lie there; what is found is read again with its signature before it is an answer.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

import msgspec

from clearance.attest.kinds import type_of
from clearance.facts.entry import Entry
from clearance.facts.errors import UsageError

PREFIX = 6
"""A digest is named by so many digits at least."""
REQUEST_TYPE = "urn:clearance:predicate:request:v1"
_INDEX_DIGITS = 12
_SHOWN = 5
_DIGITS = 12
_HEX = frozenset("0123456789abcdef")


class Readable(Protocol):
    """What is asked of a log."""

    def size(self) -> int:
        """Give how many entries there are."""
        ...

    def entry(self, index: int) -> Entry:
        """Give one entry, its signature verified."""
        ...

    def payloads(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give payloads with their indexes; nothing of them is verified."""
        ...


class Request(NamedTuple):
    """A request as the log holds it: its entry, the digest of its statement, what people call it (or nothing), and the
    digests by which it is known: its own, its ticket's, its prompt's."""

    entry: int
    digest: str
    id: str
    names: tuple[str, ...]

    @property
    def told(self) -> str:
        """Name it for people."""
        return f"entry {self.entry}{f' ({self.id})' if self.id else ''}, digest {self.digest[:_DIGITS]}"


def entry_named(log: Readable, which: str) -> Entry:
    """Give an entry by its index, or by the beginning of its digest; its signature is verified. Where the same statement
    stands in the log twice, the newer entry is meant.

    Raises:
        UsageError: there is none, or several begin so.
        ClearanceError: the log cannot be read, or the entry is not as it was signed.
    """
    size = log.size()
    index = _index(which, size)
    if index is not None:
        return log.entry(index)
    digits, found = _prefix(which), dict[str, int]()
    for at, payload in log.payloads() if digits else ():
        digest = hashlib.sha256(payload).hexdigest()
        if digest.startswith(digits):
            found[digest] = at
    if not found:
        raise UsageError(
            "no such entry", where=which[:80],
            next=f"give an index from 0 to {size - 1}, or at least {PREFIX} digits of a digest",
        )  # fmt: skip
    if len(found) > 1:
        among = (f"entry {at}, digest {digest[:_DIGITS]}" for digest, at in found.items())
        raise UsageError("several entries begin so", where=which[:80], next=f"name one of them: {_list(among)}")
    return log.entry(next(iter(found.values())))


def requests_named(log: Readable, which: str) -> tuple[Request, ...]:
    """Give the requests that an index of an entry, or the beginning of a digest names: of a request's statement, of its
    ticket, or of its prompt. Several only where they share that ticket or prompt to the last digit.

    Raises:
        UsageError: there is none, or several digests begin so; the candidates are named.
        ClearanceError: the log cannot be read.
    """
    index = _index(which, log.size())
    if index is not None and type_of(payload := log.entry(index).payload) == REQUEST_TYPE:
        return (_request(index, payload),)
    known = [_request(at, payload) for at, payload in log.payloads() if _is_request(payload)]
    digits = _prefix(which)
    begins = {name for one in known for name in one.names if digits and name.startswith(digits)}
    found = [one for one in known if begins.intersection(one.names)]
    if len(begins) > 1 and len({one.digest for one in found}) > 1:
        raise UsageError("several requests begin so", where=which[:80], next=f"name one of them: {_told(found)}")
    if not found:
        raise _unknown(which, log.size(), known)
    return tuple({one.digest: one for one in found}.values())


def request_named(log: Readable, which: str) -> str:
    """Give the digest of the one request that is named, its signature verified.

    Raises:
        UsageError: there is none, or several.
        ClearanceError: the log cannot be read, or the entry is not as it was signed.
    """
    found = requests_named(log, which)
    if len(found) > 1:
        raise UsageError(f"{len(found)} requests are about it", where=which[:80], next=f"name one of them: {_told(found)}")
    return log.entry(found[0].entry).digest


def _unknown(which: str, size: int, known: list[Request]) -> UsageError:
    where, what = which[:80], "no request of this log is known by that"
    if which.isascii() and which.isdigit() and len(which) < PREFIX:
        where, what = f"entry {which}", "it states no request" if int(which) < size else f"the log ends at {size - 1}"
    there = f"give an entry's index, or {PREFIX} digits of a digest; the newest are {_told(known)}"
    return UsageError(what, where=where, next=there if known else "`clearance attest request` records one")


def _index(which: str, size: int) -> int | None:
    if which.isascii() and which.isdigit() and len(which) <= _INDEX_DIGITS and int(which) < size:
        return int(which)
    return None


def _prefix(which: str) -> str:
    """Give the digits by which a digest is named; nothing where they are none, or too few."""
    digits = which.lower()
    return digits if PREFIX <= len(digits) <= 64 and set(digits) <= _HEX else ""


def _is_request(payload: bytes) -> bool:
    return REQUEST_TYPE.encode() in payload and type_of(payload) == REQUEST_TYPE


class _Prompt(msgspec.Struct):
    sha256: str = ""


class _Predicate(msgspec.Struct):
    id: str = ""
    ticket: str = ""
    prompt: _Prompt | None = None


class _Statement(msgspec.Struct):
    predicate: _Predicate


def _request(index: int, payload: bytes) -> Request:
    digest = hashlib.sha256(payload).hexdigest()
    try:
        said = msgspec.json.decode(payload, type=_Statement).predicate
    except (msgspec.DecodeError, RecursionError):
        said = _Predicate()  # nobody may sign such a one; its own digest names it still
    names = (digest, said.ticket, said.prompt.sha256 if said.prompt else "")
    return Request(index, digest, said.id, tuple(name for name in names if name))


def _told(found: Iterable[Request]) -> str:
    return _list(one.told for one in sorted(found, reverse=True))


def _list(names: Iterable[str]) -> str:
    every = list(names)
    return "; ".join(every[:_SHOWN]) + (f"; … and {len(every) - _SHOWN} more" if every[_SHOWN:] else "")
