"""The promise of the index: what is not asked would have said nothing. Decisions are those of the whole set."""

from typing import Any

import cedarpy
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.decide.decide import decide
from clearance.decide.guard import Key, filters_of, guard_of
from clearance.decide.index import Engine
from clearance.decide.policy import read_policy
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, GapRow, Row, TriggerRow, WaiverRow, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.finding import Confidence, GapKind, Severity

PERMITTING = '@id("changes-may-go-further")\n@why("so")\npermit (principal, action, resource);'
PERMIT = {"policies/changes-may-go-further.cedar": PERMITTING}
KINDS = {
    "Change": {
        "text": ["source"],
        "number": ["files", "size", "unknownLines", "tier", "introducedFindings", "newHigh"],
        "set": ["triggers", "scanners"],
        "enum": [],
        "bool": [],
    },
    "File": {"text": ["path", "oldPath"], "number": ["addedLines", "change.size"], "set": ["change.triggers"],
             "bool": ["binary"], "enum": [("kind", "FileKind", ["added", "modified", "deleted"])]},
    "Finding": {
        "text": ["rule", "family", "path"], "number": ["change.tier", "classification"], "set": ["cwe", "change.scanners"],
        "bool": ["introduced", "waived"],
        "enum": [("severity", "Severity", ["low", "medium", "high"]), ("confidence", "Confidence", ["low", "high"])],
    },
    "Trigger": {"text": ["name", "path"], "number": ["tier"], "set": ["change.triggers"], "bool": ["removed"], "enum": []},
    "Gap": {"text": ["scanner", "path"], "number": ["change.size"], "set": ["change.scanners"],
            "bool": ["matters", "introduced"], "enum": [("kind", "GapKind", ["binary", "not known", "scanner crashed"])]},
    "Waiver": {"text": ["name", "owner", "ticket"], "number": ["daysLeft", "mostDays", "findings"],
               "set": ["rules", "families"], "bool": ["exact"], "enum": [("severity", "Severity", ["low", "high"])]},
}  # fmt: skip
WORDS = [
    "src/app.py",
    "src/",
    "app",
    "a",
    "python-eval",
    "secrets",
    "code",
    "database-query",
    "CWE-89",
    "",
    "all",
    "risk",
    "ü*",
]


def quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def a_condition(kind: str) -> st.SearchStrategy[str]:
    """A well-typed condition about a kind of subject, as text; some can fail, by overflow."""
    have = KINDS[kind]
    texts = st.sampled_from([f"resource.{name}" for name in have["text"]] + ["principal.name"])
    sets = st.sampled_from([f"resource.{name}" for name in have["set"]] + ["principal.roles", "context.deadGuards"])
    plain = st.sampled_from(
        [f"resource.{name}" for name in have["number"]] + ["context.proofHours", "context.classification"]
    )
    word = st.sampled_from(WORDS).map(quoted)
    whole = st.integers(-2, 4).map(str)
    huge = st.sampled_from(["9223372036854775807", "-9223372036854775807"])
    sums = st.builds("({} {} {})".format, plain, st.sampled_from("+-*"), whole | huge)
    pattern = st.lists(st.sampled_from(["*", "src/", "app", ".py", "a", "\\*"]), min_size=1, max_size=4).map(
        lambda parts: '"' + "".join(parts) + '"'
    )
    words = st.lists(word, min_size=1, max_size=3).map(lambda these: "[" + ", ".join(these) + "]")
    leaves = [
        st.sampled_from(["true", "false", "principal.byAi", "principal is Actor", f"resource is {kind}"]),
        st.builds("{} {} {}".format, texts, st.sampled_from(["==", "!="]), word),
        st.builds("{} == {}".format, word, texts),
        st.builds("{} like {}".format, texts, pattern),
        st.builds("{}.contains({})".format, sets | words, word),
        st.builds("{}.contains({})".format, words, texts),
        st.builds("{}.{}({})".format, sets, st.sampled_from(["containsAny", "containsAll"]), words),
        st.builds("{}.containsAny({})".format, words, sets),
        st.builds("{}.isEmpty()".format, sets),
        st.builds("{} {} {}".format, plain | sums, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), whole),
        st.builds("{} {} {}".format, whole, st.sampled_from(["<", ">="]), plain),
    ]
    if kind != "Change":
        leaves.append(
            st.sampled_from([
                'resource.change == Change::"change"', 'Change::"other" != resource.change',
                'resource.change in [Change::"change"]', "resource.change is Change",
                '[Change::"change"].contains(resource.change)', 'resource.change has "tier"',
            ])
        )  # fmt: skip
    if have["bool"]:
        leaves.append(st.sampled_from([f"resource.{name}" for name in have["bool"]]))
    for name, type_, values in have["enum"]:
        one = st.sampled_from([f'{type_}::"{value}"' for value in values])
        leaves.append(st.builds("{} {} {}".format, st.just(f"resource.{name}"), st.sampled_from(["==", "!=", "in"]), one))
        leaves.append(
            st.builds(
                lambda left, these: f"{left} in [{', '.join(these)}]",
                st.just(f"resource.{name}"),
                st.lists(one, min_size=1, max_size=3),
            )
        )
    return st.recursive(
        st.one_of(leaves),
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||"]), inner),
            st.builds("!({})".format, inner),
            st.builds("(if {} then {} else {})".format, inner, inner, inner),
        ),
        max_leaves=6,
    )


