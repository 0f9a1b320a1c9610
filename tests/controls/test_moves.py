"""What a newer version of a catalogue does to the edges that lead to the pinned one."""

import json
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.controls.catalogue import Catalogue, Group, Item, catalogues
from clearance.controls.moves import Moves, moved
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.fact import plain

Row = tuple[str, str] | tuple[str, str, int]


def catalogue(version: str, *rows: Row, reference: str = "own:v{version}-{id}", **rest: object) -> Catalogue:
    items = tuple(Item(id=row[0], label=row[1], level=row[2] if len(row) == 3 else None) for row in rows)
    fields = {
        "prefix": "own",
        "title": "Own",
        "version": version,
        "kind": "requirements",
        "reference": reference,
        "pattern": ".+",
        "source": "us",
        "licence": "own words",
        "groups": (Group(id="all", label="All", items=items),),
    }
    return Catalogue(**(fields | rest))  # type: ignore[arg-type]


def edge(to: str, of: str = "rule:x") -> Edge:
    return Edge(of=of, to=to, rel=Relation.SUBSET_OF)


def said(found: Moves) -> list[tuple[str, str, str]]:
    return [(move.what, move.old, move.new) for move in found.moves]


OLD = catalogue("1.0", ("1.1", "Walls", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ((("1.1", "Walls", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2)), []),
        ((("1.1", "Walls", 1), ("1.2", "Doors", 1)), [("removed", "own:v1.0-1.3", "")]),
        (
            (("1.1", "Walls", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2), ("1.4", "Cellars", 1)),
            [("added", "", "own:v2.0-1.4")],
        ),
        (
            (("1.1", "Thick walls", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2)),
            [("relabelled", "own:v1.0-1.1", "own:v2.0-1.1")],
        ),
        ((("1.1", "WALLS  ", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2)), []),
        ((("1.1", "Walls", 3), ("1.2", "Doors", 1), ("1.3", "Roofs", 2)), [("level", "own:v1.0-1.1", "own:v2.0-1.1")]),
        (
            (("2.7", "Walls", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2)),
            [("renumbered", "own:v1.0-1.1", "own:v2.0-2.7")],
        ),
        (
            (("1.2", "Walls", 1), ("1.1", "Doors", 1), ("1.3", "Roofs", 2)),
            [("renumbered", "own:v1.0-1.1", "own:v2.0-1.2"), ("renumbered", "own:v1.0-1.2", "own:v2.0-1.1")],
        ),
        (
            (("1.1", "Gates", 1), ("1.2", "Doors", 1), ("1.3", "Roofs", 2), ("1.4", "Walls", 2)),
            [
                ("renumbered", "own:v1.0-1.1", "own:v2.0-1.4"),
                ("level", "own:v1.0-1.1", "own:v2.0-1.4"),
                ("reused", "own:v1.0-1.1", "own:v2.0-1.1"),
            ],
        ),
        (
            (("1.1", "Walls", 1), ("1.2", "Roofs", 2)),
            [("removed", "own:v1.0-1.2", ""), ("renumbered", "own:v1.0-1.3", "own:v2.0-1.2")],
        ),
    ],
)
def test_differences_are_named(new: tuple[Row, ...], expected: list[tuple[str, str, str]]) -> None:
    found = moved(OLD, catalogue("2.0", *new))
    assert said(found) == expected
    assert found.kept == len(OLD.items) - len({old for what, old, _ in expected if old})


def test_labels_that_several_items_share_pair_nothing() -> None:
    old = catalogue("1", ("a", "Same"), ("b", "Same"))
    assert said(moved(old, catalogue("2", ("c", "Same"), ("d", "Other")))) == [
        ("removed", "own:v1-a", ""),
        ("removed", "own:v1-b", ""),
        ("added", "", "own:v2-c"),
        ("added", "", "own:v2-d"),
    ]


@pytest.mark.parametrize(
    ("new", "to", "dangles", "mechanical", "advice"),
    [
        ([("1.1", "Walls", 1)], "own:v2.0-1.1", True, True, "write own:v2.0-1.1; nothing else changed"),
        ([("1.9", "Walls", 1)], "own:v2.0-1.9", True, True, "write own:v2.0-1.9"),
        ([("1.1", "Gates", 1)], "own:v2.0-1.1", True, False, "read own:v2.0-1.1 again: it was 'Walls', and is 'Gates'"),
        ([("1.1", "Walls", 2)], "own:v2.0-1.1", True, True, "write own:v2.0-1.1; its level was 1, and is 2"),
        ([("1.2", "Doors", 1)], "", True, False, "drop the edge, or choose where it leads"),
    ],
)  # fmt: skip
def test_an_edge_is_told_what_to_do(new: list[Row], to: str, *, dangles: bool, mechanical: bool, advice: str) -> None:
    found = moved(OLD, catalogue("2.0", *new), [edge("own:v1.0-1.1"), edge("other:1")])
    [touched] = found.touched
    assert (touched.to, touched.dangles, touched.mechanical, touched.next) == (to, dangles, mechanical, advice)
    assert touched.edge == edge("own:v1.0-1.1")


def test_an_edge_whose_reference_names_no_version_misleads() -> None:
    old = catalogue("1", ("A", "Walls"), ("B", "Doors"), reference="own:{id}")
    new = catalogue("2", ("B", "Walls"), ("C", "Doors"), reference="own:{id}")
    found = moved(old, new, [edge("own:A"), edge("own:B")])
    assert [(one.edge.to, one.to, one.dangles, one.next) for one in found.touched] == [
        ("own:A", "own:B", True, "write own:B"),
        ("own:B", "own:C", False, "write own:C; own:B is something else now"),
    ]


