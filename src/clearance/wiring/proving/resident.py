"""The resident that hooks ask: if one runs, it is this user's, of this version, and it answers."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from typing import Any

from clearance import __version__
from clearance.facts.proof import Pulse, Shot
from clearance.wiring.proving.scene import Scene, Watch, shot
from clearance.wiring.proving.stage import clean_environment

KINDS = ("resident",)
ALWAYS = True
PATIENT = False
_SECONDS = 20.0
_STOP = "clearance resident stop"


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give where it would be looked for; it is asked each time."""
    yield repr([scene.environment.get(name) for name in ("XDG_RUNTIME_DIR", "CLEARANCE_RESIDENT")]).encode()


def fire(scene: Scene) -> Iterable[Shot]:
    """Ask it how it is. None that runs is none that is dead: the next question starts one."""
    watch = Watch()
    try:
        done = subprocess.run(
            [*scene.python, "resident", "status", "--format", "json"], cwd=scene.stage.folder,
            env=clean_environment(scene.environment), capture_output=True, timeout=_SECONDS, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return [shot("resident", Pulse.DEAD, f"does not say within {_SECONDS:g} s how it is", mend=_STOP)]
    try:
        said = dict(json.loads(done.stdout))
    except (ValueError, TypeError):
        words = " ".join(done.stderr.decode("utf-8", "replace").split())
        return [shot("resident", Pulse.UNTRIED, f"cannot be asked: {words[:200]}", mend=_STOP)]
    return [_judged(said, watch)]


def _judged(said: dict[str, Any], watch: Watch) -> Shot:
    where = str(said.get("place", ""))
    problem = str(said.get("problem", ""))
    if problem:
        mend = str(said.get("next") or _STOP)
        return shot("resident", Pulse.DEAD, f"{problem}; hooks answer without it, more slowly", mend=mend, where=where)
    status = said.get("status")
    if not isinstance(status, dict):
        return shot("resident", Pulse.ABSENT, "none runs; the next question starts one", where=where)
    if status.get("version") != __version__:
        why = f"is of version {status.get('version')}, and this is {__version__}"
        return shot("resident", Pulse.DEAD, why, mend=_STOP, where=where)
    why = f"process {status.get('pid')} answered {status.get('answered')} questions, median {status.get('median_ms')} ms"
    return shot("resident", Pulse.ALIVE, why, where=where, watch=watch)
