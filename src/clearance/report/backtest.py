"""What a backtest showed, as text with a small picture."""

from collections.abc import Iterator

from clearance.facts.backtest import AuthorCount, Backtest, Passed, PolicyCount
from clearance.report.look import Look
from clearance.report.pen import GREEN, RED, YELLOW, Pen

_VERDICTS = (("ALLOW", GREEN), ("ASK", YELLOW), ("DENY", RED))
_MOST_ROWS = 10
_BAR = 24


def render(found: Backtest, look: Look) -> str:
    """Write it down: the verdicts then and now, who is concerned, by which policies, what it costs, what it would stop."""
    pen = Pen(look)
    return "".join(f"{line}\n" for line in _lines(found, look, pen))


def _lines(found: Backtest, look: Look, pen: Pen) -> Iterator[str]:
    count = _count(found.judged, "decision")
    span = f", {pen.shown(found.first)} to {pen.shown(found.last)}" if found.judged else ""
    yield pen.own(f"{count} about changes{span}, judged again by {pen.shown(found.new)}")
    if found.more:
        yield "older ones were left out; --last N takes more"
    if found.judged:
        yield ""
        yield from _picture(found, look, pen)
        yield ""
        yield from _sum(found, pen)
        yield from _authors(found.authors)
        yield from _policies(found.policies, pen)
        yield from _findings(found, pen)
        yield from _incidents(found, pen)
    yield from _missing(found, pen)


def _picture(found: Backtest, look: Look, pen: Pen) -> Iterator[str]:
    then = {name: sum(one.decisions for one in found.moves if one.then == name) for name, _ in _VERDICTS}
    now = {name: sum(one.decisions for one in found.moves if one.now == name) for name, _ in _VERDICTS}
    yield pen.own(f"{'':<7}{'then':<{_BAR + 9}}with these policies")
    for name, colour in _VERDICTS:
        bars = [_bar(each[name], found.judged, look, colour) for each in (then, now)]
        yield f"{name:<7}{bars[0]} {then[name]:>6,}  {bars[1]} {now[name]:>6,}"


def _bar(part: int, whole: int, look: Look, colour: str) -> str:
    """Draw a share; what is not nothing has at least one cell."""
    full = max(1, round(_BAR * part / whole)) if part else 0
    signs = ("█", "·") if look.unicode else ("#", ".")
    drawn = signs[0] * full
    shown = f"\x1b[{colour}m{drawn}\x1b[0m" if look.color and drawn else drawn
    return shown + signs[1] * (_BAR - full)


def _sum(found: Backtest, pen: Pen) -> Iterator[str]:
    changed = found.stopped + found.asked + found.milder
    told = [
        f"{found.stopped:,} more stopped" if found.stopped else "",
        f"{found.asked:,} more that a person must look at" if found.asked else "",
        f"{found.milder:,} milder" if found.milder else "",
    ]
    rest = found.judged - changed
    said = ", ".join(part for part in told if part) or "no verdict changes"
    yield pen.own(f"{said}; {rest:,} of {found.judged:,} come out the same" if changed else said)
    more = found.reviews_now - found.reviews_then
    cost = f"{more:+,}" if more else "as many as then"
    yield pen.own(f"people who have to look: {found.reviews_then:,} then, {found.reviews_now:,} now ({cost})")


def _authors(authors: tuple[AuthorCount, ...]) -> Iterator[str]:
    concerned = [one for one in authors if one.stopped or one.asked or one.milder]
    if not concerned:
        return
    yield ""
    yield f"{'who wrote it':<14}  {'decisions':>9}  {'stopped':>9}  {'asked':>9}  {'milder':>9}"
    for one in concerned:
        yield f"{one.kind:<14}  {one.decisions:>9,}  {_more(one.stopped)}  {_more(one.asked)}  {_more(one.milder)}"


def _more(count: int) -> str:
    return f"{f'+{count:,}' if count else '-':>9}"


def _policies(policies: tuple[PolicyCount, ...], pen: Pen) -> Iterator[str]:
    if not policies:
        return
    yield ""
    yield "by policy"
    for one in policies[:_MOST_ROWS]:
        parts = []
        if one.newly:
            parts.append(f"a new reason in {one.newly:,}, {one.stricter:,} of them stricter")
        if one.no_longer:
            parts.append(f"no reason any more in {one.no_longer:,}, {one.milder:,} of them milder")
        yield pen.own(f"  {pen.shown(one.policy):<36}  {'; '.join(parts)}")
    if len(policies) > _MOST_ROWS:
        yield f"  and {len(policies) - _MOST_ROWS:,} more; --format json gives all"


def _findings(found: Backtest, pen: Pen) -> Iterator[str]:
    yield ""
    if not found.passed:
        yield "no finding that was let through would have been stopped"
        return
    verb = "was" if found.passed == 1 else "were"
    yield f"{_count(found.passed, 'finding')} that {verb} let through would have been stopped"
    for one in found.findings[:_MOST_ROWS]:
        yield from _finding(one, pen)
    if found.passed > _MOST_ROWS:
        yield f"  and {found.passed - _MOST_ROWS:,} more; --format json gives them"
    later = sum(one.denied >= 0 or one.waived >= 0 for one in found.findings)
    yield pen.own(f"  {later:,} of them turned up again: denied later, or accepted as a risk")
    became = sum(bool(one.incidents) for one in found.findings)
    if found.incidents:
        yield pen.own(f"  {became:,} of them became an incident later")


def _finding(one: Passed, pen: Pen) -> Iterator[str]:
    yield pen.own(
        f"  {one.severity:<8}  {pen.shown(one.rule)} at {pen.shown(one.path)}:{one.line}, entry {one.entry}, "
        f"by {pen.shown(', '.join(one.policies))}"
    )
    later = [f"denied in entry {one.denied}"] if one.denied >= 0 else []
    later += [f"accepted as a risk in entry {one.waived}"] if one.waived >= 0 else []
    later += [f"incident {pen.shown(name)}" for name in one.incidents[:_MOST_ROWS]]
    if later:
        yield pen.own(f"            later {' and '.join(later)}")


def _incidents(found: Backtest, pen: Pen) -> Iterator[str]:
    yield ""
    if not found.incidents:
        yield "no incident is stated in the log (clearance attest incident); what became one outside of it is not known here"
        return
    caught = sum(one.caught > 0 for one in found.incidents)
    known = _count(len(found.incidents), "incident")
    yield pen.own(f"{caught:,} of {known} in the log would have been caught: a finding behind it would have been stopped")
    first = sorted(found.incidents, key=lambda one: not one.caught)
    for one in first[:_MOST_ROWS]:
        what = _count(one.caught, "finding") if one.caught else "no finding that these policies stop"
        yield pen.own(f"  {one.severity:<8}  {pen.shown(one.id)}, opened {pen.shown(one.opened)}, entry {one.entry}: {what}")
    if len(first) > _MOST_ROWS:
        yield f"  and {len(first) - _MOST_ROWS:,} more; --format json gives them"


def _missing(found: Backtest, pen: Pen) -> Iterator[str]:
    if not found.missing:
        return
    yield ""
    verb = "is" if found.missing == 1 else "are"
    yield f"{_count(found.missing, 'decision')} could not be judged again, and {verb} not counted above"
    for one in found.unjudged[:_MOST_ROWS]:
        yield f"  entry {one.entry}: {pen.shown(one.why)}"
        if one.next:
            yield f"    {pen.shown(one.next)}"
    if found.missing > _MOST_ROWS:
        yield f"  and {found.missing - _MOST_ROWS:,} more"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
