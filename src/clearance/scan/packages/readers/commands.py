"""Reads install commands: finds the program in each simple command of a script, and asks its reader what it would install.

`Manner` says how much a text is trusted to be a script: in one that runs, whatever a command is wrapped in is looked
through, and each valid name counts; in prose and in documents a command must stand at the start, and placeholders are none.
"""

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Registry
from clearance.scan.packages.readers.commands_npm import npm_call
from clearance.scan.packages.readers.commands_others import other_call
from clearance.scan.packages.readers.commands_python import python_call, with_option
from clearance.scan.packages.readers.dialects import BATCH, POSIX, POWERSHELL, Dialect
from clearance.scan.packages.readers.elsewhere import elsewhere
from clearance.scan.packages.readers.installers import Named, index_of
from clearance.scan.packages.readers.placed import UNKNOWN, Placed, unescaped
from clearance.scan.packages.readers.shell import PROCESS, Lexer
from clearance.scan.packages.readers.shell_hidden import called, decoded, functions_of
from clearance.scan.packages.readers.shell_words import Command, Document, Scope, Word

TOOLS = ("pip", "uv", "poetry", "pdm", "rye", "npm", "npx", "yarn", "bun", "pnp", "conda", "mamba", "pixi", "deno", "go ",
         "cargo", "gem", "bundle", "dotnet", "nuget", "nstall-", "mvn", "easy_install", "lerna", "ng ", "expo",
         "base64")  # fmt: skip
"""A text without any of these words holds no command; the last one may hide any."""
_TOOLS = re.compile("|".join(re.escape(tool) for tool in TOOLS), re.IGNORECASE)
_PYTHON = frozenset({"pip", "pipx", "pipenv", "poetry", "pdm", "rye", "uv", "uvx", "pixi", "conda", "mamba", "micromamba",
                     "easy_install"})  # fmt: skip
_NPM = frozenset({"npm", "pnpm", "pnpx", "yarn", "bun", "bunx", "npx", "deno", "lerna", "ng", "nx", "expo"})
_OTHERS = frozenset({"go", "cargo", "gem", "bundle", "bundler", "dotnet", "nuget", "install-package", "mvn", "mvnw"})
_REGISTRIES = {"go": Registry.GO, "cargo": Registry.CARGO, "gem": Registry.RUBYGEMS, "bundle": Registry.RUBYGEMS,
               "bundler": Registry.RUBYGEMS, "mvn": Registry.MAVEN, "mvnw": Registry.MAVEN}  # fmt: skip
_RUNNERS = frozenset({"npx", "bunx", "pnpx", "uvx", "yarn", "go", "deno"})
"""Programs whose first argument may be the name: found only where a command begins."""
_PROGRAM = re.compile(r"(pip)(?:3(?:\.\d+)?|-?[23](?:\.\d+)?)?|(gem|bundle)\d(?:\.\d)?|(go)1\.\d+(?:\.\d+)?")
_INTERPRETER = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?t?)?w?|py|sys\.executable")
_HINT = re.compile(
    r"(?:^|_|VENV|env)(pip|python|py|npm|npx|pnpm|yarn|uvx|uv|conda|cargo|gem|bundle|poetry|dotnet|go)3?"
    r"(?:_?(?:bin|cmd|exe|path|command|interpreter|executable))?$",
    re.IGNORECASE,
)
_MODULES = {"pip": "pip", "pipx": "pipx", "uv": "uv", "poetry": "poetry", "pipenv": "pipenv", "pdm": "pdm", "conda": "conda",
            "mamba": "mamba", "easy_install": "easy_install"}  # fmt: skip
