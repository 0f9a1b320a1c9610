"""Finds the report formats and calls one. A format is imported when it is named, not before."""

import difflib
import importlib
import pkgutil
from typing import cast

from clearance.facts.errors import UsageError
from clearance.facts.outcome import Outcome
from clearance.report import formats
from clearance.report.look import Format, Look, Times


def names() -> tuple[str, ...]:
    """Name the formats, sorted; nothing is imported for it."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(formats.__path__)))


def prepare(name: str) -> None:
    """Import a format ahead of its use; nothing happens where there is none of that name."""
    if name in names():
        importlib.import_module(f"{formats.__name__}.{name}")


def render(name: str, outcome: Outcome, *, look: Look, at: Times) -> str:
    """Give the outcome in the format of that name, ending with a newline.

    Raises:
        UsageError: there is no such format.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
        raise UsageError("there is no such report format", where=ascii(name), next=hint)
    chosen = cast("Format", importlib.import_module(f"{formats.__name__}.{name}"))
    return chosen.render(outcome, look=look, at=at)
