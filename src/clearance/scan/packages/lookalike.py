"""Tells which popular name another name looks like: a slip of the keyboard away, alike to the eye, its words turned about.

Two names that are at most k edits apart share at least one of k + 1 pieces (the pigeonhole principle; Wu and Manber, 1992).
So the pieces of each popular name are kept as one sorted table of numbers, and a question is a few dozen probes of it.
"""

import re
import unicodedata
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from clearance.scan.packages.distant import Distant

FORM = 2
"""Of the table that `compiled` makes; raised when it makes another, so that no data pack with an older one is used."""
_TARGETS = 1 << 16
_POPULAR = 15_000
"""Names that are as popular imitate nobody."""
_LONGEST = 80
_SHORTEST, _SHORTEST_OF_FIRST, _FIRST = 5, 4, 3_000
"""Shorter names have too many innocent neighbours; only the first may be shorter by one."""
_TWO_FROM, _THREE_FROM = 7, 11
"""Lengths from which two and three edits still tell of one name."""
_WELL_KNOWN, _BEST_KNOWN = 8_000, 4_000
"""Places up to which a name of several words, or of one, is recognized misspelt inside a longer one."""
_MOST = 48
"""Candidates of one probe that are compared."""
_FEW = 6
"""The same for pieces of names that are further apart, the most popular first: what is common (`react-`) tells nothing."""
_MOST_REMEMBERED = 4_096
"""Answers kept: several checks ask of the same name, and both sides of a change hold most names."""
_SEPARATORS = "-_./@"
_ALIKE = str.maketrans({
    "0": "o", "1": "l", "5": "s", "3": "e", "4": "a", "7": "t",
    "\u0430": "a", "\u0435": "e", "\u043e": "o", "\u0440": "p", "\u0441": "c", "\u0445": "x", "\u0443": "y",
    "\u0456": "i", "\u0458": "j", "\u0455": "s", "\u0501": "d", "\u0578": "n", "\u04bd": "e", "\u0261": "g",
    "\u04cf": "l", "\u0131": "i", "\u03bf": "o", "\u03b1": "a", "\u03bd": "v", "\u03c1": "p", "\u03c4": "t",
    "\u03ba": "k", "\u03b9": "i", "\u03c5": "u", "\u217c": "l",
    **dict.fromkeys(_SEPARATORS),
})  # fmt: skip
"""Signs that look alike: digits, Cyrillic, Greek and other letters, each with the Latin one (after Unicode TS 39)."""
_VERSION = re.compile(r"v?[0-9]{1,3}")
_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_AFFIXES = {
    "python", "py", "py3", "python3", "node", "nodejs", "js", "lib", "sdk", "core", "utils", "util", "client", "api",
    "cli", "dev", "new", "latest", "official", "pro", "plus", "fix", "fixed", "updated", "update", "secure", "safe",
    "fast", "easy", "simple", "the", "my", "real", "original", "beta", "test", "next", "custom", "modified", "patched",
    "sh", "io", "web", "app", "lite", "full", "free", "tool", "tools", "helper", "auth", "all", "master", "main",
    "release", "stable", "package", "module", "library", "pkg", "x", "hs",
}  # fmt: skip


class How(Enum):
    """In which way two names are alike."""

    SKELETON = "written alike"
    """The same but for separators and signs that look alike."""
    SWAP = "two letters swapped"
    DOUBLE = "a letter doubled or missing from a pair"
    KEY = "a neighbouring key"
    LACKS = "a letter short"
    ADDS = "a letter more"
    CHANGED = "one letter another"
    DIGIT = "a version or plural apart"
    EDITS = "a few letters off"
    ORDER = "the same words in another order"
    REPEATED = "a word repeated"
    AFFIX = "the name with a word added"
    BARE = "the name without its scope"
    BLURRED = "misspelt, separators left out"
    WITHIN = "the name misspelt, with a word added"


class Likeness(NamedTuple):
    """`target` is a popular name, `place` its place among them from 0; `edits` is how many letters lie between."""

    target: str
    place: int
    how: How
    edits: int = 0


