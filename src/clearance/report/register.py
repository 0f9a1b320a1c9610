"""Writes the register of accepted risks: a table for people, JSON and CSV for programs, a page for auditors."""

import csv
import io
from collections import Counter
from collections.abc import Sequence

from clearance.facts.fact import plain
from clearance.facts.waiver import SOON_DAYS, Accepted, Register, Risk, Waiver, standing
from clearance.report.controls.tables import cell
from clearance.report.document import document
from clearance.report.layout import Line, Piece, cells, flow, hanging, pad, paint
from clearance.report.look import Look
from clearance.report.markup import code, prose
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen
from clearance.report.wording import plural

SCHEMA = "urn:clearance:register:v1"
OPEN_SCHEMA = "urn:clearance:open-risks:v1"
_COLUMNS = (
    "id", "state", "expires", "days", "owner", "finding", "rule", "paths", "reason", "compensating", "controls", "ticket",
    "decisions", "first_entry", "first_time", "last_entry", "last_time", "unused", "also", "file",
)  # fmt: skip
_WIDEST_ID, _WIDEST_OWNER, _NARROWEST = 40, 24, 32
_SEVERITIES = {"critical": f"{BOLD};{RED}", "high": RED, "medium": YELLOW, "low": CYAN}


def text(register: Register, look: Look) -> str:
    """Lay the register out for a terminal: what no longer counts first, then by the day on which it expires."""
    pen = Pen(look)
    shown = [one for one in register.accepted if look.show_all or one.state != "removed"]
    hidden = len(register.accepted) - len(shown)
    lines: list[Line] = []
    widths = (
        max((cells(_state(one)) for one in shown), default=0),
        min(_WIDEST_ID, max((cells(pen.shown(one.waiver.id)) for one in shown), default=0)),
        min(_WIDEST_OWNER, max((cells(pen.shown(one.waiver.owner)) for one in shown), default=0)),
    )
    for one in shown:
        lines += _row(one, widths, pen)
    said = [Piece(_summary(register), BOLD)]
    if hidden:
        said.append(Piece(f"{plural(hidden, 'more', 'more')} used once and removed since (--all shows them)", DIM))
    if shown:
        said.append(Piece("clearance risk show ID tells why, what is done instead, and where it counted", DIM))
    else:
        said.append(Piece("clearance risk open lists what could be accepted", DIM))
    foot = [line for piece in said for line in hanging(Piece(""), piece, pen.width)]
    return "\n\n".join("\n".join(paint(block, color=look.color)) for block in (lines, foot) if block) + "\n"


def one(accepted: Accepted, register: Register, look: Look) -> str:
    """Lay one accepted risk out for a terminal."""
    pen = Pen(look)
    waiver = accepted.waiver
    rows = [
        ("covers", _scope(waiver)),
        ("owner", waiver.owner),
        ("expires", f"{waiver.expires} ({standing(accepted.days)})"),
        ("reason", waiver.reason),
        ("instead", waiver.compensating),
        ("controls", ", ".join(waiver.controls)),
        ("ticket", waiver.ticket),
        ("counted", _counted(accepted)),
        ("now", f"the last check found {plural(len(accepted.findings), 'finding')} that it names"),
        ("same as", ", ".join(accepted.also)),
        ("file", waiver.where + (f" (not as on {register.base}, which is what counts)" if accepted.differs else "")),
    ]
    head: Line = [Piece(pen.shown(waiver.id), BOLD), Piece("   "), Piece(_state(accepted), _style(accepted))]
    lines = [head]
    for name, said in rows:
        if said:
            lines += hanging(Piece(pad(f"  {name}", 12), DIM), Piece(pen.own(" ".join(said.split()))), pen.width)
    return "\n".join(paint(lines, color=look.color)) + "\n"


def risks(found: Sequence[Risk], head: str, look: Look) -> str:
    """Lay out what stops the last check and nobody accepted; `head` says which check that is."""
    pen = Pen(look)
    lines: list[Line] = [[Piece(pen.own(head), BOLD)], []]
    width = max((len(one.severity) for one in found), default=0)
    for one_risk in found:
        place = f"{one_risk.path}:{one_risk.line}" if one_risk.line else one_risk.path
        label = Piece(f"{one_risk.finding[:12]}  {pad(one_risk.severity, width)}  ", _SEVERITIES.get(one_risk.severity, ""))
        said = f"{pen.shown(one_risk.rule)}   {pen.shown(place)}   {pen.own(one_risk.message)}"
        lines += hanging(label, Piece(said), pen.width)
        if not one_risk.waivable:
            lines += hanging(Piece(" " * 14), Piece("cannot be accepted: mend it", DIM), pen.width)
    if any(one_risk.waivable for one_risk in found):
        lines += [[], [Piece("clearance risk accept FINDING --owner … --reason … --expires … --compensating …".replace(
            "…", pen.own("…")), DIM)]]  # fmt: skip
    return "\n".join(paint(lines, color=look.color)) + "\n"


def json(register: Register) -> str:
    """Give the register as one JSON document (RFC 8259)."""
    return document({"schema": SCHEMA, **plain(register)})


def one_json(accepted: Accepted, register: Register) -> str:
    """Give one accepted risk as a JSON document: as it stands in the register's, with the day and the branch."""
    return document({"schema": SCHEMA, **plain(register), "accepted": [plain(accepted)]})


