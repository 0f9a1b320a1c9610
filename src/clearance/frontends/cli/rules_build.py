"""Build instructions for coding assistants from the rules."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from clearance.instruct.build import Built
    from clearance.instruct.model import Candidate, InstructionFile

_LEFT_OUT = 12


class Reader(click.ParamType[str]):
    """An assistant or a format; completion offers their names."""

    name = "assistant"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the names that begin so."""
        from clearance.instruct.format import assistants, modules

        return [CompletionItem(word) for word in sorted({*assistants(), *modules(), "all"}) if word.startswith(incomplete)]


@click.command("build")
@click.option(
    "--for", "readers", multiple=True, required=True, metavar="ASSISTANT", type=Reader(),
    help="An assistant (claude-code, codex, cursor, ...), a format, or all; may be given several times.",
)  # fmt: skip
@click.option(
    "--task", multiple=True, metavar="FILE|LANGUAGE", help="For work on this file or language, not on the whole repository."
)
@click.option("--budget", type=int, metavar="N", help="Tokens for a task in one language at most (default: 2000).")
@click.option("--explain", is_flag=True, help="Show what is included, why, its tokens, and what the budget left out.")
@click.option(
    "--output", metavar="DIR", type=click.Path(path_type=Path), help="Write the files below DIR instead of printing them."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def build(
    readers: tuple[str, ...],
    *,
    task: tuple[str, ...],
    budget: int | None,
    explain: bool,
    output: Path | None,
    format_: str,
) -> int:
    """Build instructions for coding assistants from the rules that apply here.

    They hold the briefs of rules that fit the languages, frameworks and files of this repository, those that its own
    decisions told first, within a budget of tokens. `clearance init` puts them into place; this command shows them.
    """
    from clearance.facts.errors import UsageError
    from clearance.instruct.build import LEAST
    from clearance.instruct.format import chosen
    from clearance.instruct.model import BUDGET
    from clearance.wiring.instructing import built

    if budget is not None and budget < LEAST:
        raise UsageError(
            f"{budget} tokens are too few", where="--budget", next=f"{LEAST} is the least, {BUDGET} the default"
        )
    formats = chosen(readers)
    made = built(Path.cwd(), os.environ, formats, budget=budget or BUDGET, task=_scopes(task))
    if output is not None and str(output) != "-":
        _write_all(output, made.files)
        _say_written(made, output, formats, format_)
    elif format_ == "json":
        _print_json(_plain(made, formats))
    elif explain:
        click.echo(_explained(made, formats))
    else:
        _print_files(made.files)
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    return 0


def _scopes(task: Sequence[str]) -> tuple[str, ...]:
    """Read files and languages as scopes.

    Raises:
        UsageError: a word is neither.
    """
    from clearance.facts.errors import UsageError
    from clearance.instruct.scopes import BY_NAME, scope_named, scope_of_path
    from clearance.rules.frontmatter import nearest

    found: dict[str, None] = {}
    for word in task:
        scope = scope_named(word.lower()) or scope_of_path(word.replace("\\", "/"))
        if not scope:
            raise UsageError("no rules for such a file or language", where=ascii(word[:120]), next=nearest(word, BY_NAME))
        found[scope] = None
    return tuple(found)


def _when(file: "InstructionFile") -> str:
    """Say when a file is in the context of an assistant."""
    from clearance.instruct.scopes import BY_NAME

    if file.always:
        return "in every task"
    if file.on_demand:
        return f"on demand, {file.listed} tokens listed" if file.listed else "on demand"
    return f"with {BY_NAME[file.scope].title}"


def _print_files(files: "Iterable[InstructionFile]") -> None:
    for file in files:
        part = "" if file.owned else ", a section of a file of yours"
        click.echo(f"==> {file.path}  ({file.tokens} tokens, {_when(file)}{part})\n{file.text}")


def _explained(made: "Built", formats: Sequence[str]) -> str:
    """Tell what stands in each file and why, and what was left out."""
    lines = [_summary(made)]
    for file in made.files:
        lines += ["", f"{file.path}   {file.tokens} tokens, {_when(file)}"]
        lines += [f"  {one.tokens:>4}  {one.rule:<40} {one.why}" for one in _stand_in(made, file)]
    lines += ["", "Tokens in the context of a task (estimated, rather too high):"]
    for name, scope, count in _totals(made, formats):
        over = "   more than the budget: it reads files of several assistants" if count > made.material.budget else ""
        lines.append(f"  {name:<14} {scope:<16} {count:>5} of {made.material.budget}{over}")
    for name in formats:
        lines += _told_left_out(made, name)
    return "\n".join(lines)


def _summary(made: "Built") -> str:
    """Say what the choice rests on."""
    material = made.material
    told = sorted({one.rule for found in material.candidates.values() for one in found if one.told})
    where = ", ".join(f"{scope} ({material.shares[scope]})" for scope in material.scopes)
    own = f"{len(told)} rules that decisions of this repository told" if told else "no decisions of this repository yet"
    return (
        f"Clearance {material.stamp.version}, catalogue {material.stamp.catalogue}; {own}\nlanguages and files, with their"
        f" share: {where or 'none known'}"
    )


def _told_left_out(made: "Built", name: str) -> list[str]:
    from clearance.instruct.build import left_out

    left = left_out(made, name)
    if not left or name == "agent-skills":
        return []
    lines = ["", f"Left out of {name} (the heaviest {min(_LEFT_OUT, len(left))} of {len(left)}; all on demand):"]
    return lines + [f"  {one.tokens:>4}  {one.rule:<40} {one.why}" for one in left[:_LEFT_OUT]]


def _stand_in(made: "Built", file: "InstructionFile") -> "list[Candidate]":
    """Give the candidates that stand in a file, in its order."""
    found = {one.rule: one for each in made.material.candidates.values() for one in each if one.rule}
    return [found[rule] for rule in file.rules if rule in found]


def _totals(made: "Built", formats: Sequence[str]) -> list[tuple[str, str, int]]:
    from clearance.instruct.build import injected

    scopes = made.material.scopes or ("",)
    return [(name, scope, injected(made, name, scope)) for name in formats if name != "agent-skills" for scope in scopes]


def _plain(made: "Built", formats: Sequence[str]) -> dict[str, Any]:
    """Give all of it, JSON-shaped."""
    from clearance.facts.fact import plain
    from clearance.instruct.build import left_out

    def row(one: "Candidate") -> dict[str, Any]:
        return {"rule": one.rule, "scope": one.scope, "why": one.why, "tokens": one.tokens, "weight": round(one.weight, 2)}

    return {
        "version": made.material.stamp.version,
        "catalogue": made.material.stamp.catalogue,
        "budget": made.material.budget,
        "scopes": list(made.material.scopes),
        "files": [plain(file) | {"rules": [row(one) for one in _stand_in(made, file)]} for file in made.files],
        "tokens": [{"format": name, "scope": scope, "tokens": count} for name, scope, count in _totals(made, formats)],
        "left_out": {name: [row(one) for one in left_out(made, name)] for name in formats},
        "notes": list(made.notes),
    }


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def _say_written(made: "Built", output: Path, formats: Sequence[str], format_: str) -> None:
    from clearance.facts.text import visible

    if format_ == "json":
        _print_json(_plain(made, formats))
        return
    for file in made.files:
        click.echo(visible(f"{output / file.path}  ({file.tokens} tokens, {_when(file)})"))


def _write_all(output: Path, files: "Sequence[InstructionFile]") -> None:
    """Write all files below a folder, or none: what stands there and is not ours is never overwritten.

    Raises:
        UsageError: something that is not ours stands in the way, or the folder cannot be written.
    """
    from clearance.facts.errors import UsageError
    from clearance.facts.text import visible

    for file in files:
        _refuse_taken(output, file)
    for file in files:
        place = output / file.path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(place, flags, 0o666), "w", encoding="utf-8", newline="\n") as opened:
                opened.write(file.text)
        except OSError as error:
            shown = visible(str(place))
            raise UsageError(error.strerror or "cannot be written", where=shown, next="check the folder") from None


def _refuse_taken(output: Path, file: "InstructionFile") -> None:
    """Raise UsageError where a symlink, or a file without our stamp, stands in the place of one of ours."""
    from clearance.facts.errors import UsageError
    from clearance.facts.text import visible
    from clearance.instruct.text import read_stamp

    place = output / file.path
    for folder in (place, *place.parents):
        if folder == output:
            break
        if folder.is_symlink():
            raise UsageError("a symlink stands in the way", where=visible(str(folder)), next="choose another folder")
    if not place.exists():
        return
    try:
        text = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    except OSError:
        text = ""
    begins = file.text.partition("\n")[0]
    whole = file.owned or (text.startswith(f"{begins}\n") and text.rstrip("\n").endswith(_last(file.text)))
    if not whole or (read_stamp(text) is None and file.text != text):
        raise UsageError(
            "a file of yours stands there", where=visible(str(place)), next="`clearance init` puts our section into it"
        )


def _last(text: str) -> str:
    """Give what the last line of a file of ours ends with, whichever version wrote it."""
    return " -->" if text.endswith(" -->\n") else text.rstrip("\n").rpartition("\n")[2]
