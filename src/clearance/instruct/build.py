"""From a catalogue and a situation to files."""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from clearance.facts.fact import Fact
from clearance.facts.text import visible
from clearance.instruct.format import modules
from clearance.instruct.model import BUDGET, Candidate, InstructionFile, Material, Situation, Stamp
from clearance.instruct.rank import candidates, importance
from clearance.instruct.scopes import BY_NAME, USUAL
from clearance.rules.model import Rule

LEAST = 700
"""The smallest budget: below it there is no room for how the gate works and what holds everywhere."""
_MOST_SCOPES = 8
_SHARED = (1.0, 0.6, 0.45, 0.35)
"""What part of the budget a section takes that some assistant reads beside none, one, two or three others."""


class Built(Fact):
    """The files, by path; the material that they were made of; and what was made harmless, for people."""

    files: tuple[InstructionFile, ...]
    material: Material
    notes: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Hash by the material."""
        return hash(self.material)


def gather(
    rules: Iterable[Rule],
    situation: Situation,
    stamp: Stamp,
    *,
    budget: int = BUDGET,
    task: Sequence[str] = (),
) -> Material:
    """Find what applies. `task` names the scopes of a task (`python`); without it those of the repository count, the most
    important first, and of an empty repository the usual ones."""
    known = {rule.id: rule for rule in rules}
    found = candidates(known.values(), situation)
    names = [name for name in (task or situation.scopes or USUAL) if name in BY_NAME and found.get(name)]
    shares = {name: importance(name, situation, found) for name in names}
    ordered = tuple(sorted(shares, key=lambda name: (-shares[name], name))[:_MOST_SCOPES])
    return Material(
        candidates=found, rules=known, scopes=ordered, shares={name: shares[name] for name in ordered}, stamp=stamp,
        budget=max(budget, LEAST), standing=situation.standing,
    )  # fmt: skip


def build(material: Material, formats: Sequence[str]) -> Built:
    """Make the files of some formats, named by `format.chosen`. Formats that an assistant reads beside its own are made
    first and smaller, and nothing stands in both."""
    known = modules()
    asked = [name for name in known if name in formats]
    besides = {name: [other for other in known[name].FORMAT.beside if other in asked] for name in asked}
    parts = dict.fromkeys(asked, 0)
    for others in besides.values():
        for other in others:
            parts[other] = max(parts[other], len(others))
    made: dict[str, tuple[InstructionFile, ...]] = {}
    for name in sorted(asked, key=lambda each: (bool(besides[each]), each)):
        beside = tuple(file for other in besides[name] for file in made.get(other, ()) if file.always)
        made[name] = known[name].render(replace(material, beside=beside, part=_SHARED[parts[name]]))
    files: dict[str, InstructionFile] = {}
    for name in asked:
        for file in made[name]:
            files.setdefault(file.path, file)
    return Built(files=tuple(files[path] for path in sorted(files)), material=material, notes=_notes(material))


def injected(built: Built, format: str, scope: str) -> int:
    """Give the tokens that reach the context of a task in one scope: files for any task, of the scope, and what is listed,
    of a format and of those that its assistants read beside it."""
    beside = modules()[format].FORMAT.beside
    total = 0
    for file in built.files:
        if file.format == format:
            total += file.listed
            if file.always or (file.scope == scope and not file.on_demand):
                total += file.tokens
        elif file.format in beside and file.always:
            total += file.tokens
        elif file.format == "agent-skills" and set(modules()[format].FORMAT.assistants) & _with_skills():
            total += file.listed
    return total


def _with_skills() -> set[str]:
    return set(modules()["agent-skills"].FORMAT.assistants)


def left_out(built: Built, format: str) -> tuple[Candidate, ...]:
    """Give what applies to the scopes at hand and stands in no file that is in the context of a task, the heaviest first."""
    reads = {format, *modules()[format].FORMAT.beside}
    named = {rule for file in built.files if file.format in reads and not file.on_demand for rule in file.rules}
    scopes = ("", *built.material.scopes)
    found = {
        one.rule: one
        for scope in scopes
        for one in built.material.candidates.get(scope, ())
        if one.rule and one.rule not in named
    }
    return tuple(sorted(found.values(), key=lambda one: (-one.weight, one.rule)))


def _notes(material: Material) -> tuple[str, ...]:
    """Say what of a team's pages was made harmless."""
    notes = {
        f"{visible(material.rules[one.rule].page)}: brief: {one.note}"
        for found in material.candidates.values()
        for one in found
        if one.note
    }
    return tuple(sorted(notes))
