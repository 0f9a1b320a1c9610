"""The scripted model itself: each interface says the turns in their order, and keeps what it was asked."""

import json
import urllib.request
from typing import Any

import pytest

from assistants_live.server import ScriptedModel
from assistants_live.steps import call, say

SCRIPT = (call("write", path="a.py", text='x = "é\n"'), say("Ready."))
FUNCTION = {"name": "write", "parameters": {"type": "object"}}
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "messages": ("/v1/messages?beta=true", {"tools": [{"name": "write"}], "stream": True}),
    "responses": ("/v1/responses", {"tools": [{"type": "function", "name": "write"}], "stream": True}),
    "chat": ("/v1/chat/completions", {"tools": [{"type": "function", "function": FUNCTION}], "stream": True}),
    "gemini": ("/v1beta/models/x:streamGenerateContent?alt=sse", {"tools": [{"functionDeclarations": [FUNCTION]}]}),
}


def ask(model: ScriptedModel, path: str, body: dict[str, Any] | None) -> str:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(model.address + path, data=data)  # noqa: S310, it is on loopback
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return str(answer.read().decode())


def said(stream: str) -> str:
    """All strings of all events, as one text."""
    found, waiting = [], [json.loads(line[5:]) for line in stream.splitlines() if line.startswith("data: {")]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            waiting[:0] = list(one.values())
        elif isinstance(one, list):
            waiting[:0] = one
    return "\n".join(found)


@pytest.mark.parametrize("wire", ASKED)
def test_each_interface_says_the_turns_in_order_and_then_that_it_is_done(wire: str) -> None:
    path, body = ASKED[wire]
    with ScriptedModel(SCRIPT) as model:
        first, second, third = (said(ask(model, path, body)) for _ in range(3))
        assert "write" in first
        assert "a.py" in first
        assert "Ready." in second
        assert "Done." in third
        assert [(request.wire, request.turn) for request in model.asked] == [(wire, 0), (wire, 1), (wire, 2)]
        assert model.asked[0].offered() == ["write"]


@pytest.mark.parametrize("wire", ASKED)
def test_what_offers_no_tools_takes_no_turn_of_the_script(wire: str) -> None:
    path, body = ASKED[wire]
    with ScriptedModel(SCRIPT) as model:
        assert "A short text." in said(ask(model, path, {**body, "tools": []}))
        assert "a.py" in said(ask(model, path, body))
        assert [request.turn for request in model.requests] == [-1, 0]


def test_whole_answers_are_what_the_streams_say() -> None:
    with ScriptedModel(SCRIPT * 3) as model:
        messages = json.loads(ask(model, "/v1/messages", {"tools": [{"name": "write"}]}))
        assert messages["content"][0]["input"] == {"path": "a.py", "text": 'x = "é\n"'}
        assert json.loads(ask(model, "/v1/chat/completions", ASKED["chat"][1] | {"stream": False}))["choices"][0][
            "message"
        ] == {
            "role": "assistant",
            "content": "Ready.",
        }
        part = json.loads(ask(model, "/v1beta/models/x:generateContent", ASKED["gemini"][1]))["candidates"][0]["content"][
            "parts"
        ]
        assert part == [{"functionCall": {"name": "write", "args": {"path": "a.py", "text": 'x = "é\n"'}}}]


def test_tools_of_a_name_space_and_those_that_a_search_found_are_called_there() -> None:
    space = {"type": "namespace", "name": "mcp__clearance", "tools": [{"type": "function", "name": "explain"}]}
    found = {"type": "tool_search_output", "tools": [space]}
    body = {"tools": [{"type": "tool_search"}], "input": [found], "stream": True}
    with ScriptedModel([call("tool_search", query="explain"), call("mcp__clearance__explain", finding="x")]) as model:
        assert "tool_search_call" in ask(model, "/v1/responses", body)
        last = json.loads(ask(model, "/v1/responses", body).split("data: ")[-1])["response"]["output"][0]
        assert (last["name"], last["namespace"]) == ("explain", "mcp__clearance")


def test_tools_that_take_plain_text_get_it() -> None:
    patch = "*** Begin Patch\n*** End Patch"
    chat = {"tools": [{"type": "custom", "custom": {"name": "apply_patch"}}]}
    responses = {"tools": [{"type": "custom", "name": "apply_patch"}]}
    with ScriptedModel([call("apply_patch", input=patch)] * 2) as model:
        made = json.loads(ask(model, "/v1/chat/completions", chat))["choices"][0]["message"]["tool_calls"][0]
        assert made["custom"] == {"name": "apply_patch", "input": patch}
        assert json.loads(ask(model, "/v1/responses", responses))["output"][0]["input"] == patch


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("/v1/messages", {"messages": [{"content": [{"type": "tool_result", "content": [{"text": "no"}]}]}]}, ["no"]),
        ("/v1/responses", {"input": [{"type": "custom_tool_call_output", "output": "no"}, {"type": "message"}]}, ["no"]),
        (
            "/v1/chat/completions",
            {"messages": [{"role": "user", "content": "x"}, {"role": "tool", "content": "no"}]},
            ["no"],
        ),
        (
            "/v1beta/models/x:generateContent",
            {"contents": [{"parts": [{"functionResponse": {"response": {"error": "no"}}}]}]},
            ["no"],
        ),
    ],
)
def test_what_the_tools_answered_is_found_in_each_interface(path: str, body: dict[str, Any], told: list[str]) -> None:
    with ScriptedModel() as model:
        ask(model, path, body)
        assert model.requests[0].told() == told
        assert "no" in model.requests[0].text()


def test_what_is_asked_beside_is_answered_and_kept() -> None:
    with ScriptedModel() as model:
        assert json.loads(ask(model, "/v1/models", None))["data"][0]["id"] == "scripted"
        assert json.loads(ask(model, "/v1/messages/count_tokens", {}))["input_tokens"] == 10
        assert [(request.wire, request.method) for request in model.requests] == [("", "GET"), ("", "POST")]
