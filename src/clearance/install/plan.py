"""Wanted pieces and what stands there -> changes of files. Pure: bytes in, bytes out."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clearance.facts.errors import BadFile, ClearanceError
from clearance.install.disk import Stood
from clearance.install.manifest import Held
from clearance.install.pieces import Piece, Put

Root = str
"""Below what a path lies: `repository` (the top of the working tree), `git` (its common git directory), `home`."""


class Want(NamedTuple):
    """One piece for one file. `why` is one line for people; `local`: it is of this machine, so not for the team's manifest;
    `drop`: it must not be there."""

    root: Root
    path: str
    piece: Piece
    why: str
    mode: int = 0o644
    local: bool = False
    drop: bool = False

    @property
    def name(self) -> str:
        """What the piece is: `hooks:claude-code`, `instructions`, `pre-commit`."""
        return self.piece.name


class Change(NamedTuple):
    """One file: its bytes before (None: none) and after (None: removed), its mode, which pieces with why, those that a
    person had changed, and what the manifest must remember (None: nothing)."""

    root: Root
    path: str
    old: bytes | None
    new: bytes | None
    mode: int
    pieces: tuple[tuple[str, str], ...]
    edited: tuple[str, ...]
    held: Held | None
    local: bool

    @property
    def quiet(self) -> bool:
        """Whether nothing of the file changes."""
        return self.old == self.new


class Refusal(NamedTuple):
    """One piece that could not be planned or written, and why."""

    root: Root
    path: str
    name: str
    error: ClearanceError


class Plan(NamedTuple):
    """All changes in the order of writing; what was refused; what stays although it is ours (path, why)."""

    changes: tuple[Change, ...]
    refused: tuple[Refusal, ...]
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether no file changes."""
        return all(change.quiet for change in self.changes)


Key = tuple[Root, str]


def plan_install(wants: Sequence[Want], stood: Mapping[Key, Stood | ClearanceError], held: Mapping[Key, Held]) -> Plan:
    """Plan to put all wanted pieces in. Files are changed in the order in which they are named first; a piece that is
    refused leaves the other pieces of its file."""
    changes: list[Change] = []
    refused: list[Refusal] = []
    for key, pieces in _by_file(wants).items():
        stands = stood[key]
        if isinstance(stands, ClearanceError):
            refused += [Refusal(*key, want.name, stands) for want in pieces if not want.drop]
            continue
        data, edited, done = stands.data, [], []
        record = _record(key, stands.data, pieces, held.get(key))
        for want in pieces:
            try:
                if want.drop:
                    data, record = _dropped(want, data, record)
                    done.append((want.name, want.why))
                    continue
                put = _put(want.piece, data, want.path, record)
            except ClearanceError as error:
                refused.append(Refusal(*key, want.name, error))
                continue
            data, record = put.data, put.held
            done.append((want.name, want.why))
            edited += [want.name] if put.edited else []
        if done and (data is not None or stands.data is not None):
            mode = stands.mode if stands.data is not None else pieces[0].mode
            left = record if record.parts and data is not None else None
            changes.append(Change(*key, stands.data, data, mode, tuple(done), tuple(edited), left, pieces[0].local))
    return Plan(tuple(changes), tuple(refused))


def plan_removal(wants: Sequence[Want], stood: Mapping[Key, Stood | ClearanceError], held: Mapping[Key, Held]) -> Plan:
    """Plan to take all pieces out again, the last one of each file first."""
    changes: list[Change] = []
    refused: list[Refusal] = []
    kept: list[tuple[str, str]] = []
    for key, pieces in _by_file(wants).items():
        stands = stood[key]
        record = held.get(key)
        if isinstance(stands, ClearanceError):
            refused += [Refusal(*key, want.name, stands) for want in pieces] if record else []
            continue
        data, edited, done = stands.data, [], []
        for want in reversed(pieces):
            if data is None:
                break
            try:
                taken = want.piece.take(data, want.path, record)
            except ClearanceError as error:
                refused.append(Refusal(*key, want.name, error))
                continue
            kept += [(want.path, taken.kept)] if taken.kept else []
            if taken.data != data:
                done.append((want.name, want.why))
                edited += [want.name] if taken.edited else []
                data = taken.data
        if done:
            local = pieces[0].local
            changes.append(Change(*key, stands.data, data, stands.mode, tuple(reversed(done)), tuple(edited), None, local))
    return Plan(tuple(changes), tuple(refused), tuple(kept))


def _by_file(wants: Sequence[Want]) -> dict[Key, list[Want]]:
    """Group by file; of two pieces with one name in one file (a link from one to the other), the first counts."""
    files: dict[Key, list[Want]] = {}
    for want in wants:
        pieces = files.setdefault((want.root, want.path), [])
        if all(one.name != want.name for one in pieces):
            pieces.append(want)
    return files


def _record(key: Key, data: bytes | None, pieces: Sequence[Want], held: Held | None) -> Held:
    """Start from what the manifest says, unless nothing of ours is there: then the file as it stands is what was before."""
    if data is None or held is None:
        return Held(path=key[1], parts={})
    for want in pieces:
        try:
            if want.piece.take(data, want.path, held).data != data:
                return held
        except BadFile:
            return held
    return Held(path=key[1], parts={})


def _put(piece: Piece, data: bytes | None, where: str, held: Held) -> Put:
    """Put a piece in, and make sure that it can be taken out without a trace.

    Raises:
        BadFile: it cannot.
    """
    put = piece.put(data, where, held)
    fresh = data is None or piece.take(data, where, held).data == data
    if fresh and put.data != data and piece.take(put.data, where, put.held).data != data:
        raise BadFile("it could not be taken out again without a trace", where=where, next="add it by hand")
    return put


def _dropped(want: Want, data: bytes | None, held: Held) -> tuple[bytes | None, Held]:
    import msgspec

    if data is None:
        return None, held
    left = want.piece.take(data, want.path, held if held.parts else None).data
    rest = {name: one for name, one in held.parts.items() if name != want.name}
    return left, msgspec.structs.replace(held, parts=rest)
