"""Whatever a text holds: undoing it ends, costs no more than its length, and ties every byte to the text."""

import base64
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wearing import DISGUISES, token_of

from clearance.scan.secrets.disguise.encoded import BASE32, BASE64, HEX, stable
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.probe import Undone

BITS = [
    b'"', b"'", b"`", b" + ", b"+", b" . ", b" & _\n", b"\n", b"\r\n", b" \\\n", b"ghp_", b"glpat-", b"AKIA",
    b"aB3dE6gH9jK2", b"ghp", b"_x1y2z3w4v5", b"\\u0067", b"\\x68", b"\\147", b"%67", b"%", b"&#103;", b"&#x68;",
    b"&amp;", b"&", b"=\n", b"=3D", b"Z2hwX2FiY2RlZmdoaWprbG1ub3A=", b"H4sIAAAA", b"eJx", b'"eJxLTEpOAQADnQF4"',
    b"6768705f", b"\xe2\x80\x8b", b"\xd0\xb5", b"\xff", b"\xc2", b"\xf3\xa0\x81\x81", b'"".join([', b"].join('')",
    b"join", b"concat(", b".append(", b"%s%s", b'" % (', b"{}", b'".format(', b"{'", b"'}", b"${'", b"token += ",
    b"token = ", b"x = P + ", b'P = "ghp_"\n', b"// more\n", b"# one\n", b"/*", b"*/", b"+", b"-", b"> ",
    b"@@ -1 +1 @@\n", b"--- a\n", b"+++ b\n", b"(", b")", b"[", b"]", b",", b"103, 104, 112, 95", b"_phg", b"decode(",
    b"base64 -d", b"password", b"",
]  # fmt: skip
PATHS = ["a.py", "a.js", "a.sh", "a.patch", "a.eml", "a", "a.json"]


def tied(data: bytes, one: Undone) -> None:
    """Assert that rows rise and cover the data, and that every span stands for one of the sheet."""
    assert one.data
    assert one.rows[0][0] == 0
    assert one.rows[-1][1] == len(one.data)
    for low, high, start, end in one.rows:
        assert low < high
        assert 0 <= start <= end <= len(data)
    for above, below in pairwise(one.rows):
        assert above[1] == below[0]
        assert above[3] <= below[2]
    for low in range(0, len(one.data), max(1, len(one.data) // 40)):
        for high in (low + 1, (low + len(one.data) + 1) // 2, len(one.data)):
            if low < high:
                start, end = one.place(low, high)
                assert one.covers[0] <= start <= end <= one.covers[1]


@given(bits=st.lists(st.sampled_from(BITS), max_size=40), path=st.sampled_from(PATHS))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_byte_is_tied_to_the_text(undo: Any, bits: list[bytes], path: str) -> None:
    data = b"".join(bits)
    for _, one in undo(path, data):
        tied(data, one)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_every_byte_of_a_disguised_token_is_tied_to_the_text(undo: Any, disguise: str) -> None:
    worn = DISGUISES[disguise](token_of("GitLab"))
    for _, one in undo(worn.path, worn.text.encode()):
        tied(worn.text.encode(), one)


@given(data=st.binary(max_size=400), path=st.sampled_from(PATHS))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(undo: Any, data: bytes, path: str) -> None:
    for _, one in undo(path, data):
        tied(data, one)


LONG = {
    "joined characters": b"x = " + b'"a" + "1" + ' * 4000,
    "neighbours": b'"a1b2c3d4"\n' * 4000,
    "escapes": b"\\u0061\\u0031" * 4000,
    "entities": b"&#97;&#49;" * 4000,
    "percent": b"%61%31" * 6000,
    "invisible": b"a1\xe2\x80\x8b" * 8000,
    "look-alikes": b"a1\xd0\xb5" * 8000,
    "starts": b"ghp_" * 10000,
    "starts over lines": b"ghp_a1\n" * 6000,
    "glued": b"xghp_a1b2c3d4e5f6" * 3000,
    "base64": base64.b64encode(b"ghp_a1b2c3 " * 3000),
    "base64 in lines": b"\n".join([base64.b64encode(b"ghp_a1b2c3 " * 5)[:64]] * 700),
    "hexadecimal": b"6768705f" * 6000,
    "codes": b"103, 104, 112, 95, " * 2000,
    "compressed": b"H4sI" * 10000,
    "lists": b'".append("' * 5000,
    "joins": b'"].join("' * 5000,
    "holes": b"a1{'b2'}" * 5000,
    "formats": b'%s" % ("' * 5000,
    "growing": b't += "a1b2"\n' * 4000,
    "constants": b'P = "ghp_"\nx = P + "a1b2c3d4"\n' * 1500,
    "quotes": b'"' * 40000,
    "quoted in parts": b"ab'cd'" * 6000,
    "backslashes": b"ab\\cd" * 6000,
    "added lines": b"+a1\n" * 8000,
    "quoted lines": b"> " * 20000,
    "equals": b"aaaaaaaaaaaaaaaaaaaa=" * 2000,
    "remarks": b'"a" + // x\n' * 4000,
}


@pytest.mark.parametrize("name", LONG)
def test_what_is_undone_grows_with_the_text(undo: Any, name: str) -> None:
    data = LONG[name]
    sizes = {part: sum(len(one.data) for _, one in undo("a", data[: len(data) // part])) for part in (1, 4)}
    assert sizes[1] <= 24 * len(data)
    assert sizes[1] <= 6 * sizes[4] + 65536


@given(text=st.binary(min_size=4, max_size=12), before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_stable_characters_stand_in_every_encoding(text: bytes, before: bytes, after: bytes) -> None:
    for radix in (BASE64, BASE32, HEX):
        form, place = stable(text, radix)[len(before) % radix.octets]
        written = radix.encode(before + text + after)
        assert any(written.startswith(form, at) for at in range(place, len(written), radix.group))


def test_rows_of_a_piece_rise_whatever_the_order() -> None:
    piece = Piece(b"one two three")
    piece.keep(8, 13)
    piece.keep(0, 3)
    piece.put(b"x", 4, 7)
    undone = piece.undone("test")
    assert undone is not None
    assert undone.data == b"threeonex"
    assert undone.place(0, 5) == (8, 13)
    tied(b"one two three", undone)


TOKEN_RULES = {"gitlab-token", "shopify-token", "github-token", "aws-access-key-id"}
TOKEN_BITS = [token_of("GitLab")[:10], token_of("GitLab")[10:], token_of("Shopify")[:9], token_of("Shopify")[9:]]


@given(
    bits=st.lists(st.one_of(st.sampled_from(BITS), st.sampled_from([bit.encode() for bit in TOKEN_BITS])), max_size=24),
    path=st.sampled_from(PATHS),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_engines_find_the_same_in_anything(eye: Any, keyword_eye: Any, bits: list[bytes], path: str) -> None:
    data = b"".join(bits).decode("utf-8", "ignore").encode()
    if b"\0" in data or not data:
        return
    # Names with values have a test of their own; here it is about tokens.
    found = [
        [(one.rule, one.start, one.end, one.secret.disguise) for one in each.matches(path, data) if one.rule in TOKEN_RULES]
        for each in (eye, keyword_eye)
    ]
    assert found[0] == found[1]
