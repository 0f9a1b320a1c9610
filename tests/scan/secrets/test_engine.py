"""One pass, bounded work, the same outcome from both engines, and nothing of a secret outside its span."""

import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import hyperscan
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.facts.finding import Confidence, Gap, GapKind
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Family, Match, OutOfTime, View
from clearance.scan.secrets.family import SecretsFamily, _settled
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter, _ranges
from clearance.scan.secrets.probe import Found, Offsets

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
    assert eye.all(path, text) == _without_identity(eye, keyword_eye.all(path, text), path, text)


def _without_identity(eye: Any, seen: list[Match | Gap], path: str, text: str) -> list[Match | Gap]:
    """The two families hold different keys: identities are compared by being equal within each."""
    ours = {(one.start, one.end): one.identity for one in eye.matches(path, text)}
    return [one if isinstance(one, Gap) else _with_identity(one, ours.get((one.start, one.end), "")) for one in seen]


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
    left = list(_settled(found))
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


@given(st.sets(st.integers(0, 2000)), st.integers(8, 1024))
def test_ranges_cover_the_bytes_before_each_end(buckets: set[int], reach: int) -> None:
    ranges = list(_ranges(sorted(buckets), reach))
    for bucket in buckets:
        low, high = max(0, (bucket << 8) - reach), (bucket + 1) << 8
        assert any(first <= low and high <= last for first, last in ranges)
    assert sum(last - first for first, last in ranges) <= len(buckets) * (256 + 2 * reach)


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


def test_a_spent_budget_is_not_silence(start: Callable[[], SecretsFamily]) -> None:
    class Spent:
        def check(self) -> None:
            raise OutOfTime

    data = ("password = 'x' " * 300_000).encode()
    with pytest.raises(OutOfTime):
        list(start().look(View("a.py", "after", data, decode(data)), Spent()))


def test_the_second_start_reads_the_cache(
    rules: tuple[Rule, ...], cache: Any, start: Callable[[], SecretsFamily], monkeypatch: pytest.MonkeyPatch
) -> None:
    start()
    monkeypatch.setattr(HyperscanPrefilter, "compile", lambda *_: pytest.fail("compiled again"))
    assert isinstance(start()._prefilter, HyperscanPrefilter)


@pytest.mark.parametrize(
    "spoil", [lambda _: b"", lambda data: data[:-1], lambda data: data[: len(data) // 2] + b"\0" * 64, lambda _: b"\x93"]
)
def test_a_damaged_cache_entry_is_made_anew(spoil: Callable[[bytes], bytes], rules: tuple[Rule, ...], make: Any) -> None:
    kept = Held()
    family = SecretsFamily(rules[:3], kept)
    family.start(None)
    (key,) = kept
    good = kept[key]
    kept[key] = spoil(good)
    again = SecretsFamily(rules[:3], kept)
    again.start(None)
    assert isinstance(again._prefilter, HyperscanPrefilter)
    assert kept[key] == good


def test_an_entry_of_another_library_or_of_other_pages_is_not_used(
    rules: tuple[Rule, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    family = SecretsFamily(rules[:3], Held())
    other_pages = SecretsFamily(rules[:2], Held())
    key = family._cache_key("hyperscan-1")
    assert len({key, family._cache_key("hyperscan-2"), other_pages._cache_key("hyperscan-1")}) == 3
    assert family._cache_key("hyperscan-1") == key


def test_a_serialised_database_that_does_not_load_is_none(start: Callable[[], SecretsFamily]) -> None:
    probes = start()._probes
    assert HyperscanPrefilter.load(b"not a database", probes) is None
    assert HyperscanPrefilter.load(hyperscan.dumpb(start()._prefilter._database)[:-9], probes) is None


def test_without_hyperscan_the_keywords_do(rules: tuple[Rule, ...], make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)

    family = SecretsFamily(rules, Held())
    family.start(None)
    assert isinstance(family._prefilter, KeywordPrefilter)


def test_look_before_start_says_so(rules: tuple[Rule, ...]) -> None:
    with pytest.raises(RuntimeError, match="start"):
        list(SecretsFamily(rules, Held()).look(View("a", "after", b"x", decode(b"x")), Budget(1)))
