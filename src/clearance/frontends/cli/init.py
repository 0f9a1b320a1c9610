"""Put the guards in: settings, instructions, hooks of assistants, commit hook and CI, after you have seen each change.

`clearance uninstall` takes all of it out again, byte for byte.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from clearance.install.plan import Change, Key
    from clearance.wiring.installing import Applied, Draft

_MOST_LINES = 12
_PARTS = ["settings", "instructions", "hooks", "mcp", "pre-commit", "ci"]


@click.command("init")
@click.option("--for", "names", multiple=True, metavar="NAME", help="Only for this assistant (claude-code, cursor, …).")
@click.option("--all", "everything", is_flag=True, help="For all assistants that are known, in use or not.")
@click.option("--without", multiple=True, type=click.Choice(_PARTS), help="Leave this part out.")
@click.option("--user", is_flag=True, help="Hooks in your home, for all repositories, instead of in this one.")
@click.option(
    "--managed", type=click.Path(path_type=Path), help="Write files for an administrator to roll out into this folder."
)
@click.option("--program", default="/usr/local/bin/clearance-hook", show_default=True, help="With --managed: where it lies.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option("--full", is_flag=True, help="Show every line of new files.")
@click.option("--list", "lists", is_flag=True, help="List what stands here, and whether it is as installed; write nothing.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="How the plan is shown.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(
    *,
    names: tuple[str, ...],
    everything: bool,
    without: tuple[str, ...],
    user: bool,
    managed: Path | None,
    program: str,
    yes: bool,
    dry_run: bool,
    full: bool,
    lists: bool,
    format: str,
    color: str,
) -> int:
    """Look at this repository and its assistants, show what would be written, and on yes write it.

    Your own files are changed between marks, or by single entries of JSON; everything else in them stays as it is. A
    second run says that there is nothing to do.

    Exit codes: 0 done, or nothing to do; 2 used wrongly, nobody there to ask, or a file of yours cannot be read as what
    it should be (everything else is still offered); 3 with --list: a guard is not as it was installed, or none is there;
    4 something could not be written."""
    if lists:
        from clearance.frontends.cli.init_list import tell_guards

        return tell_guards(format)
    if managed is not None:
        from clearance.wiring.installing.managed import write_managed

        for path in write_managed(managed, names, program, dry_run=dry_run):
            click.echo(path)
        if dry_run:
            click.echo("nothing is written: this was a dry run", err=True)
        return 0
    from clearance.wiring.installing import plan_init

    draft = plan_init(Path(), os.environ, names=names, everything=everything, without=without, user=user)
    return carry_out(draft, yes=yes, dry_run=dry_run, full=full, format=format, color=color)


def carry_out(draft: "Draft", *, yes: bool, dry_run: bool, full: bool, format: str, color: str) -> int:
    """Show a plan, ask, write, and tell; gives the exit code."""
    from clearance.frontends.cli.terminal import wants_color
    from clearance.wiring.installing import apply

    word = "uninstall" if draft.removal else "init"
    changes = [change for change in draft.plan.changes if not change.quiet]
    if format == "json":
        return _json(draft, yes=yes, dry_run=dry_run)
    for line in _shown(draft, full=full):
        click.echo(_painted(line) if wants_color(color) else line, color=True)
    if draft.stale and not dry_run:
        apply(draft, os.environ)
        click.echo("nothing of ours was left but the record of it; that is gone now, too")
        return 0
    if draft.plan.nothing or dry_run:
        click.echo("nothing to do" if draft.plan.nothing else "nothing is written: this was a dry run")
        _tell_notes(draft)
        return 0 if dry_run and not draft.plan.refused else _exit(draft, None)
    if not yes and not sys.stdin.isatty():
        click.echo(
            f"clearance: nobody is there to ask; `clearance {word} --yes` writes this, --dry-run only shows it", err=True
        )
        return 2
    sys.stdout.flush()
    verb = "Take this out" if draft.removal else "Write this"
    if not yes and not click.confirm(f"{verb}? ({_files(len(changes))})", default=False, err=True):
        click.echo("nothing was changed", err=True)
        return 0
    applied = apply(draft, os.environ, skip=frozenset() if yes else _declined(changes))
    if not draft.removal:
        from clearance.frontends.resident.person import begun

        begun()
    return _told(draft, applied)


def _declined(changes: list["Change"]) -> "frozenset[Key]":
    """Ask once more for each file in which a person changed our part."""
    from clearance.facts.text import visible

    declined = []
    for change in changes:
        if not change.edited:
            continue
        verb = "replaced" if change.new is not None else "removed"
        question = f"{visible(change.path)}: you changed our part of it; may it be {verb}?"
        if not click.confirm(question, default=False, err=True):
            declined.append((change.root, change.path))
    return frozenset(declined)


def _shown(draft: "Draft", *, full: bool) -> Iterator[str]:
    """Give the plan as lines: what was found, each file with why and its diff, what was refused."""
    from clearance.facts.text import visible

    around = draft.around
    if not draft.removal:
        what = [
            "git",
            *around.languages,
            *around.ci,
            f"{around.commit.kind} hooks" if around.commit.kind == "git" else around.commit.kind,
        ]
        yield f"Repository  {visible(str(around.top))}: {', '.join(what)}"
        signs = {seen.assistant.name: ", ".join(seen.signs) for seen in around.seen}
        names = [f"{one.title} ({visible(signs[one.name])})" if one.name in signs else one.title for one in draft.assistants]
        yield f"Assistants  {'; '.join(names) or 'none found: name one with --for'}"
        yield ""
    for change in draft.plan.changes:
        if change.quiet:
            continue
        word = "new   " if change.old is None else "remove" if change.new is None else "change"
        yield f"{word}  {_place(change.root, change.path)}"
        for why in dict.fromkeys(why for _, why in change.pieces):
            yield f"        {visible(why)}"
        if change.edited:
            yield "        ! you changed our part of it; the diff shows what would be lost"
        yield from _diff(change, full=full or bool(change.edited))
        yield ""
    for refusal in draft.plan.refused:
        yield f"refused {_place(refusal.root, refusal.path)} ({visible(refusal.name)})"
        where = refusal.error.where
        yield f"        {visible(f'{where}: ' if where and where != refusal.path else '')}{visible(refusal.error.what)}"
        yield f"        {visible(refusal.error.next)}"
    roots = {change.root for change in draft.plan.changes if not change.quiet}
    if "home" in roots:
        yield "Files in your home change (~/), because you said --user: they count in all repositories."
    elif roots and not draft.removal:
        yield "Nothing outside of this repository is touched."
    for path, why in draft.plan.kept:
        yield f"stays   {visible(path)}: {visible(why)}"


def _place(root: str, path: str) -> str:
    from clearance.facts.text import visible

    return {"repository": "", "git": ".git/", "home": "~/"}[root] + visible(path)


def _diff(change: "Change", *, full: bool) -> Iterator[str]:
    import difflib

    from clearance.facts.text import visible

    old, new = ((data or b"").decode("utf-8", "replace").splitlines() for data in (change.old, change.new))
    skipped = max(0, _common(old, new) - 1)  # a diff of what is equal at both ends would cost the square of it
    end = min(_common(old[skipped:][::-1], new[skipped:][::-1]) - 1, len(old) - skipped, len(new) - skipped)
    old, new = (side[skipped : len(side) - end if end > 0 else None] for side in (old, new))
    lines = [_moved(line, skipped) for line in list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]]
    most = len(lines) if full else _MOST_LINES
    for line in lines[:most]:
        yield f"    {visible(line, keep=chr(9))}"
    if len(lines) > most:
        yield f"    … {len(lines) - most} more lines (--full shows them)"


def _common(one: list[str], other: list[str]) -> int:
    """How many lines are equal at the start of both."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _moved(line: str, lines: int) -> str:
    """Count the lines that were left out into the head of a hunk."""
    import re

    if not line.startswith("@@"):
        return line
    return re.sub(r"([-+])(\d+)", lambda found: f"{found[1]}{int(found[2]) + lines}", line)


