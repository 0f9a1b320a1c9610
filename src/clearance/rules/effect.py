"""What detectors were measured to do: `effect.json`, which the benchmarks write and the package ships.

A set of labelled cases has a name and a part: `dev` may be looked at by whoever writes detectors, `held` may not, so the
figures of `held` are the ones to believe. Counts stand for each rule that some case asks for or that spoke. Beside them
stands what the detector was then: of a page that detects differently now the figures are old.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec

from clearance.facts.errors import BadFile
from clearance.facts.fact import Fact
from clearance.rules.model import Rule

NAME = "effect.json"
"""The name of the file, in the folder of the built-in pages."""
_DIGITS = 16


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """What one rule did in one set.

    `caught`: weak cases of which it told the weakness. `missed`: weak cases of its weaknesses, in its language, of which no
    rule told it; each counts for every rule that might have. `wrong`: clean cases in which it spoke of its weaknesses, out
    of `clean`. `detection` names what the detector was.
    """

    caught: int
    missed: int
    wrong: int
    clean: int
    detection: str

    @property
    def precision(self) -> float | None:
        """Share of the cases told that are weak; None where it told none."""
        return self.caught / (self.caught + self.wrong) if self.caught + self.wrong else None

    @property
    def recall(self) -> float | None:
        """Share of the weak cases told by it, of those and the ones that nothing told; None where there are none."""
        return self.caught / (self.caught + self.missed) if self.caught + self.missed else None


class MeasuredSet(Fact):
    """One part of a set: what it is of, the day, the digest of its cases and their number, the version of Clearance, and
    the counts by the ids of rules."""

    name: str
    part: Literal["dev", "held"]
    about: str
    date: str
    digest: str
    cases: int
    version: str
    rules: dict[str, Counts]

    def __hash__(self) -> int:
        """Hash by name, because maps have no hash."""
        return hash((self.name, self.part, self.digest))


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal[1]
    sets: tuple[MeasuredSet, ...]


class Measured(NamedTuple):
    """What was measured of a rule in one set; `current`: its detector is the one that was measured."""

    set: MeasuredSet
    counts: Counts
    current: bool


def read_effect(data: bytes, *, path: str) -> tuple[MeasuredSet, ...]:
    """Read the file.

    Raises:
        BadFile: it is not what `write_effect` writes.
    """
    try:
        return msgspec.json.decode(data, type=_File).sets
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        hint = "install Clearance again, or run the benchmark `effect`"
        raise BadFile(f"not a file of measured effects: {error}", where=f"{path}:1", next=hint) from None


def write_effect(sets: Iterable[MeasuredSet]) -> bytes:
    """Write the file, one rule a line, in the order of names; the same sets give the same bytes."""
    parts = []
    for one in sorted(sets, key=lambda each: (each.name, each.part)):
        head = {key: value for key, value in msgspec.to_builtins(one).items() if key != "rules"}
        rows = ",\n".join(
            f"   {json.dumps(rule)}: {json.dumps(msgspec.to_builtins(counts), separators=(',', ':'))}"
            for rule, counts in sorted(one.rules.items())
        )
        parts.append(f'  {json.dumps(head)[:-1]}, "rules": {{\n{rows}\n  }}}}')
    sets_text = ",\n".join(parts)
    return f'{{"format": 1, "sets": [\n{sets_text}\n]}}\n'.encode()


def joined(known: Iterable[MeasuredSet], new: Iterable[MeasuredSet]) -> tuple[MeasuredSet, ...]:
    """Give what is known with new measurements: a set measured again takes the place of the old one."""
    sets = {(one.name, one.part): one for one in (*known, *new)}
    return tuple(sets[key] for key in sorted(sets))


def measured(rule: Rule, sets: Sequence[MeasuredSet]) -> tuple[Measured, ...]:
    """Give what was measured of a rule; nothing where no case says anything. No set could measure what guidance does."""
    if not rule.has_detector:
        return ()
    now = detection(rule)
    return tuple(
        Measured(one, counts, counts.detection == now) for one in sets if (counts := one.rules.get(rule.id)) is not None
    )


def detection(rule: Rule) -> str:
    """Name what a page detects: the first digits of a SHA-256 over engines, blocks, detector, options and languages. Words
    and examples of the page do not count."""
    blocks = [[block.engine, block.text] for block in rule.detect]
    whole = [blocks, rule.detector, sorted(rule.options.items()), sorted(rule.languages)]
    return hashlib.sha256(json.dumps(whole, ensure_ascii=True).encode()).hexdigest()[:_DIGITS]
