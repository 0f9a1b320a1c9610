"""The family `infra`: reads a file as what it configures, and asks the blocks of all pages of its units."""

import gc
import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.change import ChangeKind, Contents
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import visible
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, OutOfTime, Pair, Passing, View
from clearance.scan.infra.detectors import detector_of
from clearance.scan.infra.folder import SUFFIXES, VALUES, Folders
from clearance.scan.infra.judge import judge
from clearance.scan.infra.lower import SEEING, Lowering, format_of, lowering_for
from clearance.scan.infra.lower.hcl.references import References
from clearance.scan.infra.node import Document, NotThis, Unit
from clearance.scan.infra.rules import compiled
from clearance.scan.language import language_of

if TYPE_CHECKING:
    from clearance.scan.infra.around.terraform import TerraformAround

MOST_CHARACTERS: Final = 4 * 1024 * 1024
"""Of the largest file that is looked at."""
MOST_MATCHES: Final = 2_000
"""Findings of one file; beyond them there is a gap, and the gravest are told."""
_MOST_KEPT: Final = 50_000
_MOST_SPENT: Final = 3
OVERRIDE: Final = re.compile(r"(?:docker-)?compose\.override\.ya?ml")
"""What Compose reads unasked beside its file."""
_LONGEST: Final = 200


