"""The vault of evidence: what rests comes back whole or not at all, an erased subject never comes back, and who is killed
at any step leaves nothing in between."""

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.attest.salted import fits, salted
from clearance.facts.classification import Level
from clearance.facts.errors import StoreError
from clearance.facts.evidence import Body
from clearance.stores.private import PrivateFolder
from clearance.stores.vault import MOST_BYTES, MOST_FILE, Vault

ANN, BOB = "ann@example.com", "bob@example.com"

DONE = 7
"""With what a child ends that has done its work."""


def vault_in(folder: Path) -> Vault:
    return Vault(PrivateFolder(folder / "keys"), PrivateFolder(folder / "bodies", MOST_FILE))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


def put(vault: Vault, data: bytes, subject: str = ANN, **more: Any) -> Body:
    name, salt = salted(data)
    with vault.locked():
        fields = {"kind": "prompt", "classification": Level.INTERNAL, "time": "2026-11-23T12:00:00Z"} | more
        body = Body(name=name, holder=vault.holder_of(subject), subject=subject, size=len(data), **fields)
        vault.put(body, salt, data)
    return body


def readable(vault: Vault) -> set[bytes]:
    with vault.locked():
        return {vault.open(one.name)[2] for one in vault.found() if one.body is not None}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@settings(max_examples=20)
@given(data=st.binary(max_size=2_000), subject=st.text(min_size=1, max_size=40))
def test_what_was_put_comes_back_and_fits_its_name(rooms: Any, data: bytes, subject: str) -> None:
    vault = vault_in(rooms.new("vault"))
    body = put(vault, data, subject)
    known, salt, read = vault.open(body.name)
    assert (known, read) == (body, data)
    assert fits(body.name, read, salt)
    assert not fits(body.name, read + b"x", salt)
    assert not read or not fits(body.name, read[1:], salt + read[:1])


def test_a_digest_without_its_salt_tells_nothing_of_a_text_that_anybody_could_guess() -> None:
    assert salted(b"yes").sha256 != salted(b"yes").sha256
    assert len(salted(b"yes").salt) == 32


def test_no_file_and_no_name_of_one_tells_whose_it_is_or_what_it_says(vault: Vault, tmp_path: Path) -> None:
    put(vault, b"a telling text", classification=Level.RESTRICTED, place="/home/ann/telling")
    for path in files(tmp_path):
        assert path.stat().st_mode & 0o077 == 0
        for word in (b"telling", b"ann", b"restricted", b"prompt"):
            assert word not in path.read_bytes()
            assert word not in os.fsencode(path.relative_to(tmp_path))
    for folder in (path for path in tmp_path.rglob("*") if path.is_dir()):
        assert folder.stat().st_mode & 0o077 == 0


def test_one_subject_is_one_however_it_is_spelt(vault: Vault) -> None:
    put(vault, b"1", "Ännä@Example.com")
    put(vault, b"2", "a\u0308nna\u0308@example.com".upper())
    with vault.locked():
        assert len({one.holder for one in vault.found()}) == 1


