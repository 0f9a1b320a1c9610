"""Values that are made when a page is read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.rules.placeholder import BASE62, TooLong, crc32_base62, expand


def made(text: str, seed: str = "s") -> str:
    return expand(text, seed=seed, limit=10_000)


@pytest.mark.parametrize(
    ("placeholder", "form"),
    [
        ("{{alnum 36}}", r"[0-9A-Za-z]{36}"),
        ("{{lower 8}}", r"[a-z]{8}"),
        ("{{upper 16}}", r"[A-Z]{16}"),
        ("{{digits 10}}", r"\d{10}"),
        ("{{hex 32}}", r"[0-9a-f]{32}"),
        ("{{base64 40}}", r"[A-Za-z0-9+/]{40}"),
        ("{{base64url 43}}", r"[A-Za-z0-9_-]{43}"),
        ("{{crc32-base62 pre_ 30}}", r"pre_[0-9A-Za-z]{36}"),
        ("{{lower-alnum 20}}", r"[0-9a-z]{20}"),
        ("{{upper-alnum 24}}", r"[0-9A-Z]{24}"),
        ("{{upper-hex 8}}", r"[0-9A-F]{8}"),
        ("{{base32 16}}", r"[A-Z2-7]{16}"),
        ("{{uuid}}", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}"),
        ("{{snowflake 18}}", r"(?:[MNO][DTjz][AEIMQUYcgk][w-z0-5]){6}"),
        ("{{crc32-base36 glpat- 27}}", r"glpat-[A-Za-z0-9_-]{27}\.0r[0-9a-z]{7}"),
        ("{{crc32-hex glsa_ 32}}", r"glsa_[0-9A-Za-z]{32}_[0-9a-f]{8}"),
        ("{{base58check 0488ADE4 74}}", r"xprv[1-9A-HJ-NP-Za-km-z]{107,108}"),
        ("{{bech32 nsec 32}}", r"nsec1[02-9ac-hj-np-z]{58}"),
        ("{{bech32 AGE-SECRET-KEY- 32}}", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
        ("{{json k=v n=1}}", "eyJrIjoidiIsIm4iOiIxIn0"),
        ("{{jwt iss=me}}", r"eyJ[\w-]+\.eyJpc3MiOiJtZSJ9\.[\w-]{86}"),
        ("{{join ab|cd|e}}", "abcde"),
        ("x{{hex 2}}-{{hex 3}}y", r"x[0-9a-f]{2}-[0-9a-f]{3}y"),
        ("{{ name }}", r"\{\{ name \}\}"),
        ("{{alnum}} {{hex 0}} {{hex -1}} {{hexa 3}}", r"\{\{alnum\}\} \{\{hex 0\}\} \{\{hex -1\}\} \{\{hexa 3\}\}"),
    ],
)
def test_a_placeholder_becomes_text_of_its_form(placeholder: str, form: str) -> None:
    assert re.fullmatch(form, made(placeholder))


def test_the_same_seed_gives_the_same_value_and_another_seed_another_one() -> None:
    assert made("{{alnum 20}}") == made("{{alnum 20}}")
    assert made("{{alnum 20}}", "a") != made("{{alnum 20}}", "b")
    first, second = made("{{alnum 20}} {{alnum 20}}").split()
    assert first != second


@given(st.text(max_size=10), st.integers(8, 60))
def test_values_hold_each_class_of_their_alphabet(seed: str, length: int) -> None:
    value = made(f"{{{{alnum {length}}}}}", seed)
    assert re.search("[a-z]", value)
    assert re.search("[A-Z]", value)
    assert re.search("[0-9]", value)


def test_check_digits_are_those_of_the_crc_of_the_body() -> None:
    # CRC-32 of "123456789" is 0xCBF43926 (the check value of the algorithm's parameters), 3,421,780,262 in decimal.
    written = crc32_base62("123456789")
    number = 0
    for digit in written:
        number = number * 62 + BASE62.index(digit)
    assert number == 0xCBF43926
    assert len(written) == 6
    value = made("{{crc32-base62 p_ 30}}")
    assert value[-6:] == crc32_base62(value[2:-6])


def test_small_checksums_are_filled_with_zeros() -> None:
    assert crc32_base62("") == "000000"


def test_what_is_made_is_bounded() -> None:
    with pytest.raises(TooLong):
        expand("{{hex 600}}{{hex 600}}", seed="", limit=1000)


@given(st.text(alphabet="{}|0123456789 ahexjoincrc32-base62alnum_\n", max_size=80))
def test_any_text_expands_and_keeps_its_lines(text: str) -> None:
    try:
        assert made(text).count("\n") == text.count("\n")
    except TooLong:
        assert re.search(r"\d{3}", text)
