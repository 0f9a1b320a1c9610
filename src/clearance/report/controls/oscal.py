"""The crosswalk in OSCAL 1.2.1 (https://pages.nist.gov/OSCAL/): a mapping collection and a component definition, in JSON.

OSCAL maps controls to controls. Ours (rules, policies, triggers, checkpoints, capabilities) are named as controls of a
catalogue that the back matter describes. Every UUID is a version 5 one (RFC 9562) of what the object says, so that the same
crosswalk gives the same bytes, and another claim another UUID.
"""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from clearance.controls.catalogue import Catalogue
from clearance.controls.coverage import bounded
from clearance.controls.crosswalk import is_ours
from clearance.facts.control import AuthorKind, Edge, Relation
from clearance.facts.fact import canonical, plain
from clearance.facts.text import visible
from clearance.report.controls.view import Serving, counted
from clearance.report.document import document

OSCAL_VERSION = "1.2.1"
NAMESPACE = "urn:clearance:oscal:v1"
"""The namespace of our own properties."""

_ROOT = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)
_METHODS: dict[AuthorKind, str] = {"person": "human", "assistant": "automation", "tool": "automation"}
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9_.-]")
_RATIONALE = "functional"
"""What is related is what a control of ours does with what the other one demands (NIST IR 8477, section 4.3)."""


class Exported(NamedTuple):
    """What is exported: the catalogues that are named, all edges, our own controls by name, the version of Clearance, and
    the time that the document carries (RFC 3339)."""

    catalogues: tuple[Catalogue, ...]
    edges: tuple[Edge, ...]
    ours: Mapping[str, Serving]
    version: str
    at: str


def mapping_collection(what: Exported) -> str:
    """Give a mapping collection: one mapping for each pair of catalogues and kind of author, and for each catalogue that
    ours lead to the controls that nothing leads to (`target-gap-summary`)."""
    homes = {name: one for one in what.catalogues for name in one.items}
    groups: dict[tuple[str, str, AuthorKind], list[Edge]] = {}
    for edge in what.edges:
        if edge.to in homes and (edge.of in what.ours or edge.of in homes):
            source = "" if edge.of in what.ours else homes[edge.of].prefix
            groups.setdefault((source, homes[edge.to].prefix, edge.by), []).append(edge)
    by_prefix = {one.prefix: one for one in what.catalogues}
    mapped = {edge.to for edge in what.edges if edge.rel is not Relation.NO_RELATIONSHIP and edge.of in what.ours}
    told: set[str] = set()
    mappings = []
    for (source, target, by), edges in sorted(groups.items()):
        gap = None if source or target in told else _gap(by_prefix[target], mapped)
        told |= set() if source else {target}
        mappings.append(_mapping(by_prefix.get(source), by_prefix[target], by, edges, gap))
    used = [one for one in what.catalogues if any(one.prefix in key[:2] for key in groups)]
    body = {
        "provenance": _provenance(what.edges),
        "mappings": mappings,
        "back-matter": {"resources": [_ours(what), *(_resource(one) for one in used)]},
    }
    title = "What Clearance does, mapped to catalogues of controls"
    return document({"mapping-collection": _headed(title, body, what)})


def _mapping(source: Catalogue | None, target: Catalogue, by: AuthorKind, edges: Sequence[Edge], gap: Any) -> dict[str, Any]:
    maps = [_map(edge) for edge in sorted(edges, key=_key)]
    return {
        "uuid": _uuid("mapping", source.prefix if source else "", target.prefix, target.version, by),
        "method": _METHODS[by],
        "matching-rationale": _RATIONALE,
        "status": "draft",
        "source-resource": {"type": "catalog", "href": f"#{_resource_uuid(source)}"},
        "target-resource": {"type": "catalog", "href": f"#{_resource_uuid(target)}"},
        "maps": maps,
        **({"target-gap-summary": gap} if gap else {}),
    }


def _key(edge: Edge) -> tuple[str, str, str, str]:
    return edge.of, edge.to, edge.rel.value, edge.where


def _map(edge: Edge) -> dict[str, Any]:
    props = [_prop("author-kind", edge.by)]
    props += [_prop("claim-source", edge.source)] if edge.source else []
    props += [_prop("claimed-in", edge.where)] if edge.where else []
    return {
        "uuid": _uuid("map", *(str(each) for each in _key(edge)), edge.by, edge.source, edge.confidence.value, edge.note),
        "relationship": edge.rel.value,
        "sources": [_item(edge.of)],
        "targets": [_item(edge.to)],
        "confidence-score": {"category": edge.confidence.value},
        "props": props,
        **({"remarks": _line(edge.note)} if edge.note else {}),
    }


