"""Values that pass the checks are found wherever they stand; values that fail them are not."""

import random
import re
import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.rules.catalogue import Catalogue
from clearance.scan.personal import checks
from clearance.scan.personal.identity import read_identities

SURROUNDINGS = (
    # the path, and the text with `@@` where the value stands; `##` is a word that says what it is
    ("prompt.txt", "Hello, please check the ## @@ for me, it does not work."),
    ("prompt.txt", "My ## is @@"),
    ("prompt.txt", "@@ is my ##."),
    ("prompt.txt", "The customer (##: @@) has called twice."),
    ("prompt.txt", 'She said "the ## is @@".'),
    ("prompt.txt", "##:\n@@\nThank you"),
    ("prompt.txt", "\u7528\u6237\uff1a## @@\uff0c\u8c22\u8c22"),
    ("app.log", "2024-05-06T12:30:45.123Z INFO [worker-3] ##=@@ status=200 took=15ms"),
    ("app.log", "May  6 12:30:45 host app[1234]: ## @@ was refused"),
    ("x.csv", "id,##\n7,@@\n8,\n"),
    ("x.csv", 'id,name,##,note\n7,"Person, A.","@@","x"\n'),
    ("x.csv", "id;##;note\n1;;\n2;@@;x\n"),
    ("x.tsv", "id\t##\n7\t@@\n"),
    ("x.md", "| id | ## |\n| --- | --- |\n| 7 | @@ |\n"),
    ("x.json", '{"id": 7, "##": "@@", "ok": true}'),
    ("x.yaml", "person:\n  ##: '@@'\n  ok: true\n"),
    ("x.py", 'person = Person(name="A", ##="@@")\n'),
    ("x.ts", "const row = { ##: '@@' };\n"),
    ("x.sql", "INSERT INTO people (##) VALUES ('@@');\n"),
    ("x.xml", "<row><##>@@</##></row>"),
    ("x.html", "<tr><td>##</td><td>@@</td></tr>"),
)


def within(surrounding: str, word: str, value: str) -> str:
    return surrounding.replace("##", word).replace("@@", value)


def check_everywhere(eye: Any, rule: str, word: str, value: str, places: Any = SURROUNDINGS) -> None:
    for path, surrounding in places:
        text = within(surrounding, word, value)
        assert (rule, value) in eye.found(text, path), f"{rule} {value!r} in {path}: {text!r}"


