"""Images made by the test: layers as dicts from path to what lies there, as an OCI layout or an archive of `docker save`."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

import zstandard


class Item(NamedTuple):
    """A member of a layer: a file, or what `kind` says."""

    data: bytes = b""
    mode: int = 0o644
    kind: bytes = tarfile.REGTYPE
    target: str = ""


Layer = dict[str, "str | bytes | Item"]
FOLDER = Item(mode=0o755, kind=tarfile.DIRTYPE)


def tar(layer: Layer) -> bytes:
    """Make the plain tar of a layer."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, what in layer.items():
            item = what if isinstance(what, Item) else Item(what.encode() if isinstance(what, str) else what)
            member = tarfile.TarInfo(name)
            member.mode, member.type, member.linkname, member.size = item.mode, item.kind, item.target, len(item.data)
            archive.addfile(member, io.BytesIO(item.data))
    return out.getvalue()


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _blob(top: Path, data: bytes) -> dict[str, Any]:
    digest = _digest(data)
    place = top / "blobs" / digest.replace(":", "/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    return {"digest": digest, "size": len(data)}


def config_of(layers: list[Layer], config: dict[str, Any] | None, history: list[str] | None = None) -> bytes:
    """Make the configuration of an image."""
    return json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": config or {},
            "rootfs": {"type": "layers", "diff_ids": [_digest(tar(layer)) for layer in layers]},
            "history": [{"created_by": line} for line in history or []],
        }
    ).encode()


def layout(
    top: Path,
    layers: list[Layer],
    config: dict[str, Any] | None = None,
    *,
    packed: str = "gzip",
    history: list[str] | None = None,
    platform: dict[str, str] | None = None,
) -> Path:
    """Write an OCI layout."""
    top.mkdir(parents=True, exist_ok=True)
    (top / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    entries = []
    for layer in layers:
        data = tar(layer)
        if packed == "gzip":
            data = gzip.compress(data, mtime=0)
        elif packed == "zstd":
            data = zstandard.ZstdCompressor().compress(data)
        entries.append({"mediaType": f"application/vnd.oci.image.layer.v1.tar+{packed}", **_blob(top, data)})
    made = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            **_blob(top, config_of(layers, config, history)),
        },
        "layers": entries,
    }
    entry = {"mediaType": made["mediaType"], **_blob(top, json.dumps(made).encode())}
    if platform:
        entry["platform"] = platform
    (top / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    return top


def docker_archive(path: Path, layers: list[Layer], config: dict[str, Any] | None = None) -> Path:
    """Write what `docker save` writes."""
    inside: Layer = {}
    names = []
    for number, layer in enumerate(layers):
        names.append(f"{number}/layer.tar")
        inside[names[-1]] = tar(layer)
    inside["config.json"] = config_of(layers, config)
    inside["manifest.json"] = json.dumps([{"Config": "config.json", "RepoTags": ["shop:1"], "Layers": names}])
    path.write_bytes(tar(inside))
    return path


def oci_archive(path: Path, top: Path) -> Path:
    """Pack a layout into an archive."""
    files: Layer = {str(one.relative_to(top)): one.read_bytes() for one in sorted(top.rglob("*")) if one.is_file()}
    path.write_bytes(tar(files))
    return path


def rootfs(top: Path, layers: list[Layer]) -> Path:
    """Write the files of layers into a folder, as a container sees them; no whiteouts."""
    for layer in layers:
        for name, what in layer.items():
            item = what if isinstance(what, Item) else Item(what.encode() if isinstance(what, str) else what)
            place = top / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if item.kind == tarfile.REGTYPE:
                place.write_bytes(item.data)
                place.chmod(item.mode)
            elif item.kind == tarfile.SYMTYPE:
                place.symlink_to(item.target)
            else:
                place.mkdir(exist_ok=True)
    return top
