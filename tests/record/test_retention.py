"""Which evidence goes by age: laws of the rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.classification import Level
from clearance.facts.evidence import Body, Hold, Rule, Rules
from clearance.facts.moment import rfc3339
from clearance.record.retention import due

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEVELS = st.sampled_from(Level)
SUBJECTS = st.sampled_from(["ann@example.com", "ANN@example.com", "bob@example.com"])
BODIES = st.builds(
    lambda number, level, days, subject: Body(
        name=f"{number:064x}", holder="a" * 64, subject=subject, kind="prompt", classification=level, size=1,
        time=rfc3339(NOON - timedelta(days=days)),
    ),
    st.integers(0, 999), LEVELS, st.integers(-400, 400), SUBJECTS,
)  # fmt: skip
MANY = st.lists(BODIES, max_size=12, unique_by=lambda body: body.name)
RULES = st.builds(
    Rules,
    retain=st.lists(st.builds(Rule, classification=LEVELS, days=st.integers(0, 300), hold=st.booleans()), max_size=4,
                    unique_by=lambda rule: rule.classification).map(tuple),
    hold=st.lists(st.builds(Hold, subject=SUBJECTS), max_size=1).map(tuple),
)  # fmt: skip


def gone(bodies: list[Body], rules: Rules, now: datetime) -> set[str]:
    return {name for one in due(bodies, rules, now) for name in one.erased}


@given(MANY, RULES)
def test_all_that_is_old_enough_and_free_goes_and_nothing_else(bodies: list[Body], rules: Rules) -> None:
    days = {rule.classification: rule.days for rule in rules.retain if not rule.hold}
    held = {hold.subject.lower() for hold in rules.hold}
    wanted = {
        body.name
        for body in bodies
        if body.classification in days
        and datetime.fromisoformat(body.time) < NOON - timedelta(days=days[body.classification])
        and body.subject.lower() not in held
    }
    assert gone(bodies, rules, NOON) == wanted


@given(MANY, RULES, st.integers(0, 500))
def test_a_clock_that_went_back_erases_no_more_than_the_right_one(bodies: list[Body], rules: Rules, back: int) -> None:
    assert gone(bodies, rules, NOON - timedelta(days=back)) <= gone(bodies, rules, NOON)


@given(MANY, RULES)
def test_a_second_run_finds_nothing_and_every_body_is_counted_once(bodies: list[Body], rules: Rules) -> None:
    going = gone(bodies, rules, NOON)
    assert gone([body for body in bodies if body.name not in going], rules, NOON) == set()
    for one in due(bodies, rules, NOON):
        own = [body for body in bodies if body.classification is one.rule.classification]
        assert len(one.erased) + one.left + one.held == len(own)


def test_a_body_of_exactly_so_many_days_stays() -> None:
    body = Body(
        name="a" * 64, holder="b" * 64, subject="x", kind="diff", classification=Level.PUBLIC, size=1, time=rfc3339(NOON)
    )
    rules = Rules(retain=(Rule(classification=Level.PUBLIC, days=1),))
    assert gone([body], rules, NOON + timedelta(days=1)) == set()
    assert gone([body], rules, NOON + timedelta(days=1, seconds=1)) == {"a" * 64}
