"""Finds statements in the log: the newest of a kind about a tree, a commit, an environment."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clearance.attest.kinds import read, type_of
from clearance.attest.predicates.merge import Head, Rest
from clearance.facts.errors import LogTampered, NoLongerBelieved, StoreError
from clearance.facts.statement import DECISION_TYPE, Statement
from clearance.wiring.recording import open_log

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.record.log import Log

MOST_BACK = 20_000
"""How many of the newest entries are looked through."""


class Kept(NamedTuple):
    """A statement of the log, verified: its entry, the SHA-256 of the signed payload, what it says, and who signed (none: an
    entry of before there were identities). `ended`: it is whole, and believed no more; then nobody signed."""

    entry: int
    sha256: str
    said: Statement[Any]
    signer: "Identity | None"
    ended: bool = False


class Shelf:
    """The newest statements of the log around a directory, found by kind. Only what is given out is verified.

    Raises:
        ClearanceError: the log cannot be read.
    """

    def __init__(self, directory: Path, wanted: Iterable[str]) -> None:
        self._log: Log | None = None
        self._found: dict[str, list[int]] = {name: [] for name in wanted}
        try:
            log = open_log(directory, create=False)
            size = log.size()
        except StoreError as error:
            if isinstance(error, LogTampered):
                raise
            return  # there is no log yet
        if not size:
            return
        self._log = log
        marks = {name: name.encode() for name in self._found}
        for index, payload in log.payloads(max(0, size - MOST_BACK)):
            for name, mark in marks.items():
                if mark in payload and type_of(payload) == name:
                    self._found[name].append(index)

    def newest(self, kind: str) -> "Iterator[Kept]":
        """Give the statements of a kind, newest first; those that this version cannot read are passed over.

        Raises:
            LogTampered, BadSignature: one is not as it was signed.
        """
        return (kept for kept in self.words(kind) if not kept.ended)

    def words(self, kind: str) -> "Iterator[Kept]":
        """Give the statements of a kind as `newest` does, and between them those that are believed no more: what somebody
        said earlier must not count again because their last word was revoked.

        Raises:
            LogTampered, BadSignature: one is not as it was signed.
        """
        for index in reversed(self._found[kind]):
            kept = self._at(index)
            if kept is not None:
                yield kept

    def _at(self, index: int) -> Kept | None:
        """Give the statement of an entry; None where this version cannot read it."""
        if self._log is None:
            return None
        entry = self._log.believed(index)
        payload = entry.payload if entry is not None else self._log.payload(index)
        said = read(payload).statement
        if said is None:
            return None
        if entry is None:
            return Kept(index, hashlib.sha256(payload).hexdigest(), said, None, ended=True)
        return Kept(index, entry.digest, said, entry.signer)

    def checkpoint(self) -> Head | None:
        """Give the newest checkpoint of the log; None where there is no log."""
        if self._log is None:
            return None
        lines = self._log.checkpoint().decode("utf-8", "replace").split("\n")
        size = int(lines[1])
        return Head(origin=lines[0], size=size, root=self._log.root_at(size).hex())


def by_service(kept: Kept) -> bool:
    """Tell whether a service signed, as decisions are. Entries of before there were identities name nobody, and whoever ever
    held that key could still sign such: nothing rests on them."""
    return kept.signer is not None and kept.signer.kind == "service"


def decided(shelf: Shelf, trees: "dict[str, str]") -> tuple[Rest, ...]:
    """Give the newest decision about each tree: its SHA-256 to what the tree is (`result`, `head`), the first one first.

    Raises:
        NoLongerBelieved: the newest one about a tree is believed no more; an older one does not count instead.
    """
    found: dict[str, Rest] = {}
    for kept in decisions(shelf):
        sha256 = kept.said.subject[0].digest.sha256
        if sha256 in trees and sha256 not in found:
            refuse_ended(kept)
            verdict = kept.said.predicate.verdict.value
            found[sha256] = Rest(sha256=kept.sha256, verdict=verdict, about=trees[sha256])  # type: ignore[arg-type]
        if len(found) == len(trees):
            break
    return tuple(found[name] for name in trees if name in found)


def decisions(shelf: Shelf) -> "Iterator[Kept]":
    """Give the decisions of services, newest first, and those that are believed no more between them."""
    return (kept for kept in shelf.words(DECISION_TYPE) if kept.ended or by_service(kept))


def refuse_ended(kept: Kept) -> None:
    """Refuse to go on to an older decision because the newest one about a tree is believed no more.

    Raises:
        NoLongerBelieved: it is.
    """
    if kept.ended:
        what = "the newest decision about this tree is believed no more, and no older one counts instead"
        raise NoLongerBelieved(what, where=f"entry {kept.entry}", next="decide it again: clearance check --base … --head …")