@pytest.mark.parametrize("which", ["*.body", "subject.key", "master.key", "*[0-9a-f].key"])
@pytest.mark.parametrize("how", ["changed at 0", "changed at 20", "changed at the end", "half", "empty", "longer"])
def test_what_was_changed_is_noticed_and_never_given_out(vault: Vault, tmp_path: Path, which: str, how: str) -> None:
    body = put(vault, b"some text of some length")
    (path,) = [path for path in tmp_path.rglob(which) if which != "*[0-9a-f].key" or len(path.stem) == 64]
    data = bytearray(path.read_bytes())
    match how:
        case "half":
            data = data[: len(data) // 2]
        case "empty":
            data = bytearray()
        case "longer":
            data += b"x"
        case _:
            data[{"0": 0, "20": 20}.get(how.rsplit(" ", 1)[1], -1)] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(StoreError):
        vault.open(body.name)


def test_each_byte_of_a_body_is_bound(vault: Vault, tmp_path: Path) -> None:
    body = put(vault, b"x")
    (path,) = tmp_path.rglob("*.body")
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(StoreError):
            vault.open(body.name)


def test_a_body_under_another_name_or_subject_is_noticed(vault: Vault, tmp_path: Path) -> None:
    one, two = put(vault, b"of ann"), put(vault, b"of bob", BOB)
    bodies, holders = tmp_path / "bodies", tmp_path / "keys/holders"
    shutil.copy(bodies / f"{one.name}.body", bodies / f"{two.name}.body")
    shutil.copy(holders / one.holder / f"{one.name}.key", holders / two.holder / f"{two.name}.key")
    with pytest.raises(StoreError):
        vault.open(two.name)
    shutil.copy(holders / one.holder / "subject.key", holders / two.holder / "subject.key")
    with pytest.raises(StoreError):
        vault.open(two.name)
    assert vault.open(one.name)[2] == b"of ann"


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("bodies/{name}.body", "the body is missing"),
        ("keys/holders/{holder}/{name}.key", "its key is gone"),
        ("keys/holders/{holder}/subject.key", "the subject's key is missing"),
        ("keys/master.key", "the master key is gone"),
    ],
)
def test_what_is_missing_is_told_and_the_others_are_read(vault: Vault, tmp_path: Path, gone: str, said: str) -> None:
    body, other = put(vault, b"1"), put(vault, b"2", BOB)
    (tmp_path / gone.format(name=body.name, holder=body.holder)).unlink()
    with vault.locked():
        told = {one.name: one.problem for one in vault.found()}
    assert said in told[body.name]
    if "master" not in gone:
        assert told[other.name] == ""
    with pytest.raises(StoreError, match=said):
        vault.open(body.name)
    if "master" in gone:  # a new one would make all that rests unreadable for ever
        with pytest.raises(StoreError, match=said), vault.locked():
            vault.holder_of(ANN)


def test_an_erased_subject_is_gone_even_for_who_kept_copies_of_all_but_its_key(vault: Vault, tmp_path: Path) -> None:
    body, other = put(vault, b"of ann"), put(vault, b"of bob", BOB)
    copies = {path: path.read_bytes() for path in files(tmp_path) if path.name != "subject.key"}
    with vault.locked():
        vault.erase(body.holder)
    assert [path for path in tmp_path.rglob("*") if body.name in path.name or body.holder in path.name] == []
    for path, data in copies.items():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
    assert readable(vault) == {b"of bob"}
    put(vault, b"of ann again")
    assert readable(vault) == {b"of bob", b"of ann again"}
    assert vault.open(other.name)[2] == b"of bob"


def test_a_key_is_overwritten_before_it_goes(vault: Vault, tmp_path: Path) -> None:
    body = put(vault, b"of ann")
    (path,) = tmp_path.rglob("subject.key")
    before = path.read_bytes()
    os.link(path, tmp_path / "the same file")
    with vault.locked():
        vault.erase(body.holder)
    after = (tmp_path / "the same file").read_bytes()
    assert (len(after), after == before) == (len(before), False)


def test_a_dropped_body_is_unreadable_even_where_a_copy_of_it_lies(vault: Vault, tmp_path: Path) -> None:
    body, other = put(vault, b"1"), put(vault, b"2")
    copy = (tmp_path / f"bodies/{body.name}.body").read_bytes()
    with vault.locked():
        vault.drop(body.name, body.holder)
    (tmp_path / f"bodies/{body.name}.body").write_bytes(copy)
    (tmp_path / f"bodies/{body.name}.body").chmod(0o600)
    assert readable(vault) == {b"2"}
    assert vault.open(other.name)[2] == b"2"


STEPS = ("open", "write", "fsync", "rename", "unlink", "mkdir", "rmdir")


def killed_at(step: int, work: Callable[[], None]) -> bool:
    """Do some work in a process of its own that is killed before its step-th call that changes the disk; tell whether it
    came to its end."""
    child = os.fork()
    if child == 0:
        count = 0

        def counting(call: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*arguments: Any, **more: Any) -> Any:
                nonlocal count
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*arguments, **more)

            return counted

        for name in STEPS:
            setattr(os, name, counting(getattr(os, name)))
        try:
            work()
        except BaseException:  # noqa: BLE001 - told by the exit status
            os._exit(3)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == DONE
    return os.WIFEXITED(status)


def test_who_is_killed_while_adding_leaves_all_or_nothing(rooms: Any) -> None:
    step, ended = 0, False
    while not ended:
        step += 1
        folder = rooms.new("killed")
        vault = vault_in(folder)
        put(vault, b"before")
        ended = killed_at(step, lambda vault=vault: put(vault, b"new") and None)  # type: ignore[misc]
        found = readable(vault)
        assert found == {b"before", b"new"} if ended else found <= {b"before", b"new"}
        assert b"before" in found
        assert not [path for path in files(folder) if path.suffix in (".new", ".gone")]
        keys = {path.stem for path in folder.rglob("*.key") if len(path.stem) == 64}
        assert keys == {path.stem for path in folder.rglob("*.body")}
    assert step > 10


