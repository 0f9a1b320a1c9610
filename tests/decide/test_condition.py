"""What is claimed about conditions is so: held against the engine itself on random policies and cases."""

import json
from itertools import product

import cedarpy
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.decide.condition import MOST_CLAUSES, clauses, formula
from clearance.decide.cover import Logic, covers, implied, index
from clearance.decide.policy import Policy, read_policy
from clearance.decide.terms import WILD, TooComplex, World, fits
from clearance.decide.words import words

SCOPE = 'forbid (principal, action == Action::"go-further-unreviewed", resource is Finding)\n'
WORDS = ("", "a", "b", "ab", "src/a.py", "src/b/a.py")
PATTERNS = ("*", "a*", "*a", "src/*", "src/b/*", "*.py", "s*a*y", "ab")


def policy(conditions: str, name: str = "mine", scope: str = SCOPE) -> Policy:
    return read_policy(f'@id("{name}")\n@why("because")\n{scope}{conditions};', f"{name}.cedar", team=True)


ATOMS = st.one_of(
    st.sampled_from(["resource.introduced", "resource.waived", "principal.byAi", "true", "false"]),
    st.builds(
        'resource.severity {} Severity::"{}"'.format,
        st.sampled_from(["==", "!="]),
        st.sampled_from(["low", "medium", "high"]),
    ),
    st.just('resource.severity in [Severity::"high", Severity::"critical"]'),
    st.builds('resource.path {} "{}"'.format, st.sampled_from(["==", "!="]), st.sampled_from(WORDS)),
    st.builds('resource.path like "{}"'.format, st.sampled_from(PATTERNS)),
    st.builds('["{}", "{}"].contains(resource.path)'.format, st.sampled_from(WORDS), st.sampled_from(WORDS)),
    st.builds(
        "resource.classification {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(-1, 4)
    ),
    st.builds("{} {} resource.change.tier".format, st.integers(-1, 4), st.sampled_from(["<", "<=", ">", ">=", "=="])),
    st.builds("[1, 3].contains({})".format, st.sampled_from(["resource.change.tier", "resource.classification"])),
    st.builds('resource.cwe.contains("{}")'.format, st.sampled_from("xyz")),
    st.builds(
        'resource.cwe.{}(["{}", "{}"])'.format,
        st.sampled_from(["containsAny", "containsAll"]),
        st.sampled_from("xyz"),
        st.sampled_from("xyz"),
    ),
    st.just("resource.cwe.isEmpty()"),
    st.just("resource.classification < resource.change.tier"),
)
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("(if {} then {} else {})".format, inner, inner, inner),
    ),
    max_leaves=6,
)
CONDITIONS = st.builds(
    lambda parts: "\n".join(f"{kind} {{ {text} }}" for kind, text in parts),
    st.lists(st.tuples(st.sampled_from(["when", "unless"]), EXPRESSIONS), max_size=3),
)
FINDINGS = st.fixed_dictionaries(
    {
        "introduced": st.booleans(), "waived": st.booleans(), "path": st.sampled_from(WORDS),
        "severity": st.sampled_from(["low", "medium", "high", "critical"]), "classification": st.integers(0, 3),
        "cwe": st.lists(st.sampled_from("xyz"), unique=True, max_size=3), "tier": st.integers(0, 3), "byAi": st.booleans(),
    }
)  # fmt: skip


