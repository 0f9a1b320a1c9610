"""Settings of assistants that switch hooks off, whatever stands beside them, and what a person must agree to first."""

import hashlib
import json
import os
import re
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clearance.assistants.model import Assistant
from clearance.facts.errors import ClearanceError
from clearance.install.hooks import GROUP, Installed
from clearance.install.jsonc import read
from clearance.wiring.proving.books import contents, shown_in
from clearance.wiring.proving.scene import Scene


class Switch(NamedTuple):
    """A member of a settings file, by its keys, and the value with which hooks do not run. `of`: where the file lies,
    `project` or `user`, below `path`; `managed`: the administrator's file. A list counts where the value is in it."""

    of: str
    path: str
    keys: tuple[str, ...]
    off: Any


_SWITCHES: dict[str, tuple[Switch, ...]] = {
    "claude-code": (
        Switch("project", ".claude/settings.json", ("disableAllHooks",), True),
        Switch("project", ".claude/settings.local.json", ("disableAllHooks",), True),
        Switch("user", ".claude/settings.json", ("disableAllHooks",), True),
        Switch("managed", "", ("disableAllHooks",), True),
        Switch("managed", "", ("allowManagedHooksOnly",), True),
    ),
    "codex": (
        Switch("project", ".codex/config.toml", ("features", "hooks"), False),
        Switch("user", ".codex/config.toml", ("features", "hooks"), False),
        Switch("project", ".codex/config.toml", ("features", "codex_hooks"), False),
        Switch("user", ".codex/config.toml", ("features", "codex_hooks"), False),
    ),
    "copilot-cli": (
        Switch("project", ".github/copilot/settings.json", ("disableAllHooks",), True),
        Switch("project", ".github/copilot/settings.local.json", ("disableAllHooks",), True),
        Switch("project", ".claude/settings.json", ("disableAllHooks",), True),
        Switch("project", ".github/hooks/clearance.json", ("disableAllHooks",), True),
        Switch("user", ".copilot/settings.json", ("disableAllHooks",), True),
        Switch("user", ".copilot/config.json", ("disableAllHooks",), True),
    ),
    "gemini-cli": tuple(
        Switch(of, ".gemini/settings.json", keys, off)
        for of in ("project", "user", "managed")
        for keys, off in (
            (("hooksConfig", "enabled"), False),
            (("hooksConfig", "disabled"), GROUP),
            (("hooks", "enabled"), False),
            (("hooks", "disabled"), GROUP),
            (("tools", "enableHooks"), False),
        )
    ),
}


_ENVIRONMENTS: dict[str, tuple[Switch, ...]] = {
    "claude-code": tuple(
        Switch(of, path, ("env",), None)
        for of, path in (
            ("project", ".claude/settings.json"), ("project", ".claude/settings.local.json"),
            ("user", ".claude/settings.json"),
        )
    )
}  # fmt: skip
"""Where an assistant's settings hold variables that its hooks get, too."""
_LEADS = frozenset(
    {
        "BASH_ENV", "DYLD_INSERT_LIBRARIES", "GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE",
        "LD_AUDIT", "LD_PRELOAD", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX",
        "PYTHONWARNINGS", "PYTHONEXECUTABLE", "PYTHONHOME", "PYTHONUSERBASE",
        "XDG_CONFIG_HOME", "XDG_DATA_HOME",
    }
)  # fmt: skip
"""Variables by which whatever starts runs something else, too."""
_HARMLESS = frozenset({"CLEARANCE_TRACEBACK", "CLEARANCE_RESIDENT_IDLE", "CLEARANCE_MCP_TOKEN"})
"""Variables of ours that change neither where keys and logs lie nor who answers."""
_UNTRUSTED = "DO_NOT_TRUST"
_GEMINI_LEADS = frozenset({"GEMINI_CLI_SYSTEM_SETTINGS_PATH", "GEMINI_CLI_SYSTEM_DEFAULTS_PATH", "GEMINI_CLI_HOME"})
_ASSIGNED = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t])(?P<value>[^\n]*)$")
_LONGEST_ENV = 1 << 20


