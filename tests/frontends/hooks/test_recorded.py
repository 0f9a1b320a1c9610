"""What the real programs send, as acts; and what they are told."""

import json
from typing import Any

import pytest

from clearance.assistants.model import assistants
from clearance.facts.act import Moment, Replacement, Ruling, Write
from clearance.facts.decision import Verdict
from clearance.frontends.hooks.answer import answer
from frontends.hooks.payloads import HERE, Engine, act_of, event_of, payload, recorded

SAID = Ruling(verdict=Verdict.DENY, to_model="what is wrong and what to do", to_person="a line for a person")
NEW = (Write(path="/repo/app.py", text="print(1)\n"),)
MENDED = (Write(path="/repo/app.py", edits=(Replacement(old="print(1)", new="print(2)"),)),)
PATCHED = (Write(path="app.py", text="print(1)\n"),)


@pytest.mark.parametrize(("name", "stem"), recorded(), ids="/".join)
def test_every_recorded_payload_is_understood(name: str, stem: str) -> None:
    act = act_of(name, stem)
    assert act.unread == ""
    assert act.session
    told = b'"/repo' in payload(name, stem) or b'"/workspace' in payload(name, stem)
    assert act.directory in ({"/repo", "/workspace"} if told and stem != "pre_write_code" else {str(HERE)})
    if act.moment is Moment.BEFORE:
        assert act.tool
        assert act.command or act.writes or act.arguments or act.reads
    if act.moment is Moment.PROMPT:
        assert act.prompt.strip('"') == "write app.py"


def test_every_event_of_every_contract_has_a_recorded_payload() -> None:
    seen = {(name, stem.removeprefix("event.").partition("-")[0]) for name, stem in recorded()}
    wanted = {(each.name, event.name) for each in assistants() if each.hooks for event in each.hooks.events}
    assert wanted == seen


@pytest.mark.parametrize(
    ("name", "stem", "writes"),
    [
        ("claude-code", "PreToolUse-write", NEW),
        ("claude-code", "PreToolUse-edit", MENDED),
        ("codex", "PreToolUse-apply_patch", PATCHED),
        ("gemini-cli", "BeforeTool-write_file", NEW),
        ("gemini-cli", "BeforeTool-replace", MENDED),
        ("copilot-cli", "preToolUse-create", NEW),
        ("copilot-cli", "preToolUse-edit", MENDED),
        ("copilot-cli", "preToolUse-apply_patch", PATCHED),
        ("opencode", "tool.execute.before-write", NEW),
        ("opencode", "tool.execute.before-edit", MENDED),
        ("cursor", "preToolUse-write", NEW),
        ("cursor", "preToolUse-write-contents", NEW),
        ("cursor", "preToolUse-strreplace", MENDED),
        ("cursor", "preToolUse-delete", (Write(path="/repo/app.py", gone=True),)),
        ("windsurf", "pre_write_code", MENDED),
        ("antigravity", "PreToolUse-write_to_file", NEW),
        ("antigravity", "PreToolUse-replace_file_content", MENDED),
    ],
)
def test_a_write_is_seen_as_the_tool_will_do_it(name: str, stem: str, writes: tuple[Write, ...]) -> None:
    assert act_of(name, stem).writes == writes


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("claude-code", "PreToolUse-bash"),
        ("codex", "PreToolUse-bash"),
        ("gemini-cli", "BeforeTool-run_shell_command"),
        ("copilot-cli", "preToolUse-bash"),
        ("copilot-agent", "preToolUse-bash"),
        ("opencode", "tool.execute.before-bash"),
        ("cursor", "beforeShellExecution"),
        ("windsurf", "pre_run_command"),
    ],
)
def test_a_command_is_the_line_that_will_run(name: str, stem: str) -> None:
    act = act_of(name, stem)
    assert act.command == "echo hi"
    assert act.writes == ()


