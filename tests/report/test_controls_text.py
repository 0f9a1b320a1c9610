"""Answers about controls as a person reads them."""

import msgspec
import pytest

from clearance.facts.control import Relation
from clearance.report.controls import rows, text
from clearance.report.controls.view import HOWS, Checked, Logged, Record, Requirement, records_of, said
from clearance.report.controls.words import facts_of, words_of_records, words_of_tests
from clearance.report.layout import cells
from clearance.report.look import Look
from report.controls_made import BARE, CODE, POLICY, RULE, SERVED, coverage

PLAIN = Look(width=100)


def test_a_control_is_told_with_relation_author_verdict_examples_and_records() -> None:
    shown = text.requirement(SERVED, coverage().log, PLAIN)
    assert "own:1.0/1.1   level 1   House rules 1.0" in shown
    assert "executable    rules find shells" in shown
    assert "not covered   Ruby" in shown
    assert "rule:python-subprocess-shell   subset-of, high confidence" in shown
    assert "a hit in a change by an AI is DENY at most (no-new-high-findings)" in shown
    assert "8 caught, 7 clean examples" in " ".join(shown.split())
    assert "said by an AI assistant: ASVS 5.0.0" in shown
    ran = (
        "scanner code: ran with all its rules in 12 decisions since 2026-11-01 09:00 UTC; 3 of them with the rules of today"
    )
    assert ran in " ".join(shown.split())
    assert "CWE-78 subset-of own:1.0/1.1" in shown


def test_what_has_no_relationship_is_shown_and_counts_for_nothing() -> None:
    only = msgspec.structs.replace(SERVED, serving=(msgspec.structs.replace(RULE, rel=Relation.NO_RELATIONSHIP),))
    assert "no-relationship" in text.requirement(only, coverage().log, PLAIN)
    assert records_of(only.serving) == ()
    assert "caught" not in words_of_tests(only)
    assert "by " not in rows.coverage(coverage(only), PLAIN).split("Ruby")[0].split("Commands take lists")[1]


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (Logged(), "no record yet: the log is empty or not there"),
        (Logged(place="x", problem="entry 3: rewritten"), "no record counts: entry 3: rewritten"),
        (Logged(place="x", size=9, read=9), "9 entries, all read"),
        (Logged(place="x", size=9000, read=5000), "9,000 entries, the newest 5,000 read"),
    ],
)
def test_a_log_that_is_missing_broken_or_half_read_never_looks_like_a_pass(log: Logged, told: str) -> None:
    for shown in (text.requirement(SERVED, log, PLAIN), rows.coverage(coverage(log=log), PLAIN)):
        assert told in shown


def test_nothing_in_the_log_is_told_as_no_record() -> None:
    assert said(Record(what="scanner code")) == "no record yet"
    bare = msgspec.structs.replace(SERVED, serving=(msgspec.structs.replace(RULE, record=Record(what="scanner code")),))
    assert words_of_records(bare) == "no record yet"


def test_a_dead_guard_is_told() -> None:
    assert "proved dead" in said(msgspec.structs.replace(CODE, pulse="dead"))


def test_the_counts_stand_first_and_every_requirement_has_a_row() -> None:
    shown = rows.coverage(coverage(), PLAIN)
    head = shown.split("1 Commands")[0]
    assert [line.split("  ")[0] for line in head.splitlines()[2:] if line[:1].strip()] == [
        "executable", "assisted", "process-only", "not us", "none",
    ]  # fmt: skip
    assert "1.1         executable" in shown
    assert "1.2         none" in shown


def test_examples_that_failed_are_told_with_their_names() -> None:
    failed = msgspec.structs.replace(SERVED, serving=(msgspec.structs.replace(RULE, ran="failed"),))
    shown = rows.coverage(coverage(failed, checked=Checked(pages=1, examples=15, failed=(RULE.id,))), PLAIN)
    assert "run now: rule:python-subprocess-shell FAILED" in " ".join(shown.split())
    assert "1 FAILED: rule:python-subprocess-shell" in " ".join(shown.split())


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    look = Look(width=width, show_all=True)
    answer = coverage()
    for shown in (rows.coverage(answer, look), text.requirement(SERVED, answer.log, look)):
        assert max(map(cells, shown.splitlines())) <= width


def test_colour_stands_only_where_it_is_wanted() -> None:
    assert "\x1b[" not in rows.coverage(coverage(), PLAIN)
    assert "\x1b[" in rows.coverage(coverage(), Look(width=100, color=True))


