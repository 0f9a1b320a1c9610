"""Makes rules and looks for the tests of the family `infra`."""

from clearance.collect.memory import HeldContents
from clearance.facts.finding import Confidence, Gap, Severity
from clearance.facts.text import decode
from clearance.rules.model import Block, Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.infra.family import InfraFamily
from clearance.scan.infra.node import Kind, Node


def rule(text: str, *, id: str = "r", detector: str = "") -> Rule:
    """Make a page with one block, whose text starts on line 11."""
    return Rule(
        id=id,
        family="infra",
        title="a title",
        severity=Severity.MEDIUM,
        confidence=Confidence.HIGH,
        brief="a brief",
        guidance="guidance",
        page=f"rules/infra/{id}.md",
        detect=(Block(engine="infra", text=text, line=11),) if text else (),
        detector=detector,
    )


def family(*rules: Rule) -> InfraFamily:
    """Make a family that is started, over an empty tree."""
    made = InfraFamily(rules)
    made.start(HeldContents({}, {}, {}))
    return made


def view(path: str, text: str, *, partial: bool = False) -> View:
    """Make the after side of a file."""
    data = text.encode("utf-8", "surrogatepass")
    decoded = decode(data)
    assert decoded is not None
    return View(path, "after", data, decoded, partial=partial)


def look(block: str, path: str, text: str) -> list[Match | Gap]:
    """Look at a file with one block."""
    return list(family(rule(block)).look(view(path, text), Budget(60)))


def found(block: str, path: str, text: str) -> list[str]:
    """Give the text of each place that a block finds in a file."""
    given = look(block, path, text)
    assert all(isinstance(one, Match) for one in given), given
    return [text[one.start : one.end] for one in given if isinstance(one, Match)]


def plain(node: Node) -> object:
    """Give a node as plain values; what is unknown is its text between question marks."""
    match node.kind:
        case Kind.MAP:
            return {key: plain(value) for key, value in node.items.items()}
        case Kind.LIST:
            return [plain(value) for value in node.values]
        case Kind.UNKNOWN:
            return f"?{node.text}?"
        case _:
            return node.value
