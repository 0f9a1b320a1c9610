"""Which new lines of a text fit which run: matches are weighed, and what is believed is told line by line."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from clearance.facts.trace import How
from clearance.trace.align import Index, Match, Source
from clearance.trace.keys import WIDTH, KeyedText
from clearance.trace.signs import alike

_CERTAIN = 24.0
"""Weight from which a match is believed whatever else: about three lines of code that stand nowhere else."""
_ELSEWHERE = 16.0
"""Weight from which a match is believed in another file than the one that the run was written to."""
_HERE = 7.0
"""Weight from which a match is believed in the same file: about one whole line."""
_SHORT = 2.0
"""Weight from which a match is believed in the same file where it is nearly all of its run, neighbours included."""
_NEARLY = 0.7
_USED = 0.5
"""How much of a match may be of lines that a better match has used already."""
_PART = 0.5
"""How much of a line must fit for it to be that line, changed."""
_MOST_BETWEEN = 12


class Text(NamedTuple):
    """A text to look at: its paths (that of before a rename, too), its lines, and which stretches of them are new (from 0,
    the second one not included)."""

    paths: tuple[str, ...]
    keyed: KeyedText
    stretches: tuple[tuple[int, int], ...]


class Fit(NamedTuple):
    """A line that fits: the number of the source, the line in it (from 0), and how."""

    source: int
    line: int
    how: How


def fits(texts: Sequence[Text], index: Index, certain: Sequence[bool]) -> list[dict[int, Fit]]:
    """Give, for each text, the new lines that fit a source of the index. `certain` says by source whether nothing less than
    certainty counts."""
    found: list[Match] = []
    for number, text in enumerate(texts):
        found += index.matches(number, text.paths[0], text.keyed, text.stretches)
    found.sort(key=lambda match: (-match.weight, match.text, match.pieces[0].at))
    used = [bytearray(len(source.shingles)) for source in index.sources]
    covered: list[dict[int, tuple[int, Fit]]] = [{} for _ in texts]
    for match in found:
        source = index.sources[match.source]
        if _believed(match, source, texts[match.text].paths, used[match.source], certain=certain[match.source]):
            _use(match, used[match.source])
            _cover(match, source, texts[match.text], covered[match.text])
    return [
        _with_blanks(
            {line: fit for line, (count, fit) in lines.items() if count >= _PART * len(text.keyed.words[line])}, text, index
        )
        for lines, text in zip(covered, texts, strict=True)
    ]


def _with_blanks(fitting: dict[int, Fit], text: Text, index: Index) -> dict[int, Fit]:
    """Take in new lines without tokens beside lines that fit, where the run has such lines in the same places."""
    words = text.keyed.words
    for low, high in text.stretches:
        for step, lines in ((1, range(low, high - 1)), (-1, range(high - 1, low, -1))):
            for line in lines:
                fit = fitting.get(line)
                beside = line + step
                if fit is None or beside in fitting or words[beside]:
                    continue
                source = index.sources[fit.source]
                if source.is_blank(fit.line + step):
                    fitting[beside] = Fit(fit.source, fit.line + step, "between")
    return fitting


def _believed(match: Match, source: Source, paths: tuple[str, ...], used: bytearray, *, certain: bool) -> bool:
    """Decide whether a match is evidence, and no accident: humans write lines that a model has written, too. What a better
    match has used up speaks for a second time only if it is certain (a copy)."""
    if match.weight >= _CERTAIN:
        return True
    taken = sum(sum(used[piece.start : piece.start + piece.length]) for piece in match.pieces)
    if certain or taken > _USED * match.shingles:
        return False
    if match.weight >= _ELSEWHERE:
        return True
    if source.run.path not in paths:
        return False
    return match.weight >= _HERE or (match.weight >= _SHORT and match.shingles >= _NEARLY * len(source.shingles))


def _use(match: Match, used: bytearray) -> None:
    for piece in match.pieces:
        used[piece.start : piece.start + piece.length] = b"\1" * piece.length


def _cover(match: Match, source: Source, text: Text, covered: dict[int, tuple[int, Fit]]) -> None:
    """Count the tokens of each line that the match covers; the match that covers most of a line has it."""
    counts, lines = _counted(match, source, text)
    other = _otherwise(match, source, text.keyed)
    for line, count in counts.items():
        earlier = covered.get(line)
        if earlier is None or count > earlier[0]:
            how = _how(text.keyed, line, count, source, lines[line])
            covered[line] = count, Fit(match.source, lines[line], "edited" if how == "formatted" and line in other else how)
    _between(match, source, text, counts, lines, covered)


def _counted(match: Match, source: Source, text: Text) -> tuple[dict[int, int], dict[int, int]]:
    """Give by line how many of its tokens the match covers, and which line of the source is the first that does."""
    line_of, counts, lines = text.keyed.line_of, dict[int, int](), dict[int, int]()
    lead, own_end, done = source.run.lead, source.own_end, -1
    for piece in match.pieces:
        for at in range(max(piece.at, done), piece.at + piece.length + WIDTH - 1):
            inside = piece.start + at - piece.at
            if lead <= inside < own_end:
                line = line_of[at]
                counts[line] = counts.get(line, 0) + 1
                lines.setdefault(line, source.line_of[inside - lead])
        done = piece.at + piece.length + WIDTH - 1
    return counts, lines


def _otherwise(match: Match, source: Source, keyed: KeyedText) -> set[int]:
    """Give the lines that fit in their tokens and yet say something else: other brackets, quotes or case than a formatter
    makes. Only where the text of the source is at hand."""
    if source.text is None:
        return set()
    old, new, line_of = source.text.signs, keyed.signs, keyed.line_of
    found: set[int] = set()
    for piece in match.pieces:
        shift = source.first + piece.start - piece.at
        for at in range(piece.at, piece.at + piece.length + WIDTH - 1):
            if line_of[at] not in found and not alike(old, at + shift, new, at):
                found.add(line_of[at])
    return found


def _how(keyed: KeyedText, line: int, count: int, source: Source, inside: int) -> How:
    if count < len(keyed.words[line]):
        return "edited"
    return "exact" if keyed.exact(line) == source.exact(inside) else "formatted"


def _between(
    match: Match,
    source: Source,
    text: Text,
    counts: dict[int, int],
    lines: dict[int, int],
    covered: dict[int, tuple[int, Fit]],
) -> None:
    """Take in lines of which every name was changed: between two lines that fit, as many lines on both sides, and each of
    the shape that it had."""
    words = text.keyed.words
    sure = sorted(line for line, count in counts.items() if count >= _PART * len(words[line]))
    for low, high in pairwise(sure):
        if not 1 < high - low <= _MOST_BETWEEN or lines[high] - lines[low] != high - low:
            continue
        for line in range(low + 1, high):
            inside = lines[low] + line - low
            held = covered[line][0] if line in covered else 0
            bare = held < _PART * len(words[line])
            if bare and text.keyed.shape(line) == source.shape(inside):
                covered[line] = len(words[line]), Fit(match.source, inside, "edited")
