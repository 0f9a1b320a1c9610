"""Laws of laying text out in cells."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from clearance.facts.text import visible
from clearance.report.layout import Piece, cells, cut, flow, pad, paint, split, tail, wrap

LETTERS = st.sampled_from(
    [*"abcdefgh  -_./", "語", "名", "e\u0301", "\u0301", "é", "ü", "ﾊ", "🙂", "❤", "\ufe0f", "का", "\u094d", "\ua9c0"]
)
TEXT = st.lists(LETTERS, max_size=40).map("".join) | st.text(max_size=30).map(visible)
WIDTH = st.integers(2, 30)


@given(TEXT, TEXT)
def test_no_text_is_wider_on_the_terminal_than_its_cells(one: str, other: str) -> None:
    assert max(0, wcswidth(one + other)) <= cells(one) + cells(other) == cells(one + other)


@pytest.mark.parametrize(("text", "width"), [("abc", 3), ("語", 2), ("e\u0301", 1), ("名前 = 1", 8), ("🙂", 2), ("का", 2)])
def test_cells_are_what_the_terminal_counts(text: str, width: int) -> None:
    assert cells(text) == wcswidth(text) == width


@given(TEXT, WIDTH)
def test_a_split_loses_nothing_and_fits(text: str, width: int) -> None:
    head, rest = split(text, width)
    assert head + rest == text
    assert cells(head) <= width
    # No mark is torn from its character.
    assert not rest or cells(rest[0]) != 0


@given(TEXT, WIDTH)
def test_a_tail_is_the_end_of_the_text_and_fits(text: str, width: int) -> None:
    end = tail(text, width)
    assert text.endswith(end)
    assert cells(end) <= width
    assert end == text or not end or cells(end[0]) > 0


@given(TEXT, WIDTH)
def test_a_cut_says_that_something_is_missing(text: str, width: int) -> None:
    short = cut(text, width, "…")
    assert cells(short) <= width
    assert short == text or short.endswith("…")


@given(TEXT, WIDTH)
def test_padding_reaches_the_column(text: str, width: int) -> None:
    assert cells(pad(text, width)) == max(width, cells(text))


@given(TEXT, WIDTH, st.integers(2, 30))
def test_wrapping_loses_nothing_but_spaces_and_fits(text: str, width: int, first: int) -> None:
    lines = wrap(text, width, first=first)
    assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", text)
    assert all(cells(line) <= (width if number else max(first, width)) for number, line in enumerate(lines))


@given(st.lists(TEXT, max_size=5), st.integers(10, 40), st.integers(0, 6))
def test_flow_loses_nothing_but_spaces_and_fits(texts: list[str], width: int, indent: int) -> None:
    lines = list(paint(flow([Piece(text) for text in texts], width, indent=indent), color=False))
    assert re.sub(" ", "", "".join(lines)) == re.sub(" ", "", "".join(texts))
    assert all(cells(line) <= width for line in lines)


def test_words_stay_whole_where_they_fit() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("abcdefghij kl", 4) == ["abcd", "efgh", "ij", "kl"]
    assert wrap("", 4) == [""]
