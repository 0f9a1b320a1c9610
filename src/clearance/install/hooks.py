"""How assistants' settings hold hooks: what we want there, and what stands there.

Each shape of `assistants.model.Hooks.shape` is one row of `_SHAPES`; `opencode-plugin` is a whole file of JavaScript.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from clearance.assistants.model import Assistant, Event, Hooks
from clearance.facts.act import Moment
from clearance.facts.errors import UsageError
from clearance.install.jsonc import Pointer, read

GROUP = "clearance"


class Hook(NamedTuple):
    """One hook that we want: event, matcher (empty: none), the line that is run, the seconds that it is granted."""

    event: str
    matcher: str
    command: str
    timeout: int


class Installed(NamedTuple):
    """One hook that stands in a file: as `Hook`, `timeout` 0 where none is written; `ours`: the line calls Clearance for
    this assistant. `at` is where it stands in the file."""

    event: str
    matcher: str
    command: str
    timeout: float
    ours: bool
    at: Pointer = ()


class Entry(NamedTuple):
    """One entry of a JSON file: a member `key`, or an item (None), of what stands at `pointer`."""

    pointer: Pointer
    key: str | None
    value: Any


class _Shape(NamedTuple):
    """`top` is the object that holds events; `grouped`: an item is `{matcher, hooks: [handler]}`, else the handler itself;
    `tools_only`: groups only for events about tools. `line` and `time` are the names of a handler's members, `extra` what
    else it has, `seed` members of the file's top; `matched`: it knows matchers."""

    top: str = "hooks"
    grouped: bool = True
    line: str = "command"
    time: str = "timeout"
    extra: Mapping[str, Any] = {"type": "command"}
    seed: tuple[tuple[str, Any], ...] = ()
    matched: bool = True
    tools_only: bool = False


_SHAPES: Mapping[str, _Shape] = {
    "claude-json": _Shape(),
    "codex-json": _Shape(),
    "gemini-json": _Shape(extra={"name": "clearance", "type": "command"}),
    "antigravity-json": _Shape(top=GROUP, tools_only=True),
    "cursor-json": _Shape(grouped=False, extra={"failClosed": True}, seed=(("version", 1),)),
    "copilot-json": _Shape(grouped=False, line="bash", time="timeoutSec", seed=(("version", 1),)),
    "windsurf-json": _Shape(grouped=False, time="", extra={"show_output": True}, matched=False),
}
_SAFE = re.compile(r"[A-Za-z0-9@%+=:,./_-]+")
_TYPO = 0.8
_LINES = ("command", "bash", "powershell", "exec")
_TIMES = ("timeout", "timeoutSec")


def quoted(program: str) -> str:
    """Quote a path for sh (POSIX 2.2.2), where it needs that."""
    return program if _SAFE.fullmatch(program) else "'" + program.replace("'", "'\\''") + "'"


def command_of(assistant: Assistant, event: Event, program: str) -> str:
    """Give the line that an assistant runs for an event; `program` is a name or a path, not quoted yet."""
    hooks = _hooks(assistant)
    line = event.command or hooks.command
    for name, text in (("{program}", quoted(program)), ("{assistant}", assistant.name), ("{event}", event.name)):
        line = line.replace(name, text)
    return line


def wanted(assistant: Assistant, program: str) -> tuple[Hook, ...]:
    """Give all hooks of an assistant's contract; none where it has no hooks."""
    if assistant.hooks is None:
        return ()
    return tuple(
        Hook(event.name, event.matcher, command_of(assistant, event, program), event.timeout)
        for event in assistant.hooks.events
    )


def entries(assistant: Assistant, program: str) -> tuple[Entry, ...]:
    """Give what stands for the wanted hooks in the assistant's own JSON.

    Raises:
        UsageError: its shape is no JSON that is known here.
    """
    hooks = _hooks(assistant)
    shape = _shape(hooks)
    made = []
    for event, hook in zip(hooks.events, wanted(assistant, program), strict=True):
        grouped = shape.grouped and not (shape.tools_only and event.moment not in {Moment.BEFORE, Moment.AFTER})
        handler = dict(shape.extra) | {shape.line: hook.command}
        if shape.time and hook.timeout:
            handler[shape.time] = hook.timeout * (1000 if hooks.unit == "milliseconds" else 1)
        matcher = {"matcher": hook.matcher} if hook.matcher and shape.matched else {}
        value = matcher | {"hooks": [handler]} if grouped else matcher | handler
        made.append(Entry((shape.top, hook.event), None, value))
    return tuple(made)


