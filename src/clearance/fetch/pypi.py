"""Reads what an index of Python packages says of a name: the simple API as JSON (PEP 691, PEP 700), or as HTML (PEP 503,
PEP 592), which is all that many company indexes have."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from clearance.facts.index import Release

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
JSON = "application/vnd.pypi.simple.v1+json"
_MOST_FILES = 100_000


class Garbage(Exception):
    """What was answered is not what such an index answers. The text says what is wrong with it."""


class File(msgspec.Struct, kw_only=True):
    """One file of a release. `uploaded` is as the index says it, whether true or not."""

    filename: str
    hashes: dict[str, str] = {}
    yanked: bool | str = False
    uploaded: dt.datetime | None = msgspec.field(default=None, name="upload-time")


class Page(msgspec.Struct, kw_only=True):
    """The page of one name."""

    name: str
    files: list[File]
    versions: list[str] | None = None


def read(body: bytes, media: str, name: str) -> Page:
    """Read a page about a name.

    Raises:
        Garbage: it is no such page, or one about another name.
    """
    page = _json(body) if media in (JSON, "application/json") else _html(body, media, name)
    if canonicalize_name(page.name) != canonicalize_name(name):
        raise Garbage("answered about another name")
    if len(page.files) > _MOST_FILES:
        raise Garbage("names too many files")
    return page


def _json(body: bytes) -> Page:
    try:
        return msgspec.json.decode(body, type=Page)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Garbage("answered what is no page of an index (PEP 691)") from None


class _Anchors(HTMLParser):
    """Collects the links of a page of PEP 503: text, address and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []
        self._open: dict[str, str | None] | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link."""
        if tag == "a":
            self._open, self._text = dict(attrs), ""

    def handle_data(self, data: str) -> None:
        """Collect its text."""
        if self._open is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        """End it."""
        if tag != "a" or self._open is None:
            return
        parts = urlsplit(self._open.get("href") or "")
        named = self._text.strip() or unquote(parts.path.rpartition("/")[2])
        algorithm, _, digest = parts.fragment.partition("=")
        yanked = self._open.get("data-yanked", False) if "data-yanked" in self._open else False
        self.files.append(
            File(filename=named, hashes={algorithm: digest} if digest else {}, yanked=True if yanked is None else yanked)
        )
        self._open = None


def _html(body: bytes, media: str, name: str) -> Page:
    text = body.decode("utf-8", "replace")
    if "html" not in media and "<a" not in text[:10_000].lower():
        raise Garbage("answered what is no page of an index (PEP 503)")
    reader = _Anchors()
    reader.feed(text)
    files = [one for one in reader.files if version_of(one.filename, name) is not None]
    if reader.files and not files:
        raise Garbage("answered a page without a single file of this name")
    if (
        not re.search(r"<a[\s>]", text, re.IGNORECASE)
        and "simple index" not in text.lower()
        and "links for" not in text.lower()
    ):
        raise Garbage("answered a page without links")
    return Page(name=name, files=files)


def version_of(filename: str, name: str) -> Version | None:
    """Tell which version of the name a file is of; None for a file of another name or kind."""
    try:
        if filename.endswith(".whl"):
            found, version, _, _ = parse_wheel_filename(filename)
        elif filename.endswith((".tar.gz", ".zip")):
            found, version = parse_sdist_filename(filename)
        else:
            return _of_old_kind(filename, name)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return _of_old_kind(filename, name)
    return version if found == canonicalize_name(name) else _of_old_kind(filename, name)


def _of_old_kind(filename: str, name: str) -> Version | None:
    """Read names such as `Name-1.0.tar.bz2`, `name-1.0.win32.exe`, and sdists whose name holds a hyphen and digits."""
    pattern = "[-_.]+".join(map(re.escape, canonicalize_name(name).split("-")))
    ends = r"-py\d|\.(?:tar|zip|exe|msi|egg|win|macosx|linux|dmg|rpm|deb)|$"
    found = re.match(rf"{pattern}-(\d[A-Za-z0-9.!+_]*?)(?:{ends})", filename, re.IGNORECASE)
    if not found:
        return None
    try:
        return Version(found[1])
    except InvalidVersion:
        return None


def releases(page: Page, wanted: Iterable[str], *, dated: bool) -> tuple[list[Release], str, int]:
    """Give the releases that are wanted, with the latest; the latest version that is no pre-release and not yanked; how many
    there are."""
    files: dict[Version, list[File]] = {}
    for one in page.files:
        version = version_of(one.filename, page.name)
        if version is not None:
            files.setdefault(version, []).append(one)
    known = set(files) | set(_versions(page.versions or ()))
    standing = [one for one in known if not one.is_prerelease and not (files.get(one) and all(f.yanked for f in files[one]))]
    latest = max(standing or known, default=None)
    given = []
    for text in dict.fromkeys([*wanted, *([str(latest)] if latest else [])]):
        version = next(_versions((text,)), None)
        if version in known and version is not None:
            given.append(_release(text, files.get(version, []), dated=dated))
    return given, str(latest) if latest else "", len(known)


def _versions(texts: Iterable[str]) -> Iterator[Version]:
    for text in texts:
        try:
            yield Version(text)
        except InvalidVersion:
            continue


def _release(text: str, files: Sequence[File], *, dated: bool) -> Release:
    times = [utc(one.uploaded) for one in files if one.uploaded is not None]
    reasons = [one.yanked for one in files if isinstance(one.yanked, str) and one.yanked]
    return Release(
        version=text,
        uploaded=min(times) if times and dated else None,
        yanked=bool(files) and all(one.yanked is not False for one in files),
        reason=reasons[0] if reasons else "",
        hashes=tuple(f"{name}:{digest.lower()}" for one in files for name, digest in sorted(one.hashes.items())),
        scripts=any(one.filename.endswith((".tar.gz", ".zip", ".tar.bz2")) for one in files)
        and not any(one.filename.endswith(".whl") for one in files)
        if files
        else None,
    )


def utc(moment: dt.datetime) -> dt.datetime:
    """Give a moment in UTC; one without a zone is taken to be in it."""
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


def moments(page: Page) -> list[dt.datetime]:
    """Give the first upload of each release, oldest first."""
    first: dict[Version, dt.datetime] = {}
    for one in page.files:
        version = version_of(one.filename, page.name) if one.uploaded else None
        if version is not None and one.uploaded is not None:
            first[version] = min(first.get(version, utc(one.uploaded)), utc(one.uploaded))
    return sorted(first.values())
