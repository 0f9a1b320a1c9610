"""A payload of an assistant as an act, by the contract in its TOML."""

import os
import re
import shlex
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from clearance.assistants.model import Event, Hooks, Payload, Tool
from clearance.facts.act import Act, Moment, Replacement, Write
from clearance.facts.text import visible
from clearance.frontends.hooks import patch
from clearance.frontends.hooks.reading import Torn, Unread, find, only, read, read_text, text_at, written

_MOST_EDITS = 10_000
_MOST_PATHS = 10_000
_FOLDER = re.compile(r"""\s*(?:cd\s+('[^']+'|[^\s'"`$\\;&|<>(){}*?~\[\]#!-][^\s'"`$\\;&|<>(){}*?\[\]]*)\s*&&\s*)""")
_MOVES = re.compile(r"\b(?:cd|chdir|pushd|popd)\b")


def decode(assistant: str, hooks: Hooks, event: Event, payload: bytes, directory: Path) -> Act:
    """Read what an assistant asks. Whatever cannot be understood is told in `unread`; nothing is raised for a payload."""
    where = event.payload or hooks.payload
    act = Act(assistant=assistant, moment=event.moment, directory=str(directory), event=event.name)
    try:
        value = read(payload)
    except Unread as error:
        return _with(act, unread=f"the payload of {event.name} cannot be read: {error}")
    act = _with(
        act,
        directory=_directory(text_at(value, where.directory), directory),
        session=text_at(value, where.session),
        model=text_at(value, where.model),
        again=not where.again or _is_again(find(value, where.again)),
    )
    try:
        _agree(text_at(value, where.event), event.name)
        match event.moment:
            case Moment.PROMPT:
                return _with(act, prompt=_prompt(value, where))
            case Moment.BEFORE | Moment.AFTER:
                return _with(act, **_tool(value, where, event.tools or hooks.tools, event))
            case _:
                return act
    except Unread as error:
        return _with(act, tool=text_at(value, where.tool), unread=f"the payload of {event.name} is not understood: {error}")


def _with(act: Act, **fields: Any) -> Act:
    from msgspec.structs import replace

    return replace(act, **fields)


def _agree(named: str, event: str) -> None:
    """Refuse a payload of another event than the one that was asked about: `preToolUse`, `pre_tool_use` are one."""
    if named and named.replace("_", "").lower() != event.replace("_", "").lower():
        raise Unread(f"it says that it is of {visible(named[:60])}")


def _is_again(value: Any) -> bool:
    """Whether the assistant was sent back already: a flag, or a count of rounds."""
    return value is True or (isinstance(value, int) and value > 0)


def _directory(named: str, fallback: Path) -> str:
    """Where the assistant works: as it says, from where its hook runs."""
    if not named or "\0" in named:
        return str(fallback)
    return os.path.normpath(fallback / named)


def _prompt(value: Any, where: Payload) -> str:
    prompt = only(value, where.prompt)
    if isinstance(prompt, list):
        prompt = "\n".join(part if isinstance(part, str) else text_at(part, ("text",)) for part in prompt)
    if not isinstance(prompt, str):
        raise Unread("it holds no prompt")
    return prompt


def _tool(value: Any, where: Payload, tools: tuple[Tool, ...], event: Event) -> dict[str, Any]:
    """The fields of an act that a tool's call fills."""
    name = only(value, where.tool) if where.tool else event.name
    if not isinstance(name, str) or not name:
        raise Unread("it names no tool")
    given = only(value, where.input)
    if isinstance(given, str) and given.lstrip()[:1] == "{":
        given = read_text(given)  # Copilot sends arguments as a text that is JSON
    fitting = [tool for tool in tools if any(fnmatchcase(name, glob) for glob in tool.names)]
    if not fitting:
        return {"tool": name, **_guessed(tools, given)}
    why = ""
    for tool in fitting:
        try:
            return {"tool": name, **_READERS[tool.does](tool, given)}
        except Torn:
            raise
        except Unread as error:
            why = why or str(error)
    if any(tool.optional for tool in fitting):
        return {"tool": name, **_other(fitting[0], given)}
    raise Unread(f"the tool {visible(name[:60])} has another shape than we know: {why}")


def _guessed(tools: tuple[Tool, ...], given: Any) -> dict[str, Any]:
    """Read a tool that no contract names. Where its input has the shape of a tool that writes or runs, it counts as one:
    a renamed tool must not pass unseen. One that does both counts as both."""
    found = _other(None, given)
    for kinds in ({"write", "edit", "edits", "patch"}, {"run"}):
        for tool in tools:
            if tool.does in kinds:
                try:
                    more = _READERS[tool.does](tool, given)
                except Torn:
                    raise
                except Unread:
                    continue
                writes = tuple(dict.fromkeys((*found.get("writes", ()), *more.get("writes", ()))))
                found |= more | ({"writes": writes} if writes else {})
                break
    return found


