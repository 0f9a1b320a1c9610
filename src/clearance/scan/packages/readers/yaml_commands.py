"""Reads commands in YAML: CI files of all makers, Compose, Kubernetes, Ansible's tasks, cloud-init, pre-commit's hooks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.commands import Manner, Session, has_tools, script_commands, word_commands
from clearance.scan.packages.readers.commands_npm import npm_argument_at
from clearance.scan.packages.readers.commands_python import python_word
from clearance.scan.packages.readers.dialects import POSIX
from clearance.scan.packages.readers.installers import Named, distinct, is_exact, placed_at
from clearance.scan.packages.readers.placed import UNKNOWN, Placed, plain, unescaped
from clearance.scan.packages.readers.scripts import dialect_of
from clearance.scan.packages.readers.shell_words import Word

_DEEPEST = 64
_RUN_KEYS = frozenset(
    {"run", "script", "before_script", "after_script", "command", "commands", "cmd", "cmds", "bash", "pwsh",
     "powershell", "sh", "shell", "install", "before_install", "after_install", "args", "entrypoint", "runcmd",
     "bootcmd", "user_data", "pre_build", "build", "post_build", "inline", "inlinescript", "exec", "entry",
     "before_deploy", "deploy", "after_success", "test", "postcreatecommand", "buildcommand", "startcommand",
     "installcommand", "setup", "steps", "tasks", "post_install", "pre_install", "post_create_environment",
     "pre_create_environment", "before_all", "cibw_before_build", "win_shell", "ansible.builtin.shell",
     "ansible.builtin.command", "ansible.builtin.raw", "raw", "init", "prebuild", "postbuild", "post_checkout",
     "pre_test", "jobs", "cibw_before_all", "cibw_before_test", "before_cache", "content", "userdata"}
)  # fmt: skip
_PROSE_KEYS = frozenset(
    {"name", "description", "title", "summary", "message", "help", "doc", "docs", "comment", "label", "labels", "text",
     "body", "url", "about", "placeholder", "note", "notes", "if", "key", "uses", "image", "author", "hint", "tooltip",
     "subtitle", "msg", "restore-keys", "pull_request", "stage", "caption", "abstract", "value_description",
     "display_name", "displayname", "longdescription", "changelog", "prompt", "question", "answer", "content_md",
     "fail_msg", "success_msg", "documentation"}
)  # fmt: skip
_LIST_KEYS = frozenset({"command", "args", "entrypoint", "cmd", "entry", "exec", "runcmd", "bootcmd", "argv"})
_VARIABLES = frozenset({"env", "variables", "environment", "vars"})
_HOOK = "additional_dependencies"
_NODE_HOOK = re.compile(
    r"prettier|eslint|stylelint|commitlint|markdownlint|cspell|tslint|standard|biome|\bnode\b|svgo|renovate|oxlint"
)
_LANGUAGES = {"node": Registry.NPM, "golang": Registry.GO, "rust": Registry.CARGO, "ruby": Registry.RUBYGEMS,
              "conda": Registry.CONDA, "dotnet": Registry.NUGET}  # fmt: skip
_TASKS = {"pip": Registry.PYPI, "pipx": Registry.PYPI, "npm": Registry.NPM, "yarn": Registry.NPM, "pnpm": Registry.NPM,
          "gem": Registry.RUBYGEMS, "cargo": Registry.CARGO}  # fmt: skip
_TASK_SETS = ("ansible.builtin.", "community.general.", "ansible.legacy.")
_SIMPLE = re.compile(r"([A-Za-z0-9_][\w.:/-]*?)(?:@v?([\w.+^~-]+)|:(\d[\w.]*))?")
_RAW = re.compile(r"[ \t]*(?:-[ \t]+)*(?:([\w.-]+):[ \t]+)?(?:[|>][+-]?[ \t]*$)?[\"']?")


class Scalar(NamedTuple):
    """A scalar: the keys and indexes that lead to it, its text, its span, and its style (`|`, `>`, a quote, or None)."""

    path: tuple[str | int, ...]
    value: str
    start: int
    end: int
    style: str | None


class BadYaml(Exception):
    """It is no YAML; the text names the line."""


def scalars(text: str, budget: Budget) -> Iterator[Scalar]:
    """Walk the events of a YAML stream; aliases are not unfolded, keys are not given as scalars.

    Raises:
        BadYaml: it is no YAML, or nested deeper than 64 levels.
    """
    import yaml

    levels: list[tuple[bool, str | int]] = []
    at_key = False
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for steps, event in enumerate(yaml.parse(text, Loader=loader)):
            if not steps & 0xFF:
                budget.check()
            match event:
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    mapping = isinstance(event, yaml.MappingStartEvent)
                    levels.append((mapping, "" if mapping else 0))
                    at_key = mapping
                    if len(levels) > _DEEPEST:
                        line = event.start_mark.line + 1 if event.start_mark else 1
                        raise BadYaml(f"line {line}: nested deeper than {_DEEPEST} levels")
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    levels.pop()
                    at_key = _next(levels)
                case yaml.ScalarEvent() if at_key:
                    levels[-1] = (True, event.value)
                    at_key = False
                case yaml.ScalarEvent():
                    path = tuple(step for _, step in levels)
                    if event.start_mark and event.end_mark:
                        yield Scalar(path, event.value, event.start_mark.index, event.end_mark.index, event.style)
                    at_key = _next(levels)
                case yaml.AliasEvent():
                    at_key = False if at_key else _next(levels)
                case _:
                    pass
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadYaml(f"line {line}: not YAML") from None
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        raise BadYaml("line 1: not YAML") from None


def _next(levels: list[tuple[bool, str | int]]) -> bool:
    """Go past a value; whether a key comes next."""
    if not levels:
        return False
    mapping, step = levels[-1]
    if isinstance(step, int):
        levels[-1] = (mapping, step + 1)
    return mapping


def placed(text: str, one: Scalar) -> Placed:
    """Give the text of a scalar with its places: blocks as they stand, folded lines with blanks between."""
    start, end = one.start, one.end
    if one.style in {"|", ">"}:
        head = text.find("\n", start, end)
        piece = plain(text, end if head < 0 else head + 1, end)
        return piece if one.style == "|" else Placed(_unfolded(piece.text), piece.starts)
    if one.style in {'"', "'"}:
        start, end = start + 1, end - 1
        if one.style == '"':
            piece = unescaped(text, start, end)
            return Placed(piece.text.replace("\n", " "), piece.starts) if "\n" not in one.value else piece
    return Placed(text[start:end].replace("\n", " "), ((0, start),))


def _unfolded(block: str) -> str:
    """Join the lines of a folded block, but for lines that are indented further and for empty ones."""
    lines = block.split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip())
    pieces: list[str] = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        deeper = any(len(each) - len(each.lstrip()) > indent or not each.strip() for each in (line, following))
        pieces.extend((line, "\n" if deeper else " "))
    return "".join(pieces[:-1])


def commands(text: str, budget: Budget) -> Iterator[Named]:
    """Read a YAML file. A template that is no YAML is read line by line."""
    tasks = _HOOK in text or re.search(r"\b(?:pipx?|npm|yarn|pnpm|gem|cargo):", text)
    if not has_tools(text) and not tasks:
        return
    try:
        found = list(scalars(text, budget))
    except BadYaml:
        yield from _raw(text, budget)
        return
    session = Session()
    for one in found:
        if len(one.path) > 1 and one.path[-2] in _VARIABLES and isinstance(one.path[-1], str) and one.value:
            value = placed(text, one)
            session.scope[one.path[-1]] = () if "${" in value.text or "{{" in value.text or "\n" in value.text else (value,)
    yield from session.indexes()
    yield from distinct(_strings(text, found, session, budget))
    if tasks:
        yield from _hooks(text, found)
        yield from _tasks(text, found)


def _strings(text: str, found: list[Scalar], session: Session, budget: Budget) -> Iterator[Named]:
    """Read each string that is a command, and each list of words."""
    lists: dict[tuple[str | int, ...], list[Word]] = {}
    heads: dict[tuple[str | int, ...], Word] = {}
    shells = {one.path[:-1]: one.value for one in found if one.path and one.path[-1] == "shell" and " " not in one.value}
    for one in found:
        key = next((step.lower() for step in reversed(one.path) if isinstance(step, str)), "")
        in_list = bool(one.path) and isinstance(one.path[-1], int)
        if in_list and key in _LIST_KEYS and one.style not in {"|", ">"}:
            lists.setdefault(one.path[:-1], []).append(Word(placed(text, one), quoted=True))
        elif key == "command" and " " not in one.value:
            heads[one.path[:-1]] = Word(placed(text, one))
        if key in _PROSE_KEYS or not has_tools(one.value) or not re.search(r"\s", one.value):
            continue
        manner = Manner.RUNS if key in _RUN_KEYS else Manner.MAY_RUN
        dialect = dialect_of(shells.get(one.path[:-1], key))
        script = placed(text, one)
        in_lines = dialect is not POSIX or "{{" in one.value
        yield from script_commands(script, budget, manner=manner, dialect=dialect, session=session, in_lines=in_lines)
    for path, words in lists.items():
        head = heads.get(path[:-1])
        if path[-1] == "command" and (*path[:-1], "args") in lists:
            continue
        before = [head] if head else lists.get((*path[:-1], "command"), [])
        yield from session.marked(word_commands([*before, *words] if path[-1] == "args" else words, budget))


def _raw(text: str, budget: Budget) -> Iterator[Named]:
    """Read lines of what is no YAML (a template of one): what stands behind dashes and keys."""
    at = 0
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        lead = _RAW.match(text, at, stop)
        if has_tools(text[at:stop]) and not (lead and (lead[1] or "").lower() in _PROSE_KEYS):
            yield from script_commands(plain(text, lead.end() if lead else at, stop), budget, manner=Manner.MAY_RUN)
        at = stop + 1


def _hooks(text: str, found: list[Scalar]) -> Iterator[Named]:
    """Read what hooks of pre-commit install beside themselves; the hook's language, or what it is, tells the registry."""
    about: dict[tuple[str | int, ...], dict[str, str]] = {}
    given: dict[tuple[str | int, ...], list[Scalar]] = {}
    for one in found:
        if one.path[-2:-1] == (_HOOK,):
            given.setdefault(one.path[:-2], []).append(one)
        elif one.path and one.path[-1] in {"id", "language", "repo"}:
            about.setdefault(one.path[:-1], {})[str(one.path[-1])] = one.value
    for path, hooks in given.items():
        facts = about.get(path, {})
        registry = _LANGUAGES.get(facts.get("language", ""))
        if registry is None:
            named = f"{facts.get('id', '')} {about.get(path[:-2], {}).get('repo', '')}"
            node = _NODE_HOOK.search(named) or any(re.match(r"@[\w.-]+/|[\w.-]+@\d", one.value) for one in hooks)
            registry = Registry.NPM if node else Registry.PYPI
        for one in hooks:
            mention = named_in(registry, placed(text, one), Source.MANIFEST)
            if mention:
                yield mention._replace(source=Source.MANIFEST) if isinstance(mention, Mention) else mention


