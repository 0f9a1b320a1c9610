"""Turns verdicts into matches: what is said, how sure it is, where it is shown, and the way from the source."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from clearance.facts.finding import Confidence, Place, Step
from clearance.scan.code import ir
from clearance.scan.code.detect.language import CodeBlock, Saying
from clearance.scan.code.detect.match import Verdict, is_remote
from clearance.scan.code.detect.rewrite import edits
from clearance.scan.code.flow.value import Hop
from clearance.scan.code.source import Source
from clearance.scan.family import Match, View

_STEPS_DOWN: Final = {Confidence.HIGH: Confidence.MEDIUM, Confidence.MEDIUM: Confidence.LOW, Confidence.LOW: Confidence.LOW}
_PARAMETER: Final = "; the value is a parameter, and who calls this is not in sight"
_MOST_STEPS: Final = 24
_MINIFIED_BYTES: Final = 5000
_MINIFIED_LINE: Final = 300
"""Bytes of a line, on average: nobody writes so."""


class Found(NamedTuple):
    """A match, the place of its block among all blocks, how strong its origin is, whether it is about an entry of an
    object or call,
    and the vocabulary page at whose source its way starts."""

    order: int
    rank: int
    match: Match
    entry: bool = False
    page: str = ""


class Shown(NamedTuple):
    """A text as its view shows it: `offset` turns bytes of the code that was looked at into offsets of the view's text."""

    view: View
    source: Source
    offset: Callable[[int], int]


class Teller:
    """Tells the verdicts on one file. `other` gives the text of another file of the tree."""

    def __init__(self, shown: Shown, other: Callable[[str], Source | None], triggers: frozenset[str]) -> None:
        self.shown = shown
        self._path = shown.view.path
        self._other = other
        self._triggers = triggers
        self._minified = _is_minified(shown.source)

    def tell(self, verdict: Verdict) -> Found | None:
        """Make a match, or None where the place is another file's business."""
        block, event, origin = verdict
        here = event.where.path == self._path
        node = _node(verdict) if here else self._way_out(verdict)
        if node is None:
            return None
        at, end = self._span(node)
        saying = self._saying(verdict)
        if self._minified:
            saying = Saying(message=saying.message, fix=saying.fix, severity=saying.severity, confidence=Confidence.LOW)
        taint = origin.taint if origin is not None else None
        steps: tuple[Step, ...] = ()
        if taint is not None or not here:
            steps = self._steps(taint.trail if taint is not None else event.where.hops, verdict)
        match = Match(
            rule=block.rule,
            start=at,
            end=max(end, at),
            message=saying.message,
            fix=saying.fix,
            severity=saying.severity,
            confidence=saying.confidence,
            steps=steps,
            edits=self._edits(block, verdict) if here else (),
        )
        page = taint.page if taint is not None else ""
        return Found(block.order, verdict.rank, match, entry=block.kind == "key", page=page)

    def _edits(self, block: CodeBlock, verdict: Verdict) -> tuple[tuple[int, int, str], ...]:
        if block.rewrite is None:
            return ()
        offset = self.shown.offset
        if offset != self.shown.source.offset:
            return ()  # code within another format: what is written there would have to be escaped
        return edits(block.rewrite, verdict.event, self.shown.source)

    def _saying(self, verdict: Verdict) -> Saying:
        """Give what is said: the table for the origin over the block; without one, what is less sure is said so."""
        block, _, origin = verdict
        saying = block.saying
        if origin is None:
            return saying
        kind = origin.taint.kind
        table = block.by_origin.get(kind) or (block.by_origin.get("request") if is_remote(origin) else None)
        if table is not None:
            return table.over(saying)
        if not origin.needed:
            return saying
        sure = saying.confidence or block.confidence
        message = saying.message
        if kind == "parameter":
            sure = Confidence.LOW
            message = f"{message}{_PARAMETER}" if message else message
        elif not is_remote(origin) and sure is Confidence.HIGH:
            sure = Confidence.MEDIUM
        if origin.taint.weak:
            sure = _STEPS_DOWN[sure]
        if sure is not (saying.confidence or block.confidence) or message != saying.message:
            return Saying(message=message, fix=saying.fix, severity=saying.severity, confidence=sure)
        return saying

    # Places

    def _span(self, node: ir.Node) -> tuple[int, int]:
        source, offset = self.shown.source, self.shown.offset
        at, end = node.at, node.end
        named = _name_at(node)
        if b"\n" in source.data[at:named]:
            at = named  # a chain of calls over several lines: show the one that matters
        if isinstance(node, ir.ClassDef):
            line = source.data.find(b"\n", at, end)
            end = line if line > at else end
        return offset(at), offset(end)

    def _way_out(self, verdict: Verdict) -> ir.Node | None:
        """Give the call in this file that leads to a place in another one, where the value that matters comes from here."""
        origin = verdict.origin
        if verdict.block.rule in self._triggers or origin is None:
            return None
        if not any(hop.path == self._path for hop in origin.taint.trail):
            return None
        for hop in reversed(verdict.event.where.hops):
            if hop.path == self._path:
                return ir.Node(hop.at, hop.end)
        return None

    def _steps(self, trail: Iterable[Hop], verdict: Verdict) -> tuple[Step, ...]:
        """Give the way from the source to the place."""
        steps = [step for hop in list(trail)[:_MOST_STEPS] for step in self._step(hop)]
        node = _node(verdict)
        last = Hop(verdict.event.where.path, node.at, node.end, "and is used here")
        if last.path == self._path:
            at, end = self._span(node)
            steps.append(self._place(at, end, last.message))
        else:
            steps.extend(self._step(last))
        return tuple(steps)

    def _step(self, hop: Hop) -> Iterator[Step]:
        message = " ".join(hop.message.split())
        if hop.path == self._path:
            yield self._place(self.shown.offset(hop.at), self.shown.offset(hop.end), message)
            return
        source = self._other(hop.path)
        if source is not None:
            line, column = source.position(hop.at)
            end_line, end_column = source.position(hop.end)
            place = Place(path=hop.path, line=line, column=column, end_line=end_line, end_column=end_column)
            yield Step(place=place, message=message)

    def _place(self, start: int, end: int, message: str) -> Step:
        view = self.shown.view
        line, column = view.position(start)
        end_line, end_column = view.position(end)
        place = Place(path=view.path, line=line, column=column, end_line=end_line, end_column=end_column)
        return Step(place=place, message=message)


