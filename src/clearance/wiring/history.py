"""Looks at everything that a repository ever held."""

import hashlib
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import msgspec

from clearance import __version__, pipeline
from clearance.collect.history import History, Version, VersionContents, Walked
from clearance.collect.sides import NOBODY_KNOWS
from clearance.facts.change import Change, ChangeKind, FileChange, Mode, Revision, Side, Tree
from clearance.facts.decision import Ran
from clearance.facts.finding import Finding, Gap, GapKind
from clearance.facts.glob import matcher
from clearance.facts.outcome import SCHEMA, Outcome
from clearance.report.look import Times
from clearance.scan.history import MESSAGE, First, Journal, fold, id_of, located, unnamed
from clearance.scan.runner import Limits, Progress, Scanned, finding_order, gap_order, scan
from clearance.scan.texts import Named, Texts, text_file
from clearance.scan.worker import Reserve
from clearance.stores.pages import code_stamp
from clearance.wiring.furnish import Furnish, builtin_furnish
from clearance.wiring.judged import Judged, exit_of_scan
from clearance.wiring.opinions import NO_SECOND, Opinions
from clearance.wiring.parts import parts_of
from clearance.wiring.places import cache, committed, now

_STEP_FILES = 500
_STEP_BYTES = 64 << 20
_SHORT = 12
_MOST_NAMES = 3
_EMPTY = "0" * 64


