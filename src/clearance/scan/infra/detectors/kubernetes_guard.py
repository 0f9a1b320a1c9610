"""Tells a change that takes away what guarded a workload: its network policy, its authorization policy, the standard of its
namespace. Nothing is wrong with a file that never had such; to take it away is an act.

Guards count where they are applied: in a folder with a kustomization only those that it lists. Sources: the Kubernetes API
reference, NetworkPolicy; "Pod Security Admission"; Istio, AuthorizationPolicy; Cilium, "Network Policy"; Kustomize.
"""

from collections.abc import Iterator, Sequence
from posixpath import normpath
from typing import Final, NamedTuple

from clearance.facts.change import ChangeKind, SideName
from clearance.facts.finding import Confidence, Step
from clearance.facts.text import Decoded
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, Pair, View
from clearance.scan.infra.around.told import place_of
from clearance.scan.infra.expect import MAYBE, NO, YES
from clearance.scan.infra.folder import Beside, Folders
from clearance.scan.infra.node import Document, Kind, Node, Unit

ON: Final = ("kubernetes.object",)
_SUFFIXES: Final = (".yaml", ".yml", ".json")
_KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml")
_SELECTORS: Final = {
    "NetworkPolicy": ("policy", ("podSelector",)),
    "CiliumNetworkPolicy": ("network policy", ("endpointSelector",)),
    "AuthorizationPolicy": ("authorization policy", ("selector",)),
    "PeerAuthentication": ("demand for mutual TLS", ("selector",)),
}
"""By the kind of a guard: what people call it, and where its specification says which pods it is for."""
_STANDARD: Final = "pod-security.kubernetes.io/enforce"
_STRICT: Final = frozenset({"baseline", "restricted"})
_MOST_TOLD: Final = 20
_MOST_FOLDERS: Final = 20
"""Folders that one kustomization leads to."""


class _Guard(NamedTuple):
    what: str
    namespace: str
    selector: Node | None


class _Pod(NamedTuple):
    unit: Unit
    file: Beside
    namespace: str
    labels: Node | None


class _Applied(NamedTuple):
    guards: Sequence[_Guard]
    pods: dict[tuple[str, str, str], _Pod]


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give nothing: as it stands no file lacks a guard."""
    del document, rule, budget
    yield from ()


def around(pair: Pair, folders: Folders, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each workload of the folder that was guarded before the change and is not any more.

    Raises:
        OutOfTime: the budget is spent.
    """
    before = pair.before
    if before is None or pair.file.kind is ChangeKind.PRESENT or not _may_guard(pair.file.path, before):
        return
    folder = folders.neighbours.folder(pair.file.path, "before")
    had, has = (_applied(folders, folder, side, budget) for side in _SIDES)
    guards = [*has.guards, *_moved(pair, folders, folder, budget)]
    sorts = dict.fromkeys(guard.what for guard in had.guards)
    told = 0
    for key, pod in has.pods.items():
        old = had.pods.get(key)
        if old is None:
            continue
        budget.check()
        stood = {what: _covered(had.guards, old, what) for what in sorts}
        lost = [what for what in sorts if stood[what] != NO and _covered(guards, pod, what) == NO]
        told += bool(lost)
        if lost and told > _MOST_TOLD:
            folders.spent.append(f"more than {_MOST_TOLD} workloads lose a guard; those are told")
            return
        if lost:
            yield _match(pair, pod, lost, rule, sure=any(stood[what] == YES for what in lost))


_SIDES: Final[tuple[SideName, SideName]] = ("before", "after")


def _may_guard(path: str, view: View) -> bool:
    if path.rpartition("/")[2] in _KUSTOMIZATIONS:
        return True
    return any(word in view.text for word in (*_SELECTORS, _STANDARD))


def _match(pair: Pair, pod: _Pod, lost: Sequence[str], rule: Rule, *, sure: bool) -> Match:
    there = View(pod.file.path, "after", b"", Decoded(pod.file.text, "utf-8", broken=False))
    name = f"{pod.unit.type} {pod.unit.name}".strip()
    line = there.position(pod.unit.head[0])[0]
    return Match(
        rule=rule.id,
        start=0,
        end=0,
        message=f"{pod.file.path}:{line}: the {name} loses its {' and '.join(lost)} by this change",
        shape=f"{pod.file.path} {name} {' '.join(lost)}",
        confidence=None if sure else Confidence.LOW,
        steps=(Step(place=place_of(there, pod.unit.head), message="here it takes effect"),),
        whole_file=True,
        side="after" if pair.after is not None else "before",
    )


def _applied(folders: Folders, folder: str, side: SideName, budget: Budget) -> _Applied:
    """Give the guards and workloads of a folder, and of the folders that its kustomization names, as they are applied."""
    guards: list[_Guard] = []
    pods: dict[tuple[str, str, str], _Pod] = {}
    waiting, seen = [folder], {folder}
    while waiting:
        at = waiting.pop()
        files = list(folders.files(at, side, _SUFFIXES, budget))
        listed = _listed(next((one for one in files if one.path.rpartition("/")[2] in _KUSTOMIZATIONS), None), at, budget)
        if listed is None and at != folder:
            continue
        more = sorted(one for one in listed or () if not one.endswith(_SUFFIXES) and one not in seen)
        more = more[: _MOST_FOLDERS - len(seen)]
        seen.update(more)
        waiting += more
        for one in files:
            if "kind" in one.text and (listed is None or one.path in listed):
                _gather(one, folders.units(one, budget), guards, pods)
    return _Applied(guards, pods)


