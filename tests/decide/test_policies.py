"""What a policy file may say, and how it is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.decide.decide import decide
from clearance.decide.policy import read_policy
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, case_of
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.finding import Severity

HEAD = '@id("mine")\n@why("because")\n'
SCOPE = 'forbid (principal, action == Action::"go-further", resource is Finding)\n'
ASKING = 'forbid (principal, action == Action::"go-further-unreviewed", resource is File)\n'
WHERE = ".clearance/policies/mine.cedar"

REFUSED = [
    # the text, the line that is named, a part of what is said
    ("", 1, "no policies in one file"),
    ("// nothing but a comment\n", 1, "no policies"),
    (HEAD + SCOPE + "when { resource.introduced && }\nunless { true };", 4, "not Cedar"),
    (HEAD + SCOPE + "when { resource.introduced };\n\npermit (", 6, "not Cedar"),
    (HEAD + SCOPE + "when {\n  resource.introduced;\n  resource.severity == 3\n};", 6, "here or just before"),
    (HEAD + SCOPE + "when { resource.introduced }\nwhile { true };", 5, "not Cedar"),
    (HEAD + 'forbid (principal, action == Action::"go-further" resource is Finding);', 3, "not Cedar"),
    (HEAD + '@why("again")\n' + SCOPE + ";", 3, "duplicate annotation"),
    (HEAD + SCOPE + ";\n" + HEAD + SCOPE + ";", 1, "2 policies in one file"),
    ('@id("mine")\n' + SCOPE + ";", 2, "@why is missing"),
    ('@id("mine")\n@why(" ")\n' + SCOPE + ";", 3, "@why is missing"),
    ('@why("because")\n' + SCOPE + ";", 2, "@id is missing"),
    (HEAD + '@fixx("so")\n' + SCOPE + ";", 3, "unknown annotation @fixx"),
    ('@id("other")\n@why("because")\n' + SCOPE + ";", 1, "differ"),
    ('@id("policy-error")\n@why("because")\n' + SCOPE + ";", 1, "cannot be used"),
    ('@id("Mine!")\n@why("because")\n' + SCOPE + ";", 1, "cannot be used"),
    (HEAD + "permit (principal, action, resource);", 3, "can only forbid"),
    (HEAD + "forbid (principal, action, resource is Finding);", 3, "does not say what it forbids"),
    (HEAD + 'forbid (principal, action == Action::"merge", resource is Finding);', 3, "does not say what it forbids"),
    (HEAD + 'forbid (principal, action in [Action::"go-further"], resource is Finding);', 3, "does not say what it forbids"),
    (HEAD + 'forbid (principal, action == Action::"go-further", resource);', 3, "does not say what it is about"),
    (HEAD + 'forbid (principal, action == Action::"go-further", resource is Actor);', 3, "does not say what it is about"),
    (HEAD + 'forbid (principal, action == Action::"go-further", resource is Finding in Change::"change");', 3, "about"),
    (HEAD + 'forbid (principal == ?principal, action == Action::"go-further", resource is Finding);', 1, "template"),
    (HEAD + '@people("1 reviewer")\n' + SCOPE + ";", 3, "people cannot lift"),
    (HEAD + '@people("two reviewers")\n' + ASKING + ";", 3, "@people"),
    (HEAD + '@people("0 reviewers")\n' + ASKING + ";", 3, "@people"),
    (HEAD + '@exit("fine")\n' + SCOPE + ";", 3, "@exit"),
    (HEAD + '@exit("could-not-look")\n' + ASKING + ";", 3, "@exit"),
    (HEAD + "// " + "x" * 65_536, 1, "larger"),
    # what Cedar's validation finds
    (HEAD + SCOPE + 'when {\n  resource.severty == Severity::"high" };', 5, "severty"),
    (HEAD + SCOPE + 'when { resource.severity == Severity::"hihg" };', 4, "hihg"),
    (HEAD + SCOPE + 'when { resource.severity == "high" };', 3, "not compatible"),
    (HEAD + SCOPE + "when { resource.path > 3 };", 3, "type"),
    (HEAD + SCOPE + "when { resource.tier == 3 };", 4, "tier"),
    (HEAD + ASKING + "when { context.agent };", 4, "agent"),
    (HEAD + ASKING + "when { principal.byAI };", 4, "byAI"),
    (HEAD + ASKING + "when { principal is Robot };", 4, "Robot"),
]


@pytest.mark.parametrize(("text", "line", "what"), REFUSED)
def test_a_policy_that_is_wrong_is_refused_with_its_line(
    builtin: dict[str, str], schema: str, text: str, line: int, what: str
) -> None:
    with pytest.raises(BadPolicy) as caught:
        Policies.load(builtin, {WHERE: text}, schema)
    assert what in caught.value.what
    assert caught.value.where == f"{WHERE}:{line}"
    assert caught.value.next


def test_a_windows_checkout_is_the_same_policy(builtin: dict[str, str], schema: str, policies: Policies) -> None:
    again = Policies.load(
        {where: text.replace("\n", "\r\n") for where, text in builtin.items()}, {}, schema.replace("\n", "\r\n")
    )
    assert again.digest == policies.digest


def test_the_digest_names_every_policy_and_the_schema(builtin: dict[str, str], schema: str, policies: Policies) -> None:
    dropped = {where: text for where, text in builtin.items() if "no-secrets" not in where}
    reworded = {where: text.replace("a secret,", "any secret,") for where, text in builtin.items()}
    others = [
        Policies.load(dropped, {}, schema).digest,
        Policies.load(reworded, {}, schema).digest,
        Policies.load(builtin, {WHERE: HEAD + SCOPE + ";"}, schema).digest,
        Policies.load(builtin, {}, schema + "\n// changed\n").digest,
    ]
    assert len({*others, policies.digest}) == 5


def test_the_order_of_files_does_not_matter(builtin: dict[str, str], schema: str, policies: Policies) -> None:
    again = Policies.load(dict(reversed(builtin.items())), {}, schema)
    assert [policy.id for policy in again.all] == [policy.id for policy in policies.all]
    assert again.digest == policies.digest


def test_no_team_can_take_the_id_of_a_built_in_policy(builtin: dict[str, str], schema: str) -> None:
    text = '@id("no-secrets")\n@why("because")\n' + SCOPE + "when { false };"
    with pytest.raises(BadPolicy, match=r"taken by policies/no-secrets\.cedar") as caught:
        Policies.load(builtin, {".clearance/policies/no-secrets.cedar": text}, schema)
    assert caught.value.where == ".clearance/policies/no-secrets.cedar:1"


def test_two_files_of_a_team_cannot_share_an_id(builtin: dict[str, str], schema: str) -> None:
    with pytest.raises(BadPolicy, match="taken by"):
        Policies.load(builtin, {"a/mine.cedar": HEAD + SCOPE + ";", "b/mine.cedar": HEAD + SCOPE + ";"}, schema)


@pytest.mark.parametrize("missing", ["changes-may-go-further"])
def test_a_set_without_its_permit_is_refused(builtin: dict[str, str], schema: str, missing: str) -> None:
    with pytest.raises(BadPolicy, match="0 permits"):
        Policies.load({where: text for where, text in builtin.items() if missing not in where}, {}, schema)


def test_a_permit_must_be_broad(builtin: dict[str, str], schema: str) -> None:
    narrow = dict(builtin)
    narrow["policies/changes-may-go-further.cedar"] = (
        '@id("changes-may-go-further")\n@why("so")\npermit (principal, action, resource) when { principal.byAi };'
    )
    with pytest.raises(BadPolicy, match="broad"):
        Policies.load(narrow, {}, schema)


def test_a_broken_schema_is_refused(builtin: dict[str, str]) -> None:
    with pytest.raises(BadPolicy, match="schema"):
        Policies.load(builtin, {}, "entity Change { tier: Lnog };")


@pytest.mark.parametrize(
    "condition", ["", "when { true }", "when { false }", "unless { true }", "when { resource == resource }"]
)
@pytest.mark.parametrize("action", ["go-further", "go-further-unreviewed"])
@pytest.mark.parametrize("subject", ["Change", "File", "Finding", "Trigger", "Gap"])
def test_no_team_policy_makes_a_verdict_milder(
    builtin: dict[str, str],
    schema: str,
    rows: tuple[Row, ...],
    action: str,
    subject: str,
    condition: str,
) -> None:
    plain = Policies.load(builtin, {}, schema)
    text = HEAD + f'forbid (principal, action == Action::"{action}", resource is {subject})\n{condition};'
    stricter = Policies.load(builtin, {WHERE: text}, schema)
    for row in rows:
        before, after = decide(case_of(row), plain), decide(case_of(row), stricter)
        assert after.verdict.rank >= before.verdict.rank
        forbidding = {reason.policy for reason in before.reasons if reason.verdict is not Verdict.ALLOW}
        assert forbidding <= {reason.policy for reason in after.reasons}


def test_a_team_policy_forbids(builtin: dict[str, str], schema: str) -> None:
    text = HEAD + '@people("2 reviewers")\n' + ASKING + 'when { principal.byAi && resource.path like "src/payments/*" };'
    team = Policies.load(builtin, {WHERE: text}, schema)
    decision = decide(case_of(Row(name="x", verdict=Verdict.ASK, files=("src/payments/a.py", "src/app.py"))), team)
    assert [(reason.policy, reason.about) for reason in decision.reasons] == [("mine", ("src/payments/a.py",))]
    assert [(need.people, need.role, need.because) for need in decision.reviews] == [(2, "reviewer", "because")]


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_a_policy_or_is_refused(text: str) -> None:
    for whole in (text, HEAD + text, HEAD + SCOPE + "when { " + text + " };"):
        with contextlib.suppress(BadPolicy):
            read_policy(whole, WHERE, team=True)


@pytest.mark.parametrize(
    "nested", ["(" * 20_000, "!" * 60_000, "[" * 30_000, "when { " * 9_000, "-" * 60_000, "if " * 20_000]
)
def test_deep_nesting_is_refused_and_kills_nobody(nested: str) -> None:
    with pytest.raises(BadPolicy):
        read_policy(HEAD + SCOPE + "when { " + nested, WHERE, team=True)


def test_what_a_policy_reads_is_known(policies: Policies) -> None:
    policy = policies.get("medium-findings-by-ai-need-a-person")
    assert policy is not None
    assert set(policy.reads) == {
        "principal.byAi", "resource.introduced", "resource.severity", "resource.confidence", "resource.family",
        "resource.waived",
    }  # fmt: skip


def test_a_guess_is_not_enough_to_deny(policies: Policies) -> None:
    from clearance.facts.finding import Confidence

    row = Row(name="x", verdict=Verdict.ASK, findings=(FindingRow(confidence=Confidence.LOW),))
    assert decide(case_of(row), policies).verdict is Verdict.ASK


OTHERS = ", ".join(f'"r{number}"' for number in range(2_100))
COSTLY = [
    # what costs much each time that it is asked, the line that is named, a part of what is said
    (f"when {{ resource.introduced }}\nwhen {{\n  [{OTHERS}].contains(resource.rule)\n}};", 3, "parts in one policy"),
    ('when {\n  resource.path like "' + "a*" * 200 + '" };', 5, "a pattern of 400 characters"),
    ("when { " + " || ".join(f'resource.path == "{n}"' for n in range(700)) + " };", 3, "more than about 50 joined"),
]


@pytest.mark.parametrize(("text", "line", "what"), COSTLY)
def test_a_policy_that_costs_much_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        read_policy(HEAD + SCOPE + text, WHERE, team=True)
    assert what in caught.value.what
    assert caught.value.where == f"{WHERE}:{line}"
    assert caught.value.next


def test_a_team_of_too_many_policies_is_told_before_any_is_read(builtin: dict[str, str], schema: str) -> None:
    many = {f".clearance/policies/p-{number}.cedar": "not even read" for number in range(10_001)}
    with pytest.raises(BadPolicy, match="10,001 policies of one team; the limit is 10,000") as caught:
        Policies.load(builtin, many, schema)
    assert caught.value.where == ".clearance/policies/p-10000.cedar:1"


def test_what_is_just_within_the_limits_can_be_asked(builtin: dict[str, str], schema: str) -> None:
    """The engine reads fewer levels than the parser: a set that was read must also compile, or it denies everything."""
    nested = "!(" * 45 + "resource.introduced" + ")" * 45
    joined = " || ".join(f'resource.path == "{number}"' for number in range(45))
    for condition in (nested, joined, f"{joined} || resource.introduced"):
        policies = Policies.load(builtin, {WHERE: HEAD + SCOPE + f"when {{ {condition} }};"}, schema)
        row = Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(path="3", severity=Severity.LOW),))
        assert "policy-error" not in [reason.policy for reason in decide(case_of(row), policies).reasons]
        assert len(policies.engine) == len(policies.all)
