"""What is collected of an image is what a container would see, and what its layers still hold."""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import struct
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clearance.collect.image import image
from clearance.collect.image.layers import Layer as Unpacked
from clearance.collect.image.rpm import NoRpmDatabase, listing
from clearance.collect.image.tree import of_layers
from clearance.facts.change import Collected
from clearance.facts.errors import ClearanceError, CollectError, UsageError
from clearance.facts.finding import GapKind
from collect.image.made import FOLDER, Item, Layer, docker_archive, layout, oci_archive, rootfs

BASE: Layer = {
    "etc/os-release": 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
    "var/lib/dpkg/status": "Package: zlib1g\nStatus: install ok installed\nVersion: 1:1.2.13\n",
    "usr/bin/tool": Item(b"#!/bin/sh\n", 0o4755),
    "usr/share/doc/readme": "much text\n",
    "app/.env": "A=1\n",
    "app/old/deep.txt": "old\n",
    "app/old/deeper/x.txt": "x\n",
    "app/kept.txt": "kept\n",
    "srv/open": Item(b"x", 0o666),
    "tmp": Item(mode=0o1777, kind=tarfile.DIRTYPE),
    "var/drop": Item(mode=0o777, kind=tarfile.DIRTYPE),
}
TOP: Layer = {
    "app/.wh..env": "",
    "app/old/.wh..wh..opq": "",
    "app/old/new.txt": "new\n",
    "app/main.py": "print()\n",
    "app/link": Item(kind=tarfile.SYMTYPE, target="/etc/shadow"),
    "app/hard": Item(kind=tarfile.LNKTYPE, target="app/main.py"),
    "app/kept.txt": "changed\n",
}
CONFIG = {"User": "app", "Env": ["MODE=prod"]}
STANDING = {
    "app/main.py",
    "app/hard",
    "app/kept.txt",
    "app/old/new.txt",
    "etc/os-release",
    "var/lib/dpkg/status",
    "srv/open",
}
GONE = {"layers/1/app/.env", "layers/1/app/old/deep.txt", "layers/1/app/old/deeper/x.txt", "layers/1/app/kept.txt"}


OPENED: list[Collected] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().contents.close()  # type: ignore[attr-defined]


def collected(path: Path, **more: Any) -> Collected:
    OPENED.append(image(path, environment={}, **more))
    return OPENED[-1]


def names(found: Collected) -> set[str]:
    return {file.path for file in found.change.files}


def content(found: Collected, path: str) -> str:
    return found.contents.read(path, "after", 1 << 20).decode()


@pytest.mark.parametrize("packed", ["gzip", "zstd", "plain"])
def test_layers_lie_on_top_of_each_other(tmp_path: Path, packed: str) -> None:
    found = collected(layout(tmp_path / "oci", [BASE, TOP], CONFIG, packed=packed))
    assert names(found) == STANDING | GONE | {"image.json"}
    assert content(found, "app/kept.txt") == "changed\n"
    assert content(found, "layers/1/app/kept.txt") == "kept\n"
    assert content(found, "app/hard") == "print()\n"
    assert found.change.source == "image"
    found.contents.close()  # type: ignore[attr-defined]


def test_all_forms_say_the_same(tmp_path: Path) -> None:
    oci = layout(tmp_path / "oci", [BASE, TOP], CONFIG)
    forms = [oci, oci_archive(tmp_path / "oci.tar", oci), docker_archive(tmp_path / "docker.tar", [BASE, TOP], CONFIG)]
    (tmp_path / "docker.tar.gz").write_bytes(gzip.compress((tmp_path / "docker.tar").read_bytes()))
    found = [collected(form) for form in [*forms, tmp_path / "docker.tar.gz"]]
    assert len({frozenset(names(one)) for one in found}) == 1
    assert len({one.change.tree.sha256 for one in found}) == 1


def test_a_root_filesystem_is_read_as_it_stands(tmp_path: Path) -> None:
    plain = {name: what for name, what in BASE.items() if name not in {"tmp", "var/drop"}}
    found = collected(rootfs(tmp_path / "root", [plain]))
    assert {"app/.env", "etc/os-release", "var/lib/dpkg/status", "image.json"} <= names(found)
    assert "usr/share/doc/readme" not in names(found)


