"""The blocks `token` of pages, their errors, and the checks."""

import base64
import json
from typing import Any

import pytest

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence
from clearance.rules.model import Block, Rule
from clearance.scan.secrets.checks import CHECKS, user_pass
from clearance.scan.secrets.detectors import DETECTORS, read_tokens
from clearance.scan.secrets.probe import Sheet
from clearance.scan.secrets.tokens import Token, read_token, token_probe

GOOD = "pattern = '''\\bacme_([a-z0-9]{20})\\b'''\nkeywords = [\"acme_\"]\ngroup = 1\n"


def test_a_block_is_read() -> None:
    token = read_token(Block(engine="token", text=GOOD, line=10), "page.md")
    assert token == Token(pattern=r"\bacme_([a-z0-9]{20})\b", keywords=("acme_",), group=1)


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
    assert len({rule.id for rule in rules if rule.detect}) >= 45
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
