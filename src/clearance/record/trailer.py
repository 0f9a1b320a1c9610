"""Checkpoints in commit messages: each clone keeps them, so each clone can see that the log forked or was cut back.

    Clearance-Checkpoint: <origin> <size> <root hash> <signature>
    Clearance-Cosignature: <key name> <cosignature>

The first line holds a whole signed checkpoint without extension lines (https://c2sp.org/tlog-checkpoint): from its four
words the signed note can be written again, byte for byte; the key's name is the origin. Lines of the second kind follow it,
one for each witness. Hashes and signatures are base64 as in a note.
"""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered
from clearance.facts.trailers import CheckedTrailer, TrailerState
from clearance.record.merkle import Node, root
from clearance.record.quorum import QuorumPolicy, standing_of
from clearance.record.signed import (
    NOTE_ED25519,
    NoteSignature,
    SignedCheckpoint,
    VerifierKey,
    ed25519_fits,
    read_signature,
    read_signed,
)

CHECKPOINT_KEY = "Clearance-Checkpoint"
COSIGNATURE_KEY = "Clearance-Cosignature"
_CHECKPOINT = re.compile(rf"(?i){CHECKPOINT_KEY}[ \t]*:(.*)")
_COSIGNATURE = re.compile(rf"(?i){COSIGNATURE_KEY}[ \t]*:(.*)")
_MOST_OF_ONE = 64
"""Trailers in one message that are read."""
_LONGEST = 4_096
"""Characters of a folded trailer that are read."""


class Revision(NamedTuple):
    """A commit: its id, and those of its parents."""

    oid: str
    parents: tuple[str, ...]


class Held(NamedTuple):
    """The log at hand: its newest checkpoint, and its tree."""

    head: Checkpoint
    node: Node


class _Stated(NamedTuple):
    """A trailer that was read."""

    commit: str
    signed: SignedCheckpoint
    known: bool


def write_trailers(signed: SignedCheckpoint, *, cosignatures: bool = False) -> tuple[str, ...]:
    """Write the trailer lines of a checkpoint; with `cosignatures`, one more for each signature that is not the log's own.

    Raises:
        LogTampered: its log did not sign it under its name, or the checkpoint has extension lines or spaces in its origin.
    """
    head = signed.head
    own = next((one for one in signed.signatures if one.name == head.origin), None)
    if own is None or signed.text.count("\n") != 3 or " " in head.origin:
        raise LogTampered("this checkpoint does not fit a trailer", where=head.origin)
    coded = base64.b64encode(head.root).decode()
    lines = [f"{CHECKPOINT_KEY}: {head.origin} {head.size} {coded} {_coded(own)}"]
    if cosignatures:
        lines += [f"{COSIGNATURE_KEY}: {one.name} {_coded(one)}" for one in signed.signatures if one is not own]
    return tuple(lines)


def _coded(signature: NoteSignature) -> str:
    return base64.b64encode(signature.key + signature.value).decode()


def read_trailers(message: str) -> Iterator[SignedCheckpoint | str]:
    """Give the checkpoints that a commit message states, or why a line that begins as one is none. A message of a squash
    merge has them in its middle, so all lines are looked at; a line that begins with a space continues the one before."""
    checkpoint: SignedCheckpoint | str | None = None
    count = 0
    for line in _unfolded(message):
        found = _CHECKPOINT.fullmatch(line)
        if found:
            if checkpoint is not None:
                yield checkpoint
            count += 1
            if count > _MOST_OF_ONE:
                yield f"more than {_MOST_OF_ONE} trailers in one message"
                return
            checkpoint = _read(found[1].split())
        elif isinstance(checkpoint, SignedCheckpoint) and (more := _COSIGNATURE.fullmatch(line)):
            checkpoint = _cosigned(checkpoint, more[1].split())
    if checkpoint is not None:
        yield checkpoint


def _unfolded(message: str) -> Iterator[str]:
    """Give the lines with those that continue them. What is much longer than a trailer can be is cut there, and so is
    unreadable."""
    parts: list[str] = []
    length = 0
    for line in message.replace("\r\n", "\n").split("\n"):
        if parts and line[:1] in (" ", "\t") and parts[0][: len("Clearance-")].casefold() == "clearance-":
            if length <= _LONGEST:
                parts.append(line.strip())
                length += len(line)
            continue
        if parts:
            yield " ".join(parts)
        parts, length = [line], len(line)
    yield " ".join(parts)


def _read(words: list[str]) -> SignedCheckpoint | str:
    if len(words) != 4:
        return "a checkpoint trailer has four words: origin, size, root hash, signature"
    origin, size, coded, signature = words
    try:
        return read_signed(f"{origin}\n{size}\n{coded}\n\n— {origin} {signature}\n".encode())
    except LogTampered as error:
        return error.what


def _cosigned(checkpoint: SignedCheckpoint, words: list[str]) -> SignedCheckpoint | str:
    if len(words) != 2:
        return "a cosignature trailer has two words: key name, cosignature"
    try:
        line = read_signature(f"— {words[0]} {words[1]}")
    except LogTampered as error:
        return error.what
    return checkpoint._replace(signatures=(*checkpoint.signatures, line))


