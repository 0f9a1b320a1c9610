"""The files of an image: what stands in the end, and what lower layers hold that later ones took away."""

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from clearance.collect.image.layers import Layer

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
MOST_FILES = 2_000_000


class Entry(NamedTuple):
    """One file: in which layer it stands (0 for a folder), where its bytes are (a file and an offset in it), its size, mode
    bits, owner, and the target of a link."""

    layer: int
    source: Path
    offset: int
    size: int
    mode: int
    uid: int
    kind: str
    """`file`, `link`, `folder` or `other`."""
    target: str = ""


class Files(NamedTuple):
    """`standing` by path, what a container sees; `gone` are files of lower layers that later ones replaced or deleted, as
    (path, entry); `refused` are names that leave the image, or cannot be."""

    standing: dict[str, Entry]
    gone: list[tuple[str, Entry]]
    refused: list[str]


class TooManyFiles(Exception):
    """An image with more files than any has."""


def of_layers(layers: list[Layer]) -> Files:
    """Put the layers on top of each other, as the OCI specification says (changesets, whiteouts, opaque folders).

    Raises:
        TooManyFiles: more than two million.
        tarfile.TarError: a layer is no tar.
    """
    standing: dict[str, Entry] = {}
    gone: list[tuple[str, Entry]] = []
    refused: list[str] = []
    count = 0
    for layer in layers:
        added: dict[str, Entry] = {}
        lost: list[str] = []
        opaque: list[str] = []
        with tarfile.open(layer.path, mode="r:", errorlevel=0) as archive:
            for member in archive:
                count += 1
                if count > MOST_FILES:
                    raise TooManyFiles
                if member.size < 0:
                    raise tarfile.HeaderError("a file with less than no bytes")
                name = _name(member.name)
                if name is None:
                    refused.append(member.name)
                    continue
                folder, _, base = name.rpartition("/")
                if base == _OPAQUE:
                    opaque.append(folder)
                elif base.startswith(_WHITEOUT):
                    lost.append(f"{folder}/{base.removeprefix(_WHITEOUT)}".lstrip("/"))
                elif name:
                    added[name] = _entry(layer, member, added, standing)
        _take_away(standing, gone, lost, opaque)
        for name, entry in added.items():
            before = standing.get(name)
            if (
                before is not None
                and before.kind == "file"
                and (before.source, before.offset) != (entry.source, entry.offset)
            ):
                gone.append((name, before))
            standing[name] = entry
    return Files(standing, gone, refused)


def _take_away(standing: dict[str, Entry], gone: list[tuple[str, Entry]], lost: list[str], opaque: list[str]) -> None:
    """Take out what a layer deletes, with all below it."""
    exact = set(lost)
    roots = exact | {folder for folder in opaque if folder}
    everything = "" in opaque
    if not (roots or everything):
        return
    for name in list(standing):
        if everything or name in exact or _below(name, roots):
            entry = standing.pop(name)
            if entry.kind == "file":
                gone.append((name, entry))


def _below(name: str, roots: set[str]) -> bool:
    at = name.rfind("/")
    while at > 0:
        if name[:at] in roots:
            return True
        at = name.rfind("/", 0, at)
    return False


def _name(raw: str) -> str | None:
    """Give the path of a member inside the image; None for one that leaves it."""
    parts = [part for part in raw.split("/") if part not in ("", ".")]
    return None if ".." in parts or "\0" in raw else "/".join(parts)


def _entry(layer: Layer, member: tarfile.TarInfo, added: dict[str, Entry], standing: dict[str, Entry]) -> Entry:
    mode = member.mode & 0o7777
    if member.islnk():
        target = _name(member.linkname) or ""
        other = added.get(target) or standing.get(target)
        if other is not None:
            return other._replace(layer=layer.number)
    kind = "file" if member.isreg() else "link" if member.issym() else "folder" if member.isdir() else "other"
    size = member.size if kind == "file" else 0
    return Entry(layer.number, layer.path, member.offset_data, size, mode, member.uid, kind, member.linkname)


def of_folder(top: Path) -> Files:
    """Read a root filesystem that lies in a folder. Links are not followed; other file systems below are part of it.

    Raises:
        TooManyFiles: more than two million.
    """
    standing: dict[str, Entry] = {}
    refused: list[str] = []
    for count, (name, status, target) in enumerate(_walk(top, refused)):
        if count > MOST_FILES:
            raise TooManyFiles
        kind = (
            "file" if stat.S_ISREG(status.st_mode) else "link" if stat.S_ISLNK(status.st_mode)
            else "folder" if stat.S_ISDIR(status.st_mode) else "other"
        )  # fmt: skip
        size = status.st_size if kind == "file" else 0
        standing[name] = Entry(0, top / name, 0, size, stat.S_IMODE(status.st_mode), status.st_uid, kind, target)
    return Files(standing, [], refused)


def _walk(top: Path, refused: list[str]) -> Iterator[tuple[str, os.stat_result, str]]:
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(top / folder), key=lambda one: one.name)
        except OSError:
            refused.append(folder)
            continue
        for entry in entries:
            name = f"{folder}/{entry.name}".lstrip("/")
            try:
                status = entry.stat(follow_symlinks=False)
                target = os.fspath(Path(entry.path).readlink()) if entry.is_symlink() else ""
            except OSError:
                refused.append(name)
                continue
            yield name, status, target
            if entry.is_dir(follow_symlinks=False):
                waiting.append(name)