def test_a_command_in_a_folder_of_its_own_is_judged_from_there() -> None:
    assert act_of("cursor", "preToolUse-shell").command == "cd /repo/sub && echo hi"
    assert act_of("antigravity", "PreToolUse-run_command").command == "cd /repo && echo hi"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("claude-code", "PreToolUse-mcp__demo__echo"),
        ("gemini-cli", "BeforeTool-mcp_demo_echo"),
        ("copilot-cli", "preToolUse-demo-echo"),
        ("opencode", "tool.execute.before-demo_echo"),
        ("cursor", "beforeMCPExecution"),
        ("windsurf", "pre_mcp_tool_use"),
    ],
)
def test_what_goes_to_a_server_is_its_arguments(name: str, stem: str) -> None:
    assert act_of(name, stem).arguments == '{"text":"hello"}'


def test_a_patch_in_a_shells_heredoc_is_a_command_and_a_write() -> None:
    act = act_of("codex", "PreToolUse-bash-apply_patch")
    assert act.command.startswith("apply_patch <<")
    assert act.writes == (Write(path="viashell.py", text="print(3)\n"),)


def test_a_cell_of_a_notebook_is_judged_as_a_notebook() -> None:
    (write,) = act_of("claude-code", "PreToolUse-notebookedit").writes
    assert write.path == "/repo/n.ipynb"
    assert json.loads(write.text or "")["cells"][0]["source"] == "print(3)"


def test_the_hooks_of_claude_code_understand_copilot_which_runs_them_too() -> None:
    from clearance.assistants.model import assistant
    from clearance.frontends.hooks.decode import decode

    hooks = assistant("claude-code").hooks
    assert hooks is not None
    event = event_of("claude-code", "PreToolUse")
    for stem, writes in (("PreToolUse-Write", NEW), ("PreToolUse-Edit", PATCHED)):
        act = decode("claude-code", hooks, event, payload("copilot-cli", f"pascal-case/{stem}"), HERE)
        assert (act.writes, act.unread) == (writes, "")


def test_an_assistant_that_was_sent_back_says_so() -> None:
    assert not act_of("cursor", "stop").again
    assert act_of("cursor", "stop-again").again
    assert not act_of("claude-code", "Stop").again


def test_an_assistant_that_cannot_say_so_counts_as_sent_back_so_that_it_is_not_held_for_ever() -> None:
    assert act_of("antigravity", "Stop").again


@pytest.mark.parametrize(("name", "stem"), recorded(), ids="/".join)
@pytest.mark.parametrize("verdict", Verdict)
def test_every_answer_is_one_json_object_or_nothing(name: str, stem: str, verdict: Verdict) -> None:
    event = stem.removeprefix("event.").partition("-")[0]
    ruling = Ruling(verdict=verdict, to_model="m", to_person="p", context="c")
    given = answer(name, event, payload(name, stem), HERE, {}, Engine(ruling))
    assert given.stdout == b"" or isinstance(json.loads(given.stdout), dict)
    assert given.exit in {0, 2}
    assert b"{reason}" not in given.stdout + given.stderr


def said(name: str, stem: str, ruling: Ruling) -> Any:
    event = stem.removeprefix("event.").partition("-")[0]
    given = answer(name, event, payload(name, stem), HERE, {}, Engine(ruling))
    return json.loads(given.stdout) if given.stdout else (given.exit, given.stderr.decode())


