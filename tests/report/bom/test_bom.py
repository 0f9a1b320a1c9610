"""Bills of materials are what the standards' own schemas and tools accept, and hold what is known."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from clearance.facts.bom import Bom
from clearance.facts.finding import Gap, GapKind, Place
from clearance.facts.package import Package, Registry
from clearance.report.bom import cyclonedx, spdx, text
from clearance.scan.packages.inventory import purl

FLASK = Package(
    registry=Registry.PYPI,
    name="Flask",
    version="3.1.0",
    purl="pkg:pypi/flask@3.1.0",
    hashes=("sha256:" + "ab" * 32, "md5:" + "0" * 32, "blake9:00"),
    licences=("BSD-3-Clause",),
    address="https://files.example.com/flask-3.1.0.tar.gz",
    direct=True,
    needs=("pkg:pypi/werkzeug@3.1.3", "pkg:pypi/nowhere@1"),
    places=(Place(path="uv.lock", line=12),),
    introduced=True,
    by="agent:claude-code",
)
WERKZEUG = Package(
    registry=Registry.PYPI,
    name="Werkzeug",
    version="3.1.3",
    purl="pkg:pypi/werkzeug@3.1.3",
    licences=("The Acme Licence, version 7",),
    direct=False,
)
UI = Package(registry=Registry.NPM, name="@acme/ui", version="", wanted="^1.2", purl="pkg:npm/%40acme/ui", group="dev")
OLD = Package(registry=Registry.PYPI, name="old", version="1", purl="pkg:pypi/old@1")
GAP = Gap(scanner="packages", path="bad.lock", kind=GapKind.UNPARSED, detail="line 3: not TOML")


def bom(*packages: Package, **more: Any) -> Bom:
    return Bom(
        **{
            "subject": "shop", "version": "", "at": "2026-01-02T03:04:05+00:00", "made_by": "1.0",
            "packages": packages or (FLASK, UI, WERKZEUG), **more,
        }
    )  # fmt: skip


def problems(document: str, folder: Path) -> list[str]:
    path = folder / "bom.spdx.json"
    path.write_text(document)
    return [message.validation_message for message in validate_full_spdx_document(parse_file(str(path)))]


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_cyclonedx_says_all_that_is_known_and_its_schema_accepts_it(version: str) -> None:
    document = cyclonedx.render(bom(gaps=(GAP,)), version=version)
    schema = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}[version]
    assert JsonStrictValidator(schema).validate_str(document) is None
    found = json.loads(document)
    assert found["specVersion"] == version
    flask = next(one for one in found["components"] if one["name"] == "Flask")
    assert flask["purl"] == "pkg:pypi/flask@3.1.0"
    assert {one["alg"] for one in flask["hashes"]} == {"SHA-256", "MD5"}
    assert flask["licenses"][0]["license"]["id"] == "BSD-3-Clause"
    assert {"name": "clearance:by", "value": "agent:claude-code"} in flask["properties"]
    edges = {one["ref"]: one.get("dependsOn", []) for one in found["dependencies"]}
    assert edges["subject"] == ["pkg:pypi/flask@3.1.0"]
    assert edges["pkg:pypi/flask@3.1.0"] == ["pkg:pypi/werkzeug@3.1.3"]
    assert any("bad.lock" in one["value"] for one in found["metadata"]["properties"])


def test_cyclonedx_of_a_change_tells_what_went(tmp_path: Path) -> None:
    found = json.loads(cyclonedx.render(bom(FLASK, removed=(OLD,), base="abc")))
    old = next(one for one in found["components"] if one["name"] == "old")
    assert old["scope"] == "excluded"
    assert {"name": "clearance:removed", "value": "true"} in old["properties"]
    assert not problems(spdx.render(bom(FLASK, removed=(OLD,), base="abc")), tmp_path)


def test_the_same_bill_is_the_same_document() -> None:
    assert cyclonedx.render(bom()) == cyclonedx.render(bom())
    assert spdx.render(bom()) == spdx.render(bom())
    assert json.loads(cyclonedx.render(bom()))["serialNumber"] != json.loads(cyclonedx.render(bom(FLASK)))["serialNumber"]


def test_spdx_says_all_that_is_known_and_its_tools_accept_it(tmp_path: Path) -> None:
    document = spdx.render(bom(gaps=(GAP,)))
    assert problems(document, tmp_path) == []
    found = json.loads(document)
    flask = next(one for one in found["packages"] if one["name"] == "Flask")
    assert flask["licenseDeclared"] == "BSD-3-Clause"
    assert flask["externalRefs"][0]["referenceLocator"] == "pkg:pypi/flask@3.1.0"
    werkzeug = next(one for one in found["packages"] if one["name"] == "Werkzeug")
    assert werkzeug["licenseDeclared"].startswith("LicenseRef-")
    kinds = {one["relationshipType"] for one in found["relationships"]}
    assert kinds == {"DESCRIBES", "DEPENDS_ON", "DEV_DEPENDENCY_OF"}
    assert "not read: bad.lock" in found["comment"]


def test_text_marks_what_came_and_what_went() -> None:
    shown = text.render(bom(FLASK, removed=(OLD,), base="abc", gaps=(GAP,)))
    assert re.search(r"(?m)^\+ PyPI +Flask +3\.1\.0 +BSD-3-Clause", shown)
    assert re.search(r"(?m)^- PyPI +old +1", shown)
    assert "! not read: bad.lock: could not be parsed line 3: not TOML" in shown


PURLS = [
    (Registry.NPM, "@acme/ui", "1.0", "pkg:npm/%40acme/ui@1.0"),
    (Registry.GO, "github.com/acme/kit/v2", "v2.1.0", "pkg:golang/github.com/acme/kit/v2@v2.1.0"),
    (Registry.MAVEN, "org.acme:core", "2", "pkg:maven/org.acme/core@2"),
    (Registry.PYPI, "Zope.Interface", "6", "pkg:pypi/zope-interface@6"),
    (Registry.CARGO, "serde", "1.0.0", "pkg:cargo/serde@1.0.0"),
    (Registry.NUGET, "Acme.Core", "1", "pkg:nuget/Acme.Core@1"),
    (Registry.RUBYGEMS, "rails", "", "pkg:gem/rails"),
]


@pytest.mark.parametrize(("registry", "name", "version", "wanted"), PURLS)
def test_package_urls_are_those_of_the_specification(registry: Registry, name: str, version: str, wanted: str) -> None:
    assert purl(registry, name, version) == wanted


def test_a_package_of_a_distribution_says_of_which() -> None:
    assert purl(Registry.DEBIAN, "zlib1g", "1:1.2", "debian:12") == "pkg:deb/debian/zlib1g@1:1.2?distro=debian-12"


_WORDS = st.text(min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(Registry), _WORDS, _WORDS, _WORDS, st.text(max_size=30))
def test_whatever_a_file_says_the_document_is_valid(
    registry: Registry, name: str, version: str, licence: str, address: str
) -> None:
    one = Package(
        registry=registry, name=name, version=version, purl=purl(registry, name, version), licences=(licence,),
        address=address, places=(Place(path=name, line=1),), hashes=("sha256:zz",),
    )  # fmt: skip
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(cyclonedx.render(bom(one))) is None
    json.loads(spdx.render(bom(one)))
