"""Writes a proof of liveness: a certificate for people, JSON for programs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from clearance.facts.fact import plain
from clearance.facts.outcome import Receipt
from clearance.facts.proof import Proof, Pulse, Shot
from clearance.report.document import document
from clearance.report.layout import Line, Piece, cells, hanging, pad, paint, wrap
from clearance.report.look import Look
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

SCHEMA = "urn:clearance:proof:v1"
_STYLES = {Pulse.DEAD: f"{BOLD};{RED}", Pulse.UNTRIED: YELLOW, Pulse.ALIVE: GREEN, Pulse.ABSENT: DIM}
_FOLDED = frozenset({"policy", "rule", "scanner", "log", "instructions"})
"""Kinds of guards that share one line while all of them are alive."""
_WORD = 9
_WIDEST = 44
_TOOK = 11
_SHORT_KEY = 12


class Certificate(NamedTuple):
    """What is written: the proof; its receipt, or why there is none; when the proof was made from which something was taken
    (RFC 3339, or empty); when each guard was alive last."""

    proof: Proof
    receipt: Receipt | None
    unrecorded: str
    reused: str
    lived: Mapping[str, str]


def text(certificate: Certificate, look: Look) -> str:
    """Lay a certificate out for a terminal: the dead guards first, each with why, since when, and what mends it."""
    pen = Pen(look)
    shots = certificate.proof.shots
    dead = [one for one in shots if one.pulse is Pulse.DEAD]
    untried = [one for one in shots if one.pulse is Pulse.UNTRIED]
    blocks = [
        _head(certificate, pen),
        *(_dead(one, certificate, pen) for one in dead),
        _table([one for one in shots if one.pulse is Pulse.ALIVE], pen, show_all=look.show_all),
        [line for same in _alike(untried) for line in _untried(same, pen)],
        _absent([one for one in shots if one.pulse is Pulse.ABSENT], pen, show_all=look.show_all),
        _foot(certificate, pen),
    ]
    return "\n\n".join("\n".join(paint(block, color=look.color)) for block in blocks if block) + "\n"


def json(certificate: Certificate) -> str:
    """Give one JSON document (RFC 8259): the proof, its counts, since when each dead guard is dead, and the receipt."""
    proof = certificate.proof
    return document(
        {
            "schema": SCHEMA,
            "version": proof.version,
            "at": proof.at,
            "inputs": proof.inputs,
            "counts": {pulse.value: number for pulse, number in _counts(proof).items()},
            "guards": [_entry(one, certificate.lived) for one in proof.shots],
            "reused": certificate.reused,
            "receipt": plain(certificate.receipt) if certificate.receipt else None,
            "unrecorded": certificate.unrecorded,
        }
    )


def _entry(one: Shot, lived: Mapping[str, str]) -> dict[str, Any]:
    return {**plain(one), "alive_last": lived.get(one.guard, "")}


def _counts(proof: Proof) -> dict[Pulse, int]:
    found = Counter(one.pulse for one in proof.shots)
    return {pulse: found[pulse] for pulse in Pulse}


def _head(certificate: Certificate, pen: Pen) -> list[Line]:
    counts = _counts(certificate.proof)
    said = ", ".join(f"{number} {pulse.value}" for pulse, number in counts.items() if number) or "nothing to try"
    if counts[Pulse.DEAD]:
        label = Piece("DEAD GUARDS", _STYLES[Pulse.DEAD])
    elif counts[Pulse.ALIVE]:
        label = Piece("ALIVE", f"{BOLD};{GREEN}")
    else:
        label = Piece("NOTHING PROVED", f"{BOLD};{YELLOW}")
    first: Line = [Piece(pen.own(f"clearance {pen.shown(certificate.proof.version)}   liveness of guards"), BOLD)]
    return [first, [label, Piece("   "), Piece(pen.own(said))]]


def _dead(one: Shot, certificate: Certificate, pen: Pen) -> list[Line]:
    where = [Piece("   "), Piece(pen.shown(one.where), CYAN)] if one.where else []
    lines: list[Line] = [[Piece(pad("dead", _WORD), _STYLES[Pulse.DEAD]), Piece(pen.shown(one.guard), BOLD), *where]]
    lines += _indented(pen.own(one.why), pen, "")
    lived = certificate.lived.get(one.guard, "")
    since = [f"dead since {_moment(one.since)}"] if one.since else []
    since += [f"alive last on {_moment(lived)}"] if lived else ["never proved alive"]
    lines += _indented(pen.own("; ".join(since)), pen, DIM)
    if one.mend:
        lines += _indented(pen.own(f"→ {one.mend}"), pen, "")
    return lines


def _table(shots: Sequence[Shot], pen: Pen, *, show_all: bool) -> list[Line]:
    rows = list(_rows(shots, show_all=show_all))
    width = min(_WIDEST, max((cells(pen.shown(guard)) for guard, _, _ in rows), default=0))
    lines: list[Line] = []
    for guard, milliseconds, why in rows:
        name = pen.shown(guard)
        took = f"{milliseconds:,} ms" if milliseconds else ""
        start = _WORD + width + _TOOK + 2
        parts = wrap(pen.own(why), max(24, pen.width - start))
        head: Line = [Piece(pad("alive", _WORD), _STYLES[Pulse.ALIVE]), Piece(pad(name, width))]
        if cells(name) > width:
            lines += [head]
            head = [Piece(" " * (_WORD + width))]
        lines.append([*head, Piece(took.rjust(_TOOK), DIM), Piece("  "), Piece(parts[0])])
        lines += [[Piece(" " * start), Piece(part)] for part in parts[1:]]
    return lines


def _rows(shots: Sequence[Shot], *, show_all: bool) -> Iterator[tuple[str, int, str]]:
    """Give name, milliseconds and words of each row; guards of one kind are folded where there are many of them."""
    for kind, group in groupby(sorted(shots, key=lambda one: (one.kind, one.guard)), key=lambda one: one.kind):
        same = list(group)
        if show_all or kind not in _FOLDED or len(same) == 1:
            for one in same:
                yield one.guard, one.milliseconds, one.why
            continue
        names = ", ".join(one.guard.partition(":")[2] for one in same)
        shown = names if kind == "scanner" or len(names) <= _WIDEST else f"all {len(same)} (--all names them)"
        yield kind, max(one.milliseconds for one in same), shown


def _alike(shots: Sequence[Shot]) -> list[list[Shot]]:
    """Put guards together of which the same is to be said."""
    groups: dict[tuple[str, str], list[Shot]] = {}
    for one in shots:
        groups.setdefault((one.why, one.mend), []).append(one)
    return list(groups.values())


def _untried(same: Sequence[Shot], pen: Pen) -> list[Line]:
    label = Piece(pad("untried", _WORD), _STYLES[Pulse.UNTRIED])
    names = ", ".join(one.guard for one in same)
    lines = hanging(label, Piece(pen.own(f"{names}: {same[0].why}")), pen.width)
    return lines + (_indented(pen.own(f"→ {same[0].mend}"), pen, DIM) if same[0].mend else [])


def _absent(shots: Sequence[Shot], pen: Pen, *, show_all: bool) -> list[Line]:
    if not shots:
        return []
    label = Piece(pad("absent", _WORD), _STYLES[Pulse.ABSENT])
    if show_all:
        return [line for one in shots for line in hanging(label, Piece(pen.own(f"{one.guard}: {one.why}"), DIM), pen.width)]
    names = ", ".join(one.guard for one in shots)
    return hanging(label, Piece(pen.own(f"{names} (not installed here; nothing is wrong with that)"), DIM), pen.width)


def _foot(certificate: Certificate, pen: Pen) -> list[Line]:
    lines: list[Line] = []
    if certificate.reused:
        said = f"guards that rest on the same as then stand as in the proof of {_moment(certificate.reused)}"
        lines += hanging(Piece(pad("reused", _WORD), DIM), Piece(pen.own(said), DIM), pen.width)
    receipt = certificate.receipt
    if receipt is not None:
        said = f"entry {receipt.index} of {receipt.log}, signed by {receipt.key[:_SHORT_KEY]}, digest {receipt.digest}"
        lines += hanging(Piece(pad("receipt", _WORD), DIM), Piece(pen.own(said)), pen.width)
    elif certificate.unrecorded:
        label = Piece(pad("unsigned", _WORD), _STYLES[Pulse.DEAD])
        lines += hanging(label, Piece(pen.own(f"not recorded: {certificate.unrecorded}")), pen.width)
    return lines


def _indented(said: str, pen: Pen, style: str) -> list[Line]:
    return [[Piece(" " * _WORD), Piece(part, style)] for part in wrap(said, max(24, pen.width - _WORD))] if said else []


def _moment(at: str) -> str:
    """Write a moment (RFC 3339, UTC) for people; what is none stays as it is."""
    try:
        return datetime.fromisoformat(at).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return at
