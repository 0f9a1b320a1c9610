"""Joins second opinions with our own findings: the same place and weakness is one finding with two witnesses."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import msgspec

from clearance.facts.change import Change, Contents, FileChange
from clearance.facts.decision import Ran
from clearance.facts.errors import ClearanceError
from clearance.facts.finding import Confidence, Excerpt, Finding, Gap, Place, Severity
from clearance.facts.text import decode
from clearance.scan.imported.opinion import Opinion, Raw
from clearance.scan.runner import Scanned, finding_order

FAMILY = "imported"
_NEAR = 1
_WIDEST = 400
_LARGEST = 8 << 20
_KIN = (
    (77, 78, 88), (22, 23, 36, 73, 35, 98), (79, 80, 83, 87, 116), (89, 564), (94, 95, 96, 1336, 917),
    (326, 327, 328, 916, 759, 760, 261), (330, 331, 335, 338, 340), (295, 296, 297, 299, 599),
    (798, 259, 321, 257, 547), (611, 776, 827, 20), (400, 770, 1333, 730, 409, 789), (732, 276, 277, 378, 379, 377),
    (703, 754, 755, 390, 391, 396, 252), (502, 915), (601,), (918,), (352,), (90,), (643, 91), (614, 1004, 1275),
    (532, 200, 209, 215, 117), (605, 668, 1327), (319, 311, 523), (345, 347, 287, 306), (362, 367),
)  # fmt: skip
"""Weaknesses that tools name by one or the other id for the same code."""
_GROUP = {f"CWE-{number}": group for group, numbers in enumerate(_KIN) for number in numbers}


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, what other tools could not look at, and their runs."""

    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    ran: tuple[Ran, ...]


Lines = Callable[[str], Sequence[str] | None]
"""Gives the lines of the after side of a file, or None."""


def with_opinions(scanned: Scanned, opinions: Sequence[Opinion], change: Change, contents: Contents) -> Scanned:
    """Join what other tools say about a change with what was scanned."""

    @lru_cache(maxsize=64)
    def lines(path: str) -> Sequence[str] | None:
        try:
            decoded = decode(contents.read(path, "after", _LARGEST))
        except (ClearanceError, KeyError):
            return None
        return decoded.text.split("\n") if decoded else None

    merged = merge(scanned.findings, opinions, change.files, lines)
    return Scanned(
        findings=tuple(sorted(merged.findings, key=finding_order)),
        sightings=scanned.sightings,
        gaps=(*scanned.gaps, *merged.gaps),
        ran=(*scanned.ran, *merged.ran),
    )


def merge(findings: Iterable[Finding], opinions: Sequence[Opinion], files: Sequence[FileChange], lines: Lines) -> Merged:
    """Join findings and opinions. What lies outside of the change is left out and told as a count."""
    known = {file.path: file for file in files if file.after is not None}
    merged = list(findings)
    masked = {one.place.path for one in merged if one.family == "secrets"}
    at: dict[str, list[int]] = defaultdict(list)
    for number, finding in enumerate(merged):
        at[finding.place.path].append(number)
    counts: Counter[tuple[str, str, str]] = Counter()
    gaps: list[Gap] = []
    ran: list[Ran] = []
    for opinion in opinions:
        taken = 0
        for raw in sorted(opinion.raws, key=lambda raw: (raw.path, raw.line, raw.column, raw.rule)):
            file = known.get(raw.path)
            if file is None:
                continue
            taken += 1
            witness = f"{raw.tool}:{raw.rule}"
            same = next((number for number in at[raw.path] if _same(merged[number], raw, opinion.tool)), None)
            if same is not None:
                merged[same] = _seconded(merged[same], witness)
                continue
            at[raw.path].append(len(merged))
            merged.append(_finding(raw, file, lines(raw.path), counts, quoted=raw.path not in masked))
        gaps.extend(opinion.gaps)
        files_read = opinion.files if opinion.files >= 0 else len({raw.path for raw in opinion.raws if raw.path in known})
        ran.append(Ran(scanner=opinion.tool, files=files_read, findings=taken, gaps=len(opinion.gaps)))
    return Merged(findings=tuple(merged), gaps=tuple(dict.fromkeys(gaps)), ran=tuple(ran))


def _same(finding: Finding, raw: Raw, tool: str) -> bool:
    if finding.family == FAMILY and finding.rule.startswith(f"{tool}:"):
        return False
    last = max(finding.place.end_line, finding.place.line)
    if not (finding.place.line - _NEAR <= max(raw.end_line, raw.line) and raw.line <= last + _NEAR):
        return False
    if not raw.cwe:  # it does not say what is wrong: only exactly the same place will do
        return (raw.line, raw.column) == (finding.place.line, finding.place.column)
    ours = {_GROUP.get(one, one) for one in finding.cwe}
    return any(_GROUP.get(one, one) in ours for one in raw.cwe)


def _seconded(finding: Finding, witness: str) -> Finding:
    """Two that see the same are surer than one."""
    surer = {Confidence.LOW: Confidence.MEDIUM, Confidence.MEDIUM: Confidence.HIGH, Confidence.HIGH: Confidence.HIGH}
    raised = finding.confidence if finding.witnesses else surer[finding.confidence]
    witnesses = tuple(dict.fromkeys([*finding.witnesses, witness]))
    return msgspec.structs.replace(finding, witnesses=witnesses, confidence=raised)


def _finding(
    raw: Raw, file: FileChange, lines: Sequence[str] | None, counts: Counter[tuple[str, str, str]], *, quoted: bool
) -> Finding:
    first = raw.line
    if lines is not None and first > len(lines):
        first = 0  # a line that the file does not have: about the file as a whole
    last = max(first, min(raw.end_line, len(lines) if lines is not None else raw.end_line)) if first else 0
    text = " ".join(" ".join(lines[first - 1 : last]).split())[:2000] if lines is not None and first else ""
    rule = f"{raw.tool}:{raw.rule}"
    counts[(rule, raw.path, text)] += 1
    name = "\0".join((rule, raw.path, text, str(counts[(rule, raw.path, text)])))
    introduced = file.before is None or (
        any(file.adds(line) for line in range(first, min(last, first + 10_000) + 1)) if first else bool(file.added)
    )
    message = raw.message if quoted else raw.title or raw.rule
    if raw.silenced:
        message += " (the tool was told not to report it)"
    excerpt = None
    if quoted and first and lines is not None:
        shown = lines[max(first - 2, 0) : first + 1]
        excerpt = Excerpt(first=max(first - 1, 1), lines=tuple(line[:_WIDEST] for line in shown))
    return Finding(
        rule=rule,
        family=FAMILY,
        severity=raw.severity if not raw.silenced else min(raw.severity, Severity.MEDIUM, key=lambda one: one.rank),
        confidence=raw.confidence,
        place=Place(
            path=raw.path,
            line=first,
            column=max(raw.column, 1),
            end_line=last,
            end_column=raw.end_column or (len(lines[last - 1]) + 1 if lines is not None and last else 0),
        ),
        message=message,
        fingerprint=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(),
        introduced=introduced,
        cwe=raw.cwe,
        steps=raw.steps,
        excerpt=excerpt,
        witnesses=(),
    )
