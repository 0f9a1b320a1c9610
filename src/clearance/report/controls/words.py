"""The words in which answers about controls are told, whatever the format."""

from collections.abc import Sequence

from clearance.facts.control import Relation
from clearance.report.controls.view import (
    NO_RECORD,
    How,
    Logged,
    Record,
    Requirement,
    Serving,
    counted,
    examples_of,
    kinds_in,
    moment,
    records_of,
    verb_of,
)

MOST_NAMES = 6
"""How many names stand in a row before the rest is counted."""


def words_of_tests(one: Requirement) -> str:
    """Say what tests show that what serves a requirement works: examples, cases, and what became of them where they ran."""
    caught, clean = examples_of(one.serving)
    rules = [each for each in one.serving if each.kind in {"rule", "trigger"} and each.rel is not Relation.NO_RELATIONSHIP]
    cases = sum(each.caught for each in one.serving if each.kind == "policy")
    parts = [f"{counted(len(rules), 'page')} with {caught} caught, {clean} clean examples"] if rules else []
    parts += [f"{counted(cases, 'case')} of policies"] if cases else []
    failed = [each.id for each in one.serving if each.ran == "failed"]
    held = [each for each in one.serving if each.ran == "held"]
    if failed:
        parts.append(f"run now: {', '.join(failed)} FAILED")
    elif held:
        parts.append("run now: all as the pages say")
    return "; ".join((*parts, *one.tests))


def words_of_records(one: Requirement, most: int = 4) -> str:
    """Say in short what the log shows of what serves a requirement, and what else the answer names to look at."""
    shown = [record for record in records_of(one.serving) if not record.is_empty]
    parts = [_short(record) for record in shown[:most]]
    if len(shown) > most:
        parts.append(f"and {len(shown) - most} more")
    return "; ".join((*(parts or [NO_RECORD]), *(f"see {each}" for each in one.records)))


def _short(record: Record) -> str:
    parts = []
    if record.decisions:
        last = f"last: entry {record.last} on {moment(record.last_time)}"
        kind = "policies" if record.what.startswith("policy ") else "rules"
        ran = f"{verb_of(record)} {counted(record.decisions, 'decision')}"
        today = "" if record.as_today == record.decisions else f" ({record.as_today:,} with the {kind} of today)"
        parts.append(f"{ran}{today}, {last}")
    if record.pulse:
        parts.append(f"proved {record.pulse} in entry {record.proof}")
    return f"{record.what}: {', '.join(parts)}"


def names_of(serving: Sequence[Serving], *, show_all: bool) -> str:
    """Name what serves a requirement, with what becomes of a hit; the first few, unless `show_all`."""
    real = [one for one in serving if one.rel is not Relation.NO_RELATIONSHIP]
    names = [act(one) for one in real]
    if show_all or len(names) <= MOST_NAMES:
        return ", ".join(names)
    return f"{kinds_in(serving)}: {', '.join(names[:MOST_NAMES])}, and {len(names) - MOST_NAMES} more"


def act(one: Serving) -> str:
    """Name one thing with what becomes of a hit: `rule:python-eval (at most DENY)`."""
    if one.verdict == "ALLOW":
        word = "told only"
    elif one.kind == "rule" and not one.executable:
        word = "guidance"
    else:
        word = f"at most {one.verdict}" if one.kind == "rule" and one.verdict else one.verdict
    word += f", {counted(len(one.accepted), 'accepted risk')}" if one.accepted else ""
    return f"{one.id} ({word})" if word else one.id


def facts_of(one: Serving) -> tuple[str, ...]:
    """Say what something of ours does by itself, and what its examples or cases show."""
    facts = [", ".join(one.languages)] if one.languages else []
    match one.kind:
        case "trigger":
            facts.append(f"raises a change that touches it to tier {one.tier}, so that people look; it judges nothing")
        case "rule" if not one.executable:
            facts.append("guidance only: nothing detects it")
        case "rule" if one.verdict == "ALLOW":
            facts.append(f"{_hit(one)} is told, and stops nothing")
        case "rule" if one.verdict:
            facts.append(f"{_hit(one)} is {one.verdict} at most" + (f" ({', '.join(one.because)})" if one.because else ""))
        case "policy" if one.verdict:
            facts.append(f"{one.verdict} when it fires")
        case "checkpoint" if one.executable:
            facts.append("judges by the policies, wherever it is installed")
        case "capability" | "checkpoint":
            facts.append("leaves evidence, and judges nothing by itself")
        case _:
            pass
    facts += [f"an accepted risk lets hits pass: {each}" for each in one.accepted]
    if one.kind in {"rule", "trigger"} and one.executable:
        facts.append(f"{one.caught} caught, {one.clean} clean examples" + _ran(one))
    elif one.kind == "policy":
        facts.append(f"fires in {counted(one.caught, 'case')} of its tests" + _ran(one))
    return tuple(facts)


_JUDGED = {
    "commands": "a hit in a command of an assistant",
    "prompts": "a hit in what is handed to an assistant",
    "personal": "a hit in what is handed to an assistant",
}
"""What findings of a family are found in; those of all others in changes."""


def _hit(one: Serving) -> str:
    family = one.place.split("/")[-2:][0]
    return _JUDGED.get(family, "a hit in a change by an AI")


def _ran(one: Serving) -> str:
    return {"held": ", run now: as the page says", "failed": ", run now: FAILED"}.get(one.ran, "")


def article(by: str) -> str:
    """Name who drew an edge: `an AI assistant`, `a person`."""
    return "an AI assistant" if by == "assistant" else f"a {by}"


def log_words(log: Logged) -> str:
    """Say which log records come from, and how much of it was read."""
    if log.problem:
        return f"no record counts: {log.problem}"
    if not log.size:
        return f"{NO_RECORD}: the log is empty or not there (`clearance check` makes one)"
    read = "all read" if log.read == log.size else f"the newest {log.read:,} read"
    return f"{log.place}, {counted(log.size, 'entry')}, {read}, each with its signature verified"


def how_word(how: How) -> str:
    """Name a class of answers for people."""
    return "not us" if how == "not-us" else how
