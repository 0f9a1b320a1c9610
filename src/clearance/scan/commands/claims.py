"""Records under another's name: who acts is known from the hook, so what it says of itself can be held against that."""

from collections.abc import Iterator

from clearance.scan.commands.guards import as_clearance
from clearance.scan.commands.run import Readout
from clearance.scan.commands.seen import Seen, seen, shown

OWN = "guard-clearance-files"
_RECORDS = frozenset({("trace", "record")})


def claims(readout: Readout, assistant: str) -> Iterator[Seen]:
    """Give where a text records lines as written by another assistant than `assistant`, which runs it; where that is not
    known (empty), nothing is told."""
    if not assistant:
        return
    for run in readout.runs:
        name, words = as_clearance(run)
        plain = tuple(one for one in words if not one.startswith("-"))
        if name != "clearance" or plain[:2] not in _RECORDS:
            continue
        for agent in _agents(words):
            if not _is(agent, assistant):
                message = f"`clearance trace record` would record what you wrote as written by `{shown(agent, 40)}`"
                yield seen(OWN, run, f"{message}; to record it under another name is for a person to do")
                break


def _is(agent: str, assistant: str) -> bool:
    """Whether a name is that of a contract, or a part of it that people use: `claude`, `Claude Code`, `OpenAI Codex`."""
    given = agent.casefold().replace(" ", "-")
    return bool(given) and (given == assistant or assistant.startswith(f"{given}-") or given.endswith(f"-{assistant}"))


def _agents(words: tuple[str, ...]) -> Iterator[str]:
    """Give the values of `--agent`, which may be shortened nowhere: all of them, because the last one counts."""
    for number, one in enumerate(words):
        flag, sign, value = one.partition("=")
        if flag == "--agent":
            yield value if sign else words[number + 1] if number + 1 < len(words) else ""
