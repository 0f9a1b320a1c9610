"""`policy diff`: what became stricter or milder, in plain words and by cases."""

from collections.abc import Callable

import pytest

from clearance.decide.difference import Difference, difference
from clearance.decide.policy_set import Policies
from clearance.decide.table import Row
from clearance.facts.decision import Verdict

Compare = Callable[..., Difference]


def text(
    conditions: str, *, subject: str = "Change", action: str = "go-further-unreviewed", note: str = "", why: str = "so"
) -> str:
    head = f'@id("mine")\n@why("{why}")\n{note}'
    return f'{head}forbid (principal, action == Action::"{action}", resource is {subject})\n{conditions};\n'


@pytest.fixture
def compare(builtin: dict[str, str], schema: str, rows: tuple[Row, ...]) -> Compare:
    def compared(before: str, after: str, cases: tuple[Row, ...] = ()) -> Difference:
        one, other = ({"mine.cedar": each} if each else {} for each in (before, after))
        return difference(Policies.load(builtin, one, schema), Policies.load(builtin, other, schema), cases)

    return compared


BASE = text("when { resource.size > 100 }")
CHANGES = [
    # before, after, the direction, what changed, a part of how it is said
    (
        BASE,
        text("when { resource.size > 200 }"),
        "milder",
        "conditions",
        "no longer: size is 101 or more; now: size is 201 or more",
    ),
    (BASE, text("when { resource.size > 50 }"), "stricter", "conditions", "fires on more"),
    (
        BASE,
        text("when { resource.size > 100 && principal.byAi }"),
        "milder",
        "conditions",
        "an AI or an unknown author wrote it",
    ),
    (BASE, text("when { principal.byAi }"), "unclear", "conditions", "fires on other things"),
    (BASE, text("when { 100 < resource.size }"), "other", "conditions", "fires on the same"),
    (BASE, text("when { resource.size > 100 }", action="go-further"), "stricter", "verdict", "ASK → DENY"),
    (text("when { resource.size > 100 }", action="go-further"), BASE, "milder", "verdict", "DENY → ASK"),
    (
        BASE,
        text("when { resource.size > 100 }", note='@people("2 reviewers")\n'),
        "stricter",
        "people",
        "1 reviewer → 2 reviewers",
    ),
    (
        text("when { true }", note='@people("2 reviewers")\n'),
        text("when { true }"),
        "milder",
        "people",
        "2 reviewers → 1 reviewer",
    ),
    (
        BASE,
        text("when { resource.size > 100 }", note='@people("1 security engineer")\n'),
        "unclear",
        "people",
        "security engineer",
    ),
    (BASE, text("when { resource.size > 100 }", why="and so"), "other", "why", "so → and so"),
    (
        BASE,
        text("when { resource.size > 100 }", note='@controls("subset-of soc2:CC8.1")\n'),
        "other",
        "controls",
        "soc2:CC8.1",
    ),
    (BASE, text("when { resource.addedLines > 100 }", subject="File"), "unclear", "subject", "about a file"),
    (BASE, text("when { resource.size > 100 }", action="act-unasked"), "unclear", "subject", "act-unasked"),
    (
        text("when { true }", action="go-further"),
        text("when { true }", action="go-further", note='@exit("could-not-look")\n'),
        "other",
        "exit",
        "exit 1 → exit 4",
    ),
    (BASE, text("when { resource.size + 1 > 100 }"), "unclear", "conditions", "see its text"),
]


@pytest.mark.parametrize(("before", "after", "direction", "what", "said"), CHANGES)
def test_a_changed_policy_is_told_in_plain_words(
    compare: Compare, before: str, after: str, direction: str, what: str, said: str
) -> None:
    found = compare(before, after)
    (entry,) = found.entries
    assert (entry.kind, entry.policy, entry.direction) == ("changed", "mine", direction)
    aspect = next(one for one in entry.aspects if one.what == what)
    assert said in aspect.said
    assert found.milder is (direction in ("milder", "unclear"))


def test_stricter_here_does_not_make_up_for_milder_there(compare: Compare) -> None:
    found = compare(BASE, text("when { resource.size > 200 }", note='@people("2 reviewers")\n'))
    assert found.entries[0].direction == "milder"
    assert found.milder


@pytest.mark.parametrize("after", [BASE, "// a comment\n" + BASE, BASE.replace(" > ", "  >  ")])
def test_comments_and_spaces_change_nothing(compare: Compare, after: str) -> None:
    found = compare(BASE, after)
    assert found.entries == ()
    assert not found.milder


def test_an_added_policy_is_stricter_and_a_removed_one_milder(compare: Compare) -> None:
    added, removed = compare("", BASE), compare(BASE, "")
    assert [(one.kind, one.direction) for one in (*added.entries, *removed.entries)] == [
        ("added", "stricter"),
        ("removed", "milder"),
    ]
    assert added.entries[0].aspects[0].said == "size is 101 or more"
    assert not added.milder
    assert removed.milder


def test_removing_what_another_policy_covers_is_not_milder(compare: Compare) -> None:
    found = compare(text("when { resource.tier == 2 && principal.byAi }"), "")
    assert [(one.kind, one.direction) for one in found.entries] == [("removed", "other")]
    assert "tier-2-needs-a-reviewer fires whenever it did" in found.entries[0].aspects[0].said
    assert not found.milder


def test_cases_say_exactly_which_verdicts_change(compare: Compare) -> None:
    cases = (
        Row(name="small", verdict=Verdict.ALLOW, size=10),
        Row(name="large", verdict=Verdict.ALLOW, size=500),
        Row(name="large and sensitive", verdict=Verdict.ASK, size=500, tier=2),
    )
    found = compare("", BASE, cases)
    assert [(one.name, one.before, one.after, one.direction) for one in found.cases] == [
        ("large", "ALLOW", "ASK because of mine; to look: 1 reviewer", "stricter")
    ]
    assert (found.asked, found.reasons) == (3, 1)


def test_fewer_people_are_a_milder_case(compare: Compare) -> None:
    found = compare(
        text("when { true }", note='@people("2 reviewers")\n'), text("when { true }"), (Row(name="x", verdict=Verdict.ASK),)
    )
    assert [one.direction for one in found.cases] == ["milder"]


def test_the_same_set_has_no_difference(policies: Policies, rows: tuple[Row, ...]) -> None:
    found = difference(policies, policies, rows)
    assert (found.entries, found.cases, found.reasons, found.asked) == ((), (), 0, len(rows))


def test_rules_of_another_judge_are_told_and_not_compared(policies: Policies) -> None:
    before = {"a.rego": "package a", "b.rego": "package b", "c.rego": "package c"}
    after = {"b.rego": "package b # changed", "c.rego": "package c", "d.rego": "package d"}
    found = difference(policies, policies, (), (before, after))
    assert [(one.kind, one.policy, one.direction) for one in found.entries] == [
        ("removed", "a.rego", "milder"),
        ("changed", "b.rego", "unclear"),
        ("added", "d.rego", "stricter"),
    ]
    assert found.milder
