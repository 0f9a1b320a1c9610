"""What is so whatever a change brings: read from the schema, and from the names of rules, families and triggers."""

import re
from functools import lru_cache
from typing import get_args, get_type_hints

from clearance.decide.policy import ACTIONS, ACTS
from clearance.decide.terms import World
from clearance.facts.change import Change
from clearance.facts.fact import Fact

_MOST = (1 << 63) - 1
_ENUM = re.compile(r"^entity\s+(\w+)\s+enum\s*\[([^\]]*)\]", re.MULTILINE)
_ENTITY = re.compile(r"^entity\s+(\w+)\s*(?:=\s*)?\{([^}]*)\}", re.MULTILINE)
_CONTEXT = re.compile(r"context:\s*\{([^}]*)\}")
_FIELD = re.compile(r"(\w+)\??\s*:\s*(Set<\w+>|\w+)")
_COMMENT = re.compile(r"//[^\n]*")
_COUNTS = frozenset(
    {
        "files", "size", "unknownLines", "introducedFindings", "addedLines", "removedLines", "newCritical", "newHigh",
        "newMedium", "newLow", "waivedFindings", "findings", "linesByHook", "linesByCommand", "linesClaimed",
        "linesByPerson", "linesUnknown",
    }
)  # fmt: skip
_BOUNDS = {"tier": (0, 3), "classification": (0, 3), "proofHours": (-1, _MOST)}
_OF_ACTS = frozenset({"write", "command", "prompt", "tool"})


class Names(Fact):
    """The names that exist here: ids of rules, families of scanners, ids of triggers. Empty sets are not judged."""

    rules: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    triggers: frozenset[str] = frozenset()


NO_NAMES = Names()


@lru_cache(maxsize=64)
def world_of(schema: str, subject: str, action: str, names: Names = NO_NAMES) -> World:
    """Give what is so for policies about one kind of subject that forbid one action."""
    plain = _COMMENT.sub("", schema)
    enums = {
        name: frozenset(f'{name}::"{one}"' for one in re.findall(r'"([^"]*)"', body)) for name, body in _ENUM.findall(plain)
    }
    entities = {name: dict(_FIELD.findall(body)) for name, body in _ENTITY.findall(plain)}
    around = _CONTEXT.search(plain)
    roots = {"resource": entities.get(subject, {}), "principal": entities.get("Actor", {})}
    roots["context"] = dict(_FIELD.findall(around[1])) if around else {}
    if "change" in roots["resource"]:
        roots["resource.change"] = entities.get("Change", {})
    world = World()
    for root, fields in roots.items():
        for field, kind in fields.items():
            _note(world, f"{root}.{field}", field, kind, enums)
    is_change = {"resource"} if subject == "Change" else set()
    for root in {"resource.change"} | is_change:
        world.closed[f"{root}.source"] = _sources(action)
        _name(world, f"{root}.triggers", names.triggers)
        _name(world, f"{root}.scanners", names.families)
    _of_subject(world, subject, names)
    return world


def _note(world: World, term: str, field: str, kind: str, enums: dict[str, frozenset[str]]) -> None:
    if kind in enums:
        world.closed[term] = enums[kind]
    elif kind == "Bool":
        world.closed[term] = frozenset({"true", "false"})
    elif kind == "Long" and (field in _BOUNDS or field in _COUNTS):
        world.bounds[term] = _BOUNDS.get(field, (0, _MOST))


def _of_subject(world: World, subject: str, names: Names) -> None:
    match subject:
        case "Finding":
            _name(world, "resource.rule", names.rules)
            _name(world, "resource.family", names.families)
        case "Trigger":
            _name(world, "resource.name", names.triggers)
        case "Waiver":
            _name(world, "resource.rules", names.rules)
            _name(world, "resource.families", names.families)


def _name(world: World, term: str, known: frozenset[str]) -> None:
    if known:
        world.names[term] = frozenset(f'"{one}"' for one in known)


def _sources(action: str) -> frozenset[str]:
    """Give the sources of what an action is asked about: acts have sources of their own."""
    every = frozenset(get_args(get_type_hints(Change)["source"]))
    fitting = every & _OF_ACTS if action in ACTS else every - _OF_ACTS if action in ACTIONS else every
    return frozenset(f'"{one}"' for one in fitting)
