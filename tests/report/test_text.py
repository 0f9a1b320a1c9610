"""What stands in the terminal, line by line."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from wcwidth import wcswidth

from clearance.facts.finding import Excerpt, Finding, Place
from clearance.facts.outcome import Outcome

Write = Callable[..., str]
GOLDEN = Path(__file__).parent / "golden"
SGR = re.compile(r"\x1b\[[0-9;]*m")

TRANSCRIPT = """\
clearance 0.1.0   main (1a2b3c4) → working tree   3 files  +214 −12   by an agent (commit trailer: Claude)

DENY   tier 3: authentication changed · 226 lines

✗ high    python-sql-string-build   app/orders.py:41:23   CWE-89   SQL text is built from request data
    40 │     name = request.args["name"]
  ▸ 41 │     rows = db.execute(f"select * from orders where name = '{name}'")
    fix   pass the value as a parameter: db.execute("… where name = ?", (name,))
✗ high    package-does-not-exist    requirements.txt:7   "flask-jwt-simple-auth" is not on PyPI (names as of 2026-11-22)
✗ medium  test-weakened             tests/test_orders.py:12   an assertion was removed from a test that this change must pass
· 2 existing findings, not introduced here (--all shows them)
! not looked at   docs/logo.bin: binary

why   no-new-high-findings   a change may not add a finding of high severity    fix it, or ask for a waiver
      tests-not-weakened     a change may not weaken a test that it must pass   put the assertion back
who   after the fixes: a security engineer (authentication changed in app/auth.py)