_PREFIX_WORDS = """
    sudo doas env time nice nohup exec command then do else elif if while until ! { ( xargs timeout retry ionice stdbuf
    chroot setsid winpty cross-env dotenv dotenvx travis_retry xvfb-run unbuffer caffeinate builtin @ call cmd &&
    foreach-object run start-process invoke-expression iex & $ % > >>> ... c:\\> (venv) (base) (.venv) (env) - $> try
    catch begin
"""
_PREFIXES = frozenset(_PREFIX_WORDS.split())
_WRAPPERS = frozenset(
    {"poetry", "pipenv", "uv", "pdm", "rye", "hatch", "conda", "mamba", "micromamba", "bundle", "pixi", "npm"}
)
_SHELLS = frozenset(
    {"sh", "bash", "zsh", "dash", "ash", "ksh", "fish", "su", "eval", "ssh", "cmd", "powershell", "pwsh", "docker",
     "podman", "kubectl", "vagrant", "concurrently", "script", "runuser", "wsl", "busybox", "exec", "nix-shell",
     "docker-compose", "singularity", "apptainer", "tmux", "screen", "watch", "parallel", "iex", "invoke-expression",
     "npm-run-all", "start", "multipass", "lxc", "gcloud", "entrypoint"}
)  # fmt: skip
_TALKERS = re.compile(
    r"@?(?:echo|printf|print|cat|[efr]?grep|rg|ag|sed|awk|die|warn(?:ing)?|info|error|err|fail|abort|log\w*|msg\w*|say|notice|git|"
    r"gh|"
    r"curl|wget|which|type|hash|man|alias|test|\[\[?|write-\w+|rem|throw|assert\w*|expect\w*|brew|apt(?:-get)?|apk|yum|dnf|"
    r"pacman|zypper|snap|choco|scoop|winget|microdnf|emerge|pkg|port|case|grep|where|figlet|step|section|header|title|"
    r"success|debug|usage|help|read|raise|todo|note|cp|mv|rm|ls|cd|mkdir|touch|chmod|chown|ln|tar|make|label|maintainer)$",
    re.IGNORECASE,
)  # fmt: skip
_STOP_WORDS = """
    the a an and or to then your you this that these those it its in into of for with from is are was were will would be
    if on at by as but not no using via when where which first before after again instead also only all any both should
    must can could may might have has had do does did we i our my they so since because while until once just now here
    there etc e.g i.e command commands package packages module modules library libraries dependency dependencies
    manually globally locally failed fails worked works itself everything something example under same latest-version
    within without inside outside e.g. i.e. etc. – — -- . , : & + = / \\ ✓ ✔ ✅ ❌ → => # … ...
"""
_STOP = frozenset(_STOP_WORDS.split())
_PLACEHOLDER = re.compile(
    r"(?:your|my|some|the|any|other|new|another|this|that)?[-_]?(?:python|npm|pip|node|pypi|conda|go|ruby|custom|private|plugin)?"
    r"[-_]?"
    r"(?:package|pkg|module|library|lib|dependency|project|distribution|gem|crate|plugin|app|extension|requirement|name)s?"
    r"(?:[-_]?(?:names?|x|y|a|b|one|two|here|\d))?|(?:your|my|some|the)[-_].+|Some[A-Z]\w*|.*[-_.]|"
    r"[A-Z]+(?:_[A-Z]+)+|x{2,}|y{2,}|\.+|_+|foo\w?|bar|baz|qux|foo[-_]?bar|create-foo|.*[-_.](?:NAME|VERSION|X{2,})|"
    r"(?:package|pkg|your|example)[-_](?:name|package|here|to[-_]install).*",
)
_PLACEHOLDER_SCOPE = re.compile(
    r"@(?:usr|user|scope|(?:my|your)?[-_]?(?:org|organi[sz]ation|scope|company|team|name|username))"
)
_ENVIRONMENT = {
    "PIP_INDEX_URL": (Registry.PYPI, True), "PIP_EXTRA_INDEX_URL": (Registry.PYPI, False),
    "UV_INDEX_URL": (Registry.PYPI, True), "UV_DEFAULT_INDEX": (Registry.PYPI, True),
    "UV_EXTRA_INDEX_URL": (Registry.PYPI, False), "UV_INDEX": (Registry.PYPI, False),
    "PIP_FIND_LINKS": (Registry.PYPI, False), "NPM_CONFIG_REGISTRY": (Registry.NPM, True),
    "npm_config_registry": (Registry.NPM, True), "YARN_NPM_REGISTRY_SERVER": (Registry.NPM, True),
    "GOPROXY": (Registry.GO, True),
}  # fmt: skip
"""Variables that name another index: its registry, and whether it takes the default's place."""
_DEFAULTS = {Registry.PYPI: r"https?://pypi\.(?:python\.)?org/simple/?",
             Registry.NPM: r"(?:https?:)?//registry\.(?:npmjs\.org|yarnpkg\.com)/?",
             Registry.GO: r"https://proxy\.golang\.org/?"}  # fmt: skip
