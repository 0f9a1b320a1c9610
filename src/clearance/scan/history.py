"""What is known of all versions that a repository ever held: kept between runs, and folded into findings.

A version is looked at once: what was found in it stands under its id, for the same rules. Each step of a run is written down
when it is done, so that a run that was killed goes on where it was.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple, TypeVar

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.finding import Finding, Gap, GapKind, Origin
from clearance.scan.runner import Scanned, finding_order

MESSAGE = "/commit:"
"""Begins the path under which workers get the message of a commit."""
ADVICE = (
    "History and every clone keep it: revoke it first; to rewrite history comes second, and does not make it secret again."
)
_PASSING = frozenset({GapKind.CRASH, GapKind.TIMEOUT, GapKind.UNREADABLE, GapKind.STALE, GapKind.MISSING_DATA})
"""Gaps that another look may not have."""
_MOST_STEPS = 1_000_000


class First(NamedTuple):
    """Where a version stood first: the number of its commit in the walk, its id, its author's date, the path."""

    order: int
    commit: str
    date: str
    path: str


class _Step(msgspec.Struct, array_like=True):
    """What one step gave. `done` are ids of versions and commits, `width` bytes each; paths of findings and gaps are
    `<id>/<path>` for versions and `/commit:<id>` for messages."""

    width: int
    done: bytes
    findings: list[Finding]
    gaps: list[Gap]
    set_aside: dict[str, int]


class _Snapshot(msgspec.Struct, array_like=True):
    """All steps of earlier runs as one; those of the `generation`, a random number, come on top."""

    generation: int
    whole: _Step


class Journal:
    """What is known of the history at `place` by the scanners that `stamp` names. Without a cache it lasts for one run."""

    def __init__(self, cache: Cache | None, place: str, stamp: str, *, fresh: bool = False) -> None:
        self._cache = cache
        named = f"{place}\x00{stamp}".encode("utf-8", "surrogatepass")
        self._key = f"history-{hashlib.sha256(named).hexdigest()}"
        self._done: set[bytes] = set()
        self._generation = 0
        self._steps = 0
        self.findings: dict[str, list[Finding]] = {}
        """By id of the version or commit."""
        self.gaps: list[Gap] = []
        self.set_aside: Counter[str] = Counter()
        if fresh:
            self._start_anew()
        else:
            self._load()

    def __contains__(self, oid: str) -> bool:
        """Tell whether a version or a commit's message was looked at."""
        return bytes.fromhex(oid) in self._done

    @property
    def size(self) -> int:
        """How many versions and messages were looked at."""
        return len(self._done)

    def keep(self, oids: Iterable[str], scanned: Scanned) -> None:
        """Take what a look at versions and messages gave, and write it down."""
        again = {id_of(gap.path) for gap in scanned.gaps if gap.kind in _PASSING}
        done = [bytes.fromhex(oid) for oid in oids if oid not in again]
        step = _Step(
            width=len(done[0]) if done else 0,
            done=b"".join(done),
            findings=list(scanned.findings),
            gaps=[gap for gap in scanned.gaps if id_of(gap.path) not in again],
            set_aside=dict(scanned.set_aside),
        )
        self._take(step)
        self.gaps += [gap for gap in scanned.gaps if id_of(gap.path) in again]
        if self._cache is not None:
            self._cache.put(f"{self._key}-{self._generation}-{self._steps}", msgspec.msgpack.encode(step))
        self._steps += 1

    def save(self) -> None:
        """Write all steps down as one."""
        if self._cache is None or not self._steps:
            return
        gaps = [gap for gap in self.gaps if gap.kind not in _PASSING]
        findings = [finding for found in self.findings.values() for finding in found]
        width = len(next(iter(self._done), b""))
        whole = _Step(width, b"".join(sorted(self._done)), findings, gaps, dict(self.set_aside))
        self._cache.put(self._key, msgspec.msgpack.encode(_Snapshot(secrets.randbits(62), whole)))

    def _start_anew(self) -> None:
        self._generation = secrets.randbits(62)
        if self._cache is not None:
            nothing = _Snapshot(self._generation, _Step(0, b"", [], [], {}))
            self._cache.put(self._key, msgspec.msgpack.encode(nothing))

    def _load(self) -> None:
        if self._cache is None:
            return
        snapshot = _decoded(self._cache.get(self._key), _Snapshot)
        if snapshot is not None:
            self._generation = snapshot.generation
            self._take(snapshot.whole)
        for number in range(_MOST_STEPS):
            step = _decoded(self._cache.get(f"{self._key}-{self._generation}-{number}"), _Step)
            if step is None:
                return
            self._take(step)
            self._steps = number + 1

    def _take(self, step: _Step) -> None:
        width = step.width or 1
        self._done.update(step.done[at : at + width] for at in range(0, len(step.done), width))
        for finding in step.findings:
            self.findings.setdefault(id_of(finding.place.path), []).append(finding)
        self.gaps += step.gaps
        self.set_aside.update(step.set_aside)


def id_of(path: str) -> str:
    """Give the id of the version or commit that a path of the workers names."""
    return path.removeprefix(MESSAGE) if path.startswith(MESSAGE) else path.partition("/")[0]


def fold(
    found: Mapping[str, Iterable[Finding]], first: Mapping[str, First], standing: Container[str], *, named: bool
) -> tuple[Finding, ...]:
    """Tell each secret once for each path, with the commit that brought it first. `standing` are the ids of the versions
    that are checked out. Unless `named`, fingerprints mean nothing beyond this run and are taken out."""
    earliest: dict[tuple[str, str, str], tuple[First, Finding]] = {}
    still: set[str] = set()
    for oid, findings in found.items():
        where = first.get(oid)
        if where is None:  # of a reference that is gone
            continue
        for finding in findings:
            name = secret_of(finding)
            if oid in standing:
                still.add(name)
            key = (finding.rule, where.path, name)
            known = earliest.get(key)
            if known is None or (where.order, finding.place.line) < (known[0].order, known[1].place.line):
                earliest[key] = (where, finding)
    told = (
        located(finding, where, standing=name in still, named=named) for (_, _, name), (where, finding) in earliest.items()
    )
    return tuple(sorted(told, key=finding_order))


def secret_of(finding: Finding) -> str:
    """Name the secret of a finding: by its fingerprint, or for want of one by the rule and the line."""
    if finding.secret is not None and finding.secret.fingerprint:
        return finding.secret.fingerprint
    lines = finding.excerpt.lines if finding.excerpt else ()
    return "\0".join((finding.rule, *lines))


def located(finding: Finding, where: First, *, standing: bool, named: bool) -> Finding:
    """Give a finding of the workers its place in history, a name that stays, and the advice that history asks for."""
    name = "\0".join(("history", finding.rule, where.path, secret_of(finding)))
    finding = finding if named else unnamed(finding)
    return msgspec.structs.replace(
        finding,
        place=msgspec.structs.replace(finding.place, path=where.path),
        fingerprint=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(),
        origin=Origin(commit=where.commit, date=where.date, standing=standing),
        fix=f"{finding.fix}\n{ADVICE}" if finding.fix else ADVICE,
        edits=(),
    )


def unnamed(finding: Finding) -> Finding:
    """Give a finding without the fingerprint of its secret, which a key of one run made."""
    if finding.secret is None:
        return finding
    return msgspec.structs.replace(finding, secret=msgspec.structs.replace(finding.secret, fingerprint=""))


_T = TypeVar("_T")


def _decoded(data: bytes | None, kind: type[_T]) -> _T | None:
    try:
        return msgspec.msgpack.decode(data, type=kind) if data is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
