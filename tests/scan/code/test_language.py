"""Each key of the Detect language holds where it should, and not one step beside; rows in four languages."""

from collections.abc import Callable
from typing import Any

import pytest

from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.code.family import CodeFamily

SPAWN = 'call = "os.system"\nargument.0 = "request"\nfor = "shell"'
REQUEST = "from flask import request\nimport os, shlex\n"

ROWS = [
    # what, engine, block, code, holds
    ("cleaned for the sink", "python", SPAWN, REQUEST + "os.system(shlex.quote(request.args['a']))", False),
    ("cleaned for another sink", "python", 'call = "run"\nargument.0 = "request"\nfor = "sql"',
     REQUEST + "run(shlex.quote(request.args['a']))", True),
    ("not cleaned", "python", SPAWN, REQUEST + "os.system(request.args['a'])", True),
    ("cleaned text in text", "python", SPAWN, REQUEST + "os.system('a ' + shlex.quote(request.args['a']))", False),
    ("cleaned beside raw", "python", SPAWN, REQUEST + "os.system(shlex.quote(request.args['a']) + request.args['b'])", True),
    ("from", "python", 'call = "f"\nargument.0 = {from = ["environment"]}', "import os\nf(os.environ['A'])", True),
    ("from elsewhere", "python", 'call = "f"\nargument.0 = {from = ["environment"]}', "import sys\nf(sys.argv[1])", False),
    ("tainted", "python", 'call = "f"\nargument.0 = "tainted"', "import sys\nf(sys.argv[1])", True),
    ("not tainted", "python", 'call = "f"\nargument.0 = "tainted"', "f(g())", False),
    ("less", "python", 'call = "f"\nargument.0 = {less = 2048}', "f(1024)", True),
    ("not less", "python", 'call = "f"\nargument.0 = {less = 2048}', "f(2048)", False),
    ("less of what is not known", "python", 'call = "f"\nargument.0 = {less = 2048}', "f(x)", False),
    ("more", "python", 'call = "f"\nargument.0 = {more = 0o700}', "f(0o777)", True),
    ("type", "python", 'call = "f"\nargument.0 = {type = "a.B"}', "import a\nb = a.B()\nf(b)", True),
    ("another type", "python", 'call = "f"\nargument.0 = {type = "a.C"}', "import a\nb = a.B()\nf(b)", False),
    ("name", "python", 'call = "f"\nargument.0 = {name = "ssl.CERT_NONE"}', "import ssl as s\nf(s.CERT_NONE)", True),
    ("spread", "python", 'call = "f"\nargument."**" = "dict"', "d = {'a': x}\nf(**d)", True),
    ("no spread", "python", 'call = "f"\nargument."**" = "dict"', "f(a={})", False),
    ("explosive", "python", 'call = "re.compile"\nargument.0 = {explosive = true}', "import re\nre.compile('(a+)+$')", True),
    ("not explosive", "python", 'call = "re.compile"\nargument.0 = {explosive = true}', "import re\nre.compile('a+$')",
    False),
    ("calls", "python", 'call = "f"\ncalls = "check"', "def g():\n    check()\n    f()", True),
    ("calls through a helper", "python", 'call = "f"\ncalls = "check"', ("def h():\n    check()\ndef g():\n    h()\n"
     "    f()"), True),
    ("calls nothing such", "python", 'call = "f"\ncalls = "check"', "def h():\n    check()\ndef g():\n    f()", False),
    ("not calls", "python", 'define = "pay"\nnot-calls = "*.check"', "def pay(a):\n    a.check()", False),
    ("not calls, indeed", "python", 'define = "pay"\nnot-calls = "*.check"', "def pay(a):\n    a.go()", True),
    ("after", "python", 'call = "open"\nafter = "os.path.exists"', ("import os\ndef g(p):\n    if os.path.exists(p):\n"
     "       open(p)"), True),
    ("after, of another", "python", 'call = "open"\nafter = "os.path.exists"',
     "import os\ndef g(p, q):\n    if os.path.exists(q):\n        open(p)", False),
    ("not after", "python", 'call = "*.send"\nnot-after = "*.verify"', "def g(m):\n    m.verify()\n    m.send()", False),
    ("not after, on one way", "python", 'call = "*.send"\nnot-after = "*.verify"',
     "def g(m, x):\n    if x:\n        m.verify()\n    m.send()", True),
    ("without", "python", 'call = "open"\nused = "assigned"\nwithout = "*.close"', ("def g(p):\n    f = open(p)\n"
     "    f.read()"), True),
    ("with it", "python", 'call = "open"\nused = "assigned"\nwithout = "*.close"', ("def g(p):\n    f = open(p)\n"
     "    f.close()"), False),
    ("handed on", "python", 'call = "open"\nused = "assigned"\nwithout = "*.close"', ("def g(p):\n    f = open(p)\n"
     "    return f"), False),
    ("dropped", "python", 'call = "*.verify"\nused = "dropped"', "a.verify(x)", True),
    ("not dropped", "python", 'call = "*.verify"\nused = "dropped"', "b = a.verify(x)", False),
    ("in a loop", "python", 'call = "f"\nin-loop = true', "def g(x):\n    for a in x:\n        f(a)", True),
    ("beside a loop", "python", 'call = "f"\nin-loop = true', "def g(x):\n    for a in x:\n        pass\n    f(a)", False),
    ("in a handler", "python", 'call = "f"\nhandler = true', "@app.route('/a')\ndef g():\n    f()", True),
    ("in no handler", "python", 'call = "f"\nhandler = true', "@app.other('/a')\ndef g():\n    f()", False),
    ("decorated", "python", 'define = "*"\ndecorated = "*.route"\nnot-decorated = "login_required"',
     "@app.route('/a')\ndef g(): ...", True),
    ("decorated otherwise, too", "python", 'define = "*"\ndecorated = "*.route"\nnot-decorated = "login_required"',
     "@app.route('/a')\n@login_required\ndef g(): ...", False),
    ("all handlers", "python", 'define = "*"\nhandler = true', "@app.get('/a')\ndef g(): ...", True),
    ("a sibling is guarded", "python", 'define = "*"\nhandler = true\nsiblings = "login"',
     "@app.get('/a')\n@login_required\ndef a(): ...\n@app.get('/b')\ndef b(): ...", True),
    ("all are guarded", "python", 'define = "*"\nhandler = true\nsiblings = "login"',
     "@app.get('/a')\n@login_required\ndef a(): ...\n@app.get('/b')\ndef b():\n    check_login()", False),
    ("none is guarded", "python", 'define = "*"\nhandler = true\nsiblings = "login"',
     "@app.get('/a')\ndef a(): ...\n@app.get('/b')\ndef b(): ...", False),
    ("a sibling's registration", "javascript", 'call = "*.get"\nimports = "express"\nsiblings = "auth"',
     'const app = require("express")();\napp.get("/a", auth, (q, s) => s.end());\napp.get("/b", (q, s) => s.end());', True),
    ("class", "python", 'class = "*"\nbases = "a.Base"', "from a import Base\nclass B(Base): ...", True),
    ("class of another base", "python", 'class = "*"\nbases = "a.Base"', "from b import Base\nclass B(Base): ...", False),
    ("class by name", "python", 'class = "*handler"', "class MyHandler: ...", True),
    ("raise", "python", 'raise = "NotImplementedError"', "def f():\n    raise NotImplementedError('x')", True),
    ("raise of another", "python", 'raise = "NotImplementedError"', "def f():\n    raise ValueError('x')", False),
    ("compare, what is named", "python", 'compare = "role"\nvalue = "request"',
     REQUEST + "def f():\n    role = request.args['r']\n    return role == 'admin'", True),
    ("compare, another", "python", 'compare = "role"\nvalue = "request"', "def f(role):\n    return role == 'admin'", False),
    ("holds", "python", 'call = "f"\nholds = "<html"', "f(x)  # <html>", True),
    ("not in the file", "python", 'call = "f"\nholds = "<html"', "f(x)", False),
    ("an element", "python", 'call = "socket.socket().accept()[].recv"', ("import socket\ns = socket.socket()\n"
     "for c in s.accept():\n    c.recv(1)"), True),
    ("java, a type", "java", 'call = "*.HttpServletRequest().getParameter"',
     'import javax.servlet.http.*;\nclass A { void f(HttpServletRequest r) { r.getParameter("a"); } }', True),
    ("java, another type", "java", 'call = "*.HttpServletRequest().getParameter"',
     'import x.Other;\nclass A { void f(Other r) { r.getParameter("a"); } }', False),
    ("java, new", "java", 'call = "java.io.File"\nargument.0 = "parameter"',
     "import java.io.File;\npublic class A { public void f(String p) { new File(p); } }", True),
    ("java.lang", "java", 'call = "java.lang.Runtime.getRuntime().exec"',
     "class A { void f(String p) throws Exception { Runtime.getRuntime().exec(p); } }", True),
    ("java, annotation", "java", 'define = "*"\ndecorated = "*.GetMapping"',
     'import org.springframework.web.bind.annotation.GetMapping;\nclass A { @GetMapping("/a") String f() { return ""; } }',
     True),
    ("go, a package", "go", 'call = "os.exec.Command"\nargument.any = "parameter"',
     'package a\nimport "os/exec"\nfunc F(x string) { exec.Command("sh", "-c", x) }', True),
    ("go, a literal", "go", 'call = "net.http.Cookie"\nargument.Secure = "absent"',
     'package a\nimport "net/http"\nfunc F() { c := http.Cookie{Name: "a"}; _ = c }', True),
    ("go, a literal that has it", "go", 'call = "net.http.Cookie"\nargument.Secure = "absent"',
     'package a\nimport "net/http"\nfunc F() { c := http.Cookie{Name: "a", Secure: true}; _ = c }', False),
    ("go, a key", "go", 'key = "InsecureSkipVerify"\nvalue = true',
     'package a\nimport "crypto/tls"\nvar c = tls.Config{InsecureSkipVerify: true}', True),
]  # fmt: skip