def test_edges_that_nothing_touches_are_left_out() -> None:
    old = catalogue("1", ("A", "Walls"), ("B", "Doors"), reference="own:{id}")
    new = catalogue("2", ("A", "Walls"), ("B", "Gates"), reference="own:{id}")
    assert [one.edge.to for one in moved(old, new, [edge("own:A"), edge("own:B")]).touched] == ["own:B"]


def test_an_edge_between_catalogues_is_looked_at_from_both_ends() -> None:
    found = moved(OLD, catalogue("2.0", ("1.1", "Walls", 1)), [edge("CWE-89", of="own:v1.0-1.1")])
    assert [one.to for one in found.touched] == ["own:v2.0-1.1"]


def test_a_withdrawn_id_names_what_took_its_place() -> None:
    old = catalogue("1", ("A", "Walls"), ("B", "Doors"), ("C", "Roofs"), reference="own:{id}")
    new = catalogue("2", ("C", "Roofs"), ("D", "Shells"), reference="own:{id}", withdrawn={"A": ("D",), "B": ("C", "D")})
    found = moved(old, new, [edge("own:A"), edge("own:B")])
    assert [(one.what, one.new, one.now) for one in found.moves[:2]] == [
        ("withdrawn", "own:D", "own:D"),
        ("withdrawn", "", "own:C, own:D"),
    ]
    assert [(one.to, one.mechanical, one.next) for one in found.touched] == [
        ("own:D", False, "own:D took its place: decide anew"),
        ("", False, "own:C, own:D took its place: decide anew"),
    ]


def test_the_llm_top_ten_of_2026_means_other_risks_by_the_same_numbers() -> None:
    old = next(one for one in catalogues() if one.prefix == "llm")
    names = {item.id[:5]: item.label for item in old.items.values()}
    order = ("LLM01", "LLM02", "LLM06", "LLM03", "LLM04", "LLM10", "LLM09", "LLM07", "LLM08", "LLM05")
    items = tuple(Item(id=f"LLM{n:02}:2026", label=names[was]) for n, was in enumerate(order, 1))
    new = msgspec.structs.replace(old, version="2026", groups=(Group(id="all", label="Risks", items=items),))
    edges = [edge("llm:LLM01:2025"), edge("llm:LLM03:2025"), edge("llm:LLM05:2025")]
    found = moved(old, new, edges)
    assert Counter(move.what for move in found.moves) == {"renumbered": 8}
    assert found.kept == 2
    assert [one.to for one in found.touched] == ["llm:LLM01:2026", "llm:LLM04:2026", "llm:LLM10:2026"]


def test_a_shipped_catalogue_does_not_move_from_itself() -> None:
    for one in catalogues():
        found = moved(one, one, [edge(name) for name in list(one.items)[:3]])
        assert (found.moves, found.touched, found.kept) == ((), (), len(one.items))


def test_two_catalogues_cannot_be_compared() -> None:
    with pytest.raises(BadCatalogue, match="'own' and 'cwe' are two catalogues"):
        moved(OLD, next(iter(catalogues())))


@pytest.mark.parametrize(("before", "after"), [("1.10.0", "1.9.0"), ("v2", "v1"), ("2026", "2025"), ("4.18", "4.9")])
def test_an_older_version_is_refused(before: str, after: str) -> None:
    moved(catalogue(after, ("a", "A")), catalogue(before, ("a", "A")))
    with pytest.raises(BadCatalogue, match=f"{after} is older than {before}"):
        moved(catalogue(before, ("a", "A")), catalogue(after, ("a", "A")))


def test_versions_without_an_order_are_compared_all_the_same() -> None:
    assert moved(catalogue("18ab1ef", ("a", "A")), catalogue("0fe1e01", ("a", "A"))).kept == 1
    assert moved(catalogue("5.0", ("a", "A")), catalogue("0fe1e01", ("a", "A"))).kept == 1


_ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(("", "One", "Two", "Three")), st.sampled_from((1, 2))),
    max_size=6,
    unique_by=lambda row: row[0],
)


@given(_ROWS, _ROWS)
def test_every_item_is_accounted_for_once(before: list[Row], after: list[Row]) -> None:
    old, new = catalogue("1", *before), catalogue("2", *after)
    found = moved(old, new, [edge(name) for name in old.items])
    fates = [move.old for move in found.moves if move.what in {"removed", "withdrawn", "renumbered", "relabelled"}]
    assert len(fates) == len(set(fates))
    arrivals = [move.new for move in found.moves if move.what in {"added", "reused", "renumbered"}]
    assert len(arrivals) == len(set(arrivals))
    gone = sum(move.what == "removed" for move in found.moves)
    assert len(new.items) == len(old.items) - gone + sum(move.what in {"added", "reused"} for move in found.moves)
    assert len(found.touched) == len(old.items)
    for one in found.touched:
        assert one.dangles
        assert (one.to == "") == (one.edge.to in {move.old for move in found.moves if move.what == "removed"})
        assert one.to == "" or one.to in new.items


def test_a_report_is_plain_json() -> None:
    found = moved(OLD, catalogue("2.0", ("1.1", "Walls", 2)), [edge("own:v1.0-1.1")])
    assert json.loads(json.dumps(plain(found)))["moves"][0]["what"] == "level"
