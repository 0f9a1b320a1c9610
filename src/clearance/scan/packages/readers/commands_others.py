"""Reads the commands of Go, Cargo, RubyGems and Bundler, NuGet and .NET, and Maven."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.installers import Arguments, Named, arguments, index_of, is_exact, placed_at
from clearance.scan.packages.readers.placed import UNKNOWN
from clearance.scan.packages.readers.shell_words import Word

_GO_VALUED = frozenset(
    {"-ldflags", "-tags", "-o", "-gcflags", "-asmflags", "-C", "-p", "-modfile", "-mod", "-exec", "-overlay"}
)
_GO = re.compile(r"([a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/[\w.~-]+)+?)(?:/\.\.\.)?(?:@([\w.+\0-]+))?", re.IGNORECASE)
_GOPROXY = re.compile(r"GOPROXY=([^,|]+)")
_GO_PUBLIC = r"https://proxy\.golang\.org/?"
_GEM_PUBLIC = r"https?://(?:www\.|index\.)?rubygems\.org/?"
_CARGO_VALUED_TEXT = """
    --version --vers --git --branch --tag --rev --path --root --index --registry --features -F --profile -j --jobs
    --target --target-dir --bin --example --config -Z --color -p --package --manifest-path --rename --message-format
    --pkg-url --strategies --install-path --base
"""
_CARGO_VALUED = frozenset(_CARGO_VALUED_TEXT.split())
_CRATE = re.compile(r"([A-Za-z][\w-]{0,63})(?:@(.+))?")
_GEM_VALUED_TEXT = """
    -v --version -s --source --platform -n --bindir -i --install-dir -P --trust-policy -g --file --without --with
    --group --require --git --github --branch --ref --path --clear-sources -p --http-proxy --gemfile --build-root
"""
_GEM_VALUED = frozenset(_GEM_VALUED_TEXT.split())
_GEM = re.compile(r"([A-Za-z0-9_][\w.-]*)(?::(\S+))?")
_NET_VALUED_TEXT = """
    -v --version -f --framework -s --source --package-directory --add-source --tool-path --configfile --tool-manifest
    --project --file --nuget-source --arch -a --verbosity -version -source -outputdirectory -framework -configfile
    -verbosity -dependencyversion -packagesavemode -solutiondirectory -name -requiredversion -minimumversion
    -maximumversion -providername -destination -projectname -scope -r --runtime
