"""Builds what a piece of a sheet reads without its disguise, and the rows that tie the two together."""

from collections.abc import Iterable

from clearance.scan.secrets.probe import Undone

Row = tuple[int, int, int, int]


class Piece:
    """Gathers text from a sheet, in the order in which it reads.

    Rows rise: what stands in the sheet before the end of what was gathered last is tied to that end instead, so the
    span of a secret stays a span."""

    def __init__(self, sheet_data: bytes) -> None:
        self._sheet = sheet_data
        self._parts: list[bytes] = []
        self._rows: list[Row] = []
        self._size = 0
        self._end = -1

    def keep(self, start: int, end: int) -> None:
        """Add a span of the sheet as it stands."""
        if end > start:
            self.put(self._sheet[start:end], start, end)

    def keep_all(self, spans: Iterable[tuple[int, int]]) -> None:
        """Add spans of the sheet as they stand, as `keep` does with each."""
        data, rows, edge, size = self._sheet, self._rows, self._end, self._size
        for begin, stop in spans:
            wide = stop - begin
            if wide <= 0:
                continue
            self._parts.append(data[begin:stop])
            start, end = max(begin, edge), max(stop, edge)
            if rows and rows[-1][3] == start:
                low, high, first, last = rows[-1]
                if (high - low) * (end - start) == wide * (last - first):
                    rows[-1] = (low, high + wide, first, end)
                else:
                    rows.append((size, size + wide, start, end))
            else:
                rows.append((size, size + wide, start, end))
            size += wide
            edge = end
        self._end, self._size = edge, size

    def put(self, text: bytes, start: int, end: int) -> None:
        """Add a text that a span of the sheet stands for."""
        if not text:
            return
        start, end = max(start, self._end), max(end, self._end)
        size = len(text)
        if not self._merged(size, start, end):
            self._rows.append((self._size, self._size + size, start, end))
        self._parts.append(text)
        self._size += size
        self._end = end

    def add(self, other: "Piece") -> None:
        """Add all that another piece of the same sheet gathered."""
        tied = other.undone("")
        if tied is not None:
            for low, high, start, end in tied.rows:
                self.put(tied.data[low:high], start, end)

    def _merged(self, size: int, start: int, end: int) -> bool:
        """Join a row with the last one where they touch and one stands to its text as the other does."""
        if not self._rows:
            return False
        low, high, first, last = self._rows[-1]
        if last != start or (high - low) * (end - start) != size * (last - first):
            return False
        self._rows[-1] = (low, high + size, first, end)
        return True

    @property
    def size(self) -> int:
        """How many bytes were gathered."""
        return self._size

    def text(self) -> bytes:
        """Give what was gathered."""
        return b"".join(self._parts)

    def undone(self, how: str, *, apart: bool = False, solid: bool = False) -> Undone | None:
        """Give the piece; None where nothing was gathered."""
        if not self._rows:
            return None
        return Undone(self.text(), tuple(self._rows), how, apart, solid)
