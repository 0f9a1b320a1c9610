"""Questions that a resident asks itself, so that what is built on the first look is built before somebody waits.

They go the whole way, from an assistant's payload to its answer, in the resident's own folder, and all of them are allowed:
nothing is recorded. A child asks itself a few once more after it was forked: what it touches then is its own, and need not
be copied page by page while a question is judged (3,900 pages and 15 ms, as measured).
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearance.frontends.hooks.answer import Answer
    from clearance.wiring.acts import Engine

_PYTHON = """import os


def named(items, word=None):
    found = {"word": word}
    for item in items or ():
        if item is not None and item != "other":
            found[str(item)] = os.path.join("shelf", f"{item}.txt")
    return found
"""
_SCRIPT = """import fs from "fs";

export function named(items, word) {
  const found = { word };
  for (const item of items ?? []) {
    if (item !== "other") {
      found[item] = `shelf/${item}.txt`;
    }
  }
  return found;
}
"""
_GO = """package shelf

import "fmt"

func Named(items []string) map[string]string {
	found := map[string]string{}
	for _, item := range items {
		if item != "other" {
			found[item] = fmt.Sprintf("shelf/%s.txt", item)
		}
	}
	return found
}
"""
_JAVA = """class Shelf {
    private final java.util.Map<String, String> found = new java.util.HashMap<>();

    void add(String item) {
        if (!item.equals("other")) {
            found.put(item, "shelf/" + item + ".txt");
        }
    }
}
"""
_WRITES = {
    "shelf.py": _PYTHON,
    "shelf.js": _SCRIPT,
    "shelf.ts": _SCRIPT,
    "shelf.go": _GO,
    "Shelf.java": _JAVA,
    "shelf.yml": "shelf:\n  - one\n  - two\n",
    "shelf.json": '{"shelf": ["one", "two"]}\n',
    "shelf.md": "# Shelf\n\nOne and two.\n",
    "shelf.sh": "set -eu\nls shelf\n",
    "shelf.toml": "[shelf]\nitems = 2\n",
}
_SHORT = ("shelf.py", "shelf.ts")
_COMMANDS = ("ls -l", "git status --short | head -n 20")


def rehearse(engine: "Engine", folder: Path, environment: Mapping[str, str]) -> None:
    """Ask all of the questions. What goes wrong here goes wrong again where somebody asks, and is told there."""
    with contextlib.suppress(Exception):
        ask(engine, folder, environment, questions())


def rehearse_briefly(engine: "Engine", folder: Path, environment: Mapping[str, str]) -> None:
    """Ask a few of them."""
    with contextlib.suppress(Exception):
        ask(engine, folder, environment, questions(_SHORT, _COMMANDS[:1], ()))


def ask(
    engine: "Engine", folder: Path, environment: Mapping[str, str], asked: Iterable[tuple[str, dict[str, object]]]
) -> "list[Answer]":
    """Put questions (event and payload, in the words of one assistant) to an engine."""
    from clearance.frontends.hooks.answer import answer

    own = engine.under(environment)
    given = []
    for event, payload in asked:
        data = json.dumps({"session_id": "rehearsal", "cwd": str(folder), "hook_event_name": event} | payload).encode()
        given.append(answer("claude-code", event, data, folder, environment, own))
    own.cold()
    return given


def questions(
    writes: Iterable[str] = tuple(_WRITES), commands: Iterable[str] = _COMMANDS, prompts: Iterable[str] = ("Hello.",)
) -> list[tuple[str, dict[str, object]]]:
    """Give questions as pairs of event and payload."""
    tools: list[tuple[str, dict[str, str]]] = [("Write", {"file_path": name, "content": _WRITES[name]}) for name in writes]
    tools += [("Bash", {"command": command}) for command in commands]
    asked: list[tuple[str, dict[str, object]]] = [("UserPromptSubmit", {"prompt": prompt}) for prompt in prompts]
    return asked + [("PreToolUse", {"tool_name": tool, "tool_input": given}) for tool, given in tools]
