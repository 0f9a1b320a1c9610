"""What could not be judged is told once, and what the change brings is told apart from what stood there."""

from clearance.facts.change import ChangeKind, FileChange
from clearance.facts.finding import GapKind
from clearance.scan.family import Unjudged
from clearance.scan.unjudged import gaps_of

FILE = FileChange(path="package-lock.json", kind=ChangeKind.MODIFIED, added=((3, 4),))


def one(name: str, version: str = "1.0", line: int = 1, said: str = "were not compared: no data") -> Unjudged:
    return Unjudged(GapKind.UNKNOWN, "npm", "versions", said, f"{name} {version}", name, line)


def test_what_stood_there_before_is_told_apart() -> None:
    new, old = gaps_of("packages", FILE, [one("a"), one("b", "2.0"), one("c")], [one("a"), one("b", "1.9")])
    assert (new.detail, new.introduced) == ("npm: 2 versions (b, c) were not compared: no data", True)
    assert (old.detail, old.introduced) == ("npm: 1 version (a) was not compared: no data", False)


def test_a_second_copy_is_new() -> None:
    new, old = gaps_of("packages", FILE, [one("a"), one("a")], [one("a")])
    assert (new.introduced, old.introduced) == (True, False)


def test_many_names_are_counted_and_three_are_told() -> None:
    (gap,) = gaps_of("packages", FILE, [one(f"n{number}") for number in range(1_200)], [])
    assert gap.detail == "npm: 1,200 versions (n0, n1, n2, …) were not compared: no data"


def test_reasons_make_gaps_of_their_own() -> None:
    assert len(gaps_of("packages", FILE, [one("a"), one("b", said="were not looked up")], [])) == 2


def test_of_a_patch_the_added_lines_count() -> None:
    partial = FileChange(path="package-lock.json", kind=ChangeKind.MODIFIED, added=((3, 4),), partial=True)
    new, old = gaps_of("packages", partial, [one("a", line=3), one("b", line=9)], [])
    assert ("(a)" in new.detail, new.introduced) == (True, True)
    assert ("(b)" in old.detail, old.introduced) == (True, False)


def test_names_are_made_visible() -> None:
    (gap,) = gaps_of("packages", FILE, [one("a\x1b[31m")], [])
    assert "\x1b" not in gap.detail
