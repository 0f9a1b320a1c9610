"""Payloads that are no payloads: nothing raises, and nothing that was not judged is allowed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.assistants.model import assistants
from clearance.facts.act import Moment, Ruling
from clearance.facts.decision import Verdict
from clearance.facts.errors import CouldNotLook
from clearance.facts.fact import canonical
from clearance.frontends.hooks.answer import Answer, answer, strictest
from clearance.frontends.hooks.filling import fill
from clearance.frontends.hooks.reading import MOST_BYTES
from frontends.hooks.payloads import HERE, Engine, event_of, payload

EVENTS = [(each.name, event.name) for each in assistants() if each.hooks for event in each.hooks.events]
BLOCKING = [
    (name, event)
    for name, event in EVENTS
    if event_of(name, event).blocks and event_of(name, event).moment is not Moment.STOP
]
IDS = ["-".join(pair) for pair in EVENTS]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
WRITE = {"file_path": "/repo/a.py", "content": "x"}


def allowed(name: str, event: str, given_: Answer) -> bool:
    return given_ == fill(event_of(name, event).answers.allow)


def claude(tool: str, given_: object, **more: object) -> bytes:
    value = {"session_id": "s", "cwd": "/repo", "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": given_}
    return json.dumps({**value, **more}).encode()


@given(data=st.binary(max_size=200), at=st.sampled_from(EVENTS))
def test_no_bytes_raise_and_none_are_allowed_that_were_not_judged(data: bytes, at: tuple[str, str]) -> None:
    name, event = at
    engine = Engine()
    given_ = answer(name, event, data, HERE, {}, engine)
    (act,) = engine.acts
    canonical(act)
    if (name, event) in BLOCKING and act.unread:
        assert not allowed(name, event, given_)


@given(
    value=st.dictionaries(st.sampled_from(["tool_name", "tool_input", "prompt", "cwd", "session_id"]), VALUES),
    at=st.sampled_from(EVENTS),
)
def test_no_json_raises_and_none_is_allowed_that_was_not_understood(value: dict[str, object], at: tuple[str, str]) -> None:
    name, event = at
    engine = Engine()
    given_ = answer(name, event, json.dumps(value).encode(), HERE, {}, engine)
    (act,) = engine.acts
    canonical(act)
    if (name, event) in BLOCKING and act.unread:
        assert not allowed(name, event, given_)


@given(cut=st.integers(0, 400), at=st.sampled_from(["PreToolUse-write", "PreToolUse-bash", "PreToolUse-edit"]))
def test_a_payload_that_was_cut_off_is_denied(cut: int, at: str) -> None:
    whole = payload("claude-code", at).strip()
    given_ = answer("claude-code", "PreToolUse", whole[: min(cut, len(whole) - 1)], HERE, {}, Engine())
    assert json.loads(given_.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"


@pytest.mark.parametrize(
    ("told", "data"),
    [
        ("not JSON", b""),
        ("not UTF-8", b'{"tool_name": "\xff"}'),
        ("not a JSON object", b"[]"),
        ("not a JSON object", b'"Write"'),
        ("one name twice", b'{"tool_name": "Read", "tool_name": "Write", "tool_input": {}}'),
        ("NaN", b'{"tool_name": NaN}'),
        ("nested too deeply", b'{"a":' * 200_000),
        ("too long", b'{"tool_name": ' + b"9" * 5000 + b"}"),
        ("no tool", b'{"tool_name": 7, "tool_input": {}}'),
        ("no tool", b"{}"),
        ("another shape", claude("Write", {"file_path": "/repo/a.py"})),
        ("another shape", claude("Write", {"file_path": "", "content": "x"})),
        ("another shape", claude("Write", {"file_path": ["/repo/a.py"], "content": "x"})),
        ("another shape", claude("Write", "a.py")),
        ("another shape", claude("Write", None)),
        ("another shape", claude("Edit", {"file_path": "a.py", "old_string": 1, "new_string": "x"})),
        ("another shape", claude("Bash", {"command": {"line": "ls"}})),
        ("another shape", claude("Bash", {"command": []})),
        ("of PostToolUse", claude("Write", WRITE, hook_event_name="PostToolUse")),
    ],
)
def test_what_cannot_be_understood_is_denied_and_says_why(told: str, data: bytes) -> None:
    engine = Engine()
    words = json.loads(answer("claude-code", "PreToolUse", data, HERE, {}, engine).stdout)
    assert words["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert told in words["systemMessage"]
    assert "clearance prove" in words["systemMessage"]
    assert engine.acts[0].unread, "the engine records it"


def test_a_payload_over_the_limit_is_denied() -> None:
    data = b'{"tool_name": "Write", "tool_input": {"content": "' + b"x" * MOST_BYTES + b'"}}'
    assert b"larger than 16 MiB" in answer("claude-code", "PreToolUse", data, HERE, {}, Engine()).stdout


def test_a_large_payload_below_the_limit_is_judged() -> None:
    engine = Engine()
    text = "x = 1\n" * 2_000_000
    given_ = answer("claude-code", "PreToolUse", claude("Write", {**WRITE, "content": text}), HERE, {}, engine)
    assert given_ == Answer(0)
    assert engine.acts[0].writes[0].text == text


def test_unknown_fields_and_a_byte_order_mark_change_nothing() -> None:
    engine = Engine()
    data = b"\xef\xbb\xbf" + claude("Write", {**WRITE, "new_field": [1]}, future={"a": 1})
    assert answer("claude-code", "PreToolUse", data, HERE, {}, engine) == Answer(0)
    assert engine.acts[0].writes[0].path == "/repo/a.py"


def test_lone_surrogates_become_what_the_assistant_would_write() -> None:
    engine = Engine()
    data = b'{"tool_name": "Write", "tool_input": {"file_path": "a\\udc80.py", "content": "x\\ud800y"}}'
    answer("claude-code", "PreToolUse", data, HERE, {}, engine)
    assert engine.acts[0].writes[0].path == "a\ufffd.py"
    assert engine.acts[0].writes[0].text == "x\ufffdy"


@pytest.mark.parametrize(
    ("tool", "given_", "seen"),
    [
        ("WriteV2", {"file_path": "a.py", "content": "x"}, "writes"),
        ("Patch", {"file_path": "a.py", "old_string": "a", "new_string": "b"}, "writes"),
        ("SuperShell", {"command": "rm -rf /"}, "command"),
        ("Weather", {"city": "Bonn"}, ""),
    ],
)
def test_a_tool_that_nobody_knows_counts_as_what_its_input_looks_like(tool: str, given_: object, seen: str) -> None:
    engine = Engine()
    answer("claude-code", "PreToolUse", claude(tool, given_), HERE, {}, engine)
    (act,) = engine.acts
    assert act.unread == ""
    assert act.arguments == json.dumps(given_, separators=(",", ":"))
    assert bool(act.writes) == (seen == "writes")
    assert bool(act.command) == (seen == "command")


@pytest.mark.parametrize(
    "error", [RuntimeError("boom\x1b[31m"), MemoryError(), RecursionError(), CouldNotLook("no log"), SystemExit(0)], ids=repr
)
@pytest.mark.parametrize(("name", "event"), BLOCKING, ids=["-".join(pair) for pair in BLOCKING])
def test_an_engine_that_breaks_denies(name: str, event: str, error: BaseException) -> None:
    given_ = answer(name, event, b"{}", HERE, {}, Engine(error))
    assert not allowed(name, event, given_)
    assert b"could not judge" in given_.stdout + given_.stderr
    assert b"\x1b" not in given_.stdout + given_.stderr


@pytest.mark.parametrize(("name", "event"), EVENTS, ids=IDS)
def test_the_strictest_answer_is_json_or_nothing_and_never_an_allow(name: str, event: str) -> None:
    given_ = strictest(name, event, "nobody answered in time")
    assert given_.stdout == b"" or isinstance(json.loads(given_.stdout), dict)
    if event_of(name, event).moment is not Moment.STOP:
        assert not allowed(name, event, given_)
        assert b"nobody answered in time" in given_.stdout + given_.stderr


def test_who_cannot_be_judged_at_the_end_is_held_once_and_then_let_go() -> None:
    broken = Engine(RuntimeError("boom"))
    first = answer("codex", "Stop", b'{"stop_hook_active": false}', HERE, {}, broken)
    assert json.loads(first.stdout)["decision"] == "block"
    second = answer("codex", "Stop", b'{"stop_hook_active": true}', HERE, {}, broken)
    assert set(json.loads(second.stdout)) == {"systemMessage"}


def test_an_unreadable_end_is_held_only_where_the_assistant_lets_go_by_itself() -> None:
    assert b"block" in answer("claude-code", "Stop", b"{", HERE, {}, Engine()).stdout
    assert b"block" not in answer("codex", "Stop", b"{", HERE, {}, Engine()).stdout


@pytest.mark.parametrize(("name", "event"), [("claude-kode", "PreToolUse"), ("codex", "PreTool"), ("zed", "Stop"), ("", "")])
def test_who_and_what_nobody_knows_is_exit_code_2_with_a_reason(name: str, event: str) -> None:
    given_ = answer(name, event, b"{}", HERE, {}, Engine())
    assert (given_.exit, given_.stdout) == (2, b"")
    assert b"denied" in given_.stderr


def test_what_the_engine_says_is_cut_and_its_braces_stay_words() -> None:
    ruling = Ruling(verdict=Verdict.DENY, to_model="{person} " + "x" * 50_000, to_person="p")
    words = json.loads(answer("codex", "PreToolUse", payload("codex", "PreToolUse-bash"), HERE, {}, Engine(ruling)).stdout)
    reason = words["hookSpecificOutput"]["permissionDecisionReason"]
    assert reason.startswith("{person} ")
    assert len(reason) <= 10_000
    assert reason.endswith("(cut)")


def test_a_directory_that_is_none_is_the_one_of_the_hook() -> None:
    for given_, wanted in ((7, "/here"), ("", "/here"), ("sub", "/here/sub"), ("/a/../b", "/b"), ("a\x00b", "/here")):
        engine = Engine()
        answer("claude-code", "PreToolUse", claude("Write", WRITE, cwd=given_), Path("/here"), {}, engine)
        assert engine.acts[0].directory == wanted


PATCH = "*** Begin Patch\n*** Add File: a.py\n+x = 1\n*** End Patch\n"


def codex(tool: str, given_: object) -> bytes:
    value = {"cwd": "/repo", "hook_event_name": "PreToolUse", "tool_name": tool, "tool_input": given_}
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("head", "within", "paths"),
    [
        ("apply_patch <<'EOF'\n", "", ["a.py"]),
        ("apply_patch <<'EOF'\n", "sub", ["sub/a.py"]),
        ("apply_patch <<'EOF'\n", "/else", ["/else/a.py"]),
        ("cd sub && apply_patch <<'EOF'\n", "", ["sub/a.py"]),
        ("cd '/my place' && apply_patch <<'EOF'\n", "sub", ["/my place/a.py"]),
        ("cd one && cd two && apply_patch <<'EOF'\n", "sub", ["sub/one/two/a.py"]),
        ("cd $HOME && apply_patch <<'EOF'\n", "", []),
        ("pushd sub; apply_patch <<'EOF'\n", "", []),
        ("cd -- sub && apply_patch <<'EOF'\n", "", []),
    ],
)
def test_a_patch_in_a_command_is_of_the_folder_that_the_command_runs_in(head: str, within: str, paths: list[str]) -> None:
    engine = Engine()
    given_ = {"command": f"{head}{PATCH}EOF\n"} | ({"workdir": within} if within else {})
    answer("codex", "PreToolUse", codex("Bash", given_), HERE, {}, engine)
    (act,) = engine.acts
    assert [write.path for write in act.writes] == paths
    assert bool(act.unread) == (not paths)


@pytest.mark.parametrize(
    ("tool", "given_"),
    [
        ("Write", {**WRITE, "path": "/repo/b.py"}),
        ("Write", {**WRITE, "file_text": "y"}),
        ("WriteV2", {**WRITE, "file_text": "y"}),
        ("Edit", {"file_path": "a.py", "old_string": "a", "new_string": "b", "new_str": "c"}),
    ],
)
def test_two_names_of_one_field_with_two_values_are_denied(tool: str, given_: dict[str, str]) -> None:
    engine = Engine()
    answer("claude-code", "PreToolUse", claude(tool, given_), HERE, {}, engine)
    assert "one field two values" in engine.acts[0].unread


def test_two_names_of_one_field_with_one_value_and_of_what_is_read_are_fine() -> None:
    for tool, given_ in (("Write", {**WRITE, "path": WRITE["file_path"]}), ("Read", {"file_path": "a.py", "path": "b.py"})):
        engine = Engine()
        answer("claude-code", "PreToolUse", claude(tool, given_), HERE, {}, engine)
        assert engine.acts[0].unread == ""
    assert engine.acts[0].reads == ("a.py", "b.py")


def test_a_tool_that_nobody_knows_and_that_writes_and_runs_is_judged_for_both() -> None:
    engine = Engine()
    answer("claude-code", "PreToolUse", claude("New", {**WRITE, "command": "rm -rf /"}), HERE, {}, engine)
    (act,) = engine.acts
    assert (act.unread, act.command, [write.path for write in act.writes]) == ("", "rm -rf /", ["/repo/a.py"])


def test_the_words_of_an_error_that_is_not_ours_are_not_told() -> None:
    given_ = answer("claude-code", "PreToolUse", claude("Write", WRITE), HERE, {}, Engine(ValueError("hunter2")))
    assert b"hunter2" not in given_.stdout + given_.stderr
    assert b"ValueError" in given_.stdout
