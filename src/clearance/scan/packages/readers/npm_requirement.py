"""Reads one dependency of npm with its place: a range, an alias, a repository, an address.

The forms are those of npm's `npm-package-arg`, and the protocols of pnpm and Yarn.
"""

import re

from clearance.scan.family import Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.origin import bare, host

_NAME = re.compile(r"(?:@[a-z0-9~-][a-z0-9._~-]*/)?[a-z0-9~_-][a-z0-9._~-]*", re.IGNORECASE)
_COMMIT = re.compile(r"(?:#|/)(?:[0-9a-f]{40}|[0-9a-f]{64})$")
_LOCAL = ("file:", "link:", "portal:", "workspace:", ".", "/", "~/", "exec:")
_HOSTED = re.compile(r"(?:github|gitlab|bitbucket|gist):|git(?:\+\w+)?:|git@|[\w.-]+/[\w.-]+(?:#|$)")
_ADDRESS = re.compile(r"(?:https?|ftp|git|ssh)://", re.IGNORECASE)
_EXACT = re.compile(r"[=v\s]*(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")
_ANY = frozenset({"", "*", "x", "X"})
_PATCH = re.compile(r"patch:(@?[^@]+)@(?:npm(?::|%3A))?([^#]*)", re.IGNORECASE)
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}


def npm_version(wanted: str) -> str:
    """Give the exact version that a request names (`1.2.3`, `=1.2.3`, `v1.2.3`), or nothing where it is a range or a tag."""
    found = _EXACT.fullmatch(wanted.strip())
    return found[1] if found else ""


def npm_name(name: str) -> bool:
    """Whether a word has the form of a package's name."""
    return bool(_NAME.fullmatch(name))


def npm_word(word: str) -> str:
    """Take the name out of `name@version`; empty when it is no registry name."""
    at = word.find("@", 1)
    name = word if at < 0 else word[:at]
    return name if _NAME.fullmatch(name) else ""


def npm_requirement(
    name: str, value: str, key: Span, span: Span, source: Source, *, details: Details | None = None
) -> Mention | Remote | None:
    """Read one dependency of package.json: `name` at `key`, its wanted version at `span` (inside the quotes); None for what
    is on this disk. `details` is what is known of it besides."""
    details = details or Details()
    value = value.strip()
    patched = _PATCH.match(value)
    if patched:
        value = patched[2]
    if value.startswith("npm:"):
        return _aliased(name, value[4:], key, span, source, details)
    if value.startswith(_LOCAL):
        return None
    if value.startswith("jsr:"):
        return Remote(name, value, *span, pinned=False, registry=Registry.NPM, details=details)
    if _ADDRESS.match(value) or _HOSTED.match(value):
        return _remote(name, value, span, details)
    if not _NAME.fullmatch(name):
        return None
    wanted = "" if value in _ANY else value
    return Mention(
        Registry.NPM, name, *key, source, version=npm_version(value), wanted=wanted, place=span, details=details
    )  # fmt: skip


def _aliased(name: str, value: str, key: Span, span: Span, source: Source, details: Details) -> Mention | None:
    """Read what stands behind `npm:`: another name, with or without a version, or (Berry) only a version."""
    real = npm_word(value)
    wanted = value[len(real) + 1 :] if real else ""
    if real and (real[0].isdigit() or real in _ANY or real == "latest") and not wanted:
        real, wanted = "", value
    if not real:
        wanted = wanted or value
        if not _NAME.fullmatch(name):
            return None
        return Mention(
            Registry.NPM, name, *key, source, version=npm_version(wanted), wanted="" if wanted in _ANY else wanted,
            place=span, details=details,
        )  # fmt: skip
    start = span[0] + 4
    end = start + len(real)
    place = (end + 1, end + 1 + len(wanted)) if wanted and end + 1 + len(wanted) <= span[1] else (0, 0)
    if end > span[1]:
        start, end = span
    return Mention(
        Registry.NPM, real, start, end, source, version=npm_version(wanted), wanted="" if wanted in _ANY else wanted,
        place=place, alias=name, details=details,
    )  # fmt: skip


def _remote(name: str, address: str, span: Span, details: Details, *, hashed: bool = False) -> Remote:
    plain = bare(address)
    hosted = _HOSTS.get(plain.partition(":")[0], "" if "://" in plain or "@" in plain else "github.com")
    details = details._replace(address=plain, host=host(plain.removeprefix("git+")) or hosted)
    return Remote(name, plain, *span, hashed or bool(_COMMIT.search(plain)), Registry.NPM, details)


def npm_locked(name: str, address: str, span: Span, details: Details) -> Remote:
    """Tell a locked package that no registry gave: by its commit, or by an address with its digest in `details`."""
    return _remote(name, address, span, details, hashed=bool(details.hashes) and "git" not in address.partition(":")[0])


def npm_argument(word: str, start: int) -> Mention | Remote | None:
    """Read one argument of `npm install`: a name, an alias, a hosted repository, or an address; None for a local path."""
    end = start + len(word)
    if word.startswith(_LOCAL) or (word.endswith((".tgz", ".tar.gz")) and not _ADDRESS.match(word)):
        return None
    name = npm_word(word)
    version = word[len(name) + 1 :] if name else ""
    place = (end - len(version), end) if version else (0, 0)
    if version.startswith("npm:"):
        return _aliased(name, version[4:], (start, start + len(name)), place, Source.COMMAND, Details(direct=True))
    if name and not (version and (_ADDRESS.match(version) or version.startswith(("git", "file:")))):
        return Mention(
            Registry.NPM, name, start, start + len(name), Source.COMMAND, version=npm_version(version),
            wanted="" if version in _ANY else version, place=place, details=Details(direct=True),
        )  # fmt: skip
    address = version or word
    if _ADDRESS.match(address) or _HOSTED.match(address):
        return _remote(name or word, address, (start, end), Details(direct=True))
    return None
