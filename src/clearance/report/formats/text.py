"""What a person sees in a terminal.

From top to bottom: what was compared and who wrote it; the verdict and what it rests on; what was found, worst first; what
was not looked at; why, and who must look; where the receipt lies.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from clearance.facts.decision import Verdict
from clearance.facts.finding import Finding, Severity
from clearance.facts.outcome import Outcome
from clearance.facts.waiver import Cover
from clearance.report import risk, wording
from clearance.report.layout import Line, Piece, cells, flow, hanging, pad, paint
from clearance.report.look import Look, Times
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

_WEAKNESSES = 2
"""So many are named; the others are kin, and stand in the other formats."""
_FINDINGS, _GAPS, _STEPS, _LINES = 50, 10, 6, 9
"""How many of each are shown before the rest is only counted."""
_NARROWEST = 32
"""Cells that a column of prose needs to read well."""
_PLACES = 5
"""So many further places of the same secret are named."""
_MASK = "****"
"""What stands for a secret in a line that is shown."""
_LONGEST_RULE = 40
"""Cells after which a rule's name no longer widens the column for all."""
_VERDICTS = {Verdict.ALLOW: f"{BOLD};{GREEN}", Verdict.ASK: f"{BOLD};{YELLOW}", Verdict.DENY: f"{BOLD};{RED}"}
_SEVERITIES = {Severity.CRITICAL: f"{BOLD};{RED}", Severity.HIGH: RED, Severity.MEDIUM: YELLOW, Severity.LOW: CYAN}


def render(outcome: Outcome, *, look: Look, at: Times) -> str:
    """Lay the outcome out for a terminal. Lines are at most `look.width` cells wide."""
    del at
    pen = Pen(look)
    blocks = [
        _header(outcome, pen),
        _verdict(outcome, pen, look),
        [*_findings(outcome, pen, look), *_waivers(outcome, pen), *_gaps(outcome, pen, look)],
        [*_why(outcome, pen), *_who(outcome, pen)],
        _receipt(outcome, pen),
    ]
    return "\n\n".join("\n".join(paint(block, color=look.color)) for block in blocks if block) + "\n"


def _header(outcome: Outcome, pen: Pen) -> list[Line]:
    change = outcome.change
    compared = pen.own(" → ").join(pen.shown(end) for end in wording.ends(change))
    said = [
        Piece(f"clearance {pen.shown(outcome.version)}", BOLD),
        Piece(compared),
        Piece(pen.own(wording.size(change, "−"))),
    ]
    if outcome.decision is not None:
        said.append(Piece(pen.shown(wording.author(change.author, outcome.origins))))
    return flow(said, pen.width, indent=2)


def _verdict(outcome: Outcome, pen: Pen, look: Look) -> list[Line]:
    decision = outcome.decision
    if decision is None:
        return hanging(Piece("scan   ", BOLD), Piece(pen.own(_summary(outcome))), pen.width)
    label = Piece(decision.verdict.value, _VERDICTS[decision.verdict])
    lines = hanging(Piece(label.text + "   "), Piece(pen.own(wording.ground(outcome, show_all=look.show_all))), pen.width)
    return [[label, Piece("   "), *lines[0][1:]], *lines[1:]]


def _summary(outcome: Outcome) -> str:
    found, missed = outcome.findings, wording.unseen(outcome)
    said = "no findings" + ("" if wording.saw_all(outcome) else " in what could be looked at")
    if found:
        files = len({finding.place.path for finding in found})
        said = f"{wording.plural(len(found), 'finding')} in {wording.plural(files, 'file')}: {wording.severities(found)}"
    if outcome.classification is not None and outcome.classification.level.rank > 1:
        said += f" · {wording.sensitive(outcome.classification)}"
    counted = Counter(one.label for one in missed)
    return said + "".join(
        f" · {wording.plural(count, 'thing')} {label}" for label, count in sorted(counted.items(), reverse=True)
    )


