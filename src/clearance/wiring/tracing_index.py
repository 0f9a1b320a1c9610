"""Finds the entries of a log that a question is about, quickly: pointers beside the keys, filled from the log.

A pointer is never an answer. Each entry that it leads to is read from the log with its signature and compared with what was
asked; a pointer that leads elsewhere is passed over. Pointers count only for the log whose root they were filled under.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from clearance.facts.entry import Entry
from clearance.facts.errors import ClearanceError, LogTampered
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.trace import KEY_BYTES, SHORT_BYTES, Attribution, LineKeys
from clearance.record.log import Log
from clearance.stores.pointers import Pointers, PointerView
from clearance.trace.keys import keys_of, numbers_of, sound
from clearance.wiring.places import keys_folder

GENERATION_TYPE = "urn:clearance:predicate:generation:v1"
ATTRIBUTION_TYPE = "urn:clearance:predicate:attribution:v1"
REQUEST_TYPE = "urn:clearance:predicate:request:v1"
_FORM = "2"
"""Changes whenever other names are pointed from: older files are filled anew."""
_BATCH = 20_000
_SKETCH = 8
"""One of so many shingles is pointed from, and the lowest few of each run."""
_LOWEST = 4
_MOST_SUBJECTS = 40
_OF_BODIES = frozenset("bu")
_IDS = ("gitTree", "gitCommit", "gitBlob")


class _Keys(msgspec.Struct, frozen=True):
    body: str = ""


class _Side(msgspec.Struct, frozen=True):
    tree: str = ""
    commit: str | None = ""


class _Predicate(msgspec.Struct, frozen=True, rename="camel"):
    """The parts of any predicate that pointers are made of."""

    evidence: tuple[str, ...] = ()
    keys: _Keys | None = None
    agent: Any = None
    generations: tuple[str, ...] = ()
    head: Any = None
    model: str = ""
    request: str = ""


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Payload(msgspec.Struct, frozen=True, rename={"predicate_type": "predicateType"}):
    predicate_type: str
    predicate: _Predicate
    subject: tuple[_Subject, ...] = ()


_DECODER = msgspec.json.Decoder(_Payload)


def name(kind: str, key: str) -> bytes:
    """Give the name that pointers of a kind have for a key: `d` a payload's digest, `s` a subject's digest or git id, `b` a
    blob that lines were settled for, `u` a generation that an attribution rests on, `k` a predicate type, `m` a model, `a`
    an agent, `q` a request, `g` a generation at all, `e` an evidence body."""
    return kind.encode() + hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()


def line_names(keys: LineKeys) -> set[bytes]:
    """Give the names of the lines of a generation, or of a text that is laid against generations: of each line with tokens
    its loose key, and of its shingles a sample that two texts with the same shingles have in common."""
    found: set[bytes] = set()
    for run in keys.runs:
        if sound(run):
            found.update(b"l" + key for key in keys_of(run.loose, KEY_BYTES) if any(key))
            found.update(shingle_names(keys.salt, numbers_of(run.shingles, SHORT_BYTES)))
    return found


def shingle_names(salt: bytes, shingles: Iterable[int], *, every: bool = False) -> set[bytes]:
    """Give the names of the shingles that are pointed from (`every`: of all, to ask for what may be)."""
    known = set(shingles)
    chosen = known if every else {one for one in known if not one % _SKETCH} | set(sorted(known)[:_LOWEST])
    return {b"h" + salt[:4] + one.to_bytes(SHORT_BYTES) for one in chosen}


class Trail:
    """The entries of a log by what they are about. Brought up to date when it is opened; `behind` says by how many entries
    it still is not."""

    def __init__(self, log: Log, view: PointerView, behind: int) -> None:
        self.log = log
        self.behind = behind
        self._view = view
        self._held: dict[int, Entry] = {}
        self._names: dict[int, frozenset[bytes]] = {}
        self._bodies: dict[str, bytes | None] = {}

    def find(self, kind: str, key: str, most: int = 50) -> list[Entry]:
        """Give the entries that a name points to, the newest first, each verified: its signature, and that it says so
        itself. For kinds that rest on a body (`b`, `u`), the caller compares the body."""
        wanted = name(kind, key)
        found = [self.entry(index) for index in self._view.find(wanted, most)]
        return found if kind in _OF_BODIES else [entry for entry in found if wanted in self._said(entry)]

    def _said(self, entry: Entry) -> frozenset[bytes]:
        if entry.index not in self._names:
            self._names[entry.index] = frozenset(_names(entry.payload))
        return self._names[entry.index]

    def indexes(self, kind: str, key: str, most: int = 1_000_000) -> list[int]:
        """Give the indexes of the entries that a name points to, the newest first; nothing of them was read."""
        return self._view.find(name(kind, key), most)

    def like(self, names: Iterable[bytes], most: int) -> list[Entry]:
        """Give the entries that have most of the names of lines and shingles, at most so many."""
        found = self._view.count(sorted(names), _MOST_OF_ONE)
        return [self.entry(index) for index, _ in sorted(found.items(), key=lambda one: (-one[1], -one[0]))[:most]]

    def entry(self, index: int) -> Entry:
        """Read an entry, its signature verified.

        Raises:
            BadSignature, LogTampered: it is not as it was signed.
        """
        if index not in self._held:
            found = next(self.log.entries(index), None)
            if found is None:
                raise LogTampered("the entry is missing", where=f"entry {index}")
            self._held[index] = found
        return self._held[index]

    def body(self, digest: str) -> bytes | None:
        """Give an evidence body; None where it is no longer there."""
        if digest not in self._bodies:
            try:
                self._bodies[digest] = self.log.evidence(digest)
            except LogTampered:
                raise
            except ClearanceError:
                self._bodies[digest] = None
        return self._bodies[digest]


_MOST_OF_ONE = 64
"""How many entries count for one line: what very many have is no evidence."""


class TrailOf:
    """Opens the trail of a log. With `most`, no more than so many new entries are read for it."""

    def __init__(self, log: Log, environment: Mapping[str, str], *, most: int | None = None) -> None:
        self._log = log
        self._most = most
        place = hashlib.sha256(log.place.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        folder = keys_folder(environment).directory / "pointers"
        self._pointers = Pointers(folder / f"{place}.pointers", f"{_FORM} {log.place}")
        self._open: Any = None

    def __enter__(self) -> Trail:
        """Open it, and read what is new in the log. A file that breaks is thrown away and made anew, once."""
        try:
            return self._fresh()
        except sqlite3.Error:
            self._leave()
            self._pointers.forget()
            return self._fresh()

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._leave()

    def _leave(self) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None

    def _fresh(self) -> Trail:
        self._open = self._pointers.opened()
        view: PointerView = self._open.__enter__()
        return Trail(self._log, view, _follow(self._log, view, self._most))


def _follow(log: Log, view: PointerView, most: int | None) -> int:
    """Read the entries that are not pointed to yet; all of them where the pointers are of another log, or of a past that the
    log no longer has. With `most`, no more than so many now. Gives how many are left."""
    size = log.size()
    had, root = view.read()
    anew = had > size or (had > 0 and log.root_at(had) != root)
    had = 0 if anew else had
    goal = size if most is None else min(size, had + most)
    if had == goal and not anew:
        return size - goal
    payloads = iter(log.payloads(had))
    while had < goal or anew:
        end = min(goal, had + _BATCH)
        view.begin(anew=anew)
        try:
            for index, payload in islice(payloads, end - had):
                view.add([(one, index) for one in _all_names(log, payload)])
            view.end(end, log.root_at(end) if end else b"")
        except BaseException:
            view.undo()
            raise
        had, anew = end, False
    return size - goal


def _names(payload: bytes) -> Iterator[bytes]:
    """Give the names that a payload is found by for what it says itself; what cannot be read has none."""
    said = _read_payload(payload)
    if said is None:
        return
    kind, predicate = said.predicate_type, said.predicate
    yield name("k", kind)
    yield name("d", hashlib.sha256(payload).hexdigest())
    for subject in said.subject[: 1 if kind == DECISION_TYPE else _MOST_SUBJECTS]:
        yield from (name("s", digest) for digest in subject.digest.values())
        yield from (name("s", subject.annotations[key]) for key in _IDS if key in subject.annotations)
    head = predicate.head
    for one in (head.get("commit"), head.get("tree")) if isinstance(head, dict) else (head,):
        if isinstance(one, str) and one:
            yield name("s", one)
    if kind == GENERATION_TYPE:
        agent = predicate.agent.get("name") if isinstance(predicate.agent, dict) else ""
        said_of = (("m", predicate.model), ("q", predicate.request), ("a", agent))
        yield from (name(key, value) for key, value in said_of if value and isinstance(value, str))


def _all_names(log: Log, payload: bytes) -> Iterator[bytes]:
    """Give the names that a payload is found by, those for what its body says included."""
    yield from _names(payload)
    said = _read_payload(payload)
    if said is not None and said.predicate_type == GENERATION_TYPE:
        keys = line_keys(log, said.predicate.keys.body if said.predicate.keys else "")
        yield from line_names(keys) if keys is not None else ()
    elif said is not None and said.predicate_type == ATTRIBUTION_TYPE:
        settled = attribution(log, said.predicate.evidence[0] if said.predicate.evidence else "")
        rests = {origin.generation for origin in settled.origins} if settled else set[str]()
        yield from (name("u", one) for one in {*said.predicate.generations, *rests} - {""})
        yield from {name("b", file.blob) for file in settled.files} if settled else ()


def _read_payload(payload: bytes) -> _Payload | None:
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return None


def line_keys(source: "Log | Trail", digest: str) -> LineKeys | None:
    """Read the keys of a generation's lines; None where they are gone or are none."""
    found: LineKeys | None = _read(source, digest, LineKeys)
    return found


def attribution(source: "Log | Trail", digest: str) -> Attribution | None:
    """Read what was settled; None where it is gone or is none."""
    found: Attribution | None = _read(source, digest, Attribution)
    return found


def _read(source: "Log | Trail", digest: str, kind: Any) -> Any:
    if not digest:
        return None
    try:
        body = source.body(digest) if isinstance(source, Trail) else source.evidence(digest)
        return None if body is None else msgspec.json.decode(body, type=kind)
    except LogTampered:
        raise
    except (ClearanceError, msgspec.DecodeError, RecursionError):
        return None