receipt 8f3c1e…  entry 12 of .git/clearance/log   clearance log verify
"""


def test_the_transcript_reads_as_the_readme_shows_it(write: Write) -> None:
    assert write("text", "denied", width=130) == TRANSCRIPT


@pytest.mark.parametrize("color", [False, True], ids=["plain", "color"])
@pytest.mark.parametrize("width", [100, 60])
@pytest.mark.parametrize("name", ["denied", "asked", "allowed", "scanned", "empty", "followed", "leaked"])
def test_each_outcome_stands_as_it_was_seen_and_approved(write: Write, name: str, *, width: int, color: bool) -> None:
    golden = GOLDEN / f"{name}-{width}{'-color' if color else ''}.txt"
    text = write("text", name, width=width, color=color)
    if os.environ.get("CLEARANCE_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_the_terminal(write: Write, outcome: Outcome, width: int) -> None:
    for show_all in (False, True):
        for line in write("text", outcome, width=width, show_all=show_all).splitlines():
            assert wcswidth(line) <= width


def test_colour_changes_nothing_but_colour(write: Write, outcome: Outcome) -> None:
    painted = write("text", outcome, color=True)
    assert [line.rstrip(" ") for line in SGR.sub("", painted).split("\n")] == write("text", outcome).split("\n")


def test_a_place_without_unicode_gets_ascii(write: Write, outcome: Outcome) -> None:
    assert write("text", outcome, unicode=False).isascii()


def test_what_is_folded_away_is_counted_and_all_shows_it(write: Write) -> None:
    text = write("text", "many")
    assert "50 more findings, not shown here: 50 high (--all shows them)" in text
    assert "! 30 more not looked at, 10 of them matter (--all shows them)" in text
    everything = write("text", "many", show_all=True)
    assert everything.count("✗ high") == 100
    assert everything.count("! not looked at") == 40
    assert "--all" not in everything


def test_existing_findings_are_named_as_such_when_all_is_shown(write: Write) -> None:
    text = write("text", "denied", show_all=True)
    assert text.count("MD5 is used (existing)") == 2
    assert "--all" not in text


def test_a_scan_shows_every_finding_and_no_verdict(write: Write, outcomes: dict[str, Outcome]) -> None:
    text = write("text", "scanned")
    assert text.count("\n✗ ") == len(outcomes["scanned"].findings)
    assert "DENY" not in text
    assert "receipt" not in text


def hostile(outcome: Outcome, **fields: object) -> Outcome:
    first: Finding = msgspec.structs.replace(outcome.introduced[0], **fields)
    return msgspec.structs.replace(outcome, findings=(first,))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a\nb.py", "a\\nb.py:3"),
        ("\x1b[2Jb.py", "\\x1b[2Jb.py:3"),
        ("exe\u202eyp.txt", "exe\\u202eyp.txt:3"),
        ("\x9b31m.py", "\\x9b31m.py:3"),
        ("\u200bzero.py", "\\u200bzero.py:3"),
    ],
)
def test_a_name_cannot_command_the_terminal(write: Write, outcomes: dict[str, Outcome], path: str, shown: str) -> None:
    assert shown in write("text", hostile(outcomes["denied"], place=Place(path=path, line=3)))


def excerpted(outcome: Outcome, line: str, column: int, end: int, width: int, write: Write) -> str:
    place = Place(path="a.py", line=7, column=column, end_line=7, end_column=end)
    text = write("text", hostile(outcome, place=place, excerpt=Excerpt(first=7, lines=(line,)), fix=""), width=width)
    return next(line for line in text.splitlines() if "▸" in line)


def test_a_very_long_line_is_cut_around_the_hit(write: Write, outcomes: dict[str, Outcome]) -> None:
    line = "x" * 4_000_000 + "HIT" + "y" * 4_000_000
    shown = excerpted(outcomes["denied"], line, 4_000_001, 4_000_004, 60, write)
    assert re.fullmatch(r"  ▸ 7 │ …x+HITy+…", shown)
    assert wcswidth(shown) <= 60


def test_a_hit_longer_than_the_screen_shows_its_start(write: Write, outcomes: dict[str, Outcome]) -> None:
    shown = excerpted(outcomes["denied"], "a" * 500 + "b" * 5000, 501, 5501, 60, write)
    assert re.fullmatch(r"  ▸ 7 │ …a+b+…", shown)
    assert wcswidth(shown) <= 60


def test_wide_and_combining_characters_keep_the_line_in_its_width(write: Write, outcomes: dict[str, Outcome]) -> None:
    line = "名前 = 注文['名前'] + '" + "語" * 100 + "' + e\u0301" * 30
    shown = excerpted(outcomes["denied"], line, 6, 8, 60, write)
    assert shown.startswith("  ▸ 7 │ 名前 = 注文[")
    assert wcswidth(shown) <= 60


def test_a_tab_takes_four_cells(write: Write, outcomes: dict[str, Outcome]) -> None:
    assert excerpted(outcomes["denied"], "\tif\tx:", 2, 4, 60, write) == "  ▸ 7 │     if    x:"


def test_columns_stand_below_each_other_with_wide_rule_names(write: Write, outcomes: dict[str, Outcome]) -> None:
    denied = outcomes["denied"]
    findings = tuple(
        msgspec.structs.replace(denied.introduced[0], rule=rule, excerpt=None, fix="") for rule in ("規則一", "rule-one-x")
    )
    lines = [
        line
        for line in write("text", msgspec.structs.replace(denied, findings=findings), width=140).splitlines()
        if "test_orders.py" in line
    ]
    assert [wcswidth(line.split("tests/")[0]) for line in lines] == [23, 23]


def test_a_key_at_several_places_is_told_once_with_its_places(write: Write) -> None:
    text = write("text", "leaked", width=160)
    assert text.count("acme-token") == 1
    assert "the same key also stands at b.py:3:9, c.py:3:9, commit:5e5e5e5e5e5e:3:9, e.py:3:9, f.py:3:9 and 2" in text
    assert "hidden: base64 · ends in x7Qe · 4.6 bits a character · fingerprint abababababab" in text
    assert "since 5e5e5e5e5e5e of 2024-05-01, no longer in HEAD" in text


def test_look_alikes_are_counted_and_told_on_request(write: Write) -> None:
    assert "· 13 look-alikes set aside: 12 placeholders, 1 reference (--all shows them)" in write("text", "leaked")
    told = write("text", "leaked", show_all=True)
    assert "  aside  acme-token   a.py:9:2   placeholder" in told
    assert "· 11 more look-alikes set aside, only counted" in told
