"""What other processes verified ahead answers only the very question that was asked; nothing is believed because of it."""

import os
import signal

import pytest
from msgspec import structs

from attest.world import Said, Toy, World
from clearance.attest.dsse import seal
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import Root
from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import BadSignature
from clearance.record import inspection, log
from clearance.record.log import Log, Proven, Submission
from clearance.stores.memory_log import MemoryPins, MemoryStore
from clearance.wiring.unsealing import CHUNK, CHUNK_BYTES, Ahead, Unsealers, _cut

WORLD = World()
COUNT = CHUNK + 40
OTHER = World()


@pytest.fixture(scope="module")
def sealed() -> list[Sealed]:
    """More than a chunk of statements."""
    credential = WORLD.credential()
    return [WORLD.sealed(number, credential) for number in range(COUNT)]


@pytest.fixture(scope="module")
def unsealers() -> Unsealers:
    """Two processes."""
    return Unsealers(2)


@pytest.fixture
def ring(unsealers: Unsealers) -> KeyRing:
    """A ring that has other processes verify ahead."""
    return KeyRing(WORLD.log, trust=lambda: Trust(WORLD.root()), many=lambda: unsealers)


def spied(monkeypatch: pytest.MonkeyPatch) -> list[Sealed]:
    """Note what this process itself verifies."""
    seen: list[Sealed] = []
    given = Trust.unseal

    def unseal(self: Trust, one: Sealed) -> Opened:
        seen.append(one)
        return given(self, one)

    monkeypatch.setattr(Trust, "unseal", unseal)
    return seen


def changed(one: Sealed, part: str) -> Sealed:
    """A statement with one byte changed in its leaf or its bundle."""
    data = bytearray(getattr(one, part))
    at = data.rindex(b'"') - 9
    data[at] = data[at] ^ 1
    return structs.replace(one, **{part: bytes(data)})


