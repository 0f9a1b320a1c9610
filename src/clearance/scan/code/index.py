"""Which blocks care about a word, so that only the places at which such a word stands are looked at."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from clearance.scan.code.detect import FOLDED, CodeBlock
from clearance.scan.code.names import NamePattern

_MOST_KNOWN = 200_000
_PIECES = re.compile(r"[A-Za-z_$][\w$]*")
_WORDS_OF_KIND: dict[str, dict[str, tuple[str, ...]]] = {
    "python": {"return": ("return",), "assert": ("assert",)},
    "javascript": {"return": ("return",)},
}


class Asked(NamedTuple):
    """A block that asks for a word, and the words of which one set must stand in the file, too, for it to hold anywhere."""

    block: CodeBlock
    needs: tuple[frozenset[bytes], ...]


class Index:
    """The blocks of one engine by the words that they ask for."""

    def __init__(self, blocks: Iterable[CodeBlock]) -> None:
        self._exact: dict[str, dict[CodeBlock, list[frozenset[bytes]]]] = {}
        self._folded: dict[str, dict[CodeBlock, list[frozenset[bytes]]]] = {}
        self._globs: list[tuple[re.Pattern[str], CodeBlock]] = []
        self._any_glob: re.Pattern[str] | None = None
        self._known: dict[bytes, tuple[Asked, ...]] = {}
        for block in blocks:
            for word in _WORDS_OF_KIND[block.language].get(block.kind, ()):
                self._add(self._exact, word, block, frozenset())
            for pattern in block.names.patterns:
                self._place(pattern, block)
        if self._globs:
            self._any_glob = re.compile("|".join({one.pattern for one, _ in self._globs}), re.IGNORECASE)

    def _place(self, pattern: NamePattern, block: CodeBlock) -> None:
        """Put a block under the words by which one of its names is found."""
        anchor = pattern.anchor
        if "*" in anchor:
            text = re.escape(anchor).replace(r"\*", ".*")
            self._globs.append((re.compile(text, re.IGNORECASE if block.kind in FOLDED else 0), block))
            return
        if block.kind in FOLDED:
            self._add(self._folded, anchor, block, frozenset())
            return
        pieces = {piece for part in pattern.parts if "*" not in part and part != "self" for piece in _PIECES.findall(part)}
        needs = frozenset(piece.encode() for piece in pieces)
        for word in ("import", "require") if block.kind == "import" else (anchor,):
            self._add(self._exact, word, block, needs)

    def _add(
        self, into: dict[str, dict[CodeBlock, list[frozenset[bytes]]]], word: str, block: CodeBlock, needs: frozenset[bytes]
    ) -> None:
        # A text is split into words at hyphens, so a name with a hyphen is found by its first piece.
        into.setdefault(word.partition("-")[0], {}).setdefault(block, []).append(needs)

    def blocks(self, word: bytes) -> tuple[Asked, ...]:
        """Give the blocks that ask for a word."""
        known = self._known.get(word)
        if known is None:
            text = word.decode("utf-8", "replace")
            some = {**self._exact.get(text, {}), **self._folded.get(text.lower(), {})}
            globs = self._globs if self._any_glob is not None and self._any_glob.fullmatch(text) else ()
            for expression, block in globs:
                if block not in some and expression.fullmatch(text):
                    some[block] = [frozenset()]
            asked = (Asked(block, () if frozenset() in needs else tuple(needs)) for block, needs in some.items())
            known = tuple(sorted(asked, key=lambda one: one.block.order)) if some else ()
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[word] = known
        return known

    def active(self, words: set[bytes], path: str) -> dict[bytes, tuple[CodeBlock, ...]]:
        """Give the words of a file at which a block may hold, with those blocks."""
        found: dict[bytes, tuple[CodeBlock, ...]] = {}
        fits: dict[CodeBlock, bool] = {}
        known = self._known
        for word in words:
            asked = known.get(word)
            if asked is None:
                asked = self.blocks(word)
            if not asked:
                continue
            kept = []
            for block, needs in asked:
                if needs and not any(need <= words for need in needs):
                    continue
                if block not in fits:
                    fits[block] = block.files.fit(path)
                if fits[block]:
                    kept.append(block)
            if kept:
                found[word] = tuple(kept)
        return found
