"""Canaries in an assistant's own words: payloads made by its contract, as it would send them for a step that is bad."""

import json
import secrets
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from clearance.assistants.model import Assistant, Event, Hooks, Payload, Tool
from clearance.facts.act import Moment
from clearance.wiring.proving import canary

_WRITES = ("write", "patch", "edit", "edits", "notebook")
"""What a tool may do that writes, the plainest first."""
_HARMLESS = "def count(prices):\n    return len(prices)\n"
_GUARD = ".clearance/settings.toml"
_LOOSE = '[scan]\nexclude = ["**"]\n'


class Canary(NamedTuple):
    """One thing to fire: what it is in a word, the payload, and what an answer must name that stops it because of it."""

    what: str
    payload: bytes
    marks: tuple[str, ...]


def canaries(assistant: Assistant, event: Event, place: Path, *, quick: bool = False) -> Iterator[Canary]:
    """Make the canaries of an event; none for one that asks nothing. `place` is the scratch repository that they name."""
    hooks = assistant.hooks
    if hooks is None:
        return
    match event.moment:
        case Moment.PROMPT:
            prompt = f"Please use the token {canary.token()} to list our repositories."
            payload = _payload(hooks, event, place, {"prompt": prompt})
            yield Canary("prompt with a secret", payload, ("github-token",))
        case Moment.BEFORE:
            yield from _tools(hooks, event, place, quick=quick)
        case _:
            yield Canary("payload", _payload(hooks, event, place, {}), ("no-",))


def stop(assistant: Assistant, event: Event, place: Path) -> Canary:
    """Make the payload of an assistant that wants to stop, in a repository whose change is to be denied."""
    if assistant.hooks is None:
        raise ValueError("an assistant without hooks stops unasked")
    return Canary("stop with a flaw", _payload(assistant.hooks, event, place, {}), (canary.FLAW_RULE, "github-token"))


def harmless(assistant: Assistant, event: Event, place: Path) -> bytes | None:
    """Make the payload of a write that nothing speaks against; None where the event sees no writes."""
    tool = _first(assistant.hooks, event, _WRITES) if assistant.hooks and event.moment is Moment.BEFORE else None
    if tool is None or assistant.hooks is None:
        return None
    given = _write(tool, str(place / "count.py"), _HARMLESS)
    return _payload(assistant.hooks, event, place, {"tool": _name(tool, event), "input": given})


def names_of(hooks: Hooks, event: Event) -> tuple[str, ...]:
    """Give the names of tools that an event must see: those that write, run something or call a server."""
    tools = event.tools or hooks.tools
    acting = (one for one in tools if one.does not in {"read", "other"} and not one.optional)
    return tuple(dict.fromkeys(name.replace("*", "x") for tool in acting for name in tool.names))


def _tools(hooks: Hooks, event: Event, place: Path, *, quick: bool) -> Iterator[Canary]:
    writing, running = _first(hooks, event, _WRITES), _first(hooks, event, ("run",))
    if writing is not None:
        given = _write(writing, str(place / "canary.py"), canary.FLAW)
        payload = _payload(hooks, event, place, {"tool": _name(writing, event), "input": given})
        yield Canary("write of a flaw", payload, (canary.FLAW_RULE,))
    if running is not None:
        package = canary.package()
        given = _at({}, running.command, f"pip install {package}")
        payload = _payload(hooks, event, place, {"tool": _name(running, event), "input": given})
        yield Canary("install of an invented package", payload, ("package-does-not-exist", package))
    if writing is not None and not quick:
        given = _write(writing, str(place / _GUARD), _LOOSE)
        payload = _payload(hooks, event, place, {"tool": _name(writing, event), "input": given})
        yield Canary("edit of .clearance/", payload, ("guard", "scanner-config"))
    called = _first(hooks, event, ("mcp",))
    if writing is None and running is None and called is not None:
        given = {"text": f"token {canary.token()}"}
        payload = _payload(hooks, event, place, {"tool": _name(called, event), "input": given})
        yield Canary("call of a server with a secret", payload, ("github-token",))


def _first(hooks: Hooks | None, event: Event, does: tuple[str, ...]) -> Tool | None:
    """Find the tool of an event that does one of these, the plainest first. An event whose payload names no tool is one."""
    if hooks is None:
        return None
    where = event.payload or hooks.payload
    tools = event.tools or hooks.tools
    if not where.tool:
        tools = tuple(tool for tool in tools if any(fnmatchcase(event.name, name) for name in tool.names))
    return next((tool for one in does for tool in tools if tool.does == one), None)


def _name(tool: Tool, event: Event) -> str:
    plain = [name for name in tool.names if "*" not in name]
    return plain[0] if plain else tool.names[0].replace("*", "canary__send") if tool.names else event.name


def _write(tool: Tool, path: str, text: str) -> Any:
    """Give the input with which a tool would write a text to a path."""
    match tool.does:
        case "patch":
            lines = "".join(f"+{line}\n" for line in text.splitlines())
            return _at({}, tool.text, f"*** Begin Patch\n*** Add File: {path}\n{lines}*** End Patch\n")
        case "edit":
            return _at(_at(_at({}, tool.path, path), tool.old, ""), tool.new, text)
        case "edits":
            return _at(_at({}, tool.path, path), tool.edits, [_at(_at({}, tool.old, ""), tool.new, text)])
        case _:
            return _at(_at({}, tool.path, path), tool.text, text)


def _payload(hooks: Hooks, event: Event, place: Path, fields: dict[str, Any]) -> bytes:
    where: Payload = event.payload or hooks.payload
    made: dict[str, Any] = {}
    given = fields.get("input")
    if given is not None and where.input[:1] == (".",):
        made = dict(given)
    elif given is not None:
        made = _at(made, where.input, given)
    for paths, value in (
        (where.event, event.name),
        (where.session, f"canary-{secrets.token_hex(8)}"),
        (where.directory, str(place)),
        (where.tool, fields.get("tool")),
        (where.prompt, fields.get("prompt")),
        (where.again, False),
    ):
        if value is not None:
            made = _at(made, paths, value)
    return json.dumps(made).encode()


def _at(value: dict[str, Any], paths: tuple[str, ...], given: Any) -> dict[str, Any]:
    """Put something where the first of the paths (`tool_input.command`) leads; nothing where there is no path."""
    if not paths or paths[0] == ".":
        return value
    *folders, name = paths[0].split(".")
    node = value
    for folder in folders:
        node = node.setdefault(folder, {})
        if not isinstance(node, dict):
            return value
    node[name] = given
    return value
