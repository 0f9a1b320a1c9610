"""Reads yarn.lock: of version 1, a format of its own, and of Berry, which is YAML."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.npm_requirement import npm_locked, npm_version, npm_word
from clearance.scan.packages.readers.origin import bare, host, integrity, npm_is_public

_LINE = re.compile(
    r"""(?m)^(?:[ \t]*+\r?\n)*+(?:(\#[^\n]*+|[ \t]*+\r?)$|([^\s\#][^\n]*?):[ \t]*+\r?$
    |[ ]{2}([\w-]+:?)(?:[ \t]+([^\n]*?))?[ \t]*+\r?$
    |[ ]{4,}("?)([^\s":]++(?::[^\s":]++)*+)\5:?(?:[ \t]+([^\n]*?))?[ \t]*+\r?$
    |([^\n]*+)$)""",
    re.VERBOSE,
)
_PIECE = re.compile(r"""[^",]+""")
_LOCAL = re.compile(r"(?:workspace|file|link|portal|exec|virtual)[:+]|\.{1,2}/|/")
_ADDRESS = re.compile(r"(?:git|https?|ssh)[+:@]|git@|(?:github|gitlab|bitbucket|gist):|[\w-]+/[\w.-]+")
_SHA1 = re.compile(r"#([0-9a-f]{40})$")
_NEEDS = {"dependencies", "optionalDependencies"}
_ASKED = {"dependencies": "", "devDependencies": "dev", "peerDependencies": "peer"}


class _Value(NamedTuple):
    text: str
    span: Span


class _Block:
    """What stands below one head: simple values, and names with what is asked of them."""

    def __init__(self, head: str, at: int) -> None:
        self.head = head
        self.at = at
        self.values: dict[str, _Value] = {}
        self.maps: dict[str, dict[str, str]] = {}

    def text(self, key: str) -> str:
        """Give a simple value; empty where there is none."""
        return self.values[key].text if key in self.values else ""


def yarn_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read yarn.lock. Workspaces and what is on the disk are not given.

    Raises:
        Unparsed: a line is none that Yarn writes; what stands before it has been given.
    """
    blocks, problem = _blocks(text, budget)
    versions: dict[str, str] = {}
    asked: dict[str, str] = {}
    for block in blocks:
        for name, wanted, _ in _descriptors(block.head):
            versions[f"{name}@{wanted.removeprefix('npm:')}"] = block.text("version")
            if wanted.startswith("workspace:"):
                for kind, group in _ASKED.items():
                    asked.update({f"{one}@{spec}": group for one, spec in block.maps.get(kind, {}).items()})
    several = _several(versions)
    berry = "__metadata:" in text
    for steps, block in enumerate(blocks):
        if not steps & 0xFF:
            budget.check()
        found = _read(block, versions, several, asked, berry=berry)
        if found:
            yield found
    if problem:
        raise Unparsed(problem)


def _descriptors(head: str) -> Iterator[tuple[str, str, int]]:
    """Give name, request, and the name's offset of each descriptor in a head: `a@^1, "@s/b@npm:c@1"`."""
    for found in _PIECE.finditer(head):
        piece = found[0].strip()
        at = piece.find("@", 1)
        if at > 0:
            yield piece[:at], piece[at + 1 :], found.start() + found[0].index(piece)


def _several(versions: dict[str, str]) -> set[str]:
    seen: dict[str, str] = {}
    several = set()
    for descriptor, version in versions.items():
        name = descriptor[: descriptor.find("@", 1)]
        if seen.setdefault(name, version) != version:
            several.add(name)
    return several


def _blocks(text: str, budget: Budget) -> tuple[list[_Block], str]:
    """Cut the text into blocks; give them, and what is wrong with the first line that is none of Yarn's."""
    blocks: list[_Block] = []
    inner = ""
    asked: dict[str, str] = {}
    at = 1 if text.startswith("\ufeff") else 0
    for steps, found in enumerate(_LINE.finditer(text, at)):
        if not steps & 0xFFF:
            budget.check()
        kind = found.lastindex
        if kind == 1:
            continue
        if kind == 2:
            blocks.append(_Block(found[2], found.start(2)))
        elif kind is None or kind == 8 or not blocks:
            if found[0].strip():
                return blocks, f"line {text.count(chr(10), 0, found.start()) + 1}: not as Yarn writes it"
        elif found[3] is not None:
            inner = found[3].rstrip(":")
            if kind == 4:
                blocks[-1].values[inner] = _plain(found[4], found.start(4))
            else:
                asked = blocks[-1].maps.setdefault(inner, {})
        elif inner:
            asked[found[6]] = (found[7] or "").strip('"').removeprefix("npm:")
    return blocks, ""


def _plain(value: str, start: int) -> _Value:
    """Take a value out of its quotes."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        return _Value(value[1:-1], (start + 1, start + len(value) - 1))
    return _Value(value, (start, start + len(value)))


def _read(
    block: _Block, versions: dict[str, str], several: set[str], asked: dict[str, str], *, berry: bool
) -> Mention | Remote | None:
    given = list(_descriptors(block.head))
    if not given:
        return None
    name, wanted, at = given[0]
    span = (block.at + at, block.at + at + len(name))
    version = block.text("version")
    details = _details(block, versions, several)
    if berry:
        keys = [f"{one}@{spec.removeprefix('npm:')}" for one, spec, _ in given]
        direct = [asked[one] for one in keys if one in asked]
        details = details._replace(direct=bool(direct) if asked else None, group=min(direct, default=""))
    resolution = block.text("resolution")
    if wanted.startswith("patch:"):
        return None  # the package that is patched has a block of its own
    resolved, of_npm, _ = resolution.rpartition("@npm:")
    alias = wanted.startswith("npm:") and "@" in wanted[5:] and npm_word(wanted[4:]) == resolved
    if of_npm and resolved != name and not alias and npm_word(resolved) == resolved:
        # What is installed is what the resolution names, whatever the request says.
        start = block.values["resolution"].span[0]
        return _mention(resolved, (start, start + len(resolved)), block, version, details, name, berry=berry)
    if wanted.startswith("npm:") and "@" in wanted[5:]:
        real = npm_word(wanted[4:])
        start = span[1] + 5
        return _mention(real, (start, start + len(real)), block, version, details, name, berry=berry) if real else None
    if _LOCAL.match(wanted) or "@workspace:" in resolution:
        return None
    if not wanted.startswith("npm:") and _ADDRESS.match(wanted):
        address = resolution[len(name) + 1 :] if resolution else block.text("resolved") or wanted
        address = address.replace("#commit=", "#")
        return npm_locked(name, address, span, details)._replace(version=version)
    return _mention(name, span, block, version, details, "", berry=berry) if npm_word(name) == name else None


def _mention(name: str, span: Span, block: _Block, version: str, details: Details, alias: str, *, berry: bool) -> Mention:
    return Mention(
        Registry.NPM, name, *span, Source.LOCKFILE, private=bool(details.host) and not npm_is_public(details.host),
        version=version, place=block.values["version"].span if "version" in block.values else (0, 0),
        hashed=bool(block.text("checksum")) if berry else bool(details.hashes), alias=alias, details=details,
    )  # fmt: skip


def _decoded(address: str) -> str:
    from urllib.parse import unquote  # few files need it

    return unquote(address)


def _details(block: _Block, versions: dict[str, str], several: set[str]) -> Details:
    resolved = block.text("resolved")
    sha1 = _SHA1.search(resolved)
    hashes = integrity(block.text("integrity")) or ((f"sha1:{sha1[1]}",) if sha1 and "git" not in resolved[:4] else ())
    archive = block.text("resolution").partition("__archiveUrl=")[2].partition("&")[0]
    address = bare(_decoded(archive) if archive else resolved.partition("#")[0])
    needs = []
    for kind in _NEEDS:
        for name, wanted in block.maps.get(kind, {}).items():
            version = versions.get(f"{name}@{wanted}", "") or npm_version(wanted)
            needs.append(f"{name}@{version}" if name in several and version else name)
    return Details(
        hashes=hashes, address=address, host=host(address), needs=tuple(dict.fromkeys(needs)),
        marker=block.text("conditions"),
    )  # fmt: skip
