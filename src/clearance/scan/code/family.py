"""The family `code`: what calls, assignments and values say in Python, JavaScript and TypeScript; patterns in any text."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind, Place, Step
from clearance.rules.model import Rule
from clearance.scan.code.bindings import Binding
from clearance.scan.code.detect import CodeBlock, Saying, read_rules
from clearance.scan.code.index import Index
from clearance.scan.code.judge import Judge, Verdict
from clearance.scan.code.scopes import Scopes
from clearance.scan.code.source import ENGINE_OF, Source, broken_share, scripts_only
from clearance.scan.code.texts import Texts
from clearance.scan.code.walk import Frame, Site, sites, words_of
from clearance.scan.family import Budget, Match, View
from clearance.scan.grammar import parser_for

_FAMILIES = frozenset({"code", "triggers"})
_BROKEN = 0.5
_RENAMING = frozenset({b"import", b"require"})
_GIVING = frozenset({"assignment", "variable_declarator", "assignment_expression", "pair_pattern"})
_CELL = re.compile(r'"cell_type"\s{0,9}:\s{0,9}"code"')


class _Found(NamedTuple):
    """A match, the place of its block among all blocks, and whether it is about an entry of a dict or call."""

    order: int
    match: Match
    entry: bool = False


_UNREAD = frozenset(
    (
        "batch",
        "c",
        "cpp",
        "csharp",
        "go",
        "groovy",
        "java",
        "kotlin",
        "php",
        "powershell",
        "ruby",
        "rust",
        "scala",
        "shell",
        "swift",
    )
)
"""Languages of programs for which there are no blocks but those of the engine `text`."""


class CodeFamily:
    """Looks at code and text with the blocks of all given pages of the families `code` and `triggers`.

    Raises:
        BadPage: a block is not what docs/reference/detect.md describes.
    """

    name = "code"
    max_bytes = 4 * 1024 * 1024

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        code, texts = read_rules(rule for rule in rules if rule.family in _FAMILIES)
        self._index = {
            engine: Index(block for block in code if block.language == engine) for engine in ("python", "javascript")
        }
        self._texts = Texts(texts)

    def start(self, contents: Contents) -> None:
        """Load the grammar that nearly every change needs."""
        parser_for("python")

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        """Give the matches and gaps of one side of one file."""
        found = [_Found(order, match) for order, match in self._texts.look(view, budget)]
        gaps: list[Gap] = []
        language = view.language
        text = view.text
        if language in _UNREAD or (language == "notebook" and _CELL.search(text)):
            gaps.append(Gap(scanner=self.name, path=view.path, kind=GapKind.UNSUPPORTED, detail=language))
        if language == "html":
            text, language = scripts_only(text)
        if language in ENGINE_OF and text:
            found.extend(self._code(view, Source(text, language), budget, gaps))
        return [*_first_of_each(found), *gaps]

    def _gap(self, view: View, detail: str) -> Gap:
        return Gap(scanner=self.name, path=view.path, kind=GapKind.UNPARSED, detail=detail)

    def _code(self, view: View, source: Source, budget: Budget, gaps: list[Gap]) -> Iterator[_Found]:
        engine = ENGINE_OF[source.language]
        index = self._index[engine]
        words = words_of(source.data)
        active = index.active(words, view.path)
        renaming = not _RENAMING.isdisjoint(words)
        if not active and not renaming:
            return
        budget.check()
        tree = source.tree
        budget.check()
        if not view.partial and broken_share(tree, source.data) > _BROKEN:
            gaps.append(self._gap(view, f"most of it is no {source.language} that the parser understands"))
        top = Frame(tree.root_node, (), None)
        scopes = Scopes(source, top, budget)
        judge = Judge(source, scopes, engine, partial=view.partial)
        frames = {id(top): top}
        wanted = {*active, *(_RENAMING & words)}
        for site in sites(tree, source.data, wanted, top, budget):
            if site.word in _RENAMING or any(node.type in _GIVING for node in site.above[:3]):
                frames[id(site.frame)] = site.frame
            for verdict in judge.judge(site, active.get(site.word.partition(b"-")[0], ())):
                yield _matched(verdict, site, source, view)
        aliases = _aliases(frames.values(), scopes, index, words, view.path)
        if aliases:
            for site in sites(tree, source.data, set(aliases), top, budget):
                for verdict in judge.judge(site, aliases.get(site.word, ())):
                    yield _matched(verdict, site, source, view)


def _aliases(
    frames: Iterable[Frame], scopes: Scopes, index: Index, words: set[bytes], path: str
) -> dict[bytes, tuple[CodeBlock, ...]]:
    """Give the words under which the file knows something that blocks ask for by another name."""
    found: dict[bytes, dict[CodeBlock, None]] = {}
    for frame in frames:
        for name, bindings in scopes.of(frame).names.items():
            word = name.encode("utf-8", "replace")
            for binding in bindings:
                meant = _meant(binding, scopes, frame) if word in words else None
                if meant is None:
                    continue
                known = {asked.block for asked in index.blocks(word)}
                for part in meant.replace("()", "").split("."):
                    for asked in index.blocks(part.partition("-")[0].encode()):
                        if asked.block.kind in _CALLED and asked.block not in known and asked.block.files.fit(path):
                            found.setdefault(word, {})[asked.block] = None
    return {word: tuple(blocks) for word, blocks in found.items()}


_CALLED = frozenset({"call", "decorator", "use", "catch"})


def _meant(binding: Binding, scopes: Scopes, frame: Frame) -> str | None:
    """Give the dotted name that a binding gives another name to, where there is one."""
    node = binding.node
    if binding.how == "import":
        return binding.key
    if node is None or binding.how not in ("value", "property"):
        return None
    if binding.how == "property":
        resolved = scopes.resolve(node, frame)
        return f"{resolved}.{binding.key}" if resolved else None
    if node.type in ("attribute", "member_expression", "identifier"):
        return scopes.resolve(node, frame)
    if node.type == "call_expression":  # promisify(exec), require("x")
        resolved = scopes.resolve(binding.target, frame)
        return resolved if resolved and not resolved.startswith("?") and "()" not in resolved else None
    return None


def _first_of_each(found: list[_Found]) -> Iterator[Match]:
    """Give one match for each rule and place, in the order of the text: that of the page's first block. An entry or keyword
    argument that stands in a call which the same rule found is the same finding."""
    kept: dict[tuple[str, int, int], _Found] = {}
    for one in found:
        key = (one.match.rule, one.match.start, one.match.end)
        if key not in kept or one.order < kept[key].order:
            kept[key] = one
    ends: dict[str, int] = {}
    for one in sorted(kept.values(), key=lambda one: (one.match.start, -one.match.end, one.match.rule)):
        match = one.match
        if one.entry and match.end <= ends.get(match.rule, -1):
            continue
        ends[match.rule] = max(match.end, ends.get(match.rule, -1))
        yield match


def _matched(verdict: Verdict, site: Site, source: Source, view: View) -> _Found:
    block = verdict.block
    start = source.offset(verdict.node.start_byte)
    if b"\n" in source.data[verdict.node.start_byte : site.leaf.start_byte]:
        start = source.offset(site.leaf.start_byte)  # a chain of calls over several lines: show the one that matters
    end = source.offset(verdict.node.end_byte)
    saying = block.saying
    steps: tuple[Step, ...] = ()
    if verdict.value is not None:
        saying = _over(saying, block.on_request)
        steps = _steps(verdict, source, view, start, end)
    match = Match(
        rule=block.rule,
        start=start,
        end=max(end, start),
        message=saying.message,
        fix=saying.fix,
        severity=saying.severity,
        confidence=saying.confidence,
        steps=steps,
    )
    return _Found(block.order, match, entry=block.kind == "key")


def _over(saying: Saying, more: Saying) -> Saying:
    return Saying(
        message=more.message or saying.message,
        fix=more.fix or saying.fix,
        severity=more.severity or saying.severity,
        confidence=more.confidence or saying.confidence,
    )


def _steps(verdict: Verdict, source: Source, view: View, start: int, end: int) -> tuple[Step, ...]:
    """Give the way from the source to the place."""
    steps = []
    for node, message in verdict.value.source if verdict.value is not None else ():
        steps.append(_step(view, source.offset(node.start_byte), source.offset(node.end_byte), message))
    steps.append(_step(view, start, end, "and is used here"))
    return tuple(steps)


def _step(view: View, start: int, end: int, message: str) -> Step:
    line, column = view.position(start)
    end_line, end_column = view.position(end)
    place = Place(path=view.path, line=line, column=column, end_line=end_line, end_column=end_column)
    return Step(place=place, message=" ".join(message.split()))
