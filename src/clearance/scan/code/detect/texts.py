"""The engine `text`: patterns on the text of any file."""

from collections.abc import Iterable, Iterator

from clearance.scan.code.detect.index import fit
from clearance.scan.code.detect.language import TextBlock
from clearance.scan.code.detect.reader import expression
from clearance.scan.code.detect.say import Found
from clearance.scan.family import Budget, Match, View

_MOST = 1000


class Texts:
    """Finds patterns in texts."""

    def __init__(self, blocks: Iterable[TextBlock]) -> None:
        self._blocks = tuple(blocks)

    def look(self, view: View, budget: Budget) -> Iterator[Found]:
        """Give the matches of one text; at most 1,000 of a block."""
        data: bytes | None = None
        for block in self._blocks:
            if not fit(block.files, view.path):
                continue
            budget.check()
            if data is None:
                data = view.text.encode("utf-8", "surrogatepass")
                plain = len(data) == len(view.text)
            pattern = expression(block.pattern)
            shown = pattern.groupindex.get("at", 0)
            for number, found in enumerate(pattern.finditer(data)):
                start, end = found.span(shown)
                if start < 0:
                    start, end = found.span()
                if start == end:
                    continue
                if not plain:
                    start, end = _points(data, 0, start), _points(data, start, end) + _points(data, 0, start)
                saying = block.saying
                match = Match(
                    rule=block.rule,
                    start=start,
                    end=end,
                    message=saying.message,
                    fix=saying.fix,
                    severity=saying.severity,
                    confidence=saying.confidence,
                )
                yield Found(block.order, 0, match)
                if block.first or number >= _MOST:
                    break
                if number & 0x3F == 0:
                    budget.check()


def _points(data: bytes, start: int, end: int) -> int:
    return len(data[start:end].decode("utf-8", "surrogatepass"))
