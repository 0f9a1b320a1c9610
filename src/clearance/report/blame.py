"""The story of lines for a terminal."""

from collections.abc import Iterator, Sequence

from clearance.facts.story import Asked, Other, Part, Reviewed, Story
from clearance.facts.text import counted
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
        said = f"{known} of {counted(total, 'line')} with a known origin"
        more = f"; rests on {numbered(entries)} of {story.entries}" if entries else ""
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
    yield "asked", *asked(part.asked)
    yield from _written(part)
    for other in part.others:
        lines = f"{other.first}–{other.last}" if other.last > other.first else str(other.first)
        yield "disputed", f"{lines} also claimed by {_claimer(other)}", YELLOW
    if part.checked:
        fired = ", ".join(part.checked.policies[:4]) + (", …" if part.checked.policies[4:] else "")
        tier = f"tier {part.checked.tier}"
        said = f"{part.checked.verdict}, {tier}" + (f": {fired}" if fired else "") + f", entry {part.checked.entry}"
        yield "checked", said, _VERDICTS.get(part.checked.verdict, "")
        for waiver in part.checked.waivers:
            yield "waiver", waiver, YELLOW
    elif part.tree or part.brought.commit:
        yield "checked", "no decision about that tree is in the log", DIM
    yield from (("reviewed", *one) for one in reviewed(part.reviewed))
    if part.merged:
        target = part.merged.target.removeprefix("refs/heads/")
        yield "merged", f"into {target} {merger(part.merged.by)} ({part.merged.method}), entry {part.merged.entry}", ""


def _claimer(other: Other) -> str:
    if other.written is None:
        return f"the record {other.generation[:_DIGITS]}…, which this log does not hold"
    model = f", {other.written.model}" if other.written.model else ""
    return f"{other.written.agent}{model}, entry {other.written.entry}"


def asked(one: Asked | None) -> tuple[str, str]:
    """Tell who asked, in the words of all answers about lines: the text and its style."""
    if one is None:
        return "unknown", DIM
    what = one.id or (f"ticket {one.ticket[:_DIGITS]}…" if one.ticket else "by a prompt")
    by = "nobody authenticated who asked" if one.by == "unknown" else _claimed_by(one.by) or one.by
    return f"{what}; {by}, entry {one.entry}", ""


def reviewed(reviews: Sequence[Reviewed]) -> Iterator[tuple[str, str]]:
    """Tell who reviewed, in the words of all answers about lines: texts and their styles."""
    for one in reviews:
        approved = GREEN if one.person else DIM
        style = approved if one.answer == "approve" else RED if one.answer == "reject" else ""
        yield f"{one.by}, {one.role}: {one.answer} ({_how_known(one)}), entry {one.entry}", style
    if not reviews:
        yield "by nobody, as far as the log knows", DIM


def _claimed_by(name: str) -> str:
    """Say that somebody is an account of a machine and no more; empty for everybody else."""
    _, user, login = name.partition("/user/")
    return f"claimed by user/{login} of this machine" if user and name.startswith("spiffe://") else ""


def merger(name: str) -> str:
    """Say who merged: `by` somebody, or who claims it."""
    return _claimed_by(name) or f"by {name}"


def _how_known(review: Reviewed) -> str:
    if review.claimed:
        return f"claimed, signed by {review.signer or 'a bare key'}: counts for nothing"
    if review.method == "local":
        return "local keys, which prove no person"
    if claimed := _claimed_by(review.by):
        return f"{claimed}: counts for nothing"
    return f"by {review.method}" if review.person else f"by {review.method}; no person: counts for nothing"


def _written(part: Part) -> Iterator[tuple[str, str, str]]:
    written = part.written
    if written is None:
        if part.origin.kind == "generation":
            yield "origin", f"the record {part.origin.generation[:_DIGITS]}…, which this log does not hold", YELLOW
        return
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


def numbered(entries: Sequence[int]) -> str:
    """Name entries by their numbers: `entry 3`, `entries 3, 4`."""
    return (
        ("entry " if len(entries) == 1 else "entries ") + ", ".join(map(str, entries[:12])) + (", …" if entries[12:] else "")
    )
