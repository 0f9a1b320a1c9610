"""Writes `closed.py` anew from the contracts: `python -m clearance.frontends.hooks.closing`."""

from pathlib import Path

from clearance.assistants.model import assistants
from clearance.frontends.hooks.answer import strictest

_HEAD = '''"""What a hook says when nobody could check: each contract's strictest answer. `closing.py` writes it."""
# ruff: noqa: E501, Q000
# fmt: off

CLOSED: dict[str, dict[str, tuple[float, int, str, str]]] = {
'''
_TAIL = '''}
"""By assistant and event: seconds in which we answer, exit code, standard output, standard error. `{why}` stands inside a
JSON string of standard output, and as plain text on standard error."""
'''


def source() -> str:
    """Give the text of `closed.py`."""
    lines = []
    for each in assistants():
        if each.hooks is None:
            continue
        lines.append(f"    {_quoted(each.name)}: {{")
        for event in each.hooks.events:
            answer = strictest(each.name, event.name, "{why}")
            texts = ", ".join(repr(text.decode("utf-8")) for text in (answer.stdout, answer.stderr))
            lines.append(f"        {_quoted(event.name)}: ({event.within}.0, {answer.exit}, {texts}),")
        lines.append("    },")
    return _HEAD + "".join(f"{line}\n" for line in lines) + _TAIL


def _quoted(name: str) -> str:
    return f'"{name}"'


if __name__ == "__main__":
    Path(__file__).with_name("closed.py").write_text(source(), encoding="utf-8")