def _findings(outcome: Outcome, pen: Pen, look: Look) -> list[Line]:
    ordered = wording.worst_first(outcome.findings)
    counted = ordered if outcome.decision is None else [finding for finding in ordered if finding.introduced]
    existing = [] if outcome.decision is None else [finding for finding in ordered if not finding.introduced]
    twins = wording.elsewhere(ordered)
    single = _folded(ordered if look.show_all else counted, twins)
    listed = single if look.show_all else single[:_FINDINGS]
    lines = _table(listed, pen, twins, outcome)
    rest = single[len(listed) :]
    if rest:
        what = wording.plural(len(rest), "more finding")
        lines += _note(pen, f"{what}, not shown here: {wording.severities(rest)} (--all shows them)", RED)
    if existing and not look.show_all:
        what = wording.plural(len(existing), "existing finding")
        lines += _note(pen, f"{what}, not introduced here (--all shows {'it' if len(existing) == 1 else 'them'})", DIM)
    if not counted or look.show_all or outcome.decision is None:
        lines += _calm(outcome, pen, found=bool(counted))
    return lines + _asides(outcome, pen, look)


def _folded(findings: Sequence[Finding], twins: Mapping[str, tuple[Finding, ...]]) -> list[Finding]:
    """Leave out findings of a secret that was told before: the first one names all its places."""
    told: set[str] = set()
    kept = []
    for finding in findings:
        name = finding.secret.fingerprint if finding.secret is not None else ""
        if name not in twins or name not in told:
            kept.append(finding)
        told.add(name)
    return kept


def _asides(outcome: Outcome, pen: Pen, look: Look) -> list[Line]:
    """Say what looked like a secret and is none; one by one on request."""
    said = wording.asides(outcome)
    if not look.show_all:
        return _note(pen, f"{said} (--all shows them)", DIM) if said else []
    lines = _note(pen, said, DIM) if said else []
    for one in outcome.asides:
        what = f"{one.reason.value}" + ("" if one.introduced or outcome.decision is None else " (existing)")
        pieces = [Piece(pen.shown(one.rule)), Piece(pen.shown(wording.where(one.place)), CYAN), Piece(pen.own(what), DIM)]
        rows = flow(pieces, pen.width - 9, indent=4)
        lines += [[Piece("  aside  " if number == 0 else " " * 9, DIM), *row] for number, row in enumerate(rows)]
    if outcome.more_asides:
        lines += _note(pen, f"{wording.plural(outcome.more_asides, 'more look-alike')} set aside, only counted", DIM)
    return lines


def _calm(outcome: Outcome, pen: Pen, *, found: bool) -> list[Line]:
    """Say what ran, and that it found nothing only as far as it could look."""
    if not outcome.ran:
        return hanging(Piece("! ", YELLOW), Piece("no scanner ran: nothing was looked at"), pen.width)
    lines = []
    if not found and outcome.decision is not None:
        lines += _note(pen, "no findings" + ("" if wording.saw_all(outcome) else " in what could be looked at"), DIM)
    return lines + _note(pen, f"looked at   {', '.join(wording.looked(outcome))}", DIM)


def _note(pen: Pen, text: str, style: str) -> list[Line]:
    return hanging(Piece(pen.own("·") + " ", style), Piece(pen.own(text), style), pen.width)


def _table(findings: Sequence[Finding], pen: Pen, twins: Mapping[str, tuple[Finding, ...]], outcome: Outcome) -> list[Line]:
    judged, waived = outcome.decision is not None, outcome.waived
    severity = max((len(finding.severity.value) for finding in findings), default=0)
    rule = min(_LONGEST_RULE, max((cells(pen.shown(finding.rule)) for finding in findings), default=0))
    lines: list[Line] = []
    for finding in findings:
        cover = waived.get(finding.fingerprint)
        lines += _row(finding, severity, rule, pen, _aside_of(finding, cover) if judged else "")
        lines += _excerpt(finding, pen)
        lines += _steps(finding, pen)
        lines += _secret(finding, pen, twins)
        for at, part in enumerate(finding.fix.splitlines()):
            label = "    fix   " if at == 0 else " " * 10
            lines += hanging(Piece(label, GREEN), Piece(pen.own(part)), pen.width)
        if cover is not None:
            lines += hanging(Piece("    risk  ", YELLOW), Piece(pen.own(risk.waived(cover))), pen.width)
        if finding.edits:
            lines += hanging(Piece(" " * 10), Piece("`clearance fix` writes it", DIM), pen.width)
        if finding.witnesses:
            lines += hanging(Piece("    also  ", DIM), Piece(pen.own(f"seen by {', '.join(finding.witnesses)}")), pen.width)
    return lines