def fires(one: Policy, seen: dict[str, object]) -> bool:
    """Ask the engine itself, without a schema."""
    attributes = {key: value for key, value in seen.items() if key not in ("tier", "byAi")}
    attributes["severity"] = {"__entity": {"type": "Severity", "id": seen["severity"]}}
    attributes["change"] = {"__entity": {"type": "Change", "id": "c"}}
    entities = [
        {"uid": {"type": "Actor", "id": "a"}, "attrs": {"byAi": seen["byAi"]}, "parents": []},
        {"uid": {"type": "Change", "id": "c"}, "attrs": {"tier": seen["tier"]}, "parents": []},
        {"uid": {"type": "Finding", "id": "f"}, "attrs": attributes, "parents": []},
    ]
    request = {
        "principal": 'Actor::"a"',
        "action": 'Action::"go-further-unreviewed"',
        "resource": 'Finding::"f"',
        "context": {},
    }
    answer = cedarpy.is_authorized(request, one.text, json.dumps(entities))
    assert answer.diagnostics.errors == []
    return bool(answer.diagnostics.reasons)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(first=CONDITIONS, second=CONDITIONS, seen=st.lists(FINDINGS, min_size=8, max_size=8))
def test_what_is_claimed_holds_for_the_engine(schema: str, first: str, second: str, seen: list[dict[str, object]]) -> None:
    one, other = Logic(policy(first, "one"), schema), Logic(policy(second, "other"), schema)
    for logic in (one, other):
        if logic.never:
            assert not any(fires(logic.policy, each) for each in seen)
    if implied(one, other):
        assert all(fires(other.policy, each) for each in seen if fires(one.policy, each))
    if one.ways is not None and one.form is not None:
        assert words(one.form)
        assert implied(one, one) or not one.ways


FEW = st.recursive(
    st.sampled_from(["resource.introduced", "resource.waived", "resource.classification > 1", 'resource.path like "src/*"']),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=5,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(first=FEW, second=FEW)
def test_what_is_claimed_holds_for_every_truth_of_a_few_parts(schema: str, first: str, second: str) -> None:
    one, other = (Logic(policy(f"when {{ {text} }}", name), schema) for text, name in ((first, "one"), (second, "other")))
    every = [
        {"introduced": introduced, "waived": waived, "path": path, "severity": "low", "classification": level, "cwe": [],
         "tier": 0, "byAi": False}
        for introduced, waived, path, level in product((True, False), (True, False), ("src/a.py", "b"), (1, 2))
    ]  # fmt: skip
    fired = [(fires(one.policy, each), fires(other.policy, each)) for each in every]
    assert bool(one.never) is not any(yes for yes, _ in fired)
    if implied(one, other):
        assert all(too for yes, too in fired if yes)


IMPLIED = [
    # the stricter condition, the wider one, whether it follows
    ("when { resource.introduced && resource.waived }", "when { resource.introduced }", True),
    ("when { resource.introduced }", "when { resource.introduced && resource.waived }", False),
    ('when { resource.severity == Severity::"high" }', 'unless { resource.severity == Severity::"low" }', True),
    ('unless { resource.severity == Severity::"low" }', 'when { resource.severity == Severity::"high" }', False),
    ("when { resource.classification > 2 }", "when { resource.classification >= 2 }", True),
    ("when { resource.classification >= 2 }", "when { resource.classification > 2 }", False),
    ("when { resource.classification > 2 }", "when { resource.classification == 3 }", True),
    ("when { resource.classification < 2 }", "when { resource.classification <= 1 }", True),
    ("when { resource.classification <= 2 }", "when { resource.classification < 2 }", False),
    ("when { 2 > resource.classification }", "when { 1 >= resource.classification }", True),
    ("when { resource.introduced || resource.waived }", "when { resource.introduced }", False),
    ("when { resource.introduced }", "when { resource.introduced || resource.waived }", True),
    ('when { resource.path == "src/a.py" }', 'when { resource.path like "src/*" }', True),
    ('when { resource.path like "src/pay/*" }', 'when { resource.path like "src/*" }', True),
    ('when { resource.path like "src/*" }', 'when { resource.path like "src/pay/*" }', False),
    ('when { ["a", "b"].contains(resource.rule) }', 'when { ["c", "b", "a"].contains(resource.rule) }', True),
    ('when { resource.cwe.containsAll(["x", "y"]) }', 'when { resource.cwe.containsAny(["y", "z"]) }', True),
    ('when { resource.cwe.contains("x") }', "unless { resource.cwe.isEmpty() }", True),
    ("", "when { true }", True),
    ("", "when { resource.introduced }", False),
    ("when { resource.introduced } when { resource.waived }", "when { resource.waived && resource.introduced }", True),
]


@pytest.mark.parametrize(("strict", "wide", "follows"), IMPLIED)
def test_one_condition_follows_from_another(schema: str, strict: str, wide: str, *, follows: bool) -> None:
    assert implied(Logic(policy(strict), schema), Logic(policy(wide), schema)) is follows


def test_a_policy_is_found_among_many_by_what_it_shares(schema: str) -> None:
    many = [Logic(policy(f'when {{ resource.path like "team-{n}/*" }}', f"p-{n}"), schema) for n in range(300)]
    one = Logic(policy('when { resource.path like "team-7/api/*" }', "q"), schema)
    among = index([*many, one])
    assert [logic.policy.id for logic in among.candidates(one)] == ["p-7"]
    assert [logic.policy.id for logic in covers(one, among)[0]] == ["p-7"]


def test_too_many_neighbours_are_said_so(schema: str) -> None:
    many = [Logic(policy(f"when {{ resource.classification < {n} }}", f"p-{n}"), schema) for n in range(4, 300)]
    assert covers(many[0], index(many), most=3)[1] is False


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("a*c", "abc", True),
        ("a*c", "ac", True),
        ("a*c", "abd", False),
        ("*", "", True),
        ("", "a", False),
        ("*b*b*", "abab", True),
    ],
)
def test_patterns_fit_texts(pattern: str, text: str, *, does: bool) -> None:
    read = tuple(WILD if one == "*" else one for one in pattern)
    assert fits(read, tuple(text)) is does


