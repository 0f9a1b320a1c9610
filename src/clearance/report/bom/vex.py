"""VEX documents: OpenVEX 0.2.0, and CycloneDX with an analysis for each vulnerability."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from typing import Any

from clearance.facts.text import visible
from clearance.facts.vex import VexStatement, VexStatus

_STATES = {
    VexStatus.NOT_AFFECTED: "not_affected", VexStatus.AFFECTED: "exploitable", VexStatus.FIXED: "resolved",
    VexStatus.UNDER_INVESTIGATION: "in_triage",
}  # fmt: skip
_JUSTIFICATIONS = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""The nearest words of CycloneDX for those of OpenVEX."""


def openvex(statements: Sequence[VexStatement], *, author: str, at: str) -> str:
    """Give an OpenVEX document. Its id follows from what it says."""
    said = [_said(one) for one in statements]
    digest = hashlib.sha256(json.dumps([author, said], sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    document = {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"urn:sha256:{digest}",
        "author": author,
        "timestamp": at,
        "version": 1,
        "tooling": "clearance",
        "statements": said,
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _said(one: VexStatement) -> dict[str, Any]:
    vulnerability = {"name": one.vulnerability, **({"aliases": list(one.aliases)} if one.aliases else {})}
    made: dict[str, Any] = {
        "vulnerability": vulnerability,
        "products": [{"@id": url} for url in one.packages],
        "status": one.status.value,
    }
    for key, value in (
        ("justification", one.justification), ("impact_statement", one.impact), ("action_statement", one.action),
        ("timestamp", one.at),
    ):  # fmt: skip
        if value:
            made[key] = visible(value)
    return made


def cyclonedx(statements: Sequence[VexStatement], *, version: str, at: str) -> str:
    """Give a CycloneDX document with the packages and, for each vulnerability, the state of its analysis.

    Raises:
        KeyError: there is no such version of the standard here.
    """
    from cyclonedx.model import XsUri
    from cyclonedx.model.bom import Bom as Document
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.impact_analysis import ImpactAnalysisJustification, ImpactAnalysisState
    from cyclonedx.model.vulnerability import (
        BomTarget,
        Vulnerability,
        VulnerabilityAnalysis,
        VulnerabilityReference,
        VulnerabilitySource,
    )
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat
    from packageurl import PackageURL

    from clearance.report.bom.cyclonedx import VERSIONS

    names = "\n".join(f"{one.vulnerability} {' '.join(one.packages)} {one.status.value}" for one in statements)
    serial = hashlib.sha256(names.encode("utf-8", "surrogatepass")).digest()
    document = Document(serial_number=uuid.UUID(bytes=serial[:16], version=4))
    document.metadata.timestamp = dt.datetime.fromisoformat(at)
    known: set[str] = set()
    osv = VulnerabilitySource(name="OSV", url=XsUri("https://osv.dev/"))
    for one in statements:
        for url in set(one.packages) - known:
            parsed = PackageURL.from_string(url)
            name = f"{parsed.namespace}/{parsed.name}" if parsed.namespace else parsed.name
            component = Component(name=name, type=ComponentType.LIBRARY, version=parsed.version, bom_ref=url, purl=parsed)
            document.components.add(component)
            known.add(url)
        word = _JUSTIFICATIONS.get(one.justification, one.justification)
        document.vulnerabilities.add(
            Vulnerability(
                bom_ref=f"{one.vulnerability} {' '.join(one.packages)}",
                id=one.vulnerability,
                source=osv,
                references=[VulnerabilityReference(id=alias, source=osv) for alias in one.aliases],
                recommendation=visible(one.action) or None,
                analysis=VulnerabilityAnalysis(
                    state=ImpactAnalysisState(_STATES[one.status]),
                    justification=ImpactAnalysisJustification(word) if word in set(_JUSTIFICATIONS.values()) else None,
                    detail=visible(one.impact) or None,
                ),
                affects=[BomTarget(ref=url) for url in one.packages],
            )
        )
    outputter = make_outputter(document, OutputFormat.JSON, VERSIONS[version])
    return str(outputter.output_as_string(indent=2)).rstrip("\n") + "\n"