def _aside_of(finding: Finding, cover: Cover | None) -> str:
    """Say why a finding does not count for the verdict; empty where it does."""
    return "existing" if not finding.introduced else "waived" if cover is not None else ""


def _row(finding: Finding, severity: int, rule: int, pen: Pen, aside: str) -> list[Line]:
    style = DIM if aside else _SEVERITIES[finding.severity]
    cwe = ", ".join(finding.cwe[:_WEAKNESSES])
    pieces = [
        Piece(pad(pen.shown(finding.rule), rule), BOLD),
        Piece(pen.shown(wording.where(finding.place)), CYAN),
        Piece(pen.shown(cwe), DIM),
        Piece(pen.own(finding.message + (f" ({aside})" if aside else ""))),
    ]
    mark = pen.own("· " if aside else "✗ ") + pad(finding.severity.value, severity) + "  "
    lines = flow([piece for piece in pieces if piece.text], pen.width - len(mark), indent=4 - len(mark))
    return [[Piece(mark, style), *lines[0]], *([Piece("    "), *line] for line in lines[1:])]


def _excerpt(finding: Finding, pen: Pen) -> list[Line]:
    excerpt, place = finding.excerpt, finding.place
    if excerpt is None or not excerpt.lines:
        return []
    digits = len(str(excerpt.first + len(excerpt.lines) - 1))
    room = pen.width - digits - 7
    last = max(place.line, place.end_line)
    lines: list[Line] = []
    for number, line in enumerate(excerpt.lines[:_LINES], excerpt.first):
        hit = place.line <= number <= last
        gutter = [Piece(f"  {pen.own('▸') if hit else ' '} ", RED), Piece(f"{number:>{digits}} {pen.own('│')} ", DIM)]
        if not hit:
            lines.append([*gutter, Piece(pen.start_of(line, room))])
            continue
        start = min(place.column - 1, len(line)) if number == place.line else len(line) - len(line.lstrip())
        end = place.end_column - 1 if number == place.end_line else len(line)
        if finding.secret is not None and _MASK in line:
            # Columns are those of the text; in the line that is shown each secret has become a mask.
            before = line.rfind(_MASK, 0, start + len(_MASK))
            start = before if before >= 0 else line.find(_MASK)
            end = start + len(_MASK)
        lines.append([*gutter, *pen.window(line, max(0, start), max(start, end), room, BOLD)])
    more = len(excerpt.lines) - _LINES
    if more > 0:
        lines.append([Piece(f"    {' ' * digits} {pen.own('⋮')} {wording.plural(more, 'more line')}", DIM)])
    return lines


def _steps(finding: Finding, pen: Pen) -> list[Line]:
    """Show the way of the data from its source to the hit; of a long one the first and the last steps."""
    lines: list[Line] = []
    steps = finding.steps
    for at, step in enumerate(steps):
        if len(steps) > _STEPS and _STEPS - 2 <= at < len(steps) - 2:
            if at == _STEPS - 2:
                lines.append([Piece(f"          {pen.own('⋮')} {wording.plural(len(steps) - _STEPS, 'more step')}", DIM)])
            continue
        label = Piece("    path  " if at == 0 else " " * 10, DIM)
        rows = flow(
            [Piece(pen.shown(wording.where(step.place)), CYAN), Piece(pen.own(step.message))], pen.width - 10, indent=2
        )
        lines += [[label if number == 0 else Piece(" " * 10), *row] for number, row in enumerate(rows)]
    return lines


def _secret(finding: Finding, pen: Pen, twins: Mapping[str, tuple[Finding, ...]]) -> list[Line]:
    """Tell what may be told of a secret, since when it is in history, and where else the same one stands."""
    secret = finding.secret
    lines: list[Line] = []
    label = "    data  " if secret is not None and secret.personal else "    key   "
    about = [wording.origin(finding), wording.about(secret) if secret is not None else ""]
    if any(about):
        lines += hanging(Piece(label, DIM), Piece(pen.own(" · ".join(part for part in about if part))), pen.width)
    others = [one for one in twins.get(secret.fingerprint, ()) if one is not finding] if secret is not None else []
    if others:
        what = "value" if secret is not None and secret.personal else "key"
        named = ", ".join(pen.shown(wording.where(one.place)) for one in others[:_PLACES])
        more = f" and {wording.plural(len(others) - _PLACES, 'more place')}" if len(others) > _PLACES else ""
        lines += hanging(Piece(" " * 10), Piece(f"the same {what} also stands at {named}{more}", YELLOW), pen.width)
    return lines


