"""Rewrites are kept when they keep their word."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from clearance.facts.errors import UsageError
from clearance.facts.finding import Confidence, Edit, Finding, Place, Severity
from clearance.scan.mend import apply, mend
from clearance.stores.worktree import replace_file

TEXT = "a = bad(1)\nb = bad(2)\nc = good(3)\n"


def edit(line: int, start: int, end: int, text: str) -> Edit:
    return Edit(place=Place(path="a.py", line=line, column=start, end_line=line, end_column=end), text=text)


def finding(line: int, *edits: Edit, rule: str = "bad") -> Finding:
    return Finding(
        rule=rule,
        family="code",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        place=Place(path="a.py", line=line),
        message="m",
        fingerprint=str(line),
        introduced=True,
        edits=edits,
    )


def look(text: str) -> tuple[Sequence[Finding], int]:
    """A toy scanner: `bad` is a finding, `worse` another one, `?` does not parse."""
    lines = enumerate(text.split("\n"), 1)
    found = [finding(line, rule=word) for line, one in lines for word in ("bad", "worse") if word in one]
    return found, text.count("?")


FIRST = finding(1, edit(1, 5, 8, "good"))
SECOND = finding(2, edit(2, 5, 8, "good"))


def test_all_findings_of_a_file_are_mended_together() -> None:
    mended = mend(TEXT, [FIRST, SECOND], look)
    assert mended.text == TEXT.replace("bad", "good")
    assert len(mended.done) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [("worse", "it would bring worse"), ("go?od", "the result would not parse"), ("bad", "bad would still be found")],
)
def test_one_that_does_harm_is_left_and_the_others_are_kept(text: str, reason: str) -> None:
    mended = mend(TEXT, [finding(1, edit(1, 5, 8, text)), SECOND], look)
    assert mended.text == "a = bad(1)\nb = good(2)\nc = good(3)\n"
    assert [why for _, why in mended.left] == [reason]


def test_two_that_change_the_same_place_do_not_mix() -> None:
    other = finding(1, edit(1, 4, 9, "x"), rule="worse")
    mended = mend(TEXT, [FIRST, other], look)
    assert mended.text.startswith("a = good(1)\n")
    assert [why for _, why in mended.left] == ["another fix changes the same place"]


WIDE = 'c = {\n  "bad": False,\n  "other": 1,\n}\nd = {"bad": False, "b": 2}\n'


def at(line: int, column: int, end_line: int, end_column: int) -> Place:
    return Place(path="a.py", line=line, column=column, end_line=end_line, end_column=end_column)


@pytest.mark.parametrize(
    ("place", "taken"),
    [
        (at(2, 3, 2, 15), at(1, 5, 4, 2)),  # the whole container, not the entry that was found
        (at(5, 6, 5, 18), at(5, 5, 5, 27)),  # on the same line, but more than the entry
        (at(1, 5, 4, 2), at(2, 3, 3, 13)),  # within what was found, but over two lines of text
        (at(5, 6, 5, 18), at(5, 6, 5, 20)),  # the comma goes with it
        (Place(path="a.py", line=0), at(5, 5, 5, 27)),
    ],
)
def test_an_edit_that_takes_out_more_than_what_was_found_is_refused(place: Place, taken: Place) -> None:
    wide = msgspec.structs.replace(finding(place.line, Edit(place=taken, text="True")), place=place)
    mended = mend(WIDE, [wide], look, "python")
    assert mended.text == WIDE
    assert [why for _, why in mended.left] == ["it would change more than what was found"]


@pytest.mark.parametrize(
    ("before", "span", "code"),
    [
        ("f(a, bad)\n", (5, 8), "b)(c"),  # closes what it stands in
        ("x = [bad, 1]\n", (5, 8), "1] + [2"),
        ("x = [bad,\n  1]\n", (5, 8), "1, #"),  # the comment goes on
        ("x = bad + 1\n", (4, 7), "1, 2"),  # binds otherwise
        ("x = bad\ny = 1\n", (4, 7), '"""'),
    ],
)
def test_an_edit_that_changes_the_syntax_around_it_is_refused(before: str, span: tuple[int, int], code: str) -> None:
    edited = finding(1, edit(1, span[0] + 1, span[1] + 1, code))
    mended = mend(before, [edited], look, "python")
    assert (mended.text, mended.done) == (before, ())
    assert mended.left[0][1] == "it would change more than what was found"


@pytest.mark.parametrize("code", ["True", "not_so(1, [2])", '"é"'])
def test_an_edit_of_one_value_is_kept_whatever_stands_around_it(code: str) -> None:
    text = 'é = {"a": [1], "b": bad, "c": {"d": 2}}\n'
    mended = mend(text, [finding(1, edit(1, 21, 24, code))], look, "python")
    assert mended.text == text.replace("bad", code)


def test_what_cannot_be_looked_at_is_not_changed() -> None:
    mended = mend(TEXT, [FIRST], lambda _: None)
    assert mended.text == TEXT
    assert mended.left


def test_the_same_edit_twice_is_one() -> None:
    assert apply(TEXT, [edit(1, 1, 1, "import x\n"), edit(1, 1, 1, "import x\n")]).count("import") == 1


def test_a_file_is_written_only_as_it_was_read(tmp_path: Path) -> None:
    place = tmp_path / "a.py"
    place.write_text("old")
    place.chmod(0o640)
    replace_file(place, b"old", b"new")
    assert place.read_text() == "new"
    assert place.stat().st_mode & 0o777 == 0o640
    with pytest.raises(UsageError, match="changed"):
        replace_file(place, b"old", b"newer")
    assert [one.name for one in tmp_path.iterdir()] == ["a.py"]


def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("old")
    (tmp_path / "a.py").symlink_to("real.py")
    with pytest.raises(UsageError):
        replace_file(tmp_path / "a.py", b"old", b"new")
    assert (tmp_path / "real.py").read_text() == "old"