@pytest.mark.parametrize(("engine", "block", "code", "holds"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_language(look: Callable[..., Any], engine: str, block: str, code: str, *, holds: bool) -> None:
    seen = look(engine, block, code)
    assert seen.gaps == []
    assert bool(seen.matches) is holds


WORST = "a value runs"
TELLS = f"""
call = "run"
argument.0 = "tainted"
message = "{WORST}"
confidence = "high"
request.message = "request data runs"
model.severity = "critical"
"""
SAID = [
    # code, message, confidence, severity
    ("from flask import request\nrun(request.args['a'])", "request data runs", Confidence.HIGH, None),
    ("import sys\nrun(sys.argv[1])", WORST, Confidence.MEDIUM, None),
    (
        "def f(a):\n    run(a)",
        f"{WORST}; the value is a parameter, and who calls this is not in sight",
        Confidence.LOW,
        None,
    ),
    (
        (
            "import openai\nanswer = openai.OpenAI().chat.completions.create(model='m', messages=[])\n"
            "run(answer.choices[0].message.content)"
        ),
        WORST,
        Confidence.HIGH,
        Severity.CRITICAL,
    ),
    (
        "import sys\nfrom flask import request\nrun(sys.argv[1] + request.args['a'])",
        "request data runs",
        Confidence.HIGH,
        None,
    ),
]


@pytest.mark.parametrize(("code", "message", "confidence", "severity"), SAID)
def test_what_is_said_depends_on_the_origin(
    look: Callable[..., Any], code: str, message: str, confidence: Confidence, severity: Severity | None
) -> None:
    (match,) = look("python", TELLS, code).matches
    assert (match.message, match.confidence, match.severity) == (message, confidence, severity)
    assert len(match.steps) >= 2


def test_callers_in_sight_decide(look: Callable[..., Any]) -> None:
    code = "from flask import request\ndef _run(x):\n    run(x)\ndef a():\n    _run('ls')\n"
    assert look("python", TELLS, code).matches == []
    (match,) = look("python", TELLS, code + "def b():\n    _run(request.args['a'])\n").matches
    assert match.message == "request data runs"
    assert [step.place.line for step in match.steps][-1] == 3


def test_without_sightings_triggers_are_left_out(rule: Callable[..., Rule], look_at: Callable[..., Any]) -> None:
    pages = (rule(("python", 'call = "eval"'), family="triggers"), rule(("python", 'call = "exec"'), id="other"))
    code = b"eval(x)\nexec(x)\n"
    assert look_at(CodeFamily(pages), "a.py", code).lines == [1, 2]
    assert look_at(CodeFamily(pages, sightings=False), "a.py", code).lines == [2]
