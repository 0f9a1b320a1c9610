"""Which names look alike, and when that tells of an imitation."""

import datetime as dt
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.scan.packages.checks.lookalike import Standing, imitated, index_of
from clearance.scan.packages.lookalike import How, Lookalikes, compiled, distance
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.opened import Pack, open_pack

TARGETS = [
    "requests", "lodash", "typing-extensions", "beautifulsoup4", "express", "@opentelemetry/otlp-transformer",
    "react-transition-group",
    "python-dateutil", "colorama", "@types/node", "web3", "cross-spawn",
]  # fmt: skip
INDEX = Lookalikes(TARGETS)

LIKE = [
    ("two letters swapped", "reqeusts", "requests", How.SWAP),
    ("a letter doubled", "requestss", "requests", How.DOUBLE),
    ("a letter missing from a pair", "coloramaa", "colorama", How.DOUBLE),
    ("a letter short", "requsts", "requests", How.LACKS),
    ("a letter short at the front", "equests", "requests", How.LACKS),
    ("a letter more", "loadash", "lodash", How.ADDS),
    ("the key beside", "requeats", "requests", How.KEY),
    ("another letter", "requists", "requests", How.CHANGED),
    ("a plural", "requests2", "requests", How.DIGIT),
    ("without its separator", "typingextensions", "typing-extensions", How.SKELETON),
    ("with another separator", "typing.extensions", "typing-extensions", How.SKELETON),
    ("a digit for a letter", "c0l0rama", "colorama", How.SKELETON),
    ("a Cyrillic letter", "r\u0435quests", "requests", How.SKELETON),
    ("an accent", "requ\u00e9sts", "requests", How.SKELETON),
    ("rn for m", "colorarna", "colorama", How.SKELETON),
    ("words turned about", "dateutil-python", "python-dateutil", How.ORDER),
    ("a word repeated", "typing-extensions-typing", "typing-extensions", How.REPEATED),
    ("the scope joined to the name", "types-node", "@types/node", How.SKELETON),
    ("another scope joined", "@types-node", "@types/node", How.SKELETON),
]
FAR = [
    ("two letters off", "beautfulsup4", "beautifulsoup4", How.EDITS),
    ("three letters off, one of them the first", "eact-transdtion-grouw", "react-transition-group", How.EDITS),
    ("a word more", "python-colorama", "colorama", How.AFFIX),
    ("a version more", "express-4", "express", How.AFFIX),
    ("without its scope", "otlp-transformer", "@opentelemetry/otlp-transformer", How.BARE),
]
UNLIKE = ["flask", "express", "web", "a", "", "x" * 200, "requests-oauthlib", "unrelated-name", "-", "@", "@/"]


@pytest.mark.parametrize(("name", "target", "how"), [row[1:] for row in LIKE], ids=[row[0] for row in LIKE])
def test_a_slip_names_its_target(name: str, target: str, how: How) -> None:
    (first, *_) = INDEX.alike(name)
    assert (first.target, first.how) == (target, how)


@pytest.mark.parametrize(("name", "target", "how"), [row[1:] for row in FAR], ids=[row[0] for row in FAR])
def test_what_is_further_away_is_seen_only_when_asked_for(name: str, target: str, how: How) -> None:
    assert INDEX.alike(name) == []
    assert [(one.target, one.how) for one in INDEX.alike(name, far=True)][:1] == [(target, how)]


@pytest.mark.parametrize("name", UNLIKE)
def test_other_names_look_like_nothing(name: str) -> None:
    assert INDEX.alike(name, far=True) == []


LETTERS = "abcdehiklmnorst-"
NAMES = st.text(LETTERS, min_size=5, max_size=24)


@given(
    target=NAMES,
    place=st.integers(0, 40),
    sign=st.sampled_from(LETTERS),
    kind=st.sampled_from(["drop", "add", "change", "swap"]),
)
def test_no_single_slip_is_missed(target: str, place: int, sign: str, kind: str) -> None:
    at = place % len(target)
    match kind:
        case "drop":
            name = target[:at] + target[at + 1 :]
        case "add":
            name = target[:at] + sign + target[at:]
        case "change":
            name = target[:at] + sign + target[at + 1 :]
        case _:
            name = target[:at] + target[at : at + 2][::-1] + target[at + 2 :]
    if name != target and len(name) >= 4:
        assert [one.target for one in Lookalikes([target]).alike(name)] == [target]


@given(a=st.text("abc-", max_size=9), b=st.text("abc-", max_size=9), c=st.text("abc-", max_size=9))
def test_the_distance_is_symmetric_and_nothing_for_the_same(a: str, b: str, c: str) -> None:
    assert distance(a, b, 20) == distance(b, a, 20)
    assert (distance(a, b, 20) == 0) == (a == b)
    assert distance(a, b, 1) == min(distance(a, b, 20), 2)
    assert abs(len(a) - len(c)) <= distance(a, c, 20) <= max(len(a), len(c))


