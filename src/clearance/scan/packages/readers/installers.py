"""What all installers' commands have in common: options and their values, words that name packages, other indexes."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Registry, Remote
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.placed import UNKNOWN, Placed
from clearance.scan.packages.readers.shell_words import Word

Named = Mention | Remote | ExtraIndex | Computed
_UNKNOWNS = re.compile(f"{UNKNOWN}+")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|//|\0")


class Arguments(NamedTuple):
    """The words after a subcommand: plain ones, options with their values, and options without."""

    plain: list[Word]
    valued: list[tuple[str, Word]]
    flags: frozenset[str]

    def values(self, *options: str) -> Iterator[Word]:
        """Give the values of options."""
        return (word for option, word in self.valued if option in options)

    def value(self, *options: str) -> str:
        """Give the text of the first value of options, or nothing."""
        return next((word.text for word in self.values(*options)), "")


def arguments(words: Sequence[Word], valued: frozenset[str], *, combine: bool = True, first_only: bool = False) -> Arguments:
    """Tell options from what they are given with; `valued` take the next word. `combine`: `-qr file` is `-q -r file`.
    `first_only`: what follows the first plain word belongs to the program that it names."""
    plain: list[Word] = []
    given: list[tuple[str, Word]] = []
    flags: set[str] = set()
    waiting = ""
    options = True
    for word in words:
        text = word.text
        if waiting:
            given.append((waiting, word))
            waiting = ""
        elif options and text == "--":
            options = False
        elif options and text.startswith("-") and len(text) > 1:
            name, equals, _ = text.partition("=")
            last = f"-{text[-1]}"
            if equals:
                given.append((name, Word(word.placed.part(len(name) + 1, len(text)), word.quoted, word.hint)))
            elif text in valued:
                waiting = text
            elif combine and text[1] != "-" and 2 < len(text) < 6 and last in valued and text[1:].isalpha():
                waiting = last
            else:
                flags.add(text)
        else:
            plain.append(word)
            if first_only:
                break
    return Arguments(plain, given, frozenset(flags))


def placed_at(found: Mention | Remote, word: Placed) -> Mention | Remote:
    """Move a span from inside a word to where the word stands in its file."""
    start, end = span_of(word, found.start, found.end)
    if isinstance(found, Remote):
        return found._replace(start=start, end=end)
    place = span_of(word, *found.place) if found.place[1] else (0, 0)
    return found._replace(start=start, end=end, place=place)


def moved(found: Iterable[Named], piece: Placed) -> Iterator[Named]:
    """Move spans from inside a piece of text to where that stands in its file."""
    for one in found:
        if isinstance(one, Mention | Remote):
            yield placed_at(one, piece)
        else:
            start, end = piece.span(one.start, one.end)
            yield one._replace(start=start, end=end)


def span_of(word: Placed, start: int, end: int) -> tuple[int, int]:
    """Give the span of a part of a word; where it is put together from several places, that of its longest piece."""
    first, last = word.span(start, end)
    if last - first == end - start or len(word.starts) == 1:
        return first, last
    cuts = sorted({start, *(offset for offset, _ in word.starts if start < offset < end), end})
    longest = max(pairwise(cuts), key=lambda cut: cut[1] - cut[0], default=(start, end))
    return word.span(*longest)


def distinct(found: Iterable[Named]) -> Iterator[Named]:
    """Give each thing once, where a text is read in more than one way."""
    seen: set[tuple[int, int, str]] = set()
    for one in found:
        key = (one.start, one.end, one.address if isinstance(one, ExtraIndex) else one.name)
        if key not in seen:
            seen.add(key)
            yield one


def shown(word: Word) -> str:
    """Give a word as a person may read it: what is not known is the name of its variable."""
    return _UNKNOWNS.sub(f"${word.hint}" if word.hint.isidentifier() else "$…", word.text)


def index_of(
    registry: Registry, word: Word, *, only: bool, default: str = "", once: bool = True, part: bool = False
) -> ExtraIndex | None:
    """Tell another index that an option names, for its command alone or (`once` is false) for those that follow, too; None
    for what is no address, and for the registry's own, `default`."""
    text = word.text
    if not _ADDRESS.match(text) or re.search(r"[«»<>{}…\s]", text):
        return None
    if default and re.fullmatch(default, text):
        return None
    address = bare(shown(word))
    return ExtraIndex(registry, address, *word.placed.span(0, len(text)), only, once, part)


def is_exact(version: str) -> bool:
    """Whether a version that a command names is one, and no range, tag or prefix of several."""
    return bool(re.fullmatch(r"v?\d[\w.+-]*", version))
