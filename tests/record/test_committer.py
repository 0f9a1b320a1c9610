"""Group commit: many threads, one writer; nobody waits for nothing, and nobody pays for a neighbour's mistake."""

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from clearance.facts.errors import BadSignature, ClearanceError, StoreError
from clearance.record.committer import Committer
from clearance.record.growth import Proven
from clearance.record.log import Submission
from clearance.record.note import open_checkpoint
from clearance.record.proof import verify_tlog_proof


class Held:
    """A log whose commits wait until a test lets them go; notes the batches."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self.batches: list[int] = []
        self.gate = threading.Event()
        self.entered = threading.Event()

    def commit(self, batch: Sequence[Submission]) -> tuple[Proven | ClearanceError | ValueError, ...]:
        self.entered.set()
        self.gate.wait(30)
        self.batches.append(len(batch))
        return self._log.commit(batch)  # type: ignore[no-any-return]


def test_what_is_submitted_is_proven_under_the_checkpoint_of_its_batch(housed: Any) -> None:
    with Committer(housed.log) as committer:
        futures = [committer.submit(housed.sealed(number)) for number in range(20)]
        proven = [future.result(30) for future in futures]
    assert sorted(one.entry.index for one in proven) == list(range(20))
    keys = housed.house.keyring().public()
    for one in proven:
        head = verify_tlog_proof(one.proof, one.entry.sealed.leaf, keys)
        assert head.size > one.entry.index
        assert one.checkpoint.endswith(one.proof[-20:])
    assert list(housed.log.entries()) == sorted((one.entry for one in proven), key=lambda entry: entry.index)
    assert housed.log.verify().size == 20


def test_what_comes_in_while_a_batch_is_written_is_one_batch(housed: Any) -> None:
    held = Held(housed.log)
    with Committer(held, wait=0, most=10) as committer:
        first = committer.submit(housed.sealed(0))
        assert held.entered.wait(30)
        rest = [committer.submit(housed.sealed(number)) for number in range(1, 16)]
        held.gate.set()
        sizes = {open_checkpoint(one.result(30).checkpoint, housed.house.keyring().public()).size for one in [first, *rest]}
    assert held.batches == [1, 10, 5]
    assert sizes == {1, 11, 16}


def test_a_submission_that_is_refused_does_not_touch_its_neighbours(housed: Any, bundled: Any) -> None:
    good = [housed.sealed(number) for number in range(3)]
    strange = good[0]._replace(sealed=bundled.sealed(7).sealed)  # what its sealer says is about another statement
    lacking = housed.sealed(5)._replace(evidence={})
    forged = housed.sealed(6, told=False)
    forged = forged._replace(sealed=type(forged.sealed)(leaf=forged.sealed.leaf, bundle=good[1].sealed.bundle))
    ((nothing, opened),) = housed.house.seal([{"predicate": 5}])  # what is signed is no statement
    held = Held(housed.log)
    with Committer(held, wait=0) as committer:
        warm = committer.submit(housed.sealed(99))
        assert held.entered.wait(30)
        futures = [committer.submit(one) for one in (good[0], strange, good[1], lacking, forged, good[2])]
        futures.append(committer.submit(Submission(nothing, {}, opened)))
        held.gate.set()
        assert warm.result(30).entry.index == 0
        assert [futures[at].result(30).entry.index for at in (0, 2, 5)] == [1, 2, 3]
        for at, kind in ((1, BadSignature), (3, ValueError), (4, BadSignature), (6, BadSignature)):
            assert isinstance(futures[at].exception(30), kind)
    assert held.batches == [1, 7]
    assert housed.log.verify().size == 4


def test_a_store_that_fails_fails_the_batch_and_not_the_next_one(housed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Committer(housed.log, wait=5, most=3) as committer:
        with monkeypatch.context() as broken:
            broken.setattr(housed.store, "write", refusing)
            futures = [committer.submit(housed.sealed(number)) for number in range(3)]
            for future in futures:
                assert "the disk is full" in str(future.exception(30))
        futures = [committer.submit(housed.sealed(number)) for number in range(3)]
        assert [future.result(30).entry.index for future in futures] == [0, 1, 2]


def test_a_store_that_is_well_again_takes_the_same_submission(housed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with Committer(housed.log) as committer:
        with monkeypatch.context() as broken:
            broken.setattr(housed.store, "write", refusing)
            with pytest.raises(StoreError, match="the disk is full"):
                committer.submit(housed.sealed(0)).result(30)
        assert committer.submit(housed.sealed(1)).result(30).entry.index == 0


def refusing() -> None:
    raise StoreError("the disk is full")


def test_a_full_queue_refuses_who_is_not_patient_and_takes_who_waits(housed: Any) -> None:
    held = Held(housed.log)
    with Committer(held, wait=0.001, most=1, room=2) as committer:
        futures = [committer.submit(housed.sealed(0))]
        assert held.entered.wait(30)
        futures += [committer.submit(housed.sealed(number)) for number in (1, 2)]
        with pytest.raises(StoreError, match="2 submissions wait already"):
            committer.submit(housed.sealed(3), patience=0.01)
        threading.Timer(0.05, held.gate.set).start()
        futures.append(committer.submit(housed.sealed(3)))
        assert [future.result(30).entry.index for future in futures] == [0, 1, 2, 3]


def test_closing_appends_what_was_submitted_and_takes_no_more(housed: Any) -> None:
    committer = Committer(housed.log, wait=5)
    futures = [committer.submit(housed.sealed(number)) for number in range(3)]
    began = time.process_time()
    committer.close()
    committer.close()
    assert all(future.done() for future in futures)
    assert time.process_time() - began < 5  # it does not spin
    assert housed.log.size() == 3
    with pytest.raises(StoreError, match="closed"):
        committer.submit(housed.sealed(4))


def test_a_submission_that_was_cancelled_is_not_appended(housed: Any) -> None:
    held = Held(housed.log)
    with Committer(held, wait=0) as committer:
        first = committer.submit(housed.sealed(0))
        assert held.entered.wait(30)
        second, third = committer.submit(housed.sealed(1)), committer.submit(housed.sealed(2))
        assert second.cancel()
        held.gate.set()
        assert (first.result(30).entry.index, third.result(30).entry.index) == (0, 1)
    assert housed.log.size() == 2


def test_many_threads_lose_nothing(housed: Any) -> None:
    told: list[int] = []

    def work(start: int) -> None:
        futures = [committer.submit(one) for one in submissions[start : start + 25]]
        told.extend(future.result(30).entry.index for future in futures)

    submissions = [housed.sealed(number) for number in range(100)]
    with Committer(housed.log, most=16) as committer:
        threads = [threading.Thread(target=work, args=(start,)) for start in range(0, 100, 25)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(told) == list(range(100))
    assert housed.log.verify().size == 100
