"""The runner survives whatever a scanner does, and what it could not look at is a gap."""

import ctypes
import faulthandler
import os
import signal
import time
from collections.abc import Callable, Iterable

import pytest

from clearance.collect.memory import change_of
from clearance.facts.change import Contents
from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.runner import Limits, Scanned, scan

RULE = Rule(
    id="found-it",
    family="toy",
    title="It is here",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    brief="",
    guidance="",
    page="x",
)
CARE = Rule(
    id="takes-care", family="triggers", title="Care", severity=Severity.LOW, confidence=Confidence.HIGH, brief="",
    guidance="", page="y", tier=3,
)  # fmt: skip


class Toy:
    """Finds the word `evil`, unless the text says what else to do."""

    max_bytes = 1_000_000

    def __init__(
        self, name: str = "toy", on: dict[str, Callable[[], object]] | None = None, start: Callable[[], object] | None = None
    ):
        self.name = name
        self.on = on or {}
        self.start_with = start

    def start(self, contents: Contents) -> None:
        if self.start_with:
            self.start_with()

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        for word, act in self.on.items():
            if word in view.text:
                act()
                while True:
                    budget.check()
        at = view.text.find("evil")
        while at >= 0:
            yield Match(rule="found-it", start=at, end=at + 4)
            at = view.text.find("evil", at + 1)
        at = view.text.find("login")
        if at >= 0:
            yield Match(rule="takes-care", start=at, end=at + 5)


class Both:
    """Says that a file got shorter."""

    name = "both"
    max_bytes = 100

    def start(self, contents: Contents) -> None: ...

    def compare(self, pair: Pair, budget: Budget) -> Iterable[Match | Gap]:
        if pair.before and (pair.after is None or len(pair.after.text) < len(pair.before.text)):
            yield Match(rule="found-it", start=0, end=1, whole_file=True, side="after" if pair.after else "before")


def run(before: dict[str, bytes], after: dict[str, bytes], *families: object, limits: Limits | None = None) -> Scanned:
    families = families or (Toy(),)
    change, contents, *_ = change_of(before, after)
    rules = {"found-it": RULE, "takes-care": CARE}
    return scan(
        change,
        contents,
        lambda: (families, rules),
        [one.name for one in families],
        limits or Limits(seconds=0.3, total=30),
    )


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def segfault() -> None:
    faulthandler.disable()  # its report would only clutter the output
    ctypes.string_at(0)


def explode() -> None:
    raise ValueError("a secret text that must not be told")


def recurse() -> None:
    recurse()


def exhaust() -> None:
    bytearray(64 << 30)


@pytest.mark.parametrize(
    ("act", "kind"),
    [(die, GapKind.CRASH), (segfault, GapKind.CRASH), (explode, GapKind.CRASH), (recurse, GapKind.CRASH),
     (lambda: None, GapKind.TIMEOUT), (lambda: time.sleep(600), GapKind.TIMEOUT), (exhaust, GapKind.CRASH)],
    ids=["killed", "segfault", "raises", "recursion", "slow but polite", "hangs", "memory"],
)  # fmt: skip
def test_a_scanner_that_fails_on_one_file_leaves_a_gap_and_the_others_go_on(
    act: Callable[[], object], kind: GapKind
) -> None:
    files = {f"f{n}.txt": b"evil\n" for n in range(30)} | {"bad.txt": b"trap evil\n"}
    scanned = run({}, files, Toy("toy", {"trap": act}), Toy("other"), limits=Limits(seconds=0.3, total=60))
    assert [(gap.scanner, gap.path, gap.kind) for gap in scanned.gaps] == [("toy", "bad.txt", kind)]
    assert "a secret text" not in repr(scanned)
    # 30 files by both scanners, and the bad one by the other.
    assert len(scanned.findings) == 61
    assert {ran.scanner: ran.files for ran in scanned.ran} == {"toy": 30, "other": 31}


