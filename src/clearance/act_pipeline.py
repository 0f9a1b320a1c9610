"""The order of the rooms for what an assistant is about to do: in one process; what may simply happen is not recorded."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from clearance.assess.assess import assess
from clearance.collect.act import TEXTS
from clearance.facts.change import Collected
from clearance.facts.classification import Scheme
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.finding import Gap, GapKind
from clearance.facts.glob import matcher
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from clearance.scan.inline import look_inline
from clearance.scan.look import AnyFamily
from clearance.scan.runner import gap_order
from clearance.scan.tampering.guarded_paths import guarded_by


class ActParts(NamedTuple):
    """What it takes to judge an act: the families that look at it, already started, and the room that decides."""

    version: str
    catalogue: Catalogue
    families: Sequence[AnyFamily]
    rules: Mapping[str, Rule]
    seconds: float
    exclude: tuple[str, ...]
    scheme: Scheme
    decide: Callable[[Case], Decision]
    record: Callable[[Case, Decision], object]


def leaving_out(exclude: Sequence[str]) -> Callable[[str], bool]:
    """Tell which paths settings leave out: files of the repository, never what is run, sent or handed over, and never a
    guard."""
    matches = matcher(exclude)
    return lambda path: path not in TEXTS and matches(path) and not guarded_by(path)


def rule(collected: Collected, parts: ActParts) -> tuple[Case, Decision]:
    """Judge what an assistant is about to do: look, in this process, and decide; what may not simply happen is recorded."""
    scanned = look_inline(collected, parts.families, parts.rules, parts.seconds, leaving_out(parts.exclude))
    broken = [Gap(scanner="rules", path="", kind=GapKind.UNPARSED, detail=str(error)) for error in parts.catalogue.broken]
    change = collected.change
    case = Case(
        change=change,
        findings=scanned.findings,
        gaps=tuple(sorted(dict.fromkeys((*broken, *collected.gaps, *scanned.gaps)), key=gap_order)),
        risk=assess(change, (), scanned.findings, parts.scheme),
        ran=scanned.ran,
        rules=parts.catalogue.digest,
        version=parts.version,
    )
    decision = parts.decide(case)
    if decision.verdict is not Verdict.ALLOW:
        parts.record(case, decision)
    return case, decision
