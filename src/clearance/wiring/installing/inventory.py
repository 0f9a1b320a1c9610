"""Which guards are installed here, and whether each still is what was installed."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from clearance.assistants.model import NAMES, Assistant, assistant
from clearance.facts.errors import ClearanceError
from clearance.install import disk, hooks
from clearance.install.disk import Stood
from clearance.install.jsonc import read
from clearance.install.manifest import Held
from clearance.install.marks import part, text_of
from clearance.install.pieces import Entries, Marked, Piece, Whole
from clearance.install.plan import Key, Want
from clearance.wiring.installing.books import Books
from clearance.wiring.installing.surroundings import Around, look_around

State = Literal["intact", "edited", "outdated", "missing"]


class Guard(NamedTuple):
    """One guard that stands here, or should by the manifest.

    `name` is `hook:claude-code:PreToolUse`, `pre-commit`, `ci:github`, `mcp:cursor`, `instructions:CLAUDE.md` or
    `settings`; `file` is absolute; `expected` and `found` are command lines of hooks, else the text that is ours (empty:
    not there). `state`: intact, edited (not what is installed by this version), outdated (instructions as an earlier run
    wrote them), missing. `changed` is when the file changed (nanoseconds; 0: no file). `local`: of this machine only.
    `problem`: why the file cannot be read as what it should be."""

    name: str
    assistant: str
    event: str
    file: Path
    expected: str
    found: str
    state: State
    changed: int = 0
    local: bool = False
    problem: str = ""


def inventory(directory: Path, environment: Mapping[str, str]) -> tuple[Guard, ...]:
    """List all guards that are installed around a directory, in the repository and in the home: those that the manifests
    name and those whose traces stand there. One that was never installed is not in the list.

    Raises:
        clearance.facts.errors.ClearanceError: no repository.
    """
    from clearance.wiring.installing.traces import traces

    around = look_around(directory, environment, writing=False)
    books = Books(around, environment)
    held = books.held()
    found: list[Guard] = []
    names = _having_instructions(around, books)
    for want in traces(around, environment, books, user=True, names=names):
        try:
            path = disk.resolved(around.folder(want.root), want.path)
            stands: Stood | ClearanceError = disk.stands(around.folder(want.root), path, writing=False)
        except ClearanceError as error:
            path, stands = want.path, error
        recorded = _recorded(held, want, path)
        found += _guards(want, around.folder(want.root) / path, stands, around, recorded=recorded)
    return tuple(dict.fromkeys(found))


def _having_instructions(around: Around, books: Books) -> tuple[str, ...]:
    """The assistants whose instructions this version would write here: those with hooks installed, and those in use."""
    parts = {name for held in books.held().values() for name in held.parts}
    if "instructions" not in parts:
        return ()
    whose = {name.partition(":")[2] for name in parts} & set(NAMES)
    return tuple(sorted(whose | {one.assistant.name for one in around.seen}))


def _recorded(held: Mapping[Key, Held], want: Want, path: str) -> bool:
    record = held.get((want.root, path))
    return record is not None and want.name in record.parts


def _guards(want: Want, file: Path, stands: Stood | ClearanceError, around: Around, *, recorded: bool) -> Iterator[Guard]:
    kind, _, rest = want.name.partition(":")
    name = f"instructions:{want.path}" if kind == "instructions" else want.name
    whose = rest if rest in NAMES else ""
    if isinstance(stands, ClearanceError) or (stands.data is None and recorded):
        problem = stands.what if isinstance(stands, ClearanceError) else "the file is gone"
        if not recorded:
            return
        events = [one.event for one in hooks.wanted(assistant(whose), around.programs.hook)] if kind == "hooks" else [""]
        for event in events:
            label = f"hook:{whose}:{event}" if kind == "hooks" else name
            yield Guard(label, whose, event, file, "", "", "missing", 0, want.local, problem)
        return
    if stands.data is None:
        return
    if kind == "hooks" and not isinstance(want.piece, Whole):
        yield from _hooks(want, assistant(whose), file, stands, around, recorded=recorded)
        return
    state = _state(want.piece, stands.data, want.path, recorded=recorded)
    if state is None:
        return
    expected, found = _texts(want.piece, stands.data, want.path)
    if kind == "hooks":
        for hook in hooks.wanted(assistant(whose), around.programs.hook):
            label = f"hook:{whose}:{hook.event}"
            yield Guard(label, whose, hook.event, file, expected, found, state, stands.changed, want.local)
        return
    yield Guard(name, whose, "", file, expected, found, state, stands.changed, want.local)


def _texts(piece: Piece, data: bytes, where: str) -> tuple[str, str]:
    """What of ours should stand in a file, and what does; JSON for entries."""
    text = text_of(data)
    try:
        match piece:
            case Whole():
                return piece.text, text
            case Marked():
                there = part(text, piece.name, where)
                return piece.body, there.body if there else ""
            case Entries():
                document = read(data, where)
                values = [document.value(document.at(pointer)) for pointer in piece.ours(document.value())]
                wanted = json.dumps([one.value for one in piece.entries], indent=2)
                return wanted, json.dumps(values, indent=2) if values else ""
    except ClearanceError:
        return "", ""


def _state(piece: Piece, data: bytes, where: str, *, recorded: bool) -> State | None:
    """Compare with what this version would write; what only a mark or seal tells of is compared with that."""
    try:
        taken = piece.take(data, where, None)
        if taken.data == data and not taken.kept:
            return "missing" if recorded else None
        if isinstance(piece, Whole) and piece.once:
            return "intact"
        unknown = (isinstance(piece, Whole) and not piece.text) or (isinstance(piece, Marked) and not piece.body)
        if unknown or taken.edited:
            return "edited" if taken.edited else "intact"
        same = piece.put(data, where, Held(path=where, parts={})).data == data
    except ClearanceError:
        return "edited"
    return "intact" if same else "outdated" if piece.name == "instructions" else "edited"


def _hooks(want: Want, one: Assistant, file: Path, stands: Stood, around: Around, *, recorded: bool) -> Iterator[Guard]:
    """Compare each hook of the contract with what stands in the file."""
    problem = ""
    try:
        there = hooks.installed(one, stands.data or b"")
    except ClearanceError as error:
        there, problem = (), f"{error.where}: {error.what}"
    ours = [hook for hook in there if hook.ours]
    if not ours and not recorded:
        return
    program = around.programs.hook
    for hook in hooks.wanted(one, program):
        found = next((other for other in ours if other.event == hook.event), None)
        same = found is not None and (found.command, found.matcher, found.timeout) == (
            hook.command,
            hook.matcher,
            hook.timeout,
        )
        yield Guard(
            f"hook:{one.name}:{hook.event}",
            one.name,
            hook.event,
            file,
            hook.command,
            found.command if found else "",
            "intact" if same else "edited" if found else "missing",
            stands.changed,
            want.local,
            problem,
        )
