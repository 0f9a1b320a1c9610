"""Writes the verdicts on packages: a table for people, JSON for programs."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.finding import Gap
from clearance.facts.standing import Note, Reason, Standing, Word
from clearance.report.layout import Line, Piece, cells, hanging, pad, paint, wrap
from clearance.report.look import Look
from clearance.report.pen import BOLD, CYAN, DIM, GREEN, RED, YELLOW, Pen

SCHEMA = "clearance/packages/1"
_STYLES = {Word.BAD: f"{BOLD};{RED}", Word.UNKNOWN: YELLOW, Word.OK: GREEN}
_MOST_BAD, _MOST_UNKNOWN, _MOST_GAPS = 50, 8, 10
"""Rows of each that are shown before the rest is only counted."""
_WIDEST_NAME, _WIDEST_VERSION = 40, 18
_INDENT = "         "


class Verdicts(NamedTuple):
    """What is written: the verdicts, worst first; findings about files; what could not be looked at; how many files name
    packages; the day."""

    standings: Sequence[Standing]
    notes: Sequence[Note]
    gaps: Sequence[Gap]
    files: int
    today: dt.date


def text(verdicts: Verdicts, look: Look) -> str:
    """Lay the verdicts out for a terminal, the bad ones with what to do, the unknown ones under what they have in common."""
    pen = Pen(look)
    lines = _head(verdicts, pen)
    widths = _widths(verdicts.standings)
    bad = [one for one in verdicts.standings if one.word is Word.BAD]
    unknown = [one for one in verdicts.standings if one.word is Word.UNKNOWN]
    fine = [one for one in verdicts.standings if one.word is Word.OK]
    most = None if look.show_all else _MOST_BAD
    for one in bad[:most]:
        # What else is unknown of a bad one stands in the JSON.
        accusing = [reason for reason in one.reasons if reason.rule]
        lines += [[], *_row(one, verdicts.today, widths, pen), *_reasons(accusing, pen)]
    lines += _more(len(bad[most:]) if most else 0, "bad", pen)
    for note in verdicts.notes:
        lines += [[], *_note(note, pen)]
    for reasons, group in _grouped(unknown):
        lines += [[], *_why(len(group), reasons, pen)]
        most = None if look.show_all else _MOST_UNKNOWN
        for one in group[:most]:
            lines += _row(one, verdicts.today, widths, pen)
        lines += _more(len(group[most:]) if most else 0, "unknown", pen)
    if look.show_all and fine:
        lines.append([])
        for one in fine:
            lines += [*_row(one, verdicts.today, widths, pen), *_reasons(one.reasons, pen)]
    return "\n".join(paint([*lines, *_unseen(verdicts.gaps, pen, look)], color=look.color)) + "\n"


def json(verdicts: Verdicts) -> str:
    """Give one JSON document (RFC 8259): every verdict with its reasons, the age of the data in days, and where it
    stands."""
    document = {
        "schema": SCHEMA,
        "date": verdicts.today,
        "files": verdicts.files,
        "counts": {word.value: number for word, number in _counts(verdicts.standings).items()},
        "packages": [_entry(one, verdicts.today) for one in verdicts.standings],
        "notes": [
            {"path": note.place.path, "line": note.place.line, "bad": note.bad, "reason": note.reason}
            for note in verdicts.notes
        ],
        "gaps": [gap for gap in verdicts.gaps if gap.matters],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _entry(one: Standing, today: dt.date) -> dict[str, object]:
    return {
        "registry": one.registry.value,
        "name": one.name,
        "version": one.version,
        "wanted": one.wanted,
        "verdict": one.word.value,
        "reasons": one.reasons,
        "data": one.date,
        "age": (today - one.date).days if one.date else None,
        "places": [{"path": place.path, "line": place.line} for place in one.places],
    }


def _counts(standings: Sequence[Standing]) -> dict[Word, int]:
    found = Counter(one.word for one in standings)
    return {word: found[word] for word in Word}


def _head(verdicts: Verdicts, pen: Pen) -> list[Line]:
    total = len(verdicts.standings)
    if not total:
        said = "no names of packages" if not verdicts.gaps else "no names of packages in what could be looked at"
        return hanging(Piece("packages  ", BOLD), Piece(pen.own(said)), pen.width)
    counts = ", ".join(f"{number:,} {word.value}" for word, number in _counts(verdicts.standings).items() if number)
    names = "1 name" if total == 1 else f"{total:,} names and versions"
    files = "1 file" if verdicts.files == 1 else f"{verdicts.files:,} files"
    return hanging(Piece("packages  ", BOLD), Piece(pen.own(f"{names} in {files}: {counts}")), pen.width)


def _widths(standings: Sequence[Standing]) -> tuple[int, int, int]:
    return (
        max((len(one.registry.value) for one in standings), default=0),
        min(_WIDEST_NAME, max((cells(one.name) for one in standings), default=0)),
        min(_WIDEST_VERSION, max((cells(one.version or one.wanted or "-") for one in standings), default=0)),
    )


def _row(one: Standing, today: dt.date, widths: tuple[int, int, int], pen: Pen) -> list[Line]:
    """Write one name: verdict, registry, name, version, age of the data, first place."""
    registry, name, version = widths
    age = f"data {(today - one.date).days:,} d" if one.date else "no data"
    place = f"{one.places[0].path}:{one.places[0].line}" if one.places else ""
    more = f" (+{len(one.places) - 1})" if len(one.places) > 1 else ""
    return [
        [
            Piece(pad(one.word.value, len(_INDENT)), _STYLES[one.word]),
            Piece(pad(one.registry.value, registry + 2), DIM),
            Piece(pad(pen.shown(one.name) + "  ", name + 2), BOLD),
            Piece(pad(pen.shown(one.version or one.wanted or "-") + "  ", version + 2)),
            Piece(pad(age, 12), DIM),
            Piece(pen.shown(place), CYAN),
            Piece(more, DIM),
        ]
    ]


def _note(note: Note, pen: Pen) -> list[Line]:
    """Write a finding about a file: its verdict, rule and place, and what to do."""
    word, style = ("bad", _STYLES[Word.BAD]) if note.bad else ("note", DIM)
    where = f"{note.place.path}:{note.place.line}" if note.place.line else note.place.path
    head = [Piece(pad(word, len(_INDENT)), style), Piece(note.reason.rule, BOLD), Piece("  "), Piece(pen.shown(where), CYAN)]
    return [head, *_reasons([note.reason], pen)]


def _reasons(reasons: Sequence[Reason], pen: Pen) -> list[Line]:
    lines: list[Line] = []
    for reason in reasons:
        lines += _wrapped(pen.own(reason.text), pen, "")
        if reason.fix:
            lines += _wrapped(pen.own(f"→ {reason.fix}"), pen, DIM)
    return lines


def _why(count: int, reasons: Sequence[Reason], pen: Pen) -> list[Line]:
    label = f"{count:,} unknown: " if count > 1 else "unknown: "
    said = "; ".join(reason.text for reason in reasons) or "nothing is known"
    return hanging(Piece(label, _STYLES[Word.UNKNOWN]), Piece(pen.own(said)), pen.width)


def _wrapped(text: str, pen: Pen, style: str) -> list[Line]:
    return [[Piece(_INDENT), Piece(part, style)] for part in wrap(text, max(20, pen.width - len(_INDENT)))]


def _grouped(unknown: Sequence[Standing]) -> Iterator[tuple[tuple[Reason, ...], list[Standing]]]:
    groups: dict[tuple[Reason, ...], list[Standing]] = {}
    for one in unknown:
        groups.setdefault(one.reasons, []).append(one)
    yield from sorted(groups.items(), key=lambda item: -len(item[1]))


def _more(count: int, what: str, pen: Pen) -> list[Line]:
    return [[Piece(_INDENT), Piece(pen.own(f"{count:,} more {what} (--all shows them)"), DIM)]] if count else []


def _unseen(gaps: Sequence[Gap], pen: Pen, look: Look) -> list[Line]:
    """Tell what nobody looked at; what single names lack stands with them."""
    told = [gap for gap in gaps if gap.stops]
    most = None if look.show_all else _MOST_GAPS
    lines: list[Line] = [[]] if told else []
    for gap in told[:most]:
        where = f"{gap.path}: " if gap.path else ""
        label = Piece("! ", f"{BOLD};{RED}")
        lines += hanging(label, Piece(pen.own(f"{where}{gap.kind.value}: {gap.detail}")), pen.width)
    return lines + _more(len(told[most:]) if most else 0, "not looked at", pen)