def test_the_answers_are_those_that_this_process_gives(
    ring: KeyRing, sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Trust(WORLD.root())
    wanted = [plain.unseal(one) for one in sealed[::30]]
    keys, here = ring.public(), spied(monkeypatch)
    with ring.expecting(iter(sealed), keys):
        assert [ring.unseal(one, keys) for one in sealed][::30] == wanted
    assert not here, "all of it was verified elsewhere"
    with ring.expecting(sealed[:8], keys):
        ring.unseal(sealed[0], keys)
    ring.unseal(sealed[1], keys)
    assert here == [sealed[1]], "after the block nothing is known any more"


@pytest.mark.parametrize("part", ["leaf", "bundle"])
def test_a_changed_byte_misses_what_was_found_and_is_refused(
    ring: KeyRing, sealed: list[Sealed], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, here = ring.public(), spied(monkeypatch)
    bad = changed(sealed[3], part)
    with pytest.raises(BadSignature) as alone:
        ring.unseal(bad, keys)
    for expected in (sealed[:8], [*sealed[:3], bad, *sealed[4:8]]):
        here.clear()
        with ring.expecting(expected, keys):
            for one in sealed[:3]:
                ring.unseal(one, keys)
            with pytest.raises(BadSignature) as told:
                ring.unseal(bad, keys)
            assert here == [bad]
            assert str(told.value) == str(alone.value)
            for one in sealed[4:8]:
                ring.unseal(one, keys)


def test_other_keys_or_another_root_ask_another_question(
    unsealers: Unsealers, sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch
) -> None:
    believed = [WORLD.root()]
    ring = KeyRing(WORLD.log, trust=lambda: Trust(believed[0]), many=lambda: unsealers)
    keys, here = ring.public(), spied(monkeypatch)
    with ring.expecting(sealed[:4], keys):
        ring.unseal(sealed[0], keys)
        assert not here
        ring.unseal(sealed[1], (*keys,)[:0])
        assert here == [sealed[1]], "with other keys it is verified here"
        believed[0] = OTHER.root()
        fresh = ring.public()
        for asked in (fresh, keys):
            with pytest.raises(BadSignature):
                ring.unseal(sealed[2], asked)
    with ring.expecting(sealed[:4], fresh), pytest.raises(BadSignature):
        ring.unseal(sealed[0], fresh)
    with pytest.raises(BadSignature):
        KeyRing(trust=lambda: Trust(Root()), many=lambda: unsealers).unseal(sealed[0], ())


def test_what_comes_in_another_order_or_never_is_verified_all_the_same(
    ring: KeyRing, sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, here = ring.public(), spied(monkeypatch)
    strange = WORLD.sealed(999)
    with ring.expecting(sealed, keys):
        assert ring.unseal(strange, keys).payload
        assert ring.unseal(sealed[-1], keys).payload
        assert ring.unseal(sealed[0], keys).payload
        assert ring.unseal(sealed[-1], keys).payload
    assert here == [strange, sealed[0], sealed[-1]]


def test_where_the_processes_ended_this_one_verifies(sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch) -> None:
    made = Unsealers(1)
    ring = KeyRing(WORLD.log, trust=lambda: Trust(WORLD.root()), many=lambda: made)
    keys = ring.public()
    with ring.expecting(sealed[:2], keys):
        ring.unseal(sealed[0], keys)
    assert made._pool is not None
    (process,) = made._pool._processes
    os.kill(process, signal.SIGKILL)
    here = spied(monkeypatch)
    with ring.expecting(sealed[:4], keys):
        assert all(ring.unseal(one, keys).payload for one in sealed[:4])
    assert here


def test_chunks_are_short_and_keep_everything() -> None:
    many = [Sealed(leaf=b"%d" % number, bundle=bytes(number % 3 * 500_000)) for number in range(40)]
    chunks = list(_cut(iter(many)))
    assert [(leaf, bundle) for chunk in chunks for leaf, bundle in chunk.items()] == [(one.leaf, one.bundle) for one in many]
    assert all(sum(map(len, chunk.values())) < CHUNK_BYTES + 1_000_001 for chunk in chunks)
    assert max(map(len, _cut(iter([Sealed(leaf=b"%d" % number) for number in range(400)])))) == CHUNK


def furnished(ring: KeyRing) -> Log:
    return Log(MemoryStore(), WORLD.log, ring, MemoryPins())


def test_a_log_takes_and_audits_much_with_the_same_verdicts(
    ring: KeyRing, sealed: list[Sealed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_MANY", 4)
    monkeypatch.setattr(inspection, "MANY", 4)
    made = furnished(ring)
    here = spied(monkeypatch)
    batch = [*sealed[:6], changed(sealed[6], "bundle"), *sealed[7:9]]
    told = made.commit([Submission(one, {}) for one in batch])
    assert [isinstance(one, Proven) for one in told] == [True] * 6 + [False] + [True] * 2
    assert here == [batch[6]]
    here.clear()
    assert not made.inspect().problems
    assert not here, "an audit asks in the order in which it was told what comes"
    store = made.store
    assert isinstance(store, MemoryStore)
    name = "bundle/000000000005"
    store.bodies[name] = changed(sealed[5], "bundle").bundle
    (problem,) = made.inspect().problems
    assert problem.where == "entry 5"
    del store.bodies[name], store.bodies["entry/000000000002"]
    here.clear()
    assert {one.where for one in made.inspect().problems} >= {"entry 5", "entry 2"}
    assert not here


def test_few_entries_start_no_process(sealed: list[Sealed]) -> None:
    def never() -> Unsealers:
        raise AssertionError("a process was started for a few entries")

    made = furnished(KeyRing(WORLD.log, trust=lambda: Trust(WORLD.root()), many=never))
    made.commit([Submission(one, {}) for one in sealed[:20]])
    assert not made.inspect().problems


def test_what_a_bare_key_signed_is_verified_ahead_too(unsealers: Unsealers) -> None:
    signer = MemorySigner("ecdsa-p256", WORLD.clock)
    old = [Sealed(leaf=seal(Toy(predicate=Said(number=number)), signer)) for number in range(3)]
    ahead: Ahead = unsealers.ahead(old, Root(), (signer.public(),))
    assert [ahead.take(one) for one in old] == [KeyRing(signer).unseal(one, (signer.public(),)) for one in old]
    assert ahead.take(old[0]) is None, "an answer is given once"
    stranger = unsealers.ahead(old, Root(), ())
    assert stranger.take(old[0]) is None


def test_a_process_reads_whom_to_trust_for_each_question(sealed: list[Sealed], unsealers: Unsealers) -> None:
    for root, known in ((WORLD.root(), True), (OTHER.root(), False), (WORLD.root(), True)):
        ahead = unsealers.ahead(sealed[:2], root, ())
        assert (ahead.take(sealed[0]) is not None) == known
