"""The gate in CI: the step is there, its exit code counts, and it runs where it should. The file is read, never run."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from clearance.facts.proof import Pulse, Shot
from clearance.wiring.proving import ci_github, ci_gitlab
from clearance.wiring.proving.books import contents, noted, shown_in
from clearance.wiring.proving.ci_github import NO_STEP
from clearance.wiring.proving.ci_gitlab import load
from clearance.wiring.proving.ci_script import INIT, Fault
from clearance.wiring.proving.plain_yaml import load_yaml
from clearance.wiring.proving.scene import Scene, Watch, shot

KINDS = ("ci",)
ALWAYS = False
PATIENT = False
_CHECK = re.compile(r"\bclearance(?:['\"])?\s+check\b")
_MOST_FILES = 200
_PIPELINE = ".gitlab-ci.yml"


_Look = Callable[[Any, str], Fault | None]


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the CI files that could hold the gate."""
    for path in _files(scene):
        yield str(path).encode("utf-8", "surrogateescape")
        try:
            yield contents(path) or b""
        except OSError as error:
            yield str(error).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Read each CI file that holds the gate, or should."""
    return glance(scene) or [shot("ci", Pulse.ABSENT, "no CI file here calls the gate")]


def glance(scene: Scene) -> list[Shot]:
    """The same; nothing is started for it."""
    notes, _ = noted(scene)
    expected = {one.path for one in notes if any(name.startswith("ci:") for name in one.held.parts)}
    paths = sorted({*_workflows(scene), *(one for one in expected if one.parent.name == "workflows")})
    shots = [
        _judge("github", path, scene, partial(ci_github.faulty, scene=scene), expected=path in expected) for path in paths
    ]
    whole = any(path.name == _PIPELINE or path.parent.name == ".gitlab" for path in expected)
    pipeline = scene.top / _PIPELINE
    if whole or pipeline.exists():
        shots.append(_judge("gitlab", pipeline, scene, partial(ci_gitlab.faulty, scene=scene), expected=whole))
    return [one for one in shots if one is not None]


def _guard(host: str, path: Path) -> str:
    return f"ci:{host}" if path.name in {"clearance.yml", "clearance.yaml", _PIPELINE} else f"ci:{host}:{path.name}"


def _workflows(scene: Scene) -> list[Path]:
    folder = scene.top / ".github" / "workflows"
    return [path for path in sorted(folder.glob("*.y*ml"))[:_MOST_FILES] if path.is_file()] if folder.is_dir() else []


def _files(scene: Scene) -> list[Path]:
    return [*_workflows(scene), scene.top / _PIPELINE, *sorted((scene.top / ".gitlab").glob("*.yml"))[:_MOST_FILES]]


def _judge(host: str, path: Path, scene: Scene, look: _Look, *, expected: bool) -> Shot | None:
    """Judge one file; None for one that has nothing to do with the gate."""
    watch = Watch()
    shown = shown_in(path, scene)
    guard = _guard(host, path)
    try:
        data = contents(path)
    except OSError as error:
        why = f"{shown} {error.strerror or 'cannot be read'}"
        return shot(guard, Pulse.DEAD, why, mend=INIT, where=shown) if expected else None
    if data is None:
        return shot(guard, Pulse.DEAD, f"{shown} is not there any more", mend=INIT, where=shown) if expected else None
    text = data.decode("utf-8", "replace")
    if not expected and "clearance" not in text:
        return None
    try:
        value = load(text) if host == "gitlab" else load_yaml(text)
    except ValueError:
        mend = f"mend it, or take it away and run: {INIT}"
        return shot(guard, Pulse.DEAD, f"{shown} is not valid YAML, so nothing of it runs", mend=mend, where=shown)
    fault = look(value, shown)
    if fault is None:
        return shot(
            guard, Pulse.ALIVE, "the step is there, and its exit code counts (read, not run)", where=shown, watch=watch
        )
    if fault.why == NO_STEP and not expected and not _CHECK.search(text):
        return None
    mend = f"{fault.mend}, or run: {INIT}" if expected and fault.mend != INIT else fault.mend
    return shot(guard, Pulse.DEAD, fault.why, mend=mend, where=fault.where or shown)
