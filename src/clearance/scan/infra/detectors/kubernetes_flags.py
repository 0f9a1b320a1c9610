"""Tells the flags that a program of the control plane is not started with.

The page's options name them, a list for each severity: `program:flag` must stand there, `program:flag=value` must have that
value, or have it in its list. Each flag that lacks is a finding of its own, since each is mended by itself.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from clearance.facts.finding import Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.node import Document, Kind, Node, Unit

ON: Final = ("kubernetes.container",)


class _Wanted(NamedTuple):
    program: str
    flag: str
    value: str
    severity: Severity


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each flag that a container's program lacks, at the container's name."""
    wanted = [
        _wanted(word, Severity(severity)) for severity, words in sorted(rule.options.items()) for word in words.split()
    ]
    programs = {one.program for one in wanted}
    for unit in document.units:
        if unit.kind != "kubernetes.container" or not (program := _program(unit, programs)):
            continue
        budget.check()
        flags = _flags(unit)
        if flags is None:
            continue
        for one in wanted:
            if one.program == program and not _stands(one, flags):
                yield _match(one, unit, rule)


def _wanted(word: str, severity: Severity) -> _Wanted:
    program, _, rest = word.partition(":")
    flag, _, value = rest.partition("=")
    return _Wanted(program, flag, value, severity)


def _program(unit: Unit, programs: set[str]) -> str:
    """Name the program that a container starts, if it is one of these."""
    first = next((one.text for one in _words(unit) if one.kind is Kind.SCALAR), "")
    name = first.rpartition("/")[2]
    return name if name in programs else ""


def _words(unit: Unit) -> Iterator[Node]:
    for key in ("command", "args"):
        node = unit.body.items.get(key)
        if node is not None:
            yield from node.values if node.kind is Kind.LIST else (node,)


def _flags(unit: Unit) -> dict[str, str] | None:
    """Give the flags with their values; None where some are decided elsewhere."""
    found: dict[str, str] = {}
    waiting = ""
    for word in _words(unit):
        if word.kind is not Kind.SCALAR:
            return None
        if word.text.startswith("--"):
            flag, has, value = word.text[2:].partition("=")
            found[flag] = value if has else "true"
            waiting = "" if has else flag
        elif waiting:
            found[waiting] = word.text
            waiting = ""
    return found


def _stands(wanted: _Wanted, flags: dict[str, str]) -> bool:
    value = flags.get(wanted.flag)
    return value is not None and (not wanted.value or wanted.value in value.split(","))


def _match(wanted: _Wanted, unit: Unit, rule: Rule) -> Match:
    flag = f"--{wanted.flag}={wanted.value}" if wanted.value else f"--{wanted.flag}"
    return Match(
        rule=rule.id,
        start=unit.head[0],
        end=unit.head[1],
        message=f"{wanted.program} is not started with {flag}",
        severity=wanted.severity,
        shape=f"{unit.kind} {unit.type} {unit.name} {flag}",
    )
