"""The family `secrets`: one pass of the prefilter, judges at the places that it names, one finding a secret."""

import hashlib
import secrets
from collections import deque
from collections.abc import Iterable, Iterator

from clearance.facts.cache import Cache
from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind, Secret
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, SetAside, View
from clearance.scan.secrets.database import open_engine
from clearance.scan.secrets.engine import NOTHING, OUT_OF_TIME, Engine, Hit, Searched
from clearance.scan.secrets.probe import Dropped, Offsets, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.settle import set_aside, settled


class SecretsFamily:
    """Looks for keys, tokens and passwords. Rules of other families are passed over.

    `key` belongs to the installation: with it, the fingerprint of a secret is the same in every file and at any time.
    """

    name = "secrets"
    max_bytes = 32 << 20

    def __init__(self, rules: tuple[Rule, ...], cache: Cache, key: bytes = b"") -> None:
        self._rules = tuple(rule for rule in rules if rule.family == self.name)
        self._cache = cache
        self._key = hashlib.sha256(key).digest() if key else b""
        # Names secrets within a run, so that both sides can be compared even where there is no key.
        self._run_key = secrets.token_bytes(32)
        self._engine: Engine | None = None

    def start(self, contents: Contents) -> None:
        """Load the compiled formats, or compile them and keep them.

        Raises:
            BadPage: a page has no readable block, or names a detector that is not there.
        """
        del contents
        if self._engine is None:  # it rests on the rules alone, and serves every change
            self._engine = open_engine(self._rules, self._cache)

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap | SetAside]:
        """Give one match for each secret, what was set aside, and a gap where there was too much to look at."""
        if self._engine is None:
            raise RuntimeError("look was called before start")
        text = view.text
        plain = text.isascii()
        data = view.data if _as_read(view, plain=plain) else text.encode("utf-8", "surrogatepass")
        searched = self._engine.search(Sheet(view.path, data, view.language), budget)
        return () if searched is NOTHING else self._told(searched, view, Offsets(data, plain=plain))

    def _told(self, searched: Searched, view: View, offsets: Offsets) -> Iterator[Match | Gap | SetAside]:
        for detail in searched.spent:
            kind = GapKind.TIMEOUT if detail == OUT_OF_TIME else GapKind.TOO_MANY
            yield Gap(scanner=self.name, path=view.path, kind=kind, detail=detail)
        hits = settled(searched.hits)
        waiting = deque(set_aside(searched.asides, hits))
        for hit in hits:  # what was set aside goes between them, so that offsets are asked for in rising order
            while waiting and waiting[0].start < hit.found.start:
                yield _aside(waiting.popleft(), offsets)
            yield self._match(hit, offsets)
        for one in waiting:
            yield _aside(one, offsets)

    def _match(self, hit: Hit, offsets: Offsets) -> Match:
        one = hit.found
        start, end = offsets.point(one.start), offsets.point(one.end)
        return Match(
            rule=one.rule,
            start=start,
            end=end,
            message=one.message,
            severity=one.severity,
            confidence=one.confidence,
            identity=_digest(hit.value, self._run_key),
            secrets=((start, end),),
            secret=self._secret(hit),
            hidden=(hit.value.decode("utf-8", "replace"),) if hit.disguise else (),
        )

    def _secret(self, hit: Hit) -> Secret:
        text = hit.value.decode("utf-8", "replace")
        # However much a page promises, most of the secret stays hidden.
        tail = text[-hit.found.tail :] if 0 < hit.found.tail <= len(text) // 4 else ""
        return Secret(
            fingerprint=_digest(hit.value, self._key) if self._key else "",
            entropy=round(entropy(text), 2),
            tail=tail,
            disguise=hit.disguise,
        )


def _as_read(view: View, *, plain: bool) -> bool:
    """Tell whether the bytes of a view are its text in UTF-8; where U+FFFD stands some of them may have been no UTF-8."""
    if view.encoding != "utf-8":
        return False
    size = len(view.text)
    return len(view.data) == size if plain else len(view.data) > size and "\ufffd" not in view.text


def _digest(value: bytes, key: bytes) -> str:
    """Name a secret so that only who has the key can tell which it is (keyed BLAKE2b, RFC 7693): 32 hexadecimal digits."""
    return hashlib.blake2b(value, key=key, digest_size=16, person=b"clearance-secret").hexdigest()


def _aside(one: Dropped, offsets: Offsets) -> SetAside:
    return SetAside(one.rule, offsets.point(one.start), offsets.point(one.end), one.reason)
