"""What is kept of a line instead of its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.trace import KEY_BYTES, SHORT_BYTES
from clearance.trace.keys import KeyedText, keys_of, sound, split

SALT = bytes(range(16))
LINES = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=30), max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 'a'", 'x = "a"'),
        ("f( a,b )", "f(a, b)"),
        ("return x;", "return x"),
        ("    x=>x+1", "(x) => x + 1"),
        ("0XFF", "0xff"),
        ("if x :", "if (x):"),
    ],
)
def test_what_formatters_change_does_not_change_the_loose_key(one: str, other: str) -> None:
    text = KeyedText([one, other], SALT)
    assert text.loose(0) == text.loose(1)
    assert text.exact(0) != text.exact(1)


@pytest.mark.parametrize(("one", "other"), [("a = b", "b = a"), ("x + 1", "x - 1"), ("x", "y"), ("a.b", "a[b]")])
def test_what_a_person_changes_does(one: str, other: str) -> None:
    text = KeyedText([one, other], SALT)
    assert text.loose(0) != text.loose(1)


def test_a_line_broken_anew_has_the_same_shingles() -> None:
    flat = KeyedText(["total = compute(first, second, third)"], SALT)
    broken = KeyedText(["total = compute(", "    first,", "    second,", "    third,", ")"], SALT)
    assert flat.shingles == broken.shingles


def test_another_salt_gives_other_keys() -> None:
    one, other = KeyedText(["x = 1"], SALT), KeyedText(["x = 1"], bytes(16))
    assert one.exact(0) != other.exact(0)
    assert one.shingles != other.shingles


def test_a_new_name_keeps_the_shape() -> None:
    text = KeyedText(["total = price * 2", "amount = cost * 3", "total = price + 2"], SALT)
    assert text.shape(0) == text.shape(1) != text.shape(2)


@given(LINES, st.integers(0, 12), st.integers(0, 12))
def test_every_run_is_sound_and_has_a_key_for_each_line(lines: list[str], low: int, high: int) -> None:
    text = KeyedText(lines, SALT)
    for run in text.runs("a", [(low + 1, high)]):
        assert sound(run)
        assert run.lines == min(high, len(lines)) - low
        assert keys_of(run.exact, KEY_BYTES) == [text.exact(line) for line in range(low, low + run.lines)]
        assert len(run.shape) == run.lines * SHORT_BYTES


@given(LINES)
def test_nothing_of_the_text_is_in_a_run(lines: list[str]) -> None:
    words = [word for line in lines for word in line.split() if len(word) > 5]
    for run in KeyedText(lines, SALT).runs("path", [(1, len(lines))]):
        held = b"".join((run.exact, run.loose, run.shape, run.counts, run.shingles))
        assert not any(word.encode() in held for word in words)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("loose", b""),
        ("shape", b"1"),
        ("counts", b"\xff\xff"),
        ("shingles", b"123"),
        ("lead", 3),
        ("tail", -1),
        ("first", 0),
    ],
)
def test_a_run_whose_parts_do_not_fit_each_other_is_not_sound(field: str, value: object) -> None:
    from msgspec.structs import replace

    (run,) = KeyedText(["a = b + c", "d = e"], SALT).runs("a", [(1, 2)])
    assert sound(run)
    assert not sound(replace(run, **{field: value}))
    assert not sound(replace(run, exact=b"", loose=b"", shape=b"", counts=b"", shingles=b""))


def test_the_end_of_a_line_is_no_part_of_it() -> None:
    assert split("a\r\nb\n") == split("a\nb") == ["a", "b"]


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_lines_are_counted_as_changes_count_them(text: str) -> None:
    from clearance.collect.lines import split as by_changes

    counted = by_changes(text.encode())
    if counted is not None and not text.startswith("\ufeff"):
        assert len(split(text)) == len(counted)
