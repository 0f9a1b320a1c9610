"""Where our part goes in a text of somebody else, so that the rest still means what it meant: Markdown, shell, TOML,
YAML, lists.

Each function gives the new text, or refuses: what cannot be extended by whole lines is never rewritten.
"""

import re
import tomllib
from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from clearance.facts.errors import BadFile
from clearance.install.marks import put

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_SHELLS = re.compile(r"#!.*\b(?:sh|bash|dash|ash|zsh|ksh|mksh)\b")
_MOST_TEXT = 1 << 20
_MARK = "\ufeff"


class Slot(NamedTuple):
    """One way to extend a YAML file: `lines` go to the end of the list or mapping at `path`."""

    path: tuple[str, ...]
    lines: str


def into_markdown(text: str, name: str, body: str) -> str:
    """Put a part at the end; at the top (behind front matter) where a fence or a comment is still open at the end."""
    if not _open_at_end(text):
        return put(text, len(text), name, body, "markdown")
    start = 1 if text.startswith(_MARK) else 0
    front = re.compile(r"---[ \t]*\r?\n.*?^---[ \t]*\r?\n", re.DOTALL | re.MULTILINE).match(text, start)
    return put(text, front.end() if front else start, name, body, "markdown")


def into_shell(text: str, name: str, body: str, where: str) -> str:
    """Put a part right behind the first line of a shell script, so that nothing can leave the script before it.

    Raises:
        BadFile: it is written for something else than a shell.
    """
    if not text.strip():
        return put(text or "#!/bin/sh\n", len(text or "#!/bin/sh\n"), name, body, "hash")
    if "\0" in text[:8192] or (text.startswith("#!") and not _SHELLS.match(text.split("\n", 1)[0])):
        raise BadFile(
            "this hook is no shell script, so nothing is put into it",
            where=where,
            next="call `clearance check --staged` from it yourself, and stop the commit unless it exits with 0",
        )
    if not text.startswith("#!"):
        return put(text, 0, name, body, "hash")
    first = text.find("\n") + 1 or len(text)
    return put(text, first, name, body, "hash")


def into_lines(text: str, name: str, body: str) -> str:
    """Put a part at the end of a list of lines, such as `.gitignore`."""
    return put(text, len(text), name, body, "hash")


def into_toml(text: str, name: str, body: str, where: str) -> str:
    """Put tables at the end of a TOML file.

    Raises:
        BadFile: it is not TOML, or already says something about what we would add.
    """
    before = _toml(text, where)
    made = put(text, len(text), name, body, "hash")
    try:
        after = tomllib.loads(made.removeprefix(_MARK))
    except tomllib.TOMLDecodeError:
        after = None
    if after is None or after != _merged(before, tomllib.loads(body)):
        raise BadFile("it already holds what would be added, in another form", where=where, next="remove that first")
    return made


def into_yaml(text: str, name: str, slots: Sequence[Slot], where: str) -> str:
    """Put lines to the end of the first list or mapping that is there; all else must mean the same as before.

    Raises:
        BadFile: not YAML, more than one document, or none of the places is written as a block of lines.
    """
    root = _compose(text, where)
    events = _events(text)
    for slot in slots:
        node = _node_at(root, slot.path)
        is_list = slot.lines.startswith("- ")
        if root is None and not slot.path:
            return put(text, len(text), name, slot.lines, "hash")
        if not _extensible(node, slot, is_list=is_list):
            continue
        first = node.value[0] if is_list else node.value[0][0]
        start = _line_start(text, first.start_mark.line)  # the node itself may begin earlier, with an anchor
        line = text[start:].split("\n", 1)[0].removeprefix(_MARK)
        indent = line[: len(line) - len(line.lstrip(" "))]
        for offset in (_end_of(text, node), start):
            made = put(text, offset, name, slot.lines, "hash", indent=indent)
            if _adds(events, made) and _grew(node, _node_at(_compose_or_none(made), slot.path)):
                return made
    raise BadFile(
        "there is no list or mapping of lines that could be extended",
        where=where,
        next="write it in block style, or add this yourself: " + "; ".join(slots[-1].lines.strip().split("\n")),
    )


def _open_at_end(text: str) -> bool:
    fence = ""
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not found:
            continue
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence) and not found[2].strip():
            fence = ""
    return bool(fence) or text.rfind("<!--") > text.rfind("-->")


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix(_MARK))
    except (ValueError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{where}:{line[1] if line else text.count(chr(10)) + 1}"
        raise BadFile(f"not valid TOML: {error}", where=place, next="mend it, then run the command again") from None


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join two documents that share tables at most on their outer levels; ours has few of them."""
    made = dict(one)
    for key, value in other.items():
        mine = made.get(key)
        made[key] = _merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
        if mine is not None and not isinstance(mine, dict):
            made[key] = mine
    return made


def _compose(text: str, where: str) -> Any:
    if len(text) > _MOST_TEXT:
        raise BadFile("larger than 1 MiB", where=where, next="add the lines by hand")
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}" if mark else where
        what = getattr(error, "problem", None) or "it cannot be read"
        raise BadFile(f"not valid YAML: {what}", where=place, next="mend it, then run the command again") from None
    except RecursionError:
        raise BadFile("nested too deeply", where=where, next="add the lines by hand") from None


def _compose_or_none(text: str) -> Any:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None


def _node_at(root: Any, path: tuple[str, ...]) -> Any:
    """Follow keys; None where one is missing, or an alias leads elsewhere."""
    node = root
    for name in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == name]
        if len(pairs) != 1 or pairs[0][1].start_mark.index < pairs[0][0].end_mark.index:
            return None
        node = pairs[0][1]
    return node


def _extensible(node: Any, slot: Slot, *, is_list: bool) -> bool:
    if node is None or not isinstance(node, yaml.SequenceNode if is_list else yaml.MappingNode):
        return False
    if node.flow_style or not node.value:
        return False
    key = next(line for line in slot.lines.split("\n") if not line.startswith("#")).split(":", 1)[0]
    return is_list or all(one.value != key for one, _ in node.value)


def _end_of(text: str, node: Any) -> int:
    """The start of the line behind the last line that belongs to a node."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    mark = node.end_mark
    return _line_start(text, mark.line if mark.column == 0 and mark.line > node.start_mark.line else mark.line + 1)


def _line_start(text: str, line: int) -> int:
    place = 0
    for _ in range(line):
        place = text.find("\n", place) + 1
        if not place:
            return len(text)
    return place


def _events(text: str) -> list[tuple[Any, ...]]:
    return [
        (
            type(one).__name__,
            getattr(one, "value", None),
            getattr(one, "tag", None),
            getattr(one, "anchor", None),
            getattr(one, "implicit", None),
        )
        for one in yaml.parse(text, Loader=yaml.SafeLoader)
    ]


def _adds(before: list[tuple[Any, ...]], made: str) -> bool:
    """Whether a text says all that it said before, in that order, with one piece more."""
    try:
        after = _events(made)
    except yaml.YAMLError:
        return False
    more = len(after) - len(before)
    head = 0
    while head < len(before) and before[head] == after[head]:
        head += 1
    return more > 0 and before[head:] == after[head + more :]


def _grew(before: Any, after: Any) -> bool:
    return after is not None and len(after.value) == len(before.value) + 1
