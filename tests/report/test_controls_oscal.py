"""The crosswalk in OSCAL: what compliance-trestle reads, and what it says."""

import importlib
import json
import re
from typing import Any

import msgspec
import pytest

from clearance.controls.catalogue import catalogues
from clearance.facts.control import AuthorKind, Edge, Relation
from clearance.facts.finding import Confidence
from clearance.report.controls.oscal import Exported, component_definition, mapping_collection, token
from clearance.report.controls.view import Serving
from report.controls_made import CAPABILITY, POLICY, RULE, catalogue

OURS = {each.id: each for each in (RULE, POLICY, CAPABILITY)}


def edge(of: str, to: str, rel: Relation = Relation.SUBSET_OF, by: AuthorKind = "assistant", note: str = "") -> Edge:
    return Edge(of=of, to=to, rel=rel, by=by, source="read", confidence=Confidence.HIGH, note=note, where="x.md:3")


EDGES = (
    edge(RULE.id, "own:1.0/1.1"),
    edge(POLICY.id, "own:1.0/1.1", Relation.INTERSECTS_WITH, note="a part\nonly "),
    edge(CAPABILITY.id, "own:1.0/1.1", Relation.NO_RELATIONSHIP),
    edge("CWE-78", "own:1.0/1.1", by="person"),
    edge(RULE.id, "CWE-78", by="tool"),
    edge("rule:unknown", "own:1.0/1.1"),
)


def exported(edges: tuple[Edge, ...] = EDGES, at: str = "2026-11-22T10:00:00Z") -> Exported:
    homes = (*(one for one in catalogues() if one.prefix == "cwe"), catalogue())
    return Exported(homes, edges, OURS, "0.1.0", at)


def whole(kind: str, text: str) -> dict[str, Any]:
    """Read with compliance-trestle, and write again: the same must come out."""
    pytest.importorskip("trestle", reason="compliance-trestle is not installed: OSCAL documents cannot be validated")
    model = importlib.import_module(f"trestle.oscal.{kind}").Model.model_validate(json.loads(text))
    again: dict[str, Any] = json.loads(model.oscal_serialize_json_bytes(pretty=False, wrapped=False))
    written: dict[str, Any] = json.loads(text)
    assert again == written
    return written


def references(document: Any) -> tuple[list[str], list[str]]:
    """Collect the UUIDs that a document declares, and those that it points at."""
    declared, pointed = [], []
    waiting = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            declared += [value for key, value in one.items() if key == "uuid"]
            pointed += [value for key, value in one.items() if key == "component-uuid"]
            pointed += [
                value[1:]
                for key, value in one.items()
                if key in {"href", "source"} and isinstance(value, str) and value.startswith("#")
            ]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return declared, pointed


@pytest.mark.parametrize(("kind", "write"), [("mapping", mapping_collection), ("component", component_definition)])
def test_trestle_reads_it_and_writes_the_same_again(kind: str, write: Any) -> None:
    document = whole(kind, write(exported()))
    declared, pointed = references(document)
    assert len(declared) == len(set(declared))
    assert pointed
    assert set(pointed) <= set(declared)
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one) for one in declared)


def test_each_kind_of_author_has_a_mapping_of_its_own_with_its_method_and_none_claims_review() -> None:
    body = json.loads(mapping_collection(exported()))["mapping-collection"]
    assert [(one["method"], one["status"]) for one in body["mappings"]] == [
        ("automation", "draft"),
        ("automation", "draft"),
        ("human", "draft"),
    ]
    assert body["provenance"]["method"] == "hybrid"
    assert body["provenance"]["status"] == "draft"


