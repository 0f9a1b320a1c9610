"""Levels of SLSA's source track: what raises them, and what never does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clearance.attest.standard.levels import History, Merged, Vote, level, persons

ALL = ("no-force-push", "no-deletion", "gate-required", "review-required")
TREES = ("t" * 64, "u" * 64)
AUTHOR = "writer@example.com"


def merge(number: int, **more: Any) -> Merged:
    said: dict[str, Any] = {
        "before": f"{number}", "after": f"{number + 1}", "tree": TREES[0], "by_service": True, "enforced": ALL,
        "decided": True, "authors": (AUTHOR,),
    }  # fmt: skip
    return Merged(**(said | more))


def vote(by: str, **more: Any) -> Vote:
    said: dict[str, Any] = {"by": by, "kind": "person", "vouched": True, "tree": TREES[0], "answer": "approve"}
    return Vote(**(said | more))


CHAIN = (merge(0), merge(1))
HISTORY = History(named=True, commit="2", merges=CHAIN)
TWO = (vote("dana@example.com"), vote("eli@example.com"))


@pytest.mark.parametrize(
    ("history", "votes", "expected"),
    [
        pytest.param(HISTORY, TWO, 4, id="everything is known"),
        pytest.param(replace(HISTORY, named=False), TWO, 0, id="nobody knows where it is fetched from"),
        pytest.param(replace(HISTORY, merges=()), TWO, 1, id="no merge was recorded"),
        pytest.param(replace(HISTORY, commit="1"), TWO, 1, id="the last merge made another commit"),
        pytest.param(replace(HISTORY, merges=(merge(0), merge(1, before="x"))), TWO, 1, id="a merge is missing between"),
        pytest.param(replace(HISTORY, merges=(merge(0, by_service=False), merge(1))), TWO, 1, id="no service signed one"),
        pytest.param(replace(HISTORY, merges=(merge(0, enforced=ALL[1:]), merge(1))), TWO, 2, id="force pushes once"),
        pytest.param(
            replace(HISTORY, merges=(merge(0), merge(1, decided=False))), TWO, 2, id="a merge rests on no decision"
        ),
        pytest.param(replace(HISTORY, merges=(merge(0), merge(1, enforced=ALL[:3]))), TWO, 3, id="no review was demanded"),
        pytest.param(HISTORY, TWO[:1], 3, id="one person approved"),
        pytest.param(HISTORY, (*TWO, vote("ELI@example.com", answer="reject")), 3, id="one of two changed their mind"),
        pytest.param(HISTORY, (vote("a@example.com", answer="reject"), *TWO), 4, id="a third one says no: two agree"),
        pytest.param(HISTORY, (TWO[0], vote("eli@example.com", tree=TREES[1])), 3, id="one saw another tree"),
        pytest.param(HISTORY, (TWO[0], vote("eli@example.com", vouched=False)), 3, id="nobody vouches for one"),
        pytest.param(HISTORY, (TWO[0], vote("Writer@example.com")), 3, id="one is the author"),
        pytest.param(HISTORY, (TWO[0], TWO[0]), 3, id="one person twice"),
        pytest.param(HISTORY, (TWO[0], vote("spiffe://x/agent/y", kind="agent")), 3, id="one is an agent"),
        pytest.param(
            replace(HISTORY, merges=(merge(0, tree=TREES[1]), merge(1))), TWO, 3, id="nobody approved what was merged before"
        ),
    ],
)
def test_the_level_is_what_is_known(history: History, votes: tuple[Vote, ...], expected: int) -> None:
    assert level(history, votes) == expected


names = st.sampled_from([AUTHOR, AUTHOR.upper(), "dana@example.com", "spiffe://x/agent/a", "spiffe://x/service/b"])
anyone = st.builds(
    Vote,
    by=names,
    kind=st.sampled_from(["person", "agent", "service", "unknown"]),
    vouched=st.booleans(),
    tree=st.sampled_from(TREES),
    answer=st.sampled_from(["approve", "reject", "abstain"]),
    role=st.sampled_from(["reviewer", "security engineer"]),
)
histories = st.builds(
    History,
    named=st.booleans(),
    commit=st.sampled_from(["1", "2"]),
    merges=st.lists(
        st.builds(
            merge, st.integers(0, 1), enforced=st.sampled_from([ALL, ALL[:3], ()]), decided=st.booleans(),
            by_service=st.booleans(), tree=st.sampled_from(TREES),
        ),
        max_size=3,
    ).map(tuple),
)  # fmt: skip


def no_trusted_person(one: Vote) -> bool:
    return one.kind != "person" or not one.vouched or one.by.casefold() == AUTHOR


@given(st.one_of(st.just(HISTORY), histories), st.lists(anyone.filter(no_trusted_person), max_size=12))
def test_no_votes_of_agents_services_strangers_or_the_author_ever_raise_the_level(history: History, votes: Any) -> None:
    assert level(history, votes) == level(history, ())
    assert persons(votes, TREES[0], (AUTHOR,)) == frozenset()


@given(st.one_of(st.just(HISTORY), histories), st.lists(anyone, max_size=8), st.lists(anyone.filter(no_trusted_person)))
def test_nor_do_they_in_company(history: History, votes: Any, more: Any) -> None:
    assert level(history, [*votes, *more]) == level(history, votes)


@given(histories, st.lists(anyone, max_size=8), st.data())
def test_less_knowledge_never_gives_a_higher_level(history: History, votes: Any, data: Any) -> None:
    known = level(history, votes)
    if history.merges:
        at = data.draw(st.integers(0, len(history.merges) - 1))
        less = tuple(
            replace(one, **data.draw(st.sampled_from([{"enforced": ()}, {"decided": False}, {"by_service": False}])))
            if number == at
            else one
            for number, one in enumerate(history.merges)
        )
        assert level(replace(history, merges=less), votes) <= known
    assert level(replace(history, named=False), votes) == 0
    assert level(replace(history, merges=()), votes) <= known


@given(st.lists(anyone, max_size=10))
def test_one_person_counts_once_and_with_their_last_word(votes: Any) -> None:
    found = persons(votes, TREES[0], ())
    for name in found:
        own = [
            one
            for one in votes
            if one.by.casefold() == name and one.tree == TREES[0] and one.kind == "person" and one.vouched
        ]
        assert own[-1].answer == "approve"
