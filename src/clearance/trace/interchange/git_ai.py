"""Authorship notes of git-ai (`refs/notes/ai`, Git AI Standard 3.0.0).

A note is about the commit that it hangs on. First come files, each with lines that begin with two blanks: a key, and ranges
of lines (`1-4,9`). After a line `---` follows JSON that says what the keys are: `s_…::t_…` a session, `h_…` a person, others
a prompt. Nobody signs a note.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any

from clearance.facts.change import Range
from clearance.facts.claimed import Claimed, Record
from clearance.facts.errors import BadFile
from clearance.facts.text import visible
from clearance.trace.interchange.bounds import (
    MOST_BYTES,
    MOST_FILES,
    MOST_LINE,
    MOST_PROBLEMS,
    MOST_RANGES,
    is_path,
    joined,
    name_of,
    read_json,
    without,
)

REF = "refs/notes/ai"
VERSION = "authorship/3.0.0"
_RANGE = re.compile(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?")
_KEY = re.compile(r"[A-Za-z0-9_:.-]{1,120}")


def read_note(text: str, commit: str) -> Record:
    """Read a note. What is not understood is told in `problems`; ranges that an assistant and a person both claim are the
    assistant's."""
    if len(text) > MOST_BYTES:
        return Record(commit=commit, claims=(), problems=(f"longer than {MOST_BYTES >> 20} MiB",))
    head, divider, body = ("\n" + text).partition("\n---\n")
    if not divider:
        return Record(commit=commit, claims=(), problems=("no line `---` between files and JSON",))
    try:
        about = read_json(body)
    except BadFile as error:
        return Record(commit=commit, claims=(), problems=(str(error),))
    version = about.get("schema_version") if isinstance(about, dict) else None
    if not isinstance(version, str) or not version.startswith("authorship/3."):
        return Record(commit=commit, claims=(), problems=(f"schema_version is {visible(str(version))[:40]}, not {VERSION}",))
    problems: list[str] = []
    claims: list[Claimed] = []
    for path, entries in _files(head, problems):
        ai = [range_ for key, ranges in entries if not key.startswith("h_") for range_ in ranges]
        for key, ranges in entries:
            found = _claimed(path, key, ranges, about, problems)
            if found is not None:
                claims.append(found if found.whose == "ai" else _less(found, ai))
    kept = tuple(one for one in claims if one.ranges)
    return Record(commit=commit, claims=kept, problems=tuple(dict.fromkeys(problems))[:MOST_PROBLEMS])


def _less(one: Claimed, ai: Sequence[Range]) -> Claimed:
    return Claimed(path=one.path, ranges=without(one.ranges, ai), whose=one.whose)


def _files(head: str, problems: list[str]) -> list[tuple[str, list[tuple[str, list[Range]]]]]:
    found: list[tuple[str, list[tuple[str, list[Range]]]]] = []
    left = MOST_RANGES
    for number, line in enumerate(head.split("\n")[1:], 1):
        if not line.strip():
            continue
        if not line.startswith("  "):
            path = _path(line)
            if not is_path(path) or len(found) >= MOST_FILES:
                problems.append(f"line {number}: no path of a file, or too many")
                path = ""
            found.append((path, []))
            continue
        key, _, said = line.strip().partition(" ")
        ranges = _ranges(said, left)
        if not found or not _KEY.fullmatch(key) or ranges is None:
            problems.append(f"line {number}: no key with ranges of lines")
            continue
        left -= len(ranges)
        found[-1][1].append((key, ranges))
    return [(path, entries) for path, entries in found if path]


def _path(line: str) -> str:
    """Give the path; one with blanks stands in quotes."""
    if line.startswith('"') and line.endswith('"') and len(line) > 1:
        return line[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return line


def _ranges(text: str, most: int) -> list[Range] | None:
    parts = text.strip().split(",", most + 1)
    if len(parts) > most:
        return None
    found: list[Range] = []
    for part in parts:
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            return None
        first, last = int(match[1]), int(match[2] or match[1])
        if first > last or last > MOST_LINE:
            return None
        found.append((first, last))
    return found


def _claimed(path: str, key: str, ranges: list[Range], about: dict[str, Any], problems: list[str]) -> Claimed | None:
    if key.startswith("h_"):
        return Claimed(path=path, ranges=joined(ranges), whose="human")
    group = "sessions" if key.startswith("s_") else "prompts"
    entries = about.get(group)
    entry = entries.get(key.partition("::")[0]) if isinstance(entries, dict) else None
    agent = entry.get("agent_id") if isinstance(entry, dict) else None
    if not isinstance(agent, dict):
        problems.append(f"nothing in `{group}` says who {visible(key)} is")
        return None
    return Claimed(
        path=path,
        ranges=joined(ranges),
        whose="ai",
        agent=name_of(agent.get("tool")) or "unnamed",
        model=name_of(agent.get("model")),
        conversation=name_of(agent.get("id")),
    )


def write_note(claims: Sequence[Claimed], commit: str, version: str) -> str:
    """Write a note about a commit. Only what an assistant wrote is claimed; `version` is that of Clearance."""
    sessions: dict[str, dict[str, Any]] = {}
    files: dict[str, list[str]] = {}
    for one in sorted(claims, key=lambda claim: (claim.path, claim.ranges)):
        if one.whose != "ai" or not one.ranges:
            continue
        key = "s_" + hashlib.sha256(f"{one.agent}:{one.conversation}:{one.model}".encode()).hexdigest()[:14]
        trace = "t_" + hashlib.sha256(f"{key}:{one.path}".encode()).hexdigest()[:14]
        sessions[key] = {"agent_id": {"tool": one.agent, "id": one.conversation, "model": one.model}}
        ranges = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in one.ranges)
        files.setdefault(one.path, []).append(f"  {key}::{trace} {ranges}")
    said = {
        "schema_version": VERSION,
        "git_ai_version": f"clearance {version}",
        "base_commit_sha": commit,
        "prompts": {},
        "sessions": sessions,
    }
    rows = [row for path, lines in files.items() for row in (_quoted(path), *lines)]
    return "\n".join([*rows, "---", json.dumps(said, indent=2, sort_keys=True)]) + "\n"


def _quoted(path: str) -> str:
    if any(sign.isspace() or sign == '"' for sign in path) or path.startswith("---"):
        escaped = path.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return path
