"""The interpreter: ways, callers, other files, guards by kind, and code that is meant to break it."""

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from clearance.scan.code.flow.algebra import taints_of
from clearance.scan.code.flow.analysis import Analysis
from clearance.scan.code.flow.event import Asked, Event, Given, Source
from clearance.scan.code.flow.frame import Unit
from clearance.scan.code.flow.patterns import harmless_kinds
from clearance.scan.code.flow.value import CLOSED, Taint, Value
from clearance.scan.code.lower import lower
from clearance.scan.code.source import Source as Text
from clearance.scan.family import Budget, OutOfTime


class Words:
    """A vocabulary of a few words; `Request` is a type whose instances give data when `body` is read."""

    def source(self, names: Sequence[str], how: str) -> Source | None:
        if how == "call" and "source" in names:
            return Source("request", "toy", "source() gives what a client sent")
        if how == "read" and any(name.endswith("Request().body") for name in names):
            return Source("request", "toy", "the body of the request")
        return None

    def parameter(self, asked: Asked) -> Source | str | None:
        if any(event.word == "route" for event in asked.decorators):
            return Source("request", "toy", f"{asked.param.name} comes from the address")
        return "web.Request()" if asked.param.name == "request" else None

    def registered(self, names: Sequence[str], given: Sequence[Given], at: int) -> tuple[str, ...] | None:
        return ("web.Request()",) if names and names[0].endswith(".get") and at == 1 else None

    def cleans(self, names: Sequence[str]) -> frozenset[str]:
        return frozenset({"shell"}) if "quote" in names else frozenset()

    def passes(self, names: Sequence[str]) -> tuple[int | str, ...] | None:
        return (1,) if "second" in names else None

    def fills(self, names: Sequence[str]) -> Sequence[tuple[int | str, int | str]]:
        return ((1, 0),) if "copy_into" in names else ()

    def guard(self, names: Sequence[str]) -> tuple[int | str, bool, frozenset[str]] | None:
        return (0, True, frozenset({"path"})) if "is_local" in names else None

    def ends(self, names: Sequence[str]) -> bool:
        return "stop" in names


class Ears:
    """Hears calls of `sink`: the values and the events."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def wants(self, kind: str, word: str) -> bool:
        return (kind == "call" and word in ("sink", "opened", "closed")) or kind in ("define", "compare", "key")

    def about(self, kind: str, word: str, names: tuple[str, ...]) -> bool:
        return self.wants(kind, word)

    def call_word(self, names: tuple[str, ...]) -> str:
        words = (name.rpartition(".")[2] for name in names)
        return next((word for word in words if self.wants("call", word)), "")

    def saw(self, event: Event) -> tuple[Taint, ...]:
        self.events.append(event)
        if event.word != "sink":
            return ()
        return tuple(taint for one in event.given for taint in taints_of(one.value))

    @property
    def sinks(self) -> list[Event]:
        return [event for event in self.events if event.word == "sink"]

    @property
    def taints(self) -> list[Taint]:
        return [taint for event in self.sinks for one in event.given for taint in taints_of(one.value)]

    @property
    def kinds(self) -> list[str]:
        return [taint.kind for taint in self.taints]

    @property
    def values(self) -> list[Value]:
        return [event.given[0].value for event in self.sinks]


class Folder:
    """Files of a made-up tree, found by the last part of the module's name."""

    def __init__(self, files: dict[str, str], language: str) -> None:
        self.units: dict[str, Unit] = {}
        for path, text in files.items():
            source = Text(text, language)
            self.units[PurePosixPath(path).stem] = Unit(path, lower(source), source.data)

    def unit(self, importer: Unit, module: str) -> tuple[Unit, ...]:
        found = self.units.get(module.rpartition(".")[2])
        return (found,) if found is not None else ()


def heard(
    text: str, language: str = "python", files: dict[str, str] | None = None, words: Sequence[bytes] | None = None
) -> Ears:
    source = Text(text, language)
    ears = Ears()
    folder = Folder(files, language) if files else None
    offsets = None if words is None else [source.data.index(word) for word in words]
    Analysis(lower(source), source, "main", Words(), ears, Budget(20), folder).run(offsets)
    return ears


# Ways


