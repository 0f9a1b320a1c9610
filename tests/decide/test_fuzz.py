"""Nothing that should be forbidden comes out as allowed: policies, cases and facts are made at random, and held against a
second evaluator of the language, which is written here and shares nothing with Cedar or with the index."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.decide import asking
from clearance.decide.decide import decide
from clearance.decide.policy import ERROR
from clearance.decide.policy_set import Policies
from clearance.decide.question import author, context, subjects
from clearance.decide.table import FindingRow, GapRow, Row, TriggerRow, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.decision import Case, Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.finding import Confidence, GapKind, Severity

PERMITTING = '@id("changes-may-go-further")\n@why("so")\npermit (principal, action, resource);'
PERMIT = {"policies/changes-may-go-further.cedar": PERMITTING}
HUGE = 2**63 - 1

# A term is a tuple: its name and its parts. `text_of` writes it as Cedar, `value_of` evaluates it.
Term = tuple[Any, ...]
TEXTS = {
    "Change": ["source"],
    "File": ["path"],
    "Finding": ["rule", "family", "path"],
    "Gap": ["scanner"],
    "Trigger": ["name"],
}
SETS = {"Change": ["triggers", "scanners"], "Finding": ["cwe"]}
NUMBERS = {"Change": ["size", "tier"], "File": ["addedLines"], "Finding": ["classification"], "Trigger": ["tier"]}
FLAGS = {"File": ["binary"], "Finding": ["introduced", "waived"], "Trigger": ["removed"], "Gap": ["matters", "introduced"]}
ENUMS = {
    "Finding": [("severity", "Severity", ["low", "medium", "high", "critical"])],
    "Gap": [("kind", "GapKind", ["binary", "scanner crashed"])],
}
WORDS = ["src/app.py", "src/", "a", "code", "secrets", "range", "", "*", "all"]


def numbers_of(kind: str) -> st.SearchStrategy[Term]:
    attribute = st.sampled_from([("context", "classification"), ("context", "proofHours")]) | st.sampled_from(
        [("resource", name) for name in NUMBERS.get(kind, [])] or [("context", "proofHours")]
    )
    plain = attribute.map(lambda path: ("get", *path)) | st.sampled_from([-1, 0, 1, 2, 3, HUGE, -HUGE]).map(
        lambda number: ("number", number)
    )
    return st.recursive(plain, lambda inner: st.tuples(st.sampled_from(["+", "-", "*"]), inner, inner), max_leaves=3)


def conditions_of(kind: str) -> st.SearchStrategy[Term]:
    word = st.sampled_from(WORDS).map(lambda text: ("text", text))
    texts = st.sampled_from([("get", "resource", name) for name in TEXTS[kind]] + [("get", "principal", "name")])
    sets = st.sampled_from(
        [("get", "resource", name) for name in SETS.get(kind, [])]
        + [("get", "principal", "roles"), ("get", "context", "deadGuards")]
    )
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda these: ("set", *these))
    number = numbers_of(kind)
    pattern = st.lists(st.sampled_from(["*", "src/", "a", ".py", "\\*"]), min_size=1, max_size=4).map(tuple)
    leaves: list[st.SearchStrategy[Term]] = [
        st.sampled_from([("true",), ("false",), ("get", "principal", "byAi")]),
        st.tuples(st.sampled_from(["==", "!="]), texts, word | texts),
        st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), number, number),
        st.tuples(st.just("like"), texts, pattern),
        st.tuples(st.just("contains"), sets | words, word | texts),
        st.tuples(st.sampled_from(["containsAny", "containsAll"]), sets | words, sets | words),
        st.tuples(st.just("isEmpty"), sets),
    ]
    if kind in FLAGS:
        leaves.append(st.sampled_from([("get", "resource", name) for name in FLAGS[kind]]))
    for name, type_, ids in ENUMS.get(kind, []):
        one = st.sampled_from(ids)
        leaves.append(st.tuples(st.just("is"), st.just(name), st.just(type_), one))
        leaves.append(
            st.tuples(st.just("among"), st.just(name), st.just(type_), st.lists(one, min_size=1, max_size=3).map(tuple))
        )
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["&&", "||"]), inner, inner),
            st.tuples(st.just("!"), inner),
            st.tuples(st.just("if"), inner, inner, inner),
        ),
        max_leaves=8,
    )


def text_of(term: Term) -> str:
    """Write a term as Cedar."""
    match term:
        case ("true",) | ("false",):
            return str(term[0])
        case ("get", root, name):
            return f"{root}.{name}"
        case ("number", number):
            return f"({number})"
        case ("text", text):
            return json.dumps(text)
        case ("set", *these):
            return "[" + ", ".join(map(json.dumps, these)) + "]"
        case ("like", left, pattern):
            return f'{text_of(left)} like "{"".join(pattern)}"'
        case (("contains" | "containsAny" | "containsAll") as name, left, right):
            return f"{text_of(left)}.{name}({text_of(right)})"
        case ("isEmpty", left):
            return f"{text_of(left)}.isEmpty()"
        case ("is", name, type_, one):
            return f'resource.{name} == {type_}::"{one}"'
        case ("among", name, type_, ids):
            return f"resource.{name} in [" + ", ".join(f'{type_}::"{one}"' for one in ids) + "]"
        case ("!", inner):
            return f"!({text_of(inner)})"
        case ("if", test, then, other):
            return f"(if {text_of(test)} then {text_of(then)} else {text_of(other)})"
        case (operator, left, right):
            return f"({text_of(left)} {operator} {text_of(right)})"
    raise AssertionError(term)


class Failed(Exception):
    """An evaluation that has no value: an overflow."""


COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def value_of(term: Term, seen: Mapping[str, Mapping[str, Any]]) -> Any:
    """Evaluate a term, from the left and no further than needed."""
    match term:
        case ("true",) | ("false",):
            return term[0] == "true"
        case ("get", root, name):
            return seen[root][name]
        case ("number" | "text", value):
            return value
        case ("set", *these):
            return these
        case ("like", left, pattern):
            parts = {"*": ".*", "\\*": "\\*"}
            return bool(
                re.fullmatch("".join(parts.get(one, re.escape(one)) for one in pattern), value_of(left, seen), re.DOTALL)
            )
        case ("contains", left, right):
            held = value_of(left, seen)
            return value_of(right, seen) in held
        case ("containsAny", left, right):
            return bool(set(value_of(left, seen)) & set(value_of(right, seen)))
        case ("containsAll", left, right):
            return set(value_of(left, seen)) >= set(value_of(right, seen))
        case ("isEmpty", left):
            return not value_of(left, seen)
        case ("is", name, _, one):
            return seen["resource"][name]["__entity"]["id"] == one
        case ("among", name, _, ids):
            return seen["resource"][name]["__entity"]["id"] in ids
        case ("!", inner):
            return not value_of(inner, seen)
        case ("if", test, then, other):
            return value_of(then if value_of(test, seen) else other, seen)
        case ("&&", left, right):
            return value_of(left, seen) and value_of(right, seen)
        case ("||", left, right):
            return value_of(left, seen) or value_of(right, seen)
        case ("+" | "-" | "*", left, right):
            one, other = value_of(left, seen), value_of(right, seen)
            result = one + other if term[0] == "+" else one - other if term[0] == "-" else one * other
            if not -(2**63) <= result < 2**63:
                raise Failed
            return result
        case (operator, left, right):
            one = value_of(left, seen)
            return COMPARE[operator](one, value_of(right, seen))
    raise AssertionError(term)


Made = tuple[str, str, list[tuple[str, Term]]]
made = st.sampled_from(list(TEXTS)).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.sampled_from(["go-further", "go-further-unreviewed"]),
        st.lists(st.tuples(st.sampled_from(["when", "unless"]), conditions_of(kind)), max_size=3),
    )
)


def cedar(number: int, one: Made) -> str:
    kind, action, conditions = one
    body = "\n".join(f"{word} {{ {text_of(term)} }}" for word, term in conditions)
    return f'@id("p{number}")\n@why("w")\nforbid (principal, action == Action::"{action}", resource is {kind})\n{body};'


def expected(case: Case, policies: Mapping[str, Made]) -> set[str]:
    """Say by the second evaluator which policies fire, and whether any fails."""
    around = {"principal": author(case), "context": context(case)}
    found = set()
    for subject in subjects(case):
        for name, (kind, _, conditions) in policies.items():
            if subject.kind != kind:
                continue
            try:
                seen = {**around, "resource": subject.attributes}
                if all(value_of(term, seen) is (word == "when") for word, term in conditions):
                    found.add(name)
            except Failed:
                found.add(ERROR)
    return found


rows = st.builds(
    Row,
    name=st.just("x"),
    verdict=st.just(Verdict.ALLOW),
    author=st.sampled_from(ActorKind),
    files=st.lists(st.sampled_from(["src/app.py", "a", "*", ""]), max_size=2).map(tuple),
    size=st.sampled_from([0, 1, 3, 2**53 - 1]),
    tier=st.integers(0, 3),
    scanners=st.sampled_from([(), ("code",), ("code", "secrets")]),
    proof_hours=st.sampled_from([-1, 0, 2]),
    dead_guards=st.sampled_from([(), ("a",)]),
    findings=st.lists(
        st.builds(
            FindingRow, rule=st.sampled_from(["a", "code"]), family=st.sampled_from(["secrets", "code"]),
            severity=st.sampled_from(Severity), confidence=st.sampled_from(Confidence), introduced=st.booleans(),
            path=st.sampled_from(["src/app.py", ""]), cwe=st.sampled_from([(), ("a",), ("a", "code")]),
        ),
        max_size=2,
    ).map(tuple),
    triggers=st.lists(
        st.builds(TriggerRow, id=st.sampled_from(["a", "all"]), tier=st.integers(0, 3)), max_size=2
    ).map(tuple),
    gaps=st.lists(st.builds(GapRow, kind=st.sampled_from(GapKind), introduced=st.booleans()), max_size=2).map(tuple),
)  # fmt: skip


def loaded(found: list[Made], schema: str) -> tuple[Policies, dict[str, Made]]:
    """Load what Cedar's validation takes; the rest (a comparison that is always false, say) is left out."""
    team = {f"team/p{number}.cedar": cedar(number, one) for number, one in enumerate(found)}
    while True:
        try:
            policies = Policies.load(PERMIT, team, schema)
        except BadPolicy as error:
            del team[error.where.partition(":")[0]]
            continue
        return policies, {f"p{number}": one for number, one in enumerate(found) if f"team/p{number}.cedar" in team}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(found=st.lists(made, min_size=1, max_size=5), cases=st.lists(rows, min_size=1, max_size=4))
