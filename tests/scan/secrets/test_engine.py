"""One pass, bounded work, the same outcome from both engines, and nothing of a secret outside its span."""

import re
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.facts.finding import Confidence, Gap, GapKind
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Family, Match, OutOfTime, SetAside, View
from clearance.scan.secrets.database import _cache_key
from clearance.scan.secrets.engine import Hit
from clearance.scan.secrets.family import SecretsFamily
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter
from clearance.scan.secrets.probe import Disguise, Expression, Found, Offsets, Probe, Sheet
from clearance.scan.secrets.settle import settled
from clearance.stores.cache import FileCache

PIECES = [
    "password",
    "DB_PASSWORD",
    "apiKey",
    "client_secret",
    "_authToken",
    "pwd",
    "token",
    "credentials",
    "--password",
    "IDENTIFIED BY",
    "bearer ",
    "Basic ",
    '"auth"',
    "://",
    "curl ",
    "-u ",
    "user:",
    "machine ",
    "login ",
    "docker login ",
    "-p ",
    "mysql ",
    "value",
    "name",
    "Server=",
    ";",
    '"',
    "'",
    "`",
    '"""',
    "=",
    ":",
    ":=",
    "=>",
    "==",
    ",",
    "(",
    ")",
    " or ",
    "||",
    "<",
    ">",
    "</",
    "&",
    "?",
    "\\",
    "\\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "#",
    "$",
    "@",
    "é",
    "日本",
    "\u200b",
    "-----BEGIN ",
    "PRIVATE KEY-----",
    "-----END ",
    "AKIA",
    "ghp_",
    "eyJ",
    "sk-ant-api03-",
    "xoxb-",
    "AIza",
    "SG.",
    ".",
    "-",
    "aws_secret_access_key",
    "AccountKey=",
    " string",
    ": str",
    "SecretStr(",
    "export ",
    ".set",
    "hvs.",
    "npm_",
]
RANDOM = st.text("abcdefABCDEF0123456789GHxyzXYZ+/_-!@", min_size=1, max_size=90)
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), RANDOM, st.sampled_from([" " * 50, "x" * 300])), max_size=40).map(
    "".join
)
PATHS = st.sampled_from(
    ["a.py", "a.js", ".env", "a.yaml", "a.ini", "a.txt", "a.sh", "a.sql", "a.xml", ".netrc", "tests/a.py", "unknown"]
)
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Held(dict[str, bytes]):
    """A cache in memory."""

    def put(self, key: str, data: bytes) -> None:
        self[key] = data


def test_it_is_a_family(start: Callable[[], SecretsFamily]) -> None:
    assert isinstance(start(), Family)


@MANY
@given(path=PATHS, text=TEXTS)
def test_both_engines_see_the_same(path: str, text: str, eye: Any, keyword_eye: Any) -> None:
    """What is set aside may be more where each keyword is asked about."""
    ours, theirs = eye.all(path, text), keyword_eye.all(path, text)
    told = [one for one in theirs if not isinstance(one, SetAside)]
    assert [one for one in ours if not isinstance(one, SetAside)] == _without_identity(eye, told, path, text)
    assert {one for one in ours if isinstance(one, SetAside)} <= {one for one in theirs if isinstance(one, SetAside)}


def _without_identity(eye: Any, seen: list[Match | Gap | SetAside], path: str, text: str) -> list[Match | Gap | SetAside]:
    """The two families hold different keys: identities are compared by being equal within each."""
    ours = {(one.start, one.end): one.identity for one in eye.matches(path, text)}
    return [one if not isinstance(one, Match) else _with_identity(one, ours.get((one.start, one.end), "")) for one in seen]


def _with_identity(match: Match, identity: str) -> Match:
    fields = {name: getattr(match, name) for name in match.__struct_fields__}
    return type(match)(**{**fields, "identity": identity})


