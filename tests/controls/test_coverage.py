"""How an answer is computed, and that words never count for more than edges."""

import msgspec
import pytest

from clearance.controls.catalogue import Catalogue, Group, Item
from clearance.controls.coverage import Answer, How, Source, SourceKind, Written, bounded, carries, cover, read_answers
from clearance.controls.crosswalk import Crosswalk
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadCatalogue

WEAK = Catalogue(
    prefix="weak", title="W", version="1", kind="weaknesses", reference="{id}", pattern="W\\d", source="", licence="",
    groups=(Group(id="1", label="all", items=(Item(id="W1", label="one"),)),),
)  # fmt: skip
AB = Catalogue(
    prefix="ab", title="AB", version="2", kind="requirements", reference="ab:{id}", pattern="\\d", source="", licence="",
    groups=(Group(id="1", label="all", items=(Item(id="1", label="one", level=1), Item(id="2", label="two", level=2))),),
)  # fmt: skip


def source(kind: SourceKind = "rule", verdict: str = "DENY", *, executable: bool = True) -> Source:
    return Source(id=f"{kind}:x", kind=kind, executable=executable, verdict=verdict, languages=("go",), examples=(3, 3))


def answer(one: Source | None, rel: str = "subset-of", written: How | None = None) -> Answer:
    edges = [Edge(of=one.id, to="ab:1", rel=Relation(rel))] if one else []
    words = {"ab:1": Written(control="ab:1", how=written, reason="because", missing="much")} if written else {}
    (found,) = cover(AB, Crosswalk(edges, (AB,)), {one.id: one} if one else {}, 1, written=words)
    return found


@pytest.mark.parametrize(
    ("kind", "verdict", "executable", "rel", "how"),
    [
        ("rule", "DENY", True, "subset-of", "executable"),
        ("rule", "ASK", True, "subset-of", "executable"),
        ("rule", "", True, "subset-of", "assisted"),
        ("rule", "ALLOW", True, "subset-of", "assisted"),
        ("rule", "DENY", False, "subset-of", "assisted"),
        ("rule", "DENY", True, "intersects-with", "assisted"),
        ("rule", "DENY", True, "no-relationship", "none"),
        ("policy", "ASK", True, "subset-of", "executable"),
        ("trigger", "ASK", True, "subset-of", "assisted"),
        ("capability", "DENY", True, "subset-of", "assisted"),
        ("checkpoint", "", True, "subset-of", "executable"),
    ],
)
def test_what_an_edge_is_worth(kind: SourceKind, verdict: str, executable: bool, rel: str, how: How) -> None:  # noqa: FBT001 -- a column of the table
    assert answer(source(kind, verdict, executable=executable), rel).how == how


def test_a_risk_is_never_said_to_be_covered() -> None:
    risks = msgspec.structs.replace(AB, kind="threats")
    walk = Crosswalk([Edge(of="rule:x", to="ab:1", rel=Relation.SUBSET_OF)], (risks,))
    (found,) = cover(risks, walk, {"rule:x": source()}, 1, written={})
    assert found.missing == "a risk is wider than any list of rules: what they do not name is not seen"


def test_silence_is_none_and_never_an_answer() -> None:
    found = answer(None)
    assert (found.how, found.served, found.missing) == ("none", (), "all of it")


def test_a_control_of_ours_that_is_not_there_serves_nothing() -> None:
    walk = Crosswalk([Edge(of="rule:gone", to="ab:1", rel=Relation.SUBSET_OF)], (AB,))
    assert cover(AB, walk, {}, 1, written={})[0].how == "none"


@pytest.mark.parametrize(
    ("one", "rel", "written", "how"),
    [
        (source(), "intersects-with", "executable", "assisted"),
        (source(verdict=""), "subset-of", "executable", "assisted"),
        (source("trigger"), "intersects-with", "executable", "assisted"),
        (None, "subset-of", "executable", "none"),
        (source(), "subset-of", "process-only", "executable"),
        (source(), "subset-of", "not-us", "executable"),
        (source(), "intersects-with", "process-only", "process-only"),
        (source(), "subset-of", "assisted", "assisted"),
        (None, "subset-of", "not-us", "not-us"),
    ],
)
def test_words_never_count_for_more_than_edges(one: Source | None, rel: str, written: How, how: How) -> None:
    found = answer(one, rel, written)
    assert found.how == how
    assert (found.reason == "because") is (how == written)