def test_a_second_evaluator_says_the_same(schema: str, found: list[Made], cases: list[Row]) -> None:
    policies, kept = loaded(found, schema)
    for row in cases:
        case = case_of(row)
        decision = decide(case, policies)
        wanted = expected(case, kept)
        fired = {reason.policy for reason in decision.reasons if reason.verdict is not Verdict.ALLOW}
        assert fired == wanted
        denies = ERROR in wanted or any(name in wanted and one[1] == "go-further" for name, one in kept.items())
        assert decision.verdict is (Verdict.DENY if denies else Verdict.ASK if wanted else Verdict.ALLOW)


# --- facts and entities that are not what they should be

WRONG = [None, "x", "", 2.5, float("nan"), 2**63, -(2**63) - 1, [], {}, ("x",), True, 7, "lone\ud800surrogate"]
PLACES = [
    *(("risk", name) for name in ("tier", "size", "unknown_lines")), ("change", "source"), ("proven", "hours"),
    ("proven", "dead"), *(("gaps", name) for name in ("scanner", "kind", "introduced", "path")),
    *(("findings", name) for name in ("rule", "family", "severity", "confidence", "introduced", "cwe", "place")),
]  # fmt: skip


def spoilt(case: Case, part: str, name: str, value: Any) -> Case:
    held = getattr(case, part)
    if isinstance(held, tuple):
        return msgspec.structs.replace(case, **{part: (msgspec.structs.replace(held[0], **{name: value}), *held[1:])})
    return msgspec.structs.replace(case, **{part: msgspec.structs.replace(held, **{name: value})})


