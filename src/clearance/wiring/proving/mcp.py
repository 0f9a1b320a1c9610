"""The MCP server, as it is configured for each assistant: it starts, lists its tools, and finds a canary."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

from clearance.assistants.model import Assistant, assistants
from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.facts.text import visible
from clearance.install.jsonc import read
from clearance.wiring.proving import canary
from clearance.wiring.proving.books import contents, noted, shown_in
from clearance.wiring.proving.lines import program_of
from clearance.wiring.proving.scene import NO_TIME, Scene, Watch, shot
from clearance.wiring.proving.stage import clean_environment

KINDS = ("mcp",)
ALWAYS = False
PATIENT = True
_INIT = "clearance init"
_SECONDS = 90.0
_MOST_ANSWER = 8 << 20
_TOOL = "check_code"
_REVISION = "2025-11-25"
_REFUSED = ("disabledMcpjsonServers", "deniedMcpServers")
"""Members of Claude Code's settings that keep a server from starting."""


class Server(NamedTuple):
    """Where our server is configured: for which assistant, in which file, and its entry (None: it is missing)."""

    assistant: Assistant
    shown: str
    entry: Mapping[str, Any] | None
    suffix: str


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the configurations that hold our server, and the program that they start."""
    for assistant, path, _ in _places(scene):
        yield f"{assistant.name} {path}".encode("utf-8", "surrogateescape")
        try:
            yield contents(path) or b""
        except OSError as error:
            yield str(error).encode("utf-8", "surrogateescape")
    for path in _settings(scene):
        yield json.dumps([(_json(path) or {}).get(key) for key in _REFUSED]).encode()
    yield str(scene.program("clearance")).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Start each configured server once, as it is configured, and ask it about a canary."""
    answers: dict[str, tuple[Pulse, str, str, int]] = {}
    shots = []
    for found in _servers(scene):
        if isinstance(found, Shot):
            shots.append(found)
            continue
        command = _command(found.entry or {})
        key = json.dumps([command, (found.entry or {}).get("env")])
        if key not in answers:
            watch = Watch()
            answers[key] = (*_asked(command, (found.entry or {}).get("env"), scene), watch.milliseconds)
        pulse, why, mend, took = answers[key]
        made = shot(f"mcp:{found.assistant.name}{found.suffix}", pulse, why, mend=mend, where=found.shown)
        import msgspec

        shots.append(msgspec.structs.replace(made, milliseconds=took))
    return shots or [shot("mcp", Pulse.ABSENT, "no assistant has our MCP server here")]


def glance(scene: Scene) -> list[Shot]:
    """Compare the configurations with what was installed; nothing is started."""
    return [found for found in _servers(scene) if isinstance(found, Shot)]


def _places(scene: Scene) -> list[tuple[Assistant, Path, str]]:
    found = []
    for assistant in assistants():
        if assistant.mcp is not None and assistant.mcp.project:
            found.append((assistant, _spelt(scene.top / assistant.mcp.project, assistant), ""))
        if assistant.mcp is not None and assistant.mcp.user and scene.home is not None:
            found.append((assistant, _spelt(scene.home / assistant.mcp.user, assistant), "@user"))
    return found


def _spelt(path: Path, assistant: Assistant) -> Path:
    """Give the file that is there, where an assistant reads it under a second name (`opencode.jsonc`), too."""
    other = path.with_suffix(".jsonc")
    return other if assistant.name == "opencode" and not path.exists() and other.exists() else path


def _servers(scene: Scene) -> Iterator[Server | Shot]:
    """Find our entries; what is not as it was installed is a shot already. Assistants may share a file: then the entry is
    judged for the one that it was installed for, as noted or as it looks."""
    notes, _ = noted(scene)
    known = {(one.path, name) for one in notes for name in one.held.parts}
    by_path: dict[Path, list[tuple[Assistant, str]]] = {}
    for assistant, path, suffix in _places(scene):
        by_path.setdefault(path, []).append((assistant, suffix))
    for path, sharing in by_path.items():
        expected = [one for one in sharing if (path, f"mcp:{one[0].name}") in known]
        templates = [one.mcp.server for one, _ in sharing if one.mcp is not None]
        for assistant, suffix in expected or sharing[:1]:
            found = _entry(assistant, path, suffix, scene, expected=bool(expected))
            fault = _fault(found, templates, scene) if isinstance(found, Server) else None
            if fault is not None and isinstance(found, Server):
                yield shot(f"mcp:{assistant.name}{suffix}", Pulse.DEAD, fault[0], mend=fault[1], where=found.shown)
            elif found is not None:
                yield found


