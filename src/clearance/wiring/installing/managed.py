"""Files for an administrator: hooks that a user cannot switch off, laid out as they must lie on machines."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from clearance.assistants.model import Assistant, Platform, assistant, assistants
from clearance.facts.errors import UsageError
from clearance.install import disk, entries, hooks
from clearance.install.hooks import Entry
from clearance.install.jsonc import Document
from clearance.wiring.installing.desired import filled_server, toml_table
from clearance.wiring.installing.surroundings import Programs

_PLATFORMS: tuple[Platform, ...] = ("linux", "macos")
_MODE = 0o644
_TITLE = "# Clearance on every machine"


def write_managed(directory: Path, names: Sequence[str], program: str, *, dry_run: bool = False) -> tuple[str, ...]:
    """Write the managed files of some assistants (default: all that have any) into a folder, one folder a platform, and a
    `README.md` that says where each goes. Gives their paths below the folder, sorted.

    `program` is where `clearance-hook` will lie on the machines; `clearance` lies beside it. `dry_run`: nothing is written,
    the paths are those that would be.

    Raises:
        UsageError: `program` is not absolute, an assistant has nothing to manage, or something else lies in the folder
            already.
        clearance.facts.errors.StoreError: it cannot be written.
    """
    if not program.startswith("/") or any(ord(sign) < 32 for sign in program):
        raise UsageError(
            "--program is no absolute path", where=program, next="say where clearance-hook lies on the machines"
        )
    chosen = tuple(assistant(name) for name in dict.fromkeys(names)) or assistants()
    without = [one.title for one in chosen if names and not (one.hooks and one.hooks.managed)]
    if without:
        raise UsageError(f"{', '.join(without)}: nothing that an administrator could roll out", next="leave it out")
    files = managed_files(chosen, program)
    if directory.is_dir():
        _insist_ours(directory)
    if dry_run:
        return tuple(sorted(files))
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        _write(directory, path, text.encode())
    return tuple(sorted(files))


def managed_files(chosen: Sequence[Assistant], program: str) -> dict[str, str]:
    """Give the texts of all managed files by their path below the folder, the README among them."""
    files: dict[str, str] = {}
    rows: list[tuple[str, str, str]] = []
    for one in chosen:
        for platform in _PLATFORMS:
            for place, text, what in _of_assistant(one, platform, program):
                path = str(PurePosixPath(platform, place.lstrip("/")))
                files[path] = text
                rows.append((path, place, f"{one.title}: {what}"))
    files["README.md"] = _readme(rows, chosen, program)
    return files


def _of_assistant(one: Assistant, platform: Platform, program: str) -> Iterator[tuple[str, str, str]]:
    """Give place, text and purpose of each file of one assistant on one platform."""
    programs = Programs(program, str(PurePosixPath(program).parent / "clearance"), absolute=True)
    place = one.hooks.managed.get(platform, "") if one.hooks else ""
    server = one.mcp.managed.get(platform, "") if one.mcp else ""
    both = place == server != ""
    if one.hooks and place:
        if one.hooks.managed_shape == "codex-toml":
            yield place, _codex(one, program), "hooks"
        elif not one.hooks.plugin:
            wanted = list(hooks.entries(one, program))
            wanted += [_server(one, programs)] if both else []
            yield place, _json(hooks.seed(one), wanted), "hooks and MCP server" if both else "hooks"
    if one.mcp and server and not both and one.mcp.syntax == "json":
        yield server, _json((), [_server(one, programs)]), "MCP server"


def _server(one: Assistant, programs: Programs) -> Entry:
    if one.mcp is None:
        raise UsageError(f"{one.title} has no MCP servers")
    return Entry(tuple(one.mcp.key.split(".")), "clearance", filled_server(one.mcp.server, programs))


def _json(seed: Sequence[tuple[str, Any]], wanted: Sequence[Entry]) -> str:
    text = entries.fresh(dict(seed))
    for entry in wanted:
        text = entries.insert(Document(text, "managed"), entry.pointer, entry.key, entry.value).text
    return text


def _codex(one: Assistant, program: str) -> str:
    """Hooks as `requirements.toml` holds them; Codex wants a folder that exists, in which managed programs lie."""
    lines = [
        "[features]",
        "hooks = true",
        "",
        "[hooks]",
        f"managed_dir = {json.dumps(str(PurePosixPath(program).parent))}",
    ]
    for hook in hooks.wanted(one, program):
        lines += ["", f"[[hooks.{hook.event}]]"]
        lines += [f"matcher = {json.dumps(hook.matcher)}"] if hook.matcher else []
        handler = {"type": "command", "command": hook.command, "timeout": hook.timeout}
        lines += ["", toml_table(("hooks", hook.event, "hooks"), handler, many=True).rstrip("\n")]
    return "\n".join(lines) + "\n"


def _readme(rows: Sequence[tuple[str, str, str]], chosen: Sequence[Assistant], program: str) -> str:
    clearance = PurePosixPath(program).parent / "clearance"
    lines = [
        _TITLE,
        "",
        f"Install Clearance first: `{program}` and `{clearance}`, owned by root; nobody else may write to them",
        "or to the folders above. A hook whose program is missing denies every step where the assistant lets it.",
        "",
        "Then put each file in its place, by your device management. Owner root, group root (macOS: wheel), mode 0644;",
        "folders 0755.",
        "Where a file stands already, merge it: these hold only what is ours.",
        "",
        "| file here | place | what |",
        "| --- | --- | --- |",
        *(f"| `{path}` | `{place}` | {what} |" for path, place, what in rows),
        "",
    ]
    if any(one.name == "claude-code" for one in chosen):
        lines += [
            "Claude Code: with a `managed-mcp.json` users cannot add MCP servers of their own; leave it out where they may.",
            'To ignore the hooks of users and projects, add `"allowManagedHooksOnly": true` to the settings.',
            "",
        ]
    if any(one.name == "codex" for one in chosen):
        lines += [
            "Codex: managed hooks need no trust of the user. `allow_managed_hooks_only = true` at the top of the file",
            "ignores all other hooks.",
            "",
        ]
    lines += [
        "On each machine: `clearance prove` in a repository fires something bad through every hook and says which ones",
        "are alive.",
    ]
    return "\n".join(lines) + "\n"


def _insist_ours(directory: Path) -> None:
    """Refuse to replace a README that somebody else wrote, before anything is written."""
    stands = disk.stands(directory, "README.md").data
    if stands is not None and stands.partition(b"\n")[0].rstrip(b"\r") != _TITLE.encode():
        raise UsageError("another file lies there", where=str(directory / "README.md"), next="choose an empty folder")


def _write(directory: Path, path: str, data: bytes) -> None:
    stands = disk.stands(directory, path).data
    if stands == data:
        return
    if stands is not None and path != "README.md":
        raise UsageError("another file lies there", where=str(directory / path), next="choose an empty folder")
    disk.replace(directory, path, stands, data, _MODE)
