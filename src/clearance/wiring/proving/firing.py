"""Fires canaries at hooks, side by side, and makes one shot of what came back for each."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.assistants.model import Assistant, Event
from clearance.facts.act import Moment
from clearance.facts.proof import Pulse, Shot
from clearance.wiring.proving import canary
from clearance.wiring.proving.answers import LATE, Done, Said, judge, lives, passes
from clearance.wiring.proving.payloads import Canary, canaries, harmless, stop
from clearance.wiring.proving.scene import NO_TIME, Scene, Watch, shot
from clearance.wiring.proving.stage import clean_environment, write

if TYPE_CHECKING:
    from clearance.wiring.proving.hooks import Found

_WORKERS = 2
_LONGEST = 300.0
_LEAST = 1.0
_MOST_OUT = 10 << 20
_LINE = "CLEARANCE_PROVED_LINE"
_SHELL = f'eval "${_LINE}"'
"""What the shell is given is always the same; the line, which was found to be ours before, stands in the environment."""


def fire(found: "Sequence[Found]", scene: Scene) -> list[Shot]:
    """Fire at hooks; the same line is started once for several files that hold it."""
    if not found:
        return []
    if any(one.event.moment is Moment.STOP for one in found) and not scene.quick:
        place = scene.stage.another("stop")
        write(place, "canary.py", canary.FLAW)
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        shots = list(pool.map(lambda one: _shot(one, scene), found))
    # A machine that is busy, with this proof itself not least, makes a guard late that is not dead: it gets a second chance.
    return [_shot(one, scene) if LATE in shot.why else shot for one, shot in zip(found, shots, strict=True)]


def start(line: str, payload: bytes, place: Path, seconds: float, scene: Scene) -> Done:
    """Start a command line as an assistant does: through sh, with the payload on standard input, and no longer than it would
    wait. Nothing of what it started is left."""
    environment = clean_environment(scene.environment) | {_LINE: line}
    process = subprocess.Popen(
        ["/bin/sh", "-c", _SHELL], cwd=place, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = process.communicate(payload, timeout=seconds)
        return Done(process.returncode, out[:_MOST_OUT], err[:_MOST_OUT], seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):  # who left the group may still hold the pipes
            process.communicate(timeout=_LEAST)
        return Done(None, b"", b"", seconds)


def _shot(one: "Found", scene: Scene) -> Shot:
    event, assistant = one.event, one.place.assistant
    guard = f"hook:{assistant.name}:{event.name}{one.place.suffix}"
    watch = Watch()
    where = one.place.shown
    seconds = min(one.entry.timeout or event.timeout or _LONGEST, _LONGEST)
    if scene.left < _LEAST:
        return shot(guard, Pulse.UNTRIED, NO_TIME, mend="clearance prove", where=where)
    seconds = min(seconds, scene.left)
    if scene.quick and event.moment in (Moment.START, Moment.STOP):
        why = "stands there as it was installed; a quick proof does not fire at it"
        return shot(guard, Pulse.ALIVE, why, where=where)
    if event.moment in (Moment.BEFORE, Moment.PROMPT, Moment.STOP):
        said, took = _volley(one, seconds, scene)
    else:
        began = time.monotonic()
        fired = next(iter(canaries(assistant, event, scene.stage.place)), None)
        done = start(one.entry.command, fired.payload if fired else b"{}", scene.stage.place, seconds, scene)
        said, took = lives(assistant, event, done), round((time.monotonic() - began) * 1000)
    if said.pulse is not Pulse.ALIVE and LATE in said.why and scene.left < _LEAST:
        return shot(guard, Pulse.UNTRIED, NO_TIME, mend="clearance prove", where=where)
    if said.pulse is not Pulse.ALIVE:
        mend = "clearance prove, once what it says is mended; `clearance resident stop` starts the resident anew"
        return shot(guard, Pulse.DEAD, said.why, mend=mend, where=where, watch=watch)
    if one.note:
        words = f"answers as it should, but: {one.note}"
        return shot(guard, Pulse.UNTRIED, words, mend=one.note.partition(": ")[2] or one.note, where=where, watch=watch)
    made = shot(guard, Pulse.ALIVE, said.why, where=where)
    import msgspec

    return msgspec.structs.replace(made, milliseconds=took)


def _volley(one: "Found", seconds: float, scene: Scene) -> tuple[Said, int]:
    """Fire all canaries of an event; give the worst of what came back, and the milliseconds of the longest."""
    event, assistant = one.event, one.place.assistant
    stopped, longest = [], 0
    for fired in _canaries(assistant, event, scene):
        place = scene.stage.place
        began = time.monotonic()
        done = start(one.entry.command, fired.payload, place, seconds, scene)
        longest = max(longest, round((time.monotonic() - began) * 1000))
        said = judge(assistant, event, done, fired.marks)
        if said.pulse is not Pulse.ALIVE:
            return said._replace(why=f"{fired.what}: {said.why}"), longest
        stopped.append(fired.what)
    more = "" if scene.quick else _refuses_all(one, seconds, scene)
    if not stopped:
        return Said(Pulse.ALIVE, "has nothing to stop", stopped=False), longest
    return Said(Pulse.ALIVE, f"stopped: {', '.join(stopped)}{more}", stopped=True), longest


def _canaries(assistant: Assistant, event: Event, scene: Scene) -> list[Canary]:
    if event.moment is Moment.STOP:
        return [stop(assistant, event, scene.stage.folder / "stop")]
    return list(canaries(assistant, event, scene.stage.place, quick=scene.quick))


def _refuses_all(one: "Found", seconds: float, scene: Scene) -> str:
    """Say so if a hook refuses what nothing speaks against, too."""
    payload = harmless(one.place.assistant, one.event, scene.stage.place)
    if payload is None:
        return ""
    done = start(one.entry.command, payload, scene.stage.place, seconds, scene)
    return "" if passes(one.event, done) else "; but it refuses a harmless write, too"