@pytest.mark.parametrize(
    ("one", "edge", "carried"),
    [
        (source(), {"rel": "subset-of"}, True),
        (source(), {"rel": "intersects-with"}, False),
        (source(), {"rel": "intersects-with", "note": "headers only"}, True),
        (source(), {"rel": "intersects-with", "note": "headers only", "confidence": "low"}, False),
        (source("policy"), {"rel": "intersects-with"}, True),
        (source(), {"rel": "subset-of", "at_most": "ALLOW"}, False),
        (source(), {"rel": "subset-of", "at_most": "ASK"}, True),
        (source(verdict="ALLOW"), {"rel": "subset-of", "at_most": "DENY"}, False),
        (source("trigger"), {"rel": "intersects-with", "note": "headers only"}, False),
    ],
)
def test_what_carries_a_written_answer_lies_within_or_says_with_which_part_it_overlaps(
    one: Source,
    edge: dict[str, str],
    carried: bool,  # noqa: FBT001 -- a column of the table
) -> None:
    made = msgspec.convert({"of": one.id, "to": "ab:1", **edge}, Edge)
    assert carries(one, made) is carried
    written = {"ab:1": Written(control="ab:1", how="executable", reason="because")}
    (found,) = cover(AB, Crosswalk([made], (AB,)), {one.id: one}, 1, written=written)
    assert (found.how == "executable") is carried


@pytest.mark.parametrize(
    ("verdict", "at_most", "shown"),
    [("DENY", "", "DENY"), ("DENY", "ASK", "ASK"), ("ASK", "DENY", "ASK"), ("", "ASK", ""), ("ALLOW", "ASK", "ALLOW")],
)
def test_a_part_never_gets_more_than_its_rule(verdict: str, at_most: str, shown: str) -> None:
    made = msgspec.convert({"of": "rule:x", "to": "ab:1", "rel": "subset-of", "at_most": at_most}, Edge)
    assert bounded(verdict, made) == shown


def test_what_is_derived_is_marked_and_never_executable() -> None:
    walk = Crosswalk(
        [Edge(of="rule:x", to="W1", rel=Relation.SUBSET_OF), Edge(of="W1", to="ab:1", rel=Relation.SUBSET_OF)], (WEAK, AB)
    )
    (found,) = cover(AB, walk, {"rule:x": source()}, 1, written={})
    assert (found.how, found.served, found.enforced) == ("assisted", (), 0)
    assert [(first.of, second.of) for first, second in found.derived] == [("rule:x", "W1")]
    assert found.reason == "derived over W1: a hint where to look, and no evidence"


def test_what_only_intersects_on_its_way_proves_not_even_a_part() -> None:
    walk = Crosswalk(
        [Edge(of="rule:x", to="W1", rel=Relation.SUBSET_OF), Edge(of="W1", to="ab:1", rel=Relation.INTERSECTS_WITH)],
        (WEAK, AB),
    )
    (found,) = cover(AB, walk, {"rule:x": source()}, 1, written={})
    assert (found.how, len(found.derived)) == ("none", 1)


def test_edges_that_enforce_come_first_and_languages_are_theirs() -> None:
    told = Source(id="rule:a", kind="rule", executable=True, verdict="ALLOW", languages=("java",))
    edges = [Edge(of=name, to="ab:1", rel=Relation.SUBSET_OF) for name in ("rule:a", "rule:x")]
    (found,) = cover(AB, Crosswalk(edges, (AB,)), {"rule:a": told, "rule:x": source()}, 1, written={})
    assert [edge.of for edge in found.served] == ["rule:x", "rule:a"]
    assert (found.enforced, found.languages) == (1, ("go",))
    assert found.reason == "a part of it is stopped, or waits for a person: 1 rule"


def test_a_level_holds_those_below() -> None:
    walk = Crosswalk([], (AB,))
    assert [one.control for one in cover(AB, walk, {}, 1, written={})] == ["ab:1"]
    assert [one.control for one in cover(AB, walk, {}, 2, written={})] == ["ab:1", "ab:2"]
    assert len(cover(AB, walk, {}, written={})) == 2


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('catalogue = "ab"\n[[answer]]\nid = "9"\nhow = "not-us"\nreason = "r"', "no control '9'"),
        ('catalogue = "zz"\n[[answer]]\nid = "1"\nhow = "not-us"\nreason = "r"', "no control '1'"),
        ('catalogue = "ab"\n' + '[[answer]]\nid = "1"\nhow = "not-us"\nreason = "r"\n' * 2, "answered twice"),
        ('catalogue = "ab"\n[[answer]]\nid = "1"\nhow = "fine"\nreason = "r"', "how"),
        ('catalogue = "ab"\n[[answer]]\nid = "1"\nhow = "not-us"', "reason"),
        ("catalogue = ", "value"),
    ],
)
def test_a_broken_file_of_answers_is_refused(text: str, what: str) -> None:
    with pytest.raises(BadCatalogue, match=what):
        read_answers(text.encode(), "a.toml", {"ab": AB})