@pytest.mark.parametrize(("part", "name"), PLACES)
@pytest.mark.parametrize("warm", [False, True])
def test_a_fact_that_is_not_what_it_should_be_denies(
    builtin: dict[str, str], schema: str, part: str, name: str, *, warm: bool
) -> None:
    row = Row(name="x", verdict=Verdict.ALLOW, findings=(FindingRow(introduced=False),), gaps=(GapRow(introduced=False),))
    case = case_of(row)
    policies = Policies.load(builtin, {}, schema)
    if warm:
        assert decide(case, policies).verdict is Verdict.ALLOW
    right = type(getattr(getattr(case, part)[0] if isinstance(getattr(case, part), tuple) else getattr(case, part), name))
    for value in WRONG:
        if type(value) is right and value not in ("lone\ud800surrogate", 2**63, -(2**63) - 1):
            continue  # another value of the same type is no wrong fact
        if name in ("dead", "cwe") and isinstance(value, str | list | dict) and value != "lone\ud800surrogate":
            continue  # what can be walked is a set of texts by the time that it is asked about
        assert decide(spoilt(case, part, name, value), policies).verdict is Verdict.DENY, value


def fresh(policies: Policies) -> Policies:
    """Give the set as it is before its first question, when everything is shown to the engine."""
    return Policies(policies.all, policies.schema, policies.schema_text, policies.digest)