def test_a_way_tells_source_assignments_calls_and_returns_in_order() -> None:
    ears = heard("def wrap(text):\n    inner = text + '!'\n    return inner\n\nvalue = source()\nsink(wrap(value))\n")
    (taint,) = ears.taints
    assert [hop.message for hop in taint.trail] == [
        "source() gives what a client sent", "goes into value", "passed to wrap", "goes into inner", "returned by wrap",
    ]  # fmt: skip
    assert {hop.path for hop in taint.trail} == {"main"}


def test_a_summary_that_is_used_again_tells_the_way_of_the_new_call() -> None:
    text = "def wrap(text):\n    return '<' + text\n\na = source()\nb = source()\nsink(wrap(a))\nsink(wrap(b))\n"
    first, second = heard(text).taints
    assert first.trail[0].at == text.index("source()")
    assert second.trail[0].at == text.rindex("source()")
    assert second.trail[-1].at == text.rindex("wrap(b)")


def test_events_of_a_summary_that_is_used_again_carry_the_new_way() -> None:
    text = "def show(text):\n    sink(text)\n\na = source()\nb = source()\nshow(a)\nshow(b)\n"
    starts = {taint.trail[0].at for taint in heard(text).taints if taint.kind == "request"}
    assert starts == {text.index("source()"), text.rindex("source()")}


def test_ways_stay_short() -> None:
    lines = ["a0 = source()"] + [f"a{number} = a{number - 1} + 'x'" for number in range(1, 60)]
    (taint,) = heard("\n".join([*lines, "sink(a59)\n"])).taints
    assert len(taint.trail) <= 12
    assert taint.trail[0].message == "source() gives what a client sent"
    assert taint.trail[-1].message == "goes into a59"


# Parameters and callers


def test_parameters_of_public_functions_are_told_and_those_of_private_ones_with_callers_are_closed() -> None:
    assert heard("def run(command):\n    sink(command)\n").kinds == ["parameter"]
    assert heard("def _run(command):\n    sink(command)\n").kinds == ["parameter"]
    assert heard("def _run(command):\n    sink(command)\n\ndef go():\n    _run('ls')\n", words=[b"sink"]).kinds == [CLOSED]


def test_callers_of_a_function_whose_parameter_decided_become_interesting() -> None:
    text = """
def _low(command):
    sink(command)

def _middle(name):
    _low("ls " + name)

def top():
    _middle(source())

def other():
    return 1
"""
    ears = heard(text, words=[b"sink"])
    assert "request" in ears.kinds
    top = {event.where.functions[-1].name for event in ears.sinks}
    assert "other" not in top


def test_a_mention_in_text_is_no_caller() -> None:
    assert heard("def _login(password):\n    sink(password)\n    print('_login of')\n").kinds == ["parameter"]


def test_a_private_function_that_nobody_calls_after_all_is_looked_at_as_a_public_one() -> None:
    assert "parameter" in heard("def _run(command):\n    sink(command)\n\nHANDLERS = {'a': other(_run)}\n").kinds


def test_the_vocabulary_says_what_parameters_are() -> None:
    assert heard("@route('/<name>')\ndef show(name):\n    sink(name)\n").kinds == ["request"]
    assert heard("def show(request):\n    sink(request.body)\n    sink(request.method)\n").kinds == ["request"]
    assert heard("app.get('/x', (r) => { sink(r.body); });", "javascript").kinds == ["request"]
    assert heard("function show(r) { sink(r.body); }\napp.get('/x', show);", "javascript").kinds == ["request"]


# The vocabulary's other words


def test_passes_fills_guards_and_ends() -> None:
    assert heard("sink(second(source(), 'x'))\nsink(second('x', source()))\n").kinds == ["request"]
    assert heard("box = []\ncopy_into(box, source())\nsink(box)\n").kinds == ["request"]
    guarded = heard("x = source()\nif is_local(x):\n    sink(x)\nelse:\n    sink(x)\n")
    assert [sorted(taint.cleaned) for taint in guarded.taints] == [["path"], []]
    assert heard("x = source()\nif other():\n    stop()\nelse:\n    x = 'a'\nsink(x)\n").kinds == []


def test_cleaning_is_for_a_kind_of_sink() -> None:
    (taint,) = heard("sink(quote(source()))\n").taints
    assert taint.cleaned == {"shell"}


