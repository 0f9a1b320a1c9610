"""What conditions are made of: attributes as paths, constants as Cedar writes them, patterns, and what is so in general."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

WILD = None
"""In a pattern: any text, also none. All other entries are single characters."""

Pattern = tuple[str | None, ...]


class TooComplex(Exception):
    """The conditions are larger or deeper than what is worked out, or hold what may fail while it is asked (arithmetic)."""


class Literal(NamedTuple):
    """One thing that must be so about `term` (`resource.tier`; canonical JSON for what is no path).

    `kind` says how to read `what`: `is` one of these values (written as Cedar writes them), `between` two numbers, both
    included, `like` a pattern, `holds` a value as a member, `empty` (nothing), `other` (nothing; the term says it all).
    Unless `so`, it must not be so.
    """

    kind: str
    term: str
    what: Any
    so: bool


class Formula(NamedTuple):
    """All (`and`) or at least one (`or`) of the parts."""

    op: str
    parts: "tuple[Formula | Literal | bool, ...]"


Form = Formula | Literal | bool


class World:
    """What is so whatever happens, for one kind of subject and action: values that enumerations have, bounds of numbers,
    names that exist. `closed`: all values of a term; `bounds`: of numbers; `names`: of a term, those that exist, where
    others may only stand in names with a colon (findings of other tools)."""

    def __init__(
        self,
        closed: Mapping[str, frozenset[str]] | None = None,
        bounds: Mapping[str, tuple[int, int]] | None = None,
        names: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self.closed = dict(closed or {})
        self.bounds = dict(bounds or {})
        self.names = dict(names or {})

    def possible(self, term: str, value: str) -> bool:
        """Whether a term can have a value."""
        if term in self.closed:
            return value in self.closed[term]
        return term not in self.names or value in self.names[term] or ":" in value


NOWHERE = World()
"""A world of which nothing is known."""


def path(node: object) -> str:
    """Give an attribute as a dotted path from `principal`, `resource` or `context`; empty for anything else."""
    names: list[str] = []
    while isinstance(node, dict) and "." in node:
        names.append(node["."]["attr"])
        node = node["."]["left"]
    root = node.get("Var") if isinstance(node, dict) else None
    return ".".join((root, *reversed(names))) if root and names else ""


def value(node: object) -> str | int | None:
    """Give a constant: numbers as they are, all else as Cedar writes it; None for what is none."""
    found = node.get("Value") if isinstance(node, dict) else None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, int):
        return found
    if isinstance(found, str):
        return json.dumps(found, ensure_ascii=False)
    if isinstance(found, dict) and "__entity" in found:
        return f"{found['__entity']['type']}::{json.dumps(found['__entity']['id'], ensure_ascii=False)}"
    return None


def text_of(token: str) -> str:
    """Give the text of a value: `high` of `Severity::"high"`, `src/a.py` of `"src/a.py"`."""
    _, mark, inner = token.partition("::")
    quoted = inner if mark and not token.startswith('"') else token
    return str(json.loads(quoted)) if quoted.startswith('"') else quoted


def fits(pattern: Pattern, whole: Pattern) -> bool:
    """Whether everything that `whole` stands for fits `pattern`: `whole` is a text as characters, or a pattern itself, whose
    wildcards only a wildcard can stand for. Linear but for steps back, which go to the last wildcard only."""
    at = start = 0
    back = -1
    while start < len(whole):
        if at < len(pattern) and pattern[at] is WILD:
            back, kept, at = at, start, at + 1
        elif at < len(pattern) and pattern[at] == whole[start] and whole[start] is not WILD:
            at, start = at + 1, start + 1
        elif back >= 0:
            kept += 1
            at, start = back + 1, kept
        else:
            return False
    return all(one is WILD for one in pattern[at:])
