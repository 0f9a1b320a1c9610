"""A pipeline of GitLab: the gate is a job of it or of a file that it includes (https://docs.gitlab.com/ci/yaml/)."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import yaml

from clearance.wiring.proving.books import contents
from clearance.wiring.proving.ci_github import NO_STEP
from clearance.wiring.proving.ci_script import INIT, Fault, gates, listed, plain, script, wrong
from clearance.wiring.proving.plain_yaml import load_yaml
from clearance.wiring.proving.scene import Scene

_MOST_EXTENDED = 11
_REQUESTS = ("merge_request_event", "CI_MERGE_REQUEST", "CI_COMMIT_BRANCH", "CI_OPEN_MERGE_REQUESTS", '"push"', "'push'")
"""What names, in a condition, the pipelines of changes."""


def faulty(value: Any, shown: str, *, scene: Scene) -> Fault | None:
    """Find what is wrong with a pipeline of GitLab and the files of the repository that it includes
    (https://docs.gitlab.com/ci/yaml/)."""
    if _never(value):
        return Fault("no pipeline runs by itself (workflow)", f"take `when: never` out of workflow in {shown}")
    faults = []
    for name, whole in ((shown, value), *_included(value, scene)):
        if isinstance(whole, str):
            faults.append(Fault(whole, INIT, name))
            continue
        for job in _jobs(whole):
            lines = script(_resolved(job.get("script"), whole))
            if not gates(lines):
                continue
            default = whole.get("default")
            first = job.get("before_script", default.get("before_script") if isinstance(default, Mapping) else None)
            before = script(_resolved(first, whole))
            fault = _job(job, whole, name) or wrong(f"{before}\n{lines}" if before else lines, name)
            if fault is None:
                return None
            faults.append(fault._replace(where=name))
    return faults[0] if faults else Fault(NO_STEP, INIT)


def _never(whole: Any) -> bool:
    workflow = whole.get("workflow") if isinstance(whole, Mapping) else None
    rules = listed(workflow.get("rules")) if isinstance(workflow, Mapping) else []
    return bool(rules) and not _runs_for_requests(rules)


def _runs_for_requests(rules: list[Any]) -> bool:
    """Tell whether rules let something run for a merge request: the first that fits decides."""
    for one in rules:
        if not isinstance(one, Mapping):
            continue
        said, never = plain(one.get("if")), plain(one.get("when")) in {"never", "manual"}
        if not said:
            return not never
        if not never and any(name in said for name in _REQUESTS) and "!=" not in said:
            return True
        if not never and "!=" in said:
            return True
    return False


def _jobs(whole: Any) -> Iterator[dict[str, Any]]:
    """Give the jobs that run, with what they take over from others (`extends`); hidden ones, whose name begins with a dot,
    run nowhere by themselves."""
    named = whole if isinstance(whole, Mapping) else {}
    for name, job in named.items():
        if isinstance(job, Mapping) and not str(name).startswith("."):
            found: dict[str, Any] = {}
            for one in reversed(_line(job, named)):
                found |= one
            yield found


def _line(job: Mapping[str, Any], named: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give a job and those that it extends, the nearest first; as many as GitLab follows."""
    line, names = [job], [plain(one) for one in _many(job.get("extends"))][::-1]
    while names and len(line) <= _MOST_EXTENDED:
        above = named.get(names.pop(0))
        if isinstance(above, Mapping):
            line.append(above)
            names = [*[plain(one) for one in _many(above.get("extends"))][::-1], *names]
    return line


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _resolved(value: Any, whole: Any) -> Any:
    """Put the lines in the place of a `!reference` to the script of a job in the same file."""
    found = []
    for one in _many(value):
        if isinstance(one, Reference):
            target: Any = whole
            for key in one.keys:
                target = target.get(key) if isinstance(target, Mapping) else None
            found += [line for line in _many(target) if isinstance(line, str)]
        else:
            found.append(one)
    return found


class Reference(NamedTuple):
    """A `!reference [job, key]`."""

    keys: tuple[str, ...]


class _Loader(yaml.SafeLoader):
    """YAML as GitLab reads it."""


def _refer(loader: yaml.SafeLoader, node: yaml.Node) -> Reference:
    keys = loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else []
    return Reference(tuple(str(key) for key in keys))


_Loader.add_constructor("!reference", _refer)


def load(text: str | bytes) -> Any:
    """Read a pipeline.

    Raises:
        ValueError: it is no YAML.
    """
    return load_yaml(text, _Loader)


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
            value = load(data) if data is not None else "is included and not there any more"
            yield name.lstrip("/"), "holds no jobs" if data is not None and isinstance(value, str) else value
        except (OSError, ValueError):
            yield name.lstrip("/"), "is not valid YAML, so nothing of it runs"


def _job(job: Mapping[str, Any], whole: Mapping[str, Any], shown: str) -> Fault | None:
    failing = job.get("allow_failure")
    if failing is True:
        return Fault("allow_failure lets a denial pass", f"take allow_failure out of {shown}")
    codes = failing.get("exit_codes") if isinstance(failing, Mapping) else None
    if codes is not None and any(one != 3 for one in (codes if isinstance(codes, list) else [codes])):
        return Fault("allow_failure lets a denial pass", f"leave at most exit code 3 in allow_failure of {shown}")
    left_out = [plain(one) for one in _many(_refs(job.get("except")))]
    if {"merge_requests", "branches"} & set(left_out):
        return Fault(f"the job does not run for {', '.join(left_out)} (except)", f"take `except` out of {shown}")
    only = [plain(one) for one in _many(_refs(job.get("only")))]
    if only and not {"merge_requests", "branches"} & set(only):
        return Fault(f"the job runs only for {', '.join(only)}", f"take `only` out of {shown}")
    rules = listed(job.get("rules"))
    if plain(job.get("when")) in {"manual", "never"} or (
        rules and all(isinstance(one, Mapping) and plain(one.get("when")) in {"manual", "never"} for one in rules)
    ):
        return Fault("the job does not run by itself (when)", f"take `when` out of {shown}")
    if rules and not _runs_for_requests(rules):
        return Fault("the job does not run for merge requests (rules)", f"write a rule for merge requests into {shown}")
    for one in rules:
        for key in ("changes", "exists", "allow_failure"):
            if isinstance(one, Mapping) and one.get(key):
                return Fault(f"a rule lets changes pass unseen ({key})", f"take {key} out of the rules in {shown}")
    if "trigger" in job:
        return Fault("the job starts another pipeline instead of its script (trigger)", f"take trigger out of {shown}")
    given = [part for part in (job.get("variables"), whole.get("variables")) if isinstance(part, Mapping)]
    if any(part.get("GIT_STRATEGY") == "none" for part in given):
        return Fault("nothing is checked out (GIT_STRATEGY)", f"take GIT_STRATEGY out of {shown}")
    depths = [part.get("GIT_DEPTH") for part in (job.get("variables"), whole.get("variables")) if isinstance(part, Mapping)]
    depth = next((one for one in depths if one is not None), None)
    if plain(depth) != "0":
        return Fault(
            "the clone is shallow, so the base of the change is not there (GIT_DEPTH)", f'write GIT_DEPTH: "0" into {shown}'
        )
    return None


def _refs(value: Any) -> Any:
    return value.get("refs") if isinstance(value, Mapping) else value