_WRITTEN = (
    "INDEX",
    "requirements",
    "constraints",
    "package.json",
    "pyproject",
    "Pipfile",
    "Gemfile",
    "Cargo.toml",
    "go.mod",
)
_QUOTING = re.compile(r"['\"]|\\(?:\r?\n)?")
_DASH_M = re.compile(r"-[bBdEiIOPqRsSuvxW]*m(.*)")
_DEEPEST = 4
_SEARCHED = 60


class Manner(Enum):
    """What a text is: a script that runs, a value that may be one, a document for people."""

    RUNS = "runs"
    MAY_RUN = "may run"
    IS_READ = "is read"


class _Script(NamedTuple):
    text: Placed
    dialect: Dialect
    manner: Manner
    depth: int


def has_tools(text: str) -> bool:
    """Whether any installer is named at all."""
    if len(text) < 400:
        return bool(_TOOLS.search(text))
    # Many searches for a literal cost less than one for any of them.
    return any(tool in text for tool in TOOLS) or "PIP" in text or "NPM" in text


def _may_name(script: str) -> bool:
    """Whether a script may name a package: a program's name may hold quotes, too, and a script may write a manifest."""
    if has_tools(script) or any(word in script for word in _WRITTEN):
        return True
    return any(sign in script for sign in ("''", '""', "\\")) and has_tools(_QUOTING.sub("", script))


def _first(value: Placed) -> Placed:
    """Give the first of a list of proxies (GOPROXY): it is asked before all others."""
    end = min((at for at in (value.text.find(","), value.text.find("|")) if at >= 0), default=len(value.text))
    return value.part(0, end)


class Session:
    """What scripts of one file share: variables, and the registries beside which another index is asked."""

    def __init__(self, scope: Scope | None = None) -> None:
        self.scope: Scope = {} if scope is None else scope
        self.private: set[Registry] = set()
        self._told: set[str] = set()

    def indexes(self) -> Iterator[ExtraIndex]:
        """Give the indexes that variables name, each once."""
        for name in sorted(_ENVIRONMENT.keys() & self.scope.keys() - self._told):
            self._told.add(name)
            registry, only = _ENVIRONMENT[name]
            for value in self.scope[name]:
                found = index_of(registry, Word(_first(value)), only=only, default=_DEFAULTS[registry], once=False)
                if found:
                    self.private.add(registry)
                    yield found

    def marked(self, named: Iterator[Named]) -> Iterator[Named]:
        """Pass on what a command names, which may be from an index that it names, too. One that installs nothing
        (`pip config set`) names it for all that follow."""
        given = list(named)
        indexes = {one.registry for one in given if isinstance(one, ExtraIndex)}
        if not any(isinstance(one, Mention) for one in given):
            self.private |= indexes
        private = self.private | indexes
        for one in given:
            yield one._replace(private=True) if isinstance(one, Mention) and one.registry in private else one


def script_commands(
    script: Placed, budget: Budget, *, manner: Manner = Manner.RUNS, dialect: Dialect = POSIX,
    session: Session | None = None, in_lines: bool = False,
) -> Iterator[Named]:  # fmt: skip
    """Give what the install commands of a script name, those in strings that it hands to another shell too.

    `in_lines`: quotes that do not end on their line are no quotes.

    Raises:
        OutOfTime: the budget is spent.
    """
    session = session or Session()
    todo = [_Script(script, dialect, manner, 0)]
    while todo:
        one = todo.pop()
        if one.depth < _DEEPEST and one.dialect.is_posix:
            todo.extend(_Script(piece, one.dialect, one.manner, one.depth + 1) for piece in decoded(one.text))
        if not _may_name(one.text.text):
            continue
        lines = in_lines or one.manner is not Manner.RUNS

        def lexed(text: Placed, one: _Script = one, lines: bool = lines) -> Iterator[Command | Document]:  # noqa: FBT001
            return Lexer(text, one.dialect, session.scope, budget, in_lines=lines).commands()

        functions = functions_of(one.text, lexed, _may_name) if one.dialect.is_posix else {}
        for found in lexed(one.text):
            if isinstance(found, Command):
                yield from session.indexes()
                yield from session.marked(command_names(found, one.manner))
                for inner in called(found, functions):
                    yield from session.marked(command_names(inner, one.manner))
            yield from elsewhere(found, budget)
            if one.depth < _DEEPEST:
                todo.extend(_nested(found, one) if isinstance(found, Command) else [_document(found, one)])
    yield from session.indexes()


