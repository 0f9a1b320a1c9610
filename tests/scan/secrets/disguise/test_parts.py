"""The parts that disguises are made of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.rules.model import Rule
from clearance.scan.secrets.detectors import make_probes, read_tokens
from clearance.scan.secrets.disguise.constants import constant
from clearance.scan.secrets.disguise.literals import before, is_dense, opening, step
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import Trigger
from clearance.scan.secrets.disguise.unseen import unseen_disguise
from clearance.scan.secrets.disguise.words import Words, words_of
from clearance.scan.secrets.probe import Expression, Sheet


@pytest.fixture(scope="module")
def words(rules: tuple[Rule, ...]) -> Words:
    return words_of(make_probes(rules, read_tokens(rules)))


@pytest.mark.parametrize("word", ["ghp_", "AKIA", "xoxb-", "glpat-", "sk_live_", "rk_live_", "AIza", "npm_", "SG.", "hf_"])
def test_starts_of_formats_are_spelled_as_in_their_patterns(words: Words, word: str) -> None:
    assert word in words.starts


@pytest.mark.parametrize("word", ["datadog", "twilio", "client", "token", "AAAA", "key-", "test_"])
def test_words_of_a_language_are_no_starts(words: Words, word: str) -> None:
    assert word not in words.starts


def test_a_stretch_is_read_once() -> None:
    asked = []

    def read(_sheet: Sheet, at: int) -> Reading:
        asked.append(at)
        return Reading(None, 100 if at < 100 else at + 1)

    rising = Rising(read)
    sheet, other = Sheet("a", b"", None), Sheet("b", b"", None)
    for at in (3, 50, 99, 100, 101):
        assert rising(sheet, at) is None
    assert rising(other, 60) is None
    assert rising(sheet, 60) is None
    assert asked == [3, 100, 101, 60, 60]


@pytest.mark.parametrize(
    ("text", "where"),
    [('x = "ab"', 4), (r'x = "a\"b"', 4), (r"x = '\\'", 4), ('"\n"', -1), ('a"', -1), ("x = `a\nb`", 4)],
)
def test_the_opening_quote_of_a_literal(text: str, where: int) -> None:
    assert opening(text.encode(), len(text) - 1) == where


@pytest.mark.parametrize(
    ("text", "joint"),
    [
        ('"a" + "', (2, True)),
        ('"a"\n  + "', (2, True)),
        ('"a" + // b\n "', (2, True)),
        ('"a"  # b\n "', (2, False)),
        ('"a" \\\n "', (2, False)),
        ('"a" + f"', (2, True)),
        ('"a", "', None),
        ('f("', None),
        ('"', None),
    ],
)
def test_what_joins_a_literal_to_the_one_before(text: str, joint: Any) -> None:
    assert before(text.encode(), len(text) - 1) == joint


def test_a_step_needs_an_operator_before_a_name() -> None:
    assert step(b'"a" + b;', 3, 8) == (None, b"b", 7)
    assert step(b'"a" b;', 3, 6) is None
    assert step(b'"a" + b(1)', 3, 10) is None
    assert step(b'"a" "b"', 3, 7, apart=False) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('P = "one"\nx = P + ', "one"),
        ('const P: string = "one";\nf(P + ', "one"),
        ('P := "one"\nP + ', "one"),
        ('P = "one"\nP = "two"\nx = P + ', "two"),
        ('MY_P = "no"\nx = P + ', None),
        ('P == "no"\nx = P + ', None),
        ("P = f()\nx = P + ", None),
        ('x = P + ""\nP = "after"\n', "after"),
    ],
)
def test_a_name_stands_for_the_literal_that_it_is_assigned(text: str, value: str | None) -> None:
    near = text.index("P + ")
    span = constant(text.encode(), b"P", near)
    assert (text[span.start : span.end] if span else None) == value


@pytest.mark.parametrize(
    ("text", "dense"), [(b"ab1cd2ef3gh4", True), (b"abcdefghijkl", False), (b"a" * 20, True), (b"ab1 cd2 ef3 gh4", False)]
)
def test_what_may_be_part_of_a_secret(text: bytes, dense: object) -> None:
    assert is_dense(text, 12) is dense


_SPAN = st.tuples(st.integers(0, 30), st.integers(0, 30))


@given(st.lists(_SPAN, max_size=8), _SPAN)
def test_many_spans_are_kept_as_each_of_them_is(spans: list[tuple[int, int]], first: tuple[int, int]) -> None:
    data = bytes(range(65, 95))
    one, all_at_once = Piece(data), Piece(data)
    for piece in (one, all_at_once):
        piece.put(b"xyz", *sorted(first))
    for span in spans:
        one.keep(*span)
    all_at_once.keep_all(spans)
    for piece in (one, all_at_once):
        piece.keep(28, 30)
    assert all_at_once.undone("") == one.undone("")


@pytest.mark.parametrize(
    ("pattern", "text", "holds"),
    [
        (r"[a-z]=$", b"abc=", True),
        (r"[a-z]=$", b"abc=\n", True),
        (r"[a-z]=$", b"abc=\n\n", False),
        (r"[a-z]=\s;", b"abc=\x0b;", True),
        (r"[a-z]=[\s,];", b"abc=\x0b;", True),
        (r"[a-z]=[^\s];", b"abc=\x0b;", False),
        (r"[]\\]=\d", b"ab]=1;", True),
        (r"[a-z]=[^\x00-\x7f]", b"abc=\xe9", True),
        (r"[a-z]=.....", b"abc=......", False),
    ],
)
def test_an_expression_holds_within_its_reach(pattern: str, text: bytes, holds: object) -> None:
    trigger = Trigger((Expression(r"never"), Expression(pattern, reach=4)), 64)
    assert trigger(Sheet("a.txt", text, None), 3) is holds


def test_an_expression_holds_in_its_languages_only() -> None:
    trigger = Trigger((Expression("A=B", caseless=True, languages=frozenset({"yaml"})),), 8)
    assert trigger(Sheet("a.yaml", b"xa=b", "yaml"), 2)
    assert not trigger(Sheet("a.json", b"xa=b", "json"), 2)


def test_a_word_that_says_nothing_does_not_hide_the_one_behind_it() -> None:
    token = "4f9ab0c1d2e3".replace("a", "\u0430")
    text = f"a\u0441\u0443\u0441\u0430b {token} x\u0441\u0443z".encode()
    sheet, undo = Sheet("a.txt", text, None), unseen_disguise().undo
    asked = [at for at in range(len(text)) if text[at] in b"\xd0\xd1"]
    given_ = [at for at in asked if undo(sheet, at) is not None]
    assert given_ == [text.index(token.encode()) + 3]
