"""What holds where lines were settled more than once: nobody takes lines that were told to be another's."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.trace import Origin
from clearance.trace.standing import BY_SOURCE, OF_A_PERSON, Settled, standing

SOURCES = {"hook": "hook", "other hook": "hook", "command": "command", "other command": "command", "note": "note"}
UNKNOWN = Origin(kind="unknown")
PERSON = Origin(kind="person", person="ann@example.com")


def by(name: str) -> Origin:
    return Origin(kind="generation", generation=name, how="exact")


def strength(origin: Origin) -> int:
    if origin.kind == "person":
        return OF_A_PERSON
    return BY_SOURCE[SOURCES[origin.generation]] if origin.generation else 0


def whole(origin: Origin) -> Settled:
    return ((1, 4, origin),)


def told(*origins: Origin) -> str:
    (run,) = standing([whole(one) for one in origins], strength).runs
    return run[2].generation or run[2].person or run[2].kind


def test_a_later_record_fills_only_what_was_unknown() -> None:
    assert told(UNKNOWN, by("command")) == "command"
    assert told(by("command"), by("other command")) == "command"
    assert told(by("hook"), by("other hook")) == "hook"
    assert told(by("hook"), UNKNOWN) == "hook"


def test_stronger_evidence_takes_the_place_of_weaker_and_never_the_other_way() -> None:
    assert told(by("note"), by("command")) == told(by("command"), by("note")) == "command"
    assert told(by("command"), by("hook")) == told(by("hook"), by("command")) == "hook"
    assert told(by("note"), PERSON) == told(PERSON, by("note")) == "ann@example.com"
    assert told(PERSON, by("command")) == "ann@example.com"
    assert told(PERSON, by("hook")) == "hook"


def test_what_another_settlement_said_is_told_too() -> None:
    found = standing([whole(by("hook")), ((1, 1, by("hook")), (2, 3, by("command")), (4, 4, UNKNOWN))], strength)
    assert found.runs == whole(by("hook"))
    assert found.others == ((2, 3, "command"),)


ORIGINS = st.sampled_from([UNKNOWN, PERSON, *map(by, SOURCES)])
SETTLED = st.lists(ORIGINS, min_size=5, max_size=5).map(
    lambda origins: tuple((line, line, origin) for line, origin in enumerate(origins, 1))
)


@given(st.lists(SETTLED, min_size=1, max_size=4))
def test_every_line_keeps_one_origin_and_repeating_changes_nothing(settlements: list[Settled]) -> None:
    found = standing(settlements, strength)
    assert [line for first, last, _ in found.runs for line in range(first, last + 1)] == [1, 2, 3, 4, 5]
    assert standing([*settlements, found.runs], strength).runs == found.runs


@given(st.lists(SETTLED, min_size=2, max_size=3))
def test_the_strength_that_holds_does_not_depend_on_the_order(settlements: list[Settled]) -> None:
    strengths = {
        tuple(strength(one) for first, last, one in standing(order, strength).runs for _ in range(first, last + 1))
        for order in permutations(settlements)
    }
    assert len(strengths) == 1
