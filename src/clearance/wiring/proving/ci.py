"""The gate in CI: the step is there, its exit code counts, and it runs where it should. The file is read, never run."""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.wiring.proving.books import contents, noted, shown_in
from clearance.wiring.proving.scene import Scene, Watch, shot

KINDS = ("ci",)
ALWAYS = False
PATIENT = False
_CHECK = re.compile(r"\bclearance(?:['\"])?\s+check\b")
_INIT = "clearance init"
_MOST_FILES = 200
_MOST_BRANCHES = 2_000
_USUAL = ("main", "master", "trunk", "develop")
_PIPELINE = ".gitlab-ci.yml"
_SWALLOWED = re.compile(
    r"\bclearance(?:['\"])?\s+check\b[^\n;]*(?:\|\||[;&]\s*(?:true|:|exit\s+0)\b|\|(?!\|)|&\s*$)", re.MULTILINE
)
_KEEPS_CODE = re.compile(r"\|\|\s*(\w+)=\$\?")
_NEVER = re.compile(r"^(?:\$\{\{\s*)?(?:false|0|''|!\s*true)(?:\s*\}\})?$", re.IGNORECASE)


_BASE = re.compile(r"--base[=\s]+['\"]?([^\s'\"]+)")
_HEAD = re.compile(r"--head[=\s]+['\"]?([^\s'\"]+)")
_BY_AUTHOR = re.compile(
    r"github\.(?:actor|triggering_actor|head_ref|event\.(?:sender|head_commit|pull_request\.(?:user|title|body|labels|head)))"
)
"""What the author of a change decides."""
_INSTALLS = re.compile(r"\b(?:pip3?|pipx|uv|uvx)\b[^\n]*\b(?:install|add|sync)\b[^\n]*")


class Fault(NamedTuple):
    """What is wrong with a CI file, and what mends it."""

    why: str
    mend: str
    where: str = ""


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
    shots = [_judge("github", path, scene, partial(_github, scene=scene), expected=path in expected) for path in paths]
    whole = any(path.name == _PIPELINE or path.parent.name == ".gitlab" for path in expected)
    pipeline = scene.top / _PIPELINE
    if whole or pipeline.exists():
        shots.append(_judge("gitlab", pipeline, scene, partial(_gitlab, scene=scene), expected=whole))
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
        return shot(guard, Pulse.DEAD, why, mend=_INIT, where=shown) if expected else None
    if data is None:
        return shot(guard, Pulse.DEAD, f"{shown} is not there any more", mend=_INIT, where=shown) if expected else None
    text = data.decode("utf-8", "replace")
    if not expected and "clearance" not in text:
        return None
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        mend = f"mend it, or take it away and run: {_INIT}"
        return shot(guard, Pulse.DEAD, f"{shown} is not valid YAML, so nothing of it runs", mend=mend, where=shown)
    fault = look(value, shown)
    if fault is None:
        return shot(
            guard, Pulse.ALIVE, "the step is there, and its exit code counts (read, not run)", where=shown, watch=watch
        )
    if fault.why == _NO_STEP and not expected and not _CHECK.search(text):
        return None
    mend = f"{fault.mend}, or run: {_INIT}" if expected and fault.mend != _INIT else fault.mend
    return shot(guard, Pulse.DEAD, fault.why, mend=mend, where=fault.where or shown)


_NO_STEP = "no step runs `clearance check`"


def _uncommented(text: str) -> str:
    return re.sub(r"(?m)(?:^|\s)#.*$", "", text)


def _github(value: Any, shown: str, *, scene: Scene) -> Fault | None:
    """Find what is wrong with a workflow of GitHub Actions
    (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax)."""
    jobs = value.get("jobs") if isinstance(value, Mapping) else None
    faults = []
    for job in (jobs or {}).values() if isinstance(jobs, Mapping) else ():
        steps = job.get("steps") if isinstance(job, Mapping) else None
        steps = steps if isinstance(steps, list) else []
        for number, step in enumerate(steps):
            run = step.get("run") if isinstance(step, Mapping) else None
            if isinstance(run, str) and _CHECK.search(_uncommented(run)):
                fault = _first(
                    partial(_step, job, step, run, shown),
                    partial(_checkout, job, steps[:number], shown),
                    partial(_triggers, value, shown, scene),
                )
                if fault is None:
                    return None
                faults.append(fault)
    return faults[0] if faults else Fault(_NO_STEP, _INIT)


def _first(*looks: Callable[[], Fault | None]) -> Fault | None:
    return next((fault for look in looks if (fault := look()) is not None), None)


