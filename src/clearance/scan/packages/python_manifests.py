"""Reads what Python projects declare: requirements files, pyproject.toml, Pipfile, setup.py, setup.cfg, environment.yml."""

import re
from collections.abc import Callable, Iterator

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Mention, Registry, Remote, Source, Unparsed, fold
from clearance.scan.packages.requirement import python_name, python_requirement
from clearance.scan.packages.toml_text import TomlKey, TomlString, walk

_LOGICAL_LINE = re.compile(r"[^\n]*\\\r?\n")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_INDEX_OPTION = re.compile(r"(?m)^\s*(?:-i|--index-url|--extra-index-url|-f|--find-links)[ =]")
_EDITABLE = re.compile(r"\s*(?:-e|--editable)[ =]\s*")
_HASH = re.compile(r"--hash[= ]")
_ARRAY_TABLES = (
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("build-system", "requires"),
    ("tool", "uv", "dev-dependencies"),
    ("tool", "pdm", "dev-dependencies"),
)
_HATCH = ("tool", "hatch", "envs")
_MARKS = {"include-group", "path"}
_UV_SOURCES = ("tool", "uv", "sources")
_OTHER_INDEXES = {("tool", "uv", "index"), ("tool", "pdm", "source"), ("tool", "poetry", "source"),
                  ("tool", "uv", "index-url"), ("tool", "uv", "extra-index-url")}  # fmt: skip
_OWN_NAMES = {("project", "name"), ("tool", "poetry", "name")}
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REPOSITORIES = ("git", "hg", "svn", "bzr")


