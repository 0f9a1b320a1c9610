"""What is unpacked only in part, or encoded more often than is undone, is a gap and no silence."""

import base64
import gzip
from typing import Any

import pytest

from clearance.facts.finding import Gap


def told(eye: Any, text: bytes) -> list[str]:
    return [one.detail for one in eye.all("a.yaml", b'data: "' + text + b'"\n') if isinstance(one, Gap)]


def packed(text: bytes) -> bytes:
    return base64.b64encode(gzip.compress(text))


@pytest.mark.parametrize(("lines", "gap"), [(80_000, False), (8_000_000, True)])
def test_a_compressed_text_too_large_to_look_at_is_told(eye: Any, lines: int, *, gap: bool) -> None:
    found = told(eye, packed(b"hello there\n" * lines))
    assert found == (["a compressed text that is too large to look at all of it"] if gap else [])


@pytest.mark.parametrize(("times", "gap"), [(1, False), (3, False), (4, True), (12, True)])
def test_what_is_packed_more_than_three_times_over_is_told(eye: Any, times: int, *, gap: bool) -> None:
    text = b"some words of a text, more than once\n" * 3
    for _ in range(times):
        text = packed(text)
    assert told(eye, text) == (["encoded more than three times over"] if gap else [])
