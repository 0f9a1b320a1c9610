"""Data is followed into the files that imports mean, in every language; what is not there is noted, and nothing is read
that is too large."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from clearance.collect.memory import change_of
from clearance.facts.finding import Finding, Gap
from clearance.rules.model import Rule
from clearance.scan.code.family import CodeFamily
from clearance.scan.code.flow.frame import Unit
from clearance.scan.code.tree import MOST_BYTES, Tree
from clearance.scan.look import look_at

SINK = {
    "python": 'call = "os.system"\nargument.0 = "tainted"\nfor = "shell"',
    "javascript": 'call = "child_process.exec"\nargument.0 = "tainted"\nfor = "shell"',
    "java": 'call = "*.exec"\nargument.any = "tainted"\nfor = "shell"',
    "go": 'call = "os.exec.Command"\nargument.any = "tainted"\nfor = "shell"',
}
PYTHON_SINK = "import os\ndef run(q):\n    os.system('ls ' + q)\n"
SCRIPT_SINK = "import { exec } from 'child_process';\nexport function run(q) { exec('ls ' + q); }\n"
GO_SINK = 'package store\nimport "os/exec"\nfunc Run(q string) { exec.Command("sh", "-c", q).Run() }\n'
JAVA_SINK = (
    "package com.x.db;\npublic class Store {\n"
    "  public void run(String q) throws Exception { Runtime.getRuntime().exec(q); }\n}\n"
)
JAVA_WEB = (
    "package com.x;\n{imports}import javax.servlet.http.HttpServletRequest;\n"
    "class Web {{ void go(HttpServletRequest request)"
    ' throws Exception {{ new Store().run(request.getParameter("q")); }} }}\n'
)
FILES: dict[str, tuple[dict[str, str], str]] = {
    # what: files, the one in which the call stands that leads into another one
    "python, relative": (
        {"app/__init__.py": "", "app/db.py": PYTHON_SINK,
         "app/views.py": "from flask import request\nfrom .db import run\ndef f():\n    run(request.args['q'])\n"},
         "app/views.py"),
    "python, a module": (
        {"app/db.py": PYTHON_SINK, "app/views.py": "from flask import request\nfrom app import db\ndef f():\n"
         "    db.run(request.args['q'])\n"},
        "app/views.py"),
    "python, under src": (
        {"src/app/__init__.py": "", "src/app/db.py": PYTHON_SINK,
         "src/app/web/__init__.py": "", "src/app/web/views.py":
         "from flask import request\nfrom app.db import run as go\ndef f():\n    go(request.args['q'])\n"},
         "src/app/web/views.py"),
    "python, a method": (
        {"db.py": "import os\nclass Store:\n    def run(self, q):\n        os.system(q)\n",
         "views.py": "from flask import request\nfrom db import Store\ndef f():\n    Store().run(request.args['q'])\n"},
         "views.py"),
    "python, two steps": (
        {"low.py": PYTHON_SINK, "mid.py": "from low import run\ndef go(x):\n    run(x)\n",
         "views.py": "from flask import request\nfrom mid import go\ndef f():\n    go(request.args['q'])\n"}, "views.py"),
    "javascript": (
        {"a.js": "const { run } = require('./lib/db');\nconst app = require('express')();\n"
         "app.get('/x', (req, res) => { run(req.query.q); });\n",
         "lib/db.js": SCRIPT_SINK}, "a.js"),
    "typescript, a dot in the name": (
        {"src/a.ts": "import { run } from './lib/db.service';\nimport express from 'express';\n"
         "express().get('/x', (req, res) => { run(req.query.q); });\n",
         "src/lib/db.service.ts": SCRIPT_SINK.replace("(q)", "(q: string)")}, "src/a.ts"),
    "javascript, an index": (
        {"a.mjs": "import { run } from './lib/index.js';\nimport express from 'express';\n"
         "express().get('/x', (req, res) => run(req.query.q));\n",
         "lib/index.js": SCRIPT_SINK}, "a.mjs"),
    "go": (
        {"go.mod": "module example.com/app\n", "internal/store/s.go": GO_SINK,
         "main.go": 'package main\nimport (\n"net/http"\n"example.com/app/internal/store"\n)\n'
          'func h(w http.ResponseWriter, r *http.Request) {'
         ' store.Run(r.FormValue("q")) }\n'}, "main.go"),
    "go, the same package": (
        {"go.mod": "module example.com/app\n", "run.go": GO_SINK.replace("store", "main").replace("Run(q", "run(q", 1),
         "main.go": 'package main\nimport "net/http"\n'
          'func h(w http.ResponseWriter, r *http.Request) { run(r.FormValue("q")) }\n'}, "main.go"),
    "java": (
        {"src/main/java/com/x/Web.java": JAVA_WEB.format(imports="import com.x.db.Store;\n"),
         "src/main/java/com/x/db/Store.java": JAVA_SINK}, "src/main/java/com/x/Web.java"),
    "java, the same package": (
        {"src/com/x/Web.java": JAVA_WEB.format(imports=""), "src/com/x/Store.java": JAVA_SINK.replace("com.x.db", "com.x")},
        "src/com/x/Web.java"),
}  # fmt: skip


@pytest.fixture
def found(rule: Callable[..., Rule], vocabulary: list[Rule]) -> Callable[[Mapping[str, str]], list[Finding | Gap]]:
    """Look at all files of a change; give the findings and gaps."""
    pages = (rule(*SINK.items(), id="sink"), *vocabulary)
    by_id = {page.id: page for page in pages}

    def look(files: Mapping[str, str], before: Mapping[str, str] | None = None) -> list[Finding | Gap]:
        collected = change_of(
            {path: text.encode() for path, text in (before or {}).items()},
            {path: text.encode() for path, text in files.items()},
        )
        family = CodeFamily(pages)
        family.start(collected.contents)
        given: list[Finding | Gap] = []
        for file in collected.change.files:
            result = look_at(file, collected.contents, [family], by_id, seconds=60)
            given += [*result.findings, *result.gaps]
        return given

    return look


@pytest.mark.parametrize(("files", "caller"), FILES.values(), ids=FILES)
def test_data_is_followed_into_other_files(found: Callable[..., Any], files: dict[str, str], caller: str) -> None:
    (finding,) = [one for one in found(files) if not isinstance(one, Gap) and one.place.path == caller]
    assert finding.steps[0].place.path == caller
    assert finding.steps[-1].place.path != caller
    assert all(step.place.line >= 1 for step in finding.steps)
    assert "is used here" in finding.steps[-1].message


def test_what_a_helper_cleans_is_clean(found: Callable[..., Any]) -> None:
    files = {
        "safe.py": "import shlex\ndef safe(x):\n    return shlex.quote(x)\n",
        "views.py": "import os\nfrom flask import request\nfrom safe import safe\ndef f():\n"
        "    os.system(safe(request.args['q']))\n",
    }
    assert found(files) == []
    files["safe.py"] = "def safe(x):\n    return x\n"
    (finding,) = found(files)
    assert finding.place.path == "views.py"


def test_files_that_import_each_other_end(found: Callable[..., Any]) -> None:
    text = (
        "from flask import request\nfrom {0} import go_{0}\nimport os\ndef go_{1}(x):\n    go_{0}(x)\n"
        "    os.system(x)\ngo_{0}(request.args['q'])\n"
    )
    given = found({"a.py": text.format("b", "a"), "b.py": text.format("a", "b")})
    assert {one.place.path for one in given} == {"a.py", "b.py"}


def test_before_and_after_look_at_their_own_files(found: Callable[..., Any]) -> None:
    views = "from flask import request\nfrom db import run\ndef f():\n    run(request.args['q'])\n"
    safe = PYTHON_SINK.replace("'ls ' + q", "'ls'")
    given = found({"views.py": views + "\n", "db.py": PYTHON_SINK}, before={"views.py": views, "db.py": safe})
    (finding,) = [one for one in given if one.place.path == "views.py"]
    assert finding.introduced


RESOLVED = [
    # importer, module, files of the tree, what is found
    ("a/b.py", ".c", ["a/c.py"], ["a/c.py"]),
    ("a/b.py", ".", ["a/__init__.py"], ["a/__init__.py"]),
    ("a/b.py", "..c", ["c.py", "a/c.py"], ["c.py"]),
    ("a/b.py", "...c", ["c.py"], []),
    ("a/b.py", "json", ["a/json.py"], ["a/json.py"]),
    ("a/b.py", "json", ["a/json.py", "a/__init__.py"], []),
    ("a/b.py", "x.y", ["x/y/__init__.py"], ["x/y/__init__.py"]),
    ("a/b.js", ".c", ["a/c.ts", "a/c.js"], ["a/c.ts"]),
    ("a/b.js", "..c.d", ["c/d/index.js"], ["c/d/index.js"]),
    ("a/b.js", "express", ["a/express.js"], []),
    ("a/b.js", ".lib.db", ["src/lib/db.ts"], ["src/lib/db.ts"]),
    ("m/a/B.java", "c.D", ["m/c/D.java", "n/c/D.java"], ["m/c/D.java"]),
    ("m/a/B.java", "=D", ["m/a/D.java", "m/D.java"], ["m/a/D.java"]),
    ("b.go", "net.http", ["go.mod", "http/a.go", "net/http/a.go"], []),
    ("b.go", "x.org.m.http", ["go.mod", "http/a.go", "http/a_test.go"], ["http/a.go"]),
]  # fmt: skip


@pytest.mark.parametrize(("importer", "module", "paths", "expected"), RESOLVED)
def test_where_modules_lie(importer: str, module: str, paths: list[str], expected: list[str]) -> None:
    files = {path: b"module x.org/m\n" if path == "go.mod" else b"\n" for path in (importer, *paths)}
    look = Tree(change_of({}, files).contents).look()
    from clearance.scan.code.lower import lower
    from clearance.scan.code.source import Source

    language = {"py": "python", "js": "javascript", "java": "java", "go": "go"}[importer.rpartition(".")[2]]
    unit = Unit(importer, lower(Source("\n", language)), b"\n")
    assert [one.path for one in look.unit(unit, module)] == expected
    assert look.unit(unit, module) is look.unit(unit, module)
    if not expected and module[:1] == "." and module != "...c":
        assert "" in look.asked.values()


def test_what_is_too_large_is_not_read() -> None:
    files = {"a.py": b"import b\n", "b.py": b"x = 1\n" * MOST_BYTES}
    look = Tree(change_of({}, files).contents).look()
    from clearance.scan.code.lower import lower
    from clearance.scan.code.source import Source

    assert look.unit(Unit("a.py", lower(Source("import b\n", "python")), b""), "b") == ()
    assert look.asked == {"b.py": ""}
