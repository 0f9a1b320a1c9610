"""Which blocks care about a word, so that only the files and places in which such a word stands are looked at."""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
from ahocorasick_rs import AhoCorasick

from clearance.facts.glob import matcher
from clearance.scan.code.detect.language import FOLDED, CodeBlock, Condition, Files, WordBlock
from clearance.scan.code.flow.value import REMOTE
from clearance.scan.code.mentions import named_places
from clearance.scan.code.names import NamePattern, last_word, read_name
from clearance.scan.family import Budget

_MOST_KNOWN = 200_000
_PIECES = re.compile(r"[A-Za-z_$][\w$]*")
_LETTERS: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_SPACED: Final = bytes(byte if byte in _LETTERS else 0x20 for byte in range(256))
"""Everything but words becomes a space: splitting there is several times faster than a pattern."""
_DIGITS: Final = frozenset(b"0123456789")
_ATTEMPT: Final = {"python": "except", "javascript": "catch", "java": "catch"}
_KEYWORDS: Final[dict[str, tuple[str, ...]]] = {"return": ("return",), "assert": ("assert",)}
_UNWRITTEN: Final = ("java.lang.",)
"""What names start with that no file has to write."""
TEST_PATH: Final = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|specs?|e2e|fixtures)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$"
    r"|\.(?:test|spec|cy)\.[cm]?[jt]sx?$|_test\.go$|(?:^|/)[^/]*Tests?\.java$",
    re.IGNORECASE,
)
"""Paths of tests."""


class Asked(NamedTuple):
    """A block that asks for a word, and the words of which one set must stand in the file, too, for it to hold anywhere."""

    block: CodeBlock
    needs: tuple[frozenset[bytes], ...]
    imports: tuple[frozenset[bytes], ...]
    """The words of which one set must stand in a whole file that imports what the block asks for."""
    decorated: frozenset[bytes]
    """Decorators of which one must stand in a whole file."""
    known: tuple[frozenset[bytes], ...]
    """Of each set a word must stand in the file: conditions ask for what a call of that name gave."""
    origins: frozenset[str]
    """Where a value has to come from for the block to hold, where it has to."""


Places = dict[str, dict[int, list[tuple[str, ...]]]]
"""Word -> number of the block -> sets of words that must be there, too."""


class Plan(msgspec.Struct, array_like=True):
    """The blocks of one engine with the words that they ask for, in a form that can be written down."""

    blocks: tuple[CodeBlock, ...]
    exact: Places
    folded: Places
    globs: tuple[tuple[str, bool, int], ...]
    """Pattern, whether case counts not, number of the block."""


def plan(blocks: Iterable[CodeBlock], vocabulary: Iterable[WordBlock] = ()) -> Plan:
    """Work out which words the blocks ask for. Blocks about all handlers ask for the words by which the vocabulary knows
    these."""
    vocabulary = tuple(vocabulary)
    made = Plan(tuple(blocks), {}, {}, ())
    globs: list[tuple[str, bool, int]] = []
    for number, block in enumerate(made.blocks):
        for word in _KEYWORDS.get(block.kind, ()):
            _add(made.exact, word, number, ())
        if "*" in block.names:
            _add_all(made.exact, block, number, vocabulary)
            continue
        for text in block.names:
            pattern = read_name(text)
            if "*" in pattern.anchor:
                anchor = re.escape(pattern.anchor).replace(r"\*", ".*")
                globs.append((anchor, block.kind in FOLDED, number))
            elif block.kind in FOLDED:
                _add(made.folded, pattern.anchor, number, ())
            else:
                for word in ("import", "require") if block.kind == "import" else (pattern.anchor,):
                    attempt = (_ATTEMPT.get(block.engine, ""),) if block.kind == "catch" else ()
                    _add(made.exact, word, number, (*_pieces(pattern), *filter(None, attempt)))
    made.globs = tuple(globs)
    return made


def _add_all(into: Places, block: CodeBlock, number: int, vocabulary: tuple[WordBlock, ...]) -> None:
    """Put a block about all names under the words of another condition, the one that fewest files can meet."""
    for text in block.decorated or block.bases or block.calls or (() if block.handler else block.imports):
        pattern = read_name(text)
        for piece in (pattern.anchor,) if "*" not in pattern.anchor else ():
            _add(into, piece, number, _pieces(pattern))
    if block.decorated or block.bases or block.calls or not block.handler:
        return
    for one in vocabulary:
        if one.subject not in ("handler", "handler-parameter", "instance"):
            continue
        needs = [_pieces(read_name(text)) for text in one.imports] or [()]
        for text in (*one.types, *one.names) if one.subject == "instance" else one.names:
            anchor = read_name(text).anchor
            for need in needs if "*" not in anchor else ():
                _add(into, anchor, number, (*need, anchor))
        for word in one.parameters:
            for need in needs:
                _add(into, word, number, (*need, word))


def _pieces(pattern: NamePattern) -> tuple[str, ...]:
    parts = pattern.parts
    if pattern.text.startswith(_UNWRITTEN):
        parts = parts[2:]
    return tuple(sorted({piece for part in parts if "*" not in part and part != "self" for piece in _PIECES.findall(part)}))


