"""One policy: a Cedar file that forbids one thing about one kind of subject and says why.

Only a small part of Cedar is accepted, so that a policy cannot mean something other than what it seems to say: one policy a
file, named by its `@id`; it forbids exactly one of the two actions (which *is* its verdict, there is no second place where
a verdict could be written differently) for exactly one kind of subject; and it says why. Cedar itself is described at
https://docs.cedarpolicy.com; `schema.cedarschema` lists what a policy may ask about.
"""

import difflib
import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Literal

import cedarpy

from clearance.facts.control import Edge, Relation
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.fact import Fact

SUBJECTS = ("Change", "File", "Finding", "Trigger", "Gap", "Waiver")
ACTIONS = {"go-further": Verdict.DENY, "go-further-unreviewed": Verdict.ASK}
"""What is asked about a change, and what a policy that forbids it makes of the verdict."""
ACTS = {"act": Verdict.DENY, "act-unasked": Verdict.ASK}
"""The same about what an assistant is about to do."""
WAIVING = {"waive": Verdict.ASK}
"""The same about a waiver: forbidden, it does not count, and a person must look."""
ERROR = "policy-error"
"""The id under which a decision reports that a policy could not be evaluated; no policy may take it."""

_VERDICTS = ACTIONS | ACTS | WAIVING
_KNOWN = ("id", "why", "fix", "controls", "people", "exit")
_RELATIONS = tuple(relation.value for relation in Relation)
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_PEOPLE = re.compile(r"([1-9]) (reviewer|security engineer)s?")
_HEAD = r"^\s*(?:forbid|permit)\b"
_NOWHERE = "271828182845"
_MOST = 64 * 1024
_MOST_NODES = 2_000
"""Parts of a policy's conditions: what one question can cost is bounded by it. The largest of ours has about 60."""
_DEEPEST = 100
"""Levels of Cedar's JSON form, two for each `&&` and `||`: the engine reads 128."""
_LONGEST_PATTERN = 256
"""Characters of a pattern after `like`: matching costs its length times that of the path."""

Role = Literal["reviewer", "security engineer"]


class Policy(Fact):
    """A policy and what it says about itself.

    `subject` is the kind of entity that it is about, empty for the broad permit. `reads` are the attributes that its
    conditions look at, as dotted paths (`resource.change.tier`). `people` are those who can lift an ASK.
    """

    id: str
    verdict: Verdict
    subject: str
    action: str
    """What it forbids, one of `ACTIONS`, `ACTS` or `WAIVING`; empty for the permit."""
    why: str
    fix: str
    controls: tuple[str, ...]
    edges: tuple[Edge, ...]
    """What `@controls` claims, entry by entry; `controls` are the ids of those that are related at all."""
    people: tuple[tuple[Role, int], ...]
    could_not_look: bool
    reads: tuple[str, ...]
    where: str
    """The file that it comes from, for people."""
    team: bool
    text: str
    tree: dict[str, Any]
    """Cedar's own JSON form of it."""


def read_policy(text: str, where: str, *, team: bool) -> Policy:
    """Read one policy file.

    Raises:
        BadPolicy: it does not parse, holds more or less than one policy, is a template, does not forbid exactly one action
            for exactly one kind of subject, or its annotations are missing, unknown, or wrong; `where` is `path:line`.
    """
    tree = _parse(text, where)
    head = _line(text, _HEAD)
    place = f"{where}:{head}"
    _check_size(tree, text, where)
    notes: dict[str, str] = {name: value or "" for name, value in tree.get("annotations", {}).items()}
    _check_notes(notes, text, where, head)
    if tree["effect"] == "permit":
        return _permit(tree, notes, text, where, place, team=team)
    action = _action(tree, place)
    subject = _subject(tree, place)
    verdict = _VERDICTS[action]
    people = _people(notes.get("people"), action, f"{where}:{_line(text, r'@people')}")
    if notes.get("exit") is not None and (notes["exit"] != "could-not-look" or verdict is not Verdict.DENY):
        raise BadPolicy(
            '@exit can only be "could-not-look", on a policy that forbids "go-further" or "act"',
            where=f"{where}:{_line(text, r'@exit')}",
            next="leave it out",
        )
    edges = _edges(notes, where, _line(text, r"@controls"))
    return Policy(
        id=notes["id"],
        verdict=verdict,
        subject=subject,
        action=action,
        why=notes["why"],
        fix=notes.get("fix", ""),
        controls=tuple(edge.to for edge in edges if edge.rel is not Relation.NO_RELATIONSHIP),
        edges=edges,
        people=people,
        could_not_look="exit" in notes,
        reads=_reads(tree),
        where=where,
        team=team,
        text=text,
        tree=tree,
    )


