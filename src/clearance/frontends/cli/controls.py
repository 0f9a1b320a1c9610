"""Say which requirements of a standard are enforced, by which rules, tests and records."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from clearance.facts.errors import ClearanceError
    from clearance.report.controls.view import Checked, Coverage
    from clearance.report.look import Look
    from clearance.wiring.controls import Answers

_PACKAGE = Path(__file__).parents[2]
_RENDERED = ["text", "json", "csv", "markdown", "html"]
_TARGETS = ["oscal-mapping", "oscal-component", "csv", "markdown", "page"]


class _Framework(click.ParamType[str]):
    """The prefix of a catalogue; completion offers those that come with the package."""

    name = "framework"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the prefixes that begin so."""
        known = sorted(path.stem for path in (_PACKAGE / "controls" / "data").glob("*.json"))
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]


class _Control(click.ParamType[str]):
    """The id of a control."""

    name = "id"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the references that begin so, or only prefixes where nothing was typed yet."""
        from clearance.controls.catalogue import PREFIXES, identifiers

        if not incomplete:
            return [CompletionItem(f"{name}:") for name in PREFIXES]
        return [CompletionItem(name) for name in identifiers() if name.startswith(incomplete)][:200]


class _Ours(click.ParamType[str]):
    """The name of a rule or policy; completion offers the names of their files."""

    name = "name"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the ids that begin so."""
        ids = {page.stem for page in (_PACKAGE / "rules").glob("*/*.md")}
        ids |= {file.stem for file in (_PACKAGE / "decide" / "policies").glob("*.cedar")}
        return [CompletionItem(id) for id in sorted(ids) if id.startswith(incomplete)]


_DIRECTORY = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_FORMAT = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)
_COLOR = click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
_RUN = click.option("--run", "run_", is_flag=True, help="Run the examples and cases of what serves it now (takes longer).")


@click.group("controls")
def command() -> None:
    """Say which requirements of a standard are enforced, by which rules, tests and records.

    Rules, policies, checkpoints and capabilities are linked to catalogues by typed edges, each with who says so and why;
    docs/explanation/crosswalk.md says how to read them. A team's own catalogues and mappings lie in .clearance/controls.
    """


@command.command("list")
@click.option("--all", "show_all", is_flag=True, help="Show how ids are written, sources, and licences.")
@_FORMAT
@_COLOR
@_DIRECTORY
def list_(*, show_all: bool, format_: str, color: str, directory: Path) -> int:
    """List the catalogues: version, size, and how much of each something of ours relates to."""
    from clearance.facts.fact import plain
    from clearance.report.controls.text import listing

    found = _open(directory).listing()
    if format_ == "json":
        return _say_json({"catalogues": plain(found)})
    return _say(listing(found, how := _look(color, show_all=show_all)), how)


@command.command("show")
@click.argument("ids", nargs=-1, required=True, metavar="ID...", type=_Control())
@click.option("--framework", type=_Framework(), metavar="PREFIX", help="The catalogue that the IDs are of (asvs, pci, …).")
@_RUN
@_FORMAT
@_COLOR
@_DIRECTORY
def show(ids: tuple[str, ...], *, framework: str | None, run_: bool, format_: str, color: str, directory: Path) -> int:
    """Show what serves a control, and what shows it: `asvs:v5.0.0-1.2.5`, `CWE-89`, or `1.2.5 --framework asvs`.

    Exit codes: 0 shown, 1 an example that was run does not hold, 2 one of them is no control (the others are shown), 4 the
    log cannot be trusted, so that no record counts.
    """
    from clearance.facts.fact import plain
    from clearance.report.controls.text import requirement

    opened = _open(directory)
    controls, wrong = _named(opened, ids, framework)
    checked = _run(opened, controls) if run_ else None
    answers = [opened.requirement(control) for control in controls]
    how = _look(color)
    if format_ == "json":
        _say_json({"log": plain(opened.log), "checked": plain(checked), "requirements": plain(answers)})
    else:
        _say("\n\n".join(requirement(one, opened.log, how) for one in answers), how)
    if wrong is not None:
        raise wrong
    return _exit(opened, checked)


