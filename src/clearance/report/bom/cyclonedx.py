"""CycloneDX 1.6 and 1.7 (ECMA-424), as JSON or XML, through the project's own library."""

import datetime as dt
import hashlib
import re
import uuid
import warnings
from collections.abc import Iterable

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom as Document
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from clearance.facts.bom import Bom
from clearance.facts.package import Package
from clearance.facts.text import visible

VERSIONS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}
_ALGORITHMS = {
    "md5": HashAlgorithm.MD5, "sha1": HashAlgorithm.SHA_1, "sha256": HashAlgorithm.SHA_256,
    "sha384": HashAlgorithm.SHA_384, "sha512": HashAlgorithm.SHA_512,
}  # fmt: skip
_OPTIONAL = {"dev", "test", "tests", "docs", "lint", "optional"}
_NAME = "clearance"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(?::\d+)?(?:/[\w.~!$&'()*+,;=:@/%#?-]*)?", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{32,128}")


def render(bom: Bom, *, version: str = "1.6", xml: bool = False) -> str:
    """Give the document. Its serial number follows from what it says, so that the same bill has the same one.

    Raises:
        KeyError: there is no such version of the standard here.
    """
    document = Document(serial_number=_serial(bom))
    document.metadata.timestamp = dt.datetime.fromisoformat(bom.at)
    root = Component(
        name=visible(bom.subject) or "tree",
        type=ComponentType.APPLICATION,
        version=bom.version or None,
        bom_ref="subject",
        properties=_told([("base", bom.base)] if bom.base else []),
    )
    document.metadata.component = root
    document.metadata.tools.components.add(Component(name=_NAME, type=ComponentType.APPLICATION, version=bom.made_by))
    for prop in _told([("not-read", f"{gap.path}: {gap.kind.value} {gap.detail}".strip()) for gap in bom.gaps]):
        document.metadata.properties.add(prop)
    licences = LicenseFactory()
    components: dict[str, Component] = {}
    for package in (*bom.packages, *bom.removed):
        gone = package in bom.removed
        ref = _ref(package, gone=gone)
        if ref not in components:
            components[ref] = _component(package, ref, licences, gone=gone)
            document.components.add(components[ref])
    by_purl = {package.purl: components[_ref(package, gone=False)] for package in bom.packages}
    document.register_dependency(root, [by_purl[one.purl] for one in bom.packages if one.direct])
    for package in bom.packages:
        needed = [by_purl[need] for need in package.needs if need in by_purl and need != package.purl]
        document.register_dependency(by_purl[package.purl], needed)
    outputter = make_outputter(document, OutputFormat.XML if xml else OutputFormat.JSON, VERSIONS[version])
    with warnings.catch_warnings():
        # A tree whose direct dependencies nobody knows has none to tell; the library finds that worth a warning.
        warnings.simplefilter("ignore", UserWarning)
        return str(outputter.output_as_string(indent=2)).rstrip("\n") + "\n"


def _ref(package: Package, *, gone: bool) -> str:
    return ("removed:" if gone else "") + package.purl + ("" if package.version else f"?wanted={package.wanted}")


def _component(package: Package, ref: str, licences: LicenseFactory, *, gone: bool) -> Component:
    scope = ComponentScope.OPTIONAL if package.group in _OPTIONAL else ComponentScope.REQUIRED
    made = Component(
        name=visible(package.name),
        type=ComponentType.LIBRARY,
        version=package.version or None,
        bom_ref=ref,
        purl=PackageURL.from_string(package.purl),
        scope=ComponentScope.EXCLUDED if gone else scope,
        hashes=[
            HashType(alg=_ALGORITHMS[name], content=digest)
            for name, _, digest in (one.partition(":") for one in package.hashes)
            if name in _ALGORITHMS and _DIGEST.fullmatch(digest)
        ],
        properties=_told(_facts(package, gone=gone)),
    )
    for text in package.licences:
        made.licenses.add(licences.make_from_string(visible(text), license_acknowledgement=LicenseAcknowledgement.DECLARED))
        if len(package.licences) > 1 and " " in text:
            break  # an expression stands alone
    if _ADDRESS.fullmatch(package.address):
        made.external_references.add(ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(package.address)))
    return made


def _facts(package: Package, *, gone: bool) -> Iterable[tuple[str, str]]:
    """What the standard has no place for."""
    if gone:
        yield "removed", "true"
    if package.introduced:
        yield "introduced", "true"
    for name in ("by", "wanted", "group", "verdict"):
        if getattr(package, name):
            yield name, getattr(package, name)
    for reason in package.reasons:
        yield "reason", reason
    for place in package.places:
        yield "place", f"{place.path}:{place.line}"


def _told(pairs: Iterable[tuple[str, str]]) -> list[Property]:
    return [Property(name=f"{_NAME}:{name}", value=visible(value)) for name, value in pairs]


def _serial(bom: Bom) -> uuid.UUID:
    said = "\n".join([bom.subject, bom.version, bom.base, *(one.purl + one.wanted for one in (*bom.packages, *bom.removed))])
    return uuid.UUID(bytes=hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()[:16], version=4)
