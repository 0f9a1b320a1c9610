"""A person scans code, follows the way of a finding, lets it be fixed, and hears other tools."""

import json
import os
import stat
from pathlib import Path

import pytest

from journeys.place import Place

VIEW = """from flask import Flask, request

from shop import store

app = Flask(__name__)


@app.get("/orders")
def orders():
    name = request.args["name"]
    return store.find(name)
"""
STORE = """import sqlite3


def find(name):
    connection = sqlite3.connect("shop.db")
    sql = "select * from orders where name = '%s'" % name
    return connection.execute(sql).fetchall()
"""
LOAD = """import yaml


def load(path):
    # What the café keeps.
    with open(path) as file:
        return yaml.load(file, Loader=yaml.Loader)
"""


def test_data_is_followed_into_another_file(repository: Place) -> None:
    repository.write("shop/__init__.py", "")
    repository.write("shop/views.py", VIEW)
    repository.write("shop/store.py", STORE)
    answer = repository.check()
    (finding,) = [
        one
        for one in answer.data["findings"]
        if one["rule"] == "python-sql-string-build" and one["place"]["path"] == "shop/views.py"
    ]
    ways = [(step["place"]["path"], step["place"]["line"]) for step in finding["steps"]]
    assert ways[0] == ("shop/views.py", 10)
    assert ways[-1] == ("shop/store.py", 7)
    shown = repository.clearance("check").out
    assert "shop/store.py:7" in shown
    repository.clearance("check", "--output", "out.sarif")
    log = json.loads((repository.top / "out.sarif").read_text())
    flows = [result["codeFlows"] for result in log["runs"][0]["results"] if "codeFlows" in result]
    uris = {
        location["location"]["physicalLocation"]["artifactLocation"]["uri"]
        for flow in flows
        for location in flow[0]["threadFlows"][0]["locations"]
    }
    assert {"shop/views.py", "shop/store.py"} <= uris


def test_a_safe_fix_is_shown_then_written_then_gone(repository: Place) -> None:
    place = repository.write("load.py", LOAD)
    place.chmod(0o755)
    shown = repository.clearance("fix", "load.py")
    assert shown.code == 1
    assert "+        return yaml.safe_load(file)" in shown.out
    assert place.read_text() == LOAD
    written = repository.clearance("fix", "load.py", "--apply")
    assert written.code == 0
    assert "yaml.safe_load(file)" in place.read_text()
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert repository.clearance("fix", "load.py").out.startswith("0 findings")


def test_an_unknown_rule_is_refused(repository: Place) -> None:
    answer = repository.clearance("fix", "--rule", "nosuch")
    assert answer.code == 2
    assert "rules list" in answer.err


def test_results_of_another_tool_join_the_verdict(repository: Place) -> None:
    repository.write("a.py", "import os\n\n\ndef run(name):\n    os.system('ls ' + name)\n\n\nprint(run)\n")
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 5, "startColumn": 5}}}
    other = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": 8}}}
    rules = [{"id": "shell", "properties": {"tags": ["external/cwe/cwe-078"]}}, {"id": "no-print"}]
    log = {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "other", "rules": rules}},
                "results": [
                    {"ruleId": "shell", "message": {"text": "a shell"}, "locations": [place]},
                    {"ruleId": "no-print", "level": "error", "message": {"text": "prints"}, "locations": [other]},
                ],
            }
        ],
    }
    repository.write("out.sarif", json.dumps(log))
    answer = repository.check("--sarif", "out.sarif")
    found = {one["rule"]: one for one in answer.data["findings"] if one["place"]["path"] == "a.py"}
    assert found["python-subprocess-shell"]["witnesses"] == ["other:shell"]
    assert found["other:no-print"]["family"] == "imported"
    assert {"scanner": "other"}.items() <= next(one for one in answer.data["ran"] if one["scanner"] == "other").items()
    assert "seen by other:shell" in repository.clearance("check", "--sarif", "out.sarif").out


def test_a_tool_that_cannot_prove_that_it_looked_is_a_gap(repository: Place, tmp_path: Path) -> None:
    program = tmp_path / "bandit"
    program.write_text('#!/bin/sh\necho \'{"results": [], "errors": [], "metrics": {}}\'\n')
    program.chmod(0o755)
    repository.write("a.py", "x = 1\n")
    answer = repository.check("--with", "bandit", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert answer.code != 0
    assert any("planted" in gap["detail"] for gap in answer.data["gaps"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--with", "nosuch"], "no runner"),
        (["--sarif", "missing.sarif"], "missing.sarif"),
        (["--sarif", "a.py"], "not"),
    ],
)
def test_what_is_asked_wrongly_is_said(repository: Place, arguments: list[str], said: str) -> None:
    repository.write("a.py", "x = 1\n")
    answer = repository.clearance("check", *arguments)
    assert answer.code == 2
    assert said in answer.err


def test_a_second_scan_tells_the_same(repository: Place) -> None:
    repository.write("shop/__init__.py", "")
    repository.write("shop/views.py", VIEW)
    repository.write("shop/store.py", STORE)
    first = repository.clearance("scan", ".", "--format", "json")
    second = repository.clearance("scan", ".", "--format", "json")
    assert second.out == first.out
    repository.write("shop/store.py", STORE.replace("execute(sql)", "execute('select 1')"))
    third = json.loads(repository.clearance("scan", ".", "--format", "json").out)
    fresh = json.loads(repository.clearance("scan", ".", "--format", "json", "--fresh").out)
    assert third == fresh
    assert "python-sql-string-build" not in {one["rule"] for one in third["findings"]}
