"""One proof from end to end: which guards are tried, which stand as they were, what is gone, since when, and the record."""

import hashlib
import importlib
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import msgspec

from clearance import __version__
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.fact import digest
from clearance.facts.moment import rfc3339
from clearance.facts.outcome import Receipt
from clearance.facts.proof import Proof, Pulse, Shot
from clearance.wiring.proving import recorded
from clearance.wiring.proving.recorded import Known
from clearance.wiring.proving.scene import NO_TIME, Scene, shot

GUARDS = (
    "gate", "hooks", "mcp", "pre_commit", "pages", "policies", "instructions", "ci", "log", "data", "resident",
)  # fmt: skip
"""Modules of this folder, one a kind of guard; those that take longest come first."""
_DAY = timedelta(days=1)
_LEEWAY = timedelta(minutes=5)
"""So much may a clock have been set back since a proof."""
_WORKERS = 2
_GRACE = 1.0
GONE = "it was alive, and nothing of it is left"
"""How the reason of a guard begins that was there at the last proof."""
_PASSING = frozenset({"resident"})
"""Kinds of guards that come and go by themselves."""
_LINE = re.compile(r":\d+(?:-\d+)?$")
_PLURALS = {"policies": "policy", "gates": "gate"}

Progress = Callable[[int, int], None]


class Guard(Protocol):
    """A module of this folder that tries one kind of guard.

    `KINDS` are the kinds of its shots. `ALWAYS`: it is fired in a quick proof, too. `PATIENT`: a quick proof for which there
    is nothing to reuse leaves it out, because it takes long.
    """

    KINDS: tuple[str, ...]
    ALWAYS: bool
    PATIENT: bool

    def inputs(self, scene: Scene) -> Iterable[bytes]:
        """Give all that the result rests on, as bytes, in a fixed order."""
        ...

    def fire(self, scene: Scene) -> Iterable[Shot]:
        """Fire at each guard of this kind."""
        ...


class Proven(NamedTuple):
    """A proof and what belongs to it: the receipt of its entry (None where it was not recorded, with the reason in
    `unrecorded`), when the proof was made from which something was taken (RFC 3339, or empty), when each guard was alive
    last, and whether something could not be tried that should have been."""

    proof: Proof
    receipt: Receipt | None
    unrecorded: str
    reused: str
    lived: Mapping[str, str]
    failed: bool

    @property
    def exit(self) -> int:
        """0 where all installed guards are alive, 1 where some are dead, 4 where it could not be proved."""
        return 1 if self.proof.dead else 4 if self.failed else 0


def guard(name: str) -> Guard:
    """Import the module that tries a kind of guard."""
    return cast("Guard", importlib.import_module(f"{__package__}.{name}"))


def proven(
    directory: Path,
    environment: Mapping[str, str],
    *,
    quick: bool = False,
    full: bool = False,
    only: Collection[str] = (),
    forget: Collection[str] = (),
    progress: Progress | None = None,
) -> Proven:
    """Prove, and record it. `forget` names guards that were taken out on purpose: that they are gone is no news then.

    Raises:
        UsageError: there is no kind of guard of a name in `only`.
    """
    wanted = kinds_of(only)
    guards = [one for one in map(guard, GUARDS) if not wanted or wanted & set(one.KINDS)]
    with closing(Scene(directory, environment, quick=quick, full=full)) as scene:
        scene.prepare()
        before, trouble = _known(scene)
        inputs = _inputs(guards, scene)
        fired, kept = _chosen(guards, before, inputs, scene)
        shots, failed = _fire(fired, scene, progress)
        tried = {kind for one in fired for kind in one.KINDS}
        stale = [one for one in before.shots if one.kind not in tried and any(one.kind in each.KINDS for each in kept)]
        shots += [one for one in stale if not wanted or one.kind in wanted]
        shots = _remembered(shots, before)
        if wanted:
            shots = [one for one in shots if one.kind in wanted]
            tried &= wanted
        shots += _gone(shots, before, tried, forget)
        at = rfc3339(datetime.now(UTC))
        shots = [_since(one, before, scene, at) for one in shots]
        proof = Proof(
            version=__version__, at=at, inputs=digest(inputs), shots=tuple(sorted(shots, key=lambda one: one.guard))
        )
        reused = min((before.tried.get(one.kind, "") for one in stale), default="")
        if quick and _nothing_new(proof, before, fired):
            return Proven(proof, None, "", reused, before.lived, failed)
        receipt, trouble = _record(
            proof, scene, inputs, tried, trouble, before.proof if stale else "", whole=not (quick or wanted or failed)
        )
    return Proven(proof, receipt, trouble, reused, before.lived, failed)


