"""What a waiver file may say, how it is refused, which findings it names, and when it counts."""

import datetime as dt
import gc
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from clearance.decide.decide import decide
from clearance.decide.explain import explain
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, WaiverRow, case_of
from clearance.decide.waivers import covers, read_waiver, read_waivers, write_waiver
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy, BadWaiver
from clearance.facts.fact import canonical, digest
from clearance.facts.finding import Confidence, Finding, Place, Severity
from clearance.facts.waiver import Waiver, standing

WHERE = ".clearance/waivers/legacy-sql.toml"
PRINT = "ab" * 32
WHO = 'owner = "Dana"\nreason = "it is known"\nexpires = 2027-03-31\ncompensating = "the port is closed"\n'
GOOD = f'finding = "{PRINT}"\n{WHO}'
TODAY = dt.date(2026, 11, 22)

REFUSED = [
    # the file, the line that is named, a part of what is said
    ("", 1, "does not say what it covers"),
    (GOOD + "owner = 'again'\n", 6, "not TOML"),
    (f'finding = "{PRINT}\n', 1, "not TOML"),
    (GOOD.replace("2027-03-31", "2027-02-30"), 4, "not TOML"),
    (GOOD.replace("2027-03-31", '"2027-02-30"'), 4, "no day"),
    (GOOD.replace("2027-03-31", "2027-03-31T12:00:00Z"), 4, "no date"),
    (GOOD.replace("2027-03-31", "20270331"), 4, "no date"),
    (GOOD.replace("2027-03-31", '"never"'), 4, "no date"),
    (GOOD.replace("2027-03-31", '"２０２７-03-31"'), 4, "no date"),
    (GOOD.replace("expires = 2027-03-31\n", ""), 1, "'expires' is missing"),
    (GOOD.replace('owner = "Dana"\n', ""), 1, "'owner' is missing"),
    (GOOD.replace('"it is known"', '"  "'), 3, "'reason' is missing or empty"),
    (GOOD.replace('compensating = "the port is closed"\n', ""), 1, "'compensating' is missing"),
    (GOOD.replace('"Dana"', "7"), 2, "'owner' is no text"),
    (GOOD.replace('"Dana"', '"Da\\u202ena"'), 2, "cannot be seen"),
    (GOOD.replace('"it is known"', '"a\\u001b[2Jb"'), 3, "cannot be seen"),
    (GOOD.replace('"it is known"', f'"{"x" * 4_001}"'), 3, "more than 4,000"),
    (GOOD + "ownr = 'x'\n", 6, "unknown key 'ownr'"),
    (GOOD + "[more]\nx = 1\n", 6, "unknown key 'more'"),
    (GOOD.replace(PRINT, "abab"), 1, "not a fingerprint"),
    (GOOD.replace(PRINT, PRINT.upper()), 1, "not a fingerprint"),
    (GOOD + 'rule = "x"\n', 6, "a finding and a rule"),
    (GOOD + 'paths = ["a.py"]\n', 6, "names its file already"),
    (WHO + 'rule = "x"\n', 5, "without paths"),
    (WHO + 'rule = "x"\npaths = []\n', 5, "without paths"),
    (WHO + 'rule = "x"\npaths = "src/**"\n', 6, "no list"),
    (WHO + 'rule = "x"\npaths = [""]\n', 6, "empty entry"),
    (WHO + 'rule = "x"\npaths = ["[z-a].py"]\n', 6, "z-a"),
    (WHO + 'rule = "x"\npaths = ["*a*a*a*a*a*a*a*a*a"]\n', 6, "stars"),
    (WHO + 'rule = "x"\npaths = ["src/a**b"]\n', 6, "beside other"),
    (WHO + 'rule = "x"\npaths = ["!a"]\n', 6, "no path"),
    (WHO + 'rule = "x"\npaths = ["../x"]\n', 6, "no path"),
    (WHO + 'rule = "x"\npaths = ["./a"]\n', 6, "no path"),
    (WHO + 'rule = "x"\npaths = ["a//b"]\n', 6, "no path"),
    (WHO + 'rule = "x"\npaths = ["/"]\n', 6, "no path"),
    (WHO + 'rule = "x"\npaths = [1, 2]\n', 6, "no list"),
    (WHO + 'rule = "x"\npaths = [' + "'a'," * 101 + "]\n", 6, "more than 100"),
    ("# " + "x" * 70_000, 1, "larger than 64 KiB"),
    ("x = " + "[" * 20_000, 1, "not TOML"),
]


