"""Reads Gradle's build scripts (Groovy and Kotlin), version catalogs and lock files; nothing is run."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Details, ExtraIndex, Mention, Registry, Source, Unparsed
from clearance.scan.packages.readers.origin import bare
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, parse, walk

_TOKEN = re.compile(
    r"//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|\"{3}(?:[^\"]|\"(?!\"\"))*+\"{3}|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'"
)
_COORDINATES = re.compile(r"([A-Za-z0-9][\w.-]*):([A-Za-z0-9][\w.-]*)(?::([^\s:@]*))?(?::[\w.-]*)?(?:@[\w.]+)?")
_CONFIGURATION = re.compile(
    r"\b(?:\w*(?:[iI]mplementation|[aA]pi|[cC]ompile(?:Only)?|[rR]untime(?:Only)?|[cC]lasspath|[kK]apt|[kK]sp|[pP]rocessor|"
    r"[pP]rovided|[dD]esugaring|[pP]latform|[bB]om|[mM]avenBom|[mM]odule|[dD]ependency|detekt\w*|[pP]lugins|[cC]onstraints|add|lintChecks|"
    r"j2objc|errorprone|developmentOnly|compileOnlyApi|testFixtures\w*|force|exclude))\s*(?:\(|\b)[\s(]*$"
)
_MAP = re.compile(
    r"""\bgroup\s*[:=]\s*["'](?P<group>[\w.-]+)["']\s*,\s*(?:module|name)\s*[:=]\s*["'](?P<name>[\w.-]+)["']"""
    r"""(?:\s*,\s*version\s*[:=]\s*["'](?P<version>[^"'\n]+)["'])?"""
)
_VALUE = re.compile(
    r"""(?:\b(?:def|val|var|const|set\()\s*)?\b["']?(?:ext\.|extra\[["'])?(\w+)["']?\]?\s*(?:=|,|:)\s*["']([\w.+-]+)["']"""
)
_PLUGIN = re.compile(r"""\bid[\s(]*["']([\w.-]+)["']\)?\s*\.?version[\s(]*["']([^"'\n]+)["']""")
_KOTLIN = re.compile(r"""\bkotlin\(["']([\w.-]+)["']\)\s*\.?version[\s(]*["']([^"'\n]+)["']""")
_URL = re.compile(
    r"""\bmaven\s*\{[^{}]{0,400}?\burl\s*(?:=|\()?\s*(?:uri\()?\s*["'](https?://[^"'\n]+)["']|"""
    r"""\bmaven\(\s*["'](https?://[^"'\n]+)["']"""
)
_PUBLIC = re.compile(r"https?://(?:repo1?\.maven\.(?:apache\.)?org/maven2|plugins\.gradle\.org/m2|"
                     r"(?:dl|maven)\.google\.com/.*|repo\.maven\.apache\.org/maven2|jcenter\.bintray\.com)/?")  # fmt: skip
_INTERPOLATED = re.compile(r"\$\{?(?:\w+\.)*(\w+)\}?")
_LOCK = re.compile(r"([\w.-]+):([\w.-]+):([^\s:=]+)=(\S*)")
_EXACT = re.compile(r"\d[\w.-]*|v\d[\w.-]*|[\w-]+\.\d[\w.-]*")


def build_script(text: str, budget: Budget) -> Iterator[Mention | ExtraIndex]:
    """Read a script of Groovy or Kotlin: coordinates in strings and maps, plugins with versions, repositories."""
    values = {found[1]: found[2] for found in _VALUE.finditer(text)}
    comments: list[Span] = []
    last = 0
    for found in _TOKEN.finditer(text):
        budget.check()
        if found[0][0] == "/":
            comments.append(found.span())
            continue
        width = 3 if found[0].startswith('"""') else 1
        start, end = found.start() + width, found.end() - width
        before = text[max(last, found.start() - 120) : found.start()]
        last = found.end()
        inside = _COORDINATES.fullmatch(text[start:end]) if end - start < 300 else None
        if inside and (inside[3] or _CONFIGURATION.search(before)) and not re.search(r"\bexclude\b", before):
            span = (start, start + inside.end(2))
            at = start + inside.start(3)
            yield _mention(f"{inside[1]}:{inside[2]}", span, inside[3] or "", at, values, _group(before))
    whole = _blanked(text, comments)
    for found in _MAP.finditer(whole):
        budget.check()
        if not re.search(r"\bexclude[ (]*$", whole[max(0, found.start() - 20) : found.start()]):
            before = whole[max(0, found.start() - 60) : found.start()]
            name, version = f"{found['group']}:{found['name']}", found["version"] or ""
            yield _mention(name, found.span("name"), version, found.start("version"), values, _group(before))
    for pattern, prefix in ((_PLUGIN, ""), (_KOTLIN, "org.jetbrains.kotlin.")):
        for found in pattern.finditer(whole):
            name = f"{prefix}{found[1]}:{prefix}{found[1]}.gradle.plugin"
            yield _mention(name, found.span(1), found[2], found.start(2), values, "plugin")
    for found in _URL.finditer(whole):
        group = found.lastindex or 1
        if not _PUBLIC.fullmatch(found[group]):
            yield ExtraIndex(Registry.MAVEN, bare(found[group]), *found.span(group))


