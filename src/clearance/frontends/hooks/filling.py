"""Answers in an assistant's own words: templates of its TOML, filled."""

import json
import re
from typing import Any, NamedTuple

from clearance.assistants.model import Template

_MOST_TEXT = 10_000
_PLACE = re.compile(r"\{(reason|person|context)\}")


class Answer(NamedTuple):
    """What a hook's process gives: its exit code and the bytes of both streams."""

    exit: int
    stdout: bytes = b""
    stderr: bytes = b""


def fill(template: Template, *, reason: str = "", person: str = "", context: str = "") -> Answer:
    """Fill a template. Standard output is one JSON object in ASCII, or nothing; texts are cut at 10,000 characters."""
    texts = {"reason": _cut(reason), "person": _cut(person), "context": _cut(context)}
    stdout = b""
    if template.stdout is not None:
        stdout = json.dumps(_filled(template.stdout, texts), ensure_ascii=True).encode("ascii")
    # What a terminal shows must be text of that terminal: a lone surrogate would end in an error.
    return Answer(template.exit, stdout, _said(template.stderr, texts).encode("utf-8", "replace"))


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_TEXT else text[: _MOST_TEXT - 20].rstrip() + "\n… (cut)"


def _said(text: str, texts: dict[str, str]) -> str:
    return _PLACE.sub(lambda found: texts[found[1]], text)


def _filled(value: Any, texts: dict[str, str]) -> Any:
    """Fill strings; leave out members whose whole value turns out empty. As deep as a template of ours."""
    if isinstance(value, str):
        return _said(value, texts)
    if isinstance(value, list):
        return [_filled(each, texts) for each in value]
    if isinstance(value, dict):
        pairs = ((name, each, _filled(each, texts)) for name, each in value.items())
        return {name: new for name, old, new in pairs if new != "" or not _PLACE.fullmatch(str(old))}
    return value
