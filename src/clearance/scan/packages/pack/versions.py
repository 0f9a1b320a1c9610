"""The order of versions, as each registry defines it. Versions are compared, never specifiers: `>=1,<2` leaves pre-releases
out."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from clearance.scan.packages.mention import Registry

Key = Any
"""What versions of one registry compare by."""
Order = Callable[[str], Key]
_LONGEST = 200
_SEMVER = re.compile(r"[vV=]{0,2}(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.+-]*)?", re.ASCII)
_MAVEN_END = re.compile(r"[.-](?:release|final|ga)$", re.IGNORECASE)
_UNIVERS = {
    Registry.MAVEN: "MavenVersion",
    Registry.RUBYGEMS: "RubygemsVersion",
    Registry.NUGET: "NugetVersion",
    Registry.DEBIAN: "DebianVersion",
    Registry.ALPINE: "AlpineLinuxVersion",
    Registry.RPM: "RpmVersion",
}


class Incomparable(Exception):
    """A version that is none in its registry."""


def order_of(registry: Registry) -> Order:
    """Give what turns a version into a key: keys of one registry compare as its versions do. It raises `Incomparable`."""
    match registry:
        case Registry.PYPI | Registry.CONDA:
            return _python
        case Registry.NPM | Registry.GO | Registry.CARGO:
            return _semver
        case _:
            return _others(registry)


@lru_cache(maxsize=20_000)
def _python(version: str) -> Key:
    """Read a version by PEP 440, without its local part: `2.1+cu118` is a build of `2.1`."""
    from packaging.version import InvalidVersion, Version

    if len(version) > _LONGEST:
        raise Incomparable
    try:
        read = Version(version)
        # A key of its own spares the comparisons of whole objects what they compute each time.
        return Version(read.public) if read.local else read
    except (InvalidVersion, ValueError):
        raise Incomparable from None


@lru_cache(maxsize=20_000)
def _semver(version: str) -> Key:
    """Read a version by Semantic Versioning 2.0.0, rule 11; numbers that lack count as 0, the build does not count."""
    found = _SEMVER.fullmatch(version) if len(version) <= _LONGEST else None
    if found is None:
        raise Incomparable
    major, minor, patch, before = found.groups()
    if before is None:
        return int(major), int(minor or 0), int(patch or 0), (1,)
    words = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in before.split("."))
    return int(major), int(minor or 0), int(patch or 0), (0, words)


@lru_cache(maxsize=16)
def _others(registry: Registry) -> Order:
    """Take the order of the library univers, whose import takes its time."""
    from univers import versions

    kind = getattr(versions, _UNIVERS[registry])

    @lru_cache(maxsize=20_000)
    def order(version: str) -> Key:
        if not 0 < len(version) <= _LONGEST:
            raise Incomparable
        if registry is Registry.MAVEN:
            version = _MAVEN_END.sub("", version)
        try:
            return kind(version)
        except Exception:  # noqa: BLE001 -- each class of the library has errors of its own
            raise Incomparable from None

    return order


def order(registry: Registry, version: str) -> Key | None:
    """Give the key of one version, or None where it cannot be compared."""
    try:
        return order_of(registry)(version)
    except Incomparable:
        return None
