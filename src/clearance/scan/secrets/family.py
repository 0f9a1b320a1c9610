"""The family `secrets`: one pass of the prefilter, judges at the places that it names, one finding a secret."""

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.secrets.detectors import make_probes, read_tokens
from clearance.scan.secrets.prefilter import HyperscanPrefilter, KeywordPrefilter, Prefilter, engine_name
from clearance.scan.secrets.probe import Found, Offsets, Probe, Sheet
from clearance.scan.secrets.tokens import Token

_MAX_FOUND = 1000
_MAX_ASKED = 20_000


class _Compiled(msgspec.Struct, frozen=True):
    """What rests in the cache: the token formats by rule, and the serialised database (empty without Hyperscan)."""

    tokens: dict[str, list[Token]]
    database: bytes


class SecretsFamily:
    """Looks for keys, tokens and passwords. Rules of other families are passed over."""

    name = "secrets"
    max_bytes = 32 << 20

    def __init__(self, rules: tuple[Rule, ...], cache: Cache) -> None:
        self._rules = tuple(rule for rule in rules if rule.family == self.name)
        self._cache = cache
        # Names secrets within a run, so that both sides can be compared and nobody else can tell them.
        self._key = secrets.token_bytes(32)
        self._probes: tuple[Probe, ...] = ()
        self._prefilter: Prefilter | None = None

    def start(self, contents: Contents) -> None:
        """Load the compiled formats, or compile them and keep them.

        Raises:
            BadPage: a page has no readable block, or names a detector that is not there.
        """
        del contents
        engine = engine_name()
        key = self._cache_key(engine)
        compiled = _decoded(self._cache.get(key))
        tokens = read_tokens(self._rules) if compiled is None else compiled.tokens
        self._probes = make_probes(self._rules, tokens)
        if not engine:
            self._prefilter = KeywordPrefilter(self._probes)
            if compiled is None:
                self._cache.put(key, msgspec.msgpack.encode(_Compiled(tokens, b"")))
            return
        prefilter = HyperscanPrefilter.load(compiled.database, self._probes) if compiled else None
        if prefilter is None:
            prefilter = HyperscanPrefilter.compile(self._probes)
            self._cache.put(key, msgspec.msgpack.encode(_Compiled(tokens, prefilter.serialised())))
        self._prefilter = prefilter

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap]:
        """Give one match for each secret, and a gap where there were too many places to look at."""
        text = view.text
        plain = text.isascii()
        same = plain and view.encoding == "utf-8" and len(view.data) == len(text)
        data = view.data if same else text.encode("utf-8", "surrogatepass")
        sheet = Sheet(view.path, data, view.language)
        found: list[Found] = []
        for rule in sorted(self._search(sheet, budget, found)):
            detail = f"{rule}: too many places that look alike"
            yield Gap(scanner=self.name, path=view.path, kind=GapKind.TOO_MANY, detail=detail)
        offsets = Offsets(data, plain=plain)
        for one in _settled(found):
            yield self._match(one, data, offsets)

    def _search(self, sheet: Sheet, budget: Budget, found: list[Found]) -> set[str]:
        """Fill `found`; give the rules whose budget was spent."""
        if self._prefilter is None:
            raise RuntimeError("look was called before start")
        spent: set[str] = set()
        most = max(_MAX_ASKED, len(sheet.data) // self._prefilter.bytes_a_place)
        for number, places in self._prefilter.places(sheet.data, budget):
            probe = self._probes[number]
            hits = 0
            for asked, at in enumerate(places):
                if asked >= most or hits >= _MAX_FOUND:
                    spent.add(probe.rule)
                    break
                if not asked % 256:
                    budget.check()
                one = probe.judge(sheet, at)
                if one is not None:
                    hits += 1
                    found.append(one)
        return spent

    def _match(self, one: Found, data: bytes, offsets: Offsets) -> Match:
        start, end = offsets.point(one.start), offsets.point(one.end)
        digest = hashlib.blake2b(data[one.start : one.end], key=self._key, digest_size=16)
        return Match(
            rule=one.rule,
            start=start,
            end=end,
            message=one.message,
            severity=one.severity,
            confidence=one.confidence,
            identity=digest.hexdigest(),
            secrets=((start, end),),
        )

    def _cache_key(self, engine: str) -> str:
        """Name what the compiled formats depend on: pages, our own expressions, engine, machine."""
        seen = hashlib.sha256(engine.encode())
        for rule in self._rules:
            for part in (
                rule.id,
                rule.page,
                rule.detector,
                *(f"{block.engine}\0{block.line}\0{block.text}" for block in rule.detect),
            ):
                seen.update(len(part).to_bytes(4) + part.encode("utf-8", "surrogatepass"))
        for probe in make_probes(self._rules, {}):
            seen.update(repr((probe.rule, probe.expressions)).encode())
        return f"secrets-{seen.hexdigest()}"


def _decoded(data: bytes | None) -> _Compiled | None:
    """Read a cache entry; None where there is none, or one that another version wrote."""
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=_Compiled)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _settled(found: Iterable[Found]) -> Iterator[Found]:
    """Give one finding a secret: where two overlap, the one of better rank, then the longer, then the first by name; in
    the order in which they stand."""
    taken: list[Found] = []
    starts: list[int] = []
    for one in sorted(found, key=lambda one: (one.rank, one.start - one.end, one.start, one.rule)):
        at = bisect_left(starts, one.start)
        if (at and taken[at - 1].end > one.start) or (at < len(taken) and taken[at].start < one.end):
            continue
        starts.insert(at, one.start)
        taken.insert(at, one)
    yield from taken
