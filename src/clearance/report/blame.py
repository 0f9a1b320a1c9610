"""The story of lines for a terminal."""

from collections.abc import Iterator

from clearance.facts.story import Part, Reviewed, Story
from clearance.report.layout import Line, Piece, cells, hanging, paint
from clearance.report.look import Look
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

_LABEL = 9
_DIGITS = 8
_VERDICTS = {"ALLOW": GREEN, "ASK": YELLOW, "DENY": RED}
_SOURCES = {
    "hook": "seen by its hook",
    "command": "recorded by `clearance trace record`",
    "trailer": "only claimed by a commit's trailer",
    "note": "only claimed by a note",
}
_FITS = {
    "exact": "as written",
    "formatted": "formatted since",
    "edited": "changed since",
    "between": "blank or a bracket between them",
}


def render(story: Story, look: Look) -> str:
    """Write a story down; nothing of the repository obeys in it."""
    return "\n".join(paint(list(_lines(story, Pen(look))), color=look.color)) + "\n"


def _lines(story: Story, pen: Pen) -> Iterator[Line]:
    where = f" at {pen.shown(story.revision)}" + (
        f" ({story.commit[:_DIGITS]})" if not story.commit.startswith(story.revision) else ""
    )
    yield [Piece(pen.shown(story.path), BOLD), Piece(where, DIM)]
    if not story.parts:
        yield [Piece("  no lines")]
    wide = max((len(_range(part)) for part in story.parts), default=0)
    for part in story.parts:
        yield []
        yield from _part(part, pen, wide)
    yield []
    known = sum(part.last - part.first + 1 for part in story.parts if part.origin.kind != "unknown")
    total = sum(part.last - part.first + 1 for part in story.parts)
    entries = sorted({rest.entry for part in story.parts for rest in part.rests})
    if story.entries:
        said = f"{known} of {total} {_s('line', total)} with a known origin"
        more = f"; rests on {_s('entry', len(entries))} {_numbers(entries)} of {story.entries}" if entries else ""
        yield [Piece(said + more, DIM)]
    else:
        yield [Piece("there is no log here, so nothing is known beyond git", YELLOW)]


def _part(part: Part, pen: Pen, wide: int) -> Iterator[Line]:
    label = _range(part).rjust(wide)
    yield [Piece(f"{label}  ", CYAN), Piece(pen.start_of(part.text.strip(), pen.width - wide - 2))]
    for name, text, style in _rows(part):
        lead = " " * (wide + 2) + name.ljust(_LABEL)
        yield from hanging(Piece(lead, DIM), Piece(pen.own(text), style), max(pen.width, cells(lead) + 20))


def _rows(part: Part) -> Iterator[tuple[str, str, str]]:
    brought = part.brought
    yield "commit", f"{brought.commit[:_DIGITS]}  {brought.summary}  ({brought.author}, {brought.time[:10]})", ""
    if part.origin.kind == "unknown":
        yield "origin", f"unknown: {part.origin.why or 'nobody knows'}; policies treat it as written by an AI", YELLOW
    elif part.origin.kind == "person":
        yield "origin", f"{part.origin.person}, who claims the lines{_where(part)}", ""
    yield from _written(part)
    if part.checked:
        fired = ", ".join(part.checked.policies[:4]) + (", …" if part.checked.policies[4:] else "")
        tier = f"tier {part.checked.tier}"
        said = f"{part.checked.verdict}, {tier}" + (f": {fired}" if fired else "") + f", entry {part.checked.entry}"
        yield "checked", said, _VERDICTS.get(part.checked.verdict, "")
        for waiver in part.checked.waivers:
            yield "waiver", waiver, YELLOW
    elif part.tree or part.brought.commit:
        yield "checked", "no decision about that tree is in the log", DIM
    for review in part.reviewed:
        how = how_known(review)
        approved = GREEN if review.person else DIM
        style = approved if review.answer == "approve" else RED if review.answer == "reject" else ""
        yield "reviewed", f"{review.by}, {review.role}: {review.answer} ({how}), entry {review.entry}", style
    if part.merged:
        target = part.merged.target.removeprefix("refs/heads/")
        yield "merged", f"into {target} by {part.merged.by} ({part.merged.method}), entry {part.merged.entry}", ""


def how_known(review: Reviewed) -> str:
    """Tell how it is known who reviewed, and whether that counts."""
    if review.claimed:
        return f"claimed, signed by {review.signer or 'a bare key'}: counts for nothing"
    if review.method == "local":
        return "local keys, which prove no person"
    return f"by {review.method}" if review.person else f"by {review.method}; no person: counts for nothing"


def _written(part: Part) -> Iterator[tuple[str, str, str]]:
    written = part.written
    if written is None:
        if part.origin.kind == "generation":
            yield "origin", f"the record {part.origin.generation[:_DIGITS]}…, which this log does not hold", YELLOW
        return
    if part.asked:
        ticket = f"ticket {part.asked.ticket[:_DIGITS]}…" if part.asked.ticket else "by a prompt"
        by = "nobody authenticated who asked" if part.asked.by == "unknown" else part.asked.by
        yield "asked", f"{part.asked.id or ticket}; {by}, entry {part.asked.entry}", ""
    if part.origin.kind == "generation":
        model = f", {written.model}" if written.model else ""
        weak = YELLOW if written.claimed or written.source in ("trailer", "note") else ""
        how = _SOURCES.get(written.source, written.source)
        if written.claimed:
            how = f"claimed, signed by {written.signer or 'a bare key'}"
        yield "origin", f"{written.agent}{model}: {how}{_where(part)}", weak
    if written.prompt:
        kinds = ", ".join(written.findings)
        found = f"; in it: {kinds}" if kinds else ""
        yield "prompt", f"{written.prompt[:_DIGITS]}…, {written.classification}, {written.prompt_size:,} bytes{found}", ""
    changed = [fit for fit in part.fits if fit.how in ("edited", "formatted")]
    for how in ("formatted", "edited"):
        lines = [f"{fit.first}–{fit.last}" if fit.last > fit.first else str(fit.first) for fit in changed if fit.how == how]
        if lines:
            yield "lines", f"{', '.join(lines[:8])}{' …' if lines[8:] else ''} {_FITS[how]}", DIM


def _where(part: Part) -> str:
    entry = f", entry {part.written.entry}" if part.written else ""
    return f"{entry}{', not settled: laid against the records just now' if part.live else ''}"


def _range(part: Part) -> str:
    return str(part.first) if part.first == part.last else f"{part.first}–{part.last}"


def _s(word: str, count: int) -> str:
    return word if count == 1 else "entries" if word == "entry" else f"{word}s"


def _numbers(entries: list[int]) -> str:
    return ", ".join(map(str, entries[:12])) + (", …" if entries[12:] else "")
