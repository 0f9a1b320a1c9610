"""Laws of the verdict, and what happens when policies err."""

import os
import subprocess
import sys
from typing import Any

import cedarpy
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.decide import decide as room
from clearance.decide.decide import decide
from clearance.decide.policy import ERROR
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, GapRow, Row, TriggerRow, case_of
from clearance.facts.actor import Actor, ActorKind
from clearance.facts.decision import Case, Verdict
from clearance.facts.fact import digest
from clearance.facts.finding import Confidence, GapKind, Severity

OVERFLOW = """\
@id("adds-too-much")
@why("a policy that errs on every change")
forbid (principal, action == Action::"go-further", resource is Change)
when { resource.tier + 9223372036854775807 > 5 };
"""

findings = st.builds(
    FindingRow,
    rule=st.sampled_from(["python-eval", "package-does-not-exist", "test-weakened", "check-suppressed", "guard-changed"]),
    family=st.sampled_from(["secrets", "code", "packages", "tampering", "infra"]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    introduced=st.booleans(),
    path=st.sampled_from(["src/app.py", "tests/test_app.py", 'we"ird\n\\path.py', ""]),
)
triggers = st.builds(
    TriggerRow,
    id=st.sampled_from(["authentication", "database-query"]),
    tier=st.integers(0, 3),
    happened=st.sampled_from(["changed", "removed"]),
)
gaps = st.builds(GapRow, scanner=st.sampled_from(["all", "code"]), kind=st.sampled_from(GapKind), introduced=st.booleans())
cases = st.builds(
    Row,
    name=st.just("generated"),
    verdict=st.just(Verdict.ALLOW),
    author=st.sampled_from(ActorKind),
    files=st.lists(st.sampled_from(["src/app.py", "README.md"]), max_size=2).map(tuple),
    size=st.integers(0, 2_000),
    tier=st.integers(0, 3),
    scanners=st.sampled_from([(), ("secrets", "code"), ("secrets", "code", "packages", "infra", "tampering")]),
    findings=st.lists(findings, max_size=4).map(tuple),
    triggers=st.lists(triggers, max_size=3).map(tuple),
    gaps=st.lists(gaps, max_size=3).map(tuple),
)


def with_more(row: Row, **more: tuple[Any, ...]) -> Row:
    return msgspec.structs.replace(row, **{name: getattr(row, name) + added for name, added in more.items()})


@given(row=cases, finding=findings, trigger=triggers, gap=gaps)
def test_more_to_say_never_makes_a_verdict_milder(
    policies: Policies, row: Row, finding: FindingRow, trigger: TriggerRow, gap: GapRow
) -> None:
    before = decide(case_of(row), policies)
    for more in (
        with_more(row, findings=(finding,)),
        with_more(row, triggers=(trigger,)),
        with_more(row, gaps=(gap,)),
        msgspec.structs.replace(row, tier=min(row.tier + 1, 3)),
        msgspec.structs.replace(row, author=ActorKind.AGENT),
        msgspec.structs.replace(row, author=ActorKind.UNKNOWN),
    ):
        after = decide(case_of(more), policies)
        assert after.verdict.rank >= before.verdict.rank
        kept = {reason.policy for reason in before.reasons if reason.verdict is Verdict.DENY}
        assert kept <= {reason.policy for reason in after.reasons}


@given(row=cases, data=st.data())
def test_order_and_repetition_do_not_matter(policies: Policies, row: Row, data: st.DataObject) -> None:
    case = case_of(row)
    shuffled = msgspec.structs.replace(
        case,
        findings=tuple(data.draw(st.permutations(case.findings))),
        gaps=tuple(data.draw(st.permutations(case.gaps + case.gaps))),
    )
    one, other = decide(case, policies), decide(shuffled, policies)
    assert (one.verdict, one.reasons, one.reviews) == (other.verdict, other.reasons, other.reviews)


@given(row=cases)
def test_a_decision_has_reasons_and_its_verdict_is_their_join(policies: Policies, row: Row) -> None:
    case = case_of(row)
    decision = decide(case, policies)
    assert decision.reasons
    assert decision.verdict is Verdict.join_all(tuple(reason.verdict for reason in decision.reasons))
    ranks = [reason.verdict.rank for reason in decision.reasons]
    assert ranks == sorted(ranks, reverse=True)
    assert decision.case == digest(case)
    assert decision.policies == policies.digest
    assert bool(decision.reviews) == any(reason.verdict is Verdict.ASK for reason in decision.reasons)
    assert not any(reason.policy == ERROR for reason in decision.reasons)


def test_an_allowed_change_names_the_permit(policies: Policies) -> None:
    decision = decide(case_of(Row(name="x", verdict=Verdict.ALLOW)), policies)
    assert [(reason.policy, reason.verdict) for reason in decision.reasons] == [("changes-may-go-further", Verdict.ALLOW)]


def test_reasons_name_what_they_are_about(policies: Policies) -> None:
    row = Row(
        name="x",
        verdict=Verdict.DENY,
        tier=3,
        findings=(FindingRow(), FindingRow(severity=Severity.CRITICAL)),
        triggers=(TriggerRow(id="authentication", tier=3), TriggerRow(id="database-query", tier=2)),
        gaps=(GapRow(path="src/app.py"),),
    )
    about = {reason.policy: reason.about for reason in decide(case_of(row), policies).reasons}
    assert about == {
        "no-new-high-findings": (f"{1:064x}", f"{2:064x}"),
        "everything-was-looked-at": ("code: src/app.py: scanner crashed",),
        "tier-3-needs-two-people": ("authentication",),
    }


def test_who_must_look_and_because_of_what(policies: Policies) -> None:
    row = Row(name="x", verdict=Verdict.ASK, tier=3, triggers=(TriggerRow(id="authentication", tier=3, path="app/auth.py"),))
    needs = decide(case_of(row), policies).reviews
    assert [(need.people, need.role, need.because) for need in needs] == [
        (1, "security engineer", "authentication changed in app/auth.py"),
        (1, "reviewer", "authentication changed in app/auth.py"),
    ]


def test_a_long_change_says_that_it_is_long(policies: Policies) -> None:
    (need,) = decide(case_of(Row(name="x", verdict=Verdict.ASK, tier=2, size=312)), policies).reviews
    assert (need.role, need.because) == ("reviewer", "312 lines")


def test_many_grounds_are_counted_not_listed(policies: Policies) -> None:
    row = Row(
        name="x",
        verdict=Verdict.ASK,
        tier=2,
        triggers=tuple(TriggerRow(id="database-query", tier=2, path=f"src/{n}.py") for n in range(5)),
    )
    (need,) = decide(case_of(row), policies).reviews
    assert need.because.endswith("database query changed in src/2.py; and 2 more")


@pytest.mark.parametrize(
    ("gaps", "findings", "only"),
    [
        ((GapRow(),), (), True),
        ((GapRow(),), (FindingRow(),), False),
        ((), (FindingRow(),), False),
        ((), (), False),
        ((GapRow(),), (FindingRow(severity=Severity.MEDIUM),), True),
    ],
)
def test_could_not_look_means_that_nothing_else_denies(
    policies: Policies, gaps: tuple[GapRow, ...], findings: tuple[FindingRow, ...], *, only: bool
) -> None:
    row = Row(name="x", verdict=Verdict.DENY, gaps=gaps, findings=findings)
    assert decide(case_of(row), policies).could_not_look is only


# --- what goes wrong is denied


def test_cedar_itself_lets_an_erring_policy_pass(schema: str) -> None:
    """The trap that the room exists to close: if this fails, Cedar has changed and the room can be simpler."""
    entities = [
        {"uid": {"type": "Actor", "id": "a"}, "attrs": {}, "parents": []},
        {"uid": {"type": "Change", "id": "c"}, "attrs": {"tier": 3}, "parents": []},
    ]
    request = {"principal": 'Actor::"a"', "action": 'Action::"go-further"', "resource": 'Change::"c"'}
    answer = cedarpy.is_authorized(request, "permit (principal, action, resource);" + OVERFLOW, entities)
    assert answer.allowed
    assert answer.diagnostics.errors


def test_an_erring_policy_denies_and_is_named(builtin: dict[str, str], schema: str) -> None:
    erring = Policies.load(builtin, {".clearance/policies/adds-too-much.cedar": OVERFLOW}, schema)
    decision = decide(case_of(Row(name="x", verdict=Verdict.DENY)), erring)
    assert decision.verdict is Verdict.DENY
    assert not decision.could_not_look
    (reason,) = decision.reasons
    assert reason.policy == ERROR
    assert "adds-too-much" in reason.about[0]


def test_an_erring_policy_hides_no_other_reason(builtin: dict[str, str], schema: str) -> None:
    erring = Policies.load(builtin, {".clearance/policies/adds-too-much.cedar": OVERFLOW}, schema)
    decision = decide(case_of(Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(),), gaps=(GapRow(),))), erring)
    assert [reason.policy for reason in decision.reasons] == ["everything-was-looked-at", "no-new-high-findings", ERROR]


