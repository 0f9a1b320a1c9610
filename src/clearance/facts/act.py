"""What an assistant is about to do, or has done, and what it is told."""

from enum import Enum

from clearance.facts.decision import Decision, Verdict
from clearance.facts.fact import Fact
from clearance.facts.finding import Finding, Gap


class Moment(Enum):
    """When an assistant asks."""

    START = "start"
    """A session begins."""
    PROMPT = "prompt"
    """A person's words are about to be sent to the model."""
    BEFORE = "before"
    """A tool is about to run: a write, a command, a call of an MCP server."""
    AFTER = "after"
    """A tool has run."""
    STOP = "stop"
    """The assistant thinks that it is done."""


class Replacement(Fact):
    """One edit of a file: the text `old` becomes `new`, once, or `everywhere`. An empty `old` means the end of the file."""

    old: str
    new: str
    everywhere: bool = False


class Write(Fact):
    """One file that is about to be written. `path` is as the assistant named it, absolute or from the act's directory.

    Exactly one of these: `text`, the whole file; `edits`, in their order; `gone`, the file is deleted. `moved_to` is the new
    name where it is renamed.
    """

    path: str
    text: str | None = None
    edits: tuple[Replacement, ...] = ()
    gone: bool = False
    moved_to: str = ""


class Act(Fact):
    """One question of an assistant, in one shape for all of them.

    `assistant` is the name of its contract (`claude-code`), `directory` where it works (absolute), `tool` as it names it.
    Exactly what the moment and tool call for is filled: `prompt` for PROMPT; for BEFORE and AFTER `command` (a line for a
    shell), or `writes`, or `arguments` (the JSON text that goes to an MCP tool), or `reads` (paths). `again`: the
    assistant was sent back by us already and stops once more. `unread` says what of the payload could not be understood;
    empty: all was.
    """

    assistant: str
    moment: Moment
    directory: str
    event: str = ""
    tool: str = ""
    session: str = ""
    model: str = ""
    prompt: str = ""
    command: str = ""
    writes: tuple[Write, ...] = ()
    arguments: str = ""
    reads: tuple[str, ...] = ()
    again: bool = False
    unread: str = ""


class Ruling(Fact):
    """What is answered to an act.

    `to_model` says to the assistant what is wrong and what to do instead; `to_person` the same in a line or a few for the
    person; `context` is what the model should know in any case (at the start of a session). All three are plain text in
    which nothing of the act stands that `facts.text.visible` did not see. `decision` is missing where nothing was to be
    decided.
    """

    verdict: Verdict
    to_model: str = ""
    to_person: str = ""
    context: str = ""
    decision: Decision | None = None
    findings: tuple[Finding, ...] = ()
    gaps: tuple[Gap, ...] = ()
