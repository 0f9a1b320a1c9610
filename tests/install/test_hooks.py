"""Each assistant's hooks stand in its own form, are read back as they were written, and are told from those of others."""

import json
from functools import partial

import pytest

from clearance.assistants.model import Assistant, assistant, assistants
from clearance.install import hooks
from clearance.install.manifest import Held
from clearance.install.pieces import Entries

WITH_JSON = [one for one in assistants() if one.hooks and not one.hooks.plugin]
PROGRAMS = ["clearance-hook", "/opt/my tools/it's/clearance-hook"]


def piece(one: Assistant, program: str = "clearance-hook") -> Entries:
    return Entries("hooks", hooks.entries(one, program), partial(hooks.ours_in, one), hooks.seed(one))


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("one", WITH_JSON, ids=lambda one: one.name)
def test_what_is_wanted_is_what_is_found(one: Assistant, program: str) -> None:
    put = piece(one, program).put(None, "x", Held(path="x", parts={}))
    found = hooks.installed(one, put.data)
    wanted = hooks.wanted(one, program)
    assert [(hook.event, hook.command) for hook in found] == [(hook.event, hook.command) for hook in wanted]
    assert all(hook.ours for hook in found)
    for got, want in zip(found, wanted, strict=True):
        assert got.timeout in {want.timeout, 0}
        assert got.matcher in {want.matcher, ""}
    assert piece(one, program).put(put.data, "x", put.held).data == put.data
    assert piece(one, program).take(put.data, "x", put.held).data is None


@pytest.mark.parametrize("one", WITH_JSON, ids=lambda one: one.name)
def test_hooks_of_other_assistants_in_one_file_are_not_ours(one: Assistant) -> None:
    put = piece(one).put(None, "x", Held(path="x", parts={}))
    for other in WITH_JSON:
        if other.name != one.name:
            assert not any(hook.ours for hook in hooks.installed(other, put.data))


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        ("clearance-hook claude-code PreToolUse || exit 2", True),
        ("/usr/lcoal/bin/clearance-hook claude-code PreToolUse", True),
        ("clearance-hok claude-code PreToolUse || exit 2", True),
        ("'/opt/my tools/clearance-hook' claude-code Stop", True),
        ("clearance hook claude-code Stop", True),
        ("clearence-hook claude-code PreToolUse || exit 2", True),
        ("/usr/bin/claerance-hook claude-code PreToolUse", True),
        ("clearance-hook claude-code-router Stop", False),
        ("clearance check --staged", False),
        ("npm run clearance", False),
        ("./hooks/lint.sh claude-code", False),
    ],
)
def test_ours_is_known_by_its_line_also_with_a_typo(line: str, *, ours: bool) -> None:
    assert hooks.is_ours(assistant("claude-code"), line) is ours


def test_a_handler_of_ours_in_a_group_of_somebody_else_goes_alone() -> None:
    one = assistant("claude-code")
    theirs = {"type": "command", "command": "lint"}
    old = {"type": "command", "command": "clearance-hook claude-code Stop", "timeout": 1}
    text = json.dumps({"hooks": {"Stop": [{"hooks": [theirs, old]}]}})
    put = piece(one).put(text.encode(), "x", Held(path="x", parts={}))
    assert put.edited
    assert json.loads(put.data)["hooks"]["Stop"][0] == {"hooks": [theirs]}
    left = piece(one).take(put.data, "x", put.held).data
    assert left is not None
    assert json.loads(left) == {"hooks": {"Stop": [{"hooks": [theirs]}]}}


@pytest.mark.parametrize(
    "value",
    [
        '{"hooks": 3}',
        '{"hooks": {"Stop": 1, "X": [3, null, {"hooks": 4}, {"hooks": [7]}]}}',
        "[]",
        "7",
        "",
        '{"hooks": {"Stop": [{"matcher": 5}]}}',
    ],
)
def test_strange_settings_are_read_without_a_crash(value: str) -> None:
    for one in WITH_JSON:
        assert not any(hook.ours for hook in hooks.installed(one, value.encode()))


def test_times_stand_in_the_unit_of_the_assistant() -> None:
    one = assistant("gemini-cli")
    put = piece(one).put(None, "x", Held(path="x", parts={}))
    group = next(iter(json.loads(put.data)["hooks"].values()))[0]["hooks"][0]
    assert group["timeout"] == 1000 * hooks.wanted(one, "x")[0].timeout
    assert hooks.installed(one, put.data)[0].timeout == hooks.wanted(one, "x")[0].timeout