@given(st.text(max_size=100))
def test_any_text_is_looked_up(name: str) -> None:
    assert all(one.target in TARGETS for one in INDEX.alike(name, far=True))


def test_a_compiled_table_answers_as_one_made_on_the_spot() -> None:
    rng = random.Random(1)
    names = ["".join(rng.choices(LETTERS, k=rng.randint(5, 20))) for _ in range(300)]
    table = Lookalikes(names, compiled(names))
    for name in names[:50]:
        assert table.alike(name[1:], far=True) == Lookalikes(names).alike(name[1:], far=True)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return open_pack()


NEW = Standing(listed=False, rank=0, downloads=-1, age=-1, loose=True)
LITTLE = Standing(listed=True, rank=0, downloads=300, age=30)
JUDGED = [
    ("unknown and two letters off", Registry.NPM, "swlenium-wkebdriver", NEW, "selenium-webdriver"),
    ("unknown and the name with a word more", Registry.NPM, "express-helper", NEW, ""),
    ("young by an index's word, with a word more", Registry.NPM, "express-helper", NEW._replace(young=True), "express"),
    ("listed, little used, letters swapped", Registry.PYPI, "reqeusts", LITTLE, "requests"),
    ("listed, little used, two letters off", Registry.PYPI, "reqwezts", LITTLE, "requests"),
    ("listed, long there, two letters off", Registry.PYPI, "reqwezts", LITTLE._replace(age=900), ""),
    ("nobody uses it, two letters off one that is used less", Registry.NPM, "sw-prescache-wubpack-plugin", LITTLE, ""),
    (
        "nobody uses it, and it is one of a scope without that",
        Registry.NPM,
        "plugin-syntax-flow",
        LITTLE,
        "@babel/plugin-syntax-flow",
    ),
    ("used some, and one of a scope without that", Registry.NPM, "plugin-syntax-flow", LITTLE._replace(downloads=9_000), ""),
    (
        "used a little, and one of a scope without that",
        Registry.NPM,
        "plugin-syntax-flow",
        LITTLE._replace(downloads=1_000),
        "",
    ),
    (
        "used hardly more by nobody, and one of a scope without that",
        Registry.NPM,
        "plugin-syntax-flow",
        LITTLE._replace(downloads=999),
        "@babel/plugin-syntax-flow",
    ),
    (
        "its use is not known, and one of a scope without that",
        Registry.NPM,
        "plugin-syntax-flow",
        LITTLE._replace(downloads=-1),
        "",
    ),
    ("used some, a separator less than a giant", Registry.NPM, "crossenv", LITTLE._replace(downloads=10_000), "cross-env"),
    ("used more, a separator less than a giant", Registry.NPM, "crossenv", LITTLE._replace(downloads=200_000), ""),
    ("listed, little used, another letter of a rare name", Registry.PYPI, "flask-tenisy", LITTLE, ""),
    ("listed, used a lot", Registry.NPM, "lodahs", LITTLE._replace(downloads=5_000_000), ""),
    ("listed, used some, its target a giant", Registry.NPM, "lodahs", LITTLE._replace(downloads=60_000), "lodash"),
    ("long there by an index's word", Registry.PYPI, "reqeusts", LITTLE._replace(settled=True), ""),
    ("among the most downloaded", Registry.PYPI, "reqeusts", LITTLE._replace(rank=9_000), ""),
    ("a project's name before it had a scope", Registry.NPM, "fastify-formbody", LITTLE, ""),
    ("a scope that others know", Registry.NPM, "@remotion/core", NEW, ""),
    ("a scope that nobody knows", Registry.NPM, "@opentelemetrya/api", NEW, "@opentelemetry/api"),
]


@pytest.mark.parametrize(
    ("registry", "name", "standing", "target"), [row[1:] for row in JUDGED], ids=[row[0] for row in JUDGED]
)
def test_who_uses_a_name_decides(pack: Pack, registry: Registry, name: str, standing: Standing, target: str) -> None:
    found = imitated(pack, registry, name, standing)
    assert (found.target if found else "") == target


def test_names_in_wide_use_imitate_nobody(pack: Pack) -> None:
    index = index_of(pack, Registry.PYPI)
    assert index is not None
    assert [name for name in pack.targets(Registry.PYPI) if index.alike(name, far=True)] == []


def test_the_index_is_made_once_for_a_pack(pack: Pack) -> None:
    assert index_of(pack, Registry.NPM) is index_of(pack, Registry.NPM)
    assert index_of(pack, Registry.CARGO) is None
    assert isinstance(pack.date, dt.date)


@given(place=st.integers(0, 40), sign=st.sampled_from(LETTERS), parted=st.booleans())
def test_two_letters_more_are_seen_with_and_without_separators(*, place: int, sign: str, parted: bool) -> None:
    target = "vue-template-compiler"
    name = target if parted else target.replace("-", "")
    at = 1 + place % (len(name) - 1)
    found = Lookalikes([target]).blurred(f"{name[:at]}{sign}x{name[at:]}")
    assert [one.target for one in found] == [target]