"""
_NET_VALUED = frozenset(_NET_VALUED_TEXT.split())
_NET = re.compile(r"([A-Za-z0-9_][\w.-]*?)(?:(?:@|::)(\S+))?")
_NUGET_PUBLIC = r"https?://(?:api|www)\.nuget\.org/.*"
_MAVEN = re.compile(r"([\w.-]+:[\w.-]+):([^:\s]+)(?::[\w.-]+)*")


def other_call(tool: str, words: Sequence[Word]) -> Iterator[Named] | None:
    """Give what a command names; None where it installs nothing."""
    plain = [index for index, word in enumerate(words[:12]) if not word.text.startswith(("-", "+"))]
    names = [words[index].text for index in plain[:4]]
    match [tool, *names]:
        case ["go", "install" | "get" | "run", *_]:
            return _go(arguments(words[plain[0] + 1 :], _GO_VALUED, combine=False, first_only=names[0] == "run"))
        case ["go", "env", *_] if any(word.text == "-w" for word in words):
            return _go_settings(words)
        case ["bundle" | "bundler", "config", *_]:
            return _bundle_settings([words[index] for index in plain[1:]])
        case ["cargo", "install" | "add" | "binstall", *_]:
            return _cargo(arguments(words[plain[0] + 1 :], _CARGO_VALUED, combine=False))
        case ["gem", "install" | "i" | "fetch", *_] | ["bundle" | "bundler", "add", *_]:
            return _gem(arguments(words[plain[0] + 1 :], _GEM_VALUED, combine=False))
        case ["dotnet", "package", "add", *_] | ["dotnet", "tool" | "new", "install" | "update", *_]:
            return _net(arguments(words[plain[1] + 1 :], _NET_VALUED, combine=False))
        case ["dotnet", "add", "package", *_]:
            return _net(arguments(words[plain[1] + 1 :], _NET_VALUED, combine=False))
        case ["dotnet", "add", _, "package", *_]:
            return _net(arguments(words[plain[2] + 1 :], _NET_VALUED, combine=False))
        case ["nuget", "install", *_]:
            return _net(arguments([_lowered(word) for word in words[plain[0] + 1 :]], _NET_VALUED, combine=False))
        case ["install-package", *_]:
            return _net(arguments([_lowered(word) for word in words], _NET_VALUED, combine=False))
        case ["mvn" | "mvnw", *_] if any("dependency:" in word.text for word in words):
            return _maven(words)
        case _:
            return None


def _lowered(word: Word) -> Word:
    if not word.text.startswith("-"):
        return word
    return word._replace(placed=type(word.placed)(word.text.lower(), word.placed.starts))


def _mention(
    registry: Registry, word: Word, found: re.Match[str], version: str, *, private: bool = False
) -> Mention | Remote:
    """Make a mention of what a pattern found: its first group is the name, the second the version or request."""
    wanted = found[2] or version
    known = "" if UNKNOWN in wanted else wanted
    exact = known.removeprefix("=").strip()
    mention = Mention(
        registry, found[1], *found.span(1), Source.COMMAND, private=private, version=exact if is_exact(exact) else "",
        wanted=wanted.replace(UNKNOWN, f"${word.hint}"), place=found.span(2) if found[2] else (0, 0),
        details=Details(direct=True),
    )  # fmt: skip
    return placed_at(mention, word.placed)


def _go(given: Arguments) -> Iterator[Named]:
    for word in given.plain:
        found = _GO.fullmatch(word.text)
        if found:
            yield _mention(Registry.GO, word, found, "")


def _go_settings(words: Sequence[Word]) -> Iterator[Named]:
    """Read `go env -w GOPROXY=…`: the first proxy of the list."""
    for word in words:
        found = _GOPROXY.match(word.text)
        if found:
            place = Word(word.placed.part(*found.span(1)), hint=word.hint)
            index = index_of(Registry.GO, place, only=True, default=_GO_PUBLIC, once=False)
            if index:
                yield index


def _bundle_settings(plain: Sequence[Word]) -> Iterator[Named]:
    """Read `bundle config set mirror.https://rubygems.org https://…`: one that stands for all, or for one source."""
    for key, value in pairwise(plain):
        if key.text.startswith("mirror."):
            index = index_of(Registry.RUBYGEMS, value, only=True, default=_GEM_PUBLIC, once=False)
            if index:
                yield index


def _cargo(given: Arguments) -> Iterator[Named]:
    version = given.value("--version", "--vers")
    address = next(given.values("--git"), None)
    if address or given.value("--path"):
        if address and "://" in address.text and UNKNOWN not in address.text:
            name = given.plain[0].text if given.plain else address.text.rpartition("/")[2].removesuffix(".git")
            pinned = bool(re.fullmatch(r"[0-9a-f]{40}", given.value("--rev")))
            yield Remote(name, address.text, *address.placed.span(0, len(address.text)), pinned, Registry.CARGO)
        return
    private = bool(given.value("--registry", "--index"))
    for word in given.plain:
        found = _CRATE.fullmatch(word.text)
        if found and found[1] != UNKNOWN:
            yield _mention(Registry.CARGO, word, found, version, private=private)


def _gem(given: Arguments) -> Iterator[Named]:
    version = given.value("-v", "--version")
    sources = list(given.values("-s", "--source"))
    for source in sources:
        index = index_of(
            Registry.RUBYGEMS, source, only="--clear-sources" in given.flags, default=r"https?://rubygems\.org/?"
        )
        if index:
            yield index
    address = next(given.values("--git", "--github"), None)
    if address and given.plain:
        yield Remote(
            given.plain[0].text, address.text, *address.placed.span(0, len(address.text)),
            bool(re.fullmatch(r"[0-9a-f]{40}", given.value("--ref"))), Registry.RUBYGEMS,
        )  # fmt: skip
        return
    if given.value("--path"):
        return
    private = any("rubygems.org" not in source.text for source in sources)
    for word in given.plain:
        found = None if word.text.endswith(".gem") else _GEM.fullmatch(word.text)
        if found:
            yield _mention(Registry.RUBYGEMS, word, found, version, private=private)


def _net(given: Arguments) -> Iterator[Named]:
    version = given.value("-v", "--version", "-version", "-requiredversion")
    sources = list(given.values("-s", "--source", "--add-source", "-source", "--nuget-source"))
    for source in sources:
        index = index_of(Registry.NUGET, source, only=False, default=_NUGET_PUBLIC)
        if index:
            yield index
    private = any(not re.fullmatch(_NUGET_PUBLIC, source.text) for source in sources)
    for word in [*given.values("-name"), *given.plain][:1]:
        found = None if re.search(r"[/\\]|\.(?:config|nupkg|csproj|sln)$", word.text) else _NET.fullmatch(word.text)
        if found:
            yield _mention(Registry.NUGET, word, found, version, private=private)


def _maven(words: Sequence[Word]) -> Iterator[Named]:
    """Read `-Dartifact=group:artifact:version`, or the same in three properties."""
    parts: dict[str, Word] = {}
    for word in words:
        name, equals, _ = word.text.removeprefix("-D").partition("=")
        if word.text.startswith("-D") and equals:
            parts[name] = Word(word.placed.part(len(name) + 3, len(word.text)), hint=word.hint)
    artifact = parts.get("artifact")
    if artifact and (found := _MAVEN.fullmatch(artifact.text)):
        yield _mention(Registry.MAVEN, artifact, found, "")
    elif "groupId" in parts and "artifactId" in parts:
        name = f"{parts['groupId'].text}:{parts['artifactId'].text}"
        version = parts.get("version")
        if UNKNOWN not in name:
            span = parts["artifactId"].placed.span(0, len(parts["artifactId"].text))
            known = version.text if version and UNKNOWN not in version.text else ""
            place = version.placed.span(0, len(version.text)) if version else (0, 0)
            yield Mention(
                Registry.MAVEN, name, *span, Source.COMMAND, version=known, wanted=known, place=place,
                details=Details(direct=True),
            )  # fmt: skip
