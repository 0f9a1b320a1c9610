"""Makes answers of facts, and of answers the short text that a model reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from clearance.facts.decision import Decision, Verdict
from clearance.facts.errors import ClearanceError
from clearance.facts.finding import Finding, Gap, Place
from clearance.facts.outcome import Outcome
from clearance.facts.standing import Standing, Word
from clearance.facts.text import visible
from clearance.frontends.mcp.answers import (
    ChangeAnswer,
    CodeAnswer,
    ExplainAnswer,
    Found,
    Mend,
    PackageAnswer,
    PackageReason,
    Passed,
    Private,
    PromptAnswer,
    Recorded,
    Reviewed,
    Sample,
    Spot,
    Unseen,
    Why,
)
from clearance.rules.model import Rule
from clearance.wiring.serving import Prompted, Seen

PAGES = "clearance://rules/"
_MOST_FINDINGS = 50
_MOST_GAPS = 20
_MOST_PRIVATE = 100
_SHOWN = 12
_LINE = 500
_GUIDANCE = 16_000
_UNCHECKED = "Guidance only, nothing checks it. "
_MORE_THERE = "(cut here: `clearance rules show ID` tells the rest)"

_ALLOWED = "Nothing stands against this change."
_MEND = "Mend each finding as its fix says, then call check_change again. explain(rule) shows the page with examples."
_PERSON = "Do not go on by yourself: tell the person which reasons above ask for a review."
_MASK = "Take these out, or put placeholders in their place (`clearance mask`), before the text goes anywhere."
_KINDS: Mapping[str, Literal["secret", "personal", "hidden"]] = {
    "secret": "secret", "personal": "personal", "hidden": "hidden"
}  # fmt: skip
_UNSEEN = "This is no pass. Make it possible to look (see what was not looked at), then ask again."


def shown(answer: object) -> Any:
    """Give an answer as JSON-shaped built-ins in which nothing of a change moves, hides or reorders text."""
    return _visible(msgspec.to_builtins(answer))


def _visible(part: Any) -> Any:
    match part:
        case str():
            return visible(part, keep="\n\t")
        case dict():
            return {key: _visible(value) for key, value in part.items()}
        case list() | tuple():
            return [_visible(one) for one in part]
        case _:
            return part


def of_change(outcome: Outcome) -> ChangeAnswer:
    """Answer `check_change`."""
    decision = outcome.decision
    introduced = outcome.introduced
    receipt = outcome.receipt
    verdict = decision.verdict if decision else Verdict.DENY
    blind = decision is None or decision.could_not_look
    return ChangeAnswer(
        verdict=verdict.value,
        could_not_look=blind,
        next=_UNSEEN if blind else {Verdict.ALLOW: _ALLOWED, Verdict.ASK: _PERSON, Verdict.DENY: _MEND}[verdict],
        reasons=_reasons(decision),
        reviews=tuple(Reviewed(role=r.role, people=r.people, because=r.because) for r in decision.reviews)
        if decision
        else (),
        findings=tuple(found(one) for one in introduced[:_MOST_FINDINGS]),
        more_findings=max(0, len(introduced) - _MOST_FINDINGS),
        existing=len(outcome.existing),
        gaps=_gaps(outcome.gaps),
        more_gaps=max(0, len(outcome.gaps) - _MOST_GAPS),
        files=len(outcome.change.files),
        tier=outcome.risk.tier if outcome.risk else 0,
        receipt=Recorded(digest=receipt.digest, index=receipt.index, log=receipt.log, key=receipt.key) if receipt else None,
    )


def of_code(seen: Seen) -> CodeAnswer:
    """Answer `check_code`."""
    fresh = [one for one in seen.findings if one.introduced]
    blind = any(gap.matters for gap in seen.gaps)
    following = "Change the text as each fix says, then ask again." if fresh else "Nothing was found."
    return CodeAnswer(
        clean=not fresh and not blind,
        could_not_look=blind,
        next=_UNSEEN if blind and not fresh else following,
        findings=tuple(found(one) for one in fresh[:_MOST_FINDINGS]),
        more_findings=max(0, len(fresh) - _MOST_FINDINGS),
        existing=len(seen.findings) - len(fresh),
        gaps=_gaps(seen.gaps),
        more_gaps=max(0, len(seen.gaps) - _MOST_GAPS),
    )


def of_package(standing: Standing) -> PackageAnswer:
    """Answer `check_package`."""
    following = {
        Word.OK: "It may be installed, at this version.",
        Word.BAD: "Do not install it. Do as the fixes say, or use another package.",
        Word.UNKNOWN: "Do not install it by yourself: nobody here knows whether it is good. Ask the person.",
    }
    return PackageAnswer(
        verdict=standing.word.value,
        registry=standing.registry.value,
        name=standing.name,
        version=standing.version,
        could_not_look=False,
        next=following[standing.word],
        reasons=tuple(
            PackageReason(text=r.text, rule=r.rule, severity=r.severity.value if r.severity else "", fix=r.fix)
            for r in standing.reasons
        ),
        data_as_of=standing.date.isoformat() if standing.date else "",
    )


def of_prompt(prompted: Prompted) -> PromptAnswer:
    """Answer `check_prompt`."""
    everything = tuple(
        Private(line=one.line, kind=_KINDS[one.kind], rule=one.rule, title=one.title, fix=one.fix, disguise=one.disguise)
        for one in prompted.found
    )
    blind = any(gap.matters for gap in prompted.gaps)
    following = _MASK if everything else "Nothing was found that must not be told."
    return PromptAnswer(
        clean=not everything and not blind,
        could_not_look=blind,
        next=_UNSEEN if blind and not everything else following,
        found=everything[:_MOST_PRIVATE],
        more_found=max(0, len(everything) - _MOST_PRIVATE),
        gaps=_gaps(prompted.gaps),
    )


def of_rule(rule: Rule, finding: Finding | None) -> ExplainAnswer:
    """Answer `explain`."""
    return ExplainAnswer(
        rule=rule.id,
        family=rule.family,
        title=rule.title,
        severity=rule.severity.value,
        confidence=rule.confidence.value,
        brief=f"{_UNCHECKED}{rule.brief}" if rule.advisory else rule.brief,
        guidance=rule.guidance if len(rule.guidance) <= _GUIDANCE else f"{rule.guidance[:_GUIDANCE]}\n{_MORE_THERE}",
        fix=rule.fix,
        page=f"{PAGES}{rule.family}/{rule.id}",
        wrong=tuple(Sample(name=one.name, text=one.text) for one in rule.caught[:2]),
        right=tuple(Sample(name=one.name, text=one.text) for one in rule.clean[:2]),
        cwe=rule.cwe,
        controls=rule.controls,
        sources=rule.sources,
        finding=found(finding) if finding else None,
    )


def found(finding: Finding) -> Found:
    """Write a finding down for an assistant."""
    return Found(
        rule=finding.rule,
        severity=finding.severity.value,
        confidence=finding.confidence.value,
        place=_spot(finding.place),
        message=finding.message,
        fix=finding.fix,
        fingerprint=finding.fingerprint,
        introduced=finding.introduced,
        page=f"{PAGES}{finding.family}/{finding.rule}",
        cwe=finding.cwe,
        steps=tuple(Passed(path=step.place.path, line=step.place.line, message=step.message) for step in finding.steps),
        edits=tuple(Mend(place=_spot(edit.place), text=edit.text) for edit in finding.edits),
    )


def _spot(place: Place) -> Spot:
    return Spot(path=place.path, line=place.line, column=place.column, end_line=place.end_line, end_column=place.end_column)


def _reasons(decision: Decision | None) -> tuple[Why, ...]:
    reasons = decision.reasons if decision else ()
    return tuple(Why(policy=one.policy, verdict=one.verdict.value, why=one.why, fix=one.fix) for one in reasons)


def _gaps(gaps: Iterable[Gap]) -> tuple[Unseen, ...]:
    first = sorted(gaps, key=lambda gap: not gap.matters)[:_MOST_GAPS]
    return tuple(
        Unseen(scanner=gap.scanner, path=gap.path, kind=gap.kind.value, detail=gap.detail, matters=gap.matters)
        for gap in first
    )


def failed_change(error: ClearanceError) -> ChangeAnswer:
    """Answer `check_change` where nobody could look: as strictly as can be."""
    why = Why(policy="could-not-look", verdict="DENY", why=_said(error), fix=error.next)
    return ChangeAnswer(verdict="DENY", could_not_look=True, next=_UNSEEN, reasons=(why,))


def failed_code(error: ClearanceError) -> CodeAnswer:
    """Answer `check_code` where nobody could look."""
    gap = Unseen(scanner="all", path=error.where, kind="scanner crashed", detail=_said(error), matters=True)
    return CodeAnswer(clean=False, could_not_look=True, next=_UNSEEN, gaps=(gap,))


def failed_prompt(_: ClearanceError) -> PromptAnswer:
    """Answer `check_prompt` where nobody could look."""
    return PromptAnswer(clean=False, could_not_look=True, next=_UNSEEN)


def _said(error: ClearanceError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what


def in_words(answer: object) -> str:
    """Say an answer in a few lines that a model can act on."""
    match answer:
        case ChangeAnswer():
            lines = _change_in_words(answer)
        case CodeAnswer():
            head = "COULD NOT LOOK" if answer.could_not_look else "clean" if answer.clean else "not clean"
            new = _count(len(answer.findings) + answer.more_findings, "new finding")
            told = f"{head}: {new}, {answer.existing} there before"
            lines = [told, *_findings_in_words(answer.findings, answer.more_findings), *_gaps_in_words(answer.gaps)]
        case PackageAnswer():
            lines = [f"{answer.verdict.upper()}: {answer.registry} {answer.name} {answer.version}".rstrip()]
            lines += [f"- {_with_fix(one.text, one.fix)}" for one in answer.reasons]
            lines += [f"Data as of {answer.data_as_of}."] if answer.data_as_of else []
        case PromptAnswer():
            head = "COULD NOT LOOK" if answer.could_not_look else "clean" if answer.clean else "not clean"
            lines = [f"{head}: {_count(len(answer.found) + answer.more_found, 'thing')} that must not be told"]
            lines += [f"- line {one.line}: {one.kind}: {one.title} ({one.rule}). {one.fix}" for one in answer.found[:_SHOWN]]
            lines += _gaps_in_words(answer.gaps)
        case ExplainAnswer():
            lines = _rule_in_words(answer)
        case _:
            lines = [str(getattr(answer, "text", ""))]
    following = getattr(answer, "next", "")
    whole = "\n".join(_cut(line) for line in [*lines, following] if line)
    return visible(whole, keep="\n\t")


def _change_in_words(answer: ChangeAnswer) -> Sequence[str]:
    blind = " (could not look)" if answer.could_not_look else ""
    lines = [f"{answer.verdict}{blind}: {_count(answer.files, 'file')}, tier {answer.tier}"]
    lines += [f"- {one.verdict} {one.policy}: {_with_fix(one.why, one.fix)}" for one in answer.reasons]
    lines += [f"- review by {_count(one.people, one.role)}: {one.because}" for one in answer.reviews]
    lines += [*_findings_in_words(answer.findings, answer.more_findings), *_gaps_in_words(answer.gaps)]
    return lines


def _findings_in_words(findings: Sequence[Found], more: int) -> list[str]:
    lines = []
    for number, one in enumerate(findings[:_SHOWN], 1):
        lines.append(f"{number}. [{one.severity}] {one.place.path}:{one.place.line} {one.rule}: {one.message}")
        lines += [f"   fix: {one.fix}"] if one.fix else []
    rest = len(findings) - _SHOWN + more
    return [*lines, f"… and {rest} more"] if rest > 0 else lines


def _gaps_in_words(gaps: Sequence[Unseen]) -> list[str]:
    return [
        f"not looked at: {one.path or one.scanner}: {one.kind}{': ' + one.detail if one.detail else ''}"
        for one in gaps
        if one.matters
    ]


def _rule_in_words(answer: ExplainAnswer) -> list[str]:
    lines = [f"{answer.title} ({answer.rule}, {answer.severity})", answer.brief, "", answer.guidance]
    lines += ["", "Fix", answer.fix] if answer.fix else []
    for heading, samples in (("Wrong", answer.wrong), ("Right", answer.right)):
        lines += [f"\n{heading} ({one.name}):\n{one.text}" for one in samples]
    return lines


def _with_fix(said: str, fix: str) -> str:
    return f"{said.rstrip('.')}. Fix: {fix}" if fix else said


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cut(line: str) -> str:
    return line if "\n" in line or len(line) <= _LINE else f"{line[: _LINE - 1]}…"