def _item(reference: str) -> dict[str, Any]:
    """Point at one end of a claim; where its id says less than the reference does, the reference stands beside it."""
    id = token(reference)
    whole = id == reference.partition(":")[2] or id == reference or is_ours(reference)
    return {"type": "control", "id-ref": id, **({} if whole else {"props": [_prop("reference", reference)]})}


def _gap(catalogue: Catalogue, mapped: set[str]) -> dict[str, Any] | None:
    """Name the controls of a catalogue that nothing of ours leads to."""
    left = [token(name) for name in catalogue.items if name not in mapped]
    if not left:
        return None
    return {"uuid": _uuid("gap", catalogue.prefix, catalogue.version, *left), "unmapped-controls": [{"with-ids": left}]}


def _provenance(edges: Iterable[Edge]) -> dict[str, Any]:
    kinds = sorted({edge.by for edge in edges})
    methods = {_METHODS[kind] for kind in kinds}
    said = " and ".join({"person": "people", "assistant": "an AI assistant", "tool": "programs"}[kind] for kind in kinds)
    return {
        "method": methods.pop() if len(methods) == 1 else "hybrid",
        "matching-rationale": _RATIONALE,
        "status": "draft",
        "mapping-description": (
            f"Claims by {said or 'nobody'}, each with its source and confidence. A claim that no person made was reviewed "
            "by none unless its source says so. `subset-of`: what the source does is a part of what the target asks for."
        ),
    }


def component_definition(what: Exported) -> str:
    """Give a component definition: a component for rules, one for policies, one for the product, each with the
    controls of each catalogue that it serves, and one capability that holds them together."""
    homes = {name: one for one in what.catalogues for name in one.items}
    edges = [edge for edge in what.edges if edge.of in what.ours and edge.to in homes and _implements(edge, what, homes)]
    components, parts = [], []
    for name, title, kind, kinds in _COMPONENTS:
        own = [edge for edge in edges if what.ours[edge.of].kind in kinds]
        if not own:
            continue
        component = _component(name, title, kind, own, homes, what.ours)
        components.append(component)
        parts.append({"component-uuid": component["uuid"], "description": component["description"]})
    body: dict[str, Any] = {}
    if components:
        body["components"] = components
        body["capabilities"] = [
            {
                "uuid": _uuid("capability", *(each["component-uuid"] for each in parts)),
                "name": "Clearance",
                "description": "Judges changes that AI assistants wrote: scans, decides by policy, signs and records.",
                "incorporates-components": parts,
            }
        ]
    used = [one for one in what.catalogues if any(homes[edge.to] is one for edge in edges)]
    body |= {"back-matter": {"resources": [_resource(one) for one in used]}} if used else {}
    return document({"component-definition": _headed("What Clearance implements of controls", body, what)})


def _implements(edge: Edge, what: Exported, homes: Mapping[str, Catalogue]) -> bool:
    """Tell whether an edge says that something is implemented: not one to a risk or weakness, which nobody implements, and
    not one of what only tells, or asks people to look."""
    home, one = homes[edge.to], what.ours[edge.of]
    wanted = home.items[edge.to].kind in {"control", "mitigation"} or (
        home.kind in {"requirements", "process"} and home.items[edge.to].kind != "risk"
    )
    if not wanted or edge.rel is Relation.NO_RELATIONSHIP or one.kind == "trigger":
        return False
    return one.kind in {"checkpoint", "capability"} or (one.executable and bounded(one.verdict, edge) in {"ASK", "DENY"})


_COMPONENTS = (
    ("rules", "Rules of Clearance", "validation", {"rule"}),
    ("policies", "Policies of Clearance", "policy", {"policy"}),
    ("product", "Checkpoints and capabilities of Clearance", "software", {"checkpoint", "capability"}),
)