def test_a_pattern_holds_all_of_a_narrower_one() -> None:
    def read(text: str) -> tuple[str | None, ...]:
        return tuple(WILD if one == "*" else one for one in text)

    assert fits(read("src/*"), read("src/pay/*.py"))
    assert not fits(read("src/pay/*"), read("src/*"))
    assert not fits(read("src/a"), read("src/*"))


@pytest.mark.parametrize(
    "conditions",
    [
        "when { resource.classification + 1 > 2 }",
        'when { ip("10.0.0.1").isLoopback() }',
    ],
)
def test_what_may_fail_is_not_claimed_about(schema: str, conditions: str) -> None:
    logic = Logic(policy(conditions), schema)
    with pytest.raises(TooComplex):
        formula(logic.policy)
    assert logic.never == ()
    assert not implied(logic, logic)


def test_what_is_too_deep_is_not_claimed_about(schema: str) -> None:
    node: dict[str, object] = {"Value": True}
    for _ in range(60):
        node = {"!": {"arg": {"&&": {"left": {"Value": True}, "right": node}}}}
    fine = policy("when { true }")
    logic = Logic(msgspec.structs.replace(fine, tree={**fine.tree, "conditions": [{"kind": "when", "body": node}]}), schema)
    with pytest.raises(TooComplex):
        formula(logic.policy)
    assert logic.never == ()


def test_too_many_ways_are_not_claimed_about(schema: str) -> None:
    either = " && ".join(f'(resource.cwe.contains("{n}") || resource.controls.contains("{n}"))' for n in range(12))
    logic = Logic(policy(f"when {{ {either} }}"), schema)
    assert logic.form is not None
    with pytest.raises(TooComplex):
        clauses(logic.form)
    assert logic.ways is None
    assert MOST_CLAUSES < 2**12


def test_names_with_a_colon_belong_to_other_tools() -> None:
    world = World(names={"resource.rule": frozenset({'"mine"'})})
    assert world.possible("resource.rule", '"bandit:B101"')
    assert not world.possible("resource.rule", '"other"')
