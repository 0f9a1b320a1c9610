"""A text as UTF-8, as parsers want it, with offsets turned back into code points."""

from functools import cached_property
from typing import Final

_CONTINUATION = bytes(range(0x80, 0xC0))


class Utf8Text:
    """The bytes of a text; `data` is its UTF-8, in which half surrogates pass."""

    STEP: Final = 1024
    """Bytes between two places whose offset is known."""

    def __init__(self, text: str) -> None:
        self.data = text.encode("utf-8", "surrogatepass")
        self._plain = len(self.data) == len(text)

    @cached_property
    def _counts(self) -> list[int]:
        counts = [0]
        for start in range(0, len(self.data), self.STEP):
            counts.append(counts[-1] + len(self.data[start : start + self.STEP].translate(None, _CONTINUATION)))
        return counts

    def offset(self, byte: int) -> int:
        """Turn an offset in bytes into one in code points."""
        if self._plain:
            return byte
        step = byte // self.STEP
        return self._counts[step] + len(self.data[step * self.STEP : byte].translate(None, _CONTINUATION))
