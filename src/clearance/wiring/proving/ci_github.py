"""A workflow of GitHub Actions: the gate is a step of it, and it runs on every pull request
(https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax)."""

import itertools
import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from clearance.facts.errors import ClearanceError
from clearance.wiring.proving.books import contents
from clearance.wiring.proving.ci_script import INIT, Fault, gates, listed, plain, uncommented, wrong
from clearance.wiring.proving.scene import Scene

NO_STEP = "no step runs `clearance check`"
_MOST_BRANCHES = 2_000
_USUAL = ("main", "master", "trunk", "develop")
_NEVER = re.compile(r"^(?:\$\{\{\s*)?(?:false|0|''|!\s*true)(?:\s*\}\})?$", re.IGNORECASE)
_BY_AUTHOR = re.compile(
    r"github\.(?:actor|triggering_actor|head_ref|event\.(?:sender|head_commit|pull_request\.(?:user|title|body|labels|head)))"
)
"""What the author of a change decides."""
_EVENT = re.compile(r"github\.event_name\s*(==|!=)\s*'([\w-]+)'")
_JUDGED = ("pull_request", "merge_group")
_SHELLS = ("", "bash", "sh", "pwsh", "powershell")
_MOST_NEEDED = 50
_OTHER_TREE = re.compile(r"base[._]|default_branch|before\b")
_INSTALLS = re.compile(r"\b(?:pip3?|pipx|uv|uvx)\b[^\n]*\b(?:install|add|sync)\b[^\n]*")


def faulty(value: Any, shown: str, *, scene: Scene) -> Fault | None:
    """Find what is wrong with a workflow of GitHub Actions
    (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax)."""
    jobs = value.get("jobs") if isinstance(value, Mapping) else None
    faults = []
    for job in (jobs or {}).values() if isinstance(jobs, Mapping) else ():
        steps = job.get("steps") if isinstance(job, Mapping) else None
        steps = steps if isinstance(steps, list) else []
        for number, step in enumerate(steps):
            run = step.get("run") if isinstance(step, Mapping) else None
            if isinstance(run, str) and gates(run):
                fault = _first(
                    partial(_step, job, step, run, shown),
                    partial(_shell, value, job, step, shown),
                    partial(_waits, value, job, shown),
                    partial(_checkout, job, steps[:number], shown),
                    partial(_triggers, value, shown, scene),
                )
                if fault is None:
                    return None
                faults.append(fault)
    return faults[0] if faults else Fault(NO_STEP, INIT)


def _first(*looks: Callable[[], Fault | None]) -> Fault | None:
    return next((fault for look in looks if (fault := look()) is not None), None)


def _step(job: Mapping[str, Any], step: Mapping[str, Any], run: str, shown: str) -> Fault | None:
    strategy = job.get("strategy")
    matrix = strategy.get("matrix") if isinstance(strategy, Mapping) else None
    if isinstance(matrix, Mapping) and any(one == [] for one in matrix.values()):
        return Fault("the job runs for nothing: a list of its matrix is empty", f"take the matrix out of {shown}")
    for name, part in (("the job", job), ("the step", step)):
        if isinstance(part.get("env"), Mapping) and "PATH" in part["env"]:
            return Fault(f"{name} has another PATH", f"take PATH out of env in {shown}")
        going_on = part.get("continue-on-error")
        if going_on is True or (isinstance(going_on, str) and going_on.strip() and not _NEVER.match(going_on.strip())):
            return Fault(
                f"{name} says continue-on-error, so a denial does not fail it", f"take continue-on-error out of {shown}"
            )
        if "if" in part and _NEVER.match(plain(part["if"]).strip()):
            return Fault(f"{name} never runs: if: {plain(part['if'])}", f"take that `if` out of {shown}")
        if _other_event(plain(part.get("if"))):
            return Fault(f"{name} does not run on pull requests: if: {plain(part['if'])}", f"take that `if` out of {shown}")
        if _BY_AUTHOR.search(plain(part.get("if"))):
            why = f"whoever wrote the change decides whether {name} runs: if: {plain(part['if'])}"
            return Fault(why, f"take that `if` out of {shown}")
    return wrong(run, shown) or _installs_another(job, shown)


def _shell(whole: Mapping[Any, Any], job: Mapping[str, Any], step: Mapping[str, Any], shown: str) -> Fault | None:
    """Tell a shell that is none, or one that drops the exit code (`bash {0} || true`)."""
    for name, part in (("the step", step), ("the job", _run_defaults(job)), ("the workflow", _run_defaults(whole))):
        if "shell" in part:
            said = plain(part["shell"]).strip()
            if said not in _SHELLS:
                return Fault(f"{name} runs it in another shell: {said[:60]}", f"take shell out of {shown}")
            return None
    return None


