"""What a person says of a risk that they accept: which finding, which rule, until when, and whether that can be."""

import datetime as dt
import difflib
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from clearance.facts.decision import Case
from clearance.facts.errors import BadFile, UsageError
from clearance.facts.finding import Finding
from clearance.facts.outcome import Outcome
from clearance.facts.waiver import Waiver
from clearance.wiring.risks import Last

_DIGITS = 6
"""So many of a fingerprint are enough to name a finding."""
_LONGEST_LINE = 9
_MOST_NEAR = 2_000
"""Among so many findings the nearest one is looked for."""
_FIELDS = ("change", "findings", "gaps", "risk", "ran", "version", "waivers")
_REPORT = "give what `clearance check --format json` wrote"
_FEWEST_LETTERS = 6
"""Letters from which a text can be a reason, in any language."""
_DAYS = re.compile(r"[0-9]{1,4}d", re.ASCII)


def case_in(data: bytes, where: str) -> Case:
    """Read a case as it is, or out of the JSON report of a check that holds it.

    Raises:
        BadFile: it is neither.
    """
    try:
        outcome = msgspec.json.decode(data, type=Outcome)
    except (msgspec.DecodeError, RecursionError):
        try:
            return msgspec.json.decode(data, type=Case)
        except (msgspec.DecodeError, RecursionError) as error:
            raise BadFile(f"no report, and no case: {error}", where=where, next=_REPORT) from None
    if outcome.risk is None:
        raise BadFile("a scan, not a check: nothing was judged", where=where, next=_REPORT)
    return Case(rules=outcome.catalogue, **{name: getattr(outcome, name) for name in _FIELDS})


def from_report(data: bytes, where: str) -> Last:
    """Read what a check that ran elsewhere decided.

    Raises:
        BadFile: as `case_in`.
    """
    return Last(case_in(data, where), -1)


def finding_of(last: Last, wanted: str) -> Finding:
    """Find what a person means: the beginning of a fingerprint, or the file and line.

    Raises:
        UsageError: there is none, with the nearest one; or several are meant.
    """
    findings = last.case.findings
    path, _, line = wanted.rpartition(":")
    if path and line.isascii() and line.isdigit() and len(line) <= _LONGEST_LINE:
        found = [one for one in findings if one.place.path == path and one.place.line == int(line)]
    else:
        digits = wanted.lower()
        hexadecimal = len(digits) >= _DIGITS and set(digits) <= set("0123456789abcdef")
        found = [one for one in findings if hexadecimal and one.fingerprint.startswith(digits)]
    if len({one.fingerprint for one in found}) == 1:
        return found[0]
    if found:
        listed = ", ".join(f"{one.fingerprint[:12]} {one.rule}" for one in found[:5])
        raise UsageError("several findings are meant so", where=wanted, next=f"name one: {listed}")
    some = sorted(findings, key=lambda one: not one.introduced)[:_MOST_NEAR]
    names = {f"{one.place.path}:{one.place.line}": one for one in some} | {one.fingerprint[:12]: one for one in some}
    near = difflib.get_close_matches(wanted[:200], list(names), n=1, cutoff=0)
    hint = "`clearance risk open` lists them" if not near else (
        f"the nearest is {names[near[0]].fingerprint[:12]}: {names[near[0]].rule} at "
        f"{names[near[0]].place.path}:{names[near[0]].place.line}"
    )  # fmt: skip
    raise UsageError("the last check has no such finding", where=wanted, next=hint)


def check_said(waiver: Waiver) -> None:
    """Refuse a reason, or what is done instead, that says nothing to whoever reads it later.

    Raises:
        UsageError: one of them has hardly a letter.
    """
    for option, text in (("--reason", waiver.reason), ("--compensating", waiver.compensating)):
        if sum(character.isalpha() for character in text) < _FEWEST_LETTERS:
            raise UsageError(
                f"{option} {text!r} says nothing", next="write a sentence: two people and every later auditor read it"
            )


def check_rule(rule: str, directory: Path, last: Last | None) -> None:
    """Refuse a rule that nobody knows.

    Raises:
        UsageError: the nearest one is told.
    """
    from clearance.wiring.furnish import open_catalogue

    known = {one.id for one in open_catalogue(directory).rules if one.tier is None}
    known |= {one.rule for one in last.case.findings} if last else set()
    if rule not in known:
        near = difflib.get_close_matches(rule, known, n=1, cutoff=0)
        raise UsageError(
            "no such rule", where=rule, next=f"the nearest is {near[0]}" if near else "see `clearance rules list`"
        )


def check_controls(controls: tuple[str, ...]) -> None:
    """Refuse a control that no catalogue has.

    Raises:
        UsageError: one of them is none.
    """
    from clearance.controls.catalogue import problem

    for control in controls:
        wrong = problem(control)
        if wrong:
            raise UsageError(f"--control: {wrong}", next="see docs/reference/catalogues.md")


def day_of(wanted: str, on: dt.date, most: int) -> str:
    """Read the last day of a waiver: a date, or `90d` from today.

    Raises:
        UsageError: it is no day, one in the past, or further ahead than `most` days.
    """
    latest = on + dt.timedelta(days=most)
    wanted = wanted.strip()
    try:
        day = (
            on + dt.timedelta(days=int(wanted[:-1]))
            if _DAYS.fullmatch(wanted)
            else dt.datetime.strptime(wanted, "%Y-%m-%d").replace(tzinfo=dt.UTC).date()
        )
    except ValueError:
        raise UsageError("no day", where=wanted, next=f"write --expires {latest} or --expires {most}d") from None
    if day < on:
        raise UsageError(f"in the past: today is {on}", where=str(day), next=f"choose a day up to {latest}")
    if day > latest:
        raise UsageError(
            f"{(day - on).days:,} days ahead, and {most:,} are allowed",
            where=str(day),
            next=f"choose a day up to {latest}; `[waivers] most_days` in the settings of the base says how far",
        )
    return day.isoformat()


def name_for(hit: Finding | None, rule: str, taken: Mapping[str, Waiver]) -> str:
    """Make an id that is not taken, from the rule and the finding."""
    stem = re.sub(r"[^a-z0-9]+", "-", (hit.rule if hit else rule).lower()).strip("-")[:80] or "risk"
    name = f"{stem}-{hit.fingerprint[:8]}" if hit else stem
    number = 2
    while name in taken:
        name = f"{stem}-{number}"
        number += 1
    return name


def refuse_twice(waiver: Waiver, known: Mapping[str, Waiver]) -> None:
    """Refuse to accept what is accepted already.

    Raises:
        UsageError: the id, or what it covers, is that of another waiver.
    """
    if waiver.id in known:
        raise UsageError("there is a waiver of that id", where=waiver.id, next="choose another --id")
    for one in known.values():
        if (one.finding, one.rule, sorted(one.paths)) == (waiver.finding, waiver.rule, sorted(waiver.paths)):
            raise UsageError(
                f"accepted already, until {one.expires}",
                where=one.where,
                next=f"clearance risk renew {one.id} --expires …",
            )
