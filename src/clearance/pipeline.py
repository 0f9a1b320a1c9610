"""The order of the rooms: what is looked at, what is made of it, and what is kept."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from clearance.assess.assess import assess
from clearance.assess.classify import classify
from clearance.facts.change import Change, Collected, Contents, FileChange
from clearance.facts.classification import Scheme
from clearance.facts.decision import Case, Decision
from clearance.facts.finding import Finding, Gap, GapKind
from clearance.facts.glob import matcher
from clearance.facts.outcome import SCHEMA, Outcome, Receipt, RuleInfo
from clearance.facts.proof import Standing
from clearance.facts.provenance import Provenance
from clearance.facts.waiver import Cover
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from clearance.scan.imported.merge import FAMILY as IMPORTED
from clearance.scan.imported.merge import with_opinions
from clearance.scan.imported.opinion import Opinion
from clearance.scan.memory import Memory
from clearance.scan.runner import Limits, Progress, Scanned, gap_order, scan
from clearance.scan.tampering.guarded_paths import guarded_by
from clearance.scan.texts import Texts, names_of
from clearance.scan.worker import Furnish, Reserve


class Parts(NamedTuple):
    """A furnished house. `decide` and `record` are the rooms with their policies, keys and store already inside; `warm` does
    what they need before the first question, and is called while the scanners work."""

    version: str
    catalogue: Catalogue
    pages: str
    furnish: Furnish
    reserve: Reserve
    families: Sequence[str]
    limits: Limits
    memory: Memory | None
    exclude: tuple[str, ...]
    scheme: Scheme
    """How sensitive which data is."""
    warm: Callable[[], object]
    ask: Callable[[Change, Contents], object]
    opinions: Callable[[], Sequence[Opinion]]
    """`ask` starts other tools on the change; what they and the given result files say."""
    decide: Callable[[Case], Decision]
    record: Callable[[Case, Decision], Receipt]
    proven: Callable[[], Standing]
    waivers: Callable[[Sequence[Finding]], tuple[Cover, ...]]
    origins: Callable[[], Provenance] = Provenance  # as far as it was settled while the scanners worked


def look(collected: Collected, parts: Parts, progress: Progress | None) -> Outcome:
    """Find and tell, without a verdict."""
    change, scanned, gaps = _scan(collected, parts, progress)
    outcome = _outcome(change, scanned, gaps, parts)
    classification = classify((), scanned.findings, parts.scheme)
    return msgspec.structs.replace(outcome, classification=classification if classification.grounds else None)


def judge(collected: Collected, parts: Parts, progress: Progress | None) -> Outcome:
    """Scan, assess, decide, sign, record."""
    change, scanned, gaps = _scan(collected, parts, progress)
    case = Case(
        change=change,
        findings=scanned.findings,
        gaps=gaps,
        risk=assess(change, scanned.sightings, scanned.findings, parts.scheme),
        ran=scanned.ran,
        rules=parts.catalogue.digest,
        version=parts.version,
        proven=parts.proven(),
        waivers=parts.waivers(scanned.findings),
        origins=parts.origins(),
    )
    decision = parts.decide(case)
    said = {"receipt": parts.record(case, decision), "waivers": case.waivers, "origins": case.origins}
    return msgspec.structs.replace(_outcome(change, scanned, gaps, parts), risk=case.risk, decision=decision, **said)


def _scan(collected: Collected, parts: Parts, progress: Progress | None) -> tuple[Change, Scanned, tuple[Gap, ...]]:
    """Look at what is not excluded, and at the words around it; a guard is never excluded. A page that is none is a gap:
    what it would have found, nobody looked for. In the change that is given back, names that hold a secret are masked."""
    excluded = matcher(parts.exclude)
    left_out = {file.path for file in collected.change.files if excluded(file.path) and not _guard(file)}
    kept = tuple(file for file in collected.change.files if file.path not in left_out)
    change = msgspec.structs.replace(collected.change, files=kept)

    def meanwhile() -> None:
        parts.warm()
        parts.ask(change, collected.contents)

    texts = Texts(names_of(collected.change), collected.texts)
    whole, contents = texts.added_to(change, collected.contents)
    furnished = (parts.furnish, parts.families, parts.limits)
    scanned = scan(whole, contents, *furnished, progress, meanwhile, parts.reserve, parts.memory)
    opinions = parts.opinions()
    if opinions:
        scanned = with_opinions(scanned, opinions, change, collected.contents)
    gaps = [
        *(Gap(scanner="rules", path="", kind=GapKind.UNPARSED, detail=str(error)) for error in parts.catalogue.broken),
        *(gap for gap in collected.gaps if gap.path not in left_out),
        *(Gap(scanner="all", path=path, kind=GapKind.EXCLUDED) for path in left_out),
        *scanned.gaps,
    ]
    told, scanned, known = texts.told(collected.change, scanned, gaps)
    return told, scanned, tuple(sorted(dict.fromkeys(known), key=gap_order))


def _guard(file: FileChange) -> bool:
    return bool(guarded_by(file.path) or guarded_by(file.old_path or ""))


def _outcome(change: Change, scanned: Scanned, gaps: tuple[Gap, ...], parts: Parts) -> Outcome:
    named = sorted({finding.rule for finding in scanned.findings if finding.family != IMPORTED})
    return Outcome(
        schema=SCHEMA,
        version=parts.version,
        change=change,
        findings=scanned.findings,
        gaps=gaps,
        ran=scanned.ran,
        rules=tuple(info(parts.catalogue[rule], parts.pages) for rule in named),
        catalogue=parts.catalogue.digest,
        asides=scanned.asides,
        more_asides=scanned.more_asides,
        set_aside=scanned.set_aside,
    )


def info(rule: Rule, pages: str) -> RuleInfo:
    """Describe a rule for a report; `pages` is where pages can be read."""
    return RuleInfo(
        id=rule.id,
        family=rule.family,
        title=rule.title,
        severity=rule.severity.value,
        confidence=rule.confidence.value,
        brief=rule.brief,
        help=rule.guidance,
        fix=rule.fix,
        cwe=rule.cwe,
        controls=rule.controls,
        link=f"{pages}{rule.id}",
        sources=rule.sources,
    )
