"""What a person types about the log, in a real repository."""

import json
import os
import subprocess
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from clearance.attest.dsse import seal
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.entry import Sealed
from clearance.facts.errors import LogTampered
from clearance.facts.fact import digest
from clearance.facts.risk import Risk
from clearance.frontends.cli.main import run
from clearance.record.log import Submission
from clearance.wiring import open_log, open_signer
from frontends.prompt import Type

THEN = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def type_(type_: Type) -> Type:
    """Type a command about the log."""
    return partial(type_, "log")


def record(repository: Path, count: int, verdict: Verdict = Verdict.ALLOW, name: str = "a.py") -> None:
    log = open_log(repository)
    for number in range(count):
        risk = Risk(tier=0, triggers=(), size=1, unknown_lines=0, reasons=())
        change = change_of({}, {name: b"%d\n" % number}).change
        case = Case(change=change, findings=(), gaps=(), risk=risk, ran=(), rules="a" * 64, version="0.1.0")
        decision = Decision(verdict=verdict, reasons=(), reviews=(), policies="b" * 64, case=digest(case))
        bundle = seal(decision_statement(case, decision, THEN), open_signer("decisions"))
        log.append(Sealed(leaf=bundle), evidence_of(case, decision))


@pytest.mark.parametrize("arguments", [["show"], ["verify"], ["export", "out"], ["show", "0"]])
def test_where_there_is_no_log_it_says_so_and_makes_none(repository: Path, type_: Type, arguments: list[str]) -> None:
    code, out, err = type_(*arguments)
    assert (code, out) == (4, "")
    assert "there is no log yet" in err
    assert "clearance check" in err
    assert not (repository / ".git" / "clearance").exists()
    assert not (repository / "out").exists()


def test_show_lists_the_newest_last(repository: Path, type_: Type) -> None:
    record(repository, 2)
    record(repository, 1, Verdict.DENY)
    code, out, _ = type_("show")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [row[:3] for row in rows] == [
        [str(n), "2026-01-02T12:00:00Z", v] for n, v in enumerate(["ALLOW", "ALLOW", "DENY"])
    ]
    listed = json.loads(type_("show", "--format", "json")[1])
    assert [entry["digest"][:12] for entry in listed] == [row[3] for row in rows]


def test_show_gives_one_entry_by_index_or_digest(repository: Path, type_: Type) -> None:
    record(repository, 3)
    shown = json.loads(type_("show", "1", "--format", "json")[1])
    assert shown["index"] == 1
    assert shown["statement"]["_type"] == "https://in-toto.io/Statement/v1"
    for which in (shown["digest"], shown["digest"][:8], shown["digest"][:6].upper()):
        assert json.loads(type_("show", which, "--format", "json")[1]) == shown
    code, out, _ = type_("show", "1")
    assert code == 0
    assert out.splitlines()[0].split() == ["entry", "1"]
    assert '"verdict": "ALLOW"' in out
    for which in ("3", "-1", "zzzzzz", "ffffff", "abc"):
        code, _, err = type_("show", "--", which)
        assert (code, "no such entry" in err) == (2, True)


def test_text_of_the_repository_is_never_echoed_raw(repository: Path, type_: Type) -> None:
    record(repository, 1, name="\x1b[31mred\u202e.py")
    for arguments in (["show"], ["show", "0"], ["show", "0", "--format", "json"]):
        _, out, _ = type_(*arguments)
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_verify_says_sound(repository: Path, type_: Type) -> None:
    record(repository, 2)
    code, out, _ = type_("verify")
    assert code == 0
    assert "entries  2 (2 seen before)" in out
    assert out.endswith("sound: everything is as it was signed\n")
    told = json.loads(type_("verify", "--format", "json")[1])
    assert (told["sound"], told["size"], told["problems"]) == (True, 2, [])