def check_trailers(
    revisions: Iterable[Revision],
    messages: Mapping[str, str],
    keys: Sequence[bytes],
    held: Held | None = None,
    policy: QuorumPolicy | None = None,
    now: int = 0,
) -> tuple[CheckedTrailer, ...]:
    """Check the trailers of commits. `revisions` come parents first; `messages` are those that may hold trailers; `keys` are
    Ed25519 keys (32 bytes) that may sign checkpoints; `held` is the log at hand. With a policy each trailer must bring the
    cosignatures of a quorum as of `now`, in seconds since 1970."""
    checker = _Checker(keys, held, policy, now)
    for revision in revisions:
        checker.take(revision, messages.get(revision.oid, ""))
    return tuple(checker.checked)


_Newest = Mapping[tuple[str, bool], _Stated]
"""By origin, and whether a known key signed, the largest checkpoint that a commit or one before it states. The two are kept
apart: a line that nobody signed must not stand in for one that the log did."""


class _Checker:
    """One walk from the oldest commit to the newest."""

    def __init__(self, keys: Sequence[bytes], held: Held | None, policy: QuorumPolicy | None, now: int) -> None:
        self.checked: list[CheckedTrailer] = []
        self._keys = keys
        self._held = held
        self._policy = policy
        self._now = now
        self._newest: dict[str, _Newest] = {}
        self._roots: dict[tuple[str, int, bool], _Stated] = {}

    def take(self, revision: Revision, message: str) -> None:
        newest = self._inherited(revision)
        for found in read_trailers(message) if message else ():
            if isinstance(found, str):
                self.checked.append(CheckedTrailer(commit=revision.oid, state="unreadable", why=found))
                continue
            stated = _Stated(revision.oid, found, any(self._signs(key, found) for key in self._keys))
            state, why, other = self._judge(stated, newest)
            cosigners: tuple[str, ...] = ()
            if state not in ("forged", "unknown") and self._policy is not None:
                state, why, cosigners = self._witnessed(found, state, why)
            if state in ("fits", "unchecked", "quorum"):
                newest = {**newest, (found.head.origin, stated.known): stated}
            self.checked.append(_told(stated, state, why, other, cosigners))
        self._newest[revision.oid] = newest

    def _inherited(self, revision: Revision) -> _Newest:
        """Give what the parents state: of two, the larger. Where nothing changes, the same object stays."""
        known = [found for parent in revision.parents if (found := self._newest.get(parent))]
        if not known:
            return {}
        newest = known[0]
        for other in known[1:]:
            if other is not newest:
                larger = {
                    named: one
                    for named, one in other.items()
                    if named not in newest or one.signed.head.size > newest[named].signed.head.size
                }
                newest = {**newest, **larger} if larger else newest
        return newest

    def _judge(self, stated: _Stated, newest: _Newest) -> tuple[TrailerState, str, str]:
        head, held = stated.signed.head, self._held
        ours = held is not None and head.origin == held.head.origin
        if not stated.known and self._claimed(stated.signed):
            return "forged", "the signature does not fit what the trailer says", ""
        if not stated.known and ours:
            return "unknown", "no known key signed it in the name of this log", ""
        if held is not None and ours:
            if head.size > held.head.size:
                what = f"cut back: the trailer states {head.size} entries, and the log at hand holds {held.head.size}"
                return "rollback", what, ""
            if root(head.size, held.node) != head.root:
                return "fork", f"the first {head.size} entries of the log at hand have another root", ""
        same = self._roots.setdefault((head.origin, head.size, stated.known), stated)
        if same.signed.head.root != head.root:
            return "fork", f"another root of {head.size} entries is stated there", same.commit
        before = newest.get((head.origin, stated.known))
        if before is not None and before.signed.head.size > head.size:
            if ours:
                return "carried", "older than the one before it; it fits the log at hand", before.commit
            what = f"states {head.size} entries after {before.signed.head.size}: cut back, or carried along by a rebase"
            return "rollback", what, before.commit
        return ("fits", "", "") if stated.known else ("unchecked", "nobody handed in a key of this log", "")

    def _signs(self, raw: bytes, signed: SignedCheckpoint) -> bool:
        key = VerifierKey(signed.head.origin, NOTE_ED25519, raw)
        return any(one.by(key) and ed25519_fits(raw, one.value, signed.text.encode()) for one in signed.signatures)

    def _claimed(self, signed: SignedCheckpoint) -> bool:
        """Tell whether it says to be by a known key."""
        keys = [VerifierKey(signed.head.origin, NOTE_ED25519, raw) for raw in self._keys]
        return any(one.by(key) for key in keys for one in signed.signatures)

    def _witnessed(
        self, signed: SignedCheckpoint, state: TrailerState, why: str
    ) -> tuple[TrailerState, str, tuple[str, ...]]:
        if self._policy is None:
            return state, why, ()
        try:
            standing = standing_of(signed, self._policy, self._now)
        except LogTampered as error:
            return "forged", error.what, ()
        cosigners = tuple(one.witness for one in standing.cosigners)
        if not standing.reached and state in ("fits", "carried", "unchecked"):
            return "quorum", f"no quorum cosigned it: {standing.quorum}", cosigners
        return state, why, cosigners


def _told(stated: _Stated, state: TrailerState, why: str, other: str, cosigners: tuple[str, ...]) -> CheckedTrailer:
    head = stated.signed.head
    return CheckedTrailer(
        commit=stated.commit,
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        signed=stated.known,
        cosigners=cosigners,
        state=state,
        why=why,
        other=other,
    )
