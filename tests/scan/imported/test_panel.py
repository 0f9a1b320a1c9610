"""Real tools are asked, and none is believed that cannot show it is alive."""

import os
import shutil
import stat
import time
from pathlib import Path

import pytest

from clearance.collect.memory import change_of
from clearance.facts.errors import UsageError
from clearance.facts.finding import GapKind
from clearance.scan.imported.opinion import Opinion
from clearance.scan.imported.panel import Asked, Panel, read_asked
from clearance.scan.imported.runners import names, runner

WEAK = b"import subprocess\n\n\ndef run(x):\n    subprocess.call('ls ' + x, shell=True)  # nosec # noqa\n"
RULES = """rules:
  - id: shell
    languages: [python]
    severity: ERROR
    message: a shell
    metadata: {cwe: ["CWE-78: OS Command Injection"], confidence: HIGH}
    pattern: subprocess.call(..., shell=True)
"""


def ask(asked: Asked, files: dict[str, bytes], environment: dict[str, str] | None = None) -> Opinion:
    collected = change_of({}, files)
    panel = Panel([asked], environment or dict(os.environ), 300)
    panel.begin(collected.change.files, collected.contents)
    (opinion,) = panel.finish()
    return opinion


FILES = {
    "src/a.py": WEAK,
    "tests/test_a.py": WEAK,
    "node_modules/x.py": WEAK,
    "pyproject.toml": b"[tool.ruff]\nexclude=['*']\n",
}


@pytest.mark.system("bandit")
def test_bandit_sees_what_comments_silence_and_what_lies_in_tests() -> None:
    opinion = ask(Asked("bandit"), FILES)
    assert opinion.gaps == ()
    assert opinion.files == 3
    found = {(raw.path, raw.line, raw.cwe) for raw in opinion.raws if raw.rule == "B602"}
    assert found == {(path, 5, ("CWE-78",)) for path in FILES if path.endswith(".py")}


@pytest.mark.system("ruff")
def test_ruff_sees_what_comments_and_settings_silence() -> None:
    opinion = ask(Asked("ruff"), FILES)
    assert opinion.gaps == ()
    assert {(raw.path, raw.cwe) for raw in opinion.raws if raw.rule == "S602"} == {
        (path, ("CWE-78",)) for path in FILES if path.endswith(".py")
    }


@pytest.mark.system("semgrep")
def test_semgrep_reads_every_file_with_the_rules_that_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES)
    opinion = ask(Asked("semgrep", tmp_path / "rules.yml"), {**FILES, ".semgrepignore": b"*\n"})
    assert opinion.gaps == ()
    assert opinion.files == 3
    assert {(raw.path, raw.rule, raw.cwe) for raw in opinion.raws} == {
        (path, "shell", ("CWE-78",)) for path in FILES if path.endswith(".py")
    }


