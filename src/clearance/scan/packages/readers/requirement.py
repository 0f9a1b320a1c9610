"""Reads one requirement of Python (PEP 508) with its place: name, extras, versions, marker, or the address it comes from."""

import re

from clearance.scan.family import Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.npm_requirement import npm_argument, npm_requirement, npm_word
from clearance.scan.packages.readers.origin import bare, host

__all__ = [
    "index_is_public", "npm_argument", "npm_requirement", "npm_word", "poetry_version", "python_name", "python_remote",
    "python_requirement", "requirement_value",
]  # fmt: skip

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXTRAS = re.compile(r"\s*\[[^\]\n]*\]")
_AFTER = re.compile(r"\s*(?:$|[<>=!~;,(#\\]|--hash)")
_AT = re.compile(r"\s*@\s*(\S+)")
_CLAUSE = re.compile(r"[\s(,\\]*(~=|===?|!=|<=?|>=?)\s*([^\s,;()#\\\"']+)")
_MARKER = re.compile(r"[^;\n]*;[ \t]*([^#\n\\]*)")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+")
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:[0-9a-f]{24})?(?:#|$)")
_DIGEST = re.compile(r"#(?:.*&)?(sha(?:256|384|512))=([0-9a-fA-F]{64,128})(?:&|$)")
_ARCHIVE = re.compile(r"\.(?:zip|whl|tar\.\w+|tgz)$")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_ADDRESS = re.compile(r"(?:https?|ftp|git|ssh)://", re.IGNORECASE)
_PUBLIC = frozenset({"pypi.org", "pypi.python.org", "files.pythonhosted.org"})
_EXACT = re.compile(r"={0,3}\s*(v?\d[\w.!+-]*)")
_LONGEST = 4000
"""A requirement is a line; of what is longer only the name is read."""


def python_name(word: str) -> bool:
    """Whether a word has the form of a distribution's name (PEP 508)."""
    return bool(_NAME.fullmatch(word))


def index_is_public(address: str) -> bool:
    """Whether an address is PyPI itself."""
    return host(address) in _PUBLIC


def python_requirement(
    text: str, start: int, end: int, source: Source, *, hashed: bool = False, group: str = ""
) -> Mention | Remote | None:
    """Read the requirement that stands in `text[start:end]`; None for a local path or what is no requirement.

    `hashed`: a digest stands beside it (`--hash=`), so that an address is pinned. `group` goes into the details.
    """
    piece = text[start:end]
    stripped = piece.strip()
    if _VCS.match(stripped) or _ADDRESS.match(stripped):
        egg = _EGG.search(stripped)
        address = stripped.split()[0]
        begin = text.find(address, start, end)
        return python_remote(egg[1] if egg else "", address, (begin, begin + len(address)), hashed=hashed, group=group)
    found = _NAME.match(piece)
    if not found:
        return None
    rest = found.end()
    extras = _EXTRAS.match(piece, rest)
    if extras:
        rest = extras.end()
    address_found = _AT.match(piece, rest)
    if address_found and (_VCS.match(address_found[1]) or _ADDRESS.match(address_found[1])):
        span = (start + address_found.start(1), start + address_found.end(1))
        return python_remote(found[1], address_found[1], span, hashed=hashed, group=group)
    if not _AFTER.match(piece, rest):
        return None
    version, wanted, place = _clauses(piece, rest)
    marker = _marker(piece, rest)
    return Mention(
        Registry.PYPI,
        found[1],
        start + found.start(1),
        start + found.end(1),
        source,
        version=version,
        wanted=wanted,
        place=(start + place[0], start + place[1]) if place[1] else (0, 0),
        details=Details(group=group, marker=marker, direct=True),
    )


def _clauses(piece: str, at: int) -> tuple[str, str, Span]:
    """Read `>=2,<3`: the exact version, all that is asked for as it stands, and the span of the one or the other."""
    version, exact, first, last, clauses = "", (0, 0), 0, 0, 0
    while clauses < 64 and (found := _CLAUSE.match(piece, at)):
        at = found.end()
        first, last = first or found.start(1), at
        clauses += 1
        if not version and (found[1] == "===" or (found[1] == "==" and not found[2].endswith(".*"))):
            version, exact = found[2], found.span(2)
    return version, piece[first:last], exact if version else (first, last)


def _marker(piece: str, at: int) -> str:
    if ";" not in piece or len(piece) > _LONGEST:
        return ""
    found = _MARKER.match(piece, at)
    return found[1].partition(" --")[0].strip() if found else ""


def requirement_value(text: str, value: str, span: Span, source: Source, *, group: str = "") -> Mention | Remote | None:
    """Read a requirement that is the string `value` at `span`; one with escapes is told by its whole span."""
    if text[span[0] : span[1]] == value:
        return python_requirement(text, *span, source, group=group)
    found = python_requirement(value, 0, len(value), source, group=group)
    if isinstance(found, Mention):
        return found._replace(start=span[0], end=span[1], place=span if found.place[1] else (0, 0))
    return found._replace(start=span[0], end=span[1]) if found else None


def python_remote(
    name: str, address: str, span: Span, *, hashed: bool = False, revision: str = "", group: str = ""
) -> Remote | None:
    """Read an address that a Python package comes from; None for a local one.

    `hashed`: a digest of its content stands beside it. `revision` is the commit, branch or tag where that
    stands apart. Credentials in the address are left out.
    """
    if address.startswith(("file:", ".", "/")):
        return None
    digest = _DIGEST.search(address) if len(address) <= _LONGEST else None
    commit = bool(_COMMIT.search(address)) or bool(_COMMIT.search(f"@{revision}"))
    plain = bare(address)
    shown = plain.partition("#")[0].partition("://")[2]
    last = shown.rpartition("/")[2].partition("@")[0].removesuffix(".git")
    label = name or (shown[:80] if _ARCHIVE.search(shown) else last)
    hashes = (f"{digest[1]}:{digest[2].lower()}",) if digest else ()
    details = Details(hashes=hashes, address=plain, host=host(plain), group=group, direct=True)
    repository = bool(_VCS.match(address)) or bool(revision)
    return Remote(label, plain, *span, commit if repository else hashed or bool(digest), details=details)


def poetry_version(value: str) -> tuple[str, str]:
    """Read a version of Poetry or a Pipfile: the exact version where it is one (`1.2`, `==1.2`), and what is asked for."""
    value = value.strip()
    if value in {"*", ""}:
        return "", ""
    found = _EXACT.fullmatch(value)
    return (found[1] if found else ""), value
