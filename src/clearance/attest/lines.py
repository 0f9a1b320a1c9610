"""In which line of a JSON text a field stands."""

import re

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def line_of(data: bytes, path: str) -> int:
    """Give the line, from 1, of the field that a path names (`.reviewer.name`, `.decisions[0].verdict`), or of the innermost
    field on the way to it that is there. `[...]` stands for any item, and the first one is given. The text is JSON."""
    wanted = [key or ("" if number == "..." else int(number)) for key, number in _STEP.findall(path)]
    deepest, where = 0, 0
    steps: list[str | int] = []
    opened: list[bytes] = []
    expects_key = False
    key = ""
    for token in _TOKEN.finditer(data):
        text = token[0]
        if text in (b"}", b"]"):
            if opened:
                opened.pop()
                if steps:
                    steps.pop()
            expects_key = False
            continue
        if text == b",":
            if opened and opened[-1] == b"[" and steps:
                last = steps[-1]
                steps[-1] = last + 1 if isinstance(last, int) else 0
            expects_key = bool(opened) and opened[-1] == b"{"
            continue
        if text == b":":
            expects_key = False
            continue
        if expects_key:
            key = text[1:-1].decode("utf-8", "replace")
            steps[-1] = key
            depth = _common(steps, wanted)
            if depth == len(steps) and depth > deepest:
                deepest, where = depth, token.start()
            continue
        if steps and isinstance(steps[-1], int):
            depth = _common(steps, wanted)
            if depth == len(steps) and depth > deepest:
                deepest, where = depth, token.start()
        if text in (b"{", b"["):
            opened.append(text)
            steps.append("" if text == b"{" else 0)
            expects_key = text == b"{"
    return data.count(b"\n", 0, where) + 1


def _common(steps: "list[str | int]", wanted: "list[str | int]") -> int:
    """Count how many steps from the start fit."""
    count = 0
    for one, other in zip(steps, wanted, strict=False):
        if one != other and not (other == "" and isinstance(one, int)):
            break
        count += 1
    return count
