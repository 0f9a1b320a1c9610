"""TOML read into a struct: what is wrong is told with its line, and with what was meant."""

import contextlib
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.classification import Level
from clearance.facts.fact import Fact
from clearance.facts.typed_toml import BadTable, line_of, read_typed


class Row(Fact):
    name: str
    level: Level = Level.PUBLIC
    days: int = 0


class Deep(Fact):
    colour: Literal["red", "green"] = "red"
    rows: tuple[Row, ...] = ()


class Shape(Fact):
    title: str = ""
    deep: Deep = Deep()
    maybe: Row | None = None
    rows: tuple[Row, ...] = ()
    ports: dict[Literal["http", "https"], int] = {}
    levels: dict[str, Level] = {}


WRONG = {
    "a key of no table": ("titel = 'x'\n", 1, "unknown key 'titel'", "the nearest known key is 'title'"),
    "a table of none": ("title = 'x'\n\n[deap]\n", 3, "unknown key 'deap'", "the nearest known key is 'deep'"),
    "a key of a table": ("[deep]\ncolour = 'red'\ncolor = 1\n", 3, "'deep.color'", "the nearest known key is 'colour'"),
    "one in dots": ("deep.color = 1\n", 1, "'deep.color'", "'colour'"),
    "one in an inline table": ("deep = { color = 1 }\n", 1, "'deep.color'", "'colour'"),
    "one of a table that may be missing": ("[maybe]\nname = 'x'\ndayz = 1\n", 3, "'maybe.dayz'", "'days'"),
    "one of the second row": (
        "[[rows]]\nname = 'a'\ndays = 1\n[[rows]]\nname = 'b'\ndayz = 1\n",
        6,
        "'rows.dayz'",
        "'days'",
    ),
    "one of a row below a table": (
        "[deep]\n[[deep.rows]]\nname = 'a'\n[[deep.rows]]\nname = 'b'\nlevl = 1\n",
        6,
        "'deep.rows.levl'",
        "'level'",
    ),
    "one of rows in one line": ("title = ''\nrows = [{ name = 'a' }, { nam = 'b' }]\n", 2, "'rows.nam'", "'name'"),
    "one of a map with known keys": ("[ports]\nhttp = 1\nhtps = 2\n", 3, "'ports.htps'", "'https'"),
    "one that another table knows": ("[ports]\nhttp = 1\n[maybe]\nname = ''\ncolour = 'red'\n", 5, "colour", "into [deep]"),
    "one that stands below a table by mistake": ("[deep]\ntitle = 'x'\n", 2, "'deep.title'", "before the first [table]"),
    "a number for a text": ("[deep]\n[maybe]\nname = 3\n", 3, "Expected `str`, got `int` - at `$.maybe.name`", ""),
    "a word of none": ("[deep]\ncolour = 'gren'\n", 2, "Invalid enum value 'gren'", "the nearest word is 'green'"),
    "a level of none in a row": ("[[rows]]\nname = ''\nlevel = 'confidental'\n", 3, "Invalid", "'confidential'"),
    "a level of none in a map": ("[levels]\n'a/**' = 'publik'\n", 1, "Invalid", "'public'"),
    "a table for rows": ("title = ''\n[rows]\nname = ''\n", 2, "Expected `array`", "write [[rows]], with two brackets"),
    "a key that is missing": ("[maybe]\ndays = 1\n", 1, "missing required field `name` - at `$.maybe`", ""),
    "half a line": ("title = ''\n[deep\n", 2, "not TOML", ""),
    "a key twice": ("title = ''\ntitle = ''\n", 2, "not TOML", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_line(case: str) -> None:
    text, line, what, then = WRONG[case]
    with pytest.raises(BadTable) as told:
        read_typed(text, Shape)
    assert told.value.line == line
    assert what in told.value.what
    assert then in told.value.next


def test_what_is_right_is_read() -> None:
    text = "title = 'x'\n[deep]\ncolour = 'green'\nrows = [{ name = 'a', level = 'internal' }]\n[ports]\nhttp = 80\n"
    rows = (Row(name="a", level=Level.INTERNAL),)
    assert read_typed(text, Shape) == Shape(title="x", deep=Deep(colour="green", rows=rows), ports={"http": 80})


def test_a_message_is_bounded_however_long_the_key() -> None:
    with pytest.raises(BadTable) as told:
        read_typed(f"{'k' * 100_000} = 1\n", Shape)
    assert len(told.value.what) < 500
    with pytest.raises(BadTable) as told:
        read_typed(f"[deep]\ncolour = '{'k' * 100_000}'\n", Shape)
    assert len(told.value.what) < 500


NAMES = st.text("abc-_", min_size=1, max_size=4)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6, unique_by=lambda pair: pair))
def test_each_key_is_found_where_it_was_written(keys: list[tuple[str, str]]) -> None:
    tables: dict[str, list[str]] = {}
    for table, key in keys:
        tables.setdefault(table, []).append(key)
    lines = [line for table, inside in tables.items() for line in (f"[{table}]", *(f"{key} = 1" for key in inside))]
    for table, inside in tables.items():
        start = lines.index(f"[{table}]")
        assert line_of("\n".join(lines), (table,)) == start + 1
        for number, key in enumerate(inside):
            assert line_of("\n".join(lines), (table, key)) == start + number + 2


@given(st.text(max_size=80))
def test_no_text_leaves_in_another_way(text: str) -> None:
    with contextlib.suppress(BadTable):
        read_typed(text, Shape)