def _add(into: Places, word: str, number: int, needs: tuple[str, ...]) -> None:
    # A text is split into words at hyphens, so a name with a hyphen is found by its first piece.
    into.setdefault(word.partition("-")[0], {}).setdefault(number, []).append(needs)


class Index:
    """The blocks of one engine by the words that they ask for."""

    def __init__(self, made: Plan) -> None:
        self.blocks = made.blocks
        self._plan = made
        self._known: dict[bytes, tuple[Asked, ...]] = {}
        # Most words hold no letters that any pattern with a star asks for, and that is quickly told.
        by_letters: dict[str, list[tuple[str, bool, int]]] = {}
        for one in made.globs:
            by_letters.setdefault(_longest(one[0]), []).append(one)
        self._globs = [by_letters[letters] for letters in sorted(by_letters)]
        self._letters = AhoCorasick(sorted(by_letters))

    def asked(self, word: bytes) -> tuple[Asked, ...]:
        """Give the blocks that ask for a word."""
        known = self._known.get(word)
        if known is None:
            text = word.decode("utf-8", "replace")
            low = text.lower()
            some = {**self._plan.exact.get(text, {}), **self._plan.folded.get(low, {})}
            for letters in {one[0] for one in self._letters.find_matches_as_indexes(low, overlapping=True)}:
                for pattern, folded, number in self._globs[letters]:
                    if number not in some and _glob(pattern, folded=folded).fullmatch(text):
                        some[number] = [()]
            known = tuple(self._make(self.blocks[number], needs) for number, needs in sorted(some.items()))
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[word] = known
        return known

    @staticmethod
    def _make(block: CodeBlock, needs: list[tuple[str, ...]]) -> Asked:
        sets = tuple(frozenset(one.encode() for one in need) for need in needs) if all(needs) else ()
        imports = tuple(frozenset(one.encode() for one in _PIECES.findall(name.replace("*", " "))) for name in block.imports)
        decorated = [last_word(name) for name in block.decorated if block.engine != "go"]
        signs = (
            frozenset(f"@{name}".encode() for name in decorated)
            if not any("*" in name for name in decorated)
            else frozenset()
        )
        return Asked(block, sets, imports, signs, _known(block), _origins(block))

    def active(
        self, words: AbstractSet[bytes], path: str, brings: AbstractSet[str] | None = None, *, partial: bool = False
    ) -> dict[bytes, tuple[CodeBlock, ...]]:
        """Give the words of a file at which a block may hold, with those blocks. `brings` are the origins of which the
        file may hold
        data (None: any). A piece of a file may not hold its imports."""
        found: dict[bytes, tuple[CodeBlock, ...]] = {}
        fits: dict[CodeBlock, bool] = {}
        places: dict[Files, bool] = {}
        known = self._known
        # A piece of code without imports (a snippet, a function of a commit) says less than it means.
        bare = b"import" not in words and b"require" not in words
        partial = partial or bare
        for word in words:
            asked = known.get(word)
            if asked is None:
                asked = self.asked(word)
            if not asked:
                continue
            kept = []
            for block, needs, imports, decorated, known_by, origins in asked:
                if needs and not bare and not any(need <= words for need in needs):
                    continue
                if block not in fits:
                    here = not imports or partial or any(need <= words for need in imports)
                    here = here and (not decorated or partial or not decorated.isdisjoint(words))
                    here = here and not any(one.isdisjoint(words) for one in known_by)
                    here = here and not (origins and brings is not None and origins.isdisjoint(brings))
                    if here:
                        there = places.get(block.files)
                        if there is None:
                            there = places[block.files] = fit(block.files, path)
                        here = there
                    fits[block] = here
                if fits[block]:
                    kept.append(block)
            if kept:
                found[word] = tuple(kept)
        return dict(sorted(found.items()))  # the order of a set of words differs from process to process


def _known(block: CodeBlock) -> tuple[frozenset[bytes], ...]:
    found = []
    for one in block.clause.conditions:
        for names in (one.test.call, one.test.name):
            words = [last_word(name).partition("-")[0] for name in names]
            if words and not any("*" in word for word in words):
                found.append(frozenset(word.encode() for word in words))
        found.extend(_spelled(one))
    return tuple(found)


def _spelled(condition: Condition) -> Iterator[frozenset[bytes]]:
    """Give the names of arguments and properties that have to be written somewhere for a condition to hold."""
    if "absent" in condition.test.words or condition.of != "argument" or "**" in condition.which:
        return
    names = [one for one in condition.which if isinstance(one, str)]
    if names and len(names) == len(condition.which):
        yield frozenset(name.partition("-")[0].encode() for name in names)
    for key in condition.path:
        if not key.isdigit():
            yield frozenset((key.partition("-")[0].encode(),))


def _origins(block: CodeBlock) -> frozenset[str]:
    """Give the origins of which a file has to bring data; empty where a block may hold without any."""
    if block.handler:
        return REMOTE
    for one in block.clause.conditions:
        if one.test.origins:
            return frozenset(one.test.origins) if "parameter" not in one.test.origins else frozenset()
        if one.test.words and set(one.test.words) <= {"request"}:
            return REMOTE
    return frozenset()


