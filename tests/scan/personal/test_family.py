"""The family as the runner sees it: where it looks, what it tells, what it sets aside."""

import random
from typing import Any

import pytest

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Gap, GapKind
from clearance.facts.text import decode
from clearance.rules.catalogue import Catalogue, read_catalogue
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Family, Match, OutOfTime, View
from clearance.scan.personal.family import PersonalFamily, _settled
from clearance.scan.personal.sheet import MOST_FOUND, Found


@pytest.mark.parametrize(
    ("scan", "path", "looked"),
    [
        ("off", "data/people.csv", False),
        ("off", "src/app.py", False),
        ("fixtures", "src/app.py", False),
        ("fixtures", "src/people.csv", True),
        ("fixtures", "tests/fixtures/people.py", True),
        ("fixtures", "db/seeds/people.rb", True),
        ("all", "src/app.py", True),
    ],
)
def test_settings_say_which_files_are_looked_at(scan: str, path: str, looked: bool, open_eye: Any, make: Any) -> None:  # noqa: FBT001
    text = f'x = "{make.iban(random.Random(3))}"'
    assert bool(open_eye(scan=scan).found(text, path)) is looked
    assert open_eye(scan="off", prompts=True).found(text, path)


def test_it_is_a_family(open_eye: Any) -> None:
    assert isinstance(open_eye().family, Family)


def test_every_page_keeps_its_word(catalogue: Catalogue, open_eye: Any, prompt: Any) -> None:
    eye = open_eye(scan="all", addresses=True)
    for rule in catalogue:
        for example in rule.caught:
            for one in (eye, prompt):
                assert rule.id in {name for name, _ in one.found(example.text, example.name)}, f"{rule.page}:{example.line}"
        for example in rule.clean:
            assert eye.found(example.text, example.name) == set(), f"{rule.page}:{example.line}"


def test_a_fingerprint_knows_the_same_number_in_another_spelling(open_eye: Any, make: Any) -> None:
    value = make.iban(random.Random(4), "DE")
    spaced = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    eye = open_eye(prompts=True, key=b"k" * 32)
    one, two = eye.matches(f"{value} or {spaced}")
    assert one.secret is not None
    assert two.secret is not None
    assert one.secret.fingerprint == two.secret.fingerprint
    assert len(one.secret.fingerprint) == 32
    assert one.identity == two.identity
    assert one.secret.personal
    assert one.secret.tail == ""
    (other,) = open_eye(prompts=True, key=b"l" * 32).matches(value)
    assert other.secret is not None
    assert other.secret.fingerprint != one.secret.fingerprint
    (none,) = open_eye(prompts=True).matches(value)
    assert none.secret is not None
    assert none.secret.fingerprint == ""


def test_a_fingerprint_knows_the_same_day_in_another_spelling(open_eye: Any) -> None:
    eye = open_eye(prompts=True, key=b"k" * 32)
    spellings = ("12.03.1987", "1987-03-12", "12 March 1987", "March 12, 1987", "le 12 mars 1987", "13.03.1987")
    prints = [one.secret.fingerprint for text in spellings for one in eye.matches(f"born {text}") if one.secret]
    assert len(prints) == 6
    assert len(set(prints[:5])) == 1
    assert prints[5] != prints[0]


def test_of_findings_that_overlap_the_best_one_stands() -> None:
    def found(start: int, end: int, rank: int, rule: str = "x") -> Found:
        return Found(start, end, rule, rank, Confidence.HIGH, "")

    good = found(10, 20, 0)
    assert list(_settled([found(5, 11, 1), found(19, 25, 1), found(12, 15, 1), found(0, 30, 1), good])) == [good]
    assert list(_settled([found(20, 25, 1), good, found(5, 10, 1)])) == [found(5, 10, 1), good, found(20, 25, 1)]
    assert list(_settled([found(0, 5, 1), found(0, 9, 1)])) == [found(0, 9, 1)]


def test_a_match_masks_its_whole_span_and_holds_nothing_of_it(open_eye: Any, make: Any) -> None:
    for value in (
        make.iban(random.Random(5)),
        make.card(random.Random(5)),
        make.ssn(random.Random(5)),
        make.email(random.Random(5)),
    ):
        (match,) = open_eye(prompts=True, key=b"k" * 32).matches(f"here: {value}!")
        assert match.secrets == ((6, 6 + len(value)),) == ((match.start, match.end),)
        assert value not in repr(match)


