"""The words that all formats share, and the two shapes that a format of rules has: one file, or one file a scope."""

import json
import re
from collections.abc import Callable, Sequence

from clearance.instruct.choose import Chosen, fill, share
from clearance.instruct.model import Candidate, InstructionFile, Material, Stamp
from clearance.instruct.scopes import BY_NAME, Scope
from clearance.instruct.tokens import tokens

HEADING = "## Security rules of this repository (Clearance)\n"
GATE = """\
A gate judges every change, command and prompt. It denies secrets, injection and other flaws, invented or vulnerable \
packages, weakened tests, and edits of guards.
- After each change run `clearance check`; it names the rule, the line and the repair. `clearance rules show ID` \
explains a rule.
- When denied, repair the code and check again. Never work around it: no `--no-verify`, no suppression comments, no \
splitting or hiding of the change.
- Never edit `.clearance/`, hooks, settings of assistants, CI gates or these rules; ask a person.
"""
MORE = (
    "More on demand: {skill}`clearance rules list`, or the MCP tools `rules_for` and `explain` where they are connected.\n"
)
SKILL = "the skill `clearance-secure-code`, "
NO_LIMIT = 1_000_000
UNCHECKED = "Guidance of others, not checked by Clearance"
"""The head under which lines stand that came from pages without a detector; they never stand among our own."""
ANY_TASK = 900
"""Tokens that the text for any task takes at most of a budget which a scope's text needs, too."""
LISTED = 110
"""Tokens kept for names and descriptions of skills and sub-agents, which are in the context of every task."""
_TOLD_HERE = 6
"""How many rules of single scopes stand in the text for any task because this repository's decisions told them."""
_STAMP = re.compile(r"\bclearance:? [\"']?([\w.+-]{1,40}) ([0-9a-f]{12})\b")


def stamp(by: Stamp) -> str:
    """Write the stamp as a comment of Markdown, with its line feed."""
    return f"<!-- clearance {by.version} {by.catalogue} -->\n"


def read_stamp(text: str) -> Stamp | None:
    """Find the stamp in a file of any format; None where there is none."""
    found = _STAMP.search(text)
    return Stamp(version=found[1], catalogue=found[2]) if found else None


def front(fields: dict[str, str | bool | Sequence[str]]) -> str:
    """Write front matter: YAML in which texts and lists are written as JSON writes them."""
    return "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in fields.items()) + "---\n"


def room(material: Material) -> int:
    """Give the tokens that are left for files of rules: the budget without what is listed, and what stands beside."""
    return material.budget - LISTED - sum(file.tokens for file in material.beside)


