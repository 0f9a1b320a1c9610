"""zizmor, hadolint, checkov and a company's Rego are asked, and none is believed that cannot show it is alive."""

import json
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from clearance.collect.memory import change_of
from clearance.facts.errors import UsageError
from clearance.facts.finding import GapKind, Severity
from clearance.scan.imported.opinion import Opinion
from clearance.scan.imported.panel import Asked, Panel, read_asked
from clearance.scan.imported.panel import _alone as alone
from clearance.scan.imported.runners import reads, runner

WORKFLOW = b"""on: pull_request_target
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}" # zizmor: ignore[template-injection]
"""
GROUP = b"""resource "aws_security_group" "s" {
  #checkov:skip=CKV_AWS_24:no
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
DOCKERFILE = b"# hadolint ignore=DL3004\nFROM debian:12\nRUN sudo true\n"
POD = b"apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-1\nspec:\n  hostNetwork: true\n"
RULES = """package main

deny[msg] {
  input.kind == "Pod"
  input.spec.hostNetwork
  msg := sprintf("pod %v uses the network of the host", [input.metadata.name])
}

warn_label[msg] {
  input.kind == "Pod"
  not input.metadata.labels
  msg := "no labels"
}
"""


def ask(asked: Asked, files: dict[str, bytes], environment: dict[str, str] | None = None, seconds: float = 300) -> Opinion:
    collected = change_of({}, files)
    panel = Panel([asked], environment or dict(os.environ), seconds)
    panel.begin(collected.change.files, collected.contents)
    (opinion,) = panel.finish()
    return opinion


@pytest.mark.system("zizmor")
def test_zizmor_sees_what_comments_and_settings_silence() -> None:
    files = {
        ".github/workflows/greet.yml": WORKFLOW,
        "zizmor.yml": b"rules:\n  template-injection:\n    disable: true\n",
        "deploy.yml": WORKFLOW,
    }
    opinion = ask(Asked("zizmor"), files)
    assert opinion.gaps == ()
    found = {(raw.path, raw.line, raw.severity, raw.cwe) for raw in opinion.raws if raw.rule == "template-injection"}
    assert found == {(".github/workflows/greet.yml", 6, Severity.HIGH, ("CWE-94",))}


@pytest.mark.system("zizmor")
def test_a_workflow_that_zizmor_cannot_read_is_a_gap_of_that_file() -> None:
    files = {".github/workflows/greet.yml": WORKFLOW, ".github/workflows/half.yml": b"jobs: [\n"}
    opinion = ask(Asked("zizmor"), files)
    assert [(gap.path, gap.kind) for gap in opinion.gaps] == [(".github/workflows/half.yml", GapKind.UNPARSED)]
    assert {raw.path for raw in opinion.raws} == {".github/workflows/greet.yml"}


@pytest.mark.system("hadolint")
def test_hadolint_sees_what_comments_and_settings_silence() -> None:
    files = {"Dockerfile": DOCKERFILE, "app/-x.dockerfile": DOCKERFILE, ".hadolint.yaml": b"ignored: [DL3004]\n"}
    opinion = ask(Asked("hadolint"), files)
    assert opinion.gaps == ()
    found = {(raw.path, raw.line, raw.cwe) for raw in opinion.raws if raw.rule == "DL3004"}
    assert found == {("Dockerfile", 3, ("CWE-250",)), ("app/-x.dockerfile", 3, ("CWE-250",))}


@pytest.mark.system("hadolint")
def test_a_dockerfile_that_does_not_parse_is_a_gap_with_its_line() -> None:
    opinion = ask(Asked("hadolint"), {"Dockerfile": DOCKERFILE, "Dockerfile.half": b"FROM debian:12\nBOGUS x\n"})
    assert [(gap.path, gap.kind, gap.detail[:6]) for gap in opinion.gaps] == [
        ("Dockerfile.half", GapKind.UNPARSED, "line 2")
    ]


@pytest.mark.skipif(shutil.which("checkov") is None, reason="needs checkov, which is too heavy to be installed for it")
def test_checkov_sees_every_framework_and_tells_what_comments_silence() -> None:
    files = {
        "node_modules/net/main.tf": GROUP,
        "Dockerfile": b"FROM debian:latest\n",
        ".checkov.yaml": b"skip-check: [CKV_AWS_24]\n",
        "half.tf": b'resource "a" {\n',
    }
    opinion = ask(Asked("checkov"), files)
    assert [(gap.path, gap.kind) for gap in opinion.gaps] == [("half.tf", GapKind.UNPARSED)]
    assert [(raw.path, raw.silenced) for raw in opinion.raws if raw.rule == "CKV_AWS_24"] == [
        ("node_modules/net/main.tf", True)
    ]
    assert any(raw.path == "Dockerfile" and raw.rule == "CKV_DOCKER_7" for raw in opinion.raws)


def test_rego_judges_files_as_conftest_does(tmp_path: Path) -> None:
    pytest.importorskip("regopy", reason="needs the extra rego")
    (tmp_path / "pods.rego").write_text(RULES)
    (tmp_path / "pods_test.rego").write_text("package main\ntest_it { false }\n")
    opinion = ask(Asked("rego", tmp_path), {"k8s/pod.yaml": b"---\nkind: Service\n---\n" + POD, "main.tf": GROUP})
    assert opinion.gaps == ()
    assert opinion.files == 2
    assert [(raw.rule, raw.path, raw.line, raw.severity) for raw in opinion.raws] == [
        ("main.deny", "k8s/pod.yaml", 7, Severity.HIGH),
        ("main.warn_label", "k8s/pod.yaml", 0, Severity.MEDIUM),
    ]


@pytest.mark.parametrize(
    ("path", "text", "rule", "message"),
    [
        (
            "Dockerfile",
            b"FROM alpine:3 AS a\nUSER root\n",
            'deny[m] { some i; input[i].Cmd == "user"; input[i].Value[0] == "root"; m := "user root" }',
            "user root",
        ),
        (
            "main.tf",
            GROUP,
            'deny[m] { input.resource.aws_security_group[m][_].ingress[_].cidr_blocks[_] == "0.0.0.0/0" }',
            "s",
        ),
        ("a.json", b'{"open": true}', 'violation[{"msg": m}] { input.open; m := "it is \'open\'" }', "it is 'open'"),
        ("a.toml", b"[a]\nb = 1\n", 'deny[m] { input.a.b == 1; m := "b is 1" }', "b is 1"),
    ],
)
def test_rego_gets_the_inputs_that_conftest_gives(tmp_path: Path, path: str, text: bytes, rule: str, message: str) -> None:
    pytest.importorskip("regopy", reason="needs the extra rego")
    (tmp_path / "r.rego").write_text(f"package main\n\n{rule}\n")
    opinion = ask(Asked("rego", tmp_path), {path: text})
    assert opinion.gaps == ()
    assert [(raw.path, raw.message) for raw in opinion.raws] == [(path, message)]


def test_no_value_of_a_file_can_take_a_finding_back(tmp_path: Path) -> None:
    pytest.importorskip("regopy", reason="needs the extra rego")
    (tmp_path / "r.rego").write_text(
        "package main\nimport rego.v1\ndeny contains m if { some one in input.open; m := one }\n"
    )
    evil = ['x"], "deny": [], "y": ["', "a\\", "a\\u0062", "é"]
    opinion = ask(Asked("rego", tmp_path), {"a.json": json.dumps({"open": evil}).encode()})
    assert opinion.gaps == ()
    assert sorted(raw.message for raw in opinion.raws) == sorted(evil)


@pytest.mark.parametrize(
    ("rules", "files", "said"),
    [
        ("package main\ndeny[ {", {"a.json": b"{}"}, "r.rego is no Rego"),
        ("package main\n", {"a.json": b"{"}, "line 1"),
        ("package main\n", {"a.yaml": b"a: [\n"}, "line 2"),
        ("package main\n", {"a.yaml": b"a: &a [1,1,1,1,1,1,1,1]\n" + b"".join(
            b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (x, x, *([x - 1] * 8)) for x in range(98, 108)
        )}, "more than 200,000 values"),
        ("package main\n", {"main.tf": b'resource "a" {'}, "no HCL"),
        ('package main\nimport rego.v1\ndeny contains m if { m := http.send({"url": "x", "method": "get"}).body }',
         {"a.json": b"{}"}, "http.send is not answered here"),
    ],
)  # fmt: skip
def test_rules_and_files_that_cannot_be_read_are_gaps(
    tmp_path: Path, rules: str, files: dict[str, bytes], said: str
) -> None:
    pytest.importorskip("regopy", reason="needs the extra rego")
    (tmp_path / "r.rego").write_text(rules)
    opinion = ask(Asked("rego", tmp_path), files)
    assert any(said in gap.detail and gap.matters for gap in opinion.gaps), opinion.gaps


def test_rules_that_do_not_end_are_stopped(tmp_path: Path) -> None:
    pytest.importorskip("regopy", reason="needs the extra rego")
    (tmp_path / "r.rego").write_text(
        "package main\nimport rego.v1\n"
        'deny contains x if { some a in numbers.range(1, 9999); some b in numbers.range(1, 9999); a * b < 0; x := "" }\n'
    )
    opinion = ask(Asked("rego", tmp_path), {"a.json": b"{}"}, seconds=3)
    assert [gap.kind for gap in opinion.gaps] in ([GapKind.TIMEOUT], [GapKind.CRASH])


def test_without_the_library_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(UsageError, match="regopy"):
        read_asked([f"rego={tmp_path}"], os.environ)


@pytest.mark.skipif(not alone(), reason="this system does not let us take the network away")
def test_a_tool_has_no_network(tmp_path: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        seen = tmp_path / "seen"
        tool = tmp_path / "bandit"
        tool.write_text(
            f"#!{sys.executable}\nimport socket\nfrom pathlib import Path\ntry:\n"
            f"    socket.create_connection(('127.0.0.1', {port}), 2)\n    said = 'reached'\n"
            f"except OSError:\n    said = 'alone'\nPath({str(seen)!r}).write_text(said)\n"
        )
        tool.chmod(0o700)
        ask(Asked("bandit"), {"a.py": b"x\n"}, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert seen.read_text() == "alone"


def test_a_tool_with_nothing_to_read_is_not_started(tmp_path: Path) -> None:
    tool = tmp_path / "hadolint"
    tool.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
    tool.chmod(0o700)
    opinion = ask(Asked("hadolint"), {"a.py": b"x\n"}, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert (opinion.files, opinion.gaps) == (0, ())
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("name", ["zizmor", "hadolint", "checkov"])
def test_a_tool_that_says_nothing_is_not_believed(tmp_path: Path, name: str) -> None:
    tool = tmp_path / name
    tool.write_text("#!/bin/sh\necho '[]'\n")
    tool.chmod(0o700)
    files = {".github/workflows/a.yml": WORKFLOW, "Dockerfile": DOCKERFILE}
    opinion = ask(Asked(name), files, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert opinion.files == 0
    assert any("it did not report what was planted for it" in gap.detail for gap in opinion.gaps)


@pytest.mark.parametrize(
    ("tool", "path", "read"),
    [
        ("zizmor", ".github/workflows/a.yml", True),
        ("zizmor", "lib/action.yaml", True),
        ("zizmor", "compose.yml", False),
        ("hadolint", "app/Dockerfile.prod", True),
        ("hadolint", "build.Containerfile", True),
        ("hadolint", "app/Dockerfile.dockerignore", False),
        ("hadolint", "docs/dockerfile.md", False),
        ("checkov", "infra/main.tf", True),
        ("checkov", "infra/.checkov.yml", False),
        ("checkov", "a.py", False),
        ("rego", "package-lock.json", False),
        ("rego", "deploy/app.yml", True),
    ],
)
def test_a_tool_gets_the_files_that_it_reads(tool: str, path: str, read: bool) -> None:  # noqa: FBT001
    assert reads(runner(tool), path) is read
