"""What names and values mean: each row is a block, code, and the lines on which it holds."""

from collections.abc import Callable
from typing import Any

import pytest

SYSTEM = 'call = "os.system"'
SESSION = 'call = "requests.Session().get"'
EXEC = 'call = "child_process.exec"'

NAMES = [
    ("plain", "python", SYSTEM, "import os\nos.system(x)", [2]),
    ("alias of a module", "python", SYSTEM, "import os as o\no.system(x)", [2]),
    ("from", "python", SYSTEM, "from os import system\nsystem(x)", [2]),
    ("from with alias", "python", SYSTEM, "from os import system as s\ns(x)", [2]),
    ("star", "python", SYSTEM, "from os import *\nsystem(x)", [2]),
    ("in a function", "python", SYSTEM, "def f():\n    from os import system as s\n    s(x)", [3]),
    ("local alias", "python", SYSTEM, "import os\ndef f():\n    run = os.system\n    run(x)", [4]),
    ("without its import", "python", SYSTEM, "os.system(x)", [1]),
    ("another module of that name", "python", SYSTEM, "from mine import os\nos.system(x)", []),
    ("a parameter of that name", "python", SYSTEM, "def f(os):\n    os.system(x)", []),
    ("a definition of that name", "python", 'call = "eval"', "def eval(x): ...\neval(x)", []),
    ("relative import", "python", 'call = ".db.run"', "from .db import run\nrun(x)", [2]),
    ("submodule", "python", 'call = "xml.sax.parse"', "import xml.sax\nxml.sax.parse(x)", [2]),
    ("a call in between", "python", SESSION, "import requests\ns = requests.Session()\ns.get(x)", [3]),
    ("with", "python", SESSION, "import requests\nwith requests.Session() as s:\n    s.get(x)", [3]),
    ("__import__", "python", SYSTEM, '__import__("os").system(x)', [1]),
    ("not in strings", "python", SYSTEM, 'x = "os.system(x)"  # os.system(x)', []),
    ("not as an argument", "python", SYSTEM, "import os\nf(os.system)", []),
    ("mentioned", "python", 'use = "os.system"', "import os\nf(os.system)", [2]),
    ("require", "javascript", EXEC, 'const cp = require("child_process");\ncp.exec(x)', [2]),
    ("require with node:", "javascript", EXEC, 'require("node:child_process").exec(x)', [1]),
    ("destructured", "javascript", EXEC, 'const { exec } = require("child_process");\nexec(x)', [2]),
    ("destructured and renamed", "javascript", EXEC, 'const { exec: e } = require("child_process");\ne(x)', [2]),
    ("named import", "javascript", EXEC, 'import { exec } from "child_process";\nexec(x)', [2]),
    ("renamed import", "javascript", EXEC, 'import { exec as e } from "child_process";\ne(x)', [2]),
    ("namespace import", "javascript", EXEC, 'import * as cp from "child_process";\ncp.exec(x)', [2]),
    ("default import", "javascript", EXEC, 'import cp from "child_process";\ncp.exec(x)', [2]),
    ("default of another name", "javascript", 'call = "axios"', 'import http from "axios";\nhttp(x)', [2]),
    ("promisify", "javascript", EXEC, 'import { exec } from "child_process";\nconst e = promisify(exec);\ne(x)', [3]),
    ("optional chain", "javascript", 'call = "*.exec"', "a?.exec(x)", [1]),
    ("new", "javascript", 'call = "Function"', "new Function(x)", [1]),
    ("scoped package", "javascript", 'call = "@hapi/jwt.token"', 'import { token } from "@hapi/jwt";\ntoken(x)', [2]),
    ("typed", "javascript", EXEC, 'import { exec } from "child_process";\nconst x: string = y as string;\nexec(x!)', [3]),
    ("hyphen", "javascript", 'call = "js-yaml.load"', 'const y = require("js-yaml");\ny.load(x)', [2]),
    ("not RegExp.exec", "javascript", EXEC, "/a/.exec(x)", []),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "block", "code", "lines"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_names_are_resolved(look: Callable[..., Any], engine: str, block: str, code: str, lines: list[int]) -> None:
    assert look(engine, block, code).lines == lines


VALUES = [
    # what, word, Python before, argument, holds
    ("a literal", "constant", "", '"a"', True),
    ("joined literals", "constant", "", '"a" "b" + "c" * 2', True),
    ("a module constant", "constant", 'Q = "a"', "Q", True),
    ("capitals from elsewhere", "constant", "from c import TABLE", 'f"x {TABLE}"', True),
    ("a local constant", "constant", 'q = "a"', 'q + "b"', True),
    ("one of two constants", "constant", 'q = "a" if x else "b"', "q", True),
    ("a number of something", "constant", "", 'f"limit {int(x)}"', True),
    ("marks", "constant", "", '", ".join("?" for _ in x)', True),
    ("a constant mapping", "constant", 'D = {"a": "b"}', 'D["a"]', True),
    ("a name", "dynamic", "", "x", True),
    ("a call", "dynamic", "", "g()", True),
    ("a name is not built", "built", "", "x", False),
    ("f-string", "built", "", 'f"a {x}"', True),
    ("plus", "built", "", '"a" + x', True),
    ("plus, from the right", "built", "", 'x + "a"', True),
    ("percent", "built", "", '"a %s" % x', True),
    ("percent with a tuple", "built", "", '"a %s" % (x,)', True),
    ("format", "built", "", '"a {}".format(x)', True),
    ("join", "built", "", '",".join(x)', True),
    ("through a variable", "built", 'q = "a" + x', "q", True),
    ("through +=", "built", 'q = "a"\nq += x', "q", True),
    ("overwritten", "built", 'q = "a" + x\nq = "b"', "q", False),
    ("overwritten in a branch only", "built", 'q = "a" + x\nif y:\n    q = "b"', "q", True),
    ("checked against a list", "built", 'if x not in ("a", "b"):\n    raise ValueError', 'f"a {x}"', False),
    ("checked, then changed", "built", 'if x not in ("a", "b"):\n    raise ValueError\nx = g()', 'f"a {x}"', True),
    ("checked against something unknown", "built", "if x not in y:\n    raise ValueError", 'f"a {x}"', True),
    ("numbers added", "built", "", "x + 1", False),
    ("a parameter", "parameter", "", "x", True),
    ("not a parameter", "parameter", "", "g()", False),
    ("request data", "request", "from flask import request", 'request.args["a"]', True),
    ("request data, got", "request", "from flask import request", 'request.form.get("a").strip()', True),
    ("request data in text", "request", "from flask import request", 'f"a {request.json}"', True),
    ("request data in a list", "request", "from flask import request", '["a", request.data]', True),
    ("request data made a number", "request", "from flask import request", 'int(request.args["a"])', False),
    ("the method of the request", "request", "from flask import request", "request.method", False),
    ("a list", "list", "", '["a", x]', True),
    ("a dict", "dict", "", '{"a": x}', True),
    ("a function", "function", "", "lambda: x", True),
    ("constant text", "text", 'q = "a"', "q", True),
    ("a number is no text", "text", "", "1", False),
]


@pytest.mark.parametrize(
    ("word", "before", "argument", "holds"), [row[1:] for row in VALUES], ids=[row[0] for row in VALUES]
)
def test_values_python(look: Callable[..., Any], word: str, before: str, argument: str, *, holds: bool) -> None:
    body = "".join(f"    {line}\n" for line in before.split("\n"))
    code = f"def f(x, y):\n{body}    sink({argument})\n"
    assert bool(look("python", f'call = "sink"\nargument.0 = "{word}"', code).matches) is holds


JAVASCRIPT_VALUES = [
    ("a template without holes", "constant", "", "`a`", True),
    ("a template with a constant", "constant", 'const Q = "a";', "`x ${Q}`", True),
    ("a template", "built", "", "`a ${x}`", True),
    ("a tagged template", "built", "", "sql`a ${x}`", False),
    ("plus", "built", "", '"a" + x', True),
    ("concat", "built", "", '"a".concat(x)', True),
    ("through let", "built", 'let q = "a"; q += x;', "q", True),
    ("query", "request", "", "req.query.a", True),
    ("destructured", "request", "const { a } = req.body;", "a", True),
    ("destructured and renamed", "request", "const { a: b } = req.body;", "b", True),
    ("the header", "request", "", 'req.get("Host")', True),
    ("made a number", "request", "", "Number(req.query.a)", False),
    ("awaited", "request", "const b = await req.json();", "b.name", True),
    ("the address of the page", "request", "const p = new URLSearchParams(window.location.search);", 'p.get("a")', True),
    ("checked", "request", 'if (!["a"].includes(req.query.a)) return;', "req.query.a", False),
    ("something else checked", "request", 'if (!["a"].includes(req.query.b)) return;', "req.query.a", True),
    ("a checked variable", "request", 'const a = req.query.a; if (!["a"].includes(a)) return;', "a", False),
    ("an object", "dict", "", "{ a: x }", True),
    ("a function", "function", "", "() => x", True),
]


@pytest.mark.parametrize(
    ("word", "before", "argument", "holds"),
    [row[1:] for row in JAVASCRIPT_VALUES],
    ids=[row[0] for row in JAVASCRIPT_VALUES],
)
def test_values_javascript(look: Callable[..., Any], word: str, before: str, argument: str, *, holds: bool) -> None:
    code = f"async function f(req, x) {{\n  {before}\n  sink({argument});\n}}\n"
    assert bool(look("javascript", f'call = "sink"\nargument.0 = "{word}"', code).matches) is holds


ARGUMENTS = [
    ("python", "argument.a = true", "f(a=True)", True),
    ("python", "argument.a = true", "f(a=False)", False),
    ("python", "argument.a = true", "f(a=1)", False),
    ("python", "argument.a = 511", "f(a=0o777)", True),
    ("python", 'argument.a = "absent"', "f(b=1)", True),
    ("python", 'argument.a = "absent"', "f(**options)", False),
    ("python", 'argument."1|a" = "absent"', "f(x)", True),
    ("python", 'argument."1|a" = "absent"', "f(x, y)", False),
    ("python", 'argument."1|a" = "absent"', "f(*x)", False),
    ("python", 'argument."o.v" = false', 'f(o={"v": False})', True),
    ("python", 'argument."o.v" = false', 'D = {"v": False}\nf(o=D)', True),
    ("python", 'argument."o.v" = "absent"', 'f(o={"w": False})', True),
    ("python", 'argument."o.v" = "absent"', "f(o={**x})", False),
    ("python", 'argument.any = {equals = ["a", "b"]}', 'f(1, x="b")', True),
    ("python", "argument.0 = {text = '(?m)^b$'}", 'f(["a", "b"])', True),
    ("python", "argument.0 = {named = '^x$'}", "f(x)", True),
    ("python", 'argument.0 = {call = "g"}', "v = g()\nf(v)", True),
    ("python", 'argument.0 = "present"\n[[unless]]\nargument.0 = "text"', 'f("a")', False),
    ("javascript", "argument.a = true", "f(x, { a: true })", True),
    ("javascript", 'argument.a = "absent"', "f(x, { b: true })", True),
    ("javascript", 'argument.a = "absent"', "f(x, options)", False),
    ("javascript", 'argument.a = "absent"', "f(x, { ...options })", False),
    ("javascript", 'argument."1.a.b" = false', "f(x, { a: { b: false } })", True),
    ("javascript", "argument.0 = true", "const o = true;\nf(o)", True),
]


@pytest.mark.parametrize(("engine", "condition", "code", "holds"), ARGUMENTS)
def test_arguments(look: Callable[..., Any], engine: str, condition: str, code: str, *, holds: bool) -> None:
    assert bool(look(engine, f'call = "f"\n{condition}', code).matches) is holds


KINDS = [
    ("python", 'assign = "debug"\nvalue = true', "DEBUG = True", True),
    ("python", 'assign = "debug"\nvalue = true', "DEBUG: bool = True", True),
    ("python", 'assign = "debug"\nvalue = true', "def f(debug=True): ...", True),
    ("python", 'assign = "debug"\nvalue = true', "DEBUG == True", False),
    ("python", 'assign = "*.debug"\nvalue = true', 'app.config["DEBUG"] = True', True),
    ("python", 'assign = "*.debug"\nvalue = true', "app.debug = True", True),
    ("python", 'assign = "*.x-a-b"\nvalue = "text"', 'r["X-A-B"] = "a"', True),
    ("javascript", 'assign = "process.env.a"\nvalue = {equals = "0"}', 'process.env["A"] = "0"', True),
    ("javascript", 'assign = "*.innerhtml"\nvalue = "dynamic"', "a.innerHTML += x", True),
    ("javascript", 'assign = "b"', "class A { b = 1 }", True),
    ("python", 'key = "verify"\nvalue = false', "f(verify=False)", True),
    ("python", 'key = "verify"\nvalue = false', 'd = {"verify": False}', True),
    ("javascript", 'key = "a"\nvalue = false', 'f({ "a": false })', True),
    ("javascript", 'key = "a"\nvalue = "dynamic"', "x = <p a={b} />", True),
    ("python", 'import = "xml.sax"', "import xml.sax.handler", True),
    ("python", 'import = "xml.sax"', "from xml import sax", True),
    ("python", 'import = "xml.sax"', "import xml.dom", False),
    ("javascript", 'import = "fs/promises"', 'import x from "node:fs/promises"', True),
    ("javascript", 'import = "@a/b"', 'const x = require("@a/b")', True),
    ("python", 'define = "check_*"', "def check_token(): ...", True),
    ("python", 'define = "check_*"\ndecorated = "app.route"', '@app.route("/")\ndef check_a(): ...', True),
    ("python", 'define = "check_*"\ndecorated = "app.route"', "def check_a(): ...", False),
    ("javascript", 'define = "check*"', "class A { checkToken() {} }", True),
    ("javascript", 'define = "check*"', "const checkToken = () => 1", True),
    ("python", 'decorator = "*.route"\nargument.0 = "text"', '@app.route("/")\ndef f(): ...', True),
    ("python", 'decorator = "exempt"', "@exempt\ndef f(): ...", True),
    ("python", 'compare = "*_token"\nother = "dynamic"', "a.my_token == x", True),
    ("python", 'compare = "digest"', "h.digest() != x", True),
    ("python", 'compare = "token"', "token > x", False),
    ("javascript", 'compare = "token"', "a.token === x", True),
    ("python", 'return = true\nvalue = "built"', 'def f(x): return "a" + x', True),
    ("python", "assert = true\nnear = 'admin'", "assert user.admin", True),
    ("python", 'catch = "*.verify"', "try:\n    a.verify(x)\nexcept Exception:\n    pass", True),
    ("python", 'catch = "*.verify"', "try:\n    a.verify(x)\nexcept:\n    ...", True),
    ("python", 'catch = "*.verify"', "try:\n    a.verify(x)\nexcept ValueError:\n    pass", False),
    ("python", 'catch = "*.verify"', "try:\n    b()\nexcept:\n    a.verify(x)", False),
    ("javascript", 'catch = "*.verify"', "try { a.verify(x) } catch {}", True),
    ("javascript", 'catch = "*.verify"', "try { a.verify(x) } catch (e) { throw e }", False),
]


@pytest.mark.parametrize(("engine", "block", "code", "holds"), KINDS)
def test_kinds(look: Callable[..., Any], engine: str, block: str, code: str, *, holds: bool) -> None:
    path = "a.tsx" if "<p" in code else ""
    assert bool(look(engine, block, code, path=path).matches) is holds


CONTEXT = [
    ("near = 'token'", "a.py", "token = roll()", True),
    ("near = 'token'", "a.py", "def make_token():\n    return roll()", True),
    ("near = 'token'", "a.py", "token = 1\nx = roll()", False),
    ("not-near = 'token'", "a.py", "token = roll()", False),
    ('imports = "flask"', "a.py", "import flask\nroll()", True),
    ('imports = "flask"', "a.py", "from flask.app import x\nroll()", True),
    ('imports = "flask"', "a.py", "import os\nroll()", False),
    ('imports = "flask"', "a.py", "roll()", True),  # a piece of code without imports says less than it means
    ("tests = false", "tests/a.py", "roll()", False),
    ("tests = false", "src/test_a.py", "roll()", False),
    ("tests = false", "src/attest.py", "roll()", True),
    ('paths = "**/settings/*.py"', "a/settings/b.py", "roll()", True),
    ('paths = "**/settings/*.py"', "a/b.py", "roll()", False),
    ('not-paths = "**/vendor/**"', "a/vendor/b.py", "roll()", False),
    ('decorated = "app.route"', "a.py", '@app.route("/")\ndef f():\n    roll()', True),
    ('decorated = "app.route"', "a.py", "def f():\n    roll()", False),
]


@pytest.mark.parametrize(("condition", "path", "code", "holds"), CONTEXT)
def test_context(look: Callable[..., Any], condition: str, path: str, code: str, *, holds: bool) -> None:
    assert bool(look("python", f'call = "roll"\n{condition}', code, path=path).matches) is holds


def test_clean_calls_are_harmless(look: Callable[..., Any]) -> None:
    code = 'import shlex\ndef f(x):\n    sink("a " + shlex.quote(x))\n    sink("a " + x)\n'
    assert look("python", 'call = "sink"\nargument.0 = "built"\nclean = "shlex.quote"', code).lines == [4]


def test_the_first_block_of_a_page_speaks(look: Callable[..., Any]) -> None:
    blocks = ['call = "f"\nargument.0 = "text"\nmessage = "first"', 'call = "f"\nmessage = "second"']
    assert [match.message for match in look("python", blocks, 'f("a")\nf(x)').matches] == ["first", "second"]


HANDLERS = [
    ("flask", '@app.route("/<name>")\ndef f(name):\n    sink(name)', True),
    ("flask, a number", '@app.route("/<int:name>")\ndef f(name):\n    sink(name)', False),
    ("fastapi", '@app.get("/x")\nasync def f(q: str):\n    sink(q)', True),
    ("fastapi, a number", '@app.get("/x")\nasync def f(q: int):\n    sink(q)', False),
    ("fastapi, given", '@app.get("/x")\nasync def f(db: Session = Depends(get)):\n    sink(db)', False),
    ("fastapi, a body", '@app.post("/x")\nasync def f(item: Item):\n    sink(item.name)', True),
    ("a mock", '@mock.patch("a.b")\ndef f(name):\n    sink(name)', False),
    ("django", 'def f(request):\n    sink(request.GET["a"])', True),
    ("django, a class", 'class V:\n    def get(self):\n        sink(self.request.POST.get("a"))', True),
    ("lambda", 'def handler(event, context):\n    sink(event["body"])', True),
    ("a plain function", "def f(name):\n    sink(name)", False),
]


@pytest.mark.parametrize(("code", "holds"), [row[1:] for row in HANDLERS], ids=[row[0] for row in HANDLERS])
def test_where_requests_enter(look: Callable[..., Any], code: str, *, holds: bool) -> None:
    assert bool(look("python", 'call = "sink"\nargument.0 = "request"', code).matches) is holds


def test_text_blocks_look_at_any_text(look: Callable[..., Any]) -> None:
    block = "paths = \"**/*.yml\"\npattern = '''(?m)^permissions: (?P<at>write-all)$'''"
    seen = look("text", block, "é: 1\npermissions: write-all\n", path="ci/a.yml")
    assert seen.texts == ["write-all"]
    assert look("text", block, "permissions: write-all\n", path="a.txt").matches == []
    assert look("text", "pattern = 'a'\nfirst = true", "aaa").texts == ["a"]
