"""What leaves the scanner: no secret in any form, look-alikes with their reasons, and names that hold no secret."""

from collections.abc import Iterable

import pytest

from clearance.collect.memory import change_of
from clearance.facts.change import ChangeKind, Contents
from clearance.facts.finding import Confidence, Gap, GapKind, Look, Place, Secret, Severity, Step
from clearance.rules.model import Rule
from clearance.scan.advice import advice, broken, first_advice
from clearance.scan.compare import FileResult
from clearance.scan.family import Budget, Match, SetAside, View
from clearance.scan.look import look_at
from clearance.scan.runner import gather
from clearance.scan.texts import Texts, names_of

PLAIN = "s3cr3t-" + "value"
HIDDEN = "czNjcjN0LXZhbHVl"


def rule(id: str, family: str = "secrets", **more: object) -> Rule:
    return Rule(
        id=id, family=family, title="Title", severity=Severity.HIGH, confidence=Confidence.HIGH, brief="Brief.",
        guidance="Guidance.", page=f"rules/{family}/{id}.md", **more,  # type: ignore[arg-type]
    )  # fmt: skip


RULES = {one.id: one for one in (rule("key"), rule("other", "code"), rule("mail", "personal"))}


class Told:
    """A family that says what it was told to say of each text."""

    max_bytes = 1 << 20

    def __init__(self, name: str, *said: object) -> None:
        self.name = name
        self.said = said

    def start(self, contents: Contents) -> None: ...

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap | SetAside]:
        for one in self.said:
            yield one(view) if callable(one) else one  # type: ignore[misc]


def disguised(view: View) -> Match:
    at = view.text.index(HIDDEN)
    return Match(
        rule="key",
        start=at,
        end=at + len(HIDDEN),
        secrets=((at, at + len(HIDDEN)),),
        hidden=(PLAIN,),
        secret=Secret(fingerprint="ab" * 16, entropy=3.0, disguise="base64"),
    )


def talkative(view: View) -> Match:
    return Match(
        rule="other",
        start=0,
        end=4,
        message=f"{PLAIN} is passed on",
        fix=f"do not pass {HIDDEN} on",
        steps=(Step(place=Place(path="a.py", line=1), message=f"from {PLAIN}"),),
        edits=((0, 4, f"use({PLAIN!r})"),),
    )


def run(text: str, *families: Told, before: str | None = None) -> FileResult:
    given = change_of({} if before is None else {"a.py": before.encode()}, {"a.py": text.encode()})
    return look_at(given.change.files[0], given.contents, families, RULES, seconds=10)


def test_neither_a_disguise_nor_what_it_hides_appears_anywhere() -> None:
    text = f"call({HIDDEN!r})\nplain = {PLAIN!r}\nagain = {HIDDEN!r}\n"
    result = run(text, Told("secrets", disguised), Told("code", talkative))
    assert [finding.rule for finding in result.findings] == ["key", "other"]
    assert PLAIN not in repr(result)
    assert HIDDEN not in repr(result)
    assert result.findings[1].message == "**** is passed on"
    assert result.findings[1].edits == (), "an edit that writes a secret is none"


@pytest.mark.parametrize("family", ["secrets", "personal"])
def test_where_the_search_for_what_is_masked_came_to_no_end_nothing_is_quoted(family: str) -> None:
    gap = Gap(scanner=family, path="a.py", kind=GapKind.TOO_MANY)
    quoted = run("x = 1\n", Told("code", talkative)).findings[0]
    silent = run("x = 1\n", Told(family, gap), Told("code", talkative)).findings[0]
    assert quoted.excerpt is not None
    assert silent.excerpt is None


def test_look_alikes_are_counted_by_reason_and_bounded() -> None:
    many = [SetAside("key", number, number + 1, Look.PLACEHOLDER) for number in range(250)]
    result = run("x" * 300, Told("secrets", *many, SetAside("key", 5, 9, Look.HASH)))
    assert len(result.asides) == 200
    assert result.more_asides == 51
    assert result.set_aside == {"placeholder": 250, "hash or checksum": 1}
    whole = gather([result, result], (), ("secrets",))
    assert whole.set_aside == {"placeholder": 500, "hash or checksum": 2}
    assert len(whole.asides) + whole.more_asides == 502


