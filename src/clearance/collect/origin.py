"""Who wrote a change, from the strongest evidence to none.

Order: the `--agent` option, git-ai notes (`refs/notes/ai`, Git AI Standard 3.0.0), the words of the commits (trailers,
lines that assistants add, bot authors), the environment variables that assistants set for the commands they run.
Nothing here ever names a person: a commit without a trailer, and a note that names only people, is unsigned and could
have been written by anybody, so its author stays unknown.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clearance.collect.sides import NOBODY_KNOWS
from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence

LOG_FORMAT = "%an%x00%ae%x00%B%x00%N%x00%H%x00"
"""The format of `git log` that `read_log` reads."""
_FIELDS = 5
_NAME_LIMIT = 80
_NOTE_LIMIT = 4 << 20

# Names as they stand in trailers, notes and bot authors, lower case, the more specific one first.
_ASSISTANTS = {
    "claude": "Claude", "anthropic": "Claude", "copilot": "Copilot", "cursor": "Cursor", "codex": "Codex",
    "chatgpt": "ChatGPT", "openai": "Codex", "gemini": "Gemini", "aider": "aider", "devin": "Devin",
    "windsurf": "Windsurf", "codeium": "Windsurf", "opencode": "OpenCode", "amazon q": "Amazon Q",
    "amazonq": "Amazon Q", "kiro": "Kiro", "cline": "Cline", "roo code": "Roo Code", "junie": "Junie",
    "goose": "goose", "jules": "Jules", "openhands": "OpenHands", "sweep": "Sweep", "droid": "Droid",
    "ampcode": "Amp", "augment": "Augment", "continue.dev": "Continue", "qwen": "Qwen Code", "grok": "Grok",
    "tabnine": "Tabnine", "rovo": "Rovo Dev", "warp": "Warp", "mistral": "Mistral", "deepseek": "DeepSeek",
    "gpt": "ChatGPT", "llm": "an LLM",
}  # fmt: skip
_KNOWN = re.compile(r"(?<![a-z])(?:" + "|".join(map(re.escape, _ASSISTANTS)) + r")(?![a-z])")
# Trailers that say who wrote; the value of the last three is an assistant whatever its name.
_TRAILERS = {"co-authored-by", "signed-off-by", "authored-by", "coding-agent"}
_AGENT_TRAILERS = {"generated-by", "assisted-by", "ai-assisted-by", "generated-with", "co-developed-by-ai"}
_GENERATED = re.compile(r"(?i)generated (?:with|by|using) \[?([^\]\n(<]{1,60})")
_AIDER = re.compile(r"(?m)^aider: ")
_NOBODY = {"", "none", "no", "n/a", "nobody", "human"}
# Variable (a name, or a prefix that ends in `_`) and the assistant that sets it in the shells it opens.
_VARIABLES = (
    ("CLAUDECODE", "Claude"), ("CLAUDE_CODE_", "Claude"), ("CURSOR_AGENT", "Cursor"), ("CURSOR_TRACE_ID", "Cursor"),
    ("CODEX_", "Codex"), ("GEMINI_CLI", "Gemini"), ("COPILOT_", "Copilot"), ("AIDER_", "aider"), ("OPENCODE", "OpenCode"),
    ("OPENCODE_", "OpenCode"), ("WINDSURF_", "Windsurf"), ("CLINE_", "Cline"), ("AMP_", "Amp"), ("AUGMENT_AGENT", "Augment"),
    ("QWEN_CODE", "Qwen Code"), ("DEVIN_", "Devin"), ("OPENHANDS_", "OpenHands"), ("GOOSE_TERMINAL", "goose"),
    ("AGENT", ""), ("AI_AGENT", ""),
)  # fmt: skip
_OFF = {"", "0", "false", "no"}
# Settings of a person's own, which say nothing about who typed the command.
_SETTINGS = re.compile(r"_(?:HOME|PATH|MODEL|API_KEY|TOKEN|CONFIG(?:_DIR)?|EDITOR)$")


class Words(NamedTuple):
    """What a commit says about itself: author's name and address, message, git-ai note (empty where there is none), id."""

    name: str
    email: str
    message: str
    note: str
    commit: str = ""