def _blanked(text: str, spans: list[Span]) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in spans:
        pieces += (text[at:start], " " * (end - start))
        at = end
    return "".join([*pieces, text[at:]])


def _group(before: str) -> str:
    found = re.search(r"(\w+)[\s(]*(?:\w+[\s(]*)?$", before)
    word = found[1].lower() if found else ""
    return "dev" if word.startswith(("test", "androidtest")) else "build" if word == "classpath" else ""


def _mention(name: str, span: Span, raw: str, at: int, values: dict[str, str], group: str) -> Mention:
    wanted = _INTERPOLATED.sub(lambda found: values.get(found[1]) or found[0], raw)[:200]
    strict = wanted.removesuffix("!!")
    known = strict if _EXACT.fullmatch(strict) and "+" not in strict and not strict.startswith("latest") else ""
    return Mention(
        Registry.MAVEN, name, *span, Source.MANIFEST, version=known, wanted=wanted,
        place=(at, at + len(raw)) if raw else (0, 0), details=Details(direct=True, group=group),
    )  # fmt: skip


def catalog(text: str, budget: Budget) -> Iterator[Mention]:
    """Read a version catalog (libs.versions.toml): libraries and plugins with the versions that they refer to.

    Raises:
        Unparsed: it is no TOML (what can be read of it comes first).
    """
    versions: dict[str, TomlString] = {}
    given: dict[tuple[str, str], dict[str, TomlString]] = {}
    for event in walk(text, budget):
        if isinstance(event, TomlKey) or len(event.path) < 2:
            continue
        if event.path[0] == "versions":
            if len(event.path) == 2 or event.path[2] in {"strictly", "prefer", "require"}:
                versions.setdefault(event.path[1], event)
        elif event.path[0] in {"libraries", "plugins"}:
            key = ".".join(event.path[2:]) or "all"
            given.setdefault((event.path[0], event.path[1]), {}).setdefault(key, event)
    for (kind, _), parts in given.items():
        mention = _cataloged(kind, parts, versions)
        if mention:
            yield mention
    _, problem = parse(text, "the version catalog")
    if problem:
        raise Unparsed(problem)


def _cataloged(kind: str, parts: dict[str, TomlString], versions: dict[str, TomlString]) -> Mention | None:
    whole = parts.get("all") or parts.get("module") or parts.get("id")
    version = next(
        (parts[key] for key in ("version", "version.strictly", "version.require", "version.prefer") if key in parts), None
    )
    reference = parts.get("version.ref")
    if reference:
        version = versions.get(reference.value)
    if "group" in parts and "name" in parts:
        name, span = f"{parts['group'].value}:{parts['name'].value}", parts["name"].span
    elif whole:
        pieces = whole.value.split(":")
        cut = 1 if kind == "plugins" else 2
        name, start = ":".join(pieces[:cut]), whole.span[0]
        span = (start, start + len(name))
        if len(pieces) > cut and version is None:
            value = pieces[cut]
            version = TomlString((), value, (span[1] + 1, span[1] + 1 + len(value)))
    else:
        return None
    if kind == "plugins":
        name = f"{name}:{name}.gradle.plugin"
    if not re.fullmatch(r"[\w.-]+:[\w.-]+", name):
        return None
    found = _mention(name, span, version.value if version else "", 0, {}, "plugin" if kind == "plugins" else "")
    return found._replace(place=version.span if version else (0, 0))


def lockfile(text: str, budget: Budget) -> Iterator[Mention]:
    """Read gradle.lockfile: `group:artifact:version=configurations`.

    Raises:
        Unparsed: a line that Gradle does not write.
    """
    at = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not number & 0xFF:
            budget.check()
        start, at = at, at + len(line) + 1
        bare_line = line.strip()
        if not bare_line or bare_line.startswith(("#", "empty=")):
            continue
        found = _LOCK.fullmatch(bare_line)
        if not found:
            raise Unparsed(f"line {number}: no line of gradle.lockfile")
        start += len(line) - len(line.lstrip())
        tests = all(word.startswith(("test", "androidTest")) for word in found[4].split(","))
        yield Mention(
            Registry.MAVEN, f"{found[1]}:{found[2]}", start, start + found.end(2), Source.LOCKFILE, version=found[3],
            wanted=found[3], place=(start + found.start(3), start + found.end(3)),
            details=Details(group="dev" if tests else ""),
        )  # fmt: skip
