"""Turns what families saw into findings and sightings: names them by their shape, tells new from old, masks secrets."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from clearance.facts.change import ChangeKind, FileChange
from clearance.facts.finding import Aside, Edit, Excerpt, Finding, Gap, Place, Sighting, Step
from clearance.facts.text import Decoded
from clearance.rules.model import Rule
from clearance.scan.advice import advice, broken
from clearance.scan.family import Match, Read, SetAside, Span, View

MASK = "****"
_MASKING = frozenset({"secrets", "personal"})
"""The families that say what must be masked."""
_AROUND = 1
_MOST_LINES = 6
_WIDEST = 400
_LONGEST_SHAPE = 2_000
_MOST_TRAIL = 40
"""So many steps of a path tell a finding from another."""
_SHORTEST_SECRET = 6
_MOST_SECRETS = 200
_MOST_ASIDES = 200


class FileResult(msgspec.Struct, frozen=True, kw_only=True):
    """All that was seen in one file, the families that looked at it, and the words of its import lines."""

    findings: tuple[Finding, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    gaps: tuple[Gap, ...] = ()
    looked: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    read: dict[str, Read] = {}
    """By family, how much of the syntax was read and understood."""
    asides: tuple[Aside, ...] = ()
    more_asides: int = 0
    """How many were set aside beyond those that are kept."""
    set_aside: dict[str, int] = {}
    """By reason, how many of all were introduced."""
    passing: bool = False
    """It rests on the day, or on what an index answered."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What one family gave for one file: by side for a family that looks at one side, all under `after` otherwise."""

    family: str
    after: tuple[Match, ...] = ()
    before: tuple[Match, ...] = ()
    comparing: bool = False
    read: Read | None = None
    aside: tuple[SetAside, ...] = ()
    """What stood on the after side and was set aside."""
    passing: bool = False


