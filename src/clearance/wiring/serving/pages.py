"""Rule pages as Markdown for assistants and editors: what they say to people, without their detectors."""

from clearance.facts.text import visible
from clearance.rules.model import Rule
from clearance.wiring.serving.answers import Seen


def page_text(rule: Rule) -> str:
    """Give a whole page, with examples."""
    lines = [f"# {rule.title}", "", rule.brief, "", rule.guidance, ""]
    lines += ["## Fix", "", rule.fix, ""] if rule.fix else []
    for heading, examples in (("Wrong", rule.caught[:2]), ("Right", rule.clean[:2])):
        for one in examples:
            fence = "`" * max(3, _longest_run(one.text) + 1)
            lines += [f"## {heading}: {one.name}", "", fence, one.text.rstrip("\n"), fence, ""]
    named = ", ".join((*rule.cwe, *rule.controls))
    lines += [f"Severity {rule.severity.value}, confidence {rule.confidence.value}. {named}".rstrip(), ""]
    lines += ["## Sources", "", *(f"- {source}" for source in rule.sources)] if rule.sources else []
    return visible("\n".join(lines).rstrip() + "\n", keep="\n\t")


def page_of(seen: Seen, rule: str) -> str:
    """Give what a finding's rule says, from what came with the finding."""
    for one in seen.rules:
        if one.id == rule:
            fix = f"\n\n**Fix**\n\n{one.fix}" if one.fix else ""
            named = ", ".join((*one.cwe, *one.controls))
            text = f"### {one.title}\n\n{one.brief}\n\n{one.help}{fix}\n\n*{one.id}, severity {one.severity}* {named}"
            return visible(text.rstrip(), keep="\n\t")
    return visible(rule)


def _longest_run(text: str) -> int:
    longest = run = 0
    for char in text:
        run = run + 1 if char == "`" else 0
        longest = max(longest, run)
    return longest