@pytest.mark.parametrize(
    ("name", "stem", "words"),
    [
        (
            "claude-code",
            "PreToolUse-write",
            {
                "systemMessage": SAID.to_person,
                "hookSpecificOutput": {
                    "hookEventName": "PreToolUse",
                    "permissionDecision": "deny",
                    "permissionDecisionReason": SAID.to_model,
                },
            },
        ),
        (
            "codex",
            "PreToolUse-apply_patch",
            {
                "hookSpecificOutput": {
                    "hookEventName": "PreToolUse",
                    "permissionDecision": "deny",
                    "permissionDecisionReason": SAID.to_model,
                }
            },
        ),
        (
            "gemini-cli",
            "BeforeTool-write_file",
            {"decision": "deny", "reason": SAID.to_model, "systemMessage": SAID.to_person},
        ),
        (
            "copilot-cli",
            "preToolUse-create",
            {"permissionDecision": "deny", "permissionDecisionReason": SAID.to_model},
        ),
        ("opencode", "tool.execute.before-write", {"decision": "deny", "reason": SAID.to_model}),
        (
            "cursor",
            "preToolUse-write",
            {"permission": "deny", "user_message": SAID.to_person, "agent_message": SAID.to_model},
        ),
        ("windsurf", "pre_write_code", (2, SAID.to_model)),
        ("antigravity", "PreToolUse-write_to_file", {"decision": "deny", "reason": SAID.to_model}),
        ("codex", "Stop", {"decision": "block", "reason": SAID.to_model}),
        ("cursor", "stop", {"followup_message": SAID.to_model}),
        ("cursor", "beforeSubmitPrompt", {"continue": False, "user_message": SAID.to_person}),
        ("windsurf", "pre_user_prompt", (2, SAID.to_person)),
        ("copilot-cli", "userPromptSubmitted", {"decision": "block", "reason": SAID.to_person}),
    ],
)
def test_a_denial_in_each_assistants_own_words(name: str, stem: str, words: Any) -> None:
    assert said(name, stem, SAID) == words


@pytest.mark.parametrize(
    ("name", "stem", "field", "word"),
    [
        ("claude-code", "PreToolUse-bash", ("hookSpecificOutput", "permissionDecision"), "ask"),
        ("copilot-cli", "preToolUse-bash", ("permissionDecision",), "ask"),
        ("cursor", "beforeShellExecution", ("permission",), "ask"),
        ("antigravity", "PreToolUse-run_command", ("decision",), "force_ask"),
    ],
)
def test_a_question_reaches_a_person_where_the_assistant_has_one(
    name: str, stem: str, field: tuple[str, ...], word: str
) -> None:
    words = said(name, stem, Ruling(verdict=Verdict.ASK, to_model="m", to_person="p"))
    for step in field:
        words = words[step]
    assert words == word


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("codex", "PreToolUse-bash"),
        ("gemini-cli", "BeforeTool-run_shell_command"),
        ("copilot-agent", "preToolUse-bash"),
        ("opencode", "tool.execute.before-bash"),
        ("cursor", "preToolUse-write"),
        ("windsurf", "pre_run_command"),
    ],
)
def test_elsewhere_a_question_becomes_a_denial_that_says_what_a_person_can_do(name: str, stem: str) -> None:
    text = str(said(name, stem, Ruling(verdict=Verdict.ASK, to_model="a push goes to others", to_person="p")))
    assert "a person's yes" in text
    assert "a push goes to others" in text
    assert "Tell the person" in text
    assert "deny" in text or text.startswith("(2,")


def test_a_prompt_that_needs_a_yes_is_not_sent_and_says_what_to_do() -> None:
    words = said("claude-code", "UserPromptSubmit", Ruling(verdict=Verdict.ASK, to_person="line 1: a token"))
    assert words["decision"] == "block"
    assert "line 1: a token" in words["reason"]
    assert "Send it again without" in words["reason"]
    assert words["hookSpecificOutput"]["suppressOriginalPrompt"] is True


@pytest.mark.parametrize("name", ["claude-code", "codex"])
def test_a_need_for_review_at_the_end_is_shown_and_does_not_hold_the_model(name: str) -> None:
    assert said(name, "Stop", Ruling(verdict=Verdict.ASK, to_person="two people must look")) == {
        "systemMessage": "two people must look"
    }


def test_what_an_allowed_start_has_to_say_reaches_model_and_person() -> None:
    words = said("claude-code", "SessionStart", Ruling(verdict=Verdict.ALLOW, context="for it", to_person="for you"))
    assert words["systemMessage"] == "for you"
    assert words["hookSpecificOutput"]["additionalContext"] == "for it"
    assert said("claude-code", "SessionStart", Ruling(verdict=Verdict.ALLOW)) == (0, "")


def test_what_nobody_said_is_left_out() -> None:
    words = said("claude-code", "SessionStart", Ruling(verdict=Verdict.ALLOW, context="for it"))
    assert "systemMessage" not in words
