"""Records that several processes write and one takes."""

import os
from pathlib import Path

import pytest

from clearance.facts.errors import StoreError
from clearance.stores.private import PrivateFolder
from clearance.stores.spool import MOST_RECORD, Spool, records


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(PrivateFolder(tmp_path / "trace"), "one")


DONE = 7
"""With what a child ends that has done its work."""


def held(spool: Spool) -> list[bytes]:
    return [record for path in spool.take() for record in records(path)]


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "trace" / "one.spool"


def test_records_come_back_in_their_order_and_stay_until_they_are_let_go(spool: Spool) -> None:
    spool.append(b"a")
    spool.append(b"")
    assert held(spool) == [b"a", b""]
    spool.append(b"c")
    assert held(spool) == [b"a", b"", b"c"]
    spool.let_go(spool.take())
    assert held(spool) == []


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_record_that_was_cut_off_costs_no_other(spool: Spool, tmp_path: Path, cut: int) -> None:
    spool.append(b"first")
    spool.append(b"second")
    data = file_of(tmp_path).read_bytes()
    file_of(tmp_path).write_bytes(data[:-cut])
    spool.append(b"third")
    assert held(spool) == [b"first", b"third"]


@pytest.mark.parametrize("at", range(22))
def test_a_flipped_byte_costs_the_record_that_it_is_in(spool: Spool, tmp_path: Path, at: int) -> None:
    spool.append(b"first")
    spool.append(b"second")
    data = bytearray(file_of(tmp_path).read_bytes())
    data[at] ^= 0x40
    file_of(tmp_path).write_bytes(bytes(data))
    assert held(spool) == [b"second"]


def test_many_processes_write_at_once_and_nothing_is_lost_or_torn(spool: Spool) -> None:
    children = []
    for child in range(4):
        pid = os.fork()
        if pid == 0:
            for number in range(50):
                spool.append(f"{child}:{number}".encode() * 50)
            os._exit(DONE)
        children.append(pid)
    for _ in range(20):
        spool.take()  # what was taken stays beside the rest until it is let go
    for pid in children:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == DONE
    found = held(spool)
    assert len(found) == 200
    assert set(found) == {f"{child}:{number}".encode() * 50 for child in range(4) for number in range(50)}


def test_what_is_too_long_is_refused(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not spool.append(bytes(MOST_RECORD + 1))
    monkeypatch.setattr("clearance.stores.spool.MOST_BYTES", 100)
    assert spool.append(bytes(40))
    assert not spool.append(bytes(60))
    assert len(held(spool)) == 1


def test_the_file_is_the_owners_alone_and_another_ones_is_refused(spool: Spool, tmp_path: Path) -> None:
    spool.append(b"a")
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600
    file_of(tmp_path).chmod(0o640)
    with pytest.raises(StoreError, match="not a private file"):
        spool.append(b"b")


def test_a_link_is_not_followed(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "trace").mkdir(mode=0o700)
    (tmp_path / "target").write_bytes(b"")
    file_of(tmp_path).symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="symbolic"):
        spool.append(b"a")
    assert (tmp_path / "target").read_bytes() == b""


def test_old_spools_that_nobody_came_for_go(spool: Spool, tmp_path: Path) -> None:
    spool.append(b"a")
    other = tmp_path / "trace" / "other.spool"
    other.write_bytes(b"")
    os.utime(other, (0, 0))
    spool.let_go([])
    assert not other.exists()
    assert file_of(tmp_path).exists()


def test_a_file_that_is_taken_while_a_writer_waits_for_it_is_not_written_to(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    flock, taken = fcntl.flock, []

    def waits(handle: int, what: int) -> None:
        if not taken:
            taken.append(True)
            spool.let_go(spool.take())
        flock(handle, what)

    spool.append(b"first")
    monkeypatch.setattr("clearance.stores.spool.fcntl.flock", waits)
    assert spool.append(b"second")
    assert taken
    assert held(spool) == [b"second"]
