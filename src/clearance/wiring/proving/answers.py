"""What an assistant makes of a hook's answer, by its contract: did it stop the step, or does the step go on?"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from clearance.assistants.model import Assistant, Event, Means, Template
from clearance.facts.proof import Pulse

_WHOLE = re.compile(r"\{(?:reason|person|context)\}")
_MISSING, _UNRUNNABLE = 127, 126
"""What a shell gives for a program that is not there, and for one that cannot be run (POSIX 2.8.2)."""
_UNJUDGED = (
    "could not judge this",
    "Nothing was checked",
    "Clearance could not look",
    "did not answer",
)
"""What our own answers say where nobody judged: the step is stopped then, and so is every other one."""
LATE = "took longer"
"""Stands in the reason of a guard that did not answer in time, in our own words as in those of the hook's client."""
_THEN: dict[Means, str] = {
    "allow": "{title} goes on then, as if nothing had been asked",
    "deny": "{title} refuses the step then, and each one like it",
    "unknown": "nobody has seen what {title} does then",
}


class Done(NamedTuple):
    """How a hook's command line ended: exit code (negative: by a signal; None: not within `seconds`), and both streams."""

    exit: int | None
    stdout: bytes
    stderr: bytes
    seconds: float


class Said(NamedTuple):
    """What came of a canary: alive or dead, and why in words. `stopped`: the step was stopped, whatever for."""

    pulse: Pulse
    why: str
    stopped: bool


def judge(assistant: Assistant, event: Event, done: Done, marks: tuple[str, ...]) -> Said:
    """Judge an answer to a canary. It is alive only if the answer stops the step in this assistant, and because of the
    canary: one of `marks` stands in its words. A guard that stops each step because it does not work is dead, too."""
    if done.exit is None:
        return _dead(assistant, event.late, f"{LATE} than {done.seconds:g} s")
    denied = _words(event.answers.deny, done)
    asked = _words(event.answers.ask, done) if event.answers.ask and event.asks else None
    words = denied if denied is not None else asked
    if words is not None:
        unjudged = any(one in words for one in _UNJUDGED)
        if not unjudged and any(mark in words for mark in marks):
            return Said(Pulse.ALIVE, "asked the person" if denied is None else "stopped it", stopped=True)
        what = "refuses every step, because nobody can judge" if unjudged else "stopped it, but for another reason"
        return Said(Pulse.DEAD, f"{what}: {_first(words)}", stopped=True)
    if _is_silent(event, done):
        return Said(Pulse.DEAD, "let it pass", stopped=False)
    return _failed(assistant, event, done)


def lives(assistant: Assistant, event: Event, done: Done) -> Said:
    """Judge the answer of an event that cannot stop anything: it must be one of those that the contract knows."""
    if done.exit is None:
        return _dead(assistant, event.late, f"{LATE} than {done.seconds:g} s")
    known = (event.answers.allow, event.answers.context, event.answers.deny, event.answers.ask)
    for template in known:
        words = _words(template, done, silent=True) if template is not None else None
        if words is not None:
            if any(one in words for one in _UNJUDGED):
                return Said(Pulse.DEAD, f"does not work: {_first(words)}", stopped=False)
            return Said(Pulse.ALIVE, "answered", stopped=False)
    if _is_silent(event, done):
        return Said(Pulse.ALIVE, "answered", stopped=False)
    return _failed(assistant, event, done)


def passes(event: Event, done: Done) -> bool:
    """Tell whether an answer lets a step pass."""
    return _is_silent(event, done)


def _failed(assistant: Assistant, event: Event, done: Done) -> Said:
    code = done.exit or 0
    told = _first(done.stderr.decode("utf-8", "replace"))
    told = f" ({told})" if told else ""
    fallback = _fallback(assistant, event)
    if fallback is not None and code == fallback and not done.stdout.strip():
        return Said(Pulse.DEAD, f"the program did not start or failed{told}; the line then refuses every step", stopped=True)
    if code < 0:
        return _dead(assistant, event.crash, f"ended by signal {-code}{told}")
    if code in (_MISSING, _UNRUNNABLE):
        what = "there is no such program" if code == _MISSING else "the program cannot be run"
        return _dead(assistant, event.other_exit, f"{what}: exit code {code}{told}")
    if code == 0:
        return _dead(assistant, event.unread, "gave an answer that the contract does not know")
    means = event.crash if code == 1 else event.other_exit
    return _dead(assistant, means, f"ended with exit code {code}{told}")


def _dead(assistant: Assistant, means: Means, what: str) -> Said:
    return Said(Pulse.DEAD, f"{what}; {_THEN[means].format(title=assistant.title)}", stopped=means == "deny")


def _fallback(assistant: Assistant, event: Event) -> int | None:
    """Give the exit code with which the installed line itself ends where the program fails; None where it has none."""
    line = event.command or (assistant.hooks.command if assistant.hooks else "")
    found = re.search(r"\|\|.*\bexit (\d+)", line)
    return int(found[1]) if found else None


def _is_silent(event: Event, done: Done) -> bool:
    """Tell whether an answer is one that lets the step pass: an empty one with exit code 0, or as the contract writes it."""
    if done.exit == 0 and not done.stdout.strip():
        return True
    templates = (event.answers.allow, event.answers.context)
    return any(one is not None and _words(one, done, silent=True) is not None for one in templates)


def _words(template: Template, done: Done, *, silent: bool = False) -> str | None:
    """Give the words of an answer that has exactly the form of a template; None where it has not. A denial without a word is
    none, because some assistants take it for none, unless `silent`."""
    if done.exit != template.exit:
        return None
    said: list[str] = []
    if template.stdout is not None:
        try:
            value = json.loads(done.stdout)
        except (ValueError, RecursionError):
            return None
        if not _fits(template.stdout, value, said):
            return None
    elif done.stdout.strip():
        return None
    if template.stderr:
        said.append(done.stderr.decode("utf-8", "replace"))
    words = "\n".join(part for part in said if part.strip())
    return words if words or silent else None


def _fits(template: Any, value: Any, said: list[str]) -> bool:
    """Tell whether a value has the form of a template: the same members and texts, a text where one is to be filled in. As
    deep as a template of ours."""
    if isinstance(template, str):
        if not isinstance(value, str):
            return False
        if "{" not in template:
            return value == template
        said.append(value)
        return True
    if isinstance(template, dict):
        if not isinstance(value, dict) or not value.keys() <= template.keys():
            return False
        return all(_member(each, name, value, said) for name, each in template.items())
    if isinstance(template, list):
        pairs = zip(template, value, strict=True) if isinstance(value, list) and len(value) == len(template) else None
        return pairs is not None and all(_fits(one, other, said) for one, other in pairs)
    return bool(template == value) and type(template) is type(value)


def _member(template: Any, name: str, value: dict[str, Any], said: list[str]) -> bool:
    if name in value:
        return _fits(template, value[name], said)
    return isinstance(template, str) and _WHOLE.fullmatch(template) is not None


def _first(words: str) -> str:
    """Give the first lines of what was said, short."""
    lines: Iterator[str] = (line.strip() for line in words.splitlines() if line.strip())
    text = " ".join(line for line, _ in zip(lines, range(3), strict=False))
    return text if len(text) <= 200 else text[:199] + "…"
