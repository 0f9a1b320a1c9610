"""Reads VEX documents (OpenVEX 0.2.0, CycloneDX 1.4 to 1.7) and tells what they say of an advisory about a package."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from packageurl import PackageURL

from clearance.facts.errors import UsageError
from clearance.facts.package import Registry
from clearance.facts.vex import VexStatement, VexStatus

JUSTIFICATIONS = frozenset(
    {
        "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist",
    }
)  # fmt: skip
"""Those of OpenVEX."""
_CYCLONEDX = {
    "not_affected": VexStatus.NOT_AFFECTED, "false_positive": VexStatus.NOT_AFFECTED, "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED, "exploitable": VexStatus.AFFECTED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
}  # fmt: skip
_OPENVEX = re.compile(r"https?://openvex\.dev/ns(?:/v0\.\d+\.\d+)?")
_MOST_BYTES = 8 << 20


def read_vex(data: bytes, *, where: str) -> tuple[VexStatement, ...]:
    """Read a document.

    Raises:
        UsageError: it is none of the two formats, or a statement that says "not affected" gives no reason.
    """
    if len(data) > _MOST_BYTES:
        raise UsageError("a VEX document larger than 8 MiB", where=where, next="split it")
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"no VEX document: {error}", where=where, next="write OpenVEX or CycloneDX, as JSON") from None
    if isinstance(found, dict) and isinstance(found.get("@context"), str) and _OPENVEX.fullmatch(found["@context"]):
        read = _openvex
    elif isinstance(found, dict) and found.get("bomFormat") == "CycloneDX":
        read = _cyclonedx
    else:
        raise UsageError("neither OpenVEX nor CycloneDX", where=where, next="write OpenVEX or CycloneDX, as JSON")
    try:
        return tuple(read(found, where))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UsageError(
            f"not what its format says ({type(error).__name__}: {error})", where=where, next="check it against the schema"
        ) from None


def spoken(statements: Sequence[VexStatement], registry: Registry, purl: str, ids: Iterable[str]) -> VexStatement | None:
    """Give the youngest statement about any of these ids in this package (its package URL with version), or None."""
    wanted = set(ids)
    fitting = [
        one
        for one in statements
        if wanted & {one.vulnerability, *one.aliases} and any(_covers(each, purl, registry) for each in one.packages)
    ]
    return max(fitting, key=lambda one: one.at, default=None)


def _covers(said: str, purl: str, registry: Registry) -> bool:
    """Whether a package URL of a statement, with or without a version, means this package."""
    try:
        one, other = PackageURL.from_string(said), PackageURL.from_string(purl)
    except ValueError:
        return False
    if one.type != registry.purl or (one.namespace, one.name) != (other.namespace, other.name):
        return False
    return one.version is None or one.version == other.version


def _openvex(document: dict[str, Any], where: str) -> Iterator[VexStatement]:
    author, at = str(document.get("author", "")), str(document.get("timestamp", ""))
    for number, one in enumerate(document["statements"], 1):
        named = one["vulnerability"]
        name = named if isinstance(named, str) else named.get("name") or named["@id"]
        packages = [url for product in one.get("products", ()) for url in _purls(product)]
        status = VexStatus(one["status"])
        made = VexStatement(
            vulnerability=str(name),
            aliases=tuple(map(str, () if isinstance(named, str) else named.get("aliases", ()))),
            packages=tuple(packages),
            status=status,
            justification=str(one.get("justification", "")),
            impact=str(one.get("impact_statement", "")),
            action=str(one.get("action_statement", "")),
            at=str(one.get("last_updated") or one.get("timestamp") or at),
            author=author,
            where=where,
        )
        _insist(made, number, where)
        yield made


def _purls(product: object) -> Iterator[str]:
    """Give the package URLs of a product: those of its parts where it names parts, else its own."""
    if isinstance(product, str):
        yield product
        return
    if not isinstance(product, dict):
        raise TypeError("a product is text or an object")
    parts = product.get("subcomponents") or ()
    for part in parts:
        yield from _purls(part)
    if not parts:
        identifiers = product.get("identifiers") or {}
        yield str(identifiers.get("purl") or product.get("@id") or "")


def _cyclonedx(document: dict[str, Any], where: str) -> Iterator[VexStatement]:
    components: dict[str, str] = {}
    waiting = [*document.get("components", ())]
    while waiting:
        one = waiting.pop()
        components[str(one.get("bom-ref", ""))] = str(one.get("purl", ""))
        waiting.extend(one.get("components", ()))
    at = str((document.get("metadata") or {}).get("timestamp", ""))
    for number, one in enumerate(document.get("vulnerabilities", ()), 1):
        analysis = one.get("analysis")
        if not analysis or "state" not in analysis:
            continue
        refs = [str(target["ref"]) for target in one.get("affects", ())]
        made = VexStatement(
            vulnerability=str(one["id"]),
            aliases=tuple(str(each["id"]) for each in one.get("references", ()) if "id" in each),
            packages=tuple(filter(None, (components.get(ref) or _of_link(ref) for ref in refs))),
            status=_CYCLONEDX[analysis["state"]],
            justification=str(analysis.get("justification", "")),
            impact=str(analysis.get("detail", "")),
            action=str(one.get("recommendation", "")),
            at=str(analysis.get("lastUpdated") or analysis.get("firstIssued") or one.get("updated") or at),
            where=where,
        )
        _insist(made, number, where)
        yield made


def _of_link(ref: str) -> str:
    """Take the package URL out of a reference to another document (`urn:cdx:<serial>/1#pkg:…`), or give it as it is."""
    _, _, inside = ref.rpartition("#")
    return inside if inside.startswith("pkg:") else ref


def _insist(made: VexStatement, number: int, where: str) -> None:
    if made.status is VexStatus.NOT_AFFECTED and not (made.justification or made.impact):
        raise UsageError(
            f"statement {number} says that {made.vulnerability[:60]} does not affect, but not why",
            where=where,
            next="add a justification or an impact statement",
        )
