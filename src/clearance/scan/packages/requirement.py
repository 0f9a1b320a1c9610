"""Reads one requirement of Python (PEP 508) or npm (package.json's dependency values) with its place."""

import re

from clearance.scan.packages.mention import Mention, Registry, Remote, Source

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")
_EXTRAS = re.compile(r"\s*\[[^\]\n]*\]")
_AFTER = re.compile(r"\s*(?:$|[<>=!~;,(#\\]|--hash)")
_AT = re.compile(r"\s*@\s*(\S+)")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+")
_COMMIT = re.compile(r"@[0-9a-f]{40}(?:[0-9a-f]{24})?(?:#|$)")
_DIGEST = re.compile(r"#(?:.*&)?sha(?:256|384|512)=[0-9a-fA-F]{64,}")
_ARCHIVE = re.compile(r"\.(?:zip|whl|tar\.\w+|tgz)$")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_NPM_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~_-][a-z0-9._~-]*", re.IGNORECASE)
_NPM_COMMIT = re.compile(r"#(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_NPM_LOCAL = ("file:", "link:", "portal:", "workspace:", ".", "/", "~/", "exec:")
_NPM_HOSTED = re.compile(r"(?:github|gitlab|bitbucket|gist):|git(?:\+\w+)?:|git@|[\w.-]+/[\w.-]+(?:#|$)")
_ADDRESS = re.compile(r"(?:https?|ftp|git|ssh)://", re.IGNORECASE)


def python_name(word: str) -> bool:
    """Whether a word has the form of a distribution's name (PEP 508)."""
    return bool(_NAME.fullmatch(word))


def python_requirement(text: str, start: int, end: int, source: Source, *, hashed: bool = False) -> Mention | Remote | None:
    """Read the requirement that stands in `text[start:end]`; None for a local path or what is no requirement.

    `hashed`: a digest stands beside it (`--hash=`), so that an address is pinned.
    """
    piece = text[start:end]
    stripped = piece.strip()
    if _VCS.match(stripped) or _ADDRESS.match(stripped):
        egg = _EGG.search(stripped)
        return _python_remote(egg[1] if egg else "", stripped.split()[0], text, start, end, hashed=hashed)
    found = _NAME.match(piece)
    if not found:
        return None
    rest = found.end()
    extras = _EXTRAS.match(piece, rest)
    if extras:
        rest = extras.end()
    address = _AT.match(piece, rest)
    if address and (_VCS.match(address[1]) or _ADDRESS.match(address[1])):
        return _python_remote(found[1], address[1], text, start + found.start(1), end, hashed=hashed)
    if not _AFTER.match(piece, rest):
        return None
    return Mention(Registry.PYPI, found[1], start + found.start(1), start + found.end(1), source)


def _python_remote(name: str, address: str, text: str, start: int, end: int, *, hashed: bool) -> Remote | None:
    if address.startswith(("file:", ".", "/")):
        return None
    first = text.find(address, start, end)
    begin = start if first < 0 else first
    pinned = bool(_COMMIT.search(address)) if _VCS.match(address) else hashed or bool(_DIGEST.search(address))
    plain = address.partition("#")[0].partition("://")[2]
    last = plain.rpartition("/")[2].partition("@")[0].removesuffix(".git")
    shown = plain[:80] if _ARCHIVE.search(plain) else last
    return Remote(name or shown, address, begin, begin + len(address), pinned)


def npm_requirement(
    name: str, value: str, key: tuple[int, int], span: tuple[int, int], source: Source
) -> Mention | Remote | None:
    """Read one dependency of package.json: `name` at `key`, its wanted version at `span` (inside the quotes)."""
    value = value.strip()
    if value.startswith("npm:"):
        real = npm_word(value[4:])
        return Mention(Registry.NPM, real, *span, source) if real else None
    if value.startswith(_NPM_LOCAL):
        return None
    if _ADDRESS.match(value) or _NPM_HOSTED.match(value):
        return Remote(name, value, *span, bool(_NPM_COMMIT.search(value)))
    return Mention(Registry.NPM, name, *key, source) if _NPM_NAME.fullmatch(name) else None


def npm_word(word: str) -> str:
    """Take the name out of `name@version`; empty when it is no registry name."""
    at = word.find("@", 1)
    name = word if at < 0 else word[:at]
    return name if _NPM_NAME.fullmatch(name) else ""


def npm_argument(word: str, start: int) -> Mention | Remote | None:
    """Read one argument of `npm install`: a name, an alias, a hosted repository, or an address; None for a local path."""
    end = start + len(word)
    if word.startswith(_NPM_LOCAL) or (word.endswith((".tgz", ".tar.gz")) and not _ADDRESS.match(word)):
        return None
    name = npm_word(word)
    version = word[len(name) + 1 :] if name else ""
    if version.startswith("npm:"):
        real = npm_word(version[4:])
        return Mention(Registry.NPM, real, end - len(version) + 4, end, Source.COMMAND) if real else None
    if name and not (version and (_ADDRESS.match(version) or version.startswith(("git", "file:")))):
        return Mention(Registry.NPM, name, start, start + len(name), Source.COMMAND)
    address = version or word
    if _ADDRESS.match(address) or _NPM_HOSTED.match(address):
        return Remote(name or word, address, start, end, bool(_NPM_COMMIT.search(address)))
    return None
