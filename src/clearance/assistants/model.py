"""Assistants as data: hooks (events, payloads, answers), places of instructions and of MCP servers, and what must be
guarded.

Each assistant is one file `<name>.toml` beside this module. To add one is to write that file;
`docs/reference/hooks.md` is generated from all of them."""

import difflib
import pkgutil
from functools import cache
from typing import Any, Literal

import msgspec

from clearance.facts.act import Moment
from clearance.facts.errors import UsageError
from clearance.facts.fact import Fact

NAMES = (
    "agents-md",
    "aider",
    "antigravity",
    "claude-code",
    "cline",
    "codex",
    "copilot-agent",
    "copilot-cli",
    "cursor",
    "gemini-cli",
    "jetbrains",
    "opencode",
    "windsurf",
    "zed",
)
"""Names of all assistants, sorted. A test holds this list and the files beside it equal."""

Means = Literal["allow", "deny", "unknown"]
"""What an assistant does with a step whose hook failed: it goes on, it does not, or nobody has seen it yet."""

Does = Literal["write", "edit", "edits", "notebook", "patch", "run", "read", "delete", "mcp", "other"]
"""What a tool does, and so which of its fields are read: `write` a whole file, `edit` one replacement, `edits` a list
of them, `notebook` a cell, `patch` a text `*** Begin Patch`, `run` a command, `read` a file, `delete` a file, `mcp` a
call of an MCP server, `other` nothing that is looked into further than its arguments."""

Platform = Literal["linux", "macos", "windows"]


class Client(Fact):
    """Versions of the assistant: the `lowest` that speaks this contract, and those whose runs or source were `seen`."""

    lowest: str = ""
    seen: tuple[str, ...] = ()


class Found(Fact):
    """Signs that an assistant is in use; any one is enough. `commands` are looked for on PATH, `home` below the home
    of the user, `repository` below the top of the repository, `environment` are variables that it sets for what it
    runs."""

    commands: tuple[str, ...] = ()
    home: tuple[str, ...] = ()
    repository: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()


class Template(Fact):
    """An answer in the assistant's own words.

    `stdout` is a JSON object (missing: nothing is printed), `stderr` a text (empty: nothing), `exit` the exit code.
    In their strings `{reason}` becomes what the model is told, `{person}` what the person is told, `{context}` what
    the model should know. A member of `stdout` whose whole value is one of these and turns out empty is left out."""

    exit: int = 0
    stdout: dict[str, Any] | None = None
    stderr: str = ""


class Answers(Fact):
    """One event's answers. `ask` is asked of a person by the assistant where the event `asks`; elsewhere it is what
    an ASK becomes (missing: `deny`, at a stop `allow`). `context` is an `allow` that tells the model something
    (missing: `allow`)."""

    allow: Template
    deny: Template
    ask: Template | None = None
    context: Template | None = None


class Payload(Fact):
    """Where fields stand in what an assistant sends: each a list of paths (`tool_input.command`), the first that is
    there counts. `event` names the event itself, `again` says that we sent the assistant back already (a flag, or
    a count of rounds; where there is none, each stop counts as one after that), `input` holds a tool's arguments: an
    object, or a text that is JSON."""

    event: tuple[str, ...] = ()
    session: tuple[str, ...] = ()
    directory: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    tool: tuple[str, ...] = ()
    input: tuple[str, ...] = ()
    prompt: tuple[str, ...] = ()
    again: tuple[str, ...] = ()


class Tool(Fact):
    """One tool, or several of one shape: `names` are globs (`mcp__*`), the rest says where the fields stand in its
    input.

    `path` names a file, `text` its new text, `old` and `new` one replacement, `everywhere` whether all places are
    replaced, `edits` a list of objects with `old`, `new` and `everywhere`, `command` a line for a shell or a list of
    arguments, `within` the directory that a command runs in, `gone` a field and the value with which something is
    deleted (`edit_mode=delete`). `optional`: the tool has another use without these fields; then it counts as
    `other`."""

    names: tuple[str, ...]
    does: Does
    path: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    everywhere: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    gone: str = ""
    optional: bool = False