def _painted(line: str) -> str:
    if line.startswith("    ") and line[4:5] in {"+", "-", "@"}:
        return click.style(line, fg={"+": "green", "-": "red", "@": "cyan"}[line[4]])
    if line.startswith(("new ", "change ", "remove ", "refused ")):
        return click.style(line, bold=True, fg="red" if line.startswith("refused") else None)
    return line


def _told(draft: "Draft", applied: "Applied") -> int:
    """Say what was done and what is left to do."""
    from clearance.facts.text import visible

    verb = "taken out of" if draft.removal else "written to"
    if applied.done:
        click.echo(f"{verb} {_files(len(applied.done))}")
    for refusal in applied.failed:
        click.echo(
            f"! {_place(refusal.root, refusal.path)}: {visible(refusal.error.what)}; {visible(refusal.error.next)}", err=True
        )
    _tell_notes(draft)
    shared = any(change.root == "repository" and not change.local for change in applied.done)
    if shared and not draft.removal:
        click.echo(
            "- these files are guards, and the gate lets no single change of guards pass: commit them by themselves"
            " (`git commit --no-verify`), and have two people look at that change"
        )
    if not draft.removal and not applied.failed:
        click.echo("\nnext: `clearance prove` fires something bad through each guard and tells which ones are alive")
    return _exit(draft, applied)


