"""Placeholders: there and back, the same for the same value, part of nothing else, and silent about what they hide."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import MaskError
from clearance.mask import conversation as room
from clearance.mask.conversation import Conversation, Private
from clearance.mask.placeholder import LONGEST, PATTERN, make_placeholder

KEY = bytes(range(32))
TEXTS = st.text(st.sampled_from("aQbz_2 \n.@é\U0001f511\udcff") | st.characters(), max_size=60)
KINDS = st.sampled_from(["email", "secret", "iban"])
# Few placeholders of the shape that is asked for, cut at any place, as a hostile text would hold them.
SHAPED = st.builds(
    lambda kind, digits: f"Q{kind}_{digits}", KINDS, st.text(st.sampled_from("abz27"), min_size=14, max_size=18)
)


def spans(text: str, cuts: list[int], kind: str) -> list[Private]:
    edges = sorted({cut % (len(text) + 1) for cut in cuts})
    return [Private(start, end, kind) for start, end in zip(edges[::2], edges[1::2], strict=False)]


def talk() -> Conversation:
    return Conversation(0, KEY)


@given(st.lists(TEXTS | SHAPED, min_size=1, max_size=6), st.lists(st.integers(0, 400), max_size=12), KINDS)
def test_what_is_masked_is_restored_to_the_letter(pieces: list[str], cuts: list[int], kind: str) -> None:
    text = "".join(pieces)
    held = talk()
    masked = held.mask(text, spans(text, cuts, kind))
    assert held.restore(masked.text) == text
    for start, end, placeholder in masked.spans:
        assert masked.text[start:end] == placeholder


@given(st.lists(TEXTS, min_size=1, max_size=5), st.lists(st.integers(0, 400), max_size=8), KINDS)
def test_masking_again_changes_nothing(pieces: list[str], cuts: list[int], kind: str) -> None:
    text = "".join(pieces)
    held = talk()
    once = held.mask(text, spans(text, cuts, kind)).text
    assert held.mask(once, []).text == once
    again = held.mask(once, spans(once, cuts, kind))  # what is found now is new, and may stand in `once` as well
    assert held.restore(again.text) == text


def test_a_value_has_one_placeholder_in_all_turns_and_wherever_it_stands() -> None:
    held = talk()
    first = held.mask("mail ann.lee@corp.test now", [Private(5, 22, "email")]).text
    second = held.mask("did ann.lee@corp.test, or joann.lee@corp.test answer?", []).text
    placeholder = first.split()[1]
    assert second == f"did {placeholder}, or joann.lee@corp.test answer?"
    assert Conversation(0, KEY).mask("ann.lee@corp.test", [Private(0, 17, "email")]).text == placeholder
    assert Conversation(0, bytes(32)).mask("ann.lee@corp.test", [Private(0, 17, "email")]).text != placeholder


def test_a_long_value_with_digits_is_masked_within_a_word_too() -> None:
    held = talk()
    value = "k3v9" * 5
    placeholder = held.mask(value, [Private(0, 20, "secret")]).text
    assert held.mask(f"x{value}y", []).text == f"x{placeholder}y"


def test_a_value_that_holds_a_placeholder_is_stored_as_what_it_means() -> None:
    held = talk()
    inner = held.mask("hunter-2b", [Private(0, 9, "secret")]).text
    text = f"db://app:{inner}@host"
    outer = held.mask(text, [Private(0, len(text), "secret")])
    assert PATTERN.fullmatch(outer.text)
    assert held.restore(outer.text) == "db://app:hunter-2b@host"


def test_a_restored_value_is_never_looked_at_again() -> None:
    held = talk()
    inner = held.mask("value-one", [Private(0, 9, "secret")]).text
    other = Conversation(0, bytes(32))
    odd = other.mask(f"<{inner}>", [Private(0, len(inner) + 2, "secret")]).text  # no placeholder of `other`: a mere text
    assert other.restore(odd) == f"<{inner}>"


def test_no_placeholder_is_part_of_another_and_none_begins_with_the_end_of_one() -> None:
    made = [make_placeholder(KEY, kind, str(n)) for n in range(200) for kind in ("id", "email", "abcdefghijkl")]
    for one in made:
        assert PATTERN.fullmatch(one)
        assert one.isidentifier()
        assert len(one) <= LONGEST
        assert all(PATTERN.match(one[at:]) is None and not one[at:].startswith("Q") for at in range(1, len(one)))


def test_two_values_never_share_a_placeholder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "make_placeholder", lambda _key, kind, _value, attempt: f"Q{kind}_{'a' * 15}{'abc'[attempt]}")
    held = talk()
    text = held.mask("one two", [Private(0, 3, "id"), Private(4, 7, "id")]).text
    assert len(set(text.split())) == 2
    assert held.restore(text) == "one two"


def test_overlapping_spans_are_one_value_and_spans_outside_of_the_text_are_cut() -> None:
    held = talk()
    masked = held.mask(
        "abcdefgh", [Private(2, 5, "email"), Private(4, 6, "iban"), Private(-3, 1, "id"), Private(7, 99, "id")]
    )
    assert [text[:4] for *_, text in masked.spans] == ["Qid_", "Qema", "Qid_"]
    assert held.restore(masked.text) == "abcdefgh"


def test_what_rests_comes_back_and_anything_else_is_refused() -> None:
    held = talk()
    masked = held.mask("key \udcff\udc80 end", [Private(4, 6, "secret")]).text
    again = Conversation.load(held.dump())
    assert again.restore(masked) == "key \udcff\udc80 end"
    assert (again.expires, len(again)) == (0, 1)
    assert again.mask("\udcff\udc80", [Private(0, 2, "email")]).text == masked.split()[1]
    for broken in (b"", b"\xff", held.dump()[:-1], held.dump().replace(b"Qsecret", b"Zsecret")):
        with pytest.raises(MaskError):
            Conversation.load(broken)


def test_nothing_shows_a_value() -> None:
    held = talk()
    held.mask("hunter-2b", [Private(0, 9, "secret")])
    assert "hunter" not in repr(held) + str(held) + f"{held!s}"


def test_a_conversation_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_MOST_VALUES", 2)
    held = talk()
    with pytest.raises(MaskError, match="begin another conversation"):
        held.mask("a b c", [Private(0, 1, "id"), Private(2, 3, "id"), Private(4, 5, "id")])


def test_strangers_are_counted() -> None:
    held = talk()
    mine = held.mask("x", [Private(0, 1, "id")]).text
    assert held.strangers(f"{mine} {make_placeholder(bytes(32), 'id', 'x')} Qid_short") == 1


def test_many_known_values_are_found_in_one_pass() -> None:
    held = talk()
    values = [f"value-{n:05}-x" for n in range(3000)]
    text = " ".join(values)
    found = [Private(match.start(), match.end(), "secret") for match in re.finditer(r"\S+", text)]
    assert held.mask(text, found).text == held.mask(text, []).text
