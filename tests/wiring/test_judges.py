"""A company's rules in Rego: what they say joins the verdict; whatever goes wrong with them is a denial that says so."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from clearance.decide.decide import decide
from clearance.decide.judges import FIELDS, KEYS, document_of
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, GapRow, LinesRow, Row, TriggerRow, WaiverRow, case_of
from clearance.facts.decision import Decision, Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.finding import Severity
from clearance.wiring import builtin_policies
from clearance.wiring.judges import RegoJudge
from clearance.wiring.recording import team_policies, team_rego
from clearance.wiring.rego_text import read_rules

PLACE = ".clearance/rego/main.rego"
Judged = Callable[..., Decision]

pytestmark = pytest.mark.skipif(importlib.util.find_spec("regopy") is None, reason="regopy is not installed")


@pytest.fixture(scope="module")
def policies() -> Policies:
    return builtin_policies()


@pytest.fixture
def judged(policies: Policies) -> Iterator[Judged]:
    """Decide a case by the built-in policies and a text of Rego."""
    judges = []

    def judged(text: str | dict[str, str], row: Row | None = None, **limits: float) -> Decision:
        files = {PLACE: text} if isinstance(text, str) else text
        judge = RegoJudge(files, **limits)  # type: ignore[arg-type]
        judges.append(judge)
        return decide(case_of(row or Row(name="x", verdict=Verdict.ALLOW)), policies.with_judge(judge))

    yield judged
    for judge in judges:
        judge.close()


SAID = [
    # the rules, the verdict, the reasons
    ('package main\n\ndeny contains "no" if input.change.tier == 1', Verdict.DENY, ["rego:main"]),
    ('package main\n\nviolation contains {"msg": "no"} if input.author.byAi', Verdict.DENY, ["rego:main"]),
    ('package team.gate\n\ndeny_ai if input.author.kind == "agent"', Verdict.DENY, ["rego:team.gate"]),
    ('package main\n\nwarn contains "look" if input.change.size > 5', Verdict.ASK, ["rego:main"]),
    ('package main\n\ndeny contains "no" if input.change.tier == 3', Verdict.ALLOW, ["changes-may-go-further"]),
    ("package main\n\nimport rego.v1\n\ndeny contains f.path if some f in input.files", Verdict.DENY, ["rego:main"]),
    ('package main\n\n# deny[x] { http.send }\ndeny contains "inptu.x http.send" if false', Verdict.ALLOW,
     ["changes-may-go-further"]),
    # two rules on one line: both are evaluated, both are told
    ('package main\n\nwarn contains "x" if { true }; deny contains "y" if { true }', Verdict.DENY,
     ["rego:main", "rego:main"]),
    ('package main\n\ndeny := "" if true', Verdict.DENY, ["rego:main"]),
    ('package main\n\ndefault allow := false\n\nallow if input.change.tier == 1\n\ndeny contains "no" if not allow',
     Verdict.ALLOW, ["changes-may-go-further"]),
    ('package main\n\ndeny contains "x" if { true }; deny_b contains "y" if { true }', Verdict.DENY, ["rego:main"]),
    ('package main\n\ndeny contains f.path if { some f in input.files; regex.match("^src/", f.path) }',
     Verdict.DENY, ["rego:main"]),
    ('package main\n\nimport data.lib\n\ndeny contains "x" if data.main.few\n\nfew if count(input.files) < 9', Verdict.DENY,
     ["rego"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "verdict", "reasons"), SAID)
def test_what_the_rules_say_joins_the_verdict(judged: Judged, text: str, verdict: Verdict, reasons: list[str]) -> None:
    decision = judged(text)
    assert (decision.verdict, [one.policy for one in decision.reasons]) == (verdict, reasons)
    assert decision.could_not_look is (reasons == ["rego"])
    assert all(one.why and all(one.about) for one in decision.reasons if one.policy.startswith("rego"))


LOST = [
    # the rules, what the reason names
    ('package main\n\ndeny[msg] { msg := "v0" }', f"{PLACE}:3: Rego v0"),
    ('package main\n\ndeny contains "x" if inptu.change', f"{PLACE}:3: inptu is no input"),
    ('package main\n\ndeny contains "x" if input.chaneg.tier == 1', f"{PLACE}:3: there is no input.chaneg; the nearest is"),
    ('package main\n\ndeny contains "x" if input["finding"]', f"{PLACE}:3: there is no input.finding"),
    ('package main\n\n\ndeny contains "x" if http.send({}).body', f"{PLACE}:4: http.send is not allowed"),
    ('package main\n\ndeny contains "x" if time.now_ns() > 5', f"{PLACE}:3: time.now_ns is not allowed"),
    ('package main\n\ndeny contains "x" if {\n\tinput.change.tier ==\n}', f"{PLACE}:4: no Rego"),
    ("deny contains 1 if true", f"{PLACE}:1: no package"),
    ("package main\n\nhelper := 1", f"{PLACE}:1: no rule"),
    ('package main\n\ndeny contains "x" if 1 / input.change.files == 1\n\ndeny contains "y" if 1 / 0 == 1', "main:"),
    ("package main\n\ndeny := 1 if true\n\ndeny := 2 if true", "main:"),
    (
        'package main\n\ndeny contains "x" if input.change.teir > 1',
        f"{PLACE}:3: there is no input.change.teir; the nearest is",
    ),
    ('package main\n\ndeny contains "x" if input.files[_].paht == "a"', f"{PLACE}:3: there is no input.files.paht"),
    ('package main\n\ndeny contains "x" if input[`chaneg`].tier > 1', f"{PLACE}:3: there is no input.chaneg"),
    ('package main\n\ndeny contains "x" if input ["chaneg"].tier > 1', f"{PLACE}:3: there is no input.chaneg"),
    (
        'package main\n\ndeny contains "x" if {\n\tsome f in input.findings\n\tf.sevrity == "high"\n}',
        f"{PLACE}:5: there is no f.sevrity",
    ),
    (
        'package main\n\ndeny contains "x" if {\n\tf := input.findings[_]\n\tf.sevrity == "high"\n}',
        f"{PLACE}:5: there is no f.sevrity",
    ),
    ('package main\n\ndoc := input\n\ndeny contains "x" if doc.findngs[_]', f"{PLACE}:3: `input` as a whole"),
    ("package main\n\nimport input as i\n\ndeny contains 1 if i.chaneg", f"{PLACE}:3: `input` as a whole"),
    ("package main\n\ndeny contains 1 if data.blocked[input.author.name]", f"{PLACE}:3: there is no data.blocked"),
    ("package main\n\nimport data.blocked\n\ndeny contains 1 if blocked[1]", f"{PLACE}:3: there is no data.blocked"),
    (
        'package main\n\ndeny(x) := "x" if input.change.tier > 1\n\nwarn contains 1 if false',
        f"{PLACE}:3: deny is a function",
    ),
    ('package main\n\ndenied contains "x" if true\n\nwarn contains 1 if false', f"{PLACE}:3: nobody asks denied"),
    ("package main\n\nDENY if true\n\nwarn contains 1 if false", f"{PLACE}:3: nobody asks DENY"),
    ("package main\n\ndenies := true if true\n\nwarn contains 1 if false", f"{PLACE}:3: nobody asks denies"),
    ("package main\n\ndefault allow := false\n\nallow if 1 == 2\n\nwarn if false", f"{PLACE}:3: nobody asks allow"),
    ('package main\n\ndeny contains 1 if time["now_ns"]() > 5', f"{PLACE}:3: time["),
    ("package main\n\ndeny contains 1 if time . now_ns() > 5", f"{PLACE}:3: time.now_ns is not allowed"),
    ('package main\n\ndeny contains 1 if rand["intn"]("a", 9) > 5', f"{PLACE}:3: rand["),
    ('package main\n\ndeny contains 1 if opa["runtime"]().env', f"{PLACE}:3: opa["),
    (
        "package main\n\ndeny := null if input.change.tier == 9\n\nwarn := 1 / 0",
        "main: it cannot be evaluated: divide by zero",
    ),
    ("package main\n\n" + "# x\n" * 100_000 + "deny contains 1 if true", f"{PLACE}:1: larger"),
]


@pytest.mark.parametrize(("text", "named"), LOST)
def test_rules_that_cannot_be_asked_deny_and_are_named(judged: Judged, text: str, named: str) -> None:
    decision = judged(text)
    assert decision.verdict is Verdict.DENY
    assert decision.could_not_look
    assert named in decision.reasons[0].about[0]
    assert decision.reasons[0].fix


def test_no_name_of_a_file_can_take_a_denial_back(judged: Judged) -> None:
    rules = 'package main\n\ndeny contains msg if {\n\tsome f in input.files\n\tmsg := sprintf("%s!", [f.path])\n}'
    for name in ('a"], "deny": [], "x": ["', 'a"b\\', "a\\u0062", "a\nb", "a\u2028\x00", "é😀", "a\\"):
        decision = judged(rules, Row(name="x", verdict=Verdict.DENY, files=(name, "src/app.py")))
        assert decision.verdict is Verdict.DENY, name
        assert not decision.could_not_look
        assert len(decision.reasons[0].about) == 2
        assert "src/app.py!" in decision.reasons[0].about


CUT = [
    # what a rule makes of a name: the library gives back raw quotes, half an escape, or a key that is another text
    'trim(f.path, "/")', 'trim_left(f.path, "/")', "substring(f.path, 0, 2)", "strings.reverse(f.path)",
    "{f.path: 1}", '{trim(f.path, "/"): 1}', 'split(f.path, "/")', 'concat("", [f.path, trim(f.path, "/")])',
]  # fmt: skip


@pytest.mark.parametrize("cut", CUT)
def test_what_a_rule_makes_of_a_name_takes_no_denial_back(judged: Judged, cut: str) -> None:
    rules = (
        f"package main\n\nabout contains x if {{\n\tsome f in input.files\n\tx := {cut}\n}}\n\n"
        f"deny if count(about) > 0\n\nzebra contains x if {{\n\tsome f in input.files\n\tx := {cut}\n}}"
    )
    swallow = ('a"], "w": {"z": ["', 'm"]}, "v": ["', 'a"]}], "y": [{"z": ["', 'a"], "deny": false, "x": ["')
    for names in (*((name,) for name in swallow), swallow[:2]):
        decision = judged(rules, Row(name="x", verdict=Verdict.DENY, files=names))
        assert decision.verdict is Verdict.DENY, (cut, names)


def test_a_text_of_a_rule_is_compared_as_it_is(judged: Judged) -> None:
    rules = 'package main\n\ndeny contains "x" if input.files[_].path == "a\\"é"'
    decided = [judged(rules, Row(name="x", verdict=Verdict.DENY, files=(name,))).verdict for name in ('a"é', "a")]
    assert decided == [Verdict.DENY, Verdict.ALLOW]


def test_two_files_of_a_package_do_not_take_back_that_a_rule_is_a_set() -> None:
    files = {
        PLACE: "package a\n\ndeny contains 1 if false",
        f"{PLACE[:-5]}z.rego": "package a\n\ndeny contains 2 if\n\tdeny",
    }
    asked, _, problems = read_rules(files)
    assert (asked, problems) == ({"a": {"deny": True}}, [])


@pytest.mark.parametrize("path", [".clearance/rego/sub/a.rego", ".clearance/rego/A.REGO", ".Clearance/rego/a.rego"])
def test_rules_that_would_be_passed_over_deny(judged: Judged, path: str) -> None:
    assert team_rego({path: b"x"}) == {path: "x"}
    decision = judged({path: 'package main\n\ndeny contains "x" if false'})
    assert decision.could_not_look
    assert "passed over" in decision.reasons[0].about[0]


@pytest.mark.parametrize(
    "path", [".clearance/policies/sub/a.cedar", ".clearance/policies/A.CEDAR", ".Clearance/policies/a.cedar"]
)
def test_policies_that_would_be_passed_over_are_refused(path: str) -> None:
    with pytest.raises(BadPolicy, match="passed over"):
        team_policies({path: b"x"})


def test_a_denial_in_a_file_of_tests_is_refused(judged: Judged) -> None:
    files = {PLACE: "package main\n\nwarn contains 1 if false"}
    tests = f"{PLACE[:-5]}_test.rego"
    assert (
        judged(files | {tests: "package main_test\n\nimport data.main\n\ndeny contains 1 if false"}).verdict is Verdict.ALLOW
    )
    assert judged(files | {tests: "package main\n\ndeny contains 1 if true"}).could_not_look


def test_rules_that_do_not_end_deny(judged: Judged) -> None:
    numbers = "some {0} in numbers.range(1, 4000)"
    loop = "\n\t".join(numbers.format(name) for name in "abc")
    decision = judged(f'package main\n\ndeny contains "x" if {{\n\t{loop}\n\ta * b * c == -1\n}}', seconds=2)
    assert decision.could_not_look
    assert "no answer after 2 seconds" in decision.reasons[0].about[0]


def test_rules_that_take_all_memory_deny(judged: Judged) -> None:
    decision = judged(
        'package main\n\ndeny contains "x" if count(numbers.range(1, 50000000)) == 1', mebibytes=200, seconds=60
    )
    assert decision.could_not_look
    assert "memory" in decision.reasons[0].about[0]


def test_without_the_library_nothing_passes(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    decision = judged('package main\n\ndeny contains "x" if false')
    assert decision.could_not_look
    assert "clearance[rego]" in decision.reasons[0].about[0]


def test_one_broken_file_spoils_the_whole_set(judged: Judged) -> None:
    good = 'package main\n\ndeny contains "x" if false'
    decision = judged({PLACE: good, ".clearance/rego/other.rego": "package other\n\ndeny contains if"})
    assert decision.could_not_look


def test_an_ask_wants_a_reviewer_and_a_denial_of_ours_stays(judged: Judged) -> None:
    warns = 'package main\n\nwarn contains "look twice" if true'
    decision = judged(warns)
    assert [(need.people, need.role, need.because) for need in decision.reviews] == [(1, "reviewer", "look twice")]
    both = judged(warns, Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(),)))
    assert (both.verdict, [one.policy for one in both.reasons]) == (Verdict.DENY, ["no-new-high-findings", "rego:main"])


def test_the_digest_names_the_rules_only_where_there_are_any(policies: Policies) -> None:
    one, other = RegoJudge({PLACE: "package a\n\ndeny if false"}), RegoJudge({PLACE: "package a\n\ndeny if true"})
    named = {policies.digest, policies.with_judge(one).digest, policies.with_judge(other).digest}
    assert len(named) == 3
    assert decide(case_of(Row(name="x", verdict=Verdict.ALLOW)), policies).policies == policies.digest


def test_acts_are_not_put_to_the_rules(judged: Judged) -> None:
    decision = judged('package main\n\ndeny contains "x" if true', Row(name="x", verdict=Verdict.ALLOW, source="write"))
    assert decision.verdict is Verdict.ALLOW


def test_the_document_is_what_the_manual_says() -> None:
    row = Row(
        name="x", verdict=Verdict.DENY, findings=(FindingRow(severity=Severity.LOW),), gaps=(GapRow(),),
        triggers=(TriggerRow(id="authentication", tier=2),),
    )  # fmt: skip
    document = document_of(case_of(row), frozenset())
    assert set(document) == set(KEYS)
    assert document["version"] == 1
    assert document["findings"][0]["severity"] == "low"
    assert document["findings"][0]["line"] == 1
    assert document["triggers"][0]["name"] == "authentication"
    assert document["gaps"][0]["kind"] == "scanner crashed"
    assert "change" not in document["findings"][0]
    json.dumps(document)


def test_the_fields_of_the_document_are_those_that_names_are_checked_against() -> None:
    row = Row(
        name="x", verdict=Verdict.DENY, findings=(FindingRow(),), gaps=(GapRow(),), waivers=(WaiverRow(id="a"),),
        triggers=(TriggerRow(id="authentication", tier=2),), lines=LinesRow(hook=1, unknown=1),
    )  # fmt: skip
    document = document_of(case_of(row), frozenset())
    parts = {name: part[0] if isinstance(part, list) else part for name, part in document.items() if name != "version"}
    assert {name: sorted(part) for name, part in parts.items()} == {name: sorted(part) for name, part in FIELDS.items()}


def test_a_judge_that_breaks_denies(policies: Policies) -> None:
    class Broken:
        digest = "x"
        names = ()

        def judge(self, document: object) -> object:
            raise RuntimeError("broken")

    decision = decide(case_of(Row(name="x", verdict=Verdict.ALLOW)), policies.with_judge(Broken()))  # type: ignore[arg-type]
    assert decision.verdict is Verdict.DENY


_LARGE = """
import subprocess, sys
large = bytearray(400_000_000)
large[::4096] = b"x" * len(large[::4096])
judge = [sys.executable, "-I", "-m", "clearance.scan.imported.rego.judge", "20", "256"]
done = subprocess.run(judge, input=b'{"modules": {}, "asked": {}}\\n{}\\n', stdout=subprocess.PIPE)
print(done.returncode, len(done.stdout.splitlines()))
"""


def test_a_large_process_may_start_the_judge() -> None:
    done = subprocess.run([sys.executable, "-c", _LARGE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "2"]