def nodes(tree: object) -> Iterator[dict[str, Any]]:
    """Walk Cedar's JSON form of an expression or policy, outermost first, without recursion."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(reversed(node.values()))
        elif isinstance(node, list):
            stack.extend(reversed(node))


def _parse(text: str, where: str) -> dict[str, Any]:
    if len(text) > _MOST:
        raise BadPolicy("larger than 64 KiB", where=f"{where}:1", next="a policy is a few lines")
    try:
        parsed = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise BadPolicy(
            f"not Cedar, here or just before: {error}",
            where=f"{where}:{_broken_line(text, str(error))}",
            next="see docs/reference/policies.md",
        ) from None
    except RecursionError:
        raise BadPolicy(
            f"conditions nested too deeply, or more than about {_DEEPEST // 2} joined",
            where=f"{where}:{_line(text, _HEAD)}",
            next="join literals as a list, `[…].contains(…)`, or split the policy",
        ) from None
    if parsed["templates"]:
        raise BadPolicy(
            "a template decides nothing", where=f"{where}:1", next="put names where ?principal and ?resource stand"
        )
    found: list[dict[str, Any]] = list(parsed["staticPolicies"].values())
    if len(found) != 1:
        raise BadPolicy(
            f"{len(found) or 'no'} policies in one file",
            where=f"{where}:1",
            next="one file holds one policy, named by its @id",
        )
    return found[0]


def _check_size(tree: dict[str, Any], text: str, where: str) -> None:
    """Refuse what would cost much each time that it is asked."""
    size = 0
    for node in nodes(tree["conditions"]):
        size += "Literal" not in node
        if "like" in node and len(node["like"]["pattern"]) > _LONGEST_PATTERN:
            line = _line(text, rf'\blike\s*"[^"\n]{{{_LONGEST_PATTERN}}}')
            raise BadPolicy(
                f"a pattern of {len(node['like']['pattern']):,} characters; the limit is {_LONGEST_PATTERN}",
                where=f"{where}:{line}",
                next="name the file with `==`, or shorten the pattern",
            )
    if _is_deep(tree["conditions"]):
        raise BadPolicy(
            f"conditions nested too deeply, or more than about {_DEEPEST // 2} joined",
            where=f"{where}:{_line(text, _HEAD)}",
            next="join literals as a list, `[…].contains(…)`, or split the policy",
        )
    if size > _MOST_NODES:
        raise BadPolicy(
            f"{size:,} parts in one policy; the limit is {_MOST_NODES:,}",
            where=f"{where}:{_line(text, _HEAD)}",
            next="split it: a policy for each part of an `||` or of a list means the same",
        )


def _is_deep(tree: object) -> bool:
    stack = [(tree, 0)]
    while stack:
        node, depth = stack.pop()
        if depth > _DEEPEST:
            return True
        inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        stack.extend((one, depth + 1) for one in inner)
    return False


def _broken_line(text: str, error: str) -> int:
    """Find the line of a syntax error, which Cedar does not tell: the first one with which the text stops being the
    beginning of a policy. A beginning fails only at its end, or at what is put behind it; because the parser skips over
    some errors when more text follows, two different things are."""
    again = re.fullmatch(r"duplicate annotation: (@\w+)", error)
    if again:
        return text.count("\n", 0, text.rindex(again[1])) + 1
    lines = text.split("\n")

    def is_broken(count: int) -> bool:
        beginning = "\n".join(lines[:count])
        return _fails_inside(beginning, ";") or _fails_inside(beginning, _NOWHERE)

    return min(bisect_left(range(1, len(lines) + 1), True, key=is_broken) + 1, len(lines))


def _fails_inside(beginning: str, tail: str) -> bool:
    try:
        cedarpy.policies_to_json_str(f"{beginning}\n{tail}")
    except ValueError as error:
        return f"`{tail}`" not in str(error) and "unexpected end of input" not in str(error)
    return False


def _line(text: str, pattern: str) -> int:
    """Give the first line, from 1, on which a pattern is found, or 1."""
    found = re.search(pattern, text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _check_notes(notes: dict[str, str], text: str, where: str, head: int) -> None:
    for name in notes:
        if name not in _KNOWN:
            near = difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0)[0]
            line = _line(text, rf"@{re.escape(name)}\b")
            raise BadPolicy(f"unknown annotation @{name}", where=f"{where}:{line}", next=f"the nearest known one is @{near}")
    for name in ("id", "why"):
        if not notes.get(name, "").strip():
            raise BadPolicy(f"@{name} is missing", where=f"{where}:{head}", next="a denial must be able to explain itself")
    name = notes["id"]
    stem = where.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".cedar")
    if not _ID.fullmatch(name) or name == ERROR:
        raise BadPolicy(
            f"@id {name!r} cannot be used", where=f"{where}:{_line(text, '@id')}", next="lower-case words joined by hyphens"
        )
    if name != stem:
        raise BadPolicy(
            f"@id {name!r} and the file's name {stem!r} differ",
            where=f"{where}:{_line(text, '@id')}",
            next="make them the same",
        )


def _permit(tree: dict[str, Any], notes: dict[str, str], text: str, where: str, place: str, *, team: bool) -> Policy:
    if team:
        raise BadPolicy(
            "a team's policy can only forbid: forbid always wins, so a permit would change nothing",
            where=place,
            next='write forbid (…) with `action == Action::"go-further"` or `"go-further-unreviewed"`',
        )
    if tree["conditions"] or any(tree[part]["op"] != "All" for part in ("principal", "action", "resource")):
        raise BadPolicy(
            "the permit must be broad: permit (principal, action, resource);", where=place, next="forbid instead"
        )
    return Policy(
        id=notes["id"], verdict=Verdict.ALLOW, subject="", action="", why=notes["why"], fix="", controls=(), edges=(),
        people=(), could_not_look=False, reads=(), where=where, team=False, text=text, tree=tree,
    )  # fmt: skip


def _edges(notes: dict[str, str], where: str, line: int) -> tuple[Edge, ...]:
    """Read `subset-of asvs:v5.0.0-13.3.1, soc2:CC8.1`; an id alone claims the least, that the two intersect."""
    place = f"{where}:{line}"
    edges: dict[str, Edge] = {}
    for part in notes.get("controls", "").split(","):
        words = part.split()
        if not words:
            continue
        if len(words) > 2:
            raise BadPolicy(f"@controls holds {part.strip()!r}", where=place, next="write `subset-of asvs:v5.0.0-1.2.5, …`")
        word = words[0] if len(words) == 2 else Relation.INTERSECTS_WITH.value
        if word not in _RELATIONS:
            near = difflib.get_close_matches(word, _RELATIONS, n=1, cutoff=0)[0]
            raise BadPolicy(f"@controls: no relation {word!r}", where=place, next=f"the nearest known one is {near}")
        if words[-1] in edges:
            raise BadPolicy(f"@controls names {words[-1]} twice", where=place, next="keep one")
        edges[words[-1]] = Edge(of=f"policy:{notes['id']}", to=words[-1], rel=Relation(word), where=place)
    return tuple(edges.values())


def _action(tree: dict[str, Any], place: str) -> str:
    scope = tree["action"]
    name = scope.get("entity", {}).get("id") if scope["op"] == "==" else None
    if name not in _VERDICTS:
        raise BadPolicy(
            "it does not say what it forbids",
            where=place,
            next='write `action == Action::"go-further"` (DENY) or `action == Action::"go-further-unreviewed"` (ASK); '
            'of what an assistant is about to do, `"act"` or `"act-unasked"`',
        )
    return str(name)


def _subject(tree: dict[str, Any], place: str) -> str:
    scope = tree["resource"]
    name = scope.get("entity_type") if scope["op"] == "is" else None
    if name not in SUBJECTS or "in" in scope:
        near = difflib.get_close_matches(str(name), SUBJECTS, n=1, cutoff=0.5) or ["Finding"]
        raise BadPolicy(
            "it does not say what it is about",
            where=place,
            next=f"write `resource is {near[0]}`; there are {', '.join(SUBJECTS)}",
        )
    return str(name)


def _people(note: str | None, action: str, place: str) -> tuple[tuple[Role, int], ...]:
    if action in ACTS:
        if note is not None:
            raise BadPolicy(
                "who drives the assistant answers for what it does, nobody else can", where=place, next="leave @people out"
            )
        return ()
    if _VERDICTS[action] is not Verdict.ASK:
        if note is not None:
            raise BadPolicy('people cannot lift a policy that forbids "go-further"', where=place, next="leave @people out")
        return ()
    if note is None:
        return (("reviewer", 1),)
    needs: dict[Role, int] = {}
    for part in note.split(","):
        found = _PEOPLE.fullmatch(part.strip())
        if not found:
            raise BadPolicy(
                f"@people {note!r} cannot be read",
                where=place,
                next='write "1 reviewer" or "1 security engineer, 1 reviewer"',
            )
        needs["reviewer" if found[2] == "reviewer" else "security engineer"] = int(found[1])
    return tuple(sorted(needs.items(), reverse=True))


def _reads(tree: dict[str, Any]) -> tuple[str, ...]:
    """Collect the attributes that conditions look at, the longest path of each chain only."""
    paths: dict[str, None] = {}
    inner: set[int] = set()
    for node in nodes(tree["conditions"]):
        if "." not in node or id(node) in inner:
            continue
        names = []
        step = node
        while "." in step:
            names.append(step["."]["attr"])
            step = step["."]["left"]
            inner.add(id(step))
        root = step.get("Var")
        if root in ("principal", "resource", "context"):
            paths[".".join((root, *reversed(names)))] = None
    return tuple(paths)
