"""Ways to look at a piece of code with a rule made of Detect blocks, or with the pages that Clearance brings."""

from collections.abc import Callable
from pathlib import Path

import pytest

import clearance.rules
from clearance.facts.finding import Confidence, Gap, Severity
from clearance.facts.text import decode
from clearance.rules.model import Block, Example, Rule
from clearance.rules.page import read_page
from clearance.scan.code.family import CodeFamily
from clearance.scan.family import Budget, Match, View

Look = Callable[..., "Seen"]


class Seen:
    """What a look gave: matches, gaps, the texts and positions of the matches."""

    def __init__(self, view: View, given: list[Match | Gap]) -> None:
        self.view = view
        self.matches = [one for one in given if isinstance(one, Match)]
        self.gaps = [one for one in given if isinstance(one, Gap)]

    @property
    def texts(self) -> list[str]:
        return [self.view.text[one.start : one.end] for one in self.matches]

    @property
    def lines(self) -> list[int]:
        return [self.view.position(one.start)[0] for one in self.matches]


def make_rule(*blocks: tuple[str, str], id: str = "made-up", family: str = "code") -> Rule:
    return Rule(
        id=id,
        family=family,
        title="Made up",
        severity=Severity.HIGH,
        confidence=Confidence.MEDIUM,
        brief="",
        guidance="",
        page=f"rules/{family}/{id}.md",
        detect=tuple(Block(engine=engine, text=text, line=20) for engine, text in blocks),
    )


def look_with(family: CodeFamily, path: str, data: bytes, *, partial: bool = False) -> Seen:
    decoded = decode(data)
    assert decoded is not None
    view = View(path, "after", data, decoded, partial=partial)
    return Seen(view, list(family.look(view, Budget(60))))


@pytest.fixture
def rule() -> Callable[..., Rule]:
    return make_rule


@pytest.fixture
def look(vocabulary: list[Rule]) -> Look:
    """Look at code with the blocks of one rule and the built-in vocabulary: `look(engine, block, code)`, or with a list of
    blocks."""

    def at(engine: str, block: str | list[str], code: str | bytes, *, path: str = "", partial: bool = False) -> Seen:
        blocks = [block] if isinstance(block, str) else block
        family = CodeFamily((make_rule(*((engine, one) for one in blocks)), *vocabulary))
        name = path or {"python": "a.py", "javascript": "a.ts", "java": "A.java", "go": "a.go", "text": "a.txt"}[engine]
        return look_with(family, name, code if isinstance(code, bytes) else code.encode(), partial=partial)

    return at


def _pages(family: str) -> list[Rule]:
    folder = Path(clearance.rules.__file__).parent / family
    return [
        read_page(page.read_text(encoding="utf-8"), path=f"rules/{family}/{page.name}", family=family)
        for page in sorted(folder.glob("*.md"))
    ]


@pytest.fixture(scope="session")
def vocabulary() -> list[Rule]:
    return _pages("vocabulary")


@pytest.fixture(scope="session")
def code_pages() -> list[Rule]:
    return _pages("code")


@pytest.fixture(scope="session")
def pages(code_pages: list[Rule], vocabulary: list[Rule]) -> list[Rule]:
    """The pages of the family `code`, and the vocabulary that they build on."""
    return [*code_pages, *vocabulary]


@pytest.fixture
def look_at() -> Look:
    """Look with a family: `look_at(family, path, bytes)`."""
    return look_with


@pytest.fixture(scope="session")
def caught(pages: list[Rule]) -> Callable[[int], Example]:
    """Give one of the examples that pages catch, by any number."""
    examples = [example for page in pages for example in page.caught if not example.is_diff]
    return lambda number: examples[number % len(examples)]


@pytest.fixture(scope="session")
def brought(pages: list[Rule]) -> Callable[..., Seen]:
    """Look at code with all pages that Clearance brings: `brought(path, bytes)`."""
    family = CodeFamily(tuple(pages))

    def at(path: str, data: bytes, *, partial: bool = False) -> Seen:
        return look_with(family, path, data, partial=partial)

    return at
