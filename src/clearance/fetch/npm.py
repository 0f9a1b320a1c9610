"""Reads what an npm registry says of a name: the packument, in full or in its short form for installers."""

import base64
import binascii
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from clearance.facts.index import Release
from clearance.fetch.pypi import Garbage, utc

FULL = "application/json"
_INSTALLED = ("preinstall", "install", "postinstall")


class _Dist(msgspec.Struct):
    integrity: str = ""
    shasum: str = ""


class _Version(msgspec.Struct, kw_only=True):
    version: str = ""
    deprecated: str | bool = ""
    scripts: Any = None
    installs: bool | None = msgspec.field(default=None, name="hasInstallScript")
    license: Any = None
    dist: _Dist = msgspec.field(default_factory=_Dist)


class Packument(msgspec.Struct, kw_only=True):
    """What a registry says of a name, as far as it matters. A name that was taken down keeps `time.unpublished`."""

    name: str
    versions: dict[str, _Version] = {}
    time: dict[str, Any] = {}
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")

    @property
    def gone(self) -> bool:
        """Whether all of its versions were taken down."""
        return not self.versions


def read(body: bytes, name: str) -> Packument:
    """Read a packument.

    Raises:
        Garbage: it is none, or one of another name.
    """
    try:
        found = msgspec.json.decode(body, type=Packument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbage("answered what is no packument of npm") from None
    if found.name != name:
        raise Garbage("answered about another name")
    return found


def releases(page: Packument, wanted: Iterable[str], *, dated: bool) -> tuple[list[Release], str, int]:
    """Give the releases that are wanted and the latest, the latest version, and how many there are."""
    latest = page.tags.get("latest", "")
    given = []
    for text in dict.fromkeys([*wanted, latest]):
        one = page.versions.get(text)
        if one is not None:
            given.append(_release(text, one, moment(page.time.get(text)) if dated else None))
    return given, latest, len(page.versions)


def _release(text: str, one: _Version, uploaded: dt.datetime | None) -> Release:
    scripts = one.installs
    if scripts is None and isinstance(one.scripts, dict):
        scripts = any(name in one.scripts for name in _INSTALLED)
    said = one.deprecated if isinstance(one.deprecated, str) else ""
    return Release(
        version=text,
        uploaded=uploaded,
        reason=said[:500],
        deprecated=bool(one.deprecated),
        scripts=scripts,
        licence=_licence(one.license),
        hashes=_hashes(one.dist),
    )


def _licence(value: object) -> str:
    """Read `MIT`, `{"type": "MIT"}`, or a list of these."""
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, dict):
        return str(value.get("type", ""))[:200]
    if isinstance(value, list):
        return " OR ".join(one for one in map(_licence, value[:20]) if one)
    return ""


def _hashes(dist: _Dist) -> tuple[str, ...]:
    given = []
    for one in dist.integrity.split():
        algorithm, _, digest = one.partition("-")
        try:
            given.append(f"{algorithm}:{base64.b64decode(digest.partition('?')[0], validate=True).hex()}")
        except (binascii.Error, ValueError):
            continue
    return (*given, f"sha1:{dist.shasum.lower()}") if dist.shasum else tuple(given)


def moment(value: object) -> dt.datetime | None:
    """Read a time as npm writes it (`2012-04-23T16:37:11.912Z`), or None."""
    if not isinstance(value, str):
        return None
    try:
        return utc(dt.datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        return None


def moments(page: Packument) -> Sequence[dt.datetime]:
    """Give when each version was uploaded, oldest first, as the registry says."""
    found = (moment(page.time.get(version)) for version in page.versions)
    return sorted(one for one in found if one is not None)
