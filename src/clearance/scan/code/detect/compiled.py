"""The blocks of all pages in a form that is read in a millisecond, and kept in a cache between runs."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from clearance.facts.cache import Cache
from clearance.rules.model import Rule
from clearance.scan.code.detect.index import Index, Plan, plan
from clearance.scan.code.detect.language import CODE_ENGINES, CodeBlock, TextBlock, WordBlock
from clearance.scan.code.detect.read import read_rules
from clearance.scan.code.detect.texts import Texts
from clearance.scan.code.detect.vocabulary import Words
from clearance.scan.code.detect.words import read_words
from clearance.scan.stamp import pages_digest, reader_stamp

VOCABULARY = "vocabulary"
"""The family of pages whose blocks say what names mean."""


class _Written(msgspec.Struct, frozen=True, array_like=True):
    """What rests in the cache: for each engine its plan and its vocabulary, each encoded on its own, and the blocks of
    `text`."""

    plans: dict[str, bytes]
    words: dict[str, bytes]
    texts: tuple[TextBlock, ...]


_WRITTEN = msgspec.msgpack.Decoder(_Written)
_PLAN = msgspec.msgpack.Decoder(Plan)
_WORDS = msgspec.msgpack.Decoder(tuple[WordBlock, ...])


class Compiled:
    """The blocks of some pages; those of an engine are decoded when a file first needs them."""

    def __init__(self, written: _Written) -> None:
        self._written = written
        self._engines: dict[str, tuple[Index, Words]] = {}

    @cached_property
    def texts(self) -> Texts:
        """The blocks of the engine `text`."""
        return Texts(self._written.texts)

    def engine(self, name: str) -> tuple[Index, Words]:
        """Give the blocks and the vocabulary of an engine for code."""
        found = self._engines.get(name)
        if found is None:
            index = Index(_PLAN.decode(self._written.plans[name]))
            marks = {block.mark: block.clean for block in index.blocks if block.mark}
            found = self._engines[name] = index, Words(_WORDS.decode(self._written.words[name]), marks.items())
        return found


def compiled(rules: Sequence[Rule], cache: Cache | None) -> Compiled:
    """Read the blocks of pages, or take them from the cache where the same pages were read before.

    Raises:
        BadPage: a block is not what the manual describes.
    """
    key = f"detect-{reader_stamp(Path(__file__).parent)}-{pages_digest(rules)}"
    kept = cache.get(key) if cache is not None else None
    if kept is not None:
        try:
            return Compiled(_WRITTEN.decode(kept))
        except msgspec.MsgspecError:
            pass
    code, texts = read_rules(rule for rule in rules if rule.family != VOCABULARY)
    words = read_words(rule for rule in rules if rule.family == VOCABULARY)
    encode = msgspec.msgpack.encode
    written = _Written(
        plans={engine: encode(_plan(engine, code, words)) for engine in CODE_ENGINES},
        words={engine: encode(tuple(block for block in words if block.engine == engine)) for engine in CODE_ENGINES},
        texts=tuple(texts),
    )
    if cache is not None:
        cache.put(key, encode(written))
    return Compiled(written)


def _plan(engine: str, code: Sequence[CodeBlock], words: Sequence[WordBlock]) -> Plan:
    return plan((one for one in code if one.engine == engine), (one for one in words if one.engine == engine))