@pytest.mark.parametrize(("text", "line", "what"), REFUSED)
def test_a_waiver_that_is_wrong_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadWaiver) as caught:
        read_waiver(text.encode(), WHERE)
    assert what in caught.value.what
    assert caught.value.where == f"{WHERE}:{line}"
    assert caught.value.next


def test_an_unknown_key_names_the_nearest_one() -> None:
    with pytest.raises(BadWaiver) as caught:
        read_waiver((GOOD + "compensation = 'x'\n").encode(), WHERE)
    assert caught.value.next == "the nearest known key is 'compensating'"


def test_bytes_that_are_no_text_are_refused_with_their_line() -> None:
    with pytest.raises(BadWaiver) as caught:
        read_waiver(GOOD.encode() + b"# \xff\n", WHERE)
    assert (caught.value.what, caught.value.where) == ("not UTF-8", f"{WHERE}:6")


@pytest.mark.parametrize(
    "path",
    [
        ".clearance/waivers/deep/legacy.toml",
        ".clearance/waivers/legacy.TOML",
        ".clearance/waivers/legacy.toml.bak",
        ".clearance/waivers/legacy",
        ".clearance/waivers/.toml",
        ".clearance/waivers/Legacy.toml",
        ".clearance/waivers/le gacy.toml",
        ".clearance/Waivers/legacy.toml",
        ".clearance/waivers/-x.toml",
    ],
)
def test_nothing_lies_among_waivers_and_is_passed_over(path: str) -> None:
    with pytest.raises(BadWaiver) as caught:
        read_waivers({path: GOOD.encode()})
    assert caught.value.where == path


def test_a_note_beside_waivers_is_none_and_other_files_are_not_read() -> None:
    files = {
        ".clearance/waivers/README.md": b"\xff",
        ".clearance/waivers/.gitkeep": b"",
        ".clearance/settings.toml": b"\xff",
    }
    assert read_waivers(files) == ()


def test_too_many_waivers_and_too_many_patterns_are_refused() -> None:
    with pytest.raises(BadWaiver, match="more than 5,000"):
        read_waivers({f".clearance/waivers/w{number}.toml": GOOD.encode() for number in range(5_001)})
    many = {
        f".clearance/waivers/w{number}.toml": f'{WHO}rule = "x"\npaths = ["{number}/a/**", "{number}/b/**"]\n'.encode()
        for number in range(101)
    }
    with pytest.raises(BadWaiver, match="more than 200 patterns for the rule 'x'"):
        read_waivers(many)


_PROSE = st.text(st.sampled_from(string.ascii_letters + string.digits + " .,:'\"\\#[]{}=é→\n"), min_size=1, max_size=60)
_LINE = st.text(st.sampled_from(string.ascii_letters + " .'\"\\#=é"), min_size=1, max_size=40)


@given(
    prose=_PROSE.filter(str.strip),
    line=_LINE.filter(str.strip),
    day=st.dates(),
    exact=st.sampled_from(["exact", ""]),
    controls=st.lists(_LINE.filter(str.strip), max_size=3),
)
def test_what_is_written_is_read_as_it_was(prose: str, line: str, day: dt.date, exact: str, controls: list[str]) -> None:
    waiver = Waiver(
        id="legacy-sql",
        owner=line.strip(),
        reason=prose.strip(),
        expires=day.isoformat(),
        compensating=prose.strip(),
        finding=PRINT if exact else "",
        rule="" if exact else line.strip(),
        paths=() if exact else ("src/legacy/**", "b.py"),
        controls=tuple(one.strip() for one in controls),
        ticket=line.strip(),
        where=WHERE,
    )
    assert read_waiver(write_waiver(waiver).encode(), WHERE) == waiver


@given(st.binary(max_size=400))
def test_whatever_stands_in_a_file_it_is_a_waiver_or_is_refused(data: bytes) -> None:
    try:
        waiver = read_waiver(data, WHERE)
    except BadWaiver:
        return
    assert waiver.owner


def finding(number: int, path: str, rule: str = "python-sql-string-build") -> Finding:
    return Finding(
        rule=rule,
        family="code",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        place=Place(path=path, line=number),
        message="m",
        fingerprint=f"{number:064x}",
        introduced=True,
    )


def scoped(name: str, *paths: str, rule: str = "python-sql-string-build") -> Waiver:
    listed = ", ".join(f'"{path}"' for path in paths)
    return read_waiver(f'{WHO}rule = "{rule}"\npaths = [{listed}]\n'.encode(), f".clearance/waivers/{name}.toml")


