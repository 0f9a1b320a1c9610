"""What only plain files can get wrong: death at any step, hostile folders, damage; and that others can read the layout."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import StoreError
from clearance.stores.files import FileStore

Bodies = dict[str, bytes]


def entries(start: int, end: int, size: int = 40) -> Bodies:
    return {
        f"{kind}/{number:012d}": b"%s %d " % (kind[:1].encode(), number) * (size // 8)
        for kind in ("entry", "bundle")
        for number in range(start, end)
    }


def tiles(end: int) -> Bodies:
    """The tiles of a tree of so many leaves, with hashes that are none."""
    leaves = [hashlib.sha256(b"%d" % number).digest() for number in range(end)]
    found, level = {}, 0
    while leaves:
        for at in range(0, len(leaves), 256):
            found[f"tile/{level}/{at // 256:03d}"] = b"".join(leaves[at : at + 256])
        leaves, level = leaves[255::256], level + 1
    return found


def draft_to(start: int, end: int) -> Bodies:
    evidence = {f"evidence/{hashlib.sha256(b'%d' % end).hexdigest()}": b"evidence %d" % end}
    note = b"example.com/log\n%d\nroot\n\n\xe2\x80\x94 x y\n" % end
    return entries(start, end) | tiles(end) | evidence | {"checkpoint": note, "cosigned": b"c%d" % end}


def written(store: FileStore, bodies: Bodies) -> None:
    with store.write() as draft:
        draft.put_many(bodies.items())


def everything(store: FileStore) -> Bodies:
    with store.read() as view:
        found = dict(view.items(""))
        assert list(found) == sorted(found)
        assert all(view.get(name) == body for name, body in found.items())
    return found


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "log")


def test_growth_over_the_edges_of_tiles_reads_back(store: FileStore) -> None:
    model: Bodies = {}
    size = 0
    for end in (1, 3, 255, 256, 257, 511, 700, 1024, 1025):
        new = draft_to(size, end)
        model |= new
        written(store, new)
        assert everything(store) == model
        size = end


def test_the_layout_is_what_a_web_server_gives(store: FileStore, tmp_path: Path) -> None:
    for start, end in ((0, 255), (255, 300), (300, 512), (512, 513)):
        written(store, draft_to(start, end))
    top = tmp_path / "log"
    found = sorted(str(path.relative_to(top)) for path in (top / "tile").rglob("*") if path.is_file())
    assert found == [
        "tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/1/000.p/1", "tile/entries/000",
        "tile/entries/001", "tile/entries/002.p/1",
    ] or found == sorted([
        "tile/0/000", "tile/0/001", "tile/0/002.p/1", "tile/1/000.p/1", "tile/1/000.p/2", "tile/entries/000",
        "tile/entries/001", "tile/entries/002.p/1",
    ])  # fmt: skip
    data = (top / "tile/entries/001").read_bytes()
    first = int.from_bytes(data[:2], "big")
    assert data[2 : 2 + first] == draft_to(0, 512)["entry/000000000256"]
    assert (top / "checkpoint").read_bytes().splitlines()[1] == b"513"


def test_a_view_outlives_the_files_that_it_began_with(store: FileStore) -> None:
    written(store, draft_to(0, 200))
    before = everything(store)
    with store.read() as view:
        written(store, draft_to(200, 300))
        assert dict(view.items("entry/")) == {name: body for name, body in before.items() if name.startswith("entry/")}
        assert dict(view.items("")) == before


class Death(BaseException):
    """What a killed process does: nothing more."""


@contextmanager
def dying_at(step: int) -> Iterator[list[int]]:
    """Let the process die before the so-manyth thing that it asks of the disk; odd ones die after it."""
    left = [step]
    real: dict[str, Callable[..., Any]] = {
        name: getattr(os, name) for name in ("rename", "fsync", "unlink", "rmdir", "mkdir")
    }

    def dying(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise Death
            done = real[name](*arguments, **more)
            left[0] -= 1
            if left[0] == 0:
                raise Death
            return done

        return call

    with pytest.MonkeyPatch.context() as held:
        for name in real:
            held.setattr(os, name, dying(name))
        yield left


@pytest.mark.parametrize(("start", "end"), [(0, 3), (200, 260), (3, 5)])
def test_death_at_any_step_leaves_the_old_or_the_new_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int, end: int
) -> None:
    monkeypatch.setattr(
        os, "fsync", lambda handle: None
    )  # a killed process needs no disk, and waiting takes most of the time
    whole = tmp_path / "whole"
    if start:
        written(FileStore(whole), draft_to(0, start))
    old = everything(FileStore(whole)) if start else {}
    new = draft_to(start, end)
    outcomes = []
    for step in range(1, 400):
        place = tmp_path / f"at-{step}"
        if start:
            shutil.copytree(whole, place)
        store = FileStore(place)
        with dying_at(step) as left, suppress(Death):
            written(store, new)
        found = everything(store)
        assert found in (old, old | new)
        outcomes.append(found == old | new)
        # whoever comes next cleans up, and goes on: with the same, or with other bodies of the same names
        other = new if found != old else draft_to(start, end) | {f"entry/{start:012d}": b"another"}
        written(store, {} if found != old else other)
        assert (place / "checkpoint").read_bytes() == everything(store)["checkpoint"]
        written(store, draft_to(end, end + 1))
        assert everything(store) == (found if found != old else old | other) | draft_to(end, end + 1)
        assert not list((place / ".state" / "new").iterdir())
        assert not (place / ".state" / "journal").exists()
        if left[0] > 0:
            break
    else:
        pytest.fail("it never came to an end")
    assert outcomes == sorted(outcomes), "once the new state counts, it stays"
    assert len(set(outcomes)) == 2


def test_a_journal_takes_away_only_what_a_commit_may_have_left(tmp_path: Path) -> None:
    import json

    victim = tmp_path / "victim"
    victim.write_bytes(b"somebody's")
    place = tmp_path / "log"
    store = FileStore(place)
    written(store, draft_to(0, 3))
    before = everything(store)
    kept = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    left = ["evidence/" + "e" * 64, "tile/entries/000.p/4", "tile/0/000.p/4"]
    for path in left:
        (place / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (place / path).write_bytes(b"unfinished")
        (place / path).chmod(0o600)
    paths = [*kept, *left, "../victim", "tile/../../victim", "evidence/../../victim", "", "tile/0/000.p/0", "tile//000"]
    journal = place / ".state" / "journal"
    journal.write_text(json.dumps({"after": 1, "paths": paths}))
    journal.chmod(0o600)
    written(store, {})
    assert victim.read_bytes() == b"somebody's"
    assert everything(store) == before
    assert [path for path in left if (place / path).exists()] == []
    assert sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()) == kept


@pytest.mark.parametrize("path", ["../victim", "a/../../victim", "a//b", "./a", "a/", "..", ""])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    from clearance.stores.files_tree import Tree

    (tmp_path / "victim").write_bytes(b"somebody's")
    with Tree.opened(tmp_path / "log", create=True) as tree:
        for act in (tree.read, tree.remove, lambda path: tree.replace(path, b"x"), lambda path: tree.grow(path, 0, b"x")):
            with pytest.raises(StoreError, match="no path inside"):
                act(path)
    assert (tmp_path / "victim").read_bytes() == b"somebody's"


def test_a_full_disk_leaves_the_old_state_and_says_so(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    written(store, draft_to(0, 3))
    before = everything(store)
    fsync = os.fsync
    for allowed in range(4):
        left = [allowed]

        def full(handle: int, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")
            fsync(handle)

        with monkeypatch.context() as held:
            held.setattr(os, "fsync", full)
            with pytest.raises(StoreError, match="No space left") as told:
                written(store, draft_to(3, 9))
        assert told.value.next
        assert everything(store) == before
    written(store, draft_to(3, 4))
    assert everything(store) == before | draft_to(3, 4)


@pytest.mark.parametrize(
    "name", ["entry/000000000001", "bundle/000000000001", "evidence/" + hashlib.sha256(b"3").hexdigest()]
)
def test_what_was_recorded_is_never_replaced(store: FileStore, name: str) -> None:
    written(store, draft_to(0, 3))
    before = everything(store)
    with pytest.raises(StoreError, match="never changed"):
        written(store, {name: b"other"})
    written(store, {name: before[name]})
    assert everything(store) == before


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("entry/000000000007", b"", "not the next"),
        ("entry/7", b"", "not the next"),
        ("entry/000000000003", bytes(65_536), "an entry of"),
        ("bundle/000000000009", b"", "not the next"),
        ("evidence/../../x", b"", "no name of an evidence"),
        ("tile/0/../x", bytes(32), "no name of a tile"),
        ("tile/0/000", bytes(31), "a tile of"),
        ("tile/0/000", bytes(32), "a tile of"),
        ("tile/0/000", bytes(32 * 257), "a tile of"),
        ("tile/0/001", b"", "a tile of"),
    ],
)
def test_what_fits_no_log_is_refused(store: FileStore, tmp_path: Path, name: str, body: bytes, said: str) -> None:
    written(store, draft_to(0, 3))
    before = everything(store)
    with pytest.raises(StoreError, match=said):
        written(store, {name: body})
    assert everything(store) == before
    assert not (tmp_path / "x").exists()


PATHS = [
    ".",
    ".state",
    ".state/state",
    ".state/lock",
    ".state/bundles",
    ".state/evidence",
    "checkpoint",
    "tile",
    "tile/0",
    "tile/entries",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", ["symlink", "dangling", "pipe", "open to others"])
def test_a_hostile_folder_is_refused_and_nothing_outside_is_touched(tmp_path: Path, path: str, kind: str) -> None:
    store = FileStore(tmp_path / "log")
    written(store, draft_to(0, 3))
    elsewhere = tmp_path / "elsewhere"
    planted = tmp_path / "log" / path
    if kind == "open to others":
        planted.chmod(0o755 if planted.is_dir() else 0o644)
    else:
        if kind == "symlink":
            planted.rename(elsewhere)
        else:
            shutil.rmtree(planted) if planted.is_dir() else planted.unlink()
        if kind == "pipe":
            os.mkfifo(planted, 0o600)
        else:
            planted.symlink_to(elsewhere)

    def held() -> dict[str, bytes]:
        return (
            {str(one): one.read_bytes() for one in sorted(elsewhere.rglob("*")) if one.is_file()}
            if elsewhere.is_dir()
            else {}
        )

    before = held()
    with pytest.raises(StoreError) as told:
        written(store, draft_to(3, 300))
    assert told.value.next
    assert held() == before


def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a folder away")
    store = FileStore(tmp_path / "log")
    written(store, draft_to(0, 3))
    os.chown(tmp_path / "log" / ".state" / "state", 65534, 65534)
    for use in (lambda: everything(store), lambda: written(store, draft_to(3, 4))):
        with pytest.raises(StoreError, match="another user"):
            use()


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        (".state/state", b"", "damaged"),
        (".state/state", b"[]", "damaged"),
        (".state/state", b'{"version":2}', "version 2"),
        (".state/state", None, "state of the log is missing"),
        ("checkpoint", b"forged", "not what was recorded"),
        ("checkpoint", None, "not what was recorded"),
        ("tile/0/000.p/3", None, "missing"),
        ("tile/entries/000.p/3", None, "missing or cut off"),
        ("tile/entries/000.p/3", b"\0", "missing or cut off"),
        (".state/bundles/000000000", b"\0\0\xff\xff", "missing or cut off"),
        (".state/evidence", b"", "cut off"),
    ],
)
def test_damage_is_told(store: FileStore, tmp_path: Path, path: str, data: bytes | None, said: str) -> None:
    written(store, draft_to(0, 2))
    written(store, draft_to(2, 3))
    place = tmp_path / "log" / path
    if data is None:
        place.unlink()
    else:
        place.write_bytes(data)
    with pytest.raises(StoreError, match=said) as told:
        everything(store)
    assert told.value.next


def test_a_writer_that_waits_too_long_says_so(store: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.files._SECONDS", 0.05)
    with store.write() as draft:
        draft.put("a", b"1")
        with pytest.raises(StoreError, match="another process"):
            written(store, {"b": b"2"})
    assert everything(store) == {"a": b"1"}


def test_a_store_that_may_not_be_made_is_not(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no log yet"):
        written(FileStore(tmp_path / "log", create=False), {"a": b"1"})
    assert list(tmp_path.iterdir()) == []
