"""A vocabulary page keeps its word where the ways of findings start at its sources, or its calls make values harmless."""

from collections.abc import Sequence

import pytest

from clearance.examples import judge_examples
from clearance.facts.finding import Confidence, Severity
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Block, Example, Rule
from clearance.scan.code.family import CodeFamily
from clearance.scan.look import AnyFamily

SINK = 'call = "run"\nargument.0 = ["request", "dynamic"]\nfor = "shell"'


def page(family: str, id: str, block: str, caught: str = "", clean: str = "") -> Rule:
    return Rule(
        id=id,
        family=family,
        title="T",
        severity=Severity.HIGH,
        confidence=Confidence.HIGH,
        brief="",
        guidance="",
        page=f"rules/{family}/{id}.md",
        detect=(Block(engine="python", text=block, line=9),),
        caught=(Example(name="a.py", text=caught, line=20),),
        clean=(Example(name="a.py", text=clean, line=30),),
    )


SOURCE = 'source = "web.ask"\nfrom = "request"'
CLEANS = 'cleans = "quote"\nfor = "shell"'
ROWS = [
    # block, caught, clean, lines of the examples that do not hold
    (SOURCE, "import web\nrun(web.ask())", "import web\nrun('a')", []),
    (SOURCE, "import web\nrun(web.other())", "import web\nrun(web.other())", [20]),
    (SOURCE, "import web\nrun(web.ask())", "import web\nrun(web.ask())", [30]),
    (CLEANS, "run(x)", "run(quote(x))", []),
    (CLEANS, "run(quote(x))", "run(x)", [20, 30]),
]


@pytest.mark.parametrize(("block", "caught", "clean", "failing"), ROWS)
def test_examples_of_vocabulary(block: str, caught: str, clean: str, failing: list[int]) -> None:
    words = page("vocabulary", "words", block, caught, clean)
    rules = (page("code", "sink", SINK), words)

    def families(family: str) -> Sequence[AnyFamily]:
        assert family == "vocabulary"
        return [CodeFamily(rules)]

    failures = judge_examples(Catalogue((), rules, ()), words, families)
    assert [failure.example.line for failure in failures] == failing
    assert all(failure.expected and failure.got for failure in failures)