def _gather(one: Beside, units: Sequence[Unit], guards: list[_Guard], pods: dict[tuple[str, str, str], _Pod]) -> None:
    for unit in units:
        if unit.kind == "kubernetes.object":
            guards.extend(_guards(unit))
        elif unit.kind == "kubernetes.pod" and unit.above is not None and not unit.above.body.text:
            namespace = _text(unit.above.body, "metadata", "namespace")
            pods[unit.type, unit.name, namespace] = _Pod(unit, one, namespace, _labels(unit))


def _moved(pair: Pair, folders: Folders, folder: str, budget: Budget) -> Sequence[_Guard]:
    """Give the guards of a file that went to another folder: objects of a cluster have none, unless a kustomization says
    what is applied."""
    after = pair.after
    if after is None or after.path.rpartition("/")[0] == folder or not after.path.endswith(_SUFFIXES):
        return ()
    names = {path.rpartition("/")[2] for path in folders.neighbours.files(folder, "after")}
    if names.intersection(_KUSTOMIZATIONS):
        return ()
    guards: list[_Guard] = []
    one = folders.read(after.path, "after")
    if one is not None:
        _gather(one, folders.units(one, budget), guards, {})
    return guards


def _listed(kustomization: Beside | None, folder: str, budget: Budget) -> set[str] | None:
    """Give the files of the folder that a kustomization applies; None where there is none that says so."""
    from clearance.scan.infra.lower.yaml_text import read_yaml
    from clearance.scan.infra.node import NotThis

    if kustomization is None:
        return None
    try:
        documents = read_yaml(kustomization.text, budget).documents
    except NotThis:
        return None
    resources = documents[0].items.get("resources") if documents else None
    if resources is None or resources.kind is not Kind.LIST:
        return None
    return {normpath(f"{folder}/{one.text}" if folder else one.text) for one in resources.values}


def _guards(unit: Unit) -> Iterator[_Guard]:
    namespace = _text(unit.body, "metadata", "namespace")
    if unit.type == "Namespace":
        labels = _at(unit.body, "metadata", "labels")
        level = labels.items.get(_STANDARD) if labels is not None else None
        if level is not None and (level.kind is Kind.UNKNOWN or level.text in _STRICT):
            yield _Guard("pod security standard", unit.name, None)
        return
    found = _SELECTORS.get(unit.type)
    spec = unit.body.items.get("spec")
    if found is None or spec is None:
        return
    what, path = found
    selector = _at(spec, *path)
    if unit.type == "PeerAuthentication" and _text(spec, "mtls", "mode") != "STRICT":
        return
    if unit.type != "NetworkPolicy":
        yield _Guard(what, namespace, selector)
        return
    types = spec.items.get("policyTypes")
    named = (
        {one.text for one in types.values} if types is not None else {"Ingress", "Egress" if "egress" in spec.items else ""}
    )
    for direction in ("Ingress", "Egress"):
        rules = spec.items.get(direction.lower())
        if direction in named and not (rules is not None and any(_is_open(one) for one in rules.values)):
            yield _Guard(f"{direction.lower()} policy", namespace, selector)


def _is_open(rule: Node) -> bool:
    """Tell whether a rule of a policy lets everything through: it names nobody."""
    return rule.kind is Kind.MAP and not rule.items and not rule.text


def _covered(guards: Sequence[_Guard], pod: _Pod, what: str) -> int:
    """Tell in three values whether a guard of a sort is for a pod."""
    best = NO
    for guard in guards:
        if guard.what == what and guard.namespace == pod.namespace:
            best = max(best, _selects(guard.selector, pod.labels))
            if best == YES:
                break
    return best


def _selects(selector: Node | None, labels: Node | None) -> int:
    """Tell whether a selector is for pods with such labels; an empty one is for all."""
    if selector is None:
        return YES
    if selector.kind is not Kind.MAP or selector.text or (set(selector.items) - {"matchLabels"}):
        return MAYBE
    wanted = selector.items.get("matchLabels")
    if wanted is None or (wanted.kind is Kind.MAP and not wanted.items and not wanted.text):
        return YES
    if wanted.kind is not Kind.MAP or wanted.text or (labels is not None and labels.text):
        return MAYBE
    truth = YES
    for key, value in wanted.items.items():
        held = labels.items.get(key) if labels is not None else None
        if held is None or (held.kind is value.kind is Kind.SCALAR and held.text != value.text):
            return NO
        if Kind.UNKNOWN in (held.kind, value.kind):
            truth = MAYBE
    return truth


def _labels(unit: Unit) -> Node | None:
    """Give the labels of the pods that an object makes."""
    above = unit.above
    if above is None:
        return None
    template = {"Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template"), "PodTemplate": ("template",)}
    holder = _at(above.body, *template.get(unit.type, ("spec", "template")))
    return _at(holder, "metadata", "labels") if holder is not None else None


def _at(node: Node, *path: str) -> Node | None:
    at: Node | None = node
    for key in path:
        at = at.items.get(key) if at is not None and at.kind is Kind.MAP else None
    return at


def _text(node: Node, *path: str) -> str:
    found = _at(node, *path)
    return found.text if found is not None else ""