def test_the_page_of_facts_tells_how_it_runs(tmp_path: Path) -> None:
    found = collected(layout(tmp_path / "oci", [BASE, TOP], CONFIG, history=["RUN true"]))
    page = json.loads(content(found, "image.json"))
    assert page["config"] == CONFIG
    assert page["history"] == ["RUN true"]
    assert page["os"]["id"] == "debian"
    assert page["setuid"] == ["usr/bin/tool"]
    assert page["world_writable"] == ["srv/open", "var/drop"]


def test_what_is_not_looked_at_is_told(tmp_path: Path) -> None:
    (gap,) = [one for one in collected(layout(tmp_path / "oci", [BASE])).gaps if one.kind is GapKind.EXCLUDED]
    assert gap.detail.startswith("2 files of the distribution")


def test_names_that_leave_the_image_are_refused(tmp_path: Path) -> None:
    found = collected(layout(tmp_path / "oci", [{"../../etc/cron.d/x": "x", "/app/a.txt": "a", "app/../b": "b"}]))
    assert names(found) == {"app/a.txt", "image.json"}
    assert {one.path for one in found.gaps if one.kind is GapKind.UNREADABLE} == {"../../etc/cron.d/x", "app/../b"}


def test_a_blob_that_was_changed_is_refused(tmp_path: Path) -> None:
    top = layout(tmp_path / "oci", [BASE])
    blob = max((top / "blobs/sha256").iterdir(), key=lambda one: one.stat().st_size)
    blob.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(CollectError, match="digest"):
        collected(top)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    top = layout(tmp_path / "oci", [{"zeros": b"\0" * (400 << 20)}])
    with pytest.raises(CollectError, match="unpacks to more"):
        collected(top)


