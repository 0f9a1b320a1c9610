"""The assistants that can be run: how each is told of the scripted model, how a person trusts the project, its tools."""

import os
import platform
import shutil
import sys
from pathlib import Path
from typing import Protocol

from assistants_live.place import Place
from assistants_live.steps import Turn


class Client(Protocol):
    """One assistant. Paths of files are below the top of the repository."""

    contract: str
    """The name of its contract in `clearance.assistants`."""
    command: str
    """Its command on PATH."""
    natives: tuple[str, ...]
    """Where its own program stands below `node_modules`, if it does not start by its command without install scripts;
    `{platform}` is for example linux-x64."""
    own_settings: str
    """The file of the project that holds its hooks."""
    sends_back: bool
    """Whether a denied stop goes back to the model when it runs without a person."""

    blocked: str
    """What a person reads where a prompt was not sent."""

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        """Write what a person's home holds (model, trust in the project) and return the variables to start it with."""

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        """The command line that does what the prompt says, without a person."""

    def write(self, place: Place, path: str, text: str) -> Turn:
        """The model writes a whole file."""

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        """The model replaces a file that is there; some assistants let it do so only after it read the file."""

    def run(self, command: str) -> Turn:
        """The model runs a line in the shell."""

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        """The model calls a tool of the MCP server `clearance`."""

    def named(self, tool: str) -> str:
        """The name under which a tool of the MCP server `clearance` is offered to the model."""


def folder() -> str | None:
    """Where the commands of the assistants stand, if not on PATH: CLEARANCE_ASSISTANTS (the `.bin` of a `node_modules`), or
    the one in CLEARANCE_CLIENTS (a `node_modules`).
    """
    modules = os.environ.get("CLEARANCE_CLIENTS")
    return os.environ.get("CLEARANCE_ASSISTANTS") or (str(Path(modules) / ".bin") if modules else None)


def program(client: Client) -> Path | None:
    """The program of the assistant, from `folder()` or else from PATH; None: there is none."""
    found = shutil.which(client.command, path=folder()) or shutil.which(client.command)
    if found is None:
        return None
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    modules = Path(found).parent.parent
    for native in client.natives:
        candidate = modules / native.format(platform=f"{sys.platform}-{machine}")
        if candidate.is_file():
            return candidate
    return Path(found)


def clients() -> tuple[Client, ...]:
    """All that can be run, by the name of their contracts."""
    from assistants_live.clients import claude, codex, copilot, gemini, opencode

    return (claude.Claude(), codex.Codex(), copilot.Copilot(), gemini.Gemini(), opencode.OpenCode())