@pytest.mark.system("semgrep")
def test_semgrep_with_rules_that_do_not_load_is_a_gap(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("rules:\n  - id: x\n    pattern: [\n")
    opinion = ask(Asked("semgrep", tmp_path / "rules.yml"), FILES)
    assert any(gap.matters for gap in opinion.gaps)


@pytest.mark.system("njsscan")
def test_njsscan_reads_javascript() -> None:
    weak = b'const app = require("express")();\napp.get("/", (req, res) => { eval(req.query.x); });\n'
    opinion = ask(Asked("njsscan"), {"web/a.js": weak})
    assert opinion.gaps == ()
    assert any(raw.path == "web/a.js" and "CWE-95" in raw.cwe for raw in opinion.raws)


@pytest.mark.system("bandit")
def test_a_file_that_does_not_parse_is_a_gap_of_that_file() -> None:
    opinion = ask(Asked("bandit"), {"a.py": WEAK, "b.py": b"def (:\n"})
    assert [(gap.path, gap.kind) for gap in opinion.gaps] == [("b.py", GapKind.UNPARSED)]


def tool(folder: Path, name: str, script: str) -> dict[str, str]:
    """Put a program in the place of a tool."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('echo \'{"results": [], "errors": [], "metrics": {}}\'', "it did not report what was planted for it"),
        ("exit 7", "it ended with 7"),
        ("echo not json", "its answer cannot be read"),
        ("kill -9 $$", "it ended with -9"),
        ("true", "its answer cannot be read"),
    ],
)
def test_a_tool_that_says_nothing_believable_is_a_gap(tmp_path: Path, script: str, said: str) -> None:
    opinion = ask(Asked("bandit"), {"a.py": WEAK}, tool(tmp_path, "bandit", script))
    assert opinion.files == 0
    assert any(said in gap.detail and gap.matters for gap in opinion.gaps)


def test_a_tool_that_hangs_is_stopped(tmp_path: Path) -> None:
    environment = tool(tmp_path, "bandit", "sleep 600 & sleep 600")
    collected = change_of({}, {"a.py": WEAK})
    panel = Panel([Asked("bandit")], environment, 0.2)
    panel.begin(collected.change.files, collected.contents)
    (opinion,) = panel.finish()
    assert [gap.kind for gap in opinion.gaps] == [GapKind.TIMEOUT]


def test_what_a_tool_leaves_running_is_stopped(tmp_path: Path) -> None:
    tool = tmp_path / "bandit"
    tool.write_text(f"#!/bin/sh\nsleep 300 &\necho $! > {tmp_path}/left\necho '[]'\n")
    tool.chmod(0o700)
    ask(Asked("bandit"), FILES, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    left = Path(f"/proc/{(tmp_path / 'left').read_text().strip()}/stat")
    for _ in range(200):
        if not left.exists() or left.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("it runs on")


def test_a_tool_sees_neither_secrets_of_the_environment_nor_settings_of_the_code(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    script = f"env > {seen}; find . -type f >> {seen}"
    environment = {**tool(tmp_path, "bandit", script), "MY_TOKEN": "made-up"}
    ask(Asked("bandit"), {"a.py": WEAK, "pyproject.toml": b"x", ".bandit": b"x", "conftest.py": b""}, environment)
    text = seen.read_text()
    assert "MY_TOKEN" not in text
    assert "./a.py" in text
    assert "pyproject" not in text
    assert ".bandit" not in text


def test_what_a_person_writes_wrongly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no runner"):
        read_asked(["nosuch"], os.environ)
    with pytest.raises(UsageError, match="not installed"):
        read_asked(["gosec"], {"PATH": str(tmp_path)})
    environment = tool(tmp_path, "semgrep", "true")
    with pytest.raises(UsageError, match="no rules of its own"):
        read_asked(["semgrep"], environment)
    with pytest.raises(UsageError, match="no such file"):
        read_asked([f"semgrep={tmp_path}/missing"], environment)


def test_gosec_s_answer_is_read() -> None:
    text = b"""{"Golang errors": {}, "Issues": [{"severity": "MEDIUM", "confidence": "HIGH", "cwe": {"id": "328", "url": ""},
     "rule_id": "G401", "details": "Use of weak cryptographic primitive", "file": "/w/a.go", "code": "", "line": "3-5",
     "column": "7"}], "Stats": {"files": 2, "lines": 9, "nosec": 0, "found": 1}, "GosecVersion": "2"}"""
    opinion = runner("gosec").parse(text)
    assert opinion.files == 2
    assert [(raw.rule, raw.line, raw.end_line, raw.column, raw.cwe) for raw in opinion.raws] == [
        ("G401", 3, 5, 7, ("CWE-328",))
    ]


def test_every_runner_is_complete() -> None:
    for name in names():
        one = runner(name)
        assert one.SUFFIXES
        assert one.CANARY[0].endswith(one.SUFFIXES)
        assert shutil.which("sh")