NAMED = [
    (("src/legacy/**",), "src/legacy/deep/a.py", True),
    (("src/legacy/**",), "src/legacy2/a.py", False),
    (("src/a.py",), "src/a.py", True),
    (("/src/a.py",), "src/a.py", True),
    (("src/a.py",), "x/src/a.py", False),
    (("src/A.py",), "src/a.py", False),
    (("a.py",), "deep/a.py", True),
    (("src/",), "src/a.py", True),
    (("src/a.py", "src/b.py"), "src/b.py", True),
    (("src/a?py",), "src/a.py", True),
    (("src/a.py",), "src/axpy", False),
]


@pytest.mark.parametrize(("paths", "path", "covered"), NAMED)
def test_a_waiver_names_the_files_that_its_patterns_fit(paths: tuple[str, ...], path: str, covered: object) -> None:
    assert bool(covers([scoped("w", *paths)], [finding(1, path)], TODAY, 180)) is covered


def test_a_waiver_of_one_rule_names_no_finding_of_another() -> None:
    assert not covers([scoped("w", "**", rule="python-weak-hash")], [finding(1, "a.py")], TODAY, 180)


@given(st.integers(-4_000, 4_000))
def test_days_are_counted_to_the_last_day_on_which_it_counts(days: int) -> None:
    waiver = read_waiver(GOOD.encode(), WHERE)
    on = dt.date(2027, 3, 31) - dt.timedelta(days=days)
    (cover,) = covers([waiver], [replace(finding(1, "a.py"), fingerprint=PRINT)], on, 180)
    assert (cover.days, cover.findings) == (days, (PRINT,))


def test_words_for_days() -> None:
    assert [standing(days) for days in (-2, -1, 0, 1, 2_000)] == [
        "expired 2 days ago", "expired 1 day ago", "expires today", "1 day left", "2,000 days left",
    ]  # fmt: skip


def test_thousands_of_waivers_cost_as_many_findings_do() -> None:
    """Four times the waivers and findings may not cost sixteen times: compared in processor time, not on a clock."""

    def cost(count: int) -> float:
        waivers = [scoped(f"w{number}", f"src/{number}.py") for number in range(count)]
        findings = [finding(number, f"src/{number}.py") for number in range(count)]
        gc.collect()
        gc.disable()  # what others left behind is not counted
        try:
            began = time.process_time()
            assert len(covers(waivers, findings, TODAY, 180)) == count
            return time.process_time() - began
        finally:
            gc.enable()

    cost(10)
    assert cost(4_000) < 10 * max(cost(1_000), 0.001)


def waived_row(days: int, most: int = 180, **more: object) -> Row:
    fields = {"findings": (FindingRow(),), "waivers": (WaiverRow(days=days, most=most),), **more}
    return Row(name="x", verdict=Verdict.ALLOW, **fields)  # type: ignore[arg-type]


@given(days=st.integers(-10_000, 10_000), most=st.integers(0, 3_650))
def test_a_waiver_counts_from_today_to_its_last_day_and_no_further(policies: Policies, days: int, most: int) -> None:
    decision = decide(case_of(waived_row(days, most)), policies)
    in_force = 0 <= days <= most
    assert decision.waivers == (("accepted",) if in_force else ())
    assert decision.verdict is (Verdict.ALLOW if in_force else Verdict.DENY)


@given(st.integers(-400, 400))
def test_no_waiver_makes_a_verdict_milder_than_without_its_finding_or_stricter_than_ask(
    policies: Policies, days: int
) -> None:
    with_it = decide(case_of(waived_row(days)), policies).verdict
    without_waiver = decide(case_of(waived_row(days, waivers=())), policies).verdict
    without_finding = decide(case_of(waived_row(days, findings=(), waivers=())), policies).verdict
    assert without_finding.rank <= with_it.rank <= without_waiver.join(Verdict.ASK).rank


def test_the_same_case_gives_the_same_decision_whatever_the_day_is_now(policies: Policies) -> None:
    case = case_of(waived_row(0))
    assert decide(case, policies) == decide(case, policies)
    assert digest(case) != digest(replace(case, waivers=(replace(case.waivers[0], days=-1),)))


def test_an_expired_waiver_says_which_how_long_ago_and_who_answers(policies: Policies) -> None:
    decision = decide(case_of(waived_row(-3)), policies)
    reason = next(one for one in decision.reasons if one.policy == "waivers-expire")
    assert reason.about == ("waiver accepted: expired 3 days ago, owner security",)
    assert reason.verdict is Verdict.ASK