def named_in(registry: Registry, word: Placed, source: Source) -> Mention | Remote | None:
    """Read one name with or without a version as a registry's own tools write it."""
    if registry is Registry.PYPI:
        return python_word(word)
    if registry is Registry.NPM:
        return npm_argument_at(word)
    found = _SIMPLE.fullmatch(word.text)
    if not found or UNKNOWN in word.text:
        return None
    group = 2 if found[2] else 3
    wanted = found[group] or ""
    mention = Mention(
        registry, found[1], *found.span(1), source, version=wanted if is_exact(wanted) else "", wanted=wanted,
        place=found.span(group) if wanted else (0, 0), details=Details(direct=True),
    )  # fmt: skip
    return placed_at(mention, word)


def _tasks(text: str, found: list[Scalar]) -> Iterator[Named]:
    """Read Ansible's tasks: `pip: {name: [a, b]}`, `npm: name=x version=1`, and the literal list that a task loops over."""
    versions: dict[tuple[str | int, ...], Scalar] = {}
    loops: dict[tuple[str | int, ...], list[Scalar]] = {}
    others: set[tuple[str | int, ...]] = set()
    for one in found:
        if one.path and one.path[-1] == "version":
            versions[one.path[:-1]] = one
        elif one.path[-2:-1] and one.path[-2] in {"loop", "with_items"}:
            loops.setdefault(one.path[:-2], []).append(one)
        elif one.path and one.path[-1] in {"registry", "extra_args"} and re.search(r"index|://", one.value):
            others.add(one.path[:-1])
    for one in found:
        module, path = _module(one.path)
        if module is None:
            continue
        if path == one.path:
            yield from _one_line(module, placed(text, one))
            continue
        items = loops.get(path[:-1], []) if re.fullmatch(r"\{\{ *item *\}\}", one.value) else [one]
        version = versions.get(path)
        for item in items:
            for piece in _comma_separated(placed(text, item)):
                mention = named_in(module, piece, Source.COMMAND)
                if isinstance(mention, Mention) and version and "{{" not in version.value:
                    span = placed(text, version).span(0, len(version.value))
                    known = version.value if is_exact(version.value) else ""
                    mention = mention._replace(version=known, wanted=version.value, place=span)
                if mention:
                    yield mention._replace(private=path in others) if isinstance(mention, Mention) else mention