@st.composite
def a_policy(draw: st.DrawFn, number: int) -> str:
    kind = draw(st.sampled_from(list(KINDS)))
    action = "waive" if kind == "Waiver" else draw(st.sampled_from(["go-further", "go-further-unreviewed"]))
    conditions = draw(st.lists(st.tuples(st.sampled_from(["when", "unless"]), a_condition(kind)), max_size=3))
    body = "\n".join(f"{word} {{ {text} }}" for word, text in conditions)
    return f'@id("p{number}")\n@why("w")\nforbid (principal, action == Action::"{action}", resource is {kind})\n{body};'


rows = st.builds(
    Row,
    name=st.just("x"),
    verdict=st.just(Verdict.ALLOW),
    author=st.sampled_from(ActorKind),
    files=st.lists(st.sampled_from(["src/app.py", "a", "ü*", ""]), max_size=3).map(tuple),
    size=st.integers(0, 5),
    tier=st.integers(0, 3),
    scanners=st.sampled_from([(), ("code",), ("secrets", "code")]),
    proof_hours=st.integers(-1, 2),
    dead_guards=st.sampled_from([(), ("a",)]),
    findings=st.lists(
        st.builds(
            FindingRow,
            rule=st.sampled_from(["python-eval", "secrets", "a"]),
            family=st.sampled_from(["secrets", "code"]),
            severity=st.sampled_from(Severity),
            confidence=st.sampled_from(Confidence),
            introduced=st.booleans(),
            path=st.sampled_from(["src/app.py", "app", ""]),
            cwe=st.sampled_from([(), ("CWE-89",), ("a", "CWE-89")]),
        ),
        max_size=3,
    ).map(tuple),
    triggers=st.lists(
        st.builds(TriggerRow, id=st.sampled_from(["a", "database-query"]), tier=st.integers(0, 3)), max_size=2
    ).map(tuple),
    gaps=st.lists(st.builds(GapRow, kind=st.sampled_from(GapKind), introduced=st.booleans()), max_size=2).map(tuple),
    waivers=st.lists(
        st.builds(WaiverRow, id=st.sampled_from(["a", "risk"]), days=st.integers(-1, 2), exact=st.booleans()),
        max_size=2,
        unique_by=lambda one: one.id,
    ).map(tuple),
)  # fmt: skip


class Whole:
    """Puts every question to all policies at once, as if there were no index."""

    def __init__(self, policies: Policies) -> None:
        self._engine = Engine(policies.engine)

    def engines(self, *_: object) -> tuple[tuple[int, ...], ...]:
        return ((-1,),)

    def engine(self, _: object) -> Engine:
        return self._engine


def whole(policies: Policies) -> Policies:
    other = Policies(policies.all, policies.schema, policies.schema_text, policies.digest)
    other.index = Whole(other)  # type: ignore[assignment]
    return other


def loaded(texts: list[str], schema: str) -> Policies | None:
    """Load those of some policies that Cedar's validation takes."""
    team = {f"team/p{number}.cedar": text for number, text in enumerate(texts)}
    while team:
        try:
            return Policies.load(PERMIT, team, schema)
        except BadPolicy as error:
            del team[error.where.partition(":")[0]]
    return None


