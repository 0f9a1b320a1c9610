"""Workflows and composite actions of GitHub: the workflow, its jobs, their steps.

Besides what is written, bodies hold keys of our own: a workflow's and action's `triggers` (a map, whatever form `on` has),
a workflow's `alone` (it has one job) and `scripts` (it runs scripts or checks code out), a job's `grants` (its permissions,
else the workflow's), a step's `action` (name and ref of what it uses), `lines` (the commands of its script), `variables`
(`env` of workflow, job and step) and `expressions` (each `${{ … }}` in code, and those that it brings along by variables
and outputs). A scalar with an expression is UNKNOWN with its text, but for scripts, conditions and names. Source: GitHub's
documentation, workflow syntax and metadata syntax.
"""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.infra.lower.github_values import Outputs, carried, variables, written
from clearance.scan.infra.lower.script import commands, expressions
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Span, Unit

_CODE = ("script", "run", "command", "commands", "inline-script", "inlineScript")
"""Inputs of actions that are programs: expressions in them are put into code."""
_KEPT = frozenset({"run", "if", "name", "description", "run-name", *_CODE})
_CHECK_EACH = 2_048
_MOST_SHARED = 500
"""Variables of a job that its steps are read with."""


def lower(text: str, budget: Budget) -> Document:
    """Read a workflow or the description of an action.

    Raises:
        NotThis: no YAML, or neither of the two.
        OutOfTime: the budget is spent.
    """
    read = read_yaml(text, budget)
    root = next((one for one in read.documents if one.kind is Kind.MAP), None)
    if root is None or not {"jobs", "runs", "on"} & root.items.keys():
        raise NotThis("line 1: neither a workflow nor an action: there are no jobs and no runs")
    _open_expressions(root, budget)
    make = _action if "runs" in root.items and "jobs" not in root.items else _workflow
    return Document(list(make(root, text, budget)), read.opaque)


def _open_expressions(root: Node, budget: Budget) -> None:
    """Make values that expressions decide unknown."""
    waiting = [("", root)]
    seen: set[int] = set()
    while waiting:
        key, node = waiting.pop()
        if len(seen) % _CHECK_EACH == 0:
            budget.check()
        if node.kind is Kind.SCALAR:
            if key not in _KEPT and "${{" in node.text:
                node.kind = Kind.UNKNOWN
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.extend(node.items.items())
            waiting.extend((key, one) for one in node.values)


def _workflow(root: Node, text: str, budget: Budget) -> Iterator[Unit]:
    name, head = _named(root, root.key_spans.get("on") or root.key_spans.get("jobs") or (0, 0))
    jobs = root.items.get("jobs")
    own = {"triggers": _triggers(root.items.get("on"))}
    if jobs is not None and jobs.kind is Kind.MAP:
        own["alone"] = Node.scalar(len(jobs.items) == 1, head)
        own["scripts"] = Node.scalar(any(_runs_code(job) for job in jobs.items.values()), head)
    body = _with(root, own)
    kind = "reusable" if "workflow_call" in body.items["triggers"].items else "workflow"
    workflow = Unit("github.workflow", kind, name, head, body)
    yield workflow
    if jobs is None or jobs.kind is not Kind.MAP:
        return
    for id_, node in jobs.items.items():
        budget.check()
        if node.kind is not Kind.MAP:
            continue
        grants = node.items.get("permissions") or root.items.get("permissions")
        own = {"grants": grants} if grants is not None else {}
        calls = node.items.get("uses")
        if calls is not None:
            own["action"] = _action_of(calls)
        job = Unit(
            "github.job", "call" if calls is not None else "job", id_, jobs.key_spans[id_], _with(node, own), workflow
        )
        yield job
        yield from _steps(node, text, job)


def _action(root: Node, text: str, budget: Budget) -> Iterator[Unit]:
    name, head = _named(root, root.key_spans["runs"])
    runs = root.items["runs"]
    using = runs.items.get("using")
    triggers = Node.mapping(head)
    unit = Unit("github.action", using.text if using is not None else "", name, head, _with(root, {"triggers": triggers}))
    yield unit
    budget.check()
    if runs.kind is Kind.MAP:
        yield from _steps(runs, text, unit)