def _module(path: tuple[str | int, ...]) -> tuple[Registry | None, tuple[str | int, ...]]:
    """Tell the registry whose task names something here, and the path of the task's arguments."""
    if len(path) < 2 or not isinstance(path[0], int):
        return None, ()
    keys = path if isinstance(path[-1], str) else path[:-1]
    for cut in (len(keys), len(keys) - 1):
        key = keys[cut - 1]
        if not isinstance(key, str) or (cut < len(keys) and keys[-1] != "name"):
            continue
        for prefix in ("", *_TASK_SETS):
            if key.startswith(prefix) and key[len(prefix) :] in _TASKS:
                return _TASKS[key[len(prefix) :]], path if cut == len(path) else keys[:cut]
    return None, ()


def _comma_separated(piece: Placed) -> Iterator[Placed]:
    for found in re.finditer(r"[^,\s][^,]*", piece.text):
        yield piece.part(found.start(), found.start() + len(found[0].rstrip()))


def _one_line(registry: Registry, piece: Placed) -> Iterator[Named]:
    """Read `name=flask version=1.0`."""
    parts = {found[1]: found.span(2) for found in re.finditer(r"(\w+)=[\"']?([^\s\"']+)", piece.text)}
    if "name" in parts:
        mention = named_in(registry, piece.part(*parts["name"]), Source.COMMAND)
        if isinstance(mention, Mention) and "version" in parts:
            version = piece.text[slice(*parts["version"])]
            known = version if is_exact(version) else ""
            mention = mention._replace(version=known, wanted=version, place=piece.span(*parts["version"]))
        if mention:
            yield mention