def test_both_engines_see_the_same_in_every_example(rules: tuple[Rule, ...], eye: Any, keyword_eye: Any) -> None:
    for rule in rules:
        for example in (*rule.caught, *rule.clean):
            ours = [(one.rule, one.start, one.end) for one in eye.matches(example.name, example.text)]
            theirs = [(one.rule, one.start, one.end) for one in keyword_eye.matches(example.name, example.text)]
            assert ours == theirs, f"{rule.page}:{example.line}"


def test_every_example_keeps_its_word(rules: tuple[Rule, ...], eye: Any) -> None:
    for rule in rules:
        for example in rule.caught:
            assert rule.id in {one.rule for one in eye.matches(example.name, example.text)}, f"{rule.page}:{example.line}"
        for example in rule.clean:
            assert eye.matches(example.name, example.text) == [], f"{rule.page}:{example.line}"


@MANY
@given(path=PATHS, text=TEXTS)
def test_no_field_of_a_match_holds_the_secret(path: str, text: str, eye: Any) -> None:
    for match in eye.matches(path, text):
        secret = text[match.start : match.end]
        assert secret
        assert match.secrets == ((match.start, match.end),)
        for field in (match.rule, match.message, match.fix, match.shape, match.identity):
            assert len(secret) < 8 or secret not in field


def test_the_same_secret_has_one_identity_in_a_run_and_another_in_the_next(
    start: Callable[[], SecretsFamily], eye: Any, make: Any
) -> None:
    text = f'password = "{make.password()}"\n'
    first, second = eye.matches("a.py", text)[0], eye.matches("b.yaml", text.replace(" =", ":"))[0]
    assert first.identity == second.identity
    other = type(eye)(start()).matches("a.py", text)[0]
    assert other.identity != first.identity