def compiled(targets: Sequence[str]) -> bytes:
    """Make the table of pieces for popular names, the most downloaded first: sorted numbers of 64 bits."""
    entries = []
    for place, name in enumerate(targets[:_TARGETS]):
        if (_SHORTEST_OF_FIRST if place < _FIRST else _SHORTEST) <= len(name) <= _LONGEST:
            entries += [_key(piece) << 32 | place for piece in _pieces(name)]
    return array("Q", sorted(set(entries))).tobytes()


class Lookalikes:
    """The names of one registry that squatters imitate."""

    def __init__(self, targets: Sequence[str], table: bytes = b"") -> None:
        """Index popular names, the most downloaded first; `table` is what `compiled` made of the same names."""
        self._targets = targets
        self._known: dict[str, int] = {}
        for place, name in enumerate(targets):
            self._known.setdefault(name, place)
        self._remembered: dict[tuple[str, bool], list[Likeness]] = {}
        self._distant: Distant | None = None
        self._table = memoryview(table or compiled(targets)).cast("Q")

    def holds(self, name: str) -> bool:
        """Whether a name is a popular one itself."""
        return name in self._known

    def near(self, name: str) -> str:
        """Give the popular name that this one most likely imitates or misspells, or nothing."""
        found = self.alike(name, far=True)
        return found[0].target if found else ""

    def alike(self, name: str, *, far: bool = False) -> list[Likeness]:
        """Give the popular names that a name looks like, the closest first, at most five; none for a popular name.

        `far` also gives those that are two or three letters off, that carry a word more, or that lack their scope: for names
        of which nothing good is known.
        """
        own = self._known.get(name, _TARGETS)
        if own < _POPULAR or not _SHORTEST_OF_FIRST <= len(name) <= _LONGEST:
            return []
        if (name, far) not in self._remembered:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[name, far] = self._alike(name, own, far=far)
        return self._remembered[name, far]

    def _alike(self, name: str, own: int, *, far: bool) -> list[Likeness]:
        found: dict[int, Likeness] = {}
        for one in self._written_alike(name):
            found.setdefault(one.place, one)
        for place in self._one_apart(name):
            how = _slip(name, self._targets[place])
            if how is not None:
                found.setdefault(place, Likeness(self._targets[place], place, how, 1))
        if far:
            for one in self._loosely(name):
                found.setdefault(one.place, one)
            if not found:
                found.update((one.place, one) for one in self._further(name))
        above = (one for one in found.values() if one.place < own)
        return sorted(above, key=lambda one: (_ORDER[one.how] + one.edits, one.place))[:5]

    def blurred(self, name: str) -> list[Likeness]:
        """Give the best known names that this one misspells by several letters, in any separators or with a word more: for
        names that no list knows. The closest first, at most five."""
        if name in self._known or not _SHORTEST <= len(name) <= _LONGEST:
            return []
        from clearance.scan.packages.distant import Distant, without_a_word

        if self._distant is None:
            self._distant = Distant(self._targets)
        found = [Likeness(self._targets[place], place, How.BLURRED, edits) for place, edits in self._distant.near(name)]
        for rest, word in without_a_word(name):
            known = _WELL_KNOWN if "-" in rest else _BEST_KNOWN if word in _AFFIXES else 0
            for place in sorted(self._one_apart(rest)) if len(rest) >= _SHORTEST and known else ():
                target = self._targets[place]
                if place < known and _slip(rest, target) in _LETTERS_APART:
                    found.append(Likeness(target, place, How.WITHIN, 1))
        once = {one.place: one for one in reversed(found)}
        return sorted(once.values(), key=lambda one: (_ORDER[one.how] + one.edits, one.place))[:5]

    def _at(self, piece: str, most: int = _MOST) -> list[int]:
        key = _key(piece)
        table = self._table
        at = bisect_left(table, key << 32)
        if at >= len(table) or table[at] >> 32 != key:
            return []
        return [entry & 0xFFFFFFFF for entry in table[at : at + most] if entry >> 32 == key]

    def _written_alike(self, name: str) -> Iterator[Likeness]:
        bone = skeleton(name)
        for place in self._at(f"s{bone}"):
            if skeleton(self._targets[place]) == bone:
                yield Likeness(self._targets[place], place, How.SKELETON)
        words = words_of(name)
        if len(words) > 1:
            turned = " ".join(sorted(words))
            for place in self._at(f"w{turned}"):
                if " ".join(sorted(words_of(self._targets[place]))) == turned:
                    yield Likeness(self._targets[place], place, How.ORDER)
            once = list(dict.fromkeys(words))
            if len(once) < len(words):
                rest = " ".join(sorted(once))
                for place in self._at(f"w{rest}"):
                    if " ".join(sorted(words_of(self._targets[place]))) == rest:
                        yield Likeness(self._targets[place], place, How.REPEATED)

    def _one_apart(self, name: str) -> set[int]:
        """Popular names that share the half of one edit's distance, and those with the two letters at the middle swapped."""
        length, found = len(name), set()
        for size in (length - 1, length, length + 1):
            half = size // 2
            found.update(self._at(f"{size}<{name[:half]}"))
            found.update(self._at(f"{size}>{name[half - size :]}"))
        half = length // 2
        swapped = name[: half - 1] + name[half] + name[half - 1] + name[half + 1 :]
        place = self._known.get(swapped)
        return found if place is None else found | {place}

    def _loosely(self, name: str) -> Iterator[Likeness]:
        for place in self._at(f"b{name}"):
            if self._targets[place].endswith(f"/{name}"):
                yield Likeness(self._targets[place], place, How.BARE)
        words = words_of(name)
        for rest, _ in _without_affix(words):
            bone = skeleton(rest)
            for place in self._at(f"s{bone}"):
                if skeleton(self._targets[place]) == bone:
                    yield Likeness(self._targets[place], place, How.AFFIX)

    def _further(self, name: str) -> Iterator[Likeness]:
        """Popular names that share a piece with this one and are two or three edits away."""
        length, seen = len(name), set()
        for size in range(max(_TWO_FROM, length - 3), length + 4):
            edits = min(_most_edits(size), _most_edits(length))
            if edits < 2 or abs(size - length) > edits:
                continue
            cuts = _cuts(size, _most_edits(size) + 1)
            for number, start, end in cuts:
                shifts = (0,) if not number else (length - size,) if number == len(cuts) - 1 else range(-edits, edits + 1)
                for shift in shifts:
                    if start + shift >= 0:
                        seen.update(self._at(f"{size}.{number}{name[start + shift : end + shift]}", _FEW))
        signs = set(name)
        for place in seen:
            target = self._targets[place]
            most = min(_most_edits(length), _most_edits(len(target)))
            if len(signs.symmetric_difference(target)) > 2 * most:
                continue
            edits = distance(name, target, most)
            if edits <= most and _word_by_word(name, target):
                yield Likeness(target, place, How.EDITS, edits)


