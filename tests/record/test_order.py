"""Old entries before new ones: however a batch is mixed, and at a cost that grows as the batch does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadSignature
from clearance.record import growth
from clearance.record.growth import Order
from clearance.record.names import entry_name
from clearance.stores.memory_log import MemoryStore

OLD, NEW, OTHER = b'{"payload":"x"}', b'{"apiVersion":"x"}', b"something else"
LEAF = st.sampled_from([OLD, NEW, OTHER])


def held(leaves: list[bytes]) -> MemoryStore:
    store = MemoryStore()
    store.bodies = {entry_name(number): leaf for number, leaf in enumerate(leaves)}
    return store


@given(st.lists(LEAF, max_size=3), st.lists(LEAF, max_size=8))
def test_no_envelope_follows_a_record_in_one_batch_or_before_it(before: list[bytes], batch: list[bytes]) -> None:
    taken = list(before)
    with held(before).write() as draft:
        order = Order(draft, len(before))
        for leaf in batch:
            newest = before[-1:] + taken[len(before) :]
            try:
                order.check(leaf)
            except BadSignature:
                assert leaf == OLD
                assert NEW in newest
                continue
            assert leaf != OLD or NEW not in newest
            order.take(leaf)
            taken.append(leaf)


def test_each_leaf_of_a_batch_is_looked_at_a_fixed_number_of_times(furnished: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    given_ = growth.enveloped

    def enveloped(leaf: bytes) -> bool:
        nonlocal looks
        looks += 1
        return given_(leaf)

    monkeypatch.setattr(growth, "enveloped", enveloped)
    one = furnished.sealed(1)
    for count in (10, 40):
        looks = 0
        furnished.log.commit([one] * count)
        assert looks == count
