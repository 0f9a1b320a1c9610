"""What stands in disguise is found, and its span is the one in the file."""

import base64
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.finding import Confidence, Look
from clearance.scan.family import Budget
from clearance.scan.secrets import engine as engines
from clearance.scan.secrets.engine import Engine, Searched
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter
from clearance.scan.secrets.probe import Disguise, Dropped, Expression, Found, Probe, Sheet, Undone
from clearance.scan.secrets.settle import set_aside, settled

WORD = b"tok_"
LENGTH = 12


def judge(sheet: Sheet, at: int) -> Found | Dropped | None:
    """A toy token: `tok_` and eight capital letters, or `tok_` and eight `x`, which is none."""
    end = at + LENGTH
    text = sheet.data[at:end]
    if len(text) < LENGTH or not text.startswith(WORD):
        return None
    if text[4:] == b"xxxxxxxx":
        return Dropped(at, end, "toy", Look.PLACEHOLDER)
    return Found(at, end, "toy", 0, Confidence.HIGH) if text[4:].isalpha() and text[4:].isupper() else None


def undo_base64(sheet: Sheet, at: int) -> Undone | None:
    """`b64(…)`: what stands in the brackets."""
    start = at + 4
    end = sheet.data.find(b")", start, at + 4000)
    if not sheet.data.startswith(b"b64(", at) or end < 0:
        return None
    try:
        data = base64.b64decode(sheet.data[start:end], validate=True)
    except ValueError:
        return None
    whole = len(data) // 3
    rows = [(3 * row, 3 * row + 3, start + 4 * row, start + 4 * row + 4) for row in range(whole)]
    if len(data) % 3:
        rows.append((3 * whole, len(data), start + 4 * whole, end))
    return Undone(data, tuple(rows), "base64") if rows else None


def undo_join(sheet: Sheet, at: int) -> Undone | None:
    """`a"+"b`: both without what stands between."""
    if not sheet.data.startswith(b'"+"', at):
        return None
    low, high = max(0, at - 64), min(len(sheet.data), at + 64)
    left, right = sheet.data[low:at], sheet.data[at + 3 : high]
    rows = ((0, len(left), low, at), (len(left), len(left) + len(right), at + 3, high))
    return Undone(left + right, tuple(row for row in rows if row[0] < row[1]), "joined")


def no_zeros(sheet: Sheet) -> Iterator[Undone]:
    """Without zero-width spaces."""
    gap = "\u200b".encode()
    if gap not in sheet.data:
        return
    rows, data, at = [], b"", 0
    for piece in sheet.data.split(gap):
        if piece:
            rows.append((len(data), len(data) + len(piece), at, at + len(piece)))
        data += piece
        at += len(piece) + len(gap)
    yield Undone(data, tuple(rows), "zero-width characters")


PROBE = Probe("toy", (Expression("tok_[A-Z]{8}"), Expression("tok_x{8}")), (WORD,), 64, judge)
DISGUISES = (
    Disguise("base64", (Expression(r"b64\("),), (b"b64(",), 8, undo_base64),
    Disguise("join", (Expression(r'"\+"'),), (b'"+"',), 8, undo_join),
)


def made(kind: Callable[[Any], Any] = HyperscanPrefilter.compile, disguises: tuple[Disguise, ...] = DISGUISES) -> Engine:
    return Engine((PROBE,), disguises, no_zeros, kind((PROBE, *disguises)))


FAST = made()
SLOW = made(KeywordPrefilter)


def search(text: str | bytes, engine: Engine = FAST) -> Searched:
    data = text.encode() if isinstance(text, str) else text
    return engine.search(Sheet("a.py", data, "python"), Budget(60))


def hits(text: str, engine: Engine = FAST) -> list[tuple[str, str, str]]:
    """What stands in the file at each hit, its value, and the disguise."""
    return [
        (text.encode()[hit.found.start : hit.found.end].decode(), hit.value.decode(), hit.disguise)
        for hit in settled(search(text, engine).hits)
    ]


def b64(text: str) -> str:
    return f"b64({base64.b64encode(text.encode()).decode()})"


TOKEN = "tok_" + "QWERTZUI"
SPLIT = TOKEN[:6] + '"+"' + TOKEN[6:]
HIDDEN = "tok_QW\u200bERT\u200bZUI"


def test_a_plain_secret_has_no_disguise() -> None:
    assert hits(f"a = {TOKEN};") == [(TOKEN, TOKEN, "")]


def test_a_span_in_base64_covers_the_characters_that_hold_it() -> None:
    text = "x" + TOKEN + "yz"
    coded = base64.b64encode(text.encode()).decode()
    ((span, value, how),) = hits("é = " + b64(text))
    assert (value, how) == (TOKEN, "base64")
    assert span in coded
    assert TOKEN in base64.b64decode(coded[: coded.index(span) + len(span) + -len(span) % 4]).decode()
    assert len(span) <= (LENGTH * 4 + 2) // 3 + 1


@pytest.mark.parametrize(
    ("text", "span", "how"),
    [
        (SPLIT, SPLIT, "joined"),
        (HIDDEN, HIDDEN, "zero-width characters"),
        (HIDDEN[:7] + '"+"' + HIDDEN[7:], HIDDEN[:7] + '"+"' + HIDDEN[7:], "joined in zero-width characters"),
    ],
)
def test_a_span_covers_what_was_taken_out(text: str, span: str, how: str) -> None:
    assert hits(f"«{text}»") == [(span, TOKEN, how)]


