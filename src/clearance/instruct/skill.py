"""The skill: a short text that says where to look, and one file of details for each scope, one level deep.

Agent Skills (agentskills.io): a folder with `SKILL.md`, whose front matter holds `name` and `description`, which an
assistant always sees, and whose body it reads when the skill fits the task. Text of pages stands in the files of details
alone: assistants run commands and fill in variables that stand in a skill's body, but not in files that it names.
"""

from clearance.instruct.harmless import block, is_secret_like, line
from clearance.instruct.model import Candidate, InstructionFile, Material
from clearance.instruct.scopes import BY_NAME
from clearance.instruct.text import UNCHECKED, front, stamp
from clearance.instruct.tokens import tokens
from clearance.rules.guidance import without_commands
from clearance.rules.model import Rule

NAME = "clearance-secure-code"
DESCRIPTION = (
    "Security rules of this repository and how to pass its gate. Use before writing or reviewing code, Dockerfiles, "
    "pipelines or infrastructure, before adding a package, and when clearance denies a change."
)
_DETAIL = 4_000
"""Tokens of a file of details at most."""
_LONGEST = 600
_EXAMPLE = 420
_BODY = """\
# Write code that passes the gate

1. Read the file below that fits the files you work on, before you write.
2. Write the code. Take the safe form that a rule names from the start.
3. Run `clearance check`. Each finding names its rule, file, line and repair.
4. Repair every finding in the code itself and check again until it passes.
5. For a rule that is not listed here run `clearance rules show ID`.

Never suppress a finding, skip a hook, weaken a test, or edit `.clearance/`, hooks, settings of assistants or CI gates. \
If a finding is wrong, say so and ask a person.

"""


def skill(material: Material, folder: str, *, format: str) -> tuple[InstructionFile, ...]:
    """Make the skill below `folder` (`.agents/skills`)."""
    at = f"{folder}/{NAME}"
    details = [made for name in ("", *material.scopes) if (made := _details(material, name, at, format)) is not None]
    rows = "".join(f"- {_covers(file.scope)}: `{file.path.removeprefix(f'{at}/')}`\n" for file in details)
    head = front(
        {
            "name": NAME,
            "description": DESCRIPTION,
        }
    )
    version = f"{material.stamp.version} {material.stamp.catalogue}"
    head = head.removesuffix("---\n") + f'metadata:\n  clearance: "{version}"\n---\n'
    text = head + _BODY + rows
    body = InstructionFile(
        path=f"{at}/SKILL.md", text=text, owned=True, tokens=tokens(text), always=False, on_demand=True,
        listed=tokens(f"{NAME} {DESCRIPTION}\n"), format=format,
    )  # fmt: skip
    return (body, *details)


def _covers(scope: str) -> str:
    return BY_NAME[scope].covers if scope else "Packages, secrets, commands, tests: any task"


def _details(material: Material, scope: str, at: str, format: str) -> InstructionFile | None:
    """Make a scope's file of details; None where no rule applies."""
    found = [one for one in material.candidates.get(scope, ()) if one.rule]
    if not found:
        return None
    title = BY_NAME[scope].title if scope else "any task"
    top = f"# Rules for {title}\n\nThe most important first. `clearance rules show ID` tells all of a rule.\n"
    apart = f"\n# {UNCHECKED}\n" if any(one.unchecked for one in found) else ""
    left = _DETAIL - tokens(top) - tokens(apart) - tokens(stamp(material.stamp)) - 120
    parts: list[str] = []
    unchecked: list[str] = []
    taken: list[str] = []
    others: list[str] = []
    for one in found:
        entry = _entry(one, material.rules[one.rule])
        cost = tokens(entry)
        if cost > left:
            others.append(one.rule)
            continue
        (unchecked if one.unchecked else parts).append(entry)
        taken.append(one.rule)
        left -= cost
    rest = _others(others)
    text = top + "".join(parts) + rest + (apart if unchecked else "") + "".join(unchecked) + stamp(material.stamp)
    path = f"{at}/references/{scope or 'any-task'}.md"
    return InstructionFile(
        path=path, text=text, owned=True, tokens=tokens(text), always=False, scope=scope, on_demand=True,
        rules=tuple(taken), format=format,
    )  # fmt: skip


def _others(ids: list[str]) -> str:
    """Name further rules, as many as fit a line."""
    shown = ids[:8]
    more = f" and {len(ids) - len(shown)} more (`clearance rules list`)" if len(ids) > len(shown) else ""
    return f"\nFurther rules: {', '.join(shown)}{more}.\n" if shown else ""


def _entry(one: Candidate, rule: Rule) -> str:
    """Tell a rule: what to do, how to repair, and how the safe form looks."""
    entry = f"\n## {one.rule}\n\n{one.text.removeprefix('- ')}"
    if rule.advisory:
        entry += f"Nothing checks this. From its text: {line(without_commands(rule.guidance), _LONGEST).text}\n"
    if rule.fix:
        entry += f"Repair: {line(rule.fix, _LONGEST).text}\n"
    example = _example(rule)
    if example:
        entry += f"\nGood:\n\n````{example[0]}\n{example[1]}\n````\n"
    return entry


def _example(rule: Rule) -> tuple[str, str] | None:
    """Give the shortest clean example that is worth showing: code of a family in which examples hold no made-up secrets."""
    if rule.family not in {"code", "infra"}:
        return None
    fitting = sorted(
        (len(each.text), each.line, each.text)
        for each in rule.clean
        if not each.is_diff and 40 <= len(each.text) <= _EXAMPLE and not _unwanted(each.text)
    )
    if not fitting:
        return None
    language = rule.languages[0] if rule.languages else ""
    return (language if language.isalnum() else ""), block(fitting[0][2])


def _unwanted(text: str) -> bool:
    """Whether an example would be more than an example: made-up values like secrets, or a made-up package that somebody
    or an assistant might install."""
    return is_secret_like(text) or "install" in text