@command.command("of")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", type=_Ours())
@_FORMAT
@_COLOR
@_DIRECTORY
def of(names: tuple[str, ...], *, format_: str, color: str, directory: Path) -> int:
    """Say what a rule, policy, trigger, checkpoint or capability serves: `python-eval`, `policy:no-secrets`."""
    from clearance.facts.fact import plain
    from clearance.report.controls.text import named

    opened = _open(directory)
    found = [opened.named(opened.names.own(name)) for name in names]
    if format_ == "json":
        return _say_json({"of": plain(found)})
    how = _look(color)
    return _say("\n\n".join(named(one, how) for one in found), how)


@command.command("coverage")
@click.option("--framework", type=_Framework(), required=True, metavar="PREFIX", help="The catalogue: asvs, aisvs, pci, …")
@click.option("--level", type=click.IntRange(1, 5), help="Only what this level and those below ask for.")
@_RUN
@click.option("--all", "show_all", is_flag=True, help="Name everything that serves a requirement, not the first few.")
@click.option("--format", "format_", type=click.Choice(_RENDERED), default="text", help="text is the default.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead.")
@_COLOR
@_DIRECTORY
def coverage(
    *,
    framework: str,
    level: int | None,
    run_: bool,
    show_all: bool,
    format_: str,
    output: Path | None,
    color: str,
    directory: Path,
) -> int:
    """Answer every requirement of a catalogue: enforced or not, by what, with which tests and records.

    Exit codes: 0 answered, 1 an example that was run does not hold, 2 no such catalogue or level, 4 the log cannot be
    trusted, so that no record counts.
    """
    from clearance.wiring.places import now

    opened = _open(directory)
    controls = opened.controls(framework, level)
    checked = _run(opened, controls) if run_ else None
    answer = opened.coverage(framework, level, now(), checked)
    how = _look(color, show_all=show_all)
    _emit(_rendered(answer, format_, how), output, how)
    return _exit(opened, checked)


@command.command("export")
@click.option("--to", "target", type=click.Choice(_TARGETS), required=True, help="The format.")
@click.option("--framework", "frameworks", type=_Framework(), multiple=True, metavar="PREFIX", help="Only this catalogue.")
@click.option("--level", type=click.IntRange(1, 5), help="Only this level and those below (csv, markdown, page).")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write there instead of to standard output.")
@_DIRECTORY
def export(*, target: str, frameworks: tuple[str, ...], level: int | None, output: Path | None, directory: Path) -> int:
    """Write the crosswalk for other tools: OSCAL 1.2.1, CSV, Markdown, or one page.

    The time that a document carries is SOURCE_DATE_EPOCH where it is set. No text of a standard is in any of them.
    """
    from clearance.facts.errors import UsageError
    from clearance.report.controls import oscal, page, tables

    if target.startswith("oscal") and level is not None:
        raise click.UsageError("--level is for csv, markdown and page")
    opened = _open(directory)
    at = _time()
    prefixes = list(dict.fromkeys(opened.catalogue(name).prefix for name in frameworks))
    if target == "oscal-mapping":
        what = opened.exported(prefixes, at)
        if not what.edges:
            raise UsageError("nothing leads to these catalogues", next="a mapping needs an edge: name another --framework")
        text = oscal.mapping_collection(what)
    elif target == "oscal-component":
        text = oscal.component_definition(opened.exported(prefixes, at, light=False))
    else:
        prefixes = prefixes or [one.prefix for one in opened.catalogues if level is None or one.level(level)]
        answers = tuple(opened.coverage(prefix, level, at) for prefix in prefixes)
        makes: dict[str, Callable[[tuple[Coverage, ...]], str]] = {
            "csv": tables.as_csv,
            "markdown": lambda all_: "\n".join(map(tables.as_markdown, all_)),
            "page": page.as_page,
        }
        text = makes[target](answers)
    _emit(text, output, None)
    return 0


@command.command("lint")
@_FORMAT
@_DIRECTORY
def lint(*, format_: str, directory: Path) -> int:
    """Check every edge, ours and the team's: dangling ids, other versions, double or contradicting claims.

    Exit codes: 0 nothing is wrong, 1 something is (each with file and line), 2 a file of the team cannot be read.
    """
    from clearance.facts.fact import plain

    opened = _open(directory)
    problems = opened.problems()
    edges, catalogues = len(opened.crosswalk.edges), len(opened.catalogues)
    if format_ == "json":
        _say_json({"edges": edges, "catalogues": catalogues, "problems": plain(problems)})
        return 1 if problems else 0
    for one in problems:
        click.echo(_visible(f"{one.where}: {one.what}\n  {one.next}"))
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    click.echo(f"{edges:,} edges to {catalogues} catalogues: {count if problems else '0 dangling, nothing wrong'}")
    return 1 if problems else 0


