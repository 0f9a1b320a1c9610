"""A comment for a merge or pull request, in the Markdown that GitHub and GitLab share.

The first line is a hidden marker: a bot that finds it in a comment of its own updates that comment. A comment holds 65,536
characters at most on GitHub; what does not fit is counted.
"""

from collections.abc import Mapping, Sequence

from clearance.facts.decision import Reason, Verdict
from clearance.facts.finding import Finding
from clearance.facts.outcome import Outcome
from clearance.report import risk, wording
from clearance.report.look import Look, Times
from clearance.report.markup import block, code, link, prose

MARKER = "<!-- clearance:report -->"
LIMIT = 65_536
_ROWS, _ROWS_OF_ALL, _DETAILS, _GAPS, _REASONS = 50, 200, 20, 20, 20
_LINES, _LINE, _STEPS = 9, 300, 6
_PLACES, _ASIDES = 5, 100
_MARKS = {Verdict.ALLOW: "✅", Verdict.ASK: "🟡", Verdict.DENY: "⛔"}


def render(outcome: Outcome, *, look: Look, at: Times) -> str:
    """Give the comment. `look.show_all` lists existing findings too, as far as they fit."""
    del at
    ordered = wording.worst_first(outcome.findings)
    everything = look.show_all or outcome.decision is None
    listed = [finding for finding in ordered if everything or finding.introduced]
    head = [MARKER, *_headline(outcome)]
    foot = [
        *_unlisted(outcome, len(ordered) - len(listed)),
        *_asides(outcome, look),
        *_waivers(outcome),
        *_gaps(outcome),
        *_why(outcome),
        *_receipt(outcome),
    ]
    room = LIMIT - sum(len(part) + 2 for part in (*head, *foot)) - 1_000
    table, left = _table(listed[: _ROWS_OF_ALL if look.show_all else _ROWS], outcome, room)
    details = _details(listed[: len(table)], left, wording.elsewhere(ordered))
    shown = ["\n".join([*_TABLE_HEAD, *table])] if table else []
    if len(listed) > len(table):
        rest = listed[len(table) :]
        shown.append(
            f"**{wording.plural(len(rest), 'more finding')}** not shown in this comment: {wording.severities(rest)}."
        )
    return "\n\n".join([*head, *shown, *details, *foot]) + "\n"


_TABLE_HEAD = ("| | Rule | Place | What |", "| --- | --- | --- | --- |")


def _headline(outcome: Outcome) -> list[str]:
    change, decision = outcome.change, outcome.decision
    compared = " → ".join(code(end) for end in wording.ends(change))
    compared += ", " + wording.size(change, "−").replace("  ", ", ")
    if decision is None:
        counted = wording.severities(outcome.findings)
        title = f"### Clearance: {wording.plural(len(outcome.findings), 'finding')}" + (f" ({counted})" if counted else "")
        return [title, compared, _looked(outcome)]
    said = [f"### {_MARKS[decision.verdict]} Clearance: {decision.verdict.value}"]
    ground = wording.ground(outcome)
    if ground:
        said.append(" · ".join(prose(part) for part in ground.split(" · ")))
    said.append(f"{compared}, {prose(wording.author(change.author, outcome.origins))}")
    if outcome.ran and not outcome.introduced:
        said.append("No new findings" + ("." if wording.saw_all(outcome) else " in what could be looked at."))
    return [*said, _looked(outcome)]


def _looked(outcome: Outcome) -> str:
    if not outcome.ran:
        return "**No scanner ran: nothing was looked at.**"
    return "Looked at: " + ", ".join(prose(one, 100) for one in wording.looked(outcome)[:50]) + "."


def _table(findings: Sequence[Finding], outcome: Outcome, room: int) -> tuple[list[str], int]:
    """Give one row a finding as long as half of the room lasts, and the room that is left."""
    links = {info.id: info.link for info in outcome.rules}
    waived = outcome.waived
    rows: list[str] = []
    least = room // 2
    for finding in findings:
        aside = "" if outcome.decision is None else "" if finding.introduced else ", existing"
        severity = finding.severity.value + (", waived" if finding.fingerprint in waived and not aside else aside)
        rule = link(finding.rule[:100], links.get(finding.rule, ""))
        weakness = f" {prose(', '.join(finding.cwe), 100)}" if finding.cwe else ""
        row = f"| {severity} | {rule}{weakness} | {code(wording.where(finding.place))} | {prose(finding.message)} |"
        if room - len(row) < least:
            break
        room -= len(row) + 1
        rows.append(row)
    return rows, room


def _details(findings: Sequence[Finding], room: int, twins: Mapping[str, tuple[Finding, ...]]) -> list[str]:
    """Give code, path and fix of findings, folded away, as far as they fit; those that do not are counted."""
    said: list[str] = []
    telling = [finding for finding in findings if finding.excerpt or finding.fix or finding.steps]
    for number, finding in enumerate(telling):
        text = _detail(finding, twins)
        if number >= _DETAILS or len(text) > room:
            said.append(f"Code and fixes of {wording.plural(len(telling) - number, 'more finding')} are not shown here.")
            break
        room -= len(text) + 2
        said.append(text)
    return said