def word_commands(words: Sequence[Word], budget: Budget, *, manner: Manner = Manner.RUNS) -> Iterator[Named]:
    """Give what a command names that is a list of words, and the scripts among them that it hands to a shell."""
    command = Command(tuple(words))
    yield from command_names(command, manner)
    if words and _base(words[0].text) in _SHELLS | {"sudo", "env"}:
        for word in words[1:]:
            if re.search(r"\s", word.text):
                yield from script_commands(word.placed, budget, manner=manner)


def _document(found: Document, one: _Script) -> _Script:
    runs = not found.receivers or found.receivers[0].rpartition("/")[2] in _SHELLS or "sudo" in found.receivers
    return _Script(found.body, one.dialect, one.manner if runs else _weaker(one.manner), one.depth + 1)


def _weaker(manner: Manner) -> Manner:
    return Manner.MAY_RUN if manner is Manner.RUNS else manner


def _nested(command: Command, one: _Script) -> Iterator[_Script]:
    """Give the strings of a command that are scripts themselves: those for another shell, and those of several lines."""
    heads = {_base(word.text) for word in command.words[:12]}
    if len(command.words) < 3 and _base(command.words[0].text) in _SHELLS and _is_literal(command.fed):
        for word in command.fed[1:]:
            yield _Script(word.placed, POSIX, one.manner, one.depth + 1)
    for word in command.words[1:_SEARCHED]:
        text = word.text
        if not word.quoted or not re.search(r"\s", text) or not has_tools(text):
            continue
        shell = heads & _SHELLS
        if shell:
            dialect = POWERSHELL if shell & {"powershell", "pwsh", "iex"} else BATCH if "cmd" in shell else one.dialect
            yield _Script(word.placed, dialect, one.manner, one.depth + 1)
        elif "\n" in text or (one.manner is Manner.RUNS and not _TALKERS.match(_base(command.words[0].text))):
            yield _Script(word.placed, one.dialect, _weaker(one.manner), one.depth + 1)


def command_names(command: Command, manner: Manner) -> Iterator[Named]:
    """Give what one simple command names."""
    words = command.words
    at = 0
    starts = True
    while at < min(len(words), _SEARCHED):
        tool, after = _tool(words, at)
        if tool and (starts or tool not in _RUNNERS):
            rest = list(words[after:])
            by_xargs = any(_base(word.text) == "xargs" for word in words[:at])
            if by_xargs and _is_literal(command.fed):
                rest += command.fed[1:]
            found = _call(tool, _trimmed(rest, manner))
            if found is not None:
                if manner is Manner.RUNS:
                    yield from _computed(tool, words[at], rest, fed=by_xargs and not _is_literal(command.fed))
                for named in found:
                    if not (manner is Manner.IS_READ and isinstance(named, Mention) and _is_placeholder(named.name)):
                        yield named
                return
            starts = starts and tool in _WRAPPERS
        elif words[at].text.endswith(":") or (words[at].text[:1] != "-" and _TALKERS.match(_base(words[at].text))):
            return
        elif starts:
            starts = _is_prefix(words, at)
        if not starts and manner is not Manner.RUNS:
            return
        at += 1


def _is_literal(fed: Sequence[Word]) -> bool:
    return bool(fed) and fed[0].text in {"echo", "printf"}


def _computed(tool: str, head: Word, words: Sequence[Word], *, fed: bool) -> Iterator[Computed]:
    """Tell of words that are the output of other commands, and so the names: they are known only when the command runs."""
    registry = Registry.PYPI if tool in _PYTHON else Registry.NPM if tool in _NPM else _REGISTRIES.get(tool, Registry.NUGET)
    if fed:
        yield Computed(registry, f"{tool} by xargs", *head.placed.span(0, len(head.text)))
    for before, word in zip([head, *words], words, strict=False):
        is_output = not word.text.strip(UNKNOWN) and word.text and word.hint in {"", PROCESS}
        if is_output and (not before.text.startswith("-") or word.hint == PROCESS):
            yield Computed(registry, f"{tool} … $(…)", *word.placed.span(0, len(word.text)))


