"""Makes diagnostics, hovers and edits of findings and gaps."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lsprotocol import types

from clearance.facts.finding import Finding, Gap, GapKind, Place, Severity
from clearance.facts.text import visible
from clearance.frontends.lsp.document import Document
from clearance.wiring.serving import Seen

SOURCE = "clearance"
_LEVELS = {
    Severity.CRITICAL: types.DiagnosticSeverity.Error,
    Severity.HIGH: types.DiagnosticSeverity.Error,
    Severity.MEDIUM: types.DiagnosticSeverity.Warning,
    Severity.LOW: types.DiagnosticSeverity.Information,
}
_MOST = 500
_QUIET = frozenset({GapKind.BINARY, GapKind.UNSUPPORTED, GapKind.PARTIAL, GapKind.SYMLINK})
"""Of these an editor's person knows, or could do nothing with them."""


class Told(NamedTuple):
    """What is known of one version of a document: what was seen, the diagnostics (the first ones of them belong to
    `findings`, in the same order), and a name of exactly these."""

    version: int
    seen: Seen
    findings: tuple[Finding, ...]
    diagnostics: tuple[types.Diagnostic, ...]
    name: str


def told(document: Document, seen: Seen, top: Path | None) -> Told:
    """Make what an editor shows. `top` is the folder that paths of steps start from."""
    links = {rule.id: rule.link for rule in seen.rules}
    findings = seen.findings[:_MOST]
    diagnostics = [_of_finding(document, seen, one, links, top) for one in findings]
    diagnostics += [_of_gap(gap) for gap in seen.gaps if gap.kind not in _QUIET]
    if len(seen.findings) > _MOST:
        diagnostics.append(_note(f"{len(seen.findings) - _MOST:,} more findings are not shown", "more"))
    name = hashlib.sha256(repr(diagnostics).encode()).hexdigest()[:32]
    return Told(document.version, seen, findings, tuple(diagnostics), name)


def could_not_look(document: Document, why: str) -> Told:
    """Say that nobody could look: an empty list would read as a pass."""
    seen = Seen(path="", findings=(), gaps=(), rules=())
    note = _note(f"could not look, so nothing is known of this file: {why}", "could-not-look")
    return Told(document.version, seen, (), (note,), f"could-not-look-{document.version}")


def _of_finding(
    document: Document, seen: Seen, finding: Finding, links: Mapping[str, str], top: Path | None
) -> types.Diagnostic:
    link = links.get(finding.rule, "")
    said = finding.message + (f"\nFix: {finding.fix}" if finding.fix else "")
    return types.Diagnostic(
        range=range_of(document, finding.place),
        message=visible(said, keep="\n"),
        severity=_LEVELS[finding.severity],
        code=finding.rule,
        code_description=types.CodeDescription(href=link) if link.startswith(("https://", "http://")) else None,
        source=SOURCE,
        related_information=_steps(document, seen, finding, top) or None,
        data={"fingerprint": finding.fingerprint},
    )


def _steps(document: Document, seen: Seen, finding: Finding, top: Path | None) -> list[types.DiagnosticRelatedInformation]:
    told = []
    for step in finding.steps:
        place = step.place
        if place.path == seen.path:
            location = types.Location(document.uri, range_of(document, place))
        elif top is not None:
            # Of another file only the line is known here: columns there are in other units, maybe.
            start = types.Position(max(place.line - 1, 0), 0)
            location = types.Location((top / place.path).as_uri(), types.Range(start, start))
        else:
            continue
        told.append(types.DiagnosticRelatedInformation(location=location, message=visible(step.message)))
    return told


def _of_gap(gap: Gap) -> types.Diagnostic:
    detail = f": {gap.detail}" if gap.detail else ""
    where = f" ({gap.path})" if gap.path and gap.scanner == "rules" else ""
    return _note(f"not looked at by {gap.scanner}{where}: {gap.kind.value}{detail}", "gap")


def _note(message: str, code: str) -> types.Diagnostic:
    start = types.Position(0, 0)
    return types.Diagnostic(
        range=types.Range(start, start),
        message=visible(message),
        severity=types.DiagnosticSeverity.Information,
        code=code,
        source=SOURCE,
    )


def range_of(document: Document, place: Place) -> types.Range:
    """Give the range of a place; a finding about the whole file stands at its beginning."""
    if place.line < 1:
        start = types.Position(0, 0)
        return types.Range(start, start)
    start = document.position(place.line, place.column)
    end = document.position(place.end_line, place.end_column) if place.end_line else start
    return types.Range(start, end)


def within(position: types.Position, range: types.Range) -> bool:
    """Tell whether a position lies in a range, its end included."""
    at = (position.line, position.character)
    return (range.start.line, range.start.character) <= at <= (range.end.line, range.end.character)


def overlap(first: types.Range, second: types.Range) -> bool:
    """Tell whether two ranges share a position, ends included."""
    return within(first.start, second) or within(second.start, first)


def edits_of(document: Document, finding: Finding) -> list[types.TextEdit]:
    """Give what mends a finding."""
    return [types.TextEdit(range_of(document, edit.place), edit.text) for edit in finding.edits]


def joined(document: Document, findings: Sequence[Finding]) -> list[types.TextEdit]:
    """Give the edits that mend as many findings as go together; of those that touch one another the first stays."""
    kept: list[types.TextEdit] = []
    for finding in findings:
        edits = edits_of(document, finding)
        if edits and not any(overlap(one.range, other.range) for one in edits for other in kept):
            kept += edits
    return kept
