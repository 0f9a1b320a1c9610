"""Facts: the lattice, canonical form, text that is safe to show."""

import json
import unicodedata

import msgspec
import msgspec.inspect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPage, ClearanceError
from clearance.facts.fact import Fact, canonical, digest, digest_of_plain
from clearance.facts.finding import Place
from clearance.facts.moment import read_rfc3339, rfc3339
from clearance.facts.text import decode, visible

verdicts = st.sampled_from(Verdict)


@given(verdicts, verdicts, verdicts)
def test_verdicts_join_to_a_lattice(a: Verdict, b: Verdict, c: Verdict) -> None:
    assert a.join(b) == b.join(a)
    assert a.join(b.join(c)) == a.join(b).join(c)
    assert a.join(a) == a
    assert a.join(b).rank >= max(a.rank, b.rank)


@given(st.lists(verdicts, min_size=1), st.randoms())
def test_order_repetition_and_number_of_voices_cannot_make_a_verdict_milder(voices: list[Verdict], random: object) -> None:
    joined = Verdict.join_all(tuple(voices))
    assert joined == Verdict.join_all(tuple(reversed(voices + voices)))
    assert all(joined.rank >= voice.rank for voice in voices)


def test_no_voice_at_all_denies() -> None:
    assert Verdict.join_all(()) is Verdict.DENY


def test_a_digest_names_the_content() -> None:
    one, two = Place(path="a", line=1), Place(path="a", line=2)
    assert digest(one) == digest(Place(path="a", line=1)) != digest(two)
    assert one == Place(path="a", line=1)
    assert hash(one) == hash(Place(path="a", line=1))


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**53) + 1, 2**53 - 1)))
def test_the_canonical_form_is_json_that_reads_back_and_ignores_order(data: dict[str, int]) -> None:
    assert json.loads(canonical(data)) == data
    assert canonical(dict(reversed(data.items()))) == canonical(data)


@given(st.text())
def test_visible_text_holds_nothing_that_moves_hides_or_reorders(text: str) -> None:
    shown = visible(text)
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not [
        char
        for char in shown
        if unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    ]
    assert "\u200b" not in shown
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb", "a\\nb"),
        ("a\u202eb", "a\\u202eb"),
        ("ünï 漢字", "ünï 漢字"),
        ("\U000e0041", "\\U000e0041"),
        ("a\xadb\ufe01\u3164", "a\\xadb\\ufe01\\u3164"),
    ],
)
def test_visible_escapes_and_leaves_the_rest(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("data", "text", "encoding"),
    [
        (b"", "", "utf-8"),
        ("ä".encode(), "ä", "utf-8"),
        ("ä\n".encode("utf-8-sig"), "ä\n", "utf-8-sig"),
        ("hello ä\n".encode("utf-16"), "hello ä\n", "utf-16"),
        ("hello there\n".encode("utf-16-le"), "hello there\n", "utf-16-le"),
        ("hello there\n".encode("utf-16-be"), "hello there\n", "utf-16-be"),
        ("hello".encode("utf-32"), "hello", "utf-32"),
    ],
)
def test_text_is_read_in_the_encodings_that_people_use(data: bytes, text: str, encoding: str) -> None:
    assert decode(data) == (text, encoding, False)


def test_bytes_that_do_not_fit_are_told_and_binary_is_no_text() -> None:
    broken = decode(b"caf\xe9")
    assert broken is not None
    assert broken.broken
    assert decode(b"\x7fELF\x02\x01\x00\x00\x00" + bytes(range(256))) is None


@given(st.binary())
def test_decoding_never_raises_and_never_invents_surrogates(data: bytes) -> None:
    decoded = decode(data)
    assert decoded is None or not any("\ud800" <= char <= "\udfff" for char in decoded.text)


def test_an_error_says_what_where_and_what_next_and_survives_a_worker() -> None:
    import pickle

    error = BadPage("no id", where="rules/x.md:3", next="add `id:`")
    assert str(error) == "rules/x.md:3: no id (add `id:`)"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert isinstance(again, ClearanceError)
    assert (again.what, again.where, again.next) == (error.what, error.where, error.next)


class _Leaf(Fact):
    text: str
    number: float
    flag: bool
    none: None = None


class _Branch(Fact):
    zebra: tuple[_Leaf, ...]
    alpha: str = "\x00\u2028\x7f/"


@given(
    leaves=st.lists(
        st.builds(
            _Leaf,
            text=st.text() | st.sampled_from(["a:1.5", "[2e5", ",12345678901234567", '"', "\\"]),
            number=st.integers() | st.floats(allow_nan=False) | st.integers(2**53 - 3, 2**53 + 3),
            flag=st.booleans(),
        ),
        max_size=4,
    )
)
def test_the_quick_digest_is_the_digest(leaves: list[_Leaf]) -> None:
    fact = _Branch(zebra=tuple(leaves))
    try:
        named = digest(fact)
    except (ValueError, UnicodeError) as error:
        with pytest.raises(type(error)):
            digest_of_plain(fact)
    else:
        assert digest_of_plain(fact) == named


def test_the_case_holds_nothing_that_the_quick_digest_cannot_name() -> None:
    """Maps may sort otherwise than RFC 8785 wants; a case has none."""
    from clearance.facts.decision import Case

    seen: set[type] = set()
    todo: list[object] = [msgspec.inspect.type_info(Case)]
    while todo:
        one = todo.pop()
        assert not isinstance(one, msgspec.inspect.DictType | msgspec.inspect.AnyType), one
        if isinstance(one, msgspec.inspect.StructType):
            if one.cls in seen:
                continue
            seen.add(one.cls)
            todo += [field.type for field in one.fields]
        elif isinstance(one, msgspec.inspect.UnionType):
            todo += one.types
        elif isinstance(one, msgspec.inspect.VarTupleType):
            todo.append(one.item_type)
        elif isinstance(one, msgspec.inspect.TupleType):
            todo += one.item_types
    assert len(seen) > 10


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2026-11-22T06:13:22Z", "2026-11-22T06:13:22Z"),
        ("2026-11-22t06:13:22.75z", "2026-11-22T06:13:22Z"),
        ("2026-11-22T00:13:22+01:00", "2026-11-21T23:13:22Z"),
        ("2026-11-22T06:13:22", ""),  # no time zone
        ("2026-11-22", ""),
        ("2026-11-22 06:13:22Z", ""),
        ("20261122T061322Z", ""),
        ("2026-13-22T06:13:22Z", ""),
        ("0999-11-22T06:13:22Z", ""),  # would not sort as a text
        ("9999-12-31T23:59:59-01:00", ""),
        ("yesterday", ""),
    ],
)
def test_a_moment_of_rfc_3339_is_read_and_nothing_else_is(said: str, read: str) -> None:
    if read:
        assert rfc3339(read_rfc3339(said)) == read
    else:
        with pytest.raises(ValueError, match=r"."):
            read_rfc3339(said)
