"""What was measured of rules: the file, its counts, and when a figure is old."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import built_in
from clearance.facts.errors import BadFile
from clearance.rules.effect import NAME, Counts, MeasuredSet, detection, joined, measured, read_effect, write_effect
from clearance.stores.pages import BUILTIN

CATALOGUE = built_in.catalogue()
RULE = CATALOGUE["python-sql-string-build"]


def a_set(name: str = "code", part: str = "held", **rules: Counts) -> MeasuredSet:
    return MeasuredSet(
        name=name, part=part, about="pairs", date="2026-01-02", digest="ab12", cases=9, version="1", rules=rules
    )  # type: ignore[arg-type]


def counts(caught: int = 0, missed: int = 0, wrong: int = 0, of: str = "") -> Counts:
    return Counts(caught, missed, wrong, 9, of)


def test_the_shipped_file_reads_and_is_laid_out_as_it_is_written() -> None:
    data = (BUILTIN / NAME).read_bytes()
    assert write_effect(read_effect(data, path=NAME)) == data


def test_the_shipped_file_speaks_of_rules_that_have_a_detector() -> None:
    for one in read_effect((BUILTIN / NAME).read_bytes(), path=NAME):
        assert one.rules
        for id in one.rules:
            assert CATALOGUE[id].has_detector


@given(
    st.lists(
        st.builds(
            a_set,
            st.sampled_from(["code", "secrets"]),
            st.sampled_from(["dev", "held"]),
            one=st.builds(counts, st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.text("abc", max_size=4)),
        ),
        unique_by=lambda each: (each.name, each.part),
    )
)
def test_what_is_written_is_read_back(sets: list[MeasuredSet]) -> None:
    data = write_effect(sets)
    assert json.loads(data)["format"] == 1
    assert set(read_effect(data, path=NAME)) == set(sets)
    assert write_effect(read_effect(data, path=NAME)) == data


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"format": 2, "sets": []}', b'{"format": 1, "sets": [{}]}', b"\xff", b"[" * 100_000]
)
def test_a_file_of_another_shape_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        read_effect(data, path=NAME)
    assert caught.value.where == f"{NAME}:1"


def test_shares_are_of_what_was_told_and_of_what_nothing_told() -> None:
    some = counts(caught=6, missed=2, wrong=3)
    assert (some.precision, some.recall) == (6 / 9, 6 / 8)
    assert (counts().precision, counts().recall) == (None, None)


def test_a_set_that_is_measured_again_takes_the_place_of_the_old_one() -> None:
    old, new, other = a_set(a=counts(1)), a_set(a=counts(2)), a_set("secrets")
    assert joined([old, other], [new]) == (new, other)


def test_a_figure_is_old_where_the_page_detects_differently_now() -> None:
    sets = [a_set(**{RULE.id: counts(1, of=detection(RULE))})]
    other = msgspec.structs.replace(RULE, detect=RULE.detect[1:])
    reworded = msgspec.structs.replace(RULE, brief="other words", caught=(), cwe=())
    assert [one.current for one in measured(RULE, sets)] == [True]
    assert [one.current for one in measured(other, sets)] == [False]
    assert [one.current for one in measured(reworded, sets)] == [True]


def test_guidance_has_no_figure_whatever_a_file_says() -> None:
    guidance = msgspec.structs.replace(RULE, advisory=True)
    assert measured(guidance, [a_set(**{RULE.id: counts(1)})]) == ()
