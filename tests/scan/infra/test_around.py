"""What a changed file does to files that the change leaves alone: told in the changed file, and only what is new."""

import msgspec
import pytest

from clearance.collect.memory import change_of, text_of
from clearance.facts.finding import Confidence, Finding, Gap, GapKind, Severity
from clearance.scan.infra import folder
from clearance.scan.infra.family import InfraFamily
from clearance.scan.look import look_at
from scan.infra.rules_of_tests import rule

MAIN = """\
resource "bucket" "logs" {
  name = "logs"
  acl  = var.acl
}
"""
SET = 'variable "acl" {\n  default = "private"\n}\n'
OPEN = SET.replace("private", "public")
GUARD = 'resource "guard" "logs" {\n  bucket = bucket.logs.id\n}\n'
CALL = 'module "logs" {\n  source = "./b"\n  acl    = "private"\n}\n'
COMPOSE = "services:\n  web:\n    image: shop\n    privileged: true\n  old:\n    image: old\n    privileged: true\n"
TAMED = "services:\n  web:\n    privileged: false\n"
RULES = (
    rule("on: terraform.resource bucket\nfind: {acl: public}\nmessage: is {value}", id="open"),
    msgspec.structs.replace(
        rule(
            "on: terraform.resource bucket\nfind: {unit.name: {present: true}}\nseverity: low\nconfidence: low\n"
            "without: {on: terraform.resource guard, where: {bucket: {refers: true}}}",
            id="bare",
        ),
        severity=Severity.HIGH,
    ),
    rule("on: compose.service\nfind: {privileged: true}", id="privileged"),
)
PROJECT = {"compose.yaml": COMPOSE, "compose.override.yaml": TAMED}
LISTED = 'resource "group" "x" {\n  name    = "x"\n  ingress = var.rules\n}\n'
Files = dict[str, str]


def told(before: Files, after: Files) -> tuple[list[Finding], list[Gap]]:
    """Give what a change of files introduces."""
    family = InfraFamily(RULES)
    collected = change_of(
        {path: text.encode() for path, text in before.items()}, {path: text.encode() for path, text in after.items()}
    )
    family.start(collected.contents)
    findings: list[Finding] = []
    gaps: list[Gap] = []
    for file in collected.change.files:
        result = look_at(file, collected.contents, [family], {one.id: one for one in RULES}, seconds=60)
        findings += (one for one in result.findings if one.introduced)
        gaps += result.gaps
    return findings, gaps


def places(before: Files, after: Files) -> list[str]:
    return sorted(f"{one.rule} {one.place.path}:{one.place.line}" for one in told(before, after)[0])


