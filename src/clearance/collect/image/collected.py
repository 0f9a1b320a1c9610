"""What of an image is looked at: records of its package managers, files that people put there, what layers took away
again, and a page of facts about it."""

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clearance.collect.blob import Blob, look
from clearance.collect.image.layers import Image, is_layout, open_image
from clearance.collect.image.rpm import NoRpmDatabase, listing
from clearance.collect.image.tree import Entry, Files, TooManyFiles, of_folder, of_layers
from clearance.collect.lines import whole
from clearance.collect.origin import authorship
from clearance.collect.sides import content_gap, gap, listing_digest, path_name
from clearance.facts.change import Change, ChangeKind, Collected, FileChange, Mode, Revision, Side, SideName, Tree
from clearance.facts.errors import CollectError, UsageError
from clearance.facts.finding import Gap, GapKind

FACTS = "image.json"
"""The page of facts about the image, beside its files."""
RPM_LISTING = "var/lib/rpm/packages.tsv"
"""What the binary database of RPM holds, as text."""
_LARGEST = 64 << 20
_CHUNK = 1 << 18
_MOST_LISTED = 2_000
_DATABASES = ("var", "var/lib", "var/lib/dpkg", "var/lib/dpkg/status", "lib/apk", "lib/apk/db", "lib/apk/db/installed")
"""Where dpkg and apk keep what is installed, and the folders above that nobody has reason to make a link of."""
_MOVED = "a link or a device where the records of packages should be: packages may be there that were not judged"
_RPM = ("usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite")
_RPM_OLD = ("var/lib/rpm/Packages", "var/lib/rpm/Packages.db", "usr/lib/sysimage/rpm/Packages.db")
_RECORDS = re.compile(
    r"(?:var/lib/dpkg/status|var/lib/dpkg/status\.d/[^/]+|(?:usr/)?lib/apk/db/installed|etc/os-release|usr/lib/os-release)\Z"
    r"|.*\.(?:dist-info/METADATA|egg-info/PKG-INFO)\Z|.*/node_modules/(?:@[^/]+/)?[^/]+/package\.json\Z"
    r"|node_modules/(?:@[^/]+/)?[^/]+/package\.json\Z"
)
_OF_DISTRIBUTION = re.compile(
    r"(?:usr/(?!local/|src/app/|app/)|bin/|sbin/|lib\d*/|boot/|dev/|proc/|sys/|run/|var/lib/(?:dpkg|apt|apk|rpm|dnf|yum|pam)/"
    r"|var/cache/(?:apt|apk|dnf|yum|debconf|ldconfig)/|var/log/|etc/(?:ssl/certs|ca-certificates|pki/ca-trust|alternatives|apk/keys)/)"
)
_LIBRARY = re.compile(r"(?:^|/)(?:site-packages|dist-packages|node_modules|gems)/")
_BINARY = re.compile(
    r"\.(?:so(?:\.[\d.]+)?|a|o|pyc|pyo|class|jar|war|gz|bz2|xz|zst|zip|png|jpe?g|gif|ico|woff2?|ttf|otf|mo|wasm|exe|dll)\Z",
    re.IGNORECASE,
)


class _Item(NamedTuple):
    """Where the bytes of a file that is looked at are: in the image, or made by us."""

    entry: Entry | None
    made: bytes = b""


class ImageContents:
    """The bytes of the files of an image. Works in forked and spawned workers for as long as it is not closed."""

    def __init__(self, image: Image | None, items: Mapping[str, _Item], sides: Mapping[str, Side]) -> None:
        self._image: Image | None = image
        self._items = items
        self._sides = sides

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_image": None}

    def close(self) -> None:
        """Take away what was unpacked."""
        if self._image is not None:
            self._image.close()

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of a file; there is no side but `after`."""
        if side == "before":
            raise KeyError(path)
        return self.peek(path, limit)

    @property
    def complete(self) -> bool:
        """Whether `paths` lists all files: those that are looked at only."""
        return False

    def paths(self) -> Sequence[str]:
        """Give the paths of the files that are looked at, sorted."""
        return sorted(self._items)

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of a file.

        Raises:
            CollectError: it cannot be read, or is no longer what it was.
        """
        item = self._items[path]
        if item.entry is None:
            return item.made[:limit]
        try:
            data = _bytes(item.entry, limit)
        except OSError as error:
            raise CollectError(error.strerror or "cannot be read", where=path) from None
        known = self._sides[path]
        if len(data) == known.size and hashlib.sha256(data).hexdigest() != known.sha256:
            raise CollectError("changed while it was looked at", where=path, next="run it again")
        return data


