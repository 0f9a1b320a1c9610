"""Records of Agent Trace 0.1.0 (`application/vnd.agent-trace.record+json`, https://agent-trace.dev).

A record is about a revision, and names by file the lines that conversations produced. The published schema wants versions
of two numbers and refuses the specification's own examples; what the text says is written (`0.1.0`), and any version that
begins with 0 or 1 is read. A `content_hash` is not looked at: the text of the revision is there. Nobody signs a record.
"""

import re
from collections.abc import Sequence
from typing import Any

from clearance.facts.change import Range
from clearance.facts.claimed import Claimed, Record, Whose
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
)

MEDIA_TYPE = "application/vnd.agent-trace.record+json"
VERSION = "0.1.0"
_VERSION = re.compile(r"[01](?:\.[0-9]{1,4}){1,2}")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})")
_WHOSE: dict[str, Whose] = {"ai": "ai", "human": "human", "mixed": "mixed", "unknown": "unknown"}


def read_records(data: bytes) -> list[Record]:
    """Read one record, an array of them, or one a line.

    Raises:
        BadFile: it is no JSON at all, or too long.
    """
    if len(data) > MOST_BYTES:
        raise BadFile(f"longer than {MOST_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFile("no UTF-8") from None
    try:
        whole = read_json(text)
    except BadFile:
        rows = [row for row in text.split("\n") if row.strip()]
        if len(rows) < 2:
            raise
        return [_record_of_line(row, number) for number, row in enumerate(rows, 1)]
    return [_record(one) for one in (whole if isinstance(whole, list) else [whole])]


def _record_of_line(row: str, number: int) -> Record:
    try:
        return _record(read_json(row))
    except BadFile as error:
        return Record(commit="", claims=(), problems=(f"line {number}: {error}",))


def _record(said: object) -> Record:
    if not isinstance(said, dict):
        return Record(commit="", claims=(), problems=("a record is no object",))
    version = said.get("version")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return Record(commit="", claims=(), problems=(f"version is {visible(str(version))[:40]}, not {VERSION}",))
    problems: list[str] = []
    vcs = said.get("vcs")
    commit = vcs.get("revision") if isinstance(vcs, dict) and vcs.get("type") == "git" else None
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        problems.append("it names no git commit")
        commit = ""
    tool = said.get("tool")
    agent = name_of(tool.get("name")) if isinstance(tool, dict) else ""
    files = said.get("files")
    claims: list[Claimed] = []
    left = [MOST_RANGES]
    for number, file in enumerate(files[:MOST_FILES] if isinstance(files, list) else ()):
        claims += _of_file(file, f"files[{number}]", agent, left, problems)
    if not isinstance(files, list) or len(files) > MOST_FILES:
        problems.append(f"`files` is no list, or longer than {MOST_FILES:,}")
    time = said.get("timestamp")
    return Record(
        commit=commit,
        claims=tuple(claims),
        problems=tuple(dict.fromkeys(problems))[:MOST_PROBLEMS],
        time=time if isinstance(time, str) and _TIME.fullmatch(time) else "",
    )


def _of_file(file: object, where: str, agent: str, left: list[int], problems: list[str]) -> list[Claimed]:
    path = file.get("path") if isinstance(file, dict) else None
    conversations = file.get("conversations") if isinstance(file, dict) else None
    if not isinstance(path, str) or not is_path(path) or not isinstance(conversations, list):
        problems.append(f"{where}: no path with conversations")
        return []
    found: list[Claimed] = []
    for number, one in enumerate(conversations):
        ranges = one.get("ranges") if isinstance(one, dict) else None
        if not isinstance(ranges, list) or len(ranges) > left[0]:
            problems.append(f"{where}.conversations[{number}]: no ranges, or too many")
            continue
        left[0] -= len(ranges)
        by: dict[tuple[Whose, str], list[Range]] = {}
        for place, each in enumerate(ranges):
            range_ = _range(each)
            if range_ is None:
                problems.append(f"{where}.conversations[{number}].ranges[{place}]: no range of lines")
            else:
                by.setdefault(_who(each.get("contributor") or one.get("contributor")), []).append(range_)
        url = name_of(one.get("url"))
        for (whose, model), lines in by.items():
            made = whose in ("ai", "mixed")
            found.append(
                Claimed(
                    path=path,
                    ranges=joined(lines),
                    whose=whose,
                    agent=(agent or "unnamed") if made else "",
                    model=model if made else "",
                    conversation=url if made else "",
                )
            )
    return found


def _range(said: object) -> Range | None:
    if not isinstance(said, dict):
        return None
    first, last = said.get("start_line"), said.get("end_line")
    if type(first) is not int or type(last) is not int or not 1 <= first <= last <= MOST_LINE:
        return None
    return first, last


def _who(said: object) -> tuple[Whose, str]:
    if not isinstance(said, dict):
        return "unknown", ""
    return _WHOSE.get(str(said.get("type")), "unknown"), name_of(said.get("model_id"))


def record_of(claims: Sequence[Claimed], commit: str, time: str, id_: str, version: str) -> dict[str, Any]:
    """Give a record about a commit, as JSON values: `id_` is a UUID, `time` RFC 3339, `version` that of Clearance. Several
    assistants stand in one record; their names are told in `metadata`."""
    files: dict[str, list[dict[str, Any]]] = {}
    for one in claims:
        contributor: dict[str, str] = {"type": one.whose} | ({"model_id": one.model} if one.model else {})
        conversation: dict[str, Any] = {
            "contributor": contributor,
            "ranges": [{"start_line": first, "end_line": last} for first, last in one.ranges],
        }
        if ":" in one.conversation:  # a URL; an id alone is none
            conversation["url"] = one.conversation
        files.setdefault(one.path, []).append(conversation)
    agents = sorted({one.agent for one in claims if one.agent})
    return {
        "version": VERSION,
        "id": id_,
        "timestamp": time,
        "vcs": {"type": "git", "revision": commit},
        "tool": {"name": agents[0] if len(agents) == 1 else "clearance", "version": "" if len(agents) == 1 else version},
        "files": [{"path": path, "conversations": found} for path, found in sorted(files.items())],
        "metadata": {"urn:clearance": {"version": version, "agents": agents}},
    }