def _entry(assistant: Assistant, path: Path, suffix: str, scene: Scene, *, expected: bool) -> Server | Shot | None:
    shown = shown_in(path, scene)
    guard = f"mcp:{assistant.name}{suffix}"
    if assistant.mcp is None:
        return None
    try:
        data = contents(path)
        if data is None:
            gone = f"{shown} is not there any more"
            return shot(guard, Pulse.DEAD, gone, mend=_INIT, where=shown) if expected else None
        value = tomllib.loads(data.decode("utf-8")) if assistant.mcp.syntax == "toml" else read(data, shown).value()
    except (OSError, ClearanceError, ValueError, RecursionError) as error:
        if not expected:
            return None
        why = f"{assistant.title} cannot read its configuration any more: {getattr(error, 'what', None) or error}"
        return shot(guard, Pulse.DEAD, why, mend=f"mend {shown}, then run: {_INIT}", where=shown)
    for key in assistant.mcp.key.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    entry = value.get("clearance") if isinstance(value, dict) else None
    if not isinstance(entry, dict):
        missing = f"is missing from {shown}"
        return shot(guard, Pulse.DEAD, missing, mend=_INIT, where=shown) if expected else None
    return Server(assistant, shown, entry, suffix)


def _fault(found: Server, templates: Sequence[Mapping[str, Any]], scene: Scene) -> tuple[str, str] | None:
    """Say what keeps a server from being ours, or from being started; None where nothing is. `templates` are the entries
    of all assistants that share the file: each of them may have brought a member of its own."""
    entry = found.entry or {}
    mcp = found.assistant.mcp
    if mcp is None:
        return None
    command = _command(entry)
    forms = {tuple(_command(one)[1:]) for one in templates}
    known = [(key, value) for one in templates for key, value in _rest(one).items()]
    if not command or tuple(command[1:]) not in forms or any(item not in known for item in _rest(entry).items()):
        mend = f"take {mcp.key}.clearance out of {found.shown}, then run: {_INIT}"
        names = [] if command and tuple(command[1:]) in forms else ["command"]
        names += [visible(str(key)[:60]) for key, value in _rest(entry).items() if (key, value) not in known]
        return f"is not what was installed, and was not started: {', '.join(names[:8])} differ", mend
    program = program_of(command[0], scene)
    if program.wrong:
        mend = f"take {mcp.key}.clearance out of {found.shown}, then run: {_INIT}"
        return f"does not start Clearance, and was not started: {program.wrong}", mend
    for path in _settings(scene) if found.assistant.name == "claude-code" else ():
        settings, name = _json(path), shown_in(path, scene)
        if settings is None:
            return f"{name} cannot be read, and Claude Code starts nothing by it", f"mend {name}"
        for key in _REFUSED:
            if "clearance" in json.dumps(settings.get(key, [])):
                return f"{key} in {name} keeps it from starting", f"take clearance out of {key}"
    return None


def _settings(scene: Scene) -> Iterator[Path]:
    """Give the files in which Claude Code is told not to start a server: of the project, the person, the administrator."""
    yield scene.top / ".claude" / "settings.json"
    yield scene.top / ".claude" / "settings.local.json"
    if scene.home is not None:
        yield scene.home / ".claude" / "settings.json"
    hooks = next((one.hooks for one in assistants() if one.name == "claude-code"), None)
    platform = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
    managed = {str(name): place for name, place in hooks.managed.items()}.get(platform) if hooks else None
    if managed:
        yield Path(managed)


def _command(entry: Mapping[str, Any]) -> list[str]:
    """Give the command line of an entry: `command` and `args`, or one list."""
    command = entry.get("command", "")
    more = entry.get("args")
    words = command if isinstance(command, list) else [command, *(more if isinstance(more, list) else [])]
    return [word if isinstance(word, str) else "" for word in words]


def _rest(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in {"command", "args"}}


