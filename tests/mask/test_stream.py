"""The decoder: however a text is cut, the outcome is that of the whole."""

import itertools
import random

from hypothesis import given
from hypothesis import strategies as st

from clearance.mask.conversation import Conversation, Private
from clearance.mask.placeholder import LONGEST, make_placeholder
from clearance.mask.stream import Decoder

KEY = bytes(range(32))
VALUES = ["ann@corp.test", "hunter-2b", "Q", "Qemail_", "\udcff", "two\nlines", "ü🔑"]


def talk() -> tuple[Conversation, list[str]]:
    held = Conversation(0, KEY)
    return held, [held.mask(value, [Private(0, len(value), "email")]).text for value in VALUES]


HELD, MADE = talk()
STRANGER = make_placeholder(bytes(32), "email", "x")
STARTS = [one[:cut] for one in MADE[:3] for cut in (1, 5, 7, 8, 22)]
PIECES = st.sampled_from([*MADE, *STARTS, *(one[3:] for one in MADE[:2]), STRANGER, "Q", "QQ", "a", "é"])


def fed(text: str, cuts: list[int]) -> str:
    decoder = Decoder(HELD)
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return "".join(decoder.feed(text[low:high]) for low, high in itertools.pairwise(edges)) + decoder.finish()


@given(st.lists(PIECES, max_size=12), st.lists(st.integers(0, 500), max_size=30))
def test_any_cut_gives_the_same(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces)
    assert fed(text, cuts) == HELD.restore(text)


def test_one_character_at_a_time_gives_the_same() -> None:
    text = "".join(one + filler for one in MADE for filler in ("", "Q", "x", STRANGER, one[:-1]))
    assert fed(text, list(range(len(text)))) == HELD.restore(text)


def test_ten_thousand_random_cuts_give_the_same() -> None:
    rng = random.Random(7)
    parts = [*MADE, STRANGER, "Q", "Qe", "Qemail_ab", " and ", "\n", "ünd"]
    for _ in range(10_000):
        text = "".join(rng.choices(parts, k=rng.randrange(1, 8)))
        assert fed(text, [rng.randrange(500) for _ in range(rng.randrange(8))]) == HELD.restore(text)


@given(st.text(st.sampled_from("Qemail_abz27 "), max_size=80))
def test_only_a_tail_that_may_become_a_placeholder_is_held_back(text: str) -> None:
    decoder = Decoder(HELD)
    given_now = decoder.feed(text)
    held = decoder.finish()
    assert len(held) < LONGEST
    assert not held or any(one.startswith(held) for one in MADE)
    assert given_now + held == HELD.restore(text)


def test_text_without_the_first_letter_is_never_held_back() -> None:
    decoder = Decoder(HELD)
    assert decoder.feed("all of this comes at once") == "all of this comes at once"
    assert decoder.finish() == ""