def read_log(output: bytes) -> list[Words]:
    """Read the output of `git log --format=LOG_FORMAT`, the newest commit first."""
    fields = output.decode("utf-8", "replace").split("\0")[:-1]
    rows = zip(*[iter(fields)] * _FIELDS, strict=False)
    return [Words(name.lstrip("\n"), *rest) for name, *rest in rows]


def authorship(agent: str | None, commits: Sequence[Words], environment: Mapping[str, str]) -> Authorship:
    """Tell who wrote a change: the name of the option (or None), the commits in its range, the environment."""
    if agent:
        return _agents([(agent.strip()[:_NAME_LIMIT], "--agent")], Evidence.OPTION)
    noted = [tool for commit in commits for tool in _noted(commit.note)]
    if noted:
        return _agents(noted, Evidence.GIT_AI_NOTE)
    said = [found for commit in commits for found in _said(commit)]
    if said:
        return _agents(said, Evidence.TRAILER)
    for bot in (commit.name for commit in commits if _is_bot(commit)):
        actor = Actor(name=bot[:_NAME_LIMIT], kind=ActorKind.SERVICE)
        return Authorship(author=actor, evidence=Evidence.TRAILER, detail=f"commit author: {bot[:_NAME_LIMIT]}")
    present = list(_running(environment))
    return _agents(present[:1], Evidence.ENVIRONMENT) if present else NOBODY_KNOWS


def _agents(found: Iterable[tuple[str, str]], evidence: Evidence) -> Authorship:
    """Make one authorship of (name, detail) pairs: all names, the first one's detail."""
    pairs = list(found)
    names = list(dict.fromkeys(name for name, _ in pairs))
    return Authorship(
        author=Actor(name=" + ".join(names[:4]), kind=ActorKind.AGENT), evidence=evidence, detail=pairs[0][1][:200]
    )


def _known(text: str) -> str | None:
    """Name the assistant that a text mentions, or None."""
    found = _KNOWN.search(text.lower())
    return _ASSISTANTS[found[0]] if found else None


def _noted(note: str) -> list[tuple[str, str]]:
    """Give the tools that a git-ai note names as authors (Git AI Standard 3.0.0, sections 1.2.3 and 1.2.4)."""
    _, divider, body = note[:_NOTE_LIMIT].partition("\n---\n")
    if not divider:
        return []
    try:
        record = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(record, dict) or not str(record.get("schema_version", "")).startswith("authorship/"):
        return []
    tools: list[tuple[str, str]] = []
    for group in ("sessions", "prompts"):
        entries = record.get(group)
        for entry in entries.values() if isinstance(entries, dict) else ():
            agent = entry.get("agent_id") if isinstance(entry, dict) else None
            tool = agent.get("tool") if isinstance(agent, dict) else None
            if isinstance(tool, str) and tool:
                tools.append((_known(tool) or tool[:_NAME_LIMIT], f"refs/notes/ai: {tool[:_NAME_LIMIT]}"))
    return tools


def _said(commit: Words) -> Iterable[tuple[str, str]]:
    """Give the assistants that a commit names in its trailers, its last lines, or as its author."""
    for line in commit.message.split("\n"):
        key, colon, value = line.strip().partition(":")
        label, value = key.strip().lower(), value.strip()
        if colon and label in _TRAILERS:
            name = _known(value)
        elif colon and label in _AGENT_TRAILERS and value.lower() not in _NOBODY:
            name = _known(value) or value.split("<")[0].strip()[:_NAME_LIMIT] or None
        else:
            generated = _GENERATED.search(line)
            name = _known(generated[1]) if generated else None
        if name:
            yield name, line.strip()
    if _AIDER.match(commit.message) or commit.name.endswith("(aider)"):
        yield "aider", f"commit author: {commit.name}"
    author = _known(commit.name) if _is_bot(commit) else _known(commit.email.partition("@")[2])
    if author:
        yield author, f"commit author: {commit.name}"


def _is_bot(commit: Words) -> bool:
    return commit.name.endswith("[bot]") or "[bot]@" in commit.email


def _running(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Give the assistants whose variables are set, with the name of the variable; never its value."""
    for variable, assistant in _VARIABLES:
        for name in sorted(environment) if variable.endswith("_") else (variable,):
            value = environment.get(name, "")
            if not name.startswith(variable) or value.lower() in _OFF or _SETTINGS.search(name):
                continue
            yield assistant or _known(value) or "an agent", name
