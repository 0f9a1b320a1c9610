"""What the log shows of rules, policies and guards, and what it must not be taken to show."""

import json
from typing import Any

import pytest

from clearance.facts.entry import Entry, Sealed
from clearance.report.controls.view import Logged
from clearance.wiring import control_records
from clearance.wiring.control_records import Records


def entry(index: int, **predicate: Any) -> Entry:
    payload = json.dumps({"predicate": predicate}).encode()
    return Entry(index=index, leaf="", digest="", key="", sealed=Sealed(leaf=b""), payload=payload)


def decision(index: int, verdict: str = "ALLOW", **more: Any) -> Entry:
    base = {
        "verdict": verdict,
        "rules": "today",
        "policies": "today",
        "source": "staged",
        "time": f"2026-11-2{index}T10:00:00Z",
    }
    ran = [{"scanner": "code", "files": 2}, {"scanner": "infra", "files": 0}]
    return entry(index, **{**base, "ran": ran, **more})


def proof(index: int, **more: Any) -> Entry:
    return entry(index, result="alive", time=f"2026-11-2{index}T10:00:00Z", **more)


class _Log:
    def __init__(self, *entries: Entry) -> None:
        self._entries = entries

    def entries(self, start: int = 0) -> Any:
        return iter(self._entries[start:])


def records(*entries: Entry, start: int = 0) -> Records:
    decided, guards = control_records._read(_Log(*entries), start)  # type: ignore[arg-type]
    return Records(Logged(size=len(entries), read=len(entries)), decided, guards, "today", "today")


def test_a_scanner_that_looked_at_no_file_did_not_run() -> None:
    found = records(decision(1), decision(2, "DENY"))
    assert found.scanner("code").decisions == 2
    assert found.scanner("infra").is_empty
    assert found.scanner("packages").is_empty
    last = found.scanner("code")
    assert (last.since, last.last, last.last_time, last.last_verdict) == (
        "2026-11-21T10:00:00Z", 2, "2026-11-22T10:00:00Z", "DENY",
    )  # fmt: skip


def test_a_scanner_without_its_data_is_no_record() -> None:
    ran = [{"scanner": "packages", "files": 1}, {"scanner": "code", "files": 1}]
    missing = {"scanner": "packages", "path": "", "kind": "data missing", "detail": "no advisories"}
    other, one = missing | {"kind": "could not be parsed"}, missing | {"path": "requirements.txt"}
    found = records(*(decision(number, ran=ran, gaps=[gap]) for number, gap in enumerate((missing, other, one))))
    assert found.scanner("packages").decisions == 2
    assert found.scanner("code").decisions == 3


def test_decisions_with_other_rules_count_but_not_as_those_of_today() -> None:
    record = records(decision(1, rules="older"), decision(2)).scanner("code")
    assert (record.decisions, record.as_today) == (2, 1)


def test_a_policy_counts_where_it_was_asked_for_certain() -> None:
    found = records(
        decision(1, policies="older"),
        decision(2, policies="older", reasons=["no-secrets"]),
        decision(3),
        decision(4, source="write"),
    )
    record = found.policy("no-secrets", "go-further")
    assert (record.decisions, record.as_today, record.fired) == (2, 1, 1)
    assert found.policy("act-no-secrets", "act").last == 4


def test_a_policy_about_exceptions_is_in_force_only_where_there_is_one() -> None:
    found = records(decision(1), decision(2, waivers=[{"id": "old-parser"}]), decision(3, source="write"))
    assert found.policy("waivers-expire", "waive").decisions == 1
    assert records(decision(1)).policy("waivers-expire", "waive").is_empty


def test_what_has_no_count_of_its_own_says_none_and_never_zero() -> None:
    found = records(decision(1))
    assert found.scanner("code").fired is None
    assert found.policy("no-secrets", "go-further").fired == 0
    assert found.policy("waivers-expire", "waive").fired == 0


def test_assessments_are_of_changes_not_of_acts() -> None:
    assert records(decision(1), decision(2, source="command")).assessed().decisions == 1


def test_the_newest_proof_that_tried_a_guard_itself_is_told() -> None:
    found = records(
        proof(1, whole=True, alive=["scanner:code"]),
        proof(2, tried=["hook"], alive=["scanner:code", "hook:x"]),
    )
    assert (found.scanner("code").pulse, found.scanner("code").proof) == ("alive", 1)


def test_one_dead_guard_among_living_ones_is_what_is_told() -> None:
    found = records(
        proof(1, whole=True, alive=["hook:a", "hook:b"]),
        proof(2, tried=["hook"], alive=["hook:a"], dead=[{"guard": "hook:b"}]),
    )
    record = found.own("hook-write")
    assert record is not None
    assert (record.pulse, record.proof) == ("dead", 2)


def test_that_a_guard_could_not_be_tried_is_no_news_of_it() -> None:
    found = records(proof(1, whole=True, dead=[{"guard": "scanner:code"}]), proof(2, whole=True, untried=["scanner:code"]))
    assert found.scanner("code").pulse == "dead"
    assert records(proof(1, whole=True, untried=["scanner:code"])).scanner("code").pulse == "untried"


def test_a_rule_that_was_found_dead_is_told_by_its_name() -> None:
    found = records(
        decision(1), proof(2, whole=True, alive=["scanner:code", "rule:python-x"], dead=[{"guard": "rule:python-y"}])
    )
    assert found.scanner("code", "python-x").what == "scanner code"
    dead = found.scanner("code", "python-y")
    assert (dead.what, dead.pulse, dead.decisions) == ("rule python-y", "dead", 1)


def test_what_leaves_no_record_in_the_log_claims_none() -> None:
    assert records(decision(1)).own("masking") is None
    assert records(decision(1)).own("signed-decisions") is not None


def test_a_statement_of_another_kind_is_passed_over() -> None:
    assert records(entry(0, other=1), entry(1)).assessed().is_empty


def test_a_statement_that_cannot_be_read_is_tampering() -> None:
    from clearance.facts.errors import LogTampered

    broken = Entry(index=7, leaf="", digest="", key="", sealed=Sealed(leaf=b""), payload=b"{")
    with pytest.raises(LogTampered) as caught:
        records(broken)
    assert caught.value.where == "entry 7"


def test_every_checkpoint_and_capability_with_a_record_exists() -> None:
    from clearance.controls.product import own_controls
    from clearance.wiring.control_ours import DECIDING

    names = {one.id for one in own_controls()}
    assert set(control_records._PLACES) <= names
    assert names >= DECIDING