_ORDER = {
    How.SKELETON: 0, How.SWAP: 0, How.DOUBLE: 0, How.KEY: 0, How.LACKS: 0, How.ADDS: 0, How.CHANGED: 0,
    How.REPEATED: 1, How.ORDER: 2, How.DIGIT: 2, How.BARE: 3, How.EDITS: 2, How.AFFIX: 5,
    How.BLURRED: 2, How.WITHIN: 4,
}  # fmt: skip
_LETTERS_APART = {How.SWAP, How.DOUBLE, How.LACKS, How.ADDS, How.KEY}


def _most_edits(size: int) -> int:
    return 3 if size >= _THREE_FROM else 2 if size >= _TWO_FROM else 1


def _key(piece: str) -> int:
    """24 bits are enough: what they confuse is compared all the same, and the table packs to a quarter less."""
    return zlib.crc32(piece.encode("utf-8", "replace")) & 0xFFFFFF


def _pieces(name: str) -> Iterator[str]:
    size, half = len(name), len(name) // 2
    yield f"s{skeleton(name)}"
    yield f"{size}<{name[:half]}"
    yield f"{size}>{name[half:]}"
    words = words_of(name)
    if len(words) > 1:
        yield "w" + " ".join(sorted(words))
    if name.startswith("@"):
        bare = name.partition("/")[2]
        if len(bare) >= 10 and "-" in bare:
            yield f"b{bare}"
    edits = _most_edits(size)
    if edits > 1:
        for number, start, end in _cuts(size, edits + 1):
            yield f"{size}.{number}{name[start:end]}"


