"""Where the manifests rest: one for the team, one for this machine, one for the home."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance import __version__
from clearance.facts.errors import ClearanceError
from clearance.install import disk
from clearance.install.manifest import PLACE, Held, Manifest, decode, encode, updated
from clearance.install.plan import Key
from clearance.wiring.installing.surroundings import Around
from clearance.wiring.places import keys_folder

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder

_NAME = "installed.json"
_GIT = ".git/"


class Books:
    """The three manifests: `team` lies in the repository, `machine` in the git directory of this working tree, `home` beside
    the keys. One that cannot be read counts as none; `problems` says so."""

    def __init__(self, around: Around, environment: Mapping[str, str]) -> None:
        self._around = around
        self._environment = environment
        self.problems: list[str] = []
        self.manifests: dict[str, Manifest] = {}
        self._read: dict[str, bytes | None] = {}
        for book in ("team", "machine", "home"):
            data = None
            try:
                data = self._load(book)
                self.manifests[book] = Manifest()
                self.manifests[book] = decode(data, PLACE if book == "team" else str(self._folder(book).directory / _NAME))
            except ClearanceError as error:
                self.problems.append(f"{error.where or _NAME}: {error.what}; {error.next}")
                self.manifests[book] = Manifest()
            self._read[book] = data

    def held(self) -> dict[Key, Held]:
        """Give all records by root and path."""
        found: dict[Key, Held] = {}
        for book, manifest in self.manifests.items():
            for held in manifest.files:
                found[key_of(book, held)] = _renamed(held, key_of(book, held)[1])
        return found

    def update(self, records: Mapping[Key, tuple[Held | None, bool]], folders: Mapping[str, list[str]]) -> None:
        """Put records (with whether they are of this machine) and folders in, by root; nothing is written yet."""
        for book, manifest in self.manifests.items():
            mine = {
                _GIT + path if root == "git" else path: _renamed(held, _GIT + path if root == "git" else path)
                if held
                else None
                for (root, path), (held, local) in records.items()
                if book_of(root, local=local) == book
            }
            roots = {"team": ("repository",), "machine": ("git",), "home": ("home",)}[book]
            more = [(_GIT if root == "git" else "") + name for root in roots for name in folders.get(root, [])]
            if mine or more:
                self.manifests[book] = updated(manifest, __version__, mine, [*manifest.folders, *more])

    def save(self) -> None:
        """Write what changed; a manifest that holds nothing any more is removed.

        Raises:
            clearance.facts.errors.ClearanceError: it cannot be written.
        """
        for book, manifest in self.manifests.items():
            new = encode(manifest) if manifest.files else None
            old = self._read[book]
            if new == old or (new is None and old is None):
                continue
            if book == "team":
                self._save_team(old, new)
            elif new is not None:
                self._folder(book).replace(_NAME, new)
            else:
                self._folder(book).remove(_NAME)
                if book == "machine":
                    _remove_empty(self._folder(book).directory)
            self._read[book] = new

    def sweep(self) -> None:
        """Take away what a killed run left unfinished of the manifest in the git directory. Only for who holds the lock."""
        try:
            with self._folder("machine").opened(create=False) as folder, os.scandir(folder) as listed:
                for name in [one.name for one in listed if one.name.startswith(f".{_NAME}.")]:
                    os.unlink(name, dir_fd=folder)
        except (OSError, ClearanceError):
            return

    def _save_team(self, old: bytes | None, new: bytes | None) -> None:
        path = disk.resolved(self._around.top, PLACE)
        if new is not None:
            disk.replace(self._around.top, path, old, new, 0o644)
        elif old is not None:
            disk.remove(self._around.top, path, old)

    def _load(self, book: str) -> bytes | None:
        if book == "team":
            return disk.stands(self._around.top, disk.resolved(self._around.top, PLACE)).data
        return self._folder(book).read(_NAME)

    def _folder(self, book: str) -> "PrivateFolder":
        from clearance.stores.private import PrivateFolder

        return (
            PrivateFolder(self._around.repository.git_dir / "clearance")
            if book == "machine"
            else keys_folder(self._environment)
        )


def book_of(root: str, *, local: bool) -> str:
    """Name the manifest that holds a file."""
    return "home" if root == "home" else "machine" if local or root == "git" else "team"


def key_of(book: str, held: Held) -> Key:
    """Give the root and path of a record."""
    if book == "home":
        return "home", held.path
    if book == "machine" and held.path.startswith(_GIT):
        return "git", held.path.removeprefix(_GIT)
    return "repository", held.path


def _renamed(held: Held, path: str) -> Held:
    import msgspec

    return msgspec.structs.replace(held, path=path)


def _remove_empty(folder: Path) -> None:
    try:
        os.rmdir(folder)  # noqa: PTH106 -- as the line above: a folder with a log in it stays
    except OSError:
        return