@pytest.mark.parametrize("act", [explode, die], ids=["raises", "killed"])
def test_a_scanner_that_cannot_start_is_one_gap_and_the_others_go_on(act: Callable[[], object]) -> None:
    scanned = run({}, {"a.txt": b"evil"}, Toy("toy", start=act), Toy("other"))
    assert [(gap.scanner, gap.path, gap.kind) for gap in scanned.gaps] == [("toy", "", GapKind.CRASH)]
    assert {ran.scanner: ran.files for ran in scanned.ran} == {"toy": 0, "other": 1}


def test_when_the_whole_time_is_spent_each_file_not_reached_is_a_gap() -> None:
    files = {f"f{n}.txt": b"trap" for n in range(5)}
    scanned = run({}, files, Toy("toy", {"trap": lambda: time.sleep(60)}), limits=Limits(seconds=50, total=1))
    assert {gap.path for gap in scanned.gaps} == set(files)
    assert {gap.kind for gap in scanned.gaps} == {GapKind.TIMEOUT}


def test_no_worker_is_left_behind_when_the_watcher_is_interrupted() -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    change, contents, *_ = change_of({}, {"a": b"x", "b": b"y"})
    import multiprocessing

    with pytest.raises(KeyboardInterrupt):
        scan(change, contents, lambda: ((Toy(),), {}), ["toy"], Limits(), progress=interrupt)
    assert multiprocessing.active_children() == []


def test_what_was_there_before_is_told_apart_by_its_shape_not_its_line() -> None:
    scanned = run({"a": b"evil()\nx\n"}, {"a": b"# new\n# lines\n  evil()\nx\nevil(2)\n"})
    assert [(one.place.line, one.introduced) for one in scanned.findings] == [(3, False), (5, True)]


def test_a_copy_of_an_old_finding_is_new_and_the_copy_is_the_one_blamed() -> None:
    scanned = run({"a": b"x\nevil()\n"}, {"a": b"evil()\nx\nevil()\n"})
    assert [(one.place.line, one.introduced) for one in scanned.findings] == [(1, True), (3, False)]
    assert len({one.fingerprint for one in scanned.findings}) == 2


def test_the_fingerprint_survives_lines_that_come_before() -> None:
    one, two = run({}, {"a": b"evil()\n"}), run({}, {"a": b"\n\n# c\n evil()\n"})
    assert one.findings[0].fingerprint == two.findings[0].fingerprint
    assert one.findings[0].fingerprint != run({}, {"b": b"evil()\n"}).findings[0].fingerprint


def test_secrets_that_one_scanner_sees_are_masked_in_the_excerpts_of_all() -> None:
    class Secret(Toy):
        def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
            at = view.text.find("hunter")
            yield Match(rule="found-it", start=at, end=at + 7, secrets=((at, at + 7),), identity="k")

    scanned = run({}, {"a": b"evil('hunter2')\n"}, Toy(), Secret("secrets"))
    assert len(scanned.findings) == 2
    assert "hunter" not in repr(scanned)
    assert scanned.findings[0].excerpt.lines[0] == "evil('****')"


class FirstWord(Toy):
    """Calls the first occurrence of each `hunter…` word a secret, and sees no other one."""

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        for word in dict.fromkeys(word for word in view.text.split() if word.startswith("hunter")):
            at = view.text.find(word)
            yield Match(rule="found-it", start=at, end=at + len(word), secrets=((at, at + len(word)),), identity=word)


def test_the_value_of_a_secret_is_masked_on_other_lines_of_its_file_too() -> None:
    scanned = run({}, {"a": b"hunter21\n\n\nevil('hunter21')\n"}, Toy(), FirstWord("secrets"))
    assert "hunter" not in repr(scanned)
    assert any(one.excerpt and "evil('****')" in one.excerpt.lines for one in scanned.findings)