@pytest.mark.parametrize("eye", ["prompt", "code"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_mail_addresses_are_found_in_all_surroundings(eye: str, seed: int, request: Any, make: Any) -> None:
    value = make.email(random.Random(seed))
    check_everywhere(request.getfixturevalue(eye), "email-address", "mail", value)


@pytest.mark.parametrize("eye", ["prompt", "code"])
@given(seed=st.integers(0, 2**32), spaced=st.booleans())
@settings(max_examples=25, deadline=None)
def test_ibans_are_found_in_all_surroundings(eye: str, seed: int, spaced: bool, request: Any, make: Any) -> None:  # noqa: FBT001
    value = make.iban(random.Random(seed))
    if spaced:
        value = " ".join(value[at : at + 4] for at in range(0, len(value), 4))
    check_everywhere(request.getfixturevalue(eye), "iban", "account", value)


@pytest.mark.parametrize("eye", ["prompt", "code"])
@given(seed=st.integers(0, 2**32), between=st.sampled_from(["", " ", "-"]))
@settings(max_examples=25, deadline=None)
def test_cards_are_found_in_all_surroundings(eye: str, seed: int, between: str, request: Any, make: Any) -> None:
    value = make.card(random.Random(seed))
    cuts = (4, 8, 12) if len(value) == 16 else (4, 10)
    value = between.join(value[low:high] for low, high in zip((0, *cuts), (*cuts, len(value)), strict=True))
    check_everywhere(request.getfixturevalue(eye), "payment-card", "card", value)


@pytest.mark.parametrize("eye", ["prompt", "code"])
@given(seed=st.integers(0, 2**32), between=st.sampled_from(["", " ", "-"]))
@settings(max_examples=25, deadline=None)
def test_social_security_numbers_are_found_in_all_surroundings(
    eye: str, seed: int, between: str, request: Any, make: Any
) -> None:
    value = make.ssn(random.Random(seed)).replace("-", between)
    check_everywhere(request.getfixturevalue(eye), "us-social-security-number", "ssn", value)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_wrong_digit_makes_an_iban_or_a_card_none(seed: int, prompt: Any, make: Any) -> None:
    source = random.Random(seed)
    for rule, value in (("iban", make.iban(source)), ("payment-card", make.card(source))):
        places = [at for at, sign in enumerate(value) if sign.isdigit()]
        at = source.choice(places)
        other = source.choice([digit for digit in string.digits if digit != value[at]])
        wrong = value[:at] + other + value[at + 1 :]
        for path, surrounding in SURROUNDINGS:
            text = within(surrounding, "account card", wrong)
            assert (rule, wrong) not in prompt.found(text, path)


@pytest.mark.parametrize(
    "wrong",
    ["000-12-3456", "666-12-3456", "900-12-3456", "999-99-9999", "123-00-4567", "123-45-0000", "078-05-1120", "123-45-6789"],
)
def test_social_security_numbers_that_nobody_has_are_none(wrong: str, prompt: Any) -> None:
    assert prompt.found(f"The SSN is {wrong}.") == set()
    assert {one[0] for one in prompt.aside(f"The SSN is {wrong}.")} == {"us-social-security-number"}


def identities(catalogue: Catalogue) -> dict[str, Any]:
    return read_identities(catalogue.rules)


def test_every_number_of_a_state_is_found_with_its_word_and_not_with_a_wrong_digit(
    catalogue: Catalogue, prompt: Any, code: Any, make: Any
) -> None:
    for rule, identity in identities(catalogue).items():
        source = random.Random(rule)
        check = checks.check(identity.check)
        assert check is not None
        for _ in range(3):
            value = make.valid(make.NARROWER.get(identity.check, identity.pattern), check, source)
            for word in identity.words:
                assert (rule, value) in prompt.found(f"The {word}: {value}."), f"{rule} near {word!r}: {value}"
            word = next(one for one in identity.words if one.isascii() and (len(one) > 2 or len(identity.words) == 1))
            for path, surrounding in SURROUNDINGS:
                text = within(surrounding, word.replace(" ", "_"), value)
                rules = {one[0] for one in code.found(text, path) if value in one[1] or one[1] in value}
                assert rules, f"{rule} {value!r} in {path}: {text!r}"
            wrong = _wrong(value, identity, check, source)
            if wrong is not None:
                assert (rule, wrong) not in prompt.found(f"The {identity.words[0]}: {wrong}.")
                assert (rule, wrong, "CHECK_DIGITS") in prompt.aside(f"The {identity.words[0]}: {wrong}.") or any(
                    one[1] in wrong or wrong in one[1] for one in prompt.found(f"The {identity.words[0]}: {wrong}.")
                )


def _wrong(value: str, identity: Any, check: Callable[[str], bool], source: random.Random) -> str | None:
    """A value of the same form that fails the check, where there is one."""
    places = [at for at, sign in enumerate(value) if sign.isdigit()]
    for _ in range(400):
        at = source.choice(places)
        wrong = value[:at] + source.choice(string.digits) + value[at + 1 :]
        if re.fullmatch(identity.pattern, wrong, re.ASCII) and not check(wrong):
            return wrong
    return None


def test_a_number_of_a_state_without_a_word_is_none(catalogue: Catalogue, prompt: Any, make: Any) -> None:
    for rule, identity in identities(catalogue).items():
        if identity.alone:
            continue
        value = make.valid(identity.pattern, checks.check(identity.check), random.Random(rule))
        assert rule not in {one[0] for one in prompt.found(f"The colour of {value} is blue.")}


@given(st.text(), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_own_checks_take_any_text(text: str, seed: int) -> None:
    digits = "".join(random.Random(seed).choice(string.digits) for _ in range(11))
    for name in (
        "au.medicare",
        "de.serial",
        "gb.nino",
        "hu.tax",
        "hu.taj",
        "ru.snils",
        "sg.nric",
        "tw.id",
        "nl.bsn",
        "cn.ric",
    ):
        check = checks.check(name)
        assert check is not None
        assert check(text) in (True, False)
        assert check(digits) in (True, False)
    assert checks.check("os.path") is None
    assert checks.check("../x") is None
    assert not checks.exists("nl.nothing")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        # worked examples of the authorities' own descriptions, put together here
        ("de.serial", "T2200012" + "93", "T2200012" + "94"),
        ("gb.nino", "AB" + "123456" + "C", "QQ" + "123456" + "C"),
        ("gb.nino", "AB" + "123456" + "C", "GB" + "123456" + "C"),
        ("sg.nric", "S" + "0000001" + "I", "S" + "0000001" + "J"),
        ("ru.snils", "112-233-445" + " 95", "112-233-445" + " 96"),
        ("tw.id", "A" + "123456789", "A" + "123456788"),
        ("cn.id", "110105" + "19491231002" + "X", "110105" + "19491231002" + "1"),
        ("cn.id", "110105" + "19491231002" + "X", "110105" + "19491331002" + "X"),
        ("kr.rrn", "900101-" + "1234567", "901301-" + "1234567"),
        ("kr.rrn", "900101" + "1234568", "900101" + "1234567"),
        ("au.medicare", "2123" + "45670" + "1", "2123" + "45671" + "1"),
    ],
)
def test_own_checks_agree_with_what_the_authorities_publish(name: str, good: str, bad: str) -> None:
    check = checks.check(name)
    assert check is not None
    assert check(good)
    assert not check(bad)
