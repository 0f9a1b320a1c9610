"""OpenAI's Chat Completions: `POST …/chat/completions`, as one JSON object or as events."""

import json
from typing import Any

from assistants_live.steps import Turn


def speaks(path: str) -> bool:
    return path.endswith("/chat/completions")


def offered(body: dict[str, Any]) -> list[str]:
    return list(_kinds(body))


def told(body: dict[str, Any]) -> list[str]:
    """What the tools answered, in the order of the calls."""
    found = []
    for message in body.get("messages") or []:
        if message.get("role") == "tool":
            content = message.get("content")
            found.append("\n".join(part.get("text", "") for part in content) if isinstance(content, list) else str(content))
    return found


def _kinds(body: dict[str, Any]) -> dict[str, str]:
    """Name of the tool -> `function` or `custom` (its input is plain text)."""
    kinds = {}
    for tool in body.get("tools") or []:
        kind = tool.get("type", "function")
        kinds[(tool.get(kind) or {}).get("name", "")] = kind
    return kinds


def streams(path: str, body: dict[str, Any]) -> bool:
    return bool(body.get("stream"))


def _calls(turn: Turn, body: dict[str, Any], number: int) -> list[dict[str, Any]]:
    kinds = _kinds(body)
    calls = []
    for at, made in enumerate(turn.calls):
        head = {"index": at, "id": f"call_{number:04}{at:02}"}
        if kinds.get(made.tool) == "custom":
            calls.append({**head, "type": "custom", "custom": {"name": made.tool, "input": made.arguments["input"]}})
        else:
            given = {"name": made.tool, "arguments": json.dumps(made.arguments)}
            calls.append({**head, "type": "function", "function": given})
    return calls


_USAGE = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}


def whole(turn: Turn, body: dict[str, Any], number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        message["tool_calls"] = _calls(turn, body, number)
    reason = "tool_calls" if turn.calls else "stop"
    return {
        "id": f"chatcmpl-{number:04}",
        "object": "chat.completion",
        "created": 1,
        "model": body.get("model", "scripted"),
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": _USAGE,
    }


def stream(turn: Turn, body: dict[str, Any], number: int) -> str:
    head = {
        "id": f"chatcmpl-{number:04}",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": body.get("model", "scripted"),
    }
    delta: dict[str, Any] = {"role": "assistant", "content": turn.text or ""}
    if turn.calls:
        delta["tool_calls"] = _calls(turn, body, number)
    chunks = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls" if turn.calls else "stop"}]},
        {**head, "choices": [], "usage": _USAGE},
    ]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
