"""SPDX 2.3 (ISO/IEC 5962's next edition) as JSON."""

import hashlib
import json
import re
import uuid
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from license_expression import ExpressionError, Licensing, get_spdx_licensing

from clearance.facts.bom import Bom
from clearance.facts.package import Package
from clearance.facts.text import visible

_ALGORITHMS = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}
_NOTHING = "NOASSERTION"
_ADDRESS = re.compile(r"(?:https?|ftp|git\+(?:https?|ssh))://[A-Za-z0-9.-]+(?::\d+)?(?:/[\x21-\x7e]*)?")
_DEVELOPMENT = {"dev", "test", "tests", "docs", "lint"}


def render(bom: Bom) -> str:
    """Give the document. Its namespace follows from what it says, so that the same bill has the same one."""
    ids = {package.purl + package.wanted: f"SPDXRef-Package-{_digest(package)}" for package in bom.packages}
    said = "\n".join([bom.subject, bom.version, bom.base, bom.at, *ids])
    name = uuid.UUID(bytes=hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:16], version=4)
    extracted: dict[str, str] = {}
    packages = [_root(bom), *(_package(one, ids[one.purl + one.wanted], extracted) for one in bom.packages)]
    document: dict[str, Any] = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": visible(bom.subject) or "tree",
        "documentNamespace": f"urn:uuid:{name}",
        "creationInfo": {"created": _second(bom.at), "creators": [f"Tool: clearance-{bom.made_by}"]},
        "packages": packages,
        "relationships": list(_relationships(bom, ids)),
    }
    comments = [*_removed(bom), *(f"not read: {visible(gap.path)}: {gap.kind.value}" for gap in bom.gaps)]
    if comments:
        document["comment"] = "\n".join(comments)
    if extracted:
        document["hasExtractedLicensingInfos"] = [
            {"licenseId": key, "extractedText": text, "name": text[:100]} for key, text in sorted(extracted.items())
        ]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _digest(package: Package) -> str:
    return hashlib.sha256((package.purl + package.wanted).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _second(moment: str) -> str:
    """Give a moment to the second, as SPDX wants it."""
    return re.sub(r"(?:\.\d+)?(?:\+00:00|Z)$", "Z", moment)


def _root(bom: Bom) -> dict[str, Any]:
    root = {
        "SPDXID": "SPDXRef-Subject",
        "name": visible(bom.subject) or "tree",
        "downloadLocation": _NOTHING,
        "filesAnalyzed": False,
        "primaryPackagePurpose": "APPLICATION",
    }
    return {**root, "versionInfo": bom.version} if bom.version else root


def _package(package: Package, name: str, extracted: dict[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "SPDXID": name,
        "name": visible(package.name),
        "downloadLocation": package.address if _ADDRESS.fullmatch(package.address) else _NOTHING,
        "filesAnalyzed": False,
        "licenseConcluded": _NOTHING,
        "licenseDeclared": _licence(package.licences, extracted),
        "copyrightText": _NOTHING,
        "primaryPackagePurpose": "LIBRARY",
        "externalRefs": [
            {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": package.purl}
        ],
    }
    if package.version:
        made["versionInfo"] = visible(package.version)
    sums = [one.partition(":") for one in package.hashes]
    checksums = [{"algorithm": _ALGORITHMS[kind], "checksumValue": value} for kind, _, value in sums if kind in _ALGORITHMS]
    if checksums:
        made["checksums"] = checksums
    comment = [*_facts(package)]
    if comment:
        made["comment"] = "\n".join(comment)
    return made


def _facts(package: Package) -> Iterable[str]:
    for place in package.places:
        yield f"place: {visible(place.path)}:{place.line}"
    if package.introduced:
        yield "introduced by this change" + (f", by {visible(package.by)}" if package.by else "")
    if package.wanted and not package.version:
        yield f"wanted: {visible(package.wanted)}"
    if package.verdict:
        yield f"verdict: {package.verdict}" + "".join(f"; {visible(reason)}" for reason in package.reasons)


@lru_cache(maxsize=1)
def _known() -> Licensing:
    return get_spdx_licensing()


def _licence(texts: tuple[str, ...], extracted: dict[str, str]) -> str:
    """Give an SPDX expression; what is none becomes a reference to its own words."""
    parts = []
    for text in texts:
        try:
            parsed = _known().parse(text, validate=True)
            if parsed is not None:
                parts.append(f"({parsed})" if len(texts) > 1 and " " in str(parsed) else str(parsed))
                continue
        except (ExpressionError, ValueError, AttributeError):
            pass
        key = f"LicenseRef-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
        extracted[key] = visible(text)
        parts.append(key)
    return " AND ".join(parts) or _NOTHING


def _relationships(bom: Bom, ids: dict[str, str]) -> Iterable[dict[str, str]]:
    yield _relation("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Subject")
    by_purl = {package.purl: ids[package.purl + package.wanted] for package in bom.packages}
    for package in bom.packages:
        name = ids[package.purl + package.wanted]
        if package.group in _DEVELOPMENT:
            yield _relation(name, "DEV_DEPENDENCY_OF", "SPDXRef-Subject")
        elif package.direct is not False:
            yield _relation("SPDXRef-Subject", "DEPENDS_ON", name)
        for need in package.needs:
            if need in by_purl and by_purl[need] != name:
                yield _relation(name, "DEPENDS_ON", by_purl[need])


def _relation(one: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def _removed(bom: Bom) -> Iterable[str]:
    if bom.base:
        yield f"what changed since {visible(bom.base)}"
    for package in bom.removed:
        yield f"removed: {package.purl}"
