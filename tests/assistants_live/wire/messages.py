"""Anthropic's Messages: `POST /v1/messages`, as one JSON object or as events."""

import json
from typing import Any

from assistants_live.steps import Turn


def speaks(path: str) -> bool:
    return path.endswith("/v1/messages")


def offered(body: dict[str, Any]) -> list[str]:
    return [tool.get("name", "") for tool in body.get("tools") or []]


def streams(path: str, body: dict[str, Any]) -> bool:
    return bool(body.get("stream"))


def told(body: dict[str, Any]) -> list[str]:
    """What the tools answered, in the order of the calls."""
    contents = [message.get("content") for message in body.get("messages") or []]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return [_text(block.get("content")) for block in blocks if block.get("type") == "tool_result"]


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content)
    return str(content)


def _blocks(turn: Turn, number: int) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text else []
    blocks += [
        {"type": "tool_use", "id": f"toolu_{number:04}{at:02}", "name": made.tool, "input": made.arguments}
        for at, made in enumerate(turn.calls)
    ]
    return blocks


def whole(turn: Turn, body: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": f"msg_{number:04}",
        "type": "message",
        "role": "assistant",
        "model": body.get("model", "scripted"),
        "content": _blocks(turn, number),
        "stop_reason": "tool_use" if turn.calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 10},
    }


def stream(turn: Turn, body: dict[str, Any], number: int) -> str:
    message = whole(turn, body, number)
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
    ]
    for at, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events += [
            {"type": "content_block_start", "index": at, "content_block": empty},
            {"type": "content_block_delta", "index": at, "delta": delta},
            {"type": "content_block_stop", "index": at},
        ]
    events += [
        {
            "type": "message_delta",
            "delta": {"stop_reason": message["stop_reason"], "stop_sequence": None},
            "usage": {"output_tokens": 10},
        },
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
