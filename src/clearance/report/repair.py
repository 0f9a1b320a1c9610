"""What an assistant is told when it is stopped: what is wrong, where, and what to do instead, in words that it can act on;
and the same in a line or two for the person who drives it."""

from collections.abc import Iterator, Sequence

from clearance.facts.decision import Decision, Reason, Verdict
from clearance.facts.finding import Finding, Gap
from clearance.facts.text import visible

_MOST_FINDINGS, _MOST_GAPS, _MOST_REASONS = 12, 6, 6
_LINE = 400
_WHAT = {
    "write": "this write",
    "command": "this command",
    "prompt": "this prompt",
    "tool": "this call of a tool",
}
_NOTHING = {
    "write": "Nothing was written.",
    "command": "It was not run.",
    "prompt": "It was not sent.",
    "tool": "It was not called.",
}
_LAST = (
    "Mend exactly this and try again. Do not hide it, split it, encode it or go another way around, and leave the guards "
    "alone: the gate judges the whole change again. `clearance rules show RULE` explains a rule."
)


def to_model(source: str, decision: Decision, findings: Sequence[Finding], gaps: Sequence[Gap]) -> str:
    """Say to the assistant why it was stopped; `source` is that of the change. Empty where it was not."""
    if decision.verdict is Verdict.ALLOW:
        return ""
    what = _WHAT.get(source, "the change as it stands")
    if decision.verdict is Verdict.DENY:
        head = f"Clearance stopped {what}. {_NOTHING.get(source, 'It cannot go further like this.')}"
    else:
        head = f"Clearance: {what} needs the yes of a person first."
    listed = list(_findings(decision, findings, source)) + list(_gaps(decision, gaps))
    reasons = [f"- {_sentence(reason)}" for reason in _strictest(decision)[:_MOST_REASONS]]
    parts = [head, *listed, "Why:", *reasons]
    if decision.verdict is Verdict.DENY:
        parts.append(_LAST)
    return "\n".join(parts)


def to_person(source: str, decision: Decision, findings: Sequence[Finding]) -> str:
    """Say the same to the person, in a line or two. Empty where nothing was stopped."""
    if decision.verdict is Verdict.ALLOW:
        return ""
    what = _WHAT.get(source, "the change")
    word = "stopped" if decision.verdict is Verdict.DENY else "asks you about"
    shown = [f"{_place(one, source)}{one.rule}" for one in _concerned(decision, findings)[:3]]
    because = "; ".join(dict.fromkeys(reason.why for reason in _strictest(decision)))
    return f"Clearance {word} {what}: {visible(because)}" + (f" ({', '.join(shown)})" if shown else "")


def _strictest(decision: Decision) -> list[Reason]:
    return [reason for reason in decision.reasons if reason.verdict is decision.verdict]


def _concerned(decision: Decision, findings: Sequence[Finding]) -> list[Finding]:
    """Give the findings that the strictest reasons are about."""
    about = {name for reason in _strictest(decision) for name in reason.about}
    introduced = [one for one in findings if one.introduced]
    return [one for one in introduced if one.fingerprint in about]


def _findings(decision: Decision, findings: Sequence[Finding], source: str) -> Iterator[str]:
    concerned = _concerned(decision, findings)
    for number, one in enumerate(concerned[:_MOST_FINDINGS], 1):
        yield f"{number}. {_place(one, source)}{one.rule} ({one.severity.value}): {_short(one.message)}"
        if one.fix:
            yield f"   Fix: {_short(one.fix)}"
    if len(concerned) > _MOST_FINDINGS:
        more = "mend these first" if source in _WHAT else "`clearance check` lists them"
        yield f"… and {len(concerned) - _MOST_FINDINGS} more: {more}."


def _gaps(decision: Decision, gaps: Sequence[Gap]) -> Iterator[str]:
    about = {name for reason in _strictest(decision) for name in reason.about}
    told = [f"{gap.scanner}: {': '.join(part for part in (gap.path, gap.kind.value, gap.detail) if part)}" for gap in gaps]
    for text in [one for one in told if one in about][:_MOST_GAPS]:
        yield f"- not looked at: {_short(text)}"


def _place(finding: Finding, source: str) -> str:
    if source in ("prompt", "tool") or (source == "command" and finding.place.path == "command.sh"):
        return f"line {finding.place.line}: " if finding.place.line > 1 else ""
    place = visible(finding.place.path)
    return f"{place}:{finding.place.line}: " if finding.place.line else f"{place}: "


def _sentence(reason: Reason) -> str:
    return visible(
        f"{reason.why} [{reason.policy}]" + (f". {reason.fix[:1].upper()}{reason.fix[1:]}." if reason.fix else "")
    )


def _short(text: str) -> str:
    line = " ".join(visible(text, keep="\n").split())
    return line if len(line) <= _LINE else f"{line[: _LINE - 1]}…"