def test_an_unknown_call_carries_what_it_was_given_weakly() -> None:
    (taint,) = heard("sink(transform(source()))\n").taints
    assert taint.weak
    (taint,) = heard("sink(sanitize_name(source()))\n").taints
    assert "*" in taint.cleaned


# Guards


@pytest.mark.parametrize(
    ("test", "kinds"),
    [
        ("x.startswith('https://example.com/')", {"url", "redirect"}),
        ("urlparse(x).hostname in {'a.example', 'b.example'}", {"url", "redirect"}),
        ("urlparse(x).netloc == 'a.example'", {"url", "redirect"}),
        ("x.startswith('https://example.com')", set()),
        ("'..' not in x", {"path"}),
        ("os.path.basename(x) == x", {"path"}),
        ("os.path.splitext(x)[1] in ('.png', '.jpg')", set()),
        ("urlparse(x).scheme in ('http', 'https')", set()),
        ("x", set()),
        ("len(x) < 10", {"number", "memory"}),
    ],
)
def test_checks_make_harmless_for_some_kinds(test: str, kinds: set[str]) -> None:
    text = f"import os\nfrom urllib.parse import urlparse\nx = source()\nif {test}:\n    sink(x)\n"
    assert [set(taint.cleaned) for taint in heard(text).taints] == [kinds]


@pytest.mark.parametrize(
    "test",
    [
        "x in ('a', 'b')", "x in ALLOWED", "x == 'a'", "x.isalnum()", "re.fullmatch(r'[a-z]+', x)", "re.match(r'^\\w+$', x)",
        "not re.search(r'[^a-z]', x)", "isinstance(x, int)", "all(c in 'abc' for c in x)", "is_valid_name(x)",
        "x.lower() in ALLOWED",
        "x in TABLE.keys()", "x and x in ALLOWED", "not (x not in ALLOWED or other())", "(found := x in ALLOWED)",
    ],
)  # fmt: skip
def test_checks_make_harmless_for_all_kinds(test: str) -> None:
    ears = heard(f"import re\nx = source()\nTABLE = {{'a': 1}}\nif {test}:\n    sink(x)\n")
    assert ears.sinks
    assert ears.kinds == []


def test_a_check_speaks_about_copies_fields_and_entries_until_they_change() -> None:
    assert heard("a = source()\nb = a\nif b in ('x', 'y'):\n    sink(a)\n").kinds == []
    assert heard("u = load(source())\nif u.name in ('x', 'y'):\n    sink(u.name)\n").kinds == []
    assert heard("u = load(source())\nif u['k'] in ('x', 'y'):\n    sink(u['k'])\n    sink(u['j'])\n").kinds == ["request"]
    assert heard("a = source()\nif a in ('x', 'y'):\n    a = source()\n    sink(a)\n").kinds == ["request"]


def test_a_check_in_a_variable_or_in_try_counts() -> None:
    assert heard("x = source()\nok = x in ('a', 'b')\nif ok:\n    sink(x)\n").kinds == []
    assert heard("x = source()\nok = x in ('a', 'b')\nx = source()\nif ok:\n    sink(x)\n").kinds == ["request"]
    text = "def f():\n    x = source()\n    try:\n        int(x)\n    except ValueError:\n        return\n    sink(x)\n"
    assert heard(text).kinds == []


@pytest.mark.parametrize(
    ("pattern", "whole", "kinds"),
    [
        (r"^[a-z0-9_-]{1,40}$", False, {"*"}),
        (r"[a-z]+", True, {"*"}),
        (r"[a-z]+", False, set()),
        (r"^[a-z]+", False, set()),
        (r"^(red|green)$", False, {"*"}),
        (r"^red|green$", False, set()),
        (r"^.*$", False, set()),
        (r"(?m)^[a-z]+$", False, set()),
        (r"^\d{4}-\d{2}$", False, {"*"}),
        (r"^[^a]+$", False, set()),
        (
            r"^[\]]+\)$",
            False,
            {"header", "log", "email", "path", "url", "redirect", "html", "template", "format", "csv", "xml"},
        ),
    ],
)
def test_patterns_are_judged_by_what_they_admit(pattern: str, *, whole: bool, kinds: set[str]) -> None:
    assert harmless_kinds(pattern, whole=whole) == kinds


def test_a_file_name_pattern_is_harmless_as_a_path_but_not_as_code() -> None:
    kinds = harmless_kinds(r"^[\w.-]+$", whole=False)
    assert {"path", "shell", "sql", "html"} <= kinds
    assert "number" not in kinds


