"""Reads commands in JSON: settings of editors and agents (`"command": "npx", "args": […]`), tasks, containers."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Remote
from clearance.scan.packages.readers.commands import Manner, has_tools, script_commands, word_commands
from clearance.scan.packages.readers.commands_npm import npm_argument_at
from clearance.scan.packages.readers.installers import Named, distinct
from clearance.scan.packages.readers.json_text import JsonString, strings
from clearance.scan.packages.readers.placed import Placed, unescaped
from clearance.scan.packages.readers.shell_words import Word

_PROSE = re.compile(
    r"(?:description|name|title|label|detail|comment|\$comment|message|summary|help|docs?|readme|url|icon|version|placeholder|"
    r"prompt|text|body|markdown\w*|author|license|tooltip|hint|instructions?|keywords?)",
    re.IGNORECASE,
)
_LISTS = frozenset({"args", "command", "cmd", "entrypoint", "run", "script", "exec"})


def settings(text: str, budget: Budget, *, offset: int = 0, manner: Manner = Manner.MAY_RUN) -> Iterator[Named]:
    """Read strings that are commands, and lists of words that are one; `offset` is where the text stands in its file.

    Raises:
        Unparsed: it is no JSON.
    """
    if has_tools(text):
        yield from distinct(_settings(text, budget, offset, manner))


def _settings(text: str, budget: Budget, offset: int, manner: Manner) -> Iterator[Named]:
    heads: dict[tuple[str | int, ...], Word] = {}
    lists: dict[tuple[str | int, ...], list[Word]] = {}
    for one in strings(text, budget):
        placed = _placed(text, one, offset)
        key = next((step for step in reversed(one.path) if isinstance(step, str)), "")
        if one.path and isinstance(one.path[-1], int) and key in _LISTS:
            lists.setdefault(one.path[:-1], []).append(Word(placed, quoted=True))
        elif key in {"command", "cmd", "exec", "executable", "program"} and " " not in placed.text:
            heads[one.path[:-1]] = Word(placed)
            continue
        if one.value.startswith("npm:") and manner is not Manner.IS_READ:
            found = npm_argument_at(placed.part(5 if one.value.startswith("npm:/") else 4, len(placed.text)))
            if isinstance(found, Mention | Remote):
                yield found
        elif not _PROSE.fullmatch(key) and has_tools(placed.text) and " " in placed.text:
            yield from script_commands(placed, budget, manner=manner)
    for path, words in lists.items():
        budget.check()
        head = heads.get(path[:-1])
        yield from word_commands([head, *words] if head and path[-1:] == ("args",) else words, budget, manner=manner)


def _placed(text: str, one: JsonString, offset: int) -> Placed:
    piece = unescaped(text, *one.span)
    return piece if not offset else Placed(piece.text, tuple((at, origin + offset) for at, origin in piece.starts))
