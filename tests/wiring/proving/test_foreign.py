"""What lies in a repository is input: it is never run, never written through, never waited for, and its text is not kept."""

import os
from pathlib import Path
from typing import Any

import pytest

from clearance.assistants.model import assistant
from clearance.facts.proof import Pulse
from clearance.wiring.proving import ci, ci_github, ci_gitlab, pre_commit, start, switches
from clearance.wiring.proving.books import contents
from clearance.wiring.proving.frameworks import Fault, Hook, line_in_config
from clearance.wiring.proving.lines import begins, is_ours, program_by, program_of
from clearance.wiring.proving.matchers import sees
from clearance.wiring.proving.mcp import Server, _fault
from clearance.wiring.proving.scene import Scene
from clearance.wiring.proving.stage import _copy, _pack_below
from journeys.installed import PROGRAMS

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


@pytest.mark.parametrize("word", ["'a'$(sh<x)'b'", "'a'`x`'b'", "'a'>x'b'", "'a''b'", "''"])
def test_what_only_begins_and_ends_with_a_quote_is_no_program(word: str) -> None:
    assert program_by("{program} check --staged", f"{word} check --staged") is None


def test_a_path_of_a_program_is_absolute(tmp_path: Path) -> None:
    assert "is no absolute path" in program_of("./clearance-hook", Scene(tmp_path, {})).wrong
    assert not program_of(str(PROGRAMS / "clearance-hook"), Scene(tmp_path, {})).wrong


def test_what_lies_beside_our_programs_is_not_ours(tmp_path: Path) -> None:
    assert not is_ours(PROGRAMS / "python", Scene(tmp_path, {}))


def test_a_pack_is_taken_from_the_repository_alone(tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "packs").mkdir(parents=True)
    secret = tmp_path / "secret.pack"
    secret.write_text("s")
    for number, name in enumerate(("old.pack", "new.pack")):
        (top / "packs" / name).write_text(name)
        os.utime(top / "packs" / name, (number, number))
    (top / "packs" / "z.pack").symlink_to(secret)
    (top / "link").symlink_to(tmp_path)
    (top / ".git").mkdir()
    for named in ("", "../secret.pack", "packs/../../secret.pack", "packs/z.pack", "link/secret.pack", ".git/config", "~/x"):
        assert _pack_below(top, named) is None, named
    assert _pack_below(top, "packs") == top / "packs" / "new.pack"
    assert _pack_below(top, "packs/old.pack") == top / "packs" / "old.pack"
    target = tmp_path / "target"
    target.symlink_to(secret)
    _copy(top / "packs" / "new.pack", target)
    assert (secret.read_text(), target.read_text(), target.is_symlink()) == ("s", "new.pack", False)


def test_a_glance_never_raises_and_says_what_it_could_not_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Scene) -> None:
        raise KeyError("x")

    monkeypatch.setattr(ci, "glance", broken)
    monkeypatch.setattr(start, "is_stage", lambda _: False)
    (shot,) = start.glance(tmp_path, {})
    assert (shot.guard, shot.pulse, shot.why) == ("ci", Pulse.DEAD, "could not be looked at: KeyError")


def test_a_folder_that_is_not_trusted_may_end_with_a_slash(tmp_path: Path) -> None:
    (tmp_path / ".gemini").mkdir()
    (tmp_path / ".gemini/trustedFolders.json").write_text(f'{{"{tmp_path}/": "DO_NOT_TRUST"}}')
    found = list(switches._distrusted(Scene(tmp_path, {"HOME": str(tmp_path)})))
    assert len(found) == 1


@pytest.mark.parametrize(
    "matcher", ["(a+)+$", "a" * 501, "a{99999999999999999999}", "a*a*a*a*a*a*a*", "[", "(?i)Bash", "\\d"]
)
def test_a_matcher_that_could_take_long_sees_nothing(matcher: str) -> None:
    assert not sees(matcher, "a" * 60 + "!")


def test_a_plain_matchersees() -> None:
    assert sees("Write|Bash|mcp__.*", "Bash")
    assert sees("Write|Bash|mcp__.*", "mcp__x__y")
    assert not sees("Write", "Bash")


def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "settings.json")
    for path in (tmp_path / "settings.json", tmp_path):
        with pytest.raises(OSError, match="no regular file"):
            contents(path)
    assert contents(tmp_path / "none") is None


@pytest.mark.parametrize(
    "text",
    [
        "repos: 5", "repos: [5]", "repos: [{hooks: 5}]", "pre-commit: {jobs: 5}", "pre-commit: {commands: 5, jobs: [1]}",
        BOMB + "repos: [{hooks: [{id: *j, name: *j, entry: *j}]}]",
        BOMB + "repos: [{hooks: [{id: clearance, entry: *j}]}]",
        BOMB + "repos: [{hooks: [{id: clearance, stages: *j}]}]",
    ],
)  # fmt: skip
def test_a_configuration_of_any_shape_is_judged(text: str) -> None:
    found = line_in_config(Hook(Path("x"), "x", "pre-commit"), text.encode())
    assert isinstance(found, Fault) or program_by("{program} check --staged", found) is None


@pytest.mark.parametrize(
    "text",
    [
        "jobs: 5", "jobs: {a: {steps: 5}}",
        BOMB + "on: *j\njobs: {a: {if: *j, steps: [{uses: *j}, {run: clearance check, if: *j}]}}",
        BOMB + "on: {pull_request: {branches: *j}}\njobs: {a: {steps: [{run: clearance check}]}}",
        BOMB + "x: {script: clearance check, when: *j, rules: 5, variables: {GIT_DEPTH: *j}}",
        BOMB + "x: {script: clearance check, allow_failure: {exit_codes: *j}}",
        BOMB + "x: {script: clearance check, when: [1], rules: [{when: *j}]}",
    ],
)  # fmt: skip
def test_a_pipeline_of_any_shape_is_judged(text: str, tmp_path: Path) -> None:
    import yaml

    value = yaml.safe_load(text)
    scene = Scene(tmp_path, {})
    assert ci_github.faulty(value, "x", scene=scene) is not None
    assert ci_gitlab.faulty(value, "x", scene=scene) is not None


def test_of_a_foreign_line_no_value_is_told() -> None:
    assert begins("curl -H 'Bearer s3cret'") == "curl"
    assert begins("TOKEN=s3cret x") == "TOKEN=…"
    assert begins("") == "nothing"
    assert len(begins("x" * 500)) == 60
    script = b"#!/bin/sh\nTOKEN=s3cret curl x\n# >>> other\n"
    found = pre_commit._line_in_script(Hook(Path("x"), "x", "git"), script)
    assert "s3cret" not in str(found)


def test_of_a_foreign_server_no_value_is_told(tmp_path: Path) -> None:
    one = assistant("claude-code")
    assert one.mcp is not None
    entry: dict[str, Any] = {"command": "curl", "args": ["s3cret"], "env": {"TOKEN": "s3cret"}}
    fault = _fault(Server(one, "x", entry, ""), [one.mcp.server], Scene(tmp_path, {}))
    assert fault is not None
    assert "command, env differ" in fault[0]
    assert "s3cret" not in str(fault)
    assert _fault(Server(one, "x", {"command": 5, "args": 5}, ""), [one.mcp.server], Scene(tmp_path, {})) is not None