def damage(repository: Path, name: str) -> None:
    import sqlite3

    connection = sqlite3.connect(repository / ".git" / "clearance" / "log")
    (body,) = connection.execute("SELECT body FROM item WHERE name = ?", (name,)).fetchone()
    connection.execute("UPDATE item SET body = ? WHERE name = ?", (body[:50] + bytes([body[50] ^ 1]) + body[51:], name))
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("entry/000000000001", "BROKEN   entry 1: "),
        ("tile/0/000", "BROKEN   tile/0/000: hash 1 "),
        ("checkpoint", "BROKEN   checkpoint: "),
    ],
)
def test_verify_names_the_place_that_was_changed(repository: Path, type_: Type, name: str, said: str) -> None:
    record(repository, 2)
    damage(repository, name)
    code, out, _ = type_("verify")
    assert code == 4
    assert said in out
    assert out.endswith("not sound: 1 problem\n")
    told = json.loads(type_("verify", "--format", "json")[1])
    assert (told["sound"], len(told["problems"])) == (False, 1)


def test_verify_finds_that_a_log_is_gone(repository: Path, type_: Type) -> None:
    record(repository, 2)
    for path in (repository / ".git" / "clearance").iterdir():
        path.unlink()
    code, out, _ = type_("verify")
    assert code == 4
    assert "another log" in out


def test_a_copy_does_not_grow_apart_from_its_original(repository: Path, type_: Type, tmp_path: Path) -> None:
    record(repository, 1)
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", repository, copy], check=True)
    with pytest.raises(Exception, match="is a copy of the one at"):
        record(copy, 1)
    record(repository, 1)
    assert type_("verify")[0] == 0
    code, out, _ = type_("verify", "-C", str(copy))
    assert code == 4
    assert "cut back: it holds 1 entries, and 2 were seen; it is a copy of the log at" in out