def one_file(
    material: Material, path: str, *, format: str, skill: bool = True, characters: int = NO_LIMIT
) -> InstructionFile:
    """Make the section of a format that knows no scopes: the budget is divided among the scopes at hand. `skill`: its
    assistants find the skill, too."""
    budget = int(room(material) * material.part)
    any_task = _any_task(material, min(ANY_TASK, max(budget // 2, 550)), characters, skill=skill)
    text, rules = _with_scopes(material, any_task, material.scopes, budget, characters)
    return InstructionFile(path=path, text=text, owned=False, tokens=tokens(text), always=True, rules=rules, format=format)


def always_file(
    material: Material,
    path: str,
    *,
    format: str,
    head: str = "",
    owned: bool = True,
    skill: bool = True,
    more: str = "",
    characters: int = NO_LIMIT,
) -> tuple[InstructionFile, ...]:
    """Make the file for any task of a format that has scopes, or none where the same stands beside. `head` is its front
    matter, `more` a line that its assistant needs besides.

    Assistants load files by path when one that fits is read, not when one is made. So the first rules of the two most
    important scopes stand here, unless another assistant reads this file beside files of its own.
    """
    if material.beside:
        return ()
    budget = min(ANY_TASK, room(material)) - tokens(head)
    characters -= len(head)
    any_task = _any_task(material, budget, characters, skill=skill, more=more)
    first = material.scopes[:2] if material.part == 1 else ()
    body, rules = _with_scopes(material, any_task, first, budget, characters)
    text = head + body
    made = InstructionFile(path=path, text=text, owned=owned, tokens=tokens(text), always=True, rules=rules, format=format)
    return (made,)


def _with_scopes(
    material: Material, any_task: tuple[str, Chosen], scopes: Sequence[str], budget: int, characters: int
) -> tuple[str, tuple[str, ...]]:
    """Put rules of scopes and the stamp behind the text for any task, within what is left of a budget; give the text and the
    ids of its rules."""
    fixed, anywhere = any_task
    end = _unchecked(anywhere.taken) + stamp(material.stamp)
    headings = {name: f"\n{BY_NAME[name].title}:\n" for name in scopes}
    said = {one.text for one in anywhere.taken}
    left = {name: [one for one in material.candidates.get(name, ()) if one.text not in said] for name in scopes}
    heads = {name: headings[name] + _head_if(left[name], name) for name in scopes}
    chosen = share(
        left,
        {name: material.shares[name] for name in scopes},
        budget - tokens(fixed) - tokens(end),
        characters - len(fixed) - len(end) - sum(map(len, heads.values())),
        {name: tokens(head) for name, head in heads.items()},
    )
    kept = [name for name in scopes if name in chosen and chosen[name].taken]
    ours = "".join(headings[name] + lines for name in kept if (lines := _lines(chosen[name].taken)))
    text = fixed + ours + "".join(_unchecked(chosen[name].taken, name) for name in kept) + end
    return text, (*_ids(anywhere), *(rule for name in kept for rule in _ids(chosen[name])))


def scoped_files(
    material: Material,
    always: Sequence[InstructionFile],
    path: Callable[[Scope], str],
    *,
    format: str,
    head: Callable[[Scope], str],
    characters: int = NO_LIMIT,
) -> tuple[InstructionFile, ...]:
    """Make one file for each scope at hand. `always` are the format's own files that are there in any case. A scope gets no
    file where there is no room for three rules."""
    spent = sum(file.tokens for file in always)
    known = {rule for file in (*always, *material.beside) for rule in file.rules}
    end = stamp(material.stamp)
    made = []
    for name in material.scopes:
        scope = BY_NAME[name]
        top = f"{head(scope)}# Security rules for {scope.title}\n\n"
        waiting = [one for one in material.candidates.get(name, ()) if one.rule not in known]
        ends = _head_if(waiting) + end
        chosen = fill(waiting, room(material) - spent - tokens(top) - tokens(ends), characters - len(top) - len(ends))
        if len(chosen.taken) < min(3, len(waiting)) or not chosen.taken:
            continue
        text = top + _lines(chosen.taken) + _unchecked(chosen.taken) + end
        made.append(
            InstructionFile(
                path=path(scope),
                text=text,
                owned=True,
                tokens=tokens(text),
                always=False,
                scope=name,
                rules=_ids(chosen),
                format=format,
            )
        )
    return tuple(made)


def _any_task(material: Material, budget: int, characters: int, *, skill: bool, more: str = "") -> tuple[str, Chosen]:
    """Give the text for any task: how the gate works, what holds everywhere, what is told here again and again. What nobody
    checks is chosen and not in the text."""
    fixed = HEADING + GATE + MORE.format(skill=SKILL if skill else "") + more
    always = "\nAlways:\n"
    spare = tokens(always) + tokens(stamp(material.stamp))
    told = [one for name in material.scopes for one in material.candidates.get(name, ()) if one.told]
    told = sorted(told, key=lambda one: (-one.weight, one.rule))[:_TOLD_HERE]
    merged = _merged(material.candidates.get("", ()), told)
    head = _head_if(merged)
    chosen = fill(
        merged,
        budget - tokens(fixed) - spare - tokens(head),
        characters - len(fixed) - len(always) - len(head) - len(stamp(material.stamp)),
    )
    lines = _lines(chosen.taken)
    return fixed + (always + lines if lines else ""), chosen


def _merged(anywhere: Sequence[Candidate], told: Sequence[Candidate]) -> list[Candidate]:
    return sorted((*anywhere, *told), key=lambda one: (-one.weight, one.rule))


def _lines(taken: Sequence[Candidate]) -> str:
    return "".join(one.text for one in taken if not one.unchecked)


def _unchecked(taken: Sequence[Candidate], scope: str = "") -> str:
    """Give the lines that nothing checks, under their head; empty where there is none."""
    return _head_if(taken, scope) + "".join(one.text for one in taken if one.unchecked)


def _head_if(found: Sequence[Candidate], scope: str = "") -> str:
    """Give the head of what nothing checks, where there is such a line."""
    about = f" ({BY_NAME[scope].title})" if scope else ""
    return f"\n{UNCHECKED}{about}:\n" if any(one.unchecked for one in found) else ""


def _ids(chosen: Chosen) -> tuple[str, ...]:
    return tuple(one.rule for one in chosen.taken if one.rule)
