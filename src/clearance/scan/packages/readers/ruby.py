"""Reads a Gemfile, *.gemspec and Gemfile.lock; Ruby is not run, so only literal names and versions are known."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.readers.origin import bare, host

_NAME = r"[A-Za-z0-9_][\w.-]{0,200}"
_STATEMENT = re.compile(
    rf"""^[ \t]*(?:(?P<gem>gem)\b[ \t(]*(?P<quote>["'])(?P<name>{_NAME})(?P=quote)
    |(?P<source>source|git_source|git|github|path|group|platforms?|install_if|if|unless)\b[^\n]*|(?P<end>end)\b
    |\w+\.add_(?P<kind>runtime_|development_)?dependency[ \t(]*
    (?:%q<(?P<frozen>{_NAME})>|(?P<mark>["'])(?P<needed>{_NAME})(?P=mark)))""",
    re.MULTILINE | re.VERBOSE,
)
_BLOCK = re.compile(r"\bdo\b(?:[ \t]*\|[^|\n]*\|)?[ \t]*(?:#[^\n]*)?$")
_REST = re.compile(r"[^\n]*?,[ \t]*(?:#[^\n]*)?\r?\n|[^\n]*\n?")
_OPTION = re.compile(r""":?["']?(\w+)["']?\s*(?:=>|:)\s*\[?\s*(?:["']([^"'\n]*)["']|:(\w+))""")
_VERSION = re.compile(r"""(?:[,\[(]|\bfreeze\b)\s*(?:%q<([^>\n]*)>|["']([^"'\n]*)["'])(?!\s*(?:=>|:))""")
_REQUEST = re.compile(r"(?:[<>=!~]+\s*)?\d[\w.-]*")
_ADDRESS = re.compile(r"""["'](https?://[^"'\n]+)["']""")
_PUBLIC = re.compile(r"https?://(?:www\.)?rubygems\.org/?")
_SPEC = re.compile(r"    ([^\s()]+) \(([^()\s]+)\)[ \t]*\r?$")
_NEED = re.compile(r"      ([^\s()]+)(?: \([^()]*\))?[ \t]*\r?$")
_LISTED = re.compile(r"  ([^\s()!]+)(?: \(([^()]*)\))?(!)?((?: sha256=[0-9a-f]{64},?)*)[ \t]*\r?$")
_SETTING = re.compile(r"  (\w+): ?(.*?)[ \t]*\r?$")
_PLATFORM = re.compile(r"-(?:x86|x64|arm|aarch|java|mingw|mswin|universal|darwin|linux|ruby|jruby|powerpc|s390).*")
_DEEPEST = 32
_SECTION = re.compile(r"[A-Z][A-Z ]+")


def gemfile(text: str, budget: Budget) -> Iterator[Mention | Remote | ExtraIndex]:
    """Read a Gemfile or a *.gemspec: gems with what is asked for, their sources and groups."""
    blocks: list[tuple[str, str]] = []
    sources = 0
    for found in _STATEMENT.finditer(text):
        budget.check()
        line = found[0]
        if found["source"]:
            argument = _ADDRESS.search(line)
            if found["source"] == "source" and argument:
                sources += 1
                if not _PUBLIC.fullmatch(argument[1]):
                    start = found.start() + argument.start(1)
                    scoped = bool(_BLOCK.search(line))
                    yield ExtraIndex(
                        Registry.RUBYGEMS,
                        bare(argument[1]),
                        start,
                        start + len(argument[1]),
                        only=scoped or sources == 1,
                        part=scoped,
                    )
            if _BLOCK.search(line) or found["source"] in {"if", "unless"}:
                groups = re.search(r":(\w+)", line)
                value = argument[1] if argument else groups[1] if groups else ""
                blocks.append((found["source"], value))
                del blocks[:-_DEEPEST]
        elif found["end"]:
            blocks = blocks[:-1]
        else:
            yield from _gem(text, found, blocks)


def _gem(text: str, found: re.Match[str], blocks: list[tuple[str, str]]) -> Iterator[Mention | Remote]:
    group = "name" if found["gem"] else "frozen" if found["frozen"] else "needed"
    name, span = found[group], found.span(group)
    end = found.end()
    for _ in range(20):
        line = _REST.match(text, end)
        if not line or not line[0]:
            break
        end = line.end()
        if not line[0].split("#")[0].rstrip().endswith(","):
            break
    rest = text[found.end() : end]
    options = {option[1]: option[2] or option[3] or "" for option in _OPTION.finditer(rest)}
    requests = [one for one in _VERSION.finditer(rest) if _REQUEST.fullmatch((one[1] or one[2] or "").strip())]
    around = dict(blocks)
    part = options.get("group") or around.get("group", "") or ("dev" if found["kind"] == "development_" else "")
    details = Details(direct=True, group="dev" if part == "development" else part)
    address = next((options[key] for key in ("git", "github", "gist", "bitbucket", "gitlab") if key in options), "")
    if address or (around.keys() & {"git", "github"}):
        address = address or around.get("git", "") or "github.com"
        pinned = bool(re.fullmatch(r"[0-9a-f]{40}", options.get("ref", "")))
        plain = bare(address)
        at = rest.find(address)
        where = (found.end() + at, found.end() + at + len(address)) if at >= 0 else span
        yield Remote(name, plain, *where, pinned, Registry.RUBYGEMS, details._replace(address=plain, host=host(plain)))
        return
    if "path" in options or "path" in around:
        return
    source = options.get("source") or around.get("source", "")
    wanted = ", ".join((one[1] or one[2]).strip() for one in requests)
    exact = wanted.removeprefix("=").strip()
    place = requests[0].span(1 if requests[0][1] else 2) if requests else (0, 0)
    yield Mention(
        Registry.RUBYGEMS, name, *span, Source.MANIFEST, private=bool(source) and not _PUBLIC.fullmatch(source),
        version=exact if re.fullmatch(r"\d[\w.-]*", exact) else "", wanted=wanted,
        place=(found.end() + place[0], found.end() + place[1]) if place[1] else (0, 0),
        details=details._replace(host=host(source)),
    )  # fmt: skip


class _Spec:
    """A gem of a lock file: its source, and what it needs."""

    def __init__(self, name: str, version: str, start: int, place: int, remote: dict[str, str], kind: str) -> None:
        self.name = name
        self.version = version
        self.start = start
        self.place = place
        self.remote = remote
        self.kind = kind
        self.needs: list[str] = []


def gemfile_lock(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read Gemfile.lock: gems of each source with versions, needs and checksums, and which of them the Gemfile asks for.

    Raises:
        Unparsed: a line that Bundler does not write.
    """
    specs: list[_Spec] = []
    direct: set[str] = set()
    checksums: dict[tuple[str, str], tuple[str, ...]] = {}
    section, remote, at = "", dict[str, str](), 0
    for number, line in enumerate(text.split("\n"), 1):
        if not number & 0xFF:
            budget.check()
        start, at = at, at + len(line) + 1
        if not line.strip():
            continue
        if not line[0].isspace():
            section, remote = line.strip(), {}
            if not _SECTION.fullmatch(section):
                raise Unparsed(f"line {number}: no line of Gemfile.lock")
        elif found := _SPEC.match(line):
            specs.append(_Spec(found[1], found[2], start + 4, start + found.start(2), remote, section))
        elif (found := _NEED.match(line)) and specs:
            specs[-1].needs.append(found[1])
        elif section == "CHECKSUMS" and (found := _LISTED.match(line)):
            checksums[found[1], found[2] or ""] = tuple(re.findall(r"sha256=[0-9a-f]{64}", found[4]))
        elif section == "DEPENDENCIES" and (found := _LISTED.match(line)):
            direct.add(found[1])
        elif section in {"GEM", "GIT", "PATH", "PLUGIN SOURCE"}:
            setting = _SETTING.match(line)
            if not setting:
                raise Unparsed(f"line {number}: no line of Gemfile.lock")
            remote[setting[1]] = setting[2]
    yield from _specs(specs, direct, checksums)


def _specs(
    specs: list[_Spec], direct: set[str], checksums: dict[tuple[str, str], tuple[str, ...]]
) -> Iterator[Mention | Remote]:
    for one in specs:
        address = bare(one.remote.get("remote", ""))
        hashes = tuple(each.replace("=", ":") for each in checksums.get((one.name, one.version), ()))
        details = Details(hashes=hashes, host=host(address), needs=tuple(one.needs), direct=one.name in direct)
        span = (one.start, one.start + len(one.name))
        if one.kind == "GIT":
            pinned = bool(re.fullmatch(r"[0-9a-f]{40}", one.remote.get("revision", "")))
            yield Remote(one.name, address, *span, pinned, Registry.RUBYGEMS, details._replace(address=address))
        elif one.kind == "GEM" and re.fullmatch(_NAME, one.name):
            version = _PLATFORM.sub("", one.version)
            yield Mention(
                Registry.RUBYGEMS, one.name, *span, Source.LOCKFILE,
                private=bool(address) and not _PUBLIC.fullmatch(address), version=version,
                wanted=version, place=(one.place, one.place + len(version)),
                hashed=bool(hashes) if checksums else None, details=details,
            )  # fmt: skip