def test_verify_with_keys_from_elsewhere(
    repository: Path, type_: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(repository, 1)
    assert type_("export", str(tmp_path / "out"))[0] == 0
    monkeypatch.setenv("CLEARANCE_HOME", str(tmp_path / "stranger"))
    assert type_("verify")[0] == 4
    options = [part for path in sorted((tmp_path / "out" / "keys").glob("*.pub")) for part in ("--key", str(path))]
    code, out, _ = type_("verify", *options)
    assert (code, "sound" in out) == (0, True)
    assert type_("verify", "--key", str(tmp_path / "none"))[0] == 2
    assert not (tmp_path / "stranger").exists(), "looking makes no keys"


def test_export_refuses_what_is_not_empty(repository: Path, type_: Type, tmp_path: Path) -> None:
    record(repository, 1)
    target = tmp_path / "out"
    code, out, _ = type_("export", str(target))
    assert code == 0
    assert out.startswith("1 entry in ")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_bytes(b"1")
    code, _, err = type_("export", str(tmp_path / "full"))
    assert (code, "not empty" in err) == (2, True)


def test_export_adds_what_is_new_to_an_older_export(repository: Path, type_: Type, tmp_path: Path) -> None:
    record(repository, 2)
    first = type_("export", str(tmp_path / "out"))[1]
    record(repository, 1)
    code, out, _ = type_("export", str(tmp_path / "out"))
    assert (code, out.splitlines()[0].startswith("3 entries, 1 of them new in ")) == (0, True)
    assert out.splitlines()[1] == first.splitlines()[1]  # nothing of what nobody signed has changed
    assert (tmp_path / "out" / "trusted_root.json").exists()


STEPS = {
    "urn:clearance:predicate:request:v1": "request",
    "https://in-toto.io/attestation/vulns/v0.2": "vulns",
    "https://slsa.dev/verification_summary/v1": "vsa",
    "https://example.com/else/v1": "https://example.com/else/v1",
}


def sealed(repository: Path) -> None:
    """Append a statement of each kind, and one that says nothing that a list knows."""
    from clearance.wiring.trusting import open_trust

    house = open_trust(os.environ)
    about = {"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "a\x1b", "digest": {"sha256": "0" * 64}}]}
    statements = [about | {"predicateType": type_, "predicate": {"time": "2026-11-22T12:00:00Z"}} for type_ in STEPS]
    statements.append(
        about | {"subject": "?", "predicateType": "urn:clearance:predicate:scan:v1", "predicate": {"author": 1}}
    )
    open_log(repository).extend([Submission(sealed, {}) for sealed, _ in house.seal(statements)])


def test_every_kind_of_statement_has_a_line(repository: Path, type_: Type) -> None:
    record(repository, 1)
    sealed(repository)
    code, out, _ = type_("show")
    rows = [line.split() for line in out.splitlines()]
    assert code == 0
    assert [row[2] for row in rows] == ["ALLOW", *STEPS.values(), "scan"]
    assert all("service/clearance" in row[-1] for row in rows[1:])
    assert "\x1b" not in out
    shown = type_("show", "2")[1]
    assert "signer   spiffe://" in shown
    assert "time     20" in shown
    listed = json.loads(type_("show", "2", "--format", "json")[1])
    assert (listed["kind"], listed["signer"].endswith("/service/clearance")) == ("service", True)


def test_an_entry_is_given_to_other_tools(repository: Path, type_: Type, tmp_path: Path) -> None:
    record(repository, 1)
    sealed(repository)
    bundle = json.loads(type_("bundle", "3")[1])
    assert bundle["verificationMaterial"]["tlogEntries"][0]["logIndex"] == "3"
    assert type_("bundle", "3", "--out", str(tmp_path / "b.json"))[:2] == (0, "")
    assert json.loads((tmp_path / "b.json").read_bytes()) == bundle
    code, _, err = type_("bundle", "0")
    assert (code, "before there were bundles" in err) == (2, True)
    assert type_("prove", "1")[1].startswith("c2sp.org/tlog-proof@v1\nindex 1\n")
    assert type_("consistency", "2")[1].startswith("old 2\n")
    assert type_("consistency", "2", "4")[1].splitlines()[1].startswith("new 4 ")
    assert type_("consistency", "9")[0] == 2
    assert type_("prove", "0", "--out", str(tmp_path / "no" / "where"))[0] == 2


def test_a_quick_look_says_that_it_is_one(repository: Path, type_: Type) -> None:
    record(repository, 1)
    sealed(repository)
    assert type_("verify")[0] == 0  # one of them says nothing of its time
    assert "no signature of an entry was verified" in type_("verify", "--quick")[1]
    damage(repository, "bundle/000000000001")
    assert type_("verify", "--quick")[0] == 0
    assert type_("verify")[0] == 4
    damage(repository, "entry/000000000001")
    assert type_("verify", "--quick")[0] == 4


def test_another_home_cannot_append_and_is_told_why(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(repository, 1)
    monkeypatch.setenv("CLEARANCE_HOME", str(tmp_path / "another"))
    with pytest.raises(LogTampered, match="somebody else's key") as told:
        record(repository, 1)
    assert "CLEARANCE_HOME" in told.value.next


def test_the_proof_of_an_entry_of_before_there_were_bundles_is_verified_by_the_key(repository: Path, type_: Type) -> None:
    record(repository, 3)
    assert type_("export", "out")[0] == 0
    assert run(["verify", "out/proofs/1.tlog-proof", "--key", "out/keys/checkpoint.vkey"]) == 0
    entries = repository / "out" / "entries"
    (entries / "1.json").write_bytes((entries / "2.json").read_bytes())
    assert run(["verify", "out/proofs/1.tlog-proof", "--key", "out/keys/checkpoint.vkey"]) == 4


def test_keys_are_shown_and_rotated(repository: Path, type_: Type) -> None:
    assert type_("key", "show")[1].startswith("no keys yet")
    record(repository, 1)
    before = json.loads(type_("key", "show", "--format", "json")[1])
    assert sorted(key["algorithm"] for key in before) == ["ecdsa-p256", "ed25519"]
    assert type_("key", "rotate")[0] == 2
    code, out, _ = type_("key", "rotate", "--yes")
    assert (code, "stated  entry 1 of the log here" in out) == (0, True)
    after = json.loads(type_("key", "show", "--format", "json")[1])
    assert {key["purpose"] for key in after} == {"decisions", "authority", "timestamps", "transparency", "checkpoints"}
    assert {key["id"] for key in after if key["retired"]} == {key["id"] for key in before if key["algorithm"] == "ed25519"}
    assert type_("verify")[0] == 0
    (repository / "ticket").write_text("SHOP-1")
    assert run(["attest", "request", "--ticket", "ticket"]) == 0
    assert type_("verify")[0] == 0
    assert "PRIVATE" not in type_("key", "show")[1]