class Event(Fact):
    """One moment at which an assistant calls a hook.

    `matcher` is what we write into its settings to name the tools (empty: none is written). `timeout` is the time,
    in seconds, that its settings grant us, `within` the shorter time in which we answer. `blocks`: a DENY can stop
    the step; `asks`: an ASK reaches a person. What it does when the hook fails: `crash` (ends by a signal or with
    exit code 1), `late` (takes longer than `timeout`), `other_exit` (an exit code without a meaning, such as 127
    for a missing program), `unread` (an answer that it cannot read). `brake`: after how many denied stops in a row
    the assistant stops all the same (0: never). `command` is the line for this event where it differs from the
    assistant's. `payload` and `tools` replace those of the assistant where this event has its own.
    """

    name: str
    moment: Moment
    answers: Answers
    matcher: str = ""
    timeout: int = 30
    within: int = 20
    blocks: bool = False
    asks: bool = False
    crash: Means = "unknown"
    late: Means = "unknown"
    other_exit: Means = "unknown"
    unread: Means = "unknown"
    brake: int = 0
    command: str = ""
    payload: Payload | None = None
    tools: tuple[Tool, ...] = ()
    note: str = ""


class Hooks(Fact):
    """How an assistant calls hooks.

    `shape` is how its settings hold them, a name that the room `install` knows. `project` and `local` are files
    below the top of the repository, `user` one below the home, `managed` the administrator's by platform; empty
    where there is none. `managed_shape` is the shape of the administrator's file where it is another one. `trust`
    is what a person must do before hooks of a project run. `command` is the line that is installed, with
    `{program}`, `{assistant}` and `{event}`; `unit` that of timeouts in its settings. `plugin` is the name of the
    file beside this module that is installed as it stands, where the assistant loads code and runs no commands.
    """

    shape: str
    command: str
    payload: Payload
    events: tuple[Event, ...]
    tools: tuple[Tool, ...] = ()
    project: str = ""
    local: str = ""
    user: str = ""
    managed: dict[Platform, str] = {}
    managed_shape: str = ""
    trust: str = ""
    unit: Literal["seconds", "milliseconds"] = "seconds"
    plugin: str = ""

    def event(self, name: str) -> Event | None:
        """Find an event by its name, exactly as the assistant writes it."""
        return next((event for event in self.events if event.name == name), None)


class Instructions(Fact):
    """One place where an assistant reads instructions: `format` is a name of `instruct.formats`, `path` below the top
    of the repository (a folder ends in `/`), `user` the same for all repositories, below the home."""

    format: str
    path: str
    user: str = ""


class Mcp(Fact):
    """Where an assistant's MCP servers stand: `syntax` of the file, `key` (dotted) of the object whose members are
    servers, places as in `Hooks`, and `server`, the entry for ours, with `{clearance}` (our command line) in its
    strings."""

    syntax: Literal["json", "toml", "yaml"]
    key: str
    server: dict[str, Any]
    project: str = ""
    user: str = ""
    managed: dict[Platform, str] = {}
    trust: str = ""


class Assistant(Fact):
    """All that is known of one assistant.

    `contract` is the date of this description, `sources` where its facts come from, `limits` sentences for people
    that say what hooks of this assistant cannot do. `guards` are globs (`facts.glob`, for a path without its leading
    slash) of its own files that nothing may edit through an assistant."""

    name: str
    title: str
    contract: str
    sources: tuple[str, ...]
    limits: tuple[str, ...] = ()
    client: Client = Client()
    found: Found = Found()
    hooks: Hooks | None = None
    instructions: tuple[Instructions, ...] = ()
    mcp: Mcp | None = None
    guards: tuple[str, ...] = ()


@cache
def assistant(name: str) -> Assistant:
    """Read one assistant.

    Raises:
        UsageError: there is none of this name; it names the nearest.
        msgspec.ValidationError: its file is wrong, which a test of ours finds before anybody else.
    """
    if name not in NAMES:
        close = difflib.get_close_matches(name[:64], NAMES, n=1)
        raise UsageError(
            f"no assistant {name[:64]!r}",
            next=f"did you mean {close[0]}?" if close else f"one of {', '.join(NAMES)}",
        )
    data = pkgutil.get_data(__package__, f"{name}.toml")
    if data is None:
        raise UsageError(f"the description of {name} is missing", next="install Clearance again")
    return msgspec.toml.decode(data, type=Assistant)


@cache
def assistants() -> tuple[Assistant, ...]:
    """Read all assistants, sorted by name."""
    return tuple(map(assistant, NAMES))


@cache
def guarded() -> tuple[str, ...]:
    """Give the globs of all files of assistants that no assistant may edit, sorted (`facts.glob`)."""
    return tuple(sorted({glob for each in assistants() for glob in each.guards}))
