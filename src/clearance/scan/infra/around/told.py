"""What stands in one file and comes by another one, as a match of the file that the change touches."""

import msgspec

from clearance.facts.change import SideName
from clearance.facts.finding import Place, Step
from clearance.scan.family import Match, Pair, View
from clearance.scan.infra.node import Span


def place_of(view: View, span: Span) -> Place:
    """Give the place of a span."""
    line, column = view.position(span[0])
    end_line, end_column = view.position(span[1])
    return Place(path=view.path, line=line, column=column, end_line=end_line, end_column=end_column)


def told(pair: Pair, match: Match, there: View, cause: Span | None, why: str, *, secret: bool = False) -> Match:
    """Give a match of the file `there` as one of the changed file: at the span that brings it, or as one of the whole file.

    `why` completes the sentence that says what was found there.
    """
    side: SideName = "after" if pair.after is not None else "before"
    start, end = cause or (0, 0)
    line = there.position(match.start)[0]
    return msgspec.structs.replace(
        match,
        start=start,
        end=end,
        message=f"{there.path}:{line}: {match.message}; {why}" if match.message else "",
        shape=f"{there.path} {match.shape}",
        secrets=((start, end),) if (secret or match.secrets) and cause else (),
        steps=(Step(place=place_of(there, (match.start, match.end)), message="here it takes effect"),),
        whole_file=cause is None,
        side=side,
    )
