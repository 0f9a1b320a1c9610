"""What holds for every assistant's TOML: it is read, it can deny, it answers in time, and its words are what is sent."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from clearance.assistants import model
from clearance.assistants.model import Assistant, Event, Template, assistant, assistants, guarded
from clearance.facts.act import Moment
from clearance.facts.errors import UsageError
from clearance.facts.glob import matcher

FOLDER = Path(model.__file__).parent
EVENTS = [(each, event) for each in assistants() if each.hooks for event in each.hooks.events]
IDS = [f"{each.name}-{event.name}" for each, event in EVENTS]
ANSWERS = ("allow", "deny", "ask", "context")


def templates(event: Event) -> list[tuple[str, Template]]:
    return [(name, found) for name in ANSWERS if (found := getattr(event.answers, name)) is not None]


def test_each_file_is_an_assistant_and_each_assistant_a_file() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == list(model.NAMES)
    assert [each.name for each in assistants()] == list(model.NAMES)


def test_an_unknown_name_names_the_nearest() -> None:
    with pytest.raises(UsageError) as error:
        assistant("claude-kode")
    assert "claude-code" in error.value.next


@pytest.mark.parametrize("each", assistants(), ids=lambda each: each.name)
def test_says_what_it_is_where_that_comes_from_and_what_it_cannot(each: Assistant) -> None:
    assert each.title
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", each.contract)
    assert each.sources
    assert each.limits
    assert all(limit.endswith(".") for limit in each.limits)
    assert each.found.commands or each.found.home or each.found.repository
    assert each.instructions


@pytest.mark.parametrize("each", assistants(), ids=lambda each: each.name)
def test_reads_the_instructions_that_its_formats_write(each: Assistant) -> None:
    from clearance.instruct.format import chosen

    assert {place.format for place in each.instructions} == set(chosen((each.name,)))


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_answers_within_the_time_that_its_settings_grant(each: Assistant, event: Event) -> None:
    assert 0 < event.within <= 270
    if event.timeout:
        assert event.within * 1.1 <= event.timeout


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_can_deny_and_what_it_says_then_holds_the_reason(each: Assistant, event: Event) -> None:
    denied = event.answers.deny
    assert denied != event.answers.allow
    words = json.dumps(denied.stdout or {}) + denied.stderr
    assert "{reason}" in words or "{person}" in words
    if event.blocks and event.moment is not Moment.PROMPT:
        assert "{reason}" in words


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_asks_only_where_it_has_a_question(each: Assistant, event: Event) -> None:
    assert not event.asks or (event.blocks and event.answers.ask is not None and event.moment is Moment.BEFORE)
    if event.answers.ask is not None and event.moment is not Moment.STOP:
        assert event.asks


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_the_words_of_every_answer_are_json_with_known_places_only(each: Assistant, event: Event) -> None:
    for _, template in templates(event):
        text = json.dumps(template.stdout) if template.stdout is not None else ""
        assert template.stdout is None or json.loads(text) == template.stdout
        found = set(re.findall(r"\{(\w+)\}", text + template.stderr))
        assert found <= {"reason", "person", "context"}
        assert template.exit in {0, 2}


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_a_start_or_a_look_back_stops_nothing_and_everything_else_can(each: Assistant, event: Event) -> None:
    assert event.blocks == (event.moment in {Moment.PROMPT, Moment.BEFORE, Moment.STOP})


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_the_installed_line_names_the_program_the_assistant_and_the_event(each: Assistant, event: Event) -> None:
    assert each.hooks is not None
    line = event.command or each.hooks.command
    assert line.startswith("{program} {assistant} {event}")


@pytest.mark.parametrize(("each", "event"), EVENTS, ids=IDS)
def test_where_a_crash_would_let_a_step_happen_the_installed_line_turns_it_into_a_denial(
    each: Assistant, event: Event
) -> None:
    assert each.hooks is not None
    if not event.blocks or event.moment is Moment.STOP:
        return
    # Copilot's prompts are the exception: no exit code denies there, and the limits say so.
    if "allow" in {event.crash, event.other_exit} and event.name != "userPromptSubmitted":
        assert "||" in (event.command or each.hooks.command)


@pytest.mark.parametrize("each", [each for each in assistants() if each.hooks], ids=lambda each: each.name)
def test_judges_writes_and_commands_before_they_happen(each: Assistant) -> None:
    assert each.hooks is not None
    tools = [
        (event, tool)
        for event in each.hooks.events
        if event.moment is Moment.BEFORE
        for tool in (event.tools or each.hooks.tools)
    ]
    does = {tool.does for _, tool in tools}
    assert does & {"write", "edits", "patch"}
    assert "run" in does
    for event, tool in tools:
        payload = event.payload or each.hooks.payload
        assert payload.input, f"{event.name}: {tool.names}"


@pytest.mark.parametrize("each", [each for each in assistants() if each.hooks], ids=lambda each: each.name)
def test_a_matcher_names_every_tool_that_writes_or_runs(each: Assistant) -> None:
    assert each.hooks is not None
    for event in each.hooks.events:
        if not event.matcher or event.moment is not Moment.BEFORE:
            continue
        covered = {"Shell", "Bash"} if each.name == "cursor" else set()  # beforeShellExecution sees these, and can ask
        old = {"shell", "exec_command", "local_shell", "smart_edit"}  # names of older versions, aliased by the program
        for tool in event.tools or each.hooks.tools:
            for name in set(tool.names) - covered - old:
                if tool.does in {"write", "edit", "edits", "notebook", "patch", "run", "delete"}:
                    assert re.fullmatch(event.matcher, name), f"{event.name}: {name}"


@pytest.mark.parametrize("each", [each for each in assistants() if each.hooks], ids=lambda each: each.name)
def test_guards_its_own_settings_in_the_project_at_home_and_of_the_administrator(each: Assistant) -> None:
    assert each.hooks is not None
    fits = matcher(each.guards)
    places = [each.hooks.project, each.hooks.local, each.hooks.managed.get("linux", "").lstrip("/")]
    places += [f"home/dev/{each.hooks.user}" if each.hooks.user else ""]
    for place in filter(None, places):
        assert fits(place), place


def test_the_union_of_guards_covers_each_of_them() -> None:
    fits = matcher(guarded())
    for place in (
        ".claude/settings.json",
        "deep/.codex/hooks.json",
        ".cursor/hooks.json",
        "home/dev/.gemini/settings.json",
        ".github/hooks/clearance.json",
        ".windsurf/hooks.json",
        ".opencode/plugin/clearance.js",
        "etc/github-copilot/policy.d/clearance.json",
    ):
        assert fits(place), place
    for free in ("src/app.py", "README.md", ".github/workflows/ci.yml", "package.json"):
        assert not fits(free), free


def test_codex_is_told_of_a_denied_tool_what_its_reader_takes_and_nothing_else() -> None:
    event = next(event for each, event in EVENTS if each.name == "codex" and event.name == "PreToolUse")
    assert event.answers.deny.stdout == {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": "{reason}",
        }
    }
    assert event.answers.allow == Template()
    assert event.answers.context is None
    assert not event.asks


@pytest.mark.parametrize("name", ["claude-code", "codex", "gemini-cli", "copilot-cli", "copilot-agent"])
def test_an_allowed_tool_gets_no_answer_where_one_would_skip_the_persons_own_rules(name: str) -> None:
    for each, event in EVENTS:
        if each.name == name and event.moment is Moment.BEFORE:
            assert event.answers.allow == Template()
            assert event.answers.context is None or "ermission" not in json.dumps(event.answers.context.stdout).replace(
                "hookEventName", ""
            )


def test_servers_of_ours_are_started_by_the_program_that_init_names() -> None:
    for each in assistants():
        if each.mcp:
            assert "{clearance}" in json.dumps(each.mcp.server)
            assert "mcp" in json.dumps(each.mcp.server)


def run(line: str, payload: bytes) -> "subprocess.CompletedProcess[bytes]":
    """Run an installed line as an assistant does, in a shell."""
    around = {**os.environ, "LINE": line}
    return subprocess.run(
        ["sh", "-c", 'eval "$LINE"'], input=payload, capture_output=True, check=False, timeout=60, env=around
    )


@pytest.mark.system("sh")
@pytest.mark.parametrize("body", [None, "exit 1", "exit 3", "kill -9 $$"], ids=["missing", "1", "3", "killed"])
@pytest.mark.parametrize(
    "line",
    sorted({event.command or each.hooks.command for each, event in EVENTS if each.hooks and "||" in each.hooks.command}),
)
def test_the_installed_line_denies_when_the_program_is_missing_or_dies(line: str, body: str | None, tmp_path: Path) -> None:
    if "||" not in line:
        return  # a start or an end, where a dead program must not hold anybody
    program = tmp_path / "clearance-hook"
    if body is not None:
        program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
    for name, text in (("{program}", str(program)), ("{assistant}", "a"), ("{event}", "e")):
        line = line.replace(name, text)
    done = run(line, b"{}")
    if done.returncode == 0:
        assert json.loads(done.stdout)["decision"] == "deny"
    else:
        assert done.returncode == 2
        assert b"clearance prove" in done.stderr
        assert done.stdout == b""


@pytest.mark.system("sh")
def test_the_installed_line_gives_an_answer_of_the_program_on_as_it_is(tmp_path: Path) -> None:
    program = tmp_path / "clearance-hook"
    program.write_text('#!/bin/sh\ncat\nprintf "%s %s" "$1" "$2" >&2\n', encoding="utf-8")
    program.chmod(0o755)
    hooks = assistant("codex").hooks
    assert hooks is not None
    line = hooks.command.replace("{program}", str(program)).replace("{assistant}", "codex").replace("{event}", "Stop")
    done = run(line, b'{"a": 1}')
    assert (done.returncode, done.stdout, done.stderr) == (0, b'{"a": 1}', b"codex Stop")
