"""The manual's page about catalogues says what the data says."""

import re
from collections import Counter
from pathlib import Path

import pytest

from clearance.controls.catalogue import Catalogue, catalogues, problem, read_catalogue
from clearance.controls.moves import Kind

PAGE = (Path(__file__).parents[2] / "docs/reference/catalogues.md").read_text()


def counted(one: Catalogue) -> str:
    """Give the row that the page must hold for a catalogue."""
    levels = Counter(item.level for item in one.items.values() if item.level)
    kinds = Counter(item.kind for item in one.items.values() if item.kind)
    parts = [f"level {level}: {number}" for level, number in sorted(levels.items())]
    parts = parts or [f"{kind}: {number}" for kind, number in kinds.items()]
    first = next(iter(one.items))
    told = ", ".join(parts) or "–"
    return f"| `{one.prefix}` | {one.title} | {one.version} | {len(one.items):,} | {told} | {one.kind} | `{first}` |"


@pytest.mark.parametrize("one", catalogues(), ids=lambda one: one.prefix)
def test_the_page_counts_each_catalogue_as_it_is(one: Catalogue) -> None:
    assert counted(one) in PAGE.splitlines(), f"docs/reference/catalogues.md: write\n{counted(one)}"


@pytest.mark.parametrize("one", catalogues(), ids=lambda one: one.prefix)
def test_the_page_says_each_source_and_licence(one: Catalogue) -> None:
    row = f"| `{one.prefix}` | {one.source} | {one.licence} |"
    assert row in PAGE.splitlines(), f"docs/reference/catalogues.md: write\n{row}"


def test_the_page_has_a_row_for_nothing_else() -> None:
    rows = Counter(re.findall(r"^\| `([a-z0-9-]+)` \| [^|]* \| [^|]*(?: \|| \|.*\|)$", PAGE, re.MULTILINE))
    shipped = {one.prefix for one in catalogues()}
    assert {prefix for prefix, number in rows.items() if number >= 2} == shipped


def test_the_answers_to_wrong_ids_are_those_that_are_given() -> None:
    part = PAGE.split("| written | answer |\n| --- | --- |\n")[1].split("\n\n")[0]
    rows = [re.fullmatch(r"\| `([^`]+)` \| (.+) \|", line) for line in part.splitlines()]
    assert len(rows) == 8
    for row in rows:
        assert row is not None
        assert problem(row[1]) == row[2]


def test_the_example_of_an_own_catalogue_is_one() -> None:
    [example] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    one = read_catalogue(example.encode(), "page")
    assert list(one.items) == ["acme:v3/SD-1"]
    assert "acme:v3/SD-1" in PAGE.split("```")[-1]


def test_every_kind_of_move_is_explained() -> None:
    for kind in Kind.__args__:  # type: ignore[attr-defined]
        assert f"`{kind}`" in PAGE