def test_who_is_killed_while_erasing_has_it_completed_by_the_next(rooms: Any) -> None:
    step, ended, began = 0, False, 0
    while not ended:
        step += 1
        folder = rooms.new("killed")
        vault = vault_in(folder)
        ann = put(vault, b"of ann")
        put(vault, b"also of ann")
        put(vault, b"of bob", BOB)

        def erase(vault: Vault = vault, holder: str = ann.holder) -> None:
            with vault.locked():
                vault.erase(holder)

        ended = killed_at(step, erase)
        begun = ended or not (folder / "keys/holders" / ann.holder).exists()
        began += begun
        found = readable(vault)
        assert found == ({b"of bob"} if begun else {b"of bob", b"of ann", b"also of ann"})
        if begun:
            assert [path for path in folder.rglob("*") if ann.holder in path.name or ann.name in path.name] == []
            assert len(list(folder.rglob("*.body"))) == 1
    assert began > 10


def test_who_is_killed_while_dropping_leaves_the_body_or_nothing_of_it(rooms: Any) -> None:
    step, ended = 0, False
    while not ended:
        step += 1
        folder = rooms.new("killed")
        vault = vault_in(folder)
        body = put(vault, b"old")
        put(vault, b"new")

        def drop(vault: Vault = vault, body: Body = body) -> None:
            with vault.locked():
                vault.drop(body.name, body.holder)

        ended = killed_at(step, drop)
        found = readable(vault)
        assert found == {b"new"} if ended else found in ({b"new"}, {b"new", b"old"})
        if b"old" not in found:
            assert [path for path in files(folder) if body.name in path.name] == []


def test_a_full_disk_keeps_nothing_half_and_keeps_nobody_from_erasing(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = put(vault, b"of ann")
    opened = os.open

    def full(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, flags, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(StoreError, match="No space left"):
            put(vault, b"more")
        assert readable(vault) == {b"of ann"}
        with vault.locked():
            vault.erase(body.holder)
    assert readable(vault) == set()
    assert not list(tmp_path.rglob("*.body"))


@pytest.mark.parametrize("at", [1, 2, 3])
def test_where_the_disk_is_full_in_the_middle_nothing_stays(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    put(vault, b"before")
    before = files(tmp_path)
    renamed, count = os.rename, 0

    def full(*arguments: Any, **named: Any) -> None:
        nonlocal count
        count += 1
        if count == at:
            raise OSError(errno.ENOSPC, "No space left on device")
        renamed(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        with pytest.raises(StoreError, match="No space left"):
            put(vault, b"more")
    assert files(tmp_path) == before
    assert readable(vault) == {b"before"}


def test_two_processes_add_at_once(vault: Vault) -> None:
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            try:
                for turn in range(5):
                    put(vault, f"{number} {turn}".encode())
            except BaseException:  # noqa: BLE001 - told by the exit status
                os._exit(3)
            os._exit(DONE)
        children.append(child)
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == DONE
    assert readable(vault) == {f"{number} {turn}".encode() for number in range(2) for turn in range(5)}


def test_too_large_is_refused(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.vault.MOST_BYTES", 10)
    with pytest.raises(StoreError, match="larger than"):
        put(vault, b"x" * 11)
    assert MOST_BYTES == 64 << 20


@pytest.mark.parametrize("folder", ["keys", "bodies", "keys/holders"])
def test_what_others_can_reach_is_refused(vault: Vault, tmp_path: Path, folder: str) -> None:
    put(vault, b"1")
    (tmp_path / folder).chmod(0o750)
    with pytest.raises(StoreError, match="group or others"), vault.locked():
        vault.found()


def test_the_newest_moment_never_goes_back_and_a_broken_one_counts_as_none(vault: Vault) -> None:
    with vault.locked():
        vault.seen("2026-11-23T12:00:00Z")
        vault.seen("2026-11-22T12:00:00Z")
        assert vault.newest() == "2026-11-23T12:00:00Z"
        vault.keys.replace("clock", b"~~~")
        assert vault.newest() == ""
