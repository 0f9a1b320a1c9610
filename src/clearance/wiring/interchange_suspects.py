"""Looks for what guidance of others must not bring along: orders to assistants, hidden characters, dangerous commands."""

from collections.abc import Iterator
from typing import NamedTuple

from clearance.facts.errors import BadPage
from clearance.facts.finding import Gap, Severity
from clearance.facts.text import Decoded, visible
from clearance.rules.catalogue import Catalogue
from clearance.rules.codeguard import CodeGuardRule
from clearance.rules.guidance import shells, suspicions

_SECONDS = 5.0
_MOST = 5
_LONGEST_COMMAND = 20_000
_UNSURE = "command-hidden"
"""The rule of commands that says that a text is no shell: half of all code spans are none."""


class Suspect(NamedTuple):
    """What was found in a file: the line, counted from 1, and what it does."""

    line: int
    what: str


def suspects(file: CodeGuardRule, text: str, catalogue: Catalogue) -> tuple[Suspect, ...]:
    """Look at the text of a file, and at its description once more, as YAML reads it. The file's lines are given in their
    order, each thing once a line."""
    at = next((number for number, one in enumerate(file.head.splitlines(), 1) if one.startswith("description")), 2)
    found = [Suspect(one.line, one.what) for one in suspicions(text)]
    found += [Suspect(at, one.what) for one in suspicions(file.description)]
    found += [Suspect(line, what) for line, what in _hidden(text, catalogue)]
    found += [Suspect(line, what) for line, what in _commands(text, catalogue)]
    found += [Suspect(at, what) for _, what in _commands(file.description, catalogue)]
    return tuple(sorted(set(found)))


def refusals(found: tuple[Suspect, ...], shown: str) -> Iterator[BadPage]:
    """Say what a file is refused for, at most five times."""
    for number, one in enumerate(found):
        if number == _MOST:
            hint = f"and {len(found) - _MOST} more: read the whole file"
            yield BadPage("more that guidance has no reason to say", where=f"{visible(shown)}:{one.line}", next=hint)
            return
        hint = "assistants would be told so; take it out, or say --trust after a person read it"
        yield BadPage(one.what, where=f"{visible(shown)}:{one.line}", next=hint)


def _hidden(text: str, catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Ask the family that looks for hidden characters."""
    from clearance.scan.family import Budget, OutOfTime, View
    from clearance.scan.prompts.family import PROMPT, PromptsFamily

    view = View(PROMPT, "after", b"", Decoded(text, "utf-8", broken=False))
    try:
        for one in PromptsFamily(catalogue.rules).look(view, Budget(_SECONDS)):
            line = 1 if isinstance(one, Gap) else view.position(one.start)[0]
            yield line, one.detail if isinstance(one, Gap) else one.message
    except OutOfTime:
        yield 1, "holds more hidden characters than could be read in time"


def _commands(text: str, catalogue: Catalogue) -> Iterator[tuple[int, str]]:
    """Ask what commands do that stand in code spans and in blocks for a shell; what is no shell text says nothing here."""
    from clearance.scan.commands.detect import detected
    from clearance.scan.commands.guarded_files import prepare
    from clearance.scan.commands.walk import walked
    from clearance.scan.family import Budget, OutOfTime

    prepare()
    budget = Budget(_SECONDS)
    for piece in shells(text):
        if len(piece.text) > _LONGEST_COMMAND:
            yield piece.line, "holds a text for a shell that is too long to be read"
            continue
        try:
            seen = list(detected(walked(piece.text, budget), budget))
        except OutOfTime:
            yield piece.line, "holds more commands than could be read in time"
            return
        for one in seen:
            rule = catalogue.get(one.rule)
            severity = one.severity or (rule.severity if rule else Severity.HIGH)
            if one.rule != _UNSURE and severity.rank >= Severity.HIGH.rank:
                yield piece.line + piece.text.count("\n", 0, one.start), f"holds a command ({one.rule}): {one.message}"