BASE = {"a/main.tf": MAIN + GUARD, "a/variables.tf": SET}
LOCAL = 'locals {\n  opened = {\n    acl = "private"\n  }\n}\n'
BY_LOCAL = {"a/main.tf": MAIN.replace("var.acl", "local.given") + GUARD, "a/locals.tf": LOCAL}
THROUGH = {**BY_LOCAL, "a/more.tf": "locals {\n  given = local.opened.acl\n}\n"}
CHAIN = {
    "a/main.tf": MAIN.replace("var.acl", "local.given") + GUARD,
    "a/locals.tf": 'locals {\n  given  = local.opened\n  opened = "private"\n  unused = "x"\n}\n',
}
BY_DEFAULT = {"main.tf": CALL, "b/main.tf": MAIN + GUARD, "b/variables.tf": OPEN}
UNGIVEN = 'module "logs" {\n  source = "./b"\n}\n'
BESIDE = {"a/main.tf": MAIN, "a/variables.tf": SET, "a/guard.tf": GUARD}
UNSET = {"a/main.tf": MAIN + GUARD, "a/variables.tf": 'variable "acl" {}\n'}


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        # a default
        (BASE, {"a/variables.tf": OPEN}, ["open a/variables.tf:2"]),
        (BASE, {"a/variables.tf": SET + "# a word\n"}, []),
        (BASE, {"a/variables.tf": SET.replace("private", "secret")}, []),
        (BASE, {"a/variables.tf": 'variable "acl" {}\n'}, []),
        (BASE, {"b/variables.tf": OPEN}, []),
        ({**BASE, "a/variables.tf": OPEN}, {"a/variables.tf": "# a word\n" + OPEN}, []),
        # a local, and one that another file hands on
        (THROUGH, {"a/locals.tf": LOCAL.replace("private", "public")}, ["open a/locals.tf:2"]),
        # files of values: read unasked, named by whoever calls, or below the folder
        (BASE, {"a/terraform.tfvars": 'acl = "public"\n'}, ["open a/terraform.tfvars:1"]),
        (UNSET, {"a/x.auto.tfvars": '\nacl = "public"\n'}, ["open a/x.auto.tfvars:2"]),
        (UNSET, {"a/x.auto.tfvars.json": '{"acl": "public"}\n'}, ["open a/x.auto.tfvars.json:1"]),
        (UNSET, {"a/prod.tfvars": 'acl = "public"\n'}, ["open a/prod.tfvars:1"]),
        (UNSET, {"a/env/prod.tfvars": 'acl = "public"\n'}, ["open a/env/prod.tfvars:1"]),
        ({**BASE, "a/variables.tf": OPEN}, {"a/prod.tfvars": 'acl = "public"\n'}, []),
        ({**BASE, "a/a.auto.tfvars": 'acl = "private"\n'}, {"a/terraform.tfvars": 'acl = "public"\n'}, []),
        # what no one reads any more is what the default was hidden by
        (
            {**BASE, "a/variables.tf": OPEN, "a/terraform.tfvars": 'acl = "private"\n'},
            {"a/terraform.tfvars": ""},
            ["open a/terraform.tfvars:0"],
        ),
        # a module of the same tree
        (
            {"main.tf": CALL, "b/main.tf": MAIN + GUARD, "b/variables.tf": 'variable "acl" {}\n'},
            {"main.tf": CALL.replace("private", "public")},
            ["open main.tf:3"],
        ),
        (
            {"main.tf": CALL.replace('"private"', "var.acl"), "variables.tf": SET, "b/main.tf": MAIN + GUARD},
            {"variables.tf": OPEN},
            ["open variables.tf:2"],
        ),
        ({"main.tf": CALL, "b/main.tf": MAIN + GUARD}, {"main.tf": "# a word\n" + CALL}, []),
        ({"main.tf": CALL, "../b/main.tf": MAIN}, {"main.tf": CALL.replace("./b", "../b").replace("private", "public")}, []),
        # a local by a local of the same file
        (CHAIN, {"a/locals.tf": CHAIN["a/locals.tf"].replace("private", "public")}, ["open a/locals.tf:3"]),
        (CHAIN, {"a/locals.tf": CHAIN["a/locals.tf"].replace("unused", "other")}, []),
        # an argument that goes leaves what the module does by itself
        (BY_DEFAULT, {"main.tf": UNGIVEN}, ["open main.tf:1"]),
        (BY_DEFAULT, {"main.tf": CALL.replace('"./b"\n', '"./b"\n  x = 1\n')}, []),
        ({**BY_DEFAULT, "b/variables.tf": SET}, {"main.tf": UNGIVEN}, []),
        ({**BY_DEFAULT, "main.tf": CALL.replace("private", "public")}, {"main.tf": UNGIVEN}, []),
        # a guard of which there is none
        (BESIDE, {"a/guard.tf": GUARD.replace("{\n", "{\n  count = 0\n")}, ["bare a/guard.tf:0"]),
        (BESIDE, {"a/guard.tf": GUARD.replace("{\n", "{\n  count = 1\n")}, []),
        # Compose's override
        (PROJECT, {"compose.override.yaml": ""}, ["privileged compose.override.yaml:0"]),
        (PROJECT, {"compose.override.yaml": TAMED + "  more: {image: x}\n"}, []),
    ],
)  # fmt: skip
def test_what_opens_stands_in_the_file_that_opens_it(before: Files, change: Files, expected: list[str]) -> None:
    assert places(before, {**before, **change}) == expected