def _is_prefix(words: Sequence[Word], at: int) -> bool:
    """Whether a command may still begin behind this word: a prefix, an option of one, its value, an assignment."""
    text = words[at].text.lower()
    base = _base(text)
    if base in _PREFIXES or text.startswith("-") or re.match(r"[a-z_]\w*=", text) or not text:
        return True
    earlier = {_base(word.text.lower()) for word in words[:at]}
    if earlier & {"timeout", "retry", "nice", "sudo", "chroot", "xargs", "env", "su", "run", "start-process"}:
        return text[0].isdigit() or words[at - 1].text.startswith("-") or "/" in text
    return bool(earlier & _WRAPPERS) and (text == "run" or words[at - 1].text.startswith("-"))


def _base(text: str) -> str:
    return re.split(r"[/\\]", text)[-1].lower().lstrip("@-+!({$%") if len(text) < 300 else ""


def _tool(words: Sequence[Word], at: int) -> tuple[str, int]:
    """Tell which installer a word starts, and the index of the word behind it; empty where it starts none."""
    word = words[at]
    base = _base(word.text).removesuffix(".exe").removesuffix(".cmd").removesuffix(".bat")
    if word.hint and (not base or "\0" in base):
        hinted = _HINT.search(word.hint)
        base = hinted[1].lower() if hinted and word.text.rstrip("\"'").endswith("\0") else base
        base = "python" if base == "py" else base
    if base in _PYTHON or base in _NPM or base in _OTHERS:
        return base, at + 1
    if _INTERPRETER.fullmatch(base):
        return _module(words, at)
    found = _PROGRAM.fullmatch(base)
    return (found[1] or found[2] or found[3], at + 1) if found else ("", at)


def _module(words: Sequence[Word], at: int) -> tuple[str, int]:
    """Read `python -B -m pip`, `-mpip`, `-Im pip`: the module and the index of the word behind it."""
    for index in range(at + 1, min(at + 6, len(words))):
        found = _DASH_M.fullmatch(words[index].text)
        if found:
            glued = found[1]
            module = glued or (words[index + 1].text if index + 1 < len(words) else "")
            return _MODULES.get(module, ""), index + (1 if glued else 2)
        if not words[index].text.startswith("-"):
            break
    return "", at


def _call(tool: str, words: Sequence[Word]) -> Iterator[Named] | None:
    if tool in _PYTHON:
        if tool == "uv" and words and words[0].text == "run":
            given = list(with_option(words[1:]))
            return iter(given) if given else None
        return python_call(tool, words)
    return npm_call(tool, words) if tool in _NPM else other_call(tool, words)


def _trimmed(words: list[Word], manner: Manner) -> list[Word]:
    """Cut a command off where prose begins; a sentence's punctuation belongs to no name."""
    if manner is Manner.RUNS:
        return words
    kept: list[Word] = []
    for number, word in enumerate(words):
        text = word.text
        if not word.quoted:
            bare = text.rstrip(".,;:!?)")
            if number and bare.lower() in _STOP:
                break
            if bare != text and bare and not text.endswith("..."):
                word = word._replace(placed=word.placed.part(0, len(bare)))  # noqa: PLW2901
                kept.append(word)
                if text[len(bare)] in ".:;!?)":
                    break
                continue
        kept.append(word)
    return kept


def _is_placeholder(name: str) -> bool:
    scope, _, last = name.rpartition("/")
    return bool(_PLACEHOLDER.fullmatch(last) or _PLACEHOLDER.fullmatch(name) or _PLACEHOLDER_SCOPE.fullmatch(scope))


def escaped_commands(text: str, start: int, end: int, budget: Budget) -> Iterator[Named]:
    """Give what the commands in a string of JSON name, which stands in `text[start:end]` with its escapes."""
    if _TOOLS.search(text, start, end):
        yield from script_commands(unescaped(text, start, end), budget)