several = st.integers(1, 5).flatmap(lambda count: st.tuples(*(a_policy(number) for number in range(count)))).map(list)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(texts=several, cases=st.lists(rows, min_size=1, max_size=4))
def test_asking_few_gives_the_decision_of_asking_all(schema: str, texts: list[str], cases: list[Row]) -> None:
    policies = loaded(texts, schema)
    if policies is None:
        return
    everything = whole(policies)
    for row in cases:
        case = case_of(row)
        assert decide(case, policies) == decide(case, everything)


@settings(max_examples=30, deadline=None)
@given(row=rows)
def test_the_built_in_set_is_asked_as_a_whole_would_be(policies: Policies, row: Row) -> None:
    case = case_of(row)
    assert decide(case, policies) == decide(case, whole(policies))


def test_every_case_of_the_table_comes_out_as_with_the_whole_set(policies: Policies, rows: tuple[Row, ...]) -> None:
    everything = whole(policies)
    for row in rows:
        case = case_of(row)
        assert decide(case, policies) == decide(case, everything), row.name


def test_the_engine_is_asked_for_each_decision_whatever_is_remembered(
    builtin: dict[str, str], schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = Policies.load(builtin, {}, schema)
    case = case_of(Row(name="x", verdict=Verdict.ALLOW))
    asked: list[dict[str, Any]] = []
    straight = cedarpy.is_authorized_batch

    def counted(requests: list[dict[str, Any]], *others: Any) -> list[cedarpy.AuthzResult]:
        asked.extend(requests)
        return straight(requests, *others)

    monkeypatch.setattr(cedarpy, "is_authorized_batch", counted)
    first = decide(case, policies)
    assert [one["action"]["id"] for one in asked] == ["go-further", "go-further-unreviewed"]
    asked.clear()
    assert decide(case, policies) == first
    assert [one["action"]["id"] for one in asked] == ["go-further"]


def test_a_permit_that_looks_at_something_is_asked_each_time(policies: Policies) -> None:
    permit = policies.get("changes-may-go-further")
    assert permit is not None
    body = {">": {"left": {".": {"left": {"Var": "resource"}, "attr": "size"}}, "right": {"Value": 5}}}
    narrow = policies.variant(permit.id, permit.tree | {"conditions": [{"kind": "when", "body": body}]})
    for size, verdict in ((10, Verdict.ALLOW), (10, Verdict.ALLOW), (5, Verdict.DENY), (11, Verdict.ALLOW)):
        assert decide(case_of(Row(name="x", verdict=verdict, size=size)), narrow).verdict is verdict
    assert not narrow.consent


def guard(text: str, kind: str = "Finding") -> Any:
    text = f'@id("p")\n@why("w")\nforbid (principal, action == Action::"go-further", resource is {kind})\n{text};'
    return guard_of(read_policy(text, "p.cedar", team=True).tree["conditions"])


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ('when { resource.rule == "x" }', {("=", "rule", "x")}),
        ('when { "x" == resource.rule }', {("=", "rule", "x")}),
        ('when { resource.introduced && resource.rule == "x" }', {("=", "rule", "x")}),
        ('when { resource.introduced } when { resource.rule == "x" }', {("=", "rule", "x")}),
        ('when { resource.rule == "x" || resource.family == "y" }', {("=", "rule", "x"), ("=", "family", "y")}),
        ('unless { resource.rule != "x" }', {("=", "rule", "x")}),
        ('unless { !(resource.rule == "x") || resource.introduced }', {("=", "rule", "x")}),
        ('when { ["x", "y"].contains(resource.rule) }', {("=", "rule", "x"), ("=", "rule", "y")}),
        ('when { resource.cwe.contains("CWE-1") }', {("has", "cwe", "CWE-1")}),
        ('unless { resource.cwe.contains("CWE-1") }', {("lacks", "cwe", "CWE-1")}),
        ("unless { resource.cwe.isEmpty() }", {("some", "cwe", "")}),
        ('when { resource.path like "src/*" }', {("prefix", "path", "src/")}),
        ('when { resource.path like "*.tf" }', {("suffix", "path", ".tf")}),
        ('when { resource.path like "a\\*b" }', {("=", "path", "a*b")}),
        ("when { resource.classification >= 2 }", {(">=", "classification", 2)}),
        ("unless { 2 <= resource.classification }", {("<", "classification", 2)}),
        ('when { resource.severity in [Severity::"low"] }', {("=", "severity", ("Severity", "low"))}),
        ("when { false }", set()),
    ],
)
def test_what_must_be_so_is_read_from_the_text(text: str, keys: set[tuple[str, str, object]]) -> None:
    assert guard(text) == {Key(how, ("resource", name), value) for how, name, value in keys}


