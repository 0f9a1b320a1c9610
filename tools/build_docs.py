"""Writes the pages of docs/ that come from the code, or checks that they are up to date (`--check`)."""

import ast
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import msgspec
from transcripts import play, same

TOP = Path(__file__).parents[1]
REFERENCE = TOP / "docs" / "reference"
NOTE = "<!-- Written by `./dev docs` from the code: change the code, not this page. -->\n\n"


def commands() -> str:
    """All commands with their help, as a person sees it."""
    from clearance.frontends.cli.main import cli

    pieces = [NOTE, "# Commands\n"]
    for name, command, context in _walk(
        cli, click.Context(cli, info_name="clearance", terminal_width=100, max_content_width=100)
    ):
        pieces.append(f"\n## `{name}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(pieces)


def _walk(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _walk(child, click.Context(child, parent=context, info_name=name))


def settings() -> str:
    """All settings with their defaults and what they mean."""
    from clearance import settings as module

    tree = ast.parse(inspect.getsource(module))
    pieces = [
        NOTE,
        "# Settings\n\n",
        f"One file, `{module.PLACE}`, in the repository under guard. Everything works without it. The gate reads it\n",
        "from the *base* of a change: a change cannot loosen the gate that judges it. Unknown keys are refused.\n",
    ]
    sections = [section.type for section in msgspec.structs.fields(module.Settings)]
    # A table within a table follows its own.
    for number, section in reversed(list(enumerate(sections))):
        inner = [field.type for field in msgspec.structs.fields(section)]
        sections[number + 1 : number + 1] = [
            one for one in inner if isinstance(one, type) and issubclass(one, msgspec.Struct)
        ]
    for section in sections:
        node = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == section.__name__)
        texts = _attribute_docstrings(node)
        pieces.append(f"\n## {ast.get_docstring(node)}\n\n| key | default | meaning |\n| --- | --- | --- |\n")
        for field in msgspec.structs.fields(section):
            if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
                continue
            value = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
            default = json.dumps(msgspec.to_builtins(value))
            pieces.append(f"| `{field.name}` | `{default}` | {texts[field.name]} |\n")
    return "".join(pieces)


def _attribute_docstrings(node: ast.ClassDef) -> dict[str, str]:
    texts = {}
    for one, two in zip(node.body, node.body[1:], strict=False):
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name) and isinstance(two, ast.Expr):
            texts[one.target.id] = " ".join(str(ast.literal_eval(two.value)).split())
    return texts


def rules() -> str:
    """All built-in rules."""
    from clearance.rules.catalogue import read_catalogue
    from clearance.stores.pages import builtin_pages

    catalogue = read_catalogue(builtin_pages())
    if catalogue.broken:
        raise SystemExit(f"broken page: {catalogue.broken[0]}")
    pieces = [NOTE, f"# Rules\n\n{len(catalogue)} pages. `clearance rules show ID` shows one.\n"]
    for family in catalogue.families:
        listed = catalogue.family(family)
        pieces.append(
            f"\n## {family} ({len(listed)})\n\n| rule | what it says | severity | weakness |\n| --- | --- | --- | --- |\n"
        )
        for rule in listed:
            page = f"../../src/clearance/{rule.page}"
            weight = rule.severity.value if rule.tier is None else f"tier {rule.tier}"
            pieces.append(
                f"| [{rule.id}]({page}) | {rule.title.replace('|', '&#124;')} | {weight} | {', '.join(rule.cwe)} |\n"
            )
    return "".join(pieces)


def errors() -> str:
    """The tree of errors and the exit codes."""
    from clearance.facts import errors as module

    text = inspect.getdoc(module) or ""
    drawn = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    return (
        NOTE + "# Exit codes and errors\n\n"
        "| exit | meaning |\n| --- | --- |\n"
        "| 0 | allowed |\n| 1 | denied |\n| 2 | used wrongly: a bad option, a bad file |\n| 3 | a person must look |\n"
        "| 4 | could not look: a gap that matters, a broken store, a crash; never a pass |\n"
        "| 141 | the reader of the output went away (`| head`): what was said is half |\n"
        "| 129, 130, 143 | stopped by SIGHUP, SIGINT, SIGTERM: nothing is left behind |\n\n"
        "Each error says what happened, where, and what to do next.\n\n```text\n" + inspect.cleandoc(drawn) + "\n```\n"
    )


def policies() -> str:
    """All built-in policies."""
    from clearance.decide.manual import manual
    from clearance.wiring import builtin_policies

    return manual(builtin_policies())


def schema() -> str:
    """The JSON Schema of `--format json`."""
    from clearance.report.schema import outcome_schema

    return json.dumps(outcome_schema(), indent=2, ensure_ascii=False) + "\n"


def controls() -> str:
    """The JSON Schema of what `clearance controls` prints with `--format json`."""
    from clearance.report.controls.schema import controls_schema

    return json.dumps(controls_schema(), indent=2, ensure_ascii=False) + "\n"


def detect() -> str:
    """The JSON Schema of Detect blocks, for editors."""
    from clearance.scan.code.detect.schema import detect_schema

    return json.dumps(detect_schema(), indent=2, ensure_ascii=False) + "\n"


def hooks() -> str:
    """The contract of each assistant, as the data says it."""
    from clearance.assistants.manual import page

    return page()


def own_controls() -> str:
    """What the product itself does, as controls."""
    from clearance.controls.product_page import product_page

    return product_page()


def statements() -> str:
    """All kinds of statements, field by field."""
    from clearance.attest.manual import page

    return NOTE + page()


def predicates() -> dict[str, Callable[[], str]]:
    """The JSON Schema of each kind of statement, by the name of its page."""
    from clearance.attest.kinds import kinds
    from clearance.attest.schema import schema_of

    return {
        f"schema/predicates/{kind.name}.{kind.version}.json": lambda kind=kind: (
            json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"
        )
        for kind in kinds().values()
    }


PLAYED = (
    "README.md", "docs/tutorial/first-check.md", "docs/how-to/mask-a-prompt.md", "docs/how-to/answer-an-auditor.md",
)  # fmt: skip
"""Pages whose transcripts are run."""


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "rules.md": rules,
    "errors.md": errors,
    "policies.md": policies,
    "hooks.md": hooks,
    "own-controls.md": own_controls,
    "schema/outcome.json": schema,
    "schema/controls.json": controls,
    "detect.schema.json": detect,
    "statements.md": statements,
    **predicates(),
}


def main() -> int:
    """Write all pages, or with `--check` name those that are not what the code says."""
    stale = []
    for name in PLAYED:
        path = TOP / name
        text = path.read_text(encoding="utf-8")
        played = play(text)
        if "--check" not in sys.argv:
            path.write_text(played, encoding="utf-8")
        elif not same(text, played):
            stale.append(name)
    for name, make in PAGES.items():
        path = REFERENCE / name
        text = make()
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/reference/{name}")
    if stale:
        click.echo(f"not up to date: {', '.join(stale)}; run ./dev docs", err=True)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