def risks_json(found: Sequence[Risk], verdict: str, entry: int) -> str:
    """Give what stops a check and nobody accepted as a JSON document; `entry` is the check's entry in the log, null for a
    report from elsewhere."""
    said = {"schema": OPEN_SCHEMA, "entry": entry if entry >= 0 else None, "verdict": verdict}
    return document(said | {"open": [plain(one) for one in found]})


def table(register: Register) -> str:
    """Give the register as CSV (RFC 4180), one risk a row. A cell that a spreadsheet would take for a formula gets an
    apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for each in register.accepted:
        writer.writerow([_cell(value) for value in _values(each)])
    return out.getvalue()


def page(register: Register) -> str:
    """Give the register as a page in Markdown."""
    base = code(register.base) if register.base else "no branch"
    parts = [
        "# Accepted risks",
        (
            f"{_summary(register).capitalize().removesuffix('.')}, on {register.today}, from {base} and "
            f"{plural(register.decisions, 'decision')} of the log."
        ),
    ]
    for each in register.accepted:
        waiver = each.waiver
        rows = [
            f"- Covers: {prose(_scope(waiver))}",
            f"- Owner: {prose(waiver.owner)}",
            f"- Expires: {waiver.expires} ({standing(each.days)}); {_state(each)}",
            f"- Reason: {prose(waiver.reason, 4_000)}",
            f"- Done instead: {prose(waiver.compensating, 4_000)}",
            f"- Counted: {_counted(each)}",
        ]
        rows += [f"- Controls: {prose(', '.join(waiver.controls))}"] if waiver.controls else []
        rows += [f"- Ticket: {prose(waiver.ticket)}"] if waiver.ticket else []
        parts += [f"## {code(waiver.id)}", "\n".join(rows)]
    return "\n\n".join(parts) + "\n"


def _row(accepted: Accepted, widths: tuple[int, int, int], pen: Pen) -> list[Line]:
    waiver = accepted.waiver
    state, name, owner = widths
    pieces = [
        Piece(pad(pen.shown(waiver.id), name), BOLD),
        Piece(waiver.expires),
        Piece(pad(pen.shown(waiver.owner), owner)),
        Piece(pen.own(_counted(accepted, short=True))),
    ]
    label = pad(_state(accepted), state) + "   "
    rows = flow(pieces, max(_NARROWEST, pen.width - len(label)), indent=2)
    lines = [[Piece(label if number == 0 else " " * len(label), _style(accepted)), *row] for number, row in enumerate(rows)]
    if accepted.also:
        same = f"the same as {', '.join(accepted.also[:3])}"
        lines += hanging(Piece(" " * (state + 3)), Piece(pen.own(same), YELLOW), pen.width)
    if accepted.differs:
        lines += hanging(Piece(" " * (state + 3)), Piece("the file here is another one than on the base", YELLOW), pen.width)
    return lines


def _state(accepted: Accepted) -> str:
    match accepted.state:
        case "in force" | "expired":
            return standing(accepted.days)
        case state:
            return state


def _style(accepted: Accepted) -> str:
    if accepted.state in ("expired", "too far ahead"):
        return f"{BOLD};{RED}"
    if accepted.state != "in force":
        return DIM
    return YELLOW if accepted.days <= SOON_DAYS else GREEN


def _counted(accepted: Accepted, *, short: bool = False) -> str:
    first, last = accepted.first, accepted.last
    if first is None or last is None:
        return "unused: it names nothing" if accepted.unused else "never counted yet"
    times = plural(accepted.decisions, "decision")
    if short:
        return f"{times}, last entry {last.entry}"
    since = f"in {times}, first entry {first.entry} of {first.at[:10]}"
    return since + (f", last entry {last.entry} of {last.at[:10]}" if last.entry != first.entry else "")


def _scope(waiver: Waiver) -> str:
    return f"the finding {waiver.finding}" if waiver.finding else f"{waiver.rule} in {', '.join(waiver.paths)}"


def _summary(register: Register) -> str:
    counts = Counter(each.state for each in register.accepted)
    soon = sum(each.state == "in force" and each.days <= SOON_DAYS for each in register.accepted)
    live = len(register.accepted) - counts["removed"]
    if not live:
        return "no accepted risks"
    parts = [
        f"{counts[state]:,} {state}"
        for state in ("expired", "too far ahead", "in force", "not on the base")
        if counts[state]
    ]
    parts += [f"{soon:,} within {SOON_DAYS} days of its end"] if soon else []
    return f"{plural(live, 'accepted risk')}: {', '.join(parts)}."


def _values(each: Accepted) -> list[object]:
    waiver = each.waiver
    return [
        waiver.id, each.state, waiver.expires, each.days, waiver.owner, waiver.finding, waiver.rule, " ".join(waiver.paths),
        waiver.reason, waiver.compensating, " ".join(waiver.controls), waiver.ticket, each.decisions,
        each.first.entry if each.first else "", each.first.at if each.first else "",
        each.last.entry if each.last else "", each.last.at if each.last else "",
        "yes" if each.unused else "no", " ".join(each.also), waiver.where,
    ]  # fmt: skip


def _cell(value: object) -> object:
    return cell(value) if isinstance(value, str) else value
