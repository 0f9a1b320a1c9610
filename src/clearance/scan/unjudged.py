"""Makes gaps of what a family could not judge: one for what the change brings, one for what stood there before."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clearance.facts.change import FileChange
from clearance.facts.finding import Gap
from clearance.facts.text import visible
from clearance.scan.family import Unjudged

_MOST_NAMES = 3
_LONGEST_NAME = 60


def gaps_of(scanner: str, file: FileChange, after: Iterable[Unjudged], before: Iterable[Unjudged]) -> list[Gap]:
    """Give the gaps of one family for one file. A thing is new when the before side has fewer of it; where only pieces of
    the file are known, when it stands on an added line."""
    old = Counter(_key(one) for one in before)
    new: dict[tuple[object, ...], list[Unjudged]] = {}
    known: dict[tuple[object, ...], list[Unjudged]] = {}
    for one in after:
        if file.partial:
            was_there = not file.adds(one.line)
        else:
            was_there = old[_key(one)] > 0
            old[_key(one)] -= was_there
        (known if was_there else new).setdefault(one[:4], []).append(one)
    return [
        Gap(scanner=scanner, path=file.path, kind=group[0].kind, detail=_told(group), introduced=introduced)
        for introduced, groups in ((True, new), (False, known))
        for group in groups.values()
    ]


def _key(one: Unjudged) -> tuple[object, ...]:
    return (*one[:2], one.noun, one.what)


def _told(group: Sequence[Unjudged]) -> str:
    one = group[0]
    names = list(dict.fromkeys(visible(each.name[:_LONGEST_NAME]) for each in group))
    more = ", …" if len(names) > _MOST_NAMES else ""
    count = len(group)
    noun = one.noun if count > 1 else one.noun.removesuffix("s")
    said = one.said if count > 1 else re.sub(r"\Awere\b", "was", one.said)
    return f"{one.subject}: {count:,} {noun} ({', '.join(names[:_MOST_NAMES])}{more}) {said}"
