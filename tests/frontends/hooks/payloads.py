"""Recorded payloads, and a stand-in for the engine that remembers what it was asked."""

import json
from pathlib import Path
from typing import Any

from clearance.assistants.model import Event, assistant, assistants
from clearance.facts.act import Act, Ruling
from clearance.facts.decision import Verdict
from clearance.frontends.hooks.decode import decode

RECORDED = Path(__file__).parent / "recorded"
HERE = Path("/here")


class Engine:
    """Gives the same ruling to every act, or raises what it was given."""

    def __init__(self, ruling: Ruling | Verdict | BaseException = Verdict.ALLOW) -> None:
        self.ruling = Ruling(verdict=ruling) if isinstance(ruling, Verdict) else ruling
        self.acts: list[Act] = []

    def judge(self, act: Act) -> Ruling:
        self.acts.append(act)
        if isinstance(self.ruling, BaseException):
            raise self.ruling
        return self.ruling


def event_of(name: str, event: str) -> Event:
    hooks = assistant(name).hooks
    assert hooks is not None
    found = hooks.event(event)
    assert found is not None
    return found


def payload(name: str, stem: str) -> bytes:
    """A recorded payload. What OpenCode gives its plugins becomes what our plugin sends."""
    data = (RECORDED / name / f"{stem}.json").read_bytes()
    return json.dumps(_sent(stem, json.loads(data))).encode() if name == "opencode" else data


def _sent(stem: str, value: Any) -> dict[str, Any]:
    event = stem.removeprefix("event.").partition("-")[0]
    given, output = value.get("input", {}), value.get("output", {})
    sent: dict[str, Any] = {"event": event, "directory": "/repo", "sessionID": given.get("sessionID", "s")}
    if event.startswith("tool."):
        sent |= {"tool": given["tool"], "args": output.get("args", {})}
    if event == "chat.message":
        sent["prompt"] = "\n".join(part["text"] for part in output["parts"] if part["type"] == "text")
    return sent


def act_of(name: str, stem: str) -> Act:
    hooks = assistant(name).hooks
    assert hooks is not None
    event = event_of(name, stem.removeprefix("event.").partition("-")[0])
    return decode(name, hooks, event, payload(name, stem), HERE)


def recorded() -> list[tuple[str, str]]:
    """Every recorded payload of an event that our contracts answer."""
    found = []
    for each in assistants():
        for path in sorted((RECORDED / each.name).glob("*.json")):
            event = path.stem.removeprefix("event.").partition("-")[0]
            if each.hooks and each.hooks.event(event):
                found.append((each.name, path.stem))
    return found
