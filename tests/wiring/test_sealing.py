"""Many statements sealed by other processes: the same as sealed here, in order, and told where it could not be done."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path

import pytest

from attest.world import Said, Toy
from clearance.attest.bundle import read_bundle
from clearance.facts.errors import SigningError
from clearance.facts.identity import Identity
from clearance.wiring import recording, sealing
from clearance.wiring.processes import context
from clearance.wiring.sealing import CHUNK, Sealers
from clearance.wiring.trusting import House

COUNT = 2 * CHUNK + 3


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the keys lie."""
    return {"CLEARANCE_HOME": str(tmp_path_factory.mktemp("home") / "keys")}


@pytest.fixture(scope="module")
def sealers(environment: dict[str, str]) -> Iterator[Sealers]:
    """Two processes."""
    with Sealers(environment, 2) as made:
        yield made


def statements(count: int = COUNT) -> list[Toy]:
    return [Toy(predicate=Said(number=number)) for number in range(count)]


def test_each_statement_is_sealed_in_its_place_as_the_house_would(sealers: Sealers, environment: dict[str, str]) -> None:
    house = House(environment)
    trust = house.trust()
    made = list(sealers.seal(statements()))
    assert len(made) == COUNT
    for number, (sealed, told) in enumerate(made):
        assert b'"number":%d,' % number in told.payload
        if number % 40 == 0:
            assert trust.unseal(sealed) == told
            assert told.signer == house.service


def test_many_more_than_are_sealed_ahead_keep_their_order(sealers: Sealers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "CHUNK", 4)
    told = [opened.payload for _, opened in sealers.seal(statements(60))]
    assert [b'"number":%d,' % number in payload for number, payload in enumerate(told)] == [True] * 60


def test_no_private_key_goes_to_another_process(sealers: Sealers, environment: dict[str, str]) -> None:
    ((here, _),) = House(environment).seal(statements(1))
    own = {read_bundle(sealed.bundle).verification_material.certificate for sealed, _ in sealers.seal(statements())}
    assert 1 <= len(own) <= 2
    assert read_bundle(here.bundle).verification_material.certificate not in own


def test_somebody_else_signs_where_they_are_named(sealers: Sealers, environment: dict[str, str]) -> None:
    domain = House(environment).domain
    agent = Identity(name=f"spiffe://{domain}/agent/one", issuer=f"spiffe://{domain}")
    ((sealed, told),) = sealers.seal(statements(1), agent)
    assert House(environment).trust().unseal(sealed) == told
    assert told.signer == agent


def test_a_large_batch_of_a_command_is_sealed_by_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Sealers] = []

    class Counted(Sealers):
        def __init__(self, environment: Mapping[str, str]) -> None:
            super().__init__(environment, 2)
            opened.append(self)

    subprocess.run(["git", "init", "-q", str(tmp_path / "shop")], check=True)
    monkeypatch.setenv("CLEARANCE_HOME", str(tmp_path / "keys"))
    monkeypatch.setattr(sealing, "Sealers", Counted)
    monkeypatch.setattr(recording, "MANY", 5)
    scribe = recording.Scribe(tmp_path / "shop", asks=False)
    scribe.record(statements(4), masked=True)
    assert not opened
    entries = scribe.record(statements(6), masked=True)
    assert len(opened) == 1
    assert [entry.index for entry in entries] == [4, 5, 6, 7, 8, 9]
    assert [json.loads(entry.payload)["predicate"]["number"] for entry in scribe.log.entries(4)] == [0, 1, 2, 3, 4, 5]


def test_who_may_not_be_named_is_refused_as_the_house_refuses(sealers: Sealers) -> None:
    with pytest.raises(SigningError, match="identity provider"):
        list(sealers.seal(statements(1), Identity(name="ada@example.com", issuer="nobody")))
    assert len(list(sealers.seal(statements(1)))) == 1, "the next ones are sealed all the same"


def test_nothing_is_sealed_far_ahead_of_who_takes_it(sealers: Sealers, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    given = sealers._pool.submit

    def submit(work: object, chunk: list[bytes], *rest: object) -> "Future[object]":
        asked.append(len(chunk))
        return given(work, chunk, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(sealers._pool, "submit", submit)
    row = sealers.seal(statements(40 * CHUNK))
    next(row)
    assert len(asked) <= sealers._count * sealing._AHEAD + 1
    row.close()  # type: ignore[attr-defined]


def test_a_process_that_ended_is_told(environment: dict[str, str]) -> None:
    with Sealers(environment, 1) as made:
        assert len(list(made.seal(statements(1)))) == 1
        (process,) = made._pool._processes
        os.kill(process, signal.SIGKILL)
        with pytest.raises(SigningError, match="a process that signs ended"):
            list(made.seal(statements(1)))
        # The next call has new processes.
        assert len(list(made.seal(statements(1)))) == 1


def test_keys_that_another_process_rotated_count_in_these_too(tmp_path: Path) -> None:
    environment = {"CLEARANCE_HOME": str(tmp_path / "keys")}
    with Sealers(environment, 1) as made:
        ((before, _),) = made.seal(statements(1))
        House(environment).rotate(["authority", "timestamps"])
        ((after, told),) = made.seal(statements(1))
    trust = House(environment).trust()
    assert trust.unseal(after) == told
    assert (
        read_bundle(before.bundle).verification_material.certificate
        != read_bundle(after.bundle).verification_material.certificate
    )


def test_a_fork_is_made_only_where_no_other_thread_could_hold_a_lock() -> None:
    started, end = threading.Event(), threading.Event()

    def wait() -> None:
        started.set()
        end.wait(30)

    other = threading.Thread(target=wait)
    other.start()
    started.wait(30)
    try:
        assert context().get_start_method() == "spawn"
    finally:
        end.set()
        other.join()
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ("fork" if sys.platform == "linux" else "spawn")


ALONE = "from clearance.wiring.processes import context; print(context().get_start_method())"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_process_outlives_a_killed_one(environment: dict[str, str]) -> None:
    with subprocess.Popen([sys.executable, "-c", LEFT], stdout=subprocess.PIPE, env=os.environ | environment) as parent:
        assert parent.stdout is not None
        children = [int(word) for word in parent.stdout.readline().split()]
        assert len(children) == 2
        assert all(map(runs, children))
        parent.kill()
    for _ in range(300):
        if not any(map(runs, children)):
            break
        time.sleep(0.05)
    assert not any(map(runs, children))


LEFT = """
import os, time
from clearance.facts.fact import Fact
from clearance.wiring.sealing import Sealers
sealers = Sealers(os.environ, 2)
list(sealers.seal([Fact()]))
print(*sealers._pool._processes, flush=True)
time.sleep(60)
"""


def runs(process: int) -> bool:
    """Tell whether a process runs; one that ended and that nobody asked for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
