"""Reads install commands: of pip, uv, pipx, Poetry, PDM, npm, pnpm, Yarn, Bun, and what runs a package by its name."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Remote, Source
from clearance.scan.packages.requirement import npm_argument, python_requirement

TOOLS = ("pip", "uv", "poetry", "pdm", "rye", "npm", "npx", "yarn", "bun", "pnp")
"""A text without any of these words holds no command."""
_TOOL = re.compile(
    r"(?<![\w@.$-])(pip3?(?:\.\d+)?|pipx|pipenv|poetry|pdm|rye|uv|uvx|npm|pnpm|pnpx|yarn|bun|bunx|npx)(?=[ \t])"
)
_WORD = re.compile(r"""(?:[^\s;&|()<>"'`\\#]|\\[^\n]|(?<=\S)\#|"[^"\n]*"|'[^'\n]*')+|\\\r?\n|[ \t]+|.|\n""")
_INSTALL = frozenset({"install", "add", "i"})
_PYTHON_OPTIONS = """-r --requirement -c --constraint -e --editable -t --target --prefix --root --python -p --group
-G -E --extra
--platform --python-version --implementation --abi --timeout --retries --proxy --cert --trusted-host --cache-
dir --log --src --progress-bar --upgrade-strategy --dependency-group --directory --project --dev-group -d
--dest --no-binary --only-binary -C --global-option --config-settings --exists-action --optional --keyring-
provider --package --constraints --overrides --suffix --pip-args --bounds --tag --branch --rev --env-file
--report --uploaded-prior-to"""
_PYTHON_VALUED = frozenset(_PYTHON_OPTIONS.split())
_INDEX = frozenset(
    {"-i", "--index-url", "--extra-index-url", "--registry", "--default-index", "--index", "--source", "-f", "--find-links"}
)
_NPM_OPTIONS = """--prefix -C --workspace -w --filter -F --tag --cwd --dir --cache --loglevel --userconfig --omit --include
--before --cpu --os --libc --backend --network-concurrency --reporter --store-dir --modules-folder --mutex --otp -c --call
--script-shell --install-strategy"""
_NPM_VALUED = frozenset(_NPM_OPTIONS.split())
_NO_NAME = re.compile(r"[$%{}<>*!`=?]|^[./~]|\.(?:whl|zip|txt|tar\.gz|tgz|in)$|^\d+$")
_HOSTED = re.compile(r"(?:git|hg|svn|bzr)\+|https?://|.*@\s*(?:git\+|https?://)")


class _Word(NamedTuple):
    """A word of a command without its quotes, and where it starts."""

    text: str
    start: int


def shell_commands(text: str, start: int, end: int, budget: Budget) -> Iterator[Mention | Remote]:
    """Give what the install commands in `text[start:end]` name; comments have been cut out by the caller."""
    at = start
    while True:
        found = _TOOL.search(text, at, end)
        if not found:
            return
        budget.check()
        words, at = _words(text, found.end(), end)
        yield from _command(found[1], words)


def escaped_commands(text: str, start: int, end: int, budget: Budget) -> Iterator[Mention | Remote]:
    """Do the same inside a string of JSON, whose escapes of quotes and line ends are as long as what takes their place."""
    plain = text[start:end].replace('\\"', ' "').replace("\\n", " \n")
    for found in shell_commands(plain, 0, len(plain), budget):
        yield found._replace(start=found.start + start, end=found.end + start)


def _words(text: str, at: int, end: int) -> tuple[list[_Word], int]:
    """Split a command into words up to its end; give where it ends."""
    words: list[_Word] = []
    while at < end:
        found = _WORD.match(text, at, end)
        if not found:
            break
        piece = found[0]
        # A quote that opens here stands alone and belongs to what the command is written in.
        if piece[0] in ";&|()<>`\n\r#" or piece in {'"', "'"}:
            break
        at = found.end()
        if piece[0] in " \t" or piece.endswith("\n"):
            continue
        quoted = piece[0] in "\"'" and piece[-1] == piece[0] and len(piece) > 1
        words.append(_Word(piece[1:-1] if quoted else piece.rstrip(",\\"), found.start() + quoted))
    return words, max(at, 0)


def _command(tool: str, words: list[_Word]) -> Iterator[Mention | Remote]:
    """Tell which words of a command name packages."""
    python = tool.startswith(("pip", "poetry", "pdm", "rye", "uv"))
    runs = tool in {"npx", "bunx", "pnpx", "uvx"}
    if not runs:
        action, words = _action(tool, words)
        if action is None:
            return
        runs = action == "run"
    private = any(word.text.partition("=")[0] in _INDEX for word in words)
    named = _run_names(words, python=python) if runs else _arguments(words, python=python)
    for word in named:
        found = _python(word) if python else _npm(word)
        if isinstance(found, Mention):
            yield found._replace(private=private, optional=runs and not python)
        elif found:
            yield found


def _action(tool: str, words: list[_Word]) -> tuple[str | None, list[_Word]]:
    """Find the subcommand: `install` or `run` and the words after it, or None when the command installs nothing."""
    plain = [index for index, word in enumerate(words[:8]) if not word.text.startswith("-")]
    names = [words[index].text for index in plain]
    match [tool.rstrip("0123456789."), *names[:2]]:
        case ["uv", "pip" | "tool", "install", *_]:
            return "install", words[plain[1] + 1 :]
        case ["uv", "tool", "run", *_]:
            return "run", words[plain[1] + 1 :]
        case ["yarn", "global", "add", *_]:
            return "install", words[plain[1] + 1 :]
        case ["pipx", "run", *_] | ["npm", "exec" | "x", *_] | ["pnpm" | "yarn", "dlx", *_] | ["bun", "x", *_]:
            return "run", words[plain[0] + 1 :]
        case ["uv" | "poetry" | "pdm" | "rye" | "yarn", "add", *_]:
            return "install", words[plain[0] + 1 :]
        case ["pip", "install" | "download" | "wheel", *_] | ["pipx" | "pipenv", "install" | "inject", *_]:
            return "install", words[plain[0] + 1 :]
        case ["npm" | "pnpm" | "bun", action, *_] if action in _INSTALL:
            return "install", words[plain[0] + 1 :]
        case _:
            return None, []


def _arguments(words: Iterable[_Word], *, python: bool) -> Iterator[_Word]:
    """Give the words that are neither options nor their values."""
    valued = _PYTHON_VALUED | _INDEX if python else _NPM_VALUED | _INDEX
    skip = False
    for word in words:
        if skip:
            # `-e git+…` is an address like any other.
            if _HOSTED.match(word.text):
                yield word
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in valued
        else:
            yield word


def _run_names(words: list[_Word], *, python: bool) -> Iterator[_Word]:
    """Give what a runner installs: the values of `--package`, `--from` and `--with`, else the first plain word."""
    chosen = False
    given = {"--from", "--with", "--spec"} if python else {"-p", "--package"}
    for index, word in enumerate(words):
        option, equals, value = word.text.partition("=")
        if option in given:
            chosen = chosen or option != "--with"
            if equals:
                yield _Word(value, word.start + len(option) + 1)
            elif index + 1 < len(words):
                yield words[index + 1]
        elif not word.text.startswith("-") and (index == 0 or not _takes_value(words[index - 1].text, given, python=python)):
            if not chosen:
                yield word
            return


def _takes_value(option: str, given: set[str], *, python: bool) -> bool:
    return option in given or option in (_PYTHON_VALUED if python else _NPM_VALUED | _INDEX) or option in _INDEX


def _python(word: _Word) -> Mention | Remote | None:
    text = word.text
    if _HOSTED.match(text):
        found = python_requirement(text, 0, len(text), Source.COMMAND)
    elif "/" in text or _NO_NAME.search(re.sub(r"[<>=!~]=?.*|\[.*", "", text)):
        return None
    else:
        # `uv add name@latest` and `pipx run name@1.2`
        cut = re.sub(r"@[\w.^~*<>=!-]+$", "", text)
        found = python_requirement(cut, 0, len(cut), Source.COMMAND)
    return found._replace(start=found.start + word.start, end=found.end + word.start) if found else None


def _npm(word: _Word) -> Mention | Remote | None:
    if _NO_NAME.search(word.text) and "://" not in word.text:
        # A range after the name may hold any of these signs.
        head = re.match(r"(@?[\w./~-]+)@[\^~<>=*\d]", word.text)
        return npm_argument(head[1], word.start) if head else None
    return npm_argument(word.text, word.start)


_LIST = re.compile(r"""["'](pip3?|uv|uvx|pipx|npm|pnpm|yarn|npx|bun)["'],\s*((?:["'][^"'\n]*["'],?\s*){1,60})""")
_ITEM = re.compile(r"""["']([^"'\n]*)["']""")


def listed_commands(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Give what commands that are written as lists of strings name: `["pip", "install", "flask"]`."""
    for found in _LIST.finditer(text):
        budget.check()
        words = [_Word(item[1], item.start(1)) for item in _ITEM.finditer(text, *found.span(2))]
        yield from _command(found[1], words)