class _Hidden:
    """The secrets of a file, wherever else their text turns up: in the words of another family, on another line, and without
    the disguise in which they were found."""

    def __init__(self, sides: "Iterable[_Side]", undone: Iterable[str]) -> None:
        found = {side.view.text[first:last] for side in sides for first, last in side.secrets}
        found.update(undone)
        self._texts = sorted((text for text in found if len(text) >= _SHORTEST_SECRET), key=len, reverse=True)

    def words(self, text: str, otherwise: str) -> str:
        """The words of a family without any secret; with very many secrets, to look for them all costs too much."""
        return self._without(text) if len(self._texts) <= _MOST_SECRETS else otherwise

    def excerpt(self, excerpt: Excerpt | None) -> Excerpt | None:
        """An excerpt, whose secrets are masked where they were found, with them masked elsewhere too; none with very many
        secrets, because to look for them all costs too much."""
        if excerpt is None or len(self._texts) > _MOST_SECRETS:
            return None
        return Excerpt(first=excerpt.first, lines=tuple(self._without(line) for line in excerpt.lines))

    def edits(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """The edits as they are; none where one of them would write a secret."""
        if len(self._texts) > _MOST_SECRETS or any(secret in edit.text for edit in edits for secret in self._texts):
            return ()
        return edits

    def _without(self, text: str) -> str:
        for secret in self._texts:
            text = text.replace(secret, MASK)
        return text


class _Side:
    """A view with all secret spans that any family saw in it."""

    def __init__(self, view: View, secrets: Iterable[Span]) -> None:
        self.view = view
        self.secrets = _merged(secrets)

    def masked(self, start: int, end: int) -> str:
        """The text from `start` to `end` with secrets masked."""
        pieces = []
        at = start
        for first, last in self.secrets:
            if last <= at or first >= end:
                continue
            pieces += [self.view.text[at : max(first, at)], MASK]
            at = min(last, end)
        pieces.append(self.view.text[at:end])
        return "".join(pieces)

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Offsets of the start of one line and the end of another."""
        starts = self.view.starts
        return starts[first - 1], starts[last] if last < len(starts) else len(self.view.text)

    def shape(self, match: Match) -> str:
        """The lines of the match with white space folded and secrets masked, or what the family says it is."""
        if match.shape:
            return match.shape
        if match.whole_file:
            return ""
        start, end = self.lines(self.view.position(match.start)[0], self.view.position(max(match.end - 1, match.start))[0])
        # A line of megabytes is cut around the match, so that shapes stay small.
        start, end = max(start, match.start - _LONGEST_SHAPE), min(end, match.end + _LONGEST_SHAPE)
        return " ".join(self.masked(start, end).split())

    def trail(self, match: Match) -> tuple[str, ...]:
        """The lines that lead to the match, each once, folded and masked as its own: the same last line with another source
        is another finding."""
        told: dict[str, None] = {}
        for step in match.steps[:_MOST_TRAIL]:
            if step.place.path != self.view.path or not 0 < step.place.line <= len(self.view.starts):
                told[f"{step.place.path}: {step.message}"] = None
                continue
            start, end = self.lines(step.place.line, step.place.line)
            told[" ".join(self.masked(start, min(end, start + _LONGEST_SHAPE)).split())] = None
        return tuple(told)

    def place(self, match: Match) -> Place:
        """Where the match lies."""
        if match.whole_file:
            return Place(path=self.view.path, line=0)
        return self.span(match.start, match.end)

    def span(self, start: int, end: int) -> Place:
        """Where a range of offsets lies."""
        line, column = self.view.position(start)
        end_line, end_column = self.view.position(end)
        return Place(path=self.view.path, line=line, column=column, end_line=end_line, end_column=end_column)

    def excerpt(self, place: Place) -> Excerpt | None:
        """The lines around a place, secrets masked, long lines cut around the place."""
        if place.line == 0:
            return None
        first = max(1, place.line - _AROUND)
        last = min(max(place.line, place.end_line), place.line + _MOST_LINES - 1, len(self.view.starts))
        lines = []
        for number in range(first, last + 1):
            start, end = self.lines(number, number)
            cut = start
            if number == place.line and place.column > _WIDEST // 2:
                cut = start + place.column - _WIDEST // 4
            text = self.masked(cut, min(end, cut + 2 * _WIDEST)).rstrip("\r\n")
            lines.append(("…" if cut > start else "") + (text if len(text) <= _WIDEST else text[:_WIDEST] + "…"))
        return Excerpt(first=first, lines=tuple(lines))


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in sorted(set(spans)):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def compare(
    file: FileChange,
    before: View | None,
    after: View | None,
    seen: Sequence[Seen],
    rules: Mapping[str, Rule],
    gaps: Sequence[Gap] = (),
) -> FileResult:
    """Join what all families saw in one file into its result.

    A match of the after side is introduced when the before side has fewer matches of the same rule, shape and identity;
    among equals those on added lines are the new ones. Where only pieces of the file are known, being on an added line
    decides. A sighting is introduced also when the change touches its span, and `gone` when only the before side has it.
    """
    sides = {
        name: _Side(view, (span for one in seen for match in _of(one, name) for span in match.secrets))
        for name, view in (("before", before), ("after", after))
        if view is not None
    }
    # A side that is no text can still be meant as a whole: a guard that a NUL byte makes binary is a changed guard.
    for one in seen:
        for match in one.after if one.comparing else ():
            if match.whole_file and match.side not in sides:
                sides[match.side] = _Side(View(file.path, match.side, b"", Decoded("", "utf-8", broken=False)), ())
    hidden = _Hidden(sides.values(), (text for one in seen for match in (*one.after, *one.before) for text in match.hidden))
    # Where the search for secrets came to no end, the lines around a finding may hold one that nobody saw.
    quoted = not any(gap.scanner in _MASKING for gap in gaps)
    findings: list[Finding] = []
    sightings: list[Sighting] = []
    counts: Counter[tuple[str, ...]] = Counter()
    for one in seen:
        for match, side, new, gone in _told_apart(file, one, sides):
            rule = rules[match.rule]
            if rule.tier is not None:
                touched = new or gone or _touches(file, sides[side], match)
                sightings.append(_sighting(rule, sides[side], match, hidden, introduced=touched, gone=gone))
            elif not gone:
                shape = sides[side].shape(match)
                trail = sides[side].trail(match)
                counts[(match.rule, shape, *trail)] += 1
                number = str(counts[(match.rule, shape, *trail)])
                name = "\0".join((rule.id, sides[side].view.path, shape, *trail, number))
                findings.append(_finding(rule, sides[side], match, name, hidden, introduced=new, quoted=quoted))
    findings = _without_doubles(findings, rules)
    aside = [_aside(file, sides["after"], one) for family in seen for one in family.aside]
    aside.sort(key=lambda one: not one.introduced)
    return FileResult(
        asides=tuple(aside[:_MOST_ASIDES]),
        more_asides=max(0, len(aside) - _MOST_ASIDES),
        set_aside=dict(Counter(one.reason.value for one in aside if one.introduced)),
        findings=tuple(findings),
        sightings=tuple(sightings),
        gaps=tuple(gaps),
        # Words around a change are no files: nobody counts them as such.
        looked=() if file.kind is ChangeKind.TEXT else tuple(dict.fromkeys(one.family for one in seen)),
        read={one.family: one.read for one in seen if one.read is not None},
    )


def _without_doubles(findings: list[Finding], rules: Mapping[str, Rule]) -> list[Finding]:
    """Join what two families see on the same line: a page that says `same-as` gives way to that rule and becomes its
    witness."""
    given = list(findings)
    for one in findings:
        other = rules[one.rule].options.get("same-as")
        for number, kept in enumerate(given) if other else ():
            if (
                kept.rule == other
                and kept.introduced == one.introduced
                and kept.place.line <= one.place.line <= max(kept.place.line, kept.place.end_line)
            ):
                witnesses = tuple(dict.fromkeys((*kept.witnesses, f"{one.family}:{one.rule}")))
                given[number] = msgspec.structs.replace(kept, witnesses=witnesses)
                given.remove(one)
                break
    return given


def _of(one: Seen, side: str) -> Iterable[Match]:
    if one.comparing:
        return (match for match in one.after if match.side == side)
    return one.after if side == "after" else one.before


def _told_apart(file: FileChange, one: Seen, sides: Mapping[str, _Side]) -> Iterable[tuple[Match, str, bool, bool]]:
    """Give each match with its side, whether it is new, and whether it is gone."""
    if one.comparing:
        yield from ((match, match.side, True, False) for match in one.after if match.side in sides)
        return
    old: Counter[tuple[str, str, str]] = Counter()
    if "before" in sides:
        old.update((match.rule, sides["before"].shape(match), match.identity) for match in one.before)
    if "after" in sides:
        side = sides["after"]
        # Matches on untouched lines take their counterparts first, so that a copy is the one that counts as new.
        order = sorted(one.after, key=lambda match: (_touches(file, side, match), match.start))
        for match in order:
            if file.partial:
                yield match, "after", _touches(file, side, match), False
                continue
            key = (match.rule, side.shape(match), match.identity)
            known = old[key] > 0
            old[key] -= known
            yield match, "after", not known, False
    if "before" in sides and not file.partial:
        for match in one.before:
            key = (match.rule, sides["before"].shape(match), match.identity)
            if old[key] > 0:
                old[key] -= 1
                yield match, "before", False, True


def _touches(file: FileChange, side: _Side, match: Match) -> bool:
    if match.whole_file:
        return bool(file.added or file.removed)
    first = side.view.position(match.start)[0]
    last = side.view.position(max(match.end - 1, match.start))[0]
    ranges = file.added if side.view.side == "after" else file.removed
    return any(low <= last and first <= high for low, high in ranges)


def _aside(file: FileChange, side: _Side, one: SetAside) -> Aside:
    """Name the place; it counts as introduced where it lies on added lines, or where there is no other side."""
    place = side.span(one.start, one.end)
    new = file.before is None or any(low <= place.end_line and place.line <= high for low, high in file.added)
    return Aside(rule=one.rule, place=place, reason=one.reason, introduced=new)


def _finding(
    rule: Rule, side: _Side, match: Match, name: str, hidden: _Hidden, *, introduced: bool, quoted: bool
) -> Finding:
    place = side.place(match)
    return Finding(
        rule=rule.id,
        family=rule.family,
        severity=match.severity or rule.severity,
        confidence=match.confidence or rule.confidence,
        place=place,
        message=hidden.words(match.message, rule.title) or broken(rule.title),
        fingerprint=hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(),
        introduced=introduced,
        fix=hidden.words(match.fix, rule.brief) or advice(rule),
        cwe=rule.cwe,
        controls=rule.controls,
        steps=tuple(Step(place=step.place, message=hidden.words(step.message, rule.title)) for step in match.steps),
        excerpt=hidden.excerpt(side.excerpt(place)) if quoted else None,
        edits=hidden.edits(tuple(Edit(place=side.span(start, end), text=text) for start, end, text in match.edits)),
        secret=match.secret,
    )


def _sighting(rule: Rule, side: _Side, match: Match, hidden: _Hidden, *, introduced: bool, gone: bool) -> Sighting:
    return Sighting(
        trigger=rule.id,
        title=rule.title,
        tier=rule.tier or 0,
        place=side.place(match),
        reason=hidden.words(match.message, rule.title) or rule.title,
        introduced=introduced,
        gone=gone,
    )