def _step(job: Mapping[str, Any], step: Mapping[str, Any], run: str, shown: str) -> Fault | None:
    for name, part in (("the job", job), ("the step", step)):
        going_on = part.get("continue-on-error")
        if going_on is True or (isinstance(going_on, str) and going_on.strip() and not _NEVER.match(going_on.strip())):
            return Fault(
                f"{name} says continue-on-error, so a denial does not fail it", f"take continue-on-error out of {shown}"
            )
        if "if" in part and _NEVER.match(_plain(part["if"]).strip()):
            return Fault(f"{name} never runs: if: {_plain(part['if'])}", f"take that `if` out of {shown}")
        if _BY_AUTHOR.search(_plain(part.get("if"))):
            why = f"whoever wrote the change decides whether {name} runs: if: {_plain(part['if'])}"
            return Fault(why, f"take that `if` out of {shown}")
    return _swallows(run, shown) or _compares_nothing(run, shown) or _installs_another(job, shown)


def _compares_nothing(run: str, shown: str) -> Fault | None:
    """Tell a gate that compares a change with itself."""
    script = _uncommented(run).replace("\\\n", " ")
    base, head = _BASE.search(script), _HEAD.search(script)
    if base and base[1] == (head[1] if head else "HEAD"):
        return Fault(
            f"it compares {base[1]} with itself, so nothing is ever judged", f"write the base of the change into {shown}"
        )
    return None


def _installs_another(job: Mapping[str, Any], shown: str) -> Fault | None:
    """Tell a job that installs something else by name, and Clearance nowhere."""
    runs = [_plain(step.get("run")) for step in _listed(job.get("steps")) if isinstance(step, Mapping)]
    lines = [found[0] for run in runs for found in _INSTALLS.finditer(_uncommented(run))]
    if not lines or any(re.search(r"\bclearance\b|\s-[re]\b|\s\.|--requirement|\bsync\b", line) for line in lines):
        return None
    return Fault(f"it does not install Clearance: {' '.join(lines[0].split())[:80]}", f"write clearance into {shown}")


def _swallows(run: str, shown: str) -> Fault | None:
    script = _uncommented(run).replace("\\\n", " ")
    found = _SWALLOWED.search(script)
    kept = _KEEPS_CODE.search(script)
    if found and not (kept and re.search(rf"\bexit\s+['\"]?\$\{{?{kept[1]}\b", script)):
        return Fault(
            f"the exit code of the gate is swallowed: {' '.join(found[0].split())[-60:]}", f"take that out of {shown}"
        )
    if re.search(r"(?m)^\s*set \+e\b", script) and not re.search(r"\bexit\s+['\"]?\$", script):
        return Fault("the exit code of the gate is swallowed: set +e", f"take that out of {shown}")
    return None


def _checkout(job: Mapping[str, Any], before: list[Any], shown: str) -> Fault | None:
    checkouts = [
        one for one in before if isinstance(one, Mapping) and _plain(one.get("uses")).startswith("actions/checkout@")
    ]
    if not checkouts:
        return Fault("nothing is checked out before the gate", _INIT)
    options = checkouts[-1].get("with")
    depth = options.get("fetch-depth") if isinstance(options, Mapping) else None
    if _plain(depth) != "0":
        return Fault(
            "the clone is shallow, so the base of the change is not there (fetch-depth)",
            f"write fetch-depth: 0 into {shown}",
        )
    permissions = job.get("permissions")
    if permissions == "write-all":
        return Fault(
            "the job that looks at a change may write everything (permissions)", f"write contents: read into {shown}"
        )
    return None


def _triggers(value: Mapping[Any, Any], shown: str, scene: Scene) -> Fault | None:
    triggers = value.get("on", value.get(True))  # YAML 1.1 reads `on` as true
    names = [triggers] if isinstance(triggers, str) else list(triggers) if isinstance(triggers, (list, dict)) else []
    if "pull_request_target" in names and "pull_request" not in names:
        return Fault(
            "it runs on pull_request_target, with secrets beside the code under judgement",
            f"write pull_request into {shown}",
        )
    if not {"pull_request", "merge_group"} & {_plain(name) for name in names}:
        return Fault("it does not run on pull requests", f"write on: pull_request into {shown}")
    narrowed = triggers.get("pull_request") if isinstance(triggers, dict) else None
    for key in ("paths", "paths-ignore") if isinstance(narrowed, dict) else ():
        if narrowed and key in narrowed:
            return Fault(
                f"it runs only for some files ({key}), so a change of others passes unseen", f"take {key} out of {shown}"
            )
    wanted = narrowed.get("branches") if isinstance(narrowed, dict) else None
    names = [_plain(one) for one in wanted] if isinstance(wanted, list) else [_plain(wanted)] if wanted else []
    if names and not any(fnmatchcase(branch, one) for one in names for branch in (*_USUAL, *_branches(scene))):
        return Fault(f"it runs for branches {', '.join(names)} alone, and there is none", f"take branches out of {shown}")
    return None


