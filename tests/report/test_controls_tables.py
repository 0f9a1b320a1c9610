"""Answers about controls as CSV, Markdown, JSON, and a page."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from clearance.report.controls import page, tables
from clearance.report.controls.view import HOWS, Checked, Logged, Requirement
from report.controls_made import RULE, SERVED, coverage

EVIL = '=HYPERLINK("x")|<script>alert(1)</script>\x1b[2J\u202e\n@all `x` ](javascript:1)'


def hostile() -> Requirement:
    serving = msgspec.structs.replace(RULE, title=EVIL, note=EVIL, source=EVIL, id=f"rule:{EVIL}", shown_by=(EVIL,))
    return msgspec.structs.replace(
        SERVED, control=EVIL, id=EVIL, label=EVIL, chapter=EVIL, reason=EVIL, missing=EVIL, tests=(EVIL,), serving=(serving,)
    )


@given(st.text())
def test_no_cell_is_a_formula_and_every_cell_is_one_line(text: str) -> None:
    shown = tables.cell(text)
    assert not shown.startswith(("=", "+", "-", "@", " ", "\t"))
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize("start", ["=1", "+1", "-1", "@x", " =1", "\t=1", "\r=1", "＝1", "|cmd"])
def test_a_cell_that_begins_like_a_formula_is_text(start: str) -> None:
    assert tables.cell(start)[0] in "'\\"


def test_the_csv_has_a_row_an_edge_and_a_row_for_what_has_none() -> None:
    rows = list(csv.DictReader(io.StringIO(tables.as_csv([coverage()]))))
    assert [(row["control"], row["served_by"], row["relation"]) for row in rows] == [
        ("own:1.0/1.1", "rule:python-subprocess-shell", "subset-of"),
        ("own:1.0/1.1", "policy:no-secrets", "intersects-with"),
        ("own:1.0/1.1", "capability:masking", "no-relationship"),
        ("own:1.0/1.2", "", ""),
    ]
    assert (rows[0]["decisions"], rows[0]["last_entry"], rows[0]["proved"]) == ("12", "13", "alive 2026-11-21T08:00:00Z")
    assert (rows[0]["record_of"], rows[0]["verdict_at_most"]) == ("scanner code (all its rules)", "DENY")
    assert {len(row) for row in rows} == {len(tables.COLUMNS)}


def test_hostile_text_stays_text_in_csv_and_json() -> None:
    text = tables.as_csv([coverage(hostile())])
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert "\x1b" not in text
    shaped = tables.as_json(coverage(hostile()))
    assert "\x1b" not in shaped
    assert json.loads(shaped)["requirements"][0]["label"] == EVIL


def test_json_holds_counts_and_everything_else() -> None:
    shaped = json.loads(tables.as_json(coverage()))
    assert shaped["schema"] == "urn:clearance:controls:v1"
    assert shaped["counts"] == {"executable": 1, "assisted": 0, "process-only": 0, "not-us": 0, "none": 1}
    served = shaped["requirements"][0]["serving"][0]
    assert (served["record"]["last"], served["verdict_at_most"]) == (13, "DENY")
    assert any("nobody knows who" in note for note in shaped["notes"])
    assert any("nothing there to judge" in note for note in shaped["notes"])


def test_json_fits_the_schema_that_is_documented() -> None:
    from clearance.report.controls.schema import controls_schema

    documented = json.loads((Path(__file__).parents[2] / "docs/reference/schema/controls.json").read_text(encoding="utf-8"))
    assert documented == controls_schema()
    validator = jsonschema.Draft202012Validator(documented)
    for answer in (coverage(), coverage(hostile(), checked=Checked(pages=1, examples=2))):
        validator.validate(json.loads(tables.as_json(answer)))
    assert not validator.is_valid({"schema": "urn:clearance:controls:v1"})


def test_markdown_is_a_table_in_which_nothing_of_a_team_acts() -> None:
    made = tables.as_markdown(coverage(hostile(), log=Logged(place=EVIL, size=1, read=1)))
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(made)
    assert "<script" not in shown
    assert "javascript:" not in re.sub(r"<code>.*?</code>", "", shown)
    rows = [line for line in made.splitlines() if line.startswith("| ")]
    assert len({line.count(" | ") for line in rows[8:]}) == 1


class _Page(HTMLParser):
    """Collects tags, and insists that they are closed in order."""

    VOID = frozenset({"meta", "br", "rect", "link", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


def parsed(text: str) -> _Page:
    found = _Page()
    found.feed(text)
    found.close()
    assert not found.open
    return found


def test_the_page_is_whole_and_needs_nothing_from_outside() -> None:
    text = page.as_page([coverage(), coverage(log=Logged(problem="broken"))])
    found = parsed(text)
    assert not {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in found.tags}
    assert "default-src 'none'" in text
    for _, attributes in found.tags:
        assert not attributes.keys() & {"src", "onclick", "onload", "style"}
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in text
    assert "@import" not in text
    assert len(found.ids) == len(set(found.ids))
    targets = {(attributes.get("href") or "")[1:] for tag, attributes in found.tags if tag == "a"}
    assert targets <= set(found.ids)


def test_the_page_says_what_it_draws_and_has_one_language_and_headings_in_order() -> None:
    text = page.as_page([coverage(checked=Checked(pages=1, examples=15))])
    found = parsed(text)
    assert ("html", {"lang": "en"}) in found.tags
    assert any(tag == "svg" and attributes.get("role") == "img" for tag, attributes in found.tags)
    assert "1 executable, 1 none of 2" in text
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(two - one <= 1 for one, two in pairwise(levels))
    assert all(attributes.get("scope") for tag, attributes in found.tags if tag == "th")


def test_hostile_text_stays_text_on_the_page() -> None:
    text = page.as_page([coverage(hostile(), log=Logged(place=EVIL, size=1, read=1))])
    assert "script" not in {tag for tag, _ in parsed(text).tags}
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_the_page_is_the_same_for_the_same_answers() -> None:
    assert page.as_page([coverage()]) == page.as_page([coverage()])


def _luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize(("ground", "which"), [("#ffffff", 0), ("#14171b", 1)])
def words_of_tests_in_colour_can_be_read_on_both_grounds(how: str, ground: str, which: int) -> None:
    light, dark = sorted((_luminance(page._COLORS[how][which]), _luminance(ground)), reverse=True)  # type: ignore[index]
    assert (light + 0.05) / (dark + 0.05) >= 4.5
