"""Text for a terminal: nothing of it obeys, and a place that shows ASCII only gets ASCII only."""

from clearance.facts.text import visible
from clearance.report.layout import Line, Piece, cells, cut, split, tail
from clearance.report.look import Look

RED, YELLOW, GREEN, CYAN, DIM, BOLD = "31", "33", "32", "36", "2", "1"
_LEAST_WIDTH = 40
_TAB = "    "
_PLAIN = str.maketrans(
    {
        "→": "->", "−": "-", "✗": "x", "▸": ">", "│": "|", "·": "*", "…": "...", "⋮": ":",
        "–": "-", "—": "--", "“": '"', "”": '"', "‘": "'", "’": "'",
    }
)  # fmt: skip


class Pen:
    """Writes words within a look: `own` what is ours, `shown` what comes from the change."""

    def __init__(self, look: Look) -> None:
        self.width = max(_LEAST_WIDTH, look.width)
        self._unicode = look.unicode
        self.dots = self.own("…")

    def own(self, text: str) -> str:
        """Give our own words and signs; where only ASCII is shown, signs get their nearest likeness."""
        return self.shown(text if self._unicode else text.translate(_PLAIN))

    def shown(self, text: str) -> str:
        """Give text from the change; what a terminal would obey, or cannot show, becomes an escape."""
        seen = visible(text)
        return seen if self._unicode else seen.encode("ascii", "backslashreplace").decode("ascii")

    def code(self, line: str) -> str:
        """Give a line of code; tabs become four spaces."""
        return self.shown(line.replace("\t", _TAB))

    def window(self, line: str, start: int, end: int, width: int, style: str) -> Line:
        """Give at most `width` cells of a line of code around a hit, offsets `start` to `end`, with dots where it is cut."""
        # Only the neighbourhood is ever measured: a line may have millions of characters.
        reach = 2 * width
        low, high = max(0, start - reach), min(len(line), start + reach)
        before, hit, after = (
            self.code(part) for part in (line[low:start], line[start : min(end, high)], line[max(start, end) : high])
        )
        shortened = high < len(line)
        if low or cells(before) + min(cells(hit), width // 2) >= width - cells(self.dots):
            before = self.dots + tail(before, width // 3)
        room = width - cells(before)
        if cells(hit) + cells(after) <= room and not shortened:
            return [Piece(before), Piece(hit, style), Piece(after)]
        kept, lost = split(hit + after, max(0, room - cells(self.dots)))
        marked = kept[: len(hit)]
        return [Piece(before), Piece(marked, style), Piece(kept[len(marked) :] + (self.dots if lost or shortened else ""))]

    def start_of(self, line: str, width: int) -> str:
        """Give the first cells of a line of code, with dots if it goes on."""
        near = line[: 2 * width]
        text = self.code(near)
        return cut(text + (self.dots if len(near) < len(line) else ""), width, self.dots)
