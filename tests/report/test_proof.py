"""The certificate: what stands in it, how wide it is, and that nothing in it obeys a terminal."""

import json as decoder

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.outcome import Receipt
from clearance.facts.proof import Proof, Pulse, Shot
from clearance.facts.text import visible
from clearance.report.layout import cells
from clearance.report.look import Look
from clearance.report.proof import Certificate, json, text

SHOTS = (
    Shot(guard="gate", kind="gate", pulse=Pulse.ALIVE, why="DENY for 6 reasons, recorded", milliseconds=2100),
    Shot(
        guard="hook:claude-code:PreToolUse", kind="hook", pulse=Pulse.DEAD, why="its matcher 'Write' does not see Bash",
        mend="clearance init", since="2026-11-22T10:00:00Z", where=".claude/settings.json",
    ),
    Shot(guard="policy:a", kind="policy", pulse=Pulse.ALIVE, why="DENY on 2 of 2 cases", milliseconds=9),
    Shot(guard="policy:b", kind="policy", pulse=Pulse.ALIVE, why="ASK on 1 of 1 cases", milliseconds=8),
    Shot(guard="pre-commit", kind="pre-commit", pulse=Pulse.ABSENT, why="no hook before commits calls Clearance here"),
    Shot(guard="hook:codex:Stop", kind="hook", pulse=Pulse.UNTRIED, why="not trusted yet", mend="answer /hooks"),
)  # fmt: skip


def certificate(*shots: Shot, receipt: bool = True) -> Certificate:
    proof = Proof(version="0.1.0", at="2026-11-22T12:00:00Z", inputs="a" * 64, shots=shots)
    made = Receipt(digest="d" * 64, index=7, log=".git/clearance/log", key="e" * 64) if receipt else None
    return Certificate(proof, made, "" if receipt else "the disk is full", "", {SHOTS[1].guard: "2026-11-21T09:00:00Z"})


def test_a_dead_guard_stands_first_with_why_since_when_and_what_mends_it() -> None:
    said = text(certificate(*SHOTS), Look(width=100))
    assert said.index("DEAD GUARDS") < said.index("hook:claude-code:PreToolUse") < said.index("alive    gate")
    assert "its matcher 'Write' does not see Bash" in said
    assert "dead since 2026-11-22 10:00 UTC; alive last on 2026-11-21 09:00 UTC" in said
    assert "→ clearance init" in said
    assert "entry 7 of .git/clearance/log" in said
    assert "nothing is wrong with that" in said
    assert "untried  hook:codex:Stop: not trusted yet" in said


def test_guards_of_one_kind_share_a_line_unless_all_are_asked_for() -> None:
    assert "policy:a" not in text(certificate(*SHOTS), Look())
    assert "policy:a" in text(certificate(*SHOTS), Look(show_all=True))


def test_all_alive_is_said_in_a_word_and_what_is_not_recorded_is_told() -> None:
    assert "ALIVE   1 alive" in text(certificate(SHOTS[0]), Look())
    assert "NOTHING PROVED" in text(certificate(SHOTS[4]), Look())
    assert "not recorded: the disk is full" in text(certificate(SHOTS[0], receipt=False), Look())


def test_colour_is_there_only_where_it_is_wanted() -> None:
    assert "\x1b[" not in text(certificate(*SHOTS), Look())
    assert "\x1b[1;31mdead" in text(certificate(*SHOTS), Look(color=True))
    assert text(certificate(*SHOTS), Look(unicode=False)).isascii()


def test_programs_get_the_same_as_json() -> None:
    said = decoder.loads(json(certificate(*SHOTS)))
    assert said["counts"] == {"alive": 3, "dead": 1, "absent": 1, "untried": 1}
    assert said["guards"][1]["alive_last"] == "2026-11-21T09:00:00Z"
    assert said["receipt"]["index"] == 7


@pytest.mark.parametrize("width", [40, 61, 100])
@given(st.text(max_size=200), st.text(max_size=60))
def test_no_text_leaves_its_lines_or_obeys_a_terminal(width: int, why: str, guard: str) -> None:
    one = Shot(guard=guard, kind="hook", pulse=Pulse.DEAD, why=why, mend=why, where=guard, since=why[:20])
    other = Shot(guard=guard, kind="hook", pulse=Pulse.ALIVE, why=why)
    said = text(certificate(one, other), Look(width=width))
    assert "\x1b" not in said
    assert visible(said, keep="\n") == said
    decoder.loads(json(certificate(one, other)))
    table = [line for line in said.splitlines() if not line.startswith(("dead", "alive"))]
    assert all(cells(line) <= max(width, 92) for line in table)