def test_a_claim_keeps_relation_confidence_source_place_and_note() -> None:
    body = json.loads(mapping_collection(exported()))["mapping-collection"]
    maps = {
        one["sources"][0]["id-ref"]: one for each in body["mappings"] for one in each["maps"] if each["method"] != "human"
    }
    policy = maps["policy.no-secrets"]
    assert policy["relationship"] == "intersects-with"
    assert policy["confidence-score"] == {"category": "high"}
    assert policy["remarks"] == "a part only"
    assert {one["name"]: one["value"] for one in policy["props"]} == {
        "author-kind": "assistant", "claim-source": "read", "claimed-in": "x.md:3",
    }  # fmt: skip
    assert maps["capability.masking"]["relationship"] == "no-relationship"
    assert "rule.unknown" not in maps


def test_what_nothing_leads_to_is_named_as_a_gap() -> None:
    body = json.loads(mapping_collection(exported()))["mapping-collection"]
    gaps = [
        one["target-gap-summary"]["unmapped-controls"][0]["with-ids"]
        for one in body["mappings"]
        if "target-gap-summary" in one
    ]
    assert ["_1.0_1.2"] in gaps
    assert all("CWE-78" not in gap for gap in gaps)


def test_components_say_partial_for_a_part_and_leave_out_what_has_no_relationship() -> None:
    body = json.loads(component_definition(exported()))["component-definition"]
    titles = {one["title"]: one for one in body["components"]}
    assert set(titles) == {"Rules of Clearance", "Policies of Clearance"}
    (requirement,) = titles["Policies of Clearance"]["control-implementations"][0]["implemented-requirements"]
    assert requirement["control-id"] == "_1.0_1.1"
    assert requirement["props"][0] == {"name": "implementation-status", "value": "partial"}
    assert len(body["capabilities"][0]["incorporates-components"]) == 2


@pytest.mark.parametrize(
    ("one", "to"),
    [
        pytest.param(RULE, "CWE-78", id="a weakness is nothing to implement"),
        pytest.param(
            msgspec.structs.replace(RULE, kind="trigger", tier=3), "own:1.0/1.1", id="a trigger asks people to look"
        ),
        pytest.param(msgspec.structs.replace(RULE, verdict="ALLOW"), "own:1.0/1.1", id="what is told stops nothing"),
        pytest.param(msgspec.structs.replace(RULE, executable=False), "own:1.0/1.1", id="guidance detects nothing"),
    ],
)
def test_what_enforces_nothing_is_no_partial_implementation(one: Serving, to: str) -> None:
    what = exported((edge(one.id, to),))._replace(ours={one.id: one})
    assert "components" not in json.loads(component_definition(what))["component-definition"]
    assert json.loads(mapping_collection(what))["mapping-collection"]["mappings"]


def test_a_whole_relation_is_implemented() -> None:
    body = json.loads(component_definition(exported((edge(RULE.id, "own:1.0/1.1", Relation.EQUIVALENT_TO),))))
    (component,) = body["component-definition"]["components"]
    props = component["control-implementations"][0]["implemented-requirements"][0]["props"]
    assert props[0]["value"] == "implemented"


@pytest.mark.parametrize("write", [mapping_collection, component_definition])
def test_the_same_claims_give_the_same_bytes_and_other_claims_another_name(write: Any) -> None:
    assert write(exported()) == write(exported(tuple(reversed(EDGES)))) == write(exported())
    one, other = (next(iter(json.loads(write(exported(edges))).values()))["uuid"] for edges in (EDGES, EDGES[:1]))
    assert one != other
    later = next(iter(json.loads(write(exported(at="2027-01-01T00:00:00Z"))).values()))
    assert later["uuid"] == one
    assert later["metadata"]["last-modified"] == "2027-01-01T00:00:00+00:00"


def test_every_id_of_every_catalogue_has_a_token_of_its_own() -> None:
    for one in catalogues():
        tokens = {token(name) for name in one.items}
        assert len(tokens) == len(one.items), one.prefix
        assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", each) for each in tokens)
    assert token("sp800-53:ac-5") == "ac-5"
    assert token("rule:python-eval") == "rule.python-eval"
