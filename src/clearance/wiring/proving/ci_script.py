"""The script of a CI job: whether it runs the gate, and whether the gate's exit code is that of the job."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from clearance.scan.commands.reader import Reader, TooDeep
from clearance.scan.commands.syntax import Compound, Literal, Pipeline, Simple, Variable, Word
from clearance.scan.family import Budget, OutOfTime

INIT = "clearance init"
_MOST_TEXT, _LONGEST_LINE = 256 * 1024, 10_000
"""Scripts are input: so much of one is read."""
_CHECK = re.compile(r"\bclearance(?:['\"])?\s+check\b")
_SWALLOWED = re.compile(
    r"\bclearance(?:['\"])?\s+check\b[^\n;]*(?:\|\||[;&]\s*(?:true|:|exit\s+0)\b|\|(?!\|)|&\s*$)", re.MULTILINE
)
_KEEPS_CODE = re.compile(r"\|\|\s*(\w+)=\$\?")
_BASE = re.compile(r"--base[=\s]+['\"]?([^\s'\"]+)")
_HEAD = re.compile(r"--head[=\s]+['\"]?([^\s'\"]+)")
_BREAK = re.compile(r"[;&|\n(){}]|\b(?:then|do|else)\b")
_STARTERS = frozenset(
    {
        "command", "env", "exec", "hatch", "nice", "pdm", "pipenv", "pipx", "poetry", "python", "python3", "run", "time",
        "uv", "uvx",
    }
)  # fmt: skip
_MOST_STARTERS = 8
_SECONDS = 2.0
_REFUSES = re.compile(r"if\s+!\s+[^\n;]*\bclearance\b[^\n;]*[;\n]\s*then\b[^\0]*\bexit\s+[1-9$\"']")


class Fault(NamedTuple):
    """What is wrong with a CI file, and what mends it."""

    why: str
    mend: str
    where: str = ""


def gates(run: str) -> bool:
    """Tell whether a script runs the gate somewhere, and does not only name it."""
    return _walk(run).found


def wrong(run: str, shown: str) -> Fault | None:
    """Find why a denial would not fail a script that runs the gate, or why there is nothing to deny. A gate counts where it
    stands by itself: what a condition, a loop or a function makes of it cannot be told from here."""
    seen = _walk(run)
    if seen.fault:
        return Fault(seen.fault, f"let the gate stand by itself in {shown}")
    return _swallows(run, shown) or _compares_nothing(run, shown)


class _Seen(NamedTuple):
    """Whether a script starts the gate, and what keeps that from counting."""

    found: bool
    fault: str = ""


def _walk(run: str) -> _Seen:
    if not _CHECK.search(run):
        return _Seen(found=False)
    if len(run) > _MOST_TEXT:
        return _Seen(found=True, fault="the script is longer than is read")
    try:
        script = Reader(run, Budget(_SECONDS)).script()
    except (TooDeep, OutOfTime, RecursionError):
        return _Seen(found=True, fault="the script nests more deeply than is read")
    return _listed(script.pipelines, run)


def _listed(pipelines: Sequence[Pipeline], text: str) -> _Seen:
    """Go through the commands of a script in their order, up to the gate."""
    before, named = "", False
    for number, pipeline in enumerate(pipelines):
        rest = pipelines[number + 1 :]
        for command in pipeline.commands:
            if isinstance(command, Compound):
                seen = _inside(command, text)
                named |= seen.found
                if seen.found and (seen.fault or len(pipeline.commands) > 1):
                    return _Seen(found=True, fault=seen.fault or "its exit code is swallowed by a pipe")
                if seen.found:
                    return _Seen(found=True, fault=before)
                before = before or seen.fault
                continue
            words = [_text(word) for word in command.words]
            if _is_gate(words):
                return _Seen(found=True, fault=before or _lost(pipelines, number, text))
            before = before or _spoils(words, command)
        if before == "" and pipeline.separator == "||" and rest and _names_gate(rest[0]):
            before = "it runs only where something else fails (||)"
    return _Seen(found=named)


def _inside(command: Compound, text: str) -> _Seen:
    if command.kind == "function":
        return _Seen(found=False, fault="clearance is a function here" if command.name.startswith("clearance") else "")
    inner = _listed(command.body.pipelines, text)
    if not inner.found or command.kind in {"(", "{"}:
        return inner
    said = text[command.start : command.end]
    if command.kind == "if" and _REFUSES.match(said):
        return _Seen(found=True)
    return _Seen(found=True, fault=f"whether it runs, and counts, is up to `{command.kind}`")


def _text(word: Word) -> str:
    """Give a word without its expansions."""
    return "".join(part.text if isinstance(part, Literal) else "$" for part in word.parts)


def _is_gate(words: Sequence[str]) -> bool:
    """Tell whether words are `clearance check …`, started directly or by a program that starts others."""
    at = 0
    while at < len(words) and at < _MOST_STARTERS and (words[at].rpartition("/")[2] in _STARTERS or words[at][:1] == "-"):
        at += 1
    if words[at : at + 1] == ["clearance"] or (words[at : at + 1] and words[at].endswith("/clearance")):
        return words[at + 1 : at + 2] == ["check"] and not {"--help", "-h"} & set(words[at + 2 :])
    return False


def _names_gate(pipeline: Pipeline) -> bool:
    return any(isinstance(one, Simple) and _is_gate([_text(word) for word in one.words]) for one in pipeline.commands)


def _spoils(words: Sequence[str], command: Simple) -> str:
    """Say what a command before the gate does to it."""
    first = words[0] if words else ""
    if first in {"exit", "return", "exec"}:
        return f"the script ends before it ({first})"
    if first == "trap":
        return "a trap may change the exit code of the script"
    if first == "false":
        return "what stands before it always fails"
    if first == "alias" and any(one.startswith("clearance") for one in words):
        return "clearance is an alias here"
    if any(one.name == "PATH" and "$PATH" not in _shown(one.value) for one in command.assigned):
        return "PATH is another one"
    if first in {"ln", "cp", "mv", "install"} and words[-1].rpartition("/")[2] == "clearance":
        return "another program is put in the place of clearance"
    return ""


def _shown(word: Word) -> str:
    known = (part for part in word.parts if isinstance(part, (Literal, Variable)))
    return "".join(part.text if isinstance(part, Literal) else f"${part.name}" for part in known)


def _lost(pipelines: Sequence[Pipeline], number: int, text: str) -> str:
    """Say how the exit code of a gate is lost that stands in a list; empty where it is that of the script."""
    pipeline, rest = pipelines[number], pipelines[number + 1 :]
    if len(pipeline.commands) > 1:
        return "its exit code is swallowed by a pipe"
    if pipeline.separator == "&":
        return "nobody waits for it (&)"
    command = pipeline.commands[0]
    if text[: command.start].rstrip().endswith("!"):
        return "its answer is turned round (!)"
    if pipeline.separator == "||" and not (rest and _keeps(rest[0], text)):
        return "its exit code is swallowed (||)"
    if pipeline.separator == "&&":
        end = next((at for at, one in enumerate(rest) if one.separator != "&&"), len(rest))
        if len(rest) > end + 1:
            return "its exit code is lost, because more follows (&&)"
    return ""


def _keeps(pipeline: Pipeline, text: str) -> bool:
    """Tell `|| code=$?` with an `exit $code` later on, and `|| exit …`."""
    (command, *more) = pipeline.commands
    if more or isinstance(command, Compound):
        return False
    words = [_text(word) for word in command.words]
    if words[:1] == ["exit"]:
        return words[1:] != ["0"]
    names = [one.name for one in command.assigned if not words and _shown(one.value) == "$?"]
    return any(re.search(rf"\bexit\s+['\"]?\$\{{?{re.escape(name)}\b", text) for name in names)


def _joined(run: str) -> str:
    joined = uncommented(run[:_MOST_TEXT]).replace("\\\n", " ")
    return "\n".join(line[:_LONGEST_LINE] for line in joined.split("\n"))


def uncommented(text: str) -> str:
    """Take comments out of a script."""
    return re.sub(r"(?m)(?:^|\s)#.*$", "", text)


def _compares_nothing(run: str, shown: str) -> Fault | None:
    """Tell a gate that compares a change with itself."""
    script = _joined(run)
    base, head = _BASE.search(script), _HEAD.search(script)
    if base and base[1] == (head[1] if head else "HEAD"):
        return Fault(
            f"it compares {base[1]} with itself, so nothing is ever judged", f"write the base of the change into {shown}"
        )
    return None


def _swallows(run: str, shown: str) -> Fault | None:
    script = _joined(run)
    found = _SWALLOWED.search(script)
    kept = _KEEPS_CODE.search(script)
    if found and not (kept and re.search(rf"\bexit\s+['\"]?\$\{{?{kept[1]}\b", script)):
        return Fault(
            f"the exit code of the gate is swallowed: {' '.join(found[0].split())[-60:]}", f"take that out of {shown}"
        )
    if re.search(r"(?m)^\s*set \+e\b", script) and not re.search(r"\bexit\s+['\"]?\$", script):
        return Fault("the exit code of the gate is swallowed: set +e", f"take that out of {shown}")
    return None


def plain(value: object) -> str:
    """Give a single value as a text; empty for what holds others: a few aliases of YAML can hold more than memory does."""
    return str(value) if isinstance(value, (str, int, float)) else ""


def listed(value: object) -> list[Any]:
    """Give a list; empty for what is none."""
    return value if isinstance(value, list) else []


def script(value: Any) -> str:
    """Give the lines of a script as one text."""
    if isinstance(value, list):
        return "\n".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""