def test_one_finding_a_secret_the_known_format_first(eye: Any, make: Any) -> None:
    key = "AKIA" + make.draw("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    assert [one.rule for one in eye.matches("a.py", f'api_token = "{key}"\n')] == ["aws-access-key-id"]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9), st.integers(0, 2)), max_size=20))
def test_what_is_left_does_not_overlap_and_stands_in_order(spans: list[tuple[int, int, int]]) -> None:
    found = [Found(start, start + size, f"rule-{rank}", rank, Confidence.HIGH) for start, size, rank in spans]
    left = [hit.found for hit in settled([Hit(one, b"") for one in found])]
    assert all(one.end <= two.start for one, two in pairwise(left))
    for one in found:
        assert any(other.start < one.end and one.start < other.end and other.rank <= one.rank for other in left)


@given(st.text(max_size=200), st.lists(st.integers(0, 200), max_size=20))
def test_offsets_are_those_of_the_text(text: str, points: list[int]) -> None:
    text = text.encode("utf-8", "replace").decode()
    data = text.encode()
    offsets = Offsets(data, plain=text.isascii())
    for point in sorted(min(point, len(text)) for point in points):
        assert offsets.point(len(text[:point].encode())) == point


def toy(reaches: tuple[int, int]) -> Probe:
    """Keywords `ab` and `aba`; one expression ends at each `x`, the other at each `y`."""
    pattern = (Expression("x", reach=reaches[0]), Expression("y", caseless=True))
    return Probe("toy", pattern, (b"ab", b"aba"), reaches[1], lambda *_: None)


TOYS = {reaches: HyperscanPrefilter.compile((toy(reaches),)) for reaches in ((2, 9), (300, 1), (70_000, 3))}


@given(
    st.lists(
        st.sampled_from([b"ab", b"aba", b"AB", b"b", b"x", b"y", b"Y", b"-" * 7, b"-" * 300, b"-" * 66_000]), max_size=60
    ),
    st.sampled_from(sorted(TOYS)),
)
def test_ranges_cover_the_bytes_before_each_end(pieces: list[bytes], reaches: tuple[int, int]) -> None:
    data = b"".join(pieces)
    keywords = [at for at in range(len(data)) if data[at : at + 2].lower() == b"ab"]
    given = [list(places) for _, places in TOYS[reaches].places(Sheet("a", data, None), Budget(60))]
    places = given[0] if given else []
    assert places == sorted(set(places))
    assert set(places) <= set(keywords)
    for at in keywords:
        ends = data[at : at + reaches[0]].find(b"x"), data[at : at + reaches[1]].lower().find(b"y")
        assert ends == (-1, -1) or at in places


def test_a_literal_of_a_disguise_is_its_own_place() -> None:
    words = ("aXb", "a.b", "xyz" * 9)
    keywords = tuple(word.lower().encode() for word in words)
    disguise = Disguise("toy", tuple(Expression(re.escape(word)) for word in words), keywords, 4, lambda *_: None)
    prefilter = HyperscanPrefilter.compile((disguise,))
    sheet = Sheet("a", b"aXb axb a.b aXbaXb " + b"xyz" * 10, None)
    assert [list(places) for _, places in prefilter.places(sheet, Budget(9))] == [[0, 8, 12, 15, 19, 22]]


def test_matches_count_in_the_languages_of_their_expression() -> None:
    probe = Probe("toy", (Expression("key=", languages=frozenset({"yaml", None})),), (b"key",), 8, lambda *_: None)
    prefilter = HyperscanPrefilter.compile((probe,))
    told = {
        language: [list(places) for _, places in prefilter.places(Sheet("a", b"key=", language), Budget(9))]
        for language in ("yaml", None, "python")
    }
    assert told == {"yaml": [[0]], None: [[0]], "python": []}


def test_spans_are_right_in_every_encoding(eye: Any, make: Any) -> None:
    value = make.password()
    text = f'имя = "日本語 🎉"\npassword = "{value}"\n'
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        (match,) = eye.matches("a.py", data)
        assert text[match.start : match.end] == value
    broken = b"\xc3( \xe2\x82 \n" + text.encode()
    (match,) = eye.matches("a.py", broken)
    assert broken.decode("utf-8", "replace")[match.start : match.end] == value


def test_a_secret_far_into_a_long_text_is_found(eye: Any, make: Any) -> None:
    value = make.password()
    text = "ж" * 300_000 + "\n" + "x = 1\n" * 50_000 + f'password = "{value}"\n' + "y" * 100_000
    (match,) = eye.matches("a.py", text)
    assert text[match.start : match.end] == value


HOSTILE = {
    "one letter": "A" * 4_000_000,
    "a name without end": "password" * 300_000,
    "names without values": "password = " * 200_000,
    "open quotes": 'password = "' * 200_000,
    "near misses of a token": ("ghp_" + "A" * 35 + " ") * 60_000,
    "token prefixes": "eyJ" * 800_000,
    "an end at each byte": "client-key-data: LS0tLS1CRUdJTi" + "A" * 3_000_000,
    "URL heads": "://a:" * 400_000,
    "key heads": ("-----BEGIN " + "PRIVATE KEY-----") * 60_000,
    "spaces": "password" + " " * 3_000_000,
    "brackets": "<password " * 200_000,
    "lines": "\n" * 3_000_000,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_ends_within_the_budget(case: str, eye: Any) -> None:
    eye.all("a.py", HOSTILE[case])  # the budget of Eye is two minutes; a quadratic loop takes hours


def test_a_spent_cap_is_a_gap(eye: Any, make: Any) -> None:
    lines = "".join(f'password = "{make.password()}"\n' for _ in range(1200))
    seen = eye.all("a.py", lines)
    gaps = [one for one in seen if isinstance(one, Gap)]
    assert [gap.kind for gap in gaps] == [GapKind.TOO_MANY]
    assert "secret-assignment" in gaps[0].detail
    assert len(seen) == 1001


def test_a_spent_budget_is_not_silence(start: Callable[[], SecretsFamily], make: Any) -> None:
    class Spent:
        def check(self) -> None:
            raise OutOfTime

    data = ("password = '" + make.password() + "'\n").encode()
    with pytest.raises(OutOfTime):
        list(start().look(View("a.py", "after", data, decode(data)), Spent()))


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each database that was compiled."""
    done: list[int] = []
    real = HyperscanPrefilter.compile
    monkeypatch.setattr(HyperscanPrefilter, "compile", lambda *given: (done.append(1), real(*given))[1])
    return done


def test_the_second_start_reads_the_cache(rules: tuple[Rule, ...], tmp_path: Path, compiled: list[int]) -> None:
    for _ in range(2):
        family = SecretsFamily(rules[:4], FileCache(tmp_path / "cache"))
        family.start(None)
        assert isinstance(family._engine.prefilter, HyperscanPrefilter)
    assert compiled == [1]


@pytest.mark.parametrize(
    "spoil", [lambda _: b"", lambda data: data[:-1], lambda data: data[: len(data) // 2] + b"\0" * 64, lambda _: b"\x93"]
)
def test_a_damaged_cache_entry_is_made_anew(
    spoil: Callable[[bytes], bytes], rules: tuple[Rule, ...], compiled: list[int]
) -> None:
    kept = Held()
    SecretsFamily(rules[:3], kept).start(None)
    (key,) = kept
    good = kept[key]
    kept[key] = spoil(good)
    again = SecretsFamily(rules[:3], kept)
    again.start(None)
    assert isinstance(again._engine.prefilter, HyperscanPrefilter)
    assert kept[key] == good
    assert compiled == [1, 1]


def test_an_entry_of_another_library_or_of_other_pages_is_not_used(rules: tuple[Rule, ...]) -> None:
    key = _cache_key(rules[:3], "hyperscan-1")
    assert len({key, _cache_key(rules[:3], "hyperscan-2"), _cache_key(rules[:2], "hyperscan-1")}) == 3
    assert _cache_key(rules[:3], "hyperscan-1") == key


def test_a_serialised_database_that_does_not_load_is_none(start: Callable[[], SecretsFamily]) -> None:
    assert HyperscanPrefilter.load([b"not a database"], (), lambda _: ()) is None
    data = start()._engine.prefilter.serialised()
    assert HyperscanPrefilter.load([*data[:-1], data[-1][:-9]], (), lambda _: ()) is None


def test_without_hyperscan_the_keywords_do(rules: tuple[Rule, ...], make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)

    family = SecretsFamily(rules, Held())
    family.start(None)
    assert isinstance(family._engine.prefilter, KeywordPrefilter)


def test_look_before_start_says_so(rules: tuple[Rule, ...]) -> None:
    with pytest.raises(RuntimeError, match="start"):
        list(SecretsFamily(rules, Held()).look(View("a", "after", b"x", decode(b"x")), Budget(1)))


@pytest.mark.parametrize(
    "data",
    ["é".encode() + b" %s", b"\x80\x80 %s \xc3\xa9", b"\xff %s \xc3\xa9\xc3\xa9\xc3\xa9", b"\xef\xbb\xbf\xc3\xa9 %s"],
    ids=[
        "characters of two bytes",
        "bytes that are no UTF-8",
        "fewer bytes than the text in UTF-8 has",
        "a byte order mark",
    ],
)
@pytest.mark.parametrize("with_bytes", [True, False])
def test_spans_are_those_of_the_text_whatever_the_bytes(
    start: Callable[[], SecretsFamily], make: Any, data: bytes, with_bytes: object
) -> None:
    token = "AKIA" + make.draw("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)
    data = data % token.encode()
    decoded = decode(data)
    assert decoded is not None
    view = View("a.txt", "after", data if with_bytes else b"", decoded)
    found = [one for one in start().look(view, Budget(60)) if isinstance(one, Match)]
    assert [decoded.text[one.start : one.end] for one in found] == [token]
