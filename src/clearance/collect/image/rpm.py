"""Reads the database of RPM (SQLite form, RPM 4.16 and later) into text: one line a package.

The blob of a package is a header without its magic: count of entries and length of the data (32 bits each, big-endian), the
entries (tag, type, offset, count), then the data. Tags are those of rpm's `rpmtag.h`.
"""

import contextlib
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

COLUMNS = ("name", "version", "architecture", "source", "licence")
_NAME, _VERSION, _RELEASE, _EPOCH, _LICENCE, _ARCH, _SOURCE = 1000, 1001, 1002, 1003, 1014, 1022, 1044
_WANTED = frozenset({_NAME, _VERSION, _RELEASE, _EPOCH, _LICENCE, _ARCH, _SOURCE})
_INT32, _STRING, _I18N = 4, 6, 9
_MOST_ENTRIES = 100_000
_MOST_PACKAGES = 100_000


class NoRpmDatabase(Exception):
    """It is no database of RPM that can be read; the text says why."""


def listing(path: Path) -> str:
    """Give the packages as lines of tab-separated `COLUMNS`, sorted. A version is `epoch:version-release`, the epoch where
    there is one.

    Raises:
        NoRpmDatabase: it cannot be read.
    """
    lines = []
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            for (blob,) in database.execute(f"SELECT blob FROM Packages LIMIT {_MOST_PACKAGES}"):  # noqa: S608 -- a constant
                tags = dict(_tags(bytes(blob)))
                if tags.get(_NAME) and tags.get(_VERSION):
                    lines.append("\t".join(_clean(one) for one in _row(tags)))
    except (sqlite3.Error, struct.error, ValueError, TypeError) as error:
        raise NoRpmDatabase(str(error)) from None
    return "".join(f"{line}\n" for line in sorted(set(lines)))


def _row(tags: dict[int, str]) -> tuple[str, ...]:
    version = f"{tags[_VERSION]}-{tags[_RELEASE]}" if tags.get(_RELEASE) else tags[_VERSION]
    if tags.get(_EPOCH) and tags[_EPOCH] != "0":
        version = f"{tags[_EPOCH]}:{version}"
    return tags[_NAME], version, tags.get(_ARCH, ""), tags.get(_SOURCE, ""), tags.get(_LICENCE, "")


def _clean(text: str) -> str:
    return " ".join(text.split())


def _tags(blob: bytes) -> Iterator[tuple[int, str]]:
    count, length = struct.unpack_from(">II", blob)
    if count > _MOST_ENTRIES:
        raise ValueError("a header with too many entries")
    start = 8 + 16 * count
    data = blob[start : start + length]
    for number in range(count):
        tag, kind, offset, _ = struct.unpack_from(">iIiI", blob, 8 + 16 * number)
        if tag not in _WANTED or not 0 <= offset < len(data):
            continue
        if kind in (_STRING, _I18N):
            end = data.find(b"\0", offset)
            yield tag, data[offset : end if end >= 0 else len(data)].decode("utf-8", "replace")
        elif kind == _INT32:
            yield tag, str(struct.unpack_from(">i", data, offset)[0])
