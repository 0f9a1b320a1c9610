"""What a format is, and how one is found."""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol, cast

from clearance.facts.errors import UsageError
from clearance.instruct import formats
from clearance.instruct.model import InstructionFile, Material
from clearance.rules.frontmatter import nearest


class Format(NamedTuple):
    """`assistants`: names of those that read it by themselves. `beside`: other formats that the same assistants read, too,
    so that what stands there need not stand here again. `sources`: where its documentation is."""

    name: str
    title: str
    assistants: tuple[str, ...]
    beside: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class Module(Protocol):
    """What a module in `formats/` holds."""

    FORMAT: Format
    render: Callable[[Material], tuple[InstructionFile, ...]]


@lru_cache(maxsize=1)
def modules() -> dict[str, Module]:
    """Give all formats by name, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(formats.__path__))
    found = [cast("Module", importlib.import_module(f"{formats.__name__}.{name}")) for name in names]
    return {module.FORMAT.name: module for module in sorted(found, key=lambda each: each.FORMAT.name)}


def chosen(words: Sequence[str]) -> tuple[str, ...]:
    """Name the formats that are meant by names of formats or assistants, or by `all`; sorted, each once.

    Raises:
        UsageError: a word is neither; the message names the nearest.
    """
    known = modules()
    by_assistant: dict[str, set[str]] = {}
    for name, module in known.items():
        for assistant in module.FORMAT.assistants:
            by_assistant.setdefault(assistant, set()).add(name)
    found: set[str] = set()
    for word in words:
        if word == "all":
            found.update(known)
        elif word in by_assistant:
            found.update(by_assistant[word])
        elif word in known:
            found.add(word)
        else:
            raise UsageError(
                "there are no instructions for it",
                where=ascii(word[:80]),
                next=nearest(word, {*known, *by_assistant, "all"}),
            )
    return tuple(sorted(found))


def assistants() -> tuple[str, ...]:
    """Name all assistants that some format is for, sorted."""
    return tuple(sorted({name for module in modules().values() for name in module.FORMAT.assistants}))