def _tell_notes(draft: "Draft") -> None:
    from clearance.facts.text import visible

    for text in dict.fromkeys(draft.notes):
        click.echo(f"- {visible(text)}")


def _exit(draft: "Draft", applied: "Applied | None") -> int:
    """0, or 2 where only what a person wrote stands in the way, else 4."""
    from clearance.facts.errors import UsageError

    errors = [one.error for one in (*draft.plan.refused, *(applied.failed if applied else ()))]
    if not errors:
        return 0
    return 2 if all(isinstance(error, UsageError) for error in errors) else 4


def _files(count: int) -> str:
    return f"{count} {'file' if count == 1 else 'files'}"


def _json(draft: "Draft", *, yes: bool, dry_run: bool) -> int:
    """Print the plan, and with `yes` what became of it; lines of other people's files are not in it."""
    import json

    from clearance.wiring.installing import apply

    if not yes and not dry_run and not draft.plan.nothing:
        click.echo("clearance: nobody is there to ask; add --yes or --dry-run", err=True)
        return 2
    applied = None if dry_run or (draft.plan.nothing and not draft.stale) else apply(draft, os.environ)
    failed = applied.failed if applied else ()
    lost = {(one.root, one.path) for one in failed}
    rows = [
        {
            "root": change.root,
            "path": change.path,
            "action": "new" if change.old is None else "remove" if change.new is None else "change",
            "parts": [{"name": name, "why": why} for name, why in change.pieces],
            "edited": list(change.edited),
            "written": applied is not None and (change.root, change.path) not in lost,
        }
        for change in draft.plan.changes
        if not change.quiet
    ]
    refused = [
        {
            "root": one.root,
            "path": one.path,
            "part": one.name,
            "where": one.error.where,
            "what": one.error.what,
            "next": one.error.next,
        }
        for one in (*draft.plan.refused, *failed)
    ]
    told = {
        "repository": str(draft.around.top),
        "assistants": [one.name for one in draft.assistants],
        "files": rows,
        "refused": refused,
        "kept": [{"path": path, "why": why} for path, why in draft.plan.kept],
        "notes": list(dict.fromkeys(draft.notes)),
    }
    click.echo(json.dumps(told, indent=2))
    return 0 if dry_run and not draft.plan.refused else _exit(draft, applied)