def _waivers(outcome: Outcome, pen: Pen) -> list[Line]:
    """Tell which waivers cover nothing, and which expire soon."""
    lines: list[Line] = []
    for one in risk.told(outcome):
        label = Piece(f"! waiver {pen.shown(one.id)}   ", RED if one.refused else YELLOW)
        lines += hanging(label, Piece(pen.own(one.said)), pen.width)
    return lines


def _gaps(outcome: Outcome, pen: Pen, look: Look) -> list[Line]:
    missed = wording.unseen(outcome)
    new = [one for one in missed if one.introduced or outcome.decision is None]
    listed = missed if look.show_all else new[:_GAPS]
    lines: list[Line] = []
    for one in listed:
        label = Piece(f"! {one.label}   ", YELLOW if one.matters else DIM)
        lines += hanging(label, Piece(f"{pen.shown(one.subject)}: {pen.own(one.why)}"), pen.width)
    rest, old = len(new) - len(listed), len(missed) - len(new)
    if not look.show_all and rest > 0:
        worse = sum(one.matters for one in new[len(listed) :])
        lines += hanging(
            Piece("! ", YELLOW),
            Piece(f"{rest:,} more not looked at, {worse:,} of them matter (--all shows them)"),
            pen.width,
        )
    if not look.show_all and old:
        lines += _note(pen, f"{old:,} more not looked at, in what was there before (--all shows them)", DIM)
    return lines


def _why(outcome: Outcome, pen: Pen) -> list[Line]:
    reasons = [
        (pen.shown(reason.policy), pen.own(reason.why), pen.own(reason.fix), reason.verdict)
        for reason in wording.reasons(outcome)
    ]
    if not reasons:
        return [[Piece("why   ", BOLD), Piece("no policy gave a reason")]] if outcome.decision else []
    first = max(cells(policy) for policy, _, _, _ in reasons) + 3
    second = max(cells(why) for _, why, _, _ in reasons) + 3
    side_by_side = 6 + first + second + max(cells(fix) for _, _, fix, _ in reasons) <= pen.width
    lines: list[Line] = []
    for number, (policy, why, fix, verdict) in enumerate(reasons):
        head = [Piece("why   " if number == 0 else " " * 6, BOLD), Piece(pad(policy, first), _VERDICTS[verdict])]
        if side_by_side:
            lines.append([*head, Piece(pad(why, second)), Piece(fix)])
            continue
        beside = pen.width - 6 - first >= _NARROWEST
        indent = Piece(" " * (6 + first if beside else 8))
        if not beside:
            lines += flow([head[0], head[1]], pen.width, indent=6, gap=0)
        prose = [row for text in (why, fix) if text for row in hanging(indent, Piece(text), pen.width)]
        lines += [[*head, *prose[0][1:]], *prose[1:]] if beside and prose else prose
    return lines


def _who(outcome: Outcome, pen: Pen) -> list[Line]:
    decision = outcome.decision
    if decision is None:
        return []
    when = "after the fixes: " if decision.verdict is Verdict.DENY else ""
    lines: list[Line] = []
    for number, need in enumerate(decision.reviews):
        label = Piece("who   " if number == 0 else " " * 6, BOLD)
        lines += hanging(label, Piece(pen.own(when + wording.reviewers(need))), pen.width)
        when = "and " if when else ""
    return lines


def _receipt(outcome: Outcome, pen: Pen) -> list[Line]:
    receipt = outcome.receipt
    if receipt is None:
        missing = Piece("no receipt: this decision was not recorded", YELLOW)
        return flow([missing], pen.width, indent=2) if outcome.decision else []
    entry: Iterable[Piece] = (
        Piece(f"receipt {pen.shown(receipt.digest[:6])}{pen.dots}  entry {receipt.index} of {pen.shown(receipt.log)}"),
        Piece("clearance log verify"),
    )
    lines = flow(entry, pen.width, indent=8)
    if receipt.witnesses:
        short = "NO QUORUM" in receipt.witnesses or receipt.unwitnessed
        said = Piece(pen.shown(receipt.witnesses), YELLOW if short else "")
        lines += hanging(Piece("witnesses ", DIM), said, pen.width)
    return lines
