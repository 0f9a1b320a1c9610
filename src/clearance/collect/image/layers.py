"""Opens an image: finds its manifest, verifies each blob against its digest, and gives the layers as plain tar files.

Formats: OCI Image Format Specification 1.1 (layout and archives of it), and the archive of `docker save`. No daemon, no
network.
"""

import gzip
import hashlib
import os
import posixpath
import re
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

import msgspec

from clearance.facts.errors import CollectError, UsageError

MOST_BYTES = 16 << 30
"""Of all layers together, unpacked."""
_RATIO = 300
"""How much larger than packed a layer may be; text and zeros reach 50."""
_FREE = 256 << 20
_MOST_JSON = 16 << 20
_PIECE = 1 << 20
_DIGEST = re.compile(r"(sha256):([0-9a-f]{64})|(sha512):([0-9a-f]{128})")
_GZIP, _ZSTD, _BZIP, _XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ"


class Layer(NamedTuple):
    """One layer: its number from 1, its digest, and where its plain tar lies."""

    number: int
    digest: str
    path: Path


class Image:
    """An opened image. `config` is its configuration, `layers` are in order, the lowest first. Close it: what was unpacked
    goes then."""

    def __init__(
        self, name: str, config: dict[str, Any], layers: list[Layer], scratch: "tempfile.TemporaryDirectory[str]"
    ) -> None:
        self.name = name
        self.config = config
        self.layers = layers
        self._scratch = scratch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take away what was unpacked."""
        with suppress(OSError):
            self._scratch.cleanup()


class _Store:
    """The files of a layout in a folder, or of an archive, by their names."""

    def open(self, name: str) -> BinaryIO:
        """Open a file.

        Raises:
            KeyError: there is none.
        """
        raise NotImplementedError

    def has(self, name: str) -> bool:
        """Whether there is such a file."""
        raise NotImplementedError


class _Folder(_Store):
    def __init__(self, top: Path) -> None:
        self._top = top

    def open(self, name: str) -> BinaryIO:
        if not self.has(name):
            raise KeyError(name)
        return os.fdopen(os.open(self._top / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb")

    def has(self, name: str) -> bool:
        parts = name.split("/")
        return ".." not in parts and not name.startswith("/") and (self._top / name).is_file()


class _Archive(_Store):
    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._members: dict[str, tarfile.TarInfo] = {}
        for number, member in enumerate(archive):
            if number > 100_000:
                raise CollectError("the archive holds more than 100,000 files", next="is it an image?")
            self._members[member.name.removeprefix("./")] = member

    def open(self, name: str) -> BinaryIO:
        member = self._members[name]
        if member.islnk() or member.issym():
            # `docker save` of old versions links a layer to one that an image above it shares.
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), member.linkname))
                if member.issym()
                else member.linkname
            )
            member = self._members[target]
        stream = self._archive.extractfile(member) if member.isreg() else None
        if stream is None:
            raise KeyError(name)
        return stream  # type: ignore[return-value]  # an object that reads

    def has(self, name: str) -> bool:
        return name in self._members


def open_image(path: Path, platform: str, scratch_in: str | None = None) -> Image:
    """Open an image in a folder or an archive; `platform` (`linux/amd64`) chooses where it holds several.

    Raises:
        UsageError: there is no image there.
        CollectError: it is broken, or what it holds is not what it names.
    """
    scratch = tempfile.TemporaryDirectory(prefix="clearance-image-", dir=scratch_in)
    try:
        if path.is_dir():
            return _opened(_Folder(path), path.name, platform, scratch)
        try:
            with _plain(path, Path(scratch.name)) as archive:
                return _opened(_Archive(archive), path.name, platform, scratch)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise CollectError("no archive of an image", where=str(path), next=f"it does not unpack: {error}") from None
    except BaseException:
        scratch.cleanup()
        raise


def is_layout(path: Path) -> bool:
    """Whether a folder is an OCI layout, or an archive of `docker save` that was unpacked."""
    return (path / "oci-layout").is_file() or ((path / "manifest.json").is_file() and not (path / "etc").exists())


def _plain(path: Path, scratch: Path) -> tarfile.TarFile:
    """Open an archive, unpacked first where it is packed: reading here and there in a packed one takes a pass each time."""
    with path.open("rb") as stream:
        head = stream.read(6)
        if head.startswith((_GZIP, _ZSTD, _BZIP, _XZ)):
            stream.seek(0)
            place = scratch / "archive.tar"
            _unpack(stream, place, path.stat().st_size, str(path), [MOST_BYTES])
            path = place
    return tarfile.open(path, mode="r:", errorlevel=0)


def _opened(store: _Store, name: str, platform: str, scratch: "tempfile.TemporaryDirectory[str]") -> Image:
    folder = Path(scratch.name)
    if store.has("index.json"):
        config, blobs = _of_layout(store, platform)
    elif store.has("manifest.json"):
        config, blobs = _of_docker(store)
    else:
        raise UsageError(
            "no image: neither index.json (OCI) nor manifest.json (docker save)", where=name,
            next="give an OCI layout, an archive of `docker save`, or a root filesystem",
        )  # fmt: skip
    left = [MOST_BYTES]
    layers = []
    for number, (digest, opened) in enumerate(blobs, 1):
        place = folder / f"layer-{number}.tar"
        with opened() as stream:
            size = _verified(stream, digest)
            stream.seek(0)
            _unpack(stream, place, size, digest or f"layer {number}", left)
        layers.append(Layer(number, digest, place))
    return Image(name, config, layers, scratch)


Blobs = Iterator[tuple[str, Callable[[], BinaryIO]]]


def _json(store: _Store, name: str, digest: str = "") -> Any:
    try:
        with store.open(name) as stream:
            data = stream.read(_MOST_JSON + 1)
    except (KeyError, OSError):
        raise CollectError("a part of the image is missing", where=name, next="copy the whole image") from None
    if len(data) > _MOST_JSON:
        raise CollectError("larger than 16 MiB", where=name, next="is it an image?")
    if digest:
        algorithm, _, value = digest.partition(":")
        if hashlib.new(algorithm, data).hexdigest() != value:
            raise CollectError(
                "not what the image names by its digest", where=name, next="the image was changed: get it anew"
            )
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise CollectError("not JSON", where=name, next="the image is broken: get it anew") from None


def _blob(digest: object) -> str:
    """Give the place of a blob, whose digest is a digest and no path."""
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise CollectError(
            f"names a blob by {ascii(digest)[:80]}, which is no digest", next="the image is broken: get it anew"
        )
    return "blobs/" + digest.replace(":", "/")


def _of_layout(store: _Store, platform: str) -> tuple[dict[str, Any], Blobs]:
    wanted = _json(store, "index.json")
    name = "index.json"
    for _ in range(5):
        found = wanted.get("manifests") if isinstance(wanted, dict) else None
        if found is None:
            break
        chosen = _choose(found, platform, name)
        name = _blob(chosen.get("digest"))
        wanted = _json(store, name, chosen["digest"])
    if (
        not isinstance(wanted, dict)
        or not isinstance(wanted.get("layers"), list)
        or not isinstance(wanted.get("config"), dict)
    ):
        raise CollectError("no manifest of an image", where=name, next="is it an artifact of another kind?")
    config = _json(store, _blob(wanted["config"].get("digest")), wanted["config"]["digest"])
    digests = [str(layer.get("digest")) for layer in wanted["layers"] if isinstance(layer, dict)]
    return _config(config), ((digest, _opener(store, _blob(digest))) for digest in digests)


def _choose(manifests: object, platform: str, name: str) -> dict[str, Any]:
    entries = [one for one in manifests if isinstance(one, dict)] if isinstance(manifests, list) else []
    # Attestations of buildkit are listed beside images, for a platform that there is not.
    entries = [one for one in entries if _platform(one) != "unknown" and not _platform(one).startswith("unknown/")]
    if not entries:
        raise CollectError("names no image", where=name, next="is it an artifact of another kind?")
    fitting = [one for one in entries if _platform(one) in ("", platform)]
    if not fitting:
        have = ", ".join(sorted({_platform(one) for one in entries}))
        raise UsageError(f"no image for {platform}; there is {have}", where=name, next="choose with --platform")
    return fitting[0]


def _platform(entry: dict[str, Any]) -> str:
    one = entry.get("platform")
    if not isinstance(one, dict):
        return ""
    return "/".join(str(one[key]) for key in ("os", "architecture", "variant") if one.get(key))


def _of_docker(store: _Store) -> tuple[dict[str, Any], Blobs]:
    found = _json(store, "manifest.json")
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        raise CollectError("no manifest of an image", where="manifest.json", next="is it an archive of `docker save`?")
    if len(found) > 1:
        raise UsageError(f"holds {len(found)} images", where="manifest.json", next="save one image in an archive")
    config = _json(store, str(found[0].get("Config")))
    rootfs = _config(config).get("rootfs")
    ids = _listed(rootfs.get("diff_ids") if isinstance(rootfs, dict) else None)
    names = [str(one) for one in _listed(found[0].get("Layers"))]
    if len(ids) != len(names):
        raise CollectError("names other layers than its configuration", where="manifest.json", next="save the image anew")
    return _config(config), ((str(digest), _opener(store, name)) for digest, name in zip(ids, names, strict=True))


def _listed(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _opener(store: _Store, name: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        try:
            return store.open(name)
        except (KeyError, OSError):
            raise CollectError("a layer of the image is missing", where=name, next="copy the whole image") from None

    return opened


def _config(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise CollectError("its configuration is no JSON object", next="the image is broken: get it anew")
    return found


def _verified(stream: BinaryIO, digest: str) -> int:
    """Compare the bytes of a layer with its digest, packed or unpacked (`docker save` names layers by what is inside)."""
    if not _DIGEST.fullmatch(digest):
        raise CollectError(
            f"names a layer by {ascii(digest)[:80]}, which is no digest", next="the image is broken: get it anew"
        )
    algorithm, _, wanted = digest.partition(":")
    packed, size = hashlib.new(algorithm), 0
    while piece := stream.read(_PIECE):
        packed.update(piece)
        size += len(piece)
    if packed.hexdigest() == wanted:
        return size
    stream.seek(0)
    if stream.read(2) == _GZIP:
        stream.seek(0)
        inside, total = hashlib.new(algorithm), 0
        with gzip.GzipFile(fileobj=stream) as unpacked, suppress(EOFError, zlib.error, gzip.BadGzipFile):
            while (piece := unpacked.read(_PIECE)) and total <= min(MOST_BYTES, size * _RATIO + _PIECE):
                inside.update(piece)
                total += len(piece)
        if inside.hexdigest() == wanted:
            return size
    raise CollectError("not what the image names by its digest", where=digest, next="the image was changed: get it anew")


def _unpack(stream: BinaryIO, place: Path, size: int, name: str, left: list[int]) -> None:
    """Write the plain tar of a layer, within what is left of the limit."""
    head = stream.read(6)
    stream.seek(0)
    most = min(left[0], size * _RATIO + _PIECE)
    written = 0
    with place.open("wb") as out:
        try:
            for piece in _pieces(stream, head):
                written += len(piece)
                if written > most:
                    raise CollectError(
                        f"unpacks to more than {most >> 20:,} MiB",
                        where=name,
                        next="no image is packed so tightly: is it a bomb?",
                    )
                if not written & (_PIECE * 64 - 1):
                    _insist_on_space(place)
                out.write(piece)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise CollectError(f"a layer does not unpack: {error}", where=name, next="get the image anew") from None
    left[0] -= written


def _insist_on_space(place: Path) -> None:
    found = os.statvfs(place)
    if found.f_bavail * found.f_frsize < _FREE:
        raise OSError("no space is left to unpack it: set TMPDIR to a larger disk")


def _pieces(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    if head.startswith(_GZIP):
        with gzip.GzipFile(fileobj=stream) as unpacked:
            while piece := unpacked.read(_PIECE):
                yield piece
    elif head.startswith(_ZSTD):
        import zstandard

        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(stream, read_across_frames=True) as reader:
            try:
                while piece := reader.read(_PIECE):
                    yield piece
            except zstandard.ZstdError as error:
                raise ValueError(str(error)) from None
    elif head.startswith((_BZIP, _XZ)):
        raise ValueError("packed in a way that no image is (bzip2 or xz)")
    else:
        while piece := stream.read(_PIECE):
            yield piece
