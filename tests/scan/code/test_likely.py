"""What is told of a place before anything is run may only rule out what a run would rule out, too."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clearance.rules.model import Rule
from clearance.scan.code import ir
from clearance.scan.code.detect.compiled import compiled
from clearance.scan.code.detect.likely import Likely
from clearance.scan.code.detect.spelled import Spelled
from clearance.scan.code.family import CodeFamily
from clearance.scan.code.lower import lower
from clearance.scan.code.reach import Reach
from clearance.scan.code.source import Source

CASES = [
    # block, code, word, whether it may hold there
    ('call = "run"\nargument.0 = "request"', "def f(x):\n    run(x)\n", "run", True),
    ('call = "run"\nargument.0 = "request"', 'def f(x):\n    run("ls")\n', "run", False),
    ('call = "run"\nargument.0 = "request"', "def f(x):\n    run()\n", "run", False),
    ('call = "run"\nargument.0 = "request"', "def f(x):\n    run(*x)\n", "run", True),
    ('call = "run"\nargument.0 = "dynamic"', 'def f(x):\n    run(["ls", ["-l"]])\n', "run", False),
    ('call = "run"\nargument.0 = "constant"', 'def f(x):\n    run("ls")\n', "run", True),
    ('call = "run"\nargument."0|cmd" = "built"', 'def f(x):\n    run(cmd="ls")\n', "run", False),
    ('call = "run"\nargument."0|cmd" = "built"', "def f(x):\n    run(**x)\n", "run", True),
    ('call = "run"\nargument.shell = {equals = true}', "def f(x):\n    run(x, shell=True)\n", "run", True),
    ('call = "run"\nargument.shell = {equals = true}', "def f(x):\n    run(x, shell=False)\n", "run", False),
    ('call = "run"\nargument.timeout = "absent"', "def f(x):\n    run(x)\n", "run", True),
    ('call = "run"\nargument.timeout = "absent"', "def f(x):\n    run(x, timeout=3)\n", "run", False),
    ('call = "run"\nargument.0 = {named = "(?i)password"}', "def f(x):\n    run(x.password)\n", "run", True),
    ('call = "run"\nargument.0 = {named = "(?i)password"}', "def f(x):\n    run(x.name)\n", "run", False),
    ('call = "run"\nargument.any = "request"', 'def f(x):\n    run(1, "a", b"c")\n', "run", False),
    ('call = "*.save"\nreceiver = {named = "file$"}', "def f(x):\n    x.file.save(1)\n", "save", True),
    ('call = "*.save"\nreceiver = {named = "file$"}', "def f(x):\n    x.row.save(1)\n", "save", False),
    ('call = "run"\nargument.0 = "request"', "def f(x):\n    g = run\n    g(x)\n", "run", True),
    ('call = "run"\nargument.0 = "request"', "from functools import partial\nrun = partial(run, x)\nrun()\n", "run", True),
    ('catch = "run"', "def f(x):\n    try:\n        run(x)\n    except Exception:\n        pass\n", "run", True),
    ('catch = "run"', "def f(x):\n    try:\n        run(x)\n    except Exception:\n        log(x)\n", "run", False),
    ('catch = "run"', "def f(x):\n    run(x)\n", "run", False),
    ('assign = "fields"\nvalue = {equals = "all"}', 'class A:\n    fields = "all"\n', "fields", True),
    ('assign = "fields"\nvalue = {equals = "all"}', 'class A:\n    fields = ["a", "b"]\n', "fields", False),
    ('assign = "fields"\nvalue = {equals = "all"}', "class A:\n    fields = named()\n", "fields", True),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    path = x\n", "path", False),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    x.path = x\n", "path", True),
    ('return = true\nvalue = "request"', 'def f(x):\n    return "a"\n', "return", False),
    ('return = true\nvalue = "request"', "def f(x):\n    return x\n", "return", True),
    ('return = true\nvalue = {named = "<"}', "def f(x):\n    return x\n", "return", False),
    ('return = true\nvalue = {named = "<"}', "def f(x):\n    return '<b>' + x\n", "return", True),
    ('assign = "fields"\nvalue = {equals = "all"}', "class A:\n    fields = [x]\n", "fields", False),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    y = x.path\n", "path", False),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    x.path += y\n", "path", True),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    for x.path in y:\n        pass\n", "path", True),
    ('assign = "*.environ.path"\nvalue = "request"', "def f(x):\n    x.path, y = x\n", "path", True),
    ('assign = "*.session.*"\nvalue = "request"', "def f(x):\n    s = x.session\n    s.a = x\n", "session", True),
]


def _may(rule: Rule, code: str, word: str) -> bool:
    source = Source(code, "python")
    module = lower(source)
    functions = sorted(module.functions, key=lambda one: one.at)
    block = compiled((rule,), None).engine("python")[0].blocks[0]
    at = code.rindex(word + "(") if word + "(" in code else code.index(word)
    if " = run\n" in code:
        at = code.index("run\n")
    inside = next((number for number, one in enumerate(functions) if one.at <= at < one.end), -1)
    return Likely(module, functions, source, "python").may(block, at, inside, [at])


@pytest.mark.parametrize(("block", "code", "word", "may"), CASES)
def test_what_is_written_there(rule: Callable[..., Rule], block: str, code: str, word: str, *, may: bool) -> None:
    assert _may(rule(("python", block)), code, word) is may


SPLIT = ["re.split"]
SPELLED = [
    # names that a block asks for, code, whether the last call may be one of them
    (SPLIT, "import re\ndef f(x):\n    x.split(1)\n", False),
    (SPLIT, "import re\ndef f(x):\n    re.split(1)\n", True),
    (SPLIT, "import re as r\ndef f(x):\n    r.split(1)\n", True),
    (SPLIT, "import os, re\ndef f(x):\n    y = re\n    y.split(1)\n", True),
    (SPLIT, "import re\ndef f(x):\n    g(re)\n    x.split(1)\n", True),
    (SPLIT, "import os\ndef f(x):\n    __import__('re').split(1)\n", True),
    (SPLIT, "import re, os\ndef f(x):\n    (re).split(1)\n", True),
    (["*.split"], "import re\ndef f(x):\n    x.split(1)\n", True),
    (["*.objects.create"], "import a\ndef f(x):\n    x.objects.create(1)\n    x.rows.create(1)\n", False),
    (["*.objects.create"], "import a\ndef f(x):\n    y = x.objects\n    y.create(1)\n", True),
    (["requests.Session().get"], "import requests\ndef f(x):\n    x.get(1)\n", True),
    (["db.*"], "import db\ndef f(x):\n    x.get(1)\n", True),
    (["re.*split"], "import re\ndef f(x):\n    x.split(1)\n", True),
]


@pytest.mark.parametrize(("names", "code", "may"), SPELLED)
def test_how_a_call_is_spelled(rule: Callable[..., Rule], names: list[str], code: str, *, may: bool) -> None:
    source = Source(code, "python")
    block = compiled((rule(("python", f"call = {names}".replace("'", '"'))),), None).engine("python")[0].blocks[0]
    statement = lower(source).functions[0].body[-1]
    assert isinstance(statement, ir.Eval)
    assert isinstance(statement.value, ir.Call)
    assert Spelled(source.data, bare=False).may_call(block, statement.value) is may
    assert Spelled(source.data, bare=True).may_call(block, statement.value)


PASSED = [
    ("from db import query\ndef f(x):\n    g(query)\n", True),
    ("from db import (\n    a,\n    query,\n)\ndef f(x):\n    g(query)\n", True),
    ("import a\nquery = a.b\ndef f(x):\n    g(query)\n", True),
    ("import a\ndef query(): ...\ndef f(x):\n    g(query)\n", True),
    ("import a\ndef f(query):\n    g(query)\n", False),
]


@pytest.mark.parametrize(("code", "may"), PASSED)
def test_a_name_that_is_passed_is_what_was_imported(rule: Callable[..., Rule], code: str, *, may: bool) -> None:
    block = compiled((rule(("python", 'call = "*.query"')),), None).engine("python")[0].blocks[0]
    builtin = compiled((rule(("python", 'call = "query"')),), None).engine("python")[0].blocks[0]
    assert Spelled(code.encode(), bare=False).may_be(block, "query") is may
    assert Spelled(code.encode(), bare=False).may_be(builtin, "query")


EXPRESSIONS = st.sampled_from(
    ['"a"', "1", "None", "True", "x", "x.name", "open(x)", "request.args['a']", "f'{x}'", "[]", '["a"]', "[x]", "{}", "-1",
     "x + 'a'", "lambda: x", "password"]
)  # fmt: skip
ARGUMENTS = st.lists(
    st.tuples(st.sampled_from(["", "", "cmd=", "shell=", "*", "**"]), EXPRESSIONS), max_size=3, unique_by=lambda one: one[0]
)
CONDITIONS = st.sampled_from(
    [
        'argument.0 = "request"', 'argument."0|cmd" = "dynamic"', 'argument.any = "built"', 'argument.any = "parameter"',
        "argument.shell = {equals = true}", 'argument.shell = "absent"', 'argument."1|cmd" = {is = "constant"}',
        'argument.0 = {text = "^a"}', 'argument.any = {named = "pass"}', 'argument."**" = "tainted"',
        'argument.0 = {call = "open"}', 'argument.0 = "list"', "argument.cmd = {more = 0}", 'argument.0 = {equals = "a"}',
    ]
)  # fmt: skip


_families: dict[str, CodeFamily] = {}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(arguments=ARGUMENTS, condition=CONDITIONS)
def test_what_holds_was_likely(
    rule: Callable[..., Rule],
    vocabulary: list[Rule],
    look_at: Callable[..., Any],
    arguments: list[tuple[str, str]],
    condition: str,
) -> None:
    order = sorted(arguments, key=lambda one: ("", "*", "cmd=", "shell=", "**").index(one[0]))
    call = f"sink({', '.join(name + value for name, value in order)})"
    code = f"from flask import request\nimport sink\ndef f(x, password):\n    {call}\n".encode()
    if condition not in _families:
        _families[condition] = CodeFamily((rule(("python", f'call = "sink"\n{condition}')), *vocabulary))
    held = look_at(_families[condition], "a.py", code).texts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Likely, "may", lambda *_: True)
        assert look_at(_families[condition], "a.py", code).texts == held


SEEING = [
    # code, names of the functions that may see a request
    ("def f(request):\n    return request.GET\ndef g(x):\n    return 1\n", {"f"}),
    ("def f():\n    request = make()\n    return request.GET\n", set[str]()),
    ("def f():\n    '''About the request and its GET.'''\n", set[str]()),
    ("def f(self):\n    return self.request.GET\n", {"f"}),
    ("def f(request):\n    return request.GET\ndef g():\n    return f(1)\n", {"f", "g"}),
    (
        "class A:\n    def f(self, request):\n        self.x = request.GET\n    def g(self):\n        return self.x\n",
        {"f", "g"},
    ),
    ("def f():\n    return lambda request: request.GET\n", {"f"}),
    ("# the request\nfrom a.request import b\ndef f(x):\n    return x.GET\ndef g(request):\n    return request\n", {"g"}),
    ("view = lambda request: request.GET\ndef g(x):\n    return view(x)\n", {"g"}),
]


@pytest.mark.parametrize(("code", "names"), SEEING)
def test_who_may_see_a_request(code: str, names: set[str]) -> None:
    source = Source(code, "python")
    module = lower(source)
    signs: Any = [(b"GET", frozenset({b"GET", b"request"}))]
    reach = Reach(module, source.data, signs, frozenset({b"request"}))
    functions = sorted(module.functions, key=lambda one: one.at)
    assert {functions[number].name for number in reach.seeing} == names
