"""Where the resident listens, and whom a client believes."""

import os
import socket
from pathlib import Path

import pytest

from clearance.frontends.resident import transport
from clearance.frontends.resident.transport import Place, Refused, connect, make_folder, peer, place_of
from clearance.stores.cache import cache_directory


def at(folder: Path) -> Place:
    return Place(str(folder), "test")


@pytest.fixture
def listening(tmp_path: Path) -> "tuple[Place, socket.socket]":
    folder = tmp_path / "r"
    folder.mkdir(mode=0o700)
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)
    listener.bind(f"{at(folder).name}.sock")
    os.chdir(here)
    listener.listen()
    return at(folder), listener


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": "/home/a"},
        {"HOME": "/home/a", "XDG_CACHE_HOME": "/elsewhere"},
        {"HOME": "/home/a", "XDG_CACHE_HOME": "relative"},
        {"HOME": "/home/a", "XDG_CACHE_HOME": "/elsewhere", "CLEARANCE_CACHE": "/third"},
        {"HOME": "/home/a", "CLEARANCE_CACHE": "relative"},
        {"HOME": ""},
        {},
    ],
)
def test_without_a_runtime_folder_it_lies_in_the_cache(environment: dict[str, str]) -> None:
    assert place_of(environment).folder == str(cache_directory(environment) / "run")


def test_a_runtime_folder_counts_where_it_is_the_users_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    environment = {"HOME": "/home/a", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert place_of(environment).folder == f"{tmp_path}/clearance"
    tmp_path.chmod(0o755)
    assert place_of(environment).folder == "/home/a/.cache/clearance/run"


def test_another_python_path_is_another_place() -> None:
    assert place_of({"HOME": "/a"}).name != place_of({"HOME": "/a", "PYTHONPATH": "/b"}).name
    assert place_of({"HOME": "/a"}).name == place_of({"HOME": "/a", "PATH": "/b"}).name


def test_it_connects_to_ones_own(listening: "tuple[Place, socket.socket]") -> None:
    place, listener = listening
    connection = connect(place, 5)
    assert peer(connection) == (os.getpid(), os.geteuid())
    connection.close()
    listener.close()


def test_a_folder_that_is_open_to_others_is_refused(listening: "tuple[Place, socket.socket]") -> None:
    place, listener = listening
    Path(place.folder).chmod(0o755)
    with pytest.raises(Refused, match="open to others"):
        connect(place, 5)
    listener.close()


def test_a_folder_behind_a_symlink_is_refused(listening: "tuple[Place, socket.socket]", tmp_path: Path) -> None:
    place, listener = listening
    (tmp_path / "link").symlink_to(place.folder)
    with pytest.raises(Refused, match="symlink"):
        connect(at(tmp_path / "link"), 5)
    listener.close()


def test_what_belongs_to_somebody_else_is_refused(
    listening: "tuple[Place, socket.socket]", monkeypatch: pytest.MonkeyPatch
) -> None:
    place, listener = listening
    own = os.geteuid()
    monkeypatch.setattr(transport.os, "geteuid", lambda: own + 1)
    with pytest.raises(Refused, match=f"belongs to user {own}"):
        connect(place, 5)
    with pytest.raises(Refused, match=f"belongs to user {own}"):
        make_folder(place)
    listener.close()


def test_a_socket_of_somebody_else_in_ones_own_folder_is_refused(
    listening: "tuple[Place, socket.socket]", monkeypatch: pytest.MonkeyPatch
) -> None:
    place, listener = listening
    seen = os.lstat

    def other(path: str) -> os.stat_result:
        found = seen(path)
        if not path.endswith(".sock"):
            return found
        return os.stat_result((*found[:4], found.st_uid + 1, *found[5:]))

    monkeypatch.setattr(transport.os, "lstat", other)
    with pytest.raises(Refused, match=r"sock belongs to user"):
        connect(place, 5)
    listener.close()


def test_a_listener_of_somebody_else_is_refused(
    listening: "tuple[Place, socket.socket]", monkeypatch: pytest.MonkeyPatch
) -> None:
    place, listener = listening
    monkeypatch.setattr(transport, "peer", lambda _: (1, os.geteuid() + 1))
    with pytest.raises(Refused, match="the process behind"):
        connect(place, 5)
    listener.close()


def test_a_file_in_place_of_the_socket_is_refused(tmp_path: Path) -> None:
    place = at(tmp_path / "r")
    make_folder(place)
    Path(place.file("sock")).write_text("")
    with pytest.raises(Refused, match="is no socket"):
        connect(place, 5)


def test_nobody_there_is_no_refusal(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        connect(at(tmp_path), 5)


def test_the_folder_is_made_for_the_user_alone(tmp_path: Path) -> None:
    place = at(tmp_path / "a" / "b")
    make_folder(place)
    make_folder(place)
    assert Path(place.folder).stat().st_mode & 0o777 == 0o700


def test_the_answer_of_macos_is_read_as_it_stands_in_its_header() -> None:
    class Connection:
        def getsockopt(self, level: int, option: int, size: int) -> bytes:
            assert (level, option, size) == (0, 1, 76)
            return (0).to_bytes(4, "little") + (501).to_bytes(4, "little") + bytes(68)

    assert peer(Connection(), "darwin") == (0, 501)  # type: ignore[arg-type]
