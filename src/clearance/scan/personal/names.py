"""Names of people from lists that somebody gives: authors in git, CODEOWNERS, a directory. Nothing is guessed.

A name counts as a whole, in any case and with or without its accents; first and last name may change places, as in a
directory (`Keller, Anna`). A single word is no name: too many are words of a language as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from typing import Any

import ahocorasick_rs
import msgspec

from clearance.facts.finding import Confidence
from clearance.scan.personal.sheet import Found, Seen, Sheet

RULE = "person-name"
_MOST_NAMES = 200_000
_SHORTEST, _LONGEST = 5, 80
_FEW = 16
_BOT = re.compile(
    r"\bbot\b|\[bot\]|github|gitlab|dependabot|renovate|actions|jenkins|\bci\b|admin|unknown|your name|john doe|jane doe"
)
_IN_ANGLES = re.compile(r"<[^<>]{0,200}>")


class NameLists(msgspec.Struct, frozen=True):
    """Names of people, one text each (`Anna Keller`)."""

    names: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, authors: Iterable[str] = (), owners: str = "", directory: str = "") -> "NameLists":
        """Read names. `authors` are those of commits; `owners` is the text of CODEOWNERS, whose comments are passed over;
        `directory` has one name a line, or a table whose first column is the name. What has an `@` is no name."""
        found: dict[str, None] = {}
        lines = (line.partition("#")[0] for line in f"{owners}\n{directory}".splitlines())
        cells = (re.split(r"[;\t|]", line)[0].strip().strip('"') for line in lines)
        for name in (*authors, *cells):
            clean = " ".join(_IN_ANGLES.sub(" ", name).split())
            if len(found) < _MOST_NAMES and _is_name(clean):
                found[clean] = None
        return cls(tuple(found))


def _is_name(name: str) -> bool:
    if not _SHORTEST <= len(name) <= _LONGEST or "@" in name or "/" in name or "*" in name:
        return False
    words = [word for word in re.split(r"[ ,]+", name) if len(word) > 1]
    return 2 <= len(words) <= 6 and not any(sign.isdigit() for sign in name) and _BOT.search(name.lower()) is None


class Names:
    """Finds the names of lists."""

    def __init__(self, lists: NameLists) -> None:
        self._lists = lists

    @property
    def is_empty(self) -> bool:
        """Whether there is no name to look for."""
        return not self._lists.names

    @cached_property
    def _marks(self) -> tuple[str, ...]:
        """The longest word of each name, where there are few names: most texts have none of them."""
        if len(self._lists.names) > _FEW:
            return ()
        return tuple(max(re.split(r"[ ,]+", fold(name)), key=len) for name in self._lists.names)

    @cached_property
    def _spellings(self) -> tuple[list[str], Any]:
        canonical: dict[str, str] = {}
        for name in self._lists.names:
            folded = " ".join(fold(name).replace(",", " ").split())
            first, _, last = folded.rpartition(" ")
            for spelling in (
                folded,
                f"{last} {first}",
                f"{last}, {first}",
                folded.replace(" ", "_"),
                folded.replace(" ", "."),
            ):
                canonical.setdefault(spelling, folded)
        automaton = ahocorasick_rs.AhoCorasick(list(canonical), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest)
        return list(canonical.values()), automaton

    def find(self, sheet: Sheet) -> Iterator[Seen]:
        """Find names as whole words."""
        if self.is_empty:
            return
        if self._marks and sheet.text.isascii():
            lower = sheet.text.lower()
            if not any(mark in lower for mark in self._marks):
                return
        canonical, automaton = self._spellings
        text = fold(sheet.text)
        for count, (name, start, end) in enumerate(automaton.find_matches_as_indexes(text)):
            if not count % 256:
                sheet.check()
            if (start and _joins(text[start - 1])) or (end < len(text) and _joins(text[end])):
                continue
            yield Found(start, end, RULE, 1, Confidence.HIGH, canonical[name])


def _joins(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def fold(text: str) -> str:
    """Give the text in lower case, without accents, each white space a blank; every sign stays one sign."""
    if text.isascii():
        text = text.lower()
        for blank in "\t\n\v\f\r":
            text = text.replace(blank, " ")
        return text
    for sign in sorted(set(text)):
        folded = _one(sign)
        if folded != sign:
            text = text.replace(sign, folded)
    return text


@lru_cache(maxsize=65_536)
def _one(sign: str) -> str:
    if sign.isspace():
        return " "
    base = unicodedata.normalize("NFKD", sign)
    plain = base[0] if len(base) > 1 and all(unicodedata.combining(one) for one in base[1:]) else sign
    lower = plain.lower()
    return lower if len(lower) == 1 else plain
