"""VEX goes in and out in both formats, and a statement counts for what it names and nothing else."""

import json
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from clearance.facts.errors import UsageError
from clearance.facts.package import Registry
from clearance.facts.vex import VexStatement, VexStatus
from clearance.report.bom import vex
from clearance.scan.packages.vex import read_vex, spoken

PURL = "pkg:pypi/jinja2@2.10"
AT = "2026-01-02T03:04:05+00:00"
SAID = VexStatement(
    vulnerability="CVE-2019-10906",
    aliases=("PYSEC-2019-217",),
    packages=(PURL,),
    status=VexStatus.NOT_AFFECTED,
    justification="vulnerable_code_not_in_execute_path",
    impact="templates are ours",
    at=AT,
)
OPEN = VexStatement(
    vulnerability="CVE-2020-1",
    packages=("pkg:npm/%40acme/ui@1.0",),
    status=VexStatus.UNDER_INVESTIGATION,
    at=AT,
    action="update",
)


def openvex(**statement: Any) -> bytes:
    one = {"vulnerability": {"name": "CVE-1"}, "products": [{"@id": "pkg:pypi/a"}], "status": "not_affected", **statement}
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "author": "Dana", "statements": [one]}).encode()


@pytest.mark.parametrize("format_", ["openvex", "cyclonedx"])
def test_what_is_written_reads_the_same(format_: str) -> None:
    written = (
        vex.openvex([SAID, OPEN], author="Dana", at=AT)
        if format_ == "openvex"
        else vex.cyclonedx([SAID, OPEN], version="1.6", at=AT)
    )
    first, second = sorted(read_vex(written.encode(), where="a.json"), key=lambda one: one.vulnerability)
    assert (first.vulnerability, first.aliases, first.packages) == (SAID.vulnerability, SAID.aliases, SAID.packages)
    assert (first.status, first.impact) == (VexStatus.NOT_AFFECTED, "templates are ours")
    assert (second.status, second.packages, second.action) == (VexStatus.UNDER_INVESTIGATION, OPEN.packages, "update")


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_cyclonedx_vex_is_accepted_by_its_schema(version: str) -> None:
    schema = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}[version]
    assert JsonStrictValidator(schema).validate_str(vex.cyclonedx([SAID, OPEN], version=version, at=AT)) is None


REFUSED = [
    (b"{", "no VEX document"),
    (b"[]", "neither"),
    (b'{"@context": "https://example.com/ns"}', "neither"),
    (openvex(), "not why"),
    (openvex(status="fine", justification="x"), "not what its format says"),
    (openvex(products=[3], justification="x"), "not what its format says"),
    (b'{"@context": "https://openvex.dev/ns/v0.2.0"}', "not what its format says"),
    (
        b'{"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "x", "analysis": {"state": "no"}}]}',
        "not what its format says",
    ),
    (b"[" * 100_000, "no VEX document"),
]


@pytest.mark.parametrize(("data", "said"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_vex_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_vex(data, where="a.json")


COVERED = [
    # package URL of the statement, package URL of the package, whether it counts
    (PURL, PURL, True),
    ("pkg:pypi/jinja2", PURL, True),
    ("pkg:pypi/Jinja2@2.10", PURL, True),
    ("pkg:pypi/jinja2@2.11", PURL, False),
    ("pkg:pypi/jinja", PURL, False),
    ("pkg:npm/jinja2@2.10", PURL, False),
    ("https://example.com/jinja2", PURL, False),
    ("", PURL, False),
]


@pytest.mark.parametrize(("said", "package", "counts"), COVERED)
def test_a_statement_counts_for_the_package_that_it_names(said: str, package: str, *, counts: bool) -> None:
    one = VexStatement(vulnerability="CVE-1", packages=(said,), status=VexStatus.FIXED)
    assert (spoken([one], Registry.PYPI, package, ["CVE-1"]) is one) is counts


def test_the_youngest_statement_counts_and_aliases_do() -> None:
    old = VexStatement(vulnerability="CVE-1", packages=(PURL,), status=VexStatus.FIXED, at="2025-01-01T00:00:00Z")
    new = VexStatement(
        vulnerability="GHSA-1", aliases=("CVE-1",), packages=(PURL,), status=VexStatus.AFFECTED, at="2026-01-01T00:00:00Z"
    )
    assert spoken([old, new], Registry.PYPI, PURL, ["CVE-1"]) is new
    assert spoken([old, new], Registry.PYPI, PURL, ["CVE-2"]) is None


def test_parts_of_a_product_are_what_is_meant() -> None:
    product = {"@id": "pkg:oci/shop@1", "subcomponents": [{"identifiers": {"purl": PURL}}]}
    (one,) = read_vex(openvex(products=[product], impact_statement="no"), where="a.json")
    assert one.packages == (PURL,)