def _component(
    name: str, title: str, kind: str, edges: Sequence[Edge], homes: Mapping[str, Catalogue], ours: Mapping[str, Serving]
) -> dict[str, Any]:
    by_catalogue: dict[str, dict[str, list[Edge]]] = {}
    for edge in edges:
        by_catalogue.setdefault(homes[edge.to].prefix, {}).setdefault(edge.to, []).append(edge)
    implementations = []
    for prefix, controls in sorted(by_catalogue.items()):
        home = next(one for one in homes.values() if one.prefix == prefix)
        order = {reference: at for at, reference in enumerate(home.items)}
        requirements = [_implemented(name, to, controls[to], home, ours) for to in sorted(controls, key=order.__getitem__)]
        implementations.append(
            {
                "uuid": _uuid("implementation", name, prefix, home.version, *(str(each["uuid"]) for each in requirements)),
                "source": f"#{_resource_uuid(home)}",
                "description": f"{title} and {home.title} {home.version}. `partial`: a part at most. {_ELSEWHERE}",
                "implemented-requirements": requirements,
            }
        )
    used = len({edge.of for edge in edges})
    return {
        "uuid": _uuid("component", name, *(str(each["uuid"]) for each in implementations)),
        "type": kind,
        "title": title,
        "description": f"{title}: {used} of them serve a control.",
        "control-implementations": sorted(implementations, key=lambda each: str(each["source"])),
    }


_ELSEWHERE = "What only tells or asks people to look, and claims about risks or weaknesses: see the mapping collection."
_WHOLE = {Relation.EQUAL_TO, Relation.EQUIVALENT_TO, Relation.SUPERSET_OF}


def _implemented(name: str, to: str, edges: Sequence[Edge], home: Catalogue, ours: Mapping[str, Serving]) -> dict[str, Any]:
    ordered = sorted(edges, key=_key)
    props = [_prop("reference", to), *(_prop("served-by", edge.of, edge.rel.value) for edge in ordered)]
    status = "implemented" if any(edge.rel in _WHOLE for edge in edges) else "partial"
    told = "; ".join(f"{edge.of} ({edge.rel.value}): {ours[edge.of].title}" for edge in ordered)
    return {
        "uuid": _uuid("requirement", name, to, status, *(f"{edge.of} {edge.rel.value}" for edge in ordered), told),
        "control-id": token(to),
        "description": _line(f"{home.items[to].label or home.chapters[to].label}. {counted(len(edges), 'claim')}: {told}"),
        "props": [{"name": "implementation-status", "value": status}, *props],
    }


def token(reference: str) -> str:
    """Give a reference as an OSCAL token, beginning with a letter or `_` and has letters, digits, `.`, `-`, `_` only: of a
    catalogue without its prefix (`ac-5`, `v5.0.0-1.2.5`), of ours as `rule.python-eval`."""
    kind, colon, id = reference.partition(":")
    made = _NOT_TOKEN.sub("_", f"{kind}.{id}" if is_ours(reference) else id if colon else kind)
    return made if re.match(r"[A-Za-z_]", made) else f"_{made}"


def _headed(title: str, body: Mapping[str, Any], what: Exported) -> dict[str, Any]:
    """Put the head before a document; the document's own UUID is of everything in it but the time."""
    shape = {"title": title, "version": what.version, "oscal-version": OSCAL_VERSION}
    named = _uuid("document", canonical({**shape, **plain(body)}).decode())
    at = what.at.removesuffix("Z") + "+00:00"
    metadata = {"title": title, "last-modified": at, "version": what.version, "oscal-version": OSCAL_VERSION}
    return {"uuid": named, "metadata": metadata, **body}


def _ours(what: Exported) -> dict[str, Any]:
    described = (
        f"{counted(len(what.ours), 'control')} of Clearance {what.version}. Their ids are kind and name, as in "
        "`rule.python-sql-string-build`, `policy.no-secrets`; `clearance controls of NAME` shows one."
    )
    return {"uuid": _resource_uuid(None), "title": f"What Clearance {what.version} does", "description": described}


def _resource(catalogue: Catalogue) -> dict[str, Any]:
    return {
        "uuid": _resource_uuid(catalogue),
        "title": _line(f"{catalogue.title} {catalogue.version}"),
        "description": _line(
            f"Ids as `{catalogue.reference}`; labels in this document are our own words. Licence: {catalogue.licence}"
        ),
        **({"rlinks": [{"href": catalogue.source}]} if re.fullmatch(r"https://[!-~]+", catalogue.source) else {}),
    }


def _resource_uuid(catalogue: Catalogue | None) -> str:
    return _uuid("resource", catalogue.prefix, catalogue.version) if catalogue else _uuid("resource", "clearance")


def _prop(name: str, value: str, kind: str = "") -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": _line(value), **({"class": kind} if kind else {})}


def _line(text: str) -> str:
    """Give text as one line with no space at either end, as OSCAL's strings are."""
    return " ".join(visible(text.replace("\n", " ")).split()) or "-"


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(_ROOT, "\x1f".join(parts)))
