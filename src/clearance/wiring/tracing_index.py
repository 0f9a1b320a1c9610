"""Finds the entries of a log that a question is about, quickly: pointers beside the keys, filled from the log.

A pointer is never an answer. Each entry that it leads to is read from the log with its signature and compared with what was
asked; a pointer that leads elsewhere is passed over. Pointers count only for the log whose root they were filled under.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from clearance.facts.entry import Entry
from clearance.facts.errors import ClearanceError, LogTampered
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.trace import Attribution, LineKeys
from clearance.record.reading import Reading
from clearance.stores.pointers import Pointers, PointerView
from clearance.trace.names import line_names, package_words
from clearance.wiring.places import keys_folder

GENERATION_TYPE = "urn:clearance:predicate:generation:v1"
ATTRIBUTION_TYPE = "urn:clearance:predicate:attribution:v1"
REQUEST_TYPE = "urn:clearance:predicate:request:v1"
_FORM = "4"
"""Changes whenever other names are pointed from: older files are filled anew."""
_BATCH = 20_000
_MOST_SUBJECTS = 40
_PROBED = 8
"""How many entries whose bodies were missing are looked at again at each opening, from either end: bodies come back
together, where a copy is completed or a store is mounted."""
_ALL = 1 << 40
_OF_BODIES = frozenset("burp")
_DIGEST = re.compile("[0-9a-f]{64}")
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
    case: Any = ""
    prompt: Any = None
    body: Any = ""


class _Place(msgspec.Struct, frozen=True):
    path: str = ""
    line: int = 0
    end_line: int = 0


class CaseFinding(msgspec.Struct, frozen=True):
    """What questions ask of a finding in the case of a decision."""

    rule: str = ""
    family: str = ""
    place: _Place = _Place()
    message: str = ""
    introduced: bool = False


class _Case(msgspec.Struct, frozen=True):
    findings: tuple[CaseFinding, ...] = ()


class _Subject(msgspec.Struct, frozen=True):
    digest: dict[str, str] = {}
    annotations: dict[str, str] = {}


class _Payload(msgspec.Struct, frozen=True, rename={"predicate_type": "predicateType"}):
    predicate_type: str
    predicate: _Predicate
    subject: tuple[_Subject, ...] = ()


_DECODER = msgspec.json.Decoder(_Payload)
_CASES = msgspec.json.Decoder(_Case)


def name(kind: str, key: str) -> bytes:
    """Give the name that pointers of a kind have for a key: `d` a payload's digest, `s` a subject's digest or git id, `b` a
    blob that lines were settled for, `u` a generation that an attribution rests on, `k` a predicate type, `m` a model, `a`
    an agent, `q` a request, `e` a body that a statement names as evidence or as a prompt, `r` a rule that a decision rests
    on a finding of, `p` a word of such a finding that may name a package, `?` a predicate type, of statements
    whose body, which names come from, was not there."""
    return kind.encode() + hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest()


class Trail:
    """The entries of a log by what they are about. Brought up to date when it is opened; `behind` says by how many entries
    it still is not."""

    def __init__(self, log: Reading, view: PointerView, behind: int) -> None:
        self.log = log
        self.behind = behind
        self._view = view
        self._held: dict[int, Entry] = {}
        self._names: dict[int, frozenset[bytes]] = {}
        self._bodies: dict[str, bytes | None] = {}
        self._ended: dict[str, bool] = {}

    def find(self, kind: str, key: str, most: int = 50) -> list[Entry]:
        """Give the entries that a name points to, the newest first, each verified: its signature, and that it says so
        itself. For kinds that rest on a body (`b`, `u`), the caller compares the body."""
        wanted = name(kind, key)
        found = self.believed(self._view.find(wanted, most))
        return found if kind in _OF_BODIES else [entry for entry in found if wanted in self._said(entry)]

    def _said(self, entry: Entry) -> frozenset[bytes]:
        if entry.index not in self._names:
            self._names[entry.index] = frozenset(_names(entry.payload))
        return self._names[entry.index]

    def indexes(self, kind: str, key: str, most: int = 1_000_000) -> list[int]:
        """Give the indexes of the entries that a name points to, the newest first; nothing of them was read."""
        return self._view.find(name(kind, key), most)

    def missing(self, kind: str) -> int:
        """Say of how many statements of a kind the bodies that names come from are not there: they cannot be found."""
        return len(self.indexes("?", kind))

    def like(self, names: Iterable[bytes], most: int) -> list[Entry]:
        """Give the entries that have most of the names of lines and shingles, at most so many."""
        found = self._view.count(sorted(names), _MOST_OF_ONE)
        return self.believed(index for index, _ in sorted(found.items(), key=lambda one: (-one[1], -one[0]))[:most])

    def believed(self, indexes: Iterable[int]) -> list[Entry]:
        """Read entries, each verified; those that are believed no more are left out, and noted by the log."""
        return [entry for index in indexes if (entry := self.believes(index)) is not None]

    def believes(self, index: int) -> Entry | None:
        """Read an entry, verified; None where it is believed no more, which the log notes."""
        entry = self._held.get(index) or self.log.believed(index)
        if entry is not None:
            self._held[index] = entry
        return entry

    def entry(self, index: int) -> Entry:
        """Read an entry, its signature verified.

        Raises:
            BadSignature, LogTampered: it is not as it was signed, or believed no more.
        """
        if index not in self._held:
            self._held[index] = self.log.entry(index)
        return self._held[index]

    def past(self, kind: str, key: str) -> Iterator[tuple[int, bytes]]:
        """Give the index and payload of each entry that a name points to, that says so itself, and that is believed no
        more: what it says counts for nothing, and what it was about is known."""
        wanted = name(kind, key)
        for index in self.indexes(kind, key, _MOST_OF_ONE):
            if self.believes(index) is None:
                payload = self.log.payload(index)
                if wanted in _names(payload):
                    yield index, payload

    def ended(self, digest: str) -> bool:
        """Tell whether a statement, by the digest of its payload, is in the log and believed no more."""
        if digest not in self._ended:
            indexes = self.indexes("d", digest, _MOST_OF_ONE)
            known = [entry for entry in self.believed(indexes) if entry.digest == digest]
            self._ended[digest] = not known and any(index in self.log.passed for index in indexes)
        return self._ended[digest]

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

    def __init__(self, log: Reading, environment: Mapping[str, str], *, most: int | None = None) -> None:
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


def _follow(log: Reading, view: PointerView, most: int | None) -> int:
    """Read the entries that are not pointed to yet; all of them where the pointers are of another log, or of a past that the
    log no longer has. With `most`, no more than so many now. Gives how many are left."""
    size = log.size()
    had, root = view.read()
    _again(log, view, had)
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


def _again(log: Reading, view: PointerView, had: int) -> None:
    """Point from entries whose bodies were missing and are there now."""
    _, root = view.read()
    for kind in (ATTRIBUTION_TYPE, DECISION_TYPE, GENERATION_TYPE):
        gone = name("?", kind)
        probed = {*view.find(gone, _PROBED), *view.oldest(gone, _PROBED)}
        if not probed or not any(_is_there(log, index) for index in probed if index < had):
            continue
        view.begin(anew=False)
        try:
            for index in view.find(gone, _ALL):
                names = set(_all_names(log, log.payload(index)))
                if gone not in names:
                    view.add([(one, index) for one in names])
                    view.remove([(gone, index)])
            view.end(had, root)
        except BaseException:
            view.undo()
            raise


def _is_there(log: Reading, index: int) -> bool:
    return not any(one.startswith(b"?") for one in _all_names(log, log.payload(index)))


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
    prompt = predicate.prompt.get("sha256") if isinstance(predicate.prompt, dict) else ""
    bodies = {*predicate.evidence, prompt, predicate.body}
    yield from (name("e", one) for one in bodies if isinstance(one, str) and _DIGEST.fullmatch(one))
    if kind == GENERATION_TYPE:
        agent = predicate.agent.get("name") if isinstance(predicate.agent, dict) else ""
        said_of = (("m", predicate.model), ("q", predicate.request), ("a", agent))
        yield from (name(key, value) for key, value in said_of if value and isinstance(value, str))


def _all_names(log: Reading, payload: bytes) -> Iterator[bytes]:
    """Give the names that a payload is found by, those for what its body says included."""
    yield from _names(payload)
    said = _read_payload(payload)
    if said is not None and said.predicate_type == GENERATION_TYPE:
        body = said.predicate.keys.body if said.predicate.keys else ""
        keys = line_keys(log, body)
        yield from line_names(keys) if keys is not None else [name("?", GENERATION_TYPE)] if body else ()
    elif said is not None and said.predicate_type == ATTRIBUTION_TYPE:
        settled = attribution(log, said.predicate.evidence[0] if said.predicate.evidence else "")
        if settled is None and said.predicate.evidence:
            yield name("?", ATTRIBUTION_TYPE)
        rests = {origin.generation for origin in settled.origins} if settled else set[str]()
        yield from (name("u", one) for one in {*said.predicate.generations, *rests} - {""})
        yield from {name("b", file.blob) for file in settled.files} if settled else ()
    elif said is not None and said.predicate_type == DECISION_TYPE and isinstance(said.predicate.case, str):
        case = _case(log, said.predicate.case)
        if case is None and said.predicate.case:
            yield name("?", DECISION_TYPE)
        found = findings_in(case or b"")
        yield from {name("r", one.rule) for one in found}
        yield from {name("p", word) for one in found if one.family == "packages" for word in package_words(one.message)}


def _case(log: Reading, digest: str) -> bytes | None:
    """Give the body of a case; None where it is gone, or is not what was signed: whoever asks for this decision is told, and
    other entries can be read."""
    try:
        return _body(log, digest)
    except LogTampered:
        return None


def findings_in(case: bytes) -> tuple[CaseFinding, ...]:
    """Read the findings in the body of a case; none where it is none."""
    try:
        return _CASES.decode(case).findings
    except (msgspec.DecodeError, RecursionError):
        return ()


def _read_payload(payload: bytes) -> _Payload | None:
    try:
        return _DECODER.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return None


def line_keys(source: "Reading | Trail", digest: str) -> LineKeys | None:
    """Read the keys of a generation's lines; None where they are gone or are none."""
    found: LineKeys | None = _read(source, digest, LineKeys)
    return found


def attribution(source: "Reading | Trail", digest: str) -> Attribution | None:
    """Read what was settled; None where it is gone or is none."""
    found: Attribution | None = _read(source, digest, Attribution)
    return found


def _read(source: "Reading | Trail", digest: str, kind: Any) -> Any:
    try:
        body = _body(source, digest)
        return None if body is None else msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None


def _body(source: "Reading | Trail", digest: str) -> bytes | None:
    """Give a body; None where none is named, or it is gone."""
    try:
        return (source.body(digest) if isinstance(source, Trail) else source.evidence(digest)) if digest else None
    except LogTampered:
        raise
    except ClearanceError:
        return None
