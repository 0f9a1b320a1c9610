"""Google's Gemini: `POST /v1beta/models/NAME:generateContent` and `:streamGenerateContent`."""

import json
from typing import Any

from assistants_live.steps import Turn


def speaks(path: str) -> bool:
    return path.endswith((":generateContent", ":streamGenerateContent"))


def offered(body: dict[str, Any]) -> list[str]:
    return [
        declared.get("name", "") for group in body.get("tools") or [] for declared in group.get("functionDeclarations") or []
    ]


def told(body: dict[str, Any]) -> list[str]:
    """What the tools answered, in the order of the calls."""
    found = []
    for content in body.get("contents") or []:
        for part in content.get("parts") or []:
            if "functionResponse" in part:
                response = part["functionResponse"].get("response") or {}
                found.append(str(response.get("error") or response.get("output") or response))
    return found


def streams(path: str, body: dict[str, Any]) -> bool:
    return path.endswith(":streamGenerateContent")


def whole(turn: Turn, body: dict[str, Any], number: int) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [{"text": turn.text}] if turn.text else []
    parts += [{"functionCall": {"name": made.tool, "args": made.arguments}} for made in turn.calls]
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 10, "totalTokenCount": 20},
        "modelVersion": "scripted",
        "responseId": f"resp-{number:04}",
    }


def stream(turn: Turn, body: dict[str, Any], number: int) -> str:
    return f"data: {json.dumps(whole(turn, body, number))}\r\n\r\n"
