"""The blocks `token` of pages, their errors, and the checks."""

import base64
import json
import re
from typing import Any

import pytest

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Look
from clearance.rules.model import Block, Rule
from clearance.rules.placeholder import expand
from clearance.scan.secrets.checks import CHECKS, user_pass
from clearance.scan.secrets.detectors import DETECTORS, read_tokens
from clearance.scan.secrets.probe import Dropped, Found, Sheet
from clearance.scan.secrets.tokens import Token, read_token, token_probe

GOOD = "pattern = '''\\bacme_([a-z0-9]{20})\\b'''\nkeywords = [\"acme_\"]\ngroup = 1\n"


def test_a_block_is_read() -> None:
    token = read_token(Block(engine="token", text=GOOD, line=10), "page.md")
    expected = Token(pattern=r"\bacme_([a-z0-9]{20})\b", keywords=("acme_",), group=1, least=r"\bacme_([a-z0-9]{14})")
    assert token == expected


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("pattern = [", 10, "not TOML"),
        (GOOD + "entropi = 3.0\n", 13, "did you mean 'entropy'"),
        (GOOD.replace('"acme_"', ""), 11, "keywords"),
        (GOOD.replace('"acme_"', '"ac"'), 11, "three characters"),
        (GOOD.replace("group = 1", "group = 2"), 12, "no group 2"),
        (GOOD + 'check = "luhn"\n', 13, "known are"),
        (GOOD + "reach = 1000000\n", 13, "reach"),
        (GOOD + "tail = 5\n", 13, "tail"),
        (GOOD + "strict = true\n", 13, "strict without a check"),
        (GOOD + "least = 'x'\n", 13, "unknown key"),
        (GOOD.replace("[a-z0-9]{20}", "[a-z0-9"), 10, "not RE2"),
        (GOOD.replace(r"\bacme_([a-z0-9]{20})\b", r"(acme_)*"), 10, "empty text"),
        (GOOD.replace("acme_(", "(?!x)acme_("), 10, "not RE2"),
        ("group = 1\n", 10, "pattern"),
        ("pattern = 3\nkeywords = []\n", 10, "str"),
    ],
)
def test_an_error_names_page_line_and_way_out(text: str, line: int, said: str) -> None:
    with pytest.raises(BadPage) as error:
        read_token(Block(engine="token", text=text, line=10), "page.md")
    assert error.value.where == f"page.md:{line}"
    assert said in str(error.value)


def test_an_unknown_engine_or_detector_is_refused(rules: tuple[Rule, ...]) -> None:
    plain = next(rule for rule in rules if rule.detect)
    fields = {name: getattr(plain, name) for name in plain.__struct_fields__}
    block = Block(engine="regexp", text="x", line=7)
    with pytest.raises(BadPage, match="regexp"):
        read_tokens([type(plain)(**{**fields, "detect": (block,)})])
    with pytest.raises(BadPage, match="no detector"):
        read_tokens([type(plain)(**{**fields, "detector": "magic"})])


def test_there_are_formats_enough_and_each_detector_has_its_page(rules: tuple[Rule, ...]) -> None:
    assert len({rule.id for rule in rules if rule.detect}) >= 400
    assert {rule.detector for rule in rules if rule.detector} == set(DETECTORS)


def test_every_example_that_is_caught_fits_within_the_reach_of_its_format(rules: tuple[Rule, ...], eye: Any) -> None:
    tokens = read_tokens(rules)
    for rule in rules:
        reach = max((token.reach for token in tokens.get(rule.id, ())), default=None)
        for example in rule.caught if reach else ():
            spans = [one.end - one.start for one in eye.matches(example.name, example.text) if one.rule == rule.id]
            assert max(spans) <= reach


def test_check_digits_that_do_not_fit_leave_a_doubt(eye: Any, make: Any) -> None:
    body = make.alnum(30)
    wrong = "ghp" + "_" + body + "0aB3xY"
    (match,) = eye.matches("a.txt", f"see {wrong} there\n")
    assert (match.rule, match.confidence) == ("github-token", Confidence.LOW)
    assert "check digits" in match.message


def test_a_token_glued_to_other_text_is_found_and_a_longer_one_is_not(eye: Any, make: Any) -> None:
    value = "hvs" + "." + make.alnum(60)
    assert len(eye.matches("a.txt", f"tok{value} x\n")) == 1
    slack = "SG" + "." + make.alnum(22) + "." + make.alnum(43)
    assert len(eye.matches("a.txt", f"({slack})\n")) == 1
    assert eye.matches("a.txt", f"({slack}abc)\n") == []


def test_stand_ins_of_known_formats_are_not_found(eye: Any) -> None:
    for text in ("AKIA" + "IOSFODNN7EXAMPLE", "npm" + "_" + "x" * 36, "hf" + "_" + "a" * 34, "sk_live" + "_" + "0" * 30):
        assert eye.matches("a.txt", f"value {text} here\n") == []


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_the_header_of_a_json_web_token_must_name_its_algorithm(eye: Any, make: Any) -> None:
    body = f"{_part({'sub': make.alnum(12)})}.{make.alnum(43)}"
    assert [one.rule for one in eye.matches("a.txt", f"{_part({'alg': 'RS256'})}.{body}\n")] == ["json-web-token"]
    assert eye.matches("a.txt", f"{_part({'zip': 'RS256', 'kid': 'abcdef'})}.{body}\n") == []


