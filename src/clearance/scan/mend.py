"""Applies the edits of findings to a text, and believes none that does not keep its word.

An edit is kept when it takes out no more than a piece of the finding's place, the text parses as before everywhere else,
its finding is gone, and nothing new is found; else it is undone alone. What is judged is never run.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.finding import Edit, Finding
from clearance.scan.untouched import untouched

Look = Callable[[str], tuple[Sequence[Finding], int] | None]
"""Looks at a text in the place of the file: what is found, and how many pieces do not parse; None: nobody could look."""


_WIDE = "it would change more than what was found"


class Mended(msgspec.Struct, frozen=True, kw_only=True):
    """A text with what was mended in it, and what could not be, with the reason."""

    text: str
    done: tuple[Finding, ...] = ()
    left: tuple[tuple[Finding, str], ...] = ()


class _Span(NamedTuple):
    start: int
    end: int
    text: str


def mend(text: str, findings: Iterable[Finding], look: Look, language: str = "") -> Mended:
    """Apply the edits of all findings of one file that have some; `language` as in `scan.language.language_of`."""
    wanted = [finding for finding in findings if finding.edits]
    before = look(text)
    if before is None:
        return Mended(text=text, left=tuple((finding, "the file could not be looked at") for finding in wanted))
    starts = _starts(text)
    wide = [finding for finding in wanted if not _within(text, starts, finding)]
    left = [(finding, _WIDE) for finding in wide]
    together, clashing = _apart(text, [finding for finding in wanted if finding not in wide])
    left += [(finding, "another fix changes the same place") for finding in clashing]

    def refused(chosen: Sequence[Finding]) -> tuple[str, str | None]:
        """Give the text with some findings mended, and why it cannot be had."""
        spans = sorted({_span(starts, edit) for one in chosen for edit in one.edits})
        trial = apply(text, [edit for one in chosen for edit in one.edits])
        reason = _refused(before, look(trial), chosen)
        if reason is None and not untouched(language, text, trial, spans):
            reason = _WIDE
        return trial, reason

    changed, reason = refused(together)
    if reason is None:
        return Mended(text=changed, done=tuple(together), left=tuple(left))
    # Something in it does harm: one by one, to keep the good ones.
    done: list[Finding] = []
    changed = text
    for finding in together:
        trial, reason = refused([*done, finding])
        if reason is None:
            done.append(finding)
            changed = trial
        else:
            left.append((finding, reason))
    return Mended(text=changed, done=tuple(done), left=tuple(left))


def _within(text: str, starts: Sequence[int], finding: Finding) -> bool:
    """Tell whether what is taken out lies within the finding's place, and holds no more than one line of text."""
    place = finding.place
    if place.line < 1:
        return False
    last = place.end_line or place.line
    from_ = starts[place.line - 1] + place.column - 1
    to = starts[last - 1] + place.end_column - 1 if place.end_column else starts[last] if last < len(starts) else len(text)
    for edit in finding.edits:
        start, end, _ = _span(starts, edit)
        if start < end and not (from_ <= start and end <= to):
            return False
        if sum(1 for line in text[start:end].split("\n") if line.strip()) > 1:
            return False
    return True


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits that do not overlap; the same edit asked for twice is made once."""
    pieces = []
    at = 0
    starts = _starts(text)
    for span in sorted({_span(starts, edit) for edit in edits}):
        pieces += [text[at : span.start], span.text]
        at = span.end
    return "".join([*pieces, text[at:]])


def _refused(
    before: tuple[Sequence[Finding], int], after: tuple[Sequence[Finding], int] | None, mended: Sequence[Finding]
) -> str | None:
    if after is None:
        return "the result could not be looked at"
    if after[1] > before[1]:
        return "the result would not parse"
    counts = _counts(before[0])
    for rule, number in _counts(after[0]).items():
        if number > counts.get(rule, 0):
            return f"it would bring {rule}"
    still = _counts(after[0])
    for rule, number in _counts(mended).items():
        if still.get(rule, 0) > counts.get(rule, 0) - number:
            return f"{rule} would still be found"
    return None


def _counts(findings: Iterable[Finding]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    return counts


def _apart(text: str, findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Take findings in order as long as their edits do not touch those taken before."""
    starts = _starts(text)
    taken: set[_Span] = set()
    together: list[Finding] = []
    clashing: list[Finding] = []
    for finding in findings:
        spans = {_span(starts, edit) for edit in finding.edits} - taken
        if any(one.start < other.end and other.start < one.end for one in spans for other in taken):
            clashing.append(finding)
        else:
            taken |= spans
            together.append(finding)
    return together, clashing


def _starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def _span(starts: Sequence[int], edit: Edit) -> _Span:
    place = edit.place
    return _Span(starts[place.line - 1] + place.column - 1, starts[place.end_line - 1] + place.end_column - 1, edit.text)