def test_look_alikes_on_lines_that_were_there_before_do_not_count_for_a_change() -> None:
    two = (SetAside("key", 0, 3, Look.HASH), SetAside("key", 4, 7, Look.PLACEHOLDER))
    result = run("old\nnew\n", Told("secrets", *two), before="old\n")
    assert [(one.reason, one.introduced) for one in result.asides] == [(Look.PLACEHOLDER, True), (Look.HASH, False)]
    assert result.set_aside == {"placeholder": 1}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"fix": "1. Revoke it\n   at <https://acme.example>.\n2. Make another."},
            "1. Revoke it at https://acme.example.\n2. Make another.",
        ),
        (
            {"guidance": "It opens all. It is not enough: revoke it\n(Settings, Keys), and make a new one. More."},
            "Revoke it (Settings, Keys), and make a new one",
        ),
        (
            {"guidance": "Revoke the key.", "sources": ("[docs](https://acme.example/keys)",)},
            "Revoke the key; see https://acme.example/keys",
        ),
        ({"guidance": "Nothing."}, "Brief."),
    ],
)  # fmt: skip
def test_advice_says_how_to_revoke(more: dict[str, object], said: str) -> None:
    given = {"guidance": "Guidance.", **more}
    one = Rule(
        id="k", family="secrets", title="t", severity=Severity.HIGH, confidence=Confidence.HIGH, brief="Brief.",
        page=f"p{said}", **given,  # type: ignore[arg-type]
    )  # fmt: skip
    assert advice(one) == said
    assert first_advice(one) == said.split("\n", maxsplit=1)[0].removeprefix("1. ")


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("No GitHub token stands in the text", "GitHub token in the text"),
        ("No password stands in a URL", "No password stands in a URL"),
        ("Secrets come from the operating system's generator", "Secrets come from the operating system's generator"),
    ],
)
def test_a_finding_says_what_is_there_and_not_what_should_be(title: str, said: str) -> None:
    assert broken(title) == said


# Names


class Finds:
    """Finds each `KEY` and a digit."""

    name = "secrets"
    max_bytes = 1 << 20

    def start(self, contents: Contents) -> None: ...

    def look(self, view: View, budget: Budget) -> Iterable[Match]:
        at = view.text.find("KEY")
        while at >= 0:
            yield Match(rule="key", start=at, end=at + 4, secrets=((at, at + 4),))
            at = view.text.find("KEY", at + 4)


def test_names_with_a_secret_are_masked_in_all_facts_and_stay_apart() -> None:
    collected = change_of({"old/KEY3.txt": b"a"}, {"a/KEY1.txt": b"KEY9", "a/KEY2.txt": b"x", "a/two\nKEY4KEY5": b"y"})
    texts = Texts(names_of(collected.change), {"branch name": "try-KEY7", "commit:12ab": "use\nKEY8"})
    change, contents = texts.added_to(collected.change, collected.contents)
    assert [file.kind for file in change.files[-3:]] == [ChangeKind.TEXT] * 3
    results = [look_at(file, contents, [Finds()], RULES, seconds=10) for file in change.files]
    told, scanned, gaps = texts.told(collected.change, gather(results, (), ("secrets",)), ())
    assert gaps == ()
    assert "KEY" not in repr((told, scanned))
    assert [file.path for file in told.files] == ["a/****.txt", "a/****.txt~", "a/two\n********", "old/****.txt"]
    introduced = {(one.place.path, one.place.line): one.introduced for one in scanned.findings}
    assert introduced == {
        ("a/****.txt", 0): True,
        ("a/****.txt", 1): True,
        ("a/****.txt~", 0): True,
        ("a/two\n********", 0): True,
        ("old/****.txt", 0): False,
        ("branch name", 1): True,
        ("commit:12ab", 2): True,
    }


def test_texts_are_seen_by_the_family_of_secrets_alone_and_are_no_files() -> None:
    texts = Texts([], {"commit:12ab": "KEY8"})
    collected = change_of({}, {})
    change, contents = texts.added_to(collected.change, collected.contents)
    result = look_at(change.files[0], contents, [Told("code", talkative), Finds()], RULES, seconds=10)
    assert [finding.rule for finding in result.findings] == ["key"]
    assert result.looked == ()
