"""What a person types to trace a line, in a real repository with a squash merge in between."""

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clearance.wiring import open_log
from frontends.prompt import Type
from frontends.shop import BY_AI, BY_HAND, START, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "orders.py").write_text(START)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    git(folder, "checkout", "-q", "-b", "feature")
    return folder


@pytest.fixture
def type_(type_: Type, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command in the shop, in black and white."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")  # xdist says 80, where long answers are folded
    return type_


def merged(repository: Path, type_: Type) -> None:
    """An assistant adds a method, a person adds another and reformats, and all of it is squashed into main."""
    file = repository / "orders.py"
    file.write_text(START + BY_AI)
    assert type_("trace", "record", "--agent", "claude-code", "--model", "opus-5")[0] == 0
    git(repository, "commit", "-qam", "wip")
    formatted = file.read_text().replace("'", '"').replace("(self, percent)", "(\n        self,\n        percent,\n    )")
    file.write_text(formatted + BY_HAND)
    git(repository, "commit", "-qam", "by hand")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--squash", "feature")
    git(repository, "commit", "-q", "-m", "Discounts (#7)")


def test_a_line_is_traced_through_a_formatter_and_a_squash_merge(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    code, out, _ = type_("trace", "settle")
    assert (code, out.split("\n")[0]) == (0, "settled: 13 new lines, entry 1")
    code, out, _ = type_("blame", "orders.py:10")
    assert code == 0
    assert "claude-code, opus-5: recorded by `clearance trace record`, entry 0" in out
    assert "Discounts (#7)" in out
    assert "10 formatted since" in out
    assert "rests on entries 0, 1 of 2" in out


def test_what_nobody_has_a_record_for_is_unknown_and_says_why(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    _, out, _ = type_("blame", "orders.py:18-19")
    assert "unknown: no record says who wrote it; policies treat it as written by an AI" in out
    _, out, _ = type_("blame", "orders.py:5")
    assert "unknown: it stood in the target before lines were traced" in out


def test_lines_come_from_the_request_that_is_named(repository: Path, type_: Type) -> None:
    (repository / "ticket.md").write_text("Customers get discounts.")
    assert type_("attest", "request", "--id", "SHOP-12", "--ticket", "ticket.md")[0] == 0
    (repository / "orders.py").write_text(START + BY_AI)
    assert type_("trace", "record", "--agent", "codex", "--request", "0")[0] == 0
    git(repository, "commit", "-qam", "wip")
    assert "asked    SHOP-12; " in type_("blame", "orders.py:10")[1]


@pytest.mark.parametrize(("entry", "why"), [("0", "it states no request"), ("1", "the log ends at 0")])
def test_what_is_no_request_is_named_by_no_generation(repository: Path, type_: Type, entry: str, why: str) -> None:
    (repository / "orders.py").write_text(START + BY_AI)
    assert type_("trace", "record", "--agent", "codex")[0] == 0
    for command in (("record", "--agent", "codex"), ("flush",)):
        code, _, err = type_("trace", *command, "--request", entry)
        assert code != 0
        assert f"entry {entry}: {why}" in err


def test_to_settle_again_adds_nothing(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    _, out, _ = type_("trace", "settle")
    assert out.startswith("settled already: 13 new lines, entry 1")
    assert open_log(repository).size() == 2


def test_what_is_recorded_twice_stands_in_the_log_once(repository: Path, type_: Type) -> None:
    (repository / "orders.py").write_text(START + BY_AI)
    for said in ("recorded: 6 lines in 1 file by x, entry 0", "known already: 6 lines in 1 file by x, entry 0"):
        assert type_("trace", "record", "--agent", "x")[1].strip() == said


def test_the_origin_of_inherited_lines_outlives_later_merges(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    file = repository / "orders.py"
    git(repository, "mv", "orders.py", "shop_orders.py")
    file = repository / "shop_orders.py"
    file.write_text("import logging\n" + file.read_text())
    git(repository, "commit", "-qam", "rename")
    type_("trace", "settle")
    told = json.loads(type_("blame", "shop_orders.py:11", "--format", "json")[1])
    (part,) = told["parts"]
    assert part["written"]["agent"] == "claude-code"
    assert part["origin"]["since"] == git(repository, "rev-parse", "HEAD~1^{tree}")
    assert part["brought"]["summary"] == "Discounts (#7)"


def test_before_anything_is_settled_the_records_are_laid_against_the_lines(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    _, out, _ = type_("blame", "orders.py:12")
    assert "not settled: laid against the records just now" in " ".join(out.split())


@pytest.mark.parametrize("lines", ["99", "0", "4-99", "6-4"])
def test_lines_that_are_not_there_are_refused_as_they_were_typed(repository: Path, type_: Type, lines: str) -> None:
    code, out, err = type_("blame", f"orders.py:{lines}")
    assert (code, out) == (2, "")
    assert err.startswith(f"clearance: orders.py:{lines}: it has lines 1 to 6\n")


def test_what_nobody_knows_is_said_of_each_line(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    for answer in (type_("blame", "orders.py:12")[1], type_("trace", "recall", "--model", "opus-5")[1]):
        rows = [" ".join(line.split()) for line in answer.splitlines()]
        assert "asked unknown" in rows
        assert "reviewed by nobody, as far as the log knows" in rows


def test_without_a_log_git_is_all_that_is_known(repository: Path, type_: Type) -> None:
    code, out, _ = type_("blame", "orders.py:4")
    assert code == 3  # somebody has to find the log
    assert "there is no log here" in out
    assert not (repository / ".git" / "clearance").exists()


def test_what_the_answer_rests_on_is_written_out(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    code, _, err = type_("blame", "orders.py:12", "--prove", "proof")
    assert (code, err.strip()) == (0, "! 8 files are in proof")
    names = sorted(path.name for path in (repository / "proof").iterdir())
    assert names[:3] == [
        "entry-000000000000-generation.sigstore.json",
        "entry-000000000000-generation.tlog-proof",
        "entry-000000000001-attribution.body.json",
    ]
    bundles = [f"proof/{name}" for name in names if name.endswith(".sigstore.json")]
    code, _, _ = type_("verify", *bundles, "--trusted-root", "proof/trusted_root.json")
    assert (code, len(bundles)) == (0, 2)
    code, out, _ = type_("verify", "proof", "--trusted-root", "proof/trusted_root.json")
    assert (code, out.count("OK     "), out.count("proves")) == (0, 4, 2)
    bundle = json.loads((repository / "proof" / names[0]).read_text())
    assert bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["treeSize"] == "2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["orders.py:99"], "it has lines 1 to 6"),
        (["orders.py:3-2"], "name the earlier line first"),
        (["nothing.py"], "there is no such file in that revision"),
        (["../other.py"], "it lies outside of the repository"),
        (["orders.py", "--rev", "nowhere"], "git knows no such commit"),
    ],
)
def test_what_cannot_be_told_is_said(type_: Type, arguments: list[str], said: str) -> None:
    code, _, err = type_("blame", *arguments)
    assert code == 2
    assert said in err


def test_a_commit_that_names_an_assistant_speaks_for_all_its_lines_weakly(repository: Path, type_: Type) -> None:
    (repository / "orders.py").write_text(START + BY_AI)
    git(repository, "commit", "-qam", "Discounts\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "feature")
    type_("trace", "settle")
    _, out, _ = type_("blame", "orders.py:8")
    assert "Claude: only claimed by a commit's trailer" in out
    (claim,) = [one for one in open_log(repository).entries() if b"predicate:generation" in one.payload]
    assert json.loads(claim.payload)["predicate"]["source"] == "trailer"
    assert claim.signer is not None
    assert claim.signer.kind == "service", "nobody authenticated the assistant that a trailer names"


def test_a_name_that_would_command_the_terminal_does_not(repository: Path, type_: Type) -> None:
    git(repository, "commit", "-q", "--allow-empty", "--amend", "-m", "\x1b]0;title\x07 evil \x1b[31m")
    _, out, _ = type_("blame", "orders.py:4")
    assert "\x1b" not in out
    assert "\\x1b" in out


def test_the_cache_of_pointers_can_be_lost_or_broken_without_another_answer(repository: Path, type_: Type) -> None:
    merged(repository, type_)
    type_("trace", "settle")
    _, first, _ = type_("blame", "orders.py")
    place = hashlib.sha256(open_log(repository).place.encode()).hexdigest()[:32]
    file = Path(os.environ["CLEARANCE_HOME"]) / "pointers" / f"{place}.pointers"
    assert file.stat().st_size > 0
    file.write_bytes(b"junk" * 1000)
    assert type_("blame", "orders.py")[1] == first
    file.unlink()
    assert type_("blame", "orders.py")[1] == first
    with closing(sqlite3.connect(file)) as cut, cut:
        assert cut.execute("DELETE FROM point WHERE name < x'6c' AND entry > 0").rowcount > 0
    cut.close()
    assert type_("blame", "orders.py")[1] == first


def test_who_signed_counts_and_not_what_a_statement_says_of_it(repository: Path, type_: Type) -> None:
    from msgspec.structs import replace

    from clearance.attest.kinds import read
    from clearance.attest.predicates.fields import Party
    from clearance.wiring.attesting import identity
    from clearance.wiring.recording import Scribe

    merged(repository, type_)
    assert type_("check", "--base", "main~1", "--head", "main")[0] in (0, 3)
    assert type_("attest", "review", "--answer", "approve", "--as", "agent/claude-code")[0] == 0
    assert type_("attest", "merge")[0] == 0
    (part,) = json.loads(type_("blame", "orders.py:12", "--format", "json")[1])["parts"]
    told = [part["checked"]["entry"], part["merged"]["entry"]]
    assert [(one["person"], one["claimed"]) for one in part["reviewed"]] == [(False, False)]
    assert "by certificate; no person: counts for nothing" in " ".join(type_("blame", "orders.py:12")[1].split())

    said = {one.predicate_type.split(":")[-2]: one for entry in open_log(repository).entries()
            if (one := read(entry.payload).statement) is not None}  # fmt: skip
    boss = Party(name="ceo@example.com", kind="person", issuer="https://idp.example.com")
    review = replace(said["review"], predicate=replace(said["review"].predicate, reviewer=boss))
    merge = replace(said["merge"], predicate=replace(said["merge"].predicate, method="squash"))
    decision = next(entry for entry in open_log(repository).entries() if entry.index == told[0])
    forged = read(decision.payload).statement
    assert forged is not None
    forged = replace(forged, predicate=replace(forged.predicate, time="2040-01-01T00:00:00Z"))
    evil = identity("agent/evil", None, os.environ)
    bodies = {
        name: open_log(repository).evidence(name) for one in (review, merge, forged) for name in one.predicate.evidence
    }
    Scribe(repository).record([review, merge, forged], bodies, by=evil)
    (part,) = json.loads(type_("blame", "orders.py:12", "--format", "json")[1])["parts"]
    assert [part["checked"]["entry"], part["merged"]["entry"]] == told
    assert part["reviewed"][0]["by"] == "ceo@example.com"
    assert [(one["person"], one["claimed"]) for one in part["reviewed"]] == [(False, True), (False, False)]
    shown = " ".join(type_("blame", "orders.py:12")[1].split())
    assert f"ceo@example.com, reviewer: approve (claimed, signed by {evil.name}: counts for nothing)" in shown


def test_lines_that_stood_there_already_were_not_checked_by_what_judged_a_later_change(
    repository: Path, type_: Type
) -> None:
    merged(repository, type_)
    assert type_("check", "--base", "main~1", "--head", "main")[0] in (0, 3)
    old, new = (json.loads(type_("blame", f"orders.py:{line}", "--format", "json")[1])["parts"][0] for line in (5, 12))
    assert new["checked"] is not None
    assert old["checked"] is None
    assert old["rests"][-1]["kind"] == "attribution"


def test_what_another_agent_signed_is_told_as_claimed(
    repository: Path, type_: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clearance.wiring import tracing
    from clearance.wiring.attesting import identity

    evil = identity("agent/evil", None, os.environ)
    monkeypatch.setattr(tracing, "agent_identity", lambda *_: evil)
    merged(repository, type_)
    (part,) = json.loads(type_("blame", "orders.py:12", "--format", "json")[1])["parts"]
    assert part["written"]["claimed"] is True
    assert f"claude-code, opus-5: claimed, signed by {evil.name}" in " ".join(type_("blame", "orders.py:12")[1].split())


def test_what_an_answer_rests_on_is_written_through_no_link(repository: Path, type_: Type, tmp_path: Path) -> None:
    merged(repository, type_)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (repository / "proof").mkdir()
    for name in ("story.json", ".story.json.new", "trusted_root.json"):
        (repository / "proof" / name).symlink_to(victim)
    assert type_("blame", "orders.py:12", "--prove", "proof")[0] == 0
    assert victim.read_text() == "mine"
    assert not (repository / "proof" / "story.json").is_symlink()
    (repository / "away").symlink_to(tmp_path)
    for folder in ("away", "away/proof"):
        code, _, err = type_("blame", "orders.py:12", "--prove", folder)
        assert code == 2
        assert "a link lies on the way" in err
