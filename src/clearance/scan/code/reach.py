"""Which functions of a file may see data from elsewhere, and which may hand it to a place that cares: told by their words
alone, before anything is run."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.detect.vocabulary import Sign
from clearance.scan.code.mentions import named_places

_CALLERS: Final = 2
"""So many calls up it is asked who is given what a function with a source gives back."""
_CALLED: Final = 4
"""So many calls down it is asked for a function that holds a place of interest."""

_TEXT: Final = re.compile(
    rb"#[^\n]*|(?<![fF])(?<![fF][rR])(?:\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')", re.DOTALL
)
"""Comments and text of Python; not text with expressions in it."""
_NO_CODE: Final = re.compile(
    rb"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import\b|import\b)|#[^\n]*|(?<![fF])(?<![fF][rR])(?:\"\"\".*?\"\"\"|'''.*?''')",
    re.DOTALL | re.MULTILINE,
)
"""What begins an import, comments, and long texts."""


class Reach:
    """The functions of a file and the names that they say. `signs` are the sources of data from elsewhere that the file may
    hold: their last word, and all words that go with it."""

    def __init__(
        self, module: ir.Module, data: bytes, signs: Iterable[Sign], customs: AbstractSet[bytes] = frozenset()
    ) -> None:
        self._functions = sorted(module.functions, key=lambda one: one.at)
        self._starts = [one.at for one in self._functions]
        self._module = module
        self._data = data
        self._customs = customs if module.language == "python" else frozenset[bytes]()
        self._own: dict[tuple[int, bytes], bool] = {}
        self._top: bytes | None = None
        self._codes: dict[int, bytes] = {}
        self._said: list[dict[bytes, list[int]]] | None = None
        self._named: dict[bytes, list[int]] = {}
        for number, function in enumerate(self._functions):
            self._named.setdefault(_name(function), []).append(number)
        self._named.pop(b"", None)
        self.sources: list[int] = []
        """Where data from elsewhere may come in, as far as one can see by the words."""
        self._asked: dict[frozenset[bytes], set[frozenset[bytes]]] = {}
        self._within: dict[int, dict[bytes, list[int]]] = {}
        signs = tuple(signs)
        if signs:
            self._read(signs)

    def _read(self, signs: Sequence[Sign]) -> None:
        """Note which functions say what data may come in by."""
        inside: set[bytes] = set()
        imports = [(one.at, one.end) for one in self._module.body if type(one) is ir.Import]
        for at, word in named_places(self._data, frozenset(word for _, needs in signs for word in needs)):
            number = self.number(at)
            if number >= 0:
                inside.add(word)
            elif any(start <= at < end for start, end in imports):
                continue
            self._within.setdefault(number, {}).setdefault(word, []).append(at)
        for key, needs in signs:
            asked = frozenset(word for word in needs if word != key and word in inside) or frozenset((key,))
            self._asked.setdefault(asked, set()).add(needs)
        for said in self._within.values():
            self.sources += {at for needs in self._asked if needs <= said.keys() for word in needs for at in said[word]}
        self.sources.sort()

    def _hold(self) -> set[int]:
        """Give the functions in which data may come in: they say what it is read from, and mean it."""
        meant = {
            number: {word for word, places in said.items() if any(self._means(number, at, word) for at in places)}
            for number, said in self._within.items()
        }
        asked_for = {word for ways in self._asked.values() for needs in ways for word in needs}
        dead = (self._customs & asked_for) - {word for words in meant.values() for word in words}
        dead = {word for word in dead if re.search(re.escape(word) + rb"\s+as\b", self._data) is None}
        alive = [asked for asked, ways in self._asked.items() if any(map(dead.isdisjoint, ways))]
        return {number for number, words in meant.items() if any(asked <= words for asked in alive)}

    def _means(self, number: int, at: int, word: bytes) -> bool:
        """Tell whether the name of a parameter by which custom knows an object may mean it here: it is no variable that the
        function makes itself, and no word of a text."""
        custom = word in self._customs
        if not custom and (number >= 0 or not self._customs):
            return True
        key = (number, b"." + word if custom and self._data[at - 1 : at] == b"." else word)
        known = self._own.get(key)
        if known is None:
            known = self._own[key] = (
                self._holds_own(number, word, part=key[1] != word)
                if custom
                else re.search(rb"(?<!\w)" + re.escape(word) + rb"\b", self._top_text()) is not None
            )
        return known

    def _code(self, number: int) -> bytes:
        """Give the text of a function, or of what stands in none, without comments and texts."""
        known = self._codes.get(number)
        if known is None:
            function = self._functions[number] if number >= 0 else None
            text = self._data[function.at : function.end] if function is not None else self._top_text()
            known = self._codes[number] = _TEXT.sub(b"", text)
        return known

    def _holds_own(self, number: int, word: bytes, *, part: bool) -> bool:
        """Tell whether a function takes something of this name, or finds it outside; `part`: or in another object."""
        name, word = word.decode("utf-8", "replace"), re.escape(word)
        if part:
            return re.search(rb"\.\s*" + word + rb"\b", self._code(number)) is not None
        if number >= 0 and any(one.name == name for one in self._functions[number].params):
            return True
        code = self._code(number)
        if number >= 0 and re.search(rb"\b(?:def|lambda)\b[^:]{0,400}\b" + word + rb"\b", code):
            return True
        if re.search(rb"(?<![\w.])" + word + rb"\b(?!\s*=[^=])", code) is None:
            return False
        return number < 0 or re.search(rb"(?:^[ \t]*|[;:]\s)" + word + rb"\s*=[^=]", code, re.MULTILINE) is None

    def _top_text(self) -> bytes:
        """Give the text that stands in no function, without imports."""
        if self._top is not None:
            return self._top
        pieces: list[bytes] = []
        at = 0
        spans = [
            (one.at, one.end) for one in (*self._functions, *(one for one in self._module.body if type(one) is ir.Import))
        ]
        for start, end in sorted(spans):
            if start >= at:
                pieces.append(self._data[at:start])
            at = max(at, end)
        self._top = _NO_CODE.sub(b"", b"\n".join((*pieces, self._data[at:])))
        return self._top

    def number(self, at: int) -> int:
        """Give the number of the function around a place, -1 at the top."""
        number = bisect_right(self._starts, at) - 1
        return number if number >= 0 and at < self._functions[number].end else -1

    @cached_property
    def seeing(self) -> set[int]:
        """The functions that may see what comes in: they read it, share an object with one that does, or call one."""
        return self._spread(self._hold())

    @cached_property
    def saying(self) -> set[int]:
        """The same by the words alone: functions that say what data may come in by, whatever they mean by it."""
        return self._spread(
            {number for number, said in self._within.items() if any(asked <= said.keys() for asked in self._asked)}
        )

    def _spread(self, found: set[int]) -> set[int]:
        """Give functions with those that share an object with one, and those that call one."""
        if -1 in found:
            return set(range(len(self._functions)))
        if not found:
            return found
        owners = {id(self._functions[number].owner) for number in found}
        for number, one in enumerate(self._functions):
            if one.owner is not None and id(one.owner) in owners:
                found.add(number)
        for _ in range(_CALLERS):
            names = {_name(self._functions[number]) for number in found}
            more = {number for number, said in enumerate(self._all_said()) if not names.isdisjoint(said)} - found
            if not more:
                break
            found |= more
        return found

    def _all_said(self) -> list[dict[bytes, list[int]]]:
        """Give, for each function, the names of functions of the file that it says, and where."""
        if self._said is None:
            self._said = [{} for _ in self._functions]
            for at, word in named_places(self._data, self._named.keys()):
                number = self.number(at)
                if number >= 0:
                    self._said[number].setdefault(word, []).append(at)
        return self._said

    def handing(self, places: Iterable[int], seeing: AbstractSet[int]) -> set[int]:
        """Give the places at which functions that may see what comes in (`seeing`) hand it on: to one of these places, or to
        a function of the file that holds one."""
        found: set[int] = set()
        holding: set[int] = set()
        for at in places:
            number = self.number(at)
            if number < 0 or number in seeing:
                found.add(at)
            if number >= 0:
                holding.add(number)
        if not seeing:
            return found
        names = {_name(self._functions[number]) for number in holding}
        for _ in range(_CALLED):
            more = {
                _name(self._functions[number]) for number, said in enumerate(self._all_said()) if not names.isdisjoint(said)
            } - names
            if not more:
                break
            names |= more
        names.discard(b"")
        for number in seeing:
            said = self._all_said()[number]
            own = _name(self._functions[number])
            for name in names & said.keys():
                found.update(at for at in said[name] if name != own or at > self._functions[number].at + len(own) + 40)
        return found


def _name(function: ir.Function) -> bytes:
    """Give the name by which a function is called; constructors go by that of their class."""
    if "constructor" in function.flags and function.owner is not None:
        return function.owner.name.encode("utf-8", "replace")
    return function.name.encode("utf-8", "replace")
