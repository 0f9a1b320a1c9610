"""What an assistant is about to do, as a change that does not stand anywhere yet."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from clearance.collect.memory import change_of
from clearance.collect.repository import open_regular
from clearance.collect.sides import path_name
from clearance.facts.act import Act, Moment, Write
from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Collected, SideName
from clearance.facts.errors import CollectError
from clearance.facts.finding import Gap, GapKind

COMMAND, PROMPT, ARGUMENTS = "command.sh", "prompt.md", "arguments.json"
MOST_BYTES = 16 << 20
"""How much of one file is taken in; what is longer is a gap."""
TEXTS = frozenset({COMMAND, PROMPT, ARGUMENTS})
"""The names of what is no file: no file of an act bears them."""
_MOST_FILES = 5_000
"""How many files around an act are listed; an assistant waits for it."""
_NOT_OURS = frozenset(
    {".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache", "target"}
)


class ActContents:
    """The bytes behind an act: both sides of what it would write, and around them the files of the working tree as they
    stand, which are listed on the first question for them only."""

    def __init__(self, top: Path, before: Mapping[str, bytes], after: Mapping[str, bytes], assistant: str = "") -> None:
        """`assistant` is the name of the contract of who acts."""
        self.assistant = assistant
        self._top = top
        self._sides: dict[SideName, Mapping[str, bytes]] = {"before": before, "after": after}

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of one side of a file that the act writes."""
        return self._sides[side][path][:limit]

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree: not where it is very large."""
        return 0 < len(self._listed) < _MOST_FILES

    def paths(self) -> Sequence[str]:
        """Give the paths of all files around the act, sorted."""
        gone = self._sides["before"].keys() - self._sides["after"].keys()
        return sorted((set(self._listed) | self._sides["after"].keys()) - gone)

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of any file as it would be.

        Raises:
            CollectError: it cannot be read.
            KeyError: there is no such file.
        """
        held = self._sides["after"].get(path)
        if held is not None:
            return held[:limit]
        if path not in self._known:
            raise KeyError(path)
        try:
            data = read_file(self._top / path, limit)
        except OSError as error:
            raise CollectError(f"cannot be read: {error.strerror}", where=path) from error
        if data is None:
            raise KeyError(path)
        return data

    def gone(self) -> Mapping[str, str]:
        """Give the paths that only the before side has, each by itself."""
        return {path: path for path in self._sides["before"] if path not in self._sides["after"]}

    @cached_property
    def _listed(self) -> tuple[str, ...]:
        # A home or a root is no project: what lies there says nothing about what is written.
        return tuple(_walk(self._top)) if os.path.lexists(self._top / ".git") else ()

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self._listed)


def collect_act(act: Act, top: Path, more: Sequence[Write] = (), agent: str = "") -> Collected:
    """Make the change that an act would make: what it writes, runs, sends or hands to a tool. `top` is the folder that paths
    are told from, `more` are files that its command would write, `agent` names the assistant for people.

    A file that lies elsewhere keeps its whole path. What cannot be read as it stands is new from its first line.
    """
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    gaps: list[Gap] = []
    source = _source(act)
    match source:
        case "command":
            after[COMMAND] = _for_reading(act).encode("utf-8", "replace")
        case "prompt":
            after[PROMPT] = act.prompt.encode("utf-8", "replace")
        case "tool":
            after[ARGUMENTS] = _spelled_out(act.arguments).encode("utf-8", "replace")
        case _:
            pass
    if act.arguments and source in {"command", "write"}:
        after[ARGUMENTS] = _spelled_out(act.arguments).encode("utf-8", "replace")
    for write in (*act.writes, *more):
        _write(write, act, top, before, after, gaps)
    author = Actor(name=agent or act.assistant, kind=ActorKind.AGENT)
    known = Authorship(author=author, evidence=Evidence.ENVIRONMENT, detail="a hook of the assistant")
    collected = change_of(before, after, author=known)
    change = msgspec.structs.replace(collected.change, source=source)
    return Collected(change, ActContents(top, before, after, act.assistant), (*collected.gaps, *gaps))


