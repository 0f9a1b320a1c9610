"""Canaries and answers by contract: for each assistant and event, in one process with the real engine."""

import os
from pathlib import Path

import pytest

from clearance.assistants.model import Assistant, Event, Template, assistant, assistants
from clearance.facts.act import Moment
from clearance.facts.proof import Pulse
from clearance.frontends.hooks.answer import answer, strictest
from clearance.frontends.hooks.filling import Answer, fill
from clearance.wiring.acts import Engine
from clearance.wiring.proving import answers
from clearance.wiring.proving.answers import Done, judge, lives
from clearance.wiring.proving.payloads import canaries, harmless, names_of
from journeys.place import Place

EVENTS = [(one, event) for one in assistants() for event in (one.hooks.events if one.hooks else ())]
IDS = [f"{one.name} {event.name}" for one, event in EVENTS]
STOPPING = [(one, event) for one, event in EVENTS if event.blocks and event.moment in (Moment.BEFORE, Moment.PROMPT)]
STOPPING_IDS = [f"{one.name} {event.name}" for one, event in STOPPING]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(dict(os.environ))


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Place:
    top = tmp_path_factory.mktemp("contracts") / "shop"
    top.mkdir()
    place = Place(top)
    place.git("init", "-q", "-b", "main")
    place.write("shop.py", "def total(prices):\n    return sum(prices)\n")
    place.commit("start")
    return place


def done(given: Answer) -> Done:
    return Done(given.exit, given.stdout, given.stderr, 20.0)


@pytest.mark.parametrize(("one", "event"), STOPPING, ids=STOPPING_IDS)
def test_each_canary_is_understood_and_stopped_because_of_what_it_is(
    one: Assistant, event: Event, engine: Engine, repository: Place
) -> None:
    fired = list(canaries(one, event, repository.top))
    assert fired, "an event that can stop something has nothing fired at it"
    for canary in fired:
        given = answer(one.name, event.name, canary.payload, repository.top, dict(os.environ), engine)
        said = judge(one, event, done(given), canary.marks)
        assert said.pulse is Pulse.ALIVE, f"{canary.what}: {said.why}: {given}"


@pytest.mark.parametrize(("one", "event"), STOPPING, ids=STOPPING_IDS)
def test_what_nothing_speaks_against_passes(one: Assistant, event: Event, engine: Engine, repository: Place) -> None:
    payload = harmless(one, event, repository.top)
    if payload is not None:
        given = answer(one.name, event.name, payload, repository.top, dict(os.environ), engine)
        assert answers.passes(event, done(given)), given


@pytest.mark.parametrize(("one", "event"), STOPPING, ids=STOPPING_IDS)
def test_a_guard_that_stops_everything_because_it_cannot_judge_is_dead(one: Assistant, event: Event) -> None:
    said = judge(one, event, done(strictest(one.name, event.name, "the rules cannot be read")), ("rules",))
    assert said.pulse is Pulse.DEAD
    assert "nobody can judge" in said.why
    assert said.stopped


@pytest.mark.parametrize(("one", "event"), STOPPING, ids=STOPPING_IDS)
def test_answers_that_stop_nothing_are_dead(one: Assistant, event: Event) -> None:
    allowed = done(fill(event.answers.allow))
    for given in (
        allowed,
        Done(0, b"", b"", 20.0),
        Done(0, b"Clearance stopped it: flaw", b"", 20.0),
        Done(127, b"", b"sh: clearance-hook: not found", 20.0),
        Done(1, b"", b"Traceback", 20.0),
        Done(-9, b"", b"", 20.0),
        Done(None, b"", b"", 20.0),
    ):
        assert judge(one, event, given, ("flaw", "Traceback")).pulse is Pulse.DEAD, given


@pytest.mark.parametrize(("one", "event"), STOPPING, ids=STOPPING_IDS)
def test_a_denial_counts_only_in_exactly_the_form_of_the_contract(one: Assistant, event: Event) -> None:
    right = fill(event.answers.deny, reason="because of the flaw", person="because of the flaw")
    assert judge(one, event, done(right), ("flaw",)).pulse is Pulse.ALIVE
    assert judge(one, event, done(right), ("another",)).pulse is Pulse.DEAD
    assert judge(one, event, done(right)._replace(exit=right.exit + 1), ("flaw",)).pulse is Pulse.DEAD
    if right.stdout:
        more = right.stdout[:-1] + b', "unknown": 1}'
        assert judge(one, event, done(right)._replace(stdout=more), ("flaw",)).pulse is Pulse.DEAD
        assert judge(one, event, done(right)._replace(stdout=right.stdout + right.stdout), ("flaw",)).pulse is Pulse.DEAD


@pytest.mark.parametrize(("one", "event"), EVENTS, ids=IDS)
def test_an_event_that_stops_nothing_is_alive_with_each_answer_of_its_contract(one: Assistant, event: Event) -> None:
    templates: list[Template | None] = [event.answers.allow, event.answers.context]
    for template in filter(None, templates):
        given = fill(template, reason="r", person="p", context="c")
        assert lives(one, event, done(given)).pulse is Pulse.ALIVE, given
    assert lives(one, event, Done(127, b"", b"not found", 20.0)).pulse is Pulse.DEAD
    assert lives(one, event, Done(None, b"", b"", 20.0)).pulse is Pulse.DEAD
    if event.moment is Moment.START:
        assert lives(one, event, Done(0, b"no json", b"", 20.0)).pulse is Pulse.DEAD


def test_what_an_assistant_does_then_is_said_in_its_own_terms() -> None:
    claude = assistant("claude-code")
    event = claude.hooks.event("PreToolUse") if claude.hooks else None
    assert event is not None
    said = judge(claude, event, Done(127, b"", b"sh: 1: clearence-hook: not found", 20.0), ("x",))
    assert "there is no such program: exit code 127" in said.why
    assert "Claude Code goes on then, as if nothing had been asked" in said.why
    assert not said.stopped
    fallback = judge(claude, event, Done(2, b"", b"Clearance did not answer. Run: clearance prove", 20.0), ("x",))
    assert "the line then refuses every step" in fallback.why


def test_the_tools_that_a_matcher_must_see_are_those_that_act() -> None:
    claude = assistant("claude-code")
    event = claude.hooks.event("PreToolUse") if claude.hooks else None
    assert claude.hooks is not None
    assert event is not None
    names = names_of(claude.hooks, event)
    assert {"Write", "Edit", "Bash", "mcp__x"} <= set(names)
    assert "Read" not in names


def test_no_look_alike_of_a_secret_stands_in_our_source() -> None:
    from clearance.wiring.proving import canary

    text = Path(canary.__file__).read_text()
    assert "ghp_ 30" in text
    assert canary.token() != canary.token()
    assert canary.token()[:12] not in text
    assert canary.package() != canary.package()
