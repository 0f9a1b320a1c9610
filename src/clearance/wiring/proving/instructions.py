"""Instructions that assistants read: there, whole, and of today."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.wiring.proving.books import Noted, contents, noted
from clearance.wiring.proving.scene import Scene, Watch, shot

if TYPE_CHECKING:
    from clearance.instruct.model import Stamp

KINDS = ("instructions",)
ALWAYS = False
PATIENT = False
_INIT = "clearance init"
_PART = "instructions"


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the files, and the team's rules that they are made from."""
    for one in _files(scene):
        yield str(one.path).encode("utf-8", "surrogateescape")
        try:
            yield contents(one.path) or b""
        except OSError as error:
            yield str(error).encode("utf-8", "surrogateescape")
    for path, data in sorted(scene.own.items()):
        yield path.encode("utf-8", "surrogateescape")
        yield data


def fire(scene: Scene) -> Iterable[Shot]:
    """Compare each file with what was written, and with what would be written today."""
    files = _files(scene)
    if not files:
        return [shot("instructions", Pulse.ABSENT, "no assistant has instructions of ours here")]
    today = _today(scene)
    return [_one(one, today) for one in files]


def glance(scene: Scene) -> list[Shot]:
    """Compare each file with what was written."""
    return [_one(one, None) for one in _files(scene)]


def _files(scene: Scene) -> list[Noted]:
    notes, _ = noted(scene)
    return [one for one in notes if _PART in one.held.parts]


def _today(scene: Scene) -> "Stamp | None":
    """Give the stamp of what would be written today; None where that cannot be told."""
    from clearance.wiring.instructing import current_stamp

    try:
        return current_stamp(scene.top)
    except (ClearanceError, OSError):
        return None


def _one(one: Noted, today: "Stamp | None") -> Shot:
    from clearance.install.marks import digest_of, part, sealed, text_of
    from clearance.instruct.text import read_stamp

    watch = Watch()
    guard = f"instructions:{one.shown}"
    try:
        data = contents(one.path)
    except OSError as error:
        return shot(guard, Pulse.DEAD, error.strerror or "cannot be read", mend=_INIT, where=one.shown)
    if data is None:
        return shot(guard, Pulse.DEAD, "is not there any more", mend=_INIT, where=one.shown)
    text = text_of(data)
    try:
        ours = part(text, _PART, one.shown)
    except ClearanceError as error:
        return shot(guard, Pulse.DEAD, f"its marks are torn: {error.what}", mend=error.next or _INIT, where=one.shown)
    if ours is not None:
        whole, body = ours.intact, ours.body
    else:
        seal = sealed(text)
        whole = seal if seal is not None else digest_of(text) == one.held.parts[_PART]
        body = text
        if seal is None and not whole and not one.held.made:
            return shot(guard, Pulse.DEAD, "our part is not in it any more", mend=_INIT, where=one.shown)
    if not whole:
        return shot(guard, Pulse.DEAD, "was changed by somebody else than `clearance init`", mend=_INIT, where=one.shown)
    written = read_stamp(body)
    if today is not None and written is not None and written != today:
        why = "as it was written; the rules have changed since, so it is out of date"
        return shot(guard, Pulse.ALIVE, why, mend=_INIT, where=one.shown, watch=watch)
    return shot(guard, Pulse.ALIVE, "as it was written", where=one.shown, watch=watch)