def needs_remote(block: CodeBlock) -> bool:
    """Tell whether a block holds only where data from elsewhere comes in."""
    origins = _origins(block)
    return not block.handler and bool(origins) and origins <= REMOTE


def _longest(pattern: str) -> str:
    """Give the longest piece of a pattern without stars, in small letters."""
    return max(pattern.replace("\\", "").split(".*"), key=len).lower()


@lru_cache(maxsize=4096)
def _glob(pattern: str, *, folded: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE if folded else 0)


def fit(files: Files, path: str) -> bool:
    """Tell whether a path is to be looked at."""
    if not files.tests and TEST_PATH.search(path):
        return False
    if files.paths and not matcher(files.paths)(path):
        return False
    return not (files.not_paths and matcher(files.not_paths)(path))


def words_of(data: bytes) -> set[bytes]:
    """Give all words of a text that could be names; those that decorate something once more, with their sign."""
    words = set(data.translate(_SPACED).split())
    for word in [one for one in words if one[0] in _DIGITS]:
        words.discard(word)
        if word := word.lstrip(b"0123456789"):
            words.add(word)
    if b"@" in data:
        words.update(b"@" + name for name in _DECORATORS.findall(data))
    return words


_CALLED: Final = re.compile(rb"\s{0,200}(?:[(`<{\[:]|\?\.\(|![(]|as\s)|[ \t]*\)")
"""What follows the name of something that is called, or is given another name; a closing bracket where another function
wraps it
(`promisify(exec)`)."""
_QUOTES: Final = (b'"', b"'", b"`", b"/", b"@")
"""What stands before the name of a module that is itself called (`import http from "axios"`)."""
_ALIASED: Final = re.compile(rb"=[ \t]*[\w.$]{0,80}\Z")
_ENDS: Final = re.compile(rb"[ \t]*(?:[;\r\n#]|\Z)")
_AFTER: Final = {
    "compare": re.compile(rb"[^\n]{0,400}\n?[^\n]{0,200}(?:==|!=)"),
    "assign": re.compile(rb"[^\n]{0,200}(?:(?<![=!<>])=(?!=)|:)"),
    "key": re.compile(rb"[\"'`]?\s{0,20}(?:[:=](?!=)|[,}\r\n])|[\w-]*[\"'`]\s{0,20}[:=]"),
}
"""What follows on the line of a name that is given something."""
_COMPARED: Final = re.compile(rb"==|!=")
_DECORATORS: Final = re.compile(rb"@[ \t]{0,8}(?:[\w$]{1,80}[ \t]{0,8}\.[ \t]{0,8}){0,8}([\w$]{1,80})")


def places_of(
    data: bytes, active: Mapping[bytes, Iterable[CodeBlock]], comment: bytes = b"//", budget: Budget | None = None
) -> dict[bytes, list[int]]:
    """Give the places at which a block may hold, in bytes, by word: there it stands, and what is around is of the block's
    kind. Lines that begin with `comment` hold none."""
    ways = {word: _ways(blocks) for word, blocks in active.items()}
    places: dict[bytes, list[int]] = {}
    for number, (at, word) in enumerate(named_places(data, ways.keys())):
        if not number & 0xFFF and budget is not None:
            budget.check()
        way = ways[word]
        if not way or _stands(data, at, at + len(word), way):
            line = data[data.rfind(b"\n", max(0, at - 200), at) + 1 : at].lstrip()
            if not line.startswith(comment):
                places.setdefault(word, []).append(at)
                compared = _AFTER["compare"].match(data, at + len(word)) if "compare" in way else None
                if compared is not None:  # what the word gives may be compared behind it
                    places[word].append(compared.end() - 1)
    return places


def mentions(data: bytes, words: AbstractSet[bytes]) -> list[int]:
    """Give all places at which words stand, in bytes, in order."""
    return sorted(at for at, _ in named_places(data, words))


def _ways(blocks: Iterable[CodeBlock]) -> frozenset[str]:
    """Give the kinds of blocks whose places can be told by the text around a word; empty where any place may be one."""
    kinds = {block.kind for block in blocks}
    easy = {"call", "catch", "decorator", *_AFTER}
    if not kinds <= easy or any(text.endswith(".*") for block in blocks for text in block.names):
        return frozenset()
    return frozenset(kinds)


def _stands(data: bytes, start: int, end: int, ways: frozenset[str]) -> bool:
    if not ways.isdisjoint(("call", "catch")):
        if _CALLED.match(data, end) or data[max(0, start - 1) : start] in _QUOTES:
            return True
        if _ENDS.match(data, end) and _ALIASED.search(data, max(0, start - 100), start):
            return True
    if any(way in ways and after.match(data, end) for way, after in _AFTER.items()):
        return True
    if "decorator" not in ways and "compare" not in ways:
        return False
    before = data[data.rfind(b"\n", max(0, start - 400), start) + 1 : start]
    return ("decorator" in ways and b"@" in before) or ("compare" in ways and _COMPARED.search(before) is not None)
