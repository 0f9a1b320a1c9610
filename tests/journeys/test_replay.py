"""Decisions of a log are given again, and nothing that is missing or altered passes for the same."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearance.attest.statement import decision_statement, evidence_of
from clearance.decide.decide import decide
from clearance.decide.table import FindingRow
from clearance.facts.act import Act, Moment
from clearance.facts.decision import Verdict
from clearance.facts.fact import canonical, digest
from clearance.frontends.cli.main import run
from clearance.wiring.acts import Engine
from clearance.wiring.policies import builtin_rows
from clearance.wiring.recording import builtin_policies, open_log
from clearance.wiring.trusting import open_trust
from journeys.logged import MEDIUM, QUIET, cases, change, forge, items, log_cases, log_without_policies
from journeys.place import Place

POLICY = """\
@id("no-medium-findings")
@why("here even a medium one stops a change")
forbid (principal, action == Action::"go-further", resource is Finding)
when { resource.introduced && resource.severity == Severity::"medium" };
"""
TEAM = {".clearance/policies/no-medium-findings.cedar": POLICY.encode()}
REGO = {
    ".clearance/rego/main.rego": b'package main\n\ndeny contains "too large" if { input.change.files > 0 }\n',
}
FLAW = 'def find(connection, name):\n    return connection.execute("select * from t where n = \'" + name + "\'")\n'


@pytest.fixture
def here(repository: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(repository.top)
    return repository


def replay(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run(["policy", "replay", "--format", "json", *arguments])
    said = capsys.readouterr()
    assert said.out, said.err
    return code, json.loads(said.out)


def sign(place: Place, statement: Any, evidence: dict[str, bytes]) -> None:
    ((sealed, opened),) = open_trust(os.environ).seal([statement])
    open_log(place.top).append(sealed, evidence, opened)


def test_a_check_is_given_again_after_the_policies_changed(here: Place) -> None:
    here.git("checkout", "-q", "-b", "work")
    here.write("find.py", FLAW)
    first = here.check()
    here.write(".clearance/policies/no-medium-findings.cedar", POLICY)
    here.git("checkout", "-q", "main")
    here.commit("policies")
    answer = here.clearance("policy", "replay")
    assert answer.code == 0, answer.err
    row, empty, told, log = answer.out.splitlines()
    assert row.split()[0] == "#0"
    assert row.endswith(f"{first.data['decision']['verdict']:<5}  the same")
    assert empty == ""
    assert "1 decision given again by version" in told
    assert told.endswith(": 1 the same")
    assert log.endswith("1 entry; the signature of each decision above holds")
    assert here.clearance("log", "verify").code == 0


def test_every_built_in_case_is_given_again(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    rows = builtin_rows()
    log_cases(here, rows)
    code, found = replay(capsys, "--all")
    assert [one["differs"] + [one["why"]] for one in found["entries"] if one["result"] != "same"] == []
    assert (code, found["same"], found["more"]) == (0, len(rows), False)
    assert {one["found"] for one in found["entries"]} == {"log"}
    assert {"range", "write", "command", "prompt", "tool"} <= {one["source"] for one in found["entries"]}


def test_the_texts_are_kept_once_a_set(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    log_cases(here, [QUIET, change(MEDIUM)])
    sets = [body for name, body in items(here, "evidence/%").items() if b'"schema":' in body]
    assert len(sets) == 1
    log_cases(here, [change(MEDIUM)], TEAM)
    assert len([1 for body in items(here, "evidence/%").values() if b'"schema":' in body]) == 2
    named = {json.loads(canonical(one))["policies"] for one in replay(capsys)[1]["entries"]}
    assert {f"evidence/{name}" for name in named} <= items(here).keys()
    assert here.clearance("log", "verify").code == 0


def test_rules_in_rego_are_kept_and_asked_again(
    here: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log_cases(here, [QUIET], TEAM | REGO)
    code, found = replay(capsys)
    assert (code, found["entries"][0]["verdict"], found["entries"][0]["found"]) == (0, "DENY", "log")
    assert here.clearance("log", "verify").code == 0
    monkeypatch.setattr("clearance.wiring.judges.importlib.util.find_spec", lambda _: None)
    code, found = replay(capsys)
    assert (code, found["missing"]) == (4, 1)
    assert "regopy" in found["entries"][0]["why"]


def test_a_refused_act_is_given_again_though_rules_in_rego_judge_changes_only(
    here: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in (TEAM | REGO).items():
        here.write(name, data)
    here.commit("rules")
    act = Act(
        assistant="claude-code",
        moment=Moment.BEFORE,
        tool="Bash",
        session="s",
        directory=str(here.top),
        command="rm -rf .clearance",
    )
    assert Engine(os.environ).judge(act).verdict is Verdict.DENY
    code, found = replay(capsys)
    (told,) = found["entries"]
    assert (code, told["source"], told["verdict"], told["found"]) == (0, "command", "DENY", "log")


def test_an_old_entry_is_given_again_with_the_policies_of_today_or_told(
    here: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    log_without_policies(here, [QUIET, change(MEDIUM)])
    code, found = replay(capsys)
    assert (code, [one["found"] for one in found["entries"]]) == (0, ["today", "today"])
    log_without_policies(here, [change(MEDIUM)], TEAM)
    code, found = replay(capsys)
    assert (code, found["same"], found["missing"]) == (4, 2, 1)
    last = found["entries"][-1]
    assert last["why"] == f"the set {last['policies']} is not kept, and it is not the one of today"
    here.write(".clearance/policies/no-medium-findings.cedar", POLICY)
    code, found = replay(capsys)
    assert (code, found["entries"][-1]["found"]) == (0, "today")
    assert here.clearance("log", "verify").code == 0


def test_what_differs_is_shown(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases([change(FindingRow())])
    true = decide(case, builtin_policies())
    false = msgspec.structs.replace(true, verdict=Verdict.ALLOW, reasons=(), reviews=())
    sign(here, decision_statement(case, false, datetime.now(UTC)), evidence_of(case, false))
    code, found = replay(capsys)
    assert code == 1
    told = {one["what"]: (one["signed"], one["now"]) for one in found["entries"][0]["differs"]}
    assert told["verdict"] == ("ALLOW", true.verdict.value)
    assert {f"reason {reason.policy}" for reason in true.reasons} <= told.keys()
    assert all(signed == "" for signed, _ in (told[f"reason {reason.policy}"] for reason in true.reasons))
    assert run(["policy", "replay"]) == 1
    shown = capsys.readouterr().out
    assert "\n    verdict\n        signed  ALLOW\n        now     DENY\n" in shown
    assert "signed by version" in shown


def test_a_statement_that_says_other_than_its_case_differs(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases([change(MEDIUM)])
    decision = decide(case, builtin_policies())
    statement = decision_statement(case, decision, datetime.now(UTC))
    predicate = msgspec.structs.replace(statement.predicate, tier=3)
    sign(here, msgspec.structs.replace(statement, predicate=predicate), evidence_of(case, decision))
    code, found = replay(capsys)
    assert code == 1
    assert found["entries"][0]["differs"] == [{"what": "statement, predicate.tier", "signed": "3", "now": "0"}]


def _forged(here: Place, capsys: pytest.CaptureFixture[str], what: str, body: bytes | None) -> dict[str, Any]:
    log_cases(here, [change(MEDIUM), QUIET])
    (first, _) = (json.loads(one)["dsseEnvelope"]["payload"] for _, one in sorted(items(here, "bundle/%").items()))
    import base64

    says = json.loads(base64.b64decode(first))["predicate"]
    decision = next(iter(set(says["evidence"]) - {says["case"], says["policies"]}))
    names = {"case": says["case"], "set": says["policies"], "decision": decision}
    forge(here, "entry/000000000000" if what == "entry" else f"evidence/{names[what]}", body)
    code, found = replay(capsys)
    assert code == 4
    forged: dict[str, Any] = found["entries"][0]
    assert forged["result"] == "missing"
    return forged


@pytest.mark.parametrize("what", ["case", "decision", "set", "entry"])
def test_what_was_tampered_with_never_passes(here: Place, capsys: pytest.CaptureFixture[str], what: str) -> None:
    told = _forged(here, capsys, what, b"{}")
    assert "not what was signed" in told["why"] or "not as it was signed" in told["why"]
    assert "clearance log verify" in told["next"]


@pytest.mark.parametrize("what", ["case", "decision", "entry"])
def test_what_was_taken_away_never_passes(here: Place, capsys: pytest.CaptureFixture[str], what: str) -> None:
    told = _forged(here, capsys, what, None)
    assert "not kept" in told["why"] or "missing" in told["why"]


def test_a_lost_set_is_replaced_by_the_same_one_of_today(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    log_cases(here, [QUIET])
    forge(here, f"evidence/{builtin_policies().digest}", None)
    code, found = replay(capsys)
    assert (code, found["entries"][0]["found"]) == (0, "today")


def test_a_case_of_a_later_version_is_told(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases([QUIET])
    later = json.loads(canonical(msgspec.structs.replace(case, version="99.0")))
    later["mood"] = "fine"
    body = canonical(later)
    name = digest(later)
    decision = msgspec.structs.replace(decide(case, builtin_policies()), case=name)
    (statement,) = (
        decision_statement(case, msgspec.structs.replace(decision, case=digest(case)), datetime.now(UTC)) for _ in "1"
    )
    predicate = msgspec.structs.replace(
        statement.predicate, case=name, version="99.0", evidence=tuple(sorted((name, digest(decision))))
    )
    sign(
        here,
        msgspec.structs.replace(statement, predicate=predicate),
        {name: body, digest(decision): canonical(decision)},
    )
    code, found = replay(capsys)
    assert code == 4
    (told,) = found["entries"]
    assert "this version cannot read" in told["why"]
    assert told["next"] == "version 99.0 signed it: replay it with that one"


def test_a_case_of_an_earlier_version_with_fewer_fields_is_given_again(
    here: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    (case,) = cases([change(MEDIUM)])
    earlier = json.loads(canonical(case))
    del earlier["waivers"]
    name = digest(earlier)
    given = msgspec.structs.replace(decide(case, builtin_policies()), case=name)
    shorter = json.loads(canonical(given))
    del shorter["waivers"]
    statement = decision_statement(case, msgspec.structs.replace(given, case=digest(case)), datetime.now(UTC))
    predicate = msgspec.structs.replace(statement.predicate, case=name, evidence=tuple(sorted((name, digest(shorter)))))
    document = json.loads(canonical(msgspec.structs.replace(statement, predicate=predicate)))
    del document["predicate"]["waivers"]
    sign(here, document, {name: canonical(earlier), digest(shorter): canonical(shorter)})
    code, found = replay(capsys)
    assert found["entries"][0]["differs"] == []
    assert code == 0


def test_a_set_that_this_version_does_not_accept_is_told(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases([QUIET])
    policies = builtin_policies()
    texts = {policy.id: policy.text for policy in policies.all} | {"odd": "permit (principal, action, resource);"}
    body = canonical({"schema": policies.schema_text, "policies": texts})
    decision = msgspec.structs.replace(decide(case, policies), policies=digest(json.loads(body)))
    statement = decision_statement(case, decision, datetime.now(UTC), [decision.policies])
    sign(here, statement, evidence_of(case, decision) | {decision.policies: body})
    code, found = replay(capsys)
    assert code == 4
    assert "does not accept the policies that were kept: policies/odd.cedar" in found["entries"][0]["why"]


def test_a_set_with_another_schema_is_told_and_not_called_a_denial(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    (case,) = cases([change(MEDIUM, tier=2)])
    policies = builtin_policies()
    schema = policies.schema_text.replace("introducedFindings", "broughtFindings")
    assert schema != policies.schema_text
    texts = {policy.id: policy.text.replace("introducedFindings", "broughtFindings") for policy in policies.all}
    body = canonical({"schema": schema, "policies": texts})
    decision = msgspec.structs.replace(decide(case, policies), policies=digest(json.loads(body)))
    statement = decision_statement(case, decision, datetime.now(UTC), [decision.policies])
    sign(here, statement, evidence_of(case, decision) | {decision.policies: body})
    code, found = replay(capsys)
    assert code == 4, found["entries"]
    assert "the schema that was kept is not the one" in found["entries"][0]["why"]


def test_a_log_of_another_version_is_refused(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    log_cases(here, [QUIET])
    with closing(sqlite3.connect(here.top / ".git/clearance/log")) as connection, connection:
        connection.execute("PRAGMA user_version = 9")
    assert run(["policy", "replay"]) == 4
    assert "a log of version 9" in capsys.readouterr().err


def test_which_are_replayed(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    log_without_policies(here, [change(size=number) for number in range(300)])
    assert replay(capsys)[1]["more"]
    assert [one["entry"] for one in replay(capsys, "--last", "3")[1]["entries"]] == [297, 298, 299]
    code, found = replay(capsys, "--all")
    assert (code, found["same"], found["more"]) == (0, 300, False)
    name = found["entries"][7]["digest"]
    assert [one["entry"] for one in replay(capsys, "5", name[:12])[1]["entries"]] == [5, 7]
    assert run(["policy", "replay"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert shown[0].endswith("200 the same")
    for wrong in ("300", "zz", "-1x", "0" * 40):
        assert run(["policy", "replay", "--", wrong]) == 2
        assert "no such entry" in capsys.readouterr().err
    assert run(["policy", "replay", "1", "--all"]) == 2


def test_a_proof_of_guards_is_no_decision(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    log_cases(here, [QUIET])
    document = {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "urn:x", "predicate": {}}
    sign(here, document, {})
    assert run(["policy", "replay", "1"]) == 2
    assert "not a decision" in capsys.readouterr().err
    code, found = replay(capsys)
    assert (code, len(found["entries"])) == (0, 1)


def test_without_a_log_nothing_is_the_same(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "replay"]) == 4
    assert "there is no log yet" in capsys.readouterr().err
    assert run(["policy", "replay", "-C", "missing"]) == 2
    document = {"_type": "https://in-toto.io/Statement/v1", "subject": [], "predicateType": "urn:x", "predicate": {}}
    sign(here, document, {})
    assert run(["policy", "replay"]) == 4
    assert "nothing to replay" in capsys.readouterr().out


def test_colours_are_left_out_where_nobody_wants_them(here: Place) -> None:
    log_cases(here, [QUIET])
    assert "\x1b" not in here.clearance("policy", "replay").out
    assert "\x1b[32mthe same" in here.clearance("policy", "replay", FORCE_COLOR="1").out
    assert "\x1b" not in here.clearance("policy", "replay", FORCE_COLOR="1", NO_COLOR="1").out


def test_a_killed_replay_leaves_everything_as_it_was(here: Place) -> None:
    log_without_policies(here, [change(MEDIUM, size=number) for number in range(400)])
    before = items(here)
    questions = here.top / "questions.jsonl"
    with subprocess.Popen(
        [sys.executable, "-m", "clearance", "policy", "replay", "--all", "--questions", str(questions)],
        cwd=here.top,
        stdout=subprocess.DEVNULL,
        env=os.environ,
    ) as process:
        unfinished = here.top / ".questions.jsonl.new"
        while process.poll() is None and not (unfinished.exists() and unfinished.stat().st_size):
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not questions.exists()
    assert items(here) == before
    assert here.clearance("log", "verify").code == 0


NODE = """
const cedar = require('@cedar-policy/cedar-wasm/nodejs');
const lines = require('fs').readFileSync(process.argv[2], 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
for (const line of lines) {
    if (line.policies) {
        const policies = cedar.preparsePolicySet(line.set, { staticPolicies: line.policies });
        const schema = cedar.preparseSchema(line.set, line.schema);
        if (policies.type !== 'success' || schema.type !== 'success') throw new Error(JSON.stringify([policies, schema]));
        continue;
    }
    const answers = line.rounds.map((round) => round.requests.map((request) => {
        const answer = cedar.statefulIsAuthorized({
            ...request, context: round.context, entities: round.entities,
            preparsedSchemaName: line.set, validateRequest: true, preparsedPolicySetId: line.set,
        });
        if (answer.type !== 'success') throw new Error(JSON.stringify(answer));
        const { decision, diagnostics } = answer.response;
        return [decision, diagnostics.reason.sort(), diagnostics.errors.length];
    }));
    console.log(JSON.stringify(answers));
}
"""


@pytest.mark.system("node")
def test_another_cedar_gives_every_decision_again(here: Place, tmp_path: Path) -> None:
    given = os.environ.get("CLEARANCE_CLIENTS")
    if not given or not Path(given, "@cedar-policy", "cedar-wasm").is_dir():
        if os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail("CLEARANCE_CLIENTS names no folder with @cedar-policy/cedar-wasm, and nothing may be skipped here")
        pytest.skip("needs CLEARANCE_CLIENTS, a node_modules folder with @cedar-policy/cedar-wasm")
    log_cases(here, builtin_rows())
    log_cases(here, [change(MEDIUM), QUIET], TEAM)
    here.write("find.py", FLAW)
    assert here.check().code in {1, 3}
    assert here.clearance("policy", "replay", "--all", "--questions", str(tmp_path / "questions.jsonl")).code == 0
    (tmp_path / "ask.cjs").write_text(NODE)
    done = subprocess.run(
        [shutil.which("node") or "node", "ask.cjs", "questions.jsonl"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "NODE_PATH": given},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "questions.jsonl").read_text().splitlines()]
    decisions = [line for line in lines if "entry" in line]
    assert len(decisions) == len(builtin_rows()) + 3
    told = [json.loads(line) for line in done.stdout.splitlines()]
    same = [
        _ours(line, next(one for one in lines if one["set"] == line["set"] and "policies" in one), answers)
        for line, answers in zip(decisions, told, strict=True)
    ]
    assert all(same), f"{sum(same)} of {len(same)} decisions are the same"


def _ours(line: dict[str, Any], kept: dict[str, Any], rounds: list[list[list[Any]]]) -> bool:
    """Whether the other engine's answers are ours, one by one, and join to the decision that was signed."""
    import cedarpy

    from clearance.decide.replay import Texts, policies_of

    name = line["set"]
    if name not in _SETS:
        _SETS[name] = policies_of(Texts(policies=kept["policies"], schema=kept["schema"]))
    policies = _SETS[name]
    forbidding: set[str] = set()
    for asked, answers in zip(line["rounds"], rounds, strict=True):
        graph = cedarpy.Entities.from_json_str(json.dumps(asked["entities"]), policies.schema)
        requests = [one | {"context": json.dumps(asked["context"])} for one in asked["requests"]]
        said = cedarpy.is_authorized_batch(requests, policies.engine, graph, policies.schema)
        for mine, (decision, reasons, errors) in zip(said, answers, strict=True):
            if errors or mine.diagnostics.errors or sorted(mine.diagnostics.reasons) != reasons:
                return False
            if (mine.decision is cedarpy.Decision.Allow) != (decision == "allow"):
                return False
            forbidding |= set(reasons) if decision == "deny" else set()
    allowed = line["verdict"] == "ALLOW"
    return allowed is not bool(forbidding) and (allowed or forbidding == set(line["reasons"]))


_SETS: dict[str, Any] = {}
