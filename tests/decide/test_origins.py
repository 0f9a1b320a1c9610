"""Policies about where lines come from: asked where lines were settled, silent where they were not."""

import msgspec
import pytest

from clearance.decide.decide import decide
from clearance.decide.policy_set import Policies
from clearance.decide.replay import policies_of, read_kept
from clearance.decide.table import LinesRow, Row, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.decision import Case, Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.fact import canonical, digest

UNKNOWN = """@id("many-unknown-lines-need-a-person")
@why("more than 3 lines are of nobody who is known")
@fix("record who wrote them")
@people("1 reviewer")
forbid (principal, action == Action::"go-further-unreviewed", resource is Change)
when { context has linesUnknown && context.linesUnknown > 3 };
"""
STRICT = UNKNOWN.replace("when { context has linesUnknown && ", "unless { context has linesUnknown && ").replace(
    "> 3", "< 4"
)
KNOWN = "many-unknown-lines-need-a-person"
FILE = f"policies/{KNOWN}.cedar"


def spoken(policies: Policies, lines: LinesRow | None) -> set[str]:
    row = Row(name="", verdict=Verdict.ALLOW, author=ActorKind.UNKNOWN, lines=lines)
    return {reason.policy for reason in decide(case_of(row), policies).reasons}


@pytest.mark.parametrize(
    ("text", "lines", "speaks"),
    [
        (UNKNOWN, LinesRow(hook=20, unknown=4), True),
        (UNKNOWN, LinesRow(hook=20, unknown=3), False),
        (UNKNOWN, None, False),
        (STRICT, LinesRow(claim=20, unknown=3), False),
        (STRICT, LinesRow(unknown=4), True),
        (STRICT, None, True),
    ],
)
def test_a_policy_asks_about_origins(
    builtin: dict[str, str], schema: str, text: str, lines: LinesRow | None, *, speaks: bool
) -> None:
    policies = Policies.load(builtin, {FILE: text}, schema)
    assert (KNOWN in spoken(policies, lines)) is speaks
    assert "error" not in " ".join(spoken(policies, lines))


def test_to_ask_without_looking_whether_it_is_there_is_refused(builtin: dict[str, str], schema: str) -> None:
    with pytest.raises(BadPolicy):
        Policies.load(builtin, {FILE: UNKNOWN.replace("context has linesUnknown && ", "")}, schema)


def test_no_built_in_policy_is_milder_for_any_origin(policies: Policies) -> None:
    without = spoken(policies, None)
    for lines in (LinesRow(hook=9), LinesRow(command=9), LinesRow(claim=9), LinesRow(person=9), LinesRow(unknown=9)):
        assert spoken(policies, lines) >= without


def test_a_case_of_before_is_decided_by_the_schema_of_before(policies: Policies) -> None:
    """What was kept of an old decision knows nothing of origins, and its questions name none."""
    kept = read_kept(canonical({"schema": policies.schema_text, "policies": {one.id: one.text for one in policies.all}}))
    optional = "linesByHook?: Long, linesByCommand?: Long, linesClaimed?: Long, linesByPerson?: Long, linesUnknown?: Long"
    assert kept.schema.count(f",\n    {optional}\n") == 2  # type: ignore[union-attr]
    old = policies_of(msgspec.structs.replace(kept, schema=kept.schema.replace(f",\n    {optional}\n", "\n")))  # type: ignore[union-attr]
    case = case_of(Row(name="", verdict=Verdict.ALLOW))
    body = msgspec.json.decode(canonical(case))
    del body["origins"]
    again = msgspec.convert(body, Case)
    assert digest(again) == digest(case)
    assert [one.policy for one in decide(again, old).reasons] == [one.policy for one in decide(case, policies).reasons]