def _source(act: Act) -> Literal["write", "command", "prompt", "tool"]:
    if act.moment is Moment.PROMPT:
        return "prompt"
    if act.command:
        return "command"
    return "write" if act.writes else "tool"


def _for_reading(act: Act) -> str:
    """Give a command as the reader of shells takes it: where `\\` parts folders (PowerShell) it becomes `/`."""
    windows = "powershell" in act.tool.casefold() or act.tool.casefold() in {"cmd", "pwsh"}
    return act.command.replace("\\", "/").replace("`", "") if windows else act.command


def _spelled_out(arguments: str) -> str:
    """Write JSON with its strings as they mean, so that no escape hides what stands in them."""
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return arguments


def _write(write: Write, act: Act, top: Path, before: dict[str, bytes], after: dict[str, bytes], gaps: list[Gap]) -> None:
    place = Path(act.directory, Path(write.path).expanduser())
    path = _name(place, top)
    had = after.get(path)
    if had is None:
        try:
            had = read_file(place, MOST_BYTES + 1)
        except OSError as error:
            had = None
            if os.path.lexists(place):
                gaps.append(
                    Gap(scanner="all", path=path, kind=GapKind.UNREADABLE, detail=error.strerror or "", introduced=False)
                )
        if had is not None and path not in before:
            before[path] = had
    if write.moved_to:
        after.pop(path, None)
        before.setdefault(path, b"")  # its name counts, whether or not it can be read
        path = _name(Path(act.directory, Path(write.moved_to).expanduser()), top)
    if write.gone:
        after.pop(path, None)
        before.setdefault(path, b"")
        return
    after[path] = _edited(had or b"", write)
    if after[path] == before.get(path):
        # Nothing would change, and what stands there already is not the question.
        del after[path], before[path]


def _name(place: Path, top: Path) -> str:
    """Name a file as changes do; one that happens to bear the name of an act's own text never takes its place."""
    path = shown(place, top)
    return f"./{path}" if path in TEXTS else path


def _edited(had: bytes, write: Write) -> bytes:
    if write.text is not None:
        return write.text.encode("utf-8", "replace")
    text = had.decode("utf-8", "surrogateescape")
    for edit in write.edits:
        if edit.old and edit.old in text:
            text = text.replace(edit.old, edit.new) if edit.everywhere else text.replace(edit.old, edit.new, 1)
        else:
            # Assistants match loosely, and the file may have changed: what would be new is looked at in any case.
            text += ("" if not text or text.endswith("\n") else "\n") + edit.new
    return _bytes(text)


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def shown(place: Path, top: Path) -> str:
    """Give the path of a file as changes have it: from `top`, links resolved, so that no link gives a guard another name;
    whole, without its first slash, where it lies elsewhere."""
    real = os.path.realpath(place)
    inside = os.path.relpath(real, os.path.realpath(top))
    name = real.lstrip("/") if inside == ".." or inside.startswith("../") else inside
    return path_name(os.fsencode(name))


def read_file(place: Path, limit: int) -> bytes | None:
    """Read at most `limit` bytes of a regular file, links followed; None where there is none.

    Raises:
        OSError: it is there and cannot be read.
    """
    try:
        stream = open_regular(Path(os.path.realpath(place)))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stream is None:
        return None
    with stream:
        return stream.read(limit)


def _walk(top: Path) -> Iterator[str]:
    """Give the paths of the files below a folder, without what tools keep there."""
    stack, left = [os.fsencode(top)], _MOST_FILES
    start = len(os.fsencode(top)) + 1
    while stack:
        folder = stack.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda one: one.name)
        except OSError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if os.fsdecode(entry.name) not in _NOT_OURS:
                    stack.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                yield path_name(entry.path[start:])
                left -= 1
                if not left:
                    return
