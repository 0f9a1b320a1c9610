"""Hears what a log states to be revoked, so that no list beside a trusted root can leave it out.

An old list, one that was cut down, and none at all say the same: nothing. Whoever reads the log reads its statements of the
kind `revocation` first.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from clearance.attest.keyring import KeyRing
from clearance.attest.predicates.revocation import RevocationPredicate
from clearance.attest.revocation import Revocation, joined, write_revoked

if TYPE_CHECKING:
    from clearance.facts.entry import Entry
    from clearance.record.reading import Reading
    from clearance.record.store import Keys


class Hearing:
    """Gives the keys of a log less what the log states. With `most`, no more than so many entries that nobody pointed to yet
    are looked through."""

    def __init__(self, environment: Mapping[str, str], most: int | None = None) -> None:
        self._environment = environment
        self._most = most

    def __call__(self, log: "Reading") -> "Keys":
        """Read the statements, each verified; those of an agent count for nothing.

        Raises:
            LogTampered, BadSignature: one is not as it was signed.
            StoreError: the log cannot be read.
        """
        ring = log.keys
        if not isinstance(ring, KeyRing):
            return ring
        stated = list(self._stated(log))
        if not stated:
            return ring
        listed = ring.revoked()
        since = {one.serial: one.since for one in listed}
        more = [one for one in stated if one.serial not in since or one.since < since[one.serial]]
        return ring.plus(write_revoked(joined([*listed, *more]))) if more else ring

    def _stated(self, log: "Reading") -> "Iterator[Revocation]":
        from clearance.wiring.tracing_index import TrailOf

        with TrailOf(log, self._environment, most=self._most) as trail:
            indexes = trail.indexes("k", RevocationPredicate.TYPE)
        for index in indexes:
            entry = log.believed(index)
            made = stated_by(entry) if entry is not None else None
            if made is not None:
                yield made


def stated_by(entry: "Entry") -> Revocation | None:
    """Give the revocation of a certificate that an entry states; None where it states none, or an agent signed it."""
    from clearance.attest.kinds import read, type_of

    if type_of(entry.payload) != RevocationPredicate.TYPE or entry.signer is None or entry.signer.kind == "agent":
        return None
    statement = read(entry.payload).statement
    if statement is None or not statement.predicate.serial:
        return None
    because = f"entry {entry.index} of the log states it, and the list at hand does not"
    said = statement.predicate
    return Revocation(serial=said.serial, since=said.since, because=because, stated=said.time)
