"""Looks at the code of one file with the blocks that its words call for, and with those of the files of the tree that it
hands data to."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from clearance.scan.code import ir
from clearance.scan.code.detect.compiled import Compiled
from clearance.scan.code.detect.index import TEST_PATH, mentions, needs_remote, places_of, words_of
from clearance.scan.code.detect.language import FROM_OUTSIDE, CodeBlock
from clearance.scan.code.detect.likely import Likely
from clearance.scan.code.detect.match import Matcher
from clearance.scan.code.detect.reader import expression
from clearance.scan.code.detect.vocabulary import Sign
from clearance.scan.code.detect.vocabulary import Words as Vocabulary
from clearance.scan.code.detect.written import Written
from clearance.scan.code.flow.analysis import Analysis
from clearance.scan.code.flow.frame import Unit
from clearance.scan.code.lower import lower
from clearance.scan.code.lower.go_words import implied_imports
from clearance.scan.code.mentions import named_places
from clearance.scan.code.reach import Reach
from clearance.scan.code.source import ENGINE_OF, Source
from clearance.scan.code.tree import TreeLook
from clearance.scan.family import Budget

_ANCHORED: Final = re.compile(r"[\^$]|\\[Az]")
"""A pattern that asks where a text begins or ends can only be tried on that text."""
_GIVES: Final = re.compile(rb"(?<![=!<>])=(?!=)|\b(?:return|if|while|assert|yield|not|and|or)\b")
"""What stands before a call on its line whose result is not dropped."""
_HANDS: Final = re.compile(rb"(?:\s{0,20}\??\.\s{0,20}[\w$]{1,80}|\([^()\n]{0,80}\)){0,4}\s{0,20}\(\s*[^)\s]")
"""What follows a name that is called with something, or the name of a method that is."""
_AROUND: Final = 1300
"""So many bytes around a place may belong to its statement."""
_MOST_KEPT: Final = 4096
_ASKS: Final = FROM_OUTSIDE | {"built", "dynamic"}

Active = dict[bytes, tuple[CodeBlock, ...]]


class Words(NamedTuple):
    """The words of a file, those at which blocks may hold with these blocks, and where they stand."""

    all: set[bytes]
    active: Active
    places: dict[bytes, list[int]]
    brings: frozenset[str]
    """The origins of which the file may bring data in."""
    sources: frozenset[Sign]
    """The signs of sources of data from elsewhere."""


class Examiner:
    """Looks at files with compiled blocks. The words of files that others hand data to are kept while the process lives."""

    def __init__(self, blocks: Compiled, triggers: frozenset[str]) -> None:
        self._blocks = blocks
        self._triggers = triggers
        self._others: dict[tuple[str, str], Words] = {}
        self.remote: dict[CodeBlock, bool] = {}
        """Whether a block holds only where data from elsewhere comes in."""

    def active(
        self, source: Source, path: str, *, partial: bool = False, asked: bool = False, budget: Budget | None = None
    ) -> Words:
        """Give the words of a file, and those at which blocks may hold, with these. `asked`: another file hands data to
        this one."""
        engine = ENGINE_OF[source.language]
        index, vocabulary = self._blocks.engine(engine)
        words = words_of(source.data)
        if engine == "go" and b"import" not in words:
            for module in implied_imports(source.data).values():
                words.update(word.encode() for word in module.split("."))
        brings, sources = vocabulary.brings(words)
        found = index.active(words, path, None if partial or asked else brings, partial=partial)
        comment = b"#" if engine == "python" else b"//"
        places = places_of(source.data, found, comment, budget)
        holds: dict[CodeBlock, bool] = {}
        active: Active = {}
        for word in places:
            for block in found[word]:
                if block.holds is not None and block not in holds:
                    holds[block] = expression(block.holds).search(source.data) is not None
            kept = tuple(block for block in found[word] if holds.get(block, True))
            if kept:
                active[word] = kept
        return Words(words, active, places, brings, sources)

    def vocabulary(self, engine: str) -> Vocabulary:
        """Give the vocabulary of an engine."""
        return self._blocks.engine(engine)[1]

    def beyond(self, source: Source, path: str, digest: str) -> Words:
        """Give the words of a file that another one hands data to, with the blocks that the origin of a value decides."""
        key = (path, digest)
        known = self._others.get(key)
        if known is None:
            words = self.active(source, path, asked=True)
            if len(self._others) > _MOST_KEPT:
                self._others.clear()
            known = self._others[key] = words._replace(active=_deciding(words.active, self._triggers))
        return known


class Look:
    """One look at one file."""

    def __init__(
        self,
        examiner: Examiner,
        source: Source,
        path: str,
        words: Words,
        files: TreeLook | None,
        budget: Budget,
        *,
        partial: bool,
    ) -> None:
        engine = ENGINE_OF[source.language]
        self.module = lower(source)
        self._written = Written(self.module, source.data)
        active = words.active
        asked = {word.decode("utf-8", "replace") for word in active}
        above = {word.decode("utf-8", "replace") for word, blocks in active.items() if any(map(_asks_below, blocks))}
        aliases = _encoded(self._written.aliases(asked, above))
        self._seen: dict[str, Written] = {path: self._written}
        own = examiner.vocabulary(engine).within(words.all)
        source_of = files.source if files is not None else _no_source
        self.matcher = Matcher(active, source, path, own, self._facts, engine=engine, partial=partial, source_of=source_of)
        self._analysis = Analysis(
            self.module, source, path, own, self.matcher, budget, files, partial=partial, opened=self._opened
        )
        self._examiner = examiner
        self._files = files
        self._active = active
        self._source = source
        self._functions = sorted(self.module.functions, key=lambda one: one.at)
        self._starts = [one.at for one in self._functions]
        self._names_at = {one.name_at for one in self._functions}
        self._defines = False
        self._reach = Reach(self.module, source.data, words.sources, examiner.vocabulary(engine).taken)
        self._sources = self._reach.sources
        self._below = _encoded(self._written.below(above)) if above else set[bytes]()
        bare = partial or engine != "python" or b"import" not in words.all
        self._likely = Likely(self.module, self._functions, source, engine, bare=bare)
        self._all = sorted({at for one in words.places.values() for at in one})
        aliased = mentions(source.data, aliases)
        likely, near = self._gated(words, partial=partial)
        # What a test hands to the code that it tests is no finding.
        crosses = files is not None and self._sources and not TEST_PATH.search(path)
        crossings = self._crossings() if crosses else ()
        self._crosses = bool(crossings)
        self._places = sorted({*likely, *aliased, *crossings})
        self._also = {*near, *aliased, *crossings}

    def _crossings(self) -> Sequence[int]:
        """Give the places of sources in functions that may hand what comes in there to a file of the tree."""
        names = self._files.leads(self._analysis.unit) if self._files is not None else frozenset[str]()
        if names is None:
            return self._sources
        data = self._source.data
        called = [
            at for at, word in named_places(data, {name.encode() for name in names}) if _HANDS.match(data, at + len(word))
        ]
        return [at for at in self._sources if self._meets(at, called)]

    def _meets(self, at: int, others: list[int]) -> bool:
        """Tell whether the function around a place, or the top of the file, holds one of the other places."""
        number = bisect_right(self._starts, at) - 1
        if number < 0 or at >= self._functions[number].end:
            return bool(others)
        function = self._functions[number]
        return bisect_left(others, function.end) > bisect_left(others, function.at)

    def _gated(self, words: Words, *, partial: bool) -> tuple[set[int], set[int]]:
        """Give the places at which a block may hold as the code is written there, and those at which the text and the
        function around say nothing against it."""
        likely: set[int] = set()
        near: set[int] = set()
        likely_far: list[int] = []
        near_far: list[int] = []
        for word, blocks in words.active.items():
            defines = all(block.kind == "define" for block in blocks)
            own = blocks if partial else tuple(block for block in blocks if not self._needs_remote(block))
            far = tuple(block for block in blocks if block not in own)
            below = word in self._below
            for at in words.places[word]:
                if defines and at in self._names_at:
                    self._defines = True  # what is around tells of it, and needs no look into it
                    continue
                if any(_is_plain(block) or self._may(block, at) for block in own):
                    near.add(at)
                    if below or any((_is_plain(block) or self._may(block, at)) and self._fits(block, at) for block in own):
                        likely.add(at)
                        continue
                elif any(self._may(block, at) for block in far):
                    near_far.append(at)
                if any(self._may(block, at) and self._fits(block, at) for block in far):
                    likely_far.append(at)
        if near_far or likely_far:
            near |= self._reach.handing({*near_far, *likely_far}, self._reach.saying)
            likely |= self._reach.handing(likely_far, self._reach.seeing)
        return likely, near

    def _fits(self, block: CodeBlock, at: int) -> bool:
        """Tell whether nothing that is written at a place says that a block does not hold there."""
        return self._likely.may(block, at, self._reach.number(at), self._all)

    def _needs_remote(self, block: CodeBlock) -> bool:
        found = self._examiner.remote.get(block)
        if found is None:
            found = self._examiner.remote[block] = needs_remote(block)
        return found

    def _may(self, block: CodeBlock, at: int) -> bool:
        number = bisect_right(self._starts, at) - 1
        function = self._functions[number] if number >= 0 and at < self._functions[number].end else None
        if function is not None and block.kind != "define":
            if block.handler and not self.matcher.handles(function, self._written):
                return False
            if block.decorated and not function.decorators and not block.handler:
                return False
        if block.used == "dropped":
            start = self._source.data.rfind(b"\n", max(0, at - 400), at) + 1
            if _GIVES.search(self._source.data, start, at):
                return False
        if block.clause.near is None or _ANCHORED.search(block.clause.near):
            return True
        data = self._source.data
        text = data[max(0, at - _AROUND) : at + _AROUND]
        names = function.name.encode("utf-8", "replace") if function is not None else b""
        return expression(block.clause.near).search(text + b"\n" + names) is not None

    def run(self) -> None:
        """Look.

        Raises:
            OutOfTime: the budget is spent; what was found before is there.
        """
        if not self._places and not self._defines:
            return
        try:
            self._analysis.run(self._places, self._sources, self._also)
        finally:
            self.matcher.finish()

    def release(self) -> None:
        """Take apart what was made, once all of it was told; nothing may be asked after that."""
        self._analysis.release()
        self.matcher.release()
        self._seen.clear()

    @property
    def stopped(self) -> bool:
        """Whether there was too much to follow all of it."""
        return self._analysis.stopped

    @property
    def crowded(self) -> bool:
        """Whether something was looked at in some of the ways that lead there, and not in all."""
        return self._analysis.crowded

    def _opened(self, unit: Unit) -> Sequence[int]:
        """Look for what holds in another file too, now that data is handed to it; gives where its sources stand."""
        source = self._files.source(unit.path) if self._files is not None else None
        if source is None or self._files is None:
            return ()
        words = self._examiner.beyond(source, unit.path, self._files.asked.get(unit.path, ""))
        self.matcher.more(words.active)
        return Reach(unit.module, source.data, words.sources).sources

    def _facts(self, module: ir.Module, path: str) -> Written:
        if path not in self._seen:
            self._seen[path] = Written(module, b"")
        return self._seen[path]


def _no_source(_path: str) -> Source | None:
    return None


def _is_plain(block: CodeBlock) -> bool:
    """Tell whether a closer look at a place of a block is no use."""
    looks = block.handler or block.decorated or block.clause.near or block.used == "dropped"
    return not looks or block.siblings is not None


def _encoded(names: Iterable[str]) -> set[bytes]:
    return {name.encode("utf-8", "replace") for name in names}


def _deciding(active: Active, triggers: frozenset[str]) -> Active:
    """Give the blocks that the origin of a value may decide."""
    kept = {}
    for word, blocks in active.items():
        some = tuple(block for block in blocks if block.rule not in triggers and _asks(block))
        if some:
            kept[word] = some
    return kept


def _asks(block: CodeBlock) -> bool:
    return any(one.test.origins or not _ASKS.isdisjoint(one.test.words) for one in block.clause.conditions)


def _asks_below(block: CodeBlock) -> bool:
    """Whether a block asks for whatever lies under a name."""
    return any(text.endswith(".*") for text in block.names)
