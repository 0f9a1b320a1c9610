"""Whatever a file holds, a look ends, raises nothing, and points into the text."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.facts.finding import GapKind
from clearance.facts.text import decode
from clearance.rules.model import Example, Rule
from clearance.scan.code.source import Source, scripts_only
from clearance.scan.family import Budget, OutOfTime, View

DEEP = 100_000
NESTED = {
    "open brackets": "(" * DEEP,
    "brackets": "x = " + "[" * DEEP + "]" * DEEP,
    "calls": "eval(" * 10_000 + "x" + ")" * 10_000,
    "attributes": "a" + ".execute" * DEEP + "(x)",
    "sums": "db.execute('select a from t where b = '" + " + x" * DEEP + ")",  # noqa: S608 -- what is looked for
    "functions": "".join(f"{' ' * i}def f{i}():\n" for i in range(300)) + " " * 300 + "eval(x)\n",
    "objects": "f(" + "{a:" * 20_000 + "1" + "}" * 20_000 + ")",
    "templates": "`${" * 5_000,
    "chained assignments": "a = " * 20_000 + "eval\n",
    "f-string": 'eval(f"' + "{x}" * 20_000 + '")',
    "conditions": "if " + " and ".join(["x in y"] * 10_000) + ":\n  eval(x)\n",
}


@pytest.mark.parametrize("code", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.tsx"])
def test_deep_nesting_ends(brought: Callable[..., Any], path: str, code: str) -> None:
    brought(path, code.encode())


FLAT = {
    "calls": ("os.system(x)\n" * 5_000, 5_000),
    "reassigned": ('def f(x):\n q = "select a from t where b = " + x\n' + " q = q + x\n db.execute(q)\n" * 2_000, 2_000),
    "aliases": ("".join(f"from os import system as s{i}\ns{i}(x)\n" for i in range(3_000)), 3_000),
    "a chain of aliases": (
        "import os\na0 = os.system\n" + "".join(f"a{i + 1} = a{i}\n" for i in range(3_000)) + "a2(x)\n",
        1,
    ),
}


@pytest.mark.parametrize(("code", "count"), FLAT.values(), ids=FLAT.keys())
def test_large_flat_files_are_looked_at_whole(brought: Callable[..., Any], code: str, count: int) -> None:
    assert len(brought("a.py", code.encode()).matches) == count


def test_matches_come_from_code_that_is_broken_in_places(brought: Callable[..., Any]) -> None:
    code = b"def f(:\n    retrun +\n\nimport os\n\ndef g(x):\n    os.system('ls ' + x)\n\nclass (\n"
    seen = brought("a.py", code)
    assert [match.rule for match in seen.matches] == ["python-subprocess-shell"]


def test_a_file_that_is_mostly_broken_is_a_gap(brought: Callable[..., Any]) -> None:
    seen = brought("a.py", b"eval ) ] } " * 300)
    assert [gap.kind for gap in seen.gaps] == [GapKind.UNPARSED]
    assert seen.gaps[0].scanner == "code"


def test_pieces_of_a_file_are_no_gap(brought: Callable[..., Any]) -> None:
    seen = brought("a.py", b"\n\n        else:\n            os.system('ls ' + x)\n    )\n\n\n", partial=True)
    assert seen.lines == [4]
    assert seen.gaps == []


def test_a_language_without_rules_is_a_gap_and_never_silence(brought: Callable[..., Any]) -> None:
    assert [(gap.kind, gap.detail) for gap in brought("main.go", b"package main\n").gaps] == [(GapKind.UNSUPPORTED, "go")]
    assert brought("notes.md", b"package main\n").gaps == []


def test_notebooks_with_code_are_a_gap(brought: Callable[..., Any]) -> None:
    assert [gap.kind for gap in brought("a.ipynb", b'{"cells": [{"cell_type": "code"}]}').gaps] == [GapKind.UNSUPPORTED]
    assert brought("a.ipynb", b'{"cells": [{"cell_type": "markdown"}]}').gaps == []


def test_scripts_in_html_are_looked_at_where_they_stand(brought: Callable[..., Any]) -> None:
    page = (
        "<p>é eval(x)</p>\n<script type='application/json'>{}</script>\n<script>\nfunction f(c) { eval(c) }\n</script>\n<p>"
    )
    seen = brought("a.html", page.encode())
    assert seen.texts == ["eval(c)"]
    assert seen.lines == [4]
    assert len(scripts_only(page)[0]) <= len(page)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_columns_count_code_points(brought: Callable[..., Any], newline: str, encoding: str) -> None:
    lines = [
        "import os",
        "def ß(x):",
        "    '😀é'; os.system('größe ' + x)  # 😀",
        "",
        "# plain text to tell the encoding by",
        "",
    ]
    seen = brought("a.py", newline.join(lines).encode(encoding))
    assert seen.texts == ["os.system('größe ' + x)"]
    assert seen.view.position(seen.matches[0].start) == (3, 11)


def test_a_spent_budget_ends_the_look(pages: list[Rule]) -> None:
    from clearance.scan.code.family import CodeFamily

    data = b"os.system(x)\n" * 20_000
    decoded = decode(data)
    assert decoded is not None
    with pytest.raises(OutOfTime):
        list(CodeFamily(tuple(pages)).look(View("a.py", "after", data, decoded), Budget(0)))


WORDS = (
    "import os", "from flask import request", "def f(x, *a, **k):", "    ", "\n", "eval(", ")", "request.args['a']",
    'f"{', '}"', "= ", "db.execute(", "+ x", "os.system", "if x in y:", "const {exec: e} = require('child_process');",
    "e(", "`${", "}`", "=> {", "}", "class A:", "try:", "except:", "pass", "a.innerHTML = ", "{__html: ", "[", "]",
    "😀", "\x00", "\ud800", "lambda x:", "await ", "return ", "'", '"', "#", "//", "\\", "<script>", "</script>",
    "jwt.decode", "verify=False", "\t", "@app.get('/x')\n", "x: int",
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    text=st.one_of(st.lists(st.sampled_from(WORDS), max_size=60).map("".join), st.text(max_size=200)),
    path=st.sampled_from(["a.py", "a.js", "a.ts", "a.tsx", "a.html", "a.vue", "a.ipynb", "a.txt", ".env"]),
    partial=st.booleans(),
)
def test_any_text_can_be_looked_at(brought: Callable[..., Any], text: str, path: str, *, partial: bool) -> None:
    data = text.encode("utf-8", "replace")
    if decode(data) is None:
        return
    seen = brought(path, data, partial=partial)
    for match in seen.matches:
        assert 0 <= match.start < match.end <= len(seen.view.text)
        for step in match.steps:
            assert 1 <= step.place.line <= len(seen.view.starts)


CUTS = st.tuples(st.floats(0, 1), st.integers(0, 30), st.sampled_from(WORDS))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(number=st.integers(0, 10_000), cuts=st.lists(CUTS, min_size=1, max_size=6))
def test_mutated_examples_can_be_looked_at(
    brought: Callable[..., Any], caught: Callable[[int], Example], number: int, cuts: list[tuple[float, int, str]]
) -> None:
    example = caught(number)
    text = example.text
    for share, length, word in cuts:
        at = int(share * len(text))
        text = text[:at] + word + text[at + length :]
    data = text.encode("utf-8", "replace")
    if decode(data) is None:
        return
    seen = brought(example.name, data)
    for match in seen.matches:
        assert 0 <= match.start < match.end <= len(seen.view.text)


@given(st.text(alphabet="aé😀\n\ud800", max_size=9_000))
@settings(max_examples=50, deadline=None)
def test_offsets_in_bytes_become_offsets_in_code_points(text: str) -> None:
    source = Source(text, "python")
    for at in range(0, len(text), max(1, len(text) // 20)):
        assert source.offset(len(text[:at].encode("utf-8", "surrogatepass"))) == at