def _is_minified(source: Source) -> bool:
    """Tell whether a program wrote this for browsers: its names say little, and it is looked at where it was written."""
    data = source.data
    scripts = source.language in ("javascript", "typescript", "tsx")
    return scripts and len(data) > _MINIFIED_BYTES and len(data) > _MINIFIED_LINE * (data.count(b"\n") + 1)


def _node(verdict: Verdict) -> ir.Node:
    """Give the node that is shown."""
    block, event, _ = verdict
    if block.kind == "catch" and event.handler is not None:
        return event.handler
    if block.kind == "define" and event.function is not None and event.function.name_at >= 0:
        function = event.function
        return ir.Node(function.name_at, function.name_at + len(function.name.encode()))
    return event.node


def _name_at(node: ir.Node) -> int:
    """Give where the name stands that a call is about: the last one of a chain."""
    if isinstance(node, ir.Call) and isinstance(node.func, ir.Attr):
        return node.func.end - len(node.func.name.encode("utf-8", "surrogatepass"))
    return node.at


def first_of_each(found: Iterable[Found]) -> Iterator[Found]:
    """Give one match for each rule and place, in the order of the text: that of the page's first block, then that with the
    strongest
    origin. An entry or keyword argument that stands in a call which the same rule found is the same finding."""
    kept: dict[tuple[str, int, int], Found] = {}
    for one in found:
        key = (one.match.rule, one.match.start, one.match.end)
        if key not in kept or (one.order, one.rank) < (kept[key].order, kept[key].rank):
            kept[key] = one
    ends: dict[str, int] = {}
    for one in sorted(kept.values(), key=lambda one: (one.match.start, -one.match.end, one.match.rule)):
        match = one.match
        if one.entry and match.end <= ends.get(match.rule, -1):
            continue
        ends[match.rule] = max(match.end, ends.get(match.rule, -1))
        yield one
