"""Start a rule page."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli.rules_ids import RuleId, named

if TYPE_CHECKING:
    from clearance.rules.catalogue import Catalogue
    from clearance.rules.model import Rule

_FAMILY = "guidance"
_GUIDANCE = """\
---
id: {id}
title: "Fill in: one line that says what must be true"
severity: medium
languages: []
brief: "Fill in: what an assistant is told, in one sentence."
---
Fill in: what to do instead, and why.

## Sources

- Fill in where it comes from
"""


@click.command("new")
@click.argument("name", metavar="FAMILY/ID")
@click.option(
    "--like", metavar="ID", type=RuleId(), help="The built-in rule to start from (default: the family's shortest)."
)
def new(name: str, *, like: str | None) -> int:
    """Start a page of your own.

    It is written to .clearance/rules/FAMILY/ID.md as a copy of a built-in one, passes its own tests, and is yours to change.
    A page of the family guidance is told to assistants and checked by nothing.
    """
    from clearance.facts.errors import UsageError
    from clearance.rules.page import read_page
    from clearance.stores.pages import TEAM, builtin_pages
    from clearance.wiring import open_catalogue

    family, _, id = name.partition("/")
    catalogue = open_catalogue(Path.cwd())
    if family == _FAMILY and like is None:
        return _new_guidance(catalogue, id)
    model = named(catalogue, like) if like else _shortest(catalogue, family)
    if model.family != family:
        raise UsageError(f"{model.id} is of the family {model.family}", next=f"clearance rules new {model.family}/{id}")
    _refuse_taken(catalogue, id)
    source = builtin_pages().get(model.page)
    if source is None:
        raise UsageError(f"{model.id} is no built-in rule", next="name a built-in one")
    text = _started(source, id, model)
    shown = f"{TEAM}/{family}/{id}.md"
    read_page(text, path=shown, family=family)
    _write_new(_top(Path.cwd()), shown, text)
    click.echo(f"{shown}: written from {model.id}\n  change its title, brief, guidance, Detect, Caught and Clean, then:")
    click.echo(f"  clearance rules test {shown}")
    return 0


def _new_guidance(catalogue: "Catalogue", id: str) -> int:
    """Start a page that is told and not checked."""
    from clearance.rules.page import read_page
    from clearance.stores.pages import TEAM

    _refuse_taken(catalogue, id)
    shown = f"{TEAM}/{_FAMILY}/{id}.md"
    text = _GUIDANCE.format(id=id)
    read_page(text, path=shown, family=_FAMILY)
    _write_new(_top(Path.cwd()), shown, text)
    click.echo(f"{shown}: written; nothing checks it\n  say what to do instead of each line, then:")
    click.echo(f"  clearance rules show {id}")
    return 0


def _refuse_taken(catalogue: "Catalogue", id: str) -> None:
    from clearance.facts.errors import UsageError

    taken = catalogue.get(id)
    if taken is not None:
        raise UsageError(f"the id {id!r} belongs to {taken.page}", next="choose another id")


def _shortest(catalogue: "Catalogue", family: str) -> "Rule":
    """Give the family's shortest built-in page, the plainest thing to start from."""
    from clearance.facts.errors import UsageError
    from clearance.rules.frontmatter import nearest

    rules = [rule for rule in catalogue.family(family) if rule.page.startswith("rules/")]
    if not rules:
        raise UsageError(f"no family {family!r}", next=nearest(family, catalogue.families))
    return min(
        rules, key=lambda rule: (rule.detector != "", len(rule.guidance) + sum(len(each.text) for each in rule.detect))
    )


def _started(source: str, id: str, model: "Rule") -> str:
    """Give a page's text with another id and a title to be filled in."""
    head, _, body = source.removeprefix("---\n").partition("\n---\n")
    kept = []
    for line in head.split("\n"):
        if line.startswith("id:"):
            kept.append(
                f"# Started from {model.id}: change every key and section until the page says what you mean.\nid: {id}"
            )
        elif line.startswith("title:"):
            kept.append(f'title: "Fill in: one line that says what must be true (was: {model.id})"')
        else:
            kept.append(line)
    return "---\n" + "\n".join(kept) + "\n---\n" + body


def _top(start: Path) -> Path:
    """Give the top of the repository that a folder lies in, or the folder itself."""
    for folder in (start, *start.parents):
        if (folder / ".git").exists():
            return folder
    return start


def _write_new(top: Path, shown: str, text: str) -> None:
    """Write a file that does not exist yet, through no symlink.

    Raises:
        clearance.facts.errors.UsageError: it exists, or cannot be written.
    """
    from clearance.facts.errors import UsageError

    *folders, name = shown.split("/")
    place = top
    try:
        for folder in folders:
            place /= folder
            if place.is_symlink():
                raise UsageError("a symlink stands in the way", where=str(place), next="make it a folder of its own")
            place.mkdir(exist_ok=True)
        with os.fdopen(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("the page exists already", where=shown, next="choose another id, or edit it") from None
    except OSError as error:
        raise UsageError(error.strerror or "cannot be written", where=shown, next="check the folder") from None
