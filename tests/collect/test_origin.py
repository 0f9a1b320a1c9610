"""Who wrote it: a table whose rows read as sentences."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.origin import Words, authorship, read_log
from clearance.facts.actor import ActorKind, Evidence

AGENT, SERVICE, UNKNOWN = ActorKind.AGENT, ActorKind.SERVICE, ActorKind.UNKNOWN


def said(message: str, name: str = "Ada", email: str = "ada@example.org", note: str = "") -> Words:
    return Words(name, email, message, note)


@pytest.mark.parametrize(
    ("words", "name", "kind"),
    [
        (said("x\n\nCo-authored-by: Claude <noreply@anthropic.com>"), "Claude", AGENT),
        (said("x\n\nCo-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>"), "Claude", AGENT),
        (said("x\n\nco-authored-by: Copilot <175728472+Copilot@users.noreply.github.com>"), "Copilot", AGENT),
        (said("x\n\nCo-authored-by: Cursor <cursoragent@cursor.com>"), "Cursor", AGENT),
        (said("x\n\nCo-authored-by: aider (gpt-4o) <aider@aider.chat>"), "aider", AGENT),
        (said("x\n\nCo-authored-by: gemini-cli <x@google.com>"), "Gemini", AGENT),
        (said("x\n\nAssisted-by: Codex CLI"), "Codex", AGENT),
        (said("x\n\nGenerated-by: our own thing v2 <x@y>"), "our own thing v2", AGENT),
        (said("x\n\n\U0001f916 Generated with [Claude Code](https://claude.com/claude-code)"), "Claude", AGENT),
        (said("x", name="Ada (aider)"), "aider", AGENT),
        (said("x", name="copilot-swe-agent[bot]"), "Copilot", AGENT),
        (said("x", name="devin-ai-integration[bot]", email="1+devin@x"), "Devin", AGENT),
        (said("x", name="Cursor Agent", email="cursoragent@cursor.com"), "Cursor", AGENT),
        (said("x", name="dependabot[bot]"), "dependabot[bot]", SERVICE),
        (said("x\n\nCo-authored-by: Claudette Colbert <cc@example.org>"), "unknown", UNKNOWN),
        (said("x\n\nCo-authored-by: Precursor Labs <hi@precursor.example>"), "unknown", UNKNOWN),
        (said("x\n\nCo-authored-by: Bob <bob@example.org>"), "unknown", UNKNOWN),
        (said("x\n\nAssisted-by: none"), "unknown", UNKNOWN),
        (said("We talked about Claude and Cursor.\nThe parser is generated with bison"), "unknown", UNKNOWN),
        (said("plain work"), "unknown", UNKNOWN),
    ],
)
def test_what_a_commit_says(words: Words, name: str, kind: ActorKind) -> None:
    author = authorship(None, [words], {}).author
    assert (author.name, author.kind) == (name, kind)


def note(record: object) -> str:
    return "f.py\n  s_1 1-2\n---\n" + json.dumps(record)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (note({"schema_version": "authorship/3.0.0", "sessions": {"s": {"agent_id": {"tool": "claude"}}}}), "Claude"),
        (note({"schema_version": "authorship/3.0.0", "prompts": {"p": {"agent_id": {"tool": "cursor"}}}}), "Cursor"),
        (note({"schema_version": "authorship/3.0.0", "prompts": {"p": {"agent_id": {"tool": "new-tool"}}}}), "new-tool"),
        (note({"schema_version": "authorship/3.0.0", "humans": {"h_1": {"author": "Ada"}}, "prompts": {}}), "unknown"),
        (note({"schema_version": "other/1", "prompts": {"p": {"agent_id": {"tool": "cursor"}}}}), "unknown"),
        (note([]), "unknown"),
        (note({"schema_version": "authorship/3.0.0", "sessions": [1], "prompts": {"p": {"agent_id": 7}}}), "unknown"),
        ("f.py\n---\n{", "unknown"),
        ("f.py\n---\n" + "[" * 100_000, "unknown"),
        ("no divider", "unknown"),
    ],
)
def test_what_a_note_says(text: str, name: str) -> None:
    assert authorship(None, [said("x", note=text)], {}).author.name == name


@pytest.mark.parametrize(
    ("environment", "name", "detail"),
    [
        ({"CLAUDECODE": "1"}, "Claude", "CLAUDECODE"),
        ({"CURSOR_TRACE_ID": "abc"}, "Cursor", "CURSOR_TRACE_ID"),
        ({"CODEX_SANDBOX": "seatbelt"}, "Codex", "CODEX_SANDBOX"),
        ({"GEMINI_CLI": "1"}, "Gemini", "GEMINI_CLI"),
        ({"OPENCODE": "1"}, "OpenCode", "OPENCODE"),
        ({"AGENT": "goose"}, "goose", "AGENT"),
        ({"CLAUDECODE": "0"}, "unknown", ""),
        ({"CODEX_HOME": "/home/ada/.codex", "AIDER_MODEL": "x", "COPILOT_API_KEY": "x"}, "unknown", ""),
        ({}, "unknown", ""),
    ],
)
def test_what_the_environment_says(environment: dict[str, str], name: str, detail: str) -> None:
    found = authorship(None, [], environment)
    assert (found.author.name, found.detail) == (name, detail)
    assert found.by_ai


def test_the_strongest_evidence_counts() -> None:
    text = note({"schema_version": "authorship/3.0.0", "sessions": {"s": {"agent_id": {"tool": "cursor"}}}})
    words = said("x\n\nCo-authored-by: Claude <c@x>", note=text)
    environment = {"GEMINI_CLI": "1"}
    assert authorship("me", [words], environment).evidence is Evidence.OPTION
    assert authorship(None, [words], environment).evidence is Evidence.GIT_AI_NOTE
    assert authorship(None, [words._replace(note="")], environment).evidence is Evidence.TRAILER
    assert authorship(None, [said("x")], environment).evidence is Evidence.ENVIRONMENT
    assert authorship(None, [said("x")], {}).evidence is Evidence.NONE


@given(st.lists(st.text(), max_size=12), st.dictionaries(st.text(), st.text()))
def test_no_words_break_it_and_none_make_a_person(fields: list[str], environment: dict[str, str]) -> None:
    commits = read_log("\0".join([*fields, ""]).encode("utf-8", "replace"))
    assert authorship(None, commits, environment).author.kind is not ActorKind.PERSON