def _run_defaults(part: Mapping[Any, Any]) -> Mapping[Any, Any]:
    defaults = part.get("defaults")
    run = defaults.get("run") if isinstance(defaults, Mapping) else None
    return run if isinstance(run, Mapping) else {}


def _waits(whole: Mapping[Any, Any], job: Mapping[str, Any], shown: str) -> Fault | None:
    """Tell a job that waits for one that does not run for a change: GitHub takes a job that was skipped for a success."""
    jobs = whole.get("jobs")
    waiting, seen = _needs(job), set[str]()
    while waiting and isinstance(jobs, Mapping) and len(seen) < _MOST_NEEDED:
        name = waiting.pop()
        other = jobs.get(name)
        if name in seen or not isinstance(other, Mapping):
            continue
        seen.add(name)
        waiting += _needs(other)
        said = plain(other.get("if")) if "if" in other else ""
        if said and (_NEVER.match(said.strip()) or _other_event(said) or _BY_AUTHOR.search(said)):
            return Fault(f"it waits for the job {name}, which may not run: if: {said}", f"take needs out of {shown}")
    return None


def _needs(job: Mapping[str, Any]) -> list[str]:
    needs = job.get("needs")
    return [plain(one) for one in (needs if isinstance(needs, list) else [needs] if needs else [])]


def _other_event(condition: str) -> bool:
    """Tell a condition that no pull request fulfils."""
    if "||" in condition:
        return False
    wanted = _EVENT.findall(condition)
    return any((sign == "==") != (event in _JUDGED) for sign, event in wanted)


def _installs_another(job: Mapping[str, Any], shown: str) -> Fault | None:
    """Tell a job that installs something else by name, and Clearance nowhere."""
    runs = [plain(step.get("run")) for step in listed(job.get("steps")) if isinstance(step, Mapping)]
    lines = [found[0] for run in runs for found in _INSTALLS.finditer(uncommented(run))]
    if not lines or any(re.search(r"\bclearance\b|\s-[re]\b|\s\.|--requirement|\bsync\b", line) for line in lines):
        return None
    return Fault(f"it does not install Clearance: {' '.join(lines[0].split())[:80]}", f"write clearance into {shown}")


def _checkout(job: Mapping[str, Any], before: list[Any], shown: str) -> Fault | None:
    checkouts = [
        one for one in before if isinstance(one, Mapping) and plain(one.get("uses")).startswith("actions/checkout@")
    ]
    if not checkouts:
        return Fault("nothing is checked out before the gate", INIT)
    options = checkouts[-1].get("with")
    depth = options.get("fetch-depth") if isinstance(options, Mapping) else None
    if plain(depth) != "0":
        return Fault(
            "the clone is shallow, so the base of the change is not there (fetch-depth)",
            f"write fetch-depth: 0 into {shown}",
        )
    for key in ("repository", "path"):
        said = plain(options.get(key)) if isinstance(options, Mapping) else ""
        if said and said != "${{ github.repository }}":
            return Fault(f"something else is checked out, or elsewhere ({key}: {said})", f"take {key} out of {shown}")
    tree = plain(options.get("ref")) if isinstance(options, Mapping) else ""
    if tree and ("${{" not in tree or _OTHER_TREE.search(tree)):
        return Fault(f"another tree is checked out than that of the change (ref: {tree})", f"take ref out of {shown}")
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
    if not {"pull_request", "merge_group"} & {plain(name) for name in names}:
        return Fault("it does not run on pull requests", f"write on: pull_request into {shown}")
    narrowed = triggers.get("pull_request") if isinstance(triggers, dict) else None
    for key in ("paths", "paths-ignore") if isinstance(narrowed, dict) else ():
        if narrowed and key in narrowed:
            return Fault(
                f"it runs only for some files ({key}), so a change of others passes unseen", f"take {key} out of {shown}"
            )
    types = narrowed.get("types") if isinstance(narrowed, dict) else None
    kinds = {plain(one) for one in (types if isinstance(types, list) else [types])} if types else set()
    if kinds and not kinds >= {"opened", "synchronize"}:
        return Fault(
            f"it does not run when a pull request is opened and changed (types: {', '.join(sorted(kinds))})",
            f"take types out of {shown}",
        )
    ignored = narrowed.get("branches-ignore") if isinstance(narrowed, dict) else None
    passed = [plain(one) for one in (ignored if isinstance(ignored, list) else [ignored])] if ignored else []
    lost = [one for one in _branches(scene) if one in _USUAL and any(fnmatchcase(one, glob) for glob in passed)]
    if lost or any(glob.strip("*") == "" for glob in passed):
        return Fault(f"it leaves out branches: {', '.join(passed)}", f"take branches-ignore out of {shown}")
    wanted = narrowed.get("branches") if isinstance(narrowed, dict) else None
    names = [plain(one) for one in wanted] if isinstance(wanted, list) else [plain(wanted)] if wanted else []
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
