"""The family `code`: what calls, assignments and values say in Python, JavaScript, TypeScript, Java and Go; patterns in
any text."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from clearance.facts.cache import Cache
from clearance.facts.change import Contents
from clearance.facts.errors import BadPage
from clearance.facts.finding import Gap, GapKind
from clearance.rules.model import Rule
from clearance.scan.code import ir
from clearance.scan.code.detect.compiled import VOCABULARY, compiled
from clearance.scan.code.detect.index import TEST_PATH
from clearance.scan.code.detect.match import Verdict
from clearance.scan.code.detect.say import Found, Shown, Teller, first_of_each
from clearance.scan.code.examine import Examiner, Look
from clearance.scan.code.notebook import read_notebook
from clearance.scan.code.properties.invented import invented
from clearance.scan.code.properties.libraries import Libraries
from clearance.scan.code.properties.options import misnamed
from clearance.scan.code.source import ENGINE_OF, Source, broken_share, scripts_only
from clearance.scan.code.tree import Tree, TreeLook
from clearance.scan.family import Budget, Match, OutOfTime, Read, View
from clearance.scan.grammar import parser_for

_TRIGGERS: Final = "triggers"
_FAMILIES: Final = frozenset({"code", _TRIGGERS, VOCABULARY})
_DETECTORS: Final = {"invented-api": invented, "misnamed-option": misnamed}
"""What looks at the words of a file and needs no flow."""
"""What a page names as its detector that tells what no library has."""
_BROKEN: Final = 0.5
_OPAQUE: Final = 0.5
_ENOUGH_NODES: Final = 200
_UNREAD: Final = frozenset({
    "batch", "c", "cpp", "csharp", "groovy", "kotlin", "php", "powershell", "ruby", "rust", "scala", "shell", "swift",
})  # fmt: skip
"""Languages of programs for which there are no blocks but those of the engine `text`."""


class CodeFamily:
    """Looks at code and text with the blocks of all given pages of the families `code` and `triggers`, and the vocabulary.
    Without `sightings` triggers are left out: half of the work where nobody reads them.

    Raises:
        BadPage: a block is not what docs/reference/detect.md describes.
    """

    name = "code"
    max_bytes = 4 * 1024 * 1024

    def __init__(
        self,
        rules: tuple[Rule, ...],
        cache: Cache | None = None,
        *,
        sightings: bool = True,
        installed: Sequence[Path] = (),
    ) -> None:
        families = _FAMILIES if sightings else _FAMILIES - {_TRIGGERS}
        wanted = [rule for rule in rules if rule.family in families]
        self._blocks = compiled(wanted, cache)
        self._triggers = frozenset(rule.id for rule in wanted if rule.family == _TRIGGERS)
        self._examiner = Examiner(self._blocks, self._triggers)
        self._tree: Tree | None = None
        self._invented = _detectors(wanted)
        self._libraries = Libraries(installed)

    def start(self, contents: Contents) -> None:
        """Load the grammar that nearly every change needs, and note where imports lead."""
        self._tree = Tree(contents)
        self._examiner = Examiner(self._blocks, self._triggers)
        parser_for("python")

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap | Read]:
        """Give the matches and gaps of one side of one file. Out of time, what was found so far is given, with a gap."""
        found, gaps = self._undisturbed(view, budget)
        return [*(one.match for one in found), *gaps]

    def origins(self, view: View, budget: Budget) -> frozenset[str]:
        """Name the vocabulary pages at whose sources the way of a finding (not of a sighting) starts."""
        found, _ = self._undisturbed(view, budget)
        return frozenset(one.page for one in found if one.page and one.match.rule not in self._triggers)

    def _undisturbed(self, view: View, budget: Budget) -> tuple[list[Found], list[Gap | Read]]:
        """Look without the collector of cycles: while a look lasts, nearly all that it made is alive, and would be walked
        over in vain."""
        collects = gc.isenabled()
        gc.disable()
        try:
            return self._look(view, budget)
        finally:
            if collects:
                gc.enable()

    def _look(self, view: View, budget: Budget) -> tuple[list[Found], list[Gap | Read]]:
        found: list[Found] = []
        gaps: list[Gap | Read] = []
        try:
            found.extend(self._blocks.texts.look(view, budget))
            shown = self._shown(view, gaps)
            if shown is not None:
                found.extend(self._code(shown, budget, gaps))
                found.extend(self._made_up(shown, budget))
        except OutOfTime:
            gaps.append(Gap(scanner=self.name, path=view.path, kind=GapKind.TIMEOUT, detail="what was found so far is told"))
        return list(first_of_each(found)), gaps

    def _gap(self, view: View, kind: GapKind, detail: str) -> Gap:
        return Gap(scanner=self.name, path=view.path, kind=kind, detail=detail)

    def _shown(self, view: View, gaps: list[Gap | Read]) -> Shown | None:
        """Give the code of a view, where it holds some: all of it, its scripts, or the cells of a notebook."""
        language, text = view.language, view.text
        if language in _UNREAD:
            gaps.append(self._gap(view, GapKind.UNSUPPORTED, language or ""))
        if language == "html":
            text, language = scripts_only(text)
        elif language == "notebook":
            notebook = read_notebook(text)
            if notebook is None:
                return None
            if notebook.language not in ENGINE_OF:
                gaps.append(self._gap(view, GapKind.UNSUPPORTED, f"notebook in {notebook.language[:40]}"))
                return None
            source = Source(notebook.text, notebook.language)
            places, last = notebook.places, len(notebook.places) - 1
            return Shown(view, source, lambda byte: places[min(source.offset(byte), last)])
        if language not in ENGINE_OF or not text:
            return None
        source = Source(text, language)
        return Shown(view, source, source.offset)

    def _code(self, shown: Shown, budget: Budget, gaps: list[Gap | Read]) -> Iterator[Found]:
        view, source, _ = shown
        files = self._tree.look(view.side) if self._tree is not None and not view.partial else None
        words = self._examiner.active(source, view.path, partial=view.partial, budget=budget)
        if not words.active and (files is None or not words.sources or TEST_PATH.search(view.path)):
            return
        budget.check()
        tree = source.tree
        budget.check()
        if not view.partial and words.active and broken_share(tree, source.data) > _BROKEN:
            detail = f"most of it is no {source.language} that the parser understands"
            gaps.append(self._gap(view, GapKind.UNPARSED, detail))
        look = Look(self._examiner, source, view.path, words, files, budget, partial=view.partial)
        try:
            yield from self._told(look, shown, files, gaps)
        finally:
            look.release()

    def _told(self, look: Look, shown: Shown, files: TreeLook | None, gaps: list[Gap | Read]) -> Iterator[Found]:
        """Look, and give what was found, also where the time is spent before the end."""
        view = shown.view
        teller = Teller(shown, files.source if files is not None else _no_file, self._triggers)
        try:
            look.run()
        finally:
            for verdict in _best_of_each(look.matcher.verdicts, view.path):
                one = teller.tell(verdict)
                if one is not None:
                    yield one
        if look.stopped:
            gaps.append(self._gap(view, GapKind.TOO_LARGE, "too much to follow all of it; what was found is told"))
        elif look.crowded:
            gaps.append(self._gap(view, GapKind.PARTIAL, "one place was reached in more ways than are looked at"))
        self._note_opaque(view, look.module, gaps)

    def _made_up(self, shown: Shown, budget: Budget) -> Iterator[Found]:
        """Give what the code uses of libraries and what these do not have."""
        if shown.view.partial:
            return
        for name, find in _DETECTORS.items():
            rule = self._invented.get((name, ENGINE_OF[shown.source.language]))
            if rule is None:
                continue
            budget.check()
            for one in find(shown.source, self._libraries, budget.check):
                start, end = shown.offset(one.at), shown.offset(one.end)
                yield Found(0, 0, Match(rule=rule, start=start, end=end, message=one.message, fix=one.fix))

    def _note_opaque(self, view: View, module: ir.Module, gaps: list[Gap | Read]) -> None:
        """Say how much of the code the lowering understood, and that there is a gap where that is little."""
        coverage = module.coverage
        gaps.append(Read(coverage.nodes, sum(coverage.opaque.values())))
        if coverage.nodes >= _ENOUGH_NODES and coverage.share < _OPAQUE:
            share = f"{1 - coverage.share:.0%}"
            gaps.append(self._gap(view, GapKind.UNPARSED, f"{share} of what was looked at is no code that is understood"))
        if coverage.opaque.get("deep"):
            detail = f"code within more than {ir.MAX_DEPTH} levels of other code was not looked at"
            gaps.append(self._gap(view, GapKind.UNPARSED, detail))


def _detectors(rules: Iterable[Rule]) -> dict[tuple[str, str], str]:
    """Give the detectors and engines for which a page asks what is made up, with the page.

    Raises:
        BadPage: a page names a detector that there is not.
    """
    found: dict[tuple[str, str], str] = {}
    for rule in rules:
        if rule.detector and rule.detector not in _DETECTORS:
            known = f"known: {', '.join(_DETECTORS)}; without one, write a Detect block"
            raise BadPage(f"no detector {rule.detector!r}", where=f"{rule.page}:1", next=known)
        if rule.detector:
            found.update(
                ((rule.detector, ENGINE_OF[language]), rule.id) for language in rule.languages if language in ENGINE_OF
            )
    return found


def _best_of_each(verdicts: Iterable[Verdict], path: str) -> Iterator[Verdict]:
    """Leave out verdicts on a place of this file that say no more than one before: a helper is called in many ways."""
    best: dict[tuple[str, int, int, int], tuple[int, int]] = {}
    for one in verdicts:
        event = one.event
        if event.where.path == path:
            key = (one.block.rule, event.node.at, event.node.end, event.handler.at if event.handler is not None else -1)
            weight = (one.block.order, one.rank)
            if key in best and best[key] <= weight:
                continue
            best[key] = weight
        yield one


def _no_file(_path: str) -> Source | None:
    return None