def test_many_files_beside_hide_nothing() -> None:
    many = {f"a/{number}.tf": f'resource "other" "x{number}" {{}}\n' for number in range(100)}
    assert places({**BASE, **many}, {**BASE, **many, "a/variables.tf": OPEN}) == ["open a/variables.tf:2"]


def test_a_guard_that_goes_counts_as_its_page_says() -> None:
    before = {"a/main.tf": MAIN, "a/variables.tf": SET, "a/guard.tf": GUARD}
    after = {path: text for path, text in before.items() if path != "a/guard.tf"}
    for change in (after, {**after, "a/guard.tf": ""}):
        (found,), _ = told(before, change)
        assert (found.rule, found.place.path, found.place.line) == ("bare", "a/guard.tf", 0)
        assert (found.severity, found.confidence) == (Severity.HIGH, Confidence.HIGH)
        assert [(step.place.path, step.place.line) for step in found.steps] == [("a/main.tf", 1)]
    assert places(before, {**after, "a/other.tf": GUARD}) == []


def test_a_file_that_changes_with_its_neighbour_tells_it_itself() -> None:
    assert places(BASE, {"a/main.tf": "# a word\n" + MAIN + GUARD, "a/variables.tf": OPEN}) == ["open a/main.tf:4"]


def test_a_deleted_neighbour_stood_on_the_side_before() -> None:
    before = {**BASE, "a/variables.tf": OPEN}
    assert places(before, {"a/main.tf": before["a/main.tf"].replace("var.acl", '"public"')}) == []


def test_a_file_as_it_stands_is_looked_at_with_the_values_that_are_for_it() -> None:
    collected = text_of("prod.tfvars", b'acl = "public"\n')
    files = {"prod.tfvars": b'acl = "public"\n', "main.tf": (MAIN + GUARD).encode()}
    family = InfraFamily(RULES)
    contents = change_of({}, files).contents
    family.start(contents)
    result = look_at(collected.change.files[0], contents, [family], {one.id: one for one in RULES}, seconds=60)
    assert [one.rule for one in result.findings] == ["open"]
    assert result.passing
    assert result.looked == ("infra",)


def test_a_value_of_another_file_brings_its_whole_shape_and_none_of_its_places() -> None:
    opened = rule("on: terraform.resource group\nfind: {ingress.from: 22}", id="open")
    family = InfraFamily((opened,))
    files = {
        "main.tf": LISTED.encode(),
        "variables.tf": b'variable "rules" {\n  default = [{from = 22}]\n}\n'.rjust(4000, b"\n"),
    }
    collected = change_of({}, files)
    family.start(collected.contents)
    file = next(one for one in collected.change.files if one.path == "main.tf")
    (found,) = look_at(file, collected.contents, [family], {"open": opened}, seconds=60).findings
    assert found.place.line == 3


def test_what_is_not_read_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MOST_FILES", 1)
    _, gaps = told({**BASE, "a/z.tf": "# a\n"}, {**BASE, "a/z.tf": "# a\n", "a/variables.tf": OPEN})
    assert [(one.kind, one.path) for one in gaps] == [(GapKind.PARTIAL, "a/variables.tf")]


def test_definitions_that_go_round_through_files_end() -> None:
    around = {f"a/{at}.tf": f"locals {{\n  l{at} = local.l{(at + 1) % 50}\n}}\n" for at in range(50)}
    before = {"a/main.tf": MAIN.replace("var.acl", "local.l0") + GUARD, **around}
    findings, gaps = told(before, {**before, "a/7.tf": around["a/7.tf"] + "# a word\n"})
    assert findings == gaps == []