def _string(given: Any, paths: tuple[str, ...], what: str) -> str:
    found = only(given, paths)
    if not isinstance(found, str):
        raise Unread(f"no text for {what}")
    return found


def _path(tool: Tool, given: Any) -> str:
    path = _string(given, tool.path, "the path")
    if not path:
        raise Unread("an empty path")
    return path


def _write(tool: Tool, given: Any) -> dict[str, Any]:
    path = _path(tool, given)
    return {"writes": (Write(path=path, text=_string(given, tool.text, "the file")),)}


def _edit(tool: Tool, given: Any) -> dict[str, Any]:
    return {"writes": (Write(path=_path(tool, given), edits=(_replacement(tool, given),)),)}


def _edits(tool: Tool, given: Any) -> dict[str, Any]:
    edits = only(given, tool.edits)
    if isinstance(edits, str):
        edits = read_text(edits)
    if not isinstance(edits, list) or not edits:
        raise Unread("no list of edits")
    if len(edits) > _MOST_EDITS:
        raise Unread(f"more than {_MOST_EDITS} edits")
    return {"writes": (Write(path=_path(tool, given), edits=tuple(_replacement(tool, edit) for edit in edits)),)}


def _replacement(tool: Tool, given: Any) -> Replacement:
    old = only(given, tool.old)
    if not isinstance(old, str | None):
        raise Unread("no text for what is replaced")
    return Replacement(
        old=old or "",
        new=_string(given, tool.new, "what replaces it"),
        everywhere=_all(find(given, tool.everywhere)),
    )


def _all(value: Any) -> bool:
    """Whether all places are meant: true, or a number of places above one."""
    return value in {"true", "True"} if isinstance(value, str) else isinstance(value, int) and (value is True or value > 1)


def _notebook(tool: Tool, given: Any) -> dict[str, Any]:
    """A cell as a notebook of its own, so that it is read as code of that notebook."""
    path = _path(tool, given)
    field, _, value = tool.gone.partition("=")
    if find(given, (field,)) == value:
        return {"writes": (Write(path=path, edits=(Replacement(old="", new=""),)),)}
    kind = "markdown" if find(given, ("cell_type",)) == "markdown" else "code"
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": _string(given, tool.text, "the cell")}
    if kind == "code":
        cell |= {"outputs": [], "execution_count": None}
    text = written({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    return {"writes": (Write(path=path, text=text),)}


def _patch(tool: Tool, given: Any) -> dict[str, Any]:
    return {"writes": patch.read_patch(_string(given, tool.text, "the patch"))}


def _run(tool: Tool, given: Any) -> dict[str, Any]:
    command = only(given, tool.command)
    if isinstance(command, list) and command and all(isinstance(part, str) for part in command):
        command = shlex.join(command)
    if not isinstance(command, str):
        raise Unread("no command")
    fields: dict[str, Any] = {}
    within = only(given, tool.within)
    within = within if isinstance(within, str) else ""
    head = command.partition(patch.BEGIN)[0]
    if patch.BEGIN in command and "patch" in head:
        folder = str(Path(within, _folder(head)))
        fields["writes"] = tuple(_below(folder, write) for write in patch.read_patch_of_command(command))
    if within not in {"", "."}:
        command = f"cd {shlex.quote(within)} && {command}"
    return {**fields, "command": command}


def _folder(head: str) -> str:
    """Give the folder that a command goes to before it patches: `cd SOME && apply_patch`.

    Raises:
        Unread: it goes somewhere in another way.
    """
    folder = ""
    while found := _FOLDER.match(head):
        folder, head = str(Path(folder, found[1].strip("'"))), head[found.end() :]
    if _MOVES.search(head):
        raise Unread("it patches after a change of the folder that cannot be followed")
    return folder


def _below(folder: str, write: Write) -> Write:
    if folder in {"", "."}:
        return write
    from msgspec.structs import replace

    moved = str(Path(folder, write.moved_to)) if write.moved_to else ""
    return replace(write, path=str(Path(folder, write.path)), moved_to=moved)


def _read(tool: Tool, given: Any) -> dict[str, Any]:
    found = [find(given, (name,)) for name in tool.path]
    paths = [path for one in found for path in (one if isinstance(one, list) else [one])]
    return {"reads": tuple(path for path in paths[:_MOST_PATHS] if isinstance(path, str))}


def _delete(tool: Tool, given: Any) -> dict[str, Any]:
    return {"writes": (Write(path=_path(tool, given), gone=True),)}


def _other(_: Tool | None, given: Any) -> dict[str, Any]:
    return {"arguments": "" if given is None else written(given)}


_READERS: dict[str, Callable[[Tool, Any], dict[str, Any]]] = {
    "write": _write,
    "edit": _edit,
    "edits": _edits,
    "notebook": _notebook,
    "patch": _patch,
    "run": _run,
    "read": _read,
    "delete": _delete,
    "mcp": _other,
    "other": _other,
}
