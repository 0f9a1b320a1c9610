"""What an assistant is told of a page that nothing checks, when it asks for it."""

from clearance.frontends.mcp.telling import of_rule, shown
from clearance.rules.codeguard import read_codeguard, rule_of
from clearance.rules.model import Rule


def guide(body: str) -> Rule:
    file = read_codeguard(f"---\ndescription: Keys\nalwaysApply: true\n---\n{body}", path="codeguard-1-keys.md")
    return rule_of(file, path=".clearance/rules/guidance/codeguard-1-keys.md")


def test_it_is_told_that_nothing_checks_it() -> None:
    assert of_rule(guide("Keys stay in a store, always."), None).brief.startswith("Guidance only, nothing checks it. Keys:")


def test_a_long_text_of_others_is_cut_and_hides_nothing() -> None:
    said = shown(of_rule(guide("\u202eKeys stay in a store.\x1b[2J" + "word " * 40_000), None))
    assert len(said["guidance"]) < 20_000
    assert "`clearance rules show ID` tells the rest" in said["guidance"]
    assert "\u202e" not in said["guidance"]
    assert "\x1b" not in said["guidance"]
