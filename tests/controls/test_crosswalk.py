"""Edges: those that ship hold, and what can be wrong with one is told with its place."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearance.decide
import clearance.rules
from clearance.controls.catalogue import Catalogue, Group, Item, Kind
from clearance.controls.crosswalk import FILES, Crosswalk, Nothing, is_ours, own_edges, own_nothing, read_edges
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.finding import Confidence
from clearance.rules.page import _is_part_of
from clearance.rules.weakness import is_kind_of
from controls.walk import catalogue, name_of, names, policies, rules, shipped, text_of, walk

CONSIDERED = ("equal-to", "equivalent-to", "subset-of", "superset-of", "intersects-with", "no-relationship")


def made(prefix: str, *ids: str, kind: Kind = "requirements", version: str = "2") -> Catalogue:
    items = tuple(Item(id=one, label=one) for one in ids)
    return Catalogue(
        prefix=prefix, title=prefix, version=version, kind=kind, reference=f"{prefix}:v{{version}}-{{id}}", pattern=".+",
        source="", licence="", groups=(Group(id="1", label="all", items=items),),
    )  # fmt: skip


def edge(of: str, to: str, rel: str = "subset-of", where: str = "a.toml:1") -> Edge:
    return Edge(of=of, to=to, rel=Relation(rel), where=where)


AB = made("ab", "1", "2")
SOC = made("soc", "CC1", kind="process")


def said(*edges: Edge, nothing: tuple[Nothing, ...] = (), known: set[str] | None = None) -> list[str]:
    return [f"{one.where}: {one.what}" for one in Crosswalk(edges, (AB, SOC), nothing).problems(known)]


def test_nothing_is_wrong_with_what_ships() -> None:
    assert walk().problems(names()) == ()
    assert len(walk().edges) > 4000


def test_every_rule_policy_and_trigger_has_an_edge_or_says_none() -> None:
    explicit = {(none.of, none.catalogue) for none in own_nothing()}
    asvs = catalogue("asvs")
    silent = []
    for rule in rules():
        name = name_of(rule)
        reaches = any(one.to in asvs.items for one in walk().of(name))
        if rule.family not in {"vocabulary", "guidance"} and reaches == ((name, "asvs") in explicit):
            silent.append(name)
    for policy in policies().all:
        name = f"policy:{policy.id}"
        if not walk().of(name) and not any(of == name for of, _ in explicit):
            silent.append(name)
    assert silent == []


def test_every_weakness_that_a_rule_names_leads_to_asvs_or_says_none() -> None:
    explicit = {none.of for none in own_nothing() if none.catalogue == "asvs"}
    general = {"CWE-15", "CWE-74", "CWE-99"}
    asvs = catalogue("asvs").items
    silent = sorted(
        cwe
        for cwe in {cwe for rule in rules() for cwe in rule.cwe}
        if cwe not in explicit | general and not any(one.to in asvs for one in walk().of(cwe))
        and not any(name_of(rule) in explicit or rule.controls for rule in rules() if cwe in rule.cwe)
    )  # fmt: skip
    assert silent == []


def test_every_shipped_edge_says_its_relation() -> None:
    """An id alone would mean the least; nobody could tell that from somebody who did not think."""
    top = Path(clearance.rules.__file__).parent
    bare = [
        f"{page.name}: {line}"
        for page in top.glob("*/*.md")
        for line in page.read_text("utf-8").split("\n---", 1)[0].splitlines()
        if re.match(r'controls: \[.*(?:\[|, )"|  - ["a-z]', line)
    ]
    for policy in sorted((Path(clearance.decide.__file__).parent / "policies").glob("*.cedar")):
        note = re.search(r'@controls\("([^"]*)"\)', policy.read_text("utf-8"))
        parts = note[1].split(",") if note else []
        bare += [f"{policy.name}: {part}" for part in parts if part.split()[0] not in CONSIDERED]
    assert bare == []


def test_every_none_names_its_line() -> None:
    assert [one for one in own_nothing() if not re.fullmatch(r"controls/edges/[a-z-]+\.toml:([2-9]|\d\d+)", one.where)] == []


def test_every_edge_says_what_it_rests_on() -> None:
    assert [one for one in walk().edges if not one.source] == []


def test_what_a_team_claims_is_left_as_it_is() -> None:
    claim = edge("rule:x", "ab:v2-1", where=".clearance/rules/code/x.md:4")
    assert Crosswalk([claim], (AB,)).of("rule:x") == (claim,)


def test_edges_between_catalogues_say_where_they_stand() -> None:
    assert all(re.fullmatch(r"controls/edges/[a-z-]+\.toml:\d+", one.where) for one in own_edges())


def test_the_wrong_rows_of_the_old_join_are_not_here() -> None:
    """A password in the code is neither a matter of session tokens nor of default accounts."""
    assert [one.to for one in walk().of("CWE-798") if one.to.startswith("asvs")] == ["asvs:v5.0.0-13.3.1"]
    assert {one.to for one in walk().of("CWE-22") if one.to.startswith("asvs")} == {"asvs:v5.0.0-5.3.2"}
    assert not any(one.to in {"asvs:v5.0.0-7.2.2", "asvs:v5.0.0-6.3.2"} for one in walk().edges if one.of == "CWE-798")


def test_no_page_finds_a_part_of_two_weaknesses_that_are_not_kinds_of_each_other() -> None:
    for rule in rules():
        whole = [one.to for one in rule.edges if one.to in rule.cwe and one.rel is Relation.SUBSET_OF]
        assert all(is_kind_of(one, other) or is_kind_of(other, one) for one in whole for other in whole), rule.id
        assert bool(whole) is (rule.tier is None) or len(rule.cwe) != 1, rule.id


@pytest.mark.parametrize(
    ("named", "parts"),
    [
        (["CWE-78"], {"CWE-78"}),
        (["CWE-78", "CWE-77"], {"CWE-78", "CWE-77"}),
        (["CWE-77", "CWE-78"], {"CWE-77"}),
        (["CWE-434", "CWE-73", "CWE-400"], set()),
        (["CWE-78", "CWE-88", "CWE-77"], {"CWE-77"}),
    ],
)
def test_a_page_with_several_weaknesses_is_a_part_of_what_holds_them_all(named: list[str], parts: set[str]) -> None:
    assert {one for one in named if _is_part_of(one, named)} == parts


def test_a_trigger_finds_no_weakness() -> None:
    for rule in rules().family("triggers"):
        for one in rule.edges:
            assert one.rel is Relation.INTERSECTS_WITH, rule.id
            assert one.to not in rule.cwe or one.confidence is Confidence.LOW, rule.id


def test_nothing_claims_to_be_all_of_a_requirement() -> None:
    whole = {Relation.EQUAL_TO, Relation.EQUIVALENT_TO, Relation.SUPERSET_OF}
    assert [one for one in walk().edges if is_ours(one.of) and one.rel in whole] == []


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([edge("rule:x", "ab:v2-1")], []),
        ([edge("rule:x", "ab:v2-9")], ["a.toml:1: ab 2 has no ab:v2-9"]),
        ([edge("ab:v2-9", "ab:v2-1")], ["a.toml:1: ab 2 has no ab:v2-9"]),
        ([edge("rule:x", "rule:y")], ["a.toml:1: no catalogue 'rule'"]),
        ([edge("rule:x", "soc:v2-CC1", "equal-to")],
         ["a.toml:1: rule:x claims to be equal-to soc:v2-CC1, which people and paper carry too"]),
        ([edge("rule:x", "soc:v2-CC1", "equivalent-to")],
         ["a.toml:1: rule:x claims to be equivalent-to soc:v2-CC1, which people and paper carry too"]),
        ([edge("ab:v2-1", "soc:v2-CC1", "equivalent-to")], []),
        ([edge("ab:v2-1", "soc:v2-CC1", "equal-to")],
         ["a.toml:1: ab:v2-1 claims to be equal-to soc:v2-CC1, which people and paper carry too"]),
        ([edge("rule:x", "ab:v2-1", "equal-to")], []),
        ([edge("rule:x", "ab:v2-1"), edge("rule:x", "ab:v2-1", where="b.toml:7")],
         ["b.toml:7: rule:x subset-of ab:v2-1 is said twice, also in a.toml:1"]),
        ([edge("rule:x", "ab:v2-1"), edge("rule:x", "ab:v2-1", "no-relationship", "b.toml:7")],
         ["b.toml:7: rule:x is no-relationship ab:v2-1 here and subset-of in a.toml:1"]),
        ([edge("ab:v2-1", "ab:v2-2"), edge("ab:v2-2", "ab:v2-1", "superset-of")], []),
        ([edge("ab:v2-1", "ab:v2-2"), edge("ab:v2-2", "ab:v2-1", "subset-of", "b.toml:2")],
         ["a.toml:1: ab:v2-1 is subset-of ab:v2-2, which is subset-of it in b.toml:2"]),
        ([edge("ab:v2-1", "ab:v2-2", "equal-to"), edge("ab:v2-2", "ab:v2-1", "equal-to")], []),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(edges: list[Edge], expected: list[str]) -> None:
    assert said(*edges) == expected


def test_a_reference_to_another_version_names_both() -> None:
    (found,) = Crosswalk([edge("rule:x", "asvs:v4.0.3-1.2.5")], shipped()).problems()
    assert "4.0.3" in found.what + found.next
    assert "5.0.0" in found.what + found.next


def test_a_name_that_nobody_has_is_told() -> None:
    assert said(edge("rule:y", "ab:v2-1"), known={"rule:x"}) == ["a.toml:1: nothing is called 'rule:y'"]
    assert said(edge("rule:x", "ab:v2-1"), known={"rule:x"}) == []


def test_a_none_beside_an_edge_is_a_contradiction() -> None:
    none = Nothing(of="rule:x", catalogue="ab", reason="it does not fit", where="none.toml:3")
    assert said(nothing=(none,)) == []
    assert said(edge("rule:x", "ab:v2-1", "no-relationship"), nothing=(none,)) == []
    assert said(edge("rule:x", "ab:v2-1"), nothing=(none,)) == [
        "none.toml:3: rule:x is said to serve nothing of ab, and ab:v2-1 in a.toml:1"
    ]


def test_a_none_of_a_catalogue_that_is_not_there_is_told() -> None:
    none = Nothing(of="rule:x", catalogue="nist", reason="r", where="none.toml:3")
    assert said(nothing=(none,)) == ["none.toml:3: no catalogue 'nist'"]


def test_what_serves_is_ours_and_related() -> None:
    found = Crosswalk(
        [edge("rule:x", "ab:v2-1"), edge("rule:y", "ab:v2-1", "no-relationship"), edge("ab:v2-2", "ab:v2-1")], (AB,)
    )
    assert [one.of for one in found.serving("ab:v2-1")] == ["rule:x"]
    assert [one.of for one in found.to("ab:v2-1")] == ["rule:x", "rule:y", "ab:v2-2"]


def test_two_hops_are_derived_and_never_where_one_is_enough() -> None:
    hops = [edge("rule:x", "ab:v2-1"), edge("rule:y", "ab:v2-1"), edge("ab:v2-1", "ab:v2-2"), edge("rule:y", "ab:v2-2")]
    (found,) = Crosswalk(hops, (AB,)).derived("ab:v2-2")
    assert (found.first.of, found.second.of) == ("rule:x", "ab:v2-1")


def test_a_relation_that_is_none_ends_a_way() -> None:
    hops = [edge("rule:x", "ab:v2-1"), edge("ab:v2-1", "ab:v2-2", "no-relationship")]
    assert Crosswalk(hops, (AB,)).derived("ab:v2-2") == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("edges = [\n  {of = 'CWE-1', to = 'x:1', rel = 'is-like'},\n]\n".replace("'", '"'), 2),
        (
            'by = "tool"\nedges = [\n  {of = "CWE-1", to = "x:1", rel = "subset-of"},\n  {of = "C", rel = "subset-of"},\n]',
            4,
        ),
        ('edges = [\n  {of = "a\\u0007b", to = "x:1", rel = "subset-of"},\n]', 2),
        ("edges = [\n  {of = \n", 2),
        ("edges = 3", 1),
        ("edgs = []", 1),
    ],
)
def test_a_broken_file_of_edges_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadCatalogue) as caught:
        read_edges(text.encode(), "m.toml")
    assert caught.value.where == f"m.toml:{line}"


def test_a_file_of_edges_that_is_too_large_is_refused() -> None:
    with pytest.raises(BadCatalogue, match="larger"):
        read_edges(b"#" * (5 << 20), "m.toml")


@given(st.binary(max_size=300))
def test_any_bytes_are_edges_or_are_refused(data: bytes) -> None:
    where = "m.toml:"
    try:
        read_edges(data, "m.toml")
    except BadCatalogue as error:
        where = error.where
    assert where.startswith("m.toml:")


def test_several_names_share_one_row() -> None:
    text = b'edges = [\n  {of = ["CWE-1", "CWE-2"], to = "x:1", rel = "subset-of"},\n]'
    assert [(one.of, one.where) for one in read_edges(text, "m.toml").edges] == [
        ("CWE-1", "m.toml:2"),
        ("CWE-2", "m.toml:2"),
    ]


def test_lines_are_known_whichever_list_comes_first() -> None:
    text = b"""none = [
  {of = "rule:x", catalogue = "ab", reason = "r"},
]
edges = [
  {of = "rule:y", to = "ab:1", rel = "subset-of"},
]
"""
    found = read_edges(text, "m.toml")
    assert [one.where for one in found.nothing] == ["m.toml:2"]
    assert [one.where for one in found.edges] == ["m.toml:5"]


def test_every_file_of_edges_is_read() -> None:
    files = sorted(path.stem for path in (Path(clearance.rules.__file__).parents[1] / "controls/edges").glob("*.toml"))
    assert files == sorted(FILES)
    assert all(tomllib.loads(text_of(f"edges/{name}.toml")) for name in FILES)
