"""The product's own controls: each names code that exists, and answers for every catalogue, modestly."""

import importlib
import re
from pathlib import Path

import click
import pytest

from clearance.attest.kinds import kinds
from clearance.controls.catalogue import catalogues
from clearance.controls.crosswalk import Crosswalk
from clearance.controls.product import FILES, Own, own_controls, own_none
from clearance.controls.product_page import product_page
from clearance.facts.control import Relation
from clearance.facts.finding import Confidence
from clearance.frontends.cli.main import cli

ROOT = Path(__file__).parents[2]
OWN = own_controls()
CATALOGUES = {one.prefix: one for one in catalogues()}
HOME = {name: one.prefix for one in CATALOGUES.values() for name in one.items}
EDGES = [edge for one in OWN for edge in one.edges]
CHECKPOINTS = {
    "instructions", "hook-prompt", "hook-write", "hook-command", "hook-tool", "hook-stop", "editor", "mcp", "pre-commit",
    "merge-gate", "container-images", "history", "bill-of-materials",
}  # fmt: skip
UNREAD = ("soc2", "iso27001", "pci")
"""Standards whose text nobody may copy, and which were read as ids only."""

every_control = pytest.mark.parametrize("own", OWN, ids=lambda one: one.name)


def _command(words: list[str]) -> list[str]:
    """Follow words down the tree of commands; give what is left over."""
    group: click.Command | None = cli
    while words and isinstance(group, click.Group):
        found = group.get_command(click.Context(group), words[0])
        if found is None:
            return words
        group, words = found, words[1:]
    return words


def test_all_checkpoints_are_written_down() -> None:
    assert {one.id for one in OWN if one.kind == "checkpoint"} == CHECKPOINTS
    assert len({one.name for one in OWN}) == len(OWN)


def test_every_file_of_the_folder_is_read() -> None:
    folder = ROOT / "src/clearance/controls/product"
    assert {path.stem for path in folder.glob("*.toml")} == set(FILES)


@every_control
def test_what_it_names_exists(own: Own) -> None:
    for where in own.where:
        if " " in where:
            assert _command(where.split()[1:]) == [], where
        else:
            importlib.import_module(where)


@every_control
def test_what_shows_it_exists(own: Own) -> None:
    for shown in own.shown_by:
        if shown.startswith("docs/"):
            assert (ROOT / shown).is_file(), shown
        elif shown.startswith("urn:"):
            assert shown in {kind.uri for kind in kinds().values()}
        else:
            words = shown.split()
            left = _command(words[1:])
            assert words[0] == "clearance"
            assert left != words[1:], shown


@every_control
def test_options_that_it_shows_exist(own: Own) -> None:
    for shown in own.shown_by:
        words = shown.split()
        if words[0] != "clearance":
            continue
        command: click.Command = cli
        for word in words[1:]:
            if isinstance(command, click.Group) and (found := command.get_command(click.Context(command), word)):
                command = found
        known = {name for one in command.params for name in one.opts}
        assert {word for word in words if word.startswith("--")} <= known, shown


@every_control
def test_a_policy_that_it_shows_exists(own: Own) -> None:
    for shown in own.shown_by:
        if found := re.match(r"clearance policy show ([a-z0-9-]+)\Z", shown):
            assert (ROOT / f"src/clearance/decide/policies/{found[1]}.cedar").is_file(), shown


@every_control
def test_every_catalogue_has_an_edge_or_an_explicit_none(own: Own) -> None:
    served = {HOME[edge.to] for edge in own.edges}
    silent = {none.catalogue for none in own.none}
    assert not served & silent
    assert served | silent == set(CATALOGUES)


@every_control
def test_it_says_in_plain_words_what_it_does(own: Own) -> None:
    assert own.does.endswith(".")
    assert own.does.count(". ") <= 3
    assert own.title[0].isupper()


@every_control
def test_every_claim_says_what_it_leaves_out(own: Own) -> None:
    for edge in own.edges:
        assert len(edge.note) > 20, edge
        assert edge.source, edge
        assert re.fullmatch(r"controls/product/[a-z]+\.toml:\d+", edge.where)


@every_control
def test_a_place_leads_to_the_line_of_the_claim(own: Own) -> None:
    for edge in own.edges:
        path, _, line = edge.where.partition(":")
        written = (ROOT / "src/clearance" / path).read_text().splitlines()[int(line) - 1]
        assert f'"{edge.to}"' in written
    for none in own.none:
        path, _, line = none.where.partition(":")
        assert none.reason in (ROOT / "src/clearance" / path).read_text().splitlines()[int(line) - 1]


def test_nothing_is_wrong_with_the_claims() -> None:
    crosswalk = Crosswalk(EDGES, CATALOGUES.values(), own_none())
    assert crosswalk.problems({one.name for one in OWN}) == ()


def test_no_claim_is_whole() -> None:
    allowed = {Relation.SUBSET_OF, Relation.INTERSECTS_WITH, Relation.NO_RELATIONSHIP}
    assert {edge.rel for edge in EDGES} == allowed


def test_a_subset_is_claimed_where_a_person_can_count_them() -> None:
    found = {(edge.of, edge.to) for edge in EDGES if edge.rel is Relation.SUBSET_OF}
    assert found == {
        ("capability:signed-decisions", "ssdf:PO.3.3"),
        ("capability:tamper-evident-log", "sp800-53:au-9.3"),
    }


def test_nothing_is_sure_about_a_standard_that_was_not_read() -> None:
    assert [edge for edge in EDGES if HOME[edge.to] in UNREAD and edge.confidence is Confidence.HIGH] == []


def test_until_a_person_reviewed_a_claim_it_is_an_assistants() -> None:
    assert {edge.by for edge in EDGES} == {"assistant"}


@pytest.mark.parametrize("word", ["ensure", "guarantee", "complian", "certif", "fully", "100"])
def test_no_word_promises_too_much(word: str) -> None:
    texts = [text for one in OWN for text in (one.title, one.does)]
    assert [text for text in texts if word in text.casefold()] == []


def test_the_reference_page_is_what_the_files_say() -> None:
    assert (ROOT / "docs/reference/own-controls.md").read_text() == product_page()


def test_a_link_to_a_control_leads_to_its_heading() -> None:
    page = product_page()
    headings = {line.removeprefix("### ").replace(":", "") for line in page.splitlines() if line.startswith("### ")}
    links = set(re.findall(r"\]\(#([^)]*)\)", page))
    assert links == headings == {one.name.replace(":", "") for one in OWN}
