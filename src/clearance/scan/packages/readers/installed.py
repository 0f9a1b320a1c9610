"""Reads what is installed: the records of dpkg, apk and RPM, the metadata of Python distributions and npm packages.

Debian's and Alpine's advisories name source packages, so a mention is of the source package and its `alias` is the package
that was installed from it; RPM's name the packages themselves.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from clearance.facts.change import Contents
from clearance.facts.errors import CollectError
from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.json_text import strings

_FIELD = re.compile(r"(?m)^([A-Za-z][A-Za-z0-9-]*):[ \t]*([^\n]*)$")
_SOURCE = re.compile(r"(\S+)(?:[ \t]+\(([^)\s]+)\))?")
_RELEASE = re.compile(r"(?m)^(ID|VERSION_ID)=[\"']?([^\"'\n\r]*)")
_CLASSIFIER = re.compile(r"(?m)^Classifier: License ::(?: OSI Approved ::)? ([^\n\r]+)")
_MOST_HEADER = 200_000
_OF_SYSTEMS = frozenset({Registry.DEBIAN, Registry.ALPINE, Registry.RPM})
_RECORDS = re.compile(r"(?:usr/)?(?:var/lib/dpkg/|lib/apk/db/|var/lib/rpm/)")
_Any = TypeVar("_Any", bound=Mention | Remote | ExtraIndex)


def dpkg_status(text: str, budget: Budget) -> Iterator[Mention]:
    """Read dpkg's status file, or one paragraph of it as images without a shell have them (deb-control(5))."""
    for start, end in _paragraphs(text):
        budget.check()
        fields = {found[1].lower(): found for found in _FIELD.finditer(text, start, end)}
        name, version, status = fields.get("package"), fields.get("version"), fields.get("status")
        if name is None or version is None or (status is not None and not status[2].rstrip().endswith(" installed")):
            continue
        source = _SOURCE.match(fields["source"][2]) if "source" in fields else None
        yield Mention(
            Registry.DEBIAN,
            source[1] if source else name[2].strip(),
            *name.span(2),
            Source.INSTALLED,
            version=(source[2] if source and source[2] else version[2]).strip(),
            place=version.span(2),
            alias=name[2].strip() if source else "",
        )


def apk_installed(text: str, budget: Budget) -> Iterator[Mention]:
    """Read apk's database of installed packages (one letter a field; `o` is the origin)."""
    for start, end in _paragraphs(text):
        budget.check()
        fields = {found[1]: found for found in re.compile(r"(?m)^([PVoL]):([^\n]*)$").finditer(text, start, end)}
        name, version = fields.get("P"), fields.get("V")
        if name is None or version is None:
            continue
        origin = fields["o"][2].strip() if "o" in fields else name[2].strip()
        yield Mention(
            Registry.ALPINE,
            origin,
            *name.span(2),
            Source.INSTALLED,
            version=version[2].strip(),
            place=version.span(2),
            alias=name[2].strip() if origin != name[2].strip() else "",
            details=Details(licence=fields["L"][2].strip() if "L" in fields else ""),
        )


def rpm_listing(text: str, budget: Budget) -> Iterator[Mention]:
    """Read the listing that the collector makes of RPM's database: name, version, architecture, source, licence by tabs."""
    at = 0
    for steps, line in enumerate(text.splitlines(keepends=True)):
        if not steps & 0xFF:
            budget.check()
        columns = line.rstrip("\n").split("\t")
        if len(columns) >= 2 and columns[0]:
            end = at + len(columns[0])
            place = (end + 1, end + 1 + len(columns[1]))
            licence = columns[4] if len(columns) > 4 else ""
            details = Details(licence=licence)
            yield Mention(
                Registry.RPM, columns[0], at, end, Source.INSTALLED, version=columns[1], place=place, details=details
            )
        at += len(line)


def python_metadata(text: str, budget: Budget) -> Iterator[Mention]:
    """Read METADATA or PKG-INFO (core metadata).

    Raises:
        Unparsed: it has no name or version.
    """
    budget.check()
    blank = re.search(r"\r?\n\r?\n", text[:_MOST_HEADER])
    end = blank.start() if blank else min(len(text), _MOST_HEADER)
    fields: dict[str, re.Match[str]] = {}
    for found in _FIELD.finditer(text, 0, end):
        fields.setdefault(found[1].lower(), found)
    name, version = fields.get("name"), fields.get("version")
    if name is None or version is None:
        raise Unparsed("line 1: no name and version of a distribution")
    licence = next((fields[key][2].strip() for key in ("license-expression", "license") if key in fields), "")
    classifier = _CLASSIFIER.search(text, 0, end)
    if (not licence or len(licence) > 100) and classifier:
        licence = classifier[1].strip()
    yield Mention(
        Registry.PYPI,
        name[2].strip(),
        name.start(2),
        name.start(2) + len(name[2].rstrip()),
        Source.INSTALLED,
        version=version[2].strip(),
        place=(version.start(2), version.start(2) + len(version[2].rstrip())),
        details=Details(licence=licence[:200]),
    )


def npm_installed(text: str, budget: Budget) -> Iterator[Mention]:
    """Read the package.json of a package in node_modules: its own name and version.

    Raises:
        Unparsed: it is no JSON.
    """
    found = {one.path[0]: one for one in strings(text, budget) if len(one.path) == 1}
    name, version, licence = found.get("name"), found.get("version"), found.get("license")
    if name is not None and version is not None:
        yield Mention(
            Registry.NPM,
            name.value,
            *name.span,
            Source.INSTALLED,
            version=version.value,
            place=version.span,
            details=Details(licence=licence.value if licence else ""),
        )


def distribution_of(release: str) -> str:
    """Give `debian:12` for the text of os-release; empty where it does not say."""
    fields = dict(_RELEASE.findall(release))
    return (
        f"{fields['ID']}:{fields['VERSION_ID']}" if fields.get("ID") and fields.get("VERSION_ID") else fields.get("ID", "")
    )


def located(found: Iterable[_Any], path: str, contents: Contents | None) -> list[_Any]:
    """Tell packages of an operating system of which one they are, by the os-release that lies beside their records."""
    given = list(found)
    if not any(isinstance(one, Mention) and one.registry in _OF_SYSTEMS for one in given):
        return given
    records = _RECORDS.search(path)
    prefix = path[: records.start()] if records else ""
    distribution = ""
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            data = contents.peek(prefix + name, 1 << 16) if contents is not None else b""
        except (CollectError, KeyError):
            continue
        distribution = distribution or distribution_of(data.decode("utf-8", "replace"))
    return [
        one._replace(details=one.details._replace(distribution=distribution))
        if isinstance(one, Mention) and one.registry in _OF_SYSTEMS
        else one
        for one in given
    ]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 2