def led_elsewhere(assistant: Assistant, scene: Scene) -> Iterator[tuple[str, str]]:
    """Give each variable of an assistant's settings with which a hook of ours would run something else, and its file."""
    if assistant.name == "gemini-cli":
        yield from _of_gemini(scene)
    for switch in _ENVIRONMENTS.get(assistant.name, ()):
        path = _path(switch, assistant, scene)
        value = _value(path, switch.keys) if path is not None else None
        if path is None or not isinstance(value, dict):
            continue
        for name, text in sorted(value.items()):
            if _leads(name, str(text), scene):
                yield f"env.{name}", shown_in(path, scene)


def _of_gemini(scene: Scene) -> Iterator[tuple[str, str]]:
    """Give each variable with which Gemini CLI reads other settings, or a hook of ours runs something else, out of the one
    `.env` that it reads: the nearest of this folder, those around it, and the home."""
    path = next((one for one in _env_files(scene) if os.path.lexists(one)), None)
    try:
        data = (contents(path) if path is not None else None) or b""
    except OSError:
        return
    for found in _ASSIGNED.finditer(data.decode("utf-8", "replace")[:_LONGEST_ENV]):
        name, value = found["name"], found["value"].strip().strip("'\"`")
        if path is None or name in scene.environment:
            continue  # what is set already stays
        if name in _GEMINI_LEADS or _leads(name, value, scene):
            yield name, shown_in(path, scene)


def _env_files(scene: Scene) -> Iterator[Path]:
    for folder in (scene.top, *scene.top.parents):
        yield folder / ".gemini" / ".env"
        yield folder / ".env"
    if scene.home is not None:
        yield scene.home / ".gemini" / ".env"
        yield scene.home / ".env"


def _leads(name: str, value: str, scene: Scene) -> bool:
    if name == "PATH":
        found = shutil.which("clearance-hook", path=value)
        ours = scene.program("clearance-hook")
        return ours is not None and (found is None or not ours.samefile(found))
    if name == "PYTHONPATH":
        return any(_imports_first(scene.top / folder) for folder in value.split(os.pathsep) if folder)
    if name == "HOME":
        return Path(value) != scene.home
    return name in _LEADS or (name.startswith("CLEARANCE_") and name not in _HARMLESS)


def _imports_first(folder: Path) -> bool:
    """Tell whether a folder holds a module that a hook of ours would import from there instead."""
    try:
        names = {one.name.partition(".")[0] for one in folder.iterdir()}
    except OSError:
        return False
    return not names.isdisjoint({"clearance", "msgspec", "sitecustomize", "usercustomize", *sys.stdlib_module_names})


def _distrusted(scene: Scene) -> Iterator[tuple[str, str]]:
    """Tell where a person told Gemini CLI not to trust this repository: none of its hooks run then, and nothing says so."""
    if scene.home is None or scene.environment.get("GEMINI_CLI_TRUST_WORKSPACE") == "true":
        return
    user = scene.home / ".gemini"
    if _value(user / "settings.json", ("security", "folderTrust", "enabled")) is False:
        return
    rules = _value(user / "trustedFolders.json", ())
    covering = [one for one in rules if scene.top.is_relative_to(one)] if isinstance(rules, dict) else []
    nearest = max(covering, key=lambda one: len(Path(one).parts), default=None)
    if nearest is not None and rules[nearest] == _UNTRUSTED:
        yield f"{_UNTRUSTED} for {nearest}", shown_in(user / "trustedFolders.json", scene)


def switched_off(assistant: Assistant, scene: Scene) -> Iterator[tuple[str, str]]:
    """Give each setting that switches the hooks of an assistant off, and the file that it stands in."""
    if assistant.name == "gemini-cli":
        yield from _distrusted(scene)
    for switch in _SWITCHES.get(assistant.name, ()):
        path = _path(switch, assistant, scene)
        value = _value(path, switch.keys) if path is not None else None
        off = switch.off in value if isinstance(value, list) else value == switch.off and type(value) is type(switch.off)
        if off and path is not None:
            yield f"{'.'.join(switch.keys)} = {json.dumps(value)}", shown_in(path, scene)


