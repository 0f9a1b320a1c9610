"""Answers about controls for a terminal."""

from collections.abc import Sequence

from clearance.controls.moves import Moves
from clearance.facts.control import Edge, Relation
from clearance.report.controls.lines import STYLES, beside, indented, joined
from clearance.report.controls.view import (
    BY_AI,
    KINDS,
    MEANING,
    RECORDS,
    Listed,
    Logged,
    Named,
    Requirement,
    Serving,
    counted,
    records_of,
    said,
)
from clearance.report.controls.words import MOST_NAMES, article, facts_of, how_word, log_words
from clearance.report.layout import Line, Piece, cells, cut, flow, pad, wrap
from clearance.report.look import Look
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

_VERDICTS = {"DENY": RED, "ASK": YELLOW, "ALLOW": DIM}
_WORD = 14


def requirement(one: Requirement, log: Logged, look: Look) -> str:
    """Lay out one control: the class of its answer, everything of ours that relates to it, and what the log shows."""
    pen = Pen(look)
    told = f"{one.catalogue} {one.version}"
    level = f"level {one.level}" if one.level is not None else ""
    names = [Piece(pen.shown(each), style) for each, style in ((one.control, BOLD), (level, ""), (told, "")) if each]
    head = flow(names, pen.width, indent=2) + indented(one.label or one.chapter, pen, "", 0)
    if one.label and one.chapter:
        head += indented(f"in: {one.chapter}", pen, DIM, 0)
    answer = beside([Piece(pad(how_word(one.how), _WORD), f"{BOLD};{STYLES[one.how]}")], one.reason or MEANING[one.how], pen)
    if one.missing:
        answer += beside([Piece(pad("not covered", _WORD), YELLOW)], one.missing, pen)
    for word, texts in (("tests", one.tests), ("records", one.records)):
        for text in texts:
            answer += beside([Piece(pad(word, _WORD), DIM)], text, pen)
    blocks = [head, answer]
    for kind in KINDS:
        group = [each for each in one.serving if each.kind == kind]
        if group:
            blocks.append(
                [[Piece(counted(len(group), kind), BOLD)], *(line for each in group for line in _served(each, pen))]
            )
    if one.serving:
        blocks.append(_records(one, log, pen))
    legends = (
        [BY_AI] if any(each.verdict == "ASK" for each in one.serving) or "an AI wrote" in one.reason + one.missing else []
    )
    legends += [RECORDS] if any(not each.is_empty for each in records_of(one.serving)) else []
    blocks += [[[Piece(line, DIM)] for line in wrap(pen.own(legend), pen.width)] for legend in legends]
    if one.derived and not one.serving:
        blocks.append(_derived(one, pen))
    if one.related:
        blocks.append([[Piece("other catalogues", BOLD)], *(line for edge in one.related for line in _edge(edge, pen))])
    return joined(blocks, look)


def _served(one: Serving, pen: Pen) -> list[Line]:
    relation = Piece(f"{one.rel.value}, {one.confidence.value} confidence", _rel(one.rel))
    lines = [[Piece("  "), *line] for line in flow((Piece(pen.shown(one.id), CYAN), relation), pen.width - 2, indent=4)]
    who = (
        f"said by {article(one.by)}" + (f": {one.source}" if one.source else "") + (" (the team's own)" if one.team else "")
    )
    note = f"note: {one.note}" if one.note else ""
    told = (
        (one.title, ""),
        ("; ".join(facts_of(one)), _VERDICTS.get(one.verdict, "")),
        (note, ""),
        (who, DIM),
        (one.place, DIM),
    )
    for text, style in told:
        lines += indented(text, pen, style)
    for text in one.shown_by:
        lines += indented(f"shown by: {text}", pen, DIM)
    return lines


def _rel(relation: Relation) -> str:
    return {Relation.INTERSECTS_WITH: YELLOW, Relation.NO_RELATIONSHIP: RED}.get(relation, GREEN)


def _records(one: Requirement, log: Logged, pen: Pen) -> list[Line]:
    lines = beside([Piece("records   ", BOLD)], log_words(log), pen, RED if log.problem else DIM)
    for record in records_of(one.serving):
        text = f"{record.what}: {said(record)}"
        lines += indented(text, pen, DIM if record.is_empty else "", 2)
    return lines


def _derived(one: Requirement, pen: Pen) -> list[Line]:
    told = [
        f"{first.of} {first.rel.value} {second.of}, which is {second.rel.value} {second.to}" for first, second in one.derived
    ]
    more = [f"and {len(told) - MOST_NAMES} more"] if len(told) > MOST_NAMES else []
    head: Line = [Piece("over other catalogues", BOLD), Piece("   a hint where to look, never evidence", DIM)]
    return [head, *(line for text in (*told[:MOST_NAMES], *more) for line in indented(text, pen, DIM, 2))]


