"""OpenAI's Responses: `POST …/responses`, as events."""

import json
from typing import Any

from assistants_live.steps import Turn


def speaks(path: str) -> bool:
    return path.endswith("/responses")


def offered(body: dict[str, Any]) -> list[str]:
    return list(_kinds(body))


def streams(path: str, body: dict[str, Any]) -> bool:
    return bool(body.get("stream"))


def told(body: dict[str, Any]) -> list[str]:
    """What the tools answered, in the order of the calls."""
    found = []
    for item in body.get("input") or []:
        if item.get("type") == "tool_search_output":
            found.append(json.dumps(item.get("tools")))
        elif item.get("type", "").endswith("_output"):
            output = item.get("output")
            found.append("\n".join(part.get("text", "") for part in output) if isinstance(output, list) else str(output))
    return found


def _kinds(body: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Name of the tool -> its kind and, where it stands in one, its name space. Tools that a search found stand in the
    search's result."""
    found = {}
    tools = list(body.get("tools") or [])
    for item in body.get("input") or []:
        if isinstance(item, dict) and item.get("type") == "tool_search_output":
            tools += item.get("tools") or []
    for tool in tools:
        if tool.get("type") == "namespace":
            for inner in tool.get("tools", []):
                found[f"{tool['name']}__{inner['name']}"] = ("function", tool["name"])
        else:
            found[tool.get("name") or tool.get("type", "")] = (tool.get("type", "function"), "")
    return found


def _items(turn: Turn, body: dict[str, Any], number: int) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    kinds = _kinds(body)
    if turn.text:
        items.append(
            {
                "type": "message",
                "id": f"msg_{number:04}",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": turn.text, "annotations": []}],
            }
        )
    for at, made in enumerate(turn.calls):
        kind, space = kinds.get(made.tool, ("function", ""))
        mark = f"call_{number:04}{at:02}"
        common = {"call_id": mark, "status": "completed"}
        if kind == "custom":  # its input is plain text
            items.append({"type": "custom_tool_call", "id": f"ctc_{mark}", **common, "name": made.tool, **made.arguments})
        elif kind == "tool_search":
            more = {"execution": "client", "arguments": made.arguments}
            items.append({"type": "tool_search_call", "id": f"tsc_{mark}", **common, **more})
        else:
            given = {
                "name": made.tool.removeprefix(f"{space}__") if space else made.tool,
                "arguments": json.dumps(made.arguments),
            }
            named = {"namespace": space} if space else {}
            items.append({"type": "function_call", "id": f"fc_{mark}", **common, **given, **named})
    return items


def whole(turn: Turn, body: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": f"resp_{number:04}",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": body.get("model", "scripted"),
        "output": _items(turn, body, number),
        "usage": {
            "input_tokens": 10,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 20,
        },
    }


def stream(turn: Turn, body: dict[str, Any], number: int) -> str:
    response = whole(turn, body, number)
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
    ]
    for at, item in enumerate(response["output"]):
        events.append({"type": "response.output_item.added", "output_index": at, "item": item})
        if item["type"] == "message":
            events.append(
                {
                    "type": "response.output_text.delta",
                    "output_index": at,
                    "content_index": 0,
                    "item_id": item["id"],
                    "delta": item["content"][0]["text"],
                }
            )
        events.append({"type": "response.output_item.done", "output_index": at, "item": item})
    events.append({"type": "response.completed", "response": response})
    return "".join(
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': at})}\n\n"
        for at, event in enumerate(events)
    )