def _asked(command: list[str], more: object, scene: Scene) -> tuple[Pulse, str, str]:
    """Start a server in a scratch repository and ask it (JSON-RPC, a message a line: the stdio transport of MCP)."""
    environment = clean_environment(scene.environment)
    environment |= {str(key): str(value) for key, value in more.items()} if isinstance(more, dict) else {}
    with tempfile.TemporaryFile() as said:  # a pipe would be full one day, and the server wait
        try:
            process = subprocess.Popen(
                command, cwd=scene.stage.another("mcp"), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=said, start_new_session=True, bufsize=0,
            )  # fmt: skip
        except OSError as error:
            return Pulse.DEAD, f"does not start: {error.strerror}", _INIT
        try:
            return _talk(process, scene, said)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            process.wait()


def _talk(process: "subprocess.Popen[bytes]", scene: Scene, stderr: IO[bytes]) -> tuple[Pulse, str, str]:
    client = {"name": "clearance-prove", "version": "1"}
    first = {"protocolVersion": _REVISION, "capabilities": {}, "clientInfo": client}
    asked = {"name": _TOOL, "arguments": {"path": "canary.py", "text": canary.FLAW}}
    end = time.monotonic() + min(_SECONDS, scene.left)
    try:
        _ask(process, 1, "initialize", first, end)
        _send(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
        listed = _ask(process, 2, "tools/list", {}, end)
        names = [tool.get("name") for tool in listed.get("tools", [])]
        if _TOOL not in names:
            return (
                Pulse.DEAD,
                f"has no tool {_TOOL}: {', '.join(map(str, names)) or 'none at all'}",
                "install Clearance again",
            )
        answer = json.dumps(_ask(process, 3, "tools/call", asked, end))
    except _NoAnswer as error:
        if scene.left <= 0:
            return Pulse.UNTRIED, NO_TIME, "clearance prove"
        said = _last_words(process, stderr)
        mend = (
            "python -m pip install 'clearance[mcp]'"
            if "not installed" in said
            else "run `clearance mcp` and see what it says"
        )
        return Pulse.DEAD, f"{error}{': ' + said if said else ''}", mend
    if canary.FLAW_RULE not in answer:
        return Pulse.DEAD, f"{_TOOL} found nothing in a flaw", "see the guards of the gate and the scanners"
    return Pulse.ALIVE, f"{len(names)} tools; {_TOOL} found the flaw", ""


class _NoAnswer(Exception):
    """The server did not answer as it should; the text says what it did."""


def _ask(
    process: "subprocess.Popen[bytes]", number: int, method: str, params: Mapping[str, Any], end: float
) -> dict[str, Any]:
    """Send a request and give its result; what else the server says in between is passed over."""
    _send(process, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    for line in _lines(process, end):
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            raise _NoAnswer(f"said something that is no JSON to {method}") from None
        if isinstance(message, dict) and message.get("id") == number and "method" not in message:
            if isinstance(message.get("result"), dict):
                result: dict[str, Any] = message["result"]
                return result
            raise _NoAnswer(f"refused {method}: {json.dumps(message.get('error'))[:200]}")
    raise _NoAnswer(f"ended, or did not answer {method} within {_SECONDS:g} s")


def _send(process: "subprocess.Popen[bytes]", message: Mapping[str, Any]) -> None:
    try:
        if process.stdin is not None:
            process.stdin.write(json.dumps(message).encode() + b"\n")
    except OSError:
        raise _NoAnswer("ended before it was asked") from None


def _lines(process: "subprocess.Popen[bytes]", end: float) -> Iterator[bytes]:
    held = b""
    if process.stdout is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while selector.select(max(0.0, end - time.monotonic())):
            piece = os.read(process.stdout.fileno(), 65_536)
            if not piece or len(held) > _MOST_ANSWER:
                return
            held += piece
            *whole, held = held.split(b"\n")
            yield from (line for line in whole if line.strip())


def _last_words(process: "subprocess.Popen[bytes]", stderr: IO[bytes]) -> str:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    stderr.seek(max(0, stderr.seek(0, os.SEEK_END) - 4096))
    return " ".join(stderr.read(4096).decode("utf-8", "replace").split())[:200]


def _json(path: Path) -> dict[str, Any] | None:
    """Read settings; None where they are there and cannot be read."""
    try:
        value = read(contents(path) or b"{}", path.name).value()
    except (OSError, ClearanceError):
        return None
    return value if isinstance(value, dict) else None