# Events


def test_calls_that_certainly_came_before_are_known() -> None:
    text = "if ready():\n    opened(a)\n    sink(a)\nelse:\n    closed(a)\nsink(b)\n"
    first, second = heard(text).sinks
    assert [event.word for event in first.before] == ["opened"]
    assert second.before == ()


def test_what_cannot_be_reached_is_not_told() -> None:
    assert heard("import sys\nDEBUG = False\nif DEBUG:\n    sink(source())\n").sinks == []


def test_functions_that_are_values_are_defined_too() -> None:
    ears = heard("const check = () => 1;\nfunction other() {}\n", "javascript")
    assert sorted(event.word for event in ears.events if event.kind == "define") == ["check", "other"]


# Other files


def test_functions_and_classes_of_other_files_are_followed() -> None:
    files = {"db.py": "def run(sql):\n    sink(sql)\n\nclass Store:\n    def find(self, name):\n        sink(name)\n"}
    ears = heard("from db import run, Store\nimport db\nrun(source())\nStore().find(source())\ndb.run('x')\n", files=files)
    told = [event for event in ears.sinks if taints_of(event.given[0].value)]
    assert [event.where.path for event in told] == ["db.py", "db.py"]
    assert [hop.message for hop in told[0].where.hops] == ["passed to run"]


def test_results_and_constants_of_other_files_count() -> None:
    library = "names = {'a', 'b'}\n\ndef clean_up(x):\n    return 'fixed'\n\ndef read():\n    return source()\n"
    calls = "from lib import clean_up, read, names\nsink(clean_up(source()))\nsink(read())\n"
    guard = "x = source()\nif x in names:\n    sink(x)\n"
    assert heard(calls + guard, files={"lib.py": library}).kinds == ["request"]


def test_files_that_import_each_other_come_to_an_end() -> None:
    files = {
        "b.py": "from a import one\ndef two(x):\n    return one(x)\n",
        "a.py": "from b import two\ndef one(x):\n    return two(x)\n",
    }
    assert heard("from a import one\nsink(one(source()))\n", files=files).kinds == ["request"]


def test_what_a_script_exports_is_followed() -> None:
    files = {"db.js": "function run(q) { sink(q); }\nmodule.exports = { run };\n"}
    assert heard("const db = require('./db');\ndb.run(source());\n", "javascript", files).kinds == ["request"]


# Code that is meant to break it


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 3000 + "1" + ")" * 3000,
        "x = " + "f(" * 3000 + ")" * 3000,
        "x = " + "a." * 20000 + "b",
        "x = " + "+".join(["source()"] * 5000) + "\nsink(x)",
        "\n".join("    " * depth + "if a:" for depth in range(300)) + "\n" + "    " * 300 + "pass",
        "\n".join("    " * depth + f"for a{depth} in b:" for depth in range(60)) + "\n" + "    " * 60 + "b = a1 + b",
        "\n".join(f"def f{n}(x):\n    return f{n + 1}(x) + f{n + 2}(x)" for n in range(400)) + "\nsink(f0(source()))",
        "def f(x):\n    return f(f(f(x)))\nsink(f(source()))",
        "class A(B): pass\nclass B(A): pass\nA().run(source())\n",
        "a = []\nfor i in range(9):\n    a = [a, a]\nsink(a)",
        "x = source()\n" + "\n".join(f"if a{n}: x = x + 'a{n}'" for n in range(2000)) + "\nsink(x)",
        "match x:\n" + "\n".join(f"    case {n}: y = {n}" for n in range(5000)),
        "getattr(__builtins__, 'ev' + 'al')(source())",
        "lambda: " * 900 + "1",
    ],
)
def test_hostile_code_comes_to_an_end_and_gives_the_same_answer_twice(text: str) -> None:
    one, two = heard(text), heard(text)
    assert [(event.word, event.node.at) for event in one.events] == [(event.word, event.node.at) for event in two.events]
    assert one.taints == two.taints


def test_the_budget_is_kept() -> None:
    source = Text("\n".join(f"x{n} = f(x{n - 1})" for n in range(3000)), "python")
    analysis = Analysis(lower(source), source, "main", Words(), Ears(), Budget(-1))
    with pytest.raises(OutOfTime):
        analysis.run(None)