class InfraFamily:
    """Looks at Dockerfiles, Compose, Kubernetes, Terraform, pipelines, nginx and systemd. Rules of other families are passed
    over; without a `cache` the blocks are read anew.

    Raises:
        BadPage: a block is not what docs/reference/detect-infra.md describes, or a page names a detector that there is not.
    """

    name = "infra"
    # Nothing larger than MOST_CHARACTERS is looked at, but only a file that configures something leaves a gap.
    max_bytes = 64 << 20

    def __init__(self, rules: tuple[Rule, ...], cache: Cache | None = None) -> None:
        wanted = [rule for rule in rules if rule.family == self.name]
        self._index = compiled(wanted, cache)
        self._detectors = [(rule, detector_of(rule)) for rule in wanted if rule.detector]
        self._severities = {rule.id: rule.severity for rule in wanted}
        self._folders: Folders | None = None
        self._terraform: TerraformAround | None = None

    def claims(self, path: str) -> bool:
        """Whether a file configures something by its name, so that it must not pass unread."""
        return bool(format_of(path, language_of(path), ""))

    def start(self, contents: Contents) -> None:
        """Note where the other files of a folder are; they are read when a block asks."""
        self._folders = Folders(contents)
        self._terraform = None

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        """Give the matches and gaps of one side of one file. Out of time, what was found so far is given, with a gap."""
        lowering = lowering_for(view)
        if lowering is None:
            return ()
        if len(view.text) > MOST_CHARACTERS:
            detail = f"{len(view.text):,} characters; the limit is {MOST_CHARACTERS:,}"
            return (self._gap(view, GapKind.TOO_LARGE, detail),)
        if view.partial:
            return (self._gap(view, GapKind.PARTIAL, "what a file configures is read from all of it"),)
        found: list[Match | Gap] = []
        # While a look lasts, nearly all that it made is alive: the collector would walk over it in vain.
        collects = gc.isenabled()
        gc.disable()
        try:
            self._look(view, lowering, budget, found)
        except NotThis as error:
            found.append(self._gap(view, GapKind.UNPARSED, f"{lowering.name}: {_short(str(error))}"))
        except OutOfTime:
            found.append(self._gap(view, GapKind.TIMEOUT, "what was found so far is told"))
        finally:
            if collects:
                gc.enable()
        found.extend(self._spent(view.path))
        return found

    def around(self, pair: Pair, budget: Budget) -> Iterable[Match | Gap | Passing]:
        """Give what a changed file does to files around it that the change leaves alone, in the changed file."""
        if self._folders is None:
            return ()
        matches: list[Match] = []
        found: list[Match | Gap | Passing] = []
        path = pair.file.path
        try:
            matches.extend(self._around(pair, self._folders, budget))
            left = _left_behind(pair)
            if left is not None:
                matches.extend(self._around(left, self._folders, budget))
        except OutOfTime:
            found.append(Gap(scanner=self.name, path=path, kind=GapKind.TIMEOUT, detail="files around it were not all read"))
        if len(matches) > MOST_MATCHES:
            detail = f"the gravest {MOST_MATCHES:,} are told"
            found.append(Gap(scanner=self.name, path=path, kind=GapKind.TOO_MANY, detail=detail))
        found.extend(self._gravest(matches))
        # What was read here may change without this file: such a result is not kept for the next look.
        if pair.file.kind is ChangeKind.PRESENT and _reads_other_folders(pair):
            found.append(Passing())
        found.extend(self._spent(path))
        return found

    def _around(self, pair: Pair, folders: Folders, budget: Budget) -> Iterator[Match]:
        path = pair.file.path
        if path.endswith((*SUFFIXES, *VALUES)):
            if self._terraform is None:
                from clearance.scan.infra.around.terraform import TerraformAround

                self._terraform = TerraformAround(folders, self._judged, self._index.blocks)
            yield from self._terraform.matches(pair, budget)
        elif path.endswith((".yaml", ".yml", ".json")) and pair.before is not None:
            if OVERRIDE.fullmatch(path.rpartition("/")[2]):
                from clearance.scan.infra.around.compose import in_base

                yield from in_base(pair, folders, self._judged, budget)
            for rule, detector in self._detectors:
                if detector.around is not None:
                    yield from detector.around(pair, folders, rule, budget)

    def _spent(self, path: str) -> Iterator[Gap]:
        """Tell which of the files around one were not read."""
        if self._folders is not None:
            for what in self._folders.spent[:_MOST_SPENT]:
                yield Gap(scanner=self.name, path=path, kind=GapKind.PARTIAL, detail=_short(what))
            self._folders.spent.clear()

    def _look(self, view: View, lowering: Lowering, budget: Budget, found: list[Match | Gap]) -> None:
        document = lowering(view.text, budget, self._names(view, lowering, budget))
        if document.opaque:
            found.append(self._not_understood(view, document))
        budget.check()
        matches: list[Match] = []
        try:
            for match in self._judged(view, document, budget):
                matches.append(match)
                if len(matches) >= _MOST_KEPT:
                    break
        finally:
            if len(matches) > MOST_MATCHES:
                detail = f"the gravest {MOST_MATCHES:,} are told"
                found.append(self._gap(view, GapKind.TOO_MANY, detail))
            found.extend(self._gravest(matches))

    def _names(self, view: View, lowering: Lowering, budget: Budget) -> References | None:
        """Give the names that a file finds around it, where its format knows such."""
        if self._folders is None or lowering.name not in SEEING:
            return None
        return self._folders.references(view.path, view.side, budget)

    def _gravest(self, matches: list[Match]) -> list[Match]:
        """Keep as many as are told, in their order; those of low severity go first."""
        if len(matches) <= MOST_MATCHES:
            return matches
        ranks = [(match.severity or self._severities[match.rule]).rank for match in matches]
        kept = sorted(range(len(matches)), key=lambda at: -ranks[at])[:MOST_MATCHES]
        return [matches[at] for at in sorted(kept)]

    def _judged(self, view: View, document: Document, budget: Budget) -> Iterator[Match]:
        def others(words: Collection[str]) -> Iterable[Unit]:
            return self._folders.beside(view.path, view.side, budget, words) if self._folders is not None else ()

        seen: set[tuple[str, int, int, str]] = set()
        for match in judge(document.units, self._index, path=view.path, text=view.text, others=others, budget=budget):
            # Where two blocks of a page see the same, the first one tells it.
            place = (match.rule, match.start, match.end, match.shape)
            if place not in seen:
                seen.add(place)
                yield match
        kinds = {unit.kind for unit in document.units}
        for rule, detector in self._detectors:
            if not detector.on.isdisjoint(kinds):
                budget.check()
                yield from detector.look(document, rule, budget)

    def _not_understood(self, view: View, document: Document) -> Gap:
        first = min(document.opaque, key=lambda one: one.span)
        pieces = len(document.opaque)
        detail = f"line {view.position(min(first.span[0], len(view.text)))[0]}: {_short(first.why)}"
        more = f"; {pieces - 1:,} more" if pieces > 1 else ""
        return self._gap(view, GapKind.PARTIAL, detail + more)

    def _gap(self, view: View, kind: GapKind, detail: str) -> Gap:
        return Gap(scanner=self.name, path=view.path, kind=kind, detail=detail)


def _part_of(path: str) -> str:
    """Give which program reads a file together with others, by its name; empty where none does."""
    name = path.rpartition("/")[2]
    if path.endswith((*SUFFIXES, *VALUES)):
        return "terraform"
    if OVERRIDE.fullmatch(name):
        return "override"
    if name in {"kustomization.yaml", "kustomization.yml"}:
        return "kustomization"
    return "yaml" if path.endswith((".yaml", ".yml", ".json")) else ""


def _left_behind(pair: Pair) -> Pair | None:
    """Give a file that was renamed to what its program no longer reads, as one that is deleted."""
    old = pair.file.old_path
    if old is None or pair.before is None or not _part_of(old) or _part_of(old) == _part_of(pair.file.path):
        return None
    gone = msgspec.structs.replace(pair.file, path=old, old_path=None, kind=ChangeKind.DELETED, after=None)
    return Pair(gone, pair.before, None)


def _short(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _reads_other_folders(pair: Pair) -> bool:
    """Tell whether what a file does can rest on another folder: it calls a module there, or sets its variables."""
    path = pair.file.path
    return path.endswith(VALUES) or (path.endswith(SUFFIXES) and pair.after is not None and "module" in pair.after.text)
