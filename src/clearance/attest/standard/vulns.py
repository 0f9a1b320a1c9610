"""Known vulnerabilities of what a change installs (in-toto vulns v0.2).

Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/vulns_02.md.
"""

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Moment, NoUri, Uri
from clearance.attest.standard.fields import Text
from clearance.facts.fact import Fact
from clearance.facts.finding import Finding

RULE = "package-vulnerable"
_ID = re.compile(
    r"\b(?:CVE-[0-9]{4}-[0-9]{4,12}|GHSA(?:-[0-9a-z]{4}){3}|(?:PYSEC|GO|RUSTSEC|MAL|OSV)-[0-9]{4}-[0-9]{1,8})\b"
)
_MORE = re.compile(r" and ([0-9]{1,4}) more")
_MOST = 400


class Score(Fact):
    """How bad a vulnerability is, by a method: `clearance` is our own word (critical, high, medium, low)."""

    method: Text
    score: Text


class Vulnerability(Fact, omit_defaults=True):
    """A vulnerability: its id, how bad it is, and where (`path`); `more` counts others of the same package that the finding
    only counts."""

    id: Text
    severity: Annotated[tuple[Score, ...], Meta(min_length=1, max_length=8)]
    annotations: Annotated[tuple[dict[str, Text], ...], Meta(max_length=8)] = ()


class Database(Fact, rename="camel", omit_defaults=True):
    """The data pack: its digest as a URI and a version, and the day that it is of."""

    last_update: Moment
    uri: NoUri = ""
    version: Annotated[str, Meta(max_length=200)] = ""


class Scanner(Fact):
    """What looked, with which data, and what it found; an empty list means that it knows no vulnerability."""

    uri: Uri
    version: Text
    db: Database
    result: Annotated[tuple[Vulnerability, ...], Meta(max_length=400)]


class ScanTimes(Fact, rename="camel"):
    """When the scan began and ended."""

    scan_started_on: Moment
    scan_finished_on: Moment


class VulnsPredicate(Fact):
    """Vulnerabilities were looked for in what the change installs. Subject 0 is the exact tree.

    No such statement is made where the data about vulnerabilities was missing or refused: an empty list would be a lie.
    """

    TYPE: ClassVar[str] = "https://in-toto.io/attestation/vulns/v0.2"

    scanner: Scanner
    """Who looked, with what, and the result."""
    metadata: ScanTimes
    """When."""


def vulns(findings: Sequence[Finding], version: str, *, pack: str, day: str, began: str, ended: str) -> VulnsPredicate:
    """State the known vulnerabilities among findings, which were found with the data pack of this digest and day."""
    found: dict[str, Vulnerability] = {}
    for one in findings:
        if one.rule != RULE:
            continue
        more = _MORE.search(one.message)
        notes: dict[str, str] = {"path": one.place.path[:400] or "-"} | ({"more": more[1]} if more else {})
        for name in dict.fromkeys(_ID.findall(one.message)) or [f"clearance:{one.fingerprint}"]:
            score = Score(method="clearance", score=one.severity.value)
            found.setdefault(name, Vulnerability(id=name, severity=(score,), annotations=(notes,)))
    return VulnsPredicate(
        scanner=Scanner(
            uri=f"pkg:pypi/clearance@{version}",
            version=version,
            db=Database(last_update=f"{day}T00:00:00Z", uri=f"urn:clearance:pack:{pack}", version=pack),
            result=tuple(found[name] for name in sorted(found))[:_MOST],
        ),
        metadata=ScanTimes(scan_started_on=began, scan_finished_on=ended),
    )