def _cuts(size: int, parts: int) -> list[tuple[int, int, int]]:
    """Number, start and end of equal parts."""
    return [(number, size * number // parts, size * (number + 1) // parts) for number in range(parts)]


def skeleton(name: str) -> str:
    """Give what the eye keeps of a name: without separators and accents, signs that look alike made one."""
    if not name.isascii():
        name = "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign))
    return name.translate(_ALIKE).replace("rn", "m").replace("vv", "w")


def words_of(name: str) -> list[str]:
    """Give the words of a name, that of its scope among them."""
    for sign in "_./@":
        name = name.replace(sign, "-")
    return [word for word in name.split("-") if word]


def _without_affix(words: list[str]) -> Iterator[tuple[str, str]]:
    """What is left of a name without its first or last word, where that is one that squatters add."""
    if len(words) > 1 and words[0] in _AFFIXES:
        yield "-".join(words[1:]), words[0]
    if len(words) > 1 and (words[-1] in _AFFIXES or _VERSION.fullmatch(words[-1])):
        yield "-".join(words[:-1]), words[-1]


def _word_by_word(name: str, target: str) -> bool:
    """Whether no word of a name is simply another word than the target's (`d3-line`, `d3-time`): slips are spread."""
    mine, theirs = words_of(name), words_of(target)
    if len(mine) != len(theirs) or len(mine) < 2:
        return True
    pairs = zip(mine, theirs, strict=True)
    return all(word == other or distance(word, other, 3) * 3 <= max(len(word), len(other)) for word, other in pairs)


def _slip(name: str, target: str) -> How | None:
    """How one edit leads from one name to the other, None where it does not."""
    size, other = len(name), len(target)
    if abs(size - other) > 1 or name == target:
        return None
    first = next((at for at, (a, b) in enumerate(zip(name, target, strict=False)) if a != b), min(size, other))
    mine, theirs = name[first:], target[first:]
    if size == other:
        if mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:] and len(mine) > 1:
            return How.SWAP
        if mine[1:] != theirs[1:]:
            return None
        if mine[0].isdigit() or theirs[0].isdigit():
            return How.DIGIT
        return How.KEY if theirs[0] in _NEIGHBOURS.get(mine[0], "") else How.CHANGED
    longer, shorter, whole = (mine, theirs, name) if size > other else (theirs, mine, target)
    if longer[1:] != shorter:
        return None
    sign = longer[0]
    if sign.isdigit():
        return How.DIGIT
    if (first and whole[first - 1] == sign) or shorter[:1] == sign:
        return How.DOUBLE
    if sign == "s" and not shorter:
        return How.DIGIT
    return How.ADDS if size > other else How.LACKS


def distance(name: str, target: str, most: int) -> int:
    """Count the insertions, deletions, exchanges and swaps of neighbours between two names (optimal string alignment); what
    is more than `most` is given as `most` + 1."""
    start, shorter = 0, min(len(name), len(target))
    while start < shorter and name[start] == target[start]:
        start += 1
    end = 0
    while end < shorter - start and name[-1 - end] == target[-1 - end]:
        end += 1
    mine, theirs = name[start : len(name) - end], target[start : len(target) - end]
    if abs(len(mine) - len(theirs)) > most:
        return most + 1
    older: list[int] = []
    above = list(range(len(theirs) + 1))
    for at, sign in enumerate(mine, 1):
        row = [at]
        for column, other in enumerate(theirs, 1):
            cost = min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (sign != other))
            if at > 1 and column > 1 and sign == theirs[column - 2] and mine[at - 2] == other:
                cost = min(cost, older[column - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        older, above = above, row
    return min(above[-1], most + 1)


def _neighbours() -> dict[str, str]:
    near: dict[str, str] = {}
    for number, line in enumerate(_ROWS):
        for at, sign in enumerate(line):
            around = line[max(0, at - 1) : at + 2]
            for other in _ROWS[max(0, number - 1) : number + 2]:
                around += other[max(0, at - 1) : at + 2]
            near[sign] = "".join(dict.fromkeys(around)).replace(sign, "")
    return near


_NEIGHBOURS = _neighbours()
