"""Whatever a file holds, a look ends, raises nothing, and points into the text."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.facts.finding import Confidence, Gap, GapKind
from clearance.facts.text import decode
from clearance.rules.model import Example, Rule
from clearance.scan.code.family import CodeFamily
from clearance.scan.code.notebook import read_notebook
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
    "calls on calls": "Runtime.getRuntime().exec(" * 10_000 + "x" + ")" * 10_000,
    "calls on calls, in a method": "class A { void f(X x) { " + "a.b().c(" * 5_000 + "x" + ")" * 5_000 + "; eval(x); } }",
    "ternaries": "eval(" + "p ? x : " * 10_000 + "x)",
    "ternaries on the left": "eval(" + "p ? " * 10_000 + "x" + " : x" * 10_000 + ")",
    "unary": "eval(" + "!" * 10_000 + "x)",
    "arrows": "eval(" + "() => " * 10_000 + "x)",
    "elements": "f(" + "<div>" * 10_000 + "{eval(x)}" + "</div>" * 10_000 + ")",
    "generics": "A" + "<A" * 10_000 + ">" * 10_000 + " x = eval(y);",
    "decorators": "@f(" * 10_000 + ")" * 10_000 + "\ndef g(x):\n  eval(x)\n",
    "spread": "eval(..." + "[..." * 10_000 + "x" + "]" * 10_000 + ")",
    "else if": "if (x == 0) {}" + "".join(f" else if (x == {i}) {{ x = x + 1; }}" for i in range(3_000)) + "\neval(x)",
}


@pytest.mark.parametrize("code", NESTED.values(), ids=NESTED.keys())
@pytest.mark.parametrize("path", ["a.py", "a.js", "a.tsx", "A.java", "a.go", "a.ipynb"])
def test_deep_nesting_ends(brought: Callable[..., Any], path: str, code: str) -> None:
    brought(path, code.encode())


MIXED = "(" * 2_000 + "x == 1" + "".join(") && (x == 2" if i % 2 else " || x == 3) " for i in range(2_000))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.js", "function f(x) { if (" + MIXED + ") { eval(x) } }"),
        ("A.java", "class A { void f(String x) { if (" + MIXED + ") { Runtime.getRuntime().exec(x); } } }"),
        ("a.py", "def f(x):\n  if " + MIXED.replace("&&", "and").replace("||", "or") + ":\n    eval(x)\n"),
    ],
)
def test_conditions_of_ever_changing_operators_take_no_exponential_time(
    brought: Callable[..., Any], path: str, code: str
) -> None:
    assert not [gap for gap in brought(path, code.encode()).gaps if gap.kind is GapKind.TIMEOUT]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("a.js", "function f(x) {" + "if (x) {" * 500 + "eval(x)" + "}" * 500 + "}"),
        ("a.go", "package a\nfunc F(x string) {" + 'if x != "" {' * 500 + "exec.Command(x)" + "}" * 500 + "}"),
        ("A.java", "class A { void f(String x) {" + "g(" * 500 + "Runtime.getRuntime().exec(x)" + ")" * 500 + "; } }"),
        ("a.py", "import os\ndef f(x):\n  " + "[" * 500 + "os.system(x)" + "]" * 500 + "\n"),
    ],
)
def test_what_lies_too_deep_is_told(brought: Callable[..., Any], path: str, code: str) -> None:
    gaps = brought(path, code.encode()).gaps
    assert [(gap.kind, "levels" in gap.detail) for gap in gaps] == [(GapKind.UNPARSED, True)]


CALLING = {
    "a.py": (
        "import os, sys\n"
        + "".join(f"def f{i}(x):\n return f{i + 1}(x + 'a') + f{i + 1}('a' + x) + f{i + 1}([x])\n" for i in range(40))
        + "def f40(x):\n os.system(x)\n return x\nf36(sys.argv[1])\n"
    ),
    "a.js": (
        "const cp = require('child_process');\n"
        + "".join(f"function f{i}(x) {{ return f{i + 1}(x + 'a') + f{i + 1}('a' + x) + f{i + 1}([x]) }};" for i in range(40))
        + "function f40(x) { cp.exec(x); return x }\nf36(process.argv[2])\n"
    ),
}


@pytest.mark.parametrize(("path", "code"), CALLING.items(), ids=CALLING.keys())
def test_functions_that_call_each_other_in_many_ways_do_not_multiply(pages: list[Rule], path: str, code: str) -> None:
    data = code.encode()
    decoded = decode(data)
    assert decoded is not None
    given = list(CodeFamily(tuple(pages)).look(View(path, "after", data, decoded), Clock(3_000)))
    assert any(getattr(one, "rule", "").endswith("shell") for one in given)
    assert not [one for one in given if isinstance(one, Gap) and "found so far" in one.detail]


def test_places_of_a_huge_line_keep_to_the_budget(pages: list[Rule]) -> None:
    data = b"x=1;" * 50_000 + b"eval(x)"
    decoded = decode(data)
    assert decoded is not None
    given = list(CodeFamily(tuple(pages)).look(View("a.py", "after", data, decoded), Clock(8)))
    assert [one.kind for one in given if isinstance(one, Gap)] == [GapKind.TIMEOUT]


def test_what_a_program_wrote_for_browsers_is_told_with_low_confidence(brought: Callable[..., Any]) -> None:
    plain = b"function f() { eval(location.hash) }\n"
    assert [match.confidence for match in brought("a.js", plain).matches if match.rule == "javascript-eval-dynamic"] == [
        Confidence.HIGH
    ]
    packed = b"var a=1;" * 1_000 + plain
    assert [match.confidence for match in brought("a.js", packed).matches if match.rule == "javascript-eval-dynamic"] == [
        Confidence.LOW
    ]


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
    assert [(gap.kind, gap.detail) for gap in brought("main.rs", b"fn main() {}\n").gaps] == [(GapKind.UNSUPPORTED, "rust")]
    assert brought("main.go", b"package main\n").gaps == []
    assert brought("notes.md", b"fn main() {}\n").gaps == []


def notebook(*cells: list[str] | str, language: str = "python", indent: int | None = 1) -> str:
    """A notebook with code cells, each as a list of lines or as one text."""
    code = [{"cell_type": "code", "metadata": {}, "outputs": [{"text": "os.system(z)"}], "source": cell} for cell in cells]
    text = {"cell_type": "markdown", "source": ["os.system(z)"]}
    kernel = {"kernelspec": {"language": language, "name": "k"}, "language_info": {"name": language}}
    return json.dumps({"cells": [text, *code], "metadata": kernel, "nbformat": 4}, indent=indent)


@pytest.mark.parametrize("indent", [None, 1])
def test_cells_of_notebooks_are_looked_at_where_they_stand(brought: Callable[..., Any], indent: int | None) -> None:
    text = notebook(
        ["import os\n", "%matplotlib inline\n", "!ls {x}\n", "é = '😀'"],
        "files = !ls\nos.system('größe ' + x)",
        indent=indent,
    )
    seen = brought("a.ipynb", text.encode())
    assert seen.gaps == []
    assert seen.texts == ["os.system('gr\\u00f6\\u00dfe ' + x)"]
    if indent:
        assert "größe" in json.loads("{" + text.split("\n")[seen.lines[0] - 1].strip().rstrip(",") + "}")["source"]


def test_a_cell_of_another_language_is_not_python(brought: Callable[..., Any]) -> None:
    assert brought("a.ipynb", notebook("import os", "%%bash\nos.system(x)").encode()).matches == []


def test_a_notebook_in_an_unknown_language_is_a_gap(brought: Callable[..., Any]) -> None:
    seen = brought("a.ipynb", notebook("system(x)", language="R").encode())
    assert [(gap.kind, gap.detail) for gap in seen.gaps] == [(GapKind.UNSUPPORTED, "notebook in r")]
    assert brought("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": "os.system(x)"}]}').gaps == []


@given(
    cells=st.lists(st.one_of(st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4)), max_size=4),
    cut=st.floats(0, 1),
)
@settings(max_examples=100, deadline=None)
def test_the_text_of_a_notebook_is_that_of_its_cells(cells: list[Any], cut: float) -> None:
    text = notebook(*cells)
    read = read_notebook(text)
    plain = ["".join(cell) for cell in cells]
    if not cells:
        assert read is None
        return
    assert read is not None
    assert len(read.places) == len(read.text) + 1
    if not any(sign in one for one in plain for sign in "%!?"):
        assert read.text == "".join(f"{one}\n" for one in plain)
    assert all(before <= after for before, after in itertools.pairwise(read.places))
    read_notebook(text[: int(cut * len(text))])


@pytest.mark.parametrize(
    "text", ['"\\' * 200_000, '{"cells":' * 50_000, '"' * 200_001, '{"cells": [{"source": [' + '"a",' * 100_000]
)
def test_hostile_notebooks_end(text: str) -> None:
    assert read_notebook(text) is None


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


def test_a_spent_budget_ends_the_look_as_a_gap(pages: list[Rule]) -> None:
    data = b"os.system(x)\n" * 20_000
    decoded = decode(data)
    assert decoded is not None
    given = list(CodeFamily(tuple(pages)).look(View("a.py", "after", data, decoded), Budget(0)))
    assert [one.kind for one in given if isinstance(one, Gap)] == [GapKind.TIMEOUT]


class Clock(Budget):
    """A budget of so many checks."""

    def __init__(self, checks: int) -> None:
        self.left = checks

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutOfTime


def test_out_of_time_what_was_found_so_far_is_told(pages: list[Rule]) -> None:
    data = b"import os\n" + b"".join(b"def f%d(x):\n    os.system(x)\n" % number for number in range(2_000))
    decoded = decode(data)
    assert decoded is not None
    family = CodeFamily(tuple(pages))
    view = View("a.py", "after", data, decoded)
    given = list(family.look(view, Clock(500)))
    matches = [one for one in given if not isinstance(one, Gap)]
    assert 0 < len(matches) < 2_000
    assert len(given) == len(matches) + 1


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
    path=st.sampled_from(["a.py", "a.js", "a.ts", "a.tsx", "A.java", "a.go", "a.html", "a.vue", "a.ipynb", "a.txt", ".env"]),
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
