"""Pipelines of GitLab: the file, its jobs and the hidden ones that others extend.

Besides what is written, a job's body holds keys of our own: `lines` (the commands of its scripts) and `effective` (its keys
together with those of `extends` and `default`; open where it extends what stands in another file). The file's body holds
`lines` too (global `before_script` and `after_script`), and `includes`, a list whatever form `include` has. `!reference` is
UNKNOWN: what it names is looked at where it stands. Source: GitLab's documentation, CI/CD YAML syntax reference.
"""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.infra.lower.script import commands
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit

_GLOBAL = frozenset({
    "after_script", "before_script", "cache", "default", "image", "include", "services", "spec", "stages", "types",
    "variables", "workflow",
})  # fmt: skip
_SCRIPTS = ("before_script", "script", "after_script", "pre_get_sources_script")
_JOB = frozenset({*_SCRIPTS, "trigger", "extends", "stage", "image", "rules", "needs", "run", "variables", "artifacts"})
_DEEPEST = 11
"""Levels of `extends` that GitLab follows."""
_MAX_NESTED = 10


def lower(text: str, budget: Budget) -> Document:
    """Read a pipeline.

    Raises:
        NotThis: no YAML, or no map at its top.
        OutOfTime: the budget is spent.
    """
    read = read_yaml(text, budget)
    maps = [one for one in read.documents if one.kind is Kind.MAP]
    root = next((one for one in reversed(maps) if set(one.items) != {"spec"}), None)
    if root is None:
        raise NotThis("line 1: no pipeline: there are no jobs")
    return Document(list(_units(root, text, budget)), read.opaque)


def _units(root: Node, text: str, budget: Budget) -> Iterator[Unit]:
    head = next(iter(root.key_spans.values()), root.span)
    include = root.items.get("include")
    own = {"lines": _lines(root, text)}
    default = root.items.get("default")
    if default is not None and default.kind is Kind.MAP:
        own["lines"].values.extend(_lines(default, text).values)
    if include is not None:
        own["includes"] = include if include.kind is Kind.LIST else _list(include, [include])
    file = Unit("gitlab.file", "", "", head, _with(root, own))
    yield file
    for name, node in root.items.items():
        budget.check()
        if name in _GLOBAL or node.kind is not Kind.MAP or not (_JOB & node.items.keys() or name.startswith(".")):
            continue
        kind = "hidden" if name.startswith(".") else "trigger" if "trigger" in node.items else "job"
        own = {"lines": _lines(node, text), "effective": _effective(name, root)}
        yield Unit("gitlab.job", kind, name, root.key_spans[name], _with(node, own), file)


def _lines(node: Node, text: str) -> Node:
    """Give the commands of all scripts of a map."""
    found: list[Node] = []
    waiting = [(node.items[key], 0) for key in reversed(_SCRIPTS) if key in node.items]
    while waiting:
        one, depth = waiting.pop()
        if one.kind is Kind.LIST and depth < _MAX_NESTED:
            waiting.extend((part, depth + 1) for part in reversed(one.values))
        else:
            found.extend(commands(text, one))
    return _list(node, found)


def _effective(name: str, root: Node) -> Node:
    """Join a job with what it extends and with the defaults: its own keys win, variables are joined one by one."""
    made = Node(Kind.MAP, root.items[name].span)
    for node in [*_line(name, root, made), *_defaults(root)]:
        for key, value in node.items.items():
            held = made.items.get(key)
            if held is None:
                made.put(key, node.key_spans[key], value)
            elif key == "variables" and held.kind is Kind.MAP and value.kind is Kind.MAP:
                joined = _with(value, {})
                joined.items.update(held.items)
                joined.key_spans.update(held.key_spans)
                made.put(key, made.key_spans[key], joined)
    return made


def _line(name: str, root: Node, made: Node) -> list[Node]:
    """Give a job and what it extends, nearest first; of several that it extends the last wins."""
    found: list[Node] = []
    waiting = [(name, 0)]
    seen: set[str] = set()
    while waiting:
        one, depth = waiting.pop()
        node = root.items.get(one)
        if node is None or node.kind is not Kind.MAP or depth >= _DEEPEST:
            made.text = one
            continue
        if one in seen:
            continue
        seen.add(one)
        found.append(node)
        extends = node.items.get("extends")
        if extends is not None:
            parts = extends.values if extends.kind is Kind.LIST else [extends]
            waiting.extend((part.text, depth + 1) for part in parts)
    return found


def _defaults(root: Node) -> Iterator[Node]:
    default = root.items.get("default")
    if default is not None and default.kind is Kind.MAP:
        yield default
    made = Node(Kind.MAP, root.span)
    for key in ("image", "services", "cache", "before_script", "after_script", "variables"):
        if key in root.items:
            made.put(key, root.key_spans[key], root.items[key])
    yield made


def _list(at: Node, values: list[Node]) -> Node:
    made = Node.sequence(at.span)
    made.values = values
    return made


def _with(node: Node, own: dict[str, Node]) -> Node:
    """Copy a map and add keys of our own to it."""
    made = Node(Kind.MAP, node.span, text=node.text)
    made.items = {**node.items, **own}
    made.key_spans = {**node.key_spans, **{key: value.span for key, value in own.items()}}
    return made
