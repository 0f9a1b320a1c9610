"""What a page holds, as facts. `page.py` reads one, `catalogue.py` holds all."""

from clearance.facts.control import Edge
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence, Severity


class Block(Fact):
    """A fenced block of `## Detect`: the engine that the info string names, the text, and the line of the page (from 1)
    on which the text starts."""

    engine: str
    text: str
    line: int


class Example(Fact):
    """A fenced block of `## Caught` or `## Clean`: the file name that it is judged under, the text, its line on the page.

    `is_diff`: the text is a unified diff and the example is the change that it describes.
    """

    name: str
    text: str
    line: int
    is_diff: bool = False


class Rule(Fact):
    """One page. `detector` names the Python detector of a family that needs code, `options` are its own keys. `tier` is set
    on pages of the family `triggers` only, and asks for care instead of saying that something is wrong."""

    id: str
    family: str
    title: str
    severity: Severity
    confidence: Confidence
    brief: str
    guidance: str
    page: str
    """Where the page lies, for people: `rules/code/python-sql-string-build.md`."""
    languages: tuple[str, ...] = ()
    cwe: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    edges: tuple[Edge, ...] = ()
    """How the rule relates to each weakness and control that the page names; a control with `no-relationship` stands here
    and not in `controls`."""
    detect: tuple[Block, ...] = ()
    detector: str = ""
    options: dict[str, str] = {}
    tier: int | None = None
    fix: str = ""
    verify: Block | None = None
    """How the vendor can be asked whether a secret still works; never asked unless a person says so."""
    caught: tuple[Example, ...] = ()
    clean: tuple[Example, ...] = ()
    sources: tuple[str, ...] = ()
    advisory: bool = False
    """Guidance only: nothing detects what the page speaks of, and it never counts as a check."""

    @property
    def has_detector(self) -> bool:
        """Whether something looks for what the page speaks of. Vocabulary pages teach detectors and are none."""
        return not self.advisory and self.family != "vocabulary" and bool(self.detect or self.detector)

    def __hash__(self) -> int:
        """Hash by name, because maps have no hash; equal rules have equal names."""
        return hash((self.family, self.id, self.page))
