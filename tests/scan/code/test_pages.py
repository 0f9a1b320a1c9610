"""Pages catch what they say that they catch, none speaks up about a clean example, and what pages say of a finding."""

from collections.abc import Callable
from typing import Any

from clearance.rules.model import Rule


def test_caught_examples_are_caught(code_pages: list[Rule], brought: Callable[..., Any]) -> None:
    missed = []
    for page in code_pages:
        for example in page.caught:
            seen = brought(example.name, example.text.encode())
            if page.id not in {match.rule for match in seen.matches}:
                missed.append(f"{page.page}:{example.line}")
    assert missed == []


def test_clean_examples_are_clean(code_pages: list[Rule], brought: Callable[..., Any]) -> None:
    noise = []
    for page in code_pages:
        for example in page.clean:
            seen = brought(example.name, example.text.encode())
            noise += [f"{page.page}:{example.line}: {match.rule}" for match in seen.matches]
            noise += [f"{page.page}:{example.line}: {gap.detail}" for gap in seen.gaps]
    assert noise == []


def test_pages_say_what_to_do(code_pages: list[Rule]) -> None:
    assert len(code_pages) >= 30
    for page in code_pages:
        assert page.cwe, page.id
        assert page.sources, page.id
        for language in page.languages:
            assert language in {"python", "javascript", "typescript", "java", "go"}, page.id


def test_a_path_from_source_to_sink_is_told(brought: Callable[..., Any]) -> None:
    code = b"""from flask import request

def orders(db):
    name = request.args["name"]
    query = f"select * from orders where name = '{name}'"
    return db.execute(query)
"""
    (match,) = brought("app.py", code).matches
    assert match.message == "SQL text is built from data of a request"
    assert [(step.place.line, step.message) for step in match.steps] == [
        (4, "request.args comes from the request"),
        (4, "goes into name"),
        (5, "goes into query"),
        (6, "and is used here"),
    ]


def test_without_request_data_the_message_and_confidence_are_weaker(brought: Callable[..., Any]) -> None:
    (match,) = brought("app.py", b"def f(db, x):\n    db.execute(f\"select a from t where b = '{x}'\")\n").matches
    assert match.message == "SQL text is built from a value that is not constant"
    assert match.confidence is None
    assert [step.message for step in match.steps] == ["the parameter x of f", "and is used here"]
