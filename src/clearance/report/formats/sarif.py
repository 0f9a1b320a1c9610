"""SARIF 2.1.0 (OASIS standard) within the limits that GitHub's code scanning sets.

GitHub takes up to 25,000 results and 10 MB (compressed) a file, keeps ten tags a rule, reads the first location only and
1,000 steps of a path. What is cut for that is said in a notification of the run.
"""

import re
import zlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from clearance.facts.fact import plain
from clearance.facts.finding import Aside, Confidence, Finding, Place, Severity
from clearance.facts.outcome import Outcome, RuleInfo
from clearance.facts.text import visible
from clearance.facts.waiver import Cover
from clearance.report import risk, wording
from clearance.report.document import document
from clearance.report.look import Look, Times

RESULTS, STEPS, TAGS, TEXT, HELP, NOTES = 25_000, 1_000, 20, 1_024, 20_000, 1_000
COMPRESSED = 10_000_000
"""Bytes after gzip."""
_LEVELS = {Severity.LOW: "note", Severity.MEDIUM: "warning", Severity.HIGH: "error", Severity.CRITICAL: "error"}
_SCORES = {Severity.LOW: "3.0", Severity.MEDIUM: "5.5", Severity.HIGH: "8.0", Severity.CRITICAL: "9.5"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_LINK = re.compile(r"\[(?=[^\[\]]*\]\()")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!#$%&'()*+,./:;=?@A-Za-z0-9_~\[\]-]+")
_CWE = re.compile(r"(?:CWE-)?(\d+)", re.IGNORECASE)
_Json = dict[str, Any]


def render(outcome: Outcome, *, look: Look, at: Times) -> str:
    """Give one SARIF log with one run. Introduced findings come first, so that a cut takes the mildest existing ones."""
    findings = wording.worst_first(outcome.findings)[:RESULTS]
    asides = outcome.asides[: RESULTS - len(findings)] if look.show_all else ()
    while True:
        text = document(_log(outcome, findings, asides, at))
        data = text.encode()
        if len(data) < COMPRESSED or not findings or len(zlib.compress(data, 6)) < COMPRESSED:
            return text
        if asides:
            asides = ()
        else:
            findings = findings[: len(findings) // 2]


def _log(outcome: Outcome, findings: tuple[Finding, ...], asides: tuple[Aside, ...], at: Times) -> _Json:
    rules = _rules(outcome, findings)
    places = {rule["id"]: number for number, rule in enumerate(rules)}
    compared = outcome.change.source not in {"directory", "image"}
    waived = outcome.waived
    run: _Json = {
        "tool": {
            "driver": {
                "name": "Clearance",
                "version": outcome.version or "0",
                "semanticVersion": outcome.version or "0",
                "informationUri": "urn:clearance",
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"clearance/{'check' if outcome.decision else 'scan'}/"},
        "invocations": [_invocation(outcome, len(findings), at)],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the tree that was judged."}}},
        "columnKind": "unicodeCodePoints",
        "results": [
            *(_result(one, places[_id(one.rule)], waived.get(one.fingerprint), compared=compared) for one in findings),
            *map(_aside, asides),
        ],
        "properties": _about(outcome),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _about(outcome: Outcome) -> _Json:
    """Give what SARIF has no field for: the decision and what it rests on."""
    about: _Json = {"catalogue": outcome.catalogue, "source": outcome.change.source, "tree": plain(outcome.change.tree)}
    if outcome.set_aside:
        about["setAside"] = outcome.set_aside
    about |= {"base": plain(outcome.change.base), "head": plain(outcome.change.head), "ran": plain(outcome.ran)}
    if outcome.decision:
        decision = outcome.decision
        about |= {"verdict": decision.verdict.value, "reasons": [reason.policy for reason in decision.reasons]}
        about |= {"case": decision.case, "policies": decision.policies, "receipt": plain(outcome.receipt)}
        about["waivers"] = [visible(f"{one.id} {one.said}") for one in risk.told(outcome)]
    if outcome.risk:
        about["tier"] = outcome.risk.tier
    if outcome.origins is not None and outcome.origins.settled:
        about["origins"] = plain(outcome.origins)
    return about


def _id(rule: str) -> str:
    return visible(rule)[:255] or "unnamed"


def _rules(outcome: Outcome, findings: Iterable[Finding]) -> list[_Json]:
    """Describe each rule that has a result once, in the order of their first results."""
    infos = {info.id: info for info in outcome.rules}
    described: dict[str, _Json] = {}
    for finding in findings:
        if _id(finding.rule) not in described:
            described[_id(finding.rule)] = _rule(finding, infos.get(finding.rule))
    return list(described.values())


def _rule(finding: Finding, info: RuleInfo | None) -> _Json:
    severity, confidence = finding.severity, finding.confidence
    cwe, controls, family = finding.cwe, finding.controls, finding.family
    title, brief, help = finding.rule, finding.message, finding.fix
    if info is not None:
        severity, confidence = Severity(info.severity), Confidence(info.confidence)
        cwe, controls, family = info.cwe or cwe, info.controls or controls, info.family
        title, brief, help = info.title, info.brief, info.help + (f"\n\n{info.fix}" if info.fix else "")
    weaknesses = [f"external/cwe/cwe-{int(found[1]):03d}" for one in cwe if (found := _CWE.fullmatch(one))]
    tags = dict.fromkeys([*weaknesses, "security", visible(family), *map(visible, controls)])
    rule: _Json = {
        "id": _id(finding.rule),
        "name": "".join(word.capitalize() for word in re.split(r"\W+", _id(finding.rule)))[:255] or "Unnamed",
        "shortDescription": {"text": _text(title, finding.rule)},
        "fullDescription": {"text": _text(brief, title)},
        "help": {"text": _text(help, brief, HELP), "markdown": _text(help, brief, HELP)},
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "tags": [tag for tag in tags if tag][:TAGS],
            "precision": confidence.value,
            "problem.severity": {"note": "recommendation"}.get(_LEVELS[severity], _LEVELS[severity]),
            "security-severity": _SCORES[severity],
        },
    }
    if info is not None and _URI.fullmatch(info.link):
        rule["helpUri"] = info.link
    return rule


def _text(text: str, otherwise: str, limit: int = TEXT) -> str:
    """Give text that is not empty and not too long; line ends and tabs stay."""
    said = visible(text, keep="\n\t").strip() or visible(otherwise).strip() or "no description"
    return said if len(said) <= limit else said[: limit - 1] + "…"


def _message(text: str, otherwise: str) -> _Json:
    """Give a message in which nothing reads as a placeholder or a link (SARIF 2.1.0, 3.11.5 and 3.11.6)."""
    # `{0}` becomes `{{0}}`: five for three at most, so that the text is cut first.
    said = _text(text, otherwise, TEXT * 3 // 5)
    return {"text": _LINK.sub(r"\\[", _PLACEHOLDER.sub(r"{{\1}}", said))}


def _result(finding: Finding, rule: int, cover: Cover | None, *, compared: bool) -> _Json:
    message = finding.message + (f"\nFix: {finding.fix}" if finding.fix else "")
    result: _Json = {
        "ruleId": _id(finding.rule),
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": _message(message, finding.rule),
        "locations": [_location(finding.place)],
        "fingerprints": {"clearance/v1": finding.fingerprint},
        "partialFingerprints": {"primaryLocationLineHash": f"{finding.fingerprint[:16]}:1"},
    }
    if compared:
        result["baselineState"] = "new" if finding.introduced else "unchanged"
    steps = finding.steps
    if steps:
        shown = steps if len(steps) <= STEPS else (*steps[: STEPS - 1], steps[-1])
        located = [{"location": {**_location(step.place), "message": _message(step.message, "step")}} for step in shown]
        result["codeFlows"] = [{"threadFlows": [{"locations": located}]}]
    properties: _Json = {"introduced": finding.introduced, "severity": finding.severity.value, "family": finding.family}
    properties |= {"confidence": finding.confidence.value, "security-severity": _SCORES[finding.severity]}
    if len(steps) > STEPS:
        properties["stepsLeftOut"] = len(steps) - STEPS
    if finding.place.line < 1:
        properties["wholeFile"] = True
    if finding.witnesses:
        properties["witnesses"] = [visible(one) for one in finding.witnesses]
    if finding.secret is not None:
        properties["secret"] = {
            key: visible(told) if isinstance(told, str) else told for key, told in plain(finding.secret).items()
        }
        if finding.secret.fingerprint:
            result["fingerprints"]["clearance/secret/v1"] = finding.secret.fingerprint
    if finding.origin is not None:
        properties["origin"] = plain(finding.origin)
    if finding.edits:
        result["fixes"] = [_fix(finding)]
    if cover is not None:
        # SARIF 2.1.0, 3.35: the result stays, and says who accepted it.
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": _text(risk.justification(cover), "")}
        ]
        waiver = cover.waiver
        properties["waiver"] = {"id": waiver.id, "owner": visible(waiver.owner), "expires": waiver.expires}
    return result | {"properties": properties}


def _aside(one: Aside) -> _Json:
    """Give a look-alike as a result that is suppressed (SARIF 2.1.0, 3.35): whoever wants to see it can."""
    return {
        "ruleId": _id(one.rule),
        "kind": "review",
        "level": "none",
        "message": _message(f"Looks like a finding, and was set aside: {one.reason.value}.", one.rule),
        "locations": [_location(one.place)],
        "suppressions": [{"kind": "external", "status": "accepted", "justification": one.reason.value}],
        "properties": {"introduced": one.introduced},
    }


def _fix(finding: Finding) -> _Json:
    """Give what mends a finding as replacements of text."""
    changes: dict[str, list[_Json]] = {}
    for edit in finding.edits:
        place = edit.place
        region = {
            "startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column,
        }  # fmt: skip
        changes.setdefault(place.path, []).append({"deletedRegion": region, "insertedContent": {"text": edit.text}})
    return {
        "description": _message(finding.fix or finding.message, finding.rule),
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements} for path, replacements in changes.items()
        ],
    }


def _location(place: Place) -> _Json:
    """Give a place. GitHub wants a line: a finding about a whole file stands on its first one."""
    region: _Json = {"startLine": max(1, place.line)}
    if place.line > 0:
        region["startColumn"] = max(1, place.column)
        if (place.end_line, place.end_column) > (place.line, place.column):
            region |= {"endLine": place.end_line, "endColumn": max(1, place.end_column)}
    return {"physicalLocation": {"artifactLocation": _artifact(place.path), "region": region}}


def _artifact(path: str) -> _Json:
    """Name a file relative to the root: percent-encoded UTF-8 (RFC 3986), a colon too, so that no scheme can be read."""
    return {"uri": quote(path.encode("utf-8", "replace"), safe="/"), "uriBaseId": _ROOT}


def _invocation(outcome: Outcome, kept: int, at: Times) -> _Json:
    missed = wording.unseen(outcome)
    notes = [_missed(one) for one in missed[:NOTES]]
    if len(missed) > NOTES:
        notes.append(_note("report/gaps-left-out", f"{len(missed) - NOTES:,} more things were not looked at.", "warning"))
    if kept < len(outcome.findings):
        left_out = f"{kept:,} of {len(outcome.findings):,} findings are in this file, the worst first; the rest is left out."
        notes.append(_note("report/results-left-out", left_out, "warning"))
    return {
        "executionSuccessful": wording.saw_all(outcome),
        "startTimeUtc": at.start,
        "endTimeUtc": at.end,
        "toolExecutionNotifications": notes,
    }


def _missed(one: wording.Unseen) -> _Json:
    level = "warning" if one.matters else "note"
    note = _note("gap/" + one.kind.replace(" ", "-"), f"{one.label.capitalize()}: {one.subject}: {one.why}", level)
    if one.path:
        note["locations"] = [{"physicalLocation": {"artifactLocation": _artifact(one.path)}}]
    return note


def _note(id: str, text: str, level: str) -> _Json:
    return {"descriptor": {"id": id}, "message": _message(text, id), "level": level}
