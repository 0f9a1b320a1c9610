"""What may be known about a prompt: a salted digest, its size, how sensitive it is, and the kinds of what was found in
it. The prompt itself goes nowhere, unless the owner of this machine keeps prompts, and then encrypted."""

from collections.abc import Iterable, Mapping

from clearance.attest.salted import salted
from clearance.facts.trace import Prompt


def prompt_of(data: bytes, environment: Mapping[str, str], place: str = "") -> Prompt:
    """Look at a prompt with the families that look at prompts, and say what may be known about it.

    Raises:
        ClearanceError: it could not be looked at; or it should be kept, and could not be.
    """
    classification, findings = looked_at(data, environment)
    return salted_prompt(data, classification, findings, environment, place)


def looked_at(data: bytes, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Look at a text as at a prompt: how sensitive it is, and the ids of the rules that found something, sorted.

    Raises:
        ClearanceError: it could not be looked at.
    """
    from clearance.wiring import scan_text

    outcome = scan_text(data, "prompt.md", environment).outcome
    level = outcome.classification.level.value if outcome.classification else "public"
    return level, tuple(sorted({finding.rule for finding in outcome.findings}))


def salted_prompt(
    data: bytes, classification: str, findings: Iterable[str], environment: Mapping[str, str], place: str = ""
) -> Prompt:
    """Say of a prompt what may be known. Its digest is SHA-256 over a salt of 32 random bytes and the prompt. Where prompts
    are kept, both go into the vault; otherwise the salt is forgotten, and nobody can check a guess.

    Raises:
        ClearanceError: it should be kept, and could not be.
    """
    from clearance.wiring.evidence_prompts import keep_prompt

    sha256, salt = salted(data)
    keep_prompt(data, sha256, salt, classification, environment, place)
    return Prompt(sha256=sha256, size=len(data), classification=classification, findings=tuple(sorted(findings)))