def without(entities: list[Any], draw: Any) -> None:
    one = draw(st.sampled_from([entity for entity in entities if entity["attrs"]]))
    del one["attrs"][draw(st.sampled_from(sorted(one["attrs"])))]


def stranger(entities: list[Any], draw: Any) -> None:
    draw(st.sampled_from(entities))["attrs"]["stranger"] = 1


def other_type(entities: list[Any], draw: Any) -> None:
    one = draw(st.sampled_from([entity for entity in entities if entity["attrs"]]))
    name = draw(st.sampled_from(sorted(one["attrs"])))
    was = one["attrs"][name]
    one["attrs"][name] = draw(st.sampled_from([value for value in (None, 1.5, {"a": 1}, [1]) if value != was]))


def no_such_kind(entities: list[Any], draw: Any) -> None:
    draw(st.sampled_from(entities))["uid"]["type"] = draw(st.sampled_from(["Nobody", "", "a b", "Severity"]))


def no_such_severity(entities: list[Any], draw: Any) -> None:
    for one in entities:
        for value in one["attrs"].values():
            if isinstance(value, dict):
                value["__entity"]["id"] = "no such"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), spoil=st.sampled_from([without, stranger, other_type, no_such_kind, no_such_severity]))
def test_entities_that_do_not_fit_deny(
    policies: Policies, data: st.DataObject, spoil: Callable[[list[Any], Any], None]
) -> None:
    case = case_of(Row(name="x", verdict=Verdict.ALLOW, findings=(FindingRow(severity=Severity.LOW),)))
    straight = asking._json

    def bent(value: Any) -> str:
        if isinstance(value, list) and value and "uid" in value[0]:
            value = json.loads(straight(value))
            spoil(value, data.draw)
        return straight(value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "_json", bent)
        decision = decide(case, fresh(policies))
    assert decision.verdict is Verdict.DENY
    assert [reason.policy for reason in decision.reasons] == [ERROR]


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 400), junk=st.binary(max_size=8))
def test_entities_cut_short_or_with_junk_deny(policies: Policies, cut: int, junk: bytes) -> None:
    case = case_of(Row(name="x", verdict=Verdict.ALLOW))
    straight = asking._json

    def bent(value: Any) -> str:
        text = straight(value)
        if not isinstance(value, list):
            return text
        return text[: max(0, len(text) - 1 - cut)] + junk.decode("latin-1").strip().rstrip("]")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "_json", bent)
        assert decide(case, fresh(policies)).verdict is Verdict.DENY