def test_a_case_of_before_there_were_waivers_is_read_and_decided(policies: Policies) -> None:
    import msgspec

    from clearance.facts.decision import Case

    case = case_of(Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(),)))
    old = msgspec.json.decode(canonical(case))
    del old["waivers"]
    again = msgspec.convert(old, Case)
    assert again == case
    assert decide(again, policies).verdict is Verdict.DENY


def test_an_explanation_shows_what_was_waived_and_by_what(policies: Policies) -> None:
    accounts = {one.policy: one for one in explain(case_of(waived_row(5)), policies)}
    assert dict(accounts["no-new-high-findings"].grounds[0].facts)["resource.waived"] == "yes"
    assert accounts["waivers-expire"].grounds[0].label == "waiver accepted: 5 days left, owner security"


TEAM = """
@id("critical-risks-end-within-a-month")
@why("what is critical is not accepted for longer than a month")
@people("1 security engineer")
forbid (principal, action == Action::"waive", resource is Waiver)
when { resource.severity == Severity::"critical" && (resource.daysLeft > 30 || resource.ticket == "") };
"""


@pytest.mark.parametrize(("days", "ticket", "counts"), [(30, "OPS-7", True), (31, "OPS-7", False), (30, "", False)])
def test_a_team_can_say_which_risks_may_be_accepted(
    builtin: dict[str, str], schema: str, days: int, ticket: str, counts: object
) -> None:
    where = ".clearance/policies/critical-risks-end-within-a-month.cedar"
    policies = Policies.load(builtin, {where: TEAM}, schema)
    row = waived_row(
        days, findings=(FindingRow(severity=Severity.CRITICAL),), waivers=(WaiverRow(days=days, ticket=ticket),)
    )
    decision = decide(case_of(row), policies)
    assert (decision.verdict is Verdict.ALLOW) is counts
    assert decision.waivers == (("accepted",) if counts else ())


def test_a_policy_about_waivers_that_errs_lets_no_waiver_count(builtin: dict[str, str], schema: str) -> None:
    text = TEAM.replace("resource.daysLeft > 30", "resource.daysLeft * 9223372036854775807 > 30")
    where = ".clearance/policies/critical-risks-end-within-a-month.cedar"
    policies = Policies.load(builtin, {where: text}, schema)
    decision = decide(case_of(waived_row(5, findings=(FindingRow(severity=Severity.CRITICAL),))), policies)
    assert decision.waivers == ()
    assert decision.verdict is Verdict.DENY
    assert {"policy-error", "no-new-high-findings"} <= {one.policy for one in decision.reasons}


@pytest.mark.parametrize("action", ["go-further", "go-further-unreviewed", "act", "act-unasked"])
def test_a_policy_about_a_waiver_forbids_that_it_counts_and_nothing_else(
    builtin: dict[str, str], schema: str, action: str
) -> None:
    text = TEAM.replace("waive", action, 1).replace('@people("1 security engineer")\n', "")
    with pytest.raises(BadPolicy):
        Policies.load(builtin, {".clearance/policies/critical-risks-end-within-a-month.cedar": text}, schema)


@pytest.mark.parametrize("days", [-1, 30])
def test_no_waiver_counts_for_an_act(policies: Policies, days: int) -> None:
    decision = decide(case_of(waived_row(days, source="write")), policies)
    assert decision.waivers == ()
    assert {one.policy for one in decision.reasons} == {"act-no-flaws"}


def test_waivers_take_no_reason_away_but_those_about_what_they_cover(policies: Policies, rows: tuple[Row, ...]) -> None:
    """Over all cases of the built-in policies, each finding waived: what is left says so for everything else, and what
    cannot be waived is not."""
    seen = 0
    for row in rows:
        if not row.findings or row.source != "range":
            continue
        waivers = tuple(WaiverRow(id=f"w{number}", covers=(number,)) for number in range(1, len(row.findings) + 1))
        case = case_of(replace(row, waivers=waivers))
        without = decide(replace(case, waivers=()), policies)
        accepted = decide(case, policies)
        names = {one.waiver.id: one.findings[0] for one in case.waivers}
        waived = {names[name] for name in accepted.waivers}
        never = {"secrets", "personal", "tampering"}
        assert not {one.family for one in case.findings if one.fingerprint in waived} & never
        left = {(one.policy, about) for one in accepted.reasons for about in one.about}
        for reason in without.reasons:
            if reason.verdict is not Verdict.ALLOW:
                assert {(reason.policy, about) for about in reason.about if about not in waived} <= left
                assert reason.about or reason.policy in {one.policy for one in accepted.reasons}
        assert accepted.verdict.rank <= without.verdict.join(Verdict.ASK).rank
        seen += bool(waived)
    assert seen > 10