def image(path: Path, *, platform: str = "linux/amd64", environment: Mapping[str, str] | None = None) -> Collected:
    """Collect what is looked at of an image: an OCI layout (folder or archive), an archive of `docker save`, or a folder
    with a root filesystem. Files of a lower layer that a later one took away are found below `layers/<number>/`.

    Raises:
        UsageError: there is none.
        CollectError: it is broken, or not what it names by digests.
    """
    if not (path.is_dir() or path.is_file()):
        raise UsageError(
            "no such file or folder", where=str(path), next="give an OCI layout, an archive, or a root filesystem"
        )
    opened = None if path.is_dir() and not is_layout(path) else open_image(path, platform)
    try:
        try:
            files = of_layers(opened.layers) if opened else of_folder(path)
        except tarfile.TarError as error:
            raise CollectError(f"a layer is no tar: {error}", where=str(path), next="get the image anew") from None
        except TooManyFiles:
            raise CollectError("more than two million files", where=str(path), next="is it an image?") from None
        return _collected(path, opened, files, environment or {})
    except BaseException:
        if opened:
            opened.close()
        raise


def _collected(path: Path, opened: Image | None, files: Files, environment: Mapping[str, str]) -> Collected:
    gaps = [
        gap(path_name(os.fsencode(name)), GapKind.UNREADABLE, "leaves the image, or cannot be read")
        for name in files.refused[:50]
    ]
    gaps += [
        gap(name, GapKind.UNREADABLE, _MOVED)
        for name in _DATABASES
        if (entry := files.standing.get(name)) is not None and entry.kind not in ("file", "folder")
    ]
    items, passed = _chosen(files)
    gaps.extend(_rpm(files, items))
    items[FACTS] = _Item(None, _facts(opened, files))
    if passed:
        detail = f"{passed:,} files of the distribution, of libraries, and binaries: their packages are judged, not they"
        gaps.append(Gap(scanner="secrets", path="", kind=GapKind.EXCLUDED, detail=detail))
    changes: list[FileChange] = []
    sides: dict[str, Side] = {}
    for name in sorted(items):
        item = items[name]
        shown = path_name(os.fsencode(name))
        if item.entry is not None and item.entry.size > _LARGEST:
            gaps.append(gap(shown, GapKind.TOO_LARGE, f"{item.entry.size:,} bytes; the limit is {_LARGEST:,}"))
            continue
        try:
            data = item.made if item.entry is None else _bytes(item.entry, _LARGEST)
        except OSError as error:
            gaps.append(gap(shown, GapKind.UNREADABLE, error.strerror or "cannot be read"))
            continue
        blob = look(iter([data]))
        executable = item.entry is not None and bool(item.entry.mode & 0o111)
        side = Side(mode=Mode.EXECUTABLE if executable else Mode.FILE, size=blob.size, sha256=blob.sha256)
        sides[shown] = side
        changes.append(_present(shown, side, blob))
        said = content_gap(shown, side.mode, blob.head, blob.size)
        if said:
            gaps.append(said)
    named = {path_name(os.fsencode(name)): item for name, item in items.items()}
    tree = Tree(
        kind="directory", sha256=listing_digest((name.encode(), side.mode, side.sha256) for name, side in sides.items())
    )
    change = Change(
        source="image", base=None, head=Revision(label=path.name or str(path)), tree=tree, files=tuple(changes),
        author=authorship(None, (), environment),
    )  # fmt: skip
    return Collected(change, ImageContents(opened, named, sides), tuple(gaps))