@pytest.mark.parametrize("layers", range(6))
def test_layers_are_undone_up_to_the_limit(layers: int) -> None:
    text = TOKEN
    for _ in range(layers):
        text = b64(text)
    found = hits(text)
    assert [value for _, value, _ in found] == ([TOKEN] if layers <= engines.MAX_LAYERS else [])
    assert [how for _, _, how in found] == ([" in ".join(["base64"] * layers)] if found else [])


def test_a_plain_finding_wins_at_the_same_place() -> None:
    assert hits(TOKEN + " \u200b") == [(TOKEN, TOKEN, "")]


def test_of_two_that_overlap_the_whole_secret_stands() -> None:
    text = TOKEN + '"+"' + TOKEN
    assert hits(text) == [(TOKEN, TOKEN, ""), (TOKEN, TOKEN, "")]


def test_what_is_compressed_covers_the_whole_place() -> None:
    undone = Undone(TOKEN.encode(), ((0, 12, 100, 107),), "gzip", solid=True)
    assert undone.place(3, 5) == (100, 107)


def test_what_is_set_aside_in_a_disguise_stands_where_it_is_hidden() -> None:
    text = 'tok_xxx"+"xxxxx'
    (one,) = set_aside(search(text).asides, [])
    assert (one.start, one.end, one.reason) == (0, len(text), Look.PLACEHOLDER)


def test_what_overlaps_a_finding_is_not_set_aside() -> None:
    kept = settled(search(TOKEN).hits)
    asides = [Dropped(at, at + 3, "other", Look.HASH) for at in range(20)]
    assert [one.start for one in set_aside(asides * 2, kept)] == list(range(12, 20))


def test_a_text_of_its_own_has_a_language_of_its_own() -> None:
    sheet = Sheet("tests/a.py", b"", "python")
    assert sheet.within(b"x", apart=False).language == "python"
    assert sheet.within(b"x = 1", apart=True).language is None
    assert sheet.within(b"#!/bin/sh\n", apart=True).language == "shell"
    assert sheet.within(b"x", apart=True).is_test


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            [TOKEN, SPLIT, HIDDEN, b64(TOKEN), b64(SPLIT), b64(b64("a" + TOKEN)), "tok_xxxxxxxx", 'b"+"', "b64(", ")"]
        ),
        st.text(max_size=8),
    ),
    max_size=12,
).map("".join)


@given(TEXTS)
def test_both_prefilters_lead_to_the_same(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    assert hits(text) == hits(text, SLOW)
    one, other = search(text), search(text, SLOW)
    assert set_aside(one.asides, settled(one.hits)) == set_aside(other.asides, settled(other.hits))


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(0, 3)), min_size=1, max_size=9), st.data())
def test_a_span_goes_back_to_rows_that_hold_it(sizes: list[tuple[int, int, int]], data: Any) -> None:
    rows, at, there = [], 0, 0
    for size, wide, gap in sizes:
        rows.append((at, at + size, there + gap, there + gap + wide))
        at, there = at + size, there + gap + wide
    undone = Undone(bytes(at), tuple(rows), "toy")
    points = [undone.place(one, one + 1) for one in range(at)]
    assert all(one[0] <= two[0] and one[1] <= two[1] for one, two in pairwise(points))
    start = data.draw(st.integers(0, at - 1))
    end = data.draw(st.integers(start + 1, at))
    assert undone.place(start, end) == (points[start][0], points[end - 1][1])


class TestAllowances:
    """However much is hidden, what is looked at is bounded, and it is said when something was not."""

    @staticmethod
    def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
        sizes: list[int] = []
        places = HyperscanPrefilter.places

        def counting(self: HyperscanPrefilter, sheet: Sheet, budget: Budget) -> Any:
            sizes.append(len(sheet.data))
            return places(self, sheet, budget)

        monkeypatch.setattr(HyperscanPrefilter, "places", counting)
        return sizes

    def test_pieces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes = self.counted(monkeypatch)
        seen = search(b64("nothing") * 10_000)
        assert len(sizes) <= 2_001
        assert "too much that was decoded or joined to look at all of it" in seen.spent

    def test_bytes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sizes = self.counted(monkeypatch)
        bomb = Disguise(
            "bomb", (Expression("bomb"),), (b"bomb",), 8, lambda *_: Undone(b"bomb" * 250_000, ((0, 10**6, 0, 4),), "x")
        )
        seen = search("bomb", made(disguises=(bomb,)))
        assert sum(sizes) <= 9_000_000
        assert "too much that was decoded or joined to look at all of it" in seen.spent

    def test_a_long_place_is_undone_once(self) -> None:
        asked: list[int] = []

        def undo(sheet: Sheet, at: int) -> Undone:
            asked.append(at)
            return Undone(b"-", ((0, 1, 0, len(sheet.data)),), "x")

        search("bomb" * 5_000, made(disguises=(Disguise("bomb", (Expression("bomb"),), (b"bomb",), 8, undo),)))
        assert asked == [0]

    def test_places_where_nothing_is_undone(self) -> None:
        asked: list[int] = []

        def undo(_sheet: Sheet, at: int) -> None:
            asked.append(at)

        seen = search("bomb" * 500_000, made(disguises=(Disguise("bomb", (Expression("bomb"),), (b"bomb",), 8, undo),)))
        assert len(asked) == 20_000
        assert seen.spent == ["bomb: too many places that look alike"]

    def test_a_hidden_file_of_keys(self) -> None:
        seen = search("".join(HIDDEN for _ in range(3_000)))
        assert len(seen.hits) == 1_000
        assert seen.spent == ["toy: too many places that look alike"]
