"""A small world for tests of trust: an authority, a timestamp authority and a log in memory, and what they sign."""

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from clearance.attest.authority import Authority, Credential, make_authority
from clearance.attest.bundle import seal
from clearance.attest.certificate import Certificate
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.timestamps import OwnTimestamps
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, LogKey, Root
from clearance.facts.bundle import Bundle, with_entry
from clearance.facts.entry import Checkpoint, Sealed
from clearance.facts.fact import Fact
from clearance.facts.identity import Identity
from clearance.facts.moment import rfc3339
from clearance.facts.statement import DigestSet, Resource
from clearance.record.merkle import inclusion_proof, leaf_hash, perfect_root, root
from clearance.record.note import sign_checkpoint

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
DOMAIN = "test.clearance.local"
SERVICE = Identity(name=f"spiffe://{DOMAIN}/service/clearance", issuer=f"spiffe://{DOMAIN}")
ORIGIN = "clearance.local/0123"
SUBJECT = "0" * 63 + "1"


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Said(Fact):
    """The predicate of a statement that tests sign."""

    number: int
    time: str = "2026-11-22T12:00:00Z"
    evidence: tuple[str, ...] = ()


class Toy(Fact, rename={"type": "_type", "predicate_type": "predicateType"}):
    """A statement that tests sign."""

    predicate: Said
    type: str = "https://in-toto.io/Statement/v1"
    predicate_type: str = "urn:clearance:predicate:toy:v1"
    subject: tuple[Resource, ...] = (Resource(name="thing", digest=DigestSet(sha256=SUBJECT)),)


class World:
    """Whoever signs, all keys in memory."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.keys = {one: MemorySigner("ecdsa-p256", self.clock) for one in ("authority", "timestamps", "transparency")}
        self.log = MemorySigner("ed25519", self.clock)
        self.certificate = make_authority(self.keys["authority"], DOMAIN, NOON)
        self.authority = Authority(self.certificate, self.keys["authority"], self.keys["transparency"])
        self.stamper = self.authority.certify_timestamps(self.keys["timestamps"].public(), DOMAIN, NOON)
        self.leaves: list[bytes] = []

    def credential(self, identity: Identity = SERVICE) -> Credential:
        return self.authority.issue(identity, self.clock())

    def stamps(self, certificate: Certificate | None = None) -> OwnTimestamps:
        return OwnTimestamps(certificate or self.stamper, self.keys["timestamps"], self.clock)

    def sealed(self, number: int = 0, credential: Credential | None = None) -> Sealed:
        return seal(Toy(predicate=Said(number=number)), credential or self.credential(), self.stamps())

    def root(self, **changes: Any) -> Root:
        since = rfc3339(NOON)
        held: dict[str, Any] = {
            "authorities": (Chain(certificates=(self.certificate.der,), since=since),),
            "timestamps": (Chain(certificates=(self.stamper.der, self.certificate.der), since=since, uri=OWN_TIMESTAMPS),),
            "transparency": (self.keys["transparency"].public(),),
            "logs": (LogKey(origin=ORIGIN, key=self.log.public()),),
        }
        return Root(**(held | changes))

    def whole(self, sealed: Sealed, *, index: int = 2, size: int = 5) -> bytes:
        """Complete a bundle with a place in a tree of made-up leaves around it."""
        import msgspec

        hashes = [leaf_hash(b"leaf %d" % at) for at in range(size)]
        hashes[index] = leaf_hash(sealed.leaf)

        def node(height: int, at: int) -> bytes:
            return perfect_root(hashes[at << height : (at + 1) << height])

        top = root(size, node)
        note = sign_checkpoint(Checkpoint(origin=ORIGIN, size=size, root=top), self.log)
        return with_entry(
            msgspec.json.decode(sealed.bundle, type=Bundle),
            leaf=sealed.leaf,
            key_id=LogKey(origin=ORIGIN, key=self.log.public()).id,
            index=index,
            size=size,
            root=top,
            path=inclusion_proof(index, size, node),
            note=note.decode(),
        )


class Mutation(NamedTuple):
    """A bundle with one thing changed: which field, how, and the bundle."""

    field: str
    how: str
    data: bytes


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Give every text in a JSON document with its path."""
    match value:
        case dict():
            for name, inner in value.items():
                yield from leaves(inner, (*path, name))
        case list():
            for at, inner in enumerate(value):
                yield from leaves(inner, (*path, at))
        case str():
            yield path, value


def objects(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every object in a JSON document."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from objects(inner, (*path, name))
    if isinstance(value, dict):
        yield path


def shown(path: tuple[Any, ...]) -> str:
    """Write a path as error messages have it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def altered(document: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> bytes:
    """Copy a document, and change what holds the last part of a path."""
    made = copy.deepcopy(document)
    inner = made
    for part in path[:-1]:
        inner = inner[part]
    change(inner, path[-1])
    return json.dumps(made).encode()


def put(value: Any) -> Callable[[Any, Any], None]:
    """Give a change that puts a value in place."""

    def change(holder: Any, name: Any) -> None:
        holder[name] = value

    return change


def remove(holder: Any, name: Any) -> None:
    """Take something away."""
    del holder[name]


def later(world: World, **by: float) -> None:
    """Move the clock of a world."""
    world.clock.now += timedelta(**by)