def test_a_case_that_does_not_fit_the_schema_is_denied(policies: Policies) -> None:
    case = case_of(Row(name="x", verdict=Verdict.DENY))
    huge = msgspec.structs.replace(case, risk=msgspec.structs.replace(case.risk, size=2**63))
    decision = decide(huge, policies)
    assert decision.verdict is Verdict.DENY
    assert [reason.policy for reason in decision.reasons] == [ERROR]


def test_a_case_that_cannot_be_named_is_denied(policies: Policies) -> None:
    case = case_of(Row(name="x", verdict=Verdict.DENY, files=("lone\ud800surrogate",)))
    decision = decide(case, policies)
    assert (decision.verdict, decision.case) == (Verdict.DENY, "")


class _Panic(BaseException):
    """What a panic of the engine is in Python: no `Exception`."""


@pytest.mark.parametrize("error", [_Panic("engine"), RuntimeError("engine"), MemoryError(), ValueError("bad")])
def test_an_engine_that_breaks_denies(policies: Policies, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(*_: object) -> object:
        raise error

    monkeypatch.setattr(cedarpy, "is_authorized_batch", broken)
    decision = decide(case_of(Row(name="x", verdict=Verdict.DENY)), policies)
    assert decision.verdict is Verdict.DENY
    assert [reason.policy for reason in decision.reasons] == [ERROR]


def test_the_wish_to_stop_passes(policies: Policies, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(room, "ask", interrupted)
    with pytest.raises(KeyboardInterrupt):
        decide(case_of(Row(name="x", verdict=Verdict.DENY)), policies)


@pytest.mark.parametrize(
    "answer",
    [
        {"decision": "NoDecision", "diagnostics": {"errors": ["request does not fit"]}},
        {"decision": "NoDecision", "diagnostics": {}},
        {"decision": "Deny", "diagnostics": {"reason": [], "errors": []}},
        {"decision": "Allow", "diagnostics": {"reason": [], "errors": []}},
        {"decision": "Allow", "diagnostics": {"reason": ["nobody-knows"], "errors": []}},
        {"decision": "Allow", "diagnostics": {"reason": ["no-secrets"], "errors": []}},
        {"decision": "Deny", "diagnostics": {"reason": ["changes-may-go-further"], "errors": []}},
        {"decision": "Allow", "diagnostics": {"reason": ["changes-may-go-further"], "errors": ["skipped a policy"]}},
    ],
)
def test_an_answer_that_is_no_plain_allow_is_denied(
    policies: Policies, monkeypatch: pytest.MonkeyPatch, answer: dict[str, object]
) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized_batch", lambda requests, *_: [cedarpy.AuthzResult(answer) for _ in requests])
    decision = decide(case_of(Row(name="x", verdict=Verdict.DENY)), policies)
    assert decision.verdict is Verdict.DENY
    assert ERROR in [reason.policy for reason in decision.reasons]


def test_fewer_answers_than_questions_are_denied(policies: Policies, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(requests: list[object]) -> list[cedarpy.AuthzResult]:
        allowed = {"decision": "Allow", "diagnostics": {"reason": ["changes-may-go-further"], "errors": []}}
        return [cedarpy.AuthzResult(allowed) for _ in requests]

    monkeypatch.setattr(cedarpy, "is_authorized_batch", lambda requests, *_: answers(requests)[1:])
    decision = decide(case_of(Row(name="x", verdict=Verdict.DENY)), policies)
    assert [reason.policy for reason in decision.reasons] == [ERROR]


def test_without_a_permit_nothing_is_allowed(policies: Policies) -> None:
    bare = policies.variant("changes-may-go-further", None)
    assert decide(case_of(Row(name="x", verdict=Verdict.DENY)), bare).verdict is Verdict.DENY


@given(name=st.text(st.characters(exclude_categories=["Cs"])), path=st.text(st.characters(exclude_categories=["Cs"])))
def test_hostile_names_are_data(policies: Policies, name: str, path: str) -> None:
    case: Case = case_of(Row(name="x", verdict=Verdict.DENY, files=(path,), findings=(FindingRow(path=path),)))
    author = msgspec.structs.replace(case.change.author, author=Actor(name=name, kind=ActorKind.AGENT, roles=(name, name)))
    case = msgspec.structs.replace(case, change=msgspec.structs.replace(case.change, author=author))
    assert [reason.policy for reason in decide(case, policies).reasons] == ["no-new-high-findings"]


def test_the_same_case_gets_the_same_bytes_in_another_process(policies: Policies) -> None:
    program = (
        "import sys, msgspec; from pathlib import Path\n"
        "import clearance.decide; room = Path(clearance.decide.__file__).parent\n"
        "from clearance.decide.policy_set import Policies; from clearance.decide.decide import decide\n"
        "from clearance.decide.table import case_of, read_table\n"
        "texts = {f'policies/{p.name}': p.read_text() for p in (room / 'policies').glob('*.cedar')}\n"
        "policies = Policies.load(texts, {}, (room / 'schema.cedarschema').read_text())\n"
        "rows = read_table((room / 'cases.toml').read_text(), 'cases.toml')\n"
        "sys.stdout.write(msgspec.json.encode([decide(case_of(row), policies) for row in rows]).decode())\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