def test_ascii_places_get_ascii_only() -> None:
    shown = rows.coverage(coverage(), Look(width=100, unicode=False)) + text.requirement(
        SERVED, coverage().log, Look(width=100, unicode=False)
    )
    assert shown.isascii()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"verdict": "ALLOW"}, "told, and stops nothing"),
        ({"executable": False}, "guidance only: nothing detects it"),
        ({"kind": "trigger", "tier": 2}, "to tier 2, so that people look; it judges nothing"),
        ({"kind": "capability"}, "judges nothing by itself"),
        ({"kind": "checkpoint"}, "judges by the policies, wherever it is installed"),
        ({"kind": "checkpoint", "executable": False}, "judges nothing by itself"),
    ],
)
def test_what_stops_nothing_never_reads_as_if_it_did(changed: dict[str, object], told: str) -> None:
    facts = "; ".join(facts_of(msgspec.structs.replace(RULE, **changed)))
    assert told in facts
    assert ("DENY" in facts) == (told == "never")


def test_text_of_a_team_cannot_steer_a_terminal() -> None:
    evil = "x\x1b[2J\u202ey"
    serving = msgspec.structs.replace(RULE, title=evil, source=evil, note=evil, id=f"rule:{evil}")
    hostile = Requirement(
        control=evil, id=evil, catalogue=evil, version=evil, label=evil, chapter=evil, how="none", reason=evil, missing=evil,
        tests=(evil,), records=(evil,), serving=(serving,),
    )  # fmt: skip
    log = Logged(place=evil, size=1, read=1)
    for shown in (rows.coverage(coverage(hostile, log=log), PLAIN), text.requirement(hostile, log, PLAIN)):
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_every_class_of_answer_has_words_in_every_look() -> None:
    for how in HOWS:
        assert text.requirement(msgspec.structs.replace(BARE, how=how), Logged(), PLAIN)
    assert POLICY.verdict in text.requirement(SERVED, Logged(), PLAIN)


@pytest.mark.parametrize(
    ("family", "told"),
    [
        ("code", "a hit in a change by an AI is DENY at most"),
        ("commands", "a hit in a command of an assistant is DENY at most"),
        ("prompts", "a hit in what is handed to an assistant is DENY at most"),
    ],
)
def test_a_hit_is_told_where_its_family_looks(family: str, told: str) -> None:
    for place in (f"rules/{family}/x.md", f".clearance/rules/{family}/x.md"):
        assert told in "; ".join(facts_of(msgspec.structs.replace(RULE, place=place)))


def test_a_record_says_in_every_form_what_it_is_of_and_what_it_does_not_show() -> None:
    policy = Record(what="policy no-secrets", decisions=2, as_today=2, fired=0, last=1)
    answer = msgspec.structs.replace(SERVED, serving=(RULE, msgspec.structs.replace(POLICY, record=policy)))
    short = words_of_records(answer)
    assert "scanner code: ran with all its rules in 12 decisions" in short
    assert "policy no-secrets: in force in 2 decisions" in short
    for shown in (text.requirement(answer, coverage().log, PLAIN), rows.coverage(coverage(answer), PLAIN)):
        told = " ".join(shown.split())
        assert "no evidence of a rule that had nothing there to judge" in told
        assert "policy no-secrets: in force in 2 decisions" in told
    assert "no evidence of a rule" not in rows.coverage(coverage(answer, log=Logged()), PLAIN)


def test_a_row_says_that_a_verdict_is_the_most_a_hit_of_a_rule_can_get() -> None:
    shown = " ".join(rows.coverage(coverage(), PLAIN).split())
    assert "rule:python-subprocess-shell (at most DENY)" in shown
    assert "policy:no-secrets (DENY)" in shown


def test_an_answer_that_says_who_wrote_it_says_what_that_means() -> None:
    told = msgspec.structs.replace(BARE, reason="It waits for a person where an AI wrote it.")
    assert "or nobody knows who" in " ".join(text.requirement(told, Logged(), PLAIN).split())
    assert "or nobody knows who" not in text.requirement(BARE, Logged(), PLAIN)


def test_accepted_risks_for_single_findings_are_counted_apart() -> None:
    answer = msgspec.structs.replace(coverage(), accepted=3, accepted_findings=2)
    assert "3 accepted risks in force, 2 of them for single findings" in " ".join(rows.coverage(answer, PLAIN).split())


def test_a_note_is_told_as_a_note_and_who_counts_as_an_ai_is_said() -> None:
    asked = msgspec.structs.replace(RULE, verdict="ASK", note="the flag Secure")
    shown = " ".join(text.requirement(msgspec.structs.replace(SERVED, serving=(asked,)), Logged(), PLAIN).split())
    assert "note: the flag Secure" in shown
    assert "or nobody knows who" in shown
    assert "or nobody knows who" in " ".join(rows.coverage(coverage(), PLAIN).split())