def kinds_of(names: Collection[str]) -> set[str]:
    """Give the kinds of guards that people name, in singular or plural.

    Raises:
        UsageError: there is no such kind; it names the nearest.
    """
    known = {kind for name in GUARDS for kind in guard(name).KINDS}
    found = set()
    for name in names:
        kind = next((one for one in (name, _PLURALS.get(name, ""), name.removesuffix("s")) if one in known), None)
        if kind is None:
            import difflib

            near = difflib.get_close_matches(name[:64], known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"one of {', '.join(sorted(known))}"
            raise UsageError("there is no such kind of guard", where=ascii(name[:64]), next=hint)
        found.add(kind)
    return found


def _known(scene: Scene) -> tuple[Known, str]:
    try:
        return recorded.known(scene.directory, scene.environment), ""
    except ClearanceError as error:
        return Known(place=""), str(error)


def _inputs(guards: Sequence[Guard], scene: Scene) -> dict[str, str]:
    """Give the digest of what each kind of guard rests on; our own code is part of each."""
    from clearance.stores.pages import code_stamp

    ours = f"{__version__}\0{sys.version}\0{sys.executable}\0{code_stamp()}".encode()
    found = {}
    for one in guards:
        stamp = hashlib.sha256(ours)
        try:
            for piece in one.inputs(scene):
                stamp.update(len(piece).to_bytes(8, "big"))
                stamp.update(piece)
        except (OSError, ClearanceError) as error:  # the guard itself tells it
            stamp.update(str(error).encode("utf-8", "replace"))
        for kind in one.KINDS:
            found[kind] = stamp.hexdigest()
    return found


def _chosen(
    guards: Sequence[Guard], before: Known, inputs: Mapping[str, str], scene: Scene
) -> tuple[list[Guard], list[Guard]]:
    """Choose which guards are tried now, and which stand as in earlier proofs: those of a quick proof that rest on the same
    as then, were tried within a day, and were not dead."""
    if not scene.quick:
        return list(guards), []
    now = datetime.now(UTC)
    dead = {one.kind for one in before.shots if one.pulse is Pulse.DEAD or one.why == NO_TIME}
    fired, kept = [], []
    for one in guards:
        fresh = all(_recent(before.tried.get(kind, ""), now) for kind in one.KINDS)
        same = fresh and all(before.inputs.get(kind) == inputs[kind] for kind in one.KINDS)
        if same and not one.ALWAYS and not dead & set(one.KINDS):
            kept.append(one)
        elif not one.PATIENT or any(kind in before.tried for kind in one.KINDS):
            fired.append(one)
    return fired, kept


def _recent(moment: str, now: datetime) -> bool:
    return bool(moment) and timedelta() <= now - datetime.fromisoformat(moment) + _LEEWAY < _DAY


def _fire(guards: Sequence[Guard], scene: Scene, progress: Progress | None) -> tuple[list[Shot], bool]:
    """Try guards side by side; most of the time they wait for a program. What a quick proof has no time for is untried."""
    shots: list[Shot] = []
    failed = False
    pool = ThreadPoolExecutor(max_workers=_WORKERS)
    # Whoever may run out of time begins with what takes least.
    running = {pool.submit(_tried, one, scene): one for one in (reversed(guards) if scene.quick else guards)}
    try:
        for done, future in enumerate(as_completed(running, scene.left + _GRACE if scene.quick else None), 1):
            found, broke = _result(future, running[future])
            shots += found
            failed = failed or broke
            if progress:
                progress(done, len(guards))
    except TimeoutError:
        late = [one for future, one in running.items() if not future.done()]
        shots += [shot(kind, Pulse.UNTRIED, NO_TIME, mend="clearance prove") for one in late for kind in one.KINDS]
    finally:
        pool.shutdown(wait=not scene.quick, cancel_futures=True)
    return shots, failed


def _result(future: "Future[list[Shot]]", one: Guard) -> tuple[list[Shot], bool]:
    """Give the shots of a guard that was tried, and whether it could not be: that keeps no other from being tried."""
    try:
        return future.result(), False
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
        said = str(error) if isinstance(error, (ClearanceError, OSError)) else type(error).__name__
        mend = "run `clearance prove` again; report it if it stays"
        return [shot(kind, Pulse.UNTRIED, f"could not be tried: {said}", mend=mend) for kind in one.KINDS], True


def _tried(one: Guard, scene: Scene) -> list[Shot]:
    return list(one.fire(scene))


def _remembered(shots: Sequence[Shot], before: Known) -> list[Shot]:
    """Put what was dead in the place of what could not be tried now: nothing says that it was mended."""
    untried = {one.guard for one in shots if one.pulse is Pulse.UNTRIED}
    told = {one.guard for one in shots} - untried
    dead = [
        one
        for one in before.shots
        if one.pulse is Pulse.DEAD and (one.guard in untried or one.kind in untried) and one.guard not in told
    ]
    named = {one.guard for one in dead}
    return [one for one in shots if one.guard not in named] + dead


def _gone(shots: Sequence[Shot], before: Known, tried: set[str], forget: Collection[str]) -> list[Shot]:
    """Tell the guards that were there at the last proof and of which nothing is left. They stand in for their absence."""
    there = {one.guard for one in shots if one.pulse is not Pulse.ABSENT}
    # A guard by the name of its kind stands for all of them: nobody looked at each, or none could be read.
    whole = {one.guard for one in shots if one.pulse in (Pulse.UNTRIED, Pulse.DEAD)}
    lost = []
    for old in before.shots:
        was = old.pulse is Pulse.ALIVE or (old.pulse is Pulse.DEAD and old.guard in before.lived)
        looked = old.kind in tried - _PASSING and old.kind not in whole
        if was and looked and old.guard not in there and old.guard not in forget:
            when = before.lived.get(old.guard, before.whole)
            why = f"{GONE}; it was alive last on {when}" if when else GONE
            again = "put the file back" if old.kind in {"policy", "rule"} else "run: clearance init"
            mend = f"{again}; if it was taken out on purpose: clearance prove --forget {old.guard}"
            lost.append(shot(old.guard, Pulse.DEAD, why, mend=mend, where=old.where))
    return lost


def _since(one: Shot, before: Known, scene: Scene, at: str) -> Shot:
    """Say since when a guard is dead: when its file was changed after it was alive last, or when a proof noticed first."""
    if one.pulse is not Pulse.DEAD or one.since:
        return one
    lived, died = before.lived.get(one.guard, ""), before.died.get(one.guard, "")
    changed = _changed(one.where, scene)
    if changed and changed >= lived and (not died or changed <= died):
        return msgspec.structs.replace(one, since=changed)
    return msgspec.structs.replace(one, since=died or at)


def _changed(where: str, scene: Scene) -> str:
    path = _LINE.sub("", where)
    if not path:
        return ""
    path = path.replace("~", str(scene.home), 1) if path.startswith("~/") and scene.home else path
    try:
        return rfc3339(datetime.fromtimestamp((scene.top / path).lstat().st_mtime, UTC))
    except (OSError, ValueError, OverflowError):
        return ""


def _nothing_new(proof: Proof, before: Known, fired: Sequence[Guard]) -> bool:
    """Tell whether a quick proof only shows what is recorded already: then the log need not grow with every start."""
    old = {one.guard: one.pulse for one in before.shots}
    kinds = {one.kind for one in before.shots}
    known = (
        old.get(one.guard) is one.pulse
        or (one.pulse is Pulse.UNTRIED and (one.guard in old or (one.guard == one.kind and one.kind in kinds)))
        for one in proof.shots
    )
    return all(one.ALWAYS for one in fired) and all(known)


def _record(
    proof: Proof, scene: Scene, inputs: Mapping[str, str], tried: Collection[str], trouble: str, reused: str, *, whole: bool
) -> tuple[Receipt | None, str]:
    if trouble:
        return None, trouble
    try:
        kinds = tuple(sorted(tried))
        return (
            recorded.record(proof, scene.directory, inputs=inputs, tried=kinds, whole=whole, reused=reused),
            "",
        )
    except (ClearanceError, OSError) as error:
        return None, str(error)
