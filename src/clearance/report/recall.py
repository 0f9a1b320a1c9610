"""What a recall found, and whose the lines of a revision are, for a terminal."""

from collections.abc import Iterator

from clearance.facts.recall import Change, Lines, Recall, Share, Stats, count
from clearance.facts.text import counted
from clearance.report.blame import asked, merger, numbered, reviewed
from clearance.report.layout import Line, Piece, cells, hanging, pad, paint
from clearance.report.look import Look
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

_LABEL = 9
_DIGITS = 8
_FILES = 40
_VERDICTS = {"ALLOW": GREEN, "ASK": YELLOW, "DENY": RED}
_WEAK = {"trailer": "only claimed by a commit's trailer", "note": "only claimed by a note"}
_BAR = 24


def render(found: Recall, look: Look) -> str:
    """Write a recall down; nothing of the repository obeys in it."""
    return "\n".join(paint(list(_recall(found, Pen(look))), color=look.color)) + "\n"


def render_stats(found: Stats, look: Look) -> str:
    """Write shares down, as a table with bars."""
    return "\n".join(paint(list(_stats(found, Pen(look))), color=look.color)) + "\n"


def _recall(found: Recall, pen: Pen) -> Iterator[Line]:
    wanted = found.wanted
    said = [f"{name} {getattr(wanted, name)}" for name in ("model", "agent", "request", "package", "rule", "since")
            if getattr(wanted, name)]  # fmt: skip
    yield [Piece(pen.own("recall of ")), Piece(pen.shown(", ".join(said)), BOLD),
           Piece(f" at {pen.shown(found.revision)} ({found.commit[:_DIGITS]})", DIM)]  # fmt: skip
    for change in found.changes:
        yield []
        yield from _change(change, pen)
    if found.named:
        yield []
        yield [Piece("named by", BOLD)]
    for one in found.named[:_FILES]:
        where = f"entry {one.entry}" if one.entry >= 0 else "a file of today"
        verdict = f", {one.verdict}" if one.verdict else ""
        lead = f"  {pen.shown(one.path)}:{one.line}  "
        yield from hanging(Piece(lead, CYAN), Piece(pen.shown(f"{one.what} ({where}{verdict})")), pen.width)
    if len(found.named) > _FILES:
        yield [Piece(pen.own(f"  … and {len(found.named) - _FILES} more (--format json has all)"), DIM)]
    for gap in found.gaps:
        yield from hanging(Piece(pen.own("not looked at  "), YELLOW), Piece(pen.shown(gap)), pen.width)
    yield []
    yield from _sum(found, pen)


def _sum(found: Recall, pen: Pen) -> Iterator[Line]:
    now = sum(count(change.now) for change in found.changes)
    gone = sum(change.gone for change in found.changes)
    files = len({line.path for change in found.changes for line in change.now})
    if not found.entries:
        yield [Piece("there is no log here, so nothing is known beyond git", YELLOW)]
    elif not found.changes:
        yield [Piece(pen.own(f"nothing of it is known among {counted(found.entries, 'entry')}"), YELLOW)]
    else:
        changes = len({change.tree for change in found.changes})
        rests = numbered([rest.entry for rest in found.rests]) if found.rests else "no entry"
        yield [Piece(pen.own(
            f"{counted(now, 'line')} in {counted(files, 'file')} stand today, {gone:,} gone; "
            f"{counted(changes, 'change')}; rests on {rests} of {found.entries}"
        ), BOLD)]  # fmt: skip


def _change(change: Change, pen: Pen) -> Iterator[Line]:
    if change.commit:
        yield [Piece(f"{change.commit[:_DIGITS]}  ", CYAN), Piece(pen.shown(change.summary), BOLD),
               Piece(pen.shown(f"  ({change.author}, {change.time[:10]})"), DIM)]  # fmt: skip
    else:
        known = (
            f"tree {change.tree[:_DIGITS]}: no commit of this history has it"
            if change.tree
            else "brought before lines were traced"
        )
        yield [Piece(pen.own(known), YELLOW)]
    for name, text, style in _rows(change):
        lead = "  " + name.ljust(_LABEL)
        yield from hanging(Piece(lead, DIM), Piece(pen.shown(text), style), pen.width)
    brought, stands = count(change.then), count(change.now)
    said = f"{stands:,} of {counted(brought, 'line')} stand" if brought else counted(stands, "line")
    yield [Piece("  " + "lines".ljust(_LABEL), DIM), Piece(said, RED if stands else GREEN)]
    yield from _places(change.now, "  now      ", pen)
    yield from _places(change.disputed, "  disputed ", pen)
    if not stands and not change.disputed:
        yield from _places(change.then, "  gone     ", pen)


