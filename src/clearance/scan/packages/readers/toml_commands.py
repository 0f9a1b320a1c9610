"""Reads commands in TOML: tasks of pyproject.toml, tox in TOML, settings of agents and builders, the tools of mise."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Registry, Source
from clearance.scan.packages.readers import scripts
from clearance.scan.packages.readers.commands import Manner, has_tools, script_commands, word_commands
from clearance.scan.packages.readers.installers import Named, distinct, moved
from clearance.scan.packages.readers.placed import Placed, plain, unescaped
from clearance.scan.packages.readers.requirement import python_requirement
from clearance.scan.packages.readers.shell_words import Word
from clearance.scan.packages.readers.toml_text import TomlKey, TomlString, walk
from clearance.scan.packages.readers.yaml_commands import named_in

_PROSE = frozenset(
    {"description", "name", "title", "summary", "readme", "keywords", "classifiers", "help", "authors", "license",
     "dependencies", "requires"}
)  # fmt: skip
_BACKENDS = {
    "npm": Registry.NPM, "pipx": Registry.PYPI, "cargo": Registry.CARGO, "gem": Registry.RUBYGEMS, "go": Registry.GO,
    "dotnet": Registry.NUGET, "conda": Registry.CONDA,
}  # fmt: skip


def tasks(text: str, budget: Budget) -> Iterator[Named]:
    """Read strings that are commands, lists of words that are one, `deps` of tox, and mise's `[tools]`.

    What is no TOML is passed over: the reader of the manifest, where there is one, tells of that.
    """
    if has_tools(text) or "tox" in text or "[tools]" in text:
        yield from distinct(_tasks(text, budget))


def _tasks(text: str, budget: Budget) -> Iterator[Named]:
    heads: dict[tuple[str, ...], Word] = {}
    lists: dict[tuple[str, ...], list[list[Word]]] = {}
    ends: dict[tuple[str, ...], int] = {}
    for event in walk(text, budget):
        path = event.path
        if isinstance(event, TomlKey):
            if path[:1] == ("tools",) and len(path) == 2:
                yield from _tool(text, event)
            continue
        quoted = text[event.span[0] - 1 : event.span[0]] == '"'
        piece = unescaped(text, *event.span) if quoted else plain(text, *event.span)
        key = path[-1] if path else ""
        if key == "legacy_tox_ini":
            yield from moved(scripts.tox(piece.text, budget), piece)
        elif key in {"deps", "requires"} and ("tox" in path or path[:1] in {("env",), ("env_run_base",), ("requires",)}):
            yield from _dependency(event)
        elif key in _PROSE:
            continue
        elif re.search(r"\s", piece.text):
            if has_tools(piece.text):
                yield from script_commands(piece, budget, manner=Manner.MAY_RUN)
        elif key == "command":
            heads[path[:-1]] = Word(piece)
        elif key in {"args", "commands", "cmd", "run"}:
            commands = lists.setdefault(path, [])
            if not commands or "]" in text[ends[path] : event.span[0]]:  # a list of lists holds several commands
                commands.append([])
            commands[-1].append(Word(piece, quoted=True))
            ends[path] = event.span[1]
    for path, commands in lists.items():
        head = heads.get(path[:-1])
        for words in commands:
            yield from word_commands([head, *words] if head and path[-1] == "args" else words, budget, manner=Manner.MAY_RUN)


def _dependency(event: TomlString) -> Iterator[Named]:
    found = python_requirement(event.value, 0, len(event.value), Source.MANIFEST, group="test")
    if found and not event.value.startswith(("-", ".", "/")):
        yield from moved([found], Placed(event.value, ((0, event.span[0]),)))


def _tool(text: str, event: TomlKey) -> Iterator[Named]:
    """Read a tool of mise whose backend is a registry: `"npm:prettier" = "3.0.0"`."""
    backend, colon, _ = event.path[1].partition(":")
    if colon and backend in _BACKENDS:
        start = event.span[0] + len(backend) + 1
        value = re.compile(r"[\"']?\s*=\s*[\"']([\w.+-]+)[\"']").match(text, event.span[1])
        found = named_in(_BACKENDS[backend], plain(text, start, event.span[1]), Source.MANIFEST)
        if isinstance(found, Mention) and value:
            version = value[1] if value[1][0].isdigit() else ""
            found = found._replace(source=Source.MANIFEST, version=version, wanted=value[1], place=value.span(1))
        if found:
            yield found
