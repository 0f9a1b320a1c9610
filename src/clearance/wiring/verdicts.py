"""What the policies make of each rule: one introduced finding of it, written by an AI, is put to them."""

import re
import tomllib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from clearance.facts.classification import Level, Scheme
from clearance.facts.decision import Verdict
from clearance.facts.finding import Confidence, Severity

if TYPE_CHECKING:
    from clearance.decide.policy_set import Policies
    from clearance.rules.model import Rule

_Seen = Literal["range", "command", "prompt"]
_WHERE: dict[str, _Seen] = {"commands": "command", "prompts": "prompt", "personal": "prompt"}
"""Where findings of a family are looked for out of the box; all others in changes."""
_RAISED: dict[str, tuple[Severity, ...]] = {
    "destroy-folder": (Severity.MEDIUM,),
    "destroy-permissions": (Severity.HIGH,),
    "destroy-work": (Severity.HIGH,),
    "install-script-fetches": (Severity.HIGH,),
    "lock-file-host": (Severity.HIGH,),
    "package-name-lookalike": (Severity.HIGH,),
    "package-too-young": (Severity.HIGH,),
    "prompt-bidi-controls": (Severity.HIGH,),
    "prompt-terminal-escapes": (Severity.HIGH,),
    "run-privileged": (Severity.HIGH,),
}
"""What detectors in Python raise above their page's severity; the tests hold it against the pages' examples."""
_SAYING = {"severity": {one.value for one in Severity}, "confidence": {one.value for one in Confidence}}


def verdicts(rules: Iterable["Rule"], policies: "Policies") -> dict[str, tuple[Verdict, tuple[str, ...]]]:
    """Give for each rule with a detector the strictest verdict that a finding of it can get, and the policies that say so;
    ALLOW and no policy where its findings are only told. Triggers find nothing and are left out: a tier is no verdict."""
    from clearance.decide.decide import decide
    from clearance.decide.table import FindingRow, Row, case_of

    scheme = Scheme()
    found: dict[str, tuple[Verdict, tuple[str, ...]]] = {}
    asked: dict[_Seen, list[Rule]] = {"range": [], "command": [], "prompt": []}
    for rule in rules:
        if rule.has_detector and rule.tier is None:
            asked[_WHERE.get(rule.family, "range")].append(rule)
            found[rule.id] = (Verdict.ALLOW, ())
    for source, group in asked.items():
        if not group:
            continue
        asked_of = [(rule, said) for rule in group for said in _sayings(rule)]
        rows = tuple(
            FindingRow(
                rule=rule.id, family=rule.family, severity=severity, confidence=confidence,
                cwe=rule.cwe, classification=scheme.of_kind(rule.id, rule.family) or Level.PUBLIC,
            )
            for rule, (severity, confidence) in asked_of
        )  # fmt: skip
        case = case_of(Row(name="", verdict=Verdict.ALLOW, source=source, findings=rows))
        by_print = {finding.fingerprint: finding.rule for finding in case.findings}
        for reason in decide(case, policies).reasons:
            for name in reason.about:
                if name in by_print:
                    verdict, said = found[by_print[name]]
                    because = said if reason.policy in said else (*said, reason.policy)
                    found[by_print[name]] = (verdict.join(reason.verdict), because)
    return found


def _sayings(rule: "Rule") -> tuple[tuple[Severity, Confidence], ...]:
    """Give the severities and confidences that findings of a rule can have: a block may say others than its page, and a
    detector in Python, too."""
    pairs = [(severity, rule.confidence) for severity in _RAISED.get(rule.id, ())]
    if rule.detector or not rule.detect:
        pairs.append((rule.severity, rule.confidence))
    for block in rule.detect:
        pairs += _of_block(block.text, rule)
    return tuple(dict.fromkeys(pairs))


def _of_block(text: str, rule: "Rule") -> list[tuple[Severity, Confidence]]:
    """Give what a block says of its findings, and what it says of those where the value comes from a request or the
    environment (`request.severity`)."""
    if not any(name in text for name in _SAYING):  # as four of five: nothing to parse
        return [(rule.severity, rule.confidence)]
    try:
        keys = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        found = ((name, re.search(rf'^\s*{name}\s*[=:]\s*"?([a-z]+)\b', text, re.MULTILINE)) for name in _SAYING)
        keys = {name: match[1] for name, match in found if match}
    base = {"severity": rule.severity.value, "confidence": rule.confidence.value} | _saying(keys)
    said = [base, *(base | _saying(part) for part in keys.values() if isinstance(part, dict) and _saying(part))]
    return [(Severity(one["severity"]), Confidence(one["confidence"])) for one in said]


def _saying(keys: dict[str, Any]) -> dict[str, str]:
    return {name: keys[name] for name, known in _SAYING.items() if keys.get(name) in known}
