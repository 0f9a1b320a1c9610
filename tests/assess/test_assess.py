"""Tiers as a table, and the laws of risk."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import built_in
from clearance.assess.assess import PROTECTIVE, assess
from clearance.assess.paths import Purpose, purpose
from clearance.collect.memory import change_of
from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Change, ChangeKind, FileChange, Mode, Side
from clearance.facts.finding import Confidence, Finding, Place, Severity, Sighting

AGENT = Authorship(author=Actor(name="agent", kind=ActorKind.AGENT), evidence=Evidence.OPTION)
NOBODY = Authorship(author=Actor(name="", kind=ActorKind.UNKNOWN), evidence=Evidence.NONE)


def change(*files: FileChange, author: Authorship = AGENT) -> Change:
    return msgspec.structs.replace(change_of({}, {}).change, files=files, author=author)


def file(
    path: str,
    added: int = 10,
    removed: int = 0,
    *,
    old_path: str | None = None,
    binary: bool = False,
    mode: Mode = Mode.FILE,
) -> FileChange:
    side = Side(mode=mode, size=1, sha256="0" * 64)
    return FileChange(
        path=path,
        old_path=old_path,
        kind=ChangeKind.RENAMED if old_path else ChangeKind.MODIFIED,
        before=side,
        after=side,
        added=((1, added),) if added else (),
        removed=((1, removed),) if removed else (),
        binary=binary,
    )


def sighting(
    trigger: str, tier: int, path: str = "src/app.py", line: int = 1, *, introduced: bool = True, gone: bool = False
) -> Sighting:
    title = {"ci": "CI", "external-api": "External API"}.get(trigger, trigger.replace("-", " ").capitalize())
    place = Place(path=path, line=line)
    return Sighting(trigger=trigger, title=title, tier=tier, place=place, reason="seen", introduced=introduced, gone=gone)


def finding(
    rule: str = "test-weakened",
    family: str = "tampering",
    severity: Severity = Severity.MEDIUM,
    confidence: Confidence = Confidence.HIGH,
    path: str = "src/app.py",
    *,
    introduced: bool = True,
) -> Finding:
    return Finding(
        rule=rule,
        family=family,
        severity=severity,
        confidence=confidence,
        place=Place(path=path, line=1),
        message=rule,
        fingerprint="0" * 64,
        introduced=introduced,
    )


# what changes | what is seen | what is found | the tier | the reasons
TABLE = [
    ("documentation", [file("docs/guide.md", 900)], [], [], 0, ("documentation only",)),
    ("tests", [file("tests/test_app.py", 900)], [], [], 0, ("tests only",)),
    ("tests and a picture", [file("tests/test_app.py"), file("docs/logo.png", 0, binary=True)], [], [], 0,
     ("tests and pictures only",)),
    ("a lockfile in which nothing is found", [file("uv.lock", 4_000)], [], [], 0, ("lockfiles only",)),
    ("a lockfile in which something is found", [file("uv.lock", 40)], [],
     [finding("package-does-not-exist", "packages", path="uv.lock")], 2, ("dependencies changed",)),
    ("a lockfile and its manifest", [file("uv.lock", 400), file("pyproject.toml", 1)],
     [sighting("dependencies", 2, "pyproject.toml")], [], 2, ("dependencies changed",)),
    ("tests, one of them weakened", [file("tests/test_app.py")], [], [finding(path="tests/test_app.py")], 3,
     ("tests or guards weakened",)),
    ("a weakened test of which nobody is sure", [file("tests/test_app.py")], [],
     [finding(confidence=Confidence.LOW, path="tests/test_app.py")], 2, ("tests or guards weakened",)),
    ("a small suppression", [file("src/app.py")], [], [finding("check-suppressed", severity=Severity.LOW)], 2,
     ("tests or guards weakened",)),
    ("an expected value that changed", [file("tests/test_app.py")], [],
     [finding("test-expectation-changed", severity=Severity.LOW, confidence=Confidence.LOW, path="tests/test_app.py")], 1,
     ("tests only",)),
    ("a weakened test that was so before", [file("src/app.py")], [], [finding(introduced=False)], 1,
     ("ordinary code",)),
    ("ordinary code", [file("src/app.py", 120, 80)], [], [], 1, ("ordinary code",)),
    ("one line more than a reviewer reads well", [file("src/app.py", 201)], [], [], 2, ("more than 200 lines of code",)),
    ("four hundred lines", [file("src/app.py", 400)], [], [], 2, ("more than 200 lines of code",)),
    ("more than four hundred lines", [file("src/app.py", 300, 101)], [], [], 3, ("more than 400 lines of code",)),
    ("many lines, most of them tests", [file("src/app.py", 60), file("tests/test_app.py", 700)], [], [], 1,
     ("ordinary code",)),
    ("many lines, too many of them code", [file("src/app.py", 210), file("docs/a.md", 700)], [], [], 2,
     ("more than 200 lines of code",)),
    ("a query", [file("src/db.py")], [sighting("database-query", 2, "src/db.py")], [], 2,
     ("database query changed",)),
    ("a login, among other things", [file("app/auth.py", 214, 12)],
     [sighting("database-query", 2, "app/auth.py", 9), sighting("authentication", 3, "app/auth.py", 4)], [], 3,
     ("authentication changed",)),
    ("a login that was there before", [file("app/auth.py")], [sighting("authentication", 3, introduced=False)], [], 1,
     ("ordinary code",)),
    ("a pipeline and an API", [file("x.yml")], [sighting("ci", 3, "x.yml"), sighting("external-api", 2)], [], 3,
     ("CI changed",)),
    ("a removed login check", [file("app/auth.py", 0, 2)], [sighting("authentication", 3, gone=True)], [], 3,
     ("authentication removed",)),
    ("a removed validation", [file("app/form.py", 0, 2)], [sighting("input-validation", 2, gone=True)], [], 3,
     ("input validation removed",)),
    ("a validation that replaces another one", [file("app/form.py", 2, 2)],
     [sighting("input-validation", 2, gone=True), sighting("input-validation", 2, line=3)], [], 2,
     ("input validation changed",)),
    ("two validations of which one comes back", [file("app/form.py", 2, 2)],
     [sighting("input-validation", 2, line=1, gone=True), sighting("input-validation", 2, line=8, gone=True),
      sighting("input-validation", 2, line=3)], [], 3,
     ("input validation removed",)),
    ("a removed query", [file("src/db.py", 0, 5)], [sighting("database-query", 2, gone=True)], [], 1,
     ("ordinary code",)),
    ("a test that logs in", [file("tests/test_app.py")], [sighting("authentication", 3, "tests/test_app.py")], [], 1,
     ("tests only",)),
    ("a binary file", [file("src/app.py"), file("lib/fast.so", 0, binary=True)], [], [], 2,
     ("opaque content added",)),
    ("a binary file among the tests", [file("tests/data/good.xz", 0, binary=True)], [], [], 2,
     ("opaque content added",)),
    ("a symbolic link", [file("current", 0, mode=Mode.SYMLINK)], [], [], 2, ("opaque content added",)),
    ("an API and a query", [file("src/app.py")], [sighting("external-api", 2), sighting("database-query", 2)], [], 2,
     ("database query changed", "external API changed")),
    ("a submodule", [file("vendor/lib", 0, mode=Mode.SUBMODULE)], [], [], 2, ("opaque content added",)),
    ("code that moves to the tests", [file("tests/auth.py", old_path="app/auth.py")], [], [], 1,
     ("ordinary code",)),
    ("a document that may be executed", [file("docs/run.txt", mode=Mode.EXECUTABLE)], [], [], 1,
     ("ordinary code",)),
    ("nothing", [], [], [], 1, ("ordinary code",)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "seen", "found", "tier", "reasons"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_how_much_care_is_needed_for(
    files: list[FileChange], seen: list[Sighting], found: list[Finding], tier: int, reasons: tuple[str, ...]
) -> None:
    risk = assess(change(*files), seen, found)
    assert (risk.tier, risk.reasons) == (tier, reasons)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README", Purpose.DOCUMENTATION),
        ("docs/guide.rst", Purpose.DOCUMENTATION),
        ("CHANGELOG.md", Purpose.DOCUMENTATION),
        (".github/ISSUE_TEMPLATE/bug.md", Purpose.DOCUMENTATION),
        ("docs/conf.py", Purpose.CODE),
        ("docs/logo.svg", Purpose.CODE),
        ("AGENTS.md", Purpose.CODE),
        ("docs/CLAUDE.md", Purpose.CODE),
        (".cursor/rules/style.md", Purpose.CODE),
        (".github/CODEOWNERS", Purpose.CODE),
        ("requirements.txt", Purpose.CODE),
        ("requirements/dev.txt", Purpose.CODE),
        ("dev-requirements.in", Purpose.CODE),
        ("CMakeLists.txt", Purpose.CODE),
        ("package-lock.json", Purpose.LOCKFILE),
        ("web/yarn.lock", Purpose.LOCKFILE),
        ("app.lock", Purpose.CODE),
        ("tests/factories.py", Purpose.TEST),
        ("app/test_models.py", Purpose.TEST),
        ("conftest.py", Purpose.TEST),
        ("web/cart.test.ts", Purpose.TEST),
        ("web/__tests__/cart.js", Purpose.TEST),
        ("contest.py", Purpose.CODE),
        ("testing/run.py", Purpose.CODE),
        ("latest/app.py", Purpose.CODE),
        ("attest.py", Purpose.CODE),
        ("logo.PNG", Purpose.MEDIA),
        ("md", Purpose.CODE),
        (".md", Purpose.CODE),
        ("", Purpose.CODE),
    ],
)
def test_what_a_file_is_for(path: str, expected: Purpose) -> None:
    assert purpose(path) is expected


def test_lines_of_unknown_origin_are_counted() -> None:
    files = (file("src/app.py", 7, 3), file("docs/logo.png", 5, binary=True))
    assert assess(change(*files, author=NOBODY), [], []).unknown_lines == 7
    assert assess(change(*files), [], []).unknown_lines == 0


def test_lines_that_follow_each_other_are_one_trigger() -> None:
    seen = [sighting("ci", 3, "x.yml", line) for line in (3, 1, 2, 2, 9)] + [sighting("ci", 3, "y.yml", 4)]
    triggers = assess(change(file("x.yml"), file("y.yml")), seen, []).triggers
    assert [(one.place.path, one.place.line, one.place.end_line) for one in triggers if one.place] == [
        ("x.yml", 1, 3),
        ("x.yml", 9, 0),
        ("y.yml", 4, 0),
    ]


def test_what_protects_has_a_page() -> None:
    pages = {rule.id for rule in built_in.catalogue() if rule.family == "triggers"}
    assert pages >= PROTECTIVE | {"dependencies"}


sightings = st.builds(
    sighting,
    st.sampled_from(["authentication", "input-validation", "database-query"]),
    st.integers(1, 3),
    st.sampled_from(["src/app.py", "tests/test_app.py", "README.md"]),
    st.integers(1, 20),
    introduced=st.booleans(),
    gone=st.booleans(),
)
findings = st.builds(
    finding,
    family=st.sampled_from(["tampering", "code", "packages"]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    path=st.sampled_from(["src/app.py", "uv.lock"]),
    introduced=st.booleans(),
)
files = st.lists(
    st.builds(
        file,
        st.sampled_from(["src/app.py", "tests/test_app.py", "README.md", "uv.lock"]),
        st.integers(0, 500),
        st.integers(0, 500),
        binary=st.booleans(),
    ),
    max_size=3,
)


@given(some=files, seen=st.lists(sightings, max_size=4), found=st.lists(findings, max_size=3), more=st.data())
def test_more_never_lowers_a_tier(
    some: list[FileChange], seen: list[Sighting], found: list[Finding], more: st.DataObject
) -> None:
    before = assess(change(*some), seen, found)
    another = more.draw(sightings)
    replaces = {(one.trigger, one.place.path) for one in seen if one.gone}
    assert assess(change(*some), seen, [*found, more.draw(findings)]).tier >= before.tier
    if (another.trigger, another.place.path) not in replaces:
        assert assess(change(*some), [*seen, another], found).tier >= before.tier
    if some:
        assert assess(change(*some, file("src/more.py")), seen, found).tier >= before.tier


@given(some=files, seen=st.lists(sightings, max_size=5), found=st.lists(findings, max_size=4), data=st.data())
def test_order_does_not_matter(
    some: list[FileChange], seen: list[Sighting], found: list[Finding], data: st.DataObject
) -> None:
    one = assess(change(*some), seen, found)
    other = assess(change(*some), data.draw(st.permutations(seen)), data.draw(st.permutations(found)))
    assert {(trigger.id, trigger.tier) for trigger in one.triggers} == {
        (trigger.id, trigger.tier) for trigger in other.triggers
    }
    assert (one.tier, one.size, one.reasons) == (other.tier, other.size, other.reasons)


@given(some=files, seen=st.lists(sightings, max_size=5), found=st.lists(findings, max_size=4))
def test_a_tier_is_explained(some: list[FileChange], seen: list[Sighting], found: list[Finding]) -> None:
    risk = assess(change(*some), seen, found)
    assert 0 <= risk.tier <= 3
    assert risk.tier >= max((trigger.tier for trigger in risk.triggers), default=0)
    for trigger in risk.triggers:
        assert trigger.tier < max(risk.tier, 2) or trigger.sentence in risk.reasons