@command.command("moves")
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False))
@_FORMAT
@_DIRECTORY
def moves(old: Path, new: Path, *, format_: str, directory: Path) -> int:
    """Say what a newer version of a catalogue does to the crosswalk: from the file OLD to the file NEW, or from or to the
    shipped one (its prefix).

    Exit codes: 0 no edge is touched, 1 some must be looked at again, 2 a file is no catalogue.
    """
    from clearance.controls.moves import moved
    from clearance.facts.fact import plain
    from clearance.report.controls.text import moves as told

    opened = _open(directory)
    report = moved(_catalogue(opened, old), _catalogue(opened, new), opened.crosswalk.edges)
    if format_ == "json":
        _say_json(plain(report))
    else:
        _say(told(report, how := _look("auto")), how)
    return 1 if report.touched else 0


def _catalogue(opened: "Answers", path: Path) -> Any:
    from clearance.controls.catalogue import read_catalogue
    from clearance.frontends.cli.terminal import read_bytes_in

    known = {one.prefix: one for one in opened.catalogues}
    return known[str(path)] if str(path) in known else read_catalogue(read_bytes_in(path, 8 << 20), str(path))


def _open(directory: Path) -> "Answers":
    from clearance.facts.errors import UsageError
    from clearance.wiring.controls import open_crosswalk

    if not directory.is_dir():
        raise UsageError("no such folder", where=str(directory), next="name the folder of a repository with -C")
    return open_crosswalk(directory)


def _named(opened: "Answers", ids: tuple[str, ...], framework: str | None) -> "tuple[list[str], ClearanceError | None]":
    """Give the controls that are meant, and the error that names those that nobody knows.

    Raises:
        ClearanceError: nobody knows any of them.
    """
    from clearance.facts.errors import ClearanceError, UsageError

    found: dict[str, None] = {}
    wrong: list[ClearanceError] = []
    for id in ids:
        try:
            found[opened.names.control(id, framework)] = None
        except UsageError as error:
            wrong.append(error)
    if wrong and not found:
        raise wrong[0]
    if len(wrong) < 2:
        return list(found), wrong[0] if wrong else None
    return list(found), UsageError("; ".join(one.what for one in wrong[:5]), where=wrong[0].where, next=wrong[0].next)


def _run(opened: "Answers", controls: list[str] | tuple[str, ...]) -> "Checked":
    from clearance.frontends.cli.terminal import Progress

    with Progress("running examples") as progress:
        return opened.run(controls, progress)


def _exit(opened: "Answers", checked: "Checked | None") -> int:
    if opened.log.problem:
        return 4
    return 1 if checked is not None and checked.failed else 0


def _rendered(answer: "Coverage", format_: str, how: "Look") -> str:
    from clearance.report.controls import page, rows, tables

    makes: dict[str, Callable[[], str]] = {
        "text": lambda: rows.coverage(answer, how),
        "json": lambda: tables.as_json(answer),
        "csv": lambda: tables.as_csv([answer]),
        "markdown": lambda: tables.as_markdown(answer),
        "html": lambda: page.as_page([answer]),
    }
    return makes[format_]()


def _time() -> str:
    """Give the time that a document carries (https://reproducible-builds.org/specs/source-date-epoch/)."""
    from datetime import UTC, datetime

    from clearance.facts.moment import rfc3339
    from clearance.wiring.places import now

    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said.isascii() and said.isdigit() and len(said) < 12:
        return rfc3339(datetime.fromtimestamp(int(said), UTC))
    return now()


def _look(color: str, *, show_all: bool = False) -> "Look":
    from clearance.frontends.cli.terminal import look

    return look(color=color, show_all=show_all)


def _say(text: str, how: "Look") -> int:
    click.echo(text.rstrip("\n"), color=how.color)
    return 0


def _say_json(value: dict[str, Any]) -> int:
    from clearance.report.document import document

    click.echo(document(value), nl=False)
    return 0


def _visible(text: str) -> str:
    from clearance.facts.text import visible

    return visible(text, keep="\n")


def _emit(text: str, output: Path | None, how: "Look | None") -> None:
    from clearance.frontends.cli.terminal import write_file

    if output is not None:
        write_file(output, text.encode())
        return
    click.echo(text, nl=False, color=bool(how and how.color))