def files_of(assistant: Assistant, scene: Scene) -> Iterator[Path]:
    """Give the files that hold switches of an assistant, whether they are there or not."""
    for switch in _SWITCHES.get(assistant.name, ()):
        path = _path(switch, assistant, scene)
        if path is not None:
            yield path
    for switch in _ENVIRONMENTS.get(assistant.name, ()):
        path = _path(switch, assistant, scene)
        if path is not None:
            yield path
    if assistant.name == "gemini-cli":
        yield from _env_files(scene)
        if scene.home is not None:
            yield scene.home / ".gemini" / "trustedFolders.json"
    if assistant.name == "copilot-cli" and scene.home is not None:
        yield scene.home / ".copilot" / "config.json"


def trusted(assistant: Assistant, file: Path, data: bytes, entry: Installed, scene: Scene) -> tuple[bool | None, str]:
    """Tell whether the person has agreed that a hook of a file may run: None where nobody needs to, or where that cannot be
    told from here; and in words what is missing.

    Codex keeps, by hook, the SHA-256 of what the person saw, and passes over in silence what is another one by now.
    """
    if assistant.name == "copilot-cli" and scene.home is not None and file.is_relative_to(scene.top):
        return None, _unknown_to_copilot(scene.home / ".copilot" / "config.json", scene)
    if assistant.name != "codex" or scene.home is None:
        return None, ""
    settings = _toml(scene.home / ".codex" / "config.toml")
    state = _within(settings, ("hooks", "state"))
    event = "".join(f"_{one.lower()}" if one.isupper() else one for one in entry.event).lstrip("_")
    group, index = (entry.at[2], entry.at[4]) if len(entry.at) > 4 else (0, 0)
    known = state.get(f"{file}:{event}:{group}:{index}") if isinstance(state, dict) else None
    stored = known.get("trusted_hash") if isinstance(known, dict) else None
    if stored is None:
        return None, "Codex passes over this hook in silence until you trust it: open Codex here and answer /hooks"
    if isinstance(known, dict) and known.get("enabled") is False:
        return False, "Codex was told to pass over this hook: enable it again with /hooks"
    if stored != _codex_hash(event, entry, data):
        return False, "the hook was changed since you trusted it, and Codex passes over it in silence"
    return True, ""


def _unknown_to_copilot(file: Path, scene: Scene) -> str:
    """Say that this repository is not among the folders that the person trusts, where Copilot CLI keeps a list of them."""
    whole = _value(file, ())
    lists = [whole.get(key) for key in ("trusted_folders", "trustedFolders")] if isinstance(whole, dict) else []
    folders = [one for each in lists if isinstance(each, list) for one in each if isinstance(one, str)]
    if not any(isinstance(each, list) for each in lists) or any(scene.top.is_relative_to(one) for one in folders):
        return ""
    return "Copilot CLI passes over hooks of a folder that nobody trusted: start copilot here and trust it"


_UNMATCHED = frozenset({"user_prompt_submit", "stop"})
"""Events whose matcher Codex passes over, and leaves out of what is hashed."""


def _codex_hash(event: str, entry: Installed, data: bytes) -> str:
    value: Any = json.loads(data)
    for step in entry.at:
        value = value[step]
    handler = {"async": bool(value.get("async", False)), "command": entry.command, "timeout": value.get("timeout", 600)}
    handler |= {"type": "command"}
    if "statusMessage" in value:
        handler["statusMessage"] = value["statusMessage"]
    seen: dict[str, Any] = {"event_name": event, "hooks": [handler]}
    if entry.matcher and event not in _UNMATCHED:
        seen["matcher"] = entry.matcher
    written = json.dumps(seen, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(written.encode()).hexdigest()


def _path(switch: Switch, assistant: Assistant, scene: Scene) -> Path | None:
    match switch.of:
        case "project":
            return scene.top / switch.path
        case "user":
            return scene.home / switch.path if scene.home is not None else None
        case _:
            platform = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
            places = dict(assistant.hooks.managed) if assistant.hooks else {}
            named = {str(name): place for name, place in places.items()}.get(platform)
            return Path(named) if named else None


def _value(path: Path, keys: tuple[str, ...]) -> Any:
    try:
        data = contents(path)
        if data is None:
            return None
        whole = _toml(path) if path.suffix == ".toml" else read(data, path.name).value()
    except (OSError, ClearanceError):
        return None
    return _within(whole, keys)


def _within(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _toml(path: Path) -> Any:
    try:
        data = contents(path)
        return tomllib.loads(data.decode("utf-8")) if data else {}
    except (OSError, ValueError, RecursionError):
        return {}