def filters(text: str) -> dict[str, set[object]]:
    text = f'@id("p")\n@why("w")\nforbid (principal, action == Action::"go-further", resource is Finding)\n{text};'
    found = filters_of(read_policy(text, "p.cedar", team=True).tree["conditions"])
    return {".".join(path): set(values) for path, values in found}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("when { true }", {}),
        ("when { resource.introduced }", {"resource.introduced": {True}}),
        ("unless { resource.waived }", {"resource.waived": {False}}),
        (
            'when { resource.introduced && resource.rule == "x" } unless { resource.waived }',
            {"resource.introduced": {True}, "resource.rule": {"x"}, "resource.waived": {False}},
        ),
        (
            'unless { !(resource.introduced && principal.byAi) || resource.family == "y" }',
            {"resource.introduced": {True}, "principal.byAi": {True}},
        ),
        (
            'when { resource.severity in [Severity::"low", Severity::"high"] && resource.change.source == "range" }',
            {"resource.severity": {("Severity", "low"), ("Severity", "high")}, "resource.change.source": {"range"}},
        ),
        ('when { resource.rule == "x" || resource.rule == "y" }', {"resource.rule": {"x", "y"}}),
        ('when { resource.rule == "x" || resource.family == "y" }', {}),
        ("when { resource.classification + 9223372036854775807 > 5 && resource.introduced }", {}),
        (
            "when { resource.introduced && resource.classification + 9223372036854775807 > 5 && resource.waived }",
            {"resource.introduced": {True}},
        ),
        ("when { resource.introduced } when { resource.classification * 2 > 5 } unless { resource.waived }",
         {"resource.introduced": {True}}),
        ('when { resource.path like "src/*" && resource.classification > 2 }', {}),
    ],
)  # fmt: skip
def test_what_must_be_so_besides_is_read_from_the_text(text: str, found: dict[str, set[object]]) -> None:
    assert filters(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "when { true }",
        "when { resource.classification + 9223372036854775807 > 5 }",
        'when { resource.classification * 2 > 5 && resource.rule == "x" }',
        'when { resource.classification * 2 > 5 } when { resource.rule == "x" }',
        'when { resource.rule == "x" || resource.classification * 2 > 5 }',
        'unless { resource.rule == "x" }',
        'when { if resource.introduced then resource.rule == "x" else false }',
        'when { resource.path like "*" }',
        "when { resource.rule == resource.family }",
        'when { resource.change == Change::"change" }',
        'when { resource.change in [Change::"change"] }',
    ],
)
def test_where_nothing_can_be_promised_a_policy_is_always_asked(text: str) -> None:
    assert guard(text) is None


@pytest.mark.parametrize(
    "text",
    [
        'when { resource.change.tier * 9223372036854775807 > 5 && resource.rule == "other" }',
        'when { resource.change.tier * 9223372036854775807 > 5 } when { resource.rule == "other" }',
        'when { resource.rule == "other" || resource.change.tier * 9223372036854775807 > 5 }',
        'unless { resource.change.tier * 9223372036854775807 < 5 || resource.rule != "other" }',
    ],
)
def test_a_policy_that_fails_before_its_literal_denies_as_the_whole_set_does(schema: str, text: str) -> None:
    policy = f'@id("p0")\n@why("w")\nforbid (principal, action == Action::"go-further", resource is Finding)\n{text};'
    policies = loaded([policy], schema)
    assert policies is not None
    case = case_of(Row(name="x", verdict=Verdict.DENY, tier=3, findings=(FindingRow(rule="a"),)))
    decision = decide(case, policies)
    assert decision.verdict is Verdict.DENY
    assert decision == decide(case, whole(policies))
