"""What the gate knows of the origin of lines before it decides."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from clearance.collect import git
from clearance.decide.question import author, context
from clearance.decide.table import Row, case_of
from clearance.facts.actor import ActorKind
from clearance.facts.decision import Verdict
from clearance.facts.identity import Identity
from clearance.facts.provenance import Hand, Provenance
from clearance.facts.trace import SCHEME, Generation, LineKeys, Noted
from clearance.stores.spool import Spool
from clearance.trace.keys import KeyedText
from clearance.wiring import open_log, tracing_gate
from clearance.wiring.places import close, now
from clearance.wiring.recording import Scribe
from clearance.wiring.tracing import Authored, bodies_of, generation_statement, record_lines
from clearance.wiring.tracing_gate import Gate
from clearance.wiring.tracing_notes import place_name, salt_of, trace_folder

AI = "".join(f"def price_of_{number}(order):\n    return order.rows[{number}].price * {number}\n" for number in range(4))
BY_HAND = "def stripes(zebra):\n    return zebra.stripes + len(zebra.name)\n"
WHO = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
Commit = Callable[[str], None]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for words in (
        ["init", "-q", "-b", "main", str(folder)],
        ["-C", str(folder), "commit", "-q", "--allow-empty", "-m", "start"],
    ):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@example.com", *words], check=True)
    return folder


@pytest.fixture
def commit(repository: Path) -> Commit:
    def do(message: str) -> None:
        for words in (["add", "-A"], ["commit", "-q", "-m", message]):
            subprocess.run(["git", *WHO, *words], cwd=repository, check=True)

    return do


def write(repository: Path, text: str) -> None:
    (repository / "orders.py").write_text(text)


@contextmanager
def looked(repository: Path, *, head: str | None = "HEAD", base: str = "HEAD~1") -> Iterator[Gate]:
    """A gate that looked at the newest commit, or at the working tree."""
    if head:
        collected = git.between(repository, base, head, environment=os.environ)
    else:
        collected = git.working_tree(repository, base="HEAD", environment=os.environ)
    try:
        gate = Gate(repository, os.environ, collected)
        gate.look()
        yield gate
    finally:
        close(collected)


def kinds(repository: Path) -> list[str]:
    return [json.loads(entry.payload)["predicateType"].split(":")[3] for entry in open_log(repository).entries()]


def test_lines_are_settled_before_the_decision_and_recorded_after_it_as_they_were_told(
    repository: Path, commit: Commit
) -> None:
    write(repository, AI)
    record_lines(repository, os.environ, Authored(agent="claude-code", model="opus-5"))
    write(repository, AI + BY_HAND)
    commit("two hands")
    with looked(repository) as gate:
        hand = Hand(name="claude-code", evidence="command", lines=8, entries=(0,))
        assert gate.provenance() == Provenance(settled=True, hands=(hand,), unknown=2)
        assert kinds(repository) == ["generation"]
        gate.record()
        assert gate.notes == []
    assert kinds(repository) == ["generation", "attribution"]
    stated = json.loads(list(open_log(repository).entries())[1].payload)["predicate"]["lines"]
    assert stated == {"generation": 8, "person": 0, "unknown": 2}
    with looked(repository) as gate:
        gate.record()
    assert len(kinds(repository)) == 2, "the same settlement is recorded once"


def test_lines_that_nobody_committed_are_told_and_not_recorded(repository: Path) -> None:
    write(repository, AI)
    record_lines(repository, os.environ, Authored(agent="claude-code"))
    write(repository, AI + BY_HAND)
    with looked(repository, head=None) as gate:
        gate.record()
        assert (gate.provenance().count("command"), gate.provenance().unknown) == (8, 2)
    assert kinds(repository) == ["generation"]


def test_where_nobody_traces_nothing_is_looked_at_and_nothing_is_made(repository: Path, commit: Commit) -> None:
    write(repository, AI)
    commit("by nobody")
    with looked(repository) as gate:
        gate.record()
        assert (gate.provenance(), gate.notes) == (Provenance(unknown=8), [])
    assert kinds(repository) == []
    assert not trace_folder(os.environ).directory.exists()


def test_a_claim_counts_as_a_claim(repository: Path, commit: Commit) -> None:
    write(repository, AI)
    commit("By a trailer\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
    with looked(repository) as gate:
        assert [(hand.evidence, hand.lines) for hand in gate.provenance().hands] == [("claim", 8)]
        assert gate.provenance().by_ai


def test_what_a_hook_noted_counts_before_anybody_flushed_it(repository: Path, commit: Commit) -> None:
    salt = salt_of(repository, os.environ)
    runs = KeyedText(AI.splitlines(), salt).runs("orders.py", [(1, 8)])
    noted = Noted(agent="claude-code", model="opus-5", session="", tool="Write", time=now(), salt=salt, runs=runs)
    Spool(trace_folder(os.environ), place_name(repository)).append(msgspec.msgpack.encode(noted))
    write(repository, AI)
    commit("by a hook")
    with looked(repository) as gate:
        assert [(hand.name, hand.evidence, hand.lines) for hand in gate.provenance().hands] == [("claude-code", "hook", 8)]


def test_that_a_person_signed_for_lines_makes_nothing_milder(repository: Path, commit: Commit) -> None:
    salt = salt_of(repository, os.environ)
    keys = LineKeys(scheme=SCHEME, salt=salt, runs=KeyedText(AI.splitlines(), salt).runs("orders.py", [(1, 8)]))
    one = Generation(agent="a", model="", source="command", keys=keys, time=now(), person=True)
    person = Identity(name="bob@example.com", issuer="https://login.example.com")
    Scribe(repository).record([generation_statement(one, repository, os.environ)], bodies_of(one), by=person)
    write(repository, AI)
    commit("by a person")
    with looked(repository) as gate:
        found = gate.provenance()
    assert [(hand.name, hand.evidence, hand.lines) for hand in found.hands] == [("bob@example.com", "person", 8)]
    row = Row(name="", verdict=Verdict.ALLOW, author=ActorKind.UNKNOWN)
    without = case_of(row)
    told = msgspec.structs.replace(without, origins=found)
    assert author(told) == author(without)
    assert author(told)["byAi"]
    assert told.risk == without.risk


def test_what_an_assistant_is_known_to_have_written_makes_a_person_s_change_stricter() -> None:
    row = Row(name="", verdict=Verdict.ALLOW, author=ActorKind.PERSON)
    case = case_of(row)
    hand = Hand(name="claude-code", evidence="claim", lines=1, entries=(0,))
    assert not author(case)["byAi"]
    assert author(msgspec.structs.replace(case, origins=Provenance(settled=True, hands=(hand,))))["byAi"]


def test_policies_are_told_counts_only_where_lines_were_settled() -> None:
    case = case_of(Row(name="", verdict=Verdict.ALLOW))
    assert set(context(case)) == {"classification", "proofHours", "deadGuards"}
    hands = (
        Hand(name="a", evidence="hook", lines=5, entries=(1,)),
        Hand(name="b", evidence="hook", lines=2, entries=(2,)),
        Hand(name="c", evidence="claim", lines=3, entries=(3,)),
    )
    told = context(msgspec.structs.replace(case, origins=Provenance(settled=True, hands=hands, unknown=4)))
    counts = {name: told[name] for name in sorted(told) if name.startswith("lines")}
    assert counts == {"linesByCommand": 0, "linesByHook": 7, "linesByPerson": 0, "linesClaimed": 3, "linesUnknown": 4}
    # What could not be settled is all unknown, so a policy that forbids unknown lines does not fail open.
    told = context(msgspec.structs.replace(case, origins=Provenance(unknown=4, why="the log could not be read")))
    counts = {name: told[name] for name in sorted(told) if name.startswith("lines")}
    assert counts == {"linesByCommand": 0, "linesByHook": 0, "linesByPerson": 0, "linesClaimed": 0, "linesUnknown": 4}


def test_a_log_that_was_not_read_to_its_end_is_told(
    repository: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(repository, AI)
    record_lines(repository, os.environ, Authored(agent="claude-code"))
    commit("by an agent")
    monkeypatch.setattr(tracing_gate, "_MOST_NEW", 0)
    for path in (Path(os.environ["CLEARANCE_HOME"]) / "pointers").iterdir():
        path.unlink()
    with looked(repository) as gate:
        assert (gate.provenance().settled, gate.provenance().unknown) == (False, 8)
        assert "were not read yet" in gate.provenance().why
        assert len(gate.notes) == 1