def _places(lines: tuple[Lines, ...], label: str, pen: Pen) -> Iterator[Line]:
    files: dict[str, list[Lines]] = {}
    for line in lines:
        runs = files.setdefault(line.path, [])
        if runs and runs[-1].last + 1 == line.first:
            runs[-1] = Lines(path=line.path, first=runs[-1].first, last=line.last)
        else:
            runs.append(line)
    for path, runs in list(files.items())[:_FILES]:
        numbers = ", ".join(_range(run) for run in runs[:12]) + (", …" if runs[12:] else "")
        yield from hanging(Piece(pen.own(label), DIM), Piece(pen.shown(path) + pen.own(f":{numbers}")), pen.width)
    if len(files) > _FILES:
        yield [Piece(pen.own(f"{label}… and {len(files) - _FILES} files more (--format json has all)"), DIM)]


def _rows(change: Change) -> Iterator[tuple[str, str, str]]:
    yield "asked", *asked(change.asked)
    written = change.written
    if written:
        weak = _WEAK.get(written.source, "")
        model = f", {written.model}" if written.model else ""
        yield (
            "written",
            f"{written.agent}{model}{f': {weak}' if weak else ''}, entry {written.entry}",
            YELLOW if weak else "",
        )
    if change.checked:
        style = _VERDICTS.get(change.checked.verdict, "")
        yield "checked", f"{change.checked.verdict}, tier {change.checked.tier}, entry {change.checked.entry}", style
    yield from (("reviewed", *one) for one in reviewed(change.reviewed))
    if change.merged:
        target = change.merged.target.removeprefix("refs/heads/")
        yield "merged", f"into {target} {merger(change.merged.by)}, entry {change.merged.entry}", ""


def _stats(found: Stats, pen: Pen) -> Iterator[Line]:
    since = f", settled since {found.since}" if found.since else ""
    yield [
        Piece(pen.own(f"lines by {found.by}")),
        Piece(f" at {pen.shown(found.revision)} ({found.commit[:_DIGITS]}){since}", DIM),
    ]
    yield []
    names = [pen.shown(one.name) for one in found.groups]
    wide = min(max([len("all together"), *map(cells, names)], default=0), max(12, pen.width - 62))
    head = f"{'lines':>9}  {'AI':>7}  {'closed':>7}  {'person':>7}  {'unknown':>7}"
    yield [Piece(pad("", wide) + "  " + head, DIM)]
    for name, one in zip(names, found.groups, strict=True):
        yield _row(name, one, wide, pen)
    if len(found.groups) != 1:
        yield _row("all together", found.total, wide, pen, BOLD)
    yield []
    yield [
        Piece(
            pen.own("AI: a signed record says so; closed: unknown lines count as an assistant's, as policies count them"),
            DIM,
        )
    ]
    if found.live:
        yield [Piece(pen.own(f"{counted(found.live, 'file')} carried on from what was settled last; "
                             "`clearance trace settle` records it"), DIM)]  # fmt: skip
    if not found.entries:
        yield [Piece("there is no log here, so nothing is known beyond git", YELLOW)]


def _row(name: str, one: Share, wide: int, pen: Pen, style: str = "") -> Line:
    def part(lines: int) -> str:
        return f"{100 * lines / one.lines:.1f} %" if one.lines else "-"

    figures = (
        f"{one.lines:>9,}  {part(one.ai):>7}  {part(one.ai + one.unknown):>7}  {part(one.person):>7}  {part(one.unknown):>7}"
    )
    shown = pen.start_of(name, wide)
    line = [Piece(pad(shown, wide), style), Piece("  " + figures, style)]
    if pen.width >= wide + 50 + _BAR and one.lines:
        ai = round(_BAR * one.ai / one.lines)
        unknown = round(_BAR * (one.ai + one.unknown) / one.lines) - ai
        line += [Piece("  "), Piece("#" * ai, RED), Piece("?" * unknown, YELLOW), Piece("." * (_BAR - ai - unknown), GREEN)]
    return line


def _range(run: Lines) -> str:
    return str(run.first) if run.first == run.last else f"{run.first}–{run.last}"