def _present(name: str, side: Side, blob: Blob) -> FileChange:
    return FileChange(path=name, kind=ChangeKind.PRESENT, after=side, added=whole(blob.lines), binary=blob.encoding is None)


def _chosen(files: Files) -> tuple[dict[str, _Item], int]:
    """Choose the files that are looked at; count those that are not."""
    items: dict[str, _Item] = {}
    passed = 0
    for name, entry in files.standing.items():
        if entry.kind != "file":
            continue
        if _RECORDS.match(name) or not _is_foreign(name):
            items[name] = _Item(entry)
        else:
            passed += 1
    for name, entry in files.gone:
        if not _is_foreign(name) and not _RECORDS.match(name):
            items[f"layers/{entry.layer}/{name}"] = _Item(entry)
    return items, passed


def _is_foreign(name: str) -> bool:
    return bool(_OF_DISTRIBUTION.match(name) or _LIBRARY.search(name) or _BINARY.search(name))


def _bytes(entry: Entry, limit: int) -> bytes:
    handle = os.open(entry.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        stream.seek(entry.offset)
        return stream.read(min(entry.size, limit))


def _rpm(files: Files, items: dict[str, _Item]) -> list[Gap]:
    """Put the listing of RPM's database beside the files; an older form of it is a gap."""
    for name in _RPM:
        entry = files.standing.get(name)
        if entry is None or entry.kind != "file":
            continue
        with tempfile.TemporaryDirectory(prefix="clearance-rpm-") as folder:
            place = Path(folder) / "rpmdb.sqlite"
            try:
                place.write_bytes(_bytes(entry, 1 << 30))
                items[RPM_LISTING] = _Item(None, listing(place).encode())
            except (NoRpmDatabase, OSError) as error:
                return [gap(name, GapKind.UNREADABLE, f"no database of RPM: {error}")]
        return []
    return [
        gap(name, GapKind.UNREADABLE, "an older form of RPM's database, which is not read: its packages are not judged")
        for name in _RPM_OLD
        if name in files.standing and files.standing[name].kind == "file"
    ][:1]


def _facts(opened: Image | None, files: Files) -> bytes:
    """Give the page of facts: the configuration, how it was built, the operating system, modes that give rights away."""
    config = opened.config if opened else {}
    inner = config.get("config")
    page: dict[str, Any] = {
        "image": {
            "kind": "image" if opened else "root filesystem",
            "layers": len(opened.layers) if opened else 0,
            "architecture": config.get("architecture", ""),
            "created": config.get("created", ""),
        },
        "os": _release(files),
        "config": inner if isinstance(inner, dict) else {},
        "history": [
            str(one["created_by"])[:8_000]
            for one in (config.get("history") or [])[:1_000]
            if isinstance(one, dict) and one.get("created_by")
        ],
        **_modes(files),
    }
    return json.dumps(page, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _release(files: Files) -> dict[str, str]:
    """Read os-release (systemd's os-release(5))."""
    for name in ("etc/os-release", "usr/lib/os-release"):
        entry = files.standing.get(name)
        if entry is not None and entry.kind == "file":
            try:
                text = _bytes(entry, 1 << 16).decode("utf-8", "replace")
            except OSError:
                continue
            found = re.findall(r"(?m)^([A-Z_]+)=([\"']?)(.*?)\2[ \t]*\r?$", text)
            return {key.lower(): value for key, _, value in found if key in ("ID", "VERSION_ID", "PRETTY_NAME", "ID_LIKE")}
    return {}


def _modes(files: Files) -> dict[str, list[str]]:
    setuid, writable = [], []
    for name, entry in sorted(files.standing.items()):
        if entry.kind == "file" and entry.mode & 0o6000 and entry.mode & 0o111:
            setuid.append(name)
        if entry.mode & 0o002 and (entry.kind == "file" or (entry.kind == "folder" and not entry.mode & 0o1000)):
            writable.append(name)
    return {"setuid": setuid[:_MOST_LISTED], "world_writable": writable[:_MOST_LISTED]}
