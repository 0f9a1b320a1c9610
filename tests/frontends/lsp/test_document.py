"""Documents: edits land where the editor meant them, in whatever units, with whatever line ends."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from clearance.frontends.lsp.document import Document, Units

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
TEXT = st.text(st.sampled_from("ab \t\r\n\x0b\x0c\x85\u2028é€😀"), max_size=40)
UNITS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def lines(text: str) -> list[str]:
    """Lines with their ends, as the protocol has them; one more where the text ends in an end."""
    parts = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
    return parts if parts and not parts[-1].endswith(("\r", "\n")) else [*parts, ""]


def position(text: str, offset: int, units: str) -> types.Position:
    """Count from the beginning, the long way."""
    codec, size = CODECS[units]
    left = offset
    for number, line in enumerate(lines(text)):
        body = line.rstrip("\r\n")
        if left <= len(body) or number == len(lines(text)) - 1:
            return types.Position(number, len(body[:left].encode(codec)) // size)
        if left < len(line):  # between CR and LF: no such place, the end of the line is meant
            return types.Position(number, len(body.encode(codec)) // size)
        left -= len(line)
    raise AssertionError


def between(text: str, offset: int) -> bool:
    return text[offset - 1 : offset + 1] == "\r\n" and offset > 0


@given(st.data())
def test_after_any_edits_the_text_is_the_editors(data: st.DataObject) -> None:
    units: Units = data.draw(UNITS)
    text = data.draw(TEXT)
    document = Document("file:///a", text, 1, "python", units)
    for version in range(2, 6):
        offsets = [offset for offset in range(len(text) + 1) if not between(text, offset)]
        first, last = sorted((data.draw(st.sampled_from(offsets)), data.draw(st.sampled_from(offsets))))
        new = data.draw(TEXT)
        where = types.Range(position(text, first, units), position(text, last, units))
        document.change([types.TextDocumentContentChangePartial(range=where, text=new)], version)
        text = text[:first] + new + text[last:]
        assert document.text == text
        assert document.version == version
        for offset in range(len(text) + 1):
            if not between(text, offset):
                assert document.position_at(offset) == position(text, offset, units)
                assert document.offset(position(text, offset, units)) == offset


@given(TEXT, UNITS, st.integers(0, 50), st.integers(0, 50))
def test_a_position_that_is_none_is_the_nearest_end(text: str, units: Units, line: int, column: int) -> None:
    document = Document("file:///a", text, 1, "python", units)
    offset = document.offset(types.Position(line, column))
    assert 0 <= offset <= len(text)
    if line >= len(lines(text)):
        assert offset == len(text)


def test_a_whole_text_replaces_another() -> None:
    document = Document("file:///a", "one\ntwo\n", 1, "python", "utf-16")
    document.change([types.TextDocumentContentChangeWholeDocument("x\r\ny")], 2)
    assert (document.text, document.offset(types.Position(1, 0))) == ("x\r\ny", 3)


@pytest.mark.parametrize(
    ("text", "line", "column", "units", "told"),
    [
        ("a = '😀'; b\n", 1, 10, "utf-16", (0, 10)),
        ("a = '😀'; b\n", 1, 10, "utf-8", (0, 12)),
        ("a = '😀'; b\n", 1, 10, "utf-32", (0, 9)),
        ("one\ntwo\nthree\n", 3, 2, "utf-16", (2, 1)),
        ("one\r\ntwo\r\n", 2, 2, "utf-16", (1, 1)),
        ("one\rtwo\nthree", 2, 1, "utf-16", (2, 0)),
        ("one\u2028two\nthree", 2, 1, "utf-16", (1, 0)),
        ("one", 9, 9, "utf-16", (0, 3)),
    ],
)
def test_a_place_of_ours_is_a_position_of_the_editors(
    text: str, line: int, column: int, units: Units, told: tuple[int, int]
) -> None:
    found = Document("file:///a", text, 1, "python", units).position(line, column)
    assert (found.line, found.character) == told