def scan_history(
    path: Path,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    *,
    fresh: bool = False,
) -> Judged:
    """Look for secrets in all commits of the repository that holds `path`, each version of a file once. Unless `fresh`, what
    an earlier run saw stands, also one that was stopped.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    began = now()
    ahead = msgspec.structs.replace(builtin_furnish(path, environment, sightings=False), names=("secrets",))
    with Reserve(ahead) as reserve, History(path, environment) as history:
        parts = parts_of(
            ahead,
            reserve,
            committed(path, environment),
            meanwhile,
            Opinions(NO_SECOND, environment),
            around=(path, environment),
        )
        look = _Look(history, parts, environment, progress, fresh=fresh)
        look.run()
        outcome = look.outcome(path)
    return Judged(outcome, Times(began, now()), exit_of_scan(outcome))


class _Step(NamedTuple):
    """What is looked at in one go: versions with their sizes, and messages of commits."""

    versions: list[tuple[Version, int]]
    messages: dict[str, bytes]


class _Look:
    """One walk through history."""

    def __init__(
        self,
        history: History,
        parts: pipeline.Parts,
        environment: Mapping[str, str],
        progress: Progress | None,
        *,
        fresh: bool,
    ) -> None:
        self._history = history
        self._parts = parts
        self._progress = progress
        self._excluded = matcher(parts.exclude)
        furnish = cast("Furnish", parts.furnish)
        self._named = bool(furnish.key)
        # Without a key that stays, the same secret is known again within this run only, and nothing is kept.
        self._furnish = furnish if self._named else msgspec.structs.replace(furnish, key=secrets.token_bytes(32))
        key = hashlib.sha256(furnish.key).hexdigest()
        stamp = (code_stamp(), parts.catalogue.digest, parts.limits, furnish.names, key, sys.version_info[:2])
        self._journal = Journal(cache(environment) if self._named else None, history.place, repr(stamp), fresh=fresh)
        self._limits = Limits(seconds=parts.limits.seconds, total=86_400.0, workers=parts.limits.workers)
        self._seen: set[bytes] = set()
        self._first: dict[str, First] = {}
        self._names: dict[str, First] = {}
        self._left_out = 0
        self._missing: list[str] = []
        self._commits = 0
        self._standing = history.head()
        self._texts: tuple[Finding, ...] = ()
        self._masked: dict[str, str] = {}

    def run(self) -> None:
        """Walk, and look at what nobody looked at before."""
        total = self._history.count()
        held: list[Version] = []
        messages: dict[str, bytes] = {}
        for order, commit in enumerate(self._history.walk()):
            self._commits = order + 1
            self._take(commit, order, held, messages)
            if len(held) + len(messages) >= _STEP_FILES:
                self._step(held, messages)
                held, messages = [], {}
            if self._progress:
                self._progress(order + 1, total)
        for oid, version in self._history.loose():
            self._take_version(version, First(self._commits, oid, "", version.path), held)
        self._step(held, messages)
        self._journal.save()
        self._texts = self._names_and_tags()

    def _take(self, commit: Walked, order: int, held: list[Version], messages: dict[str, bytes]) -> None:
        """Note what a commit brings, and put aside for looking what is new."""
        where = First(order, commit.oid, commit.date, f"commit:{commit.oid[:_SHORT]}")
        if commit.oid not in self._journal:
            messages[commit.oid] = commit.message.encode("utf-8", "surrogatepass")
            self._first[commit.oid] = where
        elif commit.oid in self._journal.findings:
            self._first[commit.oid] = where
        for version in commit.versions:
            self._take_version(version, where._replace(path=version.path), held)

    def _take_version(self, version: Version, place: First, held: list[Version]) -> None:
        """Note where a version stands first, and put it aside for looking where it is new."""
        if self._excluded(version.path):
            self._left_out += 1
            return
        self._names.setdefault(version.path, place)
        name = bytes.fromhex(version.oid)
        if name in self._seen:
            return
        self._seen.add(name)
        if version.oid not in self._journal:
            held.append(version)
            self._first[version.oid] = place
        elif version.oid in self._journal.findings:
            self._first[version.oid] = place

    def _step(self, held: Sequence[Version], messages: Mapping[str, bytes]) -> None:
        """Look at versions and messages, as many bytes at a time as a killed run may lose."""
        sizes = self._history.sizes([version.oid for version in held]) if held else []
        step, waiting = _Step([], dict(messages)), 0
        for version, size in zip(held, sizes, strict=True):
            if size is None:
                self._missing.append(version.path)
                continue
            step.versions.append((version, size))
            waiting += size
            if waiting >= _STEP_BYTES:
                self._look(step)
                step, waiting = _Step([], {}), 0
        self._look(step)
        # Only those in which something stands are asked for again.
        for oid in (*(version.oid for version in held), *messages):
            if oid not in self._journal.findings:
                self._first.pop(oid, None)

    def _look(self, step: _Step) -> None:
        if not step.versions and not step.messages:
            return
        texts = {MESSAGE + oid: data for oid, data in step.messages.items()}
        files = tuple(
            FileChange(
                path=f"{version.oid}/{version.path}",
                kind=ChangeKind.PRESENT,
                after=Side(mode=Mode.FILE, size=size, sha256="", git=version.oid),
            )
            for version, size in step.versions
        )
        files += tuple(text_file(name, data) for name, data in texts.items())
        scanned = self._scan(files, VersionContents(self._history.objects, texts))
        self._journal.keep((*(version.oid for version, _ in step.versions), *step.messages), scanned)

    def _scan(self, files: tuple[FileChange, ...], contents: VersionContents) -> Scanned:
        change = _change("", files)
        return scan(change, contents, self._furnish, self._furnish.names, self._limits, None, None, self._parts.reserve)

    def _names_and_tags(self) -> tuple[Finding, ...]:
        """Look at the names of files and references, and at the messages of tags: few, so each run does it anew."""
        references = self._history.references()
        told = [*self._names, *(reference.name for reference in references)]
        texts = Texts(
            [Named(name, introduced=True) for name in told], {one.name: one.message for one in references if one.message}
        )
        change, contents = texts.added_to(_change("", ()), VersionContents(self._history.objects, {}))
        scanned = scan(change, contents, self._furnish, self._furnish.names, self._limits, None, None, self._parts.reserve)
        names = {one.fingerprint: texts.name_of(one) for one in scanned.findings}
        _, scanned, gaps = texts.told(change, scanned, scanned.gaps)
        self._journal.gaps += gaps
        self._journal.set_aside.update(scanned.set_aside)
        self._masked = texts.masked
        found = []
        for one in scanned.findings:
            name = names[one.fingerprint]
            where = self._names.get(name)
            if where is not None:
                place = where._replace(path=one.place.path)
                found.append(located(one, place, standing=name in self._standing, named=self._named))
            else:
                found.append(one if self._named else unnamed(one))
        return tuple(found)

    def outcome(self, path: Path) -> Outcome:
        """Fold all that is known into what a report shows."""
        head, tree = self._history.head_commit()
        first = {oid: where._replace(path=self._masked.get(where.path, where.path)) for oid, where in self._first.items()}
        found = fold(self._journal.findings, first, frozenset(self._standing.values()), named=self._named)
        findings = tuple(sorted((*found, *self._texts), key=finding_order))
        gaps = self._gaps()
        named = sorted({finding.rule for finding in findings})
        catalogue = self._parts.catalogue
        looked = len(self._seen)
        ran = Ran(
            scanner="secrets", files=looked, findings=len(findings), gaps=sum(gap.scanner == "secrets" for gap in gaps)
        )
        change = _change(str(path), ())
        return Outcome(
            schema=SCHEMA,
            version=__version__,
            change=msgspec.structs.replace(
                change,
                head=Revision(label=f"{path}, {self._commits:,} commits", commit=head or None),
                tree=Tree(kind="git-tree", sha256=hashlib.sha256(tree.encode()).hexdigest(), git=tree or None),
            ),
            findings=findings,
            gaps=gaps,
            ran=(ran,),
            rules=tuple(pipeline.info(catalogue[rule], self._parts.pages) for rule in named),
            catalogue=catalogue.digest,
            more_asides=sum(self._journal.set_aside.values()),
            set_aside=dict(sorted(self._journal.set_aside.items(), key=lambda one: (-one[1], one[0]))),
        )

    def _gaps(self) -> tuple[Gap, ...]:
        """Give what was not looked at: of many versions of one file once."""
        gaps: dict[Gap, None] = {}
        for gap in self._journal.gaps:
            where = self._first_of(gap.path)
            gaps[msgspec.structs.replace(gap, path=self._masked.get(where, where))] = None
        submodules = self._history.submodules()
        shallow = "this clone is shallow, and older commits are not in it: git fetch --unshallow"
        whole = [
            (GapKind.EXCLUDED, f"{self._left_out:,} versions of files" if self._left_out else ""),
            (GapKind.MISSING_DATA, self._told_missing()),
            (GapKind.SUBMODULE, f"{submodules:,} other repositories with a history of their own" if submodules else ""),
            (GapKind.MISSING_DATA, shallow if self._history.shallow else ""),
        ]
        for error in self._parts.catalogue.broken:
            gaps[Gap(scanner="rules", path="", kind=GapKind.UNPARSED, detail=str(error))] = None
        for kind, detail in whole:
            if detail:
                gaps[Gap(scanner="all", path="", kind=kind, detail=detail)] = None
        return tuple(sorted(gaps, key=gap_order))

    def _told_missing(self) -> str:
        """Say how many versions are not there, and of which files."""
        if not self._missing:
            return ""
        names = list(dict.fromkeys(self._masked.get(path, path) for path in self._missing))
        some = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
        return f"{len(self._missing):,} versions of files are not in this clone ({some})"

    def _first_of(self, path: str) -> str:
        if path.startswith(MESSAGE):
            return f"commit:{id_of(path)[:_SHORT]}"
        oid, slash, rest = path.partition("/")
        return rest if slash and bytes_of(oid) in self._seen else path


def bytes_of(oid: str) -> bytes:
    """Give an id as bytes; none for what is no id."""
    try:
        return bytes.fromhex(oid)
    except ValueError:
        return b""


def _change(label: str, files: tuple[FileChange, ...]) -> Change:
    return Change(
        source="history",
        base=None,
        head=Revision(label=label),
        tree=Tree(kind="git-tree", sha256=_EMPTY),
        files=files,
        author=NOBODY_KNOWS,
    )
