"""The family `personal`: one pass for each kind of data, checks at the places that it names, one finding for each."""

import hashlib
import math
import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

import msgspec

from clearance.facts.cache import Cache
from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind, Secret
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, SetAside, View
from clearance.scan.personal import address, birth, identity, mail, money, phone
from clearance.scan.personal.context import TOPICS, Context, Words
from clearance.scan.personal.names import NameLists, Names
from clearance.scan.personal.sheet import MOST_FOUND, Dropped, Found, Seen, Sheet

Scan = Literal["off", "fixtures", "all"]
"""Where data about people is looked for in files: nowhere, in fixtures and other files of data, everywhere."""

NO_NAMES = NameLists()


class PersonalFamily:
    """Looks for data about people. Rules of other families are passed over.

    `prompts`: every text is a prompt or an answer, and all of it counts; otherwise `scan` says which files do.
    `regions` are ISO 3166 codes of countries whose phone numbers may stand without a country code; `addresses` asks for
    IP addresses in files as well (in prompts they always count). `key` makes the fingerprints.
    """

    name = "personal"
    max_bytes = 32 << 20

    def __init__(
        self,
        rules: tuple[Rule, ...],
        cache: Cache,
        *,
        key: bytes = b"",
        names: NameLists = NO_NAMES,
        scan: Scan = "all",
        prompts: bool = False,
        regions: tuple[str, ...] = (),
        addresses: bool = False,
    ) -> None:
        self._rules = tuple(rule for rule in rules if rule.family == self.name)
        self._wanted = frozenset(rule.id for rule in self._rules)
        self._cache = cache
        self._key = key
        # Tells two of one shape apart within a run where there is no key to keep.
        self._run_key = key or os.urandom(32)
        listed = "".join(block.text for rule in self._rules for block in rule.detect if block.engine == "names")
        self._names = Names(NameLists.of(authors=names.names, directory=listed))
        self._scan: Scan = scan
        self._prompts = prompts
        self._regions = tuple(region.upper() for region in regions) or phone.REGIONS
        self._addresses = addresses or prompts
        self._identities = identity.Identities({})
        self._words: Words | None = None

    def start(self, contents: Contents) -> None:
        """Read the blocks of the pages, or what an earlier run made of them.

        Raises:
            BadPage: a page has no readable block.
        """
        del contents
        if self._words is None:
            self._identities = identity.Identities(self._read())
            self._words = Words({**TOPICS, **self._identities.topics})

    def _read(self) -> dict[str, identity.Identity]:
        seen = hashlib.sha256()
        for rule in self._rules:
            for block in rule.detect:
                seen.update(f"{rule.id}\0{block.engine}\0{block.text}\0".encode("utf-8", "surrogatepass"))
        key = f"personal-{seen.hexdigest()}"
        cached = self._cache.get(key)
        if cached is not None:
            try:
                return msgspec.msgpack.decode(cached, type=dict[str, identity.Identity])
            except (msgspec.DecodeError, UnicodeDecodeError):
                pass
        read = identity.read_identities(self._rules)
        self._cache.put(key, msgspec.msgpack.encode(read))
        return read

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap | SetAside]:
        """Give one match for each piece of personal data, what looked like some and is none, and a gap where there were too
        many places to look at."""
        if self._words is None:
            raise RuntimeError("look was called before start")
        sheet = Sheet(view.path, view.text, budget, prose=self._prompts)
        if not self._prompts and (self._scan == "off" or (self._scan == "fixtures" and not sheet.is_fixture)):
            return
        found, dropped = self._search(sheet, Context(sheet, self._words))
        for rule in sorted(sheet.spent):
            detail = f"{rule}: too many places that look alike"
            yield Gap(scanner=self.name, path=view.path, kind=GapKind.TOO_MANY, detail=detail)
        taken = list(_settled(found))
        for one in taken:
            yield self._match(one, view.text)
        starts = [one.start for one in taken]
        for aside in sorted(set(dropped)):
            at = bisect_left(starts, aside.end)
            if not (at and taken[at - 1].end > aside.start):
                yield SetAside(aside.rule, aside.start, aside.end, aside.reason)

    def _search(self, sheet: Sheet, context: Context) -> tuple[list[Found], list[Dropped]]:
        found: list[Found] = []
        dropped: list[Dropped] = []
        hits: Counter[str] = Counter()
        for detector in self._detectors():
            for count, one in enumerate(detector(sheet, context)):
                if not count % 256:
                    sheet.check()
                if one.rule not in self._wanted:
                    continue
                if isinstance(one, Dropped):
                    if len(dropped) < MOST_FOUND:
                        dropped.append(one)
                    continue
                hits[one.rule] += 1
                if hits[one.rule] > MOST_FOUND:
                    sheet.spent.add(one.rule)
                    break
                found.append(one)
        return found, dropped

    def _detectors(self) -> Iterator[Callable[[Sheet, Context], Iterator[Seen]]]:
        yield lambda sheet, context: mail.emails(sheet)
        yield lambda sheet, context: money.accounts(sheet)
        yield money.cards
        yield identity.social_security
        yield self._identities.find
        yield lambda sheet, context: phone.phones(sheet, context, self._regions)
        yield birth.births
        yield lambda sheet, context: self._names.find(sheet)
        if self._addresses:
            yield address.addresses

    def _match(self, one: Found, text: str) -> Match:
        told = f"{one.rule}\0{one.value}".encode("utf-8", "surrogatepass")
        fingerprint = hashlib.blake2b(told, key=self._key, digest_size=16).hexdigest() if self._key else ""
        return Match(
            rule=one.rule,
            start=one.start,
            end=one.end,
            message=one.message,
            confidence=one.confidence,
            identity=hashlib.blake2b(told, key=self._run_key, digest_size=16).hexdigest(),
            secrets=((one.start, one.end),),
            secret=Secret(fingerprint=fingerprint, entropy=_entropy(text[one.start : one.end]), personal=True),
        )


def _entropy(text: str) -> float:
    """Shannon's, in bits a character."""
    size = len(text)
    counts = Counter(text).values()
    return round(-sum(count / size * math.log2(count / size) for count in counts), 2) + 0.0 if size else 0.0


def _settled(found: Iterable[Found]) -> Iterator[Found]:
    """Give one finding for each piece: where two overlap, the one of better rank, then the surer, then the longer, then the
    first by name; in the order in which they stand."""
    taken: list[Found] = []
    starts: list[int] = []
    for one in sorted(found, key=lambda one: (one.rank, -one.confidence.rank, one.start - one.end, one.start, one.rule)):
        at = bisect_left(starts, one.start)
        if (at and taken[at - 1].end > one.start) or (at < len(taken) and taken[at].start < one.end):
            continue
        starts.insert(at, one.start)
        taken.insert(at, one)
    yield from taken
