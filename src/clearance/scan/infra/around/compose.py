"""What an override of Compose does to the file beside it: the two are one project, and so is what is left when it goes.

Source: the Compose documentation, "Merge Compose files": maps are joined, lists are added to, all else is replaced.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from clearance.facts.change import SideName
from clearance.facts.text import Decoded
from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.infra.around.told import told
from clearance.scan.infra.folder import Folders
from clearance.scan.infra.lower.compose import lowered
from clearance.scan.infra.lower.hcl.references import placed
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Span

_BASES: Final = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_REPLACED: Final = frozenset({"command", "entrypoint", "test"})
_DEEPEST: Final = 12
_WHY: Final = "the change of the override brings it about"


def in_base(
    pair: Pair, folders: Folders, judged: Callable[[View, Document, Budget], Iterable[Match]], budget: Budget
) -> Iterator[Match]:
    """Give what the project shows after an override has changed or is gone, and neither showed before nor stands in the
    override itself.

    Raises:
        OutOfTime: the budget is spent.
    """
    folder = pair.file.path.rpartition("/")[0]
    names = {path.rpartition("/")[2]: path for path in folders.neighbours.files(folder, "after")}
    path = next((names[name] for name in _BASES if name in names), None)
    base = folders.read(path, "after") if path is not None else None
    if path is None or base is None or folders.neighbours.is_changed(path, len(base.text.encode()) + 8):
        return
    side: SideName = "after"
    there = View(path, side, b"", Decoded(base.text, "utf-8", broken=False))
    known: Counter[tuple[str, str]] = Counter()
    for one in (_document(base.text, pair.before, budget), _alone(pair.after, budget)):
        known |= Counter((match.rule, match.shape) for match in judged(there, one, budget))
    for match in judged(there, _document(base.text, pair.after, budget), budget):
        known[match.rule, match.shape] -= 1
        if known[match.rule, match.shape] < 0:
            yield told(pair, match, there, None, _WHY)


def _alone(override: View | None, budget: Budget) -> Document:
    try:
        return Document(()) if override is None else lowered(read_yaml(override.text, budget).documents, (), budget)
    except NotThis:
        return Document(())


def _document(base: str, override: View | None, budget: Budget) -> Document:
    """Read a project: its file, with what an override says of it."""
    try:
        documents = read_yaml(base, budget).documents
        more = read_yaml(override.text, budget).documents if override is not None else ()
        if documents and more and documents[0].kind is Kind.MAP and more[0].kind is Kind.MAP:
            return lowered([_project(documents[0], more[0])], (), budget)
        return lowered(documents, (), budget)
    except NotThis:
        return Document(())


def _project(base: Node, more: Node) -> Node:
    root = _copied(base)
    services, others = base.items.get("services"), more.items.get("services")
    if services is None or others is None or services.kind is not Kind.MAP or others.kind is not Kind.MAP:
        return root
    made = _copied(services)
    for name, service in others.items.items():
        span = services.key_spans.get(name, services.span)
        other = placed(service, span)
        held = services.items.get(name)
        made.put(name, span, other if held is None else _merged(held, other, span, "", 0))
    root.put("services", base.key_spans["services"], made)
    return root


def _merged(held: Node, more: Node, span: Span, key: str, depth: int) -> Node:
    """Join two values of one key; `depth` bounds the walk."""
    if depth < _DEEPEST and held.kind is Kind.MAP and more.kind is Kind.MAP:
        made = _copied(held)
        for name, value in more.items.items():
            old = held.items.get(name)
            made.put(
                name, held.key_spans.get(name, span), value if old is None else _merged(old, value, span, name, depth + 1)
            )
        return made
    if held.kind is Kind.LIST and more.kind is Kind.LIST and key not in _REPLACED:
        made = Node.sequence(held.span)
        said = {one.text for one in held.values if one.kind is Kind.SCALAR}
        made.values = [*held.values, *(one for one in more.values if one.kind is not Kind.SCALAR or one.text not in said)]
        return made
    return more


def _copied(node: Node) -> Node:
    made = Node(node.kind, node.span, value=node.value, text=node.text)
    made.items, made.key_spans, made.values = dict(node.items), dict(node.key_spans), list(node.values)
    return made