def _branches(scene: Scene) -> list[str]:
    """Name the branches that are known here, without asking git."""
    from clearance.collect.repository import find_repository

    try:
        place = find_repository(scene.directory, scene.environment).common_dir
        packed = (contents(place / "packed-refs") or b"").decode("utf-8", "replace").splitlines()
    except (ClearanceError, OSError):
        return []
    named = [line.partition(" ")[2] for line in packed]
    for kind in ("refs/heads", "refs/remotes/origin"):
        found = itertools.islice((place / kind).rglob("*"), _MOST_BRANCHES)
        named += [one.relative_to(place).as_posix() for one in found if one.is_file()]
    return [re.sub(r"^refs/(?:heads|remotes/origin)/", "", one) for one in named]


def _gitlab(value: Any, shown: str, *, scene: Scene) -> Fault | None:
    """Find what is wrong with a pipeline of GitLab and the files of the repository that it includes
    (https://docs.gitlab.com/ci/yaml/)."""
    faults = []
    for name, whole in ((shown, value), *_included(value, scene)):
        if isinstance(whole, str):
            faults.append(Fault(whole, _INIT, name))
            continue
        for job in whole.values() if isinstance(whole, Mapping) else ():
            script = _script(job.get("script")) if isinstance(job, Mapping) else ""
            if not _CHECK.search(_uncommented(script)):
                continue
            fault = _job(job, whole, name) or _swallows(script, name) or _compares_nothing(script, name)
            if fault is None:
                return None
            faults.append(fault._replace(where=name))
    return faults[0] if faults else Fault(_NO_STEP, _INIT)


def _included(value: Any, scene: Scene) -> Iterator[tuple[str, Any]]:
    """Give the files of the repository that a pipeline includes and that name Clearance: what they say, or, as a text, what
    is wrong with them."""
    included = value.get("include") if isinstance(value, Mapping) else None
    for one in included if isinstance(included, list) else [included]:
        name = one if isinstance(one, str) else one.get("local") if isinstance(one, Mapping) else None
        if not isinstance(name, str) or "://" in name or ".." in name.split("/") or "clearance" not in name:
            continue
        path = scene.top / name.lstrip("/")
        try:
            data = contents(path)
            value = yaml.safe_load(data) if data is not None else "is included and not there any more"
            yield name.lstrip("/"), "holds no jobs" if data is not None and isinstance(value, str) else value
        except (OSError, yaml.YAMLError, RecursionError, ValueError):
            yield name.lstrip("/"), "is not valid YAML, so nothing of it runs"


def _job(job: Mapping[str, Any], whole: Mapping[str, Any], shown: str) -> Fault | None:
    failing = job.get("allow_failure")
    if failing is True:
        return Fault("allow_failure lets a denial pass", f"take allow_failure out of {shown}")
    codes = failing.get("exit_codes") if isinstance(failing, Mapping) else None
    if codes is not None and any(one != 3 for one in (codes if isinstance(codes, list) else [codes])):
        return Fault("allow_failure lets a denial pass", f"leave at most exit code 3 in allow_failure of {shown}")
    rules = _listed(job.get("rules"))
    when = [_plain(job.get("when")), *(_plain(one.get("when")) for one in rules if isinstance(one, Mapping))]
    if when[0] in {"manual", "never"} or (when[1:] and all(one in {"manual", "never"} for one in when[1:])):
        return Fault("the job does not run by itself (when)", f"take `when` out of {shown}")
    depths = [part.get("GIT_DEPTH") for part in (job.get("variables"), whole.get("variables")) if isinstance(part, Mapping)]
    depth = next((one for one in depths if one is not None), None)
    if _plain(depth) != "0":
        return Fault(
            "the clone is shallow, so the base of the change is not there (GIT_DEPTH)", f'write GIT_DEPTH: "0" into {shown}'
        )
    return None


def _plain(value: object) -> str:
    """Give a single value as a text; empty for what holds others: a few aliases of YAML can hold more than memory does."""
    return str(value) if isinstance(value, (str, int, float)) else ""


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _script(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(line for line in value if isinstance(line, str))
    return value if isinstance(value, str) else ""
