"""What a replay showed, as text."""

from collections.abc import Iterator

from clearance.facts.replay import Again, Replay
from clearance.report.look import Look
from clearance.report.pen import GREEN, RED, YELLOW, Pen

_MOST_ROWS = 20
_WORDS = {"same": ("the same", GREEN), "differs": ("differs", RED), "missing": ("could not be replayed", YELLOW)}


def render(found: Replay, look: Look) -> str:
    """Write it down: a row for each decision (for those that are not the same only, where there are many), then the sum."""
    pen = Pen(look)
    return "".join(f"{line}\n" for line in _lines(found, look, pen))


def _lines(found: Replay, look: Look, pen: Pen) -> Iterator[str]:
    everything = look.show_all or len(found.entries) <= _MOST_ROWS
    shown = [one for one in found.entries if everything or one.result != "same"]
    for one in shown:
        yield from _entry(one, found.version, look, pen)
    if shown:
        yield ""
    count = len(found.entries)
    parts = [
        f"{found.same:,} the same" if found.same else "",
        f"{found.differ:,} differ{'s' if found.differ == 1 else ''}" if found.differ else "",
        f"{found.missing:,} could not be replayed" if found.missing else "",
    ]
    said = ", ".join(part for part in parts if part) or "nothing to replay"
    yield pen.own(f"{count:,} decision{'' if count == 1 else 's'} given again by version {found.version}: {said}")
    if found.more:
        yield pen.own("older ones were left out; --all replays all")
    held = "" if not any(one.why.startswith("not as it was signed") for one in found.entries) else ", but where it says not"
    size = f"{found.size:,} {'entry' if found.size == 1 else 'entries'}"
    yield f"log {pen.shown(found.log)}, {size}; the signature of each decision above holds{held}"


def _entry(one: Again, version: str, look: Look, pen: Pen) -> Iterator[str]:
    word, colour = _WORDS[one.result]
    told = f"\x1b[{colour}m{word}\x1b[0m" if look.color else word
    note = "   (its policies are not kept; those of today have the same digest)" if one.found == "today" else ""
    row = f"#{one.entry:<6} {one.time or '-':<20}  {one.source or '-':<8}  {one.verdict or '-':<5}  "
    yield f"{pen.shown(row)}{told}{note}"
    for differs in one.differs:
        yield f"    {pen.shown(differs.what)}"
        yield f"        signed  {pen.shown(differs.signed) or '-'}"
        yield f"        now     {pen.shown(differs.now) or '-'}"
    if one.result == "differs":
        yield f"    signed by version {pen.shown(one.version)}; given again by {version}"
    if one.why:
        yield f"    {pen.shown(one.why)}"
    if one.next:
        yield f"    {pen.shown(one.next)}"
