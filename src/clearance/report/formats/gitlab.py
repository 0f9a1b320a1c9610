"""GitLab's security report for static analysis (`gl-sast-report.json`), schema 15.2.4.

Fields: GitLab's "Security scanner integration" and its published security report schemas. A job hands the file over as
`artifacts: reports: sast`.
"""

import re
from typing import Any
from uuid import UUID, uuid5

from clearance.facts.finding import Confidence, Finding, Place
from clearance.facts.outcome import Outcome
from clearance.facts.text import visible
from clearance.facts.waiver import Cover
from clearance.report import risk, wording
from clearance.report.document import document
from clearance.report.look import Look, Times

SCHEMA_VERSION = "15.2.4"
_NAMES = UUID("6f3c2a52-8d0e-5b4e-9a57-3f6f2b1c7d90")
"""Our own name space for ids that are made from fingerprints (RFC 9562, version 5)."""
_NAME, _DESCRIPTION, _SOLUTION = 255, 100_000, 7_000
_CWE = re.compile(r"(?:CWE-)?(\d+)", re.IGNORECASE)
_WEB = re.compile(r"https?://[!-~]+")
_MESSAGES = 1_000
_Json = dict[str, Any]


def render(outcome: Outcome, *, look: Look, at: Times) -> str:
    """Give one report document. All findings are in it, worst first: GitLab compares reports of two branches for itself."""
    del look
    waived = outcome.waived
    return document(
        {
            "version": SCHEMA_VERSION,
            "scan": _scan(outcome, at),
            "vulnerabilities": [
                _vulnerability(finding, outcome, waived.get(finding.fingerprint))
                for finding in wording.worst_first(outcome.findings)
            ],
        }
    )


def _scan(outcome: Outcome, at: Times) -> _Json:
    clearance = {
        "id": "clearance",
        "name": "Clearance",
        "version": outcome.version or "0",
        "vendor": {"name": "Clearance"},
    }
    scan: _Json = {"analyzer": clearance, "scanner": clearance, "type": "sast"}
    # The schema wants times without a zone; they are UTC.
    scan |= {"start_time": at.start[:19], "end_time": at.end[:19]}
    scan["status"] = "success" if wording.saw_all(outcome) else "failure"
    missed = wording.unseen(outcome)
    messages = [
        {"level": "warn" if one.matters else "info", "value": visible(f"{one.label.capitalize()}: {one.subject}: {one.why}")}
        for one in missed[:_MESSAGES]
    ]
    if len(missed) > _MESSAGES:
        messages.append({"level": "warn", "value": f"{len(missed) - _MESSAGES:,} more things were not looked at."})
    if outcome.decision:
        policies = ", ".join(reason.policy for reason in wording.reasons(outcome))
        messages.append({"level": "info", "value": visible(f"Verdict: {outcome.decision.verdict.value} ({policies})")})
    messages += [{"level": "warn", "value": visible(f"Waiver {one.id}: {one.said}")} for one in risk.told(outcome)]
    return scan | {"messages": messages}


def _vulnerability(finding: Finding, outcome: Outcome, cover: Cover | None) -> _Json:
    info = next((info for info in outcome.rules if info.id == finding.rule), None)
    name = visible(finding.message) or visible(finding.rule) or "unnamed"
    told: _Json = {
        "id": str(uuid5(_NAMES, visible(finding.fingerprint))),
        "name": name if len(name) <= _NAME else name[: _NAME - 1] + "…",
        "description": (visible(info.help, keep="\n\t") if info and info.help else name)[:_DESCRIPTION],
        "severity": finding.severity.value.capitalize(),
        "identifiers": _identifiers(finding, info.link if info else ""),
        "location": _location(finding.place),
        "details": _details(finding),
    }
    if cover is not None:
        told["details"]["waiver"] = {"type": "text", "name": "Accepted risk", "value": visible(risk.justification(cover))}
    if finding.fix:
        told["solution"] = visible(finding.fix, keep="\n\t")[:_SOLUTION]
    if finding.confidence is Confidence.LOW:
        said = "The rule is seldom sure; a person should look before anybody acts."
        told["flags"] = [{"type": "flagged-as-likely-false-positive", "origin": "Clearance", "description": said}]
    return told


def _identifiers(finding: Finding, link: str) -> list[_Json]:
    """Name the rule first: GitLab takes the first identifier as the primary one."""
    rule = visible(finding.rule) or "unnamed"
    first: _Json = {"type": "clearance_rule", "name": f"Clearance {rule}", "value": rule}
    if _WEB.fullmatch(link):
        first["url"] = link
    weaknesses = dict.fromkeys(int(found[1]) for one in finding.cwe if (found := _CWE.fullmatch(one)))
    return [
        first,
        *(
            {
                "type": "cwe",
                "name": f"CWE-{number}",
                "value": str(number),
                "url": f"https://cwe.mitre.org/data/definitions/{number}.html",
            }
            for number in weaknesses
        ),
    ]


def _location(place: Place) -> _Json:
    location: _Json = {"file": visible(place.path)}
    if place.line > 0:
        location |= {"start_line": place.line, "end_line": max(place.line, place.end_line)}
    return location


def _details(finding: Finding) -> _Json:
    details: _Json = {
        "introduced": {"type": "value", "name": "Introduced by this change", "value": finding.introduced},
        "confidence": {"type": "text", "name": "Confidence", "value": finding.confidence.value},
    }
    secret = finding.secret
    told = visible(wording.about(secret)) if secret is not None else ""
    if secret is not None and told:
        details["secret"] = {"type": "text", "name": "Personal data" if secret.personal else "Secret", "value": told}
    if finding.origin is not None:
        details["commit"] = {"type": "text", "name": "In history", "value": visible(wording.origin(finding))}
    if finding.excerpt and finding.excerpt.lines:
        code = "\n".join(visible(line, keep="\t") for line in finding.excerpt.lines)
        details["code"] = {"type": "code", "name": "Code", "value": code[:_DESCRIPTION]}
    return details