BROKEN = {
    "index.json": (b"{", "not JSON"),
    "no manifest": (b'{"manifests": []}', "names no image"),
    "a path for a digest": (b'{"manifests": [{"digest": "../../etc/passwd"}]}', "no digest"),
    "a missing blob": (json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64}]}).encode(), "missing"),
    "a list": (b"[]", "no manifest"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_told(tmp_path: Path, case: str) -> None:
    top = layout(tmp_path / "oci", [BASE])
    data, said = BROKEN[case]
    (top / "index.json").write_bytes(data)
    with pytest.raises(ClearanceError, match=said):
        collected(top)


def test_what_is_no_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        collected(tmp_path / "nothing")
    (tmp_path / "file").write_text("hello")
    with pytest.raises(ClearanceError):
        collected(tmp_path / "file")
    (tmp_path / "half.tar.gz").write_bytes(gzip.compress(b"x" * 100_000)[:50])
    with pytest.raises(ClearanceError):
        collected(tmp_path / "half.tar.gz")


@pytest.mark.parametrize("config", [{"rootfs": 5}, {"rootfs": {"diff_ids": 5}}, {"rootfs": {"diff_ids": {"a": 1}}}, {}])
def test_a_configuration_that_lists_no_layers_is_told(tmp_path: Path, config: dict[str, object]) -> None:
    place = tmp_path / "image.tar"
    with tarfile.open(place, "w") as archive:
        manifest = b'[{"Config": "c.json", "Layers": ["l.tar"]}]'
        for name, data in (("c.json", json.dumps(config).encode()), ("manifest.json", manifest), ("l.tar", b"")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with pytest.raises(CollectError, match="other layers"):
        image(place)


def test_a_file_of_less_than_no_bytes_is_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("etc/os-release")
        member.pax_headers = {"size": "-5"}
        archive.addfile(member)
    place = tmp_path / "layer.tar"
    place.write_bytes(out.getvalue())
    with pytest.raises(tarfile.TarError):
        of_layers([Unpacked(1, "", place)])


@pytest.mark.parametrize("where", ["var/lib/dpkg", "var/lib/dpkg/status", "lib/apk/db"])
def test_records_of_packages_behind_a_link_are_a_gap(tmp_path: Path, where: str) -> None:
    at = tmp_path / where
    at.parent.mkdir(parents=True)
    at.symlink_to("/opt/hidden")
    (tmp_path / "etc").mkdir()
    collected = image(tmp_path)
    assert [one.path for one in collected.gaps if "records of packages" in one.detail] == [where]


def test_a_pipe_is_no_image(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError):
        image(tmp_path / "pipe")


def test_the_platform_is_chosen(tmp_path: Path) -> None:
    top = layout(tmp_path / "oci", [BASE], platform={"os": "linux", "architecture": "arm64"})
    with pytest.raises(UsageError, match="linux/arm64"):
        collected(top)
    assert "image.json" in names(collected(top, platform="linux/arm64"))


def test_nothing_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    found = collected(layout(tmp_path / "oci", [BASE]))
    assert list(scratch.iterdir())
    found.contents.close()  # type: ignore[attr-defined]
    (tmp_path / "oci/index.json").write_text("{")
    with pytest.raises(CollectError):
        collected(tmp_path / "oci")
    assert not list(scratch.iterdir())


def header(**tags: str) -> bytes:
    numbers = {"name": 1000, "version": 1001, "release": 1002, "licence": 1014, "arch": 1022, "source": 1044}
    entries, data = b"", b""
    for key, value in tags.items():
        if key == "epoch":
            data += b"\0" * (-len(data) % 4)
            entries += struct.pack(">iIiI", 1003, 4, len(data), 1)
            data += struct.pack(">i", int(value))
        else:
            entries += struct.pack(">iIiI", numbers[key], 6, len(data), 1)
            data += value.encode() + b"\0"
    return struct.pack(">II", len(entries) // 16, len(data)) + entries + data


def rpm_database(path: Path, *blobs: bytes) -> bytes:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
        database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    database.close()
    return path.read_bytes()


def test_the_database_of_rpm_becomes_a_listing(tmp_path: Path) -> None:
    data = rpm_database(
        tmp_path / "rpmdb.sqlite",
        header(name="zlib", version="1.2", release="3.el9", epoch="1", arch="x86_64", licence="zlib and\nBoost"),
        header(name="bash", version="5.1"),
    )
    found = collected(layout(tmp_path / "oci", [{"var/lib/rpm/rpmdb.sqlite": data, "app": FOLDER}]))
    assert content(found, "var/lib/rpm/packages.tsv") == "bash\t5.1\t\t\t\nzlib\t1:1.2-3.el9\tx86_64\t\tzlib and Boost\n"


@pytest.mark.parametrize("data", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 100])
def test_a_broken_database_of_rpm_is_a_gap(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(NoRpmDatabase):
        listing(tmp_path / "x")
    found = collected(layout(tmp_path / "oci", [{"usr/lib/sysimage/rpm/rpmdb.sqlite": data}]))
    assert any("RPM" in one.detail for one in found.gaps)


def test_an_older_database_of_rpm_is_a_gap(tmp_path: Path) -> None:
    found = collected(layout(tmp_path / "oci", [{"var/lib/rpm/Packages": b"\0" * 100}]))
    assert any("older form" in one.detail for one in found.gaps)


def test_a_file_that_changed_meanwhile_is_not_read(tmp_path: Path) -> None:
    root = rootfs(tmp_path / "root", [{"app/a.txt": "one\n"}])
    found = collected(root)
    (root / "app/a.txt").write_text("two\n")
    with pytest.raises(CollectError, match="changed"):
        found.contents.read("app/a.txt", "after", 100)


def test_old_archives_of_docker_link_layers(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "docker.tar", [BASE])
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "out", filter="data")
    shutil.move(tmp_path / "out/0/layer.tar", tmp_path / "out/shared.tar")
    (tmp_path / "out/0/layer.tar").symlink_to("../shared.tar")
    with tarfile.open(tmp_path / "linked.tar", "w") as archive:
        for one in ("shared.tar", "0", "config.json", "manifest.json"):
            archive.add(tmp_path / "out" / one, one)
    assert "app/.env" in names(collected(tmp_path / "linked.tar"))


def test_the_digest_of_the_change_names_the_content(tmp_path: Path) -> None:
    one = collected(layout(tmp_path / "a", [{"app/a": "1"}])).change.tree.sha256
    other = collected(layout(tmp_path / "b", [{"app/a": "2"}])).change.tree.sha256
    assert one != other
    assert len(one) == hashlib.sha256().digest_size * 2
