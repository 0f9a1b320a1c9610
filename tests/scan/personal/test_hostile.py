"""Hostile text: the work grows with the text and not faster, and nothing raises."""

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.family import Match

PIECES = {
    "digits": "1",
    "digit and blank": "4 ",
    "digit and hyphen": "4-",
    "digit and dot": "4.",
    "card groups": "4111 ",
    "at": "@",
    "letter and at": "a@",
    "address without an end": "a@b.",
    "addresses": "a.b@c.de ",
    "plus": "+",
    "plus and digit": "+4",
    "plus numbers": "+49 30 1234567 ",
    "brackets": "(0",
    "iban heads": "DE12 ",
    "iban": "DE12AB34",
    "hyphens": "-",
    "dots": ".",
    "words": "ssn ",
    "words glued": "ssn,",
    "birth": "birth 1 ",
    "birth dates": "born 31.02.1987 ",
    "heads of tables": "ssn,dob\n",
    "quotes": '",',
    "v4": "1.2.3.",
    "v6": "2001:",
    "camel": "aB",
    "accents": "e\u0301",
    "blanks": "\u00a0",
    "surrogates": "\ud800",
    "lines": "\n",
    "numbers with words": "pesel 12345678901 ",
}


def steps(eye: Any, text: str, path: str) -> int:
    """Count the calls that a look takes: unlike the time, they are the same on every machine."""
    count = 0

    def note(_frame: object, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        eye.all(text, path)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", PIECES)
def test_work_grows_with_the_text(name: str, prompt: Any) -> None:
    piece = PIECES[name]
    prompt.all(piece * 100)
    small, large = (steps(prompt, piece * (size // len(piece)), "x.csv") for size in (30_000, 240_000))
    assert large < 12 * small + 1000, "eight times the text takes more than eight times the work"


def test_ten_megabytes_of_nothing_much_end(prompt: Any) -> None:
    for piece in ("1", "@", "+", "a@"):
        text = piece * (10_000_000 // len(piece))
        assert not [one for one in prompt.all(text, "x.csv") if isinstance(one, Match)]


@given(st.text(alphabet="0123456789 @+-.()/,;|\t\n\"':ADEGRSXTssnibandob\u00a0é日", max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_an_answer_whose_spans_lie_in_it(prompt: Any, code: Any, text: str) -> None:
    for eye in (prompt, code):
        end = 0
        for one in eye.matches(text):
            assert end <= one.start < one.end <= len(text)
            end = one.end
        assert eye.all(text) == eye.all(text)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_get_an_answer(prompt: Any, data: bytes) -> None:
    from clearance.facts.text import decode

    if decode(data) is not None:
        prompt.all(data)
