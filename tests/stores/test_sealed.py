"""What rests sealed: it comes back, expires, is bound to its name, and tells nothing."""

from pathlib import Path

import pytest

from clearance.facts.errors import StoreError
from clearance.stores.private import PrivateFolder
from clearance.stores.sealed import SealedFolder


@pytest.fixture
def folder(tmp_path: Path) -> SealedFolder:
    return SealedFolder(PrivateFolder(tmp_path / "masks", 1 << 20))


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "masks").glob("*.sealed"))


def test_nothing_is_made_by_asking(folder: SealedFolder, tmp_path: Path) -> None:
    assert folder.get("a") is None
    assert not folder.drop("a")
    assert folder.purge(0) == 0
    assert list(tmp_path.iterdir()) == []


def test_what_was_put_comes_back_and_the_last_one_stands(folder: SealedFolder) -> None:
    folder.put("a", b"one", 10)
    folder.put("b/../é\udcff", b"two", 10)
    folder.put("a", b"three", 10)
    assert (folder.get("a"), folder.get("b/../é\udcff"), folder.get("c")) == (b"three", b"two", None)
    assert folder.drop("a")
    assert folder.get("a") is None


def test_neither_names_nor_data_can_be_read(folder: SealedFolder, tmp_path: Path) -> None:
    folder.put("a-telling-name", b"a telling text", 10)
    (file,) = files(tmp_path)
    assert "telling" not in file.name
    assert b"telling" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("at", [0, 5, 10, 25, -1])
def test_a_changed_byte_is_noticed(folder: SealedFolder, tmp_path: Path, at: int) -> None:
    folder.put("a", b"some text of some length", 10)
    (file,) = files(tmp_path)
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(StoreError, match="not what was written there"):
        folder.get("a")


@pytest.mark.parametrize("length", [0, 1, 9, 20, 30])
def test_half_a_file_is_noticed(folder: SealedFolder, tmp_path: Path, length: int) -> None:
    folder.put("a", b"some text of some length", 10)
    (file,) = files(tmp_path)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(StoreError):
        folder.get("a")


def test_a_file_under_another_name_is_noticed(folder: SealedFolder, tmp_path: Path) -> None:
    folder.put("a", b"of a", 10)
    (of_a,) = files(tmp_path)
    folder.put("b", b"of b", 10)
    (of_b,) = set(files(tmp_path)) - {of_a}
    of_b.write_bytes(of_a.read_bytes())
    with pytest.raises(StoreError):
        folder.get("b")


def test_what_has_expired_goes_and_the_rest_stays(folder: SealedFolder) -> None:
    folder.put("old", b"1", 10)
    folder.put("new", b"2", 20)
    assert folder.purge(10) == 1
    assert (folder.get("old"), folder.get("new")) == (None, b"2")


def test_a_folder_that_others_can_reach_is_refused(folder: SealedFolder, tmp_path: Path) -> None:
    folder.put("a", b"1", 10)
    (tmp_path / "masks").chmod(0o755)
    with pytest.raises(StoreError, match="others can reach it"):
        folder.get("a")


def test_a_key_of_the_wrong_length_is_refused(folder: SealedFolder, tmp_path: Path) -> None:
    folder.put("a", b"1", 10)
    (tmp_path / "masks" / "seal.key").write_bytes(b"short")
    with pytest.raises(StoreError, match="not a key"):
        folder.get("a")


def test_more_than_a_folder_holds_is_refused(folder: SealedFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.sealed.MOST_BYTES", 100)
    with pytest.raises(StoreError, match="larger than"):
        folder.put("a", bytes(99), 10)


def test_what_a_killed_writer_left_goes_with_the_next_purge(folder: SealedFolder, tmp_path: Path) -> None:
    folder.put("a", b"one", 10)
    stray = tmp_path / "masks" / f".{files(tmp_path)[0].name}.{'5' * 16}"
    stray.write_bytes(b"half")
    assert folder.purge(0) == 1
    assert not stray.exists()
    assert folder.get("a") == b"one"