def requirements(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read a requirements or constraints file of pip; a text that only has such a name gives nothing."""
    private = bool(_INDEX_OPTION.search(text))
    given: list[Mention | Remote] = []
    strange = 0
    for steps, (first, last) in enumerate(_lines(text)):
        if not steps & 0xFF:
            budget.check()
        line = text[first:last]
        comment = _COMMENT.search(line)
        end = first + comment.start() if comment else last
        editable = _EDITABLE.match(text, first, end)
        start = editable.end() if editable else first
        bare = text[start:end].strip()
        if not bare or bare.startswith(("-", ".", "/")) or any(mark in line for mark in ("{{", "{%", "${")):
            continue
        found = python_requirement(text, start, end, Source.MANIFEST, hashed=bool(_HASH.search(line)))
        if isinstance(found, Mention) and not editable:
            given.append(found._replace(private=private))
        elif isinstance(found, Remote):
            given.append(found)
        strange += found is None
    if strange <= max(2, len(given) // 4):
        yield from given


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Give the span of each line, continuation lines joined to the first."""
    at = 0
    while at < len(text):
        start = at
        while True:
            continued = _LOGICAL_LINE.match(text, at)
            if not continued:
                break
            at = continued.end()
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield start, end
        at = end + 1


def pyproject(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read pyproject.toml: PEP 621, dependency groups (PEP 735), the build system, Poetry, uv, PDM, Hatch."""
    events = list(walk(text, budget))
    tables = {event.path[:3] for event in events}
    private = bool(tables & _OTHER_INDEXES)
    not_asked = {fold(event.value) for event in events if isinstance(event, TomlString) and event.path in _OWN_NAMES}
    # What uv takes from elsewhere is not asked from the registry.
    not_asked |= {fold(event.path[3]) for event in events if event.path[:3] == _UV_SOURCES and len(event.path) > 4}
    for event in events:
        if not isinstance(event, TomlString) or not _is_array_of_requirements(event.path):
            continue
        found = python_requirement(text, *event.span, Source.MANIFEST)
        if isinstance(found, Mention) and fold(found.name) not in not_asked:
            yield found._replace(private=private)
        elif isinstance(found, Remote):
            yield found
    yield from _keyed(events, _poetry_name, private=private)
    yield from (found for found in _keyed(events, _uv_source_name, private=private) if isinstance(found, Remote))


def _is_array_of_requirements(path: tuple[str, ...]) -> bool:
    if not path or path[-1] in _MARKS:
        return False
    if path[:3] == _HATCH:
        return path[-1] in {"dependencies", "extra-dependencies"}
    return any(path[: len(table)] == table for table in _ARRAY_TABLES)


def pipfile(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read a Pipfile."""
    events = list(walk(text, budget))
    sources = sum(isinstance(event, TomlString) and event.path == ("source", "url") for event in events)
    yield from _keyed(events, _pipfile_name, private=sources > 1)


def _poetry_name(path: tuple[str, ...]) -> tuple[str, ...]:
    """Give what follows a Poetry table of dependencies: the name and its attributes; empty for other paths."""
    if path[:3] in {("tool", "poetry", "dependencies"), ("tool", "poetry", "dev-dependencies")}:
        return path[3:]
    if path[:3] == ("tool", "poetry", "group") and path[4:5] == ("dependencies",):
        return path[5:]
    return ()


def _pipfile_name(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[1:] if path[:1] in {("packages",), ("dev-packages",)} else ()


def _uv_source_name(path: tuple[str, ...]) -> tuple[str, ...]:
    return path[3:] if path[:3] == _UV_SOURCES else ()


class _Wanted:
    """A dependency that is written as a key: where its name stands, and its attributes with their values."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.attributes: dict[str, TomlString] = {}


def _keyed(
    events: list[TomlString | TomlKey], name_of: Callable[[tuple[str, ...]], tuple[str, ...]], *, private: bool
) -> Iterator[Mention | Remote]:
    """Read tables whose keys are names: `flask = "^3"`, `mine = {path = ".."}`."""
    wanted: dict[tuple[str, ...], _Wanted] = {}
    for event in events:
        rest = name_of(event.path)
        if not rest or rest[0] == "python":
            continue
        key = event.path[: len(event.path) - len(rest) + 1]
        one = wanted.setdefault(key, _Wanted(event.span))
        if isinstance(event, TomlString) and len(rest) > 1:
            one.attributes[rest[-1]] = event
    for key, one in wanted.items():
        attributes = one.attributes
        address = next((attributes[word] for word in (*_REPOSITORIES, "url", "file") if word in attributes), None)
        if address:
            revision = attributes.get("rev") or attributes.get("ref")
            if "://" in address.value or address.value.startswith("git@"):
                pinned = bool(revision and _COMMIT.fullmatch(revision.value))
                yield Remote(key[-1], address.value, *address.span, pinned)
        elif "path" not in attributes and python_name(key[-1]):
            yield Mention(Registry.PYPI, key[-1], *one.span, Source.MANIFEST, private=private or "index" in attributes)


_DEEPEST = 64
_INI_HEADER = re.compile(r"\[([^\]\n]+)\]")
_INI_KEY = re.compile(r"([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*")
_INI_LISTS = {"install_requires", "setup_requires", "tests_require"}


def setup_cfg(text: str, _budget: Budget) -> Iterator[Mention | Remote]:
    """Read the requirements of setup.cfg: `[options]` and `[options.extras_require]`."""
    section, wanted, at = "", False, 0
    for line in text.splitlines(keepends=True):
        start, at = at, at + len(line)
        header, key = _INI_HEADER.match(line), _INI_KEY.match(line)
        if header:
            section, wanted = header[1], False
            continue
        if key:
            extras = section == "options.extras_require"
            wanted = extras or (section == "options" and key[1] in _INI_LISTS)
            start += key.end()
        if wanted and not line.lstrip().startswith(("#", ";")):
            for piece in re.finditer(r"[^;\n][^\n]*", text[start:at]):
                found = python_requirement(text, start + piece.start(), start + piece.end(), Source.MANIFEST)
                if found:
                    yield found


_REQUIRES = re.compile(
    r"\b(?:install_requires|setup_requires|tests_require|extras_require|requires|requirements)\s*=\s*[\[({]"
)
_LITERAL = re.compile(r"#[^\n]*|\"([^\"\\\n]*)\"(?!\s*:)|'([^'\\\n]*)'(?!\s*:)|\"[^\"\\\n]*\"|'[^'\\\n]*'|[\[({]|[\])}]")


def setup_py(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read the literal requirements of setup.py; nothing is run, so computed ones stay unknown."""
    opening = _REQUIRES.search(text)
    while opening:
        depth, end = 1, len(text)
        for steps, token in enumerate(_LITERAL.finditer(text, opening.end())):
            if not steps & 0xFF:
                budget.check()
            group = token.lastindex
            if group:
                found = python_requirement(text, *token.span(group), Source.MANIFEST)
                if found:
                    yield found
            elif token[0] in "[({":
                depth += 1
            elif token[0] in "])}":
                depth -= 1
                if not depth:
                    end = token.end()
                    break
        opening = _REQUIRES.search(text, end)


def environment(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read the `pip:` list of a conda environment; conda's own names are another registry's.

    Raises:
        Unparsed: it is no YAML.
    """
    private = False
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: list[tuple[int, int]] = []
    in_pip = 0
    depth = 0
    last = ""
    try:
        for steps, event in enumerate(yaml.parse(text, Loader=loader)):
            if not steps & 0xFF:
                budget.check()
            match event:
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    depth += 1
                    if depth > _DEEPEST:
                        raise Unparsed(f"nested deeper than {_DEEPEST} levels")
                    if isinstance(event, yaml.SequenceStartEvent) and last == "pip" and not in_pip:
                        in_pip = depth
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    in_pip = 0 if depth == in_pip else in_pip
                    depth -= 1
                case yaml.ScalarEvent():
                    last = event.value
                    if in_pip and in_pip == depth and event.start_mark and event.end_mark:
                        entries.append((event.start_mark.index, event.end_mark.index))
                        private = private or bool(_INDEX_OPTION.match(last))
                case _:
                    pass
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Unparsed(f"not YAML: {type(error).__name__}") from None
    for start, end in entries:
        quoted = text[start : start + 1] in {'"', "'"}
        found = python_requirement(text, start + quoted, end - quoted, Source.MANIFEST)
        if found:
            yield found._replace(private=private) if isinstance(found, Mention) else found
