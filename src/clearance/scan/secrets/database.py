"""Makes the engine of a set of pages, and keeps what takes long: the formats that were read and the compiled database."""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import overload

import msgspec

from clearance import __version__
from clearance.facts.cache import Cache
from clearance.rules.model import Rule
from clearance.scan.secrets.detectors import make_probes, read_tokens
from clearance.scan.secrets.disguise import disguise_makers, whole
from clearance.scan.secrets.engine import Engine
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter, Prefilter, Run, engine_name
from clearance.scan.secrets.probe import Disguise
from clearance.scan.secrets.tokens import Token


class _Kept(msgspec.Struct, frozen=True):
    """What rests in the cache: the token formats by rule and, where there is Hyperscan, the databases of all expressions and
    whose these are."""

    tokens: dict[str, list[Token]]
    runs: list[Run] = []
    databases: list[bytes] = []


class Disguises(Sequence[Disguise]):
    """Disguises that are made when they are first needed: most files need few, and some take long to make."""

    def __init__(self, makers: Sequence[Callable[[], Disguise]]) -> None:
        self._makers = makers
        self._made: dict[int, Disguise] = {}

    def __len__(self) -> int:
        return len(self._makers)

    @overload
    def __getitem__(self, number: int) -> Disguise: ...

    @overload
    def __getitem__(self, number: slice) -> Sequence[Disguise]: ...

    def __getitem__(self, number: int | slice) -> Disguise | Sequence[Disguise]:
        """Give a disguise, or several."""
        if isinstance(number, slice):
            return [self[one] for one in range(len(self))[number]]
        if number not in self._made:
            self._made[number] = self._makers[number]()
        return self._made[number]


def open_engine(rules: Sequence[Rule], cache: Cache) -> Engine:
    """Load what the pages were made into, or make it and keep it.

    A database is loaded only if it was compiled by this version of the library, for this kind of processor, by this code and
    from these pages. It goes to native code, which trusts it: the cache gives nothing but what was put there, by a keyed
    digest (see `stores.cache`), and the library checks a sum of its own. Otherwise it is compiled anew.

    Raises:
        BadPage: a page has no readable block, or names a detector that is not there.
    """
    library = engine_name()
    key = _cache_key(rules, library)
    kept = _read(cache.get(key))
    tokens = read_tokens(rules) if kept is None else kept.tokens
    probes = make_probes(rules, tokens)
    disguises = Disguises(disguise_makers(probes))

    def words(number: int) -> Sequence[bytes]:
        return probes[number].keywords if number < len(probes) else disguises[number - len(probes)].keywords

    prefilter: Prefilter | None = None
    if not library:
        prefilter = KeywordPrefilter((*probes, *disguises))
        if kept is None:
            cache.put(key, msgspec.msgpack.encode(_Kept(tokens)))
    elif kept is not None:
        prefilter = HyperscanPrefilter.load(kept.databases, kept.runs, words)
    if prefilter is None:
        prefilter = compiled = HyperscanPrefilter.compile((*probes, *disguises))
        entry = _Kept(tokens, list(compiled.runs), compiled.serialised())
        cache.put(key, msgspec.msgpack.encode(entry))
    return Engine(probes, disguises, whole, prefilter)


def _cache_key(rules: Sequence[Rule], library: str) -> str:
    """Name what the formats and the database depend on: pages, library, machine, our own code."""
    seen = hashlib.sha256(f"{library}\0{code_stamp()}".encode())
    for rule in rules:
        blocks = (f"{block.engine}\0{block.line}\0{block.text}" for block in rule.detect)
        for part in (rule.id, rule.page, rule.detector, *blocks):
            seen.update(len(part).to_bytes(4) + part.encode("utf-8", "surrogatepass"))
    return f"secrets-{seen.hexdigest()}"


@lru_cache(maxsize=1)
def code_stamp() -> str:
    """Give a fingerprint of this package's code that needs no file to be opened: the SHA-256 of names, sizes and times of
    change, in hexadecimal. What one version of the code looks for, another may not."""
    stamp = hashlib.sha256(__version__.encode())
    waiting = [Path(__file__).parent]
    while waiting:
        folder = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir() and entry.name != "__pycache__":
                    waiting.append(folder / entry.name)
                elif entry.name.endswith(".py"):
                    status = entry.stat()
                    stamp.update(f"{entry.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def _read(data: bytes | None) -> _Kept | None:
    """Read a cache entry; None where there is none, or one that another version wrote."""
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