def test_with_too_many_secrets_to_look_for_no_line_is_quoted() -> None:
    words = "\n".join(f"hunter{number:04}" for number in range(250))
    scanned = run({}, {"a": f"{words}\n\n\nevil('hunter0001')\n".encode()}, Toy(), FirstWord("secrets"))
    assert len(scanned.findings) == 251
    assert "hunter" not in repr(scanned)


def test_another_secret_in_the_same_place_is_new() -> None:
    class Secret(Toy):
        def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
            yield Match(rule="found-it", start=2, end=len(view.text), secrets=((2, len(view.text)),), identity=view.text)

    assert run({"a": b"p=one"}, {"a": b"p=two"}, Secret()).findings[0].introduced
    assert not run({"a": b"p=one\n"}, {"a": b"\np=one\n"}, Toy()).findings


def test_care_is_sighted_when_new_when_touched_and_when_gone() -> None:
    new = run({}, {"a": b"login()\n"}).sightings[0]
    assert (new.introduced, new.gone, new.tier) == (True, False, 3)
    untouched = run({"a": b"login()\nx\n"}, {"a": b"login()\ny\n"}).sightings[0]
    assert (untouched.introduced, untouched.gone) == (False, False)
    gone = run({"a": b"login()\nx\n"}, {"a": b"x\n"}).sightings[0]
    assert (gone.introduced, gone.gone) == (True, True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"\x00\x01\x02", GapKind.BINARY), (b"caf\xe9 evil\n", GapKind.ENCODING), (b"x" * 1_000_001, GapKind.TOO_LARGE)],
)
def test_what_has_no_text_is_a_gap(data: bytes, kind: GapKind) -> None:
    assert [gap.kind for gap in run({}, {"a.txt": data}).gaps] == [kind]


@pytest.mark.parametrize(
    ("source", "gaps"),
    [
        ("# coding: latin-1\nx = 'caf\xe9'\n", []),
        ("# coding: utf-7\nx = 1\n", [GapKind.ENCODING]),
        ("# -*- coding: utf-8 -*-\n", []),
    ],
)
def test_a_coding_declaration_cannot_hide_code(source: str, gaps: list[GapKind]) -> None:
    assert [gap.kind for gap in run({}, {"a.py": source.encode("latin-1")}).gaps] == gaps


def test_a_family_that_compares_sees_both_sides_and_all_that_it_says_is_new() -> None:
    scanned = run({"a": b"longer", "gone": b"x"}, {"a": b"short"}, Both())
    assert [(one.place.path, one.place.line, one.introduced) for one in scanned.findings] == [
        ("a", 0, True),
        ("gone", 0, True),
    ]


def test_the_order_of_results_does_not_depend_on_the_workers() -> None:
    files = {f"d/f{n}.txt": b"evil\n" * (n % 7) for n in range(60)}
    assert run({}, files, limits=Limits(workers=1)) == run({}, files, limits=Limits(workers=4))


class Quoting:
    """Tells in its own words what the file says."""

    name = "quoting"
    max_bytes = 1_000_000

    def start(self, contents: Contents) -> None: ...

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        yield Match(rule="found-it", start=0, end=4, message=view.text, fix=view.text)


class Masking(Quoting):
    """Sees the secret once, or gives up before it."""

    name = "secrets"

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        if "dense" in view.text:
            yield Gap(scanner="secrets", path=view.path, kind=GapKind.TOO_MANY)
        else:
            at = view.text.index("hidden-word")
            yield Match(rule="takes-care", start=at, end=at + 11, secrets=((at, at + 11),))


def test_what_one_family_calls_a_secret_no_other_one_tells() -> None:
    scanned = run({}, {"a.txt": b"evil hidden-word\nhidden-word again\n"}, Quoting(), Masking())
    assert "hidden-word" not in repr(scanned)
    assert scanned.findings[0].excerpt is not None


def test_where_the_search_for_secrets_gave_up_no_line_is_quoted() -> None:
    scanned = run({}, {"a.txt": b"dense hidden-word\n"}, Toy(on={}), Quoting(), Masking())
    assert [finding.excerpt for finding in scanned.findings] == [None]