def seed(assistant: Assistant) -> tuple[tuple[str, Any], ...]:
    """Give the members that the top of the assistant's hooks file must have."""
    return _shape(_hooks(assistant)).seed


def installed(assistant: Assistant, data: bytes) -> tuple[Installed, ...]:
    """Read the hooks that an assistant would run from its settings, ours and those of others.

    For a plugin, there is one for each event that its text names, with the whole text as `command`.

    Raises:
        clearance.facts.errors.BadFile: not JSON.
    """
    hooks = assistant.hooks
    if hooks is None:
        return ()
    if hooks.shape not in _SHAPES:
        text = data.decode("utf-8", "replace")
        called = re.search(rf"clearance[\w.-]*.*\b{re.escape(assistant.name)}\b", text, re.DOTALL) is not None
        return tuple(
            Installed(event.name, event.matcher, text, 0, called)
            for event in hooks.events
            if json.dumps(event.name) in text or f"{event.name}:" in text
        )
    return found_in(assistant, read(data, hooks.project or assistant.name).value())


def found_in(assistant: Assistant, value: Any) -> tuple[Installed, ...]:
    """Read hooks from the decoded JSON of an assistant's settings; what has another form than hooks is passed over."""
    hooks = _hooks(assistant)
    top = _shape(hooks).top
    events = value.get(top) if isinstance(value, dict) else None
    found = []
    for event, items in events.items() if isinstance(events, dict) else ():
        for place, item in enumerate(items if isinstance(items, list) else ()):
            for at, handler in _handlers(item):
                line = next((str(handler[name]) for name in _LINES if name in handler), "")
                time = next((handler[name] for name in _TIMES if isinstance(handler.get(name), int | float)), 0)
                seconds = time / 1000 if hooks.unit == "milliseconds" else time
                matcher = item.get("matcher", "")
                found.append(
                    Installed(
                        event,
                        matcher if isinstance(matcher, str) else "",
                        line,
                        seconds,
                        is_ours(assistant, line),
                        (top, event, place, *at),
                    )
                )
    return tuple(found)


def is_ours(assistant: Assistant, line: str) -> bool:
    """Whether a line calls Clearance for this assistant, also where the path or the program's name has a typo."""
    found = re.search(rf"([^\s/\\'\"]+)['\"]?\s+(?:hook\s+)?{re.escape(assistant.name)}(?:\s|$)", line)
    return found is not None and ("clearance" in found[1] or _alike(found[1]))


def _alike(name: str) -> bool:
    """Whether a name is that of our program with a typo or two."""
    return difflib.SequenceMatcher(None, name[:64], "clearance-hook").ratio() > _TYPO


def ours_in(assistant: Assistant, value: Any) -> tuple[Pointer, ...]:
    """Give where our entries stand in decoded settings: a whole group where all of it is ours, else the one handler."""
    ours: list[Pointer] = []
    all_found = found_in(assistant, value)
    for one in all_found:
        group = one.at[:3]
        alone = all(other.ours for other in all_found if other.at[:3] == group)
        at = group if alone else one.at
        if one.ours and at not in ours:
            ours.append(at)
    return tuple(ours)


def _handlers(item: Any) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    if not isinstance(item, dict):
        return
    nested = item.get("hooks")
    if isinstance(nested, list):
        for place, handler in enumerate(nested):
            if isinstance(handler, dict):
                yield ("hooks", place), handler
    else:
        yield (), item


def _hooks(assistant: Assistant) -> Hooks:
    if assistant.hooks is None:
        raise UsageError(f"{assistant.title} has no hooks")
    return assistant.hooks


def _shape(hooks: Hooks) -> _Shape:
    if hooks.shape not in _SHAPES:
        raise UsageError(f"hooks of the shape {hooks.shape!r} are no JSON")
    return _SHAPES[hooks.shape]