def _steps(node: Node, text: str, above: Unit) -> Iterator[Unit]:
    steps = node.items.get("steps")
    if steps is None or steps.kind is not Kind.LIST:
        return
    around = (node,) if above.above is None else (node, above.above.body)
    shared, all_shared = variables(text, *around), _variables(*around)
    if len(shared) > _MOST_SHARED:
        shared, all_shared = {}, Node.mapping(node.span)
    outputs: Outputs = {}
    for index, step in enumerate(steps.values):
        if step.kind is not Kind.MAP:
            continue
        uses, run = step.items.get("uses"), step.items.get("run")
        own: dict[str, Node] = {}
        if uses is not None:
            own["action"] = _action_of(uses)
        said = [one for part in _code(step, run) for one in expressions(text, part.span)]
        env = {**shared, **variables(text, step)} if "env" in step.items else shared
        own["expressions"] = _list(step.span, [*said, *carried(said, env, outputs)])
        own["variables"] = _variables(step, _with(step, {"env": all_shared})) if "env" in step.items else all_shared
        if run is not None:
            own["lines"] = _list(run.span, commands(text, run))
            label = step.items.get("id")
            id_ = label.text.lower() if label is not None else ""
            for name, found in written(text, own["lines"], env) if id_ else ():
                outputs.setdefault((id_, name), []).extend(found)
        first = next(iter(step.key_spans.values()), step.span)
        name, head = _named(step, first)
        if not name:
            label = step.items.get("id") or uses
            name = label.text if label is not None else f"step {index + 1}"
        yield Unit("github.step", "uses" if uses is not None else "run", name, head, _with(step, own), above)


def _variables(*levels: Node) -> Node:
    """Give `env` of several levels as one map; the first one wins."""
    made = Node.mapping(levels[0].span)
    for level in reversed(levels):
        env = level.items.get("env")
        if env is not None and env.kind is Kind.MAP:
            made.items.update(env.items)
            made.key_spans.update(env.key_spans)
    return made


def _runs_code(job: Node) -> bool:
    """Tell whether a job runs scripts, checks code out, or leaves that to another file."""
    steps = job.items.get("steps") if job.kind is Kind.MAP else None
    if steps is None or steps.kind is not Kind.LIST:
        return True
    for step in steps.values:
        uses = step.items.get("uses") if step.kind is Kind.MAP else None
        if uses is None or uses.text.strip().startswith(("./", "../")) or "checkout" in uses.text.lower():
            return True
    return False


def _code(step: Node, run: Node | None) -> list[Node]:
    """Give what of a step is a program."""
    given = step.items.get("with")
    found = [run] if run is not None else []
    if given is not None and given.kind is Kind.MAP:
        found.extend(given.items[key] for key in _CODE if key in given.items)
    return found


def _action_of(uses: Node) -> Node:
    """Take what a step or job uses apart: `name` (lower case), `ref`, and `sort`: repository, local or image."""
    made = Node.mapping(uses.span)
    text = uses.text.strip()
    if uses.kind is not Kind.SCALAR:
        return Node.unknown(text, uses.span)
    image = text.startswith("docker://")
    sort = "image" if image else "local" if text.startswith(("./", "../")) else "repository"
    name, _, ref = (text.removeprefix("docker://"), "", "") if image else text.partition("@")
    made.put("name", uses.span, Node.scalar(name.lower(), uses.span))
    made.put("sort", uses.span, Node.scalar(sort, uses.span))
    if ref:
        made.put("ref", uses.span, Node.scalar(ref, uses.span))
    return made


def _triggers(on: Node | None) -> Node:
    """Give what starts a workflow as a map of events to what is said of them; nothing said is true."""
    made = Node.mapping(on.span if on is not None else (0, 0))
    if on is None:
        return made
    if on.kind is Kind.MAP:
        for name, node in on.items.items():
            nothing = node.kind is Kind.SCALAR and node.value is None
            made.put(name, on.key_spans[name], Node.scalar(value=True, span=on.key_spans[name]) if nothing else node)
    for one in on.values if on.kind is Kind.LIST else [on]:
        if one.kind is Kind.SCALAR:
            made.put(one.text, one.span, Node.scalar(value=True, span=one.span))
    return made


def _named(node: Node, otherwise: Span) -> tuple[str, Span]:
    name = node.items.get("name")
    if name is None or name.kind is not Kind.SCALAR:
        return "", otherwise
    return name.text, name.span


def _list(span: Span, values: list[Node]) -> Node:
    made = Node.sequence(span)
    made.values = values
    return made


def _with(node: Node, own: dict[str, Node]) -> Node:
    """Copy a map and add keys of our own to it."""
    made = Node(Kind.MAP, node.span, text=node.text)
    made.items = {**node.items, **own}
    made.key_spans = {**node.key_spans, **{key: value.span for key, value in own.items()}}
    return made