def test_the_same_text_gets_the_same_answer_from_the_cache_and_anew(catalogue: Catalogue, make: Any) -> None:
    held: dict[str, bytes] = {}

    class Held:
        def get(self, key: str) -> bytes | None:
            return held.get(key)

        def put(self, key: str, data: bytes) -> None:
            held[key] = data

    source = random.Random(6)
    text = "\n".join(make.email(source) + " " + make.iban(source) + " ssn " + make.ssn(source) for _ in range(20))
    answers = []
    for _ in range(3):
        family = PersonalFamily(catalogue.rules, Held(), prompts=True, key=b"k")
        family.start(None)  # type: ignore[arg-type]
        answers.append(list(family.look(_view(text), Budget(60))))
        if len(answers) == 2:
            held = dict.fromkeys(held, b"damaged")
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 60


def _view(text: str) -> View:
    data = text.encode()
    decoded = decode(data)
    assert decoded is not None
    return View("x.txt", "after", data, decoded)


def test_offsets_are_those_of_the_text_whatever_its_signs(prompt: Any, make: Any) -> None:
    value = make.iban(random.Random(7))
    for before in ("", "ä" * 50, "日本語 ", "\U0001f600\U0001f600", "e\u0301", "\u00a0\u2009"):
        (match,) = prompt.matches(f"{before} {value} \U0001f600")
        assert match.start == len(before) + 1
        assert match.end == match.start + len(value)


def test_too_many_findings_of_one_kind_are_a_gap(prompt: Any, make: Any) -> None:
    source = random.Random(8)
    given = prompt.all("\n".join(f"p{number}{make.email(source)}" for number in range(MOST_FOUND + 50)))
    assert sum(isinstance(one, Match) for one in given) == MOST_FOUND
    assert [(one.kind, one.detail) for one in given if isinstance(one, Gap)] == [
        (GapKind.TOO_MANY, "email-address: too many places that look alike")
    ]


def test_a_spent_budget_ends_the_look(prompt: Any) -> None:
    with pytest.raises(OutOfTime):
        list(prompt.family.look(_view("a@b.de " * 10_000), Budget(-1)))


def test_rules_that_are_not_wanted_are_not_told(catalogue: Catalogue, make: Any) -> None:
    class Nothing:
        def get(self, key: str) -> bytes | None:
            return None

        def put(self, key: str, data: bytes) -> None:
            pass

    family = PersonalFamily(tuple(rule for rule in catalogue if rule.id == "iban"), Nothing(), prompts=True)
    with pytest.raises(RuntimeError):
        list(family.look(_view("x"), Budget(1)))
    family.start(None)  # type: ignore[arg-type]
    source = random.Random(9)
    given = list(family.look(_view(f"{make.email(source)} {make.iban(source)}"), Budget(60)))
    assert [one.rule for one in given if isinstance(one, Match)] == ["iban"]


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("pattern = '['\n", "not a block of an identity"),
        ("pattern = 3\n", "not a block of an identity"),
        ("patern = '1'\n", "not a block of an identity"),
        ("pattern = '''\\d'''\ncheck = 'xx.none'\n", "no check 'xx.none'"),
        ("pattern = '''\\d'''\ncheck = 'os.path'\n", "no check 'os.path'"),
        ("= 3", "not a block of an identity"),
        ("pattern = '" + "1" * 301 + "'\n", "the pattern is too long"),
    ],
)
def test_a_page_that_cannot_be_used_is_refused(block: str, says: str, catalogue: Catalogue) -> None:
    rule = catalogue["nl-citizen-service-number"]
    bad = Rule(**{
        **{name: getattr(rule, name) for name in rule.__struct_fields__},
        "detect": (type(rule.detect[0])(engine="identity", text=block, line=12),),
    })  # fmt: skip
    family = PersonalFamily((bad,), type("None_", (), {"get": lambda *_: None, "put": lambda *_: None})())
    with pytest.raises(BadPage, match=says) as caught:
        family.start(None)  # type: ignore[arg-type]
    assert caught.value.where == f"{rule.page}:12"


def test_all_pages_can_be_read() -> None:
    from clearance.stores.pages import builtin_pages

    pages = {path: text for path, text in builtin_pages().items() if "personal/" in path}
    catalogue = read_catalogue(pages)
    assert catalogue.broken == ()
    assert {rule.cwe for rule in catalogue} == {("CWE-359",)}
    assert len(catalogue) >= 60