def _detail(finding: Finding, twins: Mapping[str, tuple[Finding, ...]]) -> str:
    parts = [f"<details><summary>{code(finding.rule, 100)} {code(wording.where(finding.place))}</summary>"]
    if finding.excerpt and finding.excerpt.lines:
        lines = finding.excerpt.lines[:_LINES]
        shown = [line if len(line) <= _LINE else line[:_LINE] + "…" for line in lines]
        hits = range(finding.place.line, max(finding.place.line, finding.place.end_line) + 1)
        parts.append(block(shown, finding.excerpt.first, hits))
        more = len(finding.excerpt.lines) - len(lines)
        if more:
            parts.append(f"{wording.plural(more, 'more line')} not shown.")
    steps = finding.steps if len(finding.steps) <= _STEPS else (*finding.steps[: _STEPS - 1], finding.steps[-1])
    if steps:
        rows = [f"1. {code(wording.where(step.place))} {prose(step.message, 200)}" for step in steps]
        parts.append("\n".join(rows))
        if len(finding.steps) > len(steps):
            parts.append(f"{wording.plural(len(finding.steps) - len(steps), 'step')} before the last not shown.")
    secret = finding.secret
    about = [wording.origin(finding), wording.about(secret) if secret is not None else ""]
    if any(about):
        parts.append(" · ".join(prose(part) for part in about if part))
    others = [one for one in twins.get(secret.fingerprint, ()) if one is not finding] if secret is not None else []
    if others:
        named = ", ".join(code(wording.where(one.place)) for one in others[:_PLACES])
        rest = f" and {wording.plural(len(others) - _PLACES, 'more place')}" if len(others) > _PLACES else ""
        parts.append(f"The same stands also at {named}{rest}.")
    if finding.fix:
        parts.append(f"Fix: {prose(finding.fix)}")
    if finding.witnesses:
        parts.append(f"Also seen by {', '.join(code(one, 100) for one in finding.witnesses)}.")
    return "\n\n".join([*parts, "</details>"])


def _unlisted(outcome: Outcome, existing: int) -> list[str]:
    if not existing or outcome.decision is None:
        return []
    return [f"{wording.plural(existing, 'existing finding')}, not introduced here."]


def _asides(outcome: Outcome, look: Look) -> list[str]:
    """Count what looked like a secret and is none; one by one on request, folded away."""
    said = wording.asides(outcome)
    if not said or not look.show_all:
        return [f"{said}."] if said else []
    rows = [
        f"- {code(one.rule, 100)} {code(wording.where(one.place))} {prose(one.reason.value)}"
        for one in outcome.asides[:_ASIDES]
    ]
    rest = outcome.more_asides + len(outcome.asides) - len(rows)
    rows += [f"- {wording.plural(rest, 'more look-alike')}"] if rest else []
    return [f"<details><summary>{said}</summary>", "\n".join(rows), "</details>"]


def _waivers(outcome: Outcome) -> list[str]:
    """Name the accepted risks that counted, and the waivers that did not or soon will not."""
    counted = set(outcome.decision.waivers) if outcome.decision else set()
    introduced = {finding.fingerprint for finding in outcome.introduced}
    rows = [
        f"- {wording.plural(len(introduced.intersection(one.findings)), 'finding')} {prose(risk.waived(one))}: "
        f"{prose(one.waiver.reason, 200)}"
        for one in outcome.waivers
        if one.waiver.id in counted
    ]
    rows += [f"- {code(one.id, 100)} {prose(one.said)}" for one in risk.told(outcome)]
    more = [f"- {wording.plural(len(rows) - _GAPS, 'more waiver')}"] if len(rows) > _GAPS else []
    return ["**Accepted risks**", "\n".join([*rows[:_GAPS], *more])] if rows else []


def _gaps(outcome: Outcome) -> list[str]:
    missed = wording.unseen(outcome)
    if not missed:
        return []
    rows = [
        f"- {code(one.subject)}: {'not known: ' if one.label == 'not known' else ''}{prose(one.why)}"
        f"{'' if one.matters else ' (harmless)'}"
        for one in missed[:_GAPS]
    ]
    if len(missed) > _GAPS:
        worse = sum(one.matters for one in missed[_GAPS:])
        rows.append(f"- {len(missed) - _GAPS:,} more, {worse:,} of them matter")
    return ["**Not looked at**", "\n".join(rows)]


def _why(outcome: Outcome) -> list[str]:
    decision = outcome.decision
    if decision is None:
        return []
    reasons = wording.reasons(outcome)
    rows = [f"- {_reason(reason)}" for reason in reasons[:_REASONS]]
    if len(reasons) > _REASONS:
        rows.append(f"- {wording.plural(len(reasons) - _REASONS, 'more reason')}")
    said = ["**Why**", "\n".join(rows) or "- no policy gave a reason"]
    if decision.reviews:
        people = [f"- {prose(wording.reviewers(need))}" for need in decision.reviews[:_REASONS]]
        if len(decision.reviews) > _REASONS:
            people.append(f"- {wording.plural(len(decision.reviews) - _REASONS, 'more reviewer')}")
        when = " (after the fixes)" if decision.verdict is Verdict.DENY else ""
        said += [f"**Who must look**{when}", "\n".join(people)]
    return said


def _reason(reason: Reason) -> str:
    what_to_do = f"; what to do: {prose(reason.fix)}" if reason.fix else ""
    return f"{code(reason.policy, 100)} {prose(reason.why.rstrip('.'))}{what_to_do}"


def _receipt(outcome: Outcome) -> list[str]:
    receipt = outcome.receipt
    if receipt is None:
        return ["No receipt: this decision was not recorded."] if outcome.decision else []
    told = [f"Witnesses: {prose(receipt.witnesses)}"] if receipt.witnesses else []
    return [
        f"Receipt {code(receipt.digest[:16])}, entry {receipt.index:,} of {code(receipt.log)}, `clearance log verify`",
        *told,
    ]
