"""A JSON text with the escapes of its strings undone, and the way back to its offsets."""

import re
from bisect import bisect_right

from clearance.scan.family import Budget

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?|.)", re.DOTALL)


class Unescaped:
    """`text` is the text with `\\uXXXX` undone (RFC 8259, section 7); other escapes stay as they are."""

    def __init__(self, raw: str, budget: Budget) -> None:
        self._new: list[int] = [0]
        self._old: list[int] = [0]
        pieces: list[str] = []
        at = length = 0
        for number, found in enumerate(_ESCAPE.finditer(raw)):
            if not number & 0xFFF:
                budget.check()
            if found[1] is None:
                continue
            pieces.append(raw[at : found.start()])
            length += found.start() - at
            first = int(found[1], 16)
            if found[2] is not None and 0xD800 <= first < 0xDC00:
                letters = chr(0x10000 + ((first - 0xD800) << 10) + int(found[2], 16) - 0xDC00)
            else:
                letters = chr(first) + (chr(int(found[2], 16)) if found[2] is not None else "")
            self._note(length, found.start())
            pieces.append(letters)
            length += len(letters)
            at = found.end()
            self._note(length, at)
        pieces.append(raw[at:])
        self.text = "".join(pieces)

    def _note(self, new: int, old: int) -> None:
        self._new.append(new)
        self._old.append(old)

    def offset(self, at: int) -> int:
        """Give the offset in the raw text of an offset in `text`."""
        number = bisect_right(self._new, at) - 1
        return self._old[number] + at - self._new[number]