def test_the_check_of_age_keys_is_that_of_bech32() -> None:
    # BIP 173, test vectors: valid and invalid check digits
    check = CHECKS["age-bech32"].passes
    assert check("A12UEL5L")
    assert check("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")
    assert not check("A12UEL5M")
    assert not check("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx")
    assert not check("1")


@pytest.mark.parametrize("text", ["", "====", "a", "!!!!", "AAAA" * 40])
def test_what_is_no_user_and_password_is_none(text: str) -> None:
    assert user_pass(text) is None


def test_what_is_longer_than_the_reach_is_not_cut_into_a_token(make: Any) -> None:
    probe = token_probe("acme", Token(pattern=r"acme_[a-z0-9]+", keywords=("acme_",), reach=24))
    body = make.draw("abcdefghjkmnpqrstuvwxyz2345679", 60)
    assert probe.judge(Sheet("a.txt", f"x acme_{body[:12]} y".encode() + b" " * 40, None), 2) is not None
    assert probe.judge(Sheet("a.txt", f"x acme_{body} y".encode() + b" " * 40, None), 2) is None


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        (r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b", r"\bSG\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{14}"),
        (r"(x_[a-z]{20,300})(?:[^a-z]|$)", r"(x_[a-z]{14})"),
        (r"\b[a-z]{14}\.atlas\.[a-z]+", r"\.atlas\.[a-z]"),
        (r"glc_(eyJ[a-z]{32,400}={0,2})", r"glc_(eyJ[a-z]{14})"),
        (r"ab-[a-z]{20}(?:\.[0-9]{2})?", r"ab-[a-z]{14}"),
        (r"k[ \t]{0,8}=[ \t]{1,20}[0-9]{2}", r"k[ \t]{0,8}=[ \t]+[0-9]{2}"),
        (r"k_(?:[a-z]{24,42}|[a-z]{90,250})\b", r"k_(?:[a-z]{8}|[a-z]{14})"),
        (r"k_(?:[a-z]{24,42}|[a-z]{90,250})-[a-z]{9}", r"k_(?:[a-z]{8,}|[a-z]{8,})-[a-z]{9}"),
        (r"[]x{2}]{9}", r"[]x{2}]{9}"),
    ],
)
def test_the_prefilter_looks_for_less(pattern: str, least: str) -> None:
    block = Block(engine="token", text=f"pattern = '''{pattern}'''\nkeywords = ['abc']\n", line=1)
    assert read_token(block, "page.md").least == least


def test_the_prefilter_finds_a_place_in_every_example_that_is_caught(rules: tuple[Rule, ...]) -> None:
    tokens = read_tokens(rules)
    for rule in rules:
        wanted = [re.compile(token.least) for token in tokens.get(rule.id, ())]
        for example in rule.caught if wanted else ():
            assert any(pattern.search(example.text) for pattern in wanted), f"{rule.page}:{example.line}"


def test_what_is_set_aside_says_why(make: Any) -> None:
    def judged(check: str, text: str, entropy: float = 0.0) -> object:
        token = Token(pattern=r"acme_[A-Za-z0-9]+", keywords=("acme_",), check=check, strict=bool(check), entropy=entropy)
        return token_probe("acme", token).judge(Sheet("a.txt", f" {text} ".encode(), None), 1)

    assert judged("", "acme_" + "x" * 30) == Dropped(1, 36, "acme", Look.PLACEHOLDER)
    assert judged("crc32-base62", "acme_" + make.alnum(30)) == Dropped(1, 36, "acme", Look.CHECK_DIGITS)
    assert judged("jwt-n8n", "acme_" + make.alnum(30)) is None
    assert judged("random", "acme_" + "settingsProviderFromEnvironment") == Dropped(1, 37, "acme", Look.WORDS)
    assert judged("", "acme_" + "zqzqkqzvzq", 4.0) == Dropped(1, 16, "acme", Look.WEAK)
    assert isinstance(judged("", "acme_" + make.alnum(30)), Found)


def test_the_last_characters_are_told_only_where_the_vendor_shows_them(rules: tuple[Rule, ...], make: Any) -> None:
    tokens = read_tokens(rules)
    telling = {rule for rule, blocks in tokens.items() if any(token.tail for token in blocks)}
    assert telling == {
        "anthropic-api-key",
        "aws-access-key-id",
        "datadog-key",
        "openai-api-key",
        "openrouter-api-key",
        "xai-api-key",
    }
    found = token_probe("x", tokens["xai-api-key"][0]).judge(Sheet("a", f'"xai-{make.alnum(80)}"'.encode(), None), 1)
    assert isinstance(found, Found)
    assert found.tail == 4


def test_a_proven_kind_goes_before_one_that_only_fits(eye: Any) -> None:
    token = expand("{{jwt iss=n8n aud=public-api}}", seed="s", limit=1000)
    assert [one.rule for one in eye.matches("a.txt", f"use {token} now\n")] == ["n8n-api-key"]
    other = expand("{{jwt iss=acme}}", seed="s", limit=1000)
    assert [one.rule for one in eye.matches("a.txt", f"use {other} now\n")] == ["json-web-token"]


def test_every_page_says_how_to_revoke_and_where(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        if rule.detect:
            assert rule.fix.startswith("1. Revoke"), rule.page
            assert "<https://" in rule.fix, rule.page