def _edge(edge: Edge, pen: Pen) -> list[Line]:
    text = f"{edge.of} {edge.rel.value} {edge.to}   by {article(edge.by)}" + (f": {edge.source}" if edge.source else "")
    return indented(text, pen, "", 2) + (indented(edge.note, pen, DIM, 4) if edge.note else [])


def named(one: Named, look: Look) -> str:
    """Lay out one thing of ours and all that it serves."""
    pen = Pen(look)
    own = one.serving
    head = indented(own.id, pen, BOLD, 0) + indented(own.title, pen, "", 0)
    head += indented("; ".join(facts_of(own)), pen, _VERDICTS.get(own.verdict, ""), 0) + indented(own.place, pen, DIM, 0)
    blocks = [head]
    edges: list[Line] = []
    for edge in one.edges:
        relation = Piece(f"{edge.rel.value:<16}", _rel(edge.rel))
        label = one.labels.get(edge.to, "unknown")
        edges += beside([relation, Piece(pen.shown(f"{edge.to}   "), CYAN)], label, pen)
        said_by = f"{edge.confidence.value} confidence, by {article(edge.by)}" + (f": {edge.source}" if edge.source else "")
        edges += indented(said_by, pen, DIM, 16)
        edges += indented(edge.note, pen, "", 16)
    blocks.append(edges or [[Piece("no edge: it serves no control of any catalogue here", YELLOW)]])
    record = own.record
    if record is not None:
        blocks.append(indented(f"records   {record.what}: {said(record)}", pen, "", 0))
    return joined(blocks, look)


def listing(catalogues: Sequence[Listed], look: Look) -> str:
    """Lay out the catalogues: version, size, levels, and how many of the items something of ours relates to."""
    pen = Pen(look)
    rows = [("prefix", "version", "items", "levels", "reached", "edges", "catalogue")]
    for one in catalogues:
        levels = "/".join(str(number) for number in one.levels.values())
        title = pen.shown(one.title) + (" (the team's own)" if one.team else "")
        rows.append(
            (
                pen.shown(one.prefix),
                pen.shown(one.version),
                f"{one.items:,}",
                levels,
                f"{one.reached:,}",
                f"{one.edges:,}",
                title,
            )
        )
    widths = [min(24, max(cells(row[at]) for row in rows)) for at in range(6)]
    lines: list[Line] = []
    for number, row in enumerate(rows):
        said_row = "  ".join(
            cut(pad(cell, width), width, pen.dots) if at in {0, 1, 3} else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=False))
        )
        lines += beside([Piece(f"{said_row}  ", DIM if number == 0 else "")], row[6], pen, DIM if number == 0 else "")
        if look.show_all and number:
            listed = catalogues[number - 1]
            lines += indented(f"ids: {listed.reference}; {listed.source}; {listed.licence}", pen, DIM, 2)
    foot = "reached: items that something of ours relates to; levels: items of level 1/2/3; coverage --framework PREFIX"
    return joined([lines, [[Piece(line, DIM)] for line in wrap(pen.own(foot), pen.width)]], look)


def moves(report: Moves, look: Look) -> str:
    """Lay out what a newer version of a catalogue does: what moved, then each edge that must be looked at again."""
    pen = Pen(look)
    head: Line = [Piece(pen.shown(f"{report.prefix} {report.old} → {report.new}"), BOLD)]
    edges_told = f"{counted(len(report.touched), 'edge')} to look at"
    changed = f"   {report.kept:,} stay as they are, {counted(len(report.moves), 'difference')}, {edges_told}"
    lines: list[Line] = []
    for one in report.moves:
        way = " → ".join(each for each in (one.old, one.new) if each)
        words = " → ".join(dict.fromkeys(each for each in (one.before, one.now) if each))
        lines += beside([Piece(pad(one.what, 12), YELLOW), Piece(pen.shown(way), CYAN), Piece("   ")], words, pen)
    edges: list[Line] = []
    for each in report.touched:
        edge = each.edge
        state = ("dangles", RED) if each.dangles else ("look again", YELLOW)
        edges += beside([Piece(pad(state[0], 12), state[1])], f"{edge.of} {edge.rel.value} {edge.to}", pen)
        edges += indented(each.next, pen, "", 12) + indented(edge.where, pen, DIM, 12)
    return joined([[[*head, Piece(pen.own(changed))]], lines, edges], look)
